//! Alignment: which scored pairs are links.
//!
//! In: scored pairs. Out: those at or above the threshold. A position that the other text repeats word for word is
//! linked to the repetition alone.

use crate::pipeline::similarity::ScoredPair;

/// Score of the FAST engine at and above which a pair is a link. Over the training pairs, with positions found and not
/// given, F1 of links is flat (.282) from .24 to here, while one-sided points are told better and better (.73 to .79).
pub const FAST_THRESHOLD: f64 = 0.3;

/// Score of the THOROUGH engine at and above which a pair is a link. Over 150 annotated contacts of our own, which the
/// cross-encoder has not seen, with positions found and not given, F1 of links falls from .331 at .25 to .319 at .34, while
/// one-sided points are told better and better (.56 to .64): here is the middle.
pub const THOROUGH_THRESHOLD: f64 = 0.32;

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
