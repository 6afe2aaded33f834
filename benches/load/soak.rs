//! Calls of every kind for a long time, and what becomes of the memory of the server.

use super::{Client, Options, Outcome, Server, call, print, request, round};
use parallax::server::pb;
use serde_json::json;
use std::time::{Duration, Instant};
use tokio::sync::mpsc;
use tonic::Request;
use tonic::codec::CompressionEncoding;

/// Kinds of calls, one after the other: most are plain comparisons, one in twenty is thorough.
const KINDS: usize = 20;

pub(super) async fn soak(server: &Server, options: &Options) {
    let (clients, started) = (server.clients().await, Instant::now());
    let until = started + Duration::from_secs_f64(options.seconds);
    let sampling = async {
        let mut resident = Vec::new();
        while Instant::now() < until {
            resident.push((started.elapsed().as_secs_f64(), server.resident_kib() as f64));
            tokio::time::sleep(Duration::from_secs(1)).await;
        }
        resident
    };
    let loading = async {
        let (send, mut results) = mpsc::unbounded_channel();
        for at in 0..(options.rate * options.seconds) as usize {
            let due = started + Duration::from_secs_f64(at as f64 / options.rate);
            tokio::time::sleep_until(due.into()).await;
            let (client, send, words) = (clients[at % clients.len()].clone(), send.clone(), options.words);
            tokio::spawn(async move {
                let name = one(client, at, words).await;
                let _ = send.send((name, due.elapsed()));
            });
        }
        drop(send);
        let mut outcome = Outcome::default();
        while let Some((name, latency)) = results.recv().await {
            outcome.add(name, latency, false);
        }
        outcome.seconds = started.elapsed().as_secs_f64();
        outcome
    };
    let (outcome, resident) = tokio::join!(loading, sampling);
    let mut report = outcome.report();
    // The first tenth fills pools and caches.
    let settled = &resident[resident.len() / 10..];
    report["resident_kib_first_last"] = json!([settled.first().map(|s| s.1), settled.last().map(|s| s.1)]);
    report["resident_kib_per_minute"] = json!(round(60.0 * slope(settled)));
    print("soak", report);
}

/// The call of this number, and what came of it.
async fn one(mut client: Client, at: usize, words: usize) -> String {
    // Lengths differ, so that memory is not merely used again.
    let request = request(words / 2 + (at * 37) % words.max(1));
    let code = |outcome: Result<(), tonic::Status>| {
        outcome.map_or_else(|status| format!("{:?}", status.code()), |()| "Ok".into())
    };
    let name = match at % KINDS {
        0 => {
            let mut thorough = request;
            thorough.options = Some(pb::CompareOptions { engine: pb::Engine::Thorough.into(), ..Default::default() });
            return format!("thorough {}", call(&mut client, thorough, None).await.0);
        }
        1..=3 => {
            let positions = pb::ExtractPositionsRequest { readouts: request.readouts, ..Default::default() };
            ("positions", code(client.extract_positions(positions).await.map(drop)))
        }
        4..=6 => {
            let statement = |n: usize| format!("Convoy {n} will leave Port Tarn on day {n}.");
            let left: Vec<String> = (0..10).map(statement).collect();
            let scores = pb::ScorePairsRequest { right: left.clone(), left, with_parts: true, ..Default::default() };
            ("scores", code(client.score_pairs(scores).await.map(drop)))
        }
        7..=8 => {
            let item = |n: usize| pb::CompareStreamRequest { id: n.to_string(), request: Some(request.clone()) };
            let items: Vec<_> = (0..3).map(item).collect();
            ("stream", code(stream(&mut client, items).await))
        }
        9 => {
            let wrong = pb::CompareRequest { readouts: Vec::new(), ..request };
            ("wrong", code(client.compare(wrong).await.map(drop)))
        }
        10 => {
            let mut given_up = Request::new(request);
            given_up.set_timeout(Duration::from_millis(1));
            ("given up", code(client.compare(given_up).await.map(drop)))
        }
        11..=12 => {
            let client = client.send_compressed(CompressionEncoding::Gzip);
            let mut client = client.accept_compressed(CompressionEncoding::Zstd);
            ("compressed", code(client.compare(request).await.map(drop)))
        }
        _ => ("compare", call(&mut client, request, None).await.0),
    };
    format!("{} {}", name.0, name.1)
}

async fn stream(client: &mut Client, items: Vec<pb::CompareStreamRequest>) -> Result<(), tonic::Status> {
    let mut answers = client.compare_stream(tokio_stream::iter(items)).await?.into_inner();
    while answers.message().await?.is_some() {}
    Ok(())
}

/// Least squares.
fn slope(points: &[(f64, f64)]) -> f64 {
    let n = points.len().max(1) as f64;
    let (mean_x, mean_y) = (points.iter().map(|p| p.0).sum::<f64>() / n, points.iter().map(|p| p.1).sum::<f64>() / n);
    let (above, below) = points
        .iter()
        .fold((0.0, 0.0), |(above, below), (x, y)| (above + (x - mean_x) * (y - mean_y), below + (x - mean_x).powi(2)));
    if below > 0.0 { above / below } else { 0.0 }
}
