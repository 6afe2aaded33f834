#!/usr/bin/env python3
"""Makes src/parallax_client/v1 from proto/, and takes over the service config from examples/.

usage: generate.py [FOLDER]

Needs what generate.txt lists. FOLDER: where parallax_client is, or is to be, instead of src/; for a check that what is
checked in is what would be made.
"""
import pathlib
import re
import shutil
import subprocess
import sys
import tempfile

HERE = pathlib.Path(__file__).resolve().parent
ROOT = HERE.parent.parent
PROTO = ROOT / "proto"
SERVICE = "parallax/v1/comparison_service.proto"
STATUS = "google/rpc/status.proto"
INIT = '"""Messages, enums and stubs of parallax.v1, made from its proto by generate.py."""\n'
STATUS_MODULE = '''"""google.rpc.Status of googleapis-common-protos, with types: that package has none."""

from google.rpc.status_pb2 import DESCRIPTOR, Status

__all__ = ["DESCRIPTOR", "Status"]
'''


def protoc(out, files, *flags):
    plugins = [f"--plugin=protoc-gen-{name}={pathlib.Path(sys.executable).with_name(f'protoc-gen-{name}')}"
               for name in ("mypy", "mypy_grpc")]
    outputs = [f"--{flag}={out}" for flag in flags]
    command = [sys.executable, "-m", "grpc_tools.protoc", f"--proto_path={PROTO}", *plugins, *outputs, *files]
    subprocess.run(command, check=True, timeout=120)


def moved(text):
    """The generated text, as a part of parallax_client: a package named parallax may be somebody else's."""
    text = re.sub(r"\bfrom parallax\.v1 import", "from parallax_client.v1 import", text)
    # Types of google.rpc are in no package: ours has those of Status.
    text = re.sub(r"\bfrom google\.rpc import status_pb2 as _", "from parallax_client.v1 import status_pb2 as _", text)
    # The module in which pickle finds the classes.
    return text.replace("'parallax.v1.", "'parallax_client.v1.")


def main():
    package = pathlib.Path(sys.argv[1] if len(sys.argv) > 1 else HERE / "src") / "parallax_client"
    files = sorted(str(path.relative_to(PROTO)) for path in (PROTO / "parallax").rglob("*.proto"))
    shutil.rmtree(package / "v1", ignore_errors=True)
    (package / "v1").mkdir(parents=True)
    with tempfile.TemporaryDirectory() as out:
        protoc(out, files, "python_out", "mypy_out")
        protoc(out, [SERVICE], "grpc_python_out", "mypy_grpc_out")
        protoc(out, [STATUS], "mypy_out")
        for path in [*(pathlib.Path(out) / "parallax/v1").iterdir(), *(pathlib.Path(out) / "google/rpc").iterdir()]:
            (package / "v1" / path.name).write_text(moved(path.read_text("utf-8")), "utf-8")
    (package / "v1/status_pb2.py").write_text(STATUS_MODULE, "utf-8")
    (package / "v1/__init__.py").write_text(INIT, "utf-8")
    shutil.copyfile(ROOT / "examples/service-config.json", package / "service_config.json")


if __name__ == "__main__":
    main()
