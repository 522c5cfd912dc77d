//! The pages of admins, without scripts: what they show, whom they admit, and what their forms do.

use crate::actors::{Answer, Browser};
use crate::app::App;
use sqlx::PgPool;
use testkit::PASSWORD;
use time::Duration;

pub const ACT: &str = "/fn/admin/act";
const CONFIRMED: &str = "/fn/admin/confirmed";

pub async fn id(app: &App, name: &str) -> String {
    let sql = "SELECT id::text FROM users WHERE email_canonical = $1";
    sqlx::query_scalar(sql).bind(format!("{name}@example.com")).fetch_one(&app.world.pool).await.unwrap()
}

/// Sends the form of `function` that stands on the page at `path`, whose hidden field says `act`, as it stands there.
pub async fn send(
    browser: &mut Browser,
    path: &str,
    function: &str,
    act: &str,
    more: &[(&str, &str)],
) -> Answer {
    let page = browser.get(path).await.expect(200).text;
    let forms = page.split(&format!("action=\"{function}\"")).skip(1).map(str::to_owned).collect::<Vec<_>>();
    let form = forms.iter().map(|form| form.split("</form>").next().unwrap());
    let form = form.into_iter().find(|form| act.is_empty() || form.contains(&format!("value=\"{act}\"")));
    let form = form.unwrap_or_else(|| panic!("{function} {act} on {path}: {page}"));
    let hidden = form.split("<input type=\"hidden\" name=\"").skip(1).map(|field| {
        let (name, rest) = field.split_once("\" value=\"").unwrap();
        (name, rest.split('"').next().unwrap())
    });
    let fields: Vec<_> = hidden.chain(more.iter().copied()).collect();
    let body = serde_urlencoded::to_string(fields).unwrap();
    browser.post_raw(function, "text/html", "application/x-www-form-urlencoded", body).await
}

async fn follow(browser: &mut Browser, answer: Answer) -> String {
    let to = answer.expect(303).location().unwrap().to_owned();
    browser.get(&to).await.expect(200).text.replace("<!>", "")
}

#[sqlx::test(migrator = "store::MIGRATOR")]
async fn everybody_is_listed_found_and_shown(pool: PgPool) {
    let app = App::new(pool);
    let mut root = app.admin("root").await;
    app.member("ana").await;
    app.member("eve").await;
    let page = root.get("/admin/users").await.expect(200).text;
    for email in ["root@example.com", "ana@example.com", "eve@example.com"] {
        assert!(page.contains(email), "{email}: {page}");
    }
    let found = root.get("/admin/users?q=AN&role=user&is_active=true&utm_source=x").await.expect(200).text;
    let body = found.split("<tbody").nth(1).unwrap();
    assert!(body.contains("ana@example.com") && !body.contains("eve@example.com"), "{found}");
    assert!(found.contains("value=\"AN\""), "what is asked for stands in the form: {found}");
    let sorted = root.get("/admin/users?sort=-email&email_verified=false").await.expect(200).text;
    let place =
        |email: &str| sorted.find(&format!(">{email}<")).unwrap_or_else(|| panic!("{email}: {sorted}"));
    assert!(place("eve@example.com") < place("ana@example.com"), "{sorted}");
    for chosen in ["value=\"-email\" selected", "value=\"false\" selected"] {
        assert!(sorted.contains(chosen), "{chosen}: {sorted}");
    }
    let proven = root.get("/admin/users?email_verified=true").await.expect(200).text;
    assert!(!proven.contains("ana@example.com"), "{proven}");
    assert!(root.get("/admin/users?q=nobody").await.expect(200).text.contains("No account fits"));

    let ana = id(&app, "ana").await;
    let shown = root.get(&format!("/admin/users/{ana}")).await.expect(200).text.replace("<!>", "");
    for part in
        [ana.as_str(), "ana@example.com", "Not confirmed", "Open sessions", "Account created", "Signed in"]
    {
        assert!(shown.contains(part), "{part}: {shown}");
    }
    let nobody = "/admin/users/019aa5a4-0000-7000-8000-000000000000";
    for path in
        [nobody, "/admin/users/x", &format!("/admin/users/{ana}/sing"), &format!("/admin/users/{ana}/verify")]
    {
        root.get(path).await.expect(404);
    }
}

#[sqlx::test(migrator = "store::MIGRATOR")]
async fn a_list_that_is_asked_for_in_a_broken_way_is_not_shown(pool: PgPool) {
    let app = App::new(pool);
    let mut root = app.admin("root").await;
    for page in ["/admin/users", "/admin/audit", "/admin/invitations"] {
        for query in ["cursor=x", "cursor=%FF", "cursor=&cursor="] {
            let broken = root.get(&format!("{page}?{query}")).await.expect(200).text;
            assert!(broken.contains("This link is incomplete") && !broken.contains("<tbody"), "{broken}");
        }
    }
    // Whoever asked for some is not shown everybody.
    for query in ["role=admin&role=user", "q=%FF"] {
        let broken = root.get(&format!("/admin/users?{query}")).await.expect(200).text;
        assert!(broken.contains("This link is incomplete") && !broken.contains("<tbody"), "{broken}");
    }
    root.get("/admin/audit/export?kind=signed_in&kind=signed_out").await.expect(422);
}

#[sqlx::test(migrator = "store::MIGRATOR")]
async fn a_list_tells_the_disabled_from_those_who_close(pool: PgPool) {
    let app = App::new(pool);
    let mut root = app.admin("root").await;
    app.member("ana").await;
    app.member("eve").await;
    app.world.execute("UPDATE users SET is_active = false WHERE email_canonical = 'eve@example.com'").await;
    let closing = "UPDATE users SET is_active = false, closes_at = '2040-01-01T00:00:00Z' WHERE email_canonical = 'ana@example.com'";
    app.world.execute(closing).await;
    for (name, state) in [("ana", "Deleted by its owner"), ("eve", "Disabled"), ("root", "Active")] {
        let found = root.get(&format!("/admin/users?q={name}@")).await.expect(200).text;
        assert!(found.split("<tbody").nth(1).unwrap().contains(state), "{name}: {found}");
    }
}

/// Whoever reads what others wrote meets text.
#[sqlx::test(migrator = "store::MIGRATOR")]
async fn what_people_write_is_no_markup(pool: PgPool) {
    let app = App::new(pool);
    let mut root = app.admin("root").await;
    app.member("ana").await;
    app.world
        .execute(
            "UPDATE users SET name = '</title><script>alert(1)</script>', is_active = false,
        disabled_reason = '</dd><img src=x onerror=alert(1)>' WHERE email_canonical = 'ana@example.com'",
        )
        .await;
    let ana = id(&app, "ana").await;
    for path in
        ["/admin/users?q=ana".to_owned(), format!("/admin/users/{ana}"), format!("/admin/users/{ana}/delete")]
    {
        let page = root.get(&path).await.expect(200).text;
        assert!(!page.contains("<script>alert") && !page.contains("<img src=x"), "{path}: {page}");
        assert!(page.contains("&lt;script&gt;alert(1)"), "{path}: {page}");
    }
    let typed = "%3C/textarea%3E%3Cscript%3Ealert(1)%3C/script%3E";
    let page = root.get(&format!("/admin/users?q={typed}")).await.expect(200).text;
    assert!(!page.contains("<script>alert"), "{page}");
}

#[sqlx::test(migrator = "store::MIGRATOR")]
async fn an_account_is_disabled_with_a_reason_that_its_owner_reads(pool: PgPool) {
    let app = App::new(pool);
    let (mut root, mut ana) = (app.admin("root").await, app.member("ana").await);
    let page = format!("/admin/users/{}/disable", id(&app, "ana").await);
    let asked = root.get(&page).await.expect(200).text;
    assert!(asked.contains("Disable this account?") && asked.contains("ana@example.com"), "{asked}");
    assert_eq!(asked.matches("Disable account").count(), 1, "the button alone: the heading has said it");
    ana.get("/account").await.expect(200);
    let answer = send(&mut root, &page, CONFIRMED, "disable", &[("form[reason]", " ")]).await;
    assert!(follow(&mut root, answer).await.contains("Say why."));
    let answer = send(&mut root, &page, CONFIRMED, "disable", &[("form[reason]", "Spam & worse")]).await;
    let done = follow(&mut root, answer).await;
    assert!(done.contains("The account is disabled") && done.contains("Spam &amp; worse"), "{done}");
    assert!(!root.get(&page.replace("/disable", "")).await.text.contains("The account is disabled,"), "once");
    ana.get("/account").await.expect(303);

    let mut browser = app.browser();
    let sign_in = |password| [("form[identifier]", "ana@example.com"), ("form[password]", password)];
    let guessed = browser.post_and_follow("/fn/login", &sign_in("wrong")).await.expect(200).text;
    assert!(!guessed.contains("Spam") && guessed.contains("Incorrect email"), "{guessed}");
    let told = browser.post_and_follow("/fn/login", &sign_in(PASSWORD)).await.expect(200).text;
    assert!(told.contains("Your account is disabled") && told.contains("Spam &amp; worse"), "{told}");
    let mut program = app.program();
    let login = serde_json::json!({ "email": "ana@example.com", "password": PASSWORD });
    let refused = program.post("/api/v1/auth/login", login).await.expect(401);
    assert_eq!(refused.code(), "wrong_credentials");
    program.token = None;

    let account = page.replace("/disable", "");
    let answer = send(&mut root, &account, ACT, "enable", &[]).await;
    assert!(follow(&mut root, answer).await.contains("The account works again."));
    browser.post("/fn/login", &sign_in(PASSWORD)).await.expect(303);
}

#[sqlx::test(migrator = "store::MIGRATOR")]
async fn an_old_sign_in_is_confirmed_and_the_act_goes_on(pool: PgPool) {
    let app = App::new(pool);
    let (mut root, _) = (app.admin("root").await, app.member("ana").await);
    let account = format!("/admin/users/{}", id(&app, "ana").await);
    let mut early = root.clone();
    app.world.clock.advance(Duration::minutes(11));
    let confirm = format!("/confirm?next={account}/disable");
    let asked = root.get(&format!("{account}/disable")).await.expect(303);
    assert_eq!(asked.location(), Some(confirm.as_str()), "before anything is typed");
    let answer = send(&mut early, &account, ACT, "verify", &[]).await.expect(303);
    assert_eq!(answer.location(), Some(&*format!("/confirm?next={account}")));
    let ended = send(&mut root, &account, ACT, "end-sessions", &[]).await;
    assert!(follow(&mut root, ended).await.contains("signed out everywhere"), "ending sessions never asks");
    let right = [("form[current_password]", PASSWORD), ("form[next]", account.as_str())];
    let page = early.post_and_follow("/fn/confirm", &right).await.expect(200).text;
    assert!(page.contains("Nothing was changed yet."), "{page}");
    let verified = "SELECT count(*) FROM users WHERE email_verified";
    assert_eq!(app.world.count(verified).await, 0);
    let answer = send(&mut early, &account, ACT, "verify", &[]).await;
    assert!(follow(&mut early, answer).await.contains("counts as confirmed"));
    assert_eq!(app.world.count(verified).await, 1);
}

#[sqlx::test(migrator = "store::MIGRATOR")]
async fn what_locks_oneself_out_is_not_even_asked(pool: PgPool) {
    let app = App::new(pool);
    let mut root = app.admin("root").await;
    app.admin("other").await;
    let account = format!("/admin/users/{}", id(&app, "root").await);
    let page = root.get(&account).await.expect(200).text;
    assert!(page.contains("This is your own account") && !page.contains("/delete\""), "{page}");
    for act in ["demote", "disable", "delete"] {
        let refused = root.get(&format!("{account}/{act}")).await.expect(409).text;
        assert!(refused.contains("lock you out"), "{act}: {refused}");
    }
}

#[sqlx::test(migrator = "store::MIGRATOR")]
async fn a_member_s_post_does_nothing(pool: PgPool) {
    let app = App::new(pool);
    let (mut root, mut eve) = (app.admin("root").await, app.member("eve").await);
    let (own, other) = (id(&app, "eve").await, id(&app, "root").await);
    let before = app.users().await;
    for function in [ACT, CONFIRMED, "/fn/admin/link"] {
        let fields = [("account", own.as_str()), ("form[user]", &own), ("form[act]", "promote")];
        eve.call(function, &fields).await.expect(403);
        // The admin's browser, by a form that was shown to somebody else.
        let refused = root.call(function, &fields).await.expect(409);
        assert_eq!(refused.code(), "other_account");
        let fields = [("form[user]", other.as_str()), ("form[act]", "promote")];
        assert_eq!(
            root.call(function, &fields).await.expect(409).code(),
            "other_account",
            "no account at all"
        );
    }
    // What is asked for twice is not done by the form that asks once.
    let fields = [("account", other.as_str()), ("form[user]", &own), ("form[act]", "delete")];
    for function in [ACT, "/fn/admin/link"] {
        root.call(function, &fields).await.expect(422);
    }
    let invite = [("account", own.as_str()), ("form[email]", "x@example.com"), ("form[role]", "admin")];
    eve.call("/fn/admin/invite", &invite).await.expect(403);
    let revoke = [("account", own.as_str()), ("form[invitation]", own.as_str())];
    eve.call("/fn/admin/invitations/revoke", &revoke).await.expect(403);
    assert_eq!(app.users().await, before);
}

#[sqlx::test(migrator = "store::MIGRATOR")]
async fn roles_links_and_deletions_go_through_their_pages(pool: PgPool) {
    let app = App::new(pool);
    let (mut root, mut ana) = (app.admin("root").await, app.member("ana").await);
    let account = format!("/admin/users/{}", id(&app, "ana").await);
    let answer = send(&mut root, &format!("{account}/promote"), CONFIRMED, "promote", &[]).await;
    assert!(follow(&mut root, answer).await.contains("admin now"));
    ana.get("/account").await.expect(303);
    let answer = send(&mut root, &format!("{account}/demote"), CONFIRMED, "demote", &[]).await;
    assert!(follow(&mut root, answer).await.contains("member now"));

    let answer = send(&mut root, &format!("{account}/make-reset"), "/fn/admin/link", "make-reset", &[]).await;
    let page = follow(&mut root, answer).await;
    assert!(page.contains("/reset#") && page.contains("It is shown once, and works until "), "{page}");
    assert!(!root.get(&account).await.expect(200).text.contains("/reset#"), "once");

    let stale = root.get(&format!("{account}/delete")).await.expect(200).text;
    let version = stale.split("name=\"version\" value=\"").nth(1).unwrap().split('"').next().unwrap();
    app.world.execute("UPDATE users SET bio = 'changed' WHERE email_canonical = 'ana@example.com'").await;
    let (own, user) = (id(&app, "root").await, id(&app, "ana").await);
    let fields =
        [("account", own.as_str()), ("version", version), ("form[user]", &user), ("form[act]", "delete")];
    let refused = root.call(CONFIRMED, &fields).await.expect(409);
    assert_eq!(refused.code(), "changed_meanwhile");
    let answer = send(&mut root, &format!("{account}/delete"), CONFIRMED, "delete", &[]).await.expect(303);
    assert_eq!(answer.location(), Some("/admin/users"));
    assert!(follow(&mut root, answer).await.contains("The account was deleted."));
    root.get(&account).await.expect(404);
}

#[sqlx::test(migrator = "store::MIGRATOR")]
async fn somebody_is_invited_and_the_invitation_is_taken_back(pool: PgPool) {
    let app = App::new(pool);
    let mut root = app.admin("root").await;
    let (new, list) = ("/admin/users/new", "/admin/invitations");
    assert!(root.get(list).await.expect(200).text.contains("Open invitations appear here."));
    let invite = |email| [("form[email]", email), ("form[role]", "admin")];
    let answer = send(&mut root, new, "/fn/admin/invite", "", &invite("nobody")).await;
    let page = follow(&mut root, answer).await;
    assert!(page.contains("Enter an email address") && page.contains("value=\"nobody\""), "{page}");
    let answer = send(&mut root, new, "/fn/admin/invite", "", &invite("new@example.com")).await.expect(303);
    assert_eq!(answer.location(), Some(list));
    let page = follow(&mut root, answer).await;
    assert!(page.contains("new@example.com") && page.contains("on its way"), "{page}");
    let answer = send(&mut root, list, "/fn/admin/invitations/revoke", "", &[]).await;
    let page = follow(&mut root, answer).await;
    assert!(page.contains("The invitation was taken back.") && !page.contains("new@example.com"), "{page}");
}
