//! Figures: numbers with comparator and unit ("over half a billion dollars", "10 percent", "six weeks").

use super::{Comparator, Figure};
use crate::pipeline::segmentation::Word;
use crate::span::Span;

const MULTIPLIERS: [(&str, f64); 5] =
    [("hundred", 1e2), ("thousand", 1e3), ("million", 1e6), ("billion", 1e9), ("trillion", 1e12)];
const NUMERALS: [(&str, f64); 20] = [
    ("one", 1.0),
    ("two", 2.0),
    ("three", 3.0),
    ("four", 4.0),
    ("five", 5.0),
    ("six", 6.0),
    ("seven", 7.0),
    ("eight", 8.0),
    ("nine", 9.0),
    ("ten", 10.0),
    ("eleven", 11.0),
    ("twelve", 12.0),
    ("fifteen", 15.0),
    ("twenty", 20.0),
    ("thirty", 30.0),
    ("forty", 40.0),
    ("fifty", 50.0),
    ("sixty", 60.0),
    ("ninety", 90.0),
    ("half", 0.5),
];
/// Currency names and ISO 4217 codes in lower case, with the code.
const CURRENCIES: [(&str, &str); 24] = [
    ("dollar", "USD"),
    ("usd", "USD"),
    ("euro", "EUR"),
    ("eur", "EUR"),
    ("pound", "GBP"),
    ("gbp", "GBP"),
    ("yen", "JPY"),
    ("jpy", "JPY"),
    ("yuan", "CNY"),
    ("renminbi", "CNY"),
    ("rmb", "CNY"),
    ("cny", "CNY"),
    ("ruble", "RUB"),
    ("rouble", "RUB"),
    ("rub", "RUB"),
    ("rupee", "INR"),
    ("inr", "INR"),
    ("hryvnia", "UAH"),
    ("uah", "UAH"),
    ("won", "KRW"),
    ("krw", "KRW"),
    ("franc", "CHF"),
    ("chf", "CHF"),
    ("peso", "MXN"),
];
const SYMBOLS: [(char, &str); 5] = [('$', "USD"), ('€', "EUR"), ('£', "GBP"), ('¥', "JPY"), ('₹', "INR")];
const TIMES: [&str; 8] = ["second", "minute", "hour", "day", "week", "month", "year", "decade"];
const COMPARATORS: [(&str, Comparator); 16] = [
    ("over", Comparator::AtLeast),
    ("more than", Comparator::AtLeast),
    ("at least", Comparator::AtLeast),
    ("above", Comparator::AtLeast),
    ("exceeding", Comparator::AtLeast),
    ("no less than", Comparator::AtLeast),
    ("under", Comparator::AtMost),
    ("less than", Comparator::AtMost),
    ("fewer than", Comparator::AtMost),
    ("up to", Comparator::AtMost),
    ("at most", Comparator::AtMost),
    ("about", Comparator::About),
    ("nearly", Comparator::About),
    ("almost", Comparator::About),
    ("around", Comparator::About),
    ("some", Comparator::About),
];
const MONTHS: [&str; 12] = [
    "january",
    "february",
    "march",
    "april",
    "may",
    "june",
    "july",
    "august",
    "september",
    "october",
    "november",
    "december",
];

/// The figures in `span`, whose words are `words`, in reading order. Dates, years and ordinals are none.
#[must_use]
pub fn figures(text: &str, words: &[Word], span: Span) -> Vec<Figure> {
    let lowers: Vec<String> = words.iter().map(|word| word.lower(text)).collect();
    let mut figures = Vec::new();
    let mut at = 0;
    while at < words.len() {
        match figure_at(text, span, words, &lowers, at) {
            Some((figure, next)) => {
                figures.push(figure);
                at = next.max(at + 1);
            }
            None => at += 1,
        }
    }
    figures
}

fn figure_at(text: &str, span: Span, words: &[Word], lowers: &[String], at: usize) -> Option<(Figure, usize)> {
    let numeric = parse_numeral(words[at].span.slice(text));
    let spelled = NUMERALS.iter().find(|(word, _)| *word == lowers[at]).map(|&(_, value)| value);
    let mut value = numeric.or(spelled)?;
    let mut next = at + 1;
    let (mut start, mut end) = (words[at].span.start, words[at].span.end);
    let mut is_scaled = false;
    // "half a billion", "2 million".
    let skip = usize::from(lowers[at] == "half" && lowers.get(next).is_some_and(|w| w == "a"));
    while let Some(&(_, factor)) = lowers.get(next + skip).and_then(|w| MULTIPLIERS.iter().find(|(word, _)| word == w))
    {
        value *= factor;
        next += 1 + skip;
        end = words[next - 1].span.end;
        is_scaled = true;
    }
    let mut unit = String::new();
    let before = text[span.start..start].chars().next_back();
    if let Some((symbol, code)) = SYMBOLS.iter().find(|(symbol, _)| Some(*symbol) == before) {
        unit = (*code).to_owned();
        start -= symbol.len_utf8();
    } else if let Some(code) = at
        .checked_sub(1)
        .and_then(|i| currency(&lowers[i]))
        .filter(|_| text[words[at - 1].span.end..start].trim().is_empty())
    {
        unit = code.to_owned();
        start = words[at - 1].span.start;
    }
    let glued = &text[end..span.end];
    if glued.starts_with(['%', '％']) {
        unit = "percent".to_owned();
        end += glued.chars().next().map_or(0, char::len_utf8);
    } else if unit.is_empty() {
        let joins = next < words.len()
            && matches!(&text[words[next - 1].span.end..words[next].span.start], " " | "-" | "\u{a0}");
        if let Some(word) = lowers.get(next).filter(|_| joins) {
            let singular = word.strip_suffix('s').unwrap_or(word);
            if let Some(code) = currency(word) {
                unit = code.to_owned();
            } else if matches!(word.as_str(), "percent" | "per") {
                unit = "percent".to_owned();
                next += usize::from(word == "per" && lowers.get(next + 1).is_some_and(|w| w == "cent"));
            } else if TIMES.contains(&singular) {
                unit = singular.to_owned();
            } else if numeric.is_some() || is_scaled {
                if MONTHS.contains(&word.as_str()) {
                    return None;
                }
                unit = counted(word);
            }
            if !unit.is_empty() {
                next += 1;
                end = words[next - 1].span.end;
            }
        }
    }
    // A spelled numeral counts only with a unit of measure; bare digits from 1900 to 2100 are years; "June 8" is a date.
    let is_year = numeric.is_some()
        && !is_scaled
        && unit.is_empty()
        && (1900.0..=2100.0).contains(&value)
        && value.fract() == 0.0;
    let is_date = at > 0 && MONTHS.contains(&lowers[at - 1].as_str());
    if (numeric.is_none() && !is_scaled && unit.is_empty())
        || is_year
        || (is_date && unit.is_empty())
        || !value.is_finite()
    {
        return None;
    }
    let (comparator, start) = comparator(text, span, start);
    Some((Figure { span: Span::new(start, end), value, unit, comparator }, next))
}

/// "1,388", "1.5", "225"; not "5th", "G7", "24-year".
fn parse_numeral(word: &str) -> Option<f64> {
    let is_shaped = word.starts_with(|c: char| c.is_ascii_digit())
        && word.bytes().all(|b| b.is_ascii_digit() || b == b',' || b == b'.');
    is_shaped.then(|| word.replace(',', "").parse().ok()).flatten()
}

fn currency(word: &str) -> Option<&'static str> {
    let singular = word.strip_suffix('s').unwrap_or(word);
    CURRENCIES.iter().find(|(name, _)| *name == word || *name == singular).map(|&(_, code)| code)
}

/// What is counted, in the singular; empty for words that only join.
fn counted(word: &str) -> String {
    let joins = [
        "and",
        "or",
        "of",
        "to",
        "in",
        "on",
        "at",
        "for",
        "the",
        "a",
        "an",
        "with",
        "by",
        "from",
        "more",
        "additional",
        "new",
        "other",
    ];
    if joins.contains(&word) || word.starts_with(|c: char| c.is_ascii_digit()) {
        return String::new();
    }
    word.strip_suffix('s').filter(|stem| stem.len() > 2 && !stem.ends_with('s')).unwrap_or(word).to_owned()
}

fn comparator(text: &str, span: Span, start: usize) -> (Comparator, usize) {
    let before = text[span.start..start].trim_end();
    let found = COMPARATORS.iter().find(|(words, _)| {
        before.len() >= words.len()
            && before.is_char_boundary(before.len() - words.len())
            && before[before.len() - words.len()..].eq_ignore_ascii_case(words)
            && !before[..before.len() - words.len()].ends_with(char::is_alphanumeric)
    });
    found.map_or((Comparator::Exact, start), |(words, comparator)| {
        (*comparator, span.start + before.len() - words.len())
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[track_caller]
    fn check(text: &str, expected: &[(&str, f64, &str, Comparator)]) {
        let span = Span::new(0, text.len());
        let found = figures(text, &crate::pipeline::segmentation::words(text, span), span);
        let rows: Vec<_> = found.iter().map(|f| (f.span.slice(text), f.value, f.unit.as_str(), f.comparator)).collect();
        assert_eq!(rows, expected);
    }

    #[test]
    fn figures_carry_comparator_value_and_unit() {
        use Comparator::{AtLeast, AtMost, Exact};
        check("over half a billion dollars", &[("over half a billion dollars", 5e8, "USD", AtLeast)]);
        check("an additional $225 million in aid", &[("$225 million", 2.25e8, "USD", Exact)]);
        check("USD 1 billion", &[("USD 1 billion", 1e9, "USD", Exact)]);
        check("10 percent or 12.5%", &[("10 percent", 10.0, "percent", Exact), ("12.5%", 12.5, "percent", Exact)]);
        check("within six weeks", &[("six weeks", 6.0, "week", Exact)]);
        check("up to 27,000 soldiers", &[("up to 27,000 soldiers", 27_000.0, "soldier", AtMost)]);
    }

    #[test]
    fn dates_years_and_articles_are_no_figures() {
        check("on June 8, 2026, one side and the two leaders", &[]);
        check("the 24th of May and the G7", &[]);
        check("by 2030", &[]);
    }
}
