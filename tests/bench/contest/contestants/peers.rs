//! nginx, HAProxy and Pingora, plain and filtering. Refuses none that is installed. Invariant: one worker each, no access log, nothing on the disk.

use std::path::Path;
use std::process::Command;

use gateway_tests::folders;
use gateway_tests::process::Process;

use super::{Door, Doors, PEERS_KEY, PEERS_REFUSAL, Stage, filled, free_port};
use crate::cores::{self, OWN_CORE};

pub(super) fn nginx(filters: bool, stage: &Stage, folder: &Path) -> Doors {
    let (port, tls_port) = (free_port(), free_port());
    let marks = [
        ("PORT", port.to_string()),
        ("TLS_PORT", tls_port.to_string()),
        ("ORIGIN", stage.origin.port.to_string()),
        ("FOLDER", folder.display().to_string()),
        ("MODULES", modules()),
    ];
    write(folder, "nginx.conf", filters, &marks);
    if filters {
        write(folder, "cookies.lua", filters, &[]);
        write(folder, "nginx.lua", filters, &[]);
    }
    let mut command = cores::pinned(OWN_CORE, system("nginx"));
    command.arg("-p").arg(folder).arg("-c").arg(folder.join("nginx.conf")).args(["-e", "stderr"]);
    let process = Process::start("nginx", command);
    let door = |port| Door { port, group: process.group(), consent: PEERS_REFUSAL.into() };
    Doors { clear: door(port), tls: Some(door(tls_port)), processes: vec![process] }
}

pub(super) fn haproxy(filters: bool, stage: &Stage, folder: &Path) -> Doors {
    let port = free_port();
    let marks = [
        ("PORT", port.to_string()),
        ("ORIGIN", stage.origin.port.to_string()),
        ("FOLDER", folder.display().to_string()),
    ];
    write(folder, "haproxy.cfg", filters, &marks);
    if filters {
        write(folder, "cookies.lua", filters, &[]);
        write(folder, "haproxy.lua", filters, &[("KEY64", PEERS_KEY.to_owned())]);
    }
    let mut command = cores::pinned(OWN_CORE, system("haproxy"));
    command.arg("-db").arg("-f").arg(folder.join("haproxy.cfg"));
    one("haproxy", command, port)
}

/// None where it wasn't built: it is a package of its own, which `make bench` builds if that takes no longer than a quarter of an hour.
pub(super) fn pingora(stage: &Stage, folder: &Path) -> Option<Doors> {
    let binary = folders::repository().join("target").join("pingora").join("release").join("contest-pingora");
    if !binary.exists() {
        return None;
    }
    let port = free_port();
    let mut command = cores::pinned(OWN_CORE, binary);
    command.arg(port.to_string()).arg(stage.origin.port.to_string()).arg(folder);
    Some(one("pingora", command, port))
}

fn one(name: &str, command: Command, port: u16) -> Doors {
    let process = Process::start(name, command);
    let clear = Door { port, group: process.group(), consent: PEERS_REFUSAL.into() };
    Doors::alone(Some(process), clear)
}

fn write(folder: &Path, name: &str, filters: bool, marks: &[(&str, String)]) {
    let marks: Vec<(&str, &str)> = marks.iter().map(|(mark, value)| (*mark, value.as_str())).collect();
    std::fs::write(folder.join(name), filled(name, filters, &marks)).expect("a temporary folder can be written");
}

/// A program of the system's, which may lie where only root's path leads.
fn system(name: &str) -> String {
    let found = ["/usr/sbin", "/usr/local/sbin"].iter().map(|folder| Path::new(folder).join(name));
    let found = found.filter(|file| file.exists()).map(|file| file.display().to_string()).next();
    found.unwrap_or_else(|| name.to_owned())
}

/// Where nginx's modules lie, as it says itself.
fn modules() -> String {
    let output = Command::new(system("nginx")).arg("-V").output();
    let output = output.unwrap_or_else(|error| panic!("nginx is missing ({error}): run `make bench`"));
    let text = String::from_utf8_lossy(&output.stderr).into_owned();
    let path = text.split_whitespace().find_map(|word| word.strip_prefix("--modules-path="));
    path.unwrap_or("modules").to_owned()
}
