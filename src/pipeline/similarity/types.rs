//! A score and its addends.

/// One addend of a score.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct ScorePart {
    /// Which feature.
    pub kind: ScorePartKind,
    /// Value of the feature, 0 to 1.
    pub value: f64,
    /// What it adds to the score; the addends of a score sum to it.
    pub contribution: f64,
}

/// The features of a pair of positions.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum ScorePartKind {
    /// What every pair starts from.
    Base,
    /// Shared words weighted by inverse document frequency (Dice).
    TermOverlap,
    /// Shared words as a share of the shorter position.
    Containment,
    /// The rarest shared word.
    RareTerm,
    /// Sørensen-Dice of character bigrams.
    CharacterDice,
    /// Normalized Levenshtein similarity.
    Levenshtein,
    /// Shared figures.
    Figures,
    /// Shared names.
    Names,
    /// Rank among the pairs of both positions.
    MutualRank,
    /// Distance above what the two texts share everywhere.
    Background,
    /// Distance above the next best pair of either position.
    Margin,
    /// Cosine of the static embeddings.
    Meaning,
    /// Rank by meaning among the pairs of both positions.
    MeaningRank,
    /// Meaning above what the two texts share everywhere.
    MeaningBackground,
    /// Meaning above the next best pair of either position.
    MeaningMargin,
    /// Place in the two texts.
    Place,
    /// Compatibility of holders and speech acts.
    Roles,
    /// The same text but for case, spacing and punctuation.
    Identity,
}
