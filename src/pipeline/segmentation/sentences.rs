//! Sentences inside one line.

use super::MAX_QUOTATION_BYTES;
use crate::span::Span;
use icu_segmenter::SentenceSegmenter;
use icu_segmenter::options::SentenceBreakInvariantOptions;
use std::collections::BTreeMap;
use std::sync::LazyLock;

/// Abbreviations in lower case, and whether they can end a sentence.
static ABBREVIATIONS: LazyLock<BTreeMap<&str, bool>> = LazyLock::new(|| {
    let table = include_str!("abbreviations.txt");
    table
        .lines()
        .filter(|line| !line.starts_with('#'))
        .map(|line| line.strip_prefix('?').map_or((line, false), |word| (word, true)))
        .collect()
});

static OPENERS: LazyLock<Vec<&str>> =
    LazyLock::new(|| include_str!("sentence_openers.txt").lines().filter(|line| !line.starts_with('#')).collect());

/// The sentences of the line at `line`, trimmed, none empty.
pub(super) fn sentences(text: &str, line: Span) -> Vec<Span> {
    let segmenter = SentenceSegmenter::new(SentenceBreakInvariantOptions::default());
    let slice = line.slice(text);
    let mut sentences = Vec::new();
    let mut start = 0;
    let mut quotation = Quotation::default();
    for end in segmenter.segment_str(slice).filter(|&end| end > 0) {
        quotation.read(&slice[start.max(quotation.read_to)..end], end);
        let is_open = quotation.is_open() && quotation.closes_in(&slice[end..]) && end - start < MAX_QUOTATION_BYTES;
        if end < slice.len() && (is_open || is_abbreviation(&slice[start..end], &slice[end..])) {
            continue;
        }
        let span = Span::new(line.start + start, line.start + end).trimmed(text);
        if !span.is_empty() {
            sentences.push(span);
        }
        start = end;
        quotation.forget_straight();
    }
    sentences
}

/// True when `piece` ends in an abbreviation that does not end a sentence before `rest`.
fn is_abbreviation(piece: &str, rest: &str) -> bool {
    let Some(stem) = piece.trim_end().strip_suffix('.') else { return false };
    let word_at = stem
        .rfind(|c: char| !(c.is_alphanumeric() || c == '.'))
        .map_or(0, |at| at + stem[at..].chars().next().map_or(0, char::len_utf8));
    let word = &stem[word_at..];
    let mut characters = word.chars();
    let is_initial = characters.next().is_some_and(char::is_uppercase) && characters.next().is_none() && word != "I";
    match ABBREVIATIONS.get(word.to_lowercase().as_str()) {
        Some(false) => true,
        Some(true) => {
            let next = rest.trim_start().split(|c: char| !c.is_alphanumeric()).next().unwrap_or_default();
            OPENERS.binary_search(&next.to_lowercase().as_str()).is_err()
        }
        None => is_initial,
    }
}

/// Which quotation marks are open. Straight quotes toggle; paired ones nest.
#[derive(Default)]
struct Quotation {
    read_to: usize,
    straight: bool,
    paired: usize,
}

impl Quotation {
    fn read(&mut self, piece: &str, end: usize) {
        self.read_to = end;
        for character in piece.chars() {
            match character {
                '"' => self.straight = !self.straight,
                '“' | '「' | '『' | '«' => self.paired += 1,
                '”' | '」' | '』' | '»' => self.paired = self.paired.saturating_sub(1),
                _ => {}
            }
        }
    }

    const fn is_open(&self) -> bool {
        self.straight || self.paired > 0
    }

    /// True when what is open closes in `rest` before the quotation grows too long to be one statement.
    fn closes_in(&self, rest: &str) -> bool {
        let closing: &[char] = if self.straight { &['"'] } else { &['”', '」', '』', '»'] };
        rest.find(closing).is_some_and(|at| at < MAX_QUOTATION_BYTES)
    }

    /// A straight quote that is still open at a sentence end has lost its partner; the next one opens anew.
    const fn forget_straight(&mut self) {
        self.straight = false;
        self.paired = 0;
    }
}

/// `span` in pieces of at most `limit` bytes, cut after white space where there is any in the last half.
pub(super) fn cut_to_limit(text: &str, span: Span, limit: usize) -> Vec<Span> {
    let mut pieces = Vec::new();
    let mut rest = span;
    while rest.len() > limit {
        let mut end = text.floor_char_boundary(rest.start + limit);
        let half = text.floor_char_boundary(rest.start + limit / 2);
        if let Some(at) = text[half..end].rfind(char::is_whitespace) {
            end = half + at;
        }
        pieces.push(Span::new(rest.start, end).trimmed(text));
        rest = Span::new(end, rest.end).trimmed(text);
    }
    pieces.push(rest);
    pieces.retain(|piece| !piece.is_empty());
    pieces
}
