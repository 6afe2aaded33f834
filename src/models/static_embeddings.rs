//! Vectors of texts from a table of token vectors: text in, a vector of length one out, and the cosine of two.
//!
//! A text's vector is the sum of its tokens' rows, made unit length. The weight of a token, less for frequent ones
//! (Arora et al. 2017, "A simple but tough-to-beat baseline"), is inside its row. The rows were trained to give the
//! cosines of all-MiniLM-L6-v2; `models/static.md` says how and on what. English only: other scripts fall apart into
//! letters.
//!
//! ```
//! use parallax::models::static_embeddings::{cosine, embed};
//! let aid = embed("The two leaders discussed economic assistance.");
//! assert!(cosine(&aid, &embed("They spoke about financial aid.")) > cosine(&aid, &embed("A dog runs on the beach.")));
//! ```

use super::vector_code::vectorised;
use super::wordpiece::{self, N_TOKENS};

/// Numbers in a [`Vector`].
pub const DIMENSIONS: usize = 256;

/// SHA-256 of the weights, `models/static.bin`, as its card has it.
pub const SHA256: &str = "9b4dc6380affc3772ebfcee3c143e560bc3db99e6b178aff2029734b1d3eb9aa";

/// The vector of a text, of length one; zero when the text has no token. Cost is linear in the text.
#[must_use]
pub fn embed(text: &str) -> Vector {
    let mut ids = Vec::with_capacity(text.len() / 4);
    wordpiece::tokenize_into(text, usize::MAX, &mut ids);
    let mut sums = [0.0; DIMENSIONS];
    vectorised(|| {
        for &id in &ids {
            let scale = f32::from_le_bytes(SCALES[id as usize]);
            for (sum, &weight) in sums.iter_mut().zip(&ROWS[id as usize]) {
                *sum += scale * f32::from(weight.cast_signed());
            }
        }
    });
    let length = dot(&sums, &sums).sqrt();
    if length > MIN_LENGTH {
        sums.iter_mut().for_each(|sum| *sum /= length);
        Vector(sums)
    } else {
        Vector([0.0; DIMENSIONS])
    }
}

/// The cosine of two vectors, -1 to 1; zero when one of them is zero. The same to the bit either way round and on every
/// machine; of a vector with itself it is 1 within 1e-6.
#[must_use]
pub fn cosine(left: &Vector, right: &Vector) -> f64 {
    f64::from(dot(&left.0, &right.0)).clamp(-1.0, 1.0)
}

/// Where a text lies: length one, or all zeros.
#[derive(Debug, Clone, PartialEq)]
pub struct Vector([f32; DIMENSIONS]);

impl Vector {
    /// The numbers.
    #[must_use]
    pub fn as_slice(&self) -> &[f32] {
        &self.0
    }

    /// Whether the text had no token.
    #[must_use]
    pub fn is_zero(&self) -> bool {
        self.0.iter().all(|&number| number == 0.0)
    }
}

/// Sums shorter than this have no direction; the reference divides by it instead.
const MIN_LENGTH: f32 = 1e-12;

/// Independent sums in a dot product. One chain of additions cannot be vectorised.
const N_LANES: usize = 16;

fn dot(left: &[f32; DIMENSIONS], right: &[f32; DIMENSIONS]) -> f32 {
    vectorised(|| {
        let mut lanes = [0.0; N_LANES];
        for (left, right) in left.as_chunks::<N_LANES>().0.iter().zip(right.as_chunks::<N_LANES>().0) {
            for lane in 0..N_LANES {
                lanes[lane] += left[lane] * right[lane];
            }
        }
        lanes.iter().sum()
    })
}

/// Bytes before the scales: magic, version, entries, dimensions, reserved.
const HEADER: usize = 24;

/// The file: header, f32 scale of each token, i8 row of each token, little-endian. Its length is checked by its type.
/// The table, `models/static.bin`.
pub static WEIGHTS: &[u8; HEADER + N_TOKENS * (size_of::<f32>() + DIMENSIONS)] =
    include_bytes!("../../models/static.bin");

static SCALES: &[[u8; 4]] = WEIGHTS.split_at(HEADER).1.split_at(4 * N_TOKENS).0.as_chunks().0;

static ROWS: &[[u8; DIMENSIONS]] = WEIGHTS.split_at(HEADER + 4 * N_TOKENS).1.as_chunks().0;

#[cfg(test)]
mod tests {
    use super::*;
    use crate::models::parity;
    use sha2::{Digest as _, Sha256};

    #[test]
    fn weights_are_those_of_the_card() {
        let digest: String = Sha256::digest(WEIGHTS).iter().map(|byte| format!("{byte:02x}")).collect();
        assert_eq!(digest, SHA256);
        assert!(include_str!("../../models/static.md").contains(SHA256));
        assert_eq!(&WEIGHTS[..8], b"PLXSTAT1");
        let header = |at: usize| u32::from_le_bytes(WEIGHTS[at..at + 4].try_into().expect("four bytes")) as usize;
        assert_eq!((header(8), header(12), header(16)), (1, N_TOKENS, DIMENSIONS));
    }

    /// Tolerance 1e-5 a number: the reference adds in another order.
    #[test]
    fn vectors_equal_the_reference() {
        for case in parity::cases() {
            let vector = embed(&case.text);
            assert_eq!(vector.is_zero(), case.ids.is_empty(), "{:?}", case.text);
            for (ours, theirs) in vector.as_slice().iter().zip(&case.vector8) {
                assert!((ours - theirs).abs() <= 1e-5, "{:?}: {ours} for {theirs}", case.text);
            }
        }
    }

    #[test]
    fn cosine_has_no_left_and_right() {
        let vectors: Vec<Vector> = parity::cases().iter().map(|case| embed(&case.text)).collect();
        for left in &vectors {
            let with_itself = if left.is_zero() { 0.0 } else { 1.0 };
            assert!((cosine(left, left) - with_itself).abs() <= 1e-6);
            for right in &vectors {
                assert_eq!(cosine(left, right).to_bits(), cosine(right, left).to_bits());
            }
        }
    }
}
