//! Connections that do not speak, speak slowly, are too many, or send what is no good.

use super::harness::{Running, administered, config, readout, refused, two_readouts};
use parallax::server::pb;
use std::time::{Duration, Instant};
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::TcpStream;
use tonic::Code;
use tonic::codec::CompressionEncoding;

/// Reads until the other side closes; fails when it does not in time.
async fn closed_within(stream: &mut TcpStream, time: Duration) {
    let mut bytes = Vec::new();
    let read = tokio::time::timeout(time, stream.read_to_end(&mut bytes)).await;
    // A reset is an end, too.
    let _ = read.expect("the server closes it");
}

#[tokio::test]
async fn a_connection_that_never_speaks_is_closed() {
    let mut config = administered();
    config.connections.first_byte = Duration::from_millis(100);
    let running = Running::start(config).await;
    let mut silent = TcpStream::connect(running.address).await.unwrap();
    closed_within(&mut silent, Duration::from_secs(5)).await;
    assert!(running.metric("parallax_connections_refused_total{reason=\"silent\"}").await > 0.0);
}

#[tokio::test]
async fn a_connection_that_does_not_finish_its_opening_is_closed() {
    let mut config = administered();
    config.connections.handshake = Duration::from_millis(200);
    let running = Running::start(config).await;
    let mut slow = TcpStream::connect(running.address).await.unwrap();
    slow.write_all(b"PRI * HT").await.unwrap();
    closed_within(&mut slow, Duration::from_secs(5)).await;
    // One that has finished it stays, though it makes no call for longer than that.
    let mut client = running.client().await;
    tokio::time::sleep(Duration::from_millis(400)).await;
    client.compare(two_readouts()).await.unwrap();
    running.wait_for_metric("parallax_connections_open", 1.0, Duration::from_secs(2)).await;
}

#[tokio::test]
async fn a_head_of_http_1_that_drips_is_cut() {
    let mut config = administered();
    config.connections.handshake = Duration::from_millis(400);
    let running = Running::start(config).await;
    let (mut read, mut write) = TcpStream::connect(running.address).await.unwrap().into_split();
    let dripping = tokio::spawn(async move {
        let head = b"POST /v1/compare HTTP/1.1\r\nhost: a\r\n".iter().chain(b"x-a: b\r\n".iter().cycle());
        // More than the server should take.
        for byte in head.take(2_000) {
            if write.write_all(&[*byte]).await.is_err() {
                return;
            }
            tokio::time::sleep(Duration::from_millis(5)).await;
        }
    });
    let mut answer = Vec::new();
    let ended = tokio::time::timeout(Duration::from_secs(5), read.read_to_end(&mut answer)).await;
    let _ = ended.expect("the server closes it");
    dripping.abort();
    // A head that comes in time is answered, and its connection stays for a second request.
    let mut stream = TcpStream::connect(running.address).await.unwrap();
    for _ in 0..2 {
        stream.write_all(b"GET /v1/engine HTTP/1.1\r\nhost: a\r\n\r\n").await.unwrap();
        let mut start = [0; 15];
        stream.read_exact(&mut start).await.unwrap();
        assert_eq!(&start, b"HTTP/1.1 200 OK");
        tokio::time::sleep(Duration::from_millis(600)).await;
        // The rest of the answer, which is all there by now.
        let mut rest = vec![0; 1 << 20];
        assert!(stream.read(&mut rest).await.unwrap() > 0);
    }
}

#[tokio::test]
async fn one_connection_more_than_the_limit_is_closed_at_once() {
    let mut config = administered();
    config.connections.max = 2;
    let running = Running::start(config).await;
    let (mut one, two) = (running.client().await, running.client().await);
    let mut third = TcpStream::connect(running.address).await.unwrap();
    closed_within(&mut third, Duration::from_secs(5)).await;
    one.compare(two_readouts()).await.unwrap();
    drop(two);
    running.wait_for_metric("parallax_connections_open", 1.0, Duration::from_secs(5)).await;
    running.client().await.compare(two_readouts()).await.unwrap();
}

#[tokio::test]
async fn silent_and_half_open_connections_do_not_hold_up_the_end() {
    let mut running = Running::start(config()).await;
    let mut held = Vec::new();
    for opening in [&b""[..], b"PRI", b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n"].iter().cycle().take(30) {
        let mut stream = TcpStream::connect(running.address).await.unwrap();
        stream.write_all(opening).await.unwrap();
        held.push(stream);
    }
    running.client().await.compare(two_readouts()).await.unwrap();
    let stopped = Instant::now();
    running.stop();
    running.ended_within(Duration::from_secs(5)).await;
    assert!(stopped.elapsed() < Duration::from_secs(5));
}

#[tokio::test]
async fn compressed_requests_are_read_and_answers_compressed_when_they_are_asked_for() {
    let running = Running::start(config()).await;
    let plain = running.client().await.compare(two_readouts()).await.unwrap().into_inner();
    for encoding in [CompressionEncoding::Gzip, CompressionEncoding::Zstd] {
        let client = running.client().await;
        let mut client = client.send_compressed(encoding).accept_compressed(encoding);
        let answer = client.compare(two_readouts()).await.unwrap();
        assert_eq!(answer.metadata().get("grpc-encoding").unwrap(), encoding.as_str_());
        assert_eq!(answer.into_inner(), plain);
    }
    // An algorithm that was not asked for is not used.
    let answer = running.client().await.compare(two_readouts()).await.unwrap();
    assert_eq!(answer.metadata().get("grpc-encoding"), None);
}

trait Name {
    fn as_str_(&self) -> &'static str;
}

impl Name for CompressionEncoding {
    fn as_str_(&self) -> &'static str {
        if *self == Self::Gzip { "gzip" } else { "zstd" }
    }
}

#[tokio::test]
async fn a_bomb_is_given_up_at_the_limit() {
    let running = Running::start(config()).await;
    let request = pb::CompareRequest { readouts: vec![readout(&"a ".repeat(40_000_000))], ..Default::default() };
    for encoding in [CompressionEncoding::Gzip, CompressionEncoding::Zstd] {
        let mut client = running.client().await.send_compressed(encoding).max_encoding_message_size(usize::MAX);
        let details = refused(client.compare(request.clone()).await, Code::ResourceExhausted, "MESSAGE_TOO_LARGE");
        assert_eq!(details.error_info().unwrap().metadata["limit"], "1048576");
    }
}

#[tokio::test]
async fn deep_nesting_is_the_callers_mistake() {
    // Groups of an unknown field, which a reader has to skip one inside the other.
    let (start, end) = ((15 << 3) | 3, (15 << 3) | 4);
    let deep: Vec<u8> = std::iter::repeat_n(start, 300).chain(std::iter::repeat_n(end, 300)).collect();
    let running = Running::start(config()).await;
    let mut grpc = tonic::client::Grpc::new(running.channel().await);
    grpc.ready().await.unwrap();
    let path = http::uri::PathAndQuery::from_static("/parallax.v1.ComparisonService/Compare");
    let answer: Result<tonic::Response<Vec<u8>>, _> = grpc.unary(tonic::Request::new(deep), path, Bytes).await;
    refused(answer, Code::InvalidArgument, "NESTED_TOO_DEEP");
}

/// Sends bytes as they are.
struct Bytes;

impl tonic::codec::Codec for Bytes {
    type Encode = Vec<u8>;
    type Decode = Vec<u8>;
    type Encoder = Self;
    type Decoder = Self;

    fn encoder(&mut self) -> Self {
        Self
    }

    fn decoder(&mut self) -> Self {
        Self
    }
}

impl tonic::codec::Encoder for Bytes {
    type Item = Vec<u8>;
    type Error = tonic::Status;

    fn encode(&mut self, item: Vec<u8>, buffer: &mut tonic::codec::EncodeBuf<'_>) -> Result<(), tonic::Status> {
        bytes::BufMut::put_slice(buffer, &item);
        Ok(())
    }
}

impl tonic::codec::Decoder for Bytes {
    type Item = Vec<u8>;
    type Error = tonic::Status;

    fn decode(&mut self, buffer: &mut tonic::codec::DecodeBuf<'_>) -> Result<Option<Vec<u8>>, tonic::Status> {
        use bytes::Buf as _;
        let mut bytes = vec![0; buffer.remaining()];
        buffer.copy_to_slice(&mut bytes);
        Ok(Some(bytes))
    }
}

#[tokio::test]
async fn more_calls_than_the_server_holds_are_refused_with_a_delay() {
    let mut config = administered();
    config.limits.calls = 2;
    let running = Running::start(config).await;
    let mut client = running.client().await;
    let mut open = Vec::new();
    for _ in 0..2 {
        let (send, items) = tokio::sync::mpsc::channel(1);
        let items = tokio_stream::wrappers::ReceiverStream::new(items);
        open.push((send, client.compare_stream(items).await.unwrap()));
    }
    let details = refused(client.compare(two_readouts()).await, Code::ResourceExhausted, "OVERLOADED");
    assert!(details.retry_info().is_some());
    drop(open);
    running.wait_for_metric("parallax_calls_open", 0.0, Duration::from_secs(5)).await;
    client.compare(two_readouts()).await.unwrap();
}

#[tokio::test]
async fn requests_beyond_the_bytes_that_are_held_are_refused_with_a_delay() {
    let mut config = administered();
    config.limits.held_bytes = 100_000;
    let running = Running::start(config).await;
    let mut client = running.client().await;
    let large = pb::CompareRequest { readouts: vec![readout(&"a ".repeat(100_000))], ..Default::default() };
    let details = refused(client.compare(large).await, Code::ResourceExhausted, "OVERLOADED");
    assert!(details.retry_info().is_some());
    running.wait_for_metric("parallax_held_bytes", 0.0, Duration::from_secs(5)).await;
    client.compare(two_readouts()).await.unwrap();
}

#[tokio::test]
async fn limits_that_are_configured_are_kept_and_described() {
    let mut config = config();
    (config.limits.readouts, config.limits.readout_bytes, config.limits.message_bytes) = (1, 10, 5_000);
    let running = Running::start(config).await;
    let mut client = running.client().await;
    let description = client.describe_engine(pb::DescribeEngineRequest {}).await.unwrap().into_inner();
    let limits = description.limits.unwrap();
    assert_eq!((limits.readouts, limits.readout_bytes, limits.message_bytes), (1, 10, 5_000));
    let fields = super::harness::violated(client.compare(two_readouts()).await);
    assert_eq!(fields, ["readouts", "readouts[0].text"]);
}

#[tokio::test]
async fn positions_and_the_length_of_pairs_are_limited_as_configured() {
    let mut config = config();
    (config.limits.positions, config.limits.pairs_length) = (1, 30);
    let running = Running::start(config).await;
    let mut client = running.client().await;
    let limits = client.describe_engine(pb::DescribeEngineRequest {}).await.unwrap().into_inner().limits.unwrap();
    assert_eq!((limits.positions, limits.pairs_length), (1, 30));

    let comparison = client.compare(two_readouts()).await.unwrap().into_inner().comparison.unwrap();
    let request = pb::ExtractPositionsRequest { readouts: two_readouts().readouts, ..Default::default() };
    let request = pb::ExtractPositionsRequest { sides: two_readouts().sides, ..request };
    let extraction = client.extract_positions(request).await.unwrap().into_inner();
    for (positions, warnings) in
        [(comparison.positions, comparison.warnings), (extraction.positions, extraction.warnings)]
    {
        assert_eq!(positions.len(), 2, "one of each readout");
        let cut = warnings.iter().filter(|warning| warning.code() == pb::WarningCode::PositionsTruncated);
        let messages: Vec<&str> = cut.map(|warning| warning.message.as_str()).collect();
        assert_eq!(messages.len(), 2);
        assert!(messages.iter().all(|message| message.ends_with("after the first 1 were left out")), "{messages:?}");
    }

    // Two pairs of 15 bytes each, then of 15 and 16.
    let pairs = |right: [&str; 2]| pb::ScorePairsRequest {
        left: vec!["Grain trade".into()],
        right: right.map(String::from).to_vec(),
        ..pb::ScorePairsRequest::default()
    };
    client.score_pairs(pairs(["Ilms", "Tarn"])).await.unwrap();
    let details = refused(client.score_pairs(pairs(["Ilms", "Tarns"])).await, Code::InvalidArgument, "INVALID_FIELDS");
    let violation = &details.bad_request().unwrap().field_violations[0];
    assert_eq!(violation.field, "left");
    assert_eq!(violation.description, "all pairs together must have at most 30 bytes, have 31");
}

#[tokio::test]
async fn a_host_name_is_an_address() {
    let mut config = config();
    config.listen.address = "localhost:0".to_owned();
    let running = Running::start(config).await;
    running.client().await.compare(two_readouts()).await.unwrap();
}
