//! `/account/activity`: what happened, in sentences, page by page.

use crate::app::App;
use domain::EventKind;
use sqlx::PgPool;

const PAGE: &str = "/account/activity";

#[sqlx::test(migrator = "store::MIGRATOR")]
async fn it_shows_what_the_trail_holds_of_the_account_and_nothing_else(pool: PgPool) {
    let app = App::new(pool);
    let mut ana = app.member("ana").await;
    let (admin, mut eve) = (app.admin_program("root").await, app.member("eve").await);
    eve.call("/fn/profile/save", &[("form[bio]", "x")]).await.expect(200);
    let wrong = [("form[identifier]", "ana@example.com"), ("form[password]", "not the password")];
    app.browser().call("/fn/login", &wrong).await.expect(401);
    let users = admin.get("/api/v1/users?q=ana").await.expect(200).json();
    let id = users["items"][0]["id"].as_str().unwrap().to_owned();
    let rename = serde_json::json!({ "name": "Ana" });
    admin.call("PATCH", &format!("/api/v1/users/{id}"), &rename).await.expect(200);

    let trail = admin.get(&format!("/api/v1/audit?subject={id}")).await.expect(200).json();
    let expected: Vec<_> = trail["items"]
        .as_array()
        .unwrap()
        .iter()
        .map(|event| words::what_happened(EventKind::of(event["kind"].as_str().unwrap()).unwrap()).to_owned())
        .collect();
    let page = ana.get(PAGE).await.expect(200).text.replace("<!>", "");
    let rows = page.split("<p class=\"row-title\"><bdi>").skip(1);
    let shown: Vec<_> = rows.map(|row| row.split("</bdi>").next().unwrap()).collect();
    assert_eq!(shown, expected);
    let mut kinds = expected;
    kinds.sort_unstable();
    assert_eq!(
        kinds,
        ["Account created", "Profile changed", "Sign-in refused: wrong password or code", "Signed in"]
    );
    assert!(page.contains("By an administrator") && page.contains("a moment ago"), "{page}");
}

#[sqlx::test(migrator = "store::MIGRATOR")]
async fn older_events_are_a_link_away_without_scripts(pool: PgPool) {
    let app = App::new(pool);
    let mut ana = app.member("ana").await;
    app.world
        .execute(
            "INSERT INTO audit_events (id, at, kind, subject_id, request_id)
        SELECT gen_random_uuid(), now(), 'of_a_newer_server', id, 'test' FROM users, generate_series(1, 70)",
        )
        .await;
    let (mut path, mut seen) = (PAGE.to_owned(), Vec::new());
    for _ in 0..2 {
        let page = ana.get(&path).await.expect(200).text.replace("<!>", "");
        seen.push(page.matches("class=\"row-title\"").count());
        assert_eq!(page.contains(">Newest</a>"), seen.len() == 2);
        match page.split("href=\"/account/activity?").nth(1).and_then(|rest| rest.split('"').next()) {
            Some(query) => path = format!("{PAGE}?{query}"),
            None => break,
        }
    }
    assert_eq!(seen, [50, 22], "with the sign-up and its session");
    assert!(ana.get(PAGE).await.text.contains("Something else happened"));

    for cursor in ["x", "%00", "AQ", "%3Cscript%3Ealert(1)%3C/script%3E"] {
        let page = ana.get(&format!("{PAGE}?cursor={cursor}")).await.expect(200).text.replace("<!>", "");
        assert!(
            page.contains("This link is incomplete") && !page.contains("<script>alert"),
            "{cursor}: {page}"
        );
    }
}

/// A page that the program shows without loading a document begins with the newest.
#[sqlx::test(migrator = "store::MIGRATOR")]
async fn the_program_asks_for_the_newest(pool: PgPool) {
    let app = App::new(pool);
    let mut ana = app.member("ana").await;
    let events = ana.call("/fn/activity/load", &[]).await.expect(200).json();
    assert!(events.as_str().unwrap().contains("Account created"), "{events}");
}
