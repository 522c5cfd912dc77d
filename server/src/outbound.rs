//! One request to another server, over plain HTTP or TLS, for what needs no more: nothing is kept open and no redirect is
//! followed. It blocks, so that a thread without a runtime can use it too.

use http::{HeaderMap, HeaderName, HeaderValue, Uri};
use rustls::crypto::aws_lc_rs;
use rustls::pki_types::pem::PemObject;
use rustls::pki_types::{CertificateDer, ServerName};
use rustls::{ClientConfig, ClientConnection, RootCertStore, StreamOwned};
use std::io::{self, Read, Write};
use std::net::{IpAddr, TcpStream, ToSocketAddrs};
use std::path::Path;
use std::sync::Arc;
use std::time::{Duration, Instant};
use thiserror::Error;

/// How long to wait for a connection, and for each part of an answer.
const PATIENCE: Duration = Duration::from_secs(5);
/// How long all of it may take, however the answer is cut into parts.
const WHOLE: Duration = Duration::from_secs(20);
/// More than the head of any answer that makes sense.
const MOST_BYTES: u64 = 64 * 1024;
const MOST_HEADERS: usize = 100;

/// What is asked, of whom.
pub(crate) struct Question<'a> {
    /// Whom, by which name.
    pub(crate) uri: &'a Uri,
    /// Where to connect, if not there.
    pub(crate) at: Option<&'a Uri>,
    /// The certificates of the authority to trust in place of the public ones.
    pub(crate) ca_file: Option<&'a Path>,
    /// The method.
    pub(crate) method: &'static str,
    /// The headers but `Host`, `Connection` and `Content-Length`.
    pub(crate) headers: &'a [(&'a str, &'a str)],
    /// The body.
    pub(crate) body: &'a [u8],
}

/// The head of an answer.
#[derive(Debug)]
pub(crate) struct Answer {
    /// Its status.
    pub(crate) status: u16,
    /// Its headers.
    pub(crate) headers: HeaderMap,
    /// Which of this machine's addresses asked.
    pub(crate) own: IpAddr,
}

/// Why there is no answer.
#[derive(Debug, Error)]
pub(crate) enum Unanswered {
    /// Nobody is there, or too slow.
    #[error("{0}")]
    Unreachable(#[from] io::Error),
    /// Whoever is there cannot prove to be the one.
    #[error("TLS: {0}")]
    Untrusted(rustls::Error),
    /// What came is no HTTP.
    #[error("it does not speak HTTP")]
    Nonsense,
    /// The question itself cannot be asked.
    #[error("{0}")]
    Refused(String),
}

/// Asks it, and waits.
pub(crate) fn ask(question: &Question<'_>) -> Result<Answer, Unanswered> {
    let place = question.at.unwrap_or(question.uri);
    let until = Instant::now() + WHOLE;
    let mut stream = Bounded { stream: connect(place, until)?, until };
    let own = stream.stream.local_addr()?.ip().to_canonical();
    let head = if place.scheme_str() == Some("https") {
        let name = bare(question.uri.host().unwrap_or_default());
        let name =
            ServerName::try_from(name.to_owned()).map_err(|error| Unanswered::Refused(error.to_string()))?;
        let config = Arc::new(config(question.ca_file)?);
        let connection = ClientConnection::new(config, name).map_err(Unanswered::Untrusted)?;
        exchange(&mut StreamOwned::new(connection, stream), question)?
    } else {
        exchange(&mut stream, question)?
    };
    read(&head, own).ok_or(Unanswered::Nonsense)
}

/// The first of its addresses that answers.
fn connect(place: &Uri, until: Instant) -> Result<TcpStream, Unanswered> {
    let secure = place.scheme_str() == Some("https");
    let port = place.port_u16().unwrap_or(if secure { 443 } else { 80 });
    let mut last = io::Error::from(io::ErrorKind::NotFound);
    for address in (bare(place.host().unwrap_or_default()), port).to_socket_addrs()? {
        let Some(left) = left(until) else { return Err(io::Error::from(io::ErrorKind::TimedOut).into()) };
        match TcpStream::connect_timeout(&address, left) {
            Ok(stream) => return Ok(stream),
            Err(error) => last = error,
        }
    }
    Err(last.into())
}

/// A connection that ends at a moment: whoever says a byte now and then would hold the one who asks for days.
struct Bounded {
    stream: TcpStream,
    until: Instant,
}

impl Bounded {
    fn left(&self) -> io::Result<Option<Duration>> {
        left(self.until).map(Some).ok_or_else(|| io::ErrorKind::TimedOut.into())
    }
}

impl Read for Bounded {
    fn read(&mut self, part: &mut [u8]) -> io::Result<usize> {
        self.stream.set_read_timeout(self.left()?)?;
        self.stream.read(part)
    }
}

impl Write for Bounded {
    fn write(&mut self, part: &[u8]) -> io::Result<usize> {
        self.stream.set_write_timeout(self.left()?)?;
        self.stream.write(part)
    }

    fn flush(&mut self) -> io::Result<()> {
        self.stream.flush()
    }
}

/// How long the next step may take, while there is time.
fn left(until: Instant) -> Option<Duration> {
    let left = until.saturating_duration_since(Instant::now());
    (!left.is_zero()).then_some(left.min(PATIENCE))
}

/// An address of IPv6 without its brackets.
fn bare(host: &str) -> &str {
    host.trim_start_matches('[').trim_end_matches(']')
}

fn config(ca_file: Option<&Path>) -> Result<ClientConfig, Unanswered> {
    let mut roots = RootCertStore::empty();
    match ca_file {
        None => roots.extend(webpki_roots::TLS_SERVER_ROOTS.iter().cloned()),
        Some(path) => {
            let unusable =
                |error: &dyn std::fmt::Display| Unanswered::Refused(format!("{}: {error}", path.display()));
            for certificate in CertificateDer::pem_file_iter(path).map_err(|error| unusable(&error))? {
                let certificate = certificate.map_err(|error| unusable(&error))?;
                roots.add(certificate).map_err(|error| unusable(&error))?;
            }
        }
    }
    let builder = ClientConfig::builder_with_provider(Arc::new(aws_lc_rs::default_provider()));
    let builder = builder.with_safe_default_protocol_versions().map_err(Unanswered::Untrusted)?;
    Ok(builder.with_root_certificates(roots).with_no_client_auth())
}

/// Writes the question, and reads until the end of the answer's head.
fn exchange(stream: &mut (impl Read + Write), question: &Question<'_>) -> Result<Vec<u8>, Unanswered> {
    let Question { uri, method, headers, body, .. } = question;
    let path = uri.path_and_query().map_or("/", http::uri::PathAndQuery::as_str);
    // Without the name and the password that it may hold.
    let host = uri.authority().map_or("", http::uri::Authority::as_str);
    let host = host.rsplit_once('@').map_or(host, |(_, host)| host);
    let mut text = format!("{method} {path} HTTP/1.1\r\nHost: {host}\r\nConnection: close\r\n");
    for (name, value) in *headers {
        text.extend([name, ": ", value, "\r\n"]);
    }
    if !body.is_empty() {
        text.extend(["Content-Length: ", &body.len().to_string(), "\r\n"]);
    }
    text.push_str("\r\n");
    let written = stream.write_all(text.as_bytes()).and_then(|()| stream.write_all(body));
    written.and_then(|()| stream.flush()).map_err(unanswered)?;
    let (mut answer, mut part) = (Vec::new(), [0; 4096]);
    let mut rest = stream.take(MOST_BYTES);
    while !answer.windows(4).any(|end| end == b"\r\n\r\n") {
        match rest.read(&mut part).map_err(unanswered)? {
            0 => return Err(Unanswered::Nonsense),
            count => answer.extend_from_slice(&part[..count]),
        }
    }
    Ok(answer)
}

/// rustls hides its own errors in those of the stream.
fn unanswered(error: io::Error) -> Unanswered {
    match error.get_ref().and_then(|inner| inner.downcast_ref::<rustls::Error>()) {
        Some(untrusted) => Unanswered::Untrusted(untrusted.clone()),
        None => error.into(),
    }
}

fn read(head: &[u8], own: IpAddr) -> Option<Answer> {
    let mut found = [httparse::EMPTY_HEADER; MOST_HEADERS];
    let mut answer = httparse::Response::new(&mut found);
    answer.parse(head).ok()?;
    let headers = answer.headers.iter().map(|header| {
        Some((header.name.parse::<HeaderName>().ok()?, HeaderValue::from_bytes(header.value).ok()?))
    });
    let status = answer.code?;
    Some(Answer { status, headers: headers.collect::<Option<_>>()?, own })
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::net::{Ipv4Addr, TcpListener};
    use std::thread;

    /// What a server hears that answers so, and what comes of its answer.
    fn asked(says: &'static str, body: &[u8]) -> (String, Result<Answer, Unanswered>) {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let place = listener.local_addr().unwrap().to_string();
        let uri: Uri = format!("http://ana:canary@{place}/a?b").parse().unwrap();
        let serving = thread::spawn(move || {
            let (mut stream, _) = listener.accept().unwrap();
            stream.write_all(says.as_bytes()).unwrap();
            stream.shutdown(std::net::Shutdown::Write).unwrap();
            let mut heard = String::new();
            stream.read_to_string(&mut heard).unwrap();
            heard
        });
        let question =
            Question { uri: &uri, at: None, ca_file: None, method: "POST", headers: &[("X-A", "1")], body };
        let answer = ask(&question);
        (serving.join().unwrap().replace(&place, "HOST"), answer)
    }

    #[test]
    fn a_head_is_enough_and_the_rest_is_left() {
        let (heard, answer) =
            asked("HTTP/1.1 204 No Content\r\nSet-Cookie: a=1\r\nSet-Cookie: b=2\r\n\r\nmore", b"xy");
        assert_eq!(
            heard,
            "POST /a?b HTTP/1.1\r\nHost: HOST\r\nConnection: close\r\nX-A: 1\r\nContent-Length: 2\r\n\r\nxy"
        );
        let answer = answer.unwrap();
        assert_eq!((answer.status, answer.own), (204, IpAddr::V4(Ipv4Addr::LOCALHOST)));
        assert_eq!(answer.headers.get_all("set-cookie").iter().count(), 2);
    }

    #[test]
    fn nobody_is_waited_for_beyond_the_end() {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let stream = TcpStream::connect(listener.local_addr().unwrap()).unwrap();
        let (mut other, _) = listener.accept().unwrap();
        other.write_all(b"HT").unwrap();
        let mut stream = Bounded { stream, until: Instant::now() + WHOLE };
        assert_eq!(stream.read(&mut [0]).unwrap(), 1);
        // More of it is there.
        stream.until = Instant::now();
        assert_eq!(stream.read(&mut [0]).unwrap_err().kind(), io::ErrorKind::TimedOut);
        assert_eq!(stream.write(b"x").unwrap_err().kind(), io::ErrorKind::TimedOut);
    }

    #[test]
    fn what_is_no_answer_is_told() {
        for says in ["", "SSH-2.0-x\r\n\r\n", "HTTP/1.1 200 OK\r\nA: 1\r\n"] {
            assert!(matches!(asked(says, b"").1, Err(Unanswered::Nonsense)), "{says}");
        }
        let uri = "http://127.0.0.1:1/".parse().unwrap();
        let question =
            Question { uri: &uri, at: None, ca_file: None, method: "GET", headers: &[], body: b"" };
        assert!(matches!(ask(&question), Err(Unanswered::Unreachable(_))));
    }
}
