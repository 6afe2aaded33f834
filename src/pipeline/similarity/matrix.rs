//! A measure of all pairs of two texts, with what only the whole of it shows: ranks, background, margins.

use crate::pipeline::Cancel;

/// A value with its place among the pairs of both positions.
#[derive(Debug, Clone, Copy, PartialEq, Default)]
pub struct InContext {
    /// The value itself.
    pub value: f64,
    /// Mean of the reciprocal ranks in row and column.
    pub mutual_rank: f64,
    /// Above the mean of row and column.
    pub background: f64,
    /// Above the next best of row and column, the lesser of the two, halved and moved to 0 to 1.
    pub margin: f64,
}

/// Values 0 to 1, row by row.
pub(super) struct Matrix {
    n_right: usize,
    values: Vec<f64>,
    /// Ranks of each value in its row and in its column, from 1. There are fewer positions than 16 bits can count; what would
    /// be beyond is as far away as can be.
    ranks: Vec<(u16, u16)>,
    rows: Vec<Line>,
    columns: Vec<Line>,
}

/// What a row or column needs to be compared with one of its values.
struct Line {
    mean: f64,
    best: f64,
    second: f64,
}

impl Line {
    fn new(values: &[f64]) -> Self {
        let (mut best, mut second) = (0.0_f64, 0.0_f64);
        for &value in values {
            if value > best {
                (best, second) = (value, best);
            } else if value > second {
                second = value;
            }
        }
        Self { mean: values.iter().sum::<f64>() / values.len().max(1) as f64, best, second }
    }

    /// Distance of `value` above the best of the others.
    fn margin(&self, value: f64) -> f64 {
        value - if value == self.best { self.second } else { self.best }
    }
}

impl Matrix {
    /// The matrix of `values`, row by row; `None` when `cancel` is set meanwhile.
    pub(super) fn new(cancel: &Cancel, values: Vec<f64>, n_left: usize, n_right: usize) -> Option<Self> {
        let mut ranks = vec![(0, 0); values.len()];
        let (mut rows, mut columns) = (Vec::with_capacity(n_left), Vec::with_capacity(n_right));
        for (i, row) in values.chunks(n_right.max(1)).enumerate() {
            cancel.check().ok()?;
            rows.push(Line::new(row));
            for (j, rank) in rank_all(row).into_iter().enumerate() {
                ranks[i * n_right + j].0 = rank;
            }
        }
        let mut column = Vec::with_capacity(n_left);
        for j in 0..n_right {
            cancel.check().ok()?;
            column.clear();
            column.extend((0..n_left).map(|i| values[i * n_right + j]));
            columns.push(Line::new(&column));
            for (i, rank) in rank_all(&column).into_iter().enumerate() {
                ranks[i * n_right + j].1 = rank;
            }
        }
        Some(Self { n_right, values, ranks, rows, columns })
    }

    pub(super) fn at(&self, i: usize, j: usize) -> f64 {
        self.values[i * self.n_right + j]
    }

    pub(super) fn in_context(&self, i: usize, j: usize) -> InContext {
        InContext {
            value: self.at(i, j),
            mutual_rank: self.mutual_rank(i, j),
            background: self.above_background(i, j),
            margin: self.margin(i, j),
        }
    }

    /// The better of the ranks in row and column.
    pub(super) fn rank(&self, i: usize, j: usize) -> u16 {
        let (row, column) = self.ranks[i * self.n_right + j];
        row.min(column)
    }

    /// Mean of the reciprocal ranks in row and column.
    pub(super) fn mutual_rank(&self, i: usize, j: usize) -> f64 {
        let (row, column) = self.ranks[i * self.n_right + j];
        (1.0 / f64::from(row) + 1.0 / f64::from(column)) / 2.0
    }

    /// How far the value lies above the mean of its row and column. Addition of two numbers does not depend on their
    /// order, so swapping the texts changes no bit.
    pub(super) fn above_background(&self, i: usize, j: usize) -> f64 {
        (self.at(i, j) - (self.rows[i].mean + self.columns[j].mean) / 2.0).clamp(0.0, 1.0)
    }

    /// How far it lies above the next best of row and column, the lesser of the two, from -1..1 moved to 0..1.
    pub(super) fn margin(&self, i: usize, j: usize) -> f64 {
        let value = self.at(i, j);
        let least = self.rows[i].margin(value).min(self.columns[j].margin(value));
        f64::midpoint(least, 1.0).clamp(0.0, 1.0)
    }
}

/// Ranks from 1, the greatest value first; of equal values the one that stands first in its text ranks first, so that a
/// text that repeats itself has no more candidates than another.
fn rank_all(values: &[f64]) -> Vec<u16> {
    let mut order: Vec<usize> = (0..values.len()).collect();
    order.sort_by(|&a, &b| values[b].total_cmp(&values[a]).then(a.cmp(&b)));
    let mut ranks = vec![0; values.len()];
    for (rank, at) in (1_usize..).zip(order) {
        ranks[at] = u16::try_from(rank).unwrap_or(u16::MAX);
    }
    ranks
}
