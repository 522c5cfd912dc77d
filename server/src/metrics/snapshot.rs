//! What is read when somebody asks: the counts of the use cases, and how full this server is.

use super::PREFIX;
use accounts::{Backlog, Measures};
use domain::Factor;
use prometheus_client::metrics::counter::{ConstCounter, Counter};
use prometheus_client::metrics::family::Family;
use prometheus_client::metrics::gauge::ConstGauge;
use prometheus_client::metrics::info::Info;
use prometheus_client::registry::{Registry, Unit};

/// One label, whose values are ours.
type By = [(&'static str, String); 1];

pub(super) fn registry(measures: &Measures, backlog: Option<&Backlog>) -> Registry {
    let mut registry = Registry::with_prefix(PREFIX);
    registry.register("build", "What runs", Info::new([("version", env!("CARGO_PKG_VERSION"))]));
    people(&mut registry, measures);
    hashing(&mut registry, measures);
    database(&mut registry, measures, backlog);
    registry
}

fn people(registry: &mut Registry, measures: &Measures) {
    let sign_ins = Family::<By, Counter>::default();
    for (factors, count) in &measures.sign_ins {
        sign_ins.get_or_create(&[("factors", joined(factors))]).inc_by(*count);
    }
    registry.register("sign_ins", "Sign-ins completed, by what was proven (RFC 8176)", sign_ins);
    let events = Family::<By, Counter>::default();
    for (kind, count) in &measures.events {
        events.get_or_create(&[("kind", kind.as_str().to_owned())]).inc_by(*count);
    }
    registry.register("audit_events", "Events recorded, by kind", events);
}

fn joined(factors: &[Factor]) -> String {
    factors.iter().map(|factor| factor.as_str()).collect::<Vec<_>>().join("+")
}

fn hashing(registry: &mut Registry, measures: &Measures) {
    let hashing = &measures.hashing;
    registry.register("password_hashes", "Password hashes computed", ConstCounter::new(hashing.hashes));
    let refused = ConstCounter::new(hashing.refused);
    registry.register("password_hashes_refused", "Passwords for which no core was free in time", refused);
    let waited = ConstCounter::new(hashing.waited.as_secs_f64());
    let help = "How long passwords have waited for a core, all together";
    registry.register_with_unit("password_hash_wait", help, Unit::Seconds, waited);
    let now = Family::<By, prometheus_client::metrics::gauge::Gauge>::default();
    for (state, count) in [("working", hashing.working), ("waiting", hashing.waiting)] {
        let gauge = now.get_or_create_owned(&[("state", state.to_owned())]);
        gauge.set(i64::try_from(count).unwrap_or(i64::MAX));
    }
    registry.register("password_hashing", "Passwords that are hashed, or wait for it, now", now);
}

fn database(registry: &mut Registry, measures: &Measures, backlog: Option<&Backlog>) {
    let connections = &measures.connections;
    let gauge = |count: u32| ConstGauge::new(i64::from(count));
    registry.register("database_connections", "Connections to the database", gauge(connections.open));
    registry.register("database_connections_idle", "Those that nobody uses now", gauge(connections.idle));
    registry.register("database_connections_max", "How many there may be", gauge(connections.most));
    let hits = ConstCounter::new(measures.cache_hits);
    registry.register("session_cache_hits", "Sessions that came from the cache", hits);
    if let Some(up) = measures.redis {
        registry.register("redis_up", "Whether Redis is used", ConstGauge::new(i64::from(up)));
    }
    if let Some(backlog) = backlog {
        let mails = ConstGauge::new(i64::try_from(backlog.mails).unwrap_or(i64::MAX));
        registry.register("outbox_mails", "Mails that wait, of all servers", mails);
        let help = "How long the oldest of them has waited";
        let age = ConstGauge::new(backlog.age.as_secs_f64());
        registry.register_with_unit("outbox_oldest_age", help, Unit::Seconds, age);
    }
}
