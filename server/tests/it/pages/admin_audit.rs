//! `/admin/audit`: the trail as a page and as a file.

use super::admin::{ACT, id, send};
use crate::app::App;
use sqlx::PgPool;
use testkit::PASSWORD;
use time::Duration;

#[sqlx::test(migrator = "store::MIGRATOR")]
async fn the_trail_is_filtered_by_the_address_of_its_page(pool: PgPool) {
    let app = App::new(pool);
    let mut root = app.admin("root").await;
    app.member("ana").await;
    let wrong = [("form[identifier]", "ana@example.com"), ("form[password]", "not the password")];
    let mut guesser = app.browser().with("user-agent", "<script>alert(1)</script>");
    guesser.call("/fn/login", &wrong).await.expect(401);
    let page = root.get("/admin/audit?kind=sign_in_failed&whom=ana%40example.com").await.expect(200).text;
    let page = page.replace("<!>", "");
    let rows = page.split("<tbody").nth(1).unwrap();
    assert!(rows.contains("Sign-in refused") && !rows.contains("Account created"), "{page}");
    assert!(rows.contains("Not signed in") && rows.contains(" 2026, 12:00:00 UTC"), "{rows}");
    assert!(!page.contains("<script>alert"), "{page}");
    assert!(page.contains("value=\"ana@example.com\""), "{page}");
    let nobody = root.get("/admin/audit?who=nobody%40example.com").await.expect(200).text;
    assert!(nobody.contains("Enter the email or the ID") && !nobody.contains("<tbody"), "{nobody}");
    assert!(
        root.get("/admin/audit?whom=root%40example.com&address=192.0.2.1")
            .await
            .expect(200)
            .text
            .contains("Nothing fits.")
    );
}

#[sqlx::test(migrator = "store::MIGRATOR")]
async fn the_file_is_for_admins_who_have_just_signed_in(pool: PgPool) {
    let app = App::new(pool);
    let (mut root, mut ana) = (app.admin("root").await, app.member("ana").await);
    let mut guesser = app.browser().with("user-agent", "=HYPERLINK(\"https://evil.example\")");
    let wrong = [("form[identifier]", "ana@example.com"), ("form[password]", "not the password")];
    guesser.call("/fn/login", &wrong).await.expect(401);
    let before = app.digest().await;
    let csv = root.get("/admin/audit/export?whom=ana%40example.com&format=csv").await.expect(200);
    assert_eq!(csv.header("content-disposition"), Some("attachment; filename=\"audit.csv\""));
    assert_eq!(csv.text.lines().count(), 4, "{}", csv.text);
    assert!(csv.text.contains("\"'=HYPERLINK(\"\"https://evil.example\"\")\""), "{}", csv.text);
    let lines = root.get("/admin/audit/export?whom=ana%40example.com&format=jsonl").await.expect(200).text;
    let mut kinds: Vec<_> = lines
        .lines()
        .map(|line| {
            serde_json::from_str::<serde_json::Value>(line).unwrap()["kind"].as_str().unwrap().to_owned()
        })
        .collect();
    kinds.sort_unstable();
    assert_eq!(kinds, ["registered", "sign_in_failed", "signed_in"]);
    assert_eq!(app.digest().await, before);
    ana.get("/admin/audit/export").await.expect(403);
    let stranger = app.browser().get("/admin/audit/export").await.expect(303);
    assert_eq!(stranger.location(), Some("/login?next=/admin/audit"));
    app.world.clock.advance(Duration::minutes(11));
    let old = root.get("/admin/audit/export").await.expect(303);
    assert_eq!(old.location(), Some("/confirm?next=/admin/audit"));
    let filtered = root.get("/admin/audit/export?kind=signed_in&format=csv").await.expect(303);
    assert_eq!(filtered.location(), Some("/confirm?next=/admin/audit?kind=signed_in%26format=csv"));
    let right = [("form[current_password]", PASSWORD), ("form[next]", "/admin/audit")];
    root.post("/fn/confirm", &right).await.expect(303);
    root.get("/admin/audit/export").await.expect(200);
}

/// The trail holds ids; whom they are is looked up for the page, as long as the account is there.
#[sqlx::test(migrator = "store::MIGRATOR")]
async fn whoever_is_still_there_is_named_by_the_address(pool: PgPool) {
    let app = App::new(pool);
    let (mut root, _) = (app.admin("root").await, app.member("ana").await);
    let [ana, admin] = [id(&app, "ana").await, id(&app, "root").await];
    let named = |id: &str, label: &str| {
        format!("<a href=\"/admin/users/{id}\" title=\"{id}\"><bdi>{label}</bdi></a>")
    };
    send(&mut root, &format!("/admin/users/{ana}"), ACT, "end-sessions", &[]).await.expect(303);
    let trail = "/admin/audit?kind=sessions_ended";
    let page = root.get(trail).await.expect(200).text.replace("<!>", "");
    assert!(page.contains(&named(&ana, "ana@example.com")), "{page}");
    assert!(page.contains(&named(&admin, "root@example.com")), "{page}");
    let page = root.get(&format!("/admin/users/{ana}")).await.expect(200).text.replace("<!>", "");
    assert!(page.contains(&named(&admin, "root@example.com")), "{page}");
    let file = root.get("/admin/audit/export?kind=sessions_ended&format=csv").await.expect(200).text;
    assert!(file.contains(&ana) && file.contains(&admin) && !file.contains("@example.com"), "{file}");

    app.world.execute("DELETE FROM users WHERE email = 'ana@example.com'").await;
    let page = root.get(trail).await.expect(200).text.replace("<!>", "");
    assert!(page.contains(&named(&ana, &ana)) && page.contains(&named(&admin, "root@example.com")), "{page}");
}
