//! What a comparison returns. The server maps these one to one onto the messages of `parallax.v1`.

use crate::pipeline::Engine;
use crate::pipeline::position::Position;
use crate::pipeline::relation::{Reason, Relation};
use crate::pipeline::sides::SideIdx;
use crate::pipeline::similarity::ScorePart;
use crate::span::Span;

/// What the sides share, where they differ, what only one of them mentions.
#[derive(Debug, Clone, PartialEq)]
pub struct Comparison {
    /// Declared sides in the order given, then inferred ones in order of first mention.
    pub sides: Vec<SideSummary>,
    /// In the order given.
    pub readouts: Vec<ReadoutSummary>,
    /// In reading order, readouts in the order given.
    pub positions: Vec<Position>,
    /// By falling weight.
    pub points: Vec<Point>,
    /// Names that the readouts use differently for the same event.
    pub name_differences: Vec<NameDifference>,
    /// What was skipped, cut or not understood.
    pub warnings: Vec<Warning>,
    /// The engine that scored.
    pub engine: Engine,
}

/// Positions without a comparison.
#[derive(Debug, Clone, PartialEq)]
pub struct Extraction {
    /// As in [`Comparison`].
    pub sides: Vec<SideSummary>,
    /// As in [`Comparison`], without topics.
    pub readouts: Vec<ReadoutSummary>,
    /// As in [`Comparison`].
    pub positions: Vec<Position>,
    /// As in [`Comparison`].
    pub warnings: Vec<Warning>,
}

/// How the sides stand on a point.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum PointKind {
    /// Both have it and do not differ in substance.
    Overlap,
    /// Both have it and differ.
    Divergence,
    /// Only one account has it.
    OneSided,
}

/// Where the members of a point stand.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum PointScope {
    /// In different readouts.
    AcrossReadouts,
    /// In one readout, held by different sides.
    WithinReadout,
}

/// How a side is without a position.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Silence {
    /// Its account does not mention it.
    NotMentioned,
    /// Its account denies it.
    Denied,
}

/// One line of the answer.
#[derive(Debug, Clone, PartialEq)]
pub struct Point {
    /// Kind.
    pub kind: PointKind,
    /// Relation between the members; `None` for one-sided points.
    pub relation: Option<Relation>,
    /// Scope.
    pub scope: PointScope,
    /// Indices into the positions of the answer, ascending.
    pub members: Vec<usize>,
    /// Score of the best link, 0 to 1; for one-sided points the best score reached with any position.
    pub score: f64,
    /// Addends of the score; empty for points of one member.
    pub score_parts: Vec<ScorePart>,
    /// Calibrated probability that the kind is right, 0 to 1.
    pub confidence: f64,
    /// Order of the points, 0 to 1.
    pub weight: f64,
    /// Why, with evidence.
    pub reasons: Vec<Reason>,
    /// Sides without it, ascending; one-sided points only.
    pub silent_sides: Vec<SideIdx>,
    /// How they are without it; one-sided points only.
    pub silence: Option<Silence>,
}

/// What a side holds over all readouts.
#[derive(Debug, Clone, PartialEq)]
pub struct SideSummary {
    /// Unique in the answer.
    pub id: String,
    /// Name to show.
    pub display_name: String,
    /// True when the request named it.
    pub declared: bool,
    /// Names by which the texts may call it.
    pub aliases: Vec<String>,
    /// Positions held, alone or jointly.
    pub n_positions: usize,
    /// Of these, positions in a link.
    pub n_linked: usize,
    /// Share of the characters of all positions, a joint one counted in equal parts, 0 to 1.
    pub space_share: f64,
}

/// What is said of a readout as a whole.
#[derive(Debug, Clone, PartialEq)]
pub struct ReadoutSummary {
    /// As in the request.
    pub id: String,
    /// The side that published it; `None` when it could not be told.
    pub author: Option<SideIdx>,
    /// As in the request.
    pub title: String,
    /// As in the request.
    pub date: String,
    /// Given or detected.
    pub language: String,
    /// As in the request.
    pub source_uri: String,
    /// The text, in which all spans of this readout lie.
    pub text: String,
    /// Code points.
    pub n_characters: usize,
    /// Words by Unicode word boundaries.
    pub n_words: usize,
    /// Positions.
    pub n_positions: usize,
    /// Of these, positions in a link.
    pub n_linked: usize,
    /// The points it has a part in, as its text takes them up.
    pub topics: Vec<TopicPlacement>,
    /// Facts about the contact.
    pub contact: ContactFacts,
}

/// A point's place in a readout. Its order is its index in [`ReadoutSummary::topics`].
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct TopicPlacement {
    /// Index into the points of the answer.
    pub point: usize,
    /// Characters of its members in this text over characters of all positions in it, 0 to 1.
    pub space_share: f64,
}

/// The facts of the contact that one text tells.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct ContactFacts {
    /// Form of the contact; `None` when not told.
    pub kind: Option<ContactKind>,
    /// Side at whose request or initiative it took place.
    pub requested_by: Option<SideIdx>,
    /// Where kind and requester are told.
    pub evidence: Vec<Span>,
    /// Words that describe the mood.
    pub tone_terms: Vec<Span>,
    /// Length in minutes, when told.
    pub duration_minutes: Option<f64>,
    /// Dates in the opening sentences.
    pub dates: Vec<Span>,
}

/// Form of a contact.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum ContactKind {
    /// Telephone.
    Call,
    /// Video link.
    VideoCall,
    /// In person.
    Meeting,
    /// Negotiation.
    Talks,
}

/// A thing that the readouts name differently.
#[derive(Debug, Clone, PartialEq)]
pub struct NameDifference {
    /// Index into the points of the answer.
    pub point: usize,
    /// The names: index of the position, and the span in its readout's text.
    pub names: Vec<(usize, Span)>,
}

/// What was skipped, cut or not understood.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Warning {
    /// What it is about.
    pub code: WarningCode,
    /// Index of the readout; `None`: the whole request.
    pub readout: Option<usize>,
    /// Counts and limits in one line, never text of the readout.
    pub message: String,
}

/// What a warning is about.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum WarningCode {
    /// Positions are not attributed in this language.
    LanguageNotSupported,
    /// More positions than the limit.
    PositionsTruncated,
    /// More points than asked for.
    PointsTruncated,
    /// Nothing found.
    NoPositions,
    /// The author side could not be told.
    AuthorUnknown,
    /// Nothing to compare inside one readout.
    OneSideOnly,
    /// A sentence over the limit was cut.
    SentenceSplit,
    /// The readouts are in different languages.
    LanguagesDiffer,
    /// The THOROUGH engine did not score all pairs that it would have.
    NotJudged,
}
