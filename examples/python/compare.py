"""Compares two files, then a hundred pairs on one stream: compare.py [LEFT RIGHT [SIDES]]; SERVER is HOST:PORT."""
import json
import os
import pathlib
import random
import sys
import time

import grpc
from google.protobuf import json_format
from google.rpc import error_details_pb2
from grpc_status import rpc_status
from parallax.v1 import comparison_pb2, comparison_service_pb2 as api, comparison_service_pb2_grpc

EXAMPLES = pathlib.Path(__file__).resolve().parent.parent
DEFAULTS = [EXAMPLES / name for name in ("skerry-bank-call/valmere.txt", "skerry-bank-call/tarsk.txt", "sides.json")]
OPTIONS = [
    ("grpc.service_config", (EXAMPLES / "service-config.json").read_text()),
    ("grpc.max_receive_message_length", 64 << 20),  # An answer quotes both texts; the default is 4 MiB.
    ("grpc.per_rpc_retry_buffer_size", 2 << 20),  # A request has up to 1 MiB; what is not kept is not sent again.
]


def retrying(call, deadline=10.0):
    """What call(seconds left) returns. A busy server says when to come back, an absent one does not: both are waited for."""
    end = time.monotonic() + deadline
    while True:
        try:
            return call(end - time.monotonic())
        except grpc.RpcError as error:
            status, info = rpc_status.from_call(error), error_details_pb2.RetryInfo()
            is_told = status is not None and any(detail.Unpack(info) for detail in status.details)
            is_away = error.code() == grpc.StatusCode.UNAVAILABLE
            wait = (info.retry_delay.ToTimedelta().total_seconds() if is_told else 0.2) * random.uniform(1, 1.5)
            is_busy = error.code() == grpc.StatusCode.RESOURCE_EXHAUSTED and is_told
            if not (is_busy or is_away) or time.monotonic() + wait > end:
                raise
            print(f"again in {wait:.3f} s: {error.details()}", file=sys.stderr)
            time.sleep(wait)


left, right, *sides = map(pathlib.Path, sys.argv[1:] or DEFAULTS)
sides = json.loads(sides[0].read_text()) if sides else []  # The publishers of LEFT and RIGHT. Without: inferred.
readouts = [{"id": "left", "text": left.read_text("utf-8")}, {"id": "right", "text": right.read_text("utf-8")}]
for readout, side in zip(readouts, sides):
    readout["authorSide"] = side["id"]
request = json_format.ParseDict({"readouts": readouts, "sides": sides}, api.CompareRequest())

with grpc.insecure_channel("dns:///" + os.environ.get("SERVER", "127.0.0.1:50051"), OPTIONS) as channel:
    stub = comparison_service_pb2_grpc.ComparisonServiceStub(channel)
    comparison = retrying(lambda seconds: stub.Compare(request, timeout=seconds)).comparison
    positions = {position.id: position for position in comparison.positions}
    for point in comparison.points:
        print(f"{point.id} {comparison_pb2.PointKind.Name(point.kind)}, {point.confidence:.0%} sure".replace("%", " %"))
        for member in point.members:
            print(f"    {member.readout_id}, {' and '.join(member.holders)}: “{positions[member.position_id].text}”")
    items = [api.CompareStreamRequest(id=str(n), request=request) for n in range(100)]
    answers = retrying(lambda seconds: list(stub.CompareStream(iter(items), timeout=seconds)))
    print(f"{sum(answer.HasField('comparison') for answer in answers)} of {len(items)} comparisons answered")
