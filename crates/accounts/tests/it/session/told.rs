//! The program tells of every change that the triggers of the versions before told of: by `pg_notify` in the transaction,
//! and after the commit whoever asked it.

use domain::Profile;
use sqlx::postgres::PgListener;
use sqlx::{AssertSqlSafe, PgPool};
use std::collections::BTreeSet;
use std::path::Path;
use store::import::Target;
use store::invalidation::CommittedChanges;
use store::refresh_tokens::NewRefreshToken;
use store::sessions::{self, Proof, Session};
use store::users::{self, Update, closing};
use store::{Store, StoreError, TokenHash, import, refresh_tokens};
use testkit::World;
use time::{Duration, OffsetDateTime};

/// Every function that changes accounts or sessions which exist already.
const CHANGING: [&str; 20] = [
    "import::take_back",
    "refresh_tokens::exchange",
    "sessions::end",
    "sessions::end_all",
    "sessions::end_others",
    "sessions::end_others_by",
    "sessions::note_use",
    "sessions::set_factors",
    "sessions::sweep",
    "sessions::touch",
    "users::clear_password_hash",
    "users::closing::close",
    "users::closing::restore",
    "users::delete",
    "users::rehash",
    "users::set_email_verified",
    "users::set_password_hash",
    "users::set_proven_email",
    "users::update",
    // A second time, for rows of another kind.
    "sessions::sweep of ended ones",
];
/// Of these, those that change nothing that anybody is told of.
const UNTOLD: [&str; 4] =
    ["refresh_tokens::exchange", "sessions::note_use", "sessions::touch", "sessions::sweep of ended ones"];

/// What servers hear, and what the triggers say where they are a measure alone.
const CHANNELS: [&str; 2] = ["session_changes", "measure"];
/// The triggers as they were first made.
const TRIGGERS: &str = include_str!("../../../../../migrations/20261121150000_session_changes.sql");

/// From now on the triggers tell only the test.
async fn take_triggers_for_a_measure(pool: &PgPool) {
    let sql = TRIGGERS.replace("'session_changes'", "'measure'");
    let sql = sql.replace("CREATE FUNCTION", "CREATE OR REPLACE FUNCTION");
    let sql = sql.replace("CREATE TRIGGER", "CREATE OR REPLACE TRIGGER");
    sqlx::raw_sql(AssertSqlSafe(sql)).execute(pool).await.unwrap();
}

/// Listens to the program, to what it notifies of, and to the triggers.
struct Listeners {
    notified: PgListener,
    committed: CommittedChanges,
    pool: PgPool,
}

impl Listeners {
    async fn new(pool: &PgPool, store: &Store) -> Self {
        let mut notified = PgListener::connect_with(pool).await.unwrap();
        notified.listen_all(CHANNELS).await.unwrap();
        Self { notified, committed: store.committed_changes(), pool: pool.clone() }
    }

    /// Since it was asked last: what servers heard, what the triggers say, and what the program says here.
    async fn since(&mut self) -> [BTreeSet<String>; 3] {
        // Notifications come in the order of their commits.
        sqlx::query("SELECT pg_notify('session_changes', 'the last')").execute(&self.pool).await.unwrap();
        let (mut notified, mut measure) = (BTreeSet::new(), BTreeSet::new());
        loop {
            let word = self.notified.recv().await.unwrap();
            let (channel, word) = (word.channel(), word.payload().to_owned());
            if word == "the last" {
                break;
            }
            if channel == "measure" {
                measure.insert(word)
            } else {
                notified.insert(word)
            };
        }
        [notified, measure, self.committed.rest().iter().map(ToString::to_string).collect()]
    }
}

#[sqlx::test(migrator = "store::MIGRATOR")]
async fn the_program_tells_of_every_change_that_the_triggers_tell_of(pool: PgPool) {
    let world = World::new(pool.clone());
    let store = Store::from_pool(pool.clone());
    take_triggers_for_a_measure(&pool).await;
    let mut listeners = Listeners::new(&pool, &store).await;
    for (name, n) in CHANGING.iter().zip(0..) {
        let ana = world.member(&format!("ana{n}")).await;
        let session = world.holder(&ana).await.member().unwrap().session;
        let session = sessions::by_id(&store, domain::SessionKind::Browser, session).await.unwrap().unwrap();
        if *name == "sessions::sweep of ended ones" {
            world.execute("DELETE FROM sessions WHERE ended_at IS NULL").await;
            world.member("eve").await;
            world.execute("UPDATE sessions SET ended_at = created_at").await;
        }
        listeners.since().await;
        make(name, &store, &session).await;
        let [notified, measure, committed] = listeners.since().await;
        assert_eq!(committed, measure, "{name}");
        assert_eq!(notified, measure, "{name}: what other servers hear");
        assert_eq!(measure.contains(&session.user.to_string()), !UNTOLD.contains(name), "{name}");
    }
}

async fn make(name: &str, store: &Store, session: &Session) {
    let (user, at) = (session.user, session.created_at + Duration::MINUTE);
    if name.starts_with("sessions::sweep") {
        assert!(sessions::sweep(store, at + Duration::weeks(60), at, 100).await.unwrap() > 0);
        return;
    }
    if name == "sessions::touch" {
        assert!(sessions::touch(store, session.id, at).await.unwrap());
        return;
    }
    let old = users::by_id(store, user).await.unwrap().unwrap().password_hash.unwrap();
    let mut tx = store.begin().await.unwrap();
    match name {
        "import::take_back" => import::take_back(&mut tx, Target::Users, &[user]).await.unwrap(),
        "refresh_tokens::exchange" => {
            let (hash, session, expires_at) = (TokenHash::new([7; 32]), session.id, at + Duration::DAY);
            let child = NewRefreshToken { hash, session, issued_at: at, expires_at, salt: None };
            refresh_tokens::exchange(&mut tx, &hash, &child, at).await.unwrap();
        }
        "sessions::end" => assert!(sessions::end(&mut tx, user, session.id, at).await.unwrap()),
        "sessions::end_all" => assert_eq!(sessions::end_all(&mut tx, user, at).await.unwrap(), 1),
        "sessions::end_others" => {
            let kept = domain::SessionId(user.0);
            assert_eq!(sessions::end_others(&mut tx, user, kept, at).await.unwrap(), 1);
        }
        "sessions::end_others_by" => {
            let (factor, kept) = (domain::Factor::Passkey, domain::SessionId(user.0));
            sessions::set_factors(&mut tx, user, session.id, &[Proof { factor, at }]).await.unwrap();
            assert_eq!(sessions::end_others_by(&mut tx, user, (factor, kept), at).await.unwrap(), 1);
        }
        "sessions::note_use" => sessions::note_use(&mut tx, session.id, at).await.unwrap(),
        "sessions::set_factors" => {
            let proof = Proof { factor: domain::Factor::Password, at };
            sessions::set_factors(&mut tx, user, session.id, &[proof]).await.unwrap();
        }
        "users::clear_password_hash" => users::clear_password_hash(&mut tx, user, at).await.unwrap(),
        "users::closing::close" => closing::close(&mut tx, user, at, at).await.unwrap(),
        "users::closing::restore" => {
            closing::close(&mut tx, user, at, at).await.unwrap();
            assert!(closing::restore(&mut tx, user, at).await.unwrap());
        }
        "users::delete" => assert!(users::delete(&mut tx, user).await.unwrap()),
        "users::rehash" => users::rehash(&mut tx, user, &old, "new").await.unwrap(),
        "users::set_email_verified" => users::set_email_verified(&mut tx, user, at).await.unwrap(),
        "users::set_password_hash" => users::set_password_hash(&mut tx, user, "new", at).await.unwrap(),
        "users::set_proven_email" => {
            users::set_proven_email(&mut tx, user, ("new@example.com", "new@example.com"), at).await.unwrap();
        }
        "users::update" => {
            users::update(&mut tx, user, &disabling(&Profile::default(), at)).await.unwrap();
        }
        other => panic!("{other} is not in this list"),
    }
    tx.commit().await.unwrap();
}

fn disabling(profile: &Profile, at: OffsetDateTime) -> Update<'_> {
    Update {
        profile,
        username_canonical: None,
        email: None,
        role: None,
        is_active: Some(false),
        disabled_reason: None,
        at,
    }
}

/// During an upgrade: a server of the version before leaves the telling to the database.
#[sqlx::test(migrator = "store::MIGRATOR")]
async fn what_a_server_of_the_version_before_changes_is_heard(pool: PgPool) {
    let world = World::new(pool.clone());
    let ana = world.member("ana").await.viewer.id;
    let store = Store::from_pool(pool.clone());
    let mut listeners = Listeners::new(&pool, &store).await;
    world.execute("UPDATE sessions SET ended_at = created_at").await;
    let [notified, ..] = listeners.since().await;
    assert_eq!(notified, BTreeSet::from([ana.to_string()]));
    // And such a server hears a new one once, though both tell.
    let mut tx = store.begin().await.unwrap();
    users::set_email_verified(&mut tx, ana, world.accounts.now()).await.unwrap();
    tx.commit().await.unwrap();
    assert_eq!(listeners.notified.recv().await.unwrap().payload(), ana.to_string());
    let [more, ..] = listeners.since().await;
    assert_eq!(more, BTreeSet::new());
}

/// A function that changes such rows stands in the table above, or this finds it.
#[test]
fn every_statement_that_changes_accounts_or_sessions_is_tried() {
    let sources = Path::new(env!("CARGO_MANIFEST_DIR")).join("../store/src");
    let mut found = BTreeSet::new();
    let mut folders = vec![sources.clone()];
    while let Some(folder) = folders.pop() {
        for entry in std::fs::read_dir(folder).unwrap() {
            let path = entry.unwrap().path();
            if path.is_dir() {
                folders.push(path);
                continue;
            }
            let module = path.strip_prefix(&sources).unwrap().with_extension("");
            let module = module.to_str().unwrap().replace('/', "::");
            let text = std::fs::read_to_string(&path).unwrap();
            for function in text.split("pub async fn ").skip(1) {
                let name = function.split(['(', '<']).next().unwrap();
                if ["users", "sessions"].iter().any(|table| changes(function, table)) {
                    found.insert(format!("{}::{name}", module.trim_end_matches("::mod")));
                }
            }
        }
    }
    let tried = CHANGING.iter().filter(|name| !name.contains(' ')).map(|name| (*name).to_owned());
    assert_eq!(found, tried.collect());
}

fn changes(function: &str, table: &str) -> bool {
    let whole = |rest: &str| !rest.starts_with(|c: char| c.is_alphanumeric() || c == '_');
    ["UPDATE", "DELETE FROM", "TRUNCATE"]
        .iter()
        .any(|verb| function.split(&format!("{verb} {table}")).skip(1).any(whole))
}

/// What was undone is no change, and what nobody waited for may be one.
#[sqlx::test(migrator = "store::MIGRATOR")]
async fn what_is_undone_is_not_told_of(pool: PgPool) {
    let world = World::new(pool.clone());
    let ana = world.member("ana").await.viewer.id;
    let store = Store::from_pool(pool);
    let mut committed = store.committed_changes();
    let at = world.accounts.now();
    let mut tx = store.begin().await.unwrap();
    sessions::end_all(&mut tx, ana, at).await.unwrap();
    tx.rollback().await.unwrap();
    let mut tx = store.begin().await.unwrap();
    sessions::end_all(&mut tx, ana, at).await.unwrap();
    drop(tx);
    assert_eq!(committed.rest(), []);
    let mut tx = store.begin().await.unwrap();
    sessions::end_all(&mut tx, ana, at).await.unwrap();
    users::set_email_verified(&mut tx, ana, at).await.unwrap();
    assert_eq!(committed.rest(), [], "before the commit");
    tx.commit().await.unwrap();
    assert_eq!(committed.next().await, [ana], "once, however much was changed");
}

/// What waits at the end of a transaction that ends sessions, before it is committed.
async fn at_each_commit(world: &World, waits: &'static str) {
    world.execute(waits).await;
    let trigger = "CREATE CONSTRAINT TRIGGER at_commit AFTER UPDATE ON sessions
        DEFERRABLE INITIALLY DEFERRED FOR EACH ROW EXECUTE FUNCTION at_commit()";
    world.execute(trigger).await;
}

/// The request may have been dropped meanwhile. Whoever was told sooner would read, and keep, what was there before.
#[sqlx::test(migrator = "store::MIGRATOR")]
async fn a_commit_that_nobody_waits_for_is_told_of_once_it_is_done(pool: PgPool) {
    let world = World::new(pool.clone());
    let ana = world.member("ana").await.viewer.id;
    let lock = "CREATE FUNCTION at_commit() RETURNS trigger LANGUAGE plpgsql AS
        $$ BEGIN PERFORM pg_advisory_xact_lock(1); RETURN NULL; END $$";
    at_each_commit(&world, lock).await;
    let mut holder = pool.acquire().await.unwrap();
    sqlx::query("SELECT pg_advisory_lock(1)").execute(&mut *holder).await.unwrap();
    let store = Store::from_pool(pool.clone());
    let mut committed = store.committed_changes();
    let mut tx = store.begin().await.unwrap();
    sessions::end_all(&mut tx, ana, world.accounts.now()).await.unwrap();
    let mut commit = Box::pin(tx.commit());
    tokio::select! {
        _ = &mut commit => panic!("it waits for the lock"),
        () = world.until_locked_out(1) => {}
    }
    drop(commit);
    assert_eq!((store.commits(), committed.rest()), (0, Vec::new()), "before it is done");
    sqlx::query("SELECT pg_advisory_unlock(1)").execute(&mut *holder).await.unwrap();
    assert_eq!(committed.next().await, [ana]);
    assert_eq!(store.commits(), 1);
    assert_eq!(world.count("SELECT count(*) FROM sessions WHERE ended_at IS NULL").await, 0, "it is done");
}

#[sqlx::test(migrator = "store::MIGRATOR")]
async fn a_commit_whose_outcome_nobody_knows_is_told_of(pool: PgPool) {
    let world = World::new(pool.clone());
    let ana = world.member("ana").await.viewer.id;
    let lose = "CREATE FUNCTION at_commit() RETURNS trigger LANGUAGE plpgsql AS
        $$ BEGIN PERFORM pg_terminate_backend(pg_backend_pid()); RETURN NULL; END $$";
    at_each_commit(&world, lose).await;
    let store = Store::from_pool(pool);
    let mut committed = store.committed_changes();
    let mut tx = store.begin().await.unwrap();
    sessions::end_all(&mut tx, ana, world.accounts.now()).await.unwrap();
    assert!(matches!(tx.commit().await, Err(StoreError::Unconfirmed(_))));
    assert_eq!((store.commits(), committed.rest()), (1, vec![ana]));
}
