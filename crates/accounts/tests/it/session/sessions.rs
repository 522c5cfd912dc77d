use accounts::{Accounts, RequestCtx, SignedIn};
use domain::SignInForm;
use sqlx::PgPool;
use testkit::{PASSWORD, World, sign_in};
use time::Duration;

#[sqlx::test(migrator = "store::MIGRATOR")]
async fn signing_out_acts_at_once_on_every_replica(pool: PgPool) {
    let world = World::new(pool);
    let replica = World::replica(&world.pool, &world.clock, |_| ());
    let ana = world.member("ana").await;
    assert!(is_signed_in(&replica, &world, &ana).await);
    let ctx = world.holder(&ana).await;
    world.accounts.sign_out(&ctx).await.unwrap();
    assert!(!is_signed_in(&world.accounts, &world, &ana).await);
    assert!(!is_signed_in(&replica, &world, &ana).await);
}

#[sqlx::test(migrator = "store::MIGRATOR")]
async fn a_stranger_may_sign_out_and_nothing_happens(pool: PgPool) {
    let world = World::new(pool);
    world.accounts.sign_out(&world.stranger()).await.unwrap();
    assert_eq!(world.count("SELECT count(*) FROM audit_events").await, 0);
}

#[sqlx::test(migrator = "store::MIGRATOR")]
async fn disabling_or_deleting_an_account_ends_its_sessions_at_once(pool: PgPool) {
    let world = World::new(pool);
    let ana = world.member("ana").await;
    world.execute("UPDATE users SET is_active = false").await;
    assert!(!is_signed_in(&world.accounts, &world, &ana).await);
    world.execute("UPDATE users SET is_active = true").await;
    assert!(is_signed_in(&world.accounts, &world, &ana).await);
    world.execute("DELETE FROM users").await;
    assert!(!is_signed_in(&world.accounts, &world, &ana).await);
}

#[sqlx::test(migrator = "store::MIGRATOR")]
async fn a_session_in_use_is_renewed_once_a_minute_and_outlives_its_token(pool: PgPool) {
    let world = World::new(pool);
    world.member("ana").await;
    let form = SignInForm { remember: "on".into(), ..sign_in("ana@example.com", PASSWORD) };
    let ana = world.accounts.sign_in(&world.stranger(), form).await.unwrap();
    let renewed = |ctx: RequestCtx, jwt: String| {
        let accounts = world.accounts.clone();
        async move { accounts.authenticate(&jwt, ctx.now).await.unwrap().unwrap().renewed }
    };
    world.clock.advance(Duration::seconds(59));
    assert!(renewed(world.stranger(), ana.token.jwt.clone()).await.is_none());
    world.clock.advance(Duration::days(2));
    let fresh = renewed(world.stranger(), ana.token.jwt.clone()).await.unwrap();
    assert_eq!(fresh.max_age, Some(Duration::days(7)));
    assert_ne!(fresh.jwt, ana.token.jwt);
    assert!(renewed(world.stranger(), ana.token.jwt.clone()).await.is_none(), "not twice in a minute");
}

#[sqlx::test(migrator = "store::MIGRATOR")]
async fn an_unused_session_dies_after_a_week_and_a_used_one_after_a_month(pool: PgPool) {
    let world = World::new(pool);
    let idle = world.member("idle").await;
    let busy = world.member("busy").await;
    for _ in 0..5 {
        world.clock.advance(Duration::days(6));
        is_signed_in(&world.accounts, &world, &busy).await;
    }
    assert!(!is_signed_in(&world.accounts, &world, &idle).await);
    assert!(!is_signed_in(&world.accounts, &world, &busy).await, "30 days are over");
}

#[sqlx::test(migrator = "store::MIGRATOR")]
async fn reading_a_session_writes_nothing_but_its_last_use(pool: PgPool) {
    let world = World::new(pool);
    let ana = world.member("ana").await;
    let digest = "SELECT count(*) FROM users, sessions, audit_events";
    let before = world.count(digest).await;
    world.clock.advance(Duration::minutes(5));
    assert!(is_signed_in(&world.accounts, &world, &ana).await);
    assert_eq!(world.count(digest).await, before);
    assert_eq!(world.count("SELECT count(*) FROM sessions WHERE last_used_at > created_at").await, 1);
}

#[sqlx::test(migrator = "store::MIGRATOR")]
async fn a_token_never_opens_another_persons_session(pool: PgPool) {
    let world = World::new(pool);
    let ana = world.member("ana").await;
    world.member("eve").await;
    world
        .execute("UPDATE sessions SET user_id = (SELECT id FROM users WHERE email_canonical LIKE 'eve%')")
        .await;
    assert!(!is_signed_in(&world.accounts, &world, &ana).await);
}

#[sqlx::test(migrator = "store::MIGRATOR")]
async fn the_sweep_deletes_dead_rows_and_no_living_one(pool: PgPool) {
    let world = World::new(pool);
    let ended = world.member("ended").await;
    world.member("idle").await;
    let ctx = world.holder(&ended).await;
    world.accounts.sign_out(&ctx).await.unwrap();
    assert_eq!(world.accounts.sweep(world.accounts.now()).await.unwrap(), 1);
    world.clock.advance(Duration::days(7));
    let living = world.member("living").await;
    assert_eq!(world.accounts.sweep(world.accounts.now()).await.unwrap(), 1);
    assert!(is_signed_in(&world.accounts, &world, &living).await);
}

async fn is_signed_in(accounts: &Accounts, world: &World, who: &SignedIn) -> bool {
    accounts.authenticate(&who.token.jwt, world.accounts.now()).await.unwrap().is_some()
}
