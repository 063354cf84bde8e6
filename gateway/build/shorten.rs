//! Makes the guard and the banner's glue smaller: blanks that mean nothing go, and its own names become short ones.
//!
//! It reads words, strings, templates, patterns and signs, not grammar, and so refuses to guess: a name that is ever a
//! property, a key or a shorthand keeps its length. Invariant: a line end stays where it could end a statement.

use std::collections::{BTreeMap, BTreeSet};
use std::ops::Range;

/// One piece of a script.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Kind {
    Word,
    /// Strings, parts of templates, patterns, numbers: never touched.
    Text,
    Sign,
    Blank,
    LineEnd,
}

type Token<'s> = (Kind, &'s str);

/// The same script in fewer bytes. It must have no comments and no empty statements, and end its statements with semicolons.
pub(crate) fn shorten(source: &str) -> String {
    let tokens = tokens(source);
    let names = Names::new(&tokens);
    let mut out = String::with_capacity(source.len());
    let mut gap = Kind::Text;
    // Of each open bracket, whether the statement under way declares names.
    let mut declaring = vec![false];
    for (at, (kind, text)) in tokens.iter().enumerate() {
        match kind {
            Kind::LineEnd => gap = *kind,
            Kind::Blank if gap != Kind::LineEnd => gap = *kind,
            Kind::Blank => {}
            _ => {
                let text = match *text {
                    // What is never assigned again needs no word that says so.
                    "const" | "let" if declaring.last() == Some(&true) => {
                        gap = Kind::Text;
                        continue;
                    }
                    "const" => "let",
                    "true" if !is_key(tokens.get(at + 1..)) => "!0",
                    "false" if !is_key(tokens.get(at + 1..)) => "!1",
                    ";" if declaring.last() == Some(&true) && declares(tokens.get(at + 1..)) => ",",
                    text if *kind == Kind::Word => names.short(at, text).unwrap_or(text),
                    text => text,
                };
                note(&mut declaring, text);
                push_gap(&mut out, gap, text);
                if *kind == Kind::Sign && text == "}" && out.ends_with(';') {
                    out.pop();
                }
                out.push_str(text);
                gap = Kind::Text;
            }
        }
    }
    out.push('\n');
    out
}

/// Whether a word that stands before these is a key, or the first branch of a choice: then it stays what it is.
fn is_key(after: Option<&[Token<'_>]>) -> bool {
    after.into_iter().flatten().find(|token| is_solid(token)).is_some_and(|(_, text)| *text == ":")
}

fn declares(after: Option<&[Token<'_>]>) -> bool {
    after.into_iter().flatten().find(|token| is_solid(token)).is_some_and(|(_, text)| matches!(*text, "const" | "let"))
}

fn note(declaring: &mut Vec<bool>, text: &str) {
    match (text, declaring.last_mut()) {
        ("{" | "(" | "[", _) => declaring.push(false),
        ("}" | ")" | "]", _) => drop(declaring.pop()),
        ("let", Some(here)) => *here = true,
        (";", Some(here)) => *here = false,
        _ => {}
    }
}

fn push_gap(out: &mut String, gap: Kind, next: &str) {
    let (Some(before), Some(after)) = (out.chars().next_back(), next.chars().next()) else { return };
    let open = matches!(before, '{' | '(' | '[' | ',' | ';' | '=' | '>' | '&' | '|' | '?' | ':' | '+' | '.');
    let goes_on = matches!(after, '}' | ')' | ']' | '.' | '?' | ':' | ',' | ';' | '&' | '|' | '=');
    let word = |letter: char| letter.is_alphanumeric() || matches!(letter, '_' | '$');
    match gap {
        Kind::LineEnd if !open && !goes_on => out.push('\n'),
        // Two signs may be one longer sign, and a number may swallow a point.
        Kind::Blank if (word(before) && word(after)) || (before == after && "+-&|/".contains(before)) => out.push(' '),
        _ => {}
    }
}

/// Which name is written for which: the script's own everywhere, those inside one of its statements only there.
struct Names {
    own: BTreeMap<String, String>,
    /// For each statement of the script: the token after its last, and its names.
    inner: Vec<(usize, BTreeMap<String, String>)>,
}

/// How deep the statements of a script stand that is one function, called at once.
const TOP: usize = 2;
/// How many short names are kept for use inside statements.
const INNER: usize = 16;

impl Names {
    fn new(tokens: &[Token<'_>]) -> Self {
        let solid: Vec<(usize, Token<'_>)> =
            tokens.iter().copied().enumerate().filter(|(_, token)| is_solid(token)).collect();
        let all: Vec<Token<'_>> = solid.iter().map(|(_, token)| *token).collect();
        let words: BTreeSet<&str> = all.iter().filter(is_word).map(|(_, text)| *text).collect();
        let kept = kept(&all);
        let units = units(&all);
        let own: BTreeSet<&str> =
            units.iter().flat_map(|unit| declared(all.get(unit.clone()).unwrap_or_default()).0).collect();
        let letters = ('a'..='z').chain('A'..='Z').map(String::from);
        let longer = ('a'..='z').flat_map(|letter| ('0'..='9').map(move |digit| format!("{letter}{digit}")));
        let free: Vec<String> = letters.chain(longer).filter(|name| !words.contains(name.as_str())).collect();
        let (for_inner, for_own) = free.split_at(INNER);
        let spare: Vec<String> = for_own.iter().skip(own.len()).cloned().collect();
        let named = |names: &BTreeSet<&str>, within: &[Token<'_>], short: &[String]| {
            let mut names: Vec<&str> = names.difference(&kept).copied().filter(|name| name.len() > 1).collect();
            names.sort_by_key(|name| std::cmp::Reverse(within.iter().filter(|(_, text)| text == name).count()));
            names.into_iter().map(str::to_owned).zip(short.iter().cloned()).collect::<BTreeMap<_, _>>()
        };
        let inner = units.iter().map(|unit| {
            let within = all.get(unit.clone()).unwrap_or_default();
            let mut names = declared(within).1;
            names.retain(|name| !own.contains(name));
            let end = solid.get(unit.end).map_or(tokens.len(), |(at, _)| *at);
            (end, named(&names, within, &[for_inner, &spare].concat()))
        });
        Self { inner: inner.collect(), own: named(&own, &all, for_own) }
    }

    fn short(&self, at: usize, name: &str) -> Option<&str> {
        let inner = self.inner.iter().find(|(end, _)| at < *end).and_then(|(_, names)| names.get(name));
        inner.or_else(|| self.own.get(name)).map(String::as_str)
    }
}

fn is_solid(token: &Token<'_>) -> bool {
    !matches!(token.0, Kind::Blank | Kind::LineEnd)
}

/// The script's statements, without blanks.
fn units(solid: &[Token<'_>]) -> Vec<Range<usize>> {
    let (mut depth, mut start, mut units) = (0_usize, 0, Vec::new());
    for (at, (_, text)) in solid.iter().enumerate() {
        match *text {
            "{" | "(" | "[" => depth += 1,
            "}" | ")" | "]" => depth = depth.saturating_sub(1),
            _ => {}
        }
        let opens = units.is_empty() && *text == "{";
        if depth == TOP && (opens || matches!(*text, ";" | "}")) {
            units.push(start..at + 1);
            start = at + 1;
        }
    }
    units.push(start..solid.len());
    units
}

/// Names after `const`, `let` and `function`, in lists too, and the parameters of functions and arrows: those of the
/// statement itself, then those inside it.
fn declared<'s>(unit: &[Token<'s>]) -> (BTreeSet<&'s str>, BTreeSet<&'s str>) {
    let (mut own, mut inner) = (BTreeSet::new(), BTreeSet::new());
    for (at, (_, text)) in unit.iter().enumerate() {
        let before = at.checked_sub(1).and_then(|at| unit.get(at));
        let after = unit.get(at + 1..).unwrap_or_default();
        let list = |end: &'static str| after.iter().take_while(move |(_, text)| *text != end).filter(is_word);
        let here = if at == 0 { &mut own } else { &mut inner };
        match *text {
            "const" | "let" if after.first().is_some_and(|(_, text)| *text == "[") => {
                here.extend(list("]").map(|(_, name)| *name));
            }
            "const" | "let" => here.extend(after.first().filter(is_word).map(|(_, name)| *name)),
            "function" => {
                let is_own = at == 0 || (at == 1 && unit.first().is_some_and(|(_, text)| *text == "async"));
                let name = after.first().filter(is_word).map(|(_, name)| *name);
                if is_own {
                    own.extend(name)
                } else {
                    inner.extend(name)
                }
                inner.extend(list(")").map(|(_, word)| *word).filter(|word| Some(*word) != name));
            }
            "=>" => {
                inner.extend(before.filter(is_word).map(|(_, name)| *name));
                if before.is_some_and(|(_, text)| *text == ")") {
                    let list = unit.get(..at - 1).unwrap_or_default().iter().rev().take_while(|(_, text)| *text != "(");
                    inner.extend(list.filter(is_word).map(|(_, name)| *name));
                }
            }
            _ => {}
        }
    }
    (own, inner)
}

fn is_word(token: &&Token<'_>) -> bool {
    token.0 == Kind::Word
}

/// Names that are a property, a key or a shorthand somewhere.
fn kept<'s>(solid: &[Token<'s>]) -> BTreeSet<&'s str> {
    let mut names = BTreeSet::new();
    // Of each open bracket, whether keys stand in it.
    let mut brackets = Vec::new();
    for (at, (kind, text)) in solid.iter().enumerate() {
        let near = |at: Option<usize>| at.and_then(|at| solid.get(at)).map_or("", |(_, text)| *text);
        let (before, after) = (near(at.checked_sub(1)), near(Some(at + 1)));
        match *text {
            // A block begins after a head, an arrow or another statement; any other brace holds keys.
            "{" => brackets.push(!matches!(before, ")" | "=>" | "else" | "try" | "catch" | ";" | "{" | "}" | "")),
            "(" | "[" => brackets.push(false),
            "}" | ")" | "]" => drop(brackets.pop()),
            _ => {}
        }
        let in_braces = brackets.last() == Some(&true) && matches!(before, "{" | ",");
        let method = || after == "(" && closing(solid, at + 1).is_some_and(|end| near(Some(end + 1)) == "{");
        let shorthand = in_braces && (matches!(after, "," | "}" | "=" | ":") || method());
        if *kind == Kind::Word && (matches!(before, "." | "?.") || shorthand) {
            names.insert(*text);
        }
    }
    names
}

/// Where the bracket that opens at `from` closes.
fn closing(solid: &[Token<'_>], from: usize) -> Option<usize> {
    let mut depth = 0_u32;
    for (at, (_, text)) in solid.iter().enumerate().skip(from) {
        match *text {
            "(" => depth += 1,
            ")" if depth == 1 => return Some(at),
            ")" => depth -= 1,
            _ => {}
        }
    }
    None
}

fn tokens(source: &str) -> Vec<Token<'_>> {
    let mut tokens: Vec<Token<'_>> = Vec::new();
    // How many braces are open inside each template that is being read.
    let mut templates: Vec<u32> = Vec::new();
    let mut rest = source;
    while let Some(first) = rest.chars().next() {
        let word = |letter: char| letter.is_alphanumeric() || matches!(letter, '_' | '$');
        let ends = |inside: &dyn Fn(char) -> bool| rest.find(|letter| !inside(letter)).unwrap_or(rest.len());
        let (kind, length) = match first {
            '\n' => (Kind::LineEnd, 1),
            _ if first.is_whitespace() => (Kind::Blank, ends(&|letter| letter == ' ')),
            _ if first.is_ascii_digit() => (Kind::Text, ends(&|letter| word(letter) || letter == '.')),
            _ if word(first) => (Kind::Word, ends(&word)),
            '\'' | '"' => (Kind::Text, text_end(rest, first)),
            '/' if pattern_may_begin(&tokens) => (Kind::Text, pattern_end(rest)),
            '`' => template(rest, &mut templates),
            '}' if templates.last() == Some(&0) => {
                templates.pop();
                template(rest, &mut templates)
            }
            _ => {
                match (first, templates.last_mut()) {
                    ('{', Some(depth)) => *depth += 1,
                    ('}', Some(depth)) => *depth -= 1,
                    _ => {}
                }
                let long = ["...", "=>", "?."].into_iter().find(|sign| rest.starts_with(sign));
                (Kind::Sign, long.map_or(first.len_utf8(), str::len))
            }
        };
        let (token, after) = rest.split_at(length.max(1));
        tokens.push((kind, token));
        rest = after;
    }
    tokens
}

/// A part of a template, from its tick or a closing brace to the next `${` or the closing tick.
fn template(rest: &str, templates: &mut Vec<u32>) -> (Kind, usize) {
    let mut escaped = false;
    for (at, letter) in rest.char_indices().skip(1) {
        match letter {
            _ if escaped => escaped = false,
            '\\' => escaped = true,
            '`' => return (Kind::Text, at + 1),
            '$' if rest.get(at + 1..).is_some_and(|after| after.starts_with('{')) => {
                templates.push(0);
                return (Kind::Text, at + 2);
            }
            _ => {}
        }
    }
    (Kind::Text, rest.len())
}

fn text_end(rest: &str, quote: char) -> usize {
    let mut escaped = false;
    let end = rest.char_indices().skip(1).find(|(_, letter)| {
        let closes = *letter == quote && !escaped;
        escaped = *letter == '\\' && !escaped;
        closes
    });
    end.map_or(rest.len(), |(at, _)| at + 1)
}

/// A slash divides after a value and begins a pattern anywhere else.
fn pattern_may_begin(tokens: &[Token<'_>]) -> bool {
    let before = tokens.iter().rev().find(|(kind, _)| !matches!(kind, Kind::Blank | Kind::LineEnd));
    before.is_none_or(|(kind, text)| match kind {
        Kind::Word => *text == "return",
        Kind::Text => false,
        _ => !matches!(*text, ")" | "]" | "}"),
    })
}

fn pattern_end(rest: &str) -> usize {
    let (mut escaped, mut in_class) = (false, false);
    for (at, letter) in rest.char_indices().skip(1) {
        match letter {
            _ if escaped => escaped = false,
            '\\' => escaped = true,
            '[' => in_class = true,
            ']' => in_class = false,
            '/' if !in_class => {
                let after = rest.get(at + 1..).unwrap_or_default();
                return at + 1 + after.find(|flag: char| !flag.is_ascii_alphabetic()).unwrap_or(after.len());
            }
            _ => {}
        }
    }
    rest.len()
}
