//! The evidence of a choice, after the fields of ISO/IEC TS 27560. It is complete by itself: what was shown is
//! named by content hash, what was granted by the ids of that policy's purposes. A record is never changed.

use alloc::borrow::ToOwned;
use alloc::string::String;
use alloc::vec::Vec;

use super::{Act, Mode, Signals, Speaker, Terms, Token};
use crate::policy::{Policy, PolicyVersion, Regime};
use crate::text::Lang;
use crate::time::Timestamp;

/// On which of the gateway's own faces a choice was made.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum Surface {
    /// The banner.
    Banner,
    /// The settings page.
    Settings,
    /// The prompt about one cookie.
    Prompt,
    /// What stands in a held frame's place.
    Placeholder,
    /// The page on what is kept of a visitor.
    Rights,
    /// None of the visitor's: a guardian agreed elsewhere.
    Guardian,
    /// None of ours: the consent tool that the site had before.
    Imported,
}

impl Surface {
    /// All.
    pub const ALL: [Self; 7] =
        [Self::Banner, Self::Settings, Self::Prompt, Self::Placeholder, Self::Rights, Self::Guardian, Self::Imported];

    /// The word used in forms and records.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::Banner => "banner",
            Self::Settings => "settings",
            Self::Prompt => "prompt",
            Self::Placeholder => "placeholder",
            Self::Rights => "rights",
            Self::Guardian => "guardian",
            Self::Imported => "imported",
        }
    }

    /// Reads the word.
    #[must_use]
    pub fn of_name(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|surface| surface.name() == name)
    }
}

/// What stood around a choice. Each part is none where nobody knows, as for what was recorded late from the token alone.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Circumstances {
    /// Until when the choice holds at the longest.
    pub valid_until: Option<Timestamp>,
    /// The country, with its subdivision where that is known: `KR`, `US-CA` (ISO 3166).
    pub country: Option<String>,
    /// Where it was made.
    pub surface: Option<Surface>,
    /// SHA-256 of the form as it was rendered, with nothing of the visitor in it.
    pub form: Option<[u8; 32]>,
    /// SHA-256 of the form's style.
    pub style: Option<[u8; 32]>,
    /// SHA-256 of the site's configuration.
    pub configuration: Option<[u8; 32]>,
    /// Which version of the gateway recorded it.
    pub product: Option<String>,
    /// The record whose place this one takes, be it by another choice or by a withdrawal.
    pub replaces: Option<[u8; 16]>,
}

/// One recorded choice.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Record {
    /// Random; on the visitor's receipt.
    pub id: [u8; 16],
    /// The site's name in the configuration.
    pub site: String,
    /// The visitor's random id; None for a pure refusal, which costs no identifier.
    pub visitor: Option<[u8; 16]>,
    /// When.
    pub made: Timestamp,
    /// By which act.
    pub act: Act,
    /// Ids of what was granted.
    pub granted: Vec<String>,
    /// Ids of what was refused.
    pub refused: Vec<String>,
    /// Names of single services and cookies that were allowed.
    pub allowed_singly: Vec<String>,
    /// Names of single services and cookies that were refused.
    pub refused_singly: Vec<String>,
    /// Under which policy.
    pub policy: PolicyVersion,
    /// Which words of the owner's were shown in place of the built-in ones, by the beginning of their hash. None: the built-in
    /// words, or nobody knows, as where no form of ours was posted.
    pub words: Option<[u8; 8]>,
    /// In which language it was shown, if known.
    pub lang: Option<Lang>,
    /// How the site asked.
    pub regime: Regime,
    /// What the browser signalled.
    pub signals: Signals,
    /// How allowed cookies are kept.
    pub mode: Mode,
    /// Whether it was stored later than it was made, from the token alone.
    pub late: bool,
    /// Who said it.
    pub speaker: Speaker,
    /// On which ground somebody else than the visitor said it, in their words.
    pub ground: Option<String>,
    /// What stood around it.
    pub circumstances: Circumstances,
}

impl Record {
    /// The record of a token's choice under its policy.
    #[must_use]
    pub fn of_token(id: [u8; 16], site: &str, policy: &Policy, token: &Token) -> Self {
        let names = |ids: Vec<&str>| ids.into_iter().map(ToOwned::to_owned).collect();
        let granted = token.granted.intersection(policy.optional());
        let items = if token.exceptions.is_empty() { Vec::new() } else { policy.items() };
        let singly = |wanted: bool| {
            let answered = token.exceptions.iter().filter(|(_, allowed)| *allowed == wanted);
            let item = |key| items.iter().find(|item| item.key == key).map(|item| item.name.clone());
            answered.filter_map(|(key, _)| item(key)).collect()
        };
        Self {
            id,
            site: site.to_owned(),
            visitor: token.ids.map(|ids| ids.visitor),
            made: token.made,
            act: token.act,
            granted: names(policy.ids(granted)),
            refused: names(policy.ids(policy.optional().without(granted))),
            allowed_singly: singly(true),
            refused_singly: singly(false),
            policy: token.policy,
            words: None,
            lang: token.lang,
            regime: token.regime,
            signals: token.signals,
            mode: token.mode,
            late: token.unrecorded.is_some(),
            speaker: Speaker::Visitor,
            ground: None,
            circumstances: Circumstances { surface: surface_of(token.act), ..Circumstances::default() },
        }
    }
}

/// The surface of acts that no form of a visitor's can say.
const fn surface_of(act: Act) -> Option<Surface> {
    match act {
        Act::Guardian => Some(Surface::Guardian),
        Act::Imported => Some(Surface::Imported),
        Act::AcceptAll | Act::RefuseAll | Act::Custom | Act::Withdraw | Act::AskEachTime | Act::Single => None,
    }
}

impl Token {
    /// Until when the choice holds at the longest, by the terms that it was made under.
    #[must_use]
    pub fn valid_until(&self, terms: &Terms) -> Timestamp {
        let seconds = if self.is_pure_refusal() { terms.refusal_seconds } else { terms.grant_seconds };
        self.made.plus_seconds(seconds)
    }
}
