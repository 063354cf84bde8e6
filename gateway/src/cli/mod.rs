//! The command line: a contract. Every mistake is one clear sentence on standard error; addresses and reports go to
//! standard output. Exit codes: 0 well, 1 it failed, 2 it was called wrongly.

mod check;
mod drift;
mod guardian;
mod operate;
mod policy;
mod policy_diff_page;
mod policy_life;
mod preview;
mod records;
mod requests;
mod run;
mod try_site;

use std::io::Write;
use std::net::SocketAddr;
use std::path::PathBuf;
use std::process::ExitCode;

use clap::{Args, Parser, Subcommand};

use crate::enforcement::Pass;
use crate::proxy::now;
use crate::server::store_place;
use crate::{config, demo, stats, store};

/// A reverse proxy that makes a visitor's cookie choice true at the HTTP level.
#[derive(Debug, Parser)]
#[command(name = "consent-gateway", version, about, arg_required_else_help = true)]
pub struct Cli {
    #[command(subcommand)]
    command: Command,
}

impl Cli {
    /// What the log says, unless its filter is named.
    #[must_use]
    pub const fn usual_log(&self) -> &'static str {
        match self.command {
            // What happens there is told by itself, for whoever looks at one site.
            Command::Try(_) | Command::Preview(_) => "error",
            _ => "info",
        }
    }
}

#[derive(Debug, Subcommand)]
enum Command {
    /// Serve one site (--origin) or many (--config).
    Run(RunArgs),
    /// Check a configuration file or policy files, and tell every fault at once.
    Check(CheckArgs),
    /// Make lines of a policy file from what you have already.
    #[command(subcommand)]
    Policy(policy::PolicyCommand),
    /// Start five demo sites with origins of their own, and print the addresses to open.
    Demo(DemoArgs),
    /// Look at a site that runs elsewhere: what it sets and calls before any answer, and the policy lines that follow.
    Try(try_site::TryArgs),
    /// Show banner, settings, prompt and pages with a configuration's texts and colours, again each time a file of it is saved.
    Preview(preview::PreviewArgs),
    /// Print what was counted.
    Stats(stats::StatsArgs),
    /// The emergency switch: let everything pass as it came, without a restart.
    #[command(subcommand)]
    Bypass(operate::BypassCommand),
    /// Record what a parent or guardian agreed to for a visitor under 14.
    #[command(subcommand)]
    Guardian(guardian::GuardianCommand),
    /// Read the records of choices: one, many, or what an inspection asks for; check receipts.
    #[command(subcommand)]
    Records(records::RecordsCommand),
    /// What visitors ask for: list, show, enter, answer, delay, refuse, export.
    #[command(subcommand)]
    Requests(requests::RequestsCommand),
    /// Print a header that makes the gateway explain its decision about your own request.
    DebugToken(operate::PassArgs),
    /// Print a header that shows you the site with everything enforced, where that has not begun for all.
    PreviewToken(operate::PassArgs),
}

#[derive(Debug, Args)]
struct RunArgs {
    /// The configuration file; without it, --origin.
    #[arg(long, conflicts_with_all = ["origin", "listen", "policy", "data", "admin", "host"])]
    config: Option<PathBuf>,
    /// Where visitors connect.
    #[arg(long, default_value = "127.0.0.1:9000")]
    listen: SocketAddr,
    /// The site behind, such as http://127.0.0.1:3000; any host is this site.
    #[arg(long, required_unless_present = "config")]
    origin: Option<String>,
    /// The site's policy file; without it, the opt-in starter policy.
    #[arg(long)]
    policy: Option<PathBuf>,
    /// The data folder: records, counts, the key of the consent cookie.
    #[arg(long, default_value = ".data")]
    data: PathBuf,
    /// Where owners and analysts connect.
    #[arg(long, default_value = "127.0.0.1:9900")]
    admin: SocketAddr,
    /// Which Host the origin is told: the visitor's, or the origin's own.
    #[arg(long)]
    host: Option<HostArg>,
    /// Judge everything, strip nothing, and list what would be.
    #[arg(long)]
    shadow: bool,
}

#[derive(Clone, Copy, Debug, clap::ValueEnum)]
enum HostArg {
    Visitor,
    Origin,
}

#[derive(Debug, Args)]
struct CheckArgs {
    /// The configuration file.
    #[arg(long, required_unless_present = "policies")]
    config: Option<PathBuf>,
    /// Policy files to check by themselves.
    policies: Vec<PathBuf>,
}

#[derive(Debug, Args)]
struct DemoArgs {
    /// Where the demo sites listen.
    #[arg(long, default_value = "127.0.0.1:8080")]
    listen: SocketAddr,
    /// Where the statistics page listens.
    #[arg(long, default_value = "127.0.0.1:8081")]
    admin: SocketAddr,
    /// The demo's data folder.
    #[arg(long, default_value = ".demo")]
    data: PathBuf,
}

/// Runs a parsed command line to its end.
pub async fn main(cli: Cli) -> ExitCode {
    match cli.command {
        Command::Run(args) => run::main(args).await,
        Command::Check(args) => check::main(&args),
        Command::Policy(command) => policy::main(&command).await,
        Command::Demo(args) => demo_main(args).await,
        Command::Try(args) => try_site::main(args).await,
        Command::Preview(args) => preview::main(args).await,
        Command::Bypass(command) => operate::bypass(&command),
        Command::Guardian(command) => guardian::main(&command).await,
        Command::Records(command) => records::main(&command).await,
        Command::Requests(command) => requests::main(&command).await,
        Command::DebugToken(args) => operate::pass(&args, Pass::Debug),
        Command::PreviewToken(args) => operate::pass(&args, Pass::Preview),
        Command::Stats(args) => match args.config.as_deref().map(|path| config::load(path, now())).transpose() {
            Ok(config) => {
                let place = config.as_ref().map(store_place);
                let place = place.unwrap_or_else(|| store::Place::in_folder(&args.data, now));
                let terminal = std::io::IsTerminal::is_terminal(&std::io::stdout());
                let desk = stats::Desk { place, config, now: now(), terminal };
                outcome(stats::print(&args, &desk).await.map(say))
            }
            Err(faults) => check::told(&faults),
        },
    }
}

async fn demo_main(args: DemoArgs) -> ExitCode {
    let stop = match run::stop_asked() {
        Ok(stop) => stop,
        Err(error) => return fail(&chain(&error)),
    };
    let options = demo::DemoOptions { listen: args.listen, admin: args.admin, data: args.data };
    outcome(demo::run(options, say, stop).await)
}

fn outcome<E: std::error::Error>(result: Result<(), E>) -> ExitCode {
    match result {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => fail(&chain(&error)),
    }
}

/// An error with its causes, in one sentence.
fn chain(error: &dyn std::error::Error) -> String {
    let causes = std::iter::successors(error.source(), |cause| cause.source());
    let mut told = vec![error.to_string()];
    for cause in causes.map(ToString::to_string) {
        // Some libraries repeat their cause in their own words.
        if !told.iter().any(|known| known.contains(&cause)) {
            told.push(cause);
        }
    }
    told.join(": ")
}

fn fail(message: &str) -> ExitCode {
    note(message);
    ExitCode::FAILURE
}

/// A line on standard error.
fn note(line: &str) {
    writeln!(std::io::stderr(), "consent-gateway: {line}").ok();
}

/// A line on standard output; whoever closed it doesn't want it.
fn say(line: impl std::fmt::Display) {
    let mut out = std::io::stdout().lock();
    writeln!(out, "{line}").and_then(|()| out.flush()).ok();
}
