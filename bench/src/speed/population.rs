//! A thousand accounts and sessions beside a million: what a call and a sign-in take for people from all over the table.

use super::requests::{call, sign_ins};
use super::results::Results;
use super::turns::{Plan, Subject, Watched, Work, measure};
use super::{admin, load, people, sign_in, tokens};
use crate::stand::{Setup, Stand};
use anyhow::{Result, ensure};
use std::time::Instant;

/// How many of them are active: as many among many as among few.
const ACTIVE: usize = 200;

pub(super) struct Population {
    pub(super) stand: Stand,
    emails: Vec<String>,
    calls: Vec<String>,
}

pub(super) async fn run(plan: Plan, hash: &str, results: &mut Results) -> Result<()> {
    let [few, some, many] = plan.people;
    results.value("people_few", few.into());
    results.value("people_some", some.into());
    results.value("people_many", many.into());
    let few = Population::make(few, hash, None).await?;
    let some = Population::make(some, hash, None).await?;
    let many = Population::make(many, hash, Some(results)).await?;
    let me = |id, population| Population::users_me(population, id);
    let in_ = |id, population| Population::sign_in(population, id);
    measure(plan, results, &[me("users_me_few", &few), me("users_me_many", &many)]).await?;
    measure(plan, results, &[in_("sign_in_few", &few), in_("sign_in_many", &many)]).await?;
    admin::run(plan, [&some, &many], results).await
}

impl Population {
    async fn make(count: u32, hash: &str, indexes: Option<&mut Results>) -> Result<Self> {
        let began = Instant::now();
        let setup = Setup::servers(1).set("RATE_LIMIT_PER_MINUTE", "10000000");
        // Without a key the server does not begin to seal the millions of events that it finds.
        let mut stand = setup.set("ENCRYPTION_KEY_FILE", "").prepare().await?;
        migrate(&stand)?;
        let pool = stand.database.pool();
        // As a database that grew before these indexes were known.
        sqlx::raw_sql("DROP INDEX IF EXISTS users_search_idx, users_name_idx, audit_events_sign_ins_idx")
            .execute(pool)
            .await?;
        people::fill(pool, count, hash).await?;
        people::sessions(pool).await?;
        println!("  {count} people after {} s", began.elapsed().as_secs());
        let began = Instant::now();
        migrate(&stand)?;
        if let Some(results) = indexes {
            results.value("indexes_s", began.elapsed().as_secs_f64());
        }
        let emails = people::emails(pool, ACTIVE).await?;
        stand.servers[0].start().await?;
        let tokens = tokens::sign_in(&stand.servers[0], &emails).await?;
        let calls = tokens.iter().map(|tokens| call("/api/v1/users/me", &tokens.access)).collect();
        Ok(Self { stand, emails, calls })
    }

    fn users_me(&self, id: &'static str) -> Subject<'_> {
        self.subject(id, Box::new(|| load::cycle(&self.calls, 8)))
    }

    fn sign_in(&self, id: &'static str) -> Subject<'_> {
        self.subject(id, Box::new(|| sign_ins(sign_in::PATH, &self.emails, 2)))
    }

    fn subject<'a>(&'a self, id: &'static str, scripts: Box<dyn Fn() -> load::Scripts + 'a>) -> Subject<'a> {
        let server = &self.stand.servers[0];
        let watched = Watched::server(server, self.stand.sql());
        Subject { id, work: Work::Http { port: server.port(), scripts }, watched }
    }
}

fn migrate(stand: &Stand) -> Result<()> {
    let output = stand.servers[0].command(&["migrate"]).output()?;
    ensure!(output.status.success(), "server migrate: {}", String::from_utf8_lossy(&output.stderr));
    Ok(())
}
