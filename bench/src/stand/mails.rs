//! A mail server on loopback that keeps what it takes.

use anyhow::Result;
use std::io;
use std::sync::{Arc, Mutex, PoisonError};
use tokio::io::{AsyncBufReadExt, AsyncReadExt, AsyncWriteExt, BufReader};
use tokio::net::{TcpListener, TcpStream};
use tokio::task::JoinHandle;

/// Takes mails, and says yes to everybody.
#[derive(Debug)]
pub struct Mails {
    port: u16,
    taken: Arc<Mutex<Vec<String>>>,
    task: JoinHandle<()>,
}

impl Mails {
    /// Listens on loopback.
    ///
    /// # Errors
    /// Where no port is to be had.
    pub async fn listen() -> Result<Self> {
        let listener = TcpListener::bind(("127.0.0.1", 0)).await?;
        let port = listener.local_addr()?.port();
        let taken = Arc::<Mutex<Vec<String>>>::default();
        let kept = taken.clone();
        let task = tokio::spawn(async move {
            while let Ok((stream, _)) = listener.accept().await {
                tokio::spawn(talk(stream, kept.clone()));
            }
        });
        Ok(Self { port, taken, task })
    }

    /// Where it listens.
    #[must_use]
    pub fn port(&self) -> u16 {
        self.port
    }

    /// What was taken so far, each mail with its head.
    #[must_use]
    pub fn taken(&self) -> Vec<String> {
        self.taken.lock().unwrap_or_else(PoisonError::into_inner).clone()
    }

    /// How many mails went to an address.
    #[must_use]
    pub fn to(&self, address: &str) -> usize {
        let taken = self.taken.lock().unwrap_or_else(PoisonError::into_inner);
        let head =
            |mail: &&String| mail.lines().any(|line| line.starts_with("To: ") && line.contains(address));
        taken.iter().filter(head).count()
    }
}

impl Drop for Mails {
    fn drop(&mut self) {
        self.task.abort();
    }
}

async fn talk(stream: TcpStream, kept: Arc<Mutex<Vec<String>>>) -> io::Result<()> {
    let mut stream = BufReader::new(stream);
    stream.write_all(b"220 stand\r\n").await?;
    let mut line = String::new();
    loop {
        line.clear();
        if (&mut stream).take(4096).read_line(&mut line).await? == 0 {
            return Ok(());
        }
        let word = line.get(..4).unwrap_or_default().to_ascii_uppercase();
        let said: &[u8] = match word.as_str() {
            "DATA" => {
                stream.write_all(b"354 go on\r\n").await?;
                let Some(mail) = body(&mut stream).await? else { return Ok(()) };
                kept.lock().unwrap_or_else(PoisonError::into_inner).push(mail);
                b"250 taken\r\n"
            }
            "QUIT" => return stream.write_all(b"221 bye\r\n").await,
            _ => b"250 good\r\n",
        };
        stream.write_all(said).await?;
    }
}

/// A mail up to the line with a dot alone; none where the sender broke off.
async fn body(stream: &mut BufReader<TcpStream>) -> io::Result<Option<String>> {
    let mut mail = Vec::new();
    loop {
        let before = mail.len();
        if stream.read_until(b'\n', &mut mail).await? == 0 {
            return Ok(None);
        }
        if &mail[before..] == b".\r\n" {
            mail.truncate(before);
            return Ok(Some(String::from_utf8_lossy(&mail).into_owned()));
        }
    }
}
