//! The forward pass over a batch of sequences that lie one after another.

use super::numeric::{attend, gelu, normalise};
use super::product::Product;
use super::weights::{Encoder, HIDDEN, INNER, Layer};
use super::{CLS, SEP};
use crate::models::vector_code::vectorised;
use std::ops::Range;

/// Sequences to be read together, and the memory for it, which later batches use again.
#[derive(Default)]
pub(in crate::models) struct Batch {
    ids: Vec<u32>,
    sequences: Vec<Sequence>,
    states: Vec<f32>,
    projected: Vec<f32>,
    taken: Vec<f32>,
    inner: Vec<f32>,
    pub(in crate::models) product: Product,
}

/// Where the tokens of a sequence are in the batch.
#[derive(Debug)]
struct Sequence {
    tokens: Range<usize>,
    /// First token of the second text; the end where there is one text.
    second: usize,
}

impl Batch {
    pub(in crate::models) const fn n_tokens(&self) -> usize {
        self.ids.len()
    }

    /// Adds "[CLS] text [SEP]".
    pub(in crate::models) fn push(&mut self, text: &[u32]) {
        let start = self.ids.len();
        self.ids.push(CLS);
        self.ids.extend(text);
        self.ids.push(SEP);
        self.sequences.push(Sequence { tokens: start..self.ids.len(), second: self.ids.len() });
    }

    /// Adds "[CLS] a [SEP] b [SEP]".
    pub(in crate::models) fn push_pair(&mut self, a: &[u32], b: &[u32]) {
        self.push(a);
        self.ids.extend(b);
        self.ids.push(SEP);
        if let Some(sequence) = self.sequences.last_mut() {
            sequence.tokens.end = self.ids.len();
        }
    }

    /// Hands the last states of each sequence, in order, to `read_out`: those of `[CLS]` and the first text with its
    /// `[SEP]`, then those of the second one. A token has [`HIDDEN`] numbers. `None`, and nothing is handed over, as soon as
    /// `go_on`, which is asked before each layer, says no. The batch is empty again.
    pub(in crate::models) fn encode(
        &mut self,
        encoder: &Encoder,
        mut go_on: impl FnMut() -> bool,
        mut read_out: impl FnMut(&[f32], &[f32]),
    ) -> Option<()> {
        if self.sequences.is_empty() {
            return go_on().then_some(());
        }
        let n_tokens = self.ids.len();
        self.states.resize(HIDDEN * n_tokens, 0.0);
        self.projected.resize(3 * HIDDEN * n_tokens, 0.0);
        self.taken.resize(HIDDEN * n_tokens, 0.0);
        self.inner.resize(INNER * n_tokens, 0.0);
        self.embed(encoder);
        for layer in &encoder.layers {
            if !go_on() {
                self.clear();
                return None;
            }
            self.attend(layer);
            self.feed_forward(layer);
        }
        for sequence in &self.sequences {
            let (Range { start, end }, second) = (sequence.tokens.clone(), sequence.second);
            read_out(&self.states[HIDDEN * start..HIDDEN * second], &self.states[HIDDEN * second..HIDDEN * end]);
        }
        self.clear();
        Some(())
    }

    fn clear(&mut self) {
        self.ids.clear();
        self.sequences.clear();
    }

    fn embed(&mut self, encoder: &Encoder) {
        for sequence in &self.sequences {
            for at in sequence.tokens.clone() {
                let segment = usize::from(at >= sequence.second);
                let state = &mut self.states[HIDDEN * at..][..HIDDEN];
                encoder.embed(self.ids[at], at - sequence.tokens.start, segment, state);
            }
        }
        vectorised(
            #[inline(always)]
            || normalise(&mut self.states, &encoder.norm),
        );
    }

    /// The attention half of a layer: each token takes from the tokens of its sequence.
    fn attend(&mut self, layer: &Layer) {
        let Self { sequences, states, projected, taken, product, .. } = self;
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
                for sequence in &*sequences {
                    let Range { start, end } = sequence.tokens;
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
