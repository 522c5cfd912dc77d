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
    ("POST", "/api/v1/auth/code"),
    ("POST", "/api/v1/auth/login/code"),
    ("POST", "/api/v1/auth/login/factor"),
    ("POST", "/api/v1/auth/login/factor/options"),
    ("POST", "/api/v1/auth/passkey"),
    ("POST", "/api/v1/users/me/factors/totp/confirm"),
    ("POST", "/api/v1/users/me/factors/passkeys"),
    ("PATCH", "/api/v1/users/me/factors/passkeys/00000000-0000-0000-0000-000000000000"),
    ("POST", "/api/v1/auth/password/forgot"),
    ("POST", "/api/v1/auth/password/reset"),
    ("POST", "/api/v1/auth/email/verify"),
    ("POST", "/api/v1/auth/email/resend"),
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
    ("POST", "/api/auth/forgot-password"),
    ("POST", "/api/auth/reset-password"),
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
        ("POST", "/api/v1/users/00000000-0000-0000-0000-000000000000/password-reset"),
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
        ("GET", "/api/v1/users?order=name", 422),
        ("GET", "/api/v1/users?sort=password_hash", 422),
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

/// B4: a body of one kind under the name of another. curl sends everything as a form.
#[sqlx::test(migrator = "store::MIGRATOR")]
async fn a_body_sent_as_another_kind_is_told_how_and_not_repeated(pool: PgPool) {
    const FORM: &str = "application/x-www-form-urlencoded";
    let app = App::new(pool);
    let json = r#"{"email":"a@b.example","password":"hunter2 is&hunter2=1&hunter2=my secret"}"#;
    let program = app.program();
    let answer = async |path: &str, kind: &str, body: &str| {
        let request = program.request(&Method::POST, path).header("content-type", kind);
        let answer = program.send(request.body(Body::from(body.to_owned())).unwrap()).await;
        assert!(!answer.text.contains("hunter2"), "{path}: {}", answer.text);
        (answer.status.as_u16(), answer.problem())
    };
    for path in ["/api/v1/auth/login", "/api/v1/auth/refresh", "/auth/login", "/api/auth/login", "/login"] {
        for body in [json, "  {\n\"password\": \"hunter2\"}", "[\"hunter2\"]", "\"hunter2\""] {
            let (status, problem) = answer(path, FORM, body).await;
            assert_eq!((status, problem.errors[0].field.as_str()), (422, "body"), "{path}");
            assert!(problem.detail.contains("Content-Type: application/json"), "{}", problem.detail);
        }
        let (status, problem) =
            answer(path, "application/json", "email=a%40b.example&password=hunter2").await;
        assert_eq!(status, 422);
        assert!(problem.detail.contains(&format!("Content-Type: {FORM}")), "{}", problem.detail);
        for (kind, body) in [("text/plain", "hunter2"), (FORM, "hunter2"), ("application/json", "hunter2")] {
            let (status, problem) = answer(path, kind, body).await;
            assert_eq!(status, if kind == "text/plain" { 415 } else { 422 }, "{path} {kind}");
            assert_eq!(problem.detail.contains("multipart/form-data"), kind == "text/plain");
        }
    }
    for path in ["/api/v1/users", "/auth/register", "/api/auth/register", "/register"] {
        let (status, problem) = answer(path, FORM, json).await;
        assert!(
            status == 415 && problem.detail.contains("Content-Type: application/json"),
            "{}",
            problem.detail
        );
    }
    for path in
        ["/api/v1/users/me?hunter2", "/auth/me?hunter2%20x=1", "/api/v1/users/hunter2", "/api/hunter2"]
    {
        assert!(!program.get(path).await.text.contains("hunter2"), "{path}");
    }
}

/// B2: what `FormData` and a client of FastAPI's form send.
#[sqlx::test(migrator = "store::MIGRATOR")]
async fn a_form_in_parts_signs_in_wherever_a_form_does(pool: PgPool) {
    const KIND: &str = "multipart/form-data; boundary=----WebKitFormBoundaryx7";
    let app = App::new(pool);
    app.member("ana").await;
    let part = |head: &str, text: &str| {
        format!("------WebKitFormBoundaryx7\r\nContent-Disposition: form-data; {head}\r\n\r\n{text}\r\n")
    };
    let end = "------WebKitFormBoundaryx7--\r\n";
    let (name, password) =
        (part("name=\"username\"", "ana@example.com"), part("name=\"password\"", testkit::PASSWORD));
    let program = app.program();
    let send = async |path: &str, body: String| {
        let request = program.request(&Method::POST, path).header("content-type", KIND);
        program.send(request.body(Body::from(body)).unwrap()).await
    };
    let scope = part("name=\"scope\"", "");
    for path in ["/api/v1/auth/login", "/auth/login", "/api/auth/login", "/login"] {
        send(path, format!("{name}{password}{scope}{end}")).await.expect(200);
        for (part, field, code) in [
            (name.clone(), "username", "duplicate"),
            (part("name=\"role\"", "admin"), "role", "unknown"),
            (part("name=\"scope\"; filename=\"a.txt\"", "x"), "scope", "wrong_type"),
            (part("name=\"hunter2 is my secret\"", "x"), "body", "unknown"),
        ] {
            let errors =
                send(path, format!("{name}{password}{part}{end}")).await.expect(422).problem().errors;
            assert_eq!((errors[0].field.as_str(), errors[0].code.as_str()), (field, code), "{path}");
        }
        let large = part("name=\"scope\"", &"x".repeat(20_000));
        send(path, format!("{name}{password}{large}{end}")).await.expect(413);
        assert_eq!(send(path, format!("{name}{password}")).await.expect(422).code(), "unreadable");
    }
    for path in ["/api/v1/users", "/register", "/api/v1/users/me/password"] {
        let status = send(path, format!("{name}{password}{end}")).await.status.as_u16();
        assert_eq!(status, if path.ends_with("word") { 401 } else { 415 }, "{path}");
    }
}

/// B3: FastAPI redirects such paths, and its clients rely on it.
#[sqlx::test(migrator = "store::MIGRATOR")]
async fn a_slash_at_the_end_leads_to_the_path_without(pool: PgPool) {
    let app = App::new(pool);
    let program = app.program();
    for (method, path, location) in [
        ("POST", "/api/auth/login/", "/api/auth/login"),
        ("GET", "/api/v1/users/me/", "/api/v1/users/me"),
        ("PATCH", "/api/v1/users/me//", "/api/v1/users/me"),
        ("DELETE", "/api/v1/users/me/sessions/x/", "/api/v1/users/me/sessions/x"),
        ("GET", "/api/v1/users/?limit=2&q=%2F", "/api/v1/users?limit=2&q=%2F"),
        ("POST", "/auth/register/", "/auth/register"),
        ("POST", "/login/", "/login"),
        ("POST", "/register/?a", "/register?a"),
        ("GET", "/me/", "/me"),
        ("GET", "/.well-known/jwks.json/", "/.well-known/jwks.json"),
    ] {
        let answer = program.call(method, path, &serde_json::json!({})).await.expect(307);
        assert_eq!((answer.location(), answer.text.as_str()), (Some(location), ""), "{method} {path}");
    }
    for path in ["/api/v1/nowhere/", "//evil.example/", "/api/v1/", "//api/v1/users/", "/api/v1//users/"] {
        program.get(path).await.expect(404);
    }
    // For whoever reads, a page's address is the page's.
    assert_eq!(app.browser().get("/login/").await.expect(303).location(), Some("/login"));
}
