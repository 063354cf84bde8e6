//! The program `consent-gateway`: reads the command line, starts the log, and leaves the rest to the library.

use std::process::ExitCode;

use clap::Parser;

// What visitors wait for has workers of its own; everything else is little.
#[tokio::main(flavor = "current_thread")]
async fn main() -> ExitCode {
    let cli = gateway::cli::Cli::parse();
    gateway::telemetry::start(cli.usual_log());
    gateway::cli::main(cli).await
}
