//! Finds the sides and the authors of the readouts of one request.

use super::mentions::Matcher;
use super::names::{EntityIdx, NameKind, NameMention, name_table};
use super::persons::{Person, chinese_persons, chinese_principal, opening_name, persons, titles};
use super::{Cast, CastSide, SideIdx};
use crate::pipeline::Cancel;
use crate::pipeline::segmentation::{LineKind, Segmentation, Sentence, Word, is_ideograph, is_running_text, words};
use crate::readout::{Readout, Side};
use crate::span::Span;
use foldhash::HashSet;
use std::borrow::Cow;
use std::collections::BTreeSet;
use std::sync::LazyLock;

/// Words beside a name by which a text speaks for it.
static SELF_REFERENCE: LazyLock<HashSet<(&str, &str)>> = LazyLock::new(|| {
    let rows = include_str!("self_reference.tsv").lines().filter(|line| !line.starts_with('#'));
    rows.filter_map(|row| row.split_once('\t')).collect()
});

/// How many sentences open a readout: the contact and its principals are named in the first, at times in the second.
const N_OPENING_SENTENCES: usize = 2;

/// The parties to the contact that `readouts` tell of. `segmentations` are those of the readouts, in order. Less
/// good when `cancel` is set meanwhile.
#[must_use]
pub fn cast(cancel: &Cancel, readouts: &[Readout], segmentations: &[Segmentation], declared: &[Side]) -> Cast {
    let mut sides: Vec<CastSide> = declared.iter().map(declared_side).collect();
    let authors_given: Vec<Option<SideIdx>> =
        readouts.iter().map(|readout| readout.author.as_deref().map(|name| find_or_add(&mut sides, name))).collect();
    let introduced: Vec<Introduced> =
        readouts.iter().zip(segmentations).map(|(r, s)| introduce(cancel, r, s)).collect();
    // Two declared sides are the contact; with fewer, those whom the openings introduce are added.
    if declared.len() < 2 {
        for opening in &introduced {
            for entity in
                opening.persons.iter().filter(|p| p.at < opening.opening_end).filter_map(|p| opening.entity_of(p))
            {
                find_or_add_entity(&mut sides, entity);
            }
        }
    }
    let mut authors = Vec::new();
    for (given, opening) in authors_given.into_iter().zip(&introduced) {
        authors.push(given.or_else(|| infer_author(opening, &mut sides)));
    }
    let others = adopt_persons(&mut sides, &introduced, &authors);
    let matcher = Matcher::new(&sides, &others);
    Cast { sides, authors, matcher }
}

/// Who is introduced in one readout.
struct Introduced {
    persons: Vec<Person>,
    entities: Vec<Option<EntityIdx>>,
    opening_end: usize,
    institution: Option<EntityIdx>,
    /// The text says "I" or "we" in its opening.
    is_first_person: bool,
    /// Countries and organisations that the text speaks for, most often first.
    spoken_for: Vec<EntityIdx>,
}

impl Introduced {
    fn entity_of(&self, person: &Person) -> Option<EntityIdx> {
        self.persons.iter().position(|p| p == person).and_then(|at| self.entities[at])
    }
}

fn introduce(cancel: &Cancel, readout: &Readout, segmentation: &Segmentation) -> Introduced {
    let text = &readout.text;
    let running: Vec<&Sentence> = segmentation.sentences.iter().filter(|s| is_running_text(s)).collect();
    let opening_end = running.iter().take(N_OPENING_SENTENCES).next_back().map_or(0, |sentence| sentence.span.end);
    let (mut all, mut entities) = (Vec::new(), Vec::new());
    let mut counts: Vec<(EntityIdx, usize)> = Vec::new();
    // The title introduces as an opening sentence does.
    let title = Span::new(0, readout.title.len());
    let title_mentions = name_table().find(&readout.title, title);
    let title_words = words(&readout.title, title);
    let in_title = persons(&readout.title, &title_words, &title_mentions).into_iter();
    for person in in_title.chain(chinese_persons(&readout.title, title, &title_mentions)) {
        entities.push(person.mention.map(|at| title_mentions[at].entities[0]));
        all.push(Person { at: 0, mention: None, ..person });
    }
    let mut is_first_person = false;
    for sentence in running {
        if cancel.is_cancelled() {
            break;
        }
        let (span, words) = (sentence.span, segmentation.words_of(sentence));
        let mentions = name_table().find(text, span);
        if let Some(person) =
            all.is_empty().then(|| opening_name(text, words, &mentions)).flatten().filter(|p| p.at < opening_end)
        {
            entities.push(None);
            all.push(person);
        }
        for person in persons(text, words, &mentions).into_iter().chain(chinese_persons(text, span, &mentions)) {
            entities.push(person.mention.map(|at| mentions[at].entities[0]));
            all.push(person);
        }
        for at in (0..mentions.len()).filter(|&at| mentions[at].entities.len() == 1) {
            let mention = &mentions[at];
            let in_compound = is_compound(text, &mentions, at) || (at > 0 && is_compound(text, &mentions, at - 1));
            let is_own = mention.kind == NameKind::Institution
                || (in_compound && !is_first_person)
                || speaks_for(text, words, mention);
            if !is_own {
                continue;
            }
            match counts.iter_mut().find(|(entity, _)| *entity == mention.entities[0]) {
                Some((_, n)) => *n += 1,
                None => counts.push((mention.entities[0], 1)),
            }
        }
        let is_pronoun = |word: &Word| matches!(word.span.slice(text), "I" | "I’m" | "I'm" | "We" | "we" | "my" | "My");
        is_first_person |=
            span.end <= opening_end && words.iter().any(is_pronoun) && !span.slice(text).contains(['"', '“']);
    }
    counts.sort_by_key(|&(entity, n)| (std::cmp::Reverse(n), entity));
    let institution = segmentation.sentences.iter().filter(|s| s.kind == LineKind::Heading).find_map(|heading| {
        let mentions = name_table().find(text, heading.span);
        mentions.iter().find(|mention| mention.kind == NameKind::Institution).map(|mention| mention.entities[0])
    });
    Introduced {
        persons: all,
        entities,
        opening_end,
        institution,
        is_first_person,
        spoken_for: counts.into_iter().map(|(entity, _)| entity).collect(),
    }
}

/// True for the first half of "Norland-Sudria relations": one of the two is the author.
fn is_compound(text: &str, mentions: &[NameMention], at: usize) -> bool {
    let next = mentions.get(at + 1);
    next.is_some_and(|next| matches!(&text[mentions[at].span.end..next.span.start], "-" | "–"))
}

/// True for "Norland will …" and "Norland's commitment".
fn speaks_for(text: &str, words: &[Word], mention: &NameMention) -> bool {
    let next = words.partition_point(|word| word.span.start < mention.span.end.saturating_sub(1));
    let is_possessive = ["’s ", "'s ", "’ ", "' "].iter().any(|mark| text[mention.span.end..].starts_with(mark));
    // The name and its possessive are one word, and a possessed noun may stand behind up to two adjectives.
    let after = words[next.min(words.len())..].iter().filter(|word| word.span.start >= mention.span.end).take(3);
    let lowers: Vec<Cow<'_, str>> = after.map(|word| word.lower(text)).collect();
    let is_of = |class: &str, word: &str| SELF_REFERENCE.contains(&(class, word));
    if is_possessive {
        lowers.iter().any(|word| is_of("noun", word))
    } else {
        lowers.first().is_some_and(|word| is_of("verb", word))
    }
}

fn declared_side(side: &Side) -> CastSide {
    let named = |name: &str| name_table().lookup(name);
    let principals: Vec<(Vec<String>, String)> = side.principals.iter().map(|name| principal(name)).collect();
    CastSide {
        id: side.id.clone(),
        display_name: side.display_name.clone(),
        is_declared: true,
        entity: named(&side.display_name).or_else(|| side.aliases.iter().find_map(|alias| named(alias))),
        aliases: side.aliases.clone(),
        principals: principals.iter().map(|(name, _)| name.clone()).collect(),
        titles: principals.into_iter().map(|(_, title)| title).filter(|title| !title.is_empty()).collect(),
    }
}

/// The words of a principal's name without its titles, and the title.
fn principal(name: &str) -> (Vec<String>, String) {
    let words = words(name, Span::new(0, name.len()));
    let found = titles(name, &words);
    let in_title = |at: usize| found.iter().any(|t| (t.first_word..t.first_word + t.n_words).contains(&at));
    let rest = words.iter().enumerate().filter(|&(at, _)| !in_title(at));
    let parts: Vec<String> = rest.map(|(_, word)| word.span.slice(name).to_owned()).collect();
    if name.chars().any(is_ideograph) {
        return chinese_principal(name);
    }
    (parts, found.first().map_or(String::new(), |title| title.title.clone()))
}

/// The side that free text names: by id, by name, by the entity it names; a new one when there is none.
fn find_or_add(sides: &mut Vec<CastSide>, name: &str) -> SideIdx {
    let same = |side: &CastSide| {
        side.id == name
            || side.display_name == name
            || side.aliases.iter().any(|alias| alias.eq_ignore_ascii_case(name))
    };
    if let Some(at) = sides.iter().position(same) {
        return SideIdx(at);
    }
    if let Some(entity) = name_table().lookup(name) {
        return find_or_add_entity(sides, entity);
    }
    sides.push(new_side(sides, name, None));
    SideIdx(sides.len() - 1)
}

fn find_or_add_entity(sides: &mut Vec<CastSide>, entity: EntityIdx) -> SideIdx {
    if let Some(at) = sides.iter().position(|side| side.entity == Some(entity)) {
        return SideIdx(at);
    }
    sides.push(new_side(sides, name_table().entity(entity).name, Some(entity)));
    SideIdx(sides.len() - 1)
}

fn new_side(sides: &[CastSide], name: &str, entity: Option<EntityIdx>) -> CastSide {
    let mut id = name.to_owned();
    while sides.iter().any(|side| side.id == id) {
        id.push('\'');
    }
    CastSide {
        id,
        display_name: name.to_owned(),
        is_declared: false,
        entity,
        aliases: Vec::new(),
        principals: BTreeSet::new(),
        titles: BTreeSet::new(),
    }
}

/// The author of a readout that does not name one: the institution in its heading; else the side of the first person
/// that a third-person text introduces, since a readout opens with its own principal; else the country that the text
/// speaks for and that is not another's. A principal without a country is a side by itself.
fn infer_author(opening: &Introduced, sides: &mut Vec<CastSide>) -> Option<SideIdx> {
    if let Some(institution) = opening.institution {
        return Some(find_or_add_entity(sides, institution));
    }
    let first = opening.persons.iter().position(|person| person.at < opening.opening_end);
    let first = first.filter(|_| !opening.is_first_person);
    if let Some(entity) = first.and_then(|first| opening.entities[first]) {
        return Some(find_or_add_entity(sides, entity));
    }
    let person = first.map(|first| &opening.persons[first]);
    let known = person.and_then(|person| {
        sides.iter().position(|side| side.principals.iter().any(|name| shares_word(name, &person.name)))
    });
    if let Some(at) = known {
        return Some(SideIdx(at));
    }
    let in_opening =
        opening.persons.iter().zip(&opening.entities).filter(|(person, _)| person.at < opening.opening_end);
    let taken: Vec<EntityIdx> = in_opening.filter_map(|(_, entity)| *entity).collect();
    let own = opening.spoken_for.iter().find(|entity| !taken.contains(entity));
    match (own, person) {
        (Some(&entity), _) => Some(find_or_add_entity(sides, entity)),
        (None, Some(person)) => Some(find_or_add(sides, &person.name.join(" "))),
        (None, None) => None,
    }
}

/// Gives every person introduced to the side of its entity, then every one without to the side that already has the
/// name or, from the opening, to the author. Returns those who speak for no side. What a readout says of its persons
/// does not depend on the readouts before it, so that their order changes nothing.
fn adopt_persons(sides: &mut [CastSide], introduced: &[Introduced], authors: &[Option<SideIdx>]) -> Vec<Person> {
    let mut others = Vec::new();
    for opening in introduced {
        for (person, entity) in opening.persons.iter().zip(&opening.entities) {
            let Some(entity) = entity else { continue };
            match sides.iter_mut().find(|side| side.entity == Some(*entity)) {
                Some(side) => add_principal(side, person),
                None => others.push(person.clone()),
            }
        }
    }
    let known: Vec<BTreeSet<Vec<String>>> = sides.iter().map(|side| side.principals.clone()).collect();
    let mut strangers = Vec::new();
    for (opening, author) in introduced.iter().zip(authors) {
        let without = opening.persons.iter().zip(&opening.entities).filter(|(_, entity)| entity.is_none());
        for (person, _) in without {
            let bearers: Vec<usize> =
                (0..sides.len()).filter(|&at| known[at].iter().any(|name| shares_word(name, &person.name))).collect();
            match (bearers.as_slice(), author) {
                (&[bearer], _) => add_principal(&mut sides[bearer], person),
                // Two sides have the name, or it is known to speak for somebody else.
                (&[_, _, ..], _) => {}
                _ if others.iter().any(|other| shares_word(&other.name, &person.name)) => {}
                (_, Some(author)) if person.at < opening.opening_end => add_principal(&mut sides[author.0], person),
                _ => strangers.push(person.clone()),
            }
        }
    }
    others.extend(strangers);
    others
}

fn add_principal(side: &mut CastSide, person: &Person) {
    side.principals.insert(person.name.clone());
    if !person.title.is_empty() {
        side.titles.insert(person.title.clone());
    }
}

/// True when two names share a word that is longer than an initial.
fn shares_word(left: &[String], right: &[String]) -> bool {
    left.iter().any(|word| word.chars().count() > 1 && right.contains(word))
}
