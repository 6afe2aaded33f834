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

use super::cross_encoder::shared_words;
use super::transformer::{Batch, Cursor, Encoder, HIDDEN, MAX_BATCH_TOKENS, MAX_TOKENS, dot, header, sum};
use super::vector_code::vectorised;
use super::wordpiece;
use std::ops::Range;
use std::sync::LazyLock;

/// The weight file: `PLXCTXT1`, twelve u32 (version 1, layers, hidden, heads, inner, vocabulary, positions, segments, 0, 0, 0,
/// 0), and an encoder as `transformer::weights` has it. The word embeddings are those of `thorough.bin`.
pub static WEIGHTS: &[u8] = include_bytes!("../../models/contextual.bin");

/// SHA-256 of the weights, as their card has it.
pub const SHA256: &str = "9105b81e59d8beddbc117110652a3744c29e97a20288449660d21e47642a6877";

/// What the weights are and how good, in one line; the figures are those of the card.
pub const DESCRIPTION: &str = "contextual embeddings of the thorough engine, from all-MiniLM-L6-v2, trained on readouts \
     and public pairs; Spearman .881 on STS-B dev, mAP strict .787 on ArgKP-2021 dev";

/// Tokens of a window, without the two special ones.
pub const WINDOW_TOKENS: usize = MAX_TOKENS - N_SPECIAL;

/// Most tokens of a text by itself that are read.
pub const MAX_TEXT_TOKENS: usize = 94;

/// [`wordpiece::CLS`] and [`wordpiece::SEP`].
const N_SPECIAL: usize = 2;

/// From the start of a window to that of the next one.
const STRIDE: usize = WINDOW_TOKENS * 3 / 4;

const MAGIC: &[u8] = b"PLXCTXT1";

const HEADER: [u32; 12] = header(MAX_TOKENS, 0, 0);

static ENCODER: LazyLock<Encoder> = LazyLock::new(|| read(WEIGHTS).expect("a test reads the file"));

fn read(file: &'static [u8]) -> Option<Encoder> {
    let mut file = Cursor::after(file, MAGIC, &HEADER)?;
    let encoder = file.encoder(shared_words(), MAX_TOKENS)?;
    file.is_at_end().then_some(encoder)
}

/// Parses the weights now, so that the first comparison does not wait for it.
pub fn load() {
    LazyLock::force(&ENCODER);
}

/// Where a text lies: length one, or all zeros where nothing of it was read.
#[derive(Debug, Clone, PartialEq)]
pub struct Embedding([f32; HIDDEN]);

impl Embedding {
    /// Of what was not read.
    pub const ZERO: Self = Self([0.0; HIDDEN]);

    /// The direction of the mean of states.
    fn of(states: &[f32]) -> Self {
        let mut sums = [0.0; HIDDEN];
        for state in states.as_chunks::<HIDDEN>().0 {
            sums.iter_mut().zip(state).for_each(|(sum, number)| *sum += number);
        }
        let length = sum(&sums, |number| number * number).sqrt();
        if length > 0.0 { Self(sums.map(|number| number / length)) } else { Self::ZERO }
    }

    /// The numbers.
    #[must_use]
    pub fn as_slice(&self) -> &[f32] {
        &self.0
    }
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

/// The embeddings of texts, each by itself; `None` as soon as `go_on`, which is asked before each batch of 256 tokens,
/// says no.
///
/// Of a text of more than [`MAX_TEXT_TOKENS`] tokens the rest is not read; one without tokens still has a direction, that of
/// no text.
pub fn embed_each(texts: &[&str], mut go_on: impl FnMut() -> bool) -> Option<Vec<Embedding>> {
    let mut embeddings = Vec::with_capacity(texts.len());
    let mut batch = Batch::default();
    for text in texts {
        let ids = wordpiece::tokenize(text, MAX_TEXT_TOKENS);
        if batch.n_tokens() + ids.len() + N_SPECIAL > MAX_BATCH_TOKENS {
            if !go_on() {
                return None;
            }
            embed_batch(&mut batch, &mut embeddings);
        }
        batch.push(&ids);
    }
    if !go_on() {
        return None;
    }
    embed_batch(&mut batch, &mut embeddings);
    Some(embeddings)
}

/// Number of tokens that [`embed_each`] reads of a text.
#[must_use]
pub fn count_tokens(text: &str) -> usize {
    wordpiece::tokenize(text, MAX_TEXT_TOKENS).len()
}

fn embed_batch(batch: &mut Batch, embeddings: &mut Vec<Embedding>) {
    batch.encode(&ENCODER, |states, _| embeddings.push(Embedding::of(states)));
}

/// A text cut into windows, for its spans to be embedded.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Windows {
    ids: Vec<u32>,
    windows: Vec<Window>,
    n_spans: usize,
}

/// A window that some span is read in.
#[derive(Debug, Clone, PartialEq, Eq)]
struct Window {
    tokens: Range<usize>,
    /// Spans by index, and their tokens, which may begin before or end after the window.
    spans: Vec<(usize, Range<usize>)>,
}

impl Windows {
    /// The windows of `text` that `spans`, in bytes on character boundaries, are read in.
    ///
    /// What stands between the bounds of spans is made tokens apart, which is the same as making all of it tokens unless a
    /// span begins or ends inside a word.
    #[must_use]
    pub fn new(text: &str, spans: &[Range<usize>]) -> Self {
        let mut bounds: Vec<usize> = spans.iter().flat_map(|span| [span.start, span.end]).collect();
        bounds.extend([0, text.len()]);
        bounds.sort_unstable();
        bounds.dedup();
        let mut ids = Vec::new();
        let mut first_tokens = Vec::with_capacity(bounds.len());
        for (at, &bound) in bounds.iter().enumerate() {
            first_tokens.push(ids.len());
            let end = bounds.get(at + 1).copied().unwrap_or(bound);
            wordpiece::tokenize_into(&text[bound..end], usize::MAX, &mut ids);
        }
        let token_at = |bound: usize| bounds.binary_search(&bound).map_or(ids.len(), |at| first_tokens[at]);
        let mut windows = all_windows(ids.len());
        for (at, span) in spans.iter().enumerate() {
            let tokens = token_at(span.start)..token_at(span.end);
            if let Some(window) = windows.iter_mut().max_by_key(|window| fit(&window.tokens, &tokens)) {
                window.spans.push((at, tokens));
            }
        }
        windows.retain(|window| !window.spans.is_empty());
        Self { ids, windows, n_spans: spans.len() }
    }

    /// Leaves out the last windows, until no more than `n` tokens are to be read; the number of spans that lose theirs.
    pub fn truncate(&mut self, n: usize) -> usize {
        let mut n_left = n;
        let is_in = |window: &&Window| {
            let is_in = window.tokens.len() <= n_left;
            n_left = n_left.saturating_sub(window.tokens.len());
            is_in
        };
        let n_windows = self.windows.iter().take_while(is_in).count();
        self.windows.drain(n_windows..).map(|window| window.spans.len()).sum()
    }

    /// The embeddings of the spans, in order, zero where a window was left out; `None` as soon as `go_on`, which is asked
    /// before each window, says no.
    pub fn embed(&self, mut go_on: impl FnMut() -> bool) -> Option<Vec<Embedding>> {
        self.embed_by(&mut Batch::default(), &mut go_on)
    }

    fn embed_by(&self, batch: &mut Batch, go_on: &mut dyn FnMut() -> bool) -> Option<Vec<Embedding>> {
        let mut embeddings = vec![Embedding::ZERO; self.n_spans];
        for Window { tokens, spans } in &self.windows {
            if !go_on() {
                return None;
            }
            batch.push(&self.ids[tokens.clone()]);
            batch.encode(&ENCODER, |states, _| {
                for (at, span) in spans {
                    // After the state of `[CLS]`.
                    let row = |token: usize| HIDDEN * (1 + token.clamp(tokens.start, tokens.end) - tokens.start);
                    embeddings[*at] = Embedding::of(&states[row(span.start)..row(span.end)]);
                }
            });
        }
        Some(embeddings)
    }
}

fn all_windows(n_tokens: usize) -> Vec<Window> {
    let starts = (0..).step_by(STRIDE);
    let mut windows = Vec::new();
    for start in starts {
        let end = n_tokens.min(start + WINDOW_TOKENS);
        windows.push(Window { tokens: start..end, spans: Vec::new() });
        if end == n_tokens {
            break;
        }
    }
    windows
}

/// The greater the better a window suits a span: tokens of it inside, then nearness of the middles, then the earlier one.
fn fit(window: &Range<usize>, span: &Range<usize>) -> (usize, std::cmp::Reverse<(usize, usize)>) {
    let inside = window.end.min(span.end).saturating_sub(window.start.max(span.start));
    let distance = (window.start + window.end).abs_diff(span.start + span.end);
    (inside, std::cmp::Reverse((distance, window.start)))
}

#[cfg(test)]
mod tests;
