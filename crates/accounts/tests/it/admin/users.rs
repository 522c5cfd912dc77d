use crate::crew::{admin, admin_patch, again, break_the_trail, kinds};
use accounts::{Error, Field};
use domain::{AuditQuery, FactorsClearing, Role, UserId, UserQuery};
use serde_json::json;
use sqlx::PgPool;
use testkit::{PASSWORD, World, sign_in};
use time::Duration;
use uuid::Uuid;

fn lost() -> FactorsClearing {
    FactorsClearing { reason: "Lost the phone".into() }
}

#[sqlx::test(migrator = "store::MIGRATOR")]
async fn what_is_for_admins_is_for_nobody_else(pool: PgPool) {
    let world = World::new(pool);
    let (ana, eve) = (world.member("ana").await, world.member("eve").await);
    let id = eve.viewer.id;
    let rise = || admin_patch(json!({"role": "admin"}));
    for (ctx, stranger) in [(world.stranger(), true), (world.holder(&ana).await, false)] {
        let accounts = &world.accounts;
        let refusals = [
            accounts.list_users(&ctx, UserQuery::default()).await.map(drop),
            accounts.user(&ctx, id).await.map(drop),
            accounts.user(&ctx, ana.viewer.id).await.map(drop),
            accounts.change_user(&ctx, id, rise()).await.map(drop),
            accounts.change_user(&ctx, ana.viewer.id, rise()).await.map(drop),
            accounts.delete_user(&ctx, id).await,
            accounts.end_sessions_of(&ctx, id).await.map(drop),
            accounts.clear_factors(&ctx, id, lost()).await,
            accounts.audit_trail(&ctx, AuditQuery::default()).await.map(drop),
        ];
        for refusal in refusals {
            match refusal {
                Err(Error::SignInNeeded) => assert!(stranger),
                Err(Error::Forbidden) => assert!(!stranger),
                other => panic!("{other:?}"),
            }
        }
    }
    assert_eq!(kinds(&world).await, [""; 0]);
    assert!(world.holder(&eve).await.member().is_ok());
}

#[sqlx::test(migrator = "store::MIGRATOR")]
async fn an_admin_changes_everything_but_the_password(pool: PgPool) {
    let world = World::new(pool);
    let (ada, ana) = (admin(&world, "ada").await, world.member("ana").await);
    world.execute("UPDATE users SET email_verified = true").await;
    let (ctx, id) = (world.holder(&ada).await, ana.viewer.id);
    let patch = json!({"email": "ana@new.example", "username": "ana", "name": "Ana", "role": "user"});
    let changed = world.accounts.change_user(&ctx, id, admin_patch(patch)).await.unwrap();
    assert_eq!((changed.email.as_str(), changed.email_verified), ("ana@new.example", false));
    assert_eq!(changed, world.accounts.user(&ctx, id).await.unwrap());
    assert!(world.holder(&ana).await.member().is_ok(), "nothing that ends a session");
    assert_eq!(kinds(&world).await, ["email_changed", "profile_changed"]);
    let taken = admin_patch(json!({"email": "ADA@example.com", "role": "admin"}));
    let taken = world.accounts.change_user(&ctx, id, taken).await;
    assert!(matches!(taken, Err(Error::Taken(Field::Email))));
    assert_eq!(changed, world.accounts.user(&ctx, id).await.unwrap(), "and no role by half");
    assert!(world.holder(&ana).await.member().is_ok());
    let by_her = "SELECT count(*) FROM audit_events e JOIN users u ON u.id = e.actor_id \
                  WHERE u.role = 'admin' AND e.kind LIKE '%changed' AND e.subject_id <> u.id";
    assert_eq!(world.count(by_her).await, 2);
}

#[sqlx::test(migrator = "store::MIGRATOR")]
async fn absent_accounts_are_not_found(pool: PgPool) {
    let world = World::new(pool);
    let ada = admin(&world, "ada").await;
    let (ctx, id) = (world.holder(&ada).await, UserId(Uuid::from_u128(7)));
    let refusals = [
        world.accounts.user(&ctx, id).await.map(drop),
        world.accounts.change_user(&ctx, id, admin_patch(json!({"name": "x"}))).await.map(drop),
        world.accounts.delete_user(&ctx, id).await,
        world.accounts.end_sessions_of(&ctx, id).await.map(drop),
        world.accounts.clear_factors(&ctx, id, lost()).await,
    ];
    for refusal in refusals {
        assert!(matches!(refusal, Err(Error::NotFound)), "{refusal:?}");
    }
}

/// P6: at once, on every replica, and enabling the account again brings none of them back.
#[sqlx::test(migrator = "store::MIGRATOR")]
async fn disabling_and_a_change_of_role_end_every_session(pool: PgPool) {
    let world = World::new(pool);
    let replica = World::replica(&world.pool, &world.clock, |_| ());
    let (ada, ana) = (admin(&world, "ada").await, world.member("ana").await);
    let (ctx, id) = (world.holder(&ada).await, ana.viewer.id);
    let there = again(&world, "ana").await;
    for is_active in [false, true] {
        let patch = admin_patch(json!({"is_active": is_active}));
        world.accounts.change_user(&ctx, id, patch).await.unwrap();
        for gone in [&ana, &there] {
            assert!(replica.authenticate(&gone.token.jwt, ctx.now).await.unwrap().is_none());
        }
    }
    for role in ["admin", "user"] {
        let ana = again(&world, "ana").await;
        world.accounts.change_user(&ctx, id, admin_patch(json!({"role": role}))).await.unwrap();
        assert!(replica.authenticate(&ana.token.jwt, ctx.now).await.unwrap().is_none());
    }
    let expected = ["account_disabled", "account_enabled", "role_changed", "role_changed"];
    assert_eq!(kinds(&world).await, expected);
    let told = "SELECT count(*) FROM audit_details WHERE detail->>'ended_sessions' = '2'";
    assert_eq!(world.count(told).await, 1);
}

/// By a program as by the page: the reason is told after the right password, and recorded.
#[sqlx::test(migrator = "store::MIGRATOR")]
async fn a_program_says_why_somebody_is_disabled(pool: PgPool) {
    let world = World::new(pool);
    let (ada, ana) = (admin(&world, "ada").await, world.member("ana").await);
    let id = ana.viewer.id;
    let change = async |json| {
        let ctx = world.holder(&ada).await;
        world.accounts.change_user(&ctx, id, admin_patch(json)).await
    };
    let told = async || match world
        .accounts
        .sign_in(&world.stranger(), sign_in("ana@example.com", PASSWORD))
        .await
    {
        Err(Error::AccountDisabled { reason }) => reason,
        other => panic!("{other:?}"),
    };
    change(json!({"is_active": false, "reason": "Spam"})).await.unwrap();
    assert_eq!(told().await, "Spam");
    change(json!({"is_active": false, "reason": "Spam"})).await.unwrap();
    change(json!({"is_active": false})).await.unwrap();
    change(json!({"is_active": false, "reason": "Spam, twice"})).await.unwrap();
    world.clock.advance(Duration::MINUTE);
    assert_eq!(told().await, "Spam, twice", "other words count");
    let recorded = "SELECT audit_details.detail->>'reason' FROM audit_details JOIN audit_events ON id = event_id WHERE kind = 'account_disabled' ORDER BY 1";
    let recorded: Vec<String> = sqlx::query_scalar(recorded).fetch_all(&world.pool).await.unwrap();
    assert_eq!(recorded, ["Spam", "Spam, twice"]);
}

#[sqlx::test(migrator = "store::MIGRATOR")]
async fn a_sign_in_that_races_disabling_leaves_no_session(pool: PgPool) {
    let world = World::with(pool, |settings| settings.hashing.permits = 8);
    let (ada, ana) = (admin(&world, "ada").await, world.member("ana").await);
    let (ctx, id, stranger) = (world.holder(&ada).await, ana.viewer.id, world.stranger());
    for _ in 0..8 {
        let (_, disabled) = tokio::join!(
            world.accounts.sign_in(&stranger, sign_in("ana@example.com", PASSWORD)),
            world.accounts.change_user(&ctx, id, admin_patch(json!({"is_active": false}))),
        );
        disabled.unwrap();
        let alive = "SELECT count(*) FROM sessions s JOIN users u ON u.id = s.user_id \
                     WHERE s.ended_at IS NULL AND u.role = 'user'";
        assert_eq!(world.count(alive).await, 0);
        world.accounts.change_user(&ctx, id, admin_patch(json!({"is_active": true}))).await.unwrap();
    }
}

#[sqlx::test(migrator = "store::MIGRATOR")]
async fn an_admin_deletes_and_signs_people_out(pool: PgPool) {
    let world = World::new(pool);
    let (ada, ana) = (admin(&world, "ada").await, world.member("ana").await);
    let (ctx, id) = (world.holder(&ada).await, ana.viewer.id);
    let there = again(&world, "ana").await;
    assert_eq!(world.accounts.end_sessions_of(&ctx, id).await.unwrap(), 2);
    for gone in [&ana, &there] {
        assert!(world.holder(gone).await.member().is_err());
    }
    let ana = again(&world, "ana").await;
    world.accounts.delete_user(&ctx, id).await.unwrap();
    assert!(world.holder(&ana).await.member().is_err());
    assert!(matches!(world.accounts.user(&ctx, id).await, Err(Error::NotFound)));
    assert!(world.holder(&ada).await.admin().is_ok());
    assert_eq!(kinds(&world).await, ["account_deleted", "sessions_ended"]);
}

/// Who found an admin's screen unlocked, or an admin's token, gets no account and no rights, and rid of nobody.
#[sqlx::test(migrator = "store::MIGRATOR")]
async fn what_an_admin_does_to_an_account_needs_a_recent_sign_in(pool: PgPool) {
    let world = World::new(pool);
    let (ada, ana) = (admin(&world, "ada").await, world.member("ana").await);
    admin(&world, "eve").await;
    world.clock.advance(Duration::minutes(11));
    let ctx = world.holder(&ada).await;
    for id in [ada.viewer.id, ana.viewer.id] {
        let change = |json| world.accounts.change_user(&ctx, id, admin_patch(json));
        let other_role = if id == ana.viewer.id { "admin" } else { "user" };
        for json in [
            json!({"email": "x@example.com"}),
            json!({"role": other_role}),
            json!({"is_active": false}),
            json!({"name": "x", "is_active": false, "reason": "Spam"}),
        ] {
            let refused = change(json).await;
            assert!(matches!(refused, Err(Error::Reauthenticate)), "{refused:?}");
        }
        assert!(matches!(world.accounts.delete_user(&ctx, id).await, Err(Error::Reauthenticate)));
        // A program that sends all of it back changes the rest.
        let user = world.accounts.user(&ctx, id).await.unwrap();
        let whole = json!({"name": "New", "email": user.email, "role": user.role, "is_active": true});
        assert_eq!(change(whole).await.unwrap().profile.name.as_deref(), Some("New"));
    }
    assert_eq!(kinds(&world).await, ["profile_changed", "profile_changed"]);
    let ctx = world.holder(&again(&world, "ada").await).await;
    world.accounts.change_user(&ctx, ana.viewer.id, admin_patch(json!({"role": "admin"}))).await.unwrap();
}

/// A mail to the new address would make the other admin of whoever reads it. With the rights taken first, which is recorded,
/// nothing is gained.
#[sqlx::test(migrator = "store::MIGRATOR")]
async fn another_admin_s_address_is_not_changed(pool: PgPool) {
    let world = World::new(pool);
    let (ada, sam) = (admin(&world, "ada").await, admin(&world, "sam").await);
    let (ctx, id) = (world.holder(&ada).await, sam.viewer.id);
    let change = |json| world.accounts.change_user(&ctx, id, admin_patch(json));
    for json in [json!({"email": "x@example.com"}), json!({"email": "x@example.com", "role": "user"})] {
        let refused = change(json).await;
        assert!(matches!(refused, Err(Error::Forbidden)), "{refused:?}");
    }
    assert_eq!(kinds(&world).await, [""; 0]);
    change(json!({"name": "Sam", "email": "sam@example.com"})).await.unwrap();
    let own =
        world.accounts.change_user(&ctx, ada.viewer.id, admin_patch(json!({"email": "ada@new.example"})));
    own.await.unwrap();
    change(json!({"role": "user"})).await.unwrap();
    assert_eq!(change(json!({"email": "x@example.com"})).await.unwrap().email, "x@example.com");
}

#[sqlx::test(migrator = "store::MIGRATOR")]
async fn an_admins_changes_that_cannot_be_recorded_do_not_happen(pool: PgPool) {
    let world = World::new(pool);
    let (ada, ana) = (admin(&world, "ada").await, world.member("ana").await);
    let (ctx, id) = (world.holder(&ada).await, ana.viewer.id);
    break_the_trail(&world).await;
    for patch in [json!({"role": "admin"}), json!({"is_active": false}), json!({"name": "x"})] {
        assert!(world.accounts.change_user(&ctx, id, admin_patch(patch)).await.is_err());
    }
    assert!(world.accounts.delete_user(&ctx, id).await.is_err());
    assert!(world.accounts.end_sessions_of(&ctx, id).await.is_err());
    let ana = world.holder(&ana).await;
    assert_eq!(ana.member().unwrap().role, Role::User);
}

#[sqlx::test(migrator = "store::MIGRATOR")]
async fn sessions_are_counted_up_to_a_hundred(pool: PgPool) {
    let world = World::new(pool);
    let (root, ana) = (admin(&world, "root").await, world.member("ana").await);
    let ctx = world.holder(&root).await;
    let counted = async || {
        let view = world.accounts.admin_user(&ctx, ana.viewer.id).await.unwrap();
        (view.sessions, view.sessions_go_on)
    };
    assert_eq!(counted().await, (1, false));
    world
        .execute(
            "INSERT INTO sessions
             SELECT (jsonb_populate_record(one, jsonb_build_object('id', gen_random_uuid()))).*
             FROM sessions one, generate_series(1, 100) WHERE user_id IN (SELECT id FROM users WHERE role = 'user')",
        )
        .await;
    assert_eq!(counted().await, (100, true));
}
