//! `preview`: texts and colours as one edits them. The address goes to standard output; faults of the files stand in the page.

use std::net::SocketAddr;
use std::path::PathBuf;
use std::process::ExitCode;

use clap::Args;

use super::{chain, check, fail, run, say};
use crate::preview::{self, Error, PreviewOptions};

#[derive(Debug, Args)]
pub(super) struct PreviewArgs {
    /// The configuration file.
    #[arg(long)]
    config: PathBuf,
    /// Which of its sites; without it, the first.
    #[arg(long)]
    site: Option<String>,
    /// Where the page is served; loopback alone.
    #[arg(long, default_value = "127.0.0.1:9001")]
    listen: SocketAddr,
}

pub(super) async fn main(args: PreviewArgs) -> ExitCode {
    let stop = match run::stop_asked() {
        Ok(stop) => stop,
        Err(error) => return fail(&chain(&error)),
    };
    let options = PreviewOptions { config: args.config, site: args.site, listen: args.listen };
    match preview::run(options, say, stop).await {
        Ok(()) => ExitCode::SUCCESS,
        Err(Error::Starter(faults)) => check::told(&faults),
        Err(error) => fail(&chain(&error)),
    }
}
