use crate::actors::Program;
use crate::app::App;
use axum::body::Body;
use http::Method;
use sqlx::PgPool;

const CALLS: &[(&str, &str)] = &[
    ("POST", "/api/v1/users"),
    ("POST", "/api/v1/auth/register"),
    ("POST", "/api/v1/auth/login"),
    ("POST", "/api/v1/auth/refresh"),
    ("PUT", "/api/v1/users/me"),
    ("PATCH", "/api/v1/users/me"),
    ("DELETE", "/api/v1/users/me"),
    ("POST", "/api/v1/users/me/password"),
    ("PATCH", "/api/v1/users/00000000-0000-0000-0000-000000000000"),
    ("POST", "/auth/register"),
    ("POST", "/auth/login"),
    ("POST", "/api/auth/register"),
    ("POST", "/api/auth/login"),
    ("POST", "/api/auth/refresh"),
    ("POST", "/register"),
    ("POST", "/login"),
    ("PUT", "/me"),
];

async fn send(program: &Program, method: &str, path: &str, kind: &str, body: Vec<u8>) -> (u16, String) {
    let request = program.request(&method.parse::<Method>().unwrap(), path).header("content-type", kind);
    let answer = program.send(request.body(Body::from(body)).unwrap()).await;
    (answer.status.as_u16(), answer.code())
}

/// Every call with a body × every kind of nonsense: a problem document, and the database stays as it was.
#[sqlx::test(migrator = "store::MIGRATOR")]
async fn nonsense_is_a_problem_document_and_changes_nothing(pool: PgPool) {
    let app = App::new(pool);
    let admin = app.admin_program("ana").await;
    let before = app.digest().await;
    let deep = format!("{}1{}", "[".repeat(5_000), "]".repeat(5_000));
    let bodies: Vec<Vec<u8>> = vec![
        b"{".to_vec(),
        b"[]".to_vec(),
        b"7".to_vec(),
        b"\"text\"".to_vec(),
        b"{}{}".to_vec(),
        b"\xff\xfe".to_vec(),
        b"{\"email\":\"\xff\"}".to_vec(),
        br#"{"email":"\ud800"}"#.to_vec(),
        br#"{"unknown":1}"#.to_vec(),
        br#"{"role":"root","role":"root"}"#.to_vec(),
        br#"{"password_hash":"x"}"#.to_vec(),
        br#"{"email":1e400}"#.to_vec(),
        format!("{{\"email\":{}}}", "9".repeat(5_000)).into_bytes(),
        deep.into_bytes(),
    ];
    for (method, path) in CALLS {
        for body in &bodies {
            let shown = String::from_utf8_lossy(&body[..body.len().min(40)]).into_owned();
            let (status, code) = send(&admin, method, path, "application/json", body.clone()).await;
            assert_eq!(status, 422, "{method} {path} {shown}: {code}");
        }
        for kind in ["text/plain", "application/xml", "multipart/form-data", "application/json-patch+json"] {
            assert_eq!(
                send(&admin, method, path, kind, b"{}".to_vec()).await.0,
                415,
                "{method} {path} {kind}"
            );
        }
        let large = vec![b' '; 1024 * 1024];
        assert_eq!(send(&admin, method, path, "application/json", large).await.0, 413, "{method} {path}");
    }
    assert_eq!(app.digest().await, before);
}

/// Every call that takes no query is refused with one by its name, and the call is not made.
#[sqlx::test(migrator = "store::MIGRATOR")]
async fn a_query_that_no_call_takes_is_refused_by_name(pool: PgPool) {
    let app = App::new(pool);
    let admin = app.admin_program("ana").await;
    let before = app.digest().await;
    let calls = CALLS.iter().copied().chain([
        ("GET", "/api/v1/users/me"),
        ("GET", "/api/v1/users/me/sessions"),
        ("DELETE", "/api/v1/users/me/sessions"),
        ("DELETE", "/api/v1/users/me/sessions/00000000-0000-0000-0000-000000000000"),
        ("GET", "/api/v1/users/00000000-0000-0000-0000-000000000000"),
        ("DELETE", "/api/v1/users/00000000-0000-0000-0000-000000000000/sessions"),
        ("POST", "/api/v1/auth/logout"),
    ]);
    for (method, path) in calls {
        for (query, field, code) in [("role=admin", "role", "unknown"), ("a=1&a=2", "a", "duplicate")] {
            let answer =
                admin.call(method, &format!("{path}?{query}"), &serde_json::json!({})).await.expect(422);
            let errors = answer.problem().errors;
            assert_eq!((errors[0].field.as_str(), errors[0].code.as_str()), (field, code), "{method} {path}");
        }
    }
    assert_eq!(app.digest().await, before);
    admin.get("/api/v1/users/me?").await.expect(200);
}

#[sqlx::test(migrator = "store::MIGRATOR")]
async fn a_malformed_authorization_is_refused_in_words(pool: PgPool) {
    let app = App::new(pool);
    let program = app.program();
    for bytes in [&b"Basic YTpi"[..], b"Bearer", b"Bearer a b", b"Bearer \xff\xfe", b"\x80"] {
        let request = program.request(&Method::GET, "/api/v1/users/me").header("authorization", bytes);
        let answer = program.send(request.body(Body::empty()).unwrap()).await.expect(401);
        assert_eq!(answer.code(), "invalid_token");
    }
    let long = format!("Bearer {}", "a".repeat(8_000));
    let request = program.request(&Method::GET, "/api/v1/users/me").header("authorization", long);
    program.send(request.body(Body::empty()).unwrap()).await.expect(401);
}

#[sqlx::test(migrator = "store::MIGRATOR")]
async fn whatever_a_client_reads_the_api_answers_problem_documents(pool: PgPool) {
    let app = App::new(pool);
    let ana = app.member_program("ana").await;
    for (method, path, status) in [
        ("GET", "/api/v1/nowhere", 404),
        ("GET", "/api/nowhere", 404),
        ("GET", "/api", 404),
        ("GET", "/auth", 404),
        ("GET", "/auth/nowhere", 404),
        ("GET", "/auth/me", 401),
        ("GET", "/api/auth/nowhere", 404),
        ("DELETE", "/me", 405),
        ("POST", "/login", 422),
        ("PUT", "/register", 405),
        ("DELETE", "/api/v1/auth/login", 405),
        ("GET", "/api/v1/users/no-id", 404),
        ("GET", "/api/v1/users?limit=0", 422),
        ("GET", "/api/v1/users?sort=name", 422),
        ("GET", "/api/v1/audit?cursor=forged", 422),
    ] {
        let program = if status == 422 || path.contains("no-id") {
            app.admin_program(&format!("a{}", path.len())).await
        } else {
            ana.clone()
        };
        let request = program.request(&method.parse::<Method>().unwrap(), path).header("accept", "text/html");
        let answer = program.send(request.body(Body::empty()).unwrap()).await.expect(status);
        assert_eq!(answer.problem().status, status, "{method} {path}");
        if status == 405 {
            assert!(answer.header("allow").is_some(), "{method} {path}");
        }
    }
}
