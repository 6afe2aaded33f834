//! The canonical proto3 JSON of the API messages, for the command line.
//!
//! In: domain results. Out: the JSON that any protobuf library reads as the message, made from the same descriptors
//! that reflection serves. And a JSON `CompareRequest` in, checked by the same rules as one on the wire.
//!
//! ```
//! use parallax::server::json;
//!
//! let request = r#"{"readouts": [{"text": "Both ministers welcomed the truce."}], "options": {"linkThreshold": 0.4}}"#;
//! let input = json::compare_request(request).expect("the request is good");
//! assert_eq!((input.readouts[0].id.as_str(), input.options.link_threshold), ("r1", Some(0.4)));
//! assert!(json::compare_request(r#"{"readouts": [{"text": "\ud800"}]}"#).is_err());
//! ```

use super::wire::{self, CompareInput, Violations};
use super::{DESCRIPTOR, pb};
use crate::pipeline::report::{Comparison, Extraction};
use crate::span::OffsetUnit;
use prost_reflect::{DescriptorPool, DynamicMessage, MessageDescriptor, SerializeOptions};
use std::sync::LazyLock;

static POOL: LazyLock<DescriptorPool> =
    LazyLock::new(|| DescriptorPool::decode(DESCRIPTOR).expect("the build wrote a whole descriptor set"));

/// Why a JSON request is refused.
#[derive(Debug, thiserror::Error)]
pub enum JsonError {
    /// It is not JSON, or not that of the message: unknown field, wrong type, half a surrogate pair.
    #[error("not a CompareRequest in proto3 JSON: {0}")]
    Syntax(#[from] serde_json::Error),
    /// Its fields break their rules.
    #[error("{0}")]
    Invalid(#[from] Violations),
}

/// The message `Comparison`, its spans in `unit`.
#[must_use]
pub fn comparison(comparison: &Comparison, unit: OffsetUnit) -> String {
    to_json("parallax.v1.Comparison", &wire::comparison(comparison, unit))
}

/// The message `ExtractPositionsResponse`, its spans in `unit`.
#[must_use]
pub fn extraction(extraction: &Extraction, unit: OffsetUnit) -> String {
    to_json("parallax.v1.ExtractPositionsResponse", &wire::extraction(extraction, unit))
}

/// The message `DescribeEngineResponse` of this version.
#[must_use]
pub fn engine_description() -> String {
    to_json("parallax.v1.DescribeEngineResponse", &wire::engine_description())
}

/// The checked input of a `CompareRequest`.
///
/// # Errors
/// When it is not the JSON of that message, or when its fields break their rules.
pub fn compare_request(json: &str) -> Result<CompareInput, JsonError> {
    let mut deserializer = serde_json::Deserializer::from_str(json);
    let message = DynamicMessage::deserialize(descriptor("parallax.v1.CompareRequest"), &mut deserializer)?;
    deserializer.end()?;
    let request: pb::CompareRequest = message.transcode_to().expect("both are made from the same descriptors");
    Ok(CompareInput::try_from(request)?)
}

fn to_json(name: &str, message: &impl prost::Message) -> String {
    let mut dynamic = DynamicMessage::new(descriptor(name));
    dynamic.transcode_from(message).expect("both are made from the same descriptors");
    let mut serializer = serde_json::Serializer::pretty(Vec::new());
    dynamic
        .serialize_with_options(&mut serializer, &SerializeOptions::new())
        .expect("a message of strings, numbers and lists has a JSON form");
    String::from_utf8(serializer.into_inner()).expect("JSON is UTF-8")
}

fn descriptor(name: &str) -> MessageDescriptor {
    POOL.get_message_by_name(name).expect("the message is in the descriptor set")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[track_caller]
    fn check(json: &str, expected: &str) {
        let error = compare_request(json).expect_err(json).to_string();
        assert!(error.contains(expected), "{error:?} does not hold {expected:?}");
    }

    #[test]
    fn a_bad_request_is_refused_with_its_reason() {
        check("", "EOF");
        check("[]", "expected");
        check("{} {}", "trailing characters");
        check(r#"{"readouts": [{"text": "a\ud800"}]}"#, "hex escape");
        check(r#"{"readouts": [{"text": "\ud800\u0041"}]}"#, "surrogate");
        check(r#"{"readouts": [{"text": "\udc00"}]}"#, "surrogate");
        check(r#"{"readers": []}"#, "readers");
        check(r#"{"readouts": [{"text": 7}]}"#, "expected a string");
        check(r#"{"readouts": [{"text": "a"}], "options": {"offsetUnit": "BYTES"}}"#, "BYTES");
        check(
            r#"{"readouts": [{"text": "a"}], "options": {"offsetUnit": 9}}"#,
            "options.offset_unit: 9 is not a value",
        );
        check(
            r#"{"readouts": [{"text": "a"}], "options": {"linkThreshold": "NaN"}}"#,
            "options.link_threshold: must be",
        );
        check(
            r#"{"readouts": [{"text": " "}], "sides": [{}]}"#,
            "readouts[0].text: must not be blank\nsides[0].id: must",
        );
        let deep = format!("{}{}", "[".repeat(10_000), "]".repeat(10_000));
        check(&format!(r#"{{"readouts": {deep}}}"#), "not a CompareRequest in proto3 JSON");
    }

    #[test]
    fn field_names_are_read_in_both_forms() {
        let camel = compare_request(r#"{"readouts": [{"authorSide": "Norland", "text": "a"}]}"#);
        let snake = compare_request(r#"{"readouts": [{"author_side": "Norland", "text": "a"}]}"#);
        assert_eq!(camel.expect("good"), snake.expect("good"));
    }

    #[test]
    fn the_description_is_canonical() {
        let description: serde_json::Value = serde_json::from_str(&engine_description()).expect("it is JSON");
        assert_eq!(description["version"], env!("CARGO_PKG_VERSION"));
        assert_eq!(description["engines"][0], "ENGINE_FAST");
        assert_eq!(description["limits"]["messageBytes"], 1_048_576);
        for model in description["models"].as_array().into_iter().flatten() {
            assert!(model["bytes"].is_string(), "64-bit numbers are strings in canonical JSON: {model}");
        }
    }
}
