//! Forms without WebAssembly: a redirect to the form's own page, which says once what happened and
//! shows again what was typed.

use super::{admin, two_step};
use crate::actors::Browser;
use crate::app::App;
use app::forms::{FORMS, FormPage, SECOND_STEP};
use app::routes::{Guard, every_page};
use sqlx::PgPool;
use testkit::{PASSWORD, World};

#[sqlx::test(migrator = "store::MIGRATOR")]
async fn a_refused_sign_up_keeps_what_was_typed_but_no_password(pool: PgPool) {
    let app = App::new(pool);
    let mut bob = app.browser();
    let fields = [
        ("form[name]", "Bob <b>"),
        ("form[email]", "bob@example.com"),
        ("form[password]", "canary1"),
        ("form[next]", "/account/security"),
    ];
    let answer = bob.post("/fn/register", &fields).await.expect(303);
    assert_eq!(answer.location(), Some("/register?next=/account/security"));
    let flash = answer.set_cookie("flash").unwrap();
    assert!(flash.ends_with("; Max-Age=60; Path=/; HttpOnly; SameSite=Lax"), "{flash}");
    assert!(!answer.text.contains("canary1"));

    let page = bob.get("/register?next=/account/security").await.expect(200);
    assert!(page.text.contains("value=\"Bob &lt;b&gt;\"") && page.text.contains("value=\"bob@example.com\""));
    assert!(page.text.contains("id=\"password-error\"") && page.text.contains("Use at least 8 characters."));
    assert!(page.text.contains("name=\"form[next]\" value=\"/account/security\""));
    assert!(!page.text.contains("canary1"));

    let again = bob.get("/register").await.expect(200);
    assert!(!again.text.contains("password-error") && !again.text.contains("bob@example.com"), "once");
}

#[sqlx::test(migrator = "store::MIGRATOR")]
async fn a_flash_waits_for_its_own_page(pool: PgPool) {
    let app = App::new(pool);
    let mut bob = app.browser();
    bob.post("/fn/login", &[("form[identifier]", "bob"), ("form[password]", "x")]).await.expect(303);
    for path in ["/", "/register", "/nothing", "/favicon.svg"] {
        let answer = bob.get(path).await;
        assert!(answer.set_cookie("flash").is_none() && !answer.text.contains("Incorrect email"), "{path}");
    }
    let page = bob.get("/login").await.expect(200);
    assert!(page.text.contains("Incorrect email, username or password."));
    assert!(page.text.contains("value=\"bob\""));
}

#[sqlx::test(migrator = "store::MIGRATOR")]
async fn the_whole_way_without_scripts(pool: PgPool) {
    let app = App::new(pool);
    let mut ana = app.browser();
    let sign_up = [("form[name]", "Ana"), ("form[email]", "ana@example.com"), ("form[password]", PASSWORD)];
    let page = ana.post_and_follow("/fn/register", &sign_up).await.expect(200);
    assert!(page.text.contains("Your profile"));

    let page = ana.post_and_follow("/fn/profile/save", &[("form[bio]", "Likes doors.")]).await.expect(200);
    assert!(page.text.contains("Profile saved.") && page.text.contains("Likes doors."));
    assert!(!ana.get("/account").await.expect(200).text.contains("Profile saved."), "once");

    let new = "a lantern over quiet water";
    let fields = [("form[current_password]", PASSWORD), ("form[new_password]", new)];
    let page = ana.post_and_follow("/fn/password/change", &fields).await.expect(200);
    assert!(page.text.contains("Password changed. You've been signed out everywhere else."));

    let answer = ana.post("/fn/logout", &[]).await.expect(303);
    assert_eq!(answer.location(), Some("/"));
    assert_eq!(answer.header("clear-site-data"), Some("\"storage\""));
    ana.get("/account").await.expect(303);

    let sign_in =
        [("form[identifier]", "ana@example.com"), ("form[password]", new), ("form[remember]", "on")];
    ana.post_and_follow("/fn/login", &sign_in).await.expect(200);
}

#[sqlx::test(migrator = "store::MIGRATOR")]
async fn an_unreadable_form_goes_back_to_its_page_too(pool: PgPool) {
    let app = App::new(pool);
    let mut ana = app.member("ana").await;
    let answer = ana.post("/fn/profile/save", &[("form[role]", "admin")]).await.expect(303);
    assert_eq!(answer.location(), Some("/account"));
    assert!(ana.get("/account").await.expect(200).text.contains("Nothing was changed. Reload the page"));
}

#[sqlx::test(migrator = "store::MIGRATOR")]
async fn too_large_and_of_a_wrong_kind_are_pages_of_their_status(pool: PgPool) {
    let app = App::new(pool);
    let mut ana = app.member("ana").await;
    let form = "application/x-www-form-urlencoded";
    let large = ana.post_raw("/fn/profile/save", "text/html", form, vec![b'a'; 1 << 20]).await.expect(413);
    assert!(large.is_html() && large.text.contains("Too large") && large.text.contains("href=\"/account\""));
    let strange = ana.post_raw("/fn/profile/save", "text/html", "text/plain", "a").await.expect(415);
    assert!(strange.is_html() && strange.text.contains("Unsupported format"));
}

#[sqlx::test(migrator = "store::MIGRATOR")]
async fn a_made_up_flash_says_nothing(pool: PgPool) {
    let app = App::new(pool);
    for value in ["", "%%%", "bm9uc2Vuc2U", "eyJmdW5jdGlvbiI6Ii9mbi9ub25lIn0", &"A".repeat(5_000)] {
        let mut browser = app.browser().with("cookie", &format!("flash={value}"));
        let page = browser.get("/login").await.expect(200);
        assert!(page.text.contains("Sign in to ") && page.set_cookie("flash").is_none());
    }
}

#[sqlx::test(migrator = "store::MIGRATOR")]
async fn a_session_that_ended_while_typing_loses_no_text(pool: PgPool) {
    let app = App::new(pool);
    let mut browser = app.member("ana").await;
    let hidden = browser.hidden_fields("/fn/profile/save").await;
    app.world.execute("UPDATE sessions SET ended_at = now()").await;
    let fields = [("form[bio]", "Not saved, not lost.")];
    let asked = browser.post_as(&hidden, "/fn/profile/save", &fields).await.expect(303);
    assert_eq!(asked.location(), Some("/account"));
    let asked = browser.get("/account").await.expect(303);
    let page = browser.get(asked.location().unwrap()).await.expect(200);
    assert!(page.text.contains("You were signed out before"), "{}", page.text);
    // A mistyped password on the way costs nothing.
    let wrong =
        [("form[identifier]", "ana@example.com"), ("form[password]", "wrong"), ("form[next]", "/account")];
    let page = browser.post_and_follow("/fn/login", &wrong).await.expect(200);
    assert!(page.text.contains("Incorrect email") && page.text.contains("You were signed out before"));
    let right =
        [("form[identifier]", "ana@example.com"), ("form[password]", PASSWORD), ("form[next]", "/account")];
    let page = browser.post_and_follow("/fn/login", &right).await.expect(200);
    assert!(
        page.text.contains("Not saved, not lost.")
            && page.text.contains("been saved yet. Check them, then save.")
    );
    let page = browser.get("/account").await.expect(200);
    assert!(!page.text.contains("Not saved, not lost."), "shown once");
}

#[sqlx::test(migrator = "store::MIGRATOR")]
async fn nobody_else_sees_what_waits(pool: PgPool) {
    let app = App::new(pool);
    let mut browser = app.member("ana").await;
    let hidden = browser.hidden_fields("/fn/profile/save").await;
    app.world.execute("UPDATE sessions SET ended_at = now()").await;
    browser.post_as(&hidden, "/fn/profile/save", &[("form[bio]", "Ana's own words.")]).await.expect(303);
    let bob = [("form[email]", "bob@example.com"), ("form[password]", PASSWORD), ("form[name]", "Bob")];
    browser.post("/fn/register", &bob).await.expect(303);
    let page = browser.get("/account").await.expect(200);
    assert!(
        !page.text.contains("own words") && !page.text.contains("been saved yet. Check them, then save.")
    );
    assert!(page.set_cookie("unsent").unwrap().starts_with("unsent=; Max-Age=0;"), "and it is gone");
}

#[sqlx::test(migrator = "store::MIGRATOR")]
async fn a_made_up_unsent_form_says_nothing(pool: PgPool) {
    let app = App::new(pool);
    let id = "0".repeat(32);
    for value in ["", "e30", &format!("{id}.e30"), &format!("{id}."), "x.y", ".", "%00.%00"] {
        let mut browser = app.browser().with("cookie", &format!("unsent={value}"));
        let page = browser.get("/login").await.expect(200);
        assert!(!page.text.contains("You were signed out before"), "{value}");
    }
}

#[sqlx::test(migrator = "store::MIGRATOR")]
async fn after_too_many_usernames_what_was_typed_stays(pool: PgPool) {
    let app = App::new(pool);
    let mut ana = app.member("ana").await;
    for n in 0..10 {
        ana.call("/fn/profile/save", &[("form[username]", &format!("ana-{n}"))]).await.expect(200);
    }
    let typed = [("form[username]", "one.more"), ("form[bio]", "Not saved, not lost.")];
    let page = ana.post_and_follow("/fn/profile/save", &typed).await.expect(429);
    assert!(page.text.contains("one.more") && page.text.contains("Not saved, not lost."));
    assert_eq!(page.header("retry-after"), Some("360"));
}

/// Somebody to whom this form's page is open, and who has no call left.
async fn caller(app: &App, form: &FormPage, n: usize) -> Browser {
    let guard = every_page().find(|page| page.path == form.page).map_or(Guard::Open, |page| page.guard);
    let name = format!("caller-{n}");
    let mut browser = match guard {
        Guard::Admins => app.admin(&name).await,
        Guard::SignedIn | Guard::Members => app.member(&name).await,
        Guard::Strangers if form.page == SECOND_STEP => two_step::first_step(app, "").await.0,
        Guard::Strangers | Guard::Open => app.browser(),
    };
    while browser.call("/fn/profile/load", &[]).await.status != 429 {}
    browser
}

#[sqlx::test(migrator = "store::MIGRATOR")]
async fn every_form_that_is_sent_too_often_says_when_to_try_again(pool: PgPool) {
    let app = App::with(World::with(pool, |settings| settings.rate_limit_per_minute = 10), |_| ());
    two_step::enrolled(&app).await;
    let ana = admin::id(&app, "ana").await;
    let mut silent = Vec::new();
    for (n, form) in FORMS.iter().enumerate() {
        let mut browser = caller(&app, form, n).await;
        let act = if form.function == "/fn/admin/link" { "make-reset" } else { "disable" };
        let about = [("form[user]", ana.as_str()), ("form[act]", act)];
        let fields = if form.function.starts_with("/fn/admin/") { &about[..] } else { &[] };
        let answer = browser.post(form.function, fields).await.expect(303);
        let page = browser.get(answer.location().unwrap()).await;
        // Where a program may count it down, the time stands in an element of its own.
        let said = page.text.replace("<!>", "").replace("<span role=\"timer\">", "").replace("</span>", "");
        let told = said.contains("Too many attempts. Try again in 6 seconds");
        if (page.status.as_u16(), page.header("retry-after"), told) != (429, Some("6"), true) {
            println!("{} {}: {said}", form.function, page.status);
            silent.push(form.function);
        }
    }
    assert_eq!(silent, Vec::<&str>::new());
}
