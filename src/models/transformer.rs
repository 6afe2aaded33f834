//! The layers of MiniLM (Wang et al. 2020, arXiv:2002.10957; post-norm as in BERT), which two models are made of: the
//! cross-encoder and the contextual embeddings.
//!
//! Matrices stay int8 and are multiplied in whole numbers (see `product`), the rest is f32 in a fixed order: the states of a
//! sequence are the same to the bit in whatever batch, on any number of threads and on every kind of CPU. Sequences of a
//! batch lie one after another without padding; only attention is by sequence. Cost is linear in the tokens but for
//! attention, which is quadratic in the tokens of a sequence. The products run on rayon's threads when it has several.
//!
//! | products of 954 tokens, 384 × 1,152 to 1,536, one core of an AMD EPYC (Zen 4, AVX-512 VNNI) | 10⁹ operations/s |
//! |---|---|
//! | rten-gemm 0.27, u8 × i8, as used here; two digits of eight bits, as before | 380 to 410; 200 |
//! | gemm 0.19, f32 by AVX-512 (faer has its kernels); rten-gemm, f32 | 108; 96 to 112 |
//! | matrixmultiply 0.3 (ndarray), f32 by AVX2 | 88 to 100 |

mod forward;
mod numeric;
mod product;
mod weights;

pub(super) use forward::Batch;
pub(super) use numeric::{dot, gelu, sum};
#[cfg(test)]
pub(super) use product::Precision;
pub(super) use weights::{Cursor, Encoder, HIDDEN, Words, header};

use super::wordpiece::{CLS, SEP};

/// Most tokens of a sequence, special ones included.
pub(super) const MAX_TOKENS: usize = 256;

/// Most tokens of a batch. A call needs some 30 kB a token, 8 MB; processor time a pair differs by 3 % from 128 to 512.
pub(super) const MAX_BATCH_TOKENS: usize = 256;
