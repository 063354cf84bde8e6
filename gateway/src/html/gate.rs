//! Puts a tag to sleep: its address attributes renamed, its purpose written on it.
//!
//! Refuses to guess what scripts will load. Invariant: a held tag loads nothing in any browser, and taking the
//! prefix `data-consent-` off its attributes gives back the tag as it came.

use std::borrow::Cow;

use super::edit::Edit;
use super::scan::{Attribute, Tag};
use super::{Charset, TagJudge, address, candidates, entity};

const PREFIX: &str = "data-consent-";

/// What the page said so far that decides where an address leads.
pub(super) struct Context<'a> {
    pub(super) judge: &'a dyn TagJudge,
    pub(super) charset: Charset,
    /// The first `<base href>`, where it names a host.
    pub(super) base: Option<&'a str>,
}

/// A tag with access to its bytes: `raw` is the tag from `<` to `>`.
#[derive(Clone, Copy)]
pub(super) struct TagText<'a> {
    pub(super) tag: &'a Tag,
    pub(super) raw: &'a [u8],
}

/// What became of a tag that loads something it must not.
pub(super) struct Held {
    pub(super) purpose: String,
    pub(super) edits: Vec<Edit>,
}

/// Relations whose links are fetched, connected to, or looked up without a click.
const LOADING_RELATIONS: [&str; 13] = [
    "stylesheet",
    "preload",
    "modulepreload",
    "prefetch",
    "prerender",
    "preconnect",
    "dns-prefetch",
    "icon",
    "apple-touch-icon",
    "apple-touch-icon-precomposed",
    "mask-icon",
    "manifest",
    "compression-dictionary",
];

/// Judges a tag and says how to put it to sleep.
pub(super) fn judge(context: &Context<'_>, text: TagText<'_>) -> Option<Held> {
    match text.tag.name.as_str() {
        "a" | "area" => quieten_ping(context, text),
        "meta" => hold_refresh(context, text),
        "link" if !text.has_token("rel", &LOADING_RELATIONS, context.charset) => None,
        name => {
            let loading = loading_attributes(name);
            let mut loaded = loading.iter().filter_map(|name| Some((*name, text.value(name, context.charset)?)));
            let purpose = loaded.find_map(|(name, value)| context.hold_value(name, &value))?;
            Some(put_to_sleep(text, purpose, loading))
        }
    }
}

/// Whether any relation of a `Link` header or tag loads something.
pub(super) fn relation_loads(relations: &str) -> bool {
    relations
        .split_ascii_whitespace()
        .any(|word| LOADING_RELATIONS.iter().any(|known| word.eq_ignore_ascii_case(known)))
}

fn loading_attributes(element: &str) -> &'static [&'static str] {
    match element {
        "script" => &["src", "href", "xlink:href"],
        "iframe" => &["src", "srcdoc"],
        "img" | "image" => &["src", "srcset", "lowsrc", "href", "xlink:href"],
        "source" => &["src", "srcset"],
        "video" => &["src", "poster"],
        "frame" | "embed" | "input" | "audio" | "track" | "bgsound" => &["src"],
        "object" => &["data"],
        "link" => &["href", "imagesrcset"],
        "use" | "feimage" => &["href", "xlink:href"],
        "body" | "table" | "tbody" | "tr" | "td" | "th" => &["background"],
        _ => &[],
    }
}

impl Context<'_> {
    fn hold_value(&self, attribute: &str, value: &str) -> Option<String> {
        match attribute {
            // Its content is a page of its own and is gated as one.
            "srcdoc" => None,
            "srcset" | "imagesrcset" => candidates::of_srcset(value).into_iter().find_map(|url| self.hold(url)),
            _ => self.hold(value),
        }
    }

    /// The purpose to hold an address for, as it stands in the page once its references are decoded.
    pub(super) fn hold(&self, url: &str) -> Option<String> {
        let url = address::normalised_url(url);
        if url.is_empty() || !address::asks_a_host(&url) {
            return None;
        }
        let whole = match self.base {
            Some(base) => Cow::Owned(address::joined(base, &url)),
            None => url,
        };
        self.judge.hold(&whole).map(str::to_owned)
    }
}

impl<'a> TagText<'a> {
    /// Attributes of this name; browsers read the first.
    fn all(self, name: &str) -> impl Iterator<Item = &'a Attribute> {
        self.tag.attributes.iter().filter(move |a| self.bytes(&a.name).eq_ignore_ascii_case(name.as_bytes()))
    }

    /// The value of the first attribute of this name, references decoded; `None` where it is absent or has none.
    pub(super) fn value(self, name: &str, charset: Charset) -> Option<String> {
        let value = self.all(name).next()?.value.as_ref()?;
        let text = charset.decode(self.bytes(value));
        Some(entity::decoded(&text).into_owned())
    }

    pub(super) fn value_range(self, name: &str) -> Option<&'a std::ops::Range<usize>> {
        self.all(name).next()?.value.as_ref()
    }

    fn has_token(self, name: &str, tokens: &[&str], charset: Charset) -> bool {
        let value = self.value(name, charset).unwrap_or_default();
        value.split_ascii_whitespace().any(|word| tokens.iter().any(|token| word.eq_ignore_ascii_case(token)))
    }

    fn bytes(self, range: &std::ops::Range<usize>) -> &'a [u8] {
        let inside = range.start.checked_sub(self.tag.at.start).zip(range.end.checked_sub(self.tag.at.start));
        inside.and_then(|(start, end)| self.raw.get(start..end)).unwrap_or_default()
    }

    /// An edit that gives an attribute another value, quoted whether it was or not.
    pub(super) fn new_value(self, range: &std::ops::Range<usize>, charset: Charset, value: &str) -> Edit {
        let before = range.start.checked_sub(self.tag.at.start + 1).and_then(|at| self.raw.get(at));
        let escaped = entity::escaped(value);
        let written = if matches!(before, Some(b'"' | b'\'')) { escaped } else { format!("\"{escaped}\"") };
        Edit { remove: range.clone(), insert: charset.encode(&written) }
    }

    fn rename(self, name: &str) -> impl Iterator<Item = Edit> {
        // All of that name: the second one would load once the first is gone.
        self.all(name).map(|attribute| Edit::insertion(attribute.name.start, PREFIX.as_bytes().to_vec()))
    }

    fn mark(self, purpose: &str, also: &str) -> Edit {
        let after_name = self.tag.at.start + 1 + self.tag.name.len();
        Edit::insertion(after_name, format!(" {PREFIX}hold=\"{}\"{also}", entity::escaped(purpose)).into_bytes())
    }
}

fn put_to_sleep(text: TagText<'_>, purpose: String, attributes: &[&str]) -> Held {
    let is_script = text.tag.name == "script";
    let mut edits = vec![text.mark(&purpose, if is_script { " type=\"text/plain\"" } else { "" })];
    if is_script {
        edits.extend(text.rename("type"));
    }
    for name in attributes {
        edits.extend(text.rename(name));
    }
    Held { purpose, edits }
}

/// A link stays a link; only the addresses that would be told of the click go.
fn quieten_ping(context: &Context<'_>, text: TagText<'_>) -> Option<Held> {
    let value = text.value("ping", context.charset)?;
    let mut purpose = None;
    let mut left = Vec::new();
    for url in value.split_ascii_whitespace() {
        match context.hold(url) {
            Some(refused) => purpose = purpose.or(Some(refused)),
            None => left.push(url),
        }
    }
    let purpose = purpose?;
    let edits = match text.value_range("ping") {
        Some(range) if !left.is_empty() => vec![text.new_value(range, context.charset, &left.join(" "))],
        _ => text.rename("ping").collect(),
    };
    Some(Held { purpose, edits })
}

fn hold_refresh(context: &Context<'_>, text: TagText<'_>) -> Option<Held> {
    let says = text.value("http-equiv", context.charset)?;
    if !says.trim().eq_ignore_ascii_case("refresh") {
        return None;
    }
    let content = text.value("content", context.charset)?;
    let purpose = context.hold(candidates::of_refresh(&content)?)?;
    Some(put_to_sleep(text, purpose, &["content"]))
}
