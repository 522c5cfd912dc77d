//! A mail server on loopback that keeps what it is sent, and answers as a test wants.

use std::collections::BTreeMap;
use std::sync::{Arc, Mutex};
use tokio::io::{AsyncBufReadExt, AsyncRead, AsyncReadExt, AsyncWrite, AsyncWriteExt, BufReader};
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::{Semaphore, watch};
use tokio_rustls::TlsAcceptor;

/// An answer that never comes.
pub const SILENCE: &str = "";
/// What the server says first.
pub const GREETING: &str = "GREETING";
/// What it says once it has a whole mail.
pub const KEPT: &str = "KEPT";

/// How the server behaves.
#[derive(Clone, Default)]
pub struct Manner {
    /// Instead of its usual answer to a command.
    pub answers: BTreeMap<&'static str, &'static str>,
    /// Offers STARTTLS.
    pub starttls: Option<TlsAcceptor>,
    /// What it waits for before it says that it has a whole mail.
    pub hold: Option<Arc<Semaphore>>,
    /// Speaks TLS from the first byte.
    pub wrapped: Option<TlsAcceptor>,
}

impl Manner {
    pub fn answering(command: &'static str, answer: &'static str) -> Self {
        Self { answers: BTreeMap::from([(command, answer)]), ..Self::default() }
    }
}

/// What the server heard.
#[derive(Clone, Default)]
pub struct Heard {
    /// Connections that spoke.
    pub connections: usize,
    /// Each command, with whether it came over TLS.
    pub commands: Vec<(bool, String)>,
    /// Each mail that it took, as its lines came.
    pub mails: Vec<String>,
}

impl Heard {
    /// Whether a command came, over TLS or not.
    pub fn has(&self, command: &str) -> bool {
        self.commands.iter().any(|(_, line)| line.starts_with(command))
    }

    /// The one line of a mail's head that begins so.
    pub fn header(&self, mail: usize, name: &str) -> String {
        let (head, _) = self.mails[mail].split_once("\r\n\r\n").unwrap();
        let lines: Vec<_> =
            head.split("\r\n").filter(|line| line.starts_with(&format!("{name}: "))).collect();
        assert_eq!(lines.len(), 1, "{name}: {head}");
        lines[0].to_owned()
    }
}

#[derive(Clone)]
pub struct Catcher {
    pub port: u16,
    manner: Arc<Mutex<Manner>>,
    heard: watch::Sender<Heard>,
}

impl Catcher {
    pub async fn start(manner: Manner) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let catcher = Self {
            port: listener.local_addr().unwrap().port(),
            manner: Arc::new(Mutex::new(manner)),
            heard: watch::Sender::default(),
        };
        let serving = catcher.clone();
        tokio::spawn(async move {
            while let Ok((stream, _)) = listener.accept().await {
                let catcher = serving.clone();
                tokio::spawn(async move { catcher.serve(stream).await });
            }
        });
        catcher
    }

    /// From now on.
    pub fn behave(&self, manner: Manner) {
        *self.manner.lock().unwrap() = manner;
    }

    pub fn heard(&self) -> Heard {
        self.heard.borrow().clone()
    }

    /// Waits until it has heard this.
    pub async fn until(&self, heard: impl FnMut(&Heard) -> bool) {
        self.heard.subscribe().wait_for(heard).await.unwrap();
    }

    async fn serve(&self, stream: TcpStream) -> Option<()> {
        self.heard.send_modify(|heard| heard.connections += 1);
        let Manner { starttls, wrapped, .. } = self.manner.lock().unwrap().clone();
        if let Some(wrapped) = wrapped {
            let stream = wrapped.accept(stream).await.ok()?;
            return self.talk(stream, true, true).await.map(|_| ());
        }
        let stream = self.talk(stream, false, true).await?;
        let stream = starttls?.accept(stream).await.ok()?;
        self.talk(stream, true, false).await.map(|_| ())
    }

    /// Talks until the end, or until the stream is to be encrypted.
    async fn talk<S: AsyncRead + AsyncWrite + Unpin>(
        &self,
        stream: S,
        encrypted: bool,
        greet: bool,
    ) -> Option<S> {
        let mut stream = BufReader::new(stream);
        if greet {
            self.say(&mut stream, GREETING, "220 catcher").await?;
        }
        loop {
            let mut line = String::new();
            if stream.read_line(&mut line).await.ok()? == 0 {
                return None;
            }
            self.heard.send_modify(|heard| heard.commands.push((encrypted, line.trim_end().to_owned())));
            let offered = !encrypted && self.manner.lock().unwrap().starttls.is_some();
            match line.split([' ', '\r']).next()? {
                "EHLO" if offered => self.say(&mut stream, "EHLO", "250-catcher\r\n250 STARTTLS").await?,
                "EHLO" => {
                    self.say(&mut stream, "EHLO", "250-catcher\r\n250-8BITMIME\r\n250 AUTH PLAIN").await?;
                }
                "STARTTLS" if offered => {
                    self.say(&mut stream, "STARTTLS", "220 go on").await?;
                    return Some(stream.into_inner());
                }
                "AUTH" => self.say(&mut stream, "AUTH", "235 welcome").await?,
                "MAIL" => self.say(&mut stream, "MAIL", "250 go on").await?,
                "RCPT" => self.say(&mut stream, "RCPT", "250 go on").await?,
                "DATA" => {
                    self.say(&mut stream, "DATA", "354 go on").await?;
                    self.take(&mut stream).await?;
                }
                "NOOP" => self.say(&mut stream, "NOOP", "250 here").await?,
                "QUIT" => self.say(&mut stream, "QUIT", "221 bye").await?,
                _ => self.say(&mut stream, "", "502 unknown").await?,
            }
        }
    }

    /// Takes a mail, if it was invited.
    async fn take<S: AsyncRead + AsyncWrite + Unpin>(&self, stream: &mut BufReader<S>) -> Option<()> {
        if self.manner.lock().unwrap().answers.contains_key("DATA") {
            return Some(());
        }
        let mut mail = Vec::new();
        while !mail.ends_with(b"\r\n.\r\n") {
            mail.push(stream.read_u8().await.ok()?);
        }
        let refused = self.manner.lock().unwrap().answers.contains_key(KEPT);
        if !refused {
            // A dot at the beginning of a line came doubled (RFC 5321 section 4.5.2).
            let text = String::from_utf8(mail).unwrap().replace("\r\n..", "\r\n.");
            self.heard.send_modify(|heard| heard.mails.push(text));
        }
        let hold = self.manner.lock().unwrap().hold.clone();
        if let Some(hold) = hold {
            hold.acquire().await.ok()?.forget();
        }
        self.say(stream, KEPT, "250 kept").await
    }

    async fn say<S: AsyncWrite + Unpin>(
        &self,
        stream: &mut S,
        to: &'static str,
        usual: &'static str,
    ) -> Option<()> {
        let answer = self.manner.lock().unwrap().answers.get(to).copied().unwrap_or(usual);
        if answer == SILENCE {
            return std::future::pending().await;
        }
        stream.write_all(format!("{answer}\r\n").as_bytes()).await.ok()
    }
}
