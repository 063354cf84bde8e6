//! What a record says, and how it is shown and proved: to the visitor, to officers, and to whoever has nothing but the published key. Refuses to
//! look into the database where a person wouldn't. Invariant: whatever is checked here came out of a gateway that runs.

mod commands;
mod keeping;
mod pages;
mod receipts;

use std::path::Path;
use std::process::Command;

use gateway_tests::client::Heard;
use gateway_tests::gateway::{command, printed};
use gateway_tests::{Client, Gateway, Origin, Reply, folders};

use crate::visitors::{HOST, page, state};

/// Who tells where visitors are.
const TRUSTED: &str = "trusted_proxies = [\"127.0.0.1\"]\ncountry_header = \"X-Country\"";

/// A shop by a configuration file, with these lines of its own.
async fn shop(more: &str) -> (Origin, Gateway) {
    let origin = Origin::start(|_| Reply::page("<!doctype html><title>Shop</title><p>Welcome.</p>")).await;
    let url = origin.url();
    let text = format!(
        "listen = [\"127.0.0.1:0\"]\ndata = \"data\"\n{TRUSTED}\n[[sites]]\nname = \"shop\"\norigin = \"{url}\"\n{more}\n"
    );
    let gateway = Gateway::configured(&text).start().await;
    (origin, gateway)
}

/// Posts the settings page's form without a script; `fields` are what was ticked and pressed.
async fn saved(gateway: &Gateway, fields: &str, cookie: &str, more: &[(&str, &str)]) -> Heard {
    let state = state(gateway.address(), &[("Cookie", cookie)]).await;
    let policy = state["policy"].as_str().expect("a state names its policy");
    let form = format!("surface=settings&policy={policy}&lang=en&back=%2F&{fields}");
    let origin = format!("http://{HOST}");
    let own =
        [("Accept", "text/html"), ("Origin", origin.as_str()), ("Cookie", cookie), ("Sec-Fetch-Dest", "document")];
    let all = [&own[..], more].concat();
    Client::connect(gateway.address(), HOST).await.post_form("/.consent/choice", &all, &form).await
}

/// The consent cookie of a grant of one purpose.
async fn granted(gateway: &Gateway, purpose: &str) -> String {
    let heard = saved(gateway, &format!("act=custom&purpose={purpose}"), "", &[]).await;
    heard.set_cookie("consent").unwrap_or_else(|| panic!("no consent cookie: {}", heard.text()))
}

/// A receipt page or file, as a person opens it.
async fn opened(gateway: &Gateway, path: &str, cookie: &str) -> Heard {
    page(gateway.address(), &format!("/.consent/{path}"), &[("Cookie", cookie)]).await
}

/// The signed receipt of whoever has this cookie.
async fn receipt(gateway: &Gateway, cookie: &str) -> String {
    let heard = opened(gateway, "receipt?lang=en&form=jsonld", cookie).await;
    assert_eq!(heard.status, 200, "{}", heard.text());
    heard.text()
}

/// The published keys, in a file beside a receipt of this text: what the shipped program says of it.
async fn checked_in_python(gateway: &Gateway, folder: &Path, text: &str) -> (bool, String) {
    let keys = opened(gateway, "keys.json", "").await;
    std::fs::write(folder.join("keys.json"), keys.body).expect("a folder can be written");
    std::fs::write(folder.join("receipt.jsonld"), text).expect("a folder can be written");
    let program = folders::repository().join("gateway/packaging/verify/receipt.py");
    let mut python = Command::new("python3");
    python.arg("-B").arg(program).arg("receipt.jsonld").arg("keys.json").current_dir(folder);
    let output = python.output().expect("Python is there: run `make deps`");
    (output.status.success(), printed(&output).trim().to_owned())
}

/// A command of an officer's in the gateway's folder: whether it went well, and what it said.
fn records(gateway: &Gateway, arguments: &[&str]) -> (bool, String) {
    let output = command(gateway.folder(), &[&["records"], arguments].concat());
    (output.status.success(), printed(&output).trim().to_owned())
}
