//! What was meant: arguments checked and turned into the types of the core.

use std::collections::HashSet;

use crate::pipeline::report::PointKind;
use crate::pipeline::{self, Engine};
use crate::readout::{Readout, Side};
use crate::server::limits;
use crate::span::OffsetUnit;

use super::Error;
use super::args::{
    CompareArgs, EngineArg, EngineArgs, FormatArg, InputArgs, InputFormatArg, KindArg, OffsetsArg, OutputArgs,
};
use super::input::{self, Kind};

/// Columns where there is no terminal: wide enough for two columns, narrow enough for a mail.
const WIDTH_WITHOUT_TERMINAL: usize = 100;
/// Most columns taken from a terminal: longer lines are hard to follow.
const MAX_TERMINAL_WIDTH: usize = 160;
/// Least columns: below, words are broken.
const MIN_WIDTH: usize = 40;

/// Readouts and sides, as the core takes them.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Input {
    /// In the order of the files.
    pub readouts: Vec<Readout>,
    /// In the order given.
    pub sides: Vec<Side>,
    /// What the user should know of how the files were read, one line each.
    pub notes: Vec<String>,
}

impl Input {
    /// The readouts and sides that the arguments name; reads the files.
    ///
    /// # Errors
    /// When an argument or a file breaks a rule: the error names it.
    pub fn new(args: &InputArgs) -> Result<Self, Error> {
        let n_files = args.files.len();
        if n_files > limits::READOUTS {
            return Err(Error::argument(
                "FILE",
                format!("{n_files} files, at most {} can be compared", limits::READOUTS),
            ));
        }
        if args.authors.len() > n_files {
            let n_authors = args.authors.len();
            return Err(Error::argument("--author", format!("given {n_authors} times for {n_files} file(s)")));
        }
        let sides = sides(&args.sides)?;
        let kind = args.input_format.map(|format| match format {
            InputFormatArg::Text => Kind::Text,
            InputFormatArg::Markdown => Kind::Markdown,
            InputFormatArg::Html => Kind::Html,
            InputFormatArg::Pdf => Kind::Pdf,
            InputFormatArg::Docx => Kind::Docx,
        });
        let input::Texts { mut readouts, notes } = input::read(&args.files, kind)?;
        for (readout, author) in readouts.iter_mut().zip(&args.authors) {
            readout.author = author_id(author, &sides);
        }
        Ok(Self { readouts, sides, notes })
    }
}

/// How the answer is shown.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Output {
    /// Text or JSON.
    pub format: FormatArg,
    /// What offsets count.
    pub unit: OffsetUnit,
    /// Columns of the text form.
    pub width: usize,
}

impl Output {
    /// The output that the arguments ask for, on the terminal there is.
    #[must_use]
    pub fn new(args: &OutputArgs) -> Self {
        let unit = match args.offsets {
            OffsetsArg::Utf8 => OffsetUnit::Utf8,
            OffsetsArg::Utf16 => OffsetUnit::Utf16,
            OffsetsArg::Utf32 => OffsetUnit::Utf32,
        };
        Self { format: args.format, unit, width: args.width.map_or_else(terminal_width, usize::from) }
    }
}

/// The columns of the terminal behind standard output.
#[must_use]
pub fn terminal_width() -> usize {
    terminal_size::terminal_size_of(std::io::stdout())
        .map_or(WIDTH_WITHOUT_TERMINAL, |(width, _)| usize::from(width.0).clamp(MIN_WIDTH, MAX_TERMINAL_WIDTH))
}

/// The options of a comparison.
#[must_use]
pub fn compare_options(args: &CompareArgs) -> pipeline::Options {
    let kind = |kind: &KindArg| match kind {
        KindArg::Overlap => PointKind::Overlap,
        KindArg::Divergence => PointKind::Divergence,
        KindArg::OneSided => PointKind::OneSided,
    };
    pipeline::Options {
        point_kinds: args.kinds.iter().map(kind).collect(),
        max_points: args.max_points as usize,
        ..engine_options(&args.engine)
    }
}

/// The options of a scorer; the rest by default.
#[must_use]
pub fn engine_options(args: &EngineArgs) -> pipeline::Options {
    pipeline::Options { engine: engine(args.engine), link_threshold: args.threshold, ..pipeline::Options::default() }
}

/// The engine of that name, or the default one.
#[must_use]
pub fn engine(arg: Option<EngineArg>) -> Engine {
    arg.map_or(Engine::ALL[0], |engine| match engine {
        EngineArg::Fast => Engine::Fast,
        EngineArg::Thorough => Engine::Thorough,
    })
}

fn sides(typed: &[String]) -> Result<Vec<Side>, Error> {
    if typed.len() > limits::SIDES {
        return Err(Error::argument(
            "--side",
            format!("given {} times, at most {} can be", typed.len(), limits::SIDES),
        ));
    }
    let mut sides: Vec<Side> = Vec::with_capacity(typed.len());
    let mut ids = HashSet::new();
    for text in typed {
        let mut side = side(text)?;
        if sides.iter().any(|other| other.display_name.to_lowercase() == side.display_name.to_lowercase()) {
            return Err(Error::argument(&format!("--side {text:?}"), "this name is given twice"));
        }
        side.id = unique(slug(&side.display_name, "side"), &mut ids);
        sides.push(side);
    }
    Ok(sides)
}

/// The side in `NAME[=ALIAS,...][;PERSON,...]`, without id.
fn side(text: &str) -> Result<Side, Error> {
    let error = |problem| Err(Error::argument(&format!("--side {text:?}"), problem));
    let list = |text: &str| -> Vec<String> {
        text.split(',').map(str::trim).filter(|name| !name.is_empty()).map(str::to_owned).collect()
    };
    let (names, principals) = text.split_once(';').unwrap_or((text, ""));
    if principals.contains([';', '=']) {
        return error("after ';' come persons, separated by commas");
    }
    let (name, aliases) = names.split_once('=').unwrap_or((names, ""));
    if aliases.contains('=') {
        return error("after '=' come further names, separated by commas");
    }
    let display_name = name.trim().to_owned();
    if display_name.is_empty() {
        return error("the name is missing");
    }
    Ok(Side { id: String::new(), display_name, aliases: list(aliases), principals: list(principals) })
}

/// The id of the side that the author names; the name itself when it names none of them, from which the core makes a
/// side. `None` for a blank name.
fn author_id(author: &str, sides: &[Side]) -> Option<String> {
    let author = author.trim();
    let is_named = |name: &String| name.to_lowercase() == author.to_lowercase();
    let side = sides.iter().find(|side| is_named(&side.display_name) || side.aliases.iter().any(is_named));
    (!author.is_empty()).then(|| side.map_or_else(|| author.to_owned(), |side| side.id.clone()))
}

/// The letters and digits of a name in lower case, with hyphens between.
fn slug(name: &str, fallback: &str) -> String {
    let lower = name.to_lowercase();
    let words: Vec<&str> = lower.split(|c: char| !c.is_alphanumeric()).filter(|word| !word.is_empty()).collect();
    if words.is_empty() { fallback.to_owned() } else { words.join("-") }
}

/// The id itself, or with the first number from 2 on that makes it unique among `taken`, to which it is added.
pub(super) fn unique(id: String, taken: &mut HashSet<String>) -> String {
    let mut candidate = id.clone();
    let mut number = 2;
    while !taken.insert(candidate.clone()) {
        candidate = format!("{id}-{number}");
        number += 1;
    }
    candidate
}

#[cfg(test)]
mod tests {
    use super::*;

    #[track_caller]
    fn check(typed: &str, expected: Result<(&str, &[&str], &[&str]), &str>) {
        match (sides(&[typed.to_owned()]), expected) {
            (Ok(sides), Ok((name, aliases, principals))) => {
                assert_eq!(sides[0].display_name, name);
                assert_eq!(sides[0].aliases, aliases);
                assert_eq!(sides[0].principals, principals);
            }
            (Err(error), Err(problem)) => assert!(error.to_string().contains(problem), "{error}"),
            (found, _) => panic!("{found:?}"),
        }
    }

    #[test]
    fn a_side_is_a_name_then_aliases_then_persons() {
        check("China", Ok(("China", &[], &[])));
        check("China=Beijing, Chinese", Ok(("China", &["Beijing", "Chinese"], &[])));
        check(
            "China=Beijing;President Xi Jinping,Wang Yi",
            Ok(("China", &["Beijing"], &["President Xi Jinping", "Wang Yi"])),
        );
        check("Norland ; Minister Aro,", Ok(("Norland", &[], &["Minister Aro"])));
        check("=Beijing", Err("the name is missing"));
        check("  ", Err("the name is missing"));
        check("China=Beijing=Peking", Err("after '='"));
        check("China;Xi;Wang", Err("after ';'"));
    }

    #[test]
    fn side_ids_are_made_of_the_names_and_unique() {
        let typed = ["United States", "united-states!", "中国", "!"].map(str::to_owned);
        let sides = sides(&typed).expect("the names differ");
        let ids: Vec<&str> = sides.iter().map(|side| side.id.as_str()).collect();
        assert_eq!(ids, ["united-states", "united-states-2", "中国", "side"]);
        assert!(super::sides(&["China".to_owned(), "CHINA=x".to_owned()]).is_err());
    }

    #[test]
    fn an_author_is_found_among_the_sides() {
        let sides = sides(&["United States=US,Washington".to_owned()]).expect("one side");
        assert_eq!(author_id("us", &sides).as_deref(), Some("united-states"));
        assert_eq!(author_id("United states", &sides).as_deref(), Some("united-states"));
        assert_eq!(author_id("Norland", &sides).as_deref(), Some("Norland"));
        assert_eq!(author_id(" ", &sides), None);
    }
}
