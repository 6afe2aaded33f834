//! Closed sets of values, one by one, in both directions.

use super::Violations;
use crate::pipeline::Engine;
use crate::pipeline::attribution::{AttributionKind, SpeechAct, SpeechActClass};
use crate::pipeline::position::{Comparator, Modality, Stance};
use crate::pipeline::relation::{ReasonCode, Relation};
use crate::pipeline::report::{ContactKind, PointKind, PointScope, Silence, WarningCode};
use crate::pipeline::similarity::ScorePartKind;
use crate::server::pb;
use crate::span::OffsetUnit;

/// Writes `From<domain> for pb` as an exhaustive match, so that a new domain value does not compile without its
/// place in the API.
macro_rules! out {
    ($($domain:ident: $($value:ident),+;)+) => {
        $(impl From<$domain> for pb::$domain {
            fn from(value: $domain) -> Self {
                match value { $($domain::$value => Self::$value,)+ }
            }
        })+
    };
}

out! {
    AttributionKind: Indirect, Direct, Mixed, CarriedOver, Narrator;
    SpeechAct: State, Reaffirm, Welcome, Support, Agree, Commit, Offer, Concede, Consult, Request, Urge, Demand,
        ExpressConcern, Criticise, Condemn, Oppose, Reject, Warn, Threaten, Thank, Inform;
    SpeechActClass: Assertive, Directive, Commissive, Expressive, Declarative;
    Stance: Support, Oppose, Neutral;
    Modality: Fact, Future, Obligation, Possibility, Conditional;
    Comparator: Exact, AtLeast, AtMost, About;
    Relation: Agreement, Partial, ConflictingPosition, DifferingFigure, DifferingStrength, DifferingEmphasis,
        DifferingAttribution;
    ReasonCode: SameWords, SharedTerms, SameFigure, DifferentFigure, OpposedStance, Negation, DifferentStrength,
        DifferentHolder, GivenAndThanked, Narrower, NoCounterpart, Denied, HeldJointly, JudgedDivergence,
        JudgedContradiction, ContraryWords, DifferentModality, DifferentScope;
    PointKind: Overlap, Divergence, OneSided;
    PointScope: AcrossReadouts, WithinReadout;
    Silence: NotMentioned, Denied;
    ContactKind: Call, VideoCall, Meeting, Talks;
    WarningCode: LanguageNotSupported, PositionsTruncated, PointsTruncated, NoPositions, AuthorUnknown, OneSideOnly,
        SentenceSplit, LanguagesDiffer, NotJudged;
    ScorePartKind: Base, TermOverlap, Containment, RareTerm, CharacterDice, Levenshtein, Figures, Names, MutualRank,
        Background, Place, Roles, Identity, Margin, Meaning, MeaningRank, MeaningBackground, MeaningMargin,
        ContextualMeaning, ContextualMeaningRank, ContextualMeaningBackground, ContextualMeaningMargin, SentenceMeaning,
        SentenceMeaningRank, SentenceMeaningBackground, SentenceMeaningMargin, JudgedLink, JudgedLinkRank, JudgedLinkBackground, JudgedLinkMargin, JudgedSimilarity, JudgedSimilarityRank,
        JudgedSimilarityBackground, JudgedSimilarityMargin, JudgedKeyPoint, JudgedKeyPointRank, JudgedKeyPointBackground,
        JudgedKeyPointMargin, JudgedDivergence, JudgedContradiction, JudgedNeutrality, JudgedBackground,
        LinkRank, LinkMargin, Neighbours, LinkDensity;
    Engine: Fast, Thorough;
}

/// The engine of that number; the default one when unset or refused.
pub(super) fn engine(field: &str, number: i32, violations: &mut Violations) -> Engine {
    let default = Engine::ALL[0];
    match pb::Engine::try_from(number) {
        Ok(pb::Engine::Unspecified) => default,
        Ok(wanted) => {
            Engine::ALL.iter().copied().find(|&engine| pb::Engine::from(engine) == wanted).unwrap_or_else(|| {
                violations.add(field, format!("{} is not in this version; see DescribeEngine", wanted.as_str_name()));
                default
            })
        }
        Err(_) => {
            violations.add(field, format!("{number} is not a value of Engine"));
            default
        }
    }
}

/// The unit of that number; UTF-8 when unset or refused.
pub(super) fn offset_unit(field: &str, number: i32, violations: &mut Violations) -> OffsetUnit {
    match pb::OffsetUnit::try_from(number) {
        Ok(pb::OffsetUnit::Unspecified | pb::OffsetUnit::Utf8) => OffsetUnit::Utf8,
        Ok(pb::OffsetUnit::Utf16) => OffsetUnit::Utf16,
        Ok(pb::OffsetUnit::Utf32) => OffsetUnit::Utf32,
        Err(_) => {
            violations.add(field, format!("{number} is not a value of OffsetUnit"));
            OffsetUnit::Utf8
        }
    }
}

/// The kind of that number; `None` when refused.
pub(super) fn point_kind(field: &str, number: i32, violations: &mut Violations) -> Option<PointKind> {
    match pb::PointKind::try_from(number) {
        Ok(pb::PointKind::Overlap) => Some(PointKind::Overlap),
        Ok(pb::PointKind::Divergence) => Some(PointKind::Divergence),
        Ok(pb::PointKind::OneSided) => Some(PointKind::OneSided),
        Ok(pb::PointKind::Unspecified) => {
            violations.add(field, "POINT_KIND_UNSPECIFIED is no kind to return; leave the list empty for all kinds");
            None
        }
        Err(_) => {
            violations.add(field, format!("{number} is not a value of PointKind"));
            None
        }
    }
}
