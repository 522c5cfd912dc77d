//! The outbox: a mail is sent at least once, and each time the same.

use accounts::{Mailer, Message, Undelivered};
use domain::AddressForm;
use sqlx::PgPool;
use testkit::{Mailbox, World, link_token};
use time::Duration;

async fn ask(world: &World) {
    let form = AddressForm { email: "ana@example.com".into() };
    world.accounts.forgot_password(&world.stranger(), form).await.unwrap();
}

async fn with_ana(pool: PgPool) -> World {
    let world = World::new(pool);
    world.member("ana").await;
    world.mail().await;
    world
}

/// A server that dies while it sends: the mail is out, and nobody wrote that down.
struct Dying(Mailbox);

impl Mailer for Dying {
    async fn send(&self, message: Message) -> Result<(), Undelivered> {
        self.0.send(message).await?;
        std::future::pending().await
    }
}

#[sqlx::test(migrator = "store::MIGRATOR")]
async fn a_server_that_dies_leaves_a_repeat_with_the_same_id_and_link(pool: PgPool) {
    let world = with_ana(pool).await;
    ask(&world).await;
    let dying = Dying(Mailbox::default());
    tokio::select! {
        biased;
        () = async { while dying.0.is_empty() { tokio::task::yield_now().await } } => {}
        _ = world.accounts.send_due(&dying) => unreachable!("it never ends"),
    }
    let first = dying.0.take().pop().unwrap();
    assert!(world.mail().await.is_empty(), "another server waits for the lease to end");
    world.clock.advance(Duration::seconds(61));
    let second = world.mail().await.pop().unwrap();
    assert_eq!(second.id, first.id);
    assert_eq!(link_token(&second, "reset"), link_token(&first, "reset"));
}

#[sqlx::test(migrator = "store::MIGRATOR")]
async fn a_mail_is_tried_for_a_day_and_then_given_up(pool: PgPool) {
    let world = with_ana(pool).await;
    ask(&world).await;
    let away = Mailbox::default();
    away.refuse(Some(Undelivered::Later("away".into())));
    let mut tries = 0;
    for _ in 0..24 {
        while world.accounts.send_due(&away).await.unwrap() {
            tries += 1;
        }
        world.clock.advance(Duration::hours(1) + Duration::seconds(1));
    }
    assert!((10..=24).contains(&tries), "{tries} tries");
    assert!(world.mail().await.is_empty(), "expired");
    assert_eq!(world.count("SELECT count(*) FROM outbox").await, 0);
    assert_eq!(world.count("SELECT count(*) FROM audit_events WHERE kind = 'mail_given_up'").await, 1);
}

/// The second mail carries the first one's link, which ends while the mail server is away.
#[sqlx::test(migrator = "store::MIGRATOR")]
async fn a_mail_whose_link_ended_while_it_waited_carries_another(pool: PgPool) {
    let world = with_ana(pool).await;
    ask(&world).await;
    let first = world.mail().await.pop().unwrap();
    world.clock.advance(Duration::minutes(2));
    ask(&world).await;
    let away = Mailbox::default();
    away.refuse(Some(Undelivered::Later("away".into())));
    while world.accounts.send_due(&away).await.unwrap() {}
    world.clock.advance(Duration::minutes(10));
    let second = world.mail().await.pop().unwrap();
    assert_ne!(link_token(&second, "reset"), link_token(&first, "reset"));
}

/// A server that does not have the key of a mail.
#[sqlx::test(migrator = "store::MIGRATOR")]
async fn a_mail_that_cannot_be_made_holds_up_no_other(pool: PgPool) {
    let world = with_ana(pool).await;
    ask(&world).await;
    world.execute("UPDATE outbox SET key_id = 'nobody''s'").await;
    world.clock.advance(Duration::SECOND);
    ask(&world).await;
    assert_eq!(world.mail().await.len(), 1);
    assert_eq!(world.count("SELECT count(*) FROM outbox").await, 1);
}

#[sqlx::test(migrator = "store::MIGRATOR")]
async fn a_refusal_for_good_is_not_repeated(pool: PgPool) {
    let world = with_ana(pool).await;
    ask(&world).await;
    let mailbox = Mailbox::default();
    mailbox.refuse(Some(Undelivered::Never("no such mailbox".into())));
    assert!(world.accounts.send_due(&mailbox).await.unwrap());
    assert!(!world.accounts.send_due(&mailbox).await.unwrap());
    assert_eq!(world.count("SELECT count(*) FROM audit_events WHERE kind = 'mail_given_up'").await, 1);
}

#[sqlx::test(migrator = "store::MIGRATOR")]
async fn two_servers_send_no_mail_twice(pool: PgPool) {
    let world = with_ana(pool.clone()).await;
    let other = World::replica(&pool, &world.clock, |_| ());
    let mailbox = Mailbox::default();
    for _ in 0..3 {
        ask(&world).await;
    }
    let drain = async |accounts: &accounts::Accounts| while accounts.send_due(&mailbox).await.unwrap() {};
    tokio::join!(drain(&world.accounts), drain(&other), drain(&world.accounts), drain(&other));
    let mut ids: Vec<_> = mailbox.take().into_iter().map(|mail| mail.id).collect();
    ids.sort_unstable();
    ids.dedup();
    assert_eq!(ids.len(), 3);
}

/// Another server has taken the mail of before, and has not said so yet.
#[sqlx::test(migrator = "store::MIGRATOR")]
async fn a_server_that_takes_a_mail_holds_up_no_other(pool: PgPool) {
    let world = with_ana(pool).await;
    for _ in 0..2 {
        ask(&world).await;
        world.clock.advance(Duration::SECOND);
    }
    let mut other = world.pool.begin().await.unwrap();
    let take = "SELECT id FROM outbox ORDER BY next_at LIMIT 1 FOR UPDATE";
    let taken: sqlx::types::Uuid = sqlx::query_scalar(take).fetch_one(&mut *other).await.unwrap();
    let mailbox = Mailbox::default();
    tokio::select! {
        sent = world.accounts.send_due(&mailbox) => assert!(sent.unwrap()),
        () = world.until_locked_out(1) => panic!("it waits for the other server"),
    }
    let sent = mailbox.take();
    assert!(sent.len() == 1 && sent[0].id != taken);
    assert!(!world.accounts.send_due(&mailbox).await.unwrap(), "the other one's is not due here");
}

#[sqlx::test(migrator = "store::MIGRATOR")]
async fn what_waits_is_unreadable_without_the_key(pool: PgPool) {
    let world = with_ana(pool).await;
    ask(&world).await;
    let readable = "SELECT count(*) FROM outbox WHERE position('ana@'::bytea IN sealed) > 0";
    assert_eq!(world.count("SELECT count(*) FROM outbox").await, 1);
    assert_eq!(world.count(readable).await, 0);
}

/// Mails of before go out if mail is on again in time, and nobody finds them years later.
#[sqlx::test(migrator = "store::MIGRATOR")]
async fn what_waits_when_mail_is_turned_off_is_deleted_after_a_day(pool: PgPool) {
    let world = with_ana(pool).await;
    ask(&world).await;
    let off = World::replica(&world.pool, &world.clock, |settings| settings.mail.enabled = false);
    let waiting = "SELECT count(*) FROM outbox";
    assert_eq!(
        (off.mails_left_behind().await.unwrap(), world.accounts.mails_left_behind().await.unwrap()),
        (1, 0)
    );
    off.sweep(world.accounts.now()).await.unwrap();
    assert_eq!(world.count(waiting).await, 1, "it may still go out");
    world.clock.advance(Duration::DAY);
    world.accounts.sweep(world.accounts.now()).await.unwrap();
    assert_eq!(world.count(waiting).await, 1, "where mail is on, it is given up and recorded");
    off.sweep(world.accounts.now()).await.unwrap();
    assert_eq!(world.count(waiting).await, 0);
}
