//! What is seen in two positions that bears on whether they diverge.

use super::contraries::{Contraries, contraries};
use super::{End, Reason, differing_figures, differing_strength, opposed};
use crate::pipeline::alignment::THRESHOLD;
use crate::pipeline::attribution::SpeechAct;
use crate::pipeline::features::ScaleKind;
use crate::pipeline::position::{Position, Stance};
use crate::pipeline::similarity::PairFeatures;

/// The names of [`Evidence::inputs`], in their order.
pub const EVIDENCE_INPUTS: [&str; 8] = [
    "one_negated",
    "stances_differ",
    "both_oppose",
    "same_holder",
    "one_joint",
    "one_thanks",
    "strength_gap",
    "opposition",
];

/// What is seen in two positions.
///
/// Opposed acts, figures and strength are plain where they are seen, and seen in 6 of the 626 linked pairs of training:
/// too few to be fitted. Each makes a divergence by itself; the regression has the rest as inputs.
#[derive(Debug, Clone, PartialEq)]
pub struct Evidence {
    /// The acts of speech are opposed, or one is negated, or their words are contrary.
    pub opposed: Option<Reason>,
    /// Figures of one unit differ.
    pub figures: Option<Reason>,
    /// Demands or complaints stand on different steps of their ladder.
    pub strength: Option<Reason>,
    /// All of it against some of it.
    pub scope: Option<Reason>,
    /// Due, or certain, against possible.
    pub modality: Option<Reason>,
    /// Contrary words and one negative: the regression is not asked.
    pub is_at_one: bool,
    /// Held by the same sides.
    pub is_same_holder: bool,
    one_negated: bool,
    stances_differ: bool,
    both_oppose: bool,
    one_joint: bool,
    one_thanks: bool,
    strength_gap: f64,
    opposition: f64,
    /// How much the other links of the two texts diverge, by a first look at each, 0 to 1. `None` before the second look.
    pub elsewhere: Option<f64>,
}

impl Evidence {
    /// What is seen; `opposition` is that of the two texts.
    #[must_use]
    pub fn new(left: End<'_>, right: End<'_>, pair: &PairFeatures, opposition: f64) -> Self {
        let (a, b) = (left.position, right.position);
        let thanks = |position: &Position| position.speech_act == SpeechAct::Thank;
        let contraries = contraries(left, right, pair);
        let is_at_one = contraries == Some(Contraries::AtOne);
        let apart = |kind: ScaleKind| match &contraries {
            Some(Contraries::Apart(of, reason)) if *of == kind => Some(reason.clone()),
            _ => None,
        };
        let opposed = if is_at_one { None } else { opposed(left, right, pair) };
        Self {
            opposed: opposed.or_else(|| apart(ScaleKind::Opposite)),
            scope: apart(ScaleKind::Scope),
            modality: apart(ScaleKind::Modality),
            is_at_one,
            figures: differing_figures(left, right),
            strength: differing_strength(left, right),
            is_same_holder: a.holder == b.holder,
            one_negated: a.negated != b.negated,
            stances_differ: a.stance != b.stance,
            both_oppose: a.stance == Stance::Oppose && b.stance == Stance::Oppose,
            one_joint: a.holder.is_joint() != b.holder.is_joint(),
            one_thanks: thanks(a) != thanks(b),
            strength_gap: (a.strength - b.strength).abs(),
            opposition,
            elsewhere: None,
        }
    }

    /// Set when one of the plain reasons is seen.
    #[must_use]
    pub fn is_plain(&self) -> bool {
        let plain = [&self.opposed, &self.figures, &self.scope, &self.strength, &self.modality];
        plain.into_iter().any(Option::is_some)
    }

    /// In the order of [`EVIDENCE_INPUTS`], each 0 to 1. What is seen elsewhere is not among them.
    pub fn inputs(&self) -> impl Iterator<Item = f64> {
        let flag = |is_set: bool| f64::from(u8::from(is_set));
        [
            flag(self.one_negated),
            flag(self.stances_differ),
            flag(self.both_oppose),
            flag(self.is_same_holder),
            flag(self.one_joint),
            flag(self.one_thanks),
            self.strength_gap,
            self.opposition,
        ]
        .into_iter()
    }
}

/// Share of the positions of two texts that oppose something: whether the texts quarrel at all. 0 to 1.
#[must_use]
pub fn opposition<'a>(positions: impl Iterator<Item = &'a Position>) -> f64 {
    let (mut n_opposed, mut n) = (0_u32, 0_u32);
    for position in positions {
        n += 1;
        n_opposed += u32::from(position.stance == Stance::Oppose);
    }
    if n == 0 { 0.0 } else { f64::from(n_opposed) / f64::from(n) }
}

/// Share of the linked pairs of training that diverge, and how many links this counts for in [`elsewhere`]: with few
/// others, little is said of a link by them.
const USUAL: (f64, f64) = (0.25, 1.0);

/// For every link, how much the others diverge: the mean of their probabilities of divergence, each weighted by the score
/// of its link. `links` are score and probability. Links under [`THRESHOLD`] are not asked, so that a caller's
/// threshold changes which links there are and not what they are.
pub(super) fn elsewhere(links: &[(f64, f64)]) -> Vec<f64> {
    let weight_of = |link: &(f64, f64)| if link.0 >= THRESHOLD { link.0 } else { 0.0 };
    let sum = |of: &dyn Fn(&(f64, f64)) -> f64| {
        let mut terms: Vec<f64> = links.iter().map(of).collect();
        // A sum depends on its order, and the order of the links on which text is left.
        terms.sort_unstable_by(f64::total_cmp);
        terms.iter().sum::<f64>()
    };
    let (score, diverging) = (sum(&weight_of), sum(&|link| weight_of(link) * link.1));
    let (usual, weight) = USUAL;
    links
        .iter()
        .map(|link| (diverging - weight_of(link) * link.1 + usual * weight) / (score - weight_of(link) + weight))
        .map(|share| share.clamp(0.0, 1.0))
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_link_is_judged_by_the_others_and_not_by_itself() {
        assert_eq!(elsewhere(&[]), Vec::<f64>::new());
        assert_eq!(elsewhere(&[(0.9, 1.0)]), [0.25]);
        let among = |others: f64| elsewhere(&[(0.8, 0.1), (0.8, others), (0.8, others)])[0];
        assert!(among(0.0) < 0.25 && among(1.0) > 0.6, "{} {}", among(0.0), among(1.0));
        assert_eq!(elsewhere(&[(0.8, 0.1), (0.2, 1.0)])[0], 0.25);
        let links = [(0.3, 0.2), (0.5, 0.9), (0.7, 0.4)];
        let reversed: Vec<_> = links.iter().rev().copied().collect();
        assert_eq!(elsewhere(&links), elsewhere(&reversed).into_iter().rev().collect::<Vec<_>>());
    }
}
