//! What the binary can do, one function a command.

mod import;

pub use import::Format;

use crate::cli::Command;
use crate::config::{Config, ConfigError, secret};
use crate::output::print;
use crate::serve::{self, Signal};
use crate::{AppState, jobs, rest, web};
use accounts::{Accounts, Clock, NewAdmin, SystemClock, SystemRng};
use domain::RawPassword;
use edge::problem::chain;
use std::error::Error;
use std::io;
use std::net::{IpAddr, Ipv4Addr, Ipv6Addr, SocketAddr};
use std::pin::pin;
use std::process::ExitCode;
use std::sync::Arc;
use std::time::Duration;
use store::{Store, StoreError};
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::{TcpListener, TcpStream};
use tokio_util::sync::CancellationToken;

/// How long a health check waits for its answer.
const HEALTH_TIME: Duration = Duration::from_secs(3);
const NOT_READY: &str = "the server is not ready";

type Outcome = Result<(), Box<dyn Error + Send + Sync>>;

/// Runs one command to its end.
///
/// # Errors
/// What stopped it, in one sentence.
pub async fn run(command: Command, config: &Config) -> Result<ExitCode, Box<dyn Error + Send + Sync>> {
    match command {
        Command::ImportUsers(words) => return import::run(config, &words).await,
        Command::Serve => serve(config).await?,
        Command::Migrate => migrate(config).await?,
        Command::CreateAdmin { email, if_none, admin_password, admin_password_file } => {
            let password =
                secret("ADMIN_PASSWORD", admin_password.as_deref(), admin_password_file.as_deref())?;
            create_admin(config, email, if_none, password).await?;
        }
        Command::RotateKeys { lead } => rotate_keys(config, lead)?,
        Command::Openapi => openapi()?,
        Command::Healthcheck => {
            tokio::time::timeout(HEALTH_TIME, healthcheck(config.listen)).await.map_err(|_| NOT_READY)??;
        }
    }
    Ok(ExitCode::SUCCESS)
}

/// Prints the description of the API with all families, so it needs no setting.
///
/// # Errors
/// Where it cannot be written.
pub fn openapi() -> io::Result<()> {
    print(format_args!("{}", rest::openapi::text(rest::Compat::ALL)))
}

async fn serve(config: &Config) -> Outcome {
    let state = AppState::new(config, accounts(config)?)?;
    let mut stop = pin!(serve::shutdown_signal()?);
    tokio::select! {
        done = store::migrate(&config.database.connect) => match done {
            // It may be mended while we run; until then nobody is sent here.
            Err(shared @ StoreError::SharedSessions) => tracing::error!("not ready: the database: {shared}"),
            done => migrated(done)?,
        },
        _ = &mut stop => return Ok(()),
    }
    for warning in &config.warnings {
        tracing::warn!("{warning}");
    }
    let listener = TcpListener::bind(config.listen)
        .await
        .map_err(|error| format!("cannot listen on {}: {error}", config.listen))?;
    jobs::clock::measure(&state.accounts).await;
    let jobs = CancellationToken::new();
    let measuring = tokio::spawn(jobs::clock::run(state.accounts.clone(), jobs.clone()));
    let sweeping = tokio::spawn(jobs::sweep::run(state.accounts.clone(), jobs.clone()));
    let learning = tokio::spawn(jobs::hashes::run(state.accounts.clone(), jobs.clone()));
    let listening = tokio::spawn(jobs::changes::run(state.accounts.clone(), jobs.clone()));
    tracing::info!(address = %listener.local_addr()?, url = %config.origin, "serving");
    let server = serve::Server {
        limits: serve::Limits { keep_alive: config.keep_alive, ..serve::Limits::default() },
        proxies: state.proxies.clone(),
        stopping: state.stopping.clone(),
        router: web::router(state),
    };
    let stop = last_moment(stop, server.stopping.clone(), config.shutdown_delay);
    server.run(listener, stop).await;
    jobs.cancel();
    sweeping.await?;
    learning.await?;
    listening.await?;
    measuring.await?;
    tracing::info!("stopped");
    Ok(())
}

/// Completes when nobody new is to be let in: some time after an orchestrator's signal, in which `/readyz` says that
/// nobody is to be sent here any more; at once where it is told a second time, or by somebody at a terminal.
async fn last_moment(stop: impl Future<Output = Signal>, stopping: CancellationToken, delay: Duration) {
    let signal = stop.await;
    stopping.cancel();
    let Ok(again) = serve::shutdown_signal() else { return };
    if signal == Signal::Terminate && !delay.is_zero() {
        tracing::info!(seconds = delay.as_secs(), "stopping: not ready any more, and serving for a moment");
        tokio::select! {
            () = tokio::time::sleep(delay) => {}
            _ = again => {}
        }
    }
}

async fn migrate(config: &Config) -> Outcome {
    migrated(store::migrate(&config.database.connect).await)
}

fn migrated(done: Result<(), StoreError>) -> Outcome {
    done.map_err(|error| match error {
        StoreError::Unavailable(_) => format!("cannot reach the database: {}", chain(&error)).into(),
        _ => format!("cannot migrate the database: {}", chain(&error)).into(),
    })
}

async fn create_admin(config: &Config, email: String, if_none: bool, password: Option<String>) -> Outcome {
    migrate(config).await?;
    let accounts = accounts(config)?;
    if if_none && accounts.admin_exists().await? {
        return Ok(print(format_args!("an admin already exists\n"))?);
    }
    let given = password.map(RawPassword::from);
    let password = given.clone().unwrap_or_else(|| accounts.random_password());
    let admin = NewAdmin { email: email.clone(), password: password.clone() };
    accounts.create_admin(admin).await.map_err(|error| refused(&error))?;
    print(format_args!("admin: {email}\n"))?;
    if given.is_none() {
        print(format_args!("password: {} (shown only once)\n", password.expose()))?;
    }
    Ok(())
}

fn rotate_keys(config: &Config, minutes: u16) -> Outcome {
    config.signing.rotate(SystemClock.now(), time::Duration::minutes(minutes.into()))?;
    Ok(print(format_args!(
        "added a signing key that takes over in {minutes} minutes; restart every server before then\n"
    ))?)
}

/// A refused field in its own words, any other error with its chain: this is the operator's terminal.
fn refused(error: &accounts::Error) -> String {
    match error {
        accounts::Error::Invalid(errors) => errors
            .iter()
            .map(|error| format!("{}: {}", error.field, error.message))
            .collect::<Vec<_>>()
            .join("; "),
        _ => chain(error),
    }
}

fn accounts(config: &Config) -> Result<Accounts, ConfigError> {
    let store = Store::open(&config.database);
    Accounts::new(store, config.settings()?, Arc::new(SystemClock), Arc::new(SystemRng))
        .map_err(|error| ConfigError::new("ARGON2_M_COST, ARGON2_T_COST, ARGON2_P_COST", error.to_string()))
}

async fn healthcheck(listen: SocketAddr) -> Outcome {
    // A server that listens everywhere is reached on loopback.
    let ip = match listen.ip() {
        IpAddr::V4(ip) if ip.is_unspecified() => IpAddr::V4(Ipv4Addr::LOCALHOST),
        IpAddr::V6(ip) if ip.is_unspecified() => IpAddr::V6(Ipv6Addr::LOCALHOST),
        ip => ip,
    };
    let mut stream = TcpStream::connect((ip, listen.port())).await?;
    stream.write_all(b"GET /readyz HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n").await?;
    let mut answer = Vec::new();
    stream.read_to_end(&mut answer).await?;
    if answer.starts_with(b"HTTP/1.1 200 ") {
        return Ok(print(format_args!("ready\n"))?);
    }
    Err(NOT_READY.into())
}
