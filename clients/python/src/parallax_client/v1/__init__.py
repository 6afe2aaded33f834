"""Messages, enums and stubs of parallax.v1, made from its proto by generate.py."""
