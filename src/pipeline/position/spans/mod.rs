//! Spans: where in a readout its positions stand, found by a trained cutter.
//!
//! The text is cut into small units at punctuation and conjunctions; a semi-Markov conditional random field (Sarawagi
//! and Cohen, NIPS 2004) gives every run of units its probability of being one position; those are returned that do not
//! overlap and promise most matches with what an annotator marks. Names, titles and numbers are seen by their class
//! only, so that no side is treated unlike another. Trained on English readouts by `training/position_spans`; the model
//! card is `models/position_spans.md`.
//!
//! In: "The two leaders met today. President Aro reaffirmed his support for the ceasefire, and thanked Vey."
//! Out: "President Aro reaffirmed his support for the ceasefire", with a confidence.
//!
//! Linear in the text but for sorting the words of each sentence.

mod features;
mod hash;
mod lattice;
mod read;
mod tokens;
mod units;

use crate::models::contextual_embeddings::Reading;
use crate::models::position_spans::PositionSpanModel;
use crate::pipeline::Cancel;
use crate::pipeline::segmentation::{LineKind, Segmentation, is_running_text};
use crate::span::Span;
use features::Document;

/// One span that is likely to be a position.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct ScoredSpan {
    /// Where it stands, without conjunctions and punctuation around it; never empty.
    pub span: Span,
    /// Estimated probability, 0 to 1, that an annotator marked a position here: one that shares half the characters of both.
    pub confidence: f64,
}

/// Least expected matches of a span in a readout in the third person. Chosen for recall on five-fold cross-validation
/// over the annotated training readouts: .92 at precision .74; the best F1, .840 at .30, gives up .02 of recall.
const THIRD_PERSON_THRESHOLD: f64 = 0.20;
/// The same for remarks in the first person, where precision is lower: much of them is courtesy and anecdote. Recall
/// .807 with F1 .747; the best F1, .753 at .45, gives up .067 of recall.
const FIRST_PERSON_THRESHOLD: f64 = 0.30;

/// The same in the third person where the text was read. Chosen with the next one for recall on a fourth of the annotated
/// training readouts, by models that had not seen them. On half of them, with both: precision .726, recall .857, both ends of
/// 75 % of the links; without reading .714, .852, 76 %.
const THIRD_PERSON_READ_THRESHOLD: f64 = 0.30;
/// The same in the first person.
const FIRST_PERSON_READ_THRESHOLD: f64 = 0.20;

/// The spans of `text` that are likely to be positions, in reading order, not overlapping.
///
/// Spans that stand mostly in what `segmentation` tells to be no running text (headings, speaker labels, stage
/// directions) are left out. What the THOROUGH engine read of the text, if it read it to its end, has a say, too.
/// `is_first_person` is what [`crate::pipeline::attribution::is_first_person`] says of the
/// text. Total: text in other languages gives spans that mean little. None when `cancel` is set meanwhile.
#[must_use]
pub fn spans(
    cancel: &Cancel,
    text: &str,
    segmentation: &Segmentation,
    is_first_person: bool,
    reading: Option<&Reading>,
) -> Vec<ScoredSpan> {
    let reading = reading.filter(|reading| reading.is_whole());
    let threshold = match (reading.is_some(), is_first_person) {
        (false, false) => THIRD_PERSON_THRESHOLD,
        (false, true) => FIRST_PERSON_THRESHOLD,
        (true, false) => THIRD_PERSON_READ_THRESHOLD,
        (true, true) => FIRST_PERSON_READ_THRESHOLD,
    };
    let mut running = RunningText { segmentation, at: 0 };
    let cut = cut(cancel, text, is_first_person, reading, threshold).into_iter();
    // Remarks go on over paragraphs until another speaks; in the third person a paragraph is a topic, and a span over two
    // is two.
    let labels: Vec<Span> =
        segmentation.sentences.iter().filter(|s| s.kind == LineKind::SpeakerLabel).map(|s| s.span).collect();
    let is_whole = |scored: &ScoredSpan| {
        let next = labels.partition_point(|label| label.end <= scored.span.start);
        is_first_person && labels.get(next).is_none_or(|label| label.start >= scored.span.end)
    };
    let pieces = cut.flat_map(|scored| if is_whole(&scored) { vec![scored] } else { at_line_ends(text, scored) });
    let pieces = pieces.map(|scored| ScoredSpan { span: without_next_number(text, scored.span), ..scored });
    pieces.filter(|scored| running.holds(scored.span)).collect()
}

/// The span without the list number of the next item: "Both should stop. 2." is the first item and the number of the second.
fn without_next_number(text: &str, span: Span) -> Span {
    let slice = span.slice(text);
    let before =
        slice.strip_suffix(['.', ')']).map_or(slice, |rest| rest.trim_end_matches(|c: char| c.is_ascii_digit()));
    let item = before.strip_suffix('(').unwrap_or(before).trim_end();
    let is_number =
        before.len() + 1 < slice.len() && before.ends_with([' ', '(', '\n']) && item.ends_with(['.', ';', '!', '?']);
    if is_number { Span::new(span.start, span.start + item.len()) } else { span }
}

/// The pieces of a span between line ends.
fn at_line_ends(text: &str, scored: ScoredSpan) -> Vec<ScoredSpan> {
    let mut start = scored.span.start;
    let mut pieces = Vec::new();
    for line in scored.span.slice(text).split_inclusive('\n') {
        let span = trim(text, Span::new(start, start + line.len()).trimmed(text));
        start += line.len();
        if span.slice(text).split_whitespace().nth(MIN_PIECE_WORDS - 1).is_some() || span == scored.span {
            pieces.push(ScoredSpan { span, ..scored });
        }
    }
    pieces
}

/// Fewest words of a piece of a span that was cut at a line end.
const MIN_PIECE_WORDS: usize = 4;

/// The spans of the whole text, running or not.
fn cut(
    cancel: &Cancel,
    text: &str,
    is_first_person: bool,
    reading: Option<&Reading>,
    threshold: f64,
) -> Vec<ScoredSpan> {
    let model = PositionSpanModel::get();
    let (tokens, words) = tokens::tokenize(text, model);
    if cancel.is_cancelled() {
        return Vec::new();
    }
    let (units, boundaries) = units::units(&tokens, &words);
    if units.is_empty() {
        return Vec::new();
    }
    let document = Document { tokens: &tokens, words: &words, units: &units, boundaries: &boundaries, is_first_person };
    let mut scores = features::score(cancel, &document, model);
    if let Some(reading) = reading {
        scores = read::blend(scores, &document, reading);
    }
    if cancel.is_cancelled() {
        return Vec::new();
    }
    let marginals = lattice::marginals(&units, &scores);
    lattice::decode(&units, &marginals, threshold)
        .into_iter()
        .map(|segment| {
            let span = Span::new(units[segment.first].span.start, units[segment.last].span.end);
            ScoredSpan { span: trim(text, span), confidence: segment.expected }
        })
        .collect()
}

/// Reads the sentences alongside spans in reading order.
struct RunningText<'a> {
    segmentation: &'a Segmentation,
    /// The first sentence that does not end before the last span.
    at: usize,
}

impl RunningText<'_> {
    /// True when at least half of `span` is running text. Spans are asked for in reading order.
    fn holds(&mut self, span: Span) -> bool {
        let sentences = &self.segmentation.sentences;
        while sentences.get(self.at).is_some_and(|sentence| sentence.span.end <= span.start) {
            self.at += 1;
        }
        let inside = sentences[self.at..].iter().take_while(|sentence| sentence.span.start < span.end);
        let n_running: usize = inside.filter(|s| is_running_text(s)).map(|s| s.span.overlap(span)).sum();
        2 * n_running >= span.len()
    }
}

const LEADING_WORDS: [&str; 7] = ["and", "but", "so", "or", "well", "also", "now"];
const TRAILING_WORDS: [&str; 4] = ["and", "but", "so", "or"];
const MARKS: [char; 6] = [',', ';', ':', '—', '–', '-'];

/// The span without leading conjunctions and marks, trailing marks and conjunctions; `span` at least in part.
fn trim(text: &str, span: Span) -> Span {
    let mut rest = span.slice(text);
    while let Some(shorter) = without_lead(rest).filter(|shorter| !shorter.is_empty()) {
        rest = shorter;
    }
    let start = span.end - rest.len();
    while let Some(shorter) = without_tail(rest).filter(|shorter| !shorter.is_empty()) {
        rest = shorter;
    }
    Span::new(start, start + rest.len())
}

fn without_lead(text: &str) -> Option<&str> {
    let after_mark = text.strip_prefix(MARKS);
    let after_word = || {
        let rest = LEADING_WORDS.iter().find_map(|word| {
            let rest = text.get(word.len()..).filter(|_| is_word(&text[..word.len()], word))?;
            let goes_on = |c: char| c.is_alphanumeric() || ['_', '’', '\'', '-'].contains(&c);
            (!rest.starts_with(goes_on)).then_some(rest)
        })?;
        Some(rest.strip_prefix(',').unwrap_or(rest))
    };
    after_mark.or_else(after_word).map(str::trim_start)
}

fn without_tail(text: &str) -> Option<&str> {
    let before_marks = text.trim_end_matches(|c: char| c.is_whitespace() || MARKS.contains(&c));
    if before_marks.len() < text.len() {
        return Some(before_marks);
    }
    TRAILING_WORDS.iter().find_map(|word| {
        let at = text.len().checked_sub(word.len()).filter(|&at| text.is_char_boundary(at))?;
        let before = &text[..at];
        let is_whole = !before.ends_with(|c: char| c.is_alphanumeric() || c == '_');
        (is_whole && is_word(&text[at..], word)).then_some(before)
    })
}

/// True for `word` in lower case or with a capital, as it may open a sentence.
fn is_word(text: &str, word: &str) -> bool {
    text.eq_ignore_ascii_case(word) && text[1..] == word[1..]
}

#[cfg(test)]
mod tests;
