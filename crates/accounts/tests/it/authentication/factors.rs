//! A session's row says what its owner has proven, and when; tokens and step-up read it there.

use crate::crew::patch;
use accounts::{Caller, Error, RequestCtx};
use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use domain::{Factor, PasswordForm};
use serde_json::{Value, json};
use sqlx::PgPool;
use store::sessions::Proof;
use testkit::{PASSWORD, World, sign_in};
use time::{Duration, OffsetDateTime};

const ANA: &str = "ana@example.com";

fn micros(at: OffsetDateTime) -> i64 {
    i64::try_from(at.unix_timestamp_nanos() / 1_000).unwrap()
}

/// What the newest session's row says.
async fn stored(world: &World) -> Value {
    let sql = "SELECT factors FROM sessions ORDER BY id DESC LIMIT 1";
    sqlx::query_scalar(sql).fetch_one(&world.pool).await.unwrap()
}

async fn set_factors(world: &World, factors: Value) {
    sqlx::query("UPDATE sessions SET factors = $1").bind(factors).execute(&world.pool).await.unwrap();
}

/// What a token says of how its owner signed in.
fn claims(jwt: &str) -> (Value, Value) {
    let claims = URL_SAFE_NO_PAD.decode(jwt.split('.').nth(1).unwrap()).unwrap();
    let claims: Value = serde_json::from_slice(&claims).unwrap();
    (claims["amr"].clone(), claims["auth_time"].clone())
}

fn proven(ctx: &RequestCtx) -> &[Proof] {
    &ctx.member().unwrap().factors
}

#[sqlx::test(migrator = "store::MIGRATOR")]
async fn a_session_says_what_was_proven_and_when_whatever_carries_it(pool: PgPool) {
    let world = World::new(pool);
    let (accounts, form) = (&world.accounts, || sign_in(ANA, PASSWORD));
    let mut tokens = vec![world.member("ana").await.token.jwt];
    for step in 0..3 {
        world.clock.advance(Duration::minutes(1));
        let ctx = world.stranger();
        tokens.push(match step {
            0 => accounts.sign_in(&ctx, form()).await.unwrap().token.jwt,
            1 => accounts.sign_in_bearer(&ctx, form()).await.unwrap().access_token,
            _ => accounts.sign_in_api_cookie(&ctx, form()).await.unwrap().1.jwt,
        });
        assert_eq!(stored(&world).await, json!({ "pwd": micros(ctx.now) }));
    }
    for (minute, jwt) in tokens.iter().enumerate() {
        let at =
            accounts.now() - Duration::minutes(3) + Duration::minutes(1) * i32::try_from(minute).unwrap();
        assert_eq!(claims(jwt), (json!(["pwd"]), json!(at.unix_timestamp())));
    }
}

#[sqlx::test(migrator = "store::MIGRATOR")]
async fn a_renewed_token_says_when_the_factor_was_proven(pool: PgPool) {
    let world = World::new(pool);
    world.member("ana").await;
    let pair = world.program("ana").await;
    let at = world.accounts.now() - Duration::hours(1);
    set_factors(&world, json!({ "pwd": micros(at) })).await;
    let next = world.accounts.refresh(&world.stranger(), &pair.refresh_token).await.unwrap();
    assert_eq!(claims(&next.access_token), (json!(["pwd"]), json!(at.unix_timestamp())));
    // A newer server may know factors that this one does not.
    set_factors(&world, json!({ "new": micros(at) })).await;
    let next = world.accounts.refresh(&world.stranger(), &next.refresh_token).await.unwrap();
    assert_eq!(claims(&next.access_token), (json!([]), json!(0)));
}

#[sqlx::test(migrator = "store::MIGRATOR")]
async fn a_step_up_reads_when_the_factor_was_proven(pool: PgPool) {
    let world = World::new(pool);
    let ana = world.member("ana").await;
    let to = |address: &str| patch(json!({ "email": address }));
    let long_ago = world.accounts.now() - Duration::minutes(11);
    for factors in [json!({ "pwd": micros(long_ago) }), json!({})] {
        set_factors(&world, factors).await;
        let refused = world.accounts.change_me(&world.holder(&ana).await, to("a@new.example")).await;
        assert!(matches!(refused, Err(Error::Reauthenticate)));
    }
    world.clock.advance(Duration::hours(1));
    set_factors(&world, json!({ "pwd": micros(world.accounts.now()) })).await;
    world.accounts.change_me(&world.holder(&ana).await, to("b@new.example")).await.unwrap();
}

#[sqlx::test(migrator = "store::MIGRATOR")]
async fn the_session_after_a_change_of_password_has_proven_it_anew(pool: PgPool) {
    let world = World::new(pool);
    let ana = world.member("ana").await;
    world.clock.advance(Duration::hours(1));
    let ctx = world.holder(&ana).await;
    let form =
        PasswordForm { current_password: PASSWORD.into(), new_password: "another one under rain".into() };
    let token = world.accounts.change_password(&ctx, form).await.unwrap().token.unwrap();
    let proof = Proof { factor: Factor::Password, at: ctx.now };
    assert_eq!(proven(&world.browser(&token).await), [proof]);
    assert!(matches!(world.holder(&ana).await.caller, Caller::Stranger));
}
