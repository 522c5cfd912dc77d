//! What `server doctor` asks: how it is seen is told to itself alone.

use crate::actors::Answer;
use crate::app::App;
use accounts::SigningKey;
use edge::CookieStyle;
use http::HeaderMap;
use server::echo::{self, Seen};
use sqlx::PgPool;
use testkit::{SeededRng, World};

const ADDRESS: &str = "203.0.113.7";

async fn asked(app: &App, question: Option<&str>) -> Answer {
    let browser = app.browser().with("x-forwarded-for", &format!("192.0.2.1, {ADDRESS}"));
    let mut browser = match question {
        Some(question) => browser.with(echo::HEADER.as_str(), question),
        None => browser,
    };
    browser.get(echo::PATH).await.expect(200)
}

/// What a stranger could compare.
fn shown(answer: &Answer) -> (HeaderMap, &str) {
    let mut headers = answer.headers.clone();
    headers.remove("x-request-id");
    (headers, &answer.text)
}

#[sqlx::test(migrator = "store::MIGRATOR")]
async fn doctor_is_told_how_it_is_seen(pool: PgPool) {
    let app = App::https(pool);
    let question = echo::question(&app.world.accounts, &SeededRng::default());
    let answer = asked(&app, Some(&question)).await;
    let seen = echo::read(&app.world.accounts, &question, &answer.headers).unwrap();
    let expected = Seen {
        client: ADDRESS.parse().unwrap(),
        peer: "127.0.0.1".parse().unwrap(),
        trusted: true,
        forwarded: format!("192.0.2.1, {ADDRESS}"),
    };
    assert_eq!(seen, expected);
    let name = CookieStyle::new(true).trial_name();
    assert!(name.starts_with("__Host-") && answer.set_cookie(name).unwrap().ends_with("; Secure"));
    // An answer that somebody kept is none to another question.
    let another = echo::question(&app.world.accounts, &SeededRng::default());
    assert!(echo::read(&app.world.accounts, &another, &answer.headers).is_none());
}

#[sqlx::test(migrator = "store::MIGRATOR")]
async fn a_stranger_is_not_told_how_anybody_is_seen(pool: PgPool) {
    let app = App::new(pool);
    let own = echo::question(&app.world.accounts, &SeededRng::default());
    let answered = asked(&app, Some(&own)).await;
    let plain = asked(&app, None).await;
    let elsewhere = World::replica(&app.world.pool, &app.world.clock, |settings| {
        settings.signing = SigningKey::hs256(&[43; 32]).unwrap().into();
    });
    let (said, proof) = own.rsplit_once('.').unwrap();
    let (at, nonce) = said.split_once('.').unwrap();
    let later = at.parse::<i64>().unwrap() + 1;
    for question in [
        String::new(),
        "1".to_owned(),
        said.to_owned(),
        format!("{said}."),
        format!("{said}.{}", "A".repeat(43)),
        format!("{later}.{nonce}.{proof}"),
        format!("{at}.A{}.{proof}", &nonce[1..]),
        echo::question(&elsewhere, &SeededRng::default()),
        // An answer is no question.
        answered.header(echo::HEADER.as_str()).unwrap().to_owned(),
    ] {
        assert_eq!(shown(&asked(&app, Some(&question)).await), shown(&plain), "{question}");
    }
    // Nor by one that was overheard and kept.
    app.world.clock.advance(time::Duration::seconds(61));
    assert_eq!(shown(&asked(&app, Some(&own)).await), shown(&plain));
}
