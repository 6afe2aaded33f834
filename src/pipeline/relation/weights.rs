//! Weights of the divergence of linked pairs. Made by `training/linker/fit.py`; do not edit.

use crate::pipeline::similarity::Weights;

/// For pairs inside a comparison; cross-validated average precision 0.604 over linked pairs.
pub static FAST_IN_CONTEXT: Weights = Weights {
    bias: -1.8979,
    weights: &[
        -2.1190, -1.4777, 1.5886, 6.6374, -8.5257, -2.6367, 0.5522, -1.3792, -0.6224, 4.5223, -0.2773, 1.0453, -2.3938,
        -2.3893, -1.0123, -1.4930, -0.1079, -0.0625, -0.9039, -0.1382, 0.1504, -0.8091, 1.9471, 16.8153,
    ],
};

/// Where F1 of divergences plus F1 of links with their kind is best, cross-validated: 0.178 and 0.356.
pub const FAST_IN_CONTEXT_THRESHOLD: f64 = 0.39;

/// For bare statements; cross-validated average precision 0.434 over linked pairs.
pub static FAST_ALONE: Weights = Weights {
    bias: -0.9111,
    weights: &[
        -4.0400, -1.7690, 1.6756, 6.4662, -8.0409, -2.4666, -0.0191, 0.0000, 0.0000, 0.0000, -0.5352, 0.0000, 0.0000,
        0.0000, 0.0000, 0.0000, 0.0784, 0.2150, 1.1129, -1.6270, -0.6257, -1.0369, 1.9760, 0.0000,
    ],
};

/// Where F1 of divergences plus F1 of links with their kind is best, cross-validated: 0.139 and 0.323.
pub const FAST_ALONE_THRESHOLD: f64 = 0.29;

/// For pairs inside a comparison; cross-validated average precision 0.756 over linked pairs.
pub static THOROUGH_IN_CONTEXT: Weights = Weights {
    bias: -8.2302,
    weights: &[
        -0.3759, -0.3542, 0.2134, 1.7529, -2.9896, -0.5909, 0.0845, -0.2316, -0.2584, 0.2919, -0.2821, 0.3228, -0.3405,
        0.3493, -0.7107, -0.7466, -0.2086, -0.0970, -0.0352, 0.1793, 0.2657, -0.3787, 0.7028, 3.3635, 0.1712, -0.2161,
        0.1221, 0.0286, 4.1213, 2.4551, -0.4045, 6.8510, -0.1963, 0.0077, -0.4173, -0.7309, -0.1617, -0.3280, 1.2947,
        4.1545,
    ],
};

/// Where F1 of divergences plus F1 of links with their kind is best, cross-validated: 0.265 and 0.409.
pub const THOROUGH_IN_CONTEXT_THRESHOLD: f64 = 0.46;

/// For bare statements; cross-validated average precision 0.720 over linked pairs.
pub static THOROUGH_ALONE: Weights = Weights {
    bias: -6.5748,
    weights: &[
        -0.9369, -0.5571, 0.4215, 3.3946, -4.9752, -1.0746, -0.3065, 0.0000, 0.0000, 0.0000, 0.0143, 0.0000, 0.0000,
        0.0000, 0.0000, 0.0000, -0.7669, 0.0000, 0.0000, 0.0000, 1.6710, 0.0000, 0.0000, 0.0000, 0.2851, 0.0000,
        0.0000, 0.0000, 8.8725, 4.5427, -1.8310, 0.0000, -0.4169, 0.0374, 0.3536, -1.8473, -0.6956, -0.7338, 2.1216,
        0.0000,
    ],
};

/// Where F1 of divergences plus F1 of links with their kind is best, cross-validated: 0.250 and 0.398.
pub const THOROUGH_ALONE_THRESHOLD: f64 = 0.48;
