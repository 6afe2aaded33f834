//! One configuration from its sources, each key checked against those that there are.

use super::{Config, DEFAULTS};
use std::collections::BTreeMap;
use std::path::Path;
use toml::{Table, Value};

/// What every variable of ours begins with.
const PREFIX: &str = "PARALLAX_";
/// Variables that begin so and are no settings: the file's name, and those that Kubernetes sets in every container
/// beside a service named "parallax" (PARALLAX_SERVICE_HOST, PARALLAX_PORT_50051_TCP).
const NO_SETTINGS: [&str; 3] = ["PARALLAX_CONFIG", "PARALLAX_SERVICE_", "PARALLAX_PORT"];
/// Short names of settings, as variables.
const ALIASES: [(&str, &str); 1] = [("PARALLAX_LOG", "log.filter")];

/// Where settings are taken from, besides the defaults; the later one wins.
#[derive(Debug, Clone, Copy, Default)]
pub struct Sources<'a> {
    /// A configuration file.
    pub file: Option<&'a Path>,
    /// The environment. Variables that do not begin with `PARALLAX_` are not looked at.
    pub environment: &'a [(String, String)],
    /// Arguments: what was typed, the key, the value.
    pub flags: &'a [(&'a str, &'a str, String)],
}

/// Why there is no configuration. Never shows a value that may be secret.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{origin}: {problem}")]
pub struct ConfigError {
    /// The file, variable or argument at fault.
    pub origin: String,
    /// What is wrong.
    pub problem: String,
}

/// The settings so far, and where each was last set.
struct Merged {
    defaults: Table,
    settings: Table,
    origins: BTreeMap<String, String>,
}

impl Config {
    /// The checked settings from all sources.
    ///
    /// # Errors
    /// When a source cannot be read, names a setting that there is not, or sets one to what it cannot be.
    pub fn load(sources: &Sources<'_>) -> Result<Self, ConfigError> {
        let defaults: Table = toml::from_str(DEFAULTS).expect("a test reads the defaults");
        let mut merged = Merged { settings: defaults.clone(), defaults, origins: BTreeMap::new() };
        if let Some(path) = sources.file {
            merged.add_file(path)?;
        }
        for (name, value) in sources.environment {
            let is_setting = name.starts_with(PREFIX) && !NO_SETTINGS.iter().any(|other| name.starts_with(other));
            if is_setting {
                let key = merged.key_of_variable(name)?;
                merged.add_text(&format!("environment variable {name}"), &key, value)?;
            }
        }
        for (flag, key, value) in sources.flags {
            merged.add_text(flag, key, value)?;
        }
        merged.into_config()
    }
}

impl Merged {
    fn add_file(&mut self, path: &Path) -> Result<(), ConfigError> {
        let origin = path.display().to_string();
        let wrong = |problem: String| ConfigError { origin: origin.clone(), problem };
        let text = std::fs::read_to_string(path).map_err(|error| wrong(error.to_string()))?;
        let table: Table = toml::from_str(&text).map_err(|error| {
            // Not the whole error, which quotes the line: it may hold a key.
            let line = error.span().map_or(1, |span| 1 + text[..span.start.min(text.len())].matches('\n').count());
            wrong(format!("line {line}: {}", error.message()))
        })?;
        for (section, settings) in table {
            let Value::Table(settings) = settings else {
                return Err(wrong(self.unknown(&section)));
            };
            for (name, value) in settings {
                self.add(&origin, &format!("{section}.{name}"), value)?;
            }
            if !self.defaults.contains_key(&section) {
                return Err(wrong(self.unknown(&section)));
            }
        }
        Ok(())
    }

    /// Sets `key`, which must be one of the defaults', to a value of its type.
    fn add(&mut self, origin: &str, key: &str, value: Value) -> Result<(), ConfigError> {
        let wrong = |problem: String| ConfigError { origin: origin.to_owned(), problem };
        let Some(default) = get(&self.defaults, key) else { return Err(wrong(self.unknown(key))) };
        let value = match (default, value) {
            (Value::Float(_), Value::Integer(n)) => Value::Float(n as f64),
            (_, value) => value,
        };
        if default.type_str() != value.type_str() {
            let (expected, found) = (default.type_str(), value.type_str());
            return Err(wrong(format!("{key}: expected {expected}, found {found}")));
        }
        let (section, name) = key.split_once('.').expect("a known key has a section");
        if let Some(Value::Table(settings)) = self.settings.get_mut(section) {
            settings.insert(name.to_owned(), value);
        }
        self.origins.insert(key.to_owned(), origin.to_owned());
        Ok(())
    }

    /// Sets `key` to what `text` says in the type of its default.
    fn add_text(&mut self, origin: &str, key: &str, text: &str) -> Result<(), ConfigError> {
        let wrong = |problem: String| ConfigError { origin: origin.to_owned(), problem };
        let value = match get(&self.defaults, key) {
            None => return Err(wrong(self.unknown(key))),
            Some(Value::Integer(_)) => text.replace('_', "").parse().map(Value::Integer).ok(),
            Some(Value::Float(_)) => text.parse().map(Value::Float).ok(),
            Some(Value::Boolean(_)) => text.parse().map(Value::Boolean).ok(),
            Some(Value::Array(_)) => {
                let items = text.split(',').map(str::trim).filter(|item| !item.is_empty());
                Some(Value::Array(items.map(|item| Value::String(item.to_owned())).collect()))
            }
            Some(_) => Some(Value::String(text.to_owned())),
        };
        let expected = get(&self.defaults, key).map_or("", Value::type_str);
        self.add(origin, key, value.ok_or_else(|| wrong(format!("{key}: expected {expected}")))?)
    }

    fn key_of_variable(&self, name: &str) -> Result<String, ConfigError> {
        let alias = ALIASES.iter().find(|(alias, _)| *alias == name).map(|(_, key)| (*key).to_owned());
        let known = || self.keys().into_iter().find(|key| variable(key) == name);
        alias.or_else(known).ok_or_else(|| {
            let variables: Vec<String> = self.keys().iter().map(|key| variable(key)).collect();
            let problem = format!("there is no such setting; the nearest is {}", nearest(name, &variables));
            ConfigError { origin: format!("environment variable {name}"), problem }
        })
    }

    fn keys(&self) -> Vec<String> {
        let sections = self.defaults.iter().filter_map(|(section, value)| Some((section, value.as_table()?)));
        sections.flat_map(|(section, table)| table.keys().map(move |name| format!("{section}.{name}"))).collect()
    }

    fn unknown(&self, key: &str) -> String {
        let names = if key.contains('.') { self.keys() } else { self.defaults.keys().cloned().collect() };
        let noun = if key.contains('.') { "setting" } else { "section" };
        format!("there is no {noun} {key}; the nearest is {}", nearest(key, &names))
    }

    fn into_config(self) -> Result<Config, ConfigError> {
        let origin = |key: &str| self.origins.get(key).cloned().unwrap_or_else(|| "the configuration".to_owned());
        // Section by section and key by key, so that an error is told with where it comes from.
        for key in self.keys() {
            let mut one: Table = self.defaults.clone();
            let (section, name) = key.split_once('.').expect("a known key has a section");
            let set = self.settings.get(section).and_then(|table| table.get(name)).cloned();
            if let (Some(Value::Table(settings)), Some(set)) = (one.get_mut(section), set) {
                settings.insert(name.to_owned(), set);
            }
            if self.origins.contains_key(&key) {
                one.try_into::<Config>().map_err(|error| ConfigError {
                    origin: origin(&key),
                    problem: format!("{key}: {}", error.message()),
                })?;
            }
        }
        let config: Config = self.settings.clone().try_into().expect("every setting was read alone");
        match config.violations().into_iter().next() {
            None => Ok(config),
            Some((key, problem)) => Err(ConfigError { origin: origin(key), problem: format!("{key} {problem}") }),
        }
    }
}

fn get<'a>(table: &'a Table, key: &str) -> Option<&'a Value> {
    let (section, name) = key.split_once('.')?;
    table.get(section)?.get(name)
}

/// The environment variable of a setting.
fn variable(key: &str) -> String {
    format!("{PREFIX}{}", key.replace('.', "_").to_uppercase())
}

/// The name that is most like `name`.
fn nearest<'a>(name: &str, names: &'a [String]) -> &'a str {
    let likeness = |other: &&String| strsim::normalized_damerau_levenshtein(name, other);
    let best = names.iter().max_by(|a, b| likeness(a).total_cmp(&likeness(b)));
    best.map_or("", String::as_str)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn load(file: &str, environment: &[(&str, &str)], flags: &[(&str, &str, &str)]) -> Result<Config, String> {
        let folder = std::env::temp_dir().join(format!("parallax-config-{}", std::process::id()));
        std::fs::create_dir_all(&folder).expect("the folder can be made");
        let path = folder.join(format!("{:p}.toml", &raw const *file));
        std::fs::write(&path, file).expect("the file can be written");
        let environment: Vec<_> = environment.iter().map(|(a, b)| ((*a).to_owned(), (*b).to_owned())).collect();
        let flags: Vec<_> = flags.iter().map(|(a, b, c)| (*a, *b, (*c).to_owned())).collect();
        let sources = Sources { file: Some(&path), environment: &environment, flags: &flags };
        Config::load(&sources).map_err(|error| error.to_string().replace(&path.display().to_string(), "FILE"))
    }

    #[test]
    fn the_defaults_keep_their_own_rules() {
        assert_eq!(Config::load(&Sources::default()), Ok(Config::default()));
        assert_eq!(Config::default().violations(), []);
        assert_eq!(Config::default().limits, super::super::super::limits::Limits::default());
    }

    #[test]
    fn the_later_source_wins() {
        let file = "[deadline]\ndefault = \"1s\"\nmax = \"2s\"\n[admission]\npermits = 3\n";
        let environment = [("PARALLAX_DEADLINE_MAX", "3s"), ("PARALLAX_DEADLINE_DEFAULT", "2s"), ("HOME", "/")];
        let config = load(file, &environment, &[("--set", "deadline.max", "4s")]).expect("good");
        assert_eq!(config.deadline.default.as_secs(), 2);
        assert_eq!(config.deadline.max.as_secs(), 4);
        assert_eq!(config.admission.permits, 3);
    }

    #[track_caller]
    fn check(file: &str, environment: &[(&str, &str)], flags: &[(&str, &str, &str)], expected: &str) {
        assert_eq!(load(file, environment, flags).expect_err("it is wrong"), expected);
    }

    #[test]
    fn an_unknown_key_is_an_error_that_names_the_nearest() {
        check(
            "[dedline]\nmax = \"1s\"",
            &[],
            &[],
            "FILE: there is no setting dedline.max; the nearest is deadline.max",
        );
        check("[dedline]", &[], &[], "FILE: there is no section dedline; the nearest is deadline");
        check("permits = 1", &[], &[], "FILE: there is no section permits; the nearest is limits");
        check(
            "[admission]\npermit = 1",
            &[],
            &[],
            "FILE: there is no setting admission.permit; the nearest is admission.permits",
        );
        let origin = "environment variable PARALLAX_ADMISION_PERMITS";
        let nearest = "there is no such setting; the nearest is PARALLAX_ADMISSION_PERMITS";
        check("", &[("PARALLAX_ADMISION_PERMITS", "1")], &[], &format!("{origin}: {nearest}"));
    }

    #[test]
    fn a_wrong_value_is_told_with_where_it_stands_and_a_secret_is_not_shown() {
        check("[deadline]\nmax = 5", &[], &[], "FILE: deadline.max: expected string, found integer");
        check("[auth]\napi_keys = \"hush\"", &[], &[], "FILE: auth.api_keys: expected array, found string");
        let broken = load("[auth]\napi_keys = [\"hush", &[], &[]).expect_err("it is wrong");
        assert!(broken.starts_with("FILE: line 2: ") && !broken.contains("hush"), "{broken}");
        check(
            "",
            &[("PARALLAX_AUTH_API_KEYS", "hush")],
            &[],
            "environment variable PARALLAX_AUTH_API_KEYS: auth.api_keys every key must have at least 16 bytes",
        );
        check("", &[], &[("--permits", "admission.permits", "many")], "--permits: admission.permits: expected integer");
        check("", &[], &[("--address", "listen.address", "nowhere")], "--address: listen.address must be HOST:PORT");
        let problem = load("", &[("PARALLAX_LOG_FORMAT", "xml")], &[]).expect_err("it is wrong");
        assert!(
            problem.starts_with("environment variable PARALLAX_LOG_FORMAT: log.format: unknown variant"),
            "{problem}"
        );
        let problem = load("[limits]\nreadouts = -1", &[], &[]).expect_err("it is wrong");
        assert!(problem.starts_with("FILE: limits.readouts: invalid value"), "{problem}");
    }

    #[test]
    fn variables_of_kubernetes_are_no_settings() {
        let environment = [("PARALLAX_SERVICE_HOST", "10.0.0.1"), ("PARALLAX_PORT_50051_TCP_ADDR", "10.0.0.1")];
        assert_eq!(load("", &environment, &[]), Ok(Config::default()));
    }

    #[test]
    fn what_is_shown_can_be_loaded_and_masks_secrets() {
        let environment = [("PARALLAX_AUTH_API_KEYS", "0123456789abcdef,fedcba9876543210")];
        let config = load("", &environment, &[]).expect("good");
        let shown = config.show();
        assert!(shown.contains("api_keys = [\"***\", \"***\"]"), "{shown}");
        assert!(!format!("{config:?}{shown}").contains("0123456789abcdef"));
        assert_eq!(toml::from_str::<Config>(&Config::default().show()), Ok(Config::default()));
    }
}
