//! Cross-encoder of the THOROUGH engine: pairs of texts in, seven logits a pair out.
//!
//! Six layers of MiniLM read `[CLS] a [SEP] b [SEP]` in one go, so that every word of one text sees every word of the
//! other (see `transformer`). Training, data and measured quality are in `models/thorough.md`;
//! `training/thorough/reference.py` is the same forward pass in f32 by numpy, and the logits here are within 1e-3 of its
//! where products are of 16 bits, as the tests have them, and within .2 as comparisons do (see `transformer::product`).
//!
//! ```no_run
//! use parallax::models::cross_encoder::judge_unordered;
//! let judged = judge_unordered(&[("We will raise aid.", "We will cut aid."), ("We will raise aid.", "It rains.")]);
//! assert!(judged[0].link > judged[1].link);
//! ```

mod head;
mod weights;

pub use weights::WEIGHTS;
pub(super) use weights::shared_words;

use super::transformer::{Batch, MAX_BATCH_TOKENS};
use super::vector_code::vectorised;
use super::wordpiece;
use weights::Model;

/// SHA-256 of the weights, `models/thorough.bin`, as its card has it.
pub const SHA256: &str = "143058cb3cfcb3ec92bdf8316981a8623d6c962e3b91a2e050d795788866ba45";

/// What the weights are and how good, in one line; the figures are those of the card.
pub const DESCRIPTION: &str = "cross-encoder of the thorough engine, from all-MiniLM-L6-v2, trained on readouts and public \
     pairs; Spearman .813 on STS-B dev, mAP strict .779 on ArgKP-2021 dev, accuracy .779 on SNLI dev";

/// What the model makes of each pair, in the order of `pairs`; `a` is the premise and `b` the hypothesis.
///
/// Texts should have passed [`clean`]. Of a pair of more than [`MAX_TOKENS`] tokens the longer text loses its end, the second when
/// both are equally long. The model is not symmetric: swapping the texts of a pair changes the logits. Two positions of
/// which neither is a premise are for [`judge_unordered`].
#[must_use]
pub fn judge(pairs: &[(&str, &str)]) -> Vec<Judgement> {
    let mut judgements = Vec::with_capacity(pairs.len());
    let mut batch = Batch::default();
    for &(a, b) in pairs {
        let (a, b) = fit(a, b);
        if batch.n_tokens() + a.len() + b.len() + N_SPECIAL > MAX_BATCH_TOKENS {
            judge_batch(&mut batch, &mut judgements);
        }
        batch.push_pair(&a, &b);
    }
    judge_batch(&mut batch, &mut judgements);
    judgements
}

/// Adds the judgements of the pairs of the batch, which is empty again.
fn judge_batch(batch: &mut Batch, judgements: &mut Vec<Judgement>) {
    let model = Model::get();
    let read_out = |a: &[f32], b: &[f32]| {
        judgements.push(vectorised(
            #[inline(always)]
            || head::read_out(model, a, b),
        ));
    };
    batch.encode(&model.encoder, || true, read_out).expect("nobody stops it");
}

/// As [`judge`], with the texts of each pair put in [`canonical`] order first, so that `(a, b)` and `(b, a)` are judged
/// alike to the bit. So the model's links, similarities and key points were measured, and so they are to be used.
#[must_use]
pub fn judge_unordered(pairs: &[(&str, &str)]) -> Vec<Judgement> {
    let pairs: Vec<_> = pairs.iter().map(|&(a, b)| canonical(a, b)).collect();
    judge(&pairs)
}

/// The two texts, the one of smaller UTF-8 bytes first.
#[must_use]
pub fn canonical<'a>(a: &'a str, b: &'a str) -> (&'a str, &'a str) {
    if a <= b { (a, b) } else { (b, a) }
}

/// The text with each run of white space made one space and none at its ends, as every text was in training.
#[must_use]
pub fn clean(text: &str) -> String {
    let mut cleaned = String::with_capacity(text.len());
    // Python's `str.split`, which the reference uses, splits at the four ASCII separators too.
    let is_space = |character: char| character.is_whitespace() || matches!(character, '\x1c'..='\x1f');
    for word in text.split(is_space).filter(|word| !word.is_empty()) {
        if !cleaned.is_empty() {
            cleaned.push(' ');
        }
        cleaned.push_str(word);
    }
    cleaned
}

/// Most tokens of the two texts of a pair that are read.
pub const MAX_TOKENS: usize = MAX_PAIR_TOKENS - N_SPECIAL;

/// Number of tokens of a text, counted up to one more than [`MAX_TOKENS`].
#[must_use]
pub fn count_tokens(text: &str) -> usize {
    wordpiece::tokenize(text, MAX_TOKENS + 1).len()
}

/// Parses the weights now, so that the first comparison does not wait for it.
pub fn load() {
    Model::get();
}

/// Raw logits of a pair of texts. The logistic function of one of the four single ones is its probability; softmax over
/// `entailment`, `neutral` and `contradiction` gives theirs.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Judgement {
    /// Both say something about the same specific thing.
    pub link: f32,
    /// They diverge on it; means something only where they are linked.
    pub divergence: f32,
    /// `b` follows from `a`.
    pub entailment: f32,
    /// `b` neither follows from `a` nor is ruled out by it.
    pub neutral: f32,
    /// `b` cannot hold when `a` does.
    pub contradiction: f32,
    /// Likeness of meaning; its logistic function times 5 is on the scale of STS-B.
    pub similarity: f32,
    /// One, an argument, makes the key point that the other is.
    pub keypoint: f32,
}

impl Judgement {
    /// The logits in the order of the fields, as the file's head has them.
    #[must_use]
    pub const fn new(logits: [f32; N_OUTPUTS]) -> Self {
        let [link, divergence, entailment, neutral, contradiction, similarity, keypoint] = logits;
        Self { link, divergence, entailment, neutral, contradiction, similarity, keypoint }
    }
}

/// Fields of a [`Judgement`].
pub const N_OUTPUTS: usize = 7;

/// One `[CLS]` and two `[SEP]`.
const N_SPECIAL: usize = 3;

/// Most tokens of a pair, special ones included; as in training's scoring.
const MAX_PAIR_TOKENS: usize = 128;

/// The ids of both texts, cut until they are [`MAX_TOKENS`].
fn fit(a: &str, b: &str) -> (Vec<u32>, Vec<u32>) {
    let (mut a, mut b) = (wordpiece::tokenize(a, MAX_TOKENS), wordpiece::tokenize(b, MAX_TOKENS));
    while a.len() + b.len() > MAX_TOKENS {
        let longer = if a.len() > b.len() { &mut a } else { &mut b };
        longer.pop();
    }
    (a, b)
}

#[cfg(test)]
mod tests;
