//! One call, from its headers to the end of its answer: what is known of it, and what happens when it ends.
//!
//! [`Call`] stays with the answer and ends the call when it is dropped, however that comes about: the answer was sent,
//! a deadline cut it, or its caller left. Then its computation is cancelled, its line is logged and its metrics are
//! recorded. [`Context`] goes with the request to the handler.

use super::auth::Service;
use super::metrics::{Method, Metrics, Outcome};
use super::pb::comparison_service_server::SERVICE_NAME;
use super::request_id::RequestId;
use crate::pipeline::{Cancel, Stage};
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::{Duration, Instant};
use tokio::sync::watch;
use tonic::Code;
use tracing::{Span, field};

/// The methods that are named in the log.
const METHODS: [&str; 9] = [
    "/parallax.v1.ComparisonService/Compare",
    "/parallax.v1.ComparisonService/CompareStream",
    "/parallax.v1.ComparisonService/ExtractPositions",
    "/parallax.v1.ComparisonService/ScorePairs",
    "/parallax.v1.ComparisonService/DescribeEngine",
    "/grpc.health.v1.Health/Check",
    "/grpc.health.v1.Health/Watch",
    "/grpc.reflection.v1.ServerReflection/ServerReflectionInfo",
    "/grpc.reflection.v1alpha.ServerReflection/ServerReflectionInfo",
];

/// What all calls of one server share.
#[derive(Debug)]
pub(super) struct Open {
    /// Number of our calls whose answer is not yet sent. Health and reflection streams may stay open for ever and do
    /// not count.
    pub(super) calls: watch::Sender<usize>,
    /// Bytes of request messages that our calls hold.
    pub(super) bytes: AtomicUsize,
    /// Bytes that were read from and written to all connections, modulo the size of the type.
    pub(super) moved: AtomicUsize,
    pub(super) metrics: Metrics,
}

impl Open {
    pub(super) fn new(metrics: Metrics) -> Self {
        let [bytes, moved] = [const { AtomicUsize::new(0) }; 2];
        Self { calls: watch::Sender::new(0), bytes, moved, metrics }
    }
}

/// What the handler of a call needs to know of it.
#[derive(Debug, Clone)]
pub(super) struct Context {
    pub(super) request_id: RequestId,
    /// Set when the call ends.
    pub(super) cancel: Cancel,
    held: Option<Arc<Held>>,
    times: Arc<Mutex<Times>>,
}

/// Bytes of request messages that one call holds.
#[derive(Debug)]
pub(super) struct Held {
    bytes: AtomicUsize,
    /// Bytes that came in all.
    came: AtomicUsize,
    open: Arc<Open>,
}

/// Where the time of a call went.
#[derive(Debug, Default)]
struct Times {
    waited: Duration,
    stages: [Duration; Stage::ALL.len()],
}

impl Context {
    /// One of no call.
    pub(super) fn detached(request_id: RequestId) -> Self {
        Self { request_id, cancel: Cancel::default(), held: None, times: Arc::default() }
    }

    /// Adds a wait for a permit.
    pub(super) fn waited(&self, duration: Duration) {
        self.times.lock().unwrap_or_else(PoisonError::into_inner).waited += duration;
        if let Some(held) = &self.held {
            held.open.metrics.wait_seconds.observe(duration.as_secs_f64());
        }
    }

    /// The flag for a computation, which adds up its stages until the second value is dropped.
    pub(super) fn computing(&self) -> (Cancel, impl Send + use<>) {
        let clock = Arc::new(Mutex::new(None::<(Stage, Instant)>));
        let times = Arc::clone(&self.times);
        let switch = move |clock: &Mutex<Option<(Stage, Instant)>>, next: Option<Stage>| {
            let now = Instant::now();
            let mut current = clock.lock().unwrap_or_else(PoisonError::into_inner);
            if let Some((stage, since)) = *current {
                times.lock().unwrap_or_else(PoisonError::into_inner).stages[stage as usize] += now - since;
            }
            *current = next.map(|stage| (stage, now));
        };
        let entered = (Arc::clone(&clock), switch.clone());
        let cancel = self.cancel.observed(move |stage| (entered.1)(&entered.0, Some(stage)));
        (cancel, OnDrop(Some(move || switch(&clock, None))))
    }

    /// Gives back the bytes of a message that has been dealt with.
    pub(super) fn release(&self, n_bytes: usize) {
        if let Some(held) = &self.held {
            held.release(n_bytes);
        }
    }
}

/// Does something when it is dropped.
struct OnDrop<F: FnOnce()>(Option<F>);

impl<F: FnOnce()> Drop for OnDrop<F> {
    fn drop(&mut self) {
        if let Some(act) = self.0.take() {
            act();
        }
    }
}

impl Held {
    /// Adds bytes; the second value is how many all calls hold now.
    pub(super) fn add(&self, n_bytes: usize) -> usize {
        self.came.fetch_add(n_bytes, Ordering::Relaxed);
        self.bytes.fetch_add(n_bytes, Ordering::Relaxed);
        self.open.metrics.held_bytes.inc_by(as_i64(n_bytes));
        self.open.bytes.fetch_add(n_bytes, Ordering::Relaxed) + n_bytes
    }

    /// Gives back at most what is held.
    fn release(&self, n_bytes: usize) {
        let less = |held: usize| Some(held.saturating_sub(n_bytes));
        let held = self.bytes.fetch_update(Ordering::Relaxed, Ordering::Relaxed, less).unwrap_or(0);
        let released = held.min(n_bytes);
        self.open.metrics.held_bytes.dec_by(as_i64(released));
        self.open.bytes.fetch_sub(released, Ordering::Relaxed);
    }
}

impl Drop for Held {
    fn drop(&mut self) {
        self.release(usize::MAX);
    }
}

fn as_i64(n: usize) -> i64 {
    i64::try_from(n).unwrap_or(i64::MAX)
}

/// One call. Dropping it ends it.
#[derive(Debug)]
pub(super) struct Call {
    pub(super) span: Span,
    pub(super) context: Context,
    pub(super) held: Arc<Held>,
    /// What was answered; `None`: nothing yet.
    pub(super) code: Option<Code>,
    pub(super) answer_bytes: usize,
    method: &'static str,
    service: Service,
    started: Instant,
    open: Arc<Open>,
}

impl Call {
    pub(super) fn begin(path: &str, request_id: RequestId, open: &Arc<Open>) -> Self {
        let method = METHODS.into_iter().find(|method| *method == path).unwrap_or("/unknown");
        let method = &method[1..];
        let service = match method {
            _ if method.starts_with("grpc.health.") => Service::Health,
            _ if method.starts_with("grpc.reflection.") => Service::Reflection,
            _ => Service::Ours,
        };
        let span = tracing::info_span!(
            "call",
            method,
            %request_id,
            caller = field::Empty,
            request_bytes = field::Empty,
            readouts = field::Empty,
            sides = field::Empty,
            engine = field::Empty,
            positions = field::Empty,
            points = field::Empty,
            pairs = field::Empty,
            items = field::Empty,
        );
        if service == Service::Ours {
            open.calls.send_modify(|n| *n += 1);
            open.metrics.calls_open.inc();
        }
        let held = Arc::new(Held { bytes: AtomicUsize::new(0), came: AtomicUsize::new(0), open: Arc::clone(open) });
        let context = Context { held: Some(Arc::clone(&held)), ..Context::detached(request_id) };
        let started = Instant::now();
        Self { span, context, held, code: None, answer_bytes: 0, method, service, started, open: Arc::clone(open) }
    }

    pub(super) fn service(&self) -> Service {
        self.service
    }

    /// True for calls that are computed: those that admission is about.
    pub(super) fn is_computed(&self) -> bool {
        self.method.starts_with(SERVICE_NAME) && !self.method.ends_with("/DescribeEngine")
    }

    /// True for a stream of comparisons.
    pub(super) fn is_stream(&self) -> bool {
        self.method.ends_with("/CompareStream")
    }
}

impl Drop for Call {
    fn drop(&mut self) {
        self.context.cancel.cancel();
        // No status was sent: the caller left, or its connection did.
        let code = name(self.code.unwrap_or(Code::Cancelled));
        let duration = self.started.elapsed();
        let duration_ms = milliseconds(duration);
        let (answer_bytes, received_bytes) = (self.answer_bytes, self.held.came.load(Ordering::Relaxed));
        let (waited_ms, stages) = {
            let times = self.context.times.lock().unwrap_or_else(PoisonError::into_inner);
            (milliseconds(times.waited), times.stages)
        };
        let computed = Stage::ALL.into_iter().zip(stages).filter(|(_, duration)| !duration.is_zero());
        let stages: Vec<String> = computed
            .map(|(stage, duration)| {
                self.open.metrics.stage(stage.name(), duration);
                format!("{}={:.3}", stage.name(), milliseconds(duration))
            })
            .collect();
        let stages_ms = stages.join(" ");
        let metrics = &self.open.metrics;
        metrics.calls.get_or_create(&Outcome { method: self.method, code }).inc();
        let method = Method { method: self.method };
        metrics.call_seconds.get_or_create(&method).observe(duration.as_secs_f64());
        metrics.request_bytes.get_or_create(&method).observe(received_bytes as f64);
        metrics.answer_bytes.get_or_create(&method).observe(answer_bytes as f64);
        let span = &self.span;
        // Health checks come every few seconds and would bury the rest.
        if self.service == Service::Ours {
            tracing::info!(parent: span, code, duration_ms, waited_ms, stages_ms, received_bytes, answer_bytes, "done");
            self.open.metrics.calls_open.dec();
            self.open.calls.send_modify(|n| *n -= 1);
        } else {
            tracing::debug!(parent: span, code, duration_ms, received_bytes, answer_bytes, "done");
        }
    }
}

fn milliseconds(duration: Duration) -> f64 {
    duration.as_secs_f64() * 1e3
}

/// The name of a code in logs and metrics.
fn name(code: Code) -> &'static str {
    match code {
        Code::Ok => "Ok",
        Code::Cancelled => "Cancelled",
        Code::Unknown => "Unknown",
        Code::InvalidArgument => "InvalidArgument",
        Code::DeadlineExceeded => "DeadlineExceeded",
        Code::NotFound => "NotFound",
        Code::AlreadyExists => "AlreadyExists",
        Code::PermissionDenied => "PermissionDenied",
        Code::ResourceExhausted => "ResourceExhausted",
        Code::FailedPrecondition => "FailedPrecondition",
        Code::Aborted => "Aborted",
        Code::OutOfRange => "OutOfRange",
        Code::Unimplemented => "Unimplemented",
        Code::Internal => "Internal",
        Code::Unavailable => "Unavailable",
        Code::DataLoss => "DataLoss",
        Code::Unauthenticated => "Unauthenticated",
    }
}
