//! The gateway itself, filtering or with nothing to decide, in clear and, since it has one kind of door, a second process with TLS. Refuses a visitor's
//! cookie that was not had by a real refusal. Invariant: one core, one worker.

use std::path::Path;

use gateway_tests::process::Process;
use gateway_tests::{folders, wait};
use serde_json::Value;

use super::{Door, Doors, MOST_CONNECTIONS, PEERS_REFUSAL, Stage};
use crate::cores::{self, OWN_CORE};
use crate::visitor::connect;
use crate::work::HOST;

pub(super) async fn start(filters: bool, stage: &Stage, folder: &Path) -> Doors {
    let (clear_process, clear_port) = launch(filters, false, stage, folder).await;
    let clear = door(filters, &clear_process, clear_port, false).await;
    if !filters {
        return Doors::alone(Some(clear_process), clear);
    }
    let (tls_process, tls_port) = launch(filters, true, stage, folder).await;
    let tls = door(filters, &tls_process, tls_port, true).await;
    Doors { clear, tls: Some(tls), processes: vec![clear_process, tls_process] }
}

async fn launch(filters: bool, tls: bool, stage: &Stage, folder: &Path) -> (Process, u16) {
    let name = if tls { "tls" } else { "clear" };
    std::fs::write(folder.join("policy.toml"), policy()).expect("a temporary folder can be written");
    let file = folder.join(format!("{name}.toml"));
    std::fs::write(&file, configuration(filters, tls, stage)).expect("a temporary folder can be written");
    let mut command = cores::pinned(OWN_CORE, folders::gateway_binary());
    command.arg("run").arg("--config").arg(&file);
    let process = Process::start("the gateway", command);
    let port = wait::until("the gateway listens", || async {
        let lines = process.output.so_far();
        let address = lines.iter().find_map(|line| line.strip_prefix("listening "))?;
        address.rsplit(':').next()?.trim_end_matches('/').parse().ok()
    });
    let port = port.await;
    (process, port)
}

fn configuration(filters: bool, tls: bool, stage: &Stage) -> String {
    let (name, most) = (if tls { "tls" } else { "clear" }, MOST_CONNECTIONS * 2);
    let tls = if tls { "[tls]\ncertificate = \"certificate.pem\"\nkey = \"key.pem\"\n" } else { "" };
    let bypass = if filters { "" } else { "bypass_paths = [\"/*\"]\n" };
    format!(
        "listen = [\"127.0.0.1:0\"]\ndata = \"data-{name}\"\n{tls}\
         [[sites]]\nname = \"shop\"\norigin = \"http://127.0.0.1:{}\"\npolicy = \"policy.toml\"\n{bypass}\
         [limits]\nconnections = {most}\nconnections_per_address = {most}\nidle_seconds = 600\n",
        stage.origin.port
    )
}

/// The starter policy with the shop's own cookies.
fn policy() -> String {
    let starter = folders::repository().join("policies").join("documents").join("starter").join("opt-in.toml");
    let mut text = std::fs::read_to_string(starter).expect("the starter policy is there");
    for name in ["PHPSESSID", "csrftoken", "cart_id"] {
        text.push_str(&format!(
            "\n[[cookies]]\nname = \"{name}\"\npurpose = \"necessary\"\nrecipient = \"operator\"\n\
             what = {{ ko = \"세션\", en = \"the session\" }}\nlifetime = \"session\"\n"
        ));
    }
    text
}

async fn door(filters: bool, process: &Process, port: u16, tls: bool) -> Door {
    let consent = if filters { refusal(port, tls).await } else { PEERS_REFUSAL.to_owned() };
    Door { port, group: process.group(), consent: consent.into() }
}

/// Refuses everything as the banner does; the cookie that comes back.
async fn refusal(port: u16, tls: bool) -> String {
    let state = connect(port, tls).await.get("/.consent/state", &[]).await;
    let state: Value = serde_json::from_slice(&state.body).expect("the gateway tells its state");
    let policy = state["policy"].as_str().expect("a state names its policy");
    let scheme = if tls { "https" } else { "http" };
    let origin = format!("{scheme}://{HOST}");
    let form = format!("policy={policy}&lang=en&back=%2F&act=refuse_all");
    let headers = [("Accept", "text/plain"), ("Origin", origin.as_str())];
    let heard = connect(port, tls).await.post_form("/.consent/choice", &headers, &form).await;
    let name = if tls { "__Host-consent" } else { "consent" };
    heard.set_cookie(name).unwrap_or_else(|| panic!("a refusal was answered with {}: {}", heard.status, heard.text()))
}
