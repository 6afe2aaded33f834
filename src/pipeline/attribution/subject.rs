//! The subject of a clause: which side, or sides, the words before a cue name.

use super::cues::CueHit;
use super::function_words::{Function, is_word};
use crate::pipeline::position::Holder;
use crate::pipeline::segmentation::Word;
use crate::pipeline::sides::{Cast, Mention, SideIdx, Who, titles};
use crate::span::Span;
use std::borrow::Cow;

/// What the words before a cue say about who speaks.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Subject {
    /// These sides, named; several jointly.
    Sides {
        /// Ascending.
        sides: Vec<SideIdx>,
        /// By a person or an office, not by a country.
        is_person: bool,
    },
    /// "he", "she", "it": whoever spoke last.
    Same,
    /// "they", "both sides", "the leaders": all together.
    All,
    /// "I", "we", "our": the author, or the one quoted.
    FirstPerson {
        /// "we" rather than "I".
        is_plural: bool,
    },
    /// Somebody who is no side.
    Other(Span),
    /// Nobody: a thing, or nothing at all.
    None,
}

/// Words of a sentence with what the cast knows of them.
pub struct Context<'a> {
    /// The readout's text.
    pub text: &'a str,
    /// Words of the sentence.
    pub words: &'a [Word],
    /// The same in lower case.
    pub lowers: &'a [Cow<'a, str>],
    /// Mentions in the sentence.
    pub mentions: &'a [Mention],
    /// The parties.
    pub cast: &'a Cast,
    /// The author of the readout.
    pub author: Option<SideIdx>,
}

impl Context<'_> {
    /// Where the words of a cue stand.
    #[must_use]
    pub fn span_of(&self, hit: &CueHit) -> Span {
        Span::new(self.words[hit.first_word].span.start, self.words[hit.end_word - 1].span.end)
    }

    /// The subject among the words `from..to`, nearest phrase first.
    #[must_use]
    pub fn subject(&self, from: usize, to: usize) -> (Subject, Option<Span>) {
        // Phrases between commas, the one at the cue first; those that open with a preposition stand aside.
        let mut end = to;
        while end > from {
            let mut start = end;
            while start > from && (start == end || !self.gap(start).contains([',', '—', '–', ';', ':', '(', ')'])) {
                start -= 1;
            }
            if !is_word(Function::PhraseOpener, &self.lowers[start]) || self.lowers[start] == "both" {
                let subject = self.phrase(start, end);
                if subject != Subject::None {
                    return (subject, Some(Span::new(self.words[start].span.start, self.words[end - 1].span.end)));
                }
            }
            end = start;
        }
        (Subject::None, None)
    }

    /// Text between word `at` and the one before it.
    fn gap(&self, at: usize) -> &str {
        if at == 0 { "" } else { &self.text[self.words[at - 1].span.end..self.words[at].span.start] }
    }

    fn phrase(&self, start: usize, end: usize) -> Subject {
        let lowers = &self.lowers[start..end];
        let span = Span::new(self.words[start].span.start, self.words[end - 1].span.end);
        let has = |words: &[&str]| lowers.iter().any(|lower| words.contains(&lower.as_ref()));
        let mentions: Vec<&Mention> = self.mentions.iter().filter(|mention| span.contains(mention.span)).collect();
        let titles = titles(self.text, &self.words[start..end]);
        let plural =
            titles.iter().any(|title| title.is_plural) || lowers.iter().any(|lower| is_word(Function::Parties, lower));
        let mut sides: Vec<SideIdx> = mentions.iter().filter_map(|m| side_of(m)).collect();
        sides.sort_unstable();
        sides.dedup();
        if sides.len() > 1 && (has(&["and", "with", "nor", "or"]) || plural) {
            return Subject::Sides { sides, is_person: false };
        }
        if plural && (mentions.is_empty() || has(&["both", "two"])) {
            return Subject::All;
        }
        // "Neither side", "neither of them": both, in the negative.
        if mentions.is_empty() && has(&["neither"]) {
            return Subject::All;
        }
        if let Some(first) = lowers.iter().find_map(|lower| first_person(lower)) {
            return match sides.first() {
                Some(_) if has(&["and"]) => Subject::All,
                _ => Subject::FirstPerson { is_plural: first },
            };
        }
        if has(&["they", "their"]) && mentions.is_empty() {
            return Subject::All;
        }
        // The nearest name before the cue is the head in English ("Ukrainian President Name"); of two sides without
        // "and" the first is ("the President of X for Y").
        if let Some(first) = mentions.first() {
            let is_person = first.is_person || !titles.is_empty();
            return side_of(first)
                .map_or(Subject::Other(first.span), |side| Subject::Sides { sides: vec![side], is_person });
        }
        if let Some(title) = titles.first() {
            return self.titled(&title.title);
        }
        if lowers.iter().any(|lower| is_word(Function::Contact, lower)) {
            return Subject::All;
        }
        if has(&["he", "she", "who"]) {
            return Subject::Same;
        }
        Subject::None
    }

    /// "The President": the author's own when it has one, else the only side that has one.
    fn titled(&self, title: &str) -> Subject {
        let holders = self.cast.with_title(title);
        match (self.author, holders.as_slice()) {
            (_, [only]) => Subject::Sides { sides: vec![*only], is_person: true },
            (Some(author), _) => Subject::Sides { sides: vec![author], is_person: true },
            _ => Subject::Same,
        }
    }
}

/// The side that a mention names.
pub(super) fn side_of(mention: &Mention) -> Option<SideIdx> {
    match mention.who {
        Who::Side(side) => Some(side),
        Who::Entity(_) | Who::Person => None,
    }
}

/// Some when `lower` is a first-person pronoun as a subject; true inside when it is plural.
fn first_person(lower: &str) -> Option<bool> {
    match lower.split('\'').next().unwrap_or_default() {
        "i" => Some(false),
        "we" | "our" | "us" => Some(true),
        "my" => Some(false),
        _ => None,
    }
}

/// The holder that `subject` names, given who spoke last and whose "we" it is. `None`: to be carried over.
#[must_use]
pub fn resolve(subject: &Subject, context: &Context<'_>, speaker: Option<&Holder>, is_shared: bool) -> Option<Holder> {
    let all = context.cast.all();
    match subject {
        Subject::Sides { sides, .. } => Some(Holder::Sides(sides.clone())),
        Subject::Same => speaker.filter(|holder| !holder.is_joint()).cloned().or_else(|| author_of(context)),
        Subject::All => (!all.is_empty()).then_some(Holder::Sides(all)),
        Subject::FirstPerson { is_plural } if *is_plural && is_shared && all.len() > 1 => Some(Holder::Sides(all)),
        Subject::FirstPerson { .. } => author_of(context),
        Subject::Other(span) => Some(Holder::Other(span.slice(context.text).to_owned())),
        Subject::None => None,
    }
}

fn author_of(context: &Context<'_>) -> Option<Holder> {
    context.author.map(|author| Holder::Sides(vec![author]))
}

#[cfg(test)]
mod tests {
    use crate::pipeline::Cancel;
    use crate::pipeline::attribution::attribute;
    use crate::pipeline::segmentation::segment;
    use crate::pipeline::sides;
    use crate::readout::{Readout, Side};

    /// The sides that hold the first clause of a third-person text by Norland.
    #[track_caller]
    fn check(text: &str, expected: &[&str]) {
        let declared = ["Norland", "Sudria"].map(|name| Side {
            id: name.to_owned(),
            display_name: name.to_owned(),
            ..Side::default()
        });
        let readouts = [Readout { author: Some("Norland".to_owned()), ..Readout::from_text("a", text.to_owned()) }];
        let segmentations = [segment(&Cancel::default(), text)];
        let cast = sides::cast(&Cancel::default(), &readouts, &segmentations, &declared);
        let clauses = attribute(&Cancel::default(), text, &segmentations[0], &cast, cast.authors[0]);
        let found: Vec<&str> = clauses[0].holder.sides().iter().map(|side| cast.sides[side.0].id.as_str()).collect();
        assert_eq!(found, expected, "{text}");
    }

    #[test]
    fn a_subject_of_both_names_both() {
        check("Norland and Sudria agreed to a truce.", &["Norland", "Sudria"]);
        check("Both sides agreed to a truce.", &["Norland", "Sudria"]);
        check("Neither side agreed to a truce.", &["Norland", "Sudria"]);
        check("Neither Norland nor Sudria supports the plan.", &["Norland", "Sudria"]);
        check("Sudria rejected the plan.", &["Sudria"]);
    }
}
