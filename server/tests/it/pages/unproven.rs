//! `REQUIRE_VERIFIED`: members' pages say how to prove the address, and show nothing else until it is proven.

use super::functions::{EXPECTED, member_fields};
use crate::app::App;
use sqlx::PgPool;
use testkit::{PASSWORD, World, link_token};

const HOW: &str = "You can go on once we know that your address is yours.";
const RESEND: &str = "/fn/verify/resend";
const CHANGE: &str = "/fn/email/change";
const NEW: &str = "ana@new.example";

fn strict(pool: PgPool) -> App {
    App::with(World::with(pool, |settings| settings.require_verified = true), |_| ())
}

#[sqlx::test(migrator = "store::MIGRATOR")]
async fn members_pages_say_how_to_prove_the_address_and_nothing_else(pool: PgPool) {
    let app = strict(pool);
    let mut ana = app.member("ana").await;
    let mails = app.world.mail().await;
    for path in ["/account", "/account/security", "/account/activity"] {
        let page = ana.get(path).await.expect(200).text;
        for shown in [HOW, "ana@example.com", RESEND, CHANGE, "href=\"/verify\"", "/fn/logout"] {
            assert!(page.contains(shown), "{path}: {shown}: {page}");
        }
        assert!(
            !page.contains("/fn/profile/save") && !page.contains("/fn/password/change"),
            "{path}: {page}"
        );
    }
    let page = ana.post_and_follow(RESEND, &[("form[email]", "ana@example.com")]).await.expect(200);
    assert!(page.text.contains("on its way.") && page.text.contains(HOW), "{}", page.text);
    let answer =
        ana.post("/fn/verify", &[("form[token]", &link_token(&mails[0], "verify"))]).await.expect(303);
    let page = ana.get(answer.location().unwrap()).await.expect(200).text;
    assert!(page.contains("Your email is confirmed.") && page.contains("/fn/profile/save"), "{page}");
    assert!(!page.contains(HOW), "{page}");
}

#[sqlx::test(migrator = "store::MIGRATOR")]
async fn a_mistyped_address_is_changed_without_scripts(pool: PgPool) {
    let app = strict(pool);
    let mut ana = app.member("ana").await;
    app.world.mail().await;
    let to = |password| [("form[email]", NEW), ("form[password]", password)];
    let page = ana.post_and_follow(CHANGE, &to("wrong")).await.expect(200);
    assert!(page.text.contains("id=\"password-error\"") && page.text.contains(NEW), "{}", page.text);
    let page = ana.post_and_follow(CHANGE, &to(PASSWORD)).await.expect(200);
    assert!(
        page.text.contains("We sent a link to the new address.") && page.text.contains(HOW),
        "{}",
        page.text
    );
    let mails = app.world.mail().await;
    let token = link_token(mails.iter().find(|mail| mail.to == NEW).unwrap(), "verify");
    ana.post("/fn/verify", &[("form[token]", &token)]).await.expect(303);
    let page = ana.get("/account").await.expect(200).text;
    assert!(page.contains(NEW) && page.contains("/fn/profile/save"), "{page}");
}

/// Neither a form that was sent after the session had ended, nor one that was refused.
#[sqlx::test(migrator = "store::MIGRATOR")]
async fn a_profile_that_was_typed_is_kept_until_its_form_is_shown(pool: PgPool) {
    let app = strict(pool);
    let mut ana = app.member("ana").await;
    let proven = "UPDATE users SET email_verified = true";
    let unproven = "UPDATE users SET email_verified = false";
    app.world.execute(proven).await;
    let hidden = ana.hidden_fields("/fn/profile/save").await;
    let refused = [("form[username]", "a@b.c"), ("form[bio]", "Refused, not lost.")];
    ana.post_as(&hidden, "/fn/profile/save", &refused).await.expect(303);
    app.world.execute(unproven).await;
    let page = ana.get("/account").await.expect(200);
    assert!(page.text.contains(HOW) && page.set_cookie("flash").is_none(), "{}", page.text);
    app.world.execute(proven).await;
    assert!(ana.get("/account").await.expect(200).text.contains("Refused, not lost."));

    app.world.execute("UPDATE sessions SET ended_at = now()").await;
    ana.post_as(&hidden, "/fn/profile/save", &[("form[bio]", "Unsent, not lost.")]).await.expect(303);
    app.world.execute(unproven).await;
    let again =
        [("form[identifier]", "ana@example.com"), ("form[password]", PASSWORD), ("form[next]", "/account")];
    let page = ana.post_and_follow("/fn/login", &again).await.expect(200);
    assert!(page.text.contains(HOW) && page.set_cookie("unsent").is_none(), "{}", page.text);
    app.world.execute(proven).await;
    assert!(ana.get("/account").await.expect(200).text.contains("Unsent, not lost."));
    assert!(!ana.get("/account").await.expect(200).text.contains("Unsent, not lost."), "shown once");
}

#[sqlx::test(migrator = "store::MIGRATOR")]
async fn each_function_for_members_waits_unless_it_leads_to_the_proof(pool: PgPool) {
    let app = strict(pool);
    let mut ana = app.member("ana").await;
    let hidden = ana.hidden_fields(CHANGE).await;
    let users = app.users().await;
    // Whoever has signed out is a stranger from then on.
    let (last, calls): (Vec<_>, Vec<_>) =
        EXPECTED.iter().copied().partition(|(path, ..)| *path == "/fn/logout");
    for (path, _, status) in calls.into_iter().chain(last) {
        let fields = member_fields(path);
        let answer = ana.call_as(&hidden, path, fields).await.expect(status);
        if status == 403 {
            assert_eq!(answer.code(), "email_unverified", "{path}");
            let page = ana.post_as(&hidden, path, fields).await.expect(403).text;
            assert!(page.contains("Confirm your email first"), "{path}: {page}");
        }
    }
    assert_eq!(app.users().await, users);
}
