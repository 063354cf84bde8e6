//! Codes for guardians: the day, a random number, and a few bytes of a MAC over them, the site and its policy, so that no list
//! of them need be kept.
//!
//! Refuses what was mistyped or made up, and what is too old. Invariant: a code alone grants nothing; the browser that was
//! given it carries it in its sealed cookie.

use aws_lc_rs::hmac;
use policies::consent::{REFERENCE_BYTES, Reference};
use policies::time::DAY;
use policies::{Date, PolicyVersion, Timestamp};

use super::{Error, Seal, mac, random};

/// Days after its own on which a code is still good.
const GOOD_FOR: i64 = 7;
/// Bytes of the random number: two codes of one day must not be the same.
const RANDOM_BYTES: usize = 5;
/// Bytes of the MAC: what it keeps out is mistakes, for who makes a code up gains nothing.
const MARK_BYTES: usize = REFERENCE_BYTES - 2 - RANDOM_BYTES;

/// Why a code is not taken.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum NotOurs {
    /// Not given at this site under the policy in force.
    Foreign,
    /// Too old.
    Expired,
}

impl Seal {
    /// A new code.
    ///
    /// # Errors
    /// The system has no random bytes.
    pub fn reference(&self, site: &str, policy: PolicyVersion, now: Timestamp) -> Result<Reference, Error> {
        let [day, random] = [&day(now).to_be_bytes()[..], &random::<RANDOM_BYTES>()?[..]];
        let plain = [day, random].concat();
        let mark = self.keys.first().map(|key| mark(key, site, policy, &plain)).unwrap_or_default();
        let mut reference = [0; REFERENCE_BYTES];
        reference.iter_mut().zip(plain.into_iter().chain(mark)).for_each(|(to, from)| *to = from);
        Ok(Reference(reference))
    }

    /// Whether a code was given at this site under this policy, and is good now.
    ///
    /// # Errors
    /// See [`NotOurs`].
    pub fn knows(
        &self,
        site: &str,
        policy: PolicyVersion,
        reference: Reference,
        now: Timestamp,
    ) -> Result<(), NotOurs> {
        let (plain, given) = reference.0.split_at(REFERENCE_BYTES - MARK_BYTES);
        let fits = |key: &hmac::Key| {
            aws_lc_rs::constant_time::verify_slices_are_equal(&mark(key, site, policy, plain), given).is_ok()
        };
        if !self.keys.iter().any(fits) {
            return Err(NotOurs::Foreign);
        }
        // Another node's clock may have reached the next day already.
        let age = i64::from(day(now)) - given_on(reference);
        if (-1..=GOOD_FOR).contains(&age) { Ok(()) } else { Err(NotOurs::Expired) }
    }

    /// The last day (UTC) on which a code is good.
    #[must_use]
    pub fn last_day(reference: Reference) -> Date {
        Date::of_day_number(given_on(reference) + GOOD_FOR)
    }
}

fn day(now: Timestamp) -> u16 {
    u16::try_from(now.0.div_euclid(DAY)).unwrap_or_default()
}

fn given_on(reference: Reference) -> i64 {
    let [high, low, ..] = reference.0;
    i64::from(u16::from_be_bytes([high, low]))
}

fn mark(key: &hmac::Key, site: &str, policy: PolicyVersion, plain: &[u8]) -> Vec<u8> {
    let body = [&b"guardian"[..], &policy.0, plain].concat();
    mac(key, site, &body).as_ref().iter().take(MARK_BYTES).copied().collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    const NOW: Timestamp = Timestamp(20_000 * DAY + 5);
    const POLICY: PolicyVersion = PolicyVersion([3; 8]);

    #[test]
    fn a_code_is_good_at_its_site_and_policy_for_a_week() {
        let folder = tempfile::tempdir().unwrap();
        let seal = Seal::open(folder.path()).unwrap();
        let code = seal.reference("shop", POLICY, NOW).unwrap();
        assert_ne!(code, seal.reference("shop", POLICY, NOW).unwrap());
        let check = |site: &str, policy, days: i64, expect| {
            assert_eq!(seal.knows(site, policy, code, NOW.plus_seconds(days * DAY)), expect, "{site} {days}");
        };
        check("shop", POLICY, 0, Ok(()));
        check("shop", POLICY, -1, Ok(()));
        check("shop", POLICY, 7, Ok(()));
        check("shop", POLICY, 8, Err(NotOurs::Expired));
        check("shop", POLICY, -2, Err(NotOurs::Expired));
        check("other", POLICY, 0, Err(NotOurs::Foreign));
        check("shop", PolicyVersion([4; 8]), 0, Err(NotOurs::Foreign));
        assert_eq!(Seal::last_day(code), NOW.plus_seconds(7 * DAY).date());
        let strange = tempfile::tempdir().unwrap();
        let other = Seal::open(strange.path()).unwrap();
        assert_eq!(other.knows("shop", POLICY, code, NOW), Err(NotOurs::Foreign));
    }

    #[test]
    fn a_code_with_one_other_letter_is_another() {
        let folder = tempfile::tempdir().unwrap();
        let seal = Seal::open(folder.path()).unwrap();
        let code = seal.reference("shop", POLICY, NOW).unwrap();
        for place in 0..REFERENCE_BYTES {
            let mut other = code;
            other.0[place] ^= 1;
            assert_eq!(seal.knows("shop", POLICY, other, NOW), Err(NotOurs::Foreign), "byte {place}");
        }
    }
}
