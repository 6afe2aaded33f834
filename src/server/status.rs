//! What can go wrong in a call, and what the caller is told: one exhaustive match.
//!
//! Every status carries `google.rpc.ErrorInfo` with a reason of `ErrorReason`; a refused request carries
//! `BadRequest`, an overload `RetryInfo`. gRPC clients that make calls again by themselves read no `RetryInfo` but the
//! trailer `grpc-retry-pushback-ms` (gRFC A6): every RESOURCE_EXHAUSTED has it. No message holds text of a request.

use crate::pipeline::Cancelled;
use crate::server::limits::Limits;
use crate::server::pb::ErrorReason;
use crate::server::request_id::RequestId;
use crate::server::wire::Violations;
use prost::Message as _;
use std::collections::HashMap;
use std::time::Duration;
use tonic::metadata::MetadataMap;
use tonic::{Code, Status};
use tonic_types::{ErrorDetails, FieldViolation, StatusExt as _};

/// Domain of every `ErrorInfo`: the package of the API.
pub const ERROR_DOMAIN: &str = "parallax.v1";

/// Milliseconds after which a gRPC client may make the call again; below zero: not at all.
pub const PUSHBACK: &str = "grpc-retry-pushback-ms";

/// What can go wrong in a call.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum Error {
    /// Fields break their rules.
    #[error("{}", .0.summary())]
    Invalid(#[from] Violations),
    /// All permits are taken and the queue is full, or there are too many calls.
    #[error("the server is busy: no permit is free and the queue is full")]
    Overloaded {
        /// When a place may be free.
        retry_after: Duration,
    },
    /// The caller makes more calls than it may.
    #[error("the caller makes more calls than it may")]
    RateLimited {
        /// When it may make the next one.
        retry_after: Duration,
    },
    /// The server takes no more requests.
    #[error("the server is stopping")]
    ShuttingDown,
    /// The caller's deadline passed before the answer was ready.
    #[error("the deadline passed before the answer was ready")]
    DeadlineExceeded,
    /// Nobody waits for the answer any more.
    #[error("{Cancelled}")]
    Cancelled,
    /// The request message is over the limit.
    #[error("a request message is at most {limit} bytes{}", .actual.map(|n| format!(", this one has {n}")).unwrap_or_default())]
    MessageTooLarge {
        /// Bytes that it may have.
        limit: usize,
        /// Bytes that it has, where that is known: a compressed one is not read to its end.
        actual: Option<u64>,
    },
    /// The answer is over the limit.
    #[error("an answer is at most {limit} bytes: ask for fewer points or shorter readouts")]
    AnswerTooLarge {
        /// Bytes that it may have.
        limit: usize,
        /// Bytes that it has.
        actual: Option<u64>,
    },
    /// The request nests deeper than messages are read.
    #[error("the request nests deeper than any message of this API")]
    NestedTooDeep,
    /// The request is not a message of the method.
    #[error("the request is no message of this method")]
    MalformedMessage,
    /// The body of a request over HTTP is no JSON of its message.
    #[error("the body is no JSON of this method's request: line {line}, column {column}")]
    MalformedJson {
        /// From 1; 0 when the place is not known.
        line: usize,
        /// From 1.
        column: usize,
    },
    /// The request is compressed by an algorithm that is not taken.
    #[error("the request is compressed by an algorithm that this server does not take")]
    UnsupportedEncoding,
    /// There is no such method.
    #[error("there is no such method")]
    UnknownMethod,
    /// Health was asked of a service that is not here.
    #[error("there is no such service")]
    UnknownService,
    /// The caller did not show a key or token that is good.
    #[error("the call needs a key or a token that is valid")]
    Unauthenticated,
    /// A fault of ours; the log has more under that id.
    #[error("internal error, request {request_id}")]
    Internal {
        /// Id of the request in the log.
        request_id: RequestId,
    },
}

impl From<Cancelled> for Error {
    fn from(_: Cancelled) -> Self {
        Self::Cancelled
    }
}

impl From<Error> for Status {
    fn from(error: Error) -> Self {
        let message = error.to_string();
        let mut details = ErrorDetails::new();
        let mut metadata = HashMap::new();
        let mut measure = |limit: usize, actual: Option<u64>| {
            metadata.insert("limit".to_owned(), limit.to_string());
            metadata.extend(actual.map(|actual| ("actual".to_owned(), actual.to_string())));
        };
        let mut trailers = MetadataMap::new();
        let mut push_back = |milliseconds: i64| {
            trailers.insert(PUSHBACK, milliseconds.into());
        };
        let (code, reason) = match error {
            Error::Invalid(violations) => {
                details.set_bad_request(field_violations(&violations));
                (Code::InvalidArgument, ErrorReason::InvalidFields)
            }
            Error::Overloaded { retry_after } => {
                details.set_retry_info(Some(retry_after));
                push_back(milliseconds(retry_after));
                (Code::ResourceExhausted, ErrorReason::Overloaded)
            }
            Error::RateLimited { retry_after } => {
                details.set_retry_info(Some(retry_after));
                push_back(milliseconds(retry_after));
                (Code::ResourceExhausted, ErrorReason::RateLimited)
            }
            Error::MessageTooLarge { limit, actual } => {
                measure(limit, actual);
                push_back(NOT_AGAIN);
                (Code::ResourceExhausted, ErrorReason::MessageTooLarge)
            }
            Error::AnswerTooLarge { limit, actual } => {
                measure(limit, actual);
                push_back(NOT_AGAIN);
                (Code::ResourceExhausted, ErrorReason::AnswerTooLarge)
            }
            Error::ShuttingDown => (Code::Unavailable, ErrorReason::ShuttingDown),
            Error::DeadlineExceeded => (Code::DeadlineExceeded, ErrorReason::DeadlineExceeded),
            Error::Cancelled => (Code::Cancelled, ErrorReason::Cancelled),
            Error::NestedTooDeep => (Code::InvalidArgument, ErrorReason::NestedTooDeep),
            Error::MalformedMessage | Error::MalformedJson { .. } => {
                (Code::InvalidArgument, ErrorReason::MalformedMessage)
            }
            Error::UnsupportedEncoding => (Code::Unimplemented, ErrorReason::UnsupportedEncoding),
            Error::UnknownMethod => (Code::Unimplemented, ErrorReason::UnknownMethod),
            Error::UnknownService => (Code::NotFound, ErrorReason::UnknownService),
            Error::Unauthenticated => (Code::Unauthenticated, ErrorReason::Unauthenticated),
            Error::Internal { .. } => (Code::Internal, ErrorReason::Internal),
        };
        let reason = reason.as_str_name();
        let reason = reason.strip_prefix("ERROR_REASON_").unwrap_or(reason);
        details.set_error_info(reason, ERROR_DOMAIN, metadata);
        Self::with_error_details_and_metadata(code, message, details, trailers)
    }
}

/// A [`PUSHBACK`] that says that the same call would fail again.
const NOT_AGAIN: i64 = -1;

/// Whole milliseconds, the last one begun included, so that nobody comes too early.
fn milliseconds(duration: Duration) -> i64 {
    i64::try_from(duration.as_micros().div_ceil(1000)).unwrap_or(i64::MAX)
}

fn field_violations(violations: &Violations) -> Vec<FieldViolation> {
    let kept = violations.kept().iter();
    let mut list: Vec<FieldViolation> =
        kept.map(|violation| FieldViolation::new(&violation.field, &violation.description)).collect();
    if violations.n_left_out() > 0 {
        list.push(FieldViolation::new("", format!("and {} more", violations.n_left_out())));
    }
    list
}

/// The error behind a status of the transport's own, which knows neither our reasons nor whose mistake it was: it
/// says `OUT_OF_RANGE` for a message over the limit and `INTERNAL` for bytes that are no message. `None`: all is well,
/// or it is one of ours already.
pub(super) fn of_transport(status: &Status, request_id: RequestId, limits: &Limits) -> Option<Error> {
    if status.code() == Code::Ok || !status.details().is_empty() {
        return None;
    }
    let message = status.message();
    let found = number_after(message, "found ");
    let limit = number_after(message, "size limit, of ").and_then(|limit| usize::try_from(limit).ok());
    Some(match status.code() {
        Code::OutOfRange if message.contains("encoded message length") && !message.contains("decoded") => {
            Error::AnswerTooLarge { limit: limits.answer_bytes, actual: found }
        }
        Code::OutOfRange => Error::MessageTooLarge { limit: limits.message_bytes, actual: found },
        // What a message would have after decompression is not known: it is given up at the limit.
        Code::ResourceExhausted if message.contains("decompressing") => {
            Error::MessageTooLarge { limit: limit.unwrap_or(limits.message_bytes), actual: None }
        }
        Code::Internal if message.contains("recursion limit") => Error::NestedTooDeep,
        Code::Internal => Error::MalformedMessage,
        Code::Unimplemented if message.contains("compressed with") => Error::UnsupportedEncoding,
        Code::Unimplemented => Error::UnknownMethod,
        Code::NotFound => Error::UnknownService,
        Code::DeadlineExceeded => Error::DeadlineExceeded,
        Code::Cancelled => Error::Cancelled,
        Code::Unauthenticated => Error::Unauthenticated,
        Code::Unavailable => Error::ShuttingDown,
        // The transport makes none of these.
        Code::Ok
        | Code::Unknown
        | Code::InvalidArgument
        | Code::AlreadyExists
        | Code::PermissionDenied
        | Code::ResourceExhausted
        | Code::FailedPrecondition
        | Code::Aborted
        | Code::DataLoss => Error::Internal { request_id },
    })
}

/// The number that follows `mark` in a message of the transport.
fn number_after(message: &str, mark: &str) -> Option<u64> {
    let rest = &message[message.find(mark)? + mark.len()..];
    rest[..rest.bytes().take_while(u8::is_ascii_digit).count()].parse().ok()
}

/// The status as a message, for an item of a stream.
pub(super) fn to_message(status: &Status) -> tonic_types::Status {
    tonic_types::Status::decode(status.details()).unwrap_or_else(|_| tonic_types::Status {
        code: status.code().into(),
        message: status.message().to_owned(),
        details: Vec::new(),
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[track_caller]
    fn check(error: Error, code: Code, reason: &str) {
        let status = Status::from(error);
        assert_eq!(status.code(), code);
        let info = status.get_details_error_info().expect("every status carries its reason");
        assert_eq!((info.reason.as_str(), info.domain.as_str()), (reason, "parallax.v1"));
        assert_eq!(to_message(&status).message, status.message());
    }

    #[test]
    fn every_error_has_a_code_and_a_reason() {
        let retry_after = Duration::ZERO;
        check(Error::Invalid(Violations::default()), Code::InvalidArgument, "INVALID_FIELDS");
        check(Error::Overloaded { retry_after }, Code::ResourceExhausted, "OVERLOADED");
        check(Error::RateLimited { retry_after }, Code::ResourceExhausted, "RATE_LIMITED");
        check(Error::ShuttingDown, Code::Unavailable, "SHUTTING_DOWN");
        check(Error::DeadlineExceeded, Code::DeadlineExceeded, "DEADLINE_EXCEEDED");
        check(Error::Cancelled, Code::Cancelled, "CANCELLED");
        check(Error::MessageTooLarge { limit: 1, actual: Some(2) }, Code::ResourceExhausted, "MESSAGE_TOO_LARGE");
        check(Error::AnswerTooLarge { limit: 1, actual: None }, Code::ResourceExhausted, "ANSWER_TOO_LARGE");
        check(Error::NestedTooDeep, Code::InvalidArgument, "NESTED_TOO_DEEP");
        check(Error::MalformedMessage, Code::InvalidArgument, "MALFORMED_MESSAGE");
        check(Error::MalformedJson { line: 1, column: 2 }, Code::InvalidArgument, "MALFORMED_MESSAGE");
        check(Error::UnsupportedEncoding, Code::Unimplemented, "UNSUPPORTED_ENCODING");
        check(Error::UnknownMethod, Code::Unimplemented, "UNKNOWN_METHOD");
        check(Error::UnknownService, Code::NotFound, "UNKNOWN_SERVICE");
        check(Error::Unauthenticated, Code::Unauthenticated, "UNAUTHENTICATED");
        check(Error::Internal { request_id: RequestId::random() }, Code::Internal, "INTERNAL");
    }

    #[test]
    fn clients_that_try_again_by_themselves_are_told_when() {
        let check = |error: Error, expected: Option<&str>| {
            let status = Status::from(error);
            let told = status.metadata().get(PUSHBACK).map(|value| value.to_str().expect("it is a number"));
            assert_eq!(told, expected, "{status:?}");
        };
        let retry_after = Duration::from_micros(50_001);
        check(Error::Overloaded { retry_after }, Some("51"));
        check(Error::RateLimited { retry_after: Duration::ZERO }, Some("0"));
        check(Error::MessageTooLarge { limit: 1, actual: None }, Some("-1"));
        check(Error::AnswerTooLarge { limit: 1, actual: None }, Some("-1"));
        check(Error::ShuttingDown, None);
    }

    #[test]
    fn statuses_of_the_transport_get_our_reasons_and_ours_stay() {
        let request_id = RequestId::random();
        let of = |status: &Status| of_transport(status, request_id, &Limits::default());
        let too_large = "Error, decoded message length too large: found 2000000 bytes, the limit is: 1048576 bytes";
        let expected = Error::MessageTooLarge { limit: 1_048_576, actual: Some(2_000_000) };
        assert_eq!(of(&Status::out_of_range(too_large)), Some(expected));
        let bomb = "Error decompressing: size limit, of 512 bytes, exceeded while decompressing message";
        let expected = Error::MessageTooLarge { limit: 512, actual: None };
        assert_eq!(of(&Status::resource_exhausted(bomb)), Some(expected));
        assert_eq!(of(&Status::internal("")), Some(Error::MalformedMessage));
        assert_eq!(of(&Status::internal("failed to decode: recursion limit reached")), Some(Error::NestedTooDeep));
        assert_eq!(of(&Status::unimplemented("")), Some(Error::UnknownMethod));
        assert_eq!(of(&Status::unknown("")), Some(Error::Internal { request_id }));
        assert_eq!(of(&Status::ok("")), None);
        assert_eq!(of(&Error::Internal { request_id }.into()), None);
    }
}
