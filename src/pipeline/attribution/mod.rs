//! Attribution: cuts sentences into clauses and ties each to its source, by its cue.
//!
//! The terms are those of PARC 3.0 (Pareti 2016). Readouts are indirect speech: a subject, a reporting verb from the
//! cue table, a content; several coordinated verbs share a subject ("voiced concern about X and made clear that Y"),
//! and a sentence without a cue goes on with the speaker before it.
//!
//! In: `"Aro stressed that talks matter. Norland is ready."`
//! Out: two clauses held by Aro's side, the second one carried over.

mod chinese;
mod clauses;
mod cues;
mod function_words;
mod holder;
mod quotation;
mod subject;
mod types;

pub use chinese::CHINESE_CUE_TABLE;
pub use cues::{CUE_TABLE, Cue, CueHit, CueTableError, Form, cue_table, cues, use_cue_table};
pub use types::*;

use crate::pipeline::Cancel;
use crate::pipeline::position::Holder;
use crate::pipeline::segmentation::{LineKind, Segmentation, is_running_text};
use crate::pipeline::sides::{Cast, SideIdx};
use crate::span::Span;
use holder::Voice;
use std::borrow::Cow;
use subject::Context;

/// A stretch of a sentence with one main cue, or none.
#[derive(Debug, Clone, PartialEq)]
pub struct Clause {
    /// Where it stands.
    pub span: Span,
    /// Source, cue and content.
    pub attribution: Attribution,
    /// The main cue.
    pub cue: Option<&'static Cue>,
    /// A cue inside what the main one reports ("made clear that it opposes …").
    pub inner_cue: Option<InnerCue>,
    /// Who holds it.
    pub holder: Holder,
    /// The cue is negated.
    pub is_negated: bool,
    /// The cue stands in the passive.
    pub is_passive: bool,
    /// Index of its sentence.
    pub sentence: usize,
    /// The readout is written in the first person.
    pub is_first_person: bool,
}

/// A cue inside what another one reports.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct InnerCue {
    /// The row.
    pub cue: &'static Cue,
    /// Where it stands.
    pub span: Span,
    /// "said that it does not oppose"
    pub is_negated: bool,
}

/// The clauses of a Chinese readout in reading order, one a sentence; the first of them when `cancel` is set meanwhile.
#[must_use]
pub fn attribute_chinese(
    cancel: &Cancel,
    text: &str,
    segmentation: &Segmentation,
    cast: &Cast,
    author: Option<SideIdx>,
) -> Vec<Clause> {
    chinese::attribute(cancel, text, segmentation, cast, author)
}

/// The clauses of an English readout in reading order; the first of them when `cancel` is set meanwhile.
#[must_use]
pub fn attribute(
    cancel: &Cancel,
    text: &str,
    segmentation: &Segmentation,
    cast: &Cast,
    author: Option<SideIdx>,
) -> Vec<Clause> {
    let mut clauses: Vec<Clause> = Vec::new();
    let mut voice = Voice { is_first_person: is_first_person(text, segmentation), ..Voice::default() };
    let mut author = author;
    for (at, sentence) in segmentation.sentences.iter().enumerate() {
        if cancel.is_cancelled() {
            break;
        }
        if sentence.kind == LineKind::SpeakerLabel {
            // A transcript gives the floor: from here on "I" is whom the label names.
            if let Some(side) = cast.by_label(sentence.span.slice(text)) {
                author = Some(side);
                voice.speaker = None;
            }
        }
        if !is_running_text(sentence) {
            continue;
        }
        let words = segmentation.words_of(sentence);
        let lowers: Vec<Cow<'_, str>> = words.iter().map(|word| word.lower(text)).collect();
        let mentions = cast.mentions(text, sentence.span);
        let context = Context { text, words, lowers: &lowers, mentions: &mentions, cast, author };
        let hits = cues(text, words, &lowers);
        voice.is_joint_statement |= opens_joint_statement(&context);
        for mut clause in sentence_clauses(&context, sentence.span, &hits, &mut voice) {
            clause.sentence = at;
            clauses.push(clause);
        }
    }
    clauses
}

/// One clause a sentence, all held by the author: for languages without a cue table.
#[must_use]
pub fn narrate(segmentation: &Segmentation, author: Option<SideIdx>) -> Vec<Clause> {
    let holder = author.map_or(Holder::Other(String::new()), |author| Holder::Sides(vec![author]));
    let running = segmentation.sentences.iter().enumerate().filter(|(_, sentence)| is_running_text(sentence));
    running
        .map(|(at, sentence)| Clause { holder: holder.clone(), sentence: at, ..whole(sentence.span, None) })
        .collect()
}

/// Share of "I" and "we" among all words at and above which a text speaks in the first person. Third-person readouts
/// of the training documents stay at or under .3 %, remarks and statements are over 1.5 %.
const FIRST_PERSON_SHARE: f64 = 0.01;

/// True when the author speaks as "I" or "we" outside quotation marks.
#[must_use]
pub fn is_first_person(text: &str, segmentation: &Segmentation) -> bool {
    let (mut n_words, mut n_first) = (0_usize, 0_usize);
    for sentence in segmentation.sentences.iter().filter(|s| is_running_text(s)) {
        let mut is_quoted = false;
        let mut read_to = sentence.span.start;
        for word in segmentation.words_of(sentence) {
            for mark in text[read_to..word.span.start].chars() {
                match mark {
                    '"' => is_quoted = !is_quoted,
                    '“' => is_quoted = true,
                    '”' => is_quoted = false,
                    _ => {}
                }
            }
            read_to = word.span.end;
            if !is_quoted {
                n_words += 1;
                let lower = word.lower(text);
                let stem = lower.split('\'').next().unwrap_or_default();
                n_first += usize::from(matches!(stem, "i" | "we"));
            }
        }
    }
    n_first as f64 >= FIRST_PERSON_SHARE * n_words as f64 && n_first > 1
}

/// True for "We, the Heads of Government of A and of B, …".
fn opens_joint_statement(context: &Context<'_>) -> bool {
    let opens = context.lowers.first().is_some_and(|first| first == "we")
        && context
            .words
            .get(1)
            .is_some_and(|second| context.text[context.words[0].span.end..second.span.start].contains(','));
    let named: std::collections::BTreeSet<SideIdx> = context.mentions.iter().filter_map(subject::side_of).collect();
    opens && named.len() > 1
}

fn sentence_clauses(context: &Context<'_>, sentence: Span, hits: &[CueHit], voice: &mut Voice) -> Vec<Clause> {
    voice.subject = None;
    if let Some(clause) = quotation::quotation(context, sentence, hits, voice) {
        return vec![clause];
    }
    if let Some(hit) = hits.last().filter(|hit| clauses::is_trailing(context, hit)) {
        let comma = clauses::trailing_start(context, hit);
        let mut clause = holder::clause(context, sentence, comma..context.words.len(), Some(hit), voice);
        clause.attribution.content = Span::new(sentence.start, context.words[comma - 1].span.end);
        return vec![clause];
    }
    let starts = clauses::clause_starts(context, hits, voice.is_first_person);
    let mut found = Vec::new();
    for (i, &start) in starts.iter().enumerate() {
        let end = starts.get(i + 1).copied().unwrap_or(context.words.len());
        if start >= end {
            continue;
        }
        let begin = if i == 0 { sentence.start } else { context.words[start].span.start };
        let finish = if end == context.words.len() { sentence.end } else { clauses::clause_end(context, end) };
        let span = Span::new(begin, finish.max(context.words[start].span.end));
        let hit = hits.iter().find(|hit| (start..end).contains(&hit.first_word));
        let mut clause = holder::clause(context, span, start..end, hit, voice);
        clause.inner_cue = hits
            .iter()
            .filter(|inner| (start..end).contains(&inner.first_word))
            .nth(1)
            .map(|inner| InnerCue { cue: inner.cue, span: context.span_of(inner), is_negated: inner.is_negated });
        found.push(clause);
    }
    found
}

/// One clause over all of `span`, attributed as `inside`, a clause in it, is.
#[must_use]
pub fn whole(span: Span, inside: Option<&Clause>) -> Clause {
    let within = |part: Option<Span>| part.filter(|part| span.contains(*part));
    match inside {
        Some(clause) => Clause {
            span,
            attribution: Attribution {
                source: within(clause.attribution.source),
                cue: within(clause.attribution.cue),
                content: within(Some(clause.attribution.content)).unwrap_or(span),
                ..clause.attribution.clone()
            },
            ..clause.clone()
        },
        None => Clause {
            span,
            attribution: Attribution {
                kind: AttributionKind::Narrator,
                source: None,
                cue: None,
                cue_lemma: String::new(),
                content: span,
            },
            cue: None,
            inner_cue: None,
            holder: Holder::Other(String::new()),
            is_negated: false,
            is_passive: false,
            sentence: 0,
            is_first_person: false,
        },
    }
}
