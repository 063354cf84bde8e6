//! Where a visitor is, as far as a site asks: by the header of a believed proxy, else by the table of networks.
//!
//! Refuses a header that stands twice, and the word of strangers. Invariant: a country is looked for only where the site's
//! terms hang on it, and is kept on the record of a choice alone.

use http::HeaderMap;
use http::header::HeaderName;
use policies::consent::Terms;

use super::Approach;
use crate::config::{Countries, Country};
use crate::site::Site;

/// The terms of a site for whoever sends this request, and the country that they follow from.
pub(super) fn terms(
    headers: &HeaderMap,
    approach: &Approach,
    site: &Site,
    countries: &Countries,
) -> (Terms, Option<Country>) {
    let regions = &site.config.regions;
    if !regions.tell_apart() {
        return (regions.terms(None), None);
    }
    let told = || told(headers, countries).filter(|_| approach.believed);
    let listed = || countries.table.as_ref()?.find(*approach.hops.first()?);
    let country = told().or_else(listed);
    (regions.terms(country), country)
}

fn told(headers: &HeaderMap, countries: &Countries) -> Option<Country> {
    let country = only(headers, countries.header.as_ref()?)?;
    let subdivision = countries.subdivision.as_ref().and_then(|name| only(headers, name));
    match subdivision {
        Some(subdivision) => Country::told(country, Some(subdivision)),
        None => Country::parse(country),
    }
}

fn only<'h>(headers: &'h HeaderMap, name: &HeaderName) -> Option<&'h [u8]> {
    let mut lines = headers.get_all(name).iter();
    lines.next().filter(|_| lines.next().is_none()).map(|line| line.as_bytes().trim_ascii())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_proxy_tells_the_country_once() {
        let countries = Countries {
            header: Some(HeaderName::from_static("x-country")),
            subdivision: Some(HeaderName::from_static("x-region")),
            table: None,
        };
        let check = |pairs: &[(&'static str, &'static str)], expect: Option<&str>| {
            let pairs = pairs.iter().map(|(name, value)| (HeaderName::from_static(name), value.parse().unwrap()));
            let found = told(&HeaderMap::from_iter(pairs), &countries);
            assert_eq!(found.map(|country| country.to_string()).as_deref(), expect);
        };
        check(&[("x-country", "KR")], Some("KR"));
        check(&[("x-country", "US-CA")], Some("US-CA"));
        check(&[("x-country", "US"), ("x-region", "CA")], Some("US-CA"));
        check(&[("x-country", "US"), ("x-region", "California")], Some("US"));
        check(&[("x-country", "KR"), ("x-country", "US")], None);
        check(&[("x-country", "KR, US")], None);
        check(&[("x-country", "XX")], None);
        check(&[("x-region", "CA")], None);
        check(&[], None);
    }
}
