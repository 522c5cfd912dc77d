use accounts::{Error, ImportLine};
use domain::ImportForm;
use sqlx::PgPool;
use store::{Store, users::hashes};
use testkit::{PASSWORD, World, sign_in};

/// bcrypt at cost 4, of [`PASSWORD`].
const BCRYPT: &str = "UPDATE users SET password_hash =
    '$2b$04$N9qo8uLOickgx2ZMRZoMye2SIE5jjhvj6DGrBdU8MOGQ0DNzwzIsa' WHERE email_canonical LIKE 'old-%'";

/// Whether an attempt was admitted, how many hashes it cost, and how many of them were not Argon2.
async fn attempt(world: &World, identifier: &str, password: &str) -> (bool, u64, u64) {
    let before = (world.accounts.hash_count(), world.accounts.foreign_hash_count());
    let answer = world.accounts.sign_in(&world.stranger(), sign_in(identifier, password)).await;
    assert!(matches!(answer, Ok(_) | Err(Error::WrongCredentials)), "{identifier}");
    let after = (world.accounts.hash_count(), world.accounts.foreign_hash_count());
    (answer.is_ok(), after.0 - before.0, after.1 - before.1)
}

#[sqlx::test(migrator = "store::MIGRATOR")]
async fn an_imported_hash_is_replaced_by_ours_at_the_next_good_sign_in(pool: PgPool) {
    let world = World::new(pool);
    world.member("old-ana").await;
    world.execute(BCRYPT).await;
    assert_eq!(attempt(&world, "old-ana@example.com", "wrong password").await, (false, 1, 1));
    assert_eq!(world.count("SELECT count(*) FROM users WHERE password_hash LIKE '$2b$%'").await, 1);
    assert_eq!(attempt(&world, "old-ana@example.com", PASSWORD).await, (true, 2, 1));
    let ours = "SELECT count(*) FROM users WHERE password_hash LIKE '$argon2id$v=19$m=19456,t=2,p=1$%'";
    assert_eq!(world.count(ours).await, 1);
    assert_eq!(attempt(&world, "old-ana@example.com", PASSWORD).await, (true, 1, 0));
}

#[sqlx::test(migrator = "store::MIGRATOR")]
async fn while_imported_hashes_remain_every_outcome_costs_one_hash_of_their_kind(pool: PgPool) {
    let world = World::new(pool);
    for name in ["old-ana", "old-disabled", "invited", "broken"] {
        world.member(name).await;
    }
    world.execute(BCRYPT).await;
    world.execute("UPDATE users SET is_active = false WHERE email_canonical LIKE '%disabled@%'").await;
    world.execute("UPDATE users SET password_hash = NULL WHERE email_canonical LIKE 'invited@%'").await;
    // By hand, above the ceiling: 2 GiB and an hour.
    world
        .execute(
            "UPDATE users SET password_hash = '$scrypt$ln=24,r=8,p=9$AAAA$AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA'
             WHERE email_canonical LIKE 'broken@%'",
        )
        .await;
    world.accounts.learn_hashes().await.unwrap();
    for identifier in [
        "nobody@example.com",
        "nobody",
        "old-ana@example.com",
        "old-disabled@example.com",
        "invited@example.com",
        "broken@example.com",
        "ａna@example.com",
    ] {
        let password = if identifier.starts_with("old-ana") { "wrong password" } else { PASSWORD };
        assert_eq!(attempt(&world, identifier, password).await, (false, 1, 1), "{identifier}");
    }
    world.execute("DELETE FROM users WHERE password_hash LIKE '$2b$%'").await;
    world.member("new").await;
    world.accounts.learn_hashes().await.unwrap();
    assert_eq!(attempt(&world, "nobody@example.com", PASSWORD).await, (false, 1, 0), "none is left");
}

/// Hashes as other services write them: where from, the password, the hash.
fn forms() -> impl Iterator<Item = (&'static str, &'static str, &'static str)> {
    let lines = include_str!("../vectors/hashes.tsv").lines().filter(|line| !line.starts_with('#'));
    lines.map(|line| {
        let parts: Vec<_> = line.split('\t').collect();
        (parts[0], parts[1], parts[2])
    })
}

async fn import(world: &World, email: &str, hash: &str) {
    let form = ImportForm { email: email.into(), password_hash: hash.into(), ..ImportForm::default() };
    let mut run = world.accounts.begin_import(false).await.unwrap();
    let judged = world.accounts.judge(world.accounts.now(), vec![ImportLine { line: 1, form: Ok(form) }]);
    assert_eq!(world.accounts.import(&mut run, judged).await.unwrap(), [], "{hash}");
}

/// P2: an unknown name is refused like any other, at the cost of one hash of the kind that was imported.
#[sqlx::test(migrator = "store::MIGRATOR")]
async fn whatever_was_imported_an_unknown_name_is_refused_and_a_known_one_signs_in(pool: PgPool) {
    let world = World::new(pool);
    for (n, (from, password, hash)) in forms().enumerate() {
        let email = format!("old-{n}@example.com");
        import(&world, &email, hash).await;
        world.accounts.learn_hashes().await.unwrap();
        let foreign = u64::from(!hash.contains("argon2"));
        assert_eq!(attempt(&world, &format!("nobody-{n}"), password).await, (false, 1, foreign), "{from}");
        assert_eq!(attempt(&world, &email, password).await, (true, 2, foreign), "{from}");
        world.execute("DELETE FROM sessions").await;
        world.execute("DELETE FROM users").await;
    }
}

/// Another service took it; here none as long may be chosen.
#[sqlx::test(migrator = "store::MIGRATOR")]
async fn an_imported_password_of_any_length_signs_in_and_is_replaced_at_full_length(pool: PgPool) {
    let world = World::new(pool);
    let (_, password, hash) = forms().find(|(_, password, _)| password.chars().count() > 160).unwrap();
    import(&world, "old-ana@example.com", hash).await;
    assert_eq!(attempt(&world, "old-ana@example.com", password).await, (true, 2, 1));
    assert_eq!(attempt(&world, "old-ana@example.com", &password[..160]).await, (false, 1, 0));
    assert_eq!(attempt(&world, "old-ana@example.com", password).await, (true, 1, 0));
}

#[sqlx::test(migrator = "store::MIGRATOR")]
async fn a_table_out_of_reach_leaves_what_was_learnt(pool: PgPool) {
    let world = World::new(pool);
    world.member("old-ana").await;
    world.execute(BCRYPT).await;
    world.accounts.learn_hashes().await.unwrap();
    world.execute("ALTER TABLE users RENAME COLUMN password_hash TO elsewhere").await;
    assert!(world.accounts.learn_hashes().await.is_err());
    world.execute("ALTER TABLE users RENAME COLUMN elsewhere TO password_hash").await;
    assert_eq!(attempt(&world, "nobody@example.com", PASSWORD).await, (false, 1, 1));
}

/// E8: on every server each minute it took a second among a million accounts. After an import no minute is left out.
#[sqlx::test(migrator = "store::MIGRATOR")]
async fn hashes_are_counted_again_after_an_import_and_seldom_else(pool: PgPool) {
    let world = World::new(pool);
    world.member("new").await;
    let is_due = async || world.accounts.learn_hashes_when_due().await.unwrap();
    assert!(is_due().await, "at the start");
    assert!(!is_due().await);
    world.clock.advance(time::Duration::seconds(59));
    assert!(!is_due().await);
    import(&world, "old-ana@example.com", forms().next().unwrap().2).await;
    assert!(is_due().await, "there may be others now");
    world.clock.advance(time::Duration::minutes(9));
    assert!(is_due().await, "its last chunk may come late");
    world.clock.advance(time::Duration::minutes(2));
    assert!(is_due().await, "it took no time by this clock");
    assert!(!is_due().await);
    world.execute("UPDATE users SET email_canonical = 'old-new@example.com' WHERE email LIKE 'new@%'").await;
    world.execute(BCRYPT).await;
    assert!(!is_due().await, "nobody has seen it");
    attempt(&world, "old-new@example.com", "wrong password").await;
    world.clock.advance(time::Duration::SECOND);
    world.execute("ALTER TABLE users RENAME COLUMN password_hash TO elsewhere").await;
    assert!(world.accounts.learn_hashes_when_due().await.is_err());
    world.execute("ALTER TABLE users RENAME COLUMN elsewhere TO password_hash").await;
    world.clock.advance(time::Duration::SECOND);
    assert!(is_due().await, "a hash of a kind that was not counted, and could not be");
    assert!(!is_due().await);
}

#[sqlx::test(migrator = "store::MIGRATOR")]
async fn hashes_are_counted_by_scheme_and_cost_whatever_their_salts(pool: PgPool) {
    let salted = [
        ("bcrypt_sha256$$2b$12$@", 1),
        ("$wp$2y$10$@", 2),
        ("$bcrypt-sha256$v=2,t=2b,r=12$@$AAAA", 2),
        ("argon2$argon2i$m=512,t=2,p=2$@$AAAA", 2),
        ("$pbkdf2$29000$@$AAAA", 2),
        ("$pbkdf2$29000$@$AAAAAAAA", 1),
        ("$2b$12$@", 3),
        ("$2y$10$@", 1),
        ("bcrypt$$2b$12$@", 2),
        ("$argon2id$v=19$m=19456,t=2,p=1$@$AAAA", 5),
        ("argon2$argon2id$v=19$m=65536,t=3,p=4$@$AAAA", 2),
        ("pbkdf2_sha256$600000$@$AAAA", 2),
        ("$pbkdf2-sha256$29000$@$AAAA", 2),
        ("$scrypt$ln=16,r=8,p=1$@$AAAA", 2),
        ("scrypt$16384$@$8$5$AAAA", 2),
        ("scrypt$16384$@$8$1$AAAA", 1),
    ];
    for (spelling, accounts) in salted {
        for n in 0..accounts {
            let hash = spelling.replace('@', &format!("saltsaltsaltsalt{n}"));
            sqlx::query(
                "INSERT INTO users (id, email, email_canonical, password_hash, created_at, updated_at)
                 VALUES (gen_random_uuid(), 'x', $1, $1, now(), now())",
            )
            .bind(hash)
            .execute(&pool)
            .await
            .unwrap();
        }
    }
    let classes = hashes::classes(&Store::from_pool(pool)).await.unwrap();
    let mut found: Vec<_> = classes.into_iter().map(|class| (class.example, class.accounts)).collect();
    found.sort_unstable();
    let mut expected = salted.map(|(spelling, n)| (spelling.replace('@', "saltsaltsaltsalt0"), n));
    expected.sort_unstable();
    assert_eq!(found, expected);
}
