//! Many comparisons, of a list of pairs.
//!
//! In: a CSV file with a pair a line: two files, then, where they are known, who published them. Out: one line a pair, in
//! the order of the list, on any number of threads. A pair that cannot be compared is told and the others go on.

use std::collections::BTreeMap;
use std::io::{self, Write as _};
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::mpsc;
use std::thread;

use indicatif::{ProgressBar, ProgressStyle};

use super::args::{CompareArgs, FormatArg, InputArgs};
use super::config::{self, Input, Output};
use super::visible::{escape_json, visible};
use super::{Error, report, text};
use crate::pipeline;
use crate::pipeline::report::{Comparison, PointKind};
use crate::server;

/// A line of the list.
#[derive(Debug, PartialEq, Eq)]
struct Pair {
    /// In the file, from 1.
    line: u64,
    files: [PathBuf; 2],
    /// Empty: to be found in the text.
    authors: [String; 2],
}

/// Compares the pairs of the list and prints a line for each.
///
/// # Errors
/// When the list cannot be read, the answers cannot be printed, or, after all others, when pairs were not compared.
pub fn compare(args: &CompareArgs, list: &Path) -> Result<(), Error> {
    let pairs = read(list)?;
    if let Some(folder) = &args.html {
        std::fs::create_dir_all(folder)
            .map_err(|error| Error::argument("--html", format!("cannot make {}: {error}", folder.display())))?;
    }
    let available = || thread::available_parallelism().map_or(1, usize::from);
    let n_jobs = args.jobs.map_or_else(available, usize::from).min(pairs.len());
    // Indicatif draws on a terminal only.
    let style = ProgressStyle::with_template("{bar:32} {pos}/{len} pairs, {eta} left").expect("the template is good");
    let progress = ProgressBar::new(pairs.len() as u64).with_style(style);
    let output = Output::new(&args.output);
    let next = AtomicUsize::new(0);
    let (sender, answers) = mpsc::channel();
    let mut n_failed = 0;
    thread::scope(|scope| {
        for _ in 0..n_jobs {
            let (sender, next, pairs) = (sender.clone(), &next, &pairs);
            scope.spawn(move || {
                // Nobody listens any more when standard output is closed.
                while let Some((place, pair)) = next_of(pairs, next)
                    && sender.send((place, answer(pair, args))).is_ok()
                {}
            });
        }
        drop(sender);
        let mut early = BTreeMap::new();
        let mut due = 0;
        for (place, answer) in answers {
            early.insert(place, answer);
            progress.inc(1);
            while let Some(answer) = early.remove(&due) {
                n_failed += usize::from(answer.is_err());
                progress.suspend(|| {
                    let notes = answer.as_ref().map_or(&[][..], |answer| &answer.notes);
                    super::tell(notes);
                    print(&pairs[due], &answer, output)
                })?;
                due += 1;
            }
        }
        Ok::<(), Error>(())
    })?;
    progress.finish_and_clear();
    if n_failed == 0 { Ok(()) } else { Err(Error::Pairs { n_failed, n_pairs: pairs.len() }) }
}

fn next_of<'a>(pairs: &'a [Pair], next: &AtomicUsize) -> Option<(usize, &'a Pair)> {
    let place = next.fetch_add(1, Ordering::Relaxed);
    pairs.get(place).map(|pair| (place, pair))
}

/// What came of a pair.
struct Answer {
    comparison: Comparison,
    /// What the user should know of how its files were read.
    notes: Vec<String>,
}

/// The comparison of a pair; its report is written on the way.
fn answer(pair: &Pair, args: &CompareArgs) -> Result<Answer, Error> {
    let input = Input::new(&InputArgs {
        files: pair.files.to_vec(),
        sides: args.input.sides.clone(),
        authors: pair.authors.to_vec(),
        input_format: args.input.input_format,
    })?;
    let comparison = pipeline::compare(&input.readouts, &input.sides, &config::compare_options(args));
    if let Some(folder) = &args.html {
        let ids: Vec<&str> = comparison.readouts.iter().map(|readout| readout.id.as_str()).collect();
        report::write(&folder.join(format!("{:04}-{}.html", pair.line, ids.join("-"))), &comparison)?;
    }
    let notes = input.notes.iter().map(|note| format!("{}: {note}", pair.line)).collect();
    Ok(Answer { comparison, notes })
}

fn print(pair: &Pair, answer: &Result<Answer, Error>, output: Output) -> Result<(), Error> {
    let [left, right] = pair.files.each_ref().map(|file| file.display().to_string());
    match output.format {
        FormatArg::Json => {
            let names = serde_json::json!({ "line": pair.line, "left": left, "right": right }).to_string();
            let names = names.trim_end_matches('}');
            let line = match answer {
                Ok(answer) => {
                    let comparison = server::json::comparison_line(&answer.comparison, output.unit);
                    format!("{names},\"comparison\":{comparison}}}\n")
                }
                Err(error) => format!("{names},\"error\":{}}}\n", serde_json::json!(error.to_string())),
            };
            let mut stdout = io::stdout().lock();
            stdout.write_all(escape_json(&line).as_bytes())?;
            Ok(stdout.flush()?)
        }
        FormatArg::Text => {
            let said = match answer {
                Ok(answer) => summary(&answer.comparison),
                Err(error) => format!("not compared: {error}"),
            };
            super::print_text(&format!("{}\n", visible(&format!("{}: {left} / {right}: {said}", pair.line))))
        }
    }
}

/// "2 overlaps, 1 divergence, 9 one-sided".
fn summary(comparison: &Comparison) -> String {
    let count = |kind| comparison.points.iter().filter(|point| point.kind == kind).count();
    format!(
        "{}, {}, {} one-sided",
        text::counted(count(PointKind::Overlap), "overlap"),
        text::counted(count(PointKind::Divergence), "divergence"),
        count(PointKind::OneSided),
    )
}

/// The pairs of the list; files are looked for from its folder.
fn read(list: &Path) -> Result<Vec<Pair>, Error> {
    let wrong = |problem: String| Error::argument("--pairs", format!("{}: {problem}", list.display()));
    let content = std::fs::read_to_string(list).map_err(|error| wrong(error.to_string()))?;
    let folder = list.parent().unwrap_or(Path::new(""));
    let pairs = parse(&content, folder).map_err(wrong)?;
    if pairs.is_empty() { Err(wrong("no pair in it".to_owned())) } else { Ok(pairs) }
}

fn parse(content: &str, folder: &Path) -> Result<Vec<Pair>, String> {
    let mut reader = csv::ReaderBuilder::new();
    reader.has_headers(false).flexible(true).comment(Some(b'#')).trim(csv::Trim::All);
    let content = content.strip_prefix('\u{FEFF}').unwrap_or(content);
    let mut pairs = Vec::new();
    let mut lines = Lines { content, at: 0, line: 1 };
    for record in reader.from_reader(content.as_bytes()).into_records() {
        let record = record.map_err(|error| error.to_string())?;
        let line = lines.line_from(record.position().map_or(0, csv::Position::byte));
        let field = |i: usize| record.get(i).unwrap_or("");
        let is_head =
            pairs.is_empty() && field(0).eq_ignore_ascii_case("left") && field(1).eq_ignore_ascii_case("right");
        if is_head {
            continue;
        }
        if field(0).is_empty() || field(1).is_empty() || record.len() > 4 {
            return Err(format!("line {line}: expected two files, then at most who published them"));
        }
        pairs.push(Pair {
            line,
            files: [folder.join(field(0)), folder.join(field(1))],
            authors: [field(2).to_owned(), field(3).to_owned()],
        });
    }
    Ok(pairs)
}

/// Counts lines. A record's own position is where the one before it ends: before blank lines and comments.
struct Lines<'a> {
    content: &'a str,
    at: usize,
    line: u64,
}

impl Lines<'_> {
    /// The number of the first line from this byte on that holds a record.
    fn line_from(&mut self, byte: u64) -> u64 {
        let byte = usize::try_from(byte).unwrap_or(usize::MAX);
        for line in self.content[self.at..].split_inclusive('\n') {
            let end = self.at + line.len();
            let rest = &self.content[self.at.max(byte).min(end)..end];
            if !rest.trim().is_empty() && !rest.starts_with('#') {
                break;
            }
            self.at = end;
            self.line += 1;
        }
        self.line
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn pair(line: u64, files: [&str; 2], authors: [&str; 2]) -> Pair {
        Pair { line, files: files.map(|file| Path::new("in").join(file)), authors: authors.map(str::to_owned) }
    }

    #[track_caller]
    fn check(content: &str, expected: Result<&[Pair], &str>) {
        let found = parse(content, Path::new("in"));
        assert_eq!(found.as_deref().map_err(String::as_str), expected);
    }

    #[test]
    fn a_list_has_a_pair_a_line() {
        check("a.txt,b.txt\n", Ok(&[pair(1, ["a.txt", "b.txt"], ["", ""])]));
        check(
            "\u{FEFF}Left, right, author\n# a comment\n\n\"a, 1.txt\" , b.txt, Norland, Sudria\r\nc,d,,Ostia",
            Ok(&[pair(4, ["a, 1.txt", "b.txt"], ["Norland", "Sudria"]), pair(5, ["c", "d"], ["", "Ostia"])]),
        );
        check("", Ok(&[]));
        check("a.txt\n", Err("line 1: expected two files, then at most who published them"));
        check("a,b\n,b\n", Err("line 2: expected two files, then at most who published them"));
        check("a,b,c,d,e", Err("line 1: expected two files, then at most who published them"));
    }
}
