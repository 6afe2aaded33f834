//! Function words by class, from `function_words.tsv` and `function_words_zh.tsv`.

use crate::pipeline::word_classes::{WordClasses, word_classes};
use std::sync::LazyLock;

word_classes! {
    /// The classes of `function_words.tsv`, whose header says what each is.
    pub(super) enum Function {
        Adverb = "adverb",
        AdverbInner = "adverb_inner",
        Article = "article",
        Be = "be",
        BeforeAdjective = "before_adjective",
        BeforeParticiple = "before_participle",
        ClauseJoiner = "clause_joiner",
        Contact = "contact",
        ContractionSubject = "contraction_subject",
        ContractionVerb = "contraction_verb",
        Coordinator = "coordinator",
        Determiner = "determiner",
        Due = "due",
        Finite = "finite",
        Have = "have",
        Modal = "modal",
        NegatedSubject = "negated_subject",
        Negator = "negator",
        Parties = "parties",
        Party = "party",
        PhraseOpener = "phrase_opener",
        SubjectPronoun = "subject_pronoun",
        Wish = "wish",
        WishTo = "wish_to",
    }
}

word_classes! {
    /// The classes of `function_words_zh.tsv`.
    pub(super) enum Chinese {
        Author = "author",
        Both = "both",
        BothActs = "both_acts",
        Due = "due",
        Joins = "joins",
        Negation = "negation",
        Opener = "opener",
        Same = "same",
    }
}

static ENGLISH: LazyLock<WordClasses<Function>> =
    LazyLock::new(|| WordClasses::parse(include_str!("function_words.tsv")));

/// The Chinese ones.
pub(super) static CHINESE: LazyLock<WordClasses<Chinese>> =
    LazyLock::new(|| WordClasses::parse(include_str!("function_words_zh.tsv")));

/// True when `word`, in lower case, is of `class`.
pub(super) fn is_word(class: Function, word: &str) -> bool {
    ENGLISH.has(class, word)
}
