//! The figures as tables.

use super::figures::{COMPARED, Compared, FASTAPI, Figures, Of, Series, micros, millis, thousands, waits};
use std::fmt::Write as _;

/// All tables, with what they are called.
pub(super) fn all(figures: &Figures) -> String {
    let parts = [
        ("Beside its bounds", bounds(figures)),
        ("Beside FastAPI", fastapi(figures)),
        ("Memory and start", memory(figures)),
        ("Few and many", population(figures)),
        ("Limits and Redis", limits(figures)),
        ("Admins", admins(figures)),
    ];
    parts.iter().map(|(title, part)| format!("## {title}\n\n{part}")).collect::<Vec<_>>().join("\n")
}

/// The part of docs/performance.md that is written by the command.
pub(super) fn document(figures: &Figures) -> String {
    let about = |name: &str| figures.about(name);
    format!(
        "\nCommit {}, {}, {} cores ({}), {} GB, {}, Postgres {}; medians of {} rounds of {} s ([data](performance/figures.json)).\n\n\
         ![Each figure's ratio to its bound, and calls a second beside FastAPI](performance/chart.svg)\n\n{}\n",
        about("commit"),
        about("date"),
        about("cores"),
        about("processor"),
        about("memory_gb"),
        about("system"),
        about("postgres"),
        about("rounds"),
        about("seconds"),
        all(figures)
    )
}

struct Table(String);

impl Table {
    fn new(columns: &[&str]) -> Self {
        let rule = vec!["---"; columns.len()].join("|");
        Self(format!("| {} |\n|{rule}|\n", columns.join(" | ")))
    }

    fn row(&mut self, cells: &[String]) {
        let _ = writeln!(self.0, "| {} |", cells.join(" | "));
    }

    /// A paragraph below it.
    fn note(&mut self, text: &str) {
        let _ = writeln!(self.0, "\n{text}");
    }
}

fn bounds(figures: &Figures) -> String {
    let mut table = Table::new(&[
        "what",
        "a second",
        "waits",
        "processor time",
        "beside",
        "a second",
        "processor time",
        "ratio",
        "goal",
    ]);
    for row in COMPARED {
        let Some((ours, bound)) = row.series(figures) else { continue };
        table.row(&[
            row.what.to_owned(),
            thousands(ours.per_second),
            waits(&ours),
            spent(&ours),
            row.beside.to_owned(),
            thousands(bound.per_second),
            spent(&bound),
            judged(row, figures),
            row.goal.map_or_else(|| "–".to_owned(), |goal| format!("{goal}")),
        ]);
    }
    if let Some(select) = figures.series("pgbench_select") {
        table.note(&format!(
            "The most that this Postgres reads (`pgbench -S`, ten connections): {}/s, {} each.",
            thousands(select.per_second),
            spent(&select)
        ));
    }
    table.0
}

/// `12 µs`, or of which how much is Postgres'.
fn spent(series: &Series) -> String {
    let whole = micros(series.processor());
    match series.postgres {
        Some(postgres) if postgres >= 0.5 => format!("{whole}, {} of it Postgres", micros(postgres)),
        _ => whole,
    }
}

fn judged(row: &Compared, figures: &Figures) -> String {
    let Some(ratio) = row.ratio(figures) else { return "–".to_owned() };
    let of = if row.of == Of::Rate { " (rate)" } else { "" };
    match row.goal {
        Some(goal) if ratio < goal => format!("**{ratio:.2}**{of}, missed"),
        _ => format!("{ratio:.2}{of}"),
    }
}

fn fastapi(figures: &Figures) -> String {
    let mut table = Table::new(&[
        "call",
        "Doorstep",
        "waits",
        "processor time",
        "FastAPI",
        "waits",
        "processor time",
        "times",
    ]);
    for [what, ours, theirs] in FASTAPI {
        let (Some(ours), Some(theirs)) = (figures.series(ours), figures.series(theirs)) else { continue };
        table.row(&[
            (*what).to_owned(),
            format!("{}/s", thousands(ours.per_second)),
            waits(&ours),
            spent(&ours),
            format!("{}/s", thousands(theirs.per_second)),
            waits(&theirs),
            spent(&theirs),
            format!("{:.1}", ours.per_second / theirs.per_second),
        ]);
    }
    if let (Some(ours), Some(theirs)) =
        (figures.value("rss_beside_fastapi_mb"), figures.value("fastapi_rss_mb"))
    {
        table.note(&format!("Memory afterwards: {ours:.0} MB beside {theirs:.0} MB."));
    }
    table.0
}

fn memory(figures: &Figures) -> String {
    let mut table = Table::new(&["what", "measured", "goal"]);
    let sign_ins = figures.value("sign_ins_before_rss").map(thousands).unwrap_or_default();
    let rows = [
        ("from the start to the first yes of `/readyz`".to_owned(), "start_ms", "ms", Some(300.0)),
        ("memory (RSS) at rest".to_owned(), "rss_idle_mb", "MB", Some(25.0)),
        (format!("during {sign_ins} sign-ins, at most"), "rss_during_sign_ins_mb", "MB", None),
        ("right after them".to_owned(), "rss_after_sign_ins_mb", "MB", Some(120.0)),
        ("ten seconds later".to_owned(), "rss_rested_mb", "MB", None),
    ];
    for (what, id, unit, goal) in rows {
        let Some(value) = figures.value(id) else { continue };
        let missed = goal.is_some_and(|goal| value > goal);
        let value = format!("{value:.0} {unit}");
        table.row(&[
            what,
            if missed { format!("**{value}**, missed") } else { value },
            goal.map_or_else(|| "–".to_owned(), |goal| format!("{goal:.0} {unit}")),
        ]);
    }
    table.0
}

fn population(figures: &Figures) -> String {
    let among = |id| format!("{} accounts and sessions", people(figures, id));
    let (few, many) = (among("people_few"), among("people_many"));
    let mut table = Table::new(&["what", &few, &many, "ratio of the 99th", "goal"]);
    for (what, few, many) in [
        ("`GET /api/v1/users/me`", "users_me_few", "users_me_many"),
        ("`POST /api/v1/auth/login`, two at a time", "sign_in_few", "sign_in_many"),
    ] {
        let (Some(few), Some(many)) = (figures.series(few), figures.series(many)) else { continue };
        let ratio = many.p99.zip(few.p99).map(|(many, few)| many / few);
        let ratio = ratio.map_or_else(String::new, |ratio| match ratio {
            1.2.. => format!("**{ratio:.2}**, missed"),
            _ => format!("{ratio:.2}"),
        });
        table.row(&[what.to_owned(), waits(&few), waits(&many), ratio, "1.2".to_owned()]);
    }
    table.0
}

fn people(figures: &Figures, id: &str) -> String {
    figures.value(id).map(thousands).unwrap_or_default()
}

fn limits(figures: &Figures) -> String {
    let mut table = Table::new(&["what", "limit", "processor time", "ratio", "waits"]);
    for (what, limit, id, first) in [
        ("`GET /users/me`", "none", "me_unlimited", "me_unlimited"),
        ("`GET /users/me`", "in memory", "me_memory", "me_unlimited"),
        ("`GET /users/me`", "in Redis", "me_redis", "me_unlimited"),
        ("sign-in", "in Postgres", "sign_in_postgres", "sign_in_postgres"),
        ("sign-in", "in Redis", "sign_in_redis", "sign_in_postgres"),
    ] {
        let (Some(series), Some(first)) = (figures.series(id), figures.series(first)) else { continue };
        let redis = series.redis.filter(|redis| *redis >= 0.5);
        let redis = redis.map_or_else(String::new, |redis| format!(", {} of it Redis", micros(redis)));
        table.row(&[
            what.to_owned(),
            limit.to_owned(),
            format!("{}{redis}", spent(&series)),
            format!("{:.2}", series.processor() / first.processor()),
            waits(&series),
        ]);
    }
    table.note(
        "From one second after a fault of Redis each server counts by itself: the 99th percentile of `GET /users/me` (goal: at \
         most 1.5 times that of before):\n",
    );
    let mut faults = Table::new(&["fault", "before", "after", "ratio", "used again after"]);
    for (what, before, after, again) in [
        ("killed", "redis_before_killed", "redis_killed", "redis_killed_used_again_s"),
        ("stopped", "redis_before_stopped", "redis_stopped", "redis_stopped_used_again_s"),
        ("answers take a second", "redis_before_slow", "redis_slow", "redis_slow_used_again_s"),
        ("full", "redis_before_full", "redis_full", "redis_full_used_again_s"),
    ] {
        let of = |id| figures.series(id).and_then(|series| series.p99);
        let (Some(before), Some(after), Some(again)) = (of(before), of(after), figures.value(again)) else {
            continue;
        };
        let ratio = format!("{:.2}", after / before);
        faults.row(&[what.to_owned(), millis(before), millis(after), ratio, format!("{again:.1} s")]);
    }
    table.0 + &faults.0
}

fn admins(figures: &Figures) -> String {
    let among = |id| format!("among {}", people(figures, id));
    let (some, many) = (among("people_some"), among("people_many"));
    let mut table = Table::new(&["what", &some, &many, "goal, 99th"]);
    for (what, id, bounded) in [
        ("list, newest first", "newest", true),
        ("list by name", "name", true),
        ("list by email, the other way round", "email", true),
        ("search: a name that many have", "common", true),
        ("search: one person", "one", true),
        ("search: what nobody has", "nobody", true),
        ("search: two letters that nobody has", "two_letters", true),
        ("filter: admins", "admins", true),
        ("filter: disabled, by name", "disabled", true),
        ("filter: not proven", "unproven", true),
        ("without trigrams: what nobody has", "no_trigrams", false),
        ("the figures' page", "figures", true),
    ] {
        let of = |size: &str| figures.series(&format!("admin_{id}_{size}"));
        let (Some(some), Some(many)) = (of("some"), of("many")) else { continue };
        let shown = |series: &Series, most: f64| match series.p99 {
            Some(p99) if bounded && p99 > most => format!("**{}**, missed", waits(series)),
            _ => waits(series),
        };
        let goal = if bounded { "300 and 500 ms" } else { "–" };
        table.row(&[what.to_owned(), shown(&some, 300.0), shown(&many, 500.0), goal.to_owned()]);
    }
    if let Some(seconds) = figures.value("indexes_s") {
        table.note(&format!(
            "The indexes of these lists take {seconds:.0} s to build among so many, beside servers that run."
        ));
    }
    table.0
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::{Value, json};

    fn series(server: f64, p99: f64) -> Value {
        json!({"per_second": 1000.0, "p50_ms": 0.5, "p99_ms": p99, "server_us": server, "postgres_us": 0.0})
    }

    #[test]
    fn a_missed_goal_is_told() {
        let json = json!({
            "values": {"rss_idle_mb": 24.6, "rss_after_sign_ins_mb": 170.0, "people_few": 1000, "people_many": 1e6},
            "series": {
                "users_me": series(30.0, 1.0), "bare_me": series(9.0, 1.0),
                "users_me_few": series(30.0, 1.0), "users_me_many": series(30.0, 1.3),
            },
        });
        let text = all(&Figures::read(&json.to_string()).unwrap());
        for part in [
            "| **0.30**, missed | 0.6 |",
            "| 25 MB | 25 MB |",
            "| **170 MB**, missed |",
            "| **1.30**, missed |",
        ] {
            assert!(text.contains(part), "{part} is not in\n{text}");
        }
        assert!(text.contains("| 1,000,000 accounts and sessions |") && !text.contains("FastAPI | 0"));
    }

    #[test]
    fn what_was_not_measured_is_left_out() {
        let text = all(&Figures::read(r#"{"series": {}, "values": {}}"#).unwrap());
        assert!(!text.contains("users/me` |"), "{text}");
    }
}
