//! Where things stand in a text: byte ranges, and their form in the unit that a caller counts in.
//!
//! In: a text and a byte range on character boundaries. Out: the same range in UTF-8 bytes, UTF-16 code units or
//! code points, as the position encodings of the Language Server Protocol define them.

use std::ops::Range;

/// A range in the text of one readout, in UTF-8 bytes, end exclusive, always on character boundaries.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Default)]
pub struct Span {
    /// First byte.
    pub start: usize,
    /// Byte after the last one.
    pub end: usize,
}

impl Span {
    /// The span from `start` up to `end`.
    #[must_use]
    pub const fn new(start: usize, end: usize) -> Self {
        Self { start, end }
    }

    /// Its length in bytes.
    #[must_use]
    pub const fn len(self) -> usize {
        self.end.saturating_sub(self.start)
    }

    /// True when nothing is in it.
    #[must_use]
    pub const fn is_empty(self) -> bool {
        self.len() == 0
    }

    /// The bytes that both spans hold.
    #[must_use]
    pub fn overlap(self, other: Self) -> usize {
        self.end.min(other.end).saturating_sub(self.start.max(other.start))
    }

    /// True when `other` lies inside.
    #[must_use]
    pub const fn contains(self, other: Self) -> bool {
        self.start <= other.start && other.end <= self.end
    }

    /// The quoted text.
    ///
    /// # Panics
    /// When the span was made for another text and does not fall on character boundaries of this one.
    #[must_use]
    pub fn slice(self, text: &str) -> &str {
        &text[self.start..self.end]
    }

    /// The span without white space at its ends; empty at its start when there is nothing else.
    #[must_use]
    pub fn trimmed(self, text: &str) -> Self {
        let slice = self.slice(text);
        let left = slice.len() - slice.trim_start().len();
        let start = self.start + left;
        Self::new(start, (start + slice.trim().len()).max(start))
    }
}

impl From<Range<usize>> for Span {
    fn from(range: Range<usize>) -> Self {
        Self::new(range.start, range.end)
    }
}

/// What one step of an offset counts.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum OffsetUnit {
    /// Bytes of UTF-8.
    #[default]
    Utf8,
    /// Code units of UTF-16.
    Utf16,
    /// Unicode code points.
    Utf32,
}

/// Converts byte offsets of one text into a unit, in logarithmic time an offset after one pass over the text.
#[derive(Debug)]
pub struct OffsetMap {
    unit: OffsetUnit,
    /// For every character that is not one unit a byte: the byte offset after it, and bytes less units up to there.
    steps: Vec<(usize, usize)>,
}

impl OffsetMap {
    /// The map of `text` for `unit`.
    #[must_use]
    pub fn new(text: &str, unit: OffsetUnit) -> Self {
        let mut steps = Vec::new();
        let mut surplus = 0;
        if unit != OffsetUnit::Utf8 {
            for (at, character) in text.char_indices().filter(|(_, c)| !c.is_ascii()) {
                let units = if unit == OffsetUnit::Utf16 { character.len_utf16() } else { 1 };
                surplus += character.len_utf8() - units;
                steps.push((at + character.len_utf8(), surplus));
            }
        }
        Self { unit, steps }
    }

    /// The offset `byte` in the unit of the map.
    #[must_use]
    pub fn offset(&self, byte: usize) -> usize {
        let after = self.steps.partition_point(|&(end, _)| end <= byte);
        byte - if after == 0 { 0 } else { self.steps[after - 1].1 }
    }

    /// The span's start and end in the unit of the map.
    #[must_use]
    pub fn range(&self, span: Span) -> Range<usize> {
        self.offset(span.start)..self.offset(span.end)
    }

    /// The unit of the map.
    #[must_use]
    pub const fn unit(&self) -> OffsetUnit {
        self.unit
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[track_caller]
    fn check(text: &str, needle: &str, unit: OffsetUnit, expected: Range<usize>) {
        let start = text.find(needle).expect("the needle is in the text");
        let span = Span::new(start, start + needle.len());
        assert_eq!(OffsetMap::new(text, unit).range(span), expected);
    }

    #[test]
    fn offsets_count_in_the_unit_asked_for() {
        check("中方 agreed", "agreed", OffsetUnit::Utf8, 7..13);
        check("中方 agreed", "agreed", OffsetUnit::Utf16, 3..9);
        check("😀 agreed", "agreed", OffsetUnit::Utf16, 3..9);
        check("😀 agreed", "agreed", OffsetUnit::Utf32, 2..8);
        check("e\u{301}t agreed 😀😀", "😀😀", OffsetUnit::Utf32, 11..13);
    }

    #[test]
    fn trimming_keeps_an_empty_span_in_place() {
        assert_eq!(Span::new(0, 3).trimmed("   x"), Span::new(3, 3));
        assert_eq!(Span::new(0, 5).trimmed(" a\u{3000}"), Span::new(1, 2));
    }
}
