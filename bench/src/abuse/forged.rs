//! P15: what headers gain. Each attempt names another address, in every way that some server believes.

use super::Scale;
use super::site::{Site, sign_in_with};
use crate::report::Report;
use crate::stand::Client;
use anyhow::Result;
use std::net::Ipv4Addr;
use std::time::Instant;

/// What one address has of sign-ins at once, and when one more is there.
const BUDGET: u64 = 10;
const MORE_AFTER: u64 = 20;
const ROUNDS: usize = 8;

/// Headers that claim an address, as a client sends them.
const CLAIMS: &[(&str, &str)] = &[
    ("x-forwarded-for", "F"),
    ("x-forwarded-for", "F, 127.0.0.1"),
    ("x-forwarded-for", "127.0.0.1"),
    ("x-forwarded-for", "unknown, F"),
    ("x-forwarded-for", "::ffff:F"),
    ("x-forwarded-for", "F:443"),
    ("x-forwarded-for", "\"F\""),
    ("x-forwarded-for", ", ,"),
    ("x-forwarded-for", "[2001:db8::1]:80, F"),
    ("forwarded", "for=F"),
    ("forwarded", "for=\"F:80\";proto=https;by=127.0.0.1"),
    ("x-real-ip", "F"),
    ("x-client-ip", "F"),
    ("client-ip", "F"),
    ("true-client-ip", "F"),
    ("cf-connecting-ip", "F"),
    ("fastly-client-ip", "F"),
    ("x-cluster-client-ip", "F"),
    ("x-forwarded", "for=F"),
    ("x-original-forwarded-for", "F"),
    ("x-remote-addr", "F"),
    ("via", "1.1 F"),
];

pub(super) async fn run(site: &Site, scale: &Scale, report: &mut Report) -> Result<()> {
    // On a busy machine Redis may answer too late: it is left, and Postgres counts anew.
    let most = if scale.judges { 0 } else { BUDGET };
    // 127.0.0.1 alone is a proxy.
    let untrusted = [Ipv4Addr::new(127, 0, 0, 77), Ipv4Addr::new(127, 0, 3, 77)];
    for (n, peer) in untrusted.into_iter().enumerate() {
        let mut client = site.client(n).from(peer);
        let gained = gained(site, &mut client, None).await?;
        let what = format!("gained by a client, {}", site.counted.words());
        report.at_most("P15", what, most, gained);
    }
    for (words, separate) in [("in one line", false), ("in a line of its own", true)] {
        let real = site.somewhere();
        let behind = Some((real.as_str(), separate));
        let gained = gained(site, &mut site.client(0), behind).await?;
        let what = format!("gained behind a proxy that adds {words}, {}", site.counted.words());
        report.at_most("P15", what, most, gained);
    }
    Ok(())
}

/// How many more attempts were looked at than an address has. The proxy adds the client's own address at the end, to the
/// line that came or as another one.
async fn gained(site: &Site, client: &mut Client, behind: Option<(&str, bool)>) -> Result<u64> {
    let (before, began) = (site.hashes().await?, Instant::now());
    for round in 0..ROUNDS {
        for (n, (name, value)) in CLAIMS.iter().enumerate() {
            let claimed = value.replace('F', &site.somewhere());
            let chain;
            let mut headers = vec![(*name, claimed.as_str())];
            match behind {
                Some((real, false)) if *name == "x-forwarded-for" => {
                    chain = format!("{claimed}, {real}");
                    headers = vec![(*name, chain.as_str())];
                }
                Some((real, _)) => headers.push(("x-forwarded-for", real)),
                None => {}
            }
            // Without an answer nothing is gained.
            let _ = sign_in_with(client, &headers, &format!("forged-{round}-{n}@example.com"), "x").await;
        }
    }
    let hashes = site.hashes().await? - before;
    let came_back = began.elapsed().as_secs() / MORE_AFTER;
    Ok(hashes.saturating_sub(BUDGET + came_back))
}
