//! `REQUIRE_FACTOR`: pages lead to where a second factor is set up, and open once it is.

use super::functions::{self, ID, member_fields};
use super::guards;
use crate::actors::Browser;
use crate::app::App;
use accounts::{Clock, RequireFactor};
use sqlx::PgPool;
use testkit::{PASSWORD, World, totp_code};

const FACTORS: &str = "/account/factors";
const OPEN: &[&str] = &[FACTORS, "/account/leave", "/confirm"];
/// Of those that wait for the proof of an address.
const ENROLS: &[&str] = &["/fn/factors/totp/begin", "/fn/factors/totp/confirm", "/fn/factors/passkeys/add"];

fn strict(pool: PgPool) -> App {
    App::with(World::with(pool, |settings| settings.require_factor = RequireFactor::Admins), |_| ())
}

#[sqlx::test(migrator = "store::MIGRATOR")]
async fn every_page_and_function_waits_for_the_second_factor_or_leads_to_it(pool: PgPool) {
    let app = strict(pool);
    let mut root = app.admin("root").await;
    let mut closed = 0;
    for (path, [stranger, ..]) in guards::EXPECTED {
        let path = path.replace("{user}", ID).replace("{act}", "delete");
        if *stranger != 303 {
            continue;
        }
        if OPEN.contains(&path.as_str()) {
            root.get(&path).await.expect(200);
        } else {
            assert_eq!(root.get(&path).await.expect(303).location(), Some(FACTORS), "{path}");
            closed += 1;
        }
    }
    assert!(closed > 7, "{closed}");
    assert_eq!(root.get("/account/export").await.expect(303).location(), Some(FACTORS));
    let hidden = root.hidden_fields("/fn/factors/totp/begin").await;
    let users = app.users().await;
    for (path, _, unproven) in functions::EXPECTED {
        let of_address = ["/fn/email/load", "/fn/email/change", "/fn/email/cancel"].contains(path);
        if (*unproven != 403 && !of_address) || ENROLS.contains(path) {
            continue;
        }
        let answer = root.call_as(&hidden, path, member_fields(path)).await.expect(403);
        assert_eq!(answer.code(), "factor_required", "{path}");
    }
    assert_eq!(app.users().await, users);
}

/// Sets an app up on its page, and answers what the page says then.
async fn set_up(app: &App, root: &mut Browser) -> String {
    let page = root.post_and_follow("/fn/factors/totp/begin", &[]).await.expect(200).text;
    let secret = page.split("class=\"key\">").nth(1).unwrap().split("</p>").next().unwrap();
    let secret = secret.replace("<!>", "").replace(' ', "");
    let code = totp_code(&secret, app.world.clock.now());
    root.post_and_follow("/fn/factors/totp/confirm", &[("form[code]", &code)]).await.expect(200).text
}

#[sqlx::test(migrator = "store::MIGRATOR")]
async fn a_sign_in_leads_to_the_second_factor_and_on_from_there(pool: PgPool) {
    let app = strict(pool);
    app.admin("root").await;
    let mut root = app.browser();
    let fields = [
        ("form[identifier]", "root@example.com"),
        ("form[password]", PASSWORD),
        ("form[next]", "/account/security"),
    ];
    let page = root.post_and_follow("/fn/login", &fields).await.expect(200).text;
    assert!(page.contains("Your account must have two-step sign-in."), "{page}");
    let page = set_up(&app, &mut root).await;
    assert!(!page.contains("Your account must have") && page.contains("Two-step sign-in is on"), "{page}");
    assert!(!page.contains("/fn/factors/totp/remove"), "the last one stays: {page}");
    root.get("/admin/users").await.expect(200);
    let hidden = root.hidden_fields("/fn/logout").await;
    let answer = root.post_as(&hidden, "/fn/factors/totp/remove", &[]).await.expect(303);
    assert_eq!(answer.location(), Some(FACTORS));
    let kept = root.get(FACTORS).await.text;
    assert!(kept.contains("Your account must have a second step"), "{kept}");
    root.get("/admin/users").await.expect(200);
    // Members need none here.
    app.member("ana").await.get("/account").await.expect(200);
}

/// The setting was turned on while somebody typed.
#[sqlx::test(migrator = "store::MIGRATOR")]
async fn what_was_typed_waits_for_the_second_factor(pool: PgPool) {
    let app = strict(pool);
    let mut root = app.member("root").await;
    let hidden = root.hidden_fields("/fn/profile/save").await;
    app.world.execute("UPDATE users SET role = 'admin'").await;
    let answer =
        root.post_as(&hidden, "/fn/profile/save", &[("form[bio]", "Typed with care")]).await.expect(303);
    assert_eq!(answer.location(), Some(FACTORS));
    set_up(&app, &mut root).await;
    let page = root.get("/account").await.expect(200).text;
    assert!(page.contains("Typed with care") && page.contains("send the form again"), "{page}");
}
