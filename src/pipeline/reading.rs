//! Reading: a text through the transformer of the THOROUGH engine, before its positions are looked for.
//!
//! In: the text. Out: its states, which tell positions (see [`super::position::spans`]) and what they are about (see
//! [`super::linking`]).

use super::{Cancel, Cancelled};
use crate::models::contextual_embeddings::{Reading, Windows};

/// Most tokens of texts that are read for contextual embeddings in a request, and as many of positions by themselves; dealt
/// out evenly over the readouts. Together they take 6 seconds on one core.
pub const MAX_READ_TOKENS: usize = 32_768;

/// Reads one of `n_readouts` texts of a request, as much of it as its share allows.
pub(super) fn read(cancel: &Cancel, text: &str, n_readouts: usize) -> Result<Reading, Cancelled> {
    let mut windows = Windows::new(text);
    windows.truncate(MAX_READ_TOKENS / n_readouts);
    windows.read(|| !cancel.is_cancelled()).ok_or(Cancelled)
}
