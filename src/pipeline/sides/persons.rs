//! Persons, and the side that an introduction ties them to: "President of Ukraine Name", "Chinese Foreign Minister
//! Name", "Prime Minister Name of India", "Name, President of Kenya".

use super::names::{NameMention, rows};
use crate::pipeline::segmentation::{Word, is_ideograph, words};
use crate::pipeline::word_classes::{WordClasses, word_classes};
use crate::span::Span;
use aho_corasick::{AhoCorasick, MatchKind};
use foldhash::HashMap;
use std::sync::LazyLock;

/// Titles in lower case as word lists, by first word, longest first.
static TITLES: LazyLock<HashMap<String, Vec<Title>>> = LazyLock::new(|| {
    let mut titles: HashMap<String, Vec<Title>> = HashMap::default();
    for row in rows(include_str!("titles.tsv")).filter(|row| row[0] == "en") {
        let text = row[1].to_lowercase();
        let parts: Vec<String> =
            words(&text, Span::new(0, text.len())).iter().map(|w| w.span.slice(&text).to_owned()).collect();
        let kind = row.get(2).copied().unwrap_or("other");
        if let Some(first) = parts.first().cloned() {
            titles.entry(first).or_default().push(Title { words: parts, kind });
        }
    }
    titles.values_mut().for_each(|list| list.sort_by_key(|title| std::cmp::Reverse(title.words.len())));
    titles
});

struct Title {
    words: Vec<String>,
    kind: &'static str,
}

/// A title found in a text.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct TitleMention {
    /// Index of its first word.
    pub first_word: usize,
    /// Number of its words.
    pub n_words: usize,
    /// In lower case, in the singular ("prime minister").
    pub title: String,
    /// Kind of office, from the table ("head_of_state").
    pub kind: &'static str,
    /// Named in the plural ("the presidents").
    pub is_plural: bool,
}

/// A person introduced with a title.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Person {
    /// The words of the name, as written.
    pub name: Vec<String>,
    /// Title in lower case; empty for "Mr." and its like.
    pub title: String,
    /// Where the introduction starts.
    pub at: usize,
    /// Index into the mentions given of the name that ties the person to an entity.
    pub mention: Option<usize>,
}

/// The titles among `words`, longest first, in reading order.
pub fn titles(text: &str, words: &[Word]) -> Vec<TitleMention> {
    let mut found: Vec<TitleMention> = Vec::new();
    let mut at = 0;
    while at < words.len() {
        match title_at(text, words, at) {
            Some(title) => {
                at += title.n_words;
                found.push(title);
            }
            None => at += 1,
        }
    }
    found
}

fn title_at(text: &str, words: &[Word], at: usize) -> Option<TitleMention> {
    let first = words[at].lower(text);
    // The plural sits on the head ("heads of state") or on the last word ("prime ministers").
    let singular = first.strip_suffix('s').filter(|stem| stem.len() > 3);
    let keys = [(Some(&*first), false), (singular, true)];
    for (key, is_plural_head) in keys.into_iter().filter_map(|(key, is_plural)| Some((key?, is_plural))) {
        for title in TITLES.get(key).map_or(&[][..], Vec::as_slice) {
            let n = title.words.len();
            let mut is_plural = is_plural_head;
            let mut is_word = |i: usize| {
                let word = words[at + i].lower(text);
                let is_plural_last = i + 1 == n && word.strip_suffix('s') == Some(title.words[i].as_str());
                is_plural |= is_plural_last;
                word == title.words[i] || is_plural_last
            };
            if at + n <= words.len() && (1..n).all(&mut is_word) {
                let title_text = title.words.join(" ");
                return Some(TitleMention {
                    first_word: at,
                    n_words: n,
                    title: title_text,
                    kind: title.kind,
                    is_plural,
                });
            }
        }
    }
    None
}

word_classes! {
    /// The classes of `person_words.tsv`.
    pub(super) enum PersonWord {
        Common = "common",
        Honorific = "honorific",
        Particle = "particle",
        StateWord = "state_word",
    }
}

/// Words by which names of persons are told.
pub(super) static PERSON_WORDS: LazyLock<WordClasses<PersonWord>> =
    LazyLock::new(|| WordClasses::parse(include_str!("person_words.tsv")));

/// The persons that the words of a sentence introduce, in reading order. `mentions` are those of the sentence.
pub fn persons(text: &str, words: &[Word], mentions: &[NameMention]) -> Vec<Person> {
    let mut persons = Vec::new();
    for (at, word) in words.iter().enumerate() {
        let lower = word.lower(text);
        if PERSON_WORDS.has(PersonWord::Honorific, &lower) && starts_upper(text, *word) {
            let name = name_at(text, words, at + 1);
            if !name.is_empty() {
                persons.push(Person { name, title: String::new(), at: word.span.start, mention: None });
            }
        }
    }
    for title in titles(text, words).iter().filter(|title| !title.is_plural) {
        let first = title.first_word;
        if !starts_upper(text, words[first]) {
            continue;
        }
        let before = mentions.iter().position(|m| {
            m.span.end <= words[first].span.start
                && text[m.span.end..words[first].span.start].trim_matches([' ', '’', '\'', 's']).is_empty()
        });
        // "President of the European Council" is a title that names its body.
        let whole = Span::new(words[first].span.start, words[first + title.n_words - 1].span.end);
        let inside = mentions.iter().position(|mention| whole.contains(mention.span));
        let (after, next) = entity_after(text, words, first + title.n_words, mentions);
        let mut mention = before.or(after).or(inside);
        let mut name = name_at(text, words, next);
        if name.is_empty() {
            name = name_before(text, words, first);
        } else if mention.is_none() {
            let name_len = n_name_words(text, words, next);
            mention = entity_after(text, words, next + name_len, mentions).0;
        }
        if !name.is_empty() {
            persons.push(Person { name, title: title.title.clone(), at: words[first].span.start, mention });
        }
    }
    persons.sort_by_key(|person| person.at);
    persons
}

/// Characters that end a name after a title in Chinese: those that begin a verb, a preposition or an adverb there.
const CHINESE_NAME_ENDS: &str = "同与與和跟在于於应應对對就将將会會表指强強说說称稱重呼敦希愿願认認今昨举舉通进進感讨討抵访訪出接致代以也还還并並的先阁閣一";
/// Longest name in Chinese, transliterations with their dots included.
const MAX_CHINESE_NAME: usize = 12;

static CHINESE_TITLES: LazyLock<(AhoCorasick, Vec<&'static str>)> = LazyLock::new(|| {
    let titles: Vec<&str> =
        rows(include_str!("titles.tsv")).filter(|row| row[0].starts_with("zh")).map(|row| row[1]).collect();
    let automaton = AhoCorasick::builder().match_kind(MatchKind::LeftmostLongest).build(&titles);
    (automaton.expect("a few hundred titles fit an automaton"), titles)
});

/// The persons that a Chinese `span` introduces: title, then name; the country stands before the title.
pub fn chinese_persons(text: &str, span: Span, mentions: &[NameMention]) -> Vec<Person> {
    if span.slice(text).is_ascii() {
        return Vec::new();
    }
    let (automaton, titles) = &*CHINESE_TITLES;
    let mut persons = Vec::new();
    for found in automaton.find_iter(span.slice(text)) {
        let (start, end) = (span.start + found.start(), span.start + found.end());
        let is_name = |c: &char| (is_ideograph(*c) && !CHINESE_NAME_ENDS.contains(*c)) || matches!(c, '·' | '・' | '‧');
        let name: String = text[end..span.end].chars().take_while(is_name).take(MAX_CHINESE_NAME).collect();
        if (2..MAX_CHINESE_NAME).contains(&name.chars().count()) {
            let mention = mentions.iter().position(|mention| mention.span.end == start);
            persons.push(Person {
                name: vec![name],
                title: titles[found.pattern().as_usize()].to_owned(),
                at: start,
                mention,
            });
        }
    }
    persons
}

/// The name of a principal in Chinese and its title: "外交部长 王某", "王某主席", "王某".
pub(super) fn chinese_principal(name: &str) -> (Vec<String>, String) {
    let (automaton, titles) = &*CHINESE_TITLES;
    let title = |found: aho_corasick::Match| titles[found.pattern().as_usize()].to_owned();
    let name = name.trim();
    // What a space parts is office and name.
    if let Some((office, rest)) = name.rsplit_once(char::is_whitespace) {
        let found = automaton.find_iter(office).last().map(title);
        let rest =
            automaton.find_iter(rest).find(|found| found.start() > 0).map_or(rest, |found| &rest[..found.start()]);
        return (vec![rest.to_owned()], found.unwrap_or_default());
    }
    match automaton.find(name) {
        Some(found) if found.start() == 0 && found.end() < name.len() => {
            (vec![name[found.end()..].to_owned()], title(found))
        }
        Some(found) if found.start() > 0 => (vec![name[..found.start()].to_owned()], title(found)),
        _ => (vec![name.to_owned()], String::new()),
    }
}

/// The titles that end `title`, itself included: "主席" for "国家主席".
pub(super) fn short_titles(title: &str) -> Vec<&str> {
    let known = &CHINESE_TITLES.1;
    title.char_indices().map(|(at, _)| &title[at..]).filter(|short| known.contains(short)).collect()
}

/// The first title in Chinese in `text`, and where.
pub fn chinese_title(text: &str, span: Span) -> Option<(&'static str, Span)> {
    let (automaton, titles) = &*CHINESE_TITLES;
    let found = automaton.find(span.slice(text))?;
    let at = Span::new(span.start + found.start(), span.start + found.end());
    Some((titles[found.pattern().as_usize()], at))
}

/// The name that opens a sentence, when a verb follows it: "Name Name held a telephone conversation with …". Readouts of
/// some offices open with their own principal and no title.
pub fn opening_name(text: &str, words: &[Word], mentions: &[NameMention]) -> Option<Person> {
    let n = n_name_words(text, words, 0);
    let follows = words.get(n)?;
    let is_name = (2..=4).contains(&n) && mentions.iter().all(|mention| mention.span.start >= follows.span.start);
    let is_verb = follows.span.slice(text).chars().all(char::is_lowercase) && follows.lower(text).len() > 2;
    (is_name && is_verb).then(|| Person {
        name: name_at(text, words, 0),
        title: String::new(),
        at: words[0].span.start,
        mention: None,
    })
}

/// The mention right after "of (the)" at word `at`, and the index of the word after it.
fn entity_after(text: &str, words: &[Word], at: usize, mentions: &[NameMention]) -> (Option<usize>, usize) {
    if words.get(at).is_none_or(|word| word.lower(text) != "of") {
        return (None, at);
    }
    let mut start = at + 1;
    while words.get(start).is_some_and(|word| word.lower(text) == "the") {
        start += 1;
    }
    let Some(word) = words.get(start) else { return (None, at) };
    let Some(found) = mentions.iter().position(|m| m.span.start == word.span.start) else { return (None, at) };
    let mut next = start;
    while words.get(next).is_some_and(|word| word.span.start < mentions[found].span.end) {
        next += 1;
    }
    while words.get(next).is_some_and(|word| PERSON_WORDS.has(PersonWord::StateWord, &word.lower(text))) {
        next += 1;
    }
    (Some(found), next)
}

fn starts_upper(text: &str, word: Word) -> bool {
    word.span.slice(text).starts_with(char::is_uppercase)
}

fn n_name_words(text: &str, words: &[Word], at: usize) -> usize {
    let mut n = 0;
    while n < 6 {
        let Some(word) = words.get(at + n) else { break };
        let lower = word.lower(text);
        let touches = at + n == 0 || gap_joins(&text[words[at + n - 1].span.end..word.span.start], n > 0);
        let possessive = n > 0 && words[at + n - 1].lower(text).ends_with("'s");
        let is_particle = PERSON_WORDS.has(PersonWord::Particle, &lower)
            && words.get(at + n + 1).is_some_and(|next| starts_upper(text, *next));
        if !touches
            || possessive
            || !(starts_upper(text, *word) || is_particle)
            || title_at(text, words, at + n).is_some()
        {
            break;
        }
        n += 1;
    }
    n
}

/// White space, a hyphen, or the stop of an initial holds a name together.
fn gap_joins(gap: &str, inside: bool) -> bool {
    matches!(gap, " " | "  " | "\u{a0}" | ". ") || (inside && matches!(gap, "-" | "‑"))
}

fn name_at(text: &str, words: &[Word], at: usize) -> Vec<String> {
    let n = n_name_words(text, words, at);
    words.get(at..at + n).unwrap_or_default().iter().map(|word| bare(word.span.slice(text))).collect()
}

/// The name in "Name Name, President of X", when the title follows a comma.
fn name_before(text: &str, words: &[Word], title: usize) -> Vec<String> {
    let mut start = title;
    while start > 0 && title - start < 4 && starts_upper(text, words[start - 1]) {
        let gap = &text[words[start - 1].span.end..words[start].span.start];
        if gap != if start == title { ", " } else { " " } {
            break;
        }
        start -= 1;
    }
    if title - start < 2 {
        return Vec::new();
    }
    words[start..title].iter().map(|word| bare(word.span.slice(text))).collect()
}

fn bare(word: &str) -> String {
    word.trim_end_matches("’s").trim_end_matches("'s").to_owned()
}
