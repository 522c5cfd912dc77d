//! Confirming who one is: `/confirm`.

use accounts::{Error, RequestCtx};
use domain::{CodeRequestForm, CodeSignInForm, ConfirmForm};
use sqlx::PgPool;
use testkit::{PASSWORD, World, mail_code};
use time::Duration;

fn form(password: &str) -> ConfirmForm {
    ConfirmForm { current_password: password.into(), ..ConfirmForm::default() }
}

async fn exports(world: &World, ctx: &RequestCtx) -> bool {
    world.accounts.export(ctx).await.is_ok()
}

/// ASVS 7.2.4: whoever holds a copy of the cookie is not lifted with its owner.
#[sqlx::test(migrator = "store::MIGRATOR")]
async fn a_confirmation_opens_a_new_session_and_ends_the_old_one(pool: PgPool) {
    let world = World::new(pool);
    let ana = world.member("ana").await;
    world.clock.advance(Duration::minutes(11));
    let ctx = world.holder(&ana).await;
    assert!(!exports(&world, &ctx).await);
    assert!(matches!(world.accounts.confirm(&ctx, form("wrong")).await, Err(Error::Invalid(_))));
    assert!(world.holder(&ana).await.member().is_ok(), "nothing was confirmed");
    let token = world.accounts.confirm(&ctx, form(PASSWORD)).await.unwrap().unwrap();
    assert!(world.holder(&ana).await.member().is_err());
    let lifted = world.browser(&token).await;
    assert!(exports(&world, &lifted).await);
    assert_eq!(world.accounts.sessions(&lifted).await.unwrap().len(), 1);
    let opened = "SELECT count(*) FROM audit_events e JOIN audit_details d ON d.event_id = e.id
                  JOIN sessions s ON s.id = (d.detail->>'opened')::uuid
                  WHERE e.kind = 'reauthenticated' AND s.ended_at IS NULL AND s.id <> e.session_id";
    assert_eq!(world.count(opened).await, 1);
}

#[sqlx::test(migrator = "store::MIGRATOR")]
async fn whoever_has_no_password_is_told_so_however_often_they_try(pool: PgPool) {
    let world = World::new(pool);
    let ana = world.member("ana").await;
    world.execute("UPDATE users SET password_hash = NULL").await;
    let ctx = world.holder(&ana).await;
    for _ in 0..12 {
        let Err(Error::Invalid(errors)) = world.accounts.confirm(&ctx, form(PASSWORD)).await else {
            panic!("not told");
        };
        assert_eq!((errors[0].field.as_ref(), errors[0].reason.code()), ("current_password", "unset"));
    }
    assert_eq!(world.accounts.hash_count(), 1, "that of the sign-up");
}

/// Whoever has no password, or has forgotten it, shows by their mailbox who they are.
#[sqlx::test(migrator = "store::MIGRATOR")]
async fn a_code_by_mail_confirms_once(pool: PgPool) {
    let world = World::new(pool);
    let ana = world.member("ana").await;
    world.member("eve").await;
    world.execute("UPDATE users SET email_verified = true, password_hash = NULL").await;
    world.mail().await;
    world.clock.advance(Duration::minutes(11));
    let ctx = world.holder(&ana).await;
    let ways = world.accounts.ways_to_confirm(&ctx).await.unwrap();
    assert_eq!((ways.password, ways.code, ways.email.as_str()), (false, true, "ana@example.com"));
    world.accounts.ask_confirmation_code(&ctx).await.unwrap();
    let mail = world.mail().await.remove(0);
    assert_eq!(mail.to, "ana@example.com");
    let code = |code: &str| ConfirmForm { code: code.into(), ..ConfirmForm::default() };
    let wrong = world.accounts.confirm_by_code(&ctx, code("AAAAA-AAAAA")).await;
    let Err(Error::Invalid(errors)) = wrong else { panic!("{:?}", wrong.map(drop)) };
    assert_eq!((errors[0].field.as_ref(), errors[0].reason.code()), ("code", "wrong"));
    assert!(!exports(&world, &ctx).await);
    let token = world.accounts.confirm_by_code(&ctx, code(&mail_code(&mail))).await.unwrap().unwrap();
    let lifted = world.browser(&token).await;
    assert!(exports(&world, &lifted).await && world.holder(&ana).await.member().is_err());
    let again = world.accounts.confirm_by_code(&lifted, code(&mail_code(&mail))).await;
    assert!(matches!(again, Err(Error::Invalid(_))), "once");
    let refused = "SELECT count(*) FROM audit_events WHERE kind = 'reauthentication_refused'";
    assert_eq!(world.count(refused).await, 2);
}

/// The mail says that it is for the browser where its owner is signed in.
#[sqlx::test(migrator = "store::MIGRATOR")]
async fn a_code_that_confirms_signs_nobody_in(pool: PgPool) {
    let world = World::new(pool);
    let ana = world.member("ana").await;
    world.execute("UPDATE users SET email_verified = true").await;
    let (ctx, stranger) = (world.holder(&ana).await, world.stranger());
    let sign_in = async |code: &str| {
        let form = CodeSignInForm {
            identifier: "ana@example.com".into(),
            code: code.into(),
            ..CodeSignInForm::default()
        };
        world.accounts.sign_in_by_code(&stranger, form).await.map(drop)
    };
    world.mail().await;
    world.accounts.ask_confirmation_code(&ctx).await.unwrap();
    let confirms = mail_code(&world.mail().await[0]);
    let refused = sign_in(&confirms).await;
    assert!(matches!(refused, Err(Error::WrongCode)), "{refused:?}");
    let form = ConfirmForm { code: confirms.as_str().into(), ..ConfirmForm::default() };
    let token = world.accounts.confirm_by_code(&ctx, form).await.unwrap().unwrap();
    // Whoever wants to sign in gets another one, also while one of those is out.
    let ctx = world.browser(&token).await;
    world.accounts.ask_confirmation_code(&ctx).await.unwrap();
    let confirms = mail_code(&world.mail().await[0]);
    let form = CodeRequestForm { identifier: "ana@example.com".into(), ..CodeRequestForm::default() };
    world.accounts.ask_sign_in_code(&stranger, form).await.unwrap();
    let code = mail_code(&world.mail().await[0]);
    assert_ne!(code, confirms);
    sign_in(&code).await.unwrap();
}

#[sqlx::test(migrator = "store::MIGRATOR")]
async fn a_code_to_another_address_confirms_nothing(pool: PgPool) {
    let world = World::new(pool);
    let (ana, eve) = (world.member("ana").await, world.member("eve").await);
    world.execute("UPDATE users SET email_verified = true").await;
    world.mail().await;
    world.clock.advance(Duration::minutes(11));
    let (ana, eve) = (world.holder(&ana).await, world.holder(&eve).await);
    world.accounts.ask_confirmation_code(&eve).await.unwrap();
    let code = mail_code(&world.mail().await.remove(0));
    let form = ConfirmForm { code: code.into(), ..ConfirmForm::default() };
    assert!(matches!(world.accounts.confirm_by_code(&ana, form).await, Err(Error::Invalid(_))));
}
