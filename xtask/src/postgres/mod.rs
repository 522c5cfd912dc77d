//! The clone's own Postgres: found or brought, reached by a Unix socket only, run as an ordinary user.

mod account;
mod binaries;
mod cluster;
mod wire;

pub(crate) use cluster::{Cluster, Kind, Running};

use crate::args::PostgresAction;
use crate::lock::Turn;
use crate::steps;
use anyhow::{Result, bail};
use std::process::ExitCode;

/// Debian 12's; nothing older is tested.
pub(crate) const LEAST_MAJOR: u32 = 15;

/// `cargo xtask pg …`: the clusters by hand.
pub(crate) fn command(action: PostgresAction, cluster: &str) -> Result<ExitCode> {
    let kind = match cluster {
        "main" => Kind::Main,
        "test" => Kind::Test,
        _ => bail!("there is no cluster `{cluster}`, only main and test"),
    };
    match action {
        PostgresAction::Start => {
            let _turn = Turn::take(&format!("pg-{cluster}"))?;
            let cluster = Cluster::open(kind)?;
            let running = cluster.start()?;
            steps::say(&running.url(kind.database()));
            running.leave_running();
        }
        PostgresAction::Stop => {
            let _turn = Turn::take(&format!("pg-{cluster}"))?;
            Cluster::open(kind)?.stop()?;
        }
        PostgresAction::Url => steps::say(&Cluster::open(kind)?.url(kind.database())),
    }
    Ok(ExitCode::SUCCESS)
}
