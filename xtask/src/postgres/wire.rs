//! As much of Postgres' protocol as it takes to make and drop a database: no `psql` comes with the npm package.
//! <https://www.postgresql.org/docs/current/protocol-message-formats.html>

use anyhow::{Context, Result, bail};
use std::io::{Read, Write};
use std::os::unix::net::UnixStream;
use std::path::Path;
use std::time::Duration;

const PROTOCOL: i32 = 3 << 16;
const EXISTS_ALREADY: &str = "42P04";
const ROLE_EXISTS_ALREADY: &str = "42710";

pub(crate) struct Session(UnixStream);

/// The server's refusals that are handled, by their codes.
struct Refusal {
    code: String,
    message: String,
}

impl Session {
    pub(crate) fn open(socket: &Path, database: &str) -> Result<Self> {
        let path = socket.join(".s.PGSQL.5432");
        let stream =
            UnixStream::connect(&path).with_context(|| format!("{} does not answer", path.display()))?;
        stream.set_read_timeout(Some(Duration::from_mins(1)))?;
        let mut session = Self(stream);
        let mut body = PROTOCOL.to_be_bytes().to_vec();
        body.extend_from_slice(format!("user\0postgres\0database\0{database}\0\0").as_bytes());
        session.send(None, &body)?;
        session.settle()?.map_or(Ok(session), |refusal| bail!(refusal.message))
    }

    fn execute(&mut self, sql: &str) -> Result<Option<Refusal>> {
        self.send(Some(b'Q'), format!("{sql}\0").as_bytes())?;
        self.settle()
    }

    fn send(&mut self, kind: Option<u8>, body: &[u8]) -> Result<()> {
        let mut message: Vec<u8> = kind.into_iter().collect();
        message.extend_from_slice(&i32::try_from(body.len() + 4)?.to_be_bytes());
        message.extend_from_slice(body);
        Ok(self.0.write_all(&message)?)
    }

    /// Reads until the server is ready for the next query.
    fn settle(&mut self) -> Result<Option<Refusal>> {
        let mut refusal = None;
        loop {
            let mut head = [0; 5];
            if let Err(error) = self.0.read_exact(&mut head) {
                // A refused greeting is followed by silence, not by "ready".
                return if refusal.is_some() { Ok(refusal) } else { Err(error.into()) };
            }
            let [kind, length @ ..] = head;
            let length = usize::try_from(i32::from_be_bytes(length))?.saturating_sub(4);
            let mut body = vec![0; length];
            self.0.read_exact(&mut body)?;
            match kind {
                b'Z' => return Ok(refusal),
                b'E' => refusal = Some(parse_refusal(&body)),
                _ => {}
            }
        }
    }
}

/// An error's fields: a letter, a text, a NUL, and so on.
fn parse_refusal(body: &[u8]) -> Refusal {
    let field = |letter: u8| {
        let found = body.split(|byte| *byte == 0).find(|field| field.first() == Some(&letter));
        found.map_or_else(String::new, |field| String::from_utf8_lossy(&field[1..]).into_owned())
    };
    Refusal { code: field(b'C'), message: field(b'M') }
}

pub(crate) fn create_database(socket: &Path, name: &str) -> Result<()> {
    match Session::open(socket, "postgres")?.execute(&format!("CREATE DATABASE {name}"))? {
        Some(refusal) if refusal.code != EXISTS_ALREADY => bail!(refusal.message),
        _ => Ok(()),
    }
}

pub(crate) fn create_role(socket: &Path, name: &str) -> Result<()> {
    match Session::open(socket, "postgres")?.execute(&format!("CREATE ROLE {name} LOGIN"))? {
        Some(refusal) if refusal.code != ROLE_EXISTS_ALREADY => bail!(refusal.message),
        _ => Ok(()),
    }
}

pub(crate) fn execute(socket: &Path, database: &str, sql: &str) -> Result<()> {
    Session::open(socket, database)?.execute(sql)?.map_or(Ok(()), |refusal| bail!(refusal.message))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_refusal_is_read() {
        let refusal = parse_refusal(b"SERROR\0VERROR\0C42P04\0Mdatabase \"x\" already exists\0\0");
        assert_eq!(refusal.code, EXISTS_ALREADY);
        assert_eq!(refusal.message, "database \"x\" already exists");
    }
}
