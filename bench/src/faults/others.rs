//! What stands beside the database: Valkey, the mail server, the disk, the clock.

use super::traffic::{Load, Traffic, address, lock};
use super::{Run, print_some};
use crate::stand::{Client, Mode, PASSWORD, Proxy, Server, Setup, Stand};
use anyhow::{Result, bail};
use hyper::Method;
use serde_json::json;
use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;
use std::time::{Duration, Instant};
use tokio::time::sleep;

const LOAD: Load = Load {
    members: 8,
    pause: Duration::from_millis(100),
    signs_in_every: 20,
    sign_up_every: Duration::from_secs(1),
};

/// Valkey is killed, frozen and started again, under load: nobody notices.
pub(super) async fn valkey(run: &mut Run) -> Result<()> {
    const PROMISE: &str = "P18";
    let mut stand = Setup::servers(2).with_valkey().start().await?;
    let traffic = Traffic::start(stand.servers.iter().map(Server::port).collect(), LOAD).await?;
    let seconds = Duration::from_secs(if run.short { 1 } else { 5 });
    sleep(seconds).await;
    if let Some(valkey) = &mut stand.valkey {
        valkey.kill();
        sleep(seconds).await;
        valkey.restart().await?;
        sleep(seconds).await;
        valkey.pause();
        sleep(seconds).await;
        valkey.resume();
        sleep(seconds).await;
    }
    let (seen, verdict) = traffic.end(&stand).await?;
    let report = &mut run.report;
    report.note(PROMISE, "Valkey killed, started and frozen: answers", &format!("{:?}", seen.by));
    let what = "Valkey: 5xx, and requests without an answer";
    report.timed(PROMISE, what, "at most 0", &seen.failures.len(), seen.failures.is_empty());
    let others =
        seen.false_401.len() + seen.wrong.len() + verdict.signed_out.len() + verdict.false_successes.len();
    report.at_most(
        PROMISE,
        "Valkey: false 401, wrong answers, sign-ins lost, false success",
        0,
        others as u64,
    );
    print_some(&seen.failures.iter().map(|(_, said)| said.clone()).collect::<Vec<_>>());
    print_some(&seen.wrong);
    Ok(())
}

/// The mail server hangs and comes back: what was promised is sent.
pub(super) async fn mail(run: &mut Run) -> Result<()> {
    const PROMISE: &str = "P20";
    let mut stand = Setup::servers(1).with_mails().prepare().await?;
    let proxy = Proxy::before(stand.mails()?.port()).await?;
    stand.servers[0].set("SMTP_URL", format!("smtp://127.0.0.1:{}", proxy.port()));
    stand.servers[0].start().await?;
    proxy.set(Mode::BlackHole);
    let mut slowest = Duration::ZERO;
    for number in 1..=5 {
        let mut client = stand.servers[0].client().forwarded_for(address(number));
        let answer = client.sign_up(&format!("mail-{number}@example.com")).await?;
        if answer.status != 201 {
            bail!("sign-up: {}", answer.text());
        }
        slowest = slowest.max(answer.took);
    }
    sleep(Duration::from_secs(3)).await;
    proxy.cut();
    proxy.set(Mode::Pass);
    let (healed, mails) = (Instant::now(), stand.mails()?);
    let sent = || (1..=5).filter(|number| mails.to(&format!("mail-{number}@example.com")) > 0).count();
    while sent() < 5 && healed.elapsed() < Duration::from_mins(5) {
        sleep(Duration::from_millis(100)).await;
    }
    let report = &mut run.report;
    report.note(PROMISE, "mail server frozen: slowest sign-up, ms", &slowest.as_millis());
    report.at_least(PROMISE, "mail server frozen: of 5 mails sent once it is back", 5, sent() as u64);
    report.note(PROMISE, "mail server frozen: all sent after, s", &healed.elapsed().as_secs());
    Ok(())
}

/// The disk for development's mails is full: people notice nothing, and the mail is read where developers read it.
pub(super) async fn disk(run: &mut Run) -> Result<()> {
    const PROMISE: &str = "P20";
    let mut stand = Setup::servers(1).prepare().await?;
    let folder = stand.folder().join("var/mail");
    fs::create_dir_all(&folder)?;
    let Some(_mounted) = Mounted::tmpfs(&folder) else {
        run.report.note(PROMISE, "full disk for mail files: left out, no tmpfs may be mounted here", &"");
        return Ok(());
    };
    // Up to the last byte.
    let _ = fs::write(folder.join("fills"), vec![0; 128 * 1024]);
    stand.servers[0].set("APP_ENV", "development");
    stand.servers[0].start().await?;
    let mut client = stand.servers[0].client();
    let status = client.sign_up("full@example.com").await?.status;
    let began = Instant::now();
    let mut read = false;
    while !read && began.elapsed() < Duration::from_secs(15) {
        sleep(Duration::from_millis(100)).await;
        read = client.get("/dev/mail").await?.text().contains("full@example.com");
    }
    let waiting: i64 = sqlx::query_scalar("SELECT count(*) FROM outbox").fetch_one(stand.sql()).await?;
    let ready = stand.servers[0].is_ready().await;
    let log = fs::read_to_string(stand.servers[0].log())?;
    let told = log.contains("a mail could not be written to a file");
    let report = &mut run.report;
    report.row(PROMISE, "full disk: sign-up", "201", &status, status == 201);
    report.row(PROMISE, "full disk: the mail is read at /dev/mail", "true", &read, read);
    report.row(
        PROMISE,
        "full disk: the log tells, and the server is ready",
        "true",
        &(told && ready),
        told && ready,
    );
    report.note(PROMISE, "full disk: mails that wait", &waiting);
    stand.servers[0].kill();
    Ok(())
}

/// A small file system of its own.
struct Mounted(PathBuf);

impl Mounted {
    fn tmpfs(folder: &Path) -> Option<Self> {
        let mut mount = Command::new("mount");
        mount.args(["-t", "tmpfs", "-o", "size=64k", "tmpfs"]).arg(folder);
        mount.output().is_ok_and(|done| done.status.success()).then(|| Self(folder.to_owned()))
    }
}

impl Drop for Mounted {
    fn drop(&mut self) {
        let _ = Command::new("umount").arg("--lazy").arg(&self.0).output();
    }
}

/// One server's clock is 20 s ahead of, or behind, the other's and the database's.
pub(super) async fn clock(run: &mut Run) -> Result<()> {
    const PROMISE: &str = "P23";
    const LIBRARIES: &[&str] = &[
        "/usr/lib/x86_64-linux-gnu/faketime/libfaketime.so.1",
        "/usr/lib/aarch64-linux-gnu/faketime/libfaketime.so.1",
        "/usr/lib/faketime/libfaketime.so.1",
    ];
    let Some(library) = LIBRARIES.iter().find(|path| Path::new(path).exists()) else {
        run.report.note(PROMISE, "clocks off by 20 s: left out, libfaketime is not installed", &"");
        return Ok(());
    };
    for shift in ["+20s", "-20s"] {
        let mut stand = Setup::servers(2).prepare().await?;
        stand.servers[1].set("LD_PRELOAD", *library);
        stand.servers[1].set("FAKETIME", shift);
        stand.servers[1].set("FAKETIME_DONT_FAKE_MONOTONIC", "1");
        for server in &mut stand.servers {
            server.start().await?;
        }
        let across = across(&stand).await?;
        let traffic = Traffic::start(stand.servers.iter().map(Server::port).collect(), LOAD).await?;
        sleep(Duration::from_secs(if run.short { 2 } else { 20 })).await;
        let answers = lock(&traffic.seen).total();
        let (seen, verdict) = traffic.end(&stand).await?;
        let report = &mut run.report;
        report.row(
            PROMISE,
            format!("a clock off by {shift}: signed in on one, used on the other"),
            "200, 200",
            &across,
            across == "200, 200",
        );
        let wrong = seen.failures.len() + seen.false_401.len() + seen.wrong.len() + verdict.signed_out.len();
        report.at_most(
            PROMISE,
            format!("a clock off by {shift}: of {answers} answers not right"),
            0,
            wrong as u64,
        );
        print_some(&seen.false_401);
        print_some(&seen.wrong);
    }
    Ok(())
}

/// Signs in on each server and reads on the other.
async fn across(stand: &Stand) -> Result<String> {
    let (mut one, mut other): (Client, Client) = (stand.servers[0].client(), stand.servers[1].client());
    one.sign_up("across@example.com").await?;
    let tokens = one.sign_in("across@example.com", PASSWORD).await?.tokens()?;
    let there = other.me(&tokens.access).await?.status;
    let tokens = other.sign_in("across@example.com", PASSWORD).await?.tokens()?;
    let body = json!({ "bio": "across" });
    let back = one.call(Method::PATCH, "/api/v1/users/me", &tokens.access, &body).await?.status;
    Ok(format!("{there}, {back}"))
}
