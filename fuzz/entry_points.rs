//! Where bytes of a caller's come in: each of these takes any bytes, and panics only when a law is broken.

use parallax::pipeline::{self, Engine};
use parallax::readout::Readout;
use parallax::server::limits::Limits;
use parallax::server::wire::{self, CompareInput, ExtractInput, ScoreInput};
use parallax::server::{json as server_json, pb};
use prost::Message;

/// Most bytes of a text: enough for every stage, and little enough for many runs a second.
const MAX_TEXT: usize = 4_096;

fn limits() -> Limits {
    Limits { readout_bytes: MAX_TEXT, statements: 50, statement_bytes: 500, score_pairs: 100, ..Limits::default() }
}

/// Decode, validate, compare, and back to a message.
pub fn wire(bytes: &[u8]) {
    let limits = limits();
    if let Ok(request) = pb::CompareRequest::decode(bytes)
        && let Ok(input) = CompareInput::try_from((request, &limits))
    {
        let comparison = pipeline::compare(&input.readouts, &input.sides, &input.options);
        let message = wire::comparison(&comparison, input.offset_unit);
        assert_eq!(pb::Comparison::decode(&message.encode_to_vec()[..]), Ok(message));
    }
    if let Ok(request) = pb::ExtractPositionsRequest::decode(bytes)
        && let Ok(input) = ExtractInput::try_from((request, &limits))
    {
        let extraction = pipeline::extract(&input.readouts, &input.sides, input.engine);
        let _ = wire::extraction(&extraction, input.offset_unit).encode_to_vec();
    }
    if let Ok(request) = pb::ScorePairsRequest::decode(bytes)
        && let Ok(input) = ScoreInput::try_from((request, &limits))
    {
        let rows = pipeline::score_pairs(&input.left, &input.right, input.engine);
        assert!(rows.iter().flatten().all(|(score, _)| (0.0..=1.0).contains(score)));
    }
}

/// A request in JSON.
pub fn json(bytes: &[u8]) {
    let Ok(text) = std::str::from_utf8(&bytes[..bytes.len().min(MAX_TEXT)]) else { return };
    if let Ok(input) = server_json::compare_request(text) {
        let comparison = pipeline::compare(&input.readouts, &input.sides, &input.options);
        let _ = server_json::comparison(&comparison, input.offset_unit);
    }
}

/// The text stages: no panic, and every span quotes its text.
pub fn text(bytes: &[u8]) {
    let text = String::from_utf8_lossy(&bytes[..bytes.len().min(MAX_TEXT)]).into_owned();
    let readouts = [Readout::from_text("a", text)];
    let extraction = pipeline::extract(&readouts, &[], Engine::Fast);
    for position in &extraction.positions {
        assert!(!position.span.slice(&readouts[0].text).is_empty());
    }
}
