//! A comparison: who takes part, then overlaps, divergences, what only one has, differing names, warnings.

use std::collections::BTreeMap;

use crate::pipeline::position::{Holder, Position};
use crate::pipeline::report::{Comparison, Point, PointKind, PointScope, ReadoutSummary, Silence, Warning};
use crate::pipeline::sides::SideIdx;

use super::names;
use super::page::{BOLD, CYAN, DIM, GREEN, PLAIN, Page, Paragraph, RED, YELLOW};
use crate::cli::visible::visible;

/// The comparison as text. `kinds` are the kinds of points that were asked for; empty: all.
pub fn comparison(comparison: &Comparison, kinds: &[PointKind], width: usize) -> String {
    let mut page = Page::new(width);
    let is_shown = |kind| kinds.is_empty() || kinds.contains(&kind);
    header(&mut page, comparison);
    for (kind, title, style) in [(PointKind::Overlap, "OVERLAPS", GREEN), (PointKind::Divergence, "DIVERGENCES", RED)] {
        if is_shown(kind) {
            let points: Vec<usize> = of_kind(comparison, kind).collect();
            page.gap();
            page.paragraph("", style, &format!("{title} ({})", points.len()));
            for point in points {
                link(&mut page, comparison, point);
            }
        }
    }
    if is_shown(PointKind::OneSided) {
        one_sided(&mut page, comparison);
    }
    name_differences(&mut page, comparison);
    warnings(&mut page, &comparison.warnings, &comparison.readouts);
    page.finish()
}

fn of_kind(comparison: &Comparison, kind: PointKind) -> impl Iterator<Item = usize> {
    comparison.points.iter().enumerate().filter(move |(_, point)| point.kind == kind).map(|(idx, _)| idx)
}

fn header(page: &mut Page, comparison: &Comparison) {
    let count = |kind, noun: &str| names::counted(of_kind(comparison, kind).count(), noun);
    let title = format!(
        "{}, {}, {}: {}, {}, {} one-sided ({} engine)",
        names::counted(comparison.readouts.len(), "readout"),
        names::counted(comparison.sides.len(), "side"),
        names::counted(comparison.positions.len(), "position"),
        count(PointKind::Overlap, "overlap"),
        count(PointKind::Divergence, "divergence"),
        of_kind(comparison, PointKind::OneSided).count(),
        names::engine_name(comparison.engine),
    );
    page.paragraph("", BOLD, &title);
    page.gap();
    page.paragraph("", BOLD, "READOUTS");
    for readout in &comparison.readouts {
        let linked = names::percent(readout.n_linked, readout.n_positions);
        let author = readout
            .author
            .map_or("author unknown".to_owned(), |idx| format!("by {}", names::side(idx, &comparison.sides)));
        let line = format!(
            "{author}; {}; {}, {} linked ({linked})",
            names::counted(readout.n_words, "word"),
            names::counted(readout.n_positions, "position"),
            readout.n_linked,
        );
        page.paragraph(&format!("  {}: ", visible(&readout.id)), PLAIN, &line);
        let facts = contact(readout, comparison);
        if !facts.is_empty() {
            page.paragraph("    ", DIM, &facts);
        }
    }
    page.gap();
    page.paragraph("", BOLD, "SIDES");
    for (idx, side) in comparison.sides.iter().enumerate() {
        let linked = names::percent(side.n_linked, side.n_positions);
        let line = format!(
            "{} held, {} linked ({linked}), {:.0}% of the space",
            names::counted(side.n_positions, "position"),
            side.n_linked,
            side.space_share * 100.0,
        );
        page.paragraph(&format!("  {}: ", names::side(SideIdx(idx), &comparison.sides)), PLAIN, &line);
    }
}

/// What the text tells of the contact: "call; requested by Norland; 75 minutes; tone: candid, in-depth".
fn contact(readout: &ReadoutSummary, comparison: &Comparison) -> String {
    let facts = &readout.contact;
    let mut told = Vec::new();
    told.extend(facts.kind.map(|kind| names::contact(kind).to_owned()));
    told.extend(facts.requested_by.map(|side| format!("requested by {}", names::side(side, &comparison.sides))));
    told.extend(facts.duration_minutes.map(|minutes| format!("{minutes:.0} minutes")));
    if !facts.tone_terms.is_empty() {
        let terms: Vec<String> = facts.tone_terms.iter().map(|term| visible(term.slice(&readout.text))).collect();
        told.push(format!("tone: {}", terms.join(", ")));
    }
    told.join("; ")
}

/// An overlap or a divergence: its relation and figures, its members in two columns, why.
fn link(page: &mut Page, comparison: &Comparison, idx: usize) {
    let point = &comparison.points[idx];
    let relation = point.relation.map_or("linked", names::relation);
    let inside = match point.scope {
        PointScope::AcrossReadouts => String::new(),
        PointScope::WithinReadout if comparison.readouts.len() == 1 => String::new(),
        PointScope::WithinReadout => point.members.first().map_or(String::new(), |&member| {
            let readout = comparison.positions[member].readout;
            format!(", inside {}", visible(&comparison.readouts[readout].id))
        }),
    };
    page.gap();
    let head = format!("{relation}{inside} (score {:.2}, confidence {:.2})", point.score, point.confidence);
    page.paragraph(&format!("p{} ", idx + 1), BOLD, &head);
    let (left, right) = columns(point, comparison);
    page.columns(&left, &right);
    reasons(page, point);
}

/// The members of a point by account: those of the first readout (or, inside one readout, of the first holder) on
/// the left, all others on the right.
fn columns(point: &Point, comparison: &Comparison) -> (Vec<Paragraph>, Vec<Paragraph>) {
    let members = || point.members.iter().map(|&idx| &comparison.positions[idx]);
    let first = members().next();
    let is_left = |position: &Position| {
        first.is_some_and(|first| match point.scope {
            PointScope::AcrossReadouts => position.readout == first.readout,
            PointScope::WithinReadout => position.holder == first.holder,
        })
    };
    let (mut left, mut right) = (Vec::new(), Vec::new());
    for position in members() {
        let column = if is_left(position) { &mut left } else { &mut right };
        column.extend(member(position, comparison));
    }
    (left, right)
}

/// A position: who holds it, in which text, and what it says.
fn member(position: &Position, comparison: &Comparison) -> [Paragraph; 2] {
    let readout = &comparison.readouts[position.readout];
    let holder = names::holder(position, &comparison.sides, &comparison.readouts);
    let place = if comparison.readouts.len() == 1 { String::new() } else { format!("{}: ", visible(&readout.id)) };
    let label = format!("{place}{holder} ({})", names::speech_act(position.speech_act));
    [Paragraph::new(BOLD, label), Paragraph::new(PLAIN, quote(position, readout))]
}

fn quote(position: &Position, readout: &ReadoutSummary) -> String {
    format!("“{}”", visible(position.span.slice(&readout.text)))
}

fn reasons(page: &mut Page, point: &Point) {
    let reason = |reason: &crate::pipeline::relation::Reason| match visible(&reason.detail).as_str() {
        "" => names::reason(reason.code).to_owned(),
        detail => format!("{}: {detail}", names::reason(reason.code)),
    };
    let line: Vec<String> = point.reasons.iter().map(reason).collect();
    if !line.is_empty() {
        page.indented(&[Paragraph::new(DIM, format!("why: {}", line.join("; ")))]);
    }
}

/// What a section of one-sided points is about: a text that has them or, inside one text, who holds them.
#[derive(PartialEq, Eq, PartialOrd, Ord)]
enum Owner<'a> {
    Readout(usize),
    Holder(&'a Holder),
}

fn one_sided(page: &mut Page, comparison: &Comparison) {
    let is_one_text = comparison.readouts.len() == 1;
    let mut sections: BTreeMap<Owner, Vec<usize>> = BTreeMap::new();
    if !is_one_text {
        // A text that has nothing for itself is told, too.
        sections.extend((0..comparison.readouts.len()).map(|readout| (Owner::Readout(readout), Vec::new())));
    }
    for idx in of_kind(comparison, PointKind::OneSided) {
        if let Some(&member) = comparison.points[idx].members.first() {
            let position = &comparison.positions[member];
            let owner = if is_one_text { Owner::Holder(&position.holder) } else { Owner::Readout(position.readout) };
            sections.entry(owner).or_default().push(idx);
        }
    }
    for (owner, points) in sections {
        let name = match owner {
            Owner::Readout(readout) => {
                let readout = &comparison.readouts[readout];
                let author = readout.author.map(|author| format!(" by {}", names::side(author, &comparison.sides)));
                format!("IN {}{}", visible(&readout.id), author.unwrap_or_default())
            }
            Owner::Holder(Holder::Other(name)) if name.trim().is_empty() => "FROM a third party".to_owned(),
            Owner::Holder(Holder::Other(name)) => format!("FROM {}", visible(name)),
            Owner::Holder(Holder::Sides(sides)) => format!("FROM {}", names::side_list(sides, &comparison.sides)),
        };
        page.gap();
        page.paragraph("", CYAN, &format!("ONLY {name} ({})", points.len()));
        for idx in points {
            one_sided_point(page, comparison, idx);
        }
    }
}

fn one_sided_point(page: &mut Page, comparison: &Comparison, idx: usize) {
    let point = &comparison.points[idx];
    page.gap();
    for (i, &member_idx) in point.members.iter().enumerate() {
        let [label, quote] = member(&comparison.positions[member_idx], comparison);
        if i == 0 {
            page.paragraph(&format!("p{} ", idx + 1), label.style, &label.text);
            page.indented(&[quote]);
        } else {
            page.indented(&[label, quote]);
        }
    }
    let silent = names::side_list(&point.silent_sides, &comparison.sides);
    let verb = match point.silence {
        Some(Silence::NotMentioned) => "no counterpart from",
        Some(Silence::Denied) => "denied by",
        None => "without",
    };
    if !silent.is_empty() {
        page.indented(&[Paragraph::new(PLAIN, format!("{verb} {silent}"))]);
    }
    reasons(page, point);
}

fn name_differences(page: &mut Page, comparison: &Comparison) {
    if comparison.name_differences.is_empty() {
        return;
    }
    page.gap();
    page.paragraph("", BOLD, "DIFFERENT NAMES");
    for difference in &comparison.name_differences {
        let name = |&(idx, span): &(usize, crate::span::Span)| {
            let readout = &comparison.readouts[comparison.positions[idx].readout];
            format!("“{}” in {}", visible(span.slice(&readout.text)), visible(&readout.id))
        };
        let called: Vec<String> = difference.names.iter().map(name).collect();
        page.paragraph(&format!("  p{} ", difference.point + 1), PLAIN, &called.join(", "));
    }
}

/// Adds the warnings, when there are any.
pub fn warnings(page: &mut Page, warnings: &[Warning], readouts: &[ReadoutSummary]) {
    if warnings.is_empty() {
        return;
    }
    page.gap();
    page.paragraph("", YELLOW, &format!("WARNINGS ({})", warnings.len()));
    for warning in warnings {
        let about = warning.readout.map_or(String::new(), |idx| format!("{}: ", visible(&readouts[idx].id)));
        page.paragraph("  ", PLAIN, &format!("{about}{}", visible(&warning.message)));
    }
}
