//! The guard at the socket: how many connections there are, and that each of them speaks.
//!
//! A connection is handed to the transport once its first byte has come and its TLS handshake is done, each within its
//! time; after that the opening of HTTP must come within the time of a handshake, too: the preface of HTTP/2, or the
//! whole head of the first request of HTTP/1, which a caller may let drip. So a connection that never speaks neither
//! lives on nor holds up the end. What is over the limit is closed at once.
//!
//! A connection that we end lingers: we say that nothing more comes and read on, without looking, until the other side
//! has closed, too. To close at once would lose the end of an answer: what a peer sends to a closed socket, be it only
//! that it has room for more, makes the kernel throw away what it has not yet delivered.

use super::call::Open;
use super::config::Connections;
use super::metrics::Reason;
use std::io;
use std::mem::MaybeUninit;
use std::pin::Pin;
use std::sync::Arc;
use std::sync::atomic::Ordering;
use std::task::{Context, Poll, ready};
use std::time::Duration;
use tokio::io::{AsyncRead, AsyncWrite, ReadBuf};
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::{OwnedSemaphorePermit, Semaphore, mpsc, watch};
use tokio::time::{Instant, Sleep};
use tokio_rustls::{TlsAcceptor, server::TlsStream};
use tokio_stream::wrappers::ReceiverStream;
use tonic::transport::server::Connected;

/// Least bytes of an opening, those of the preface of HTTP/2. Both it and the head of HTTP/1 hold a blank line.
const OPENING_BYTES: usize = 24;
/// Connections that are ready for the transport and not yet taken by it.
const BACKLOG: usize = 64;
/// After an error of the listener (no file descriptors are left) it is tried again after this time.
const PAUSE: Duration = Duration::from_millis(50);

/// How long a connection that we have ended waits for the other side to close it.
const LINGER: Duration = Duration::from_secs(30);
/// The same when all that was ever written to it is little: any kernel takes that in at once, read or not, so that one
/// who sends without end, and got no answer, is rid of sooner.
const SHORT_LINGER: Duration = Duration::from_secs(1);
/// What is little: half of the smallest receive buffer in use.
const LITTLE: usize = 8 * 1024;
/// Bytes that are read at once of what nobody looks at.
const DISCARDED: usize = 8 * 1024;

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
            line: Line::Begun,
            until: Box::pin(tokio::time::sleep_until(Instant::now() + self.config.handshake)),
        });
        self.open.metrics.connections_open.inc();
        Ok(Guarded { stream, opening, lingering: None, n_written: 0, open: Arc::clone(&self.open), _place: place })
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
    /// Until when it lingers, once we have ended it.
    lingering: Option<Pin<Box<Sleep>>>,
    n_written: usize,
    open: Arc<Open>,
    _place: OwnedSemaphorePermit,
}

#[derive(Debug)]
struct Opening {
    n_missing: usize,
    line: Line,
    until: Pin<Box<Sleep>>,
}

/// How far it is to the first blank line.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Line {
    Begun,
    Empty,
    BlankSeen,
}

impl Opening {
    /// True when it is complete with these bytes.
    fn take(&mut self, bytes: &[u8]) -> bool {
        self.n_missing = self.n_missing.saturating_sub(bytes.len());
        for byte in bytes {
            self.line = match (self.line, byte) {
                (Line::BlankSeen, _) | (Line::Empty, b'\n') => Line::BlankSeen,
                (line, b'\r') => line,
                (_, b'\n') => Line::Empty,
                _ => Line::Begun,
            };
        }
        self.n_missing == 0 && self.line == Line::BlankSeen
    }
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
        let read = &buffer.filled()[before..];
        self.open.moved.fetch_add(read.len(), Ordering::Relaxed);
        let Some(opening) = &mut self.opening else { return polled };
        if opening.take(read) {
            self.opening = None;
        } else if polled.is_pending() {
            ready!(opening.until.as_mut().poll(context));
            return Poll::Ready(Err(io::ErrorKind::TimedOut.into()));
        }
        polled
    }
}

impl Guarded {
    /// Counts what was written.
    fn written(&mut self, polled: Poll<io::Result<usize>>) -> Poll<io::Result<usize>> {
        if let Poll::Ready(Ok(n_written)) = polled {
            self.n_written += n_written;
            self.open.moved.fetch_add(n_written, Ordering::Relaxed);
        }
        polled
    }

    /// Reads what still comes until the other side closes or the time is over.
    fn poll_linger(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<()> {
        let this = &mut *self;
        let time = if this.n_written > LITTLE { LINGER } else { SHORT_LINGER };
        let until = this.lingering.get_or_insert_with(|| Box::pin(tokio::time::sleep(time)));
        // Asked first: one who sends without end does not keep us longer.
        if until.as_mut().poll(context).is_ready() {
            return Poll::Ready(());
        }
        let mut bytes = [MaybeUninit::uninit(); DISCARDED];
        let mut discarded = ReadBuf::uninit(&mut bytes);
        let polled = {
            let this = self.as_mut();
            inner!(this).poll_read(context, &mut discarded)
        };
        match ready!(polled) {
            Ok(()) if !discarded.filled().is_empty() => {
                self.open.moved.fetch_add(discarded.filled().len(), Ordering::Relaxed);
                // Others get their turn between two reads.
                context.waker().wake_by_ref();
                Poll::Pending
            }
            _ => Poll::Ready(()),
        }
    }
}

impl AsyncWrite for Guarded {
    fn poll_write(mut self: Pin<&mut Self>, context: &mut Context<'_>, bytes: &[u8]) -> Poll<io::Result<usize>> {
        let this = self.as_mut();
        let polled = inner!(this).poll_write(context, bytes);
        self.written(polled)
    }

    fn poll_write_vectored(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
        slices: &[io::IoSlice<'_>],
    ) -> Poll<io::Result<usize>> {
        let this = self.as_mut();
        let polled = inner!(this).poll_write_vectored(context, slices);
        self.written(polled)
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

    fn poll_shutdown(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<io::Result<()>> {
        if self.lingering.is_none() {
            let this = self.as_mut();
            ready!(inner!(this).poll_shutdown(context))?;
        }
        self.poll_linger(context).map(Ok)
    }
}
