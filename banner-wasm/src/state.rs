//! What the banner is doing, as a value: each event gives the next state.
//!
//! Pure: no page, no clock, so the host's tests see all of it. It refuses to send a second choice while one is under
//! way. Invariant: nothing leads out of `Settled` and `Blocked`; a closed banner never asks again on the same page.

/// The status by which the gateway asks something more (RFC 6585, Precondition Required).
const ASKS_MORE: u16 = 428;

/// Where the banner stands.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum State {
    /// The visitor is asked.
    Asking,
    /// A choice is on its way to the gateway.
    Sending,
    /// The choice was not taken; the form stands with a sentence that says why.
    Failed,
    /// The gateway asks something more, on a page of its own: the form goes there as the browser posts it.
    Leaving,
    /// There is a choice; only the link to the settings shows.
    Settled,
    /// The browser stores no cookies, so no choice could be kept; only the link shows, and says so.
    Blocked,
}

/// What can happen to the banner.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Event {
    /// The browser said at the start that it stores no cookies.
    CookiesBlocked,
    /// One of the form's buttons was pressed.
    Submitted,
    /// The gateway answered a choice with this status.
    Answered(u16),
    /// No answer came, or not in time.
    Unreachable,
    /// The page came back from the browser's memory, and a choice was made on another page meanwhile.
    DecidedElsewhere,
}

impl State {
    /// The state that follows.
    #[must_use]
    pub fn step(self, event: Event) -> Self {
        match (self, event) {
            (Self::Settled | Self::Blocked, _) => self,
            (_, Event::DecidedElsewhere) => Self::Settled,
            (Self::Asking, Event::CookiesBlocked) => Self::Blocked,
            (Self::Asking | Self::Failed, Event::Submitted) => Self::Sending,
            // A stored choice counts even if it was given up waiting for.
            (Self::Sending | Self::Failed, Event::Answered(200)) => Self::Settled,
            (Self::Sending, Event::Answered(ASKS_MORE)) => Self::Leaving,
            (Self::Sending, Event::Answered(_) | Event::Unreachable) => Self::Failed,
            _ => self,
        }
    }

    /// Whether a pressed button is to be sent.
    #[must_use]
    pub fn takes_a_press(self) -> bool {
        matches!(self, Self::Asking | Self::Failed)
    }

    /// Whether the form is still owed to the visitor.
    #[must_use]
    pub fn is_open(self) -> bool {
        !matches!(self, Self::Settled | Self::Blocked)
    }
}

/// The sentence to show for an answer that is no success: the gateway's own, or `fallback` where something between
/// answered with a page of its own.
#[must_use]
pub fn sentence<'a>(body: &'a str, fallback: &'a str) -> &'a str {
    let body = body.trim();
    if body.is_empty() || body.len() > 600 || body.contains('<') { fallback } else { body }
}

#[cfg(test)]
mod tests {
    use super::{Event, State, sentence};

    fn check(start: State, events: &[Event], expect: State) {
        let end = events.iter().fold(start, |state, event| state.step(*event));
        assert_eq!(end, expect, "{start:?} {events:?}");
    }

    #[test]
    fn a_choice_is_sent_and_closes_the_banner() {
        check(State::Asking, &[Event::Submitted], State::Sending);
        check(State::Asking, &[Event::Submitted, Event::Answered(200)], State::Settled);
    }

    #[test]
    fn a_second_press_changes_nothing() {
        check(State::Asking, &[Event::Submitted, Event::Submitted], State::Sending);
    }

    #[test]
    fn a_failure_keeps_the_form_and_can_be_tried_again() {
        for failure in
            [Event::Answered(503), Event::Answered(409), Event::Answered(303), Event::Answered(0), Event::Unreachable]
        {
            check(State::Asking, &[Event::Submitted, failure], State::Failed);
            check(State::Asking, &[Event::Submitted, failure, Event::Submitted], State::Sending);
        }
    }

    #[test]
    fn a_question_more_leads_to_its_page_and_nothing_is_sent_beside_it() {
        check(State::Asking, &[Event::Submitted, Event::Answered(428)], State::Leaving);
        check(State::Leaving, &[Event::Submitted], State::Leaving);
        check(State::Leaving, &[Event::DecidedElsewhere], State::Settled);
        check(State::Failed, &[Event::Answered(428)], State::Failed);
        assert!(State::Leaving.is_open() && !State::Leaving.takes_a_press());
    }

    #[test]
    fn a_late_answer_counts_if_it_is_a_success() {
        check(State::Asking, &[Event::Answered(200)], State::Asking);
        check(State::Failed, &[Event::Answered(503)], State::Failed);
        check(State::Failed, &[Event::Answered(200)], State::Settled);
    }

    #[test]
    fn a_closed_banner_stays_closed() {
        for closed in [State::Settled, State::Blocked] {
            for event in [
                Event::CookiesBlocked,
                Event::Submitted,
                Event::Answered(200),
                Event::Answered(500),
                Event::Unreachable,
                Event::DecidedElsewhere,
            ] {
                check(closed, &[event], closed);
            }
            assert!(!closed.is_open());
        }
    }

    #[test]
    fn a_choice_made_elsewhere_closes_from_every_open_state() {
        for open in [State::Asking, State::Sending, State::Failed] {
            assert!(open.is_open());
            check(open, &[Event::DecidedElsewhere], State::Settled);
        }
        check(State::Asking, &[Event::CookiesBlocked], State::Blocked);
    }

    #[test]
    fn only_a_plain_sentence_is_shown() {
        assert_eq!(sentence(" Not stored. \n", "fallback"), "Not stored.");
        assert_eq!(sentence("", "fallback"), "fallback");
        assert_eq!(sentence("<h1>502</h1>", "fallback"), "fallback");
        assert_eq!(sentence(&"a".repeat(601), "fallback"), "fallback");
    }
}
