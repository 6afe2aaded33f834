//! The limits of a request, in one place: the validators enforce them and `DescribeEngine` returns them.
//!
//! Those that a server can be configured with are in [`Limits`], with the numbers here as defaults. Each number is
//! stated at its field in `proto/parallax/v1`, too; a change here is a change there.

use serde::{Deserialize, Serialize};

/// The limits that can be configured, and those of a server as a whole.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct Limits {
    /// Bytes of a request message, compressed or not.
    pub message_bytes: usize,
    /// Readouts a request.
    pub readouts: usize,
    /// Sides a request.
    pub sides: usize,
    /// Bytes of a readout's text.
    pub readout_bytes: usize,
    /// Statements of a readout.
    pub statements: usize,
    /// Bytes of a statement.
    pub statement_bytes: usize,
    /// Positions of a readout that are compared; those after it are left out, with a warning.
    pub positions: usize,
    /// Statements on one side of `ScorePairs`.
    pub score_statements: usize,
    /// Left statements times right statements of `ScorePairs`.
    pub score_pairs: usize,
    /// Bytes of all pairs of `ScorePairs`, each with both of its statements.
    pub pairs_length: usize,
    /// Bytes of an answer.
    pub answer_bytes: usize,
    /// Calls open at a time.
    pub calls: usize,
    /// Bytes of request messages held at a time.
    pub held_bytes: usize,
}

impl Default for Limits {
    fn default() -> Self {
        Self {
            message_bytes: MESSAGE_BYTES,
            readouts: READOUTS,
            sides: SIDES,
            readout_bytes: READOUT_BYTES,
            statements: STATEMENTS,
            statement_bytes: STATEMENT_BYTES,
            positions: POSITIONS,
            score_statements: SCORE_STATEMENTS,
            score_pairs: SCORE_PAIRS,
            pairs_length: PAIRS_LENGTH,
            answer_bytes: ANSWER_BYTES,
            calls: CALLS,
            held_bytes: HELD_BYTES,
        }
    }
}

/// Calls open at a time on all connections: each may hold a message.
pub const CALLS: usize = 1_024;
/// Bytes of request messages held at a time: 256 of the largest.
pub const HELD_BYTES: usize = 256 * MESSAGE_BYTES;

/// Bytes of a request message: 1 MiB. A readout is a page; 1 MiB is eight books of them.
pub const MESSAGE_BYTES: usize = 1024 * 1024;
/// Bytes of an answer. Answers quote the texts several times over, so they may be larger than requests; this bound
/// only stops an answer that no client could hold.
pub const ANSWER_BYTES: usize = 64 * 1024 * 1024;

/// Readouts a request.
pub const READOUTS: usize = 8;
/// Sides a request.
pub const SIDES: usize = 16;
/// Bytes of a readout's text.
pub const READOUT_BYTES: usize = 1_000_000;
/// Statements of a readout.
pub const STATEMENTS: usize = 2_000;
/// Bytes of a statement.
pub const STATEMENT_BYTES: usize = 4_000;
/// Positions of a readout: as many as the stages keep at all.
pub const POSITIONS: usize = crate::pipeline::MAX_POSITIONS;

/// Bytes of any id.
pub const ID_BYTES: usize = 128;
/// Bytes of an author side that is free text.
pub const AUTHOR_SIDE_BYTES: usize = 256;
/// Bytes of a title.
pub const TITLE_BYTES: usize = 1_000;
/// Bytes of a language tag, which RFC 5646 section 4.4.1 finds to be enough for every well-formed tag in use.
pub const LANGUAGE_BYTES: usize = 35;
/// Bytes of a source URI.
pub const SOURCE_URI_BYTES: usize = 2_048;

/// Bytes of a side's display name.
pub const DISPLAY_NAME_BYTES: usize = 256;
/// Aliases of a side, and principals of a side.
pub const NAMES: usize = 64;
/// Bytes of an alias or a principal.
pub const NAME_BYTES: usize = 200;

/// Points that a caller can ask for.
pub const POINTS: u32 = 10_000;

/// Statements on one side of `ScorePairs`.
pub const SCORE_STATEMENTS: usize = 500;
/// Left statements times right statements of `ScorePairs`.
pub const SCORE_PAIRS: usize = 40_000;
/// The same by the THOROUGH engine, which reads every pair: as many as it scores in a comparison.
pub const THOROUGH_PAIRS: usize = crate::pipeline::similarity::MAX_JUDGED;
/// Bytes of all pairs of `ScorePairs`: 40,000 pairs of two statements of 800 bytes, four times what statements have.
pub const PAIRS_LENGTH: usize = 64_000_000;
