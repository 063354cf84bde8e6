//! `consent-gateway preview` in a real browser: what is edited in the files is shown at once, faults in the terminal's own sentences, and
//! nothing of it stays. Refuses to look into the command: what counts is what stands in its page.

use std::path::Path;
use std::process::Command;

use gateway_tests::gateway::{command, printed};
use gateway_tests::process::Process;
use gateway_tests::{Browser, Client, folders, wait};
use serde_json::{Value, json};
use thirtyfour::By;

/// The host of the page; each view is a host below it.
const HOST: &str = "preview.localhost";

fn text(more: &str) -> String {
    format!(
        "listen = [\"0.0.0.0:443\"]\nadmin = \"127.0.0.1:9900\"\ndata = \"data\"\n\
         [[sites]]\nname = \"shop\"\nhosts = [\"shop.example\"]\norigin = \"https://shop.example\"\npolicy = \"policy.toml\"\n\
         languages = [\"en\", \"ko\"]\n{more}"
    )
}

/// A preview of a configuration in a folder of its own, and a browser that looks at it.
struct Stage {
    folder: tempfile::TempDir,
    process: Process,
    browser: Browser,
    port: u16,
}

impl Stage {
    async fn open(text: &str) -> Self {
        let folder = tempfile::tempdir().expect("a temporary folder can be made");
        let policy = folders::repository().join("policies/documents/starter/opt-in.toml");
        std::fs::copy(policy, folder.path().join("policy.toml")).expect("a policy can be copied");
        std::fs::create_dir(folder.path().join("own")).expect("a folder can be made");
        write(folder.path(), "gateway.toml", text);
        let mut command = Command::new(folders::gateway_binary());
        command.args(["preview", "--config", "gateway.toml", "--listen", "127.0.0.1:0"]);
        command.current_dir(folder.path()).env("TMPDIR", folder.path().join("own"));
        let process = Process::start("the preview", command);
        let port = wait::until("its address is told", || async {
            let told = process.output.text();
            let (_, address) = told.split_once("preview http://preview.localhost:")?;
            address.split('/').next()?.parse().ok()
        });
        let port: u16 = port.await;
        let browser = Browser::plan().host(HOST, port, port).host(&format!("*.{HOST}"), port, port);
        let browser = browser.view(1500, 1000).start().await;
        browser.open(&format!("http://{HOST}:{port}/")).await;
        Self { folder, process, browser, port }
    }

    fn save(&self, name: &str, text: &str) {
        write(self.folder.path(), name, text);
    }

    /// Waits until a script in a view's frame returns this.
    async fn shows(&self, view: &str, script: &str, expect: impl Into<Value>) {
        let expect: Value = expect.into();
        let last = std::cell::RefCell::new(Value::Null);
        let look = || async {
            let found = self.look(view, script).await?;
            let seen = found == expect;
            *last.borrow_mut() = found;
            seen.then_some(())
        };
        let seen = tokio::time::timeout(wait::PATIENCE / 2, wait::until(&format!("{view} shows {expect}"), look)).await;
        assert!(seen.is_ok(), "{view} does not show {expect} but {}", last.borrow());
    }

    async fn look(&self, view: &str, script: &str) -> Option<Value> {
        let driver = self.browser.driver();
        driver.enter_default_frame().await.ok()?;
        let frame = driver.find(By::Css(format!("#{view} iframe.phone"))).await.ok()?;
        frame.enter_frame().await.ok()?;
        let found = driver.execute(script, Vec::new()).await.ok().map(|found| found.json().clone());
        driver.enter_default_frame().await.ok()?;
        found
    }
}

fn write(folder: &Path, name: &str, text: &str) {
    std::fs::write(folder.join(name), text).expect("a temporary folder can be written");
}

fn word(css: &str) -> String {
    format!("return document.querySelector({css:?})?.textContent;")
}

fn ground(css: &str) -> String {
    format!("const found = document.querySelector({css:?}); return found && getComputedStyle(found).backgroundColor;")
}

#[tokio::test]
async fn every_view_is_the_gateway_s_own_as_the_configuration_has_it() {
    let stage =
        Stage::open(&text("[sites.look]\naccent = \"#5b2a86\"\n[sites.words.en.banner]\nrefuse = \"No to all\"\n"))
            .await;
    stage.shows("banner", &word("#consent-refuse"), json!("No to all")).await;
    stage.shows("banner", &ground("#consent-accept"), json!("rgb(91, 42, 134)")).await;
    let shown = "return document.querySelector('#consent-banner')?.checkVisibility() && [document.querySelector('#consent-choose').open, innerWidth];";
    stage.shows("banner", shown, json!([false, 360])).await;
    stage.shows("open", shown, json!([true, 360])).await;
    stage.shows("settings", &word("#consent-refuse"), json!("No to all")).await;
    stage.shows("prompt", &word("#consent-ask h2"), json!("Store this?")).await;
    stage.shows("policy", &word("h1"), json!("Policy on cookies")).await;
    let inner = "const held = document.getElementById('held')?.contentDocument?.getElementById('consent-once');
        return held && held.ownerDocument.defaultView.getComputedStyle(held).backgroundColor;";
    stage.shows("placeholder", inner, json!("rgb(91, 42, 134)")).await;
    // In Korean, by night.
    stage.browser.open(&format!("http://{HOST}:{}/?lang=ko&scheme=dark", stage.port)).await;
    stage.shows("banner", &word("#consent-refuse"), json!("모두 거부")).await;
    stage.shows("prompt", &word("#consent-ask h2"), json!("저장할까요?")).await;
    stage.shows("banner", &ground("#consent-banner"), json!("rgb(34, 34, 34)")).await;
    let picture = folders::pictures().join("preview.png");
    stage.browser.picture(&picture).await;
}

#[tokio::test]
async fn what_is_saved_is_shown_a_fault_in_its_place_and_mended_it_comes_back() {
    let stage = Stage::open(&text("")).await;
    stage.shows("banner", &word("#consent-accept"), json!("Accept all")).await;
    stage.save(
        "gateway.toml",
        &text("[sites.look]\naccent = \"#006644\"\n[sites.words.en.banner]\naccept = \"Yes to all\"\n"),
    );
    stage.shows("banner", &word("#consent-accept"), json!("Yes to all")).await;
    stage.shows("banner", &ground("#consent-refuse"), json!("rgb(0, 102, 68)")).await;
    // The configuration breaks, then the policy: the same sentences as in the terminal.
    let broken = text("[sites.words.en.banner]\naccept = \"Yes to all\"\nrefuse = \"yes to all\"\n");
    stage.save("gateway.toml", &broken);
    stage.browser.until("document.querySelector('#faults li')").await;
    assert!(!stage.browser.has("iframe").await, "nothing else is shown meanwhile");
    let told = stage.browser.text("#faults").await;
    let terminal = printed(&command(stage.folder.path(), &["check", "--config", "gateway.toml"]));
    let sentence = "gateway.toml:11: sites[0].words.en.banner.accept: accept and refuse say the same: nobody could tell one answer from the other";
    assert!(told.contains(sentence) && terminal.contains(sentence), "{told}\n{terminal}");
    stage.save("gateway.toml", &text(""));
    stage.shows("banner", &word("#consent-accept"), json!("Accept all")).await;
    let policy = std::fs::read_to_string(stage.folder.path().join("policy.toml")).expect("a policy");
    stage.save("policy.toml", &policy.replacen("regime", "regimen", 1));
    stage.browser.until("document.querySelector('#faults')?.textContent.includes('policy.toml')").await;
    stage.save("policy.toml", &policy.replacen("en = \"", "en = \"Changed: ", 1));
    stage.browser.until("!document.querySelector('#faults') && document.querySelector('#policy iframe')").await;
    stage.shows("policy", "return document.body?.textContent.includes('Changed: ');", json!(true)).await;
}

#[tokio::test]
async fn an_answer_can_be_tried_and_begun_anew_and_nothing_stays() {
    let mut stage = Stage::open(&text("")).await;
    let answer = "const refuse = document.querySelector('#consent-refuse'); refuse?.click();
        return !refuse?.checkVisibility() && !!document.querySelector('#consent-settings')?.checkVisibility();";
    stage.shows("banner", answer, json!(true)).await;
    stage.browser.click("header button").await;
    stage.shows("banner", "return document.querySelector('#consent-banner')?.checkVisibility();", json!(true)).await;
    assert!(!stage.folder.path().join("data").exists(), "the owner's data folder isn't made");
    assert_eq!(std::fs::read_dir(stage.folder.path().join("own")).expect("a folder").count(), 1);
    let address = std::net::SocketAddr::from(([127, 0, 0, 1], stage.port));
    for (host, status) in [(HOST, 200), ("localhost", 200), ("evil.example", 421), ("xpreview.localhost", 421)] {
        assert_eq!(Client::fetch(address, host, "/", &[]).await.status, status, "{host}");
    }
    stage.process.signal("TERM");
    assert!(stage.process.ended().await.success());
    assert_eq!(std::fs::read_dir(stage.folder.path().join("own")).expect("a folder").count(), 0, "its folder is gone");
}

#[tokio::test]
async fn it_begins_with_faults_too_and_serves_this_machine_alone() {
    let stage = Stage::open(&text("nonsense = 1\n")).await;
    let told = stage.browser.text("#faults").await;
    assert!(told.contains("gateway.toml:10: sites[0].nonsense: is not a key"), "{told}");
    stage.save("gateway.toml", &text(""));
    stage.shows("banner", &word("#consent-accept"), json!("Accept all")).await;
    let refused = command(stage.folder.path(), &["preview", "--config", "gateway.toml", "--listen", "0.0.0.0:0"]);
    assert!(printed(&refused).contains("0.0.0.0:0 is not this machine alone"), "{}", printed(&refused));
    let other = command(
        stage.folder.path(),
        &["preview", "--config", "gateway.toml", "--listen", &format!("127.0.0.1:{}", stage.port)],
    );
    assert!(printed(&other).contains("choose another port with --listen"), "{}", printed(&other));
}
