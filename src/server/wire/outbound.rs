//! Answers out: ids made, spans counted in the caller's unit, evidence quoted.

use crate::pipeline::position::{Figure, Holder, Position};
use crate::pipeline::relation::Reason;
use crate::pipeline::report::{
    Comparison, ContactFacts, Extraction, NameDifference, Point, ReadoutSummary, SideSummary, Warning,
};
use crate::pipeline::sides::SideIdx;
use crate::pipeline::similarity::ScorePart;
use crate::pipeline::{self, Engine};
use crate::server::{limits::Limits, pb};
use crate::span::{OffsetMap, OffsetUnit, Span};

/// The message of a comparison, its spans in `unit`.
///
/// # Panics
/// When an index or a span of the comparison points outside of it.
#[must_use]
pub fn comparison(comparison: &Comparison, unit: OffsetUnit) -> pb::Comparison {
    let answer = Answer::new(&comparison.sides, &comparison.readouts, &comparison.positions, unit);
    pb::Comparison {
        sides: comparison.sides.iter().map(side_summary).collect(),
        readouts: answer.readout_summaries(),
        positions: comparison.positions.iter().map(|position| answer.position(position)).collect(),
        points: comparison.points.iter().enumerate().map(|(place, point)| answer.point(place, point)).collect(),
        name_differences: comparison.name_differences.iter().map(|names| answer.name_difference(names)).collect(),
        warnings: comparison.warnings.iter().map(|warning| answer.warning(warning)).collect(),
        engine_version: env!("CARGO_PKG_VERSION").to_owned(),
        engine: pb::Engine::from(comparison.engine).into(),
    }
}

/// The message of an extraction, its spans in `unit`.
///
/// # Panics
/// When an index or a span of the extraction points outside of it.
#[must_use]
pub fn extraction(extraction: &Extraction, unit: OffsetUnit) -> pb::ExtractPositionsResponse {
    let answer = Answer::new(&extraction.sides, &extraction.readouts, &extraction.positions, unit);
    pb::ExtractPositionsResponse {
        positions: extraction.positions.iter().map(|position| answer.position(position)).collect(),
        sides: extraction.sides.iter().map(side_summary).collect(),
        readouts: answer.readout_summaries(),
        warnings: extraction.warnings.iter().map(|warning| answer.warning(warning)).collect(),
    }
}

/// The message of a score matrix, row by row; without the parts of each score unless asked for.
#[must_use]
pub fn scores(rows: &[Vec<(f64, Vec<ScorePart>)>], with_parts: bool) -> pb::ScorePairsResponse {
    let parts = |row: &[(f64, Vec<ScorePart>)]| {
        row.iter().map(|(_, parts)| pb::ScoreParts { parts: score_parts(parts) }).collect::<Vec<_>>()
    };
    let row = |row: &Vec<(f64, Vec<ScorePart>)>| pb::ScoreRow {
        scores: row.iter().map(|(score, _)| *score).collect(),
        parts: if with_parts { parts(row) } else { Vec::new() },
    };
    pb::ScorePairsResponse { rows: rows.iter().map(row).collect() }
}

/// What this version is: engines, models, languages and limits.
#[must_use]
pub fn engine_description(limits: &Limits) -> pb::DescribeEngineResponse {
    let model = |model: pipeline::ModelInfo| pb::Model {
        name: model.name.to_string(),
        sha256: model.sha256.to_string(),
        bytes: model.bytes,
        description: model.description.to_string(),
    };
    let threshold = |&engine: &Engine| pb::EngineThreshold {
        engine: pb::Engine::from(engine).into(),
        link_threshold: engine.default_link_threshold(),
    };
    pb::DescribeEngineResponse {
        version: env!("CARGO_PKG_VERSION").to_owned(),
        engines: Engine::ALL.iter().map(|&engine| pb::Engine::from(engine).into()).collect(),
        models: pipeline::models().into_iter().map(model).collect(),
        languages: pipeline::LANGUAGES.iter().map(ToString::to_string).collect(),
        limits: Some(pb::Limits {
            message_bytes: count(limits.message_bytes),
            readouts: count(limits.readouts),
            sides: count(limits.sides),
            readout_bytes: count(limits.readout_bytes),
            statements: count(limits.statements),
            statement_bytes: count(limits.statement_bytes),
            positions: count(limits.positions),
            score_pairs: count(limits.score_pairs),
            thorough_pairs: count(crate::server::limits::THOROUGH_PAIRS.min(limits.score_pairs)),
            pairs_length: count(limits.pairs_length),
        }),
        link_thresholds: Engine::ALL.iter().map(threshold).collect(),
    }
}

/// What the parts of an answer refer to.
struct Answer<'a> {
    sides: &'a [SideSummary],
    readouts: &'a [ReadoutSummary],
    positions: &'a [Position],
    /// One a readout.
    offsets: Vec<OffsetMap>,
}

impl<'a> Answer<'a> {
    fn new(
        sides: &'a [SideSummary],
        readouts: &'a [ReadoutSummary],
        positions: &'a [Position],
        unit: OffsetUnit,
    ) -> Self {
        let offsets = readouts.iter().map(|readout| OffsetMap::new(&readout.text, unit)).collect();
        Self { sides, readouts, positions, offsets }
    }

    fn side_ids(&self, sides: &[SideIdx]) -> Vec<String> {
        sides.iter().map(|side| self.sides[side.0].id.clone()).collect()
    }

    fn position_id(&self, position: &Position) -> String {
        format!("{}.{}", self.readouts[position.readout].id, position.ordinal + 1)
    }

    fn span(&self, readout: usize, span: Span) -> pb::Span {
        let range = self.offsets[readout].range(span);
        pb::Span { start: count(range.start), end: count(range.end) }
    }

    fn quote(&self, readout: usize, span: Span) -> String {
        span.slice(&self.readouts[readout].text).to_owned()
    }

    fn quoted_span(&self, readout: usize, span: Span) -> pb::QuotedSpan {
        pb::QuotedSpan { span: Some(self.span(readout, span)), text: self.quote(readout, span) }
    }

    fn quoted_spans(&self, readout: usize, spans: &[Span]) -> Vec<pb::QuotedSpan> {
        spans.iter().map(|&span| self.quoted_span(readout, span)).collect()
    }

    fn evidence(&self, &(position, span): &(usize, Span)) -> pb::Evidence {
        let position = &self.positions[position];
        pb::Evidence {
            position_id: self.position_id(position),
            readout_id: self.readouts[position.readout].id.clone(),
            span: Some(self.span(position.readout, span)),
            text: self.quote(position.readout, span),
        }
    }

    fn position(&self, position: &Position) -> pb::Position {
        pb::Position {
            id: self.position_id(position),
            readout_id: self.readouts[position.readout].id.clone(),
            span: Some(self.span(position.readout, position.span)),
            text: self.quote(position.readout, position.span),
            holders: self.side_ids(position.holder.sides()),
            holder_name: match &position.holder {
                Holder::Sides(_) => String::new(),
                Holder::Other(name) => name.clone(),
            },
            attribution: Some(self.attribution(position)),
            speech_act: pb::SpeechAct::from(position.speech_act).into(),
            speech_act_class: pb::SpeechActClass::from(position.speech_act.class()).into(),
            stance: pb::Stance::from(position.stance).into(),
            strength: position.strength,
            negated: position.negated,
            modality: pb::Modality::from(position.modality).into(),
            figures: position.figures.iter().map(|figure| self.figure(position.readout, figure)).collect(),
            statement_id: position.statement_id.clone(),
            confidence: position.confidence,
        }
    }

    fn attribution(&self, position: &Position) -> pb::Attribution {
        let (readout, attribution) = (position.readout, &position.attribution);
        let quote = |span: Option<Span>| span.map(|span| self.quote(readout, span)).unwrap_or_default();
        pb::Attribution {
            kind: pb::AttributionKind::from(attribution.kind).into(),
            source: attribution.source.map(|span| self.span(readout, span)),
            source_text: quote(attribution.source),
            cue: attribution.cue.map(|span| self.span(readout, span)),
            cue_text: quote(attribution.cue),
            cue_lemma: attribution.cue_lemma.clone(),
            content: Some(self.span(readout, attribution.content)),
        }
    }

    fn figure(&self, readout: usize, figure: &Figure) -> pb::Figure {
        pb::Figure {
            span: Some(self.span(readout, figure.span)),
            text: self.quote(readout, figure.span),
            value: figure.value,
            unit: figure.unit.clone(),
            comparator: pb::Comparator::from(figure.comparator).into(),
        }
    }

    fn point(&self, place: usize, point: &Point) -> pb::Point {
        pb::Point {
            id: point_id(place),
            kind: pb::PointKind::from(point.kind).into(),
            relation: point.relation.map_or(pb::Relation::Unspecified, pb::Relation::from).into(),
            scope: pb::PointScope::from(point.scope).into(),
            members: point.members.iter().map(|&member| self.point_member(&self.positions[member])).collect(),
            score: point.score,
            score_parts: score_parts(&point.score_parts),
            confidence: point.confidence,
            weight: point.weight,
            reasons: point.reasons.iter().map(|reason| self.reason(reason)).collect(),
            silent_sides: self.side_ids(&point.silent_sides),
            silence: point.silence.map_or(pb::Silence::Unspecified, pb::Silence::from).into(),
        }
    }

    fn point_member(&self, position: &Position) -> pb::PointMember {
        pb::PointMember {
            position_id: self.position_id(position),
            readout_id: self.readouts[position.readout].id.clone(),
            holders: self.side_ids(position.holder.sides()),
        }
    }

    fn reason(&self, reason: &Reason) -> pb::Reason {
        pb::Reason {
            code: pb::ReasonCode::from(reason.code).into(),
            detail: reason.detail.clone(),
            evidence: reason.evidence.iter().map(|evidence| self.evidence(evidence)).collect(),
        }
    }

    fn readout_summaries(&self) -> Vec<pb::ReadoutSummary> {
        (0..self.readouts.len()).map(|readout| self.readout_summary(readout)).collect()
    }

    fn readout_summary(&self, place: usize) -> pb::ReadoutSummary {
        let readout = &self.readouts[place];
        let topic = |(order, topic): (usize, &pipeline::report::TopicPlacement)| pb::TopicPlacement {
            point_id: point_id(topic.point),
            order: count(order + 1),
            space_share: topic.space_share,
        };
        pb::ReadoutSummary {
            id: readout.id.clone(),
            author_side: readout.author.map(|side| self.sides[side.0].id.clone()).unwrap_or_default(),
            title: readout.title.clone(),
            date: readout.date.clone(),
            language: readout.language.clone(),
            source_uri: readout.source_uri.clone(),
            characters: count(readout.n_characters),
            words: count(readout.n_words),
            position_count: count(readout.n_positions),
            positions_linked: count(readout.n_linked),
            coverage: share(readout.n_linked, readout.n_positions),
            topics: readout.topics.iter().enumerate().map(topic).collect(),
            contact: Some(self.contact_facts(place, &readout.contact)),
        }
    }

    fn contact_facts(&self, readout: usize, facts: &ContactFacts) -> pb::ContactFacts {
        pb::ContactFacts {
            kind: facts.kind.map_or(pb::ContactKind::Unspecified, pb::ContactKind::from).into(),
            requested_by: facts.requested_by.map(|side| self.sides[side.0].id.clone()).unwrap_or_default(),
            evidence: self.quoted_spans(readout, &facts.evidence),
            tone_terms: self.quoted_spans(readout, &facts.tone_terms),
            duration_minutes: facts.duration_minutes,
            dates: self.quoted_spans(readout, &facts.dates),
        }
    }

    fn name_difference(&self, difference: &NameDifference) -> pb::NameDifference {
        pb::NameDifference {
            point_id: point_id(difference.point),
            names: difference.names.iter().map(|name| self.evidence(name)).collect(),
        }
    }

    fn warning(&self, warning: &Warning) -> pb::Warning {
        pb::Warning {
            code: pb::WarningCode::from(warning.code).into(),
            readout_id: warning.readout.map(|readout| self.readouts[readout].id.clone()).unwrap_or_default(),
            message: warning.message.clone(),
        }
    }
}

fn side_summary(side: &SideSummary) -> pb::SideSummary {
    pb::SideSummary {
        id: side.id.clone(),
        display_name: side.display_name.clone(),
        declared: side.declared,
        aliases: side.aliases.clone(),
        positions_held: count(side.n_positions),
        positions_linked: count(side.n_linked),
        coverage: share(side.n_linked, side.n_positions),
        space_share: side.space_share,
    }
}

fn score_parts(parts: &[ScorePart]) -> Vec<pb::ScorePart> {
    let part = |part: &ScorePart| pb::ScorePart {
        kind: pb::ScorePartKind::from(part.kind).into(),
        value: part.value,
        contribution: part.contribution,
    };
    parts.iter().map(part).collect()
}

fn point_id(place: usize) -> String {
    format!("p{}", place + 1)
}

/// A count as the wire has it. No text of a request is long enough for the bound to be met.
fn count(n: usize) -> u32 {
    u32::try_from(n).unwrap_or(u32::MAX)
}

/// `n` of `all`, 0 to 1; 0 of nothing.
fn share(n: usize, all: usize) -> f64 {
    if all == 0 { 0.0 } else { n as f64 / all as f64 }
}
