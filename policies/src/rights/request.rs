//! Where a request stands, as its steps say.
//!
//! Refuses steps out of order: a second one that enters it, one before that, one after its end, a delay that shortens. Invariant: the same
//! steps give the same state, and a step that was refused changes nothing.

use alloc::vec::Vec;
use core::fmt;

use super::due::{LONGEST_DELAY, Urgency, due_on};
use super::{Actor, Deed, Entered, Step};
use crate::time::{Date, Timestamp};

/// Names a request.
pub type RequestId = [u8; 16];

/// How far it is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Status {
    /// It waits for an answer.
    Open,
    /// It waits for an answer, and whoever asked was told that it takes longer.
    Delayed,
    /// It was done, or what was asked was told.
    Answered,
    /// It was not done.
    Refused,
}

impl Status {
    /// All.
    pub const ALL: [Self; 4] = [Self::Open, Self::Delayed, Self::Answered, Self::Refused];

    /// The word in lists.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::Open => "open",
            Self::Delayed => "delayed",
            Self::Answered => "answered",
            Self::Refused => "refused",
        }
    }

    /// Reads the word.
    #[must_use]
    pub fn of_name(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|status| status.name() == name)
    }

    /// Whether somebody still waits.
    #[must_use]
    pub const fn is_pending(self) -> bool {
        matches!(self, Self::Open | Self::Delayed)
    }
}

/// Why a step can't follow.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum OutOfOrder {
    /// It is another request's, or another site's.
    Stranger,
    /// The request was entered already.
    EnteredTwice,
    /// It was answered or refused already.
    Ended(Status),
    /// The new day isn't after the one by which it is due.
    NoDelay(Date),
    /// Nobody can be kept waiting that long: until this day at most.
    TooLong(Date),
}

impl fmt::Display for OutOfOrder {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Stranger => f.write_str("the step belongs to another request"),
            Self::EnteredTwice => f.write_str("the request was entered already"),
            Self::Ended(status) => write!(f, "the request is {} already", status.name()),
            Self::NoDelay(due) => write!(f, "the request is due on {due}: a delay names a later day"),
            Self::TooLong(last) => write!(f, "a request can be put off until {last} at most"),
        }
    }
}

impl core::error::Error for OutOfOrder {}

/// A request as it stands.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Request {
    /// Its name.
    pub id: RequestId,
    /// What was asked.
    pub entered: Entered,
    /// When it came in.
    pub at: Timestamp,
    /// The day of that, where the site is.
    pub received: Date,
    /// How far it is.
    pub status: Status,
    /// The day by which it is due: ten days after it came in, or the day to which it was put off.
    pub due: Date,
    /// When it was answered or refused.
    pub ended: Option<Timestamp>,
    /// Its last word: an answer, a ground.
    pub last: Option<Deed>,
    /// Who did what, in the order of it.
    pub steps: Vec<Taken>,
}

/// A step that was taken, without its words.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Taken {
    /// When.
    pub at: Timestamp,
    /// By whom.
    pub by: Actor,
    /// What, as [`Deed::name`] says it.
    pub deed: &'static str,
}

impl Taken {
    fn of(step: &Step) -> Self {
        Self { at: step.at, by: step.by.clone(), deed: step.deed.name() }
    }
}

impl Request {
    /// The request that a step enters; None for any other step. `received` is the step's day where the site is.
    #[must_use]
    pub fn entered(step: &Step, received: Date) -> Option<Self> {
        let Deed::Entered(entered) = &step.deed else { return None };
        Some(Self {
            id: step.request,
            entered: entered.clone(),
            at: step.at,
            received,
            status: Status::Open,
            due: due_on(received),
            ended: None,
            last: None,
            steps: Vec::from([Taken::of(step)]),
        })
    }

    /// The request of some steps in their order; None where none enters it. A step that can't follow is passed over: two officers may
    /// have answered at once, and the first holds.
    pub fn of_steps<'s>(steps: impl IntoIterator<Item = &'s Step>, day: impl Fn(Timestamp) -> Date) -> Option<Self> {
        steps.into_iter().fold(None, |request: Option<Self>, step| match request {
            None => Self::entered(step, day(step.at)),
            Some(request) => Some(request.after(step).unwrap_or(request)),
        })
    }

    /// The request after one step more.
    ///
    /// # Errors
    /// See [`OutOfOrder`].
    pub fn after(&self, step: &Step) -> Result<Self, OutOfOrder> {
        if step.request != self.id {
            return Err(OutOfOrder::Stranger);
        }
        if !self.status.is_pending() {
            return Err(OutOfOrder::Ended(self.status));
        }
        let last = Some(step.deed.clone());
        let steps = self.steps.iter().cloned().chain([Taken::of(step)]).collect();
        match &step.deed {
            Deed::Entered(_) => Err(OutOfOrder::EnteredTwice),
            Deed::Delayed { until, .. } => {
                let longest = Date::of_day_number(self.received.day_number() + LONGEST_DELAY);
                if *until <= self.due {
                    Err(OutOfOrder::NoDelay(self.due))
                } else if *until > longest {
                    Err(OutOfOrder::TooLong(longest))
                } else {
                    Ok(Self { status: Status::Delayed, due: *until, last, steps, ..self.clone() })
                }
            }
            Deed::Answered { .. } => {
                Ok(Self { status: Status::Answered, ended: Some(step.at), last, steps, ..self.clone() })
            }
            Deed::Refused { .. } => {
                Ok(Self { status: Status::Refused, ended: Some(step.at), last, steps, ..self.clone() })
            }
        }
    }

    /// Whether the visitor's optional use rests because of it.
    #[must_use]
    pub const fn suspends(&self) -> Option<[u8; 16]> {
        match self.entered.visitor {
            Some(visitor) if self.status.is_pending() && self.entered.kind.suspends() => Some(visitor),
            _ => None,
        }
    }

    /// How urgent it is today; None where nobody waits.
    #[must_use]
    pub fn urgency(&self, today: Date) -> Option<Urgency> {
        self.status.is_pending().then(|| Urgency::of(self.due, today))
    }
}

#[cfg(test)]
mod tests {
    use alloc::string::String;

    use proptest::prelude::*;

    use super::*;
    use crate::rights::{Reply, RequestKind};
    use crate::text::Lang;
    use crate::time::DAY;

    const ID: RequestId = [1; 16];

    fn step(day: i64, deed: Deed) -> Step {
        Step { request: ID, site: String::from("shop"), at: Timestamp(day * DAY), by: Actor::Visitor, deed }
    }

    fn entering(kind: RequestKind, visitor: Option<[u8; 16]>) -> Deed {
        Deed::Entered(Entered {
            kind,
            about: String::new(),
            reply: Reply::Page,
            lang: Lang::Ko,
            visitor,
            authority: None,
        })
    }

    fn delay(day: i64) -> Deed {
        Deed::Delayed { ground: String::from("looked for"), until: Date::of_day_number(day) }
    }

    fn answer() -> Deed {
        Deed::Answered { words: String::from("done") }
    }

    fn refusal() -> Deed {
        Deed::Refused { ground: String::from("the law"), appeal: Vec::new() }
    }

    #[test]
    fn a_request_is_due_ten_days_after_it_came_in_or_on_the_day_to_which_it_was_put_off() {
        let first =
            Request::entered(&step(100, entering(RequestKind::Access, None)), Date::of_day_number(101)).unwrap();
        assert_eq!((first.due, first.status), (Date::of_day_number(111), Status::Open));
        let later = first.after(&step(105, delay(130))).unwrap();
        assert_eq!((later.due, later.status), (Date::of_day_number(130), Status::Delayed));
        let expect = |deed, error| assert_eq!(later.after(&step(106, deed)), Err(error));
        expect(delay(130), OutOfOrder::NoDelay(Date::of_day_number(130)));
        expect(delay(192), OutOfOrder::TooLong(Date::of_day_number(191)));
        expect(entering(RequestKind::Access, None), OutOfOrder::EnteredTwice);
        assert!(later.after(&step(106, delay(191))).is_ok(), "it may be put off again");
        assert_eq!(first.urgency(Date::of_day_number(112)), Some(Urgency::Overdue(1)));
        assert_eq!(later.urgency(Date::of_day_number(112)), Some(Urgency::Later(18)));
    }

    #[test]
    fn an_answer_or_a_refusal_is_the_end() {
        let first = Request::entered(&step(0, entering(RequestKind::Deletion, Some([7; 16]))), Date::of_day_number(0));
        let first = first.unwrap();
        assert_eq!(first.suspends(), Some([7; 16]));
        for (deed, status) in [(answer(), Status::Answered), (refusal(), Status::Refused)] {
            let ended = first.after(&step(3, deed.clone())).unwrap();
            assert_eq!(
                (ended.status, ended.ended, ended.last.as_ref()),
                (status, Some(Timestamp(3 * DAY)), Some(&deed))
            );
            assert_eq!((ended.suspends(), ended.urgency(Date::of_day_number(99))), (None, None));
            let deeds: Vec<&str> = ended.steps.iter().map(|taken| taken.deed).collect();
            assert_eq!(deeds, ["entered", deed.name()]);
            for more in [answer(), refusal(), delay(40)] {
                assert_eq!(ended.after(&step(4, more)), Err(OutOfOrder::Ended(status)));
            }
        }
        let mut strange = step(4, answer());
        strange.request = [2; 16];
        assert_eq!(first.after(&strange), Err(OutOfOrder::Stranger));
    }

    #[test]
    fn what_comes_before_it_was_entered_or_after_its_end_is_passed_over() {
        let day = |at: Timestamp| at.date();
        let enter = step(1, entering(RequestKind::Complaint, Some([7; 16])));
        assert_eq!(Request::of_steps(&[step(0, answer())], day), None);
        let steps = [step(0, answer()), enter, step(2, answer()), step(3, refusal())];
        let request = Request::of_steps(&steps, day).unwrap();
        assert_eq!((request.status, request.ended), (Status::Answered, Some(Timestamp(2 * DAY))));
        assert_eq!(request.suspends(), None);
    }

    fn any_deed() -> impl Strategy<Value = Deed> {
        prop_oneof![
            (0usize..6, proptest::option::of(Just([7; 16])))
                .prop_map(|(kind, who)| entering(RequestKind::ALL[kind], who)),
            (0i64..200).prop_map(delay),
            Just(answer()),
            Just(refusal()),
        ]
    }

    proptest! {
        #[test]
        fn whatever_happens_a_pending_request_has_a_day_within_bounds_and_an_ended_one_stays(deeds in proptest::collection::vec(any_deed(), 0..12)) {
            let steps: Vec<Step> = deeds.into_iter().enumerate().map(|(day, deed)| step(day as i64, deed)).collect();
            let mut before: Option<Request> = None;
            for length in 0..=steps.len() {
                let now = Request::of_steps(&steps[..length], Timestamp::date);
                if let Some(request) = &now {
                    let days = request.due.day_number() - request.received.day_number();
                    prop_assert!((10..=LONGEST_DELAY).contains(&days));
                    prop_assert_eq!(request.status.is_pending(), request.ended.is_none());
                }
                if let (Some(before), Some(now)) = (&before, &now) {
                    prop_assert!(now.due >= before.due);
                    prop_assert!(before.status.is_pending() || now == before, "an ended request stays as it is");
                }
                prop_assert!(before.is_none() || now.is_some());
                before = now;
            }
        }
    }
}
