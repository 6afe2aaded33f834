//! Words by Unicode word boundaries.

use crate::span::Span;
use unicode_segmentation::UnicodeSegmentation as _;

/// One word: letters, digits, and what joins them ("Ukraine’s", "U.S", "1.5"). An ideograph is a word of its own.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Word {
    /// Where it stands.
    pub span: Span,
}

impl Word {
    /// Its text in lower case, with the typewriter apostrophe for the curly one.
    #[must_use]
    pub fn lower(&self, text: &str) -> String {
        let slice = self.span.slice(text);
        if slice.is_ascii() { slice.to_ascii_lowercase() } else { slice.to_lowercase().replace('’', "'") }
    }
}

/// The words of `span`, in reading order. White space and punctuation are left out.
#[must_use]
pub fn words(text: &str, span: Span) -> Vec<Word> {
    let slice = span.slice(text);
    slice
        .unicode_word_indices()
        .map(|(at, word)| Word { span: Span::new(span.start + at, span.start + at + word.len()) })
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
