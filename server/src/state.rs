//! What every request shares.

use crate::config::{AppEnv, Compat, Config};
use crate::mail::Outgoing;
use crate::metrics::Metrics;
use accounts::Accounts;
use app::AppSettings;
use axum::extract::FromRef;
use edge::caller::Callers;
use edge::{CookieStyle, Origin, TrustedProxies};
use leptos::config::LeptosOptions;
use std::ops::{Deref, DerefMut};
use std::sync::Arc;
use std::sync::atomic::AtomicBool;
use std::time::Duration;
use thiserror::Error;
use tokio_util::sync::CancellationToken;

/// Why there is no site to serve.
#[derive(Debug, Error)]
pub enum NoSite {
    /// The browser's half has not been built.
    #[error("there is no built site in {0}: run `cargo xtask start`, or `cargo leptos watch`")]
    Files(String),
    /// The files' names carry hashes, and nothing says which.
    #[error("LEPTOS_HASH_FILES is true, but {0} is missing: copy it from beside the built server")]
    Names(String),
}

/// What every request shares. A clone is one count more: routes and layers make several for each request.
#[derive(Clone)]
pub struct AppState(Arc<Shared>);

/// What that is.
#[derive(Clone)]
pub struct Shared {
    /// The use cases.
    pub accounts: Accounts,
    /// What pages show.
    pub app: Arc<AppSettings>,
    /// Which cookies.
    pub cookies: CookieStyle,
    /// The site's own origin.
    pub origin: Arc<Origin>,
    /// The trusted proxies.
    pub proxies: Arc<TrustedProxies>,
    /// Which families of paths answer beside the canonical API.
    pub compat: Compat,
    /// Whose pages may call the API.
    pub cors_origins: Arc<[Origin]>,
    /// Where mails go; `None` where mail is off.
    pub outgoing: Option<Outgoing>,
    /// Where the built site is and what its files are called.
    pub site: Arc<LeptosOptions>,
    /// For whom the server runs.
    pub env: AppEnv,
    /// Whether `cargo leptos watch` runs the server and its pages reload themselves.
    pub watched: bool,
    /// How long a request may take.
    pub request_timeout: Duration,
    /// What is counted, where somebody may ask for it.
    pub metrics: Option<Arc<Metrics>>,
    /// Cancelled once the server is told to stop.
    pub stopping: CancellationToken,
    /// Whether all is there that a server needs, its keys too: not before that was looked at.
    pub prepared: Arc<AtomicBool>,
}

impl AppState {
    /// The state of a server as configured.
    ///
    /// # Errors
    /// [`NoSite`] where the browser's half has not been built.
    pub fn new(config: &Config, accounts: Accounts) -> Result<Self, NoSite> {
        let site = site(config)?;
        let watched = config.env == AppEnv::Development && std::env::var_os("LEPTOS_WATCH").is_some();
        let app = AppSettings { passkeys: accounts.has_passkeys(), ..config.app.clone() };
        Ok(Self::from(Shared {
            accounts,
            app: Arc::new(app),
            cookies: CookieStyle::new(config.origin.is_https()),
            origin: Arc::new(config.origin.clone()),
            proxies: Arc::new(config.proxies.clone()),
            compat: config.compat,
            cors_origins: config.cors_origins.clone().into(),
            outgoing: Outgoing::new(config),
            site: Arc::new(site),
            env: config.env,
            watched,
            request_timeout: Duration::from_secs(10),
            metrics: config.metrics.map(|_| Arc::default()),
            stopping: CancellationToken::new(),
            prepared: Arc::new(AtomicBool::new(false)),
        }))
    }
}

impl From<Shared> for AppState {
    fn from(shared: Shared) -> Self {
        Self(Arc::new(shared))
    }
}

impl Deref for AppState {
    type Target = Shared;

    fn deref(&self) -> &Shared {
        &self.0
    }
}

/// For tests, which change what they need before the routes are made.
impl DerefMut for AppState {
    fn deref_mut(&mut self) -> &mut Shared {
        Arc::make_mut(&mut self.0)
    }
}

impl AppState {
    /// What finds out who calls.
    #[must_use]
    pub fn callers(&self) -> Callers {
        Callers { accounts: self.accounts.clone(), cookies: self.cookies, proxies: self.proxies.clone() }
    }
}

impl FromRef<AppState> for LeptosOptions {
    fn from_ref(state: &AppState) -> Self {
        Self::clone(&state.site)
    }
}

/// The names of the built files: `cargo leptos` writes their hashes beside the binary, and a build
/// without hashes writes no such list.
fn site(config: &Config) -> Result<LeptosOptions, NoSite> {
    let files = config.site_root.join("pkg");
    if !files.is_dir() {
        return Err(NoSite::Files(files.display().to_string()));
    }
    let list = std::env::current_exe().unwrap_or_default().with_file_name("hash.txt");
    let hashed = config.hash_files.unwrap_or_else(|| list.is_file());
    if hashed && !list.is_file() {
        return Err(NoSite::Names(list.display().to_string()));
    }
    Ok(LeptosOptions::builder()
        .output_name("doorstep")
        .site_root(config.site_root.display().to_string())
        .hash_files(hashed)
        .build())
}
