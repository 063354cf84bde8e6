//! Countries by the two letters of ISO 3166-1, their subdivisions by what ISO 3166-2 puts behind them, and the groups
//! that laws speak of.
//!
//! Refuses letters that are no country's: `XX`, `ZZ` and Tor's `T1` say that nobody knows. Invariant: `UK` is `GB`.

use std::fmt;

/// Every country of ISO 3166-1 and Kosovo (`XK`, as registries write it), sorted, each with a blank behind it.
const CODES: &str = "AD AE AF AG AI AL AM AO AQ AR AS AT AU AW AX AZ BA BB BD BE BF BG BH BI BJ BL BM BN BO BQ BR BS \
BT BV BW BY BZ CA CC CD CF CG CH CI CK CL CM CN CO CR CU CV CW CX CY CZ DE DJ DK DM DO DZ EC EE EG EH ER ES ET FI FJ \
FK FM FO FR GA GB GD GE GF GG GH GI GL GM GN GP GQ GR GS GT GU GW GY HK HM HN HR HT HU ID IE IL IM IN IO IQ IR IS IT \
JE JM JO JP KE KG KH KI KM KN KP KR KW KY KZ LA LB LC LI LK LR LS LT LU LV LY MA MC MD ME MF MG MH MK ML MM MN MO MP \
MQ MR MS MT MU MV MW MX MY MZ NA NC NE NF NG NI NL NO NP NR NU NZ OM PA PE PF PG PH PK PL PM PN PR PS PT PW PY QA RE \
RO RS RU RW SA SB SC SD SE SG SH SI SJ SK SL SM SN SO SR SS ST SV SX SY SZ TC TD TF TG TH TJ TK TL TM TN TO TR TT TV \
TW TZ UA UG UM US UY UZ VA VC VE VG VI VN VU WF WS XK YE YT ZA ZM ZW ";

/// The European Union with the parts of its members that have letters of their own and are under its law.
const UNION: &str =
    "AT BE BG CY CZ DE DK EE ES FI FR GR HR HU IE IT LT LU LV MT NL PL PT RO SE SI SK AX GF GP MF MQ RE YT";

/// What the European Economic Area adds to the union.
const ONLY_AREA: &str = "IS LI NO";

/// A country, or one of its subdivisions.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Country {
    code: [u8; 2],
    /// Zeros where the whole country is meant.
    subdivision: [u8; 3],
}

impl Country {
    /// Reads `KR` or `US-CA`, in any case. None for what is no country.
    #[must_use]
    pub fn parse(text: &[u8]) -> Option<Self> {
        match text.split_first_chunk::<3>() {
            Some(([first, second, b'-'], subdivision)) => Self::told(&[*first, *second], Some(subdivision)),
            Some(_) => None,
            None => Self::told(text, None),
        }
    }

    /// A country by its letters, with its subdivision's where these are told too. A subdivision that can't be read is
    /// left out.
    #[must_use]
    pub fn told(country: &[u8], subdivision: Option<&[u8]>) -> Option<Self> {
        let code = <[u8; 2]>::try_from(country).ok()?.map(|letter| letter.to_ascii_uppercase());
        let code = if code == *b"UK" { *b"GB" } else { code };
        let [first, second] = code;
        CODES.as_bytes().as_chunks::<3>().0.binary_search(&[first, second, b' ']).ok()?;
        Some(Self { code, subdivision: subdivision.and_then(subdivision_of).unwrap_or_default() })
    }

    /// The country that it is, or is a part of.
    #[must_use]
    pub const fn whole(self) -> Self {
        Self { code: self.code, subdivision: [0; 3] }
    }

    /// Whether it is in the United States, where a no holds for twelve months.
    #[must_use]
    pub fn is_american(self) -> bool {
        self.code == *b"US"
    }
}

impl fmt::Display for Country {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let letters =
            |bytes: &[u8]| bytes.iter().take_while(|byte| **byte != 0).map(|byte| char::from(*byte)).collect();
        let (code, subdivision): (String, String) = (letters(&self.code), letters(&self.subdivision));
        if subdivision.is_empty() { f.write_str(&code) } else { write!(f, "{code}-{subdivision}") }
    }
}

impl fmt::Debug for Country {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(self, f)
    }
}

/// One to three letters or digits (ISO 3166-2).
fn subdivision_of(written: &[u8]) -> Option<[u8; 3]> {
    let fits = (1..=3).contains(&written.len()) && written.iter().all(u8::is_ascii_alphanumeric);
    let mut subdivision = [0; 3];
    subdivision.iter_mut().zip(written).for_each(|(to, from)| *to = from.to_ascii_uppercase());
    fits.then_some(subdivision)
}

/// Countries that laws speak of together.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Group {
    /// The European Union.
    Union,
    /// The European Economic Area: the union and three more.
    Area,
}

impl Group {
    /// Reads `EU` or `EEA`, in any case.
    #[must_use]
    pub(super) fn parse(text: &str) -> Option<Self> {
        match text.to_ascii_uppercase().as_str() {
            "EU" => Some(Self::Union),
            "EEA" => Some(Self::Area),
            _ => None,
        }
    }

    /// Its countries.
    pub(super) fn countries(self) -> impl Iterator<Item = Country> {
        let more = if self == Self::Area { ONLY_AREA } else { "" };
        UNION.split(' ').chain(more.split(' ')).filter_map(|code| Country::parse(code.as_bytes()))
    }
}

/// Where analytics and marketing need a yes first, whatever a site would like: the European Economic Area and the
/// United Kingdom (ePrivacy Directive 5(3), PECR 6).
pub(super) fn asking_first() -> impl Iterator<Item = Country> {
    Group::Area.countries().chain(Country::parse(b"GB"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_country_is_two_letters_that_mean_one() {
        let check = |text: &str, expect: Option<&str>| {
            assert_eq!(Country::parse(text.as_bytes()).map(|country| country.to_string()).as_deref(), expect, "{text}");
        };
        check("KR", Some("KR"));
        check("kr", Some("KR"));
        check("UK", Some("GB"));
        check("us-ca", Some("US-CA"));
        check("FR-75C", Some("FR-75C"));
        check("US-CALIF", Some("US"));
        check("XK", Some("XK"));
        for nobody in ["", "K", "KOR", "XX", "ZZ", "T1", "EU", "US_CA", "K\u{e9}", "US-CA-"] {
            check(nobody, if nobody == "US-CA-" { Some("US") } else { None });
        }
        assert_eq!(Country::told(b"US", Some(b"ca")), Country::parse(b"US-CA"));
        assert_eq!(Country::parse(b"US-CA").map(Country::whole), Country::parse(b"US"));
    }

    #[test]
    fn codes_are_sorted_and_groups_are_made_of_them() {
        let codes: Vec<&str> = CODES.split_terminator(' ').collect();
        assert!(codes.is_sorted() && codes.iter().all(|code| code.len() == 2), "{codes:?}");
        assert_eq!((codes.len(), CODES.len()), (250, 750));
        assert_eq!((Group::Union.countries().count(), Group::Area.countries().count()), (34, 37));
        assert_eq!(asking_first().count(), 38);
        assert_eq!((Group::parse("eu"), Group::parse("EFTA")), (Some(Group::Union), None));
    }
}
