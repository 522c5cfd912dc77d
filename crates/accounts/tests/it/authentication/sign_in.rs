use accounts::{Error, Hashing, Settings, SetupError, SystemClock, SystemRng};
use domain::{RegistrationForm, SignInForm};
use sqlx::PgPool;
use std::sync::Arc;
use store::Store;
use testkit::{PASSWORD, World, registration, sign_in};
use time::Duration;

/// An Argon2id hash of [`PASSWORD`] at a fifth of the promised cost, as an older program left it.
const CHEAP: &str = "UPDATE users SET password_hash = \
    '$argon2id$v=19$m=4096,t=1,p=1$c29tZXNhbHRzb21lc2FsdA$' || $1";

#[sqlx::test(migrator = "store::MIGRATOR")]
async fn an_address_or_a_username_and_the_password_sign_in(pool: PgPool) {
    let world = World::new(pool);
    let form = RegistrationForm { username: "Ana.P".into(), ..registration("ana") };
    world.accounts.sign_up(&world.stranger(), form).await.unwrap();
    for identifier in ["ana@example.com", " ANA@EXAMPLE.COM ", "Ana.P", "ana.p"] {
        let signed_in =
            world.accounts.sign_in(&world.stranger(), sign_in(identifier, PASSWORD)).await.unwrap();
        assert_eq!(signed_in.viewer.email, "ana@example.com");
    }
}

#[sqlx::test(migrator = "store::MIGRATOR")]
async fn every_outcome_costs_exactly_one_hash_and_failures_say_the_same(pool: PgPool) {
    let world = World::new(pool);
    for name in ["ana", "disabled", "invited"] {
        world.member(name).await;
    }
    world.execute("UPDATE users SET is_active = false WHERE email_canonical = 'disabled@example.com'").await;
    let mut guarded = world.member("guarded").await;
    world.set_up_totp(&mut guarded).await;
    world
        .execute("UPDATE users SET password_hash = NULL WHERE email_canonical = 'invited@example.com'")
        .await;
    let failures = [
        ("nobody@example.com", PASSWORD),
        ("nobody", PASSWORD),
        ("ａna@example.com", PASSWORD),
        ("ana@", PASSWORD),
        ("ana@example.com", "wrong password"),
        ("disabled@example.com", PASSWORD),
        ("invited@example.com", PASSWORD),
        ("guarded@example.com", "wrong password"),
    ];
    for (identifier, password) in failures {
        let before = world.accounts.hash_count();
        let answer = world.accounts.sign_in(&world.stranger(), sign_in(identifier, password)).await;
        assert!(matches!(answer, Err(Error::WrongCredentials)), "{identifier}");
        assert_eq!(world.accounts.hash_count() - before, 1, "{identifier}");
    }
    let before = world.accounts.hash_count();
    world.accounts.sign_in(&world.stranger(), sign_in("ana@example.com", PASSWORD)).await.unwrap();
    assert_eq!(world.accounts.hash_count() - before, 1, "success");
    let before = world.accounts.hash_count();
    world.begin_sign_in("guarded").await;
    assert_eq!(world.accounts.hash_count() - before, 1, "a second factor is missing");
    assert_eq!(world.count("SELECT count(*) FROM audit_events WHERE kind = 'sign_in_failed'").await, 8);
}

#[sqlx::test(migrator = "store::MIGRATOR")]
async fn a_password_is_the_same_however_its_letters_are_composed(pool: PgPool) {
    let world = World::new(pool);
    let (composed, decomposed) =
        ("ein sch\u{fc}chterner schl\u{fc}ssel", "ein schu\u{308}chterner schlu\u{308}ssel");
    for (name, set, typed) in [("ana", composed, decomposed), ("eve", decomposed, composed)] {
        let form = RegistrationForm { password: set.into(), ..registration(name) };
        world.accounts.sign_up(&world.stranger(), form).await.unwrap();
        let form = sign_in(&format!("{name}@example.com"), typed);
        assert!(world.accounts.sign_in(&world.stranger(), form).await.is_ok(), "{name}");
    }
}

#[sqlx::test(migrator = "store::MIGRATOR")]
async fn what_cannot_be_a_sign_in_costs_no_hash(pool: PgPool) {
    let world = World::new(pool);
    for form in
        [sign_in("", "x"), sign_in("ana", ""), sign_in("a\0b", "x"), sign_in("ana", &"x".repeat(4_097))]
    {
        let answer = world.accounts.sign_in(&world.stranger(), form).await;
        assert!(matches!(answer, Err(Error::Invalid(_))));
    }
    assert_eq!(world.accounts.hash_count(), 0);
}

#[sqlx::test(migrator = "store::MIGRATOR")]
async fn a_cheaper_hash_is_renewed_at_the_next_sign_in_and_only_then(pool: PgPool) {
    let world = World::new(pool);
    world.member("ana").await;
    let cheap = argon2_output(4_096, 1);
    sqlx::query(CHEAP).bind(&cheap).execute(&world.pool).await.unwrap();
    let wrong = world.accounts.sign_in(&world.stranger(), sign_in("ana@example.com", "wrong")).await;
    assert!(wrong.is_err());
    world.execute("UPDATE users SET is_active = false").await;
    let before = world.accounts.hash_count();
    let disabled = world.accounts.sign_in(&world.stranger(), sign_in("ana@example.com", PASSWORD)).await;
    assert!(disabled.is_err());
    assert_eq!(world.accounts.hash_count() - before, 1, "a disabled account costs one hash too");
    world.execute("UPDATE users SET is_active = true").await;
    assert_eq!(world.count("SELECT count(*) FROM users WHERE password_hash LIKE '%m=4096%'").await, 1);
    world.accounts.sign_in(&world.stranger(), sign_in("ana@example.com", PASSWORD)).await.unwrap();
    assert_eq!(world.count("SELECT count(*) FROM users WHERE password_hash LIKE '%m=19456,t=2%'").await, 1);
    world.accounts.sign_in(&world.stranger(), sign_in("ana@example.com", PASSWORD)).await.unwrap();
}

#[sqlx::test(migrator = "store::MIGRATOR")]
async fn a_stronger_hash_is_never_lowered_and_an_unreadable_one_proves_nothing(pool: PgPool) {
    let world = World::with(pool, |settings| settings.hashing.passes = 3);
    world.member("ana").await;
    let weaker = World::replica(&world.pool, &world.clock, |_| ());
    weaker.sign_in(&world.stranger(), sign_in("ana@example.com", PASSWORD)).await.unwrap();
    assert_eq!(world.count("SELECT count(*) FROM users WHERE password_hash LIKE '%t=3%'").await, 1);
    for broken in [
        "UPDATE users SET password_hash = 'plain'",
        "UPDATE users SET password_hash = '$argon2id$v=19$m=99999999,t=2,p=1$c29tZXNhbHRzb21lc2FsdA$AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA'",
    ] {
        world.execute(broken).await;
        let before = world.accounts.hash_count();
        let answer = world.accounts.sign_in(&world.stranger(), sign_in("ana@example.com", PASSWORD)).await;
        assert!(matches!(answer, Err(Error::WrongCredentials)));
        assert_eq!(world.accounts.hash_count() - before, 1);
    }
}

#[sqlx::test(migrator = "store::MIGRATOR")]
async fn keep_me_signed_in_makes_a_lasting_cookie(pool: PgPool) {
    let world = World::new(pool);
    world.member("ana").await;
    let form = SignInForm { remember: "on".into(), ..sign_in("ana@example.com", PASSWORD) };
    let signed_in = world.accounts.sign_in(&world.stranger(), form).await.unwrap();
    assert_eq!(signed_in.token.max_age, Some(Duration::days(7)));
}

#[sqlx::test(migrator = "store::MIGRATOR")]
async fn each_sign_in_has_a_new_session_and_ends_the_one_this_browser_had(pool: PgPool) {
    let world = World::new(pool);
    let first = world.member("ana").await;
    let ctx = world.holder(&first).await;
    let second = world.accounts.sign_in(&ctx, sign_in("ana@example.com", PASSWORD)).await.unwrap();
    assert_ne!(first.token.jwt, second.token.jwt);
    assert!(world.holder(&first).await.member().is_err());
    let session = world.holder(&second).await.member().unwrap().session;
    assert_ne!(session, ctx.member().unwrap().session);
}

#[sqlx::test(migrator = "store::MIGRATOR")]
async fn more_sign_ins_than_the_queue_holds_are_told_to_come_back(pool: PgPool) {
    let world = World::with(pool, |settings| settings.hashing.permits = 1);
    let tries: Vec<_> = (0..64)
        .map(|n| {
            let (accounts, ctx) = (world.accounts.clone(), world.stranger());
            let form = sign_in(&format!("nobody-{n}@example.com"), "x");
            tokio::spawn(async move { accounts.sign_in(&ctx, form).await })
        })
        .collect();
    let mut overloaded = 0;
    for attempt in tries {
        match attempt.await.unwrap() {
            Err(Error::Overloaded) => overloaded += 1,
            Err(Error::WrongCredentials | Error::Unavailable(_)) => {}
            other => panic!("{other:?}"),
        }
    }
    assert!(overloaded > 0 && world.accounts.hash_count() <= 64 - overloaded);
}

#[sqlx::test(migrator = "store::MIGRATOR")]
async fn hashing_below_the_floor_stops_the_start(pool: PgPool) {
    let floor = Hashing::default();
    for weak in [
        Hashing { memory_kib: 19_455, ..floor },
        Hashing { passes: 1, ..floor },
        Hashing { lanes: 0, ..floor },
        Hashing { permits: 0, ..floor },
        Hashing { memory_kib: 1024 * 1024, ..floor },
    ] {
        let settings = Settings { hashing: weak, ..World::settings() };
        let store = Store::from_pool(pool.clone());
        let made = accounts::Accounts::new(store, settings, Arc::new(SystemClock), Arc::new(SystemRng));
        assert!(matches!(made, Err(SetupError::WeakHashing(_))), "{weak:?}");
    }
}

/// The unpadded base64 of an Argon2id output for [`PASSWORD`] and the salt in [`CHEAP`].
fn argon2_output(memory_kib: u32, passes: u32) -> String {
    use base64::Engine;
    let params = argon2::Params::new(memory_kib, passes, 1, Some(32)).unwrap();
    let context = argon2::Argon2::new(argon2::Algorithm::Argon2id, argon2::Version::V0x13, params);
    let mut output = [0; 32];
    context.hash_password_into(PASSWORD.as_bytes(), b"somesaltsomesalt", &mut output).unwrap();
    base64::engine::general_purpose::STANDARD_NO_PAD.encode(output)
}
