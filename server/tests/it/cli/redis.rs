//! A server whose Redis is down.

use super::commands::{send, spawn, url};
use sqlx::PgPool;
use std::io::{BufRead, BufReader};

#[sqlx::test(migrator = "store::MIGRATOR")]
async fn a_server_whose_redis_is_down_starts_and_says_so_once(pool: PgPool) {
    // Nobody listens there.
    let mut process = spawn(&url(&pool), &[("REDIS_URL", "redis://:canary@127.0.0.1:1/0")]);
    let log = BufReader::new(process.stderr.take().unwrap());
    let mut lines = Vec::new();
    for line in log.lines().map(Result::unwrap) {
        if line.contains("\"serving\"") {
            send("-TERM", &process);
        }
        lines.push(line);
    }
    assert!(process.wait().unwrap().success());
    let told: Vec<_> = lines.iter().filter(|line| line.contains("Redis")).collect();
    assert!(
        matches!(&told[..], [one] if one.contains("Redis is out of reach") && one.contains("WARN")),
        "{told:?}"
    );
    assert!(!lines.concat().contains("canary"), "{lines:?}");
}
