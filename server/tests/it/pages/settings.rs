//! What the owner's settings make of the pages.

use crate::actors::{Browser, HOME};
use crate::app::App;
use accounts::Logo;
use app::{AppSettings, SignupFields, THEME};
use sqlx::PgPool;
use std::path::Path;
use std::sync::Arc;
use testkit::{PASSWORD, World};

/// Harbour's server, with some settings changed.
fn set(pool: PgPool, change: impl FnOnce(&mut AppSettings)) -> App {
    App::with(World::new(pool), |state| {
        let mut settings = AppSettings::clone(&state.app);
        change(&mut settings);
        state.app = Arc::new(settings);
    })
}

/// The page without the marks that hydration goes by.
async fn text(browser: &mut Browser, path: &str) -> String {
    plain(&browser.get(path).await.text)
}

fn plain(text: &str) -> String {
    text.replace("<!>", "")
}

#[sqlx::test(migrator = "store::MIGRATOR")]
async fn closed_sign_up_is_said_at_once_and_invites_nobody(pool: PgPool) {
    let app = set(pool, |settings| settings.signup_open = false);
    for path in ["/", "/login", "/register", "/register?next=/account/security", "/nowhere"] {
        let page = text(&mut app.browser(), path).await.to_lowercase();
        for invitation in
            ["create account", "create an account", "create your", "href=\"/register", "/fn/register"]
        {
            assert!(!page.contains(invitation), "{path}: {invitation}");
        }
        assert!(path == "/nowhere" || page.contains("new accounts are by invitation only."), "{path}");
    }
    let page = text(&mut app.browser(), "/register?next=/account/security").await;
    assert!(
        page.contains("Sign-up is closed") && page.contains("href=\"/login?next=%2Faccount%2Fsecurity\"")
    );
    assert!(!page.contains("name=\"form["), "nothing to type that would be refused");
}

#[sqlx::test(migrator = "store::MIGRATOR")]
async fn sign_up_asks_for_the_fields_that_are_set_and_keeps_them_when_it_is_refused(pool: PgPool) {
    for (name, username) in [(true, false), (false, true), (false, false)] {
        let app = set(pool.clone(), |settings| settings.signup_fields = SignupFields { name, username });
        let mut bob = app.browser();
        let page = text(&mut bob, "/register").await;
        assert_eq!((page.contains("form[name]"), page.contains("form[username]")), (name, username));
        assert_eq!(text(&mut bob, "/invite").await.contains("form[name]"), name);
        let typed =
            [("form[username]", "bob.the.builder"), ("form[email]", "bob"), ("form[password]", PASSWORD)];
        let page = bob.post_and_follow("/fn/register", &typed).await.expect(200).text;
        assert_eq!(page.contains("value=\"bob.the.builder\""), username);
    }
}

#[sqlx::test(migrator = "store::MIGRATOR")]
async fn every_page_says_what_one_is_in(pool: PgPool) {
    let app = set(pool, |settings| settings.name = "Acme & Sons".to_owned());
    let mut ana = app.member("ana").await;
    for (browser, pages) in [
        (
            &mut app.browser(),
            vec![
                ("/", "Welcome to ", ""),
                ("/login", "Sign in to ", "Sign in"),
                ("/register", "Create your ", "Create account"),
                ("/forgot", "Reset your ", "Reset your password"),
                ("/reset", "Choose a new ", "Choose a new password"),
                ("/verify", "Confirm your email for ", "Confirm your email"),
                ("/nowhere", "Page not found", "Page not found"),
            ],
        ),
        (
            &mut ana,
            vec![
                ("/account", "Your profile", "Your profile"),
                ("/account/security", "Security", "Security"),
                ("/nowhere", "Page not found", "Page not found"),
                ("/", "Welcome to ", ""),
            ],
        ),
    ] {
        for (path, heading, title) in pages {
            let page = text(browser, path).await;
            let whole =
                if title.is_empty() { "Acme & Sons".to_owned() } else { format!("{title} · Acme & Sons") };
            assert!(page.contains(&format!("<title>{whole}</title>")), "{path}: {whole}");
            assert!(page.contains(heading), "{path}");
            assert!(page.contains("<meta content=\"Acme &amp; Sons\" property=\"og:title\">"), "{path}");
            assert!(!page.contains("Doorstep") && !page.contains("curl"), "{path}");
        }
    }
    let page = text(&mut app.browser(), "/login").await;
    assert!(page.contains("<bdi>Acme &amp; Sons</bdi>"), "{page}");
}

#[sqlx::test(migrator = "store::MIGRATOR")]
async fn help_terms_and_privacy_stand_on_every_page_and_below_sign_up(pool: PgPool) {
    let app = set(pool, |settings| {
        settings.support_url = Some("mailto:help@acme.example".to_owned());
        settings.terms_url = Some("https://acme.example/terms?a=1&b=2".to_owned());
        settings.privacy_url = Some("https://acme.example/privacy".to_owned());
    });
    let mut ana = app.member("ana").await;
    let mut eve = app.browser();
    for (browser, paths) in [
        (&mut eve, ["/", "/login", "/register", "/nowhere"]),
        (&mut ana, ["/account", "/account/security", "/", "/x"]),
    ] {
        for path in paths {
            let page = text(browser, path).await;
            for link in [
                "<a href=\"mailto:help@acme.example\" rel=\"external\">Help</a>",
                "<a href=\"https://acme.example/terms?a=1&amp;b=2\" rel=\"external\">Terms</a>",
                "<a href=\"https://acme.example/privacy\" rel=\"external\">Privacy</a>",
            ] {
                assert!(page.contains(link), "{path}: {link}");
            }
        }
    }
    let page = app.browser().with("sec-fetch-site", "cross-site").post("/fn/login", &[]).await.expect(403);
    assert!(plain(&page.text).contains(">Help</a>"), "error pages too");
    let page = text(&mut app.browser(), "/register").await;
    assert!(
        page.contains("By creating an account, you agree to our ") && page.contains(">privacy policy</a>")
    );
}

#[sqlx::test(migrator = "store::MIGRATOR")]
async fn nothing_is_linked_that_was_not_set(pool: PgPool) {
    let app = App::new(pool);
    for path in ["/", "/login", "/register", "/nowhere"] {
        let page = text(&mut app.browser(), path).await;
        assert!(!page.contains("class=\"footer\"") && !page.contains("you agree"), "{path}");
    }
}

#[sqlx::test(migrator = "store::MIGRATOR")]
async fn the_owners_front_page_takes_the_place_of_ours(pool: PgPool) {
    let app = set(pool, |settings| settings.home_url = Some(HOME.to_owned()));
    let mut ana = app.member("ana").await;
    assert_eq!(app.browser().get("/").await.expect(303).location(), Some(HOME));
    assert_eq!(ana.get("/").await.expect(303).location(), Some(HOME));
    let account = ana.get("/account").await.expect(200);
    let brand = format!("<a href=\"{HOME}\" rel=\"external\" class=\"brand\">");
    assert!(account.text.contains(&brand), "{}", account.text);
    // Browsers hold the redirects of a form that was sent against this.
    let policy = account.header("content-security-policy").unwrap();
    assert!(policy.contains("form-action 'self' https://www.harbour.example;"), "{policy}");
    for path in ["/login", "/nowhere"] {
        assert!(
            text(&mut app.browser(), path).await.contains(&format!("href=\"{HOME}\" rel=\"external\"")),
            "{path}"
        );
    }
}

#[sqlx::test(migrator = "store::MIGRATOR")]
async fn the_owners_logo_takes_the_place_of_the_mark(pool: PgPool) {
    let png =
        std::fs::read(Path::new(env!("CARGO_MANIFEST_DIR")).join("../public/apple-touch-icon.png")).unwrap();
    let logo = Arc::new(Logo::new(png.clone()).unwrap());
    let world = World::with(pool.clone(), |settings| settings.mail.logo = Some(logo));
    let app = App::with(world, |state| {
        state.app = Arc::new(AppSettings { logo: Some([40, 40]), ..AppSettings::clone(&state.app) });
    });
    let mut ana = app.member("ana").await;
    for (browser, path) in
        [(&mut app.browser(), "/login"), (&mut app.browser(), "/nowhere"), (&mut ana, "/account")]
    {
        let page = browser.get(path).await.text;
        let shown = "<img src=\"/logo\" width=\"40\" height=\"40\" alt=\"\" class=\"mark\">";
        assert!(page.contains(shown) && !page.contains("<svg class=\"mark\""), "{path}: {page}");
    }
    let answer = app.browser().get("/logo").await.expect(200);
    assert_eq!(answer.header("content-type"), Some("image/png"));
    assert_eq!(answer.header("cache-control"), Some("public, max-age=3600"));
    assert_eq!(answer.header("x-content-type-options"), Some("nosniff"));
    assert_eq!(answer.header("set-cookie"), None);
    App::new(pool).browser().get("/logo").await.expect(404);
}

#[sqlx::test(migrator = "store::MIGRATOR")]
async fn devices_learn_the_name_and_the_icons(pool: PgPool) {
    let app = App::new(pool);
    let manifest = app.browser().get("/site.webmanifest").await.expect(200);
    assert_eq!(manifest.header("content-type"), Some("application/manifest+json"));
    let told = manifest.json();
    assert_eq!((&told["name"], &told["start_url"]), (&"Harbour".into(), &"/".into()));
    let public = Path::new(env!("CARGO_MANIFEST_DIR")).join("../public");
    let icons = told["icons"].as_array().unwrap();
    assert!(icons.iter().all(|icon| public.join(&icon["src"].as_str().unwrap()[1..]).is_file()), "{told}");
    let page = app.browser().get("/login").await.expect(200);
    assert!(page.header("content-security-policy").unwrap().contains("manifest-src 'self'"));
    for file in ["favicon.svg", "favicon-dark.svg", "apple-touch-icon.png", "social.png"] {
        assert!(page.text.contains(&format!("/{file}\"")) && public.join(file).is_file(), "{file}");
    }
    for colour in THEME {
        assert!(page.text.contains(&format!("<meta name=\"theme-color\" content=\"{colour}\"")));
    }
}

#[sqlx::test(migrator = "store::MIGRATOR")]
async fn a_taken_address_leads_to_its_sign_in(pool: PgPool) {
    let app = App::new(pool);
    app.member("ana").await;
    let fields = [
        ("form[email]", "Ana@example.com"),
        ("form[password]", PASSWORD),
        ("form[next]", "/account/security"),
    ];
    let mut eve = app.browser();
    let page = plain(&eve.post_and_follow("/fn/register", &fields).await.expect(200).text);
    let link =
        "<a href=\"/login?next=%2Faccount%2Fsecurity&amp;email=Ana%40example%2Ecom\">Sign in instead</a>";
    assert!(page.contains(link), "{page}");
    let page = eve.get("/login?next=%2Faccount%2Fsecurity&email=Ana%40example.com").await.expect(200);
    assert!(page.text.contains("value=\"Ana@example.com\"") && page.text.contains("Sign in to continue."));
}

#[sqlx::test(migrator = "store::MIGRATOR")]
async fn too_many_attempts_say_when_the_next_one_counts(pool: PgPool) {
    let app = App::new(pool);
    let mut eve = app.browser();
    let fields = [("form[identifier]", "nobody@example.com"), ("form[password]", "wrong")];
    let mut refused = eve.call("/fn/login", &fields).await;
    for _ in 0..50 {
        if refused.status == 429 {
            break;
        }
        assert!(refused.text.contains("Incorrect email, username or password."), "{}", refused.text);
        refused = eve.call("/fn/login", &fields).await;
    }
    let problem = refused.expect(429).json();
    let words = format!("Too many attempts. Try again in {}.", words::in_words(seconds(&problem)));
    assert_eq!(problem["detail"], words.as_str());
    let page = eve.post_and_follow("/fn/login", &fields).await.expect(429);
    assert!(
        page.text.contains("Too many attempts.") && page.text.contains("role=\"timer\""),
        "{}",
        page.text
    );
}

fn seconds(problem: &serde_json::Value) -> u32 {
    problem["retry_after"].as_u64().unwrap().try_into().unwrap()
}
