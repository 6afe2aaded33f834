//! How good the answers are: the pipeline against texts that a person has annotated.
//!
//! In: a folder of gold files. Out: precision, recall and F1 of positions, links, kinds and divergences, the share of
//! right holders, and the share of one-sided positions found. The counting is in [`score`], and needs no pipeline:
//! predictions of anything else can be counted by the same rules.
//!
//! ```
//! use parallax::evaluate::gold::CharRange;
//! use parallax::evaluate::score::Row;
//!
//! assert!(CharRange(0, 10).matches(CharRange(5, 15)));
//! let row = Row { n_predicted_hits: 1, n_predicted: 2, n_gold_hits: 1, n_gold: 1 };
//! assert_eq!((row.precision(), row.recall()), (0.5, 1.0));
//! ```

pub mod candidates;

pub mod genre;

pub mod gold;

pub mod predict;

pub mod score;

pub mod table;

use std::fs::File;
use std::io::{self, BufWriter, Write as _};
use std::path::{Path, PathBuf};

use gold::Document;
use score::{Prediction, Scores};

use crate::pipeline::Engine;

/// What keeps an evaluation from being made.
#[derive(Debug, thiserror::Error)]
pub enum Error {
    /// A file or folder cannot be read.
    #[error("cannot read {}: {source}", path.display())]
    Read {
        /// The file or folder.
        path: PathBuf,
        /// Why.
        source: io::Error,
    },
    /// The folder holds no gold files.
    #[error("{}: no gold files (*.json) in it", path.display())]
    NoGold {
        /// The folder.
        path: PathBuf,
    },
    /// A file is no JSON, or a field is missing or of another type.
    #[error("{}: {source}", path.display())]
    Json {
        /// The file.
        path: PathBuf,
        /// What is wrong, with field, line and column.
        source: serde_json::Error,
    },
    /// A field says what cannot be.
    #[error("{}: {field}: {problem}", path.display())]
    Field {
        /// The file.
        path: PathBuf,
        /// Path of the field.
        field: String,
        /// What is wrong with it.
        problem: String,
    },
    /// The predictions cannot be written.
    #[error("cannot write {}: {source}", path.display())]
    Write {
        /// The file.
        path: PathBuf,
        /// Why.
        source: io::Error,
    },
}

/// A document, what was predicted for it, and how good that is.
#[derive(Debug, Clone, PartialEq)]
pub struct Outcome {
    /// The gold document.
    pub document: Document,
    /// The prediction.
    pub prediction: Prediction,
    /// The counts.
    pub scores: Scores,
}

impl Outcome {
    /// The outcome of a prediction.
    #[must_use]
    pub fn new(document: Document, prediction: Prediction) -> Self {
        let scores = score::score(&document, &prediction);
        Self { document, prediction, scores }
    }
}

/// The outcome of every document: the pipeline's prediction and its counts.
#[must_use]
pub fn evaluate(documents: Vec<Document>, options: &predict::Options) -> Vec<Outcome> {
    let outcome = |document| {
        let prediction = predict::predict(&document, options);
        Outcome::new(document, prediction)
    };
    documents.into_iter().map(outcome).collect()
}

/// Writes the predictions as JSON, one line a document.
///
/// # Errors
/// When the file cannot be written.
pub fn write_predictions(path: &Path, outcomes: &[Outcome]) -> Result<(), Error> {
    write_lines(path, outcomes.iter().map(|outcome| &outcome.prediction))
}

/// Writes the candidate pairs of all gold pairs as JSON, one line a pair of positions after one that names the inputs.
///
/// # Errors
/// When the file cannot be written.
pub fn write_candidates(
    path: &Path,
    outcomes: &[Outcome],
    engine: Engine,
    readings: Option<&candidates::Readings>,
) -> Result<(), Error> {
    let of_document = |outcome: &Outcome| candidates::candidates(&outcome.document, engine, readings);
    let lines = outcomes.iter().flat_map(of_document).map(candidates::Line::Candidate);
    write_lines(path, std::iter::once(candidates::Line::header(engine)).chain(lines))
}

fn write_lines<T: serde::Serialize>(path: &Path, lines: impl Iterator<Item = T>) -> Result<(), Error> {
    let write = || -> io::Result<()> {
        let mut file = BufWriter::new(File::create(path)?);
        for line in lines {
            serde_json::to_writer(&mut file, &line)?;
            file.write_all(b"\n")?;
        }
        file.flush()
    };
    write().map_err(|source| Error::Write { path: path.to_owned(), source })
}
