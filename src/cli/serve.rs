//! `parallax serve`: the log and the configuration; the service itself is [`crate::server`].

use std::io::{self, IsTerminal as _};
use std::time::Duration;

use tracing_subscriber::EnvFilter;

use crate::server::{self, Config};

use super::Error;
use super::args::{FormatArg, ServeArgs};

/// Environment variable that filters the log.
const LOG_VARIABLE: &str = "PARALLAX_LOG";

/// Serves until SIGTERM or SIGINT. The server logs its address once it is bound.
///
/// # Errors
/// When the log filter is wrong, the address cannot be bound, or the server fails.
pub fn serve(args: &ServeArgs) -> Result<(), Error> {
    start_log(args.log)?;
    Ok(server::run(config(args))?)
}

fn config(args: &ServeArgs) -> Config {
    let default = Config::default();
    Config {
        address: args.address,
        permits: args.permits.map_or(default.permits, usize::from),
        queue: args.queue.map_or(default.queue, usize::from),
        health_wait: Duration::from_secs(args.health_wait.into()),
        grace: args.grace.map_or(default.grace, |seconds| Duration::from_secs(seconds.into())),
    }
}

fn start_log(format: FormatArg) -> Result<(), Error> {
    let wrong = |problem: String| Error::argument(&format!("environment variable {LOG_VARIABLE}"), problem);
    let filter = match std::env::var(LOG_VARIABLE) {
        Ok(filter) => filter,
        Err(std::env::VarError::NotPresent) => "info".to_owned(),
        Err(error) => return Err(wrong(error.to_string())),
    };
    let filter = EnvFilter::try_new(filter).map_err(|error| wrong(error.to_string()))?;
    let log = tracing_subscriber::fmt().with_env_filter(filter).with_writer(io::stderr);
    match format {
        FormatArg::Text => log.with_ansi(io::stderr().is_terminal()).init(),
        FormatArg::Json => log.json().flatten_event(true).init(),
    }
    Ok(())
}
