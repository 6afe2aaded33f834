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

use super::limits::Limits;
use super::wire::{self, CompareInput, Violations};
use super::{DESCRIPTOR, pb};
use crate::pipeline::report::{Comparison, Extraction};
use crate::span::OffsetUnit;
use prost::Message as _;
use prost_reflect::{DescriptorPool, DynamicMessage, MessageDescriptor, SerializeOptions};
use std::sync::LazyLock;

static POOL: LazyLock<DescriptorPool> = LazyLock::new(|| {
    let mut pool = DescriptorPool::decode(DESCRIPTOR).expect("the build wrote a whole descriptor set");
    // For the details of errors, each of which names its own type. It has google.rpc.Status under another file name.
    let details = prost_types::FileDescriptorSet::decode(tonic_types::pb::FILE_DESCRIPTOR_SET);
    let mut details = details.expect("so did the build of tonic-types");
    details.file.retain(|file| !file.name().ends_with("status.proto"));
    pool.add_file_descriptor_set(details).expect("the details need nothing else");
    pool
});

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

/// The same on one line, for many of them in one file.
#[must_use]
pub fn comparison_line(comparison: &Comparison, unit: OffsetUnit) -> String {
    written(&dynamic("parallax.v1.Comparison", &wire::comparison(comparison, unit)), false)
}

/// The message `ExtractPositionsResponse`, its spans in `unit`.
#[must_use]
pub fn extraction(extraction: &Extraction, unit: OffsetUnit) -> String {
    to_json("parallax.v1.ExtractPositionsResponse", &wire::extraction(extraction, unit))
}

/// The message `DescribeEngineResponse` of this version.
#[must_use]
pub fn engine_description() -> String {
    to_json("parallax.v1.DescribeEngineResponse", &wire::engine_description(&Limits::default()))
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
    written(&dynamic(name, message), true)
}

fn dynamic(name: &str, message: &impl prost::Message) -> DynamicMessage {
    let mut dynamic = DynamicMessage::new(descriptor(name));
    dynamic.transcode_from(message).expect("both are made from the same descriptors");
    dynamic
}

/// A method that is served over HTTP, as its `google.api.http` option says.
#[derive(Debug, Clone)]
pub(super) struct Route {
    /// `POST` or `GET`.
    pub(super) verb: http::Method,
    /// Path over HTTP ("/v1/compare").
    pub(super) path: String,
    /// Path over gRPC ("/parallax.v1.ComparisonService/Compare").
    pub(super) grpc_path: String,
    input: MessageDescriptor,
    output: MessageDescriptor,
}

/// The methods that are served over HTTP.
pub(super) static ROUTES: LazyLock<Vec<Route>> = LazyLock::new(|| {
    let http = POOL.get_extension_by_name("google.api.http").expect("the annotations are in the descriptor set");
    let routes = POOL.services().flat_map(|service| service.methods().collect::<Vec<_>>()).filter_map(|method| {
        let options = method.options();
        let rule = options.has_extension(&http).then(|| options.get_extension(&http).into_owned())?;
        let rule = rule.as_message().expect("a rule is a message").clone();
        let path =
            |field: &str| rule.get_field_by_name(field)?.as_str().filter(|path| !path.is_empty()).map(str::to_owned);
        let post = path("post").map(|path| (http::Method::POST, path));
        let (verb, path) = post.or_else(|| path("get").map(|path| (http::Method::GET, path)))?;
        let grpc_path = format!("/{}/{}", method.parent_service().full_name(), method.name());
        Some(Route { verb, path, grpc_path, input: method.input(), output: method.output() })
    });
    routes.collect()
});

impl Route {
    /// The encoded request behind its JSON. An empty text is an empty request.
    ///
    /// # Errors
    /// The line and column of what is wrong.
    pub(super) fn request(&self, json: &[u8]) -> Result<Vec<u8>, (usize, usize)> {
        if json.iter().all(u8::is_ascii_whitespace) {
            return Ok(Vec::new());
        }
        let mut deserializer = serde_json::Deserializer::from_slice(json);
        let read = DynamicMessage::deserialize(self.input.clone(), &mut deserializer);
        let read = read.and_then(|message| deserializer.end().map(|()| message));
        read.map(|message| message.encode_to_vec()).map_err(|error| (error.line(), error.column()))
    }

    /// The JSON of an encoded answer; `None` when it is no message.
    pub(super) fn answer(&self, encoded: &[u8]) -> Option<String> {
        DynamicMessage::decode(self.output.clone(), encoded).ok().map(|message| written(&message, false))
    }
}

/// The JSON of an encoded `google.rpc.Status`, its details by name; without details when one is of no known type.
pub(super) fn status(encoded: &[u8], code: i32, text: &str) -> String {
    let whole = DynamicMessage::decode(descriptor("google.rpc.Status"), encoded).ok();
    let mut serializer = serde_json::Serializer::new(Vec::new());
    let is_written = whole
        .filter(|_| !encoded.is_empty())
        .is_some_and(|status| status.serialize_with_options(&mut serializer, &SerializeOptions::new()).is_ok());
    let json = String::from_utf8(serializer.into_inner()).ok().filter(|_| is_written);
    json.unwrap_or_else(|| serde_json::json!({ "code": code, "message": text }).to_string())
}

/// A message as JSON, on several lines or on one.
fn written(message: &DynamicMessage, is_pretty: bool) -> String {
    let options = SerializeOptions::new();
    let bytes = if is_pretty {
        let mut serializer = serde_json::Serializer::pretty(Vec::new());
        message.serialize_with_options(&mut serializer, &options).map(|()| serializer.into_inner())
    } else {
        let mut serializer = serde_json::Serializer::new(Vec::new());
        message.serialize_with_options(&mut serializer, &options).map(|()| serializer.into_inner())
    };
    let bytes = bytes.expect("a message of strings, numbers and lists has a JSON form");
    String::from_utf8(bytes).expect("JSON is UTF-8")
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
