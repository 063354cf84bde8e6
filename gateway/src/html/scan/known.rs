//! What the standard says of the elements that decide how markup is read: to which case of its tree builder they belong,
//! and in which lists they stand.
//!
//! Refuses nothing: an element that isn't here is like any other. Invariant: a name stands in one group.

use super::name::{Name, same};

/// What an element does to the stack of open elements and to the text after its tag, in HTML (13.2.6.4.7), as one of
/// the cases that the standard tells apart.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Kind {
    /// Any other element.
    Ordinary,
    /// `a` and its like.
    Formatting,
    /// Ends a paragraph when it starts.
    Block,
    Heading,
    Paragraph,
    /// `li`, `dd`, `dt`.
    Item,
    Form,
    Button,
    /// Bounds what formatting reaches into: `applet`, `marquee`, `object`.
    Apart,
    Select,
    /// `option`, `optgroup`.
    Choice,
    /// `rb`, `rtc`, `rp`, `rt`.
    Ruby,
    Table,
    /// A part of a table, or of a document, that counts nowhere else.
    Part,
    Template,
    /// Has no content, and stands in a line of text.
    Void,
    /// Has no content, and says something of the document or of its parent.
    Mute,
    Input,
    Rule,
    /// `br`, whose end tag counts as one too.
    Break,
    /// Its content is text with references: `title`, `textarea`.
    Rcdata,
    /// Its content is text.
    Rawtext,
    /// The same, and it ends a paragraph: `xmp`.
    Example,
    /// Text to a browser that runs scripts.
    Noscript,
    Script,
    Plaintext,
    Svg,
    Math,
    Html,
    Body,
    Frameset,
}

impl Kind {
    /// Whether the end tag of an element that was opened last does nothing but close it.
    #[inline]
    pub(super) const fn ends_plainly(self) -> bool {
        matches!(
            self,
            Self::Ordinary
                | Self::Block
                | Self::Heading
                | Self::Paragraph
                | Self::Item
                | Self::Button
                | Self::Select
                | Self::Choice
                | Self::Ruby
        )
    }
}

/// What is said of an element, in bits.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub(super) struct Traits(u32);

impl Traits {
    /// "Special": an end tag of an unknown element looks no further up.
    pub(super) const SPECIAL: Self = Self(1);
    /// Bounds a scope (13.2.4.2).
    pub(super) const SCOPE: Self = Self(2);
    /// Its end tag is implied.
    pub(super) const IMPLIED: Self = Self(4);
    /// Its end tag is implied where a template ends.
    pub(super) const THOROUGH: Self = Self(8);
    /// Ends drawings and formulas it is found in (13.2.6.5).
    pub(super) const BREAKS_OUT: Self = Self(16);
    /// Loads something, or tells where head and body start.
    pub(super) const WANTED: Self = Self(32);
    /// May lie on a picture.
    pub(super) const ON_PICTURE: Self = Self(64);
    /// Clicks on it may be told of.
    pub(super) const LINK: Self = Self(128);
    /// May stand in a head, so that no body starts with it.
    pub(super) const IN_HEAD: Self = Self(256);
    /// May stand in a body before a frameset takes its place.
    pub(super) const MODEST: Self = Self(512);
    /// How many are open is counted.
    pub(super) const COUNTED: Self = Self(1024);

    #[inline]
    pub(super) const fn has(self, other: Self) -> bool {
        self.0 & other.0 != 0
    }

    const fn with(self, other: Self) -> Self {
        Self(self.0 | other.0)
    }
}

/// What is known of an element.
#[derive(Debug, Clone, Copy)]
pub(super) struct Known {
    pub(super) name: Name,
    pub(super) text: &'static str,
    pub(super) kind: Kind,
    pub(super) traits: Traits,
}

/// What is known of an element nobody knows.
static STRANGER: Known = Known { name: Name::known(b""), text: "", kind: Kind::Ordinary, traits: Traits::MODEST };

const SLOT_BITS: u32 = 9;

static SLOTS: [Option<Known>; 1 << SLOT_BITS] = slots();

const fn slots() -> [Option<Known>; 1 << SLOT_BITS] {
    let mut slots = [None; 1 << SLOT_BITS];
    let mut group = 0;
    while group < GROUPS.len() {
        let (kind, traits, names) = GROUPS[group];
        let mut place = 0;
        while place < names.len() {
            let name = Name::known(names[place].as_bytes());
            let mut slot = name.slot(SLOT_BITS);
            while slots[slot].is_some() {
                slot = (slot + 1) % slots.len();
            }
            let traits = with_lists(traits, names[place].as_bytes());
            slots[slot] = Some(Known { name, text: names[place], kind, traits });
            place += 1;
        }
        group += 1;
    }
    slots
}

/// What is known of this name.
#[inline]
pub(super) fn known(name: Name) -> &'static Known {
    let mut slot = name.slot(SLOT_BITS);
    loop {
        match SLOTS.get(slot) {
            Some(Some(known)) if known.name == name => return known,
            Some(Some(_)) => slot = (slot + 1) % SLOTS.len(),
            _ => return &STRANGER,
        }
    }
}

const S: Traits = Traits::SPECIAL;
const SCOPED: Traits = S.with(Traits::SCOPE);
const IMPLIED: Traits = Traits::IMPLIED.with(Traits::THOROUGH);
const HEAD: Traits = S.with(Traits::IN_HEAD);
const NONE: Traits = Traits(0);

type Group = (Kind, Traits, &'static [&'static str]);

/// Every element that is treated in its own way.
#[rustfmt::skip]
const GROUPS: &[Group] = &[
    (Kind::Formatting, Traits::MODEST,
        &["a", "b", "big", "code", "em", "font", "i", "nobr", "s", "small", "strike", "strong", "tt", "u"]),
    (Kind::Block, S.with(Traits::MODEST),
        &["address", "article", "aside", "blockquote", "center", "details", "dir", "div", "dl", "fieldset",
          "figcaption", "figure", "footer", "header", "hgroup", "main", "menu", "nav", "ol", "search", "section",
          "summary", "ul"]),
    (Kind::Block, Traits::MODEST, &["dialog"]),
    (Kind::Block, S, &["pre", "listing"]),
    (Kind::Heading, S.with(Traits::MODEST), &["h1", "h2", "h3", "h4", "h5", "h6"]),
    (Kind::Paragraph, S.with(IMPLIED).with(Traits::MODEST), &["p"]),
    (Kind::Item, S.with(IMPLIED), &["li", "dd", "dt"]),
    (Kind::Form, S.with(Traits::MODEST), &["form"]),
    (Kind::Button, S, &["button"]),
    (Kind::Apart, SCOPED, &["applet", "marquee", "object"]),
    (Kind::Select, SCOPED, &["select"]),
    (Kind::Choice, IMPLIED.with(Traits::MODEST), &["option", "optgroup"]),
    (Kind::Ruby, IMPLIED.with(Traits::MODEST), &["rb", "rtc", "rp", "rt"]),
    (Kind::Table, SCOPED, &["table"]),
    (Kind::Part, SCOPED.with(Traits::THOROUGH), &["caption", "td", "th"]),
    (Kind::Part, S.with(Traits::THOROUGH), &["colgroup", "tbody", "tfoot", "thead", "tr"]),
    (Kind::Part, S.with(Traits::MODEST), &["col", "frame"]),
    (Kind::Part, HEAD, &["head"]),
    (Kind::Template, SCOPED.with(Traits::IN_HEAD), &["template"]),
    (Kind::Void, S, &["area", "embed", "img", "keygen", "wbr"]),
    (Kind::Void, NONE, &["image"]),
    (Kind::Mute, S.with(Traits::MODEST), &["param", "source", "track"]),
    (Kind::Mute, HEAD, &["base", "basefont", "bgsound", "link", "meta"]),
    (Kind::Input, S, &["input"]),
    (Kind::Rule, S, &["hr"]),
    (Kind::Break, S, &["br"]),
    (Kind::Rcdata, HEAD, &["title"]),
    (Kind::Rcdata, S, &["textarea"]),
    (Kind::Rawtext, HEAD, &["style", "noframes"]),
    (Kind::Rawtext, S, &["iframe"]),
    (Kind::Rawtext, S.with(Traits::MODEST), &["noembed"]),
    (Kind::Example, S, &["xmp"]),
    (Kind::Noscript, HEAD, &["noscript"]),
    (Kind::Script, HEAD, &["script"]),
    (Kind::Plaintext, S.with(Traits::MODEST), &["plaintext"]),
    (Kind::Svg, Traits::MODEST, &["svg"]),
    (Kind::Math, Traits::MODEST, &["math"]),
    (Kind::Html, SCOPED.with(Traits::IN_HEAD), &["html"]),
    (Kind::Body, S, &["body"]),
    (Kind::Frameset, S, &["frameset"]),
    (Kind::Ordinary, Traits::MODEST,
        &["ruby", "span", "sub", "sup", "var", "video", "audio", "use", "feimage", "portal", "fencedframe"]),
];

/// Lists that go across the groups.
#[rustfmt::skip]
const LISTS: [(Traits, &[&str]); 5] = [
    (Traits::BREAKS_OUT,
        &["b", "big", "blockquote", "body", "br", "center", "code", "dd", "div", "dl", "dt", "em", "embed", "h1", "h2",
          "h3", "h4", "h5", "h6", "head", "hr", "i", "img", "li", "listing", "menu", "meta", "nobr", "ol", "p", "pre",
          "ruby", "s", "small", "span", "strong", "strike", "sub", "sup", "table", "tt", "u", "ul", "var"]),
    (Traits::WANTED,
        &["html", "head", "body", "frameset", "base", "basefont", "bgsound", "link", "meta", "title", "style", "script",
          "noscript", "noframes", "template", "iframe", "frame", "embed", "object", "img", "image", "input", "video",
          "audio", "source", "track", "use", "feimage", "portal", "fencedframe"]),
    (Traits::ON_PICTURE, &["table", "tr", "td", "th", "tbody", "thead", "tfoot", "col", "colgroup"]),
    (Traits::LINK, &["a", "area"]),
    (Traits::COUNTED, &["p", "template", "select", "button"]),
];

const fn with_lists(mut traits: Traits, name: &[u8]) -> Traits {
    let mut list = 0;
    while list < LISTS.len() {
        let mut place = 0;
        while place < LISTS[list].1.len() {
            if same(LISTS[list].1[place].as_bytes(), name) {
                traits = traits.with(LISTS[list].0);
            }
            place += 1;
        }
        list += 1;
    }
    traits
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_are_found_in_either_case() {
        for (_, _, names) in GROUPS {
            for text in *names {
                assert_eq!(known(Name::of(text.as_bytes())).text, *text);
                assert_eq!(known(Name::of(text.to_ascii_uppercase().as_bytes())).text, *text);
            }
        }
    }

    #[test]
    fn strangers_are_no_element() {
        for stranger in [&b"x"[..], b"", b"abcdefg\xff", b"abcdefg\xfe", b"a-long-element", b"\x00\0\0\0\0\0\0\xff"] {
            assert_eq!(known(Name::of(stranger)).text, "", "{stranger:?}");
        }
    }
}
