//! The map: one line per stage. Text in, values out; no async, no I/O, no clock, no wire types.

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

use crate::models::cross_encoder::{self, Judgement};
use crate::readout::{Readout, Side};
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
    /// The same, and a cross-encoder that reads both texts of the likeliest pairs together, milliseconds a pair.
    Thorough,
}

impl Engine {
    /// The engines of this version, the default one first.
    pub const ALL: &[Self] = &[Self::Fast, Self::Thorough];

    /// The score at and above which a pair is a link, when the caller sets none.
    #[must_use]
    pub fn default_link_threshold(self) -> f64 {
        match self {
            Self::Fast => alignment::FAST_THRESHOLD,
            Self::Thorough => alignment::THOROUGH_THRESHOLD,
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
    let mut read = read(readouts, sides);
    let features: Vec<Features> = read.positions.iter().map(|position| read.describe(readouts, position)).collect();
    let (links, near, warning) = link(readouts, &read, &features, options);
    read.warnings.extend(warning);
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
    let linked = links.iter().flat_map(|link| [link.left, link.right]).collect();
    Comparison {
        sides: report::side_summaries(readouts, &read.cast, &read.positions, &linked),
        readouts: read.summaries(readouts, &linked, &points),
        name_differences: report::name_differences(readouts, &read.positions, &points),
        positions: read.positions,
        points,
        warnings: read.warnings,
        engine: options.engine,
    }
}

/// Who holds what in each readout.
#[must_use]
pub fn extract(readouts: &[Readout], sides: &[Side]) -> Extraction {
    let read = read(readouts, sides);
    let linked = BTreeSet::new();
    Extraction {
        sides: report::side_summaries(readouts, &read.cast, &read.positions, &linked),
        readouts: read.summaries(readouts, &linked, &[]),
        positions: read.positions,
        warnings: read.warnings,
    }
}

/// The score of every left statement against every right one with its parts, row by row, each scored alone.
#[must_use]
pub fn score_pairs(left: &[String], right: &[String], engine: Engine) -> Vec<Vec<(f64, Vec<ScorePart>)>> {
    let describe =
        |texts: &[String]| -> Vec<Features> { texts.iter().map(|text| features::describe_statement(text)).collect() };
    let (left_features, right_features) = (describe(left), describe(right));
    let row = |a: &Features| right_features.iter().map(move |b| similarity::score_alone(a, b, None)).collect();
    let mut rows: Vec<Vec<(f64, Vec<ScorePart>)>> = left_features.iter().map(row).collect();
    if engine == Engine::Thorough {
        let cells = (0..left.len()).flat_map(|i| (0..right.len()).map(move |j| (i, j)));
        let cells: Vec<(usize, usize)> =
            cells.filter(|&(i, j)| !similarity::is_same_text(&left_features[i], &right_features[j])).collect();
        let text = |text: &String| cross_encoder::clean(text);
        let (left, right): (Vec<_>, Vec<_>) = (left.iter().map(text).collect(), right.iter().map(text).collect());
        let texts: Vec<(&str, &str)> = cells.iter().map(|&(i, j)| (&*left[i], &*right[j])).collect();
        for (&(i, j), judgement) in cells.iter().zip(cross_encoder::judge_unordered(&texts)) {
            rows[i][j] = similarity::score_alone(&left_features[i], &right_features[j], Some(&judgement));
        }
    }
    rows
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
    /// What is seen in each pair that bears on divergence, in the same order.
    pub evidence: Vec<relation::Evidence>,
}

/// The candidates of two readouts. With the THOROUGH engine `judge` gives the judgement of two positions, or the
/// cross-encoder does where there is none.
#[must_use]
pub fn candidates(
    readouts: &[Readout; 2],
    sides: &[Side],
    engine: Engine,
    judge: Option<&dyn Fn(&Position, &Position) -> Judgement>,
) -> Candidates {
    let read = read(readouts, sides);
    let features: Vec<Features> = read.positions.iter().map(|position| read.describe(readouts, position)).collect();
    let linking = Linking::new(readouts, &read, &features);
    let (left, right) = (linking.of_readout(0), linking.of_readout(1));
    let pairs = linking.scored(&left, &right);
    let pairs = match engine {
        Engine::Fast => pairs,
        Engine::Thorough => linking.judged(pairs, &left, &right, similarity::MAX_JUDGED, judge).0,
    };
    let opposition = linking.opposition(&left, &right);
    let evidence = pairs.iter().map(|pair| {
        let (a, b) = (linking.end(left[pair.left]), linking.end(right[pair.right]));
        relation::Evidence::new(a, b, &pair.features, opposition)
    });
    Candidates { evidence: evidence.collect(), n_left: left.len(), pairs, positions: read.positions }
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
fn read(readouts: &[Readout], declared: &[Side]) -> Read {
    let segmentations: Vec<Segmentation> =
        readouts.iter().map(|readout| segmentation::segment(&readout.text)).collect();
    let languages: Vec<String> = readouts.iter().map(language::language_of).collect();
    let cast = sides::cast(readouts, &segmentations, declared);
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
        let clauses = match attributed {
            Some(Attributed::English) => attribution::attribute(text, &segmentations[at], &cast, author),
            Some(Attributed::Chinese) => attribution::attribute_chinese(text, &segmentations[at], &cast, author),
            None => attribution::narrate(&segmentations[at], author),
        };
        let (found, n_cut) = match attributed {
            _ if !readout.statements.is_empty() => {
                position::from_statements(at, readout, &segmentations[at], &clauses, |id| cast.side_by_id(id))
            }
            Some(Attributed::English) => {
                let is_first_person = attribution::is_first_person(text, &segmentations[at]);
                let spans = position::spans::spans(text, &segmentations[at], is_first_person);
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
    }
    Read { segmentations, languages, cast, positions, warnings }
}

/// Positions → scores → links → relations, for every pair of readouts, or inside the only one; and the best pair of
/// every position that is in no link. The warning says what a limit of the THOROUGH engine left out.
fn link(
    readouts: &[Readout],
    read: &Read,
    features: &[Features],
    options: &Options,
) -> (Vec<Link>, BTreeMap<usize, NearMiss>, Option<Warning>) {
    let linking = Linking::new(readouts, read, features);
    let groups: Vec<(Vec<usize>, Vec<usize>)> = if readouts.len() == 1 {
        sides_of_one(&read.positions)
    } else {
        let pairs = (0..readouts.len()).flat_map(|left| (left + 1..readouts.len()).map(move |right| (left, right)));
        pairs.map(|(left, right)| (linking.of_readout(left), linking.of_readout(right))).collect()
    };
    let (mut links, mut near) = (Vec::new(), BTreeMap::<usize, NearMiss>::new());
    let n_groups = groups.iter().filter(|(left, right)| !left.is_empty() && !right.is_empty()).count();
    let (mut n_cut, mut n_not_read) = (0, 0);
    for (left, right) in groups {
        let mut pairs = linking.scored(&left, &right);
        let mut engine = options.engine;
        if engine == Engine::Thorough && !(linking.is_english(&left) && linking.is_english(&right)) {
            n_not_read += pairs.len();
            engine = Engine::Fast;
        }
        if engine == Engine::Thorough {
            let cap = similarity::MAX_JUDGED / n_groups.max(1);
            let n_left_out;
            (pairs, n_left_out) = linking.judged(pairs, &left, &right, cap, None);
            n_cut += n_left_out;
        }
        let threshold = options.link_threshold.unwrap_or(engine.default_link_threshold());
        let opposition = linking.opposition(&left, &right);
        for pair in alignment::align(&pairs, threshold) {
            let (a, b) = (linking.end(left[pair.left]), linking.end(right[pair.right]));
            let (relation, reasons) = relation::classify(a, b, &pair.features, opposition);
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
            for (own, other) in [(left[pair.left], right[pair.right]), (right[pair.right], left[pair.left])] {
                let miss = near.entry(own).or_default();
                if pair.score > miss.score {
                    miss.score = pair.score;
                }
                if miss.denial.is_none() && pair.score >= threshold * relation::DENIAL_SHARE {
                    miss.denial = relation::denial(linking.end(own), linking.end(other));
                }
            }
        }
    }
    links.sort_by_key(|link| (link.left, link.right));
    (links, near, limits_of_the_judge(n_cut, n_not_read))
}

/// The warning that some pairs were not judged, if any were not.
fn limits_of_the_judge(n_cut: usize, n_not_read: usize) -> Option<Warning> {
    let limit = similarity::MAX_JUDGED;
    let cut = format!("{n_cut} likely pairs were left out: the thorough engine scores {limit} a request");
    let not_read = format!("{n_not_read} pairs were scored by the fast engine: the thorough one reads English alone");
    let message = match (n_cut, n_not_read) {
        (0, 0) => return None,
        (_, 0) => cut,
        (0, _) => not_read,
        (_, _) => format!("{cut}; {not_read}"),
    };
    Some(Warning { code: WarningCode::NotJudged, readout: None, message })
}

/// What the linking of positions works on. Positions go by their index in the answer.
struct Linking<'a> {
    readouts: &'a [Readout],
    read: &'a Read,
    features: &'a [Features],
    roles: Vec<similarity::Role>,
}

impl<'a> Linking<'a> {
    fn new(readouts: &'a [Readout], read: &'a Read, features: &'a [Features]) -> Self {
        Self { readouts, read, features, roles: roles(readouts, &read.positions) }
    }

    fn of_readout(&self, readout: usize) -> Vec<usize> {
        (0..self.read.positions.len()).filter(|&idx| self.read.positions[idx].readout == readout).collect()
    }

    fn is_english(&self, idxs: &[usize]) -> bool {
        let language = |idx: usize| self.read.languages[self.read.positions[idx].readout].as_str();
        idxs.iter().all(|&idx| language::attributed(language(idx)) == Some(Attributed::English))
    }

    /// The candidate pairs as the FAST engine scores them.
    fn scored(&self, left: &[usize], right: &[usize]) -> Vec<similarity::ScoredPair> {
        let side = |idxs: &[usize]| -> Vec<(&Features, similarity::Role)> {
            idxs.iter().map(|&idx| (&self.features[idx], self.roles[idx])).collect()
        };
        similarity::score(&side(left), &side(right))
    }

    /// The likeliest of the pairs as the THOROUGH engine scores them, and how many more `cap` left out.
    fn judged(
        &self,
        pairs: Vec<similarity::ScoredPair>,
        left: &[usize],
        right: &[usize],
        cap: usize,
        judge: Option<&dyn Fn(&Position, &Position) -> Judgement>,
    ) -> (Vec<similarity::ScoredPair>, usize) {
        let (pairs, n_cut) = similarity::shortlist(pairs, left.len(), right.len(), cap);
        let asked = pairs.iter().filter(|pair| !pair.features.is_identical);
        let judgements = match judge {
            Some(judge) => {
                asked.map(|pair| judge(self.position(left[pair.left]), self.position(right[pair.right]))).collect()
            }
            None => {
                let text = |&idx: &usize| cross_encoder::clean(self.position(idx).span.slice(self.end(idx).text));
                let (lefts, rights): (Vec<String>, Vec<String>) =
                    (left.iter().map(text).collect(), right.iter().map(text).collect());
                let texts: Vec<(&str, &str)> = asked.map(|pair| (&*lefts[pair.left], &*rights[pair.right])).collect();
                cross_encoder::judge_unordered(&texts)
            }
        };
        (similarity::judged(pairs, left.len(), right.len(), &judgements), n_cut)
    }

    fn position(&self, idx: usize) -> &'a Position {
        &self.read.positions[idx]
    }

    fn end(&self, idx: usize) -> End<'a> {
        let position = self.position(idx);
        End { idx, position, features: &self.features[idx], text: &self.readouts[position.readout].text }
    }

    fn opposition(&self, left: &[usize], right: &[usize]) -> f64 {
        relation::opposition(left.iter().chain(right).map(|&idx| self.position(idx)))
    }
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
