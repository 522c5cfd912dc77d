//! Trusted browsers: where the password alone signs in, for how long, and what ends that.

use crate::crew::{admin, admin_patch, again, appoint, deletion};
use accounts::{Error, RequestCtx, SignedIn};
use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use domain::{
    AddressForm, CodeRequestForm, CodeSignInForm, FactorForm, FactorSignInForm, FactorsClearing, NotMeForm,
    PasswordForm, ResetForm, SignInForm, TotpConfirmForm,
};
use serde_json::{Value, json};
use sqlx::PgPool;
use testkit::{Authenticator, PASSWORD, World, factor_form, link_token, mail_code, pending, sign_in};
use time::Duration;

const ANA: &str = "ana@example.com";
const TRUSTED: &str = "SELECT count(*) FROM known_devices WHERE trusted_until IS NOT NULL";

fn trusting(form: FactorSignInForm) -> FactorSignInForm {
    FactorSignInForm { trust: "on".into(), ..form }
}

/// Ana and her app.
async fn ana(world: &World) -> (SignedIn, Authenticator) {
    let mut ana = world.member("ana").await;
    let app = world.set_up_totp(&mut ana).await;
    world.mail().await;
    (ana, app)
}

/// A browser of Ana's after a sign-in by this form; its next requests bring its token along.
async fn browser(world: &World, form: FactorSignInForm) -> RequestCtx {
    let waiting = world.begin_sign_in("ana").await.challenge.reveal();
    let signed_in = world.accounts.sign_in_by_factor(&world.stranger(), &waiting, form).await.unwrap();
    let mut ctx = world.stranger();
    ctx.client.device = signed_in.device;
    ctx
}

async fn by_password(world: &World, browser: &RequestCtx) -> Result<SignedIn, Error> {
    let ctx = RequestCtx { now: world.accounts.now(), ..browser.clone() };
    world.accounts.sign_in(&ctx, sign_in(ANA, PASSWORD)).await
}

fn claims(jwt: &str) -> Value {
    let claims = URL_SAFE_NO_PAD.decode(jwt.split('.').nth(1).unwrap()).unwrap();
    serde_json::from_slice(&claims).unwrap()
}

#[sqlx::test(migrator = "store::MIGRATOR")]
async fn a_trusted_browser_signs_in_by_the_password_alone(pool: PgPool) {
    let world = World::new(pool);
    let (_, app) = ana(&world).await;
    let unticked = browser(&world, app.form(world.accounts.now())).await;
    pending(by_password(&world, &unticked).await);
    world.clock.advance(Duration::MINUTE);
    let trusted = browser(&world, trusting(app.form(world.accounts.now()))).await;
    let begin = world.accounts.now();
    for _ in 0..2 {
        let signed_in = by_password(&world, &trusted).await.unwrap();
        let claims = claims(&signed_in.token.jwt);
        assert_eq!((&claims["amr"], &claims["acr"]), (&json!(["pwd"]), &json!("aal1")));
        assert_eq!(
            signed_in.device.map(|token| token.reveal()),
            trusted.client.device.as_ref().map(accounts::RawToken::reveal)
        );
    }
    pending(by_password(&world, &unticked).await);
    pending(by_password(&world, &world.stranger()).await);
    let own = world.holder(&by_password(&world, &trusted).await.unwrap()).await;
    let stepped_up = world.accounts.begin_totp(&own).await;
    assert!(matches!(stepped_up, Err(Error::Reauthenticate)), "the factor is asked for all the same");
    let here = RequestCtx { client: trusted.client.clone(), ..own };
    let devices = world.accounts.known_devices(&here).await.unwrap();
    let shown = devices.iter().find(|device| device.current).unwrap().trusted_until.clone().unwrap();
    assert_eq!(shown.0, "2026-12-20T12:02:00.000000Z");
    assert_eq!(devices.iter().filter(|device| device.trusted_until.is_some()).count(), 1);
    world.clock.advance(begin + Duration::days(30) - Duration::SECOND - world.accounts.now());
    by_password(&world, &trusted).await.unwrap();
    world.clock.advance(Duration::SECOND);
    pending(by_password(&world, &trusted).await);
}

#[sqlx::test(migrator = "store::MIGRATOR")]
async fn a_trusted_browser_is_one_account_s_and_no_program(pool: PgPool) {
    let world = World::new(pool);
    let (_, app) = ana(&world).await;
    let mut eve = world.member("eve").await;
    world.set_up_totp(&mut eve).await;
    let trusted = browser(&world, trusting(app.form(world.accounts.now()))).await;
    pending(world.accounts.sign_in(&trusted, sign_in("eve@example.com", PASSWORD)).await);
    pending(world.accounts.sign_in_bearer(&trusted, sign_in(ANA, PASSWORD)).await);
    pending(world.accounts.sign_in_api_cookie(&trusted, sign_in(ANA, PASSWORD)).await);
    world.execute("UPDATE users SET email_verified = true").await;
    let asked = CodeRequestForm { identifier: ANA.into(), ..CodeRequestForm::default() };
    world.accounts.ask_sign_in_code(&trusted, asked).await.unwrap();
    let mail = world.mail().await;
    let code = mail.iter().rfind(|mail| mail.subject.contains("code")).map(mail_code).unwrap();
    let form =
        CodeSignInForm { identifier: ANA.into(), code: code.as_str().into(), ..CodeSignInForm::default() };
    pending(world.accounts.sign_in_by_code(&trusted, form).await);
    by_password(&world, &trusted).await.unwrap();
}

#[sqlx::test(migrator = "store::MIGRATOR")]
async fn trust_is_neither_for_admins_nor_by_recovery_codes(pool: PgPool) {
    let world = World::new(pool);
    let (ana, app) = ana(&world).await;
    let may_trust = async || {
        let waiting = world.begin_sign_in("ana").await.challenge.reveal();
        world.accounts.pending_sign_in(&world.stranger(), &waiting).await.unwrap().unwrap().may_trust
    };
    assert!(may_trust().await);
    browser(&world, trusting(factor_form("recovery_code", &app.recovery_codes[0]))).await;
    assert_eq!(world.count(TRUSTED).await, 0);
    let trusted = browser(&world, trusting(app.form(world.accounts.now()))).await;
    assert_eq!(world.count(TRUSTED).await, 1);
    // However somebody became one.
    appoint(&world, ana.viewer.id).await;
    pending(by_password(&world, &trusted).await);
    assert!(!may_trust().await);
    world.clock.advance(Duration::MINUTE);
    world.execute("UPDATE known_devices SET trusted_until = NULL").await;
    browser(&world, trusting(app.form(world.accounts.now()))).await;
    assert_eq!(world.count(TRUSTED).await, 0);
}

/// It restores nothing that its owner has closed.
#[sqlx::test(migrator = "store::MIGRATOR")]
async fn a_trusted_browser_restores_no_account(pool: PgPool) {
    let world = World::new(pool);
    let (ana, app) = ana(&world).await;
    let trusted = browser(&world, trusting(app.form(world.accounts.now()))).await;
    world.accounts.delete_me(&world.holder(&ana).await, deletion(None)).await.unwrap();
    world.execute("UPDATE known_devices SET trusted_until = '2040-01-01T00:00:00Z'").await;
    let form = SignInForm { restore: ANA.into(), ..sign_in(ANA, PASSWORD) };
    pending(world.accounts.sign_in(&trusted, form).await);
}

/// A browser of Ana's that is trusted for years.
async fn trust(world: &World) {
    world
        .execute(
            "INSERT INTO known_devices (token_hash, user_id, last_used_at, agent, trusted_until)
             SELECT decode(repeat('ab', 32), 'hex'), id, created_at, 'x', '2040-01-01T00:00:00Z' FROM users
             WHERE email = 'ana@example.com'
             ON CONFLICT (token_hash, user_id) DO UPDATE SET trusted_until = EXCLUDED.trusted_until",
        )
        .await;
    assert_eq!(world.count(TRUSTED).await, 1);
}

async fn ended(world: &World, by: &str) {
    assert_eq!(world.count(TRUSTED).await, 0, "{by}");
}

/// Ana's request after another sign-in by both factors.
async fn fresh(world: &World, app: &Authenticator) -> RequestCtx {
    world.clock.advance(Duration::MINUTE);
    let waiting = world.begin_sign_in("ana").await.challenge.reveal();
    let form = app.form(world.accounts.now());
    world.holder(&world.accounts.sign_in_by_factor(&world.stranger(), &waiting, form).await.unwrap()).await
}

#[sqlx::test(migrator = "store::MIGRATOR")]
async fn whatever_ends_trust_ends_it(pool: PgPool) {
    let world = World::new(pool);
    let (mut ana, app) = ana(&world).await;
    world.execute("UPDATE users SET email_verified = true").await;
    let accounts = &world.accounts;
    trust(&world).await;
    accounts.end_my_other_sessions(&world.holder(&ana).await).await.unwrap();
    ended(&world, "the end of all others").await;
    trust(&world).await;
    let codes = accounts.new_recovery_codes(&world.holder(&ana).await).await.unwrap().recovery_codes;
    ended(&world, "new recovery codes").await;
    trust(&world).await;
    let form = factor_form("recovery_code", &codes[0]);
    ana.token = accounts.confirm_by_factor(&world.holder(&ana).await, form).await.unwrap().unwrap();
    ended(&world, "a recovery code used").await;
    trust(&world).await;
    let begun = accounts.begin_totp(&world.holder(&ana).await).await.unwrap();
    let code = testkit::totp_code(&begun.secret, accounts.now());
    let form = TotpConfirmForm { code: code.as_str().into() };
    accounts.confirm_totp(&world.holder(&ana).await, form).await.unwrap();
    ended(&world, "another app").await;
    let app = Authenticator { secret: begun.secret, ..app };

    trust(&world).await;
    accounts.remove_totp(&fresh(&world, &app).await, FactorForm {}).await.unwrap();
    ended(&world, "no app").await;
    trust(&world).await;
    let form =
        PasswordForm { current_password: PASSWORD.into(), new_password: "amber lantern on the step".into() };
    accounts.change_password(&world.holder(&again(&world, "ana").await).await, form).await.unwrap();
    ended(&world, "a change of password").await;
    trust(&world).await;
    world.mail().await;
    accounts.forgot_password(&world.stranger(), AddressForm { email: ANA.into() }).await.unwrap();
    let token = link_token(&world.mail().await[0], "reset");
    let form =
        ResetForm { token: token.as_str().into(), new_password: PASSWORD.into(), ..ResetForm::default() };
    accounts.reset_password(&world.stranger(), form).await.unwrap();
    ended(&world, "a reset").await;
    trust(&world).await;
    let told = world.mail().await;
    let form = NotMeForm { token: link_token(&told[0], "not-me").into(), ..NotMeForm::default() };
    accounts.disown(&world.stranger(), form).await.unwrap();
    ended(&world, "not me").await;
}

#[sqlx::test(migrator = "store::MIGRATOR")]
async fn what_an_admin_does_ends_trust(pool: PgPool) {
    let world = World::new(pool);
    let (ana, app) = ana(&world).await;
    let root = admin(&world, "root").await;
    let (ctx, id, accounts) = (world.holder(&root).await, ana.viewer.id, &world.accounts);
    for change in [json!({"role": "admin"}), json!({"is_active": false})] {
        trust(&world).await;
        accounts.change_user(&ctx, id, admin_patch(change.clone())).await.unwrap();
        ended(&world, &change.to_string()).await;
    }
    accounts.change_user(&ctx, id, admin_patch(json!({"role": "user", "is_active": true}))).await.unwrap();
    trust(&world).await;
    accounts.end_sessions_of(&ctx, id).await.unwrap();
    ended(&world, "the end of all sessions").await;
    trust(&world).await;
    let here = fresh(&world, &app).await;
    let device = accounts.known_devices(&here).await.unwrap();
    let device = device.iter().find(|device| device.trusted_until.is_some()).unwrap().id;
    accounts.forget_known_device(&here, device).await.unwrap();
    ended(&world, "forgetting the device").await;
    trust(&world).await;
    accounts.clear_factors(&ctx, id, FactorsClearing { reason: "Lost".into() }).await.unwrap();
    ended(&world, "clearing").await;
    trust(&world).await;
    let own = world.holder(&again(&world, "ana").await).await;
    accounts.delete_me(&own, deletion(None)).await.unwrap();
    ended(&world, "closing").await;
}

/// Whoever has a copy of a browser's token from before it was trusted, and the password, has no more than that.
#[sqlx::test(migrator = "store::MIGRATOR")]
async fn trust_takes_a_new_token(pool: PgPool) {
    let world = World::new(pool);
    let (_, app) = ana(&world).await;
    let before = browser(&world, app.form(world.accounts.now())).await;
    world.clock.advance(Duration::MINUTE);
    let waiting = pending(by_password(&world, &before).await).challenge.reveal();
    let ctx = RequestCtx { now: world.accounts.now(), ..before.clone() };
    let form = trusting(app.form(ctx.now));
    let signed_in = world.accounts.sign_in_by_factor(&ctx, &waiting, form).await.unwrap();
    let mut after = world.stranger();
    after.client.device = signed_in.device;
    pending(by_password(&world, &before).await);
    by_password(&world, &after).await.unwrap();
    assert_eq!(world.count("SELECT count(*) FROM known_devices").await, 1, "the old one is known no longer");
}
