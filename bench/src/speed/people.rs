//! Databases full of people, made by SQL alone.

use crate::stand::{Client, PASSWORD};
use anyhow::{Context, Result};
use sqlx::AssertSqlSafe;
use sqlx::postgres::PgPool;

const PEOPLE: &str = include_str!("../../people.sql");
/// What stands there for everybody's password, which nobody knows.
const NO_PASSWORD: &str = "'$argon2id$v=19$m=19456,t=2,p=1$c2FsdHNhbHRzYWx0c2FsdA$' || repeat('x', 43)";

/// The hash of [`PASSWORD`], as the server writes it for somebody who signs up.
pub(super) async fn hash(client: &mut Client, pool: &PgPool) -> Result<String> {
    let answer = client.sign_up("bench@example.com").await?;
    anyhow::ensure!(answer.status == 201, "signing up with {PASSWORD:?}: {}", answer.text());
    Ok(sqlx::query_scalar("SELECT password_hash FROM users LIMIT 1").fetch_one(pool).await?)
}

/// Fills an empty database with people who all have that password, and what they did.
pub(super) async fn fill(pool: &PgPool, count: u32, hash: &str) -> Result<()> {
    anyhow::ensure!(PEOPLE.contains(NO_PASSWORD), "bench/people.sql has other passwords");
    let text = PEOPLE.replace(NO_PASSWORD, &format!("'{hash}'")).replace(":n", &count.to_string());
    run(pool, &text).await
}

/// A session of each person, as a program has it.
pub(super) async fn sessions(pool: &PgPool) -> Result<()> {
    // Without looking up each one's account, which was just read.
    let sql = "SET synchronous_commit = off;
        SET session_replication_role = replica;
        INSERT INTO sessions (id, user_id, kind, persistent, factors, authenticated_at, created_at, last_used_at, expires_at,
            address, agent)
        SELECT md5(id::text)::uuid, id, 'bearer', true, '{}', now(), now(), now(), now() + interval '30 days', '', ''
        FROM users;
        VACUUM (ANALYZE) sessions;";
    run(pool, sql).await
}

/// Each statement by itself, over one connection: a vacuum cannot be in a transaction.
async fn run(pool: &PgPool, text: &str) -> Result<()> {
    let mut connection = pool.acquire().await?;
    for statement in text.split(";\n").filter(|statement| !statement.trim().is_empty()) {
        sqlx::raw_sql(AssertSqlSafe(statement.to_owned()))
            .execute(&mut *connection)
            .await
            .with_context(|| statement.to_owned())?;
    }
    sqlx::raw_sql("RESET ALL").execute(&mut *connection).await?;
    Ok(())
}

/// The addresses of some people who may sign in, from all over the table.
pub(super) async fn emails(pool: &PgPool, count: usize) -> Result<Vec<String>> {
    let sql = "SELECT email FROM users WHERE is_active AND role = 'user' ORDER BY md5(id::text) LIMIT $1";
    Ok(sqlx::query_scalar(sql).bind(i64::try_from(count)?).fetch_all(pool).await?)
}
