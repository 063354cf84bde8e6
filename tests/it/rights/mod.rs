//! What visitors may ask for, as they and the officers live it: the page on what is kept, withdrawing, erasing, suspending, and the register of
//! requests. Refuses to look at the evidence but by the gateway's own page, its command line, and the raw files.

mod officers;
mod own;
mod pages;
mod requests;

use std::net::SocketAddr;
use std::path::{Path, PathBuf};

use gateway_tests::client::Heard;
use gateway_tests::gateway::{Plan, command, printed};
use gateway_tests::{Client, Gateway, Origin, Reply};

use crate::visitors::{HOST, post};

const STARTER: &str = include_str!("../../../policies/documents/starter/opt-in.toml");

async fn origin() -> Origin {
    Origin::start(|seen| {
        let lang = if seen.path_only() == "/list" { "ko" } else { "en" };
        Reply::page(format!("<!doctype html><html lang={lang}><title>T</title><body><p>Text.</p></body></html>"))
            .cookie("session=1; Path=/")
            .cookie("_ga=1; Path=/; Max-Age=9999")
    })
    .await
}

/// A gateway before a shop, with more lines for the site.
fn plan(origin: &Origin, more: &str) -> Plan {
    let url = origin.url();
    Gateway::configured(&format!(
        "listen = [\"127.0.0.1:0\"]\ndata = \"data\"\n[[sites]]\nname = \"shop\"\norigin = \"{url}\"\n{more}\n"
    ))
}

fn consent(heard: &Heard) -> String {
    heard.set_cookie("consent").unwrap_or_else(|| panic!("no consent cookie in {} {}", heard.status, heard.text()))
}

async fn me(address: SocketAddr, cookie: &str) -> String {
    let heard = Client::fetch(address, HOST, "/.consent/me?lang=en&back=%2Flist", &[("Cookie", cookie)]).await;
    assert_eq!((heard.status, heard.header("cache-control").as_deref()), (200, Some("no-store")));
    heard.text()
}

async fn file(address: SocketAddr, cookie: &str) -> serde_json::Value {
    let heard = Client::fetch(address, HOST, "/.consent/me.json", &[("Cookie", cookie)]).await;
    assert_eq!(heard.status, 200, "{}", heard.text());
    assert!(heard.header("content-disposition").is_some_and(|value| value.contains("consent.json")));
    assert_eq!(heard.header("cross-origin-resource-policy").as_deref(), Some("same-origin"));
    serde_json::from_slice(&heard.body).unwrap_or_else(|error| panic!("no file: {error}: {}", heard.text()))
}

/// What stands in an element of a page.
fn within<'p>(page: &'p str, id: &str) -> &'p str {
    let (_, rest) = page.split_once(&format!("id=\"{id}\"")).unwrap_or_else(|| panic!("no {id} in {page}"));
    rest.split_once('>').and_then(|(_, rest)| rest.split_once('<')).map_or("", |(text, _)| text)
}

/// What the command line says to an officer of the shop.
fn officer(folder: &Path, words: &[&str]) -> (bool, String) {
    let place = ["--config", "gateway.toml", "--site", "shop", "--by", "kim"];
    let output = command(folder, &[&["requests"], words, &place].concat());
    (output.status.success(), printed(&output))
}

/// Whether some bytes stand in any file below a folder.
fn stands_in(folder: &Path, text: &str) -> bool {
    let mut folders = vec![PathBuf::from(folder)];
    while let Some(folder) = folders.pop() {
        for entry in std::fs::read_dir(folder).expect("a folder can be read").flatten() {
            let path = entry.path();
            if path.is_dir() {
                folders.push(path);
            } else if memchr::memmem::find(&std::fs::read(&path).unwrap_or_default(), text.as_bytes()).is_some() {
                return true;
            }
        }
    }
    false
}
