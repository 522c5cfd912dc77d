//! Signing up where an address must be proven first: by pages with and without WebAssembly, and by the API.

use crate::actors::Answer;
use crate::app::App;
use accounts::Signup;
use serde_json::json;
use sqlx::PgPool;
use std::sync::Arc;
use testkit::{PASSWORD, World, link_token};

/// A server on which two accounts were made before addresses had to be proven.
async fn app(pool: PgPool) -> App {
    let open = World::new(pool);
    for name in ["known", "disabled"] {
        open.member(name).await;
    }
    open.execute("UPDATE users SET is_active = false WHERE email LIKE 'disabled%'").await;
    open.mail().await;
    App::with(World::with(open.pool, |settings| settings.signup = Signup::Verify), |state| {
        let settings = app::AppSettings::clone(&state.app);
        state.app = Arc::new(app::AppSettings { signup_by_mail: true, ..settings });
    })
}

/// Everything of an answer that does not differ from one request to the next.
fn whole(answer: &Answer) -> String {
    let own = ["x-request-id", "set-cookie", "date"];
    let headers: Vec<_> = answer.headers.iter().filter(|(name, _)| !own.contains(&name.as_str())).collect();
    let cookies: Vec<_> = answer.headers.get_all("set-cookie").iter().collect();
    let cookies: Vec<_> =
        cookies.iter().map(|line| line.to_str().unwrap().split_once('=').unwrap()).collect();
    let cookies: Vec<_> = cookies.iter().map(|(name, rest)| (name, rest.len())).collect();
    format!("{} {headers:?} {cookies:?} {}", answer.status, answer.text)
}

#[sqlx::test(migrator = "store::MIGRATOR")]
async fn no_answer_to_a_sign_up_tells_who_has_an_account(pool: PgPool) {
    let app = app(pool).await;
    let mut seen: [Vec<String>; 3] = Default::default();
    for name in ["known", "disabled", "newer"] {
        let email = format!("{name}@example.com");
        let fields = [("form[email]", email.as_str()), ("form[password]", PASSWORD)];
        seen[0].push(whole(&app.browser().call("/fn/register", &fields).await.expect(200)));
        seen[1].push(whole(&app.browser().post("/fn/register", &fields).await.expect(303)));
        let account = json!({ "email": email, "password": PASSWORD, "username": "harbour" });
        seen[2].push(whole(&app.program().post("/api/v1/users", account).await.expect(202)));
    }
    for answers in &seen {
        assert!(answers.iter().all(|answer| answer == &answers[0]), "{answers:#?}");
    }
    assert_eq!(app.world.count("SELECT count(*) FROM users").await, 2);
}

#[sqlx::test(migrator = "store::MIGRATOR")]
async fn a_browser_is_told_to_look_at_its_mail_and_known_again(pool: PgPool) {
    let app = app(pool).await;
    let fields = [("form[email]", "ana@example.com"), ("form[password]", PASSWORD)];
    let mut ana = app.browser();
    let answer = ana.post("/fn/register", &fields).await.expect(303);
    let cookie = answer.set_cookie("sign-up").unwrap();
    for attribute in ["; HttpOnly", "; SameSite=Lax", "; Path=/", "; Max-Age=86400"] {
        assert!(cookie.contains(attribute), "{cookie}");
    }
    assert_eq!(answer.location(), Some("/register"));
    let page = ana.get("/register").await.expect(200);
    assert!(
        page.text.contains("Check your email") && page.text.contains("href=\"/verify\""),
        "{}",
        page.text
    );
    assert!(!page.text.contains("name=\"form[password]\""));
    let again = ana.get("/register").await.expect(200);
    assert!(again.text.contains("name=\"form[password]\""), "the form is there for another address");

    let token = link_token(&app.world.mail().await.remove(0), "verify");
    let link = [("form[token]", token.as_str())];
    let mut elsewhere = app.browser();
    let page = elsewhere.post_and_follow("/fn/verify", &link).await.expect(200);
    assert!(page.text.contains("name=\"form[password]\"") && page.text.contains("you can leave it empty"));
    assert_eq!(elsewhere.call("/fn/verify", &link).await.expect(422).problem().errors[0].field, "password");
    assert_eq!(ana.post("/fn/verify", &link).await.expect(303).location(), Some("/account"));
    let page = ana.get("/account").await.expect(200);
    assert!(page.text.contains("ana@example.com") && page.text.contains("Your email is confirmed."));
    assert_eq!(elsewhere.call("/fn/verify", &link).await.expect(400).code(), "link_invalid");
}

/// A slow line, or a reload: the first answer never came.
#[sqlx::test(migrator = "store::MIGRATOR")]
async fn a_sign_up_whose_answer_was_lost_is_sent_again_and_signs_in(pool: PgPool) {
    let app = App::new(pool);
    let mut ana = app.browser();
    let page = ana.get("/register").await.expect(200);
    assert!(page.set_cookie("sign-up").unwrap().contains("; HttpOnly; SameSite=Lax"));
    let (_, rest) = page.text.split_once("name=\"form[nonce]\" value=\"").unwrap();
    let nonce = rest.split('"').next().unwrap().to_owned();
    let fields =
        [("form[email]", "ana@example.com"), ("form[password]", PASSWORD), ("form[nonce]", nonce.as_str())];
    let mut lost = ana.clone();
    lost.post("/fn/register", &fields).await.expect(303);
    let mut elsewhere = app.browser();
    elsewhere.get("/register").await.expect(200);
    assert_eq!(elsewhere.call("/fn/register", &fields).await.expect(409).code(), "taken");
    assert_eq!(ana.post("/fn/register", &fields).await.expect(303).location(), Some("/account"));
    ana.get("/account").await.expect(200);
    let again = lost.get("/register").await.expect(303);
    assert!(again.set_cookie("sign-up").is_none(), "no form is shown to whoever is signed in");
}

/// The form's nonce comes with its document: every link there loads that.
#[sqlx::test(migrator = "store::MIGRATOR")]
async fn every_link_to_the_form_loads_its_document(pool: PgPool) {
    let app = App::new(pool);
    for page in ["/", "/login", "/login?next=/account/security"] {
        let text = app.browser().get(page).await.expect(200).text;
        let links = text.split("<a ").filter_map(|rest| rest.split('>').next());
        let links: Vec<_> = links.filter(|link| link.contains("href=\"/register")).collect();
        assert!(!links.is_empty() && links.iter().all(|link| link.contains("rel=\"external\"")), "{links:?}");
    }
}

#[sqlx::test(migrator = "store::MIGRATOR")]
async fn whoever_is_invited_chooses_a_password_on_a_page(pool: PgPool) {
    let app = App::with(World::with(pool, |settings| settings.signup = Signup::Closed), |_| ());
    let invite = async |email: &str| {
        let form = domain::AddressForm { email: email.to_owned() };
        app.world.accounts.invite(form, domain::Role::User).await.unwrap();
        let mail = app.world.mail().await.into_iter().find(|mail| mail.text.contains("/invite#")).unwrap();
        (link_token(&mail, "invite"), testkit::mail_code(&mail))
    };
    let (token, _) = invite("ana@example.com").await;
    let mut ana = app.browser();
    assert!(ana.get("/invite").await.expect(200).text.contains("name=\"form[token]\""));
    let weak = [("form[token]", token.as_str()), ("form[name]", "Ana"), ("form[password]", "short")];
    let page = ana.post_and_follow("/fn/invite", &weak).await.expect(200);
    assert!(page.text.contains(&token) && page.text.contains("value=\"Ana\""), "{}", page.text);
    let good = [("form[token]", token.as_str()), ("form[password]", PASSWORD)];
    assert_eq!(ana.post("/fn/invite", &good).await.expect(303).location(), Some("/account"));
    ana.get("/account").await.expect(200);
    assert_eq!(app.browser().call("/fn/invite", &good).await.expect(400).code(), "link_invalid");

    let (_, code) = invite("bob@example.com").await;
    let by_code = [("form[email]", "bob@example.com"), ("form[code]", &code), ("form[password]", PASSWORD)];
    assert!(app.browser().call("/fn/invite", &by_code).await.expect(200).text.contains("bob@example.com"));
}
