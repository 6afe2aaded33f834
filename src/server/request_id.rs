//! The name of one request in the log, in the trailer and in messages of errors.

use std::fmt;
use std::hash::{BuildHasher as _, Hasher as _, RandomState};

/// The header that brings an id and takes it back.
pub(super) const HEADER: &str = "x-request-id";

/// Most bytes of an id.
const MAX_BYTES: usize = 64;

/// The caller's, when it is a word of at most 64 letters, digits and `-_.`: the log holds nothing else of a caller's.
/// Otherwise random.
#[derive(Clone, Copy, PartialEq, Eq)]
pub struct RequestId {
    bytes: [u8; MAX_BYTES],
    len: u8,
}

impl RequestId {
    /// A new one.
    #[must_use]
    pub fn random() -> Self {
        // Two halves: an id that is unique in one process for a day need not be so in the logs of many for a year.
        let half = || RandomState::new().build_hasher().finish();
        Self::from_word(&format!("{:016x}{:016x}", half(), half())).expect("it is a word of 32 digits")
    }

    /// The id that a caller gave, or a new one.
    pub(super) fn of(headers: &http::HeaderMap) -> Self {
        let given = headers.get(HEADER).and_then(|value| value.to_str().ok());
        given.and_then(Self::from_word).unwrap_or_else(Self::random)
    }

    fn from_word(word: &str) -> Option<Self> {
        let is_word = !word.is_empty()
            && word.len() <= MAX_BYTES
            && word.bytes().all(|byte| byte.is_ascii_alphanumeric() || b"-_.".contains(&byte));
        let mut bytes = [0; MAX_BYTES];
        bytes.get_mut(..word.len()).filter(|_| is_word)?.copy_from_slice(word.as_bytes());
        Some(Self { bytes, len: u8::try_from(word.len()).ok()? })
    }

    /// The id as text.
    #[must_use]
    pub fn as_str(&self) -> &str {
        std::str::from_utf8(&self.bytes[..usize::from(self.len)]).expect("it is ASCII")
    }

    /// The id as a header.
    pub(super) fn header(&self) -> http::HeaderValue {
        http::HeaderValue::from_str(self.as_str()).expect("a word is a header")
    }
}

impl fmt::Debug for RequestId {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str(self.as_str())
    }
}

impl fmt::Display for RequestId {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str(self.as_str())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_id_is_taken_when_it_is_a_word_and_made_otherwise() {
        let of = |value: &str| {
            let mut headers = http::HeaderMap::new();
            headers.insert(HEADER, value.parse().expect("a header"));
            RequestId::of(&headers).to_string()
        };
        for word in ["a", "8e3b2c7a-1d", &"x".repeat(64)] {
            assert_eq!(of(word), word);
        }
        for other in ["", "two words", "id=1", "é", &"x".repeat(65)] {
            assert_eq!(of(other).len(), 32, "{other:?}");
        }
        assert_ne!(RequestId::random(), RequestId::random());
    }
}
