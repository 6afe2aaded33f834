//! Who holds a clause: its subject, the speaker carried over, or the author.

use super::clauses::is_auxiliary;
use super::cues::CueHit;
use super::function_words::{Function, is_word};
use super::subject::{Context, Subject, resolve};
use super::{Attribution, AttributionKind, Clause, Form, SpeechAct};
use crate::pipeline::position::Holder;
use crate::span::Span;
use std::ops::Range;

/// Who speaks while a text is read.
#[derive(Debug, Default)]
pub(super) struct Voice {
    /// The holder of the last clause that named or carried one.
    pub speaker: Option<Holder>,
    /// The holder of the clause before in the same sentence, whose subject a coordinated verb shares.
    pub subject: Option<Holder>,
    /// The readout is written in the first person.
    pub is_first_person: bool,
    /// Its "we" are the sides together.
    pub is_joint_statement: bool,
}

/// The clause of the words in `range`, reported by `hit`, and the voice after it.
pub(super) fn clause(
    context: &Context<'_>,
    span: Span,
    range: Range<usize>,
    hit: Option<&CueHit>,
    voice: &mut Voice,
) -> Clause {
    let is_first_person = voice.is_first_person;
    let (subject, source) = match hit {
        Some(hit) => context.subject(range.start, hit.first_word),
        None => context.subject(range.start, uncued_subject_end(context, &range)),
    };
    let is_shared = hit.is_some_and(|hit| matches!(hit.cue.act, SpeechAct::Consult | SpeechAct::Agree));
    let named = resolve(&subject, context, voice.speaker.as_ref(), is_shared);
    let author = context.author.map(|author| Holder::Sides(vec![author]));
    let nobody = || author.clone().unwrap_or(Holder::Other(String::new()));
    let joint = || Some(Holder::Sides(context.cast.all())).filter(|holder| !holder.sides().is_empty());
    let (holder, kind) = match hit {
        Some(hit) if hit.is_impersonal && !is_first_person => {
            (voice.speaker.clone().unwrap_or_else(nobody), AttributionKind::CarriedOver)
        }
        // "were discussed", "was agreed": together. "was noted", "hope was expressed": by whom is not said, and on the
        // training documents it is the author's side three times in four.
        Some(hit) if hit.is_passive && !is_first_person => {
            let default = || if is_shared { joint() } else { None };
            (by_phrase(context, hit, &range).or_else(default).unwrap_or_else(nobody), AttributionKind::Indirect)
        }
        // In remarks everything is the speaker's own, but what the sides did together.
        Some(hit) if is_first_person => match &subject {
            Subject::FirstPerson { .. } | Subject::All if is_shared && hit.form == Form::Past => {
                (joint().unwrap_or_else(nobody), AttributionKind::Narrator)
            }
            Subject::Sides { sides, .. } if sides.len() > 1 => {
                (Holder::Sides(sides.clone()), AttributionKind::Narrator)
            }
            _ => (nobody(), AttributionKind::Narrator),
        },
        Some(_) => match named.or_else(|| voice.subject.clone()) {
            Some(holder) => (holder, AttributionKind::Indirect),
            None => (voice.speaker.clone().unwrap_or_else(nobody), AttributionKind::CarriedOver),
        },
        None if is_first_person && voice.is_joint_statement => {
            (joint().unwrap_or_else(nobody), AttributionKind::Narrator)
        }
        None if is_first_person => (nobody(), AttributionKind::Narrator),
        None => uncued(context, &range, &subject, named, voice.speaker.as_ref().or(voice.subject.as_ref()), nobody),
    };
    if hit.is_some() {
        voice.subject = Some(holder.clone());
        if matches!(holder, Holder::Sides(_)) {
            voice.speaker = Some(holder.clone());
        }
    }
    let cue_span = hit.map(|hit| context.span_of(hit));
    let has_quote = span.slice(context.text).contains(['"', '“', '「']);
    let kind = if has_quote && kind == AttributionKind::Indirect { AttributionKind::Mixed } else { kind };
    let is_reported = matches!(kind, AttributionKind::Indirect | AttributionKind::Mixed);
    Clause {
        span,
        attribution: Attribution {
            kind,
            source: source.filter(|_| is_reported),
            cue: cue_span,
            cue_lemma: hit.map_or(String::new(), |hit| hit.cue.lemma.clone()),
            content: content(context, span, cue_span),
        },
        cue: hit.map(|hit| hit.cue),
        inner_cue: None,
        holder,
        is_negated: hit.is_some_and(|hit| hit.is_negated),
        is_passive: hit.is_some_and(|hit| hit.is_passive),
        sentence: 0,
        is_first_person,
    }
}

/// Holder of a third-person clause without a cue, after `before` spoke. A person or both sides as its subject act for
/// themselves; a country as its subject may be what the speaker speaks of, so there the speaker goes on, unless the
/// sides spoke jointly; and what the sides "should" do is somebody's view.
fn uncued(
    context: &Context<'_>,
    range: &Range<usize>,
    subject: &Subject,
    named: Option<Holder>,
    before: Option<&Holder>,
    nobody: impl Fn() -> Holder,
) -> (Holder, AttributionKind) {
    let is_due = context.lowers[range.clone()].iter().take(8).any(|word| is_word(Function::Due, word));
    let acts = match subject {
        Subject::Sides { is_person, .. } => *is_person || before.is_none_or(Holder::is_joint),
        Subject::All => !is_due,
        Subject::Same | Subject::FirstPerson { .. } | Subject::Other(_) | Subject::None => false,
    };
    match (named, before) {
        (Some(holder), _) if acts => (holder, AttributionKind::Narrator),
        (_, Some(holder)) => (holder.clone(), AttributionKind::CarriedOver),
        _ => (nobody(), AttributionKind::Narrator),
    }
}

/// Words of a clause without a cue that can be its subject: up to the first verb that can be told by its form.
const MAX_UNCUED_SUBJECT_WORDS: usize = 12;

fn uncued_subject_end(context: &Context<'_>, range: &Range<usize>) -> usize {
    let is_verb = |at: usize| {
        let lower = context.lowers[at].as_ref();
        is_auxiliary(lower)
            || is_word(Function::Finite, lower)
            || (lower.ends_with("ed") && at > range.start && !is_word(Function::Article, &context.lowers[at - 1]))
    };
    let end = range.end.min(range.start + MAX_UNCUED_SUBJECT_WORDS);
    (range.start + 1..end).find(|&at| is_verb(at) && context.lowers[at] != "that").unwrap_or(end)
}

/// The side after "by" in a passive ("was welcomed by the Foreign Minister of X").
fn by_phrase(context: &Context<'_>, hit: &CueHit, range: &Range<usize>) -> Option<Holder> {
    let by = (hit.end_word..range.end).take(8).find(|&i| context.lowers[i] == "by")?;
    let end = (by + 1..range.end).find(|&i| {
        let gap = &context.text[context.words[i - 1].span.end..context.words[i].span.start];
        gap.contains([',', ';']) || i - by > 8
    });
    let (subject, _) = context.subject(by + 1, end.unwrap_or(range.end));
    match subject {
        Subject::Sides { sides, .. } => Some(Holder::Sides(sides)),
        Subject::All => Some(Holder::Sides(context.cast.all())),
        _ => None,
    }
}

/// What follows the cue, "that" left out; the whole clause when nothing does.
fn content(context: &Context<'_>, clause: Span, cue: Option<Span>) -> Span {
    let Some(cue) = cue else { return clause };
    let rest = Span::new(cue.end.min(clause.end), clause.end).trimmed(context.text);
    let skipped =
        rest.slice(context.text).strip_prefix("that ").map_or(rest, |tail| Span::new(rest.end - tail.len(), rest.end));
    if skipped.is_empty() || !skipped.slice(context.text).contains(char::is_alphanumeric) { clause } else { skipped }
}
