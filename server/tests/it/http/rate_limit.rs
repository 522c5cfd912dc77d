//! P14: the general limit, over the API and over server functions.

use crate::actors::Program;
use crate::app::App;
use axum::body::Body;
use axum::extract::ConnectInfo;
use http::Method;
use serde_json::json;
use std::net::SocketAddr;
use testkit::{Stores, over_each_store};
use time::Duration;

over_each_store![
    the_sixty_first_call_in_a_minute_is_refused_and_another_persons_is_not,
    neither_a_forged_token_nor_a_forged_header_gains_anything,
    zero_turns_it_off_and_the_limit_on_sign_ins_goes_on,
    five_hundred_calls_at_once_are_sixty,
    a_plain_form_over_the_limit_keeps_what_was_typed,
    what_browsers_are_led_to_call_does_not_shut_them_out,
    a_lost_token_drains_none_but_its_own_session,
    the_cookie_family_s_members_are_counted_by_their_cookie,
];

/// A server with the default limit.
fn limited(stores: &Stores) -> App {
    App::with(stores.world_with(|settings| settings.rate_limit_per_minute = 60), |_| ())
}

const ME: &str = "/api/v1/users/me";

async fn the_sixty_first_call_in_a_minute_is_refused_and_another_persons_is_not(stores: Stores) {
    let app = limited(&stores);
    let (ana, eve) = (app.member_program("ana").await, app.member_program("eve").await);
    for left in (0..60).rev() {
        let answer = ana.get(ME).await.expect(200);
        assert_eq!(answer.header("ratelimit-policy"), Some("\"general\";q=60;w=60"));
        assert_eq!(answer.header("ratelimit"), Some(format!("\"general\";r={left};t=1").as_str()));
    }
    let refused = ana.get(ME).await.expect(429);
    assert_eq!(refused.code(), "too_many_requests");
    for (name, value) in [
        ("retry-after", "1"),
        ("ratelimit-policy", "\"general\";q=60;w=60"),
        ("ratelimit", "\"general\";r=0;t=1"),
    ] {
        assert_eq!(refused.header(name), Some(value), "{name}");
    }
    eve.get(ME).await.expect(200);
    app.program().get(ME).await.expect(401);
    let preflight = ana.request(&Method::OPTIONS, ME).header("origin", "https://app.example");
    let preflight = preflight.header("access-control-request-method", "GET").body(Body::empty()).unwrap();
    assert_ne!(ana.send(preflight).await.status, 429, "a preflight is not counted");
    app.world.clock.advance(Duration::SECOND);
    ana.get(ME).await.expect(200);
    ana.get(ME).await.expect(429);
}

/// What is left to a program behind `peer`, with this header.
async fn left(program: &Program, peer: &str, forwarded: &str) -> String {
    let mut request = program.request(&Method::GET, ME).body(Body::empty()).unwrap();
    request.headers_mut().insert("x-forwarded-for", forwarded.parse().unwrap());
    let peer: SocketAddr = format!("{peer}:4711").parse().unwrap();
    request.extensions_mut().insert(ConnectInfo(peer));
    let said = program.send(request).await;
    said.header("ratelimit").unwrap().strip_prefix("\"general\";r=").unwrap().to_owned()
}

/// P15: neither a token that is not ours nor a header makes a new caller.
async fn neither_a_forged_token_nor_a_forged_header_gains_anything(stores: Stores) {
    let app = limited(&stores);
    let mut stranger = app.program();
    let good = app.member_program("ana").await.token.unwrap();
    let (head, signature) = good.rsplit_once('.').unwrap();
    for n in 0..30 {
        stranger.token = (n % 2 == 0).then(|| format!("{head}.{n:03}{}", &signature[3..]));
        let direct = left(&stranger, "203.0.113.9", &format!("198.51.100.{n}")).await;
        assert_eq!(direct, format!("{};t=1", 59 - n), "nobody else writes this header for us");
        // Behind a proxy only what that appended counts.
        let forged = format!("198.51.100.{n}, 2001:db8:99::{n:x}");
        assert_eq!(left(&stranger, "127.0.0.1", &forged).await, format!("{};t=1", 59 - n), "a /64 is one");
    }
    assert_eq!(left(&stranger, "127.0.0.1", "2001:db8:99:1::1").await, "59;t=1");
}

async fn zero_turns_it_off_and_the_limit_on_sign_ins_goes_on(stores: Stores) {
    let app = App::with(stores.world_with(|settings| settings.rate_limit_per_minute = 0), |_| ());
    let ana = app.member_program("ana").await;
    for _ in 0..70 {
        let answer = ana.get(ME).await.expect(200);
        assert!(answer.header("ratelimit").is_none() && answer.header("ratelimit-policy").is_none());
    }
    let login = json!({ "email": "ana@example.com", "password": testkit::PASSWORD });
    for _ in 0..9 {
        ana.post("/api/v1/auth/login", login.clone()).await.expect(200);
    }
    let refused = ana.post("/api/v1/auth/login", login).await.expect(429);
    assert_eq!(refused.header("retry-after"), Some("20"));
}

async fn five_hundred_calls_at_once_are_sixty(stores: Stores) {
    let app = limited(&stores);
    let stranger = app.program();
    let calls: Vec<_> = (0..500)
        .map(|_| {
            let stranger = stranger.clone();
            tokio::spawn(async move { stranger.get(ME).await.status })
        })
        .collect();
    let mut admitted = 0;
    for call in calls {
        match call.await.unwrap().as_u16() {
            401 => admitted += 1,
            status => assert_eq!(status, 429),
        }
    }
    assert_eq!(admitted, 60, "time stands still: nothing comes back meanwhile");
}

async fn a_plain_form_over_the_limit_keeps_what_was_typed(stores: Stores) {
    let app = limited(&stores);
    let mut ana = app.member("ana").await;
    for _ in 0..60 {
        ana.call("/fn/profile/load", &[]).await.expect(200);
    }
    let refused = ana.call("/fn/profile/load", &[]).await.expect(429);
    assert_eq!((refused.code().as_str(), refused.header("retry-after")), ("too_many_requests", Some("1")));
    let page =
        ana.post_and_follow("/fn/profile/save", &[("form[bio]", "Typed with care.")]).await.expect(429);
    assert!(page.is_html() && page.text.contains(">Typed with care.</textarea>"));
    assert_eq!(page.header("retry-after"), Some("1"));
    app.world.clock.advance(Duration::SECOND);
    ana.post_and_follow("/fn/profile/save", &[("form[bio]", "Typed with care.")]).await.expect(200);
}

/// Any page can have its visitors' browsers call the API.
async fn what_browsers_are_led_to_call_does_not_shut_them_out(stores: Stores) {
    let app = limited(&stores);
    app.member("ana").await;
    let mut visitor = app.browser();
    let elsewhere = visitor.clone().with("sec-fetch-site", "cross-site");
    let mut image = elsewhere.clone().with("sec-fetch-mode", "no-cors").with("sec-fetch-dest", "image");
    for _ in 0..60 {
        for path in [ME, "/auth/me", "/auth/logout", "/api/auth/me", "/me"] {
            let foreign = image.get(path).await.expect(403);
            assert_eq!(
                (foreign.code().as_str(), foreign.header("ratelimit")),
                ("cross_site", None),
                "{path}"
            );
        }
        let foreign = elsewhere.clone().call("/fn/login", &[]).await;
        assert_eq!(foreign.expect(403).code(), "cross_site");
    }
    // A link is followed by hand, and counts.
    let mut link = elsewhere.with("sec-fetch-mode", "navigate").with("sec-fetch-dest", "document");
    assert_eq!(link.get(ME).await.expect(401).header("ratelimit"), Some("\"general\";r=59;t=1"));
    assert!(link.get("/auth/logout").await.expect(200).is_html());
    for _ in 0..58 {
        visitor.get(ME).await.expect(401);
    }
    visitor.get(ME).await.expect(429);
    let sign_in = [("form[identifier]", "ana@example.com"), ("form[password]", testkit::PASSWORD)];
    visitor.call("/fn/login", &sign_in).await.expect(200);
}

async fn a_lost_token_drains_none_but_its_own_session(stores: Stores) {
    let app = limited(&stores);
    let ana = app.member_program("ana").await;
    for _ in 0..60 {
        ana.get(ME).await.expect(200);
    }
    ana.get(ME).await.expect(429);
    let login = json!({ "email": "ana@example.com", "password": testkit::PASSWORD });
    let pair = app.program().post("/api/v1/auth/login", login).await.expect(200).json();
    let mut anew = app.program();
    anew.token = pair["access_token"].as_str().map(str::to_owned);
    assert_eq!(anew.get(ME).await.expect(200).header("ratelimit"), Some("\"general\";r=59;t=1"));
}

async fn the_cookie_family_s_members_are_counted_by_their_cookie(stores: Stores) {
    let app = limited(&stores);
    for name in ["ana", "eve"] {
        app.member(name).await;
    }
    let (ana, eve) = (app.cookie_of("ana").await, app.cookie_of("eve").await);
    let office = app.program();
    let read = async |cookie: &str| {
        let request = office.request(&Method::GET, "/auth/me").header("cookie", cookie);
        office.send(request.body(Body::empty()).unwrap()).await
    };
    for _ in 0..60 {
        read(&ana).await.expect(200);
    }
    read(&ana).await.expect(429);
    assert_eq!(read(&eve).await.expect(200).header("ratelimit"), Some("\"general\";r=59;t=1"));
    assert_eq!(read("a=b").await.expect(401).header("ratelimit"), Some("\"general\";r=59;t=1"));
}
