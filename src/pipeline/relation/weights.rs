//! Weights of the divergence of linked pairs. Made by `training/linker/fit.py`; do not edit.

use crate::pipeline::similarity::Weights;

/// For pairs inside a comparison; cross-validated average precision 0.557 over linked pairs.
pub static FAST_IN_CONTEXT: Weights = Weights {
    bias: -3.1131,
    weights: &[
        -1.8500, -2.1985, 2.1352, -10.4417, -2.8437, 0.6595, -1.3427, -0.7107, 4.7433, 1.3506, 0.7939, -3.7994,
        -1.0400, -0.8162, -1.3498, 0.0085, -0.0626, -1.2318, -0.1949, 0.0479, -0.7460, 2.3828, 16.5910,
    ],
};

/// A divergence that is none harms more than one that is missed; cross-validated F1 of divergences 0.036, of links with their kind 0.345.
pub const FAST_IN_CONTEXT_THRESHOLD: f64 = 0.8;

/// For bare statements; cross-validated average precision 0.366 over linked pairs.
pub static FAST_ALONE: Weights = Weights {
    bias: -1.3096,
    weights: &[
        -4.5189, -2.7777, 2.5762, -17.0580, -3.7419, 0.0712, 0.0000, 0.0000, 0.0000, 0.4654, 0.0000, 0.0000, 0.0000,
        0.0000, 0.0000, 0.1999, 0.2296, 0.8633, -1.6175, -0.6672, -0.9808, 2.5366, 0.0000,
    ],
};

/// Where F1 of divergences plus F1 of links with their kind is best; cross-validated F1 of divergences 0.149, of links with their kind 0.335.
pub const FAST_ALONE_THRESHOLD: f64 = 0.37;

/// For pairs inside a comparison; cross-validated average precision 0.752 over linked pairs.
pub static THOROUGH_IN_CONTEXT: Weights = Weights {
    bias: -9.0945,
    weights: &[
        -0.3754, -0.3766, 0.2704, -3.2089, -0.6303, 0.1015, -0.1927, -0.2813, 0.2772, -0.1852, 0.3182, -0.4351, 0.7000,
        -0.6316, -0.7478, -0.2367, -0.0960, -0.0967, 0.1689, 0.4790, -0.3913, 0.5720, 3.6989, 0.1959, -0.2079, 0.1039,
        0.0193, 4.2858, 2.5213, -0.3598, 7.1213, -0.1980, 0.0095, -0.4730, -0.7257, -0.1619, -0.3366, 1.3305, 4.0276,
    ],
};

/// A divergence that is none harms more than one that is missed; cross-validated F1 of divergences 0.254, of links with their kind 0.405.
pub const THOROUGH_IN_CONTEXT_THRESHOLD: f64 = 0.6;

/// For bare statements; cross-validated average precision 0.703 over linked pairs.
pub static THOROUGH_ALONE: Weights = Weights {
    bias: -5.9203,
    weights: &[
        -0.7419, -0.5777, 0.4339, -3.6409, -0.6647, -0.1785, 0.0000, 0.0000, 0.0000, 0.3247, 0.0000, 0.0000, 0.0000,
        0.0000, 0.0000, -0.4771, 0.0000, 0.0000, 0.0000, 0.8959, 0.0000, 0.0000, 0.0000, 0.4153, 0.0000, 0.0000,
        0.0000, 6.9151, 3.5692, -0.9331, 0.0000, -0.1967, 0.0761, 0.3098, -1.0952, -0.4703, -0.4743, 1.5224, 0.0000,
    ],
};

/// A divergence that is none harms more than one that is missed; cross-validated F1 of divergences 0.241, of links with their kind 0.398.
pub const THOROUGH_ALONE_THRESHOLD: f64 = 0.47;
