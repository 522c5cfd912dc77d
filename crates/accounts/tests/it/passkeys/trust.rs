//! What becomes of passkeys when an owner takes the account back, what is kept of them, and when it goes.

use super::{authenticator, with_passkey};
use accounts::Error;
use domain::{NotMeForm, ResetForm};
use sqlx::PgPool;
use testkit::passkey::passkey_factor;
use testkit::{ISSUER, PASSWORD, World, link_token};
use time::Duration;

const PASSKEYS: &str = "SELECT count(*) FROM passkeys";

/// A thief's passkey goes. The owner's is still asked for beside another factor, but opens nothing by itself before a new
/// password was chosen: the thief may have that one, too.
#[sqlx::test(migrator = "store::MIGRATOR")]
async fn this_was_not_me_takes_away_what_was_added_since_and_trusts_no_other_alone(pool: PgPool) {
    let world = World::new(pool);
    let (mut own, mut thief_s) = (authenticator(), authenticator());
    let mut ana = world.member("ana").await;
    world.execute("UPDATE users SET email_verified = true").await;
    world.add_passkey(&mut ana, &mut own).await;
    world.clock.advance(Duration::HOUR);
    world.mail().await;
    let mut thief = world.sign_in_with(&mut own).await.unwrap();
    world.add_passkey(&mut thief, &mut thief_s).await;
    let mail = world.mail().await;
    let notice = mail.iter().find(|mail| mail.subject.contains("passkey was added")).unwrap();
    let form = NotMeForm { token: link_token(notice, "not-me").into(), ..NotMeForm::default() };
    let token = world.accounts.disown(&world.stranger(), form).await.unwrap();
    assert_eq!(world.count(PASSKEYS).await, 1);
    for key in [&mut own, &mut thief_s] {
        let refused = world.sign_in_with(key).await;
        assert!(matches!(refused, Err(Error::PasskeyRefused)), "{refused:?}");
    }
    let (token, new_password) = (token.as_str().into(), PASSWORD.into());
    let form = ResetForm { token, new_password, ..ResetForm::default() };
    world.accounts.reset_password(&world.stranger(), form).await.unwrap();
    let refused = world.sign_in_with(&mut thief_s).await;
    assert!(matches!(refused, Err(Error::PasskeyRefused)), "{refused:?}");
    world.sign_in_with(&mut own).await.unwrap();
    world.begin_sign_in("ana").await;
}

/// Stepping up is as good as a new password.
#[sqlx::test(migrator = "store::MIGRATOR")]
async fn a_passkey_that_is_not_trusted_alone_is_asked_for_and_trusted_after_a_step_up(pool: PgPool) {
    let world = World::new(pool);
    let mut key = with_passkey(&world).await;
    world.execute("UPDATE passkey_owners SET alone = false").await;
    let ctx = world.stranger();
    let challenge = world.begin_sign_in("ana").await.challenge.reveal();
    let options = world.accounts.passkey_factor_options(&ctx, &challenge).await.unwrap();
    let form = passkey_factor(&key.get(ISSUER, &options));
    let ana = world.accounts.sign_in_by_factor(&ctx, &challenge, form).await.unwrap();
    let refused = world.sign_in_with(&mut key).await;
    assert!(matches!(refused, Err(Error::PasskeyRefused)), "{refused:?}");
    let ctx = world.holder(&ana).await;
    let options = world.accounts.passkey_confirm_options(&ctx).await.unwrap();
    world.accounts.confirm_by_factor(&ctx, passkey_factor(&key.get(ISSUER, &options))).await.unwrap();
    world.sign_in_with(&mut key).await.unwrap();
}

#[sqlx::test(migrator = "store::MIGRATOR")]
async fn the_export_tells_of_passkeys_and_keeps_their_keys(pool: PgPool) {
    let world = World::new(pool);
    let mut ana = world.member("ana").await;
    world.add_passkey(&mut ana, &mut authenticator()).await;
    let mut export = world.accounts.export(&world.holder(&ana).await).await.unwrap();
    let mut text = String::new();
    while let Some(piece) = export.next_piece().await.unwrap() {
        text.push_str(&piece);
    }
    let export: serde_json::Value = serde_json::from_str(&text).unwrap();
    let passkey = &export["passkeys"][0];
    assert_eq!((&passkey["name"], &passkey["backed_up"]), (&"Phone".into(), &false.into()));
    let names: Vec<_> = passkey.as_object().unwrap().keys().map(String::as_str).collect();
    assert_eq!(names, ["aaguid", "added_at", "backed_up", "last_used_at", "name"]);
}

#[sqlx::test(migrator = "store::MIGRATOR")]
async fn used_challenges_stay_a_day_longer_than_they_could_be_answered(pool: PgPool) {
    let world = World::new(pool);
    let mut key = with_passkey(&world).await;
    world.sign_in_with(&mut key).await.unwrap();
    let used = "SELECT count(*) FROM used_challenges";
    assert_eq!(world.count(used).await, 1);
    world.clock.advance(Duration::DAY);
    world.accounts.sweep(world.accounts.now()).await.unwrap();
    assert_eq!(world.count(used).await, 1);
    world.clock.advance(Duration::minutes(6));
    world.accounts.sweep(world.accounts.now()).await.unwrap();
    assert_eq!((world.count(used).await, world.count(PASSKEYS).await), (0, 1));
    let ana = world.begin_sign_in("ana").await;
    assert!(!ana.methods.is_empty());
    world.execute("DELETE FROM users").await;
    for table in ["passkeys", "passkey_owners"] {
        let sql = format!("SELECT count(*) FROM {table}");
        let rows: i64 = sqlx::query_scalar(sqlx::AssertSqlSafe(sql)).fetch_one(&world.pool).await.unwrap();
        assert_eq!(rows, 0, "{table}");
    }
}
