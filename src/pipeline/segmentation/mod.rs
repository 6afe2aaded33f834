//! Segmentation: from a text to lines, sentences and words, all as spans of the original text.
//!
//! Sentences are those of Unicode Standard Annex 29 as `icu_segmenter` finds them, mended in three ways: a break after
//! an abbreviation ("Mr.", "U.S.") or an initial is undone, a quotation of several sentences stays whole, and nothing
//! crosses a line end. What is no running text (headings, speaker labels, stage directions, separators, datelines) is
//! told apart by [`LineKind`].
//!
//! In: `"President Aro spoke today with Mr. Vey. He thanked him."`
//! Out: two sentences of kind `Text` in line 0.

mod lines;
mod sentences;
mod words;

pub use lines::LineKind;
pub use words::{Word, is_ideograph, words};

use crate::pipeline::Cancel;
use crate::span::Span;
use std::ops::Range;

/// Longest sentence in bytes. Readouts stay under 1,200 on all 1,388 White House texts; a longer stretch is a list or
/// no language at all, and the later stages are quadratic in a sentence's words.
pub const MAX_SENTENCE_BYTES: usize = 4_000;

/// Longest quotation in bytes that is kept as one sentence. A longer one is a whole speech.
pub const MAX_QUOTATION_BYTES: usize = 600;

/// One sentence, or one line that is none.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Sentence {
    /// Where it stands, without white space at its ends; never empty.
    pub span: Span,
    /// Index of its line among the lines that are not blank.
    pub line: usize,
    /// What the line is.
    pub kind: LineKind,
    /// Its words, as indices into those of the text.
    pub words: Range<usize>,
}

/// The units of a text.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Segmentation {
    /// In reading order, not overlapping.
    pub sentences: Vec<Sentence>,
    /// The words of all sentences, in reading order.
    pub words: Vec<Word>,
    /// How many sentences were over [`MAX_SENTENCE_BYTES`] and were cut at white space or anywhere.
    pub n_split: usize,
}

impl Segmentation {
    /// The words of a sentence.
    #[must_use]
    pub fn words_of(&self, sentence: &Sentence) -> &[Word] {
        &self.words[sentence.words.clone()]
    }

    /// The words that lie in `span`.
    #[must_use]
    pub fn words_in(&self, span: Span) -> &[Word] {
        let first = self.words.partition_point(|word| word.span.start < span.start);
        let n = self.words[first..].partition_point(|word| word.span.end <= span.end);
        &self.words[first..first + n]
    }
}

/// The sentences of `text` with their words; the first of them when `cancel` is set meanwhile.
#[must_use]
pub fn segment(cancel: &Cancel, text: &str) -> Segmentation {
    let mut segmentation = Segmentation::default();
    for (line, (kind, span)) in lines::lines(text).into_iter().enumerate() {
        if cancel.is_cancelled() {
            break;
        }
        let spans = if kind == LineKind::Text { sentences::sentences(text, span) } else { vec![span] };
        for sentence in spans {
            let pieces = sentences::cut_to_limit(text, sentence, MAX_SENTENCE_BYTES);
            segmentation.n_split += usize::from(pieces.len() > 1);
            for span in pieces {
                let first = segmentation.words.len();
                segmentation.words.extend(words::words(text, span));
                segmentation.sentences.push(Sentence { span, line, kind, words: first..segmentation.words.len() });
            }
        }
    }
    segmentation
}

/// True when `span` holds running text that can carry positions.
#[must_use]
pub fn is_running_text(sentence: &Sentence) -> bool {
    sentence.kind == LineKind::Text
}

#[cfg(test)]
mod tests {
    use super::*;

    #[track_caller]
    fn check(text: &str, expected: &[&str]) {
        let segmentation = segment(&Cancel::default(), text);
        let found: Vec<&str> =
            segmentation.sentences.iter().filter(|s| is_running_text(s)).map(|s| s.span.slice(text)).collect();
        assert_eq!(found, expected);
    }

    #[test]
    fn abbreviations_do_not_end_sentences() {
        check("Mr. Aro met Gen. Vey, Jr. at noon. He left.", &["Mr. Aro met Gen. Vey, Jr. at noon.", "He left."]);
        check("It backs the U.S. The sides met.", &["It backs the U.S.", "The sides met."]);
        check("It backs the U.S. President’s plan.", &["It backs the U.S. President’s plan."]);
        check("Joseph R. Aro spoke.  She agreed.", &["Joseph R. Aro spoke.", "She agreed."]);
        check("See No. 5 of the plan. It holds.", &["See No. 5 of the plan.", "It holds."]);
    }

    #[test]
    fn quotations_stay_whole() {
        check(
            "\"We must talk. This is our duty,\" the President said. He left.",
            &["\"We must talk. This is our duty,\" the President said.", "He left."],
        );
        check("“We agree. We thank you.” They left.", &["“We agree. We thank you.”", "They left."]);
        check("An \"open quote. It never closes.", &["An \"open quote.", "It never closes."]);
    }

    #[test]
    fn chinese_sentences_end_at_ideographic_stops() {
        check(
            "习近平指出，双方应加强沟通。中方愿同美方合作！",
            &["习近平指出，双方应加强沟通。", "中方愿同美方合作！"],
        );
        check("他说：“我们同意。我们感谢。”会谈结束。", &["他说：“我们同意。我们感谢。”", "会谈结束。"]);
    }

    #[test]
    fn lines_that_are_no_running_text_are_told_apart() {
        check("READOUT OF A CALL\n\nThe sides met.\n\n###\n", &["The sides met."]);
        check("PRESIDENT ARO:  (As interpreted.)  We agree.\n(Laughter.)\n", &["We agree."]);
        check("- We support the plan.\n2. We reject the cut.", &["We support the plan.", "We reject the cut."]);
        check("", &[]);
        check(" \n\t\n", &[]);
    }

    #[test]
    fn one_endless_word_is_cut_and_counted() {
        let text = "é".repeat(MAX_SENTENCE_BYTES);
        let segmentation = segment(&Cancel::default(), &text);
        assert_eq!(segmentation.n_split, 1);
        assert!(segmentation.sentences.iter().all(|s| s.span.len() <= MAX_SENTENCE_BYTES));
        assert_eq!(segmentation.sentences.iter().map(|s| s.span.len()).sum::<usize>(), text.len());
    }
}
