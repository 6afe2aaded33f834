//! Function words by class, from `function_words.tsv` and `function_words_zh.tsv`.

use crate::pipeline::word_classes::WordClasses;
use std::sync::LazyLock;

static ENGLISH: LazyLock<WordClasses> = LazyLock::new(|| WordClasses::parse(include_str!("function_words.tsv")));

/// The Chinese ones.
pub(super) static CHINESE: LazyLock<WordClasses> =
    LazyLock::new(|| WordClasses::parse(include_str!("function_words_zh.tsv")));

/// True when `word`, in lower case, is of `class`.
pub(super) fn is_word(class: &str, word: &str) -> bool {
    ENGLISH.has(class, word)
}
