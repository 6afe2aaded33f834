//! The entry points of the fuzz targets, on their seeds, on seeds with changes, and on random bytes: bounded, on stable.

use proptest::prelude::*;
use std::path::Path;

#[path = "../../fuzz/entry_points.rs"]
mod fuzzed;

fn all(bytes: &[u8]) {
    fuzzed::wire(bytes);
    fuzzed::json(bytes);
    fuzzed::text(bytes);
}

fn seeds() -> Vec<Vec<u8>> {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("fuzz/seeds");
    let mut paths: Vec<_> = std::fs::read_dir(folder).unwrap().map(|entry| entry.unwrap().path()).collect();
    paths.sort();
    paths.into_iter().map(|path| std::fs::read(path).unwrap()).collect()
}

#[test]
fn the_seeds_are_read() {
    let seeds = seeds();
    assert!(seeds.len() >= 4);
    seeds.iter().for_each(|seed| all(seed));
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 48, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn random_bytes_break_no_law(bytes in prop::collection::vec(any::<u8>(), 0..300)) {
        all(&bytes);
    }

    #[test]
    fn changed_seeds_break_no_law(
        seed in any::<prop::sample::Index>(),
        changes in prop::collection::vec((any::<prop::sample::Index>(), any::<u8>()), 1..8),
        keep in 0.2_f64..1.0,
    ) {
        let seeds = seeds();
        let mut bytes = seed.get(&seeds).clone();
        bytes.truncate((bytes.len() as f64 * keep) as usize);
        for (at, byte) in changes {
            if !bytes.is_empty() {
                let at = at.index(bytes.len());
                bytes[at] = byte;
            }
        }
        all(&bytes);
    }
}
