//! From the start of the process to its first answer, and what it holds in memory.

use super::results::{self, median};
use super::{Options, Server, corpus};
use parallax::server::pb;
use serde_json::json;
use std::time::{Duration, Instant};

/// After the start, so that what is idle is idle.
const SETTLE: Duration = Duration::from_millis(300);

pub(super) async fn startup(options: &Options) {
    let words = options.number("--words", 200.0) as usize;
    let machine = results::machine();
    let requests = corpus::requests(words);
    let engines = [pb::Engine::Fast, pb::Engine::Thorough];
    let [mut address, mut fast, mut thorough] = [const { Vec::new() }; 3];
    let [mut idle, mut after_fast, mut after_both] = [const { Vec::new() }; 3];
    for round in 0..options.rounds() {
        for engine in engines {
            let mut request = requests[round % requests.len()].clone();
            request.options = Some(pb::CompareOptions { engine: engine.into(), ..Default::default() });
            let started = Instant::now();
            let server = Server::start(&options.serve);
            address.push(milliseconds(started));
            let mut client = pb::comparison_service_client::ComparisonServiceClient::new(server.channel().await);
            let answer = client.compare(request).await.unwrap().into_inner();
            let first = milliseconds(started);
            assert_eq!(answer.comparison.unwrap().engine(), engine);
            if engine == pb::Engine::Fast { &mut fast } else { &mut thorough }.push(first);
        }
        // A further one for memory: to wait until it is idle would have been part of the time.
        let server = Server::start(&options.serve);
        tokio::time::sleep(SETTLE).await;
        idle.push(server.resident_kib() as f64);
        let mut client = pb::comparison_service_client::ComparisonServiceClient::new(server.channel().await);
        for engine in engines {
            for request in requests.iter().take(8) {
                let mut request = request.clone();
                request.options = Some(pb::CompareOptions { engine: engine.into(), ..Default::default() });
                client.compare(request).await.unwrap();
            }
            let resident = server.resident_kib() as f64;
            if engine == pb::Engine::Fast { &mut after_fast } else { &mut after_both }.push(resident);
        }
    }
    let bytes = std::fs::metadata(env!("CARGO_BIN_EXE_parallax")).unwrap().len();
    let mut report = results::report("startup", options, machine);
    report["words_a_side"] = json!(words);
    report["listening_ms"] = json!(median(address));
    report["first_answer_fast_ms"] = json!(median(fast));
    report["first_answer_thorough_ms"] = json!(median(thorough));
    report["resident_idle_kib"] = json!(median(idle));
    report["resident_after_fast_kib"] = json!(median(after_fast));
    report["resident_after_both_kib"] = json!(median(after_both));
    report["binary_bytes"] = json!(bytes);
    results::write(options, &report);

    println!("| what | figure |\n|---|---|");
    let mib = |name: &str| results::short(&json!(report[name].as_f64().map(|kib| kib / 1024.0)));
    let row = |what: &str, figure: String, unit: &str| println!("| {what} | {figure} {unit} |");
    row("start to listening", results::short(&report["listening_ms"]), "ms");
    row("start to the first answer, FAST", results::short(&report["first_answer_fast_ms"]), "ms");
    row("start to the first answer, THOROUGH", results::short(&report["first_answer_thorough_ms"]), "ms");
    row("resident, idle", mib("resident_idle_kib"), "MiB");
    row("resident after 8 comparisons, FAST", mib("resident_after_fast_kib"), "MiB");
    row("resident after 8 more, THOROUGH", mib("resident_after_both_kib"), "MiB");
    row("binary", results::short(&json!(bytes as f64 / 1024.0 / 1024.0)), "MiB");
    results::print_machine(&report);
}

fn milliseconds(since: Instant) -> f64 {
    since.elapsed().as_secs_f64() * 1e3
}
