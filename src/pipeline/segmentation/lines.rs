//! Lines, and what they are.

use crate::span::Span;

/// What a line of a readout is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum LineKind {
    /// Running text, or an item of a list.
    Text,
    /// A title or a heading.
    Heading,
    /// Who speaks from here on ("PRESIDENT ARO:").
    SpeakerLabel,
    /// What transcribers add ("(Laughter.)").
    StageDirection,
    /// Marks without words ("###", "* * *").
    Separator,
}

/// The lines of `text` that are not blank, with white space, list marks and speaker labels cut off; a label is a line
/// of its own.
pub(super) fn lines(text: &str) -> Vec<(LineKind, Span)> {
    let mut lines = Vec::new();
    let mut start = 0;
    for piece in text.split_inclusive(['\n', '\r', '\u{2028}', '\u{2029}']) {
        let span = Span::new(start, start + piece.len()).trimmed(text);
        start += piece.len();
        if !span.is_empty() {
            push_line(text, span, &mut lines);
        }
    }
    lines
}

fn push_line(text: &str, span: Span, lines: &mut Vec<(LineKind, Span)>) {
    let mut rest = Span::new(span.start + list_mark_len(span.slice(text)), span.end).trimmed(text);
    if let Some(label) = speaker_label_len(rest.slice(text)) {
        lines.push((LineKind::SpeakerLabel, Span::new(rest.start, rest.start + label)));
        rest = Span::new(rest.start + label, rest.end).trimmed(text);
    }
    while let Some(direction) = stage_direction_len(rest.slice(text)) {
        lines.push((LineKind::StageDirection, Span::new(rest.start, rest.start + direction)));
        rest = Span::new(rest.start + direction, rest.end).trimmed(text);
    }
    if !rest.is_empty() {
        lines.push((kind_of(rest.slice(text)), rest));
    }
}

fn kind_of(line: &str) -> LineKind {
    if !line.chars().any(char::is_alphanumeric) {
        LineKind::Separator
    } else if is_heading(line) {
        LineKind::Heading
    } else {
        LineKind::Text
    }
}

/// Longest heading in bytes; titles of readouts stay below.
const MAX_HEADING_BYTES: usize = 200;

/// A line without end punctuation that reads like a title: no full stop, and most of its longer words capitalised.
/// Chinese has no case, so there only the missing stop and the length count.
fn is_heading(line: &str) -> bool {
    let ends_open = !line.ends_with(|c: char| ".!?。！？…;；:：,，、”\"’')）」』".contains(c));
    if !ends_open || line.len() > MAX_HEADING_BYTES {
        return false;
    }
    if line.chars().any(super::is_ideograph) {
        return line.chars().count() <= 40 && !line.contains('，');
    }
    let long_words = line.split_whitespace().filter(|word| word.chars().count() > 3);
    let (capitalised, total) = long_words
        .fold((0, 0), |(c, n), word| (c + usize::from(!word.chars().next().is_some_and(char::is_lowercase)), n + 1));
    total == 0 || 10 * capitalised >= 7 * total
}

/// Bytes of a bullet or number that opens a list item, white space after it included; 0 when there is none.
fn list_mark_len(line: &str) -> usize {
    let bullet = line.chars().next().filter(|c| "-–—•·*●▪◦‣○".contains(*c)).map_or(0, char::len_utf8);
    if bullet > 0 && line[bullet..].starts_with(char::is_whitespace) {
        return bullet;
    }
    let inner = line.strip_prefix(['(', '（']);
    let digits_at = line.len() - inner.unwrap_or(line).len();
    let body = &line[digits_at..];
    let digits = body.len() - body.trim_start_matches(|c: char| c.is_ascii_digit()).len();
    let letters = body.len() - body.trim_start_matches(|c: char| c.is_ascii_lowercase()).len();
    let ideographs = body.len() - body.trim_start_matches(|c: char| "一二三四五六七八九十".contains(c)).len();
    let Some(mark) = [digits, ideographs, if letters <= 4 && inner.is_some() { letters } else { 0 }]
        .into_iter()
        .find(|&mark| mark > 0 && mark <= 9)
    else {
        return 0;
    };
    let after = &body[mark..];
    let close = after.chars().next().filter(|c| ".)）、．".contains(*c)).map_or(0, char::len_utf8);
    let spaced = after[close..].starts_with(char::is_whitespace) || !after[close..].is_ascii() || close == 3;
    if close > 0 && spaced { digits_at + mark + close } else { 0 }
}

/// Bytes of a speaker label in capitals ("PRESIDENT XI:", "Q") up to its colon.
fn speaker_label_len(line: &str) -> Option<usize> {
    let colon = line.find([':', '：'])?;
    let label = &line[..colon];
    let n_letters = label.chars().filter(|c| c.is_alphabetic()).count();
    let shaped = (2..=60).contains(&label.len())
        && n_letters >= 2
        && label.chars().all(|c| c.is_uppercase() || !c.is_alphabetic())
        && label.starts_with(char::is_alphabetic);
    shaped.then(|| colon + line[colon..].chars().next().map_or(0, char::len_utf8))
}

/// Longest stage direction in bytes.
const MAX_DIRECTION_BYTES: usize = 100;

/// Bytes of a parenthesis that opens the line and ends with a full stop inside, as transcribers write them.
fn stage_direction_len(line: &str) -> Option<usize> {
    let close = line.strip_prefix('(')?.find(')')? + 2;
    let inner = &line[1..close - 1];
    let is_direction = inner.ends_with('.') && inner.starts_with(char::is_uppercase) && close <= MAX_DIRECTION_BYTES;
    is_direction.then_some(close)
}
