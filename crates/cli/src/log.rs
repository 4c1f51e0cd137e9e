//! The log of a running node: structured, to standard error; `DETENTE_LOG` chooses what (`info` when not set),
//! `DETENTE_LOG_FORMAT=json` how. Colours are for terminals only.

use std::io::IsTerminal as _;

use tracing_subscriber::EnvFilter;

/// Starts logging; a second call changes nothing.
pub(crate) fn start() {
    let filter = EnvFilter::try_from_env("DETENTE_LOG").unwrap_or_else(|_| EnvFilter::new("info"));
    let json = std::env::var("DETENTE_LOG_FORMAT").is_ok_and(|f| f == "json");
    let builder = tracing_subscriber::fmt().with_env_filter(filter).with_writer(std::io::stderr).with_target(false);
    let builder = builder.with_ansi(std::io::stderr().is_terminal());
    let _ = if json { builder.json().try_init() } else { builder.try_init() };
}
