//! A client that keeps to no rule, frame by frame over a raw socket, and what it does. The tests look at what becomes of it,
//! `benches/load` at what another caller notices.

use std::collections::BTreeMap;
use std::net::SocketAddr;
use std::sync::{Arc, Mutex};
use std::time::{Duration, Instant};
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::TcpStream;
use tokio::net::tcp::OwnedWriteHalf;
use tokio::task::JoinHandle;

/// Most time for an attack to be over.
pub(crate) const OVER: Duration = Duration::from_secs(20);

/// Types of frames of RFC 9113.
pub(crate) const DATA: u8 = 0;
pub(crate) const HEADERS: u8 = 1;
pub(crate) const RST_STREAM: u8 = 3;
pub(crate) const SETTINGS: u8 = 4;
pub(crate) const PING: u8 = 6;
pub(crate) const GOAWAY: u8 = 7;
pub(crate) const CONTINUATION: u8 = 9;

/// Flags of frames.
pub(crate) const NONE: u8 = 0;
pub(crate) const END_STREAM: u8 = 1;
pub(crate) const ACK: u8 = 1;
pub(crate) const END_HEADERS: u8 = 4;

/// Codes of errors.
pub(crate) const REFUSED_STREAM: u32 = 7;
pub(crate) const CANCEL: u32 = 8;
pub(crate) const ENHANCE_YOUR_CALM: u32 = 11;

pub(crate) const COMPARE: &str = "/parallax.v1.ComparisonService/Compare";
/// Bytes of the largest message: what a frame can promise without being refused at once.
pub(crate) const LARGEST: u32 = 1_048_576;

pub(crate) fn frame(kind: u8, flags: u8, stream: u32, payload: &[u8]) -> Vec<u8> {
    let n_bytes = u32::try_from(payload.len()).unwrap().to_be_bytes();
    [&n_bytes[1..], &[kind, flags], &stream.to_be_bytes(), payload].concat()
}

/// The headers of a call in the plainest form of RFC 7541: literals that no table keeps.
pub(crate) fn call_headers(path: &str) -> Vec<u8> {
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

pub(crate) fn open_call(stream: u32) -> Vec<u8> {
    frame(HEADERS, END_HEADERS, stream, &call_headers(COMPARE))
}

/// The head of a message of so many bytes, not compressed.
pub(crate) fn message_head(n_bytes: u32) -> Vec<u8> {
    [&[0], &n_bytes.to_be_bytes()[..]].concat()
}

/// Ids of streams that a client may open.
pub(crate) fn streams() -> impl Iterator<Item = u32> {
    (1..).step_by(2)
}

/// What the server has sent.
#[derive(Debug, Default, Clone)]
pub(crate) struct Seen {
    /// Streams that were reset, by code.
    pub(crate) resets: BTreeMap<u32, usize>,
    /// Streams that ended with an answer.
    pub(crate) n_answered: usize,
    pub(crate) n_pongs: usize,
    /// Why the connection ends.
    pub(crate) goaway: Option<u32>,
}

/// A connection that keeps to no rule.
pub(crate) struct Attacker {
    pub(crate) write: OwnedWriteHalf,
    seen: Arc<Mutex<Seen>>,
    /// Ends with the connection.
    pub(crate) reading: JoinHandle<()>,
}

impl Attacker {
    pub(crate) async fn connect(address: SocketAddr) -> Self {
        let (mut read, mut write) = TcpStream::connect(address).await.unwrap().into_split();
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
    pub(crate) async fn send(&mut self, frames: &[u8]) -> bool {
        self.write.write_all(frames).await.is_ok()
    }

    pub(crate) fn seen(&self) -> Seen {
        self.seen.lock().unwrap().clone()
    }

    /// What was seen once `enough` was.
    pub(crate) async fn until(&self, enough: impl Fn(&Seen) -> bool) -> Seen {
        let started = Instant::now();
        while !enough(&self.seen()) {
            assert!(started.elapsed() < OVER, "{:?}", self.seen());
            tokio::time::sleep(Duration::from_millis(5)).await;
        }
        self.seen()
    }

    /// Waits until the server ends the connection.
    pub(crate) async fn ended(self) -> Seen {
        tokio::time::timeout(OVER, self.reading).await.expect("the server ends it").unwrap();
        self.seen.lock().unwrap().clone()
    }
}

/// 20,000 calls, each taken back at once, as long as the connection stands.
pub(crate) async fn take_back(address: SocketAddr) -> Seen {
    let mut attacker = Attacker::connect(address).await;
    let taken_back = |stream| [open_call(stream), frame(RST_STREAM, NONE, stream, &CANCEL.to_be_bytes())].concat();
    for some in streams().take(20_000).collect::<Vec<_>>().chunks(500) {
        if !attacker.send(&some.iter().copied().flat_map(taken_back).collect::<Vec<_>>()).await {
            break;
        }
    }
    attacker.ended().await
}

/// Headers that go on in 10,000 frames of `piece`.
pub(crate) async fn headers_without_end(address: SocketAddr, piece: &[u8]) -> Seen {
    let mut attacker = Attacker::connect(address).await;
    let pieces = frame(CONTINUATION, NONE, 1, piece).repeat(50);
    let mut goes_on = attacker.send(&frame(HEADERS, NONE, 1, &call_headers(COMPARE))).await;
    for _ in 0..200 {
        goes_on = goes_on && attacker.send(&pieces).await;
    }
    attacker.ended().await
}

/// A message in 200,000 frames of `crumb`.
pub(crate) async fn crumbs(address: SocketAddr, crumb: &[u8]) -> Seen {
    let mut attacker = Attacker::connect(address).await;
    let opening = [open_call(1), frame(DATA, NONE, 1, &message_head(LARGEST))].concat();
    let crumbs = frame(DATA, NONE, 1, crumb).repeat(1_000);
    let mut goes_on = attacker.send(&opening).await;
    for _ in 0..200 {
        goes_on = goes_on && attacker.send(&crumbs).await;
    }
    attacker.ended().await
}

/// A connection with the first `n` of [`streams`] open, each of which promises the largest message.
pub(crate) async fn promise(address: SocketAddr, n: usize) -> Attacker {
    let mut attacker = Attacker::connect(address).await;
    for stream in streams().take(n) {
        let promise = [open_call(stream), frame(DATA, NONE, stream, &message_head(LARGEST))].concat();
        assert!(attacker.send(&promise).await);
    }
    attacker
}

/// `n` messages of 300 groups of an unknown field, one inside the other; no more of them than a connection may send before
/// its window is told.
pub(crate) async fn nest(address: SocketAddr, n: usize) -> Seen {
    let deep: Vec<u8> =
        std::iter::repeat_n((15 << 3) | 3, 300).chain(std::iter::repeat_n((15 << 3) | 4, 300)).collect();
    let message = [message_head(600), deep].concat();
    let mut attacker = Attacker::connect(address).await;
    for stream in streams().take(n) {
        attacker.send(&[open_call(stream), frame(DATA, END_STREAM, stream, &message)].concat()).await;
    }
    attacker.until(|seen| seen.n_answered == n).await
}

/// 100,000 pings.
pub(crate) async fn ping(address: SocketAddr) -> Seen {
    let mut attacker = Attacker::connect(address).await;
    let pings = frame(PING, NONE, 0, &[7; 8]).repeat(1_000);
    for _ in 0..100 {
        assert!(attacker.send(&pings).await);
    }
    attacker.until(|seen| seen.n_pongs == 100_000).await
}

/// Sends a byte every so often, until the server ends the connection.
pub(crate) async fn drip(mut write: OwnedWriteHalf, bytes: Vec<u8>) {
    for byte in bytes.into_iter().cycle() {
        if write.write_all(&[byte]).await.is_err() {
            break;
        }
        tokio::time::sleep(Duration::from_millis(20)).await;
    }
}
