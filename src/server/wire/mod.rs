//! Between the messages of `parallax.v1` and the types of the domain: the only place that names both.
//!
//! In: a request message, whose every field is checked. Out: the domain's input, or all [`Violations`] at once.
//! And back: a domain result and an offset unit in, a response message out.
//!
//! ```
//! use parallax::server::{pb, wire::CompareInput};
//!
//! let violations = CompareInput::try_from(pb::CompareRequest::default()).expect_err("there is no readout");
//! assert_eq!(violations.to_string(), "readouts: must hold 1 to 8 elements, holds 0");
//! ```

mod violation;

mod names;

mod inbound;

mod outbound;

#[cfg(test)]
mod tests;

pub use inbound::{CompareInput, ExtractInput, ScoreInput, StreamInput};
pub use outbound::{comparison, engine_description, extraction, scores};
pub use violation::{Violation, Violations};
