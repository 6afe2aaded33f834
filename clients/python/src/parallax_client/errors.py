"""What goes wrong in a call, with what the server says about it."""

from __future__ import annotations

import dataclasses
from typing import Protocol, cast

import grpc
from google.protobuf.message import DecodeError
from google.rpc import error_details_pb2  # type: ignore[import-untyped]

from .v1.status_pb2 import Status

# Metadata with the whole google.rpc.Status of an error, and the name of the call in the server's log.
_STATUS = "grpc-status-details-bin"
_REQUEST_ID = "x-request-id"


@dataclasses.dataclass(frozen=True)
class Violation:
    """A field of the request that breaks its rule."""

    field: str
    """Path: "readouts[1].text"."""
    description: str


class ParallaxError(Exception):
    """A call that failed."""

    def __init__(
        self,
        code: grpc.StatusCode,
        message: str,
        *,
        reason: str = "",
        violations: tuple[Violation, ...] = (),
        retry_after: float | None = None,
        request_id: str = "",
    ) -> None:
        super().__init__(f"{code.name}: {message}")
        self.code = code
        self.message = message
        self.reason = reason
        """Name of the ErrorReason without its prefix, such as "INVALID_FIELDS". Empty: it did not come from a server."""
        self.violations = violations
        """Fields that break their rules, for INVALID_ARGUMENT."""
        self.retry_after = retry_after
        """Seconds after which a busy server wants to be asked again. None: it does not say."""
        self.request_id = request_id
        """Id of the call in the server's log. Empty: it did not come so far."""


class _Failed(Protocol):
    """What every error of a call by grpc.Channel has, besides being a grpc.RpcError."""

    def code(self) -> grpc.StatusCode: ...
    def details(self) -> str | None: ...
    def trailing_metadata(self) -> tuple[tuple[str, str | bytes], ...] | None: ...


def error_from(error: grpc.RpcError) -> ParallaxError:
    """The error of a call, read."""
    failed = cast(_Failed, error)
    metadata = dict(failed.trailing_metadata() or ())
    status = Status()
    encoded = metadata.get(_STATUS, b"")
    try:
        status.ParseFromString(encoded if isinstance(encoded, bytes) else b"")
    except DecodeError:
        # A proxy's own details. The code and the message are good all the same.
        status.Clear()
    reason, violations, retry_after = "", [], None
    for detail in status.details:
        info, bad, retry = error_details_pb2.ErrorInfo(), error_details_pb2.BadRequest(), error_details_pb2.RetryInfo()
        if detail.Unpack(info):
            reason = info.reason
        elif detail.Unpack(bad):
            violations = [Violation(violation.field, violation.description) for violation in bad.field_violations]
        elif detail.Unpack(retry):
            retry_after = retry.retry_delay.ToTimedelta().total_seconds()
    return ParallaxError(
        failed.code(),
        failed.details() or "",
        reason=reason,
        violations=tuple(violations),
        retry_after=retry_after,
        request_id=str(metadata.get(_REQUEST_ID, "")),
    )
