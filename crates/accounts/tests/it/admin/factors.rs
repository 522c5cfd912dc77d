//! Second factors that are cleared for whoever has lost them.

use crate::crew::{admin, again, kinds};
use accounts::{Error, Precondition, RequestCtx};
use domain::{
    AddressForm, AdminAct, AdminActForm, Asking, FactorForm, FactorsClearing, PasskeyRemoveForm, UserId,
    UserQuery,
};
use sqlx::PgPool;
use testkit::passkey::{KeyKind, SoftAuthenticator};
use testkit::{Authenticator, World, factor_form};
use time::Duration;

const LEFT: [&str; 7] = [
    "totp",
    "totp_enrolments",
    "replaced_totp",
    "passkeys",
    "removed_passkeys",
    "recovery_codes",
    "removed_recovery_codes",
];

async fn rows(world: &World, table: &str) -> i64 {
    let sql = format!("SELECT count(*) FROM {table}");
    sqlx::query_scalar(sqlx::AssertSqlSafe(sql)).fetch_one(&world.pool).await.unwrap()
}

async fn clear(world: &World, ctx: &RequestCtx, id: UserId, reason: &str) -> Result<(), Error> {
    world.accounts.clear_factors(ctx, id, FactorsClearing { reason: reason.into() }).await
}

#[sqlx::test(migrator = "store::MIGRATOR")]
async fn an_admin_clears_what_somebody_has_lost(pool: PgPool) {
    let world = World::new(pool);
    let (root, mut ana) = (admin(&world, "root").await, world.member("ana").await);
    world.execute("UPDATE users SET email_verified = true").await;
    let app = world.set_up_totp(&mut ana).await;
    for _ in 0..2 {
        world.add_passkey(&mut ana, &mut SoftAuthenticator::new(KeyKind::Es256)).await;
    }
    let held = world.holder(&ana).await;
    let id = world.accounts.factors(&held).await.unwrap().passkeys[0].id;
    world.accounts.remove_passkey(&held, PasskeyRemoveForm { id }).await.unwrap();
    world.accounts.remove_totp(&held, FactorForm {}).await.unwrap();
    let app = Authenticator { recovery_codes: app.recovery_codes, ..world.set_up_totp(&mut ana).await };
    world.accounts.begin_totp(&world.holder(&ana).await).await.unwrap();
    let waiting = world.begin_sign_in("ana").await.challenge.reveal();
    let (ctx, id) = (world.holder(&root).await, ana.viewer.id);
    assert_eq!(world.accounts.admin_user(&ctx, id).await.unwrap().second_factors.len(), 2);
    world.mail().await;
    world.execute("DELETE FROM audit_events").await;

    for reason in ["", " \n ", &"x".repeat(301)] {
        let refused = clear(&world, &ctx, id, reason).await;
        assert!(matches!(refused, Err(Error::Invalid(_))), "{refused:?}");
    }
    clear(&world, &ctx, id, "Lost the phone").await.unwrap();
    clear(&world, &ctx, id, "Lost the phone").await.unwrap();
    for table in LEFT {
        assert_eq!(rows(&world, table).await, 0, "{table}");
    }
    assert!(world.holder(&ana).await.member().is_err(), "every session ends");
    assert_eq!(kinds(&world).await, ["factors_cleared"], "once");
    let detail = "SELECT count(*) FROM audit_details d JOIN audit_events e ON e.id = d.event_id
        WHERE e.kind = 'factors_cleared' AND d.detail ->> 'reason' = 'Lost the phone' AND d.detail ->> 'ended_sessions' = '1'";
    assert_eq!(world.count(detail).await, 1);
    let mails = world.mail().await;
    let told: Vec<_> = mails.iter().map(|mail| (mail.to.as_str(), mail.subject.as_str())).collect();
    assert_eq!(told, [("ana@example.com", "Two-step sign-in to Doorstep was turned off")]);
    assert!(
        !mails[0].text.contains("not-me") && !mails[0].text.contains("Lost the phone"),
        "{}",
        mails[0].text
    );
    let form = factor_form("recovery_code", &app.recovery_codes[0]);
    let late = world.accounts.sign_in_by_factor(&world.stranger(), &waiting, form).await;
    assert!(matches!(late, Err(Error::ChallengeInvalid)), "{late:?}");
    again(&world, "ana").await;
}

/// Somebody's second factor does not fall to an admin's browser that was left open, nor does one's own.
#[sqlx::test(migrator = "store::MIGRATOR")]
async fn clearing_takes_a_recent_sign_in_and_spares_one_s_own(pool: PgPool) {
    let world = World::new(pool);
    let (mut root, mut ana) = (admin(&world, "root").await, world.member("ana").await);
    world.set_up_totp(&mut ana).await;
    world.set_up_totp(&mut root).await;
    let (ctx, own) = (world.holder(&root).await, root.viewer.id);
    let refused = clear(&world, &ctx, own, "Mine").await;
    assert!(matches!(refused, Err(Error::OwnAccount)), "{refused:?}");
    let form = AdminActForm { user: own.to_string(), act: "clear-factors".into(), reason: "Mine".into() };
    let refused = world.accounts.act_on_user(&ctx, Asking::Twice, form).await;
    assert!(matches!(refused, Err(Error::OwnAccount)));
    world.clock.advance(Duration::minutes(11));
    let ctx = world.holder(&root).await;
    let refused = clear(&world, &ctx, ana.viewer.id, "Lost").await;
    assert!(matches!(refused, Err(Error::Reauthenticate)), "{refused:?}");
    assert_eq!(rows(&world, "totp").await, 2);
}

/// Another admin would be theirs: with the rights taken first, which is recorded, nothing is gained.
#[sqlx::test(migrator = "store::MIGRATOR")]
async fn an_admin_s_second_factors_and_password_are_no_other_admin_s(pool: PgPool) {
    let world = World::new(pool);
    let (root, mut sam) = (admin(&world, "root").await, admin(&world, "sam").await);
    world.set_up_totp(&mut sam).await;
    let (ctx, id) = (world.holder(&root).await, sam.viewer.id);
    let refused = clear(&world, &ctx, id, "Lost").await;
    assert!(matches!(refused, Err(Error::Forbidden)), "{refused:?}");
    let view = world.accounts.admin_user(&ctx, id).await.unwrap();
    for act in [AdminAct::ClearFactors, AdminAct::MakeReset] {
        assert!(!act.fits(&view));
        let form = AdminActForm { user: id.to_string(), act: act.as_str().into(), reason: "Lost".into() };
        let refused = world.accounts.act_on_user(&ctx, act.asking(), form).await;
        assert!(matches!(refused, Err(Error::ChangedMeanwhile)), "{act:?}");
    }
    assert_eq!(rows(&world, "totp").await, 1);
    let form = AdminActForm { user: id.to_string(), act: "demote".into(), ..AdminActForm::default() };
    world.accounts.act_on_user(&ctx, Asking::Twice, form).await.unwrap();
    clear(&world, &ctx, id, "Lost").await.unwrap();
    assert_eq!(rows(&world, "totp").await, 0);
}

/// Somebody else has cleared what the page showed, and its owner has set up anew.
#[sqlx::test(migrator = "store::MIGRATOR")]
async fn what_was_set_up_after_the_page_was_shown_is_not_cleared(pool: PgPool) {
    let world = World::new(pool);
    let (root, mut ana) = (admin(&world, "root").await, world.member("ana").await);
    world.set_up_totp(&mut ana).await;
    let (mut ctx, id) = (world.holder(&root).await, ana.viewer.id);
    let shown = world.accounts.admin_user_for(&ctx, id, AdminAct::ClearFactors).await.unwrap().version;
    clear(&world, &ctx, id, "Lost the phone").await.unwrap();
    let mut ana = again(&world, "ana").await;
    world.set_up_totp(&mut ana).await;
    let form = AdminActForm { user: id.to_string(), act: "clear-factors".into(), reason: "Lost".into() };
    ctx.precondition = Precondition::Form(shown);
    let refused = world.accounts.act_on_user(&ctx, Asking::Twice, form.clone()).await;
    assert!(matches!(refused, Err(Error::ChangedMeanwhile)));
    assert_eq!(rows(&world, "totp").await, 1);
    ctx.precondition = Precondition::None;
    let shown = world.accounts.admin_user_for(&ctx, id, AdminAct::ClearFactors).await.unwrap().version;
    ctx.precondition = Precondition::Form(shown);
    world.accounts.act_on_user(&ctx, Asking::Twice, form).await.unwrap();
    assert_eq!(rows(&world, "totp").await, 0);
}

/// An account without a password, which no mail reaches.
#[sqlx::test(migrator = "store::MIGRATOR")]
async fn clearing_does_not_take_the_last_way_in(pool: PgPool) {
    let world = World::new(pool);
    let (root, mut ana) = (admin(&world, "root").await, world.member("ana").await);
    world.add_passkey(&mut ana, &mut SoftAuthenticator::new(KeyKind::Es256)).await;
    world.execute("UPDATE users SET password_hash = NULL WHERE role = 'user'").await;
    let (ctx, id) = (world.holder(&root).await, ana.viewer.id);
    let refused = clear(&world, &ctx, id, "Lost").await;
    assert!(matches!(refused, Err(Error::LastWayIn)), "{refused:?}");
    let form = AdminActForm { user: id.to_string(), act: "clear-factors".into(), reason: "Lost".into() };
    let refused = world.accounts.act_on_user(&ctx, Asking::Twice, form).await;
    assert!(matches!(refused, Err(Error::LastWayIn)));
    let form = AddressForm { email: "ana@example.com".to_owned() };
    let refused = world.accounts.clear_factors_of(form).await;
    assert!(matches!(refused, Err(Error::LastWayIn)), "{refused:?}");
    assert_eq!(rows(&world, "passkeys").await, 1);
    world.execute("UPDATE users SET email_verified = true").await;
    clear(&world, &ctx, id, "Lost").await.unwrap();
    assert_eq!(rows(&world, "passkeys").await, 0);
}

/// The page offers it to those who have something to lose, and says why.
#[sqlx::test(migrator = "store::MIGRATOR")]
async fn the_page_s_form_clears_them_once(pool: PgPool) {
    let world = World::new(pool);
    let (root, mut ana) = (admin(&world, "root").await, world.member("ana").await);
    let (ctx, id) = (world.holder(&root).await, ana.viewer.id);
    let fits = async || AdminAct::ClearFactors.fits(&world.accounts.admin_user(&ctx, id).await.unwrap());
    assert!(!fits().await);
    world.set_up_totp(&mut ana).await;
    assert!(fits().await);
    let form = AdminActForm { user: id.to_string(), act: "clear-factors".into(), reason: "Lost".into() };
    world.accounts.act_on_user(&ctx, Asking::Twice, form.clone()).await.unwrap();
    assert!(!fits().await);
    let again = world.accounts.act_on_user(&ctx, Asking::Twice, form).await;
    assert!(matches!(again, Err(Error::ChangedMeanwhile)));
}

/// The last admin has nobody who could clear theirs.
#[sqlx::test(migrator = "store::MIGRATOR")]
async fn whoever_runs_commands_clears_the_last_admin_s(pool: PgPool) {
    let world = World::new(pool);
    let mut root = admin(&world, "root").await;
    world.set_up_totp(&mut root).await;
    world.mail().await;
    world.execute("DELETE FROM audit_events").await;
    let clear = async |email: &str| {
        world.accounts.clear_factors_of(AddressForm { email: email.to_owned() }).await.unwrap()
    };
    assert_eq!(clear("nobody@example.com").await, None);
    assert_eq!(clear("ROOT@example.com").await, Some(true));
    assert_eq!(clear("root@example.com").await, Some(false));
    assert_eq!(kinds(&world).await, ["factors_cleared"]);
    assert_eq!(world.mail().await.len(), 1);
    assert!(world.holder(&root).await.member().is_err());
    again(&world, "root").await;
}

#[sqlx::test(migrator = "store::MIGRATOR")]
async fn second_factors_are_a_filter(pool: PgPool) {
    let world = World::new(pool);
    let (root, mut ana) = (admin(&world, "root").await, world.member("ana").await);
    world.member("bob").await;
    world.set_up_totp(&mut ana).await;
    let eve = world.member("eve").await;
    // One that was begun is none yet.
    world.accounts.begin_totp(&world.holder(&eve).await).await.unwrap();
    let ctx = world.holder(&root).await;
    for (second_factor, sort, found) in [
        ("true", "", &["ana@example.com"][..]),
        ("true", "email", &["ana@example.com"]),
        ("false", "email", &["bob@example.com", "eve@example.com", "root@example.com"]),
        ("false", "-email", &["root@example.com", "eve@example.com", "bob@example.com"]),
        ("", "email", &["ana@example.com", "bob@example.com", "eve@example.com", "root@example.com"]),
    ] {
        let query =
            UserQuery { second_factor: second_factor.into(), sort: sort.into(), ..UserQuery::default() };
        let page = world.accounts.list_users(&ctx, query).await.unwrap();
        let emails: Vec<_> = page.items.iter().map(|user| user.email.as_str()).collect();
        assert_eq!(emails, found, "{second_factor} {sort}");
    }
}
