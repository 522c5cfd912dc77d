//! What `METRICS_ADDR` tells, of all servers together.

use super::site::served;
use crate::stand::Client;
use anyhow::Result;
use hyper::Method;
use std::collections::BTreeMap;
use std::time::Instant;

pub(super) type Labels = BTreeMap<String, String>;

/// One time series at one moment.
#[derive(Debug, Clone, PartialEq)]
pub(super) struct Sample {
    pub(super) name: String,
    pub(super) labels: Labels,
    pub(super) value: f64,
}

/// All of them.
#[derive(Debug, Clone)]
pub(super) struct Scrape {
    pub(super) at: Instant,
    pub(super) samples: Vec<Sample>,
}

impl Scrape {
    /// Asks each server, as Prometheus does.
    pub(super) async fn of(ports: &[u16]) -> Result<Self> {
        let (at, mut samples) = (Instant::now(), Vec::new());
        for port in ports {
            let mut client = Client::new(*port);
            let answer = served(&mut client, 200, Method::GET, "/metrics", &[], &[]).await?;
            samples.extend(parse(&answer.text(), &port.to_string()));
        }
        Ok(Self { at, samples })
    }

    /// The sum of a metric over servers, of the series that have this label, if one is named.
    pub(super) fn sum(&self, name: &str, label: Option<(&str, &str)>) -> f64 {
        let named = self.samples.iter().filter(|sample| sample.name == name);
        let meant = named.filter(|sample| {
            label.is_none_or(|(label, value)| sample.labels.get(label).is_some_and(|known| known == value))
        });
        meant.map(|sample| sample.value).sum()
    }

    /// How many passwords were hashed so far.
    pub(super) fn hashes(&self) -> u64 {
        whole(self.sum("doorstep_password_hashes_total", None))
    }
}

/// A count.
#[expect(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "counts of a test are small")]
pub(super) fn whole(count: f64) -> u64 {
    count.round().max(0.0) as u64
}

/// The lines of the text format, each with the instance that it is of.
pub(super) fn parse(text: &str, instance: &str) -> Vec<Sample> {
    let lines = text.lines().filter(|line| !line.is_empty() && !line.starts_with('#'));
    lines.filter_map(|line| sample(line, instance)).collect()
}

fn sample(line: &str, instance: &str) -> Option<Sample> {
    let (series, value) = match line.split_once('{') {
        Some((name, rest)) => {
            let (labels, value) = rest.rsplit_once("} ")?;
            ((name, labels), value)
        }
        None => line.split_once(' ').map(|(name, value)| ((name, ""), value))?,
    };
    let (name, text) = series;
    let mut labels = labels(text);
    labels.insert("instance".to_owned(), instance.to_owned());
    labels.insert("job".to_owned(), "doorstep".to_owned());
    let value = value.split(' ').next()?.parse().ok()?;
    Some(Sample { name: name.to_owned(), labels, value })
}

/// `a="b",c="d"`. No value of ours holds a quotation mark.
fn labels(text: &str) -> Labels {
    let pairs = text.split("\",").filter_map(|pair| pair.split_once("=\""));
    pairs.map(|(name, value)| (name.to_owned(), value.trim_end_matches('"').to_owned())).collect()
}
