//! Facts about the contact that one text tells: its form, who asked for it, dates, length, mood.

use super::types::{ContactFacts, ContactKind};
use crate::pipeline::position::{DATE, Figure, MONTH_DAY, figures};
use crate::pipeline::segmentation::{Segmentation, Word};
use crate::pipeline::sides::{Cast, SideIdx, Who};
use crate::pipeline::word_classes::{WordClasses, word_classes};
use crate::span::Span;
use foldhash::HashSet;
use std::borrow::Cow;
use std::sync::LazyLock;

/// Sentences that tell of the contact as a whole open a readout.
const N_OPENING: usize = 3;

static TONE_TERMS: LazyLock<HashSet<&str>> =
    LazyLock::new(|| include_str!("tone_terms.txt").lines().filter(|line| !line.starts_with('#')).collect());

word_classes! {
    /// The classes of `contact_words.tsv`.
    enum ContactWord {
        Duration = "duration",
        Noun = "noun",
    }
}

/// Words by which the contact is told from what it was about.
static CONTACT_WORDS: LazyLock<WordClasses<ContactWord>> =
    LazyLock::new(|| WordClasses::parse(include_str!("contact_words.tsv")));
/// Words between a tone word and the noun it describes ("candid, in-depth and constructive conversation").
const TONE_REACH: usize = 5;

/// The facts of the contact as `text` tells them.
#[must_use]
pub fn facts(text: &str, segmentation: &Segmentation, cast: &Cast) -> ContactFacts {
    let mut facts = ContactFacts::default();
    for sentence in segmentation.sentences.iter().take(N_OPENING) {
        let (span, words) = (sentence.span, segmentation.words_of(sentence));
        if let Some((kind, at)) = facts.kind.is_none().then(|| kind(text, span)).flatten() {
            facts.kind = Some(kind);
            facts.evidence.push(at);
        }
        if let Some((side, at)) = facts.requested_by.is_none().then(|| requested_by(text, words, cast)).flatten() {
            facts.requested_by = Some(side);
            facts.evidence.push(at);
        }
        facts.dates.extend(dates(text, words, span));
        if facts.duration_minutes.is_none() {
            facts.duration_minutes = duration(text, words, span);
        }
    }
    facts.evidence.sort_unstable();
    facts.tone_terms =
        segmentation.sentences.iter().flat_map(|sentence| tone_terms(text, segmentation.words_of(sentence))).collect();
    facts
}

fn kind(text: &str, span: Span) -> Option<(ContactKind, Span)> {
    // Lower-casing may change byte lengths outside ASCII; then the phrase cannot be quoted exactly and the sentence is.
    let slice = span.slice(text);
    let lower = slice.to_ascii_lowercase();
    include_str!("contact_kinds.tsv").lines().filter(|line| !line.starts_with('#')).find_map(|line| {
        let (kind, phrase) = line.split_once('\t')?;
        let at = lower.find(phrase)?;
        let kind = match kind {
            "video_call" => ContactKind::VideoCall,
            "call" => ContactKind::Call,
            "meeting" => ContactKind::Meeting,
            _ => ContactKind::Talks,
        };
        Some((kind, Span::new(span.start + at, span.start + at + phrase.len()).trimmed(text)))
    })
}

/// "at the request of X", "at X's initiative", "initiated by X".
fn requested_by(text: &str, words: &[Word], cast: &Cast) -> Option<(SideIdx, Span)> {
    let lowers: Vec<Cow<'_, str>> = words.iter().map(|word| word.lower(text)).collect();
    let side = |from: usize, to: usize| {
        let part = Span::new(words.get(from)?.span.start, words.get(to.min(words.len()) - 1)?.span.end);
        cast.mentions(text, part).into_iter().find_map(|mention| match mention.who {
            Who::Side(side) => Some((side, part)),
            Who::Entity(_) | Who::Person => None,
        })
    };
    (0..words.len()).find_map(|at| match lowers[at].as_ref() {
        "request" | "initiative" | "invitation" if lowers.get(at + 1).is_some_and(|w| w == "of") => side(at, at + 9),
        "request" | "initiative" if at >= 2 && (lowers[at - 1].ends_with("'s") || lowers[at - 2] == "at") => {
            side(at.saturating_sub(3), at + 1)
        }
        "initiated" | "requested" if lowers.get(at + 1).is_some_and(|w| w == "by") => side(at, at + 9),
        _ => None,
    })
}

/// The days that the sentence names: "August 12, 2017", "12 August".
fn dates(text: &str, words: &[Word], span: Span) -> Vec<Span> {
    let is_day = |figure: &Figure| figure.unit == DATE || figure.unit == MONTH_DAY;
    figures(text, words, span).into_iter().filter(is_day).map(|figure| figure.span).collect()
}

/// Minutes, when the sentence says how long the contact took ("lasted two hours", "a 90-minute call").
fn duration(text: &str, words: &[Word], span: Span) -> Option<f64> {
    let lower = span.slice(text).to_lowercase();
    if !CONTACT_WORDS.of(ContactWord::Duration).iter().any(|words| lower.contains(words)) {
        return None;
    }
    let found = figures(text, words, span).into_iter();
    // "one hour and 20 minutes" is one length.
    let minutes = found.filter_map(|figure| match figure.unit.as_str() {
        "minute" => Some(figure.value),
        "hour" => Some(figure.value * 60.0),
        _ => None,
    });
    minutes.reduce(|sum, part| if part < 60.0 && sum % 60.0 == 0.0 { sum + part } else { sum })
}

fn tone_terms(text: &str, words: &[Word]) -> Vec<Span> {
    let mut found = Vec::new();
    for at in 0..words.len() {
        // Words break at hyphens, so "in-depth" is two.
        let one = words[at].lower(text);
        let is_term = |word: &str| TONE_TERMS.contains(word);
        let next = words.get(at + 1).filter(|next| text[words[at].span.end..next.span.start] == *"-");
        let two = next.map(|next| format!("{one}-{}", next.lower(text)));
        let n = match two.filter(|two| is_term(two)) {
            Some(_) => 2,
            None if is_term(&one) => 1,
            None => continue,
        };
        let after = &words[at + n..(at + n + TONE_REACH).min(words.len())];
        if after.iter().any(|word| CONTACT_WORDS.has(ContactWord::Noun, &word.lower(text))) {
            found.push(Span::new(words[at].span.start, words[at + n - 1].span.end));
        }
    }
    found
}
