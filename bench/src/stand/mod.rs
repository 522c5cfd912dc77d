//! Servers, and what they stand on: made for one run, ended and removed when it is over.

pub mod child;
pub mod client;
pub mod keys;
mod leftovers;
pub mod mails;
pub mod ports;
pub mod postgres;
pub mod proxy;
pub mod server;
pub mod smoke;
pub mod valkey;

pub use client::{Answer, Client, PASSWORD, Tokens};
pub use mails::Mails;
pub use postgres::{Cluster, Database};
pub use proxy::{Mode, Proxy};
pub use server::Server;
pub use valkey::Valkey;

use anyhow::{Context, Result, bail};
use keys::Folder;
use sqlx::postgres::PgPool;
use std::path::PathBuf;

/// Which Postgres a stand has its database in.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
enum Place {
    #[default]
    Shared,
    Own,
    Proxied,
}

/// What a stand is to have.
#[derive(Debug, Clone, Default)]
pub struct Setup {
    servers: usize,
    postgres: Place,
    valkey: bool,
    mails: bool,
    settings: Vec<(String, String)>,
    binary: Option<PathBuf>,
}

impl Setup {
    /// So many servers over a database in the Postgres of `DATABASE_URL`.
    #[must_use]
    pub fn servers(count: usize) -> Self {
        Self { servers: count, ..Self::default() }
    }

    /// With a Postgres of its own, which may be killed.
    #[must_use]
    pub fn with_cluster(self) -> Self {
        Self { postgres: Place::Own, ..self }
    }

    /// With a Postgres of its own behind a proxy that may fail.
    #[must_use]
    pub fn behind_proxy(self) -> Self {
        Self { postgres: Place::Proxied, ..self }
    }

    /// With a Valkey.
    #[must_use]
    pub fn with_valkey(self) -> Self {
        Self { valkey: true, ..self }
    }

    /// With a mail server.
    #[must_use]
    pub fn with_mails(self) -> Self {
        Self { mails: true, ..self }
    }

    /// With a setting for every server, as .env.example names it.
    #[must_use]
    pub fn set(mut self, name: &str, value: impl Into<String>) -> Self {
        self.settings.push((name.to_owned(), value.into()));
        self
    }

    /// With this program in place of `SERVER_BIN`.
    #[must_use]
    pub fn program(self, binary: PathBuf) -> Self {
        Self { binary: Some(binary), ..self }
    }

    /// Makes all of it, and waits until every server is ready.
    ///
    /// # Errors
    /// Where something does not come up.
    pub async fn start(self) -> Result<Stand> {
        let mut stand = self.prepare().await?;
        for server in &mut stand.servers {
            server.spawn()?;
        }
        for server in &mut stand.servers {
            server.ready().await?;
        }
        Ok(stand)
    }

    /// Makes all of it, and starts no server.
    ///
    /// # Errors
    /// Where something does not come up.
    pub async fn prepare(self) -> Result<Stand> {
        let folder = Folder::make()?;
        let cluster = match self.postgres {
            Place::Shared => None,
            Place::Own | Place::Proxied => Some(Cluster::make(folder.path()).await?),
        };
        let database = match &cluster {
            Some(cluster) => Database::within(cluster).await?,
            None => {
                Database::make(&std::env::var("DATABASE_URL").context("DATABASE_URL names no Postgres")?)
                    .await?
            }
        };
        let proxy = match &cluster {
            Some(cluster) if self.postgres == Place::Proxied => Some(Proxy::before(cluster.port()).await?),
            _ => None,
        };
        let valkey = if self.valkey { Some(Valkey::start(folder.path()).await?) } else { None };
        let mails = if self.mails { Some(Mails::listen().await?) } else { None };
        let binary = match self.binary {
            Some(binary) => binary,
            None => server_binary()?,
        };
        let mut stand =
            Stand { servers: Vec::new(), proxy, database, cluster, valkey, mails, folder, binary };
        let mut settings = stand.settings()?;
        for (name, value) in self.settings {
            settings.retain(|(known, _)| *known != name);
            settings.push((name, value));
        }
        let ports = (0..self.servers).map(|_| ports::free()).collect::<Result<Vec<_>>>()?;
        for (number, port) in ports.iter().enumerate() {
            // All of them serve one site: the address of the first.
            let mut own = vec![("BASE_URL".to_owned(), format!("http://localhost:{}", ports[0]))];
            own.extend(settings.iter().cloned());
            stand.servers.push(Server::new(stand.binary.clone(), *port, own, stand.folder.path(), number));
        }
        Ok(stand)
    }
}

/// The program that `SERVER_BIN` names, else what was built for release.
///
/// # Errors
/// Where there is none.
pub fn server_binary() -> Result<PathBuf> {
    let binary = std::env::var_os("SERVER_BIN").map_or_else(|| "target/release/server".into(), PathBuf::from);
    binary.canonicalize().with_context(|| format!("{} is not there", binary.display()))
}

/// What runs. Its parts end in this order when it is dropped.
#[derive(Debug)]
pub struct Stand {
    /// The servers.
    pub servers: Vec<Server>,
    /// What stands between them and Postgres.
    pub proxy: Option<Proxy>,
    /// Their database.
    pub database: Database,
    /// Its Postgres, where that is the stand's own.
    pub cluster: Option<Cluster>,
    /// What they count limits in.
    pub valkey: Option<Valkey>,
    /// Where their mails go.
    pub mails: Option<Mails>,
    folder: Folder,
    binary: PathBuf,
}

impl Stand {
    /// Connections to the servers' database, past the proxy.
    #[must_use]
    pub fn sql(&self) -> &PgPool {
        self.database.pool()
    }

    /// A folder for whatever a run writes.
    #[must_use]
    pub fn folder(&self) -> &std::path::Path {
        self.folder.path()
    }

    /// The proxy before Postgres.
    ///
    /// # Errors
    /// Where the stand has none.
    pub fn proxy(&self) -> Result<&Proxy> {
        self.proxy.as_ref().context("there is no proxy")
    }

    /// The stand's own Postgres.
    ///
    /// # Errors
    /// Where it has none.
    pub fn cluster(&mut self) -> Result<&mut Cluster> {
        self.cluster.as_mut().context("there is no cluster")
    }

    /// The mail server.
    ///
    /// # Errors
    /// Where the stand has none.
    pub fn mails(&self) -> Result<&Mails> {
        self.mails.as_ref().context("there is no mail server")
    }

    /// As in production on one machine, behind a proxy at 127.0.0.1, without the general limit.
    fn settings(&self) -> Result<Vec<(String, String)>> {
        let folder = self.folder.path();
        let (signing, encryption) = (folder.join("signing-key.pem"), folder.join("encryption-key.pem"));
        keys::signing(&signing)?;
        keys::encryption(&encryption)?;
        let url = match &self.proxy {
            Some(proxy) => postgres::url(proxy.port(), self.database.name()),
            None => self.database.url().to_owned(),
        };
        let mut settings = vec![
            ("APP_ENV", "production".to_owned()),
            ("DATABASE_URL", url),
            ("SIGNING_KEY_FILE", text(signing)?),
            ("ENCRYPTION_KEY_FILE", text(encryption)?),
            ("TRUSTED_PROXIES", "127.0.0.1/32".to_owned()),
            ("RATE_LIMIT_PER_MINUTE", "0".to_owned()),
            ("SHUTDOWN_DELAY_SECONDS", "0".to_owned()),
        ];
        settings.extend(site(folder)?);
        if let Some(valkey) = &self.valkey {
            settings.push(("REDIS_URL", valkey.url()));
        }
        if let Some(mails) = &self.mails {
            settings.push(("SMTP_URL", format!("smtp://127.0.0.1:{}", mails.port())));
            settings.push(("MAIL_FROM", "no-reply@example.com".to_owned()));
        }
        Ok(settings.into_iter().map(|(name, value)| (name.to_owned(), value)).collect())
    }
}

/// The built site, else an empty one: pages are the same, but for their files.
fn site(folder: &std::path::Path) -> Result<Vec<(&'static str, String)>> {
    let built = std::env::var_os("LEPTOS_SITE_ROOT").map_or_else(|| "target/site".into(), PathBuf::from);
    if let Ok(built) = built.canonicalize() {
        return Ok(vec![("LEPTOS_SITE_ROOT", text(built)?)]);
    }
    let empty = folder.join("site");
    std::fs::create_dir_all(empty.join("pkg"))?;
    Ok(vec![("LEPTOS_SITE_ROOT", text(empty)?), ("LEPTOS_HASH_FILES", "false".to_owned())])
}

fn text(path: PathBuf) -> Result<String> {
    match path.into_os_string().into_string() {
        Ok(text) => Ok(text),
        Err(path) => bail!("{} is no text", path.display()),
    }
}
