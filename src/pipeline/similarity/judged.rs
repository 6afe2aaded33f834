//! What the cross-encoder makes of the likeliest pairs, as inputs of the THOROUGH scorer.
//!
//! In: pairs scored without a judge, and a judge of some of them. Out: the pairs judged, with the same context that the
//! other inputs have: ranks, background, margins. An unlikely pair is judged as such pairs are on average (see [`UNLIKELY`]); one
//! that is not among the pairs counts in the context as one that shares nothing. The order of the two texts of a pair is the judge's affair; all here is the same to the bit when the two
//! readouts change places.

use super::matrix::{InContext, Matrix};
use super::{ScorePartKind, ScoredPair, logistic};
use crate::models::cross_encoder::Judgement;
use crate::pipeline::Cancel;

/// Inputs that the judgement of a pair gives.
pub const N_JUDGED_INPUTS: usize = 16;

/// Pairs judged for each position of the larger side, the likeliest by the score without a judgement. On annotated contacts of
/// our own that no weights have seen F1 of links is .422 with one and .431 with two, positions given, and .187 and .201 without;
/// in cross-validation on real ones .468 and .471.
pub const PAIRS_A_POSITION: usize = 2;

/// Most pairs judged in a request; over several pairs of readouts they are dealt out evenly. At 128 tokens a pair that is
/// 6 seconds on one core, at the usual 50 tokens 2 seconds.
pub const MAX_JUDGED: usize = 512;

/// Score without a judgement under which a pair of the likeliest ones is not asked about: it is given the judgement that such
/// pairs have on average. With one pair a position, over 150 annotated contacts of our own, positions given, that are 29 %, and 3
/// of 1,008 links, none of them right. F1 is no better where fewer or more pairs are left out (`models/thorough.md`).
pub const UNLIKELY: f64 = 0.18;

/// The mean judgement of 614 unlikely pairs of those contacts; over real ones it is within .5 of this.
const OF_THE_UNLIKELY: Judgement = Judgement::new([-1.5, -0.8, 0.0, 2.6, 1.8, -0.9, -1.7]);

/// True for a shortlisted pair that the cross-encoder is to read.
#[must_use]
pub fn is_asked(pair: &ScoredPair) -> bool {
    !pair.features.is_identical && pair.score >= UNLIKELY
}

/// Magnitude of a logit that stands for certainty: few are beyond.
const CERTAIN: f64 = 8.0;

/// The judgement of a pair, each value 0 to 1.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct JudgedFeatures {
    /// Same thing.
    pub link: InContext,
    /// Same meaning.
    pub similarity: InContext,
    /// Argument and key point.
    pub key_point: InContext,
    /// Given a link, they diverge.
    pub divergence: f64,
    /// Contradiction less entailment.
    pub contradiction: f64,
    /// Neutrality less entailment.
    pub neutrality: f64,
    /// Mean divergence of all pairs judged, each weighted by the probability of its link.
    pub background: f64,
}

impl JudgedFeatures {
    /// The features of a pair judged alone.
    #[must_use]
    pub fn alone(judgement: &Judgement) -> Self {
        let value = |logit| InContext { value: scaled(logit), ..InContext::default() };
        Self::new(judgement, [judgement.link, judgement.similarity, judgement.keypoint].map(value), 0.0)
    }

    fn new(judgement: &Judgement, [link, similarity, key_point]: [InContext; 3], background: f64) -> Self {
        Self {
            link,
            similarity,
            key_point,
            divergence: scaled(judgement.divergence),
            contradiction: scaled(judgement.contradiction - judgement.entailment),
            neutrality: scaled(judgement.neutral - judgement.entailment),
            background,
        }
    }

    /// In the order of the weights.
    pub(super) fn inputs(&self) -> [(ScorePartKind, f64); N_JUDGED_INPUTS] {
        use ScorePartKind as Kind;
        let Self { link, similarity, key_point, .. } = self;
        [
            (Kind::JudgedLink, link.value),
            (Kind::JudgedLinkRank, link.mutual_rank),
            (Kind::JudgedLinkBackground, link.background),
            (Kind::JudgedLinkMargin, link.margin),
            (Kind::JudgedSimilarity, similarity.value),
            (Kind::JudgedSimilarityRank, similarity.mutual_rank),
            (Kind::JudgedSimilarityBackground, similarity.background),
            (Kind::JudgedSimilarityMargin, similarity.margin),
            (Kind::JudgedKeyPoint, key_point.value),
            (Kind::JudgedKeyPointRank, key_point.mutual_rank),
            (Kind::JudgedKeyPointBackground, key_point.background),
            (Kind::JudgedKeyPointMargin, key_point.margin),
            (Kind::JudgedDivergence, self.divergence),
            (Kind::JudgedContradiction, self.contradiction),
            (Kind::JudgedNeutrality, self.neutrality),
            (Kind::JudgedBackground, self.background),
        ]
    }
}

/// A logit on a straight line from 0 to 1.
fn scaled(logit: f32) -> f64 {
    (f64::from(logit) / (2.0 * CERTAIN) + 0.5).clamp(0.0, 1.0)
}

/// The pairs to be judged and the identical ones, in the order of `pairs`, and how many more the cap left out.
///
/// The likeliest by score, [`PAIRS_A_POSITION`] for each position of the larger side and at most `cap`. Pairs of one score
/// are judged all or none, so that the order of the readouts does not decide.
#[must_use]
pub fn shortlist(pairs: Vec<ScoredPair>, n_left: usize, n_right: usize, cap: usize) -> (Vec<ScoredPair>, usize) {
    let wanted = PAIRS_A_POSITION * n_left.max(n_right);
    let mut scores: Vec<f64> = pairs.iter().filter(|pair| !pair.features.is_identical).map(|pair| pair.score).collect();
    scores.sort_by(|a, b| b.total_cmp(a));
    let n_wanted = wanted.min(scores.len());
    let n_possible = n_wanted.min(cap);
    let Some(&last) = n_possible.checked_sub(1).and_then(|last| scores.get(last)) else {
        let identical = pairs.into_iter().filter(|pair| pair.features.is_identical).collect();
        return (identical, n_wanted);
    };
    let n_tied = scores.iter().filter(|&&score| score >= last).count();
    let is_kept = |score: f64| if n_tied <= cap { score >= last } else { score > last };
    let kept: Vec<ScoredPair> =
        pairs.into_iter().filter(|pair| pair.features.is_identical || is_kept(pair.score)).collect();
    let n_kept = kept.iter().filter(|pair| !pair.features.is_identical).count();
    (kept, n_wanted.saturating_sub(n_kept))
}

/// The shortlisted pairs with their judgements, which are one for each pair that [`is_asked()`], in order; `None` when
/// `cancel` is set meanwhile.
#[must_use]
pub fn judged(
    cancel: &Cancel,
    mut pairs: Vec<ScoredPair>,
    n_left: usize,
    n_right: usize,
    judgements: &[Judgement],
) -> Option<Vec<ScoredPair>> {
    let mut judgements = judgements.iter();
    let judgement = |pair: &ScoredPair| {
        if is_asked(pair) { judgements.next() } else { (!pair.features.is_identical).then_some(&OF_THE_UNLIKELY) }
    };
    let of_pairs: Vec<Option<&Judgement>> = pairs.iter().map(judgement).collect();
    let matrix = |logit: fn(&Judgement) -> f32| {
        let mut values = vec![0.0; n_left * n_right];
        for (pair, judgement) in pairs.iter().zip(&of_pairs) {
            values[pair.left * n_right + pair.right] = judgement.map_or(1.0, |judgement| scaled(logit(judgement)));
        }
        Matrix::new(cancel, values, n_left, n_right)
    };
    let matrices = [
        matrix(|judgement| judgement.link)?,
        matrix(|judgement| judgement.similarity)?,
        matrix(|judgement| judgement.keypoint)?,
    ];
    let background = background(&of_pairs);
    for (pair, judgement) in pairs.iter_mut().zip(of_pairs) {
        let Some(judgement) = judgement else { continue };
        let (i, j) = (pair.left, pair.right);
        let in_context = matrices.each_ref().map(|matrix| matrix.in_context(i, j));
        pair.features.judged = Some(JudgedFeatures::new(judgement, in_context, background));
        pair.features.second = None;
        pair.score = super::total(&pair.features);
    }
    drop(matrices);
    super::score_again(cancel, &mut pairs, n_left, n_right)?;
    Some(pairs)
}

/// Mean divergence over the pairs, each weighted by the probability of its link.
fn background(judgements: &[Option<&Judgement>]) -> f64 {
    let mut terms: Vec<(f64, f64)> = judgements
        .iter()
        .flatten()
        .map(|judgement| (logistic(f64::from(judgement.link)), scaled(judgement.divergence)))
        .collect();
    // Sums depend on their order, and the order of the pairs on that of the readouts.
    terms.sort_by(|a, b| a.0.total_cmp(&b.0).then(a.1.total_cmp(&b.1)));
    let weight: f64 = terms.iter().map(|(weight, _)| weight).sum();
    let sum: f64 = terms.iter().map(|(weight, divergence)| weight * divergence).sum();
    if weight > 0.0 { sum / weight } else { 0.0 }
}
