//! The admin port: `/metrics`, `/livez` and `/readyz`, over plain HTTP/1, for scrapers and probes.

use super::call::Open;
use bytes::Bytes;
use http::{Request, Response, StatusCode, header};
use http_body_util::Full;
use hyper::body::Incoming;
use hyper_util::rt::{TokioIo, TokioTimer};
use std::convert::Infallible;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;
use tokio::net::TcpListener;
use tokio::sync::Semaphore;

/// Connections at a time: scrapers and probes are few.
const MAX_CONNECTIONS: usize = 64;
/// Time for the headers of a request.
const HEADER_TIME: Duration = Duration::from_secs(5);

/// Answers until it is dropped.
pub(super) async fn serve(listener: TcpListener, open: Arc<Open>, is_ready: Arc<AtomicBool>) {
    let places = Arc::new(Semaphore::new(MAX_CONNECTIONS));
    loop {
        let Ok((stream, _)) = listener.accept().await else {
            tokio::time::sleep(Duration::from_millis(50)).await;
            continue;
        };
        let Ok(place) = Arc::clone(&places).try_acquire_owned() else { continue };
        let (open, is_ready) = (Arc::clone(&open), Arc::clone(&is_ready));
        tokio::spawn(async move {
            let _place = place;
            let service = hyper::service::service_fn(move |request: Request<Incoming>| {
                let answer = answer(request.uri().path(), &open, &is_ready);
                async { Ok::<_, Infallible>(answer) }
            });
            let connection = hyper::server::conn::http1::Builder::new()
                .timer(TokioTimer::new())
                .header_read_timeout(HEADER_TIME)
                .keep_alive(true)
                .serve_connection(TokioIo::new(stream), service);
            // An error is the end of the connection, and the other side knows.
            let _ = connection.await;
        });
    }
}

fn answer(path: &str, open: &Open, is_ready: &AtomicBool) -> Response<Full<Bytes>> {
    const TEXT: &str = "text/plain; charset=utf-8";
    let (status, kind, text) = match path {
        "/metrics" => {
            (StatusCode::OK, "application/openmetrics-text; version=1.0.0; charset=utf-8", open.metrics.expose())
        }
        "/livez" => (StatusCode::OK, TEXT, "alive\n".to_owned()),
        "/readyz" if is_ready.load(Ordering::Relaxed) => (StatusCode::OK, TEXT, "ready\n".to_owned()),
        "/readyz" => (StatusCode::SERVICE_UNAVAILABLE, TEXT, "not ready\n".to_owned()),
        _ => (StatusCode::NOT_FOUND, TEXT, "/metrics, /livez, /readyz\n".to_owned()),
    };
    let mut answer = Response::new(Full::new(Bytes::from(text)));
    *answer.status_mut() = status;
    answer.headers_mut().insert(header::CONTENT_TYPE, http::HeaderValue::from_static(kind));
    answer
}
