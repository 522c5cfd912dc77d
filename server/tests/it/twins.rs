//! P1, P2: twins, one with an account and one without. Neither an answer nor the work for it tells them apart.

use crate::actors::Answer;
use crate::app::App;
use crate::log;
use accounts::Signup;
use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use serde_json::{Value, json};
use sqlx::PgPool;
use std::sync::Arc;
use testkit::{PASSWORD, World};

const TWINS: usize = 200;
const CODE: &str = "AAAAA-AAAAA";

/// Accounts of every kind: proven and not, disabled and not.
const PEOPLE: &str =
    "INSERT INTO users (id, email, email_canonical, email_verified, is_active, created_at, updated_at)
     SELECT gen_random_uuid(), email, email, n % 2 = 0, n % 5 <> 0, now(), now()
     FROM (SELECT n, 'known-' || n || '@example.com' AS email FROM generate_series(0, 199) n) AS people";

/// A server where an address must be proven to sign up.
async fn app(pool: PgPool) -> App {
    let app = App::with(World::with(pool, |settings| settings.signup = Signup::Verify), |state| {
        let settings = app::AppSettings::clone(&state.app);
        state.app = Arc::new(app::AppSettings { signup_by_mail: true, ..settings });
    });
    app.world.execute(PEOPLE).await;
    app
}

/// Everything of an answer but what is new in each (the date, the request's id, nonces) and the name that was typed.
fn masked(answer: Answer, name: &str) -> String {
    let Answer { status, headers, text, .. } = answer;
    let header = |(header, value): (&http::HeaderName, &http::HeaderValue)| {
        let value = value.to_str().unwrap();
        let shown = match header.as_str() {
            "date" | "x-request-id" => String::new(),
            "set-cookie" => cookie(value),
            _ => value.to_owned(),
        };
        format!("{header}: {shown}\n")
    };
    let headers: String = headers.iter().map(header).collect();
    let mut whole = format!("{status}\n{headers}\n{text}");
    for before in [" nonce=\"", "'nonce-", "name=\"form[nonce]\" value=\"", "\\\"nonce\\\":\\\""] {
        if let Some((_, rest)) = whole.split_once(before) {
            let nonce = rest.split(['"', '\'', '\\']).next().unwrap().to_owned();
            whole = if nonce.is_empty() { whole } else { whole.replace(&nonce, "NONCE") };
        }
    }
    whole.replace(name, "NAME")
}

/// A cookie: what it says, or of one that is random, how much.
fn cookie(line: &str) -> String {
    let (name, rest) = line.split_once('=').unwrap();
    let (value, attributes) = rest.split_once(';').unwrap();
    let value = match name {
        "flash" => String::from_utf8(URL_SAFE_NO_PAD.decode(value).unwrap()).unwrap(),
        "sign-up" => value.len().to_string(),
        _ => value.to_owned(),
    };
    format!("{name}={value};{attributes}")
}

#[sqlx::test(migrator = "store::MIGRATOR")]
async fn no_call_by_mail_tells_whether_an_account_exists(pool: PgPool) {
    let app = app(pool).await;
    for (path, status, body) in [
        ("/api/v1/auth/password/forgot", 202, json!({ "email": "EMAIL" })),
        ("/api/v1/auth/email/resend", 202, json!({ "email": "EMAIL" })),
        ("/api/v1/auth/code", 202, json!({ "identifier": "EMAIL" })),
        ("/api/v1/auth/login/code", 401, json!({ "identifier": "EMAIL", "code": CODE })),
        (
            "/api/v1/auth/password/reset",
            400,
            json!({ "email": "EMAIL", "code": CODE, "new_password": PASSWORD }),
        ),
        ("/api/v1/users", 202, json!({ "email": "EMAIL", "password": PASSWORD, "username": "harbour" })),
    ] {
        for n in 0..TWINS {
            let twin = async |class: &str| {
                let name = format!("{class}-{n}");
                let body = body.to_string().replace("EMAIL", &format!("{name}@example.com"));
                let body = serde_json::from_str(&body).unwrap();
                masked(app.program().post(path, body).await.expect(status), &name)
            };
            assert_eq!(twin("known").await, twin("other").await, "{path} {n}");
        }
    }
    // The same rows wait for the job, whatever it makes of them.
    assert_eq!(app.world.count("SELECT count(*) FROM outbox").await, 4 * 2 * 200);
    let sizes = "SELECT count(DISTINCT (kind, octet_length(sealed))) FROM outbox";
    assert_eq!(app.world.count(sizes).await, 4 * 3, "as many as a number has lengths");
}

#[sqlx::test(migrator = "store::MIGRATOR")]
async fn no_page_tells_whether_an_account_exists(pool: PgPool) {
    let app = app(pool).await;
    for (function, field, password) in [
        ("/fn/password/forgot", "form[email]", None),
        ("/fn/verify/resend", "form[email]", None),
        ("/fn/login/code/ask", "form[identifier]", None),
        ("/fn/register", "form[email]", Some(("form[password]", PASSWORD))),
    ] {
        let hidden = app.browser().hidden_fields(function).await;
        for n in 0..TWINS {
            let twin = async |class: &str| {
                let name = format!("{class}-{n}");
                let email = format!("{name}@example.com");
                let fields: Vec<_> = [(field, email.as_str())].into_iter().chain(password).collect();
                let mut browser = app.browser();
                // Half by WebAssembly: of each kind of account, since those go by other digits of `n`.
                if n / 2 % 2 == 0 {
                    let called = browser.call_as(&hidden, function, &fields).await.expect(200);
                    return vec![masked(called, &name)];
                }
                let posted = browser.post_as(&hidden, function, &fields).await.expect(303);
                let shown = browser.get(posted.location().unwrap()).await;
                vec![masked(posted, &name), masked(shown, &name)]
            };
            assert_eq!(twin("known").await, twin("other").await, "{function} {n}");
        }
    }
}

/// The statements of a call, and how many rows each wrote.
async fn work(app: &App, path: &str, body: &Value, status: u16) -> Vec<String> {
    log::catch();
    app.program().post(path, body.clone()).await.expect(status);
    let statement = |line: &str| {
        let line: Value = serde_json::from_str(line).unwrap();
        let fields = (line["target"] == "sqlx::query").then_some(&line["fields"])?;
        let text = format!("{}{}", fields["summary"], fields["db.statement"]);
        let writes = !text.trim_start_matches(['"', '\\', 'n']).starts_with("SELECT");
        Some(format!("{text} {}", if writes { fields["rows_affected"].to_string() } else { String::new() }))
    };
    let statements: Vec<_> = log::caught().lines().filter_map(statement).collect();
    assert!(!statements.is_empty(), "they are really caught");
    statements
}

/// A new code has five guesses of its own; a name without one goes on having none.
#[sqlx::test(migrator = "store::MIGRATOR")]
async fn no_statement_tells_whether_an_account_exists(pool: PgPool) {
    let app = app(pool).await;
    let ask = |email: &str| json!({ "identifier": email });
    let guess = |email: &str| json!({ "identifier": email, "code": CODE });
    let calls = async |email: &str| {
        let forgot = ("/api/v1/auth/password/forgot", json!({ "email": email }), 202);
        let resend = ("/api/v1/auth/email/resend", json!({ "email": email }), 202);
        let reset = json!({ "email": email, "code": CODE, "new_password": PASSWORD });
        let reset = ("/api/v1/auth/password/reset", reset, 400);
        let sign_up = ("/api/v1/users", json!({ "email": email, "password": PASSWORD }), 202);
        let guesses = [0; 6].map(|_| ("/api/v1/auth/login/code", guess(email), 401));
        let mut statements = Vec::new();
        for (path, body, status) in [forgot, resend, ("/api/v1/auth/code", ask(email), 202), reset, sign_up] {
            statements.push(work(&app, path, &body, status).await);
        }
        app.world.mail().await;
        for (path, body, status) in guesses {
            statements.push(work(&app, path, &body, status).await);
        }
        app.program().post("/api/v1/auth/code", ask(email)).await.expect(202);
        app.world.mail().await;
        statements.push(work(&app, "/api/v1/auth/login/code", &guess(email), 401).await);
        statements
    };
    let (known, other) = (calls("known-2@example.com").await, calls("other-2@example.com").await);
    assert_eq!(known.len(), 12);
    for (n, (known, other)) in known.into_iter().zip(other).enumerate() {
        assert_eq!(known, other, "call {n}");
    }
    let codes = "SELECT count(*) FROM one_time_tokens WHERE purpose = 'sign-in'";
    assert!(app.world.count(codes).await > 0, "somebody was mailed a code");
}
