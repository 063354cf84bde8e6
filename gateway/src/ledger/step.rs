//! A request's step as the contents of an entry: canonical JSON (RFC 8785: keys in order, no blanks; values are strings alone).
//!
//! Refuses what isn't whole. Invariant: what is written reads as itself. Keys that a later version adds are passed over.

use std::collections::BTreeMap;

use policies::rights::{Actor, Authority, Deed, Entered, Reply, Representative, RequestKind, Step};
use policies::{Date, Lang};
use serde_json::Value;

use super::letters::{hex, moment, of_hex, of_moment};
use super::{Entry, EntryClass, EntryId};

/// What the contents say that they are.
const TYPE: &str = "request-step";

/// Why contents are no step.
#[derive(Debug, thiserror::Error)]
#[error("an entry of the register of requests can't be read: {0} is missing or means nothing")]
pub struct Unreadable(&'static str);

/// The entry of a step; `id` is its own.
#[must_use]
pub fn entry(id: EntryId, step: &Step) -> Entry {
    Entry {
        id,
        site: step.site.clone(),
        class: EntryClass::Request,
        subject: Some(step.request),
        made: step.at,
        ends: None,
        contents: write(step),
    }
}

/// The contents of a step's entry.
#[must_use]
pub fn write(step: &Step) -> Vec<u8> {
    let mut fields = Fields::default();
    fields.put("type", TYPE);
    fields.put("request", &hex(&step.request));
    fields.put("site", &step.site);
    fields.put("at", &moment(step.at));
    match &step.by {
        Actor::Visitor => fields.put("by", "visitor"),
        Actor::Gateway => fields.put("by", "gateway"),
        Actor::Officer(account) => {
            fields.put("by", "officer");
            fields.put("account", account);
        }
    }
    fields.put("deed", step.deed.name());
    match &step.deed {
        Deed::Entered(entered) => put_entered(&mut fields, entered),
        Deed::Delayed { ground, until } => {
            fields.put("ground", ground);
            fields.put("until", &until.to_string());
        }
        Deed::Answered { words } => fields.put("words", words),
        Deed::Refused { ground, appeal } => {
            fields.put("ground", ground);
            let appeal = appeal.iter().map(|body| Value::from(body.as_str())).collect();
            fields.0.insert("appeal".to_owned(), Value::Array(appeal));
        }
    }
    // Of what is put there nothing can fail: keys are texts.
    serde_json::to_vec(&fields.0).unwrap_or_default()
}

fn put_entered(fields: &mut Fields, entered: &Entered) {
    fields.put("kind", entered.kind.name());
    fields.put("about", &entered.about);
    fields.put("lang", entered.lang.tag());
    if let Reply::To(address) = &entered.reply {
        fields.put("reply_to", address);
    }
    if let Some(visitor) = &entered.visitor {
        fields.put("visitor", &hex(visitor));
    }
    if let Some(authority) = &entered.authority {
        fields.put("acts_as", authority.who.name());
        fields.put("shown", &authority.shown);
        fields.put("checked_by", &authority.checked_by);
    }
}

/// Reads what [`write()`] wrote.
///
/// # Errors
/// See [`Unreadable`].
pub fn read(contents: &[u8]) -> Result<Step, Unreadable> {
    let fields = Fields(serde_json::from_slice(contents).map_err(|_| Unreadable("its form"))?);
    if fields.text("type")? != TYPE {
        return Err(Unreadable("type"));
    }
    let by = match fields.text("by")? {
        "visitor" => Actor::Visitor,
        "gateway" => Actor::Gateway,
        "officer" => Actor::Officer(fields.text("account")?.to_owned()),
        _ => return Err(Unreadable("by")),
    };
    let deed = match fields.text("deed")? {
        "entered" => Deed::Entered(entered(&fields)?),
        "delayed" => {
            let until = Date::parse(fields.text("until")?).ok_or(Unreadable("until"))?;
            Deed::Delayed { ground: fields.text("ground")?.to_owned(), until }
        }
        "answered" => Deed::Answered { words: fields.text("words")?.to_owned() },
        "refused" => Deed::Refused { ground: fields.text("ground")?.to_owned(), appeal: fields.texts("appeal")? },
        _ => return Err(Unreadable("deed")),
    };
    Ok(Step {
        request: of_hex(fields.text("request")?).ok_or(Unreadable("request"))?,
        site: fields.text("site")?.to_owned(),
        at: of_moment(fields.text("at")?).ok_or(Unreadable("at"))?,
        by,
        deed,
    })
}

fn entered(fields: &Fields) -> Result<Entered, Unreadable> {
    let visitor = fields.optional("visitor")?.map(|visitor| of_hex(visitor).ok_or(Unreadable("visitor")));
    let authority = fields.optional("acts_as")?.map(|who| {
        Ok(Authority {
            who: Representative::of_name(who).ok_or(Unreadable("acts_as"))?,
            shown: fields.text("shown")?.to_owned(),
            checked_by: fields.text("checked_by")?.to_owned(),
        })
    });
    Ok(Entered {
        kind: RequestKind::of_name(fields.text("kind")?).ok_or(Unreadable("kind"))?,
        about: fields.text("about")?.to_owned(),
        reply: fields.optional("reply_to")?.map_or(Reply::Page, |address| Reply::To(address.to_owned())),
        lang: Lang::of_tag(fields.text("lang")?).ok_or(Unreadable("lang"))?,
        visitor: visitor.transpose()?,
        authority: authority.transpose()?,
    })
}

/// The fields of contents, in the order of their keys: serde_json's own map keeps another in some builds.
#[derive(Default)]
struct Fields(BTreeMap<String, Value>);

impl Fields {
    fn put(&mut self, key: &str, text: &str) {
        self.0.insert(key.to_owned(), Value::from(text));
    }

    fn text(&self, key: &'static str) -> Result<&str, Unreadable> {
        self.optional(key)?.ok_or(Unreadable(key))
    }

    fn optional(&self, key: &'static str) -> Result<Option<&str>, Unreadable> {
        self.0.get(key).map(|value| value.as_str().ok_or(Unreadable(key))).transpose()
    }

    fn texts(&self, key: &'static str) -> Result<Vec<String>, Unreadable> {
        let items = self.0.get(key).and_then(Value::as_array).ok_or(Unreadable(key))?;
        items.iter().map(|item| item.as_str().map(str::to_owned).ok_or(Unreadable(key))).collect()
    }
}

#[cfg(test)]
mod tests {
    use policies::Timestamp;
    use proptest::prelude::*;

    use super::*;

    fn any_deed() -> impl Strategy<Value = Deed> {
        let authority = (any::<bool>(), any::<String>(), any::<String>()).prop_map(|(agent, shown, checked_by)| {
            let who = if agent { Representative::Agent } else { Representative::Guardian };
            Authority { who, shown, checked_by }
        });
        let reply = prop_oneof![Just(Reply::Page), any::<String>().prop_map(Reply::To)];
        let entered =
            (0usize..6, any::<String>(), reply, 0usize..6, any::<Option<[u8; 16]>>(), proptest::option::of(authority));
        let entered = entered.prop_map(|(kind, about, reply, lang, visitor, authority)| {
            let (kind, lang) = (RequestKind::ALL[kind], Lang::ALL[lang]);
            Deed::Entered(Entered { kind, about, reply, lang, visitor, authority })
        });
        prop_oneof![
            entered,
            (any::<String>(), 0i64..90_000)
                .prop_map(|(ground, day)| Deed::Delayed { ground, until: Date::of_day_number(day) }),
            any::<String>().prop_map(|words| Deed::Answered { words }),
            (any::<String>(), any::<Vec<String>>()).prop_map(|(ground, appeal)| Deed::Refused { ground, appeal }),
        ]
    }

    fn any_step() -> impl Strategy<Value = Step> {
        let by = prop_oneof![Just(Actor::Visitor), Just(Actor::Gateway), any::<String>().prop_map(Actor::Officer)];
        (any::<[u8; 16]>(), any::<String>(), 0i64..200_000_000_000, by, any_deed())
            .prop_map(|(request, site, at, by, deed)| Step { request, site, at: Timestamp(at), by, deed })
    }

    proptest! {
        #[test]
        fn a_step_is_read_as_it_was_written_and_no_part_of_it_is_one(step in any_step()) {
            let written = write(&step);
            prop_assert_eq!(&read(&written).unwrap(), &step);
            prop_assert_eq!(entry([3; 16], &step).subject, Some(step.request));
            for length in 0..written.len() {
                prop_assert!(read(&written[..length]).is_err(), "cut at {}", length);
            }
        }
    }

    #[test]
    fn it_is_canonical_and_lets_a_later_versions_keys_pass() {
        let deed =
            Deed::Delayed { ground: "a \"b\"\n\u{1}가".to_owned(), until: Date { year: 2026, month: 3, day: 9 } };
        let by = Actor::Officer("kim".to_owned());
        let step = Step { request: [0xab; 16], site: "shop".to_owned(), at: Timestamp(5), by, deed };
        let written = String::from_utf8(write(&step)).unwrap();
        let id = "ab".repeat(16);
        assert_eq!(
            written,
            format!(
                "{{\"account\":\"kim\",\"at\":\"1970-01-01T00:00:05Z\",\"by\":\"officer\",\"deed\":\"delayed\",\"ground\":\"a \\\"b\\\"\\n\\u0001가\",\
                 \"request\":\"{id}\",\"site\":\"shop\",\"type\":\"request-step\",\"until\":\"2026-03-09\"}}"
            )
        );
        let later = written.replacen('{', "{\"zone\":{\"a\":[1]},", 1);
        assert_eq!(read(later.as_bytes()).unwrap(), step);
        for (from, to) in [
            ("delayed", "dropped"),
            ("2026-03", "2026-13"),
            ("00:05Z", "00:60Z"),
            ("request-step", "step"),
            (&*id, "ab"),
        ] {
            assert!(read(written.replace(from, to).as_bytes()).is_err(), "{from}");
        }
    }
}
