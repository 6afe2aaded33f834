//! The weight file, parsed. Layout, little-endian:
//!
//! | what | of |
//! |---|---|
//! | `PLXCROS1` | |
//! | 12 × u32 | version 1, layers, hidden, heads, inner, vocabulary, positions, segments, head inner, outputs, 0, 0 |
//! | word embeddings, encoder | see `transformer::weights` |
//! | head | f32 first matrix with bias, second matrix with bias |
//!
//! A matrix has a row for each output.

use super::{MAX_PAIR_TOKENS, N_OUTPUTS};
use crate::models::transformer::{Cursor, Encoder, HIDDEN, Words, header};
use std::sync::LazyLock;

/// The weight file.
pub static WEIGHTS: &[u8] = include_bytes!("../../../models/thorough.bin");

/// Width of the head's middle.
pub(super) const HEAD_INNER: usize = 128;

const MAGIC: &[u8] = b"PLXCROS1";

const HEADER: [u32; 12] = header(MAX_PAIR_TOKENS, HEAD_INNER, N_OUTPUTS);

static WORDS: LazyLock<Words> = LazyLock::new(|| words(WEIGHTS).expect("a test reads the file"));

static MODEL: LazyLock<Model> = LazyLock::new(|| Model::read(WEIGHTS, &WORDS).expect("a test reads the file"));

/// The word embeddings of all-MiniLM-L6-v2, which training leaves as they are, so that all models here share them.
pub(in crate::models) fn shared_words() -> &'static Words {
    &WORDS
}

/// The weights.
pub(super) struct Model {
    pub encoder: Encoder,
    /// From the pair's three vectors to [`HEAD_INNER`].
    pub head: Dense,
    pub outputs: Dense,
}

/// A matrix of `bias.len()` rows and the bias of each.
#[derive(Debug)]
pub(super) struct Dense {
    pub weights: Vec<f32>,
    pub bias: Vec<f32>,
}

impl Model {
    /// The model of this version, parsed on the first call.
    pub(super) fn get() -> &'static Self {
        &MODEL
    }

    /// The model in `file`, or `None` when it is not laid out as documented.
    fn read(file: &'static [u8], words: &'static Words) -> Option<Self> {
        let mut file = Cursor::after(file, MAGIC, &HEADER)?;
        file.words()?;
        let encoder = file.encoder(words, MAX_PAIR_TOKENS)?;
        let head = Dense { weights: file.floats(HEAD_INNER * 3 * HIDDEN)?, bias: file.floats(HEAD_INNER)? };
        let outputs = Dense { weights: file.floats(N_OUTPUTS * HEAD_INNER)?, bias: file.floats(N_OUTPUTS)? };
        file.is_at_end().then_some(Self { encoder, head, outputs })
    }
}

fn words(file: &'static [u8]) -> Option<Words> {
    Cursor::after(file, MAGIC, &HEADER)?.words()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_file_is_whole_and_a_cut_one_is_refused() {
        assert!(Model::read(WEIGHTS, shared_words()).is_some());
        assert!(Model::read(&WEIGHTS[..WEIGHTS.len() - 1], shared_words()).is_none());
        assert!(Model::read(&WEIGHTS[..40], shared_words()).is_none());
        assert!(words(&WEIGHTS[..40]).is_none());
        assert!(words(b"").is_none());
    }
}
