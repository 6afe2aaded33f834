//! Relations: how the two ends of a link relate, and why.
//!
//! In: "supports the ceasefire" held by Norland, "rejects the ceasefire" held by Sudria.
//! Out: conflicting position, with the two cues as evidence.
//!
//! Two linked positions diverge when something plain is seen in them ([`Evidence`]), which then says in which way, or when
//! they probably do: by a logistic regression over the inputs of the pair's score and what else is seen, fitted on
//! annotated readouts by `training/linker/fit.py`. The FAST engine looks at every link twice: where the other links of two
//! texts diverge, this one is likelier to (stacked sequential learning, Cohen and Carvalho, IJCAI 2005); the THOROUGH
//! engine has that from the cross-encoder. Without anything plain it is a conflict where the cross-encoder finds
//! that one rules the other out, and another accent elsewhere.

mod contraries;
mod evidence;
mod types;
mod weights;

use evidence::elsewhere;
pub use evidence::{EVIDENCE_INPUTS, Evidence, opposition};
pub use types::*;

/// The fitted weights, as source.
pub const WEIGHTS_SOURCE: &str = include_str!("weights.rs");

use crate::pipeline::attribution::SpeechAct;
use crate::pipeline::features::Features;
use crate::pipeline::position::{Position, Stance};
use crate::pipeline::similarity::{self, PairFeatures, Weights};
use crate::pipeline::{Cancel, Cancelled};
use crate::span::Span;

/// Difference of strength at and above which the same request or complaint counts as put more strongly: two steps of
/// the scale of the cue table.
const STRENGTH_STEP: f64 = 0.2;
/// Term overlap at and above which two positions say the same; below, one says a part of the other.
const AGREEMENT_OVERLAP: f64 = 0.35;
/// Share of the heavier position's terms under which it says clearly more than the lighter one.
const NARROWER_RATIO: f64 = 0.6;
/// Term overlap at and above which what one rejects is what the other speaks of.
const OBJECT_OVERLAP: f64 = 0.25;
/// Term overlap at and above which a negation in one of two statements turns the one against the other, and contrary words
/// do, these left out.
const NEGATED_OVERLAP: f64 = 0.5;
/// Shared terms quoted as evidence.
const MAX_SHARED_TERMS: usize = 3;

/// Contradiction less entailment, on the scale of [`similarity::JudgedFeatures::contradiction`], at and above which the
/// cross-encoder takes the one to rule out the other: e² times as likely.
const CONTRADICTED: f64 = 0.625;

/// Share of the link threshold at and above which a pair is close enough for one to deny the other.
pub const DENIAL_SHARE: f64 = 0.5;

/// One end of a link.
#[derive(Debug, Clone, Copy)]
pub struct End<'a> {
    /// Index of the position in the answer.
    pub idx: usize,
    /// The position.
    pub position: &'a Position,
    /// Its features.
    pub features: &'a Features,
    /// The readout's text.
    pub text: &'a str,
}

impl End<'_> {
    fn cue_or_all(&self) -> (usize, Span) {
        (self.idx, self.position.act_cue.unwrap_or(self.position.span))
    }

    fn cue_text(&self) -> &str {
        self.cue_or_all().1.slice(self.text)
    }
}

/// The probability that two linked positions diverge.
#[must_use]
pub fn divergence(pair: &PairFeatures, evidence: &Evidence) -> f64 {
    if pair.is_identical {
        return 0.0;
    }
    let inputs = similarity::inputs(pair).map(|(_, value)| value).chain(evidence.inputs());
    regression(pair, evidence).0.probability(inputs.chain(evidence.elsewhere))
}

/// The regression for a pair, and the probability at and above which it diverges.
const fn regression(pair: &PairFeatures, evidence: &Evidence) -> (&'static Weights, f64) {
    use weights::{
        FAST_ALONE, FAST_ALONE_THRESHOLD, FAST_IN_CONTEXT, FAST_IN_CONTEXT_THRESHOLD, FAST_SECOND,
        FAST_SECOND_THRESHOLD, THOROUGH_ALONE, THOROUGH_ALONE_THRESHOLD, THOROUGH_IN_CONTEXT,
        THOROUGH_IN_CONTEXT_THRESHOLD, THOROUGH_SECOND, THOROUGH_SECOND_THRESHOLD,
    };
    match (pair.judged.is_some(), pair.is_alone, evidence.elsewhere.is_some()) {
        (false, true, _) => (&FAST_ALONE, FAST_ALONE_THRESHOLD),
        (false, false, false) => (&FAST_IN_CONTEXT, FAST_IN_CONTEXT_THRESHOLD),
        (false, false, true) => (&FAST_SECOND, FAST_SECOND_THRESHOLD),
        (true, true, _) => (&THOROUGH_ALONE, THOROUGH_ALONE_THRESHOLD),
        (true, false, false) => (&THOROUGH_IN_CONTEXT, THOROUGH_IN_CONTEXT_THRESHOLD),
        (true, false, true) => (&THOROUGH_SECOND, THOROUGH_SECOND_THRESHOLD),
    }
}

/// A link whose relation is asked for.
#[derive(Debug, Clone, Copy)]
pub struct LinkedPair<'a> {
    /// One end.
    pub left: End<'a>,
    /// The other end.
    pub right: End<'a>,
    /// What was seen of the two, character metrics included.
    pub features: PairFeatures,
    /// Score of the link.
    pub score: f64,
}

/// The relation of the ends of every link of two texts, with the reasons for the link and for the relation, in the order
/// of `links`. Swapping the texts swaps the order of evidence and changes nothing else. `opposition` is that of the two
/// texts, by [`opposition()`].
///
/// # Errors
/// When `cancel` is set meanwhile.
pub fn classify(
    cancel: &Cancel,
    links: &[LinkedPair<'_>],
    opposition: f64,
) -> Result<Vec<(Relation, Vec<Reason>)>, Cancelled> {
    let see = |link: &LinkedPair<'_>| {
        cancel.check().map(|()| Evidence::new(link.left, link.right, &link.features, opposition))
    };
    let mut evidence = links.iter().map(see).collect::<Result<Vec<Evidence>, Cancelled>>()?;
    let first_look: Vec<(f64, f64)> = links
        .iter()
        .zip(&evidence)
        .map(|(link, evidence)| (link.score, divergence(&link.features, evidence)))
        .collect();
    for ((link, evidence), elsewhere) in links.iter().zip(&mut evidence).zip(elsewhere(&first_look)) {
        // What is scored alone has no others.
        evidence.elsewhere = (!link.features.is_alone).then_some(elsewhere);
    }
    let classify = |(link, evidence): (&LinkedPair<'_>, Evidence)| {
        cancel.check().map(|()| of_pair(link.left, link.right, &link.features, evidence))
    };
    links.iter().zip(evidence).map(classify).collect()
}

fn of_pair(left: End<'_>, right: End<'_>, pair: &PairFeatures, evidence: Evidence) -> (Relation, Vec<Reason>) {
    let mut reasons = Vec::new();
    if pair.is_identical {
        reasons.push(reason(
            ReasonCode::SameWords,
            String::new(),
            [(left.idx, left.position.span), (right.idx, right.position.span)],
        ));
        return (Relation::Agreement, reasons);
    }
    reasons.extend(shared_terms(left, right));
    reasons.extend(same_figures(left, right));
    let is_same_holder = evidence.is_same_holder;
    let is_judged = !evidence.is_at_one && divergence(pair, &evidence) >= regression(pair, &evidence).1;
    let diverges = evidence.is_plain() || is_judged;
    let (relation, reason) = if diverges {
        way(left, right, pair, evidence)
    } else if let Some(given) = given_and_thanked(left, right) {
        (Relation::Agreement, Some(given))
    } else if pair.term_overlap >= AGREEMENT_OVERLAP {
        (Relation::Agreement, None)
    } else {
        (Relation::Partial, narrower(left, right))
    };
    reasons.extend(reason);
    if !is_same_holder {
        reasons.extend(different_holder(left, right));
    }
    if reasons.is_empty() {
        reasons.push(of_both(ReasonCode::SharedTerms, left, right));
    }
    (relation, reasons)
}

/// In which way two positions diverge that do.
fn way(left: End<'_>, right: End<'_>, pair: &PairFeatures, evidence: Evidence) -> (Relation, Option<Reason>) {
    let conflict = if evidence.is_same_holder { Relation::DifferingAttribution } else { Relation::ConflictingPosition };
    if let Some(opposed) = evidence.opposed {
        (conflict, Some(opposed))
    } else if let Some(figures) = evidence.figures.or(evidence.scope) {
        (Relation::DifferingFigure, Some(figures))
    } else if let Some(strength) = evidence.strength.or(evidence.modality) {
        (Relation::DifferingStrength, Some(strength))
    } else if pair.judged.is_some_and(|judged| judged.contradiction >= CONTRADICTED) {
        (conflict, Some(of_both(ReasonCode::JudgedContradiction, left, right)))
    } else {
        (Relation::DifferingEmphasis, Some(of_both(ReasonCode::JudgedDivergence, left, right)))
    }
}

/// Both positions as they stand.
fn of_both(code: ReasonCode, left: End<'_>, right: End<'_>) -> Reason {
    reason(code, String::new(), [(left.idx, left.position.span), (right.idx, right.position.span)])
}

fn different_holder(left: End<'_>, right: End<'_>) -> Option<Reason> {
    let ((left_at, l), (right_at, r)) =
        ((left.idx, left.position.attribution.source?), (right.idx, right.position.attribution.source?));
    Some(reason(ReasonCode::DifferentHolder, detail(left.text, l, right.text, r), [(left_at, l), (right_at, r)]))
}

fn reason(code: ReasonCode, detail: String, evidence: [(usize, Span); 2]) -> Reason {
    Reason { code, detail, evidence: evidence.to_vec() }
}

fn detail(left_text: &str, left: Span, right_text: &str, right: Span) -> String {
    format!("{} / {}", left.slice(left_text), right.slice(right_text))
}

/// The heaviest terms that both share, quoted from both texts.
fn shared_terms(left: End<'_>, right: End<'_>) -> Option<Reason> {
    let mut shared: Vec<(f64, Span, Span)> = left
        .features
        .terms
        .iter()
        .zip(&left.features.term_spans)
        .filter_map(|((term, weight), &span)| {
            let at = right.features.terms.binary_search_by(|(other, _)| other.cmp(term)).ok()?;
            Some((*weight, span, right.features.term_spans[at]))
        })
        .collect();
    shared.sort_by(|a, b| b.0.total_cmp(&a.0));
    shared.truncate(MAX_SHARED_TERMS);
    if shared.is_empty() {
        return None;
    }
    let words: Vec<&str> = shared.iter().map(|&(_, span, _)| span.slice(left.text)).collect();
    let evidence = shared.iter().flat_map(|&(_, l, r)| [(left.idx, l), (right.idx, r)]).collect();
    Some(Reason { code: ReasonCode::SharedTerms, detail: words.join(", "), evidence })
}

fn same_figures(left: End<'_>, right: End<'_>) -> Option<Reason> {
    let pairs = left.features.figures.iter().flat_map(|a| right.features.figures.iter().map(move |b| (a, b)));
    let (a, b) = pairs.into_iter().find(|(a, b)| a.value == b.value && a.unit == b.unit)?;
    Some(reason(
        ReasonCode::SameFigure,
        detail(left.text, a.span, right.text, b.span),
        [(left.idx, a.span), (right.idx, b.span)],
    ))
}

/// Figures of the same unit of which none is shared.
fn differing_figures(left: End<'_>, right: End<'_>) -> Option<Reason> {
    if same_figures(left, right).is_some() {
        return None;
    }
    let pairs = left.features.figures.iter().flat_map(|a| right.features.figures.iter().map(move |b| (a, b)));
    let (a, b) = pairs.into_iter().find(|(a, b)| !a.unit.is_empty() && a.unit == b.unit)?;
    Some(reason(
        ReasonCode::DifferentFigure,
        detail(left.text, a.span, right.text, b.span),
        [(left.idx, a.span), (right.idx, b.span)],
    ))
}

const fn rejects(position: &Position) -> bool {
    matches!(position.speech_act, SpeechAct::Oppose | SpeechAct::Reject)
}

/// "does not recognise" and "opposes", but not "does not oppose", which is two negatives.
const fn is_negative(position: &Position) -> bool {
    let is_double = position.negated && rejects(position) && matches!(position.stance, Stance::Support);
    (position.negated || rejects(position)) && !is_double
}

/// Support against opposition, or a cue that one side negates and the other does not.
fn opposed(left: End<'_>, right: End<'_>, pair: &PairFeatures) -> Option<Reason> {
    let (a, b) = (left.position, right.position);
    let is_report = |position: &Position| position.attribution.cue.is_some();
    let is_opposed =
        matches!((a.stance, b.stance), (Stance::Support, Stance::Oppose) | (Stance::Oppose, Stance::Support));
    // The same words, once negated: the verb of reporting, or nearly all of what is said.
    let is_same_cue = is_report(a) && is_report(b) && a.attribution.cue_lemma == b.attribution.cue_lemma;
    let is_apart = a.holder != b.holder;
    // "does not recognise" and "refuses to recognise" are at one.
    let is_one_negative = is_negative(a) != is_negative(b);
    if a.negated != b.negated
        && is_one_negative
        && is_apart
        && pair.term_overlap >= if is_same_cue { OBJECT_OVERLAP } else { NEGATED_OVERLAP }
    {
        return Some(reason(
            ReasonCode::Negation,
            format!("{} / {}", left.cue_text(), right.cue_text()),
            [left.cue_or_all(), right.cue_or_all()],
        ));
    }
    // One of the two must oppose by its reporting words; a mood of the other words alone is no conflict.
    let opposes = |p: &Position| {
        matches!(
            p.speech_act,
            SpeechAct::Oppose | SpeechAct::Reject | SpeechAct::Condemn | SpeechAct::Criticise | SpeechAct::Warn
        )
    };
    // "opposes drilling" against the other side's "drilling will begin": who alone rejects what another alone goes on with.
    let is_alone = is_apart && !a.holder.is_joint() && !b.holder.is_joint() && pair.term_overlap >= OBJECT_OVERLAP;
    let is_rejected =
        is_alone && is_one_negative && rejects(a) != rejects(b) && !opposes(if rejects(a) { b } else { a });
    (is_rejected || (is_opposed && (opposes(a) || opposes(b)))).then(|| {
        reason(
            ReasonCode::OpposedStance,
            format!("{} / {}", left.cue_text(), right.cue_text()),
            [left.cue_or_all(), right.cue_or_all()],
        )
    })
}

/// Set when `other` refuses, rejects or denies what `own` has: evidence that the silence is a denial.
#[must_use]
pub fn denial(own: End<'_>, other: End<'_>) -> Option<Reason> {
    let denies = other.position.speech_act == SpeechAct::Reject && own.position.speech_act != SpeechAct::Reject;
    let is_report = other.position.attribution.cue.is_some() && own.position.holder != other.position.holder;
    (denies && is_report).then(|| Reason {
        code: ReasonCode::Denied,
        detail: format!("{} / {}", own.cue_text(), other.cue_text()),
        evidence: vec![own.cue_or_all(), other.cue_or_all()],
    })
}

/// The same kind of demand or complaint on different steps of its ladder.
fn differing_strength(left: End<'_>, right: End<'_>) -> Option<Reason> {
    use SpeechAct::{Condemn, Criticise, Demand, ExpressConcern, Request, Urge};
    const LADDERS: [[SpeechAct; 3]; 2] = [[Request, Urge, Demand], [ExpressConcern, Criticise, Condemn]];
    let (a, b) = (left.position, right.position);
    let on_one = LADDERS.iter().any(|ladder| ladder.contains(&a.speech_act) && ladder.contains(&b.speech_act));
    let is_cued = a.attribution.cue.is_some() && b.attribution.cue.is_some();
    (on_one && is_cued && a.speech_act != b.speech_act && (a.strength - b.strength).abs() >= STRENGTH_STEP - 1e-9).then(
        || {
            reason(
                ReasonCode::DifferentStrength,
                format!("{} / {}", left.cue_text(), right.cue_text()),
                [left.cue_or_all(), right.cue_or_all()],
            )
        },
    )
}

fn given_and_thanked(left: End<'_>, right: End<'_>) -> Option<Reason> {
    let thanks = |end: End<'_>| end.position.speech_act == SpeechAct::Thank;
    (thanks(left) != thanks(right)).then(|| {
        reason(
            ReasonCode::GivenAndThanked,
            format!("{} / {}", left.cue_text(), right.cue_text()),
            [left.cue_or_all(), right.cue_or_all()],
        )
    })
}

/// Set when one of them has clearly more content; the narrower one is quoted first.
fn narrower(left: End<'_>, right: End<'_>) -> Option<Reason> {
    let (light, heavy) = if left.features.weight <= right.features.weight { (left, right) } else { (right, left) };
    (light.features.weight < NARROWER_RATIO * heavy.features.weight).then(|| {
        reason(
            ReasonCode::Narrower,
            String::new(),
            [(light.idx, light.position.span), (heavy.idx, heavy.position.span)],
        )
    })
}
