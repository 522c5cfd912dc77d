//! P17: what is big, slow or strange, from clients without a proxy, and connections that only stand there.

use super::flood::{Stop, highest};
use super::raw::{Said, connect, gzip_bomb, say};
use super::site::Site;
use super::{Scale, percentile};
use crate::report::Report;
use anyhow::Result;
use std::net::Ipv4Addr;
use std::sync::Arc;
use std::time::{Duration, Instant};
use tokio::io::AsyncWriteExt;
use tokio::task::JoinSet;
use tokio::time::sleep;

const MIB: u64 = 1024 * 1024;
const MEMORY: u64 = 512;
/// What is read at once is refused at once; on a busy machine that may take as long.
const QUICKLY: Duration = Duration::from_secs(2);
/// A head has 5 s, and a request 10.
const SLOWLY: Duration = Duration::from_secs(12);
const LOGIN: &str = "POST /api/v1/auth/login HTTP/1.1\r\nhost: x\r\ncontent-type: application/json\r\n";

/// One thing that a client may do, and what it may be answered; 0 is the end without a word.
struct Strange {
    what: &'static str,
    said: Said,
    statuses: &'static [u16],
    within: Duration,
}

fn at_once(what: &'static str, said: impl Into<Vec<u8>>, statuses: &'static [u16]) -> Strange {
    Strange { what, said: Said::AtOnce(said.into()), statuses, within: QUICKLY }
}

fn posted(head: &str, body: &[u8]) -> Vec<u8> {
    [LOGIN.as_bytes(), head.as_bytes(), format!("content-length: {}\r\n\r\n", body.len()).as_bytes(), body]
        .concat()
}

fn big() -> Vec<Strange> {
    let headers = "x-y: z\r\n".repeat(10_000);
    let few = "x-y: z\r\n".repeat(200);
    let fields: String = (0..4_000).map(|_| "a=1&").collect();
    let form = format!(
        "POST /fn/login HTTP/1.1\r\nhost: x\r\norigin: http://x\r\ncontent-type: application/x-www-form-urlencoded\r\n\
         content-length: {}\r\n\r\n{fields}",
        fields.len()
    );
    let password = format!("{{\"email\":\"a@example.com\",\"password\":\"{}\"}}", "p".repeat(15_000));
    let chunk = format!("4000\r\n{}\r\n", "x".repeat(0x4000));
    vec![
        at_once("a body of a mebibyte", posted("", &vec![b'x'; 1 << 20]), &[413]),
        at_once(
            "a body that is said to be a tebibyte",
            format!("{LOGIN}content-length: 1099511627776\r\n\r\n{{"),
            &[413],
        ),
        at_once(
            "a length that overflows",
            format!("{LOGIN}content-length: 99999999999999999999999\r\n\r\n"),
            &[400],
        ),
        Strange {
            what: "chunks without end",
            said: Said::Endlessly(format!("{LOGIN}transfer-encoding: chunked\r\n\r\n").into(), chunk.into()),
            statuses: &[413],
            within: QUICKLY,
        },
        at_once("10,000 headers", format!("GET / HTTP/1.1\r\nhost: x\r\n{headers}\r\n"), &[431]),
        at_once("200 headers", format!("GET / HTTP/1.1\r\nhost: x\r\n{few}\r\n"), &[431]),
        Strange {
            what: "a header without end",
            said: Said::Endlessly(b"GET / HTTP/1.1\r\nx: ".to_vec(), vec![b'x'; 4096]),
            statuses: &[431],
            within: QUICKLY,
        },
        at_once(
            "an address of 20 kB",
            format!("GET /{} HTTP/1.1\r\nhost: x\r\n\r\n", "a".repeat(20_000)),
            &[414, 431],
        ),
        at_once("a form of 4,000 fields", form, &[400, 403]),
        at_once("a password of 15 kB", posted("", password.as_bytes()), &[401, 422]),
    ]
}

fn bombs() -> Vec<Strange> {
    let nested = |deep: usize| [b"{\"email\":".as_slice(), &vec![b'['; deep]].concat();
    let gzip = gzip_bomb(10 * 1024 * 1024);
    vec![
        at_once(
            "10 MiB of zeros in 16 kB of gzip",
            posted("content-encoding: gzip\r\n", &gzip),
            &[400, 413, 415],
        ),
        at_once("a list in a list, 16,000 times", posted("", &nested(16_000)), &[400, 422]),
        at_once("the same, 60,000 times", posted("", &nested(60_000)), &[413]),
        at_once(
            "a number of 10,000 digits",
            posted("", format!("{{\"email\":{}}}", "9".repeat(10_000)).as_bytes()),
            &[400, 422],
        ),
        at_once("JSON that is no text", posted("", b"{\"email\":\"\xff\xfe\"}"), &[400, 422]),
    ]
}

fn garbage() -> Vec<Strange> {
    let noise: Vec<u8> = (0..60_000_u32)
        .map(|n| u8::try_from(n.wrapping_mul(2_654_435_761) >> 24).unwrap_or(0) | 0x80)
        .collect();
    let get = b"GET /livez HTTP/1.1\r\nhost: x\r\n\r\n";
    vec![
        at_once("noise", noise.clone(), &[400]),
        at_once("a request, and noise behind it", [get, noise.as_slice()].concat(), &[400]),
        // The connection ends before all is read, so the last words may be lost.
        at_once(
            "a thousand requests at once, and noise",
            [get.repeat(1_000), noise].concat(),
            &[0, 200, 400],
        ),
        at_once("the beginning of TLS", b"\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03", &[400]),
        at_once("the beginning of HTTP/2", b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n", &[0, 400]),
        at_once("a version that is none", b"GET / HTTP/9.9\r\nhost: x\r\n\r\n", &[400, 505]),
        at_once("two lengths", format!("{LOGIN}content-length: 1\r\ncontent-length: 2\r\n\r\nxx"), &[400]),
        at_once(
            "a length and chunks",
            format!("{LOGIN}content-length: 5\r\ntransfer-encoding: chunked\r\n\r\n0\r\n\r\nx"),
            &[400, 422],
        ),
        at_once("a length below zero", format!("{LOGIN}content-length: -1\r\n\r\n"), &[400]),
        at_once(
            "a chunk that is none",
            format!("{LOGIN}transfer-encoding: chunked\r\n\r\nzz\r\n"),
            &[400, 422],
        ),
        at_once("a header with a zero byte", b"GET / HTTP/1.1\r\nhost: x\0y\r\n\r\n", &[400]),
    ]
}

fn slow() -> Vec<Strange> {
    let slowly = |what, first: Vec<u8>, every: u64, statuses| Strange {
        what,
        said: Said::Slowly(first, Duration::from_millis(every)),
        statuses,
        within: SLOWLY,
    };
    vec![
        slowly("a head, a byte a second", b"GET / HTTP/1.1\r\nx: ".to_vec(), 1_000, &[0, 408]),
        slowly("a head that never begins", Vec::new(), 60_000, &[0, 408]),
        slowly(
            "a body, a byte in half a second",
            format!("{LOGIN}content-length: 9000\r\n\r\n").into(),
            500,
            &[408],
        ),
        slowly(
            "a body that never comes",
            format!("{LOGIN}content-length: 9000\r\n\r\n").into(),
            60_000,
            &[408],
        ),
    ]
}

pub(super) async fn run(site: &Arc<Site>, scale: &Scale, report: &mut Report) -> Result<()> {
    let pids: Vec<u32> = site.stand.servers.iter().map(crate::stand::Server::pid).collect();
    let stop = Stop::after(Duration::from_mins(10));
    let (peak, tried) = tokio::join!(highest(site, &stop), async {
        let tried = everything(site, scale, report).await;
        stop.now();
        tried
    });
    tried?;
    let words = site.counted.words();
    let most = peak.into_iter().max().unwrap_or_default() / MIB;
    report.row(
        "P17",
        format!("MiB of a server meanwhile, {words}"),
        format!("below {MEMORY}"),
        &most,
        most < MEMORY,
    );
    let mut living = 0;
    for (n, pid) in pids.iter().enumerate() {
        let well = site.client(n).get("/livez").await.is_ok_and(|answer| answer.status == 200);
        living += u64::from(well && site.stand.servers[n].pid() == *pid);
    }
    report.at_least("P17", format!("servers that live, {words}"), pids.len() as u64, living);
    Ok(())
}

async fn everything(site: &Arc<Site>, scale: &Scale, report: &mut Report) -> Result<()> {
    let all = [big(), bombs(), garbage(), slow()].into_iter().flatten();
    let (mut tries, mut wrong, mut count) = (JoinSet::new(), Vec::new(), 0);
    for (n, strange) in all.enumerate() {
        let (port, from) = (site.port(n), Ipv4Addr::new(127, 0, 4, u8::try_from(n)?));
        tries.spawn(async move {
            let ended = say(port, from, &strange.said, strange.within).await?;
            Ok::<_, anyhow::Error>((strange, ended))
        });
        count += 1;
    }
    while let Some(tried) = tries.join_next().await {
        let (strange, ended) = tried??;
        if !ended.in_time || !strange.statuses.contains(&ended.status) {
            wrong.push(format!("{}: {} after {:.1?}", strange.what, ended.status, ended.took));
        }
    }
    let words = site.counted.words();
    let measured = if wrong.is_empty() { "all".to_owned() } else { wrong.join("; ") };
    report.timed(
        "P17",
        format!("of {count} strange requests refused in time, {words}"),
        "all",
        &measured,
        wrong.is_empty(),
    );
    held_open(site, scale, report).await
}

/// Connections by the thousand that say half a word or nothing, and some that never read what they asked for; meanwhile
/// somebody asks whether the servers live.
async fn held_open(site: &Arc<Site>, scale: &Scale, report: &mut Report) -> Result<()> {
    let mut held = Vec::new();
    let mut times = Vec::new();
    for n in 0..scale.half_open {
        let from = Ipv4Addr::new(127, 0, 5, u8::try_from(1 + n % 200)?);
        if let Ok(mut stream) = connect(site.port(n), from).await {
            let half: &[u8] = match n % 4 {
                0 => b"",
                1 => b"GET / HT",
                2 => b"POST /api/v1/auth/login HTTP/1.1\r\nhost: x\r\ncontent-length: 100\r\n\r\n{",
                _ => b"GET /openapi.json HTTP/1.1\r\nhost: x\r\n\r\nGET /openapi.json HTTP/1.1\r\nhost: x\r\n\r\n",
            };
            let _ = stream.write_all(half).await;
            held.push(stream);
        }
        if n.is_multiple_of(50) {
            let began = Instant::now();
            let answer = site.client(n / 50).within(QUICKLY).get("/livez").await;
            if answer.is_ok_and(|answer| answer.status == 200) {
                times.push(began.elapsed());
            } else {
                times.push(Duration::MAX);
            }
        }
    }
    sleep(Duration::from_secs(1)).await;
    let slowest = percentile(&mut times, 100);
    let what =
        format!("/livez on a new connection while {} stand open, {}", held.len(), site.counted.words());
    report.timed("P17", what, "at most 2 s", &format!("{slowest:.0?}"), slowest <= QUICKLY);
    Ok(())
}

/// The quick ones of these, one after the other; says how many.
pub(super) async fn again_and_again(site: &Site, stop: &Stop) -> Result<u64> {
    let mut count = 0;
    while !stop.is_over() {
        for (n, strange) in [big(), bombs(), garbage()].into_iter().flatten().enumerate() {
            let from = Ipv4Addr::new(127, 0, 6, u8::try_from(n)?);
            let _ = say(site.port(n), from, &strange.said, strange.within).await;
            count += 1;
            sleep(Duration::from_millis(20)).await;
        }
    }
    Ok(count)
}
