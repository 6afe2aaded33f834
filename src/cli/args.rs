//! What was typed.

use std::path::PathBuf;

use clap::{Args, Parser, Subcommand, ValueEnum};

/// Compares official statements: who holds which position, where the sides overlap, where they diverge and why.
#[derive(Debug, Parser)]
#[command(name = "parallax", version, propagate_version = true, max_term_width = 100)]
pub struct Cli {
    /// What to do.
    #[command(subcommand)]
    pub command: Command,

    /// Table of reporting words to use in place of the built-in one: lemma, forms, speech act, strength, stance, what it
    /// takes, separated by tabs, as in src/pipeline/attribution/cues.tsv
    #[arg(long, value_name = "FILE", global = true)]
    pub cues: Option<PathBuf>,
}

/// What to do.
#[derive(Debug, Subcommand)]
pub enum Command {
    /// Compare readouts of one contact; with one readout, compare the sides inside it
    #[command(after_help = COMPARE_EXAMPLES, mut_arg("files", |files| files.required(false).required_unless_present("pairs")))]
    Compare(CompareArgs),
    /// Show who holds what in each readout, without comparing
    Positions(PositionsArgs),
    /// Serve parallax.v1.ComparisonService over gRPC until SIGTERM or SIGINT
    #[command(after_help = SERVE_NOTES)]
    Serve(ServeArgs),
    /// Print the settings that 'serve' would use with these arguments, as a configuration file; secrets are masked
    Config(ConfigArgs),
    /// Measure the answers against annotated texts
    Evaluate(EvaluateArgs),
    /// Show the engines and the data that answers depend on
    Models(ModelsArgs),
    /// Print the script by which a shell completes 'parallax'
    #[command(after_help = COMPLETIONS_EXAMPLES)]
    Completions(CompletionsArgs),
    /// Write the manual pages
    Man(ManArgs),
}

const COMPARE_EXAMPLES: &str = "\
Examples:
  parallax compare ours.txt theirs.txt --author Norland --author Sudria
  parallax compare ours.txt theirs.txt --html report.html
  parallax compare --pairs pairs.csv --jobs 4 --format json
  parallax compare call.txt --side 'Norland;President Ada Lind' --side 'Sudria=Sudrian,Port Vey'
  curl -s https://example.org/their-page | parallax compare ours.pdf - --format json";

const COMPLETIONS_EXAMPLES: &str = "\
Examples:
  parallax completions bash > ~/.local/share/bash-completion/completions/parallax
  parallax completions fish > ~/.config/fish/completions/parallax.fish";

const SERVE_NOTES: &str = "\
Settings are taken from the defaults, the file of --config, the environment (deadline.max is PARALLAX_DEADLINE_MAX) \
and the arguments; the last one wins. 'parallax config --defaults' prints all of them, explained.
SIGHUP reads certificates and keys again.
The log goes to standard error. PARALLAX_LOG filters it by level and module: 'warn', 'parallax=debug'. \
It holds counts and durations, never text of a readout.";

/// Texts and the sides that are known.
#[derive(Debug, Args)]
pub struct InputArgs {
    /// Readouts, 1 to 8: plain text, Markdown, HTML pages, PDF with text in it, .docx; '-' is standard input. A text has at
    /// most 1,000,000 bytes. Another encoding than UTF-8 is guessed. Offsets count in the text that is taken out of a file
    #[arg(value_name = "FILE", required = true)]
    pub files: Vec<PathBuf>,

    /// A side: its name, after '=' further names (capital, demonym, institutions), after ';' the persons who speak
    /// for it, with or without title. Repeat for each side. Sides not given are found in the texts
    #[arg(long = "side", value_name = "NAME[=ALIAS,...][;PERSON,...]")]
    pub sides: Vec<String>,

    /// The side that published a file. Repeat in the order of the files; '' leaves one open
    #[arg(long = "author", value_name = "NAME")]
    pub authors: Vec<String>,

    /// What the files are. Unset: told by their content, then by their names
    #[arg(long, value_enum, value_name = "FORMAT")]
    pub input_format: Option<InputFormatArg>,
}

/// How the answer is shown.
#[derive(Debug, Args)]
pub struct OutputArgs {
    /// Form of the answer: text to read, or the JSON form of the API's messages
    #[arg(long, value_enum, default_value_t = FormatArg::Text)]
    pub format: FormatArg,

    /// What offsets count: UTF-8 bytes, UTF-16 code units, code points
    #[arg(long, value_enum, default_value_t = OffsetsArg::Utf8)]
    pub offsets: OffsetsArg,

    /// Columns of the text form. Unset: the terminal's, at most 160; 100 where there is no terminal
    #[arg(long, value_name = "N", value_parser = clap::value_parser!(u16).range(40..=400))]
    pub width: Option<u16>,
}

/// How positions are scored and linked.
#[derive(Debug, Args)]
pub struct EngineArgs {
    /// Scorer. Unset: fast
    #[arg(long, value_enum)]
    pub engine: Option<EngineArg>,

    /// Least score of a link, 0 to 1. Unset: the engine's own
    #[arg(long, value_name = "SCORE", value_parser = share)]
    pub threshold: Option<f64>,
}

/// Arguments of `compare`.
#[derive(Debug, Args)]
pub struct CompareArgs {
    /// Texts and sides.
    #[command(flatten)]
    pub input: InputArgs,

    /// Scoring.
    #[command(flatten)]
    pub engine: EngineArgs,

    /// Most points to show, 1 to 10,000; the rest is counted in a warning
    #[arg(long, value_name = "N", default_value_t = 1_000, value_parser = clap::value_parser!(u32).range(1..=10_000))]
    pub max_points: u32,

    /// Kinds of points to show, separated by commas. Unset: all
    #[arg(long, value_enum, value_delimiter = ',', value_name = "KINDS")]
    pub kinds: Vec<KindArg>,

    /// Also write a report to read in a browser: one HTML file that fetches nothing; with --pairs a folder of them
    #[arg(long, value_name = "FILE")]
    pub html: Option<PathBuf>,

    /// Compare many pairs: a CSV file with two files a line, then, where they are known, who published them. Prints one
    /// line a pair
    #[arg(long, value_name = "FILE", conflicts_with_all = ["files", "authors"])]
    pub pairs: Option<PathBuf>,

    /// Pairs compared at a time, 1 to 1,024. Unset: one for each processor
    #[arg(long, value_name = "N", conflicts_with = "files", value_parser = clap::value_parser!(u16).range(1..=1_024))]
    pub jobs: Option<u16>,

    /// Form of the answer.
    #[command(flatten)]
    pub output: OutputArgs,
}

/// Arguments of `positions`.
#[derive(Debug, Args)]
pub struct PositionsArgs {
    /// Texts and sides.
    #[command(flatten)]
    pub input: InputArgs,

    /// What finds the positions. Unset: fast
    #[arg(long, value_enum)]
    pub engine: Option<EngineArg>,

    /// Form of the answer.
    #[command(flatten)]
    pub output: OutputArgs,
}

/// Arguments of `serve`.
#[derive(Debug, Args)]
pub struct ServeArgs {
    /// Configuration file, TOML. Unset: the one that PARALLAX_CONFIG names, or none
    #[arg(long, value_name = "FILE")]
    pub config: Option<PathBuf>,

    /// Any setting: 'deadline.max=20s', 'limits.readouts=4'. Repeat for each. For secrets use files or the environment
    #[arg(long = "set", value_name = "SECTION.NAME=VALUE")]
    pub settings: Vec<String>,

    /// Address to listen on; port 0 takes a free one and logs it [default: 127.0.0.1:50051]
    #[arg(long, value_name = "HOST:PORT")]
    pub address: Option<String>,

    /// Address of /metrics, /livez and /readyz. Unset: they are not served
    #[arg(long, value_name = "HOST:PORT")]
    pub admin_address: Option<String>,

    /// Comparisons that are computed or at hand for the next free thread, 1 to 1,024. Unset: 4 for each processor
    #[arg(long, value_name = "N", value_parser = clap::value_parser!(u16).range(1..=1_024))]
    pub permits: Option<u16>,

    /// Requests that wait for a permit; one more is refused. 0: none waits. Unset: as many as permits
    #[arg(long, value_name = "N")]
    pub queue: Option<u16>,

    /// After a signal, seconds between health turning to NOT_SERVING and the end of taking requests [default: 2]
    #[arg(long, value_name = "SECONDS")]
    pub health_wait: Option<u16>,

    /// After that, most seconds that calls in flight get to end [default: 20]
    #[arg(long, value_name = "SECONDS")]
    pub grace: Option<u16>,

    /// Form of the log [default: text]
    #[arg(long, value_enum)]
    pub log: Option<FormatArg>,
}

/// Arguments of `config`.
#[derive(Debug, Args)]
pub struct ConfigArgs {
    /// Print the defaults with what each setting means
    #[arg(long)]
    pub defaults: bool,

    /// Settings.
    #[command(flatten)]
    pub serve: ServeArgs,
}

/// Arguments of `evaluate`.
#[derive(Debug, Args)]
pub struct EvaluateArgs {
    /// Folder of annotated texts (*.json), pairs and singles, or one such file
    #[arg(value_name = "DIR")]
    pub gold: PathBuf,

    /// Also write the candidate pairs of gold positions with their texts and the inputs of the scorer, one line of JSON a
    /// pair after one that names the inputs: what the scorer is fitted on
    #[arg(long, value_name = "FILE")]
    pub candidates: Option<PathBuf>,

    /// With --candidates and --engine thorough: take what the transformers make of pairs from this file instead, one line
    /// of JSON a pair of positions (pair_id, a, b, cosines, logits), so that the scorer can be fitted on readings out of fold
    #[arg(long, value_name = "FILE", requires = "candidates")]
    pub readings: Option<PathBuf>,

    /// Also write the predictions, one line of JSON a document
    #[arg(long, value_name = "FILE")]
    pub predictions: Option<PathBuf>,

    /// Also show one line of figures a document
    #[arg(long)]
    pub by_pair: bool,

    /// Also show positions and holders for first-person and third-person texts apart
    #[arg(long)]
    pub genres: bool,

    /// Compare the annotated positions with their annotated holders instead of the texts, to measure linking alone
    #[arg(long)]
    pub gold_spans: bool,

    /// Scoring.
    #[command(flatten)]
    pub engine: EngineArgs,
}

/// Arguments of `models`.
#[derive(Debug, Args)]
pub struct ModelsArgs {
    /// Form of the answer: text to read, or the JSON form of DescribeEngineResponse
    #[arg(long, value_enum, default_value_t = FormatArg::Text)]
    pub format: FormatArg,
}

/// Arguments of `completions`.
#[derive(Debug, Args)]
pub struct CompletionsArgs {
    /// The shell
    #[arg(value_enum)]
    pub shell: clap_complete::Shell,
}

/// Arguments of `man`.
#[derive(Debug, Args)]
pub struct ManArgs {
    /// Folder for the pages, one a command; it is made when it is not there
    #[arg(value_name = "DIR")]
    pub folder: PathBuf,
}

/// Text or JSON.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub enum FormatArg {
    /// For people.
    Text,
    /// For programs.
    Json,
}

/// What a file is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub enum InputFormatArg {
    /// Plain text, taken as it is.
    Text,
    /// CommonMark, without its marks.
    Markdown,
    /// A page; its main text.
    Html,
    /// The text layer of a PDF.
    Pdf,
    /// A document of Word.
    Docx,
}

/// What offsets count.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub enum OffsetsArg {
    /// Bytes of UTF-8.
    Utf8,
    /// Code units of UTF-16.
    Utf16,
    /// Code points.
    Utf32,
}

/// Scorers.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub enum EngineArg {
    /// Lexical scoring and static embeddings, microseconds a pair.
    Fast,
    /// A cross-encoder for the likeliest pairs, milliseconds a pair.
    Thorough,
}

/// Kinds of points.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub enum KindArg {
    /// Both have it and do not differ in substance.
    Overlap,
    /// Both have it and differ.
    Divergence,
    /// Only one account has it.
    OneSided,
}

fn share(typed: &str) -> Result<f64, String> {
    match typed.parse::<f64>() {
        Ok(value) if (0.0..=1.0).contains(&value) => Ok(value),
        _ => Err("not a number from 0 to 1".to_owned()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use clap::CommandFactory as _;

    #[test]
    fn the_command_is_consistent() {
        Cli::command().debug_assert();
    }

    #[test]
    fn a_share_is_a_number_from_0_to_1() {
        assert_eq!(share("0.5"), Ok(0.5));
        for typed in ["-0.1", "1.1", "NaN", "inf", "half", ""] {
            assert!(share(typed).is_err(), "{typed}");
        }
    }
}
