//! The cache of programs' sessions and their accounts: a call that changes nothing need not ask the database.
//!
//! P6 holds all the same. A row is used for less than a second, and only while this server hears of every change: of
//! its own by their commit, of others' by the word that decides (docs/architecture.md has the rule). The version tells a
//! query from before a change, however late its answer comes.

use crate::account::EncodedAccount;
use crate::credential::{ReadToken, Subject};
use crate::{Accounts, Error, Member, policy, view};
use domain::{SessionId, SessionKind, UserId, UserView};
use quick_cache::sync::Cache;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, OnceLock};
use store::Store;
use store::sessions::{self, SessionWithUser};
use time::{Duration, OffsetDateTime};

/// How long a row is used.
const MAX_AGE: Duration = Duration::SECOND;

/// How many rows are kept: some 20 MB.
const CAPACITY: usize = 10_000;

/// Accounts are invalidated by groups, so that nothing grows with their number.
const GROUPS: usize = 1_024;

const NOT_LISTENING: u64 = 0;
/// Stands for a listener where none is set up: the age alone limits a row's use then, by choice.
const BY_CHOICE: u64 = u64::MAX;

/// Whose word of a change is heard.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum SourceKind {
    /// Of the database: every change is told of in its own transaction.
    Database,
    /// Of Redis: there every server tells of its own.
    Redis,
}

/// The cached rows, and the versions that say which of them are still valid.
pub(crate) struct SessionCache {
    rows: Cache<SessionId, Arc<CachedSession>>,
    /// Without whose word no row may be used; that of others only drops rows.
    decides: Option<SourceKind>,
    /// The number of the present listener to that.
    listener: AtomicU64,
    listeners: AtomicU64,
    /// The version of each group of accounts: how many changes it has had.
    invalidations: [AtomicU64; GROUPS],
    hits: AtomicU64,
}

/// A row as it was read.
struct CachedSession {
    row: SessionWithUser,
    /// Whose the session is.
    member: Arc<Member>,
    /// The account as the API sends it, once that was asked for.
    encoded: OnceLock<Arc<EncodedAccount>>,
    /// By the time elapsed: a clock of the day that is set back would keep the row in use for longer.
    read_at: Duration,
    version: CacheVersion,
}

/// The versions when a row was asked for.
#[derive(Clone, Copy, PartialEq, Eq)]
struct CacheVersion {
    listener: u64,
    commits: u64,
    invalidations: u64,
}

impl SessionCache {
    pub(crate) fn new(decides: Option<SourceKind>) -> Self {
        Self {
            rows: Cache::new(CAPACITY),
            decides,
            listener: AtomicU64::new(if decides.is_some() { NOT_LISTENING } else { BY_CHOICE }),
            listeners: AtomicU64::new(NOT_LISTENING),
            invalidations: [const { AtomicU64::new(0) }; GROUPS],
            hits: AtomicU64::new(0),
        }
    }

    /// `None` while the word that decides is not heard.
    fn version(&self, store: &Store, user: UserId) -> Option<CacheVersion> {
        let listener = self.listener.load(Ordering::SeqCst);
        let (commits, invalidations) = (store.commits(), self.group(user).load(Ordering::SeqCst));
        (listener != NOT_LISTENING).then_some(CacheVersion { listener, commits, invalidations })
    }

    fn find(
        &self,
        store: &Store,
        user: UserId,
        session: SessionId,
        elapsed: Duration,
    ) -> Option<Arc<CachedSession>> {
        let cached = self.rows.get(&session)?;
        let holds = cached.row.session.user == user
            && elapsed - cached.read_at < MAX_AGE
            && Some(cached.version) == self.version(store, user);
        holds.then_some(cached)
    }

    fn insert(&self, version: CacheVersion, row: SessionWithUser, member: Arc<Member>, read_at: Duration) {
        let (id, encoded) = (row.session.id, OnceLock::new());
        self.rows.insert(id, Arc::new(CachedSession { row, member, encoded, read_at, version }));
    }

    pub(crate) fn invalidate(&self, user: UserId) {
        self.group(user).fetch_add(1, Ordering::SeqCst);
    }

    /// The last bytes of a UUID v7 are random.
    fn group(&self, UserId(user): UserId) -> &AtomicU64 {
        let [.., high, low] = user.into_bytes();
        &self.invalidations[usize::from(u16::from_be_bytes([high, low])) % GROUPS]
    }

    pub(crate) fn decides(&self, source: SourceKind) -> bool {
        self.decides == Some(source)
    }

    /// Where this source decides, rows are kept from now on, until its end.
    pub(crate) fn begin_listening(&self, source: SourceKind) -> u64 {
        let number = self.listeners.fetch_add(1, Ordering::SeqCst) + 1;
        if self.decides(source) {
            self.listener.store(number, Ordering::SeqCst);
        }
        number
    }

    /// Ends the caching of this listener, not of a newer one.
    pub(crate) fn end_listening(&self, number: u64) {
        let end = self.listener.compare_exchange(number, NOT_LISTENING, Ordering::SeqCst, Ordering::SeqCst);
        if end.is_ok() {
            self.rows.clear();
        }
    }
}

impl Accounts {
    /// Whom an access token names, for a call that changes nothing: as [`Accounts::authenticate_bearer`], but as of
    /// a second ago at most.
    ///
    /// # Errors
    /// [`Error::Unavailable`] where the database does not answer: never "not signed in" (P18).
    pub async fn authenticate_cached(
        &self,
        jwt: &str,
        now: OffsetDateTime,
    ) -> Result<Option<Arc<Member>>, Error> {
        self.authenticate_read_cached(self.read_token(SessionKind::Bearer, jwt, now), now).await
    }

    /// The same for an access token that was read already.
    ///
    /// # Errors
    /// [`Error::Unavailable`] where the database does not answer: never "not signed in" (P18).
    pub async fn authenticate_read_cached(
        &self,
        token: ReadToken,
        now: OffsetDateTime,
    ) -> Result<Option<Arc<Member>>, Error> {
        let Some(subject) = token.of(SessionKind::Bearer) else {
            return Ok(None);
        };
        if let Some(cached) = self.cached(subject.user, subject.session, now) {
            return Ok(Some(cached.member.clone()));
        }
        // Apart: what asks the database is many times as large, and each layer would move it for each request.
        Box::pin(self.load(subject, now)).await
    }

    /// The cached row of a session, if it may still be used. One whose use is to be written down may not.
    fn cached(&self, user: UserId, session: SessionId, now: OffsetDateTime) -> Option<Arc<CachedSession>> {
        let elapsed = self.inner.clock.elapsed();
        let cached = self.inner.session_cache.find(self.store(), user, session, elapsed)?;
        let session = &cached.row.session;
        let usable = policy::is_live(session, now) && !policy::is_touch_due(session, now);
        usable.then(|| {
            self.inner.session_cache.hits.fetch_add(1, Ordering::Relaxed);
            cached
        })
    }

    /// Asks the database, and caches what it says.
    async fn load(&self, subject: Subject, now: OffsetDateTime) -> Result<Option<Arc<Member>>, Error> {
        // Taken before the query: its answer may miss a change that happens meanwhile.
        let version = self.inner.session_cache.version(self.store(), subject.user);
        let read_at = self.inner.clock.elapsed();
        let row = sessions::with_user(self.store(), SessionKind::Bearer, subject.session).await?;
        let live =
            |row: &SessionWithUser| row.session.user == subject.user && policy::is_live(&row.session, now);
        let Some(mut row) = row.filter(live) else { return Ok(None) };
        if policy::is_touch_due(&row.session, now) {
            if !sessions::touch(self.store(), subject.session, now).await? {
                // Ended since it was read.
                return Ok(None);
            }
            row.session.last_used_at = now;
        }
        let member = self.member_of(row.session.clone()).await?;
        if let Some(version) = version {
            self.inner.session_cache.insert(version, row, member.clone(), read_at);
        }
        Ok(Some(member))
    }

    /// The account of a member whose session is cached.
    pub(crate) fn cached_account(&self, member: &Member, now: OffsetDateTime) -> Option<UserView> {
        let cached = self.cached(member.user, member.session, now)?;
        Some(view::with_user(&cached.row))
    }

    /// The same as the API sends it, encoded once for each row.
    pub(crate) fn cached_encoded(&self, member: &Member, now: OffsetDateTime) -> Option<Arc<EncodedAccount>> {
        let cached = self.cached(member.user, member.session, now)?;
        if let Some(encoded) = cached.encoded.get() {
            return Some(encoded.clone());
        }
        let encoded = EncodedAccount::of(&view::with_user(&cached.row)).ok()?;
        Some(cached.encoded.get_or_init(|| Arc::new(encoded)).clone())
    }

    /// How often a cached row was used since the start.
    #[must_use]
    pub fn cache_hits(&self) -> u64 {
        self.inner.session_cache.hits.load(Ordering::Relaxed)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use domain::{Profile, Role};
    use store::sessions::Session;
    use uuid::Uuid;

    const NOW: OffsetDateTime = time::macros::datetime!(2026-11-21 10:00 UTC);
    /// The time elapsed when the rows are read.
    const START: Duration = Duration::HOUR;
    const ANA: UserId = UserId(Uuid::from_u128(1));
    const EVE: UserId = UserId(Uuid::from_u128(2));
    const SESSION: SessionId = SessionId(Uuid::from_u128(3));

    fn row() -> SessionWithUser {
        SessionWithUser {
            session: Session {
                id: SESSION,
                user: ANA,
                kind: SessionKind::Bearer,
                persistent: true,
                factors: Vec::new(),
                authenticated_at: NOW,
                created_at: NOW,
                last_used_at: NOW,
                expires_at: NOW + Duration::DAY,
                ended_at: None,
                address: String::new(),
                agent: String::new(),
                email: "ana@example.com".to_owned(),
                email_verified: false,
                name: None,
                first_name: None,
                last_name: None,
                role: Role::User,
                is_active: true,
            },
            profile: Profile::default(),
            created_at: NOW,
            updated_at: NOW,
            at_standby: false,
        }
    }

    fn member() -> Arc<Member> {
        Arc::new(Member::of(row().session, false, false))
    }

    fn store() -> Store {
        // No test connects to it.
        Store::from_pool(sqlx::PgPool::connect_lazy("postgres://nobody@localhost:1/none").unwrap())
    }

    fn is_found(cache: &SessionCache, store: &Store, after: Duration) -> bool {
        cache.find(store, ANA, SESSION, START + after).is_some()
    }

    #[tokio::test]
    async fn a_row_is_used_for_a_second_and_only_by_its_own() {
        let (cache, store) = (SessionCache::new(Some(SourceKind::Database)), store());
        assert!(cache.version(&store, ANA).is_none(), "nobody listens");
        let number = cache.begin_listening(SourceKind::Database);
        cache.insert(cache.version(&store, ANA).unwrap(), row(), member(), START);
        assert!(is_found(&cache, &store, Duration::milliseconds(999)));
        assert!(cache.find(&store, EVE, SESSION, START).is_none());
        for away in [1, 3_600] {
            assert!(!is_found(&cache, &store, Duration::seconds(away)), "{away}");
        }
        cache.end_listening(number);
        assert!(!is_found(&cache, &store, Duration::ZERO));
        cache.begin_listening(SourceKind::Database);
        assert!(!is_found(&cache, &store, Duration::ZERO), "nor after listening anew");
    }

    /// The rule of docs/architecture.md: what is set up, what of it is heard or was lost, and whether rows are used.
    #[tokio::test]
    async fn a_row_is_used_while_the_word_that_decides_is_heard_or_none_is_set_up() {
        use SourceKind::{Database, Redis};
        let (store, both) = (store(), vec![Database, Redis]);
        for (set_up, heard, lost, used) in [
            (vec![Database], vec![Database], vec![], true),
            (vec![Database], vec![], vec![Database], false),
            (vec![Database], vec![], vec![], false),
            (both.clone(), vec![Database, Redis], vec![], true),
            (both.clone(), vec![Database], vec![Redis], true),
            (both.clone(), vec![Database], vec![], true),
            (both.clone(), vec![Redis], vec![Database], false),
            (both.clone(), vec![Redis], vec![], false),
            (both, vec![], vec![Redis, Database], false),
            (vec![Redis], vec![Redis], vec![], true),
            (vec![Redis], vec![], vec![Redis], false),
            (vec![Redis], vec![], vec![], false),
            (vec![], vec![], vec![], true),
        ] {
            let case = format!("{set_up:?} set up, {heard:?} heard, {lost:?} lost");
            let cache = SessionCache::new(set_up.first().copied());
            for word in heard.iter().copied() {
                cache.begin_listening(word);
            }
            for word in lost {
                let number = cache.begin_listening(word);
                if let Some(version) = cache.version(&store, ANA) {
                    cache.insert(version, row(), member(), START);
                }
                cache.end_listening(number);
                assert_eq!(is_found(&cache, &store, Duration::ZERO), used, "{case}: what was read before");
            }
            assert_eq!(cache.version(&store, ANA).is_some(), used, "{case}");
            let Some(version) = cache.version(&store, ANA) else { continue };
            cache.insert(version, row(), member(), START);
            assert!(is_found(&cache, &store, Duration::milliseconds(999)), "{case}");
            assert!(!is_found(&cache, &store, Duration::SECOND), "{case}: for less than a second");
            cache.invalidate(ANA);
            assert!(!is_found(&cache, &store, Duration::ZERO), "{case}: whoever tells of a change");
        }
    }

    #[tokio::test]
    async fn an_answer_from_before_a_change_is_of_no_use_after_it() {
        let (cache, store) = (SessionCache::new(Some(SourceKind::Database)), store());
        cache.begin_listening(SourceKind::Database);
        let before = cache.version(&store, ANA).unwrap();
        cache.invalidate(ANA);
        cache.insert(before, row(), member(), START);
        assert!(!is_found(&cache, &store, Duration::ZERO));
        cache.insert(cache.version(&store, ANA).unwrap(), row(), member(), START);
        cache.invalidate(EVE);
        assert!(is_found(&cache, &store, Duration::ZERO), "another's change is nothing to it");
        cache.invalidate(ANA);
        assert!(!is_found(&cache, &store, Duration::ZERO));
    }

    #[tokio::test]
    async fn a_listener_that_ends_late_does_not_end_the_next() {
        let (cache, store) = (SessionCache::new(Some(SourceKind::Database)), store());
        let first = cache.begin_listening(SourceKind::Database);
        let second = cache.begin_listening(SourceKind::Database);
        cache.end_listening(first);
        assert!(cache.version(&store, ANA).is_some());
        cache.end_listening(second);
        assert!(cache.version(&store, ANA).is_none());
    }

    #[tokio::test]
    async fn sessions_without_end_leave_few_rows() {
        let (cache, store) = (SessionCache::new(Some(SourceKind::Database)), store());
        cache.begin_listening(SourceKind::Database);
        for n in 0..5 * CAPACITY {
            let mut row = row();
            row.session.id = SessionId(Uuid::from_u128(n as u128));
            cache.insert(cache.version(&store, ANA).unwrap(), row, member(), START);
        }
        assert!(cache.rows.len() <= CAPACITY);
    }
}
