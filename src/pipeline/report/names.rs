//! Names that accounts use differently for the same event ("special operation" / "invasion").

use super::types::{NameDifference, Point, PointKind};
use crate::pipeline::features::is_stop_word;
use crate::pipeline::position::Position;
use crate::pipeline::segmentation::words;
use crate::readout::Readout;
use crate::span::Span;
use foldhash::HashSet;
use std::collections::BTreeMap;
use std::sync::LazyLock;

static EVENT_NOUNS: LazyLock<HashSet<&str>> = LazyLock::new(|| include_str!("event_nouns.txt").lines().collect());

/// Words before an event noun that belong to its name.
const MAX_MODIFIERS: usize = 3;

/// The points in which the readouts name an event by different nouns.
#[must_use]
pub fn name_differences(readouts: &[Readout], positions: &[Position], points: &[Point]) -> Vec<NameDifference> {
    let linked =
        points.iter().enumerate().filter(|(_, point)| point.kind != PointKind::OneSided && point.members.len() > 1);
    linked
        .filter_map(|(at, point)| {
            let mut by_readout: BTreeMap<usize, Vec<(usize, Span, String)>> = BTreeMap::new();
            for &member in &point.members {
                let position = &positions[member];
                let text = &readouts[position.readout].text;
                let names = event_names(text, position.span).into_iter().map(|(span, noun)| (member, span, noun));
                by_readout.entry(position.readout).or_default().extend(names);
            }
            let groups: Vec<_> = by_readout.into_values().collect();
            let all = |noun: &String| groups.iter().all(|group| group.iter().any(|(_, _, other)| other == noun));
            let is_shared = groups.iter().flatten().any(|(_, _, noun)| all(noun));
            let firsts: Vec<(usize, Span)> =
                groups.iter().filter_map(|group| group.first().map(|(member, span, _)| (*member, *span))).collect();
            (!is_shared && groups.len() > 1 && firsts.len() == groups.len())
                .then_some(NameDifference { point: at, names: firsts })
        })
        .collect()
}

/// The event nouns in `span` with the modifiers before them, and the noun in the singular.
fn event_names(text: &str, span: Span) -> Vec<(Span, String)> {
    let words = words(text, span);
    let mut found = Vec::new();
    for at in 0..words.len() {
        let lower = words[at].lower(text);
        let singular = lower.strip_suffix('s').unwrap_or(&lower);
        let Some(&noun) = EVENT_NOUNS.get(&*lower).or_else(|| EVENT_NOUNS.get(singular)) else { continue };
        let mut first = at;
        while first > 0
            && at - first < MAX_MODIFIERS
            && !is_stop_word(&words[first - 1].lower(text))
            && &text[words[first - 1].span.end..words[first].span.start] == " "
        {
            first -= 1;
        }
        found.push((Span::new(words[first].span.start, words[at].span.end), noun.to_owned()));
    }
    found
}
