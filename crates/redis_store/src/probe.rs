//! The probe: a script that does what the others do, and how often it runs.

use crate::script::Script;
use std::sync::LazyLock;
use std::time::Duration;

/// How long a probe waits for a connection: nobody waits for it.
pub(crate) const CONNECT: Duration = Duration::from_millis(500);
/// How long after a probe the next one begins.
const PROBE_EVERY: Duration = Duration::from_secs(1);

pub(crate) static PROBE: LazyLock<Script> = LazyLock::new(|| Script::new(include_str!("probe.lua")));

/// The keys of a probe, in a cluster on the same node as another key.
pub(crate) fn probe_keys(beside: &[u8]) -> [Vec<u8>; 2] {
    let tag =
        beside.split(|byte| *byte == b'{').nth(1).and_then(|rest| rest.split(|byte| *byte == b'}').next());
    [&b"string"[..], b"hash"].map(|kind| [b"doorstep:{", tag.unwrap_or(b"probe"), b"}:probe:", kind].concat())
}

/// Probes again and again, with a pause between.
pub(crate) async fn probe_on<P, W>(probe: impl Fn() -> P, pause: impl Fn(Duration) -> W)
where
    P: Future<Output = ()>,
    W: Future<Output = ()>,
{
    loop {
        probe().await;
        pause(PROBE_EVERY).await;
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::RedisSettings;
    use std::cell::Cell;
    use std::collections::BTreeSet;
    use std::path::Path;
    use std::pin::pin;
    use std::task::{Context, Waker};

    #[test]
    fn a_probe_goes_where_the_call_went_that_failed() {
        let keys = |tag: &str| {
            ["string", "hash"].map(|kind| format!("doorstep:{{{tag}}}:probe:{kind}").into_bytes())
        };
        assert_eq!(probe_keys(b"doorstep:{one}:rate:key"), keys("one"));
        assert_eq!(probe_keys(b"doorstep:{one}:rate:{two}"), keys("one"));
        for untagged in [&b""[..], b"rate"] {
            assert_eq!(probe_keys(untagged), keys("probe"));
        }
    }

    /// Also where a probe has just begun and waits for all that it may wait for.
    #[test]
    fn what_is_back_is_used_again_within_five_seconds() {
        let longest = CONNECT + RedisSettings::at("", 0).answer_within;
        for back in (0..4000).step_by(50).map(Duration::from_millis) {
            let (now, used) = (&Cell::new(Duration::ZERO), &Cell::new(None));
            let probe = || async move {
                let begun = now.get();
                now.set(begun + longest);
                if begun >= back {
                    used.set(Some(now.get()));
                }
            };
            let pause = |pause: Duration| async move {
                if used.get().is_some() {
                    std::future::pending::<()>().await;
                }
                now.set(now.get() + pause);
            };
            let probing = pin!(probe_on(probe, pause));
            assert!(probing.poll(&mut Context::from_waker(Waker::noop())).is_pending());
            assert!(used.get().unwrap() <= back + Duration::from_secs(5), "{back:?}");
        }
    }

    fn commands(lua: &str) -> BTreeSet<&str> {
        lua.split("redis.call('").skip(1).filter_map(|rest| rest.split('\'').next()).collect()
    }

    fn scripts(folder: &Path, found: &mut Vec<String>) {
        for entry in std::fs::read_dir(folder).unwrap() {
            let path = entry.unwrap().path();
            if path.is_dir() {
                scripts(&path, found);
            } else if path.extension().is_some_and(|extension| extension == "lua") {
                found.push(std::fs::read_to_string(path).unwrap());
            }
        }
    }

    #[test]
    fn the_probe_proves_each_command_of_each_script() {
        let mut found = Vec::new();
        scripts(Path::new(concat!(env!("CARGO_MANIFEST_DIR"), "/src")), &mut found);
        let used: BTreeSet<_> = found.iter().flat_map(|lua| commands(lua)).collect();
        let proven = commands(include_str!("probe.lua"));
        assert!(proven.len() > 9);
        assert_eq!(used.difference(&proven).collect::<Vec<_>>(), Vec::<&&str>::new());
    }
}
