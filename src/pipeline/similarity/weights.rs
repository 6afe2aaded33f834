//! Weights of the pair scorers. Made by `training/linker/fit.py`; do not edit.

/// Inputs of a pair.
pub const N_INPUTS: usize = 16;

/// A logistic regression over the inputs of a pair, in the order of `inputs`.
pub struct Weights {
    /// Added to every pair.
    pub bias: f64,
    /// One an input.
    pub weights: [f64; N_INPUTS],
}

/// For pairs inside a comparison; given gold spans, cross-validated F1 0.419 at 0.23.
pub const IN_CONTEXT: Weights = Weights {
    bias: -6.0819,
    weights: [
        0.7922, 0.9639, 0.6560, 0.3874, 0.2509, 0.1673, -0.2734, 0.8761, 0.6888, 0.9329, 1.4988, 1.9958, 2.4843,
        0.9300, 0.5386, -0.2717,
    ],
};

/// For bare statements; cross-validated F1 0.404.
pub const ALONE: Weights = Weights {
    bias: -5.4668,
    weights: [
        2.4878, 1.6836, 1.2116, 0.2026, 0.8258, 0.0023, -0.2203, 0.0000, 0.0000, 0.0000, 5.6802, 0.0000, 0.0000,
        0.0000, 0.0000, 0.0000,
    ],
};
