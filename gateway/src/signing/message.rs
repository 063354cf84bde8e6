//! HTTP Message Signatures (RFC 9421) with HMAC-SHA-256: the base that is signed, and the two fields that tell of it.
//!
//! Refuses to know requests: it is given names and values. Invariant: what is signed holds its own parameters, so that
//! neither the list of what is covered nor the time can be changed.

use std::fmt::Write as _;

use super::SharedKey;

/// The name of the gateway's signature among those that a request may carry.
pub const LABEL: &str = "consent";

/// The fields of one signature, without the label.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Signature {
    /// For `Signature-Input`.
    pub(super) input: String,
    /// For `Signature`.
    pub(super) value: String,
}

/// Signs components in their order (RFC 9421 2.5, 3.1). Names are in lower case and hold no quotes, values are trimmed
/// and hold no line ends. `more` are parameters that follow `created`.
pub(super) fn sign(key: &SharedKey, components: &[(&str, &str)], created: i64, more: &str) -> Signature {
    let names = components.iter().map(|(name, _)| format!("\"{name}\"")).collect::<Vec<_>>().join(" ");
    let input = format!("({names});created={created}{more}");
    Signature { value: format!(":{}:", key.sign(base(components, &input).as_bytes())), input }
}

/// What is signed (RFC 9421 2.5).
pub(super) fn base(components: &[(&str, &str)], input: &str) -> String {
    let mut base = String::new();
    for (name, value) in components {
        // Writing to a string can't fail.
        writeln!(base, "\"{name}\": {value}").ok();
    }
    write!(base, "\"@signature-params\": {input}").ok();
    base
}

/// `@authority` (RFC 9421 2.2.3): in lower case, without the scheme's own port.
#[must_use]
pub fn authority(host: &str, https: bool) -> String {
    let host = host.to_ascii_lowercase();
    let own_port = if https { ":443" } else { ":80" };
    host.strip_suffix(own_port).map_or_else(|| host.clone(), str::to_owned)
}

#[cfg(test)]
mod tests {
    use super::*;

    /// RFC 9421 B.2.5, with the shared secret of B.1.5.
    #[test]
    fn the_standards_own_example_comes_out_byte_for_byte() {
        let secret = "uzvJfB4u3N0Jy4T7NZ75MDVcr8zSTInedJtkgcu46YW4XByzNJjxBdtjUkdJPBtbmHhIDi6pcl8jsasjlTMtDQ==";
        let key = SharedKey::of_text(secret).unwrap();
        let components = [
            ("date", "Tue, 20 Apr 2021 02:07:55 GMT"),
            ("@authority", "example.com"),
            ("content-type", "application/json"),
        ];
        let signature = sign(&key, &components, 1_618_884_473, ";keyid=\"test-shared-secret\"");
        let input = "(\"date\" \"@authority\" \"content-type\");created=1618884473;keyid=\"test-shared-secret\"";
        assert_eq!(signature.input, input);
        assert_eq!(signature.value, ":pxcQw6G3AjtMBQjwo8XzkZf/bws5LelbaMk5rGIGtE8=:");
    }

    #[test]
    fn an_authority_has_one_spelling() {
        let check = |host: &str, https: bool, expect: &str| assert_eq!(authority(host, https), expect);
        check("Shop.Example", false, "shop.example");
        check("shop.example:80", false, "shop.example");
        check("shop.example:80", true, "shop.example:80");
        check("shop.example:443", true, "shop.example");
        check("[::1]:8080", false, "[::1]:8080");
        check("[::1]:80", false, "[::1]");
    }
}
