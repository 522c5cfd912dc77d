//! P12 and P13: guesses at one account from everywhere, many names from one address, and one password over many of both,
//! all at once and for minutes; meanwhile the account's owner signs in from programs that it knows.

use super::attack::{Attempt, Pace, Tried, attack, turn};
use super::site::{Counted, Member, Site, sign_in};
use super::{Scale, alerts, tell_alerts};
use crate::report::Report;
use crate::stand::PASSWORD;
use anyhow::Result;
use std::sync::Arc;
use std::time::{Duration, Instant};
use tokio::time::{sleep, sleep_until};

/// A known program has ten sign-ins an hour.
const SIGN_INS_OF_A_DEVICE: usize = 10;
/// From where one password is sprayed.
const SPRAYERS: usize = 20;
const VERIFICATIONS: u64 = 100;
const VERIFICATIONS_OF_AN_ADDRESS: u64 = 50;
const OWNER_WITHIN: Duration = Duration::from_secs(2);
/// How soon the trail tells of an attack.
const TOLD_WITHIN: Duration = Duration::from_secs(5);

const THROTTLED: &str = "SELECT count(*) FROM audit_events WHERE kind = 'throttled'";

/// What was seen.
struct Seen {
    guesses: Tried,
    stuffing: Tried,
    spraying: Tried,
    owner: Vec<Option<Duration>>,
    told_after: Option<Duration>,
    hashes: u64,
}

pub(super) async fn run(site: &Arc<Site>, scale: &Scale, report: &mut Report) -> Result<()> {
    let owner = site.member("owner", scale.owner.div_ceil(SIGN_INS_OF_A_DEVICE)).await?;
    let before = site.scrape().await?;
    let [many, few, spread] =
        [scale.guesses, scale.stuffing, scale.spraying * SPRAYERS].map(|count| Pace::new(count, scale.siege));
    let stuffer = site.somewhere();
    let sprayers: Vec<String> = (0..SPRAYERS).map(|_| site.somewhere()).collect();
    let (guesses, stuffing, spraying, owner, told_after, ()) = tokio::join!(
        attack(site, &many, guess),
        attack(site, &few, move |_, n| Attempt {
            from: stuffer.clone(),
            name: format!("stuffed-{n}@example.com"),
            password: format!("leaked password {n}"),
        }),
        attack(site, &spread, move |_, n| Attempt {
            from: sprayers[n % SPRAYERS].clone(),
            name: format!("sprayed-{n}@example.com"),
            password: "correct horse battery staple".to_owned(),
        }),
        signs_in(site, &owner, scale),
        told(site, &few),
        async {
            sleep(scale.siege / 2).await;
            site.lose_redis().await;
        },
    );
    let after = site.scrape().await?;
    let seen = Seen {
        guesses: guesses?,
        stuffing: stuffing?,
        spraying: spraying?,
        owner: owner?,
        told_after: told_after?,
        hashes: after.hashes() - before.hashes(),
    };
    tell(site.counted, scale, &seen, report);
    let firing = alerts::firing(&before, &after)?;
    let mut expected = vec!["DoorstepSignInsRefused"];
    expected.extend((site.counted == Counted::RedisThatDies).then_some("DoorstepRedisLost"));
    tell_alerts(&format!("guesses, {}", site.counted.words()), &expected, &firing, report);
    site.has_redis_again().await
}

/// A guess at the owner's password, from an address that nobody had.
pub(super) fn guess(site: &Site, n: usize) -> Attempt {
    let name = if n.is_multiple_of(3) { "OWNER@Example.com " } else { "owner@example.com" };
    Attempt { from: site.somewhere(), name: name.to_owned(), password: format!("guess {n}") }
}

/// How long each sign-in of the owner took; `None` where it failed.
async fn signs_in(site: &Site, owner: &Member, scale: &Scale) -> Result<Vec<Option<Duration>>> {
    let (begin, mut took) = (Instant::now(), Vec::new());
    let mut clients = [site.client(0), site.client(1)];
    for n in 0..scale.owner {
        sleep_until((begin + turn(n, scale.owner, scale.siege)).into()).await;
        let device = &owner.devices[n % owner.devices.len()];
        let (from, asked) = (site.somewhere(), Instant::now());
        let answer = sign_in(&mut clients[n % 2], &from, &owner.email, PASSWORD, Some(device)).await;
        took.push(answer.is_ok_and(|answer| answer.status == 200).then(|| asked.elapsed()));
    }
    Ok(took)
}

/// How long after the first refusal the trail tells of it.
async fn told(site: &Site, of: &Pace) -> Result<Option<Duration>> {
    let begin = Instant::now();
    while begin.elapsed() < of.lasts + TOLD_WITHIN {
        let first = of.first_refusal.get().copied();
        if let Some(first) = first
            && site.rows(THROTTLED).await? > 0
        {
            return Ok(Some(first.elapsed()));
        }
        sleep(Duration::from_millis(50)).await;
    }
    Ok(None)
}

fn tell(counted: Counted, scale: &Scale, seen: &Seen, report: &mut Report) {
    let words = counted.words();
    let Seen { guesses, stuffing, spraying, owner, told_after, hashes } = seen;
    let in_time = owner.iter().flatten().filter(|took| **took <= OWNER_WITHIN).count() as u64;
    let signed_in = owner.iter().flatten().count() as u64;
    let guessed = hashes.saturating_sub(signed_in + stuffing.looked_at() + spraying.looked_at());
    let minutes = scale.siege.as_secs_f64() / 60.0;
    let what = format!("verifications of {} guesses in {minutes:.1} min, {words}", guesses.all());
    report.at_most("P12", what, VERIFICATIONS, guessed);
    report.timed(
        "P12",
        format!("owner in within 2 s, of {}, {words}", owner.len()),
        format_args!("at least {}", scale.owner),
        &in_time,
        in_time >= scale.owner as u64,
    );
    let slowest = owner.iter().flatten().max().copied().unwrap_or_default();
    report.note("P12", format!("the owner's slowest sign-in, {words}"), &format!("{slowest:.0?}"));
    let what = format!("verifications of {} names from one address, {words}", stuffing.all());
    report.at_most("P13", what, VERIFICATIONS_OF_AN_ADDRESS, stuffing.looked_at());
    let what = format!("most of an address, {} sprayed from {SPRAYERS}, {words}", spraying.all());
    report.at_most("P13", what, VERIFICATIONS_OF_AN_ADDRESS, spraying.most());
    let told = told_after.map_or("never".to_owned(), |after| format!("{after:.1?}"));
    let soon = told_after.is_some_and(|after| after <= TOLD_WITHIN);
    report.timed("P13", format!("the trail tells of it, {words}"), "within 5 s", &told, soon);
    let lost = guesses.lost + stuffing.lost + spraying.lost;
    report.note("P12", format!("attempts without a verdict and not 429, {words}"), &lost);
}
