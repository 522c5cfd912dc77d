use crate::crew::{admin, again};
use accounts::Error;
use domain::{DayFigures, Figures};
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
    let people = figures.people.unwrap();
    assert_eq!((people.all, people.new_this_week, people.proven), (4, 2, 1));
    assert_eq!(figures.active.as_ref().map(|active| active.people), Some(3), "old was here a month ago");
    assert_eq!(figures.days.len(), 30);
    let counts = |day: &DayFigures| day.counts.as_ref().map(|day| (day.sign_ins, day.refusals)).unwrap();
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
    assert_eq!((first.people.unwrap().all, second.people.unwrap().all), (1, 2));
    assert_eq!(first.days[..29], second.days[..29]);
    assert_ne!(first.days[29], second.days[29]);
}

/// Every statement on the table that the trail is kept in is ended by the database, as one is that takes too long.
const SLOW_TRAIL: &str = "
    CREATE FUNCTION too_long() RETURNS boolean IMMUTABLE LANGUAGE plpgsql
        AS $$ BEGIN RAISE EXCEPTION USING ERRCODE = 'query_canceled'; END $$;
    ALTER TABLE audit_events RENAME TO kept_events;
    CREATE VIEW audit_events AS SELECT * FROM kept_events WHERE too_long();";
const QUICK_TRAIL: &str = "DROP VIEW audit_events; ALTER TABLE kept_events RENAME TO audit_events;";

#[sqlx::test(migrator = "store::MIGRATOR")]
async fn a_count_that_takes_too_long_hides_no_other_figure(pool: PgPool) {
    let world = World::new(pool.clone());
    let ctx = world.holder(&admin(&world, "ada").await).await;
    let first = world.accounts.admin_figures(&ctx).await.unwrap();
    world.member("eve").await;
    world.clock.advance(Duration::seconds(10));
    sqlx::raw_sql(SLOW_TRAIL).execute(&pool).await.unwrap();
    let second = world.accounts.admin_figures(&ctx).await.unwrap();
    assert_eq!(second.people.unwrap().all, 2);
    assert_eq!((&second.active, &second.days), (&first.active, &first.days), "as they were counted last");

    let started_anew = World::new(pool.clone());
    let figures = async || started_anew.accounts.admin_figures(&ctx).await.unwrap();
    let lacking = |figures: &Figures| figures.days.iter().filter(|day| day.counts.is_none()).count();
    let third = figures().await;
    assert_eq!((third.people.as_ref().unwrap().all, &third.active, lacking(&third)), (2, &None, 30));
    sqlx::raw_sql(QUICK_TRAIL).execute(&pool).await.unwrap();
    started_anew.clock.advance(Duration::seconds(10));
    let fourth = figures().await;
    assert!(fourth.active.is_some() && fourth.days[29].counts.is_none(), "the others have their turn");
    assert_eq!(lacking(&fourth), 1);
    started_anew.clock.advance(Duration::minutes(10));
    assert_eq!(lacking(&figures().await), 0);
}

#[sqlx::test(migrator = "store::MIGRATOR")]
async fn figures_are_for_admins(pool: PgPool) {
    let world = World::new(pool);
    let ana = world.member("ana").await;
    let member = world.accounts.admin_figures(&world.holder(&ana).await).await;
    assert!(matches!(member, Err(Error::Forbidden)));
    assert!(matches!(world.accounts.admin_figures(&world.stranger()).await, Err(Error::SignInNeeded)));
}
