//! `try`: a site that runs elsewhere, looked at and then served with the gateway in front. The report and the policy lines go to standard
//! output, what is being done to standard error.

use std::net::SocketAddr;
use std::path::PathBuf;
use std::process::ExitCode;

use clap::Args;
use url::Url;

use super::{chain, check, fail, note, run, say};
use crate::trial::{self, Told, TrialOptions};

#[derive(Debug, Args)]
pub(super) struct TryArgs {
    /// The site, such as https://www.example.com
    #[arg(value_parser = address)]
    address: Url,
    /// The policy that it is judged by; without it, the opt-in starter policy.
    #[arg(long)]
    policy: Option<PathBuf>,
    /// How many pages to look at.
    #[arg(long, default_value_t = 5, value_parser = clap::value_parser!(u8).range(1..=50))]
    pages: u8,
    /// Where to serve the site with the gateway in front, in the end.
    #[arg(long, default_value = "127.0.0.1:9000")]
    listen: SocketAddr,
    /// End when all is printed.
    #[arg(long)]
    once: bool,
    /// Look by HTTP alone, though a Chromium is installed.
    #[arg(long)]
    no_browser: bool,
    /// A further argument for Chromium, such as --proxy-server=…; may stand several times.
    #[arg(long, value_name = "ARGUMENT", allow_hyphen_values = true)]
    browser_argument: Vec<String>,
}

fn address(written: &str) -> Result<Url, String> {
    let address = Url::parse(written).or_else(|_| Url::parse(&format!("https://{written}")));
    let usable = |address: &Url| matches!(address.scheme(), "http" | "https") && address.host_str().is_some();
    let address = address.ok().filter(usable);
    address.ok_or_else(|| "write it as https://www.example.com".to_owned())
}

/// Where what is said goes.
struct Terminal;

impl Told for Terminal {
    fn result(&self, text: &str) {
        say(text);
    }

    fn progress(&self, text: &str) {
        note(text);
    }
}

pub(super) async fn main(args: TryArgs) -> ExitCode {
    let stop = match run::stop_asked() {
        Ok(stop) => stop,
        Err(error) => return fail(&chain(&error)),
    };
    let options = TrialOptions {
        address: args.address,
        policy: args.policy,
        listen: args.listen,
        pages: usize::from(args.pages),
        browser: !args.no_browser,
        arguments: args.browser_argument,
        once: args.once,
    };
    match trial::run(options, &Terminal, stop).await {
        Ok(()) => ExitCode::SUCCESS,
        Err(trial::Error::Faults(faults)) => check::told(&faults),
        Err(error) => fail(&chain(&error)),
    }
}
