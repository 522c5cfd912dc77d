//! What else happens to an account that closes: what admins do, and what comes at the same moment.

use super::leave::{USERS, closing, restore};
use crate::crew::{admin, admin_patch, again, deletion, kinds};
use accounts::{Accounts, Error};
use serde_json::json;
use sqlx::PgPool;
use testkit::{PASSWORD, World, sign_in};
use time::Duration;

/// How often two meet.
const ROUNDS: usize = 10;

async fn comes_back(accounts: &Accounts, world: &World) -> Result<(), Error> {
    accounts.restore_bearer(&world.stranger(), sign_in("ana@example.com", PASSWORD)).await.map(drop)
}

/// On two servers: an answer that was lost is asked for again.
#[sqlx::test(migrator = "store::MIGRATOR")]
async fn of_two_who_restore_at_once_one_restores_and_both_are_in(pool: PgPool) {
    let (world, _) = closing(pool).await;
    let replica = World::replica(&world.pool, &world.clock, |_| ());
    let mut held = world.pool.begin().await.unwrap();
    sqlx::query("SELECT FROM users FOR UPDATE").execute(&mut *held).await.unwrap();
    let (one, two, ()) =
        tokio::join!(comes_back(&world.accounts, &world), comes_back(&replica, &world), async {
            world.until_locked_out(2).await;
            held.rollback().await.unwrap();
        });
    assert!(one.is_ok() && two.is_ok(), "{one:?}, {two:?}");
    assert_eq!(world.count("SELECT count(*) FROM audit_events WHERE kind = 'account_restored'").await, 1);
    let told = world.mail().await;
    assert_eq!(told.iter().filter(|mail| mail.subject.contains("was restored")).count(), 1);
}

/// Whoever restores in the last second has the account, or it is gone: never half of each.
#[sqlx::test(migrator = "store::MIGRATOR")]
async fn an_account_is_restored_or_deleted_at_its_end(pool: PgPool) {
    let world = World::new(pool);
    let replica = World::replica(&world.pool, &world.clock, |_| ());
    for round in 0..ROUNDS {
        let ana = world.holder(&world.member("ana").await).await;
        world.accounts.delete_me(&ana, deletion(None)).await.unwrap();
        world.clock.advance(Duration::days(14) - Duration::SECOND);
        let (ctx, form) = (world.stranger(), sign_in("ana@example.com", PASSWORD));
        world.clock.advance(Duration::SECOND);
        let (restored, swept) =
            tokio::join!(world.accounts.restore_bearer(&ctx, form), replica.sweep(replica.now()),);
        swept.unwrap();
        let there = world.count("SELECT count(*) FROM users WHERE is_active AND closes_at IS NULL").await;
        match restored {
            Ok(_) => assert_eq!((there, world.count(USERS).await), (1, 1), "round {round}"),
            Err(Error::WrongCredentials) => {
                replica.sweep(replica.now()).await.unwrap();
                assert_eq!(world.count(USERS).await, 0, "round {round}");
            }
            Err(other) => panic!("round {round}: {other}"),
        }
        world.execute("TRUNCATE users CASCADE").await;
    }
}

/// Whoever signs in while the account closes has been signed out, or is refused.
#[sqlx::test(migrator = "store::MIGRATOR")]
async fn no_session_outlives_the_closing_that_it_met(pool: PgPool) {
    let world = World::new(pool);
    let replica = World::replica(&world.pool, &world.clock, |_| ());
    for round in 0..ROUNDS {
        let name = format!("ana{round}");
        let ana = world.holder(&world.member(&name).await).await;
        let form = sign_in(&format!("{name}@example.com"), PASSWORD);
        let stranger = world.stranger();
        let (signed_in, closed) =
            tokio::join!(world.accounts.sign_in(&stranger, form), replica.delete_me(&ana, deletion(None)),);
        closed.unwrap();
        let refused = matches!(signed_in, Err(Error::WrongCredentials | Error::AccountClosing { .. }));
        assert!(signed_in.is_ok() || refused, "round {round}: {signed_in:?}");
        assert_eq!(
            world.count("SELECT count(*) FROM sessions WHERE ended_at IS NULL").await,
            0,
            "round {round}"
        );
    }
}

/// A guess that is hashed while the job deletes the account is recorded afterwards.
#[sqlx::test(migrator = "store::MIGRATOR")]
async fn what_comes_after_a_deletion_names_no_place(pool: PgPool) {
    let world = World::new(pool);
    let ada = world.holder(&admin(&world, "ada").await).await;
    let ana = world.member("ana").await;
    world.accounts.delete_user(&ada, ana.viewer.id).await.unwrap();
    let sql = "INSERT INTO audit_events (id, at, kind, subject_id, address, agent, request_id)
               VALUES (gen_random_uuid(), now(), 'sign_in_failed', $1, '2001:db8::1', 'a browser', 'late')";
    sqlx::query(sql).bind(ana.viewer.id.0).execute(&world.pool).await.unwrap();
    world.accounts.sweep(world.accounts.now()).await.unwrap();
    let details =
        "SELECT count(*) FROM audit_details JOIN audit_events ON event_id = id WHERE request_id = 'late'";
    assert_eq!(world.count(details).await, 0);
    let kept = "SELECT count(*) FROM audit_details d JOIN audit_events ON event_id = id
                WHERE kind = 'account_deleted' AND d.address IS NOT NULL";
    assert_eq!(world.count(kept).await, 1, "an admin's own stays");
}

/// The right password is no failure, whatever becomes of it.
#[sqlx::test(migrator = "store::MIGRATOR")]
async fn whoever_is_told_why_they_are_disabled_made_no_mistake(pool: PgPool) {
    let world = World::new(pool);
    world.member("ana").await;
    world.execute("UPDATE users SET is_active = false, disabled_reason = 'Spam.'").await;
    for _ in 0..12 {
        let told = world.accounts.sign_in(&world.stranger(), sign_in("ana@example.com", PASSWORD)).await;
        assert!(matches!(told, Err(Error::AccountDisabled { .. })), "{told:?}");
    }
}

/// P28: nobody is left to manage accounts when the closing one is gone.
#[sqlx::test(migrator = "store::MIGRATOR")]
async fn a_closing_admin_does_not_count(pool: PgPool) {
    let world = World::new(pool);
    let (ada, eve) = (admin(&world, "ada").await, admin(&world, "eve").await);
    world.accounts.delete_me(&world.holder(&eve).await, deletion(None)).await.unwrap();
    let refused = world.accounts.delete_me(&world.holder(&ada).await, deletion(None)).await;
    assert!(matches!(refused, Err(Error::LastAdmin)));
}

#[sqlx::test(migrator = "store::MIGRATOR")]
async fn an_admin_ends_the_grace_either_way(pool: PgPool) {
    let (world, ana) = closing(pool).await;
    let ada = admin(&world, "ada").await;
    let (ctx, id) = (world.holder(&ada).await, ana.viewer.id);
    world.accounts.change_user(&ctx, id, admin_patch(json!({"is_active": true}))).await.unwrap();
    again(&world, "ana").await;
    world.accounts.change_user(&ctx, id, admin_patch(json!({"is_active": false}))).await.unwrap();
    world.clock.advance(Duration::days(15));
    world.accounts.sweep(world.accounts.now()).await.unwrap();
    assert_eq!(world.count(USERS).await, 2, "a disabled account closes no longer");
    let ctx = world.holder(&again(&world, "ada").await).await;
    world.accounts.delete_user(&ctx, id).await.unwrap();
    assert_eq!(world.count(USERS).await, 1, "an admin's deletion knows no grace");
}

/// Whoever deletes the account as soon as they are noticed is disabled all the same.
#[sqlx::test(migrator = "store::MIGRATOR")]
async fn an_admin_disables_an_account_that_closes(pool: PgPool) {
    let (world, ana) = closing(pool).await;
    let ada = admin(&world, "ada").await;
    let (ctx, id) = (world.holder(&ada).await, ana.viewer.id);
    let seen = world.accounts.user(&ctx, id).await.unwrap();
    assert!(!seen.is_active && seen.closes_at.is_some());
    let disable = || admin_patch(json!({"is_active": false}));
    let disabled = world.accounts.change_user(&ctx, id, disable()).await.unwrap();
    assert!(!disabled.is_active && disabled.closes_at.is_none());
    assert!(kinds(&world).await.contains(&"account_disabled".to_owned()));
    assert!(restore(&world, &world.stranger(), PASSWORD).await.is_err());
    let events = world.count("SELECT count(*) FROM audit_events").await;
    world.accounts.change_user(&ctx, id, disable()).await.unwrap();
    assert_eq!(world.count("SELECT count(*) FROM audit_events").await, events, "no change");
    world.clock.advance(Duration::days(15));
    world.accounts.sweep(world.accounts.now()).await.unwrap();
    assert_eq!(world.count(USERS).await, 2);
}
