//! Weights of the divergence of linked pairs. Made by `training/linker/fit.py`; do not edit.

use crate::pipeline::similarity::Weights;

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

/// Where F1 of divergences plus F1 of links with their kind is best; cross-validated F1 of divergences 0.155, of links with their kind 0.310.
pub const FAST_ALONE_THRESHOLD: f64 = 0.28;

/// For pairs inside a comparison; cross-validated average precision 0.760 over linked pairs.
pub static THOROUGH_IN_CONTEXT: Weights = Weights {
    bias: -6.4402,
    weights: &[
        -0.2942, -0.3484, 0.1091, 1.1331, -2.9271, -0.4867, 0.0918, -0.3097, -0.1131, 0.3848, -0.2769, 0.4563, -0.1367,
        0.1962, 0.1152, -0.6797, -0.9848, 0.2102, -0.9784, 0.6894, -0.9187, -0.1615, -0.4419, 0.4181, -0.0586, -0.1675,
        0.0961, 0.2718, 0.4287, -0.3894, 0.8212, 0.2597, 0.1650, -0.1366, 0.2321, 0.1514, 3.6070, 2.4652, -0.3790,
        6.2850, -0.3430, -0.0680, -0.3184, -0.6343, -0.0966, 0.0222, 1.0728, 5.0555,
    ],
};

/// A divergence that is none harms more than one that is missed; cross-validated F1 of divergences 0.243, of links with their kind 0.411.
pub const THOROUGH_IN_CONTEXT_THRESHOLD: f64 = 0.5;

/// For a second look at pairs inside a comparison; cross-validated average precision 0.727 over linked pairs.
pub static THOROUGH_SECOND: Weights = Weights {
    bias: -6.2786,
    weights: &[
        -0.2858, -0.3395, 0.0974, 1.0543, -2.8591, -0.4732, 0.1523, -0.3077, -0.1011, 0.3535, -0.3447, 0.4898, -0.1243,
        0.3156, 0.1727, -0.6414, -1.0983, 0.2110, -0.9514, 0.6395, -0.8469, -0.1508, -0.4206, 0.4766, -0.0782, -0.0998,
        0.1043, 0.3046, 0.4074, -0.3555, 0.8962, 0.2558, 0.0537, -0.0924, 0.1655, 0.1948, 3.1891, 2.2669, -0.1962,
        4.7972, -0.3654, -0.0690, -0.5654, -0.6166, -0.0668, 0.0304, 0.9796, 3.5887, 2.2835,
    ],
};

/// A divergence that is none harms more than one that is missed; cross-validated F1 of divergences 0.261, of links with their kind 0.416.
pub const THOROUGH_SECOND_THRESHOLD: f64 = 0.5;

/// For bare statements; cross-validated average precision 0.694 over linked pairs.
pub static THOROUGH_ALONE: Weights = Weights {
    bias: -5.4169,
    weights: &[
        -0.7216, -0.5028, 0.1511, 3.2098, -3.0899, -0.6922, -0.2080, 0.0000, 0.0000, 0.0000, 0.7539, 0.0000, 0.0000,
        0.0000, 0.0000, 0.0000, 0.0000, 0.0000, 0.0000, 0.0000, -1.5930, 0.0000, 0.0000, 0.0000, -0.4637, 0.0000,
        0.0000, 0.0000, 0.4192, 0.0000, 0.0000, 0.0000, 0.4071, 0.0000, 0.0000, 0.0000, 8.1435, 3.2063, -1.4759,
        0.0000, -0.0591, 0.0468, 0.1988, -0.7171, -0.4172, -0.6292, 0.9335, 0.0000,
    ],
};

/// Where F1 of divergences plus F1 of links with their kind is best; cross-validated F1 of divergences 0.208, of links with their kind 0.386.
pub const THOROUGH_ALONE_THRESHOLD: f64 = 0.4;
