//! Certificates, keys and tokens, and that they rotate without a failed call.

use super::harness::{Client, Running, administered, config, refused, two_readouts};
use parallax::server::{Config, pb};
use std::path::{Path, PathBuf};
use std::time::Duration;
use tonic::transport::{Certificate, Channel, ClientTlsConfig, Identity};
use tonic::{Code, Request};

/// A folder of its own for a test.
fn folder(name: &str) -> PathBuf {
    let folder = std::env::temp_dir().join(format!("parallax-security-{name}-{}", std::process::id()));
    std::fs::create_dir_all(&folder).unwrap();
    folder
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

    /// A certificate and its key, PEM.
    fn sign(&self, name: &str) -> (String, String) {
        let key = rcgen::KeyPair::generate().unwrap();
        let params = rcgen::CertificateParams::new(vec![name.to_owned()]).unwrap();
        (params.signed_by(&key, &self.issuer).unwrap().pem(), key.serialize_pem())
    }

    /// Writes the certificate and the key of a server.
    fn write(&self, folder: &Path) {
        let (certificate, key) = self.sign("localhost");
        std::fs::write(folder.join("key.pem"), key).unwrap();
        std::fs::write(folder.join("certificate.pem"), certificate).unwrap();
    }
}

fn with_tls(folder: &Path) -> Config {
    let mut config = administered();
    config.tls.certificate = folder.join("certificate.pem");
    config.tls.key = folder.join("key.pem");
    config.tls.reload = Duration::from_millis(50);
    config
}

async fn connect(running: &Running, authority: &Authority, identity: Option<Identity>) -> Result<Client, String> {
    let tls = ClientTlsConfig::new().ca_certificate(Certificate::from_pem(&authority.pem)).domain_name("localhost");
    let tls = match identity {
        Some(identity) => tls.identity(identity),
        None => tls,
    };
    let endpoint = Channel::from_shared(format!("https://{}", running.address)).unwrap().tls_config(tls).unwrap();
    let channel = endpoint.connect().await.map_err(|error| format!("{error:?}"))?;
    Ok(Client::new(channel))
}

#[tokio::test]
async fn a_server_with_a_certificate_is_trusted_by_its_authority_alone() {
    let folder = folder("tls");
    let authority = Authority::new();
    authority.write(&folder);
    let running = Running::start(with_tls(&folder)).await;
    let mut client = connect(&running, &authority, None).await.unwrap();
    client.compare(two_readouts()).await.unwrap();
    connect(&running, &Authority::new(), None).await.expect_err("another authority");
    // Without TLS nothing is answered.
    let plain = Channel::from_shared(format!("http://{}", running.address)).unwrap().connect().await;
    let answer = match plain {
        Ok(channel) => Client::new(channel).compare(two_readouts()).await.map(|_| ()).map_err(|_| ()),
        Err(_) => Err(()),
    };
    assert!(answer.is_err());
}

#[tokio::test]
async fn a_client_without_the_certificate_that_is_asked_for_is_refused() {
    let folder = folder("mtls");
    let (authority, clients) = (Authority::new(), Authority::new());
    authority.write(&folder);
    std::fs::write(folder.join("clients.pem"), &clients.pem).unwrap();
    let mut config = with_tls(&folder);
    config.tls.client_authorities = folder.join("clients.pem");
    let running = Running::start(config).await;
    let identity = |by: &Authority| {
        let (certificate, key) = by.sign("backend");
        Some(Identity::from_pem(certificate, key))
    };
    let mut good = connect(&running, &authority, identity(&clients)).await.unwrap();
    good.compare(two_readouts()).await.unwrap();
    for identity in [None, identity(&Authority::new())] {
        // With TLS 1.3 a client learns of it at its first call.
        if let Ok(mut client) = connect(&running, &authority, identity).await {
            client.compare(two_readouts()).await.expect_err("it has no certificate that counts");
        }
    }
    assert!(running.metric("parallax_connections_refused_total{reason=\"handshake\"}").await >= 2.0);
}

#[tokio::test(flavor = "multi_thread")]
async fn certificates_rotate_and_no_call_fails() {
    let folder = folder("rotation");
    let (old, new) = (Authority::new(), Authority::new());
    old.write(&folder);
    let running = Running::start(with_tls(&folder)).await;
    let mut held = connect(&running, &old, None).await.unwrap();
    held.compare(two_readouts()).await.unwrap();
    // A file that is no certificate changes nothing.
    std::fs::write(folder.join("certificate.pem"), "half a file").unwrap();
    running.wait_for_metric("parallax_reloads_failed_total", 1.0, Duration::from_secs(5)).await;
    connect(&running, &old, None).await.unwrap().compare(two_readouts()).await.unwrap();
    new.write(&folder);
    let mut is_new = false;
    for _ in 0..200 {
        held.describe_engine(pb::DescribeEngineRequest {}).await.expect("the old connection lives on");
        if let Ok(mut client) = connect(&running, &new, None).await {
            client.compare(two_readouts()).await.unwrap();
            is_new = true;
            break;
        }
        tokio::time::sleep(Duration::from_millis(20)).await;
    }
    assert!(is_new, "the new certificate is shown");
    held.compare(two_readouts()).await.unwrap();
}

fn with_header(name: &'static str, value: &str) -> Request<pb::CompareRequest> {
    let mut request = Request::new(two_readouts());
    request.metadata_mut().insert(name, value.parse().unwrap());
    request
}

#[tokio::test]
async fn keys_let_callers_in_rotate_and_health_stays_open() {
    let folder = folder("keys");
    let path = folder.join("keys");
    std::fs::write(&path, "# ours\nbackend: first-key-of-the-backend\n").unwrap();
    let mut config = config();
    config.auth.api_keys_file.clone_from(&path);
    config.tls.reload = Duration::from_millis(50);
    let running = Running::start(config).await;
    let mut client = running.client().await;
    refused(client.compare(two_readouts()).await, Code::Unauthenticated, "UNAUTHENTICATED");
    refused(
        client.compare(with_header("authorization", "Bearer first-key-of-the-backenD")).await,
        Code::Unauthenticated,
        "UNAUTHENTICATED",
    );
    client.compare(with_header("authorization", "Bearer first-key-of-the-backend")).await.unwrap();
    client.compare(with_header("x-api-key", "first-key-of-the-backend")).await.unwrap();
    let mut health = tonic_health::pb::health_client::HealthClient::new(running.channel().await);
    health.check(tonic_health::pb::HealthCheckRequest { service: String::new() }).await.unwrap();
    // Both, then the new one alone.
    std::fs::write(&path, "first-key-of-the-backend\nsecond-key-of-the-backend\n").unwrap();
    for _ in 0..200 {
        client.compare(with_header("x-api-key", "first-key-of-the-backend")).await.expect("it still counts");
        if client.compare(with_header("x-api-key", "second-key-of-the-backend")).await.is_ok() {
            break;
        }
        tokio::time::sleep(Duration::from_millis(10)).await;
    }
    std::fs::write(&path, "second-key-of-the-backend\n").unwrap();
    for _ in 0..200 {
        client.compare(with_header("x-api-key", "second-key-of-the-backend")).await.expect("it counts");
        if client.compare(with_header("x-api-key", "first-key-of-the-backend")).await.is_err() {
            return;
        }
        tokio::time::sleep(Duration::from_millis(10)).await;
    }
    panic!("the old key still counts");
}

#[tokio::test]
async fn a_key_has_its_own_budget_of_calls() {
    let mut config = config();
    config.auth.api_keys = ["one-key-of-sixteen", "two-key-of-sixteen"].map(|key| key.to_owned().into()).to_vec();
    (config.admission.rate, config.admission.burst) = (1, 2);
    let running = Running::start(config).await;
    let mut client = running.client().await;
    for _ in 0..2 {
        client.compare(with_header("x-api-key", "one-key-of-sixteen")).await.unwrap();
    }
    let answer = client.compare(with_header("x-api-key", "one-key-of-sixteen")).await;
    let details = refused(answer, Code::ResourceExhausted, "RATE_LIMITED");
    let delay = details.retry_info().and_then(|info| info.retry_delay).unwrap();
    assert!(delay > Duration::ZERO && delay <= Duration::from_secs(1), "{delay:?}");
    client.compare(with_header("x-api-key", "two-key-of-sixteen")).await.unwrap();
}

/// A token of the claims, signed by an Ed25519 key, under an algorithm of the caller's choice.
fn token(key: &rcgen::KeyPair, algorithm: jsonwebtoken::Algorithm, claims: &serde_json::Value) -> String {
    let mut header = jsonwebtoken::Header::new(algorithm);
    header.kid = Some("k1".to_owned());
    let key = match algorithm {
        jsonwebtoken::Algorithm::HS256 => jsonwebtoken::EncodingKey::from_secret(key.public_key_raw_()),
        _ => jsonwebtoken::EncodingKey::from_ed_der(&key.serialize_der()),
    };
    jsonwebtoken::encode(&header, claims, &key).unwrap()
}

trait Raw {
    fn public_key_raw_(&self) -> &[u8];
}

impl Raw for rcgen::KeyPair {
    fn public_key_raw_(&self) -> &[u8] {
        use rcgen::PublicKeyData as _;
        self.der_bytes()
    }
}

fn base64_url(bytes: &[u8]) -> String {
    const ALPHABET: &[u8; 64] = b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_";
    let mut text = String::new();
    for chunk in bytes.chunks(3) {
        let bits = (0..3).fold(0_u32, |bits, at| (bits << 8) | u32::from(*chunk.get(at).unwrap_or(&0)));
        for place in 0..=chunk.len() {
            text.push(char::from(ALPHABET[(bits >> (18 - 6 * place)) as usize & 63]));
        }
    }
    text
}

#[tokio::test]
async fn tokens_of_the_key_set_let_callers_in_and_others_do_not() {
    let folder = folder("tokens");
    let key = rcgen::KeyPair::generate_for(&rcgen::PKCS_ED25519).unwrap();
    let set = serde_json::json!({"keys": [{
        "kty": "OKP", "crv": "Ed25519", "kid": "k1", "use": "sig", "x": base64_url(key.public_key_raw_()),
    }]});
    std::fs::write(folder.join("jwks.json"), set.to_string()).unwrap();
    let mut config = config();
    config.auth.jwks_file = folder.join("jwks.json");
    config.auth.jwt_issuer = "https://issuer.example".to_owned();
    config.auth.jwt_audience = "parallax".to_owned();
    let running = Running::start(config).await;
    let mut client = running.client().await;
    let now = std::time::SystemTime::now().duration_since(std::time::UNIX_EPOCH).unwrap().as_secs();
    let claims = serde_json::json!({
        "sub": "backend", "iss": "https://issuer.example", "aud": "parallax", "exp": now + 600,
    });
    let with = |name: &str, value: serde_json::Value| {
        let mut changed = claims.clone();
        changed[name] = value;
        changed
    };
    let ed = jsonwebtoken::Algorithm::EdDSA;
    let good = token(&key, ed, &claims);
    client.compare(with_header("authorization", &format!("Bearer {good}"))).await.unwrap();
    let other = rcgen::KeyPair::generate_for(&rcgen::PKCS_ED25519).unwrap();
    let mut without_end = claims.clone();
    without_end.as_object_mut().unwrap().remove("exp");
    let unsigned = {
        let (head, rest) = good.split_once('.').unwrap();
        assert!(!head.is_empty());
        format!("{}.{}.", base64_url(br#"{"alg":"none","typ":"JWT"}"#), rest.split_once('.').unwrap().0)
    };
    for (what, bad) in [
        ("of another key", token(&other, ed, &claims)),
        ("expired", token(&key, ed, &with("exp", (now - 600).into()))),
        ("without an end", token(&key, ed, &without_end)),
        ("of another issuer", token(&key, ed, &with("iss", "https://other.example".into()))),
        ("for another audience", token(&key, ed, &with("aud", "other".into()))),
        ("signed with the public key as a secret", token(&key, jsonwebtoken::Algorithm::HS256, &claims)),
        ("unsigned", unsigned),
        ("cut", good[..good.len() - 4].to_owned()),
    ] {
        let answer = client.compare(with_header("authorization", &format!("Bearer {bad}"))).await;
        let status = answer.as_ref().expect_err(what).clone();
        assert_eq!(status.message(), "the call needs a key or a token that is valid", "{what}");
        refused(answer, Code::Unauthenticated, "UNAUTHENTICATED");
    }
}
