//! The days on which the demo's policies begin: one site's are counted from the day on which the demo starts, so that it is always in the time
//! of its notice. The others' are their own.
//!
//! Refuses to change anything else of a policy. Invariant: the notice is as long as the version before it promises.

use policies::Date;

use super::service::Service;

/// The site that is told to change.
pub(crate) const REVISED: Service = Service::RemoteMeeting;

/// For so many days the new version has been announced.
const TOLD: i64 = 5;

/// So many days are between announcement and effect: the site promises thirty where rights are touched.
const NOTICE: i64 = 30;

/// How long the version in force has been, and its own notice.
const PRESENT: (i64, i64) = (400, 7);

/// The days of the site's two versions.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Revision {
    today: Date,
}

impl Revision {
    pub(crate) const fn on(today: Date) -> Self {
        Self { today }
    }

    /// From when the version in force holds.
    pub(crate) const fn present(self) -> Date {
        self.day(-PRESENT.0)
    }

    /// From when the announced one will.
    pub(crate) const fn next(self) -> Date {
        self.day(NOTICE - TOLD)
    }

    /// A version's text with the days that it has here; `place` counts from the oldest.
    pub(crate) fn dated(self, service: Service, place: usize, source: &str) -> String {
        let days = match (service == REVISED, place) {
            (true, 0) => (self.day(-PRESENT.0 - PRESENT.1), self.present()),
            (true, _) => (self.day(-TOLD), self.next()),
            (false, _) => return source.to_owned(),
        };
        let dated = |line: &str| match line.split(" = ").next() {
            Some("announced") => format!("announced = \"{}\"\n", days.0),
            Some("effective") => format!("effective = \"{}\"\n", days.1),
            _ => format!("{line}\n"),
        };
        source.lines().map(dated).collect()
    }

    const fn day(self, from_today: i64) -> Date {
        Date::of_day_number(self.today.day_number() + from_today)
    }
}
