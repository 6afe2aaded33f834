//! Gold files: contacts that a person has annotated, read and checked.
//!
//! In: a folder of JSON files. Out: one [`Document`] a file, in the order of the file names. There are two forms:
//! a pair (`pair_id`, `texts.a` and `.b`, `positions_a`, `positions_b`, `points`) holds both sides' own texts of one
//! contact, a single (`doc_id`, `text`, `positions`, `points`) one text that reports both sides. Offsets in the files
//! are code points, end exclusive.
//!
//! What the counting needs is worked out here once: a point with several members becomes its links, so that
//! [`super::score`] sees links and ranges only.

use std::collections::HashMap;
use std::fs;
use std::path::{Path, PathBuf};

use serde::{Deserialize, Serialize};

use super::Error;
use super::genre::Genre;

/// A range in a text in code points, end exclusive. It is written as `[start, end]`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
pub struct CharRange(
    /// First code point.
    pub usize,
    /// Code point after the last one.
    pub usize,
);

/// Who holds a position, in the letters of the gold files.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub enum HeldBy {
    /// The first side.
    A,
    /// The second side.
    B,
    /// Both.
    #[serde(rename = "joint")]
    Joint,
    /// A third party.
    #[serde(rename = "other")]
    Other,
}

/// Kind of a link.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum LinkKind {
    /// The sides do not differ in substance.
    Overlap,
    /// They differ.
    Divergence,
}

/// Two ranges about the same thing. In a pair `a` lies in text a and `b` in text b; in a single both lie in the one
/// text and their order means nothing.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub struct Link {
    /// One end.
    pub a: CharRange,
    /// The other end.
    pub b: CharRange,
    /// Kind.
    pub kind: LinkKind,
}

/// An annotated contact.
#[derive(Debug, Clone, PartialEq)]
pub struct Document {
    /// `pair_id` or `doc_id`.
    pub id: String,
    /// ISO 8601 date; empty: unknown.
    pub date: String,
    /// Side A and side B.
    pub parties: [Party; 2],
    /// The texts: two (by A, by B) in a pair, one (by A) in a single.
    pub accounts: Vec<Account>,
    /// Links of its overlaps and divergences: between the texts in a pair, inside the text in a single.
    pub links: Vec<Link>,
    /// Ranges that one side alone mentions, with the index of their account.
    pub one_sided: Vec<(usize, CharRange)>,
}

impl Document {
    /// True when one text reports both sides.
    #[must_use]
    pub fn is_single(&self) -> bool {
        self.accounts.len() == 1
    }
}

/// A side as the gold files name it: "Country or body (principal)".
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Party {
    /// Country or body.
    pub name: String,
    /// What stands in the parentheses.
    pub principal: Option<String>,
}

/// One text with its positions.
#[derive(Debug, Clone, PartialEq)]
pub struct Account {
    /// The text.
    pub text: String,
    /// Who speaks in it, as its source says or else as its pronouns show.
    pub genre: Genre,
    /// In the order of the file.
    pub positions: Vec<GoldPosition>,
}

/// An annotated position.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct GoldPosition {
    /// Unique in its document.
    pub id: String,
    /// Where it stands.
    pub range: CharRange,
    /// The text of that range.
    pub text: String,
    /// Who holds it.
    pub held_by: HeldBy,
}

/// The documents of a folder in the order of the file names, or the one document of a file.
///
/// # Errors
/// When nothing is there, or a file breaks the format: the error names the file and the field.
pub fn load(path: &Path) -> Result<Vec<Document>, Error> {
    let read_error = |source| Error::Read { path: path.to_owned(), source };
    if fs::metadata(path).map_err(read_error)?.is_file() {
        return Ok(vec![load_file(path)?]);
    }
    let mut files: Vec<PathBuf> = Vec::new();
    for entry in fs::read_dir(path).map_err(read_error)? {
        let file = entry.map_err(read_error)?.path();
        let is_hidden = file.file_name().is_some_and(|name| name.as_encoded_bytes().starts_with(b"."));
        if file.extension().is_some_and(|extension| extension == "json") && !is_hidden {
            files.push(file);
        }
    }
    if files.is_empty() {
        return Err(Error::NoGold { path: path.to_owned() });
    }
    files.sort();
    files.iter().map(|file| load_file(file)).collect()
}

fn load_file(path: &Path) -> Result<Document, Error> {
    let json = fs::read_to_string(path).map_err(|source| Error::Read { path: path.to_owned(), source })?;
    parse(&json).map_err(|problem| match problem {
        Problem::Json(source) => Error::Json { path: path.to_owned(), source },
        Problem::Field { field, problem } => Error::Field { path: path.to_owned(), field, problem },
    })
}

/// What is wrong with the content of a gold file.
#[derive(Debug)]
pub enum Problem {
    /// It is no JSON, or a field is missing or of another type.
    Json(serde_json::Error),
    /// A field says what cannot be.
    Field {
        /// Path of the field.
        field: String,
        /// What is wrong with it.
        problem: String,
    },
}

fn field(field: impl Into<String>, problem: impl Into<String>) -> Problem {
    Problem::Field { field: field.into(), problem: problem.into() }
}

/// The document that a gold file holds.
///
/// # Errors
/// When the JSON breaks the format.
pub fn parse(json: &str) -> Result<Document, Problem> {
    // The form is told first and parsed second: serde's untagged enums would lose line, column and field.
    let form: FormFile = serde_json::from_str(json).map_err(Problem::Json)?;
    let has_control = |id: &Option<String>| id.as_ref().is_some_and(|id| id.contains(char::is_control));
    if has_control(&form.pair_id) || has_control(&form.doc_id) {
        return Err(field("pair_id, doc_id", "holds a control character"));
    }
    match (form.pair_id, form.doc_id) {
        (Some(id), None) => pair(id, serde_json::from_str(json).map_err(Problem::Json)?),
        (None, Some(id)) => single(id, serde_json::from_str(json).map_err(Problem::Json)?),
        _ => Err(field("pair_id, doc_id", "exactly one of them must be set")),
    }
}

#[derive(Deserialize)]
struct FormFile {
    pair_id: Option<String>,
    doc_id: Option<String>,
}

#[derive(Deserialize)]
struct PairFile {
    #[serde(default)]
    date: String,
    sides: SidesFile,
    #[serde(default)]
    sources: Vec<SourceFile>,
    texts: TextsFile,
    positions_a: Vec<PositionFile>,
    positions_b: Vec<PositionFile>,
    points: Vec<PointFile>,
}

#[derive(Deserialize)]
struct SingleFile {
    #[serde(default)]
    date: String,
    sides: SidesFile,
    #[serde(default)]
    source: SourceFile,
    text: String,
    positions: Vec<PositionFile>,
    points: Vec<PointFile>,
}

#[derive(Deserialize)]
struct SidesFile {
    #[serde(rename = "A")]
    a: String,
    #[serde(rename = "B")]
    b: String,
}

#[derive(Deserialize)]
struct TextsFile {
    a: String,
    b: String,
}

#[derive(Deserialize, Default)]
struct SourceFile {
    side: Option<HeldBy>,
    genre: Option<String>,
}

#[derive(Deserialize)]
struct PositionFile {
    id: String,
    start: usize,
    end: usize,
    text: Option<String>,
    side: HeldBy,
}

#[derive(Deserialize)]
struct PointFile {
    kind: PointKindFile,
    scope: String,
    members: Vec<String>,
}

#[derive(Deserialize)]
#[serde(rename_all = "snake_case")]
enum PointKindFile {
    Overlap,
    Divergence,
    OnlyA,
    OnlyB,
}

impl PointKindFile {
    fn link_kind(&self) -> Option<LinkKind> {
        match self {
            Self::Overlap => Some(LinkKind::Overlap),
            Self::Divergence => Some(LinkKind::Divergence),
            Self::OnlyA | Self::OnlyB => None,
        }
    }
}

fn pair(id: String, file: PairFile) -> Result<Document, Problem> {
    let genre = |side| {
        let source = file.sources.iter().find(|source| source.side == Some(side));
        source.and_then(|source| source.genre.as_deref())
    };
    let accounts = vec![
        account(file.texts.a, genre(HeldBy::A), file.positions_a, "positions_a")?,
        account(file.texts.b, genre(HeldBy::B), file.positions_b, "positions_b")?,
    ];
    let (links, one_sided) = points(&file.points, &accounts, "cross")?;
    Ok(Document { id, date: file.date, parties: parties(&file.sides)?, accounts, links, one_sided })
}

fn single(id: String, file: SingleFile) -> Result<Document, Problem> {
    let accounts = vec![account(file.text, file.source.genre.as_deref(), file.positions, "positions")?];
    let (links, one_sided) = points(&file.points, &accounts, "within")?;
    Ok(Document { id, date: file.date, parties: parties(&file.sides)?, accounts, links, one_sided })
}

fn parties(file: &SidesFile) -> Result<[Party; 2], Problem> {
    let party = |name: &str, path: &str| {
        let party = Party::parse(name);
        if party.name.is_empty() { Err(field(path, "no name of a country or body")) } else { Ok(party) }
    };
    Ok([party(&file.a, "sides.A")?, party(&file.b, "sides.B")?])
}

impl Party {
    /// The party that "Country or body (principal)" names.
    #[must_use]
    pub fn parse(text: &str) -> Self {
        let text = text.trim();
        match text.strip_suffix(')').and_then(|text| text.rsplit_once('(')) {
            Some((name, principal)) if !principal.trim().is_empty() => {
                Self { name: name.trim().to_owned(), principal: Some(principal.trim().to_owned()) }
            }
            _ => Self { name: text.to_owned(), principal: None },
        }
    }
}

fn account(text: String, genre: Option<&str>, positions: Vec<PositionFile>, path: &str) -> Result<Account, Problem> {
    // Byte offset of every code point, and of the end.
    let bytes: Vec<usize> = text.char_indices().map(|(at, _)| at).chain([text.len()]).collect();
    let mut checked = Vec::with_capacity(positions.len());
    for (i, position) in positions.into_iter().enumerate() {
        let PositionFile { id, start, end, text: quoted, side } = position;
        let n_characters = bytes.len() - 1;
        if start >= end || end > n_characters {
            return Err(field(
                format!("{path}[{i}].start, .end"),
                format!("{start} to {end} is no range in a text of {n_characters} code points"),
            ));
        }
        let slice = &text[bytes[start]..bytes[end]];
        if quoted.is_some_and(|quoted| quoted != slice) {
            return Err(field(format!("{path}[{i}].text"), format!("is not what stands at {start} to {end}")));
        }
        checked.push(GoldPosition { id, range: CharRange(start, end), text: slice.to_owned(), held_by: side });
    }
    let genre = genre.and_then(Genre::from_source).unwrap_or_else(|| Genre::of_text(&text));
    Ok(Account { text, genre, positions: checked })
}

type Points = (Vec<Link>, Vec<(usize, CharRange)>);

/// The links and the one-sided ranges of the points in `scope`.
///
/// A point of a pair links each member in text a with each in text b. A point of a single links each two members
/// that are not held by the same side: two statements of one side on a subject are no link between sides.
fn points(points: &[PointFile], accounts: &[Account], scope: &str) -> Result<Points, Problem> {
    let mut by_id: HashMap<&str, (usize, &GoldPosition)> = HashMap::new();
    for (idx, account) in accounts.iter().enumerate() {
        for position in &account.positions {
            if by_id.insert(&position.id, (idx, position)).is_some() {
                return Err(field("positions", format!("two have the id {:?}", position.id)));
            }
        }
    }
    let mut links = Vec::new();
    let mut one_sided = Vec::new();
    for (i, point) in points.iter().enumerate() {
        let members: Vec<(usize, &GoldPosition)> = (point.members.iter().enumerate())
            .map(|(j, id)| {
                let unknown = || field(format!("points[{i}].members[{j}]"), format!("no position has the id {id:?}"));
                by_id.get(id.as_str()).copied().ok_or_else(unknown)
            })
            .collect::<Result<_, _>>()?;
        if point.scope != scope {
            continue;
        }
        let Some(kind) = point.kind.link_kind() else {
            one_sided.extend(members.iter().map(|&(idx, position)| (idx, position.range)));
            continue;
        };
        for (j, (left_idx, left)) in members.iter().enumerate() {
            for (right_idx, right) in &members[j + 1..] {
                let link = if accounts.len() == 1 {
                    (left.held_by != right.held_by).then_some((left, right))
                } else {
                    match left_idx.cmp(right_idx) {
                        std::cmp::Ordering::Less => Some((left, right)),
                        std::cmp::Ordering::Equal => None,
                        std::cmp::Ordering::Greater => Some((right, left)),
                    }
                };
                links.extend(link.map(|(a, b)| Link { a: a.range, b: b.range, kind }));
            }
        }
    }
    Ok((links, one_sided))
}

#[cfg(test)]
mod tests {
    use super::*;

    const SINGLE: &str = r#"{"doc_id": "d", "sides": {"A": "Norland (Minister Aro)", "B": "Sudria"},
        "text": "Né one. Two.", "positions": [
            {"id": "p1", "start": 0, "end": 7, "text": "Né one.", "side": "A"},
            {"id": "p2", "start": 8, "end": 12, "side": "B"},
            {"id": "p3", "start": 8, "end": 11, "side": "B"}],
        "points": [{"kind": "overlap", "scope": "within", "members": ["p1", "p2", "p3"]},
            {"kind": "only_b", "scope": "within", "members": ["p3"]},
            {"kind": "only_b", "scope": "cross", "members": ["p2"]}]}"#;

    #[track_caller]
    fn check_problem(from: &str, to: &str, expected: &str) {
        assert!(SINGLE.contains(from));
        let shown = match parse(&SINGLE.replace(from, to)).expect_err("the file is broken") {
            Problem::Json(error) => error.to_string(),
            Problem::Field { field, problem } => format!("{field}: {problem}"),
        };
        assert!(shown.contains(expected), "{shown}");
    }

    #[test]
    fn a_point_becomes_links_between_different_sides() {
        let document = parse(SINGLE).expect("the file is good");
        let range = |i: usize| document.accounts[0].positions[i].range;
        let link = |b| Link { a: range(0), b: range(b), kind: LinkKind::Overlap };
        assert_eq!(document.links, [link(1), link(2)]);
        assert_eq!(document.one_sided, [(0, range(2))]);
        assert_eq!(document.accounts[0].positions[1].text, "Two.");
        assert!(document.is_single());
    }

    #[test]
    fn a_broken_file_is_told_by_field() {
        check_problem(r#""end": 12"#, r#""end": 13"#, "positions[1].start, .end: 8 to 13 is no range");
        check_problem(
            r#""text": "Né one.""#,
            r#""text": "Ne one.""#,
            "positions[0].text: is not what stands at 0 to 7",
        );
        check_problem(r#"["p3"]"#, r#"["p9"]"#, r#"points[1].members[0]: no position has the id "p9""#);
        check_problem(r#""id": "p2""#, r#""id": "p1""#, r#"two have the id "p1""#);
        check_problem(r#""doc_id": "d","#, "", "pair_id, doc_id: exactly one");
        check_problem(r#""doc_id": "d""#, r#""doc_id": "\u001b[2J""#, "holds a control character");
        check_problem(r#""start": 0,"#, "", "missing field `start` at line");
        check_problem(r#""side": "A""#, r#""side": "C""#, "unknown variant `C`");
        check_problem(r#""B": "Sudria""#, r#""B": " ""#, "sides.B");
    }

    #[test]
    fn a_principal_stands_in_parentheses() {
        let party = Party::parse("Norland (Minister Aro)");
        assert_eq!((party.name.as_str(), party.principal.as_deref()), ("Norland", Some("Minister Aro")));
        assert_eq!(Party::parse("Sudria").principal, None);
        assert_eq!(Party::parse("Isle (Republic of) (Dr. Oe)").name, "Isle (Republic of)");
    }
}
