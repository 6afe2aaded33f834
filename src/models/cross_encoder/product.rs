//! Rows of numbers times an int8 matrix, in whole numbers.
//!
//! A row is made whole numbers of 16 bits, its largest magnitude being [`LARGEST`]; written in digits, they are multiplied
//! with the matrix in one product of u8 and i8, a row for each digit. Whole numbers have one sum in whatever order, so
//! the result is the same on every kind of CPU, in every batch and on any number of threads. Two digits of eight bits are
//! enough but where the CPU adds products in 16 bits (x86 without VNNI): there it takes three of seven bits.

use super::numeric::whole;
use super::weights::Quantised;
use crate::models::vector_code::vectorised;
use rten_gemm::{GemmExecutor, GemmInputA, GemmInputB, GemmOptions};
use rten_tensor::NdTensorView;

/// Magnitude that stands for the largest of a row.
const LARGEST: i32 = 32_767;

/// Added to make the numbers positive.
const OFFSET: i32 = 32_768;

/// Multiplies, and keeps the memory for it.
#[derive(Default)]
pub(super) struct Product {
    executor: GemmExecutor<u8, i8, i32>,
    /// The highest digits of all rows, then the next ones.
    digits: Vec<u8>,
    /// What one step of each row stands for.
    steps: Vec<f32>,
    /// Products with the highest digits, then with the next ones.
    products: Vec<i32>,
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
        if self.executor.may_saturate() {
            self.multiply_by::<7, 3>(matrix, input, output, put);
        } else {
            self.multiply_by::<8, 2>(matrix, input, output, put);
        }
    }

    fn multiply_by<const N_BITS: u32, const N_DIGITS: usize>(
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
        let steps = at_least(&mut self.steps, n_rows);
        vectorised(
            #[inline(always)]
            || {
                for (at, (row, step)) in input.chunks_exact(n_inputs).zip(&mut *steps).enumerate() {
                    let (scale, per_step) = steps_of(row);
                    *step = scale;
                    for place in 0..N_DIGITS {
                        let shift = N_BITS * (N_DIGITS - 1 - place) as u32;
                        let digits = &mut digits[place * input.len() + at * n_inputs..][..n_inputs];
                        for (digit, number) in digits.iter_mut().zip(row) {
                            *digit = ((whole(number * per_step) + OFFSET) >> shift & ((1 << N_BITS) - 1)) as u8;
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
                for (at, (row, &step)) in output.chunks_exact_mut(n_outputs).zip(&*steps).enumerate() {
                    let digits = products.map(|products| &products[at * n_outputs..][..n_outputs]);
                    let columns = matrix.offsets.iter().zip(&matrix.scales).zip(&matrix.bias);
                    for (column, (number, ((offset, scale), bias))) in row.iter_mut().zip(columns).enumerate() {
                        // The whole is less than 2³¹ though its parts are not.
                        let total = digits.iter().fold(0_i32, |sum, part| (sum << N_BITS).wrapping_add(part[column]));
                        *number = put(*number, total.wrapping_sub(*offset) as f32 * (step * scale) + bias);
                    }
                }
            },
        );
    }
}

/// What one step of a row stands for, and how many steps one is.
#[inline(always)]
fn steps_of(row: &[f32]) -> (f32, f32) {
    let mut lanes = [0.0_f32; 16];
    for chunk in row.as_chunks::<16>().0 {
        for (lane, number) in lanes.iter_mut().zip(chunk) {
            let magnitude = number.abs();
            *lane = if magnitude > *lane { magnitude } else { *lane };
        }
    }
    let largest = lanes.into_iter().fold(0.0_f32, f32::max);
    if largest > 0.0 { (largest / LARGEST as f32, LARGEST as f32 / largest) } else { (0.0, 0.0) }
}

/// The first `n` of the numbers, which become as many when they are fewer.
fn at_least<T: Copy + Default>(numbers: &mut Vec<T>, n: usize) -> &mut [T] {
    if numbers.len() < n {
        numbers.resize(n, T::default());
    }
    &mut numbers[..n]
}

/// The offset's part of the product with a row of the matrix: what [`Product::multiply`] takes away again. `None` when
/// the row's numbers are so large that a product can exceed 31 bits.
pub(super) fn offset(row: &[i8]) -> Option<i32> {
    let sum = |of: fn(i8) -> i32| row.iter().map(|&number| of(number)).sum::<i32>();
    let is_small = sum(|number| i32::from(number).abs()) < i32::MAX / OFFSET;
    is_small.then(|| OFFSET * sum(i32::from))
}
