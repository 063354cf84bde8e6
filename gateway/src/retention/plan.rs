//! What is due, by the tables of the policies in force: looked up, and nothing done.
//!
//! It refuses to plan without an end: what is over the bound waits for the next day. Invariant: an entry is in a plan only if its
//! period is over by the site's calendar.

use policies::Timestamp;
use policies::policy::RecordClass;

use super::table::{Rule, class_of};
use super::{Desk, PAGE};
use crate::config::SiteConfig;
use crate::ledger::{EntryClass, EntryId};
use crate::store::{Aging, Error};

/// Entries in one plan at the most.
const MOST: usize = 1_000_000;

/// What becomes of entries.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Fate {
    /// They move to the deposit: their purpose is served, and a law makes one keep them.
    Deposit,
    /// They are destroyed.
    Destroy,
    /// They are destroyed in the deposit.
    DestroyDeposited,
}

/// Entries of one class of one site with one fate.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Step {
    /// The site's name in the configuration.
    pub site: String,
    /// As the policy's table names them.
    pub class: RecordClass,
    /// What becomes of them.
    pub fate: Fate,
    /// By which row.
    pub rule: Rule,
    /// Which, each with the moment from which its period counts.
    pub entries: Vec<(EntryId, Timestamp)>,
    /// When the first was made.
    pub oldest: Timestamp,
    /// When the last was made.
    pub newest: Timestamp,
}

/// All that is due.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Plan {
    /// By site, class and fate.
    pub steps: Vec<Step>,
    /// Sites, and classes that the gateway keeps and their policy has no row for: of these nothing is destroyed.
    pub without_row: Vec<(String, RecordClass)>,
}

impl Plan {
    /// Whether nothing is due.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.steps.is_empty()
    }

    fn count(&self) -> usize {
        self.steps.iter().map(|step| step.entries.len()).sum()
    }

    fn add(&mut self, site: &SiteConfig, class: RecordClass, fate: Fate, rule: Rule, aging: &Aging) {
        let same = |step: &Step| step.site == site.name && step.class == class && step.fate == fate;
        let at = self.steps.iter().position(same).unwrap_or_else(|| {
            let (site, made) = (site.name.clone(), aging.made);
            self.steps.push(Step { site, class, fate, rule, entries: Vec::new(), oldest: made, newest: made });
            self.steps.len() - 1
        });
        if let Some(step) = self.steps.get_mut(at) {
            step.entries.push((aging.id, aging.ended));
            step.oldest = step.oldest.min(aging.made);
            step.newest = step.newest.max(aging.made);
        }
    }
}

/// Looks up what is due.
///
/// # Errors
/// The store's.
pub async fn plan(desk: &Desk) -> Result<Plan, Error> {
    let mut plan = Plan::default();
    for site in desk.sites() {
        for class in [EntryClass::Consent, EntryClass::Request, EntryClass::Access] {
            in_store(desk, site, class, &mut plan).await?;
            in_deposit(desk, site, class, &mut plan).await?;
        }
    }
    Ok(plan)
}

async fn in_store(desk: &Desk, site: &SiteConfig, class: EntryClass, plan: &mut Plan) -> Result<(), Error> {
    let [holding, over] = [true, false].map(|holds| rule(site, class, holds, plan));
    let Some(before) = [holding, over].into_iter().flatten().map(|rule| rule.looks_before(desk.now)).max() else {
        return Ok(());
    };
    let mut after = i64::MIN;
    while plan.count() < MOST {
        let (archive, name) = (desk.store.archive(), site.name.clone());
        let page = archive.aging(name, class, before, after, PAGE).await?;
        let Some(last) = page.last() else { break };
        after = last.seq;
        for aging in &page {
            let holds = class == EntryClass::Consent && aging.ended > desk.now;
            let began = if holds { aging.made } else { aging.ended };
            let (Some(rule), Some(named)) = (if holds { holding } else { over }, class_of(class, holds)) else {
                continue;
            };
            let is_over = rule.over(began, site.life.zone()) <= desk.now;
            // Only what has served its purpose is set apart; requests and accesses are kept for their own sake.
            let served = class == EntryClass::Consent && !holds && rule.is_law();
            match (is_over, served) {
                (true, _) => plan.add(site, named, Fate::Destroy, rule, aging),
                (false, true) => plan.add(site, named, Fate::Deposit, rule, aging),
                (false, false) => {}
            }
        }
    }
    Ok(())
}

async fn in_deposit(desk: &Desk, site: &SiteConfig, class: EntryClass, plan: &mut Plan) -> Result<(), Error> {
    let Some(named) = class_of(class, false) else { return Ok(()) };
    let Some(rule) = Rule::of(&site.policy, named) else { return Ok(()) };
    let (before, mut after) = (rule.earliest(desk.now), i64::MIN);
    while plan.count() < MOST {
        let name = site.name.clone();
        let look = move |deposit: &mut crate::store::Deposit| deposit.aging(&name, class, before, after, PAGE);
        let page = desk.deposit(Vec::new(), look).await?;
        let Some(last) = page.last() else { break };
        after = last.seq;
        for aging in page.iter().filter(|aging| rule.over(aging.ended, site.life.zone()) <= desk.now) {
            plan.add(site, named, Fate::DestroyDeposited, rule, aging);
        }
    }
    Ok(())
}

fn rule(site: &SiteConfig, class: EntryClass, holds: bool, plan: &mut Plan) -> Option<Rule> {
    let named = class_of(class, holds)?;
    let rule = Rule::of(&site.policy, named);
    let told = plan.without_row.iter().any(|(name, class)| *name == site.name && *class == named);
    if rule.is_none() && !told {
        plan.without_row.push((site.name.clone(), named));
    }
    rule
}

impl Rule {
    /// What was made before then has to be looked at: what a law keeps leaves for the deposit as soon as it has served its purpose.
    const fn looks_before(&self, now: Timestamp) -> Timestamp {
        match self.basis {
            policies::policy::RetentionBasis::Law => now,
            _ => self.earliest(now),
        }
    }
}
