//! Promise P18: a database outage is 503, never "wrong password", and it passes by itself.

use crate::app::App;
use crate::outage::{MARKS, Outage};
use accounts::Accounts;
use serde_json::json;
use sqlx::{AssertSqlSafe, PgPool};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;
use store::{Listening, Store, StoreOptions};
use testkit::{PASSWORD, SeededRng, World};

const SIGN_IN: [(&str, &str); 3] =
    [("form[identifier]", "ana@example.com"), ("form[password]", PASSWORD), ("form[next]", "/account")];

/// A server over a way to the database that can be cut.
fn app(pool: PgPool) -> (App, Outage) {
    let (outage, connect) = Outage::new(&pool);
    // It waits no longer than a test wants to.
    let quick = StoreOptions { acquire_timeout: Duration::from_millis(300), ..StoreOptions::new(connect) };
    (over(pool, &quick), outage)
}

/// A server with a pool of its own.
fn over(pool: PgPool, options: &StoreOptions) -> App {
    let mut world = World::new(pool);
    let rng = Arc::new(SeededRng::default());
    world.accounts =
        Accounts::new(Store::open(options), World::settings(), world.clock.clone(), rng).unwrap();
    App::with(world, |_| ())
}

/// The pool may hold a connection that broke under it; it finds out by trying.
async fn recovered(app: &App) {
    for _ in 0..20 {
        if app.browser().get("/readyz").await.status == 200 {
            return;
        }
    }
    panic!("it never recovers");
}

#[sqlx::test(migrator = "store::MIGRATOR")]
async fn while_it_lasts_everything_says_so_and_afterwards_all_is_well(pool: PgPool) {
    let (app, outage) = app(pool);
    let mut ana = app.member("ana").await;
    outage.cut();

    let answer = app.browser().call("/fn/login", &SIGN_IN).await.expect(503);
    assert_eq!((answer.code().as_str(), answer.header("retry-after")), ("unavailable", Some("5")));
    assert_eq!(ana.call("/fn/profile/load", &[]).await.expect(503).code(), "unavailable");

    let page = ana.get("/account").await.expect(503);
    assert!(page.is_html() && page.text.contains("We could not reach the database."));
    assert!(page.text.contains("href=\"/account\""), "the way to try again");
    assert_eq!(page.header("retry-after"), Some("5"));
    assert!(page.set_cookie("session-token").is_none(), "nobody is signed out by an outage");

    app.browser().get("/readyz").await.expect(503);
    app.browser().get("/livez").await.expect(200);
    app.browser().get("/login").await.expect(200);
    app.browser().get("/favicon.svg").await.expect(200);

    outage.mend();
    recovered(&app).await;
    app.browser().get("/readyz").await.expect(200);
    ana.get("/account").await.expect(200);
    app.browser().call("/fn/login", &SIGN_IN).await.expect(200);
}

#[sqlx::test(migrator = "store::MIGRATOR")]
async fn the_families_of_the_api_say_so_too(pool: PgPool) {
    let (app, outage) = app(pool);
    app.member("ana").await;
    let login = json!({ "email": "ana@example.com", "password": PASSWORD });
    let mut client = app.browser();
    client.post_raw("/auth/login", "*/*", "application/json", login.to_string()).await.expect(200);
    let mut client = client.with("accept", "*/*");
    outage.cut();
    let answer = client.get("/auth/me").await.expect(503);
    assert_eq!((answer.code().as_str(), answer.header("retry-after")), ("unavailable", Some("5")));
    assert!(answer.set_cookie("token").is_none(), "nobody is signed out by an outage");
    for path in ["/auth/login", "/api/auth/login", "/login"] {
        assert_eq!(app.program().post(path, login.clone()).await.expect(503).code(), "unavailable", "{path}");
    }
    outage.mend();
    recovered(&app).await;
    client.get("/auth/me").await.expect(200);
}

#[sqlx::test(migrator = "store::MIGRATOR")]
async fn without_scripts_the_form_comes_back_with_that_status(pool: PgPool) {
    let (app, outage) = app(pool);
    app.member("ana").await;
    outage.cut();
    let mut browser = app.browser();
    let page = browser.post_and_follow("/fn/login", &SIGN_IN).await.expect(503);
    assert!(page.text.contains("Sign in to ") && page.text.contains("We could not reach the database."));
    assert!(page.text.contains("value=\"ana@example.com\"") && !page.text.contains("Incorrect email"));
    assert_eq!(page.header("retry-after"), Some("5"));

    outage.mend();
    recovered(&app).await;
    browser.post_and_follow("/fn/login", &SIGN_IN).await.expect(200);
}

#[sqlx::test(migrator = "store::MIGRATOR")]
async fn a_members_text_outlives_the_outage(pool: PgPool) {
    let (app, outage) = app(pool);
    let mut ana = app.member("ana").await;
    outage.cut();
    let answer = ana.post("/fn/profile/save", &[("form[bio]", "A long text.")]).await.expect(303);
    ana.get(answer.location().unwrap()).await.expect(503);
    outage.mend();
    recovered(&app).await;
    let page = ana.get("/account").await;
    assert!(page.text.contains(">A long text.</textarea>"));
}

/// E1: a commit that was done, and whose answer was lost. Every call that changes anything says that nobody knows,
/// and none that nothing was changed: it was.
#[sqlx::test(migrator = "store::MIGRATOR")]
async fn an_outcome_that_nobody_knows_is_said_to_be_unknown(pool: PgPool) {
    let (outage, connect) = Outage::new(&pool);
    let app = over(pool, &StoreOptions::new(connect));
    for mark in MARKS {
        app.world.execute(mark).await;
    }
    let mut browser = app.member("page").await;
    let admin = app.admin_program("ana").await;
    let other = app.member_program("ben").await;
    let me = other.get("/api/v1/users/me").await.json();
    let user = format!("/api/v1/users/{}", me["id"].as_str().unwrap());
    let sessions = admin.get("/api/v1/users/me/sessions").await.json();
    let session = format!("/api/v1/users/me/sessions/{}", sessions[0]["id"].as_str().unwrap());
    let login = json!({ "email": "ana@example.com", "password": PASSWORD });
    let pair = app.program().post("/api/v1/auth/login", login.clone()).await.expect(200).json();
    let new = json!({ "email": "eve@example.com", "password": PASSWORD });
    let next = "a lantern over quiet water";
    let password = json!({ "current_password": PASSWORD, "new_password": next });
    outage.lose_commits();
    for (method, path, body) in [
        ("POST", "/api/v1/users", new.clone()),
        ("POST", "/api/v1/auth/login", login.clone()),
        ("POST", "/auth/login", login.clone()),
        ("POST", "/api/v1/auth/refresh", json!({ "refresh_token": pair["refresh_token"] })),
        ("PATCH", "/api/v1/users/me", json!({ "bio": "Keeps the harbour light." })),
        ("PATCH", "/api/v1/users/me", json!({ "email": "ana@new.example" })),
        ("DELETE", "/api/v1/users/me/sessions", json!({})),
        ("POST", "/api/v1/users/me/password", password),
        ("PATCH", &user, json!({ "bio": "Kept." })),
        ("DELETE", &format!("{user}/sessions"), json!({})),
        ("DELETE", &user, json!({})),
        ("DELETE", &session, json!({})),
    ] {
        let answer = admin.call(method, path, &body).await.expect(503);
        let problem = answer.problem();
        assert_eq!((answer.code().as_str(), answer.header("retry-after")), ("outcome_unknown", Some("5")));
        assert!(!answer.text.contains("Nothing was changed"), "{method} {path}: {}", problem.detail);
    }
    let page = browser.post_and_follow("/fn/profile/save", &[("form[bio]", "Typed.")]).await.expect(503);
    assert!(page.text.contains("Check whether it was saved") && page.text.contains(">Typed.</textarea>"));
    outage.mend();
    recovered(&app).await;
    let answer = app.program().post("/api/v1/users", new).await.expect(409);
    assert_eq!(answer.problem().errors[0].field, "email", "it was done");
    let count = "SELECT count(*) FROM users WHERE bio IS NOT NULL AND email IN ('ana@new.example', 'page@example.com')";
    assert_eq!(app.world.count(count).await, 2, "and so was the rest");
}

#[sqlx::test(migrator = "store::MIGRATOR")]
async fn one_connection_is_enough(pool: PgPool) {
    let connect = pool.connect_options().as_ref().clone();
    let options = StoreOptions { max_connections: 1, ..StoreOptions::new(connect) };
    let app = over(pool, &options);
    let mut ana = app.member("ana").await;
    ana.post_and_follow("/fn/profile/save", &[("form[bio]", "Likes doors.")]).await.expect(200);
    let new = [("form[current_password]", PASSWORD), ("form[new_password]", "a lantern over quiet water")];
    ana.call("/fn/password/change", &new).await.expect(200);
    ana.call("/fn/logout", &[]).await.expect(200);
}

#[sqlx::test(migrator = "store::MIGRATOR")]
async fn a_database_that_hangs_is_out_of_reach_too(pool: PgPool) {
    let options = StoreOptions {
        statement_timeout: Duration::from_millis(100),
        ..StoreOptions::new(pool.connect_options().as_ref().clone())
    };
    let app = over(pool, &options);
    let mut ana = app.member("ana").await;
    let mut hold = app.world.pool.begin().await.unwrap();
    sqlx::query("LOCK TABLE users, sessions").execute(&mut *hold).await.unwrap();
    let answer = app.browser().call("/fn/login", &SIGN_IN).await.expect(503);
    assert_eq!(answer.code(), "unavailable");
    ana.get("/account").await.expect(503);
    hold.rollback().await.unwrap();
    app.browser().call("/fn/login", &SIGN_IN).await.expect(200);
    ana.get("/account").await.expect(200);
}

/// Its keys are compared with the database a moment after the schema is there: till then no traffic may come.
#[sqlx::test(migrator = "store::MIGRATOR")]
async fn a_server_that_began_too_early_is_not_ready_before_all_is_looked_at(pool: PgPool) {
    let app = App::with(World::new(pool), |state| state.prepared = Arc::new(AtomicBool::new(false)));
    app.browser().get("/readyz").await.expect(503);
    app.state.prepared.store(true, Ordering::Relaxed);
    app.browser().get("/readyz").await.expect(200);
}

/// From now on every new connection reads only, as where a standby has taken the address.
async fn take_no_writes(app: &App) {
    let pool = &app.world.pool;
    let name: String =
        sqlx::query_scalar("SELECT quote_ident(current_database())").fetch_one(pool).await.unwrap();
    let sql = format!("ALTER DATABASE {name} SET default_transaction_read_only = on");
    sqlx::query(AssertSqlSafe(sql)).execute(pool).await.unwrap();
    let others = "SELECT pg_terminate_backend(pid) FROM pg_stat_activity
        WHERE datname = current_database() AND pid <> pg_backend_pid()";
    sqlx::query(others).execute(pool).await.unwrap();
}

/// E7: members read on, whoever would write is told that it cannot be done now, and no new traffic is asked for.
#[sqlx::test(migrator = "store::MIGRATOR")]
async fn while_nothing_can_be_written_members_read_on(pool: PgPool) {
    let options = StoreOptions::new(pool.connect_options().as_ref().clone());
    let app = over(pool, &options);
    let (mut ana, ben) = (app.member("ana").await, app.member_program("ben").await);
    app.browser().get("/readyz").await.expect(200);
    take_no_writes(&app).await;
    // Each use is due to be written down.
    app.world.clock.advance(time::Duration::minutes(2));
    ana.get("/account").await.expect(200);
    ben.get("/api/v1/users/me").await.expect(200);
    ben.get("/api/v1/users/me/sessions").await.expect(200);
    let page = app.browser().call("/fn/login", &SIGN_IN).await.expect(503);
    assert_eq!((page.code().as_str(), page.header("retry-after")), ("unavailable", Some("5")));
    let bio = json!({ "bio": "Keeps the harbour light." });
    let saved = ben.call("PATCH", "/api/v1/users/me", &bio).await.expect(503);
    assert_eq!(saved.code(), "unavailable");
    let ready = app.program().get("/readyz").await.expect(503);
    assert_eq!(ready.code(), "unavailable");
    app.browser().get("/livez").await.expect(200);
}

/// E7: where a commit waits for a standby that is gone, a session's use is written down without it.
#[sqlx::test(migrator = "store::MIGRATOR")]
async fn the_use_of_a_session_waits_for_no_standby(pool: PgPool) {
    let app = App::new(pool.clone());
    let ben = app.member_program("ben").await;
    for sql in [
        "CREATE TABLE waits (waits text)",
        "CREATE FUNCTION at_commit() RETURNS trigger LANGUAGE plpgsql AS $$
         BEGIN INSERT INTO waits VALUES (current_setting('synchronous_commit')); RETURN NULL; END $$",
        "CREATE CONSTRAINT TRIGGER at_commit AFTER UPDATE ON sessions
         DEFERRABLE INITIALLY DEFERRED FOR EACH ROW EXECUTE FUNCTION at_commit()",
    ] {
        app.world.execute(sql).await;
    }
    app.world.clock.advance(time::Duration::minutes(2));
    ben.get("/api/v1/users/me").await.expect(200);
    let waits: Vec<String> = sqlx::query_scalar("SELECT waits FROM waits").fetch_all(&pool).await.unwrap();
    assert_eq!(waits, ["off"]);
}

/// E9: a primary that freezes says nothing more, as one where nothing changes. Nothing is cached from then on.
#[sqlx::test(migrator = "store::MIGRATOR")]
async fn a_listener_whose_primary_is_frozen_counts_as_lost(pool: PgPool) {
    let (outage, connect) = Outage::new(&pool);
    let options = StoreOptions {
        listening: Listening::At(connect.into()),
        ..StoreOptions::new(pool.connect_options().as_ref().clone())
    };
    let app = over(pool, &options);
    let accounts = &app.world.accounts;
    app.member("ana").await;
    let pair = app.world.program("ana").await;
    let hits = async || {
        let before = accounts.cache_hits();
        for _ in 0..2 {
            assert!(
                accounts.authenticate_cached(&pair.access_token, accounts.now()).await.unwrap().is_some()
            );
        }
        accounts.cache_hits() - before
    };
    let mut invalidations = accounts.listen(&accounts.sources()[0]).await.unwrap();
    assert_eq!(hits().await, 1);
    outage.freeze();
    let lost = async { while invalidations.next_invalidation().await.is_ok() {} };
    tokio::time::timeout(Duration::from_secs(20), lost).await.expect("it is noticed");
    assert_eq!(hits().await, 0);
    assert!(accounts.listen(&accounts.sources()[0]).await.is_err(), "while it lasts");
    outage.mend();
    drop(invalidations);
    let _again = accounts.listen(&accounts.sources()[0]).await.unwrap();
    assert_eq!(hits().await, 1);
}
