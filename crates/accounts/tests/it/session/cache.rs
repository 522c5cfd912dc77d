//! P6 with a cache of sessions: two servers that hear of each other's changes.

use crate::crew::{admin, admin_patch, deletion, patch};
use accounts::{Accounts, Error, InvalidationError, Invalidations, RequestCtx, version};
use domain::{PasswordForm, TokenPair};
use serde_json::json;
use sqlx::PgPool;
use std::sync::Arc;
use testkit::{PASSWORD, World};
use time::Duration;

/// Another server over the same database, which listens.
struct Replica {
    accounts: Accounts,
    invalidations: Invalidations,
}

async fn listen(accounts: &Accounts) -> Invalidations {
    accounts.listen(&accounts.sources()[0]).await.unwrap()
}

impl Replica {
    async fn new(world: &World) -> Self {
        let accounts = World::replica(&world.pool, &world.clock, |_| ());
        let invalidations = listen(&accounts).await;
        Self { accounts, invalidations }
    }

    async fn knows(&self, pair: &TokenPair) -> bool {
        let now = self.accounts.now();
        self.accounts.authenticate_cached(&pair.access_token, now).await.unwrap().is_some()
    }

    /// Whether the answer came from the cache.
    async fn is_cached(&self, pair: &TokenPair) -> bool {
        let before = self.accounts.cache_hits();
        assert!(self.knows(pair).await);
        self.accounts.cache_hits() > before
    }

    /// Waits for word of a change; without any, a test must end all the same.
    async fn next_invalidation(&mut self) {
        let heard =
            tokio::time::timeout(std::time::Duration::from_secs(20), self.invalidations.next_invalidation());
        heard.await.unwrap().unwrap();
    }
}

#[sqlx::test(migrator = "store::MIGRATOR")]
async fn what_one_server_changes_the_other_forgets_at_its_word(pool: PgPool) {
    let world = World::new(pool);
    let boss = admin(&world, "boss").await;
    let boss = world.holder(&boss).await;
    for change in ["sign-out", "password", "disable", "role", "delete", "deleted by oneself", "session"] {
        let mut replica = Replica::new(&world).await;
        let name = format!("n{}", world.count("SELECT count(*) FROM users").await);
        let ana = world.member(&name).await;
        let pair = world.program(&name).await;
        assert!(!replica.is_cached(&pair).await && replica.is_cached(&pair).await, "{change}");
        let (here, user) = (world.bearer(&pair).await, ana.viewer.id);
        let there = world.holder(&ana).await;
        make(&world, change, &boss, &here, &there, user).await;
        replica.next_invalidation().await;
        assert!(!replica.knows(&pair).await, "{change}");
    }
}

async fn make(
    world: &World,
    change: &str,
    boss: &RequestCtx,
    here: &RequestCtx,
    there: &RequestCtx,
    user: domain::UserId,
) {
    let accounts = &world.accounts;
    match change {
        "sign-out" => accounts.sign_out(here).await.unwrap(),
        "password" => {
            let new_password = "amber lantern on the step".into();
            let form = PasswordForm { current_password: PASSWORD.into(), new_password };
            accounts.change_password(there, form).await.unwrap();
        }
        "disable" => accounts
            .change_user(boss, user, admin_patch(json!({"is_active": false})))
            .await
            .map(drop)
            .unwrap(),
        "role" => {
            accounts.change_user(boss, user, admin_patch(json!({"role": "admin"}))).await.map(drop).unwrap();
        }
        "delete" => accounts.delete_user(boss, user).await.unwrap(),
        "deleted by oneself" => accounts.delete_me(here, deletion(Some(PASSWORD))).await.unwrap(),
        _ => accounts.end_my_other_sessions(there).await.map(drop).unwrap(),
    }
}

#[sqlx::test(migrator = "store::MIGRATOR")]
async fn one_reads_what_one_has_just_written(pool: PgPool) {
    let world = World::new(pool);
    let replica = Replica::new(&world).await;
    world.member("ana").await;
    let pair = world.program("ana").await;
    assert!(!replica.is_cached(&pair).await && replica.is_cached(&pair).await);
    let ctx = world.bearer(&pair).await;
    let saved = replica.accounts.change_me(&ctx, patch(json!({"name": "Ana"}))).await.unwrap();
    // Before any word of it has come.
    assert!(!replica.is_cached(&pair).await);
    assert_eq!(replica.accounts.me(&ctx).await.unwrap(), saved);
    assert!(replica.is_cached(&pair).await);
    replica.accounts.sign_out(&ctx).await.unwrap();
    assert!(!replica.knows(&pair).await);
}

#[sqlx::test(migrator = "store::MIGRATOR")]
async fn without_any_word_a_row_is_used_for_less_than_a_second(pool: PgPool) {
    let world = World::new(pool);
    let replica = Replica::new(&world).await;
    world.member("ana").await;
    let pair = world.program("ana").await;
    assert!(!replica.is_cached(&pair).await);
    world.execute("UPDATE sessions SET ended_at = now()").await;
    world.clock.advance(Duration::milliseconds(999));
    assert!(replica.is_cached(&pair).await, "or this test proves nothing");
    world.clock.advance(Duration::MILLISECOND);
    assert!(!replica.knows(&pair).await);
}

#[sqlx::test(migrator = "store::MIGRATOR")]
async fn who_does_not_listen_caches_nothing(pool: PgPool) {
    let world = World::new(pool);
    let mut replica = Replica::new(&world).await;
    let deaf = World::replica(&world.pool, &world.clock, |_| ());
    world.member("ana").await;
    let pair = world.program("ana").await;
    let now = world.accounts.now();
    for _ in 0..2 {
        assert!(deaf.authenticate_cached(&pair.access_token, now).await.unwrap().is_some());
    }
    assert_eq!(deaf.cache_hits(), 0);
    assert!(!replica.is_cached(&pair).await && replica.is_cached(&pair).await);
    world
        .execute(
            "SELECT pg_terminate_backend(pid) FROM pg_stat_activity
             WHERE datname = current_database() AND query LIKE 'LISTEN%'",
        )
        .await;
    assert!(matches!(replica.invalidations.next_invalidation().await, Err(InvalidationError::Database(_))));
    assert!(!replica.is_cached(&pair).await && !replica.is_cached(&pair).await);
    world.execute("UPDATE sessions SET ended_at = now()").await;
    assert!(!replica.knows(&pair).await);
    // Listening anew begins with nothing, not even with what was remembered before.
    world.execute("UPDATE sessions SET ended_at = NULL").await;
    replica.invalidations = listen(&replica.accounts).await;
    assert!(!replica.is_cached(&pair).await && replica.is_cached(&pair).await);
    drop(replica.invalidations);
    assert_eq!(replica.accounts.cache_hits(), 2);
    let found = replica.accounts.authenticate_cached(&pair.access_token, now).await.unwrap();
    assert_eq!((found.is_some(), replica.accounts.cache_hits()), (true, 2));
}

#[sqlx::test(migrator = "store::MIGRATOR")]
async fn use_is_written_down_once_a_minute_and_is_no_change(pool: PgPool) {
    let world = World::new(pool);
    let mut replica = Replica::new(&world).await;
    world.member("ana").await;
    let eve = world.member("eve").await;
    let pair = world.program("ana").await;
    let used = "SELECT count(*) FROM sessions WHERE kind = 'bearer' AND last_used_at > created_at";
    for (seconds, written) in [(59, 0), (1, 1)] {
        world.clock.advance(Duration::seconds(seconds));
        assert!(!replica.is_cached(&pair).await);
        assert_eq!(world.count(used).await, written);
        assert!(replica.is_cached(&pair).await, "also right after it was written down");
    }
    // The first word that comes is of another's end: none came of the use.
    let elsewhere = world.holder(&eve).await;
    world.accounts.sign_out(&elsewhere).await.unwrap();
    replica.next_invalidation().await;
    assert!(replica.is_cached(&pair).await);
}

#[sqlx::test(migrator = "store::MIGRATOR")]
async fn what_changes_anything_asks_anew(pool: PgPool) {
    let world = World::new(pool);
    let replica = Replica::new(&world).await;
    world.member("ana").await;
    let pair = world.program("ana").await;
    assert!(!replica.is_cached(&pair).await && replica.is_cached(&pair).await);
    world.execute("UPDATE users SET is_active = false").await;
    assert!(replica.knows(&pair).await, "no word was listened to yet");
    let now = world.accounts.now();
    assert!(replica.accounts.authenticate_bearer(&pair.access_token, now).await.unwrap().is_none());
}

#[sqlx::test(migrator = "store::MIGRATOR")]
async fn ones_own_account_is_answered_without_asking_again(pool: PgPool) {
    let world = World::new(pool);
    let replica = Replica::new(&world).await;
    world.member("ana").await;
    let pair = world.program("ana").await;
    let ctx = world.bearer(&pair).await;
    let asked = replica.accounts.me(&ctx).await.unwrap();
    assert!(replica.knows(&pair).await);
    // With the database gone only memory is left.
    world.pool.close().await;
    assert_eq!(replica.accounts.me(&ctx).await.unwrap(), asked);
    let sent = replica.accounts.me_encoded(&ctx).await.unwrap();
    assert_eq!(
        (&sent.json, &sent.version),
        (&serde_json::to_vec(&asked).unwrap(), &version::of_view(&asked))
    );
    assert!(Arc::ptr_eq(&sent, &replica.accounts.me_encoded(&ctx).await.unwrap()), "encoded once");
    assert!(replica.knows(&pair).await);
    world.clock.advance(Duration::SECOND);
    let ctx = RequestCtx { now: world.accounts.now(), ..ctx };
    assert!(matches!(replica.accounts.me(&ctx).await, Err(Error::Unavailable(_))));
    assert!(matches!(replica.accounts.me_encoded(&ctx).await, Err(Error::Unavailable(_))));
}

#[sqlx::test(migrator = "store::MIGRATOR")]
async fn the_sweep_tells_of_no_session_whose_end_was_told(pool: PgPool) {
    let world = World::new(pool);
    world.member("ana").await;
    world.execute("UPDATE sessions SET ended_at = now()").await;
    let living = world.member("bob").await.viewer.id;
    let mut told = sqlx::postgres::PgListener::connect_with(&world.pool).await.unwrap();
    told.listen("session_changes").await.unwrap();
    world.execute("DELETE FROM sessions WHERE ended_at IS NOT NULL").await;
    world.execute("DELETE FROM sessions").await;
    assert_eq!(told.recv().await.unwrap().payload(), living.to_string());
}
