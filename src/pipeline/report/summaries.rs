//! What is said of sides and readouts as a whole.

use super::facts;
use super::types::{Point, ReadoutSummary, SideSummary, TopicPlacement};
use crate::pipeline::position::Position;
use crate::pipeline::segmentation::Segmentation;
use crate::pipeline::sides::{Cast, SideIdx};
use crate::readout::Readout;
use std::collections::{BTreeMap, BTreeSet};

/// One summary a side, in the order of the cast. `linked` are the positions in a link.
#[must_use]
pub fn side_summaries(
    readouts: &[Readout],
    cast: &Cast,
    positions: &[Position],
    linked: &BTreeSet<usize>,
) -> Vec<SideSummary> {
    let characters = |position: &Position| position.span.slice(&readouts[position.readout].text).chars().count();
    let all: usize = positions.iter().map(characters).sum();
    let mut summaries = Vec::new();
    for (at, side) in cast.sides.iter().enumerate() {
        let held: Vec<(usize, &Position)> = positions
            .iter()
            .enumerate()
            .filter(|(_, position)| position.holder.sides().contains(&SideIdx(at)))
            .collect();
        // Characters by number of holders are whole numbers, so that the order of the readouts changes no bit.
        let mut by_holders: BTreeMap<usize, usize> = BTreeMap::new();
        for (_, position) in &held {
            *by_holders.entry(position.holder.sides().len()).or_default() += characters(position);
        }
        let own: f64 = by_holders.into_iter().map(|(holders, n)| n as f64 / holders as f64).sum();
        let mut aliases = side.aliases.clone();
        aliases.extend(side.principals.iter().map(|name| name.join(" ")));
        summaries.push(SideSummary {
            id: side.id.clone(),
            display_name: side.display_name.clone(),
            declared: side.is_declared,
            aliases,
            n_positions: held.len(),
            n_linked: held.iter().filter(|(idx, _)| linked.contains(idx)).count(),
            space_share: if all > 0 { own / all as f64 } else { 0.0 },
        });
    }
    summaries
}

/// One summary a readout, in order. `languages` are the given or detected ones.
#[must_use]
pub fn readout_summaries(
    readouts: &[Readout],
    segmentations: &[Segmentation],
    languages: &[String],
    cast: &Cast,
    positions: &[Position],
    linked: &BTreeSet<usize>,
    points: &[Point],
) -> Vec<ReadoutSummary> {
    let mut summaries = Vec::new();
    for (at, readout) in readouts.iter().enumerate() {
        let own: Vec<usize> = (0..positions.len()).filter(|&idx| positions[idx].readout == at).collect();
        summaries.push(ReadoutSummary {
            id: readout.id.clone(),
            author: cast.authors[at],
            title: readout.title.clone(),
            date: readout.date.clone(),
            language: languages[at].clone(),
            source_uri: readout.source_uri.clone(),
            n_characters: readout.text.chars().count(),
            n_words: segmentations[at].words.len(),
            n_positions: own.len(),
            n_linked: own.iter().filter(|idx| linked.contains(idx)).count(),
            topics: topics(&readout.text, at, positions, points),
            contact: facts(&readout.text, &segmentations[at], cast),
            text: readout.text.clone(),
        });
    }
    summaries
}

fn topics(text: &str, readout: usize, positions: &[Position], points: &[Point]) -> Vec<TopicPlacement> {
    let characters = |idx: usize| positions[idx].span.slice(text).chars().count() as f64;
    let own = |idx: &usize| positions[*idx].readout == readout;
    let all: f64 = (0..positions.len()).filter(own).map(characters).sum();
    let mut placed: Vec<(usize, TopicPlacement)> = Vec::new();
    for (point, members) in points.iter().map(|point| &point.members).enumerate() {
        let here: Vec<usize> = members.iter().copied().filter(|idx| own(idx)).collect();
        if let Some(first) = here.iter().map(|&idx| positions[idx].span.start).min() {
            let share: f64 = here.iter().map(|&idx| characters(idx)).sum::<f64>() / all.max(1.0);
            placed.push((first, TopicPlacement { point, space_share: share.min(1.0) }));
        }
    }
    placed.sort_by_key(|&(first, placement)| (first, placement.point));
    placed.into_iter().map(|(_, placement)| placement).collect()
}
