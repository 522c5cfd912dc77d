//! What takes mails out of the outbox.

mod canaries;
pub mod catcher;
pub mod certificates;
mod job;
mod kills;
mod pages;
mod smtp;

use accounts::{Logo, Message};
use server::Config;
use server::config::RawConfig;
use server::mail::{Letterhead, Mailbox};
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::sync::atomic::{AtomicU32, Ordering};
use time::OffsetDateTime;
use uuid::Uuid;

/// Settings of a developer's server.
pub fn config(change: impl FnOnce(&mut RawConfig)) -> Config {
    let mut raw = RawConfig {
        app_env: Some("development".to_owned()),
        app_name: Some("Harbour".to_owned()),
        database_url: Some("postgres://localhost/app".to_owned()),
        ..RawConfig::default()
    };
    change(&mut raw);
    Config::new(&raw).unwrap()
}

/// An empty mailbox with a folder of its own.
pub fn mailbox() -> Mailbox {
    Mailbox::new(Letterhead::new(&config(|_| ())), folder())
}

/// A folder that nobody else has; whoever writes into it makes it.
fn folder() -> PathBuf {
    static FOLDERS: AtomicU32 = AtomicU32::new(0);
    let number = FOLDERS.fetch_add(1, Ordering::Relaxed);
    Path::new(env!("CARGO_TARGET_TMPDIR")).join(format!("mail-{}-{number}", std::process::id()))
}

/// A picture as far as its head.
fn logo() -> Arc<Logo> {
    let size = [0, 0, 0, 64, 0, 0, 0, 64].as_slice();
    let png = [b"\x89PNG\r\n\x1a\n\0\0\0\x0dIHDR".as_slice(), size].concat();
    Arc::new(Logo::new(png).unwrap())
}

fn message(number: u128) -> Message {
    Message {
        id: Uuid::from_u128(number),
        to: "ana@example.com".to_owned(),
        subject: "Reset your password".to_owned(),
        text: "Open http://localhost:8000/reset#token to go on.\n".to_owned(),
        html: "<!doctype html><html><head><title>Reset</title></head><body>\
               <a href=\"http://localhost:8000/reset#token\">Go on</a></body></html>"
            .to_owned(),
        logo: None,
        at: OffsetDateTime::UNIX_EPOCH + time::Duration::days(20_000),
    }
}
