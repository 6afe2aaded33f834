//! Figures: numbers and dates with comparator and unit.
//!
//! In: "over half a billion dollars by 2030". Out: 500,000,000 USD, at least; the year 2030, at most.
//!
//! A number is digits or spelled out; its unit is a currency, a measure, or what is counted, taken from the words after
//! it. Dates are figures of the units "date" (value yyyymmdd), "month-day" (mmdd), "year-month" (yyyymm) and
//! "calendar year", so that two dates for one thing can be told apart.

mod tables;

use super::{Comparator, Figure};
use crate::pipeline::segmentation::{Word, is_ideograph};
use crate::span::Span;
use std::borrow::Cow;
use tables::WORDS;

/// A day of a year.
pub const DATE: &str = "date";
/// A day of an unnamed year.
pub const MONTH_DAY: &str = "month-day";
/// A month of a year.
pub const YEAR_MONTH: &str = "year-month";
/// A year.
pub const CALENDAR_YEAR: &str = "calendar year";

/// Below it a spelled number counts only with a unit of measure: "two sides" is no figure, "three conditions" is one.
const LEAST_SPELLED: f64 = 3.0;
/// Words between a number and what it counts.
const MAX_ADJECTIVES: usize = 2;
/// Words of the longest name of a currency.
const MAX_CURRENCY_WORDS: usize = 4;

/// The figures in `span`, whose words are `words`, in reading order.
#[must_use]
pub fn figures(text: &str, words: &[Word], span: Span) -> Vec<Figure> {
    let has_figure = |word: &Word| {
        let word = word.span.slice(text);
        word.starts_with(|c: char| c.is_ascii_digit())
            || (WORDS.may_open(word)
                && match &*lower(word) {
                    month if WORDS.months.contains_key(month) => word.starts_with(char::is_uppercase),
                    lower => WORDS.openers.contains(lower),
                })
    };
    // Most clauses have none, and most words need no look at the tables.
    let Some(first) = words.iter().position(has_figure) else { return Vec::new() };
    let lowers: Vec<Cow<'_, str>> = words.iter().map(|word| lower(word.span.slice(text))).collect();
    let reader = Reader { text, span, words, lowers };
    let mut figures: Vec<Figure> = Vec::new();
    // A month may follow its day.
    let mut at = first.saturating_sub(1);
    while at < words.len() {
        match reader.date(at).or_else(|| reader.number(at)) {
            Some((figure, next)) => {
                figures.push(figure);
                at = next.max(at + 1);
            }
            None => at += 1,
        }
    }
    join_ranges(text, &mut figures);
    figures.retain(|figure| !(figure.unit.is_empty() && is_small_or_spelled(text, figure)));
    figures
}

/// A spelled number without a unit ("the two of us") says nothing that can be compared.
fn is_small_or_spelled(text: &str, figure: &Figure) -> bool {
    !figure.span.slice(text).contains(|c: char| c.is_ascii_digit()) && figure.value < 100.0
}

/// "between five and ten percent": the first end has the unit of the second.
fn join_ranges(text: &str, figures: &mut [Figure]) {
    for at in 1..figures.len() {
        let (left, right) = (&figures[at - 1], &figures[at]);
        let gap = &text[left.span.end..right.span.start.max(left.span.end)];
        let is_range = matches!(gap, "-" | "–" | "—") || WORDS.ranges.contains(&gap.trim());
        // "3.5 million and €40 million" are two sums.
        let is_bare = right.span.slice(text).starts_with(|c: char| c.is_ascii_digit() || c.is_lowercase());
        if left.unit.is_empty() && is_range && is_bare {
            figures[at - 1].unit = figures[at].unit.clone();
        }
    }
}

fn lower(word: &str) -> Cow<'_, str> {
    if word.chars().any(char::is_uppercase) { Cow::Owned(word.to_lowercase()) } else { Cow::Borrowed(word) }
}

fn spelled(lower: &str) -> Option<f64> {
    WORDS.numerals.get(lower).copied().or_else(|| (lower == "half").then_some(0.5))
}

fn is_month(word: &str) -> bool {
    word.starts_with(char::is_uppercase) && WORDS.months.contains_key(&*lower(word))
}

/// A number while it is read.
struct Number {
    value: f64,
    /// Words of the number: the index after its last.
    next: usize,
    span: Span,
    is_spelled: bool,
    is_scaled: bool,
    /// "two thirds": the value is in percent.
    is_share: bool,
}

struct Reader<'a> {
    text: &'a str,
    span: Span,
    words: &'a [Word],
    lowers: Vec<Cow<'a, str>>,
}

impl Reader<'_> {
    fn lower(&self, at: usize) -> &str {
        self.lowers.get(at).map_or("", |lower| &**lower)
    }

    /// Text between word `at` and the one before it.
    fn gap(&self, at: usize) -> &str {
        if at == 0 || at >= self.words.len() {
            return "";
        }
        &self.text[self.words[at - 1].span.end..self.words[at].span.start]
    }

    /// Word `at` follows the one before it in the same phrase.
    fn joins(&self, at: usize) -> bool {
        at < self.words.len() && matches!(self.gap(at), " " | "-" | "\u{a0}" | "‑" | "")
    }

    fn number(&self, at: usize) -> Option<(Figure, usize)> {
        let mut number = self.value(at)?;
        if !number.value.is_finite() || self.is_name(&number, at) {
            return None;
        }
        let before = self.money_before(&mut number, at);
        let unit = match before {
            Some(unit) => unit.to_owned(),
            None => self.unit_after(&mut number)?,
        };
        let (comparator, start) = comparator(self.text, self.span, number.span.start, &WORDS.comparators);
        Some((Figure { span: Span::new(start, number.span.end), value: number.value, unit, comparator }, number.next))
    }

    /// "F-16", "10:30", "2/3", "Resolution 1701": digits that count nothing.
    fn is_name(&self, number: &Number, at: usize) -> bool {
        let head = &self.text[self.span.start..number.span.start];
        let rest = &self.text[number.span.end..self.span.end];
        let is_glued = |side: Option<char>, next: Option<char>| {
            matches!(side, Some(':' | '/')) && next.is_some_and(|c| c.is_ascii_digit())
        };
        let mut before = head.chars().rev();
        let (last, second) = (before.next(), before.next());
        let is_model = matches!(last, Some('-' | '‑')) && second.is_some_and(char::is_alphabetic);
        let mut after = rest.chars();
        // "2. Norland will …": the number of an item.
        let is_item =
            head.trim_end_matches('(').trim().is_empty() && (rest.starts_with(". ") || rest.starts_with(") "));
        let is_labelled = at > 0 && self.gap(at) == " " && WORDS.labels.contains(&self.lower(at - 1));
        !number.is_spelled
            && (is_model || is_item || is_labelled || is_glued(last, second) || is_glued(after.next(), after.next()))
    }

    /// Digits or words, with their multipliers: "1,388", "2.5 million", "twenty-five thousand", "half a billion".
    fn value(&self, at: usize) -> Option<Number> {
        let word = self.words[at].span;
        let mut number = match digits(word.slice(self.text)) {
            Some((value, is_scaled)) => {
                Number { value, next: at + 1, span: word, is_spelled: false, is_scaled, is_share: false }
            }
            None => match self.share(at) {
                Some(share) => return Some(share),
                None => {
                    let value = spelled(self.lower(at))?;
                    Number { value, next: at + 1, span: word, is_spelled: true, is_scaled: false, is_share: false }
                }
            },
        };
        self.take_groups(&mut number);
        self.take_sign(&mut number);
        let is_half = self.lower(at) == "half";
        if number.is_spelled && (20.0..100.0).contains(&number.value) && self.joins(number.next) {
            let unit = WORDS.numerals.get(self.lower(number.next)).filter(|unit| **unit < 10.0);
            if let Some(unit) = unit {
                number.value += unit;
                self.take(&mut number, 1);
            }
        }
        loop {
            let skip = usize::from(is_half && !number.is_scaled && self.lower(number.next) == "a");
            let factor = WORDS.multipliers.get(self.lower(number.next + skip));
            let Some(factor) = factor.filter(|_| self.joins(number.next + skip)) else { break };
            number.value *= factor;
            number.is_scaled = true;
            self.take(&mut number, 1 + skip);
            if *factor == 100.0 && number.is_spelled {
                self.take_rest(&mut number);
            }
        }
        if is_half && !number.is_scaled {
            return None;
        }
        // "two thirds", "three quarters": a share.
        let fraction = singular(self.lower(number.next));
        let is_parted = number.is_spelled && !number.is_scaled && self.joins(number.next);
        let denominator = WORDS.fractions.get(fraction).filter(|parts| is_parted && **parts > number.value);
        if let Some(denominator) = denominator {
            number.value *= 100.0 / denominator;
            self.take(&mut number, 1);
            number.is_share = true;
        }
        Some(number)
    }

    /// "a third of", "half of".
    fn share(&self, at: usize) -> Option<Number> {
        let first = usize::from(matches!(self.lower(at), "a" | "one"));
        let parts = WORDS.fractions.get(self.lower(at + first))?;
        let is_share = self.lower(at + first + 1) == "of" && (first == 1 || *parts == 2.0);
        let span = Span::new(self.words[at].span.start, self.words[at + first].span.end);
        let number = Number {
            value: 100.0 / parts,
            next: at + first + 1,
            span,
            is_spelled: true,
            is_scaled: false,
            is_share: true,
        };
        (is_share && (first == 0 || self.joins(at + 1))).then_some(number)
    }

    /// "1 000 000": groups of three digits after a space.
    fn take_groups(&self, number: &mut Number) {
        let is_digits = |text: &str| text.bytes().all(|byte| byte.is_ascii_digit());
        let first = number.span.slice(self.text);
        if number.is_spelled || first.len() > 3 || !is_digits(first) {
            return;
        }
        while let Some(next) = self.words.get(number.next).map(|word| word.span.slice(self.text)) {
            let is_group = next.len() == 3 && is_digits(next);
            if !is_group || !matches!(self.gap(number.next), " " | "\u{a0}" | "\u{202f}" | "\u{2009}") {
                break;
            }
            number.value = number.value * 1e3 + next.parse::<f64>().unwrap_or_default();
            self.take(number, 1);
        }
    }

    /// "-5 degrees", not "8-10".
    fn take_sign(&self, number: &mut Number) {
        let head = &self.text[self.span.start..number.span.start];
        let sign = head.chars().next_back().filter(|sign| matches!(sign, '-' | '−'));
        let Some(sign) = sign.filter(|_| !number.is_spelled) else { return };
        let before = &head[..head.len() - sign.len_utf8()];
        if before.is_empty() || before.ends_with(char::is_whitespace) {
            number.value = -number.value;
            number.span = Span::new(number.span.start - sign.len_utf8(), number.span.end);
        }
    }

    /// "two hundred and fifty": what follows the hundreds.
    fn take_rest(&self, number: &mut Number) {
        let skip = usize::from(self.lower(number.next) == "and");
        let value = |at: usize| WORDS.numerals.get(self.lower(at)).copied().filter(|_| self.joins(at));
        let Some(tens) = value(number.next + skip).filter(|_| skip == 0 || self.joins(number.next)) else { return };
        number.value += tens;
        self.take(number, 1 + skip);
        if let Some(unit) = value(number.next).filter(|unit| *unit < 10.0 && tens >= 20.0) {
            number.value += unit;
            self.take(number, 1);
        }
    }

    fn take(&self, number: &mut Number, n_words: usize) {
        number.next += n_words;
        number.span = Span::new(number.span.start, self.words[number.next - 1].span.end);
    }

    /// "$5", "US$5", "USD 5".
    fn money_before(&self, number: &mut Number, at: usize) -> Option<&'static str> {
        let head = &self.text[self.span.start..number.span.start];
        let bare = head.strip_suffix(' ').unwrap_or(head);
        // "US$" is read whole, not as "$" after a word; "¥" alone may be the end of another's sign.
        let found = WORDS.signs.iter().find(|(sign, _)| bare.ends_with(sign) && sign.len() <= 4);
        if let Some((sign, unit)) = found.filter(|(sign, _)| !sign.chars().any(is_ideograph)) {
            let start = self.span.start + bare.len() - sign.len();
            number.span = Span::new(start, number.span.end);
            return Some(unit);
        }
        let code = at.checked_sub(1).map(|before| self.words[before].span)?;
        let name = code.slice(self.text);
        let is_code = name.len() == 3 && name.bytes().all(|byte| byte.is_ascii_uppercase());
        let unit = WORDS.currencies.get(name).filter(|_| is_code && matches!(self.gap(at), " " | "\u{a0}"))?;
        number.span = Span::new(code.start, number.span.end);
        Some(unit)
    }

    /// The unit after a number, empty when it has none; `None` when the number is no figure.
    fn unit_after(&self, number: &mut Number) -> Option<String> {
        if number.is_share {
            return Some("percent".to_owned());
        }
        let rest = &self.text[number.span.end..self.span.end];
        if rest.starts_with(['%', '％']) {
            let sign = rest.chars().next().map_or(0, char::len_utf8);
            number.span = Span::new(number.span.start, number.span.end + sign);
            return Some("percent".to_owned());
        }
        if let Some(unit) = self.chinese_unit(number, rest) {
            return Some(unit);
        }
        if self.joins(number.next) {
            if let Some((unit, n_words)) = self.currency(number.next).or_else(|| self.measure(number.next)) {
                self.take(number, n_words);
                return Some(unit.to_owned());
            }
            let is_counting = !number.is_spelled || number.is_scaled || number.value >= LEAST_SPELLED;
            if let Some((unit, n_words)) = self.counted(number.next).filter(|_| is_counting) {
                self.take(number, n_words);
                return Some(unit);
            }
        }
        let is_year = !number.is_spelled
            && !number.is_scaled
            && number.span.slice(self.text).len() == 4
            && (1900.0..=2100.0).contains(&number.value);
        (!is_year).then(String::new)
    }

    fn currency(&self, at: usize) -> Option<(&'static str, usize)> {
        (1..=MAX_CURRENCY_WORDS).rev().find_map(|n_words| {
            let end = at + n_words;
            if end > self.words.len() || !(at + 1..end).all(|word| self.gap(word) == " ") {
                return None;
            }
            let span = Span::new(self.words[at].span.start, self.words[end - 1].span.end);
            let name = span.slice(self.text);
            // Codes are written in capitals ("TRY"), names are not.
            let is_code = name.len() == 3 && name.bytes().all(|byte| byte.is_ascii_uppercase());
            let found = if is_code { WORDS.currencies.get(name) } else { WORDS.currencies.get(&*lower(name)) };
            found.filter(|unit| is_code || **unit != name).map(|unit| (*unit, n_words))
        })
    }

    fn measure(&self, at: usize) -> Option<(&'static str, usize)> {
        let pair = format!("{} {}", self.lower(at), singular(self.lower(at + 1)));
        if let Some(unit) = WORDS.measures.get(pair.as_str()) {
            return Some((unit, 2));
        }
        let word = self.lower(at);
        WORDS.measures.get(word).or_else(|| WORDS.measures.get(singular(word))).map(|unit| (*unit, 1))
    }

    /// What is counted, in the singular: the first word that is no adjective and no name ("27,000 foreign soldiers").
    fn counted(&self, at: usize) -> Option<(String, usize)> {
        let is_noun = |at: usize| {
            let word = self.lower(at);
            self.joins(at) && word.chars().all(char::is_alphabetic) && !WORDS.joins.contains_key(word)
        };
        let is_before_noun = |at: usize| {
            let word = self.lower(at);
            let is_name = self.words[at].span.slice(self.text).starts_with(char::is_uppercase);
            let is_adjective = WORDS.adjectives.iter().any(|ending| word.ends_with(ending));
            (is_name || is_adjective) && is_noun(at + 1) && self.gap(at + 1) == " "
        };
        if !is_noun(at) || is_month(self.words[at].span.slice(self.text)) {
            return None;
        }
        let n_before = (0..MAX_ADJECTIVES).take_while(|n| is_before_noun(at + n)).count();
        let unit = self.lower(at + n_before);
        // "ten more" counts nothing that is named.
        (!WORDS.adjectives.contains(&unit)).then(|| (singular(unit).to_owned(), n_before + 1))
    }

    /// "200亿美元", "5天", "10人": units are glued to the number, and so are multipliers.
    fn chinese_unit(&self, number: &mut Number, rest: &str) -> Option<String> {
        let found = |units: &[(&'static str, &'static str)]| {
            units.iter().find(|(name, _)| !name.is_ascii() && rest.starts_with(name)).copied()
        };
        let (name, unit) = found(&WORDS.signs).or_else(|| found(&WORDS.zh_counted))?;
        let end = number.span.end + name.len();
        number.span = Span::new(number.span.start, end);
        while number.next < self.words.len() && self.words[number.next].span.start < end {
            number.next += 1;
        }
        let is_year = name == "年" && (1900.0..=2100.0).contains(&number.value) && !number.is_scaled;
        Some(if is_year { CALENDAR_YEAR } else { unit }.to_owned())
    }

    /// "June 8, 2026", "8 June 2026", "June 2026", "June 8", "by 2030".
    fn date(&self, at: usize) -> Option<(Figure, usize)> {
        let month = |at: usize| {
            let word = self.words.get(at)?.span.slice(self.text);
            WORDS.months.get(&*lower(word)).filter(|_| word.starts_with(char::is_uppercase)).copied()
        };
        let day = |at: usize| {
            let word = self.words.get(at)?.span.slice(self.text);
            let digits = word.strip_suffix("th").or(word.strip_suffix("st")).or(word.strip_suffix("nd"));
            let digits = digits.or(word.strip_suffix("rd")).unwrap_or(word);
            digits.parse::<u32>().ok().filter(|day| (1..=31).contains(day)).map(f64::from)
        };
        let year = |at: usize| {
            let word = self.words.get(at)?.span.slice(self.text);
            let year = word.parse::<u32>().ok().filter(|year| word.len() == 4 && (1900..=2100).contains(year));
            year.map(f64::from)
        };
        if let Some(found) = year(at).and_then(|year| self.chinese_date(year, at)) {
            return Some(found);
        }
        let follows = |at: usize| matches!(self.gap(at), " " | ", " | "\u{a0}");
        let (value, unit, next) = if let (Some(month), Some(day)) = (month(at), day(at + 1).filter(|_| follows(at + 1)))
        {
            match year(at + 2).filter(|_| follows(at + 2)) {
                Some(year) => (year * 1e4 + month * 1e2 + day, DATE, at + 3),
                None => (month * 1e2 + day, MONTH_DAY, at + 2),
            }
        } else if let (Some(day), Some(month)) = (day(at), month(at + 1).filter(|_| self.gap(at + 1) == " ")) {
            match year(at + 2).filter(|_| follows(at + 2)) {
                Some(year) => (year * 1e4 + month * 1e2 + day, DATE, at + 3),
                None => (month * 1e2 + day, MONTH_DAY, at + 2),
            }
        } else if let (Some(month), Some(year)) = (month(at), year(at + 1).filter(|_| follows(at + 1))) {
            (year * 1e2 + month, YEAR_MONTH, at + 2)
        } else {
            let year = year(at).filter(|_| self.is_calendar_year(at))?;
            (year, CALENDAR_YEAR, at + 1)
        };
        let start = self.words[at].span.start;
        let (comparator, _) = comparator(self.text, self.span, start, &WORDS.until);
        let span = Span::new(start, self.words[next - 1].span.end);
        Some((Figure { span, value, unit: unit.to_owned(), comparator }, next))
    }

    /// "2027年3月5日", "2027年3月".
    fn chinese_date(&self, year: f64, at: usize) -> Option<(Figure, usize)> {
        let rest = &self.text[self.words[at].span.end..self.span.end];
        let number = |text: &str| {
            let digits = text.find(|c: char| !c.is_ascii_digit()).unwrap_or(text.len());
            let value = text[..digits].parse::<u32>().ok().filter(|value| (1..=31).contains(value))?;
            Some((f64::from(value), text[digits..].to_owned()))
        };
        let (month, after) = number(rest.strip_prefix('年')?)?;
        let after_month = after.strip_prefix('月')?.to_owned();
        let day = number(&after_month).and_then(|(day, tail)| Some((day, tail.strip_prefix('日')?.len())));
        let (value, unit, left) = match day {
            Some((day, left)) => (year * 1e4 + month * 1e2 + day, DATE, left),
            None => (year * 1e2 + month, YEAR_MONTH, after_month.len()),
        };
        let span = Span::new(self.words[at].span.start, self.span.end - left);
        let next = self.words.partition_point(|word| word.span.start < span.end);
        Some((Figure { span, value, unit: unit.to_owned(), comparator: Comparator::Exact }, next))
    }

    /// "in 2030" names a year; "2,030 tonnes", "$2030" and "2030 soldiers" do not.
    fn is_calendar_year(&self, at: usize) -> bool {
        let rest = &self.text[self.words[at].span.end..self.span.end];
        let head = &self.text[self.span.start..self.words[at].span.start];
        let is_money = WORDS.signs.iter().any(|(sign, _)| head.ends_with(sign));
        let is_unit = self.joins(at + 1)
            && (self.currency(at + 1).is_some()
                || self.measure(at + 1).is_some()
                || WORDS.multipliers.contains_key(self.lower(at + 1)));
        !is_money && !is_unit && !rest.starts_with(['%', '％', '-', '–', '年', '.'])
            || (rest.starts_with('.') && !rest[1..].starts_with(|c: char| c.is_ascii_digit()))
    }
}

/// "1,388", "1.5", "225", "1.5bn"; not "5th", "G7", "24-year". Whether a factor was glued on comes with it.
fn digits(word: &str) -> Option<(f64, bool)> {
    let end = word.find(|c: char| !(c.is_ascii_digit() || c == ',' || c == '.')).unwrap_or(word.len());
    let (digits, suffix) = word.split_at(end);
    if !digits.starts_with(|c: char| c.is_ascii_digit()) {
        return None;
    }
    // "7,5" is seven and a half where "7,500" is thousands.
    let is_decimal_comma = digits.split_once(',').is_some_and(|(_, tail)| tail.len() < 3 && !tail.contains([',', '.']));
    let plain = digits.replace(',', if is_decimal_comma { "." } else { "" });
    let value: f64 = plain.parse().ok()?;
    if suffix.is_empty() {
        return Some((value, false));
    }
    WORDS.suffixes.get(&*lower(suffix)).map(|factor| (value * factor, true))
}

fn singular(word: &str) -> &str {
    word.strip_suffix('s').filter(|stem| stem.len() > 2 && !stem.ends_with('s')).unwrap_or(word)
}

/// The comparator before `start`, and where it starts.
fn comparator(text: &str, span: Span, start: usize, table: &[(&str, Comparator)]) -> (Comparator, usize) {
    let before = text[span.start..start].trim_end();
    let found = table.iter().find(|(words, _)| {
        let at = before.len().wrapping_sub(words.len());
        before.is_char_boundary(at)
            && before[at..].eq_ignore_ascii_case(words)
            && (!words.is_ascii() || !before[..at].ends_with(char::is_alphanumeric))
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

    use Comparator::{About, AtLeast, AtMost, Exact};

    #[test]
    fn figures_carry_comparator_value_and_unit() {
        check("over half a billion dollars", &[("over half a billion dollars", 5e8, "USD", AtLeast)]);
        check("an additional $225 million in aid", &[("$225 million", 2.25e8, "USD", Exact)]);
        check("USD 1 billion, or €2bn", &[("USD 1 billion", 1e9, "USD", Exact), ("€2bn", 2e9, "EUR", Exact)]);
        check(
            "US$5 and 30 million Canadian dollars",
            &[("US$5", 5.0, "USD", Exact), ("30 million Canadian dollars", 3e7, "CAD", Exact)],
        );
        check(
            "US$ 3.5 million and EUR 40 million",
            &[("US$ 3.5 million", 3.5e6, "USD", Exact), ("EUR 40 million", 4e7, "EUR", Exact)],
        );
        check(
            "two hundred and fifty million dollars",
            &[("two hundred and fifty million dollars", 2.5e8, "USD", Exact)],
        );
        check(
            "one hundred and twenty thousand tonnes",
            &[("one hundred and twenty thousand tonnes", 120_000.0, "tonne", Exact)],
        );
        check(
            "$1,5 billion and 7,5 percent",
            &[("$1,5 billion", 1.5e9, "USD", Exact), ("7,5 percent", 7.5, "percent", Exact)],
        );
        check(
            "1 000 000 doses at -5 degrees",
            &[("1 000 000 doses", 1e6, "dose", Exact), ("-5 degrees", -5.0, "degree", Exact)],
        );
        check("400 million pesos", &[("400 million pesos", 4e8, "peso", Exact)]);
        check("10 percent or 12.5%", &[("10 percent", 10.0, "percent", Exact), ("12.5%", 12.5, "percent", Exact)]);
        check("within six weeks", &[("six weeks", 6.0, "week", Exact)]);
        check("twenty-five per cent", &[("twenty-five per cent", 25.0, "percent", Exact)]);
        check("no more than forty-two days", &[("no more than forty-two days", 42.0, "day", AtMost)]);
    }

    #[test]
    fn what_is_counted_is_a_noun_in_the_singular() {
        check("up to 27,000 foreign soldiers", &[("up to 27,000 foreign soldiers", 27_000.0, "soldier", AtMost)]);
        check("ten additional inspectors", &[("ten additional inspectors", 10.0, "inspector", Exact)]);
        check("27,000 killed", &[("27,000 killed", 27_000.0, "killed", Exact)]);
        check("set three conditions", &[("three conditions", 3.0, "condition", Exact)]);
        check(
            "a third of the ships and half of the crews",
            &[("a third", 100.0 / 3.0, "percent", Exact), ("half", 50.0, "percent", Exact)],
        );
        check("nearly two thirds of the ships", &[("nearly two thirds", 200.0 / 3.0, "percent", About)]);
    }

    #[test]
    fn a_range_has_one_unit() {
        check("between 5 and 10 percent", &[("5", 5.0, "percent", Exact), ("10 percent", 10.0, "percent", Exact)]);
        check("8-10 tonnes", &[("8", 8.0, "tonne", Exact), ("10 tonnes", 10.0, "tonne", Exact)]);
    }

    #[test]
    fn dates_are_figures_of_their_own_units() {
        check("on June 8, 2026", &[("June 8, 2026", 20_260_608.0, "date", Exact)]);
        check("before the 24th of May", &[]);
        check("since 8 June", &[("8 June", 608.0, "month-day", AtLeast)]);
        check("the July 2020 ceasefire", &[("July 2020", 202_007.0, "year-month", Exact)]);
        check("by 2030.", &[("2030", 2030.0, "calendar year", AtMost)]);
        check("2030 million", &[("2030 million", 2.03e9, "", Exact)]);
        check("they may meet in march", &[]);
    }

    #[test]
    fn articles_and_the_two_sides_are_no_figures() {
        check("one side and the two leaders of the G7", &[]);
        check("a third party, the second half", &[]);
        check("2. Norland will wait", &[]);
        check("(3) the port opens", &[]);
        check("F-16 jets at 10:30 under Resolution 1701 by a 2/3 majority", &[]);
    }

    #[test]
    fn chinese_figures_have_their_units_glued_on() {
        check("超过200亿美元", &[("超过200亿美元", 2e10, "USD", AtLeast)]);
        check("增长10%，5天内", &[("10%", 10.0, "percent", Exact), ("5天", 5.0, "day", Exact)]);
        check("2030年前", &[("2030年", 2030.0, "calendar year", Exact)]);
        check("2027年3月5日起", &[("2027年3月5日", 20_270_305.0, "date", Exact)]);
        check("约3万人", &[("约3万人", 30_000.0, "人", About)]);
    }
}
