//! `records verify`: checks a receipt by the published keys; with a store at hand, that the log has only grown since.
//!
//! Refuses to say more than was checked. Invariant: without `--config` nothing but the two files is looked at.

use std::path::{Path, PathBuf};

use clap::Args;

use super::{Fault, archive, configured};
use crate::cli::{chain, say};
use crate::ledger::letters::{hex, moment};
use crate::ledger::receipt::{Checked, Keys, LONGEST, check};
use crate::ledger::{HeadKey, Published, merkle, of_set};
use crate::store::Archive;

#[derive(Debug, Args)]
pub(in crate::cli) struct VerifyArgs {
    /// The receipt's file.
    file: PathBuf,
    /// The published keys, as `/.consent/keys.json` gives them.
    #[arg(long, required_unless_present = "config")]
    key: Option<PathBuf>,
    /// The gateway's configuration file: its own key, and whether its log still holds what the receipt says.
    #[arg(long)]
    config: Option<PathBuf>,
}

pub(super) async fn verify(args: &VerifyArgs) -> Result<(), Fault> {
    let text = bounded(&args.file)?;
    let config = args.config.as_deref().map(configured).transpose()?;
    let mut keys = Keys::default();
    if let Some(path) = &args.key {
        let published = of_set(&bounded(path)?);
        keys = Keys::of(published.ok_or_else(|| format!("{} holds no Ed25519 keys", path.display()))?);
    }
    if let Some(path) = config.as_ref().map(|config| &config.records.receipt_key).filter(|path| path.is_file()) {
        let key = HeadKey::open(path).map_err(|error| chain(&error))?;
        keys = keys.and(Published::of(path, &key).keys());
    }
    let checked = check(&text, &keys).map_err(|fault| fault.to_string())?;
    told(&checked);
    match (&config, &checked.proof) {
        (Some(config), Some(_)) => grown(&archive(config).await?, &checked).await,
        _ => Ok(()),
    }
}

fn bounded(path: &Path) -> Result<Vec<u8>, Fault> {
    use std::io::Read as _;
    let mut bytes = Vec::new();
    let opened = std::fs::File::open(path);
    let read = opened.and_then(|file| file.take(LONGEST as u64 + 1).read_to_end(&mut bytes));
    read.map_err(|error| format!("{} can't be read: {error}", path.display()))?;
    Ok(bytes)
}

fn told(checked: &Checked) {
    let Checked { record, facts, issued, key, proof, .. } = checked;
    say(format_args!("the receipt was made out at {} with the key {} and is unchanged", moment(*issued), hex(key)));
    say(format_args!("record {} of {} ({})", hex(&record.id), facts.service, record.site));
    say(format_args!("made at {} by {}", moment(record.made), record.act.name()));
    let list = |ids: &[String]| if ids.is_empty() { String::from("nothing") } else { ids.join(", ") };
    say(format_args!("granted: {}; refused: {}", list(&record.granted), list(&record.refused)));
    match proof {
        Some(proof) => say(format_args!(
            "it stands in the log: entry {} of {}, head signed at {}",
            proof.place.saturating_add(1),
            proof.head.size,
            moment(proof.head.made)
        )),
        None => {
            say("it carries no proof that the record stands in the log: it was made out before the record had a place")
        }
    }
}

/// Whether the log of today begins with the log that the receipt was made out from.
async fn grown(archive: &Archive, checked: &Checked) -> Result<(), Fault> {
    let Some(proof) = &checked.proof else { return Ok(()) };
    let Some((newest, path)) = archive.growth(proof.head.size).await? else {
        return Err(
            format!("the log here is shorter than the {} entries that the receipt names", proof.head.size).into()
        );
    };
    let (old, new) = ((proof.head.size, proof.head.root), (newest.size, newest.root));
    if !merkle::verify_consistency(old, new, &path) {
        return Err(String::from(
            "the log here is not the one that the receipt was made out from: it was changed since",
        )
        .into());
    }
    say(format_args!("the log here has {} entries and begins with the receipt's {}", newest.size, proof.head.size));
    Ok(())
}
