//! What the cross-encoder made of pairs of texts, remembered: a pair takes milliseconds to judge and no time to find again.
//!
//! The same readout is often compared with several others, and a comparison is often asked for again. Which pairs are
//! remembered changes the time of an answer and never the answer. Texts are not kept: an entry is found by a digest of
//! the two, the first 16 bytes of a SHA-256, so that no two pairs share one.
//!
//! ```
//! use parallax::models::cross_encoder::Judgement;
//! use parallax::models::judgement_cache::JudgementCache;
//!
//! let cache = JudgementCache::new(1 << 20);
//! assert_eq!(cache.get("We will raise aid.", "We will cut aid."), None);
//! cache.put("We will raise aid.", "We will cut aid.", Judgement::new([0.0; 7]));
//! assert!(cache.get("We will raise aid.", "We will cut aid.").is_some());
//! assert_eq!((cache.n_found(), cache.n_missed()), (1, 1));
//! ```

use super::cross_encoder::Judgement;
use quick_cache::sync::Cache;
use sha2::{Digest as _, Sha256};
use std::sync::atomic::{AtomicU64, Ordering};

/// Bytes that an entry takes, with its share of the table and of the order in which entries leave: 105 by the resident
/// memory of a full one of a million, and some to spare.
const ENTRY_BYTES: usize = 128;

/// A bounded number of judgements; of those that do not fit, the ones that were seldom asked for leave first (S3-FIFO,
/// Yang et al., SOSP 2023).
#[derive(Debug)]
pub struct JudgementCache {
    judgements: Cache<[u8; 16], Judgement>,
    n_found: AtomicU64,
    n_missed: AtomicU64,
}

/// All are equal: no answer depends on one.
impl PartialEq for JudgementCache {
    fn eq(&self, _: &Self) -> bool {
        true
    }
}

impl JudgementCache {
    /// A cache that grows to `n_bytes`, one entry at least.
    #[must_use]
    pub fn new(n_bytes: usize) -> Self {
        let [n_found, n_missed] = [const { AtomicU64::new(0) }; 2];
        Self { judgements: Cache::new((n_bytes / ENTRY_BYTES).max(1)), n_found, n_missed }
    }

    /// The judgement of the two texts, in this order.
    #[must_use]
    pub fn get(&self, a: &str, b: &str) -> Option<Judgement> {
        let found = self.judgements.get(&digest(a, b));
        let count = if found.is_some() { &self.n_found } else { &self.n_missed };
        count.fetch_add(1, Ordering::Relaxed);
        found
    }

    /// Remembers the judgement of the two texts, in this order.
    pub fn put(&self, a: &str, b: &str, judgement: Judgement) {
        self.judgements.insert(digest(a, b), judgement);
    }

    /// How often a judgement was found.
    #[must_use]
    pub fn n_found(&self) -> u64 {
        self.n_found.load(Ordering::Relaxed)
    }

    /// How often it was not.
    #[must_use]
    pub fn n_missed(&self) -> u64 {
        self.n_missed.load(Ordering::Relaxed)
    }

    /// Judgements that are held.
    #[must_use]
    pub fn n_held(&self) -> usize {
        self.judgements.len()
    }
}

/// The length stands before the first text, so that no other two make the same bytes.
fn digest(a: &str, b: &str) -> [u8; 16] {
    let mut digest = Sha256::new();
    digest.update((a.len() as u64).to_le_bytes());
    digest.update(a);
    digest.update(b);
    let whole = digest.finalize();
    *whole.first_chunk().expect("a digest has 32 bytes")
}

#[cfg(test)]
mod tests {
    use super::*;

    fn judgement(link: f32) -> Judgement {
        Judgement::new([link, 0.0, 0.0, 0.0, 0.0, 0.0, 0.0])
    }

    #[test]
    fn pairs_are_told_apart_by_both_texts_and_their_border() {
        let cache = JudgementCache::new(1 << 20);
        let pairs = [("ab", "c"), ("a", "bc"), ("c", "ab"), ("", "abc"), ("abc", ""), ("和平", "战争")];
        for (at, (a, b)) in pairs.into_iter().enumerate() {
            cache.put(a, b, judgement(at as f32));
        }
        for (at, (a, b)) in pairs.into_iter().enumerate() {
            assert_eq!(cache.get(a, b), Some(judgement(at as f32)), "{a:?} {b:?}");
        }
        assert_eq!((cache.n_found(), cache.n_missed(), cache.n_held()), (6, 0, 6));
    }

    #[test]
    fn it_holds_no_more_than_it_may() {
        let cache = JudgementCache::new(100 * ENTRY_BYTES);
        for n in 0..1_000 {
            cache.put(&n.to_string(), "b", judgement(n as f32));
            // What is there is right.
            assert!(cache.get(&n.to_string(), "b").is_none_or(|found| found == judgement(n as f32)));
        }
        assert!((1..=100).contains(&cache.n_held()), "{}", cache.n_held());
    }
}
