//! P35: a form acts for the account it was shown to, and for what it showed.

use crate::actors::{Answer, Browser, HiddenFields};
use crate::app::App;
use sqlx::PgPool;
use testkit::PASSWORD;

const SAVE: &str = "/fn/profile/save";
const CHANGE: &str = "/fn/password/change";
const LOGOUT: &str = "/fn/logout";
const TYPED: [(&str, &str); 2] = [("form[name]", "Ana Ilves"), ("form[bio]", "Typed with care.")];
const PASSWORDS: [(&str, &str); 2] =
    [("form[current_password]", PASSWORD), ("form[new_password]", "amber lantern on the step")];

/// A browser in which Bob has signed in while a tab of Ana's was open.
async fn bob_in_anas_browser(app: &App) -> (Browser, [HiddenFields; 3]) {
    let mut browser = app.member("ana").await;
    let mut hidden = Vec::new();
    for function in [SAVE, CHANGE, LOGOUT] {
        hidden.push(browser.hidden_fields(function).await);
    }
    browser.post(LOGOUT, &[]).await.expect(303);
    app.member("bob").await;
    let bob = [("form[identifier]", "bob@example.com"), ("form[password]", PASSWORD)];
    browser.call("/fn/login", &bob).await.expect(200);
    (browser, hidden.try_into().ok().unwrap())
}

/// The hidden fields of a form, with one of its two fields replaced.
fn with(hidden: &HiddenFields, name: &str, value: Option<&str>) -> HiddenFields {
    let others = hidden.0.iter().filter(|(known, _)| known != name).cloned();
    HiddenFields(others.chain(value.map(|value| (name.to_owned(), value.to_owned()))).collect())
}

fn shows(page: &Answer, words: &[&str]) {
    for words in words {
        assert!(page.text.contains(words), "{words}: {}", page.text);
    }
}

#[sqlx::test(migrator = "store::MIGRATOR")]
async fn a_form_of_another_account_changes_nothing(pool: PgPool) {
    let app = App::new(pool);
    let (mut browser, [profile, password, logout]) = bob_in_anas_browser(&app).await;
    let before = app.digest().await;
    let nobody = "00000000-0000-0000-0000-000000000000";
    let other = [profile.clone(), with(&profile, "account", None), with(&profile, "account", Some(""))];
    let made_up = [nobody, "bob", "' OR 1"].map(|account| with(&profile, "account", Some(account)));
    for hidden in other.iter().chain(&made_up) {
        for (function, fields) in [(SAVE, TYPED), (CHANGE, PASSWORDS)] {
            let refused = browser.call_as(hidden, function, &fields).await.expect(409);
            assert_eq!(refused.code(), "other_account");
            assert!(refused.problem().detail.contains("bob@example.com"), "it says who is signed in now");
            browser.post_as(hidden, function, &fields).await.expect(303);
        }
    }
    for (function, hidden) in [(CHANGE, &password), (LOGOUT, &logout)] {
        let refused = browser.call_as(hidden, function, &[]).await.expect(409);
        assert_eq!(refused.code(), "other_account", "{function}");
        let said = refused.problem().detail.contains("so nothing was saved");
        assert!(!said, "{function} says what was not done");
    }
    assert_eq!(app.digest().await, before);
    let own = browser.hidden_fields(SAVE).await;
    browser.call_as(&own, SAVE, &TYPED).await.expect(200);
    let own = browser.hidden_fields(LOGOUT).await;
    browser.call_as(&own, LOGOUT, &[]).await.expect(200);
}

/// That a function takes no fields does not make it one for anybody.
#[sqlx::test(migrator = "store::MIGRATOR")]
async fn a_form_without_fields_says_for_whom_it_is_too(pool: PgPool) {
    let app = App::new(pool);
    let mut ana = app.member("ana").await;
    let before = app.digest().await;
    let nobody = HiddenFields(Vec::new());
    for function in ["/fn/sessions/end-others", "/fn/email/cancel", "/fn/account/delete"] {
        let refused = ana.call_as(&nobody, function, &[]).await.expect(409);
        assert_eq!(refused.code(), "other_account", "{function}");
        let detail = refused.problem().detail;
        assert!(detail.contains("so nothing was done") && !detail.contains("text"), "{function}: {detail}");
    }
    assert_eq!(app.digest().await, before);
    ana.call_as(&nobody, "/fn/sessions/load", &[]).await.expect(200);
}

#[sqlx::test(migrator = "store::MIGRATOR")]
async fn the_page_says_who_is_signed_in_now_and_keeps_the_text(pool: PgPool) {
    let app = App::new(pool);
    let (mut browser, [profile, password, _]) = bob_in_anas_browser(&app).await;
    let before = app.digest().await;
    let answer = browser.post_as(&profile, SAVE, &TYPED).await.expect(303);
    let page = browser.get(answer.location().unwrap()).await.expect(200);
    shows(
        &page,
        &[
            "re now signed in as \u{2068}bob\u{2069} (bob@example.com), so nothing was saved. This page was",
            "value=\"Ana Ilves\"",
            ">Typed with care.</textarea>",
        ],
    );
    let answer = browser.post_as(&password, CHANGE, &PASSWORDS).await.expect(303);
    assert!(!format!("{:?}", answer.headers).contains("violet"), "no password waits anywhere");
    let page = browser.get(answer.location().unwrap()).await.expect(200);
    shows(&page, &["re now signed in as \u{2068}bob\u{2069} (bob@example.com), so no password was changed."]);
    assert!(!page.text.contains("amber lantern") && !page.text.contains("violet staircase"));
    assert_eq!(app.digest().await, before);
    // What is on the page now is Bob's, and he may send it.
    let page = browser.get("/account").await.expect(200);
    assert!(!page.text.contains("Typed with care."), "shown once");
    browser.post_and_follow(SAVE, &[("form[bio]", "Bob's own.")]).await.expect(200);
}

#[sqlx::test(migrator = "store::MIGRATOR")]
async fn an_older_form_overwrites_nothing_and_both_texts_are_at_hand(pool: PgPool) {
    let app = App::new(pool);
    let mut ana = app.member("ana").await;
    let older = ana.hidden_fields(SAVE).await;
    ana.call(SAVE, &[("form[name]", "Ana"), ("form[bio]", "Newer <b>.")]).await.expect(200);
    let before = app.digest().await;
    for stale in [older.clone(), with(&older, "version", None), with(&older, "version", Some(""))] {
        let refused = ana.call_as(&stale, SAVE, &TYPED).await.expect(409);
        assert_eq!(refused.code(), "changed_meanwhile");
        let answer = ana.post_as(&stale, SAVE, &TYPED).await.expect(303);
        let page = ana.get(answer.location().unwrap()).await.expect(200);
        let kept = ["value=\"Ana Ilves\"", ">Typed with care.</textarea>"];
        let stored = ["<bdi>Ana<", "<bdi>Newer &lt;b&gt;.<", "id=\"bio-stored\"", "bio-stored bio-note"];
        shows(&page, &[&kept[..], &stored].concat());
        assert!(!page.text.contains("first_name-stored"), "nothing is said of what is the same");
    }
    assert_eq!(app.digest().await, before);
    // Whoever has seen both may decide.
    let page = ana.post_and_follow(SAVE, &TYPED).await.expect(200);
    shows(&page, &["Profile saved.", ">Typed with care.</textarea>"]);
}

/// A refusal for another reason shows the text again, and not for a newer version than the person saw.
#[sqlx::test(migrator = "store::MIGRATOR")]
async fn a_form_that_comes_back_is_still_of_its_version(pool: PgPool) {
    let app = App::new(pool);
    let mut ana = app.member("ana").await;
    let older = ana.hidden_fields(SAVE).await;
    ana.call(SAVE, &[("form[bio]", "Newer.")]).await.expect(200);
    ana.post_as(&older, SAVE, &[("form[username]", "a b")]).await.expect(303);
    let again = ana.hidden_fields(SAVE).await;
    assert_eq!(again.0, older.0);
    let refused = ana.call_as(&again, SAVE, &[("form[bio]", "Older.")]).await.expect(409);
    assert_eq!(refused.code(), "changed_meanwhile");
}

#[sqlx::test(migrator = "store::MIGRATOR")]
async fn a_version_is_of_its_own_form_s_fields(pool: PgPool) {
    let app = App::new(pool);
    let mut ana = app.member("ana").await;
    let (profile, password) = (ana.hidden_fields(SAVE).await, ana.hidden_fields(CHANGE).await);
    ana.call(SAVE, &[("form[bio]", "Newer.")]).await.expect(200);
    ana.call_as(&password, CHANGE, &PASSWORDS).await.expect(200);
    let stale = ana.call_as(&password, CHANGE, &PASSWORDS).await.expect(409);
    assert_eq!(stale.code(), "changed_meanwhile");
    assert_eq!(ana.call_as(&profile, SAVE, &TYPED).await.expect(409).code(), "changed_meanwhile");
    let profile = ana.hidden_fields(SAVE).await;
    let back = [("form[current_password]", PASSWORDS[1].1), ("form[new_password]", PASSWORD)];
    ana.call(CHANGE, &back).await.expect(200);
    ana.call_as(&profile, SAVE, &TYPED).await.expect(200);
}

/// The browser has lost every token of ours; the form knows whose it is.
#[sqlx::test(migrator = "store::MIGRATOR")]
async fn a_text_that_is_sent_without_any_cookie_waits_for_its_owner(pool: PgPool) {
    let app = App::new(pool);
    app.member("bob").await;
    for (who, comes_back) in [("bob", false), ("ana", true)] {
        let mut browser = if comes_back { app.browser() } else { app.member("ana").await };
        let sign_in = |who: &str| [("form[identifier]", format!("{who}@example.com"))];
        let [(field, ana)] = sign_in("ana");
        browser.call("/fn/login", &[(field, &ana), ("form[password]", PASSWORD)]).await.expect(200);
        let hidden = browser.hidden_fields(SAVE).await;
        browser.cookies.clear();
        browser.post_as(&hidden, SAVE, &TYPED).await.expect(303);
        let page = browser.get("/login?next=/account").await.expect(200);
        shows(
            &page,
            &["You were signed out before your changes were saved. Sign in again to get them back."],
        );
        let [(field, who)] = sign_in(who);
        let fields = [(field, who.as_str()), ("form[password]", PASSWORD), ("form[next]", "/account")];
        let page = browser.post_and_follow("/fn/login", &fields).await.expect(200);
        assert_eq!(page.text.contains("Typed with care."), comes_back);
    }
}

/// A password waits nowhere; that it was not changed is said all the same, before and after signing in again.
#[sqlx::test(migrator = "store::MIGRATOR")]
async fn a_password_that_was_not_changed_is_said_to_be_so(pool: PgPool) {
    let app = App::new(pool);
    let mut ana = app.member("ana").await;
    let hidden = ana.hidden_fields(CHANGE).await;
    app.world.execute("UPDATE sessions SET ended_at = now()").await;
    let answer = ana.post_as(&hidden, CHANGE, &PASSWORDS).await.expect(303);
    assert_eq!(answer.location(), Some("/account/security"));
    let page = ana.get("/login?next=/account/security").await.expect(200);
    shows(&page, &["You were signed out before your password was changed."]);
    let fields = [
        ("form[identifier]", "ana@example.com"),
        ("form[password]", PASSWORD),
        ("form[next]", "/account/security"),
    ];
    let page = ana.post_and_follow("/fn/login", &fields).await.expect(200);
    shows(&page, &["been changed yet. Enter both again."]);
    assert!(!page.text.contains("been saved yet. Check them, then save."), "none waits");
}

/// A text that is too long for a cookie is no password.
#[sqlx::test(migrator = "store::MIGRATOR")]
async fn a_text_that_could_not_be_kept_is_not_promised(pool: PgPool) {
    let app = App::new(pool);
    let mut ana = app.member("ana").await;
    let hidden = ana.hidden_fields(SAVE).await;
    app.world.execute("UPDATE sessions SET ended_at = now()").await;
    let long = "x".repeat(9_000);
    ana.post_as(&hidden, SAVE, &[("form[bio]", &long)]).await.expect(303);
    let page = ana.get("/login?next=/account").await.expect(200);
    shows(&page, &["You were signed out before that was done, and anything you typed could not be kept."]);
    assert!(!page.text.contains("password was changed") && !page.text.contains("get them back"));
    let fields =
        [("form[identifier]", "ana@example.com"), ("form[password]", PASSWORD), ("form[next]", "/account")];
    let page = ana.post_and_follow("/fn/login", &fields).await.expect(200);
    shows(&page, &["re signed in again. That was not done, and anything you typed could not be kept."]);
    assert!(!page.text.contains("check them, then save"));
}

/// A browser posts the lines of a text with another end than they are stored with.
#[sqlx::test(migrator = "store::MIGRATOR")]
async fn beside_an_unchanged_text_of_two_lines_stands_no_other(pool: PgPool) {
    let app = App::new(pool);
    let mut ana = app.member("ana").await;
    ana.call(SAVE, &[("form[bio]", "One.\r\nTwo.")]).await.expect(200);
    let older = ana.hidden_fields(SAVE).await;
    ana.call(SAVE, &[("form[name]", "Ana"), ("form[bio]", "One.\r\nTwo.")]).await.expect(200);
    let typed = [("form[name]", "Ana Ilves"), ("form[bio]", "One.\r\nTwo.")];
    let answer = ana.post_as(&older, SAVE, &typed).await.expect(303);
    let page = ana.get(answer.location().unwrap()).await.expect(200);
    shows(&page, &["id=\"name-stored\""]);
    assert!(!page.text.contains("id=\"bio-stored\""), "{}", page.text);
}

#[sqlx::test(migrator = "store::MIGRATOR")]
async fn an_open_page_can_ask_who_is_signed_in(pool: PgPool) {
    let app = App::new(pool);
    let mut ana = app.member("ana").await;
    let state = async |browser: &mut Browser| {
        let answer = browser.get("/whoami").await.expect(200);
        assert_eq!(answer.header("cache-control"), Some("no-store"));
        (answer.json()["name"].clone(), answer.json()["state"].as_str().unwrap().to_owned())
    };
    let (name, first) = state(&mut ana).await;
    assert_eq!(name, "ana");
    shows(&ana.get("/account").await, &[&format!("data-session=\"{first}\"")]);
    assert_eq!(state(&mut ana).await.1, first);
    ana.call(SAVE, &[("form[name]", "Ana Ilves")]).await.expect(200);
    let renamed = state(&mut ana).await;
    assert!(renamed.0 == "Ana Ilves" && renamed.1 != first && !renamed.1.contains("Ana"));
    ana.call(LOGOUT, &[]).await.expect(200);
    assert_eq!(state(&mut ana).await, (serde_json::Value::Null, String::new()));
    shows(&ana.get("/").await, &["data-session=\"\""]);
}
