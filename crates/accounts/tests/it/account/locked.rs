//! Whoever waits for a row while their session ends, or their account is disabled or demoted, writes nothing.

use crate::crew::{admin, admin_patch, again, deletion, patch};
use accounts::{Accounts, Error, Precondition, RequestCtx};
use domain::{EmailForm, FactorsClearing, PasswordForm, ProfileForm, SessionId, UserId};
use serde_json::json;
use sqlx::{PgConnection, PgPool};
use std::pin::Pin;
use testkit::{PASSWORD, World};

/// Whom and what a write is about: somebody else, and another session of one's own.
#[derive(Clone, Copy)]
struct Objects {
    other: UserId,
    session: SessionId,
}

type Writing = Pin<Box<dyn Future<Output = Result<(), Error>> + Send>>;
type Write = (&'static str, fn(Accounts, RequestCtx, Objects) -> Writing);

const OWN: &[Write] = &[
    ("profile", |accounts, ctx, _| {
        let form = ProfileForm { name: Some("Late".into()), ..ProfileForm::default() };
        Box::pin(async move { accounts.save_profile(&ctx, form).await.map(drop) })
    }),
    ("account", |accounts, ctx, _| {
        Box::pin(async move { accounts.change_me(&ctx, patch(json!({"bio": "Late"}))).await.map(drop) })
    }),
    ("password", |accounts, ctx, _| {
        let (old, new) = (PASSWORD.into(), "amber lantern on the step".into());
        let form = PasswordForm { current_password: old, new_password: new };
        Box::pin(async move { accounts.change_password(&ctx, form).await.map(drop) })
    }),
    ("a session", |accounts, ctx, objects| {
        Box::pin(async move { accounts.end_my_session(&ctx, objects.session).await })
    }),
    ("other sessions", |accounts, ctx, _| {
        Box::pin(async move { accounts.end_my_other_sessions(&ctx).await.map(drop) })
    }),
];

/// What somebody may do whose address has to be proven.
const LEADS_TO_PROOF: &[Write] = &[
    ("address", |accounts, ctx, _| {
        let form = patch(json!({"email": "late@example.com"}));
        Box::pin(async move { accounts.change_me(&ctx, form).await.map(drop) })
    }),
    ("address with the password", |accounts, ctx, _| {
        let form = patch(json!({"email": "late@example.com", "current_password": PASSWORD}));
        Box::pin(async move { accounts.change_me(&ctx, form).await.map(drop) })
    }),
    ("address by the page", |accounts, ctx, _| {
        let form = EmailForm { email: "late@example.com".to_owned(), password: PASSWORD.into() };
        Box::pin(async move { accounts.change_email(&ctx, form).await.map(drop) })
    }),
    ("cancelling", |accounts, ctx, _| {
        Box::pin(async move { accounts.cancel_email_change(&ctx).await.map(drop) })
    }),
    ("deletion", |accounts, ctx, _| Box::pin(async move { accounts.delete_me(&ctx, deletion(None)).await })),
];

const ADMINS: &[Write] = &[
    ("another account", |accounts, ctx, objects| {
        let form = admin_patch(json!({"name": "Late"}));
        Box::pin(async move { accounts.change_user(&ctx, objects.other, form).await.map(drop) })
    }),
    ("another account's role", |accounts, ctx, objects| {
        let form = admin_patch(json!({"role": "admin"}));
        Box::pin(async move { accounts.change_user(&ctx, objects.other, form).await.map(drop) })
    }),
    ("another account's sessions", |accounts, ctx, objects| {
        Box::pin(async move { accounts.end_sessions_of(&ctx, objects.other).await.map(drop) })
    }),
    ("another account's factors", |accounts, ctx, objects| {
        let form = FactorsClearing { reason: "Lost".into() };
        Box::pin(async move { accounts.clear_factors(&ctx, objects.other, form).await })
    }),
    ("another account's deletion", |accounts, ctx, objects| {
        Box::pin(async move { accounts.delete_user(&ctx, objects.other).await })
    }),
];

const SESSIONS_END: &str = "UPDATE sessions SET ended_at = authenticated_at WHERE user_id = $1";
const DISABLED: &str = "UPDATE users SET is_active = false WHERE id = $1";
const UNPROVEN: &str = "UPDATE users SET email_verified = false WHERE id = $1";
const DEMOTED: &str = "UPDATE users SET role = 'user' WHERE id = $1";

const SIGN_IN_NEEDED: &str = "Err(SignInNeeded)";
const FORBIDDEN: &str = "Err(Forbidden)";
const UNVERIFIED: &str = "Err(EmailUnverified)";

async fn digest(connection: &mut PgConnection) -> String {
    let sql = "SELECT concat(
        (SELECT md5(string_agg(u::text, '|' ORDER BY id)) FROM users u), ' ',
        (SELECT md5(string_agg((to_jsonb(s) - 'last_used_at')::text, '|' ORDER BY id)) FROM sessions s), ' ',
        (SELECT md5(string_agg(a::text, '|' ORDER BY id)) FROM audit_events a))";
    sqlx::query_scalar(sql).fetch_one(connection).await.unwrap()
}

/// Begins `write` while every account is locked, has something happen to the writer, and lets go. Answers what it
/// answered, and whether anything was written.
async fn late(
    world: &World,
    ctx: RequestCtx,
    objects: Objects,
    write: &Write,
    happens: &'static str,
) -> (Result<(), Error>, bool) {
    let (what, write) = *write;
    let mut gate = world.pool.begin().await.unwrap();
    sqlx::query("SELECT FROM users FOR UPDATE").execute(&mut *gate).await.unwrap();
    let writer = ctx.member().unwrap().user;
    let mut writing = tokio::spawn(write(world.accounts.clone(), ctx, objects));
    tokio::select! {
        () = world.until_locked_out(1) => (),
        _ = &mut writing => panic!("{what} waited for nothing"),
    }
    sqlx::query(happens).bind(writer.0).execute(&mut *gate).await.unwrap();
    let before = digest(&mut gate).await;
    gate.commit().await.unwrap();
    let answer = writing.await.unwrap();
    (answer, digest(&mut world.pool.acquire().await.unwrap()).await != before)
}

/// The write does not land, and is refused as it should be.
async fn refused(
    world: &World,
    ctx: RequestCtx,
    objects: Objects,
    write: &Write,
    happens: &'static str,
    expected: &str,
) {
    let (answer, written) = late(world, ctx, objects, write, happens).await;
    assert_eq!((format!("{answer:?}"), written), (expected.into(), false), "{} while {happens}", write.0);
}

#[sqlx::test(migrator = "store::MIGRATOR")]
async fn a_write_that_waited_while_its_session_ended_does_not_land(pool: PgPool) {
    let world = World::new(pool);
    for write in OWN.iter().chain(LEADS_TO_PROOF) {
        for happens in [SESSIONS_END, DISABLED] {
            let ana = world.member("ana").await;
            let other = world.member("eve").await.viewer.id;
            let session = world.holder(&again(&world, "ana").await).await.member().unwrap().session;
            let ctx = world.holder(&ana).await;
            refused(&world, ctx, Objects { other, session }, write, happens, SIGN_IN_NEEDED).await;
            world.execute("DELETE FROM users").await;
        }
    }
}

#[sqlx::test(migrator = "store::MIGRATOR")]
async fn an_admin_who_waited_while_they_lost_their_rights_changes_nobody(pool: PgPool) {
    let world = World::new(pool);
    for write in ADMINS {
        for (happens, expected) in
            [(SESSIONS_END, SIGN_IN_NEEDED), (DISABLED, FORBIDDEN), (DEMOTED, FORBIDDEN)]
        {
            admin(&world, "bea").await;
            let ada = admin(&world, "ada").await;
            let other = world.member("eve").await.viewer.id;
            let ctx = world.holder(&ada).await;
            let session = ctx.member().unwrap().session;
            refused(&world, ctx, Objects { other, session }, write, happens, expected).await;
            world.execute("DELETE FROM users").await;
        }
    }
}

/// An admin may have given them an address that they have to prove first.
#[sqlx::test(migrator = "store::MIGRATOR")]
async fn a_write_that_waited_while_its_address_became_unproven_does_not_land(pool: PgPool) {
    let world = World::with(pool, |settings| settings.require_verified = true);
    let own = OWN.iter().map(|write| (write, Some(UNVERIFIED)));
    let leads_to_proof = LEADS_TO_PROOF.iter().map(|write| (write, None));
    let admins = ADMINS.iter().map(|write| (write, Some(FORBIDDEN)));
    for (write, refusal) in own.chain(leads_to_proof).chain(admins) {
        admin(&world, "bea").await;
        let ada = admin(&world, "ada").await;
        let other = world.member("eve").await.viewer.id;
        world.execute("UPDATE users SET email_verified = true").await;
        let session = world.holder(&again(&world, "ada").await).await.member().unwrap().session;
        let ctx = world.holder(&ada).await;
        if let Some(expected) = refusal {
            refused(&world, ctx, Objects { other, session }, write, UNPROVEN, expected).await;
        } else {
            let (answer, _) = late(&world, ctx, Objects { other, session }, write, UNPROVEN).await;
            assert!(answer.is_ok(), "{}: {answer:?}", write.0);
        }
        world.execute("DELETE FROM users").await;
    }
}

/// The other way round: who ends a session waits for what it is writing.
#[sqlx::test(migrator = "store::MIGRATOR")]
async fn sessions_that_end_each_other_and_write_at_once_take_turns(pool: PgPool) {
    let world = World::new(pool);
    for round in 0..10 {
        let name = format!("ana{round}");
        let (one, two) = (world.member(&name).await, again(&world, &name).await);
        let (one, two) = (world.holder(&one).await, world.holder(&two).await);
        let form = ProfileForm { bio: Some("mine".into()), ..ProfileForm::default() };
        let (first, second, third, fourth) = tokio::join!(
            world.accounts.end_my_other_sessions(&one),
            world.accounts.end_my_other_sessions(&two),
            world.accounts.save_profile(&one, form.clone()),
            world.accounts.save_profile(&two, form),
        );
        assert!(first.is_ok() != second.is_ok(), "round {round}: {first:?}, {second:?}");
        let outcomes = [first.err(), second.err(), third.err(), fourth.err()];
        let refusals = outcomes.into_iter().flatten();
        assert!(refusals.into_iter().all(|refusal| matches!(refusal, Error::SignInNeeded)), "round {round}");
    }
}

#[sqlx::test(migrator = "store::MIGRATOR")]
async fn who_was_shown_something_else_changes_nothing(pool: PgPool) {
    let world = World::new(pool);
    let ana = world.member("ana").await;
    let ctx = world.holder(&ana).await;
    let name = |name: &str| ProfileForm { name: Some(name.into()), ..ProfileForm::default() };
    let shown = world.accounts.profile(&ctx).await.unwrap();
    let by_form =
        |version: &str| RequestCtx { precondition: Precondition::Form(version.to_owned()), ..ctx.clone() };
    let saved = world.accounts.save_profile(&by_form(&shown.version), name("Ana")).await.unwrap();
    assert_ne!(saved.version, shown.version);
    for stale in [shown.version.as_str(), ""] {
        let refused = world.accounts.save_profile(&by_form(stale), name("Older")).await;
        assert!(matches!(refused, Err(Error::ChangedMeanwhile)), "{refused:?}");
    }
    assert_eq!(world.accounts.profile(&ctx).await.unwrap(), saved);
    // Each form has its own: neither a name nor a new address is the password's business.
    world.accounts.change_me(&ctx, patch(json!({"email": "ana@new.example"}))).await.unwrap();
    let form = PasswordForm { current_password: PASSWORD.into(), new_password: "amber lantern step".into() };
    let changed =
        world.accounts.change_password(&by_form(&saved.password_version), form.clone()).await.unwrap();
    let ctx = world.browser(&changed.token.unwrap()).await;
    let by_form =
        |version: &str| RequestCtx { precondition: Precondition::Form(version.to_owned()), ..ctx.clone() };
    let now = world.accounts.profile(&ctx).await.unwrap();
    assert_eq!((&now.version, &now.password_version), (&saved.version, &changed.version));
    let hashes = world.accounts.hash_count();
    let refused = world.accounts.change_password(&by_form(&saved.password_version), form).await;
    assert!(matches!(refused, Err(Error::ChangedMeanwhile)), "{refused:?}");
    assert_eq!(world.accounts.hash_count(), hashes, "and it costs nothing");
    world.accounts.save_profile(&by_form(&saved.version), name("Ana B.")).await.unwrap();
}

/// As a double click does where nothing holds it back.
#[sqlx::test(migrator = "store::MIGRATOR")]
async fn a_form_that_is_sent_twice_is_saved_once_and_refused_never(pool: PgPool) {
    let world = World::new(pool);
    let ana = world.member("ana").await;
    let ctx = world.holder(&ana).await;
    let version = world.accounts.profile(&ctx).await.unwrap().version;
    let ctx = RequestCtx { precondition: Precondition::Form(version), ..ctx };
    let form = ProfileForm {
        name: Some("Ana".into()),
        username: Some("ana".into()),
        bio: Some("one\r\ntwo".into()),
        last_name: Some(String::new()),
        ..ProfileForm::default()
    };
    let first = world.accounts.save_profile(&ctx, form.clone()).await.unwrap();
    assert_eq!(world.accounts.save_profile(&ctx, form.clone()).await.unwrap(), first);
    assert_eq!(world.count("SELECT count(*) FROM audit_events WHERE kind = 'profile_changed'").await, 1);
    for other in [Some("three".into()), Some(String::new())] {
        let form = ProfileForm { bio: other, ..form.clone() };
        assert!(matches!(world.accounts.save_profile(&ctx, form).await, Err(Error::ChangedMeanwhile)));
    }
}

/// Two tabs that were shown the same, at the same moment.
#[sqlx::test(migrator = "store::MIGRATOR")]
async fn of_two_forms_of_one_version_one_is_saved(pool: PgPool) {
    let world = World::new(pool);
    let ana = world.member("ana").await;
    let ctx = world.holder(&ana).await;
    for round in 0..10 {
        let version = world.accounts.profile(&ctx).await.unwrap().version;
        let ctx = RequestCtx { precondition: Precondition::Form(version), ..ctx.clone() };
        let form = |tab: &str| ProfileForm { bio: Some(format!("{tab} {round}")), ..ProfileForm::default() };
        let (one, two) = tokio::join!(
            world.accounts.save_profile(&ctx, form("one")),
            world.accounts.save_profile(&ctx, form("two")),
        );
        let refused = match (one, two) {
            (Ok(_), Err(refused)) | (Err(refused), Ok(_)) => refused,
            both => panic!("round {round}: {both:?}"),
        };
        assert!(matches!(refused, Error::ChangedMeanwhile), "{refused:?}");
    }
}
