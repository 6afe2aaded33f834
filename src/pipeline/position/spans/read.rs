//! What contextual embeddings say of units and edges, added to what their words say.
//!
//! The one is trained on the annotated readouts as the other is, by itself (see `models/contextual.md`); the sum, each with
//! its share, finds more than either. On half of the training readouts, by models that had not seen them, best F1 of
//! spans in the third and in the first person: words .831 and .771, states .821 and .754, the sum .843 and .782.

use super::features::{Document, Scores};
use crate::models::contextual_embeddings::{Reading, SpanHead};

/// Share of the scores by words. Two that are right add up to one that is too sure, so both shares are less than 1; from .5 to
/// .7 of each F1 differs by less than .01.
const WORDS: f64 = 0.6;
/// Share of the scores by states.
const STATES: f64 = 0.6;

/// The sum of the scores by words and of those by what was read of the text, each with its share.
pub(super) fn blend(mut words: Scores, document: &Document<'_>, reading: &Reading) -> Scores {
    let states = of_states(document, reading);
    let add = |words: &mut f64, states: f64| *words = WORDS * *words + STATES * states;
    words.units.iter_mut().zip(states.units).for_each(|(words, states)| add(words, states));
    let edges = words.edges.as_flattened_mut().iter_mut().zip(states.edges.into_flattened());
    edges.for_each(|(words, states)| add(words, states));
    words.lengths.iter_mut().zip(states.lengths).for_each(|(words, states)| add(words, states));
    words
}

/// The scores by what was read of the text.
pub(super) fn of_states(document: &Document<'_>, reading: &Reading) -> Scores {
    let (head, is_first_person) = (SpanHead::get(), document.is_first_person);
    let kinds: Vec<usize> = document.boundaries.iter().map(|&boundary| boundary as usize).collect();
    let mut edges: Vec<[f64; 3]> = kinds.iter().map(|&kind| head.edge(kind, is_first_person)).collect();
    let mut units = Vec::with_capacity(document.units.len());
    for (at, (unit, kinds)) in document.units.iter().zip(kinds.windows(2)).enumerate() {
        let scores = reading.unit_scores(unit.span.start..unit.span.end);
        units.push(scores.inside + head.inside(kinds[0], kinds[1], is_first_person));
        for (edge, scores) in [(at, scores.before), (at + 1, scores.after)] {
            edges[edge].iter_mut().zip(scores).for_each(|(sum, score)| *sum += score);
        }
    }
    Scores { units, edges, lengths: std::array::from_fn(|bin| head.length(bin)) }
}
