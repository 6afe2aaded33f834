//! Finds the sides of one request in a text.

use super::names::{EntityIdx, NameMention, is_whole_word, name_table};
use super::persons::{PERSON_WORDS, Person, PersonWord, short_titles};
use super::{CastSide, SideIdx};
use crate::pipeline::segmentation::is_ideograph;
use crate::span::Span;
use aho_corasick::{AhoCorasick, AhoCorasickKind, MatchKind};
use std::collections::{BTreeMap, BTreeSet};

/// Who is mentioned.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Who {
    /// A side of the contact.
    Side(SideIdx),
    /// A country or an organisation that is no side.
    Entity(EntityIdx),
    /// A person who speaks for no side.
    Person,
}

/// One place where somebody is mentioned.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Mention {
    /// Where.
    pub span: Span,
    /// Who.
    pub who: Who,
    /// Named as a person, not as a country or an organisation.
    pub is_person: bool,
}

/// Names of one request: those declared, those of principals, those of persons who speak for nobody here.
#[derive(Debug)]
pub(super) struct Matcher {
    automaton: Option<AhoCorasick>,
    who: Vec<(Who, bool)>,
    by_entity: BTreeMap<EntityIdx, SideIdx>,
}

impl Matcher {
    pub(super) fn new(sides: &[CastSide], others: &[Person]) -> Self {
        let mut names: BTreeMap<String, (Who, bool)> = BTreeMap::new();
        for person in others {
            for name in name_forms(&person.name) {
                names.insert(name, (Who::Person, true));
            }
        }
        // Later insertions win: names of sides over those of others, declared aliases over words of names. A word that
        // is in the names of two sides' principals names neither.
        let mut own: BTreeMap<String, BTreeSet<usize>> = BTreeMap::new();
        for (at, side) in sides.iter().enumerate() {
            for name in side.principals.iter().flat_map(|name| name_forms(name)) {
                own.entry(name).or_default().insert(at);
            }
            for name in side.principals.iter().flatten().filter_map(|name| surname(name)) {
                for title in side.titles.iter().flat_map(|title| short_titles(title)) {
                    own.entry(format!("{name}{title}")).or_default().insert(at);
                }
            }
        }
        for (name, bearers) in own {
            match bearers.first() {
                Some(&only) if bearers.len() == 1 => names.insert(name, (Who::Side(SideIdx(only)), true)),
                _ => names.remove(&name),
            };
        }
        for (at, side) in sides.iter().enumerate() {
            let own = side.aliases.iter().chain([&side.display_name]);
            for alias in own.map(|alias| alias.trim()).filter(|alias| !alias.is_empty()) {
                names.insert(alias.to_owned(), (Who::Side(SideIdx(at)), false));
            }
        }
        for (at, side) in sides.iter().enumerate().filter(|(_, side)| side.entity.is_none()) {
            for short in chinese_short_forms(side) {
                let is_shared =
                    sides.iter().enumerate().any(|(i, s)| i != at && chinese_short_forms(s).contains(&short));
                if !is_shared {
                    names.entry(short).or_insert((Who::Side(SideIdx(at)), false));
                }
            }
        }
        // A request has a dozen names: what is quick to build beats what is quick to search.
        let automaton = AhoCorasick::builder()
            .match_kind(MatchKind::LeftmostLongest)
            .kind(Some(AhoCorasickKind::NoncontiguousNFA))
            .prefilter(false)
            .build(names.keys())
            .ok();
        let mut by_entity = BTreeMap::new();
        for (at, side) in sides.iter().enumerate() {
            if let Some(entity) = side.entity {
                by_entity.entry(entity).or_insert(SideIdx(at));
            }
        }
        Self { automaton, who: names.into_values().collect(), by_entity }
    }

    pub(super) fn find(&self, text: &str, span: Span) -> Vec<Mention> {
        let mut mentions = self.own(text, span);
        for found in name_table().find(text, span) {
            if mentions.iter().all(|mention| mention.span.overlap(found.span) == 0) {
                mentions.push(Mention { span: found.span, who: self.who_is(&found), is_person: false });
            }
        }
        mentions.sort_by_key(|mention| mention.span);
        mentions
    }

    fn own(&self, text: &str, span: Span) -> Vec<Mention> {
        let Some(automaton) = &self.automaton else { return Vec::new() };
        automaton
            .find_iter(span.slice(text))
            .map(|found| (Span::new(span.start + found.start(), span.start + found.end()), found.pattern()))
            .filter(|&(at, _)| is_whole_word(text, at))
            .map(|(span, pattern)| {
                let (who, is_person) = self.who[pattern.as_usize()].clone();
                Mention { span, who, is_person }
            })
            .collect()
    }

    /// A shared name ("Korean") means the side among its bearers, when there is one.
    fn who_is(&self, found: &NameMention) -> Who {
        let side = found.entities.iter().find_map(|entity| self.by_entity.get(entity));
        side.map_or(Who::Entity(found.entities[0]), |&side| Who::Side(side))
    }
}

/// "诺方" and "诺兰方" for 诺兰德: how a text in Chinese calls a side that no table knows.
fn chinese_short_forms(side: &CastSide) -> Vec<String> {
    let names = side.aliases.iter().chain([&side.display_name]).map(|name| name.trim());
    let is_chinese = |name: &&str| name.chars().count() > 1 && name.chars().all(is_ideograph) && !name.ends_with('方');
    let short = |name: &str, n_characters: usize| name.chars().take(n_characters).chain(['方']).collect::<String>();
    names.filter(is_chinese).flat_map(|name| [short(name, 1), short(name, 2)]).collect()
}

/// The first character of a Chinese name of two or three; longer ones are transliterated and have no surname in front.
fn surname(name: &str) -> Option<char> {
    let is_short = (2..=3).contains(&name.chars().count());
    name.chars().next().filter(|_| is_short && name.chars().all(is_ideograph))
}

/// A name as a whole, and its words that can stand for it; in Chinese the last part of a transliteration.
fn name_forms(name: &[String]) -> Vec<String> {
    let is_telling = |word: &&String| {
        let has_case = word.starts_with(char::is_uppercase) && word.chars().count() > 1;
        (has_case || !word.is_ascii()) && !PERSON_WORDS.has(PersonWord::Common, word)
    };
    let mut forms: Vec<String> = name.iter().filter(is_telling).cloned().collect();
    if name.len() > 1 {
        forms.push(name.join(" "));
    }
    let last = name.last().and_then(|word| word.rsplit_once(['·', '・', '‧'])).map(|(_, last)| last);
    forms.extend(last.filter(|last| last.chars().count() > 1).map(str::to_owned));
    forms
}
