//! The general limit, counted for all replicas together.

use crate::key::of_calls;
use crate::script::Script;
use crate::{Redis, Unreachable};
use std::num::NonZeroU32;
use std::sync::LazyLock;
use store::throttle::{Key, Micros};
use time::Duration;

/// A minute in microseconds.
const MINUTE: i64 = 60_000_000;

static CALL: LazyLock<Script> = LazyLock::new(|| {
    Script::new(concat!(include_str!("time.lua"), include_str!("rate.lua"), include_str!("rate_limit.lua")))
});

/// Who calls, and how many calls a minute they have.
#[derive(Debug, Clone, Copy)]
pub struct Quota {
    /// What they are counted under.
    pub key: Key,
    /// How many they have.
    pub per_minute: NonZeroU32,
}

/// What came of a call.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Decision {
    /// It is one of those that they have.
    Admitted {
        /// How many are left now.
        left: u32,
    },
    /// There was none left.
    Refused {
        /// How long until there is one more.
        wait: Duration,
    },
}

/// Counts a call for the caller and, if the caller has one left, for the network around. One that is refused is counted
/// for neither. For `fixed` see [`crate::throttle`].
///
/// # Errors
/// [`Unreachable`].
pub async fn count(
    redis: &Redis,
    caller: Quota,
    around: Option<Quota>,
    fixed: Option<Micros>,
) -> Result<Decision, Unreachable> {
    let keys = of_calls(&caller.key, around.as_ref().map(|around| &around.key));
    let mut args = vec![fixed.unwrap_or_default()];
    for Quota { per_minute, .. } in [caller].into_iter().chain(around) {
        let per_minute = i64::from(per_minute.get());
        // Rounded up: a minute never has one more.
        args.extend([(MINUTE + per_minute - 1) / per_minute, per_minute]);
    }
    let (admitted, left, wait): (u8, u32, i64) = redis.run(&CALL, &keys, &args).await?;
    Ok(if admitted == 1 {
        Decision::Admitted { left }
    } else {
        Decision::Refused { wait: Duration::microseconds(wait) }
    })
}
