//! Members who read, write, renew and sign in while things break, and what they notice.

use crate::stand::keys::Dice;
use crate::stand::{Answer, Client, PASSWORD, Stand, Tokens};
use anyhow::{Context, Result, bail};
use hyper::Method;
use serde_json::json;
use std::collections::BTreeMap;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};
use tokio::task::JoinSet;

/// Longer than any answer of a server may take.
const PATIENCE: Duration = Duration::from_secs(20);

/// Where members go: the ports of the servers that are in rotation.
pub(super) type Route = Arc<Mutex<Vec<u16>>>;

/// Locks what another task may have left in the middle of a panic.
pub(super) fn lock<T>(shared: &Mutex<T>) -> MutexGuard<'_, T> {
    shared.lock().unwrap_or_else(PoisonError::into_inner)
}

/// What everybody noticed together.
#[derive(Debug, Default)]
pub(super) struct Seen {
    /// How many answers of each kind there were.
    pub(super) by: BTreeMap<String, u64>,
    /// Right credentials that were refused, with what was said.
    pub(super) false_401: Vec<String>,
    /// People who were told to wait (429), though they did nothing wrong.
    pub(super) waits: Vec<String>,
    /// Answers that are neither what was asked for nor 503.
    pub(super) wrong: Vec<String>,
    /// When something did not work, whose answer was 503 or none.
    pub(super) failures: Vec<(Instant, String)>,
    /// Every answer that was as it should be, by its time.
    pub(super) good: Vec<Instant>,
    /// The longest wait for an answer, or for none.
    pub(super) slowest: Duration,
    /// The longest wait for a 503.
    pub(super) slowest_503: Duration,
    /// Addresses whose sign-up was acknowledged.
    pub(super) signed_up: Vec<String>,
}

impl Seen {
    /// All answers, and requests that got none.
    #[must_use]
    pub(super) fn total(&self) -> u64 {
        self.by.values().sum()
    }

    /// Failures and successes between two moments.
    #[must_use]
    pub(super) fn between(&self, from: Instant, to: Instant) -> (usize, usize) {
        let failed = self.failures.iter().filter(|(at, _)| (from..to).contains(at)).count();
        (failed, self.good.iter().filter(|at| (from..to).contains(at)).count())
    }

    /// Whether the second before a moment had answers that were as they should be, and no failure.
    #[must_use]
    pub(super) fn is_well_at(&self, moment: Instant) -> bool {
        let second = moment.checked_sub(Duration::from_secs(1)).map(|from| self.between(from, moment));
        second.is_some_and(|(failed, good)| failed == 0 && good > 0)
    }

    /// The last failure after a moment, as the time since.
    #[must_use]
    pub(super) fn last_failure_after(&self, moment: Instant) -> Duration {
        let after = self.failures.iter().filter_map(|(at, _)| at.checked_duration_since(moment));
        after.max().unwrap_or_default()
    }
}

/// Judges an answer; gives it back where it is as it should be.
pub(super) fn judge(
    seen: &Mutex<Seen>,
    what: &str,
    expected: u16,
    began: Instant,
    answer: Result<Answer>,
) -> Judged {
    let (mut seen, now) = (lock(seen), Instant::now());
    let took = began.elapsed();
    seen.slowest = seen.slowest.max(took);
    let answer = match answer {
        Ok(answer) => answer,
        Err(error) => {
            *seen.by.entry("no answer".to_owned()).or_default() += 1;
            seen.failures.push((now, format!("{what}: {error:#}")));
            return Judged::Unknown;
        }
    };
    *seen.by.entry(answer.status.to_string()).or_default() += 1;
    if answer.status == expected {
        seen.good.push(now);
        return Judged::Good(answer);
    }
    let said = format!("{what}: {} {}", answer.status, answer.text());
    match answer.status {
        503 => {
            seen.slowest_503 = seen.slowest_503.max(took);
            seen.failures.push((now, said));
        }
        401 => seen.false_401.push(said),
        429 => seen.waits.push(said),
        _ => seen.wrong.push(said),
    }
    if answer.json()["code"] == "outcome_unknown" { Judged::Unknown } else { Judged::Refused }
}

/// What a client knows after an answer.
#[derive(Debug)]
pub(super) enum Judged {
    /// It is done.
    Good(Answer),
    /// It is not done.
    Refused,
    /// It may be done.
    Unknown,
}

/// Somebody who is signed in and stays so.
#[derive(Debug)]
pub(super) struct Member {
    /// Whose account it is.
    pub(super) email: String,
    /// What it is signed in with.
    pub(super) tokens: Tokens,
    /// The text about them that was acknowledged last, and those since whose outcome is unknown or was denied.
    acknowledged: String,
    unknown: Vec<String>,
    denied: Vec<String>,
    turn: u64,
    address: String,
    clients: BTreeMap<u16, Client>,
    dice: Dice,
    /// How many turns lie between two sign-ins; 0 for none.
    signs_in_every: u64,
}

impl Member {
    /// Signs somebody up and in, who is nobody else.
    async fn make(port: u16, number: u64, signs_in_every: u64) -> Result<Self> {
        let (email, address) = (format!("member-{number}@example.com"), address(number));
        let mut client = Client::new(port).forwarded_for(&address).within(PATIENCE);
        let made = client.sign_up(&email).await?;
        if made.status != 201 {
            bail!("{email}: {} {}", made.status, made.text());
        }
        let tokens = client.sign_in(&email, PASSWORD).await?.tokens()?;
        Ok(Self {
            email,
            tokens,
            acknowledged: String::new(),
            unknown: Vec::new(),
            denied: Vec::new(),
            turn: number,
            address,
            clients: BTreeMap::new(),
            dice: Dice(number),
            signs_in_every,
        })
    }

    /// The next thing that a member does.
    async fn act(&mut self, route: &Route, seen: &Mutex<Seen>) {
        self.turn += 1;
        let ports = lock(route).clone();
        let Ok(count) = u64::try_from(ports.len()) else { return };
        let index = usize::try_from(self.dice.below(count)).unwrap_or(0);
        let Some(port) = ports.get(index).copied() else { return };
        let fresh = || Client::new(port).forwarded_for(&self.address).within(PATIENCE);
        let mut client = self.clients.remove(&port).unwrap_or_else(fresh);
        if self.signs_in_every > 0 && self.turn.is_multiple_of(self.signs_in_every) {
            self.visit(&mut client, seen).await;
        } else {
            match self.turn % 8 {
                0 | 3 | 5 => self.write(&mut client, seen).await,
                1 => self.renew(&mut client, seen).await,
                _ => {
                    let began = Instant::now();
                    let answer = client.me(&self.tokens.access).await;
                    judge(seen, "read", 200, began, answer);
                }
            }
        }
        self.clients.insert(port, client);
    }

    async fn write(&mut self, client: &mut Client, seen: &Mutex<Seen>) {
        let (bio, began) = (format!("turn {}", self.turn), Instant::now());
        let body = json!({ "bio": bio });
        let answer = client.call(Method::PATCH, "/api/v1/users/me", &self.tokens.access, &body).await;
        match judge(seen, "write", 200, began, answer) {
            Judged::Good(_) => {
                self.acknowledged = bio;
                self.unknown.clear();
                self.denied.clear();
            }
            Judged::Refused => self.denied.push(bio),
            Judged::Unknown => self.unknown.push(bio),
        }
    }

    /// One whose answer is lost asks again with the same token.
    async fn renew(&mut self, client: &mut Client, seen: &Mutex<Seen>) {
        for _ in 0..40 {
            let began = Instant::now();
            let answer = client.refresh(&self.tokens.refresh).await;
            match judge(seen, "renew", 200, began, answer) {
                Judged::Good(answer) => {
                    if let Ok(tokens) = answer.tokens() {
                        self.tokens = tokens;
                    }
                    return;
                }
                Judged::Refused | Judged::Unknown => tokio::time::sleep(Duration::from_millis(250)).await,
            }
        }
    }

    /// Signs in elsewhere, looks, and signs out.
    async fn visit(&mut self, client: &mut Client, seen: &Mutex<Seen>) {
        let began = Instant::now();
        let answer = client.sign_in(&self.email, PASSWORD).await;
        let Judged::Good(answer) = judge(seen, "sign in", 200, began, answer) else { return };
        let Ok(tokens) = answer.tokens() else {
            lock(seen).wrong.push("a sign-in without tokens".to_owned());
            return;
        };
        let began = Instant::now();
        let answer = client.me(&tokens.access).await;
        judge(seen, "read after sign-in", 200, began, answer);
        let began = Instant::now();
        let answer = client.sign_out(&tokens.access).await;
        if let Judged::Good(_) = judge(seen, "sign out", 204, began, answer)
            && let Ok(answer) = client.me(&tokens.access).await
            && answer.status == 200
        {
            lock(seen).wrong.push("a session that was signed out answers".to_owned());
        }
    }

    /// Whether it can still be used, and whether what was acknowledged is there.
    async fn check(&mut self, stand: &Stand, port: u16, verdict: &mut Verdict) -> Result<()> {
        let mut client = Client::new(port).forwarded_for(&self.address);
        let me = patiently(async || client.me(&self.tokens.access).await).await?;
        let renewed = patiently(async || client.refresh(&self.tokens.refresh).await).await?;
        if me.status != 200 || renewed.status != 200 {
            verdict.signed_out.push(format!("{}: {} {}", self.email, me.status, renewed.status));
        }
        let query = sqlx::query_scalar("SELECT coalesce(bio, '') FROM users WHERE email_canonical = $1");
        let stored: String = query.bind(&self.email).fetch_one(stand.sql()).await?;
        if self.denied.contains(&stored) {
            verdict.false_failures.push(format!("{}: {stored:?} was denied", self.email));
        } else if stored != self.acknowledged && !self.unknown.contains(&stored) {
            let said = format!("{}: {stored:?}, not {:?}", self.email, self.acknowledged);
            verdict.false_successes.push(said);
        }
        Ok(())
    }
}

/// An address that no other number has, in a network that few others have: networks have limits too.
#[must_use]
pub(super) fn address(number: u64) -> String {
    format!("10.{}.{}.{}", number % 250, (number / 250) % 250, (number / 62_500) % 250)
}

/// What is left when all is over.
#[derive(Debug, Default)]
pub(super) struct Verdict {
    /// Members whose tokens no longer work.
    pub(super) signed_out: Vec<String>,
    /// What was acknowledged and is not there.
    pub(super) false_successes: Vec<String>,
    /// What was denied and is there.
    pub(super) false_failures: Vec<String>,
}

/// Members, and strangers who sign up, until they are told to stop.
#[derive(Debug)]
pub(super) struct Traffic {
    /// What they noticed so far.
    pub(super) seen: Arc<Mutex<Seen>>,
    /// Where they go.
    pub(super) route: Route,
    stop: Arc<AtomicBool>,
    tasks: JoinSet<Option<Member>>,
}

/// How much traffic there is.
#[derive(Debug, Clone, Copy)]
pub(super) struct Load {
    /// How many are signed in.
    pub(super) members: u64,
    /// How long each waits between two things.
    pub(super) pause: Duration,
    /// How many turns lie between two sign-ins of a member; 0 for none.
    pub(super) signs_in_every: u64,
    /// How long lies between two sign-ups; none where it is zero.
    pub(super) sign_up_every: Duration,
}

/// Who comes often, or while others fill the server, is told to wait: that is no sign-out, and nothing is lost. Asks
/// again as one is told to.
pub(super) async fn patiently(mut ask: impl AsyncFnMut() -> Result<Answer>) -> Result<Answer> {
    let mut answer = ask().await?;
    for _ in 0..30 {
        if !matches!(answer.status, 429 | 503) {
            break;
        }
        let seconds = answer.header("retry-after").parse().unwrap_or(1);
        tokio::time::sleep(Duration::from_secs(seconds)).await;
        answer = ask().await?;
    }
    Ok(answer)
}

impl Traffic {
    /// Signs everybody in, and lets them go on.
    ///
    /// # Errors
    /// Where somebody cannot be signed in.
    pub(super) async fn start(ports: Vec<u16>, load: Load) -> Result<Self> {
        let first = *ports.first().context("there is no server")?;
        let route = Arc::new(Mutex::new(ports));
        let (seen, stop) = (Arc::<Mutex<Seen>>::default(), Arc::<AtomicBool>::default());
        let mut traffic = Self { seen, route, stop, tasks: JoinSet::new() };
        for number in 1..=load.members {
            let mut member = Member::make(first, number, load.signs_in_every).await?;
            let (route, seen, stop) = (traffic.route.clone(), traffic.seen.clone(), traffic.stop.clone());
            traffic.tasks.spawn(async move {
                // Not all at once.
                tokio::time::sleep(load.pause.mul_f64(number_of(number) / number_of(load.members))).await;
                let mut timer = tokio::time::interval(load.pause);
                timer.set_missed_tick_behavior(tokio::time::MissedTickBehavior::Delay);
                while !stop.load(Ordering::Relaxed) {
                    timer.tick().await;
                    member.act(&route, &seen).await;
                }
                Some(member)
            });
        }
        if !load.sign_up_every.is_zero() {
            traffic.strangers(load.sign_up_every);
        }
        Ok(traffic)
    }

    fn strangers(&mut self, every: Duration) {
        let (route, seen, stop) = (self.route.clone(), self.seen.clone(), self.stop.clone());
        self.tasks.spawn(async move {
            let mut number = 1_000_000;
            while !stop.load(Ordering::Relaxed) {
                tokio::time::sleep(every).await;
                number += 1;
                let ports = lock(&route).clone();
                let Some(port) = ports.get(number % ports.len().max(1)) else { continue };
                let (email, from) =
                    (format!("stranger-{number}@example.com"), address(u64::try_from(number).unwrap_or(0)));
                let mut client = Client::new(*port).forwarded_for(from).within(PATIENCE);
                let began = Instant::now();
                let answer = client.sign_up(&email).await;
                if let Judged::Good(_) = judge(&seen, "sign up", 201, began, answer) {
                    lock(&seen).signed_up.push(email);
                }
            }
            None
        });
    }

    /// Waits until everything has worked for a whole second from now on, and says whether it came to that.
    pub(super) async fn is_well_again(&self, within: Duration) -> bool {
        let began = Instant::now();
        while began.elapsed() < within {
            tokio::time::sleep(Duration::from_millis(100)).await;
            if began.elapsed() >= Duration::from_secs(1) && lock(&self.seen).is_well_at(Instant::now()) {
                return true;
            }
        }
        false
    }

    /// Ends it, and looks whether all that was acknowledged is there and everybody is still signed in.
    ///
    /// # Errors
    /// Where the servers do not answer any more.
    pub(super) async fn end(mut self, stand: &Stand) -> Result<(Seen, Verdict)> {
        self.stop.store(true, Ordering::Relaxed);
        let port = stand.servers.first().context("no server is left")?.port();
        let mut verdict = Verdict::default();
        while let Some(member) = self.tasks.join_next().await {
            if let Some(mut member) = member? {
                member.check(stand, port, &mut verdict).await?;
            }
        }
        let seen = std::mem::take(&mut *lock(&self.seen));
        let there: Vec<String> =
            sqlx::query_scalar("SELECT email_canonical FROM users").fetch_all(stand.sql()).await?;
        let missing = seen.signed_up.iter().filter(|email| !there.contains(email));
        verdict.false_successes.extend(missing.map(|email| format!("{email} signed up and is not there")));
        Ok((seen, verdict))
    }
}

fn number_of(count: u64) -> f64 {
    f64::from(u32::try_from(count).unwrap_or(u32::MAX))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn it_is_well_where_a_second_has_answers_and_no_failure() {
        let (began, ms) = (Instant::now(), Duration::from_millis);
        let mut seen = Seen { good: vec![began], ..Seen::default() };
        seen.failures.push((began + ms(500), "refused".to_owned()));
        // While it fails, and where nobody is answered at all.
        assert!(!seen.is_well_at(began + ms(600)) && !seen.is_well_at(began + ms(9_000)));
        seen.good.push(began + ms(8_500));
        assert!(seen.is_well_at(began + ms(9_000)) && !seen.is_well_at(began + ms(9_600)));
        seen.failures.push((began + ms(8_900), "refused".to_owned()));
        assert!(!seen.is_well_at(began + ms(9_000)));
    }
}
