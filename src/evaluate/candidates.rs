//! Candidate pairs of gold spans with their features: what the scorers are fitted on (`training/linker/fit.py`).

use std::collections::HashMap;
use std::path::Path;

use super::Error;
use super::gold::Document;
use super::predict::{declared_sides, readouts};
use crate::models::cross_encoder::Judgement;
use crate::pipeline::position::Position;
use crate::pipeline::relation::EVIDENCE_INPUTS;
use crate::pipeline::{self, Engine, Given, similarity};
use serde::{Deserialize, Serialize};

/// A line of the file.
#[derive(Debug, Clone, PartialEq, Serialize)]
#[serde(untagged)]
pub enum Line {
    /// The first one.
    Header(Header),
    /// Every other one.
    Candidate(Candidate),
}

/// What the inputs are, in the order of the weights.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Header {
    /// `fast` or `thorough`.
    pub engine: &'static str,
    /// Inputs of the link.
    pub inputs: Vec<String>,
    /// For each of them, whether two bare statements have it.
    pub alone: Vec<bool>,
    /// For each of them, whether the score inside a comparison is made of it; the divergence is made of all.
    pub in_context: Vec<bool>,
    /// Further inputs of the divergence; all but the last, which is of the two texts, are of the pair.
    pub evidence: Vec<&'static str>,
}

/// One candidate pair.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Candidate {
    /// Id of the gold pair.
    pub pair_id: String,
    /// Gold id of the position in text a.
    pub a: String,
    /// Gold id of the position in text b.
    pub b: String,
    /// Text of the position in text a.
    pub text_a: String,
    /// Text of the position in text b.
    pub text_b: String,
    /// Set when the texts are the same, so that no weight decides.
    pub identical: bool,
    /// Whether a comparison judges it; if not, judged inputs are there where they were given, and of the pair alone.
    pub likely: bool,
    /// Inputs of the scorer, in the order of its weights.
    pub inputs: Vec<f64>,
    /// What is seen that bears on divergence.
    pub evidence: Vec<f64>,
    /// Probability by the first look, of weights as they are.
    pub first: f64,
    /// Inputs of the second look at it, without the first score; none where there is no second look.
    pub second: Vec<f64>,
}

/// What the transformers make of pairs, by gold pair and the two positions.
pub type Readings = HashMap<(String, String, String), Given>;

/// A line of a file of readings.
#[derive(Debug, Clone, PartialEq, Deserialize)]
struct PairReading {
    pair_id: String,
    a: String,
    b: String,
    /// In their texts, by themselves.
    cosines: [f64; 2],
    logits: [f32; 7],
}

/// The readings in a file with one line of JSON a pair of positions, the logits in the order of [`Judgement`].
///
/// # Errors
/// When the file cannot be read or a line is not of this form.
pub fn read_readings(path: &Path) -> Result<Readings, Error> {
    let text = std::fs::read_to_string(path).map_err(|source| Error::Read { path: path.to_owned(), source })?;
    let line = |line: &str| -> Result<_, Error> {
        let pair: PairReading =
            serde_json::from_str(line).map_err(|source| Error::Json { path: path.to_owned(), source })?;
        let ([in_context, by_themselves], judgement) = (pair.cosines, Judgement::new(pair.logits));
        Ok(((pair.pair_id, pair.a, pair.b), Given { in_context, by_themselves, judgement }))
    };
    text.lines().filter(|text| !text.trim().is_empty()).map(line).collect()
}

impl Line {
    /// The first line of the candidates of an engine.
    #[must_use]
    pub fn header(engine: Engine) -> Self {
        let kinds = similarity::input_kinds(engine == Engine::Thorough);
        Self::Header(Header {
            engine: match engine {
                Engine::Fast => "fast",
                Engine::Thorough => "thorough",
            },
            inputs: kinds.iter().map(|kind| format!("{kind:?}")).collect(),
            alone: kinds.iter().map(|&kind| similarity::is_of_bare_statements(kind)).collect(),
            in_context: kinds.iter().map(|&kind| similarity::is_of_comparisons(kind)).collect(),
            evidence: EVIDENCE_INPUTS.to_vec(),
        })
    }
}

/// The candidate pairs of a gold pair; none for a single document. Pairs that `readings` does not have are read and judged
/// as one that shares nothing would be.
#[must_use]
pub fn candidates(document: &Document, engine: Engine, readings: Option<&Readings>) -> Vec<Candidate> {
    let Ok(readouts) = <[_; 2]>::try_from(readouts(document, true)) else { return Vec::new() };
    let unrelated = Given { in_context: 0.0, by_themselves: 0.0, judgement: Judgement::new(UNRELATED) };
    let given = |readings: &Readings, a: &Position, b: &Position| {
        let key = (document.id.clone(), a.statement_id.clone(), b.statement_id.clone());
        readings.get(&key).copied().unwrap_or(unrelated)
    };
    let judge = readings.map(|readings| move |a: &Position, b: &Position| given(readings, a, b));
    let judge: Option<&pipeline::Judge<'_>> = judge.as_ref().map(|judge| judge as _);
    let found = pipeline::candidates(&readouts, &declared_sides(document), engine, judge);
    let candidate = |((pair, evidence), likely): ((&similarity::ScoredPair, &pipeline::relation::Evidence), &bool)| {
        let (a, b) = (&found.positions[pair.left], &found.positions[found.n_left + pair.right]);
        let text = |position: &Position| position.span.slice(&readouts[position.readout].text).to_owned();
        Candidate {
            pair_id: document.id.clone(),
            a: a.statement_id.clone(),
            b: b.statement_id.clone(),
            text_a: text(a),
            text_b: text(b),
            identical: pair.features.is_identical,
            likely: *likely,
            inputs: similarity::inputs(&pair.features).map(|(_, value)| value).collect(),
            evidence: evidence.inputs().collect(),
            first: similarity::first_score(&pair.features),
            second: similarity::second_inputs(&pair.features),
        }
    };
    found.pairs.iter().zip(&found.evidence).zip(&found.likely).map(candidate).collect()
}

/// Logits of two texts that share nothing.
const UNRELATED: [f32; 7] = [-6.0, 0.0, 0.0, 0.0, 0.0, -3.0, -6.0];
