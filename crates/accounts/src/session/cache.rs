//! Programs' sessions and their accounts, remembered for a moment: a call that changes nothing need not ask the
//! database each time.
//!
//! P6 holds all the same. A row is used for a second at most, and only while this server hears of every change: of
//! its own by their commit, of the others' by [`Changes`]. Whoever does not listen remembers nothing. And what was
//! asked for before a change is known by that, however late its answer comes.

use crate::credential::Subject;
use crate::session::member;
use crate::{Accounts, Error, Inner, Member, account::view, policy};
use domain::{SessionId, SessionKind, UserId, UserView};
use quick_cache::sync::Cache;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use store::Store;
use store::invalidation::Listener;
use store::sessions::with_user::{self, Seen};
use store::sessions::{self, Session};
use time::{Duration, OffsetDateTime};

/// How long a row is used.
const FOR: Duration = Duration::SECOND;

/// How many rows are kept: some 20 MB.
const MOST: usize = 10_000;

/// Accounts are forgotten by groups, so that nothing grows with their number.
const GROUPS: usize = 1_024;

const NOT_LISTENING: u64 = 0;

/// What is remembered, and how much of it still holds.
pub(crate) struct Remembered {
    rows: Cache<SessionId, Arc<Row>>,
    /// The number of the present listener.
    listener: AtomicU64,
    listeners: AtomicU64,
    /// How many changes were heard of, for each group of accounts.
    changes: [AtomicU64; GROUPS],
    answers: AtomicU64,
}

/// A row as it was read.
struct Row {
    seen: Seen,
    read_at: OffsetDateTime,
    as_of: Moment,
}

/// What was known of changes when a row was asked for.
#[derive(Clone, Copy, PartialEq, Eq)]
struct Moment {
    listener: u64,
    commits: u64,
    changes: u64,
}

impl Default for Remembered {
    fn default() -> Self {
        Self {
            rows: Cache::new(MOST),
            listener: AtomicU64::new(NOT_LISTENING),
            listeners: AtomicU64::new(NOT_LISTENING),
            changes: [const { AtomicU64::new(0) }; GROUPS],
            answers: AtomicU64::new(0),
        }
    }
}

impl Remembered {
    /// `None` while nobody listens.
    fn moment(&self, store: &Store, user: UserId) -> Option<Moment> {
        let listener = self.listener.load(Ordering::SeqCst);
        let (commits, changes) = (store.commits(), self.group(user).load(Ordering::SeqCst));
        (listener != NOT_LISTENING).then_some(Moment { listener, commits, changes })
    }

    fn find(&self, store: &Store, user: UserId, session: SessionId, now: OffsetDateTime) -> Option<Arc<Row>> {
        let row = self.rows.get(&session)?;
        let holds = row.seen.session.user == user
            && (now - row.read_at).abs() < FOR
            && Some(row.as_of) == self.moment(store, user);
        holds.then_some(row)
    }

    fn keep(&self, as_of: Moment, seen: Seen, read_at: OffsetDateTime) {
        self.rows.insert(seen.session.id, Arc::new(Row { seen, read_at, as_of }));
    }

    fn forget(&self, user: UserId) {
        self.group(user).fetch_add(1, Ordering::SeqCst);
    }

    /// The last bytes of a UUID v7 are random.
    fn group(&self, UserId(user): UserId) -> &AtomicU64 {
        let [.., high, low] = user.into_bytes();
        &self.changes[usize::from(u16::from_be_bytes([high, low])) % GROUPS]
    }

    fn begin(&self) -> u64 {
        let number = self.listeners.fetch_add(1, Ordering::SeqCst) + 1;
        self.listener.store(number, Ordering::SeqCst);
        number
    }

    /// Ends what this listener began, and nobody else's.
    fn end(&self, number: u64) {
        let end = self.listener.compare_exchange(number, NOT_LISTENING, Ordering::SeqCst, Ordering::SeqCst);
        if end.is_ok() {
            self.rows.clear();
        }
    }
}

/// What the other servers change. While this lives and is asked, sessions are remembered.
pub struct Changes {
    listener: Listener,
    number: u64,
    inner: Arc<Inner>,
}

impl Changes {
    /// Waits for the next change, and forgets what it made untrue.
    ///
    /// # Errors
    /// [`Error::Unavailable`] once the connection is lost: nothing is remembered any more, and this is of no use.
    pub async fn hear(&mut self) -> Result<(), Error> {
        let remembered = &self.inner.remembered;
        match self.listener.next().await {
            Ok(user) => remembered.forget(user),
            Err(error) => {
                remembered.end(self.number);
                return Err(error.into());
            }
        }
        Ok(())
    }
}

impl Drop for Changes {
    fn drop(&mut self) {
        self.inner.remembered.end(self.number);
    }
}

impl Accounts {
    /// Listens to the other servers from now on, and remembers sessions for as long.
    ///
    /// # Errors
    /// [`Error::Unavailable`] where the database does not answer.
    pub async fn listen(&self) -> Result<Changes, Error> {
        let listener = self.store().listen().await?;
        let number = self.inner.remembered.begin();
        Ok(Changes { listener, number, inner: self.inner.clone() })
    }

    /// Whom an access token names, for a call that changes nothing: as [`Accounts::authenticate_bearer`], but as of
    /// a second ago at most.
    ///
    /// # Errors
    /// [`Error::Unavailable`] where the database does not answer: never "not signed in" (P18).
    pub async fn recognize_bearer(&self, jwt: &str, now: OffsetDateTime) -> Result<Option<Member>, Error> {
        let Some(subject) = self.inner.tokens.read(SessionKind::Bearer, jwt, now) else {
            return Ok(None);
        };
        let session = match self.remembered(subject.user, subject.session, now) {
            Some(row) => Some(row.seen.session.clone()),
            None => self.look(subject, now).await?,
        };
        Ok(session.map(member))
    }

    /// What is remembered of a session, if it may still be used. One whose use is to be written down is not.
    fn remembered(&self, user: UserId, session: SessionId, now: OffsetDateTime) -> Option<Arc<Row>> {
        let row = self.inner.remembered.find(self.store(), user, session, now)?;
        let good = policy::is_live(&row.seen.session, now) && !policy::is_touch_due(&row.seen.session, now);
        good.then(|| {
            self.inner.remembered.answers.fetch_add(1, Ordering::Relaxed);
            row
        })
    }

    /// Asks the database, and remembers what it says.
    async fn look(&self, subject: Subject, now: OffsetDateTime) -> Result<Option<Session>, Error> {
        // Before the question: what changes while it is under way may not be in the answer.
        let as_of = self.inner.remembered.moment(self.store(), subject.user);
        let seen = with_user::by_id(self.store(), SessionKind::Bearer, subject.session).await?;
        let live = |seen: &Seen| seen.session.user == subject.user && policy::is_live(&seen.session, now);
        let Some(mut seen) = seen.filter(live) else { return Ok(None) };
        if policy::is_touch_due(&seen.session, now) {
            if !sessions::touch(self.store(), subject.session, now).await? {
                // Ended since it was read.
                return Ok(None);
            }
            seen.session.last_used_at = now;
        }
        let session = seen.session.clone();
        if let Some(as_of) = as_of {
            self.inner.remembered.keep(as_of, seen, now);
        }
        Ok(Some(session))
    }

    /// The account of a member who was recognized just now.
    pub(crate) fn recognized(&self, member: &Member, now: OffsetDateTime) -> Option<UserView> {
        let row = self.remembered(member.user, member.session, now)?;
        Some(view::seen(&row.seen))
    }

    /// How often a remembered row was used since the start.
    #[must_use]
    pub fn remembered_count(&self) -> u64 {
        self.inner.remembered.answers.load(Ordering::Relaxed)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use domain::Role;
    use uuid::Uuid;

    const NOW: OffsetDateTime = time::macros::datetime!(2026-11-21 10:00 UTC);
    const ANA: UserId = UserId(Uuid::from_u128(1));
    const EVE: UserId = UserId(Uuid::from_u128(2));
    const SESSION: SessionId = SessionId(Uuid::from_u128(3));

    fn seen() -> Seen {
        Seen {
            session: Session {
                id: SESSION,
                user: ANA,
                kind: SessionKind::Bearer,
                persistent: true,
                authenticated_at: NOW,
                last_used_at: NOW,
                expires_at: NOW + Duration::DAY,
                ended_at: None,
                email: "ana@example.com".to_owned(),
                name: None,
                first_name: None,
                last_name: None,
                role: Role::User,
                is_active: true,
            },
            email_verified: false,
            username: None,
            bio: None,
            created_at: NOW,
            updated_at: NOW,
        }
    }

    fn store() -> Store {
        // Never connected to.
        Store::from_pool(sqlx::PgPool::connect_lazy("postgres://nobody@localhost:1/none").unwrap())
    }

    fn is_found(remembered: &Remembered, store: &Store, after: Duration) -> bool {
        remembered.find(store, ANA, SESSION, NOW + after).is_some()
    }

    #[tokio::test]
    async fn a_row_is_used_for_a_second_and_only_by_its_own() {
        let (remembered, store) = (Remembered::default(), store());
        assert!(remembered.moment(&store, ANA).is_none(), "nobody listens");
        let number = remembered.begin();
        remembered.keep(remembered.moment(&store, ANA).unwrap(), seen(), NOW);
        assert!(is_found(&remembered, &store, Duration::milliseconds(999)));
        assert!(remembered.find(&store, EVE, SESSION, NOW).is_none());
        for away in [1, -1, 3_600, -3_600] {
            assert!(!is_found(&remembered, &store, Duration::seconds(away)), "{away}");
        }
        remembered.end(number);
        assert!(!is_found(&remembered, &store, Duration::ZERO));
        remembered.begin();
        assert!(!is_found(&remembered, &store, Duration::ZERO), "nor after listening anew");
    }

    #[tokio::test]
    async fn an_answer_from_before_a_change_is_of_no_use_after_it() {
        let (remembered, store) = (Remembered::default(), store());
        remembered.begin();
        let before = remembered.moment(&store, ANA).unwrap();
        remembered.forget(ANA);
        remembered.keep(before, seen(), NOW);
        assert!(!is_found(&remembered, &store, Duration::ZERO));
        remembered.keep(remembered.moment(&store, ANA).unwrap(), seen(), NOW);
        remembered.forget(EVE);
        assert!(is_found(&remembered, &store, Duration::ZERO), "another's change is nothing to it");
        remembered.forget(ANA);
        assert!(!is_found(&remembered, &store, Duration::ZERO));
    }

    #[tokio::test]
    async fn a_listener_that_ends_late_does_not_end_the_next() {
        let (remembered, store) = (Remembered::default(), store());
        let first = remembered.begin();
        let second = remembered.begin();
        remembered.end(first);
        assert!(remembered.moment(&store, ANA).is_some());
        remembered.end(second);
        assert!(remembered.moment(&store, ANA).is_none());
    }

    #[tokio::test]
    async fn sessions_without_end_leave_few_rows() {
        let (remembered, store) = (Remembered::default(), store());
        remembered.begin();
        for n in 0..5 * MOST {
            let mut seen = seen();
            seen.session.id = SessionId(Uuid::from_u128(n as u128));
            remembered.keep(remembered.moment(&store, ANA).unwrap(), seen, NOW);
        }
        assert!(remembered.rows.len() <= MOST);
    }
}
