"""The client: a channel with the published service config, a deadline on every call, and waiting for a busy server."""

from __future__ import annotations

import importlib.resources
import random
import threading
import time
from collections.abc import Callable, Iterable, Iterator, Sequence
from types import TracebackType
from typing import Any, TypeVar

import grpc

from .errors import ParallaxError, error_from
from .v1 import comparison_pb2, readout_pb2
from .v1 import comparison_service_pb2 as api
from .v1.comparison_service_pb2_grpc import ComparisonServiceStub

_Answer = TypeVar("_Answer")

# An answer quotes the texts; 4 MiB, the default of gRPC, is too little for long ones. It is the server's own limit.
_MAX_ANSWER_BYTES = 64 << 20
# A request has up to 1 MiB. gRPC does not make a call again of which it has not kept the request, and keeps 256 KiB.
_RETRY_BUFFER_BYTES = 2 << 20
# First wait for a server that is not there, for which no server tells a time.
_ABSENT_SECONDS = 0.1
# A try that has less time than this would end by its deadline, and hide why the tries before it failed.
_LEAST_SECONDS = 0.1
# A caller who is refused again and again waits up to so many times as long as it is told.
_MAX_GROWTH = 16


class Client:
    """A connection to a Parallax server. Threads may share it. Close it, or use it in a `with` statement.

    `address` is "host:port"; all addresses of the host are used in turn. Without `credentials` the connection is not
    encrypted, and the `api_key` is readable on its way: pass `grpc.ssl_channel_credentials()` outside a trusted network.
    `deadline` and `stream_deadline` are seconds for a whole call, all tries included; the server gives at most 30, unless
    it is configured otherwise. `options` are added to those of the channel.

    A call that meets a busy server (RESOURCE_EXHAUSTED) is made again after the time that the server tells, as long as its
    deadline allows; gRPC itself makes a call again that meets no server (UNAVAILABLE), by the service config, and this class
    a stream. Every failure is raised as ParallaxError.
    """

    def __init__(
        self,
        address: str,
        *,
        api_key: str | None = None,
        credentials: grpc.ChannelCredentials | None = None,
        deadline: float = 10.0,
        stream_deadline: float = 30.0,
        options: Sequence[tuple[str, Any]] = (),
    ) -> None:
        config = importlib.resources.files(__package__ or "parallax_client").joinpath("service_config.json")
        all_options = [
            ("grpc.service_config", config.read_text("utf-8")),
            ("grpc.max_receive_message_length", _MAX_ANSWER_BYTES),
            ("grpc.per_rpc_retry_buffer_size", _RETRY_BUFFER_BYTES),
            *options,
        ]
        # A scheme of the caller's own stays.
        target = address if "://" in address or address.startswith(("dns:", "unix:", "ipv4:", "ipv6:")) else f"dns:///{address}"
        if credentials is None:
            self._channel = grpc.insecure_channel(target, all_options)
        else:
            self._channel = grpc.secure_channel(target, credentials, all_options)
        self._stub = ComparisonServiceStub(self._channel)
        self._metadata = (("authorization", f"Bearer {api_key}"),) if api_key else ()
        self._deadline = deadline
        self._stream_deadline = stream_deadline

    def compare(
        self,
        readouts: Iterable[readout_pb2.Readout],
        *,
        sides: Iterable[readout_pb2.Side] = (),
        options: comparison_pb2.CompareOptions | None = None,
        deadline: float | None = None,
    ) -> comparison_pb2.Comparison:
        """Who holds which position in 1 to 8 readouts, where the sides overlap and diverge, and what only one mentions."""
        request = api.CompareRequest(readouts=readouts, sides=sides, options=options)
        return self._call(lambda left: self._stub.Compare(request, left, self._metadata), deadline).comparison

    def compare_stream(
        self, requests: Iterable[api.CompareStreamRequest], *, deadline: float | None = None
    ) -> Iterator[api.CompareStreamResponse]:
        """The answers to many comparisons on one call, in their order; a bad one is answered with its own status.

        Requests are taken as the server has room for them, in a thread of gRPC. When the stream breaks because the server
        stops or is busy, what is not answered yet goes on with another try.
        """
        end = time.monotonic() + (self._stream_deadline if deadline is None else deadline)
        unanswered = _Unanswered(requests)
        n_refusals = 0
        while True:
            stream = self._stub.CompareStream(iter(unanswered), end - time.monotonic(), self._metadata)
            n_before = unanswered.n_answered
            error: ParallaxError | None = None
            try:
                for answer in stream:
                    unanswered.answered()
                    yield answer
            except grpc.RpcError as failed:
                error = error_from(failed)
            finally:
                # Also when the caller takes no more answers.
                stream.cancel()
            if unanswered.failure is not None:
                raise unanswered.failure
            if error is None:
                return
            is_further = unanswered.n_answered > n_before
            n_refusals = 0 if is_further else n_refusals + 1
            if is_further and error.code == grpc.StatusCode.UNAVAILABLE:
                continue
            # gRPC does not try a stream again: only we know what is answered, and made to repeat what was sent it has lost
            # a request.
            _wait(error, n_refusals, end, _ABSENT_SECONDS)

    def extract_positions(
        self,
        readouts: Iterable[readout_pb2.Readout],
        *,
        sides: Iterable[readout_pb2.Side] = (),
        engine: comparison_pb2.Engine.ValueType = comparison_pb2.ENGINE_UNSPECIFIED,
        offset_unit: readout_pb2.OffsetUnit.ValueType = readout_pb2.OFFSET_UNIT_UNSPECIFIED,
        deadline: float | None = None,
    ) -> api.ExtractPositionsResponse:
        """Who holds what in each of 1 to 8 readouts, without comparing."""
        request = api.ExtractPositionsRequest(readouts=readouts, sides=sides, engine=engine, offset_unit=offset_unit)
        return self._call(lambda left: self._stub.ExtractPositions(request, left, self._metadata), deadline)

    def score_pairs(
        self,
        left: Iterable[str],
        right: Iterable[str],
        *,
        engine: comparison_pb2.Engine.ValueType = comparison_pb2.ENGINE_UNSPECIFIED,
        with_parts: bool = False,
        deadline: float | None = None,
    ) -> api.ScorePairsResponse:
        """The score of every statement of one list against every one of another: a row for each of the left ones."""
        request = api.ScorePairsRequest(left=left, right=right, engine=engine, with_parts=with_parts)
        return self._call(lambda left: self._stub.ScorePairs(request, left, self._metadata), deadline)

    def describe(self, *, deadline: float | None = None) -> api.DescribeEngineResponse:
        """What the server is: its version, models, languages and limits."""
        request = api.DescribeEngineRequest()
        return self._call(lambda left: self._stub.DescribeEngine(request, left, self._metadata), deadline)

    def close(self) -> None:
        """Ends the connection; calls that are under way fail."""
        self._channel.close()

    def __enter__(self) -> Client:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, traceback: TracebackType | None
    ) -> None:
        self.close()

    def _call(self, call: Callable[[float], _Answer], deadline: float | None) -> _Answer:
        """What `call` returns when it is given the seconds left; made again when the server is busy."""
        end = time.monotonic() + (self._deadline if deadline is None else deadline)
        n_refusals = 0
        while True:
            try:
                return call(end - time.monotonic())
            except grpc.RpcError as failed:
                error = error_from(failed)
            n_refusals += 1
            _wait(error, n_refusals, end)


def _wait(error: ParallaxError, n_refusals: int, end: float, absent: float | None = None) -> None:
    """Waits until the call may be made again after its n-th refusal in a row; raises the error when it may not.

    `absent` are the seconds of the first wait for a server that is not there; None: it is not waited for.
    """
    first = error.retry_after if error.code == grpc.StatusCode.RESOURCE_EXHAUSTED else None
    if error.code == grpc.StatusCode.UNAVAILABLE:
        first = absent
    if first is None:
        raise error
    # Longer from time to time, and not all callers in the same instant.
    growth = min(2.0 ** (n_refusals - 1), _MAX_GROWTH)
    seconds = first * growth * random.uniform(1.0, 1.5)
    if time.monotonic() + seconds + _LEAST_SECONDS >= end:
        raise error
    time.sleep(seconds)


class _Unanswered:
    """Requests of a stream without those that are answered; iterated once for each try.

    gRPC iterates in a thread of its own, and that of a try that has ended may still wait for the next request. What it
    gets it leaves to the next try, which waits for it.
    """

    def __init__(self, requests: Iterable[api.CompareStreamRequest]) -> None:
        self.n_answered = 0
        self.failure: BaseException | None = None
        """What the iterable of the caller raised."""
        self._source = iter(requests)
        self._taking = threading.Lock()
        self._n_taken = 0
        self._taken: dict[int, api.CompareStreamRequest] = {}

    def __iter__(self) -> Iterator[api.CompareStreamRequest]:
        at = self.n_answered
        while True:
            with self._taking:
                if at == self._n_taken:
                    try:
                        self._taken[at] = next(self._source)
                    except StopIteration:
                        return
                    except BaseException as failure:
                        self.failure = failure
                        raise
                    self._n_taken += 1
            request = self._taken.get(at)
            if request is None:
                # This try has ended, and a later one has got the answer.
                return
            yield request
            at += 1

    def answered(self) -> None:
        """The next request in line has its answer."""
        del self._taken[self.n_answered]
        self.n_answered += 1
