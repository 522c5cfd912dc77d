//! A file of the audit trail leaves the server as it is made: its memory stays the same, however long the trail is.

use crate::cli::commands::{run, spawn, url};
use crate::process::Process;
use sqlx::PgPool;
use std::fs;
use std::io::{BufRead, BufReader, Read, Write};
use std::net::TcpStream;

/// What a file may take beyond what the server has had before, in kB.
const BEYOND: u64 = 24 * 1024;
const PASSWORD: &str = "violet staircase under rain";
const ORIGIN: &str = "http://localhost:8000";

/// Resident memory, in kB.
fn resident(process: &Process) -> u64 {
    let status = fs::read_to_string(format!("/proc/{}/status", process.id())).unwrap();
    let line = status.lines().find_map(|line| line.strip_prefix("VmRSS:")).unwrap();
    line.trim().trim_end_matches(" kB").parse().unwrap()
}

fn send(address: &str, request: &str) -> BufReader<TcpStream> {
    let mut stream = TcpStream::connect(address).unwrap();
    stream.write_all(request.as_bytes()).unwrap();
    BufReader::new(stream)
}

/// The lines of an answer's head.
fn head(answer: &mut impl BufRead) -> Vec<String> {
    answer.lines().map(Result::unwrap).take_while(|line| !line.is_empty()).collect()
}

/// Signs the admin in; returns the cookies.
fn sign_in(address: &str) -> String {
    let form = format!("form[identifier]=root@example.com&form[password]={}", PASSWORD.replace(' ', "+"));
    let request = format!(
        "POST /fn/login HTTP/1.0\r\nOrigin: {ORIGIN}\r\nAccept: application/json\r\n\
         Content-Type: application/x-www-form-urlencoded\r\nContent-Length: {}\r\n\r\n{form}",
        form.len()
    );
    let head = head(&mut send(address, &request));
    let cookies = head.iter().filter_map(|line| {
        let (name, value) = line.split_once(": ")?;
        name.eq_ignore_ascii_case("set-cookie").then(|| value.split(';').next().unwrap())
    });
    let cookies: Vec<_> = cookies.collect();
    assert!(!cookies.is_empty(), "{head:?}");
    cookies.join("; ")
}

/// As many events as that, of that many bytes.
async fn fill(pool: &PgPool, events: i32, bytes: i32) {
    let sql = "INSERT INTO audit_events (id, at, kind, request_id)
        SELECT (lpad(to_hex(1700000000000 + n), 12, '0') || '70008000' || lpad(to_hex(n), 12, '0'))::uuid,
            to_timestamp(1700000000 + n / 1000.0), 'signed_in', repeat('x', $2) FROM generate_series(1, $1) n";
    sqlx::query(sql).bind(events).bind(bytes).execute(pool).await.unwrap();
    // As a database knows itself that grew slowly.
    sqlx::query("ANALYZE audit_events").execute(pool).await.unwrap();
}

async fn is_sent_in_constant_memory(pool: PgPool, events: i32, bytes: i32) {
    let url = url(&pool);
    let made = run(
        &["create-admin", "--email", "root@example.com"],
        &[("DATABASE_URL", &url), ("ADMIN_PASSWORD", PASSWORD)],
    );
    assert!(made.status.success());
    fill(&pool, events, bytes).await;
    let mut server = spawn(&url, &[("BASE_URL", ORIGIN)]);
    let mut log = BufReader::new(server.stderr.take().unwrap()).lines().map(Result::unwrap);
    let lines = log.by_ref().map(|line| serde_json::from_str::<serde_json::Value>(&line).unwrap());
    let address = lines.into_iter().find_map(|line| line["address"].as_str().map(ToOwned::to_owned)).unwrap();
    // Read to its end, or the server would wait for whoever reads its log.
    std::thread::spawn(move || log.for_each(drop));
    let cookies = sign_in(&address);
    for format in ["jsonl", "csv"] {
        let before = resident(&server);
        let path = format!("/admin/audit/export?kind=signed_in&format={format}");
        let mut answer = send(&address, &format!("GET {path} HTTP/1.0\r\nCookie: {cookies}\r\n\r\n"));
        let head = head(&mut answer);
        assert!(head[0].contains(" 200 "), "{head:?}");
        let (mut lines, mut most, mut part) = (0, before, vec![0; 1 << 20]);
        loop {
            let length = answer.read(&mut part).unwrap();
            if length == 0 {
                break;
            }
            lines += part[..length].split(|byte| *byte == b'\n').count() - 1;
            most = most.max(resident(&server));
        }
        // The admin has signed in as well; a table has a head.
        assert_eq!(lines, usize::try_from(events).unwrap() + if format == "csv" { 2 } else { 1 });
        println!("{events} events as {format}: {before} kB before, {most} kB at most");
        assert!(most < before + BEYOND, "{before} kB before, {most} kB at most");
    }
}

/// The whole of it would be 40 MB.
#[sqlx::test(migrator = "store::MIGRATOR")]
async fn a_file_of_the_trail_is_sent_in_constant_memory(pool: PgPool) {
    is_sent_in_constant_memory(pool, 40_000, 1_000).await;
}

#[sqlx::test(migrator = "store::MIGRATOR")]
#[ignore = "some minutes; `cargo nextest run --run-ignored only a_million_events`"]
async fn a_million_events_are_sent_in_constant_memory(pool: PgPool) {
    is_sent_in_constant_memory(pool, 1_000_000, 36).await;
}
