use crate::crew::{admin, admin_patch, again, appoint, deletion};
use accounts::{Accounts, Error, Field, Proven, RequestCtx};
use domain::{UserId, VerifyForm};
use serde_json::json;
use sqlx::PgPool;
use testkit::{World, link_token};

const ACTIVE: &str = "SELECT count(*) FROM users WHERE role = 'admin' AND is_active";

/// How often two admins meet; `ROUNDS` asks for more.
fn rounds() -> usize {
    std::env::var("ROUNDS").ok().and_then(|text| text.parse().ok()).unwrap_or(50)
}

#[sqlx::test(migrator = "store::MIGRATOR")]
async fn the_last_admin_stays_one(pool: PgPool) {
    let world = World::new(pool);
    let ada = admin(&world, "ada").await;
    world.member("ana").await;
    let (ctx, id) = (world.holder(&ada).await, ada.viewer.id);
    // A disabled admin is no help.
    let eve = admin(&world, "eve").await.viewer.id;
    let disable = admin_patch(json!({"is_active": false}));
    world.accounts.change_user(&ctx, eve, disable).await.unwrap();
    let mut refusals = vec![
        world.accounts.delete_user(&ctx, id).await,
        world.accounts.delete_me(&ctx, deletion(None)).await,
    ];
    for patch in [json!({"role": "user"}), json!({"is_active": false}), json!({"role": "user", "name": "x"})]
    {
        refusals.push(world.accounts.change_user(&ctx, id, admin_patch(patch)).await.map(drop));
    }
    for refusal in refusals {
        assert!(matches!(refusal, Err(Error::LastAdmin)), "{refusal:?}");
    }
    assert!(world.holder(&ada).await.admin().is_ok(), "and their session with them");
    let raise = admin_patch(json!({"is_active": true}));
    world.accounts.change_user(&ctx, eve, raise).await.unwrap();
    world.accounts.change_user(&ctx, id, admin_patch(json!({"role": "user"}))).await.unwrap();
    assert_eq!(world.count(ACTIVE).await, 1);
    assert!(world.holder(&ada).await.member().is_err());
}

#[sqlx::test(migrator = "store::MIGRATOR")]
async fn an_admin_who_cannot_sign_in_does_not_count(pool: PgPool) {
    let world = World::new(pool);
    let ada = admin(&world, "ada").await;
    admin(&world, "imported").await;
    world.execute("UPDATE users SET password_hash = NULL WHERE email = 'imported@example.com'").await;
    let ctx = world.holder(&ada).await;
    let demote = admin_patch(json!({"role": "user"}));
    let refused = world.accounts.change_user(&ctx, ada.viewer.id, demote).await;
    assert!(matches!(refused, Err(Error::LastAdmin)), "{refused:?}");
    world.execute("UPDATE users SET role = 'user' WHERE email = 'ada@example.com'").await;
    assert!(!world.accounts.admin_exists().await.unwrap(), "so the first one may still be made");
}

/// Where addresses have to be proven first, an admin who has not done it can manage nobody.
#[sqlx::test(migrator = "store::MIGRATOR")]
async fn an_admin_who_has_to_prove_the_address_does_not_count(pool: PgPool) {
    let world = World::with(pool, |settings| settings.require_verified = true);
    let (ada, eve) = (admin(&world, "ada").await, admin(&world, "eve").await);
    let ana = world.member("ana").await;
    world.execute("UPDATE users SET email_verified = true WHERE email = 'ada@example.com'").await;
    let (ctx, id) = (world.holder(&ada).await, ada.viewer.id);
    let change = |json| world.accounts.change_user(&ctx, id, admin_patch(json));
    let refusals = [
        change(json!({"role": "user"})).await.map(drop),
        change(json!({"is_active": false})).await.map(drop),
        world.accounts.delete_user(&ctx, id).await,
        world.accounts.delete_me(&ctx, deletion(None)).await,
    ];
    for refusal in refusals {
        assert!(matches!(refusal, Err(Error::LastAdmin)), "{refusal:?}");
    }
    world.execute("UPDATE users SET role = 'user' WHERE email = 'ada@example.com'").await;
    let eve = world.holder(&eve).await;
    let refused = world.accounts.delete_me(&eve, deletion(None)).await;
    assert!(matches!(refused, Err(Error::LastAdmin)), "whoever can prove it yet stays: {refused:?}");
    world.accounts.delete_me(&world.holder(&ana).await, deletion(None)).await.unwrap();
    world.execute("UPDATE users SET role = 'admin' WHERE email = 'ada@example.com'").await;
    world.accounts.delete_me(&eve, deletion(None)).await.unwrap();
}

/// So nobody stops being one by a mistyped address.
#[sqlx::test(migrator = "store::MIGRATOR")]
async fn an_admin_s_own_address_waits_for_its_proof_here_too(pool: PgPool) {
    let world = World::with(pool, |settings| settings.require_verified = true);
    let (ada, ana) = (admin(&world, "ada").await, world.member("ana").await.viewer.id);
    world.execute("UPDATE users SET email_verified = true").await;
    world.mail().await;
    let (ctx, id) = (world.holder(&ada).await, ada.viewer.id);
    let change = |id, json| world.accounts.change_user(&ctx, id, admin_patch(json));
    let kept = change(id, json!({"email": "ada@new.example", "name": "Ada"})).await.unwrap();
    assert_eq!((kept.email.as_str(), kept.email_verified), ("ada@example.com", true));
    assert_eq!(kept.profile.name.as_deref(), Some("Ada"));
    assert!(world.holder(&ada).await.admin().is_ok());
    let taken = change(id, json!({"email": "ana@example.com"})).await;
    assert!(matches!(taken, Err(Error::Taken(Field::Email))), "{taken:?}");
    let mails = world.mail().await;
    let mail = mails.iter().find(|mail| mail.to == "ada@new.example").unwrap();
    let form = VerifyForm { token: link_token(mail, "verify").into(), ..VerifyForm::default() };
    let proven = world.accounts.prove_address(&ctx, form).await.unwrap();
    let Proven::Address(Some(viewer)) = proven else { panic!("{proven:?}") };
    assert_eq!((viewer.email.as_str(), viewer.must_prove), ("ada@new.example", false));
    assert_eq!(viewer.name.as_deref(), Some("Ada"), "as the row says");
    assert!(world.holder(&ada).await.admin().is_ok());
    let moved = change(ana, json!({"email": "ana@new.example"})).await.unwrap();
    assert_eq!((moved.email.as_str(), moved.email_verified), ("ana@new.example", false), "others' at once");
}

/// P28: whatever two admins do to each other or to themselves at the same moment, on two replicas.
#[sqlx::test(migrator = "store::MIGRATOR")]
async fn of_two_admins_who_go_at_the_same_moment_one_stays(pool: PgPool) {
    let world = World::new(pool);
    let replica = World::replica(&world.pool, &world.clock, |_| ());
    let ada = admin(&world, "ada").await.viewer.id;
    let eve = admin(&world, "eve").await.viewer.id;
    for round in 0..rounds() {
        // Whoever lost in the round before lost their session, too.
        let (one, two) = (again(&world, "ada").await, again(&world, "eve").await);
        let (one, two) = (world.holder(&one).await, world.holder(&two).await);
        let patch = if round % 2 == 0 { json!({"role": "user"}) } else { json!({"is_active": false}) };
        let each_other = round % 4 < 2;
        let (first, second) = if each_other { (eve, ada) } else { (ada, eve) };
        let outcomes = tokio::join!(
            world.accounts.change_user(&one, first, admin_patch(patch.clone())),
            replica.change_user(&two, second, admin_patch(patch)),
        );
        let refused = match outcomes {
            (Ok(_), Err(refused)) | (Err(refused), Ok(_)) => refused,
            both => panic!("round {round}: {both:?}"),
        };
        let expected = if each_other { "not allowed" } else { "the last active admin" };
        assert_eq!(refused.to_string(), expected);
        assert_eq!(world.count(ACTIVE).await, 1, "round {round}");
        appoint(&world, ada).await;
        appoint(&world, eve).await;
    }
}

#[sqlx::test(migrator = "store::MIGRATOR")]
async fn of_two_admins_who_are_deleted_at_the_same_moment_one_stays(pool: PgPool) {
    let world = World::new(pool);
    let replica = World::replica(&world.pool, &world.clock, |_| ());
    for round in 0..rounds() / 5 {
        let [ada, eve] = ["ada", "eve"].map(|name| format!("{name}{round}"));
        let (ada, eve) = (admin(&world, &ada).await, admin(&world, &eve).await);
        let (one, two) = (world.holder(&ada).await, world.holder(&eve).await);
        let each_other = round % 2 == 0;
        let (first, second) = tokio::join!(
            delete(&world.accounts, &one, each_other.then_some(eve.viewer.id)),
            delete(&replica, &two, each_other.then_some(ada.viewer.id)),
        );
        assert!(first.is_ok() != second.is_ok(), "round {round}: {first:?}, {second:?}");
        assert_eq!(world.count(ACTIVE).await, 1, "round {round}");
        world.execute("DELETE FROM users").await;
    }
}

async fn delete(accounts: &Accounts, ctx: &RequestCtx, whom: Option<UserId>) -> Result<(), Error> {
    match whom {
        Some(other) => accounts.delete_user(ctx, other).await,
        None => accounts.delete_me(ctx, deletion(None)).await,
    }
}
