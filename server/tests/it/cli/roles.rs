//! Two database roles: one migrates, the other serves and can only add to the audit trail (promise P33).

use super::audit::key_file;
use super::commands::{run, send, server, text, url};
use crate::app::site;
use crate::process::Process;
use sqlx::postgres::{PgConnectOptions, PgPoolOptions};
use sqlx::{AssertSqlSafe, ConnectOptions, PgPool};
use std::io::{BufRead, BufReader};
use std::net::TcpListener;
use std::process::Stdio;
use testkit::{PASSWORD, World, sign_in};

/// A database that one role owns and another serves from.
pub struct Roles {
    pub owner: PgConnectOptions,
    pub serving: PgConnectOptions,
    pub migrate_url: String,
    pub url: String,
}

impl Roles {
    pub async fn new(pool: &PgPool) -> Self {
        let connect = pool.connect_options();
        let database = connect.get_database().unwrap();
        let own = &database[database.len() - 20..];
        let [owner, serving] = ["owner", "serving"].map(|what| format!("{what}_{own}"));
        for role in [&owner, &serving] {
            // Roles outlive the databases of a test.
            let sql = format!(
                "DO $$ BEGIN CREATE ROLE \"{role}\" LOGIN; EXCEPTION WHEN duplicate_object THEN NULL; END $$"
            );
            sqlx::raw_sql(AssertSqlSafe(sql)).execute(pool).await.unwrap();
        }
        let sql = format!("ALTER DATABASE \"{database}\" OWNER TO \"{owner}\"");
        sqlx::raw_sql(AssertSqlSafe(sql)).execute(pool).await.unwrap();
        let [owner, serving] = [owner, serving].map(|role| connect.as_ref().clone().username(&role));
        let [migrate_url, url] = [&owner, &serving].map(|connect| connect.to_url_lossy().to_string());
        Self { owner, serving, migrate_url, url }
    }

    pub fn settings(&self) -> [(&str, &str); 2] {
        [("DATABASE_URL", &self.url), ("MIGRATE_DATABASE_URL", &self.migrate_url)]
    }

    pub async fn pool(connect: &PgConnectOptions) -> PgPool {
        PgPoolOptions::new().max_connections(5).connect_with(connect.clone()).await.unwrap()
    }
}

#[sqlx::test(migrations = false)]
async fn the_role_that_serves_adds_to_the_audit_trail_and_changes_nothing(pool: PgPool) {
    let roles = Roles::new(&pool).await;
    // Twice: what was granted is granted again.
    for _ in 0..2 {
        let output = run(&["migrate"], &roles.settings());
        assert!(output.status.success(), "{}", text(&output.stderr));
    }
    let world = World::with(Roles::pool(&roles.serving).await, |settings| settings.deletion_grace_days = 0);
    let ana = world.member("ana").await;
    world.accounts.sign_in(&world.stranger(), sign_in("ana@example.com", "wrong")).await.unwrap_err();
    let created = run(&["create-admin", "--email", "root@example.com"], &roles.settings());
    assert!(created.status.success(), "{}", text(&created.stderr));
    for refused in [
        "UPDATE audit_events SET kind = 'x'",
        "UPDATE audit_events SET at = now() WHERE false",
        "DELETE FROM audit_events",
        "TRUNCATE audit_events",
        "UPDATE audit_details SET detail = '{}'",
        "TRUNCATE audit_details",
        "UPDATE audit_chain SET mac = ''",
        "DELETE FROM audit_chain",
        "INSERT INTO audit_checkpoints VALUES (1, '', now(), '', '')",
        "DELETE FROM _sqlx_migrations",
        "ALTER TABLE audit_events DISABLE TRIGGER ALL",
        "DROP TABLE audit_events",
        "CREATE TABLE anything ()",
    ] {
        let error = sqlx::query(refused).execute(&world.pool).await.unwrap_err();
        let code = error.as_database_error().and_then(|error| error.code().map(String::from));
        assert_eq!(code.as_deref(), Some("42501"), "{refused}: {error}");
    }
    assert!(world.accounts.seal_audit(accounts::Seal::All).await.unwrap() > 0);
    world.accounts.prune_audit(world.accounts.now() + time::Duration::DAY).await.unwrap_err();
    // All else works as ever: who leaves takes the details along.
    let ctx = world.holder(&ana).await;
    world.accounts.sweep(world.accounts.now()).await.unwrap();
    let form = domain::DeletionForm { current_password: Some(PASSWORD.into()) };
    world.accounts.delete_me(&ctx, form).await.unwrap();
    let left = "SELECT count(*) FROM audit_details d JOIN audit_events e ON e.id = d.event_id
                WHERE e.subject_id NOT IN (SELECT id FROM users)";
    assert_eq!(world.count(left).await, 0);
    assert!(!store::roles::may_change_trail(&store::Store::from_pool(world.pool.clone())).await.unwrap());
    assert!(
        store::roles::may_change_trail(&store::Store::from_pool(Roles::pool(&roles.owner).await))
            .await
            .unwrap()
    );
}

#[sqlx::test(migrations = false)]
async fn with_a_role_for_migrations_nobody_else_migrates(pool: PgPool) {
    let roles = Roles::new(&pool).await;
    let refused = run(&["create-admin", "--email", "root@example.com"], &roles.settings());
    let told = text(&refused.stderr);
    assert!(!refused.status.success() && told.contains("migrations are pending"), "{told}");
    let tables = "SELECT count(*) FROM information_schema.tables WHERE table_schema = 'public'";
    assert_eq!(sqlx::query_scalar::<_, i64>(tables).fetch_one(&pool).await.unwrap(), 0);

    let (key, mut settings) = (key_file(), roles.settings().to_vec());
    settings.extend([("ENCRYPTION_KEY_FILE", key.as_str()), ("RUST_LOG", "info,server=debug")]);
    let (serving, lines, address) = serve(&settings);
    let mut lines = lines.inspect(no_complaint);
    assert!(lines.any(|line| line.contains("not ready: migrations are pending")));
    assert!(lines.any(|line| line.contains("serving")));
    let healthy = || {
        let mut settings = roles.settings().to_vec();
        settings.push(("LEPTOS_SITE_ADDR", &address));
        run(&["healthcheck"], &settings).status.success()
    };
    assert!(!healthy());
    assert!(run(&["migrate"], &roles.settings()).status.success());
    // The jobs have waited, and said nothing.
    assert!(lines.any(|line| line.contains("this server's database role can only add to it")));
    assert!(lines.any(|line| line.contains("sealed audit events")));
    assert!(healthy(), "without a restart");
    send("-TERM", &serving);
    lines.for_each(drop);
    let (_serving, mut lines, _) = serve(&roles.settings());
    assert!(lines.any(|line| line.contains("this server's database role can only add to it")));
}

/// As between the migrations of an upgrade and what follows them.
#[sqlx::test(migrations = false)]
async fn a_server_is_not_ready_before_it_may_use_every_table(pool: PgPool) {
    let roles = Roles::new(&pool).await;
    assert!(run(&["migrate"], &roles.settings()).status.success());
    let store = store::Store::from_pool(Roles::pool(&roles.serving).await);
    assert!(store.is_ready().await.unwrap());
    let serving = roles.serving.get_username();
    let owner = Roles::pool(&roles.owner).await;
    let sql = format!("REVOKE ALL ON totp FROM \"{serving}\"");
    sqlx::raw_sql(AssertSqlSafe(sql)).execute(&owner).await.unwrap();
    assert!(!store.is_ready().await.unwrap());
}

#[sqlx::test(migrations = false)]
async fn one_role_does_both_and_the_server_says_that_it_can_change_the_trail(pool: PgPool) {
    let url = url(&pool);
    let (_serving, mut lines, _) = serve(&[("DATABASE_URL", &url)]);
    assert!(
        lines.any(|line| line.contains("this server's database role can change it; MIGRATE_DATABASE_URL"))
    );
    assert!(lines.any(|line| line.contains("serving")));
}

/// The keys are asked for when the database can be read, also by a server that had to wait for it.
#[sqlx::test(migrations = false)]
async fn a_server_that_waited_refuses_a_database_of_unknown_keys(pool: PgPool) {
    let (roles, key) = (Roles::new(&pool).await, key_file());
    assert!(run(&["migrate"], &roles.settings()).status.success());
    let newest = |success: &str| {
        let sql = "UPDATE _sqlx_migrations SET success = ? WHERE version = (SELECT max(version) FROM _sqlx_migrations)";
        AssertSqlSafe(sql.replace('?', success))
    };
    let sealed = "INSERT INTO outbox (id, kind, key_id, sealed, created_at, next_at, expires_at)
        VALUES (gen_random_uuid(), 'reset', 'another-key', '', now(), now(), now() + interval '1 day')";
    sqlx::query(sealed).execute(&pool).await.unwrap();
    sqlx::query(newest("false")).execute(&pool).await.unwrap();

    let mut settings = roles.settings().to_vec();
    settings.push(("ENCRYPTION_KEY_FILE", &key));
    let (mut serving, mut lines, _) = serve(&settings);
    assert!(lines.any(|line| line.contains("serving")));
    sqlx::query(newest("true")).execute(&pool).await.unwrap();
    let told = lines.find(|line| line.contains("ready now") || line.contains("another-key")).unwrap();
    assert!(
        told.contains("ENCRYPTION_KEY_FILE: the database holds rows of keys that are not in this file"),
        "{told}"
    );
    assert!(!serving.wait().unwrap().success());
}

/// That migrations are pending is said once, and nothing else is wrong.
fn no_complaint(line: &String) {
    let complains = line.contains(" ERROR ") || line.contains(" WARN ");
    assert!(!complains || line.contains("not ready: migrations are pending"), "{line}");
}

#[sqlx::test(migrations = false)]
async fn the_serving_role_alone_verifies_the_trail_and_is_told_what_it_may_not(pool: PgPool) {
    let (roles, key) = (Roles::new(&pool).await, key_file());
    let settings = [("DATABASE_URL", roles.url.as_str()), ("ENCRYPTION_KEY_FILE", &key)];
    let (verify, prune) = (["audit", "verify"], ["audit", "prune", "--before", "2100-01-01"]);
    let create = ["create-admin", "--email", "root@example.com"];
    let refused = |words: &[&str], sentence: &str| {
        let told = run(words, &settings);
        assert_eq!(told.status.code(), Some(1), "{words:?}");
        let told = text(&told.stderr);
        assert!(told.contains(sentence) && !told.contains("permission denied"), "{words:?}: {told}");
    };
    refused(&verify, "migrations are pending; `server migrate` makes them");
    refused(&prune, "migrations are pending; `server migrate` makes them");
    refused(&create, "may not change the schema; MIGRATE_DATABASE_URL names the role that owns it");

    assert!(run(&["migrate"], &roles.settings()).status.success());
    assert_eq!(run(&verify, &settings).status.code(), Some(0));
    refused(&prune, "may only add to the audit trail; set MIGRATE_DATABASE_URL");
    refused(&create, "may not change the schema; MIGRATE_DATABASE_URL names the role that owns it");
    let pruned = run(&prune, &[settings.as_slice(), &roles.settings()].concat());
    assert_eq!(text(&pruned.stdout), "pruned: 0\n", "{}", text(&pruned.stderr));
}

/// A server, what it logs, and where it listens.
fn serve(settings: &[(&str, &str)]) -> (Process, impl Iterator<Item = String> + use<>, String) {
    let address = TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap().to_string();
    let (site, mut settings) = (site(), settings.to_vec());
    settings.extend([("LEPTOS_SITE_ADDR", address.as_str()), ("LEPTOS_SITE_ROOT", site.to_str().unwrap())]);
    let mut serving = Process::spawn(server(&["serve"], &settings).stderr(Stdio::piped()));
    let lines = BufReader::new(serving.stderr.take().unwrap()).lines().map(Result::unwrap);
    (serving, lines, address)
}

#[sqlx::test(migrations = false)]
async fn a_role_that_could_change_the_trail_all_the_same_is_refused(pool: PgPool) {
    let roles = Roles::new(&pool).await;
    let owner = roles.migrate_url.as_str();
    let same = run(&["migrate"], &[("DATABASE_URL", owner), ("MIGRATE_DATABASE_URL", owner)]);
    let told = text(&same.stderr);
    assert!(
        !same.status.success() && told.contains("MIGRATE_DATABASE_URL: it names the role of DATABASE_URL"),
        "{told}"
    );
    // It made the tables itself, as long as there was one role.
    assert!(run(&["migrate"], &[("DATABASE_URL", owner)]).status.success());
    let superuser = pool.connect_options().to_url_lossy().to_string();
    let owned = run(&["migrate"], &[("DATABASE_URL", owner), ("MIGRATE_DATABASE_URL", &superuser)]);
    let told = text(&owned.stderr);
    assert!(!owned.status.success() && told.contains("REASSIGN OWNED BY"), "{told}");
}
