//! Similarity: the score of a pair of positions, with its parts.
//!
//! A pair is described by features in 0..=1: lexical ones of the pair alone (overlap of IDF-weighted terms, figures,
//! names; for bare statements strsim's Sørensen-Dice and normalized Levenshtein, too), and ones of its place among all pairs of the two texts
//! (ranks, distance to the background, place, roles). A logistic regression turns them into the probability that the
//! pair is about the same specific thing. Its weights are fitted by `training/linker/fit.py`.
//!
//! A pair inside a comparison is scored twice: by itself, and by what these first scores are around it (see
//! `second_look`). Both are logistic regressions, and the second takes the logit of the first as an input, so that the
//! whole is one again.
//!
//! The THOROUGH engine reads every position, in its text and by itself, and the cosines of what it reads join the inputs
//! (see [`ReadFeatures`]). The likeliest pairs it scores again: a cross-encoder reads both texts of each, and what it makes
//! of them joins the inputs, too (see [`judged()`]).
//!
//! The parts sum to the score. They are the integrated gradients of the logistic function along the straight line from
//! the base (Sundararajan et al. 2017), which for a logistic regression have a closed form.
//!
//! Cost: O(L·R) term overlaps and cosines, and the rest for the pairs that are among the [`N_CANDIDATES`] best of either
//! position.

mod judged;
mod matrix;
mod read;
mod second_look;
mod types;
mod weights;

pub use judged::{
    JudgedFeatures, MAX_JUDGED, N_JUDGED_INPUTS, PAIRS_A_POSITION, UNLIKELY, is_asked, judged, shortlist,
};
pub use matrix::InContext;
pub use read::{Cosines, N_READ_INPUTS, ReadFeatures};
pub use second_look::{N_SECOND_INPUTS, SecondLook};
pub use types::*;

/// The fitted weights, as source.
pub const WEIGHTS_SOURCE: &str = include_str!("weights.rs");

use crate::models::cross_encoder::Judgement;
use crate::models::static_embeddings::cosine;
use crate::pipeline::Cancel;
use crate::pipeline::features::Features;
use foldhash::HashMap;
use matrix::Matrix;
use read::Reading;
use std::collections::BTreeMap;
use weights::{
    FAST_ALONE, FAST_IN_CONTEXT, FAST_SECOND, READ_ALONE, READ_IN_CONTEXT, READ_SECOND, STATEMENTS, THOROUGH_ALONE,
    THOROUGH_IN_CONTEXT, THOROUGH_SECOND,
};

/// How many of a position's pairs, the best by term overlap and the best by meaning, are scored in full. 613 of the 626
/// gold links of the training pairs are among them.
pub const N_CANDIDATES: u16 = 10;

/// Inputs that the FAST engine has of a pair.
pub const N_INPUTS: usize = 16;

/// The features of one pair, each 0 to 1.
#[derive(Debug, Clone, Copy, PartialEq, Default)]
pub struct PairFeatures {
    /// Dice over term weights.
    pub term_overlap: f64,
    /// Shared weight over the lighter one's weight.
    pub containment: f64,
    /// Weight of the heaviest shared term.
    pub rare_term: f64,
    /// Sørensen-Dice of character bigrams. As the next one, read of pairs that are scored alone or linked, else 0: over
    /// all pairs of two texts they add nothing to the other inputs (cross-validated F1 .420 with them, .423 without) and
    /// cost more than all of them. Whether linked pairs diverge they tell.
    pub character_dice: f64,
    /// Normalized Levenshtein similarity.
    pub levenshtein: f64,
    /// Share of the figures that both state.
    pub figures: f64,
    /// Dice over names.
    pub names: f64,
    /// Mean of the reciprocal ranks in row and column.
    pub mutual_rank: f64,
    /// Term overlap above the mean of row and column.
    pub background: f64,
    /// Term overlap above the next best of row and column, the lesser of the two, halved and moved to 0 to 1.
    pub margin: f64,
    /// Cosine of the static embeddings.
    pub meaning: f64,
    /// As `mutual_rank`, by meaning.
    pub meaning_rank: f64,
    /// As `background`, by meaning.
    pub meaning_background: f64,
    /// As `margin`, by meaning.
    pub meaning_margin: f64,
    /// 1 less the distance of the relative places.
    pub place: f64,
    /// Compatible holders and speech acts.
    pub roles: f64,
    /// Probability that both are positions at all: the score is scaled by it.
    pub certainty: f64,
    /// The same text but for case, spacing and punctuation.
    pub is_identical: bool,
    /// Scored by itself, without the context that the other pairs of two texts give.
    pub is_alone: bool,
    /// Of two bare statements, which are compared with no others, and not of a comparison of few positions.
    pub is_of_statements: bool,
    /// What contextual embeddings make of it, where positions were read.
    pub read: Option<ReadFeatures>,
    /// What the cross-encoder makes of it, or of such pairs on average where it is [`UNLIKELY`]; never without a reading.
    pub judged: Option<JudgedFeatures>,
    /// What the first scores are around it, when it was looked at again.
    pub second: Option<SecondLook>,
}

/// Positions that each side must have for ranks, margins and backgrounds to mean something. With fewer, pairs are scored as
/// bare statements are: of one position on each side, each is the best that the other has.
const MIN_IN_CONTEXT: usize = 3;

/// What a pair needs to know of each position besides its features.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Role {
    /// Place in its text, 0 to 1.
    pub place: f64,
    /// Thanks for something.
    pub thanks: bool,
    /// Gives, pledges or supports.
    pub gives: bool,
    /// Probability that it is a position at all.
    pub confidence: f64,
    /// Joint.
    pub is_joint: bool,
    /// Identifies the holders; equal for equal holders.
    pub holder: u64,
}

/// A scored pair.
#[derive(Debug, Clone, PartialEq)]
pub struct ScoredPair {
    /// Index of the position on the left.
    pub left: usize,
    /// Index of the position on the right.
    pub right: usize,
    /// What was seen.
    pub features: PairFeatures,
    /// 0 to 1.
    pub score: f64,
}

/// The scores of the candidate pairs of two lists of positions, by left, then right index; none when `cancel` is
/// set meanwhile. `cosines` are of positions that were read.
#[must_use]
pub fn score(
    cancel: &Cancel,
    left: &[(&Features, Role)],
    right: &[(&Features, Role)],
    cosines: Option<Cosines>,
) -> Vec<ScoredPair> {
    let Some(all) = Pairs::new(cancel, left, right, cosines) else { return Vec::new() };
    let mut pairs = Vec::new();
    for (i, (a, role_a)) in left.iter().enumerate() {
        if cancel.is_cancelled() {
            return Vec::new();
        }
        for (j, (b, role_b)) in right.iter().enumerate() {
            let Some(mut features) = all.candidate(i, j, a, b) else { continue };
            features.place = 1.0 - (role_a.place - role_b.place).abs();
            features.roles = roles(*role_a, *role_b);
            features.certainty = (role_a.confidence * role_b.confidence).sqrt();
            features.is_alone = left.len().min(right.len()) < MIN_IN_CONTEXT;
            if features.is_alone {
                read_characters(a, b, &mut features);
            }
            pairs.push(ScoredPair { left: i, right: j, features, score: total(&features) });
        }
    }
    // They are large where the texts are, and the second look needs room as well.
    drop(all);
    if score_again(cancel, &mut pairs, left.len(), right.len()).is_none() {
        return Vec::new();
    }
    pairs
}

/// Scores pairs that have first scores a second time; not those that are scored alone. `None` when `cancel` is set
/// meanwhile.
fn score_again(cancel: &Cancel, pairs: &mut [ScoredPair], n_left: usize, n_right: usize) -> Option<()> {
    if n_left.min(n_right) < MIN_IN_CONTEXT {
        return Some(());
    }
    second_look::look_again(cancel, pairs, n_left, n_right)?;
    for pair in pairs {
        pair.score = total(&pair.features);
    }
    Some(())
}

/// The score of two bare statements with its parts; by the weights of the THOROUGH engine when the cosine of their embeddings
/// and a judgement of them are given.
#[must_use]
pub fn score_alone(left: &Features, right: &Features, read: Option<(f64, &Judgement)>) -> (f64, Vec<ScorePart>) {
    let features = PairFeatures {
        read: read.map(|(cosine, _)| ReadFeatures::alone(cosine)),
        judged: read.map(|(_, judgement)| JudgedFeatures::alone(judgement)),
        is_of_statements: true,
        ..alone(left, right)
    };
    (total(&features), parts(&features))
}

/// Set when the two are the same text but for case, spacing and punctuation: no judge is needed then.
#[must_use]
pub fn is_same_text(left: &Features, right: &Features) -> bool {
    is_identical(left, right)
}

fn alone(left: &Features, right: &Features) -> PairFeatures {
    let shared = shared(left, right);
    let mut features = lexical(left, right, shared.0, shared.1);
    features.is_alone = true;
    features.meaning = meaning(left, right);
    read_characters(left, right, &mut features);
    features
}

/// Shared weight and heaviest shared weight.
fn shared(left: &Features, right: &Features) -> (f64, f64) {
    let (mut i, mut j, mut sum, mut most) = (0, 0, 0.0, 0.0_f64);
    while i < left.terms.len() && j < right.terms.len() {
        match left.terms[i].0.cmp(&right.terms[j].0) {
            std::cmp::Ordering::Less => i += 1,
            std::cmp::Ordering::Greater => j += 1,
            std::cmp::Ordering::Equal => {
                sum += left.terms[i].1;
                most = most.max(left.terms[i].1);
                i += 1;
                j += 1;
            }
        }
    }
    (sum, most)
}

fn ratio(part: f64, whole: f64) -> f64 {
    if whole > 0.0 { (part / whole).clamp(0.0, 1.0) } else { 0.0 }
}

fn lexical(left: &Features, right: &Features, shared: f64, rarest: f64) -> PairFeatures {
    let n_names = left.names.iter().filter(|name| right.names.contains(name)).count();
    let same = |a: &crate::pipeline::position::Figure, b: &crate::pipeline::position::Figure| {
        a.value == b.value && a.unit == b.unit
    };
    let shared_with = |own: &Features, other: &Features| {
        own.figures.iter().filter(|a| other.figures.iter().any(|b| same(a, b))).count()
    };
    let n_figures = shared_with(left, right) + shared_with(right, left);
    PairFeatures {
        term_overlap: ratio(2.0 * shared, left.weight + right.weight),
        containment: ratio(shared, left.weight.min(right.weight)),
        rare_term: rarest,
        figures: ratio(n_figures as f64, (left.figures.len() + right.figures.len()) as f64),
        names: ratio(2.0 * n_names as f64, (left.names.len() + right.names.len()) as f64),
        certainty: 1.0,
        is_identical: is_identical(left, right),
        ..PairFeatures::default()
    }
}

/// Punctuation alone is no text, so two such statements are not the same.
fn is_identical(left: &Features, right: &Features) -> bool {
    !left.identity.is_empty() && left.identity == right.identity
}

/// Adds the character metrics of a pair to its features.
pub fn read_characters(left: &Features, right: &Features, features: &mut PairFeatures) {
    // strsim's Sørensen-Dice depends on the order of its arguments when a bigram stands in one of them twice, so the
    // two always come in the same order.
    let (low, high) = if left.characters <= right.characters { (left, right) } else { (right, left) };
    features.character_dice = strsim::sorensen_dice(&low.characters, &high.characters);
    features.levenshtein = strsim::normalized_levenshtein(&low.characters, &high.characters);
}

/// 1 for the same holders or thanks for what is given, a half when one is joint, else 0.
fn roles(left: Role, right: Role) -> f64 {
    if left.holder == right.holder || (left.thanks && right.gives) || (left.gives && right.thanks) {
        1.0
    } else if left.is_joint || right.is_joint {
        0.5
    } else {
        0.0
    }
}

/// All pairs of two texts, in the two measures that are cheap enough for all of them.
struct Pairs<'a> {
    terms: Matrix,
    meaning: Matrix,
    reading: Option<Reading>,
    left_repetitions: (Vec<usize>, BTreeMap<&'a str, usize>),
    right_repetitions: (Vec<usize>, BTreeMap<&'a str, usize>),
}

impl<'a> Pairs<'a> {
    fn new(
        cancel: &Cancel,
        left: &[(&'a Features, Role)],
        right: &[(&'a Features, Role)],
        read: Option<Cosines>,
    ) -> Option<Self> {
        let reading = match read {
            Some(cosines) => Some(Reading::new(cancel, cosines, left.len(), right.len())?),
            None => None,
        };
        Some(Self {
            reading,
            terms: Matrix::new(cancel, term_overlaps(cancel, left, right)?, left.len(), right.len())?,
            meaning: Matrix::new(cancel, cosines(cancel, left, right)?, left.len(), right.len())?,
            left_repetitions: repetitions(left),
            right_repetitions: repetitions(right),
        })
    }

    /// The features of a pair that is among the best of either position in either measure; `None` for others.
    fn candidate(&self, i: usize, j: usize, left: &Features, right: &Features) -> Option<PairFeatures> {
        let is_near = (self.terms.rank(i, j) <= N_CANDIDATES && self.terms.at(i, j) > 0.0)
            || self.meaning.rank(i, j) <= N_CANDIDATES
            || self.reading.as_ref().is_some_and(|reading| reading.rank(i, j) <= N_CANDIDATES);
        if is_identical(left, right) {
            // What stands several times in both texts meets in order, and the surplus of one the last of the other.
            let last = |counts: &BTreeMap<&str, usize>| counts.get(left.identity.as_str()).map_or(0, |n| n - 1);
            let (nth_left, nth_right) = (self.left_repetitions.0[i], self.right_repetitions.0[j]);
            let (last_left, last_right) = (last(&self.left_repetitions.1), last(&self.right_repetitions.1));
            if nth_left.min(last_right) != nth_right.min(last_left) {
                return None;
            }
        } else if !is_near {
            return None;
        }
        let (sum, most) = shared(left, right);
        let mut features = lexical(left, right, sum, most);
        features.mutual_rank = self.terms.mutual_rank(i, j);
        features.background = self.terms.above_background(i, j);
        features.margin = self.terms.margin(i, j);
        features.meaning = self.meaning.at(i, j);
        features.meaning_rank = self.meaning.mutual_rank(i, j);
        features.meaning_background = self.meaning.above_background(i, j);
        features.meaning_margin = self.meaning.margin(i, j);
        features.read = self.reading.as_ref().map(|reading| reading.features(i, j));
        Some(features)
    }
}

fn term_overlaps(cancel: &Cancel, left: &[(&Features, Role)], right: &[(&Features, Role)]) -> Option<Vec<f64>> {
    let mut postings: HashMap<&str, Vec<usize>> = HashMap::default();
    for (j, (features, _)) in right.iter().enumerate() {
        for (term, _) in &features.terms {
            postings.entry(term).or_default().push(j);
        }
    }
    let mut overlaps = vec![0.0; left.len() * right.len()];
    for ((features, _), row) in left.iter().zip(overlaps.chunks_mut(right.len().max(1))) {
        cancel.check().ok()?;
        // Terms ascend, so that a cell sums in the same order whichever text is left.
        for (term, weight) in &features.terms {
            for &j in postings.get(&**term).map_or(&[][..], Vec::as_slice) {
                row[j] += weight;
            }
        }
        for (cell, (other, _)) in row.iter_mut().zip(right) {
            *cell = ratio(2.0 * *cell, features.weight + other.weight);
        }
    }
    Some(overlaps)
}

fn cosines(cancel: &Cancel, left: &[(&Features, Role)], right: &[(&Features, Role)]) -> Option<Vec<f64>> {
    let mut cosines = Vec::with_capacity(left.len() * right.len());
    for (a, _) in left {
        cancel.check().ok()?;
        cosines.extend(right.iter().map(|(b, _)| meaning(a, b)));
    }
    Some(cosines)
}

fn meaning(left: &Features, right: &Features) -> f64 {
    cosine(&left.vector, &right.vector).clamp(0.0, 1.0)
}

/// For every position which of the repetitions of its words it is, from 0, and how many there are.
fn repetitions<'a>(positions: &[(&'a Features, Role)]) -> (Vec<usize>, BTreeMap<&'a str, usize>) {
    let mut counts: BTreeMap<&str, usize> = BTreeMap::new();
    let mut nth = Vec::with_capacity(positions.len());
    for (features, _) in positions {
        let count = counts.entry(&features.identity).or_default();
        nth.push(*count);
        *count += 1;
    }
    (nth, counts)
}

/// True for the inputs that two bare statements have.
#[must_use]
pub fn is_of_bare_statements(kind: ScorePartKind) -> bool {
    use ScorePartKind as Kind;
    matches!(
        kind,
        Kind::TermOverlap
            | Kind::Containment
            | Kind::RareTerm
            | Kind::CharacterDice
            | Kind::Levenshtein
            | Kind::Figures
            | Kind::Names
            | Kind::Meaning
            | Kind::SentenceMeaning
            | Kind::JudgedLink
            | Kind::JudgedSimilarity
            | Kind::JudgedKeyPoint
            | Kind::JudgedDivergence
            | Kind::JudgedContradiction
            | Kind::JudgedNeutrality
    )
}

/// True for the inputs that the score of a pair inside a comparison is made of.
#[must_use]
pub fn is_of_comparisons(kind: ScorePartKind) -> bool {
    !matches!(kind, ScorePartKind::CharacterDice | ScorePartKind::Levenshtein)
}

/// The kinds of the inputs, in the order of the weights; with those of the two transformers or without.
#[must_use]
pub fn input_kinds(is_read: bool) -> Vec<ScorePartKind> {
    let read = is_read.then(ReadFeatures::default);
    let judged = is_read.then(|| JudgedFeatures::alone(&Judgement::new([0.0; 7])));
    inputs(&PairFeatures { read, judged, ..PairFeatures::default() }).map(|(kind, _)| kind).collect()
}

/// The inputs of the scorer, in the order of its weights.
pub fn inputs(features: &PairFeatures) -> impl Iterator<Item = (ScorePartKind, f64)> {
    let read = features.read.as_ref().map(ReadFeatures::inputs);
    let judged = features.judged.as_ref().map(JudgedFeatures::inputs);
    fast_inputs(features).into_iter().chain(read.into_iter().flatten()).chain(judged.into_iter().flatten())
}

fn fast_inputs(features: &PairFeatures) -> [(ScorePartKind, f64); N_INPUTS] {
    use ScorePartKind as Kind;
    [
        (Kind::TermOverlap, features.term_overlap),
        (Kind::Containment, features.containment),
        (Kind::RareTerm, features.rare_term),
        (Kind::CharacterDice, features.character_dice),
        (Kind::Levenshtein, features.levenshtein),
        (Kind::Figures, features.figures),
        (Kind::Names, features.names),
        (Kind::MutualRank, features.mutual_rank),
        (Kind::Background, features.background),
        (Kind::Margin, features.margin),
        (Kind::Meaning, features.meaning),
        (Kind::MeaningRank, features.meaning_rank),
        (Kind::MeaningBackground, features.meaning_background),
        (Kind::MeaningMargin, features.meaning_margin),
        (Kind::Place, features.place),
        (Kind::Roles, features.roles),
    ]
}

pub(super) fn logistic(z: f64) -> f64 {
    1.0 / (1.0 + (-z).exp())
}

/// A logistic regression over inputs in a fixed order.
#[derive(Debug)]
pub struct Weights {
    /// Added to every pair.
    pub bias: f64,
    /// One an input.
    pub weights: &'static [f64],
}

impl Weights {
    /// What the inputs add to the bias.
    #[must_use]
    pub fn added(&self, inputs: impl Iterator<Item = f64>) -> f64 {
        inputs.zip(self.weights).map(|(value, weight)| value * weight).sum()
    }

    /// The probability that the inputs mean.
    #[must_use]
    pub fn probability(&self, inputs: impl Iterator<Item = f64>) -> f64 {
        logistic(self.bias + self.added(inputs))
    }
}

/// The weights of the first score, and of the second look where there was one.
fn weights_for(features: &PairFeatures) -> (&'static Weights, Option<(&'static Weights, &SecondLook)>) {
    let (in_context, alone, second) = match (features.read.is_some(), features.judged.is_some()) {
        (false, _) => (&FAST_IN_CONTEXT, &FAST_ALONE, &FAST_SECOND),
        (true, false) => (&READ_IN_CONTEXT, &READ_ALONE, &READ_SECOND),
        (true, true) if features.is_of_statements => (&THOROUGH_IN_CONTEXT, &STATEMENTS, &THOROUGH_SECOND),
        (true, true) => (&THOROUGH_IN_CONTEXT, &THOROUGH_ALONE, &THOROUGH_SECOND),
    };
    let first = if features.is_alone { alone } else { in_context };
    (first, features.second.as_ref().map(|look| (second, look)))
}

/// Logit of the first score.
fn first_logit(features: &PairFeatures) -> f64 {
    let (first, _) = weights_for(features);
    first.bias + first.added(values(features))
}

fn values(features: &PairFeatures) -> impl Iterator<Item = f64> {
    inputs(features).map(|(_, value)| value)
}

fn total(features: &PairFeatures) -> f64 {
    if features.is_identical {
        return 1.0;
    }
    let logit = first_logit(features);
    let logit = match weights_for(features).1 {
        Some((second, look)) => {
            let look = look.inputs().map(|(_, value)| value);
            second.bias + second.added(std::iter::once(second_look::scaled(logit)).chain(look))
        }
        None => logit,
    };
    features.certainty * logistic(logit)
}

/// Probability of a link by the first look alone.
#[must_use]
pub fn first_score(features: &PairFeatures) -> f64 {
    if features.is_identical { 1.0 } else { logistic(first_logit(features)) }
}

/// Inputs of the second look at a pair, without the first score, in the order of its weights; none where there was none.
#[must_use]
pub fn second_inputs(features: &PairFeatures) -> Vec<f64> {
    features.second.iter().flat_map(SecondLook::inputs).map(|(_, value)| value).collect()
}

/// The parts of a pair's score; they sum to it.
#[must_use]
pub fn parts(features: &PairFeatures) -> Vec<ScorePart> {
    if features.is_identical {
        return vec![ScorePart { kind: ScorePartKind::Identity, value: 1.0, contribution: 1.0 }];
    }
    let (first, second) = weights_for(features);
    // The second look takes the first logit, a sum over the inputs, as an input: the whole is one sum over all inputs.
    let (bias, share) = match second {
        Some((second, _)) => {
            let of_first = second.weights[0];
            (second.bias + of_first * second_look::scaled(first.bias), of_first * second_look::PER_LOGIT)
        }
        None => (first.bias, 1.0),
    };
    let of_first = inputs(features).zip(first.weights).map(|((kind, value), weight)| (kind, value, weight * share));
    let of_second = second.into_iter().flat_map(|(second, look)| {
        look.inputs().into_iter().zip(&second.weights[1..]).map(|((kind, value), &weight)| (kind, value, weight))
    });
    let addends: Vec<(ScorePartKind, f64, f64)> =
        of_first.chain(of_second).filter(|(_, _, weight)| *weight != 0.0).collect();
    let base = features.certainty * logistic(bias);
    let added: f64 = addends.iter().map(|(_, value, weight)| value * weight).sum();
    // The mean slope of the logistic function between the base and the score.
    let slope = if added.abs() < 1e-12 { 0.0 } else { (features.certainty * logistic(bias + added) - base) / added };
    let mut parts = vec![ScorePart { kind: ScorePartKind::Base, value: 1.0, contribution: base }];
    let contribution = |(kind, value, weight)| ScorePart { kind, value, contribution: value * weight * slope };
    parts.extend(addends.into_iter().map(contribution));
    parts
}
