//! A computation that nobody waits for any more stops soon, whichever stage it is in.

use parallax::pipeline::{self, Cancel, Cancelled, Engine, Options};
use parallax::readout::Readout;
use std::fmt::Write as _;
use std::time::{Duration, Instant};

/// Most time between the word and the end. Far over the 20 ms that a build for use is measured to keep, for builds
/// without optimisation on a machine that does something else; far under the time that the work would take.
const SOON: Duration = Duration::from_millis(400);

/// Two long readouts of one contact.
fn readouts(n_lines: usize) -> [Readout; 2] {
    let text = |verb: &str| {
        let mut text = String::new();
        for n in 0..n_lines {
            let _ = writeln!(text, "Minister Aro {verb} that convoy {n} would leave Port Tarn on day {n}, as agreed.");
        }
        text
    };
    [Readout::from_text("a", text("stressed")), Readout::from_text("b", text("denied"))]
}

/// Cancels `work` at several times of its course and asks how long it goes on.
fn check(work: impl Fn(&Cancel) -> Result<(), Cancelled> + Sync) {
    let started = Instant::now();
    work(&Cancel::default()).expect("nobody cancels");
    let whole = started.elapsed();
    for percent in [0, 5, 15, 30, 50, 70, 90] {
        let cancel = Cancel::default();
        std::thread::scope(|scope| {
            let working = scope.spawn(|| (work(&cancel), Instant::now()));
            std::thread::sleep(whole * percent / 100);
            cancel.cancel();
            let cancelled = Instant::now();
            let (outcome, ended) = working.join().unwrap();
            let went_on = ended.saturating_duration_since(cancelled);
            assert!(went_on < SOON, "{went_on:?} after it was cancelled at {percent} % of {whole:?}");
            // On a machine that is busy, 90 % of the time may be all of it.
            assert!(outcome == Err(Cancelled) || percent >= 50, "cancelled at {percent} % of {whole:?}");
        });
    }
}

#[test]
fn a_cancelled_comparison_stops_in_every_stage() {
    let readouts = readouts(600);
    check(|cancel| pipeline::compare_unless(cancel, &readouts, &[], &Options::default()).map(drop));
}

#[test]
fn a_cancelled_extraction_stops_in_every_stage() {
    for (engine, readouts) in [(Engine::Fast, readouts(3_000)), (Engine::Thorough, readouts(30))] {
        check(|cancel| pipeline::extract_unless(cancel, &readouts, &[], engine, pipeline::MAX_POSITIONS).map(drop));
    }
}

#[test]
fn a_cancelled_reading_by_the_thorough_engine_stops() {
    let readouts = readouts(30);
    let options = Options { engine: Engine::Thorough, ..Options::default() };
    check(|cancel| pipeline::compare_unless(cancel, &readouts, &[], &options).map(drop));
}

#[test]
fn cancelled_scores_stop() {
    let statements: Vec<String> = (0..100).map(|n| format!("Convoy {n} leaves Port Tarn on day {n}.")).collect();
    check(|cancel| pipeline::score_pairs_unless(cancel, &statements, &statements, Engine::Fast, None).map(drop));
}

#[test]
fn what_is_not_cancelled_is_the_same() {
    let readouts = readouts(5);
    let unless = pipeline::compare_unless(&Cancel::default(), &readouts, &[], &Options::default());
    assert_eq!(unless.unwrap(), pipeline::compare(&readouts, &[], &Options::default()));
}
