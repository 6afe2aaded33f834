//! Contrary words in two positions that otherwise say nearly the same: half of the weight of their terms is shared.
//!
//! In: "tariffs on grain should be raised" and "tariffs on grain should be lowered". Out: they are apart, by "raised / lowered".
//! A negative in one of them turns it round: who opposes lifting a sanction is at one with who wants it to stay.

use super::{End, NEGATED_OVERLAP, Reason, ReasonCode, detail, is_negative, reason, rejects};
use crate::pipeline::features::{Contrary, Features, ScaleKind};
use crate::pipeline::similarity::PairFeatures;

/// What contrary words and a negative make of two positions.
#[derive(Debug, Clone, PartialEq)]
pub(super) enum Contraries {
    /// The one goes against the other, by words of one scale.
    Apart(ScaleKind, Reason),
    /// The one negative and the contrary words cancel out.
    AtOne,
}

/// `None` where neither is seen, or where the positions have too little else in common.
pub(super) fn contraries(left: End<'_>, right: End<'_>, pair: &PairFeatures) -> Option<Contraries> {
    let n_negative = [left, right].into_iter().filter(|end| is_negative(end.position)).count();
    let kinds = [ScaleKind::Opposite, ScaleKind::Scope, ScaleKind::Modality];
    let (a, b) = kinds.into_iter().find_map(|kind| poles(left, right, kind))?;
    if overlap_without(left.features, right.features, pair, a, b) < NEGATED_OVERLAP {
        return None;
    }
    let code = match (a.kind, n_negative) {
        (ScaleKind::Opposite, 1) => return Some(Contraries::AtOne),
        // "must not" and "may", "not all" and "some": the negation says more than the words.
        (_, 1) => return None,
        (ScaleKind::Opposite, _) => ReasonCode::ContraryWords,
        (ScaleKind::Scope, _) => ReasonCode::DifferentScope,
        (ScaleKind::Modality, _) => ReasonCode::DifferentModality,
    };
    let detail = detail(left.text, a.span, right.text, b.span);
    Some(Contraries::Apart(a.kind, reason(code, detail, [(left.idx, a.span), (right.idx, b.span)])))
}

/// The first words of the first scale of `kind` on which each has one pole, and not the same.
fn poles(left: End<'_>, right: End<'_>, kind: ScaleKind) -> Option<(Contrary, Contrary)> {
    let only = |end: End<'_>, scale: u8| {
        let mut words = words(end).filter(|word| word.scale == scale);
        let first = *words.next()?;
        words.all(|word| word.is_plus == first.is_plus).then_some(first)
    };
    let mut scales: Vec<u8> = words(left).filter(|word| word.kind == kind).map(|word| word.scale).collect();
    scales.sort_unstable();
    scales.dedup();
    let pole = |scale: u8| only(left, scale).zip(only(right, scale));
    scales.into_iter().filter_map(pole).find(|(a, b)| a.is_plus != b.is_plus)
}

/// The contrary words, but for those by which something is rejected: they make the position a negative one.
fn words<'a>(end: End<'a>) -> impl Iterator<Item = &'a Contrary> {
    let rejecting = end.position.act_cue.filter(|_| rejects(end.position));
    end.features.contraries.iter().filter(move |word| !rejecting.is_some_and(|cue| cue.contains(word.span)))
}

/// Dice over term weights but for the two words.
fn overlap_without(left: &Features, right: &Features, pair: &PairFeatures, a: Contrary, b: Contrary) -> f64 {
    let all = left.weight + right.weight;
    let weight = |features: &Features, word: Contrary| {
        let at = features.term_spans.iter().position(|&span| span == word.span);
        at.map_or(0.0, |at| features.terms[at].1)
    };
    // Added first: the difference of three numbers depends on their order, and that on which text is left.
    let rest = all - (weight(left, a) + weight(right, b));
    if rest > 0.0 { pair.term_overlap * all / rest } else { 0.0 }
}
