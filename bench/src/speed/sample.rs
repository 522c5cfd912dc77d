//! What a round measured, and what stands for several of them.

use super::load::Answers;
use anyhow::{Result, bail};
use serde_json::{Value, json};
use std::time::Duration;

/// One round.
#[derive(Debug, Clone, Default)]
pub(super) struct Sample {
    pub(super) per_second: f64,
    /// How long half of the answers took at most, in ms.
    pub(super) p50: Option<f64>,
    /// How long 99 of 100 did.
    pub(super) p99: Option<f64>,
    /// Processor time of each request, in µs: of the server, or of the program that stands in its place.
    pub(super) server: f64,
    /// Of Postgres.
    pub(super) database: Option<f64>,
    /// Of Valkey or Redis.
    pub(super) redis: Option<f64>,
}

/// Processor time that was used, or how much of it there was at one time.
#[derive(Debug, Clone, Copy, Default)]
pub(super) struct Spent {
    pub(super) server: Duration,
    pub(super) database: Option<Duration>,
    pub(super) redis: Option<Duration>,
}

impl Sample {
    pub(super) fn new(mut answers: Answers, spent: Spent) -> Result<Self> {
        if let Some(refusal) = answers.refusal {
            bail!(
                "{} of {} were refused, the first:\n{refusal}",
                answers.refused,
                answers.times.len() + answers.refused
            );
        }
        if answers.times.is_empty() {
            bail!("nothing was answered");
        }
        answers.times.sort_unstable();
        let at = |percent: usize| {
            let index = (answers.times.len() * percent).div_ceil(100).saturating_sub(1);
            Some(f64::from(answers.times[index]) / 1_000.0)
        };
        let mut sample = Self::counted(answers.times.len(), answers.elapsed, spent);
        (sample.p50, sample.p99) = (at(50), at(99));
        Ok(sample)
    }

    /// Of a program that tells how often it did its work, and not how long each time took.
    pub(super) fn counted(count: usize, elapsed: Duration, spent: Spent) -> Self {
        let count = f64::from(u32::try_from(count).unwrap_or(u32::MAX));
        let each = |time: Duration| time.as_secs_f64() * 1e6 / count;
        Self {
            per_second: count / elapsed.as_secs_f64(),
            p50: None,
            p99: None,
            server: each(spent.server),
            database: spent.database.map(each),
            redis: spent.redis.map(each),
        }
    }

    /// The median of each figure.
    pub(super) fn median(rounds: &[Self]) -> Self {
        let of = |figure: fn(&Self) -> Option<f64>| median(rounds.iter().filter_map(figure).collect());
        Self {
            per_second: of(|round| Some(round.per_second)).unwrap_or_default(),
            p50: of(|round| round.p50),
            p99: of(|round| round.p99),
            server: of(|round| Some(round.server)).unwrap_or_default(),
            database: of(|round| round.database),
            redis: of(|round| round.redis),
        }
    }

    pub(super) fn json(&self) -> Value {
        json!({
            "per_second": round(self.per_second),
            "p50_ms": self.p50.map(round),
            "p99_ms": self.p99.map(round),
            "server_us": round(self.server),
            "postgres_us": self.database.map(round),
            "redis_us": self.redis.map(round),
        })
    }
}

/// To what can be read: three decimals.
pub(super) fn round(figure: f64) -> f64 {
    (figure * 1_000.0).round() / 1_000.0
}

pub(super) fn median(mut figures: Vec<f64>) -> Option<f64> {
    figures.sort_by(f64::total_cmp);
    figures.get(figures.len().checked_sub(1)? / 2).copied()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn percentiles_and_processor_time_are_those_of_each_answer() {
        let answers = Answers { times: (1..=100).rev().map(|n| n * 1_000).collect(), ..Answers::default() };
        let answers = Answers { elapsed: Duration::from_secs(2), ..answers };
        let spent = Spent { server: Duration::from_millis(10), ..Spent::default() };
        let sample = Sample::new(answers, spent).unwrap();
        assert_eq!((sample.p50, sample.p99), (Some(50.0), Some(99.0)));
        assert_eq!((sample.per_second.round(), sample.server.round()), (50.0, 100.0));
    }

    #[test]
    fn a_refusal_is_no_measurement() {
        let answers =
            Answers { times: vec![1], refused: 1, refusal: Some("429".to_owned()), ..Answers::default() };
        assert!(Sample::new(answers, Spent::default()).is_err());
    }

    #[test]
    fn the_median_is_the_middle_one() {
        assert_eq!(median(vec![3.0, 1.0, 2.0]), Some(2.0));
        assert_eq!(median(vec![2.0, 1.0]), Some(1.0));
        assert_eq!(median(vec![]), None);
    }
}
