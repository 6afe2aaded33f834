#!/usr/bin/env python3
"""Writes docs/api.md, the reference of the API, from the comments in proto/parallax/v1.

usage: .tools/bin/python docs/make_api.py            writes it
       .tools/bin/python docs/make_api.py --check    ends with 1 when it is not what would be written

buf, which ./test.sh installs, reads the .proto files; this script only sets what it found.
"""
import argparse
import json
import pathlib
import shutil
import subprocess
import sys

DOCS = pathlib.Path(__file__).resolve().parent
PAGE = DOCS / "api.md"
PACKAGE = "parallax.v1"
# The order in which somebody reads who makes a first call: what goes in, what comes out, what goes wrong.
FILES = ["comparison_service", "readout", "comparison", "position", "error_reason"]
TITLES = {
    "comparison_service": "Requests and answers",
    "readout": "What goes in",
    "comparison": "The comparison",
    "position": "Positions",
    "error_reason": "Errors",
}
# Numbers of the fields of google.protobuf.FileDescriptorProto and of those below it: paths of comments are made of them.
FILE_MESSAGE, FILE_ENUM, FILE_SERVICE = 4, 5, 6
MESSAGE_FIELD, MESSAGE_ONEOF, ENUM_VALUE, SERVICE_METHOD = 2, 8, 2, 2

HEAD = """\
# API reference

<!-- Made by docs/make_api.py from the comments in proto/parallax/v1. Change those, then run it again. -->

Package `parallax.v1`, in [`proto/parallax/v1`](../proto/parallax/v1). A running server tells the same by reflection:
`grpcurl -plaintext 127.0.0.1:50051 describe parallax.v1.ComparisonService`.

"Unset" is a field that was not sent. A field marked *optional* tells unset from zero; in any other one they are the same. In
JSON, names are in lowerCamelCase (`link_threshold` is `linkThreshold`), enums are their names, 64-bit numbers are strings,
and what has its default value is left out, as in the canonical JSON form of proto3.
"""


def image():
    """The .proto files as buf reads them, with comments."""
    buf = shutil.which("buf") or str(pathlib.Path(sys.executable).with_name("buf"))
    command = [buf, "build", "--output", "-#format=json"]
    return json.loads(subprocess.run(command, cwd=DOCS.parent, check=True, capture_output=True).stdout)["file"]


class File:
    """One .proto file and its comments."""

    def __init__(self, descriptor):
        self.descriptor = descriptor
        self.comments = {
            tuple(place.get("path", ())): place["leadingComments"]
            for place in descriptor["sourceCodeInfo"]["location"] if "leadingComments" in place
        }

    def comment(self, *path):
        """The comment at a place, on one line: Markdown tables want that."""
        if path not in self.comments:
            raise SystemExit(f"{self.descriptor['name']}: no comment at {path}")
        return escape(" ".join(self.comments[path].split()))


def escape(text):
    return text.replace("|", "\\|").replace("<", "&lt;")


def anchor(name):
    return name.lower()


def type_of(field):
    """The type of a field as a reader writes it, linked where it is ours."""
    name = field.get("typeName")
    if name is None:
        text = f"`{field['type'].removeprefix('TYPE_').lower()}`"
    elif name.startswith(f".{PACKAGE}."):
        short = name.removeprefix(f".{PACKAGE}.")
        text = f"[{short}](#{anchor(short)})"
    else:
        text = f"`{name.removeprefix('.')}`"
    if field["label"] == "LABEL_REPEATED":
        return f"repeated {text}"
    return f"optional {text}" if field.get("proto3Optional") else text


def http_of(method):
    """The path of a method over HTTP, as in `POST /v1/compare`."""
    rule = method.get("options", {}).get("[google.api.http]")
    if rule is None:
        return None
    verb, path = next((verb, path) for verb, path in rule.items() if verb != "body")
    return f"`{verb.upper()} {path}`"


def service(file, i_service, descriptor):
    yield f"## {descriptor['name']}\n"
    yield file.comment(FILE_SERVICE, i_service) + "\n"
    methods = descriptor["method"]
    yield "| method | request | answer | HTTP |\n|---|---|---|---|"
    for method in methods:
        request, answer = (
            ("stream of " if method.get(f"{which}Streaming") else "")
            + type_of({"typeName": method[key], "label": "LABEL_OPTIONAL"})
            for which, key in (("client", "inputType"), ("server", "outputType"))
        )
        http = http_of(method) or "none: gRPC and gRPC-Web only"
        yield f"| [{method['name']}](#{anchor(method['name'])}) | {request} | {answer} | {http} |"
    yield ""
    for i_method, method in enumerate(methods):
        yield f"### {method['name']}\n"
        yield file.comment(FILE_SERVICE, i_service, SERVICE_METHOD, i_method) + "\n"
        paths = f"gRPC: `/{PACKAGE}.{descriptor['name']}/{method['name']}`."
        if http := http_of(method):
            paths += f" HTTP: {http}" + (", the request as JSON in the body." if "POST" in http else ".")
        yield paths + "\n"


def message(file, i_message, descriptor):
    yield f"### {descriptor['name']}\n"
    yield file.comment(FILE_MESSAGE, i_message) + "\n"
    fields = descriptor.get("field", [])
    if not fields:
        yield "It has no fields.\n"
        return
    yield "| no. | field | type | what it is |\n|---|---|---|---|"
    for i_field, field in enumerate(fields):
        comment = file.comment(FILE_MESSAGE, i_message, MESSAGE_FIELD, i_field)
        # proto3 makes a oneof of its own for each optional field: that is no choice.
        if "oneofIndex" in field and not field.get("proto3Optional"):
            comment = f"*One of `{descriptor['oneofDecl'][field['oneofIndex']]['name']}`.* {comment}"
        yield f"| {field['number']} | `{field['name']}` | {type_of(field)} | {comment} |"
    yield ""
    for i_oneof, oneof in enumerate(descriptor.get("oneofDecl", [])):
        if any(field.get("oneofIndex") == i_oneof and not field.get("proto3Optional") for field in fields):
            yield f"`{oneof['name']}`: {file.comment(FILE_MESSAGE, i_message, MESSAGE_ONEOF, i_oneof)}\n"


def enum(file, i_enum, descriptor):
    yield f"### {descriptor['name']}\n"
    yield file.comment(FILE_ENUM, i_enum) + "\n"
    yield "| no. | value | what it means |\n|---|---|---|"
    for i_value, value in enumerate(descriptor["value"]):
        comment = file.comment(FILE_ENUM, i_enum, ENUM_VALUE, i_value)
        yield f"| {value.get('number', 0)} | `{value['name']}` | {comment} |"
    yield ""


def line_of(file, *path):
    """The line at which an element begins."""
    places = file.descriptor["sourceCodeInfo"]["location"]
    return next(place["span"][0] for place in places if tuple(place.get("path", ())) == path)


def page():
    files = {
        pathlib.PurePath(descriptor["name"]).stem: File(descriptor)
        for descriptor in image() if descriptor.get("package") == PACKAGE
    }
    if set(files) != set(FILES):
        raise SystemExit(f"FILES names {sorted(FILES)}, the package has {sorted(files)}")
    lines = [HEAD]
    for name in FILES:
        file = files[name]
        for i_service, descriptor in enumerate(file.descriptor.get("service", [])):
            lines += service(file, i_service, descriptor)
        lines.append(f"## {TITLES[name]}\n")
        # As in the file: a message and the enums that it uses stand together there, but the descriptor has them apart.
        order = [
            (line_of(file, FILE_MESSAGE, i), message(file, i, descriptor))
            for i, descriptor in enumerate(file.descriptor.get("messageType", []))
        ] + [
            (line_of(file, FILE_ENUM, i), enum(file, i, descriptor))
            for i, descriptor in enumerate(file.descriptor.get("enumType", []))
        ]
        for _, part in sorted(order, key=lambda pair: pair[0]):
            lines += part
    text = "\n".join(lines).rstrip() + "\n"
    headings = [line.split(" ", 1)[1].lower() for line in text.splitlines() if line.startswith("#")]
    twice = sorted({heading for heading in headings if headings.count(heading) > 1})
    if twice:
        raise SystemExit(f"two headings are named {', '.join(twice)}: links to them would be ambiguous")
    return text


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--check", action="store_true", help="write nothing; end with 1 when docs/api.md is not current")
    args = parser.parse_args()
    text = page()
    if not args.check:
        PAGE.write_text(text, encoding="utf-8")
        return 0
    if PAGE.exists() and PAGE.read_text(encoding="utf-8") == text:
        print("docs/api.md is current")
        return 0
    print("docs/api.md is not what the .proto files say: run .tools/bin/python docs/make_api.py", file=sys.stderr)
    return 1


if __name__ == "__main__":
    sys.exit(main())
