//! A call whose answer is lost: nobody can tell whether it was done.

use crate::{probed, settings};
use redis_store::{Redis, RedisSettings, Unreachable, throttle};
use std::io::{Read, Write, copy};
use std::net::{Shutdown, TcpListener, TcpStream};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::thread;
use store::throttle::{Bucket, Budget, Counted, Key};
use testkit::Valkey;
use time::Duration;

const NAME: Key = [7; 32];
const ACCOUNT: Key = [8; 32];
const BUDGET: Budget = Budget { key: [1; 32], bucket: Bucket { burst: 5, interval: Duration::HOUR } };

/// A way to a server on which the next answer is lost, and the connection with it.
struct Way {
    port: u16,
    loses: Arc<AtomicBool>,
}

impl Way {
    fn to(valkey: &Valkey) -> Self {
        let listener = TcpListener::bind(("127.0.0.1", 0)).unwrap();
        let (port, loses) = (listener.local_addr().unwrap().port(), Arc::new(AtomicBool::default()));
        let (real, lost) = (valkey.port(), loses.clone());
        thread::spawn(move || {
            for client in listener.incoming().map_while(Result::ok) {
                connect(client, TcpStream::connect(("127.0.0.1", real)).unwrap(), lost.clone());
            }
        });
        Self { port, loses }
    }
}

fn connect(client: TcpStream, server: TcpStream, loses: Arc<AtomicBool>) {
    let (mut requests, mut to_server) = (client.try_clone().unwrap(), server.try_clone().unwrap());
    thread::spawn(move || {
        copy(&mut requests, &mut to_server).ok();
        to_server.shutdown(Shutdown::Both).ok();
    });
    let (mut answers, mut to_client) = (server, client);
    thread::spawn(move || {
        let mut bytes = [0; 16 * 1024];
        while let Ok(count @ 1..) = answers.read(&mut bytes) {
            if loses.swap(false, Ordering::SeqCst) || to_client.write_all(&bytes[..count]).is_err() {
                break;
            }
        }
        to_client.shutdown(Shutdown::Both).ok();
    });
}

/// Redis behind such a way, which knows all scripts.
struct Behind {
    valkey: Valkey,
    way: Way,
    redis: Redis,
}

impl Behind {
    async fn new() -> Self {
        let valkey = Valkey::start();
        let way = Way::to(&valkey);
        let answer_within = settings(&valkey).answer_within;
        let by_way = RedisSettings { answer_within, ..RedisSettings::at("127.0.0.1", way.port) };
        let redis = probed(&by_way).await;
        Self { valkey, way, redis }
    }

    /// What is said of this where its answer is lost.
    async fn lost<T>(&self, call: impl Future<Output = Result<T, Unreachable>>) -> Result<T, Unreachable> {
        self.way.loses.store(true, Ordering::SeqCst);
        let said = call.await;
        assert!(!self.way.loses.load(Ordering::SeqCst), "it was sent");
        self.redis.probe().await;
        assert!(self.redis.is_available());
        said
    }

    async fn fail(&self) -> Result<i64, Unreachable> {
        let (counted, at) = throttle::fail(&self.redis, (&NAME, &ACCOUNT), &[0], Duration::DAY, None).await?;
        assert_eq!(counted, Counted::Both);
        Ok(at)
    }

    async fn take(&self) -> Result<bool, Unreachable> {
        throttle::take(&self.redis, &[BUDGET], None).await.map(|used_up| used_up.is_none())
    }

    async fn left(&self) -> u32 {
        let mut left = 0;
        while self.take().await.unwrap() {
            left += 1;
        }
        left
    }

    fn failures(&self) -> Vec<String> {
        let streaks = self.valkey.keys().into_iter().filter(|key| key.contains(":streak:"));
        streaks.map(|key| self.valkey.ask(&["HGET", &key, "failures"]).into_text()).collect()
    }
}

#[tokio::test]
async fn a_refund_whose_answer_is_lost_is_not_sent_again() {
    let behind = Behind::new().await;
    let at = behind.fail().await.unwrap();
    throttle::give_back(&behind.redis, &[NAME, ACCOUNT], at, None).await.unwrap();
    throttle::put_back(&behind.redis, &BUDGET, None).await.unwrap();
    for _ in 0..3 {
        behind.fail().await.unwrap();
        assert!(behind.take().await.unwrap());
    }
    let given_back = throttle::give_back(&behind.redis, &[NAME, ACCOUNT], at, None);
    assert_eq!(behind.lost(given_back).await, Err(Unreachable));
    assert_eq!(behind.failures(), ["2", "2"]);
    assert_eq!(behind.lost(throttle::put_back(&behind.redis, &BUDGET, None)).await, Err(Unreachable));
    assert_eq!(behind.left().await, 3);
}

#[tokio::test]
async fn a_failure_whose_answer_is_lost_is_counted_once() {
    let behind = Behind::new().await;
    behind.fail().await.unwrap();
    assert_eq!(behind.lost(behind.fail()).await, Err(Unreachable));
    assert_eq!(behind.failures(), ["2", "2"]);
}

#[tokio::test]
async fn a_try_whose_answer_is_lost_is_taken_again() {
    let behind = Behind::new().await;
    assert_eq!(behind.take().await, Ok(true));
    assert_eq!(behind.lost(behind.take()).await, Ok(true));
    assert_eq!(behind.left().await, 2, "one too many is counted rather than one too few");
}
