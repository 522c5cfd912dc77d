//! A browser that its owner trusts.

use super::{EMAIL, SECOND_STEP, SIGN_IN, between, enrolled, first_step, recovery};
use crate::app::App;
use accounts::Clock;
use sqlx::PgPool;
use testkit::{PASSWORD, totp_code};

#[sqlx::test(migrator = "store::MIGRATOR")]
async fn a_trusted_browser_takes_the_password_alone(pool: PgPool) {
    let app = App::new(pool);
    let (mut ana, secret, recovery_codes) = enrolled(&app).await;
    ana.post("/fn/logout", &[]).await.expect(303);
    let (mut browser, _) = first_step(&app, "").await;
    let page = browser.get(SECOND_STEP).await.expect(200).text;
    assert!(
        page.contains("name=\"form[trust]\"") && page.contains("Trust this browser for 30 days"),
        "{page}"
    );
    let ticked = |page: &str| between(page, "id=\"trust\"", ">").contains("checked");
    assert!(!ticked(&page), "{page}");
    let other = browser.get("/login/factor?method=recovery_code").await.expect(200).text;
    assert!(!other.contains("form[trust]"), "{other}");
    let code = totp_code(&secret, app.world.clock.now());
    let trusting = [("form[method]", "totp"), ("form[code]", code.as_str()), ("form[trust]", "on")];
    let mut late = trusting;
    late[1].1 = "000000";
    let refused = browser.post_and_follow(SIGN_IN, &late).await.expect(200).text;
    assert!(ticked(&refused), "what was ticked stays so: {refused}");
    browser.post(SIGN_IN, &trusting).await.expect(303);
    let page = browser.get("/account/security").await.expect(200).text;
    assert!(page.contains("Signs in by the password alone until"), "{page}");
    browser.post("/fn/logout", &[]).await.expect(303);
    let fields = [EMAIL, ("form[password]", PASSWORD)];
    for _ in 0..2 {
        assert_eq!(browser.post("/fn/login", &fields).await.expect(303).location(), Some("/account"));
        browser.post("/fn/logout", &[]).await.expect(303);
    }
    let (mut other, answer) = first_step(&app, "").await;
    assert_eq!(answer.location(), Some(SECOND_STEP), "no other browser");
    other.post(SIGN_IN, &recovery(&recovery_codes[0])).await.expect(303);
    let asked = browser.post("/fn/login", &fields).await.expect(303);
    assert_eq!(asked.location(), Some(SECOND_STEP), "a recovery code was used");
}
