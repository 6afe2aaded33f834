//! The words of figures, from two tables.

use super::super::Comparator;
use foldhash::{HashMap, HashSet};
use std::sync::LazyLock;

static FIGURE_WORDS: &str = include_str!("figure_words.tsv");
static CURRENCIES: &str = include_str!("currencies.tsv");

pub(super) static WORDS: LazyLock<Words> = LazyLock::new(Words::parse);

/// The tables, by class.
#[derive(Debug, Default)]
pub(super) struct Words {
    /// Endings of words that may stand between a number and what it counts.
    pub adjectives: Vec<&'static str>,
    /// Words before a number, the longest first.
    pub comparators: Vec<(&'static str, Comparator)>,
    /// Denominators.
    pub fractions: HashMap<&'static str, f64>,
    /// Words after a number that are nothing counted.
    pub joins: HashMap<&'static str, ()>,
    /// Words whose number is a name.
    pub labels: Vec<&'static str>,
    /// Units that a spelled number of any size counts.
    pub measures: HashMap<&'static str, &'static str>,
    /// 1 to 12.
    pub months: HashMap<&'static str, f64>,
    /// Factors.
    pub multipliers: HashMap<&'static str, f64>,
    /// Spelled numbers.
    pub numerals: HashMap<&'static str, f64>,
    /// Words inside a range.
    pub ranges: Vec<&'static str>,
    /// Factors glued to the digits.
    pub suffixes: HashMap<&'static str, f64>,
    /// Words before a date.
    pub until: Vec<(&'static str, Comparator)>,
    /// Chinese units, the longest first.
    pub zh_counted: Vec<(&'static str, &'static str)>,
    /// Names and codes of currencies.
    pub currencies: HashMap<&'static str, &'static str>,
    /// Signs of currencies, the longest first.
    pub signs: Vec<(&'static str, &'static str)>,
    /// Words in lower case that may open a figure.
    pub openers: HashSet<&'static str>,
    /// The lengths of these for every first byte, as bits.
    opener_lengths: Vec<u64>,
}

impl Words {
    fn parse() -> Self {
        let mut words = Self::default();
        for (class, word, value) in rows(FIGURE_WORDS).map(|row| (row[0], row[1], row[2])) {
            let number = || value.parse::<f64>().expect("the table's numbers are numbers");
            match class {
                "adjective" => words.adjectives.push(word),
                "comparator" => words.comparators.push((word, comparator(value))),
                "fraction" => drop(words.fractions.insert(word, number())),
                "joins" => drop(words.joins.insert(word, ())),
                "label" => words.labels.push(word),
                "measure" => drop(words.measures.insert(word, value)),
                "month" => drop(words.months.insert(word, number())),
                "multiplier" => drop(words.multipliers.insert(word, number())),
                "numeral" => drop(words.numerals.insert(word, number())),
                "ranges" => words.ranges.push(word),
                "suffix" => drop(words.suffixes.insert(word, number())),
                "until" => words.until.push((word, comparator(value))),
                "zh_counted" => words.zh_counted.push((word, value)),
                other => unreachable!("no class {other}"),
            }
        }
        for (name, unit) in rows(CURRENCIES).map(|row| (row[0], row[1])) {
            words.currencies.insert(name, unit);
            // "US$" and "元" stand beside the number without a space.
            if !name.is_ascii() || name.contains('$') {
                words.signs.push((name, unit));
            }
        }
        let openers = words.numerals.keys().chain(words.fractions.keys()).chain(words.months.keys()).chain([&"half"]);
        words.openers = openers.copied().collect();
        words.opener_lengths = vec![0; 256];
        for word in &words.openers {
            words.opener_lengths[usize::from(word.as_bytes()[0])] |= length_bit(word);
        }
        words.comparators.sort_by_key(|(word, _)| std::cmp::Reverse(word.len()));
        words.zh_counted.sort_by_key(|(word, _)| std::cmp::Reverse(word.len()));
        words.signs.sort_by_key(|(word, _)| std::cmp::Reverse(word.len()));
        words
    }
}

impl Words {
    /// False for most words that are no numeral, fraction or month, in whatever case.
    pub(super) fn may_open(&self, word: &str) -> bool {
        let is_like = |first: u8| self.opener_lengths[usize::from(first.to_ascii_lowercase())] & length_bit(word) != 0;
        // Outside ASCII the lower case may have other bytes.
        !word.is_ascii() || word.bytes().next().is_some_and(is_like)
    }
}

/// Lengths from 63 on share a bit.
fn length_bit(word: &str) -> u64 {
    1 << word.len().min(63)
}

fn rows(table: &'static str) -> impl Iterator<Item = Vec<&'static str>> {
    table.lines().filter(|row| !row.starts_with('#')).map(|row| row.split('\t').collect())
}

fn comparator(name: &str) -> Comparator {
    match name {
        "at_least" => Comparator::AtLeast,
        "at_most" => Comparator::AtMost,
        "about" => Comparator::About,
        other => unreachable!("no comparator {other}"),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_tables_are_whole() {
        assert_eq!(WORDS.months.len(), 12);
        assert_eq!(WORDS.currencies.get("canadian dollars"), Some(&"CAD"));
        assert_eq!(WORDS.currencies.get("UAH"), Some(&"UAH"));
        for table in [FIGURE_WORDS, CURRENCIES] {
            let mut names: Vec<Vec<&str>> = rows(table).map(|row| row[..row.len() - 1].to_vec()).collect();
            let n_rows = names.len();
            names.sort_unstable();
            names.dedup();
            assert_eq!(names.len(), n_rows, "no row stands twice");
        }
    }
}
