//! pgbench: an exchange of a refresh token beside its own statements, and what Postgres reads at most.

use super::results::Results;
use super::turns::{Done, Plan, Subject, Watched, Work, measure, output};
use super::{Main, requests};
use crate::stand::Database;
use anyhow::{Context, Result};
use serde_json::Value;
use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Duration;

/// As many as the server's pool has.
const CONNECTIONS: usize = 10;

/// The n-th token of a client, as pgbench names it.
const TOKEN: &str = "sha256(convert_to('token ' || :client_id || ' ' || :n, 'UTF8'))";
const NEXT: &str = "sha256(convert_to('token ' || :client_id || ' ' || :next, 'UTF8'))";
const SESSION: &str = "md5('bench ' || :client_id)::uuid";
const NOW: &str = "(extract(epoch FROM clock_timestamp()) * 1000000)::bigint";

/// The statements of an exchange in their order (crates/accounts/src/session/refresh.rs): what stands in no other statement
/// of the server, and what it is given. The text itself is taken from .sqlx, so that it is the server's.
fn exchange() -> [Step; 8] {
    let key = |name: &str| format!("sha256(convert_to('{name} ' || :client_id || ' ' || :n, 'UTF8'))");
    let at = |micros: &str| format!("{NOW} + {micros}");
    let (address, network) = (key("address"), key("network"));
    let (one, other, whole) = (at("1000000"), at("100000"), at("60000000"));
    let of = |has, given: &[&str]| Step::Statement {
        has,
        given: given.iter().map(|given| (*given).to_owned()).collect(),
    };
    [
        Step::Plain("BEGIN"),
        of(
            "INSERT INTO throttle_rates AS rate (key, paid_until) VALUES ($1, $3), ($2, $4)",
            &[&address, &network, &one, &other, NOW, &whole],
        ),
        Step::Plain("COMMIT"),
        Step::Plain("BEGIN"),
        of("JOIN refresh_tokens t ON t.session_id = s.id WHERE t.hash = $1 FOR NO KEY UPDATE OF s", &[TOKEN]),
        of("coalesce(t.used_at, t.killed_at) AS used_at", &[TOKEN]),
        of(
            "UPDATE refresh_tokens SET used_at = $6, child = $1",
            &[NEXT, SESSION, "now()", "now() + interval '30 days'", TOKEN, "now()", TOKEN],
        ),
        Step::Plain("COMMIT"),
    ]
}

enum Step {
    Plain(&'static str),
    Statement { has: &'static str, given: Vec<String> },
}

impl Step {
    /// As pgbench reads it, on one line.
    fn write(&self, known: &[String]) -> Result<String> {
        match self {
            Self::Plain(word) => Ok(format!("{word};\n")),
            Self::Statement { has, given } => {
                let found: Vec<&String> = known.iter().filter(|text| text.contains(has)).collect();
                let [text] = found[..] else {
                    anyhow::bail!("`{has}` is in {} statements of .sqlx: mend speed/pgbench.rs", found.len())
                };
                let mut text = text.split_whitespace().collect::<Vec<_>>().join(" ");
                for (index, value) in given.iter().enumerate().rev() {
                    text = text.replace(&format!("${}", index + 1), value);
                }
                anyhow::ensure!(
                    !text.contains('$'),
                    "`{has}` takes more than is given: mend speed/pgbench.rs"
                );
                Ok(text + ";\n")
            }
        }
    }
}

/// The statements of the server, as they are committed.
fn statements() -> Result<Vec<String>> {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("../.sqlx");
    let mut texts = Vec::new();
    for entry in fs::read_dir(folder)? {
        let json: Value = serde_json::from_str(&fs::read_to_string(entry?.path())?)?;
        texts
            .extend(json["query"].as_str().map(|text| text.split_whitespace().collect::<Vec<_>>().join(" ")));
    }
    Ok(texts)
}

fn script() -> Result<String> {
    let known = statements()?;
    let steps: Result<String> = exchange().iter().map(|step| step.write(&known)).collect();
    Ok(format!("\\set next :n + 1\n{}\\set n :next\n", steps?))
}

/// The program, beside Postgres' own or wherever it is.
fn pgbench() -> PathBuf {
    let folder = std::env::var_os("PG_BINDIR").map(PathBuf::from);
    folder
        .map(|folder| folder.join("pgbench"))
        .filter(|program| program.exists())
        .unwrap_or_else(|| "pgbench".into())
}

/// Exchanges of refresh tokens beside the same statements.
pub(super) async fn refresh(plan: Plan, main: &Main, results: &mut Results) -> Result<()> {
    let file = main.stand.folder().join("refresh.sql");
    fs::write(&file, script()?)?;
    let pool = main.stand.sql();
    let families = format!(
        "INSERT INTO sessions (id, user_id, kind, persistent, factors, authenticated_at, created_at, last_used_at,
             expires_at, address, agent)
         SELECT md5('bench ' || n)::uuid, (SELECT id FROM users LIMIT 1), 'bearer', true, '{{}}', now(), now(), now(),
             now() + interval '30 days', '', ''
         FROM generate_series(0, {CONNECTIONS} - 1) n"
    );
    sqlx::raw_sql(sqlx::AssertSqlSafe(families)).execute(pool).await?;
    // Each run begins with a number of its own, and with the tokens of that.
    let run = AtomicU64::new(0);
    let first = |run: u64| run * 1_000_000;
    for run in 1..=u64::try_from(plan.rounds)? + 1 {
        let sql = "INSERT INTO refresh_tokens (hash, session_id, issued_at, expires_at)
            SELECT sha256(convert_to('token ' || n || ' ' || $1::bigint, 'UTF8')), md5('bench ' || n)::uuid, now(),
                now() + interval '30 days'
            FROM generate_series(0, $2::int - 1) n";
        let query = sqlx::query(sql).bind(i64::try_from(first(run))?).bind(i32::try_from(CONNECTIONS)?);
        query.execute(pool).await?;
    }
    let command = |time: Duration| {
        let begin = first(run.fetch_add(1, Ordering::Relaxed) + 1);
        let mut command = base(time);
        command.args(["-D", &format!("n={begin}"), "-f"]).arg(&file).arg(main.stand.database.url());
        command
    };
    let waiting = requests::Waiting::default();
    let tokens = main.tokens.iter().skip(1).map(|tokens| tokens.refresh.clone());
    waiting.lock().unwrap_or_else(std::sync::PoisonError::into_inner).extend(tokens);
    let server = &main.stand.servers[0];
    let scripts = || requests::exchanges(&waiting, 32);
    let subjects = [
        Subject {
            id: "refresh_statements",
            work: Work::Program { command: Box::new(command), read },
            watched: Watched { database: Some(pool), ..Watched::default() },
        },
        Subject {
            id: "refresh",
            work: Work::Http { port: server.port(), scripts: Box::new(scripts) },
            watched: Watched::server(server, pool),
        },
    ];
    measure(plan, results, &subjects).await
}

/// `pgbench -S`: one row by its key, over and over.
pub(super) async fn select(plan: Plan, results: &mut Results) -> Result<()> {
    let admin = std::env::var("DATABASE_URL").context("DATABASE_URL names no Postgres")?;
    let database = Database::make(&admin).await?;
    let mut fill = Command::new(pgbench());
    fill.args(["-i", "-q", "-s", "1"]).arg(database.url());
    output(fill).await?;
    let command = |time: Duration| {
        let mut command = base(time);
        command.arg("-S").arg(database.url());
        command
    };
    let subject = Subject {
        id: "pgbench_select",
        work: Work::Program { command: Box::new(command), read },
        watched: Watched { database: Some(database.pool()), ..Watched::default() },
    };
    measure(plan, results, &[subject]).await
}

fn base(time: Duration) -> Command {
    let mut command = Command::new(pgbench());
    let seconds = time.as_secs().max(1).to_string();
    command.args(["-n", "-M", "prepared", "-j", "1", "-c", &CONNECTIONS.to_string(), "-T", &seconds]);
    command
}

/// `number of transactions actually processed: 1234`, `tps = 411.3 (without initial connection time)`; one that failed
/// makes pgbench fail.
fn read(said: &str) -> Option<Done> {
    let after = |begin: &str| said.lines().find_map(|line| line.strip_prefix(begin));
    let count: usize = after("number of transactions actually processed: ")?.trim().parse().ok()?;
    let rate: f64 = after("tps = ")?.split(' ').next()?.parse().ok()?;
    Some((count, Duration::from_secs_f64(f64::from(u32::try_from(count).ok()?) / rate)))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_statements_of_an_exchange_are_the_servers() {
        let script = script().unwrap();
        assert_eq!(script.lines().count(), 10);
        assert!(!script.contains('$'), "{script}");
    }

    #[test]
    fn pgbench_is_read() {
        let said = "number of transactions actually processed: 1000\nlatency average = 2 ms\ntps = 500.0 (without)\n";
        assert_eq!(read(said), Some((1000, Duration::from_secs(2))));
    }
}
