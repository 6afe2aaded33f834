//! How to serve: every setting with its default, and where it is taken from.
//!
//! In: a file, an environment, arguments. Out: one checked [`Config`]. The defaults are `parallax.default.toml`, which
//! says what each setting means; the fields here have the same names.
//!
//! ```
//! use parallax::server::config::{Config, Sources};
//!
//! let environment = [("PARALLAX_DEADLINE_MAX".to_owned(), "20s".to_owned())];
//! let config = Config::load(&Sources { environment: &environment, ..Sources::default() }).unwrap();
//! assert_eq!(config.deadline.max.as_secs(), 20);
//!
//! let flags = [("--set", "deadline.maxx", "20s".to_owned())];
//! let error = Config::load(&Sources { flags: &flags, ..Sources::default() }).unwrap_err();
//! assert_eq!(error.to_string(), "--set: there is no setting deadline.maxx; the nearest is deadline.max");
//! ```

mod duration;
mod load;
mod secret;

pub use load::{ConfigError, Sources};
pub use secret::Secret;

use super::limits::{Limits, POSITIONS};
use serde::{Deserialize, Serialize};
use std::path::{Path, PathBuf};
use std::time::Duration;

/// The defaults, commented.
pub const DEFAULTS: &str = include_str!("parallax.default.toml");

/// Everything that can be set.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[allow(missing_docs, reason = "parallax.default.toml says what each means")]
pub struct Config {
    pub listen: Listen,
    pub admin: Listen,
    pub admission: Admission,
    pub deadline: Deadline,
    pub limits: Limits,
    pub cache: Cache,
    pub connections: Connections,
    pub drain: Drain,
    pub tls: Tls,
    pub auth: Auth,
    pub web: Web,
    pub compression: Compression,
    pub log: Log,
    pub trace: Trace,
}

/// A socket to listen on.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[allow(missing_docs, reason = "parallax.default.toml says what each means")]
pub struct Listen {
    pub address: String,
}

/// Who may use the processors, and when.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[allow(missing_docs, reason = "parallax.default.toml says what each means")]
pub struct Admission {
    pub permits: u32,
    pub threads: u32,
    pub queue: i32,
    pub nice: u8,
    pub rate: u32,
    pub burst: u32,
}

/// How long a call may take.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[allow(missing_docs, reason = "parallax.default.toml says what each means")]
pub struct Deadline {
    #[serde(with = "duration")]
    pub default: Duration,
    #[serde(with = "duration")]
    pub max: Duration,
    #[serde(with = "duration")]
    pub stream_default: Duration,
    #[serde(with = "duration")]
    pub stream_max: Duration,
}

/// What is remembered from call to call.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[allow(missing_docs, reason = "parallax.default.toml says what each means")]
pub struct Cache {
    pub judgement_bytes: usize,
}

/// What connections may do.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[allow(missing_docs, reason = "parallax.default.toml says what each means")]
pub struct Connections {
    pub max: u32,
    pub calls: u32,
    #[serde(with = "duration")]
    pub first_byte: Duration,
    #[serde(with = "duration")]
    pub handshake: Duration,
    #[serde(with = "duration")]
    pub keepalive: Duration,
    pub header_bytes: u32,
}

/// How to end.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[allow(missing_docs, reason = "parallax.default.toml says what each means")]
pub struct Drain {
    #[serde(with = "duration")]
    pub wait: Duration,
    #[serde(with = "duration")]
    pub grace: Duration,
}

/// Certificates.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[allow(missing_docs, reason = "parallax.default.toml says what each means")]
pub struct Tls {
    pub certificate: PathBuf,
    pub key: PathBuf,
    pub client_authorities: PathBuf,
    pub client_optional: bool,
    #[serde(with = "duration")]
    pub reload: Duration,
}

/// Who may call.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[allow(missing_docs, reason = "parallax.default.toml says what each means")]
pub struct Auth {
    pub api_keys: Vec<Secret>,
    pub api_keys_file: PathBuf,
    pub jwks_file: PathBuf,
    pub jwt_algorithms: Vec<JwtAlgorithm>,
    pub jwt_issuer: String,
    pub jwt_audience: String,
    pub open_health: bool,
    pub open_reflection: bool,
}

/// Signatures of tokens that can be accepted: those with a public key.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[allow(missing_docs, reason = "names of RFC 7518 and RFC 8037")]
pub enum JwtAlgorithm {
    RS256,
    RS384,
    RS512,
    PS256,
    PS384,
    PS512,
    ES256,
    ES384,
    EdDSA,
}

/// What is served to browsers.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[allow(missing_docs, reason = "parallax.default.toml says what each means")]
pub struct Web {
    pub grpc_web: bool,
    pub json: bool,
    pub page: bool,
    pub origins: Vec<String>,
}

/// How messages are compressed.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[allow(missing_docs, reason = "parallax.default.toml says what each means")]
pub struct Compression {
    pub gzip: bool,
    pub zstd: bool,
    pub min_bytes: usize,
}

/// How to log.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[allow(missing_docs, reason = "parallax.default.toml says what each means")]
pub struct Log {
    pub format: LogFormat,
    pub filter: String,
}

/// Where spans go.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[allow(missing_docs, reason = "parallax.default.toml says what each means")]
pub struct Trace {
    pub endpoint: String,
    #[serde(with = "duration")]
    pub timeout: Duration,
}

/// Form of the log.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum LogFormat {
    /// For people.
    Text,
    /// For programs.
    Json,
}

impl Default for Config {
    fn default() -> Self {
        toml::from_str(DEFAULTS).expect("a test reads the defaults")
    }
}

impl Admission {
    /// Comparisons that are computed or at hand for the next free thread.
    #[must_use]
    pub fn n_permits(&self) -> usize {
        match self.permits {
            0 => 4 * n_processors(),
            n => n as usize,
        }
    }

    /// Comparisons computed at a time; never more than there are permits.
    #[must_use]
    pub fn n_threads(&self) -> usize {
        match self.threads {
            0 => n_processors(),
            n => n as usize,
        }
    }

    /// Requests that wait.
    #[must_use]
    pub fn n_waiting(&self) -> usize {
        usize::try_from(self.queue).unwrap_or_else(|_| self.n_permits())
    }
}

fn n_processors() -> usize {
    std::thread::available_parallelism().map_or(1, usize::from)
}

impl Auth {
    /// True when a caller must say who it is.
    #[must_use]
    pub fn is_on(&self) -> bool {
        !self.api_keys.is_empty() || file(&self.api_keys_file).is_some() || file(&self.jwks_file).is_some()
    }
}

/// The path of a setting; `None` when it is empty.
#[must_use]
pub(super) fn file(path: &Path) -> Option<&Path> {
    Some(path).filter(|path| !path.as_os_str().is_empty())
}

/// Fewest bytes of a key of a caller: what cannot be guessed.
pub const MIN_KEY_BYTES: usize = 16;

impl Config {
    /// The settings that break a rule, each with what the rule asks for.
    fn violations(&self) -> Vec<(&'static str, String)> {
        let mut found = Vec::new();
        let mut rule = |holds: bool, key, problem: &str| {
            if !holds {
                found.push((key, problem.to_owned()));
            }
        };
        let is_address = |text: &str| {
            text.rsplit_once(':').is_some_and(|(host, port)| !host.is_empty() && port.parse::<u16>().is_ok())
        };
        rule(is_address(&self.listen.address), "listen.address", "must be HOST:PORT");
        rule(self.admin.address.is_empty() || is_address(&self.admin.address), "admin.address", "must be HOST:PORT");
        rule(self.admission.permits <= 1_024, "admission.permits", "must be 0 to 1024");
        rule(self.admission.threads <= 1_024, "admission.threads", "must be 0 to 1024");
        rule((-1..=65_536).contains(&self.admission.queue), "admission.queue", "must be -1 to 65536");
        rule(self.admission.nice <= 19, "admission.nice", "must be 0 to 19");
        let Deadline { default, max, stream_default, stream_max } = self.deadline;
        rule(!default.is_zero() && default <= max, "deadline.default", "must be over 0 and at most deadline.max");
        rule(
            !stream_default.is_zero() && stream_default <= stream_max,
            "deadline.stream_default",
            "must be over 0 and at most deadline.stream_max",
        );
        let limits = &self.limits;
        for (value, most, key) in [
            (limits.message_bytes, 256 << 20, "limits.message_bytes"),
            (limits.readouts, 64, "limits.readouts"),
            (limits.sides, 64, "limits.sides"),
            (limits.readout_bytes, 256 << 20, "limits.readout_bytes"),
            (limits.statements, 100_000, "limits.statements"),
            (limits.statement_bytes, 1 << 20, "limits.statement_bytes"),
            (limits.positions, POSITIONS, "limits.positions"),
            (limits.score_statements, 10_000, "limits.score_statements"),
            (limits.score_pairs, 10_000_000, "limits.score_pairs"),
            (limits.pairs_length, 1 << 31, "limits.pairs_length"),
            (limits.answer_bytes, 1 << 30, "limits.answer_bytes"),
            (limits.calls, 1 << 20, "limits.calls"),
            (limits.held_bytes, 1 << 40, "limits.held_bytes"),
            (self.connections.max as usize, 1 << 20, "connections.max"),
            (self.connections.calls as usize, 1 << 16, "connections.calls"),
        ] {
            rule((1..=most).contains(&value), key, &format!("must be 1 to {most}"));
        }
        rule(self.cache.judgement_bytes <= 1 << 40, "cache.judgement_bytes", "must be 0 to 1099511627776");
        rule(
            (1_024..=1 << 20).contains(&self.connections.header_bytes),
            "connections.header_bytes",
            "must be 1024 to 1048576",
        );
        for (duration, key) in [
            (self.connections.first_byte, "connections.first_byte"),
            (self.connections.handshake, "connections.handshake"),
            (self.connections.keepalive, "connections.keepalive"),
            (self.tls.reload, "tls.reload"),
            (self.trace.timeout, "trace.timeout"),
        ] {
            rule(!duration.is_zero(), key, "must be over 0");
        }
        rule(
            self.trace.endpoint.is_empty() || self.trace.endpoint.starts_with("http://"),
            "trace.endpoint",
            "must begin with http://",
        );
        let (certificate, key) = (file(&self.tls.certificate), file(&self.tls.key));
        rule(certificate.is_some() || key.is_none(), "tls.key", "needs tls.certificate");
        rule(key.is_some() || certificate.is_none(), "tls.certificate", "needs tls.key");
        rule(
            certificate.is_some() || file(&self.tls.client_authorities).is_none(),
            "tls.client_authorities",
            "needs tls.certificate and tls.key",
        );
        rule(
            self.auth.api_keys.iter().all(|key| key.expose().len() >= MIN_KEY_BYTES),
            "auth.api_keys",
            "every key must have at least 16 bytes",
        );
        rule(
            !self.auth.jwt_algorithms.is_empty() || file(&self.auth.jwks_file).is_none(),
            "auth.jwt_algorithms",
            "must name one for auth.jwks_file",
        );
        found
    }

    /// The effective settings as TOML, secrets masked.
    #[must_use]
    pub fn show(&self) -> String {
        toml::to_string(self).expect("tables of plain values have a TOML form")
    }
}
