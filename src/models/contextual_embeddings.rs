//! Contextual embeddings of the THOROUGH engine: a text and spans of it in, a direction for each span out.
//!
//! Six layers of MiniLM (see `transformer`) read the text in windows of [`WINDOW_TOKENS`] tokens, three quarters of a
//! window apart; a span's embedding is the mean of its tokens' states in the window that holds most of it, scaled to length
//! one. So a span knows what stands around it: which war "the situation" is in. The method is late chunking (Günther et al.
//! 2024, arXiv:2409.04701), with weights trained for it. A text by itself has the mean over all its states, as in sentence
//! transformers (Reimers and Gurevych 2019, arXiv:1908.10084).
//!
//! Training, data and measured quality are in `models/contextual.md`. `training/contextual/parity.py` is the same
//! forward pass by numpy in f32; cosines are within 1e-3 of its where products are of 16 bits, as the tests have them, and
//! within .03 as comparisons do.
//!
//! ```no_run
//! use parallax::models::contextual_embeddings::{cosine, embed_each};
//! let vectors = embed_each(&["We will raise aid.", "Aid will grow.", "It rains."], || true).expect("nobody stops it");
//! assert!(cosine(&vectors[0], &vectors[1]) > cosine(&vectors[0], &vectors[2]));
//! ```

mod span_head;

pub use span_head::{SpanHead, UnitScores};

use super::cross_encoder::shared_words;
use super::transformer::{Batch, Cursor, Encoder, HIDDEN, MAX_BATCH_TOKENS, MAX_TOKENS, dot, header, sum};
use super::vector_code::vectorised;
use super::wordpiece;
use std::cmp::Reverse;
use std::ops::Range;
use std::sync::LazyLock;

/// The weight file: `PLXCTXT2`, twelve u32 (version 1, layers, hidden, heads, inner, vocabulary, positions, segments, 0, 0, 0,
/// 0), an encoder as `transformer::weights` has it, and a [`SpanHead`]. The word embeddings are those of `thorough.bin`.
pub static WEIGHTS: &[u8] = include_bytes!("../../models/contextual.bin");

/// SHA-256 of the weights, as their card has it.
pub const SHA256: &str = "773081c64785cfeaa4089636d131505c17ffd5fd40829048e00ea4d4cd6ead92";

/// What the weights are and how good, in one line; the figures are those of the card.
pub const DESCRIPTION: &str = "contextual embeddings of the thorough engine, from all-MiniLM-L6-v2, trained on readouts \
     and public pairs; Spearman .884 on STS-B dev, mAP strict .802 on ArgKP-2021 dev";

/// Tokens of a window, without the two special ones.
pub const WINDOW_TOKENS: usize = MAX_TOKENS - N_SPECIAL;

/// Most tokens of a text by itself that are read.
pub const MAX_TEXT_TOKENS: usize = 94;

/// [`wordpiece::CLS`] and [`wordpiece::SEP`].
const N_SPECIAL: usize = 2;

/// From the start of a window to that of the next one.
const STRIDE: usize = WINDOW_TOKENS * 3 / 4;

const MAGIC: &[u8] = b"PLXCTXT2";

const HEADER: [u32; 12] = header(MAX_TOKENS, 0, 0);

static MODEL: LazyLock<Model> = LazyLock::new(|| read(WEIGHTS).expect("a test reads the file"));

struct Model {
    encoder: Encoder,
    spans: SpanHead,
}

fn read(file: &'static [u8]) -> Option<Model> {
    let mut file = Cursor::after(file, MAGIC, &HEADER)?;
    let encoder = file.encoder(shared_words(), MAX_TOKENS)?;
    let spans = SpanHead::read(&mut file)?;
    file.is_at_end().then_some(Model { encoder, spans })
}

/// Parses the weights now, so that the first comparison does not wait for it.
pub fn load() {
    LazyLock::force(&MODEL);
}

/// Where a text lies: length one, or all zeros where nothing of it was read.
#[derive(Debug, Clone, PartialEq)]
pub struct Embedding([f32; HIDDEN]);

impl Embedding {
    /// Of what was not read.
    pub const ZERO: Self = Self([0.0; HIDDEN]);

    /// The direction of the mean of states.
    fn of(states: &[f32]) -> Self {
        let sums = sum_of(states);
        let length = sum(&sums, |number| number * number).sqrt();
        if length > 0.0 { Self(sums.map(|number| number / length)) } else { Self::ZERO }
    }

    /// The numbers.
    #[must_use]
    pub fn as_slice(&self) -> &[f32] {
        &self.0
    }
}

fn sum_of(states: &[f32]) -> [f32; HIDDEN] {
    let mut sums = [0.0; HIDDEN];
    for state in states.as_chunks::<HIDDEN>().0 {
        sums.iter_mut().zip(state).for_each(|(sum, number)| *sum += number);
    }
    sums
}

/// The cosine of two embeddings, -1 to 1; zero when one of them is zero. The same to the bit either way round.
#[must_use]
pub fn cosine(left: &Embedding, right: &Embedding) -> f64 {
    let product = vectorised(
        #[inline(always)]
        || dot(&left.0, &right.0),
    );
    f64::from(product).clamp(-1.0, 1.0)
}

/// The embeddings of texts, each by itself; `None` as soon as `go_on`, which is asked before each layer of each batch
/// of 256 tokens, says no.
///
/// Of a text of more than [`MAX_TEXT_TOKENS`] tokens the rest is not read; one without tokens still has a direction, that of
/// no text.
pub fn embed_each(texts: &[&str], mut go_on: impl FnMut() -> bool) -> Option<Vec<Embedding>> {
    let mut embeddings = Vec::with_capacity(texts.len());
    let mut batch = Batch::default();
    for text in texts {
        let ids = wordpiece::tokenize(text, MAX_TEXT_TOKENS);
        if batch.n_tokens() + ids.len() + N_SPECIAL > MAX_BATCH_TOKENS {
            embed_batch(&mut batch, &mut embeddings, &mut go_on)?;
        }
        batch.push(&ids);
    }
    embed_batch(&mut batch, &mut embeddings, &mut go_on)?;
    Some(embeddings)
}

/// Number of tokens that [`embed_each`] reads of a text.
#[must_use]
pub fn count_tokens(text: &str) -> usize {
    wordpiece::tokenize(text, MAX_TEXT_TOKENS).len()
}

fn embed_batch(batch: &mut Batch, embeddings: &mut Vec<Embedding>, go_on: impl FnMut() -> bool) -> Option<()> {
    batch.encode(&MODEL.encoder, go_on, |states, _| embeddings.push(Embedding::of(states)))
}

/// A text as tokens, and the windows that they are read in.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Windows {
    ids: Vec<u32>,
    /// Where the piece of the text begins that each token is of, in bytes.
    starts: Vec<usize>,
    windows: Vec<Range<usize>>,
}

impl Windows {
    /// The windows of `text`.
    #[must_use]
    pub fn new(text: &str) -> Self {
        let (mut ids, mut starts) = (Vec::new(), Vec::new());
        for (start, piece) in pieces(text) {
            wordpiece::tokenize_into(piece, usize::MAX, &mut ids);
            starts.resize(ids.len(), start);
        }
        let mut windows = Vec::new();
        for start in (0..).step_by(STRIDE) {
            let end = ids.len().min(start + WINDOW_TOKENS);
            windows.push(start..end);
            if end == ids.len() {
                break;
            }
        }
        Self { ids, starts, windows }
    }

    /// Leaves out the last windows, until no more than `n` tokens are to be read.
    pub fn truncate(&mut self, n: usize) {
        let mut n_left = n;
        let is_in = |window: &&Range<usize>| {
            let is_in = window.len() <= n_left;
            n_left = n_left.saturating_sub(window.len());
            is_in
        };
        let n_windows = self.windows.iter().take_while(is_in).count();
        self.windows.truncate(n_windows);
    }

    /// Reads the text; `None` as soon as `go_on`, which is asked before each layer of each window, says no. What is read takes 1.5 kB a
    /// token.
    pub fn read(self, mut go_on: impl FnMut() -> bool) -> Option<Reading> {
        self.read_by(&mut Batch::default(), &mut go_on)
    }

    fn read_by(self, batch: &mut Batch, go_on: &mut dyn FnMut() -> bool) -> Option<Reading> {
        let mut states = Vec::with_capacity(self.windows.len());
        for tokens in &self.windows {
            batch.push(&self.ids[tokens.clone()]);
            // Those of `[CLS]` and `[SEP]` are of no span.
            let read_out = |window: &[f32], _: &[f32]| states.push(window[HIDDEN..window.len() - HIDDEN].into());
            batch.encode(&MODEL.encoder, &mut *go_on, read_out)?;
        }
        Some(Reading { windows: self, states })
    }
}

/// What was read of a text.
#[derive(Debug, Clone, PartialEq)]
pub struct Reading {
    windows: Windows,
    /// Of each window, the states of its tokens.
    states: Vec<Box<[f32]>>,
}

impl Reading {
    /// True when no window of the text was left out.
    #[must_use]
    pub fn is_whole(&self) -> bool {
        self.windows.windows.last().is_some_and(|window| window.end == self.windows.ids.len())
    }

    /// The embedding of a span in bytes: zero where no token of it was read.
    #[must_use]
    pub fn embedding(&self, span: Range<usize>) -> Embedding {
        self.states(span).map_or(Embedding::ZERO, Embedding::of)
    }

    /// What the states of a span in bytes say of it as a unit of positions, see [`SpanHead`].
    #[must_use]
    pub fn unit_scores(&self, span: Range<usize>) -> UnitScores {
        let mut mean = [0.0; HIDDEN];
        if let Some(states) = self.states(span) {
            mean = sum_of(states).map(|sum| sum / (states.len() / HIDDEN) as f32);
        }
        SpanHead::get().unit_scores(&mean)
    }

    /// The states of the tokens that begin in a span, in the window that has most of them, of those the one whose middle is
    /// nearest, of those the first.
    fn states(&self, span: Range<usize>) -> Option<&[f32]> {
        let Windows { starts, windows, .. } = &self.windows;
        let at = |bound: usize| starts.partition_point(|&start| start < bound);
        let tokens = at(span.start)..at(span.end);
        let inside = |window: &Range<usize>| {
            let clamp = |token: usize| token.clamp(window.start, window.end) - window.start;
            clamp(tokens.start)..clamp(tokens.end)
        };
        let distance = |window: &Range<usize>| (window.start + window.end).abs_diff(tokens.start + tokens.end);
        let fit = |(at, window): &(usize, &Range<usize>)| (inside(window).len(), Reverse((distance(window), *at)));
        let (at, window) = windows.iter().enumerate().max_by_key(fit)?;
        let inside = inside(window);
        (!inside.is_empty()).then(|| &self.states[at][HIDDEN * inside.start..HIDDEN * inside.end])
    }
}

/// The pieces of a text between white space and marks, and each mark, with the bytes that they begin at. They are tokens
/// alike in the text and by themselves, unless they spell a special token.
fn pieces(text: &str) -> impl Iterator<Item = (usize, &str)> {
    let is_mark = |c: char| c.is_ascii_punctuation() || ('‐'..='‧').contains(&c);
    let mut rest = text;
    std::iter::from_fn(move || {
        rest = rest.trim_start();
        let start = text.len() - rest.len();
        let first = rest.chars().next()?;
        let end = if is_mark(first) {
            first.len_utf8()
        } else {
            rest.find(|c: char| c.is_whitespace() || is_mark(c)).unwrap_or(rest.len())
        };
        let piece;
        (piece, rest) = rest.split_at(end);
        Some((start, piece))
    })
}

#[cfg(test)]
mod tests;
