//! How cookies are refused in browsers, one file for each: what it is called, how it is known, the steps on each kind of device.
//!
//! Refuses a file that lacks a language, and to know versions: steps are words for people, not a description of software.
//! Invariant: a browser's own mark outweighs those of the browsers that it claims to be.

use std::sync::LazyLock;

use crate::policy::{Fault, FileWord};
use crate::reader::{Table, read_file};
use crate::text::{Lang, Text};

/// Every file in the order in which marks are looked for: nearly every browser says that it is Safari, and most that they
/// are Chrome.
const FILES: [&str; 7] = [
    include_str!("../browsers/in-app.toml"),
    include_str!("../browsers/whale.toml"),
    include_str!("../browsers/samsung.toml"),
    include_str!("../browsers/edge.toml"),
    include_str!("../browsers/firefox.toml"),
    include_str!("../browsers/chrome.toml"),
    include_str!("../browsers/safari.toml"),
];

/// Steps of one way.
const MOST_STEPS: usize = 8;

/// A browser.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Browser {
    /// What it is called.
    pub name: Text,
    /// How it goes on each kind of device.
    pub ways: Vec<Way>,
    brands: Vec<String>,
    marks: Vec<String>,
}

/// How cookies are refused on one kind of device.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Way {
    /// Where.
    pub on: Device,
    steps: Vec<(Lang, Vec<String>)>,
}

/// A kind of device.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Device {
    /// It is the same everywhere.
    Any,
    /// A phone or tablet of Android's.
    Android,
    /// A phone or tablet of Apple's.
    Ios,
    /// A computer.
    Desktop,
}

impl FileWord for Device {
    const WORDS: &'static [(&'static str, Self)] =
        &[("any", Self::Any), ("android", Self::Android), ("ios", Self::Ios), ("desktop", Self::Desktop)];
}

impl Device {
    /// The kind that a `User-Agent` names. A tablet that passes for a computer is taken for one.
    #[must_use]
    pub fn of_user_agent(user_agent: &str) -> Self {
        let names = |marks: &[&str]| marks.iter().any(|mark| user_agent.contains(mark));
        if names(&["iPhone", "iPad", "iPod"]) {
            Self::Ios
        } else if names(&["Android"]) {
            Self::Android
        } else {
            Self::Desktop
        }
    }
}

impl Way {
    /// The steps, in their order.
    #[must_use]
    pub fn steps(&self, lang: Lang) -> &[String] {
        self.steps.iter().find(|(written, _)| *written == lang).map(|(_, steps)| steps.as_slice()).unwrap_or_default()
    }
}

impl Browser {
    /// Every browser that is known, in the order in which their marks are looked for.
    #[must_use]
    pub fn all() -> &'static [Self] {
        static ALL: LazyLock<Vec<Browser>> = LazyLock::new(|| FILES.map(embedded).into());
        &ALL
    }

    /// The browser of a request: by `Sec-CH-UA` where it names one of these, else by `User-Agent`.
    #[must_use]
    pub fn of(user_agent: &str, brands: &str) -> Option<&'static Self> {
        let quoted = |brand: &String| brands.contains(&format!("\"{brand}\""));
        let by_mark = || Self::all().iter().find(|known| known.marks.iter().any(|mark| user_agent.contains(mark)));
        // A view within an app has its browser's brand, and its own mark only in the older header.
        match by_mark() {
            Some(known) if known.brands.is_empty() => Some(known),
            by_mark => Self::all().iter().find(|known| known.brands.iter().any(quoted)).or(by_mark),
        }
    }

    /// Reads a file.
    ///
    /// # Errors
    /// Every language, name and step that is missing, and every unknown key, with its line.
    pub fn parse(source: &str) -> Result<Self, Vec<Fault>> {
        read_file(source, Self::read).whole()
    }

    fn read(root: &mut Table<'_, '_>) -> Option<Self> {
        let (brands, marks) = (root.strings("brands"), root.strings("marks"));
        let name = root.text("name");
        let name = root.needed("name", name)?;
        for lang in Lang::ALL {
            if name.said_in(lang).0 != lang {
                root.fault("name", format!("lacks {}", lang.tag()));
            }
        }
        if marks.is_empty() {
            root.fault("marks", "names none: nobody would be known by it");
        }
        let ways: Vec<Way> = root.tables("ways").into_iter().filter_map(read_way).collect();
        if ways.is_empty() {
            root.fault("ways", "has none");
        }
        Some(Self { name, ways, brands, marks })
    }
}

fn read_way(mut table: Table<'_, '_>) -> Option<Way> {
    let on = table.word("on");
    let on = table.needed("on", on);
    let steps = Lang::ALL.map(|lang| {
        let steps = table.strings(lang.tag());
        if steps.is_empty() || steps.len() > MOST_STEPS || steps.iter().any(|step| step.trim().is_empty()) {
            table.fault(lang.tag(), format!("needs one to {MOST_STEPS} steps, none of them empty"));
        }
        (lang, steps)
    });
    table.finish();
    Some(Way { on: on?, steps: steps.into() })
}

/// The embedded files are part of the program, as its code is: the tests below read them.
fn embedded(source: &str) -> Browser {
    Browser::parse(source).unwrap_or_else(|faults| unreachable!("an embedded browser is at fault: {faults:?}"))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn check(user_agent: &str, brands: &str, expect: &str, on: Device) {
        let found = Browser::of(user_agent, brands).map(|browser| browser.name.en.as_str());
        assert_eq!((found.unwrap_or("none"), Device::of_user_agent(user_agent)), (expect, on), "{user_agent}");
    }

    #[test]
    fn every_file_has_every_language_for_every_way() {
        for source in FILES {
            let browser = Browser::parse(source).unwrap_or_else(|faults| panic!("{faults:#?}"));
            for way in &browser.ways {
                let counts = Lang::ALL.map(|lang| way.steps(lang).len());
                assert!(
                    counts.iter().all(|count| *count > 0 && *count == counts[0]),
                    "{}: {counts:?}",
                    browser.name.en
                );
            }
        }
        let faults = Browser::parse(&FILES[1].replace("fr = ", "fx = ")).unwrap_err();
        assert!(faults.iter().any(|fault| fault.key.ends_with("fr")), "{faults:?}");
        assert!(faults.iter().any(|fault| fault.key == "name"), "{faults:?}");
    }

    #[test]
    fn phones_say_who_they_are() {
        const ANDROID: &str = "Mozilla/5.0 (Linux; Android 10; K) AppleWebKit/537.36 (KHTML, like Gecko)";
        const IPHONE: &str =
            "Mozilla/5.0 (iPhone; CPU iPhone OS 18_5 like Mac OS X) AppleWebKit/605.1.15 (KHTML, like Gecko)";
        let android = |rest: &str| format!("{ANDROID} {rest}");
        let iphone = |rest: &str| format!("{IPHONE} {rest}");
        check(&android("Chrome/138.0.0.0 Mobile Safari/537.36"), "", "Chrome", Device::Android);
        let samsung = android("SamsungBrowser/28.0 Chrome/130.0.0.0 Mobile Safari/537.36");
        check(&samsung, "\"Samsung Internet\";v=\"28.0\", \"Chromium\";v=\"130\"", "Samsung Internet", Device::Android);
        check(&samsung, "", "Samsung Internet", Device::Android);
        check(&android("Chrome/136.0.0.0 Whale/3.7.1.0 Mobile Safari/537.36"), "", "Whale", Device::Android);
        check(&android("Chrome/138.0.0.0 Mobile Safari/537.36 EdgA/138.0.0.0"), "", "Edge", Device::Android);
        check("Mozilla/5.0 (Android 15; Mobile; rv:140.0) Gecko/140.0 Firefox/140.0", "", "Firefox", Device::Android);
        check(&iphone("Version/18.5 Mobile/15E148 Safari/604.1"), "", "Safari", Device::Ios);
        check(&iphone("CriOS/138.0.7204.33 Mobile/15E148 Safari/604.1"), "", "Chrome", Device::Ios);
        check(&iphone("FxiOS/140.0 Mobile/15E148 Safari/605.1.15"), "", "Firefox", Device::Ios);
        check(&iphone("Version/18.0 EdgiOS/138.0.3351.65 Mobile/15E148 Safari/605.1.15"), "", "Edge", Device::Ios);
    }

    #[test]
    fn a_view_within_an_app_is_told_from_its_browser() {
        let name = "View within an app (KakaoTalk, Naver and others)";
        let view = "Mozilla/5.0 (Linux; Android 14; SM-S918N Build/UP1A.231005.007; wv) AppleWebKit/537.36 (KHTML, like Gecko) \
                    Version/4.0 Chrome/126.0.6478.134 Mobile Safari/537.36";
        let brands = "\"Android WebView\";v=\"126\", \"Chromium\";v=\"126\"";
        check(&format!("{view};KAKAOTALK 2610840"), brands, name, Device::Android);
        check(&format!("{view} NAVER(inapp; search; 2000; 12.8.2)"), brands, name, Device::Android);
        let iphone =
            "Mozilla/5.0 (iPhone; CPU iPhone OS 17_5_1 like Mac OS X) AppleWebKit/605.1.15 (KHTML, like Gecko)";
        check(&format!("{iphone} Mobile/15E148 KAKAOTALK 10.8.5"), "", name, Device::Ios);
        check(
            &format!("{iphone} Version/17.0 Mobile/15E148 Safari/604.1 NAVER(inapp; search; 1010; 12.8.1)"),
            "",
            name,
            Device::Ios,
        );
    }

    #[test]
    fn computers_say_who_they_are() {
        let windows = |rest: &str| {
            format!("Mozilla/5.0 (Windows NT 10.0; Win64; x64) AppleWebKit/537.36 (KHTML, like Gecko) {rest}")
        };
        let chrome = windows("Chrome/138.0.0.0 Safari/537.36");
        check(
            &chrome,
            "\"Not)A;Brand\";v=\"8\", \"Chromium\";v=\"138\", \"Google Chrome\";v=\"138\"",
            "Chrome",
            Device::Desktop,
        );
        // What hides behind Chrome's mark says so by its brand alone.
        check(&chrome, "\"Whale\";v=\"4\", \"Chromium\";v=\"138\"", "Whale", Device::Desktop);
        check(&windows("Chrome/138.0.0.0 Safari/537.36 Edg/138.0.0.0"), "", "Edge", Device::Desktop);
        check(&windows("Chrome/136.0.0.0 Whale/4.32.315.22 Safari/537.36"), "", "Whale", Device::Desktop);
        check("Mozilla/5.0 (X11; Linux x86_64; rv:140.0) Gecko/20100101 Firefox/140.0", "", "Firefox", Device::Desktop);
        let mac = "Mozilla/5.0 (Macintosh; Intel Mac OS X 10_15_7) AppleWebKit/605.1.15 (KHTML, like Gecko) Version/18.5 Safari/605.1.15";
        check(mac, "", "Safari", Device::Desktop);
        check("curl/8.5.0", "", "none", Device::Desktop);
        check("", "", "none", Device::Desktop);
    }
}
