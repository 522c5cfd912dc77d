//! The measured figures, read from their JSON.

use anyhow::{Result, bail};
use serde_json::Value;

pub(super) struct Figures(Value);

/// The median of some rounds.
#[derive(Debug, Clone, Copy)]
pub(super) struct Series {
    pub(super) per_second: f64,
    pub(super) p50: Option<f64>,
    pub(super) p99: Option<f64>,
    /// In µs a request, as the next two.
    pub(super) server: f64,
    pub(super) postgres: Option<f64>,
    pub(super) redis: Option<f64>,
}

impl Series {
    /// The processor time of all that takes part.
    pub(super) fn processor(&self) -> f64 {
        self.server + self.postgres.unwrap_or_default() + self.redis.unwrap_or_default()
    }
}

impl Figures {
    pub(super) fn read(text: &str) -> Result<Self> {
        let json: Value = serde_json::from_str(text)?;
        if !json["series"].is_object() || !json["values"].is_object() {
            bail!("these are no figures");
        }
        Ok(Self(json))
    }

    /// `None` where it was not measured.
    pub(super) fn series(&self, id: &str) -> Option<Series> {
        let series = &self.0["series"][id];
        Some(Series {
            per_second: series["per_second"].as_f64()?,
            p50: series["p50_ms"].as_f64(),
            p99: series["p99_ms"].as_f64(),
            server: series["server_us"].as_f64()?,
            postgres: series["postgres_us"].as_f64(),
            redis: series["redis_us"].as_f64(),
        })
    }

    pub(super) fn value(&self, id: &str) -> Option<f64> {
        self.0["values"][id].as_f64()
    }

    /// What the run tells of itself.
    pub(super) fn about(&self, name: &str) -> String {
        match &self.0["about"][name] {
            Value::String(text) => text.clone(),
            Value::Null => "?".to_owned(),
            other => other.to_string(),
        }
    }
}

/// What a figure is judged by.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(super) enum Of {
    Processor,
    Rate,
}

/// A figure of ours beside a bound.
pub(super) struct Compared {
    pub(super) what: &'static str,
    pub(super) ours: &'static str,
    pub(super) beside: &'static str,
    pub(super) bound: &'static str,
    pub(super) of: Of,
    pub(super) goal: Option<f64>,
}

const fn row(what: &'static str, ours: &'static str, beside: &'static str, bound: &'static str) -> Compared {
    Compared { what, ours, beside, bound, of: Of::Processor, goal: None }
}

pub(super) const COMPARED: &[Compared] = &[
    row("`GET /livez`", "livez", "bare axum, no body", "bare_empty"),
    Compared {
        goal: Some(0.6),
        ..row("`GET /api/v1/users/me`", "users_me", "bare axum, such a body", "bare_me")
    },
    Compared {
        goal: Some(0.5),
        ..row("the sign-in page", "sign_in_page", "a minimal Leptos page", "minimal_page")
    },
    Compared {
        goal: Some(0.6),
        ..row("`POST /api/v1/auth/refresh`", "refresh", "pgbench, the same statements", "refresh_statements")
    },
    Compared {
        goal: Some(0.95),
        of: Of::Rate,
        ..row("`POST /api/v1/auth/login`", "sign_in", "Argon2id alone, all cores", "argon2")
    },
];

impl Compared {
    /// Ours and the bound's, where both were measured.
    pub(super) fn series(&self, figures: &Figures) -> Option<(Series, Series)> {
        Some((figures.series(self.ours)?, figures.series(self.bound)?))
    }

    /// What it is judged by: 1 is as good as the bound.
    pub(super) fn ratio(&self, figures: &Figures) -> Option<f64> {
        let (ours, bound) = self.series(figures)?;
        Some(match self.of {
            Of::Processor => bound.processor() / ours.processor(),
            Of::Rate => ours.per_second / bound.per_second,
        })
    }
}

/// A figure of ours beside the FastAPI service's.
pub(super) const FASTAPI: &[[&str; 3]] = &[
    ["`GET /auth/me`", "cookie_me", "fastapi_me"],
    ["`POST /auth/login`", "cookie_sign_in", "fastapi_sign_in"],
];

/// As people read it: `1,234`.
pub(super) fn thousands(number: f64) -> String {
    let digits = format!("{number:.0}");
    let mut text = String::new();
    for (index, digit) in digits.chars().enumerate() {
        if index > 0 && (digits.len() - index).is_multiple_of(3) {
            text.push(',');
        }
        text.push(digit);
    }
    text
}

/// Microseconds: `3.4 µs`, `34 µs`, `20.4 ms`.
pub(super) fn micros(micros: f64) -> String {
    match micros {
        ..10.0 => format!("{micros:.1} µs"),
        10.0..1_000.0 => format!("{micros:.0} µs"),
        _ => millis(micros / 1_000.0),
    }
}

/// Milliseconds: `0.34 ms`, `3.4 ms`, `34 ms`, `1.20 s`.
pub(super) fn millis(millis: f64) -> String {
    match millis {
        ..1.0 => format!("{millis:.2} ms"),
        1.0..100.0 => format!("{millis:.1} ms"),
        100.0..1_000.0 => format!("{millis:.0} ms"),
        _ => format!("{:.2} s", millis / 1_000.0),
    }
}

/// The median and the 99th percentile.
pub(super) fn waits(series: &Series) -> String {
    match (series.p50, series.p99) {
        (Some(p50), Some(p99)) => format!("{}, 99th {}", millis(p50), millis(p99)),
        _ => "–".to_owned(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn figures_read_well() {
        assert_eq!(
            [thousands(1_234_567.2), thousands(999.0), thousands(12_345.0)],
            ["1,234,567", "999", "12,345"]
        );
        assert_eq!([micros(3.41), micros(34.4), micros(20_420.0)], ["3.4 µs", "34 µs", "20.4 ms"]);
        assert_eq!([millis(0.341), millis(605.0), millis(1_280.0)], ["0.34 ms", "605 ms", "1.28 s"]);
    }

    #[test]
    fn one_is_as_good_as_the_bound() {
        let series = |rate, server, postgres: Option<u32>| serde_json::json!({"per_second": rate, "server_us": server, "postgres_us": postgres});
        let json = serde_json::json!({"values": {}, "series": {
            "users_me": series(500, 30, Some(10)), "bare_me": series(900, 20, None),
            "sign_in": series(90, 9_000, Some(1_000)), "argon2": series(100, 8_000, None),
        }});
        let figures = Figures::read(&json.to_string()).unwrap();
        assert_eq!(COMPARED[1].ratio(&figures), Some(0.5));
        assert_eq!(COMPARED[4].ratio(&figures), Some(0.9));
        assert_eq!(COMPARED[2].ratio(&figures), None);
    }
}
