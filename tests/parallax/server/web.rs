//! gRPC-Web and JSON over HTTP, on the port of gRPC.

use super::harness::{Running, administered, config, http, two_readouts};
use parallax::server::pb;
use prost::Message as _;
use serde_json::{Value, json};
use std::time::Duration;
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};

async fn post(running: &Running, path: &str, headers: &str, body: &str) -> (u16, Value) {
    let head = format!("POST {path} HTTP/1.1\r\nhost: a\r\ncontent-type: application/json\r\n{headers}");
    let (status, body) = http(running.address, &head, body).await;
    (status, serde_json::from_str(&body).unwrap_or_else(|error| panic!("{error}: {body}")))
}

const PAIRS: &str = r#"{"left": ["Norland supports the truce."], "right": ["Sudria backs a truce.", "They met."]}"#;

#[tokio::test]
async fn the_methods_are_served_as_json() {
    let running = Running::start(config()).await;
    let (status, scores) = post(&running, "/v1/scores", "", PAIRS).await;
    assert_eq!((status, scores["rows"][0]["scores"].as_array().unwrap().len()), (200, 2));
    let request = json!({"readouts": [
        {"id": "a", "authorSide": "Kenya", "text": "Minister Aro of Kenya reaffirmed support for the Tarn ceasefire."},
        {"id": "b", "author_side": "Peru", "text": "Minister Vey of Peru rejected the Tarn ceasefire."},
    ]});
    let (status, answer) = post(&running, "/v1/compare", "", &request.to_string()).await;
    assert_eq!((status, answer["comparison"]["positions"].as_array().unwrap().len()), (200, 2), "{answer}");
    let (status, answer) = post(&running, "/v1/positions", "", &request.to_string()).await;
    assert_eq!((status, answer["positions"].as_array().unwrap().len()), (200, 2));
    let (status, text) = http(running.address, "GET /v1/engine HTTP/1.1\r\nhost: a\r\n", "").await;
    let engine: Value = serde_json::from_str(&text).unwrap();
    assert_eq!((status, engine["version"].as_str()), (200, Some(env!("CARGO_PKG_VERSION"))));
}

#[tokio::test]
async fn an_error_is_a_status_with_its_details() {
    let running = Running::start(config()).await;
    let (status, error) = post(&running, "/v1/compare", "x-request-id: r-7\r\n", r#"{"readouts": []}"#).await;
    assert_eq!((status, &error["code"]), (400, &json!(3)), "{error}");
    let details = error["details"].as_array().unwrap();
    let of = |name: &str| details.iter().find(|detail| detail["@type"].as_str().unwrap().ends_with(name)).unwrap();
    assert_eq!(of("BadRequest")["fieldViolations"][0]["field"], "readouts");
    assert_eq!(of("ErrorInfo")["reason"], "INVALID_FIELDS");
    let (status, error) = post(&running, "/v1/compare", "", r#"{"readers": ["confidential"]}"#).await;
    assert_eq!((status, &error["code"]), (400, &json!(3)));
    assert!(!error.to_string().contains("confidential"), "{error}");
    assert!(error["message"].as_str().unwrap().ends_with("line 1, column 10"), "{error}");
    let large = json!({"left": ["a ".repeat(600_000)], "right": ["b"]}).to_string();
    assert_eq!(post(&running, "/v1/scores", "", &large).await.0, 429);
    assert_eq!(post(&running, "/v1/predict", "", "{}").await.0, 404);
    let (status, _) = http(running.address, "GET /v1/compare HTTP/1.1\r\nhost: a\r\n", "").await;
    assert_eq!(status, 405);
}

#[tokio::test]
async fn the_page_is_served_to_anybody_and_can_be_switched_off() {
    let mut with_keys = config();
    with_keys.auth.api_keys = vec!["a-key-of-the-backend".to_owned().into()];
    let running = Running::start(with_keys).await;
    let (status, page) = http(running.address, "GET / HTTP/1.1\r\nhost: a\r\n", "").await;
    assert_eq!(status, 200);
    assert!(page.starts_with("<!doctype html>") && page.ends_with("</html>"), "{page}");
    let (head, body) = answer(running.address, "HEAD").await;
    assert!(head.contains("content-security-policy: default-src 'none'; style-src 'sha256-"), "{head}");
    for expected in ["connect-src 'self'", "frame-ancestors 'none'", "nosniff", "text/html; charset=utf-8"] {
        assert!(head.contains(expected), "{expected} is not in {head}");
    }
    assert_eq!(body, "");
    assert!(answer(running.address, "POST").await.0.starts_with("HTTP/1.1 404"));
    for (json, page) in [(true, false), (false, true)] {
        let mut without = config();
        (without.web.json, without.web.page) = (json, page);
        let running = Running::start(without).await;
        let (status, body) = http(running.address, "GET / HTTP/1.1\r\nhost: a\r\n", "").await;
        assert_eq!(status, 404, "{body}");
    }
}

/// The head and the body of what `/` answers.
async fn answer(address: std::net::SocketAddr, method: &str) -> (String, String) {
    let mut stream = tokio::net::TcpStream::connect(address).await.unwrap();
    let request = format!("{method} / HTTP/1.1\r\nhost: a\r\nconnection: close\r\n\r\n");
    stream.write_all(request.as_bytes()).await.unwrap();
    let mut answer = String::new();
    stream.read_to_string(&mut answer).await.unwrap();
    let (head, body) = answer.split_once("\r\n\r\n").unwrap();
    (head.to_owned(), body.to_owned())
}

#[tokio::test]
async fn json_meets_the_same_rules_as_grpc() {
    let mut config = administered();
    config.auth.api_keys = vec!["a-key-of-the-backend".to_owned().into()];
    config.deadline.default = Duration::from_millis(400);
    let running = Running::start(config).await;
    assert_eq!(post(&running, "/v1/scores", "", PAIRS).await.0, 401);
    assert_eq!(post(&running, "/v1/scores", "authorization: Bearer a-key-of-the-backend\r\n", PAIRS).await.0, 200);
    // A body that does not come ends at the deadline.
    let mut slow = tokio::net::TcpStream::connect(running.address).await.unwrap();
    let head = "POST /v1/scores HTTP/1.1\r\nhost: a\r\nx-api-key: a-key-of-the-backend\r\ncontent-length: 99\r\n\r\n{";
    slow.write_all(head.as_bytes()).await.unwrap();
    let mut start = [0; 12];
    tokio::time::timeout(Duration::from_secs(10), slow.read_exact(&mut start)).await.unwrap().unwrap();
    assert_eq!(std::str::from_utf8(&start).unwrap(), "HTTP/1.1 504");
    let method = "parallax_calls_total{method=\"parallax.v1.ComparisonService/ScorePairs\",code=\"Unauthenticated\"}";
    running.wait_for_metric(method, 1.0, Duration::from_secs(5)).await;
}

#[tokio::test]
async fn grpc_web_is_served_to_the_origins_that_are_configured() {
    let mut config = config();
    config.web.origins = vec!["https://desk.example".to_owned()];
    let running = Running::start(config).await;
    let message = two_readouts().encode_to_vec();
    let mut body = vec![0];
    body.extend_from_slice(&u32::try_from(message.len()).unwrap().to_be_bytes());
    body.extend_from_slice(&message);
    let head = format!(
        "POST /parallax.v1.ComparisonService/Compare HTTP/1.1\r\nhost: a\r\nconnection: close\r\n\
         origin: https://desk.example\r\ncontent-type: application/grpc-web+proto\r\ncontent-length: {}\r\n\r\n",
        body.len()
    );
    let mut stream = tokio::net::TcpStream::connect(running.address).await.unwrap();
    stream.write_all(head.as_bytes()).await.unwrap();
    stream.write_all(&body).await.unwrap();
    let mut answer = Vec::new();
    stream.read_to_end(&mut answer).await.unwrap();
    let text = String::from_utf8_lossy(&answer);
    assert!(text.starts_with("HTTP/1.1 200"), "{text}");
    assert!(text.contains("access-control-allow-origin: https://desk.example"), "{text}");
    assert!(text.contains("grpc-status:0") && text.contains("NORLAND") | text.contains("norland"), "{text}");

    let head = "OPTIONS /v1/compare HTTP/1.1\r\nhost: a\r\naccess-control-request-method: POST\r\n";
    let (status, _) = http(running.address, &format!("{head}origin: https://desk.example\r\n"), "").await;
    assert_eq!(status, 200);
    assert!(pb::CompareRequest::decode(&message[..]).is_ok());
}
