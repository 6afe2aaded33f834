//! Function words by class, from `function_words.tsv`.

use std::collections::BTreeMap;
use std::sync::LazyLock;

static WORDS: LazyLock<BTreeMap<&str, Vec<&str>>> = LazyLock::new(|| {
    let mut words: BTreeMap<&str, Vec<&str>> = BTreeMap::new();
    for line in include_str!("function_words.tsv").lines().filter(|line| !line.starts_with('#')) {
        if let Some((class, word)) = line.split_once('\t') {
            words.entry(class).or_default().push(word);
        }
    }
    words.values_mut().for_each(|list| list.sort_unstable());
    words
});

/// True when `word`, in lower case, is of `class`.
pub(super) fn is_word(class: &str, word: &str) -> bool {
    WORDS.get(class).is_some_and(|list| list.binary_search(&word).is_ok())
}
