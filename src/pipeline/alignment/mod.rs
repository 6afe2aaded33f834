//! Alignment: which scored pairs are links.
//!
//! In: scored pairs. Out: those at or above the threshold. A position that the other text repeats word for word is
//! linked to the repetition alone.

use crate::pipeline::similarity::ScoredPair;

/// Score at and above which a pair is a link. Over the training pairs, with positions found and not given, F1 of the FAST
/// engine's links is flat (.282) from .24 to here, while one-sided points are told better and better (.73 to .79). The scores
/// of both engines are probabilities, calibrated in cross-validation, so that what is right for one is for the other.
pub const THRESHOLD: f64 = 0.3;

/// The links among `pairs`, in the same order.
#[must_use]
pub fn align(pairs: &[ScoredPair], threshold: f64) -> Vec<&ScoredPair> {
    let repeated = |of: fn(&ScoredPair) -> usize| -> std::collections::BTreeSet<usize> {
        pairs.iter().filter(|pair| pair.features.is_identical).map(of).collect()
    };
    let (left, right) = (repeated(|pair| pair.left), repeated(|pair| pair.right));
    pairs
        .iter()
        .filter(|pair| {
            let is_repeated = left.contains(&pair.left) || right.contains(&pair.right);
            if is_repeated { pair.features.is_identical } else { pair.score >= threshold }
        })
        .collect()
}
