//! The server under test.

use crate::actors::{Browser, Program};
use axum::Router;
use edge::{CookieStyle, Origin};
use leptos::config::LeptosOptions;
use serde_json::json;
use server::config::AppEnv;
use server::mail::Outgoing;
use server::{AppState, Compat, Shared};
use sqlx::PgPool;
use std::path::{Path, PathBuf};
use std::sync::atomic::AtomicBool;
use std::sync::{Arc, OnceLock};
use std::time::Duration;
use testkit::{PASSWORD, Stores, World};
use tokio_util::sync::CancellationToken;

/// A file whose name changes with its content.
pub const HASHED: &str = "/pkg/doorstep.8Zl4gCxsmnVhN1XyFvpeBQ.js";

/// A server with its database and its clock.
pub struct App {
    pub world: World,
    pub state: AppState,
    router: Router,
}

impl App {
    /// As in development: plain http on loopback.
    pub fn new(pool: PgPool) -> Self {
        Self::with(World::new(pool), |_| ())
    }

    /// The same, which counts its limits there.
    pub fn over(stores: &Stores) -> Self {
        Self::with(stores.world(), |_| ())
    }

    /// As in production: https.
    pub fn https(pool: PgPool) -> Self {
        Self::with(World::new(pool), |state| {
            state.origin = Arc::new(Origin::parse("https://accounts.example.com").unwrap());
            state.cookies = CookieStyle::new(true);
            state.env = AppEnv::Production;
        })
    }

    pub fn with(world: World, change: impl FnOnce(&mut AppState)) -> Self {
        crate::log::init();
        let mut state = state(&world);
        change(&mut state);
        Self { world, router: server::app::router(state.clone()), state }
    }

    /// The same server with routes that only a test needs.
    pub fn serving(mut self, more: Router<AppState>) -> Self {
        self.router = server::app::serving(self.state.clone(), more);
        self
    }

    pub fn router(&self) -> Router {
        self.router.clone()
    }

    /// A browser that nobody has used yet.
    pub fn browser(&self) -> Browser {
        Browser::new(self.router(), self.state.origin.as_str())
    }

    /// The browser of `name@example.com`, who has just signed up.
    pub async fn member(&self, name: &str) -> Browser {
        let mut browser = self.browser();
        let email = format!("{name}@example.com");
        let fields = [("form[email]", email.as_str()), ("form[password]", PASSWORD), ("form[name]", name)];
        browser.call("/fn/register", &fields).await.expect(200);
        browser
    }

    /// The same for somebody who may do everything.
    pub async fn admin(&self, name: &str) -> Browser {
        let browser = self.member(name).await;
        let update = "UPDATE users SET role = 'admin' WHERE email_canonical = $1";
        sqlx::query(update).bind(format!("{name}@example.com")).execute(&self.world.pool).await.unwrap();
        browser
    }

    /// A program that has not signed in.
    pub fn program(&self) -> Program {
        Program::new(self.router())
    }

    /// The program of `name@example.com`, who has just signed up.
    pub async fn member_program(&self, name: &str) -> Program {
        let mut program = self.program();
        let (email, path) = (format!("{name}@example.com"), "/api/v1/users");
        program.post(path, json!({ "email": email, "password": PASSWORD, "name": name })).await.expect(201);
        let login = json!({ "email": email, "password": PASSWORD });
        let pair = program.post("/api/v1/auth/login", login).await.expect(200).json();
        program.token = pair["access_token"].as_str().map(str::to_owned);
        program
    }

    /// The cookie of `name@example.com`, who has an account and signs in by the cookie family.
    pub async fn cookie_of(&self, name: &str) -> String {
        let login = json!({ "email": format!("{name}@example.com"), "password": PASSWORD });
        let answer = self.program().post("/auth/login", login).await.expect(200);
        let line = answer.set_cookie("token").unwrap();
        assert!(line.contains("; HttpOnly") && line.contains("; SameSite=Lax"), "{line}");
        line.split(';').next().unwrap().to_owned()
    }

    /// The same for somebody who may do everything.
    pub async fn admin_program(&self, name: &str) -> Program {
        let program = self.member_program(name).await;
        let update = "UPDATE users SET role = 'admin' WHERE email_canonical = $1";
        sqlx::query(update).bind(format!("{name}@example.com")).execute(&self.world.pool).await.unwrap();
        program
    }

    /// Everything the database holds, but when a session was last used: that is all a GET may write.
    pub async fn digest(&self) -> String {
        let sql = "SELECT concat(
            (SELECT md5(string_agg(u::text, '|' ORDER BY id)) FROM users u), ' ',
            (SELECT md5(string_agg((to_jsonb(s) - 'last_used_at')::text, '|' ORDER BY id)) FROM sessions s), ' ',
            (SELECT md5(string_agg(t::text, '|' ORDER BY id)) FROM one_time_tokens t), ' ',
            (SELECT md5(string_agg(o::text, '|' ORDER BY id)) FROM outbox o), ' ',
            (SELECT md5(string_agg(a::text, '|' ORDER BY id)) FROM audit_events a))";
        sqlx::query_scalar(sql).fetch_one(&self.world.pool).await.unwrap()
    }

    /// What was counted of tries.
    pub async fn tries(&self) -> String {
        let sql = "SELECT concat(
            (SELECT string_agg(b::text, '|' ORDER BY key) FROM throttle_rates b), ' ',
            (SELECT string_agg(s::text, '|' ORDER BY key) FROM throttle_failures s))";
        sqlx::query_scalar(sql).fetch_one(&self.world.pool).await.unwrap()
    }

    /// Everything the users table holds.
    pub async fn users(&self) -> String {
        let sql = "SELECT coalesce(string_agg(u::text, '|' ORDER BY id), '') FROM users u";
        sqlx::query_scalar(sql).fetch_one(&self.world.pool).await.unwrap()
    }
}

fn state(world: &World) -> AppState {
    let origin = Origin::parse(testkit::ISSUER).unwrap();
    AppState::from(Shared {
        accounts: world.accounts.clone(),
        app: Arc::new(app::AppSettings {
            name: "Harbour".to_owned(),
            base_url: origin.to_string(),
            passkeys: world.accounts.has_passkeys(),
            ..app::AppSettings::default()
        }),
        cookies: CookieStyle::new(false),
        origin: Arc::new(origin),
        proxies: Arc::new("127.0.0.1/32".parse().unwrap()),
        compat: Compat::ALL,
        cors_origins: Arc::new([]),
        outgoing: Some(Outgoing::Mailbox(crate::mail::mailbox())),
        site: Arc::new(
            LeptosOptions::builder().output_name("doorstep").site_root(site().display().to_string()).build(),
        ),
        env: AppEnv::Development,
        watched: false,
        request_timeout: Duration::from_secs(10),
        metrics: None,
        stopping: CancellationToken::new(),
        prepared: Arc::new(AtomicBool::new(true)),
    })
}

/// A built site of few files, made once.
pub fn site() -> &'static Path {
    static SITE: OnceLock<PathBuf> = OnceLock::new();
    SITE.get_or_init(|| {
        let root = Path::new(env!("CARGO_TARGET_TMPDIR")).join(format!("site-{}", std::process::id()));
        std::fs::create_dir_all(root.join("pkg")).unwrap();
        let script = format!("{}{HASHED}", root.display());
        for (path, text) in [
            (script.clone(), "export default 'plain';"),
            (format!("{script}.br"), "(brotli)"),
            (format!("{script}.gz"), "(gzip)"),
            (format!("{}/favicon.svg", root.display()), "<svg xmlns=\"http://www.w3.org/2000/svg\"/>"),
        ] {
            std::fs::write(path, text).unwrap();
        }
        root
    })
}
