//! `/api/v1` by username, with a notation of its own for requests.

use super::readme::fill;
use super::served::Reply;
use super::{Paths, Readme, STRONG, Served, config, header_of, is_user, shows_the_api};
use crate::app::App;
use accounts::{RedisSettings, Settings};
use serde_json::{Value, json};
use server::config::Signing;
use sqlx::PgPool;
use testkit::{PASSWORD, Stores, over_each_store};
use time::Duration;

over_each_store![
    the_listed_requests_work_as_printed,
    it_keeps_what_the_readme_claims,
    a_token_ends_after_thirty_minutes,
    an_address_has_sixty_requests_a_minute,
    what_looks_like_sql_is_a_name_of_nobody,
];

/// One of the requests that a block lists: "# What it does", a method and a path, then a JSON object, "Headers:"
/// or "Form data:", and what "Response:" it has.
struct Listed {
    head: String,
    body: String,
    response: Option<Value>,
}

impl Listed {
    fn all(block: &str) -> Vec<Self> {
        block.split("\n\n# ").map(Self::read).collect()
    }

    fn read(text: &str) -> Self {
        let (request, response) =
            text.split_once("\n\nResponse:\n").map_or((text, None), |(a, b)| (a, Some(b)));
        // The first line says what it does.
        let mut lines = request.lines().skip(1);
        let mut head = lines.next().unwrap().to_owned();
        let (mut json, mut fields) = (Vec::new(), Vec::new());
        for line in lines {
            match (
                line.strip_prefix("Headers: "),
                line.strip_prefix("  ").and_then(|line| line.split_once(": ")),
            ) {
                (Some(header), _) => head.extend(["\n", header]),
                (None, Some(field)) if json.is_empty() => fields.push(field),
                _ if line == "Form data:" => {}
                _ => json.push(line),
            }
        }
        let (kind, body) = if fields.is_empty() {
            ("application/json", json.join("\n"))
        } else {
            ("application/x-www-form-urlencoded", serde_urlencoded::to_string(fields).unwrap())
        };
        if !body.is_empty() {
            head.extend(["\nContent-Type: ", kind]);
        }
        Self { head, body, response: response.map(|json| serde_json::from_str(json).unwrap()) }
    }

    async fn send(&self, served: &Served, token: &str) -> Reply {
        let head = if token.is_empty() { self.head.clone() } else { fill(&self.head, "<token>", token) };
        served.http(&format!("{head}\n\n{}", self.body)).await
    }
}

async fn the_listed_requests_work_as_printed(stores: Stores) {
    let (readme, served) = (Readme::read("s3"), Served::over(stores).await);
    let [register, login] = <[Listed; 2]>::try_from(Listed::all(readme.block("Authentication", "bash", 0)))
        .unwrap_or_else(|_| panic!("two requests"));
    let user = register.send(&served, "").await.expect(201).json();
    is_user(&user, "user@example.com");
    assert_eq!(user["username"], "johndoe");

    let answer = login.send(&served, "").await.expect(200);
    let printed = login.response.as_ref().unwrap();
    assert_eq!(answer.json()["token_type"], printed["token_type"]);
    let access = answer.text_of("access_token");
    let named = header_of(&access);
    assert_eq!(
        named["alg"],
        header_of(printed["access_token"].as_str().unwrap().trim_end_matches('.'))["alg"]
    );

    let [me, update, delete] =
        <[Listed; 3]>::try_from(Listed::all(readme.block("Users (Authenticated)", "bash", 0)))
            .unwrap_or_else(|_| panic!("three requests"));
    assert_eq!(me.send(&served, &access).await.expect(200).json()["id"], user["id"]);
    let updated = update.send(&served, &access).await.expect(200).json();
    assert_eq!(
        (&updated["email"], &updated["username"]),
        (&json!("newemail@example.com"), &user["username"])
    );
    delete.send(&served, &access).await.expect(204);
    me.send(&served, &access).await.expect(401);
    login.send(&served, "").await.expect(401);
    assert_eq!(served.app.world.count("SELECT count(*) FROM users").await, 0);
}

async fn it_keeps_what_the_readme_claims(stores: Stores) {
    Readme::read("s3").says("No plain-text storage");
    let paths = Paths { register: "/api/v1/auth/register", login: "/api/v1/auth/login" };
    paths.keep_what_every_readme_claims(&App::over(&stores)).await;
}

#[sqlx::test(migrator = "store::MIGRATOR")]
async fn a_weak_password_is_refused_and_a_developer_told_by_which_setting(pool: PgPool) {
    Readme::read("s3").says("Password strength validation");
    let (local, public) = (App::new(pool.clone()), App::https(pool));
    for (password, variable) in [("securepass123", "PASSWORD_MIN_SCORE"), ("short", "PASSWORD_MIN_LENGTH")] {
        let account = json!({ "email": "ana@example.com", "password": password });
        for path in ["/api/v1/auth/register", "/auth/register", "/api/auth/register", "/register"] {
            let told = local.program().post(path, account.clone()).await.expect(422);
            assert!(told.header("ratelimit").is_some());
            let told = told.problem();
            assert!(
                told.field("password").unwrap().ends_with(&format!("({variable} sets this.)")),
                "{told:?}"
            );
            let told = public.program().post(path, account.clone()).await.expect(422).problem();
            assert!(!told.field("password").unwrap().contains(variable), "{told:?}");
        }
    }
}

async fn a_token_ends_after_thirty_minutes(stores: Stores) {
    Readme::read("s3").says("Configurable expiration (default: 30 min)");
    let app = App::over(&stores);
    let ana = app.member_program("ana").await;
    app.world.clock.advance(Duration::minutes(30));
    ana.get("/api/v1/users/me").await.expect(200);
    app.world.clock.advance(Duration::seconds(31));
    ana.get("/api/v1/users/me").await.expect(401);
}

async fn an_address_has_sixty_requests_a_minute(stores: Stores) {
    let readme = Readme::read("s3");
    readme.says("- 60 requests/minute per IP\n");
    let block = readme.block("Configuration", "env", 0);
    let config = config(&fill(block, "your-super-secret-key-change-in-production", STRONG)).unwrap();
    let limit = |settings: &mut Settings| settings.rate_limit_per_minute = config.rate_limit_per_minute;
    let app = App::with(stores.world_with(limit), |_| ());
    let (here, elsewhere) = (app.program(), app.program());
    for _ in 0..60 {
        here.get("/api/v1/users/me").await.expect(401);
    }
    assert_eq!(here.get("/api/v1/users/me").await.expect(429).code(), "too_many_requests");
    elsewhere.get("/api/v1/users/me").await.expect(401);
}

#[sqlx::test(migrator = "store::MIGRATOR")]
async fn swagger_ui_is_where_the_readme_says(pool: PgPool) {
    Readme::read("s3").says("# Docs at: http://localhost:8000/docs");
    shows_the_api(&App::new(pool), &["/docs"]).await;
}

async fn what_looks_like_sql_is_a_name_of_nobody(stores: Stores) {
    Readme::read("s3").says("Parameterized queries (SQL injection prevention)");
    let app = App::over(&stores);
    let ana = app.member_program("ana").await;
    for name in ["' OR '1'='1", "ana@example.com'--", "ana'; DROP TABLE users; --"] {
        let login = json!({ "username": name, "password": PASSWORD });
        app.program().post("/api/v1/auth/login", login).await.expect(401);
    }
    ana.get("/api/v1/users/me").await.expect(200);
}

#[test]
fn its_settings_are_read_and_its_sample_secret_is_refused() {
    let readme = Readme::read("s3");
    readme.says("Change `SECRET_KEY` to strong random value");
    let block = readme.block("Configuration", "env", 0);
    let refusal = config(block).unwrap_err();
    assert!(refusal.starts_with("SECRET_KEY: it can be guessed; set it to 32 random bytes"), "{refusal}");
    let config = config(&fill(block, "your-super-secret-key-change-in-production", STRONG)).unwrap();
    assert!(matches!(config.signing, Signing::Secret(_)));
    assert_eq!(config.token_lifetime, Duration::minutes(30));
    assert_eq!(config.rate_limit_per_minute, 60);
    let database = config.database.connect;
    assert_eq!((database.get_host(), database.get_database()), ("localhost", Some("authdb")));
    assert_eq!(config.redis, Some(RedisSettings::at("localhost", 6379)));
}
