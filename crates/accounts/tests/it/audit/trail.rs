use domain::{PasswordForm, ProfileForm};
use sqlx::PgPool;
use testkit::{PASSWORD, World, sign_in};

#[sqlx::test(migrator = "store::MIGRATOR")]
async fn each_use_case_leaves_its_event_and_no_secret(pool: PgPool) {
    let world = World::new(pool);
    let ana = world.member("ana").await;
    let ctx = world.holder(&ana).await;
    let form = ProfileForm { name: Some("Ana".into()), ..ProfileForm::default() };
    world.accounts.save_profile(&ctx, form).await.unwrap();
    let wrong =
        PasswordForm { current_password: "wrong".into(), new_password: "amber lantern on step".into() };
    world.accounts.change_password(&ctx, wrong).await.unwrap_err();
    let right =
        PasswordForm { current_password: PASSWORD.into(), new_password: "amber lantern on step".into() };
    let token = world.accounts.change_password(&ctx, right).await.unwrap().token;
    let ctx = world.browser(&token.unwrap()).await;
    world.accounts.sign_out(&ctx).await.unwrap();
    world.accounts.sign_in(&world.stranger(), sign_in("nobody@example.com", PASSWORD)).await.unwrap_err();
    let kinds: Vec<String> = sqlx::query_scalar("SELECT kind FROM audit_events ORDER BY kind")
        .fetch_all(&world.pool)
        .await
        .unwrap();
    let expected = [
        "password_change_refused",
        "password_changed",
        "profile_changed",
        "registered",
        "sign_in_failed",
        "signed_in",
        "signed_out",
    ];
    assert_eq!(kinds, expected);
    let rows: Vec<String> = sqlx::query_scalar(
        "SELECT e::text || d::text FROM audit_events e JOIN audit_details d ON event_id = id",
    )
    .fetch_all(&world.pool)
    .await
    .unwrap();
    let named = "SELECT count(*) FROM audit_details d JOIN sessions s ON s.id::text = d.detail->>'opened'";
    assert_eq!(world.count(named).await, 2, "the sign-up's session and the one after the change");
    assert_eq!(rows.len(), expected.len(), "each with its details");
    for secret in [PASSWORD, "amber lantern", "nobody@", "argon2"] {
        assert!(!rows.join("\n").contains(secret), "{secret}");
    }
}

#[sqlx::test(migrator = "store::MIGRATOR")]
async fn each_end_of_a_session_is_told_once(pool: PgPool) {
    let world = World::new(pool);
    let (ana, eve) = (world.member("ana").await, world.member("eve").await);
    let ctx = world.holder(&ana).await;
    let form = sign_in("eve@example.com", PASSWORD);
    world.accounts.sign_in(&ctx, form).await.unwrap();
    let replaced = "SELECT count(*) FROM audit_events e JOIN users u ON u.id = e.subject_id \
                    WHERE e.kind = 'signed_out' AND u.name IS NULL AND u.email LIKE 'ana%'";
    assert_eq!(world.count(replaced).await, 1, "the session that eve's sign-in replaced was ana's");
    let ctx = world.holder(&eve).await;
    for _ in 0..2 {
        world.accounts.sign_out(&ctx).await.unwrap();
    }
    assert_eq!(world.count("SELECT count(*) FROM audit_events WHERE kind = 'signed_out'").await, 2);
}

#[sqlx::test(migrator = "store::MIGRATOR")]
async fn what_cannot_be_recorded_does_not_happen(pool: PgPool) {
    let world = World::new(pool);
    let ana = world.member("ana").await;
    let ctx = world.holder(&ana).await;
    world.execute("ALTER TABLE audit_events ADD CHECK (false) NOT VALID").await;
    let form = ProfileForm { name: Some("Ana".into()), ..ProfileForm::default() };
    assert!(world.accounts.save_profile(&ctx, form).await.is_err());
    assert!(world.accounts.sign_out(&ctx).await.is_err());
    assert!(world.accounts.sign_in(&world.stranger(), sign_in("ana@example.com", PASSWORD)).await.is_err());
    assert_eq!(world.count("SELECT count(*) FROM users WHERE name IS NOT NULL").await, 0);
    assert_eq!(world.count("SELECT count(*) FROM sessions WHERE ended_at IS NULL").await, 1);
}
