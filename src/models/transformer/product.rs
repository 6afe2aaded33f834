//! Rows of numbers times an int8 matrix, in whole numbers.
//!
//! A row is made whole numbers, from its least number to its greatest, and multiplied with the matrix in one product of u8
//! and i8. Whole numbers have one sum in whatever order, so the result is the same on every kind of CPU, in every batch and
//! on any number of threads. A CPU that adds products in 16 bits (x86 without VNNI) adds two of them: so a row has
//! [`LARGEST`] steps and no more, everywhere. Twice as many would take such a CPU twice the time, as two digits.
//!
//! Numbers of 16 bits are nearer to the reference and take 1.4 to 3 times the time. What the engine finds is alike: links
//! of 150 annotated contacts of our own, positions given, have F1 .613 with 7 bits and .615 with 8, with 8 and with 16 those of 180,
//! end to end, .429 and .430. So the tests hold the arithmetic to the reference with 16 bits, and comparisons are made with 7.

use super::numeric::whole;
use super::weights::Quantised;
use crate::models::vector_code::vectorised;
use rten_gemm::{GemmExecutor, GemmInputA, GemmInputB, GemmOptions};
use rten_tensor::NdTensorView;

/// How finely a row is made whole numbers.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub(in crate::models) enum Precision {
    /// Of 7 bits.
    #[default]
    Seven,
    /// Of 16 bits.
    #[cfg(test)]
    Sixteen,
}

/// Steps from the least number of a row to its greatest: two products with the greatest weight, 127, are 32,766 and in 16
/// bits.
const LARGEST: i32 = 129;

/// Multiplies, and keeps the memory for it.
#[derive(Default)]
pub(in crate::models) struct Product {
    pub(in crate::models) precision: Precision,
    executor: GemmExecutor<u8, i8, i32>,
    /// The highest digits of all rows, then the next ones.
    digits: Vec<u8>,
    scales: Vec<RowScale>,
    /// Products with the highest digits, then with the next ones.
    products: Vec<i32>,
}

/// How the numbers of a row were made whole.
#[derive(Debug, Clone, Copy, Default)]
struct RowScale {
    /// What one step stands for.
    step: f32,
    /// What stands for 0.
    zero: i32,
}

impl Product {
    /// Puts `put(old, new)` in place of each number of `output`, new being the matrix times the row of `input`, plus the
    /// bias.
    pub(super) fn multiply(
        &mut self,
        matrix: &Quantised,
        input: &[f32],
        output: &mut [f32],
        put: impl Fn(f32, f32) -> f32,
    ) {
        match (self.precision, self.executor.may_saturate()) {
            (Precision::Seven, _) => self.multiply_by::<LARGEST, 8, 1>(matrix, input, output, put),
            #[cfg(test)]
            (Precision::Sixteen, false) => self.multiply_by::<65_535, 8, 2>(matrix, input, output, put),
            #[cfg(test)]
            (Precision::Sixteen, true) => self.multiply_by::<65_535, 7, 3>(matrix, input, output, put),
        }
    }

    /// `LARGEST` stands for the greatest number of a row, 0 for the least.
    fn multiply_by<const LARGEST: i32, const N_BITS: u32, const N_DIGITS: usize>(
        &mut self,
        matrix: &Quantised,
        input: &[f32],
        output: &mut [f32],
        put: impl Fn(f32, f32) -> f32,
    ) {
        let (n_inputs, n_outputs) = (matrix.n_inputs(), matrix.bias.len());
        let n_rows = input.len() / n_inputs;
        let digits = at_least(&mut self.digits, N_DIGITS * input.len());
        let products = at_least(&mut self.products, N_DIGITS * n_rows * n_outputs);
        let scales = at_least(&mut self.scales, n_rows);
        vectorised(
            #[inline(always)]
            || {
                for (at, (row, scale)) in input.chunks_exact(n_inputs).zip(&mut *scales).enumerate() {
                    let (least, greatest) = extremes(row);
                    let range = greatest - least;
                    let per_step = if range > 0.0 { LARGEST as f32 / range } else { 0.0 };
                    let zero = whole(-least * per_step);
                    *scale = RowScale { step: range / LARGEST as f32, zero };
                    for place in 0..N_DIGITS {
                        let shift = N_BITS * (N_DIGITS - 1 - place) as u32;
                        let digits = &mut digits[place * input.len() + at * n_inputs..][..n_inputs];
                        for (digit, number) in digits.iter_mut().zip(row) {
                            // The greatest and the zero may both have been rounded up.
                            let number = (whole(number * per_step) + zero).min(LARGEST);
                            *digit = (number >> shift & ((1 << N_BITS) - 1)) as u8;
                        }
                    }
                }
            },
        );
        let rows = NdTensorView::from_data([N_DIGITS * n_rows, n_inputs], &*digits);
        let (rows, columns) = (GemmInputA::Unpacked(rows), GemmInputB::Packed(&matrix.packed));
        let done = self.executor.gemm(products, rows, columns, GemmOptions::default());
        done.expect("the sizes agree, and the matrix was packed by an executor of this kind");
        let products: [&[i32]; N_DIGITS] =
            std::array::from_fn(|place| &products[place * n_rows * n_outputs..][..n_rows * n_outputs]);
        vectorised(
            #[inline(always)]
            || {
                for (at, (row, &RowScale { step, zero })) in
                    output.chunks_exact_mut(n_outputs).zip(&*scales).enumerate()
                {
                    let digits = products.map(|products| &products[at * n_outputs..][..n_outputs]);
                    let columns = matrix.sums.iter().zip(&matrix.scales).zip(&matrix.bias);
                    for (column, (number, ((sum, scale), bias))) in row.iter_mut().zip(columns).enumerate() {
                        // The whole is less than 2³¹ though its parts may not be, with 16 bits.
                        let total = digits.iter().fold(0_i32, |sum, part| (sum << N_BITS).wrapping_add(part[column]));
                        let total = total.wrapping_sub(zero.wrapping_mul(*sum));
                        *number = put(*number, total as f32 * (step * scale) + bias);
                    }
                }
            },
        );
    }
}

/// The least and the greatest number of a row and 0.
#[inline(always)]
fn extremes(row: &[f32]) -> (f32, f32) {
    let (mut least, mut greatest) = ([0.0_f32; 16], [0.0_f32; 16]);
    for chunk in row.as_chunks::<16>().0 {
        for ((least, greatest), &number) in least.iter_mut().zip(&mut greatest).zip(chunk) {
            *least = if number < *least { number } else { *least };
            *greatest = if number > *greatest { number } else { *greatest };
        }
    }
    (least.into_iter().fold(0.0, f32::min), greatest.into_iter().fold(0.0, f32::max))
}

/// The first `n` of the numbers, which become as many when they are fewer.
fn at_least<T: Copy + Default>(numbers: &mut Vec<T>, n: usize) -> &mut [T] {
    if numbers.len() < n {
        numbers.resize(n, T::default());
    }
    &mut numbers[..n]
}
