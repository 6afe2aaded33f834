//! The weight file, parsed. Layout, little-endian; a q8 matrix is an f32 scale for each row, then its i8 numbers:
//!
//! | what | of |
//! |---|---|
//! | `PLXCROS1` | |
//! | 12 × u32 | version 1, layers, hidden, heads, inner, vocabulary, positions, segments, head inner, outputs, 0, 0 |
//! | word embeddings | q8 vocabulary × hidden |
//! | position, segment embeddings | f32 positions × hidden, segments × hidden |
//! | norm | f32 weight, bias: hidden each |
//! | each layer | q8 query, key, value with bias; q8 out with bias; norm; q8 up with bias; q8 down with bias; norm |
//! | head | f32 first matrix with bias, second matrix with bias |
//!
//! A matrix has a row for each output.

use super::super::wordpiece::N_TOKENS;
use super::N_OUTPUTS;
use super::numeric::MAX_PAIR_TOKENS;
use rten_gemm::{GemmExecutor, PackedBMatrix};
use rten_tensor::NdTensorView;
use std::sync::LazyLock;

/// The weight file.
pub static WEIGHTS: &[u8] = include_bytes!("../../../models/thorough.bin");

/// Width of a token's state.
pub(super) const HIDDEN: usize = 384;

/// Attention heads of a layer.
pub(super) const N_HEADS: usize = 12;

/// Width of the feed-forward part.
pub(super) const INNER: usize = 1536;

/// Width of the head's middle.
pub(super) const HEAD_INNER: usize = 128;

const MAGIC: &[u8] = b"PLXCROS1";

/// Version, layers and the sizes above, as the file has them.
const HEADER: [u32; 12] = [
    1,
    6,
    HIDDEN as u32,
    N_HEADS as u32,
    INNER as u32,
    N_TOKENS as u32,
    MAX_PAIR_TOKENS as u32,
    2,
    HEAD_INNER as u32,
    N_OUTPUTS as u32,
    0,
    0,
];

static MODEL: LazyLock<Model> =
    LazyLock::new(|| Model::read(WEIGHTS).expect("the weight file in the binary is whole; a test reads it"));

/// The weights. Word embeddings stay where they are in the file: a row is needed now and then only.
pub(super) struct Model {
    word_scales: Vec<f32>,
    words: &'static [[u8; HIDDEN]],
    positions: Vec<f32>,
    segments: Vec<f32>,
    /// Of the embeddings' sum.
    pub norm: Norm,
    pub layers: Vec<Layer>,
    /// From the pair's three vectors to [`HEAD_INNER`].
    pub head: Dense,
    pub outputs: Dense,
}

/// One layer of the encoder.
pub(super) struct Layer {
    /// Query, key and value, one below the other.
    pub attention: Quantised,
    pub out: Quantised,
    pub attention_norm: Norm,
    pub up: Quantised,
    pub down: Quantised,
    pub norm: Norm,
}

/// A matrix of int8 numbers, packed for products, of `bias.len()` rows.
pub(super) struct Quantised {
    pub packed: PackedBMatrix<i8>,
    /// What one step of each row stands for.
    pub scales: Vec<f32>,
    /// Of the numbers of each row.
    pub sums: Vec<i32>,
    pub bias: Vec<f32>,
}

impl Quantised {
    /// Columns of the matrix.
    pub(super) fn n_inputs(&self) -> usize {
        self.packed.rows()
    }
}

/// A matrix of `bias.len()` rows and the bias of each.
#[derive(Debug)]
pub(super) struct Dense {
    pub weights: Vec<f32>,
    pub bias: Vec<f32>,
}

/// Weight and bias of a layer normalisation.
#[derive(Debug)]
pub(super) struct Norm {
    pub weight: Vec<f32>,
    pub bias: Vec<f32>,
}

impl Model {
    /// The model of this version, parsed on the first call.
    pub(super) fn get() -> &'static Self {
        &MODEL
    }

    /// Writes the embedding of `token` at `position` in `segment` to `state`, not normed yet.
    pub(super) fn embed(&self, token: u32, position: usize, segment: usize, state: &mut [f32]) {
        let scale = self.word_scales[token as usize];
        let positions = &self.positions[HIDDEN * position..][..HIDDEN];
        let segments = &self.segments[HIDDEN * segment..][..HIDDEN];
        let word = &self.words[token as usize];
        for (((state, &word), position), segment) in state.iter_mut().zip(word).zip(positions).zip(segments) {
            *state = f32::from(word.cast_signed()) * scale + position + segment;
        }
    }

    /// The model in `file`, or `None` when it is not laid out as documented.
    fn read(file: &'static [u8]) -> Option<Self> {
        let mut file = Cursor(file.strip_prefix(MAGIC)?);
        if file.take(4 * HEADER.len())?.as_chunks().0.iter().map(|&bytes| u32::from_le_bytes(bytes)).ne(HEADER) {
            return None;
        }
        let (word_scales, words) = (file.floats(N_TOKENS)?, file.take(N_TOKENS * HIDDEN)?.as_chunks().0);
        let (positions, segments) = (file.floats(MAX_PAIR_TOKENS * HIDDEN)?, file.floats(2 * HIDDEN)?);
        let norm = file.norm()?;
        let layers = (0..HEADER[1]).map(|_| file.layer()).collect::<Option<_>>()?;
        let head = Dense { weights: file.floats(HEAD_INNER * 3 * HIDDEN)?, bias: file.floats(HEAD_INNER)? };
        let outputs = Dense { weights: file.floats(N_OUTPUTS * HEAD_INNER)?, bias: file.floats(N_OUTPUTS)? };
        file.0.is_empty().then_some(Self { word_scales, words, positions, segments, norm, layers, head, outputs })
    }
}

/// What of the file is not read yet.
struct Cursor(&'static [u8]);

impl Cursor {
    fn take(&mut self, n_bytes: usize) -> Option<&'static [u8]> {
        let (bytes, rest) = self.0.split_at_checked(n_bytes)?;
        self.0 = rest;
        Some(bytes)
    }

    fn floats(&mut self, n: usize) -> Option<Vec<f32>> {
        Some(self.take(4 * n)?.as_chunks().0.iter().map(|&bytes| f32::from_le_bytes(bytes)).collect())
    }

    fn norm(&mut self) -> Option<Norm> {
        Some(Norm { weight: self.floats(HIDDEN)?, bias: self.floats(HIDDEN)? })
    }

    /// A q8 matrix of `n_rows` and `n_columns`, and its bias.
    fn quantised(&mut self, n_rows: usize, n_columns: usize) -> Option<Quantised> {
        let scales = self.floats(n_rows)?;
        let numbers: Vec<i8> = self.take(n_rows * n_columns)?.iter().map(|byte| byte.cast_signed()).collect();
        let matrix = NdTensorView::from_data([n_rows, n_columns], &*numbers);
        let sum = |row: &[i8]| row.iter().map(|&number| i32::from(number)).sum();
        Some(Quantised {
            packed: GemmExecutor::<u8, i8, i32>::new().prepack_b(matrix.transposed()),
            scales,
            sums: numbers.chunks_exact(n_columns).map(sum).collect(),
            bias: self.floats(n_rows)?,
        })
    }

    fn layer(&mut self) -> Option<Layer> {
        Some(Layer {
            attention: self.quantised(3 * HIDDEN, HIDDEN)?,
            out: self.quantised(HIDDEN, HIDDEN)?,
            attention_norm: self.norm()?,
            up: self.quantised(INNER, HIDDEN)?,
            down: self.quantised(HIDDEN, INNER)?,
            norm: self.norm()?,
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_file_is_whole_and_a_cut_one_is_refused() {
        let model = Model::read(WEIGHTS).expect("the file follows its layout");
        assert_eq!((model.layers.len(), model.words.len()), (6, N_TOKENS));
        assert!(Model::read(&WEIGHTS[..WEIGHTS.len() - 1]).is_none());
        assert!(Model::read(&WEIGHTS[..40]).is_none());
        assert!(Model::read(b"").is_none());
    }
}
