//! What contextual embeddings make of all pairs, as inputs of the THOROUGH scorer.

use super::ScorePartKind;
use super::matrix::{InContext, Matrix};
use crate::pipeline::Cancel;

/// Inputs that the reading of a pair gives.
pub const N_READ_INPUTS: usize = 8;

/// Cosines of all pairs of two texts, row by row, -1 to 1.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct Cosines {
    /// Of the positions read in their texts.
    pub in_context: Vec<f64>,
    /// Of the positions read by themselves.
    pub by_themselves: Vec<f64>,
}

/// The reading of a pair, each value 0 to 1.
#[derive(Debug, Clone, Copy, PartialEq, Default)]
pub struct ReadFeatures {
    /// Read in their texts.
    pub in_context: InContext,
    /// Read by themselves.
    pub by_themselves: InContext,
}

impl ReadFeatures {
    /// The features of two bare statements, by the cosine of their embeddings.
    #[must_use]
    pub fn alone(cosine: f64) -> Self {
        let by_themselves = InContext { value: cosine.clamp(0.0, 1.0), ..InContext::default() };
        Self { by_themselves, ..Self::default() }
    }

    /// In the order of the weights.
    pub(super) fn inputs(&self) -> [(ScorePartKind, f64); N_READ_INPUTS] {
        use ScorePartKind as Kind;
        let Self { in_context, by_themselves } = self;
        [
            (Kind::ContextualMeaning, in_context.value),
            (Kind::ContextualMeaningRank, in_context.mutual_rank),
            (Kind::ContextualMeaningBackground, in_context.background),
            (Kind::ContextualMeaningMargin, in_context.margin),
            (Kind::SentenceMeaning, by_themselves.value),
            (Kind::SentenceMeaningRank, by_themselves.mutual_rank),
            (Kind::SentenceMeaningBackground, by_themselves.background),
            (Kind::SentenceMeaningMargin, by_themselves.margin),
        ]
    }
}

/// The cosines with their context.
pub(super) struct Reading {
    in_context: Matrix,
    by_themselves: Matrix,
}

impl Reading {
    /// `None` when `cancel` is set meanwhile.
    pub(super) fn new(cancel: &Cancel, cosines: Cosines, n_left: usize, n_right: usize) -> Option<Self> {
        let matrix = |cosines: Vec<f64>| {
            let values = cosines.into_iter().map(|cosine| cosine.clamp(0.0, 1.0)).collect();
            Matrix::new(cancel, values, n_left, n_right)
        };
        Some(Self { in_context: matrix(cosines.in_context)?, by_themselves: matrix(cosines.by_themselves)? })
    }

    /// The better of the ranks of a pair in row and column, by the cosine in context.
    pub(super) fn rank(&self, i: usize, j: usize) -> u16 {
        self.in_context.rank(i, j)
    }

    pub(super) fn features(&self, i: usize, j: usize) -> ReadFeatures {
        ReadFeatures {
            in_context: self.in_context.in_context(i, j),
            by_themselves: self.by_themselves.in_context(i, j),
        }
    }
}
