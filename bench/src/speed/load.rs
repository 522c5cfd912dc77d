//! Requests over connections that stay open, each sent when the one before was answered.
//!
//! Written by hand, because a client as costly as the server would measure itself: it shares the cores with the server.

use anyhow::{Context, Result, bail};
use std::net::SocketAddr;
use std::ops::Range;
use std::thread;
use std::time::{Duration, Instant};
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpStream;
use tokio::task::JoinSet;

/// What one connection asks.
pub(super) trait Script: Send {
    /// Writes the next request.
    fn next(&mut self, into: &mut Vec<u8>);

    /// Is given the body of its answer.
    fn answered(&mut self, _body: &[u8]) {}
}

pub(super) type Scripts = Vec<Box<dyn Script>>;

/// What is asked of whom.
pub(super) struct Load {
    pub(super) address: SocketAddr,
    /// One for each connection.
    pub(super) scripts: Scripts,
    pub(super) time: Duration,
}

/// What came of it.
#[derive(Debug, Default)]
pub(super) struct Answers {
    /// How long each good answer took, in microseconds.
    pub(super) times: Vec<u32>,
    /// How many were no 200.
    pub(super) refused: usize,
    /// The first of those.
    pub(super) refusal: Option<String>,
    pub(super) elapsed: Duration,
}

impl Load {
    /// Sends, on a thread of its own, until the time is over; what was sent by then is waited for.
    pub(super) async fn run(self) -> Result<Answers> {
        let work = move || -> Result<Answers> {
            let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build()?;
            runtime.block_on(self.send())
        };
        let thread = thread::spawn(work);
        let joined = tokio::task::spawn_blocking(move || thread.join()).await?;
        joined.unwrap_or_else(|_| bail!("the load's thread ended early"))
    }

    async fn send(self) -> Result<Answers> {
        let began = Instant::now();
        let until = began + self.time;
        let mut connections = JoinSet::new();
        for script in self.scripts {
            connections.spawn(connection(self.address, script, until));
        }
        let mut all = Answers::default();
        while let Some(one) = connections.join_next().await {
            let one = one??;
            all.times.extend(one.times);
            all.refused += one.refused;
            all.refusal = all.refusal.or(one.refusal);
        }
        all.elapsed = began.elapsed();
        Ok(all)
    }
}

async fn connection(address: SocketAddr, mut script: Box<dyn Script>, until: Instant) -> Result<Answers> {
    let mut stream =
        TcpStream::connect(address).await.with_context(|| format!("{address} does not listen"))?;
    stream.set_nodelay(true)?;
    let mut answers = Answers::default();
    let (mut request, mut read) = (Vec::new(), Vec::with_capacity(64 * 1024));
    while Instant::now() < until {
        request.clear();
        read.clear();
        script.next(&mut request);
        let sent = Instant::now();
        stream.write_all(&request).await?;
        let head = answer(&mut stream, &mut read).await?;
        if head.status == 200 {
            answers.times.push(u32::try_from(sent.elapsed().as_micros()).unwrap_or(u32::MAX));
        } else {
            answers.refused += 1;
            answers.refusal.get_or_insert_with(|| String::from_utf8_lossy(&read).into_owned());
        }
        script.answered(&read[head.body]);
    }
    Ok(answers)
}

struct Head {
    status: u16,
    body: Range<usize>,
}

/// Reads one answer to its end.
async fn answer(stream: &mut TcpStream, read: &mut Vec<u8>) -> Result<Head> {
    let mut head = None;
    loop {
        if stream.read_buf(read).await? == 0 {
            bail!("the connection was closed in the middle: {}", String::from_utf8_lossy(read));
        }
        if head.is_none() {
            head = parse(read)?;
        }
        let Some((status, begin, length)) = head else { continue };
        let end = match length {
            Some(length) => (read.len() >= begin + length).then_some(begin + length),
            None => chunks_end(&read[begin..]).map(|end| begin + end),
        };
        if let Some(end) = end {
            return Ok(Head { status, body: begin..end });
        }
    }
}

/// The status, where the body begins, and its length, or `None` where it comes in chunks.
fn parse(read: &[u8]) -> Result<Option<(u16, usize, Option<usize>)>> {
    let Some(end) = find(read, b"\r\n\r\n") else { return Ok(None) };
    let head = std::str::from_utf8(&read[..end]).context("a head that is no text")?;
    let mut lines = head.split("\r\n");
    let status = lines.next().and_then(|line| line.split(' ').nth(1)?.parse().ok());
    let status: u16 = status.context("an answer without a status")?;
    let mut length = matches!(status, 204 | 304).then_some(0);
    for (name, value) in lines.filter_map(|line| line.split_once(':')) {
        if name.eq_ignore_ascii_case("content-length") {
            length = Some(value.trim().parse()?);
        }
    }
    Ok(Some((status, end + 4, length)))
}

/// Where a body in chunks ends, once all of it is there.
fn chunks_end(body: &[u8]) -> Option<usize> {
    let mut at = 0;
    loop {
        let line = at + find(&body[at..], b"\r\n")?;
        let digits = std::str::from_utf8(&body[at..line]).ok()?;
        let length = usize::from_str_radix(digits.split(';').next()?.trim(), 16).ok()?;
        at = line + 2 + length + 2;
        if body.len() < at {
            return None;
        }
        if length == 0 {
            return Some(at);
        }
    }
}

fn find(text: &[u8], what: &[u8]) -> Option<usize> {
    text.windows(what.len()).position(|window| window == what)
}

/// The same requests again and again.
struct Cycle {
    requests: Vec<String>,
    at: usize,
}

impl Script for Cycle {
    fn next(&mut self, into: &mut Vec<u8>) {
        into.extend_from_slice(self.requests[self.at].as_bytes());
        self.at = (self.at + 1) % self.requests.len();
    }
}

/// These requests again and again, each of them on one of so many connections; one request is on all of them.
pub(super) fn cycle(requests: &[String], connections: usize) -> Scripts {
    let one = |first: usize| -> Box<dyn Script> {
        let own: Vec<String> = requests.iter().skip(first).step_by(connections).cloned().collect();
        let requests = if own.is_empty() { requests.to_vec() } else { own };
        Box::new(Cycle { requests, at: 0 })
    };
    (0..connections).map(one).collect()
}

#[cfg(test)]
mod tests {
    use super::{chunks_end, parse};

    #[test]
    fn heads_are_read() {
        let plain = b"HTTP/1.1 200 OK\r\nContent-Length: 3\r\n\r\nabc";
        assert_eq!(parse(plain).unwrap(), Some((200, 38, Some(3))));
        let chunked = b"HTTP/1.1 200 OK\r\ntransfer-encoding: chunked\r\n\r\n";
        assert_eq!(parse(chunked).unwrap(), Some((200, 47, None)));
        assert_eq!(parse(b"HTTP/1.1 204 No Content\r\n\r\n").unwrap(), Some((204, 27, Some(0))));
        assert_eq!(parse(b"HTTP/1.1 200 OK\r\n").unwrap(), None);
    }

    #[test]
    fn the_last_chunk_ends_the_body() {
        assert_eq!(chunks_end(b"3\r\nabc\r\n0\r\n\r\n"), Some(13));
        assert_eq!(chunks_end(b"3\r\nabc\r\n0\r\n"), None);
        assert_eq!(chunks_end(b"3\r\nab"), None);
        assert_eq!(chunks_end(b"5\r\n0\r\n\r\n\r\n0\r\n\r\n"), Some(15));
    }
}
