//! Weights of the divergence of linked pairs. Made by `training/linker/fit.py`; do not edit.

use crate::pipeline::similarity::Weights;

/// For pairs inside a comparison; cross-validated average precision 0.764 over linked pairs.
pub static THOROUGH_IN_CONTEXT: Weights = Weights {
    bias: -8.7632,
    weights: &[
        -0.3710, -0.3452, 0.2031, 1.8223, -3.0791, -0.5978, 0.0811, -0.1936, -0.2533, 0.2381, -0.2938, 0.3186, -0.3377,
        0.5336, -0.6438, -0.7539, -0.2465, -0.0922, -0.0476, 0.1825, 0.2179, -0.3703, 0.7875, 3.9000, 0.1678, -0.2075,
        0.1324, 0.0482, 4.1712, 2.5767, -0.3880, 6.9387, -0.2317, 0.0007, -0.3941, -0.7278, -0.1565, -0.3545, 1.2075,
        4.0934,
    ],
};

/// A divergence that is none harms more than one that is missed; cross-validated F1 of divergences 0.243, of links with their kind 0.406.
pub const THOROUGH_IN_CONTEXT_THRESHOLD: f64 = 0.6;

/// For bare statements; cross-validated average precision 0.714 over linked pairs.
pub static THOROUGH_ALONE: Weights = Weights {
    bias: -5.6024,
    weights: &[
        -0.7495, -0.5186, 0.3297, 2.4366, -3.3588, -0.6246, -0.1904, 0.0000, 0.0000, 0.0000, 0.1468, 0.0000, 0.0000,
        0.0000, 0.0000, 0.0000, -0.4316, 0.0000, 0.0000, 0.0000, 0.7404, 0.0000, 0.0000, 0.0000, 0.4178, 0.0000,
        0.0000, 0.0000, 6.6957, 3.5917, -1.0168, 0.0000, -0.2428, 0.0730, 0.3934, -1.1001, -0.4596, -0.4858, 1.3392,
        0.0000,
    ],
};

/// Where F1 of divergences plus F1 of links with their kind is best; cross-validated F1 of divergences 0.255, of links with their kind 0.403.
pub const THOROUGH_ALONE_THRESHOLD: f64 = 0.41;

/// For pairs inside a comparison; cross-validated average precision 0.604 over linked pairs.
pub static FAST_IN_CONTEXT: Weights = Weights {
    bias: -1.8945,
    weights: &[
        -2.1156, -1.4872, 1.5891, 6.6401, -8.5360, -2.6971, 0.5489, -1.3758, -0.6284, 4.5172, -0.2733, 1.0454, -2.3898,
        -2.3941, -1.0133, -1.4929, -0.1071, -0.0614, -0.9032, -0.1380, 0.1478, -0.8096, 1.9491, 16.8188,
    ],
};

/// A divergence that is none harms more than one that is missed; cross-validated F1 of divergences 0.160, of links with their kind 0.366.
pub const FAST_IN_CONTEXT_THRESHOLD: f64 = 0.5;

/// For a second look at pairs inside a comparison; cross-validated average precision 0.668 over linked pairs.
pub static FAST_SECOND: Weights = Weights {
    bias: -2.7784,
    weights: &[
        -1.5506, -1.4552, 1.0278, 5.9459, -8.4126, -2.5852, 0.6584, -1.2819, -0.3506, 3.4922, -0.8182, 0.8587, -1.1541,
        -1.4613, -0.9263, -1.3390, -0.1761, -0.0746, -1.2629, 0.1281, 0.1332, -0.7483, 1.3945, -3.0082, 10.2920,
    ],
};

/// Where F1 of divergences plus F1 of links with their kind is best; cross-validated F1 of divergences 0.216, of links with their kind 0.384.
pub const FAST_SECOND_THRESHOLD: f64 = 0.51;

/// For bare statements; cross-validated average precision 0.434 over linked pairs.
pub static FAST_ALONE: Weights = Weights {
    bias: -0.9109,
    weights: &[
        -4.0391, -1.7775, 1.6767, 6.4670, -8.0476, -2.5268, -0.0219, 0.0000, 0.0000, 0.0000, -0.5313, 0.0000, 0.0000,
        0.0000, 0.0000, 0.0000, 0.0790, 0.2156, 1.1137, -1.6266, -0.6280, -1.0370, 1.9783, 0.0000,
    ],
};

/// Where F1 of divergences plus F1 of links with their kind is best; cross-validated F1 of divergences 0.144, of links with their kind 0.355.
pub const FAST_ALONE_THRESHOLD: f64 = 0.4;
