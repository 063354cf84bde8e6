//! Which country an address is in, by a table that the operator brings: `network,country` a line, IPv4 and IPv6.
//!
//! Refuses what could be read in two ways: networks that overlap, bits beyond a prefix, letters of no country. Invariant:
//! rows are sorted and apart, so that one binary search finds the only row that can hold an address.

use std::fmt;
use std::io::Read as _;
use std::net::IpAddr;
use std::path::Path;

use policies::policy::Fault;

use super::Prefix;
use super::country::Country;

/// Most rows; a table of the whole internet by country has some seven hundred thousand.
const MOST_ROWS: usize = 1_500_000;
/// Most bytes of the file.
const MOST_BYTES: u64 = 64 << 20;
/// Most faults that are told one by one.
const MOST_FAULTS: usize = 100;

/// Networks and their countries.
#[derive(Clone, Default, PartialEq, Eq)]
pub struct CountryTable {
    four: Vec<Row<u32>>,
    six: Vec<Row<u128>>,
}

/// The addresses of one network.
#[derive(Clone, Copy, PartialEq, Eq)]
struct Row<A> {
    first: A,
    last: A,
    country: Country,
}

impl fmt::Debug for CountryTable {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "CountryTable({} networks)", self.four.len() + self.six.len())
    }
}

impl CountryTable {
    /// Reads a table's file.
    ///
    /// # Errors
    /// Every fault with its line, up to a hundred and the number of the others.
    pub fn load(path: &Path) -> Result<Self, Vec<Fault>> {
        let mut bytes = Vec::new();
        let whole = std::fs::File::open(path).and_then(|file| file.take(MOST_BYTES + 1).read_to_end(&mut bytes));
        let fault = |message: String| vec![Fault::new("", 0, message)];
        match whole {
            Err(error) => Err(fault(format!("can't be read: {error}"))),
            Ok(length) if length as u64 > MOST_BYTES => Err(fault(format!("is larger than {MOST_BYTES} bytes"))),
            Ok(_) => Self::parse(&String::from_utf8_lossy(&bytes)),
        }
    }

    /// Reads a table's text.
    ///
    /// # Errors
    /// As [`CountryTable::load`].
    pub fn parse(text: &str) -> Result<Self, Vec<Fault>> {
        let (mut four, mut six, mut faults) = (Vec::new(), Vec::new(), Faults::default());
        for (place, line) in text.lines().enumerate().map(|(place, line)| (place + 1, line.trim())) {
            if line.is_empty() || line.starts_with('#') || (place == 1 && line == "network,country") {
                continue;
            }
            if four.len() + six.len() >= MOST_ROWS {
                faults.tell(place, format!("is past the {MOST_ROWS} networks that a table may have"));
                break;
            }
            match read_line(line) {
                Ok(Line::Unknown) => {}
                Ok(Line::Four(row)) => four.push((row, place)),
                Ok(Line::Six(row)) => six.push((row, place)),
                Err(message) => faults.tell(place, message),
            }
        }
        let table = Self { four: sorted(four, &mut faults), six: sorted(six, &mut faults) };
        faults.none().map(|()| table)
    }

    /// The country of an address; None where no row has it.
    #[must_use]
    pub fn find(&self, address: IpAddr) -> Option<Country> {
        match address.to_canonical() {
            IpAddr::V4(address) => find(&self.four, address.to_bits()),
            IpAddr::V6(address) => find(&self.six, address.to_bits()),
        }
    }
}

fn find<A: Ord + Copy>(rows: &[Row<A>], address: A) -> Option<Country> {
    let after = rows.partition_point(|row| row.first <= address);
    let row = rows.get(after.checked_sub(1)?)?;
    (address <= row.last).then_some(row.country)
}

enum Line {
    /// `ZZ`: the table says that it doesn't know.
    Unknown,
    Four(Row<u32>),
    Six(Row<u128>),
}

fn read_line(line: &str) -> Result<Line, String> {
    let mut columns = line.split(',').map(str::trim);
    let (Some(network), Some(country), None) = (columns.next(), columns.next(), columns.next()) else {
        return Err("must be network,country, such as 203.0.113.0/24,KR".to_owned());
    };
    let prefix = Prefix::parse(network).ok_or_else(|| format!("\"{network}\" is no network such as 203.0.113.0/24"))?;
    let known = Country::parse(country.as_bytes());
    if known.is_none() && !country.eq_ignore_ascii_case("ZZ") {
        return Err(format!("\"{country}\" is no country of ISO 3166-1, such as KR or US-CA (ZZ: unknown)"));
    }
    let beyond = || format!("\"{network}\" has bits beyond its prefix");
    let row = match prefix.address {
        IpAddr::V4(address) => {
            let rest = u32::MAX.checked_shr(u32::from(prefix.bits)).unwrap_or(0);
            let first = address.to_bits();
            let row = |country| Line::Four(Row { first, last: first | rest, country });
            (first & rest == 0).then_some(known.map(row)).ok_or_else(beyond)?
        }
        IpAddr::V6(address) => {
            let rest = u128::MAX.checked_shr(u32::from(prefix.bits)).unwrap_or(0);
            let first = address.to_bits();
            let row = |country| Line::Six(Row { first, last: first | rest, country });
            (first & rest == 0).then_some(known.map(row)).ok_or_else(beyond)?
        }
    };
    Ok(row.unwrap_or(Line::Unknown))
}

fn sorted<A: Ord + Copy>(mut rows: Vec<(Row<A>, usize)>, faults: &mut Faults) -> Vec<Row<A>> {
    rows.sort_unstable_by_key(|(row, place)| (row.first, *place));
    let mut widest: Option<(A, usize)> = None;
    for (row, place) in &rows {
        if let Some((last, other)) = widest.filter(|(last, _)| row.first <= *last) {
            let (earlier, later) = (other.min(*place), other.max(*place));
            faults.tell(later, format!("overlaps the network of line {earlier}: an address is in one country"));
            widest = Some((last.max(row.last), if row.last > last { *place } else { other }));
        } else {
            widest = Some((row.last, *place));
        }
    }
    rows.into_iter().map(|(row, _)| row).collect()
}

#[derive(Default)]
struct Faults {
    told: Vec<Fault>,
    more: usize,
}

impl Faults {
    fn tell(&mut self, line: usize, message: String) {
        if self.told.len() < MOST_FAULTS {
            self.told.push(Fault::new("", line, message));
        } else {
            self.more += 1;
        }
    }

    fn none(mut self) -> Result<(), Vec<Fault>> {
        if self.told.is_empty() {
            return Ok(());
        }
        self.told.sort_by_key(|fault| fault.line);
        if self.more > 0 {
            self.told.push(Fault::new("", 0, format!("has {} more faults", self.more)));
        }
        Err(self.told)
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn an_address_is_in_the_country_of_its_network() {
        let text = "network,country\n# a comment\n203.0.113.0/24,KR\n198.51.100.0/25, us-ca\r\n\n0.0.0.0/8,ZZ\n2001:db8::/32,DE\n\
                    2001:db9::1,FR\n255.255.255.255,GB\n";
        let table = CountryTable::parse(text).expect("a table");
        let check = |address: &str, expect: Option<&str>| {
            let found = table.find(address.parse().unwrap()).map(|country| country.to_string());
            assert_eq!(found.as_deref(), expect, "{address}");
        };
        check("203.0.113.0", Some("KR"));
        check("203.0.113.255", Some("KR"));
        check("::ffff:203.0.113.9", Some("KR"));
        check("203.0.114.0", None);
        check("203.0.112.255", None);
        check("198.51.100.127", Some("US-CA"));
        check("198.51.100.128", None);
        check("0.0.0.1", None);
        check("255.255.255.255", Some("GB"));
        check("2001:db8:ffff::1", Some("DE"));
        check("2001:db9::1", Some("FR"));
        check("2001:db9::2", None);
        check("::", None);
    }

    #[test]
    fn every_fault_is_told_with_its_line() {
        let text = "203.0.113.0/24,KR\n203.0.113.128/25,US\nnowhere,KR\n203.0.113.0,XX\n10.0.0.1/8,KR\n10.0.0.0/8\n10.0.0.0/8,KR,x\n\
                    2001:db8::/32,DE\n2001:db8::/48,DE\n203.0.113.0/24,KR\n";
        let faults = CountryTable::parse(text).expect_err("faults");
        let lines: Vec<usize> = faults.iter().map(|fault| fault.line).collect();
        assert_eq!(lines, [2, 3, 4, 5, 6, 7, 9, 10], "{faults:?}");
        assert!(faults[0].message.contains("line 1"), "{faults:?}");
        let many = CountryTable::parse(&"x\n".repeat(250)).expect_err("faults");
        assert_eq!((many.len(), many[100].message.as_str()), (101, "has 150 more faults"));
    }

    proptest! {
        #[test]
        fn a_search_finds_what_looking_through_finds(
            networks in proptest::collection::vec((any::<u16>(), 20_u8..=32), 0..40), asked in any::<u16>(),
        ) {
            // Networks of 10.x.y.z, each on its prefix; those that overlap an earlier one are left out.
            let mut kept: Vec<Prefix> = Vec::new();
            for (place, bits) in networks {
                let rest = u32::MAX.checked_shr(u32::from(bits)).unwrap_or(0);
                let address = std::net::Ipv4Addr::from_bits((10 << 24 | u32::from(place) << 4) & !rest);
                let prefix = Prefix { address: address.into(), bits };
                if !kept.iter().any(|other| other.contains(prefix.address) || prefix.contains(other.address)) {
                    kept.push(prefix);
                }
            }
            let country = |place: usize| if place.is_multiple_of(2) { "KR" } else { "DE" };
            let text: String = kept.iter().enumerate().map(|(place, prefix)| format!("{prefix},{}\n", country(place))).collect();
            let table = CountryTable::parse(&text).expect("a table");
            let address = IpAddr::from(std::net::Ipv4Addr::from_bits(10 << 24 | u32::from(asked) << 4 | 3));
            let expect = kept.iter().position(|prefix| prefix.contains(address)).map(country);
            let found = table.find(address).map(|country| country.to_string());
            prop_assert_eq!(found.as_deref(), expect);
        }
    }
}
