//! A caller who takes an answer slowly.

use std::io;
use std::net::SocketAddr;
use std::pin::Pin;
use std::task::{Context, Poll, ready};
use std::time::Duration;
use tokio::io::{AsyncRead, AsyncWrite, ReadBuf};
use tokio::net::{TcpSocket, TcpStream};
use tokio::time::{Instant, Sleep, sleep};

/// A connection that takes what comes in small bites, and not all the time.
pub(super) struct SlowReader {
    stream: TcpStream,
    next_bite: Pin<Box<Sleep>>,
}

impl SlowReader {
    const BITE: usize = 64 * 1024;
    const PAUSE: Duration = Duration::from_millis(10);

    pub(super) async fn connect(address: SocketAddr) -> io::Result<Self> {
        let socket = TcpSocket::new_v4()?;
        socket.set_recv_buffer_size(16 * 1024)?;
        Ok(Self { stream: socket.connect(address).await?, next_bite: Box::pin(sleep(Self::PAUSE)) })
    }
}

impl AsyncRead for SlowReader {
    fn poll_read(mut self: Pin<&mut Self>, context: &mut Context<'_>, out: &mut ReadBuf<'_>) -> Poll<io::Result<()>> {
        ready!(self.next_bite.as_mut().poll(context));
        let mut bytes = vec![0; Self::BITE.min(out.remaining())];
        let mut bite = ReadBuf::new(&mut bytes);
        ready!(Pin::new(&mut self.stream).poll_read(context, &mut bite))?;
        if !bite.filled().is_empty() {
            out.put_slice(bite.filled());
            self.next_bite.as_mut().reset(Instant::now() + Self::PAUSE);
        }
        Poll::Ready(Ok(()))
    }
}

impl AsyncWrite for SlowReader {
    fn poll_write(mut self: Pin<&mut Self>, context: &mut Context<'_>, bytes: &[u8]) -> Poll<io::Result<usize>> {
        Pin::new(&mut self.stream).poll_write(context, bytes)
    }

    fn poll_flush(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.stream).poll_flush(context)
    }

    fn poll_shutdown(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.stream).poll_shutdown(context)
    }
}
