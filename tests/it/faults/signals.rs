//! Signals while visitors ask: nobody who was let in goes without an answer.

use gateway_tests::{Gateway, Origin, Reply, wait};

use super::load::{BODY, Load};
use crate::store::ask;
use crate::visitors::choose;

/// How many answers are waited for between two things.
const SOME: usize = 200;

async fn more(load: &Load) {
    let before = load.answered();
    wait::until_true("the load goes on", || async { load.answered() >= before + SOME }).await;
}

#[tokio::test]
async fn a_reload_under_load_loses_no_request() {
    let origin = Origin::start(|_| Reply::of("text/plain", BODY)).await;
    let site = format!("[[sites]]\nname = \"shop\"\norigin = \"{}\"\n", origin.url());
    let text = format!("listen = [\"127.0.0.1:0\"]\ndata = \"data\"\n{site}");
    let gateway = Gateway::configured(&text).start().await;
    let load = Load::on(gateway.address());
    for number in 0..10 {
        // Every other time the file is broken, and the old configuration stays.
        let written = if number % 2 == 0 { text.clone() } else { text.replace("origin", "orogin") };
        std::fs::write(gateway.folder().join("gateway.toml"), written).expect("a temporary folder can be written");
        gateway.reload();
        more(&load).await;
    }
    let (answered, lost) = load.end().await;
    assert!(lost.is_empty(), "{} of {answered} were lost: {lost:?}", lost.len());
    assert!(gateway.log().contains("read again") && gateway.log().contains("the old one stays"), "{}", gateway.log());
}

#[tokio::test]
async fn a_stop_under_load_answers_everybody_who_was_let_in() {
    let origin = Origin::start(|_| Reply::of("text/plain", BODY)).await;
    let mut gateway = Gateway::before(&origin.url()).start().await;
    let load = Load::on(gateway.address());
    more(&load).await;
    gateway.finish();
    assert!(gateway.ended().await.success(), "{}", gateway.log());
    let (answered, lost) = load.end().await;
    assert!(lost.is_empty(), "{} of {answered} were lost: {lost:?}", lost.len());
    assert!(!gateway.log().contains("cut off"), "{}", gateway.log());
}

#[tokio::test]
async fn a_stop_is_bounded_although_somebody_never_ends() {
    let origin = gateway_tests::RawOrigin::start(|_| gateway_tests::raw_origin::Answer::Silence).await;
    let text = format!(
        "listen = [\"127.0.0.1:0\"]\ndata = \"data\"\n[limits]\nstop_seconds = 1\n[[sites]]\nname = \"shop\"\norigin = \"{}\"\n",
        origin.url()
    );
    let mut gateway = Gateway::configured(&text).start().await;
    let mut client = gateway_tests::Client::connect(gateway.address(), "shop.example").await;
    client.send(b"GET / HTTP/1.1\r\nHost: shop.example\r\n\r\n").await;
    wait::until_true("it is under way", || async { !origin.asked().is_empty() }).await;
    let started = std::time::Instant::now();
    gateway.finish();
    assert!(gateway.ended().await.success(), "{}", gateway.log());
    assert!(started.elapsed() < std::time::Duration::from_secs(10), "{:?}", started.elapsed());
    gateway.says("cut off").await;
}

#[tokio::test]
async fn a_kill_in_the_midst_of_choices_loses_no_grant_that_was_answered() {
    let origin = Origin::start(|_| Reply::page("<!doctype html><title>T</title>")).await;
    let folder = tempfile::tempdir().expect("a temporary folder can be made");
    let mut answered = 0;
    for _ in 0..3 {
        let mut gateway = Gateway::before(&origin.url()).data(folder.path()).start().await;
        let address = gateway.address();
        let granted = std::sync::Arc::new(std::sync::atomic::AtomicUsize::new(0));
        let visitors: Vec<_> = (0..4)
            .map(|_| {
                let granted = std::sync::Arc::clone(&granted);
                tokio::spawn(async move {
                    loop {
                        let heard = choose(address, "accept_all", &[], &[]).await;
                        if heard.status == 200 {
                            granted.fetch_add(1, std::sync::atomic::Ordering::SeqCst);
                        }
                    }
                })
            })
            .collect();
        wait::until_true("grants are answered", || async { granted.load(std::sync::atomic::Ordering::SeqCst) >= 20 })
            .await;
        gateway.kill();
        assert!(!gateway.ended().await.success());
        // Each visitor's task ends with the connection that it can't have any more.
        for visitor in visitors {
            visitor.await.expect_err("a gateway that is gone answers nobody");
        }
        answered += granted.load(std::sync::atomic::Ordering::SeqCst);
    }
    let gateway = Gateway::before(&origin.url()).data(folder.path()).start().await;
    assert_eq!(choose(gateway.address(), "accept_all", &[], &[]).await.status, 200, "{}", gateway.log());
    let stored = ask(folder.path(), "select count(*) from record where act = 'accept_all'");
    let stored: usize = stored.trim_matches(['[', ']', '(', ')', ',']).parse().expect("a number");
    assert!(stored > answered, "{answered} grants and one more were answered, {stored} are stored");
    assert_eq!(ask(folder.path(), "pragma integrity_check"), "[('ok',)]");
}
