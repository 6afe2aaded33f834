//! Load on a server of its own, and what came of it, as one line of JSON a scenario.
//!
//! ```sh
//! cargo bench --bench load -- overload --seconds 20
//! ```
//!
//! Scenarios:
//! - `closed`: `--concurrency` callers, each with the next call after the answer to the last.
//! - `open`: `--rate` calls a second, whether or not the ones before are answered. Latency counts from the time at which
//!   a call was due, so that a server that stalls does not hide the calls that it held back.
//! - `overload`: the peak of a closed loop, then an open one at 1, 3 and 10 times that, with health checks beside it.
//! - `storm`: `--calls` long calls by the thorough engine with a deadline of `--deadline-ms`, and how long computations go on after the last.
//! - `drain`: SIGTERM under `--rate`, with 50 idle connections and 5 health watches open.
//! - `envoy`: the same with two servers behind Envoy, of which one ends, and what Envoy makes of JSON; run it by
//!   `benches/load/envoy.sh`, which gets Envoy.
//! - `soak`: `--rate` calls a second of every kind for `--seconds`; resident memory every second, and its slope.
//! - `rotate`: `--rate` calls a second over TLS with keys, while certificates and keys are replaced, and new connections come.
//! - `attack`: `--rate` calls a second beside callers who mean harm, one kind after the other, `--seconds` each.
//! - `compare`: `Compare` and `CompareStream` by both engines beside an echo of tonic alone, in turn, `--rounds` times
//!   `--seconds` each (`--thorough-seconds` for THOROUGH): calls a second of `--concurrency` callers, latency at half of
//!   that, processor time of the server a call. Two texts of `--words` words of our own, others for each call. `--engine fast`
//!   leaves out THOROUGH, and the other way round.
//! - `startup`: from the start of the process to its first answer, its memory and its size, `--rounds` times.
//!
//! The last two print Markdown, and write JSON to the file that `--json` names.
//!
//! `--serve 'ARGUMENTS'` goes to `parallax serve`. `--serve-by 'taskset -c 0'` starts it by another program. Callers and server share the machine: the callers take a part of it.

#![allow(clippy::unwrap_used, missing_docs, reason = "a tool that stops where it fails")]

mod results;

mod corpus;

mod echo;

mod compare;

mod startup;

mod envoy;

mod soak;

mod rotate;

mod attack;

#[allow(dead_code, reason = "the tests use the rest")]
#[path = "../../tests/parallax/server/attacker.rs"]
mod attacker;

use parallax::server::pb;
use parallax::server::pb::comparison_service_client::ComparisonServiceClient;
use serde_json::{Value, json};
use std::collections::BTreeMap;
use std::io::{BufRead as _, BufReader, Read as _, Write as _};
use std::process::{Child, Command, Stdio};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::{Duration, Instant};
use tokio::sync::mpsc;
use tokio::task::JoinSet;
use tonic::Request;
use tonic::transport::Channel;
use tonic_health::pb::HealthCheckRequest;
use tonic_health::pb::health_client::HealthClient;
use tonic_types::StatusExt as _;

/// As in the binary, so that the echo has it, too.
#[global_allocator]
static ALLOCATOR: mimalloc::MiMalloc = mimalloc::MiMalloc;

/// Connections that the callers share.
const CONNECTIONS: usize = 8;
/// Most calls in flight of an open loop: beyond it the caller's machine is measured, not the server.
const MAX_IN_FLIGHT: usize = 20_000;

fn main() {
    let args: Vec<String> = std::env::args().skip(1).filter(|arg| arg != "--bench").collect();
    let Some(scenario) = args.first().cloned() else {
        println!(
            "usage: load closed|open|overload|storm|drain|envoy|soak|rotate|attack [--seconds N] [--rate N] [--concurrency N]"
        );
        println!(
            "       [--calls N] [--deadline-ms N] [--words N] [--serve ARGUMENTS] [--serve-by PROGRAM] [--envoy PROGRAM]"
        );
        println!("       load compare [--rounds N] [--seconds N] [--thorough-seconds N] [--engine fast|thorough]");
        println!("               [--concurrency N] [--words N] [--json FILE]");
        println!("       load startup [--rounds N] [--words N] [--json FILE]");
        return;
    };
    let options = Options::new(&args);
    let runtime = tokio::runtime::Builder::new_multi_thread().enable_all().build().unwrap();
    runtime.block_on(async {
        match scenario.as_str() {
            "compare" => return compare::compare(&options).await,
            "startup" => return startup::startup(&options).await,
            // What `compare` starts beside our server.
            "echo-server" => return echo::serve(options.number("--answer-bytes", 0.0) as usize).await,
            "rotate" => return rotate::rotate(&options).await,
            _ => {}
        }
        let server = Server::start_by(&options.serve_by, &options.serve);
        match scenario.as_str() {
            "closed" => {
                let outcome = closed(&server, &options, options.concurrency).await;
                print(&scenario, outcome.report());
            }
            "open" => print(&scenario, open(&server, &options, options.rate, options.seconds).await.report()),
            "overload" => overload(&server, &options).await,
            "storm" => storm(&server, &options).await,
            "drain" => drain(server, &options).await,
            "envoy" => envoy::envoy(server, &options).await,
            "soak" => soak::soak(&server, &options).await,
            "attack" => attack::attack(&server, &options).await,
            other => panic!("there is no scenario {other}"),
        }
    });
    runtime.shutdown_background();
}

fn print(scenario: &str, report: Value) {
    println!("{}", json!({ "scenario": scenario, "figures": report }));
}

/// What was asked for.
#[derive(Debug, Clone)]
struct Options {
    seconds: f64,
    rate: f64,
    concurrency: usize,
    calls: usize,
    deadline: Duration,
    words: usize,
    serve: String,
    serve_by: String,
    envoy: String,
    /// Scenario and arguments, as they were given.
    line: String,
    args: Vec<String>,
}

impl Options {
    fn new(args: &[String]) -> Self {
        let get = |name: &str| value_of(args, name);
        let number = |name: &str, default: f64| get(name).map_or(default, |text| text.parse().unwrap());
        Self {
            seconds: number("--seconds", 5.0),
            rate: number("--rate", 200.0),
            concurrency: number("--concurrency", 16.0) as usize,
            calls: number("--calls", 500.0) as usize,
            deadline: Duration::from_secs_f64(number("--deadline-ms", 50.0) / 1e3),
            words: number("--words", 300.0) as usize,
            serve: get("--serve").unwrap_or_default(),
            serve_by: get("--serve-by").unwrap_or_default(),
            envoy: get("--envoy").unwrap_or_else(|| "envoy".to_owned()),
            line: args.join(" "),
            args: args.to_vec(),
        }
    }

    fn get(&self, name: &str) -> Option<String> {
        value_of(&self.args, name)
    }

    fn number(&self, name: &str, default: f64) -> f64 {
        self.get(name).map_or(default, |text| text.parse().unwrap())
    }

    /// Of `compare` and `startup`, at least one.
    fn rounds(&self) -> usize {
        (self.number("--rounds", 5.0) as usize).max(1)
    }
}

fn value_of(args: &[String], name: &str) -> Option<String> {
    args.iter().position(|arg| arg == name).and_then(|at| args.get(at + 1)).cloned()
}

/// A server, ended with the tool.
struct Server {
    child: Child,
    address: String,
    admin: String,
}

impl Server {
    fn start(extra: &str) -> Self {
        Self::start_by("", extra)
    }

    /// `by`: a program with arguments that starts the server in place of us.
    fn start_by(by: &str, extra: &str) -> Self {
        let mut words = by.split_whitespace().chain([env!("CARGO_BIN_EXE_parallax")]);
        let mut child = Command::new(words.next().expect("there is the server itself"))
            .args(words)
            .args(["serve", "--address", "127.0.0.1:0", "--admin-address", "127.0.0.1:0", "--log", "json"])
            .args(extra.split_whitespace())
            .env("PARALLAX_LOG", "warn,parallax::server::lifecycle=info")
            .stderr(Stdio::piped())
            .spawn()
            .unwrap();
        let mut lines = BufReader::new(child.stderr.take().unwrap()).lines();
        let entry = lines
            .by_ref()
            .map_while(Result::ok)
            .filter_map(|line| serde_json::from_str::<Value>(&line).ok())
            .find(|entry| entry["address"].is_string())
            .expect("the server logs its address");
        std::thread::spawn(move || lines.for_each(drop));
        let text = |name: &str| entry[name].as_str().unwrap().to_owned();
        Self { child, address: text("address"), admin: text("admin") }
    }

    async fn channel(&self) -> Channel {
        Channel::from_shared(format!("http://{}", self.address)).unwrap().connect().await.unwrap()
    }

    async fn clients(&self) -> Vec<Client> {
        let mut clients = Vec::new();
        for _ in 0..CONNECTIONS {
            clients.push(ComparisonServiceClient::new(self.channel().await).max_decoding_message_size(usize::MAX));
        }
        clients
    }

    /// The value of a metric without labels.
    fn metric(&self, name: &str) -> f64 {
        let mut stream = std::net::TcpStream::connect(&self.admin).unwrap();
        stream.write_all(b"GET /metrics HTTP/1.1\r\nhost: a\r\nconnection: close\r\n\r\n").unwrap();
        let mut text = String::new();
        stream.read_to_string(&mut text).unwrap();
        let line = text.lines().find(|line| line.starts_with(&format!("{name} ")));
        line.map_or(0.0, |line| line.rsplit(' ').next().unwrap().parse().unwrap())
    }

    /// Resident memory, in KiB; 0 where there is no /proc.
    fn resident_kib(&self) -> u64 {
        resident_kib_of(self.child.id())
    }
}

fn resident_kib_of(pid: u32) -> u64 {
    let status = std::fs::read_to_string(format!("/proc/{pid}/status")).unwrap_or_default();
    let line = status.lines().find(|line| line.starts_with("VmRSS:"));
    line.and_then(|line| line.split_whitespace().nth(1)?.parse().ok()).unwrap_or(0)
}

impl Drop for Server {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

type Client = ComparisonServiceClient<Channel>;

/// Two readouts of about so many words each.
fn request(words: usize) -> pb::CompareRequest {
    let text = |name: &str, verb: &str| {
        let mut text = String::new();
        for n in 0..words.div_ceil(15) {
            text.push_str(&format!(
                "{name} {verb} that convoy {n} would leave Port Tarn on day {n} under the agreed plan.\n"
            ));
        }
        text
    };
    let readout = |id: &str, text: String| pb::Readout {
        id: id.to_owned(),
        content: Some(pb::readout::Content::Text(text)),
        ..pb::Readout::default()
    };
    pb::CompareRequest {
        readouts: vec![
            readout("a", text("Minister Aro of Kenya", "stressed")),
            readout("b", text("Minister Vey of Peru", "denied")),
        ],
        ..pb::CompareRequest::default()
    }
}

/// What came of the calls of one run.
#[derive(Debug, Default)]
struct Outcome {
    /// Milliseconds by outcome.
    latencies: BTreeMap<String, Vec<f64>>,
    n_with_retry: usize,
    seconds: f64,
    n_not_sent: usize,
}

impl Outcome {
    fn add(&mut self, name: String, latency: Duration, has_retry: bool) {
        self.latencies.entry(name).or_default().push(latency.as_secs_f64() * 1e3);
        self.n_with_retry += usize::from(has_retry);
    }

    fn good(&self) -> f64 {
        let ok = self.latencies.iter().filter(|(name, _)| name.ends_with("Ok"));
        ok.map(|(_, latencies)| latencies.len()).sum::<usize>() as f64 / self.seconds
    }

    fn report(&self) -> Value {
        let by_outcome: serde_json::Map<String, Value> =
            self.latencies.iter().map(|(name, latencies)| (name.clone(), percentiles(latencies))).collect();
        json!({
            "goodput_per_second": round(self.good()),
            "seconds": round(self.seconds),
            "latency_ms": by_outcome,
            "refused_with_retry_info": self.n_with_retry,
            "not_sent": self.n_not_sent,
        })
    }
}

fn percentiles(latencies: &[f64]) -> Value {
    let mut sorted = latencies.to_vec();
    sorted.sort_by(f64::total_cmp);
    let at = |share: f64| round(sorted[((sorted.len() - 1) as f64 * share).round() as usize]);
    json!({ "n": sorted.len(), "p50": at(0.5), "p90": at(0.9), "p99": at(0.99), "p999": at(0.999), "max": at(1.0) })
}

fn round(value: f64) -> f64 {
    (value * 100.0).round() / 100.0
}

/// One call, and what came of it.
async fn call(client: &mut Client, request: pb::CompareRequest, deadline: Option<Duration>) -> (String, bool) {
    let mut request = Request::new(request);
    if let Some(deadline) = deadline {
        request.set_timeout(deadline);
    }
    match client.compare(request).await {
        Ok(_) => ("Ok".to_owned(), false),
        Err(status) => (format!("{:?}", status.code()), status.get_error_details().retry_info().is_some()),
    }
}

async fn closed(server: &Server, options: &Options, concurrency: usize) -> Outcome {
    let (clients, request) = (server.clients().await, request(options.words));
    let started = Instant::now();
    let until = started + Duration::from_secs_f64(options.seconds);
    let mut callers = JoinSet::new();
    for at in 0..concurrency {
        let (mut client, request) = (clients[at % clients.len()].clone(), request.clone());
        callers.spawn(async move {
            let mut outcome = Outcome::default();
            while Instant::now() < until {
                let began = Instant::now();
                let (name, has_retry) = call(&mut client, request.clone(), None).await;
                outcome.add(name, began.elapsed(), has_retry);
            }
            outcome
        });
    }
    let mut whole = Outcome::default();
    while let Some(outcome) = callers.join_next().await {
        let outcome = outcome.unwrap();
        whole.n_with_retry += outcome.n_with_retry;
        for (name, latencies) in outcome.latencies {
            whole.latencies.entry(name).or_default().extend(latencies);
        }
    }
    whole.seconds = started.elapsed().as_secs_f64();
    whole
}

async fn open(server: &Server, options: &Options, rate: f64, seconds: f64) -> Outcome {
    let (clients, request) = (server.clients().await, request(options.words));
    open_with(&clients, &request, rate, seconds, &AtomicBool::new(false)).await
}

async fn open_with(
    clients: &[Client],
    request: &pb::CompareRequest,
    rate: f64,
    seconds: f64,
    stop: &AtomicBool,
) -> Outcome {
    let (send, mut results) = mpsc::unbounded_channel();
    let started = Instant::now();
    let in_flight = Arc::new(tokio::sync::Semaphore::new(MAX_IN_FLIGHT));
    let mut outcome = Outcome::default();
    let n_calls = (rate * seconds) as usize;
    for at in 0..n_calls {
        if stop.load(Ordering::Relaxed) {
            break;
        }
        let due = started + Duration::from_secs_f64(at as f64 / rate);
        tokio::time::sleep_until(due.into()).await;
        let Ok(permit) = Arc::clone(&in_flight).try_acquire_owned() else {
            outcome.n_not_sent += 1;
            continue;
        };
        let (mut client, request, send) = (clients[at % clients.len()].clone(), request.clone(), send.clone());
        tokio::spawn(async move {
            let (name, has_retry) = call(&mut client, request, None).await;
            let _ = send.send((name, due.elapsed(), has_retry));
            drop(permit);
        });
    }
    let sent_for = started.elapsed();
    drop(send);
    while let Some((name, latency, has_retry)) = results.recv().await {
        outcome.add(name, latency, has_retry);
    }
    // What is answered after the last call was sent was still work of that time.
    outcome.seconds = sent_for.max(started.elapsed()).as_secs_f64();
    outcome
}

async fn overload(server: &Server, options: &Options) {
    let n_processors = std::thread::available_parallelism().map_or(1, usize::from);
    let _warm = closed(server, &Options { seconds: 1.0, ..options.clone() }, 4 * n_processors).await;
    let peak = closed(server, options, 4 * n_processors).await;
    let per_second = peak.good();
    print("overload peak", peak.report());
    for factor in [1.0, 3.0, 10.0] {
        let is_over = Arc::new(AtomicBool::new(false));
        let health = tokio::spawn(health_latencies(server.channel().await, Arc::clone(&is_over)));
        let outcome = open(server, options, per_second * factor, options.seconds).await;
        is_over.store(true, Ordering::Relaxed);
        let mut report = outcome.report();
        report["share_of_peak"] = json!(round(outcome.good() / per_second));
        report["health_ms"] = health.await.unwrap();
        report["resident_kib"] = json!(server.resident_kib());
        print(&format!("overload {factor}x"), report);
    }
}

async fn health_latencies(channel: Channel, is_over: Arc<AtomicBool>) -> Value {
    let mut health = HealthClient::new(channel);
    let mut latencies = Vec::new();
    while !is_over.load(Ordering::Relaxed) {
        let began = Instant::now();
        health.check(HealthCheckRequest { service: String::new() }).await.unwrap();
        latencies.push(began.elapsed().as_secs_f64() * 1e3);
        tokio::time::sleep(Duration::from_millis(20)).await;
    }
    percentiles(&latencies)
}

async fn storm(server: &Server, options: &Options) {
    // Long enough that no call can be answered within its deadline.
    let (clients, mut request) = (server.clients().await, request(options.words.max(20_000)));
    request.options = Some(pb::CompareOptions { engine: pb::Engine::Thorough.into(), ..Default::default() });
    let started = Instant::now();
    let mut calls = JoinSet::new();
    for at in 0..options.calls {
        let (mut client, request, deadline) = (clients[at % clients.len()].clone(), request.clone(), options.deadline);
        calls.spawn(async move { (call(&mut client, request, Some(deadline)).await.0, Instant::now()) });
    }
    let (mut counts, mut last) = (BTreeMap::<String, usize>::new(), started);
    while let Some(ended) = calls.join_next().await {
        let (name, at) = ended.unwrap();
        *counts.entry(name).or_default() += 1;
        last = last.max(at);
    }
    let mut n_polls = 0;
    while server.metric("parallax_computations_running") > 0.0 {
        n_polls += 1;
        assert!(last.elapsed() < Duration::from_secs(60), "computations go on");
    }
    let report = json!({
        "outcomes": counts,
        "work_after_last_deadline_ms": round(if n_polls == 0 { 0.0 } else { last.elapsed().as_secs_f64() * 1e3 }),
        "polls_that_saw_work": n_polls,
    });
    print("storm", report);
}

async fn drain(mut server: Server, options: &Options) {
    let idle: Vec<_> = (0..50).map(|_| std::net::TcpStream::connect(&server.address).unwrap()).collect();
    let mut watches = Vec::new();
    for _ in 0..5 {
        let mut health = HealthClient::new(server.channel().await);
        watches.push(health.watch(HealthCheckRequest { service: String::new() }).await.unwrap().into_inner());
    }
    // As a load balancer does: a caller goes on until health says that the server will end.
    let stop = Arc::new(AtomicBool::new(false));
    let mut seen = HealthClient::new(server.channel().await);
    let mut seen = seen.watch(HealthCheckRequest { service: String::new() }).await.unwrap().into_inner();
    let noticing = Arc::clone(&stop);
    tokio::spawn(async move {
        while let Ok(Some(answer)) = seen.message().await {
            if answer.status != 1 {
                break;
            }
        }
        noticing.store(true, Ordering::Relaxed);
    });
    let (clients, request) = (server.clients().await, request(options.words));
    let pid = server.child.id().to_string();
    let seconds = options.seconds;
    let killing = tokio::spawn(async move {
        tokio::time::sleep(Duration::from_secs_f64(seconds / 2.0)).await;
        assert!(Command::new("kill").args(["-s", "TERM", &pid]).status().unwrap().success());
        Instant::now()
    });
    let outcome = open_with(&clients, &request, options.rate, seconds, &stop).await;
    let killed = killing.await.unwrap();
    let status = tokio::task::block_in_place(|| server.child.wait().unwrap());
    let mut report = outcome.report();
    report["exit_after_seconds"] = json!(round(killed.elapsed().as_secs_f64()));
    report["exit_code"] = json!(status.code());
    report["idle_connections"] = json!(idle.len());
    report["health_watches"] = json!(watches.len());
    print("drain", report);
}
