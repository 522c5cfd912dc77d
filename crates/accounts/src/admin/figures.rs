use crate::reading::to_the_end;
use crate::view::timestamp;
use crate::{Accounts, Error, RequestCtx};
use domain::{ActiveFigure, DayFigures, Figures};
use std::collections::BTreeMap;
use std::sync::Arc;
use store::Store;
use store::figures::{self, SignIns};
use time::{Date, Duration, OffsetDateTime, UtcOffset};
use tokio::time::timeout;
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
    /// once, or another counts for long, [`Error::Unavailable`].
    pub async fn admin_figures(&self, ctx: &RequestCtx) -> Result<Figures, Error> {
        ctx.admin()?;
        let counted = timeout(self.store().scan_wait(), Arc::clone(&self.inner.figures).lock_owned()).await;
        let mut counted = counted.map_err(|_| Error::Overloaded)?;
        let now = self.now();
        if let Some((_, figures)) = counted.last.as_ref().filter(|(at, _)| is_within(FRESH, *at, now)) {
            return Ok(figures.clone());
        }
        let accounts = self.clone();
        to_the_end(async move {
            let figures = counted.count(accounts.store(), now).await?;
            counted.last = Some((accounts.now(), figures.clone()));
            Ok(figures)
        })
        .await
    }
}

/// Each statement has a scan of its own: others come in between, and what was counted before one fails is kept.
impl Counted {
    async fn count(&mut self, store: &Store, now: OffsetDateTime) -> Result<Figures, Error> {
        let week = now - Duration::days(7);
        let people = figures::people(&mut store.scan().await?, first_id(week), week).await?;
        let today = now.to_offset(UtcOffset::UTC).date();
        self.days.retain(|day, _| (0..DAYS).contains(&(today - *day).whole_days()));
        let mut days = Vec::new();
        for back in (0..DAYS).rev() {
            let day = today - Duration::days(back);
            let SignIns { admitted, refused } = self.day(store, day, now).await?;
            let day = timestamp(day.midnight().assume_utc());
            days.push(DayFigures {
                day,
                sign_ins: admitted.unsigned_abs(),
                refusals: refused.unsigned_abs(),
            });
        }
        match self.count_active(store, now).await {
            // It took too long: the last count stays.
            Ok(()) | Err(Error::Unavailable(_)) => {}
            Err(error) => return Err(error),
        }
        let active = self
            .active
            .map(|(at, active)| ActiveFigure { people: active.unsigned_abs(), as_of: timestamp(at) });
        Ok(Figures {
            as_of: timestamp(now),
            people: people.all.unsigned_abs(),
            new_this_week: people.new.unsigned_abs(),
            proven: (people.all - people.unproven).unsigned_abs(),
            active,
            days,
        })
    }

    async fn count_active(&mut self, store: &Store, now: OffsetDateTime) -> Result<(), Error> {
        let (many, while_many) = MANY;
        if self.active.is_none_or(|(at, active)| active < many || !is_within(while_many, at, now)) {
            let active = figures::active(&mut store.scan().await?, now - Duration::days(DAYS)).await?;
            self.active = Some((now, active));
        }
        Ok(())
    }

    async fn day(&mut self, store: &Store, day: Date, now: OffsetDateTime) -> Result<SignIns, Error> {
        if let Some(known) = self.days.get(&day) {
            return Ok(*known);
        }
        let begin = day.midnight().assume_utc();
        let end = begin + Duration::DAY;
        let sign_ins = figures::sign_ins(&mut store.scan().await?, begin, end).await?;
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
