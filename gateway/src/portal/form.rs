//! A posted form, read with a bound. Refuses what two readers could read as two choices: a field that stands twice.
//! Invariant: the way back never leaves the site.

use bytes::Bytes;
use http::HeaderMap;
use http::header::CONTENT_TYPE;
use http_body_util::{BodyExt, LengthLimitError, Limited};
use policies::banner::{
    FIELD_ABOUT, FIELD_ACT, FIELD_AGE, FIELD_BACK, FIELD_HELD, FIELD_ITEM, FIELD_KIND, FIELD_LANG, FIELD_MODE,
    FIELD_NAME, FIELD_POLICY, FIELD_PURPOSE, FIELD_RECEIPT, FIELD_REFERENCE, FIELD_REPLY, FIELD_SEAL, FIELD_SHARED,
    FIELD_SURFACE, FIELD_WAITED, VALUE_NO, VALUE_SESSION, VALUE_YES,
};
use policies::consent::{ItemKey, Surface};
use policies::policy::wording::WordsVersion;
use policies::rights::RequestKind;
use policies::{Act, Lang};

use crate::body::Body;

/// The most purposes that a form may name: twice what a policy may have.
const MOST_PURPOSES: usize = 32;
/// The most single services and cookies that a form may list.
const MOST_ITEMS: usize = 1_000;
/// The most cookies that an answer may carry.
const MOST_HELD: usize = 50;

const FIELDS: [&str; 19] = [
    FIELD_POLICY,
    FIELD_LANG,
    FIELD_ACT,
    FIELD_BACK,
    FIELD_SEAL,
    FIELD_PURPOSE,
    FIELD_ITEM,
    FIELD_MODE,
    FIELD_SHARED,
    FIELD_AGE,
    FIELD_NAME,
    FIELD_HELD,
    FIELD_KIND,
    FIELD_ABOUT,
    FIELD_REPLY,
    FIELD_REFERENCE,
    FIELD_SURFACE,
    FIELD_RECEIPT,
    FIELD_WAITED,
];

/// What a visitor posted.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(super) struct Form {
    policy: String,
    pub(super) lang: Option<Lang>,
    pub(super) act: Option<Act>,
    pub(super) purposes: Vec<String>,
    /// Answers about single services and cookies.
    pub(super) items: Vec<(ItemKey, bool)>,
    /// Keep what is allowed until the browser closes.
    pub(super) session: bool,
    /// The computer is used by others too.
    pub(super) shared: bool,
    /// Envelopes of cookies that wait for this answer.
    pub(super) held: Vec<String>,
    /// The name of a cookie to delete.
    pub(super) name: Option<String>,
    /// Whether the visitor is old enough to agree, where the site asks.
    pub(super) of_age: Option<bool>,
    /// What a request asks for.
    pub(super) kind: Option<RequestKind>,
    /// What it is about.
    pub(super) about: String,
    /// Where to answer it.
    pub(super) reply: String,
    /// The reference of one.
    pub(super) reference: String,
    /// Where the form stands, if it says so.
    surface: Option<Surface>,
    /// Whether a receipt is to be shown.
    pub(super) receipt: bool,
    /// Seconds from the banner to the press, as its script says.
    pub(super) waited: Option<u32>,
    /// Path and query on this site.
    pub(super) back: String,
    pub(super) seal: String,
}

/// What a form showed.
#[derive(Clone, Copy, Debug, Default)]
pub(super) struct Shown {
    /// In which language.
    pub(super) lang: Option<Lang>,
    /// In which words of the owner's.
    pub(super) words: Option<WordsVersion>,
    /// Where it stood.
    pub(super) surface: Option<Surface>,
}

impl Form {
    /// The policy's version that the form was made under.
    pub(super) fn policy(&self) -> &str {
        self.policy.split_once('-').map_or(self.policy.as_str(), |(policy, _)| policy)
    }

    /// What the form showed, by its own word: a page may have stood open while the owner's words changed.
    pub(super) fn shown(&self) -> Shown {
        let is_hash = |words: &&str| words.len() == 16 && words.bytes().all(|digit| digit.is_ascii_hexdigit());
        let written = self.policy.split_once('-').map(|(_, words)| words).filter(is_hash);
        let words = written.and_then(|words| u64::from_str_radix(words, 16).ok()).map(u64::to_be_bytes);
        Shown { lang: self.lang, words, surface: self.surface.or_else(|| self.usual_surface()) }
    }

    /// The banner's form and the prompt say nothing of where they stand: the one never answers for one thing, the other for
    /// nothing else.
    fn usual_surface(&self) -> Option<Surface> {
        match self.act? {
            Act::Single => Some(Surface::Prompt),
            Act::AcceptAll | Act::RefuseAll | Act::Custom => Some(Surface::Banner),
            Act::Withdraw | Act::AskEachTime | Act::Guardian | Act::Imported => None,
        }
    }

    /// The same form once more, but for the answer about age; sealed anew.
    pub(super) fn fields(&self, seal: &str) -> Vec<(&'static str, String)> {
        let mut fields =
            vec![(FIELD_POLICY, self.policy.clone()), (FIELD_BACK, self.back.clone()), (FIELD_SEAL, seal.to_owned())];
        fields.extend(self.lang.map(|lang| (FIELD_LANG, lang.tag().to_owned())));
        fields.extend(self.act.map(|act| (FIELD_ACT, act.name().to_owned())));
        fields.extend(self.purposes.iter().map(|id| (FIELD_PURPOSE, id.clone())));
        let word = |allowed: bool| if allowed { VALUE_YES } else { VALUE_NO };
        fields.extend(self.items.iter().map(|(key, allowed)| (FIELD_ITEM, format!("{key}:{}", word(*allowed)))));
        fields.extend(self.session.then(|| (FIELD_MODE, VALUE_SESSION.to_owned())));
        fields.extend(self.held.iter().map(|envelope| (FIELD_HELD, envelope.clone())));
        fields.extend(self.surface.map(|surface| (FIELD_SURFACE, surface.name().to_owned())));
        fields.extend(self.receipt.then(|| (FIELD_RECEIPT, VALUE_YES.to_owned())));
        fields.extend(self.shared.then(|| (FIELD_SHARED, VALUE_YES.to_owned())));
        fields
    }
}

/// Why a post is not a choice.
#[derive(Debug, thiserror::Error)]
pub(super) enum Error {
    #[error("the form is not form-encoded")]
    Kind,
    #[error("the form is too large")]
    TooLarge,
    #[error("a field of the form stands twice, or there are too many")]
    Shape,
    #[error("the form broke off")]
    Broken(#[source] Box<dyn std::error::Error + Send + Sync>),
}

/// Reads a form of at most `most` bytes.
pub(super) async fn read(headers: &HeaderMap, body: Body, most: usize) -> Result<Form, Error> {
    let media = headers.get(CONTENT_TYPE).map(|media| media.as_bytes()).unwrap_or_default();
    let media = media.split(|&byte| byte == b';').next().unwrap_or_default().trim_ascii();
    if !media.eq_ignore_ascii_case(b"application/x-www-form-urlencoded") {
        return Err(Error::Kind);
    }
    parse(&whole(body, most).await?).ok_or(Error::Shape)
}

/// A body of at most `most` bytes.
pub(super) async fn whole(body: Body, most: usize) -> Result<Bytes, Error> {
    #[expect(
        clippy::disallowed_methods,
        reason = "the body is limited, and this is the one place that reads one whole"
    )]
    let collected = Limited::new(body, most).collect().await;
    match collected {
        Ok(body) => Ok(body.to_bytes()),
        Err(error) if error.is::<LengthLimitError>() => Err(Error::TooLarge),
        Err(error) => Err(Error::Broken(error)),
    }
}

fn parse(bytes: &[u8]) -> Option<Form> {
    let mut form = Form { back: "/".to_owned(), ..Form::default() };
    let mut seen: Vec<&str> = Vec::new();
    for (name, value) in form_urlencoded::parse(bytes) {
        let Some(field) = FIELDS.into_iter().find(|field| *field == name) else { continue };
        if ![FIELD_PURPOSE, FIELD_ITEM, FIELD_HELD].contains(&field) && seen.contains(&field) {
            return None;
        }
        seen.push(field);
        match field {
            FIELD_POLICY => form.policy = value.into_owned(),
            FIELD_LANG => form.lang = Lang::of_tag(&value),
            FIELD_ACT => form.act = Act::of_name(&value),
            FIELD_BACK => form.back = local_path(&value).to_owned(),
            FIELD_SEAL => form.seal = value.into_owned(),
            FIELD_MODE => form.session = value == VALUE_SESSION,
            FIELD_SHARED => form.shared = value == VALUE_YES,
            FIELD_HELD if form.held.len() < MOST_HELD => form.held.push(value.into_owned()),
            FIELD_NAME => form.name = Some(value.into_owned()),
            FIELD_KIND => form.kind = RequestKind::of_name(&value),
            FIELD_ABOUT => form.about = value.into_owned(),
            FIELD_REPLY => form.reply = value.into_owned(),
            FIELD_REFERENCE => form.reference = value.into_owned(),
            FIELD_SURFACE => form.surface = Surface::of_name(&value),
            FIELD_RECEIPT => form.receipt = value == VALUE_YES,
            FIELD_WAITED => form.waited = value.parse().ok(),
            FIELD_AGE => form.of_age = yes_or_no(&value),
            // What follows its purpose is listed with an empty value.
            FIELD_ITEM if value.is_empty() => {}
            FIELD_ITEM if form.items.len() < MOST_ITEMS => form.items.push(item(&value)?),
            _ if form.purposes.len() < MOST_PURPOSES => form.purposes.push(value.into_owned()),
            _ => return None,
        }
    }
    Some(form)
}

/// `0a1b2c:yes`: the answer about one service or cookie.
pub(super) fn item(written: &str) -> Option<(ItemKey, bool)> {
    let (key, answer) = written.split_once(':')?;
    Some((ItemKey::parse(key)?, yes_or_no(answer)?))
}

fn yes_or_no(written: &str) -> Option<bool> {
    match written {
        VALUE_YES => Some(true),
        VALUE_NO => Some(false),
        _ => None,
    }
}

/// A path on this site, or its front page: `//other.example` and `/\other.example` would leave it.
pub(super) fn local_path(written: &str) -> &str {
    let mut bytes = written.bytes();
    let stays = bytes.next() == Some(b'/') && !matches!(bytes.next(), Some(b'/' | b'\\'));
    if stays && written.bytes().all(|byte| byte.is_ascii_graphic()) { written } else { "/" }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_form_is_read_field_by_field() {
        let form = parse(
            b"policy=00ff&lang=ko&act=custom&purpose=analytics&purpose=a%20b&back=%2Flist%3Fq%3D1&seal=s&extra=1",
        )
        .expect("a form");
        assert_eq!((form.policy(), form.lang, form.act), ("00ff", Some(Lang::Ko), Some(Act::Custom)));
        assert_eq!(
            (form.purposes.as_slice(), form.back.as_str()),
            (&["analytics".to_owned(), "a b".to_owned()][..], "/list?q=1")
        );
        assert_eq!(form.seal, "s");
        let single = parse(b"item=00a1b2%3Ayes&item=&item=00a1b3%3Ano&mode=session&shared=yes&age=no").expect("a form");
        let items: Vec<_> = single.items.iter().map(|(key, allowed)| (key.to_string(), *allowed)).collect();
        assert_eq!(items, [("00a1b2".to_owned(), true), ("00a1b3".to_owned(), false)]);
        assert_eq!((single.session, single.shared, single.of_age), (true, true, Some(false)));
        assert_eq!(parse(b"item=00a1b2%3Amaybe"), None);
        let surface = |form: &[u8]| parse(form).and_then(|form| form.shown().surface);
        assert_eq!(surface(b"act=custom&surface=settings"), Some(Surface::Settings));
        assert_eq!(surface(b"act=custom"), Some(Surface::Banner));
        assert_eq!(surface(b"act=single&surface=cellar"), Some(Surface::Prompt));
        assert_eq!(surface(b"act=withdraw"), None);
        assert_eq!(parse(b"").expect("an empty form").back, "/");
    }

    #[test]
    fn a_form_tells_the_words_that_it_showed() {
        let check = |policy: &str, expect: (&str, Option<WordsVersion>)| {
            let form = Form { policy: policy.to_owned(), ..Form::default() };
            assert_eq!((form.policy(), form.shown().words), expect, "{policy}");
        };
        check("00ff", ("00ff", None));
        check("00ff-0102030405060708", ("00ff", Some([1, 2, 3, 4, 5, 6, 7, 8])));
        for other in ["00ff-", "00ff-01", "00ff-+102030405060708", "00ff-01020304050607080"] {
            check(other, ("00ff", None));
        }
    }

    #[test]
    fn a_form_that_could_be_read_twice_is_none() {
        for form in ["act=accept_all&act=refuse_all", "policy=1&policy=2", "seal=1&seal=1", "back=%2F&back=%2Fx"] {
            assert_eq!(parse(form.as_bytes()), None, "{form}");
        }
        assert_eq!(parse("purpose=a&".repeat(MOST_PURPOSES + 1).as_bytes()), None);
        assert!(parse("other=a&".repeat(100).as_bytes()).is_some(), "what isn't asked for is not looked at");
    }

    #[test]
    fn the_way_back_never_leaves_the_site() {
        let check = |written: &str, expect: &str| assert_eq!(local_path(written), expect, "{written}");
        check("/list?q=1#x", "/list?q=1#x");
        check("//evil.example/", "/");
        check("/\\evil.example/", "/");
        check("https://evil.example/", "/");
        check("/a\r\nSet-Cookie: x", "/");
        check("/a b", "/");
        check("", "/");
    }
}
