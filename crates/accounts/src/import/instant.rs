use time::format_description::well_known::Rfc3339;
use time::{Duration, OffsetDateTime};

/// A time as other services write it down; UTC where no zone is named. Dates whose order of day and month has to
/// be guessed are none.
pub(super) fn instant(text: &str) -> Option<OffsetDateTime> {
    let at = if text.bytes().all(|b| b.is_ascii_digit() || b == b'.') && text.matches('.').count() < 2 {
        epoch(text)
    } else {
        calendar(text)
    }?;
    // Postgres keeps microseconds.
    at.replace_nanosecond(at.microsecond() * 1_000).ok()
}

/// Seconds, milliseconds or microseconds since 1970, told apart by how many digits they have. Fewer than nine are
/// a spreadsheet's count of days.
fn epoch(text: &str) -> Option<OffsetDateTime> {
    let (whole, part) = text.split_once('.').unwrap_or((text, ""));
    let unit = match whole.len() {
        9 | 10 => Duration::SECOND,
        12 | 13 => Duration::MILLISECOND,
        15 | 16 => Duration::MICROSECOND,
        _ => return None,
    };
    let nanos: i32 = format!("{part:0<9}").get(..9)?.parse().ok()?;
    let since = unit.checked_mul(1)?.whole_microseconds().checked_mul(whole.parse().ok()?)?;
    let since = Duration::microseconds(i64::try_from(since).ok()?);
    let part = if unit == Duration::SECOND { Duration::nanoseconds(nanos.into()) } else { Duration::ZERO };
    OffsetDateTime::UNIX_EPOCH.checked_add(since)?.checked_add(part)
}

/// RFC 3339, or as databases, Python and spreadsheets write it: a space for the T, a date alone, no seconds, hours
/// alone for the zone or none at all, `31.05.2024` for `2024-05-31`.
fn calendar(text: &str) -> Option<OffsetDateTime> {
    let text = text.strip_suffix("UTC").or_else(|| text.strip_suffix("GMT")).unwrap_or(text).trim_end();
    let (date, time) = text.split_once(['T', 't', ' ']).unwrap_or((text, "00:00"));
    let date = match date.split('.').collect::<Vec<_>>()[..] {
        [day, month, year] => format!("{year}-{month:0>2}-{day:0>2}"),
        _ => date.to_owned(),
    };
    let (clock, zone) = match time.find(['Z', 'z', '+', '-']) {
        Some(at) => time.split_at(at),
        None => (time, "Z"),
    };
    let zone = match zone.len() {
        3 => format!("{zone}:00"),
        5 => format!("{}:{}", zone.get(..3)?, zone.get(3..)?),
        _ => zone.to_owned(),
    };
    let clock = clock.trim_end().replace(',', ".");
    let seconds = if clock.len() == 5 { ":00" } else { "" };
    OffsetDateTime::parse(&format!("{date}T{clock}{seconds}{zone}"), &Rfc3339).ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn times_are_read_as_databases_and_spreadsheets_write_them() {
        let expected = instant("2024-05-31T12:00:00.25Z").unwrap();
        for text in [
            "2024-05-31 12:00:00.25+00",
            "2024-05-31 12:00:00.25",
            "2024-05-31 12:00:00,25",
            "2024-05-31T14:00:00.250000+02:00",
            "2024-05-31T07:00:00.25-0500",
            "2024-05-31t12:00:00.250000001z",
            "2024-05-31 12:00:00.25 UTC",
            "2024-05-31 12:00:00.25 +0000",
            "31.05.2024 12:00:00.25",
            "1717156800.25",
            "1717156800250",
            "1717156800250000",
        ] {
            assert_eq!(instant(text), Some(expected), "{text}");
        }
        let midnight = instant("2024-05-31T00:00:00Z");
        for text in ["2024-05-31", "31.5.2024", "2024-05-31 00:00", "2024-05-31T00:00Z", "1717113600"] {
            assert_eq!((instant(text), midnight.is_some()), (midnight, true), "{text}");
        }
        for text in [
            "",
            "yesterday",
            "2024-13-01T00:00:00Z",
            "2024-05-31T12:00:00+",
            "x T€€€€€",
            "05/31/2024",
            "45443.5",
            "45443",
            "1.2.3",
            "99999999999999999999",
            ".",
            "31.05.24",
            "T",
        ] {
            assert_eq!(instant(text), None, "{text}");
        }
    }
}
