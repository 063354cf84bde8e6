//! How a site asks in which part of the world, and for how long an answer holds there.
//!
//! Refuses a country that stands in two regions, and anything but opt-in for analytics and marketing where the law asks
//! for a yes first. Invariant: who comes from nobody knows where gets the strictest of the site's terms.

use std::collections::BTreeMap;

use http::header::HeaderName;
use policies::Regime;
use policies::consent::Terms;
use policies::policy::{Fault, Policy};
use policies::purpose::Category;
use policies::reader::{At, Table};
use policies::time::DAY;

use super::country::{Country, Group, asking_first};

/// Most regions of one site.
const MOST_REGIONS: usize = 64;
/// For how many months a grant may hold.
const MONTHS: std::ops::RangeInclusive<i64> = 6..=12;
/// For how many months a grant holds where nobody says otherwise.
const DEFAULT_MONTHS: i64 = 12;
/// Nobody is asked again within six months of a full refusal: no six months are longer.
const SIX_MONTHS: i64 = 184 * DAY;
/// Nor within twelve where an American opted out (CCPA 1798.135(c)(4)).
const TWELVE_MONTHS: i64 = 366 * DAY;

/// A site's terms by region.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Regions {
    by_country: BTreeMap<Country, Terms>,
    elsewhere: Terms,
    unknown: Terms,
    /// Headers by which proxies tell the country.
    pub told_by: Vec<HeaderName>,
}

impl Regions {
    /// The same terms wherever visitors come from.
    #[must_use]
    pub const fn everywhere(regime: Regime) -> Self {
        let terms = terms(regime, DEFAULT_MONTHS, true);
        Self { by_country: BTreeMap::new(), elsewhere: terms, unknown: terms, told_by: Vec::new() }
    }

    /// Whether it matters where a visitor comes from.
    #[must_use]
    pub fn tell_apart(&self) -> bool {
        !self.by_country.is_empty()
    }

    /// What holds for a visitor of a country. A subdivision's terms go before its country's; a country that no region
    /// names has the site's own.
    #[must_use]
    pub fn terms(&self, country: Option<Country>) -> Terms {
        let Some(country) = country else { return self.unknown };
        let named = self.by_country.get(&country).or_else(|| self.by_country.get(&country.whole()));
        let terms = named.copied().unwrap_or(self.elsewhere);
        Terms { american_opt_out: country.is_american() && terms.regime == Regime::OptOut, ..terms }
    }

    /// What holds for those of whom nobody knows where they are.
    #[must_use]
    pub const fn strictest(&self) -> Terms {
        self.unknown
    }
}

/// One `[[sites.regions]]`.
#[derive(Debug)]
pub(super) struct RegionFile {
    at: At,
    countries: Vec<Country>,
    groups: Vec<Group>,
    /// None only beside a fault.
    regime: Option<Regime>,
    grant_months: Option<i64>,
}

/// What a site's table says of regions.
#[derive(Debug, Default)]
pub(super) struct RegionsFile {
    regions: Vec<RegionFile>,
    grant_months: Option<i64>,
}

/// Reads `grant_months` and `[[sites.regions]]` of a site.
pub(super) fn read(table: &mut Table<'_, '_>) -> RegionsFile {
    let tables = table.tables("regions");
    if tables.len() > MOST_REGIONS {
        table.fault("regions", format!("are {}: at most {MOST_REGIONS}", tables.len()));
    }
    let regions = tables.into_iter().take(MOST_REGIONS).map(read_region).collect();
    RegionsFile { regions, grant_months: table.integer("grant_months", MONTHS) }
}

fn read_region(mut table: Table<'_, '_>) -> RegionFile {
    let (mut countries, mut groups) = (Vec::new(), Vec::new());
    let written = table.strings("countries");
    for name in &written {
        match (Group::parse(name), Country::parse(name.as_bytes())) {
            (Some(group), _) => groups.push(group),
            // What can't be read of a subdivision would make its whole country of it.
            (None, Some(country)) if country.to_string().len() == name.len() => countries.push(country),
            (None, _) => {
                table.fault("countries", format!("\"{name}\" is none: write \"KR\", \"US-CA\", \"EU\" or \"EEA\""))
            }
        }
    }
    if written.is_empty() {
        table.fault("countries", "is missing: write countries = [\"KR\"]");
    }
    let regime = table.word("regime");
    let regime = table.needed("regime", regime);
    let (at, grant_months) = (table.at(), table.integer("grant_months", MONTHS));
    table.finish();
    RegionFile { at, countries, groups, regime, grant_months }
}

/// What a site's regions are compiled with.
pub(super) struct Around<'a> {
    /// The site's own regime.
    pub(super) regime: Regime,
    /// The site's table, for faults.
    pub(super) at: &'a At,
    pub(super) policy: &'a Policy,
    /// Headers by which proxies tell the country.
    pub(super) told_by: Vec<HeaderName>,
    /// Whether there is a table of networks.
    pub(super) with_table: bool,
}

/// The terms of a site, and what is wrong with them.
pub(super) fn compile(file: &RegionsFile, around: Around<'_>) -> (Regions, Vec<Fault>) {
    let mut faults = Vec::new();
    let months = file.grant_months.unwrap_or(DEFAULT_MONTHS);
    // Americans may be among those whom no region names.
    let elsewhere = terms(around.regime, months, true);
    let by_country = by_country(file, months, &mut faults);
    if !by_country.is_empty() && around.told_by.is_empty() && !around.with_table {
        let nobody = "need country_header or country_table: nobody tells where visitors come from";
        faults.push(around.at.fault_at("regions", nobody));
    }
    let tracks = around.policy.purposes.iter().any(|p| matches!(p.category, Category::Analytics | Category::Marketing));
    if tracks {
        faults.extend(unasked(file, &by_country, around.regime, around.at));
    }
    let all = by_country.values().copied().chain([elsewhere]);
    let unknown = all.reduce(stricter).unwrap_or(elsewhere);
    (Regions { by_country, elsewhere, unknown, told_by: around.told_by }, faults)
}

const fn terms(regime: Regime, months: i64, american: bool) -> Terms {
    let opted_out = american && matches!(regime, Regime::OptOut);
    let refusal_seconds = if opted_out { TWELVE_MONTHS } else { SIX_MONTHS };
    Terms { regime, grant_seconds: months * 365 * DAY / 12, refusal_seconds, american_opt_out: false }
}

fn stricter(one: Terms, other: Terms) -> Terms {
    Terms {
        regime: one.regime.min(other.regime),
        grant_seconds: one.grant_seconds.min(other.grant_seconds),
        refusal_seconds: one.refusal_seconds.max(other.refusal_seconds),
        american_opt_out: false,
    }
}

/// Every country named goes before every country that is only a member of a group.
fn by_country(file: &RegionsFile, months: i64, faults: &mut Vec<Fault>) -> BTreeMap<Country, Terms> {
    let (mut named, mut members) = (BTreeMap::new(), BTreeMap::new());
    for region in &file.regions {
        let Some(regime) = region.regime else { continue };
        let months = region.grant_months.unwrap_or(months);
        let mut put = |into: &mut BTreeMap<Country, Terms>, country: Country| {
            if into.insert(country, terms(regime, months, country.is_american())).is_some() {
                faults.push(
                    region.at.fault_at("countries", format!("{country} is named before: a country has one regime")),
                );
            }
        };
        region.countries.iter().for_each(|country| put(&mut named, *country));
        region.groups.iter().flat_map(|group| group.countries()).for_each(|country| put(&mut members, country));
    }
    members.extend(named);
    members
}

/// Where analytics and marketing would begin without a yes though the law asks for one.
fn unasked(file: &RegionsFile, by_country: &BTreeMap<Country, Terms>, regime: Regime, at: &At) -> Vec<Fault> {
    if by_country.is_empty() {
        return Vec::new();
    }
    let needs = "analytics and marketing need a yes first there: write \"opt-in\"";
    let mut faults = Vec::new();
    for region in file.regions.iter().filter(|region| region.regime.is_some_and(|regime| regime != Regime::OptIn)) {
        let groups = region.groups.iter().flat_map(|group| group.countries());
        let all = region.countries.iter().map(|country| country.whole()).chain(groups);
        let first = all.into_iter().find(|country| asking_first().any(|asking| asking == *country));
        faults.extend(first.map(|country| region.at.fault_at("regime", format!("can't be for {country}: {needs}"))));
    }
    let left_out: Vec<String> =
        asking_first().filter(|country| !by_country.contains_key(country)).map(|country| country.to_string()).collect();
    if regime != Regime::OptIn && !left_out.is_empty() {
        let (count, some) = (left_out.len(), left_out.iter().take(3).cloned().collect::<Vec<_>>().join(", "));
        let message = format!(
            "leave {count} countries ({some}, …) to the site's own \"{}\": {needs} for \"EEA\" and \"GB\"",
            regime.name()
        );
        faults.push(at.fault_at("regions", message));
    }
    faults
}

#[cfg(test)]
mod tests {
    use policies::policy;
    use policies::reader::read_file;
    use policies::rules::catalog::Catalog;

    use super::*;

    const STARTER: &str = include_str!("../../../policies/documents/starter/opt-in.toml");

    fn compiled(text: &str, regime: Regime) -> (Regions, Vec<String>) {
        let policy = policy::compile(STARTER, &Catalog::bundled().unwrap()).unwrap();
        let reading = read_file(text, |table| Some(read(table)));
        assert!(reading.faults.is_empty(), "{:?}", reading.faults);
        let (at, file) = (At { key: "sites[0]".to_owned(), line: 1 }, reading.value.unwrap());
        let told_by = vec![HeaderName::from_static("x-country")];
        let around = Around { regime, at: &at, policy: &policy, told_by, with_table: false };
        let (regions, faults) = compile(&file, around);
        (regions, faults.into_iter().map(|fault| format!("{}: {}", fault.key, fault.message)).collect())
    }

    fn region(countries: &str, regime: &str, more: &str) -> String {
        format!("[[regions]]\ncountries = [{countries}]\nregime = \"{regime}\"\n{more}\n")
    }

    #[test]
    fn the_narrowest_region_holds_and_nobody_knows_is_the_strictest() {
        let text = region("\"EEA\", \"UK\"", "opt-in", "grant_months = 6")
            + &region("\"US\"", "opt-out", "")
            + &region("\"us-ca\"", "opt-in", "grant_months = 9")
            + &region("\"KR\"", "notice", "");
        let (regions, faults) = compiled(&text, Regime::OptIn);
        assert_eq!(faults, [""; 0]);
        let check = |country: &str, regime: Regime, months: i64, refusal_days: i64| {
            let terms = regions.terms(Country::parse(country.as_bytes()));
            let found = (terms.regime, terms.grant_seconds * 12 / (365 * DAY), terms.refusal_seconds / DAY);
            assert_eq!(found, (regime, months, refusal_days), "{country}");
            assert_eq!(terms.american_opt_out, ["US", "US-TX"].contains(&country), "{country}");
        };
        check("DE", Regime::OptIn, 6, 184);
        check("GB", Regime::OptIn, 6, 184);
        check("US", Regime::OptOut, 12, 366);
        check("US-TX", Regime::OptOut, 12, 366);
        check("US-CA", Regime::OptIn, 9, 184);
        check("KR", Regime::Notice, 12, 184);
        check("BR", Regime::OptIn, 12, 184);
        check("XX", Regime::OptIn, 6, 366);
        assert!(regions.tell_apart());
    }

    #[test]
    fn a_country_goes_before_its_group_and_stands_once() {
        let text = region("\"EU\"", "opt-in", "")
            + &region("\"DE\"", "opt-in", "grant_months = 6")
            + &region("\"GB\"", "opt-in", "");
        let (regions, faults) = compiled(&text, Regime::OptIn);
        assert_eq!((faults.len(), regions.terms(Country::parse(b"DE")).grant_seconds), (0, 6 * 365 * DAY / 12));
        let (_, faults) = compiled(&(region("\"KR\"", "notice", "") + &region("\"KR\"", "opt-in", "")), Regime::OptIn);
        assert_eq!(faults, ["regions[1].countries: KR is named before: a country has one regime"]);
        let (_, faults) = compiled(&(region("\"EU\"", "opt-in", "") + &region("\"EEA\"", "opt-in", "")), Regime::OptIn);
        assert_eq!(faults.len(), 34, "{faults:?}");
    }

    #[test]
    fn where_the_law_asks_for_a_yes_a_site_asks() {
        let check = |text: String, regime: Regime, expect: &[&str]| {
            let (_, faults) = compiled(&text, regime);
            let told: Vec<&str> = faults.iter().filter_map(|fault| fault.split(':').next()).collect();
            assert_eq!(told, expect, "{text} {faults:?}");
        };
        check(region("\"KR\"", "notice", ""), Regime::OptIn, &[]);
        check(region("\"DE\"", "notice", ""), Regime::OptIn, &["regions[0].regime"]);
        check(region("\"DE-BY\"", "opt-out", ""), Regime::OptIn, &["regions[0].regime"]);
        check(region("\"UK\", \"US\"", "opt-out", ""), Regime::OptIn, &["regions[0].regime"]);
        check(region("\"EEA\"", "opt-in", ""), Regime::OptOut, &["sites[0].regions"]);
        check(region("\"EEA\", \"GB\"", "opt-in", ""), Regime::OptOut, &[]);
        check(String::new(), Regime::Notice, &[]);
    }

    #[test]
    fn regions_that_nobody_could_tell_are_a_fault() {
        let reading = read_file(&region("\"KR\", \"Korea\", \"US-CALIF\"", "notice", "grant_months = 24"), |table| {
            Some(read(table))
        });
        let told: Vec<&str> = reading.faults.iter().map(|fault| fault.key.as_str()).collect();
        assert_eq!(told, ["regions[0].countries", "regions[0].countries", "regions[0].grant_months"]);
        let reading = read_file("[[regions]]\nregime = \"opt-in\"\n[[regions]]\ncountries = [\"KR\"]\n", |table| {
            Some(read(table))
        });
        let told: Vec<&str> = reading.faults.iter().map(|fault| fault.key.as_str()).collect();
        assert_eq!(told, ["regions[0].countries", "regions[1].regime"]);
    }
}
