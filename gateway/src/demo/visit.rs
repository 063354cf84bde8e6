//! One request to a demo site, as its pages see it: what was asked, in which language, which cookies came and
//! which are set now. Pages are templates that read from here. The origin knows nothing of the gateway: it shows
//! what reached it, and that is the point.

use askama::Template;
use http::header::{ACCEPT_LANGUAGE, COOKIE};
use http::{Method, StatusCode};
use policies::Lang;

use super::collector::tag_url;
use super::cookie::{self, Received, SetCookie};
use super::form::{Pairs, encode};
use super::hits::{Collector, Kind, hit_key};
use super::http::{Asked, Reply};
use super::picks::{Pick, Word, known, lately};
use super::service::Service;
use super::sessions::random_key;
use super::stage::Stage;

/// A third-party tag that stands in a page.
#[derive(Debug)]
pub(crate) struct Tag {
    pub(crate) id: String,
    pub(crate) kind: Kind,
    pub(crate) url: String,
    pub(crate) hit_key: String,
    pub(crate) hits: u64,
    pub(crate) purpose: &'static str,
}

/// One request and what has been set in answer to it.
pub(crate) struct Visit<'a> {
    pub(crate) stage: &'a Stage,
    pub(crate) service: Service,
    pub(crate) lang: Lang,
    /// Whether the language was picked in the address, so that links must carry it.
    lang_in_links: bool,
    post: bool,
    path: &'a str,
    pub(crate) query: Pairs,
    pub(crate) form: Pairs,
    pub(crate) received: Vec<Received>,
    pub(crate) gpc: bool,
    pub(crate) set: Vec<SetCookie>,
    /// What the answer before this page set, as the redirect tells it.
    pub(crate) set_before: Vec<String>,
    pub(crate) tags: Vec<Tag>,
}

impl<'a> Visit<'a> {
    /// Reads a request to a site.
    pub(crate) fn read(asked: &'a Asked, service: Service, stage: &'a Stage) -> Self {
        let query = Pairs::parse(asked.query.as_bytes());
        let picked = query.get("lang").and_then(Lang::needed_of_tag);
        let accepted = asked.headers.get(ACCEPT_LANGUAGE).and_then(|line| line.to_str().ok()).unwrap_or_default();
        let set_before = query.line("set", 200).split('.').filter(|name| !name.is_empty()).map(str::to_owned).collect();
        Self {
            stage,
            service,
            lang: picked.unwrap_or_else(|| first_lang(accepted)),
            lang_in_links: picked.is_some(),
            post: asked.method == Method::POST,
            path: &asked.path,
            query,
            form: Pairs::parse(&asked.body),
            received: cookie::read(asked.headers.get_all(COOKIE).iter().map(http::HeaderValue::as_bytes)),
            gpc: asked.headers.get("sec-gpc").is_some_and(|line| line.as_bytes() == b"1"),
            set: Vec::new(),
            set_before,
            tags: Vec::new(),
        }
    }

    /// Keeps the picked language in a cookie instead of in links: where the cookie doesn't come back, the page
    /// falls back to the browser's language.
    pub(crate) fn keep_lang_in(&mut self, cookie: &'static str, days: u32) {
        if self.lang_in_links {
            self.lang_in_links = false;
            self.set(SetCookie::lasting(cookie, self.lang.tag(), days));
        } else if let Some(kept) = self.cookie(cookie).and_then(Lang::needed_of_tag) {
            self.lang = kept;
        }
    }

    /// Whether a form was posted, and the path, for a `match`.
    pub(crate) fn asked(&self) -> (bool, &'a str) {
        (self.post, self.path)
    }

    /// The sentence in the page's language.
    pub(crate) fn t<'t>(&self, ko: &'t str, en: &'t str) -> &'t str {
        if self.lang == Lang::Ko { ko } else { en }
    }

    /// A link within the site that keeps a picked language.
    pub(crate) fn link(&self, path: impl AsRef<str>) -> String {
        let path = path.as_ref();
        if !self.lang_in_links {
            return path.to_owned();
        }
        let mark = if path.contains('?') { '&' } else { '?' };
        format!("{path}{mark}lang={}", self.lang.tag())
    }

    /// This page in the other language.
    pub(crate) fn other_lang_link(&self) -> String {
        format!("{}?lang={}", self.path, self.lang.other().tag())
    }

    /// What the other language is called in itself.
    pub(crate) fn other_lang_name(&self) -> &'static str {
        if self.lang.other() == Lang::Ko { "한국어" } else { "English" }
    }

    /// What a site is called in the page's language.
    pub(crate) fn name_of(&self, service: &Service) -> &'static str {
        service.name(self.lang)
    }

    /// The page that explains the demo.
    pub(crate) fn guide_link(&self) -> String {
        self.site_link(&Service::Guide)
    }

    /// Another site of the demo, through the gateway.
    pub(crate) fn site_link(&self, service: &Service) -> String {
        match service {
            Service::Guide => format!("http://localhost:{}/", self.stage.port),
            _ => format!("http://{}.localhost:{}/", service.key(), self.stage.port),
        }
    }

    /// The value of a received cookie.
    pub(crate) fn cookie(&self, name: &str) -> Option<&str> {
        self.received.iter().find(|cookie| cookie.name == name).map(|cookie| cookie.value.as_str())
    }

    /// What the visitor picks now, which is then kept in a cookie for days; else what the cookie keeps; else the
    /// first word.
    pub(crate) fn picked(&mut self, key: &str, cookie: &'static str, words: &[Word], days: u32) -> &'static str {
        if let Some(word) = self.query.get(key).and_then(|asked| known(asked, words)) {
            self.set(SetCookie::lasting(cookie, word, days));
            return word;
        }
        let kept = self.cookie(cookie).and_then(|kept| known(kept, words));
        kept.or(words.first().map(|word| word.0)).unwrap_or_default()
    }

    /// Links to pick from; each leads to `path` followed by its word.
    pub(crate) fn picks(&self, path: &str, words: &[Word], chosen: &str) -> Vec<Pick> {
        let pick = |(word, ko, en): &Word| Pick {
            name: self.t(ko, en),
            link: self.link(format!("{path}{word}")),
            chosen: *word == chosen,
        };
        words.iter().map(pick).collect()
    }

    /// What a word is called.
    pub(crate) fn called(&self, word: &str, words: &[Word]) -> &'static str {
        words.iter().find(|known| known.0 == word).map(|(_, ko, en)| self.t(ko, en)).unwrap_or_default()
    }

    /// Sets a cookie with the answer.
    pub(crate) fn set(&mut self, cookie: SetCookie) {
        self.set.push(cookie);
    }

    /// Keeps a list of what was opened lately in a cookie, the latest first.
    pub(crate) fn remember_lately(&mut self, name: &'static str, opened: &str, days: u32) {
        let lately = lately(self.cookie(name).unwrap_or_default(), opened);
        self.set(SetCookie::lasting(name, lately.join("."), days));
    }

    /// A random value that ties a form to the browser that asked for it; the cookie is set where it is missing.
    pub(crate) fn form_key(&mut self, name: &'static str) -> String {
        if let Some(known) = self.cookie(name).filter(|key| !key.is_empty()) {
            return known.to_owned();
        }
        let key = random_key();
        self.set(SetCookie::session(name, key.clone()));
        key
    }

    /// Whether a posted form came from this browser's own page.
    pub(crate) fn form_key_matches(&self, name: &str) -> bool {
        self.cookie(name).is_some_and(|key| !key.is_empty() && self.form.get("form_key") == Some(key))
    }

    /// What the visitor's session holds.
    pub(crate) fn session(&self, name: &str) -> Option<String> {
        self.stage.sessions.find(self.service, self.cookie(name)?)
    }

    /// Begins a session and sets its cookie.
    pub(crate) fn begin_session(&mut self, name: &'static str, content: impl Into<String>) {
        let key = self.stage.sessions.begin(self.service, content);
        self.set(SetCookie::session(name, key));
    }

    /// Ends the visitor's session and deletes its cookie.
    pub(crate) fn end_session(&mut self, name: &'static str) {
        if let Some(key) = self.cookie(name) {
            self.stage.sessions.end(self.service, key);
        }
        self.set(SetCookie::deleted(name));
    }

    /// Puts a third party's tag into the page.
    pub(crate) fn add_tag(&mut self, collector: Collector, kind: Kind, purpose: &'static str) {
        let port = self.stage.collector_ports.get(collector as usize).copied().unwrap_or_default();
        self.tags.push(Tag {
            id: format!("{}-{}", collector.key(), kind.key()),
            kind,
            url: format!("{}&lang={}", tag_url(collector, port, self.service, kind), self.lang.tag()),
            hit_key: hit_key(self.service, collector, kind),
            hits: self.stage.hits.of(collector, self.service, kind),
            purpose,
        });
    }

    /// How many requests this site's visitors have made to third parties.
    pub(crate) fn total_hits(&self) -> u64 {
        self.stage.hits.total(self.service)
    }

    /// The answer with a page.
    pub(crate) fn page(&self, template: &impl Template) -> Reply {
        match template.render() {
            Ok(text) => {
                Reply { caching: "no-cache", set: self.set.clone(), ..Reply::of("text/html; charset=utf-8", text) }
            }
            Err(_) => Reply::plain(StatusCode::INTERNAL_SERVER_ERROR, "This page could not be written."),
        }
    }

    /// Sends the visitor on after a form; the next page tells what was set.
    pub(crate) fn go(&self, path: &str) -> Reply {
        let names: Vec<String> = self
            .set
            .iter()
            .map(|cookie| if cookie.is_deletion() { format!("-{}", cookie.name) } else { cookie.name.to_owned() })
            .collect();
        let mut location = self.link(path);
        if !names.is_empty() {
            location.push(if location.contains('?') { '&' } else { '?' });
            location.push_str("set=");
            location.push_str(&encode(&names.join(".")));
        }
        Reply { set: self.set.clone(), ..Reply::see_other(location) }
    }

    /// The answer to a form that didn't come from the site's own page, or was kept too long.
    pub(crate) fn stale_form(&self) -> Reply {
        Reply::plain(
            StatusCode::FORBIDDEN,
            self.t(
                "이 양식은 이 사이트의 페이지에서 온 것이 아니거나 너무 오래되었습니다. 뒤로 가서 페이지를 새로 여세요.",
                "This form did not come from a page of this site, or is too old. Go back and load the page again.",
            )
            .to_owned(),
        )
    }
}

/// The first language of an `Accept-Language` line that the demo speaks; Korean where it names neither.
fn first_lang(line: &str) -> Lang {
    let tags = line.split(',').map(|part| part.split(';').next().unwrap_or_default());
    tags.filter_map(Lang::needed_of_tag).next().unwrap_or(Lang::Ko)
}

#[cfg(test)]
pub(crate) mod tests {
    use std::time::Instant;

    use bytes::Bytes;
    use http::{HeaderMap, HeaderValue};

    use super::super::hits::Hits;
    use super::super::revision::Revision;
    use super::super::sessions::Sessions;
    use super::*;

    pub(crate) fn stage() -> Stage {
        Stage {
            port: 8080,
            admin: std::net::SocketAddr::from(([127, 0, 0, 1], 8081)),
            collector_ports: [4001, 4002, 4003],
            hits: Hits::default(),
            sessions: Sessions::default(),
            started: Instant::now(),
            revision: Revision::on(policies::Date { year: 2026, month: 3, day: 10 }),
        }
    }

    /// A request by a visitor with these cookies; a body makes it a posted form.
    pub(crate) fn asked(target: &str, cookies: &str, body: Option<&str>) -> Asked {
        let (path, query) = target.split_once('?').unwrap_or((target, ""));
        let mut headers = HeaderMap::new();
        if !cookies.is_empty() {
            headers.insert(COOKIE, HeaderValue::try_from(cookies).unwrap());
        }
        Asked {
            method: if body.is_some() { Method::POST } else { Method::GET },
            path: path.to_owned(),
            query: query.to_owned(),
            headers,
            body: Bytes::from(body.unwrap_or_default().to_owned()),
        }
    }

    /// The names that an answer sets; a minus sign stands before those that it deletes.
    pub(crate) fn names(reply: &Reply) -> Vec<String> {
        let name = |cookie: &SetCookie| {
            if cookie.is_deletion() { format!("-{}", cookie.name) } else { cookie.name.to_owned() }
        };
        reply.set.iter().map(name).collect()
    }

    /// The text of an answer.
    pub(crate) fn page_text(reply: &Reply) -> String {
        String::from_utf8(reply.body.to_vec()).unwrap()
    }

    #[test]
    fn a_page_comes_in_the_language_that_the_browser_names_first() {
        let check = |line: &str, expect: Lang| assert_eq!(first_lang(line), expect, "{line}");
        check("ko-KR,ko;q=0.9,en;q=0.8", Lang::Ko);
        check("de, en;q=0.5", Lang::En);
        check("de", Lang::Ko);
        check("", Lang::Ko);
    }

    #[test]
    fn a_redirect_keeps_the_language_and_tells_what_was_set() {
        let stage = stage();
        let asked = asked("/login?lang=en", "", Some("a=b"));
        let mut visit = Visit::read(&asked, Service::EzCare, &stage);
        visit.set(SetCookie::session("EZSESSION", "1"));
        visit.set(SetCookie::deleted("saved_id"));
        let reply = visit.go("/clients");
        assert_eq!(reply.location.as_deref(), Some("/clients?lang=en&set=EZSESSION.-saved_id"));
        assert_eq!(reply.set.len(), 2);
    }

    #[test]
    fn a_form_must_carry_the_key_of_its_browser() {
        let stage = stage();
        let check = |cookies: &str, body: &str, expect: bool| {
            let asked = asked("/login", cookies, Some(body));
            let visit = Visit::read(&asked, Service::EzCare, &stage);
            assert_eq!(visit.form_key_matches("ez_form"), expect, "{cookies} {body}");
        };
        check("ez_form=k1", "form_key=k1", true);
        check("ez_form=k1", "form_key=k2", false);
        check("ez_form=k1", "", false);
        check("ez_form=", "form_key=", false);
        check("", "form_key=k1", false);
    }
}
