//! `argon2-calibrate`: the memory at which a password hash takes a given time on this machine.

use super::outcome::Outcome;
use super::output::print;
use accounts::Hashing;
use std::time::Duration;

/// In KiB: what is set stays a round number.
const STEP: u32 = 1_024;

pub(super) fn run(target: Duration) -> Outcome {
    let floor = Hashing::default();
    let found = search(floor, target, Hashing::measure)?;
    for (hashing, took) in &found {
        print(format_args!(
            "{} KiB, {} passes: {} ms\n",
            hashing.memory_kib,
            hashing.passes,
            took.as_millis()
        ))?;
    }
    let Some((best, took)) = found.last() else { return Ok(()) };
    let memory = u64::from(best.memory_kib) * u64::try_from(best.permits)? / 1_024;
    let a_second = f64::from(u32::try_from(best.permits)?) / took.as_secs_f64();
    let note = if best.memory_kib == floor.memory_kib && *took >= target {
        "This is the least that is accepted (OWASP), and takes longer already.\n"
    } else if best.memory_kib + STEP > Hashing::MOST_MEMORY_KIB && *took < target {
        "This is the most that is accepted, and takes less: ARGON2_T_COST could be raised as well.\n"
    } else {
        ""
    };
    Ok(print(format_args!(
        "\nARGON2_M_COST={}\nARGON2_T_COST={}\n\n{note}{} cores then compute {a_second:.1} hashes a second, in {memory} MiB. \
         Passwords that are stored already are hashed anew when their owners sign in.\n",
        best.memory_kib, best.passes, best.permits
    ))?)
}

type Tried = Vec<(Hashing, Duration)>;

/// Time grows with memory, nearly evenly: from the floor, three steps come near enough.
fn search<E>(
    floor: Hashing,
    target: Duration,
    measure: impl Fn(&Hashing) -> Result<Duration, E>,
) -> Result<Tried, E> {
    let mut tried = vec![(floor, measure(&floor)?)];
    for _ in 0..3 {
        let Some((last, took)) = tried.last().copied() else { break };
        let wanted = u128::from(last.memory_kib) * target.as_micros() / took.as_micros().max(1);
        let wanted = u32::try_from(wanted).unwrap_or(u32::MAX) / STEP * STEP;
        let memory_kib = wanted.clamp(floor.memory_kib, Hashing::MOST_MEMORY_KIB);
        if memory_kib.abs_diff(last.memory_kib) < 2 * STEP {
            break;
        }
        let next = Hashing { memory_kib, ..floor };
        tried.push((next, measure(&next)?));
    }
    Ok(tried)
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::convert::Infallible;

    /// Where a MiB takes so many microseconds.
    fn found(each: u64, target: u64) -> Hashing {
        let measure = |hashing: &Hashing| {
            Ok::<_, Infallible>(Duration::from_micros(u64::from(hashing.memory_kib / 1_024) * each))
        };
        let Ok(tried) = search(Hashing::default(), Duration::from_millis(target), measure);
        tried.last().unwrap().0
    }

    #[test]
    fn the_memory_is_what_the_time_allows_and_never_outside_what_is_accepted() {
        let floor = Hashing::default();
        assert_eq!(found(4_000, 250).memory_kib, 62 * 1_024);
        assert_eq!(found(40_000, 250).memory_kib, floor.memory_kib, "a slow machine");
        assert_eq!(found(100, 250).memory_kib, Hashing::MOST_MEMORY_KIB, "a quick one");
        assert_eq!(found(4_000, 250).passes, floor.passes);
    }
}
