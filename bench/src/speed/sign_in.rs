//! Signing in beside the bare limit of the cores: Argon2id at the same costs, and nothing else.

use super::results::Results;
use super::turns::{Done, Plan, Subject, Watched, Work, measure};
use super::{Main, peer, requests};
use anyhow::Result;
use std::process::Command;
use std::time::Duration;

pub(super) const PATH: &str = "/api/v1/auth/login";

pub(super) async fn run(plan: Plan, main: &Main, results: &mut Results) -> Result<()> {
    let (cores, program) = (std::thread::available_parallelism()?.get(), peer::program()?);
    let command = move |time: Duration| {
        let mut command = Command::new(&program);
        command.args(["argon2", &cores.to_string(), &time.as_millis().to_string()]);
        command
    };
    let server = &main.stand.servers[0];
    let scripts = || requests::sign_ins(PATH, &main.emails, 2 * cores);
    let subjects = [
        Subject {
            id: "argon2",
            work: Work::Program { command: Box::new(command), read },
            watched: Watched::default(),
        },
        Subject {
            id: "sign_in",
            work: Work::Http { port: server.port(), scripts: Box::new(scripts) },
            watched: Watched::server(server, main.stand.sql()),
        },
    ];
    measure(plan, results, &subjects).await
}

/// `HASHES SECONDS`
fn read(said: &str) -> Option<Done> {
    let (count, seconds) = said.trim().split_once(' ')?;
    Some((count.parse().ok()?, Duration::from_secs_f64(seconds.parse().ok()?)))
}
