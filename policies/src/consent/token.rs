//! The compact form of a choice in the visitor's consent cookie. Sealing (the MAC) is the gateway's; this is
//! the plain body. Where nothing is granted it carries bits and a date, and no identifier of anybody.

use alloc::vec::Vec;
use core::fmt;

use super::choice::is_pure_refusal;
use super::{Act, Exceptions, Guardian, MAX_EXCEPTIONS, Mode, REFERENCE_BYTES, Reference, Signals};
use crate::policy::{PolicyVersion, Regime};
use crate::purpose::PurposeSet;
use crate::text::Lang;
use crate::time::Timestamp;

/// The longest body: with the MAC and in base64url it stays under 300 bytes.
pub const MAX_TOKEN_BYTES: usize = 1 + 3 + 8 + 2 + 4 + 1 + 2 + 2 + 32 + 1 + REFERENCE_BYTES + 3 * MAX_EXCEPTIONS;

const FORMAT: u8 = 1;
/// The same with a third byte of flags: written only where one of them is set, so that earlier versions read the rest.
const FORMAT_WITH_MORE: u8 = 2;

/// Who granted: random, and present only where there is a grant.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct GrantIds {
    /// The visitor, by a random number of this site's.
    pub visitor: [u8; 16],
    /// The record of the choice.
    pub record: [u8; 16],
}

/// Marks a refusal that took effect while its record could not be stored.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Unrecorded {
    /// Parts two refusals of the same second; random, and gone once the record is stored.
    pub salt: u16,
}

/// A choice as the visitor's browser carries it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Token {
    /// Under which policy.
    pub policy: PolicyVersion,
    /// What was granted.
    pub granted: PurposeSet,
    /// Single answers within a purpose.
    pub exceptions: Exceptions,
    /// By which act.
    pub act: Act,
    /// How allowed cookies are kept.
    pub mode: Mode,
    /// How the site asked.
    pub regime: Regime,
    /// The language that the visitor picked.
    pub lang: Option<Lang>,
    /// The signals that came with the choice: an explicit choice made under a signal outweighs it.
    pub signals: Signals,
    /// When, to the second.
    pub made: Timestamp,
    /// On a computer that others use: the choice itself lasts until the browser closes.
    pub shared: bool,
    /// Deletions that are still to be sent, as a place in their list: a refusal can concern more names than one answer
    /// has room for.
    pub sweep: Option<u16>,
    /// Some while the record is still owed.
    pub unrecorded: Option<Unrecorded>,
    /// Some where something was granted.
    pub ids: Option<GrantIds>,
    /// Some where the visitor may not agree alone.
    pub guardian: Option<Guardian>,
    /// The visitor has had all processing suspended: whatever was chosen holds again once they take that back.
    pub suspended: bool,
}

/// Why bytes are not a token.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum TokenError {
    /// Another format than this version writes.
    Format,
    /// Too short, too long, or bits that mean nothing.
    Malformed,
}

impl fmt::Display for TokenError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Format => "the token has another format",
            Self::Malformed => "the token is damaged",
        })
    }
}

impl core::error::Error for TokenError {}

const UNRECORDED: u8 = 1 << 2;
const WITH_IDS: u8 = 1 << 3;
const WITH_GPC: u8 = 1 << 4;
const SHARED: u8 = 1 << 5;
const SWEEPING: u8 = 1 << 6;
const WITH_EXCEPTIONS: u8 = 1 << 7;
/// Of the third flags.
const SUSPENDED: u8 = 1;
/// Of the first flags.
const WITH_GUARDIAN: u8 = 1 << 7;
/// What stands before what is remembered of a guardian.
const AGREED: u8 = 0;
const ASKED: u8 = 1;
/// In place of a language: a byte after the time says which.
const NAMED_BELOW: u8 = 3;

impl Token {
    /// The body: at most [`MAX_TOKEN_BYTES`]. Times before 1970 and after 2106 are written as the nearest.
    #[must_use]
    pub fn encode(&self) -> Vec<u8> {
        let mut body = Vec::with_capacity(MAX_TOKEN_BYTES);
        let third = self.third_flags();
        body.extend([if third == 0 { FORMAT } else { FORMAT_WITH_MORE }, self.first_flags(), self.second_flags()]);
        body.extend((third != 0).then_some(third));
        body.extend(self.policy.0);
        body.extend(self.granted.bits().to_be_bytes());
        body.extend(u32::try_from(self.made.0.max(0)).unwrap_or(u32::MAX).to_be_bytes());
        body.extend(self.lang.map(lang_number).filter(|number| *number >= NAMED_BELOW));
        if let Some(unrecorded) = self.unrecorded {
            body.extend(unrecorded.salt.to_be_bytes());
        }
        if let Some(sweep) = self.sweep {
            body.extend(sweep.to_be_bytes());
        }
        if let Some(ids) = self.ids {
            body.extend(ids.visitor);
            body.extend(ids.record);
        }
        match self.guardian {
            None => {}
            Some(Guardian::Agreed) => body.push(AGREED),
            Some(Guardian::Asked(reference)) => {
                body.push(ASKED);
                body.extend(reference.0);
            }
        }
        body.extend(self.exceptions.bytes());
        body
    }

    /// Whether nothing at all was granted, nor asked to be asked about: such a choice leaves no identifier behind.
    #[must_use]
    pub fn is_pure_refusal(&self) -> bool {
        is_pure_refusal(self.granted, &self.exceptions, self.mode)
    }

    /// Reads a body that [`Token::encode`] wrote; every other sequence of bytes is an error.
    ///
    /// # Errors
    /// See [`TokenError`].
    pub fn decode(body: &[u8]) -> Result<Self, TokenError> {
        let mut rest = body;
        let [format, first, second] = take::<3>(&mut rest)?;
        let third = match format {
            FORMAT => 0,
            FORMAT_WITH_MORE => take_more(&mut rest)?,
            _ => return Err(TokenError::Format),
        };
        let policy = PolicyVersion(take(&mut rest)?);
        let granted = PurposeSet::from_bits(u16::from_be_bytes(take(&mut rest)?));
        let made = Timestamp(i64::from(u32::from_be_bytes(take(&mut rest)?)));
        let lang = match second & 0b11 {
            NAMED_BELOW => Some(take_lang(&mut rest)?),
            number => Lang::ALL.into_iter().find(|lang| lang_number(*lang) == number),
        };
        let unrecorded = if second & UNRECORDED == 0 {
            None
        } else {
            Some(Unrecorded { salt: u16::from_be_bytes(take(&mut rest)?) })
        };
        let sweep = if second & SWEEPING == 0 { None } else { Some(u16::from_be_bytes(take(&mut rest)?)) };
        let ids = if second & WITH_IDS == 0 {
            None
        } else {
            Some(GrantIds { visitor: take(&mut rest)?, record: take(&mut rest)? })
        };
        let guardian = if first & WITH_GUARDIAN == 0 { None } else { Some(take_guardian(&mut rest)?) };
        let token = Self {
            policy,
            granted,
            exceptions: Exceptions::of_bytes(rest).ok_or(TokenError::Malformed)?,
            act: *Act::ALL.get(usize::from(first & 0b111)).ok_or(TokenError::Malformed)?,
            mode: mode_of(first >> 3 & 0b11)?,
            regime: *Regime::ALL.get(usize::from(first >> 5 & 0b11)).ok_or(TokenError::Malformed)?,
            lang,
            signals: Signals { gpc: second & WITH_GPC != 0 },
            made,
            shared: second & SHARED != 0,
            sweep,
            unrecorded,
            ids,
            guardian,
            suspended: third & SUSPENDED != 0,
        };
        // Bits that mean nothing today would otherwise be two spellings of one token.
        let canonical = [token.first_flags(), token.second_flags(), token.third_flags()] == [first, second, third];
        if canonical { Ok(token) } else { Err(TokenError::Malformed) }
    }

    fn first_flags(&self) -> u8 {
        let act = Act::ALL.iter().position(|act| *act == self.act).unwrap_or_default() as u8;
        let mode = match self.mode {
            Mode::AsSet => 0,
            Mode::Session => 1,
            Mode::Ask => 2,
        };
        let regime = Regime::ALL.iter().position(|regime| *regime == self.regime).unwrap_or_default() as u8;
        let guardian = if self.guardian.is_some() { WITH_GUARDIAN } else { 0 };
        act | mode << 3 | regime << 5 | guardian
    }

    fn second_flags(&self) -> u8 {
        let lang = self.lang.map_or(0, |lang| lang_number(lang).min(NAMED_BELOW));
        let bit = |set: bool, bit: u8| if set { bit } else { 0 };
        lang | bit(self.unrecorded.is_some(), UNRECORDED)
            | bit(self.ids.is_some(), WITH_IDS)
            | bit(self.signals.gpc, WITH_GPC)
            | bit(self.shared, SHARED)
            | bit(self.sweep.is_some(), SWEEPING)
            | bit(!self.exceptions.is_empty(), WITH_EXCEPTIONS)
    }

    const fn third_flags(&self) -> u8 {
        if self.suspended { SUSPENDED } else { 0 }
    }
}

fn mode_of(bits: u8) -> Result<Mode, TokenError> {
    match bits {
        0 => Ok(Mode::AsSet),
        1 => Ok(Mode::Session),
        2 => Ok(Mode::Ask),
        _ => Err(TokenError::Malformed),
    }
}

/// How a language is written. Tokens outlive versions: a number is never given to another one.
const fn lang_number(lang: Lang) -> u8 {
    match lang {
        Lang::Ko => 1,
        Lang::En => 2,
        Lang::Ja => 3,
        Lang::ZhHans => 4,
        Lang::De => 5,
        Lang::Fr => 6,
    }
}

fn take_lang(rest: &mut &[u8]) -> Result<Lang, TokenError> {
    let [number] = take::<1>(rest)?;
    let named = Lang::ALL.into_iter().find(|lang| lang_number(*lang) == number && number >= NAMED_BELOW);
    named.ok_or(TokenError::Malformed)
}

/// A third byte without a flag would be a second spelling of a token that has none.
fn take_more(rest: &mut &[u8]) -> Result<u8, TokenError> {
    let [flags] = take::<1>(rest)?;
    if flags == 0 { Err(TokenError::Malformed) } else { Ok(flags) }
}

fn take_guardian(rest: &mut &[u8]) -> Result<Guardian, TokenError> {
    match take::<1>(rest)? {
        [AGREED] => Ok(Guardian::Agreed),
        [ASKED] => Ok(Guardian::Asked(Reference(take(rest)?))),
        _ => Err(TokenError::Malformed),
    }
}

fn take<const N: usize>(rest: &mut &[u8]) -> Result<[u8; N], TokenError> {
    let (taken, after) = rest.split_first_chunk::<N>().ok_or(TokenError::Malformed)?;
    *rest = after;
    Ok(*taken)
}
