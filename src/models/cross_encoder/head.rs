//! From the states of a pair's tokens to its logits.

use super::weights::{Dense, HEAD_INNER, Model};
use super::{Judgement, N_OUTPUTS};
use crate::models::transformer::{HIDDEN, dot, gelu, sum};

/// The judgement of a pair by the states of `[CLS]` and its first text, and those of its second one: the first state and
/// the two texts' mean directions, u and v, as u · v and |u - v|.
#[inline(always)]
pub(super) fn read_out(model: &Model, a: &[f32], b: &[f32]) -> Judgement {
    let (first, a) = a.split_at(HIDDEN);
    let (u, v) = (direction(a), direction(b));
    let products = u.iter().zip(&v).map(|(u, v)| u * v);
    let distances = u.iter().zip(&v).map(|(u, v)| (u - v).abs());
    let input: Vec<f32> = first.iter().copied().chain(products).chain(distances).collect();
    let mut inner = [0.0; HEAD_INNER];
    model.head.apply(&input, &mut inner);
    inner.iter_mut().for_each(|number| *number = gelu(*number));
    let mut logits = [0.0; N_OUTPUTS];
    model.outputs.apply(&inner, &mut logits);
    Judgement::new(logits)
}

/// Shorter sums have no direction; the reference divides by this instead.
const MIN_LENGTH: f32 = 1e-12;

/// The sum of the states, made of length √[`HIDDEN`].
#[inline(always)]
fn direction(states: &[f32]) -> [f32; HIDDEN] {
    let mut sums = [0.0; HIDDEN];
    for state in states.as_chunks::<HIDDEN>().0 {
        sums.iter_mut().zip(state).for_each(|(sum, number)| *sum += number);
    }
    let length = sum(&sums, |number| number * number).sqrt();
    let scale = (HIDDEN as f32).sqrt() / if length > MIN_LENGTH { length } else { MIN_LENGTH };
    sums.map(|number| number * scale)
}

impl Dense {
    /// Writes the matrix times `input`, plus the bias, to `output`.
    #[inline(always)]
    fn apply(&self, input: &[f32], output: &mut [f32]) {
        for ((output, weights), bias) in output.iter_mut().zip(self.weights.chunks_exact(input.len())).zip(&self.bias) {
            *output = dot(input, weights) + bias;
        }
    }
}
