//! The name of one request in the log.

use std::fmt;
use std::hash::{BuildHasher as _, Hasher as _, RandomState};

/// Random, made here: an id that a caller sends could hold anything, and the log must hold nothing of a caller's.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct RequestId(u64);

impl RequestId {
    /// A new one.
    pub(super) fn new() -> Self {
        Self(RandomState::new().build_hasher().finish())
    }
}

impl fmt::Display for RequestId {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(formatter, "{:016x}", self.0)
    }
}
