//! From a configuration to a running server, and from a signal to its end.

use super::DESCRIPTOR;
use super::admission::Admission;
use super::limits;
use super::observe::Observed;
use super::pb::comparison_service_server::{ComparisonServiceServer, SERVICE_NAME};
use super::service::Comparisons;
use std::net::SocketAddr;
use std::pin::pin;
use std::sync::Arc;
use std::time::Duration;
use tokio::sync::{oneshot, watch};
use tonic::service::Routes;
use tonic::transport::server::TcpIncoming;
use tonic_health::ServingStatus;
use tonic_health::server::HealthReporter;

/// Calls that one connection may have open. Its sum with the messages of each bounds what one caller can make us
/// hold: 256 MiB at most, and only while it sends.
const CALLS_A_CONNECTION: u32 = 256;

/// A connection on which nothing comes is asked whether it is alive after this time, and closed when it does not
/// answer within a third of it: load balancers drop idle connections without a word, after a minute or more.
const KEEPALIVE: Duration = Duration::from_secs(60);

/// Time for the last answers to leave the socket once all calls are done. What is open after that is idle.
const FLUSH: Duration = Duration::from_millis(200);

/// How to serve. Every field has a default.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Config {
    /// Address to listen on; port 0 takes a free one. Default: 127.0.0.1:50051.
    pub address: SocketAddr,
    /// Comparisons computed at a time, 1 or more; 0 counts as 1. Default: 4 for each processor.
    pub permits: usize,
    /// Requests that wait for a permit; one more is refused. 0: none waits. Default: twice the default permits.
    pub queue: usize,
    /// Time between the signal, at which health turns to `NOT_SERVING`, and the end of taking requests: as long as
    /// load balancers take to see it. Default: 0.
    pub health_wait: Duration,
    /// Most time that calls in flight get after that. Default: 20 s.
    pub grace: Duration,
}

impl Default for Config {
    fn default() -> Self {
        let n_processors = std::thread::available_parallelism().map_or(1, usize::from);
        Self {
            address: SocketAddr::from(([127, 0, 0, 1], 50_051)),
            permits: 4 * n_processors,
            queue: 8 * n_processors,
            health_wait: Duration::ZERO,
            grace: Duration::from_secs(20),
        }
    }
}

/// Why a server did not start, or ended before it was told to.
#[derive(Debug, thiserror::Error)]
pub enum ServeError {
    /// The address could not be taken.
    #[error("cannot listen on {address}: {source}")]
    Bind {
        /// As configured.
        address: SocketAddr,
        /// Why.
        source: std::io::Error,
    },
    /// The runtime or a signal handler could not be set up.
    #[error("cannot start: {0}")]
    Start(#[source] std::io::Error),
    /// The descriptor set is not served by reflection.
    #[error("cannot serve reflection: {0}")]
    Reflection(#[from] tonic_reflection::server::Error),
    /// The transport failed.
    #[error("the transport failed: {0}")]
    Transport(#[from] tonic::transport::Error),
}

/// A server that has its address and does not serve yet.
#[derive(Debug)]
pub struct Server {
    config: Config,
    address: SocketAddr,
    incoming: TcpIncoming,
}

impl Server {
    /// A server that listens on the configured address. Connections wait until [`run`](Self::run).
    ///
    /// # Errors
    /// When the address cannot be taken.
    pub async fn bind(config: Config) -> Result<Self, ServeError> {
        let address = config.address;
        let failed = |source| ServeError::Bind { address, source };
        let listener = tokio::net::TcpListener::bind(address).await.map_err(failed)?;
        let address = listener.local_addr().map_err(failed)?;
        let incoming = TcpIncoming::from(listener).with_nodelay(Some(true)).with_keepalive(Some(KEEPALIVE));
        Ok(Self { config, address, incoming })
    }

    /// The address it listens on, with the port that was free when 0 was asked for.
    #[must_use]
    pub const fn local_addr(&self) -> SocketAddr {
        self.address
    }

    /// Serves until `shutdown` is done, then ends gracefully: health says `NOT_SERVING`; after
    /// [`Config::health_wait`] no request is taken any more; calls in flight get [`Config::grace`] to end. Open
    /// health watches are ended, and connections on which no call is open are not waited for.
    ///
    /// A computation that is not over after the grace goes on in its thread; [`run()`] ends the process without
    /// waiting for it.
    ///
    /// # Errors
    /// When the transport fails or the descriptors are not served.
    pub async fn run(self, shutdown: impl Future<Output = ()>) -> Result<(), ServeError> {
        let Self { config, address, incoming } = self;
        let admission = Arc::new(Admission::new(config.permits, config.queue));
        let in_flight = Arc::new(watch::Sender::new(0_usize));
        let mut all_done = in_flight.subscribe();
        let (mut health, health_service) = tonic_health::server::health_reporter();
        set_health(&health, ServingStatus::Serving).await;
        let service = ComparisonServiceServer::new(Comparisons::new(Arc::clone(&admission)))
            .max_decoding_message_size(limits::MESSAGE_BYTES)
            .max_encoding_message_size(limits::ANSWER_BYTES);
        let routes = Routes::new(service)
            .add_service(health_service)
            .add_service(reflection().build_v1()?)
            .add_service(reflection().build_v1alpha()?)
            .prepare();
        let (close, closing) = oneshot::channel::<()>();
        let serving = tonic::transport::Server::builder()
            .max_concurrent_streams(CALLS_A_CONNECTION)
            .http2_keepalive_interval(Some(KEEPALIVE))
            .http2_keepalive_timeout(Some(KEEPALIVE / 3))
            .serve_with_incoming_shutdown(Observed::new(routes, in_flight), incoming, async {
                let _ = closing.await;
            });
        let mut serving = pin!(serving);
        let Config { permits, queue, .. } = config;
        tracing::info!(%address, permits, queue, version = env!("CARGO_PKG_VERSION"), "serving");

        tokio::select! {
            ended = &mut serving => return Ok(ended?),
            () = shutdown => tracing::info!("stopping"),
        }
        set_health(&health, ServingStatus::NotServing).await;
        tokio::select! {
            ended = &mut serving => return Ok(ended?),
            () = tokio::time::sleep(config.health_wait) => {}
        }
        admission.stop();
        let _ = close.send(());
        for service in ["", SERVICE_NAME] {
            // Watches have seen NOT_SERVING and end with this.
            health.clear_service_status(service).await;
        }
        let flushed = async {
            // The sender lives in the routes, which live in `serving`.
            let _ = all_done.wait_for(|n| *n == 0).await;
            tokio::time::sleep(FLUSH).await;
        };
        tokio::select! {
            ended = &mut serving => ended?,
            () = flushed => {}
            () = tokio::time::sleep(config.grace) => tracing::warn!("calls were left unfinished at the end of the grace"),
        }
        tracing::info!("stopped");
        Ok(())
    }
}

/// Binds and runs a [`Server`].
///
/// # Errors
/// As [`Server::bind`] and [`Server::run`].
pub async fn serve(config: Config, shutdown: impl Future<Output = ()>) -> Result<(), ServeError> {
    Server::bind(config).await?.run(shutdown).await
}

/// Serves until SIGTERM or SIGINT on a runtime of its own: the whole life of a server process.
///
/// Replaces the process's panic hook by one that logs where a panic happened, not what it says: the message of a
/// panic may quote a text.
///
/// # Errors
/// When the runtime does not start, and as [`serve`].
pub fn run(config: Config) -> Result<(), ServeError> {
    std::panic::set_hook(Box::new(|panic| {
        let place = panic.location().map(ToString::to_string).unwrap_or_default();
        tracing::error!(place, "panic");
    }));
    crate::pipeline::load();
    let runtime = tokio::runtime::Builder::new_multi_thread().enable_all().build().map_err(ServeError::Start)?;
    let ended = runtime.block_on(async {
        let signal = signal().map_err(ServeError::Start)?;
        serve(config, signal).await
    });
    // Does not wait for computations that outlived the grace, nor for idle connections.
    runtime.shutdown_background();
    ended
}

/// Resolves at the first SIGTERM or SIGINT.
#[cfg(unix)]
fn signal() -> std::io::Result<impl Future<Output = ()>> {
    use tokio::signal::unix::{SignalKind, signal};
    let (mut terminate, mut interrupt) = (signal(SignalKind::terminate())?, signal(SignalKind::interrupt())?);
    Ok(async move {
        tokio::select! {
            _ = terminate.recv() => {}
            _ = interrupt.recv() => {}
        }
    })
}

/// Resolves at the first Ctrl-C.
#[cfg(not(unix))]
fn signal() -> std::io::Result<impl Future<Output = ()>> {
    Ok(async {
        let _ = tokio::signal::ctrl_c().await;
    })
}

/// Sets the health of the server as a whole ("") and of the service.
async fn set_health(health: &HealthReporter, status: ServingStatus) {
    for service in ["", SERVICE_NAME] {
        health.set_service_status(service, status).await;
    }
}

/// Reflection over our descriptors and those of what else is served, in either version of the protocol.
fn reflection() -> tonic_reflection::server::Builder<'static> {
    tonic_reflection::server::Builder::configure()
        .register_encoded_file_descriptor_set(DESCRIPTOR)
        // So that a client without our descriptors, such as grpcurl, can show the details of an error.
        .register_encoded_file_descriptor_set(tonic_types::pb::FILE_DESCRIPTOR_SET)
        .register_encoded_file_descriptor_set(tonic_health::pb::FILE_DESCRIPTOR_SET)
        .register_encoded_file_descriptor_set(tonic_reflection::pb::v1::FILE_DESCRIPTOR_SET)
        .register_encoded_file_descriptor_set(tonic_reflection::pb::v1alpha::FILE_DESCRIPTOR_SET)
        .include_reflection_service(false)
}
