//! A site that runs elsewhere, tried out by one command: what it sets and calls before any answer is told, and then it is served with the
//! gateway in front. Refuses to look into the visits: what counts is what was printed, and what the site was asked for.

use gateway_tests::client::Client;
use gateway_tests::gateway::{command, printed};
use gateway_tests::process::Process;
use gateway_tests::{Origin, Reply, Seen, wait};

/// Whatever isn't loopback stays unreachable.
const ALONE: &str = "--host-resolver-rules=MAP * ~NOTFOUND, EXCLUDE 127.0.0.1";

fn shop(seen: &Seen) -> Reply {
    match seen.path_only() {
        "/" => Reply::page(
            "<!doctype html><title>Shop</title><script src=\"http://www.google-analytics.com/analytics.js\"></script>\
             <script src=\"/own.js\"></script><a href=\"/basket?x=1\">basket</a><a href=\"/basket?x=2\">again</a><a href=\"/logout\">out</a>",
        )
        .with("set-cookie", "PHPSESSID=secret1; Path=/; HttpOnly; Secure; SameSite=None")
        .with("set-cookie", "_ga=secret2; Max-Age=63072000; Path=/; Domain=127.0.0.1"),
        "/own.js" => Reply::of(
            "text/javascript",
            "document.cookie = 'made_by_script=secret3; max-age=86400';\
             localStorage.setItem('look', 'secret4');\
             fetch('http://late.other.example/count?v=secret5').catch(() => {});",
        ),
        "/basket" => Reply::page("<!doctype html><title>Basket</title>").with("set-cookie", "cart_81f2a9=secret6"),
        "/moved" => Reply::status(302).with("location", "http://login.elsewhere.example/"),
        _ => Reply::status(404),
    }
}

async fn tried(origin: &Origin, path: &str, more: &[&'static str]) -> (bool, String) {
    let address = format!("{}{path}", origin.url());
    let more = more.to_vec();
    let run = move || {
        let folder = tempfile::tempdir().expect("a temporary folder can be made");
        let arguments: Vec<&str> = ["try", address.as_str(), "--once"].into_iter().chain(more).collect();
        let output = command(folder.path(), &arguments);
        let left = std::fs::read_dir(folder.path()).expect("the folder can be read").count();
        assert_eq!(left, 0, "nothing is left where it was called");
        (output.status.success(), printed(&output))
    };
    tokio::task::spawn_blocking(run).await.expect("the command ends")
}

fn check(told: &str, lines: &[&str]) {
    let squeezed: Vec<String> =
        told.lines().map(|line| line.split_whitespace().collect::<Vec<_>>().join(" ")).collect();
    for line in lines {
        assert!(squeezed.iter().any(|told| told.starts_with(line)), "{line:?} is not in\n{told}");
    }
    assert!(!told.contains("secret"), "no value and no query is told:\n{told}");
}

#[tokio::test]
async fn with_a_browser_what_scripts_set_and_call_is_told_too() {
    let origin = Origin::start(shop).await;
    let (well, told) = tried(&origin, "/", &["--browser-argument", ALONE]).await;
    assert!(well, "{told}");
    check(
        &told,
        &[
            "2 pages looked at before any answer, with a browser.",
            "PHPSESSID until the browser closes nobody says what for",
            "_ga P400D analytics, Google LLC; waits for a yes",
            "cart_# until the browser closes nobody says what for",
            "made_by_script P1D nobody says what for",
            "look local storage nobody says what for",
            "late.other.example nobody says what for",
            "www.google-analytics.com analytics, Google LLC; waits for a yes",
            "# prefix = \"cart_\"",
            "# host = \"late.other.example\"",
        ],
    );
    assert!(origin.seen_at("/logout").is_empty(), "nothing is done by looking");
    assert!(origin.seen_at("/basket").len() <= 1, "one path is looked at once");
}

#[tokio::test]
async fn without_a_browser_it_looks_by_http_alone_and_says_so() {
    let origin = Origin::start(shop).await;
    let (well, told) = tried(&origin, "/", &["--no-browser"]).await;
    assert!(well, "{told}");
    check(
        &told,
        &[
            "2 pages looked at before any answer, by HTTP alone: what scripts set or call is not seen.",
            "_ga P2Y analytics, Google LLC; waits for a yes",
            "www.google-analytics.com analytics, Google LLC; waits for a yes",
        ],
    );
    assert!(!told.contains("made_by_script"), "{told}");
}

#[tokio::test]
async fn where_there_is_nothing_to_look_at_one_sentence_says_why() {
    let origin = Origin::start(shop).await;
    let (well, told) = tried(&origin, "/moved", &["--no-browser"]).await;
    assert!(!well && told.contains("leads to another site, http://login.elsewhere.example/"), "{told}");
    let (well, told) = tried(&origin, "/own.js", &["--no-browser"]).await;
    assert!(!well && told.contains("is no page but \"text/javascript"), "{told}");
    let nobody = std::net::TcpListener::bind("127.0.0.1:0")
        .and_then(|taken| taken.local_addr())
        .expect("a port that is free again");
    let told = printed(&command(&std::env::temp_dir(), &["try", &format!("http://{nobody}/"), "--once"]));
    assert!(told.contains("can't be reached: nothing to look at"), "{told}");
    let told = printed(&command(&std::env::temp_dir(), &["try", "ftp://shop.example"]));
    assert!(told.contains("write it as https://www.example.com"), "{told}");
}

#[tokio::test]
async fn in_the_end_it_is_served_with_the_gateway_in_front_and_leaves_nothing_behind() {
    let origin = Origin::start(shop).await;
    let folder = tempfile::tempdir().expect("a temporary folder can be made");
    let mut command = std::process::Command::new(gateway_tests::folders::gateway_binary());
    command.args(["try", &origin.url(), "--no-browser", "--listen", "127.0.0.1:0"]).env("TMPDIR", folder.path());
    let mut process = Process::start("the trial", command);
    let address = wait::until("the site is served", || async {
        let told = process.complaints.text();
        let (_, address) = told.split_once("with the gateway in front: http://")?;
        address.split('/').next()?.parse().ok()
    });
    let page = Client::fetch(address.await, "127.0.0.1", "/", &[("sec-fetch-dest", "document")]).await;
    assert!(page.text().contains("consent-banner"), "{}", page.text());
    // Kept on http; and nobody has answered.
    let consent = |line: &String| line.starts_with("consent");
    let set: Vec<String> = page.all("set-cookie").into_iter().filter(|line| !consent(line)).collect();
    assert_eq!(set, ["PHPSESSID=secret1; Path=/; HttpOnly"]);
    process.signal("INT");
    assert!(process.ended().await.success());
    assert_eq!(std::fs::read_dir(folder.path()).expect("the folder can be read").count(), 0, "nothing is left");
}
