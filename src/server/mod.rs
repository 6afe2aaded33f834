//! The service: `parallax.v1.ComparisonService` over gRPC, with reflection and health.
//!
//! In: messages of `parallax.v1` on a socket. Out: messages, or a status that says what to do about it. The domain is
//! pure and synchronous; everything that is neither is here. [`wire`] alone knows both the messages and the domain,
//! [`status`] alone knows what callers are told when something fails.
//!
//! ```
//! use parallax::server::{Config, Server, pb};
//! use pb::comparison_service_client::ComparisonServiceClient;
//!
//! # tokio::runtime::Runtime::new().unwrap().block_on(async {
//! let mut config = Config::default();
//! config.listen.address = "127.0.0.1:0".to_owned();
//! let server = Server::bind(config).await.unwrap();
//! let address = format!("http://{}", server.local_addr());
//! let (stop, stopped) = tokio::sync::oneshot::channel::<()>();
//! let running = tokio::spawn(server.run(async { stopped.await.unwrap_or(()) }));
//!
//! let mut client = ComparisonServiceClient::connect(address).await.unwrap();
//! let description = client.describe_engine(pb::DescribeEngineRequest {}).await.unwrap().into_inner();
//! assert_eq!(description.version, env!("CARGO_PKG_VERSION"));
//!
//! stop.send(()).unwrap();
//! running.await.unwrap().unwrap();
//! # });
//! ```

/// The messages, the client and the server of `parallax.v1`, made from `proto/`.
#[allow(missing_docs, clippy::all, reason = "generated; the comments are those of the proto")]
pub mod pb {
    tonic::include_proto!("parallax.v1");
}

/// The encoded `FileDescriptorSet` of `parallax.v1` and of what it imports.
pub static DESCRIPTOR: &[u8] = include_bytes!(concat!(env!("OUT_DIR"), "/parallax.v1.bin"));

pub mod limits;

pub mod wire;

pub mod json;

pub mod config;

mod request_id;

pub mod status;

mod auth;

mod admission;
mod pool;

mod metrics;

mod call;

mod observe;

mod front;

mod tls;

mod accept;

mod admin;

pub mod trace;

mod service;

mod lifecycle;

pub use auth::AuthError;
pub use config::Config;
pub use lifecycle::{ServeError, Server, run, serve};
pub use request_id::RequestId;
pub use tls::TlsError;
