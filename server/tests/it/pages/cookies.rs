//! The session cookie: its name, its attributes, its renewal and its end.

use crate::app::App;
use sqlx::PgPool;
use testkit::PASSWORD;
use time::Duration;

const NAME: &str = "session-token";

fn sign_in<'a>(remember: bool) -> Vec<(&'a str, &'a str)> {
    let mut fields = vec![("form[identifier]", "ana@example.com"), ("form[password]", PASSWORD)];
    fields.extend(remember.then_some(("form[remember]", "on")));
    fields
}

#[sqlx::test(migrator = "store::MIGRATOR")]
async fn over_https_the_cookie_is_bound_to_the_host(pool: PgPool) {
    let app = App::https(pool);
    let mut ana = app.member("ana").await;
    let answer = ana.call("/fn/login", &sign_in(false)).await.expect(200);
    let line = answer.set_cookie("__Host-token").unwrap();
    assert!(line.ends_with("; Path=/; HttpOnly; SameSite=Lax; Secure"), "{line}");
    assert!(!line.contains("Domain") && !line.contains("Max-Age"), "{line}");
    assert_eq!(answer.header("strict-transport-security"), Some("max-age=31536000"));
    assert_eq!(ana.get("/account").await.expect(200).set_cookie(NAME), None);
}

#[sqlx::test(migrator = "store::MIGRATOR")]
async fn on_plain_http_it_has_its_own_name(pool: PgPool) {
    let app = App::new(pool);
    let mut ana = app.member("ana").await;
    let answer = ana.call("/fn/login", &sign_in(false)).await.expect(200);
    let line = answer.set_cookie(NAME).unwrap();
    assert!(line.ends_with("; Path=/; HttpOnly; SameSite=Lax"), "{line}");
    assert_eq!(answer.header("strict-transport-security"), None);
    // The token is in the cookie and nowhere that a script can read.
    let token = line.trim_start_matches("session-token=").split(';').next().unwrap();
    assert!(token.len() > 100 && !answer.text.contains(token));
}

#[sqlx::test(migrator = "store::MIGRATOR")]
async fn keep_me_signed_in_makes_it_last(pool: PgPool) {
    let app = App::new(pool);
    let mut ana = app.member("ana").await;
    let lasting = ana.call("/fn/login", &sign_in(true)).await.expect(200);
    assert!(lasting.set_cookie(NAME).unwrap().contains("; Max-Age=604800;"), "the idle limit, 7 days");
    let passing = ana.call("/fn/login", &sign_in(false)).await.expect(200);
    assert!(!passing.set_cookie(NAME).unwrap().contains("Max-Age"));
}

#[sqlx::test(migrator = "store::MIGRATOR")]
async fn a_living_session_gets_a_fresh_token_once_a_minute(pool: PgPool) {
    let app = App::new(pool);
    let mut ana = app.member("ana").await;
    let first = ana.cookies[NAME].clone();
    assert_eq!(ana.get("/account").await.expect(200).set_cookie(NAME), None, "not at every request");

    app.world.clock.advance(Duration::minutes(40));
    let renewed = ana.get("/account").await.expect(200);
    assert!(renewed.set_cookie(NAME).is_some(), "past its half hour the token still names a living row");
    assert_ne!(ana.cookies[NAME], first);
    assert_eq!(ana.get("/account").await.expect(200).set_cookie(NAME), None);
}

#[sqlx::test(migrator = "store::MIGRATOR")]
async fn files_and_health_read_no_cookie(pool: PgPool) {
    let app = App::new(pool);
    let mut ana = app.member("ana").await;
    app.world.clock.advance(Duration::minutes(40));
    for path in ["/favicon.svg", "/livez", "/readyz"] {
        assert_eq!(ana.get(path).await.expect(200).set_cookie(NAME), None, "{path}");
    }
}

#[sqlx::test(migrator = "store::MIGRATOR")]
async fn signing_out_takes_the_cookie_and_no_renewal_brings_it_back(pool: PgPool) {
    let app = App::new(pool);
    let mut ana = app.member("ana").await;
    let thief = ana.clone();
    // Before the time that makes a renewal due: opening the page would renew the token.
    let form = ana.hidden_fields("/fn/logout").await;
    app.world.clock.advance(Duration::minutes(40));

    let answer = ana.call_as(&form, "/fn/logout", &[]).await.expect(200);
    // Nothing typed stays either. One line for each: a renewed token would be a fifth.
    assert_eq!(answer.headers.get_all("set-cookie").iter().count(), 4);
    for name in [NAME, "flash", "unsent", "signin"] {
        assert!(answer.set_cookie(name).unwrap().starts_with(&format!("{name}=; Max-Age=0;")), "{name}");
    }
    assert_eq!(answer.header("clear-site-data"), Some("\"storage\""));
    thief.clone().get("/account").await.expect(303);
    ana.get("/account").await.expect(303);
}

#[sqlx::test(migrator = "store::MIGRATOR")]
async fn signing_out_twice_or_as_nobody_is_fine(pool: PgPool) {
    let app = App::new(pool);
    app.browser().call("/fn/logout", &[]).await.expect(200);
    let mut ana = app.member("ana").await;
    let again = ana.clone();
    ana.call("/fn/logout", &[]).await.expect(200);
    again.clone().call("/fn/logout", &[]).await.expect(200);
}

#[sqlx::test(migrator = "store::MIGRATOR")]
async fn a_new_password_ends_every_other_session(pool: PgPool) {
    let app = App::new(pool);
    let mut ana = app.member("ana").await;
    let mut phone = app.browser();
    phone.call("/fn/login", &sign_in(true)).await.expect(200);
    let before = ana.clone();
    let fields = [("form[current_password]", PASSWORD), ("form[new_password]", "a lantern over quiet water")];
    let answer = ana.call("/fn/password/change", &fields).await.expect(200);

    assert!(answer.set_cookie(NAME).is_some(), "this browser goes on under a new session");
    ana.get("/account").await.expect(200);
    before.clone().get("/account").await.expect(303);
    phone.get("/account").await.expect(303);
}

#[sqlx::test(migrator = "store::MIGRATOR")]
async fn a_forged_a_cut_or_a_doubled_cookie_is_no_session(pool: PgPool) {
    let app = App::new(pool);
    let ana = app.member("ana").await;
    let token = ana.cookies[NAME].clone();
    let cut = &token[..token.len() - 4];
    let (head, _) = token.rsplit_once('.').unwrap();
    let unsigned = format!("{head}.");
    for line in [
        format!("{NAME}={cut}"),
        format!("{NAME}={unsigned}"),
        format!("{NAME}="),
        format!("{NAME}=eyJhbGciOiJub25lIn0.e30."),
        format!("{NAME}=%00%ff"),
        format!("{NAME}={}", "a".repeat(8_000)),
        format!("{NAME}={token}; {NAME}={token}"),
        format!("{NAME}={token}; {NAME}=other"),
        format!("token={token}"),
        format!("__Host-token={token}"),
        "; =; ,".to_owned(),
    ] {
        let mut forger = app.browser().with("cookie", &line);
        let answer = forger.get("/account").await.expect(303);
        assert_eq!(answer.location(), Some("/login?next=/account"), "{line}");
        assert_eq!(forger.call("/fn/profile/load", &[]).await.expect(401).code(), "sign_in_needed");
    }
    let mut ana = app.browser().with("cookie", &format!("other=1; {NAME}={token}"));
    ana.get("/account").await.expect(200);
}

#[sqlx::test(migrator = "store::MIGRATOR")]
async fn a_sign_in_whose_cookie_did_not_come_back_says_so(pool: PgPool) {
    let app = App::new(pool);
    app.member("ana").await;
    let mut forgetful = app.browser();
    let answer = forgetful.post("/fn/login", &sign_in(false)).await.expect(303);
    forgetful.cookies.clear();
    let mut forgetful = forgetful.with("referer", "http://localhost:8000/login");
    let to = answer.location().unwrap();
    let mut ended = forgetful.clone().with("cookie", "session-token=ended");
    assert_eq!(ended.get(to).await.expect(303).location(), Some("/login?next=/account"));
    let answer = forgetful.get(answer.location().unwrap()).await.expect(303);
    assert_eq!(answer.location(), Some("/login?next=/account&cookie=lost"));
}

#[sqlx::test(migrator = "store::MIGRATOR")]
async fn going_back_after_signing_out_blames_no_browser(pool: PgPool) {
    let app = App::new(pool);
    app.member("ana").await;
    let mut ana = app.browser();
    ana.post("/fn/login", &sign_in(false)).await.expect(303);
    ana.post("/fn/logout", &[]).await.expect(303);
    // The history remembers that the page was reached from the sign-in page.
    for from in ["/login", "/register"] {
        let mut back = ana.clone().with("referer", &format!("http://localhost:8000{from}"));
        for page in ["/account", "/account/security"] {
            let to = format!("/login?next={page}");
            assert_eq!(back.get(page).await.expect(303).location(), Some(to.as_str()), "from {from}");
        }
    }
}
