//! Signing in by a passkey alone.

use super::{SESSIONS, authenticator, leave, with_passkey};
use crate::crew::{admin, admin_patch, deletion, kinds};
use accounts::Error;
use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use domain::PasskeySignInForm;
use serde_json::{Value, json};
use sqlx::PgPool;
use testkit::passkey::{flag, passkey_form};
use testkit::{ISSUER, PASSWORD, World, sign_in};
use time::Duration;

const USED: &str = "SELECT count(*) FROM used_challenges";

fn claims(jwt: &str) -> Value {
    let claims = URL_SAFE_NO_PAD.decode(jwt.split('.').nth(1).unwrap()).unwrap();
    serde_json::from_slice(&claims).unwrap()
}

#[sqlx::test(migrator = "store::MIGRATOR")]
async fn a_passkey_signs_in_alone_and_proves_two_factors(pool: PgPool) {
    let world = World::new(pool);
    let mut key = with_passkey(&world).await;
    let signed_in = world.sign_in_with(&mut key).await.unwrap();
    let claims = claims(&signed_in.token.jwt);
    assert_eq!((&claims["amr"], &claims["acr"]), (&json!(["passkey"]), &json!("aal2")));
    assert_eq!(world.mail().await[0].subject, "New sign-in to your Doorstep account");
    let ctx = world.holder(&signed_in).await;
    let used = world.accounts.factors(&ctx).await.unwrap().passkeys[0].last_used_at.clone();
    assert_eq!(used, Some(accounts::timestamp(ctx.now)));
    world.accounts.new_recovery_codes(&ctx).await.expect("it is a step-up");
    // The password alone no longer opens the account.
    world.begin_sign_in("ana").await;
    // A program's sign-in.
    let (browser, options) = world.ask_for_passkey();
    let form = passkey_form(&key.get(ISSUER, &options));
    let (pair, device) = world
        .accounts
        .sign_in_by_passkey_bearer(&world.stranger(), &browser.reveal(), form, true)
        .await
        .unwrap();
    assert!(device.is_some());
    world.bearer(&pair).await.member().unwrap();
}

#[sqlx::test(migrator = "store::MIGRATOR")]
async fn an_answer_is_taken_of_the_browser_that_was_asked_and_for_five_minutes(pool: PgPool) {
    let world = World::new(pool);
    let mut key = with_passkey(&world).await;
    let (browser, options) = world.ask_for_passkey();
    let (other, _) = world.ask_for_passkey();
    let answer = key.get(ISSUER, &options);
    let refused = world.answer_passkey(&world.stranger(), &other, &answer).await;
    assert!(matches!(refused, Err(Error::PasskeyRefused)), "another browser's: {refused:?}");
    for browser in ["", "x"] {
        let form = passkey_form(&answer);
        let refused = world.accounts.sign_in_by_passkey(&world.stranger(), browser, form).await;
        assert!(matches!(refused, Err(Error::PasskeyRefused)), "{browser:?}: {refused:?}");
    }
    world.clock.advance(Duration::minutes(5));
    let refused = world.answer_passkey(&world.stranger(), &browser, &answer).await;
    assert!(matches!(refused, Err(Error::PasskeyRefused)), "expired: {refused:?}");
    assert_eq!((world.count(SESSIONS).await, world.count(USED).await), (0, 0));
    assert_eq!(kinds(&world).await, ["sign_in_failed"; 4]);
}

#[sqlx::test(migrator = "store::MIGRATOR")]
async fn a_wrong_answer_opens_nothing_and_uses_its_challenge_up(pool: PgPool) {
    let world = World::new(pool);
    let mut key = with_passkey(&world).await;
    let mut bens = authenticator();
    let mut ben = world.member("ben").await;
    world.add_passkey(&mut ben, &mut bens).await;
    leave(&world, &ben).await;
    let mut used = 0;
    for (what, uses_up) in [
        ("origin", 0),
        ("presence", 1),
        ("verification", 1),
        ("signature", 1),
        ("handle", 1),
        ("no passkey", 0),
    ] {
        let (browser, options) = world.ask_for_passkey();
        let mut draft = key.draft_assertion(ISSUER, &options);
        match what {
            "origin" => {
                draft.client_data = key.draft_assertion("http://localhost:8001", &options).client_data;
            }
            "presence" => draft.authenticator_data[32] &= !flag::PRESENT,
            "verification" => draft.authenticator_data[32] &= !flag::VERIFIED,
            "signature" => draft.forged = Some(vec![0; 64]),
            "handle" => draft.user_handle = bens.draft_assertion(ISSUER, &options).user_handle,
            _ => draft.id = vec![7; 32],
        }
        let refused = world.answer_passkey(&world.stranger(), &browser, &draft.assertion()).await;
        assert!(matches!(refused, Err(Error::PasskeyRefused)), "{what}: {refused:?}");
        used += uses_up;
        assert_eq!(world.count(USED).await, used, "{what}");
        let right = world.answer_passkey(&world.stranger(), &browser, &key.get(ISSUER, &options)).await;
        assert_eq!(right.is_ok(), uses_up == 0, "{what}: {right:?}");
        used += 1 - uses_up;
    }
    for unreadable in [json!({}), json!([]), json!("x")] {
        let (browser, _) = world.ask_for_passkey();
        let refused = world.answer_passkey(&world.stranger(), &browser, &unreadable).await;
        assert!(matches!(refused, Err(Error::PasskeyRefused)), "{unreadable}: {refused:?}");
    }
}

#[sqlx::test(migrator = "store::MIGRATOR")]
async fn an_answer_counts_once_in_turn(pool: PgPool) {
    let world = World::new(pool);
    let mut key = with_passkey(&world).await;
    // One that does not count: only the challenge tells the two apart.
    world.execute("UPDATE passkeys SET counter = 0").await;
    key.counter = 0;
    let (browser, options) = world.ask_for_passkey();
    let answer = key.get(ISSUER, &options);
    world.answer_passkey(&world.stranger(), &browser, &answer).await.unwrap();
    let again = world.answer_passkey(&world.stranger(), &browser, &answer).await;
    assert!(matches!(again, Err(Error::PasskeyRefused)), "{again:?}");
    let other = world.answer_passkey(&world.stranger(), &browser, &key.get(ISSUER, &options)).await;
    assert!(matches!(other, Err(Error::PasskeyRefused)), "another answer to it: {other:?}");
    assert_eq!((world.count(SESSIONS).await, world.count(USED).await), (1, 1));
    assert_eq!(kinds(&world).await, ["sign_in_failed"; 2]);
    world.sign_in_with(&mut key).await.expect("a new challenge is as good as the first");
}

/// How many of these sign in, all at the same time over two servers.
async fn at_once(world: &World, forms: Vec<(String, PasskeySignInForm)>) -> usize {
    let servers = [world.accounts.clone(), World::replica(&world.pool, &world.clock, |_| ())];
    let mut tries = tokio::task::JoinSet::new();
    for (n, (browser, form)) in forms.into_iter().enumerate() {
        let (server, ctx) = (servers[n % 2].clone(), world.stranger());
        tries.spawn(async move { server.sign_in_by_passkey(&ctx, &browser, form).await.is_ok() });
    }
    tries.join_all().await.into_iter().filter(|ok| *ok).count()
}

#[sqlx::test(migrator = "store::MIGRATOR")]
async fn an_answer_counts_once_at_the_same_time(pool: PgPool) {
    let world = World::new(pool);
    let mut key = with_passkey(&world).await;
    world.execute("UPDATE passkeys SET counter = 0").await;
    key.counter = 0;
    for round in 1..=5 {
        let (browser, options) = world.ask_for_passkey();
        let form = passkey_form(&key.get(ISSUER, &options));
        let opened = at_once(&world, vec![(browser.reveal(), form); 6]).await;
        assert_eq!((opened, world.count(USED).await), (1, round));
    }
    assert_eq!(world.count(SESSIONS).await, 5);
}

#[sqlx::test(migrator = "store::MIGRATOR")]
async fn a_counter_that_does_not_grow_is_refused_and_recorded(pool: PgPool) {
    let world = World::new(pool);
    let mut key = with_passkey(&world).await;
    key.counter = 5;
    world.sign_in_with(&mut key).await.unwrap();
    for counter in [5, 4, 1] {
        key.counter = counter;
        let copy = world.sign_in_with(&mut key).await;
        assert!(matches!(copy, Err(Error::PasskeyRefused)), "{counter}: {copy:?}");
    }
    key.counter = 0;
    let copy = world.sign_in_with(&mut key).await;
    assert!(matches!(copy, Err(Error::PasskeyRefused)), "{copy:?}");
    let sql = "SELECT d.detail::text FROM audit_events e JOIN audit_details d ON d.event_id = e.id
               WHERE kind = 'passkey_copied' ORDER BY e.id";
    let told: Vec<String> = sqlx::query_scalar(sql).fetch_all(&world.pool).await.unwrap();
    let told: Vec<Value> = told.iter().map(|detail| serde_json::from_str(detail).unwrap()).collect();
    let id: uuid::Uuid = sqlx::query_scalar("SELECT id FROM passkeys").fetch_one(&world.pool).await.unwrap();
    let said = |sent| json!({ "id": id, "stored": 5, "sent": sent });
    assert_eq!(told, [said(5), said(4), said(1), said(0)]);
    key.counter = 6;
    world.sign_in_with(&mut key).await.unwrap();
}

/// The original and its copy, at the same moment: one of them is the second.
#[sqlx::test(migrator = "store::MIGRATOR")]
async fn a_copy_at_the_same_time_is_refused(pool: PgPool) {
    let world = World::new(pool);
    let mut key = with_passkey(&world).await;
    for round in 1..=5 {
        let mut forms = Vec::new();
        for _ in 0..4 {
            let (browser, options) = world.ask_for_passkey();
            key.counter = 10 * round;
            forms.push((browser.reveal(), passkey_form(&key.get(ISSUER, &options))));
        }
        assert_eq!(at_once(&world, forms).await, 1, "round {round}");
    }
    let told = "SELECT count(*) FROM audit_events WHERE kind = 'passkey_copied'";
    assert_eq!(world.count(told).await, 15);
}

#[sqlx::test(migrator = "store::MIGRATOR")]
async fn a_disabled_account_is_opened_by_no_passkey_and_its_owner_told_why(pool: PgPool) {
    let world = World::new(pool);
    let ada = admin(&world, "ada").await;
    let mut key = with_passkey(&world).await;
    let id = sqlx::query_scalar("SELECT user_id FROM passkeys").fetch_one(&world.pool).await.unwrap();
    let by_admin = world.holder(&ada).await;
    let disabled = admin_patch(json!({ "is_active": false, "reason": "Ask us first." }));
    world.accounts.change_user(&by_admin, domain::UserId(id), disabled).await.unwrap();
    let told = world.sign_in_with(&mut key).await;
    let Err(Error::AccountDisabled { reason }) = told else { panic!("{told:?}") };
    assert_eq!(reason, "Ask us first.");
    let (browser, options) = world.ask_for_passkey();
    let form = passkey_form(&key.get(ISSUER, &options));
    let program =
        world.accounts.sign_in_by_passkey_bearer(&world.stranger(), &browser.reveal(), form, false).await;
    assert!(matches!(program, Err(Error::PasskeyRefused)), "{program:?}");
    assert_eq!(world.count(USED).await, 2);
}

#[sqlx::test(migrator = "store::MIGRATOR")]
async fn an_account_that_closes_is_restored_by_its_passkey(pool: PgPool) {
    let world = World::new(pool);
    let mut key = authenticator();
    let mut ana = world.member("ana").await;
    world.add_passkey(&mut ana, &mut key).await;
    // Nothing else leads back.
    world.execute("UPDATE users SET password_hash = NULL").await;
    assert!(world.accounts.leaving(&world.holder(&ana).await).await.unwrap().way_back);
    world.accounts.delete_me(&world.holder(&ana).await, deletion(None)).await.unwrap();
    world.execute("DELETE FROM audit_events").await;
    let told = world.sign_in_with(&mut key).await;
    assert!(matches!(told, Err(Error::AccountClosing { .. })), "{told:?}");
    assert!(kinds(&world).await.is_empty(), "its owner made no mistake");
    let (browser, options) = world.ask_for_passkey();
    let answer = key.get(ISSUER, &options);
    let restore = PasskeySignInForm { restore: "on".to_owned(), ..passkey_form(&answer) };
    world.accounts.sign_in_by_passkey(&world.stranger(), &browser.reveal(), restore).await.unwrap();
    assert_eq!(kinds(&world).await, ["account_restored"]);
}

#[sqlx::test(migrator = "store::MIGRATOR")]
async fn passkeys_count_against_the_address_and_never_for_or_against_a_name(pool: PgPool) {
    let world = World::new(pool);
    let mut key = with_passkey(&world).await;
    let failures = "SELECT count(*) FROM throttle_failures";
    world.accounts.sign_in(&world.stranger(), sign_in("ana@example.com", "wrong")).await.unwrap_err();
    let failed = world.count(failures).await;
    let ctx = world.stranger();
    for _ in 0..10 {
        let (browser, _) = world.ask_for_passkey();
        let refused = world.answer_passkey(&ctx, &browser, &json!({})).await;
        assert!(matches!(refused, Err(Error::PasskeyRefused)), "{refused:?}");
    }
    let (browser, options) = world.ask_for_passkey();
    let answer = key.get(ISSUER, &options);
    let throttled = world.answer_passkey(&ctx, &browser, &answer).await;
    assert!(matches!(throttled, Err(Error::TooManyTries { .. })), "{throttled:?}");
    // Elsewhere, and at a name, nothing was counted.
    let signed_in = world.answer_passkey(&world.stranger(), &browser, &answer).await.unwrap();
    assert_eq!(world.count(failures).await, failed, "what others failed at stays");
    // A browser that its owner is known to use has a budget of its own, for the passkeys of that owner.
    let mut known = ctx.clone();
    known.client.device = signed_in.device;
    let (browser, options) = world.ask_for_passkey();
    world.mail().await;
    world.answer_passkey(&known, &browser, &key.get(ISSUER, &options)).await.unwrap();
    assert!(world.mail().await.is_empty(), "it is no news");
    assert!(world.accounts.sign_in(&world.stranger(), sign_in("ana@example.com", PASSWORD)).await.is_err());
}

/// A thief's passkey in Ana's account, with a sign-in under way by it, is removed and added to an account of the thief's: the
/// sign-in opens neither.
#[sqlx::test(migrator = "store::MIGRATOR")]
async fn a_passkey_that_moves_meanwhile_opens_not_the_account_where_it_was(pool: PgPool) {
    let world = World::new(pool);
    let mut key = with_passkey(&world).await;
    let mut ben = world.member("ben").await;
    world.add_passkey(&mut ben, &mut authenticator()).await;
    leave(&world, &ben).await;
    let (browser, options) = world.ask_for_passkey();
    let answer = key.get(ISSUER, &options);
    let mut thief = world.pool.begin().await.unwrap();
    let ana = "SELECT id FROM users WHERE email = 'ana@example.com' FOR UPDATE";
    let ana: uuid::Uuid = sqlx::query_scalar(ana).fetch_one(&mut *thief).await.unwrap();
    let moves = async {
        world.until_locked_out(1).await;
        let handle = "UPDATE passkey_owners SET handle = gen_random_uuid() FROM
            (SELECT handle AS old FROM passkey_owners WHERE user_id = $1) AS before WHERE user_id = $1 RETURNING old";
        let handle: uuid::Uuid = sqlx::query_scalar(handle).bind(ana).fetch_one(&mut *thief).await.unwrap();
        let ben = "UPDATE passkey_owners SET handle = $2 WHERE user_id <> $1 RETURNING user_id";
        let ben: uuid::Uuid =
            sqlx::query_scalar(ben).bind(ana).bind(handle).fetch_one(&mut *thief).await.unwrap();
        let row = "UPDATE passkeys SET user_id = $2 WHERE user_id = $1";
        sqlx::query(row).bind(ana).bind(ben).execute(&mut *thief).await.unwrap();
        thief.commit().await.unwrap();
    };
    let ctx = world.stranger();
    let (refused, ()) = tokio::join!(world.answer_passkey(&ctx, &browser, &answer), moves);
    assert!(matches!(refused, Err(Error::PasskeyRefused)), "{refused:?}");
    assert_eq!(world.count(SESSIONS).await, 0);
}
