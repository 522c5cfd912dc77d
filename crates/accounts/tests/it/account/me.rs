use crate::crew::{admin, admin_patch, again, break_the_trail, deletion, kinds, patch};
use accounts::{Error, Field};
use domain::{ProfileForm, Role};
use serde_json::json;
use sqlx::PgPool;
use testkit::{PASSWORD, World, sign_in};
use time::Duration;

#[sqlx::test(migrator = "store::MIGRATOR")]
async fn one_sees_ones_own_account_and_never_a_hash(pool: PgPool) {
    let world = World::new(pool);
    let ana = world.member("ana").await;
    let ctx = world.holder(&ana).await;
    let form = patch(json!({"first_name": "Ana", "last_name": "B", "bio": "one\r\ntwo"}));
    let saved = world.accounts.change_me(&ctx, form).await.unwrap();
    let me = world.accounts.me(&ctx).await.unwrap();
    assert_eq!(me, saved);
    let shown = serde_json::to_value(&me).unwrap();
    let expected = json!({
        "id": ana.viewer.id, "email": "ana@example.com", "email_verified": false, "username": null,
        "name": "Ana B", "first_name": "Ana", "last_name": "B", "bio": "one\ntwo", "role": "user",
        "is_active": true, "created_at": "2026-11-20T12:00:00.000000Z",
        "updated_at": "2026-11-20T12:00:00.000000Z",
    });
    assert_eq!(shown, expected);
    assert!(matches!(world.accounts.me(&world.stranger()).await, Err(Error::SignInNeeded)));
}

#[sqlx::test(migrator = "store::MIGRATOR")]
async fn given_fields_change_and_nothing_given_changes_nothing(pool: PgPool) {
    let world = World::new(pool);
    let ana = world.member("ana").await;
    let ctx = world.holder(&ana).await;
    let form = patch(json!({"name": "Ana", "username": "Ana", "bio": "x"}));
    world.accounts.change_me(&ctx, form).await.unwrap();
    let saved = world.accounts.change_me(&ctx, patch(json!({"name": null, "bio": ""}))).await.unwrap();
    let saved = saved.profile;
    assert_eq!((saved.name, saved.bio, saved.username.as_deref()), (None, None, Some("Ana")));
    world.clock.advance(Duration::hours(1));
    let ctx = world.holder(&ana).await;
    let before = world.accounts.me(&ctx).await.unwrap();
    // A whole account sent back by PUT holds the address that it has.
    for form in [json!({}), json!({"email": "ana@example.com"})] {
        assert_eq!(world.accounts.change_me(&ctx, patch(form)).await.unwrap(), before);
    }
    assert_eq!(kinds(&world).await, ["profile_changed", "profile_changed"]);
}

/// B7: what sign-ups stored as it was typed may be what no mail reaches, or is stored otherwise today. Whoever sends it
/// back, or another spelling of it, keeps it and its proof, long after signing in and without a password.
#[sqlx::test(migrator = "store::MIGRATOR")]
async fn an_address_sent_back_as_it_is_stored_is_no_change(pool: PgPool) {
    let world = World::new(pool);
    let (ana, ada) = (world.member("ana").await, admin(&world, "ada").await);
    world.execute("UPDATE users SET email_verified = true").await;
    world.clock.advance(Duration::minutes(11));
    let (own, hers) = (world.holder(&ana).await, world.holder(&ada).await);
    let mut names = 0;
    for (stored, sent) in [
        ("ana@example.com.", "ana@example.com."),
        ("ana@example.com.", "ana@example.com"),
        ("ana@example.com", "ANA@example.com。"),
        ("ana@ｅxample．com", "ana@ｅxample．com"),
        ("ana@ｅxample．com", "ana@example.com"),
        ("ana@example.com..", "ana@example.com.."),
        ("ana@exa\u{ad}mple.com", "ana@exa\u{ad}mple.com"),
        ("ana@example.com\u{200b}", "ana@example.com\u{200b}"),
        ("\u{feff}ana@example.com", "\u{feff}ana@example.com"),
    ] {
        for user in [&ana, &ada] {
            let sql = "UPDATE users SET email = CASE id WHEN $1 THEN $2 ELSE id::text END";
            sqlx::query(sql).bind(user.viewer.id.0).bind(stored).execute(&world.pool).await.unwrap();
            names += 1;
            let form = json!({"email": sent, "name": format!("Ana {names}")});
            let saved = if user.viewer.id == ana.viewer.id {
                world.accounts.change_me(&own, patch(form)).await
            } else {
                world.accounts.change_user(&hers, user.viewer.id, admin_patch(form)).await
            };
            let saved = saved.unwrap_or_else(|refused| panic!("{sent:?} for {stored:?}: {refused:?}"));
            assert_eq!((saved.email.as_str(), saved.email_verified), (stored, true), "{sent:?}");
            assert_eq!(saved.profile.name, Some(format!("Ana {names}")));
        }
    }
    assert_eq!(kinds(&world).await, vec!["profile_changed"; names]);
    let another = patch(json!({"email": "ana@example.com.au"}));
    assert!(matches!(world.accounts.change_me(&own, another).await, Err(Error::Reauthenticate)));
}

#[sqlx::test(migrator = "store::MIGRATOR")]
async fn bad_and_taken_values_change_nothing(pool: PgPool) {
    let world = World::new(pool);
    let (ana, eve) = (world.member("ana").await, world.member("eve").await);
    world.accounts.change_me(&world.holder(&eve).await, patch(json!({"username": "Eve"}))).await.unwrap();
    let ctx = world.holder(&ana).await;
    let before = world.accounts.me(&ctx).await.unwrap();
    let bad = json!({"name": "x", "email": "", "username": "a b", "bio": "a\0"});
    let Err(Error::Invalid(errors)) = world.accounts.change_me(&ctx, patch(bad)).await else {
        panic!("accepted");
    };
    let fields: Vec<_> = errors.iter().map(|error| error.field.as_str()).collect();
    assert_eq!(fields, ["email", "username", "bio"]);
    let unreal = world.accounts.change_me(&ctx, patch(json!({"name": "x", "email": "a@b_c"}))).await;
    assert!(matches!(unreal, Err(Error::Invalid(_))));
    for (form, field) in [
        (json!({"name": "x", "username": "eVe"}), Field::Username),
        (json!({"name": "x", "email": "EVE@example.com."}), Field::Email),
    ] {
        let taken = world.accounts.change_me(&ctx, patch(form)).await;
        assert!(matches!(taken, Err(Error::Taken(f)) if f == field));
    }
    assert_eq!(world.accounts.me(&ctx).await.unwrap(), before);
}

#[sqlx::test(migrator = "store::MIGRATOR")]
async fn a_new_address_needs_a_recent_sign_in_or_the_password(pool: PgPool) {
    let world = World::new(pool);
    let ana = world.member("ana").await;
    world.execute("UPDATE users SET email_verified = true").await;
    world.clock.advance(Duration::minutes(10));
    let ctx = world.holder(&ana).await;
    let changed = world.accounts.change_me(&ctx, patch(json!({"email": "Ana@new.example"}))).await.unwrap();
    assert_eq!((changed.email.as_str(), changed.email_verified), ("Ana@new.example", false));
    world.clock.advance(Duration::SECOND);
    let ctx = world.holder(&ana).await;
    let to = |password: Option<&str>| {
        patch(json!({"email": "ana@third.example", "name": "Ana", "current_password": password}))
    };
    for absent in [None, Some("")] {
        let refused = world.accounts.change_me(&ctx, to(absent)).await;
        assert!(matches!(refused, Err(Error::Reauthenticate)));
    }
    let Err(Error::Invalid(errors)) = world.accounts.change_me(&ctx, to(Some("wrong"))).await else {
        panic!("a wrong password was accepted");
    };
    assert_eq!((errors[0].field.as_str(), errors[0].reason.code()), ("current_password", "wrong"));
    assert_eq!(world.accounts.me(&ctx).await.unwrap(), changed);
    let before = world.accounts.hash_count();
    let changed = world.accounts.change_me(&ctx, to(Some(PASSWORD))).await.unwrap();
    assert_eq!(world.accounts.hash_count(), before + 1);
    assert_eq!(changed.email, "ana@third.example");
    assert!(world.holder(&ana).await.member().is_ok(), "the session goes on");
    let form = sign_in("ana@third.example", PASSWORD);
    assert!(world.accounts.sign_in(&world.stranger(), form).await.is_ok());
    let expected = ["email_changed", "email_changed", "profile_changed", "reauthentication_refused"];
    assert_eq!(kinds(&world).await, expected);
}

#[sqlx::test(migrator = "store::MIGRATOR")]
async fn a_wrong_password_counts_even_after_a_recent_sign_in_and_without_one_set_there_is_no_hash(
    pool: PgPool,
) {
    let world = World::new(pool);
    let ana = world.member("ana").await;
    let ctx = world.holder(&ana).await;
    let form = || patch(json!({"email": "x@example.com", "current_password": "wrong"}));
    assert!(matches!(world.accounts.change_me(&ctx, form()).await, Err(Error::Invalid(_))));
    world.execute("UPDATE users SET password_hash = NULL").await;
    let before = world.accounts.hash_count();
    assert!(matches!(world.accounts.change_me(&ctx, form()).await, Err(Error::Invalid(_))));
    assert_eq!(world.accounts.hash_count(), before, "its owner is told that there is none");
}

#[sqlx::test(migrator = "store::MIGRATOR")]
async fn deleting_oneself_takes_everything_but_the_trail(pool: PgPool) {
    let world = World::with(pool, |settings| settings.deletion_grace_days = 0);
    let (ana, eve) = (world.member("ana").await, world.member("eve").await);
    let there = again(&world, "ana").await;
    world.clock.advance(Duration::minutes(11));
    let ctx = world.holder(&ana).await;
    let refused = world.accounts.delete_me(&ctx, deletion(None)).await;
    assert!(matches!(refused, Err(Error::Reauthenticate)));
    let refused = world.accounts.delete_me(&ctx, deletion(Some("wrong"))).await;
    assert!(matches!(refused, Err(Error::Invalid(_))));
    assert_eq!(world.count("SELECT count(*) FROM users").await, 2);
    world.accounts.delete_me(&ctx, deletion(Some(PASSWORD))).await.unwrap();
    for gone in [&ana, &there] {
        assert!(world.holder(gone).await.member().is_err());
    }
    assert!(world.holder(&eve).await.member().is_ok());
    assert_eq!(world.count("SELECT count(*) FROM users").await, 1);
    assert_eq!(world.count("SELECT count(*) FROM sessions").await, 1);
    let kept = "SELECT count(*) FROM audit_events WHERE subject_id NOT IN (SELECT id FROM users)";
    assert_eq!(world.count(kept).await, 5, "signed up, in twice, refused, deleted");
    assert_eq!(kinds(&world).await, ["account_deleted", "reauthentication_refused"]);
    assert!(matches!(world.accounts.me(&ctx).await, Err(Error::SignInNeeded)));
    world.member("ana").await;
}

#[sqlx::test(migrator = "store::MIGRATOR")]
async fn after_a_recent_sign_in_no_password_is_asked_for(pool: PgPool) {
    let world = World::with(pool, |settings| settings.deletion_grace_days = 0);
    let ana = world.member("ana").await;
    world.accounts.delete_me(&world.holder(&ana).await, deletion(None)).await.unwrap();
    assert_eq!(world.count("SELECT count(*) FROM users").await, 0);
}

#[sqlx::test(migrator = "store::MIGRATOR")]
async fn ones_own_changes_that_cannot_be_recorded_do_not_happen(pool: PgPool) {
    let world = World::new(pool);
    let ana = admin(&world, "ana").await;
    admin(&world, "eve").await;
    let there = again(&world, "ana").await;
    let ctx = world.holder(&ana).await;
    let before = world.accounts.me(&ctx).await.unwrap();
    assert_eq!(before.role, Role::Admin);
    break_the_trail(&world).await;
    let session = world.holder(&there).await.member().unwrap().session;
    assert!(world.accounts.change_me(&ctx, patch(json!({"name": "Ana"}))).await.is_err());
    assert!(world.accounts.change_me(&ctx, patch(json!({"email": "x@example.com"}))).await.is_err());
    assert!(world.accounts.delete_me(&ctx, deletion(None)).await.is_err());
    assert!(world.accounts.end_my_session(&ctx, session).await.is_err());
    assert!(world.accounts.end_my_other_sessions(&ctx).await.is_err());
    assert_eq!(world.accounts.me(&ctx).await.unwrap(), before);
    assert!(world.holder(&there).await.member().is_ok());
}

/// B8, D11, B7 for whoever is signed in.
#[sqlx::test(migrator = "store::MIGRATOR")]
async fn a_change_is_judged_as_a_sign_up_is(pool: PgPool) {
    const TOLD: &str = "SELECT count(*) FROM audit_events WHERE kind = 'address_taken'";
    let world = World::new(pool);
    let (ana, eve) = (world.member("ana").await, world.member("eve").await);
    world.accounts.change_me(&world.holder(&eve).await, patch(json!({"username": "Eve"}))).await.unwrap();
    let ctx = world.holder(&ana).await;
    let both = patch(json!({"username": "eve", "email": "eve@example.com"}));
    assert!(matches!(world.accounts.change_me(&ctx, both).await, Err(Error::Taken(Field::Username))));
    assert_eq!(world.count(TOLD).await, 0);
    let address = patch(json!({"username": "ana", "email": "eve@example.com"}));
    assert!(matches!(world.accounts.change_me(&ctx, address).await, Err(Error::Taken(Field::Email))));
    assert_eq!(world.count(TOLD).await, 1);
    let Err(Error::Invalid(errors)) =
        world.accounts.change_me(&ctx, patch(json!({"username": "R.o.o.t"}))).await
    else {
        panic!("given away");
    };
    assert_eq!((errors[0].field.as_str(), errors[0].reason.code()), ("username", "reserved"));
    let page = ProfileForm { username: Some("postmaster".into()), ..ProfileForm::default() };
    assert!(matches!(world.accounts.save_profile(&ctx, page).await, Err(Error::Invalid(_))));
    let moved = patch(json!({"email": "\u{2068}Ana@New.example.\u{2069}"}));
    assert_eq!(world.accounts.change_me(&ctx, moved).await.unwrap().email, "Ana@New.example");
    let refused = world.accounts.change_me(&ctx, patch(json!({"email": "ana@new.example.."}))).await;
    assert!(matches!(refused, Err(Error::Invalid(_))));
    // Who has one keeps it, and may spell it otherwise.
    world
        .execute("UPDATE users SET username = 'admin', username_canonical = 'admin' WHERE username IS NULL")
        .await;
    let kept = world.accounts.change_me(&ctx, patch(json!({"username": "Admin", "bio": "x"}))).await.unwrap();
    assert_eq!(kept.profile.username.as_deref(), Some("Admin"));
}
