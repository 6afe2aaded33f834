//! Compares two files, then a hundred pairs on one stream: [LEFT RIGHT [SIDES]]; SERVER is HOST:PORT, SIDES the publishers.
use comparison_service_client::ComparisonServiceClient;
use std::{env, error::Error, fs::read_to_string, time::Duration};
use tokio::time::{Instant, sleep, timeout_at};
use tokio_stream::StreamExt as _;
use tonic::{Code, Request, Status, transport::Endpoint};
use tonic_types::StatusExt as _;
tonic::include_proto!("parallax.v1");

/// What `call` answers. A busy server says when to come back: that is waited for, within a deadline of 10 seconds.
/// tonic reads no service config, so that UNAVAILABLE is ours to try again, too.
async fn retrying<M: Clone, T>(m: M, mut call: impl AsyncFnMut(Request<M>) -> Result<T, Status>) -> Result<T, Status> {
    let end = Instant::now() + Duration::from_secs(10);
    loop {
        let mut request = Request::new(m.clone());
        request.set_timeout(end - Instant::now());
        let answer = timeout_at(end, call(request)).await.unwrap_or(Err(Status::deadline_exceeded("no answer yet")));
        let Err(status) = &answer else { return answer };
        let away = (status.code() == Code::Unavailable).then_some(Duration::from_millis(200));
        let wait = status.get_details_retry_info().and_then(|info| info.retry_delay).or(away);
        let Some(wait) = wait.filter(|wait| Instant::now() + *wait < end) else { return answer };
        eprintln!("again in {:.3} s: {}", wait.as_secs_f64(), status.message());
        sleep(wait).await;
    }
}

#[tokio::main(flavor = "current_thread")]
async fn main() -> Result<(), Box<dyn Error>> {
    let given: Vec<String> = env::args().skip(1).collect();
    let defaults = ["skerry-bank-call/valmere.txt", "skerry-bank-call/tarsk.txt", "sides.json"];
    let files = if given.is_empty() { defaults.map(|name| format!("examples/{name}")).into() } else { given };
    let sides: Vec<Side> = serde_json::from_str(&files.get(2).map_or(Ok("[]".into()), read_to_string)?)?;
    let mut request = CompareRequest { sides: sides.clone(), ..Default::default() };
    for (n, id) in ["left", "right"].map(str::to_owned).into_iter().enumerate() {
        let content = Some(readout::Content::Text(read_to_string(files.get(n).ok_or("two files are needed")?)?));
        let author_side = sides.get(n).map_or(String::new(), |side| side.id.clone());
        request.readouts.push(Readout { id, author_side, content, ..Default::default() });
    }
    let server = env::var("SERVER").unwrap_or("127.0.0.1:50051".into());
    let channel = Endpoint::from_shared(format!("http://{server}"))?.connect_lazy();
    let mut client = ComparisonServiceClient::new(channel).max_decoding_message_size(64 << 20); // Answers quote the texts.
    let answer = retrying(request.clone(), async |request| client.compare(request).await).await?;
    let comparison = answer.into_inner().comparison.unwrap_or_default();
    for point in &comparison.points {
        println!("{} {}, {:.0} % sure", point.id, point.kind().as_str_name(), point.confidence * 100.0);
        for PointMember { position_id, readout_id, holders } in &point.members {
            let position = comparison.positions.iter().find(|position| position.id == *position_id);
            println!("    {readout_id}, {}: “{}”", holders.join(" and "), position.map_or("", |found| &found.text));
        }
    }
    let item = move |n: u32| CompareStreamRequest { id: n.to_string(), request: Some(request.clone()) };
    let answers: Vec<_> = retrying((0..100).map(item), async |items| {
        client.compare_stream(items.map(tokio_stream::iter)).await?.into_inner().collect::<Result<_, _>>().await
    })
    .await?;
    let n = answers.iter().filter(|item| matches!(item.result, Some(compare_stream_response::Result::Comparison(_))));
    println!("{} of 100 comparisons answered", n.count());
    Ok(())
}
