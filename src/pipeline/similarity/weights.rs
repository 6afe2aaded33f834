//! Weights of the pair scorers. Made by `training/linker/fit.py`; do not edit.

use super::Weights;

/// For pairs inside a comparison; given gold spans, cross-validated F1 0.420 at 0.21.
pub static FAST_IN_CONTEXT: Weights = Weights {
    bias: -5.8446,
    weights: &[
        1.2743, 0.8874, 0.5371, 1.4044, 0.0465, -0.1366, 0.6044, 1.3711, 0.9220, 1.1268, 1.2496, 3.5617, 2.1366,
        0.3204, -0.1402,
    ],
};

/// For bare statements; given gold spans, cross-validated F1 0.399 at 0.22.
pub static FAST_ALONE: Weights = Weights {
    bias: -5.4448,
    weights: &[
        4.8100, 1.2347, 0.6860, 2.2111, -0.2705, -0.3685, 0.0000, 0.0000, 0.0000, 6.3258, 0.0000, 0.0000, 0.0000,
        0.0000, 0.0000,
    ],
};

/// For pairs inside a comparison; given gold spans, cross-validated F1 0.452 at 0.19.
pub static THOROUGH_IN_CONTEXT: Weights = Weights {
    bias: -3.3403,
    weights: &[
        0.4797, 0.4081, 0.7128, 0.2369, -0.1891, 0.1306, 0.3919, -0.1552, 1.3653, -1.3350, 0.9920, 4.0252, 1.5789,
        0.5544, 0.1573, 1.6046, 0.5376, 0.1889, -0.2528, -1.5865, -0.5385, -3.3537, 2.0466, 1.6107, 0.4895, 0.5691,
        -0.3766, -0.3444, -0.7775, -2.0433, 0.0700,
    ],
};

/// For bare statements; given gold spans, cross-validated F1 0.439 at 0.2.
pub static THOROUGH_ALONE: Weights = Weights {
    bias: -1.3347,
    weights: &[
        1.6152, 0.4667, 0.5475, 2.3441, -0.2941, 0.1906, 0.0000, 0.0000, 0.0000, 2.1578, 0.0000, 0.0000, 0.0000,
        0.0000, 0.0000, 2.3279, 0.0000, 0.0000, 0.0000, -2.4719, 0.0000, 0.0000, 0.0000, 1.8184, 0.0000, 0.0000,
        0.0000, -0.8156, -0.1647, -2.6716, 0.0000,
    ],
};
