//! The READMEs of the five services that Doorstep takes over from, and what becomes of their claims.
//!
//! Byte for byte run S0's blocks of bash and S2's of Python. Parsed from their notation are S2's blocks of HTTP (the
//! version, host and length are added, and the tokens they leave blank), S3's lists of requests (also the content
//! type), S1's list of calls (it prints no bodies), and the variables of `.env` (secrets that are no secrets are
//! replaced).

mod readme;
mod s0;
mod s1;
mod s2;
mod s3;
mod s4;
mod served;

use crate::actors::{Answer, Program};
use crate::app::App;
use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use clap::{CommandFactory, Parser};
use readme::Readme;
use serde_json::{Value, json};
use served::Served;
use server::Config;
use server::cli::Cli;

/// What a README claims and this server does not do yet.
const GAPS: &[(&str, &str)] = &[("s2", "- Password reset capabilities\n")];

/// A secret as good as their `.env` files ask for.
const STRONG: &str = "9f86d081884c7d659a2feaa0c55ad015a3bf4f1b2b0b822cd15d6c15b0f00a08";

/// A block of shell variables, judged as the server judges them in development.
fn config(block: &str) -> Result<Config, String> {
    let mut words = vec!["server".to_owned(), "--app-env=development".to_owned()];
    let command = Cli::command();
    for (name, value) in block.lines().filter_map(|line| line.split_once('=')) {
        let known =
            command.get_arguments().find(|argument| argument.get_env().is_some_and(|env| env == name));
        let long = known.and_then(clap::Arg::get_long);
        let long = long.unwrap_or_else(|| panic!("{name} means nothing to the server"));
        words.push(format!("--{long}={value}"));
    }
    let cli = Cli::try_parse_from(words).unwrap();
    Config::new(&cli.settings).map_err(|error| error.to_string())
}

/// The header of a token, readable without a key.
fn header_of(jwt: &str) -> Value {
    let header = jwt.split('.').next().unwrap();
    serde_json::from_slice(&URL_SAFE_NO_PAD.decode(header).unwrap()).unwrap()
}

#[test]
fn what_is_not_done_yet_is_claimed_somewhere() {
    for (readme, claim) in GAPS {
        Readme::read(readme).says(claim);
    }
}

/// The pages that show the API, under a policy of their own.
async fn shows_the_api(app: &App, pages: &[&str]) {
    for path in pages {
        let page = app.browser().get(path).await.expect(200);
        let policy = page.header("content-security-policy").unwrap();
        assert!(
            policy.starts_with("default-src 'none'; script-src 'self'; style-src 'self' 'unsafe"),
            "{policy}"
        );
    }
}

/// What is stored instead of a password.
async fn stored(app: &App, email: &str) -> String {
    let sql = "SELECT password_hash FROM users WHERE email_canonical = $1";
    sqlx::query_scalar(sql).bind(email).fetch_one(&app.world.pool).await.unwrap()
}

/// Nothing of a user that a client sees is secret.
fn is_user(user: &Value, email: &str) {
    assert_eq!((user["email"].as_str(), user["role"].as_str()), (Some(email), Some("user")));
    let secret = |key: &String| key.contains("password") || key.contains("hash");
    assert!(!user.as_object().unwrap().keys().any(secret), "{user}");
}

/// Every family refuses the same things in the same words.
struct Paths {
    register: &'static str,
    login: &'static str,
}

impl Paths {
    async fn register(&self, program: &Program, email: &str, password: &str) -> Answer {
        program.post(self.register, json!({ "email": email, "password": password })).await
    }

    async fn login(&self, program: &Program, email: &str, password: &str) -> Answer {
        program.post(self.login, json!({ "email": email, "password": password })).await
    }

    /// Hashed in the database, the same address no second time, another password not at all.
    async fn keep_what_every_readme_claims(&self, app: &App) {
        let (ana, before) = (app.program(), app.world.accounts.hash_count());
        let (email, password) = ("ana@example.com", "violet staircase under rain");
        is_user(&self.register(&ana, email, password).await.expect(201).json(), email);
        let stored = stored(app, email).await;
        assert!(stored.starts_with("$argon2id$") && !stored.contains(password), "{stored}");
        assert_eq!(app.world.accounts.hash_count(), before + 1);
        assert_eq!(self.register(&ana, "ANA@example.com", password).await.expect(409).code(), "taken");
        assert_eq!(self.login(&ana, email, "not her password").await.expect(401).code(), "wrong_credentials");
        assert_eq!(
            self.login(&ana, "eve@example.com", password).await.expect(401).code(),
            "wrong_credentials"
        );
        assert_eq!(self.register(&ana, "no address", password).await.expect(422).code(), "invalid");
        self.login(&ana, email, password).await.expect(200);
    }
}
