//! Sides: who the parties are, by which names each text calls them, and who published it.
//!
//! Declared sides win. What is not declared is inferred from the opening of each readout: the principals it introduces
//! and the countries or organisations that they speak for.
//!
//! In: `"President Aro of Norland spoke with Prime Minister Vey of Sudria."` (were they in the country table)
//! Out: two sides with the principals "Aro" and "Vey"; the author is the side that is named first.

mod infer;
mod mentions;
mod names;
mod persons;

pub use infer::cast;
pub use mentions::{Mention, Who};
pub use names::{EntityIdx, NameKind, TABLES, name_table};
pub use persons::{Person, TitleMention, chinese_title, titles};

use mentions::Matcher;
use std::collections::BTreeSet;

/// Index of a side in the answer.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct SideIdx(pub usize);

/// A party with all that is known of its names.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct CastSide {
    /// Unique.
    pub id: String,
    /// Name to show.
    pub display_name: String,
    /// The request named it.
    pub is_declared: bool,
    /// Its country or organisation, when the tables have it.
    pub entity: Option<EntityIdx>,
    /// Names besides those in the tables.
    pub aliases: Vec<String>,
    /// Names of its principals, each as its words. Sets, so that the order of the readouts changes nothing.
    pub principals: BTreeSet<Vec<String>>,
    /// Titles of its principals in lower case ("prime minister").
    pub titles: BTreeSet<String>,
}

/// The parties to a contact, and the authors of the readouts.
#[derive(Debug)]
pub struct Cast {
    /// Declared sides in the order given, then inferred ones in order of first mention.
    pub sides: Vec<CastSide>,
    /// The author of each readout; `None` when it could not be told.
    pub authors: Vec<Option<SideIdx>>,
    matcher: Matcher,
}

impl Cast {
    /// The mentions of sides, other countries and other persons in `span`, in reading order, not overlapping.
    #[must_use]
    pub fn mentions(&self, text: &str, span: crate::span::Span) -> Vec<Mention> {
        self.matcher.find(text, span)
    }

    /// The sides that have a principal of an office that ends in this title in Chinese ("部长" of "外交部长"), ascending.
    #[must_use]
    pub fn with_chinese_title(&self, title: &str) -> Vec<SideIdx> {
        let has = |side: &CastSide| side.titles.iter().any(|own| own.ends_with(title));
        (0..self.sides.len()).filter(|&at| has(&self.sides[at])).map(SideIdx).collect()
    }

    /// The sides that have a principal of this title ("prime minister"), ascending.
    #[must_use]
    pub fn with_title(&self, title: &str) -> Vec<SideIdx> {
        (0..self.sides.len()).filter(|&at| self.sides[at].titles.contains(title)).map(SideIdx).collect()
    }

    /// The one side that a speaker label in capitals names ("PRESIDENT ARO:"), by a word of its principals' names.
    #[must_use]
    pub fn by_label(&self, label: &str) -> Option<SideIdx> {
        let words: BTreeSet<String> = label.split(|c: char| !c.is_alphanumeric()).map(str::to_uppercase).collect();
        let is_named = |side: &CastSide| {
            let mut parts = side.principals.iter().flatten().filter(|part| part.chars().count() > 1);
            parts.any(|part| words.contains(&part.to_uppercase()))
        };
        let mut named = (0..self.sides.len()).filter(|&at| is_named(&self.sides[at]));
        match (named.next(), named.next()) {
            (Some(only), None) => Some(SideIdx(only)),
            _ => None,
        }
    }

    /// The side with this id.
    #[must_use]
    pub fn side_by_id(&self, id: &str) -> Option<SideIdx> {
        self.sides.iter().position(|side| side.id == id).map(SideIdx)
    }

    /// All sides, ascending.
    #[must_use]
    pub fn all(&self) -> Vec<SideIdx> {
        (0..self.sides.len()).map(SideIdx).collect()
    }
}
