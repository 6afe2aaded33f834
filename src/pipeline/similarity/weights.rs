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

/// For pairs inside a comparison; given gold spans, cross-validated F1 0.447 at 0.2.
pub static THOROUGH_IN_CONTEXT: Weights = Weights {
    bias: -4.4559,
    weights: &[
        0.5461, 0.4628, 0.7946, 0.4248, 0.0389, -0.1136, 0.1404, 0.3770, -0.0725, 1.2690, -1.5112, 1.0518, 4.0401,
        1.6646, 0.4959, 0.1491, 1.5375, 0.5084, -0.0445, -0.5322, -0.6491, -0.6129, -3.6771, 4.3676, 1.6558, 0.4533,
        0.4309, -0.5618, -0.1300, -0.7516, -2.0698, -0.1742,
    ],
};

/// For bare statements; given gold spans, cross-validated F1 0.436 at 0.2.
pub static THOROUGH_ALONE: Weights = Weights {
    bias: -3.2698,
    weights: &[
        1.1963, 0.5719, 0.4057, 0.3969, 0.5374, 0.1102, 0.2365, 0.0000, 0.0000, 0.0000, 1.2301, 0.0000, 0.0000, 0.0000,
        0.0000, 0.0000, 1.3649, 0.0000, 0.0000, 0.0000, 2.3908, 0.0000, 0.0000, 0.0000, 1.1490, 0.0000, 0.0000, 0.0000,
        -0.2053, -0.9198, -1.3977, 0.0000,
    ],
};
