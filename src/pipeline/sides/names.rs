//! The names of countries and organisations, from tables: which stretch of a text names which of them.

use crate::span::Span;
use aho_corasick::{AhoCorasick, MatchKind};
use std::collections::BTreeMap;
use std::sync::LazyLock;

/// Index of a country or organisation in the tables.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct EntityIdx(pub usize);

/// A country or an organisation.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Entity {
    /// ISO 3166-1 alpha-2 code, or the short name of an organisation.
    pub code: &'static str,
    /// English short name.
    pub name: &'static str,
}

/// What kind of name a text uses.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum NameKind {
    /// "Ukraine", "the Russian Federation".
    Name,
    /// "Ukrainian".
    Demonym,
    /// "Kyiv".
    Capital,
    /// "the Kremlin".
    Institution,
}

/// One place where a text names a country or an organisation.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct NameMention {
    /// Where.
    pub span: Span,
    /// Whom: more than one where the name is shared ("Korean", "Congolese"), ascending.
    pub entities: &'static [EntityIdx],
    /// How.
    pub kind: NameKind,
}

/// All entities with their names.
pub struct NameTable {
    entities: Vec<Entity>,
    surfaces: Vec<(NameKind, Vec<EntityIdx>)>,
    automaton: AhoCorasick,
}

/// The tables that the names come from, for the description of the engine: name, text, what it is.
pub const TABLES: [(&str, &str, &str); 4] = [
    ("countries.tsv", include_str!("countries.tsv"), "names, demonyms and capitals of countries (CLDR, countryinfo)"),
    ("organisations.tsv", include_str!("organisations.tsv"), "names of international organisations"),
    ("institutions.tsv", include_str!("institutions.tsv"), "institutions that stand for a government"),
    ("titles.tsv", include_str!("titles.tsv"), "titles and offices of principals"),
];

static TABLE: LazyLock<NameTable> = LazyLock::new(NameTable::load);

/// The table of this version.
#[must_use]
pub fn name_table() -> &'static NameTable {
    &TABLE
}

/// The rows of a table: comment lines left out, split at tabs.
pub(super) fn rows(table: &'static str) -> impl Iterator<Item = Vec<&'static str>> {
    table.lines().filter(|line| !line.starts_with('#') && !line.is_empty()).map(|line| line.split('\t').collect())
}

fn list(column: Option<&&'static str>) -> impl Iterator<Item = &'static str> {
    column.copied().unwrap_or_default().split('|').filter(|name| !name.is_empty())
}

impl NameTable {
    fn load() -> Self {
        let mut entities = Vec::new();
        let mut names: BTreeMap<String, (NameKind, Vec<EntityIdx>)> = BTreeMap::new();
        let mut add = |name: &str, kind: NameKind, entity: EntityIdx| {
            let row = names.entry(name.to_owned()).or_insert_with(|| (kind, Vec::new()));
            row.0 = row.0.min(kind);
            if !row.1.contains(&entity) {
                row.1.push(entity);
            }
        };
        for row in rows(TABLES[0].1) {
            let entity = EntityIdx(entities.len());
            entities.push(Entity { code: row[0], name: row[1] });
            let kinds = [(1, NameKind::Name), (2, NameKind::Name), (3, NameKind::Demonym), (4, NameKind::Capital)];
            for (column, kind) in kinds.into_iter().chain([(5, NameKind::Name), (6, NameKind::Name)]) {
                list(row.get(column)).for_each(|name| add(name, kind, entity));
            }
            // "中方": the side that is named by the one-character short form.
            list(row.get(7)).for_each(|short| add(&format!("{short}方"), NameKind::Institution, entity));
        }
        let n_countries = entities.len();
        for row in rows(TABLES[1].1) {
            let entity = EntityIdx(entities.len());
            entities.push(Entity { code: row[0], name: row[1] });
            // The adjectives of column 3 ("European") name an organisation only where it is known to be a side, so
            // they are no names of their own.
            for (column, kind) in [0, 1, 2, 4, 5].map(|column| (column, NameKind::Name)) {
                list(row.get(column)).for_each(|name| add(name, kind, entity));
            }
        }
        for row in rows(TABLES[2].1) {
            if let Some(entity) = entities[..n_countries].iter().position(|entity| Some(&entity.code) == row.get(1)) {
                list(row.first()).for_each(|name| add(name, NameKind::Institution, EntityIdx(entity)));
            }
        }
        let automaton = AhoCorasick::builder()
            .match_kind(MatchKind::LeftmostLongest)
            .build(names.keys())
            .expect("a few thousand names fit an automaton");
        Self { entities, surfaces: names.into_values().collect(), automaton }
    }

    /// The entity at `idx`.
    #[must_use]
    pub fn entity(&self, idx: EntityIdx) -> &Entity {
        &self.entities[idx.0]
    }

    /// The mentions in `span`, in reading order, not overlapping, on word boundaries.
    #[must_use]
    pub fn find(&'static self, text: &str, span: Span) -> Vec<NameMention> {
        self.automaton
            .find_iter(span.slice(text))
            .map(|found| (Span::new(span.start + found.start(), span.start + found.end()), found.pattern()))
            .filter(|&(at, _)| is_whole_word(text, at))
            .map(|(at, pattern)| {
                let (kind, entities) = &self.surfaces[pattern.as_usize()];
                NameMention { span: at, entities, kind: *kind }
            })
            .collect()
    }

    /// The one entity that `name` as a whole names, an article before it aside.
    #[must_use]
    pub fn lookup(&'static self, name: &str) -> Option<EntityIdx> {
        let bare = name.trim().trim_start_matches("the ").trim_start_matches("The ");
        match self.find(bare, Span::new(0, bare.len())).as_slice() {
            [mention] if mention.span.len() == bare.len() && mention.entities.len() == 1 => Some(mention.entities[0]),
            _ => None,
        }
    }
}

/// True when no letter or digit touches `span`. Ideographs know no word boundary, so they always pass.
pub(super) fn is_whole_word(text: &str, span: Span) -> bool {
    use crate::pipeline::segmentation::is_ideograph;
    let joins = |c: char| c.is_alphanumeric() && !is_ideograph(c);
    let inner = span.slice(text);
    let opens = inner.chars().next().is_some_and(joins) && text[..span.start].chars().next_back().is_some_and(joins);
    let closes = inner.chars().next_back().is_some_and(joins) && text[span.end..].chars().next().is_some_and(joins);
    !opens && !closes
}
