//! Things that break while the gateway runs, with real processes, a real disk and real signals. Refuses to simulate: what a test may not do on
//! this machine (mount, kill, step a clock) fails it. Invariant: whatever a test breaks is its own.

pub(crate) mod clocks;
mod descriptors;
pub(crate) mod disks;
mod load;
mod origins;
mod signals;

use std::process::Command;

use gateway_tests::process::Process;
use gateway_tests::wait;

/// A Python program that says a line when it is ready; its arguments follow.
async fn python(script: &str, arguments: &[&str]) -> (Process, String) {
    let mut command = Command::new("python3");
    command.args(["-u", "-c", script]).args(arguments);
    let process = Process::start("Python", command);
    let line = wait::until("Python says that it is ready", || async {
        let lines = process.output.so_far();
        assert!(!process.complaints.text().contains("Error"), "{}", process.complaints.text());
        lines.into_iter().next()
    });
    let line = line.await;
    (process, line)
}
