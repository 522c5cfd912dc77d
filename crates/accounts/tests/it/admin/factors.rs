//! Second factors that are cleared for whoever has lost them.

use crate::crew::{admin, again, kinds};
use accounts::{Error, RequestCtx};
use domain::{AddressForm, AdminAct, AdminActForm, Asking, FactorsClearing, UserId, UserQuery};
use sqlx::PgPool;
use testkit::passkey::{KeyKind, SoftAuthenticator};
use testkit::{World, factor_form};
use time::Duration;

const LEFT: [&str; 5] = ["totp", "totp_enrolments", "passkeys", "recovery_codes", "pending_sign_ins"];

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
    world.add_passkey(&mut ana, &mut SoftAuthenticator::new(KeyKind::Es256)).await;
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
