//! `Compare` and `CompareStream` beside an echo of the same bytes, taking turns on one machine.
//!
//! Every round measures each of them twice: in a closed loop, and in an open one at half of the calls a second that the
//! closed loop of the same round had. A figure is the median of the rounds, a ratio the median of the ratios within a
//! round, so that what disturbs a whole round does not show in it. Callers send and take bytes as they are, whomever they
//! call; that the answers are right is checked before.

use super::echo::{self, Raw};
use super::results::{self, median};
use super::{CONNECTIONS, Options, Server, corpus};
use bytes::Bytes;
use http::uri::PathAndQuery;
use parallax::server::pb;
use prost::Message as _;
use serde_json::{Value, json};
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::{Duration, Instant};
use tokio::sync::mpsc;
use tokio::task::JoinSet;
use tokio_stream::wrappers::UnboundedReceiverStream;
use tonic::transport::Channel;
use tonic::{Request, Status, Streaming};

const COMPARE: &str = "/parallax.v1.ComparisonService/Compare";
const COMPARE_STREAM: &str = "/parallax.v1.ComparisonService/CompareStream";
/// Calls of the thorough engine before the rounds: all of them would take longer than the rounds.
const THOROUGH_WARM_UP: usize = 4;
/// Most that the server gives a call or a stream by default: where it is busy otherwise, calls are slow and do not fail.
const DEADLINE: Duration = Duration::from_secs(30);
/// Most time of one turn: a stream is open for the whole of it, and has to end within its deadline.
const MOST_SECONDS: f64 = 20.0;

/// Where calls go, and what they send.
struct Subject {
    name: String,
    method: &'static str,
    is_stream: bool,
    seconds: f64,
    /// One connection each.
    channels: Vec<Channel>,
    /// Sent one after the other, then again from the first.
    messages: Arc<Vec<Bytes>>,
    pid: u32,
}

/// What came of the calls of one turn.
#[derive(Debug, Default)]
struct Turn {
    /// Milliseconds of each call that was answered.
    latencies: Vec<f64>,
    n_failed: usize,
    seconds: f64,
    /// Of the server, for all of the calls.
    processor: Option<Duration>,
}

impl Turn {
    fn per_second(&self) -> f64 {
        self.latencies.len() as f64 / self.seconds
    }

    fn processor_us(&self) -> Option<f64> {
        let n_calls = (self.latencies.len() + self.n_failed) as f64;
        self.processor.map(|processor| processor.as_secs_f64() * 1e6 / n_calls)
    }

    fn add(&mut self, latency: Duration, is_good: bool) {
        if is_good {
            self.latencies.push(latency.as_secs_f64() * 1e3);
        } else {
            self.n_failed += 1;
        }
    }
}

pub(super) async fn compare(options: &Options) {
    let seconds = options.seconds;
    let thorough_seconds = options.number("--thorough-seconds", 4.0 * seconds);
    assert!(seconds.max(thorough_seconds) <= MOST_SECONDS, "a turn takes at most {MOST_SECONDS} s");
    let rounds = options.rounds();
    let callers = options.number("--concurrency", 4.0 * results::processors() as f64) as usize;
    let words = options.number("--words", 200.0) as usize;
    let machine = results::machine();

    let requests = corpus::requests(words);
    // The same pairs come again: nothing may be remembered of them.
    let server = Server::start(&format!("--set cache.judgement_bytes=0 {}", options.serve));
    let answer_bytes = check(&server, &requests, pb::Engine::Fast, requests.len()).await;
    let only = options.get("--engine").map(|name| name.to_uppercase());
    let thorough_bytes = match only.as_deref() {
        Some("FAST") => None,
        _ => Some(check(&server, &requests, pb::Engine::Thorough, THOROUGH_WARM_UP).await),
    };
    let echoing = echo::start(answer_bytes);

    let fast = Arc::new(corpus::encoded(&requests, pb::Engine::Fast));
    let mut subjects = Vec::new();
    for (name, server, method, is_stream, seconds, messages) in [
        ("echo", &echoing, echo::PATH, false, seconds, Arc::clone(&fast)),
        ("Compare FAST", &server, COMPARE, false, seconds, Arc::clone(&fast)),
        ("CompareStream FAST", &server, COMPARE_STREAM, true, seconds, items(&requests, pb::Engine::Fast)),
        (
            "Compare THOROUGH",
            &server,
            COMPARE,
            false,
            thorough_seconds,
            Arc::new(corpus::encoded(&requests, pb::Engine::Thorough)),
        ),
        (
            "CompareStream THOROUGH",
            &server,
            COMPARE_STREAM,
            true,
            thorough_seconds,
            items(&requests, pb::Engine::Thorough),
        ),
    ] {
        if only.as_ref().is_some_and(|only| name != "echo" && !name.ends_with(only.as_str())) {
            continue;
        }
        let mut channels = Vec::new();
        for _ in 0..CONNECTIONS {
            channels.push(server.channel().await);
        }
        let (name, pid) = (name.to_owned(), server.child.id());
        subjects.push(Subject { name, method, is_stream, seconds, channels, messages, pid });
    }

    // By subject, then by round: the closed loop and the open one.
    let mut turns: Vec<Vec<[Turn; 2]>> = subjects.iter().map(|_| Vec::new()).collect();
    for round in 0..rounds {
        // Each begins in its turn, so that none always follows the same one.
        for step in 0..subjects.len() {
            let at = (round + step) % subjects.len();
            let subject = &subjects[at];
            let closed = closed(subject, callers).await;
            let rate = closed.per_second() / 2.0;
            let open = open(subject, callers, rate).await;
            eprintln!("round {} of {rounds}: {}: {:.0} a second", round + 1, subject.name, closed.per_second());
            turns[at].push([closed, open]);
        }
    }

    let mean_bytes = fast.iter().map(Bytes::len).sum::<usize>() / fast.len();
    let rows: Vec<Value> = subjects
        .iter()
        .zip(&turns)
        .map(|(subject, own)| {
            json!({
                "name": subject.name,
                "closed": figures(own, &turns[0], 0),
                "open": figures(own, &turns[0], 1),
            })
        })
        .collect();
    let mut report = results::report("compare", options, machine);
    report["seconds"] = json!(seconds);
    report["thorough_seconds"] = json!(thorough_seconds);
    report["callers"] = json!(callers);
    report["connections"] = json!(CONNECTIONS);
    report["requests"] = json!({
        "distinct": requests.len(),
        "words_a_side": words,
        "request_bytes_mean": mean_bytes,
        "answer_bytes_mean": answer_bytes,
        "thorough_answer_bytes_mean": thorough_bytes,
    });
    report["rows"] = json!(rows);
    results::write(options, &report);
    print(&report);
}

fn items(requests: &[pb::CompareRequest], engine: pb::Engine) -> Arc<Vec<Bytes>> {
    Arc::new(corpus::encoded_items(requests, engine))
}

/// The mean bytes of an answer to the first `n` requests, after a look at each: what is measured has to be a comparison
/// by this engine. `Compare` and `CompareStream` have to answer the same.
async fn check(server: &Server, requests: &[pb::CompareRequest], engine: pb::Engine, n: usize) -> usize {
    let channel = server.channel().await;
    let (unary, items) = (corpus::encoded(requests, engine), corpus::encoded_items(requests, engine));
    let (mut bytes, mut n_linked) = (0, 0);
    for (message, item) in unary.into_iter().zip(items).take(n) {
        let answer = call(channel.clone(), COMPARE, message).await.unwrap();
        bytes += answer.len();
        let comparison = pb::CompareResponse::decode(answer).unwrap().comparison.unwrap();
        assert_eq!(comparison.engine(), engine);
        assert!(!comparison.positions.is_empty(), "a text has no positions");
        n_linked += usize::from(comparison.sides.iter().any(|side| side.positions_linked > 0));
        // One each: a single one for all of them could last longer than a stream may.
        let mut stream = Stream::open(channel.clone()).await.unwrap();
        stream.send.send(item).unwrap();
        let streamed = pb::CompareStreamResponse::decode(stream.answers.message().await.unwrap().unwrap()).unwrap();
        let expected = pb::compare_stream_response::Result::Comparison(comparison);
        assert_eq!(streamed.result, Some(expected), "the stream answers otherwise");
    }
    assert!(n_linked > 0, "no comparison has a link");
    bytes / n.min(requests.len())
}

async fn call(channel: Channel, method: &'static str, message: Bytes) -> Result<Bytes, Status> {
    let mut grpc = tonic::client::Grpc::new(channel).max_decoding_message_size(usize::MAX);
    grpc.ready().await.map_err(|error| Status::unavailable(error.to_string()))?;
    let mut request = Request::new(message);
    request.set_timeout(DEADLINE);
    Ok(grpc.unary(request, PathAndQuery::from_static(method), Raw).await?.into_inner())
}

/// A call of `CompareStream`.
struct Stream {
    send: mpsc::UnboundedSender<Bytes>,
    answers: Streaming<Bytes>,
}

impl Stream {
    async fn open(channel: Channel) -> Result<Self, Status> {
        let mut grpc = tonic::client::Grpc::new(channel).max_decoding_message_size(usize::MAX);
        grpc.ready().await.map_err(|error| Status::unavailable(error.to_string()))?;
        let (send, messages) = mpsc::unbounded_channel();
        let mut request = Request::new(UnboundedReceiverStream::new(messages));
        request.set_timeout(DEADLINE);
        let answers = grpc.streaming(request, PathAndQuery::from_static(COMPARE_STREAM), Raw).await?.into_inner();
        Ok(Self { send, answers })
    }
}

/// True when the answer of a stream is a comparison and no status: the field after the id tells, without decoding.
fn is_comparison(answer: &[u8]) -> bool {
    // Ids are shorter than 128 bytes, so that their length is one byte.
    let after_id = answer.get(1).map(|&length| 2 + usize::from(length));
    // Field 2, with a length.
    after_id.and_then(|at| answer.get(at)) == Some(&0x12)
}

/// Callers who each make the next call when the last is answered.
async fn closed(subject: &Subject, callers: usize) -> Turn {
    let mut streams = Vec::new();
    if subject.is_stream {
        for at in 0..callers {
            streams.push(Stream::open(subject.channels[at % CONNECTIONS].clone()).await.unwrap());
        }
    }
    let next = Arc::new(AtomicUsize::new(0));
    let before = results::processor_time(subject.pid);
    let started = Instant::now();
    let until = started + Duration::from_secs_f64(subject.seconds);
    let mut loops = JoinSet::new();
    for at in 0..callers {
        let (channel, method) = (subject.channels[at % CONNECTIONS].clone(), subject.method);
        let (messages, next) = (Arc::clone(&subject.messages), Arc::clone(&next));
        let mut stream = streams.pop();
        loops.spawn(async move {
            let mut turn = Turn::default();
            while Instant::now() < until {
                let message = messages[next.fetch_add(1, Ordering::Relaxed) % messages.len()].clone();
                let began = Instant::now();
                let is_good = match &mut stream {
                    None => call(channel.clone(), method, message).await.is_ok(),
                    Some(stream) => {
                        stream.send.send(message).is_ok()
                            && matches!(stream.answers.message().await, Ok(Some(answer)) if is_comparison(&answer))
                    }
                };
                turn.add(began.elapsed(), is_good);
            }
            turn
        });
    }
    let mut whole = Turn::default();
    while let Some(turn) = loops.join_next().await {
        let turn = turn.unwrap();
        whole.latencies.extend(turn.latencies);
        whole.n_failed += turn.n_failed;
    }
    whole.seconds = started.elapsed().as_secs_f64();
    whole.processor = since(before, subject.pid);
    whole
}

/// Calls at a steady rate, answered or not. Latency counts from the time at which a call was due.
async fn open(subject: &Subject, callers: usize, rate: f64) -> Turn {
    let (done, mut answered) = mpsc::unbounded_channel();
    let mut streams = Vec::new();
    let mut readers = JoinSet::new();
    if subject.is_stream {
        for at in 0..callers {
            let Stream { send, mut answers } = Stream::open(subject.channels[at % CONNECTIONS].clone()).await.unwrap();
            let (due_times, mut due) = mpsc::unbounded_channel::<Instant>();
            streams.push((send, due_times));
            let done = done.clone();
            // Answers come in the order of the requests.
            readers.spawn(async move {
                while let Some(due) = due.recv().await {
                    let is_good = matches!(answers.message().await, Ok(Some(answer)) if is_comparison(&answer));
                    let _ = done.send((due.elapsed(), is_good));
                }
            });
        }
    }
    let n_calls = (rate * subject.seconds).ceil() as usize;
    let (channels, messages, method) = (subject.channels.clone(), Arc::clone(&subject.messages), subject.method);
    let before = results::processor_time(subject.pid);
    let started = Instant::now();
    let runtime = tokio::runtime::Handle::current();
    // A thread of its own: timers of tokio go by milliseconds, which is longer than a call takes.
    let pacing = std::thread::spawn(move || {
        for at in 0..n_calls {
            let due = started + Duration::from_secs_f64(at as f64 / rate);
            std::thread::sleep(due.saturating_duration_since(Instant::now()));
            let message = messages[at % messages.len()].clone();
            if streams.is_empty() {
                let (channel, done) = (channels[at % CONNECTIONS].clone(), done.clone());
                runtime.spawn(async move {
                    let is_good = call(channel, method, message).await.is_ok();
                    let _ = done.send((due.elapsed(), is_good));
                });
            } else {
                let (send, due_times) = &streams[at % streams.len()];
                let _ = due_times.send(due);
                let _ = send.send(message);
            }
        }
    });
    let mut whole = Turn::default();
    while let Some((latency, is_good)) = answered.recv().await {
        whole.add(latency, is_good);
    }
    whole.seconds = started.elapsed().as_secs_f64();
    whole.processor = since(before, subject.pid);
    pacing.join().unwrap();
    whole
}

fn since(before: Option<Duration>, pid: u32) -> Option<Duration> {
    Some(results::processor_time(pid)?.saturating_sub(before?))
}

/// The figures of one loop of a subject, beside those of the echo.
fn figures(own: &[[Turn; 2]], echo: &[[Turn; 2]], kind: usize) -> Value {
    let turns: Vec<&Turn> = own.iter().map(|turns| &turns[kind]).collect();
    let echoes: Vec<&Turn> = echo.iter().map(|turns| &turns[kind]).collect();
    let of = |figure: &dyn Fn(&Turn) -> Option<f64>| median(turns.iter().filter_map(|turn| figure(turn)).collect());
    let ratio = |figure: &dyn Fn(&Turn) -> Option<f64>| {
        median(turns.iter().zip(&echoes).filter_map(|(turn, echo)| Some(figure(turn)? / figure(echo)?)).collect())
    };
    let per_second = |turn: &Turn| Some(turn.per_second()).filter(|rate| *rate > 0.0);
    let mut figures = json!({
        "calls": turns.iter().map(|turn| turn.latencies.len()).sum::<usize>(),
        "failed": turns.iter().map(|turn| turn.n_failed).sum::<usize>(),
        "per_second": of(&per_second),
        "per_second_of_echo": ratio(&per_second),
        "processor_us": of(&Turn::processor_us),
        "processor_of_echo": ratio(&Turn::processor_us),
    });
    let all: Vec<f64> = turns.iter().flat_map(|turn| turn.latencies.iter().copied()).collect();
    for (name, share) in [("p50", 0.5), ("p90", 0.9), ("p99", 0.99), ("p999", 0.999)] {
        let by_round: Option<Vec<f64>> = turns.iter().map(|turn| quantile(&turn.latencies, share)).collect();
        // Where a round has too few calls for it, of all rounds together, if those have enough.
        figures[format!("{name}_ms")] = json!(by_round.map_or_else(|| quantile(&all, share), median));
        figures[format!("{name}_of_rounds_together")] =
            json!(turns.iter().any(|turn| quantile(&turn.latencies, share).is_none()));
    }
    figures
}

/// The value that a share of them does not exceed; `None` when they are too few to have one that lies beyond it.
fn quantile(values: &[f64], share: f64) -> Option<f64> {
    let beyond = values.len() as f64 * (1.0 - share);
    // 0.999 is not exact, and 1,000 values are enough for it.
    if beyond < 1.0 - 1e-9 {
        return None;
    }
    let mut sorted = values.to_vec();
    sorted.sort_by(f64::total_cmp);
    Some(sorted[((sorted.len() - 1) as f64 * share).round() as usize])
}

fn print(report: &Value) {
    for (kind, title) in [("closed", "closed loop"), ("open", "open loop at half of that")] {
        println!("\n{title}\n");
        println!("| | calls/s | of the echo | processor µs a call | echo = 1 | p50 ms | p90 | p99 | p99.9 | failed |");
        println!("|---|---|---|---|---|---|---|---|---|---|");
        for row in report["rows"].as_array().unwrap() {
            let figures = &row[kind];
            let cells = [
                "per_second",
                "per_second_of_echo",
                "processor_us",
                "processor_of_echo",
                "p50_ms",
                "p90_ms",
                "p99_ms",
                "p999_ms",
                "failed",
            ];
            let cells: Vec<String> = cells.iter().map(|name| results::short(&figures[*name])).collect();
            println!("| {} | {} |", row["name"].as_str().unwrap(), cells.join(" | "));
        }
    }
    results::print_machine(report);
}
