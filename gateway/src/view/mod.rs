//! The typed faces of the templates: what visitors read, made from a policy and the bundled words.
//!
//! Refuses to know requests, cookies' values or the store: each view takes plain values. Invariant: whatever a policy
//! or a visitor wrote is escaped; only the gateway's own sheet is put in as it is.

pub mod admin;
mod age_page;
mod banner;
mod browsers;
mod comparison_page;
mod error_page;
mod feed;
mod guard;
mod guardian_page;
mod kept;
mod listing;
mod me_page;
#[cfg(test)]
mod me_tests;
mod my_records;
mod my_requests;
mod notice;
mod parties;
mod placeholder;
mod policy_page;
mod receipt_page;
mod said;
mod settings_page;
mod single;
#[cfg(test)]
mod tests;
mod versions;
mod waiting;
mod words;

pub use age_page::age_page;
pub use banner::{FORM_BUDGET, Placement, Styling, banner, form_weight, plain_link, settings_link};
pub use browsers::Guessed;
pub use comparison_page::{ComparisonPage, Difference, comparison_page};
pub use error_page::error_page;
pub use feed::{Feed, FeedEntry, feed};
pub use guard::{GuardTags, guard};
pub use guardian_page::{GuardianPage, guardian_page};
pub use kept::Kept;
pub use me_page::{MePage, Told, me_page};
pub use my_records::{Choices, Ending};
pub use my_requests::{Draft, Found, Problem, kind_name, letter};
pub use notice::{NoticePage, notice};
pub use placeholder::{Placeholder, placeholder, placeholder_address};
pub use policy_page::{PolicyPage, policy_page};
pub use receipt_page::{CheckPage, Issued, Placed, ReceiptPage, Verdict, check_page, receipt_page};
pub use settings_page::{SettingsPage, settings_page};
pub use versions::{Dated, Standing, told};
pub use waiting::{WaitingRow, waiting_row};
pub(crate) use words::period;

use policies::banner::{
    PATH_CHECK, PATH_CHOICE, PATH_ERASE, PATH_FEED, PATH_FORGET, PATH_GUARDIAN, PATH_ME, PATH_ME_FILE, PATH_NOTICE,
    PATH_POLICY, PATH_RECEIPT, PATH_REFERENCE, PATH_REQUEST, PATH_REQUESTS, PATH_RESUME, PATH_SETTINGS, PATH_SUSPEND,
};
use policies::policy::texts::Texts;
use policies::policy::wording::Wording;
use policies::{Date, Lang, Policy};

use crate::assets::Made;

use said::Said;

/// Who speaks, in which language, and where things lie.
#[derive(Clone, Copy, Debug)]
pub struct Scene<'a> {
    /// The policy in force.
    pub policy: &'a Policy,
    /// What is said around it: the site's words.
    pub wording: &'a Wording,
    /// The visitor's language.
    pub lang: Lang,
    /// The languages to choose from.
    pub languages: &'a [Lang],
    /// The reserved prefix with both its slashes, such as `/.consent/`.
    pub prefix: &'a str,
    /// Path and query to return to, beginning with one slash; the caller has made sure that it stays on this site.
    pub back: &'a str,
    /// What makes a form's post known as ours; the same for every visitor.
    pub form_seal: &'a str,
    /// What lets scripts run under the page's own security policy.
    pub nonce: Option<&'a str>,
    /// The sheet of the owner's colours and places.
    pub look: Option<&'a Made>,
    /// What the law of the visitor's place has the link to the settings say.
    pub opt_out: OptOut,
}

/// Whether somebody has the right of Americans to opt out, and whether their signal has done so.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum OptOut {
    /// Another law holds: the settings are called settings.
    #[default]
    Elsewhere,
    /// They may opt out.
    Open,
    /// Their browser's signal says so, and nothing that it speaks of is used.
    Honoured,
}

impl<'a> Scene<'a> {
    fn texts(&self) -> &'a Texts {
        self.wording.in_lang(self.lang)
    }

    /// What a form says that it was made under: the policy, and the owner's words where there are any.
    #[must_use]
    pub fn edition(&self) -> String {
        let policy = self.policy.version;
        match self.wording.version() {
            Some(words) => format!("{policy}-{:016x}", u64::from_be_bytes(words)),
            None => policy.to_string(),
        }
    }

    /// What the offer to load a page again says, where that is the owner's: the script that makes it has the built-in words.
    fn own_offer(&self) -> Option<[&'a str; 2]> {
        let offer = |texts: &'a Texts| [texts.banner.reload.as_str(), texts.banner.again.as_str()];
        let own = offer(self.texts());
        (own != offer(Texts::bundled(self.lang))).then_some(own)
    }

    /// Whether an address such as `#end` stays in the page: with a `<base>` it leads elsewhere.
    fn has_own_fragments(&self) -> bool {
        self.prefix.starts_with('/')
    }

    fn asset(&self, name: &str) -> String {
        format!("{}{name}", self.prefix)
    }

    /// What stands behind the gateway's own sheet, in the page itself.
    fn look_text(&self) -> &'a str {
        self.look.and_then(|look| std::str::from_utf8(&look.raw).ok()).unwrap_or_default()
    }

    fn choice(&self) -> String {
        self.asset(PATH_CHOICE)
    }

    fn settings(&self) -> String {
        self.page(PATH_SETTINGS)
    }

    fn forget(&self) -> String {
        self.asset(PATH_FORGET)
    }

    fn dismissal(&self) -> String {
        self.asset(PATH_NOTICE)
    }

    /// The page that compares two versions.
    fn comparison(&self, from: Date, to: Date) -> String {
        format!("{}&from={from}&to={to}", self.policy_page())
    }

    fn guardian(&self) -> String {
        self.page(PATH_GUARDIAN)
    }

    fn reference(&self) -> String {
        self.asset(PATH_REFERENCE)
    }

    fn me(&self) -> String {
        self.page(PATH_ME)
    }

    fn me_file(&self) -> String {
        self.asset(PATH_ME_FILE)
    }

    /// The settings, which lead back here.
    fn settings_and_back(&self) -> String {
        let here = self.me();
        Scene { back: &here, ..*self }.settings()
    }

    fn erase(&self) -> String {
        self.asset(PATH_ERASE)
    }

    fn suspend(&self) -> String {
        self.asset(PATH_SUSPEND)
    }

    fn resume(&self) -> String {
        self.asset(PATH_RESUME)
    }

    fn requests(&self) -> String {
        self.asset(PATH_REQUESTS)
    }

    fn request(&self) -> String {
        self.asset(PATH_REQUEST)
    }

    fn receipt(&self) -> String {
        self.page(PATH_RECEIPT)
    }

    fn check(&self) -> String {
        self.page(PATH_CHECK)
    }

    fn policy_page(&self) -> String {
        self.page(PATH_POLICY)
    }

    /// The policy page with the version of this first day.
    fn version_page(&self, day: &Date) -> String {
        format!("{}&version={day}", self.policy_page())
    }

    fn feed(&self) -> String {
        format!("{}{PATH_FEED}?lang={}", self.prefix, self.lang.tag())
    }

    fn page(&self, path: &str) -> String {
        format!("{}{path}?lang={}&back={}", self.prefix, self.lang.tag(), words::query_value(self.back))
    }

    /// The same in the language that is offered beside this one.
    fn other(&self) -> Self {
        self.in_lang(self.lang.other())
    }

    /// The same in each language that is offered.
    fn all(&self) -> impl Iterator<Item = Self> {
        self.languages.iter().map(|lang| self.in_lang(*lang))
    }

    fn in_lang(&self, lang: Lang) -> Self {
        Self { lang, ..*self }
    }

    /// What the link to the settings is called.
    fn settings_words(&self) -> &'a str {
        let words = &self.texts().banner;
        if self.opt_out == OptOut::Elsewhere { &words.settings } else { &words.privacy_choices }
    }

    /// That the signal is honoured, where the law has it said.
    fn honoured(&self) -> Option<&'a str> {
        (self.opt_out == OptOut::Honoured).then_some(self.texts().banner.opt_out_honoured.as_str())
    }

    fn is_in(&self, lang: &Lang) -> bool {
        self.lang == *lang
    }

    fn tag(&self) -> &'static str {
        self.lang.tag()
    }

    /// What this language calls itself.
    fn language(&self) -> &'a str {
        &self.texts().banner.this_language
    }

    fn service(&self) -> Said<'a> {
        Said::new(&self.policy.service, self.lang)
    }

    fn operator(&self) -> Said<'a> {
        Said::new(&self.policy.operator, self.lang)
    }

    fn contact_role(&self) -> Said<'a> {
        Said::new(&self.policy.contact.role, self.lang)
    }
}
