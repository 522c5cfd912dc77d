//! Decisions, apart from doing: plain functions of what is known, tested as tables.

use domain::Role;
use store::sessions::Session;
use store::throttle::Bucket;
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

/// Sign-ins from one address: never given back by a success, or a botnet would pay with accounts of its own.
pub const SIGN_INS_OF_AN_ADDRESS: Bucket = Bucket { burst: 10, interval: Duration::seconds(20) };

/// Sign-ins to one account from a browser that its owner has used: untouched by what strangers try.
pub const SIGN_INS_OF_A_DEVICE: Bucket = Bucket { burst: 10, interval: Duration::minutes(6) };

/// New accounts from one address.
pub const SIGN_UPS_OF_AN_ADDRESS: Bucket = Bucket { burst: 10, interval: Duration::minutes(6) };

/// Word of one attack in the audit trail.
pub const TOLD_OF_AN_ATTACK: Bucket = Bucket { burst: 1, interval: Duration::hours(1) };

/// How long a failure counts, and how long a name waits after a hundred of them.
pub const FAILURES_COUNT_FOR: Duration = Duration::DAY;

/// How long a browser that is not used stays a known one.
pub const DEVICES_ARE_KNOWN_FOR: Duration = Duration::days(365);

/// Seconds until the next try after the n-th failure in a row. People mistype twice; programs do not wait.
pub const SIGN_IN_DELAYS: [i32; 100] = sign_in_delays();

const fn sign_in_delays() -> [i32; 100] {
    let first = [0, 0, 0, 1, 3, 5, 10, 20, 40, 80, 160];
    let mut delays = [300; 100];
    let mut n = 0;
    while n < first.len() {
        delays[n] = first[n];
        n += 1;
    }
    delays[99] = 86_400;
    delays
}

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

#[cfg(test)]
mod tests {
    use super::*;
    use domain::{SessionId, UserId};
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
}
