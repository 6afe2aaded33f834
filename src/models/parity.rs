//! The reference's answers, written by `training/static_embeddings/parity_static.py`.

use serde::Deserialize;
use std::sync::LazyLock;

/// The whole file.
#[derive(Deserialize)]
pub(super) struct Parity {
    /// Over the ids of "a" + character + "b" for every character, each time their number first, as u32 little-endian.
    pub every_character_sha256: String,
    cases: Vec<Case>,
}

/// One text and what the reference makes of it.
#[derive(Deserialize)]
pub(super) struct Case {
    pub text: String,
    pub ids: Vec<u32>,
    /// The first eight numbers of the text's vector.
    pub vector8: [f32; 8],
}

pub(super) fn file() -> &'static Parity {
    static FILE: LazyLock<Parity> =
        LazyLock::new(|| serde_json::from_str(include_str!("parity_static.json")).expect("the file has this shape"));
    &FILE
}

pub(super) fn cases() -> &'static [Case] {
    &file().cases
}
