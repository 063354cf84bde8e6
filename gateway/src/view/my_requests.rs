//! Requests in words: the form for one, where one stands, and the letter that an officer sends.
//!
//! Refuses markup in what people wrote: all of it is text. Invariant: who is refused is told where to object.

use policies::Timestamp;
use policies::policy::texts::Texts;
use policies::rights::{Deed, LONGEST_ABOUT, Request, RequestKind, Status};
use policies::{Date, Lang, Policy};

use super::said::{Said, Sentence};
use super::{Scene, my_records, words};

/// What the form holds.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Draft {
    /// What is asked for.
    pub kind: Option<RequestKind>,
    /// What it is about.
    pub about: String,
    /// Where to answer.
    pub reply: String,
}

/// Why a request was not received.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Problem {
    /// What was written is empty or too long.
    Badly,
    /// Too many come in.
    Full,
    /// The store can't take it.
    NotStored,
}

/// A request that was looked up.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Found {
    /// None has this reference.
    Unknown,
    /// The store can't be read.
    Unread,
    /// Where it stands.
    Known(Box<Known>),
}

/// Where a request stands, in words.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Known {
    pub(super) kind: String,
    pub(super) received: String,
    pub(super) status: String,
    pub(super) due: Option<String>,
    pub(super) ended: Option<String>,
    pub(super) answer: Option<String>,
    pub(super) ground: Option<String>,
    pub(super) appeal: Vec<String>,
}

/// One kind in the form.
pub(super) struct KindRow<'a> {
    pub(super) value: &'static str,
    pub(super) name: &'a str,
    pub(super) picked: bool,
}

impl Found {
    /// A request as its visitor sees it; `day` says which day a moment is where the site is.
    #[must_use]
    pub fn of(request: &Request, scene: &Scene<'_>, day: impl Fn(Timestamp) -> Date) -> Self {
        let texts = scene.texts();
        let said = |date: Date| words::date(date, texts);
        let (mut answer, mut ground, mut appeal) = (None, None, Vec::new());
        match request.last.as_ref() {
            Some(Deed::Answered { words }) => answer = Some(words.clone()),
            Some(Deed::Delayed { ground: why, .. }) => ground = Some(why.clone()),
            Some(Deed::Refused { ground: why, appeal: bodies }) => {
                ground = Some(why.clone());
                appeal.clone_from(bodies);
            }
            Some(Deed::Entered(_)) | None => {}
        }
        Self::Known(Box::new(Known {
            kind: kind_name(request.entered.kind, texts).to_owned(),
            received: said(request.received),
            status: status_name(request.status, texts).to_owned(),
            due: request.status.is_pending().then(|| said(request.due)),
            ended: request.ended.map(|ended| said(day(ended))),
            answer,
            ground,
            appeal,
        }))
    }
}

pub(super) fn kinds(texts: &Texts, picked: Option<RequestKind>) -> Vec<KindRow<'_>> {
    let row =
        |kind: RequestKind| KindRow { value: kind.name(), name: kind_name(kind, texts), picked: picked == Some(kind) };
    RequestKind::ASKED.into_iter().map(row).collect()
}

/// What a kind is called.
#[must_use]
pub fn kind_name(kind: RequestKind, texts: &Texts) -> &str {
    let words = &texts.requests;
    match kind {
        RequestKind::Access => &words.access,
        RequestKind::Correction => &words.correction,
        RequestKind::Deletion => &words.deletion,
        RequestKind::Suspension => &words.suspension,
        RequestKind::Resumption => &words.resumption,
        RequestKind::Complaint => &words.complaint,
    }
}

fn status_name(status: Status, texts: &Texts) -> &str {
    let words = &texts.requests;
    match status {
        Status::Open => &words.open,
        Status::Delayed => &words.delayed,
        Status::Answered => &words.answered,
        Status::Refused => &words.declined,
    }
}

pub(super) fn problem(scene: &Scene<'_>, problem: Problem) -> String {
    let words = &scene.texts().requests;
    let address = &scene.policy.contact.address;
    match problem {
        Problem::Badly => words.badly.replace("{n}", &LONGEST_ABOUT.to_string()),
        Problem::Full => words.full.replace("{address}", address),
        Problem::NotStored => words.not_stored.replace("{address}", address),
    }
}

/// How long a request is kept, where the policy says it.
pub(super) fn kept(scene: &Scene<'_>) -> Option<Sentence> {
    let row = policies::rights::Erasure::under(scene.policy).register?;
    Some(my_records::of_row(scene, &scene.texts().requests.kept, row, None))
}

/// What an officer sends to whoever asked, in their language: plain text.
#[must_use]
pub fn letter(request: &Request, policy: &Policy, texts: &Texts, lang: Lang) -> String {
    let words = &texts.requests;
    let kind = kind_name(request.entered.kind, texts);
    let filled = |sentence: &str| {
        let (received, due) = (words::date(request.received, texts), words::date(request.due, texts));
        sentence.replace("{date}", &received).replace("{kind}", kind).replace("{until}", &due)
    };
    let mut parts = Vec::new();
    match request.last.as_ref() {
        Some(Deed::Answered { words: answer }) => parts.extend([filled(&words.letter_answered), answer.clone()]),
        Some(Deed::Delayed { ground, .. }) => {
            parts.extend([filled(&words.letter_delayed), format!("{}: {ground}", words.ground)]);
        }
        Some(Deed::Refused { ground, appeal }) => {
            parts.extend([filled(&words.letter_refused), format!("{}: {ground}", words.ground)]);
            parts.push(words.letter_objection.clone());
            parts.push(appeal.join("\n"));
        }
        Some(Deed::Entered(_)) | None => parts.push(words.taken.clone()),
    }
    let role = Said::new(&policy.contact.role, lang).text;
    let operator = Said::new(&policy.operator, lang).text;
    parts.push(format!("{operator}, {role}, {}", policy.contact.address));
    parts.retain(|part| !part.is_empty());
    parts.join("\n\n")
}
