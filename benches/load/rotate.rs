//! Certificates and keys that change under load, and what becomes of the calls.
//!
//! Callers hold TLS connections and show a key with every call; others come anew all the time. Meanwhile the certificate
//! is signed anew and the key is replaced, again and again, as an operator does it: both keys, then callers take the
//! new one, then the new one alone.

use super::{Client, Options, Outcome, Server, print, request, round};
use serde_json::json;
use std::path::Path;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::time::{Duration, Instant};
use tokio::sync::mpsc;
use tonic::Request;
use tonic::transport::{Certificate, Channel, ClientTlsConfig};

/// How often the server reads its files again.
const RELOAD: Duration = Duration::from_millis(100);
/// Time for the server to have read what was written.
const SETTLED: Duration = Duration::from_millis(400);
/// Time between two new connections.
const ANEW: Duration = Duration::from_millis(50);

pub(super) async fn rotate(options: &Options) {
    let folder = std::env::temp_dir().join(format!("parallax-rotate-{}", std::process::id()));
    std::fs::create_dir_all(&folder).unwrap();
    let authority = Authority::new();
    authority.write(&folder);
    write_keys(&folder, &[0]);
    let path = |name: &str| folder.join(name).display().to_string();
    let serve = format!(
        "--set tls.certificate={} --set tls.key={} --set auth.api_keys_file={} --set tls.reload={}ms {}",
        path("certificate.pem"),
        path("key.pem"),
        path("keys"),
        RELOAD.as_millis(),
        options.serve
    );
    let server = Server::start_by(&options.serve_by, &serve);
    let mut clients = Vec::new();
    for _ in 0..super::CONNECTIONS {
        clients.push(connect(&server, &authority).await.expect("the certificate is good"));
    }
    let (n_key, is_over) = (Arc::new(AtomicUsize::new(0)), Arc::new(AtomicBool::new(false)));
    let (send, mut results) = mpsc::unbounded_channel();
    let started = Instant::now();
    let changing = async {
        let mut n_rotations = 0;
        while !is_over.load(Ordering::Relaxed) {
            authority.write(&folder);
            write_keys(&folder, &[n_rotations, n_rotations + 1]);
            tokio::time::sleep(SETTLED).await;
            n_key.store(n_rotations + 1, Ordering::Relaxed);
            // Calls that were sent with the old key come in.
            tokio::time::sleep(SETTLED).await;
            write_keys(&folder, &[n_rotations + 1]);
            tokio::time::sleep(SETTLED).await;
            n_rotations += 1;
        }
        n_rotations
    };
    let coming_anew = async {
        while !is_over.load(Ordering::Relaxed) {
            let began = Instant::now();
            let name = match connect(&server, &authority).await {
                Ok(mut client) => call(&mut client, options.words, n_key.load(Ordering::Relaxed)).await,
                Err(_) => "not connected".to_owned(),
            };
            let _ = send.send((format!("new connection {name}"), began.elapsed()));
            tokio::time::sleep(ANEW).await;
        }
    };
    let loading = async {
        for at in 0..(options.rate * options.seconds) as usize {
            let due = started + Duration::from_secs_f64(at as f64 / options.rate);
            tokio::time::sleep_until(due.into()).await;
            let (mut client, send) = (clients[at % clients.len()].clone(), send.clone());
            let (n_key, words) = (Arc::clone(&n_key), options.words);
            tokio::spawn(async move {
                let name = call(&mut client, words, n_key.load(Ordering::Relaxed)).await;
                let _ = send.send((name, due.elapsed()));
            });
        }
        is_over.store(true, Ordering::Relaxed);
    };
    let (n_rotations, (), ()) = tokio::join!(changing, coming_anew, loading);
    drop(send);
    let mut outcome = Outcome::default();
    while let Some((name, latency)) = results.recv().await {
        outcome.add(name, latency, false);
    }
    outcome.seconds = started.elapsed().as_secs_f64();
    let n_failed: usize =
        outcome.latencies.iter().filter(|(name, _)| !name.ends_with("Ok")).map(|(_, latencies)| latencies.len()).sum();
    let mut report = outcome.report();
    report["rotations"] = json!(n_rotations);
    report["failed"] = json!(n_failed);
    report["resident_mib"] = json!(round(server.resident_kib() as f64 / 1024.0));
    print("rotate", report);
    let _ = std::fs::remove_dir_all(&folder);
}

async fn call(client: &mut Client, words: usize, n_key: usize) -> String {
    let mut request = Request::new(request(words));
    request.metadata_mut().insert("x-api-key", key(n_key).parse().unwrap());
    client.compare(request).await.map_or_else(|status| format!("{:?}", status.code()), |_| "Ok".to_owned())
}

fn key(n: usize) -> String {
    format!("key-number-{n:08}-of-the-bench")
}

/// Puts the keys in place of those that counted, at once.
fn write_keys(folder: &Path, numbers: &[usize]) {
    let text: String = numbers.iter().map(|&n| format!("bench:{}\n", key(n))).collect();
    std::fs::write(folder.join("keys.new"), text).unwrap();
    std::fs::rename(folder.join("keys.new"), folder.join("keys")).unwrap();
}

async fn connect(server: &Server, authority: &Authority) -> Result<Client, tonic::transport::Error> {
    let tls = ClientTlsConfig::new().ca_certificate(Certificate::from_pem(&authority.pem)).domain_name("localhost");
    let endpoint = Channel::from_shared(format!("https://{}", server.address)).unwrap().tls_config(tls).unwrap();
    Ok(Client::new(endpoint.connect().await?).max_decoding_message_size(usize::MAX))
}

/// An authority that signs certificates.
struct Authority {
    issuer: rcgen::Issuer<'static, rcgen::KeyPair>,
    pem: String,
}

impl Authority {
    fn new() -> Self {
        let key = rcgen::KeyPair::generate().unwrap();
        let mut params = rcgen::CertificateParams::new(Vec::new()).unwrap();
        params.is_ca = rcgen::IsCa::Ca(rcgen::BasicConstraints::Unconstrained);
        let pem = params.self_signed(&key).unwrap().pem();
        Self { issuer: rcgen::Issuer::new(params, key), pem }
    }

    /// Puts a new certificate and its key in place, one file after the other: a server that reads between the two sees a
    /// pair that does not fit, and stays with the old one.
    fn write(&self, folder: &Path) {
        let key = rcgen::KeyPair::generate().unwrap();
        let params = rcgen::CertificateParams::new(vec!["localhost".to_owned()]).unwrap();
        std::fs::write(folder.join("key.pem"), key.serialize_pem()).unwrap();
        std::fs::write(folder.join("certificate.pem"), params.signed_by(&key, &self.issuer).unwrap().pem()).unwrap();
    }
}
