//! Hashes of words and keys of features, the same as `fnv1a` and `key` in `training/position_spans/features.py`.

/// FNV-1a before the first byte.
pub(super) const FNV_START: u64 = 0xCBF2_9CE4_8422_2325;

/// FNV-1a after one more byte.
pub(super) const fn fnv_byte(state: u64, byte: u8) -> u64 {
    (state ^ byte as u64).wrapping_mul(0x100_0000_01B3)
}

/// FNV-1a after one more character, as UTF-8.
pub(super) fn fnv_char(state: u64, character: char) -> u64 {
    if character.is_ascii() {
        return fnv_byte(state, character as u8);
    }
    character.encode_utf8(&mut [0; 4]).bytes().fold(state, fnv_byte)
}

/// FNV-1a of a whole text.
pub(super) const fn fnv(text: &str) -> u64 {
    let bytes = text.as_bytes();
    let mut state = FNV_START;
    let mut at = 0;
    while at < bytes.len() {
        state = fnv_byte(state, bytes[at]);
        at += 1;
    }
    state
}

/// A feature while its parts are put together: the name of its template, then words and small numbers in order.
#[derive(Clone, Copy)]
pub(super) struct Feature(u64);

impl Feature {
    /// The feature of a template without parts.
    pub(super) const fn new(template: &str) -> Self {
        Self(fnv(template))
    }

    /// With one more part.
    #[inline]
    pub(super) const fn with(self, part: u64) -> Self {
        let product = (self.0.rotate_left(5) ^ part).wrapping_mul(0x9E37_79B9_7F4A_7C15);
        Self(product ^ (product >> 32))
    }

    /// All that it holds, to sort and compare by.
    pub(super) const fn state(self) -> u64 {
        self.0
    }

    /// The feature that [`Self::state`] was taken of.
    pub(super) const fn from_state(state: u64) -> Self {
        Self(state)
    }

    /// Its key in the weight file.
    #[expect(clippy::cast_possible_truncation, reason = "the key is the lower half")]
    pub(super) const fn key(self) -> u32 {
        self.0 as u32
    }
}
