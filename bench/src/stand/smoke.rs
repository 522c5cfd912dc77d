//! Whether a stand stands: an account of one server is there on the other.

use super::{PASSWORD, Setup};
use crate::report::Report;
use anyhow::Result;
use std::process::ExitCode;

/// Two servers over one database, with Valkey and mail where Valkey is to be had.
///
/// # Errors
/// Where something does not come up.
pub async fn run() -> Result<ExitCode> {
    let mut setup = Setup::servers(2).with_mails();
    if std::env::var_os("VALKEY_SERVER").is_some_and(|program| !program.is_empty()) {
        setup = setup.with_valkey();
    }
    let stand = setup.start().await?;
    let mut report = Report::default();
    let mut one = stand.servers[0].client().forwarded_for("198.51.100.1");
    let mut other = stand.servers[1].client().forwarded_for("198.51.100.1");
    let mut status = |what: &str, expected: u16, answer: &super::Answer| {
        report.row("", what, expected.to_string(), &answer.status, answer.status == expected);
    };
    status("sign up on one", 201, &one.sign_up("ana@example.com").await?);
    let signed_in = one.sign_in("ana@example.com", PASSWORD).await?;
    status("sign in on one", 200, &signed_in);
    let tokens = signed_in.tokens()?;
    status("read on the other", 200, &other.me(&tokens.access).await?);
    let refreshed = other.refresh(&tokens.refresh).await?;
    status("refresh on the other", 200, &refreshed);
    status("sign out on the other", 204, &other.sign_out(&refreshed.tokens()?.access).await?);
    status("refused on the other", 401, &other.me(&tokens.access).await?);
    let sql: i64 = sqlx::query_scalar("SELECT count(*) FROM users").fetch_one(stand.sql()).await?;
    report.at_least("", "accounts in the database", 1, u64::try_from(sql)?);
    let server = &stand.servers[0];
    report.note("", "processor time of one, ms", &server.cpu().as_millis());
    report.note("", "memory of one, MB", &(server.rss() / 1_000_000));
    Ok(report.conclude())
}
