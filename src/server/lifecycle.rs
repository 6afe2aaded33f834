//! From a configuration to a running server, and from a signal to its end.

use super::accept;
use super::admission::Admission;
use super::auth::{AuthError, Gate};
use super::call::Open;
use super::config::{Compression, Config};
use super::front::Front;
use super::metrics::Metrics;
use super::observe::{Observed, Rules};
use super::pb::comparison_service_server::{ComparisonServiceServer, SERVICE_NAME};
use super::service::Comparisons;
use super::tls::{self, TlsError};
use super::{DESCRIPTOR, admin};
use crate::models::judgement_cache::JudgementCache;
use std::net::SocketAddr;
use std::pin::pin;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;
use tokio::net::TcpListener;
use tokio::sync::{oneshot, watch};
use tokio::time::Instant;
use tonic::codec::CompressionEncoding;
use tonic::service::Routes;
use tonic_health::ServingStatus;
use tonic_health::server::HealthReporter;

/// When all calls are done and for this long no byte has moved on any connection, those that are left are idle or dead.
const QUIET: Duration = Duration::from_secs(3);
/// How often it is looked whether bytes have moved.
const LOOK: Duration = Duration::from_millis(100);

/// Why a server did not start, or ended before it was told to.
#[derive(Debug, thiserror::Error)]
pub enum ServeError {
    /// The address could not be taken.
    #[error("cannot listen on {address}: {source}")]
    Bind {
        /// As configured.
        address: String,
        /// Why.
        source: std::io::Error,
    },
    /// The runtime or a signal handler could not be set up.
    #[error("cannot start: {0}")]
    Start(#[source] std::io::Error),
    /// The certificates cannot be used.
    #[error(transparent)]
    Tls(#[from] TlsError),
    /// The keys of callers cannot be read.
    #[error(transparent)]
    Auth(#[from] AuthError),
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
    listener: TcpListener,
    admin: Option<TcpListener>,
    gate: Gate,
    tls: Option<Arc<rustls::ServerConfig>>,
}

impl Server {
    /// A server that listens on the configured address. Connections wait until [`run`](Self::run).
    ///
    /// # Errors
    /// When an address cannot be taken, or certificates or keys cannot be read.
    pub async fn bind(config: Config) -> Result<Self, ServeError> {
        let tls = tls::settings(&config.tls)?;
        let gate = Gate::new(&config.auth, config.admission.rate, config.admission.burst)?;
        let (listener, address) = listen(&config.listen.address).await?;
        let admin = match config.admin.address.as_str() {
            "" => None,
            address => Some(listen(address).await?.0),
        };
        Ok(Self { config, address, listener, admin, gate, tls })
    }

    /// The address it listens on, with the port that was free when 0 was asked for.
    #[must_use]
    pub const fn local_addr(&self) -> SocketAddr {
        self.address
    }

    /// The address of the admin port, when there is one.
    #[must_use]
    pub fn admin_addr(&self) -> Option<SocketAddr> {
        self.admin.as_ref().and_then(|listener| listener.local_addr().ok())
    }

    /// Serves until `shutdown` is done, then ends gracefully: health says `NOT_SERVING`; after `drain.wait` no request
    /// is taken any more; calls in flight get `drain.grace` to end. Open health watches are ended, and connections on
    /// which no call is open are not waited for.
    ///
    /// A computation that is not over after the grace is cancelled; [`run()`] ends the process without waiting for it.
    ///
    /// # Errors
    /// When the transport fails or the descriptors are not served.
    pub async fn run(self, shutdown: impl Future<Output = ()>) -> Result<(), ServeError> {
        let admin_address = self.admin_addr();
        let Self { config, address, listener, admin, gate, tls } = self;
        let settings = &config.admission;
        let admission = Admission::new(settings.n_permits(), settings.n_threads(), settings.n_waiting(), settings.nice)
            .map_err(ServeError::Start)?;
        let admission = Arc::new(admission);
        let judgements = match config.cache.judgement_bytes {
            0 => None,
            n_bytes => Some(Arc::new(JudgementCache::new(n_bytes))),
        };
        let open = Arc::new(Open::new(Metrics::new(&admission, judgements.as_ref())));
        let mut all_done = open.calls.subscribe();
        let gate = Arc::new(gate);
        let (mut health, health_service) = tonic_health::server::health_reporter();
        set_health(&health, ServingStatus::Serving).await;
        let comparisons =
            Comparisons::new(Arc::clone(&admission), config.limits, judgements, config.compression.min_bytes);
        let service = ComparisonServiceServer::new(comparisons)
            .max_decoding_message_size(config.limits.message_bytes)
            .max_encoding_message_size(config.limits.answer_bytes);
        let routes = Routes::new(compressed(service, &config.compression))
            .add_service(health_service)
            .add_service(reflection().build_v1()?)
            .add_service(reflection().build_v1alpha()?)
            .prepare();
        let rules = Rules {
            deadline: config.deadline.clone(),
            limits: config.limits,
            gate: Arc::clone(&gate),
            admission: Arc::clone(&admission),
        };
        let observed = Observed::new(routes, Arc::new(rules), Arc::clone(&open));
        let front = Front::new(observed, &config.web, config.limits);
        let (tls_sender, tls) = tls.map(watch::channel).unzip();
        let _reloading = AbortOnDrop(tokio::spawn(reload(config.clone(), gate, tls_sender, Arc::clone(&open))));
        let is_ready = Arc::new(AtomicBool::new(true));
        let _administering = admin.map(|listener| {
            AbortOnDrop(tokio::spawn(admin::serve(listener, Arc::clone(&open), Arc::clone(&is_ready))))
        });
        let (close, closing) = oneshot::channel::<()>();
        let connections = &config.connections;
        let incoming = accept::incoming(listener, connections, tls, Arc::clone(&open));
        let serving = tonic::transport::Server::builder()
            .accept_http1(true)
            .max_concurrent_streams(connections.calls)
            .http2_keepalive_interval(Some(connections.keepalive))
            .http2_keepalive_timeout(Some(connections.keepalive / 3))
            .http2_max_header_list_size(connections.header_bytes)
            .serve_with_incoming_shutdown(front, incoming, async {
                let _ = closing.await;
            });
        let mut serving = pin!(serving);
        let (permits, queue) = (config.admission.n_permits(), config.admission.n_waiting());
        let tls = !config.tls.certificate.as_os_str().is_empty();
        let admin = admin_address.map(|address| address.to_string());
        tracing::info!(%address, admin, permits, queue, tls, version = env!("CARGO_PKG_VERSION"), "serving");
        tell_manager(&[sd_notify::NotifyState::Ready]);

        tokio::select! {
            ended = &mut serving => return Ok(ended?),
            () = shutdown => tracing::info!("stopping"),
        }
        tell_manager(&[sd_notify::NotifyState::Stopping]);
        is_ready.store(false, Ordering::Relaxed);
        set_health(&health, ServingStatus::NotServing).await;
        tokio::select! {
            ended = &mut serving => return Ok(ended?),
            () = tokio::time::sleep(config.drain.wait) => {}
        }
        admission.stop();
        let _ = close.send(());
        for service in ["", SERVICE_NAME] {
            // Watches have seen NOT_SERVING and end with this.
            health.clear_service_status(service).await;
        }
        let quiet = async {
            // The sender lives in what is open, which lives in `serving`.
            let _ = all_done.wait_for(|n| *n == 0).await;
            open.quiet().await;
        };
        tokio::select! {
            ended = &mut serving => ended?,
            () = quiet => {}
            () = tokio::time::sleep(config.drain.grace) => {
                tracing::warn!(calls = *open.calls.borrow(), "the grace is over");
            }
        }
        tracing::info!("stopped");
        Ok(())
    }
}

impl Open {
    /// Waits until no byte has moved for a while.
    async fn quiet(&self) {
        let (mut moved, mut since) = (self.moved.load(Ordering::Relaxed), Instant::now());
        while since.elapsed() < QUIET {
            tokio::time::sleep(LOOK).await;
            let now = self.moved.load(Ordering::Relaxed);
            if now != moved {
                (moved, since) = (now, Instant::now());
            }
        }
    }
}

/// The first address that `HOST:PORT` means and that can be taken.
async fn listen(address: &str) -> Result<(TcpListener, SocketAddr), ServeError> {
    let failed = |source| ServeError::Bind { address: address.to_owned(), source };
    let listener = TcpListener::bind(address).await.map_err(failed)?;
    let local = listener.local_addr().map_err(failed)?;
    Ok((listener, local))
}

/// The service with the encodings that are configured.
fn compressed(
    mut service: ComparisonServiceServer<Comparisons>,
    config: &Compression,
) -> ComparisonServiceServer<Comparisons> {
    for (is_on, encoding) in [(config.zstd, CompressionEncoding::Zstd), (config.gzip, CompressionEncoding::Gzip)] {
        if is_on {
            service = service.accept_compressed(encoding).send_compressed(encoding);
        }
    }
    service
}

/// Reads certificates and keys again, every so often and at SIGHUP.
async fn reload(
    config: Config,
    gate: Arc<Gate>,
    tls: Option<watch::Sender<Arc<rustls::ServerConfig>>>,
    open: Arc<Open>,
) {
    let mut hangup = Hangup::new();
    loop {
        tokio::select! {
            () = tokio::time::sleep(config.tls.reload) => {}
            () = hangup.next() => tracing::info!("reading certificates and keys again"),
        }
        let config = config.clone();
        let (gate, reading) = (Arc::clone(&gate), config.tls.clone());
        let read = tokio::task::spawn_blocking(move || (gate.reload(), tls::settings(&reading)));
        let Ok((keys, settings)) = read.await else { return };
        let failed = |error: &dyn std::fmt::Display| {
            open.metrics.reloads_failed.inc();
            tracing::error!(%error, "what was read before stays");
        };
        if let Err(error) = &keys {
            failed(error);
        }
        match (settings, &tls) {
            (Err(error), _) => failed(&error),
            (Ok(Some(settings)), Some(tls)) => {
                tls.send_replace(settings);
            }
            (Ok(_), _) => {}
        }
    }
}

/// SIGHUP, where there is such a signal.
struct Hangup {
    #[cfg(unix)]
    signal: Option<tokio::signal::unix::Signal>,
}

impl Hangup {
    #[cfg(unix)]
    fn new() -> Self {
        Self { signal: tokio::signal::unix::signal(tokio::signal::unix::SignalKind::hangup()).ok() }
    }

    #[cfg(not(unix))]
    fn new() -> Self {
        Self {}
    }

    async fn next(&mut self) {
        #[cfg(unix)]
        if let Some(signal) = &mut self.signal
            && signal.recv().await.is_some()
        {
            return;
        }
        std::future::pending().await
    }
}

/// Tells systemd, when it is what has started us.
fn tell_manager(state: &[sd_notify::NotifyState<'_>]) {
    if let Err(error) = sd_notify::notify(state) {
        tracing::warn!(%error, "the service manager could not be told");
    }
}

/// Ends a task with its owner.
struct AbortOnDrop(tokio::task::JoinHandle<()>);

impl Drop for AbortOnDrop {
    fn drop(&mut self) {
        self.0.abort();
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
