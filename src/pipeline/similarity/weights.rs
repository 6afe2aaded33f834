//! Weights of the pair scorers. Made by `training/linker/fit.py`; do not edit.

use super::Weights;

/// To be fitted.
pub static FAST_IN_CONTEXT: Weights = Weights {
    bias: -6.0819,
    weights: &[
        0.7922, 0.9639, 0.6560, 0.3874, 0.2509, 0.1673, -0.2734, 0.8761, 0.6888, 0.9329, 1.4988, 1.9958, 2.4843,
        0.9300, 0.5386, -0.2717,
    ],
};

/// To be fitted.
pub static FAST_ALONE: Weights = Weights {
    bias: -5.4668,
    weights: &[
        2.4878, 1.6836, 1.2116, 0.2026, 0.8258, 0.0023, -0.2203, 0.0000, 0.0000, 0.0000, 5.6802, 0.0000, 0.0000,
        0.0000, 0.0000, 0.0000,
    ],
};

/// For pairs inside a comparison; given gold spans, cross-validated F1 0.448 at 0.2.
pub static THOROUGH_IN_CONTEXT: Weights = Weights {
    bias: -4.4513,
    weights: &[
        0.5527, 0.4645, 0.7989, 0.4215, 0.0311, -0.2413, 0.1383, 0.3730, -0.0602, 1.2696, -1.5099, 1.0523, 4.0353,
        1.6641, 0.4947, 0.1471, 1.5394, 0.5082, -0.0436, -0.5290, -0.6517, -0.6113, -3.6796, 4.3725, 1.6550, 0.4530,
        0.4297, -0.5624, -0.1362, -0.7482, -2.0731, -0.1757,
    ],
};

/// For bare statements; given gold spans, cross-validated F1 0.436 at 0.2.
pub static THOROUGH_ALONE: Weights = Weights {
    bias: -3.2711,
    weights: &[
        1.1998, 0.5736, 0.4071, 0.3953, 0.5379, 0.0444, 0.2362, 0.0000, 0.0000, 0.0000, 1.2295, 0.0000, 0.0000, 0.0000,
        0.0000, 0.0000, 1.3659, 0.0000, 0.0000, 0.0000, 2.3934, 0.0000, 0.0000, 0.0000, 1.1494, 0.0000, 0.0000, 0.0000,
        -0.2063, -0.9196, -1.3981, 0.0000,
    ],
};
