//! P24: five hundred secrets go through every mail flow. None stands in a line of the log at any level, in a refusal, in
//! an address, or in a column of the database.

use super::catcher::{Catcher, Manner};
use super::smtp::outgoing;
use crate::actors::{Answer, Browser, Program};
use crate::app::App;
use crate::log;
use accounts::{Mailer, Message, Signup, Undelivered};
use base64::Engine;
use base64::engine::general_purpose::{STANDARD, URL_SAFE_NO_PAD};
use domain::{AddressForm, Role};
use http::Method;
use serde_json::{Value, json};
use server::mail::Outgoing;
use sqlx::{AssertSqlSafe, PgPool};
use std::collections::BTreeSet;
use std::sync::{Arc, Mutex};
use testkit::{ENCRYPTION_KEY, World, link_token, mail_code};
use time::Duration;

const CANARIES: usize = 500;
const SMTP_PASSWORD: &str = "canary-of-the-mail-server";

/// A mail server over SMTP; what it was sent is kept as it was before it travelled.
struct Sending {
    outgoing: Outgoing,
    sent: Mutex<Vec<Message>>,
}

impl Mailer for Sending {
    async fn send(&self, message: Message) -> Result<(), Undelivered> {
        let kept = message.clone();
        self.outgoing.send(message).await?;
        self.sent.lock().unwrap().push(kept);
        Ok(())
    }
}

/// Every way in which a secret may be written.
fn spellings(secret: &str) -> Vec<String> {
    let hex = |bytes: &[u8]| bytes.iter().map(|byte| format!("{byte:02x}")).collect::<Vec<_>>().concat();
    let mut all = vec![
        secret.to_owned(),
        secret.replace(' ', "+"),
        secret.replace(' ', "%20"),
        hex(secret.as_bytes()),
        STANDARD.encode(secret).trim_end_matches('=').to_owned(),
    ];
    if let Ok(raw) = URL_SAFE_NO_PAD.decode(secret)
        && raw.len() == 32
    {
        all.extend([hex(&raw), STANDARD.encode(raw)]);
    }
    if secret.len() == 11 && secret.as_bytes()[5] == b'-' {
        let code = secret.replace('-', "");
        all.extend([code.to_lowercase(), hex(code.as_bytes()), code]);
    }
    all
}

/// Everything in every table, bytes in hexadecimal.
async fn database(pool: &PgPool) -> String {
    let tables = "SELECT tablename::text FROM pg_tables WHERE schemaname = 'public'";
    let tables: Vec<String> = sqlx::query_scalar(tables).fetch_all(pool).await.unwrap();
    let mut whole = String::new();
    for table in tables {
        let rows = format!("SELECT coalesce(string_agg(t::text, ' '), '') FROM \"{table}\" AS t");
        whole += &sqlx::query_scalar::<_, String>(AssertSqlSafe(rows)).fetch_one(pool).await.unwrap();
    }
    whole
}

/// Somebody who goes through every flow.
struct Person<'a> {
    app: &'a App,
    catcher: &'a Catcher,
    sending: &'a Sending,
    n: usize,
    secrets: BTreeSet<String>,
    /// What may hold no secret.
    seen: Vec<String>,
}

impl Person<'_> {
    fn address(&self, name: &str) -> String {
        format!("{name}-{}@example.com", self.n)
    }

    /// A secret that somebody types.
    fn new_secret(&mut self, what: &str) -> String {
        let secret = format!("canary {} of the {what} under the stairs", self.n);
        self.secrets.insert(secret.clone());
        secret
    }

    /// A link's token that nobody was given.
    fn wrong_token(&mut self, what: u8) -> String {
        let number = u8::try_from(self.n).unwrap();
        let token = URL_SAFE_NO_PAD.encode([[number, what].repeat(15), vec![1, 2]].concat());
        self.secrets.insert(token.clone());
        token
    }

    /// What waits, what the log says of a mail that is not taken, and then the mails and their secrets.
    async fn mail(&mut self) -> Vec<Message> {
        self.seen.push(database(&self.app.world.pool).await);
        self.catcher.behave(Manner::answering("RCPT", "450 busy"));
        while self.app.world.accounts.send_due(self.sending).await.unwrap() {}
        self.catcher.behave(Manner::default());
        self.app.world.clock.advance(Duration::minutes(4));
        while self.app.world.accounts.send_due(self.sending).await.unwrap() {}
        let mails = std::mem::take(&mut *self.sending.sent.lock().unwrap());
        for mail in &mails {
            for page in ["reset", "verify", "not-me", "invite"] {
                if mail.text.contains(&format!("/{page}#")) {
                    self.secrets.extend([link_token(mail, page), mail_code(mail)]);
                }
            }
        }
        mails
    }

    /// The one mail that leads to this page.
    async fn mail_to(&mut self, page: &str) -> Message {
        let mut mails = self.mail().await;
        mails.retain(|mail| mail.text.contains(page));
        assert_eq!(mails.len(), 1, "{page}");
        mails.remove(0)
    }

    /// An answer that may hold no secret but in its cookies, which are the browser's.
    fn refused(&mut self, answer: &Answer) {
        self.seen.push(format!("{:?} {}", answer.location(), answer.text));
    }

    /// The cookies that a browser has by now.
    fn cookies(&mut self, browser: &Browser) {
        for name in ["session-token", "device", "sign-up"] {
            let value = browser.cookies.get(name).map(String::as_str).unwrap_or_default();
            self.token(value);
        }
    }

    /// A token; of one that is signed, the signature.
    fn token(&mut self, token: &str) {
        let secret = token.rsplit('.').next().unwrap();
        self.secrets.extend((!secret.is_empty()).then(|| secret.to_owned()));
    }

    async fn signs_up_and_changes_the_address(&mut self) -> Browser {
        let mut ana = self.app.browser();
        let page = ana.get("/register").await.expect(200).text;
        let (_, nonce) = page.split_once("name=\"form[nonce]\" value=\"").unwrap();
        let nonce = nonce.split('"').next().unwrap().to_owned();
        self.secrets.insert(nonce.clone());
        let (email, new, password) = (self.address("ana"), self.address("new"), self.new_secret("sign-up"));
        let fields =
            [("form[email]", email.as_str()), ("form[password]", &password), ("form[nonce]", &nonce)];
        ana.post_and_follow("/fn/register", &fields).await.expect(200);
        self.cookies(&ana);
        let token = link_token(&self.mail_to("/verify#").await, "verify");
        ana.post("/fn/verify", &[("form[token]", &token)]).await.expect(303);
        self.cookies(&ana);

        let fields = [("form[email]", new.as_str()), ("form[password]", &password)];
        ana.post("/fn/email/change", &fields).await.expect(303);
        let code = mail_code(&self.mail_to("/verify#").await);
        let wrong = [("form[email]", new.as_str()), ("form[code]", "AAAAA-AAAAA")];
        let answer = ana.call("/fn/verify", &wrong).await.expect(400);
        self.refused(&answer);
        ana.post("/fn/verify", &[("form[email]", &new), ("form[code]", &code)]).await.expect(303);
        self.mail().await;
        ana
    }

    async fn proves_the_address_again(&mut self, program: &Program) {
        self.app.world.execute("UPDATE users SET email_verified = false").await;
        let (email, password) =
            (self.address("new"), format!("canary {} of the sign-up under the stairs", self.n));
        self.app.browser().call("/fn/verify/resend", &[("form[email]", &email)]).await.expect(200);
        program.post("/api/v1/auth/email/resend", json!({ "email": email })).await.expect(202);
        let code = {
            let mut mails = self.mail().await;
            mails.retain(|mail| mail.text.contains("/verify#"));
            mail_code(&mails[0])
        };
        let wrong = json!({ "token": self.wrong_token(1), "password": self.new_secret("wrong proof") });
        let answer = program.post("/api/v1/auth/email/verify", wrong).await.expect(400);
        self.refused(&answer);
        let body = json!({ "email": email, "code": code, "password": password });
        program.post("/api/v1/auth/email/verify", body).await.expect(204);
    }

    async fn signs_in_by_code(&mut self, program: &Program) {
        let email = self.address("new");
        program.post("/api/v1/auth/code", json!({ "identifier": email })).await.expect(202);
        let code = mail_code(&self.mail_to("/login/code").await);
        self.secrets.insert(code.clone());
        let body = json!({ "identifier": email, "code": code }).to_string();
        let request =
            program.request(&Method::POST, "/api/v1/auth/login/code").header("x-device-token", "new");
        let request = request.header("content-type", "application/json").body(body.clone().into()).unwrap();
        let signed_in = program.send(request).await.expect(200);
        let device = signed_in.header("x-device-token").unwrap().to_owned();
        let pair: Value = signed_in.json();
        let tokens = ["access_token", "refresh_token"].map(|name| pair[name].as_str().unwrap().to_owned());
        for token in tokens.iter().chain([&device]) {
            self.token(token);
        }
        let again = program.post("/api/v1/auth/login/code", serde_json::from_str(&body).unwrap()).await;
        self.refused(&again.expect(401));
        let renewed = program.post("/api/v1/auth/refresh", json!({ "refresh_token": tokens[1] })).await;
        let renewed = renewed.expect(200).json();
        for name in ["access_token", "refresh_token"] {
            self.token(renewed[name].as_str().unwrap());
        }
        self.mail().await;
    }

    async fn resets_and_takes_the_account_back(&mut self) {
        let (email, mut ana) = (self.address("new"), self.app.browser());
        ana.post_and_follow("/fn/password/forgot", &[("form[email]", &email)]).await.expect(200);
        let token = link_token(&self.mail_to("/reset#").await, "reset");
        ana.get(&format!("/reset?token={token}")).await.expect(200);
        let weak = [("form[token]", token.as_str()), ("form[new_password]", &format!("canary-{}", self.n))];
        let answer = ana.call("/fn/password/reset", &weak).await.expect(422);
        self.refused(&answer);
        ana.post_and_follow("/fn/password/reset", &weak).await.expect(200);
        let wrong = self.wrong_token(2);
        let password = self.new_secret("reset");
        let fields = [("form[token]", wrong.as_str()), ("form[new_password]", &password)];
        let answer = ana.call("/fn/password/reset", &fields).await.expect(400);
        self.refused(&answer);
        let fields = [("form[token]", token.as_str()), ("form[new_password]", &password)];
        ana.post("/fn/password/reset", &fields).await.expect(303);

        let notice = self.mail_to("/not-me#").await;
        let wrong = self.wrong_token(3);
        let answer = ana.call("/fn/not-me", &[("form[token]", &wrong)]).await.expect(400);
        self.refused(&answer);
        let token = link_token(&notice, "not-me");
        let answer = ana.call("/fn/not-me", &[("form[token]", &token)]).await.expect(200);
        let token: String = serde_json::from_str(&answer.text).unwrap();
        self.token(&token);
        let password = self.new_secret("account taken back");
        let fields = [("form[token]", token.as_str()), ("form[new_password]", &password)];
        ana.post("/fn/password/reset", &fields).await.expect(303);
        self.mail().await;
    }

    async fn invites(&mut self) {
        let form = AddressForm { email: self.address("eve") };
        self.app.world.accounts.invite(form, Role::User).await.unwrap();
        let token = link_token(&self.mail_to("/invite#").await, "invite");
        let (wrong, password, mut eve) =
            (self.wrong_token(4), self.new_secret("invitation"), self.app.browser());
        let fields = [("form[token]", wrong.as_str()), ("form[password]", &password)];
        let answer = eve.call("/fn/invite", &fields).await.expect(400);
        self.refused(&answer);
        let fields = [("form[token]", token.as_str()), ("form[password]", &password)];
        eve.post("/fn/invite", &fields).await.expect(303);
        self.cookies(&eve);
        self.seen.push(database(&self.app.world.pool).await);
    }
}

#[sqlx::test(migrator = "store::MIGRATOR")]
async fn no_secret_of_any_mail_flow_is_written_down(pool: PgPool) {
    let app = App::with(World::with(pool, |settings| settings.signup = Signup::Verify), |state| {
        let settings = app::AppSettings::clone(&state.app);
        state.app = Arc::new(app::AppSettings { signup_by_mail: true, ..settings });
    });
    let catcher = Catcher::start(Manner::default()).await;
    let url = format!("smtp://doorstep:{SMTP_PASSWORD}@127.0.0.1:{}", catcher.port);
    let sending = Sending { outgoing: outgoing(&url, |_| ()), sent: Mutex::default() };
    let (mut secrets, mut n) = (BTreeSet::new(), 0);
    while secrets.len() < CANARIES {
        log::catch();
        let (app, catcher, sending) = (&app, &catcher, &sending);
        let mut person = Person { app, catcher, sending, n, secrets: BTreeSet::new(), seen: Vec::new() };
        let ana = person.signs_up_and_changes_the_address().await;
        let program = app.program();
        person.proves_the_address_again(&program).await;
        person.signs_in_by_code(&program).await;
        person.resets_and_takes_the_account_back().await;
        person.invites().await;
        person.cookies(&ana);
        let key = ENCRYPTION_KEY.lines().nth(1).unwrap();
        person.secrets.extend([SMTP_PASSWORD, key, &format!("canary-{n}")].map(str::to_owned));
        let log = log::caught();
        for expected in ["\"answered\"", "/fn/password/reset", "a mail was not sent", "sqlx::query"] {
            assert!(log.contains(expected), "the log is really caught: {expected}");
        }
        assert!(person.seen.iter().any(|text| text.contains("sign_in_failed")), "the tables are really read");
        person.seen.push(log);
        for (secret, text) in
            person.secrets.iter().flat_map(|secret| person.seen.iter().map(move |text| (secret, text)))
        {
            for spelling in spellings(secret) {
                let at = text.find(&spelling);
                let around = at.map(|at| &text[text.floor_char_boundary(at.saturating_sub(200))..at]);
                assert!(at.is_none(), "{secret} after {around:?}");
            }
        }
        secrets.append(&mut person.secrets);
        n += 1;
    }
    assert!(catcher.heard().has("AUTH PLAIN"));
    println!("{} secrets of {n} people: none was written down", secrets.len());
}
