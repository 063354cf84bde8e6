//! The origin: a process of its own on the second core, whose answers were made before anybody asked, so that it is never what the contest
//! measures. Refuses to read more of a request than its path and where it ends. Invariant: every answer but that of `/seen` is the same bytes each
//! time.

use std::io::Write as _;
use std::process::Command;

use gateway_tests::process::Process;
use gateway_tests::{client, wait};
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::{TcpListener, TcpStream};

use crate::cores::{self, OTHER_CORE};
use crate::work::{self, SET, Work};

/// The word on the command line that makes this program the origin.
pub(crate) const ROLE: &str = "origin";
/// Here the answer's body is the request's own head; cookies are set as in (a).
pub(crate) const SEEN: &str = "/seen";

/// The most bytes of a request.
const REQUEST_BYTES: usize = 16 * 1024;

/// A running origin.
pub(crate) struct Origin {
    pub(crate) process: Process,
    pub(crate) port: u16,
}

impl Origin {
    /// Starts it and waits until it listens.
    pub(crate) async fn start() -> Self {
        let own = std::env::current_exe().expect("a running program knows its own file");
        let mut command: Command = cores::pinned(OTHER_CORE, own);
        command.arg(ROLE);
        let process = Process::start("the contest's origin", command);
        let port = wait::until("the origin listens", || async {
            let lines = process.output.so_far();
            lines.iter().find_map(|line| line.strip_prefix("port ")).and_then(|port| port.parse().ok())
        });
        let port = port.await;
        Self { process, port }
    }
}

/// What each path is answered.
struct Answers {
    json: Vec<u8>,
    page: Vec<u8>,
    download: Vec<u8>,
}

/// Serves until the process is ended.
pub(crate) async fn serve() {
    let answers: &'static Answers = Box::leak(Box::new(Answers {
        json: Work::Json.answer(),
        page: Work::Page.answer(),
        download: Work::Download.answer(),
    }));
    let listener = TcpListener::bind("127.0.0.1:0").await.expect("loopback has a free port");
    let port = listener.local_addr().expect("a bound listener has an address").port();
    writeln!(std::io::stdout().lock(), "port {port}").expect("the contest reads this");
    loop {
        if let Ok((stream, _)) = listener.accept().await {
            tokio::spawn(converse(stream, answers));
        }
    }
}

async fn converse(mut stream: TcpStream, answers: &'static Answers) -> std::io::Result<()> {
    stream.set_nodelay(true)?;
    let mut asked = Vec::with_capacity(4096);
    loop {
        while !asked.ends_with(b"\r\n\r\n") {
            if stream.read_buf(&mut asked).await? == 0 || asked.len() > REQUEST_BYTES {
                return Ok(());
            }
        }
        // One request at a time comes by here: neither proxies nor the programs that make the load pipeline.
        if asked.starts_with(b"GET /json ") {
            stream.write_all(&answers.json).await?;
        } else if asked.starts_with(b"GET /page ") {
            stream.write_all(&answers.page).await?;
        } else if asked.starts_with(b"GET /download ") {
            stream.write_all(&answers.download).await?;
        } else {
            let head = client::head_end(&asked).and_then(|end| asked.get(..end)).unwrap_or_default();
            stream.write_all(&work::answer("text/plain", &SET, head)).await?;
        }
        asked.clear();
    }
}
