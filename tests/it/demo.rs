//! The demo as somebody sees it who tries the gateway first: five sites that ask, remember a refusal and show what their origin received. Refuses to
//! know what each site is about.

use std::net::SocketAddr;
use std::process::Command;

use gateway_tests::process::Process;
use gateway_tests::{Browser, Client, folders, wait};
use tempfile::TempDir;

use crate::stage::closed;
use crate::visitors::NAVIGATION;

const SERVICES: [&str; 5] = ["ezcare", "jmpsystem", "officemessenger", "qsolution", "remotemeeting"];

pub(crate) struct Demo {
    process: Process,
    _folder: TempDir,
    port: u16,
    /// Where its owners' pages are.
    pub(crate) admin: SocketAddr,
}

impl Demo {
    pub(crate) async fn start() -> Self {
        let folder = TempDir::new().expect("a temporary folder can be made");
        let mut command = Command::new(folders::gateway_binary());
        command
            .args(["demo", "--listen", "127.0.0.1:0", "--admin", "127.0.0.1:0", "--data"])
            .arg(folder.path().join("demo"));
        let process = Process::start("the demo", command);
        let port = wait::until("the demo tells its addresses", || async {
            let lines = process.output.so_far();
            lines
                .iter()
                .find_map(|line| line.trim().strip_prefix("http://localhost:")?.trim_end_matches('/').parse().ok())
        });
        let port = port.await;
        let admin = wait::until("the demo tells where its statistics are", || async {
            let lines = process.output.so_far();
            let told = lines.iter().skip_while(|line| !line.starts_with("Statistics")).nth(1)?;
            told.trim().strip_prefix("http://")?.trim_end_matches('/').parse().ok()
        });
        let admin = admin.await;
        Self { process, _folder: folder, port, admin }
    }
}

#[tokio::test]
async fn five_sites_and_their_guide_answer_with_a_banner() {
    let demo = Demo::start().await;
    let told = demo.process.output.text();
    let address = SocketAddr::from(([127, 0, 0, 1], demo.port));
    for service in SERVICES {
        let host = format!("{service}.localhost:{}", demo.port);
        assert!(told.contains(&format!("http://{host}/")), "{told}");
        let heard = Client::fetch(address, &host, "/", &NAVIGATION).await;
        assert_eq!(heard.status, 200, "{service}: {}", heard.text());
        assert!(heard.text().contains("<consent-banner"), "{service}: {}", heard.text());
    }
    let guide = Client::fetch(address, &format!("localhost:{}", demo.port), "/", &NAVIGATION).await;
    for service in SERVICES {
        assert!(guide.text().contains(&format!("{service}.localhost")), "the guide names {service}: {}", guide.text());
    }
}

#[tokio::test]
async fn one_site_is_told_to_change_and_the_guide_leads_to_what_changes() {
    let demo = Demo::start().await;
    let address = SocketAddr::from(([127, 0, 0, 1], demo.port));
    let guide = Client::fetch(address, &format!("localhost:{}", demo.port), "/?lang=en", &NAVIGATION).await.text();
    let host = format!("remotemeeting.localhost:{}", demo.port);
    let link =
        guide.split("href=\"").filter_map(|rest| rest.split('"').next()).find(|link| link.contains("&#38;from="));
    let link = link.unwrap_or_else(|| panic!("no comparison in {guide}")).replace("&#38;", "&");
    let path = link.strip_prefix(&format!("http://{host}")).unwrap_or_else(|| panic!("{link}"));
    let compared = Client::fetch(address, &host, path, &NAVIGATION).await;
    assert_eq!(compared.status, 200);
    let text = compared.text();
    assert!(text.contains("Seminar Hall") && text.contains("This version is not yet in force."), "{text}");
    let policy = Client::fetch(address, &host, "/.consent/policy?lang=en", &NAVIGATION).await.text();
    assert!(policy.contains("A new version has been announced.") && !policy.contains("Seminar Hall"), "{policy}");
    let start = Client::fetch(address, &host, "/", &NAVIGATION).await.text();
    assert!(start.contains("consent-notice"), "a notice stands on its start page: {start}");
    let other = format!("ezcare.localhost:{}", demo.port);
    let other = Client::fetch(address, &other, "/.consent/policy?lang=en", &NAVIGATION);
    assert!(!other.await.text().contains("A new version has been announced."));
}

#[tokio::test]
async fn each_site_remembers_a_refusal_in_a_browser() {
    let demo = Demo::start().await;
    let browser = Browser::plan().host("*.localhost", demo.port, demo.port).start().await;
    for service in SERVICES {
        browser.open(&format!("http://{service}.localhost:{}/", demo.port)).await;
        browser.click("#consent-refuse").await;
        closed(&browser).await;
        browser.reload().await;
        assert!(!browser.has("#consent-banner").await, "{service} asks again");
    }
    let consents = browser.cookies().await.into_iter().filter(|cookie| cookie.name == "consent").count();
    assert_eq!(consents, SERVICES.len(), "each site keeps a choice of its own");
}
