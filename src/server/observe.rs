//! Around every call: its span and its line in the log, its deadline, its count among the calls in flight, and our
//! reasons on statuses that the transport made.
//!
//! The log has method, code, duration, sizes and counts of a call, never anything that a caller wrote: an unknown
//! path is logged as "unknown".

use super::{
    pb::comparison_service_server::SERVICE_NAME,
    request_id::RequestId,
    status::{self, Error},
};
use http_body::{Body as HttpBody, Frame, SizeHint};
use std::convert::Infallible;
use std::pin::Pin;
use std::sync::Arc;
use std::task::{Context, Poll};
use std::time::{Duration, Instant};
use tokio::sync::watch;
use tonic::body::Body;
use tonic::service::Routes;
use tonic::{Code, Status};
use tower_service::Service;
use tracing::{Instrument as _, Span, field};

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

/// The routes with what is around every call.
#[derive(Clone)]
pub(super) struct Observed {
    routes: Routes,
    /// Number of our calls whose answer is not yet sent. Health and reflection streams may stay open for ever and
    /// do not count.
    in_flight: Arc<watch::Sender<usize>>,
}

impl Observed {
    pub(super) fn new(routes: Routes, in_flight: Arc<watch::Sender<usize>>) -> Self {
        Self { routes, in_flight }
    }
}

impl Service<http::Request<Body>> for Observed {
    type Response = http::Response<ObservedBody>;
    type Error = Infallible;
    type Future = Pin<Box<dyn Future<Output = Result<Self::Response, Infallible>> + Send>>;

    fn poll_ready(&mut self, context: &mut Context<'_>) -> Poll<Result<(), Infallible>> {
        Service::<http::Request<Body>>::poll_ready(&mut self.routes, context)
    }

    fn call(&mut self, mut request: http::Request<Body>) -> Self::Future {
        let request_id = RequestId::new();
        request.extensions_mut().insert(request_id);
        let call = Call::begin(request.uri().path(), request_id, &self.in_flight);
        // Made here and not on the first poll: the transport makes its own timer, which says CANCELLED, after this.
        let deadline = deadline(request.headers()).filter(|_| call.is_ours()).map(tokio::time::sleep);
        let span = call.span.clone();
        let answer = self.routes.call(request);
        let observed = async move {
            let answer = match deadline {
                None => answer.await?,
                Some(deadline) => tokio::select! {
                    answer = answer => answer?,
                    () = deadline => Status::from(Error::DeadlineExceeded).into_http(),
                },
            };
            Ok(ObservedBody::around(answer, call))
        };
        Box::pin(observed.instrument(span))
    }
}

/// The body of an answer, watched for its size and its status.
pub(super) struct ObservedBody {
    body: Body,
    call: Call,
}

impl ObservedBody {
    fn around(mut answer: http::Response<Body>, mut call: Call) -> http::Response<Self> {
        // An error before the first message has its status in the headers.
        if let Some(status) = Status::from_header_map(answer.headers()) {
            call.code = Some(status.code());
            if let Some(error) = status::of_transport(&status).filter(|_| call.is_ours()) {
                let status = Status::from(error);
                call.code = Some(status.code());
                answer = status.into_http();
            }
        }
        answer.map(|body| Self { body, call })
    }
}

impl HttpBody for ObservedBody {
    type Data = <Body as HttpBody>::Data;
    type Error = <Body as HttpBody>::Error;

    fn poll_frame(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
    ) -> Poll<Option<Result<Frame<Self::Data>, Self::Error>>> {
        let polled = Pin::new(&mut self.body).poll_frame(context);
        match &polled {
            Poll::Ready(Some(Ok(frame))) => {
                self.call.answer_bytes += frame.data_ref().map_or(0, |data| data.len());
                if let Some(status) = frame.trailers_ref().and_then(Status::from_header_map) {
                    self.call.code = Some(status.code());
                }
            }
            Poll::Ready(Some(Err(status))) => self.call.code = Some(status.code()),
            Poll::Ready(None) | Poll::Pending => {}
        }
        polled
    }

    fn is_end_stream(&self) -> bool {
        self.body.is_end_stream()
    }

    fn size_hint(&self) -> SizeHint {
        self.body.size_hint()
    }
}

/// One call, from its headers to the end of its answer. Dropping it ends it.
struct Call {
    span: Span,
    method: &'static str,
    started: Instant,
    code: Option<Code>,
    answer_bytes: usize,
    in_flight: Option<Arc<watch::Sender<usize>>>,
}

impl Call {
    fn begin(path: &str, request_id: RequestId, in_flight: &Arc<watch::Sender<usize>>) -> Self {
        let method = METHODS.into_iter().find(|method| *method == path).unwrap_or("/unknown");
        let method = &method[1..];
        let span = tracing::info_span!(
            "call",
            method,
            %request_id,
            request_bytes = field::Empty,
            readouts = field::Empty,
            sides = field::Empty,
            positions = field::Empty,
            points = field::Empty,
            pairs = field::Empty,
            items = field::Empty,
            waited_ms = field::Empty,
        );
        let in_flight = method.starts_with(SERVICE_NAME).then(|| Arc::clone(in_flight));
        if let Some(in_flight) = &in_flight {
            in_flight.send_modify(|n| *n += 1);
        }
        Self { span, method, started: Instant::now(), code: None, answer_bytes: 0, in_flight }
    }

    fn is_ours(&self) -> bool {
        self.in_flight.is_some()
    }
}

impl Drop for Call {
    fn drop(&mut self) {
        // No status was sent: the caller left, or its connection did.
        let code = format!("{:?}", self.code.unwrap_or(Code::Cancelled));
        let duration_ms = self.started.elapsed().as_secs_f64() * 1e3;
        let answer_bytes = self.answer_bytes;
        // Health checks come every few seconds and would bury the rest.
        if self.method.starts_with("grpc.") {
            tracing::debug!(parent: &self.span, code, duration_ms, answer_bytes, "done");
        } else {
            tracing::info!(parent: &self.span, code, duration_ms, answer_bytes, "done");
        }
        if let Some(in_flight) = &self.in_flight {
            in_flight.send_modify(|n| *n -= 1);
        }
    }
}

/// The time that the caller gives, from the header `grpc-timeout`: at most eight digits and a unit. `None`: it gives
/// none, or the header is not understood, which the gRPC specification leaves open and tonic ignores, too.
fn deadline(headers: &http::HeaderMap) -> Option<Duration> {
    let value = headers.get("grpc-timeout")?.to_str().ok()?;
    let (digits, unit) = value.split_at_checked(value.len().checked_sub(1)?)?;
    if digits.len() > 8 || !digits.bytes().all(|byte| byte.is_ascii_digit()) {
        return None;
    }
    let n: u64 = digits.parse().ok()?;
    match unit {
        "H" => Some(Duration::from_secs(n * 3_600)),
        "M" => Some(Duration::from_secs(n * 60)),
        "S" => Some(Duration::from_secs(n)),
        "m" => Some(Duration::from_millis(n)),
        "u" => Some(Duration::from_micros(n)),
        "n" => Some(Duration::from_nanos(n)),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::server::admission::Admission;
    use crate::server::pb;
    use crate::server::service::Comparisons;
    use prost::Message as _;
    use tonic_types::StatusExt as _;

    #[track_caller]
    fn check(header: &str, expected: Option<Duration>) {
        let mut headers = http::HeaderMap::new();
        headers.insert("grpc-timeout", header.parse().expect("the header is printable"));
        assert_eq!(deadline(&headers), expected, "{header:?}");
    }

    #[test]
    fn deadlines_are_read_in_every_unit_and_odd_ones_are_no_deadline() {
        check("2H", Some(Duration::from_secs(7_200)));
        check("3M", Some(Duration::from_secs(180)));
        check("4S", Some(Duration::from_secs(4)));
        check("5m", Some(Duration::from_millis(5)));
        check("6u", Some(Duration::from_micros(6)));
        check("7n", Some(Duration::from_nanos(7)));
        check("99999999H", Some(Duration::from_secs(99_999_999 * 3_600)));
        check("123456789S", None);
        check("+1S", None);
        check("1", None);
        check("S", None);
        check("1s", None);
        check("", None);
    }
    #[tokio::test]
    async fn a_deadline_that_passes_is_told_with_our_reason() {
        let admission = Arc::new(Admission::new(1, 1));
        let (release, released) = std::sync::mpsc::channel::<()>();
        let running = Arc::clone(&admission);
        tokio::spawn(async move { running.run(RequestId::new(), move || released.recv().is_ok()).await });
        tokio::task::yield_now().await;

        let in_flight = Arc::new(watch::Sender::new(0));
        let service = pb::comparison_service_server::ComparisonServiceServer::new(Comparisons::new(admission));
        let mut observed = Observed::new(Routes::new(service), Arc::clone(&in_flight));
        // A message of ASCII alone, so that the framed body is a string.
        let message = pb::ScorePairsRequest { left: vec!["a".into()], right: vec!["b".into()], ..Default::default() };
        let message = String::from_utf8(message.encode_to_vec()).expect("it is ASCII");
        let length = char::from(u8::try_from(message.len()).expect("it is short"));
        let request = http::Request::post("/parallax.v1.ComparisonService/ScorePairs")
            .header("content-type", "application/grpc")
            .header("grpc-timeout", "5m")
            .body(Body::new(format!("\0\0\0\0{length}{message}")))
            .expect("the request is whole");
        let answer = observed.call(request).await.expect("it cannot fail");
        let status = Status::from_header_map(answer.headers()).expect("there is no message");
        assert_eq!(status.code(), Code::DeadlineExceeded, "{status:?}");
        assert_eq!(status.get_details_error_info().expect("it has its reason").reason, "DEADLINE_EXCEEDED");
        assert_eq!(*in_flight.borrow(), 1, "the answer is not sent yet");
        drop(answer);
        assert_eq!(*in_flight.borrow(), 0);
        drop(release);
    }
}
