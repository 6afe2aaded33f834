//! The forward pass over a batch of pairs that lie one after another.

use super::numeric::{attend, dot, gelu, normalise, sum};
use super::product::Product;
use super::weights::{Dense, HEAD_INNER, HIDDEN, INNER, Layer, Model};
use super::{CLS, Judgement, N_OUTPUTS, SEP};
use crate::models::vector_code::vectorised;
use std::ops::Range;

/// Pairs to be judged together, and the memory for it, which later batches use again.
#[derive(Default)]
pub(super) struct Batch {
    ids: Vec<u32>,
    pairs: Vec<Pair>,
    states: Vec<f32>,
    projected: Vec<f32>,
    taken: Vec<f32>,
    inner: Vec<f32>,
    pub(super) product: Product,
}

/// Where the tokens of a pair are in the batch.
#[derive(Debug)]
struct Pair {
    tokens: Range<usize>,
    /// First token of the second text.
    second: usize,
}

impl Batch {
    pub(super) const fn n_tokens(&self) -> usize {
        self.ids.len()
    }

    /// Adds a pair by the ids of its texts.
    pub(super) fn push(&mut self, a: &[u32], b: &[u32]) {
        let start = self.ids.len();
        self.ids.push(CLS);
        self.ids.extend(a);
        self.ids.push(SEP);
        let second = self.ids.len();
        self.ids.extend(b);
        self.ids.push(SEP);
        self.pairs.push(Pair { tokens: start..self.ids.len(), second });
    }

    /// Judges the pairs, adds their judgements to `judgements`, and is empty again.
    pub(super) fn judge_into(&mut self, judgements: &mut Vec<Judgement>) {
        if self.pairs.is_empty() {
            return;
        }
        let model = Model::get();
        let n_tokens = self.ids.len();
        self.states.resize(HIDDEN * n_tokens, 0.0);
        self.projected.resize(3 * HIDDEN * n_tokens, 0.0);
        self.taken.resize(HIDDEN * n_tokens, 0.0);
        self.inner.resize(INNER * n_tokens, 0.0);
        self.embed(model);
        for layer in &model.layers {
            self.attend(layer);
            self.feed_forward(layer);
        }
        let states = &self.states;
        judgements.extend(self.pairs.iter().map(|pair| {
            vectorised(
                #[inline(always)]
                || read_out(model, states, pair),
            )
        }));
        self.ids.clear();
        self.pairs.clear();
    }

    fn embed(&mut self, model: &Model) {
        for pair in &self.pairs {
            for at in pair.tokens.clone() {
                let segment = usize::from(at >= pair.second);
                let state = &mut self.states[HIDDEN * at..][..HIDDEN];
                model.embed(self.ids[at], at - pair.tokens.start, segment, state);
            }
        }
        vectorised(
            #[inline(always)]
            || normalise(&mut self.states, &model.norm),
        );
    }

    /// The attention half of a layer: each token takes from the tokens of its pair.
    fn attend(&mut self, layer: &Layer) {
        let Self { pairs, states, projected, taken, product, .. } = self;
        product.multiply(
            &layer.attention,
            states,
            projected,
            #[inline(always)]
            |_, number| number,
        );
        vectorised(
            #[inline(always)]
            || {
                for pair in &*pairs {
                    let Range { start, end } = pair.tokens;
                    attend(&projected[3 * HIDDEN * start..3 * HIDDEN * end], &mut taken[HIDDEN * start..HIDDEN * end]);
                }
            },
        );
        product.multiply(
            &layer.out,
            taken,
            states,
            #[inline(always)]
            |state, number| state + number,
        );
        vectorised(
            #[inline(always)]
            || normalise(states, &layer.attention_norm),
        );
    }

    /// The feed-forward half of a layer: each token by itself.
    fn feed_forward(&mut self, layer: &Layer) {
        let Self { states, inner, product, .. } = self;
        product.multiply(
            &layer.up,
            states,
            inner,
            #[inline(always)]
            |_, number| gelu(number),
        );
        product.multiply(
            &layer.down,
            inner,
            states,
            #[inline(always)]
            |state, number| state + number,
        );
        vectorised(
            #[inline(always)]
            || normalise(states, &layer.norm),
        );
    }
}

/// The head: the pair's first state and its two texts' mean directions, u and v, as u · v and |u - v|.
#[inline(always)]
fn read_out(model: &Model, states: &[f32], pair: &Pair) -> Judgement {
    let first = &states[HIDDEN * pair.tokens.start..][..HIDDEN];
    let u = direction(&states[HIDDEN * (pair.tokens.start + 1)..HIDDEN * pair.second]);
    let v = direction(&states[HIDDEN * pair.second..HIDDEN * pair.tokens.end]);
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
