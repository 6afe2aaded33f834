//! `parallax serve`: the log and the configuration; the service itself is [`crate::server`].

use std::io::{self, IsTerminal as _};
use std::path::PathBuf;

use tracing_subscriber::layer::SubscriberExt as _;
use tracing_subscriber::util::SubscriberInitExt as _;
use tracing_subscriber::{EnvFilter, Layer as _};

use crate::server::config::{Log, LogFormat, Sources};
use crate::server::trace::Exporter;
use crate::server::{self, Config};

use super::Error;
use super::args::{FormatArg, ServeArgs};

/// Environment variable that names the configuration file.
const FILE_VARIABLE: &str = "PARALLAX_CONFIG";

/// Serves until SIGTERM or SIGINT. The server logs its address once it is bound.
///
/// # Errors
/// When a setting is wrong, the address cannot be bound, or the server fails.
pub fn serve(args: &ServeArgs) -> Result<(), Error> {
    let config = config(args)?;
    let exporter = Exporter::new(&config.trace)?;
    start_log(&config.log, exporter.as_ref())?;
    // The exporter goes last, so that the last spans are sent.
    Ok(server::run(config)?)
}

/// The settings from the file, the environment and the arguments.
///
/// # Errors
/// When one of them is wrong.
pub fn config(args: &ServeArgs) -> Result<Config, Error> {
    let environment: Vec<(String, String)> = std::env::vars_os()
        .filter_map(|(name, value)| Some((name.into_string().ok()?, value.into_string().ok()?)))
        .collect();
    let file = args.config.clone().or_else(|| std::env::var_os(FILE_VARIABLE).map(PathBuf::from));
    let mut flags: Vec<(&str, &str, String)> = Vec::new();
    for setting in &args.settings {
        let (key, value) = setting
            .split_once('=')
            .ok_or_else(|| Error::argument("--set", "expected SECTION.NAME=VALUE, such as deadline.max=20s"))?;
        flags.push(("--set", key.trim(), value.trim().to_owned()));
    }
    let mut flag = |name, key, value: Option<String>| flags.extend(value.map(|value| (name, key, value)));
    flag("--address", "listen.address", args.address.clone());
    flag("--admin-address", "admin.address", args.admin_address.clone());
    flag("--permits", "admission.permits", args.permits.map(|n| n.to_string()));
    flag("--queue", "admission.queue", args.queue.map(|n| n.to_string()));
    flag("--health-wait", "drain.wait", args.health_wait.map(|seconds| format!("{seconds}s")));
    flag("--grace", "drain.grace", args.grace.map(|seconds| format!("{seconds}s")));
    let format = |format| if format == FormatArg::Json { "json" } else { "text" };
    flag("--log", "log.format", args.log.map(|given| format(given).to_owned()));
    Ok(Config::load(&Sources { file: file.as_deref(), environment: &environment, flags: &flags })?)
}

fn start_log(config: &Log, exporter: Option<&Exporter>) -> Result<(), Error> {
    let filter = EnvFilter::try_new(&config.filter)
        .map_err(|error| Error::argument("log.filter (PARALLAX_LOG)", error.to_string()))?;
    let log = tracing_subscriber::fmt::layer().with_writer(io::stderr);
    let log = match config.format {
        LogFormat::Text => log.with_ansi(io::stderr().is_terminal()).boxed(),
        LogFormat::Json => log.json().flatten_event(true).boxed(),
    };
    let spans = exporter.map(Exporter::layer);
    tracing_subscriber::registry().with(log.with_filter(filter)).with(spans).init();
    Ok(())
}
