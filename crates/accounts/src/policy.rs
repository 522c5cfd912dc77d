//! Decisions, apart from doing: plain functions of what is known, tested as tables.

use domain::{Role, UserId};
use store::sessions::Session;
use time::{Duration, OffsetDateTime};

/// How long a session lives.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Lifetime {
    /// Without being used.
    pub idle: Duration,
    /// Used or not.
    pub absolute: Duration,
}

/// The longest idle time of any role: what the sweep may count with.
pub const LONGEST_IDLE: Duration = Duration::days(7);

/// How often a session's use is written down, and its cookie renewed.
const TOUCH_EVERY: Duration = Duration::minutes(1);

/// How long a sign-in counts as proof of who one is.
const RECENT: Duration = Duration::minutes(10);

/// How long a session of this role lives: an admin's is worth more to a thief.
#[must_use]
pub fn lifetime(role: Role) -> Lifetime {
    match role {
        Role::User => Lifetime { idle: LONGEST_IDLE, absolute: Duration::days(30) },
        Role::Admin => Lifetime { idle: Duration::hours(1), absolute: Duration::hours(12) },
    }
}

/// Whether a session may be used now. The role counts as it is now, so an account made admin
/// yesterday has an admin's short session today.
#[must_use]
pub fn is_live(session: &Session, now: OffsetDateTime) -> bool {
    let Lifetime { idle, absolute } = lifetime(session.role);
    session.is_active
        && session.ended_at.is_none()
        && now < session.expires_at
        && now < session.authenticated_at.saturating_add(absolute)
        && now < session.last_used_at.saturating_add(idle)
}

/// Whether a session's use is to be written down.
#[must_use]
pub fn is_touch_due(session: &Session, now: OffsetDateTime) -> bool {
    now - session.last_used_at >= TOUCH_EVERY
}

/// Whether a password was proven so lately that it need not be asked for again.
#[must_use]
pub fn is_recent(authenticated_at: OffsetDateTime, now: OffsetDateTime) -> bool {
    now - authenticated_at <= RECENT
}

/// Whether nobody could manage accounts without this one; `admins` are all active ones.
#[must_use]
pub fn is_last_admin(admins: &[UserId], user: UserId) -> bool {
    admins == [user]
}

#[cfg(test)]
mod tests {
    use super::*;
    use domain::SessionId;
    use uuid::Uuid;

    fn session(role: Role) -> Session {
        let start = OffsetDateTime::UNIX_EPOCH;
        Session {
            id: SessionId(Uuid::nil()),
            user: UserId(Uuid::nil()),
            persistent: true,
            authenticated_at: start,
            last_used_at: start,
            expires_at: start + lifetime(role).absolute,
            ended_at: None,
            email: String::new(),
            name: None,
            first_name: None,
            last_name: None,
            role,
            is_active: true,
        }
    }

    #[test]
    fn a_session_ends_when_idle_or_old_whichever_comes_first() {
        let start = OffsetDateTime::UNIX_EPOCH;
        for (role, idle, absolute) in [
            (Role::User, Duration::days(7), Duration::days(30)),
            (Role::Admin, Duration::hours(1), Duration::hours(12)),
        ] {
            let mut session = session(role);
            assert!(is_live(&session, start + idle - Duration::SECOND));
            assert!(!is_live(&session, start + idle));
            session.last_used_at = start + absolute - Duration::SECOND;
            assert!(is_live(&session, start + absolute - Duration::SECOND));
            assert!(!is_live(&session, start + absolute));
        }
    }

    #[test]
    fn an_ended_session_and_a_disabled_account_are_dead() {
        let now = OffsetDateTime::UNIX_EPOCH + Duration::MINUTE;
        assert!(is_live(&session(Role::User), now));
        assert!(!is_live(&Session { ended_at: Some(now), ..session(Role::User) }, now));
        assert!(!is_live(&Session { is_active: false, ..session(Role::User) }, now));
    }

    #[test]
    fn a_promotion_shortens_sessions_that_are_open() {
        let promoted = Session { role: Role::Admin, ..session(Role::User) };
        assert!(!is_live(&promoted, OffsetDateTime::UNIX_EPOCH + Duration::hours(2)));
    }

    #[test]
    fn use_is_written_down_once_a_minute() {
        let session = session(Role::User);
        assert!(!is_touch_due(&session, OffsetDateTime::UNIX_EPOCH + Duration::seconds(59)));
        assert!(is_touch_due(&session, OffsetDateTime::UNIX_EPOCH + Duration::seconds(60)));
    }
    #[test]
    fn a_sign_in_is_recent_for_ten_minutes() {
        let start = OffsetDateTime::UNIX_EPOCH;
        assert!(is_recent(start, start + Duration::minutes(10)));
        assert!(!is_recent(start, start + Duration::minutes(10) + Duration::MICROSECOND));
    }

    #[test]
    fn the_last_admin_is_alone() {
        let [ana, eve] = [1, 2].map(|n| UserId(Uuid::from_u128(n)));
        assert!(is_last_admin(&[ana], ana));
        for admins in [&[][..], &[eve], &[ana, eve]] {
            assert!(!is_last_admin(admins, ana));
        }
    }
}
