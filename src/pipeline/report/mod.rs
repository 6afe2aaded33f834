//! Report: from links to the answer. Points by weight, one-sided points, coverage, topics, facts of the contact.
//!
//! In: positions and links with their relations. Out: a [`Comparison`]. Every position is in a point.

mod facts;
mod names;
mod summaries;
mod types;

pub use facts::facts;
pub use names::name_differences;
pub use summaries::{readout_summaries, side_summaries};
pub use types::*;

use super::relation::{Reason, ReasonCode, Relation};
use super::sides::{Cast, SideIdx};
use super::similarity::ScorePart;
use super::{Options, position::Position};
use crate::readout::Readout;
use std::collections::{BTreeMap, BTreeSet};

/// A link with what was found about it. The ends are indices into the positions of the answer.
#[derive(Debug, Clone, PartialEq)]
pub struct Link {
    /// End in the earlier readout, or the earlier end.
    pub left: usize,
    /// The other end.
    pub right: usize,
    /// 0 to 1.
    pub score: f64,
    /// Addends of the score.
    pub parts: Vec<ScorePart>,
    /// How the ends relate.
    pub relation: Relation,
    /// Why.
    pub reasons: Vec<Reason>,
}

/// The pairs of a position that is in no link.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct NearMiss {
    /// Their scores.
    pub scores: Vec<f64>,
    /// Scores by the FAST engine of the pairs that the THOROUGH one, asked for, did not read.
    pub unread: Vec<f64>,
    /// Set when the other end denies the position.
    pub denial: Option<Reason>,
}

impl NearMiss {
    /// The best score.
    fn best(&self) -> f64 {
        self.scores.iter().copied().fold(0.0, f64::max)
    }

    /// The probability that none of the pairs is a link, as if each were one independently (reliability: see
    /// `models/thorough.md`; 1 less the best score is .24 too sure).
    fn confidence(&self) -> f64 {
        let mut scores: Vec<f64> = self.scores.iter().chain(&self.unread).copied().collect();
        // A product depends on its order, and the order of the pairs on that of the readouts.
        scores.sort_by(f64::total_cmp);
        scores.iter().map(|score| 1.0 - score).product()
    }
}

/// The points that `links` make, one-sided ones for the positions in none, by falling weight, cut to the options.
/// The second value is how many points were cut off.
#[must_use]
pub fn points(
    readouts: &[Readout],
    cast: &Cast,
    positions: &[Position],
    links: &[Link],
    near: &BTreeMap<usize, NearMiss>,
    options: &Options,
) -> (Vec<Point>, usize) {
    let scope = if readouts.len() > 1 { PointScope::AcrossReadouts } else { PointScope::WithinReadout };
    let weigh = Weigh::new(positions, readouts);
    let mut points: Vec<Point> =
        bundles(positions, links).into_iter().map(|bundle| linked_point(scope, &bundle, &weigh)).collect();
    let linked: BTreeSet<usize> = links.iter().flat_map(|link| [link.left, link.right]).collect();
    for idx in (0..positions.len()).filter(|idx| !linked.contains(idx)) {
        let miss = near.get(&idx).cloned().unwrap_or_default();
        points.push(unlinked_point(scope, idx, positions, cast, miss, &weigh));
    }
    let order = |point: &Point| -> Vec<(usize, &str)> {
        let mut members: Vec<(usize, &str)> =
            point.members.iter().map(|&m| (positions[m].span.start, weigh.quote(m))).collect();
        members.sort_unstable();
        members
    };
    points.sort_by(|a, b| {
        b.weight
            .total_cmp(&a.weight)
            .then_with(|| a.kind.cmp(&b.kind))
            .then_with(|| order(a).cmp(&order(b)))
            .then_with(|| a.members.cmp(&b.members))
    });
    points.retain(|point| options.point_kinds.is_empty() || options.point_kinds.contains(&point.kind));
    let n_cut = points.len().saturating_sub(options.max_points);
    points.truncate(options.max_points);
    (points, n_cut)
}

/// Links of one relation between the same two readouts that join every end on the left with every end on the right are
/// one point; others are a point each.
fn bundles<'a>(positions: &[Position], links: &'a [Link]) -> Vec<Vec<&'a Link>> {
    let mut groups: BTreeMap<(usize, usize, Relation), Vec<&Link>> = BTreeMap::new();
    for link in links {
        groups
            .entry((positions[link.left].readout, positions[link.right].readout, link.relation))
            .or_default()
            .push(link);
    }
    groups
        .into_values()
        .flat_map(|group| components(&group))
        .flat_map(|component| {
            let left: BTreeSet<usize> = component.iter().map(|link| link.left).collect();
            let right: BTreeSet<usize> = component.iter().map(|link| link.right).collect();
            if left.len() * right.len() == component.len() {
                vec![component]
            } else {
                component.into_iter().map(|link| vec![link]).collect()
            }
        })
        .collect()
}

/// Links that hang together by their ends.
fn components<'a>(links: &[&'a Link]) -> Vec<Vec<&'a Link>> {
    let mut by_end: BTreeMap<usize, Vec<usize>> = BTreeMap::new();
    for (at, link) in links.iter().enumerate() {
        by_end.entry(link.left).or_default().push(at);
        by_end.entry(link.right).or_default().push(at);
    }
    let mut seen = vec![false; links.len()];
    let mut components = Vec::new();
    for first in 0..links.len() {
        let (mut component, mut queue) = (Vec::new(), vec![first]);
        while let Some(at) = queue.pop() {
            if !std::mem::replace(&mut seen[at], true) {
                component.push(links[at]);
                queue.extend([links[at].left, links[at].right].iter().flat_map(|end| by_end[end].iter().copied()));
            }
        }
        if !component.is_empty() {
            component.sort_by_key(|link| (link.left, link.right));
            components.push(component);
        }
    }
    components
}

fn linked_point(scope: PointScope, bundle: &[&Link], weigh: &Weigh<'_>) -> Point {
    let best = bundle
        .iter()
        .copied()
        .reduce(|best, link| if link.score > best.score { link } else { best })
        .expect("a bundle has a link");
    let members: BTreeSet<usize> = bundle.iter().flat_map(|link| [link.left, link.right]).collect();
    let members: Vec<usize> = members.into_iter().collect();
    Point {
        kind: if best.relation.is_overlap() { PointKind::Overlap } else { PointKind::Divergence },
        relation: Some(best.relation),
        scope,
        score: best.score,
        score_parts: best.parts.clone(),
        confidence: best.score,
        weight: weigh.weight(&members, best.score),
        reasons: bundle.iter().flat_map(|link| link.reasons.iter().cloned()).collect(),
        silent_sides: Vec::new(),
        silence: None,
        members,
    }
}

/// A position in no link: one-sided; or, when one text alone tells it of several sides, what they share.
fn unlinked_point(
    scope: PointScope,
    idx: usize,
    positions: &[Position],
    cast: &Cast,
    miss: NearMiss,
    weigh: &Weigh<'_>,
) -> Point {
    let position = &positions[idx];
    let (best, confidence) = (miss.best(), miss.confidence());
    let own = |code| Reason { code, detail: String::new(), evidence: vec![(idx, position.span)] };
    let is_shared = scope == PointScope::WithinReadout && position.holder.is_joint();
    let silent_sides = if is_shared { Vec::new() } else { silent_sides(scope, position, cast) };
    let (kind, relation, silence, reasons) = if is_shared {
        (PointKind::Overlap, Some(Relation::Agreement), None, vec![own(ReasonCode::HeldJointly)])
    } else {
        let (silence, reason) = match miss.denial {
            Some(denial) => (Silence::Denied, denial),
            None => (Silence::NotMentioned, own(ReasonCode::NoCounterpart)),
        };
        (PointKind::OneSided, None, Some(silence), vec![reason])
    };
    Point {
        kind,
        relation,
        scope,
        members: vec![idx],
        // What one text tells of both sides is linked by the text itself.
        score: if is_shared { 1.0 } else { best },
        score_parts: Vec::new(),
        confidence: if is_shared { position.confidence } else { confidence },
        weight: weigh.weight(&[idx], confidence),
        reasons,
        silent_sides,
        silence,
    }
}

/// Across readouts the authors of the others; inside one the sides that do not hold it.
fn silent_sides(scope: PointScope, position: &Position, cast: &Cast) -> Vec<SideIdx> {
    let author = cast.authors.get(position.readout).copied().flatten();
    let mut silent: Vec<SideIdx> = match scope {
        PointScope::AcrossReadouts => cast
            .authors
            .iter()
            .enumerate()
            .filter(|&(readout, side)| readout != position.readout && *side != author)
            .filter_map(|(_, side)| *side)
            .collect(),
        PointScope::WithinReadout => {
            cast.all().into_iter().filter(|side| !position.holder.sides().contains(side)).collect()
        }
    };
    silent.sort_unstable();
    silent.dedup();
    silent
}

/// Weighs points by the space they take and how sure they are.
struct Weigh<'a> {
    positions: &'a [Position],
    readouts: &'a [Readout],
    /// Bytes of all positions by readout.
    bytes: Vec<usize>,
}

impl<'a> Weigh<'a> {
    fn new(positions: &'a [Position], readouts: &'a [Readout]) -> Self {
        let mut bytes = vec![0; readouts.len()];
        positions.iter().for_each(|position| bytes[position.readout] += position.span.len());
        Self { positions, readouts, bytes }
    }

    fn quote(&self, idx: usize) -> &'a str {
        self.positions[idx].span.slice(&self.readouts[self.positions[idx].readout].text)
    }

    /// Share of the positions' text that the members take, summed over readouts and halved for two or more, times
    /// `confidence`. Shares are summed in order of size, so that the order of readouts changes no bit.
    fn weight(&self, members: &[usize], confidence: f64) -> f64 {
        let mut shares: BTreeMap<usize, usize> = BTreeMap::new();
        for &member in members {
            *shares.entry(self.positions[member].readout).or_default() += self.positions[member].span.len();
        }
        let mut shares: Vec<f64> =
            shares.into_iter().map(|(readout, bytes)| bytes as f64 / self.bytes[readout].max(1) as f64).collect();
        shares.sort_by(f64::total_cmp);
        (shares.iter().sum::<f64>() / self.readouts.len().clamp(1, 2) as f64 * confidence).clamp(0.0, 1.0)
    }
}
