//! Weights of the divergence of linked pairs. Made by `training/linker/fit.py`; do not edit.

use crate::pipeline::similarity::Weights;

/// For pairs inside a comparison; cross-validated average precision 0.604 over linked pairs.
pub static FAST_IN_CONTEXT: Weights = Weights {
    bias: -1.8976,
    weights: &[
        -2.1165, -1.4178, 1.5750, -9.3954, -2.6955, 0.5938, -1.3297, -0.8754, 4.6159, -0.2275, 1.0849, -2.5401,
        -2.5136, -1.0259, -1.4963, -0.1115, -0.0769, -0.8929, -0.1522, 0.1419, -0.8195, 2.0127, 6.5864, -8.4498,
        16.7365,
    ],
};

/// A divergence that is none harms more than one that is missed; cross-validated F1 of divergences 0.024, of links with their kind 0.343.
pub const FAST_IN_CONTEXT_THRESHOLD: f64 = 0.8;

/// For bare statements; cross-validated average precision 0.433 over linked pairs.
pub static FAST_ALONE: Weights = Weights {
    bias: -0.8810,
    weights: &[
        -4.0892, -1.7649, 1.6939, -11.3865, -2.5291, -0.0009, 0.0000, 0.0000, 0.0000, -0.5580, 0.0000, 0.0000, 0.0000,
        0.0000, 0.0000, 0.0710, 0.1938, 1.1015, -1.6368, -0.6326, -1.0431, 2.0900, 6.3565, -7.9386, 0.0000,
    ],
};

/// Where F1 of divergences plus F1 of links with their kind is best; cross-validated F1 of divergences 0.142, of links with their kind 0.321.
pub const FAST_ALONE_THRESHOLD: f64 = 0.29;

/// For pairs inside a comparison; cross-validated average precision 0.765 over linked pairs.
pub static THOROUGH_IN_CONTEXT: Weights = Weights {
    bias: -8.6647,
    weights: &[
        -0.3717, -0.3338, 0.2053, -3.0235, -0.5983, 0.0936, -0.1859, -0.2630, 0.2591, -0.2990, 0.3239, -0.3482, 0.5143,
        -0.6576, -0.7569, -0.2494, -0.0893, -0.0739, 0.1987, 0.1887, -0.3657, 0.6419, 3.8949, 0.1646, -0.1997, 0.1141,
        0.0550, 4.1653, 2.5538, -0.3985, 6.9339, -0.2369, -0.0054, -0.3956, -0.7298, -0.1581, -0.3587, 1.2203, 1.8060,
        -3.0540, 4.0614,
    ],
};

/// A divergence that is none harms more than one that is missed; cross-validated F1 of divergences 0.244, of links with their kind 0.404.
pub const THOROUGH_IN_CONTEXT_THRESHOLD: f64 = 0.6;

/// For bare statements; cross-validated average precision 0.713 over linked pairs.
pub static THOROUGH_ALONE: Weights = Weights {
    bias: -5.5266,
    weights: &[
        -0.7499, -0.5093, 0.3317, -3.3699, -0.6247, -0.1793, 0.0000, 0.0000, 0.0000, 0.1376, 0.0000, 0.0000, 0.0000,
        0.0000, 0.0000, -0.4473, 0.0000, 0.0000, 0.0000, 0.6561, 0.0000, 0.0000, 0.0000, 0.3987, 0.0000, 0.0000,
        0.0000, 6.6830, 3.5733, -1.0054, 0.0000, -0.2455, 0.0648, 0.3873, -1.1046, -0.4618, -0.4899, 1.3728, 2.4096,
        -3.3315, 0.0000,
    ],
};

/// Where F1 of divergences plus F1 of links with their kind is best; cross-validated F1 of divergences 0.261, of links with their kind 0.402.
pub const THOROUGH_ALONE_THRESHOLD: f64 = 0.41;
