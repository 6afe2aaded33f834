//! The command line: `compare`, `positions`, `serve`, `config`, `evaluate`, `models`, `completions`, `man`.
//!
//! In: arguments. Out: the answer on standard output, or one line on standard error and an exit code: 2 when an
//! argument or a file is at fault, 1 when something else is. Nothing is printed of an answer that fails.

mod args;

mod config;

mod input;

mod report;

mod pairs;

mod serve;

mod text;

mod visible;

use std::ffi::OsString;
use std::fmt::Write as _;
use std::io::{self, Write};
use std::path::Path;
use std::process::ExitCode;

use anstyle::{AnsiColor, Style};
use clap::{CommandFactory as _, Parser as _};

use crate::pipeline::{self, Engine};
use crate::server::limits;
use crate::{evaluate, server};
use args::{
    Cli, Command, CompareArgs, CompletionsArgs, ConfigArgs, EvaluateArgs, FormatArg, ManArgs, ModelsArgs, PositionsArgs,
};
use config::{Input, Output};
use visible::{escape_json, visible};

/// What keeps a command from being carried out.
#[derive(Debug, thiserror::Error)]
enum Error {
    /// An argument, or the file that it names, is at fault.
    #[error("{argument}: {problem}")]
    Argument { argument: String, problem: String },
    /// A gold file is at fault, or the predictions cannot be written.
    #[error(transparent)]
    Evaluate(#[from] evaluate::Error),
    /// A setting of the server is at fault.
    #[error(transparent)]
    Config(#[from] server::config::ConfigError),
    /// The server cannot start or has failed.
    #[error(transparent)]
    Serve(#[from] server::ServeError),
    /// Spans cannot be exported.
    #[error(transparent)]
    Trace(#[from] server::trace::TraceError),
    /// Pairs of a list are at fault; each was told in its place.
    #[error("{n_failed} of {n_pairs} pairs were not compared")]
    Pairs { n_failed: usize, n_pairs: usize },
    /// Standard output cannot be written.
    #[error("cannot write the answer: {0}")]
    Output(#[from] io::Error),
}

impl Error {
    fn argument(argument: &str, problem: impl Into<String>) -> Self {
        Self::Argument { argument: argument.to_owned(), problem: problem.into() }
    }

    /// Two for faults of the caller, as clap does for what it refuses itself.
    fn exit_code(&self) -> u8 {
        match self {
            Self::Serve(_) | Self::Trace(_) | Self::Output(_) => 1,
            Self::Argument { .. } | Self::Evaluate(_) | Self::Config(_) | Self::Pairs { .. } => 2,
        }
    }
}

/// Runs the command that the arguments name, program name first; the result is the exit code of the process.
///
/// Help, version and arguments that cannot be parsed end the process here.
pub fn run(args: impl IntoIterator<Item = OsString>) -> ExitCode {
    let cli = Cli::parse_from(args);
    let outcome = cli.cues.as_deref().map_or(Ok(()), use_cues).and_then(|()| match &cli.command {
        Command::Compare(args) => compare(args),
        Command::Positions(args) => positions(args),
        Command::Serve(args) => serve::serve(args),
        Command::Config(args) => show_config(args),
        Command::Evaluate(args) => evaluate(args),
        Command::Models(args) => models(args),
        Command::Completions(args) => completions(args),
        Command::Man(args) => man(args),
    });
    match outcome {
        Ok(()) => ExitCode::SUCCESS,
        // The reader has seen enough ("| head").
        Err(Error::Output(error)) if error.kind() == io::ErrorKind::BrokenPipe => ExitCode::SUCCESS,
        Err(error) => {
            let red = Style::new().bold().fg_color(Some(AnsiColor::Red.into()));
            // When even standard error is closed there is nobody left to tell.
            let _ = writeln!(anstream::stderr(), "{red}error:{red:#} {}", visible(&error.to_string()));
            ExitCode::from(error.exit_code())
        }
    }
}

/// Uses the cue table in the file for everything that follows.
fn use_cues(path: &Path) -> Result<(), Error> {
    let wrong = |problem: String| Error::argument("--cues", format!("{}: {problem}", path.display()));
    let source = std::fs::read_to_string(path).map_err(|error| wrong(error.to_string()))?;
    pipeline::attribution::use_cue_table(&source).map_err(|error| wrong(error.to_string()))
}

fn compare(args: &CompareArgs) -> Result<(), Error> {
    if let Some(list) = &args.pairs {
        return pairs::compare(args, list);
    }
    let input = Input::new(&args.input)?;
    tell(&input.notes);
    let output = Output::new(&args.output);
    let options = config::compare_options(args);
    let comparison = pipeline::compare(&input.readouts, &input.sides, &options);
    if let Some(path) = &args.html {
        report::write(path, &comparison)?;
    }
    match output.format {
        FormatArg::Text => print_text(&text::comparison(&comparison, &options.point_kinds, output.width)),
        FormatArg::Json => print_json(&server::json::comparison(&comparison, output.unit)),
    }
}

fn positions(args: &PositionsArgs) -> Result<(), Error> {
    let input = Input::new(&args.input)?;
    tell(&input.notes);
    let output = Output::new(&args.output);
    let extraction = pipeline::extract(&input.readouts, &input.sides, config::engine(args.engine));
    match output.format {
        FormatArg::Text => print_text(&text::extraction(&extraction, output.unit, output.width)),
        FormatArg::Json => print_json(&server::json::extraction(&extraction, output.unit)),
    }
}

fn show_config(args: &ConfigArgs) -> Result<(), Error> {
    let text = if args.defaults { server::config::DEFAULTS.to_owned() } else { serve::config(&args.serve)?.show() };
    print_text(&text)
}

fn evaluate(args: &EvaluateArgs) -> Result<(), Error> {
    let documents = evaluate::gold::load(&args.gold)?;
    // The most that can be asked for: a point that is cut off counts as missed.
    let comparison = pipeline::Options { max_points: limits::POINTS as usize, ..config::engine_options(&args.engine) };
    let options = evaluate::predict::Options { comparison, gold_spans: args.gold_spans };
    let outcomes = evaluate::evaluate(documents, &options);
    if let Some(path) = &args.predictions {
        evaluate::write_predictions(path, &outcomes)?;
    }
    if let Some(path) = &args.candidates {
        let readings = args.readings.as_deref().map(evaluate::candidates::read_readings).transpose()?;
        evaluate::write_candidates(path, &outcomes, options.comparison.engine, readings.as_ref())?;
    }
    let layout = evaluate::table::Layout { by_document: args.by_pair, genres: args.genres };
    print_text(&evaluate::table::report(&outcomes, layout))
}

fn models(args: &ModelsArgs) -> Result<(), Error> {
    if args.format == FormatArg::Json {
        return print_json(&server::json::engine_description());
    }
    let mut text = format!("parallax {}\n", env!("CARGO_PKG_VERSION"));
    for (i, engine) in Engine::ALL.iter().enumerate() {
        let default = if i == 0 { " (default)" } else { "" };
        let threshold = engine.default_link_threshold();
        let _ = writeln!(text, "engine {}{default}: link threshold {threshold:.3}", text::engine_name(*engine));
    }
    for model in pipeline::models() {
        let _ = writeln!(text, "\n{} ({} bytes)\n  {}", model.name, model.bytes, model.description);
        let _ = writeln!(text, "  sha256 {}", model.sha256);
    }
    print_text(&text)
}

fn completions(args: &CompletionsArgs) -> Result<(), Error> {
    let mut script = Vec::new();
    clap_complete::generate(args.shell, &mut Cli::command(), "parallax", &mut script);
    let mut stdout = io::stdout().lock();
    stdout.write_all(&script)?;
    Ok(stdout.flush()?)
}

fn man(args: &ManArgs) -> Result<(), Error> {
    let write = || {
        std::fs::create_dir_all(&args.folder)?;
        clap_mangen::generate_to(Cli::command(), &args.folder)
    };
    write().map_err(|error| Error::argument("DIR", format!("cannot write {}: {error}", args.folder.display())))
}

/// Says on standard error how files were read. When even that is closed there is nobody left to tell.
fn tell(notes: &[String]) {
    for note in notes {
        let _ = writeln!(anstream::stderr(), "note: {}", visible(note));
    }
}

/// Prints styled text, whose colours go to a terminal only.
fn print_text(text: &str) -> Result<(), Error> {
    let mut stdout = anstream::stdout();
    stdout.write_all(text.as_bytes())?;
    Ok(stdout.flush()?)
}

fn print_json(json: &str) -> Result<(), Error> {
    let mut stdout = io::stdout().lock();
    stdout.write_all(escape_json(json.trim_end()).as_bytes())?;
    stdout.write_all(b"\n")?;
    Ok(stdout.flush()?)
}
