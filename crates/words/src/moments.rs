//! A moment as people say it. It comes as text: a calendar would enlarge every visitor's download.

use crate::{moment, month};
use domain::Timestamp;
use std::ops::Range;

/// The moment, to the minute: "27 November 2026, 14:05 UTC".
#[must_use]
pub fn exact(at: &Timestamp) -> String {
    with_time(at, 11..16)
}

/// The moment, to the second.
#[must_use]
pub fn to_the_second(at: &Timestamp) -> String {
    with_time(at, 11..19)
}

fn with_time(at: &Timestamp, digits: Range<usize>) -> String {
    let time = at.0.get(digits).unwrap_or_default();
    moment::exact(part(at, 8..10), month_of(at), part(at, 0..4), time)
}

/// Its day: "27 November 2026".
#[must_use]
pub fn day(at: &Timestamp) -> String {
    moment::day(part(at, 8..10), month_of(at), part(at, 0..4))
}

/// Its month: "November 2026".
#[must_use]
pub fn month_and_year(at: &Timestamp) -> String {
    moment::month(month_of(at), part(at, 0..4))
}

/// How long ago it was; after a month, its day.
#[must_use]
pub fn ago(at: &Timestamp, now: &Timestamp) -> String {
    match minutes(now).saturating_sub(minutes(at)) {
        0..2 => moment::now().to_owned(),
        passed @ 2..90 => moment::minutes(passed),
        passed @ 90..2_160 => moment::hours((passed + 30) / 60),
        passed @ 2_160..43_200 => moment::days((passed + 720) / 1_440),
        _ => day(at),
    }
}

/// Minutes since the first of March of the year 0, by which leap days come last in a year.
fn minutes(at: &Timestamp) -> u64 {
    let (year, month) = match (part(at, 0..4), part(at, 5..7)) {
        (year, month @ 3..) => (year, month - 3),
        (year, month) => (year.saturating_sub(1), month + 9),
    };
    let days = 365 * year + year / 4 - year / 100 + year / 400 + (306 * month + 5) / 10 + part(at, 8..10);
    (days * 24 + part(at, 11..13)) * 60 + part(at, 14..16)
}

fn part(at: &Timestamp, digits: Range<usize>) -> u64 {
    at.0.get(digits).and_then(|digits| digits.parse().ok()).unwrap_or_default()
}

fn month_of(at: &Timestamp) -> &'static str {
    match part(at, 5..7) {
        1 => month::january(),
        2 => month::february(),
        3 => month::march(),
        4 => month::april(),
        5 => month::may(),
        6 => month::june(),
        7 => month::july(),
        8 => month::august(),
        9 => month::september(),
        10 => month::october(),
        11 => month::november(),
        _ => month::december(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn at(text: &str) -> Timestamp {
        Timestamp(text.to_owned())
    }

    #[test]
    fn a_moment_is_said_as_people_say_it() {
        let then = at("2026-02-07T04:05:59.999999Z");
        assert_eq!(exact(&then), "7 February 2026, 04:05 UTC");
        assert_eq!(to_the_second(&then), "7 February 2026, 04:05:59 UTC");
        assert_eq!(month_and_year(&then), "February 2026");
        assert_eq!(month_and_year(&at("2026-12-07T04:05:59.999999Z")), "December 2026");
    }

    #[test]
    fn what_was_just_now_is_a_moment_ago_and_what_is_old_has_a_date() {
        let then = at("2024-02-28T23:30:10.000000Z");
        for (now, said) in [
            ("2024-02-28T23:29:00.000000Z", "a moment ago"),
            ("2024-02-28T23:31:59.000000Z", "a moment ago"),
            ("2024-02-28T23:32:00.000000Z", "2 minutes ago"),
            ("2024-02-29T00:59:00.000000Z", "89 minutes ago"),
            ("2024-02-29T01:00:00.000000Z", "2 hours ago"),
            ("2024-02-29T23:30:00.000000Z", "24 hours ago"),
            ("2024-03-01T23:30:00.000000Z", "2 days ago"),
            ("2024-03-29T10:00:00.000000Z", "29 days ago"),
            ("2024-03-29T20:00:00.000000Z", "30 days ago"),
            ("2024-03-29T23:30:00.000000Z", "28 February 2024"),
            ("2031-01-01T00:00:00.000000Z", "28 February 2024"),
        ] {
            assert_eq!(ago(&then, &at(now)), said, "{now}");
        }
        assert_eq!(ago(&at("2025-12-31T23:59:00Z"), &at("2026-01-01T00:04:00Z")), "5 minutes ago");
    }

    #[test]
    fn no_text_makes_it_panic() {
        for text in ["", "2026", "2026-99-99T99:99:99Z", "äöü-äöüäöüäöüäöüäöü", "9999-12-31T23:59:59.999999Z"]
        {
            let strange = at(text);
            let _ = (exact(&strange), month_and_year(&strange), ago(&strange, &strange));
        }
    }
}
