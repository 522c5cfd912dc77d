//! Promise P10, in the HTML: stored text never runs, neither in markup nor in hydration data.

use crate::app::App;
use sqlx::PgPool;

#[sqlx::test(migrator = "store::MIGRATOR")]
async fn a_profile_is_text_wherever_it_is_shown(pool: PgPool) {
    let app = App::new(pool);
    let mut ana = app.member("ana").await;
    let attacks = [
        "</textarea><script>alert(1)</script>",
        "</script><script>alert(1)</script>",
        "\"><img src=x onerror=alert(1)>",
        "'-alert(1)-'",
        "<!--<script>",
        "{{7*7}}${7*7}",
        "\u{2028}alert(1)",
    ];
    for text in attacks {
        for field in ["form[name]", "form[bio]"] {
            ana.call("/fn/profile/save", &[(field, text)]).await.expect(200);
        }
        for path in ["/account", "/account/security", "/account/activity", "/", "/nothing"] {
            let page = ana.get(path).await.text;
            for live in [
                "<script>alert",
                "<img src=x",
                "</textarea><script",
                "</script><script>alert",
                "<!--<script>",
            ] {
                assert!(!page.contains(live), "{path}: {text:?} is live");
            }
        }
    }
}

#[sqlx::test(migrator = "store::MIGRATOR")]
async fn neither_does_what_a_refused_form_brings_back(pool: PgPool) {
    let app = App::new(pool);
    let mut bob = app.browser();
    let attack = "\"></script><script>alert(1)</script>";
    let page =
        bob.post("/fn/login", &[("form[identifier]", attack), ("form[password]", "x")]).await.expect(303);
    let page = bob.get(page.location().unwrap()).await.expect(200);
    assert!(page.text.contains("&lt;script&gt;") && !page.text.contains("<script>alert"));
    let page = bob.get("/login?next=%22%3E%3Cscript%3Ealert(1)%3C/script%3E").await.expect(200);
    assert!(!page.text.contains("<script>alert"));
}
