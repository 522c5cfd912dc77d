//! A connection on which anything may be said.

use anyhow::Result;
use std::net::Ipv4Addr;
use std::time::{Duration, Instant};
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::{TcpSocket, TcpStream};
use tokio::time::{sleep, timeout};

/// A client that has not sent anything yet.
pub(super) async fn connect(port: u16, from: Ipv4Addr) -> Result<TcpStream> {
    let socket = TcpSocket::new_v4()?;
    socket.bind((from, 0).into())?;
    let stream = socket.connect((Ipv4Addr::LOCALHOST, port).into()).await?;
    stream.set_nodelay(true)?;
    Ok(stream)
}

/// How a client sends something.
#[derive(Debug, Clone)]
pub(super) enum Said {
    /// All at once, and then nothing more.
    AtOnce(Vec<u8>),
    /// A beginning, and then a byte in this time again and again.
    Slowly(Vec<u8>, Duration),
    /// A beginning, and then this over and over, as fast as it is taken.
    Endlessly(Vec<u8>, Vec<u8>),
}

/// What the server did about it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Ended {
    /// The status of the last answer; 0 where the connection was closed without one.
    pub(super) status: u16,
    pub(super) took: Duration,
    /// Whether it ended within the time.
    pub(super) in_time: bool,
}

/// Says it, until an answer or the end comes.
pub(super) async fn say(port: u16, from: Ipv4Addr, said: &Said, within: Duration) -> Result<Ended> {
    let stream = connect(port, from).await?;
    let (mut reading, mut writing) = stream.into_split();
    let began = Instant::now();
    let talking = async {
        match said {
            Said::AtOnce(all) => {
                writing.write_all(all).await?;
            }
            Said::Slowly(first, every) => {
                writing.write_all(first).await?;
                loop {
                    sleep(*every).await;
                    writing.write_all(b"x").await?;
                }
            }
            Said::Endlessly(first, then) => {
                writing.write_all(first).await?;
                loop {
                    writing.write_all(then).await?;
                }
            }
        }
        Ok::<(), std::io::Error>(())
    };
    let listening = async {
        let (mut answer, mut some) = (Vec::new(), [0; 4096]);
        // The end, or a whole head: whoever pipelines is answered several times.
        while let Ok(count @ 1..) = reading.read(&mut some).await {
            answer.extend_from_slice(&some[..count]);
            if last_status(&answer) >= 400 {
                break;
            }
        }
        last_status(&answer)
    };
    tokio::pin!(talking, listening);
    let ended = timeout(within, async {
        tokio::select! {
            status = &mut listening => status,
            // Whoever cannot send any more may still have an answer.
            _ = &mut talking => listening.await,
        }
    })
    .await;
    let (took, in_time) = (began.elapsed(), ended.is_ok());
    Ok(Ended { status: ended.unwrap_or(0), took, in_time })
}

fn last_status(answer: &[u8]) -> u16 {
    let text = String::from_utf8_lossy(answer);
    let statuses = text.split("HTTP/1.1 ").skip(1).filter_map(|rest| rest.get(..3)?.parse().ok());
    statuses.last().unwrap_or(0)
}

/// So many zeros, compressed (RFC 1951, fixed codes: one zero, then "the last byte 258 times more").
pub(super) fn gzip_bomb(bytes: usize) -> Vec<u8> {
    let mut gzip = vec![0x1F, 0x8B, 8, 0, 0, 0, 0, 0, 0, 3];
    let (mut bits, mut held) = (0_u32, 0);
    let mut put = |value: u32, count: u32, out: &mut Vec<u8>| {
        bits |= value << held;
        held += count;
        while held >= 8 {
            out.extend(u8::try_from(bits & 0xFF));
            bits >>= 8;
            held -= 8;
        }
    };
    put(0b011, 3, &mut gzip);
    // The literal 0 is 00110000; the length 258 is 11000101; the distance 1 is 00000; each code begins with its highest bit.
    put(0b0000_1100, 8, &mut gzip);
    for _ in 0..bytes / 258 {
        put(0b1010_0011, 8, &mut gzip);
        put(0, 5, &mut gzip);
    }
    put(0, 7, &mut gzip);
    put(0, 7, &mut gzip);
    gzip.extend([0; 8]);
    gzip
}
