//! What a position is made of.

use crate::pipeline::attribution::{Attribution, SpeechAct};
use crate::pipeline::sides::SideIdx;
use crate::span::Span;

/// One thing that a side is said to hold.
#[derive(Debug, Clone, PartialEq)]
pub struct Position {
    /// Index of the readout that reports it.
    pub readout: usize,
    /// Place in the readout, from 0.
    pub ordinal: usize,
    /// Where it stands in the readout's text.
    pub span: Span,
    /// Who holds it.
    pub holder: Holder,
    /// Who is said to say it, with which words.
    pub attribution: Attribution,
    /// What is done by saying it.
    pub speech_act: SpeechAct,
    /// The words by which it is done; `None` when there are none.
    pub act_cue: Option<Span>,
    /// For or against.
    pub stance: Stance,
    /// Of the reporting words, 0 to 1.
    pub strength: f64,
    /// The reporting words or the main verb are negated.
    pub negated: bool,
    /// Mode of the content.
    pub modality: Modality,
    /// Numbers in it, in reading order.
    pub figures: Vec<Figure>,
    /// Probability that an annotator would mark a position here, 0 to 1; 1 for ready-made statements.
    pub confidence: f64,
    /// The caller's id of the statement it was made from; empty: none.
    pub statement_id: String,
}

/// Who holds a position.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Holder {
    /// One side, or several jointly; ascending, never empty.
    Sides(Vec<SideIdx>),
    /// Somebody who is no side of the contact, as the text names it; empty when nobody could be found.
    Other(String),
}

impl Holder {
    /// The sides that hold it; empty for a third party.
    #[must_use]
    pub fn sides(&self) -> &[SideIdx] {
        match self {
            Self::Sides(sides) => sides,
            Self::Other(_) => &[],
        }
    }

    /// True when several sides hold it.
    #[must_use]
    pub fn is_joint(&self) -> bool {
        self.sides().len() > 1
    }
}

/// Direction of a position towards what it is about.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Stance {
    /// In favour.
    Support,
    /// Against.
    Oppose,
    /// Neither, or not to be told from the words.
    Neutral,
}

/// Mode in which the content is put.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Modality {
    /// Past or present fact.
    Fact,
    /// Coming.
    Future,
    /// Due.
    Obligation,
    /// Possible or wished.
    Possibility,
    /// Under a condition.
    Conditional,
}

/// A number stated in a position.
#[derive(Debug, Clone, PartialEq)]
pub struct Figure {
    /// The number with its comparator and unit.
    pub span: Span,
    /// In the unit, multipliers applied.
    pub value: f64,
    /// ISO 4217 code, "percent", a measure or what is counted in the singular, a kind of date (see
    /// [`DATE`](super::DATE)); empty: a bare number.
    pub unit: String,
    /// Bound.
    pub comparator: Comparator,
}

/// Bound of a figure.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Comparator {
    /// The value itself.
    Exact,
    /// Not less.
    AtLeast,
    /// Not more.
    AtMost,
    /// Near it.
    About,
}
