//! `server import-users` from outside: what files of other services become, what is told, and how it ends.

use super::commands::{run, text, url};
use crate::app::App;
use crate::outage::{MARKS, Outage};
use sqlx::{ConnectOptions, PgPool};
use std::path::{Path, PathBuf};
use std::process::Output;

const BCRYPT: &str = "$2b$04$N9qo8uLOickgx2ZMRZoMye2SIE5jjhvj6DGrBdU8MOGQ0DNzwzIsa";

fn file(name: &str, content: &[u8]) -> PathBuf {
    let file = Path::new(env!("CARGO_TARGET_TMPDIR")).join(name);
    std::fs::write(&file, content).unwrap();
    file
}

fn import(url: &str, file: &Path, extra: &[&str]) -> Output {
    let words: Vec<&str> =
        ["import-users", file.to_str().unwrap()].into_iter().chain(extra.iter().copied()).collect();
    run(&words, &[("DATABASE_URL", url)])
}

/// E1 for imports: the lines are there, and only the next run can tell.
#[sqlx::test(migrator = "store::MIGRATOR")]
async fn an_import_whose_commit_was_not_confirmed_says_so_and_may_be_repeated(pool: PgPool) {
    let (outage, connect) = Outage::new(&pool);
    for mark in MARKS {
        sqlx::raw_sql(mark).execute(&pool).await.unwrap();
    }
    outage.lose_commits();
    let file = file("unconfirmed.csv", b"email\nana@example.com\nben@example.com\n");
    let (there, lost) = (file.clone(), connect.to_url_lossy().to_string());
    let output = tokio::task::spawn_blocking(move || import(&lost, &there, &[])).await.unwrap();
    let told = text(&output.stderr);
    assert_eq!(output.status.code(), Some(1), "{told}");
    assert!(
        told.contains("more lines may have been imported") && told.contains("the same command is safe"),
        "{told}"
    );
    let again = import(&url(&pool), &file, &[]);
    assert_eq!(text(&again.stdout), "imported: 0\nthere already: 2\nrefused: 0\n");
}

#[sqlx::test(migrator = "store::MIGRATOR")]
async fn the_exit_code_tells_what_was_left_out(pool: PgPool) {
    let url = url(&pool);
    for (name, csv, code, counts, told) in [
        (
            "whole.csv",
            "email,username\na@example.com,ana\n",
            0,
            "imported: 1\nthere already: 0\nrefused: 0\n",
            "",
        ),
        (
            "again.csv",
            "email,username\na@example.com,a b\n",
            0,
            "imported: 0\nthere already: 1\nrefused: 0\n",
            "",
        ),
        (
            "fields.csv",
            "email,username,role\nb@example.com,b@example.com,staff\n",
            4,
            "imported: 1\nthere already: 0\nrefused: 0\nfields left out: 2\n",
            "line 2: username left out: ",
        ),
        (
            "repeated.csv",
            "email\nBob@example.com\nbob@example.com\nBOB@example.com\n",
            3,
            "imported: 1\nthere already: 0\nrefused: 0\nrepeated in the source: 2\n",
            "line 4: email: Line 2 has the same address,",
        ),
        (
            "refused.csv",
            "email,username\nc@example.com,a b\n,nobody\n",
            3,
            "imported: 1\nthere already: 0\nrefused: 1\nfields left out: 1\n",
            "line 3: email: ",
        ),
        ("unknown.csv", "email,phone\n", 1, "", "unknown column \"phone\""),
        ("header.csv", "a@example.com,x\n", 1, "", "line 1 names no columns"),
    ] {
        let file = file(name, csv.as_bytes());
        for dry in [true, false] {
            let output = import(&url, &file, if dry { &["--dry-run"] } else { &[] });
            assert_eq!(output.status.code(), Some(code), "{name}: {}", text(&output.stderr));
            assert_eq!(text(&output.stdout).replace("would be imported", "imported"), counts, "{name}");
            assert!(text(&output.stderr).contains(told), "{name}: {}", text(&output.stderr));
        }
    }
    let output = run(&["import-users"], &[("DATABASE_URL", &url)]);
    assert_eq!(output.status.code(), Some(2), "there is nothing to import");
}

#[sqlx::test(migrator = "store::MIGRATOR")]
async fn exports_of_spreadsheets_databases_and_frameworks_are_imported(pool: PgPool) {
    let app = App::new(pool);
    let url = url(&app.world.pool);
    let excel =
        format!("sep=;\r\nE-Mail;Password Hash;Is Active\r\nexcel@example.com;{BCRYPT};WAHR\r\n;;\r\n");
    let unicode: Vec<u8> =
        format!("\u{feff}Email Address\tpasswordHash\r\nunicode@example.com\t{BCRYPT}\r\n")
            .encode_utf16()
            .flat_map(u16::to_le_bytes)
            .collect();
    let array = format!(
        "[\n {{\"email\": \"array@example.com\",\n  \"hashed_password\": \"{BCRYPT}\", \"id\": null}},\n]"
    );
    let django = format!(
        "id,password,last_login,is_superuser,username,email,is_active,date_joined\n\
         7,bcrypt${BCRYPT},,t,django,django@example.com,t,2020-01-01 00:00:00+00\n"
    );
    let dump = format!(
        "[{{\"model\": \"auth.user\", \"pk\": 7, \"fields\": {{\"email\": \"dump@example.com\", \"groups\": [],
           \"password\": \"bcrypt${BCRYPT}\", \"is_active\": true, \"date_joined\": \"2020-01-01T00:00:00Z\"}}}}]"
    );
    let mongo = format!(
        "{{\"_id\": {{\"$oid\": \"x\"}}, \"emailAddress\": \"mongo@example.com\", \"passwordHash\": \"{BCRYPT}\", \"__v\": 0}}\n"
    );
    let laravel = format!(
        "id,name,email,email_verified_at,password,remember_token\n1,Ana,laravel@example.com,NULL,{BCRYPT},x\n"
    );
    for (name, content, extra) in [
        ("excel.csv", excel.as_bytes(), &[][..]),
        ("unicode.csv", &unicode, &[]),
        ("array.json", array.as_bytes(), &[]),
        ("django.csv", django.as_bytes(), &["--preset", "django"]),
        ("dump.json", dump.as_bytes(), &["--preset", "django"]),
        ("mongo.jsonl", mongo.as_bytes(), &["--ignore-unknown"]),
        ("laravel.csv", laravel.as_bytes(), &["--preset", "laravel"]),
    ] {
        let output = import(&url, &file(name, content), extra);
        assert_eq!(
            text(&output.stdout),
            "imported: 1\nthere already: 0\nrefused: 0\n",
            "{name}: {}",
            text(&output.stderr)
        );
        let email = format!("{}@example.com", name.split('.').next().unwrap());
        let sign_in = [("form[identifier]", email.as_str()), ("form[password]", testkit::PASSWORD)];
        app.browser().call("/fn/login", &sign_in).await.expect(200);
    }
}

/// On a page and through every family of the API: another service took it, and it is theirs.
#[sqlx::test(migrator = "store::MIGRATOR")]
async fn a_password_longer_than_may_be_chosen_here_signs_in_everywhere(pool: PgPool) {
    let app = App::new(pool);
    let url = url(&app.world.pool);
    let password = "correct horse battery staple ".repeat(6);
    assert!(password.len() > 160);
    let hash = "bcrypt_sha256$$2b$04$N9qo8uLOickgx2ZMRZoMyejGqs1qNwF.2KtvADnE0Kx0cHo3ml8wy";
    let csv = format!("email,password_hash\nana@example.com,{hash}\n");
    assert!(import(&url, &file("long.csv", csv.as_bytes()), &[]).status.success());
    let sign_in = [("form[identifier]", "ana@example.com"), ("form[password]", password.as_str())];
    let mut ana = app.browser();
    ana.call("/fn/login", &sign_in).await.expect(200);
    let body = serde_json::json!({ "email": "ana@example.com", "password": password });
    for family in ["/api/v1/auth/login", "/auth/login"] {
        app.program().post(family, body.clone()).await.expect(200);
    }
    let own = serde_json::json!({ "current_password": password, "username": "ana" });
    let pair = app.program().post("/api/v1/auth/login", body).await.expect(200).json();
    let mut program = app.program();
    program.token = pair["access_token"].as_str().map(str::to_owned);
    program.call("PATCH", "/api/v1/users/me", &own).await.expect(200);
    let change = [
        ("form[current_password]", password.as_str()),
        ("form[new_password]", "another staircase under snow"),
    ];
    ana.call("/fn/password/change", &change).await.expect(200);
}
