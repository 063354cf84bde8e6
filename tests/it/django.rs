//! An application that nobody here wrote, behind the gateway: Django's admin, in a real browser. First unknown cookies are only observed, then they
//! are denied and Django's own are declared necessary. Refuses a stand-in for Django.

use std::path::Path;
use std::process::Command;

use gateway_tests::process::Process;
use gateway_tests::{Browser, Gateway, folders, origin, wait};
use tempfile::TempDir;

use crate::stage::closed;

/// Django's cookies, as a site owner declares them.
const DECLARED: &str = r#"
[[cookies]]
name = "sessionid"
purpose = "necessary"
recipient = "operator"
what = { ko = "로그인 상태", en = "that you are logged in" }
lifetime = "P14D"

[[cookies]]
name = "csrftoken"
purpose = "necessary"
recipient = "operator"
what = { ko = "양식이 이 사이트에서 왔다는 표시", en = "a mark that a form came from this site" }
lifetime = "P1Y"

[[cookies]]
name = "messages"
purpose = "necessary"
recipient = "operator"
what = { ko = "다음 화면에 보일 알림", en = "a note for the next page" }
lifetime = "session"
"#;

struct Django {
    _process: Process,
    _folder: TempDir,
    url: String,
}

fn command(folder: &Path, arguments: &[&str]) -> Command {
    let mut command = Command::new(folders::django_python());
    command.arg("manage.py").args(arguments).current_dir(folders::fixture("django"));
    command.env("SHOP_FOLDER", folder).env("PYTHONDONTWRITEBYTECODE", "1");
    command.env("DJANGO_SUPERUSER_PASSWORD", "only-for-a-test");
    command
}

fn run(folder: &Path, arguments: &[&str]) {
    let output = command(folder, arguments).output().expect("Django's Python runs");
    assert!(output.status.success(), "{arguments:?}: {}", String::from_utf8_lossy(&output.stderr));
}

impl Django {
    async fn start() -> Self {
        let folder = TempDir::new().expect("a temporary folder can be made");
        run(folder.path(), &["migrate", "--no-input", "-v", "0"]);
        run(folder.path(), &["createsuperuser", "--no-input", "--username", "owner", "--email", "owner@shop.example"]);
        let address = origin::free_address().await;
        let process =
            Process::start("Django", command(folder.path(), &["runserver", "--noreload", &address.to_string()]));
        let url = format!("http://{address}");
        wait::until_true("Django listens", || async { tokio::net::TcpStream::connect(address).await.is_ok() }).await;
        Self { _process: process, _folder: folder, url }
    }
}

async fn logged_in(browser: &Browser) {
    browser.open("http://shop.example/admin/").await;
    browser.click("#consent-refuse").await;
    closed(browser).await;
    browser.type_into("#id_username", "owner").await;
    browser.type_into("#id_password", "only-for-a-test").await;
    browser.click("#login-form input[type=submit]").await;
    browser.until("document.querySelector('#user-tools')").await;
}

/// Logs in, changes something under CSRF protection, logs out.
async fn a_day_in_the_admin(browser: &Browser) {
    logged_in(browser).await;
    assert!(browser.text("#user-tools").await.to_lowercase().contains("owner"));
    browser.open("http://shop.example/admin/auth/group/add/").await;
    browser.type_into("#id_name", "Readers").await;
    browser.click("input[name=_save]").await;
    browser.until("document.querySelector('.messagelist')").await;
    assert!(browser.text(".messagelist").await.contains("Readers"), "the note came by cookie");
    assert!(browser.text("#result_list").await.contains("Readers"), "what was posted is there");
    browser.click("#logout-form button").await;
    browser.until("!document.querySelector('#logout-form')").await;
    browser.open("http://shop.example/admin/").await;
    browser.until("document.querySelector('#login-form')").await;
    let errors: Vec<_> = browser
        .errors()
        .await
        .into_iter()
        .filter(|error| !error.contains("favicon") && !error.contains("Cross-Origin-Opener-Policy"))
        .collect();
    assert!(errors.is_empty(), "{errors:#?}");
}

#[tokio::test]
async fn the_admin_works_while_unknown_cookies_are_observed_and_then_denied() {
    let django = Django::start().await;
    let gateway = Gateway::before(&django.url).start().await;
    let browser = Browser::plan().host("shop.example", 80, gateway.address().port()).start().await;
    a_day_in_the_admin(&browser).await;
    drop(browser);

    let starter = folders::repository().join("policies/documents/starter/opt-in.toml");
    let starter = std::fs::read_to_string(starter).expect("the starter policy can be read");
    let text = format!(
        "listen = [\"127.0.0.1:0\"]\n[[sites]]\nname = \"admin\"\norigin = \"{}\"\nunknown = \"deny\"\npolicy = \"policy.toml\"\n",
        django.url
    );
    let plan = Gateway::configured(&text);
    plan.write("policy.toml", &format!("{starter}\n{DECLARED}"));
    let gateway = plan.start().await;
    let browser = Browser::plan().host("shop.example", 80, gateway.address().port()).start().await;
    browser.open("http://shop.example/admin/").await;
    let add = "document.cookie = 'stranger=1; path=/';";
    browser.run(add).await;
    // The group of the first round is there already; another name keeps the second round the same.
    browser.open("http://shop.example/admin/").await;
    a_second_day(&browser).await;
}

async fn a_second_day(browser: &Browser) {
    logged_in(browser).await;
    browser.open("http://shop.example/admin/auth/group/").await;
    assert!(browser.text("#result_list").await.contains("Readers"), "the session cookie passes");
    browser.open("http://shop.example/admin/auth/group/add/").await;
    browser.type_into("#id_name", "Writers").await;
    browser.click("input[name=_save]").await;
    browser.until("document.querySelector('.messagelist')").await;
    browser.click("#logout-form button").await;
    browser.until("!document.querySelector('#logout-form')").await;
    let names = browser.cookie_names().await;
    assert!(names.contains(&"csrftoken".into()), "{names:?}");
}
