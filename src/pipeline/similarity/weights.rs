//! Weights of the pair scorers. Made by `training/linker/fit.py`; do not edit.

use super::Weights;

/// For pairs inside a comparison; given gold spans, cross-validated F1 0.455 at 0.19.
pub static THOROUGH_IN_CONTEXT: Weights = Weights {
    bias: -3.3225,
    weights: &[
        0.4804, 0.4081, 0.7132, 0.0000, 0.0000, -0.1931, 0.1324, 0.3938, -0.1535, 1.3634, -1.3412, 0.9934, 4.0309,
        1.5667, 0.5534, 0.1570, 1.6016, 0.5395, 0.1861, -0.2506, -1.5778, -0.5373, -3.3944, 2.0491, 1.6093, 0.4917,
        0.5706, -0.3772, -0.3430, -0.7811, -2.0464, 0.0697,
    ],
};

/// For bare statements; given gold spans, cross-validated F1 0.442 at 0.21.
pub static THOROUGH_ALONE: Weights = Weights {
    bias: -3.1332,
    weights: &[
        1.1558, 0.5513, 0.3703, 0.3170, 0.6209, 0.0522, 0.2064, 0.0000, 0.0000, 0.0000, 1.2170, 0.0000, 0.0000, 0.0000,
        0.0000, 0.0000, 1.4258, 0.0000, 0.0000, 0.0000, 2.2721, 0.0000, 0.0000, 0.0000, 1.1783, 0.0000, 0.0000, 0.0000,
        -0.2648, -0.9651, -1.4478, 0.0000,
    ],
};

/// For pairs inside a comparison; given gold spans, cross-validated F1 0.423 at 0.21.
pub static FAST_IN_CONTEXT: Weights = Weights {
    bias: -5.8443,
    weights: &[
        1.2722, 0.8892, 0.5360, 0.0000, 0.0000, 0.0467, -0.1336, 0.6116, 1.3482, 0.9224, 1.1312, 1.2562, 3.5368,
        2.1381, 0.3165, -0.1414,
    ],
};

/// For a second look at pairs inside a comparison; given gold spans, cross-validated F1 0.438 at 0.22.
pub static FAST_SECOND: Weights = Weights { bias: -9.1439, weights: &[15.7610, -0.0848, 3.1866, 8.0215, -1.0180] };

/// For bare statements; given gold spans, cross-validated F1 0.396 at 0.24.
pub static FAST_ALONE: Weights = Weights {
    bias: -5.7066,
    weights: &[
        4.5946, 1.1815, 0.7808, -0.5220, 1.5100, -0.2752, -0.3658, 0.0000, 0.0000, 0.0000, 6.4856, 0.0000, 0.0000,
        0.0000, 0.0000, 0.0000,
    ],
};
