use crate::crew::{admin, again};
use accounts::Error;
use domain::DayFigures;
use sqlx::PgPool;
use testkit::{PASSWORD, World, sign_in};
use time::Duration;

#[sqlx::test(migrator = "store::MIGRATOR")]
async fn figures_count_people_and_sign_ins_by_day(pool: PgPool) {
    let world = World::new(pool);
    admin(&world, "ada").await;
    world.member("old").await;
    world.clock.advance(Duration::days(31));
    world.member("eve").await;
    world.member("bob").await;
    world.execute("UPDATE users SET email_verified = true WHERE email LIKE 'bob%'").await;
    for password in [PASSWORD, "wrong guess of a stranger"] {
        let tried = world.accounts.sign_in(&world.stranger(), sign_in("bob@example.com", password)).await;
        assert_eq!(tried.is_ok(), password == PASSWORD);
    }
    world.clock.advance(Duration::DAY);
    world.accounts.sign_in(&world.stranger(), sign_in("eve@example.com", PASSWORD)).await.unwrap();
    let ctx = world.holder(&again(&world, "ada").await).await;
    let figures = world.accounts.admin_figures(&ctx).await.unwrap();
    assert_eq!((figures.people, figures.new_this_week, figures.proven), (4, 2, 1));
    assert_eq!(figures.active.as_ref().map(|active| active.people), Some(3), "old was here a month ago");
    assert_eq!((figures.days.len(), figures.proven_percent()), (30, Some(25)));
    let counts = |day: &DayFigures| (day.sign_ins, day.refusals);
    // Whoever signs up on a page is signed in.
    assert_eq!(figures.days.iter().map(counts).rev().take(3).collect::<Vec<_>>(), [(2, 0), (3, 1), (0, 0)]);
    assert!(figures.days.is_sorted_by_key(|day| &day.day.0));
    assert_eq!(figures.days[29].day.0[..10], figures.as_of.0[..10]);
}

#[sqlx::test(migrator = "store::MIGRATOR")]
async fn figures_are_counted_anew_after_ten_seconds_and_a_day_that_has_ended_is_not(pool: PgPool) {
    let world = World::new(pool);
    admin(&world, "ada").await;
    world.clock.advance(Duration::days(2));
    let ada = again(&world, "ada").await;
    let ctx = world.holder(&ada).await;
    let first = world.accounts.admin_figures(&ctx).await.unwrap();
    world.member("eve").await;
    world.execute("UPDATE audit_events SET kind = 'sign_in_failed'").await;
    assert_eq!(world.accounts.admin_figures(&ctx).await.unwrap(), first);
    world.clock.advance(Duration::seconds(10));
    let ctx = world.holder(&ada).await;
    let second = world.accounts.admin_figures(&ctx).await.unwrap();
    assert_eq!((first.people, second.people), (1, 2));
    assert_eq!(first.days[..29], second.days[..29]);
    assert_ne!(first.days[29], second.days[29]);
}

#[sqlx::test(migrator = "store::MIGRATOR")]
async fn figures_are_for_admins(pool: PgPool) {
    let world = World::new(pool);
    let ana = world.member("ana").await;
    let member = world.accounts.admin_figures(&world.holder(&ana).await).await;
    assert!(matches!(member, Err(Error::Forbidden)));
    assert!(matches!(world.accounts.admin_figures(&world.stranger()).await, Err(Error::SignInNeeded)));
}
