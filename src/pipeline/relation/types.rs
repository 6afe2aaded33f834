//! How linked positions relate, and why.

use crate::span::Span;

/// How linked positions relate.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Relation {
    /// The same thing is held.
    Agreement,
    /// One holds a part, or a narrower form, of what the other holds.
    Partial,
    /// They cannot both hold.
    ConflictingPosition,
    /// The same thing with another number, or another scope.
    DifferingFigure,
    /// The same thing put more strongly by one side.
    DifferingStrength,
    /// The same subject with another accent or frame.
    DifferingEmphasis,
    /// One text puts it in the mouth of a side whose own text does not have it so.
    DifferingAttribution,
}

impl Relation {
    /// True when sides so related do not differ in substance.
    #[must_use]
    pub const fn is_overlap(self) -> bool {
        matches!(self, Self::Agreement | Self::Partial)
    }
}

/// Why a point is what it is.
#[derive(Debug, Clone, PartialEq)]
pub struct Reason {
    /// What was seen.
    pub code: ReasonCode,
    /// One line, made of quoted words and counts ("opposes / supports").
    pub detail: String,
    /// Where: index of the position, and the span in its readout's text; at least one.
    pub evidence: Vec<(usize, Span)>,
}

/// What was seen in the texts.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum ReasonCode {
    /// The same text but for case, spacing and punctuation.
    SameWords,
    /// Rare words or names in both.
    SharedTerms,
    /// The same figure in both.
    SameFigure,
    /// Different figures of the same unit.
    DifferentFigure,
    /// One favours what the other opposes.
    OpposedStance,
    /// One is negated, the other is not.
    Negation,
    /// Words of contrary meaning where the rest is nearly the same.
    ContraryWords,
    /// The same thing is due, or certain, in one and possible in the other.
    DifferentModality,
    /// All of it in one, some of it in the other.
    DifferentScope,
    /// Clearly stronger reporting words in one.
    DifferentStrength,
    /// Held by different sides.
    DifferentHolder,
    /// One gives, the other thanks for it.
    GivenAndThanked,
    /// One says more than the other.
    Narrower,
    /// Nothing close enough in the other account.
    NoCounterpart,
    /// The other account denies it.
    Denied,
    /// One text tells it of several sides together.
    HeldJointly,
    /// The engine finds that they diverge and nothing more specific is seen.
    JudgedDivergence,
    /// The cross-encoder finds that one rules the other out.
    JudgedContradiction,
}
