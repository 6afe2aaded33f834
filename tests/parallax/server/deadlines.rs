//! Deadlines, and that work stops when nobody waits for it.

use super::harness::{Running, administered, long_request, refused, two_readouts};
use parallax::server::{Config, pb};
use std::time::{Duration, Instant};
use tokio_stream::StreamExt as _;
use tonic::{Code, Request};

/// Most time until a computation that nobody waits for has ended: 20 ms in a build for use, more in one without
/// optimisation on a machine that does something else.
const SOON: Duration = Duration::from_secs(2);

fn one_permit() -> Config {
    let mut config = administered();
    (config.admission.permits, config.admission.queue) = (1, 8);
    config
}

fn within(time: Duration) -> Request<pb::CompareRequest> {
    let mut request = Request::new(long_request());
    request.set_timeout(time);
    request
}

#[tokio::test(flavor = "multi_thread")]
async fn work_stops_after_the_deadline_of_its_caller() {
    let running = Running::start(one_permit()).await;
    let mut client = running.client().await;
    let status = client.compare(within(Duration::from_millis(60))).await.expect_err("there is too little time");
    // The client has a timer of its own, which says that it was cancelled.
    assert!(matches!(status.code(), Code::DeadlineExceeded | Code::Cancelled), "{status:?}");
    running.wait_for_metric("parallax_computations_running", 0.0, SOON).await;
    assert!(client.compare(two_readouts()).await.is_ok(), "the permit is free again");
}

#[tokio::test(flavor = "multi_thread")]
async fn work_stops_when_its_caller_leaves() {
    let running = Running::start(one_permit()).await;
    let mut client = running.client().await;
    let left = tokio::time::timeout(Duration::from_millis(300), client.compare(long_request())).await;
    assert!(left.is_err(), "it takes longer");
    running.wait_for_metric("parallax_computations_running", 0.0, SOON).await;
    running.wait_for_metric("parallax_calls_open", 0.0, SOON).await;
    running.wait_for_metric("parallax_held_bytes", 0.0, SOON).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_storm_of_deadlines_leaves_nothing_running() {
    let mut config = administered();
    (config.admission.permits, config.admission.queue) = (2, 64);
    let running = Running::start(config).await;
    let client = running.client().await;
    let calls: Vec<_> = (0..24)
        .map(|_| {
            let mut client = client.clone();
            tokio::spawn(async move { client.compare(within(Duration::from_millis(50))).await })
        })
        .collect();
    for call in calls {
        let status = call.await.unwrap().expect_err("there is too little time");
        assert!(
            matches!(status.code(), Code::DeadlineExceeded | Code::Cancelled | Code::ResourceExhausted),
            "{status:?}"
        );
    }
    running.wait_for_metric("parallax_computations_running", 0.0, SOON).await;
    running.wait_for_metric("parallax_computations_waiting", 0.0, SOON).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_call_without_a_deadline_gets_one_and_a_long_one_is_capped() {
    let mut config = one_permit();
    (config.deadline.default, config.deadline.max) = (Duration::from_millis(60), Duration::from_millis(120));
    let running = Running::start(config).await;
    let mut client = running.client().await;
    refused(client.compare(long_request()).await, Code::DeadlineExceeded, "DEADLINE_EXCEEDED");
    let started = Instant::now();
    refused(client.compare(within(Duration::from_secs(3_600))).await, Code::DeadlineExceeded, "DEADLINE_EXCEEDED");
    assert!(started.elapsed() < Duration::from_secs(10), "{:?}", started.elapsed());
    running.wait_for_metric("parallax_computations_running", 0.0, SOON).await;
    let cut = "parallax_calls_total{method=\"parallax.v1.ComparisonService/Compare\",code=\"DeadlineExceeded\"}";
    running.wait_for_metric(cut, 2.0, SOON).await;
}

#[tokio::test]
async fn a_stream_ends_at_its_deadline_with_the_answers_before_it() {
    let mut config = administered();
    config.deadline.stream_default = Duration::from_millis(1_500);
    let running = Running::start(config).await;
    let mut client = running.client().await;
    let item = pb::CompareStreamRequest { id: "a".into(), request: Some(two_readouts()) };
    let items = tokio_stream::iter(vec![item]).chain(tokio_stream::pending());
    let mut answers = client.compare_stream(items).await.unwrap().into_inner();
    assert_eq!(answers.message().await.unwrap().unwrap().id, "a");
    refused(answers.message().await, Code::DeadlineExceeded, "DEADLINE_EXCEEDED");
    running.wait_for_metric("parallax_calls_open", 0.0, SOON).await;
}

#[tokio::test]
async fn a_request_id_comes_back_and_one_is_made_when_none_is_given() {
    let running = Running::start(administered()).await;
    let mut client = running.client().await;
    let mut request = Request::new(two_readouts());
    request.metadata_mut().insert("x-request-id", "order-66".parse().unwrap());
    let answer = client.compare(request).await.unwrap();
    assert_eq!(answer.metadata().get("x-request-id").unwrap(), "order-66");
    let status = client.compare(pb::CompareRequest::default()).await.expect_err("it is empty");
    assert_eq!(status.metadata().get("x-request-id").unwrap().len(), 32);
    let items = tokio_stream::iter(vec![pb::CompareStreamRequest { id: "a".into(), request: Some(two_readouts()) }]);
    let mut answers = client.compare_stream(items).await.unwrap().into_inner();
    while answers.message().await.unwrap().is_some() {}
    assert_eq!(answers.trailers().await.unwrap().unwrap().get("x-request-id").unwrap().len(), 32);
}

#[tokio::test]
async fn the_admin_port_tells_metrics_and_whether_the_server_is_ready() {
    let mut config = administered();
    config.drain.wait = Duration::from_millis(500);
    let mut running = Running::start(config).await;
    let mut client = running.client().await;
    client.compare(two_readouts()).await.unwrap();
    assert_eq!(running.admin("/livez").await.0, 200);
    assert_eq!(running.admin("/readyz").await.0, 200);
    assert_eq!(running.admin("/").await.0, 404);
    let (status, metrics) = running.admin("/metrics").await;
    assert_eq!(status, 200);
    for line in [
        "parallax_calls_total{method=\"parallax.v1.ComparisonService/Compare\",code=\"Ok\"} 1",
        "parallax_stage_seconds_count{stage=\"segmentation\"} 1",
        "parallax_stage_seconds_count{stage=\"links\"} 1",
        "parallax_computations_running 0",
        "parallax_connections_open 1",
    ] {
        assert!(metrics.contains(line), "{line:?} is not in\n{metrics}");
    }
    for word in ["Aro", "norland", "ceasefire"] {
        assert!(!metrics.contains(word), "{word}");
    }
    running.stop();
    tokio::time::sleep(Duration::from_millis(100)).await;
    assert_eq!((running.admin("/livez").await.0, running.admin("/readyz").await.0), (200, 503));
    running.ended_within(Duration::from_secs(20)).await;
}
