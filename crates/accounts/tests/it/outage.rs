use accounts::{Error, Hashing, SignedIn};
use domain::UserId;
use sqlx::AssertSqlSafe;
use sqlx::postgres::{PgPool, PgPoolOptions};
use std::time::Duration;
use store::{Store, StoreError, StoreOptions};
use testkit::{PASSWORD, World, registration, sign_in};
use tokio::task::JoinSet;
use tokio::time::timeout;

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
    let one = PgPoolOptions::new()
        .max_connections(1)
        .acquire_timeout(Duration::from_secs(10))
        .connect_with(options)
        .await
        .unwrap();
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
    let hold = world.pool.acquire().await.unwrap();
    world.accounts.learn_hashes().await.expect("what takes long takes no request's connection");
    drop(hold);
}

/// A world over a pool of ten, where whoever waits for a connection, or for a share of them, gives up after that long.
async fn over_ten(pool: &PgPool, wait: Duration) -> World {
    let ten = PgPoolOptions::new().max_connections(10).acquire_timeout(wait);
    let ten = ten.connect_with(pool.connect_options().as_ref().clone()).await.unwrap();
    World::with(ten, |settings| settings.hashing.permits = 1)
}

/// So many strangers sign in at once.
fn flood(world: &World, strangers: usize) -> JoinSet<Result<SignedIn, Error>> {
    let attempts = (0..strangers).map(|n| {
        let (accounts, ctx) = (world.accounts.clone(), world.stranger());
        let form = sign_in(&format!("somebody-{n}@example.com"), "wrong");
        async move { accounts.sign_in(&ctx, form).await }
    });
    attempts.collect()
}

/// P16: while a flood of sign-ins waits for the database, when each is counted and when it is written down, members' calls
/// find a connection.
#[sqlx::test(migrator = "store::MIGRATOR")]
async fn a_flood_of_sign_ins_leaves_members_connections(pool: PgPool) {
    let world = over_ten(&pool, Duration::from_mins(1)).await;
    let ana = world.member("ana").await;
    for stop in ["LOCK TABLE throttle_rates, throttle_failures", "LOCK TABLE audit_events"] {
        let mut stopped = pool.begin().await.unwrap();
        sqlx::query(stop).execute(&mut *stopped).await.unwrap();
        let flood = flood(&world, 100);
        let waiting = "SELECT count(*) FROM pg_locks JOIN pg_database ON pg_database.oid = database
                       WHERE datname = current_database() AND NOT granted";
        let five =
            async { while sqlx::query_scalar::<_, i64>(waiting).fetch_one(&pool).await.unwrap() < 5 {} };
        timeout(Duration::from_mins(1), five).await.expect("five that wait");
        for _ in 0..50 {
            let found = world.accounts.authenticate(&ana.token.jwt, world.accounts.now());
            let found = timeout(Duration::from_secs(20), found).await.expect("a connection");
            assert!(found.unwrap().is_some(), "{stop}");
        }
        stopped.rollback().await.unwrap();
        flood.join_all().await;
    }
}

/// P12: of a flood that was counted and waits in vain, only what got a verdict is a failure.
#[sqlx::test(migrator = "store::MIGRATOR")]
async fn what_waits_in_vain_for_the_database_is_no_failure(pool: PgPool) {
    let world = over_ten(&pool, Duration::from_secs(1)).await;
    let mut stopped = pool.begin().await.unwrap();
    sqlx::query("LOCK TABLE audit_events").execute(&mut *stopped).await.unwrap();
    let mut flood = flood(&world, 25);
    for _ in 0..20 {
        let in_vain = flood.join_next().await.unwrap().unwrap();
        assert!(matches!(in_vain, Err(Error::Overloaded)), "{in_vain:?}");
    }
    stopped.rollback().await.unwrap();
    flood.join_all().await;
    // Each is counted for the name and beside it.
    let failures = "SELECT coalesce(sum(failures), 0)::bigint FROM throttle_failures";
    assert!(world.count(failures).await <= 2 * 5);
}

/// P16: what is too much for the queue is refused without the database.
#[sqlx::test(migrator = "store::MIGRATOR")]
async fn a_surplus_of_sign_ins_asks_the_database_nothing(pool: PgPool) {
    let slow = Hashing { memory_kib: Hashing::MOST_MEMORY_KIB, passes: 10, lanes: 1, permits: 1 };
    let world = World::with(pool, |settings| settings.hashing = slow);
    let _flood = flood(&world, 40);
    // One works, and 24 strangers may wait.
    let full = async {
        while world.accounts.measures().hashing.waiting < 24 {
            tokio::task::yield_now().await;
        }
    };
    timeout(Duration::from_mins(1), full).await.expect("a full queue");
    // It is closed from now on; who waits for the last connections waits too long.
    drop(world.pool.close());
    let surplus = world.accounts.sign_in(&world.stranger(), sign_in("ana@example.com", "wrong")).await;
    assert!(matches!(surplus, Err(Error::Overloaded)), "{surplus:?}");
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
