//! The job that sends what waits in the outbox.

use super::catcher::{Catcher, Manner, SILENCE};
use super::smtp::plain;
use domain::AddressForm;
use sqlx::PgPool;
use std::sync::Arc;
use testkit::World;
use tokio::sync::Semaphore;
use tokio::task::JoinHandle;
use tokio_util::sync::CancellationToken;

/// A world of members whose mails go to a catcher.
async fn sending(
    pool: PgPool,
    names: &[&str],
    manner: Manner,
) -> (World, Catcher, CancellationToken, JoinHandle<()>) {
    let world = World::new(pool);
    for name in names {
        world.member(name).await;
    }
    world.mail().await;
    let (catcher, stop) = (Catcher::start(manner).await, CancellationToken::new());
    let job = server::jobs::outbox::run(world.accounts.clone(), plain(&catcher), stop.clone());
    let job = tokio::spawn(job);
    (world, catcher, stop, job)
}

async fn forget(world: &World, name: &str) {
    let form = AddressForm { email: format!("{name}@example.com") };
    world.accounts.forgot_password(&world.stranger(), form).await.unwrap();
}

async fn waiting(world: &World) -> i64 {
    world.count("SELECT count(*) FROM outbox").await
}

#[sqlx::test(migrator = "store::MIGRATOR")]
async fn what_is_written_is_sent_once(pool: PgPool) {
    let (world, catcher, stop, job) = sending(pool, &["ana", "bob"], Manner::default()).await;
    forget(&world, "ana").await;
    forget(&world, "nobody").await;
    catcher.until(|heard| heard.mails.len() == 1).await;
    forget(&world, "bob").await;
    catcher.until(|heard| heard.mails.len() == 2).await;
    stop.cancel();
    job.await.unwrap();
    let heard = catcher.heard();
    assert!(heard.header(0, "To").contains("ana@") && heard.header(1, "To").contains("bob@"));
    assert_eq!(heard.mails.len(), 2);
}

#[sqlx::test(migrator = "store::MIGRATOR")]
async fn a_mail_that_is_stuck_holds_up_no_other(pool: PgPool) {
    let manner = Manner::answering("RCPT", SILENCE);
    let (world, catcher, stop, job) = sending(pool, &["ana", "bob"], manner).await;
    forget(&world, "ana").await;
    catcher.until(|heard| heard.has("RCPT")).await;
    catcher.behave(Manner::default());
    forget(&world, "bob").await;
    catcher.until(|heard| heard.mails.len() == 1).await;
    assert!(catcher.heard().header(0, "To").contains("bob@"));
    stop.cancel();
    job.abort();
}

#[sqlx::test(migrator = "store::MIGRATOR")]
async fn a_stop_waits_for_the_mail_in_hand_and_begins_no_other(pool: PgPool) {
    let hold = Arc::new(Semaphore::new(0));
    let manner = Manner { hold: Some(hold.clone()), ..Manner::default() };
    let (world, catcher, stop, job) = sending(pool, &["ana", "bob"], manner).await;
    forget(&world, "ana").await;
    catcher.until(|heard| heard.mails.len() == 1).await;
    // Another sender may just be looking for mails: it would still take the one that follows.
    while world.pool.num_idle() < world.pool.size() as usize {
        tokio::task::yield_now().await;
    }
    stop.cancel();
    forget(&world, "bob").await;
    assert!(!job.is_finished());
    hold.add_permits(1);
    job.await.unwrap();
    assert_eq!(catcher.heard().mails.len(), 1);
    assert_eq!(waiting(&world).await, 1, "ana's was sent, and bob's waits for the next server");
}
