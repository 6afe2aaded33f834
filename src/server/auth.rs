//! Who calls: a key or a token, compared and checked against those that are configured, and how often it may call.
//!
//! In: the headers of a call. Out: a [`Caller`], or `UNAUTHENTICATED` without a word on why. Keys are compared by
//! their SHA-256 in constant time, every one of them whichever fits. Tokens are JSON Web Tokens of the algorithms that
//! are configured, signed by a key of the set; they must expire. The keys and the set are read again when their files
//! change, so that both rotate without a restart.

use super::config::{self, Auth, JwtAlgorithm, MIN_KEY_BYTES};
use super::status::Error;
use governor::clock::{Clock as _, MonotonicClock};
use governor::state::keyed::HashMapStateStore;
use governor::{Quota, RateLimiter};
use http::{HeaderMap, header};
use jsonwebtoken::jwk::{Jwk, JwkSet};
use jsonwebtoken::{Algorithm, DecodingKey, Validation};
use sha2::{Digest as _, Sha256};
use std::collections::HashSet;
use std::num::NonZeroU32;
use std::path::Path;
use std::sync::{Arc, PoisonError, RwLock};
use std::time::Duration;
use subtle::{Choice, ConditionallySelectable as _, ConstantTimeEq as _};

/// The header of a key, besides `authorization: Bearer`.
const KEY_HEADER: &str = "x-api-key";
/// Seconds by which the clocks of the issuer and of this machine may differ.
const LEEWAY: u64 = 30;

/// Who calls.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub(super) enum Caller {
    /// Nobody is asked for a key.
    Anonymous,
    /// The owner of a key, by the name it has in the file or by its place.
    Key(Arc<str>),
    /// The digest of the subject and issuer of a token: who that is stays out of the log.
    Subject([u8; 32]),
}

impl Caller {
    /// For the log.
    pub(super) fn name(&self) -> &str {
        match self {
            Self::Anonymous => "anonymous",
            Self::Key(name) => name,
            Self::Subject(_) => "token",
        }
    }
}

/// Why the keys cannot be read. Shows no key.
#[derive(Debug, thiserror::Error)]
pub enum AuthError {
    /// A file cannot be read.
    #[error("cannot read {path}: {source}")]
    Read {
        /// Its path.
        path: String,
        /// Why.
        source: std::io::Error,
    },
    /// A line of the file of keys is too short to be one.
    #[error("{path} line {line}: a key has at least {MIN_KEY_BYTES} bytes")]
    Key {
        /// Path of the file.
        path: String,
        /// From 1.
        line: usize,
    },
    /// The file is no key set, or none of its keys can be used.
    #[error("{path}: {problem}")]
    KeySet {
        /// Path of the file.
        path: String,
        /// What is wrong.
        problem: String,
    },
}

/// Lets callers in.
#[derive(Debug)]
pub(super) struct Gate {
    config: Auth,
    credentials: RwLock<Arc<Credentials>>,
    rate: Option<RateLimiter<Caller, HashMapStateStore<Caller>, MonotonicClock>>,
}

/// What a caller can show.
#[derive(Default)]
struct Credentials {
    keys: Vec<([u8; 32], Arc<str>)>,
    tokens: Vec<(Jwk, DecodingKey)>,
}

impl std::fmt::Debug for Credentials {
    fn fmt(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(formatter, "{} keys, {} token keys", self.keys.len(), self.tokens.len())
    }
}

#[derive(serde::Deserialize)]
struct Claims {
    #[serde(default)]
    sub: String,
    #[serde(default)]
    iss: String,
}

impl Gate {
    /// Reads the keys that `config` names; `rate` calls a second for each caller, 0 for as many as it likes.
    ///
    /// # Errors
    /// When they cannot be read.
    pub(super) fn new(config: &Auth, rate: u32, burst: u32) -> Result<Self, AuthError> {
        let quota = NonZeroU32::new(rate).map(|rate| {
            let quota = Quota::per_second(rate);
            NonZeroU32::new(burst).map_or(quota, |burst| quota.allow_burst(burst))
        });
        Ok(Self {
            credentials: RwLock::new(Arc::new(Credentials::read(config)?)),
            rate: quota.map(|quota| RateLimiter::new(quota, HashMapStateStore::default(), MonotonicClock)),
            config: config.clone(),
        })
    }

    /// Reads the keys again; those there were stay when they cannot be read.
    ///
    /// # Errors
    /// When they cannot be read.
    pub(super) fn reload(&self) -> Result<(), AuthError> {
        let credentials = Arc::new(Credentials::read(&self.config)?);
        *self.credentials.write().unwrap_or_else(PoisonError::into_inner) = credentials;
        if let Some(rate) = &self.rate {
            // Callers who have not called for as long as a full bucket takes are forgotten.
            rate.retain_recent();
        }
        Ok(())
    }

    /// Who calls `service`.
    ///
    /// # Errors
    /// When it needs a good key and has none.
    pub(super) fn caller(&self, service: Service, headers: &HeaderMap) -> Result<Caller, Error> {
        let is_open = match service {
            Service::Ours => false,
            Service::Health => self.config.open_health,
            Service::Reflection => self.config.open_reflection,
        };
        if is_open || !self.config.is_on() {
            return Ok(Caller::Anonymous);
        }
        let bearer = headers.get(header::AUTHORIZATION).and_then(|value| value.to_str().ok()).and_then(bearer);
        let key = headers.get(KEY_HEADER).and_then(|value| value.to_str().ok());
        let shown = bearer.or(key).ok_or(Error::Unauthenticated)?;
        let credentials = Arc::clone(&self.credentials.read().unwrap_or_else(PoisonError::into_inner));
        credentials
            .owner_of(shown)
            .or_else(|| credentials.subject_of(shown, &self.config))
            .ok_or(Error::Unauthenticated)
    }

    /// Counts a call of `caller`.
    ///
    /// # Errors
    /// When it may not make another one yet.
    pub(super) fn count(&self, caller: &Caller) -> Result<(), Error> {
        let Some(rate) = self.rate.as_ref().filter(|_| *caller != Caller::Anonymous) else { return Ok(()) };
        rate.check_key(caller).map_err(|refused| {
            let retry_after = refused.wait_time_from(MonotonicClock.now());
            Error::RateLimited { retry_after: retry_after.max(Duration::from_millis(1)) }
        })
    }
}

/// What a call is for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Service {
    /// Comparisons.
    Ours,
    /// `grpc.health.v1`.
    Health,
    /// `grpc.reflection`, either version.
    Reflection,
}

/// The key or token after "Bearer ", in any case.
fn bearer(value: &str) -> Option<&str> {
    let (scheme, rest) = value.split_once(' ')?;
    scheme.eq_ignore_ascii_case("bearer").then(|| rest.trim())
}

fn digest(key: &str) -> [u8; 32] {
    Sha256::digest(key.as_bytes()).into()
}

impl Credentials {
    fn read(config: &Auth) -> Result<Self, AuthError> {
        let mut keys: Vec<([u8; 32], Arc<str>)> = Vec::new();
        for (at, key) in config.api_keys.iter().enumerate() {
            keys.push((digest(key.expose()), format!("key {}", at + 1).into()));
        }
        if let Some(path) = config::file(&config.api_keys_file) {
            for (at, line) in read(path)?.lines().map(str::trim).enumerate() {
                if line.is_empty() || line.starts_with('#') {
                    continue;
                }
                let (name, key) = line.split_once(':').map_or((None, line), |(name, key)| (Some(name), key));
                if key.trim().len() < MIN_KEY_BYTES {
                    return Err(AuthError::Key { path: path.display().to_string(), line: at + 1 });
                }
                let name = name.map_or_else(|| format!("key of line {}", at + 1), |name| name.trim().to_owned());
                keys.push((digest(key.trim()), name.into()));
            }
        }
        let tokens = config::file(&config.jwks_file).map_or(Ok(Vec::new()), key_set)?;
        Ok(Self { keys, tokens })
    }

    /// The owner of a key. Takes the same time for every key that is shown.
    fn owner_of(&self, shown: &str) -> Option<Caller> {
        let shown = digest(shown);
        let mut found = u32::MAX;
        for (at, (key, _)) in (0..).zip(&self.keys) {
            let is_same: Choice = key.ct_eq(&shown);
            found.conditional_assign(&at, is_same);
        }
        self.keys.get(usize::try_from(found).ok()?).map(|(_, name)| Caller::Key(Arc::clone(name)))
    }

    fn subject_of(&self, token: &str, config: &Auth) -> Option<Caller> {
        let header = jsonwebtoken::decode_header(token).ok()?;
        let is_allowed = config.jwt_algorithms.iter().any(|allowed| algorithm(*allowed) == header.alg);
        if !is_allowed {
            return None;
        }
        let mut validation = Validation::new(header.alg);
        validation.leeway = LEEWAY;
        validation.validate_nbf = true;
        validation.required_spec_claims = HashSet::from(["exp".to_owned()]);
        if config.jwt_audience.is_empty() {
            validation.validate_aud = false;
        } else {
            validation.set_audience(&[&config.jwt_audience]);
            validation.required_spec_claims.insert("aud".to_owned());
        }
        if !config.jwt_issuer.is_empty() {
            validation.set_issuer(&[&config.jwt_issuer]);
            validation.required_spec_claims.insert("iss".to_owned());
        }
        let is_named = |jwk: &Jwk| header.kid.is_none() || jwk.common.key_id == header.kid;
        let claims = self.tokens.iter().filter(|(jwk, _)| is_named(jwk)).find_map(|(_, key)| {
            jsonwebtoken::decode::<Claims>(token, key, &validation).ok().map(|token| token.claims)
        })?;
        Some(Caller::Subject(digest(&format!("{}\0{}", claims.iss, claims.sub))))
    }
}

fn read(path: &Path) -> Result<String, AuthError> {
    std::fs::read_to_string(path).map_err(|source| AuthError::Read { path: path.display().to_string(), source })
}

/// The keys of a set that can check a signature. Symmetric ones cannot: who can check could sign.
fn key_set(path: &Path) -> Result<Vec<(Jwk, DecodingKey)>, AuthError> {
    let wrong = |problem: String| AuthError::KeySet { path: path.display().to_string(), problem };
    // The error of the parser may quote the file.
    let set: JwkSet = serde_json::from_str(&read(path)?).map_err(|_| wrong("is no JSON Web Key Set".to_owned()))?;
    let is_public = |jwk: &Jwk| !matches!(jwk.algorithm, jsonwebtoken::jwk::AlgorithmParameters::OctetKey(_));
    let keys: Vec<(Jwk, DecodingKey)> = set
        .keys
        .into_iter()
        .filter(is_public)
        .filter_map(|jwk| DecodingKey::from_jwk(&jwk).ok().map(|key| (jwk, key)))
        .collect();
    if keys.is_empty() { Err(wrong("has no key that can check a signature".to_owned())) } else { Ok(keys) }
}

fn algorithm(algorithm: JwtAlgorithm) -> Algorithm {
    match algorithm {
        JwtAlgorithm::RS256 => Algorithm::RS256,
        JwtAlgorithm::RS384 => Algorithm::RS384,
        JwtAlgorithm::RS512 => Algorithm::RS512,
        JwtAlgorithm::PS256 => Algorithm::PS256,
        JwtAlgorithm::PS384 => Algorithm::PS384,
        JwtAlgorithm::PS512 => Algorithm::PS512,
        JwtAlgorithm::ES256 => Algorithm::ES256,
        JwtAlgorithm::ES384 => Algorithm::ES384,
        JwtAlgorithm::EdDSA => Algorithm::EdDSA,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::server::config::{Config, Secret};

    const KEY: &str = "0123456789abcdef";

    fn gate(change: impl FnOnce(&mut Auth), rate: u32) -> Gate {
        let mut auth = Config::default().auth;
        auth.api_keys = vec![Secret::from(KEY.to_owned()), Secret::from("another-key-of-ours".to_owned())];
        change(&mut auth);
        Gate::new(&auth, rate, 0).expect("the keys are good")
    }

    fn headers(name: &'static str, value: &str) -> HeaderMap {
        let mut headers = HeaderMap::new();
        headers.insert(name, value.parse().expect("a header"));
        headers
    }

    #[test]
    fn a_good_key_is_let_in_and_others_are_not() {
        let gate = gate(|_| {}, 0);
        let of = |name, value: &str| gate.caller(Service::Ours, &headers(name, value));
        assert_eq!(of("authorization", &format!("Bearer {KEY}")), Ok(Caller::Key("key 1".into())));
        assert_eq!(of("authorization", "bearer another-key-of-ours"), Ok(Caller::Key("key 2".into())));
        assert_eq!(of("x-api-key", KEY), Ok(Caller::Key("key 1".into())));
        for (name, value) in [
            ("authorization", KEY),
            ("authorization", "Bearer 0123456789abcdeF"),
            ("authorization", "Bearer "),
            ("authorization", "Basic 0123456789abcdef"),
            ("x-api-key", "0123456789abcde"),
            ("x-other", KEY),
        ] {
            assert_eq!(of(name, value), Err(Error::Unauthenticated), "{name}: {value}");
        }
    }

    #[test]
    fn health_and_reflection_are_open_unless_they_are_closed() {
        let none = HeaderMap::new();
        let open = gate(|_| {}, 0);
        let closed = gate(|auth| (auth.open_health, auth.open_reflection) = (false, false), 0);
        for service in [Service::Health, Service::Reflection] {
            assert_eq!(open.caller(service, &none), Ok(Caller::Anonymous));
            assert_eq!(closed.caller(service, &none), Err(Error::Unauthenticated));
        }
    }

    #[test]
    fn a_caller_has_its_own_bucket() {
        let gate = gate(|_| {}, 2);
        let (one, two) = (Caller::Key("one".into()), Caller::Key("two".into()));
        assert_eq!((gate.count(&one), gate.count(&one)), (Ok(()), Ok(())));
        let Err(Error::RateLimited { retry_after }) = gate.count(&one) else { panic!("the third is too many") };
        assert!(retry_after > Duration::ZERO && retry_after <= Duration::from_millis(500), "{retry_after:?}");
        assert_eq!(gate.count(&two), Ok(()));
        assert_eq!(gate.count(&Caller::Anonymous), Ok(()));
    }

    #[test]
    fn nothing_that_is_shown_has_a_key_in_it() {
        let gate = gate(|_| {}, 0);
        assert!(!format!("{gate:?}").contains(KEY), "{gate:?}");
    }
}
