//! A clock that is stepped under a running gateway, by Debian's faketime. Waits are measured by another clock, and choices keep their meaning.

use std::path::Path;
use std::process::Command;
use std::sync::LazyLock;

use gateway_tests::gateway::Plan;
use gateway_tests::{Gateway, Origin, Reply, wait};

use crate::visitors::{chosen, page, state};

/// Where the library is that faketime preloads: asked once, since it gets in its own way where several ask.
pub(crate) fn library() -> String {
    static LIBRARY: LazyLock<String> = LazyLock::new(|| {
        let output = Command::new("faketime").args(["-f", "+0", "env"]).output();
        let output = output.expect("faketime is there: run `make deps`");
        let text = String::from_utf8_lossy(&output.stdout).into_owned();
        let line = text.lines().find_map(|line| line.strip_prefix("LD_PRELOAD="));
        line.expect("faketime preloads its library").to_owned()
    });
    LIBRARY.clone()
}

/// A gateway that goes by the clock in a file; see [`step`].
pub(crate) fn following(plan: Plan, clock: &Path) -> Plan {
    plan.variable("LD_PRELOAD", library())
        .variable("FAKETIME_TIMESTAMP_FILE", clock)
        .variable("FAKETIME_NO_CACHE", "1")
        .variable("FAKETIME_DONT_FAKE_MONOTONIC", "1")
}

pub(crate) fn step(file: &Path, days: i32) {
    let next = file.with_extension("next");
    std::fs::write(&next, format!("{days:+}d\n")).expect("a temporary folder can be written");
    std::fs::rename(next, file).expect("a temporary folder can be written");
}

#[tokio::test]
async fn a_clock_that_is_stepped_leaves_choices_their_meaning() {
    let origin =
        Origin::start(|_| Reply::page("<!doctype html><title>T</title><body><p>works</p>").cookie("_ga=1; Path=/"))
            .await;
    let folder = tempfile::tempdir().expect("a temporary folder can be made");
    let clock = folder.path().join("clock");
    step(&clock, 0);
    let gateway = following(Gateway::before(&origin.url()), &clock).start().await;
    let granted = chosen(gateway.address(), "accept_all", &[]).await;
    let refused = chosen(gateway.address(), "refuse_all", &[]).await;
    let decided = async |cookie: &str| state(gateway.address(), &[("Cookie", cookie)]).await["decided"] == true;
    let tracked = async |cookie: &str| {
        let heard = page(gateway.address(), "/", &[("Cookie", cookie)]).await;
        assert!(heard.text().contains("works"), "{}", heard.text());
        heard.all("set-cookie").iter().any(|line| line.starts_with("_ga=1"))
    };
    for days in [0, 30, -30, -4_000, 150, 0] {
        step(&clock, days);
        assert!(decided(&granted).await && tracked(&granted).await, "a grant holds {days} days from then");
        assert!(decided(&refused).await && !tracked(&refused).await, "a refusal holds {days} days from then");
    }
    step(&clock, 400);
    wait::until_true("a grant has an end", || async { !decided(&granted).await }).await;
    assert!(!tracked(&granted).await && !tracked(&refused).await);
    let later = chosen(gateway.address(), "accept_all", &[]).await;
    assert!(tracked(&later).await, "a new one is taken by the new clock");
    step(&clock, 0);
    wait::until_true("the clock is back", || async { decided(&granted).await }).await;
    assert!(tracked(&granted).await, "what was granted holds again when the clock is right again");
    assert!(!gateway.log().contains("panic"), "{}", gateway.log());
}
