//! Who is told of a site's choices: addresses that receive webhooks, each with the key that signs for it.
//!
//! Refuses an address that stands twice, and one default key for several receivers. Invariant: http or https, and no
//! password in the address, which would stand in logs and errors.

use std::path::{Path, PathBuf};

use http::Uri;
use policies::policy::Fault;
use policies::reader::{At, Table};

/// Most receivers of one site.
const MOST: usize = 8;

/// One receiver.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Webhook {
    /// Where to post.
    pub url: Uri,
    /// The key's file.
    pub key: PathBuf,
    /// Certificate authorities for an https address instead of the system's, a PEM file.
    pub authorities: Option<PathBuf>,
}

/// One `[[sites.webhooks]]`.
#[derive(Debug)]
pub(super) struct WebhookFile {
    at: At,
    /// None only beside a fault.
    url: Option<Uri>,
    key_file: Option<String>,
    ca: Option<String>,
}

/// Reads `[[sites.webhooks]]` of a site.
pub(super) fn read(table: &mut Table<'_, '_>) -> Vec<WebhookFile> {
    let tables = table.tables("webhooks");
    if tables.len() > MOST {
        table.fault("webhooks", format!("are {}: at most {MOST}", tables.len()));
    }
    tables.into_iter().take(MOST).map(read_one).collect()
}

fn read_one(mut table: Table<'_, '_>) -> WebhookFile {
    let written = table.string("url");
    let written = table.needed("url", written);
    let url = written.and_then(|written| parse(&written).map_err(|why| table.fault("url", why)).ok());
    let (key_file, ca) = (table.string("key_file"), table.string("ca"));
    if ca.is_some() && url.as_ref().is_some_and(|url| url.scheme_str() != Some("https")) {
        table.fault("ca", "is for https, which the address is not");
    }
    let at = table.at();
    table.finish();
    WebhookFile { at, url, key_file, ca }
}

fn parse(written: &str) -> Result<Uri, String> {
    let example = "write it as \"https://crm.example/consent\"";
    let url: Uri = written.parse().map_err(|_| format!("\"{written}\" is not a URL: {example}"))?;
    let Some(authority) = url.authority().filter(|_| matches!(url.scheme_str(), Some("http" | "https"))) else {
        return Err(format!("\"{written}\" needs http:// or https:// and a host: {example}"));
    };
    if authority.as_str().contains('@') {
        return Err("must hold no user and no password: what it receives is signed".to_owned());
    }
    Ok(url)
}

/// The receivers of a site, whose files are relative to `folder`, and its one default key to `data`.
pub(super) fn compile(
    files: Vec<WebhookFile>,
    site: &str,
    (folder, data): (&Path, &Path),
    faults: &mut Vec<Fault>,
) -> Vec<Webhook> {
    let several = files.len() > 1;
    let mut webhooks: Vec<Webhook> = Vec::new();
    for WebhookFile { at, url, key_file, ca } in files {
        if several && key_file.is_none() {
            faults.push(at.fault_at("key_file", "is missing: with several receivers each needs a key of its own"));
        }
        let Some(url) = url else { continue };
        if webhooks.iter().any(|earlier| earlier.url == url) {
            faults.push(at.fault_at("url", "is the address of an earlier receiver"));
        }
        let key = key_file.map_or_else(|| data.join(format!("webhook-{site}.key")), |file| folder.join(file));
        webhooks.push(Webhook { url, key, authorities: ca.map(|ca| folder.join(ca)) });
    }
    webhooks
}

#[cfg(test)]
mod tests {
    use super::*;
    use policies::reader::read_file;

    fn compiled(text: &str) -> (Vec<Webhook>, Vec<String>) {
        let reading = read_file(text, |root| Some(read(root)));
        let mut faults = reading.faults;
        let places = (Path::new("/etc/gateway"), Path::new("/var/data"));
        let webhooks = compile(reading.value.unwrap_or_default(), "shop", places, &mut faults);
        (webhooks, faults.iter().map(ToString::to_string).collect())
    }

    #[test]
    fn a_receiver_has_an_address_and_a_key() {
        let (one, faults) = compiled("[[webhooks]]\nurl = \"https://crm.example/consent?a=1\"\nca = \"crm.pem\"");
        assert_eq!(faults, Vec::<String>::new());
        assert_eq!(one[0].url, "https://crm.example/consent?a=1");
        assert_eq!(one[0].key, Path::new("/var/data/webhook-shop.key"));
        assert_eq!(one[0].authorities.as_deref(), Some(Path::new("/etc/gateway/crm.pem")));
        let (two, faults) = compiled(
            "[[webhooks]]\nurl = \"http://127.0.0.1:9/\"\nkey_file = \"a.key\"\n[[webhooks]]\nurl = \"http://b.example\"\nkey_file = \"b.key\"",
        );
        assert_eq!((faults.len(), two[0].key.as_path()), (0, Path::new("/etc/gateway/a.key")));
    }

    #[test]
    fn what_could_not_be_told_is_a_fault() {
        let check = |text: &str, expect: &str| {
            let (_, faults) = compiled(text);
            assert!(faults.iter().any(|fault| fault.contains(expect)), "{faults:?} lacks {expect:?}");
        };
        check("[[webhooks]]\nkey_file = \"a\"", "is missing");
        check("[[webhooks]]\nurl = \"ftp://crm.example/\"", "needs http:// or https://");
        check("[[webhooks]]\nurl = \"/consent\"", "needs http:// or https://");
        check("[[webhooks]]\nurl = \"https://a:b@crm.example/\"", "no password");
        check("[[webhooks]]\nurl = \"http://crm.example/\"\nca = \"a.pem\"", "is for https");
        check("[[webhooks]]\nurl = \"http://crm.example/\"\nsecret = \"a\"", "secret");
        let twice = "[[webhooks]]\nurl = \"http://crm.example/\"\nkey_file = \"a\"\n".repeat(2);
        check(&twice, "earlier receiver");
        check(&"[[webhooks]]\nurl = \"http://crm.example/\"\n".repeat(2), "a key of its own");
        check(&twice.repeat(5), "at most 8");
    }
}
