//! `requests`: what officers do with what visitors ask for, beside a gateway that runs.
//!
//! Refuses to make a data folder, a key or a database: they belong to the gateway; and to show what people wrote without a reason. Invariant:
//! what is answered here is stored before it is said.

mod read;

use std::path::PathBuf;
use std::process::ExitCode;

use clap::{Args, Subcommand, ValueEnum};
use policies::rights::{
    Actor, Authority, Deed, Entered, LONGEST_ABOUT, LONGEST_WORDS, Reply, Representative, Request, RequestId,
    RequestKind, RequestReference, line, prose,
};
use policies::{Date, Lang};

use super::{chain, check, fail, guardian, operate, say};
use crate::config::{self, Config, SiteConfig};
use crate::ledger::access::Access;
use crate::ledger::letters::{hex, of_hex};
use crate::proxy::now;
use crate::rights::{self, appeal};
use crate::seal::random;
use crate::store::Store;
use crate::view;

#[derive(Debug, Subcommand)]
pub(super) enum RequestsCommand {
    /// List requests: those that wait, what is overdue first.
    List(List),
    /// Show one request with all that was written. It is noted who looked, and why.
    Show(Show),
    /// Enter a request for somebody who writes or calls.
    Add(Add),
    /// Answer a request; prints the letter for whoever asked, in their language.
    Answer(Answer),
    /// Tell that a request takes longer, and until when.
    Delay(Delay),
    /// Refuse a request, with the ground; where to object is added from the policy.
    Refuse(Refuse),
    /// Write all requests of a site as JSON lines or CSV. It is noted who did, and why.
    Export(Export),
}

#[derive(Debug, Args)]
struct Where {
    /// The gateway's configuration file.
    #[arg(long)]
    config: PathBuf,
    /// The site by its name.
    #[arg(long)]
    site: String,
    /// Your account in the record of staff access; without it, the one that you are logged in with.
    #[arg(long)]
    by: Option<String>,
}

#[derive(Debug, Args)]
pub(super) struct List {
    #[command(flatten)]
    place: Where,
    /// Those that were answered and refused, too.
    #[arg(long)]
    all: bool,
}

#[derive(Debug, Args)]
pub(super) struct Show {
    #[command(flatten)]
    place: Where,
    /// The request: its id, the beginning of it, or the reference that somebody tells you.
    request: String,
    /// Why you look.
    #[arg(long)]
    reason: Option<String>,
}

#[derive(Debug, Args)]
pub(super) struct Add {
    #[command(flatten)]
    place: Where,
    /// What is asked for.
    #[arg(long, value_enum)]
    kind: Kind,
    /// What it is about.
    #[arg(long)]
    about: String,
    /// The language of whoever asks: ko, en, ja, zh-Hans, de, fr.
    #[arg(long, default_value = "ko")]
    lang: String,
    /// Where to answer; without it, they look it up with their reference.
    #[arg(long)]
    reply_to: Option<String>,
    /// The number that the visitor's page shows: while deletion or suspension waits, optional use rests for it.
    #[arg(long)]
    visitor: Option<String>,
    /// Somebody asks for another: as an agent, or as a parent or guardian.
    #[arg(long, value_enum, requires = "shown")]
    acts_as: Option<ActsAs>,
    /// What was shown as proof of that, such as "power of attorney of 3 March": not the document itself.
    #[arg(long, requires = "acts_as")]
    shown: Option<String>,
}

#[derive(Debug, Args)]
pub(super) struct Answer {
    #[command(flatten)]
    place: Where,
    /// The request.
    request: String,
    /// What is said to whoever asked, in their language.
    #[arg(long)]
    words: String,
}

#[derive(Debug, Args)]
pub(super) struct Delay {
    #[command(flatten)]
    place: Where,
    /// The request.
    request: String,
    /// Why it takes longer.
    #[arg(long)]
    ground: String,
    /// The day by which it is answered, YYYY-MM-DD.
    #[arg(long)]
    until: String,
}

#[derive(Debug, Args)]
pub(super) struct Refuse {
    #[command(flatten)]
    place: Where,
    /// The request.
    request: String,
    /// On which ground.
    #[arg(long)]
    ground: String,
}

#[derive(Debug, Args)]
pub(super) struct Export {
    #[command(flatten)]
    place: Where,
    /// The form.
    #[arg(long, value_enum, default_value = "jsonl")]
    format: Format,
    /// Why.
    #[arg(long)]
    reason: Option<String>,
}

#[derive(Clone, Copy, Debug, ValueEnum)]
enum Format {
    Jsonl,
    Csv,
}

#[derive(Clone, Copy, Debug, ValueEnum)]
enum Kind {
    Access,
    Correction,
    Deletion,
    Suspension,
    Complaint,
}

impl Kind {
    const fn meant(self) -> RequestKind {
        match self {
            Self::Access => RequestKind::Access,
            Self::Correction => RequestKind::Correction,
            Self::Deletion => RequestKind::Deletion,
            Self::Suspension => RequestKind::Suspension,
            Self::Complaint => RequestKind::Complaint,
        }
    }
}

#[derive(Clone, Copy, Debug, ValueEnum)]
enum ActsAs {
    Agent,
    Guardian,
}

pub(super) async fn main(command: &RequestsCommand) -> ExitCode {
    let place = match command {
        RequestsCommand::List(List { place, .. })
        | RequestsCommand::Show(Show { place, .. })
        | RequestsCommand::Add(Add { place, .. })
        | RequestsCommand::Answer(Answer { place, .. })
        | RequestsCommand::Delay(Delay { place, .. })
        | RequestsCommand::Refuse(Refuse { place, .. })
        | RequestsCommand::Export(Export { place, .. }) => place,
    };
    let config = match config::load(&place.config, now()) {
        Ok(config) => config,
        Err(faults) => return check::told(&faults),
    };
    match done(command, place, &config).await {
        Ok(text) => {
            say(text.trim_end());
            ExitCode::SUCCESS
        }
        Err(message) => fail(&message),
    }
}

async fn done(command: &RequestsCommand, place: &Where, config: &Config) -> Result<String, String> {
    let site = guardian::site(&place.site, config)?;
    let store = guardian::opened(config).await?;
    let officer = Officer { store: &store, site, account: place.by.clone().unwrap_or_else(operate::who) };
    let done = match command {
        RequestsCommand::List(list) => officer.list(list.all).await,
        RequestsCommand::Show(show) => officer.show(&show.request, show.reason.as_deref()).await,
        RequestsCommand::Add(add) => officer.add(add).await,
        RequestsCommand::Answer(answer) => match prose(&answer.words, LONGEST_WORDS) {
            Ok(words) => officer.follow(&answer.request, Deed::Answered { words }).await,
            Err(why) => Err(format!("--words {why}")),
        },
        RequestsCommand::Delay(delay) => match delayed(delay) {
            Ok(deed) => officer.follow(&delay.request, deed).await,
            Err(message) => Err(message),
        },
        RequestsCommand::Refuse(refuse) => officer.refuse(&refuse.request, &refuse.ground).await,
        RequestsCommand::Export(export) => officer.export(export.format, export.reason.as_deref()).await,
    };
    store.close().await;
    done
}

fn delayed(delay: &Delay) -> Result<Deed, String> {
    let ground = prose(&delay.ground, LONGEST_WORDS).map_err(|why| format!("--ground {why}"))?;
    let until = Date::parse(&delay.until).ok_or("--until is no day: write YYYY-MM-DD")?;
    Ok(Deed::Delayed { ground, until })
}

/// Somebody at the register of a site.
struct Officer<'a> {
    store: &'a Store,
    site: &'a SiteConfig,
    account: String,
}

impl Officer<'_> {
    async fn add(&self, add: &Add) -> Result<String, String> {
        let lang = Lang::of_tag(&add.lang).ok_or("--lang is none that is spoken here: ko, en, ja, zh-Hans, de, fr")?;
        let reply = match &add.reply_to {
            Some(address) => Reply::To(line(address).map_err(|why| format!("--reply-to {why}"))?),
            None => Reply::Page,
        };
        let read =
            |number: &String| of_hex(number.trim()).ok_or("--visitor is no number: it has 32 letters and digits");
        let visitor = add.visitor.as_ref().map(read).transpose()?;
        let authority = match (add.acts_as, &add.shown) {
            (Some(who), Some(shown)) => Some(Authority {
                who: match who {
                    ActsAs::Agent => Representative::Agent,
                    ActsAs::Guardian => Representative::Guardian,
                },
                shown: line(shown).map_err(|why| format!("--shown {why}"))?,
                checked_by: self.account.clone(),
            }),
            _ => None,
        };
        let about = prose(&add.about, LONGEST_ABOUT).map_err(|why| format!("--about {why}"))?;
        let entered = Entered { kind: add.kind.meant(), about, reply, lang, visitor, authority };
        let reference = RequestReference(random().map_err(|error| chain(&error))?);
        let by = Actor::Officer(self.account.clone());
        let stored = rights::enter(self.store, self.site, reference.request(), entered, by, now()).await;
        let (request, _) = stored.map_err(|error| chain(&error))?;
        let (id, due) = (hex(&request.id), request.due);
        Ok(format!("entered as {id}, due on {due}\nreference for whoever asked, told once: {reference}"))
    }

    async fn refuse(&self, named: &str, ground: &str) -> Result<String, String> {
        let ground = prose(ground, LONGEST_WORDS).map_err(|why| format!("--ground {why}"))?;
        let request = self.named(named).await?;
        let appeal = appeal(&self.site.policy, request.entered.lang);
        self.follow(named, Deed::Refused { ground, appeal }).await
    }

    /// Takes a step, and writes the letter.
    async fn follow(&self, named: &str, deed: Deed) -> Result<String, String> {
        let request = self.named(named).await?;
        let by = Actor::Officer(self.account.clone());
        let followed = rights::follow(self.store, self.site, request.id, deed, by, now()).await;
        let request = followed.map_err(|error| chain(&error))?;
        let lang = request.entered.lang;
        let letter = view::letter(&request, &self.site.policy, self.site.wording.in_lang(lang), lang);
        let to = match &request.entered.reply {
            Reply::Page => String::from("It is read with the reference, on the visitor's page."),
            Reply::To(address) => format!("To: {address}"),
        };
        Ok(format!("request {} is {}\n{to}\n\n{letter}", hex(&request.id), request.status.name()))
    }

    /// The request that somebody means.
    async fn named(&self, named: &str) -> Result<Request, String> {
        let known = |error: rights::Error| chain(&error);
        let exact: Option<RequestId> =
            of_hex(named).or_else(|| RequestReference::parse(named).map(|reference| reference.request()));
        if let Some(id) = exact {
            let found = rights::find(self.store.archive(), self.site, id).await.map_err(known)?;
            return found.ok_or_else(|| format!("{} has no request {named}", self.site.name));
        }
        let all = rights::all(self.store.archive(), self.site).await.map_err(known)?;
        let mut fitting = all.into_iter().filter(|request| !named.is_empty() && hex(&request.id).starts_with(named));
        match (fitting.next(), fitting.next()) {
            (Some(request), None) => Ok(request),
            (None, _) => Err(format!("{} has no request {named}", self.site.name)),
            (Some(_), Some(_)) => Err(format!("more than one request begins with {named}: write more of it")),
        }
    }

    /// Notes who looks, before anything is shown.
    async fn noted(
        &self,
        action: &str,
        whose: &str,
        subject: Option<RequestId>,
        reason: Option<&str>,
    ) -> Result<(), String> {
        let reason = reason.unwrap_or_default();
        let access = Access { account: &self.account, source: "command line", action, whose, reason };
        let id = random().map_err(|error| chain(&error))?;
        let entry = access.entry(id, &self.site.name, subject, now()).map_err(|error| chain(&error))?;
        self.store.enter(entry).await.map_err(|error| chain(&error))
    }
}
