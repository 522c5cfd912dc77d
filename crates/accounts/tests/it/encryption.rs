//! What the database keeps secret moves to a new encryption key, and an old key stays while a row needs it.

use accounts::{Accounts, EncryptionKeys};
use domain::AddressForm;
use sqlx::PgPool;
use testkit::{ENCRYPTION_KEY, Mailbox, World, link_token};
use time::Duration;

/// A ring of two keys, the second of which encrypts already, and a ring of the second alone.
fn rings(world: &World) -> (EncryptionKeys, EncryptionKeys) {
    let (now, long_ago) = (world.accounts.now(), world.accounts.now() - Duration::hours(2));
    let both = EncryptionKeys::rotate_pem(ENCRYPTION_KEY, long_ago, Duration::ZERO).unwrap();
    let first = EncryptionKeys::from_pem(ENCRYPTION_KEY).unwrap();
    let unused: Vec<_> = first.ids().map(str::to_owned).collect();
    let second = EncryptionKeys::without(&both, &unused, now).unwrap();
    (EncryptionKeys::from_pem(&both).unwrap(), EncryptionKeys::from_pem(&second).unwrap())
}

fn server(world: &World, keys: &EncryptionKeys) -> Accounts {
    World::replica(&world.pool, &world.clock, |settings| settings.encryption = Some(keys.clone()))
}

fn ids(keys: &EncryptionKeys) -> Vec<&str> {
    keys.ids().collect()
}

async fn ask(world: &World, email: &str) {
    let form = AddressForm { email: email.into() };
    world.accounts.forgot_password(&world.stranger(), form).await.unwrap();
}

#[sqlx::test(migrator = "store::MIGRATOR")]
async fn waiting_mails_are_encrypted_anew_and_arrive(pool: PgPool) {
    let world = World::new(pool);
    world.member("ana").await;
    world.mail().await;
    // The link that proves the address would keep its key.
    world.execute("DELETE FROM one_time_tokens").await;
    ask(&world, "ana@example.com").await;
    // More than one statement takes.
    for stranger in 0..500 {
        ask(&world, &format!("{stranger}@example.com")).await;
    }
    let (both, second) = rings(&world);
    let (rotating, later) = (server(&world, &both), server(&world, &second));
    assert_eq!(later.missing_keys().await.unwrap(), ids(&both)[..1]);
    assert_eq!(rotating.unused_keys().await.unwrap(), ids(&both)[1..]);
    assert_eq!(rotating.encrypt_anew().await.unwrap(), 501);
    assert_eq!(rotating.encrypt_anew().await.unwrap(), 0);
    assert_eq!(rotating.unused_keys().await.unwrap(), ids(&both)[..1]);
    assert!(later.missing_keys().await.unwrap().is_empty());
    let mailbox = Mailbox::default();
    while later.send_due(&mailbox).await.unwrap() {}
    let mails = mailbox.take();
    assert!(mails.len() == 1 && mails[0].to == "ana@example.com");
}

#[sqlx::test(migrator = "store::MIGRATOR")]
async fn an_old_key_is_used_while_a_link_may_be_opened(pool: PgPool) {
    let world = World::new(pool);
    world.member("ana").await;
    // The link that proves an address lives for a day.
    let mails = world.mail().await;
    assert!(mails.iter().any(|mail| link_token(mail, "verify").len() == 43));
    let (both, second) = rings(&world);
    let rotating = server(&world, &both);
    assert_eq!(rotating.encrypt_anew().await.unwrap(), 0);
    assert_eq!(rotating.unused_keys().await.unwrap(), ids(&both)[1..]);
    assert_eq!(server(&world, &second).missing_keys().await.unwrap(), ids(&both)[..1]);
    world.clock.advance(Duration::days(1) + Duration::SECOND);
    assert_eq!(rotating.unused_keys().await.unwrap(), ids(&both));
    assert!(server(&world, &second).missing_keys().await.unwrap().is_empty());
}

/// A key that leaked can be given up, though the apps stay.
#[sqlx::test(migrator = "store::MIGRATOR")]
async fn authenticator_apps_are_encrypted_anew_and_still_open(pool: PgPool) {
    let world = World::new(pool);
    let mut ana = world.member("ana").await;
    let old = world.set_up_totp(&mut ana).await;
    let app = world.set_up_totp(&mut ana).await;
    world.mail().await;
    world.execute("DELETE FROM one_time_tokens").await;
    let mut ben = world.member("ben").await;
    world.set_up_totp(&mut ben).await;
    world.execute("UPDATE totp SET key_id = 'lost' WHERE user_id = (SELECT id FROM users WHERE email = 'ben@example.com')").await;
    world.mail().await;
    world.execute("DELETE FROM one_time_tokens").await;
    world.execute("DELETE FROM outbox").await;
    let (both, second) = rings(&world);
    let (rotating, later) = (server(&world, &both), server(&world, &second));
    assert_eq!(
        rotating.encrypt_anew().await.unwrap(),
        2,
        "one of them replaced; the key of the third is not there"
    );
    assert_eq!(rotating.encrypt_anew().await.unwrap(), 0);
    assert_eq!(rotating.unused_keys().await.unwrap(), ids(&both)[..1]);
    let (waiting, ctx) = (world.begin_sign_in("ana").await.challenge.reveal(), world.stranger());
    let refused = later.sign_in_by_factor(&ctx, &waiting, old.form(ctx.now)).await;
    assert!(matches!(refused, Err(accounts::Error::FactorRefused)), "{refused:?}");
    later.sign_in_by_factor(&ctx, &waiting, app.form(ctx.now)).await.unwrap();
}
