//! Names for the closed sets of values, and for holders.

use crate::pipeline::Engine;
use crate::pipeline::attribution::{AttributionKind, SpeechAct};
use crate::pipeline::position::{Holder, Position};
use crate::pipeline::relation::{ReasonCode, Relation};
use crate::pipeline::report::{ContactKind, ReadoutSummary, SideSummary};
use crate::pipeline::sides::SideIdx;

use crate::cli::visible::visible;

/// The engine's name, as `--engine` takes it.
#[must_use]
pub fn engine_name(engine: Engine) -> &'static str {
    match engine {
        Engine::Fast => "fast",
        Engine::Thorough => "thorough",
    }
}

/// How linked positions relate.
pub fn relation(relation: Relation) -> &'static str {
    match relation {
        Relation::Agreement => "agreement",
        Relation::Partial => "partial agreement",
        Relation::ConflictingPosition => "conflicting positions",
        Relation::DifferingFigure => "differing figures",
        Relation::DifferingStrength => "differing strength",
        Relation::DifferingEmphasis => "differing emphasis",
        Relation::DifferingAttribution => "differing attribution",
    }
}

/// What was seen in the texts.
pub fn reason(code: ReasonCode) -> &'static str {
    match code {
        ReasonCode::SameWords => "same words",
        ReasonCode::SharedTerms => "shared terms",
        ReasonCode::SameFigure => "same figure",
        ReasonCode::DifferentFigure => "different figures",
        ReasonCode::OpposedStance => "opposed stance",
        ReasonCode::Negation => "one is negated",
        ReasonCode::ContraryWords => "contrary words",
        ReasonCode::DifferentModality => "different modality",
        ReasonCode::DifferentScope => "different scope",
        ReasonCode::DifferentStrength => "different strength",
        ReasonCode::DifferentHolder => "different holders",
        ReasonCode::GivenAndThanked => "one gives, the other thanks",
        ReasonCode::Narrower => "one says more",
        ReasonCode::NoCounterpart => "no counterpart",
        ReasonCode::Denied => "denied",
        ReasonCode::HeldJointly => "held jointly",
        ReasonCode::JudgedDivergence => "judged to diverge",
        ReasonCode::JudgedContradiction => "judged to rule each other out",
    }
}

/// What is done by saying it.
pub fn speech_act(act: SpeechAct) -> String {
    act.name().replace('_', " ")
}

/// Form of the contact.
pub fn contact(kind: ContactKind) -> &'static str {
    match kind {
        ContactKind::Call => "call",
        ContactKind::VideoCall => "video call",
        ContactKind::Meeting => "meeting",
        ContactKind::Talks => "talks",
    }
}

/// How the position is tied to its holder when no words do it.
pub fn without_cue(kind: AttributionKind) -> &'static str {
    match kind {
        AttributionKind::CarriedOver => "speaker carried over",
        AttributionKind::Narrator => "author speaks",
        AttributionKind::Direct => "quoted",
        AttributionKind::Indirect | AttributionKind::Mixed => "reported",
    }
}

/// The names of several sides: "Norland", "Norland and Sudria", "Norland, Sudria and Ostia".
pub fn side_list(indices: &[SideIdx], sides: &[SideSummary]) -> String {
    let names: Vec<String> = indices.iter().map(|&idx| side(idx, sides)).collect();
    match names.split_last() {
        Some((last, others)) if !others.is_empty() => format!("{} and {last}", others.join(", ")),
        _ => names.concat(),
    }
}

/// The name of a side.
pub fn side(idx: SideIdx, sides: &[SideSummary]) -> String {
    visible(&sides[idx.0].display_name)
}

/// Who holds the position: "Norland", "both sides", or, when the author of the text reports what another holds,
/// "Sudria per Norland".
pub fn holder(position: &Position, sides: &[SideSummary], readouts: &[ReadoutSummary]) -> String {
    let author = readouts[position.readout].author;
    let per_author = |name: String, holds: &[SideIdx]| match author {
        Some(author) if !holds.contains(&author) => format!("{name} per {}", side(author, sides)),
        _ => name,
    };
    match &position.holder {
        Holder::Sides(holders) if holders.len() == sides.len() && holders.len() == 2 => "both sides".to_owned(),
        Holder::Sides(holders) => per_author(side_list(holders, sides), holders),
        Holder::Other(name) if name.trim().is_empty() => per_author("a third party".to_owned(), &[]),
        Holder::Other(name) => per_author(visible(name), &[]),
    }
}

/// A share as a whole percentage, rounded; of nothing, 0%.
pub fn percent(n: usize, of: usize) -> String {
    format!("{}%", (n * 100 + of / 2).checked_div(of).unwrap_or(0))
}

/// "1 word", "2 words".
pub fn counted(n: usize, noun: &str) -> String {
    format!("{n} {noun}{}", if n == 1 { "" } else { "s" })
}
