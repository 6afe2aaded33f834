//! The lattice of segments: their scores, their probabilities, and the set of them with most expected matches.
//!
//! A segment of units `i..=i + k` scores the unit weights inside, the join weights of its inner edges, the start weight
//! of the edge before it, the end weight of the edge after it and a weight of its length; a unit outside every segment
//! scores 0. The same as `training/position_spans/semicrf.py`. Linear in the number of units, since a segment has at
//! most [`MAX_UNITS`] of them.

use super::features::Scores;
use super::units::Unit;

/// Most units of a segment. The annotated positions of the training readouts have at most six, bar 1 in 1,000.
pub(super) const MAX_UNITS: usize = 8;
/// Most characters of a segment. The longest annotated position of the training readouts has 485.
const MAX_CHARS: usize = 700;
/// Bins of a segment's length.
pub(super) const N_LENGTHS: usize = 80;
/// Segments less probable than this add nothing to the expected matches of others. They are half of all segments.
const MIN_PROBABILITY: f64 = 1e-3;
/// Segments less probable than this are not returned, however many likely ones they match.
const MIN_CANDIDATE: f64 = 4e-3;
/// Share of a segment's own probability that is added to its expected matches: of several that match the same likely
/// ones, the likeliest wins.
const TIE: f64 = 0.02;
/// A sum of logarithms leaves out terms that are smaller than the largest by a factor of e to this: 4e-18.
const NEGLIGIBLE: f64 = 40.0;

/// Probabilities of the segments, and the logarithm of the normaliser.
pub(super) struct Marginals {
    /// By first unit, then by units after it.
    pub(super) probabilities: Vec<[f64; MAX_UNITS]>,
    #[cfg_attr(not(test), expect(dead_code, reason = "held to the reference by a test"))]
    pub(super) log_z: f64,
}

/// One segment that is chosen.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(super) struct Segment {
    pub(super) first: usize,
    /// Last unit, in it.
    pub(super) last: usize,
    /// Expected number of right spans that it matches, at most 1.
    pub(super) expected: f64,
}

/// The probability of every segment by the forward-backward algorithm.
pub(super) fn marginals(units: &[Unit], scores: &Scores) -> Marginals {
    let n = units.len();
    let mut lattice = segment_scores(units, scores);
    // The logarithm of the summed weights of all ways to cut the units before, and from, each place.
    let mut forward = vec![0.0; n + 1];
    for end in 1..=n {
        let mut terms = [f64::NEG_INFINITY; MAX_UNITS + 1];
        terms[MAX_UNITS] = forward[end - 1];
        for (k, term) in terms.iter_mut().take(MAX_UNITS.min(end)).enumerate() {
            *term = forward[end - 1 - k] + lattice[end - 1 - k][k];
        }
        forward[end] = log_sum(&terms);
    }
    let log_z = forward[n];
    let mut backward = vec![0.0; n + 1];
    for start in (0..n).rev() {
        let mut terms = [f64::NEG_INFINITY; MAX_UNITS + 1];
        terms[MAX_UNITS] = backward[start + 1];
        for (k, term) in terms.iter_mut().take(MAX_UNITS.min(n - start)).enumerate() {
            *term = lattice[start][k] + backward[start + k + 1];
        }
        backward[start] = log_sum(&terms);
        for (cell, term) in lattice[start].iter_mut().zip(terms) {
            *cell = (forward[start] + term - log_z).min(0.0);
        }
    }
    for cell in lattice.as_flattened_mut() {
        *cell = if *cell > -NEGLIGIBLE { cell.exp() } else { 0.0 };
    }
    Marginals { probabilities: lattice, log_z }
}

/// The score of every segment; minus infinity where it is too long or past the end.
fn segment_scores(units: &[Unit], scores: &Scores) -> Vec<[f64; MAX_UNITS]> {
    let n = units.len();
    let mut lattice = vec![[f64::NEG_INFINITY; MAX_UNITS]; n];
    for (i, row) in lattice.iter_mut().enumerate() {
        let mut inside = 0.0;
        for (k, cell) in row.iter_mut().take(n - i).enumerate() {
            let last = i + k;
            let n_chars = units[last].end_char - units[i].start_char;
            if n_chars > MAX_CHARS {
                break;
            }
            inside += scores.units[last] + if k > 0 { scores.edges[last][0] } else { 0.0 };
            let edges = scores.edges[i][1] + scores.edges[last + 1][2];
            *cell = inside + edges + scores.lengths[length_bin(n_chars, k)];
        }
    }
    lattice
}

/// The bin of a segment's length: four for every factor of e, and apart for one, two, three and more units.
#[expect(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "at most 4 ln 700")]
fn length_bin(n_chars: usize, k: usize) -> usize {
    let bin = (4.0 * (n_chars.max(1) as f64).ln()) as usize;
    bin.saturating_sub(10).min(19) + 20 * k.min(3)
}

fn log_sum(terms: &[f64; MAX_UNITS + 1]) -> f64 {
    let most = terms.iter().copied().fold(f64::NEG_INFINITY, f64::max);
    let rest = terms.iter().map(|term| term - most).filter(|&less| less > -NEGLIGIBLE).map(f64::exp);
    most + rest.sum::<f64>().ln()
}

/// The segments that do not overlap and have the largest sum of expected matches less `threshold`, by weighted
/// interval scheduling; ascending.
///
/// A segment's expected matches are the summed probabilities of those that share at least half the characters of both,
/// which is when a span counts as found. Two cuts of one position that differ by a few words thus speak for each
/// other, where the most probable cut alone would lose to leaving it out.
pub(super) fn decode(units: &[Unit], marginals: &Marginals, threshold: f64) -> Vec<Segment> {
    let n = units.len();
    let mut best = vec![0.0; n + 1];
    let mut chosen: Vec<Option<Segment>> = vec![None; n + 1];
    let mut ending: Vec<Segment> = Vec::new();
    for end in 1..=n {
        best[end] = best[end - 1];
        ending.clear();
        for k in (0..MAX_UNITS.min(end)).rev() {
            let (first, last) = (end - 1 - k, end - 1);
            let probability = marginals.probabilities[first][k];
            if probability >= MIN_CANDIDATE {
                let expected = expected_matches(units, marginals, first, last) + TIE * probability;
                ending.push(Segment { first, last, expected: expected.min(1.0 + TIE) });
            }
        }
        for segment in ending.iter().filter(|segment| segment.expected > threshold) {
            let sum = best[segment.first] + segment.expected - threshold;
            if sum > best[end] + 1e-12 {
                best[end] = sum;
                chosen[end] = Some(Segment { expected: segment.expected.min(1.0), ..*segment });
            }
        }
    }
    let mut segments = Vec::new();
    let mut end = n;
    while end > 0 {
        if let Some(segment) = chosen[end] {
            segments.push(segment);
            end = segment.first;
        } else {
            end -= 1;
        }
    }
    segments.reverse();
    segments
}

/// The summed probability of the segments that match units `first..=last`.
fn expected_matches(units: &[Unit], marginals: &Marginals, first: usize, last: usize) -> f64 {
    let (start, end) = (units[first].start_char, units[last].end_char);
    let mut sum = 0.0;
    for i in first.saturating_sub(MAX_UNITS - 1)..=last {
        let row = &marginals.probabilities[i];
        for (k, &probability) in row.iter().enumerate().filter(|&(k, &p)| p > MIN_PROBABILITY && i + k >= first) {
            let (from, to) = (units[i].start_char, units[i + k].end_char);
            let shared = end.min(to) - start.max(from);
            if 2 * shared >= end - start && 2 * shared >= to - from {
                sum += probability;
            }
        }
    }
    sum
}
