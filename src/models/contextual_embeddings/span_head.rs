//! What the states of a text say of its units as parts of positions: the scores of a semi-Markov conditional random field
//! (Sarawagi and Cohen, NIPS 2004), in the same places as those of [`crate::models::position_spans`].
//!
//! A unit's mean state scores it inside a position, and as the unit before or after an edge that joins, starts or ends one.
//! So do the kind of a boundary and the length of a position, which training needs to know what is left for the states to say.

use super::{HIDDEN, MODEL};
use crate::models::transformer::{Cursor, dot};
use crate::models::vector_code::vectorised;

/// Scores of one unit: inside, then joining, starting and ending at the edge after it, then at the edge before it.
const N_SCORES: usize = 7;

/// Kinds of a boundary, each apart for the third and for the first person.
const N_KINDS: usize = 26;

/// Bins of the length of a position.
const N_LENGTHS: usize = 80;

/// The weights. In the file, after the encoder, f32: 7 scores × hidden and their biases; 26 kinds of boundaries × (joining,
/// starting, ending; inside of the unit after, of the unit before); 80 bins of lengths.
#[derive(Debug)]
pub struct SpanHead {
    weights: Vec<f32>,
    biases: Vec<f32>,
    kinds: Vec<[f32; 5]>,
    lengths: Vec<f32>,
}

/// What the states of a unit say of it.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct UnitScores {
    /// Of the unit inside a position.
    pub inside: f64,
    /// Of the edge after it: joining, starting and ending a position there.
    pub after: [f64; 3],
    /// Of the edge before it, the same.
    pub before: [f64; 3],
}

impl SpanHead {
    /// The weights of this version, parsed on the first call.
    #[must_use]
    pub fn get() -> &'static Self {
        &MODEL.spans
    }

    pub(super) fn read(file: &mut Cursor) -> Option<Self> {
        Some(Self {
            weights: file.floats(N_SCORES * HIDDEN)?,
            biases: file.floats(N_SCORES)?,
            kinds: file.floats(N_KINDS * 5)?.as_chunks().0.to_vec(),
            lengths: file.floats(N_LENGTHS)?,
        })
    }

    /// The scores of a unit by the mean of its states.
    pub(super) fn unit_scores(&self, mean: &[f32; HIDDEN]) -> UnitScores {
        let scores: [f64; N_SCORES] = vectorised(
            #[inline(always)]
            || {
                let rows = self.weights.as_chunks::<HIDDEN>().0;
                std::array::from_fn(|at| f64::from(dot(&rows[at], mean) + self.biases[at]))
            },
        );
        let [inside, after @ .., a, b, c] = scores;
        UnitScores { inside, after, before: [a, b, c] }
    }

    /// The scores of a boundary, by its place in `training/position_spans/units.py`: joining, starting and ending a position
    /// there.
    #[must_use]
    pub fn edge(&self, boundary: usize, is_first_person: bool) -> [f64; 3] {
        let [join, start, end, ..] = self.kind(boundary, is_first_person);
        [join, start, end]
    }

    /// The score of a unit inside a position, by the boundaries before and after it.
    #[must_use]
    pub fn inside(&self, before: usize, after: usize, is_first_person: bool) -> f64 {
        self.kind(before, is_first_person)[3] + self.kind(after, is_first_person)[4]
    }

    fn kind(&self, boundary: usize, is_first_person: bool) -> [f64; 5] {
        self.kinds[2 * boundary + usize::from(is_first_person)].map(f64::from)
    }

    /// The score of a position whose length is in `bin`; 0 outside the bins.
    #[must_use]
    pub fn length(&self, bin: usize) -> f64 {
        self.lengths.get(bin).map_or(0.0, |&score| f64::from(score))
    }
}
