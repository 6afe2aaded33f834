//! Many comparisons on one call.

use super::harness::{Running, client, narrow, readout, refused, two_readouts};
use parallax::server::pb;
use pb::compare_stream_response::Result as ItemResult;
use std::time::Duration;
use tokio::sync::mpsc;
use tokio_stream::StreamExt as _;
use tokio_stream::wrappers::ReceiverStream;
use tonic::Code;
use tonic_types::RpcStatusExt as _;

fn item(id: &str, request: pb::CompareRequest) -> pb::CompareStreamRequest {
    pb::CompareStreamRequest { id: id.to_owned(), request: Some(request) }
}

/// The violated paths of an item's own status.
fn violated(answer: &pb::CompareStreamResponse) -> Vec<String> {
    let Some(ItemResult::Status(status)) = &answer.result else { panic!("{answer:?}") };
    assert_eq!(status.code, Code::InvalidArgument as i32);
    let details = status.get_error_details();
    assert_eq!(details.error_info().unwrap().reason, "INVALID_FIELDS");
    details.bad_request().unwrap().field_violations.iter().map(|violation| violation.field.clone()).collect()
}

#[tokio::test]
async fn answers_come_in_order_and_a_bad_item_does_not_end_the_stream() {
    let (_running, mut client) = client().await;
    let bad = pb::CompareRequest { readouts: vec![readout("a"), readout(" ")], ..pb::CompareRequest::default() };
    let mut items = vec![
        item("first", two_readouts()),
        item("bad", bad),
        item("", two_readouts()),
        pb::CompareStreamRequest { id: "none".into(), request: None },
    ];
    items.extend((0..20).map(|n| item(&format!("n{n}"), two_readouts())));
    let expected: Vec<String> = items.iter().map(|item| item.id.clone()).collect();

    let answers = client.compare_stream(tokio_stream::iter(items)).await.unwrap().into_inner();
    let answers: Vec<pb::CompareStreamResponse> = answers.map(|answer| answer.unwrap()).collect().await;

    let ids: Vec<&str> = answers.iter().map(|answer| answer.id.as_str()).collect();
    assert_eq!(ids, expected);
    assert_eq!(violated(&answers[1]), ["readouts[1].text"]);
    assert_eq!(violated(&answers[2]), ["id"]);
    assert_eq!(violated(&answers[3]), ["request"]);
    let alone = client.compare(two_readouts()).await.unwrap().into_inner().comparison.unwrap();
    for answer in answers.iter().enumerate().filter(|(place, _)| !(1..4).contains(place)).map(|(_, answer)| answer) {
        assert_eq!(answer.result, Some(ItemResult::Comparison(alone.clone())), "{}", answer.id);
    }
}

#[tokio::test]
async fn an_answer_does_not_wait_for_the_next_item() {
    let (_running, mut client) = client().await;
    let (send, items) = mpsc::channel(1);
    let mut answers = client.compare_stream(ReceiverStream::new(items)).await.unwrap().into_inner();
    for id in ["a", "b", "c"] {
        send.send(item(id, two_readouts())).await.unwrap();
        let answer = tokio::time::timeout(Duration::from_secs(20), answers.message()).await.expect("it comes");
        assert_eq!(answer.unwrap().unwrap().id, id);
    }
    drop(send);
    assert_eq!(answers.message().await.unwrap(), None);
}

#[tokio::test]
async fn items_wait_for_a_permit_where_a_single_request_would_be_refused() {
    let running = Running::start(narrow()).await;
    let mut client = running.client().await;
    let items: Vec<_> = (0..12).map(|n| item(&n.to_string(), two_readouts())).collect();
    let answers = client.compare_stream(tokio_stream::iter(items)).await.unwrap().into_inner();
    let answers: Vec<_> = answers.map(|answer| answer.unwrap().result.unwrap()).collect().await;
    assert_eq!(answers.len(), 12);
    assert!(answers.iter().all(|answer| matches!(answer, ItemResult::Comparison(_))));
}

#[tokio::test]
async fn an_item_over_the_limit_ends_the_stream_after_the_answers_before_it() {
    let (_running, mut client) = client().await;
    let large = pb::CompareRequest { readouts: vec![readout(&"a ".repeat(600_000))], ..pb::CompareRequest::default() };
    let items = tokio_stream::iter(vec![item("good", two_readouts()), item("large", large)]);
    let mut answers = client.compare_stream(items).await.unwrap().into_inner();
    assert_eq!(answers.message().await.unwrap().unwrap().id, "good");
    refused(answers.message().await, Code::ResourceExhausted, "MESSAGE_TOO_LARGE");
}

#[tokio::test]
async fn an_empty_stream_is_answered_by_an_empty_stream() {
    let (_running, mut client) = client().await;
    let mut answers = client.compare_stream(tokio_stream::empty()).await.unwrap().into_inner();
    assert_eq!(answers.message().await.unwrap(), None);
}

#[tokio::test]
async fn a_caller_who_leaves_a_stream_leaves_no_permit_behind() {
    let running = Running::start(narrow()).await;
    let mut client = running.client().await;
    for _ in 0..3 {
        let items: Vec<_> = (0..8).map(|n| item(&n.to_string(), two_readouts())).collect();
        let mut answers = client.compare_stream(tokio_stream::iter(items)).await.unwrap().into_inner();
        assert!(answers.message().await.unwrap().is_some());
    }
    let items = tokio_stream::iter(vec![item("last", two_readouts())]);
    let mut answers = client.compare_stream(items).await.unwrap().into_inner();
    assert!(matches!(answers.message().await.unwrap().unwrap().result, Some(ItemResult::Comparison(_))));
}
