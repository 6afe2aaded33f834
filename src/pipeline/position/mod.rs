//! Positions: from clauses to what each side is said to hold.
//!
//! In: the clause "reaffirmed his support for the ceasefire", held by Norland.
//! Out: a position with the speech act Reaffirm, stance Support, strength .7, modality Fact.

mod figures;
mod selection;
pub mod spans;
mod types;

pub use figures::{CALENDAR_YEAR, DATE, MONTH_DAY, YEAR_MONTH, figures};
pub use selection::is_position;
pub use types::*;

use crate::pipeline::attribution::{self, Clause, InnerCue, SpeechAct};
use crate::pipeline::segmentation::Segmentation;
use crate::pipeline::word_classes::{WordClasses, word_classes};
use crate::readout::Readout;
use crate::span::Span;
use spans::ScoredSpan;
use std::borrow::Cow;
use std::sync::LazyLock;

word_classes! {
    /// The classes of `mood_words.tsv`.
    enum Mood {
        Against = "against",
        Condition = "condition",
        For = "for",
        Future = "future",
        Negation = "negation",
        Obligation = "obligation",
        Possibility = "possibility",
        Reprisal = "reprisal",
    }
}

static MOODS: LazyLock<WordClasses<Mood>> = LazyLock::new(|| WordClasses::parse(include_str!("mood_words.tsv")));

/// Most positions of one readout that are compared. Comparison is quadratic in it; the longest White House readout has
/// under 100.
pub const MAX_POSITIONS: usize = 2_000;

/// Strength of a clause without a cue: a plain statement.
const UNCUED_STRENGTH: f64 = 0.4;

/// The positions of readout number `readout`, one a clause that states one, and how many were cut off at
/// [`MAX_POSITIONS`]. For languages without a trained cutter.
#[must_use]
pub fn from_clauses(
    readout: usize,
    text: &str,
    segmentation: &Segmentation,
    clauses: &[Clause],
) -> (Vec<Position>, usize) {
    let kept: Vec<&Clause> = clauses.iter().filter(|clause| is_position(text, segmentation, clause)).collect();
    let positions = kept.iter().take(MAX_POSITIONS).enumerate();
    let positions = positions.map(|(ordinal, clause)| describe(readout, ordinal, text, segmentation, clause)).collect();
    (positions, kept.len().saturating_sub(MAX_POSITIONS))
}

/// The positions of readout number `readout`: the spans of the trained cutter, each attributed as the clause in it is,
/// and the clauses that the cutter left out though their cue takes a stand; and how many were cut off at
/// [`MAX_POSITIONS`].
#[must_use]
pub fn from_spans(
    readout: usize,
    text: &str,
    segmentation: &Segmentation,
    clauses: &[Clause],
    spans: &[ScoredSpan],
) -> (Vec<Position>, usize) {
    let (mut first, mut next) = (0, 0);
    let mut found: Vec<(Clause, f64)> = Vec::new();
    for scored in spans {
        while clauses.get(first).is_some_and(|clause| clause.span.end <= scored.span.start) {
            found.extend(
                clauses[first..=first].iter().filter(|_| first >= next).filter_map(|c| rescued(text, segmentation, c)),
            );
            first += 1;
        }
        let inside: Vec<&Clause> =
            clauses[first..].iter().take_while(|clause| clause.span.start < scored.span.end).collect();
        next = first + inside.len();
        for piece in by_holder(text, &inside, scored.span) {
            found.push((attribution::whole(piece, telling(&inside, piece)), scored.confidence));
        }
    }
    found.extend(clauses[first.max(next)..].iter().filter_map(|clause| rescued(text, segmentation, clause)));
    let kept = found.iter().take(MAX_POSITIONS).enumerate();
    let positions = kept.map(|(ordinal, (clause, confidence))| Position {
        confidence: *confidence,
        ..describe(readout, ordinal, text, segmentation, clause)
    });
    (positions.collect(), found.len().saturating_sub(MAX_POSITIONS))
}

/// The pieces of a span between sentences that different sides speak: "X rejected the claim. Y said …" is two positions.
fn by_holder(text: &str, clauses: &[&Clause], span: Span) -> Vec<Span> {
    let mut pieces = Vec::new();
    let mut start = span.start;
    for pair in clauses.windows(2) {
        let (before, after) = (pair[0], pair[1]);
        let is_new_voice = before.sentence != after.sentence && after.cue.is_some() && before.holder != after.holder;
        let (piece, rest) = (Span::new(start, after.span.start), Span::new(after.span.start, span.end));
        if is_new_voice
            && start < after.span.start
            && after.span.start < span.end
            && piece.len().min(rest.len()) >= MIN_PIECE_BYTES
        {
            pieces.push(piece.trimmed(text));
            start = after.span.start;
        }
    }
    pieces.push(Span::new(start, span.end));
    pieces
}

/// Fewest bytes of a piece of a span: four words of usual length.
const MIN_PIECE_BYTES: usize = 20;

/// Confidence of a clause that the cutter left out: a low guess. The annotated documents have no such clause to measure
/// it on.
const RESCUED_CONFIDENCE: f64 = 0.3;

/// A third-person clause whose cue agrees, promises, asks, objects or warns. The cutter takes short openings for the
/// scene ("Minister Vey rejected the plan."), but who reads a readout for positions would miss them.
fn rescued(text: &str, segmentation: &Segmentation, clause: &Clause) -> Option<(Clause, f64)> {
    use SpeechAct::{Consult, Inform, State, Thank, Welcome};
    let takes_stand = clause.cue.is_some_and(|cue| !matches!(cue.act, State | Inform | Consult | Thank | Welcome));
    (takes_stand && !clause.is_first_person && is_position(text, segmentation, clause))
        .then(|| (clause.clone(), RESCUED_CONFIDENCE))
}

/// Share of a clause or of the span that both must have for the clause to speak for the span.
const TELLING_SHARE: f64 = 0.3;

/// Of the clauses that overlap `span`, the one by which it is attributed: the first of those that fill it or lie in it
/// and have a cue, else the one that fills most of it.
fn telling<'a>(clauses: &[&'a Clause], span: Span) -> Option<&'a Clause> {
    let share = |clause: &Clause| {
        let overlap = clause.span.overlap(span) as f64;
        (overlap / span.len().max(1) as f64).max(overlap / clause.span.len().max(1) as f64)
    };
    let cued = clauses.iter().find(|clause| clause.cue.is_some() && share(clause) >= TELLING_SHARE);
    cued.or_else(|| clauses.iter().rev().max_by_key(|clause| clause.span.overlap(span))).copied()
}

/// One position a statement, attributed by the first clause in it unless the caller names the holders.
#[must_use]
pub fn from_statements(
    index: usize,
    readout: &Readout,
    segmentation: &Segmentation,
    clauses: &[Clause],
    side_of: impl Fn(&str) -> Option<crate::pipeline::sides::SideIdx>,
) -> (Vec<Position>, usize) {
    let mut positions = Vec::new();
    let mut start = 0;
    for statement in readout.statements.iter().take(MAX_POSITIONS) {
        let span = Span::new(start, start + statement.text.len());
        start = span.end + 1;
        let inside = clauses.iter().find(|clause| clause.span.overlap(span) > 0);
        let whole = attribution::whole(span, inside);
        let mut position = describe(index, positions.len(), &readout.text, segmentation, &whole);
        let mut holders: Vec<_> = statement.holders.iter().filter_map(|id| side_of(id)).collect();
        holders.sort_unstable();
        holders.dedup();
        if !holders.is_empty() {
            position.holder = Holder::Sides(holders);
        }
        position.statement_id.clone_from(&statement.id);
        positions.push(position);
    }
    (positions, readout.statements.len().saturating_sub(MAX_POSITIONS))
}

fn describe(readout: usize, ordinal: usize, text: &str, segmentation: &Segmentation, clause: &Clause) -> Position {
    let words = segmentation.words_in(clause.span);
    let lowers: Vec<Cow<'_, str>> = words.iter().map(|word| word.lower(text)).collect();
    let modality = modality(&lowers);
    let speech_act = speech_act(clause, &lowers, modality);
    let content = segmentation.words_in(clause.attribution.content);
    let is_content_negated = content.iter().any(|word| is_negation(&word.lower(text)));
    Position {
        readout,
        ordinal,
        span: clause.span,
        holder: clause.holder.clone(),
        attribution: clause.attribution.clone(),
        speech_act,
        stance: stance(clause, speech_act, &lowers),
        strength: clause.cue.map_or(UNCUED_STRENGTH, |cue| cue.strength),
        negated: clause.is_negated || is_content_negated,
        modality,
        figures: figures(text, words, clause.span),
        act_cue: act_cue(clause, speech_act),
        confidence: 1.0,
        statement_id: String::new(),
    }
}

/// The words by which the act is done: the inner cue when it is the one that acts, else the main one.
fn act_cue(clause: &Clause, act: SpeechAct) -> Option<Span> {
    let inner = clause.inner_cue.filter(|inner| inner_act(inner) == act && clause.span.contains(inner.span));
    let is_inner = clause.cue.is_some_and(|cue| cue.act != act);
    inner.filter(|_| is_inner).map(|inner| inner.span).or(clause.attribution.cue)
}

/// What an inner cue does: negated, support is refused and opposition is given up.
fn inner_act(inner: &InnerCue) -> SpeechAct {
    match (inner.is_negated, inner.cue.polarity) {
        (true, 1) => SpeechAct::Reject,
        (true, -1) => SpeechAct::Concede,
        _ => inner.cue.act,
    }
}

fn is_negation(word: &str) -> bool {
    MOODS.has(Mood::Negation, word) || word.ends_with("n't")
}

fn modality(lowers: &[Cow<'_, str>]) -> Modality {
    if MOODS.stands_in(Mood::Condition, lowers) {
        Modality::Conditional
    } else if MOODS.stands_in(Mood::Obligation, lowers) {
        Modality::Obligation
    } else if MOODS.stands_in(Mood::Future, lowers) || lowers.iter().any(|word| word.ends_with("'ll")) {
        Modality::Future
    } else if MOODS.stands_in(Mood::Possibility, lowers) {
        Modality::Possibility
    } else {
        Modality::Fact
    }
}

fn speech_act(clause: &Clause, lowers: &[Cow<'_, str>], modality: Modality) -> SpeechAct {
    match clause.cue {
        // "agreed" negated is a refusal; "made clear that … would respond … in the event of" is a threat.
        Some(cue) if clause.is_negated && cue.polarity > 0 => SpeechAct::Reject,
        Some(cue) => {
            let responds = MOODS.stands_in(Mood::Reprisal, lowers);
            let inner = clause
                .inner_cue
                .map(|inner| inner_act(&inner))
                .filter(|act| !matches!(act, SpeechAct::State | SpeechAct::Inform));
            match cue.act {
                _ if responds && modality == Modality::Conditional => SpeechAct::Threaten,
                // "stated that it opposes": what is done is inside what is said.
                SpeechAct::State if inner.is_none() && modality == Modality::Obligation => SpeechAct::Demand,
                SpeechAct::State => inner.unwrap_or(SpeechAct::State),
                act => act,
            }
        }
        None if modality == Modality::Obligation => SpeechAct::Demand,
        None if modality == Modality::Future => SpeechAct::Commit,
        None => SpeechAct::State,
    }
}

fn stance(clause: &Clause, act: SpeechAct, lowers: &[Cow<'_, str>]) -> Stance {
    let inner =
        clause.inner_cue.map_or(0, |inner| if inner.is_negated { -inner.cue.polarity } else { inner.cue.polarity });
    let sign = match (clause.cue.map_or(0, |cue| cue.polarity), inner) {
        (0, 0) => {
            let count = |class: Mood| lowers.iter().filter(|lower| MOODS.has(class, lower)).count();
            let (support, oppose) = (count(Mood::For), count(Mood::Against));
            i8::from(support > oppose) - i8::from(oppose > support)
        }
        (0, inner) => inner,
        (polarity, _) => polarity,
    };
    match (if clause.is_negated { -sign } else { sign }, act) {
        (_, SpeechAct::Consult) => Stance::Neutral,
        (1, _) => Stance::Support,
        (-1, _) => Stance::Oppose,
        _ => Stance::Neutral,
    }
}
