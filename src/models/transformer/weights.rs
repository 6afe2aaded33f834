//! The weights of an encoder, parsed from a file. Layout, little-endian; a q8 matrix is an f32 scale for each row, then its
//! i8 numbers:
//!
//! | what | of |
//! |---|---|
//! | position, segment embeddings | f32 positions × hidden, segments × hidden |
//! | norm | f32 weight, bias: hidden each |
//! | each layer | q8 query, key, value with bias; q8 out with bias; norm; q8 up with bias; q8 down with bias; norm |
//!
//! A matrix has a row for each output. Word embeddings are q8 vocabulary × hidden.

use crate::models::wordpiece::N_TOKENS;
use rten_gemm::{GemmExecutor, PackedBMatrix};
use rten_tensor::NdTensorView;

/// Width of a token's state.
pub(in crate::models) const HIDDEN: usize = 384;

/// Attention heads of a layer.
pub(super) const N_HEADS: usize = 12;

/// Width of the feed-forward part.
pub(super) const INNER: usize = 1536;

/// Layers of an encoder.
pub(super) const N_LAYERS: usize = 6;

/// Texts of a sequence, at most.
const N_SEGMENTS: usize = 2;

/// What a file says of its sizes after its magic: version, layers, width, heads, feed-forward width, vocabulary, positions,
/// segments, width of the head's middle and its outputs, and two that are 0.
pub(in crate::models) const fn header(n_positions: usize, n_inner: usize, n_outputs: usize) -> [u32; 12] {
    let sizes = [1, N_LAYERS, HIDDEN, N_HEADS, INNER, N_TOKENS, n_positions, N_SEGMENTS, n_inner, n_outputs, 0, 0];
    let mut header = [0; 12];
    let mut at = 0;
    while at < sizes.len() {
        header[at] = sizes[at] as u32;
        at += 1;
    }
    header
}

/// Word embeddings. They stay where they are in the file: a row is needed now and then only.
pub(in crate::models) struct Words {
    scales: Vec<f32>,
    rows: &'static [[u8; HIDDEN]],
}

/// The weights of an encoder.
pub(in crate::models) struct Encoder {
    words: &'static Words,
    positions: Vec<f32>,
    segments: Vec<f32>,
    /// Of the embeddings' sum.
    pub(super) norm: Norm,
    pub(super) layers: Vec<Layer>,
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

/// Weight and bias of a layer normalisation.
#[derive(Debug)]
pub(super) struct Norm {
    pub weight: Vec<f32>,
    pub bias: Vec<f32>,
}

impl Encoder {
    /// Writes the embedding of `token` at `position` in `segment` to `state`, not normed yet.
    pub(super) fn embed(&self, token: u32, position: usize, segment: usize, state: &mut [f32]) {
        let scale = self.words.scales[token as usize];
        let positions = &self.positions[HIDDEN * position..][..HIDDEN];
        let segments = &self.segments[HIDDEN * segment..][..HIDDEN];
        let word = &self.words.rows[token as usize];
        for (((state, &word), position), segment) in state.iter_mut().zip(word).zip(positions).zip(segments) {
            *state = f32::from(word.cast_signed()) * scale + position + segment;
        }
    }
}

/// What of a file is not read yet. Each part is `None` when the file is too short for it.
pub(in crate::models) struct Cursor(&'static [u8]);

impl Cursor {
    /// After `magic` and `header`, or `None` when the file does not begin with them.
    pub(in crate::models) fn after(file: &'static [u8], magic: &[u8], header: &[u32]) -> Option<Self> {
        let mut file = Self(file.strip_prefix(magic)?);
        let found = file.take(4 * header.len())?.as_chunks().0.iter().map(|&bytes| u32::from_le_bytes(bytes));
        found.eq(header.iter().copied()).then_some(file)
    }

    pub(in crate::models) const fn is_at_end(&self) -> bool {
        self.0.is_empty()
    }

    fn take(&mut self, n_bytes: usize) -> Option<&'static [u8]> {
        let (bytes, rest) = self.0.split_at_checked(n_bytes)?;
        self.0 = rest;
        Some(bytes)
    }

    pub(in crate::models) fn floats(&mut self, n: usize) -> Option<Vec<f32>> {
        Some(self.take(4 * n)?.as_chunks().0.iter().map(|&bytes| f32::from_le_bytes(bytes)).collect())
    }

    pub(in crate::models) fn words(&mut self) -> Option<Words> {
        Some(Words { scales: self.floats(N_TOKENS)?, rows: self.take(N_TOKENS * HIDDEN)?.as_chunks().0 })
    }

    /// An encoder of `n_positions` position embeddings.
    pub(in crate::models) fn encoder(&mut self, words: &'static Words, n_positions: usize) -> Option<Encoder> {
        Some(Encoder {
            words,
            positions: self.floats(n_positions * HIDDEN)?,
            segments: self.floats(N_SEGMENTS * HIDDEN)?,
            norm: self.norm()?,
            layers: (0..N_LAYERS).map(|_| self.layer()).collect::<Option<_>>()?,
        })
    }

    fn norm(&mut self) -> Option<Norm> {
        Some(Norm { weight: self.floats(HIDDEN)?, bias: self.floats(HIDDEN)? })
    }

    /// A q8 matrix of `n_rows` and `n_columns`, and its bias; `None` where a number is -128, of which a product does not fit in
    /// 16 bits (see `product`).
    fn quantised(&mut self, n_rows: usize, n_columns: usize) -> Option<Quantised> {
        let scales = self.floats(n_rows)?;
        let numbers: Vec<i8> = self.take(n_rows * n_columns)?.iter().map(|byte| byte.cast_signed()).collect();
        if numbers.contains(&i8::MIN) {
            return None;
        }
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
