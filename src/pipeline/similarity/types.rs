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
    /// Cosine of the contextual embeddings, read in the two texts.
    ContextualMeaning,
    /// As for the meaning.
    ContextualMeaningRank,
    /// As for the meaning.
    ContextualMeaningBackground,
    /// As for the meaning.
    ContextualMeaningMargin,
    /// Cosine of the contextual embeddings, each position read by itself.
    SentenceMeaning,
    /// As for the meaning.
    SentenceMeaningRank,
    /// As for the meaning.
    SentenceMeaningBackground,
    /// As for the meaning.
    SentenceMeaningMargin,
    /// How sure the cross-encoder is that both are about the same thing.
    JudgedLink,
    /// Its rank among the pairs of both positions.
    JudgedLinkRank,
    /// Its distance above what the two texts share everywhere.
    JudgedLinkBackground,
    /// Its distance above the next best pair of either position.
    JudgedLinkMargin,
    /// How alike in meaning the cross-encoder finds them.
    JudgedSimilarity,
    /// As for the link.
    JudgedSimilarityRank,
    /// As for the link.
    JudgedSimilarityBackground,
    /// As for the link.
    JudgedSimilarityMargin,
    /// How sure the cross-encoder is that one makes the point that the other is.
    JudgedKeyPoint,
    /// As for the link.
    JudgedKeyPointRank,
    /// As for the link.
    JudgedKeyPointBackground,
    /// As for the link.
    JudgedKeyPointMargin,
    /// How sure the cross-encoder is that they diverge.
    JudgedDivergence,
    /// How much surer it is that one rules the other out than that it follows.
    JudgedContradiction,
    /// How much surer it is that neither bears on the other than that one follows.
    JudgedNeutrality,
    /// How much it finds the two texts to diverge on all that they share.
    JudgedBackground,
    /// Rank among the pairs of both positions by all of the above.
    LinkRank,
    /// Distance above the next best pair of either position by all of the above.
    LinkMargin,
    /// How likely the pairs of the positions beside both are.
    Neighbours,
    /// How many links the two texts seem to have.
    LinkDensity,
}
