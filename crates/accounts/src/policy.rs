//! Decisions, apart from doing: plain functions of what is known, tested as tables.

mod second_step;

pub use second_step::{BROWSER_IS_TRUSTED_FOR, RequireFactor, may_be_trusted, may_trust, must_enrol};

use domain::{Factor, Purpose, Role, SessionKind, UserId};
use store::refresh_tokens::{RefreshToken, Salt};
use store::sessions::{Proof, Session};
use time::{Duration, OffsetDateTime};

/// How long a session lives.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Lifetime {
    /// Without being used.
    pub idle: Duration,
    /// Used or not.
    pub absolute: Duration,
}

/// The longest idle time of any cookie's session; the sweep relies on it.
pub const LONGEST_IDLE: Duration = Duration::days(7);

/// The longest life of any session.
const LONGEST: Duration = Duration::days(30);

/// How long a retired key verifies what it signed: a day more than the longest idle cookie needs.
pub const RETIRED_KEY_VERIFIES: Duration = Duration::days(8);

/// How long a client whose answer was lost, or another tab of the same person, may repeat a refresh.
pub(crate) const REPEAT_WITHIN: Duration = Duration::seconds(10);

/// How often a session's use is written down, and its cookie renewed.
const TOUCH_EVERY: Duration = Duration::minutes(1);

/// How long a proof counts for a step-up.
const RECENT: Duration = Duration::minutes(10);

/// For how long a sign-up form that is sent again signs in to the account that it has made.
pub const SIGN_UP_REPEATS: Duration = Duration::minutes(2);

/// For how long whoever signs in for the first time is taken for the person who made the account.
pub const SIGN_UP_IS_RECENT: Duration = Duration::minutes(10);

/// Whether an owner may not know of a sign-in by a client without a device token of theirs: a known program is no news,
/// however often it signs in, and neither is the account's first sign-in right after its sign-up.
#[must_use]
pub fn is_news(is_known_program: bool, is_first: bool, age: Duration) -> bool {
    let has_just_signed_up = is_first && age <= SIGN_UP_IS_RECENT;
    !is_known_program && !has_just_signed_up
}

/// How long a sign-in waits for its second factor.
pub const SIGN_IN_WAITS_FOR_FACTOR: Duration = Duration::minutes(5);

/// How long the set-up of an authenticator app waits for its first code.
pub const TOTP_WAITS_FOR_CODE: Duration = Duration::hours(1);

/// How long a mail waits to be sent, at most.
pub const MAIL_WAITS: Duration = Duration::DAY;

/// How long a one-time token may be used, from when its mail was first sent.
#[must_use]
pub const fn token_lifetime(purpose: Purpose) -> Duration {
    match purpose {
        Purpose::Reset | Purpose::SignIn => Duration::minutes(10),
        Purpose::Verify | Purpose::ChangeEmail | Purpose::SignUp => Duration::DAY,
        Purpose::Invite | Purpose::NotMe => Duration::WEEK,
    }
}

/// How long a link that takes an account back may be used: that of one that closes until its end, since its owner is
/// mailed nothing else.
#[must_use]
pub fn not_me_lifetime(closes_at: Option<OffsetDateTime>, now: OffsetDateTime) -> Duration {
    closes_at.map_or(token_lifetime(Purpose::NotMe), |end| (end - now).max(Duration::ZERO))
}

/// How many dead rows one statement deletes.
pub(crate) const SWEEP_BATCH: i64 = 1_000;

/// How long until a mail is tried again after the n-th try failed; `jitter` is 0 to 255, so that the mails of an outage
/// do not all come back at once.
#[must_use]
pub fn mail_back_off(attempts: i32, jitter: u8) -> Duration {
    let doubled = 5_i64.saturating_mul(1 << attempts.clamp(1, 10));
    Duration::seconds(doubled.min(3_600)) * (256 + i32::from(jitter)) / 256
}

/// How long a session of this role lives: an admin's is worth more to a thief. A program's may lie idle until its
/// refresh token ends, whose lifetime is a setting.
#[must_use]
pub fn lifetime(role: Role, kind: SessionKind) -> Lifetime {
    match (role, kind) {
        (Role::User, SessionKind::Browser | SessionKind::ApiCookie) => {
            Lifetime { idle: LONGEST_IDLE, absolute: LONGEST }
        }
        (Role::User, SessionKind::Bearer) => Lifetime { idle: LONGEST, absolute: LONGEST },
        (Role::Admin, _) => Lifetime { idle: Duration::hours(1), absolute: Duration::hours(12) },
    }
}

/// Whether a session may be used now. The role counts as it is now, so an account made admin
/// yesterday has an admin's short session today.
#[must_use]
pub fn is_live(session: &Session, now: OffsetDateTime) -> bool {
    let Lifetime { idle, absolute } = lifetime(session.role, session.kind);
    session.is_active
        && session.ended_at.is_none()
        && now < session.expires_at
        && now < session.authenticated_at.saturating_add(absolute)
        && now < session.last_used_at.saturating_add(idle)
}

/// What becomes of a refresh token that a client wants to exchange.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Exchange {
    /// It is the newest of its family.
    Granted,
    /// It was exchanged just now, by another tab or in an answer that was lost: it gets the same token again.
    Repeated(Salt),
    /// It can no longer be exchanged.
    Refused,
    /// It was exchanged long ago: two clients have it, and nobody can tell which is the owner's.
    Replayed,
}

/// Whether a refresh token may be exchanged; `at` is the moment by the database's clock, by which it was used.
#[must_use]
pub fn may_exchange(
    session: &Session,
    token: &RefreshToken,
    now: OffsetDateTime,
    at: OffsetDateTime,
) -> Exchange {
    if !is_live(session, now) {
        return Exchange::Refused;
    }
    match (token.used_at, token.next) {
        (Some(used_at), _) if at - used_at > REPEAT_WITHIN => Exchange::Replayed,
        _ if now >= token.expires_at => Exchange::Refused,
        (None, _) => Exchange::Granted,
        (Some(_), Some(salt)) => Exchange::Repeated(salt),
        // Another tab has used the next token already: this client is too late, but no thief.
        (Some(_), None) => Exchange::Refused,
    }
}

/// Whether a session's use is to be written down.
#[must_use]
pub fn is_touch_due(session: &Session, now: OffsetDateTime) -> bool {
    now - session.last_used_at >= TOUCH_EVERY
}

/// The next step after a factor was proven.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum NextStep {
    /// One of these factors is to be proven.
    Need(Vec<Factor>),
    /// It is enough.
    Establish,
}

/// The enrolled factors that are still missing: each factor's arm says whether it is. An attempt without any proof is
/// never enough.
#[must_use]
pub fn next_step(enrolled: &[Factor], proven: &[Factor]) -> NextStep {
    let is_missing = |factor: &Factor| match factor {
        // Whoever reads the mailbox could choose a new password; a passkey verifies its owner, and counts as two.
        Factor::Password => ![Factor::Password, Factor::EmailCode, Factor::Passkey]
            .iter()
            .any(|factor| proven.contains(factor)),
        Factor::Passkey | Factor::Totp => !proven.iter().copied().any(is_second),
        // Nobody is asked for a code beside the password, nor for one that stands for another factor.
        Factor::EmailCode | Factor::RecoveryCode => false,
    };
    let missing: Vec<Factor> = enrolled.iter().copied().filter(is_missing).collect();
    if missing.is_empty() && !proven.is_empty() { NextStep::Establish } else { NextStep::Need(missing) }
}

/// How surely the owner is known, as tokens say it: by one factor or by two (the levels of NIST SP 800-63B, to which a
/// mailbox is no factor, and a passkey that verified its owner is two).
#[must_use]
pub fn assurance(proven: &[Factor]) -> &'static str {
    let both = proven.contains(&Factor::Passkey)
        || (proven.contains(&Factor::Password) && proven.iter().copied().any(is_second));
    if both { "aal2" } else { "aal1" }
}

/// Whether it comes beside another factor.
fn is_second(factor: Factor) -> bool {
    match factor {
        Factor::Passkey | Factor::Totp | Factor::RecoveryCode => true,
        Factor::Password | Factor::EmailCode => false,
    }
}

/// Whether what was proven lately would be enough to sign in again. Where there is a second factor, it is asked for, and
/// enough: the session has proven the first one before. One that was removed since proves nothing: a thief may have it.
#[must_use]
pub fn is_stepped_up(enrolled: &[Factor], proofs: &[Proof], now: OffsetDateTime) -> bool {
    let recent: Vec<Factor> =
        proofs.iter().filter(|proof| is_recent(proof.at, now)).map(|proof| proof.factor).collect();
    if enrolled.iter().copied().any(is_second) {
        let lasts = |factor: Factor| factor == Factor::RecoveryCode || enrolled.contains(&factor);
        return recent.iter().any(|factor| is_second(*factor) && lasts(*factor));
    }
    next_step(enrolled, &recent) == NextStep::Establish
}

/// Whether something was proven so lately that it need not be asked for again.
fn is_recent(proven_at: OffsetDateTime, now: OffsetDateTime) -> bool {
    now - proven_at <= RECENT
}

/// How long before an account ends its owner is told once more.
const CLOSING_IS_TOLD_BEFORE: Duration = Duration::days(2);

/// When the owner of an account that closes is told once more; not at all where that would be at once.
#[must_use]
pub fn closes_soon_at(now: OffsetDateTime, closes_at: OffsetDateTime) -> Option<OffsetDateTime> {
    let at = closes_at - CLOSING_IS_TOLD_BEFORE;
    (now < at).then_some(at)
}

/// Whether the owner of an account can begin a sign-in, also to restore one that closes: by the password, by a code at a
/// proven address, or by a passkey.
#[must_use]
pub fn has_way_back(has_password: bool, email_verified: bool, has_passkey: bool) -> bool {
    has_password || email_verified || has_passkey
}

/// Whether an account closes, and its owner may still restore it.
#[must_use]
pub fn may_restore(closes_at: Option<OffsetDateTime>, now: OffsetDateTime) -> bool {
    left_to_restore(closes_at, now).is_some()
}

/// For how long the owner of an account that closes may still restore it.
#[must_use]
pub fn left_to_restore(closes_at: Option<OffsetDateTime>, now: OffsetDateTime) -> Option<Duration> {
    closes_at.map(|end| end - now).filter(|left| left.is_positive())
}

/// Whether an account may so far do no more than prove its address, change it, sign out, and be deleted.
#[must_use]
pub const fn must_prove(require_verified: bool, email_verified: bool) -> bool {
    require_verified && !email_verified
}

/// Whether nobody could manage accounts without this one; `admins` are all who can. One who cannot yet, without a
/// password or a proven address, stays while there is no other.
#[must_use]
pub fn is_last_admin(admins: &[UserId], user: UserId, role: Role) -> bool {
    role == Role::Admin && admins.iter().all(|admin| *admin == user)
}

#[cfg(test)]
mod tests {
    use super::*;
    use domain::SessionId;
    use uuid::Uuid;

    const START: OffsetDateTime = OffsetDateTime::UNIX_EPOCH;

    fn session(role: Role) -> Session {
        of_kind(role, SessionKind::Browser)
    }

    fn of_kind(role: Role, kind: SessionKind) -> Session {
        let start = OffsetDateTime::UNIX_EPOCH;
        Session {
            id: SessionId(Uuid::nil()),
            user: UserId(Uuid::nil()),
            kind,
            persistent: true,
            factors: Vec::new(),
            authenticated_at: start,
            created_at: start,
            last_used_at: start,
            expires_at: start + lifetime(role, kind).absolute,
            ended_at: None,
            address: String::new(),
            agent: String::new(),
            email: String::new(),
            email_verified: false,
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
        let (browser, bearer) = (SessionKind::Browser, SessionKind::Bearer);
        for (role, kind, idle, absolute) in [
            (Role::User, browser, Duration::days(7), Duration::days(30)),
            (Role::User, bearer, Duration::days(30), Duration::days(30)),
            (Role::Admin, browser, Duration::hours(1), Duration::hours(12)),
            (Role::Admin, bearer, Duration::hours(1), Duration::hours(12)),
        ] {
            let mut session = of_kind(role, kind);
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
    fn an_address_has_to_be_proven_where_that_is_asked_for() {
        let cases = [(false, false), (false, true), (true, false), (true, true)];
        let must = cases.map(|(required, verified)| must_prove(required, verified));
        assert_eq!(must, [false, false, true, false]);
    }

    #[test]
    fn a_closing_account_may_be_restored_until_its_end() {
        let (end, before) = (START + Duration::days(14), START + Duration::days(14) - Duration::MICROSECOND);
        for (closes_at, now, expected) in [
            (None, START, false),
            (Some(end), START, true),
            (Some(end), before, true),
            (Some(end), end, false),
        ] {
            assert_eq!(may_restore(closes_at, now), expected, "{closes_at:?} {now}");
        }
    }

    #[test]
    fn the_end_of_an_account_is_told_again_two_days_before() {
        for (days, told) in [(14, Some(12)), (3, Some(1)), (2, None), (1, None)] {
            let told = told.map(|told| START + Duration::days(told));
            assert_eq!(closes_soon_at(START, START + Duration::days(days)), told, "{days}");
        }
    }

    #[test]
    fn an_admin_is_the_last_one_if_no_other_can_manage() {
        let [ada, eve] = [1, 2].map(|id| UserId(Uuid::from_u128(id)));
        for (admins, role, last) in [
            (&[ada][..], Role::Admin, true),
            (&[], Role::Admin, true),
            (&[eve], Role::Admin, false),
            (&[ada, eve], Role::Admin, false),
            (&[], Role::User, false),
        ] {
            assert_eq!(is_last_admin(admins, ada, role), last, "{admins:?} {role:?}");
        }
    }

    #[test]
    fn a_promotion_shortens_sessions_that_are_open() {
        let promoted = Session { role: Role::Admin, ..session(Role::User) };
        assert!(!is_live(&promoted, OffsetDateTime::UNIX_EPOCH + Duration::hours(2)));
    }

    #[test]
    fn a_refresh_token_is_exchanged_once_and_repeated_at_once_or_never() {
        use Exchange::{Granted, Refused, Repeated, Replayed};
        let at = |seconds| START + Duration::seconds(seconds);
        let fresh = RefreshToken { expires_at: at(1_000), used_at: None, next: None };
        let used = RefreshToken { used_at: Some(at(100)), next: Some([7; 32]), ..fresh };
        let passed_on = RefreshToken { next: None, ..used };
        for (token, seconds, expected) in [
            (fresh, 999, Granted),
            (fresh, 1_000, Refused),
            (used, 100, Repeated([7; 32])),
            (used, 110, Repeated([7; 32])),
            (used, 111, Replayed),
            // Of two replicas one's clock may be behind.
            (used, 99, Repeated([7; 32])),
            (RefreshToken { expires_at: at(105), ..used }, 105, Refused),
            (used, 2_000, Replayed),
            (passed_on, 101, Refused),
            (passed_on, 110, Refused),
            (passed_on, 111, Replayed),
        ] {
            let session = of_kind(Role::User, SessionKind::Bearer);
            assert_eq!(
                may_exchange(&session, &token, at(seconds), at(seconds)),
                expected,
                "{token:?} at {seconds}"
            );
            let ended = Session { ended_at: Some(START), ..session };
            assert_eq!(
                may_exchange(&ended, &token, at(seconds), at(seconds)),
                Refused,
                "a dead session tells nothing"
            );
        }
    }

    #[test]
    fn an_attempt_needs_what_its_account_has_until_that_is_proven() {
        use NextStep::{Establish, Need};
        let (password, code, totp) = (Factor::Password, Factor::EmailCode, Factor::Totp);
        let (recovery, passkey) = (Factor::RecoveryCode, Factor::Passkey);
        for (enrolled, proven, expected) in [
            (&[password][..], &[][..], Need(vec![password])),
            (&[password], &[password], Establish),
            (&[password], &[password, password], Establish),
            // It has no password, and signed in before it lost it.
            (&[], &[password], Establish),
            (&[], &[], Need(Vec::new())),
            // A code by mail stands for the password.
            (&[password], &[code], Establish),
            (&[password], &[code, password], Establish),
            (&[], &[code], Establish),
            (&[password, totp], &[password], Need(vec![totp])),
            (&[password, totp], &[code], Need(vec![totp])),
            (&[password, totp], &[totp], Need(vec![password])),
            (&[password, totp], &[recovery], Need(vec![password])),
            (&[password, totp], &[password, totp], Establish),
            (&[password, totp], &[password, recovery], Establish),
            (&[password, totp], &[code, totp], Establish),
            (&[totp], &[code], Need(vec![totp])),
            // A passkey is two factors at once, and the second one beside another.
            (&[password, passkey, totp], &[passkey], Establish),
            (&[password, passkey, totp], &[password], Need(vec![passkey, totp])),
            (&[password, passkey], &[code], Need(vec![passkey])),
            (&[password, passkey], &[recovery], Need(vec![password])),
            (&[password, passkey, totp], &[password, recovery], Establish),
            (&[password, passkey, totp], &[code, totp], Establish),
        ] {
            assert_eq!(next_step(enrolled, proven), expected, "{enrolled:?} {proven:?}");
        }
    }

    #[test]
    fn what_was_proven_lately_is_a_step_up() {
        let password = Factor::Password;
        let factors = [password, Factor::EmailCode, Factor::Totp, Factor::RecoveryCode, Factor::Passkey];
        let [proof, code, totp, recovery, passkey] = factors.map(|factor| Proof { factor, at: START });
        let (recent, later) = (START + RECENT, START + RECENT + Duration::MICROSECOND);
        for (enrolled, proofs, now, expected) in [
            (&[password][..], &[proof][..], recent, true),
            (&[password], &[proof], later, false),
            (&[password], &[code], recent, true),
            (&[password], &[code], later, false),
            (&[password], &[proof, code], later, false),
            (&[password], &[], START, false),
            (&[], &[], START, false),
            (&[], &[proof], later, false),
            (&[password, Factor::Totp], &[proof], START, false),
            (&[password, Factor::Totp], &[code, proof], START, false),
            (&[password, Factor::Totp], &[proof, totp], recent, true),
            (&[password, Factor::Totp], &[totp], recent, true),
            (&[password, Factor::Totp], &[proof, totp], later, false),
            (&[password, Factor::Totp], &[recovery], recent, true),
            (&[password, Factor::Totp], &[passkey], recent, false),
        ] {
            assert_eq!(is_stepped_up(enrolled, proofs, now), expected, "{enrolled:?} {proofs:?} {now}");
        }
    }

    #[test]
    fn what_the_owner_may_not_know_of_is_news() {
        let (recent, later) = (SIGN_UP_IS_RECENT, SIGN_UP_IS_RECENT + Duration::MICROSECOND);
        for (is_known_program, is_first, age, expected) in [
            (false, false, recent, true),
            (false, false, later, true),
            (false, true, recent, false),
            (false, true, later, true),
            (true, false, recent, false),
            (true, false, later, false),
            (true, true, later, false),
        ] {
            let news = is_news(is_known_program, is_first, age);
            assert_eq!(news, expected, "{is_known_program} {is_first} {age}");
        }
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
}
