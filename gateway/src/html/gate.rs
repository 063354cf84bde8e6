//! Puts a tag to sleep: its address attributes renamed, its purpose written on it.
//!
//! Refuses to guess what scripts will load. Invariant: a held tag loads nothing in any browser, and taking the
//! prefix `data-consent-` off its attributes gives back the tag as it came.

use super::edit::Edit;
use super::refusal::{Context, Purposes};
use super::scan::{Attribute, Tag};
use super::{Charset, amp, candidates, entity, frames};

pub(super) const PREFIX: &str = "data-consent-";

/// A tag with access to its bytes: `raw` is the tag from `<` to `>`.
#[derive(Clone, Copy)]
pub(super) struct TagText<'a> {
    pub(super) tag: &'a Tag,
    pub(super) raw: &'a [u8],
    pub(super) charset: Charset,
}

/// What became of a tag that loads something it must not.
pub(super) struct Held {
    pub(super) purposes: Purposes,
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
    let name = &*text.tag.name;
    let mut sleep = Sleep::default();
    match name {
        "meta" => sleep.refresh(context, text),
        "link" if !text.has_token("rel", &LOADING_RELATIONS) => {}
        name if name.starts_with(amp::PREFIX) => {
            sleep.attributes.extend(amp::loading(context, text, &mut sleep.purposes))
        }
        _ => sleep.loading(context, text, loading_attributes(name)),
    }
    sleep.style(context, text);
    let mut held = sleep.end(text);
    if matches!(name, "a" | "area") {
        for attribute in ["ping", "attributionsrc"] {
            quieten(context, text, attribute, &mut held);
        }
    }
    (!held.purposes.is_empty()).then_some(held)
}

/// Puts an inline script to sleep.
pub(super) fn hold_script(text: TagText<'_>, purposes: Purposes) -> Held {
    Sleep { purposes, ..Sleep::default() }.end(text)
}

/// Marks a tag whose text was changed, and will be whole on the next page once these purposes are granted.
pub(super) fn mark_next(tag: &Tag, charset: Charset, purposes: &Purposes) -> Edit {
    let mark = format!(" {PREFIX}next=\"{}\"", entity::escaped(&purposes.joined()));
    Edit::insertion(tag.name_end, charset.or_lossless().encode(&mark))
}

/// Whether any relation of a `Link` header or tag loads something.
pub(super) fn relation_loads(relations: &str) -> bool {
    relations
        .split_ascii_whitespace()
        .any(|word| LOADING_RELATIONS.iter().any(|known| word.eq_ignore_ascii_case(known)))
}

fn loading_attributes(element: &str) -> &'static [&'static str] {
    match element {
        "script" => &["src", "href", "xlink:href", "attributionsrc"],
        "iframe" => &["src", "srcdoc"],
        "img" | "image" => &["src", "srcset", "lowsrc", "href", "xlink:href", "attributionsrc"],
        "source" => &["src", "srcset"],
        "video" => &["src", "poster"],
        "frame" | "embed" | "input" | "audio" | "track" | "bgsound" | "portal" | "fencedframe" => &["src"],
        "object" => &["data"],
        "link" => &["href", "imagesrcset"],
        "use" | "feimage" => &["href", "xlink:href"],
        "body" | "table" | "thead" | "tbody" | "tfoot" | "tr" | "td" | "th" | "col" | "colgroup" => &["background"],
        _ => &[],
    }
}

/// What a tag waits for, and what of it must go to sleep for that.
#[derive(Default)]
struct Sleep {
    purposes: Purposes,
    /// Attributes to be renamed.
    attributes: Vec<&'static str>,
    /// What stands in for the style attribute.
    style: Option<String>,
    /// What stands in for what it would show.
    shown: Vec<(&'static str, String)>,
}

impl Sleep {
    fn loading(&mut self, context: &Context<'_>, text: TagText<'_>, attributes: &'static [&'static str]) {
        for name in attributes {
            if let Some(value) = text.value(name) {
                context.refuses_value(name, &value, &mut self.purposes);
            }
        }
        if self.purposes.is_empty() {
            return;
        }
        self.attributes.extend(attributes);
        if let Some(placeholder) = frames::placeholder(context, text) {
            self.attributes.extend(placeholder.renamed);
            self.shown = placeholder.shown;
        }
    }

    fn refresh(&mut self, context: &Context<'_>, text: TagText<'_>) {
        let says = text.value("http-equiv").unwrap_or_default();
        let content = text.value("content").filter(|_| says.trim().eq_ignore_ascii_case("refresh"));
        if let Some(url) = content.as_deref().and_then(candidates::of_refresh)
            && context.refuses(url, &mut self.purposes)
        {
            self.attributes.push("content");
        }
    }

    fn style(&mut self, context: &Context<'_>, text: TagText<'_>) {
        let text = TagText { charset: text.charset.or_lossless(), ..text };
        let style = text.value("style");
        self.style = style.and_then(|style| context.style_without(&style, &mut self.purposes));
        if self.style.is_some() {
            self.attributes.push("style");
        }
    }

    fn end(self, text: TagText<'_>) -> Held {
        if self.purposes.is_empty() {
            return Held { purposes: self.purposes, edits: Vec::new() };
        }
        let mut mark = format!(" {PREFIX}hold=\"{}\"", entity::escaped(&self.purposes.joined()));
        let mut edits = Vec::new();
        if text.tag.name == "script" {
            mark.push_str(" type=\"text/plain\"");
            edits.extend(text.rename("type"));
        }
        if let Some(style) = self.style {
            mark.push_str(&format!(" style=\"{}\"", entity::escaped(&style)));
        }
        for (name, value) in &self.shown {
            mark.push_str(&format!(" {name}=\"{}\"", entity::escaped(value)));
        }
        edits.push(Edit::insertion(text.tag.name_end, text.charset.or_lossless().encode(&mark)));
        edits.extend(self.attributes.into_iter().flat_map(|name| text.rename(name)));
        Held { purposes: self.purposes, edits }
    }
}

impl<'a> TagText<'a> {
    /// Attributes of this name; browsers read the first. `xlink:href` has whatever prefix the page gave it.
    fn all(self, name: &str) -> impl Iterator<Item = &'a Attribute> {
        let prefixed = name.strip_prefix("xlink");
        self.tag.attributes.iter().filter(move |attribute| {
            let written = self.bytes(&attribute.name);
            match prefixed {
                Some(ending) => {
                    let last = written.len().checked_sub(ending.len()).and_then(|from| written.get(from..));
                    last.is_some_and(|last| last.eq_ignore_ascii_case(ending.as_bytes()))
                }
                None => written.eq_ignore_ascii_case(name.as_bytes()),
            }
        })
    }

    /// The value of the first attribute of this name, references decoded; `None` where it is absent or has none.
    pub(super) fn value(self, name: &str) -> Option<String> {
        let value = self.all(name).next()?.value.as_ref()?;
        let text = self.charset.decode(self.bytes(value));
        Some(entity::decoded(&text).into_owned())
    }

    pub(super) fn value_range(self, name: &str) -> Option<&'a std::ops::Range<usize>> {
        self.all(name).next()?.value.as_ref()
    }

    /// Whether the attribute stands there, with a value or without.
    pub(super) fn has(self, name: &str) -> bool {
        self.all(name).next().is_some()
    }

    fn has_token(self, name: &str, tokens: &[&str]) -> bool {
        let value = self.value(name).unwrap_or_default();
        value.split_ascii_whitespace().any(|word| tokens.iter().any(|token| word.eq_ignore_ascii_case(token)))
    }

    fn bytes(self, range: &std::ops::Range<usize>) -> &'a [u8] {
        let inside = range.start.checked_sub(self.tag.at.start).zip(range.end.checked_sub(self.tag.at.start));
        inside.and_then(|(start, end)| self.raw.get(start..end)).unwrap_or_default()
    }

    /// An edit that gives an attribute another value, quoted whether it was or not.
    pub(super) fn new_value(self, range: &std::ops::Range<usize>, value: &str) -> Edit {
        let before = range.start.checked_sub(self.tag.at.start + 1).and_then(|at| self.raw.get(at));
        let escaped = entity::escaped(value);
        let written = if matches!(before, Some(b'"' | b'\'')) { escaped } else { format!("\"{escaped}\"") };
        Edit { remove: range.clone(), insert: self.charset.encode(&written) }
    }

    /// Edits after which an attribute has another name, where it stands.
    pub(super) fn renamed_to(self, name: &str, other: &str) -> Option<Edit> {
        let attribute = self.all(name).next()?;
        Some(Edit { remove: attribute.name.clone(), insert: self.charset.or_lossless().encode(other) })
    }

    /// Edits after which an attribute says nothing to browsers.
    pub(super) fn rename(self, name: &str) -> Vec<Edit> {
        // All of that name: the second one would load once the first is gone.
        let mut edits = Vec::new();
        for attribute in self.all(name) {
            edits.push(Edit::insertion(attribute.name.start, PREFIX.as_bytes().to_vec()));
            // XML would ask for a prefix's meaning.
            edits.extend(memchr::memchr_iter(b':', self.bytes(&attribute.name)).map(|colon| {
                let at = attribute.name.start + colon;
                Edit { remove: at..at + 1, insert: b"-".to_vec() }
            }));
        }
        edits
    }
}

/// A link stays a link; only the addresses that would be told of the click go.
fn quieten(context: &Context<'_>, text: TagText<'_>, attribute: &str, held: &mut Held) {
    let Some(value) = text.value(attribute) else { return };
    let all = value.split_ascii_whitespace();
    let left: Vec<&str> = all.clone().filter(|url| !context.refuses(url, &mut held.purposes)).collect();
    match text.value_range(attribute) {
        _ if left.len() == all.count() => {}
        Some(range) if !left.is_empty() => held.edits.push(text.new_value(range, &left.join(" "))),
        _ => held.edits.extend(text.rename(attribute)),
    }
}
