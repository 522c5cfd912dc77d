use crate::crew::patch;
use accounts::{Error, Field, LinkFor, Signup};
use domain::{AddressForm, EmailForm, PasswordForm, RegistrationForm};
use serde_json::json;
use sqlx::PgPool;
use testkit::{PASSWORD, World, registration, sign_in};

/// Twelve spellings of one address (promise P3).
const SPELLINGS: [&str; 12] = [
    "jörg@bücher.example",
    " jörg@bücher.example ",
    "Jörg@Bücher.Example",
    "JÖRG@BÜCHER.EXAMPLE",
    "jo\u{308}rg@bu\u{308}cher.example",
    "JO\u{308}RG@BU\u{308}CHER.EXAMPLE",
    "jörg@xn--bcher-kva.example",
    "jörg@XN--BCHER-KVA.EXAMPLE",
    "jörg@bücher.example.",
    "jörg@bücher。example",
    "jörg@bücher．example",
    "jörg@ｂücher.example",
];

#[sqlx::test(migrator = "store::MIGRATOR")]
async fn signing_up_makes_an_account_and_signs_in(pool: PgPool) {
    let world = World::new(pool);
    let ana = world.member("ana").await;
    assert_eq!(ana.viewer.email, "ana@example.com");
    assert_eq!(world.holder(&ana).await.member().unwrap().user, ana.viewer.id);
    assert_eq!(ana.token.max_age, None, "a session that ends with the browser");
    assert_eq!(world.count("SELECT count(*) FROM users WHERE role = 'user' AND is_active").await, 1);
}

#[sqlx::test(migrator = "store::MIGRATOR")]
async fn twelve_spellings_in_32_parallel_sign_ups_give_one_account(pool: PgPool) {
    let world = World::with(pool, |settings| settings.hashing.permits = 32);
    let replica = World::replica(&world.pool, &world.clock, |settings| {
        settings.hashing.permits = 32;
    });
    let tries = (0..32).map(|n| {
        let accounts = if n % 2 == 0 { world.accounts.clone() } else { replica.clone() };
        let form = RegistrationForm { email: SPELLINGS[n % 12].into(), ..registration("x") };
        let ctx = world.stranger();
        tokio::spawn(async move { accounts.sign_up(&ctx, form).await })
    });
    let tries: Vec<_> = tries.collect();
    let mut made = 0;
    for attempt in tries {
        match attempt.await.unwrap() {
            Ok(_) => made += 1,
            Err(Error::Taken(Field::Email)) => {}
            Err(other) => panic!("neither made nor taken: {other}"),
        }
    }
    assert_eq!(made, 1);
    assert_eq!(world.count("SELECT count(*) FROM users").await, 1);
}

#[sqlx::test(migrator = "store::MIGRATOR")]
async fn every_spelling_signs_in(pool: PgPool) {
    let world = World::new(pool);
    let form = RegistrationForm { email: SPELLINGS[0].into(), ..registration("x") };
    world.accounts.sign_up(&world.stranger(), form).await.unwrap();
    for spelling in SPELLINGS {
        let signed_in = world.accounts.sign_in(&world.stranger(), sign_in(spelling, PASSWORD)).await;
        assert!(signed_in.is_ok(), "{spelling}");
    }
}

#[sqlx::test(migrator = "store::MIGRATOR")]
async fn a_taken_address_or_username_changes_nothing(pool: PgPool) {
    let world = World::new(pool);
    let first = RegistrationForm { username: "Ana".into(), ..registration("ana") };
    world.accounts.sign_up(&world.stranger(), first).await.unwrap();
    let again = world.accounts.sign_up(&world.stranger(), registration("ANA")).await;
    assert!(matches!(again, Err(Error::Taken(Field::Email))));
    let named = RegistrationForm { username: "aNA".into(), ..registration("other") };
    let named = world.accounts.sign_up(&world.stranger(), named).await;
    assert!(matches!(named, Err(Error::Taken(Field::Username))));
    assert_eq!(world.count("SELECT count(*) FROM users").await, 1);
    assert_eq!(world.count("SELECT count(*) FROM sessions").await, 1);
    assert_eq!(world.count("SELECT count(*) FROM audit_events WHERE kind = 'registered'").await, 1);
}

#[sqlx::test(migrator = "store::MIGRATOR")]
async fn a_weak_password_or_an_impossible_address_is_refused_beside_its_field(pool: PgPool) {
    let world = World::new(pool);
    let cases = [
        (RegistrationForm { password: "password123".into(), ..registration("ana") }, "password", "too_weak"),
        (
            RegistrationForm { password: "ana@example.com".into(), ..registration("ana") },
            "password",
            "too_weak",
        ),
        (RegistrationForm { password: "short".into(), ..registration("ana") }, "password", "too_short"),
        (RegistrationForm { email: "ａna@example.com".into(), ..registration("ana") }, "email", "invalid"),
        (RegistrationForm { email: "ana@exa_mple.com".into(), ..registration("ana") }, "email", "invalid"),
    ];
    for (form, field, code) in cases {
        let Err(Error::Invalid(errors)) = world.accounts.sign_up(&world.stranger(), form).await else {
            panic!("{field} {code} was accepted");
        };
        assert_eq!((errors[0].field.as_str(), errors[0].reason.code()), (field, code));
    }
    assert_eq!(world.count("SELECT count(*) FROM users").await, 0);
}

#[sqlx::test(migrator = "store::MIGRATOR")]
async fn the_service_s_name_and_host_make_no_password(pool: PgPool) {
    let named = World::with(pool, |settings| {
        settings.mail.app_name = "Zwielbach Quorvex".into();
        settings.issuer = "https://konto.brelmisk.example:8443".into();
    });
    let unnamed = World::replica(&named.pool, &named.clock, |_| ());
    for password in ["Zwielbach1", "zwielbachquorvex", "kontobrelmisk", "brelmiskkonto1"] {
        let form = RegistrationForm { password: password.into(), ..registration("ana") };
        let refused = named.accounts.sign_up(&named.stranger(), form.clone()).await;
        assert!(matches!(refused, Err(Error::Invalid(_))), "{password}");
        unnamed.sign_up(&named.stranger(), form).await.unwrap();
        named.execute("DELETE FROM users").await;
    }
}

#[sqlx::test(migrator = "store::MIGRATOR")]
async fn a_breached_password_is_chosen_by_nobody(pool: PgPool) {
    let path = std::env::temp_dir().join(format!("doorstep-breached-{}", std::process::id()));
    // "violet staircase under rain", which is hard to guess.
    std::fs::write(
        &path,
        "0000000000000000000000000000000000000001:2\nAA74A623E8740FD71F1CB42922436C29BE5F9D73:7\n",
    )
    .unwrap();
    let list = accounts::BreachedPasswords::open(&path).unwrap();
    std::fs::remove_file(path).unwrap();
    let world = World::with(pool, |settings| settings.breached_passwords = Some(list.into()));
    let form = |password: &str| RegistrationForm { password: password.into(), ..registration("ana") };
    let refused = world.accounts.sign_up(&world.stranger(), form("violet staircase under rain")).await;
    let Err(Error::Invalid(errors)) = refused else { panic!("{refused:?}") };
    assert_eq!((errors[0].field.as_str(), errors[0].reason.code()), ("password", "too_weak"));
    world.accounts.sign_up(&world.stranger(), form("violet staircase under snow")).await.unwrap();
}

#[sqlx::test(migrator = "store::MIGRATOR")]
async fn the_owner_may_ask_for_longer_and_stronger_passwords(pool: PgPool) {
    let world = World::with(pool, |settings| settings.password_min_length = 40);
    let refused = world.accounts.sign_up(&world.stranger(), registration("ana")).await;
    assert!(matches!(refused, Err(Error::Invalid(_))));
}

/// `AS_SEEDS` lowers the setting to 7; nothing else can.
#[sqlx::test(migrator = "store::MIGRATOR")]
async fn one_setting_says_how_short_a_password_may_be(pool: PgPool) {
    let world = World::new(pool);
    let (short, shorter) = ("test123", "test12");
    let sign_up = |password: &str| RegistrationForm { password: password.into(), ..registration("ana") };
    let change = |current: &str, new: &str| PasswordForm {
        current_password: current.into(),
        new_password: new.into(),
    };
    let too_short =
        |error: Error| matches!(error, Error::Invalid(errors) if errors[0].reason.code() == "too_short");
    let refused = world.accounts.sign_up(&world.stranger(), sign_up(short)).await;
    assert!(refused.is_err_and(too_short), "eight by default");
    let ana = world.holder(&world.member("ana").await).await;
    let refused = world.accounts.change_password(&ana, change(PASSWORD, short)).await;
    assert!(refused.is_err_and(too_short), "eight by default");
    let as_seeds = World::replica(&world.pool, &world.clock, |settings| {
        settings.password_min_length = 7;
        settings.password_min_score = 0;
    });
    let refused = as_seeds.change_password(&ana, change(PASSWORD, shorter)).await;
    assert!(refused.is_err_and(too_short));
    as_seeds.change_password(&ana, change(PASSWORD, short)).await.unwrap();
    let bob = RegistrationForm { email: "bob@example.com".into(), ..sign_up(short) };
    as_seeds.sign_up(&world.stranger(), bob).await.unwrap();
}

#[sqlx::test(migrator = "store::MIGRATOR")]
async fn a_closed_door_stays_closed(pool: PgPool) {
    let world = World::with(pool, |settings| settings.signup = Signup::Closed);
    let refused = world.accounts.sign_up(&world.stranger(), registration("ana")).await;
    assert!(matches!(refused, Err(Error::SignupClosed)));
    assert_eq!(world.accounts.hash_count(), 0);
}

#[sqlx::test(migrator = "store::MIGRATOR")]
async fn only_an_argon2id_hash_at_the_promised_cost_is_stored(pool: PgPool) {
    let world = World::new(pool);
    world.member("ana").await;
    let hash: String =
        sqlx::query_scalar("SELECT password_hash FROM users").fetch_one(&world.pool).await.unwrap();
    assert!(hash.starts_with("$argon2id$v=19$m=19456,t=2,p=1$"), "{hash}");
    assert!(!hash.contains("violet"));
}

fn named(name: &str, username: &str) -> RegistrationForm {
    RegistrationForm { username: username.into(), ..registration(name) }
}

/// B8: whoever knows a username that is taken asks nothing of an address, and what is said of one leaves a trace.
#[sqlx::test(migrator = "store::MIGRATOR")]
async fn a_username_is_judged_before_an_address(pool: PgPool) {
    const TOLD: &str = "SELECT count(*) FROM audit_events WHERE kind = 'address_taken'";
    const OWNERS: &str = "SELECT count(*) FROM audit_events e JOIN users u ON u.id = e.subject_id
                          WHERE kind = 'address_taken' AND u.email = 'ana@example.com'";
    let world = World::new(pool);
    world.accounts.register(&world.stranger(), named("ana", "Ana")).await.unwrap();
    for (name, username, field, told) in [
        ("ana", "aNa", Field::Username, 0),
        ("nobody", "aNa", Field::Username, 0),
        ("ANA", "ana2", Field::Email, 1),
        ("ana", "", Field::Email, 2),
    ] {
        let form = || named(name, username);
        let (by_page, by_call) = (world.stranger(), world.stranger());
        let refused = world.accounts.sign_up(&by_page, form()).await.map(drop);
        assert!(matches!(refused, Err(Error::Taken(f)) if f == field), "{name} {username}: {refused:?}");
        let refused = world.accounts.register(&by_call, form()).await.map(drop);
        assert!(matches!(refused, Err(Error::Taken(f)) if f == field), "{name} {username}: {refused:?}");
        assert_eq!(
            (world.count(TOLD).await, world.count(OWNERS).await),
            (2 * told, 2 * told),
            "{name} {username}"
        );
    }
    assert_eq!(world.count("SELECT count(*) FROM users").await, 1);
}

/// D11.
#[sqlx::test(migrator = "store::MIGRATOR")]
async fn nobody_takes_a_username_that_stands_for_the_house(pool: PgPool) {
    let world = World::with(pool, |settings| settings.reserved_usernames = vec!["Har-bour".into()]);
    for username in [
        "admin",
        "ADMIN",
        "Root",
        "support",
        "a.d.m.i.n",
        "_admin_",
        "no-reply",
        "mailer-daemon",
        "har.bour",
        "api",
    ] {
        let refused = world.accounts.register(&world.stranger(), named("eve", username)).await;
        let Err(Error::Invalid(errors)) = refused else { panic!("{username} was given away") };
        assert_eq!((errors[0].field.as_str(), errors[0].reason.code()), ("username", "reserved"));
    }
    for (name, username) in [("ana", "admiral"), ("ben", "rooty"), ("eve", "---"), ("dan", "supporter")] {
        world.accounts.register(&world.stranger(), named(name, username)).await.unwrap();
    }
}

/// B7: what is stored as the address is what mail can reach.
#[sqlx::test(migrator = "store::MIGRATOR")]
async fn what_nobody_sees_around_an_address_is_not_stored(pool: PgPool) {
    let world = World::new(pool);
    let spellings =
        ["ana@example.com\u{200b}", "\u{feff}ana@example.com", "\u{202a}ana@example.com.\u{202c}"];
    for (n, typed) in spellings.into_iter().enumerate() {
        let form = RegistrationForm { email: typed.into(), ..registration("x") };
        let made = world.accounts.register(&world.stranger(), form).await;
        match made {
            Ok(user) if n == 0 => assert_eq!(user.unwrap().email, "ana@example.com"),
            Err(Error::Taken(Field::Email)) if n > 0 => {}
            other => panic!("{typed:?}: {other:?}"),
        }
        let signed_in = world.accounts.sign_in(&world.stranger(), sign_in(typed, PASSWORD)).await;
        assert!(signed_in.is_ok(), "{typed:?}");
    }
    for typed in
        ["eve@example.com..", "eve@exam\u{200b}ple.com", "eve\u{feff}@example.com", "eve@example.com\u{ad}."]
    {
        let form = RegistrationForm { email: typed.into(), ..registration("x") };
        let refused = world.accounts.register(&world.stranger(), form).await;
        assert!(matches!(&refused, Err(Error::Invalid(errors)) if errors[0].field == "email"), "{typed:?}");
    }
    assert_eq!(world.count("SELECT count(*) FROM users").await, 1);
}

/// P3: such as an older version took, for it keeps working.
#[sqlx::test(migrator = "store::MIGRATOR")]
async fn a_new_address_is_one_that_mail_can_be_sent_to_and_an_old_one_works(pool: PgPool) {
    let world = World::new(pool);
    let ana = world.holder(&world.member("ana").await).await;
    let long = format!("{}@example.com", "a".repeat(65));
    for bad in [&long, "a..b@example.com"] {
        let form = RegistrationForm { email: bad.into(), ..registration("x") };
        let at_sign_up = world.accounts.register(&world.stranger(), form).await.err();
        let form = EmailForm { email: bad.into(), password: PASSWORD.into() };
        let at_a_change = world.accounts.change_email(&ana, form).await.err();
        let by_the_api = world.accounts.change_me(&ana, patch(json!({ "email": bad }))).await.err();
        for refused in [at_sign_up, at_a_change, by_the_api] {
            let Some(Error::Invalid(errors)) = refused else { panic!("{bad}: {refused:?}") };
            assert_eq!((errors[0].field.as_str(), errors[0].reason.code()), ("email", "invalid"));
        }
    }
    let sql = "UPDATE users SET email = $1, email_canonical = $1";
    sqlx::query(sql).bind(&long).execute(&world.pool).await.unwrap();
    let spelt = long.to_uppercase();
    world.accounts.sign_in(&world.stranger(), sign_in(&spelt, PASSWORD)).await.unwrap();
    let form = json!({ "email": spelt, "name": "Ana" });
    assert_eq!(world.accounts.change_me(&ana, patch(form)).await.unwrap().email, long);
    let link = world.accounts.operator_link(LinkFor::Reset, AddressForm { email: spelt }).await.unwrap();
    assert!(link.is_some(), "who runs the server can help");
}
