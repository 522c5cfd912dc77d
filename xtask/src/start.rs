//! `cargo xtask start`: from a bare machine to a page.

use crate::args::ServeOptions;
use crate::leftovers::Turn;
use crate::postgres::{Cluster, Kind, Running};
use crate::server::Place;
use crate::setup::Toolbox;
use crate::{bundle, interrupt, port, prerequisites, settings, steps};
use anyhow::{Result, bail};
use std::io::{BufRead, IsTerminal};
use std::process::ExitCode;
use std::time::Instant;

pub(crate) const AS_SEEDS: &str = "
  ┌───────────────────────────────────────────────────────────────────┐
  │ --as-seeds: weak passwords are taken, for the samples of the five │
  │ READMEs. On this machine only; keep nothing real in here.         │
  └───────────────────────────────────────────────────────────────────┘";

pub(crate) fn run(options: &ServeOptions) -> Result<ExitCode> {
    let began = Instant::now();
    let ready = Ready::bring(options)?;
    bundle::build(&ready.tools)?;
    ready.place.migrate()?;
    // Said at once: nobody could ask for the password again if the server did not come up.
    steps::say(&ready.place.first_admin()?);
    let (url, took) = (ready.place.url(), steps::took(began.elapsed()));
    let welcome = format!("\n  {url}\n\nReady after {took}. Ctrl-C stops it.");
    if options.as_seeds {
        steps::say(AS_SEEDS);
    }
    ready.place.serve(&welcome)?;
    Ok(ExitCode::SUCCESS)
}

/// All that comes before a build, for `start` and `dev` alike. Fields drop in order: Postgres stops before the
/// turn is given up.
pub(crate) struct Ready {
    pub(crate) tools: Toolbox,
    pub(crate) place: Place,
    _postgres: Option<Running>,
    _turn: Turn,
}

impl Ready {
    pub(crate) fn bring(options: &ServeOptions) -> Result<Self> {
        settings::check()?;
        let address = Place::address(options.port)?;
        if options.as_seeds && !address.ip().is_loopback() {
            bail!("--as-seeds takes weak passwords, and {address} is open to others: listen on loopback");
        }
        let turn = Turn::take("start")?;
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
        let database = match (&postgres, foreign) {
            (Some(postgres), _) => postgres.url(Kind::Main.database()),
            (None, Some(foreign)) => foreign,
            (None, None) => bail!("there is no database"),
        };
        Ok(Self {
            tools,
            place: Place { address, database, port: options.port, as_seeds: options.as_seeds },
            _postgres: postgres,
            _turn: turn,
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
