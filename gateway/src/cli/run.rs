//! `run`: serve until told to stop. SIGHUP reads the configuration again; on any fault the old one stays.

use std::path::PathBuf;
use std::process::ExitCode;
use std::sync::Arc;

use tokio::signal::unix::{Signal, SignalKind, signal};

use super::{HostArg, RunArgs, chain, check, fail, say};
use crate::config::{self, Config, FileFault, HostMode, OriginOptions};
use crate::proxy::now;
use crate::server::{Reload, Server};
use crate::telemetry::{AccessLog, Telemetry};

/// Where the configuration comes from.
enum Source {
    File { path: PathBuf, shadow: bool },
    Words(OriginOptions),
}

impl Source {
    fn read(&self) -> Result<Config, Vec<FileFault>> {
        match self {
            Self::Words(options) => config::for_origin(options.clone(), now()),
            Self::File { path, shadow } => {
                let mut config = config::load(path, now())?;
                config.sites.iter_mut().for_each(|site| site.shadow |= shadow);
                Ok(config)
            }
        }
    }
}

pub(super) async fn main(args: RunArgs) -> ExitCode {
    let source = source_of(args);
    let config = match source.read() {
        Ok(config) => config,
        Err(faults) => return check::told(&faults),
    };
    for (path, fault) in &config.forgiven {
        tracing::error!("{}: {fault}", path.display());
    }
    warn(&config);
    for site in config.sites.iter().filter(|site| site.policy_missing) {
        tracing::error!(site = site.name, "the site has no policy that can be read; everything passes as it came");
    }
    let server = match Server::bind(config).await {
        Ok(server) => server,
        Err(error) => return fail(&chain(&error)),
    };
    // Before anybody is told that we listen: until it is listened to, a signal ends the process.
    let (hangups, stop) = match (signal(SignalKind::hangup()), stop_asked()) {
        (Ok(hangups), Ok(stop)) => (hangups, stop),
        (Err(error), _) | (_, Err(error)) => return fail(&chain(&error)),
    };
    let reopenings = match signal(SignalKind::user_defined1()) {
        Ok(reopenings) => reopenings,
        Err(error) => return fail(&chain(&error)),
    };
    for (scheme, address) in server.addresses() {
        say(format_args!("listening {}://{address}", scheme.name()));
    }
    if let Some(address) = server.admin_address() {
        say(format_args!("admin http://{address}"));
    }
    let reloading = tokio::spawn(reload(hangups, server.reload(), server.telemetry(), source));
    let reopening = tokio::spawn(reopen(reopenings, server.telemetry()));
    server.run(stop).await;
    reloading.abort();
    reopening.abort();
    ExitCode::SUCCESS
}

/// Tells what is wrong with versions of policies that hold or held: nobody can mend those any more.
fn warn(config: &Config) {
    for warning in config.sites.iter().flat_map(|site| site.life.warnings.iter()) {
        tracing::warn!("{}", config::told(warning));
    }
}

fn source_of(args: RunArgs) -> Source {
    match (args.config, args.origin) {
        (Some(path), _) => Source::File { path, shadow: args.shadow },
        (None, origin) => Source::Words(OriginOptions {
            listen: args.listen,
            origin: origin.unwrap_or_default(),
            policy: args.policy,
            data: args.data,
            admin: Some(args.admin),
            shadow: args.shadow,
            host: args.host.map(|host| match host {
                HostArg::Visitor => HostMode::Visitor,
                HostArg::Origin => HostMode::Origin,
            }),
        }),
    }
}

/// Opens the access log by its name again at each SIGUSR1: the old file was moved away.
async fn reopen(mut signals: Signal, telemetry: Arc<Telemetry>) {
    while signals.recv().await.is_some() {
        let telemetry = Arc::clone(&telemetry);
        tokio::task::spawn_blocking(move || telemetry.access().map(AccessLog::reopen)).await.ok();
    }
}

/// Reads the configuration again at each SIGHUP.
async fn reload(mut hangups: Signal, reload: Reload, telemetry: Arc<Telemetry>, source: Source) {
    while hangups.recv().await.is_some() {
        // At a reload there is a policy to keep, so that none is missing.
        let read =
            source.read().and_then(|config| if config.forgiven.is_empty() { Ok(config) } else { Err(config.forgiven) });
        if let Ok(config) = &read {
            warn(config);
        }
        match read {
            Ok(config) => match reload.apply(config) {
                Ok(()) => {
                    telemetry.reloaded(true);
                    tracing::info!("the configuration was read again");
                }
                Err(error) => {
                    telemetry.reloaded(false);
                    let error = &error as &dyn std::error::Error;
                    tracing::error!(error, "the configuration can't be put to work; the old one stays");
                }
            },
            Err(faults) => {
                telemetry.reloaded(false);
                for (path, fault) in &faults {
                    tracing::error!("{}: {fault}", path.display());
                }
                tracing::error!("the configuration has {} fault(s); the old one stays", faults.len());
            }
        }
    }
}

/// Listens for the signals that ask the process to stop (SIGINT, SIGTERM); ready when one came.
pub(super) fn stop_asked() -> std::io::Result<impl Future<Output = ()>> {
    let (mut terminate, mut interrupt) = (signal(SignalKind::terminate())?, signal(SignalKind::interrupt())?);
    Ok(async move {
        tokio::select! {
            _ = terminate.recv() => {}
            _ = interrupt.recv() => {}
        }
    })
}
