//! What a connection is told, moment by moment; the moments are arguments.

use super::*;

const SECOND: Duration = Duration::from_secs(1);

fn limits() -> Limits {
    Limits {
        head_wait: 30 * SECOND,
        idle_wait: 75 * SECOND,
        download_wait: 300 * SECOND,
        resets: 3,
        ..Limits::default()
    }
}

fn ask(pace: &Pace, seconds: u32) -> Verdict {
    pace.notes().verdict(Instant::now() + seconds * SECOND)
}

fn cuts(verdict: Verdict) -> bool {
    matches!(verdict, Verdict::Cut(_))
}

fn keeps(verdict: Verdict) -> bool {
    matches!(verdict, Verdict::Keep(_))
}

fn leaves(verdict: Verdict) -> bool {
    matches!(verdict, Verdict::Leave(_))
}

fn answered(pace: &Pace, version: Version) {
    drop(pace.begin(version, false).paced(crate::body::empty()));
}

#[test]
fn a_first_byte_and_a_head_have_their_time() {
    let pace = Pace::new(limits());
    assert!(keeps(ask(&pace, 29)) && cuts(ask(&pace, 31)));
    pace.heard(true);
    assert!(keeps(ask(&pace, 29)) && cuts(ask(&pace, 31)));
    answered(&pace, Version::HTTP_11);
    pace.heard(true);
    assert!(keeps(ask(&pace, 29)) && cuts(ask(&pace, 31)), "the second head has no more time than the first");
}

#[test]
fn an_idle_connection_is_let_go_and_then_cut() {
    for version in [Version::HTTP_11, Version::HTTP_2] {
        let pace = Pace::new(limits());
        answered(&pace, version);
        assert!(keeps(ask(&pace, 74)) && leaves(ask(&pace, 76)) && leaves(ask(&pace, 77)) && cuts(ask(&pace, 90)));
    }
}

#[test]
fn pings_keep_no_idle_connection_open() {
    let pace = Pace::new(limits());
    answered(&pace, Version::HTTP_2);
    pace.heard(true);
    assert!(keeps(ask(&pace, 74)), "nor do they shorten its time");
    pace.heard(true);
    assert!(leaves(ask(&pace, 76)));
}

#[test]
fn an_answer_that_is_waited_for_has_no_bound_here() {
    let pace = Pace::new(limits());
    let exchange = pace.begin(Version::HTTP_11, false);
    assert!(keeps(ask(&pace, 10_000)));
    drop(exchange);
}

#[test]
fn an_answer_that_is_not_taken_ends_the_connection_after_the_others() {
    let pace = Pace::new(limits());
    let (one, other) = (pace.begin(Version::HTTP_2, false), pace.begin(Version::HTTP_2, false));
    pace.notes().waits(one.number, Some(Instant::now()));
    assert!(keeps(ask(&pace, 299)) && leaves(ask(&pace, 301)));
    drop(other);
    assert!(cuts(ask(&pace, 301)));
    drop(one);
}

#[test]
fn requests_that_are_given_up_are_counted_and_answers_make_up_for_them() {
    let pace = Pace::new(limits());
    for _ in 0..20 {
        drop(pace.begin(Version::HTTP_2, false));
        answered(&pace, Version::HTTP_2);
    }
    assert!(keeps(ask(&pace, 0)));
    for _ in 0..3 {
        drop(pace.begin(Version::HTTP_2, false));
    }
    assert!(cuts(ask(&pace, 0)));
}

#[test]
fn a_stop_waits_for_what_is_under_way_and_for_what_is_on_its_way() {
    let pace = Pace::new(limits());
    answered(&pace, Version::HTTP_11);
    pace.stop();
    assert!(keeps(ask(&pace, 0)), "a request may be on its way");
    let exchange = pace.begin(Version::HTTP_11, false);
    assert!(leaves(ask(&pace, 0)) && leaves(ask(&pace, 100)));
    drop(exchange);
    assert!(cuts(ask(&pace, 10)));
    let idle = Pace::new(limits());
    answered(&idle, Version::HTTP_11);
    idle.stop();
    assert!(leaves(ask(&idle, 2)));
}
