//! What visitors reach under the reserved prefix: their choice, its state, the settings, the policy, what is kept of them, the banner's
//! files. Nothing here ever reaches the origin, and nothing but the files may be kept by a cache.

mod answer;
mod assets;
mod choice;
mod circumstances;
mod cookie;
mod erase;
mod forget;
mod form;
mod guardian;
mod guardian_call;
mod import;
mod late;
mod me;
mod notice;
mod pages;
mod placeholder;
mod policy;
mod multipart;
mod post;
mod receipt;
mod receipt_check;
mod rendered;
mod requests;
mod seen;
mod sender;
mod suspension;
mod waiting;

pub use import::adopt;
pub use late::{Arrears, settle};

use http::{Method, Request, Response};
use policies::banner::{
    PATH_CHECK, PATH_CHOICE, PATH_ERASE, PATH_FEED, PATH_FORGET, PATH_GUARDIAN, PATH_HELD, PATH_KEYS, PATH_ME,
    PATH_ME_FILE, PATH_NOTICE, PATH_PLACEHOLDER, PATH_POLICY, PATH_RECEIPT, PATH_REFERENCE, PATH_RENDERED,
    PATH_REQUEST, PATH_REQUESTS, PATH_RESUME, PATH_SEEN, PATH_SETTINGS, PATH_STATE, PATH_SUSPEND,
};
use policies::policy::texts::Texts;
use policies::{Decision, Lang, Timestamp};

use crate::body::Body;
use crate::books::Books;
use crate::runtime::Runtime;
use crate::site::Site;
use crate::view::Scene;
use crate::visitor::Visitor;

/// Who is here, and where.
#[derive(Clone, Copy)]
pub struct Guest<'g> {
    /// Whose site.
    pub site: &'g std::sync::Arc<Site>,
    /// Who asks.
    pub visitor: &'g Visitor,
    /// The configuration.
    pub runtime: &'g Runtime,
    /// Where choices are kept.
    pub books: &'g Books,
    /// When.
    pub now: Timestamp,
}

impl Guest<'_> {
    fn decision(&self) -> Decision {
        self.visitor.decision(self.site, self.now)
    }

    /// What forms here are sealed with.
    fn form_seal(&self) -> String {
        let config = &self.site.config;
        self.runtime.seal.form_seal(&config.name, config.policy.version, self.now)
    }

    /// The words of a page here.
    fn texts(&self, asked: Option<Lang>) -> &Texts {
        self.site.config.wording.in_lang(self.lang(asked))
    }

    /// A page of this site in this language.
    fn scene<'a>(&self, lang: Lang, back: &'a str, form_seal: &'a str) -> Scene<'a>
    where
        Self: 'a,
    {
        let config = &self.site.config;
        let languages = config.languages.offered();
        let opt_out = self.visitor.opt_out(&self.decision(), &config.policy);
        let (policy, wording) = (&config.policy, &config.wording);
        let (prefix, look) = (&config.prefix, self.site.look.as_ref());
        Scene { policy, wording, lang, languages, prefix, back, form_seal, nonce: None, look, opt_out }
    }

    /// Whether a form was ours.
    fn sealed(&self, given: &str) -> bool {
        let config = &self.site.config;
        self.runtime.seal.opens_form(&config.name, config.policy.version, self.now, given)
    }

    /// The language of a page here: the one asked for, else the visitor's.
    fn lang(&self, asked: Option<Lang>) -> Lang {
        asked.unwrap_or_else(|| self.visitor.lang(None, &self.site.config.languages))
    }
}

/// Answers a request under the prefix; `path` is what follows it.
pub async fn answer(request: Request<Body>, path: &str, guest: Guest<'_>) -> Response<Body> {
    let reads = matches!(*request.method(), Method::GET | Method::HEAD);
    match path {
        PATH_CHOICE if *request.method() == Method::POST => choice::take(request, guest).await,
        PATH_FORGET if *request.method() == Method::POST => forget::take(request, guest).await,
        PATH_NOTICE if *request.method() == Method::POST => notice::take(request, guest).await,
        PATH_SEEN if *request.method() == Method::POST => seen::take(request, guest).await,
        PATH_RENDERED if *request.method() == Method::POST => rendered::take(&request, guest),
        PATH_GUARDIAN | PATH_REFERENCE if !guest.site.config.switches.ask_age => answer::not_found(guest),
        PATH_GUARDIAN if reads => guardian::page(&request, guest),
        PATH_GUARDIAN if *request.method() == Method::POST => guardian_call::take(request, guest).await,
        PATH_REFERENCE if *request.method() == Method::POST => guardian::ask(request, guest).await,
        PATH_ME if reads => me::page(pages::Asked::read(&request, &guest), guest).await,
        PATH_ME_FILE if reads => me::file(guest).await,
        PATH_ERASE if *request.method() == Method::POST => erase::take(request, guest).await,
        PATH_SUSPEND if *request.method() == Method::POST => suspension::begin(request, guest).await,
        PATH_RESUME if *request.method() == Method::POST => suspension::end(request, guest).await,
        PATH_REQUESTS if *request.method() == Method::POST => requests::take(request, guest).await,
        PATH_REQUEST if *request.method() == Method::POST => requests::look_up(request, guest).await,
        PATH_HELD if reads => waiting::tell(&request, guest),
        PATH_STATE if reads || *request.method() == Method::POST => answer::state(&request, guest),
        PATH_SETTINGS if reads => pages::settings(&request, guest),
        PATH_RECEIPT if reads => receipt::page(request, guest).await,
        PATH_CHECK if reads => receipt_check::page(&request, guest),
        PATH_CHECK if *request.method() == Method::POST => receipt_check::take(request, guest).await,
        PATH_KEYS if reads => receipt::keys(guest),
        PATH_PLACEHOLDER if reads => placeholder::page(&request, guest),
        PATH_POLICY if reads => policy::page(&request, guest),
        PATH_FEED if reads => policy::feed(&request, guest),
        PATH_CHOICE | PATH_FORGET | PATH_HELD | PATH_STATE | PATH_SETTINGS | PATH_POLICY | PATH_FEED
        | PATH_PLACEHOLDER | PATH_RECEIPT | PATH_CHECK | PATH_KEYS | PATH_SEEN | PATH_NOTICE | PATH_GUARDIAN
        | PATH_REFERENCE | PATH_ME | PATH_ME_FILE | PATH_ERASE | PATH_SUSPEND | PATH_RESUME | PATH_REQUESTS
        | PATH_REQUEST | PATH_RENDERED => answer::not_allowed(guest),
        name if reads => assets::answer(&request, name, guest.site).unwrap_or_else(|| answer::not_found(guest)),
        _ => answer::not_found(guest),
    }
}
