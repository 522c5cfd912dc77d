//! The job of the retention table: what fails stops nothing else.

use crate::crew::deletion;
use accounts::{Clock, Error, SystemClock};
use domain::UserId;
use sqlx::PgPool;
use std::sync::Arc;
use testkit::{HandClock, World};
use time::Duration;

const USERS: &str = "SELECT count(*) FROM users";

/// Somebody whose account closes from now on.
async fn closing(world: &World, name: &str) -> UserId {
    let somebody = world.member(name).await;
    world.accounts.delete_me(&world.holder(&somebody).await, deletion(None)).await.unwrap();
    world.clock.advance(Duration::SECOND);
    somebody.viewer.id
}

#[sqlx::test(migrator = "store::MIGRATOR")]
async fn an_account_that_cannot_be_deleted_keeps_nothing_else(pool: PgPool) {
    let world = World::new(pool);
    let ana = closing(&world, "ana").await;
    closing(&world, "bob").await;
    world.member("eve").await;
    world
        .execute(
            "CREATE FUNCTION refuse() RETURNS trigger LANGUAGE plpgsql AS
             $$ BEGIN RAISE EXCEPTION 'not this one'; END $$",
        )
        .await;
    world
        .execute(
            "CREATE TRIGGER refuse BEFORE DELETE ON users FOR EACH ROW
             WHEN (OLD.email LIKE 'ana@%') EXECUTE FUNCTION refuse()",
        )
        .await;
    world.clock.advance(Duration::days(31));
    let unswept = world.accounts.sweep(world.accounts.now()).await.unwrap_err();
    let what: Vec<_> = unswept.iter().map(|unswept| unswept.what.as_str()).collect();
    assert_eq!(what, [format!("account {ana}")]);
    assert_eq!(world.count("SELECT count(*) FROM users WHERE email LIKE 'bob@%'").await, 0);
    assert_eq!(world.count("SELECT count(*) FROM sessions").await, 0, "eve's has ended");
    world.execute("DROP TRIGGER refuse ON users").await;
    world.accounts.sweep(world.accounts.now()).await.unwrap();
    assert_eq!(world.count(USERS).await, 1);
}

#[sqlx::test(migrator = "store::MIGRATOR")]
async fn a_table_that_cannot_be_swept_keeps_no_other(pool: PgPool) {
    let world = World::new(pool);
    world.member("eve").await;
    world
        .execute(
            "CREATE FUNCTION refuse() RETURNS trigger LANGUAGE plpgsql AS
             $$ BEGIN RAISE EXCEPTION 'not this one'; END $$",
        )
        .await;
    world
        .execute("CREATE TRIGGER refuse BEFORE DELETE ON sessions FOR EACH ROW EXECUTE FUNCTION refuse()")
        .await;
    world.clock.advance(Duration::days(400));
    let unswept = world.accounts.sweep(world.accounts.now()).await.unwrap_err();
    assert_eq!(unswept.len(), 1, "{unswept:?}");
    assert_eq!(world.count("SELECT count(*) FROM known_devices").await, 0);
}

/// A program that signs in once a minute leaves half a million events in a year.
#[sqlx::test(migrator = "store::MIGRATOR")]
async fn a_long_trail_is_emptied_in_pieces(pool: PgPool) {
    let world = World::new(pool);
    closing(&world, "ana").await;
    world
        .execute(
            "INSERT INTO audit_events (id, at, kind, actor_id, subject_id, address, agent, request_id, detail)
             SELECT gen_random_uuid(), now(), 'signed_in', id, id, '2001:db8::1', 'a program', 'long', '{}'
             FROM users, generate_series(1, 25000)",
        )
        .await;
    world
        .execute(
            "CREATE FUNCTION limited() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN
                IF (SELECT count(*) FROM changed) > 10000 THEN RAISE EXCEPTION 'too many at once'; END IF;
                RETURN NULL;
             END $$",
        )
        .await;
    world
        .execute(
            "CREATE TRIGGER limited AFTER DELETE ON audit_details REFERENCING OLD TABLE AS changed
             FOR EACH STATEMENT EXECUTE FUNCTION limited()",
        )
        .await;
    world.clock.advance(Duration::days(14));
    world.accounts.sweep(world.accounts.now()).await.unwrap();
    assert_eq!(world.count(USERS).await, 0);
    let kept = "SELECT count(*) FROM audit_events e JOIN audit_details d ON event_id = id
                WHERE request_id = 'long' AND d.address IS NOT NULL";
    assert_eq!(world.count(kept).await, 0);
}

/// What it takes for ended may have weeks left.
#[sqlx::test(migrator = "store::MIGRATOR")]
async fn a_server_whose_clock_is_far_off_deletes_nothing(pool: PgPool) {
    let world = World::new(pool);
    closing(&world, "ana").await;
    let clock = Arc::new(HandClock::at(SystemClock.now() + Duration::days(21)));
    let ahead = World::replica(&world.pool, &clock, |_| ());
    ahead.measure_clock().await.unwrap();
    let unswept = ahead.sweep(ahead.now()).await.unwrap_err();
    assert!(matches!(unswept[0].error, Error::ClockSkew), "{unswept:?}");
    assert_eq!(world.count(USERS).await, 1);
}

#[sqlx::test(migrator = "store::MIGRATOR")]
async fn the_end_of_an_account_is_told_by_the_database_s_clock(pool: PgPool) {
    let world = World::new(pool);
    closing(&world, "ana").await;
    world.execute("UPDATE users SET closes_at = now() - interval '10 s'").await;
    let clock = Arc::new(HandClock::at(SystemClock.now() - Duration::seconds(20)));
    let behind = World::replica(&world.pool, &clock, |_| ());
    behind.measure_clock().await.unwrap();
    behind.sweep(behind.now()).await.unwrap();
    assert_eq!(world.count(USERS).await, 0);
}
