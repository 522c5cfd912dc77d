//! `/login/code` without WebAssembly, and what may open the pages of mails without a person.

use crate::app::App;
use app::routes::PAGES;
use axum::body::Body;
use domain::{AddressForm, Role};
use http::Method;
use serde_json::json;
use sqlx::PgPool;
use testkit::{PASSWORD, link_token, mail_code};

const ANA: &str = "ana@example.com";
const ASK: &str = "/fn/login/code/ask";
const SIGN_IN: &str = "/fn/login/code";
const NEW: &str = "copper lanterns over water";

#[sqlx::test(migrator = "store::MIGRATOR")]
async fn the_whole_way_of_a_code_without_scripts(pool: PgPool) {
    let app = App::new(pool);
    app.member("ana").await;
    app.world.execute("UPDATE users SET email_verified = true").await;
    app.world.mail().await;
    let mut ana = app.browser();
    let next = ("form[next]", "/account/security");
    let page = ana.post_and_follow(ASK, &[("form[identifier]", ANA), next]).await.expect(200);
    assert!(page.text.contains("an email is on its way") && page.text.contains("value=\"ana@example.com\""));
    assert!(
        page.text.contains("action=\"/fn/login/code\"") && page.text.contains("value=\"/account/security\"")
    );

    let mail = app.world.mail().await.pop().unwrap();
    assert!(!mail.text.contains('#') && mail.text.contains("/login/code"), "no link signs in");
    let code = mail_code(&mail);
    let wrong = [("form[identifier]", ANA), ("form[code]", "AAAAA-AAAAA"), next];
    let answer = ana.post(SIGN_IN, &wrong).await.expect(303);
    assert_eq!(answer.location(), Some("/login/code?next=/account/security"));
    let page = ana.get(answer.location().unwrap()).await.expect(200);
    assert!(page.text.contains("That code is mistyped") && page.text.contains("value=\"AAAAA-AAAAA\""));

    let right = [("form[identifier]", ANA), ("form[code]", &code), ("form[remember]", "on"), next];
    let answer = ana.post(SIGN_IN, &right).await.expect(303);
    assert_eq!(answer.location(), Some("/account/security"));
    assert!(answer.set_cookie("session-token").unwrap().contains("Max-Age="));
    assert!(answer.set_cookie("device").is_some());
    ana.get("/account/security").await.expect(200);
    let mut other = app.browser();
    assert_eq!(other.call(SIGN_IN, &right).await.expect(401).code(), "wrong_code");
}

#[sqlx::test(migrator = "store::MIGRATOR")]
async fn the_page_answers_alike_whether_or_not_there_is_an_account(pool: PgPool) {
    let app = App::new(pool);
    app.member("ana").await;
    let mut answers = Vec::new();
    for name in [ANA, "eve@example.com", "ana", "eve"] {
        let asked = app.browser().call(ASK, &[("form[identifier]", name)]).await.expect(200);
        let fields = [("form[identifier]", name), ("form[code]", "AAAAA-AAAAA")];
        let tried = app.browser().call(SIGN_IN, &fields).await.expect(401);
        answers.push((asked.text, tried.text));
    }
    answers.dedup();
    assert_eq!(answers.len(), 1);
}

/// P25: programs that look where links lead, with HEAD and GET, use nothing up.
#[sqlx::test(migrator = "store::MIGRATOR")]
async fn a_mail_scanner_changes_nothing(pool: PgPool) {
    let app = App::new(pool);
    app.member("ana").await;
    let program = app.program();
    program.post("/api/v1/auth/email/resend", json!({ "email": ANA })).await.expect(202);
    let verify = link_token(&app.world.mail().await[0], "verify");
    app.world.execute("UPDATE users SET email_verified = true").await;
    let mut ana = app.browser();
    ana.call("/fn/login", &[("form[identifier]", ANA), ("form[password]", PASSWORD)]).await.expect(200);
    let change = [("form[current_password]", PASSWORD), ("form[new_password]", NEW)];
    ana.call("/fn/password/change", &change).await.expect(200);
    program.post("/api/v1/auth/password/forgot", json!({ "email": ANA })).await.expect(202);
    program.post("/api/v1/auth/code", json!({ "identifier": ANA })).await.expect(202);
    let invited = AddressForm { email: "eve@example.com".to_owned() };
    app.world.accounts.invite(invited, Role::User).await.unwrap();
    let mails = app.world.mail().await;
    let link = |page: &str| {
        let mail = mails.iter().find(|mail| mail.text.contains(&format!("/{page}#"))).unwrap();
        link_token(mail, page)
    };
    let [reset, not_me, invite] = ["reset", "not-me", "invite"].map(link);
    let code = mails.iter().find(|mail| mail.text.contains("/login/code")).map(mail_code).unwrap();
    let links = [("reset", &reset), ("verify", &verify), ("not-me", &not_me), ("invite", &invite)];
    let links = links.map(|(page, token)| format!("/{page}?token={token}&email={ANA}"));
    let code_link = format!("/login/code?code={code}&identifier={ANA}");
    let before = (app.digest().await, app.tries().await);
    for path in
        PAGES.iter().map(|page| page.path).chain(links.iter().map(String::as_str)).chain([&*code_link])
    {
        for _ in 0..10 {
            for method in [Method::HEAD, Method::GET] {
                let mut scanner = app.browser();
                let request = scanner.request(&method, path, "text/html,*/*").body(Body::empty());
                scanner.send(request.unwrap()).await;
            }
        }
    }
    assert_eq!((app.digest().await, app.tries().await), before);
    program.post("/api/v1/auth/login/code", json!({ "identifier": ANA, "code": code })).await.expect(200);
    let reset = json!({ "token": reset, "new_password": "amber lantern on the step" });
    program.post("/api/v1/auth/password/reset", reset).await.expect(204);
    let invited = [("form[token]", invite.as_str()), ("form[password]", PASSWORD)];
    app.browser().call("/fn/invite", &invited).await.expect(200);
    app.browser().call("/fn/not-me", &[("form[token]", &not_me)]).await.expect(200);
}
