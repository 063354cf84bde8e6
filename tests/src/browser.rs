//! A real Chromium, driven over WebDriver by a chromedriver of its own. Refuses to reach any host that a test did not map to loopback. Invariant:
//! each browser starts with an empty profile and ends with its driver.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

use serde_json::{Value, json};
use tempfile::TempDir;
use thirtyfour::prelude::*;
use thirtyfour::{ChromiumLikeCapabilities, LoggingPrefsLogLevel};

use crate::chromedriver;
use crate::process::Process;
use crate::wait;

/// What of Chromium's own traffic and habits is switched off: the tests are about pages.
const QUIET: [&str; 14] = [
    "--headless=new",
    "--no-sandbox",
    "--disable-gpu",
    "--disable-dev-shm-usage",
    "--disable-quic",
    "--no-first-run",
    "--no-default-browser-check",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
    "--disable-extensions",
    "--disable-search-engine-choice-screen",
    "--ignore-certificate-errors",
    "--disable-features=HttpsUpgrades,HttpsFirstBalancedModeAutoEnable,MediaRouter,OptimizationHints,Translate",
];

/// A browser about to be started.
#[derive(Default)]
pub struct Plan {
    hosts: Vec<String>,
    language: Option<String>,
    no_script: bool,
    no_cookies: bool,
    size: Option<(u32, u32)>,
    headers: BTreeMap<String, String>,
    trace: Option<(PathBuf, u32)>,
}

/// A running browser with one tab.
pub struct Browser {
    driver: WebDriver,
    port: u16,
    // Dropped in this order, after the session was ended: the driver's process, the profile.
    _process: Process,
    _profile: TempDir,
}

/// A cookie as the browser keeps it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Kept {
    /// Its name.
    pub name: String,
    /// Its value.
    pub value: String,
    /// Its domain, with a leading dot unless it is for the host only.
    pub domain: String,
    /// Its path.
    pub path: String,
    /// Whether scripts can't read it.
    pub http_only: bool,
    /// Whether it goes over https only.
    pub secure: bool,
    /// Whether it ends with the session.
    pub session: bool,
    /// `Strict`, `Lax`, `None` or empty.
    pub same_site: String,
}

impl Plan {
    /// Finds this host and port at a port of loopback.
    #[must_use]
    pub fn host(mut self, host: &str, port: u16, at: u16) -> Self {
        self.hosts.push(format!("MAP {host}:{port} 127.0.0.1:{at}"));
        self
    }

    /// Finds all these hosts' https at a port of loopback.
    #[must_use]
    pub fn trackers(mut self, hosts: &[&str], at: u16) -> Self {
        for host in hosts {
            self = self.host(host, 443, at);
        }
        self
    }

    /// Prefers this language (`ko-KR`).
    #[must_use]
    pub fn language(mut self, language: &str) -> Self {
        self.language = Some(String::from(language));
        self
    }

    /// Runs no script of pages.
    #[must_use]
    pub fn without_script(mut self) -> Self {
        self.no_script = true;
        self
    }

    /// Tells pages that it keeps no cookies.
    #[must_use]
    pub fn without_cookies(mut self) -> Self {
        self.no_cookies = true;
        self
    }

    /// Has a view of this size.
    #[must_use]
    pub fn view(mut self, width: u32, height: u32) -> Self {
        self.size = Some((width, height));
        self
    }

    /// Sends one more header with every request.
    #[must_use]
    pub fn header(mut self, name: &str, value: &str) -> Self {
        self.headers.insert(String::from(name), String::from(value));
        self
    }

    /// Writes what its threads do in its first seconds to a file, in Chromium's trace format, when they are over.
    #[must_use]
    pub fn traced(mut self, file: &Path, seconds: u32) -> Self {
        self.trace = Some((file.to_path_buf(), seconds));
        self
    }

    /// Starts it.
    pub async fn start(self) -> Browser {
        let (process, port) = chromedriver::start().await;
        let profile = TempDir::new().expect("a temporary folder can be made");
        let capabilities = self.capabilities(profile.path()).expect("capabilities are plain JSON");
        let driver =
            wait::within("Chromium starts", WebDriver::new(format!("http://127.0.0.1:{port}"), capabilities)).await;
        let driver = driver.unwrap_or_else(|error| {
            panic!("Chromium does not start: {error}; run `make deps`\n{}", process.complaints.text())
        });
        let browser = Browser { driver, port, _process: process, _profile: profile };
        browser.prepare(&self).await;
        browser
    }

    fn capabilities(&self, profile: &Path) -> WebDriverResult<thirtyfour::ChromiumCapabilities> {
        let mut capabilities = DesiredCapabilities::chromium();
        // Debian's driver answers to Chrome's name alone; Chromium's own is an alias there.
        capabilities.as_mut().set("browserName", "chrome")?;
        for argument in QUIET {
            capabilities.add_arg(argument)?;
        }
        capabilities.add_arg(&format!("--user-data-dir={}", profile.display()))?;
        let rules = self.hosts.iter().map(String::as_str);
        let rules: Vec<&str> = rules.chain(["MAP * ~NOTFOUND", "EXCLUDE 127.0.0.1", "EXCLUDE localhost"]).collect();
        capabilities.add_arg(&format!("--host-resolver-rules={}", rules.join(", ")))?;
        if let Some((file, seconds)) = &self.trace {
            capabilities.add_arg("--trace-startup=devtools.timeline")?;
            capabilities.add_arg("--trace-startup-format=json")?;
            capabilities.add_arg(&format!("--trace-startup-file={}", file.display()))?;
            capabilities.add_arg(&format!("--trace-startup-duration={seconds}"))?;
        }
        let mut preferences = json!({ "profile.default_content_setting_values.notifications": 2 });
        if let Some(language) = &self.language {
            capabilities.add_arg(&format!("--lang={language}"))?;
            capabilities.add_arg(&format!("--accept-lang={language}"))?;
            preferences["intl.accept_languages"] = json!(language);
        }
        if self.no_script {
            preferences["profile.managed_default_content_settings.javascript"] = json!(2);
        }
        capabilities.add_experimental_option("prefs", preferences)?;
        capabilities.set_browser_log_level(LoggingPrefsLogLevel::All)?;
        Ok(capabilities)
    }
}

impl Browser {
    /// A browser for a test to describe.
    pub fn plan() -> Plan {
        Plan::default()
    }

    async fn prepare(&self, plan: &Plan) {
        if !plan.headers.is_empty() {
            self.devtools("Network.enable", json!({})).await;
            self.devtools("Network.setExtraHTTPHeaders", json!({ "headers": plan.headers })).await;
        }
        if plan.no_cookies {
            self.devtools("Emulation.setDocumentCookieDisabled", json!({ "disabled": true })).await;
        }
        if let Some((width, height)) = plan.size {
            // A view this narrow is a phone's: its scrollbars lie over the page and take no room.
            let metrics = json!({ "width": width, "height": height, "deviceScaleFactor": 1, "mobile": width < 500 });
            self.devtools("Emulation.setDeviceMetricsOverride", metrics).await;
        }
    }

    /// The WebDriver session, for what has no word here.
    pub fn driver(&self) -> &WebDriver {
        &self.driver
    }

    /// Opens a page and waits for its load event.
    pub async fn open(&self, url: &str) {
        let opened = wait::within(&format!("{url} loads"), self.driver.goto(url)).await;
        opened.unwrap_or_else(|error| panic!("can't open {url}: {error}"));
    }

    /// Loads the page again.
    pub async fn reload(&self) {
        wait::within("the page loads again", self.driver.refresh()).await.expect("a page can be loaded again");
    }

    /// What a script of the test returns (`return document.title`).
    pub async fn run(&self, script: &str) -> Value {
        let result = wait::within(script, self.driver.execute(script, Vec::new())).await;
        result.unwrap_or_else(|error| panic!("{script}: {error}")).json().clone()
    }

    /// Waits until an expression is true in the page.
    pub async fn until(&self, expression: &str) {
        let script = format!("return !!({expression});");
        wait::until(expression, || async {
            // A page in the middle of a navigation has no answer yet.
            let result = self.driver.execute(script.as_str(), Vec::new()).await.ok()?;
            (result.json() == &Value::Bool(true)).then_some(())
        })
        .await;
    }

    /// Clicks an element as a person does, once it is there.
    pub async fn click(&self, css: &str) {
        let element = self.element(css).await;
        // In the middle of the view nothing that sticks to an edge lies over it.
        let centre = format!("document.querySelector({css:?})?.scrollIntoView({{ block: 'center' }});");
        self.run(&centre).await;
        element.click().await.unwrap_or_else(|error| panic!("can't click {css}: {error}"));
    }

    /// Types into a field.
    pub async fn type_into(&self, css: &str, text: &str) {
        self.element(css).await.send_keys(text).await.unwrap_or_else(|error| panic!("can't type into {css}: {error}"));
    }

    /// Whether an element is in the page.
    pub async fn has(&self, css: &str) -> bool {
        !self.driver.find_all(By::Css(css)).await.expect("a selector").is_empty()
    }

    /// The visible text of an element.
    pub async fn text(&self, css: &str) -> String {
        self.element(css).await.text().await.unwrap_or_else(|error| panic!("{css} has no text: {error}"))
    }

    async fn element(&self, css: &str) -> WebElement {
        wait::until(&format!("{css} is in the page"), || async { self.driver.find(By::Css(css)).await.ok() }).await
    }

    /// Waits until a script listens to this event of an element.
    pub async fn until_listening(&self, css: &str, event: &str) {
        wait::until_true(&format!("a script listens to {event} of {css}"), || async {
            let expression = json!({ "expression": format!("document.querySelector({css:?})") });
            let found = self.devtools("Runtime.evaluate", expression).await;
            let Some(object) = found["result"]["objectId"].as_str() else { return false };
            let listeners = self.devtools("DOMDebugger.getEventListeners", json!({ "objectId": object })).await;
            listeners["listeners"].as_array().is_some_and(|all| all.iter().any(|listener| listener["type"] == event))
        })
        .await;
    }

    /// Where the tab is.
    pub async fn location(&self) -> String {
        self.driver.current_url().await.expect("a tab has a location").to_string()
    }

    /// Every cookie of the profile, of all sites, those hidden from scripts too.
    pub async fn cookies(&self) -> Vec<Kept> {
        let answer = self.devtools("Network.getAllCookies", json!({})).await;
        let text = |cookie: &Value, key: &str| cookie[key].as_str().map(String::from).unwrap_or_default();
        let flag = |cookie: &Value, key: &str| cookie[key].as_bool().unwrap_or_default();
        let list = answer["cookies"].as_array().cloned().unwrap_or_default();
        let kept = list.iter().map(|cookie| Kept {
            name: text(cookie, "name"),
            value: text(cookie, "value"),
            domain: text(cookie, "domain"),
            path: text(cookie, "path"),
            http_only: flag(cookie, "httpOnly"),
            secure: flag(cookie, "secure"),
            session: flag(cookie, "session"),
            same_site: text(cookie, "sameSite"),
        });
        kept.collect()
    }

    /// The names of all cookies, sorted.
    pub async fn cookie_names(&self) -> Vec<String> {
        let mut names: Vec<_> = self.cookies().await.into_iter().map(|cookie| cookie.name).collect();
        names.sort_unstable();
        names
    }

    /// The keys in this page's local storage, sorted.
    pub async fn storage_keys(&self) -> Vec<String> {
        let keys = self.run("return Object.keys(localStorage).sort();").await;
        keys.as_array().into_iter().flatten().filter_map(|key| key.as_str().map(String::from)).collect()
    }

    /// What the console and the network said at the severest level since the last look.
    pub async fn errors(&self) -> Vec<String> {
        let entries = self.driver.browser_log().await.expect("the browser keeps a log");
        entries.into_iter().filter(|entry| entry.level == "SEVERE").map(|entry| entry.message).collect()
    }

    /// What the console and the network warned of, or worse, since the last look.
    pub async fn complaints(&self) -> Vec<String> {
        let entries = self.driver.browser_log().await.expect("the browser keeps a log");
        let loud = entries.into_iter().filter(|entry| matches!(entry.level.as_str(), "SEVERE" | "WARNING"));
        loud.map(|entry| entry.message).collect()
    }

    /// A picture of what is in view.
    pub async fn picture(&self, file: &Path) {
        let taken = self.driver.screenshot(file).await;
        taken.unwrap_or_else(|error| panic!("no picture at {}: {error}", file.display()));
    }

    /// One command of the DevTools protocol; its result.
    pub async fn devtools(&self, command: &str, parameters: Value) -> Value {
        let call = chromedriver::DevTools { command: String::from(command), parameters };
        let answer = wait::within(command, self.driver.handle().cmd(call)).await;
        let answer = answer.unwrap_or_else(|error| panic!("{command}: {error}"));
        answer.value().unwrap_or_else(|error| panic!("{command}: {error}"))
    }
}

impl Drop for Browser {
    fn drop(&mut self) {
        // WebDriver's own farewell waits for the runtime that this very thread may be. A plain request does not.
        self.driver.clone().leak().ok();
        chromedriver::end_session(self.port, &self.driver.session_id().to_string()).ok();
    }
}
