//! The clone's own Postgres: installed or fetched, reached by a Unix socket only, run as an ordinary user.

mod account;
mod binaries;
mod cluster;
mod wire;

pub(crate) use cluster::{Cluster, Kind, Running};

use crate::lock::Lock;
use crate::steps;
use anyhow::{Result, bail};
use std::process::ExitCode;

/// Debian 12's; nothing older is tested.
pub(crate) const LEAST_MAJOR: u32 = 15;

/// The actions of `cargo xtask pg`.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(crate) enum Action {
    Start,
    Stop,
    Url,
}

/// `cargo xtask pg …`: the clusters by hand.
pub(crate) fn command(action: Action, cluster: &str) -> Result<ExitCode> {
    let kind = match cluster {
        "main" => Kind::Main,
        "test" => Kind::Test,
        _ => bail!("there is no cluster `{cluster}`, only main and test"),
    };
    match action {
        Action::Start => {
            let _lock = Lock::take(&format!("pg-{cluster}"))?;
            let cluster = Cluster::open(kind)?;
            let running = cluster.start()?;
            steps::say(&running.url(kind.database()));
            running.leave_running();
        }
        Action::Stop => {
            let _lock = Lock::take(&format!("pg-{cluster}"))?;
            Cluster::open(kind)?.stop()?;
        }
        Action::Url => steps::say(&Cluster::open(kind)?.url(kind.database())),
    }
    Ok(ExitCode::SUCCESS)
}
