//! The least that a call costs: a server of tonic alone, which takes bytes and gives bytes back.
//!
//! It decodes no message and makes none, has no layer, no limit and no deadline, and answers on the thread that read the
//! call. What is left is what any server on tonic pays for a call of this size: the socket, HTTP/2 and the frames of
//! gRPC. No service on tonic can answer more calls than this one, which makes it the ceiling.

use super::Server;
use bytes::{Buf as _, BufMut as _, Bytes};
use serde_json::{Value, json};
use std::convert::Infallible;
use std::future::Ready;
use std::io::{BufRead as _, BufReader};
use std::pin::Pin;
use std::process::{Command, Stdio};
use std::task::{Context, Poll};
use tonic::body::Body;
use tonic::codec::{Codec, DecodeBuf, Decoder, EncodeBuf, Encoder};
use tonic::server::{Grpc, NamedService, UnaryService};
use tonic::transport::server::TcpIncoming;
use tonic::{Request, Response, Status};
use tower_service::Service;

pub(super) const PATH: &str = "/parallax.load.Echo/Echo";

/// Messages as the bytes that they are on the wire. Callers use it for `Compare`, too, so that they cost the same
/// whomever they call.
#[derive(Debug, Clone, Copy, Default)]
pub(super) struct Raw;

impl Codec for Raw {
    type Encode = Bytes;
    type Decode = Bytes;
    type Encoder = Self;
    type Decoder = Self;

    fn encoder(&mut self) -> Self {
        Self
    }

    fn decoder(&mut self) -> Self {
        Self
    }
}

impl Encoder for Raw {
    type Item = Bytes;
    type Error = Status;

    fn encode(&mut self, item: Bytes, buffer: &mut EncodeBuf<'_>) -> Result<(), Status> {
        buffer.put(item);
        Ok(())
    }
}

impl Decoder for Raw {
    type Item = Bytes;
    type Error = Status;

    fn decode(&mut self, buffer: &mut DecodeBuf<'_>) -> Result<Option<Bytes>, Status> {
        Ok(Some(buffer.copy_to_bytes(buffer.remaining())))
    }
}

/// The answer to every call.
#[derive(Debug, Clone)]
struct Echo(Bytes);

impl NamedService for Echo {
    const NAME: &'static str = "parallax.load.Echo";
}

impl UnaryService<Bytes> for Echo {
    type Response = Bytes;
    type Future = Ready<Result<Response<Bytes>, Status>>;

    fn call(&mut self, _: Request<Bytes>) -> Self::Future {
        std::future::ready(Ok(Response::new(self.0.clone())))
    }
}

impl Service<http::Request<Body>> for Echo {
    type Response = http::Response<Body>;
    type Error = Infallible;
    type Future = Pin<Box<dyn Future<Output = Result<http::Response<Body>, Infallible>> + Send>>;

    fn poll_ready(&mut self, _: &mut Context<'_>) -> Poll<Result<(), Infallible>> {
        Poll::Ready(Ok(()))
    }

    fn call(&mut self, request: http::Request<Body>) -> Self::Future {
        let echo = self.clone();
        Box::pin(async move { Ok(Grpc::new(Raw).unary(echo, request).await) })
    }
}

/// Serves until it is killed, in the process that [`start`] makes. The runtime is as that of `parallax serve`: a thread
/// a processor.
pub(super) async fn serve(answer_bytes: usize) {
    let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
    println!("{}", json!({ "address": listener.local_addr().unwrap().to_string() }));
    let incoming = TcpIncoming::from(listener).with_nodelay(Some(true));
    // Bytes that are text, as those of a comparison mostly are.
    let echo = Echo(vec![b'a'; answer_bytes].into());
    tonic::transport::Server::builder().add_service(echo).serve_with_incoming(incoming).await.unwrap();
}

/// A process of its own that serves the echo, of this very program.
pub(super) fn start(answer_bytes: usize) -> Server {
    let mut child = Command::new(std::env::current_exe().unwrap())
        .args(["echo-server", "--answer-bytes", &answer_bytes.to_string()])
        .stdout(Stdio::piped())
        .spawn()
        .unwrap();
    let mut line = String::new();
    BufReader::new(child.stdout.take().unwrap()).read_line(&mut line).unwrap();
    let said: Value = serde_json::from_str(&line).unwrap();
    Server { child, address: said["address"].as_str().unwrap().to_owned(), admin: String::new() }
}
