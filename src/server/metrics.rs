//! What is counted of every call, in the form that Prometheus reads.
//!
//! Each server has its own registry. A call is recorded when it is dropped, so that one that a deadline or its caller
//! cuts is recorded, too. Labels are methods, codes and stages: never anything that a caller wrote.

use super::admission::Admission;
use crate::models::judgement_cache::JudgementCache;
use prometheus_client::collector::Collector;
use prometheus_client::encoding::{DescriptorEncoder, EncodeLabelSet, EncodeMetric as _};
use prometheus_client::metrics::counter::{ConstCounter, Counter};
use prometheus_client::metrics::family::Family;
use prometheus_client::metrics::gauge::{ConstGauge, Gauge};
use prometheus_client::metrics::histogram::{Histogram, exponential_buckets};
use prometheus_client::registry::Registry;
use std::sync::Arc;
use std::time::Duration;

/// From 1 ms, where the shortest comparisons are, doubling up to 33 s, beyond the longest deadline.
fn seconds() -> Histogram {
    Histogram::new(exponential_buckets(0.001, 2.0, 16))
}

/// From 256 bytes, four times each, to 64 MiB.
fn bytes() -> Histogram {
    Histogram::new(exponential_buckets(256.0, 4.0, 10))
}

#[derive(Debug, Clone, PartialEq, Eq, Hash, EncodeLabelSet)]
pub(super) struct Method {
    pub(super) method: &'static str,
}

#[derive(Debug, Clone, PartialEq, Eq, Hash, EncodeLabelSet)]
pub(super) struct Outcome {
    pub(super) method: &'static str,
    pub(super) code: &'static str,
}

#[derive(Debug, Clone, PartialEq, Eq, Hash, EncodeLabelSet)]
pub(super) struct StageLabel {
    pub(super) stage: &'static str,
}

#[derive(Debug, Clone, PartialEq, Eq, Hash, EncodeLabelSet)]
pub(super) struct Reason {
    pub(super) reason: &'static str,
}

/// What is counted.
#[derive(Debug)]
pub(super) struct Metrics {
    registry: Registry,
    /// Calls that have ended.
    pub(super) calls: Family<Outcome, Counter>,
    /// Time from the headers of a call to the end of its answer.
    pub(super) call_seconds: Family<Method, Histogram, fn() -> Histogram>,
    /// Time that a computation waited for a permit.
    pub(super) wait_seconds: Histogram,
    /// Time that each stage took.
    pub(super) stage_seconds: Family<StageLabel, Histogram, fn() -> Histogram>,
    /// Bytes of requests, as they came.
    pub(super) request_bytes: Family<Method, Histogram, fn() -> Histogram>,
    /// Bytes of answers, as they went.
    pub(super) answer_bytes: Family<Method, Histogram, fn() -> Histogram>,
    /// Our calls that are open.
    pub(super) calls_open: Gauge,
    /// Bytes of request messages held.
    pub(super) held_bytes: Gauge,
    /// Connections that are open.
    pub(super) connections_open: Gauge,
    /// Connections that were closed before they spoke.
    pub(super) connections_refused: Family<Reason, Counter>,
    /// Readings of certificates and keys that failed.
    pub(super) reloads_failed: Counter,
}

impl Metrics {
    pub(super) fn new(admission: &Arc<Admission>, judgements: Option<&Arc<JudgementCache>>) -> Self {
        let mut registry = Registry::with_prefix("parallax");
        let mut metrics = Self {
            registry: Registry::default(),
            calls: Family::default(),
            call_seconds: Family::new_with_constructor(seconds),
            wait_seconds: seconds(),
            stage_seconds: Family::new_with_constructor(seconds),
            request_bytes: Family::new_with_constructor(bytes),
            answer_bytes: Family::new_with_constructor(bytes),
            calls_open: Gauge::default(),
            held_bytes: Gauge::default(),
            connections_open: Gauge::default(),
            connections_refused: Family::default(),
            reloads_failed: Counter::default(),
        };
        registry.register("calls", "Calls that have ended", metrics.calls.clone());
        registry.register("call_seconds", "Time from the headers of a call to its end", metrics.call_seconds.clone());
        registry.register(
            "wait_seconds",
            "Time that a computation waited for a permit and a thread",
            metrics.wait_seconds.clone(),
        );
        registry.register("stage_seconds", "Time that a stage took", metrics.stage_seconds.clone());
        registry.register("request_bytes", "Bytes of a request as it came", metrics.request_bytes.clone());
        registry.register("answer_bytes", "Bytes of an answer as it went", metrics.answer_bytes.clone());
        registry.register("calls_open", "Calls of the service that are open", metrics.calls_open.clone());
        registry.register("held_bytes", "Bytes of request messages held", metrics.held_bytes.clone());
        registry.register("connections_open", "Connections that are open", metrics.connections_open.clone());
        let refused = metrics.connections_refused.clone();
        registry.register("connections_refused", "Connections closed before they spoke", refused);
        let failed = metrics.reloads_failed.clone();
        registry.register("reloads_failed", "Readings of certificates and keys that failed", failed);
        registry.register_collector(Box::new(Permits(Arc::clone(admission))));
        if let Some(judgements) = judgements {
            registry.register_collector(Box::new(Judgements(Arc::clone(judgements))));
        }
        metrics.registry = registry;
        metrics
    }

    /// The exposition format of OpenMetrics, which Prometheus reads.
    pub(super) fn expose(&self) -> String {
        let mut text = String::new();
        prometheus_client::encoding::text::encode(&mut text, &self.registry)
            .expect("a string takes all that is written");
        text
    }

    /// Records the time of one stage.
    pub(super) fn stage(&self, stage: &'static str, duration: Duration) {
        self.stage_seconds.get_or_create(&StageLabel { stage }).observe(duration.as_secs_f64());
    }
}

/// Permits and places, read when they are asked for.
#[derive(Debug)]
struct Permits(Arc<Admission>);

impl Collector for Permits {
    fn encode(&self, mut encoder: DescriptorEncoder) -> Result<(), std::fmt::Error> {
        let (n_running, n_waiting) = self.0.load();
        for (name, help, value) in [
            ("computations_running", "Computations that run", n_running),
            ("computations_waiting", "Requests that wait for a permit", n_waiting),
        ] {
            let gauge = ConstGauge::new(i64::try_from(value).unwrap_or(i64::MAX));
            let kind = prometheus_client::encoding::EncodeMetric::metric_type(&gauge);
            gauge.encode(encoder.encode_descriptor(name, help, None, kind)?)?;
        }
        Ok(())
    }
}

/// The memory of judgements, read when it is asked for. The hit rate is found / (found + missed).
#[derive(Debug)]
struct Judgements(Arc<JudgementCache>);

impl Collector for Judgements {
    fn encode(&self, mut encoder: DescriptorEncoder) -> Result<(), std::fmt::Error> {
        for (name, help, value) in [
            ("judgements_found", "Judgements of the thorough engine that were remembered", self.0.n_found()),
            ("judgements_missed", "Judgements of the thorough engine that had to be made", self.0.n_missed()),
        ] {
            let counter = ConstCounter::new(value);
            let kind = prometheus_client::encoding::EncodeMetric::metric_type(&counter);
            counter.encode(encoder.encode_descriptor(name, help, None, kind)?)?;
        }
        let gauge = ConstGauge::new(i64::try_from(self.0.n_held()).unwrap_or(i64::MAX));
        let kind = prometheus_client::encoding::EncodeMetric::metric_type(&gauge);
        gauge.encode(encoder.encode_descriptor("judgements_held", "Judgements that are held", None, kind)?)
    }
}
