//! What can go wrong in a call, and what the caller is told: one exhaustive match.
//!
//! Every status carries `google.rpc.ErrorInfo` with a reason of `ErrorReason`; a refused request carries
//! `BadRequest`, an overload `RetryInfo`. No message holds text of a request.

use crate::server::pb::ErrorReason;
use crate::server::wire::Violations;
use crate::server::{limits, request_id::RequestId};
use prost::Message as _;
use std::time::Duration;
use tonic::{Code, Status};
use tonic_types::{ErrorDetails, FieldViolation, StatusExt as _};

/// Domain of every `ErrorInfo`: the package of the API.
pub const ERROR_DOMAIN: &str = "parallax.v1";

/// What can go wrong in a call.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum Error {
    /// Fields break their rules.
    #[error("{}", .0.summary())]
    Invalid(#[from] Violations),
    /// All permits are taken and the queue is full.
    #[error("all permits are taken and the queue is full")]
    Overloaded {
        /// When a place may be free.
        retry_after: Duration,
    },
    /// The server takes no more requests.
    #[error("the server is stopping")]
    ShuttingDown,
    /// The caller's deadline passed before the answer was ready.
    #[error("the deadline passed before the answer was ready")]
    DeadlineExceeded,
    /// The request message is over [`limits::MESSAGE_BYTES`].
    #[error("a request message is at most {} bytes", limits::MESSAGE_BYTES)]
    MessageTooLarge,
    /// The request is not a message of the method.
    #[error("the request is no message of this method")]
    MalformedMessage,
    /// A fault of ours; the log has more under that id.
    #[error("internal error, request {request_id}")]
    Internal {
        /// Id of the request in the log.
        request_id: RequestId,
    },
}

impl From<Error> for Status {
    fn from(error: Error) -> Self {
        let message = error.to_string();
        let mut details = ErrorDetails::new();
        let (code, reason) = match error {
            Error::Invalid(violations) => {
                details.set_bad_request(field_violations(&violations));
                (Code::InvalidArgument, ErrorReason::InvalidFields)
            }
            Error::Overloaded { retry_after } => {
                details.set_retry_info(Some(retry_after));
                (Code::ResourceExhausted, ErrorReason::Overloaded)
            }
            Error::ShuttingDown => (Code::Unavailable, ErrorReason::ShuttingDown),
            Error::DeadlineExceeded => (Code::DeadlineExceeded, ErrorReason::DeadlineExceeded),
            Error::MessageTooLarge => (Code::InvalidArgument, ErrorReason::MessageTooLarge),
            Error::MalformedMessage => (Code::InvalidArgument, ErrorReason::MalformedMessage),
            Error::Internal { .. } => (Code::Internal, ErrorReason::Internal),
        };
        let reason = reason.as_str_name();
        let reason = reason.strip_prefix("ERROR_REASON_").unwrap_or(reason);
        details.set_error_info(reason, ERROR_DOMAIN, std::collections::HashMap::new());
        Self::with_error_details(code, message, details)
    }
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
/// says `OUT_OF_RANGE` for a message over the limit and `INTERNAL` for bytes that are no message. `None`: it is one
/// of ours already, or says all there is to say.
pub(super) fn of_transport(status: &Status) -> Option<Error> {
    match status.code() {
        _ if !status.details().is_empty() => None,
        Code::OutOfRange => Some(Error::MessageTooLarge),
        Code::Internal => Some(Error::MalformedMessage),
        _ => None,
    }
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
        check(Error::Invalid(Violations::default()), Code::InvalidArgument, "INVALID_FIELDS");
        check(Error::Overloaded { retry_after: Duration::ZERO }, Code::ResourceExhausted, "OVERLOADED");
        check(Error::ShuttingDown, Code::Unavailable, "SHUTTING_DOWN");
        check(Error::DeadlineExceeded, Code::DeadlineExceeded, "DEADLINE_EXCEEDED");
        check(Error::MessageTooLarge, Code::InvalidArgument, "MESSAGE_TOO_LARGE");
        check(Error::MalformedMessage, Code::InvalidArgument, "MALFORMED_MESSAGE");
        check(Error::Internal { request_id: RequestId::new() }, Code::Internal, "INTERNAL");
    }

    #[test]
    fn statuses_of_the_transport_get_our_reasons_and_ours_stay() {
        assert_eq!(of_transport(&Status::out_of_range("")), Some(Error::MessageTooLarge));
        assert_eq!(of_transport(&Status::internal("")), Some(Error::MalformedMessage));
        assert_eq!(of_transport(&Status::unimplemented("")), None);
        assert_eq!(of_transport(&Error::Internal { request_id: RequestId::new() }.into()), None);
    }
}
