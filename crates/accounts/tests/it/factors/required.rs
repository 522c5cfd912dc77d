//! `REQUIRE_FACTOR`: until there is a second factor, an account sets one up, or ends, and does nothing else.

use crate::account::unproven::WAITS;
use crate::crew::{admin, again, deletion, patch};
use accounts::{Error, RequireFactor};
use domain::{EmailForm, FactorForm, FactorsClearing, ProfileForm};
use serde_json::json;
use sqlx::PgPool;
use testkit::passkey::{KeyKind, SoftAuthenticator};
use testkit::{PASSWORD, World};

/// What leads to a second factor, of what waits for the proof of an address.
const ENROLS: &[&str] = &[
    "factors",
    "ways_in",
    "begin_totp",
    "pending_totp",
    "confirm_totp",
    "passkey_add_options",
    "add_passkey",
];

fn strict(pool: PgPool, require: RequireFactor) -> World {
    World::with(pool, |settings| settings.require_factor = require)
}

async fn digest(world: &World) -> String {
    let sql = "SELECT concat((SELECT md5(string_agg(u::text, '|' ORDER BY id)) FROM users u), ' ',
                             (SELECT md5(string_agg(a::text, '|' ORDER BY id)) FROM audit_events a))";
    sqlx::query_scalar(sql).fetch_one(&world.pool).await.unwrap()
}

/// An admin, who may do all of it: so nothing but the factor stands in the way.
#[sqlx::test(migrator = "store::MIGRATOR")]
async fn nothing_but_setting_a_second_factor_up_until_there_is_one(pool: PgPool) {
    let world = strict(pool, RequireFactor::Admins);
    let eve = world.member("eve").await;
    let mut ana = admin(&world, "ana").await;
    assert!(again(&world, "ana").await.must_enrol && !again(&world, "eve").await.must_enrol);
    let (ctx, before) = (world.holder(&ana).await, digest(&world).await);
    assert!(world.accounts.factors(&ctx).await.unwrap().required);
    for (what, ask) in WAITS {
        let answer = ask(&world.accounts, &ctx, eve.viewer.id).await;
        let enrols = ENROLS.contains(what);
        assert_eq!(matches!(answer, Err(Error::FactorRequired)), !enrols, "{what}: {answer:?}");
    }
    let accounts = &world.accounts;
    let form = EmailForm { email: "ana@new.example".into(), password: PASSWORD.into() };
    for answer in [
        accounts.email(&ctx).await.map(drop),
        accounts.change_email(&ctx, form).await.map(drop),
        accounts.cancel_email_change(&ctx).await.map(drop),
        accounts.change_me(&ctx, patch(json!({"email": "ana@new.example"}))).await.map(drop),
    ] {
        assert!(matches!(answer, Err(Error::FactorRequired)), "the address is proven: {answer:?}");
    }
    assert_eq!(digest(&world).await, before);

    let own = world.holder(&eve).await;
    assert!(world.accounts.me(&own).await.is_ok() && !world.accounts.factors(&own).await.unwrap().required);
    world.set_up_totp(&mut ana).await;
    let ctx = world.holder(&ana).await;
    for (what, ask) in WAITS {
        let answer = ask(&world.accounts, &ctx, eve.viewer.id).await;
        // That one removes the last one.
        assert!(*what == "remove_totp" || !matches!(answer, Err(Error::FactorRequired)), "{what}");
    }
}

#[sqlx::test(migrator = "store::MIGRATOR")]
async fn a_passkey_is_enough_and_the_last_factor_stays(pool: PgPool) {
    let world = strict(pool, RequireFactor::All);
    let mut ana = world.member("ana").await;
    assert!(matches!(world.accounts.me(&world.holder(&ana).await).await, Err(Error::FactorRequired)));
    let mut key = SoftAuthenticator::new(KeyKind::Es256);
    world.add_passkey(&mut ana, &mut key).await;
    world.accounts.me(&world.holder(&ana).await).await.unwrap();
    let ctx = world.holder(&ana).await;
    let passkey = world.accounts.factors(&ctx).await.unwrap().passkeys[0].id;
    let form = domain::PasskeyRemoveForm { id: passkey };
    let refused = world.accounts.remove_passkey(&ctx, form.clone()).await;
    assert!(matches!(refused, Err(Error::FactorRequired)), "{refused:?}");
    world.set_up_totp(&mut ana).await;
    world.accounts.remove_passkey(&world.holder(&ana).await, form).await.unwrap();
    let refused = world.accounts.remove_totp(&world.holder(&ana).await, FactorForm {}).await;
    assert!(matches!(refused, Err(Error::FactorRequired)), "{refused:?}");
    assert_eq!(world.count("SELECT count(*) FROM totp").await, 1);
    assert_eq!(world.count("SELECT count(*) FROM recovery_codes").await, 10, "nothing went with it");
}

/// The row counts, and not what the request saw.
#[sqlx::test(migrator = "store::MIGRATOR")]
async fn a_write_that_waited_while_the_factor_went_does_not_land(pool: PgPool) {
    let world = strict(pool, RequireFactor::Admins);
    let eve = world.member("eve").await.viewer.id;
    let mut ana = admin(&world, "ana").await;
    world.set_up_totp(&mut ana).await;
    let ctx = world.holder(&ana).await;
    world.execute("DELETE FROM totp").await;
    let before = digest(&world).await;
    let form = ProfileForm { name: Some("Late".into()), ..ProfileForm::default() };
    let own = world.accounts.save_profile(&ctx, form).await;
    assert!(matches!(own, Err(Error::FactorRequired)), "{own:?}");
    let other = world.accounts.end_sessions_of(&ctx, eve).await;
    assert!(matches!(other, Err(Error::FactorRequired)), "{other:?}");
    assert_eq!(digest(&world).await, before);
}

/// Whoever has lost it begins anew; whoever will not have one signs out, or goes.
#[sqlx::test(migrator = "store::MIGRATOR")]
async fn the_sign_in_after_a_clearing_must_set_one_up(pool: PgPool) {
    let world = strict(pool, RequireFactor::All);
    let (mut root, mut ana) = (admin(&world, "root").await, world.member("ana").await);
    world.set_up_totp(&mut root).await;
    world.set_up_totp(&mut ana).await;
    let why = FactorsClearing { reason: "Lost".into() };
    world.accounts.clear_factors(&world.holder(&root).await, ana.viewer.id, why).await.unwrap();
    let ana = again(&world, "ana").await;
    assert!(ana.must_enrol);
    assert!(matches!(world.accounts.me(&world.holder(&ana).await).await, Err(Error::FactorRequired)));
    world.accounts.sign_out(&world.holder(&ana).await).await.unwrap();
    let ana = again(&world, "ana").await;
    world.accounts.delete_me(&world.holder(&ana).await, deletion(None)).await.unwrap();
}
