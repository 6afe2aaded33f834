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

mod language;

mod inventory;

mod word_classes;

use crate::readout::{Readout, Side};
pub use cancel::{Cancel, Cancelled, Stage};
use features::Features;
pub use inventory::{ModelInfo, models};
use language::Attributed;
pub use position::MAX_POSITIONS;
use position::Position;
use relation::End;
use report::{Comparison, Extraction, Link, NearMiss, Point, PointKind, ReadoutSummary, Warning, WarningCode};
use segmentation::Segmentation;
use sides::{Cast, SideIdx};
use similarity::ScorePart;
use std::collections::{BTreeMap, BTreeSet};

/// The scorer that decides which positions are about the same thing.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Engine {
    /// Lexical scoring and static embeddings, microseconds a pair.
    Fast,
}

impl Engine {
    /// The engines of this version, the default one first.
    pub const ALL: &[Self] = &[Self::Fast];

    /// The score at and above which a pair is a link, when the caller sets none.
    #[must_use]
    pub fn default_link_threshold(self) -> f64 {
        alignment::LINK_THRESHOLD
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
}

impl Default for Options {
    fn default() -> Self {
        Self { engine: Engine::ALL[0], link_threshold: None, point_kinds: Vec::new(), max_points: 1_000 }
    }
}

/// Languages in which positions are attributed, as BCP 47 tags.
pub const LANGUAGES: &[&str] = &["en", "zh-Hans", "zh-Hant"];

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
    let mut read = read(cancel, readouts, sides)?;
    let features = read.features(cancel, readouts)?;
    let (links, near) = link(cancel, readouts, &read, &features, options)?;
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

/// Who holds what in each readout.
#[must_use]
pub fn extract(readouts: &[Readout], sides: &[Side]) -> Extraction {
    extract_unless(&Cancel::default(), readouts, sides).expect("nobody cancels")
}

/// As [`extract`], until `cancel` is set.
///
/// # Errors
/// When it was.
pub fn extract_unless(cancel: &Cancel, readouts: &[Readout], sides: &[Side]) -> Result<Extraction, Cancelled> {
    let read = read(cancel, readouts, sides)?;
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
    score_pairs_unless(&Cancel::default(), left, right, engine).expect("nobody cancels")
}

/// As [`score_pairs`], until `cancel` is set.
///
/// # Errors
/// When it was.
pub fn score_pairs_unless(
    cancel: &Cancel,
    left: &[String],
    right: &[String],
    engine: Engine,
) -> Result<Vec<ScoredRow>, Cancelled> {
    let Engine::Fast = engine;
    cancel.enter(Stage::Features)?;
    let describe = |text: &String| cancel.check().map(|()| features::describe_statement(text));
    let left = left.iter().map(describe).collect::<Result<Vec<Features>, Cancelled>>()?;
    let right = right.iter().map(describe).collect::<Result<Vec<Features>, Cancelled>>()?;
    cancel.enter(Stage::Links)?;
    let score = |a: &Features, b: &Features| cancel.check().map(|()| similarity::score_alone(a, b));
    left.iter().map(|a| right.iter().map(|b| score(a, b)).collect()).collect()
}

/// The positions of two readouts and their scored candidate pairs: what the linker is fitted and measured on.
#[must_use]
pub fn candidates(readouts: &[Readout; 2], sides: &[Side]) -> (Vec<Position>, Vec<similarity::ScoredPair>) {
    let cancel = Cancel::default();
    let read = read(&cancel, readouts, sides).expect("nobody cancels");
    let features = read.features(&cancel, readouts).expect("nobody cancels");
    let roles = roles(readouts, &read.positions);
    let of = |readout: usize| -> Vec<(&Features, similarity::Role)> {
        (0..read.positions.len())
            .filter(|&idx| read.positions[idx].readout == readout)
            .map(|idx| (&features[idx], roles[idx]))
            .collect()
    };
    let pairs = similarity::score(&cancel, &of(0), &of(1));
    (read.positions, pairs)
}

/// What the stages up to positions find.
struct Read {
    segmentations: Vec<Segmentation>,
    languages: Vec<String>,
    cast: Cast,
    positions: Vec<Position>,
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

/// Readout text → segmentation → sides → attribution → positions.
fn read(cancel: &Cancel, readouts: &[Readout], declared: &[Side]) -> Result<Read, Cancelled> {
    cancel.enter(Stage::Segmentation)?;
    let segmentations: Vec<Segmentation> =
        readouts.iter().map(|readout| segmentation::segment(cancel, &readout.text)).collect();
    cancel.enter(Stage::Sides)?;
    let languages: Vec<String> = readouts.iter().map(language::language_of).collect();
    let cast = sides::cast(cancel, readouts, &segmentations, declared);
    cancel.check()?;
    let (mut positions, mut warnings) = (Vec::new(), Vec::new());
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
        let (found, n_cut) = match attributed {
            _ if !readout.statements.is_empty() => {
                position::from_statements(at, readout, &segmentations[at], &clauses, |id| cast.side_by_id(id))
            }
            Some(Attributed::English) => {
                let is_first_person = attribution::is_first_person(text, &segmentations[at]);
                let spans = position::spans::spans(cancel, text, &segmentations[at], is_first_person);
                cancel.check()?;
                position::from_spans(at, text, &segmentations[at], &clauses, &spans)
            }
            Some(Attributed::Chinese) | None => position::from_clauses(at, text, &segmentations[at], &clauses),
        };
        if segmentations[at].n_split > 0 {
            let (n, limit) = (segmentations[at].n_split, segmentation::MAX_SENTENCE_BYTES);
            warn(WarningCode::SentenceSplit, format!("{n} sentences over {limit} bytes were cut into pieces"));
        }
        if n_cut > 0 {
            let limit = position::MAX_POSITIONS;
            warn(WarningCode::PositionsTruncated, format!("{n_cut} positions after the first {limit} were left out"));
        }
        if found.is_empty() {
            warn(WarningCode::NoPositions, "no position was found".to_owned());
        }
        positions.extend(found);
        cancel.check()?;
    }
    Ok(Read { segmentations, languages, cast, positions, warnings })
}

/// Positions → scores → links → relations, for every pair of readouts, or inside the only one; and the best pair of
/// every position that is in no link.
fn link(
    cancel: &Cancel,
    readouts: &[Readout],
    read: &Read,
    features: &[Features],
    options: &Options,
) -> Result<(Vec<Link>, BTreeMap<usize, NearMiss>), Cancelled> {
    let threshold = options.link_threshold.unwrap_or(options.engine.default_link_threshold());
    let of_readout =
        |readout: usize| (0..read.positions.len()).filter(move |&idx| read.positions[idx].readout == readout);
    let groups: Vec<(Vec<usize>, Vec<usize>)> = if readouts.len() == 1 {
        sides_of_one(&read.positions)
    } else {
        let pairs = (0..readouts.len()).flat_map(|left| (left + 1..readouts.len()).map(move |right| (left, right)));
        pairs.map(|(left, right)| (of_readout(left).collect(), of_readout(right).collect())).collect()
    };
    cancel.enter(Stage::Links)?;
    let (mut links, mut near) = (Vec::new(), BTreeMap::<usize, NearMiss>::new());
    let roles = roles(readouts, &read.positions);
    for (left, right) in groups {
        let side = |idxs: &[usize]| -> Vec<(&Features, similarity::Role)> {
            idxs.iter().map(|&idx| (&features[idx], roles[idx])).collect()
        };
        let pairs = similarity::score(cancel, &side(&left), &side(&right));
        let end = |idx: usize| End {
            idx,
            position: &read.positions[idx],
            features: &features[idx],
            text: &readouts[read.positions[idx].readout].text,
        };
        cancel.check()?;
        for pair in alignment::align(&pairs, threshold) {
            cancel.check()?;
            let (a, b) = (end(left[pair.left]), end(right[pair.right]));
            let (relation, reasons) = relation::classify(a, b, &pair.features);
            links.push(Link {
                left: a.idx,
                right: b.idx,
                score: pair.score,
                parts: similarity::parts(&pair.features),
                relation,
                reasons,
            });
        }
        for pair in &pairs {
            cancel.check()?;
            for (own, other) in [(left[pair.left], right[pair.right]), (right[pair.right], left[pair.left])] {
                let miss = near.entry(own).or_default();
                if pair.score > miss.score {
                    miss.score = pair.score;
                }
                if miss.denial.is_none() && pair.score >= threshold * relation::DENIAL_SHARE {
                    miss.denial = relation::denial(end(own), end(other));
                }
            }
        }
    }
    links.sort_by_key(|link| (link.left, link.right));
    Ok((links, near))
}

/// For every two sides inside one readout, the positions that each of them holds alone.
fn sides_of_one(positions: &[Position]) -> Vec<(Vec<usize>, Vec<usize>)> {
    let alone = |side: SideIdx| {
        (0..positions.len()).filter(move |&idx| positions[idx].holder.sides() == [side]).collect::<Vec<_>>()
    };
    let mut sides: Vec<SideIdx> =
        positions.iter().flat_map(|position| position.holder.sides().iter().copied()).collect();
    sides.sort_unstable();
    sides.dedup();
    let pairs = (0..sides.len()).flat_map(|left| (left + 1..sides.len()).map(move |right| (left, right)));
    pairs.map(|(left, right)| (alone(sides[left]), alone(sides[right]))).collect()
}

fn roles(readouts: &[Readout], positions: &[Position]) -> Vec<similarity::Role> {
    use attribution::SpeechAct::{Commit, Inform, Offer, Reaffirm, Support, Thank};
    let mut holders: Vec<&position::Holder> = positions.iter().map(|position| &position.holder).collect();
    holders.sort_unstable();
    holders.dedup();
    positions
        .iter()
        .map(|position| similarity::Role {
            place: position.span.start as f64 / readouts[position.readout].text.len().max(1) as f64,
            thanks: position.speech_act == Thank,
            gives: matches!(position.speech_act, Commit | Inform | Offer | Reaffirm | Support),
            confidence: position.confidence,
            is_joint: position.holder.is_joint(),
            holder: holders.binary_search(&&position.holder).unwrap_or_default() as u64,
        })
        .collect()
}
