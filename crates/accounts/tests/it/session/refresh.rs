use accounts::{Accounts, Error, RequestCtx, SigningKey};
use domain::{Factor, TokenPair};
use sqlx::PgPool;
use std::collections::HashSet;
use std::time::Instant;
use store::sessions::Proof;
use testkit::World;
use time::Duration;

/// Tokens that could still be exchanged.
const LIVE: &str = "SELECT count(*) FROM refresh_tokens t JOIN sessions s ON s.id = t.session_id \
                    WHERE t.used_at IS NULL AND t.killed_at IS NULL AND s.ended_at IS NULL";
const REPLAYS: &str = "SELECT count(*) FROM audit_events WHERE kind = 'refresh_token_replayed'";
/// Rounds of the parallel test; promise P4 names 500.
const ROUNDS: usize = 16;

async fn refresh(world: &World, pair: &TokenPair) -> Result<TokenPair, Error> {
    world.accounts.refresh(&world.stranger(), &pair.refresh_token).await
}

async fn is_refused(world: &World, pair: &TokenPair) -> bool {
    matches!(refresh(world, pair).await, Err(Error::InvalidToken))
}

#[sqlx::test(migrator = "store::MIGRATOR")]
async fn an_exchange_gives_a_new_pair_and_proves_nothing_anew(pool: PgPool) {
    let world = World::new(pool);
    world.member("ana").await;
    let first = world.program("ana").await;
    let signed_in_at = world.accounts.now();
    world.clock.advance(Duration::minutes(20));
    let second = refresh(&world, &first).await.unwrap();
    assert_ne!(first.refresh_token, second.refresh_token);
    assert!(world.bearer(&first).await.member().is_ok(), "an access token lives its own time");
    world.clock.advance(Duration::minutes(20));
    assert!(world.bearer(&first).await.member().is_err());
    let ctx = world.bearer(&second).await;
    assert_eq!(ctx.member().unwrap().factors, [Proof { factor: Factor::Password, at: signed_in_at }]);
    assert_eq!(world.count("SELECT count(*) FROM sessions WHERE kind = 'bearer'").await, 1);
}

#[sqlx::test(migrator = "store::MIGRATOR")]
async fn a_late_replay_ends_the_session(pool: PgPool) {
    let world = World::new(pool);
    world.member("ana").await;
    let (first, other) = (world.program("ana").await, world.program("ana").await);
    let second = refresh(&world, &first).await.unwrap();
    world.clock.advance(Duration::seconds(11));
    assert!(is_refused(&world, &first).await);
    assert!(world.bearer(&second).await.member().is_err(), "whoever has it");
    assert!(is_refused(&world, &second).await);
    assert!(is_refused(&world, &first).await);
    assert_eq!(world.count(REPLAYS).await, 1, "told once");
    assert!(world.bearer(&other).await.member().is_ok(), "the other program is another family");
}

/// B1: two tabs have one token. Whichever comes second, and whenever within the ten seconds, nobody is signed out.
#[sqlx::test(migrator = "store::MIGRATOR")]
async fn who_shares_a_token_gets_the_same_next_one_or_is_too_late(pool: PgPool) {
    let world = World::new(pool);
    world.member("ana").await;
    let first = world.program("ana").await;
    let second = refresh(&world, &first).await.unwrap();
    world.clock.advance(Duration::seconds(10));
    let other_tab = refresh(&world, &first).await.unwrap();
    assert_eq!(other_tab.refresh_token, second.refresh_token);
    assert!(world.bearer(&other_tab).await.member().is_ok());
    assert_eq!(world.count(LIVE).await, 1);
    let third = refresh(&world, &second).await.unwrap();
    assert!(is_refused(&world, &first).await, "whoever shares it went on");
    world.clock.advance(Duration::seconds(10));
    assert_eq!(refresh(&world, &other_tab).await.unwrap().refresh_token, third.refresh_token);
    assert!(world.bearer(&third).await.member().is_ok(), "no session ended");
    let fourth = refresh(&world, &third).await.unwrap();
    assert_eq!((world.count(REPLAYS).await, world.count(LIVE).await), (0, 1));
    world.clock.advance(Duration::seconds(1));
    assert!(is_refused(&world, &second).await);
    assert!(world.bearer(&fourth).await.member().is_err(), "ten seconds are over: that is theft");
    assert_eq!((world.count(REPLAYS).await, world.count(LIVE).await), (1, 0));
}

/// Whoever is told by 503 to come back after five seconds, and does, is in time. So the answer may not be late itself.
#[sqlx::test(migrator = "store::MIGRATOR")]
async fn an_exchange_that_takes_long_is_answered_in_time_to_repeat_it(pool: PgPool) {
    let world = World::new(pool);
    world.member("ana").await;
    let first = world.program("ana").await;
    let mut hold = world.pool.begin().await.unwrap();
    sqlx::query("SELECT FROM sessions FOR UPDATE").execute(&mut *hold).await.unwrap();
    let begun = Instant::now();
    let in_time = std::time::Duration::from_secs(5);
    let answer = tokio::time::timeout(in_time, refresh(&world, &first)).await.expect("an answer in time");
    assert!(matches!(answer, Err(Error::Unconfirmed(_))), "{answer:?}");
    assert!(begun.elapsed() > in_time / 2, "and not at once");
    hold.rollback().await.unwrap();
    let second = refresh(&world, &first).await.unwrap();
    assert_eq!(refresh(&world, &first).await.unwrap().refresh_token, second.refresh_token);
}

/// The ten seconds begin with the exchange: its request may have been slow to come.
#[sqlx::test(migrator = "store::MIGRATOR")]
async fn a_repeat_has_its_time_from_the_exchange_on(pool: PgPool) {
    let world = World::new(pool);
    world.member("ana").await;
    let first = world.program("ana").await;
    let slow = world.stranger();
    world.clock.advance(Duration::seconds(9));
    let second = world.accounts.refresh(&slow, &first.refresh_token).await.unwrap();
    world.clock.advance(Duration::seconds(10));
    assert_eq!(refresh(&world, &first).await.unwrap().refresh_token, second.refresh_token);
    world.clock.advance(Duration::seconds(1));
    assert!(is_refused(&world, &first).await);
    assert_eq!(world.count(REPLAYS).await, 1);
}

/// A repeat gives the same on every replica, after a restart, and whatever key tokens are signed with meanwhile.
#[sqlx::test(migrator = "store::MIGRATOR")]
async fn a_repeat_gives_the_same_on_every_replica_and_under_another_key(pool: PgPool) {
    let world = World::new(pool);
    world.member("ana").await;
    let first = world.program("ana").await;
    let second = refresh(&world, &first).await.unwrap();
    let rotated = World::replica(&world.pool, &world.clock, |settings| {
        settings.signing = SigningKey::hs256(&[43; 32]).unwrap().into();
    });
    let again = rotated.refresh(&world.stranger(), &first.refresh_token).await.unwrap();
    assert_eq!(again.refresh_token, second.refresh_token);
}

/// What makes the next token of one is kept no longer than it is needed, and a server of before may have kept none.
#[sqlx::test(migrator = "store::MIGRATOR")]
async fn nothing_that_makes_a_used_token_is_kept(pool: PgPool) {
    let world = World::new(pool);
    world.member("ana").await;
    let first = world.program("ana").await;
    let second = refresh(&world, &first).await.unwrap();
    refresh(&world, &second).await.unwrap();
    let kept = "SELECT count(*) FROM refresh_tokens WHERE salt IS NOT NULL";
    assert_eq!(world.count(kept).await, 1, "the one that is unused");
    world.execute("UPDATE refresh_tokens SET salt = NULL").await;
    assert!(is_refused(&world, &second).await, "it cannot be made again, and nobody is signed out");
    assert_eq!((world.count(REPLAYS).await, world.count(LIVE).await), (0, 1));
}

/// A server of before 2026-11-27 gave two tokens for one and killed the first: it is a used one.
#[sqlx::test(migrator = "store::MIGRATOR")]
async fn a_token_that_was_killed_is_a_used_one(pool: PgPool) {
    let world = World::new(pool);
    world.member("ana").await;
    let killed = world.program("ana").await;
    world.clock.advance(Duration::seconds(11));
    sqlx::query("UPDATE refresh_tokens SET killed_at = $1")
        .bind(world.accounts.now() - Duration::seconds(11))
        .execute(&world.pool)
        .await
        .unwrap();
    assert!(is_refused(&world, &killed).await);
    assert_eq!(world.count(REPLAYS).await, 1);
}

/// P4. Half of the rounds go on with what they were given: a token must not be exchanged between
/// another's look at it and its own exchange. `P4_ROUNDS` makes the test longer.
#[sqlx::test(migrator = "store::MIGRATOR")]
async fn of_twenty_exchanges_at_once_over_two_replicas_one_leaf_is_left(pool: PgPool) {
    let world = World::new(pool);
    let replica = World::replica(&world.pool, &world.clock, |_| ());
    world.member("ana").await;
    let rounds = std::env::var("P4_ROUNDS").map_or(ROUNDS, |text| text.parse().unwrap());
    for round in 0..rounds {
        let first = world.program("ana").await;
        let tries: Vec<_> = (0..20)
            .map(|n| {
                let accounts = if n % 2 == 0 { world.accounts.clone() } else { replica.clone() };
                let goes_on = round % 2 == 1 && n % 3 == 0;
                tokio::spawn(exchange(accounts, world.stranger(), first.clone(), goes_on))
            })
            .collect();
        let mut granted = Vec::new();
        for attempt in tries {
            granted.extend(attempt.await.unwrap());
        }
        assert!(granted.len() == 20 || round % 2 == 1, "round {round}: nobody came too late");
        let tokens: HashSet<_> = granted.iter().map(|pair| &pair.refresh_token).collect();
        assert!(tokens.len() <= 1 + round % 2, "round {round}: everybody got the same");
        assert_eq!(world.count(LIVE).await, 1, "round {round}: nobody was signed out");
        world.clock.advance(Duration::seconds(11));
        assert!(is_refused(&world, &first).await, "round {round}");
        for pair in &granted {
            assert!(is_refused(&world, pair).await, "round {round}");
        }
        assert_eq!(world.count(LIVE).await, 0, "round {round}");
        assert_eq!(world.count(REPLAYS).await, i64::try_from(round + 1).unwrap());
    }
}

/// What was granted. A refusal is for a replay and nothing else.
async fn exchange(accounts: Accounts, ctx: RequestCtx, first: TokenPair, goes_on: bool) -> Vec<TokenPair> {
    let mut granted = Vec::new();
    let mut token = first.refresh_token;
    for _ in 0..=usize::from(goes_on) {
        match accounts.refresh(&ctx, &token).await {
            Ok(pair) => {
                token.clone_from(&pair.refresh_token);
                granted.push(pair);
            }
            Err(Error::InvalidToken) => break,
            Err(other) => panic!("{other}"),
        }
    }
    granted
}

#[sqlx::test(migrator = "store::MIGRATOR")]
async fn a_restart_forgets_no_exchange(pool: PgPool) {
    let world = World::new(pool);
    world.member("ana").await;
    let first = world.program("ana").await;
    let second = refresh(&world, &first).await.unwrap();
    let restarted = World::replica(&world.pool, &world.clock, |_| ());
    let third = restarted.refresh(&world.stranger(), &second.refresh_token).await.unwrap();
    world.clock.advance(Duration::seconds(11));
    let replayed = restarted.refresh(&world.stranger(), &first.refresh_token).await;
    assert!(matches!(replayed, Err(Error::InvalidToken)));
    assert!(world.bearer(&third).await.member().is_err());
}

#[sqlx::test(migrator = "store::MIGRATOR")]
async fn what_is_no_token_of_ours_is_refused_and_changes_nothing(pool: PgPool) {
    let world = World::new(pool);
    let browser = world.member("ana").await;
    let pair = world.program("ana").await;
    let events = world.count("SELECT count(*) FROM audit_events").await;
    let other = [
        String::new(),
        "A".repeat(43),
        "x".repeat(100_000),
        "\0".into(),
        format!(" {}", pair.refresh_token),
        format!("{}=", pair.refresh_token),
        pair.refresh_token.to_uppercase(),
        pair.access_token.clone(),
        browser.token.jwt.clone(),
    ];
    for token in other {
        let refused = world.accounts.refresh(&world.stranger(), &token).await;
        assert!(matches!(refused, Err(Error::InvalidToken)), "{token:.50}");
    }
    assert_eq!(world.count("SELECT count(*) FROM audit_events").await, events);
    assert!(refresh(&world, &pair).await.is_ok());
}

#[sqlx::test(migrator = "store::MIGRATOR")]
async fn an_unused_token_ends_and_a_used_family_ends_with_its_session(pool: PgPool) {
    let world = World::with(pool, |settings| settings.refresh_lifetime = Duration::days(9));
    world.member("ana").await;
    let idle = world.program("ana").await;
    let mut busy = world.program("ana").await;
    for _ in 0..3 {
        world.clock.advance(Duration::days(8));
        busy = refresh(&world, &busy).await.unwrap();
    }
    assert!(is_refused(&world, &idle).await);
    assert_eq!(world.count(REPLAYS).await, 0, "an old token is no stolen one");
    world.clock.advance(Duration::days(6));
    assert!(is_refused(&world, &busy).await, "30 days are over");
}

#[sqlx::test(migrator = "store::MIGRATOR")]
async fn an_admins_tokens_live_as_short_as_an_admins_cookie(pool: PgPool) {
    let world = World::new(pool);
    world.member("ana").await;
    world.execute("UPDATE users SET role = 'admin'").await;
    let mut pair = world.program("ana").await;
    for _ in 0..12 {
        world.clock.advance(Duration::minutes(59));
        pair = refresh(&world, &pair).await.unwrap();
    }
    world.clock.advance(Duration::minutes(12));
    assert!(is_refused(&world, &pair).await, "12 hours are over");
    let pair = world.program("ana").await;
    world.clock.advance(Duration::hours(1));
    assert!(is_refused(&world, &pair).await, "it lay idle for an hour");
}

#[sqlx::test(migrator = "store::MIGRATOR")]
async fn the_sweep_keeps_what_a_theft_is_known_by(pool: PgPool) {
    let world = World::with(pool, |settings| settings.refresh_lifetime = Duration::days(9));
    world.member("ana").await;
    let first = world.program("ana").await;
    world.clock.advance(Duration::days(8));
    let second = refresh(&world, &first).await.unwrap();
    let sweep = || world.accounts.sweep(world.accounts.now());
    assert_eq!(sweep().await.unwrap(), 1, "the browser's session, idle for a week");
    assert_eq!(world.count("SELECT count(*) FROM refresh_tokens").await, 2);
    world.clock.advance(Duration::days(1));
    assert_eq!(sweep().await.unwrap(), 1, "the first token, which is refused for its age from now on");
    assert!(is_refused(&world, &first).await);
    let third = refresh(&world, &second).await.unwrap();
    world.clock.advance(Duration::seconds(11));
    assert!(is_refused(&world, &second).await);
    assert!(is_refused(&world, &third).await);
    assert_eq!(sweep().await.unwrap(), 1, "the session that the replay ended");
    assert_eq!(world.count("SELECT count(*) FROM refresh_tokens").await, 0, "its tokens went with it");
}
