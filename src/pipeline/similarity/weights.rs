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

/// For pairs inside a comparison; given gold spans, cross-validated F1 0.425 at 0.22.
pub const IN_CONTEXT: Weights = Weights {
    bias: -5.7996,
    weights: [
        0.8689, 0.8720, 0.6463, -0.0377, -0.5887, 0.1456, -0.2259, 0.8831, 0.7617, 0.8881, 1.7029, 2.0033, 2.4698,
        0.8900, 0.5514, -0.2667,
    ],
};

/// For bare statements; cross-validated F1 0.398.
pub const ALONE: Weights = Weights {
    bias: -5.1275,
    weights: [
        2.5407, 1.6981, 1.2489, -0.3515, -0.1727, -0.0119, -0.2624, 0.0000, 0.0000, 0.0000, 5.8568, 0.0000, 0.0000,
        0.0000, 0.0000, 0.0000,
    ],
};
