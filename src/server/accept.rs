//! The guard at the socket: how many connections there are, and that each of them speaks.
//!
//! A connection is handed to the transport once its first byte has come and its TLS handshake is done, each within its
//! time; after that the opening of HTTP must come within the time of a handshake, too. So a connection that never
//! speaks neither lives on nor holds up the end. What is over the limit is closed at once.

use super::call::Open;
use super::config::Connections;
use super::metrics::Reason;
use std::io;
use std::pin::Pin;
use std::sync::Arc;
use std::task::{Context, Poll, ready};
use std::time::Duration;
use tokio::io::{AsyncRead, AsyncWrite, ReadBuf};
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::{OwnedSemaphorePermit, Semaphore, mpsc, watch};
use tokio::time::{Instant, Sleep};
use tokio_rustls::{TlsAcceptor, server::TlsStream};
use tokio_stream::wrappers::ReceiverStream;
use tonic::transport::server::Connected;

/// Bytes of an opening: the preface of HTTP/2, or the first line of a request of HTTP/1.
const OPENING_BYTES: usize = 24;
/// Connections that are ready for the transport and not yet taken by it.
const BACKLOG: usize = 64;
/// After an error of the listener (no file descriptors are left) it is tried again after this time.
const PAUSE: Duration = Duration::from_millis(50);

/// The TLS settings of the next handshake; `None`: no TLS.
pub(super) type TlsSettings = Option<watch::Receiver<Arc<rustls::ServerConfig>>>;

/// The connections that come to `listener` and speak. Dropping the stream closes the listener.
pub(super) fn incoming(
    listener: TcpListener,
    config: &Connections,
    tls: TlsSettings,
    open: Arc<Open>,
) -> ReceiverStream<io::Result<Guarded>> {
    let (ready, connections) = mpsc::channel(BACKLOG);
    let guard = Guard { config: config.clone(), tls, open };
    tokio::spawn(accept(listener, guard, ready));
    ReceiverStream::new(connections)
}

#[derive(Clone)]
struct Guard {
    config: Connections,
    tls: TlsSettings,
    open: Arc<Open>,
}

async fn accept(listener: TcpListener, guard: Guard, ready: mpsc::Sender<io::Result<Guarded>>) {
    let places = Arc::new(Semaphore::new(guard.config.max as usize));
    loop {
        let accepted = tokio::select! {
            biased;
            () = ready.closed() => break,
            accepted = listener.accept() => accepted,
        };
        let Ok((stream, _)) = accepted else {
            tokio::time::sleep(PAUSE).await;
            continue;
        };
        let Ok(place) = Arc::clone(&places).try_acquire_owned() else {
            guard.refused("too_many");
            continue;
        };
        let (guard, ready) = (guard.clone(), ready.clone());
        tokio::spawn(async move {
            // Waiting for a connection that does not speak ends with the server, too.
            tokio::select! {
                () = ready.closed() => {}
                checked = guard.check(stream, place) => match checked {
                    Ok(connection) => {
                        let _ = ready.send(Ok(connection)).await;
                    }
                    Err(reason) => guard.refused(reason),
                }
            }
        });
    }
}

impl Guard {
    async fn check(&self, stream: TcpStream, place: OwnedSemaphorePermit) -> Result<Guarded, &'static str> {
        let _ = stream.set_nodelay(true);
        let mut byte = [0];
        match tokio::time::timeout(self.config.first_byte, stream.peek(&mut byte)).await {
            Ok(Ok(1..)) => {}
            Ok(_) => return Err("closed"),
            Err(_) => return Err("silent"),
        }
        let stream = match &self.tls {
            None => Stream::Plain(stream),
            Some(settings) => {
                let acceptor = TlsAcceptor::from(Arc::clone(&settings.borrow()));
                let handshake = tokio::time::timeout(self.config.handshake, acceptor.accept(stream));
                Stream::Tls(Box::new(handshake.await.map_err(|_| "slow_handshake")?.map_err(|_| "handshake")?))
            }
        };
        let opening = Some(Opening {
            n_missing: OPENING_BYTES,
            until: Box::pin(tokio::time::sleep_until(Instant::now() + self.config.handshake)),
        });
        self.open.metrics.connections_open.inc();
        Ok(Guarded { stream, opening, open: Arc::clone(&self.open), _place: place })
    }

    fn refused(&self, reason: &'static str) {
        self.open.metrics.connections_refused.get_or_create(&Reason { reason }).inc();
        tracing::debug!(reason, "a connection was closed before it spoke");
    }
}

#[derive(Debug)]
enum Stream {
    Plain(TcpStream),
    Tls(Box<TlsStream<TcpStream>>),
}

/// A connection that has spoken.
#[derive(Debug)]
pub(super) struct Guarded {
    stream: Stream,
    /// Until the opening is complete.
    opening: Option<Opening>,
    open: Arc<Open>,
    _place: OwnedSemaphorePermit,
}

#[derive(Debug)]
struct Opening {
    n_missing: usize,
    until: Pin<Box<Sleep>>,
}

impl Drop for Guarded {
    fn drop(&mut self) {
        self.open.metrics.connections_open.dec();
    }
}

impl Connected for Guarded {
    type ConnectInfo = ();

    fn connect_info(&self) {}
}

macro_rules! inner {
    ($self:ident) => {
        match &mut $self.get_mut().stream {
            Stream::Plain(stream) => Pin::new(stream) as Pin<&mut dyn Duplex>,
            Stream::Tls(stream) => Pin::new(&mut **stream) as Pin<&mut dyn Duplex>,
        }
    };
}

trait Duplex: AsyncRead + AsyncWrite {}
impl<T: AsyncRead + AsyncWrite> Duplex for T {}

impl AsyncRead for Guarded {
    fn poll_read(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
        buffer: &mut ReadBuf<'_>,
    ) -> Poll<io::Result<()>> {
        let before = buffer.filled().len();
        let polled = {
            let this = self.as_mut();
            inner!(this).poll_read(context, buffer)
        };
        let Some(opening) = &mut self.opening else { return polled };
        opening.n_missing = opening.n_missing.saturating_sub(buffer.filled().len() - before);
        if opening.n_missing == 0 {
            self.opening = None;
        } else if polled.is_pending() {
            ready!(opening.until.as_mut().poll(context));
            return Poll::Ready(Err(io::ErrorKind::TimedOut.into()));
        }
        polled
    }
}

impl AsyncWrite for Guarded {
    fn poll_write(self: Pin<&mut Self>, context: &mut Context<'_>, bytes: &[u8]) -> Poll<io::Result<usize>> {
        inner!(self).poll_write(context, bytes)
    }

    fn poll_write_vectored(
        self: Pin<&mut Self>,
        context: &mut Context<'_>,
        slices: &[io::IoSlice<'_>],
    ) -> Poll<io::Result<usize>> {
        inner!(self).poll_write_vectored(context, slices)
    }

    fn is_write_vectored(&self) -> bool {
        match &self.stream {
            Stream::Plain(stream) => stream.is_write_vectored(),
            Stream::Tls(stream) => stream.is_write_vectored(),
        }
    }

    fn poll_flush(self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<io::Result<()>> {
        inner!(self).poll_flush(context)
    }

    fn poll_shutdown(self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<io::Result<()>> {
        inner!(self).poll_shutdown(context)
    }
}
