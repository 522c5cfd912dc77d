//! `/api/auth`, as `OAuth2` has it.

use super::readme::fill;
use super::{Paths, Readme, Served, config, is_user, shows_the_api};
use crate::actors::ReadableBy;
use crate::app::App;
use http::Request;
use serde_json::json;
use sqlx::PgPool;
use testkit::{PASSWORD, World, link_token};
use time::Duration;

#[sqlx::test(migrator = "store::MIGRATOR")]
async fn the_http_blocks_work_as_printed(pool: PgPool) {
    let (readme, served) = (Readme::read("s2"), Served::new(pool).await);
    let user = served.http(readme.block("Register a new user", "http", 0)).await.expect(201).json();
    is_user(&user, "user@example.com");
    assert_eq!(user["username"], "username");

    let pair = served.http(readme.block("Login", "http", 0)).await.expect(200);
    assert!(!pair.text.to_lowercase().contains("set-cookie"), "token paths set no cookie");
    assert_eq!(pair.text_of("token_type"), "bearer");
    let access = pair.text_of("access_token");
    let me = fill(readme.block("Get current user", "http", 0), "<your-jwt-token>", &access);
    assert_eq!(served.http(&me).await.expect(200).json()["id"], user["id"]);

    let refresh = readme.block("Refresh token", "http", 0);
    let refresh = fill(refresh, "<your-refresh-token>", &pair.text_of("refresh_token"));
    let renewed = served.http(&refresh).await.expect(200);
    assert_ne!(renewed.text_of("refresh_token"), pair.text_of("refresh_token"));
    served.app.world.clock.advance(Duration::seconds(11));
    served.http(&refresh).await.expect(401);
}

#[sqlx::test(migrator = "store::MIGRATOR")]
async fn the_example_in_python_runs_as_printed(pool: PgPool) {
    let (readme, served) = (Readme::read("s2"), Served::new(pool).await);
    let me = served.python(readme.block("Usage Example", "python", 0)).await.expect(200).json();
    is_user(&me, "newuser@example.com");
    assert_eq!(me["username"], "newuser");
}

#[sqlx::test(migrator = "store::MIGRATOR")]
async fn it_keeps_what_the_readme_claims(pool: PgPool) {
    Readme::read("s2").says("User registration with email validation");
    let paths = Paths { register: "/api/auth/register", login: "/api/auth/login" };
    paths.keep_what_every_readme_claims(&App::new(pool)).await;
}

#[sqlx::test(migrator = "store::MIGRATOR")]
async fn signing_out_ends_the_token_and_strangers_see_nothing(pool: PgPool) {
    Readme::read("s2").says("User login and logout functionality");
    let app = App::new(pool);
    let mut ana = app.member_program("ana").await;
    ana.post("/api/auth/logout", json!({})).await.expect(204);
    ana.get("/api/auth/me").await.expect(401);
    ana.token = None;
    assert_eq!(ana.get("/api/auth/me").await.expect(401).code(), "sign_in_needed");
    ana.post("/api/auth/logout", json!({})).await.expect(401);
}

#[sqlx::test(migrator = "store::MIGRATOR")]
async fn its_documents_are_where_the_readme_says(pool: PgPool) {
    Readme::read("s2")
        .says("- Swagger UI: `http://localhost:8000/docs`\n- ReDoc: `http://localhost:8000/redoc`");
    shows_the_api(&App::new(pool), &["/docs", "/redoc"]).await;
}

#[sqlx::test(migrator = "store::MIGRATOR")]
async fn the_origins_that_were_named_may_call(pool: PgPool) {
    const NAMED: &str = "https://app.example.com";
    Readme::read("s2").says("- CORS middleware configured");
    let config = config(&format!("DATABASE_URL=postgres://localhost/none\nCORS_ORIGINS={NAMED}")).unwrap();
    let app = App::with(World::new(pool), |state| state.cors_origins = config.cors_origins.into());
    for (origin, readable, status) in [(NAMED, true, 401), ("https://evil.example", false, 403)] {
        let request =
            Request::get("/api/auth/me").header("origin", origin).header("sec-fetch-site", "cross-site");
        let mut request = request.body("".into()).unwrap();
        if readable {
            request.extensions_mut().insert(ReadableBy(NAMED));
        }
        let answer = app.program().send(request).await.expect(status);
        assert_eq!(answer.header("access-control-allow-origin"), readable.then_some(NAMED));
    }
}

#[sqlx::test(migrator = "store::MIGRATOR")]
async fn expiration_is_configurable(pool: PgPool) {
    Readme::read("s2").says("JWT tokens with configurable expiration");
    let app = App::with(World::with(pool, |s| s.token_lifetime = Duration::minutes(5)), |_| ());
    let ana = app.member_program("ana").await;
    let login = json!({ "username": "ana@example.com", "password": PASSWORD });
    assert_eq!(ana.post("/api/auth/login", login).await.expect(200).json()["expires_in"], 300);
    ana.get("/api/auth/me").await.expect(200);
    app.world.clock.advance(Duration::minutes(5) + Duration::seconds(31));
    assert_eq!(ana.get("/api/auth/me").await.expect(401).code(), "invalid_token");
}

#[test]
fn its_settings_are_read_and_its_sqlite_refused_with_a_sentence() {
    let block = Readme::read("s2").block("Setup", "env", 0).to_owned();
    let refusal = config(&block).unwrap_err();
    assert!(
        refusal.starts_with("DATABASE_URL: SQLite is not supported, only Postgres; set it to"),
        "{refusal}"
    );
    let block = fill(&block, "sqlite:///./auth.db", "postgresql+asyncpg://ana@localhost/auth");
    let refusal = config(&block).unwrap_err();
    assert!(refusal.starts_with("SECRET_KEY: it is shorter than 32 characters; set it to"), "{refusal}");
    let config = config(&fill(&block, "your-secret-key-here", super::STRONG)).unwrap();
    assert_eq!(config.token_lifetime, Duration::minutes(30));
}

/// The README gives no bodies: these are the fields of the canonical calls.
#[sqlx::test(migrator = "store::MIGRATOR")]
async fn a_forgotten_password_is_reset(pool: PgPool) {
    Readme::read("s2").says("- Password reset capabilities");
    let app = App::new(pool);
    app.member_program("ana").await;
    app.world.mail().await;
    let program = app.program();
    program.post("/api/auth/forgot-password", json!({ "email": "ana@example.com" })).await.expect(202);
    let token = link_token(&app.world.mail().await[0], "reset");
    let reset = json!({ "token": token, "new_password": "copper lanterns over water" });
    program.post("/api/auth/reset-password", reset).await.expect(204);
    let login = json!({ "username": "ana@example.com", "password": "copper lanterns over water" });
    program.post("/api/auth/login", login).await.expect(200);
}
