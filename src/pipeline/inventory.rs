//! The data files that answers depend on, with their hashes.

use super::{attribution, features, relation, sides, similarity};
use crate::models::{contextual_embeddings, cross_encoder, position_spans, static_embeddings, wordpiece};
use sha2::{Digest as _, Sha256};

/// A data file that answers depend on.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ModelInfo {
    /// File name.
    pub name: &'static str,
    /// SHA-256 in lower-case hexadecimal.
    pub sha256: String,
    /// Size.
    pub bytes: u64,
    /// What it is and where it is from, in one line.
    pub description: &'static str,
}

/// The data files inside this version.
#[must_use]
pub fn models() -> Vec<ModelInfo> {
    let weights: [(&str, &[u8], &str); 5] = [
        (
            "static.bin",
            static_embeddings::WEIGHTS,
            "static token embeddings distilled from all-MiniLM-L6-v2; Spearman .843 on STS-B dev",
        ),
        ("vocab.txt", wordpiece::WEIGHTS, "WordPiece vocabulary of all-MiniLM-L6-v2"),
        (
            "position_spans.bin",
            position_spans::WEIGHTS,
            "semi-Markov CRF that finds positions, trained on readouts; cross-validated F1 .775",
        ),
        ("contextual.bin", contextual_embeddings::WEIGHTS, contextual_embeddings::DESCRIPTION),
        ("thorough.bin", cross_encoder::WEIGHTS, cross_encoder::DESCRIPTION),
    ];
    let own = [
        ("cues.tsv", attribution::cue_table(), "reporting words with speech act and strength, written by hand"),
        ("cues_zh.tsv", attribution::CHINESE_CUE_TABLE, "reporting words in Chinese, written by hand"),
        ("idf.tsv", features::IDF_TABLE, "document frequencies of stems (White House readouts, STS-B, SNLI)"),
        ("stop_words.txt", features::STOP_WORDS, "words without content of their own, written by hand"),
        ("contraries.tsv", features::CONTRARIES_TABLE, "words of contrary meaning, written by hand"),
        (
            "similarity/weights.rs",
            similarity::WEIGHTS_SOURCE,
            "logistic regressions that score pairs, fitted on annotated readouts; cross-validated F1 of links .438 fast, .468 thorough",
        ),
        (
            "relation/weights.rs",
            relation::WEIGHTS_SOURCE,
            "logistic regressions that tell divergence, fitted on annotated readouts; cross-validated F1 of divergences .216 fast, .261 thorough",
        ),
    ];
    let tables = own.into_iter().chain(sides::TABLES).map(|(name, text, about)| (name, text.as_bytes(), about));
    let files = weights.into_iter().chain(tables);
    files
        .map(|(name, bytes, description)| ModelInfo {
            name,
            sha256: Sha256::digest(bytes).iter().map(|byte| format!("{byte:02x}")).collect(),
            bytes: bytes.len() as u64,
            description,
        })
        .collect()
}
