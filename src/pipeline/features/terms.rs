//! A word as a term: its stem, its weight, whether it says nothing by itself.
//!
//! Every thread remembers the terms of the words it met: official texts say much in the same words, and stemming one
//! costs more than all that is done with the stem.

use super::{IDF, STOP};
use foldhash::HashMap;
use rust_stemmers::{Algorithm, Stemmer};
use std::cell::RefCell;
use std::sync::{Arc, LazyLock};

/// What a word counts as.
#[derive(Debug, Clone)]
pub(super) struct Term {
    pub(super) stem: Arc<str>,
    /// 0 to 1, by how few documents have the stem.
    pub(super) weight: f64,
    /// A function word, or one that stands in every readout.
    pub(super) is_stop: bool,
}

/// Most words that a thread remembers; then it forgets all. The 1,388 readouts that the frequencies were counted in have
/// some 20,000 different words, of which half stand once.
const MAX_REMEMBERED: usize = 8_192;
/// Bytes of the longest word that is remembered, so that the whole stays under a megabyte.
const MAX_REMEMBERED_BYTES: usize = 32;

static STEMMER: LazyLock<Stemmer> = LazyLock::new(|| Stemmer::create(Algorithm::English));

thread_local! {
    static REMEMBERED: RefCell<HashMap<Box<str>, Term>> = RefCell::default();
}

/// The term of a word in lower case.
pub(super) fn term(lower: &str) -> Term {
    if lower.len() > MAX_REMEMBERED_BYTES {
        return describe(lower);
    }
    REMEMBERED.with_borrow_mut(|remembered| {
        if let Some(term) = remembered.get(lower) {
            return term.clone();
        }
        if remembered.len() == MAX_REMEMBERED {
            remembered.clear();
        }
        let term = describe(lower);
        remembered.insert(lower.into(), term.clone());
        term
    })
}

fn describe(lower: &str) -> Term {
    let bare = lower.strip_suffix("'s").unwrap_or(lower);
    let stem: Arc<str> = if bare.is_ascii() { STEMMER.stem(bare).into() } else { bare.into() };
    Term { weight: IDF.weight(&stem), is_stop: STOP.contains(&*stem) || STOP.contains(lower), stem }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_remembered_is_what_is_made() {
        let words = (0..2 * MAX_REMEMBERED).map(|n| format!("word{n}"));
        for word in words.chain(["talks's", "the", "coöperation", &"long".repeat(20)].map(str::to_owned)) {
            let (made, first, again) = (describe(&word), term(&word), term(&word));
            for found in [first, again] {
                assert_eq!((found.stem, found.weight, found.is_stop), (made.stem.clone(), made.weight, made.is_stop));
            }
        }
        REMEMBERED.with_borrow(|remembered| assert!(remembered.len() <= MAX_REMEMBERED));
    }
}
