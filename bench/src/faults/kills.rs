//! P20: servers are killed at random moments while people write.

use super::traffic::{Judged, Route, Seen, address, judge, lock, patiently};
use super::{Run, print_some};
use crate::stand::keys::Dice;
use crate::stand::{Client, PASSWORD, Server, Setup, Stand};
use anyhow::{Context, Result};
use hyper::Method;
use serde_json::json;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::sync::{Arc, Mutex};
use std::time::{Duration, Instant};
use tokio::task::JoinSet;
use tokio::time::sleep;

const PROMISE: &str = "P20";
const WRITERS: u64 = 6;
const NEW_PASSWORD: &str = "amber lighthouse before snow";

/// What an owner was told of one account.
#[derive(Debug, Default)]
struct Account {
    email: String,
    /// None where nobody knows whether it was made.
    signed_up: bool,
    bio: Option<String>,
    bios_unknown: Vec<String>,
    password: Password,
    reset_promised: bool,
}

/// What an owner knows about the change of their password.
#[derive(Debug, Default, Clone, Copy, PartialEq, Eq)]
enum Password {
    #[default]
    Old,
    New,
    Unknown,
}

/// What the writers share.
struct Shared {
    route: Route,
    seen: Mutex<Seen>,
    stop: AtomicBool,
    accounts: Mutex<Vec<Account>>,
    next: AtomicU64,
}

pub(super) async fn run(run: &mut Run) -> Result<()> {
    let kills = if run.short { 4 } else { run.kills };
    let mut stand = Setup::servers(2).with_cluster().with_mails().start().await?;
    let ports: Vec<u16> = stand.servers.iter().map(Server::port).collect();
    let shared = Arc::new(Shared {
        route: Arc::new(Mutex::new(ports.clone())),
        seen: Mutex::default(),
        stop: AtomicBool::new(false),
        accounts: Mutex::default(),
        next: AtomicU64::new(1),
    });
    let mut writers = JoinSet::new();
    for _ in 0..WRITERS {
        writers.spawn(write(shared.clone()));
    }
    let mut dice = Dice(run.seed);
    for kill in 0..kills {
        let victim = usize::try_from(kill % 2)?;
        sleep(Duration::from_millis(20 + dice.below(500))).await;
        stand.servers[victim].kill();
        stand.servers[victim].start().await.with_context(|| format!("after kill {kill}"))?;
    }
    shared.stop.store(true, Ordering::Relaxed);
    while let Some(ended) = writers.join_next().await {
        ended?;
    }
    let drained =
        drained(&stand, if run.short { Duration::from_secs(3) } else { Duration::from_mins(4) }).await?;
    let accounts = std::mem::take(&mut *lock(&shared.accounts));
    let seen = std::mem::take(&mut *lock(&shared.seen));
    let missing = missing(&stand, &accounts, ports[0]).await?;
    let halves = halves(&stand).await?;
    tell(run, kills, &accounts, &seen);
    let report = &mut run.report;
    report.at_most(PROMISE, "acknowledged and missing", 0, missing.len() as u64);
    for (what, found) in halves {
        report.at_most(PROMISE, format!("half made: {what}"), 0, found.unsigned_abs());
    }
    // The short form does not wait for a mail that a killed server had in hand.
    if drained || !run.short {
        mails(run, &stand, &accounts)?;
    } else {
        run.report.note(PROMISE, "mails", &"not looked at: some still wait");
    }
    for list in [&seen.false_401, &seen.wrong, &missing] {
        print_some(list);
    }
    Ok(())
}

fn tell(run: &mut Run, kills: u64, accounts: &[Account], seen: &Seen) {
    let report = &mut run.report;
    let count = |is: fn(&Account) -> bool| accounts.iter().filter(|account| is(account)).count();
    report.note(PROMISE, format!("SIGKILLs under writes (seed {})", run.seed), &kills);
    report.note(PROMISE, "sign-ups acknowledged", &count(|account| account.signed_up));
    report.note(PROMISE, "profiles acknowledged", &count(|account| account.bio.is_some()));
    let changed = count(|account| account.password == Password::New);
    report.note(PROMISE, "changes of password acknowledged", &changed);
    report.note(PROMISE, "answers, by status", &format!("{:?}", seen.by));
    report.at_most(PROMISE, "right credentials refused", 0, seen.false_401.len() as u64);
    report.at_most(PROMISE, "answers that are neither right nor 503", 0, seen.wrong.len() as u64);
}

fn mails(run: &mut Run, stand: &Stand, accounts: &[Account]) -> Result<()> {
    let taken = stand.mails()?.taken();
    let promised: Vec<&Account> = accounts.iter().filter(|account| account.reset_promised).collect();
    let sent = |account: &Account| {
        let its = |mail: &&String| mail.contains(&account.email) && mail.contains("Subject: Reset your");
        taken.iter().filter(its).count()
    };
    let never = promised.iter().filter(|account| sent(account) == 0).count();
    let twice = promised.iter().filter(|account| sent(account) > 1).count();
    let measured = format!("{}, {twice}", promised.len());
    run.report.note(PROMISE, "mails promised, and of these sent more than once", &measured);
    run.report.at_most(PROMISE, "mails promised and never sent", 0, never as u64);
    Ok(())
}

/// Makes accounts, one after the other, until told to stop.
async fn write(shared: Arc<Shared>) {
    while !shared.stop.load(Ordering::Relaxed) {
        let number = shared.next.fetch_add(1, Ordering::Relaxed);
        let mut account = Account { email: format!("writer-{number}@example.com"), ..Account::default() };
        live(&shared, number, &mut account).await;
        if !account.signed_up {
            // Its server is away; the other one is not.
            sleep(Duration::from_millis(50)).await;
        }
        lock(&shared.accounts).push(account);
    }
}

/// Everything that an owner does with an account. What is not acknowledged is not done again: its outcome is unknown.
async fn live(shared: &Shared, number: u64, account: &mut Account) {
    let port = {
        let ports = lock(&shared.route);
        ports[usize::try_from(number).unwrap_or(0) % ports.len()]
    };
    let mut client = Client::new(port).forwarded_for(address(number)).within(Duration::from_secs(15));
    let (seen, began) = (&shared.seen, Instant::now());
    let answer = client.sign_up(&account.email).await;
    let Judged::Good(_) = judge(seen, "sign up", 201, began, answer) else { return };
    account.signed_up = true;
    let began = Instant::now();
    let answer = client.sign_in(&account.email, PASSWORD).await;
    let Judged::Good(answer) = judge(seen, "sign in", 200, began, answer) else { return };
    let Ok(tokens) = answer.tokens() else { return };
    for turn in 0..3 {
        let (bio, began) = (format!("turn {turn}"), Instant::now());
        let body = json!({ "bio": bio });
        let answer = client.call(Method::PATCH, "/api/v1/users/me", &tokens.access, &body).await;
        match judge(seen, "write", 200, began, answer) {
            Judged::Good(_) => {
                account.bio = Some(bio);
                account.bios_unknown.clear();
            }
            _ => account.bios_unknown.push(bio),
        }
    }
    let body = json!({ "current_password": PASSWORD, "new_password": NEW_PASSWORD });
    let began = Instant::now();
    let answer = client.call(Method::POST, "/api/v1/users/me/password", &tokens.access, &body).await;
    match judge(seen, "change the password", 204, began, answer) {
        Judged::Good(_) => account.password = Password::New,
        _ => account.password = Password::Unknown,
    }
    let (body, began) = (json!({ "email": account.email }), Instant::now());
    let answer = client.call(Method::POST, "/api/v1/auth/password/forgot", "", &body).await;
    if let Judged::Good(_) = judge(seen, "forgot", 202, began, answer) {
        account.reset_promised = true;
    }
}

/// Waits until nothing is left to be mailed: a mail that a killed server had in hand waits for its lease's end.
async fn drained(stand: &Stand, within: Duration) -> Result<bool> {
    let began = Instant::now();
    loop {
        let left: i64 = sqlx::query_scalar("SELECT count(*) FROM outbox").fetch_one(stand.sql()).await?;
        if left == 0 || began.elapsed() > within {
            return Ok(left == 0);
        }
        sleep(Duration::from_millis(200)).await;
    }
}

/// What was acknowledged and is not there.
async fn missing(stand: &Stand, accounts: &[Account], port: u16) -> Result<Vec<String>> {
    let rows: Vec<(String, String)> =
        sqlx::query_as("SELECT email_canonical, coalesce(bio, '') FROM users").fetch_all(stand.sql()).await?;
    let mut missing = Vec::new();
    for (number, account) in accounts.iter().filter(|account| account.signed_up).enumerate() {
        let Some((_, bio)) = rows.iter().find(|(email, _)| *email == account.email) else {
            missing.push(format!("{}: the account", account.email));
            continue;
        };
        let acknowledged = account.bio.as_ref().is_none_or(|acknowledged| acknowledged == bio);
        if !acknowledged && !account.bios_unknown.contains(bio) {
            missing.push(format!("{}: {:?}, not {bio:?}", account.email, account.bio));
        }
        // Signing in takes a hash: a change that was acknowledged is always tried, and a tenth of the others.
        if account.password == Password::New || number % 10 == 0 {
            missing.extend(sign_in(account, port, number).await?);
        }
    }
    Ok(missing)
}

async fn sign_in(account: &Account, port: u16, number: usize) -> Result<Option<String>> {
    let from = address(u64::try_from(number)? + 5_000_000);
    let mut client = Client::new(port).forwarded_for(from);
    let password = if account.password == Password::New { NEW_PASSWORD } else { PASSWORD };
    let mut answer = patiently(async || client.sign_in(&account.email, password).await).await?;
    if answer.status == 401 && account.password == Password::Unknown {
        answer = client.sign_in(&account.email, NEW_PASSWORD).await?;
    }
    Ok((answer.status != 200)
        .then(|| format!("{}: sign-in {} {}", account.email, answer.status, answer.text())))
}

/// What only half of a transaction would leave.
async fn halves(stand: &Stand) -> Result<Vec<(&'static str, i64)>> {
    const HALVES: &[(&str, &str)] = &[
        (
            "accounts without the event of their sign-up",
            "SELECT count(*) FROM users u WHERE NOT EXISTS
               (SELECT 1 FROM audit_events e WHERE e.subject_id = u.id AND e.kind = 'registered')",
        ),
        (
            "events of sign-ups without an account",
            "SELECT count(*) FROM audit_events e WHERE e.kind = 'registered'
               AND NOT EXISTS (SELECT 1 FROM users u WHERE u.id = e.subject_id)",
        ),
        (
            "programs' sessions without a refresh token",
            "SELECT count(*) FROM sessions s WHERE s.kind = 'bearer'
               AND NOT EXISTS (SELECT 1 FROM refresh_tokens r WHERE r.session_id = s.id)",
        ),
        (
            "accounts with more sessions than events of sign-ins",
            "SELECT count(*) FROM (SELECT user_id, count(*) AS sessions FROM sessions GROUP BY user_id) s
             WHERE sessions > (SELECT count(*) FROM audit_events e
                               WHERE e.subject_id = s.user_id AND e.kind = 'signed_in')",
        ),
        (
            "events without their details",
            "SELECT count(*) FROM audit_events e WHERE NOT EXISTS
               (SELECT 1 FROM audit_details d WHERE d.event_id = e.id)",
        ),
        (
            "changed profiles without an event",
            "SELECT count(*) FROM users u WHERE u.bio IS NOT NULL AND NOT EXISTS
               (SELECT 1 FROM audit_events e WHERE e.subject_id = u.id AND e.kind = 'profile_changed')",
        ),
    ];
    let mut found = Vec::new();
    for (what, sql) in HALVES {
        found.push((*what, sqlx::query_scalar(*sql).fetch_one(stand.sql()).await?));
    }
    Ok(found)
}
