//! All that is asked of Redis or Valkey, as SQL stands in `store`. What is kept there is counts and word of changes: it
//! may be lost at any time, and every call may answer [`Unreachable`]; the caller then counts elsewhere.

mod breaker;
mod connect;
mod fault;
pub mod invalidation;
mod key;
pub mod rate_limit;
mod script;
mod settings;
pub mod throttle;

pub use connect::RedisSetupError;
pub use settings::{RedisNode, RedisSettings, RedisTls};

use breaker::{Breaker, Numbered, State};
use connect::{Connection, Connector, in_time};
use fault::Fault;
use redis::{FromRedisValue, RedisError};
use script::Script;
use std::pin::Pin;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, LazyLock};
use std::time::Duration;
use thiserror::Error;
use tokio::sync::Mutex;
use tokio::time::MissedTickBehavior;

/// How long a connection may take that nobody waits for.
const CONNECT: Duration = Duration::from_millis(500);
/// How often Redis is probed.
const PROBE_EVERY: Duration = Duration::from_secs(1);
/// After how many probes a key that cannot be read is told of again: a minute.
const PROBES_BETWEEN_REMARKS: u32 = 60;

/// It writes, so that a server that only answers does not pass: one that is full, or a replica.
static PROBE: LazyLock<Script> =
    LazyLock::new(|| Script::new("return redis.call('SET', KEYS[1], '1', 'PX', 1000)"));

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

    /// Probes Redis once a second, for as long as it is polled: what is down is used again within a second or two of its
    /// return.
    pub async fn watch(&self) {
        let mut timer = tokio::time::interval(PROBE_EVERY);
        timer.set_missed_tick_behavior(MissedTickBehavior::Delay);
        for probes in (1..=PROBES_BETWEEN_REMARKS).cycle() {
            timer.tick().await;
            self.probe().await;
            if probes == PROBES_BETWEEN_REMARKS {
                self.inner.remarked.store(false, Ordering::Relaxed);
            }
        }
    }

    /// Finds out whether Redis works, and closes or opens the breaker by that.
    pub async fn probe(&self) {
        let key = match self.inner.breaker.state() {
            State::Closed(_) => {
                // A failure opens the breaker like any call's.
                drop(self.run::<String>(&PROBE, &[probe_key(b"")], &[]).await);
                return;
            }
            State::Untried => Vec::new(),
            State::Open { key } => key,
        };
        drop(self.connect(CONNECT.max(self.inner.answer_within), &key).await);
    }

    /// Runs a script. All keys must have one hash tag.
    pub(crate) async fn run<T: FromRedisValue + Send>(
        &self,
        script: &Script,
        keys: &[Vec<u8>],
        args: &[i64],
    ) -> Result<T, Unreachable> {
        let key = keys.first().map(Vec::as_slice).unwrap_or_default();
        let call = script.call(keys, args);
        let longest = self.inner.answer_within * 2;
        // One box: the driver's futures are too deep for the compiler in each caller's.
        let work: Work<'_, T> = Box::pin(async {
            let mut with = self.connection(key).await?;
            let mut answer = self.in_time(with.connection.invoke(&call)).await;
            if script.may_run_twice && answer.as_ref().is_err_and(RedisError::is_connection_dropped) {
                with = self.instead_of(&with, key).await?;
                answer = self.in_time(with.connection.invoke(&call)).await;
            }
            match answer {
                Ok(answer) => Ok(answer),
                Err(error) => Err(self.failed(with, keys, &error).await),
            }
        });
        tokio::time::timeout(longest, work).await.unwrap_or_else(|_| {
            self.inner.breaker.open(None, key, &"no answer in time");
            Err(Unreachable)
        })
    }

    async fn in_time<T>(&self, work: impl Future<Output = Result<T, RedisError>>) -> Result<T, RedisError> {
        in_time(self.inner.answer_within, work).await
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
            return match self.inner.breaker.state() {
                State::Closed(with) => Ok(with),
                State::Untried | State::Open { .. } => Err(Unreachable),
            };
        }
        match self.proven_connection(within, key).await {
            Ok(connection) => Ok(self.inner.breaker.close(connection)),
            Err(error) => {
                self.inner.breaker.open(None, key, &self.inner.connector.words(&error));
                Err(Unreachable)
            }
        }
    }

    async fn proven_connection(&self, within: Duration, key: &[u8]) -> Result<Connection, RedisError> {
        let mut connection = self.inner.connector.connect(within).await?;
        let key = [probe_key(key)];
        self.in_time(connection.invoke::<String>(&PROBE.call(&key, &[]))).await?;
        Ok(connection)
    }

    /// A new connection in place of one that broke.
    async fn instead_of(
        &self,
        broken: &Numbered<Connection>,
        key: &[u8],
    ) -> Result<Numbered<Connection>, Unreachable> {
        let _alone = self.inner.connecting.lock().await;
        match self.inner.breaker.state() {
            State::Closed(with) if with.number != broken.number => return Ok(with),
            State::Closed(_) => {}
            State::Untried | State::Open { .. } => return Err(Unreachable),
        }
        match self.inner.connector.connect(self.inner.answer_within).await {
            Ok(connection) => Ok(self.inner.breaker.close(connection)),
            Err(error) => {
                self.inner.breaker.open(Some(broken.number), key, &self.inner.connector.words(&error));
                Err(Unreachable)
            }
        }
    }

    async fn failed(
        &self,
        mut with: Numbered<Connection>,
        keys: &[Vec<u8>],
        error: &RedisError,
    ) -> Unreachable {
        match Fault::of(error) {
            Fault::Server => {
                let key = keys.first().map(Vec::as_slice).unwrap_or_default();
                self.inner.breaker.open(Some(with.number), key, &self.inner.connector.words(error));
            }
            Fault::Call => {
                if !self.inner.remarked.swap(true, Ordering::Relaxed) {
                    tracing::warn!(%error, "Redis holds a key that is not ours: it is deleted");
                }
                let delete = redis::cmd("UNLINK").arg(keys).take();
                drop(self.in_time(with.connection.command::<i64>(&delete)).await);
            }
        }
        Unreachable
    }
}

/// A key of no meaning, in a cluster on the same node as another.
fn probe_key(key: &[u8]) -> Vec<u8> {
    let tag = key.split(|byte| *byte == b'{').nth(1).and_then(|rest| rest.split(|byte| *byte == b'}').next());
    [b"doorstep:{", tag.unwrap_or(b"probe"), b"}:probe"].concat()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_probe_goes_where_the_call_went_that_failed() {
        assert_eq!(probe_key(b"doorstep:{one}:rate:key"), b"doorstep:{one}:probe");
        assert_eq!(probe_key(b"doorstep:{one}:rate:{two}"), b"doorstep:{one}:probe");
        for untagged in [&b""[..], b"rate"] {
            assert_eq!(probe_key(untagged), b"doorstep:{probe}:probe");
        }
    }
}
