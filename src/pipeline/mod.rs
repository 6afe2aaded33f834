//! The map: one line per stage. Text in, values out; no async, no I/O, no clock, no wire types.

pub mod cancel;

pub mod segmentation;

pub mod sides;

pub mod attribution;

pub mod position;

pub mod features;

pub mod similarity;

pub mod alignment;

pub mod relation;

pub mod report;

mod reading;

mod linking;

mod language;

mod inventory;

mod word_classes;

use crate::models::contextual_embeddings::{self, Reading, cosine};
use crate::models::cross_encoder;
use crate::models::judgement_cache::JudgementCache;
use crate::readout::{Readout, Side};
pub use cancel::{Cancel, Cancelled, Stage};
use features::Features;
pub use inventory::{ModelInfo, models};
use language::Attributed;
pub use linking::{Given, Judge};
use linking::{Judging, Linking};
pub use position::MAX_POSITIONS;
use position::Position;
pub use reading::MAX_READ_TOKENS;
use report::{Comparison, Extraction, Point, PointKind, ReadoutSummary, Warning, WarningCode};
use segmentation::Segmentation;
use sides::Cast;
use similarity::ScorePart;
use std::collections::BTreeSet;
use std::sync::Arc;

/// What finds positions and decides which of them are about the same thing.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Engine {
    /// Lexical scoring and static embeddings, microseconds a pair.
    Fast,
    /// The same, a transformer that reads the texts for their positions and what each is about, and a cross-encoder that reads
    /// both texts of the likeliest pairs together: a fifth of a second for two pages.
    Thorough,
}

impl Engine {
    /// The engines of this version, the default one first.
    pub const ALL: &[Self] = &[Self::Fast, Self::Thorough];

    /// The score at and above which a pair is a link, when the caller sets none.
    #[must_use]
    pub fn default_link_threshold(self) -> f64 {
        match self {
            Self::Fast | Self::Thorough => alignment::THRESHOLD,
        }
    }
}

/// What a caller can set in a comparison.
#[derive(Debug, Clone, PartialEq)]
pub struct Options {
    /// Scorer. Default: the first of [`Engine::ALL`].
    pub engine: Engine,
    /// Least score of a link, 0 to 1. `None`: [`Engine::default_link_threshold`].
    pub link_threshold: Option<f64>,
    /// Kinds of points to return. Empty: all.
    pub point_kinds: Vec<PointKind>,
    /// Most points to return. Default: 1,000.
    pub max_points: usize,
    /// Most positions of a readout, at most [`MAX_POSITIONS`], which is the default. Those after it are left out.
    pub max_positions: usize,
    /// Where judgements of the cross-encoder are looked for and kept. Default `None`: each is made anew.
    pub judgements: Option<Arc<JudgementCache>>,
}

impl Default for Options {
    fn default() -> Self {
        Self {
            engine: Engine::ALL[0],
            link_threshold: None,
            point_kinds: Vec::new(),
            max_points: 1_000,
            max_positions: MAX_POSITIONS,
            judgements: None,
        }
    }
}

/// Languages in which positions are attributed, as BCP 47 tags.
pub const LANGUAGES: &[&str] = &["en", "zh-Hans", "zh-Hant"];

/// Parses the weights that take long, so that the first request does not wait for it.
pub fn load() {
    cross_encoder::load();
    contextual_embeddings::load();
}

/// Who holds what, where the sides overlap and diverge, and what only one of them mentions.
///
/// Total: odd input gives fewer positions and a warning, never an error or a panic.
#[must_use]
pub fn compare(readouts: &[Readout], sides: &[Side], options: &Options) -> Comparison {
    compare_unless(&Cancel::default(), readouts, sides, options).expect("nobody cancels")
}

/// As [`compare`], until `cancel` is set.
///
/// # Errors
/// When it was.
pub fn compare_unless(
    cancel: &Cancel,
    readouts: &[Readout],
    sides: &[Side],
    options: &Options,
) -> Result<Comparison, Cancelled> {
    let mut read = read(cancel, readouts, sides, options.engine, options.max_positions)?;
    let features = read.features(cancel, readouts)?;
    let readings = std::mem::take(&mut read.readings);
    let (links, near, warning) = linking::link(cancel, readouts, &read, readings, &features, options)?;
    read.warnings.extend(warning);
    cancel.enter(Stage::Report)?;
    let (points, n_cut) = report::points(readouts, &read.cast, &read.positions, &links, &near, options);
    if n_cut > 0 {
        let message = format!("{n_cut} points were left out: max_points is {}", options.max_points);
        read.warnings.push(Warning { code: WarningCode::PointsTruncated, readout: None, message });
    }
    if !language::are_alike(&read.languages) {
        let message = "the readouts are in different languages; only shared names and figures can link them".to_owned();
        read.warnings.push(Warning { code: WarningCode::LanguagesDiffer, readout: None, message });
    }
    if readouts.len() == 1 && read.cast.sides.len() < 2 {
        let message = "fewer than two sides were found, so nothing is compared".to_owned();
        read.warnings.push(Warning { code: WarningCode::OneSideOnly, readout: Some(0), message });
    }
    cancel.check()?;
    let linked = links.iter().flat_map(|link| [link.left, link.right]).collect();
    Ok(Comparison {
        sides: report::side_summaries(readouts, &read.cast, &read.positions, &linked),
        readouts: read.summaries(readouts, &linked, &points),
        name_differences: report::name_differences(readouts, &read.positions, &points),
        positions: read.positions,
        points,
        warnings: read.warnings,
        engine: options.engine,
    })
}

/// Who holds what in each readout: the positions that [`compare`] finds with the same engine.
#[must_use]
pub fn extract(readouts: &[Readout], sides: &[Side], engine: Engine) -> Extraction {
    extract_unless(&Cancel::default(), readouts, sides, engine, MAX_POSITIONS).expect("nobody cancels")
}

/// As [`extract`] with at most `max_positions` of a readout, until `cancel` is set.
///
/// # Errors
/// When it was.
pub fn extract_unless(
    cancel: &Cancel,
    readouts: &[Readout],
    sides: &[Side],
    engine: Engine,
    max_positions: usize,
) -> Result<Extraction, Cancelled> {
    let read = read(cancel, readouts, sides, engine, max_positions)?;
    cancel.enter(Stage::Report)?;
    let linked = BTreeSet::new();
    Ok(Extraction {
        sides: report::side_summaries(readouts, &read.cast, &read.positions, &linked),
        readouts: read.summaries(readouts, &linked, &[]),
        positions: read.positions,
        warnings: read.warnings,
    })
}

/// The scores of one statement against others, with their parts.
pub type ScoredRow = Vec<(f64, Vec<ScorePart>)>;

/// The score of every left statement against every right one with its parts, row by row, each scored alone.
#[must_use]
pub fn score_pairs(left: &[String], right: &[String], engine: Engine) -> Vec<ScoredRow> {
    score_pairs_unless(&Cancel::default(), left, right, engine, None).expect("nobody cancels")
}

/// As [`score_pairs`], until `cancel` is set; judgements of the cross-encoder are looked for and kept in `judgements`.
///
/// # Errors
/// When it was.
pub fn score_pairs_unless(
    cancel: &Cancel,
    left: &[String],
    right: &[String],
    engine: Engine,
    judgements: Option<&JudgementCache>,
) -> Result<Vec<ScoredRow>, Cancelled> {
    cancel.enter(Stage::Features)?;
    let describe = |text: &String| cancel.check().map(|()| features::describe_statement(text));
    let left_features = left.iter().map(describe).collect::<Result<Vec<Features>, Cancelled>>()?;
    let right_features = right.iter().map(describe).collect::<Result<Vec<Features>, Cancelled>>()?;
    cancel.enter(Stage::Links)?;
    let score = |a: &Features, b: &Features| cancel.check().map(|()| similarity::score_alone(a, b, None));
    let row = |a: &Features| right_features.iter().map(|b| score(a, b)).collect::<Result<ScoredRow, Cancelled>>();
    let mut rows = left_features.iter().map(row).collect::<Result<Vec<ScoredRow>, Cancelled>>()?;
    if engine == Engine::Thorough {
        let cells = (0..left.len()).flat_map(|i| (0..right.len()).map(move |j| (i, j)));
        let cells: Vec<(usize, usize)> =
            cells.filter(|&(i, j)| !similarity::is_same_text(&left_features[i], &right_features[j])).collect();
        let text = |text: &String| cross_encoder::clean(text);
        let (left, right): (Vec<_>, Vec<_>) = (left.iter().map(text).collect(), right.iter().map(text).collect());
        let embed = |texts: &[String]| {
            let texts: Vec<&str> = texts.iter().map(String::as_str).collect();
            contextual_embeddings::embed_each(&texts, || !cancel.is_cancelled()).ok_or(Cancelled)
        };
        let (of_left, of_right) = (embed(&left)?, embed(&right)?);
        let texts: Vec<(&str, &str)> = cells.iter().map(|&(i, j)| (&*left[i], &*right[j])).collect();
        for (&(i, j), judgement) in cells.iter().zip(linking::judge_all(cancel, &texts, judgements)?) {
            let read = Some((cosine(&of_left[i], &of_right[j]), &judgement));
            rows[i][j] = similarity::score_alone(&left_features[i], &right_features[j], read);
        }
    }
    Ok(rows)
}

/// The positions of two readouts and their scored candidate pairs: what the scorers are fitted and measured on.
#[derive(Debug, Clone, PartialEq)]
pub struct Candidates {
    /// Positions of both readouts, in reading order.
    pub positions: Vec<Position>,
    /// How many of them are of the first readout.
    pub n_left: usize,
    /// The pairs that the engine scores.
    pub pairs: Vec<similarity::ScoredPair>,
    /// For each of them, whether it was likely enough to be judged in a comparison; true for the FAST engine.
    pub likely: Vec<bool>,
    /// What is seen in each pair that bears on divergence, in the same order.
    pub evidence: Vec<relation::Evidence>,
}

/// The candidates of two readouts. With the THOROUGH engine `judge` reads and judges two positions, or the transformers do
/// where there is none. Candidates that are too unlikely to be judged are among them, with the inputs of their reading and
/// what `judge` says of them alone.
#[must_use]
pub fn candidates(readouts: &[Readout; 2], sides: &[Side], engine: Engine, judge: Option<&Judge<'_>>) -> Candidates {
    let cancel = Cancel::default();
    let mut read = read(&cancel, readouts, sides, engine, MAX_POSITIONS).expect("nobody cancels");
    let features = read.features(&cancel, readouts).expect("nobody cancels");
    let readings = std::mem::take(&mut read.readings);
    let mut linking = Linking::new(readouts, &read, &features);
    let (left, right) = (linking.of_readout(0), linking.of_readout(1));
    let (mut pairs, likely) = match engine {
        Engine::Fast => {
            let pairs = linking.scored(&cancel, &left, &right, None);
            let likely = vec![true; pairs.len()];
            (pairs, likely)
        }
        Engine::Thorough => {
            if judge.is_none() {
                linking.embed(&cancel, readings).expect("nobody cancels");
            }
            let cosines = linking.cosines(&cancel, (&left, &right), judge).expect("nobody cancels");
            let pairs = linking.scored(&cancel, &left, &right, Some(cosines));
            let judging = Judging { judge, judgements: None };
            let judged = linking.judged(&cancel, pairs.clone(), (&left, &right), similarity::MAX_JUDGED, judging);
            let judged = judged.expect("nobody cancels").pairs;
            let is_judged: BTreeSet<_> = judged.iter().map(|pair| (pair.left, pair.right)).collect();
            let unlikely = pairs.into_iter().filter(|pair| !is_judged.contains(&(pair.left, pair.right)));
            let unlikely = unlikely.map(|mut pair| {
                let (a, b) = (&read.positions[left[pair.left]], &read.positions[right[pair.right]]);
                pair.features.judged = judge.map(|judge| similarity::JudgedFeatures::alone(&judge(a, b).judgement));
                pair
            });
            let mut pairs: Vec<_> = unlikely.chain(judged).collect();
            pairs.sort_by_key(|pair| (pair.left, pair.right));
            let likely = pairs.iter().map(|pair| is_judged.contains(&(pair.left, pair.right))).collect();
            (pairs, likely)
        }
    };
    for pair in &mut pairs {
        let (a, b) = (linking.end(left[pair.left]), linking.end(right[pair.right]));
        similarity::read_characters(a.features, b.features, &mut pair.features);
    }
    let opposition = linking.opposition(&left, &right);
    let evidence = pairs.iter().map(|pair| {
        let (a, b) = (linking.end(left[pair.left]), linking.end(right[pair.right]));
        relation::Evidence::new(a, b, &pair.features, opposition)
    });
    Candidates { evidence: evidence.collect(), n_left: left.len(), pairs, likely, positions: read.positions }
}

/// What the stages up to positions find.
struct Read {
    segmentations: Vec<Segmentation>,
    languages: Vec<String>,
    cast: Cast,
    positions: Vec<Position>,
    /// What the THOROUGH engine read of each readout to find its positions; large, so that linking takes it and lets go of it.
    readings: Vec<Option<Reading>>,
    warnings: Vec<Warning>,
}

impl Read {
    /// The features of every position.
    fn features(&self, cancel: &Cancel, readouts: &[Readout]) -> Result<Vec<Features>, Cancelled> {
        cancel.enter(Stage::Features)?;
        let describe = |position| cancel.check().map(|()| self.describe(readouts, position));
        self.positions.iter().map(describe).collect()
    }

    fn describe(&self, readouts: &[Readout], position: &Position) -> Features {
        let text = &readouts[position.readout].text;
        features::describe(text, &self.segmentations[position.readout], position, &self.cast)
    }

    fn summaries(&self, readouts: &[Readout], linked: &BTreeSet<usize>, points: &[Point]) -> Vec<ReadoutSummary> {
        report::readout_summaries(
            readouts,
            &self.segmentations,
            &self.languages,
            &self.cast,
            &self.positions,
            linked,
            points,
        )
    }
}

/// Readout text → segmentation → sides → attribution → reading, by the THOROUGH engine → positions.
fn read(
    cancel: &Cancel,
    readouts: &[Readout],
    declared: &[Side],
    engine: Engine,
    max_positions: usize,
) -> Result<Read, Cancelled> {
    cancel.enter(Stage::Segmentation)?;
    let segmentations: Vec<Segmentation> =
        readouts.iter().map(|readout| segmentation::segment(cancel, &readout.text)).collect();
    cancel.enter(Stage::Sides)?;
    let languages: Vec<String> = readouts.iter().map(language::language_of).collect();
    let cast = sides::cast(cancel, readouts, &segmentations, declared);
    cancel.check()?;
    let (mut positions, mut readings, mut warnings) = (Vec::new(), Vec::new(), Vec::new());
    for (at, readout) in readouts.iter().enumerate() {
        let mut warn = |code, message: String| warnings.push(Warning { code, readout: Some(at), message });
        let attributed = language::attributed(&languages[at]);
        if attributed.is_none() {
            let message =
                format!("positions are not attributed in language {}; the author is the holder", languages[at]);
            warn(WarningCode::LanguageNotSupported, message);
        }
        if cast.authors[at].is_none() {
            warn(WarningCode::AuthorUnknown, "the author side could not be told from the text".to_owned());
        }
        let (text, author) = (&readout.text, cast.authors[at]);
        cancel.enter(Stage::Attribution)?;
        let clauses = match attributed {
            Some(Attributed::English) => attribution::attribute(cancel, text, &segmentations[at], &cast, author),
            Some(Attributed::Chinese) => {
                attribution::attribute_chinese(cancel, text, &segmentations[at], &cast, author)
            }
            None => attribution::narrate(&segmentations[at], author),
        };
        cancel.enter(Stage::Positions)?;
        // Statements have their positions; linking reads them.
        let has_spans = attributed == Some(Attributed::English) && readout.statements.is_empty();
        let is_read = engine == Engine::Thorough && has_spans;
        let reading = is_read.then(|| reading::read(cancel, text, readouts.len())).transpose()?;
        if reading.as_ref().is_some_and(|reading| !reading.is_whole()) {
            let message = format!(
                "positions were found by the fast engine: the thorough one reads {MAX_READ_TOKENS} tokens a request"
            );
            warn(WarningCode::NotJudged, message);
        }
        let (mut found, mut n_cut) = match attributed {
            _ if !readout.statements.is_empty() => {
                position::from_statements(at, readout, &segmentations[at], &clauses, |id| cast.side_by_id(id))
            }
            Some(Attributed::English) => {
                let is_first_person = attribution::is_first_person(text, &segmentations[at]);
                let spans = position::spans::spans(cancel, text, &segmentations[at], is_first_person, reading.as_ref());
                cancel.check()?;
                position::from_spans(at, text, &segmentations[at], &clauses, &spans)
            }
            Some(Attributed::Chinese) | None => position::from_clauses(at, text, &segmentations[at], &clauses),
        };
        if segmentations[at].n_split > 0 {
            let (n, limit) = (segmentations[at].n_split, segmentation::MAX_SENTENCE_BYTES);
            warn(WarningCode::SentenceSplit, format!("{n} sentences over {limit} bytes were cut into pieces"));
        }
        n_cut += found.len().saturating_sub(max_positions);
        found.truncate(max_positions);
        if n_cut > 0 {
            let limit = max_positions.min(MAX_POSITIONS);
            warn(WarningCode::PositionsTruncated, format!("{n_cut} positions after the first {limit} were left out"));
        }
        if found.is_empty() {
            warn(WarningCode::NoPositions, "no position was found".to_owned());
        }
        positions.extend(found);
        readings.push(reading);
        cancel.check()?;
    }
    Ok(Read { segmentations, languages, cast, positions, readings, warnings })
}
