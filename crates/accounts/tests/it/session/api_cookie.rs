use accounts::{Caller, Error, RequestCtx};
use domain::{PasswordForm, SessionKind};
use sqlx::PgPool;
use testkit::{PASSWORD, World, sign_in};
use time::Duration;

/// The request of a program with this cookie, now.
async fn holder(world: &World, jwt: &str) -> RequestCtx {
    let ctx = world.stranger();
    let found = world.accounts.authenticate_api_cookie(jwt, ctx.now).await.unwrap();
    RequestCtx { caller: found.map(|found| Caller::Member(found.member)).unwrap_or_default(), ..ctx }
}

async fn signed_in(world: &World, ctx: &RequestCtx) -> String {
    let form = sign_in("ana@example.com", PASSWORD);
    let (user, token, _) = world.accounts.sign_in_api_cookie(ctx, form).await.unwrap();
    assert_eq!((user.email.as_str(), token.max_age), ("ana@example.com", None));
    token.jwt
}

#[sqlx::test(migrator = "store::MIGRATOR")]
async fn a_cookie_of_the_api_names_a_session_of_its_own_kind(pool: PgPool) {
    let world = World::new(pool);
    let page = world.member("ana").await.token.jwt;
    let cookie = signed_in(&world, &world.stranger()).await;
    assert_eq!(holder(&world, &cookie).await.member().unwrap().kind, SessionKind::ApiCookie);
    let (accounts, now) = (&world.accounts, world.accounts.now());
    assert!(accounts.authenticate(&cookie, now).await.unwrap().is_none());
    assert!(accounts.authenticate_bearer(&cookie, now).await.unwrap().is_none());
    // Not even where the row was made for the other: the token says what it was signed for.
    world.execute("UPDATE sessions SET kind = 'api_cookie'").await;
    assert!(accounts.authenticate_api_cookie(&page, now).await.unwrap().is_none());
    world.execute("UPDATE sessions SET kind = 'browser'").await;
    for jwt in [&cookie, &page] {
        assert!(accounts.authenticate_api_cookie(jwt, now).await.unwrap().is_none());
    }
}

#[sqlx::test(migrator = "store::MIGRATOR")]
async fn each_sign_in_ends_the_session_that_the_cookie_named(pool: PgPool) {
    let world = World::new(pool);
    world.member("ana").await;
    let first = signed_in(&world, &world.stranger()).await;
    let second = signed_in(&world, &holder(&world, &first).await).await;
    assert!(holder(&world, &first).await.member().is_err());
    world.accounts.sign_out(&holder(&world, &second).await).await.unwrap();
    assert!(holder(&world, &second).await.member().is_err());
    let answer = world.accounts.sign_in_api_cookie(&world.stranger(), sign_in("ana@example.com", "x")).await;
    assert!(matches!(answer, Err(Error::WrongCredentials)));
}

#[sqlx::test(migrator = "store::MIGRATOR")]
async fn it_ends_as_a_page_s_does(pool: PgPool) {
    let world = World::new(pool);
    let page = world.member("ana").await;
    let cookie = signed_in(&world, &world.stranger()).await;
    world.clock.advance(Duration::days(6));
    assert!(holder(&world, &cookie).await.member().is_ok(), "past its half hour it still names a living row");
    let page = world.holder(&page).await;
    let form =
        PasswordForm { current_password: PASSWORD.into(), new_password: "a lantern over quiet water".into() };
    world.accounts.change_password(&page, form).await.unwrap();
    assert!(holder(&world, &cookie).await.member().is_err());

    world.execute("UPDATE sessions SET ended_at = NULL").await;
    world.clock.advance(Duration::days(7));
    assert!(holder(&world, &cookie).await.member().is_err(), "seven days unused");
    world.accounts.sweep(world.accounts.now()).await.unwrap();
    assert_eq!(world.count("SELECT count(*) FROM sessions").await, 0);
}

#[sqlx::test(migrator = "store::MIGRATOR")]
async fn its_owner_is_known_again_while_strangers_guess(pool: PgPool) {
    let world = World::new(pool);
    world.member("ana").await;
    let accounts = &world.accounts;
    let form = |password| sign_in("ana@example.com", password);
    let (_, _, device) = accounts.sign_in_api_cookie(&world.stranger(), form(PASSWORD)).await.unwrap();
    for _ in 0..4 {
        let guess = accounts.sign_in_api_cookie(&world.stranger(), form("not the password")).await;
        assert!(matches!(guess, Err(Error::WrongCredentials)));
    }
    let held_back = accounts.sign_in_api_cookie(&world.stranger(), form(PASSWORD)).await;
    assert!(matches!(held_back, Err(Error::TooManyTries { .. })));
    let mut owner = world.stranger();
    owner.client.device = Some(device.clone());
    let (_, _, again) = accounts.sign_in_api_cookie(&owner, form(PASSWORD)).await.unwrap();
    assert_eq!(again.reveal(), device.reveal());
}
