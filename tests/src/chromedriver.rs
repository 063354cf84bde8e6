//! The driver between a test and its Chromium: started on a port of its own, told farewell, and asked for DevTools commands. Refuses to know
//! pages. Invariant: a driver that could not have its port is tried again, and one that is there ends with its process.

use std::io::{Read, Write};
use std::net::TcpStream;
use std::process::Command;
use std::time::Duration;

use serde_json::{Value, json};
use thirtyfour::common::command::FormatRequestData;
use thirtyfour::{RequestData, SessionId};

use crate::client::{content_length, head_end};
use crate::process::Process;
use crate::wait;

/// Starts a driver on a port of its own choosing. It wants the same port in both address families, and gives up where another program was
/// quicker in one of them: then another try is the remedy.
pub(crate) async fn start() -> (Process, u16) {
    let mut complaints = String::new();
    for _ in 0..5 {
        let mut command = Command::new("chromedriver");
        command.arg("--port=0");
        let mut process = Process::start("chromedriver", command);
        let output = process.output.clone();
        let port = wait::until("chromedriver says its port or ends", || {
            let lines = output.so_far();
            let port = lines
                .iter()
                .find_map(|line| line.split("successfully on port ").nth(1)?.trim_end_matches('.').parse::<u16>().ok());
            let ended = process.has_ended().is_some();
            async move { port.map(Some).or(ended.then_some(None)) }
        });
        if let Some(port) = port.await {
            return (process, port);
        }
        complaints = format!("{}\n{}", process.output.text(), process.complaints.text());
    }
    panic!("chromedriver does not start: {complaints}");
}

pub(crate) fn end_session(port: u16, session: &str) -> std::io::Result<()> {
    let mut stream = TcpStream::connect(("127.0.0.1", port))?;
    stream.set_read_timeout(Some(Duration::from_secs(10)))?;
    write!(stream, "DELETE /session/{session} HTTP/1.1\r\nHost: 127.0.0.1\r\nConnection: close\r\n\r\n")?;
    let mut heard = Vec::new();
    let mut piece = [0; 1024];
    // The driver keeps the connection open whatever it was asked: the answer ends where its length says.
    while head_end(&heard).is_none_or(|end| heard.len() < end + content_length(&heard).unwrap_or(0)) {
        let read = stream.read(&mut piece)?;
        if read == 0 {
            break;
        }
        heard.extend_from_slice(piece.get(..read).unwrap_or_default());
    }
    Ok(())
}

/// Chromium's own addition to WebDriver: a DevTools command.
#[derive(Debug)]
pub(crate) struct DevTools {
    pub(crate) command: String,
    pub(crate) parameters: Value,
}

impl FormatRequestData for DevTools {
    fn format_request(&self, session: &SessionId) -> RequestData {
        let path = format!("/session/{session}/goog/cdp/execute");
        let body = json!({ "cmd": self.command, "params": self.parameters });
        RequestData::new(hyper::Method::POST, path).add_body(body)
    }
}
