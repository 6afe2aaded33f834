//! Words by Unicode word boundaries.

use crate::span::Span;
use std::borrow::Cow;
use unicode_segmentation::UnicodeSegmentation as _;

/// One word: letters, digits, and what joins them ("Ukraine’s", "U.S", "1.5"). An ideograph is a word of its own.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Word {
    /// Where it stands.
    pub span: Span,
    /// ASCII without capitals, as most words are: then it is its own lower case.
    is_lower: bool,
}

impl Word {
    /// Its text in lower case, `text` being the one that it was found in, with the typewriter apostrophe for the curly one.
    #[must_use]
    pub fn lower<'a>(&self, text: &'a str) -> Cow<'a, str> {
        let slice = self.span.slice(text);
        if self.is_lower {
            Cow::Borrowed(slice)
        } else if slice.is_ascii() {
            Cow::Owned(slice.to_ascii_lowercase())
        } else {
            Cow::Owned(slice.to_lowercase().replace('’', "'"))
        }
    }
}

/// The words of `span`, in reading order. White space and punctuation are left out.
#[must_use]
pub fn words(text: &str, span: Span) -> Vec<Word> {
    let slice = span.slice(text);
    slice
        .unicode_word_indices()
        .map(|(at, word)| Word {
            span: Span::new(span.start + at, span.start + at + word.len()),
            is_lower: word.bytes().all(|byte| byte.is_ascii() && !byte.is_ascii_uppercase()),
        })
        .collect()
}

/// True for Chinese characters, the extensions included.
#[must_use]
pub const fn is_ideograph(character: char) -> bool {
    matches!(character, '\u{3400}'..='\u{4DBF}' | '\u{4E00}'..='\u{9FFF}' | '\u{F900}'..='\u{FAFF}' | '\u{20000}'..='\u{3FFFF}')
}

#[cfg(test)]
mod tests {
    use super::*;

    #[track_caller]
    fn check(text: &str, expected: &[&str]) {
        let found: Vec<&str> = words(text, Span::new(0, text.len())).iter().map(|w| w.span.slice(text)).collect();
        assert_eq!(found, expected);
    }

    #[test]
    fn words_keep_what_joins_them() {
        check("Ukraine’s $1.5 billion, U.S.-led.", &["Ukraine’s", "1.5", "billion", "U.S", "led"]);
        check("中方 愿", &["中", "方", "愿"]);
        check("🙂 e\u{301}te", &["e\u{301}te"]);
        check("", &[]);
    }
}
