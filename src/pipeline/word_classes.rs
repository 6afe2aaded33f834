//! Tables of words by class: one row a word or a phrase, columns class and word, as the stages' `*_words.tsv` are.
//!
//! The classes of a table are an enum, made by [`word_classes!`](crate::pipeline::word_classes::word_classes), so that a
//! lookup is one of bytes and not of names: a text asks some thousand times, and most words are of no class.

use std::borrow::Cow;

/// A class of words, as its table names it.
pub trait Class: Copy + 'static {
    /// All classes of the table, in the order of their index.
    const NAMES: &'static [&'static str];

    /// Its place in `NAMES`.
    fn index(self) -> usize;
}

/// Declares the enum of a table's classes, each with the name that the table has for it.
macro_rules! word_classes {
    ($(#[$meta:meta])* $vis:vis enum $name:ident { $($variant:ident = $word:literal),* $(,)? }) => {
        $(#[$meta])*
        #[derive(Debug, Clone, Copy, PartialEq, Eq)]
        $vis enum $name { $($variant),* }

        impl $crate::pipeline::word_classes::Class for $name {
            const NAMES: &'static [&'static str] = &[$($word),*];

            fn index(self) -> usize {
                self as usize
            }
        }
    };
}
pub(crate) use word_classes;

/// A parsed table.
#[derive(Debug)]
pub struct WordClasses<C> {
    lists: Vec<List>,
    class: std::marker::PhantomData<C>,
}

#[derive(Debug)]
struct List {
    /// Ascending.
    words: Vec<&'static str>,
    /// The words of those that are several.
    phrases: Vec<Vec<&'static str>>,
    /// By first byte, a bit for each length that a word with it has; the last bit for all from 31 on.
    lengths: [u32; 256],
}

impl List {
    fn new(mut words: Vec<&'static str>) -> Self {
        words.sort_unstable();
        let phrases = words.iter().filter(|word| word.contains(' ')).map(|word| word.split(' ').collect()).collect();
        let mut lengths = [0; 256];
        for word in words.iter().filter(|word| !word.is_empty()) {
            lengths[usize::from(word.as_bytes()[0])] |= length_bit(word);
        }
        Self { words, phrases, lengths }
    }
}

fn length_bit(word: &str) -> u32 {
    1 << word.len().min(31)
}

impl<C: Class> WordClasses<C> {
    /// The classes of `table`; lines that start with '#' are comments.
    ///
    /// # Panics
    /// When the table names a class that the enum lacks, or has no word of one: it is part of the program.
    #[must_use]
    pub fn parse(table: &'static str) -> Self {
        let mut words: Vec<Vec<&str>> = vec![Vec::new(); C::NAMES.len()];
        for (class, word) in
            table.lines().filter(|line| !line.starts_with('#')).filter_map(|line| line.split_once('\t'))
        {
            let at = C::NAMES.iter().position(|name| *name == class).expect("the enum has the classes of its table");
            words[at].push(word);
        }
        assert!(words.iter().all(|list| !list.is_empty()), "every class has words");
        Self { lists: words.into_iter().map(List::new).collect(), class: std::marker::PhantomData }
    }

    /// True when `word`, written as in the table, is of `class`.
    #[must_use]
    pub fn has(&self, class: C, word: &str) -> bool {
        let list = &self.lists[class.index()];
        let is_like = word.bytes().next().is_some_and(|first| list.lengths[usize::from(first)] & length_bit(word) != 0);
        is_like && list.words.binary_search(&word).is_ok()
    }

    /// True when a word or a phrase of `class` stands in `lowers`, which are words in lower case.
    #[must_use]
    pub fn stands_in(&self, class: C, lowers: &[Cow<'_, str>]) -> bool {
        let stands = |phrase: &Vec<&str>| lowers.windows(phrase.len()).any(|words| words == phrase.as_slice());
        lowers.iter().any(|lower| self.has(class, lower)) || self.lists[class.index()].phrases.iter().any(stands)
    }

    /// The words of `class`, ascending.
    #[must_use]
    pub fn of(&self, class: C) -> &[&'static str] {
        &self.lists[class.index()].words
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    word_classes! {
        enum Verb { Be = "be", Have = "have" }
    }

    #[test]
    fn every_row_is_of_one_class() {
        let classes = WordClasses::parse("# a comment\nbe\tis\nbe\tare\nhave\thas\nhave\thave to");
        assert!(classes.has(Verb::Be, "are") && classes.has(Verb::Have, "has"));
        assert!(!classes.has(Verb::Be, "has") && !classes.has(Verb::Have, "does") && !classes.has(Verb::Be, ""));
        assert_eq!(classes.of(Verb::Be), ["are", "is"]);
    }

    #[test]
    fn phrases_stand_in_running_words() {
        let classes: WordClasses<Verb> = WordClasses::parse("be\tis\nhave\thave to");
        fn words(text: &str) -> Vec<Cow<'_, str>> {
            text.split(' ').map(Cow::Borrowed).collect()
        }
        assert!(classes.stands_in(Verb::Have, &words("they have to go")));
        assert!(!classes.stands_in(Verb::Have, &words("have they to")));
        assert!(!classes.stands_in(Verb::Have, &[]));
    }

    #[test]
    #[should_panic(expected = "the enum has the classes of its table")]
    fn a_class_without_a_variant_is_no_table() {
        let _: WordClasses<Verb> = WordClasses::parse("do\tdoes");
    }
}
