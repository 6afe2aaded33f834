//! Candidate pairs of gold spans with their features: what the linker is fitted on (`training/linker/fit.py`).

use super::gold::Document;
use super::predict::{declared_sides, readouts};
use crate::pipeline::{self, similarity};
use serde::Serialize;

/// One candidate pair.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Candidate {
    /// Id of the gold pair.
    pub pair_id: String,
    /// Gold id of the position in text a.
    pub a: String,
    /// Gold id of the position in text b.
    pub b: String,
    /// Inputs of the scorer, in the order of its weights.
    pub inputs: Vec<f64>,
}

/// The candidate pairs of a gold pair; none for a single document.
#[must_use]
pub fn candidates(document: &Document) -> Vec<Candidate> {
    let Ok(readouts) = <[_; 2]>::try_from(readouts(document, true)) else { return Vec::new() };
    let (positions, pairs) = pipeline::candidates(&readouts, &declared_sides(document));
    let n_left = positions.iter().filter(|position| position.readout == 0).count();
    let candidate = |pair: &similarity::ScoredPair| Candidate {
        pair_id: document.id.clone(),
        a: positions[pair.left].statement_id.clone(),
        b: positions[n_left + pair.right].statement_id.clone(),
        inputs: similarity::inputs(&pair.features).iter().map(|(_, value)| *value).collect(),
    };
    pairs.iter().map(candidate).collect()
}
