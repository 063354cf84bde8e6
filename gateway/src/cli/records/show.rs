//! `records show`, `records receipt`: one record.
//!
//! Refuses to guess what a visitor saw: a page is written only of bytes that the store has under the hash on the record. Invariant:
//! see the room.

use std::path::{Path, PathBuf};

use clap::Args;
use policies::{Lang, Record, Timestamp};
use serde_json::Value;

use super::{Fault, Reason, archive, configured, hand_over, id_of, noted, site, write_new};
use crate::cli::{chain, say};
use crate::config::{Config, SiteConfig};
use crate::ledger::facts::{Around, Facts};
use crate::ledger::letters::hex;
use crate::ledger::{EntryId, HeadKey, Proven, document, kantara, receipt};
use crate::proxy::now;
use crate::store::{Archive, ContentKind, Deposit};
use crate::vault;

#[derive(Debug, Args)]
pub(in crate::cli) struct ShowArgs {
    /// The record's number, as it stands on the receipt.
    id: String,
    /// The gateway's configuration file.
    #[arg(long)]
    config: PathBuf,
    /// Write what that visitor saw as a page into this new file.
    #[arg(long)]
    page: Option<PathBuf>,
    #[command(flatten)]
    reason: Reason,
}

#[derive(Debug, Args)]
pub(in crate::cli) struct ReceiptArgs {
    /// The record's number.
    id: String,
    /// The gateway's configuration file.
    #[arg(long)]
    config: PathBuf,
    /// The language of its words.
    #[arg(long, default_value = "ko")]
    lang: String,
    /// Where visitors reach the site's consent pages; usually https, the site's first host and its reserved path.
    #[arg(long)]
    portal: Option<String>,
    /// In the older form (Kantara 1.1), which isn't signed.
    #[arg(long)]
    kantara: bool,
    /// Into this new file instead of standard output.
    #[arg(long)]
    out: Option<PathBuf>,
    #[command(flatten)]
    reason: Reason,
}

pub(super) async fn show(args: &ShowArgs) -> Result<(), Fault> {
    let config = configured(&args.config)?;
    let archive = archive(&config).await?;
    let Found { proven, record, apart } = found(&archive, &config, &args.id).await?;
    noted(&config, &record.site, "records show", &hex(&record.id), record.visitor, &args.reason).await?;
    let value: Value = serde_json::from_slice(&proven.entry.contents).unwrap_or_default();
    say(serde_json::to_string_pretty(&value).unwrap_or_default());
    match &proven.proof {
        Some(proof) => say(format_args!(
            "entry {} of {} in the log, whose head was signed at {}",
            proof.place.saturating_add(1),
            proof.head.size,
            crate::ledger::letters::moment(proof.head.made)
        )),
        None => say("not placed in the log yet"),
    }
    if let Some(since) = apart {
        let since = crate::ledger::letters::moment(since);
        say(format_args!(
            "it lies in the deposit: it has served its purpose, at {since}, and is kept because a law asks for it"
        ));
    }
    if let Some(path) = &args.page {
        write_new(path, page(&archive, &record).await?.as_bytes())?;
        say(format_args!("what the visitor saw is written to {}", path.display()));
    }
    Ok(())
}

/// A record, wherever it lies.
struct Found {
    proven: Proven,
    record: Record,
    /// Since when it is kept for the law alone, in the deposit.
    apart: Option<Timestamp>,
}

async fn found(archive: &Archive, config: &Config, id: &str) -> Result<Found, Fault> {
    let id = id_of(id)?;
    let (proven, apart) = match archive.proven(id).await? {
        Some(proven) => (Some(proven), None),
        None => deposited(archive, &config.records.archive, id).await?.unzip(),
    };
    let missing = || format!("no record has the number {}: it was never there, or it was destroyed", hex(&id));
    let proven = proven.ok_or_else(missing)?;
    let record = document::read(&proven.entry.contents).map_err(|error| chain(&error))?;
    Ok(Found { proven, record, apart })
}

/// What left the store for the deposit; its leaf is still in the store's log.
async fn deposited(archive: &Archive, folder: &Path, id: EntryId) -> Result<Option<(Proven, Timestamp)>, Fault> {
    if !Deposit::is_in(folder) {
        return Ok(None);
    }
    let Some((sealed, since)) = Deposit::open(folder)?.find(id)? else { return Ok(None) };
    let (entry, salt) = match archive.vault().open(sealed.entry) {
        Ok(opened) => opened,
        Err(vault::Error::Destroyed) => return Ok(None),
        Err(error) => return Err(chain(&error).into()),
    };
    let proof = match sealed.place {
        Some(place) => archive.proof(place).await?,
        None => None,
    };
    Ok(Some((Proven { entry, salt, proof }, since)))
}

/// What the visitor saw, as a page that needs nothing else.
async fn page(archive: &Archive, record: &Record) -> Result<String, Fault> {
    let around = &record.circumstances;
    let unknown = "the record names no form: it was made without one of the gateway's pages, or from the cookie alone";
    let form = around.form.ok_or_else(|| unknown.to_owned())?;
    let kept = async |kind: ContentKind, hash| -> Result<String, Fault> {
        let bytes = archive.content(kind, hash).await?;
        let missing = || format!("the store has no {} {} any more", kind.name(), hex(&hash));
        Ok(String::from_utf8(bytes.ok_or_else(missing)?).map_err(|_| missing())?)
    };
    let html = kept(ContentKind::Form, form).await?;
    let style = match around.style {
        Some(style) => kept(ContentKind::Style, style).await?,
        None => String::new(),
    };
    Ok(whole(&html, &style))
}

/// A page of a form and its sheet, without anything that would be fetched or sent.
pub(super) fn whole(html: &str, style: &str) -> String {
    let policy = "default-src 'none'; style-src 'unsafe-inline'";
    let head = format!("<meta http-equiv=\"Content-Security-Policy\" content=\"{policy}\"><style>{style}</style>");
    // Forms stand in the page, where nothing of theirs is to be sent.
    let html = html.replace(" action=\"", " data-action=\"").replace(" hidden=\"\"", "");
    match html.split_once("</head>") {
        Some((before, after)) => format!("{before}{head}</head>{after}"),
        None => format!("<!doctype html><html><head><meta charset=\"utf-8\">{head}</head><body>{html}</body></html>"),
    }
}

pub(super) async fn receipt(args: &ReceiptArgs) -> Result<(), Fault> {
    let config = configured(&args.config)?;
    let archive = archive(&config).await?;
    let Found { proven, record, .. } = found(&archive, &config, &args.id).await?;
    let site = site(&config, &record.site)?;
    let lang =
        Lang::of_tag(&args.lang).ok_or_else(|| format!("{} is no language that the gateway speaks", args.lang))?;
    let key = &config.records.receipt_key;
    if !key.is_file() {
        return Err(format!("{} is not there: the gateway that signs receipts makes it", key.display()).into());
    }
    let key = HeadKey::open(key).map_err(|error| chain(&error))?;
    noted(&config, &record.site, "records receipt", &hex(&record.id), record.visitor, &args.reason).await?;
    let facts = facts(&record, site, lang, args.portal.as_deref());
    let bytes = if args.kantara {
        let nothing =
            "the older form is made of what was granted to a visitor who has a number: this record has neither";
        kantara(&record, &facts, key.public()).ok_or_else(|| nothing.to_owned())?
    } else {
        receipt::issue(&proven, &facts, &key, now()).map_err(|error| chain(&error))?
    };
    hand_over(args.out.as_ref(), &bytes)
}

fn facts(record: &Record, site: &SiteConfig, lang: Lang, portal: Option<&str>) -> Facts {
    let version = site.life.history.of_version(record.policy);
    let policy = version.map_or(&site.policy, |version| &version.policy);
    let host = site.hosts.first().map_or("localhost", String::as_str);
    let base = portal.map_or_else(
        || format!("https://{host}{}", site.prefix),
        |portal| format!("{}/", portal.trim_end_matches('/')),
    );
    let words = &site.wording.in_lang(lang).receipt;
    Facts::of(record, policy, Around { lang, base: &base, how_to_withdraw: &words.how_to })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_page_of_what_was_seen_sends_and_fetches_nothing() {
        let form = whole("<b hidden=\"\"><form action=\"/x\"></form></b>", "b{}");
        assert!(form.contains("default-src 'none'") && form.contains("<style>b{}</style>"), "{form}");
        assert!(!form.contains(" action=") && !form.contains("hidden"), "{form}");
        let page = whole("<!doctype html><html><head><title>x</title></head><body></body></html>", "b{}");
        assert_eq!(page.matches("<head>").count(), 1, "{page}");
        assert!(page.contains("<style>b{}</style></head>"), "{page}");
    }
}
