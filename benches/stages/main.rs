//! Time and allocated memory of each stage and of the whole, by the size of the text. `cargo bench --bench stages`; see
//! `benches/README.md`.
//!
//! Each stage gets what the ones before it found. Giving back the memory of an answer is not in its time.

#![allow(missing_docs, reason = "a tool")]

mod chain;

#[path = "../inputs/mod.rs"]
mod inputs;

use chain::{Chain, Linked, Near};
use divan::{AllocProfiler, Bencher};
use mimalloc::MiMalloc;
use parallax::pipeline::attribution::Clause;
use parallax::pipeline::features::Features;
use parallax::pipeline::position::Position;
use parallax::pipeline::report::{Comparison, Extraction, Link};
use parallax::pipeline::segmentation::Segmentation;
use parallax::pipeline::sides::Cast;
use parallax::pipeline::similarity::ScoredPair;
use parallax::pipeline::{self, Engine, Options, ScoredRow};
use std::sync::LazyLock;

/// That of the binary, counted.
#[global_allocator]
static ALLOCATOR: AllocProfiler<MiMalloc> = AllocProfiler::new(MiMalloc);

/// Words of each of the two texts.
const SIZES: [usize; 3] = [200, 2_000, 20_000];

/// Statements of each side where they are ready-made.
const STATEMENTS: usize = 200;

/// Of most benches at least: the median of fewer would shake.
const SAMPLES: u32 = 15;

/// More samples are taken until they fill this.
const SECONDS: f64 = 0.2;

/// Of benches in which the cross-encoder reads, seconds each at the largest size.
const THOROUGH_SAMPLES: u32 = 5;

static FAST: [LazyLock<(Chain, Linked)>; 3] =
    [LazyLock::new(|| fast(SIZES[0])), LazyLock::new(|| fast(SIZES[1])), LazyLock::new(|| fast(SIZES[2]))];

fn fast(words: usize) -> (Chain, Linked) {
    let chain = Chain::new(inputs::pair(words), Engine::Fast);
    let linked = chain.link();
    (chain, linked)
}

static THOROUGH: [LazyLock<Chain>; 3] =
    [LazyLock::new(|| thorough(SIZES[0])), LazyLock::new(|| thorough(SIZES[1])), LazyLock::new(|| thorough(SIZES[2]))];

fn thorough(words: usize) -> Chain {
    Chain::new(inputs::pair(words), Engine::Thorough)
}

fn at(words: usize) -> usize {
    SIZES.iter().position(|size| *size == words).expect("it is one of the sizes")
}

/// The chain of `words` words, and its links by the FAST engine, which hold it to the map.
fn found(words: usize) -> (&'static Chain, &'static Linked) {
    let (chain, linked) = &*FAST[at(words)];
    (chain, linked)
}

fn main() {
    pipeline::load();
    divan::main();
}

#[divan::bench_group(sample_count = SAMPLES, min_time = SECONDS)]
mod stage {
    use super::*;

    #[divan::bench(args = SIZES)]
    fn segmentation(bencher: Bencher<'_, '_>, words: usize) {
        let (chain, _) = found(words);
        bencher.bench_local(|| -> Vec<Segmentation> { chain.segment() });
    }

    #[divan::bench(args = SIZES)]
    fn sides(bencher: Bencher<'_, '_>, words: usize) {
        let (chain, _) = found(words);
        bencher.bench_local(|| -> Cast { chain.find_sides() });
    }

    #[divan::bench(args = SIZES)]
    fn attribution(bencher: Bencher<'_, '_>, words: usize) {
        let (chain, _) = found(words);
        bencher.bench_local(|| -> Vec<Vec<Clause>> { chain.attribute() });
    }

    #[divan::bench(args = SIZES)]
    fn position(bencher: Bencher<'_, '_>, words: usize) {
        let (chain, _) = found(words);
        bencher.bench_local(|| -> Vec<Position> { chain.find_positions() });
    }

    #[divan::bench(args = SIZES)]
    fn features(bencher: Bencher<'_, '_>, words: usize) {
        let (chain, _) = found(words);
        bencher.bench_local(|| -> Vec<Features> { chain.describe() });
    }

    #[divan::bench(args = SIZES)]
    fn similarity(bencher: Bencher<'_, '_>, words: usize) {
        let (chain, _) = found(words);
        bencher.bench_local(|| -> Vec<ScoredPair> { chain.score(None) });
    }

    /// What THOROUGH does in its place: it reads the texts, before it looks for their positions, reads all positions, scores
    /// them, and reads the likeliest pairs.
    #[divan::bench(args = SIZES, sample_count = THOROUGH_SAMPLES)]
    fn similarity_thorough(bencher: Bencher<'_, '_>, words: usize) {
        let chain = &*THOROUGH[at(words)];
        bencher.bench_local(|| -> Vec<ScoredPair> { chain.judge(chain.score(Some(chain.cosines(&chain.read())))) });
    }

    #[divan::bench(args = SIZES)]
    fn alignment(bencher: Bencher<'_, '_>, words: usize) {
        let (_, linked) = found(words);
        bencher.bench_local(|| -> Vec<&ScoredPair> { linked.align() });
    }

    #[divan::bench(args = SIZES)]
    fn relation(bencher: Bencher<'_, '_>, words: usize) {
        let (chain, linked) = found(words);
        let aligned = linked.align();
        bencher.bench_local(|| -> (Vec<Link>, Near) { chain.relate(linked, &aligned) });
    }

    #[divan::bench(args = SIZES)]
    fn report(bencher: Bencher<'_, '_>, words: usize) {
        let (chain, linked) = found(words);
        bencher.bench_local(|| -> Comparison { chain.report(linked) });
    }
}

#[divan::bench_group(sample_count = SAMPLES, min_time = SECONDS)]
mod whole {
    use super::*;

    /// The first of the two texts alone.
    #[divan::bench(args = SIZES)]
    fn extract(bencher: Bencher<'_, '_>, words: usize) {
        let (readouts, sides) = inputs::pair(words);
        bencher.bench_local(|| -> Extraction { pipeline::extract(&readouts[..1], &sides, Engine::Fast) });
    }

    #[divan::bench(args = SIZES)]
    fn compare(bencher: Bencher<'_, '_>, words: usize) {
        compare_by(Engine::Fast, bencher, words);
    }

    #[divan::bench(args = SIZES, sample_count = THOROUGH_SAMPLES)]
    fn compare_thorough(bencher: Bencher<'_, '_>, words: usize) {
        // Here and not where it is timed: the stages of THOROUGH are held to the map too.
        THOROUGH[at(words)].link();
        compare_by(Engine::Thorough, bencher, words);
    }

    fn compare_by(engine: Engine, bencher: Bencher<'_, '_>, words: usize) {
        let (readouts, sides) = inputs::pair(words);
        let options = Options { engine, ..Options::default() };
        bencher.bench_local(|| -> Comparison { pipeline::compare(&readouts, &sides, &options) });
    }
}

/// 200 ready-made statements a side, so 40,000 pairs, by the FAST engine.
#[divan::bench_group(sample_count = SAMPLES, min_time = SECONDS)]
mod statements {
    use super::*;

    #[divan::bench(args = [STATEMENTS])]
    fn compare(bencher: Bencher<'_, '_>, n: usize) {
        let (readouts, sides) = (inputs::statements(n), inputs::sides());
        bencher.bench_local(|| -> Comparison { pipeline::compare(&readouts, &sides, &Options::default()) });
    }

    #[divan::bench(args = [STATEMENTS])]
    fn score_pairs(bencher: Bencher<'_, '_>, n: usize) {
        let texts = inputs::statements(n)
            .map(|readout| readout.statements.into_iter().map(|statement| statement.text).collect::<Vec<String>>());
        bencher.bench_local(|| -> Vec<ScoredRow> { pipeline::score_pairs(&texts[0], &texts[1], Engine::Fast) });
    }
}
