//! Which rooms a source file names, read from its tokens: `crate::room`, `crate::{room, other::x}`, `super::…` as far as it climbs to the root, and
//! `gateway::room` from the binary. Refuses to be fooled by comments and strings. Invariant: a path counts once per place it stands at.

use std::path::Path;

/// A token with the line it stands on. Paths need names and a few marks; everything else is noise.
#[derive(Clone, Debug, PartialEq, Eq)]
enum Token {
    Name(String),
    Colons,
    Open,
    Close,
    Comma,
    Other,
}

/// The rooms that a file of the gateway's `src` names, each with its line. `inside` is the file's path below `src`.
pub(super) fn rooms_named_in(text: &str, inside: &Path) -> Vec<(usize, String)> {
    let tokens = tokens(text);
    let mut depth = module_depth(inside);
    let mut braces = 0_usize;
    let mut inner_modules = Vec::new();
    let mut rooms = Vec::new();
    let mut at = 0;
    while let Some((line, token)) = tokens.get(at) {
        let next = tokens.get(at + 1).map(|(_, token)| token);
        match token {
            Token::Open => braces += 1,
            Token::Close => {
                braces = braces.saturating_sub(1);
                if inner_modules.last() == Some(&braces) {
                    inner_modules.pop();
                    depth -= 1;
                }
            }
            Token::Name(word)
                if word == "mod" && tokens.get(at + 2).is_some_and(|(_, token)| *token == Token::Open) =>
            {
                inner_modules.push(braces);
                depth += 1;
            }
            Token::Name(word) if next == Some(&Token::Colons) && !follows_colons(&tokens, at) => {
                let root = match word.as_str() {
                    "crate" => Some(at + 2),
                    "gateway" if inside == Path::new("main.rs") => Some(at + 2),
                    "super" => climb(&tokens, at, depth),
                    _ => None,
                };
                let names = root.map(|root| first_names(&tokens, root)).unwrap_or_default();
                rooms.extend(names.into_iter().map(|name| (*line, name)));
            }
            _ => {}
        }
        at += 1;
    }
    rooms
}

/// How many modules deep the file's own module lies below the root.
fn module_depth(inside: &Path) -> usize {
    let parts = inside.components().count();
    match inside.file_name().and_then(|name| name.to_str()) {
        Some("mod.rs" | "lib.rs" | "main.rs") => parts - 1,
        _ => parts,
    }
}

fn follows_colons(tokens: &[(usize, Token)], at: usize) -> bool {
    at > 0 && tokens.get(at - 1).is_some_and(|(_, token)| *token == Token::Colons)
}

/// Where the path goes on if its `super`s climb to the root exactly.
fn climb(tokens: &[(usize, Token)], mut at: usize, mut depth: usize) -> Option<usize> {
    while tokens.get(at).is_some_and(|(_, token)| *token == Token::Name("super".into())) {
        depth = depth.checked_sub(1)?;
        at += 2;
    }
    (depth == 0).then_some(at)
}

/// The names that stand first after the root: one, or those of a group.
fn first_names(tokens: &[(usize, Token)], at: usize) -> Vec<String> {
    match tokens.get(at) {
        Some((_, Token::Name(name))) => room(name).into_iter().collect(),
        Some((_, Token::Open)) => {
            let mut names = Vec::new();
            let (mut depth, mut expected) = (1, true);
            for (_, token) in tokens.get(at + 1..).unwrap_or_default() {
                match token {
                    Token::Open => depth += 1,
                    Token::Close => depth -= 1,
                    Token::Comma if depth == 1 => expected = true,
                    Token::Name(name) if expected && depth == 1 => {
                        names.extend(room(name));
                        expected = false;
                    }
                    _ => {}
                }
                if depth == 0 {
                    break;
                }
            }
            names
        }
        _ => Vec::new(),
    }
}

/// Rooms are modules, and modules are written small; types that the root itself gives are no rooms.
fn room(name: &str) -> Option<String> {
    name.starts_with(|first: char| first.is_ascii_lowercase()).then(|| name.to_owned())
}

fn tokens(text: &str) -> Vec<(usize, Token)> {
    let bytes = text.as_bytes();
    let mut tokens = Vec::new();
    let (mut at, mut line) = (0, 1);
    while let Some(&byte) = bytes.get(at) {
        let rest = bytes.get(at..).unwrap_or_default();
        let length = match byte {
            b'/' if rest.starts_with(b"//") => rest.iter().position(|byte| *byte == b'\n').unwrap_or(rest.len()),
            b'/' if rest.starts_with(b"/*") => find(rest, b"*/").map_or(rest.len(), |end| end + 2),
            b'"' => quoted(rest),
            b'r' | b'b' if raw_string(rest).is_some() => raw_string(rest).unwrap_or(1),
            b'\'' => character(rest),
            b'_' | b'a'..=b'z' | b'A'..=b'Z' => {
                let length =
                    rest.iter().position(|byte| !byte.is_ascii_alphanumeric() && *byte != b'_').unwrap_or(rest.len());
                let name = String::from_utf8_lossy(rest.get(..length).unwrap_or_default()).into_owned();
                tokens.push((line, Token::Name(name)));
                length
            }
            b':' if rest.starts_with(b"::") => {
                tokens.push((line, Token::Colons));
                2
            }
            byte => {
                let token = match byte {
                    b'{' => Token::Open,
                    b'}' => Token::Close,
                    b',' => Token::Comma,
                    _ => Token::Other,
                };
                if !byte.is_ascii_whitespace() {
                    tokens.push((line, token));
                }
                1
            }
        };
        line += rest.iter().take(length).filter(|byte| **byte == b'\n').count();
        at += length;
    }
    tokens
}

fn find(bytes: &[u8], mark: &[u8]) -> Option<usize> {
    bytes.windows(mark.len()).position(|window| window == mark)
}

fn quoted(rest: &[u8]) -> usize {
    let mut at = 1;
    while let Some(byte) = rest.get(at) {
        match byte {
            b'\\' => at += 2,
            b'"' => return at + 1,
            _ => at += 1,
        }
    }
    rest.len()
}

/// The length of a raw string (`r"…"`, `br#"…"#`) at the start, if there is one.
fn raw_string(rest: &[u8]) -> Option<usize> {
    let after = rest.strip_prefix(b"br").or_else(|| rest.strip_prefix(b"r"))?;
    let marks = after.iter().take_while(|byte| **byte == b'#').count();
    if after.get(marks) != Some(&b'"') {
        return None;
    }
    let start = rest.len() - after.len() + marks + 1;
    let end = [&b"\""[..], &vec![b'#'; marks]].concat();
    let body = rest.get(start..)?;
    Some(find(body, &end).map_or(rest.len(), |at| start + at + end.len()))
}

/// A character literal, or the apostrophe of a lifetime.
fn character(rest: &[u8]) -> usize {
    match rest {
        [_, b'\\', _, tail @ ..] => 3 + tail.iter().position(|byte| *byte == b'\'').map_or(0, |end| end + 1),
        [_, first, ..] if *first >= 0x80 => {
            rest.iter().skip(1).position(|byte| *byte == b'\'').map_or(1, |end| end + 2)
        }
        [_, _, b'\'', ..] => 3,
        _ => 1,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn check(text: &str, inside: &str, expect: &[&str]) {
        let found: Vec<_> = rooms_named_in(text, Path::new(inside)).into_iter().map(|(_, room)| room).collect();
        assert_eq!(found, expect, "{text}");
    }

    #[test]
    fn paths_from_the_root_name_rooms() {
        check("use crate::store;", "portal/choice.rs", &["store"]);
        check("use crate::{store::{Store, Error}, wire, Thing};", "portal/choice.rs", &["store", "wire"]);
        check("fn f() -> crate::site::Site { crate :: seal::new() }", "proxy.rs", &["site", "seal"]);
        check("pub(crate) fn f() {}", "proxy.rs", &[]);
    }

    #[test]
    fn climbing_to_the_root_names_rooms_too() {
        check("use super::store;", "proxy.rs", &["store"]);
        check("use super::store;", "portal/choice.rs", &[]);
        check("use super::super::{store, wire};", "portal/choice.rs", &["store", "wire"]);
        check(
            "mod tests { use super::store; use super::super::wire; } use super::seal;",
            "proxy.rs",
            &["wire", "seal"],
        );
        check("use super::store;", "portal/mod.rs", &["store"]);
    }

    #[test]
    fn comments_and_texts_name_nothing() {
        check("// crate::store\n/* crate::store */ const A: &str = \"crate::store\";", "proxy.rs", &[]);
        check("const A: &str = r#\"\" crate::store\"#; const B: char = '\"'; use crate::wire;", "proxy.rs", &["wire"]);
        check("fn f<'a>(a: &'a str) -> &'a str { let c = '\\''; crate::wire::g(a) }", "proxy.rs", &["wire"]);
    }

    #[test]
    fn the_binary_reaches_the_library_by_its_name() {
        check("use gateway::cli;", "main.rs", &["cli"]);
        check("use gateway::cli;", "cli.rs", &[]);
    }
}
