use super::*;
use crate::limits::key::key;
use sqlx::PgPool;
use std::task::Poll;
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
    let redis = stores.redis_settings().map(|settings| Redis::open(&settings).unwrap());
    let store = Store::from_pool(stores.pool().clone());
    Counting { counts: Counts::new(store, redis, RedisKeys::new(&[3; 32])), seconds: 0 }
}

impl Counting {
    fn now(&self) -> Moment {
        let micros = 1_795_000_000_000_000 + self.seconds * 1_000_000;
        Moment { database: micros, fixed: Some(micros), elapsed: Duration::seconds(self.seconds) }
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

fn scripts(stores: &Stores) -> u32 {
    let stats = stores.redis().unwrap().info("commandstats");
    let calls = stats.lines().find_map(|line| line.strip_prefix("cmdstat_evalsha:calls="));
    calls.and_then(|rest| rest.split(',').next()).map_or(0, |calls| calls.parse().unwrap())
}

#[sqlx::test(migrator = "store::MIGRATOR")]
async fn no_name_waits_because_the_clock_of_redis_was_set_back(pool: PgPool) {
    let stores = Stores::with_redis(pool);
    let mut counting = counting(&stores);
    for seconds in [7_200, 7_201, 7_202, 7_262] {
        assert_eq!(counting.fail(seconds).await.0, Counted::Both);
    }
    assert_eq!(counting.fail(7_263).await.0, Counted::Neither { wait: Duration::seconds(299) });
    assert_eq!(counting.fail(3_600).await.0, Counted::Both, "an hour before");
    assert_eq!(
        counting.fail(3_601).await.0,
        Counted::Neither { wait: Duration::seconds(299) },
        "and the failures count as before"
    );
}

#[sqlx::test(migrator = "store::MIGRATOR")]
async fn a_refund_whose_caller_went_away_is_not_sent_again(pool: PgPool) {
    let stores = Stores::with_redis(pool);
    let mut counting = counting(&stores);
    let budget = an_hour_s(1, 3);
    let now = counting.now();
    let taken = counting.counts.take_one(budget, now).await.unwrap().unwrap();
    let (_, failure) = counting.fail(0).await;
    // Loads the scripts.
    counting.counts.give_back(&[NAME, ACCOUNT], failure, now).await.unwrap();
    counting.counts.put_back(&taken, now).await.unwrap();
    for _ in 0..2 {
        assert_eq!(counting.take(&[budget]).await, None);
        assert_eq!(counting.fail(0).await.0, Counted::Both);
    }
    run_and_left(&stores, counting.counts.give_back(&[NAME, ACCOUNT], failure, now)).await;
    run_and_left(&stores, counting.counts.put_back(&taken, now)).await;
    counting.counts.settle(now).await;
    assert_eq!(stores.failures().await, 2, "of two of the name and two of the account one each");
    for wait in [None, None, Some((budget.key, 3_600))] {
        assert_eq!(counting.take(&[budget]).await, wait);
    }
}

/// Runs this until Redis has run its script, and leaves it before it hears so.
async fn run_and_left(stores: &Stores, work: impl Future<Output = Result<(), StoreError>>) {
    let before = scripts(stores);
    let ran = std::future::poll_fn(|context| {
        if scripts(stores) > before {
            return Poll::Ready(());
        }
        context.waker().wake_by_ref();
        Poll::Pending
    });
    tokio::select! {
        biased;
        () = ran => {}
        done = work => panic!("it has heard: {done:?}"),
    }
}

#[sqlx::test(migrator = "store::MIGRATOR")]
async fn what_waits_to_be_forgiven_delays_no_request_and_is_told_in_batches(pool: PgPool) {
    let mut outage = Outage::new(pool);
    for seconds in [0, 1, 2] {
        outage.counting.fail(seconds).await;
    }
    outage.stops().await;
    let owners: Vec<Key> = (0..2_500_u32).map(|n| key("account", &[&n.to_be_bytes()])).collect();
    let now = outage.counting.now();
    let redis = outage.counting.counts.redis.as_ref().unwrap();
    redis.forgive(&owners, now).await;
    redis.forgive(&[NAME, ACCOUNT], now).await;
    outage.goes_on().await;
    let before = outage.scripts();
    assert_eq!(outage.counting.take(&[an_hour_s(1, 1)]).await, None);
    assert_eq!(outage.scripts(), before + 1, "a request's own alone");
    outage.settle().await;
    assert_eq!(outage.scripts(), before + 4, "a thousand keys in each");
    outage.settle().await;
    assert_eq!(outage.scripts(), before + 4, "once it is confirmed");
    assert_eq!(outage.counting.fail(3).await.0, Counted::Both);
}

/// Counts in a Redis that can be out of reach.
struct Outage {
    stores: Stores,
    redis: Redis,
    counting: Counting,
}

impl Outage {
    fn new(pool: PgPool) -> Self {
        let stores = Stores::with_redis(pool);
        let counting = counting(&stores);
        let redis = counting.counts.redis.as_ref().unwrap().redis().clone();
        Self { stores, redis, counting }
    }

    /// Redis takes nothing more and keeps what it holds, and somebody's try finds that out. That it is full is found out
    /// without waiting for an answer.
    async fn stops(&self) {
        self.stores.redis().unwrap().fill();
        assert_eq!(self.counting.take(&[an_hour_s(99, 9)]).await, None, "it is counted in Postgres");
        assert!(!self.redis.is_available());
    }

    async fn goes_on(&self) {
        self.stores.redis().unwrap().make_room();
        while !self.redis.is_available() {
            self.redis.probe().await;
        }
    }

    /// What the job does that watches Redis.
    async fn settle(&self) {
        self.counting.counts.settle(self.counting.now()).await;
    }

    /// How many scripts Redis has run.
    fn scripts(&self) -> u32 {
        scripts(&self.stores)
    }
}

#[sqlx::test(migrator = "store::MIGRATOR")]
async fn a_success_while_redis_is_away_forgives_what_it_counted(pool: PgPool) {
    let mut outage = Outage::new(pool);
    for seconds in [0, 1, 2] {
        assert_eq!(outage.counting.fail(seconds).await.0, Counted::Both);
    }
    outage.stops().await;
    // Postgres has its own counts.
    for seconds in [3, 4, 5] {
        assert_eq!(outage.counting.fail(seconds).await.0, Counted::Both);
    }
    assert!(matches!(outage.counting.fail(6).await.0, Counted::Neither { .. }));
    outage.counting.counts.forgive(&[NAME, ACCOUNT], outage.counting.now()).await.unwrap();
    assert_eq!(outage.counting.fail(7).await.0, Counted::Both, "forgiven there");
    outage.goes_on().await;
    outage.settle().await;
    assert_eq!(outage.counting.fail(8).await.0, Counted::Both, "and here");
}

#[sqlx::test(migrator = "store::MIGRATOR")]
async fn what_failed_after_a_success_is_not_forgiven_late(pool: PgPool) {
    let mut outage = Outage::new(pool);
    let mut other = counting(&outage.stores);
    outage.stops().await;
    outage.counting.counts.forgive(&[NAME, ACCOUNT], outage.counting.now()).await.unwrap();
    outage.goes_on().await;
    for seconds in [1, 2, 3] {
        assert_eq!(other.fail(seconds).await.0, Counted::Both);
    }
    outage.counting.seconds = 4;
    outage.settle().await;
    assert!(matches!(outage.counting.fail(4).await.0, Counted::Neither { .. }));
}

#[sqlx::test(migrator = "store::MIGRATOR")]
async fn a_success_forgives_what_postgres_counted_while_redis_was_away(pool: PgPool) {
    let mut outage = Outage::new(pool);
    outage.stops().await;
    for seconds in [0, 1, 2] {
        assert_eq!(outage.counting.fail(seconds).await.0, Counted::Both);
    }
    outage.goes_on().await;
    outage.counting.counts.forgive(&[NAME, ACCOUNT], outage.counting.now()).await.unwrap();
    outage.stops().await;
    assert_eq!(outage.counting.fail(3).await.0, Counted::Both);
}

#[sqlx::test(migrator = "store::MIGRATOR")]
async fn a_refund_goes_where_it_was_counted_or_nowhere(pool: PgPool) {
    let mut outage = Outage::new(pool);
    let one = an_hour_s(1, 1);
    let refused = Some((one.key, 3_600));
    let in_redis = outage.counting.counts.take_one(one, outage.counting.now()).await.unwrap().unwrap();
    for seconds in [0, 1] {
        outage.counting.fail(seconds).await;
    }
    let (_, failure) = outage.counting.fail(1).await;
    outage.stops().await;
    let in_postgres = outage.counting.counts.take_one(one, outage.counting.now()).await.unwrap().unwrap();
    outage.counting.counts.put_back(&in_redis, outage.counting.now()).await.unwrap();
    outage.counting.counts.give_back(&[NAME, ACCOUNT], failure, outage.counting.now()).await.unwrap();
    assert_eq!(outage.counting.take(&[one]).await, refused, "Redis' one is not Postgres' one");
    outage.goes_on().await;
    outage.settle().await;
    assert!(outage.counting.take(&[one]).await.is_some(), "nor is Redis told later");
    assert!(matches!(outage.counting.fail(2).await.0, Counted::Neither { .. }), "of the failure neither");
    outage.counting.counts.put_back(&in_postgres, outage.counting.now()).await.unwrap();
    assert_eq!(
        outage.counting.take(&[one]).await.map(|(key, _)| key),
        Some(one.key),
        "nor the other way round"
    );
    outage.stops().await;
    assert_eq!(outage.counting.take(&[one]).await, None);
}
