//! Tables of words by class: one row a word, columns class and word, as the stages' `*_words.tsv` are.

use std::collections::BTreeMap;

/// A parsed table.
#[derive(Debug)]
pub struct WordClasses(BTreeMap<&'static str, Vec<&'static str>>);

impl WordClasses {
    /// The classes of `table`; lines that start with '#' are comments.
    #[must_use]
    pub fn parse(table: &'static str) -> Self {
        let mut classes: BTreeMap<&str, Vec<&str>> = BTreeMap::new();
        for (class, word) in
            table.lines().filter(|line| !line.starts_with('#')).filter_map(|line| line.split_once('\t'))
        {
            classes.entry(class).or_default().push(word);
        }
        classes.values_mut().for_each(|words| words.sort_unstable());
        Self(classes)
    }

    /// True when `word`, written as in the table, is of `class`.
    #[must_use]
    pub fn has(&self, class: &str, word: &str) -> bool {
        self.of(class).binary_search(&word).is_ok()
    }

    /// The words of `class`, ascending.
    #[must_use]
    pub fn of(&self, class: &str) -> &[&'static str] {
        self.0.get(class).map_or(&[], Vec::as_slice)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_row_is_of_one_class() {
        let classes = WordClasses::parse("# a comment\nbe\tis\nbe\tare\nhave\thas");
        assert!(classes.has("be", "are") && classes.has("have", "has"));
        assert!(!classes.has("be", "has") && !classes.has("do", "does"));
        assert_eq!(classes.of("be"), ["are", "is"]);
    }
}
