//! Callers who mean harm: what they do is given up or answered, and another caller gets its answers meanwhile.

use super::attacker::{
    Attacker, COMPARE, CONTINUATION, DATA, ENHANCE_YOUR_CALM, HEADERS, LARGEST, NONE, OVER, REFUSED_STREAM,
    call_headers, crumbs, drip, frame, headers_without_end, message_head, nest, open_call, ping, promise, streams,
    take_back,
};
use super::harness::{Running, administered, readout, two_readouts};
use parallax::server::{Config, pb};
use std::time::{Duration, Instant};
use tonic::Code;
use tonic::codec::CompressionEncoding;

/// Most time for an answer to another caller: some milliseconds in a build for use, more in one without optimisation
/// on a machine that runs other tests.
const PROMPT: Duration = Duration::from_secs(4);

/// The outcome of an attack, while which another caller gets its answers; nothing of it is left after it.
async fn unharmed<T>(running: &Running, attack: impl Future<Output = T>) -> T {
    let mut client = running.client().await;
    client.compare(two_readouts()).await.unwrap();
    let others = async {
        for _ in 0..8 {
            let started = Instant::now();
            client.compare(two_readouts()).await.unwrap();
            assert!(started.elapsed() < PROMPT, "{:?}", started.elapsed());
            tokio::time::sleep(Duration::from_millis(20)).await;
        }
    };
    let ((), outcome) = tokio::join!(others, tokio::time::timeout(2 * OVER, attack));
    for metric in ["parallax_calls_open", "parallax_held_bytes", "parallax_computations_running"] {
        running.wait_for_metric(metric, 0.0, OVER).await;
    }
    client.compare(two_readouts()).await.unwrap();
    outcome.expect("it is over in time")
}

async fn start() -> Running {
    Running::start(administered()).await
}

#[tokio::test(flavor = "multi_thread")]
async fn calls_that_are_taken_back_at_once_end_the_connection() {
    let running = start().await;
    let seen = unharmed(&running, take_back(running.address));
    assert_eq!(seen.await.goaway, Some(ENHANCE_YOUR_CALM));
}

#[tokio::test(flavor = "multi_thread")]
async fn headers_that_never_end_end_the_connection() {
    let running = start().await;
    unharmed(&running, async {
        for piece in [&b""[..], &[0; 1], &[0; 4_096]] {
            headers_without_end(running.address, piece).await;
        }
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_message_in_crumbs_ends_the_connection() {
    let running = start().await;
    unharmed(&running, async {
        for crumb in [&b""[..], b"a"] {
            let seen = crumbs(running.address, crumb).await;
            assert_eq!(seen.goaway, Some(ENHANCE_YOUR_CALM), "{crumb:?}");
        }
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn streams_that_promise_the_largest_message_are_taken_up_to_the_limit() {
    let running = start().await;
    let seen = unharmed(&running, async {
        let mut attacker = promise(running.address, 1_000).await;
        let refused = attacker.until(|seen| seen.resets.get(&REFUSED_STREAM).is_some_and(|&n| n >= 1_000 - 256)).await;
        running.wait_for_metric("parallax_calls_open", 256.0, OVER).await;
        // Going on with it is too much.
        for stream in streams().skip(1_000).take(1_000) {
            if !attacker.send(&open_call(stream)).await {
                break;
            }
        }
        refused
    });
    assert_eq!(seen.await.resets.get(&REFUSED_STREAM), Some(&(1_000 - 256)));
}

fn impatient() -> Config {
    let mut config = administered();
    config.connections.handshake = Duration::from_millis(500);
    config.connections.keepalive = Duration::from_millis(500);
    config
}

#[tokio::test(flavor = "multi_thread")]
async fn headers_that_drip_end_the_connection() {
    let running = Running::start(impatient()).await;
    unharmed(&running, async {
        for _ in 0..3 {
            let mut attacker = Attacker::connect(running.address).await;
            attacker.send(&frame(HEADERS, NONE, 1, &call_headers(COMPARE))).await;
            let Attacker { write, reading, .. } = attacker;
            let dripping = tokio::spawn(drip(write, frame(CONTINUATION, NONE, 1, &[0; 200])));
            tokio::time::timeout(OVER, reading).await.expect("the server ends it").unwrap();
            dripping.await.unwrap();
        }
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn messages_that_drip_are_answered_at_their_deadline() {
    let mut config = administered();
    config.deadline.default = Duration::from_secs(5);
    let running = Running::start(config).await;
    let seen = unharmed(&running, async {
        let mut attacker = Attacker::connect(running.address).await;
        for stream in streams().take(50) {
            attacker.send(&[open_call(stream), frame(DATA, NONE, stream, &message_head(LARGEST))].concat()).await;
        }
        while attacker.seen().n_answered < 50 {
            attacker
                .send(&streams().take(50).flat_map(|stream| frame(DATA, NONE, stream, b"a")).collect::<Vec<_>>())
                .await;
            tokio::time::sleep(Duration::from_millis(200)).await;
        }
        attacker.seen()
    });
    assert_eq!(seen.await.goaway, None);
    let cut = "parallax_calls_total{method=\"parallax.v1.ComparisonService/Compare\",code=\"DeadlineExceeded\"}";
    running.wait_for_metric(cut, 50.0, OVER).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn bombs_are_given_up_while_others_are_served() {
    let running = start().await;
    let bomb = pb::CompareRequest { readouts: vec![readout(&"a ".repeat(20_000_000))], ..Default::default() };
    unharmed(&running, async {
        let client =
            running.client().await.send_compressed(CompressionEncoding::Gzip).max_encoding_message_size(usize::MAX);
        let calls: Vec<_> = (0..4)
            .map(|_| {
                let (mut client, bomb) = (client.clone(), bomb.clone());
                tokio::spawn(async move { client.compare(bomb).await })
            })
            .collect();
        for call in calls {
            assert_eq!(call.await.unwrap().expect_err("it is too large").code(), Code::ResourceExhausted);
        }
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn deep_nesting_is_answered_while_others_are_served() {
    let running = start().await;
    unharmed(&running, nest(running.address, 100)).await;
    let refused = "parallax_calls_total{method=\"parallax.v1.ComparisonService/Compare\",code=\"InvalidArgument\"}";
    running.wait_for_metric(refused, 100.0, OVER).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn pings_are_answered_while_others_are_served() {
    let running = start().await;
    unharmed(&running, ping(running.address)).await;
}
