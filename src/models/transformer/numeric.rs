//! The functions of the network that are not products with a weight matrix, written so that the compiler makes vector
//! code of them.
//!
//! Nothing here depends on the width of the vectors: sums run over [`N_LANES`] fixed lanes and no product is fused with
//! an addition, so that every kind of CPU gives the same bits.

use super::MAX_TOKENS;
use super::weights::{HIDDEN, N_HEADS, Norm};

/// Added to the variance in [`normalise`]; that of BERT.
const NORM_EPSILON: f32 = 1e-12;

/// Layer normalisation of each row of [`HIDDEN`] numbers, in place.
#[inline(always)]
pub(super) fn normalise(states: &mut [f32], norm: &Norm) {
    let (weights, biases) = (&norm.weight[..HIDDEN], &norm.bias[..HIDDEN]);
    for state in states.as_chunks_mut::<HIDDEN>().0 {
        let mean = sum(state, |number| number) / HIDDEN as f32;
        state.iter_mut().for_each(|number| *number -= mean);
        let variance = sum(state, |number| number * number) / HIDDEN as f32;
        let scale = 1.0 / (variance + NORM_EPSILON).sqrt();
        for ((number, weight), bias) in state.iter_mut().zip(weights).zip(biases) {
            *number = *number * scale * weight + bias;
        }
    }
}

/// Gaussian error linear unit: x/2 · (1 + erf(x / √2)).
#[inline(always)]
pub(in crate::models) fn gelu(x: f32) -> f32 {
    x * (0.5 + 0.5 * erf(x * std::f32::consts::FRAC_1_SQRT_2))
}

/// Width of one attention head.
pub(super) const HEAD_WIDTH: usize = HIDDEN / N_HEADS;

/// Keys whose scores are computed together.
const N_KEYS: usize = 32;

/// Queries that are computed together, so that what is loaded of keys and values serves all of them. Their sums are four
/// variables, as the compiler keeps those in registers but not an array of them.
const N_QUERIES: usize = 4;

/// What each token of one sequence takes from all of them. A row of `projected` is a token's query, key and value, a row of
/// `taken` what its heads take.
#[inline(always)]
pub(super) fn attend(projected: &[f32], taken: &mut [f32]) {
    let (projected, taken) = (projected.as_chunks::<{ 3 * HIDDEN }>().0, taken.as_chunks_mut::<HIDDEN>().0);
    let n_tokens = projected.len();
    // One row a dimension of the key; the columns beyond the last token stay 0.
    let mut keys = [[0.0_f32; MAX_TOKENS]; HEAD_WIDTH];
    // Rows of `projected` are so far apart that few of their parts fit in a cache.
    let mut values = [[0.0_f32; HEAD_WIDTH]; MAX_TOKENS];
    let mut shares = [[0.0_f32; MAX_TOKENS]; N_QUERIES];
    for head in 0..N_HEADS {
        for (token, (row, value)) in projected.iter().zip(&mut values).enumerate() {
            let heads = row.as_chunks::<HEAD_WIDTH>().0;
            for (keys, &key) in keys.iter_mut().zip(&heads[N_HEADS + head]) {
                keys[token] = key;
            }
            *value = heads[2 * N_HEADS + head];
        }
        for first in (0..n_tokens).step_by(N_QUERIES) {
            // The last ones may be the last token again.
            let queries: [&[f32; HEAD_WIDTH]; N_QUERIES] =
                std::array::from_fn(|at| &projected[n_tokens.min(first + at + 1) - 1].as_chunks().0[head]);
            for place in 0..n_tokens.div_ceil(N_KEYS) {
                let [mut a, mut b, mut c, mut d] = [[0.0; N_KEYS]; N_QUERIES];
                for (dimension, keys) in keys.iter().enumerate() {
                    let keys = &keys.as_chunks::<N_KEYS>().0[place];
                    add_scaled(&mut a, queries[0][dimension], keys);
                    add_scaled(&mut b, queries[1][dimension], keys);
                    add_scaled(&mut c, queries[2][dimension], keys);
                    add_scaled(&mut d, queries[3][dimension], keys);
                }
                for (shares, sums) in shares.iter_mut().zip([a, b, c, d]) {
                    shares.as_chunks_mut().0[place] = sums;
                }
            }
            let scale = 1.0 / (HEAD_WIDTH as f32).sqrt();
            let mut totals = [0.0; N_QUERIES];
            for (shares, total) in shares.iter_mut().zip(&mut totals) {
                *total = exponentials(&mut shares[..n_tokens], scale);
            }
            let [mut a, mut b, mut c, mut d] = [[0.0; HEAD_WIDTH]; N_QUERIES];
            for (token, value) in values[..n_tokens].iter().enumerate() {
                add_scaled(&mut a, shares[0][token], value);
                add_scaled(&mut b, shares[1][token], value);
                add_scaled(&mut c, shares[2][token], value);
                add_scaled(&mut d, shares[3][token], value);
            }
            for ((taken, sums), total) in taken[first..].iter_mut().zip([a, b, c, d]).zip(totals) {
                let share = 1.0 / total;
                for (taken, sum) in taken.as_chunks_mut::<HEAD_WIDTH>().0[head].iter_mut().zip(sums) {
                    *taken = sum * share;
                }
            }
        }
    }
}

#[inline(always)]
fn add_scaled<const N: usize>(sums: &mut [f32; N], scale: f32, numbers: &[f32; N]) {
    for (sum, number) in sums.iter_mut().zip(numbers) {
        *sum += scale * number;
    }
}

/// Puts e to the power of `scale` × each number in its place, divided by that of the largest, so that none is too large; their
/// sum, by which they are their softmax.
#[inline(always)]
fn exponentials(numbers: &mut [f32], scale: f32) -> f32 {
    let mut lanes = [f32::NEG_INFINITY; N_LANES];
    let larger = |left: f32, right: f32| if right > left { right } else { left };
    let (chunks, rest) = numbers.as_chunks::<N_LANES>();
    for chunk in chunks {
        lanes.iter_mut().zip(chunk).for_each(|(lane, &number)| *lane = larger(*lane, number));
    }
    lanes.iter_mut().zip(rest).for_each(|(lane, &number)| *lane = larger(*lane, number));
    let largest = lanes.into_iter().fold(f32::NEG_INFINITY, larger);
    numbers.iter_mut().for_each(|number| *number = exp((*number - largest) * scale));
    sum(numbers, |number| number)
}

/// Independent sums in [`sum`]. One chain of additions cannot be vectorised.
const N_LANES: usize = 16;

/// The sum of `of` each number, in a fixed order.
#[inline(always)]
pub(in crate::models) fn sum(numbers: &[f32], of: impl Fn(f32) -> f32) -> f32 {
    let mut lanes = [0.0; N_LANES];
    let (chunks, rest) = numbers.as_chunks::<N_LANES>();
    for chunk in chunks {
        lanes.iter_mut().zip(chunk).for_each(|(lane, &number)| *lane += of(number));
    }
    lanes.iter_mut().zip(rest).for_each(|(lane, &number)| *lane += of(number));
    lanes.iter().sum()
}

/// The sum of the products of the numbers of two slices of one length, in a fixed order.
#[inline(always)]
pub(in crate::models) fn dot(left: &[f32], right: &[f32]) -> f32 {
    let mut lanes = [0.0; N_LANES];
    for (left, right) in left.as_chunks::<N_LANES>().0.iter().zip(right.as_chunks::<N_LANES>().0) {
        lanes.iter_mut().zip(left.iter().zip(right)).for_each(|(lane, (left, right))| *lane += left * right);
    }
    lanes.iter().sum()
}

/// 1.5 · 2²³: adding it leaves no room for a fraction, so that the sum's last bits are the nearest whole number, the even
/// one of two.
const ROUND: f32 = 12_582_912.0;

/// The nearest whole number to `x`, which is between -2²² and 2²².
#[inline(always)]
pub(super) fn whole(x: f32) -> i32 {
    (x + ROUND).to_bits().cast_signed().wrapping_sub(ROUND.to_bits().cast_signed())
}

/// e to the power of `x`, within 1e-6 of it in relative terms, for x of at most 0; below -87 it stays at e⁻⁸⁷.
///
/// 2ⁿ · p(r) with n the nearest whole number to x / ln 2 and p the Taylor polynomial of the rest, ln 2 / 2 at most.
#[inline(always)]
fn exp(x: f32) -> f32 {
    /// ln 2 in two parts, the first short enough that its multiples are exact.
    const LN_2: [f32; 2] = [0.693_359_4, -2.121_944_4e-4];
    let x = if x < -87.0 { -87.0 } else { x };
    let shifted = x * std::f32::consts::LOG2_E + ROUND;
    let n = shifted - ROUND;
    let rest = x - n * LN_2[0] - n * LN_2[1];
    let polynomial = [1.0 / 720.0, 1.0 / 120.0, 1.0 / 24.0, 1.0 / 6.0, 0.5, 1.0, 1.0];
    let power = polynomial.iter().fold(0.0, |value, coefficient| value * rest + coefficient);
    let exponent = shifted.to_bits().wrapping_sub(ROUND.to_bits()).wrapping_add(127) << 23;
    power * f32::from_bits(exponent)
}

/// The error function, within 1e-6: the quotient of two polynomials that Eigen and XLA use, on [-4, 4].
#[inline(always)]
fn erf(x: f32) -> f32 {
    const ABOVE: [f32; 7] = [
        -2.726_142_3e-10,
        2.770_681_4e-8,
        -2.101_024e-6,
        -5.692_506_5e-5,
        -7.349_906_3e-4,
        -2.954_6e-3,
        -1.609_603_3e-2,
    ];
    const BELOW: [f32; 5] = [-1.456_607_2e-5, -2.133_740_6e-4, -1.682_827e-3, -7.373_329_2e-3, -1.426_473_9e-2];
    let x = if x > 4.0 { 4.0 } else { x };
    let x = if x < -4.0 { -4.0 } else { x };
    let square = x * x;
    let value = |polynomial: &[f32]| polynomial.iter().fold(0.0, |value, coefficient| value * square + coefficient);
    x * value(&ABOVE) / value(&BELOW)
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Tolerance 1e-6: a few units in the last place.
    #[test]
    fn exp_is_that_of_the_standard_library() {
        for step in 0..8_700 {
            let x = -0.01 * step as f32;
            assert!((exp(x) / x.exp() - 1.0).abs() <= 1e-6, "{x}: {} for {}", exp(x), x.exp());
        }
        assert!(exp(-1e9) < 1e-37);
    }

    /// Tolerance 1e-6, against the series in f64: 2/√π · Σ (-1)ⁿ x²ⁿ⁺¹ / (n! (2n + 1)).
    #[test]
    fn erf_is_its_series() {
        for step in -450..=450 {
            let x = 0.01 * f64::from(step);
            let (mut power, mut series) = (x, x);
            for n in 1..120 {
                power *= -x * x / f64::from(n);
                series += power / f64::from(2 * n + 1);
            }
            let expected = series * std::f64::consts::FRAC_2_SQRT_PI;
            assert!((f64::from(erf(x as f32)) - expected).abs() <= 1e-6, "{x}: {} for {expected}", erf(x as f32));
        }
    }

    #[test]
    fn exponentials_of_far_apart_numbers_are_finite() {
        let mut numbers = [-1e6, 0.0, 2.0, -3.0];
        let total = exponentials(&mut numbers, 1.0);
        assert!((numbers.iter().sum::<f32>() - total).abs() <= 1e-6);
        assert!(numbers[2] / total > 0.8 && numbers[0] == numbers[0].abs());
    }
}
