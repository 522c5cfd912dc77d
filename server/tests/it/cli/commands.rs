//! The binary itself: its commands, its refusals, and how it ends.

use crate::app::{App, site};
use crate::process::Process;
use sqlx::{ConnectOptions, PgPool};
use std::io::{BufRead, BufReader, Read, Write, pipe};
use std::net::{TcpListener, TcpStream};
use std::process::{Child, ChildStderr, Command, Output, Stdio};

/// A secret as it should be.
pub const RANDOM: &str = "9f86d081884c7d659a2feaa0c55ad015a3bf4f1b2b0b822cd15d6c15b0f00a08";

/// The binary with nothing in its environment, as a test's own.
pub fn server(words: &[&str], settings: &[(&str, &str)]) -> Command {
    let mut command = Command::new(env!("CARGO_BIN_EXE_server"));
    command.args(words).env_clear().envs(settings.iter().copied());
    // No `.env` of the developer's is near.
    command.current_dir(env!("CARGO_TARGET_TMPDIR")).stdin(Stdio::null());
    command
}

pub fn run(words: &[&str], settings: &[(&str, &str)]) -> Output {
    server(words, settings).output().unwrap()
}

pub fn url(pool: &PgPool) -> String {
    pool.connect_options().to_url_lossy().to_string()
}

pub fn text(bytes: &[u8]) -> String {
    String::from_utf8_lossy(bytes).into_owned()
}

#[test]
fn help_lists_the_commands_and_every_variable() {
    let help = text(&run(&["--help"], &[("DATABASE_URL", "postgres://ana:canary@localhost/app")]).stdout);
    let example = concat!(env!("CARGO_MANIFEST_DIR"), "/../.env.example");
    let example = std::fs::read_to_string(example).unwrap();
    let lines = example.lines().filter_map(|line| line.strip_prefix('#')?.split_once('='));
    let variables = lines.map(|(name, _)| name).filter(|name| !name.contains(' '));
    for word in [
        "serve",
        "migrate",
        "create-admin",
        "invite",
        "link",
        "rotate-keys",
        "audit",
        "import-users",
        "openapi",
        "retention",
        "doctor",
        "argon2-calibrate",
        "healthcheck",
    ]
    .into_iter()
    .chain(variables)
    {
        assert!(help.contains(word), "{word}");
    }
    assert!(!help.contains("canary"), "a secret is not shown");
}

#[test]
fn what_cannot_work_is_one_sentence() {
    let database = ("DATABASE_URL", "postgres://nobody@localhost:1/none");
    for (settings, sentence) in [
        (vec![], "server: DATABASE_URL: it is not set; set it to something like postgres://"),
        (vec![("DATABASE_URL", "sqlite:///app.db")], "server: DATABASE_URL: SQLite is not supported"),
        (
            vec![database, ("APP_ENV", "production"), ("ALGORITHM", "HS256"), ("SECRET_KEY", RANDOM)],
            "server: BASE_URL: set it to the address people type",
        ),
        (
            vec![database, ("LEPTOS_SITE_ROOT", "/nowhere")],
            "there is no built site in /nowhere/pkg: run `cargo xtask start`",
        ),
        (vec![database, ("LEPTOS_SITE_ROOT", site().to_str().unwrap())], "server: cannot reach the database"),
    ] {
        let output = run(&[], &settings);
        let message = text(&output.stderr);
        assert!(!output.status.success() && message.contains(sentence), "{message}");
        assert_eq!(message.lines().count(), 1, "{message}");
    }
}

#[test]
fn all_that_cannot_work_is_told_by_one_start() {
    let settings = [("APP_ENV", "production"), ("SIGNUP", "maybe"), ("DATABASE_URL", "sqlite:///app.db")];
    let told = text(&run(&[], &settings).stderr);
    let named: Vec<_> = told.lines().filter_map(|line| line.split(": ").nth(1)).collect();
    assert_eq!(named, ["BASE_URL", "DATABASE_URL", "SIGNUP", "SIGNING_KEY_FILE"], "{told}");
    // What needs no key says nothing of one.
    let told = text(&run(&["migrate"], &settings).stderr);
    assert!(told.lines().count() == 3 && !told.contains("SIGNING_KEY_FILE"), "{told}");
}

#[test]
fn a_dotenv_counts_whole_or_stops_the_start() {
    let folder =
        std::path::Path::new(env!("CARGO_TARGET_TMPDIR")).join(format!("env-{}", std::process::id()));
    std::fs::create_dir_all(&folder).unwrap();
    let told = |text_of_file: &str, settings: &[(&str, &str)]| {
        std::fs::write(folder.join(".env"), text_of_file).unwrap();
        let output = server(&["migrate"], settings).current_dir(&folder).output().unwrap();
        assert!(!output.status.success());
        text(&output.stderr)
    };
    let whole = "APP_NAME=My Site\nDATABASE_URL=\"sqlite://\\\\ $x\"\nSIGNUP=maybe\n";
    let faults = told(whole, &[]);
    assert!(faults.contains("SQLite is not supported") && faults.contains("SIGNUP: \"maybe\""), "{faults}");
    let faults = told(whole, &[("SIGNUP", "closed")]);
    assert!(!faults.contains("SIGNUP"), "the environment wins: {faults}");
    let faults = told("APP_NAME=\"My Site\nSIGNUP=closed\nSIGNUP=open\nLOG_FORMAT\n", &[]);
    let lines: Vec<_> = faults.lines().map(|line| line.split(": ").nth(2).unwrap()).collect();
    assert_eq!(lines, ["line 1", "line 3", "line 4"], "{faults}");
    std::fs::remove_dir_all(folder).unwrap();
}

#[sqlx::test(migrations = false)]
async fn migrate_brings_an_empty_database_up_and_may_be_repeated(pool: PgPool) {
    let url = url(&pool);
    for _ in 0..2 {
        let output = run(&["migrate"], &[("DATABASE_URL", &url)]);
        assert!(output.status.success(), "{}", text(&output.stderr));
    }
    assert!(store::Store::from_pool(pool).is_ready().await.unwrap());
}

#[sqlx::test(migrator = "store::MIGRATOR")]
async fn the_first_admin_gets_a_password_that_is_shown_once(pool: PgPool) {
    let url = url(&pool);
    let settings = [("DATABASE_URL", url.as_str())];
    let words = ["create-admin", "--if-none", "--email", "root@example.com"];
    let first = run(&words, &settings);
    assert!(first.status.success(), "{}", text(&first.stderr));
    let shown = text(&first.stdout);
    let password = shown.lines().find_map(|line| line.strip_prefix("password: ")).unwrap();
    let password = password.split(' ').next().unwrap();
    assert!(!text(&first.stderr).contains(password));

    let app = App::new(pool);
    let sign_in = [("form[identifier]", "root@example.com"), ("form[password]", password)];
    let answer = app.browser().call("/fn/login", &sign_in).await.expect(200);
    assert!(answer.text.contains("\"role\":\"admin\""));

    let second = run(&words, &settings);
    assert!(second.status.success());
    let next = "`server link reset EMAIL` prints a link to choose its password by";
    assert_eq!(text(&second.stdout), format!("an admin already exists\n{next}\n"));
}

#[sqlx::test(migrator = "store::MIGRATOR")]
async fn an_admin_with_a_weak_password_or_a_taken_address_is_refused(pool: PgPool) {
    let app = App::new(pool);
    app.member("ana").await;
    let url = url(&app.world.pool);
    for (email, password, why) in [
        ("root@example.com", "password123", "password: "),
        ("ana@example.com", testkit::PASSWORD, "email is taken"),
        ("nonsense", testkit::PASSWORD, "email: "),
    ] {
        let settings = [("DATABASE_URL", url.as_str()), ("ADMIN_PASSWORD", password)];
        let output = run(&["create-admin", "--email", email], &settings);
        assert!(!output.status.success() && text(&output.stderr).contains(why), "{}", text(&output.stderr));
        assert!(!text(&output.stderr).contains(password));
    }
}

#[sqlx::test(migrator = "store::MIGRATOR")]
async fn users_of_another_service_are_imported_and_sign_in(pool: PgPool) {
    let app = App::new(pool);
    let url = url(&app.world.pool);
    let file = std::path::Path::new(env!("CARGO_TARGET_TMPDIR")).join("users.csv");
    let bcrypt = "$2b$04$N9qo8uLOickgx2ZMRZoMye2SIE5jjhvj6DGrBdU8MOGQ0DNzwzIsa";
    let csv = format!("email,password_hash,name\nana@example.com,{bcrypt},Ana\nnonsense,,\n");
    std::fs::write(&file, csv).unwrap();
    let words = ["import-users", file.to_str().unwrap()];
    for (extra, counts) in [
        (Some("--dry-run"), "would be imported: 1\nthere already: 0\nrefused: 1\n"),
        (None, "imported: 1\nthere already: 0\nrefused: 1\n"),
        (None, "imported: 0\nthere already: 1\nrefused: 1\n"),
    ] {
        let words: Vec<&str> = words.into_iter().chain(extra).collect();
        let output = run(&words, &[("DATABASE_URL", &url)]);
        assert_eq!(output.status.code(), Some(3), "{}", text(&output.stderr));
        assert_eq!(text(&output.stdout), counts);
        let told = text(&output.stderr);
        assert!(told.contains("line 3: email: ") && !told.contains(bcrypt), "{told}");
    }
    let sign_in = [("form[identifier]", "ana@example.com"), ("form[password]", testkit::PASSWORD)];
    let answer = app.browser().call("/fn/login", &sign_in).await.expect(200);
    assert!(answer.text.contains("\"name\":\"Ana\""));

    std::fs::write(&file, "email,password\n").unwrap();
    let output = run(&words, &[("DATABASE_URL", &url)]);
    assert!(!output.status.success() && text(&output.stderr).contains("unknown column \"password\""));
}

#[sqlx::test(migrator = "store::MIGRATOR")]
async fn the_old_services_own_database_is_read(pool: PgPool) {
    let url = url(&pool);
    for statement in [
        "CREATE TABLE auth_user (id int, password text, is_superuser bool, username text, first_name text,
            last_name text, email text, is_staff bool, is_active bool, date_joined timestamptz)",
        "INSERT INTO auth_user VALUES (7, 'pbkdf2_sha256$1000$Xk3vQz8LmN0pRtYw2bCdEf$NP1rWf8La65LEOd1eOf76We82FAr1zU++l228EqFjyc=',
            true, 'ana', 'Ana', '', 'ana@example.com', true, true, '2020-01-01T00:00:00Z')",
        "CREATE TABLE \"user\" (id uuid, email text, hashed_password text, full_name text, is_superuser bool)",
        "INSERT INTO \"user\" VALUES ('018f3c2a-7b1d-7c3e-9f00-0123456789ab', 'eve@example.com',
            '$2b$04$N9qo8uLOickgx2ZMRZoMye2SIE5jjhvj6DGrBdU8MOGQ0DNzwzIsa', 'Eve', false)",
    ] {
        sqlx::query(statement).execute(&pool).await.unwrap();
    }
    for preset in ["django", "full-stack-fastapi"] {
        let words = ["import-users", "--from", &url, "--preset", preset];
        // Standard input is empty: nobody agreed.
        let asked = run(&words, &[("DATABASE_URL", &url)]);
        assert!(asked.status.success() && asked.stdout.is_empty(), "{}", text(&asked.stderr));
        assert!(text(&asked.stderr).contains("accounts in the old database: 1\n"));
        let words: Vec<&str> = words.into_iter().chain(["--yes"]).collect();
        let output = run(&words, &[("DATABASE_URL", &url)]);
        assert_eq!(
            text(&output.stdout),
            "imported: 1\nthere already: 0\nrefused: 0\n",
            "{}",
            text(&output.stderr)
        );
    }
    let app = App::new(pool);
    for (name, role, shown) in [("ana", "admin", "Ana"), ("eve", "user", "Eve")] {
        let email = format!("{name}@example.com");
        let sign_in = [("form[identifier]", email.as_str()), ("form[password]", testkit::PASSWORD)];
        let answer = app.browser().call("/fn/login", &sign_in).await.expect(200);
        assert!(answer.text.contains(&format!("\"role\":\"{role}\"")) && answer.text.contains(shown));
    }
    assert_eq!(app.world.count("SELECT count(*) FROM users WHERE id::text LIKE '018f3c2a-7b1d-%'").await, 1);
}

/// An import that is interrupted when it has told how far it is and before it is through, since somebody is about to
/// take one of its addresses; and the accounts it says it made, none where it could say nothing any more.
async fn interrupted_import(words: &[&str], pool: &PgPool, taken: &str, signal: &str) -> Option<i64> {
    let mut hold = pool.begin().await.unwrap();
    let insert = "INSERT INTO users (id, email, email_canonical, created_at, updated_at)
        VALUES (gen_random_uuid(), $1, $1, now(), now())";
    sqlx::query(insert).bind(taken).execute(&mut *hold).await.unwrap();
    let url = &url(pool);
    let mut import = server(words, &[("DATABASE_URL", url)]);
    let mut import = import.stderr(Stdio::piped()).stdout(Stdio::piped()).spawn().unwrap();
    let mut told = BufReader::new(import.stderr.take().unwrap()).lines().map(Result::unwrap);
    // A slow machine may make the driver say so first.
    assert!(told.any(|line| line.contains(" lines, ")));
    send(signal, &import);
    hold.rollback().await.unwrap();
    let output = import.wait_with_output().unwrap();
    assert!(!output.status.success(), "{}", told.collect::<String>());
    let counts = text(&output.stdout);
    Some(counts.lines().next()?.strip_prefix("imported: ")?.parse().unwrap())
}

#[sqlx::test(migrator = "store::MIGRATOR")]
async fn an_import_that_was_interrupted_or_killed_goes_on_from_there(pool: PgPool) {
    const UNRECORDED: &str =
        "SELECT (SELECT count(*) FROM users) - coalesce(sum((audit_details.detail->>'made')::bigint), 0)::bigint
        FROM audit_events JOIN audit_details ON event_id = id WHERE kind = 'users_imported'";
    let url = url(&pool);
    let file = std::path::Path::new(env!("CARGO_TARGET_TMPDIR")).join("many.csv");
    let lines: Vec<_> = (0..60_000).map(|n| format!("person-{n}@example.com")).collect();
    std::fs::write(&file, format!("email\n{}\n", lines.join("\n"))).unwrap();
    let words = ["import-users", file.to_str().unwrap()];
    let count = async |sql: &'static str| sqlx::query_scalar::<_, i64>(sql).fetch_one(&pool).await.unwrap();

    let told = interrupted_import(&words, &pool, "person-30000@example.com", "-INT").await.unwrap();
    assert_eq!(told, count("SELECT count(*) FROM users").await);
    // What it was about to commit may still come to be, and whole.
    assert_eq!(interrupted_import(&words, &pool, "person-59999@example.com", "-KILL").await, None);
    assert_eq!(count(UNRECORDED).await, 0);

    let output = run(&words, &[("DATABASE_URL", &url)]);
    assert!(output.status.success(), "{}", text(&output.stderr));
    let counts = text(&output.stdout);
    let mut counts = counts.lines().filter_map(|line| line.rsplit(' ').next()?.parse::<i64>().ok());
    let [made, there, refused] = [(); 3].map(|()| counts.next().unwrap());
    assert!(made > 0 && there > 0 && made + there == 60_000 && refused == 0, "{made} {there} {refused}");
    assert_eq!(count("SELECT count(*) FROM users").await, 60_000);
    assert_eq!(count(UNRECORDED).await, 0);
}

#[sqlx::test(migrator = "store::MIGRATOR")]
async fn large_rows_of_an_old_database_come_in_small_parts(pool: PgPool) {
    for statement in [
        "CREATE TABLE auth_user (email text, username text, picture text, is_superuser bool)",
        "INSERT INTO auth_user SELECT 'ana' || n || '@example.com', repeat('ü', 100000), repeat('x', 100000), true
            FROM generate_series(1, 2600) AS n",
    ] {
        sqlx::query(statement).execute(&pool).await.unwrap();
    }
    let preset = store::import::source::PRESETS.iter().find(|preset| preset.name == "django").unwrap();
    let mut source =
        store::import::source::ImportSource::open(&pool.connect_options(), preset).await.unwrap();
    let (mut accounts, mut parts) = (0, 0);
    loop {
        let part = source.next().await.unwrap();
        if part.is_empty() {
            break;
        }
        (accounts, parts) = (accounts + part.len(), parts + 1);
        let usernames = part.iter().map(|form| form.profile.username.as_deref().unwrap_or_default().len());
        assert!(usernames.clone().sum::<usize>() < 6 * 1024 * 1024);
        assert!(usernames.zip(&part).all(|(length, form)| length == 2_000 && form.role == "admin"));
    }
    assert_eq!((accounts, parts), (2_600, 2));
}

/// A running server, its log, and where it listens.
pub struct Running {
    pub process: Process,
    log: BufReader<ChildStderr>,
    pub address: String,
}

pub fn spawn(database: &str, more: &[(&str, &str)]) -> Process {
    let mut settings = vec![
        ("DATABASE_URL", database),
        ("LEPTOS_SITE_ROOT", site().to_str().unwrap()),
        ("LEPTOS_SITE_ADDR", "127.0.0.1:0"),
        ("LOG_FORMAT", "json"),
    ];
    settings.extend(more);
    Process::spawn(server(&["serve"], &settings).stderr(Stdio::piped()))
}

pub fn send(signal: &str, process: &Child) {
    Command::new("kill").args([signal, &process.id().to_string()]).status().unwrap();
}

pub fn start(database: &str, more: &[(&str, &str)]) -> Running {
    let mut process = spawn(database, more);
    let mut log = BufReader::new(process.stderr.take().unwrap());
    let lines = log.by_ref().lines().map(Result::unwrap);
    let mut lines = lines.map(|line| serde_json::from_str::<serde_json::Value>(&line).unwrap());
    let address = lines.find_map(|line| line["address"].as_str().map(ToOwned::to_owned)).unwrap();
    Running { process, log, address }
}

impl Running {
    pub fn get(&self, path: &str, more: &str) -> String {
        let mut stream = TcpStream::connect(&self.address).unwrap();
        write!(stream, "GET {path} HTTP/1.1\r\nHost: localhost\r\n{more}\r\n").unwrap();
        let mut answer = String::new();
        stream.read_to_string(&mut answer).unwrap();
        answer
    }

    /// The rest of the log, once the server has ended well.
    pub fn ended(mut self) -> Vec<String> {
        assert!(self.process.wait().unwrap().success());
        self.log.lines().map(Result::unwrap).collect()
    }
}

/// An orchestrator goes on sending people for a moment after SIGTERM: they are served, and it is told.
#[sqlx::test(migrator = "store::MIGRATOR")]
async fn after_a_signal_it_serves_for_a_moment_and_is_not_ready(pool: PgPool) {
    let server = start(&url(&pool), &[("SHUTDOWN_DELAY_SECONDS", "300")]);
    let close = "Connection: close\r\n";
    assert!(server.get("/readyz", close).starts_with("HTTP/1.1 200 OK"));
    send("-TERM", &server.process);
    while !server.get("/readyz", close).starts_with("HTTP/1.1 503") {}
    let answer = server.get("/livez", "");
    assert!(answer.starts_with("HTTP/1.1 200 OK") && answer.contains("connection: close"), "{answer}");
    // A second signal ends the wait.
    send("-TERM", &server.process);
    assert!(server.ended().last().unwrap().contains("\"stopped\""));
}

#[sqlx::test(migrator = "store::MIGRATOR")]
async fn a_proxy_that_names_nobody_is_told_of_once(pool: PgPool) {
    let server = start(&url(&pool), &[("TRUSTED_PROXIES", "127.0.0.1")]);
    for named in ["X-Forwarded-For: 198.51.100.7\r\n", "", ""] {
        let answer = server.get("/api/v1/users/me", &format!("{named}Connection: close\r\n"));
        assert!(answer.starts_with("HTTP/1.1 401"), "{answer}");
    }
    send("-TERM", &server.process);
    let told = server.ended().into_iter().filter(|line| line.contains("sends no X-Forwarded-For"));
    assert_eq!(told.count(), 1);
}

#[sqlx::test(migrations = false)]
async fn either_signal_ends_it_in_good_order(pool: PgPool) {
    let url = url(&pool);
    for signal in ["-INT", "-TERM"] {
        let mut server = start(&url, &[]);
        let health = run(&["healthcheck"], &[("DATABASE_URL", &url), ("LEPTOS_SITE_ADDR", &server.address)]);
        assert_eq!(text(&health.stdout), "ready\n", "{}", text(&health.stderr));

        send(signal, &server.process);
        assert!(server.process.wait().unwrap().success());
        let last = server.log.lines().map(Result::unwrap).last().unwrap();
        assert!(last.contains("\"stopped\""), "{last}");
        let health = run(&["healthcheck"], &[("DATABASE_URL", &url), ("LEPTOS_SITE_ADDR", &server.address)]);
        assert!(!health.status.success());
    }
}

#[sqlx::test(migrator = "store::MIGRATOR")]
async fn a_signal_ends_it_while_it_waits_to_migrate(pool: PgPool) {
    let mut hold = pool.begin().await.unwrap();
    sqlx::query("LOCK TABLE _sqlx_migrations").execute(&mut *hold).await.unwrap();
    let mut process = spawn(&url(&pool), &[]);
    let waits = "SELECT count(*) FROM pg_locks WHERE NOT granted AND relation = '_sqlx_migrations'::regclass";
    while sqlx::query_scalar::<_, i64>(waits).fetch_one(&mut *hold).await.unwrap() == 0 {}
    send("-TERM", &process);
    assert!(process.wait().unwrap().success());
}

/// What a command's output goes to when whoever read it has left (`| head -1`).
fn nobody() -> Stdio {
    let (_, writer) = pipe().unwrap();
    writer.into()
}

#[sqlx::test(migrator = "store::MIGRATOR")]
async fn a_command_whose_reader_has_left_does_its_work_and_ends_quietly(pool: PgPool) {
    let url = url(&pool);
    let file = std::path::Path::new(env!("CARGO_TARGET_TMPDIR")).join("piped.csv");
    std::fs::write(&file, "email\na@example.com\nnonsense\n").unwrap();
    let keys = std::path::Path::new(env!("CARGO_TARGET_TMPDIR")).join("piped.pem");
    std::fs::write(&keys, accounts::SigningKey::generate_ed25519_pem().unwrap()).unwrap();
    let settings =
        [("DATABASE_URL", url.as_str()), ("SIGNING_KEY_FILE", keys.to_str().unwrap()), ("RUST_LOG", "debug")];
    for (words, code) in [
        (&["openapi"][..], 0),
        (&["retention"], 0),
        (&["--help"], 0),
        (&["--version"], 0),
        (&["import-users", "--help"], 0),
        (&["migrate"], 0),
        (&["import-users", file.to_str().unwrap(), "--dry-run"], 3),
        (&["import-users", file.to_str().unwrap()], 3),
        (&["create-admin", "--email", "root@example.com"], 0),
        (&["create-admin", "--email", "root@example.com", "--if-none"], 0),
        (&["create-admin", "--email", "root@example.com"], 1),
        (&["rotate-keys"], 0),
        (&["nonsense"], 2),
    ] {
        let output = server(words, &settings).stdout(nobody()).output().unwrap();
        let told = text(&output.stderr);
        assert!(output.status.code() == Some(code) && !told.contains("panic"), "{words:?}: {told}");
    }
    // And where nobody reads the other stream either.
    for (words, code) in
        [(&["import-users", file.to_str().unwrap()][..], 3), (&["nonsense"], 2), (&["migrate"], 0)]
    {
        let status = server(words, &settings).stdout(nobody()).stderr(nobody()).status().unwrap();
        assert_eq!(status.code(), Some(code), "{words:?}");
    }
    let count = "SELECT count(*) FROM users";
    assert_eq!(sqlx::query_scalar::<_, i64>(count).fetch_one(&pool).await.unwrap(), 2);
}

#[sqlx::test(migrator = "store::MIGRATOR")]
async fn a_server_whose_log_nobody_reads_goes_on_serving(pool: PgPool) {
    let url = url(&pool);
    let address = TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap().to_string();
    let settings = [
        ("DATABASE_URL", url.as_str()),
        ("LEPTOS_SITE_ROOT", site().to_str().unwrap()),
        ("LEPTOS_SITE_ADDR", &address),
    ];
    let mut serving = Process::spawn(server(&["serve"], &settings).stdout(nobody()).stderr(nobody()));
    while !run(&["healthcheck"], &settings).status.success() {
        assert!(serving.try_wait().unwrap().is_none(), "it ended");
    }
    send("-TERM", &serving);
    assert!(serving.wait().unwrap().success());
}

#[test]
fn keys_are_rotated_in_their_file() {
    let folder =
        std::path::Path::new(env!("CARGO_TARGET_TMPDIR")).join(format!("keys-{}", std::process::id()));
    std::fs::create_dir_all(&folder).unwrap();
    let file = folder.join("signing-key.pem");
    std::fs::write(&file, accounts::SigningKey::generate_ed25519_pem().unwrap()).unwrap();
    let settings = [
        ("DATABASE_URL", "postgres://nobody@localhost:1/none"),
        ("SIGNING_KEY_FILE", file.to_str().unwrap()),
    ];
    let output = run(&["rotate-keys", "--lead", "30"], &settings);
    assert!(output.status.success(), "{}", text(&output.stderr));
    let keys = std::fs::read_to_string(&file).unwrap();
    assert_eq!((keys.matches("BEGIN PRIVATE KEY").count(), keys.matches("Signs-From: ").count()), (2, 1));
    let refused = run(&["rotate-keys"], &[settings[0], ("SIGNING_KEY_FILE", "/nowhere/key.pem")]);
    assert!(
        !refused.status.success() && text(&refused.stderr).contains("SIGNING_KEY_FILE: /nowhere/key.pem")
    );
    std::fs::remove_dir_all(folder).unwrap();
}
