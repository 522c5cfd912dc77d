use crate::crew::{again, kinds};
use accounts::Error;
use domain::{SessionId, SessionKind};
use sqlx::PgPool;
use testkit::World;
use time::Duration;
use uuid::Uuid;

#[sqlx::test(migrator = "store::MIGRATOR")]
async fn one_sees_ones_own_living_sessions(pool: PgPool) {
    let world = World::new(pool);
    let idle = world.member("ana").await;
    world.member("eve").await;
    world.clock.advance(Duration::days(4));
    let here = again(&world, "ana").await;
    let ended = again(&world, "ana").await;
    let ended = world.holder(&ended).await;
    world.accounts.sign_out(&ended).await.unwrap();
    let ctx = world.holder(&here).await;
    let sessions = world.accounts.sessions(&ctx).await.unwrap();
    let current: Vec<_> = sessions.iter().map(|session| session.current).collect();
    assert_eq!(current, [true, false], "the last used first, nobody else's, none that was ended");
    assert_eq!(sessions[0].id, ctx.member().unwrap().session);
    assert_eq!((sessions[0].kind, sessions[0].agent.as_str()), (SessionKind::Browser, "test"));
    assert!(sessions[0].address.starts_with("2001:db8:"));
    assert_eq!(sessions[0].created_at.0, "2026-11-24T12:00:00.000000Z");
    world.clock.advance(Duration::days(3));
    assert!(world.holder(&idle).await.member().is_err());
    let ctx = world.holder(&here).await;
    assert_eq!(world.accounts.sessions(&ctx).await.unwrap().len(), 1, "a dead one is not shown");
    assert!(matches!(world.accounts.sessions(&world.stranger()).await, Err(Error::SignInNeeded)));
}

#[sqlx::test(migrator = "store::MIGRATOR")]
async fn a_foreign_session_is_as_absent_as_one_that_never_was(pool: PgPool) {
    let world = World::new(pool);
    let (ana, eve) = (world.member("ana").await, world.member("eve").await);
    let ctx = world.holder(&ana).await;
    let foreign = world.holder(&eve).await.member().unwrap().session;
    let absent = SessionId(Uuid::from_u128(7));
    for id in [foreign, absent] {
        let refused = world.accounts.end_my_session(&ctx, id).await.unwrap_err();
        assert!(matches!(refused, Error::NotFound));
    }
    assert!(world.holder(&eve).await.member().is_ok());
    assert_eq!(kinds(&world).await, [""; 0]);
}

#[sqlx::test(migrator = "store::MIGRATOR")]
async fn ending_a_session_acts_at_once_and_counts_once(pool: PgPool) {
    let world = World::new(pool);
    let here = world.member("ana").await;
    let there = again(&world, "ana").await;
    let ctx = world.holder(&here).await;
    let id = world.holder(&there).await.member().unwrap().session;
    world.accounts.end_my_session(&ctx, id).await.unwrap();
    assert!(world.holder(&there).await.member().is_err());
    assert!(matches!(world.accounts.end_my_session(&ctx, id).await, Err(Error::NotFound)));
    let own = ctx.member().unwrap().session;
    world.accounts.end_my_session(&ctx, own).await.unwrap();
    assert!(world.holder(&here).await.member().is_err());
    assert_eq!(kinds(&world).await, ["session_ended", "session_ended"]);
}

#[sqlx::test(migrator = "store::MIGRATOR")]
async fn a_page_may_be_older_than_the_end_of_a_session(pool: PgPool) {
    let world = World::new(pool);
    let here = world.member("ana").await;
    let (there, eve) = (again(&world, "ana").await, world.member("eve").await);
    let ctx = world.holder(&here).await;
    let id = world.holder(&there).await.member().unwrap().session;
    let foreign = world.holder(&eve).await.member().unwrap().session;
    for session in [id, id, foreign] {
        world.accounts.end_my_session_if_alive(&ctx, session).await.unwrap();
    }
    assert!(world.holder(&there).await.member().is_err());
    assert!(world.holder(&eve).await.member().is_ok());
    assert_eq!(kinds(&world).await, ["session_ended"]);
    let stranger = world.stranger();
    assert!(matches!(world.accounts.end_my_session_if_alive(&stranger, id).await, Err(Error::SignInNeeded)));
}

#[sqlx::test(migrator = "store::MIGRATOR")]
async fn all_other_sessions_end_and_this_one_stays(pool: PgPool) {
    let world = World::new(pool);
    let (here, eve) = (world.member("ana").await, world.member("eve").await);
    let (one, two) = (again(&world, "ana").await, again(&world, "ana").await);
    let ctx = world.holder(&here).await;
    assert_eq!(world.accounts.end_my_other_sessions(&ctx).await.unwrap(), 2);
    for gone in [&one, &two] {
        assert!(world.holder(gone).await.member().is_err());
    }
    for alive in [&here, &eve] {
        assert!(world.holder(alive).await.member().is_ok());
    }
    assert_eq!(kinds(&world).await, ["other_sessions_ended"]);
}
