//! What docs/deploy.md says of backup and restore, done: dumped, restored into an empty database, and served from there.

use super::audit::key_file;
use super::commands::{run, text};
use super::roles::Roles;
use crate::app::App;
use sqlx::postgres::PgConnectOptions;
use sqlx::{AssertSqlSafe, ConnectOptions, PgPool};
use std::path::{Path, PathBuf};
use std::process::Command;
use testkit::{PASSWORD, World, sign_in};
use time::Duration;

/// Postgres' own program, where it is here: an npm package holds the server alone.
fn postgres(name: &str) -> Option<PathBuf> {
    let folder = std::env::var_os("PG_BINDIR").map(PathBuf::from)?;
    let program = folder.join(name);
    if !program.is_file() {
        eprintln!("{name} is not here: backup and restore were not run");
        return None;
    }
    Some(program)
}

/// An empty database beside that of a test, which goes with this.
struct Empty {
    name: String,
    beside: PgPool,
}

impl Empty {
    async fn new(beside: &PgPool, owner: &str) -> Self {
        let connect = beside.connect_options();
        let beside_it = connect.get_database().unwrap();
        // A name has 63 letters at most, and that of a test has as many.
        let name = format!("restored_{}", &beside_it[beside_it.len() - 40..]);
        let empty = Self { name, beside: beside.clone() };
        empty.sql(format!("DROP DATABASE IF EXISTS \"{}\" WITH (FORCE)", empty.name)).await;
        empty.sql(format!("CREATE DATABASE \"{}\" OWNER \"{owner}\"", empty.name)).await;
        empty
    }

    /// How to reach it as the role of `like`.
    fn connect(&self, like: &PgConnectOptions) -> PgConnectOptions {
        like.clone().database(&self.name)
    }

    async fn sql(&self, sql: String) {
        sqlx::raw_sql(AssertSqlSafe(sql)).execute(&self.beside).await.unwrap();
    }

    async fn remove(self) {
        self.sql(format!("DROP DATABASE \"{}\" WITH (FORCE)", self.name)).await;
    }
}

/// As Postgres' own programs take it: the driver adds settings that they do not know.
fn address(connect: &PgConnectOptions) -> String {
    let url = connect.to_url_lossy();
    url.as_str().split('?').next().unwrap_or_default().to_owned()
}

/// As docs/deploy.md has it.
fn dump(program: &Path, from: &PgConnectOptions) -> PathBuf {
    let name = format!("{}.dump", from.get_database().unwrap());
    let file = Path::new(env!("CARGO_TARGET_TMPDIR")).join(name);
    let mut command = Command::new(program);
    command.arg("--format=custom").arg("--file").arg(&file).arg(address(from));
    succeeds(&mut command);
    file
}

fn restore(program: &Path, file: &Path, into: &PgConnectOptions) {
    let mut command = Command::new(program);
    command.args(["--no-owner", "--no-privileges", "--exit-on-error"]);
    command.arg(format!("--dbname={}", address(into))).arg(file);
    succeeds(&mut command);
    std::fs::remove_file(file).unwrap();
}

fn succeeds(command: &mut Command) {
    let output = command.output().unwrap();
    assert!(output.status.success(), "{}", text(&output.stderr));
}

/// Its exit code.
fn verify(settings: &[(&str, &str)]) -> (Option<i32>, String) {
    let output = run(&["audit", "verify"], settings);
    (output.status.code(), text(&output.stdout) + &text(&output.stderr))
}

#[sqlx::test(migrator = "store::MIGRATOR")]
async fn what_was_dumped_is_restored_into_an_empty_database_and_served_from_there(pool: PgPool) {
    let (Some(pg_dump), Some(pg_restore)) = (postgres("pg_dump"), postgres("pg_restore")) else { return };
    let old = World::new(pool.clone());
    let mut ana = old.member("ana").await;
    let app = old.set_up_totp(&mut ana).await;
    let (eve, pair) = (old.member("eve").await, old.program("eve").await);
    assert!(!old.mail().await.is_empty());
    let form = domain::AddressForm { email: "eve@example.com".into() };
    old.accounts.forgot_password(&old.stranger(), form).await.unwrap();
    old.accounts.seal_audit(accounts::Seal::All).await.unwrap();

    let connect = pool.connect_options().as_ref().clone();
    let file = dump(&pg_dump, &connect);
    // What the old server does afterwards is lost.
    old.accounts.sign_out(&old.holder(&eve).await).await.unwrap();
    let exchanged = old.accounts.refresh(&old.stranger(), &pair.refresh_token).await.unwrap();
    let late = old.member("late").await;
    let waited = old.mail().await;

    let empty = Empty::new(&pool, connect.get_username()).await;
    let restored = empty.connect(&connect);
    restore(&pg_restore, &file, &restored);
    let (url, key) = (restored.to_url_lossy().to_string(), key_file());
    let settings = [("DATABASE_URL", url.as_str()), ("ENCRYPTION_KEY_FILE", &key)];
    let migrated = run(&["migrate"], &settings);
    assert!(migrated.status.success(), "{}", text(&migrated.stderr));
    assert_eq!(verify(&settings).0, Some(0), "{}", verify(&settings).1);

    let server = App::with(World::new(Roles::pool(&restored).await), |_| ());
    let new = &server.world;
    new.clock.advance(Duration::minutes(2));
    sessions_are_those_of_the_dump(new, [&ana, &eve], &late).await;
    new.accounts.refresh(&new.stranger(), &exchanged.refresh_token).await.unwrap_err();
    new.accounts.refresh(&new.stranger(), &pair.refresh_token).await.unwrap();
    let fields = [("form[identifier]", "eve@example.com"), ("form[password]", PASSWORD)];
    server.browser().call("/fn/login", &fields).await.expect(200);
    let waiting = new.begin_sign_in("ana").await;
    let challenge = waiting.challenge.reveal();
    let form = app.form(new.accounts.now());
    new.accounts.sign_in_by_factor(&new.stranger(), &challenge, form).await.unwrap();
    // What was sent before the dump is not sent again; what waited is, under the name by which a relay knows it.
    let sent = new.mail().await;
    let [waited] = waited.iter().filter(|mail| mail.subject.contains("Reset")).collect::<Vec<_>>()[..] else {
        panic!("{waited:?}")
    };
    let again = sent.iter().filter(|mail| mail.subject.contains("Reset")).map(|mail| mail.id);
    assert_eq!(again.collect::<Vec<_>>(), [waited.id]);
    assert!(new.mail().await.is_empty());
    // The trail goes on where it was.
    new.accounts.seal_audit(accounts::Seal::All).await.unwrap();
    assert_eq!(verify(&settings).0, Some(0), "{}", verify(&settings).1);
    new.execute("DELETE FROM sessions").await;
    assert!(new.holder(&ana).await.member().is_err());
    new.pool.close().await;
    empty.remove().await;
}

/// Those that ended later live again, and those that began later are gone.
async fn sessions_are_those_of_the_dump(
    world: &World,
    alive: [&accounts::SignedIn; 2],
    late: &accounts::SignedIn,
) {
    for one in alive {
        assert!(world.holder(one).await.member().is_ok());
    }
    assert!(world.holder(late).await.member().is_err());
    world.accounts.sign_in(&world.stranger(), sign_in("late@example.com", PASSWORD)).await.unwrap_err();
}

/// The page's second column: nothing that waited is sent where the outbox was emptied first.
#[sqlx::test(migrator = "store::MIGRATOR")]
async fn no_mail_is_sent_twice_where_the_outbox_is_emptied_before_the_start(pool: PgPool) {
    let (Some(pg_dump), Some(pg_restore)) = (postgres("pg_dump"), postgres("pg_restore")) else { return };
    let old = World::new(pool.clone());
    old.member("eve").await;
    let connect = pool.connect_options().as_ref().clone();
    let file = dump(&pg_dump, &connect);
    assert!(!old.mail().await.is_empty());
    let empty = Empty::new(&pool, connect.get_username()).await;
    let restored = empty.connect(&connect);
    restore(&pg_restore, &file, &restored);
    let new = World::new(Roles::pool(&restored).await);
    new.execute("DELETE FROM outbox").await;
    assert!(new.mail().await.is_empty());
    new.accounts.sign_in(&new.stranger(), sign_in("eve@example.com", PASSWORD)).await.unwrap();
    new.pool.close().await;
    empty.remove().await;
}

#[sqlx::test(migrations = false)]
async fn with_two_roles_the_restored_trail_is_as_safe_as_it_was(pool: PgPool) {
    let (Some(pg_dump), Some(pg_restore)) = (postgres("pg_dump"), postgres("pg_restore")) else { return };
    let (roles, key) = (Roles::new(&pool).await, key_file());
    assert!(run(&["migrate"], &roles.settings()).status.success());
    let old = World::new(Roles::pool(&roles.serving).await);
    old.member("ana").await;
    old.accounts.seal_audit(accounts::Seal::All).await.unwrap();

    let file = dump(&pg_dump, &roles.owner);
    let empty = Empty::new(&pool, roles.owner.get_username()).await;
    let [owner, serving] = [&roles.owner, &roles.serving].map(|connect| empty.connect(connect));
    restore(&pg_restore, &file, &owner);
    let [migrate, url] = [&owner, &serving].map(|connect| connect.to_url_lossy().to_string());
    let settings =
        [("DATABASE_URL", url.as_str()), ("MIGRATE_DATABASE_URL", &migrate), ("ENCRYPTION_KEY_FILE", &key)];
    assert_eq!(verify(&settings).0, Some(1), "the serving role has no rights yet");
    let migrated = run(&["migrate"], &settings);
    assert!(migrated.status.success(), "{}", text(&migrated.stderr));
    assert_eq!(verify(&settings).0, Some(0), "{}", verify(&settings).1);
    let new = World::new(Roles::pool(&serving).await);
    new.accounts.sign_in(&new.stranger(), sign_in("ana@example.com", PASSWORD)).await.unwrap();
    sqlx::query("DELETE FROM audit_events").execute(&new.pool).await.unwrap_err();
    new.pool.close().await;
    empty.remove().await;
}
