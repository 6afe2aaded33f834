//! Spans of a server process as a collector gets them.

use super::harness::{Client, two_readouts};
use opentelemetry_proto::tonic::collector::trace::v1::trace_service_server::{TraceService, TraceServiceServer};
use opentelemetry_proto::tonic::collector::trace::v1::{ExportTraceServiceRequest, ExportTraceServiceResponse};
use std::process::Stdio;
use tokio::io::{AsyncBufReadExt as _, BufReader};
use tokio::sync::mpsc;
use tonic::{Request, Response, Status};

/// Keeps what it is sent.
struct Collector(mpsc::UnboundedSender<ExportTraceServiceRequest>);

#[tonic::async_trait]
impl TraceService for Collector {
    async fn export(
        &self,
        request: Request<ExportTraceServiceRequest>,
    ) -> Result<Response<ExportTraceServiceResponse>, Status> {
        let _ = self.0.send(request.into_inner());
        Ok(Response::new(ExportTraceServiceResponse::default()))
    }
}

#[cfg(unix)]
#[tokio::test(flavor = "multi_thread")]
async fn a_collector_gets_the_span_of_a_call_without_its_text() {
    let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
    let endpoint = format!("trace.endpoint=http://{}", listener.local_addr().unwrap());
    let (sender, mut batches) = mpsc::unbounded_channel();
    let incoming = tokio_stream::wrappers::TcpListenerStream::new(listener);
    let collector = tonic::transport::Server::builder().add_service(TraceServiceServer::new(Collector(sender)));
    tokio::spawn(collector.serve_with_incoming(incoming));

    let mut server = tokio::process::Command::new(env!("CARGO_BIN_EXE_parallax"))
        .args(["serve", "--address", "127.0.0.1:0", "--log", "json", "--health-wait", "0", "--set", &endpoint])
        .stderr(Stdio::piped())
        .kill_on_drop(true)
        .spawn()
        .unwrap();
    let mut lines = BufReader::new(server.stderr.take().unwrap()).lines();
    let address = loop {
        let line = lines.next_line().await.unwrap().expect("it says where it serves");
        let entry: serde_json::Value = serde_json::from_str(&line).unwrap();
        if let Some(address) = entry["address"].as_str() {
            break address.to_owned();
        }
    };
    tokio::spawn(async move { while let Ok(Some(_)) = lines.next_line().await {} });
    let mut client = Client::connect(format!("http://{address}")).await.unwrap();
    let mut request = Request::new(two_readouts());
    request.metadata_mut().insert("x-request-id", "order-66".parse().unwrap());
    client.compare(request).await.unwrap();
    // What is not sent yet is sent at the end.
    let pid = server.id().unwrap().to_string();
    assert!(std::process::Command::new("kill").args(["-TERM", &pid]).status().unwrap().success());
    let ended = tokio::time::timeout(std::time::Duration::from_secs(30), server.wait()).await;
    assert!(ended.expect("it ends in time").unwrap().success());

    let batch = batches.recv().await.expect("spans come");
    let spans: Vec<_> = batch.resource_spans.iter().flat_map(|of| &of.scope_spans).flat_map(|of| &of.spans).collect();
    let call = spans.iter().find(|span| span.name == "call").expect("a call has a span");
    let shown = format!("{batch:?}");
    for word in ["parallax.v1.ComparisonService/Compare", "order-66", "readouts", "duration_ms"] {
        assert!(format!("{call:?}").contains(word), "{word:?} is not in {call:?}");
    }
    for word in ["Aro", "Norland", "norland", "ceasefire"] {
        assert!(!shown.contains(word), "{word:?} is in {shown}");
    }
}
