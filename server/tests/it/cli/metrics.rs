//! The listener of its own, from outside.

use super::commands::{start, url};
use crate::deploy::free_port;
use sqlx::PgPool;
use std::io::{Read, Write};
use std::net::TcpStream;
use std::time::Duration;

/// It shares the files and the database with people's sign-ins.
#[sqlx::test(migrator = "store::MIGRATOR")]
async fn whoever_reaches_the_metrics_holds_few_connections(pool: PgPool) {
    let address = format!("127.0.0.1:{}", free_port().await);
    let _server = start(&url(&pool), &[("METRICS_ADDR", &address)]);
    let mut silent: Vec<_> = (0..40).map(|_| TcpStream::connect(&address).unwrap()).collect();
    let mut scrape = TcpStream::connect(&address).unwrap();
    write!(scrape, "GET /metrics HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n").unwrap();
    let mut text = String::new();
    scrape.read_to_string(&mut text).unwrap();
    assert!(text.starts_with("HTTP/1.1 200") && text.contains("doorstep_outbox_mails 0"), "{text}");
    // Long before one that is silent has had its time.
    let closed = |stream: &mut TcpStream| {
        stream.set_read_timeout(Some(Duration::from_secs(3))).unwrap();
        matches!(stream.read(&mut [0]), Ok(0))
    };
    assert!(silent[..30].iter_mut().all(closed));
}
