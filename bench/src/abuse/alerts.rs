//! Whether an alert of deploy/prometheus/alerts.yml fires between two scrapes: its expression, as far as those rules go
//! (rates, sums and comparisons), with the time between them as every range. How long it has to hold (`for`) is
//! left out.

use super::scrape::{Labels, Sample, Scrape};
use anyhow::{Context, Result, bail};
use std::collections::BTreeMap;

const RULES: &str = include_str!("../../../deploy/prometheus/alerts.yml");

/// The alerts whose expression is true of what happened between the two.
pub(super) fn firing(before: &Scrape, after: &Scrape) -> Result<Vec<String>> {
    let mut firing = Vec::new();
    for (alert, expression) in rules(RULES) {
        let found = evaluate(&expression, before, after).with_context(|| alert.clone())?;
        if !found.is_empty() {
            firing.push(alert);
        }
    }
    Ok(firing)
}

/// Each alert with its expression.
fn rules(text: &str) -> Vec<(String, String)> {
    let mut rules: Vec<(String, String)> = Vec::new();
    let mut inside = false;
    for line in text.lines() {
        let line = line.trim();
        if let Some(name) = line.strip_prefix("- alert: ") {
            rules.push((name.to_owned(), String::new()));
        } else if let Some(rest) = line.strip_prefix("expr:") {
            inside = true;
            append(&mut rules, rest.trim().trim_start_matches('|'));
        } else if ["for:", "labels:", "annotations:"].iter().any(|word| line.starts_with(word)) {
            inside = false;
        } else if inside {
            append(&mut rules, line);
        }
    }
    rules
}

fn append(rules: &mut [(String, String)], words: &str) {
    if let Some((_, expression)) = rules.last_mut() {
        expression.push_str(words);
        expression.push(' ');
    }
}

/// What an expression gives: series with their values. A number is one without labels.
type Series = Vec<(Labels, f64)>;

fn evaluate(expression: &str, before: &Scrape, after: &Scrape) -> Result<Series> {
    let mut reader = Reader { words: words(expression), at: 0, before, after };
    let series = reader.any()?;
    match reader.peek() {
        None => Ok(series),
        Some(word) => bail!("`{word}` is left over"),
    }
}

fn words(text: &str) -> Vec<String> {
    let (mut words, mut rest) = (Vec::new(), text.trim_start());
    while let Some(first) = rest.chars().next() {
        let length = match first {
            '"' => rest[1..].find('"').map_or(rest.len(), |end| end + 2),
            _ if first.is_alphanumeric() || first == '_' => {
                rest.find(|c: char| !(c.is_alphanumeric() || c == '_' || c == '.')).unwrap_or(rest.len())
            }
            _ if ["==", ">=", "<=", "!=", "=~", "!~"].iter().any(|word| rest.starts_with(word)) => 2,
            _ => first.len_utf8(),
        };
        words.push(rest[..length].to_owned());
        rest = rest[length..].trim_start();
    }
    words
}

struct Reader<'a> {
    words: Vec<String>,
    at: usize,
    before: &'a Scrape,
    after: &'a Scrape,
}

impl Reader<'_> {
    fn peek(&self) -> Option<&str> {
        self.words.get(self.at).map(String::as_str)
    }

    fn next(&mut self) -> Result<String> {
        self.at += 1;
        self.words.get(self.at - 1).cloned().context("the expression ends too soon")
    }

    fn took(&mut self, word: &str) -> bool {
        let same = self.peek() == Some(word);
        self.at += usize::from(same);
        same
    }

    fn need(&mut self, word: &str) -> Result<()> {
        if self.took(word) { Ok(()) } else { bail!("`{word}` is missing before {:?}", self.peek()) }
    }

    fn any(&mut self) -> Result<Series> {
        let mut series = self.all()?;
        while self.took("or") {
            let more = self.all()?;
            let new: Series = more
                .into_iter()
                .filter(|(labels, _)| !series.iter().any(|(known, _)| known == labels))
                .collect();
            series.extend(new);
        }
        Ok(series)
    }

    fn all(&mut self) -> Result<Series> {
        let mut series = self.compared()?;
        while self.took("and") {
            let with = self.compared()?;
            series.retain(|(labels, _)| with.iter().any(|(known, _)| known == labels));
        }
        Ok(series)
    }

    fn compared(&mut self) -> Result<Series> {
        let left = self.added()?;
        let holds: fn(f64, f64) -> bool = match self.peek() {
            Some(">") => |a, b| a > b,
            Some(">=") => |a, b| a >= b,
            Some("==") => |a, b| (a - b).abs() < f64::EPSILON,
            _ => return Ok(left),
        };
        self.at += 1;
        let right = self.added()?;
        let pairs = matched(&left, &right).into_iter();
        Ok(pairs.filter(|(_, a, b)| holds(*a, *b)).map(|(labels, a, _)| (labels, a)).collect())
    }

    fn added(&mut self) -> Result<Series> {
        let mut series = self.multiplied()?;
        while let Some(sign) = self.peek().and_then(|word| match word {
            "+" => Some(1.0_f64),
            "-" => Some(-1.0),
            _ => None,
        }) {
            self.at += 1;
            let more = self.multiplied()?;
            let pairs = matched(&series, &more).into_iter();
            series = pairs.map(|(labels, a, b)| (labels, sign.mul_add(b, a))).collect();
        }
        Ok(series)
    }

    fn multiplied(&mut self) -> Result<Series> {
        let mut series = self.one()?;
        while self.took("*") {
            let by = self.one()?;
            series = matched(&series, &by).into_iter().map(|(labels, a, b)| (labels, a * b)).collect();
        }
        Ok(series)
    }

    fn one(&mut self) -> Result<Series> {
        if self.took("(") {
            let series = self.any()?;
            self.need(")")?;
            return Ok(series);
        }
        let word = self.next()?;
        if let Ok(number) = word.parse() {
            return Ok(vec![(Labels::new(), number)]);
        }
        match word.as_str() {
            "sum" | "max" => self.folded(&word),
            "rate" | "vector" | "absent" => {
                self.need("(")?;
                let series = if word == "rate" { self.rate()? } else { self.any()? };
                self.need(")")?;
                let absent = word == "absent";
                Ok(match (absent, series.is_empty()) {
                    (true, true) => vec![(Labels::new(), 1.0)],
                    (true, false) => Vec::new(),
                    (false, _) => series,
                })
            }
            "up" => {
                self.matchers()?;
                Ok(vec![(Labels::new(), 1.0)])
            }
            _ => Ok(self.selected(&word)?.into_iter().map(|sample| (sample.labels, sample.value)).collect()),
        }
    }

    fn folded(&mut self, word: &str) -> Result<Series> {
        let mut by = Vec::new();
        if self.took("by") {
            self.need("(")?;
            while !self.took(")") {
                by.push(self.next()?);
                self.took(",");
            }
        }
        self.need("(")?;
        let series = self.any()?;
        self.need(")")?;
        let mut groups: BTreeMap<Labels, f64> = BTreeMap::new();
        for (mut labels, value) in series {
            labels.retain(|name, _| by.contains(name));
            let so_far = groups.entry(labels);
            so_far
                .and_modify(|so_far| {
                    *so_far = if word == "sum" { *so_far + value } else { so_far.max(value) }
                })
                .or_insert(value);
        }
        Ok(groups.into_iter().collect())
    }

    /// Per second, between the two scrapes. A series that began meanwhile began at 0.
    fn rate(&mut self) -> Result<Series> {
        let name = self.next()?;
        let now = self.selected(&name)?;
        self.need("[")?;
        while !self.took("]") {
            self.next()?;
        }
        let seconds = self.after.at.duration_since(self.before.at).as_secs_f64();
        let rates = now.into_iter().map(|sample| {
            let then =
                self.before.samples.iter().find(|old| old.name == sample.name && old.labels == sample.labels);
            let grew = (sample.value - then.map_or(0.0, |old| old.value)).max(0.0);
            (sample.labels, grew / seconds)
        });
        Ok(rates.collect())
    }

    fn selected(&mut self, name: &str) -> Result<Vec<Sample>> {
        let matchers = self.matchers()?;
        let mut samples: Vec<Sample> =
            self.after.samples.iter().filter(|sample| sample.name == name).cloned().collect();
        for (label, operator, pattern) in matchers {
            samples.retain(|sample| {
                let value = sample.labels.get(&label).map_or("", String::as_str);
                match operator.as_str() {
                    "=" => value == pattern,
                    "=~" => fits(&pattern, value),
                    _ => !fits(&pattern, value),
                }
            });
        }
        Ok(samples)
    }

    fn matchers(&mut self) -> Result<Vec<(String, String, String)>> {
        let mut matchers = Vec::new();
        if self.took("{") {
            while !self.took("}") {
                let (label, operator, pattern) = (self.next()?, self.next()?, self.next()?);
                matchers.push((label, operator, pattern.trim_matches('"').to_owned()));
                self.took(",");
            }
        }
        Ok(matchers)
    }
}

/// Alternatives, in which a dot stands for any character.
fn fits(pattern: &str, value: &str) -> bool {
    let same = |wanted: &str| {
        wanted.len() == value.len() && wanted.chars().zip(value.chars()).all(|(a, b)| a == '.' || a == b)
    };
    pattern.split('|').any(same)
}

/// The pairs with the same labels; a number goes with each.
fn matched(left: &Series, right: &Series) -> Vec<(Labels, f64, f64)> {
    let number = |series: &Series| match series.as_slice() {
        [(labels, value)] if labels.is_empty() => Some(*value),
        _ => None,
    };
    let pair = |(labels, a): &(Labels, f64)| {
        let same = right.iter().find(|(known, _)| known == labels).map(|(_, b)| *b);
        same.or_else(|| number(right)).map(|b| (labels.clone(), *a, b))
    };
    match number(left) {
        Some(a) if number(right).is_none() => {
            right.iter().map(|(labels, b)| (labels.clone(), a, *b)).collect()
        }
        _ => left.iter().filter_map(pair).collect(),
    }
}

#[cfg(test)]
mod tests {
    use super::super::scrape;
    use super::*;
    use std::time::{Duration, Instant};

    /// Two scrapes of a minute.
    fn minute(before: &str, after: &str) -> [Scrape; 2] {
        let begin = Instant::now();
        [(before, 0), (after, 60)].map(|(text, seconds)| Scrape {
            at: begin + Duration::from_secs(seconds),
            samples: scrape::parse(text, "a"),
        })
    }

    fn fires(before: &str, after: &str) -> Vec<String> {
        let [before, after] = minute(before, after);
        firing(&before, &after).unwrap()
    }

    const CALM: &str = "doorstep_build_info{version=\"1\"} 1\ndoorstep_sign_ins_total{factors=\"pwd\"} 10\n\
        doorstep_http_requests_total{method=\"GET\",route=\"/login\",status=\"200\"} 100\n\
        doorstep_audit_events_total{kind=\"sign_in_failed\"} 5\ndoorstep_redis_up 1\n\
        doorstep_database_connections 3\ndoorstep_database_connections_idle 2\n\
        doorstep_database_connections_max 10\ndoorstep_password_hashes_total 20\n\
        doorstep_password_hash_wait_seconds_total 1\ndoorstep_password_hashes_refused_total 0\n";

    #[test]
    fn every_rule_is_read_and_calm_fires_none() {
        assert_eq!(rules(RULES).len(), RULES.matches("- alert: ").count());
        assert_eq!(fires(CALM, &CALM.replace(" 10\n", " 40\n")), Vec::<String>::new());
    }

    #[test]
    fn an_alert_fires_on_what_it_is_for() {
        let guessed = CALM.replace("\"sign_in_failed\"} 5", "\"sign_in_failed\"} 50");
        assert_eq!(fires(CALM, &guessed), ["DoorstepSignInsRefused"]);
        let refused =
            format!("{CALM}doorstep_http_requests_total{{method=\"POST\",route=\"/x\",status=\"429\"}} 9\n");
        assert_eq!(fires(CALM, &refused), ["DoorstepSignInsRefused"]);
        let broken =
            format!("{CALM}doorstep_http_requests_total{{method=\"POST\",route=\"/x\",status=\"503\"}} 9\n");
        assert_eq!(fires(CALM, &broken), ["DoorstepErrors"]);
        let lost = CALM.replace("doorstep_redis_up 1", "doorstep_redis_up 0");
        assert_eq!(fires(CALM, &lost), ["DoorstepRedisLost"]);
        let slow = CALM.replace("refused_total 0", "refused_total 3");
        assert_eq!(fires(CALM, &slow), ["DoorstepSignInsSlow"]);
        let full = CALM
            .replace("connections_idle 2", "connections_idle 0")
            .replace("connections 3", "connections 10");
        assert_eq!(fires(CALM, &full), ["DoorstepPoolExhausted"]);
        assert_eq!(fires("", ""), ["DoorstepDown"]);
    }
}
