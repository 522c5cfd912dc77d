use crate::reading::to_the_end;
use crate::rng::first_id;
use crate::view::timestamp;
use crate::{Accounts, Error, RequestCtx};
use domain::{ActiveFigure, DayCounts, DayFigures, Figures, PeopleFigures};
use std::collections::BTreeMap;
use std::sync::Arc;
use store::Store;
use store::figures::{self, People, SignIns};
use time::{Date, Duration, OffsetDateTime, UtcOffset};
use tokio::sync::{Mutex, watch};
use tokio::time::timeout;

/// How many days are shown, today among them.
const DAYS: i64 = 30;
/// How long figures are shown again before they are counted anew.
const FRESH: Duration = Duration::seconds(10);
/// How long that many people who signed in are not counted again.
const MANY: (i64, Duration) = (10_000, Duration::minutes(10));
/// How long after a day's end its last request may still write.
const SETTLED: Duration = Duration::minutes(5);
/// How long a day that could not be counted in time is left alone: the others have their turn.
const PUT_OFF: Duration = Duration::minutes(10);

/// The figures that were shown last, and what they are made of.
#[derive(Debug, Default)]
pub(crate) struct KeptFigures {
    shown: watch::Sender<Option<(OffsetDateTime, Figures)>>,
    counted: Arc<Mutex<Counted>>,
}

/// Each count by itself, as it was last.
#[derive(Debug, Default)]
struct Counted {
    people: Option<(OffsetDateTime, People)>,
    active: Option<(OffsetDateTime, i64)>,
    days: BTreeMap<Date, CountedDay>,
}

#[derive(Debug, Default)]
struct CountedDay {
    counts: Option<(OffsetDateTime, SignIns)>,
    /// When the last count took too long.
    failed: Option<OffsetDateTime>,
}

impl Accounts {
    /// The figures of all accounts. One caller at a time counts; whoever comes within ten seconds is shown the same, and so
    /// is whoever comes while another counts for long.
    ///
    /// # Errors
    /// [`Error::SignInNeeded`], [`Error::Forbidden`]; where nothing was counted before, [`Error::Overloaded`] while as many
    /// lists are read as may be at once, or another counts for long.
    pub async fn admin_figures(&self, ctx: &RequestCtx) -> Result<Figures, Error> {
        ctx.admin()?;
        let kept = &self.inner.figures;
        let counted = timeout(self.store().scan_wait(), Arc::clone(&kept.counted).lock_owned()).await;
        let (shown, now) = (kept.shown.borrow().clone(), self.now());
        match (counted, shown) {
            (Err(_), None) => Err(Error::Overloaded),
            (Err(_), Some((_, figures))) => Ok(figures),
            (Ok(_), Some((at, figures))) if is_within(FRESH, at, now) => Ok(figures),
            (Ok(mut counted), _) => {
                let accounts = self.clone();
                to_the_end(async move {
                    let figures = counted.count(accounts.store(), now).await?;
                    let shown = Some((accounts.now(), figures.clone()));
                    accounts.inner.figures.shown.send_replace(shown);
                    Ok(figures)
                })
                .await
            }
        }
    }
}

/// Each statement has a scan of its own: others come in between. One that fails hides no other.
impl Counted {
    async fn count(&mut self, store: &Store, now: OffsetDateTime) -> Result<Figures, Error> {
        match self.count_all(store, now).await {
            // What is known is there for everybody.
            Err(Error::Overloaded) if self.people.is_some() => {}
            counted => counted?,
        }
        Ok(self.figures(now))
    }

    async fn count_all(&mut self, store: &Store, now: OffsetDateTime) -> Result<(), Error> {
        in_time(self.count_people(store, now).await)?;
        in_time(self.count_active(store, now).await)?;
        in_time(self.count_days(store, now).await)
    }

    async fn count_people(&mut self, store: &Store, now: OffsetDateTime) -> Result<(), Error> {
        let week = now - Duration::days(7);
        let people = figures::people(&mut store.scan().await?, first_id(week), week).await?;
        self.people = Some((now, people));
        Ok(())
    }

    async fn count_active(&mut self, store: &Store, now: OffsetDateTime) -> Result<(), Error> {
        let (many, while_many) = MANY;
        if self.active.is_none_or(|(at, active)| active < many || !is_within(while_many, at, now)) {
            let active = figures::active(&mut store.scan().await?, now - Duration::days(DAYS)).await?;
            self.active = Some((now, active));
        }
        Ok(())
    }

    /// The newest first, until one cannot be counted in time.
    async fn count_days(&mut self, store: &Store, now: OffsetDateTime) -> Result<(), Error> {
        let shown: Vec<_> = days(now).collect();
        self.days.retain(|day, _| shown.contains(day));
        for day in shown {
            let (begin, counted) = (day.midnight().assume_utc(), self.days.entry(day).or_default());
            let end = begin + Duration::DAY;
            if !counted.is_due(end, now) {
                continue;
            }
            let mut scan = store.scan().await?;
            counted.failed = Some(now);
            let sign_ins = figures::sign_ins(&mut scan, begin, end).await?;
            *counted = CountedDay { counts: Some((now, sign_ins)), failed: None };
        }
        Ok(())
    }

    fn figures(&self, now: OffsetDateTime) -> Figures {
        let people = self.people.map(|(at, people)| PeopleFigures {
            all: people.all.unsigned_abs(),
            new_this_week: people.new.unsigned_abs(),
            proven: (people.all - people.unproven).unsigned_abs(),
            as_of: timestamp(at),
        });
        let active = self
            .active
            .map(|(at, active)| ActiveFigure { people: active.unsigned_abs(), as_of: timestamp(at) });
        let counts = |day: &Date| {
            let (at, SignIns { admitted, refused }) = self.days.get(day)?.counts?;
            let (sign_ins, refusals) = (admitted.unsigned_abs(), refused.unsigned_abs());
            Some(DayCounts { sign_ins, refusals, as_of: timestamp(at) })
        };
        let shown = days(now).map(|day| {
            let counts = counts(&day);
            DayFigures { day: timestamp(day.midnight().assume_utc()), counts }
        });
        Figures { as_of: timestamp(now), people, active, days: shown.rev().collect() }
    }
}

impl CountedDay {
    fn is_due(&self, end: OffsetDateTime, now: OffsetDateTime) -> bool {
        let put_off = self.failed.is_some_and(|at| is_within(PUT_OFF, at, now));
        let settled = self.counts.is_some_and(|(at, _)| end + SETTLED <= at);
        !put_off && !settled
    }
}

/// What could not be counted in time stays as it was.
fn in_time(counted: Result<(), Error>) -> Result<(), Error> {
    match counted {
        Err(Error::Unavailable(_)) => Ok(()),
        counted => counted,
    }
}

/// The days that are shown, the newest first.
fn days(now: OffsetDateTime) -> impl DoubleEndedIterator<Item = Date> {
    let today = now.to_offset(UtcOffset::UTC).date();
    (0..DAYS).map(move |back| today - Duration::days(back))
}

/// A clock that was set back makes nothing fresh for longer.
fn is_within(span: Duration, at: OffsetDateTime, now: OffsetDateTime) -> bool {
    (at..at + span).contains(&now)
}
