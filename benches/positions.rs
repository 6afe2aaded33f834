//! Cost of finding positions, by the size of the text. `cargo bench --bench positions`.
//!
//! The texts are the gold cases of the tests, one after another, cut or repeated to the size wanted.

use criterion::{BenchmarkId, Criterion, Throughput, criterion_group, criterion_main};
use parallax::pipeline::{self, Engine, Options};
use parallax::readout::{Readout, Side};
use std::hint::black_box;
use std::path::Path;

/// As in the binary.
#[global_allocator]
static ALLOCATOR: mimalloc::MiMalloc = mimalloc::MiMalloc;

/// About 200 words.
const READOUT_BYTES: usize = 1_300;

fn corpus() -> String {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/parallax/gold_cases/cases");
    let mut texts = Vec::new();
    for case in std::fs::read_dir(folder).expect("the cases are there").flatten() {
        for file in std::fs::read_dir(case.path()).expect("a case is a folder").flatten() {
            if file.path().extension().is_some_and(|extension| extension == "txt") {
                texts.push(std::fs::read_to_string(file.path()).expect("texts are UTF-8"));
            }
        }
    }
    texts.sort();
    texts.join("\n\n")
}

fn text_of(bytes: usize, corpus: &str) -> String {
    let mut text = corpus.repeat(bytes / corpus.len() + 1);
    text.truncate(text.floor_char_boundary(bytes));
    text
}

fn sides() -> [Side; 2] {
    ["Norland", "Karvia"].map(|name| Side { id: name.to_owned(), display_name: name.to_owned(), ..Side::default() })
}

fn readout(id: &str, text: String) -> Readout {
    Readout { author: Some("Norland".to_owned()), language: Some("en".to_owned()), ..Readout::from_text(id, text) }
}

fn extract(criterion: &mut Criterion) {
    let corpus = corpus();
    let mut group = criterion.benchmark_group("extract");
    group.sample_size(20);
    for bytes in [1_000, READOUT_BYTES, 10_000, 100_000, 1_000_000] {
        let readouts = [readout("a", text_of(bytes, &corpus))];
        group.throughput(Throughput::Bytes(bytes as u64));
        group.bench_with_input(BenchmarkId::from_parameter(bytes), &readouts, |bencher, readouts| {
            bencher.iter(|| pipeline::extract(black_box(readouts), &sides()));
        });
    }
    group.finish();
}

fn compare(criterion: &mut Criterion) {
    let corpus = corpus();
    let half = corpus.floor_char_boundary(corpus.len() / 2);
    let readouts =
        [readout("a", text_of(READOUT_BYTES, &corpus)), readout("b", text_of(READOUT_BYTES, &corpus[half..]))];
    for (name, engine) in [("compare/2x1300", Engine::Fast), ("compare/2x1300/thorough", Engine::Thorough)] {
        let options = Options { engine, ..Options::default() };
        criterion.bench_function(name, |bencher| {
            bencher.iter(|| pipeline::compare(black_box(&readouts), &sides(), &options));
        });
    }
}

criterion_group!(benches, extract, compare);
criterion_main!(benches);
