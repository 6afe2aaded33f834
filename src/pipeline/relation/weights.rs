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

/// A divergence that is none harms more than one that is missed; cross-validated F1 of divergences 0.025, of links with their kind 0.344.
pub const FAST_IN_CONTEXT_THRESHOLD: f64 = 0.8;

/// For bare statements; cross-validated average precision 0.434 over linked pairs.
pub static FAST_ALONE: Weights = Weights {
    bias: -0.9109,
    weights: &[
        -4.0391, -1.7775, 1.6767, 6.4670, -8.0476, -2.5268, -0.0219, 0.0000, 0.0000, 0.0000, -0.5313, 0.0000, 0.0000,
        0.0000, 0.0000, 0.0000, 0.0790, 0.2156, 1.1137, -1.6266, -0.6280, -1.0370, 1.9783, 0.0000,
    ],
};

/// Where F1 of divergences plus F1 of links with their kind is best; cross-validated F1 of divergences 0.140, of links with their kind 0.323.
pub const FAST_ALONE_THRESHOLD: f64 = 0.29;

/// For pairs inside a comparison; cross-validated average precision 0.756 over linked pairs.
pub static THOROUGH_IN_CONTEXT: Weights = Weights {
    bias: -8.2237,
    weights: &[
        -0.3770, -0.3569, 0.2126, 1.7553, -2.9939, -0.5855, 0.0827, -0.2308, -0.2613, 0.2854, -0.2795, 0.3224, -0.3381,
        0.3495, -0.7109, -0.7475, -0.2101, -0.0998, -0.0363, 0.1808, 0.2537, -0.3774, 0.7001, 3.3646, 0.1706, -0.2131,
        0.1217, 0.0323, 4.1189, 2.4563, -0.4054, 6.8522, -0.1958, 0.0083, -0.4168, -0.7303, -0.1637, -0.3277, 1.2980,
        4.1603,
    ],
};

/// A divergence that is none harms more than one that is missed; cross-validated F1 of divergences 0.230, of links with their kind 0.399.
pub const THOROUGH_IN_CONTEXT_THRESHOLD: f64 = 0.6;

/// For bare statements; cross-validated average precision 0.720 over linked pairs.
pub static THOROUGH_ALONE: Weights = Weights {
    bias: -6.5556,
    weights: &[
        -0.9393, -0.5651, 0.4205, 3.3966, -4.9849, -1.0641, -0.3104, 0.0000, 0.0000, 0.0000, 0.0244, 0.0000, 0.0000,
        0.0000, 0.0000, 0.0000, -0.7694, 0.0000, 0.0000, 0.0000, 1.6332, 0.0000, 0.0000, 0.0000, 0.2896, 0.0000,
        0.0000, 0.0000, 8.8678, 4.5448, -1.8351, 0.0000, -0.4151, 0.0382, 0.3565, -1.8482, -0.7003, -0.7335, 2.1248,
        0.0000,
    ],
};

/// Where F1 of divergences plus F1 of links with their kind is best; cross-validated F1 of divergences 0.247, of links with their kind 0.398.
pub const THOROUGH_ALONE_THRESHOLD: f64 = 0.47;
