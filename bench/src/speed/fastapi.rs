//! A FastAPI service of the cookie contract beside ours: the same two calls, over the same Postgres.

use super::peer::Peer;
use super::requests::{get, sign_ins};
use super::results::Results;
use super::turns::{Plan, Subject, Watched, Work, measure, output};
use super::{Main, cookies, load, memory};
use crate::stand::{Client, Database, PASSWORD, child, keys, ports};
use anyhow::{Context, Result, ensure};
use std::path::Path;
use std::process::Command;

const CONNECTIONS: usize = 32;
const SIGN_INS: usize = 4;
const LOGIN: &str = "/auth/login";

pub(super) async fn run(plan: Plan, main: &Main, hash: &str, results: &mut Results) -> Result<()> {
    let admin = std::env::var("DATABASE_URL").context("DATABASE_URL names no Postgres")?;
    let database = Database::make(&admin).await?;
    let secret = format!("{:02x?}", keys::random()?);
    output(command(&["service.py"], &database, &secret)?).await?;
    let sql = "INSERT INTO users (id, email, email_verified, name, role, is_active, password_hash, created_at, updated_at)
        SELECT md5(email)::uuid, email, true, 'Bench', 'user', true, $2, now(), now() FROM unnest($1::text[]) email";
    sqlx::query(sql).bind(&main.emails).bind(hash).execute(database.pool()).await?;
    let port = ports::free()?;
    let words = ["-m", "uvicorn", "service:app", "--workers", "2", "--port", &port.to_string()];
    let log = main.stand.folder().join("fastapi.log");
    let peer = Peer::wait(&mut command(&words, &database, &secret)?, port, &log).await?;
    let measured = compare(plan, main, &peer, &database, results).await;
    peer.stop().await?;
    measured
}

async fn compare(
    plan: Plan,
    main: &Main,
    peer: &Peer,
    database: &Database,
    results: &mut Results,
) -> Result<()> {
    let server = &main.stand.servers[0];
    let ours = || Watched::server(server, main.stand.sql());
    let (our_cookie, their_cookie) = (cookie(server.port(), main).await?, cookie(peer.port(), main).await?);
    let theirs = || Watched { server: family(peer.pid()), database: Some(database.pool()), redis: None };
    let me = |id, port, cookie: &str, watched| {
        let request = get("/auth/me", &[("Cookie", cookie)]);
        let scripts = Box::new(move || load::cycle(std::slice::from_ref(&request), CONNECTIONS));
        Subject { id, work: Work::Http { port, scripts }, watched }
    };
    let login = |id, port, watched| {
        let scripts = Box::new(|| sign_ins(LOGIN, &main.emails, SIGN_INS));
        Subject { id, work: Work::Http { port, scripts }, watched }
    };
    let subjects = [
        me("fastapi_me", peer.port(), &their_cookie, theirs()),
        me("cookie_me", server.port(), &our_cookie, ours()),
        login("fastapi_sign_in", peer.port(), theirs()),
        login("cookie_sign_in", server.port(), ours()),
    ];
    measure(plan, results, &subjects).await?;
    results.value("fastapi_rss_mb", memory::megabytes(family(peer.pid()).into_iter().map(child::rss).sum()));
    results.value("rss_beside_fastapi_mb", memory::megabytes(server.rss()));
    Ok(())
}

/// Signs the first of the people in, and returns the session's cookie alone.
async fn cookie(port: u16, main: &Main) -> Result<String> {
    let body = serde_json::json!({ "email": main.emails[0], "password": PASSWORD });
    let mut client = Client::new(port).forwarded_for("192.0.2.3");
    let answer = client.call(hyper::Method::POST, LOGIN, "", &body).await?;
    ensure!(answer.status == 200, "{LOGIN}: {} {}", answer.status, answer.text());
    let all = cookies(&answer);
    let token = all.split("; ").find(|pair| pair.starts_with("token="));
    Ok(token.context("there is no cookie `token`")?.to_owned())
}

/// A process with those that it started: uvicorn's workers.
fn family(pid: u32) -> Vec<u32> {
    let below = child::children(pid).into_iter().flat_map(family);
    std::iter::once(pid).chain(below).collect()
}

/// Python with the service's settings, in its folder.
fn command(words: &[&str], database: &Database, secret: &str) -> Result<Command> {
    let python = std::env::var_os("BENCH_PYTHON")
        .context("BENCH_PYTHON names no Python with the service's packages")?;
    let mut command = Command::new(python);
    let (_, place) = database.url().split_once("://").context("no address")?;
    command.env("DATABASE_URL", format!("postgresql+asyncpg://{place}")).env("SECRET_KEY", secret);
    command.env("PYTHONDONTWRITEBYTECODE", "1").args(words);
    command.current_dir(Path::new(env!("CARGO_MANIFEST_DIR")).join("peers/fastapi"));
    Ok(command)
}
