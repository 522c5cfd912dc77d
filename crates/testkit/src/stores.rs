use crate::{HandClock, Valkey, World};
use accounts::{Accounts, RedisSettings, Settings};
use sqlx::PgPool;
use std::sync::Arc;
use std::time::Duration;

/// What a test's limits are counted in: its database and the servers' memory, or a Redis of its own.
#[derive(Debug)]
pub struct Stores {
    pool: PgPool,
    redis: Option<Valkey>,
}

impl Stores {
    /// The database and memory.
    #[must_use]
    pub fn without_redis(pool: PgPool) -> Self {
        Self { pool, redis: None }
    }

    /// An empty Redis that ends with the test.
    #[must_use]
    pub fn with_redis(pool: PgPool) -> Self {
        Self { pool, redis: Some(Valkey::start()) }
    }

    /// See [`World::new`].
    #[must_use]
    pub fn world(&self) -> World {
        self.world_with(|_| ())
    }

    /// See [`World::with`].
    #[must_use]
    pub fn world_with(&self, change: impl FnOnce(&mut Settings)) -> World {
        World::with(self.pool.clone(), |settings| self.settle(settings, change))
    }

    /// See [`World::replica`].
    #[must_use]
    pub fn replica(&self, clock: &Arc<HandClock>, change: impl FnOnce(&mut Settings)) -> Accounts {
        World::replica(&self.pool, clock, |settings| self.settle(settings, change))
    }

    /// The database.
    #[must_use]
    pub fn pool(&self) -> &PgPool {
        &self.pool
    }

    /// The Redis, if the test is over one.
    #[must_use]
    pub fn redis(&self) -> Option<&Valkey> {
        self.redis.as_ref()
    }

    /// How to reach Redis, if the test is over one.
    #[must_use]
    pub fn redis_settings(&self) -> Option<RedisSettings> {
        self.redis.as_ref().map(patient)
    }

    /// Forgets all limits.
    pub async fn forget(&self) {
        for delete in ["DELETE FROM throttle_rates", "DELETE FROM throttle_failures"] {
            sqlx::query(delete).execute(&self.pool).await.unwrap();
        }
        if let Some(redis) = &self.redis {
            redis.flush();
        }
    }

    /// How many failures in a row are counted, of all keys.
    pub async fn failures(&self) -> i64 {
        let sum = "SELECT coalesce(sum(failures), 0)::bigint FROM throttle_failures";
        let in_database: i64 = sqlx::query_scalar(sum).fetch_one(&self.pool).await.unwrap();
        let Some(redis) = &self.redis else { return in_database };
        assert_eq!(in_database, 0, "counted beside Redis");
        let streaks = redis.keys().into_iter().filter(|key| key.contains(":streak:"));
        streaks.map(|key| redis.ask(&["HGET", &key, "failures"]).into_text().parse::<i64>().unwrap()).sum()
    }

    fn settle(&self, settings: &mut Settings, change: impl FnOnce(&mut Settings)) {
        settings.redis = self.redis_settings();
        change(settings);
    }
}

/// How to reach a Redis that is waited for: on a busy machine a late answer would be counted elsewhere.
#[must_use]
pub fn patient(redis: &Valkey) -> RedisSettings {
    RedisSettings { answer_within: Duration::from_mins(1), ..RedisSettings::at("127.0.0.1", redis.port()) }
}

/// Runs each of these tests over each store: in the database and in memory, and in Redis.
#[macro_export]
macro_rules! over_each_store {
    ($($test:ident),+ $(,)?) => {
        mod without_redis {
            $(
                #[sqlx::test(migrator = "store::MIGRATOR")]
                async fn $test(pool: sqlx::PgPool) {
                    super::$test($crate::Stores::without_redis(pool)).await;
                }
            )+
        }
        mod with_redis {
            $(
                #[sqlx::test(migrator = "store::MIGRATOR")]
                async fn $test(pool: sqlx::PgPool) {
                    super::$test($crate::Stores::with_redis(pool)).await;
                }
            )+
        }
    };
}
