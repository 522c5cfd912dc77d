use accounts::{Error, RequestCtx};
use domain::PasswordForm;
use sqlx::PgPool;
use testkit::{PASSWORD, World, sign_in};

const NEW: &str = "amber lantern on the step";

fn form(current: &str, new: &str) -> PasswordForm {
    PasswordForm { current_password: current.into(), new_password: new.into() }
}

#[sqlx::test(migrator = "store::MIGRATOR")]
async fn a_change_ends_every_other_session_and_gives_this_one_a_new_id(pool: PgPool) {
    let world = World::new(pool);
    let here = world.member("ana").await;
    let there =
        world.accounts.sign_in(&world.stranger(), sign_in("ana@example.com", PASSWORD)).await.unwrap();
    let ctx = world.holder(&here).await;
    let changed = world.accounts.change_password(&ctx, form(PASSWORD, NEW)).await.unwrap();
    assert!(world.holder(&here).await.member().is_err(), "the old id is dead");
    assert!(world.holder(&there).await.member().is_err(), "the other device is out");
    assert!(world.browser(&changed.token.unwrap()).await.member().is_ok(), "this browser goes on");
    assert!(world.accounts.sign_in(&world.stranger(), sign_in("ana@example.com", PASSWORD)).await.is_err());
    assert!(world.accounts.sign_in(&world.stranger(), sign_in("ana@example.com", NEW)).await.is_ok());
}

#[sqlx::test(migrator = "store::MIGRATOR")]
async fn a_wrong_current_or_a_weak_new_password_changes_nothing(pool: PgPool) {
    let world = World::new(pool);
    let ana = world.member("ana").await;
    let ctx = world.holder(&ana).await;
    let cases = [
        (form("wrong", NEW), "current_password", "wrong"),
        (form(PASSWORD, "password123"), "new_password", "too_weak"),
        (form(PASSWORD, "ana@example.com"), "new_password", "too_weak"),
        (form(PASSWORD, PASSWORD), "new_password", "unchanged"),
        (form("", ""), "current_password", "required"),
    ];
    for (form, field, code) in cases {
        let Err(Error::Invalid(errors)) = world.accounts.change_password(&ctx, form).await else {
            panic!("{field} {code} was accepted");
        };
        assert_eq!((errors[0].field.as_str(), errors[0].reason.code()), (field, code));
    }
    assert!(world.holder(&ana).await.member().is_ok());
    assert!(world.accounts.sign_in(&world.stranger(), sign_in("ana@example.com", PASSWORD)).await.is_ok());
}

#[sqlx::test(migrator = "store::MIGRATOR")]
async fn of_changes_at_the_same_moment_one_counts(pool: PgPool) {
    let world = World::with(pool, |settings| settings.hashing.permits = 8);
    let ana = world.member("ana").await;
    let ctx = world.holder(&ana).await;
    assert_eq!(changes_at_once(&world, &ctx).await, 1);
}

/// Its session goes on, so nothing but the password itself says that one change came first.
#[sqlx::test(migrator = "store::MIGRATOR")]
async fn of_a_program_s_changes_at_the_same_moment_one_counts(pool: PgPool) {
    let world = World::with(pool, |settings| settings.hashing.permits = 8);
    world.member("ana").await;
    let ctx = world.bearer(&world.program("ana").await).await;
    assert_eq!(changes_at_once(&world, &ctx).await, 1);
}

async fn changes_at_once(world: &World, ctx: &RequestCtx) -> u32 {
    let tries: Vec<_> = (0..8)
        .map(|n| {
            let (accounts, ctx) = (world.accounts.clone(), ctx.clone());
            tokio::spawn(async move {
                accounts.change_password(&ctx, form(PASSWORD, &format!("{NEW} {n}"))).await
            })
        })
        .collect();
    let mut changed = 0;
    for attempt in tries {
        changed += u32::from(attempt.await.unwrap().is_ok());
    }
    assert_eq!(world.count("SELECT count(*) FROM sessions WHERE ended_at IS NULL").await, 1);
    changed
}

#[sqlx::test(migrator = "store::MIGRATOR")]
async fn a_sign_in_that_races_a_change_never_keeps_the_old_password_alive(pool: PgPool) {
    let world = World::with(pool, |settings| settings.hashing.permits = 8);
    for round in 0..8 {
        let name = format!("ana{round}");
        let ana = world.member(&name).await;
        let ctx = world.holder(&ana).await;
        let stranger = world.stranger();
        let email = format!("{name}@example.com");
        let (changed, raced) = tokio::join!(
            world.accounts.change_password(&ctx, form(PASSWORD, NEW)),
            world.accounts.sign_in(&stranger, sign_in(&email, PASSWORD)),
        );
        changed.unwrap();
        if let Ok(raced) = raced {
            assert!(world.holder(&raced).await.member().is_err(), "it began before the change, so it ended");
        }
    }
}

#[sqlx::test(migrator = "store::MIGRATOR")]
async fn strangers_change_nobodys_password(pool: PgPool) {
    let world = World::new(pool);
    let refused = world.accounts.change_password(&world.stranger(), form(PASSWORD, NEW)).await;
    assert!(matches!(refused, Err(Error::SignInNeeded)));
    assert_eq!(world.accounts.hash_count(), 0);
}
