//! The program `consent-gateway`: reads the command line, starts the log, and leaves the rest to the library.

use std::process::ExitCode;

use clap::Parser;

/// A request asks for memory dozens of times, and most of that is given back at once by the same thread.
#[global_allocator]
static MEMORY: mimalloc::MiMalloc = mimalloc::MiMalloc;

// What visitors wait for has workers of its own; everything else is little.
#[tokio::main(flavor = "current_thread")]
async fn main() -> ExitCode {
    let cli = gateway::cli::Cli::parse();
    gateway::telemetry::start(cli.usual_log());
    gateway::cli::main(cli).await
}
