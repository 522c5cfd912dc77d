//! Word of changes: which accounts changed, by publish and subscribe. Nothing keeps it: whoever does not listen at that
//! moment never hears it.

use crate::connect::words;
use crate::probe::CONNECT;
use crate::{Redis, Unreachable};
use domain::UserId;
use futures_core::Stream;
use redis::aio::{PubSubSink, PubSubStream};
use redis::{Msg, RedisError, RedisResult, Value};
use std::future::poll_fn;
use std::io::{Error, ErrorKind};
use std::pin::Pin;
use std::time::Duration;
use thiserror::Error as ThisError;
use tokio::time::{Interval, MissedTickBehavior, interval};

/// All databases of a server share it; an account of another one is nobody's here.
const CHANNEL: &str = "doorstep:session_changes";
/// How often a subscription proves that its server answers: one that is frozen keeps its connections.
const HEARTBEAT: Duration = Duration::from_secs(1);

/// Why no word is passed on.
#[derive(Debug, ThisError)]
pub enum PubSubError {
    /// Redis does not answer, of which the breaker tells.
    #[error(transparent)]
    Unreachable(#[from] Unreachable),
    /// It refuses, or does not answer to this alone.
    #[error("Redis passes no word of changes on: {0}")]
    Failed(String),
}

/// Tells every subscriber of changed accounts, once and over the connection in use. A failure says nothing of the limits,
/// so the breaker stays as it is: that a connection broke is for the next call or probe to find out.
///
/// # Errors
/// [`PubSubError`] where it may have reached nobody.
pub async fn publish(redis: &Redis, users: &[UserId]) -> Result<(), PubSubError> {
    let ids: Vec<_> = users.iter().map(ToString::to_string).collect();
    let word = redis::cmd("PUBLISH").arg(CHANNEL).arg(ids.join(" ")).take();
    let mut with = redis.in_use()?;
    match redis.in_time(with.connection.command::<i64>(&word)).await {
        Ok(_) => Ok(()),
        Err(refused) if refused.code().is_some() => Err(PubSubError::Failed(words(&refused))),
        Err(_) => Err(Unreachable.into()),
    }
}

fn failed(redis: &Redis, error: &RedisError) -> PubSubError {
    if redis.is_available() { PubSubError::Failed(words(error)) } else { Unreachable.into() }
}

/// Listens from now on, on a connection of its own.
///
/// # Errors
/// [`PubSubError`] where nothing can be heard.
pub async fn subscribe(redis: &Redis) -> Result<Subscription, PubSubError> {
    let subscribed = async {
        let within = CONNECT.max(redis.inner.answer_within);
        let (mut sink, words) = redis.inner.connector.subscriber(within).await?.split();
        redis.in_time(sink.subscribe(CHANNEL)).await?;
        Ok::<_, RedisError>((sink, words))
    };
    let (sink, words) = subscribed.await.map_err(|error| failed(redis, &error))?;
    let mut heartbeat = interval(HEARTBEAT);
    heartbeat.set_missed_tick_behavior(MissedTickBehavior::Delay);
    Ok(Subscription { redis: redis.clone(), sink, words, heartbeat })
}

/// Hears of changed accounts.
pub struct Subscription {
    redis: Redis,
    sink: PubSubSink,
    words: PubSubStream,
    heartbeat: Interval,
}

impl Subscription {
    /// The next accounts that changed.
    ///
    /// # Errors
    /// [`PubSubError`] once the connection is lost, or the server does not answer, and word maybe with it.
    pub async fn next(&mut self) -> Result<Vec<UserId>, PubSubError> {
        self.word().await.map(|word| accounts(&word)).map_err(|error| failed(&self.redis, &error))
    }

    async fn word(&mut self) -> RedisResult<Msg> {
        loop {
            tokio::select! {
                word = next(&mut self.words) => {
                    return word.ok_or_else(|| Error::from(ErrorKind::ConnectionReset).into());
                }
                _ = self.heartbeat.tick() => drop(self.redis.in_time(self.sink.ping::<Value>()).await?),
            }
        }
    }
}

async fn next(words: &mut PubSubStream) -> Option<Msg> {
    poll_fn(|context| Pin::new(&mut *words).poll_next(context)).await
}

/// Whoever may publish there may publish anything.
fn accounts(word: &Msg) -> Vec<UserId> {
    let ids = std::str::from_utf8(word.get_payload_bytes()).unwrap_or_default();
    ids.split(' ').filter_map(|id| id.parse().ok()).map(UserId).collect()
}
