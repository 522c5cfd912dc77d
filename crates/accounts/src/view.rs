//! Rows as the outside sees them.

use domain::{Profile, Timestamp, UserView};
use store::sessions::SessionWithUser;
use store::users::User;
use time::{OffsetDateTime, UtcOffset};

pub(crate) fn user(user: User) -> UserView {
    UserView {
        id: user.id,
        email: user.email,
        email_verified: user.email_verified,
        profile: shown(user.profile),
        role: user.role,
        is_active: user.is_active,
        closes_at: user.closes_at.map(timestamp),
        created_at: timestamp(user.created_at),
        updated_at: timestamp(user.updated_at),
    }
}

pub(crate) fn with_user(row: &SessionWithUser) -> UserView {
    let SessionWithUser { session, profile, created_at, updated_at, .. } = row;
    UserView {
        id: session.user,
        email: session.email.clone(),
        email_verified: session.email_verified,
        profile: shown(profile.clone()),
        role: session.role,
        is_active: session.is_active,
        closes_at: None,
        created_at: timestamp(*created_at),
        updated_at: timestamp(*updated_at),
    }
}

/// Without a display name, the first and last name are shown.
fn shown(profile: Profile) -> Profile {
    Profile { name: profile.display_name(), ..profile }
}

/// To the microsecond, which Postgres keeps, and always of the same length, so that the texts sort like the times.
#[must_use]
pub fn timestamp(at: OffsetDateTime) -> Timestamp {
    let (date, time) = (at.to_offset(UtcOffset::UTC).date(), at.to_offset(UtcOffset::UTC).time());
    let (year, month, day) = (date.year(), u8::from(date.month()), date.day());
    let (hour, minute, second, micros) = time.as_hms_micro();
    Timestamp(format!("{year:04}-{month:02}-{day:02}T{hour:02}:{minute:02}:{second:02}.{micros:06}Z"))
}

#[cfg(test)]
mod tests {
    use super::timestamp;
    use time::macros::datetime;

    #[test]
    fn a_timestamp_is_in_utc() {
        let at = datetime!(2026-01-02 00:04:05.000067 +1);
        assert_eq!(timestamp(at).0, "2026-01-01T23:04:05.000067Z");
    }
}
