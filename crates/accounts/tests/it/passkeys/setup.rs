//! Adding passkeys, naming them, and taking them away.

use super::{SESSIONS, authenticator};
use crate::crew::{again, kinds};
use accounts::{Error, RequestCtx, Settings, SignedIn};
use domain::{
    Factor, FactorForm, FactorMethod, FieldError, PasskeyId, PasskeyRemoveForm, PasskeyRenameForm, Reason,
};
use serde_json::{Value, json};
use sqlx::PgPool;
use testkit::passkey::{SoftAuthenticator, new_passkey};
use testkit::{ISSUER, PASSWORD, World, pending, sign_in};
use time::Duration;

async fn options(world: &World, ana: &SignedIn) -> Value {
    world.accounts.passkey_add_options(&world.holder(ana).await).await.unwrap()
}

/// Why an answer is no new passkey.
async fn refused(world: &World, ctx: &RequestCtx, answer: &Value) -> Reason {
    match world.accounts.add_passkey(ctx, new_passkey("Phone", answer)).await {
        Err(Error::Invalid(errors)) => errors[0].reason,
        other => panic!("{other:?}"),
    }
}

async fn ids(world: &World, ctx: &RequestCtx) -> Vec<PasskeyId> {
    let factors = world.accounts.factors(ctx).await.unwrap();
    factors.passkeys.iter().map(|passkey| passkey.id).collect()
}

#[sqlx::test(migrator = "store::MIGRATOR")]
async fn with_the_first_passkey_come_recovery_codes_and_all_other_sessions_end(pool: PgPool) {
    let world = World::new(pool);
    let mut ana = world.member("ana").await;
    again(&world, "ana").await;
    world.mail().await;
    let (mut phone, mut stick) = (authenticator(), authenticator());
    let codes = world.add_passkey(&mut ana, &mut phone).await;
    assert_eq!((codes.len(), world.count(SESSIONS).await), (10, 1));
    assert!(world.add_passkey(&mut ana, &mut stick).await.is_empty(), "once");
    assert_eq!(kinds(&world).await, ["factor_added"; 2]);
    let mail: Vec<_> = world.mail().await.into_iter().map(|mail| mail.subject).collect();
    assert_eq!(mail, ["A passkey was added to your Doorstep account"; 2]);
    let ctx = world.holder(&ana).await;
    let proven: Vec<_> = ctx.member().unwrap().factors.iter().map(|proof| proof.factor).collect();
    assert_eq!(proven, [Factor::Password, Factor::Passkey]);
    let factors = world.accounts.factors(&ctx).await.unwrap();
    assert_eq!((factors.passkeys.len(), factors.recovery_codes_left), (2, 10));
    let first = &factors.passkeys[0];
    assert_eq!((first.name.as_str(), &first.last_used_at, first.backed_up), ("Phone", &None, false));
    let ways = world.accounts.ways_in(&ctx).await.unwrap();
    assert_eq!((ways.passkeys, ways.passkeys_backed_up, ways.authenticator), (2, 0, false));
}

#[sqlx::test(migrator = "store::MIGRATOR")]
async fn what_a_browser_is_asked_names_the_account_by_nothing_of_its_own(pool: PgPool) {
    let world = World::new(pool);
    let mut ana = world.member("ana").await;
    let asked = options(&world, &ana).await;
    assert_eq!(
        (&asked["rp"]["id"], &asked["user"]["name"]),
        (&json!("localhost"), &json!("ana@example.com"))
    );
    assert_eq!(asked["excludeCredentials"], json!([]));
    let mut key = authenticator();
    world.add_passkey(&mut ana, &mut key).await;
    let again = options(&world, &ana).await;
    assert_eq!(again["user"]["id"], asked["user"]["id"], "the same for each passkey of the account");
    assert_ne!(again["challenge"], asked["challenge"]);
    assert_eq!(again["excludeCredentials"].as_array().unwrap().len(), 1);
    let ben = world.member("ben").await;
    assert_ne!(options(&world, &ben).await["user"]["id"], asked["user"]["id"]);
}

#[sqlx::test(migrator = "store::MIGRATOR")]
async fn an_answer_makes_a_passkey_once_where_and_when_it_was_asked_for(pool: PgPool) {
    let world = World::new(pool);
    let ana = world.member("ana").await;
    let ben = world.member("ben").await;
    let (own, bens) = (world.holder(&ana).await, world.holder(&ben).await);
    let others = world.holder(&again(&world, "ana").await).await;
    let asked = options(&world, &ana).await;
    options(&world, &ben).await;
    let answer = authenticator().create(ISSUER, &asked);
    for ctx in [&bens, &others] {
        assert_eq!(refused(&world, ctx, &answer).await, Reason::PasskeyUnusable, "another session's");
    }
    for wrong in [json!({}), json!("x"), authenticator().create("https://evil.example", &asked)] {
        assert_eq!(refused(&world, &own, &wrong).await, Reason::PasskeyUnusable, "{wrong}");
    }
    let added = world.accounts.add_passkey(&own, new_passkey("Phone", &answer)).await.unwrap();
    let own = world.browser(&added.token.unwrap()).await;
    assert_eq!(refused(&world, &own, &answer).await, Reason::PasskeyUnusable, "the same once more");
    let asked = world.accounts.passkey_add_options(&own).await.unwrap();
    let late = authenticator().create(ISSUER, &asked);
    world.clock.advance(Duration::minutes(5));
    let own = RequestCtx { now: world.accounts.now(), ..own };
    assert_eq!(refused(&world, &own, &late).await, Reason::PasskeyUnusable, "expired");
    assert_eq!(world.count("SELECT count(*) FROM passkeys").await, 1);
}

#[sqlx::test(migrator = "store::MIGRATOR")]
async fn a_refused_answer_uses_its_challenge_up(pool: PgPool) {
    let world = World::new(pool);
    let ana = world.member("ana").await;
    let ctx = world.holder(&ana).await;
    let asked = options(&world, &ana).await;
    let mut key = authenticator();
    key.flags = 1;
    let unverified = key.create(ISSUER, &asked);
    assert_eq!(refused(&world, &ctx, &unverified).await, Reason::PasskeyUnusable);
    assert_eq!(world.count("SELECT count(*) FROM used_challenges").await, 1);
    let right = authenticator().create(ISSUER, &asked);
    assert_eq!(refused(&world, &ctx, &right).await, Reason::PasskeyUnusable);
}

#[sqlx::test(migrator = "store::MIGRATOR")]
async fn a_passkey_is_added_once_to_one_account(pool: PgPool) {
    let world = World::new(pool);
    let mut ana = world.member("ana").await;
    let ben = world.member("ben").await;
    let mut key = authenticator();
    world.add_passkey(&mut ana, &mut key).await;
    for (whose, ctx) in [("ana", world.holder(&ana).await), ("ben", world.holder(&ben).await)] {
        let asked = world.accounts.passkey_add_options(&ctx).await.unwrap();
        let mut draft = SoftAuthenticator::draft_creation(&mut key, ISSUER, &asked);
        let known: Vec<u8> =
            sqlx::query_scalar("SELECT credential_id FROM passkeys").fetch_one(&world.pool).await.unwrap();
        draft.rename(known);
        assert_eq!(refused(&world, &ctx, &draft.registration()).await, Reason::PasskeyTaken, "{whose}");
    }
}

/// One that was removed may come back to its owner by "this wasn't me": nobody takes its place meanwhile.
#[sqlx::test(migrator = "store::MIGRATOR")]
async fn a_removed_passkey_that_may_come_back_is_nobody_else_s(pool: PgPool) {
    let world = World::new(pool);
    let (mut ana, mut ben) = (world.member("ana").await, world.member("ben").await);
    let mut key = authenticator();
    world.add_passkey(&mut ana, &mut key).await;
    let known: Vec<u8> =
        sqlx::query_scalar("SELECT credential_id FROM passkeys").fetch_one(&world.pool).await.unwrap();
    let ctx = world.holder(&ana).await;
    let id = ids(&world, &ctx).await[0];
    world.accounts.remove_passkey(&ctx, PasskeyRemoveForm { id }).await.unwrap();
    let draft = async |ctx: &RequestCtx, key: &mut SoftAuthenticator| {
        let asked = world.accounts.passkey_add_options(ctx).await.unwrap();
        let mut draft = SoftAuthenticator::draft_creation(key, ISSUER, &asked);
        draft.rename(known.clone());
        draft.registration()
    };
    let ctx = world.holder(&ben).await;
    assert_eq!(refused(&world, &ctx, &draft(&ctx, &mut key).await).await, Reason::PasskeyTaken);
    world.clock.advance(Duration::WEEK);
    ben = again(&world, "ben").await;
    let ctx = world.holder(&ben).await;
    let form = new_passkey("Phone", &draft(&ctx, &mut key).await);
    world.accounts.add_passkey(&ctx, form).await.unwrap();
}

#[sqlx::test(migrator = "store::MIGRATOR")]
async fn an_account_has_twenty_passkeys_at_most(pool: PgPool) {
    let world = World::new(pool);
    let mut ana = world.member("ana").await;
    let mut key = authenticator();
    for _ in 0..19 {
        world.add_passkey(&mut ana, &mut key).await;
    }
    // Asked while there was room for one more, and answered when there was none.
    let ctx = world.holder(&ana).await;
    let asked = world.accounts.passkey_add_options(&ctx).await.unwrap();
    world
        .execute(
            "INSERT INTO passkeys SELECT gen_random_uuid(), user_id, 'x', algorithm, public_key, counter, backup_eligible,
                    backed_up, aaguid, transports, name, added_at, last_used_at FROM passkeys LIMIT 1",
        )
        .await;
    assert_eq!(refused(&world, &ctx, &key.create(ISSUER, &asked)).await, Reason::PasskeysTooMany);
    let too_many = world.accounts.passkey_add_options(&ctx).await;
    let Err(Error::Invalid(errors)) = too_many else { panic!("{too_many:?}") };
    assert_eq!(errors, [FieldError::new("passkey", Reason::PasskeysTooMany)]);
    assert_eq!(world.count("SELECT count(*) FROM passkeys").await, 20);
}

#[sqlx::test(migrator = "store::MIGRATOR")]
async fn changes_of_passkeys_take_a_recent_sign_in_with_a_second_factor(pool: PgPool) {
    let world = World::new(pool);
    let mut ana = world.member("ana").await;
    let mut key = authenticator();
    world.add_passkey(&mut ana, &mut key).await;
    let id = ids(&world, &world.holder(&ana).await).await[0];
    let asked = options(&world, &ana).await;
    world.clock.advance(Duration::minutes(10) + Duration::SECOND);
    let ctx = world.holder(&ana).await;
    let rename = PasskeyRenameForm { id, name: "Mine".to_owned() };
    for answer in [
        world.accounts.passkey_add_options(&ctx).await.map(drop),
        world.accounts.add_passkey(&ctx, new_passkey("Two", &key.create(ISSUER, &asked))).await.map(drop),
        world.accounts.rename_passkey(&ctx, rename).await,
        world.accounts.remove_passkey(&ctx, PasskeyRemoveForm { id }).await,
        world.accounts.new_recovery_codes(&ctx).await.map(drop),
    ] {
        assert!(matches!(answer, Err(Error::Reauthenticate)), "{answer:?}");
    }
}

#[sqlx::test(migrator = "store::MIGRATOR")]
async fn a_passkey_is_renamed_by_its_owner_alone(pool: PgPool) {
    let world = World::new(pool);
    let mut ana = world.member("ana").await;
    let ben = world.member("ben").await;
    world.add_passkey(&mut ana, &mut authenticator()).await;
    world.execute("DELETE FROM audit_events").await;
    let (ctx, bens) = (world.holder(&ana).await, world.holder(&ben).await);
    let id = ids(&world, &ctx).await[0];
    let form = |name: &str| PasskeyRenameForm { id, name: name.to_owned() };
    let others = world.accounts.rename_passkey(&bens, form("Ben's")).await;
    assert!(matches!(others, Err(Error::NotFound)), "{others:?}");
    world.accounts.remove_passkey(&bens, PasskeyRemoveForm { id }).await.unwrap();
    let nameless = world.accounts.rename_passkey(&ctx, form(" ")).await;
    assert!(matches!(nameless, Err(Error::Invalid(_))), "{nameless:?}");
    world.accounts.rename_passkey(&ctx, form("Ana's stick")).await.unwrap();
    let factors = world.accounts.factors(&ctx).await.unwrap();
    assert_eq!(factors.passkeys[0].name, "Ana's stick");
    assert_eq!(kinds(&world).await, ["passkey_renamed"]);
}

/// Whoever looks later which one it was: a thief may call theirs as the owner's was called.
#[sqlx::test(migrator = "store::MIGRATOR")]
async fn the_trail_says_which_passkey_it_was(pool: PgPool) {
    let world = World::new(pool);
    let mut ana = world.member("ana").await;
    world.add_passkey(&mut ana, &mut authenticator()).await;
    let ctx = world.holder(&ana).await;
    let id = ids(&world, &ctx).await[0];
    let form = PasskeyRenameForm { id, name: "Old".to_owned() };
    world.accounts.rename_passkey(&ctx, form).await.unwrap();
    world.accounts.remove_passkey(&ctx, PasskeyRemoveForm { id }).await.unwrap();
    let sql = "SELECT (d.detail - 'ended_sessions')::text FROM audit_events e JOIN audit_details d ON d.event_id = e.id
               WHERE d.detail ? 'id' ORDER BY e.id";
    let told: Vec<String> = sqlx::query_scalar(sql).fetch_all(&world.pool).await.unwrap();
    let told: Vec<Value> = told.iter().map(|detail| serde_json::from_str(detail).unwrap()).collect();
    let of_factor = |name| json!({ "factor": "passkey", "id": id, "name": name });
    let renamed = json!({ "id": id, "name": "Old", "before": "Phone" });
    assert_eq!(told, [of_factor("Phone"), renamed, of_factor("Old")]);
}

/// A phone was stolen, and its passkey is removed: the thief is signed in by it, and has just shown it.
#[sqlx::test(migrator = "store::MIGRATOR")]
async fn what_a_removed_passkey_opened_ends_with_it(pool: PgPool) {
    let world = World::new(pool);
    let (mut phone, mut ana) = (authenticator(), world.member("ana").await);
    world.add_passkey(&mut ana, &mut phone).await;
    let app = world.set_up_totp(&mut ana).await;
    let thief = world.sign_in_with(&mut phone).await.unwrap();
    world.clock.advance(Duration::MINUTE);
    let waiting = world.begin_sign_in("ana").await.challenge.reveal();
    let stranger = world.stranger();
    let by_app = world.accounts.sign_in_by_factor(&stranger, &waiting, app.form(stranger.now)).await.unwrap();
    let ctx = world.holder(&ana).await;
    let id = ids(&world, &ctx).await[0];
    world.accounts.remove_passkey(&ctx, PasskeyRemoveForm { id }).await.unwrap();
    assert!(world.holder(&thief).await.member().is_err());
    assert!(world.holder(&by_app).await.member().is_ok(), "no passkey has opened it");
    // What the own session has shown with it is worth nothing now, and the app's code is.
    let mut own = world.holder(&ana).await;
    world.accounts.new_recovery_codes(&own).await.unwrap();
    world.execute("UPDATE sessions SET factors = factors - 'otp'").await;
    own = world.holder(&ana).await;
    let refused = world.accounts.new_recovery_codes(&own).await;
    assert!(matches!(refused, Err(Error::Reauthenticate)), "{refused:?}");
}

/// Each refused one leaves a row, and each that is added a mail to an address that may be another's.
#[sqlx::test(migrator = "store::MIGRATOR")]
async fn passkeys_are_added_and_refused_twenty_times_and_then_no_more(pool: PgPool) {
    let world = World::new(pool);
    let ana = world.member("ana").await;
    let ctx = world.holder(&ana).await;
    let asked = options(&world, &ana).await;
    let mut key = authenticator();
    // Whose it is was not verified.
    key.flags &= !0x04;
    for _ in 0..20 {
        assert_eq!(refused(&world, &ctx, &key.create(ISSUER, &asked)).await, Reason::PasskeyUnusable);
    }
    let form = new_passkey("Phone", &key.create(ISSUER, &asked));
    let refused = world.accounts.add_passkey(&ctx, form).await;
    assert!(matches!(refused, Err(Error::TooManyTries { .. })), "{refused:?}");
    let refused = world.accounts.begin_totp(&ctx).await;
    assert!(matches!(refused, Err(Error::TooManyTries { .. })));
}

#[sqlx::test(migrator = "store::MIGRATOR")]
async fn with_the_last_second_factor_the_recovery_codes_go(pool: PgPool) {
    let world = World::new(pool);
    let mut ana = world.member("ana").await;
    world.add_passkey(&mut ana, &mut authenticator()).await;
    world.set_up_totp(&mut ana).await;
    world.mail().await;
    world.execute("DELETE FROM audit_events").await;
    let ctx = world.holder(&ana).await;
    let id = ids(&world, &ctx).await[0];
    world.accounts.remove_passkey(&ctx, PasskeyRemoveForm { id }).await.unwrap();
    world.accounts.remove_passkey(&ctx, PasskeyRemoveForm { id }).await.unwrap();
    assert_eq!(kinds(&world).await, ["factor_removed"], "once");
    let mail: Vec<_> = world.mail().await.into_iter().map(|mail| mail.subject).collect();
    assert_eq!(mail, ["A passkey was removed from your Doorstep account"]);
    assert_eq!(world.count("SELECT count(*) FROM recovery_codes").await, 10, "there is an app");
    world.accounts.remove_totp(&ctx, FactorForm {}).await.unwrap();
    assert_eq!(world.count("SELECT count(*) FROM recovery_codes").await, 0);
    again(&world, "ana").await;
}

#[sqlx::test(migrator = "store::MIGRATOR")]
async fn the_last_way_in_stays(pool: PgPool) {
    let world = World::new(pool);
    let mut ana = world.member("ana").await;
    for _ in 0..2 {
        world.add_passkey(&mut ana, &mut authenticator()).await;
    }
    world.execute("UPDATE users SET password_hash = NULL").await;
    let ctx = world.holder(&ana).await;
    let ids = ids(&world, &ctx).await;
    let remove = async |id| world.accounts.remove_passkey(&ctx, PasskeyRemoveForm { id }).await;
    remove(ids[0]).await.unwrap();
    let last = remove(ids[1]).await;
    assert!(matches!(last, Err(Error::LastWayIn)), "{last:?}");
    assert_eq!(world.count("SELECT count(*) FROM passkeys").await, 1);
    world.execute("UPDATE users SET email_verified = true").await;
    remove(ids[1]).await.unwrap();
}

#[sqlx::test(migrator = "store::MIGRATOR")]
async fn a_site_without_a_name_has_no_passkeys(pool: PgPool) {
    let named = World::new(pool);
    let mut ana = named.member("ana").await;
    named.add_passkey(&mut ana, &mut authenticator()).await;
    // It has one from before, when it had a name.
    let nameless = |settings: &mut Settings| settings.issuer = "https://192.0.2.1".to_owned();
    let accounts = World::replica(&named.pool, &named.clock, nameless);
    let world = World { accounts, ..named };
    let ana = world.accounts.sign_in(&world.stranger(), sign_in("ana@example.com", PASSWORD)).await;
    let methods = pending(ana).methods;
    assert_eq!(methods, [FactorMethod::RecoveryCode]);
    let ana = world.member("ben").await;
    let ctx = world.holder(&ana).await;
    assert!(!world.accounts.factors(&ctx).await.unwrap().passkeys_available);
    let browser = world.accounts.new_passkey_browser();
    for answer in [
        world.accounts.passkey_sign_in_options(&world.stranger(), &browser).map(drop),
        world.accounts.passkey_add_options(&ctx).await.map(drop),
        world.accounts.add_passkey(&ctx, new_passkey("Phone", &json!({}))).await.map(drop),
        world.answer_passkey(&world.stranger(), &browser, &json!({})).await.map(drop),
    ] {
        assert!(matches!(answer, Err(Error::PasskeysOff)), "{answer:?}");
    }
}
