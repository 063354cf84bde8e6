//! The ways to refuse cookies that browsers have, the visitor's own first.
//!
//! Refuses to keep what a browser says of itself: it orders one page and is forgotten. Invariant: every browser that is known
//! stands on the page once.

use policies::Lang;
use policies::browsers::{Browser, Device};
use policies::policy::texts::BrowsersTexts;

use super::said::Said;

/// What a visitor's browser says of itself.
#[derive(Clone, Copy, Debug)]
pub struct Guessed {
    browser: Option<&'static Browser>,
    device: Device,
}

impl Guessed {
    /// By the headers `User-Agent` and `Sec-CH-UA`; empty where there is none.
    #[must_use]
    pub fn of(user_agent: &str, brands: &str) -> Self {
        Self { browser: Browser::of(user_agent, brands), device: Device::of_user_agent(user_agent) }
    }

    /// Every browser as the page tells it, in this language.
    pub(crate) fn rows(self, lang: Lang, words: &BrowsersTexts) -> Vec<BrowserRow<'_>> {
        let is_own = |browser: &Browser| self.browser.is_some_and(|own| std::ptr::eq(own, browser));
        let mut rows: Vec<BrowserRow<'_>> = Browser::all()
            .iter()
            .map(|browser| BrowserRow {
                name: Said::new(&browser.name, lang),
                own: is_own(browser),
                ways: self.ways(browser, lang, words),
            })
            .collect();
        rows.sort_by_key(|row| !row.own);
        rows
    }

    fn ways<'w>(self, browser: &'static Browser, lang: Lang, words: &'w BrowsersTexts) -> Vec<WayRow<'w>> {
        let mut ways: Vec<_> = browser.ways.iter().collect();
        ways.sort_by_key(|way| way.on != self.device);
        let named = |device| match device {
            Device::Any => "",
            Device::Android => "Android",
            Device::Ios => "iPhone, iPad",
            Device::Desktop => words.desktop.as_str(),
        };
        ways.into_iter().map(|way| WayRow { on: named(way.on), steps: way.steps(lang) }).collect()
    }
}

/// A browser on the page.
pub(crate) struct BrowserRow<'w> {
    pub(crate) name: Said<'static>,
    /// It is the visitor's.
    pub(crate) own: bool,
    pub(crate) ways: Vec<WayRow<'w>>,
}

/// How it goes on one kind of device.
pub(crate) struct WayRow<'w> {
    /// Empty where it is the same everywhere.
    pub(crate) on: &'w str,
    pub(crate) steps: &'static [String],
}

#[cfg(test)]
mod tests {
    use policies::policy::texts::Texts;

    use super::*;

    #[test]
    fn the_visitors_own_browser_and_device_come_first() {
        let check = |user_agent: &str, first: &str, own: bool, on: &str| {
            let rows = Guessed::of(user_agent, "").rows(Lang::En, &Texts::bundled(Lang::En).browsers);
            assert_eq!(rows.len(), Browser::all().len());
            let row = &rows[0];
            assert_eq!((row.name.text, row.own, row.ways[0].on), (first, own, on), "{user_agent}");
            assert_eq!(rows.iter().filter(|row| row.own).count(), usize::from(own));
        };
        check("Mozilla/5.0 (Windows NT 10.0) Chrome/138.0.0.0 Safari/537.36", "Chrome", true, "Computer");
        check("Mozilla/5.0 (Linux; Android 10; K) Chrome/138.0.0.0 Mobile Safari/537.36", "Chrome", true, "Android");
        check("Mozilla/5.0 (iPhone) Version/18.5 Mobile/15E148 Safari/604.1", "Safari", true, "iPhone, iPad");
        check("", Browser::all()[0].name.en.as_str(), false, "");
    }
}
