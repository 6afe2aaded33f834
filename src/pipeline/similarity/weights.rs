//! Weights of the pair scorers. Made by `training/linker/fit.py`; do not edit.

use super::Weights;

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

/// For pairs inside a comparison; given gold spans, cross-validated F1 0.458 at 0.21.
pub static READ_IN_CONTEXT: Weights = Weights {
    bias: -6.4857,
    weights: &[
        0.6749, 0.8073, 0.4606, 0.0000, 0.0000, -0.3691, 0.0291, 0.4288, 0.4571, 0.6280, 0.2173, 0.5780, 1.0190,
        0.3883, 0.1495, -0.1484, 1.4383, 0.7721, 1.7902, 1.2077, 0.7939, 0.6703, 1.5499, 1.0679,
    ],
};

/// For a second look at pairs inside a comparison; given gold spans, cross-validated F1 0.464 at 0.23.
pub static READ_SECOND: Weights = Weights { bias: -7.9684, weights: &[13.3189, 0.6353, 1.4898, 6.3752, -0.6990] };

/// For bare statements; given gold spans, cross-validated F1 0.424 at 0.22.
pub static READ_ALONE: Weights = Weights {
    bias: -5.6786,
    weights: &[
        3.0572, 1.3952, 0.8103, -0.1371, 0.5154, -0.5682, -0.0402, 0.0000, 0.0000, 0.0000, 1.8778, 0.0000, 0.0000,
        0.0000, 0.0000, 0.0000, 0.0000, 0.0000, 0.0000, 0.0000, 5.6402, 0.0000, 0.0000, 0.0000,
    ],
};

/// For pairs inside a comparison; given gold spans, cross-validated F1 0.464 at 0.2.
pub static THOROUGH_IN_CONTEXT: Weights = Weights {
    bias: -4.3750,
    weights: &[
        0.4585, 0.3136, 0.2553, 0.0000, 0.0000, -0.0108, 0.0942, 0.2231, 0.4794, 0.7131, 0.2402, 0.2269, 0.6482,
        0.5951, 0.1717, 0.1255, 0.7370, 0.2152, 0.7918, 0.8872, 0.4237, 0.2188, 0.7749, 0.9138, 0.4647, 0.1227, 0.1610,
        0.2366, 0.2418, -0.0596, -0.5948, -0.0648, 0.3920, 0.2096, 0.1656, 0.2140, -0.1656, -0.3508, -0.5353, -0.1184,
    ],
};

/// For a second look at pairs inside a comparison; given gold spans, cross-validated F1 0.468 at 0.21.
pub static THOROUGH_SECOND: Weights = Weights { bias: -9.2877, weights: &[16.9418, 0.2036, 0.8215, 4.2730, 0.1534] };

/// For bare statements; given gold spans, cross-validated F1 0.431 at 0.2.
pub static THOROUGH_ALONE: Weights = Weights {
    bias: -3.9812,
    weights: &[
        1.8645, 0.8895, 0.6563, 0.2679, 0.3310, -0.4204, 0.2807, 0.0000, 0.0000, 0.0000, 1.2873, 0.0000, 0.0000,
        0.0000, 0.0000, 0.0000, 0.0000, 0.0000, 0.0000, 0.0000, 2.5212, 0.0000, 0.0000, 0.0000, 1.5042, 0.0000, 0.0000,
        0.0000, 1.4133, 0.0000, 0.0000, 0.0000, 1.2388, 0.0000, 0.0000, 0.0000, -0.4699, -1.0096, -1.8177, 0.0000,
    ],
};

/// For two bare statements that are compared with no others: THOROUGH_ALONE moved by STS-B train, see `training/public_sets/statements.py`.
pub static STATEMENTS: Weights = Weights {
    bias: -5.7760,
    weights: &[
        1.6039, -0.0880, 0.0035, -1.0454, -0.3224, -0.2638, -0.0777, 0.0000, 0.0000, 0.0000, 2.2151, 0.0000, 0.0000,
        0.0000, 0.0000, 0.0000, 0.0000, 0.0000, 0.0000, 0.0000, 6.2370, 0.0000, 0.0000, 0.0000, 0.2387, 0.0000, 0.0000,
        0.0000, 5.4799, 0.0000, 0.0000, 0.0000, -0.0754, 0.0000, 0.0000, 0.0000, -1.1556, -0.7510, 0.1125, 0.0000,
    ],
};
