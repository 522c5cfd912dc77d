//! A cookie that holds the token.

use super::{Paths, Readme, Served, header_of, is_user, shows_the_api};
use crate::app::App;
use http::{Method, Request};
use sqlx::PgPool;

#[sqlx::test(migrator = "store::MIGRATOR")]
async fn the_readme_runs_as_printed(pool: PgPool) {
    let (readme, served) = (Readme::read("s0"), Served::new(pool).await);
    let user = served.bash(readme.block("Register", "bash", 0)).await.expect(201).json();
    is_user(&user, "user@example.com");
    assert_eq!(user["name"], "My name");

    let login = served.bash(readme.block("Login", "bash", 0)).await.expect(200);
    let cookie = login.text.lines().find_map(|line| line.strip_prefix("set-cookie: token=")).unwrap();
    let (jwt, attributes) = cookie.split_once(';').unwrap();
    assert!(attributes.contains("HttpOnly") && attributes.contains("SameSite=Lax"), "{attributes}");
    assert_eq!(header_of(jwt)["typ"], "api-session+jwt");
    assert_eq!(login.json()["id"], user["id"], "the user, and nothing that a script could keep");
    assert!(!login.json().to_string().contains(jwt));

    served.bash(readme.block("Full Flow", "bash", 0)).await.expect(200);
    assert!(served.file("cookies.txt").contains("#HttpOnly_localhost"));
    let me = served.bash(readme.block("Full Flow", "bash", 1)).await.expect(200);
    assert_eq!(me.json()["id"], user["id"]);

    // In the table of calls, without an example.
    readme.says("| `/auth/logout` | GET    | Logout currently logged in user              |");
    served.bash("curl http://localhost:8000/auth/logout -b cookies.txt").await.expect(204);
    served.bash(readme.block("Full Flow", "bash", 1)).await.expect(401);
    served.bash("curl http://localhost:8000/auth/logout -b cookies.txt").await.expect(401);
}

#[sqlx::test(migrator = "store::MIGRATOR")]
async fn passwords_are_securely_hashed_before_storage(pool: PgPool) {
    Readme::read("s0").says("Passwords are securely hashed before storage.");
    let paths = Paths { register: "/auth/register", login: "/auth/login" };
    paths.keep_what_every_readme_claims(&App::new(pool)).await;
}

#[sqlx::test(migrator = "store::MIGRATOR")]
async fn swagger_ui_is_where_the_readme_says(pool: PgPool) {
    Readme::read("s0").says("interactive Swagger UI at `http://localhost:8000/docs`");
    shows_the_api(&App::new(pool), &["/docs"]).await;
}

/// Their tests sent what no curl example shows: nothing at all, and a cookie of somebody else's making.
#[sqlx::test(migrator = "store::MIGRATOR")]
async fn without_a_good_cookie_there_is_nobody(pool: PgPool) {
    let app = App::new(pool);
    for cookie in ["", "token=", "token=forged.by.hand", "token=a; token=b"] {
        let request = Request::get("/auth/me").header("cookie", cookie).body("".into()).unwrap();
        let answer = app.program().send(request).await.expect(401);
        assert_eq!(answer.code(), "sign_in_needed", "{cookie}");
    }
    assert_eq!(
        app.program()
            .send(Request::delete("/auth/me").body("".into()).unwrap())
            .await
            .expect(405)
            .header("allow"),
        Some("GET,HEAD")
    );
    let request = app.program().request(&Method::POST, "/auth/logout").body("".into()).unwrap();
    app.program().send(request).await.expect(401);
}
