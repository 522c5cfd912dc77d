//! Counting tries as `store::throttle` does, with the same meaning. Each function runs one script, in one round trip:
//! Redis runs it whole or not at all, and nothing else meanwhile (P14). The script asks the server for the time; `fixed`
//! is the time of a test's fixed clock, and `None` everywhere else.

use crate::key::of_the_throttle;
use crate::script::Script;
use crate::{Redis, Unreachable};
use std::sync::LazyLock;
use store::throttle::{Budget, Counted, Key, Micros, micros, waits};
use time::Duration;

/// Sources that begin each script about rates.
macro_rules! rates {
    ($file:literal) => {
        concat!(include_str!("time.lua"), include_str!("rate.lua"), include_str!($file))
    };
}

/// And each one about failures in a row.
macro_rules! streaks {
    ($file:literal) => {
        concat!(include_str!("time.lua"), include_str!($file))
    };
}

static TAKE: LazyLock<Script> = LazyLock::new(|| Script::new(rates!("throttle/take.lua")));
static COUNT: LazyLock<Script> = LazyLock::new(|| Script::new(rates!("throttle/count.lua")));
static PUT_BACK: LazyLock<Script> = LazyLock::new(|| Script::once(rates!("throttle/put_back.lua")));
static FAIL: LazyLock<Script> = LazyLock::new(|| Script::once(streaks!("throttle/fail.lua")));
static GIVE_BACK: LazyLock<Script> = LazyLock::new(|| Script::once(streaks!("throttle/give_back.lua")));
static FORGIVE: LazyLock<Script> = LazyLock::new(|| Script::new(streaks!("throttle/forgive.lua")));

/// See [`store::throttle::take`]. Returns the place of the budget that is used up, and how long until its next try.
///
/// # Errors
/// [`Unreachable`].
pub async fn take(
    redis: &Redis,
    budgets: &[Budget],
    fixed: Option<Micros>,
) -> Result<Option<(usize, Duration)>, Unreachable> {
    let keys: Vec<_> = budgets.iter().map(|budget| rate(&budget.key)).collect();
    let mut args = vec![time(fixed)];
    for Budget { bucket, .. } in budgets {
        args.extend([micros(bucket.interval), bucket.burst.into()]);
    }
    let (place, wait): (usize, Micros) = redis.run(&TAKE, &keys, &args).await?;
    Ok(place.checked_sub(1).map(|place| (place, Duration::microseconds(wait))))
}

/// See [`store::throttle::count`].
///
/// # Errors
/// [`Unreachable`].
pub async fn count(
    redis: &Redis,
    tries: &[(Key, Duration)],
    burst: i32,
    fixed: Option<Micros>,
) -> Result<Vec<bool>, Unreachable> {
    let keys: Vec<_> = tries.iter().map(|(key, _)| rate(key)).collect();
    let mut args = vec![time(fixed), burst.into()];
    args.extend(tries.iter().map(|(_, interval)| micros(*interval)));
    let left: Vec<u8> = redis.run(&COUNT, &keys, &args).await?;
    Ok(left.into_iter().map(|left| left == 1).collect())
}

/// See [`store::throttle::put_back`].
///
/// # Errors
/// [`Unreachable`].
pub async fn put_back(redis: &Redis, budget: &Budget, fixed: Option<Micros>) -> Result<(), Unreachable> {
    let args = [time(fixed), micros(budget.bucket.interval)];
    redis.run(&PUT_BACK, &[rate(&budget.key)], &args).await
}

/// See [`store::throttle::fail`]. Says at what time of the server's it was counted, too: [`give_back`] takes that.
///
/// # Errors
/// [`Unreachable`].
pub async fn fail(
    redis: &Redis,
    (name, account): (&Key, &Key),
    delays: &[i32],
    memory: Duration,
    fixed: Option<Micros>,
) -> Result<(Counted, Micros), Unreachable> {
    let mut args = vec![time(fixed), micros(memory)];
    args.extend(waits(delays));
    let (counted, at, wait): (u8, Micros, Micros) =
        redis.run(&FAIL, &[streak(name), streak(account)], &args).await?;
    let counted = match counted {
        2 => Counted::Both,
        1 => Counted::NameAlone,
        _ => Counted::Neither { wait: Duration::microseconds(wait) },
    };
    Ok((counted, at))
}

/// See [`store::throttle::give_back`].
///
/// # Errors
/// [`Unreachable`].
pub async fn give_back(
    redis: &Redis,
    keys: &[Key],
    at: Micros,
    fixed: Option<Micros>,
) -> Result<(), Unreachable> {
    let keys: Vec<_> = keys.iter().map(streak).collect();
    redis.run(&GIVE_BACK, &keys, &[time(fixed), at]).await
}

/// See [`store::throttle::forgive`]. Each key's failures are forgotten up to so long ago.
///
/// # Errors
/// [`Unreachable`].
pub async fn forgive(
    redis: &Redis,
    forgiven: &[(Key, Duration)],
    fixed: Option<Micros>,
) -> Result<(), Unreachable> {
    let keys: Vec<_> = forgiven.iter().map(|(key, _)| streak(key)).collect();
    let mut args = vec![time(fixed)];
    args.extend(forgiven.iter().map(|(_, ago)| micros(*ago)));
    redis.run(&FORGIVE, &keys, &args).await
}

fn rate(key: &Key) -> Vec<u8> {
    of_the_throttle("rate", key)
}

fn streak(key: &Key) -> Vec<u8> {
    of_the_throttle("streak", key)
}

/// As scripts take it: 0 for the server's own.
fn time(fixed: Option<Micros>) -> i64 {
    fixed.unwrap_or_default()
}
