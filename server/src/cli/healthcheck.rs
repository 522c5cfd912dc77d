//! `healthcheck`: whether the running server is ready.

use super::outcome::Outcome;
use super::output::print;
use std::net::{IpAddr, Ipv4Addr, Ipv6Addr, SocketAddr};
use std::time::Duration;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpStream;

/// How long it waits for the answer.
const TIME: Duration = Duration::from_secs(3);
const NOT_READY: &str = "the server is not ready";

pub(super) async fn run(listen: SocketAddr) -> Outcome {
    tokio::time::timeout(TIME, ask(listen)).await.map_err(|_| NOT_READY)?
}

async fn ask(listen: SocketAddr) -> Outcome {
    // A server that listens everywhere is reached on loopback.
    let ip = match listen.ip() {
        IpAddr::V4(ip) if ip.is_unspecified() => IpAddr::V4(Ipv4Addr::LOCALHOST),
        IpAddr::V6(ip) if ip.is_unspecified() => IpAddr::V6(Ipv6Addr::LOCALHOST),
        ip => ip,
    };
    let mut stream = TcpStream::connect((ip, listen.port())).await?;
    stream.write_all(b"GET /readyz HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n").await?;
    let mut answer = Vec::new();
    stream.read_to_end(&mut answer).await?;
    if answer.starts_with(b"HTTP/1.1 200 ") {
        return Ok(print(format_args!("ready\n"))?);
    }
    Err(NOT_READY.into())
}
