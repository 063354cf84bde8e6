//! How the owner has banner, settings and prompts look: colours, letters, corner and place.
//!
//! Refuses what would make an answer hard to read or one answer weigh more than the other: colours go to all buttons alike, and
//! every pair of colours that carries words keeps the contrast of WCAG 2.2 (1.4.3, AA). Invariant: what is made of it is a sheet of
//! known properties; nothing that was written can end one and begin another.

use std::fmt::Write as _;

use policies::policy::FileWord;
use policies::reader::Table;

/// The least contrast of words with their ground.
const LEAST_CONTRAST: f64 = 4.5;

/// The longest list of fonts.
const LONGEST_FONT: usize = 200;

/// What the sheets hold by day where the owner says nothing.
pub const DAY: [(&str, Colour); 5] = [
    ("ink", Colour(0x22, 0x22, 0x22)),
    ("paper", Colour(0xff, 0xff, 0xff)),
    ("quiet", Colour(0x55, 0x55, 0x66)),
    ("accent", Colour(0x21, 0x49, 0x7f)),
    ("on_accent", Colour(0xff, 0xff, 0xff)),
];
/// The same by night.
pub const NIGHT: [(&str, Colour); 5] = [
    ("ink", Colour(0xee, 0xee, 0xff)),
    ("paper", Colour(0x22, 0x22, 0x22)),
    ("quiet", Colour(0xbb, 0xbb, 0xcc)),
    ("accent", Colour(0xa9, 0xc8, 0xf5)),
    ("on_accent", Colour(0x11, 0x11, 0x22)),
];

/// Which colours carry words on which.
const PAIRS: [(&str, &str); 4] = [("ink", "paper"), ("quiet", "paper"), ("accent", "paper"), ("on_accent", "accent")];

/// A colour of the screen: red, green, blue.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Colour(pub u8, pub u8, pub u8);

/// Where the link to the settings stands, at the bottom: where lines begin, or where they end.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Corner {
    /// Left, for languages that are written from the left.
    #[default]
    Start,
    /// Right, for those.
    End,
}

impl FileWord for Corner {
    const WORDS: &'static [(&'static str, Self)] = &[("start", Self::Start), ("end", Self::End)];
}

/// Where the banner stands, at the bottom of wide windows.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Place {
    /// In the middle.
    #[default]
    Middle,
    /// Where lines begin.
    Start,
    /// Where they end.
    End,
}

impl FileWord for Place {
    const WORDS: &'static [(&'static str, Self)] =
        &[("middle", Self::Middle), ("start", Self::Start), ("end", Self::End)];
}

/// What a site's owner has said of it.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Look {
    day: Vec<(&'static str, Colour)>,
    night: Vec<(&'static str, Colour)>,
    font: Option<String>,
    corner: Corner,
    place: Place,
}

impl Look {
    /// The sheet that stands behind the gateway's own; None where nothing was said.
    #[must_use]
    pub fn sheet(&self) -> Option<String> {
        let mut sheet = String::new();
        for (colours, when) in
            [(&self.day, "not (prefers-color-scheme:dark)"), (&self.night, "(prefers-color-scheme:dark)")]
        {
            if !colours.is_empty() {
                let properties: String = colours.iter().map(|(name, colour)| property(name, *colour)).collect();
                write!(sheet, "@media {when}{{:root{{{properties}}}}}").ok();
            }
        }
        sheet.push_str(&self.font_rule());
        if self.corner == Corner::End {
            sheet.push_str("#consent-settings{inset-inline:auto 8px}");
        }
        match self.place {
            Place::Middle => {}
            Place::Start => sheet.push_str("#consent-banner{margin-inline:0 auto}"),
            Place::End => sheet.push_str("#consent-banner{margin-inline:auto 0}"),
        }
        (!sheet.is_empty()).then_some(sheet)
    }

    /// The same for what stands in a held frame's place. Without a word of the owner's that takes the system's colours, which
    /// nobody knows: as soon as one colour is said, all are, so that those hold which were compared.
    #[must_use]
    pub fn framed_sheet(&self) -> Option<String> {
        let mut sheet = String::new();
        if !(self.day.is_empty() && self.night.is_empty()) {
            let (day, night) = (whole(&self.day, &DAY), whole(&self.night, &NIGHT));
            write!(sheet, ":root{{{day}}}@media (prefers-color-scheme:dark){{:root{{{night}}}}}").ok();
        }
        sheet.push_str(&self.font_rule());
        (!sheet.is_empty()).then_some(sheet)
    }

    fn font_rule(&self) -> String {
        self.font.as_ref().map(|font| format!(":root{{--consent-font:{font}}}")).unwrap_or_default()
    }
}

/// Every colour of one half of the day: the owner's, and the usual one where nothing was said.
fn whole(said: &[(&'static str, Colour)], usual: &[(&'static str, Colour); 5]) -> String {
    let of = |(name, usual): &(&'static str, Colour)| {
        let own = said.iter().find(|(known, _)| known == name);
        property(name, own.map_or(*usual, |(_, colour)| *colour))
    };
    usual.iter().map(of).collect()
}

/// A colour as sheets write it.
#[must_use]
pub fn property(name: &str, Colour(red, green, blue): Colour) -> String {
    format!("--consent-{}:#{red:02x}{green:02x}{blue:02x};", name.replace('_', "-"))
}

/// Reads the table `look` of a site.
pub(super) fn read(mut table: Table<'_, '_>) -> Look {
    let day = colours(&mut table, &DAY);
    let night = table.table("dark").map(|mut dark| {
        let night = colours(&mut dark, &NIGHT);
        dark.finish();
        night
    });
    let font = table.string("font").filter(|font| {
        let plain = |letter: char| letter.is_alphanumeric() || " ,-'".contains(letter);
        let fits = font.len() <= LONGEST_FONT && font.chars().all(plain) && font.matches('\'').count() % 2 == 0;
        if !fits {
            table.fault(
                "font",
                "must be names of fonts with commas between them, such as \"Pretendard, 'Noto Sans KR', sans-serif\"",
            );
        }
        fits
    });
    let (corner, place) = (table.word("corner").unwrap_or_default(), table.word("place").unwrap_or_default());
    table.finish();
    Look { day, night: night.unwrap_or_default(), font, corner, place }
}

/// Reads the colours of one half of the day. Those that are too faint beside each other are faults.
fn colours(table: &mut Table<'_, '_>, usual: &[(&'static str, Colour); 5]) -> Vec<(&'static str, Colour)> {
    let said: Vec<(&'static str, Colour)> =
        usual.iter().filter_map(|(name, _)| Some((*name, colour(table, name)?))).collect();
    let of = |wanted: &str| {
        let both = said.iter().chain(usual);
        both.clone().find(|(name, _)| *name == wanted).map_or(Colour(0, 0, 0), |(_, colour)| *colour)
    };
    for (words, ground) in PAIRS {
        let contrast = contrast(of(words), of(ground));
        let key = said.iter().map(|(name, _)| *name).find(|name| *name == words || *name == ground);
        if let Some(key) = key.filter(|_| contrast < LEAST_CONTRAST) {
            let message = format!(
                "{words} on {ground} has a contrast of {contrast:.1}: people need {LEAST_CONTRAST} to read it (WCAG 2.2, 1.4.3)"
            );
            table.fault(key, message);
        }
    }
    said
}

fn colour(table: &mut Table<'_, '_>, key: &'static str) -> Option<Colour> {
    let written = table.string(key)?;
    let colour = parse(&written);
    if colour.is_none() {
        table.fault(key, format!("\"{written}\" is no colour: write it as \"#21497f\""));
    }
    colour
}

/// Reads `#rrggbb` or `#rgb`.
fn parse(written: &str) -> Option<Colour> {
    let digits: Vec<u8> =
        written.strip_prefix('#')?.chars().map(|digit| digit.to_digit(16)?.try_into().ok()).collect::<Option<_>>()?;
    match *digits.as_slice() {
        [red, green, blue] => Some(Colour(red * 17, green * 17, blue * 17)),
        [r1, r0, g1, g0, b1, b0] => Some(Colour(r1 * 16 + r0, g1 * 16 + g0, b1 * 16 + b0)),
        _ => None,
    }
}

/// The contrast ratio of two colours, 1 to 21 (WCAG 2.2, "contrast ratio" and "relative luminance").
fn contrast(one: Colour, other: Colour) -> f64 {
    let (one, other) = (luminance(one), luminance(other));
    (one.max(other) + 0.05) / (one.min(other) + 0.05)
}

fn luminance(Colour(red, green, blue): Colour) -> f64 {
    let linear = |part: u8| {
        let part = f64::from(part) / 255.0;
        if part <= 0.04045 { part / 12.92 } else { ((part + 0.055) / 1.055).powf(2.4) }
    };
    0.2126 * linear(red) + 0.7152 * linear(green) + 0.0722 * linear(blue)
}

#[cfg(test)]
mod tests {
    use policies::reader::read_file;
    use proptest::prelude::*;

    use super::*;

    fn look(text: &str) -> Result<Look, String> {
        let read = read_file(text, |root| root.table("look").map(read)).whole();
        read.map_err(|faults| faults.iter().map(ToString::to_string).collect::<Vec<_>>().join("\n"))
    }

    #[test]
    fn what_is_compared_is_what_the_banner_has() {
        let sheet = std::path::Path::new(env!("CARGO_MANIFEST_DIR")).join("../banner-wasm/style/banner.css");
        let sheet = std::fs::read_to_string(sheet).expect("the banner's sheet");
        let (day, night) = sheet.split_once("@media (prefers-color-scheme: dark)").expect("both halves");
        for (half, colours) in [(day, DAY), (night, NIGHT)] {
            for (name, colour) in colours {
                let start = format!("var(--consent-{}, ", name.replace('_', "-"));
                let (_, from) = half.split_once(&start).unwrap_or_else(|| panic!("{name} is not in the sheet"));
                assert_eq!(from.split(')').next().and_then(parse), Some(colour), "{name}");
            }
        }
    }

    #[test]
    fn what_is_said_becomes_a_sheet() {
        let check = |text: &str, expect: Option<&str>| {
            assert_eq!(look(&format!("[look]\n{text}")).expect(text).sheet().as_deref(), expect, "{text}");
        };
        check("", None);
        check("corner = \"start\"\nplace = \"middle\"", None);
        check("accent = \"#036\"", Some("@media not (prefers-color-scheme:dark){:root{--consent-accent:#003366;}}"));
        check(
            "[look.dark]\non_accent = \"#000000\"",
            Some("@media (prefers-color-scheme:dark){:root{--consent-on-accent:#000000;}}"),
        );
        check("font = \"Pretendard, 'Noto Sans KR'\"", Some(":root{--consent-font:Pretendard, 'Noto Sans KR'}"));
        check("corner = \"end\"", Some("#consent-settings{inset-inline:auto 8px}"));
        check("place = \"end\"", Some("#consent-banner{margin-inline:auto 0}"));
    }

    #[test]
    fn in_a_frame_every_colour_is_said_or_none() {
        let framed = |text: &str| look(&format!("[look]\n{text}")).expect(text).framed_sheet();
        assert_eq!(framed("corner = \"end\""), None);
        assert_eq!(framed("font = \"serif\"").as_deref(), Some(":root{--consent-font:serif}"));
        let sheet = framed("accent = \"#036\"").expect("a sheet");
        let (day, night) = sheet.split_once("@media (prefers-color-scheme:dark)").expect("both halves");
        for (half, accent, paper) in [(day, "#003366", "#ffffff"), (night, "#a9c8f5", "#222222")] {
            assert_eq!(half.matches("--consent-").count(), 5, "{half}");
            assert!(half.contains(&format!("--consent-accent:{accent};")), "{half}");
            assert!(half.contains(&format!("--consent-paper:{paper};")), "{half}");
        }
    }

    #[test]
    fn colours_that_people_could_not_read_are_faults() {
        let check = |text: &str, expect: &[&str]| {
            let faults = look(&format!("[look]\n{text}")).expect_err(text);
            assert_eq!(faults.lines().count(), expect.len(), "{faults}");
            assert!(expect.iter().all(|words| faults.contains(words)), "{faults}");
        };
        check(
            "accent = \"#fc0\"",
            &[
                "line 2: look.accent: accent on paper has a contrast of 1.5",
                "line 2: look.accent: on_accent on accent has a contrast of 1.5",
            ],
        );
        check("quiet = \"#999\"", &["look.quiet: quiet on paper has a contrast of 2.8"]);
        check("[look.dark]\npaper = \"#fff\"", &["ink on paper", "quiet on paper", "accent on paper"]);
        check("accent = \"blue\"", &["look.accent: \"blue\" is no colour: write it as \"#21497f\""]);
        check("font = \"x;color:red\"", &["look.font: must be names of fonts"]);
        check("corner = \"top\"", &["look.corner"]);
        check("refuse = \"#eee\"", &["look.refuse"]);
    }

    #[test]
    fn contrast_is_counted_as_the_guideline_does() {
        let check = |one: &str, other: &str, expect: f64| {
            let counted = parse(one).zip(parse(other)).map(|(one, other)| contrast(one, other)).expect("colours");
            assert!((counted - expect).abs() < 0.01, "{one} {other} {counted}");
        };
        check("#000", "#fff", 21.0);
        check("#fff", "#fff", 1.0);
        check("#767676", "#ffffff", 4.54);
        check("#ffffff", "#ff0000", 3.998);
    }

    proptest! {
        #[test]
        fn whatever_is_written_the_sheet_holds_known_properties_alone(font in "\\PC{0,30}", accent in "#[0-9a-f]{3}") {
            let quoted = toml::Value::String(font).to_string();
            if let Ok(look) = look(&format!("[look]\ncorner = \"end\"\nfont = {quoted}\naccent = \"{accent}\"\n")) {
                let sheet = look.sheet().expect("a corner at least");
                prop_assert_eq!(sheet.matches('{').count(), sheet.matches('}').count());
                prop_assert!(!sheet.contains(['<', '\\', '"']), "{}", sheet);
            }
        }
    }
}
