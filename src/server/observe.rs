//! Around every call: who may make it, its span, its deadline, what it holds, and our reasons on statuses that the
//! transport made. A panic in a handler is an answer, too.
//!
//! The log has method, code, durations, sizes and counts of a call, never anything that a caller wrote but a request
//! id of letters and digits: an unknown path is logged as "unknown".

use super::admission::Admission;
use super::auth::{Gate, Service as Called};
use super::call::{Call, Held, Open};
use super::config::Deadline;
use super::limits::Limits;
use super::request_id::{self, RequestId};
use super::status::{self, Error};
use http_body::{Body as HttpBody, Frame, SizeHint};
use std::convert::Infallible;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::pin::Pin;
use std::sync::Arc;
use std::task::{Context, Poll};
use std::time::Duration;
use tokio::time::{Instant, Sleep};
use tonic::Status;
use tonic::body::Body;
use tonic::service::Routes;
use tower_service::Service;
use tracing::Instrument as _;

/// What is decided before a handler sees a call.
#[derive(Debug)]
pub(super) struct Rules {
    pub(super) deadline: Deadline,
    pub(super) limits: Limits,
    pub(super) gate: Arc<Gate>,
    pub(super) admission: Arc<Admission>,
}

/// The routes with what is around every call.
#[derive(Debug, Clone)]
pub(super) struct Observed<S = Routes> {
    routes: S,
    rules: Arc<Rules>,
    open: Arc<Open>,
}

impl<S> Observed<S> {
    pub(super) fn new(routes: S, rules: Arc<Rules>, open: Arc<Open>) -> Self {
        Self { routes, rules, open }
    }
}

impl Rules {
    /// Lets a call in.
    fn admit(&self, call: &Call, headers: &http::HeaderMap, n_open: usize) -> Result<(), Error> {
        let caller = self.gate.caller(call.service(), headers)?;
        call.span.record("caller", caller.name());
        if call.service() != Called::Ours {
            return Ok(());
        }
        self.gate.count(&caller)?;
        // One that would be refused once its message is read is refused before.
        let is_full = call.is_computed() && !call.is_stream() && self.admission.is_full();
        if n_open > self.limits.calls || is_full { Err(self.admission.overloaded()) } else { Ok(()) }
    }

    /// How long a call may take. `None`: as long as it likes, as health watches do.
    fn time(&self, call: &Call, headers: &http::HeaderMap) -> Option<Duration> {
        let Deadline { default, max, stream_default, stream_max } = self.deadline;
        let (default, max) = if call.is_stream() { (stream_default, stream_max) } else { (default, max) };
        (call.service() == Called::Ours).then(|| deadline(headers).unwrap_or(default).min(max))
    }
}

impl<S> Service<http::Request<Body>> for Observed<S>
where
    S: Service<http::Request<Body>, Response = http::Response<Body>, Error = Infallible>,
    S::Future: Send + 'static,
{
    type Response = http::Response<Body>;
    type Error = Infallible;
    type Future = Pin<Box<dyn Future<Output = Result<Self::Response, Infallible>> + Send>>;

    fn poll_ready(&mut self, context: &mut Context<'_>) -> Poll<Result<(), Infallible>> {
        self.routes.poll_ready(context)
    }

    fn call(&mut self, mut request: http::Request<Body>) -> Self::Future {
        let request_id = RequestId::of(request.headers());
        let call = Call::begin(request.uri().path(), request_id, &self.open);
        let n_open = *self.open.calls.borrow();
        if let Err(error) = self.rules.admit(&call, request.headers(), n_open) {
            let answer = ObservedBody::around(Status::from(error).into_http(), call, None, &self.rules.limits);
            return Box::pin(std::future::ready(Ok(answer)));
        }
        // Made here and not on the first poll: the transport makes its own timer, which says CANCELLED, after this.
        let deadline = self.rules.time(&call, request.headers()).map(|time| Instant::now() + time);
        request.extensions_mut().insert(call.context.clone());
        if call.service() == Called::Ours {
            let (held, rules) = (Arc::clone(&call.held), Arc::clone(&self.rules));
            request = request.map(|body| Body::new(CountedBody { body, held, rules }));
        }
        let span = call.span.clone();
        let answer = Caught(Box::pin(self.routes.call(request)));
        let rules = Arc::clone(&self.rules);
        let observed = async move {
            let internal = || Status::from(Error::Internal { request_id }).into_http();
            let answer = match deadline {
                None => answer.await.unwrap_or_else(internal),
                Some(deadline) => tokio::select! {
                    biased;
                    answer = answer => answer.unwrap_or_else(internal),
                    () = tokio::time::sleep_until(deadline) => Status::from(Error::DeadlineExceeded).into_http(),
                },
            };
            Ok(ObservedBody::around(answer, call, deadline, &rules.limits))
        };
        Box::pin(observed.instrument(span))
    }
}

/// The answer of a handler, or `None` when it panics. The hook has logged where.
struct Caught<F>(Pin<Box<F>>);

impl<F: Future<Output = Result<http::Response<Body>, Infallible>>> Future for Caught<F> {
    type Output = Option<http::Response<Body>>;

    fn poll(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<Self::Output> {
        match catch_unwind(AssertUnwindSafe(|| self.0.as_mut().poll(context))) {
            Ok(Poll::Pending) => Poll::Pending,
            Ok(Poll::Ready(Ok(answer))) => Poll::Ready(Some(answer)),
            Err(_) => Poll::Ready(None),
        }
    }
}

/// The body of a request, counted while it comes.
struct CountedBody {
    body: Body,
    held: Arc<Held>,
    rules: Arc<Rules>,
}

impl HttpBody for CountedBody {
    type Data = <Body as HttpBody>::Data;
    type Error = Status;

    fn poll_frame(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
    ) -> Poll<Option<Result<Frame<Self::Data>, Status>>> {
        let polled = Pin::new(&mut self.body).poll_frame(context);
        if let Poll::Ready(Some(Ok(frame))) = &polled {
            let n_bytes = frame.data_ref().map_or(0, |data| data.len());
            if self.held.add(n_bytes) > self.rules.limits.held_bytes {
                return Poll::Ready(Some(Err(self.rules.admission.overloaded().into())));
            }
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

/// The body of an answer, watched for its size, its status and its deadline.
struct ObservedBody {
    body: Body,
    call: Call,
    /// When a stream ends, whatever it still has to say.
    deadline: Option<Pin<Box<Sleep>>>,
    is_over: bool,
}

impl ObservedBody {
    fn around(
        mut answer: http::Response<Body>,
        mut call: Call,
        deadline: Option<Instant>,
        limits: &Limits,
    ) -> http::Response<Body> {
        let request_id = call.context.request_id;
        // An error before the first message has its status in the headers.
        if let Some(status) = Status::from_header_map(answer.headers()) {
            call.code = Some(status.code());
            if let Some(error) = status::of_transport(&status, request_id, limits) {
                let ours = Status::from(error);
                call.code = Some(ours.code());
                // What else it says stays: the encodings that are taken.
                for (name, value) in std::mem::replace(&mut answer, ours.into_http()).headers() {
                    if name.as_str().starts_with("grpc-accept") {
                        answer.headers_mut().insert(name.clone(), value.clone());
                    }
                }
            }
        }
        answer.headers_mut().insert(request_id::HEADER, request_id.header());
        let deadline = deadline.filter(|_| call.code.is_none()).map(|at| Box::pin(tokio::time::sleep_until(at)));
        answer.map(|body| Body::new(Self { body, call, deadline, is_over: false }))
    }

    /// The end of the answer, with a status of ours.
    fn end(&mut self, error: Error) -> Frame<bytes::Bytes> {
        let status = Status::from(error);
        self.is_over = true;
        self.body = Body::empty();
        self.call.code = Some(status.code());
        self.call.context.cancel.cancel();
        let mut trailers = http::HeaderMap::new();
        if status.add_header(&mut trailers).is_err() {
            // Only a message that is no header could fail, and ours are headers.
            trailers.insert("grpc-status", http::HeaderValue::from(status.code() as i32));
        }
        trailers.insert(request_id::HEADER, self.call.context.request_id.header());
        Frame::trailers(trailers)
    }
}

impl HttpBody for ObservedBody {
    type Data = <Body as HttpBody>::Data;
    type Error = <Body as HttpBody>::Error;

    fn poll_frame(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
    ) -> Poll<Option<Result<Frame<Self::Data>, Self::Error>>> {
        if self.is_over {
            return Poll::Ready(None);
        }
        if self.deadline.as_mut().is_some_and(|deadline| deadline.as_mut().poll(context).is_ready()) {
            return Poll::Ready(Some(Ok(self.end(Error::DeadlineExceeded))));
        }
        let span = self.call.span.clone();
        let body = &mut self.body;
        let Ok(polled) = catch_unwind(AssertUnwindSafe(|| span.in_scope(|| Pin::new(body).poll_frame(context)))) else {
            let request_id = self.call.context.request_id;
            return Poll::Ready(Some(Ok(self.end(Error::Internal { request_id }))));
        };
        match polled {
            Poll::Ready(Some(Ok(frame))) => {
                self.call.answer_bytes += frame.data_ref().map_or(0, |data| data.len());
                let request_id = self.call.context.request_id;
                match frame.into_trailers() {
                    Ok(mut trailers) => {
                        let status = Status::from_header_map(&trailers);
                        self.call.code = status.map(|status| status.code()).or(self.call.code);
                        trailers.insert(request_id::HEADER, request_id.header());
                        Poll::Ready(Some(Ok(Frame::trailers(trailers))))
                    }
                    Err(frame) => Poll::Ready(Some(Ok(frame))),
                }
            }
            Poll::Ready(Some(Err(status))) => {
                self.call.code = Some(status.code());
                Poll::Ready(Some(Err(status)))
            }
            other => other,
        }
    }

    fn is_end_stream(&self) -> bool {
        self.is_over || self.body.is_end_stream()
    }

    fn size_hint(&self) -> SizeHint {
        self.body.size_hint()
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
    use crate::server::call::Context as CallContext;
    use crate::server::config::Config;
    use crate::server::metrics::Metrics;
    use crate::server::pb;
    use crate::server::pb::comparison_service_client::ComparisonServiceClient;
    use crate::server::pb::comparison_service_server::{ComparisonService, ComparisonServiceServer};
    use http_body_util::BodyExt as _;
    use tokio_stream::{Stream, StreamExt as _};
    use tonic::{Code, Request, Response};
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

    /// A service that does what it is told.
    #[derive(Clone)]
    struct Handler(fn(CallContext) -> Pin<Box<dyn Future<Output = Body> + Send>>);

    impl Service<http::Request<Body>> for Handler {
        type Response = http::Response<Body>;
        type Error = Infallible;
        type Future = Pin<Box<dyn Future<Output = Result<Self::Response, Infallible>> + Send>>;

        fn poll_ready(&mut self, _: &mut Context<'_>) -> Poll<Result<(), Infallible>> {
            Poll::Ready(Ok(()))
        }

        fn call(&mut self, request: http::Request<Body>) -> Self::Future {
            let answer = (self.0)(request.extensions().get::<CallContext>().expect("it is set").clone());
            Box::pin(async { Ok(http::Response::new(answer.await)) })
        }
    }

    fn observed<S>(handler: S) -> (Observed<S>, Arc<Open>) {
        let admission = Arc::new(Admission::new(1, 1, 1, 0).expect("a thread can be had"));
        let config = Config::default();
        let gate = Arc::new(Gate::new(&config.auth, 0, 0).expect("there are no keys"));
        let open = Arc::new(Open::new(Metrics::new(&admission, None)));
        let rules = Arc::new(Rules { deadline: config.deadline, limits: config.limits, gate, admission });
        (Observed::new(handler, rules, Arc::clone(&open)), open)
    }

    fn request(path: &str, timeout: &str) -> http::Request<Body> {
        let request = http::Request::post(path).header("grpc-timeout", timeout).header("x-request-id", "r-1");
        request.body(Body::empty()).expect("the request is whole")
    }

    const COMPARE: &str = "/parallax.v1.ComparisonService/Compare";
    const STREAM: &str = "/parallax.v1.ComparisonService/CompareStream";

    #[track_caller]
    fn reason(headers: &http::HeaderMap) -> (Code, String) {
        assert_eq!(headers.get("x-request-id").expect("the id comes back"), "r-1");
        let status = Status::from_header_map(headers).expect("there is a status");
        (status.code(), status.get_details_error_info().expect("it has its reason").reason)
    }

    #[tokio::test]
    async fn a_deadline_that_passes_is_told_with_our_reason_and_ends_the_call() {
        let (mut observed, open) = observed(Handler(|context| {
            Box::pin(async move {
                let _kept = context;
                std::future::pending().await
            })
        }));
        let answer = observed.call(request(COMPARE, "5m")).await.expect("it cannot fail");
        assert_eq!(reason(answer.headers()), (Code::DeadlineExceeded, "DEADLINE_EXCEEDED".into()));
        assert_eq!(*open.calls.borrow(), 0);
        assert!(open.metrics.expose().contains("code=\"DeadlineExceeded\"} 1"), "{}", open.metrics.expose());
    }

    #[tokio::test]
    async fn a_deadline_cuts_a_stream_with_a_status_in_its_trailers() {
        let endless = http_body_util::StreamBody::new(tokio_stream::pending::<Result<Frame<bytes::Bytes>, Status>>());
        static ENDLESS: std::sync::Mutex<Option<Body>> = std::sync::Mutex::new(None);
        *ENDLESS.lock().expect("nobody panics") = Some(Body::new(endless));
        let (mut observed, _) = observed(Handler(|_| {
            Box::pin(async { ENDLESS.lock().expect("nobody panics").take().expect("it is asked once") })
        }));
        let answer = observed.call(request(STREAM, "5m")).await.expect("it cannot fail");
        let trailers = answer.into_body().collect().await.expect("it ends well").trailers().cloned();
        assert_eq!(reason(&trailers.expect("they come")), (Code::DeadlineExceeded, "DEADLINE_EXCEEDED".into()));
    }

    #[tokio::test]
    async fn a_panic_in_a_handler_is_an_internal_error_that_names_the_request() {
        let (mut observed, open) = observed(Handler(|_| Box::pin(async { panic!("on purpose") })));
        let answer = observed.call(request(COMPARE, "1S")).await.expect("it cannot fail");
        assert_eq!(reason(answer.headers()), (Code::Internal, "INTERNAL".into()));
        let status = Status::from_header_map(answer.headers()).expect("there is a status");
        assert_eq!(status.message(), "internal error, request r-1");
        drop(answer);
        assert_eq!(*open.calls.borrow(), 0);
    }

    #[tokio::test]
    async fn a_caller_who_leaves_cancels_the_work() {
        static SEEN: std::sync::Mutex<Option<CallContext>> = std::sync::Mutex::new(None);
        let (mut observed, open) = observed(Handler(|context| {
            *SEEN.lock().expect("nobody panics") = Some(context);
            Box::pin(std::future::pending())
        }));
        let answer = observed.call(request(COMPARE, "1S"));
        let context = SEEN.lock().expect("nobody panics").take().expect("the handler was asked");
        assert!(!context.cancel.is_cancelled());
        drop(answer);
        assert!(context.cancel.is_cancelled());
        assert_eq!(*open.calls.borrow(), 0);
        assert!(open.metrics.expose().contains("code=\"Cancelled\"} 1"), "{}", open.metrics.expose());
    }

    /// Panics before its answer, and within one.
    struct Panicking;

    #[tonic::async_trait]
    impl ComparisonService for Panicking {
        async fn compare(&self, _: Request<pb::CompareRequest>) -> Result<Response<pb::CompareResponse>, Status> {
            panic!("on purpose")
        }

        type CompareStreamStream = Pin<Box<dyn Stream<Item = Result<pb::CompareStreamResponse, Status>> + Send>>;

        async fn compare_stream(
            &self,
            _: Request<tonic::Streaming<pb::CompareStreamRequest>>,
        ) -> Result<Response<Self::CompareStreamStream>, Status> {
            let first = tokio_stream::once(Ok(pb::CompareStreamResponse::default()));
            let second = tokio_stream::once(()).then(|()| async {
                // The first one leaves meanwhile.
                tokio::task::yield_now().await;
                panic!("on purpose")
            });
            Ok(Response::new(Box::pin(first.chain(second))))
        }

        async fn extract_positions(
            &self,
            _: Request<pb::ExtractPositionsRequest>,
        ) -> Result<Response<pb::ExtractPositionsResponse>, Status> {
            Err(Status::unimplemented("not asked for"))
        }

        async fn score_pairs(
            &self,
            _: Request<pb::ScorePairsRequest>,
        ) -> Result<Response<pb::ScorePairsResponse>, Status> {
            Err(Status::unimplemented("not asked for"))
        }

        async fn describe_engine(
            &self,
            _: Request<pb::DescribeEngineRequest>,
        ) -> Result<Response<pb::DescribeEngineResponse>, Status> {
            Ok(Response::new(pb::DescribeEngineResponse::default()))
        }
    }

    #[tokio::test]
    async fn over_a_socket_a_panic_is_an_answer_and_the_connection_lives_on() {
        let routes = Routes::new(ComparisonServiceServer::new(Panicking)).prepare();
        let (observed, open) = observed(routes);
        let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.expect("a port is free");
        let address = listener.local_addr().expect("it is bound");
        let incoming = tokio_stream::wrappers::TcpListenerStream::new(listener);
        let serving = tokio::spawn(tonic::transport::Server::builder().serve_with_incoming(observed, incoming));

        let connected = ComparisonServiceClient::connect(format!("http://{address}")).await;
        let mut client = connected.expect("it serves");
        for _ in 0..3 {
            let mut request = Request::new(pb::CompareRequest::default());
            request.metadata_mut().insert("x-request-id", "r-1".parse().expect("it is a value"));
            let status = client.compare(request).await.expect_err("it panics");
            assert_eq!((status.code(), status.message()), (Code::Internal, "internal error, request r-1"));
            assert_eq!(status.get_details_error_info().expect("it has its reason").reason, "INTERNAL");
            assert_eq!(status.metadata().get("x-request-id").expect("the id comes back"), "r-1");

            let mut request = Request::new(tokio_stream::empty());
            request.metadata_mut().insert("x-request-id", "r-1".parse().expect("it is a value"));
            let mut answers = client.compare_stream(request).await.expect("it begins well").into_inner();
            answers.message().await.expect("the first one comes").expect("there is a first one");
            let status = answers.message().await.expect_err("it panics");
            assert_eq!((status.code(), status.message()), (Code::Internal, "internal error, request r-1"));

            client.describe_engine(pb::DescribeEngineRequest {}).await.expect("the connection lives on");
        }
        let counted = "method=\"parallax.v1.ComparisonService/Compare\",code=\"Internal\"} 3";
        assert!(open.metrics.expose().contains(counted), "{}", open.metrics.expose());
        serving.abort();
    }
}
