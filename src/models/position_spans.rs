//! Position spans: the weights that [`crate::pipeline::position::spans`] cuts a readout with.
//!
//! In: the key of a feature. Out: its weights, as integers in units of 1 / [`PositionSpanModel::scale`].
//! The method is a semi-Markov conditional random field (Sarawagi and Cohen, NIPS 2004); data, training and measured
//! quality are in `models/position_spans.md`.
//!
//! Layout of the file, integers little-endian, every list of keys ascending:
//!
//! | bytes | what |
//! |---|---|
//! | 8 | `PXSPANS1` |
//! | 5 × u32 | scale; numbers of known words (w), unit features (u), edge features (e), lengths (n) |
//! | w × u32 | known words: keys of lower-case words that a capitalised word at a sentence start may be |
//! | u × u32, u × i8 | unit features: keys, then weights |
//! | e × u32, e × 3 × i8 | edge features: keys, then weights of joining, starting and ending a span there |
//! | n × i8 | weights of a span's length |

use super::KeyTable;
use std::sync::LazyLock;

/// The weight file.
pub static WEIGHTS: &[u8] = include_bytes!("../../models/position_spans.bin");

const MAGIC: &[u8] = b"PXSPANS1";

static MODEL: LazyLock<PositionSpanModel> = LazyLock::new(|| {
    PositionSpanModel::read(WEIGHTS).expect("the weight file in the binary is whole; a test reads it")
});

/// The weights, parsed.
#[derive(Debug)]
pub struct PositionSpanModel {
    scale: f64,
    known: KeyTable<()>,
    units: KeyTable<i8>,
    edges: KeyTable<[i8; 3]>,
    lengths: Vec<i8>,
}

impl PositionSpanModel {
    /// The model of this version, parsed on the first call.
    #[must_use]
    pub fn get() -> &'static Self {
        &MODEL
    }

    /// What a weight of one is stored as.
    #[must_use]
    pub const fn scale(&self) -> f64 {
        self.scale
    }

    /// True when training saw the word with this key in lower case.
    #[must_use]
    pub fn is_known(&self, word: u32) -> bool {
        self.known.get(word).is_some()
    }

    /// The weight of a unit's feature; 0 when training did not keep it.
    #[inline]
    #[must_use]
    pub fn unit(&self, feature: u32) -> i32 {
        self.units.get(feature).map_or(0, i32::from)
    }

    /// The weights of joining, starting and ending a span at an edge with this feature.
    #[inline]
    #[must_use]
    pub fn edge(&self, feature: u32) -> [i32; 3] {
        self.edges.get(feature).map_or([0; 3], |weights| weights.map(i32::from))
    }

    /// The weight of length bin `bin`; 0 outside the bins.
    #[must_use]
    pub fn length(&self, bin: usize) -> i32 {
        self.lengths.get(bin).map_or(0, |&weight| i32::from(weight))
    }

    /// The model in `file`, or `None` when it is not laid out as documented.
    fn read(file: &[u8]) -> Option<Self> {
        let mut file = Cursor(file.strip_prefix(MAGIC)?);
        let header = file.integers(5)?;
        let [scale, n_known, n_units, n_edges, n_lengths] = header[..] else { return None };
        let known = file.integers(n_known)?;
        let units = file.integers(n_units)?;
        let unit_weights = file.weights(1, n_units)?;
        let edges = file.integers(n_edges)?;
        let edge_weights = file.weights(3, n_edges)?;
        let lengths = file.weights(1, n_lengths)?;
        let edge_weights = edge_weights.chunks_exact(3).map(|w| [w[0], w[1], w[2]]).collect::<Vec<_>>();
        file.0.is_empty().then(|| Self {
            scale: f64::from(scale),
            known: KeyTable::new(known.into_iter().map(|key| (key, ()))),
            units: KeyTable::new(units.into_iter().zip(unit_weights)),
            edges: KeyTable::new(edges.into_iter().zip(edge_weights)),
            lengths,
        })
    }
}

/// What of the file is not read yet.
struct Cursor<'a>(&'a [u8]);

impl Cursor<'_> {
    fn integers(&mut self, n: u32) -> Option<Vec<u32>> {
        let (bytes, rest) = self.0.split_at_checked(4 * n as usize)?;
        self.0 = rest;
        Some(bytes.chunks_exact(4).map(|b| u32::from_le_bytes([b[0], b[1], b[2], b[3]])).collect())
    }

    fn weights(&mut self, width: usize, n: u32) -> Option<Vec<i8>> {
        let (bytes, rest) = self.0.split_at_checked(width * n as usize)?;
        self.0 = rest;
        Some(bytes.iter().map(|&byte| byte.cast_signed()).collect())
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use sha2::{Digest as _, Sha256};

    #[test]
    fn the_file_is_whole_and_a_cut_one_is_refused() {
        let model = PositionSpanModel::read(WEIGHTS).expect("the file follows its layout");
        assert_eq!((model.scale(), model.lengths.len()), (64.0, 80));
        assert!(PositionSpanModel::read(&WEIGHTS[..WEIGHTS.len() - 1]).is_none());
        assert!(PositionSpanModel::read(&[WEIGHTS, &[0]].concat()).is_none());
        assert!(PositionSpanModel::read(b"").is_none());
    }

    #[test]
    fn the_card_is_that_of_the_file() {
        let sha256: String = Sha256::digest(WEIGHTS).iter().map(|byte| format!("{byte:02x}")).collect();
        assert!(include_str!("../../models/position_spans.md").contains(&sha256), "{sha256}");
    }
}
