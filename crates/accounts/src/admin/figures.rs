use super::list::to_the_end;
use crate::view::timestamp;
use crate::{Accounts, Error, RequestCtx};
use domain::{DayFigures, Figures};
use std::collections::BTreeMap;
use std::sync::Arc;
use store::Scan;
use store::figures::{self, SignIns};
use time::{Date, Duration, OffsetDateTime, UtcOffset};
use uuid::Uuid;

/// How many days are shown, today among them.
const DAYS: i64 = 30;
/// How long figures are shown again before they are counted anew.
const FRESH: Duration = Duration::seconds(10);
/// How long that many people who signed in are not counted again.
const MANY: (i64, Duration) = (10_000, Duration::minutes(10));
/// How long after a day's end its last request may still write.
const SETTLED: Duration = Duration::minutes(5);

/// What was counted last, and what changes no more.
#[derive(Debug, Default)]
pub(crate) struct Counted {
    last: Option<(OffsetDateTime, Figures)>,
    active: Option<(OffsetDateTime, i64)>,
    /// Days that have ended.
    days: BTreeMap<Date, SignIns>,
}

impl Accounts {
    /// The figures of all accounts. One caller at a time counts; whoever comes within ten seconds is shown the same.
    ///
    /// # Errors
    /// [`Error::SignInNeeded`], [`Error::Forbidden`], [`Error::Overloaded`] while as many lists are read as may be at
    /// once, [`Error::Unavailable`].
    pub async fn admin_figures(&self, ctx: &RequestCtx) -> Result<Figures, Error> {
        ctx.admin()?;
        let mut counted = Arc::clone(&self.inner.figures).lock_owned().await;
        if let Some((_, figures)) = counted.last.as_ref().filter(|(at, _)| is_within(FRESH, *at, ctx.now)) {
            return Ok(figures.clone());
        }
        let (mut scan, now) = (self.store().scan().await?, ctx.now);
        to_the_end(async move {
            let figures = counted.count(&mut scan, now).await?;
            counted.last = Some((now, figures.clone()));
            Ok(figures)
        })
        .await
    }
}

impl Counted {
    async fn count(&mut self, scan: &mut Scan, now: OffsetDateTime) -> Result<Figures, Error> {
        let week = now - Duration::days(7);
        let people = figures::people(scan, first_id(week), week).await?;
        let today = now.to_offset(UtcOffset::UTC).date();
        self.days.retain(|day, _| (0..DAYS).contains(&(today - *day).whole_days()));
        let mut days = Vec::new();
        for back in (0..DAYS).rev() {
            let day = today - Duration::days(back);
            let SignIns { admitted, refused } = self.day(scan, day, now).await?;
            let day = timestamp(day.midnight().assume_utc());
            days.push(DayFigures {
                day,
                sign_ins: admitted.unsigned_abs(),
                refusals: refused.unsigned_abs(),
            });
        }
        let active = match self.active(scan, now).await {
            // The statement was given up: the last of this transaction.
            Err(Error::Unavailable(_)) => self.active.map(|(_, active)| active),
            active => Some(active?),
        };
        Ok(Figures {
            as_of: timestamp(now),
            people: people.all.unsigned_abs(),
            new_this_week: people.new.unsigned_abs(),
            proven: (people.all - people.unproven).unsigned_abs(),
            active: active.map(i64::unsigned_abs),
            days,
        })
    }

    async fn active(&mut self, scan: &mut Scan, now: OffsetDateTime) -> Result<i64, Error> {
        let (many, while_many) = MANY;
        match self.active {
            Some((at, active)) if active >= many && is_within(while_many, at, now) => Ok(active),
            _ => {
                let active = figures::active(scan, now - Duration::days(DAYS)).await?;
                self.active = Some((now, active));
                Ok(active)
            }
        }
    }

    /// One statement a day: none runs long, and what was counted is not counted again after an error.
    async fn day(&mut self, scan: &mut Scan, day: Date, now: OffsetDateTime) -> Result<SignIns, Error> {
        if let Some(known) = self.days.get(&day) {
            return Ok(*known);
        }
        let begin = day.midnight().assume_utc();
        let end = begin + Duration::DAY;
        let sign_ins = figures::sign_ins(scan, begin, end).await?;
        if end + SETTLED <= now {
            self.days.insert(day, sign_ins);
        }
        Ok(sign_ins)
    }
}

/// What every id (UUID v7) made from then on is not below.
fn first_id(at: OffsetDateTime) -> Uuid {
    let millis = u128::try_from(at.unix_timestamp_nanos() / 1_000_000).unwrap_or_default();
    Uuid::from_u128(millis << 80)
}

/// A clock that was set back makes nothing fresh for longer.
fn is_within(span: Duration, at: OffsetDateTime, now: OffsetDateTime) -> bool {
    (at..at + span).contains(&now)
}
