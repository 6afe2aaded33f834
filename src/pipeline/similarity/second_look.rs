//! A second look at every pair, at what the first one found around it.
//!
//! In: the pairs of two texts, each with a first score. Out: for each its place among these scores, how likely the pairs
//! beside it are, and how likely links are in these two texts at all. A position is seldom the only one on its subject:
//! where the positions beside two positions meet, these two are more likely to meet. The method is stacked sequential
//! learning (Cohen and Carvalho, IJCAI 2005): the weights of the second look are fitted on first scores by models that had
//! not seen the document.
//!
//! All here is the same to the bit when the two texts change places.

use super::matrix::Matrix;
use super::{ScorePartKind, ScoredPair};
use crate::pipeline::Cancel;

/// Inputs of the second look, the first score included.
pub const N_SECOND_INPUTS: usize = 5;

/// What the second look sees of a pair, each value 0 to 1.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct SecondLook {
    /// Mean of the reciprocal ranks in row and column, by the first score.
    pub rank: f64,
    /// The first logit above the next best of row and column, the lesser of the two.
    pub margin: f64,
    /// Mean of the first scores of the eight pairs beside it: of the position before, the same or the one after in either
    /// text.
    pub neighbours: f64,
    /// Links that the first scores expect, for each position of the larger side, one at most.
    pub density: f64,
}

impl SecondLook {
    /// In the order of the weights, after the first score.
    pub(super) fn inputs(&self) -> [(ScorePartKind, f64); N_SECOND_INPUTS - 1] {
        use ScorePartKind as Kind;
        let Self { rank, margin, neighbours, density } = *self;
        [
            (Kind::LinkRank, rank),
            (Kind::LinkMargin, margin),
            (Kind::Neighbours, neighbours),
            (Kind::LinkDensity, density),
        ]
    }
}

/// Magnitude of a logit that stands for certainty.
const CERTAIN: f64 = 8.0;

/// Logit of a pair that is no candidate, below that of any candidate.
const NO_CANDIDATE: f64 = -7.0;

/// A logit on a straight line, certainty being 0 and 1.
pub(super) fn scaled(logit: f64) -> f64 {
    logit / (2.0 * CERTAIN) + 0.5
}

/// How far the line rises for each of the logit.
pub(super) const PER_LOGIT: f64 = 1.0 / (2.0 * CERTAIN);

/// Looks at all pairs of `n_left` and `n_right` positions, whose features have no second look yet; `None` when `cancel`
/// is set meanwhile.
pub(super) fn look_again(cancel: &Cancel, pairs: &mut [ScoredPair], n_left: usize, n_right: usize) -> Option<()> {
    let mut logits = vec![scaled(NO_CANDIDATE); n_left * n_right];
    // A margin of no pairs on every side, so that each has eight neighbours.
    let width = n_right + 2;
    let mut likely = vec![0.0; (n_left + 2) * width];
    for pair in &*pairs {
        let logit = if pair.features.is_identical { CERTAIN } else { super::first_logit(&pair.features) };
        logits[pair.left * n_right + pair.right] = scaled(logit).clamp(0.0, 1.0);
        likely[(pair.left + 1) * width + pair.right + 1] = pair.score;
    }
    let mut scores: Vec<f64> = pairs.iter().map(|pair| pair.score).collect();
    // A sum depends on its order, and the order of the pairs on which text is left.
    scores.sort_unstable_by(f64::total_cmp);
    let density = (scores.iter().sum::<f64>() / n_left.max(n_right).max(1) as f64).min(1.0);
    let logits = Matrix::new(cancel, logits, n_left, n_right)?;
    for pair in pairs {
        cancel.check().ok()?;
        let (i, j) = (pair.left, pair.right);
        let above = &likely[i * width + j..][..3];
        let beside = &likely[(i + 1) * width + j..][..3];
        let below = &likely[(i + 2) * width + j..][..3];
        // Those that change places with the texts are added first.
        let sum = above[0] + below[2] + (above[2] + below[0]) + (above[1] + beside[0]) + (below[1] + beside[2]);
        pair.features.second = Some(SecondLook {
            rank: logits.mutual_rank(i, j),
            margin: logits.margin(i, j),
            neighbours: sum / 8.0,
            density,
        });
    }
    Some(())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::pipeline::similarity::PairFeatures;

    fn pair(left: usize, right: usize, score: f64) -> ScoredPair {
        ScoredPair { left, right, score, features: PairFeatures { meaning: score, ..PairFeatures::default() } }
    }

    fn looked_at(mut pairs: Vec<ScoredPair>, n_left: usize, n_right: usize) -> Vec<SecondLook> {
        look_again(&Cancel::default(), &mut pairs, n_left, n_right).expect("nobody cancels");
        pairs.iter().map(|pair| pair.features.second.expect("every pair is looked at")).collect()
    }

    #[test]
    fn neighbours_are_the_eight_pairs_around() {
        let score = |i: usize, j: usize| ((1 << i) * (j + 1)) as f64 / 64.0;
        let pairs: Vec<ScoredPair> = (0..3).flat_map(|i| (0..4).map(move |j| pair(i, j, score(i, j)))).collect();
        let expected = |i: usize, j: usize| {
            let near = |a: usize, b: usize| a.abs_diff(i) <= 1 && b.abs_diff(j) <= 1 && (a, b) != (i, j);
            let cells = (0..3).flat_map(|a| (0..4).map(move |b| (a, b))).filter(|&(a, b)| near(a, b));
            cells.map(|(a, b)| score(a, b)).sum::<f64>() / 8.0
        };
        for (pair, look) in pairs.clone().iter().zip(looked_at(pairs, 3, 4)) {
            let expected = expected(pair.left, pair.right);
            assert!((look.neighbours - expected).abs() < 1e-12, "{pair:?} {look:?} {expected}");
        }
    }

    #[test]
    fn swapping_the_texts_changes_no_bit() {
        let score = |i: usize, j: usize| ((i * 7 + j * 13 + 3) as f64 * 0.618).fract();
        let pairs: Vec<ScoredPair> = (0..5).flat_map(|i| (0..4).map(move |j| pair(i, j, score(i, j)))).collect();
        let swapped: Vec<ScoredPair> = (0..4).flat_map(|j| (0..5).map(move |i| pair(j, i, score(i, j)))).collect();
        let (looks, mirrored) = (looked_at(pairs, 5, 4), looked_at(swapped, 4, 5));
        for (at, look) in looks.iter().enumerate() {
            assert_eq!(*look, mirrored[at % 4 * 5 + at / 4]);
        }
    }

    #[test]
    fn what_stands_alone_and_what_is_empty() {
        assert!(looked_at(Vec::new(), 3, 3).is_empty());
        let alone = looked_at(vec![pair(1, 1, 0.5)], 3, 3)[0];
        assert_eq!((alone.rank, alone.neighbours), (1.0, 0.0));
        assert!((alone.density - 0.5 / 3.0).abs() < 1e-12);
    }
}
