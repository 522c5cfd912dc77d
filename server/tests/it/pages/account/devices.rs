//! Sessions and known devices on `/account/security`, without scripts.

use crate::actors::Browser;
use crate::app::App;
use serde_json::json;
use sqlx::PgPool;
use testkit::PASSWORD;
use time::Duration;

const PAGE: &str = "/account/security";
const FIREFOX: &str = "Mozilla/5.0 (X11; Linux x86_64; rv:153.0) Gecko/20100101 Firefox/153.0";
const SIGN_IN: [(&str, &str); 2] = [("form[identifier]", "ana@example.com"), ("form[password]", PASSWORD)];

/// Another browser of ana's, which has just signed in.
async fn another(browser: Browser, agent: &str) -> Browser {
    let mut browser = browser.with("user-agent", agent);
    browser.call("/fn/login", &SIGN_IN).await.expect(200);
    browser
}

/// The same from where another one is.
async fn beside(browser: &Browser, agent: &str) -> Browser {
    let mut browser = browser.clone();
    browser.cookies.clear();
    another(browser, agent).await
}

/// The ids that the forms of this function name, from the top of the page to its end.
fn ids(page: &str, function: &str) -> Vec<String> {
    let action = format!("action=\"{function}\"");
    let forms = page.split(&action).skip(1);
    let id = |form: &str| {
        form.split("name=\"form[").nth(1)?.split("value=\"").nth(1)?.split('"').next().map(str::to_owned)
    };
    forms.filter_map(id).collect()
}

#[sqlx::test(migrator = "store::MIGRATOR")]
async fn sessions_are_listed_in_words_and_one_is_ended(pool: PgPool) {
    let app = App::new(pool);
    let mut ana = app.member("ana").await;
    app.world.clock.advance(Duration::MINUTE);
    let mut near = beside(&ana, FIREFOX).await;
    app.world.clock.advance(Duration::MINUTE);
    let mut far = another(app.browser(), "Mozilla/5.0 (Linux; Android 16; K) Chrome/136.0.0.0").await;
    let page = ana.get(PAGE).await.expect(200).text;
    for shown in [
        "Firefox on Linux",
        "Chrome on Android",
        "This network",
        "2001:db8:",
        "This device",
        "last used a moment ago",
    ] {
        assert!(page.contains(shown), "{shown}: {page}");
    }
    assert!(page.contains("title=\"20 November 2026, 12:02 UTC\""), "{page}");
    let sessions = ids(&page, "/fn/sessions/end");
    assert_eq!(sessions.len(), 2, "this one is ended by signing out: {page}");

    let done =
        ana.post_and_follow("/fn/sessions/end", &[("form[session]", &sessions[0])]).await.expect(200).text;
    assert!(done.contains("Signed out there."), "{done}");
    assert_eq!(ids(&done, "/fn/sessions/end"), sessions[1..]);
    far.get(PAGE).await.expect(303);
    near.get(PAGE).await.expect(200);
    // The page of before says nothing else.
    let again =
        ana.post_and_follow("/fn/sessions/end", &[("form[session]", &sessions[0])]).await.expect(200).text;
    assert!(again.contains("Signed out there."), "{again}");
    assert_eq!(app.world.count("SELECT count(*) FROM audit_events WHERE kind = 'session_ended'").await, 1);
}

#[sqlx::test(migrator = "store::MIGRATOR")]
async fn programs_stand_apart_and_all_others_end_at_once(pool: PgPool) {
    let app = App::new(pool);
    let mut ana = app.member("ana").await;
    assert!(!ana.get(PAGE).await.text.contains("/fn/sessions/end"), "there is no other");
    let mut other = another(app.browser(), FIREFOX).await;
    let login = json!({ "email": "ana@example.com", "password": PASSWORD });
    let mut program = app.program();
    let pair = program.post("/api/v1/auth/login", login).await.expect(200).json();
    program.token = pair["access_token"].as_str().map(str::to_owned);
    let page = ana.get(PAGE).await.expect(200).text;
    let (browsers, programs) = page.split_once("<h3>Programs").unwrap();
    assert_eq!((ids(browsers, "/fn/sessions/end").len(), ids(programs, "/fn/sessions/end").len()), (1, 1));

    let done = ana.post_and_follow("/fn/sessions/end-others", &[]).await.expect(200).text;
    assert!(
        done.contains("Signed out everywhere else.") && !done.contains("action=\"/fn/sessions/"),
        "{done}"
    );
    other.get(PAGE).await.expect(303);
    program.get("/api/v1/users/me").await.expect(401);
}

#[sqlx::test(migrator = "store::MIGRATOR")]
async fn a_known_device_is_forgotten(pool: PgPool) {
    let app = App::new(pool);
    let mut ana = app.member("ana").await;
    another(app.browser(), FIREFOX).await;
    let page = ana.get(PAGE).await.expect(200).text;
    let devices = ids(&page, "/fn/devices/forget");
    assert_eq!(devices.len(), 2, "{page}");
    let done =
        ana.post_and_follow("/fn/devices/forget", &[("form[device]", &devices[0])]).await.expect(200).text;
    assert!(done.contains("That device is forgotten."), "{done}");
    assert_eq!(ids(&done, "/fn/devices/forget"), devices[1..]);
    assert_eq!(ids(&done, "/fn/sessions/end").len(), 1, "its session goes on");
}

#[sqlx::test(migrator = "store::MIGRATOR")]
async fn what_an_agent_says_is_no_markup_and_no_message(pool: PgPool) {
    let app = App::new(pool);
    let mut ana = app.member("ana").await;
    for agent in
        ["<script>alert(1)</script>", "Mozilla/5.0 <img src=x onerror=alert(1)>", "call-0800-123456 now"]
    {
        another(app.browser(), agent).await;
    }
    for path in [PAGE, "/account/activity"] {
        let page = ana.get(path).await.expect(200).text;
        for live in ["<script>alert", "<img src=x", "call-0800"] {
            assert!(!page.contains(live), "{path}: {live}");
        }
        assert!(page.contains("An unknown program") && page.contains("An unknown browser"), "{path}: {page}");
    }
}
