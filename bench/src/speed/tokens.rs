//! Signing people in before something is measured.

use super::requests::address;
use crate::stand::{PASSWORD, Server, Tokens};
use anyhow::{Result, ensure};
use tokio::task::JoinSet;

/// As many at once as keep two cores busy with their hashes.
const AT_ONCE: usize = 4;

/// Signs these people in by the API.
pub(super) async fn sign_in(server: &Server, emails: &[String]) -> Result<Vec<Tokens>> {
    let mut all = JoinSet::new();
    for first in 0..AT_ONCE {
        let own: Vec<String> = emails.iter().skip(first).step_by(AT_ONCE).cloned().collect();
        all.spawn(some(server.port(), own));
    }
    let mut tokens = Vec::new();
    while let Some(some) = all.join_next().await {
        tokens.extend(some??);
    }
    Ok(tokens)
}

async fn some(port: u16, emails: Vec<String>) -> Result<Vec<Tokens>> {
    let mut tokens = Vec::with_capacity(emails.len());
    for email in emails {
        let answer =
            crate::stand::Client::new(port).forwarded_for(address()).sign_in(&email, PASSWORD).await?;
        ensure!(answer.status == 200, "{email} is not signed in: {}", answer.text());
        tokens.push(answer.tokens()?);
    }
    Ok(tokens)
}
