//! Health, reflection, and how a server ends.

use super::harness::{Client, Running, administered, config, long_request, narrow, refused, two_readouts};
use super::slow_reader::SlowReader;
use hyper_util::rt::TokioIo;
use parallax::server::{Config, pb};
use std::sync::{Arc, Mutex};
use std::time::{Duration, Instant};
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::sync::mpsc;
use tokio_stream::StreamExt as _;
use tokio_stream::wrappers::ReceiverStream;
use tonic::Code;
use tonic_health::pb::HealthCheckRequest;
use tonic_health::pb::health_check_response::ServingStatus;
use tonic_health::pb::health_client::HealthClient;

const SERVICE: &str = "parallax.v1.ComparisonService";

fn health_of(service: &str) -> HealthCheckRequest {
    HealthCheckRequest { service: service.to_owned() }
}

#[tokio::test]
async fn health_is_told_for_the_server_and_the_service() {
    let running = Running::start(config()).await;
    let mut health = HealthClient::new(running.channel().await);
    for service in ["", SERVICE] {
        let answer = health.check(health_of(service)).await.unwrap().into_inner();
        assert_eq!(answer.status(), ServingStatus::Serving, "{service:?}");
    }
    let unknown = health.check(health_of("parallax.v2.ComparisonService")).await.expect_err("there is none");
    assert_eq!(unknown.code(), Code::NotFound);
}

/// Both versions of the protocol have the same messages, under different names.
macro_rules! reflection_test {
    ($name:ident, $version:ident) => {
        #[tokio::test]
        async fn $name() {
            use protocol::server_reflection_client::ServerReflectionClient;
            use protocol::server_reflection_request::MessageRequest;
            use protocol::server_reflection_response::MessageResponse;
            use tonic_reflection::pb::$version as protocol;

            let running = Running::start(config()).await;
            let mut client = ServerReflectionClient::new(running.channel().await);
            let ask =
                |request| protocol::ServerReflectionRequest { host: String::new(), message_request: Some(request) };
            let requests = vec![
                ask(MessageRequest::ListServices(String::new())),
                ask(MessageRequest::FileContainingSymbol(SERVICE.into())),
                ask(MessageRequest::FileByFilename("google/rpc/status.proto".into())),
                ask(MessageRequest::FileContainingSymbol("parallax.v1.Nothing".into())),
            ];
            let answers = client.server_reflection_info(tokio_stream::iter(requests)).await.unwrap().into_inner();
            let answers: Vec<_> = answers.collect().await;
            let response = |place: usize| answers[place].as_ref().unwrap().message_response.clone().unwrap();

            let MessageResponse::ListServicesResponse(list) = response(0) else { panic!("{answers:?}") };
            let mut names: Vec<String> = list.service.into_iter().map(|service| service.name).collect();
            names.sort();
            assert_eq!(
                names,
                [
                    "grpc.health.v1.Health",
                    "grpc.reflection.v1.ServerReflection",
                    "grpc.reflection.v1alpha.ServerReflection",
                    SERVICE
                ]
            );
            for place in [1, 2] {
                let MessageResponse::FileDescriptorResponse(files) = response(place) else { panic!("{answers:?}") };
                assert!(!files.file_descriptor_proto[0].is_empty());
            }
            let unknown = answers[3].as_ref();
            assert!(
                unknown.is_err() || matches!(response(3), MessageResponse::ErrorResponse(_)),
                "there is no such symbol: {unknown:?}"
            );
        }
    };
}

reflection_test!(reflection_v1_lists_and_describes_what_is_served, v1);
reflection_test!(reflection_v1alpha_lists_and_describes_what_is_served, v1alpha);

#[tokio::test(flavor = "multi_thread")]
async fn a_request_in_flight_is_answered_though_the_server_stops() {
    let mut running = Running::start(narrow()).await;
    let client = running.client().await;
    // The only permit is seen to be taken when a second request is refused.
    for _ in 0..50 {
        let mut in_flight = tokio::spawn({
            let mut client = client.clone();
            async move { client.compare(long_request()).await }
        });
        let refused_once = loop {
            match client.clone().compare(two_readouts()).await {
                Err(status) => break status.code() == Code::ResourceExhausted,
                Ok(_) if in_flight.is_finished() => break false,
                Ok(_) => {}
            }
        };
        // A request that was refused itself does not run.
        let still_runs = tokio::time::timeout(Duration::from_millis(5), &mut in_flight).await.is_err();
        if refused_once && still_runs {
            running.stop();
            let answer = in_flight.await.unwrap().expect("it is answered");
            assert!(answer.into_inner().comparison.is_some());
            running.ended_within(Duration::from_secs(20)).await;
            return;
        }
    }
    panic!("no request was seen running");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_slow_reader_gets_the_whole_answer_though_the_server_stops() {
    let mut running = Running::start(administered()).await;
    let address = running.address;
    let connect = tower::service_fn(move |_| async move { SlowReader::connect(address).await.map(TokioIo::new) });
    let endpoint = tonic::transport::Endpoint::from_shared(format!("http://{address}")).unwrap();
    let channel = endpoint.connect_with_connector(connect).await.unwrap();
    let mut client = Client::new(channel).max_decoding_message_size(usize::MAX);
    let in_flight = tokio::spawn(async move { client.compare(long_request()).await });
    running.wait_for_metric("parallax_computations_running", 1.0, Duration::from_secs(20)).await;
    running.stop();
    let answer = in_flight.await.unwrap().expect("it is answered");
    assert!(answer.into_inner().comparison.is_some());
    running.ended_within(Duration::from_secs(20)).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_slow_reader_gets_the_whole_json_though_the_server_stops() {
    let mut running = Running::start(administered()).await;
    let texts = long_request().readouts.into_iter().map(|readout| match readout.content {
        Some(pb::readout::Content::Text(text)) => serde_json::json!({ "text": text }),
        other => panic!("{other:?}"),
    });
    let body = serde_json::json!({ "readouts": texts.collect::<Vec<_>>() }).to_string();
    let mut reader = SlowReader::connect(running.address).await.unwrap();
    let head = format!("POST /v1/compare HTTP/1.1\r\nhost: a\r\ncontent-length: {}\r\n\r\n", body.len());
    reader.write_all((head + &body).as_bytes()).await.unwrap();
    running.wait_for_metric("parallax_computations_running", 1.0, Duration::from_secs(20)).await;
    running.stop();
    let mut answer = Vec::new();
    reader.read_to_end(&mut answer).await.unwrap();
    drop(reader);
    let answer = String::from_utf8(answer).unwrap();
    let (head, body) = answer.split_once("\r\n\r\n").unwrap();
    assert!(head.starts_with("HTTP/1.1 200"), "{head}");
    let whole: serde_json::Value = serde_json::from_str(body).expect("no byte is missing");
    assert!(whole["comparison"].is_object());
    running.ended_within(Duration::from_secs(20)).await;
}

#[tokio::test]
async fn idle_connections_and_watches_do_not_hold_the_end_up() {
    let mut config = config();
    config.drain.grace = Duration::from_secs(60);
    let mut running = Running::start(config).await;
    let _silent = tokio::net::TcpStream::connect(running.address).await.unwrap();
    let mut idle = running.client().await;
    idle.compare(two_readouts()).await.unwrap();
    let mut health = HealthClient::new(running.channel().await);
    let mut watch = health.watch(health_of(SERVICE)).await.unwrap().into_inner();
    assert_eq!(watch.message().await.unwrap().unwrap().status(), ServingStatus::Serving);

    let address = running.address;
    let stopped = Instant::now();
    running.stop();
    assert_eq!(watch.message().await.unwrap().unwrap().status(), ServingStatus::NotServing);
    assert_eq!(watch.message().await.unwrap(), None, "the watch ends");
    running.ended_within(Duration::from_secs(20)).await;
    assert!(stopped.elapsed() < Duration::from_secs(20));
    assert!(tokio::net::TcpStream::connect(address).await.is_err(), "nobody listens any more");
}

#[tokio::test]
async fn while_health_waits_requests_are_served_and_health_says_so() {
    let mut config = config();
    config.drain.wait = Duration::from_millis(1_500);
    let mut running = Running::start(config).await;
    let mut client = running.client().await;
    let mut health = HealthClient::new(running.channel().await);
    let mut watch = health.watch(health_of("")).await.unwrap().into_inner();
    assert_eq!(watch.message().await.unwrap().unwrap().status(), ServingStatus::Serving);
    running.stop();
    assert_eq!(watch.message().await.unwrap().unwrap().status(), ServingStatus::NotServing);
    let answer = health.check(health_of(SERVICE)).await.unwrap().into_inner();
    assert_eq!(answer.status(), ServingStatus::NotServing);
    client.describe_engine(pb::DescribeEngineRequest {}).await.expect("it still serves");
    running.ended_within(Duration::from_secs(20)).await;
}

#[tokio::test]
async fn an_open_stream_is_told_that_the_server_stops() {
    let mut running = Running::start(config()).await;
    let mut client = running.client().await;
    let (send, items) = mpsc::channel(1);
    let mut answers = client.compare_stream(ReceiverStream::new(items)).await.unwrap().into_inner();
    send.send(pb::CompareStreamRequest { id: "a".into(), request: Some(two_readouts()) }).await.unwrap();
    assert_eq!(answers.message().await.unwrap().unwrap().id, "a");
    running.stop();
    refused(answers.message().await, Code::Unavailable, "SHUTTING_DOWN");
    running.ended_within(Duration::from_secs(20)).await;
    drop(send);
}

/// What the server logs, in memory.
#[derive(Clone, Default)]
struct Log(Arc<Mutex<Vec<u8>>>);

impl std::io::Write for Log {
    fn write(&mut self, bytes: &[u8]) -> std::io::Result<usize> {
        self.0.lock().unwrap().extend_from_slice(bytes);
        Ok(bytes.len())
    }

    fn flush(&mut self) -> std::io::Result<()> {
        Ok(())
    }
}

#[tokio::test]
async fn the_log_has_a_line_a_call_and_nothing_that_a_caller_wrote() {
    let log = Log::default();
    let writer = log.clone();
    let subscriber = tracing_subscriber::fmt()
        .with_ansi(false)
        .with_env_filter("parallax=trace")
        .with_writer(move || writer.clone())
        .finish();
    // While there is one subscriber, a place in the code that another test's thread comes to first asks that thread's
    // subscriber, which is none, and stays silent on all threads. With two, both are asked.
    let _second = tracing::Dispatch::new(tracing_subscriber::registry());
    // The runtime of this test has this one thread, so that the server logs here, too.
    let _logging = tracing::subscriber::set_default(subscriber);

    let mut running = Running::start(config()).await;
    let mut client = running.client().await;
    let mut request = two_readouts();
    for (place, readout) in request.readouts.iter_mut().enumerate() {
        readout.id = format!("secret{place}");
        readout.title = "secret title".into();
        readout.source_uri = "https://secret.example".into();
    }
    request.sides[0].aliases.push("secret alias".into());
    client.compare(request.clone()).await.unwrap();
    let items = vec![pb::CompareStreamRequest { id: "secret item".into(), request: Some(request.clone()) }; 3];
    let answers = client.compare_stream(tokio_stream::iter(items)).await.unwrap().into_inner();
    assert_eq!(answers.collect::<Vec<_>>().await.len(), 3);
    request.readouts[0].language = "secret language".into();
    client.compare(request).await.expect_err("the language is no tag");
    running.stop();
    running.ended_within(Duration::from_secs(20)).await;

    let log = String::from_utf8(log.0.lock().unwrap().clone()).unwrap();
    let calls: Vec<&str> = log.lines().filter(|line| line.contains("done")).collect();
    assert_eq!(calls.len(), 3, "{log}");
    for (call, method, code) in
        [(calls[0], "Compare\"", "Ok"), (calls[1], "CompareStream\"", "Ok"), (calls[2], "Compare\"", "InvalidArgument")]
    {
        assert!(call.contains(method) && call.contains(&format!("code=\"{code}\"")), "{call}");
        assert!(call.contains("request_id=") && call.contains("duration_ms="), "{call}");
    }
    assert!(calls[0].contains("readouts=2") && calls[0].contains("sides=2"), "{}", calls[0]);
    assert!(calls[1].contains("items=3"), "{}", calls[1]);
    for word in ["secret", "Aro", "Vey", "norland", "Norland", "Tarn", "ceasefire"] {
        assert!(!log.contains(word), "{word:?} is in the log:\n{log}");
    }
}

#[tokio::test]
async fn a_taken_address_is_an_error_that_names_it() {
    let running = Running::start(config()).await;
    let mut taken = Config::default();
    taken.listen.address = running.address.to_string();
    let error = parallax::server::Server::bind(taken).await.expect_err("the port is taken");
    assert!(error.to_string().contains(&running.address.to_string()), "{error}");
}

#[cfg(unix)]
#[tokio::test]
async fn the_service_manager_is_told_of_the_beginning_and_of_the_end() {
    let path = std::env::temp_dir().join(format!("parallax-notify-{}", std::process::id()));
    let _ = std::fs::remove_file(&path);
    let manager = tokio::net::UnixDatagram::bind(&path).unwrap();
    let told = async || {
        let mut bytes = [0; 64];
        let received = tokio::time::timeout(Duration::from_secs(60), manager.recv(&mut bytes)).await;
        let n_bytes = received.expect("it is told in time").unwrap();
        String::from_utf8(bytes[..n_bytes].to_vec()).unwrap()
    };
    let mut server = tokio::process::Command::new(env!("CARGO_BIN_EXE_parallax"))
        .args(["serve", "--address", "127.0.0.1:0", "--health-wait", "0"])
        .env("NOTIFY_SOCKET", &path)
        .stderr(std::process::Stdio::null())
        .kill_on_drop(true)
        .spawn()
        .unwrap();
    assert_eq!(told().await, "READY=1\n");
    let pid = server.id().unwrap().to_string();
    assert!(std::process::Command::new("kill").args(["-TERM", &pid]).status().unwrap().success());
    assert_eq!(told().await, "STOPPING=1\n");
    let ended = tokio::time::timeout(Duration::from_secs(30), server.wait()).await;
    assert!(ended.expect("it ends in time").unwrap().success());
    std::fs::remove_file(&path).unwrap();
}
