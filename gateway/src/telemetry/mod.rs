//! The log: to standard error, readable by people, JSON with `CONSENT_GATEWAY_LOG_JSON=1`. No cookie value, query
//! string or visitor's address is ever written to it.

use tracing_subscriber::EnvFilter;

/// Starts the log. `CONSENT_GATEWAY_LOG` holds a filter such as `debug` or `gateway=debug`; `info` without it.
pub fn start() {
    let filter = EnvFilter::try_from_env("CONSENT_GATEWAY_LOG").unwrap_or_else(|_| EnvFilter::new("info"));
    let log = tracing_subscriber::fmt().with_env_filter(filter).with_writer(std::io::stderr).with_target(false);
    if std::env::var_os("CONSENT_GATEWAY_LOG_JSON").is_some_and(|json| json == "1") {
        log.json().init();
    } else {
        log.with_ansi(std::io::IsTerminal::is_terminal(&std::io::stderr())).init();
    }
}
