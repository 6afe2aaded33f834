"""Checks parallax-client where it is installed. Started by examples.py, which says what is behind the addresses.

usage: package.py PLAIN FULL KEYS AWAY CUT NOT_SERVING SERVING

Prints a line a check: "good NAME" or "bad NAME".
"""

from __future__ import annotations

import concurrent.futures
import pickle
import sys
import threading
import time
from collections.abc import Iterator
from unittest import mock

import grpc
import parallax_client.client
from parallax_client import (
    Client,
    CompareOptions,
    CompareRequest,
    CompareStreamRequest,
    Engine,
    OffsetUnit,
    ParallaxError,
    Readout,
)

LEFT = "Minister Aro of Kenya reaffirmed support for the Tarn ceasefire. He pledged 30 million dollars for the port."
RIGHT = "Minister Vey of Peru rejected the “Tarn ceasefire”. She thanked Kenya for 20 million dollars for the port."
READOUTS = [Readout(id="left", author_side="Kenya", text=LEFT), Readout(id="right", author_side="Peru", text=RIGHT)]
TEXTS = {readout.id: readout.text for readout in READOUTS}
KEY = "0123456789abcdef"


def requests(n: int, failing_at: int = -1) -> Iterator[CompareStreamRequest]:
    for at in range(n):
        if at == failing_at:
            raise KeyError("the caller's own")
        yield CompareStreamRequest(id=str(at), request=CompareRequest(readouts=READOUTS))


def failure(client: Client, deadline: float = 5.0) -> ParallaxError | None:
    try:
        client.compare(READOUTS, deadline=deadline)
    except ParallaxError as error:
        return error
    return None


def checks(plain: str, full: str, keys: str, away: str, cut: str, not_serving: str, serving: str) -> Iterator[tuple[str, bool]]:
    with Client(plain) as client:
        options = CompareOptions(offset_unit=OffsetUnit.OFFSET_UNIT_UTF32)
        comparison = client.compare(READOUTS, options=options)
        spans = [(TEXTS[position.readout_id][position.span.start:position.span.end], position.text) for position in comparison.positions]
        yield "compares", len(spans) == 4 and all(found == text for found, text in spans)
        yield "pickles messages", pickle.loads(pickle.dumps(comparison)) == comparison
        yield "scores", client.score_pairs([LEFT], [LEFT, "trade"]).rows[0].scores[0] == 1.0
        yield "extracts", len(client.extract_positions(READOUTS).positions) == 4
        yield "describes", Engine.ENGINE_THOROUGH in client.describe().engines
        answers = list(client.compare_stream(requests(100)))
        yield "streams", [answer.id for answer in answers] == [str(n) for n in range(100)]
        first = next(client.compare_stream(requests(1_000_000)))
        yield "leaves a stream", first.id == "0"
        try:
            list(client.compare_stream(requests(10, failing_at=3)))
            yield "raises what the requests raise", False
        except KeyError as error:
            yield "raises what the requests raise", error.args == ("the caller's own",)
        try:
            client.compare([Readout(text=" ")])
            yield "reads violations", False
        except ParallaxError as error:
            fields = [violation.field for violation in error.violations]
            is_read = (error.code, error.reason, fields) == (grpc.StatusCode.INVALID_ARGUMENT, "INVALID_FIELDS", ["readouts[0].text"])
            yield "reads violations", is_read and len(error.request_id) == 32
        silent = threading.Event()
        try:
            list(client.compare_stream((request for request in requests(1) if silent.wait(30)), deadline=0.3))
            yield "has deadlines", False
        except ParallaxError as error:
            yield "has deadlines", error.code == grpc.StatusCode.DEADLINE_EXCEEDED
        silent.set()

    with Client(keys) as client:
        refused = failure(client)
        yield "is refused without a key", refused is not None and refused.reason == "UNAUTHENTICATED"
    with Client(keys, api_key=KEY) as client:
        yield "shows its key", failure(client) is None and len(list(client.compare_stream(requests(2)))) == 2

    # The only call that this server takes is held, so that a caller is refused for as long as it tries.
    with Client(full) as holder, Client(full) as client:
        held = holder.compare_stream(requests(1_000_000))
        next(held)
        started = time.monotonic()
        refused = failure(client, deadline=1.0)
        took = time.monotonic() - started
        is_told = refused is not None and refused.reason == "OVERLOADED" and (refused.retry_after or 0) >= 0.05
        yield "gives up on a full server when its deadline comes", is_told and took < 1.0
        held.close()  # type: ignore[attr-defined]  # It is a generator.
    # Eight callers, one place.
    with Client(full, deadline=60) as client, concurrent.futures.ThreadPoolExecutor(8) as pool:
        with mock.patch.object(parallax_client.client, "_wait", wraps=parallax_client.client._wait) as waits:
            compared = [pool.submit(client.compare, READOUTS) for _ in range(40)]
            n_compared = sum(len(future.result().positions) == 4 for future in compared)
        yield "waits for a full server", n_compared == 40 and waits.call_count > 0

    with Client(away) as client:
        yield "tries again", failure(client) is None
        ids = [answer.id for answer in client.compare_stream(requests(100))]
        yield "tries a stream again", ids == [str(n) for n in range(100)]
    with Client(cut) as client:
        ids = [answer.id for answer in client.compare_stream(requests(100))]
        yield "takes a broken stream up", ids == [str(n) for n in range(100)]

    with Client(not_serving) as client:
        refused = failure(client, deadline=2.0)
        yield "asks for health", refused is not None and refused.code in (grpc.StatusCode.UNAVAILABLE, grpc.StatusCode.DEADLINE_EXCEEDED)
    with Client(f"ipv4:{not_serving},{serving}") as client:
        yield "goes where health is good", all(failure(client) is None for _ in range(10))


def main() -> None:
    for name, is_good in checks(*sys.argv[1:]):
        print("good" if is_good else "bad", name, flush=True)


if __name__ == "__main__":
    main()
