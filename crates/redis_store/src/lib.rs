//! All that is asked of Redis or Valkey, as SQL stands in `store`. What is kept there is counts and word of changes: it
//! may be lost at any time, and every call may answer [`Unreachable`]; the caller then counts elsewhere.

mod breaker;
mod connect;
mod fault;
pub mod invalidation;
mod key;
mod probe;
pub mod rate_limit;
mod script;
mod settings;
#[cfg(test)]
mod tests;
pub mod throttle;

pub use connect::RedisSetupError;
pub use settings::{RedisNode, RedisSettings, RedisTls};

use breaker::{Breaker, Numbered, State};
use connect::{Connection, Connector, in_time, words};
use fault::Fault;
use probe::{CONNECT, PROBE, probe_keys, probe_on};
use redis::{FromRedisValue, RedisError};
use script::{DELETE_FOREIGN, Script};
use std::pin::Pin;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicU32, Ordering};
use std::time::Duration;
use thiserror::Error;
use tokio::sync::Mutex;
use tokio::time::{Instant, timeout_at};

/// After how many probes a key that cannot be read is told of again: a minute.
const PROBES_BETWEEN_REMARKS: u32 = 60;

/// Redis did not answer, or not in time, or not with what was asked for. The breaker's log line says why.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Error)]
#[error("cannot reach Redis")]
pub struct Unreachable;

type Work<'a, T> = Pin<Box<dyn Future<Output = Result<T, Unreachable>> + Send + 'a>>;

/// Redis or Valkey. Cheap to clone.
#[derive(Clone)]
pub struct Redis {
    inner: Arc<Inner>,
}

struct Inner {
    connector: Connector,
    breaker: Breaker<Connection>,
    /// Held by whoever connects; the others wait for that connection.
    connecting: Mutex<()>,
    /// Whether a key that cannot be read was told of lately.
    remarked: AtomicBool,
    /// How many there were.
    probes: AtomicU32,
    answer_within: Duration,
}

impl Redis {
    /// Redis as set up. The first call or probe connects.
    ///
    /// # Errors
    /// [`RedisSetupError`] where no connection can ever be opened.
    pub fn open(settings: &RedisSettings) -> Result<Self, RedisSetupError> {
        let inner = Inner {
            connector: Connector::new(settings)?,
            breaker: Breaker::default(),
            connecting: Mutex::default(),
            remarked: AtomicBool::default(),
            probes: AtomicU32::default(),
            answer_within: settings.answer_within,
        };
        Ok(Self { inner: Arc::new(inner) })
    }

    /// Whether calls are sent.
    #[must_use]
    pub fn is_available(&self) -> bool {
        self.inner.breaker.is_closed()
    }

    /// How often Redis was lost or came into use.
    #[must_use]
    pub fn changes_of_state(&self) -> u64 {
        self.inner.breaker.changes()
    }

    /// Probes Redis each second, for as long as it is polled: what is down is used again within a second or two of its
    /// return.
    pub async fn watch(&self) {
        probe_on(|| self.probe(), tokio::time::sleep).await;
    }

    /// Finds out whether Redis works, and closes or opens the breaker by that.
    pub async fn probe(&self) {
        if self.inner.probes.fetch_add(1, Ordering::Relaxed).is_multiple_of(PROBES_BETWEEN_REMARKS) {
            self.inner.remarked.store(false, Ordering::Relaxed);
        }
        let key = match self.inner.breaker.state() {
            State::Closed(_) => {
                // A failure opens the breaker like any call's.
                drop(self.run::<String>(&PROBE, &probe_keys(b""), &[]).await);
                return;
            }
            State::Untried => Vec::new(),
            State::Open { key } => key,
        };
        drop(self.connect(CONNECT.max(self.inner.answer_within), &key).await);
    }

    /// Runs a script. All keys must have one hash tag, and one type.
    pub(crate) async fn run<T: FromRedisValue + Send>(
        &self,
        script: &Script,
        keys: &[Vec<u8>],
        args: &[i64],
    ) -> Result<T, Unreachable> {
        // One box: the driver's futures are too deep for the compiler in each caller's.
        let work: Work<'_, T> = Box::pin(self.run_in_time(script, keys, args));
        work.await
    }

    async fn run_in_time<T: FromRedisValue + Send>(
        &self,
        script: &Script,
        keys: &[Vec<u8>],
        args: &[i64],
    ) -> Result<T, Unreachable> {
        let key = first(keys);
        let call = script.call(keys, args);
        let until = Instant::now() + self.inner.answer_within * 2;
        let mut with = before(until, self.connection(key)).await?;
        let mut answer = self.answer(until, with.connection.invoke(&call)).await;
        if script.may_run_twice && answer.as_ref().is_err_and(RedisError::is_connection_dropped) {
            with = before(until, self.instead_of(&with, key)).await?;
            answer = self.answer(until, with.connection.invoke(&call)).await;
        }
        match answer {
            Ok(answer) => Ok(answer),
            Err(error) => Err(self.failed(until, with, (script, keys), error).await),
        }
    }

    /// An answer in its time and the call's.
    async fn answer<T>(
        &self,
        until: Instant,
        work: impl Future<Output = Result<T, RedisError>>,
    ) -> Result<T, RedisError> {
        in_time(until.saturating_duration_since(Instant::now()), self.in_time(work)).await
    }

    async fn in_time<T>(&self, work: impl Future<Output = Result<T, RedisError>>) -> Result<T, RedisError> {
        in_time(self.inner.answer_within, work).await
    }

    /// The connection in use, if there is one.
    fn in_use(&self) -> Result<Numbered<Connection>, Unreachable> {
        match self.inner.breaker.state() {
            State::Closed(with) => Ok(with),
            State::Untried | State::Open { .. } => Err(Unreachable),
        }
    }

    /// The connection in use; the first caller opens it.
    async fn connection(&self, key: &[u8]) -> Result<Numbered<Connection>, Unreachable> {
        match self.inner.breaker.state() {
            State::Closed(with) => Ok(with),
            State::Open { .. } => Err(Unreachable),
            State::Untried => self.connect(self.inner.answer_within, key).await,
        }
    }

    /// A connection that works, as a script proves that writes beside `key`.
    async fn connect(&self, within: Duration, key: &[u8]) -> Result<Numbered<Connection>, Unreachable> {
        let before = self.inner.breaker.changes();
        let _alone = self.inner.connecting.lock().await;
        if self.inner.breaker.changes() != before {
            // Somebody else was faster.
            return self.in_use();
        }
        match self.proven_connection(within, key).await {
            Ok(connection) => Ok(self.inner.breaker.close(connection)),
            Err(error) => {
                self.inner.breaker.open(None, key, &error);
                Err(Unreachable)
            }
        }
    }

    async fn proven_connection(&self, within: Duration, key: &[u8]) -> Result<Connection, String> {
        let mut connection = self.inner.connector.connect(within).await.map_err(|error| words(&error))?;
        let keys = probe_keys(key);
        let proof = self.in_time(connection.invoke::<String>(&PROBE.call(&keys, &[]))).await;
        proof.map_err(|error| answered(&error))?;
        Ok(connection)
    }

    /// A new connection in place of one that broke.
    async fn instead_of(
        &self,
        broken: &Numbered<Connection>,
        key: &[u8],
    ) -> Result<Numbered<Connection>, Unreachable> {
        let _alone = self.inner.connecting.lock().await;
        let with = self.in_use()?;
        if with.number != broken.number {
            return Ok(with);
        }
        match self.inner.connector.connect(self.inner.answer_within).await {
            Ok(connection) => Ok(self.inner.breaker.close(connection)),
            Err(error) => {
                self.inner.breaker.open(Some(broken.number), key, &words(&error));
                Err(Unreachable)
            }
        }
    }

    async fn failed(
        &self,
        until: Instant,
        mut with: Numbered<Connection>,
        (script, keys): (&Script, &[Vec<u8>]),
        error: RedisError,
    ) -> Unreachable {
        match Fault::of(&error) {
            Fault::Server => {
                let lost =
                    if error.is_timeout() { self.proven(until, &mut with, keys).await } else { Err(error) };
                if let Err(error) = lost {
                    self.inner.breaker.open(Some(with.number), first(keys), &answered(&error));
                }
            }
            Fault::Call => {
                if !self.inner.remarked.swap(true, Ordering::Relaxed) {
                    tracing::warn!(%error, "Redis holds a key that is not ours: it is deleted");
                }
                let delete = [script.key_type()];
                let delete = DELETE_FOREIGN.call(keys, &delete);
                drop(self.answer(until, with.connection.invoke::<i64>(&delete)).await);
            }
        }
        Unreachable
    }

    /// Whether only one answer was late, and the connection works.
    async fn proven(
        &self,
        until: Instant,
        with: &mut Numbered<Connection>,
        keys: &[Vec<u8>],
    ) -> Result<(), RedisError> {
        if !self.is_available() {
            return Ok(());
        }
        let keys = probe_keys(first(keys));
        self.answer(until, with.connection.invoke::<String>(&PROBE.call(&keys, &[]))).await.map(drop)
    }
}

/// An error of a script in words for the log, whole where the server said it.
fn answered(error: &RedisError) -> String {
    if error.code().is_some() { error.to_string() } else { words(error) }
}

fn first(keys: &[Vec<u8>]) -> &[u8] {
    keys.first().map(Vec::as_slice).unwrap_or_default()
}

/// What is not there by then is given up. That says nothing of a connection: somebody else opens it, or finds out that
/// there is none.
async fn before<T>(
    until: Instant,
    work: impl Future<Output = Result<T, Unreachable>>,
) -> Result<T, Unreachable> {
    timeout_at(until, work).await.unwrap_or(Err(Unreachable))
}
