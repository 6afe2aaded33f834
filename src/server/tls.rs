//! Certificates: read from PEM files, and read again while the server runs.
//!
//! A handshake takes the settings of its moment, so that new certificates hold for new connections and none is
//! dropped. Files that cannot be read leave the settings as they are.

use super::config::{self, Tls};
use rustls::ServerConfig;
use rustls::crypto::ring;
use rustls::pki_types::pem::PemObject as _;
use rustls::pki_types::{CertificateDer, PrivateKeyDer};
use rustls::server::WebPkiClientVerifier;
use std::path::Path;
use std::sync::Arc;

/// Why certificates cannot be used.
#[derive(Debug, thiserror::Error)]
pub enum TlsError {
    /// A file cannot be read as PEM.
    #[error("{path}: {problem}")]
    Pem {
        /// Its path.
        path: String,
        /// Why.
        problem: String,
    },
    /// They do not fit together.
    #[error("the certificates cannot be used: {0}")]
    Unfit(#[from] rustls::Error),
    /// The authorities cannot check clients.
    #[error("the client authorities cannot be used: {0}")]
    Verifier(#[from] rustls::server::VerifierBuilderError),
}

/// The settings that `config` names; `None` when it names no certificate.
///
/// # Errors
/// When a file cannot be read, or the key is not that of the certificate.
pub(super) fn settings(config: &Tls) -> Result<Option<Arc<ServerConfig>>, TlsError> {
    let (Some(certificate), Some(key)) = (config::file(&config.certificate), config::file(&config.key)) else {
        return Ok(None);
    };
    let provider = Arc::new(ring::default_provider());
    let builder = ServerConfig::builder_with_provider(Arc::clone(&provider)).with_safe_default_protocol_versions()?;
    let builder = match config::file(&config.client_authorities) {
        None => builder.with_no_client_auth(),
        Some(path) => {
            let mut roots = rustls::RootCertStore::empty();
            for authority in certificates(path)? {
                roots.add(authority)?;
            }
            let verifier = WebPkiClientVerifier::builder_with_provider(Arc::new(roots), provider);
            let verifier = if config.client_optional { verifier.allow_unauthenticated() } else { verifier };
            builder.with_client_cert_verifier(verifier.build()?)
        }
    };
    let key_der = PrivateKeyDer::from_pem_file(key).map_err(|error| unreadable(key, &error))?;
    let mut settings = builder.with_single_cert(certificates(certificate)?, key_der)?;
    settings.alpn_protocols = vec![b"h2".to_vec(), b"http/1.1".to_vec()];
    Ok(Some(Arc::new(settings)))
}

fn certificates(path: &Path) -> Result<Vec<CertificateDer<'static>>, TlsError> {
    let read = CertificateDer::pem_file_iter(path).and_then(Iterator::collect::<Result<Vec<_>, _>>);
    let found = read.map_err(|error| unreadable(path, &error))?;
    if found.is_empty() {
        return Err(TlsError::Pem { path: path.display().to_string(), problem: "holds no certificate".to_owned() });
    }
    Ok(found)
}

/// Says what is wrong without the content: it may be a key.
fn unreadable(path: &Path, error: &rustls::pki_types::pem::Error) -> TlsError {
    use rustls::pki_types::pem::Error;
    let problem = match error {
        Error::Io(error) => error.to_string(),
        Error::NoItemsFound => "holds no PEM item of the kind that is needed".to_owned(),
        _ => "is no PEM file".to_owned(),
    };
    TlsError::Pem { path: path.display().to_string(), problem }
}
