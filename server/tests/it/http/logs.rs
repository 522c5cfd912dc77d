//! Promise P24: no secret reaches the log, at any level.

use crate::app::App;
use crate::log;
use sqlx::PgPool;

#[sqlx::test(migrator = "store::MIGRATOR")]
async fn secrets_never_reach_the_log(pool: PgPool) {
    log::catch();
    let app = App::new(pool);
    let (old, new, wrong) =
        ("canary one under the stairs", "canary two over the water", "canary three by the wall");
    let mut ana = app.browser();
    ana.call("/fn/register", &[("form[email]", "ana@example.com"), ("form[password]", old)])
        .await
        .expect(200);
    let mut tokens = vec![ana.cookies["session-token"].clone()];
    ana.get("/account?token=canary-query").await.expect(200);
    ana.call("/fn/profile/save", &[("form[bio]", "canary biography")]).await.expect(200);
    let change = [("form[current_password]", old), ("form[new_password]", new)];
    ana.call("/fn/password/change", &change).await.expect(200);
    tokens.push(ana.cookies["session-token"].clone());
    let failed = [("form[identifier]", "ana@example.com"), ("form[password]", wrong)];
    app.browser().post("/fn/login", &failed).await.expect(303);
    app.browser().post("/fn/register", &[("form[email]", "x"), ("form[password]", wrong)]).await.expect(303);
    let report = r#"{"csp-report":{"blocked-uri":"https://a.example/?canary-report"}}"#;
    ana.post_raw("/csp-report", "*/*", "application/csp-report", report).await.expect(204);
    app.world.execute("ALTER TABLE users RENAME TO gone").await;
    app.browser().call("/fn/login", &failed).await.expect(500);

    let text = log::caught();
    assert!(text.contains("\"answered\"") && text.contains("/fn/login"), "the log is really caught");
    assert!(text.contains("content security policy") && text.contains("request failed"));
    assert!(!text.contains("canary"), "{}", text.lines().find(|line| line.contains("canary")).unwrap());
    for token in tokens {
        let signature = token.rsplit('.').next().unwrap();
        assert!(!text.contains(signature), "a session token");
    }
}
