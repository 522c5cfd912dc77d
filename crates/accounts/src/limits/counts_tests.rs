use super::*;
use redis_store::RedisSettings;
use sqlx::PgPool;
use store::throttle::Bucket;
use testkit::{Stores, over_each_store};

over_each_store![
    a_failure_that_is_given_back_leaves_the_name_as_it_was,
    what_one_budget_refuses_costs_the_others_nothing,
    what_is_put_back_can_be_taken_again,
    each_of_several_tries_is_counted_also_when_none_is_left,
];

/// Counts of a test, and the time by its clock.
struct Counting {
    counts: Counts,
    seconds: i64,
}

fn counting(stores: &Stores) -> Counting {
    counting_over(stores, stores.redis_settings())
}

fn counting_over(stores: &Stores, settings: Option<RedisSettings>) -> Counting {
    let redis = settings.map(|settings| Redis::open(&settings).unwrap());
    Counting { counts: Counts::new(Store::from_pool(stores.pool().clone()), redis), seconds: 0 }
}

impl Counting {
    fn now(&self) -> Moment {
        let micros = 1_795_000_000_000_000 + self.seconds * 1_000_000;
        Moment { database: micros, by_hand: Some(micros), elapsed: Duration::seconds(self.seconds) }
    }

    /// The wait until the next try of the budget that refused.
    async fn take(&self, budgets: &[Budget]) -> Option<(Key, i64)> {
        let taken = self.counts.take(budgets, self.now()).await.unwrap();
        taken.err().map(|used_up| (used_up.key, used_up.wait.whole_seconds()))
    }

    async fn fail(&mut self, seconds: i64) -> (Counted, Failure) {
        self.seconds = seconds;
        let delays = [0, 0, 60, 300];
        self.counts.fail((&NAME, &ACCOUNT), &delays, Duration::DAY, self.now()).await.unwrap()
    }
}

const NAME: Key = [7; 32];
const ACCOUNT: Key = [8; 32];

fn an_hour_s(key: u8, burst: i32) -> Budget {
    Budget { key: [key; 32], bucket: Bucket { burst, interval: Duration::HOUR } }
}

async fn a_failure_that_is_given_back_leaves_the_name_as_it_was(stores: Stores) {
    let mut counting = counting(&stores);
    for seconds in [0, 1, 2] {
        assert_eq!(counting.fail(seconds).await.0, Counted::Both);
    }
    assert_eq!(counting.fail(3).await.0, Counted::Neither { wait: Duration::seconds(59) });
    let (counted, failure) = counting.fail(62).await;
    assert_eq!(counted, Counted::Both);
    counting.counts.give_back(&[NAME], failure, counting.now()).await.unwrap();
    assert_eq!(
        counting.fail(62).await.0,
        Counted::NameAlone,
        "the next one counts at once, as the fourth again"
    );
    assert_eq!(counting.fail(63).await.0, Counted::Neither { wait: Duration::seconds(299) });
    // As often for the account as it had not to wait.
    counting.counts.forgive(&[NAME], counting.now()).await.unwrap();
    assert_eq!(counting.fail(361).await.0, Counted::NameAlone);
    assert_eq!(counting.fail(362).await.0, Counted::Both);
    // A day later all is forgotten.
    for seconds in [0, 1, 2] {
        assert_eq!(counting.fail(86_400 + 362 + seconds).await.0, Counted::Both, "{seconds}");
    }
    assert_eq!(counting.fail(86_400 + 365).await.0, Counted::Neither { wait: Duration::seconds(59) });
}

async fn what_one_budget_refuses_costs_the_others_nothing(stores: Stores) {
    let counting = counting(&stores);
    let (small, large) = (an_hour_s(1, 1), an_hour_s(2, 3));
    for budgets in [[large, small], [small, large]] {
        assert_eq!(counting.take(&budgets).await.is_none(), budgets[0] == large);
        for _ in 0..5 {
            assert_eq!(counting.take(&budgets).await, Some((small.key, 3_600)));
        }
    }
    for wait in [None, None, Some((large.key, 3_600))] {
        assert_eq!(counting.take(&[large]).await, wait);
    }
}

async fn what_is_put_back_can_be_taken_again(stores: Stores) {
    let mut counting = counting(&stores);
    let budget = an_hour_s(1, 2);
    let taken = counting.counts.take_one(budget, counting.now()).await.unwrap().unwrap();
    for _ in 0..3 {
        assert_eq!(counting.take(&[budget]).await, None);
        assert_eq!(counting.take(&[budget]).await, Some((budget.key, 3_600)));
        counting.counts.put_back(&taken, counting.now()).await.unwrap();
    }
    // However much was put back, there are never more than it holds.
    for _ in 0..3 {
        counting.counts.put_back(&taken, counting.now()).await.unwrap();
    }
    counting.seconds = 60;
    for wait in [None, None, Some((budget.key, 3_600))] {
        assert_eq!(counting.take(&[budget]).await, wait);
    }
}

async fn each_of_several_tries_is_counted_also_when_none_is_left(stores: Stores) {
    let mut counting = counting(&stores);
    let slow_and_quick = [([1; 32], Duration::HOUR), ([2; 32], Duration::MINUTE)];
    let mut came = Vec::new();
    for seconds in [0, 0, 0, 0, 61, 61] {
        counting.seconds = seconds;
        came.push(counting.counts.count(&slow_and_quick, 3, counting.now()).await.unwrap());
    }
    let (both, none) = (vec![true, true], vec![false, false]);
    assert_eq!(came, [both.clone(), both.clone(), both, none.clone(), vec![false, true], none]);
    assert_eq!(
        counting.counts.count(&[([1; 32], Duration::HOUR)], 3, counting.now()).await.unwrap(),
        [false]
    );
}

/// Counts in a Redis that comes and goes.
struct Coming {
    stores: Stores,
    redis: Redis,
    counting: Counting,
}

impl Coming {
    fn new(pool: PgPool) -> Self {
        let stores = Stores::with_redis(pool);
        // Long enough for a busy machine; each stop takes as long.
        let answer_within = std::time::Duration::from_secs(1);
        let settings = stores.redis_settings().map(|settings| RedisSettings { answer_within, ..settings });
        let counting = counting_over(&stores, settings);
        let redis = counting.counts.redis.as_ref().unwrap().redis().clone();
        Self { stores, redis, counting }
    }

    /// Redis stops, with all that it holds, and somebody's try finds that out.
    async fn stops(&self) {
        self.stores.redis().unwrap().stop();
        assert_eq!(self.counting.take(&[an_hour_s(99, 9)]).await, None, "it is counted in Postgres");
        assert!(!self.redis.is_available());
    }

    async fn goes_on(&self) {
        self.stores.redis().unwrap().go_on();
        while !self.redis.is_available() {
            self.redis.probe().await;
        }
    }
}

#[sqlx::test(migrator = "store::MIGRATOR")]
async fn a_success_while_redis_is_away_forgives_what_it_counted(pool: PgPool) {
    let mut coming = Coming::new(pool);
    for seconds in [0, 1, 2] {
        assert_eq!(coming.counting.fail(seconds).await.0, Counted::Both);
    }
    coming.stops().await;
    // Postgres has its own counts.
    for seconds in [3, 4, 5] {
        assert_eq!(coming.counting.fail(seconds).await.0, Counted::Both);
    }
    assert!(matches!(coming.counting.fail(6).await.0, Counted::Neither { .. }));
    coming.counting.counts.forgive(&[NAME, ACCOUNT], coming.counting.now()).await.unwrap();
    assert_eq!(coming.counting.fail(7).await.0, Counted::Both, "forgiven there");
    coming.goes_on().await;
    assert_eq!(coming.counting.fail(8).await.0, Counted::Both, "and here");
}

#[sqlx::test(migrator = "store::MIGRATOR")]
async fn what_failed_after_a_success_is_not_forgiven_late(pool: PgPool) {
    let mut coming = Coming::new(pool);
    let mut other = counting(&coming.stores);
    coming.stops().await;
    coming.counting.counts.forgive(&[NAME, ACCOUNT], coming.counting.now()).await.unwrap();
    coming.goes_on().await;
    for seconds in [1, 2, 3] {
        assert_eq!(other.fail(seconds).await.0, Counted::Both);
    }
    assert!(matches!(coming.counting.fail(4).await.0, Counted::Neither { .. }));
}

#[sqlx::test(migrator = "store::MIGRATOR")]
async fn a_success_forgives_what_postgres_counted_while_redis_was_away(pool: PgPool) {
    let mut coming = Coming::new(pool);
    coming.stops().await;
    for seconds in [0, 1, 2] {
        assert_eq!(coming.counting.fail(seconds).await.0, Counted::Both);
    }
    coming.goes_on().await;
    coming.counting.counts.forgive(&[NAME, ACCOUNT], coming.counting.now()).await.unwrap();
    coming.stops().await;
    assert_eq!(coming.counting.fail(3).await.0, Counted::Both);
}

#[sqlx::test(migrator = "store::MIGRATOR")]
async fn what_is_taken_back_is_taken_back_where_it_was_counted(pool: PgPool) {
    let mut coming = Coming::new(pool);
    let one = an_hour_s(1, 1);
    let refused = Some((one.key, 3_600));
    let in_redis = coming.counting.counts.take_one(one, coming.counting.now()).await.unwrap().unwrap();
    for seconds in [0, 1] {
        coming.counting.fail(seconds).await;
    }
    let (_, failure) = coming.counting.fail(1).await;
    coming.stops().await;
    let in_postgres = coming.counting.counts.take_one(one, coming.counting.now()).await.unwrap().unwrap();
    coming.counting.counts.put_back(&in_redis, coming.counting.now()).await.unwrap();
    coming.counting.counts.give_back(&[NAME, ACCOUNT], failure, coming.counting.now()).await.unwrap();
    assert_eq!(coming.counting.take(&[one]).await, refused, "Redis' one is not Postgres' one");
    coming.goes_on().await;
    assert_eq!(coming.counting.take(&[one]).await, None, "Redis was told");
    assert_eq!(coming.counting.take(&[one]).await, refused, "once");
    assert_eq!(coming.counting.fail(2).await.0, Counted::Both, "of the failure as well");
    assert!(matches!(coming.counting.fail(3).await.0, Counted::Neither { .. }));
    coming.counting.counts.put_back(&in_postgres, coming.counting.now()).await.unwrap();
    assert_eq!(
        coming.counting.take(&[one]).await.map(|(key, _)| key),
        Some(one.key),
        "nor the other way round"
    );
    coming.stops().await;
    assert_eq!(coming.counting.take(&[one]).await, None);
}
