//! What each method answers to a bad request, and when it cannot answer. The rules of the fields one by one are rows
//! under `src/server/wire`; here every rule is seen to reach the caller.

use super::harness::{Running, client, long_request, narrow, pushback, readout, refused, side, two_readouts, violated};
use http::uri::PathAndQuery;
use parallax::server::pb;
use std::time::Duration;
use tonic::client::Grpc;
use tonic::{Code, Request};
use tonic_prost::ProstCodec;

#[tokio::test]
async fn every_rule_of_compare_reaches_the_caller_with_its_path() {
    let (_running, client) = client().await;
    let row = async |change: fn(&mut pb::CompareRequest), expected: &[&str]| {
        let mut request = two_readouts();
        change(&mut request);
        assert_eq!(violated(client.clone().compare(request).await), expected);
    };
    row(|request| request.readouts.clear(), &["readouts"]).await;
    row(|request| request.readouts = vec![readout("a"); 9], &["readouts"]).await;
    row(|request| request.readouts[1].id = "ours".into(), &["readouts[1].id"]).await;
    row(|request| request.readouts[0].author_side = "a".repeat(300), &["readouts[0].author_side"]).await;
    row(|request| request.readouts[0].title = "a".repeat(1_001), &["readouts[0].title"]).await;
    row(|request| request.readouts[0].date = "2025-02-30".into(), &["readouts[0].date"]).await;
    row(|request| request.readouts[0].language = "not a tag".into(), &["readouts[0].language"]).await;
    row(|request| request.readouts[0].source_uri = "a".repeat(2_049), &["readouts[0].source_uri"]).await;
    row(|request| request.readouts[0].content = None, &["readouts[0].content"]).await;
    row(|request| request.readouts[1] = readout("\n \n"), &["readouts[1].text"]).await;
    row(|request| request.readouts[1] = readout(&"a".repeat(1_000_001)), &["readouts[1].text"]).await;
    row(
        |request| {
            let statement = pb::Statement { text: "a".into(), holders: vec!["ostland".into()], ..Default::default() };
            let statements = pb::Statements { statements: vec![statement, pb::Statement::default()] };
            request.readouts[0].content = Some(pb::readout::Content::Statements(statements));
        },
        &["readouts[0].statements.statements[0].holders[0]", "readouts[0].statements.statements[1].text"],
    )
    .await;
    row(|request| request.sides = (0..17).map(|n| side(&format!("s{n}"), "")).collect(), &["sides"]).await;
    row(|request| request.sides.push(side("norland", "")), &["sides[2].id"]).await;
    row(|request| request.sides[1].id.clear(), &["sides[1].id"]).await;
    row(|request| request.sides[0].aliases = ["A", "B", "C", " "].map(String::from).to_vec(), &["sides[0].aliases[3]"])
        .await;
    row(|request| request.sides[0].principals = vec!["a".repeat(201)], &["sides[0].principals[0]"]).await;
    row(|request| options(request).link_threshold = Some(f64::NAN), &["options.link_threshold"]).await;
    row(|request| options(request).max_points = Some(0), &["options.max_points"]).await;
    row(|request| options(request).point_kinds = vec![0, 4], &["options.point_kinds[0]", "options.point_kinds[1]"])
        .await;
    row(|request| options(request).engine = 77, &["options.engine"]).await;
    row(|request| options(request).offset_unit = -1, &["options.offset_unit"]).await;
}

fn options(request: &mut pb::CompareRequest) -> &mut pb::CompareOptions {
    request.options.get_or_insert_default()
}

#[tokio::test]
async fn all_violations_come_at_once_and_quote_nothing() {
    let (_running, mut client) = client().await;
    let mut request = two_readouts();
    request.readouts[0].date = "confidential".into();
    request.readouts[1] = readout(" ");
    request.sides[0].id.clear();
    options(&mut request).link_threshold = Some(-1.0);
    let status = client.compare(request).await.expect_err("it is bad");
    assert!(!format!("{status:?}").contains("confidential"));
    assert_eq!(
        status.message(),
        "4 fields break their rules: readouts[0].date, readouts[1].text, sides[0].id, options.link_threshold"
    );
    assert_eq!(
        violated::<()>(Err(status)),
        ["readouts[0].date", "readouts[1].text", "sides[0].id", "options.link_threshold"]
    );
}

#[tokio::test]
async fn a_thousand_violations_fit_into_the_headers_of_an_answer() {
    let (_running, mut client) = client().await;
    let mut request = two_readouts();
    let statements = pb::Statements { statements: vec![pb::Statement::default(); 1_000] };
    request.readouts[0].content = Some(pb::readout::Content::Statements(statements));
    let fields = violated(client.compare(request).await);
    assert_eq!(fields[0], "readouts[0].statements.statements[0].text");
    assert_eq!(fields.last().unwrap(), "", "the last one counts the others");
}

#[tokio::test]
async fn the_rules_of_the_other_methods_reach_the_caller() {
    let (_running, mut client) = client().await;
    let request = pb::ExtractPositionsRequest {
        readouts: vec![readout("")],
        sides: vec![side("", "")],
        offset_unit: 8,
        engine: 9,
    };
    let fields = violated(client.extract_positions(request).await);
    assert_eq!(fields, ["readouts[0].text", "sides[0].id", "offset_unit", "engine"]);

    let request = pb::ScorePairsRequest { left: vec![" ".into()], right: vec![], engine: 9, with_parts: false };
    assert_eq!(violated(client.score_pairs(request).await), ["left[0]", "right", "engine"]);
    let request =
        pb::ScorePairsRequest { left: vec!["a".into(); 300], right: vec!["a".into(); 300], ..Default::default() };
    assert_eq!(violated(client.score_pairs(request).await), ["left"]);
}

#[tokio::test]
async fn a_message_over_the_limit_is_the_callers_mistake() {
    let (_running, mut client) = client().await;
    let request = pb::CompareRequest { readouts: vec![readout(&"a ".repeat(600_000))], ..Default::default() };
    let answer = client.compare(request).await;
    assert_eq!(pushback(&answer), Some(-1), "trying again does not help");
    let details = refused(answer, Code::ResourceExhausted, "MESSAGE_TOO_LARGE");
    let measured = &details.error_info().unwrap().metadata;
    assert_eq!((measured["limit"].as_str(), measured["actual"].as_str()), ("1048576", "1200008"));
    assert!(details.retry_info().is_none(), "trying again does not help");
    assert!(client.compare(two_readouts()).await.is_ok());
}

#[tokio::test]
async fn bytes_that_are_no_message_are_the_callers_mistake() {
    let (running, _client) = client().await;
    // Field 1 of an EngineThreshold is a number where the request has a list of messages.
    let mut grpc = Grpc::new(running.channel().await);
    grpc.ready().await.unwrap();
    let codec = ProstCodec::<pb::EngineThreshold, pb::CompareResponse>::default();
    let path = PathAndQuery::from_static("/parallax.v1.ComparisonService/Compare");
    let message = pb::EngineThreshold { engine: 1, link_threshold: 0.5 };
    let answer = grpc.unary(Request::new(message), path, codec).await;
    refused(answer, Code::InvalidArgument, "MALFORMED_MESSAGE");
}

#[tokio::test]
async fn an_unknown_method_is_unimplemented() {
    let (running, _client) = client().await;
    let mut grpc = Grpc::new(running.channel().await);
    grpc.ready().await.unwrap();
    let codec = ProstCodec::<pb::DescribeEngineRequest, pb::DescribeEngineResponse>::default();
    let path = PathAndQuery::from_static("/parallax.v1.ComparisonService/Predict");
    let answer = grpc.unary(Request::new(pb::DescribeEngineRequest {}), path, codec).await;
    refused(answer, Code::Unimplemented, "UNKNOWN_METHOD");
}

#[tokio::test(flavor = "multi_thread")]
async fn an_overload_is_told_with_a_delay_and_passes() {
    let running = Running::start(narrow()).await;
    let client = running.client().await;
    // How long a request runs depends on the machine, so that the crowd comes again until somebody is refused.
    for _ in 0..50 {
        let crowd: Vec<_> = (0..8)
            .map(|_| {
                let mut client = client.clone();
                tokio::spawn(async move { client.compare(long_request()).await })
            })
            .collect();
        let mut n_refused = 0;
        for answer in crowd {
            if let answer @ Err(_) = answer.await.unwrap() {
                let pushback = pushback(&answer).expect("clients that retry by themselves are told when");
                let details = refused(answer, Code::ResourceExhausted, "OVERLOADED");
                let delay = details.retry_info().and_then(|info| info.retry_delay).expect("it says when to come back");
                assert!(delay > Duration::ZERO && delay <= Duration::from_secs(5), "{delay:?}");
                assert_eq!(Duration::from_millis(pushback as u64).as_millis(), delay.as_micros().div_ceil(1000));
                n_refused += 1;
            }
        }
        if n_refused > 0 {
            // A bad request is refused for what it is, and a good one is served again.
            assert_eq!(violated(client.clone().compare(pb::CompareRequest::default()).await), ["readouts"]);
            assert!(client.clone().compare(two_readouts()).await.is_ok());
            return;
        }
    }
    panic!("nobody was refused");
}
