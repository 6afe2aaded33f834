//! The front of the port: native gRPC goes through, gRPC-Web and JSON over HTTP are turned into it and back.
//!
//! All three meet the same rules, since they are gRPC when they get there: keys, deadlines, admission, limits, the log.
//! The paths over HTTP are those of the `google.api.http` options of the API, so that a proxy that transcodes serves
//! the same ones. JSON is canonical proto3 JSON; an error is the JSON of `google.rpc.Status` under the HTTP status that
//! belongs to its code. `/` is the page of [`html::PAGE`], the same bytes for everybody, which calls the JSON over HTTP.

use super::config::Web;
use super::json::{self, ROUTES, Route};
use super::limits::Limits;
use super::request_id;
use super::status::Error;
use crate::html;
use bytes::{BufMut as _, Bytes, BytesMut};
use http::{HeaderMap, HeaderName, HeaderValue, Method, Request, Response, StatusCode, Version, header};
use http_body::Frame;
use http_body_util::{BodyExt as _, LengthLimitError, Limited, StreamBody};
use std::convert::Infallible;
use std::pin::Pin;
use std::task::{Context, Poll};
use tonic::body::Body;
use tonic::{Code, Status};
use tonic_web::{GrpcWebLayer, GrpcWebService};
use tower_http::cors::{AllowOrigin, Any, Cors, CorsLayer};
use tower_layer::Layer as _;
use tower_service::Service;

/// Bytes before a message in gRPC: whether it is compressed, and its length.
const FRAME_HEAD_BYTES: usize = 5;

/// Headers of an answer that pages may read.
const EXPOSED: [&str; 4] = ["grpc-status", "grpc-message", "grpc-status-details-bin", request_id::HEADER];

/// What every service here is.
pub(super) trait Serves:
    Service<Request<Body>, Response = Response<Body>, Error = Infallible, Future: Send> + Clone + Send + 'static
{
}

impl<S> Serves for S where
    S: Service<Request<Body>, Response = Response<Body>, Error = Infallible, Future: Send> + Clone + Send + 'static
{
}

type Answering = Pin<Box<dyn Future<Output = Result<Response<Body>, Infallible>> + Send>>;

/// The whole of what is served, also to browsers when their origins are configured.
#[derive(Debug, Clone)]
pub(super) enum Front<S> {
    Same(Translated<S>),
    Cross(Box<Cors<Translated<S>>>),
}

impl<S: Serves> Front<S> {
    pub(super) fn new(grpc: S, config: &Web, limits: Limits) -> Self {
        let translated = Translated {
            web: config.grpc_web.then(|| GrpcWebLayer::new().layer(grpc.clone())),
            is_json: config.json,
            is_page: config.json && config.page,
            grpc,
            limits,
        };
        if config.origins.is_empty() {
            return Self::Same(translated);
        }
        let origins = if config.origins.iter().any(|origin| origin == "*") {
            AllowOrigin::any()
        } else {
            // One that is no header cannot be sent by a browser either.
            AllowOrigin::list(config.origins.iter().filter_map(|origin| HeaderValue::from_str(origin).ok()))
        };
        let cross = CorsLayer::new().allow_origin(origins).allow_methods([Method::POST, Method::GET]);
        let cross = cross.allow_headers(Any).expose_headers(EXPOSED.map(HeaderName::from_static));
        Self::Cross(Box::new(cross.layer(translated)))
    }
}

impl<S: Serves> Service<Request<Body>> for Front<S> {
    type Response = Response<Body>;
    type Error = Infallible;
    type Future = Answering;

    fn poll_ready(&mut self, context: &mut Context<'_>) -> Poll<Result<(), Infallible>> {
        match self {
            Self::Same(service) => service.poll_ready(context),
            Self::Cross(service) => service.poll_ready(context),
        }
    }

    fn call(&mut self, request: Request<Body>) -> Answering {
        match self {
            Self::Same(service) => service.call(request),
            Self::Cross(service) => Box::pin(service.call(request)),
        }
    }
}

/// gRPC, and what can be turned into it.
#[derive(Debug, Clone)]
pub(super) struct Translated<S> {
    grpc: S,
    web: Option<GrpcWebService<S>>,
    is_json: bool,
    is_page: bool,
    limits: Limits,
}

impl<S: Serves> Service<Request<Body>> for Translated<S> {
    type Response = Response<Body>;
    type Error = Infallible;
    type Future = Answering;

    fn poll_ready(&mut self, context: &mut Context<'_>) -> Poll<Result<(), Infallible>> {
        self.grpc.poll_ready(context)
    }

    fn call(&mut self, request: Request<Body>) -> Answering {
        let kind = request.headers().get(header::CONTENT_TYPE).map_or(&b""[..], HeaderValue::as_bytes);
        match &mut self.web {
            Some(web) if kind.starts_with(b"application/grpc-web") => return Box::pin(web.call(request)),
            _ => {}
        }
        let is_grpc = kind.starts_with(b"application/grpc") && request.version() == Version::HTTP_2;
        if is_grpc {
            return Box::pin(self.grpc.call(request));
        }
        if self.is_page && request.uri().path() == "/" && matches!(*request.method(), Method::GET | Method::HEAD) {
            return Box::pin(std::future::ready(Ok(page())));
        }
        let mut of_path = ROUTES.iter().filter(|route| self.is_json && route.path == request.uri().path()).peekable();
        let is_path = of_path.peek().is_some();
        match of_path.find(|route| route.verb == *request.method()) {
            Some(route) => {
                let answer = self.grpc.call(into_grpc(request, route, self.limits.message_bytes));
                Box::pin(async move { Ok(from_grpc(answer.await?, route).await) })
            }
            None => {
                let status = if is_path { StatusCode::METHOD_NOT_ALLOWED } else { StatusCode::NOT_FOUND };
                let error = Status::from(Error::UnknownMethod);
                let answer = json_answer(status, json::status(error.details(), error.code() as i32, error.message()));
                Box::pin(std::future::ready(Ok(answer)))
            }
        }
    }
}

/// The request as gRPC. Its message is read and translated when the handler asks for it, within the rules of the call.
fn into_grpc(request: Request<Body>, route: &'static Route, max_bytes: usize) -> Request<Body> {
    let (mut parts, body) = request.into_parts();
    let message: Reading = Box::pin(async move {
        let json = Limited::new(body, max_bytes).collect().await.map_err(|error| {
            if error.is::<LengthLimitError>() {
                Status::from(Error::MessageTooLarge { limit: max_bytes, actual: None })
            } else {
                Status::from(Error::MalformedMessage)
            }
        })?;
        let wrong = |(line, column)| Status::from(Error::MalformedJson { line, column });
        let message = route.request(&json.to_bytes()).map_err(wrong)?;
        let mut framed = BytesMut::with_capacity(FRAME_HEAD_BYTES + message.len());
        framed.put_u8(0);
        framed.put_u32(u32::try_from(message.len()).unwrap_or(u32::MAX));
        framed.put_slice(&message);
        Ok(Frame::data(framed.freeze()))
    });
    parts.method = Method::POST;
    parts.version = Version::HTTP_2;
    parts.uri = http::Uri::try_from(&route.grpc_path).expect("the name of a method is a path");
    for name in [header::CONTENT_LENGTH, header::TRANSFER_ENCODING, header::ACCEPT_ENCODING, header::CONNECTION] {
        parts.headers.remove(name);
    }
    parts.headers.remove("grpc-encoding");
    parts.headers.remove("grpc-accept-encoding");
    parts.headers.insert(header::CONTENT_TYPE, HeaderValue::from_static("application/grpc"));
    parts.headers.insert(header::TE, HeaderValue::from_static("trailers"));
    Request::from_parts(parts, Body::new(StreamBody::new(Once(Some(message)))))
}

type Reading = Pin<Box<dyn Future<Output = Result<Frame<Bytes>, Status>> + Send>>;

/// A stream of the one value of a future.
struct Once(Option<Reading>);

impl tokio_stream::Stream for Once {
    type Item = Result<Frame<Bytes>, Status>;

    fn poll_next(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<Option<Self::Item>> {
        let Some(future) = &mut self.0 else { return Poll::Ready(None) };
        let polled = future.as_mut().poll(context);
        if polled.is_ready() {
            self.0 = None;
        }
        polled.map(Some)
    }
}

/// The answer as JSON.
async fn from_grpc(answer: Response<Body>, route: &'static Route) -> Response<Body> {
    let (parts, body) = answer.into_parts();
    let of_headers = Status::from_header_map(&parts.headers);
    let mut answer = match body.collect().await {
        Err(status) => error_answer(&status),
        Ok(collected) => {
            let of_trailers = collected.trailers().and_then(Status::from_header_map);
            let status = of_headers.or(of_trailers).unwrap_or_else(|| Status::unknown("the answer has no status"));
            let bytes = collected.to_bytes();
            if status.code() == Code::Ok {
                // A long answer takes some milliseconds, which others should not wait for.
                let written = tokio::task::spawn_blocking(move || route.answer(bytes.get(FRAME_HEAD_BYTES..)?)).await;
                match written {
                    Ok(Some(text)) => json_answer(StatusCode::OK, text),
                    _ => error_answer(&Status::internal("the answer cannot be written")),
                }
            } else {
                error_answer(&status)
            }
        }
    };
    copy(&parts.headers, answer.headers_mut(), request_id::HEADER);
    answer
}

fn copy(from: &HeaderMap, to: &mut HeaderMap, name: &'static str) {
    if let Some(value) = from.get(name) {
        to.insert(name, value.clone());
    }
}

fn error_answer(status: &Status) -> Response<Body> {
    json_answer(http_status(status.code()), json::status(status.details(), status.code() as i32, status.message()))
}

fn json_answer(status: StatusCode, text: String) -> Response<Body> {
    let mut answer = Response::new(Body::new(http_body_util::Full::new(Bytes::from(text))));
    *answer.status_mut() = status;
    answer.headers_mut().insert(header::CONTENT_TYPE, HeaderValue::from_static("application/json"));
    answer
}

/// The page. It is asked for anew each time, so that it is of the version of the server.
fn page() -> Response<Body> {
    let mut answer =
        Response::new(Body::new(http_body_util::Full::new(Bytes::from_static(html::PAGE.html.as_bytes()))));
    let policy = HeaderValue::from_static(html::PAGE.policy.as_str());
    for (name, value) in [
        (header::CONTENT_TYPE, HeaderValue::from_static("text/html; charset=utf-8")),
        (header::CONTENT_SECURITY_POLICY, policy),
        (header::X_CONTENT_TYPE_OPTIONS, HeaderValue::from_static("nosniff")),
        (header::REFERRER_POLICY, HeaderValue::from_static("no-referrer")),
        (header::CACHE_CONTROL, HeaderValue::from_static("no-cache")),
        (HeaderName::from_static("cross-origin-opener-policy"), HeaderValue::from_static("same-origin")),
        (HeaderName::from_static("cross-origin-resource-policy"), HeaderValue::from_static("same-origin")),
    ] {
        answer.headers_mut().insert(name, value);
    }
    answer
}

/// As `google/rpc/code.proto` has it.
fn http_status(code: Code) -> StatusCode {
    match code {
        Code::Ok => StatusCode::OK,
        Code::Cancelled => StatusCode::from_u16(499).unwrap_or(StatusCode::BAD_REQUEST),
        Code::InvalidArgument | Code::FailedPrecondition | Code::OutOfRange => StatusCode::BAD_REQUEST,
        Code::Unauthenticated => StatusCode::UNAUTHORIZED,
        Code::PermissionDenied => StatusCode::FORBIDDEN,
        Code::NotFound => StatusCode::NOT_FOUND,
        Code::AlreadyExists | Code::Aborted => StatusCode::CONFLICT,
        Code::ResourceExhausted => StatusCode::TOO_MANY_REQUESTS,
        Code::Unimplemented => StatusCode::NOT_IMPLEMENTED,
        Code::Unavailable => StatusCode::SERVICE_UNAVAILABLE,
        Code::DeadlineExceeded => StatusCode::GATEWAY_TIMEOUT,
        Code::Unknown | Code::Internal | Code::DataLoss => StatusCode::INTERNAL_SERVER_ERROR,
    }
}
