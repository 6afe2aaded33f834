//! A server on a free port, its client, and invented readouts.

use parallax::server::{Config, ServeError, Server, pb};
use pb::comparison_service_client::ComparisonServiceClient;
use std::net::SocketAddr;
use std::time::Duration;
use tokio::sync::oneshot;
use tokio::task::JoinHandle;
use tonic::transport::Channel;
use tonic::{Code, Status};
use tonic_types::{ErrorDetails, StatusExt as _};

pub(super) type Client = ComparisonServiceClient<Channel>;

pub(super) const NORLAND: &str = "Minister Aro of Norland met Minister Vey of Sudria in Port Tarn.\n\
    Minister Aro reaffirmed Norland's support for the Tarn Strait ceasefire.\n\
    Minister Aro urged Sudria to withdraw 400 soldiers from the island of Ilm.\n";
pub(super) const SUDRIA: &str = "Minister Vey of Sudria received Minister Aro of Norland — «à l’aube» — in Port Tarn 🕊.\n\
    Minister Vey rejected the Tarn Strait ceasefire.\n\
    Minister Vey stressed that no soldiers would leave the island of Ilm.\n";

/// A running server. Dropping it stops it.
pub(super) struct Running {
    pub(super) address: SocketAddr,
    pub(super) admin: Option<SocketAddr>,
    pub(super) stop: Option<oneshot::Sender<()>>,
    pub(super) task: JoinHandle<Result<(), ServeError>>,
}

impl Running {
    pub(super) async fn start(config: Config) -> Self {
        let server = Server::bind(config).await.unwrap();
        let (address, admin) = (server.local_addr(), server.admin_addr());
        let (stop, stopped) = oneshot::channel();
        let task = tokio::spawn(server.run(async {
            let _ = stopped.await;
        }));
        Self { address, admin, stop: Some(stop), task }
    }

    pub(super) async fn channel(&self) -> Channel {
        Channel::from_shared(format!("http://{}", self.address)).unwrap().connect().await.unwrap()
    }

    pub(super) async fn client(&self) -> Client {
        Client::new(self.channel().await).max_decoding_message_size(usize::MAX)
    }

    /// The status and the body of what the admin port answers.
    pub(super) async fn admin(&self, path: &str) -> (u16, String) {
        http(self.admin.expect("there is an admin port"), &format!("GET {path} HTTP/1.1\r\nhost: a\r\n"), "").await
    }

    /// The value of a metric, 0 when it is not there.
    pub(super) async fn metric(&self, line_start: &str) -> f64 {
        let (_, text) = self.admin("/metrics").await;
        let line = text.lines().find(|line| line.starts_with(line_start));
        line.map_or(0.0, |line| line.rsplit(' ').next().unwrap().parse().unwrap())
    }

    /// Waits until a metric has a value; fails when it does not in time.
    pub(super) async fn wait_for_metric(&self, line_start: &str, value: f64, time: Duration) {
        let started = std::time::Instant::now();
        while (self.metric(line_start).await - value).abs() > f64::EPSILON {
            assert!(started.elapsed() < time, "{line_start} is {}", self.metric(line_start).await);
            tokio::time::sleep(Duration::from_millis(2)).await;
        }
    }

    /// Sends the signal.
    pub(super) fn stop(&mut self) {
        self.stop.take().unwrap().send(()).unwrap();
    }

    /// Waits for the end; fails when it does not come in time.
    pub(super) async fn ended_within(self, time: Duration) {
        tokio::time::timeout(time, self.task).await.expect("the server ends in time").unwrap().unwrap();
    }
}

/// The status and the body of an answer over HTTP/1.1 to a request whose head ends before the blank line.
pub(super) async fn http(address: SocketAddr, head: &str, body: &str) -> (u16, String) {
    use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
    let mut stream = tokio::net::TcpStream::connect(address).await.unwrap();
    let request = format!("{head}connection: close\r\ncontent-length: {}\r\n\r\n{body}", body.len());
    stream.write_all(request.as_bytes()).await.unwrap();
    let mut answer = Vec::new();
    stream.read_to_end(&mut answer).await.unwrap();
    let answer = String::from_utf8_lossy(&answer).into_owned();
    let (head, body) = answer.split_once("\r\n\r\n").unwrap();
    (head.split(' ').nth(1).unwrap().parse().unwrap(), body.to_owned())
}

/// As [`config`], with an admin port.
pub(super) fn administered() -> Config {
    let mut config = config();
    config.admin.address = "127.0.0.1:0".to_owned();
    config
}

/// Any free port, default limits, no wait before the end, and time enough for any call.
pub(super) fn config() -> Config {
    let mut config = Config::default();
    config.listen.address = "127.0.0.1:0".to_owned();
    config.drain.wait = Duration::ZERO;
    // A build without optimisation on a busy machine takes its time.
    (config.deadline.default, config.deadline.max) = (Duration::from_secs(120), Duration::from_secs(120));
    config
}

/// One computation at a time, and none waits.
pub(super) fn narrow() -> Config {
    let mut config = config();
    (config.admission.permits, config.admission.queue) = (1, 0);
    config
}

pub(super) async fn client() -> (Running, Client) {
    let running = Running::start(config()).await;
    let client = running.client().await;
    (running, client)
}

pub(super) fn readout(text: &str) -> pb::Readout {
    pb::Readout { content: Some(pb::readout::Content::Text(text.to_owned())), ..pb::Readout::default() }
}

pub(super) fn side(id: &str, display_name: &str) -> pb::Side {
    pb::Side { id: id.to_owned(), display_name: display_name.to_owned(), ..pb::Side::default() }
}

pub(super) fn two_readouts() -> pb::CompareRequest {
    let ours = pb::Readout { id: "ours".into(), author_side: "norland".into(), ..readout(NORLAND) };
    let theirs = pb::Readout { author_side: "sudria".into(), ..readout(SUDRIA) };
    pb::CompareRequest {
        readouts: vec![ours, theirs],
        sides: vec![side("norland", "Norland"), side("sudria", "Sudria")],
        options: None,
    }
}

/// A request that takes long enough to be seen running, near the limit of a message.
pub(super) fn long_request() -> pb::CompareRequest {
    let mut text = String::new();
    for n in 0.. {
        let line =
            format!("Minister Aro of Norland told Minister Vey that convoy {n} would leave Port Tarn on day {n}.\n");
        if text.len() + line.len() > 500_000 {
            break;
        }
        text.push_str(&line);
    }
    pb::CompareRequest { readouts: vec![readout(&text), readout(&text)], ..two_readouts() }
}

/// The details of a status, after its code and its reason were checked.
#[track_caller]
pub(super) fn refused<T: std::fmt::Debug>(answer: Result<T, Status>, code: Code, reason: &str) -> ErrorDetails {
    let status = answer.expect_err("it is refused");
    assert_eq!(status.code(), code, "{status:?}");
    let details = status.get_error_details();
    let info = details.error_info().expect("every error carries ErrorInfo");
    assert_eq!((info.reason.as_str(), info.domain.as_str()), (reason, "parallax.v1"));
    details
}

/// Milliseconds after which a client may make a failed call again by itself, below zero never, where that is told.
pub(super) fn pushback<T>(answer: &Result<T, Status>) -> Option<i64> {
    let told = answer.as_ref().err()?.metadata().get("grpc-retry-pushback-ms")?;
    Some(told.to_str().unwrap().parse().unwrap())
}

/// The paths of the violated fields of a refused request.
#[track_caller]
pub(super) fn violated<T: std::fmt::Debug>(answer: Result<T, Status>) -> Vec<String> {
    let details = refused(answer, Code::InvalidArgument, "INVALID_FIELDS");
    let bad_request = details.bad_request().expect("it lists the fields");
    bad_request.field_violations.iter().map(|violation| violation.field.clone()).collect()
}
