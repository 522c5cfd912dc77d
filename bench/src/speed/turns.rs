//! What is compared is measured in turns, so that whatever the machine does meanwhile falls on all of it.

use super::load::{Load, Scripts};
use super::results::Results;
use super::sample::{Sample, Spent};
use crate::stand::{Server, child};
use anyhow::{Context, Result, bail};
use sqlx::postgres::PgPool;
use std::net::{Ipv4Addr, SocketAddr};
use std::process::{Command, Output};
use std::time::Duration;

/// How much is measured.
#[derive(Debug, Clone, Copy)]
pub(super) struct Plan {
    /// Of each round.
    pub(super) time: Duration,
    pub(super) rounds: usize,
    /// The numbers of accounts that are compared: few, some, many.
    pub(super) people: [u32; 3],
    /// How many sign-ins the memory is measured after.
    pub(super) sign_ins: usize,
    /// Memory that is given back is given back by then.
    pub(super) rest: Duration,
}

/// What is measured under one name.
pub(super) struct Subject<'a> {
    /// As the results are named.
    pub(super) id: &'static str,
    pub(super) work: Work<'a>,
    pub(super) watched: Watched<'a>,
}

pub(super) enum Work<'a> {
    /// Requests, made anew for each round.
    Http { port: u16, scripts: Box<dyn Fn() -> Scripts + 'a> },
    /// A program that runs for a round, and what reads in its words what it did.
    Program { command: Box<dyn Fn(Duration) -> Command + 'a>, read: fn(&str) -> Option<Done> },
}

/// How often a program did its work, and in how long.
pub(super) type Done = (usize, Duration);

/// Whose processor time counts.
#[derive(Debug, Default, Clone)]
pub(super) struct Watched<'a> {
    /// The server's processes; of a [`Work::Program`] it is the program itself.
    pub(super) server: Vec<u32>,
    /// The database whose sessions' does.
    pub(super) database: Option<&'a PgPool>,
    pub(super) redis: Option<u32>,
}

impl<'a> Watched<'a> {
    pub(super) fn server(server: &Server, database: &'a PgPool) -> Self {
        Self { server: vec![server.pid()], database: Some(database), redis: None }
    }

    async fn spent(&self, ended: bool) -> Result<Spent> {
        let sum = |pids: &[u32]| pids.iter().map(|pid| child::cpu(*pid)).sum::<Duration>();
        let mut server = sum(&self.server);
        let mut database = None;
        if let Some(pool) = self.database {
            let (postmaster, sessions) = sessions(pool).await?;
            database = Some(sum(&sessions));
            if ended {
                database = database.map(|time| time + child::cpu_of_ended(postmaster));
            }
        }
        if ended {
            server += child::cpu_of_ended(std::process::id());
        }
        Ok(Spent { server, database, redis: self.redis.map(child::cpu) })
    }
}

/// The process ids of Postgres itself and of a database's sessions.
async fn sessions(pool: &PgPool) -> Result<(u32, Vec<u32>)> {
    let sessions: Vec<i32> =
        sqlx::query_scalar("SELECT pid FROM pg_stat_activity WHERE datname = current_database()")
            .fetch_all(pool)
            .await?;
    let file: String = sqlx::query_scalar("SELECT pg_read_file('postmaster.pid')").fetch_one(pool).await?;
    let postmaster = file.lines().next().context("postmaster.pid is empty")?.trim().parse()?;
    Ok((postmaster, sessions.into_iter().filter_map(|pid| u32::try_from(pid).ok()).collect()))
}

impl Spent {
    fn since(self, before: Self) -> Self {
        let part = |now: Option<Duration>, then: Option<Duration>| Some(now?.saturating_sub(then?));
        Self {
            server: self.server.saturating_sub(before.server),
            database: part(self.database, before.database),
            redis: part(self.redis, before.redis),
        }
    }
}

/// Measures these in turns, as often as planned.
pub(super) async fn measure(plan: Plan, results: &mut Results, subjects: &[Subject<'_>]) -> Result<()> {
    let mut rounds: Vec<Vec<Sample>> = vec![Vec::new(); subjects.len()];
    for number in 0..plan.rounds {
        for (subject, samples) in subjects.iter().zip(&mut rounds) {
            if number == 0 {
                subject.run(plan.time / 6).await.with_context(|| subject.id.to_owned())?;
            }
            samples.push(subject.run(plan.time).await.with_context(|| subject.id.to_owned())?);
        }
    }
    for (subject, samples) in subjects.iter().zip(rounds) {
        results.series(subject.id, &samples);
    }
    Ok(())
}

impl Subject<'_> {
    pub(super) async fn run(&self, time: Duration) -> Result<Sample> {
        match &self.work {
            Work::Http { port, scripts } => {
                let before = self.watched.spent(false).await?;
                let address = SocketAddr::from((Ipv4Addr::LOCALHOST, *port));
                let answers = Load { address, scripts: scripts(), time }.run().await?;
                Sample::new(answers, self.watched.spent(false).await?.since(before))
            }
            Work::Program { command, read } => {
                let before = self.watched.spent(true).await?;
                let said = output(command(time)).await?;
                // Postgres hears of the end of its sessions, and counts their time then.
                tokio::time::sleep(Duration::from_millis(200)).await;
                let spent = self.watched.spent(true).await?.since(before);
                let said = String::from_utf8_lossy(&said.stdout).into_owned();
                let done =
                    read(&said).with_context(|| format!("the program does not say what it did: {said}"));
                let (count, elapsed) = done?;
                Ok(Sample::counted(count, elapsed, spent))
            }
        }
    }
}

/// Runs a program to its end, which succeeds.
pub(super) async fn output(mut command: Command) -> Result<Output> {
    let name = command.get_program().to_string_lossy().into_owned();
    let output = tokio::task::spawn_blocking(move || command.output()).await?;
    let output = output.with_context(|| format!("{name} cannot be started"))?;
    if !output.status.success() {
        bail!("{name} failed: {}", String::from_utf8_lossy(&output.stderr));
    }
    Ok(output)
}
