#!/usr/bin/env python3
"""Calls every method of a running server through reflection, with grpcio and with grpcurl.

usage: check.py BINARY

Starts BINARY on a free port, checks good and bad requests, stops it, and prints 'N passed, N failed'.
"""
import json
import pathlib
import subprocess
import sys

import grpc
from google.protobuf import json_format, message_factory
from google.protobuf.descriptor_pool import DescriptorPool
from google.rpc import error_details_pb2
from grpc_reflection.v1alpha.proto_reflection_descriptor_database import ProtoReflectionDescriptorDatabase
from grpc_status import rpc_status

from server import Server

SERVICE = "parallax.v1.ComparisonService"
LEFT = "Minister Aro of Kenya reaffirmed support for the Tarn ceasefire. He pledged 30 million dollars for the port."
RIGHT = "Minister Vey of Peru rejected the Tarn ceasefire. She thanked Kenya for 20 million dollars for the port."
GOOD = {
    "readouts": [
        {"id": "left", "authorSide": "Kenya", "text": LEFT},
        {"id": "right", "authorSide": "Peru", "text": RIGHT},
    ]
}
# Three rules broken at once: every one must be named.
BAD = {
    "readouts": [{"id": "a", "text": " "}, {"id": "a", "text": "fine", "date": "2026-02-30"}],
    "options": {"linkThreshold": 2},
}
BAD_PATHS = {"readouts[0].text", "readouts[1].id", "readouts[1].date", "options.link_threshold"}


class Client:
    """Dynamic stubs from what reflection says."""

    def __init__(self, address):
        self.channel = grpc.insecure_channel(address)
        pool = DescriptorPool(ProtoReflectionDescriptorDatabase(self.channel))
        self.service = pool.FindServiceByName(SERVICE)

    def call(self, method, *requests):
        found = self.service.FindMethodByName(method)
        make = message_factory.GetMessageClass(found.input_type)
        answer = message_factory.GetMessageClass(found.output_type)
        path = f"/{SERVICE}/{method}"
        messages = [json_format.ParseDict(request, make()) for request in requests]
        serialize, parse = make.SerializeToString, answer.FromString
        if found.client_streaming:
            stub = self.channel.stream_stream(path, serialize, parse)
            return [json_format.MessageToDict(a, descriptor_pool=None) for a in stub(iter(messages), timeout=60)]
        stub = self.channel.unary_unary(path, serialize, parse)
        return json_format.MessageToDict(stub(messages[0], timeout=60))


def violations(error):
    status = rpc_status.from_call(error)
    paths, reason = set(), None
    for detail in status.details:
        bad, info = error_details_pb2.BadRequest(), error_details_pb2.ErrorInfo()
        if detail.Unpack(bad):
            paths |= {violation.field for violation in bad.field_violations}
        elif detail.Unpack(info):
            reason = info.reason
    return error.code(), paths, reason


def refused(client, method, request):
    try:
        client.call(method, request)
    except grpc.RpcError as error:
        return violations(error)
    return None, set(), None


def grpcurl(address, *args, data=None):
    # Installed beside the interpreter, whatever PATH says.
    command = [str(pathlib.Path(sys.executable).with_name("grpcurl")), "-plaintext", *(["-d", json.dumps(data)] if data is not None else []), address, *args]
    done = subprocess.run(command, capture_output=True, text=True, timeout=60)
    return done.returncode, done.stdout + done.stderr


def checks(address):
    client = Client(address)
    compared = client.call("Compare", GOOD)["comparison"]
    kinds = {point["kind"] for point in compared["points"]}
    yield "grpcio Compare", "POINT_KIND_DIVERGENCE" in kinds and len(compared["positions"]) == 4
    yield "grpcio spans quote", all(
        (LEFT if p["readoutId"] == "left" else RIGHT)[p["span"].get("start", 0):p["span"]["end"]] == p["text"]
        for p in compared["positions"])
    extracted = client.call("ExtractPositions", {"readouts": GOOD["readouts"]})
    yield "grpcio ExtractPositions", extracted["positions"] == compared["positions"]
    scored = client.call("ScorePairs", {"left": [LEFT, "trade"], "right": [LEFT], "withParts": True})
    yield "grpcio ScorePairs", scored["rows"][0]["scores"] == [1.0] and len(scored["rows"]) == 2
    described = client.call("DescribeEngine", {})
    yield "grpcio DescribeEngine", described["version"] and all(len(m["sha256"]) == 64 for m in described["models"])
    items = client.call("CompareStream", {"id": "1", "request": GOOD}, {"id": "2", "request": BAD}, {"id": "3", "request": GOOD})
    good = [item for item in items if "comparison" in item]
    yield "grpcio CompareStream", [item["id"] for item in items] == ["1", "2", "3"] and len(good) == 2
    yield "grpcio CompareStream bad item", items[1]["status"]["code"] == grpc.StatusCode.INVALID_ARGUMENT.value[0]
    yield "grpcio stream equals unary", good[0]["comparison"] == compared
    code, paths, reason = refused(client, "Compare", BAD)
    yield "grpcio Compare refused", (code, paths, reason) == (grpc.StatusCode.INVALID_ARGUMENT, BAD_PATHS, "INVALID_FIELDS")
    code, paths, _ = refused(client, "ExtractPositions", {"readouts": []})
    yield "grpcio ExtractPositions refused", (code, paths) == (grpc.StatusCode.INVALID_ARGUMENT, {"readouts"})
    code, paths, _ = refused(client, "ScorePairs", {"left": ["", "x"]})
    yield "grpcio ScorePairs refused", (code, paths) == (grpc.StatusCode.INVALID_ARGUMENT, {"left[0]", "right"})

    code, out = grpcurl(address, "list")
    yield "grpcurl list", code == 0 and {SERVICE, "grpc.health.v1.Health"} <= set(out.split())
    code, out = grpcurl(address, "describe", f"{SERVICE}.Compare")
    yield "grpcurl describe", code == 0 and "CompareRequest" in out
    for method, data, expected in [
        ("Compare", GOOD, "POINT_KIND_DIVERGENCE"),
        ("ExtractPositions", {"readouts": GOOD["readouts"]}, "SPEECH_ACT_REJECT"),
        ("ScorePairs", {"left": ["a truce"], "right": ["a truce"]}, "scores"),
        ("DescribeEngine", {}, "ENGINE_FAST"),
        ("CompareStream", {"id": "1", "request": GOOD}, "POINT_KIND_DIVERGENCE"),
    ]:
        code, out = grpcurl(address, f"{SERVICE}/{method}", data=data)
        yield f"grpcurl {method}", code == 0 and expected in out
    code, out = grpcurl(address, f"{SERVICE}/Compare", data=BAD)
    yield "grpcurl Compare refused", code != 0 and "InvalidArgument" in out and all(path in out for path in BAD_PATHS)
    code, out = grpcurl(address, "grpc.health.v1.Health/Check", data={"service": SERVICE})
    yield "grpcurl health", code == 0 and "SERVING" in out


def main():
    server = Server(sys.argv[1])
    counts = {True: 0, False: 0}
    try:
        for name, is_good in checks(server.address):
            counts[bool(is_good)] += 1
            if not is_good:
                print(f"FAILED {name}")
    finally:
        ended = server.stop()
    counts[ended == 0] += 1
    print(f"{counts[True]} passed, {counts[False]} failed")
    return 1 if counts[False] else 0


if __name__ == "__main__":
    sys.exit(main())
