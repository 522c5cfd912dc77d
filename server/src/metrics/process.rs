//! What every program tells under these names (Prometheus' client guidelines, "Standard and runtime collectors"), read
//! from /proc. Where there is none it tells nothing.

use prometheus_client::metrics::counter::ConstCounter;
use prometheus_client::metrics::gauge::ConstGauge;
use prometheus_client::registry::{Registry, Unit};

/// Linux counts a process' time in hundredths (`USER_HZ`), whatever its own tick.
const TICKS: f64 = 100.0;

pub(super) fn registry() -> Registry {
    let mut registry = Registry::with_prefix("process");
    if let Some(seconds) = cpu_seconds() {
        registry.register_with_unit("cpu", "Time on a core", Unit::Seconds, ConstCounter::new(seconds));
    }
    if let Some(bytes) = resident_bytes() {
        registry.register_with_unit("resident_memory", "Memory in use", Unit::Bytes, ConstGauge::new(bytes));
    }
    if let Some(count) = open_files() {
        registry.register("open_fds", "Open files and connections", ConstGauge::new(count));
    }
    registry
}

/// The 14th and 15th field of `stat`; the second is a name, which may hold anything and ends at the last bracket.
fn cpu_seconds() -> Option<f64> {
    let stat = std::fs::read_to_string("/proc/self/stat").ok()?;
    let mut fields = stat.rsplit_once(')')?.1.split_ascii_whitespace().skip(11);
    let mut next = || fields.next()?.parse::<u32>().ok();
    Some((f64::from(next()?) + f64::from(next()?)) / TICKS)
}

fn resident_bytes() -> Option<i64> {
    let status = std::fs::read_to_string("/proc/self/status").ok()?;
    let line = status.lines().find_map(|line| line.strip_prefix("VmRSS:"))?;
    let kilobytes: i64 = line.trim().strip_suffix(" kB")?.parse().ok()?;
    Some(kilobytes * 1_024)
}

fn open_files() -> Option<i64> {
    i64::try_from(std::fs::read_dir("/proc/self/fd").ok()?.count()).ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    #[cfg(target_os = "linux")]
    fn a_process_knows_what_it_uses() {
        assert!(resident_bytes().unwrap() > 1 << 20);
        assert!(cpu_seconds().unwrap() >= 0.0);
        assert!(open_files().unwrap() > 2);
    }
}
