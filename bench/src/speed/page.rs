//! The sign-in page beside a minimal Leptos page.

use super::peer::Peer;
use super::requests::get;
use super::results::Results;
use super::turns::{Plan, Subject, Watched, Work, measure};
use super::{Main, load};
use anyhow::Result;

const CONNECTIONS: usize = 8;

pub(super) async fn run(plan: Plan, main: &Main, results: &mut Results) -> Result<()> {
    let minimal = Peer::start("page", main.stand.folder()).await?;
    let server = &main.stand.servers[0];
    let request = |path| get(path, &[("Accept", "text/html")]);
    let subject = |id, port, request: String, watched| {
        let scripts = Box::new(move || load::cycle(std::slice::from_ref(&request), CONNECTIONS));
        Subject { id, work: Work::Http { port, scripts }, watched }
    };
    let watched = Watched { server: vec![minimal.pid()], ..Watched::default() };
    let subjects = [
        subject("minimal_page", minimal.port(), request("/"), watched),
        subject("sign_in_page", server.port(), request("/login"), Watched::server(server, main.stand.sql())),
    ];
    measure(plan, results, &subjects).await
}
