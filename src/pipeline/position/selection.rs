//! Selection: which clauses state a position, and which only greet, set the scene or describe the mood.

use crate::pipeline::attribution::Clause;
use crate::pipeline::segmentation::{Segmentation, is_ideograph};

/// Fewest words of a position.
const MIN_WORDS: usize = 4;
/// Fewest characters of a position in Chinese, where every character is a word of its own.
const MIN_IDEOGRAPHS: usize = 6;

/// Phrases of greetings, courtesies, tone and logistics, lower case, each with how it disqualifies a clause.
static PHRASES: &str = include_str!("no_positions.tsv");

/// How a phrase disqualifies a clause.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Rule {
    /// The clause opens with it and is at most twelve words long.
    OpensShort,
    /// The clause opens with it.
    Opens,
    /// The clause holds it and has no cue before it.
    HoldsUncued,
    /// The clause holds it.
    Holds,
}

/// True when `clause` states a position.
#[must_use]
pub fn is_position(text: &str, segmentation: &Segmentation, clause: &Clause) -> bool {
    let slice = clause.span.slice(text);
    let ideographs = slice.chars().filter(|&c| is_ideograph(c)).count();
    let n_words = segmentation.words_in(clause.span).len();
    if ideographs * 2 > n_words {
        let tells_of_contact = |(rule, phrase): (Rule, &str)| rule == Rule::HoldsUncued && slice.contains(phrase);
        return ideographs >= MIN_IDEOGRAPHS && (clause.cue.is_some() || !rules().any(tells_of_contact));
    }
    if n_words < MIN_WORDS || (slice.ends_with('?') && n_words < 12) {
        return false;
    }
    let lower = slice.to_lowercase().replace('’', "'");
    let opening = lower.trim_start_matches(|c: char| !c.is_alphanumeric());
    let opening = ["and ", "so ", "but ", "well, ", "again, ", "well "]
        .iter()
        .fold(opening, |o, word| o.strip_prefix(word).unwrap_or(o));
    !rules().any(|(rule, phrase)| match rule {
        Rule::OpensShort => n_words <= 12 && opening.starts_with(phrase),
        Rule::Opens => opening.starts_with(phrase),
        Rule::HoldsUncued => lower.contains(phrase) && clause.cue.is_none(),
        Rule::Holds => lower.contains(phrase),
    })
}

fn rules() -> impl Iterator<Item = (Rule, &'static str)> {
    PHRASES.lines().filter(|line| !line.starts_with('#')).filter_map(|line| {
        let (rule, phrase) = line.split_once('\t')?;
        let rule = match rule {
            "opens_short" => Rule::OpensShort,
            "opens" => Rule::Opens,
            "holds_uncued" => Rule::HoldsUncued,
            _ => Rule::Holds,
        };
        Some((rule, phrase))
    })
}
