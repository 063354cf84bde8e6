//! A guardian's consent: how it comes in, from an officer or from the site's own server, and how the visitor's browser finds
//! it. Both ways in are one, so that neither asks for less than the other.
//!
//! Refuses a code that isn't good, purposes that are no matter of consent, and a second word under the same code. Invariant:
//! what a browser finds is on record.

use policies::Record;
use policies::Timestamp;
use policies::consent::{Agreement, AgreementError, Circumstances, GrantIds, Reference, Speaker};

use crate::config::SiteConfig;
use crate::seal::{self, NotOurs, Seal, random};
use crate::store::{self, Archive, Store};

/// Letters that a ground may have.
const LONGEST_GROUND: usize = 200;
/// Purposes that may be named: as many as a policy may have.
const MOST_PURPOSES: usize = 16;

/// What is said for a guardian, as it came in.
#[derive(Clone, Copy, Debug)]
pub struct Said<'a> {
    /// The code that the visitor's browser was given.
    pub reference: &'a str,
    /// Ids of what is granted.
    pub purposes: &'a [&'a str],
    /// On which ground; it names nobody.
    pub ground: Option<&'a str>,
    /// Who says it.
    pub speaker: Speaker,
}

/// Why it is not taken.
#[derive(Debug, thiserror::Error)]
pub enum Error {
    /// The site asks nobody for their age.
    #[error("the site doesn't ask for age: write ask_age = true")]
    NotAsked,
    /// The site's policy could not be read.
    #[error("the site's policy can't be read")]
    NoPolicy,
    /// Not sixteen letters and digits of the kind that codes have, or not given here.
    #[error("the code was not given at this site under the policy in force; look for a mistyped letter")]
    Foreign,
    /// Too old.
    #[error("the code has expired: the visitor's settings page gives a new one")]
    Expired,
    /// Purposes.
    #[error(transparent)]
    Purposes(#[from] AgreementError),
    /// Too many purposes.
    #[error("at most {MOST_PURPOSES} purposes can be named")]
    TooMany,
    /// The ground.
    #[error("the ground must be one line of at most {LONGEST_GROUND} letters")]
    Ground,
    /// Something else was said under the code.
    #[error("the code has served already; the visitor's settings page gives a new one after a withdrawal")]
    Used,
    /// No random bytes.
    #[error(transparent)]
    Seal(#[from] seal::Error),
    /// The store can't take it; saying it again is safe.
    #[error(transparent)]
    Store(#[from] store::Error),
}

/// Where consent is kept.
#[derive(Clone, Copy)]
pub struct Place<'a> {
    /// Whose site.
    pub site: &'a SiteConfig,
    /// What codes are sealed with.
    pub seal: &'a Seal,
    /// Where records are kept.
    pub store: &'a Store,
}

/// Records what a guardian agreed to. The same word said again gives the same record.
///
/// # Errors
/// See [`Error`]; then nothing is recorded.
pub async fn agree(said: Said<'_>, place: Place<'_>, now: Timestamp) -> Result<Record, Error> {
    let Place { site, seal, store } = place;
    let (reference, record) = drafted(said, site, seal, now)?;
    store.agree(reference, record.clone()).await?;
    let kept = agreement(store.archive(), site, reference).await?.ok_or(Error::Used)?;
    if is_same(&kept, &record) { Ok(kept) } else { Err(Error::Used) }
}

/// What a guardian agreed to for the browser that was given this code.
///
/// # Errors
/// The store can't be read.
pub async fn agreement(
    archive: &Archive,
    site: &SiteConfig,
    reference: Reference,
) -> Result<Option<Record>, store::Error> {
    archive.agreement(site.name.clone(), reference).await
}

fn drafted(said: Said<'_>, site: &SiteConfig, seal: &Seal, now: Timestamp) -> Result<(Reference, Record), Error> {
    if !site.switches.ask_age {
        return Err(Error::NotAsked);
    }
    if site.policy_missing {
        return Err(Error::NoPolicy);
    }
    let policy = &site.policy;
    let reference = Reference::parse(said.reference).ok_or(Error::Foreign)?;
    seal.knows(&site.name, policy.version, reference, now).map_err(|why| match why {
        NotOurs::Foreign => Error::Foreign,
        NotOurs::Expired => Error::Expired,
    })?;
    if said.purposes.len() > MOST_PURPOSES {
        return Err(Error::TooMany);
    }
    let granted = Agreement::purposes(policy, said.purposes)?;
    let ground = said.ground.map(str::trim).filter(|ground| !ground.is_empty());
    if ground.is_some_and(|ground| ground.chars().count() > LONGEST_GROUND || ground.chars().any(char::is_control)) {
        return Err(Error::Ground);
    }
    // Where the visitor is, nobody knows here.
    let regime = site.regions.strictest().regime;
    let agreement = Agreement { speaker: said.speaker, ground, granted, regime, made: now };
    let ids = GrantIds { visitor: random()?, record: random()? };
    let terms = site.regions.strictest();
    let record = agreement.record(ids, &site.name, policy);
    let circumstances = Circumstances {
        valid_until: Some(now.plus_seconds(terms.grant_seconds)),
        configuration: Some(site.settings.version()),
        product: Some(env!("CARGO_PKG_VERSION").to_owned()),
        ..record.circumstances
    };
    Ok((reference, Record { circumstances, ..record }))
}

/// Whether two records hold the same word.
fn is_same(kept: &Record, said: &Record) -> bool {
    (kept.speaker, &kept.granted, kept.policy) == (said.speaker, &said.granted, said.policy)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::config;
    use policies::time::DAY;

    const NOW: Timestamp = Timestamp(1_790_000_000);

    fn site(more: &str) -> SiteConfig {
        let text =
            format!("listen = [\"127.0.0.1:0\"]\n[[sites]]\nname = \"shop\"\norigin = \"http://127.0.0.1:1\"\n{more}");
        config::compile(&text, std::path::Path::new("gateway.toml"), NOW).unwrap().sites.remove(0)
    }

    struct Desk {
        _folder: tempfile::TempDir,
        site: SiteConfig,
        seal: Seal,
        store: Store,
    }

    impl Desk {
        fn of(more: &str) -> Self {
            let folder = tempfile::tempdir().unwrap();
            let seal = Seal::open(folder.path()).unwrap();
            let store = Store::open(&store::Place::sample(folder.path()), &store::Limits::default()).unwrap();
            Self { _folder: folder, site: site(more), seal, store }
        }

        fn code(&self) -> Reference {
            self.seal.reference("shop", self.site.policy.version, NOW).unwrap()
        }

        async fn say(&self, reference: &str, purposes: &[&str], speaker: Speaker, days: i64) -> Result<Record, Error> {
            let place = Place { site: &self.site, seal: &self.seal, store: &self.store };
            agree(Said { reference, purposes, ground: Some(" form 7 "), speaker }, place, NOW.plus_seconds(days * DAY))
                .await
        }
    }

    #[tokio::test]
    async fn what_is_said_is_found_by_its_code_and_saying_it_again_changes_nothing() {
        let desk = Desk::of("ask_age = true");
        let code = desk.code();
        let find = async || agreement(desk.store.archive(), &desk.site, code).await.unwrap();
        assert_eq!(find().await, None);
        let written = code.to_string().to_lowercase();
        let record = desk.say(&written, &["analytics"], Speaker::Officer, 0).await.unwrap();
        assert_eq!(
            (record.speaker, record.ground.as_deref(), record.site.as_str()),
            (Speaker::Officer, Some("form 7"), "shop")
        );
        assert_eq!(find().await.as_ref(), Some(&record));
        assert_eq!(desk.say(&written, &["analytics", "analytics"], Speaker::Officer, 1).await.unwrap(), record);
        for (purposes, speaker) in [(&["marketing"][..], Speaker::Officer), (&["analytics"], Speaker::Site)] {
            assert!(
                matches!(desk.say(&written, purposes, speaker, 0).await, Err(Error::Used)),
                "{purposes:?} {speaker:?}"
            );
        }
        assert_eq!(find().await, Some(record));
        assert_eq!(desk.store.archive().newest(None, 9).await.unwrap().len(), 1);
    }

    #[tokio::test]
    async fn what_is_no_good_word_is_not_taken() {
        let desk = Desk::of("ask_age = true");
        let code = desk.code().to_string();
        let foreign = desk.seal.reference("other", desk.site.policy.version, NOW).unwrap().to_string();
        let many = ["analytics"; 17];
        let check = async |code: &str, purposes: &[&str], days: i64, expect: &str| {
            let error = desk.say(code, purposes, Speaker::Site, days).await.unwrap_err().to_string();
            assert!(error.contains(expect), "{code} {purposes:?}: {error}");
        };
        check("", &["analytics"], 0, "not given at this site").await;
        check(&foreign, &["analytics"], 0, "not given at this site").await;
        check(&code, &["analytics"], 9, "expired").await;
        check(&code, &[], 0, "no purpose is named").await;
        check(&code, &["analytics", "bogus"], 0, "no purpose \"bogus\"").await;
        check(&code, &["necessary"], 0, "needs nobody's consent").await;
        check(&code, &many, 0, "at most 16").await;
        let place = Place { site: &desk.site, seal: &desk.seal, store: &desk.store };
        let long = "x".repeat(201);
        for ground in [long.as_str(), "two\nlines"] {
            let said =
                Said { reference: &code, purposes: &["analytics"], ground: Some(ground), speaker: Speaker::Site };
            assert!(matches!(agree(said, place, NOW).await, Err(Error::Ground)));
        }
        assert!(desk.store.archive().newest(None, 9).await.unwrap().is_empty());
        let plain = Desk::of("");
        let error = plain.say(&plain.code().to_string(), &["analytics"], Speaker::Site, 0).await.unwrap_err();
        assert!(matches!(error, Error::NotAsked), "{error}");
    }
}
