//! Everything before a build, for `start` and `dev` alike.

use super::target::Target;
use super::{port, settings};
use crate::lock::Lock;
use crate::postgres::{Cluster, Kind, Running};
use crate::tools::{Toolbox, prerequisites};
use crate::{interrupt, steps};
use anyhow::{Result, bail};
use std::io::{BufRead, IsTerminal};

pub(crate) const AS_SEEDS: &str = "
  ┌───────────────────────────────────────────────────────────────────┐
  │ --as-seeds: weak passwords are taken, for the samples of the five │
  │ READMEs. On this machine only; keep nothing real in here.         │
  └───────────────────────────────────────────────────────────────────┘";

#[derive(Debug, Default, PartialEq)]
pub(crate) struct ServeOptions {
    pub(crate) port: Option<u16>,
    pub(crate) reset: bool,
    pub(crate) yes: bool,
    pub(crate) as_seeds: bool,
}

/// Fields drop in order: Postgres stops before the lock is given up.
pub(crate) struct Environment {
    pub(crate) tools: Toolbox,
    pub(crate) target: Target,
    _postgres: Option<Running>,
    _lock: Lock,
}

impl Environment {
    pub(crate) fn bring(options: &ServeOptions) -> Result<Self> {
        settings::check()?;
        let address = Target::address(options.port)?;
        if options.as_seeds && !address.ip().is_loopback() {
            bail!("--as-seeds takes weak passwords, and {address} is open to others: listen on loopback");
        }
        let lock = Lock::take("start")?;
        port::check_free(address)?;
        let foreign = settings::secret("DATABASE_URL")?;
        if options.reset {
            reset(foreign.is_some(), options.yes)?;
        }
        prerequisites::check()?;
        let (tools, postgres) = Toolbox::bring(|| match foreign {
            Some(_) => Ok(None),
            None => Cluster::open(Kind::Main)?.start().map(Some),
        })?;
        interrupt::check()?;
        let database = Kind::Main.database();
        let (database, migrating) = match (&postgres, foreign) {
            (Some(postgres), _) => (postgres.serving_url(database), Some(postgres.url(database))),
            (None, Some(foreign)) => (foreign, None),
            (None, None) => bail!("there is no database"),
        };
        Ok(Self {
            tools,
            target: Target { address, database, migrating, port: options.port, as_seeds: options.as_seeds },
            _postgres: postgres,
            _lock: lock,
        })
    }
}

fn reset(foreign: bool, yes: bool) -> Result<()> {
    if foreign {
        bail!(
            "--reset empties only this clone's own Postgres, and DATABASE_URL names another: unset it first"
        );
    }
    let cluster = Cluster::open(Kind::Main)?;
    if !yes {
        if !std::io::stdin().is_terminal() {
            bail!("--reset asks before it empties {}: add --yes to say so", cluster.data().display());
        }
        steps::say(&format!("Empty all data in {}? [y/N]", cluster.data().display()));
        let mut answer = String::new();
        interrupt::asking(|| std::io::stdin().lock().read_line(&mut answer))?;
        if !matches!(answer.trim(), "y" | "Y" | "yes") {
            bail!("Nothing was emptied");
        }
    }
    cluster.reset()?;
    steps::say("✓ Emptied");
    Ok(())
}
