//! What one request is counted under: a few coarse traits, each of a handful of values.
//!
//! It refuses anything that could tell two people of a crowd apart: no version, no model, no size. Invariant: a trait is Copy, and reading
//! it asks for no memory.

use http::HeaderMap;
use http::header::USER_AGENT;
use policies::{Lang, Regime};

use super::bots::{LOOKED_AT, is_program};
use crate::config::Country;

/// What kind of device asks, as far as it says.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
pub enum Device {
    /// Held in a hand.
    Phone,
    /// Larger than that; an iPad that pretends to be a Mac counts as one.
    Tablet,
    /// A computer.
    Desktop,
    /// Anything else: televisions, consoles, programs.
    #[default]
    Other,
}

impl Device {
    /// The word in tables.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::Phone => "phone",
            Self::Tablet => "tablet",
            Self::Desktop => "desktop",
            Self::Other => "other",
        }
    }

    /// Client hints know best whether it is a phone; the rest is in `User-Agent`.
    fn of(hinted_phone: bool, agent: &[u8]) -> Self {
        let has = |words: &[&str]| words.iter().any(|word| memchr::memmem::find(agent, word.as_bytes()).is_some());
        if hinted_phone {
            return Self::Phone;
        }
        let android = has(&["android"]);
        if has(&["smart-tv", "smarttv", "playstation", "xbox", "nintendo", "webos.tv", "web0s", "tizen; tv"]) {
            Self::Other
        } else if has(&["ipad", "tablet", "kindle", "silk/"]) || (android && !has(&["mobile"])) {
            Self::Tablet
        } else if has(&["iphone", "ipod", "mobi"]) {
            Self::Phone
        } else if has(&["windows nt", "macintosh", "x11;", "cros "]) {
            Self::Desktop
        } else {
            Self::Other
        }
    }
}

/// For whom a page is.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
pub enum Crowd {
    /// Somebody, as far as anybody knows.
    #[default]
    People,
    /// Fetched ahead by a browser: perhaps nobody looks at it.
    Ahead,
    /// A program that says that it is one.
    Programs,
}

/// Device and crowd, read together since both look at `User-Agent`.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
pub struct SeenAs {
    /// What asks.
    pub device: Device,
    /// For whom.
    pub crowd: Crowd,
}

impl SeenAs {
    /// Reads a request's head. `ahead`: the browser says that it fetches ahead.
    #[must_use]
    pub fn read(headers: &HeaderMap, ahead: bool) -> Self {
        let mut lowered = [0; LOOKED_AT];
        let written = headers.get(USER_AGENT).map(|agent| agent.as_bytes()).unwrap_or_default();
        let agent = written.get(..LOOKED_AT).unwrap_or(written);
        let Some(lowered) = lowered.get_mut(..agent.len()) else { return Self::default() };
        lowered.copy_from_slice(agent);
        lowered.make_ascii_lowercase();
        let hinted_phone = headers.get("sec-ch-ua-mobile").is_some_and(|mobile| mobile == "?1");
        let crowd = match (is_program(lowered), ahead) {
            (true, _) => Crowd::Programs,
            (false, true) => Crowd::Ahead,
            (false, false) => Crowd::People,
        };
        Self { device: Device::of(hinted_phone, lowered), crowd }
    }
}

/// Where somebody is, as far as the site asks.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
pub enum Region {
    /// The site's terms don't hang on it, and nobody looks.
    #[default]
    NotAsked,
    /// Nobody knows.
    Unknown,
    /// The whole country.
    In(Country),
    /// One of too many to be told apart.
    Other,
}

impl Region {
    /// The word in tables.
    #[must_use]
    pub fn name(self) -> String {
        match self {
            Self::NotAsked => String::from("-"),
            Self::Unknown => String::from("unknown"),
            Self::In(country) => country.whole().to_string(),
            Self::Other => String::from(super::OTHER),
        }
    }
}

/// All traits of one request.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct Traits {
    /// The first language that the browser asks for, of those that the site speaks.
    pub lang: Option<Lang>,
    /// Where.
    pub region: Region,
    /// With what, and for whom.
    pub seen_as: SeenAs,
    /// How the site asks there.
    pub regime: Regime,
    /// Whether `Sec-GPC: 1` was sent.
    pub gpc: bool,
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::wire::header_map;

    fn check(pairs: &[(&str, &str)], device: Device, crowd: Crowd) {
        assert_eq!(SeenAs::read(&header_map(pairs), false), SeenAs { device, crowd }, "{pairs:?}");
    }

    fn agent(agent: &str, device: Device, crowd: Crowd) {
        check(&[("user-agent", agent)], device, crowd);
    }

    #[test]
    fn devices_are_told_apart_coarsely() {
        let people = Crowd::People;
        agent(
            "Mozilla/5.0 (Windows NT 10.0; Win64; x64) AppleWebKit/537.36 Chrome/130.0.0.0 Safari/537.36",
            Device::Desktop,
            people,
        );
        agent(
            "Mozilla/5.0 (X11; Linux x86_64) AppleWebKit/537.36 HeadlessChrome/130.0.0.0 Safari/537.36",
            Device::Desktop,
            people,
        );
        agent(
            "Mozilla/5.0 (Linux; Android 14; SM-S921N) AppleWebKit/537.36 Chrome/130.0 Mobile Safari/537.36",
            Device::Phone,
            people,
        );
        agent(
            "Mozilla/5.0 (Linux; Android 14; SM-X710) AppleWebKit/537.36 Chrome/130.0 Safari/537.36",
            Device::Tablet,
            people,
        );
        agent(
            "Mozilla/5.0 (iPhone; CPU iPhone OS 17_0 like Mac OS X) AppleWebKit/605.1.15 Mobile/15E148",
            Device::Phone,
            people,
        );
        agent(
            "Mozilla/5.0 (iPad; CPU OS 16_6 like Mac OS X) AppleWebKit/605.1.15 Mobile/15E148",
            Device::Tablet,
            people,
        );
        agent("Mozilla/5.0 (Linux; Android 9; PlayStation 5) AppleWebKit/605.1.15", Device::Other, people);
        agent("", Device::Other, people);
        check(&[], Device::Other, people);
        check(&[("user-agent", "Mozilla/5.0 (X11; Linux x86_64)"), ("sec-ch-ua-mobile", "?1")], Device::Phone, people);
        agent(&"x".repeat(5_000), Device::Other, people);
    }

    #[test]
    fn programs_say_that_they_are() {
        for one in [
            "Mozilla/5.0 (compatible; Googlebot/2.1; +http://www.google.com/bot.html)",
            "Mozilla/5.0 (compatible; Yeti/1.1; +https://naver.me/spd)",
            "facebookexternalhit/1.1;kakaotalk-scrap/1.0; +https://devtalk.kakao.com/t/scrap/33984",
            "curl/8.5.0",
            "python-requests/2.31.0",
            "Mozilla/5.0 (compatible; bingbot/2.0; +http://www.bing.com/bingbot.htm) Chrome/130.0",
        ] {
            assert_eq!(SeenAs::read(&header_map(&[("user-agent", one)]), true).crowd, Crowd::Programs, "{one}");
        }
        assert_eq!(SeenAs::read(&header_map(&[("user-agent", "Mozilla/5.0 (Macintosh)")]), true).crowd, Crowd::Ahead);
    }
}
