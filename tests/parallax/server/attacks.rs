//! Callers who mean harm, frame by frame over raw sockets: what they do is given up or answered, and another caller gets
//! its answers meanwhile.

use super::harness::{Running, administered, readout, two_readouts};
use parallax::server::{Config, pb};
use std::collections::BTreeMap;
use std::sync::{Arc, Mutex};
use std::time::{Duration, Instant};
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::TcpStream;
use tokio::net::tcp::OwnedWriteHalf;
use tokio::task::JoinHandle;
use tonic::Code;
use tonic::codec::CompressionEncoding;

/// Most time for an answer to another caller: some milliseconds in a build for use, more in one without optimisation
/// on a machine that runs other tests.
const PROMPT: Duration = Duration::from_secs(4);
/// Most time for an attack to be over.
const OVER: Duration = Duration::from_secs(20);

/// Types of frames of RFC 9113.
const DATA: u8 = 0;
const HEADERS: u8 = 1;
const RST_STREAM: u8 = 3;
const SETTINGS: u8 = 4;
const PING: u8 = 6;
const GOAWAY: u8 = 7;
const CONTINUATION: u8 = 9;

/// Flags of frames.
const NONE: u8 = 0;
const END_STREAM: u8 = 1;
const ACK: u8 = 1;
const END_HEADERS: u8 = 4;

/// Codes of errors.
const REFUSED_STREAM: u32 = 7;
const CANCEL: u32 = 8;
const ENHANCE_YOUR_CALM: u32 = 11;

const COMPARE: &str = "/parallax.v1.ComparisonService/Compare";
/// Bytes of the largest message: what a frame can promise without being refused at once.
const LARGEST: u32 = 1_048_576;

fn frame(kind: u8, flags: u8, stream: u32, payload: &[u8]) -> Vec<u8> {
    let n_bytes = u32::try_from(payload.len()).unwrap().to_be_bytes();
    [&n_bytes[1..], &[kind, flags], &stream.to_be_bytes(), payload].concat()
}

/// The headers of a call in the plainest form of RFC 7541: literals that no table keeps.
fn call_headers(path: &str) -> Vec<u8> {
    let mut block = Vec::new();
    for (name, value) in [
        (":method", "POST"),
        (":scheme", "http"),
        (":path", path),
        (":authority", "localhost"),
        ("te", "trailers"),
        ("content-type", "application/grpc"),
    ] {
        block.push(0);
        for text in [name, value] {
            block.push(u8::try_from(text.len()).unwrap());
            block.extend(text.bytes());
        }
    }
    block
}

fn open_call(stream: u32) -> Vec<u8> {
    frame(HEADERS, END_HEADERS, stream, &call_headers(COMPARE))
}

/// The head of a message of so many bytes, not compressed.
fn message_head(n_bytes: u32) -> Vec<u8> {
    [&[0], &n_bytes.to_be_bytes()[..]].concat()
}

/// Ids of streams that a client may open.
fn streams() -> impl Iterator<Item = u32> {
    (1..).step_by(2)
}

/// What the server has sent.
#[derive(Debug, Default, Clone)]
struct Seen {
    /// Streams that were reset, by code.
    resets: BTreeMap<u32, usize>,
    /// Streams that ended with an answer.
    n_answered: usize,
    n_pongs: usize,
    /// Why the connection ends.
    goaway: Option<u32>,
}

/// A connection that keeps to no rule.
struct Attacker {
    write: OwnedWriteHalf,
    seen: Arc<Mutex<Seen>>,
    /// Ends with the connection.
    reading: JoinHandle<()>,
}

impl Attacker {
    async fn connect(running: &Running) -> Self {
        let (mut read, mut write) = TcpStream::connect(running.address).await.unwrap().into_split();
        let preface = [b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n".to_vec(), frame(SETTINGS, NONE, 0, &[])].concat();
        write.write_all(&preface).await.unwrap();
        let seen = Arc::<Mutex<Seen>>::default();
        let seeing = Arc::clone(&seen);
        let reading = tokio::spawn(async move {
            let mut head = [0; 9];
            while read.read_exact(&mut head).await.is_ok() {
                let mut payload = vec![0; u32::from_be_bytes([0, head[0], head[1], head[2]]) as usize];
                if read.read_exact(&mut payload).await.is_err() {
                    break;
                }
                let number = |at: usize| u32::from_be_bytes(payload[at..at + 4].try_into().unwrap());
                let mut seen = seeing.lock().unwrap();
                match (head[3], head[4]) {
                    (RST_STREAM, _) => *seen.resets.entry(number(0)).or_default() += 1,
                    (HEADERS, flags) if flags & END_STREAM != 0 => seen.n_answered += 1,
                    (PING, ACK) => seen.n_pongs += 1,
                    // The first one may say that all is well.
                    (GOAWAY, _) => seen.goaway = Some(number(4)).max(seen.goaway),
                    _ => {}
                }
            }
        });
        Self { write, seen, reading }
    }

    /// Sends frames; false when the connection has ended.
    async fn send(&mut self, frames: &[u8]) -> bool {
        self.write.write_all(frames).await.is_ok()
    }

    fn seen(&self) -> Seen {
        self.seen.lock().unwrap().clone()
    }

    /// What was seen once `enough` was.
    async fn until(&self, enough: impl Fn(&Seen) -> bool) -> Seen {
        let started = Instant::now();
        while !enough(&self.seen()) {
            assert!(started.elapsed() < OVER, "{:?}", self.seen());
            tokio::time::sleep(Duration::from_millis(5)).await;
        }
        self.seen()
    }

    /// Waits until the server ends the connection.
    async fn ended(self) -> Seen {
        tokio::time::timeout(OVER, self.reading).await.expect("the server ends it").unwrap();
        self.seen.lock().unwrap().clone()
    }
}

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
    let seen = unharmed(&running, async {
        let mut attacker = Attacker::connect(&running).await;
        let taken_back = |stream| [open_call(stream), frame(RST_STREAM, NONE, stream, &CANCEL.to_be_bytes())].concat();
        for some in streams().take(20_000).collect::<Vec<_>>().chunks(500) {
            if !attacker.send(&some.iter().copied().flat_map(taken_back).collect::<Vec<_>>()).await {
                break;
            }
        }
        attacker.ended().await
    });
    assert_eq!(seen.await.goaway, Some(ENHANCE_YOUR_CALM));
}

#[tokio::test(flavor = "multi_thread")]
async fn headers_that_never_end_end_the_connection() {
    let running = start().await;
    unharmed(&running, async {
        for piece in [&b""[..], &[0; 1], &[0; 4_096]] {
            let mut attacker = Attacker::connect(&running).await;
            let pieces = frame(CONTINUATION, NONE, 1, piece).repeat(50);
            let mut goes_on = attacker.send(&frame(HEADERS, NONE, 1, &call_headers(COMPARE))).await;
            for _ in 0..200 {
                goes_on = goes_on && attacker.send(&pieces).await;
            }
            attacker.ended().await;
        }
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_message_in_crumbs_ends_the_connection() {
    let running = start().await;
    unharmed(&running, async {
        for crumb in [&b""[..], b"a"] {
            let mut attacker = Attacker::connect(&running).await;
            let opening = [open_call(1), frame(DATA, NONE, 1, &message_head(LARGEST))].concat();
            let crumbs = frame(DATA, NONE, 1, crumb).repeat(1_000);
            let mut goes_on = attacker.send(&opening).await;
            for _ in 0..200 {
                goes_on = goes_on && attacker.send(&crumbs).await;
            }
            assert_eq!(attacker.ended().await.goaway, Some(ENHANCE_YOUR_CALM), "{crumb:?}");
        }
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn streams_that_promise_the_largest_message_are_taken_up_to_the_limit() {
    let running = start().await;
    let seen = unharmed(&running, async {
        let mut attacker = Attacker::connect(&running).await;
        for stream in streams().take(1_000) {
            let promise = [open_call(stream), frame(DATA, NONE, stream, &message_head(LARGEST))].concat();
            assert!(attacker.send(&promise).await);
        }
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

/// Sends a byte every so often, until the server ends the connection.
async fn drip(mut write: OwnedWriteHalf, bytes: Vec<u8>) {
    for byte in bytes.into_iter().cycle() {
        if write.write_all(&[byte]).await.is_err() {
            break;
        }
        tokio::time::sleep(Duration::from_millis(20)).await;
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn headers_that_drip_end_the_connection() {
    let running = Running::start(impatient()).await;
    unharmed(&running, async {
        for _ in 0..3 {
            let mut attacker = Attacker::connect(&running).await;
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
        let mut attacker = Attacker::connect(&running).await;
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
    // Groups of an unknown field, one inside the other.
    let deep: Vec<u8> =
        std::iter::repeat_n((15 << 3) | 3, 300).chain(std::iter::repeat_n((15 << 3) | 4, 300)).collect();
    let message = [message_head(600), deep].concat();
    unharmed(&running, async {
        let mut attacker = Attacker::connect(&running).await;
        // No more than a connection may send before its window is told.
        for stream in streams().take(100) {
            attacker.send(&[open_call(stream), frame(DATA, END_STREAM, stream, &message)].concat()).await;
        }
        attacker.until(|seen| seen.n_answered == 100).await
    })
    .await;
    let refused = "parallax_calls_total{method=\"parallax.v1.ComparisonService/Compare\",code=\"InvalidArgument\"}";
    running.wait_for_metric(refused, 100.0, OVER).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn pings_are_answered_while_others_are_served() {
    let running = start().await;
    unharmed(&running, async {
        let mut attacker = Attacker::connect(&running).await;
        let pings = frame(PING, NONE, 0, &[7; 8]).repeat(1_000);
        for _ in 0..100 {
            assert!(attacker.send(&pings).await);
        }
        attacker.until(|seen| seen.n_pongs == 100_000).await
    })
    .await;
}
