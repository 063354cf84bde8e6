//! Content security policies (CSP Level 3), mended so that the gateway's own files run beside what a page allows already.
//!
//! Refuses to widen what a page's own scripts may do: what is added names the gateway's files alone, and nothing is added
//! that would take something away (a nonce or a hash switches `'unsafe-inline'` off). Invariant: a policy that needs
//! nothing stays as it is, byte for byte.

use std::fmt::Write as _;
use std::sync::Arc;

/// What the gateway puts into a page, as policies name it.
#[derive(Clone, Debug)]
pub struct OwnFiles {
    /// The reserved path with scheme and host, such as `https://shop.example/.consent/`.
    pub address: String,
    /// Digests of the scripts that stand in the page, such as `sha256-…`.
    pub hashes: Arc<[String]>,
    /// The nonce that their tags carry, if the page had one.
    pub nonce: Option<String>,
}

impl OwnFiles {
    /// A list of policies as a header line has them, parted by commas; None where nothing has to change.
    #[must_use]
    pub fn mend_list(&self, list: &str) -> Option<String> {
        let mended: Vec<Option<String>> = list.split(',').map(|policy| self.mend(policy)).collect();
        if mended.iter().all(Option::is_none) {
            return None;
        }
        let all = list.split(',').zip(mended).map(|(before, after)| after.unwrap_or_else(|| before.to_owned()));
        Some(all.collect::<Vec<_>>().join(","))
    }

    /// One policy; None where nothing has to change.
    #[must_use]
    pub fn mend(&self, policy: &str) -> Option<String> {
        let policy = Policy::read(policy);
        let mut changes = Changes::default();
        let script = |sources: &[&str]| self.for_scripts(sources);
        changes.add(&policy, &["script-src", "default-src"], |sources| [script(sources), for_wasm(sources)].concat());
        if policy.find("script-src-elem").is_some() {
            changes.add(&policy, &["script-src-elem"], script);
        }
        changes.add(&policy, &["connect-src", "default-src"], |sources| self.for_address(sources));
        let sheets: &[&str] =
            if policy.find("style-src-elem").is_some() { &["style-src-elem"] } else { &["style-src", "default-src"] };
        changes.add(&policy, sheets, |sources| self.for_address(sources));
        changes.add(&policy, &["form-action"], |sources| self.for_address(sources));
        changes.add(&policy, &["trusted-types"], for_maker);
        changes.written(&policy)
    }

    /// Under `'strict-dynamic'` addresses count for nothing; what runs by nonce or hash brings in the rest.
    fn for_scripts(&self, sources: &[&str]) -> Vec<String> {
        if !has(sources, "'strict-dynamic'") {
            return self.for_address(sources);
        }
        let nonce = self.nonce.as_ref().map(|nonce| format!("'nonce-{nonce}'"));
        if nonce.is_some_and(|nonce| sources.contains(&nonce.as_str())) {
            return Vec::new();
        }
        let quoted = self.hashes.iter().map(|hash| format!("'{hash}'"));
        quoted.filter(|hash| !sources.contains(&hash.as_str())).collect()
    }

    fn for_address(&self, sources: &[&str]) -> Vec<String> {
        let secure = self.address.starts_with("https:");
        let scheme = if secure { "https:" } else { "http:" };
        let covered = ["'self'", "*", scheme, self.address.as_str()].iter().any(|source| has(sources, source));
        if covered { Vec::new() } else { vec![self.address.clone()] }
    }
}

/// WebAssembly needs a word of its own; `'unsafe-eval'` covers it.
fn for_wasm(sources: &[&str]) -> Vec<String> {
    let covered = has(sources, "'wasm-unsafe-eval'") || has(sources, "'unsafe-eval'");
    if covered { Vec::new() } else { vec!["'wasm-unsafe-eval'".to_owned()] }
}

/// The name under which held scripts are given back to pages that demand named makers (Trusted Types).
fn for_maker(names: &[&str]) -> Vec<String> {
    let covered = names.is_empty() || names.contains(&"*") || names.contains(&"consent");
    if covered { Vec::new() } else { vec!["consent".to_owned()] }
}

fn has(sources: &[&str], wanted: &str) -> bool {
    sources.iter().any(|source| source.eq_ignore_ascii_case(wanted))
}

/// Whether a page of this policy runs scripts at all, and whether its forms can be sent (the directive `sandbox`).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Sandbox {
    /// `allow-scripts`, or no sandbox.
    pub scripts: bool,
    /// `allow-forms`, or no sandbox.
    pub forms: bool,
}

impl Sandbox {
    /// Of a list of policies as a header line has them: all of them hold.
    #[must_use]
    pub fn of_list(list: &str) -> Self {
        let policies = list.split(',').map(Policy::read);
        let boxes = policies.filter_map(|policy| {
            let allowed = &policy.find("sandbox")?.sources;
            Some(Self { scripts: has(allowed, "allow-scripts"), forms: has(allowed, "allow-forms") })
        });
        boxes.fold(Self { scripts: true, forms: true }, Self::and)
    }

    /// What both allow.
    #[must_use]
    pub const fn and(self, other: Self) -> Self {
        Self { scripts: self.scripts && other.scripts, forms: self.forms && other.forms }
    }
}

/// A policy's directives as they are written, in their order.
struct Policy<'p> {
    directives: Vec<Directive<'p>>,
}

struct Directive<'p> {
    written: &'p str,
    name: &'p str,
    sources: Vec<&'p str>,
}

impl<'p> Policy<'p> {
    fn read(policy: &'p str) -> Self {
        let directives = policy.split(';').map(|written| {
            let mut words = written.split_ascii_whitespace();
            Directive { written, name: words.next().unwrap_or_default(), sources: words.collect() }
        });
        Self { directives: directives.collect() }
    }

    /// Of two with the same name browsers read the first.
    fn find(&self, name: &str) -> Option<&Directive<'p>> {
        self.directives.iter().find(|directive| directive.name.eq_ignore_ascii_case(name))
    }
}

/// What is added to directives that are there, and directives that are made of the default.
#[derive(Default)]
struct Changes {
    added: Vec<(String, Vec<String>)>,
    made: String,
}

impl Changes {
    /// Adds to the first directive of these that there is. The first name is the one that a default is copied for.
    fn add(&mut self, policy: &Policy<'_>, names: &[&str], missing: impl Fn(&[&str]) -> Vec<String>) {
        let Some((found, wanted)) = names.iter().find_map(|name| policy.find(name)).zip(names.first()) else {
            return;
        };
        let more = missing(&found.sources);
        if more.is_empty() {
            return;
        }
        if found.name.eq_ignore_ascii_case(wanted) {
            self.added.push((found.name.to_ascii_lowercase(), more));
            return;
        }
        let copied = found.sources.iter().copied().filter(|source| !source.eq_ignore_ascii_case("'none'"));
        let all: Vec<&str> = copied.chain(more.iter().map(String::as_str)).collect();
        write!(self.made, "; {wanted} {}", all.join(" ")).ok();
    }

    fn written(self, policy: &Policy<'_>) -> Option<String> {
        if self.added.is_empty() && self.made.is_empty() {
            return None;
        }
        let mut left = self.added;
        let directives = policy.directives.iter().map(|directive| {
            let place = left.iter().position(|(name, _)| directive.name.eq_ignore_ascii_case(name));
            let Some((_, more)) = place.map(|place| left.remove(place)) else { return directive.written.to_owned() };
            widened(directive, &more)
        });
        let text = directives.collect::<Vec<_>>().join(";");
        Some(without_blanks(&text).trim_end_matches(';').to_owned() + &self.made)
    }
}

/// A directive with more sources. `'none'` says nothing beside others; browsers warn of it.
fn widened(directive: &Directive<'_>, more: &[String]) -> String {
    let Directive { written, name, sources } = directive;
    let is_none = |source: &&str| source.eq_ignore_ascii_case("'none'");
    if !sources.iter().any(is_none) {
        return format!("{} {}", without_blanks(written), more.join(" "));
    }
    let start: String = written.chars().take_while(char::is_ascii_whitespace).collect();
    let kept = sources.iter().copied().filter(|source| !is_none(source));
    let words: Vec<&str> = std::iter::once(*name).chain(kept).chain(more.iter().map(String::as_str)).collect();
    start + &words.join(" ")
}

/// Policies know ASCII's blanks alone; any other is part of a word.
fn without_blanks(text: &str) -> &str {
    text.trim_end_matches(|letter: char| letter.is_ascii_whitespace())
}

#[cfg(test)]
#[path = "csp_tests.rs"]
mod tests;
