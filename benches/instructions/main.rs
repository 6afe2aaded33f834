//! Runs one fixed input once in a function that callgrind can tell from the rest. `benches/instructions/count.py` builds
//! and runs it under callgrind; see `benches/README.md`.
//!
//! The first argument names the input. One run before warms up: it parses the tables and the weights.

#![allow(missing_docs, reason = "a tool")]

#[path = "../inputs/mod.rs"]
#[allow(dead_code, reason = "the stages have statements too")]
mod inputs;

use parallax::pipeline::{self, Engine, Options};
use parallax::readout::{Readout, Side};
use std::hint::black_box;
use std::process::ExitCode;

/// Two statements of a sentence each, as in the documentation of the crate.
const SHORT: [&str; 2] = [
    "Minister Aro of Norland reaffirmed support for the Tarn Strait ceasefire.",
    "Minister Vey of Sudria rejected the Tarn Strait ceasefire.",
];

/// Words of each text of a page.
const PAGE: usize = 200;

/// Words of each text that the cross-encoder reads, which takes 50 times as long here as it does elsewhere.
const PARAGRAPH: usize = 50;

/// What is measured: nothing else in this program has this name.
#[inline(never)]
fn measured(run: &dyn Fn()) {
    run();
}

fn main() -> ExitCode {
    let short = ([Readout::from_text("a", SHORT[0]), Readout::from_text("b", SHORT[1])], Default::default());
    let run: Box<dyn Fn()> = match std::env::args().nth(1).as_deref() {
        Some("short-fast") => comparing(short, Engine::Fast),
        Some("page-fast") => comparing(inputs::pair(PAGE), Engine::Fast),
        Some("paragraph-thorough") => comparing(inputs::pair(PARAGRAPH), Engine::Thorough),
        // So `cargo bench` calls it.
        _ => {
            println!("Counts by benches/instructions/count.py, which runs this under callgrind");
            return ExitCode::SUCCESS;
        }
    };
    run();
    measured(&*run);
    ExitCode::SUCCESS
}

fn comparing((readouts, sides): ([Readout; 2], [Side; 2]), engine: Engine) -> Box<dyn Fn()> {
    let options = Options { engine, ..Options::default() };
    Box::new(move || {
        black_box(pipeline::compare(black_box(&readouts), &sides, &options));
    })
}
