//! Counting: predictions against gold, in whole numbers, so that sums over documents are exact.
//!
//! - A predicted range matches a gold range when they share at least half of the code points of each.
//! - A link is hit when both of its ends match the ends of one link of the other kind of list. Links are counted from
//!   both ends: predicted links that hit (precision), gold links that are hit (recall); the same again where the kinds
//!   must agree, and for divergences alone.
//! - Positions are counted likewise. Their precision is a lower bound: a sentence without annotation can be a
//!   defensible position.
//! - The holder is right when one of the predicted positions that match a gold position has its holder; it is counted
//!   over matched gold positions.
//! - A gold one-sided range is found when a predicted one-sided range of the same text matches it.
//!
//! Cost: O(gold · predicted) for each list.

use serde::{Deserialize, Serialize};

use super::gold::{Account, CharRange, Document, HeldBy, Link, LinkKind};

/// What is predicted for one document: one line of a predictions file.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
pub struct Prediction {
    /// Id of the document, a pair or a single.
    pub pair_id: String,
    /// Positions by text. A single has a text a only.
    pub positions: ByText<PredictedPosition>,
    /// Links between the texts of a pair, or inside a single.
    pub links: Vec<Link>,
    /// One-sided ranges by text.
    pub one_sided: ByText<CharRange>,
}

/// A list for each text.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct ByText<T> {
    /// Of the first text.
    pub a: Vec<T>,
    /// Of the second text; empty in a single.
    pub b: Vec<T>,
}

impl<T> Default for ByText<T> {
    fn default() -> Self {
        Self { a: Vec::new(), b: Vec::new() }
    }
}

impl<T> ByText<T> {
    /// The list of the text with this index: 0 is the first, anything else the second.
    #[must_use]
    pub fn of(&self, text_idx: usize) -> &[T] {
        if text_idx == 0 { &self.a } else { &self.b }
    }

    /// The list of the text with this index, to add to.
    pub fn of_mut(&mut self, text_idx: usize) -> &mut Vec<T> {
        if text_idx == 0 { &mut self.a } else { &mut self.b }
    }
}

/// A predicted position.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct PredictedPosition {
    /// First code point.
    pub start: usize,
    /// Code point after the last one.
    pub end: usize,
    /// Who holds it.
    pub holder: HeldBy,
}

impl PredictedPosition {
    /// Where it stands.
    #[must_use]
    pub const fn range(&self) -> CharRange {
        CharRange(self.start, self.end)
    }
}

impl CharRange {
    /// True when the two share at least half of the code points of each.
    #[must_use]
    pub fn matches(self, other: Self) -> bool {
        let shared = self.1.min(other.1).saturating_sub(self.0.max(other.0));
        let half_of = |range: Self| 2 * shared >= range.1.saturating_sub(range.0);
        half_of(self) && half_of(other)
    }
}

/// Hits counted from both ends.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Row {
    /// Predicted ones that hit.
    pub n_predicted_hits: usize,
    /// Predicted ones.
    pub n_predicted: usize,
    /// Gold ones that are hit.
    pub n_gold_hits: usize,
    /// Gold ones.
    pub n_gold: usize,
}

impl Row {
    /// Share of the predicted ones that hit; 0 when there are none.
    #[must_use]
    pub fn precision(self) -> f64 {
        rate(self.n_predicted_hits, self.n_predicted)
    }

    /// Share of the gold ones that are hit; 0 when there are none.
    #[must_use]
    pub fn recall(self) -> f64 {
        rate(self.n_gold_hits, self.n_gold)
    }

    /// Harmonic mean of precision and recall; 0 when both are 0.
    #[must_use]
    pub fn f1(self) -> f64 {
        let (precision, recall) = (self.precision(), self.recall());
        if precision + recall > 0.0 { 2.0 * precision * recall / (precision + recall) } else { 0.0 }
    }

    /// True when there is something in it to be right or wrong about.
    #[must_use]
    pub const fn is_counted(self) -> bool {
        self.n_predicted > 0 || self.n_gold > 0
    }

    /// The sum of two rows.
    #[must_use]
    pub const fn plus(self, other: Self) -> Self {
        Self {
            n_predicted_hits: self.n_predicted_hits + other.n_predicted_hits,
            n_predicted: self.n_predicted + other.n_predicted,
            n_gold_hits: self.n_gold_hits + other.n_gold_hits,
            n_gold: self.n_gold + other.n_gold,
        }
    }
}

/// Right ones of all.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Share {
    /// Right ones.
    pub n_right: usize,
    /// All.
    pub n: usize,
}

impl Share {
    /// Right ones over all; 0 when there are none.
    #[must_use]
    pub fn rate(self) -> f64 {
        rate(self.n_right, self.n)
    }

    /// The sum of two shares.
    #[must_use]
    pub const fn plus(self, other: Self) -> Self {
        Self { n_right: self.n_right + other.n_right, n: self.n + other.n }
    }
}

#[expect(clippy::cast_precision_loss, reason = "counts of positions and links are far below 2^52")]
pub(super) fn rate(n: usize, of: usize) -> f64 {
    if of == 0 { 0.0 } else { n as f64 / of as f64 }
}

/// The counts of one document.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Scores {
    /// Positions.
    pub positions: Row,
    /// Links of any kind.
    pub links: Row,
    /// Links whose kind must be right.
    pub links_with_kind: Row,
    /// Divergences alone.
    pub divergences: Row,
    /// Holders of matched positions.
    pub holder: Share,
    /// Gold one-sided ranges found.
    pub one_sided: Share,
}

/// The counts of a document's prediction.
#[must_use]
pub fn score(document: &Document, prediction: &Prediction) -> Scores {
    let divergences = |links: &[Link]| -> Vec<Link> {
        links.iter().copied().filter(|link| link.kind == LinkKind::Divergence).collect()
    };
    let is_single = document.is_single();
    let ends = |gold: &Link, predicted: &Link| ends_match(gold, predicted, is_single);
    let ends_and_kind = |gold: &Link, predicted: &Link| gold.kind == predicted.kind && ends(gold, predicted);
    let mut scores = Scores {
        links: count(&document.links, &prediction.links, ends),
        links_with_kind: count(&document.links, &prediction.links, ends_and_kind),
        divergences: count(&divergences(&document.links), &divergences(&prediction.links), ends),
        ..Scores::default()
    };
    for (idx, account) in document.accounts.iter().enumerate() {
        let (positions, holder) = score_account(account, prediction.positions.of(idx));
        scores.positions = scores.positions.plus(positions);
        scores.holder = scores.holder.plus(holder);
    }
    for &(idx, gold) in &document.one_sided {
        let is_found = prediction.one_sided.of(idx).iter().any(|&predicted| gold.matches(predicted));
        scores.one_sided = scores.one_sided.plus(Share { n_right: usize::from(is_found), n: 1 });
    }
    scores
}

/// The counts of the positions of one text, and of their holders.
#[must_use]
pub fn score_account(account: &Account, predicted: &[PredictedPosition]) -> (Row, Share) {
    let row = count(&account.positions, predicted, |gold, predicted| gold.range.matches(predicted.range()));
    let mut holder = Share::default();
    for gold in &account.positions {
        let mut heard = predicted.iter().filter(|predicted| gold.range.matches(predicted.range())).peekable();
        if heard.peek().is_some() {
            let is_right = heard.any(|predicted| predicted.holder == gold.held_by);
            holder = holder.plus(Share { n_right: usize::from(is_right), n: 1 });
        }
    }
    (row, holder)
}

fn count<G, P>(gold: &[G], predicted: &[P], hit: impl Fn(&G, &P) -> bool) -> Row {
    Row {
        n_predicted_hits: predicted.iter().filter(|p| gold.iter().any(|g| hit(g, p))).count(),
        n_predicted: predicted.len(),
        n_gold_hits: gold.iter().filter(|g| predicted.iter().any(|p| hit(g, p))).count(),
        n_gold: gold.len(),
    }
}

fn ends_match(gold: &Link, predicted: &Link, is_single: bool) -> bool {
    let straight = gold.a.matches(predicted.a) && gold.b.matches(predicted.b);
    straight || (is_single && gold.a.matches(predicted.b) && gold.b.matches(predicted.a))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[track_caller]
    fn check(gold: (usize, usize), predicted: (usize, usize), expected: bool) {
        let (gold, predicted) = (CharRange(gold.0, gold.1), CharRange(predicted.0, predicted.1));
        assert_eq!(gold.matches(predicted), expected);
        assert_eq!(predicted.matches(gold), expected);
    }

    #[test]
    fn ranges_match_from_one_half_on() {
        check((0, 10), (0, 10), true);
        check((0, 10), (5, 15), true);
        check((0, 10), (6, 16), false);
        check((0, 10), (0, 20), true);
        check((0, 10), (0, 21), false);
        check((0, 10), (0, 5), true);
        check((0, 10), (0, 4), false);
        check((0, 10), (10, 10), false);
    }

    #[test]
    fn no_counts_make_zeros_and_not_nan() {
        let row = Row::default();
        assert_eq!((row.precision(), row.recall(), row.f1()), (0.0, 0.0, 0.0));
        assert!(!row.is_counted());
        assert_eq!(Share::default().rate(), 0.0);
    }
}
