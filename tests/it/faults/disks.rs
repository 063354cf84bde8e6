//! A disk that is full, as the system says it: a small file system of its own with the data folder on it.

use std::path::Path;
use std::process::Command;

use gateway_tests::{Gateway, Origin, Reply, wait};

use crate::store::ask;
use crate::visitors::{choose, page};

/// A file system in memory of some megabytes, until it is dropped.
pub(crate) struct SmallDisk(tempfile::TempDir);

impl SmallDisk {
    pub(crate) fn of(megabytes: u32) -> Self {
        let folder = tempfile::tempdir().expect("a temporary folder can be made");
        let mounted = Command::new("mount")
            .args(["-t", "tmpfs", "-o", &format!("size={megabytes}m"), "none"])
            .arg(folder.path())
            .output()
            .expect("there is a command mount");
        let why = String::from_utf8_lossy(&mounted.stderr).into_owned();
        assert!(mounted.status.success(), "a small file system can't be mounted (this test needs root): {why}");
        Self(folder)
    }

    pub(crate) fn path(&self) -> &Path {
        self.0.path()
    }

    /// Writes until nothing more fits.
    pub(crate) fn fill(&self) {
        let blocks = vec![0_u8; 64 * 1024];
        let mut file = std::fs::File::create(self.path().join("filler")).expect("the small disk can be written");
        while std::io::Write::write_all(&mut file, &blocks).is_ok() {}
        // What the last block left.
        while std::io::Write::write_all(&mut file, &[0; 512]).is_ok() {}
    }

    pub(crate) fn empty(&self) {
        std::fs::remove_file(self.path().join("filler")).expect("the filler is there");
    }
}

impl Drop for SmallDisk {
    fn drop(&mut self) {
        let ended = Command::new("umount").arg("-l").arg(self.path()).status();
        assert!(
            ended.is_ok_and(|status| status.success()) || std::thread::panicking(),
            "the small disk can't be taken away"
        );
    }
}

#[tokio::test]
async fn a_full_disk_refuses_grants_and_keeps_the_site_and_refusals_working() {
    let disk = SmallDisk::of(8);
    let origin =
        Origin::start(|_| Reply::page("<!doctype html><title>T</title><body><p>works</p>").cookie("_ga=1")).await;
    let gateway = Gateway::before(&origin.url()).data(&disk.path().join("data")).start().await;
    assert_eq!(choose(gateway.address(), "accept_all", &[], &[]).await.status, 200);
    disk.fill();
    let refused = wait::until("a grant can't be stored", || async {
        let heard = choose(gateway.address(), "accept_all", &[], &[]).await;
        (heard.status != 200).then_some(heard)
    });
    let refused = refused.await;
    assert_eq!(refused.status, 503, "no durable record, no grant: {}", refused.text());
    assert!(refused.set_cookie("consent").is_none());
    let refusal = choose(gateway.address(), "refuse_all", &[], &[]).await;
    assert_eq!(refusal.status, 200, "{}", refusal.text());
    let cookie = refusal.set_cookie("consent").expect("a refusal is kept by its cookie");
    let heard = page(gateway.address(), "/", &[("Cookie", &cookie)]).await;
    assert!(
        heard.text().contains("works") && heard.all("set-cookie").iter().all(|line| !line.starts_with("_ga")),
        "{}",
        heard.text()
    );
    assert!(gateway.log().to_lowercase().contains("full"), "a clear message: {}", gateway.log());
    disk.empty();
    wait::until_true("grants are stored again", || async {
        choose(gateway.address(), "accept_all", &[], &[]).await.status == 200
    })
    .await;
    assert_eq!(ask(&disk.path().join("data"), "pragma integrity_check"), "[('ok',)]");
}
