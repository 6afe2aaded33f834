//! Requests in: every field checked against the rule that its comment in the proto states.

use super::{Violations, names};
use crate::pipeline::{Engine, Options};
use crate::readout::{Readout, Side, Statement};
use crate::server::limits::{self, Limits};
use crate::server::pb;
use crate::span::OffsetUnit;
use std::collections::{HashMap, HashSet};

/// A checked `CompareRequest`.
#[derive(Debug, Clone, PartialEq)]
pub struct CompareInput {
    /// What to compare; ids are set and unique, texts are not blank.
    pub readouts: Vec<Readout>,
    /// What the caller knows of the sides.
    pub sides: Vec<Side>,
    /// How to compare.
    pub options: Options,
    /// What the spans of the answer count.
    pub offset_unit: OffsetUnit,
}

/// A checked `ExtractPositionsRequest`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ExtractInput {
    /// What to read; ids are set and unique, texts are not blank.
    pub readouts: Vec<Readout>,
    /// What the caller knows of the sides.
    pub sides: Vec<Side>,
    /// What the spans of the answer count.
    pub offset_unit: OffsetUnit,
    /// What finds the positions.
    pub engine: Engine,
}

/// A checked `ScorePairsRequest`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ScoreInput {
    /// Statements of the rows.
    pub left: Vec<String>,
    /// Statements of the columns.
    pub right: Vec<String>,
    /// Scorer.
    pub engine: Engine,
    /// Whether the parts of each score are returned, too.
    pub with_parts: bool,
}

/// A `CompareStreamRequest`: its id as given, and its checked request or what is wrong with it.
#[derive(Debug, Clone, PartialEq)]
pub struct StreamInput {
    /// As given, even when it breaks its rule: the caller needs it to tell which item was bad.
    pub id: String,
    /// The comparison to make. Paths count from the comparison's request, as in `Compare`; the item's own fields are
    /// `id` and `request`.
    pub input: Result<CompareInput, Violations>,
}

impl TryFrom<pb::CompareRequest> for CompareInput {
    type Error = Violations;

    fn try_from(request: pb::CompareRequest) -> Result<Self, Violations> {
        Self::try_from((request, &Limits::default()))
    }
}

impl TryFrom<(pb::CompareRequest, &Limits)> for CompareInput {
    type Error = Violations;

    fn try_from((request, limits): (pb::CompareRequest, &Limits)) -> Result<Self, Violations> {
        let mut violations = Violations::default();
        let input = compare_input(request, limits, &mut violations);
        violations.into_result(input)
    }
}

impl TryFrom<pb::ExtractPositionsRequest> for ExtractInput {
    type Error = Violations;

    fn try_from(request: pb::ExtractPositionsRequest) -> Result<Self, Violations> {
        Self::try_from((request, &Limits::default()))
    }
}

impl TryFrom<(pb::ExtractPositionsRequest, &Limits)> for ExtractInput {
    type Error = Violations;

    fn try_from((request, limits): (pb::ExtractPositionsRequest, &Limits)) -> Result<Self, Violations> {
        let mut violations = Violations::default();
        let readouts = readouts(request.readouts, &request.sides, limits, &mut violations);
        let sides = sides(request.sides, limits, &mut violations);
        let offset_unit = names::offset_unit("offset_unit", request.offset_unit, &mut violations);
        let engine = names::engine("engine", request.engine, &mut violations);
        violations.into_result(Self { readouts, sides, offset_unit, engine })
    }
}

impl TryFrom<pb::ScorePairsRequest> for ScoreInput {
    type Error = Violations;

    fn try_from(request: pb::ScorePairsRequest) -> Result<Self, Violations> {
        Self::try_from((request, &Limits::default()))
    }
}

impl TryFrom<(pb::ScorePairsRequest, &Limits)> for ScoreInput {
    type Error = Violations;

    fn try_from((request, limits): (pb::ScorePairsRequest, &Limits)) -> Result<Self, Violations> {
        let mut violations = Violations::default();
        for (field, statements) in [("left", &request.left), ("right", &request.right)] {
            violations.count(field, statements.len(), 1, limits.score_statements);
            for (place, statement) in statements.iter().enumerate().take(limits.score_statements) {
                violations.text(&format!("{field}[{place}]"), statement, limits.statement_bytes);
            }
        }
        let engine = names::engine("engine", request.engine, &mut violations);
        let n_pairs = request.left.len().saturating_mul(request.right.len());
        let max = match engine {
            Engine::Fast => limits.score_pairs,
            Engine::Thorough => limits::THOROUGH_PAIRS.min(limits.score_pairs),
        };
        if n_pairs > max {
            violations.add("left", format!("left times right must be at most {max} pairs, is {n_pairs}"));
        }
        let n_bytes = |statements: &[String]| statements.iter().map(String::len).sum::<usize>();
        let length = (n_bytes(&request.left).saturating_mul(request.right.len()))
            .saturating_add(n_bytes(&request.right).saturating_mul(request.left.len()));
        if length > limits.pairs_length {
            let max = limits.pairs_length;
            violations.add("left", format!("all pairs together must have at most {max} bytes, have {length}"));
        }
        let pb::ScorePairsRequest { left, right, with_parts, .. } = request;
        violations.into_result(Self { left, right, engine, with_parts })
    }
}

impl From<pb::CompareStreamRequest> for StreamInput {
    fn from(item: pb::CompareStreamRequest) -> Self {
        Self::from((item, &Limits::default()))
    }
}

impl From<(pb::CompareStreamRequest, &Limits)> for StreamInput {
    fn from((item, limits): (pb::CompareStreamRequest, &Limits)) -> Self {
        let mut violations = Violations::default();
        violations.text("id", &item.id, limits::ID_BYTES);
        let input = item.request.map(|request| compare_input(request, limits, &mut violations));
        if input.is_none() {
            violations.add("request", "must be set");
        }
        let input = match input {
            Some(input) => violations.into_result(input),
            None => Err(violations),
        };
        Self { id: item.id, input }
    }
}

fn compare_input(request: pb::CompareRequest, limits: &Limits, violations: &mut Violations) -> CompareInput {
    let readouts = readouts(request.readouts, &request.sides, limits, violations);
    let sides = sides(request.sides, limits, violations);
    let (options, offset_unit) = options(request.options.unwrap_or_default(), limits, violations);
    CompareInput { readouts, sides, options, offset_unit }
}

fn readouts(given: Vec<pb::Readout>, sides: &[pb::Side], limits: &Limits, violations: &mut Violations) -> Vec<Readout> {
    violations.count("readouts", given.len(), 1, limits.readouts);
    let declared: HashSet<&str> = sides.iter().map(|side| side.id.as_str()).collect();
    let readouts: Vec<Readout> = given
        .into_iter()
        .take(limits.readouts)
        .enumerate()
        .map(|(place, given)| readout(place, given, &declared, limits, violations))
        .collect();
    unique_ids("readouts", readouts.iter().map(|readout| readout.id.as_str()), violations);
    readouts
}

fn readout(
    place: usize,
    given: pb::Readout,
    declared: &HashSet<&str>,
    limits: &Limits,
    violations: &mut Violations,
) -> Readout {
    let at = |field: &str| format!("readouts[{place}].{field}");
    violations.unset_or_text(&at("id"), &given.id, limits::ID_BYTES);
    violations.unset_or_text(&at("author_side"), &given.author_side, limits::AUTHOR_SIDE_BYTES);
    violations.at_most(&at("title"), &given.title, limits::TITLE_BYTES);
    if !given.date.is_empty() && !is_calendar_date(&given.date) {
        violations.add(at("date"), "must be a calendar date as YYYY-MM-DD");
    }
    if given.language.len() > limits::LANGUAGE_BYTES {
        violations.at_most(&at("language"), &given.language, limits::LANGUAGE_BYTES);
    } else if !given.language.is_empty() && !is_language_tag(&given.language) {
        violations.add(at("language"), "must be a BCP 47 tag such as \"en\" or \"zh-Hans\"");
    }
    violations.at_most(&at("source_uri"), &given.source_uri, limits::SOURCE_URI_BYTES);

    let id = if given.id.is_empty() { format!("r{}", place + 1) } else { given.id };
    let content = match given.content {
        Some(pb::readout::Content::Text(text)) => {
            violations.text(&at("text"), &text, limits.readout_bytes);
            Readout::from_text(id, text)
        }
        Some(pb::readout::Content::Statements(list)) => {
            Readout::from_statements(id, statements(&at("statements.statements"), list, declared, limits, violations))
        }
        None => {
            violations.add(at("content"), "one of text and statements must be set");
            Readout::from_text(id, "")
        }
    };
    Readout {
        author: Some(given.author_side).filter(|author| !author.is_empty()),
        title: given.title,
        date: given.date,
        language: Some(given.language).filter(|language| !language.is_empty()),
        source_uri: given.source_uri,
        ..content
    }
}

fn statements(
    path: &str,
    given: pb::Statements,
    declared: &HashSet<&str>,
    limits: &Limits,
    violations: &mut Violations,
) -> Vec<Statement> {
    violations.count(path, given.statements.len(), 1, limits.statements);
    let mut statements = Vec::new();
    for (place, given) in given.statements.into_iter().take(limits.statements).enumerate() {
        violations.at_most(&format!("{path}[{place}].id"), &given.id, limits::ID_BYTES);
        violations.text(&format!("{path}[{place}].text"), &given.text, limits.statement_bytes);
        // No more holders than sides: a longer list repeats itself.
        violations.count(&format!("{path}[{place}].holders"), given.holders.len(), 0, limits.sides);
        for (holder_place, holder) in given.holders.iter().enumerate().take(limits.sides) {
            if !declared.contains(holder.as_str()) {
                violations.add(format!("{path}[{place}].holders[{holder_place}]"), "must be the id of a declared side");
            }
        }
        statements.push(Statement { id: given.id, text: given.text, holders: given.holders });
    }
    statements
}

fn sides(given: Vec<pb::Side>, limits: &Limits, violations: &mut Violations) -> Vec<Side> {
    violations.count("sides", given.len(), 0, limits.sides);
    let mut sides = Vec::new();
    for (place, given) in given.into_iter().take(limits.sides).enumerate() {
        let at = |field: &str| format!("sides[{place}].{field}");
        violations.text(&at("id"), &given.id, limits::ID_BYTES);
        violations.unset_or_text(&at("display_name"), &given.display_name, limits::DISPLAY_NAME_BYTES);
        for (field, list) in [("aliases", &given.aliases), ("principals", &given.principals)] {
            violations.count(&at(field), list.len(), 0, limits::NAMES);
            for (name_place, name) in list.iter().enumerate().take(limits::NAMES) {
                violations.text(&format!("{}[{name_place}]", at(field)), name, limits::NAME_BYTES);
            }
        }
        let pb::Side { id, display_name, aliases, principals } = given;
        let display_name = if display_name.is_empty() { id.clone() } else { display_name };
        sides.push(Side { id, display_name, aliases, principals });
    }
    unique_ids("sides", sides.iter().map(|side| side.id.as_str()), violations);
    sides
}

fn options(given: pb::CompareOptions, limits: &Limits, violations: &mut Violations) -> (Options, OffsetUnit) {
    let default = Options::default();
    if given.link_threshold.is_some_and(|threshold| !(0.0..=1.0).contains(&threshold)) {
        violations.add("options.link_threshold", "must be a number from 0 to 1");
    }
    if given.max_points.is_some_and(|points| points == 0 || points > limits::POINTS) {
        violations.add("options.max_points", format!("must be 1 to {}", limits::POINTS));
    }
    // Every kind once, however often it was asked for: the list is a set, and so bounded.
    let mut point_kinds = Vec::new();
    for (place, &number) in given.point_kinds.iter().enumerate() {
        let kind = names::point_kind(&format!("options.point_kinds[{place}]"), number, violations);
        point_kinds.extend(kind.filter(|kind| !point_kinds.contains(kind)));
    }
    let options = Options {
        engine: names::engine("options.engine", given.engine, violations),
        link_threshold: given.link_threshold,
        point_kinds,
        max_points: given.max_points.map_or(default.max_points, |points| points as usize),
        max_positions: limits.positions,
        judgements: None,
    };
    (options, names::offset_unit("options.offset_unit", given.offset_unit, violations))
}

/// Checks that no id stands twice. Empty ids are not looked at: they break a rule of their own.
fn unique_ids<'a>(list: &str, ids: impl Iterator<Item = &'a str>, violations: &mut Violations) {
    let mut places: HashMap<&str, usize> = HashMap::new();
    for (place, id) in ids.enumerate().filter(|(_, id)| !id.is_empty()) {
        let first = *places.entry(id).or_insert(place);
        if first != place {
            violations.add(format!("{list}[{place}].id"), format!("must be unique, is the same as {list}[{first}].id"));
        }
    }
}

/// True for `YYYY-MM-DD` with a day that exists in the proleptic Gregorian calendar.
fn is_calendar_date(date: &str) -> bool {
    let bytes = date.as_bytes();
    let shape = bytes.len() == 10
        && bytes
            .iter()
            .enumerate()
            .all(|(at, byte)| if at == 4 || at == 7 { *byte == b'-' } else { byte.is_ascii_digit() });
    if !shape {
        return false;
    }
    let number = |digits: &[u8]| digits.iter().fold(0_u32, |sum, digit| sum * 10 + u32::from(digit - b'0'));
    let (year, month, day) = (number(&bytes[..4]), number(&bytes[5..7]), number(&bytes[8..]));
    let is_leap = year.is_multiple_of(4) && (!year.is_multiple_of(100) || year.is_multiple_of(400));
    let n_days = match month {
        1 | 3 | 5 | 7 | 8 | 10 | 12 => 31,
        4 | 6 | 9 | 11 => 30,
        2 if is_leap => 29,
        2 => 28,
        _ => return false,
    };
    (1..=n_days).contains(&day)
}

/// True for a tag of the shape of RFC 5646: subtags of 1 to 8 ASCII letters and digits, letters first. Whether its
/// subtags are registered is not asked: an unknown language is read without attribution, with a warning.
fn is_language_tag(tag: &str) -> bool {
    let subtag =
        |subtag: &str| (1..=8).contains(&subtag.len()) && subtag.bytes().all(|byte| byte.is_ascii_alphanumeric());
    tag.split('-').all(subtag)
        && tag.split('-').next().is_some_and(|first| first.bytes().all(|byte| byte.is_ascii_alphabetic()))
}
