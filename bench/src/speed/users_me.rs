//! `GET /api/v1/users/me` and `/livez` beside bare axum: the same body, with every layer, limit and log line on.

use super::peer::Peer;
use super::requests::{call, get};
use super::results::Results;
use super::turns::{Plan, Subject, Watched, Work, measure};
use super::{Main, load};
use anyhow::Result;

const CONNECTIONS: usize = 32;

pub(super) async fn run(plan: Plan, main: &Main, results: &mut Results) -> Result<()> {
    let bare = Peer::start("bare", main.stand.folder()).await?;
    let server = &main.stand.servers[0];
    let ours = || Watched::server(server, main.stand.sql());
    let theirs = || Watched { server: vec![bare.pid()], ..Watched::default() };
    let subject = |id, port, request: String, watched| {
        let scripts = Box::new(move || load::cycle(std::slice::from_ref(&request), CONNECTIONS));
        Subject { id, work: Work::Http { port, scripts }, watched }
    };
    let subjects = [
        subject("bare_empty", bare.port(), get("/", &[]), theirs()),
        subject("livez", server.port(), get("/livez", &[]), ours()),
        subject("bare_me", bare.port(), get("/me", &[]), theirs()),
        subject("users_me", server.port(), call("/api/v1/users/me", &main.tokens[0].access), ours()),
    ];
    measure(plan, results, &subjects).await
}
