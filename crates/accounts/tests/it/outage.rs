use accounts::Error;
use domain::UserId;
use sqlx::{AssertSqlSafe, PgPool};
use std::time::Duration;
use store::{Store, StoreError, StoreOptions};
use testkit::{PASSWORD, World, registration, sign_in};

/// P18: an outage is never told as a wrong password, a taken address or a signed-out person.
#[sqlx::test(migrator = "store::MIGRATOR")]
async fn a_database_out_of_reach_is_said_to_be_so(pool: PgPool) {
    let world = World::new(pool);
    let ana = world.member("ana").await;
    let ctx = world.holder(&ana).await;
    let pair = world.program("ana").await;
    world.pool.close().await;
    let refusals = [
        world.accounts.sign_in(&world.stranger(), sign_in("ana@example.com", PASSWORD)).await.map(drop),
        world.accounts.sign_up(&world.stranger(), registration("eve")).await.map(drop),
        world.accounts.authenticate(&ana.token.jwt, ctx.now).await.map(drop),
        world
            .accounts
            .sign_in_bearer(&world.stranger(), sign_in("ana@example.com", PASSWORD))
            .await
            .map(drop),
        world.accounts.authenticate_bearer(&pair.access_token, ctx.now).await.map(drop),
        world.accounts.refresh(&world.stranger(), &pair.refresh_token).await.map(drop),
        world.accounts.profile(&ctx).await.map(drop),
        world.accounts.sign_out(&ctx).await,
        world.accounts.ready().await,
    ];
    for refusal in refusals {
        assert!(matches!(refusal, Err(Error::Unavailable(_))), "{refusal:?}");
    }
}

#[sqlx::test(migrator = "store::MIGRATOR")]
async fn a_database_that_answers_is_ready(pool: PgPool) {
    World::new(pool).accounts.ready().await.unwrap();
}

/// P19: with a single connection everything still works, one after the other.
#[sqlx::test(migrator = "store::MIGRATOR")]
async fn a_pool_of_one_is_enough(pool: PgPool) {
    let options = pool.connect_options().as_ref().clone();
    let one = sqlx::postgres::PgPoolOptions::new().max_connections(1).connect_with(options).await.unwrap();
    let world = World::new(one);
    let ana = world.member("ana").await;
    let tries: Vec<_> = (0..8)
        .map(|_| {
            let (accounts, jwt, now) = (world.accounts.clone(), ana.token.jwt.clone(), world.accounts.now());
            tokio::spawn(async move { accounts.authenticate(&jwt, now).await })
        })
        .collect();
    for attempt in tries {
        assert!(attempt.await.unwrap().unwrap().is_some());
    }
    let pair = world.program("ana").await;
    let pair = world.accounts.refresh(&world.stranger(), &pair.refresh_token).await.unwrap();
    assert!(world.bearer(&pair).await.member().is_ok());
}

/// A server that froze in the middle of a write holds nobody up for long, and hears of it once it goes on.
#[sqlx::test(migrator = "store::MIGRATOR")]
async fn a_transaction_that_nobody_goes_on_with_lets_go_of_its_rows(pool: PgPool) {
    World::new(pool.clone()).member("ana").await;
    let id = UserId(sqlx::query_scalar("SELECT id FROM users").fetch_one(&pool).await.unwrap());
    let promised = StoreOptions::new(pool.connect_options().as_ref().clone());
    assert_eq!(promised.statement_timeout, Duration::from_secs(3));
    assert_eq!(promised.idle_in_transaction, Duration::from_secs(10));
    let others = Store::open(&promised);
    let store = Store::open(&StoreOptions { idle_in_transaction: Duration::from_millis(50), ..promised });
    let mut frozen = store.begin().await.unwrap();
    store::users::lock(&mut frozen, id).await.unwrap().unwrap();
    // It waits for the row until the database ends the transaction that has it.
    let mut next = others.begin().await.unwrap();
    store::users::lock(&mut next, id).await.unwrap().unwrap();
    let refused = Error::from(store::users::lock(&mut frozen, id).await.map(drop).unwrap_err());
    assert!(matches!(refused, Error::Unavailable(_)), "{refused:?}");
}

/// P6: what was the primary is a standby now, and knows of no end that came after that, nor of whoever came.
#[sqlx::test(migrator = "store::MIGRATOR")]
async fn at_a_standby_nobody_is_let_in_and_nobody_is_signed_out(pool: PgPool) {
    let world = World::new(pool);
    let ana = world.member("ana").await;
    let pair = world.program("ana").await;
    let name: String =
        sqlx::query_scalar("SELECT quote_ident(current_database())").fetch_one(&world.pool).await.unwrap();
    world
        .execute("CREATE FUNCTION public.pg_is_in_recovery() RETURNS boolean LANGUAGE sql RETURN true")
        .await;
    let path = format!("ALTER DATABASE {name} SET search_path = public, pg_catalog");
    sqlx::query(AssertSqlSafe(path)).execute(&world.pool).await.unwrap();
    let pool = PgPool::connect_lazy_with(world.pool.connect_options().as_ref().clone());
    let standby = World::replica(&pool, &world.clock, |_| ());
    for sessions in ["SELECT", "UPDATE sessions SET ended_at = now()", "DELETE FROM sessions"] {
        world.execute(sessions).await;
        let now = world.accounts.now();
        for refusal in [
            standby.authenticate(&ana.token.jwt, now).await.map(drop),
            standby.authenticate_bearer(&pair.access_token, now).await.map(drop),
            standby.authenticate_cached(&pair.access_token, now).await.map(drop),
        ] {
            assert!(
                matches!(refusal, Err(Error::Unavailable(StoreError::ReadOnly))),
                "{sessions}: {refusal:?}"
            );
        }
    }
    pool.close().await;
}
