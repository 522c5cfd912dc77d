//! P34: twenty calls a second by people at home and abroad, while others guess, flood and send what is strange.

use super::attack::{Pace, attack, turn};
use super::flood::{Stop, flood};
use super::site::{Member, Site, served, sign_in};
use super::split::Spent;
use super::{Scale, alerts, percentile, siege, strange, tell_alerts};
use crate::report::Report;
use crate::stand::{Client, PASSWORD};
use anyhow::Result;
use hyper::Method;
use serde_json::json;
use std::sync::Arc;
use std::time::{Duration, Instant};
use tokio::sync::Mutex;
use tokio::task::JoinSet;
use tokio::time::{sleep, sleep_until};

const PEOPLE: usize = 24;
const A_SECOND: usize = 20;
const P95: Duration = Duration::from_millis(500);
/// Of ten thousand.
const SERVED: usize = 9_950;
/// How often somebody tries to sign in again who was told to wait, two seconds at a time.
const PATIENCE: usize = 8;

/// Somebody with a program and a browser.
struct Person {
    n: usize,
    member: Member,
    from: String,
    program: Mutex<Client>,
    browser: Mutex<Client>,
}

/// What became of a call, and how long it took with all that was waited for.
struct Served {
    what: &'static str,
    took: Option<Duration>,
}

pub(super) async fn run(site: &Arc<Site>, scale: &Scale, report: &mut Report) -> Result<()> {
    let mut people = Vec::new();
    for n in 0..PEOPLE {
        people.push(Arc::new(person(site, n).await?));
    }
    let words = site.counted.words();
    let before = site.scrape().await?;
    let mut calm = mix(site, &people, scale.honest / 4).await?;
    let firing = alerts::firing(&before, &site.scrape().await?)?;
    tell_alerts(&format!("nobody attacks, {words}"), &[], &firing, report);
    let (spent, stop) = (Spent::now(site), Stop::after(scale.honest));
    let pace = Pace::new(17 * usize::try_from(scale.honest.as_secs())?, scale.honest);
    let (served, guessed, flooded, strange, ()) = tokio::join!(
        mix(site, &people, scale.honest),
        attack(site, &pace, siege::guess),
        flood(site, &stop),
        strange::again_and_again(site, &stop),
        async {
            sleep(scale.honest / 2).await;
            site.lose_redis().await;
        },
    );
    let (mut served, guessed, flooded, strange) = (served?, guessed?, flooded?, strange?);
    let split = spent.since(site, scale.judges);
    let well = served.iter().filter(|call| call.took.is_some()).count();
    let share = well * 10_000 / served.len().max(1);
    let measured = format!("{}.{:02} %", share / 100, share % 100);
    let what = format!("of {} honest calls served, {words}", served.len());
    report.timed("P34", what, "at least 99.5 %", &measured, share >= SERVED);
    let times = [P95, slowest(&mut served), slowest(&mut calm)];
    split.at_most(report, "P34", &format!("their p95, {words}"), times);
    report.note("P34", format!("p95 of each kind, {words}"), &by_kind(&served));
    let meanwhile = format!(
        "{} guesses, {} sign-ins in a flood, {strange} strange",
        guessed.all(),
        flooded.verdicts + flooded.surplus
    );
    report.note("P34", format!("meanwhile, {words}"), &meanwhile);
    report.note("P34", format!("shares of {} cores, {words}", super::cores()), &split.words());
    site.has_redis_again().await
}

/// Somebody who has signed in with a program, and in a browser at home.
async fn person(site: &Site, n: usize) -> Result<Person> {
    let member = site.member(&format!("person-{n}-{}", site.counted as u8), 1).await?;
    let from = site.somewhere();
    let mut browser = site.client(n).with_cookies();
    let form = format!("form[identifier]={}&form[password]={}", member.email, PASSWORD.replace(' ', "+"));
    let origin = site.stand.servers[0].url().replace("127.0.0.1", "localhost");
    let headers = [
        ("content-type", "application/x-www-form-urlencoded"),
        ("origin", origin.as_str()),
        ("x-forwarded-for", from.as_str()),
        ("accept", "text/html"),
    ];
    served(&mut browser, 303, Method::POST, "/fn/login", &headers, form.as_bytes()).await?;
    Ok(Person { n, member, from, program: Mutex::new(site.client(n)), browser: Mutex::new(browser) })
}

/// Twenty calls a second, whatever becomes of those before.
async fn mix(site: &Arc<Site>, people: &[Arc<Person>], lasts: Duration) -> Result<Vec<Served>> {
    let count = usize::try_from(lasts.as_secs())? * A_SECOND;
    let (begin, mut calls, mut served) = (Instant::now(), JoinSet::new(), Vec::new());
    for n in 0..count {
        let at = begin + turn(n, count, lasts);
        sleep_until(at.into()).await;
        let (site, person) = (site.clone(), people[n % people.len()].clone());
        calls.spawn(async move {
            let (what, well) = call(&site, &person, n).await;
            Served { what, took: well.then(|| at.elapsed()) }
        });
    }
    while let Some(call) = calls.join_next().await {
        served.push(call?);
    }
    Ok(served)
}

/// One in twenty signs in, half of them from a program that the account knows; the others read and write their profile and
/// load pages.
async fn call(site: &Site, person: &Person, n: usize) -> (&'static str, bool) {
    // Each person does each of them in turn.
    match (n + n / PEOPLE) % A_SECOND {
        0 => {
            let known = (n / A_SECOND).is_multiple_of(2);
            let what = if known { "sign-in, known" } else { "sign-in, new" };
            (what, signs_in(site, person, known).await)
        }
        1..8 => ("profile", asks(person, Method::GET, Vec::new()).await),
        8..10 => {
            let change = json!({ "bio": format!("the {n}th") });
            ("change", asks(person, Method::PATCH, serde_json::to_vec(&change).unwrap_or_default()).await)
        }
        10..15 => ("own page", opens(person, "/account").await),
        _ => ("sign-in page", opens(person, "/login?next=/account").await),
    }
}

/// As a person does: who is told to wait waits, and tries again.
async fn signs_in(site: &Site, person: &Person, known: bool) -> bool {
    let mut client = site.client(person.n);
    let from = if known { person.from.clone() } else { site.somewhere() };
    let device = known.then(|| person.member.devices[0].as_str());
    for _ in 0..=PATIENCE {
        match sign_in(&mut client, &from, &person.member.email, PASSWORD, device).await {
            Ok(answer) if answer.status == 200 => return true,
            Ok(answer) if answer.status == 503 => {
                sleep(Duration::from_secs(answer.header("retry-after").parse().unwrap_or(2))).await;
            }
            _ => return false,
        }
    }
    false
}

async fn asks(person: &Person, method: Method, body: Vec<u8>) -> bool {
    let bearer = format!("Bearer {}", person.member.tokens.access);
    let headers = [
        ("authorization", bearer.as_str()),
        ("content-type", "application/json"),
        ("x-forwarded-for", person.from.as_str()),
    ];
    let headers = if body.is_empty() { &[headers[0], headers[2]][..] } else { &headers[..] };
    let answer = person.program.lock().await.send(method, "/api/v1/users/me", headers, body).await;
    answer.is_ok_and(|answer| answer.status == 200)
}

/// A page for strangers leads members on.
async fn opens(person: &Person, path: &str) -> bool {
    let headers = [("accept", "text/html"), ("x-forwarded-for", person.from.as_str())];
    let answer = person.browser.lock().await.send(Method::GET, path, &headers, Vec::new()).await;
    let expected = if path == "/account" { 200 } else { 303 };
    answer.is_ok_and(|answer| answer.status == expected)
}

fn slowest(served: &mut [Served]) -> Duration {
    let mut times: Vec<Duration> = served.iter().filter_map(|call| call.took).collect();
    percentile(&mut times, 95)
}

fn by_kind(served: &[Served]) -> String {
    let mut kinds: Vec<&str> = served.iter().map(|call| call.what).collect();
    kinds.sort_unstable();
    kinds.dedup();
    let of = |kind: &str| {
        let calls = served.iter().filter(|call| call.what == kind);
        let mut times: Vec<Duration> = calls.clone().filter_map(|call| call.took).collect();
        format!("{kind} {}/{} {:.0?}", times.len(), calls.count(), percentile(&mut times, 95))
    };
    kinds.into_iter().map(of).collect::<Vec<_>>().join(", ")
}
