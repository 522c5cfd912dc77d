use accounts::{Error, SigningKey};
use domain::{PasswordForm, SessionKind, TokenPair, TokenType};
use sqlx::PgPool;
use testkit::{PASSWORD, World, registration, sign_in};
use time::Duration;

#[sqlx::test(migrator = "store::MIGRATOR")]
async fn a_program_signs_in_under_a_session_of_its_own(pool: PgPool) {
    let world = World::new(pool);
    world.member("ana").await;
    let pair = world.program("ana").await;
    assert_eq!((pair.token_type, pair.expires_in), (TokenType::Bearer, 30 * 60));
    let member = world.bearer(&pair).await.member().unwrap().clone();
    assert_eq!((member.email.as_str(), member.kind), ("ana@example.com", SessionKind::Bearer));
    assert_eq!(world.count("SELECT count(*) FROM sessions WHERE ended_at IS NULL").await, 2);
    let told = "SELECT count(*) FROM audit_events e JOIN audit_details d ON d.event_id = e.id \
                JOIN sessions s ON s.id::text = d.detail->>'opened' WHERE e.kind = 'signed_in' AND s.kind = 'bearer'";
    assert_eq!(world.count(told).await, 1);
}

#[sqlx::test(migrator = "store::MIGRATOR")]
async fn a_program_is_refused_as_a_browser_is(pool: PgPool) {
    let world = World::new(pool);
    world.member("ana").await;
    world.member("disabled").await;
    world.execute("UPDATE users SET is_active = false WHERE email_canonical LIKE 'disabled%'").await;
    for (identifier, password) in
        [("nobody", PASSWORD), ("ana@example.com", "wrong"), ("disabled@example.com", PASSWORD)]
    {
        let before = world.accounts.hash_count();
        let answer = world.accounts.sign_in_bearer(&world.stranger(), sign_in(identifier, password)).await;
        assert!(matches!(answer, Err(Error::WrongCredentials)), "{identifier}");
        assert_eq!(world.accounts.hash_count() - before, 1, "{identifier}");
    }
    assert_eq!(world.count("SELECT count(*) FROM audit_events WHERE kind = 'sign_in_failed'").await, 3);
    assert_eq!(world.count("SELECT count(*) FROM refresh_tokens").await, 0);
}

#[sqlx::test(migrator = "store::MIGRATOR")]
async fn neither_kind_of_token_passes_for_the_other(pool: PgPool) {
    let world = World::new(pool);
    let browser = world.member("ana").await;
    let program = world.program("ana").await;
    let (accounts, now) = (&world.accounts, world.accounts.now());
    assert!(accounts.authenticate_bearer(&browser.token.jwt, now).await.unwrap().is_none());
    assert!(accounts.authenticate(&program.access_token, now).await.unwrap().is_none());
    // Not even where the row was made for the other: the token says what it was signed for.
    world.execute("UPDATE sessions SET kind = 'bearer' WHERE kind = 'browser'").await;
    assert!(accounts.authenticate_bearer(&browser.token.jwt, now).await.unwrap().is_none());
    world.execute("UPDATE sessions SET kind = 'browser'").await;
    assert!(accounts.authenticate_bearer(&program.access_token, now).await.unwrap().is_none());
    assert!(accounts.authenticate(&program.access_token, now).await.unwrap().is_none());
}

#[sqlx::test(migrator = "store::MIGRATOR")]
async fn an_access_token_ends_with_its_time_and_the_session_goes_on(pool: PgPool) {
    let world = World::new(pool);
    world.member("ana").await;
    let pair = world.program("ana").await;
    world.clock.advance(Duration::minutes(30) + Duration::seconds(29));
    assert!(world.bearer(&pair).await.member().is_ok(), "within the leeway");
    world.clock.advance(Duration::SECOND);
    assert!(world.bearer(&pair).await.member().is_err());
    let pair = world.accounts.refresh(&world.stranger(), &pair.refresh_token).await.unwrap();
    assert!(world.bearer(&pair).await.member().is_ok());
}

#[sqlx::test(migrator = "store::MIGRATOR")]
async fn signing_out_ends_access_and_refresh_at_once_on_every_replica(pool: PgPool) {
    let world = World::new(pool);
    let replica = World::replica(&world.pool, &world.clock, |_| ());
    world.member("ana").await;
    let (pair, other) = (world.program("ana").await, world.program("ana").await);
    let ctx = world.bearer(&pair).await;
    world.accounts.sign_out(&ctx).await.unwrap();
    for accounts in [&world.accounts, &replica] {
        assert!(accounts.authenticate_bearer(&pair.access_token, ctx.now).await.unwrap().is_none());
        let refused = accounts.refresh(&world.stranger(), &pair.refresh_token).await;
        assert!(matches!(refused, Err(Error::InvalidToken)));
    }
    assert!(world.bearer(&other).await.member().is_ok(), "the other program goes on");
    assert_eq!(world.count("SELECT count(*) FROM audit_events WHERE kind = 'signed_out'").await, 1);
    assert_eq!(
        world.count("SELECT count(*) FROM audit_events WHERE kind = 'refresh_token_replayed'").await,
        0
    );
}

#[sqlx::test(migrator = "store::MIGRATOR")]
async fn a_disabled_or_deleted_account_has_no_tokens(pool: PgPool) {
    let world = World::new(pool);
    world.member("ana").await;
    let pair = world.program("ana").await;
    for (statement, lives) in [
        ("UPDATE users SET is_active = false", false),
        ("UPDATE users SET is_active = true", true),
        ("DELETE FROM users", false),
    ] {
        world.execute(statement).await;
        assert_eq!(world.bearer(&pair).await.member().is_ok(), lives, "{statement}");
        if !lives {
            let refused = world.accounts.refresh(&world.stranger(), &pair.refresh_token).await;
            assert!(matches!(refused, Err(Error::InvalidToken)), "{statement}");
        }
    }
    assert_eq!(world.count("SELECT count(*) FROM refresh_tokens").await, 0, "they went with the account");
}

#[sqlx::test(migrator = "store::MIGRATOR")]
async fn a_programs_session_survives_its_own_change_of_password_and_no_other_does(pool: PgPool) {
    let world = World::new(pool);
    let browser = world.member("ana").await;
    let (here, there) = (world.program("ana").await, world.program("ana").await);
    let ctx = world.bearer(&here).await;
    let form =
        PasswordForm { current_password: PASSWORD.into(), new_password: "amber lantern on the step".into() };
    assert!(
        world.accounts.change_password(&ctx, form).await.unwrap().token.is_none(),
        "it needs no new token"
    );
    assert!(world.bearer(&here).await.member().is_ok());
    assert!(world.accounts.refresh(&world.stranger(), &here.refresh_token).await.is_ok());
    assert!(world.holder(&browser).await.member().is_err());
    assert!(world.bearer(&there).await.member().is_err());
    assert!(world.accounts.refresh(&world.stranger(), &there.refresh_token).await.is_err());
}

#[sqlx::test(migrator = "store::MIGRATOR")]
async fn a_programs_use_is_written_down_once_a_minute(pool: PgPool) {
    let world = World::new(pool);
    world.member("ana").await;
    let pair = world.program("ana").await;
    let used = "SELECT count(*) FROM sessions WHERE kind = 'bearer' AND last_used_at > created_at";
    world.clock.advance(Duration::seconds(59));
    world.bearer(&pair).await.member().unwrap();
    assert_eq!(world.count(used).await, 0);
    world.clock.advance(Duration::SECOND);
    world.bearer(&pair).await.member().unwrap();
    assert_eq!(world.count(used).await, 1);
}

#[sqlx::test(migrator = "store::MIGRATOR")]
async fn registering_opens_no_session(pool: PgPool) {
    let world = World::new(pool);
    let ana = world.accounts.register(&world.stranger(), registration("ana")).await.unwrap();
    assert_eq!(ana.unwrap().email, "ana@example.com");
    assert_eq!(world.count("SELECT count(*) FROM sessions").await, 0);
    assert_eq!(world.count("SELECT count(*) FROM audit_events WHERE kind = 'registered'").await, 1);
    let again = world.accounts.register(&world.stranger(), registration("ANA")).await;
    assert!(matches!(again, Err(Error::Taken(_))));
    assert!(world.bearer(&world.program("ana").await).await.member().is_ok());
}

#[sqlx::test(migrator = "store::MIGRATOR")]
async fn the_database_holds_no_token(pool: PgPool) {
    let world = World::new(pool);
    world.member("ana").await;
    let pair = world.program("ana").await;
    let next = world.accounts.refresh(&world.stranger(), &pair.refresh_token).await.unwrap();
    let rows: Vec<String> = sqlx::query_scalar(
        "SELECT refresh_tokens::text FROM refresh_tokens UNION ALL SELECT sessions::text FROM sessions \
         UNION ALL SELECT audit_events::text FROM audit_events \
         UNION ALL SELECT audit_details::text FROM audit_details",
    )
    .fetch_all(&world.pool)
    .await
    .unwrap();
    let rows = rows.join("\n");
    for TokenPair { access_token, refresh_token, .. } in [pair, next] {
        use base64::{Engine, engine::general_purpose::URL_SAFE_NO_PAD};
        use std::fmt::Write;
        let mut hex = String::new();
        for byte in URL_SAFE_NO_PAD.decode(&refresh_token).unwrap() {
            write!(hex, "{byte:02x}").unwrap();
        }
        assert!(!rows.contains(&access_token) && !rows.contains(&refresh_token) && !rows.contains(&hex));
    }
}

/// P22: two keys at once, as during a rotation, sign nobody out.
#[sqlx::test(migrator = "store::MIGRATOR")]
async fn a_new_key_takes_over_and_nobody_notices(pool: PgPool) {
    use accounts::KeyRing;
    let old = SigningKey::generate_ed25519_pem().unwrap();
    let world = World::with(pool, |settings| settings.signing = KeyRing::ed25519_pem(&old).unwrap());
    let both = KeyRing::rotate_ed25519_pem(&old, world.accounts.now(), Duration::hours(1)).unwrap();
    let replica = World::replica(&world.pool, &world.clock, |settings| {
        settings.signing = KeyRing::ed25519_pem(&both).unwrap();
    });
    let browser = world.member("ana").await;
    let seen = |jwt: String| {
        let (one, two, now) = (world.accounts.clone(), replica.clone(), world.accounts.now());
        async move {
            let one = one.authenticate(&jwt, now).await.unwrap().is_some();
            (one, two.authenticate(&jwt, now).await.unwrap().is_some())
        }
    };
    let form = || sign_in("ana@example.com", PASSWORD);
    let fresh = replica.sign_in(&world.stranger(), form()).await.unwrap();
    assert_eq!(seen(browser.token.jwt.clone()).await, (true, true));
    assert_eq!(seen(fresh.token.jwt).await, (true, true), "the new key waits until all have read it");
    world.clock.advance(Duration::hours(1));
    let fresh = replica.sign_in(&world.stranger(), form()).await.unwrap();
    assert_eq!(seen(browser.token.jwt).await, (true, true));
    assert_eq!(seen(fresh.token.jwt).await, (false, true), "the first never read the new file");
    assert_eq!((world.accounts.jwks().keys.len(), replica.jwks().keys.len()), (1, 2));
}
