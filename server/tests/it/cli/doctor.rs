//! `server doctor`: what is wrong, and what to do.

use super::commands::{RANDOM, run, text, url};
use crate::app::site;
use crate::mail::catcher::{Catcher, Manner};
use accounts::{Clock, KeyRing, SigningKey, SystemClock};
use sqlx::{AssertSqlSafe, PgPool};
use std::path::Path;
use time::Duration;

pub fn doctor(words: &[&str], settings: &[(&str, &str)]) -> (Option<i32>, Vec<String>) {
    // Nobody answers there, whatever else runs on this machine.
    let usual = [("LEPTOS_SITE_ROOT", site().to_str().unwrap()), ("BASE_URL", "http://127.0.0.1:1")];
    let output = run(&[&["doctor"], words].concat(), &[&usual, settings].concat());
    (output.status.code(), text(&output.stdout).lines().map(str::to_owned).collect())
}

#[track_caller]
pub fn says(lines: &[String], health: &str, part: &str, word: &str) {
    let found = lines.iter().any(|line| {
        line.starts_with(health) && line[4..].trim_start().starts_with(part) && line.contains(word)
    });
    assert!(found, "no {health} {part} {word} in {lines:#?}");
}

#[sqlx::test(migrator = "store::MIGRATOR")]
async fn a_good_server_is_told_what_could_be_better(pool: PgPool) {
    let (code, lines) = doctor(&[], &[("DATABASE_URL", &url(&pool))]);
    assert_eq!(code, Some(0), "{lines:#?}");
    says(&lines, "ok", "database", "this version's schema");
    says(&lines, "warn", "roles", "MIGRATE_DATABASE_URL");
    says(&lines, "ok", "redis", "not set up");
    says(&lines, "ok", "address", "LEPTOS_SITE_ADDR");
    says(&lines, "ok", "clock", "this machine's");
    says(&lines, "ok", "mail", "to nobody");
    says(&lines, "ok", "site", "there");
    says(&lines, "warn", "proxy", "cannot be reached from here");
    assert!(!lines.iter().any(|line| line.contains("production")), "{lines:#?}");
}

/// `BASE_URL` has another host than it had.
#[sqlx::test(migrator = "store::MIGRATOR")]
async fn passkeys_of_another_name_are_told_of(pool: PgPool) {
    let sql = "WITH ana AS (
                   INSERT INTO users (id, email, email_canonical, created_at, updated_at)
                   VALUES (gen_random_uuid(), 'ana@example.com', 'ana@example.com', now(), now()) RETURNING id),
               owner AS (INSERT INTO passkey_owners SELECT id, gen_random_uuid() FROM ana RETURNING user_id)
               INSERT INTO passkeys (id, user_id, credential_id, algorithm, public_key, counter, backup_eligible, backed_up,
                                     aaguid, transports, name, added_at, rp_id)
               SELECT gen_random_uuid(), user_id, 'x', -7, 'x', 0, false, false, gen_random_uuid(), '{}', 'Phone', now(),
                      'old.example' FROM owner";
    sqlx::query(sql).execute(&pool).await.unwrap();
    let (_, lines) = doctor(&[], &[("DATABASE_URL", &url(&pool))]);
    says(&lines, "warn", "passkeys", "nobody can use here: 1;");
    sqlx::query("UPDATE passkeys SET rp_id = NULL").execute(&pool).await.unwrap();
    let (_, lines) = doctor(&[], &[("DATABASE_URL", &url(&pool))]);
    assert!(!lines.iter().any(|line| line.contains("another name")), "{lines:#?}");
}

#[sqlx::test(migrator = "store::MIGRATOR")]
async fn the_checklist_of_production_passes_or_says_what_to_set(pool: PgPool) {
    let (code, lines) = doctor(&["--production"], &[("DATABASE_URL", &url(&pool))]);
    assert_eq!(code, Some(1), "{lines:#?}");
    assert_eq!(lines.iter().filter(|line| line.contains("production ")).count(), 8, "{lines:#?}");
    says(&lines, "FAIL", "production", "BASE_URL");
    says(&lines, "FAIL", "production", "METRICS_ADDR");
    says(&lines, "ok", "production", "CORS");
}

#[test]
fn what_does_not_answer_fails_in_a_sentence() {
    let nowhere = ("DATABASE_URL", "postgres://ana:canary@127.0.0.1:1/app");
    let (code, lines) =
        doctor(&[], &[nowhere, ("METRICS_ADDR", "192.0.2.1:9464"), ("REDIS_URL", "redis://127.0.0.1:1")]);
    assert_eq!(code, Some(1), "{lines:#?}");
    says(&lines, "FAIL", "database", "cannot reach the database");
    says(&lines, "FAIL", "redis", "not used");
    says(&lines, "FAIL", "address", "METRICS_ADDR");
    assert!(!lines.concat().contains("canary"), "{lines:#?}");
}

/// The only schema that it may see is the one that is there.
#[sqlx::test]
async fn it_migrates_nothing(pool: PgPool) {
    let (code, lines) = doctor(&[], &[("DATABASE_URL", &url(&pool))]);
    assert_eq!(code, Some(0), "{lines:#?}");
    says(&lines, "warn", "database", "when it starts");
    let tables = "SELECT count(*) FROM pg_tables WHERE schemaname = 'public'";
    let tables: i64 = sqlx::query_scalar(tables).fetch_one(&pool).await.unwrap();
    assert_eq!(tables, 0);
}

#[sqlx::test(migrator = "store::MIGRATOR")]
async fn the_list_of_breached_passwords_is_read(pool: PgPool) {
    let file = Path::new(env!("CARGO_TARGET_TMPDIR")).join(format!("breached-{}", std::process::id()));
    let url = url(&pool);
    let settings = [("DATABASE_URL", url.as_str()), ("BREACHED_PASSWORDS_FILE", file.to_str().unwrap())];
    let line = |at: u32| format!("{at:040X}:1\n");
    std::fs::write(&file, (0..1_000).map(line).collect::<String>()).unwrap();
    let (code, lines) = doctor(&[], &settings);
    assert_eq!(code, Some(0), "{lines:#?}");
    says(&lines, "ok", "passwords", "in its order");
    // One line in another's place, between those that a start looks at.
    let damaged = (0..1_000).map(|at| line(if at == 502 { 0 } else { at }));
    std::fs::write(&file, damaged.collect::<String>()).unwrap();
    let (code, lines) = doctor(&[], &settings);
    assert_eq!(code, Some(1), "{lines:#?}");
    says(&lines, "FAIL", "passwords", "replace it by rename");
    std::fs::remove_file(file).unwrap();
}

/// In development a server makes its keys. Their age is told by what the file says, never by when it was written.
#[sqlx::test(migrator = "store::MIGRATOR")]
async fn it_makes_no_key_and_tells_the_age_that_a_key_names(pool: PgPool) {
    let folder = Path::new(env!("CARGO_TARGET_TMPDIR")).join(format!("doctor-{}", std::process::id()));
    let (file, url) = (folder.join("signing-key.pem"), url(&pool));
    let settings = [
        ("DATABASE_URL", url.as_str()),
        ("SIGNING_KEY_FILE", file.to_str().unwrap()),
        ("ENCRYPTION_KEY_FILE", "var-of-nobody/encryption-key.pem"),
    ];
    let (code, lines) = doctor(&[], &settings);
    assert_eq!(code, Some(0), "{lines:#?}");
    says(&lines, "ok", "keys", "the first start makes the signing key");
    says(&lines, "ok", "keys", "the first start makes the encryption key");
    assert!(!folder.exists());
    std::fs::create_dir(&folder).unwrap();
    let key = SigningKey::generate_ed25519_pem().unwrap();
    std::fs::write(&file, &key).unwrap();
    says(&doctor(&[], &settings).1, "warn", "keys", "signing key is cannot be seen");
    let rotated = |days| {
        KeyRing::rotate_ed25519_pem(&key, SystemClock.now() - Duration::days(days), Duration::ZERO).unwrap()
    };
    std::fs::write(&file, rotated(3)).unwrap();
    says(&doctor(&[], &settings).1, "ok", "keys", "signing key has been used for 3 days");
    std::fs::write(&file, rotated(400)).unwrap();
    says(&doctor(&[], &settings).1, "warn", "keys", "used for 400 days");
    std::fs::remove_dir_all(folder).unwrap();
}

#[sqlx::test(migrator = "store::MIGRATOR")]
async fn the_mail_server_is_tried_without_a_mail(pool: PgPool) {
    let catcher = Catcher::start(Manner::default()).await;
    let (url, smtp) = (url(&pool), format!("smtp://ana:canary@127.0.0.1:{}", catcher.port));
    let settings = [("DATABASE_URL", url), ("SMTP_URL", smtp), ("MAIL_FROM", "a@example.com".to_owned())];
    let look = async || {
        let settings = settings.clone();
        let looking = move || doctor(&[], &settings.each_ref().map(|(name, value)| (*name, value.as_str())));
        tokio::task::spawn_blocking(looking).await.unwrap()
    };
    let (code, lines) = look().await;
    assert_eq!(code, Some(0), "{lines:#?}");
    says(&lines, "ok", "mail", "lets this one in");
    assert!(catcher.heard().has("AUTH") && catcher.heard().has("QUIT") && catcher.heard().mails.is_empty());
    catcher.behave(Manner::answering("AUTH", "535 no"));
    let (code, lines) = look().await;
    assert_eq!(code, Some(1), "{lines:#?}");
    says(&lines, "FAIL", "mail", "the mail server says 535");
    assert!(!lines.concat().contains("canary"), "{lines:#?}");
}

/// A server's own role is not asked to migrate, and need not know who does.
#[sqlx::test(migrator = "store::MIGRATOR")]
async fn the_role_that_migrates_and_the_listening_address_are_tried(pool: PgPool) {
    let (code, lines) = doctor(
        &[],
        &[
            ("DATABASE_URL", &url(&pool)),
            ("MIGRATE_DATABASE_URL", "postgres://owner:canary@127.0.0.1:1/app"),
            ("DATABASE_LISTEN_URL", "postgres://ana:canary@127.0.0.1:1/app"),
        ],
    );
    assert_eq!(code, Some(1), "{lines:#?}");
    says(&lines, "warn", "roles", "\"owner\", which migrates, does not get in");
    says(&lines, "FAIL", "changes", "changes are not heard");
    assert!(!lines.concat().contains("canary"), "{lines:#?}");
}

/// As after a return to an older version: no server would start.
#[sqlx::test(migrator = "store::MIGRATOR")]
async fn a_schema_of_a_newer_version_fails(pool: PgPool) {
    let newer = "INSERT INTO _sqlx_migrations (version, description, success, checksum, execution_time)
                 VALUES (30000101000000, 'later', true, '', 0)";
    sqlx::query(newer).execute(&pool).await.unwrap();
    let (code, lines) = doctor(&[], &[("DATABASE_URL", &url(&pool))]);
    assert_eq!(code, Some(1), "{lines:#?}");
    says(&lines, "FAIL", "database", "30000101000000");
    for (wrong, named) in [("checksum = ''", "modified"), ("success = false", "partially applied")] {
        let sql = format!(
            "DELETE FROM _sqlx_migrations WHERE version = 30000101000000;
             UPDATE _sqlx_migrations SET {wrong} WHERE version = (SELECT min(version) FROM _sqlx_migrations)"
        );
        sqlx::raw_sql(AssertSqlSafe(sql)).execute(&pool).await.unwrap();
        says(&doctor(&[], &[("DATABASE_URL", &url(&pool))]).1, "FAIL", "database", named);
    }
}

#[test]
fn the_cost_of_a_hash_is_found_without_any_database() {
    let output =
        run(&["argon2-calibrate", "--target", "10ms"], &[("DATABASE_URL", "postgres://a@127.0.0.1:1/b")]);
    let said = text(&output.stdout);
    assert!(output.status.success() && said.contains("ARGON2_M_COST=19456\nARGON2_T_COST=2\n"), "{said}");
    let refused = run(&["argon2-calibrate", "--target", "1h"], &[]);
    assert_eq!(refused.status.code(), Some(2));
}

/// Where everybody must have a second factor, somebody can have one.
#[test]
fn a_second_factor_that_nobody_could_set_up_is_required_of_nobody() {
    let output = run(
        &["doctor"],
        &[
            ("DATABASE_URL", "postgres://ana@127.0.0.1:1/app"),
            ("APP_ENV", "production"),
            ("BASE_URL", "http://127.0.0.1:8000"),
            ("ALGORITHM", "HS256"),
            ("SECRET_KEY", RANDOM),
            ("REQUIRE_FACTOR", "admins"),
        ],
    );
    let said = text(&output.stderr);
    assert!(!output.status.success() && said.contains("REQUIRE_FACTOR: nobody could set"), "{said}");
}
