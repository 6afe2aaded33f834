//! Two servers behind Envoy, which asks for their health over gRPC and transcodes JSON: one of them ends under load.

use super::{CONNECTIONS, Options, Server, open_with, print, request, round};
use parallax::server::pb::comparison_service_client::ComparisonServiceClient;
use prost::Message as _;
use prost_types::FileDescriptorSet;
use serde_json::{Value, json};
use std::io::{Read as _, Write as _};
use std::net::TcpStream;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::sync::atomic::AtomicBool;
use std::time::{Duration, Instant};
use tonic::transport::Channel;
use tonic_health::pb::HealthCheckRequest;
use tonic_health::pb::health_client::HealthClient;

/// Time for Envoy to start and to find both servers healthy.
const START: Duration = Duration::from_secs(30);

/// An Envoy on ports of its own choice, ended with the tool.
struct Envoy {
    child: Child,
    address: String,
    folder: PathBuf,
}

impl Envoy {
    fn start(program: &str, servers: &[&Server]) -> Self {
        let folder = std::env::temp_dir().join(format!("parallax-envoy-{}", std::process::id()));
        std::fs::create_dir_all(&folder).unwrap();
        std::fs::write(folder.join("descriptor.bin"), descriptor()).unwrap();
        let settings = settings(&folder.join("descriptor.bin"), servers);
        std::fs::write(folder.join("envoy.json"), settings.to_string()).unwrap();
        let admin_path = folder.join("admin");
        let _ = std::fs::remove_file(&admin_path);
        let child = Command::new(program)
            .args(["--config-path".as_ref(), folder.join("envoy.json").as_os_str()])
            .args(["--admin-address-path".as_ref(), admin_path.as_os_str()])
            .args(["--log-level", "error", "--concurrency", "1", "--use-dynamic-base-id"])
            .stdout(Stdio::null())
            .spawn()
            .expect("Envoy starts: see benches/load/envoy.sh");
        let mut envoy = Self { child, address: String::new(), folder };
        let started = Instant::now();
        while started.elapsed() < START {
            std::thread::sleep(Duration::from_millis(100));
            let Ok(admin) = std::fs::read_to_string(&admin_path) else { continue };
            let (Some(listeners), Some(clusters)) =
                (http(&admin, "GET /listeners?format=json"), http(&admin, "GET /clusters?format=json"))
            else {
                continue;
            };
            let socket = &listeners["listener_statuses"][0]["local_address"]["socket_address"];
            let hosts = clusters["cluster_statuses"][0]["host_statuses"].as_array().cloned().unwrap_or_default();
            let is_healthy = |host: &&Value| {
                host["health_status"]["eds_health_status"] == "HEALTHY"
                    && host["health_status"]["failed_active_health_check"] != json!(true)
            };
            if hosts.iter().filter(is_healthy).count() == servers.len() {
                envoy.address = format!("127.0.0.1:{}", socket["port_value"]);
                return envoy;
            }
        }
        panic!("Envoy does not find the servers");
    }
}

impl Drop for Envoy {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
        let _ = std::fs::remove_dir_all(&self.folder);
    }
}

/// Our descriptors, and those of the details of errors: without them Envoy answers an error without a body.
fn descriptor() -> Vec<u8> {
    let mut ours = FileDescriptorSet::decode(parallax::server::DESCRIPTOR).unwrap();
    let details = FileDescriptorSet::decode(tonic_types::pb::FILE_DESCRIPTOR_SET).unwrap();
    for file in details.file {
        // `google.rpc.Status` is there under another name.
        if !file.name().contains("status") && ours.file.iter().all(|known| known.name() != file.name()) {
            ours.file.push(file);
        }
    }
    ours.encode_to_vec()
}

/// No retries: a call that fails at a server fails at the caller.
fn settings(descriptor: &Path, servers: &[&Server]) -> Value {
    let any = |name: &str, mut rest: Value| {
        rest["@type"] = json!(format!("type.googleapis.com/envoy.extensions.{name}"));
        rest
    };
    let local = |port: u16| json!({ "socket_address": { "address": "127.0.0.1", "port_value": port } });
    let endpoint = |server: &&Server| {
        let port = server.address.rsplit(':').next().unwrap().parse().unwrap();
        json!({ "endpoint": { "address": local(port) } })
    };
    let transcoder = any(
        "filters.http.grpc_json_transcoder.v3.GrpcJsonTranscoder",
        json!({
            "proto_descriptor": descriptor,
            "services": ["parallax.v1.ComparisonService"],
            "convert_grpc_status": true,
        }),
    );
    let manager = any(
        "filters.network.http_connection_manager.v3.HttpConnectionManager",
        json!({
            "stat_prefix": "calls",
            "route_config": { "virtual_hosts": [{
                "name": "all",
                "domains": ["*"],
                "routes": [{ "match": { "prefix": "/" }, "route": { "cluster": "parallax", "timeout": "30s" } }],
            }] },
            "http_filters": [
                { "name": "transcoder", "typed_config": transcoder },
                { "name": "router", "typed_config": any("filters.http.router.v3.Router", json!({})) },
            ],
        }),
    );
    let http2 = any(
        "upstreams.http.v3.HttpProtocolOptions",
        json!({ "explicit_http_config": { "http2_protocol_options": {} } }),
    );
    json!({
        "admin": { "address": local(0) },
        "static_resources": {
            "listeners": [{
                "name": "calls",
                "address": local(0),
                "filter_chains": [{ "filters": [{ "name": "http", "typed_config": manager }] }],
            }],
            "clusters": [{
                "name": "parallax",
                "type": "STATIC",
                "connect_timeout": "1s",
                "common_lb_config": { "healthy_panic_threshold": { "value": 0 } },
                "typed_extension_protocol_options": { "envoy.extensions.upstreams.http.v3.HttpProtocolOptions": http2 },
                "health_checks": [{
                    "timeout": "1s",
                    "interval": "0.5s",
                    // Else it is a minute until the first call.
                    "no_traffic_interval": "0.5s",
                    "unhealthy_threshold": 1,
                    "healthy_threshold": 1,
                    "grpc_health_check": { "service_name": "parallax.v1.ComparisonService" },
                }],
                "load_assignment": {
                    "cluster_name": "parallax",
                    "endpoints": [{ "lb_endpoints": servers.iter().map(endpoint).collect::<Vec<_>>() }],
                },
            }],
        },
    })
}

/// The JSON of an answer with its status as `http_status`; `None` when there is no answer or no JSON in it.
fn ask(address: &str, line: &str, body: &str) -> Option<Value> {
    let mut stream = TcpStream::connect(address).ok()?;
    let head = format!("{line} HTTP/1.1\r\nhost: a\r\nconnection: close\r\ncontent-type: application/json\r\n");
    write!(stream, "{head}content-length: {}\r\n\r\n{body}", body.len()).ok()?;
    let mut answer = Vec::new();
    stream.read_to_end(&mut answer).ok()?;
    let answer = String::from_utf8_lossy(&answer).into_owned();
    let (head, body) = answer.split_once("\r\n\r\n")?;
    // A body in chunks has their lengths around it.
    let json = &body[body.find('{')?..=body.rfind('}')?];
    let status: u16 = head.split(' ').nth(1)?.parse().ok()?;
    let mut value = serde_json::from_str::<Value>(json).ok()?;
    value["http_status"] = json!(status);
    Some(value)
}

/// 400 and 400.0 are the same number of JSON.
fn as_floats(value: &mut Value) {
    match value {
        Value::Number(number) => *value = json!(number.as_f64()),
        Value::Array(values) => values.iter_mut().for_each(as_floats),
        Value::Object(values) => values.values_mut().for_each(as_floats),
        _ => {}
    }
}

fn http(address: &str, line: &str) -> Option<Value> {
    ask(address.trim(), line, "")
}

/// What Envoy makes of JSON against what the server makes of it.
fn transcoding(envoy: &Envoy, server: &Server) -> Value {
    let text = "Minister Aro of Norland urged Sudria to withdraw 400 soldiers from the island of Ilm.";
    let compare = json!({ "readouts": [{ "text": text }, { "text": text }] }).to_string();
    let scores = json!({ "left": ["Norland backs the truce."], "right": ["Sudria backs the truce."] }).to_string();
    let mut same = serde_json::Map::new();
    for (line, body) in [
        ("POST /v1/compare", compare.as_str()),
        ("POST /v1/positions", compare.as_str()),
        ("POST /v1/scores", scores.as_str()),
        ("GET /v1/engine", ""),
        ("POST /v1/compare", "{}"),
    ] {
        let [by_envoy, by_us] = [&envoy.address, &server.address].map(|address| {
            let mut answer = ask(address, line, body)?;
            as_floats(&mut answer);
            Some(answer)
        });
        let status =
            |answer: &Option<Value>| answer.as_ref().map_or(Value::Null, |answer| answer["http_status"].clone());
        let name = if body == "{}" { format!("{line} (refused)") } else { line.to_owned() };
        same.insert(name, json!({ "status": [status(&by_envoy), status(&by_us)], "same": by_envoy == by_us }));
    }
    Value::Object(same)
}

pub(super) async fn envoy(mut server: Server, options: &Options) {
    let other = Server::start(&options.serve);
    let envoy = Envoy::start(&options.envoy, &[&server, &other]);
    print("envoy transcoding", transcoding(&envoy, &other));

    let idle: Vec<_> = (0..50).map(|_| TcpStream::connect(&server.address).unwrap()).collect();
    let mut watches = Vec::new();
    for _ in 0..5 {
        let mut health = HealthClient::new(server.channel().await);
        watches.push(health.watch(HealthCheckRequest { service: String::new() }).await.unwrap().into_inner());
    }
    let mut clients = Vec::new();
    for _ in 0..CONNECTIONS {
        let channel = Channel::from_shared(format!("http://{}", envoy.address)).unwrap().connect().await.unwrap();
        clients.push(ComparisonServiceClient::new(channel).max_decoding_message_size(usize::MAX));
    }
    let (pid, seconds) = (server.child.id().to_string(), options.seconds);
    let ending = tokio::spawn(async move {
        tokio::time::sleep(Duration::from_secs_f64(seconds / 2.0)).await;
        assert!(Command::new("kill").args(["-s", "TERM", &pid]).status().unwrap().success());
        let ended = Instant::now();
        let status = tokio::task::spawn_blocking(move || server.child.wait().unwrap()).await.unwrap();
        (status.code(), ended.elapsed())
    });
    let request = request(options.words);
    let outcome = open_with(&clients, &request, options.rate, seconds, &AtomicBool::new(false)).await;
    let (code, took) = ending.await.unwrap();
    let n_failed: usize = outcome.latencies.iter().filter(|(name, _)| *name != "Ok").map(|(_, some)| some.len()).sum();
    let mut report = outcome.report();
    report["failed"] = json!(n_failed);
    report["exit_after_seconds"] = json!(round(took.as_secs_f64()));
    report["exit_code"] = json!(code);
    report["idle_connections"] = json!(idle.len());
    report["health_watches"] = json!(watches.len());
    print("envoy", report);
}
