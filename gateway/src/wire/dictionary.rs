//! Dictionaries of structured fields (RFC 9651 3.2), as far as one member is to be taken out of a line that a stranger wrote.
//!
//! Refuses a line that is no dictionary as a whole: what follows it could be read as part of it. Invariant: members that
//! stay are byte for byte as they came, in their order.

use super::Filtered;

/// The line without the members of a key; None where it is no dictionary.
#[must_use]
pub fn without(line: &[u8], key: &[u8]) -> Option<Filtered> {
    let members = members(line)?;
    let kept: Vec<&[u8]> = members.iter().filter(|member| member.key != key).map(|member| member.whole).collect();
    Some(match (kept.len() == members.len(), kept.is_empty()) {
        (true, _) => Filtered::Unchanged,
        (false, true) => Filtered::Empty,
        (false, false) => Filtered::Changed(kept.join(&b", "[..])),
    })
}

/// The value of a key with its parameters, byte for byte as it came; of several the last, as the standard has it. None
/// where there is none, or the line is no dictionary.
#[must_use]
pub fn member<'l>(line: &'l [u8], key: &[u8]) -> Option<&'l [u8]> {
    let member = members(line)?.into_iter().rfind(|member| member.key == key)?;
    member.whole.get(key.len()..)?.strip_prefix(b"=")
}

struct Member<'l> {
    key: &'l [u8],
    whole: &'l [u8],
}

fn members(line: &[u8]) -> Option<Vec<Member<'_>>> {
    let mut rest = Rest(line.trim_ascii());
    let mut members = Vec::new();
    while !rest.0.is_empty() {
        let before = rest.0;
        let key = rest.key()?;
        rest.value()?;
        rest.parameters()?;
        members.push(Member { key, whole: before.get(..before.len() - rest.0.len())? });
        rest.blanks();
        if rest.0.is_empty() {
            break;
        }
        rest.byte(b',')?;
        rest.blanks();
        // A comma is followed by a member.
        (!rest.0.is_empty()).then_some(())?;
    }
    Some(members)
}

/// What of a line is still to be read.
struct Rest<'l>(&'l [u8]);

impl<'l> Rest<'l> {
    fn while_true(&mut self, fits: impl Fn(u8) -> bool) -> &'l [u8] {
        let end = self.0.iter().position(|byte| !fits(*byte)).unwrap_or(self.0.len());
        let (taken, rest) = self.0.split_at_checked(end).unwrap_or((self.0, &[]));
        self.0 = rest;
        taken
    }

    fn byte(&mut self, wanted: u8) -> Option<()> {
        let (first, rest) = self.0.split_first()?;
        (*first == wanted).then(|| self.0 = rest)
    }

    fn blanks(&mut self) {
        self.while_true(|byte| matches!(byte, b' ' | b'\t'));
    }

    fn key(&mut self) -> Option<&'l [u8]> {
        let key = self.while_true(|b| b.is_ascii_lowercase() || b.is_ascii_digit() || b"_-.*".contains(&b));
        key.first().filter(|first| first.is_ascii_lowercase() || **first == b'*').map(|_| key)
    }

    /// `=` and an item or an inner list; nothing where the member is only a key.
    fn value(&mut self) -> Option<()> {
        if self.byte(b'=').is_none() {
            return Some(());
        }
        if self.byte(b'(').is_none() {
            return self.bare_item();
        }
        loop {
            self.while_true(|byte| byte == b' ');
            if self.byte(b')').is_some() {
                return Some(());
            }
            self.bare_item()?;
            self.parameters()?;
            matches!(self.0.first()?, b' ' | b')').then_some(())?;
        }
    }

    fn parameters(&mut self) -> Option<()> {
        while self.byte(b';').is_some() {
            self.while_true(|byte| byte == b' ');
            self.key()?;
            if self.byte(b'=').is_some() {
                self.bare_item()?;
            }
        }
        Some(())
    }

    fn bare_item(&mut self) -> Option<()> {
        match self.0.first()? {
            b'"' => self.string(),
            b':' => {
                self.byte(b':')?;
                self.while_true(|byte| byte.is_ascii_alphanumeric() || b"+/=".contains(&byte));
                self.byte(b':')
            }
            b'%' => {
                self.byte(b'%')?;
                self.string()
            }
            b'?' => {
                self.byte(b'?')?;
                self.byte(b'0').or_else(|| self.byte(b'1'))
            }
            b'-' | b'@' | b'0'..=b'9' => {
                let number = self.while_true(|byte| byte.is_ascii_digit() || b"-.@".contains(&byte));
                number.iter().any(u8::is_ascii_digit).then_some(())
            }
            b'*' | b'A'..=b'Z' | b'a'..=b'z' => {
                self.while_true(|byte| byte.is_ascii_alphanumeric() || b"!#$%&'*+-.^_`|~:/".contains(&byte));
                Some(())
            }
            _ => None,
        }
    }

    fn string(&mut self) -> Option<()> {
        self.byte(b'"')?;
        loop {
            self.while_true(|byte| matches!(byte, b' '..=b'~') && byte != b'"' && byte != b'\\');
            match self.0 {
                [b'"', rest @ ..] | [b'\\', b'"' | b'\\', rest @ ..] => {
                    let ended = self.0.first() == Some(&b'"');
                    self.0 = rest;
                    if ended {
                        return Some(());
                    }
                }
                _ => return None,
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn one_member_goes_and_the_others_stay_as_they_came() {
        let check = |line: &str, expect: Option<Filtered>| {
            assert_eq!(without(line.as_bytes(), b"consent"), expect, "{line}");
        };
        let changed = |text: &str| Some(Filtered::Changed(text.as_bytes().to_vec()));
        let bot =
            "sig1=(\"@authority\" \"signature-agent\";key=\"x\");created=1;keyid=\"a, consent=b\";tag=\"web-bot-auth\"";
        check(bot, Some(Filtered::Unchanged));
        check(&format!("consent=:AA==:,\t{bot}"), changed(bot));
        check(&format!("{bot} , consent=(\"a\");created=1, b=?1;x"), changed(&format!("{bot}, b=?1;x")));
        check("consent=1, consent", Some(Filtered::Empty));
        check("consent2=1", Some(Filtered::Unchanged));
        check("", Some(Filtered::Unchanged));
        check("a=%\"f%c3\", b=@-5, c=1.5, d=*t/:", Some(Filtered::Unchanged));
        check("a=\"x\\\"y\\\\\", consent=1", changed("a=\"x\\\"y\\\\\""));
        for broken in
            ["a=\"", "a=(\"x\"", "a=(x y", "a=:AA", "a=1,", "A=1", "a=1 b=2", "a=?2", "a=\"\\x\"", "a=\x7f", "a=-", ","]
        {
            check(broken, None);
            check(&format!("consent=1, {broken}"), None);
        }
    }

    #[test]
    fn one_member_is_read_as_it_came() {
        let check = |line: &str, expect: Option<&str>| {
            assert_eq!(member(line.as_bytes(), b"a"), expect.map(str::as_bytes), "{line}");
        };
        check("a=(\"x\" \"y\");created=1, b=2", Some("(\"x\" \"y\");created=1"));
        check("b=2 ,\ta=:AA==:", Some(":AA==:"));
        check("a=1, a=2", Some("2"));
        check("a", None);
        check("ab=1", None);
        check("a=1,", None);
        check("", None);
    }

    proptest! {
        #[test]
        fn what_is_read_is_read_again_the_same(line in "[a-c*]{0,2}=?[(\":?@%a1 ;=,)\\\\-]{0,24}") {
            if let Some(Filtered::Changed(kept)) = without(line.as_bytes(), b"a") {
                prop_assert_eq!(without(&kept, b"a"), Some(Filtered::Unchanged), "{}", line);
            }
        }

        #[test]
        fn a_dictionary_of_ours_behind_it_is_found(names in proptest::collection::vec("[b-z]{1,4}", 0..4)) {
            let others: Vec<String> = names.iter().map(|name| format!("{name}=(\"x\" y;z);q=\"1\"")).collect();
            let all = others.iter().cloned().chain(["a=:AAAA:".to_owned()]).collect::<Vec<_>>().join(", ");
            let expect = match others.is_empty() {
                true => Filtered::Empty,
                false => Filtered::Changed(others.join(", ").into_bytes()),
            };
            prop_assert_eq!(without(all.as_bytes(), b"a"), Some(expect));
        }
    }
}
