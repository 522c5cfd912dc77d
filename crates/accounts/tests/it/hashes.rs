use accounts::Error;
use sqlx::PgPool;
use store::{Store, hashes};
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

#[sqlx::test(migrator = "store::MIGRATOR")]
async fn hashes_are_counted_by_scheme_and_cost_whatever_their_salts(pool: PgPool) {
    let salted = [
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
