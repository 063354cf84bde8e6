//! Reading the register: lists without what people wrote, and one request or all with it, for a reason.
//!
//! Refuses cells that a spreadsheet would take for a formula. Invariant: what is listed names nobody.

use std::fmt::Write as _;

use policies::rights::{Actor, Deed, Reply, Request, Taken, Urgency};
use serde_json::{Value, json};

use super::{Format, Officer};
use crate::cli::chain;
use crate::csv::quoted;
use crate::ledger::letters::{hex, moment};
use crate::proxy::now;
use crate::rights;

/// Letters of an id that a list shows: enough to name one.
const SHORT: usize = 12;

impl Officer<'_> {
    pub(super) async fn list(&self, all: bool) -> Result<String, String> {
        let mut requests = self.all().await?;
        let today = self.site.life.day(now());
        requests.retain(|request| all || request.status.is_pending());
        // What nobody waits for comes last; the rest by its day.
        requests.sort_by_key(|request| (!request.status.is_pending(), request.due, request.at));
        if requests.is_empty() {
            let what = if all { "no request" } else { "no request that waits" };
            return Ok(format!("{} has {what}", self.site.name));
        }
        let mut lines = String::from("id            kind        received    state     due\n");
        for request in &requests {
            let id: String = hex(&request.id).chars().take(SHORT).collect();
            let due = match request.urgency(today) {
                Some(Urgency::Overdue(days)) => format!("{}  overdue by {days} days", request.due),
                Some(Urgency::Soon(days)) => format!("{}  in {days} days", request.due),
                Some(Urgency::Later(_)) => request.due.to_string(),
                None => String::from("-"),
            };
            let (kind, state) = (request.entered.kind.name(), request.status.name());
            writeln!(lines, "{id}  {kind:<10}  {}  {state:<8}  {due}", request.received).ok();
        }
        Ok(lines)
    }

    pub(super) async fn show(&self, named: &str, reason: Option<&str>) -> Result<String, String> {
        let request = self.named(named).await?;
        let id = hex(&request.id);
        self.noted("requests show", &id, Some(request.id), reason).await?;
        let fields = of_request(&request);
        let mut lines = String::new();
        for (name, value) in fields.as_object().into_iter().flatten().filter(|(_, value)| !value.is_null()) {
            let value = value.as_str().map_or_else(|| value.to_string(), str::to_owned);
            writeln!(lines, "{name}: {}", value.replace('\n', "\n    ")).ok();
        }
        Ok(lines)
    }

    pub(super) async fn export(&self, format: Format, reason: Option<&str>) -> Result<String, String> {
        self.noted("requests export", "all requests", None, reason).await?;
        let rows: Vec<Value> = self.all().await?.iter().map(of_request).collect();
        Ok(match format {
            Format::Jsonl => rows.iter().map(|row| format!("{row}\n")).collect(),
            Format::Csv => csv(&rows),
        })
    }

    async fn all(&self) -> Result<Vec<Request>, String> {
        rights::all(self.store.archive(), self.site).await.map_err(|error| chain(&error))
    }
}

/// A request with all that is known of it.
fn of_request(request: &Request) -> Value {
    let entered = &request.entered;
    let (words, ground, appeal) = match request.last.as_ref() {
        Some(Deed::Answered { words }) => (Some(words), None, None),
        Some(Deed::Delayed { ground, .. }) => (None, Some(ground), None),
        Some(Deed::Refused { ground, appeal }) => (None, Some(ground), Some(appeal.join("; "))),
        Some(Deed::Entered(_)) | None => (None, None, None),
    };
    let reply_to = match &entered.reply {
        Reply::Page => None,
        Reply::To(address) => Some(address),
    };
    let authority = entered.authority.as_ref();
    json!({
        "id": hex(&request.id),
        "kind": entered.kind.name(),
        "received": moment(request.at),
        "state": request.status.name(),
        "due": request.due.to_string(),
        "ended": request.ended.map(moment),
        "lang": entered.lang.tag(),
        "about": entered.about,
        "reply_to": reply_to,
        "visitor": entered.visitor.map(|visitor| hex(&visitor)),
        "acts_as": authority.map(|authority| authority.who.name()),
        "shown": authority.map(|authority| &authority.shown),
        "checked_by": authority.map(|authority| &authority.checked_by),
        "answer": words,
        "ground": ground,
        "appeal": appeal,
        "steps": request.steps.iter().map(step).collect::<Vec<_>>().join("; "),
    })
}

fn step(taken: &Taken) -> String {
    format!("{} {} by {}", moment(taken.at), taken.deed, actor(&taken.by))
}

fn actor(actor: &Actor) -> &str {
    match actor {
        Actor::Visitor => "the visitor",
        Actor::Gateway => "the gateway",
        Actor::Officer(account) => account,
    }
}

const COLUMNS: [&str; 17] = [
    "id",
    "kind",
    "received",
    "state",
    "due",
    "ended",
    "lang",
    "about",
    "reply_to",
    "visitor",
    "acts_as",
    "shown",
    "checked_by",
    "answer",
    "ground",
    "appeal",
    "steps",
];

fn csv(rows: &[Value]) -> String {
    let mut text = COLUMNS.join(",") + "\r\n";
    for row in rows {
        let cells = COLUMNS.map(|column| quoted(row.get(column).and_then(Value::as_str).unwrap_or_default()));
        text.push_str(&cells.join(","));
        text.push_str("\r\n");
    }
    text
}
