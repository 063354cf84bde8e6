//! The configuration file: many sites by host, every fault told at once, read again on request with the old kept on any fault, an end that cuts
//! nobody off. Refuses to look at what the gateway makes of consent.

use gateway_tests::gateway::{command, printed};
use gateway_tests::raw_origin::Answer;
use gateway_tests::{Client, Gateway, Origin, RawOrigin, Reply, wait};
use tokio::sync::{Mutex, mpsc};

use crate::visitors::{HOST, NAVIGATION};

async fn named(name: &'static str) -> Origin {
    Origin::start(move |_| Reply::page(format!("<!doctype html><title>{name}</title><body><p>{name}</p>"))).await
}

fn two_sites(one: &Origin, two: &Origin) -> String {
    format!(
        "listen = [\"127.0.0.1:0\", \"127.0.0.1:0\"]\n\
         [[sites]]\nname = \"one\"\nhosts = [\"one.example\", \"www.one.example\"]\norigin = \"{}\"\n\
         [[sites]]\nname = \"two\"\nhosts = [\"two.example\"]\norigin = \"{}\"\nprefix = \"/.choice/\"\nregime = \"notice\"\n",
        one.url(),
        two.url()
    )
}

async fn text(gateway: &Gateway, host: &str, path: &str) -> (u16, String) {
    let heard = Client::fetch(gateway.address(), host, path, &NAVIGATION).await;
    (heard.status, heard.text())
}

#[tokio::test]
async fn sites_are_found_by_host_and_others_are_misdirected() {
    let (one, two) = (named("first").await, named("second").await);
    let gateway = Gateway::configured(&two_sites(&one, &two)).listeners(2).start().await;
    assert_eq!(gateway.addresses.len(), 2);
    let check = async |host: &str, words: &str| {
        let (status, text) = text(&gateway, host, "/").await;
        assert!(status == 200 && text.contains(words), "{host}: {status} {text}");
    };
    check("one.example", "first").await;
    check("www.ONE.example:8080", "first").await;
    check("two.example.", "second").await;
    assert_eq!(text(&gateway, "three.example", "/").await.0, 421);
    assert_eq!(text(&gateway, "one.example", "/.consent/state").await.0, 200);
    assert_eq!(text(&gateway, "two.example", "/.choice/state").await.0, 200);
    assert!(
        text(&gateway, "two.example", "/.consent/state").await.1.contains("second"),
        "each site has its own reserved path"
    );
    assert!(one.seen_at("/.consent/state").is_empty(), "the reserved path never reaches the origin");
}

#[tokio::test]
async fn every_fault_of_every_file_is_told_at_once_with_its_place() {
    let folder = tempfile::tempdir().expect("a temporary folder can be made");
    let write = |name: &str, text: &str| {
        std::fs::write(folder.path().join(name), text).expect("a temporary folder can be written")
    };
    write("policy.toml", "format = 1\nregime = \"maybe\"\ncolour = \"red\"\n");
    write(
        "gateway.toml",
        "listen = [\"nowhere\"]\ncolour = 1\nworkers = 0\n[limits]\nconnections = -1\n[[sites]]\nname = \"a b\"\norigin = \"http://127.0.0.1:1\"\n",
    );
    let output = command(folder.path(), &["check", "--config", "gateway.toml"]);
    let told = printed(&output);
    assert_eq!(output.status.code(), Some(1), "{told}");
    for place in [
        "gateway.toml:1",
        "gateway.toml:2",
        "gateway.toml:5",
        "gateway.toml:7",
        "limits.connections",
        "workers: must be a whole number from 1 to 256",
    ] {
        assert!(told.contains(place), "{place} is not told:\n{told}");
    }
    write(
        "gateway.toml",
        "listen = [\"127.0.0.1:0\"]\n[[sites]]\nname = \"one\"\norigin = \"ftp://x\"\npolicy = \"policy.toml\"\n\
         [[sites]]\nname = \"one\"\nhosts = [\"two.example\"]\norigin = \"http://127.0.0.1:1\"\npolicy = \"missing.toml\"\n",
    );
    let told = printed(&command(folder.path(), &["check", "--config", "gateway.toml"]));
    for place in
        ["ftp://x", "missing.toml", "policy.toml:2: regime", "policy.toml:3: colour", "earlier site", "sites[0].hosts"]
    {
        assert!(told.contains(place), "{place} is not told:\n{told}");
    }
    let output = command(folder.path(), &["check", "policy.toml"]);
    let told = printed(&output);
    assert_eq!(output.status.code(), Some(1), "{told}");
    for words in ["policy.toml:2: regime", "policy.toml:3: colour", "purposes", "section", "effective", "contact"] {
        assert!(told.contains(words), "{words} is not told:\n{told}");
    }
    write(
        "gateway.toml",
        "listen = [\"127.0.0.1:0\"]\n[[sites]]\nname = \"two\"\norigin = \"http://127.0.0.1:1\"\npolicy = \"missing.toml\"\n",
    );
    let run = command(folder.path(), &["run", "--config", "gateway.toml"]);
    assert!(!run.status.success() && printed(&run).contains("missing.toml"), "{}", printed(&run));
    let starters = gateway_tests::folders::repository().join("policies/documents/starter");
    for name in ["opt-in", "opt-out", "notice"] {
        let file = starters.join(format!("{name}.toml"));
        let output = command(folder.path(), &["check", &file.to_string_lossy()]);
        assert!(output.status.success(), "{}", printed(&output));
    }
}

#[tokio::test]
async fn a_reload_swaps_everything_or_nothing() {
    let (one, two) = (named("first").await, named("second").await);
    let good = two_sites(&one, &two);
    let gateway = Gateway::configured(&good).listeners(2).start().await;
    let file = gateway.folder().join("gateway.toml");
    let write = |text: &str| std::fs::write(&file, text).expect("a temporary folder can be written");

    write(&good.replace("two.example", "moved.example").replace("notice", "perhaps"));
    gateway.reload();
    gateway.says("the old one stays").await;
    assert_eq!(text(&gateway, "two.example", "/").await.0, 200, "the old one still answers");
    assert_eq!(text(&gateway, "moved.example", "/").await.0, 421, "nothing of the faulty one is in force");

    write(&good.replace("two.example", "moved.example"));
    gateway.reload();
    wait::until_true("the new one is in force", || async { text(&gateway, "moved.example", "/").await.0 == 200 }).await;
    assert_eq!(text(&gateway, "two.example", "/").await.0, 421);
}

#[tokio::test]
async fn a_stop_lets_answers_under_way_finish() {
    let (pieces, receiver) = mpsc::channel(1);
    let receiver = std::sync::Arc::new(Mutex::new(Some(receiver)));
    let origin = RawOrigin::start(move |_| {
        let head = "HTTP/1.1 200 OK\r\nContent-Type: text/plain\r\nContent-Length: 10\r\n\r\nfirst";
        let receiver = receiver.try_lock().expect("asked once").take().expect("asked once");
        Answer::Pieces(head.as_bytes().to_vec(), receiver)
    });
    let origin = origin.await;
    let mut gateway = Gateway::before(&origin.url()).start().await;
    let address = gateway.address();
    let mut client = Client::connect(address, HOST).await;
    client.send(format!("GET / HTTP/1.1\r\nHost: {HOST}\r\n\r\n").as_bytes()).await;
    client.hear_head().await;
    assert_eq!(client.exactly(5).await, b"first");
    gateway.finish();
    wait::until_true("no new visitor is taken", || async { tokio::net::TcpStream::connect(address).await.is_err() })
        .await;
    pieces.send(b"later".to_vec()).await.expect("the origin writes");
    assert_eq!(client.exactly(5).await, b"later", "who was served is served to the end");
    drop(pieces);
    drop(client);
    assert!(gateway.ended().await.success(), "{}", gateway.log());
}

#[tokio::test]
async fn shadow_mode_judges_and_strips_nothing() {
    let origin = Origin::start(|_| Reply::page(gateway_tests::tags::page("en", "Shadow")).cookie("_ga=1")).await;
    let gateway = Gateway::before(&origin.url()).flag("--shadow").start().await;
    let headers = [&NAVIGATION[..], &[("Cookie", "_ga=1; consent=x")]].concat();
    let heard = Client::fetch(gateway.address(), HOST, "/", &headers).await;
    assert_eq!(heard.all("set-cookie"), ["_ga=1"]);
    assert!(origin.last_at("/").cookie_names().contains(&"_ga".into()));
    assert_eq!(heard.text(), gateway_tests::tags::page("en", "Shadow"), "the page goes out as it came");
}

#[tokio::test]
async fn unknown_names_follow_the_switch() {
    let origin =
        Origin::start(|_| Reply::page("<!doctype html><title>T</title>").cookie("nobody_knows=1; Path=/")).await;
    for (unknown, set, sent) in [("observe", true, true), ("quarantine", false, true), ("deny", false, false)] {
        let text = format!(
            "listen = [\"127.0.0.1:0\"]\n[[sites]]\nname = \"shop\"\norigin = \"{}\"\nunknown = \"{unknown}\"\n",
            origin.url()
        );
        let gateway = Gateway::configured(&text).start().await;
        let headers = [&NAVIGATION[..], &[("Cookie", "nobody_knows=0")]].concat();
        let heard = Client::fetch(gateway.address(), HOST, "/", &headers).await;
        let newly = heard.all("set-cookie").iter().any(|line| line.starts_with("nobody_knows=1"));
        let reached = origin.last_at("/").cookie_names() == ["nobody_knows"];
        assert_eq!((newly, reached), (set, sent), "{unknown}: {:?}", heard.all("set-cookie"));
    }
}

#[tokio::test]
async fn the_configuration_that_the_readme_shows_has_no_fault() {
    let folder = tempfile::tempdir().expect("a temporary folder can be made");
    let readme = std::fs::read_to_string(gateway_tests::folders::repository().join("README.md")).expect("a README");
    let blocks = readme.split("```toml\n").skip(1).filter_map(|rest| rest.split("```").next());
    let (of_policy, shown): (Vec<&str>, Vec<&str>) = blocks.partition(|block| block.starts_with("[[trackers]]"));
    let (of_policy, shown) = (of_policy.concat(), shown.concat());
    assert!(
        !of_policy.is_empty() && shown.contains("[[sites.regions]]"),
        "all that it shows is one file and its policy"
    );
    let write = |name: &str, text: &str| {
        std::fs::write(folder.path().join(name), text).expect("a temporary folder can be written");
    };
    write("gateway.toml", &shown);
    write("countries.csv", "203.0.113.0/24,KR\n");
    write("shop-policy.toml", &format!("{}\n{of_policy}", starter("opt-in")));
    let authority = gateway_tests::certificates::Authority::fresh();
    for (name, host) in [("shop", "shop.example"), ("other", "other.example")] {
        let (certificate, key) = authority.identity(&[host]).write(folder.path());
        std::fs::rename(certificate, folder.path().join(format!("{name}.pem"))).expect("it was written");
        std::fs::rename(key, folder.path().join(format!("{name}.key"))).expect("it was written");
    }
    std::fs::copy(folder.path().join("shop.pem"), folder.path().join("ca.pem")).expect("it was written");
    let told = printed(&command(folder.path(), &["check", "--config", "gateway.toml"]));
    assert!(told.contains("no faults"), "{told}");
}

fn starter(name: &str) -> String {
    let file = gateway_tests::folders::repository().join(format!("policies/documents/starter/{name}.toml"));
    std::fs::read_to_string(file).expect("a starter policy")
}
