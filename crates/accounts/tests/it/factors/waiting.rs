//! Sign-ins that wait for their second factor: they open nothing, forgive nothing, and end by themselves.

use crate::crew::{admin, again, deletion, kinds};
use accounts::Error;
use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use domain::{CodeRequestForm, CodeSignInForm, FactorMethod, PasswordForm, SignInForm};
use serde_json::{Value, json};
use sqlx::PgPool;
use testkit::{Authenticator, PASSWORD, World, factor_form, mail_code, pending, sign_in};
use time::Duration;

const ANA: &str = "ana@example.com";
const SESSIONS: &str = "SELECT count(*) FROM sessions WHERE ended_at IS NULL";
const FAILURES: &str = "SELECT count(*) FROM throttle_failures";
const DEVICES: &str = "SELECT count(*) FROM known_devices";

async fn with_app(world: &World) -> Authenticator {
    let mut ana = world.member("ana").await;
    let app = world.set_up_totp(&mut ana).await;
    world.accounts.sign_out(&world.holder(&ana).await).await.unwrap();
    world.mail().await;
    for rows in ["DELETE FROM audit_events", "DELETE FROM known_devices"] {
        world.execute(rows).await;
    }
    app
}

fn claims(jwt: &str) -> Value {
    let claims = URL_SAFE_NO_PAD.decode(jwt.split('.').nth(1).unwrap()).unwrap();
    serde_json::from_slice(&claims).unwrap()
}

#[sqlx::test(migrator = "store::MIGRATOR")]
async fn a_right_password_alone_opens_and_earns_nothing(pool: PgPool) {
    let world = World::new(pool);
    let app = with_app(&world).await;
    let hashes = world.accounts.hash_count();
    let waiting = world.begin_sign_in("ana").await;
    assert_eq!(world.accounts.hash_count() - hashes, 1);
    assert_eq!(waiting.methods, [FactorMethod::Totp, FactorMethod::RecoveryCode]);
    assert_eq!(waiting.expires_in, Duration::minutes(5));
    assert_eq!((world.count(SESSIONS).await, world.count(DEVICES).await), (0, 0));
    assert_eq!(world.count(FAILURES).await, 2, "of the name and of the account");
    assert!(world.mail().await.is_empty());
    let ctx = world.stranger();
    let challenge = waiting.challenge.reveal();
    let view = world.accounts.pending_sign_in(&ctx, &challenge).await.unwrap().unwrap();
    assert_eq!(view.methods, waiting.methods);
    let signed_in = world.accounts.sign_in_by_factor(&ctx, &challenge, app.form(ctx.now)).await.unwrap();
    assert_eq!((world.count(SESSIONS).await, world.count(FAILURES).await), (1, 0));
    assert_eq!(world.count(DEVICES).await, 1);
    let claims = claims(&signed_in.token.jwt);
    assert_eq!((&claims["amr"], &claims["acr"]), (&json!(["pwd", "otp"]), &json!("aal2")));
    assert_eq!(world.mail().await[0].subject, "New sign-in to your Doorstep account");
    let used = world.accounts.sign_in_by_factor(&ctx, &challenge, app.form(ctx.now)).await;
    assert!(matches!(used, Err(Error::ChallengeInvalid)), "{used:?}");
    assert!(world.accounts.pending_sign_in(&ctx, &challenge).await.unwrap().is_none());
}

#[sqlx::test(migrator = "store::MIGRATOR")]
async fn the_right_password_over_and_over_makes_the_name_wait(pool: PgPool) {
    let world = World::new(pool);
    with_app(&world).await;
    for _ in 0..4 {
        world.begin_sign_in("ana").await;
    }
    let waits = world.accounts.sign_in(&world.stranger(), sign_in(ANA, PASSWORD)).await;
    assert!(matches!(waits, Err(Error::TooManyTries { .. })), "{waits:?}");
}

#[sqlx::test(migrator = "store::MIGRATOR")]
async fn a_code_is_used_once_and_so_are_those_before_it(pool: PgPool) {
    let world = World::new(pool);
    let app = with_app(&world).await;
    let now = world.accounts.now();
    let (before, current) = (app.form(now - Duration::seconds(30)), app.form(now));
    let challenges = [world.begin_sign_in("ana").await, world.begin_sign_in("ana").await];
    let [first, second] = challenges.map(|waiting| waiting.challenge.reveal());
    let later = app.form(now + Duration::seconds(30));
    let early = world.accounts.sign_in_by_factor(&world.stranger(), &first, later).await;
    assert!(matches!(early, Err(Error::FactorRefused)), "not shown yet: {early:?}");
    world.accounts.sign_in_by_factor(&world.stranger(), &first, current.clone()).await.unwrap();
    for form in [current, before] {
        let used = world.accounts.sign_in_by_factor(&world.stranger(), &second, form).await;
        assert!(matches!(used, Err(Error::FactorRefused)), "{used:?}");
    }
    assert_eq!(kinds(&world).await, ["factor_refused"; 3]);
    world.clock.advance(Duration::seconds(30));
    let form = app.form(world.accounts.now());
    world.accounts.sign_in_by_factor(&world.stranger(), &second, form).await.unwrap();
}

#[sqlx::test(migrator = "store::MIGRATOR")]
async fn a_recovery_code_works_once_and_its_owner_is_told(pool: PgPool) {
    let world = World::new(pool);
    let app = with_app(&world).await;
    let form = factor_form("recovery_code", &app.recovery_codes[3]);
    let challenges = [world.begin_sign_in("ana").await, world.begin_sign_in("ana").await];
    let [first, second] = challenges.map(|waiting| waiting.challenge.reveal());
    let signed_in = world.accounts.sign_in_by_factor(&world.stranger(), &first, form.clone()).await.unwrap();
    assert_eq!(claims(&signed_in.token.jwt)["amr"], json!(["pwd", "recovery"]));
    let again = world.accounts.sign_in_by_factor(&world.stranger(), &second, form).await;
    assert!(matches!(again, Err(Error::FactorRefused)), "{again:?}");
    assert_eq!(kinds(&world).await, ["factor_refused", "recovery_code_used"]);
    let mail = world.mail().await;
    let mail = mail.iter().find(|mail| mail.subject == "A recovery code of your Doorstep account was used");
    assert!(mail.unwrap().text.contains("Codes left: 9"), "{}", mail.unwrap().text);
    let ctx = world.holder(&signed_in).await;
    assert_eq!(world.accounts.factors(&ctx).await.unwrap().recovery_codes_left, 9);
}

#[sqlx::test(migrator = "store::MIGRATOR")]
async fn five_codes_are_looked_at_and_then_not_even_the_right_one(pool: PgPool) {
    let world = World::new(pool);
    let app = with_app(&world).await;
    let waiting = world.begin_sign_in("ana").await.challenge.reveal();
    for _ in 0..5 {
        let wrong = factor_form("recovery_code", "AAAA-AAAA-AAAA-AAAA");
        let wrong = world.accounts.sign_in_by_factor(&world.stranger(), &waiting, wrong).await;
        assert!(matches!(wrong, Err(Error::FactorRefused)), "{wrong:?}");
    }
    let form = app.form(world.accounts.now());
    let right = world.accounts.sign_in_by_factor(&world.stranger(), &waiting, form).await;
    assert!(matches!(right, Err(Error::ChallengeInvalid)), "{right:?}");
    assert!(world.accounts.pending_sign_in(&world.stranger(), &waiting).await.unwrap().is_none());
    assert_eq!((world.count(SESSIONS).await, kinds(&world).await.len()), (0, 5));
}

/// However many sign-ins somebody begins who knows the password.
#[sqlx::test(migrator = "store::MIGRATOR")]
async fn an_account_has_twenty_tries_in_any_hour(pool: PgPool) {
    let world = World::new(pool);
    with_app(&world).await;
    let (mut looked_at, begun) = (0, world.accounts.now());
    while world.accounts.now() < begun + Duration::hours(1) {
        // As the throttle would let somebody sign in who waits long enough.
        world.execute("DELETE FROM throttle_failures").await;
        let waiting = world.begin_sign_in("ana").await.challenge.reveal();
        for _ in 0..5 {
            let wrong = factor_form("recovery_code", "AAAA-AAAA-AAAA-AAAA");
            match world.accounts.sign_in_by_factor(&world.stranger(), &waiting, wrong).await {
                Err(Error::FactorRefused) => looked_at += 1,
                Err(Error::TooManyTries { .. }) => {}
                other => panic!("{other:?}"),
            }
        }
        world.clock.advance(Duration::minutes(3));
    }
    assert!((19..=20).contains(&looked_at), "{looked_at}");
}

#[sqlx::test(migrator = "store::MIGRATOR")]
async fn the_owner_gets_in_from_a_known_device_while_a_stranger_uses_the_tries_up(pool: PgPool) {
    let world = World::new(pool);
    let app = with_app(&world).await;
    let waiting = world.begin_sign_in("ana").await.challenge.reveal();
    let form = app.form(world.accounts.now());
    let owner = world.accounts.sign_in_by_factor(&world.stranger(), &waiting, form).await.unwrap();
    for _ in 0..2 {
        let waiting = world.begin_sign_in("ana").await.challenge.reveal();
        for _ in 0..5 {
            let wrong = factor_form("totp", "000000");
            world.accounts.sign_in_by_factor(&world.stranger(), &waiting, wrong).await.unwrap_err();
        }
    }
    world.clock.advance(Duration::MINUTE);
    let mut ctx = world.stranger();
    let waiting = pending(world.accounts.sign_in(&ctx, sign_in(ANA, PASSWORD)).await).challenge.reveal();
    let form = app.form(ctx.now);
    let stranger = world.accounts.sign_in_by_factor(&ctx, &waiting, form.clone()).await;
    assert!(matches!(stranger, Err(Error::TooManyTries { .. })), "{stranger:?}");
    assert_eq!(world.count("SELECT max(tries)::bigint FROM pending_sign_ins").await, 5);
    assert_eq!(world.count("SELECT min(tries)::bigint FROM pending_sign_ins").await, 0, "nobody looked");
    let code = factor_form("recovery_code", &app.recovery_codes[0]);
    let other = world.begin_sign_in("ana").await.challenge.reveal();
    world.accounts.sign_in_by_factor(&world.stranger(), &other, code).await.unwrap();
    ctx.client.device = owner.device;
    world.accounts.sign_in_by_factor(&ctx, &waiting, form).await.unwrap();
}

#[sqlx::test(migrator = "store::MIGRATOR")]
async fn what_waits_ends_after_five_minutes_or_with_the_password_or_the_account(pool: PgPool) {
    let world = World::new(pool);
    let app = with_app(&world).await;
    let begin = async || world.begin_sign_in("ana").await.challenge.reveal();
    let dead = async |waiting: &str| {
        let form = app.form(world.accounts.now());
        let answer = world.accounts.sign_in_by_factor(&world.stranger(), waiting, form).await;
        assert!(matches!(answer, Err(Error::ChallengeInvalid)), "{answer:?}");
    };
    let [old, waiting] = [begin().await, begin().await];
    world.clock.advance(Duration::minutes(5));
    dead(&old).await;
    world.accounts.sweep(world.accounts.now()).await.unwrap();
    assert_eq!(world.count("SELECT count(*) FROM pending_sign_ins").await, 0);
    dead(&waiting).await;
    dead("").await;
    dead("x").await;

    let [first, second] = [begin().await, begin().await];
    let form = app.form(world.accounts.now());
    let ana = world.accounts.sign_in_by_factor(&world.stranger(), &first, form).await.unwrap();
    let form =
        PasswordForm { current_password: PASSWORD.into(), new_password: "copper lanterns over water".into() };
    world.accounts.change_password(&world.holder(&ana).await, form).await.unwrap();
    world.clock.advance(Duration::MINUTE);
    dead(&second).await;

    let form = sign_in(ANA, "copper lanterns over water");
    let waiting = pending(world.accounts.sign_in(&world.stranger(), form).await).challenge.reveal();
    world.execute("UPDATE users SET is_active = false").await;
    dead(&waiting).await;
    world.execute("UPDATE users SET is_active = true").await;

    // Whatever ends all sessions ends these as well, also of an account without a password.
    world.execute("DELETE FROM throttle_failures").await;
    let form = sign_in(ANA, "copper lanterns over water");
    let waiting = pending(world.accounts.sign_in(&world.stranger(), form).await).challenge.reveal();
    let ada = admin(&world, "ada").await;
    world.accounts.end_sessions_of(&world.holder(&ada).await, ana.viewer.id).await.unwrap();
    dead(&waiting).await;
    assert_eq!(
        world.count("SELECT count(*) FROM audit_events WHERE kind = 'signed_in'").await,
        2,
        "ana's first, and ada's"
    );
}

#[sqlx::test(migrator = "store::MIGRATOR")]
async fn a_challenge_of_pages_opens_no_programs_session_and_the_other_way_round(pool: PgPool) {
    let world = World::new(pool);
    let app = with_app(&world).await;
    let browser = world.begin_sign_in("ana").await.challenge.reveal();
    let program = world.begin_program("ana").await.challenge.reveal();
    let (ctx, form) = (world.stranger(), app.form(world.accounts.now()));
    let as_page = world.accounts.sign_in_by_factor(&ctx, &program, form.clone()).await.map(drop);
    let as_program = world.accounts.sign_in_by_factor_bearer(&ctx, &browser, form.clone()).await.map(drop);
    for answer in [as_page, as_program] {
        assert!(matches!(answer, Err(Error::ChallengeInvalid)), "{answer:?}");
    }
    assert!(world.accounts.pending_sign_in(&ctx, &program).await.unwrap().is_none());
    let (pair, device) = world.accounts.sign_in_by_factor_bearer(&ctx, &program, form).await.unwrap();
    assert!(device.is_none() && world.bearer(&pair).await.member().is_ok());
    let next = world.accounts.refresh(&world.stranger(), &pair.refresh_token).await.unwrap();
    assert_eq!(claims(&next.access_token)["acr"], json!("aal2"));
    world.clock.advance(Duration::MINUTE);
    let cookie = world.accounts.sign_in_api_cookie(&world.stranger(), sign_in(ANA, PASSWORD)).await;
    let (cookie, ctx) = (pending(cookie).challenge.reveal(), world.stranger());
    world.accounts.sign_in_by_factor_bearer(&ctx, &cookie, app.form(ctx.now)).await.unwrap();
}

#[sqlx::test(migrator = "store::MIGRATOR")]
async fn a_code_by_mail_stands_for_the_password_and_for_nothing_else(pool: PgPool) {
    let world = World::new(pool);
    let app = with_app(&world).await;
    world.execute("UPDATE users SET email_verified = true").await;
    let ask = CodeRequestForm { identifier: ANA.to_owned(), ..CodeRequestForm::default() };
    world.accounts.ask_sign_in_code(&world.stranger(), ask).await.unwrap();
    let code = mail_code(&world.mail().await[0]);
    let form = CodeSignInForm {
        identifier: ANA.to_owned(),
        code: code.as_str().into(),
        next: "/account/sessions".to_owned(),
        ..CodeSignInForm::default()
    };
    let answer = world.accounts.sign_in_by_code(&world.stranger(), form).await;
    let (waiting, ctx) = (pending(answer).challenge.reveal(), world.stranger());
    assert_eq!(world.count(SESSIONS).await, 0);
    let view = world.accounts.pending_sign_in(&ctx, &waiting).await.unwrap().unwrap();
    assert_eq!(view.next, "/account/sessions");
    let signed_in = world.accounts.sign_in_by_factor(&ctx, &waiting, app.form(ctx.now)).await.unwrap();
    assert_eq!(claims(&signed_in.token.jwt)["amr"], json!(["email", "otp"]));
}

#[sqlx::test(migrator = "store::MIGRATOR")]
async fn an_account_that_closes_is_restored_behind_the_second_factor(pool: PgPool) {
    let world = World::new(pool);
    let mut ana = world.member("ana").await;
    let app = world.set_up_totp(&mut ana).await;
    let ctx = world.holder(&ana).await;
    world.accounts.delete_me(&ctx, deletion(None)).await.unwrap();
    let closing = "SELECT count(*) FROM users WHERE closes_at IS NOT NULL AND NOT is_active";
    let form = SignInForm { restore: ANA.to_owned(), ..sign_in(ANA, PASSWORD) };
    let waiting = pending(world.accounts.sign_in(&world.stranger(), form).await).challenge.reveal();
    assert_eq!(world.count(closing).await, 1, "the password alone restores nothing");
    let (ctx, wrong) = (world.stranger(), factor_form("totp", "000000"));
    world.accounts.sign_in_by_factor(&ctx, &waiting, wrong).await.unwrap_err();
    assert_eq!(world.count(closing).await, 1);
    world.accounts.sign_in_by_factor(&ctx, &waiting, app.form(ctx.now)).await.unwrap();
    assert_eq!((world.count(closing).await, world.count(SESSIONS).await), (0, 1));
}

#[sqlx::test(migrator = "store::MIGRATOR")]
async fn accounts_without_a_second_factor_sign_in_as_before(pool: PgPool) {
    let world = World::new(pool);
    with_app(&world).await;
    world.member("eve").await;
    let eve = again(&world, "eve").await;
    assert_eq!(claims(&eve.token.jwt)["acr"], json!("aal1"));
    assert_eq!(world.count("SELECT count(*) FROM pending_sign_ins").await, 0);
}
