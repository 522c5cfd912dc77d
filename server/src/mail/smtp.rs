use super::letterhead::Letterhead;
use crate::clock;
use crate::config::SmtpServer;
use accounts::{Message, Undelivered};
use lettre::Address;
use lettre::transport::smtp::Error;
use lettre::transport::smtp::authentication::DEFAULT_MECHANISMS;
use lettre::transport::smtp::client::{AsyncSmtpConnection, Tls};
use lettre::transport::smtp::extension::Extension;
use std::fmt;
use std::sync::{Mutex, PoisonError};
use std::time::Duration;
use tokio::time::Instant;

/// Servers close a connection that is idle for some minutes.
const IDLE: Duration = Duration::from_secs(30);
/// As many as mails are sent at once.
const MOST_IDLE: usize = 4;
/// Refusals that speak of us and not of the mail: it is sent once the password is right again.
const ABOUT_US: [u16; 4] = [530, 534, 535, 538];

/// A mail server and the connections to it.
///
/// They are kept here and not in lettre's pool: that one takes a connection back which was cut off in the middle of a
/// mail, and the next mail would be read as its rest.
pub struct Smtp {
    /// How long one try may take, the connection included.
    pub timeout: Duration,
    server: SmtpServer,
    letterhead: Letterhead,
    idle: Mutex<Vec<(AsyncSmtpConnection, Instant)>>,
}

impl fmt::Debug for Smtp {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Smtp").field("server", &self.server).finish_non_exhaustive()
    }
}

impl Smtp {
    /// Connects at the first mail.
    #[must_use]
    pub fn new(server: SmtpServer, letterhead: Letterhead) -> Self {
        Self { timeout: Duration::from_secs(15), server, letterhead, idle: Mutex::default() }
    }

    pub(super) async fn send(&self, message: &Message) -> Result<(), Undelivered> {
        let mail = self.letterhead.write(message)?;
        let in_time = tokio::time::timeout(self.timeout, self.deliver(&mail)).await;
        in_time.unwrap_or_else(|_| Err(Undelivered::Later("no answer in time".to_owned())))
    }

    /// Connects as for a mail, with TLS and the password, and takes leave.
    pub(super) async fn greet(&self) -> Result<(), Undelivered> {
        let greeting = async { self.connect().await?.quit().await };
        match tokio::time::timeout(self.timeout, greeting).await {
            Ok(answered) => answered.map(drop).map_err(|error| Undelivered::Later(reason(&error))),
            Err(_) => Err(Undelivered::Later("no answer in time".to_owned())),
        }
    }

    async fn deliver(&self, mail: &lettre::Message) -> Result<(), Undelivered> {
        let connection = self.connection().await;
        let mut connection = connection.map_err(|error| Undelivered::Later(reason(&error)))?;
        if !understands(&connection, mail) {
            return Err(Undelivered::Never("the mail server takes addresses in ASCII alone".to_owned()));
        }
        match connection.send(mail.envelope(), &mail.formatted()).await {
            Ok(_) => {
                self.park(connection);
                Ok(())
            }
            Err(error) if is_final(&error) => Err(Undelivered::Never(reason(&error))),
            Err(error) => Err(Undelivered::Later(reason(&error))),
        }
    }

    async fn connection(&self) -> Result<AsyncSmtpConnection, Error> {
        while let Some(mut connection) = self.parked() {
            if connection.test_connected().await {
                return Ok(connection);
            }
        }
        self.connect().await
    }

    async fn connect(&self) -> Result<AsyncSmtpConnection, Error> {
        let SmtpServer { host, port, tls, credentials } = &self.server;
        let (client, at_once) =
            (self.letterhead.client(), if let Tls::Wrapper(tls) = tls { Some(tls) } else { None });
        let place = (host.as_str(), *port);
        let mut connection =
            AsyncSmtpConnection::connect_tokio1(place, None, &client, at_once.cloned(), None).await?;
        match tls {
            Tls::Required(tls) => connection.starttls(tls.clone(), &client).await?,
            Tls::Opportunistic(tls) if connection.can_starttls() => {
                connection.starttls(tls.clone(), &client).await?;
            }
            _ => {}
        }
        if let Some(credentials) = credentials {
            connection.auth(DEFAULT_MECHANISMS, credentials).await?;
        }
        Ok(connection)
    }

    fn parked(&self) -> Option<AsyncSmtpConnection> {
        let mut idle = self.idle.lock().unwrap_or_else(PoisonError::into_inner);
        idle.retain(|(_, since)| clock::now() < *since + IDLE);
        idle.pop().map(|(connection, _)| connection)
    }

    fn park(&self, connection: AsyncSmtpConnection) {
        let mut idle = self.idle.lock().unwrap_or_else(PoisonError::into_inner);
        if idle.len() < MOST_IDLE {
            idle.push((connection, clock::now()));
        }
    }
}

/// Whether the server can be told the mail's addresses (RFC 6531).
fn understands(connection: &AsyncSmtpConnection, mail: &lettre::Message) -> bool {
    let ascii = |address: &Address| AsRef::<str>::as_ref(address).is_ascii();
    mail.envelope().to().iter().all(ascii)
        || connection.server_info().supports_feature(Extension::SmtpUtfEight)
}

/// Whether no other try can do better: the refusal is the mail's own.
fn is_final(error: &Error) -> bool {
    let about_us = error.status().is_some_and(|status| ABOUT_US.contains(&u16::from(status)));
    error.is_permanent() && !about_us
}

/// For the log. A server's own words name addresses, so only their number is told.
fn reason(error: &Error) -> String {
    match error.status() {
        Some(status) => format!("the mail server says {status}"),
        None if error.is_response() => "the mail server does not speak SMTP".to_owned(),
        None => error.to_string(),
    }
}
