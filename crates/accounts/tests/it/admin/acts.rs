//! What an admin does on the page of an account: a recent sign-in, never against oneself, recorded.

use crate::crew::{admin, admin_patch, again, deletion, kinds};
use accounts::{Error, PrintedLink, RequestCtx};
use domain::{
    AdminAct, AdminActForm, Asking, InvitationView, InviteForm, PageRequest, ResetForm, RevokeForm, Role,
    SignInForm, TwoWayPage, UserId,
};
use serde_json::json;
use sqlx::PgPool;
use testkit::{PASSWORD, World, link_token, sign_in};
use time::Duration;

fn form(user: UserId, act: &str) -> AdminActForm {
    AdminActForm { user: user.to_string(), act: act.into(), reason: "Spam, twice".into() }
}

async fn act(world: &World, ctx: &RequestCtx, user: UserId, act: &str) -> Result<Option<PrintedLink>, Error> {
    let version = world.accounts.admin_user(ctx, user).await.map(|view| view.version).unwrap_or_default();
    let ctx = RequestCtx { precondition: accounts::Precondition::Form(version), ..ctx.clone() };
    let asking = AdminAct::of(act).unwrap().asking();
    world.accounts.act_on_user(&ctx, asking, form(user, act)).await
}

const ACTS: [&str; 10] = [
    "promote",
    "demote",
    "disable",
    "enable",
    "end-sessions",
    "clear-factors",
    "send-reset",
    "make-reset",
    "verify",
    "delete",
];

/// P6 and the step-up: whoever finds an admin's browser open does nothing with it after ten minutes.
#[sqlx::test(migrator = "store::MIGRATOR")]
async fn an_act_asks_for_a_recent_sign_in_and_ending_sessions_does_not(pool: PgPool) {
    let world = World::new(pool);
    let (root, ana) = (admin(&world, "root").await, world.member("ana").await);
    let bob = world.member("bob").await;
    world.clock.advance(Duration::minutes(11));
    let root = world.holder(&root).await;
    for name in ACTS {
        let outcome = act(&world, &root, ana.viewer.id, name).await;
        if name == "end-sessions" {
            outcome.unwrap();
        } else {
            assert!(matches!(outcome, Err(Error::Reauthenticate)), "{name}");
        }
    }
    let invite = InviteForm { email: "new@example.com".into(), role: "user".into() };
    let invited = world.accounts.invite_by(&root, invite.clone()).await;
    assert!(matches!(invited, Err(Error::Reauthenticate)));
    let revoke = RevokeForm { invitation: ana.viewer.id.to_string() };
    let revoked = world.accounts.revoke_invitation_by(&root, revoke).await;
    assert!(matches!(revoked, Err(Error::Reauthenticate)));
    assert_eq!(kinds(&world).await, ["sessions_ended"]);
    let root = world.holder(&again(&world, "root").await).await;
    world.accounts.invite_by(&root, invite).await.unwrap();
    let member = world.holder(&bob).await;
    for name in ACTS {
        assert!(matches!(act(&world, &member, ana.viewer.id, name).await, Err(Error::Forbidden)), "{name}");
        let stranger = act(&world, &world.stranger(), ana.viewer.id, name).await;
        assert!(matches!(stranger, Err(Error::SignInNeeded)), "{name}");
    }
}

#[sqlx::test(migrator = "store::MIGRATOR")]
async fn nobody_locks_themselves_out(pool: PgPool) {
    let world = World::new(pool);
    let root = admin(&world, "root").await;
    admin(&world, "other").await;
    let (ctx, id) = (world.holder(&root).await, root.viewer.id);
    for name in ["demote", "disable", "clear-factors", "delete"] {
        assert!(matches!(act(&world, &ctx, id, name).await, Err(Error::OwnAccount)), "{name}");
        let asked = world.accounts.admin_user_for(&ctx, id, AdminAct::of(name).unwrap()).await;
        assert!(matches!(asked, Err(Error::OwnAccount)), "refused before it is asked: {name}");
    }
    assert_eq!(kinds(&world).await, [""; 0]);
    act(&world, &ctx, id, "verify").await.unwrap();
    assert_eq!(kinds(&world).await, ["email_verified"]);
}

#[sqlx::test(migrator = "store::MIGRATOR")]
async fn acts_do_what_they_say_and_are_recorded(pool: PgPool) {
    let world = World::new(pool);
    let (root, ana) = (admin(&world, "root").await, world.member("ana").await);
    let (ctx, id) = (world.holder(&root).await, ana.viewer.id);
    let view = async || world.accounts.admin_user(&ctx, id).await.unwrap();
    let before = view().await;
    assert_eq!((before.sessions, before.has_password, before.own), (1, true, false));

    act(&world, &ctx, id, "verify").await.unwrap();
    assert!(matches!(act(&world, &ctx, id, "verify").await, Err(Error::ChangedMeanwhile)), "it is done");
    assert!(view().await.user.email_verified);
    act(&world, &ctx, id, "promote").await.unwrap();
    assert!(world.holder(&ana).await.member().is_err(), "every session ends");
    assert_eq!((view().await.user.role, view().await.sessions), (Role::Admin, 0));
    act(&world, &ctx, id, "demote").await.unwrap();
    act(&world, &ctx, id, "disable").await.unwrap();
    let disabled = view().await;
    assert_eq!((disabled.user.is_active, disabled.disabled_reason.as_deref()), (false, Some("Spam, twice")));
    for name in ["make-reset", "send-reset", "disable"] {
        assert!(matches!(act(&world, &ctx, id, name).await, Err(Error::ChangedMeanwhile)), "{name}");
    }
    act(&world, &ctx, id, "enable").await.unwrap();
    assert_eq!(view().await.disabled_reason, None);
    assert_eq!(world.count("SELECT count(*) FROM users WHERE disabled_reason IS NOT NULL").await, 0);
    let link = act(&world, &ctx, id, "make-reset").await.unwrap().unwrap();
    let token = link.url.split_once('#').unwrap().1.to_owned();
    let reset = ResetForm {
        token: token.as_str().into(),
        new_password: "copper lanterns over water".into(),
        ..ResetForm::default()
    };
    world.accounts.reset_password(&world.stranger(), reset).await.unwrap();
    act(&world, &ctx, id, "delete").await.unwrap();
    assert!(matches!(world.accounts.admin_user(&ctx, id).await, Err(Error::NotFound)));
    let expected = [
        "account_deleted",
        "account_disabled",
        "account_enabled",
        "email_verified",
        "link_made",
        "password_reset",
        "role_changed",
        "role_changed",
    ];
    assert_eq!(kinds(&world).await, expected);
    let by_root = "SELECT count(*) FROM audit_events e JOIN users u ON u.id = e.actor_id WHERE u.email = 'root@example.com'
        AND e.subject_id <> u.id";
    assert_eq!(world.count(by_root).await, 7, "all but the reset itself");
}

/// Whoever deletes their account as an admin disables it does not come back by restoring it; and an admin does not undo
/// somebody's deletion.
#[sqlx::test(migrator = "store::MIGRATOR")]
async fn a_closing_account_is_disabled_and_not_enabled(pool: PgPool) {
    let world = World::new(pool);
    let (root, ana) = (admin(&world, "root").await, world.member("ana").await);
    let (ctx, id) = (world.holder(&root).await, ana.viewer.id);
    world.accounts.delete_me(&world.holder(&ana).await, deletion(None)).await.unwrap();
    assert!(matches!(act(&world, &ctx, id, "enable").await, Err(Error::ChangedMeanwhile)));
    assert!(world.accounts.admin_user(&ctx, id).await.unwrap().user.closes_at.is_some());
    act(&world, &ctx, id, "disable").await.unwrap();
    let view = world.accounts.admin_user(&ctx, id).await.unwrap();
    assert_eq!((view.user.closes_at, view.disabled_reason.as_deref()), (None, Some("Spam, twice")));
    let form = SignInForm { restore: "ana@example.com".into(), ..sign_in("ana@example.com", PASSWORD) };
    assert!(matches!(world.accounts.sign_in(&world.stranger(), form).await, Err(Error::WrongCredentials)));
    let told = world.accounts.sign_in(&world.stranger(), sign_in("ana@example.com", PASSWORD)).await;
    assert!(matches!(told, Err(Error::AccountDisabled { .. })));
    assert_eq!(
        kinds(&world).await,
        ["account_closing", "account_disabled", "sign_in_failed", "sign_in_failed"]
    );
}

/// What is asked for by one button is done at once: nothing else may be sent that way.
#[sqlx::test(migrator = "store::MIGRATOR")]
async fn no_act_is_done_by_a_form_that_asks_otherwise(pool: PgPool) {
    let world = World::new(pool);
    let (root, ana) = (admin(&world, "root").await, world.member("ana").await);
    let ctx = world.holder(&root).await;
    for act in AdminAct::ALL {
        for asking in [Asking::Once, Asking::Twice, Asking::ForALink] {
            if act.asking() != asking {
                let refused =
                    world.accounts.act_on_user(&ctx, asking, form(ana.viewer.id, act.as_str())).await;
                assert!(matches!(refused, Err(Error::Invalid(_))), "{act:?} {asking:?}");
            }
        }
    }
    assert_eq!(kinds(&world).await, [""; 0]);
}

/// Whoever gets a link from an admin has time to open it.
#[sqlx::test(migrator = "store::MIGRATOR")]
async fn a_link_that_has_nearly_ended_is_not_passed_on(pool: PgPool) {
    let world = World::new(pool);
    let (root, ana) = (admin(&world, "root").await, world.member("ana").await);
    let id = ana.viewer.id;
    let made = async || act(&world, &world.holder(&root).await, id, "make-reset").await.unwrap().unwrap();
    act(&world, &world.holder(&root).await, id, "send-reset").await.unwrap();
    let mut mails = world.mail().await;
    mails.retain(|mail| mail.text.contains("/reset#"));
    let mailed = link_token(&mails[0], "reset");
    world.clock.advance(Duration::minutes(5));
    assert!(made().await.url.ends_with(&mailed), "half of its time is left");
    world.clock.advance(Duration::SECOND);
    let new = made().await;
    assert!(!new.url.ends_with(&mailed));
    world.clock.advance(Duration::minutes(10) - Duration::SECOND);
    let token = new.url.split_once('#').unwrap().1;
    let reset = ResetForm {
        token: token.into(),
        new_password: "copper lanterns over water".into(),
        ..ResetForm::default()
    };
    world.accounts.reset_password(&world.stranger(), reset).await.unwrap();
}

/// A form acts on the account as it was shown.
#[sqlx::test(migrator = "store::MIGRATOR")]
async fn an_account_that_changed_meanwhile_is_left_alone(pool: PgPool) {
    let world = World::new(pool);
    let (root, ana) = (admin(&world, "root").await, world.member("ana").await);
    let ctx = world.holder(&root).await;
    let shown = world.accounts.admin_user(&ctx, ana.viewer.id).await.unwrap().version;
    act(&world, &ctx, ana.viewer.id, "promote").await.unwrap();
    let stale = RequestCtx { precondition: accounts::Precondition::Form(shown), ..ctx.clone() };
    for name in ["promote", "disable", "make-reset", "verify", "delete"] {
        let asking = AdminAct::of(name).unwrap().asking();
        let refused = world.accounts.act_on_user(&stale, asking, form(ana.viewer.id, name)).await;
        assert!(matches!(refused, Err(Error::ChangedMeanwhile)), "{name}");
    }
}

/// P1, P2: whoever has the password reads the reason, on the page alone; a guess is answered as for nobody, and costs as
/// much.
#[sqlx::test(migrator = "store::MIGRATOR")]
async fn a_disabled_person_is_told_why_after_the_right_password_alone(pool: PgPool) {
    let world = World::new(pool);
    let (root, ana) = (admin(&world, "root").await, world.member("ana").await);
    act(&world, &world.holder(&root).await, ana.viewer.id, "disable").await.unwrap();
    let accounts = &world.accounts;
    let form = |password| sign_in("ana@example.com", password);
    let hashes = accounts.hash_count();
    let told = accounts.sign_in(&world.stranger(), form(PASSWORD)).await;
    assert!(matches!(told, Err(Error::AccountDisabled { reason }) if reason == "Spam, twice"));
    let restoring = SignInForm { restore: "ana@example.com".into(), ..form(PASSWORD) };
    assert!(matches!(accounts.sign_in(&world.stranger(), restoring).await, Err(Error::WrongCredentials)));
    let guessed = accounts.sign_in(&world.stranger(), form("wrong")).await;
    assert!(matches!(guessed, Err(Error::WrongCredentials)));
    // Failures make a name wait.
    world.clock.advance(Duration::HOUR);
    let program = accounts.sign_in_bearer(&world.stranger(), form(PASSWORD)).await;
    assert!(matches!(program, Err(Error::WrongCredentials)));
    world.clock.advance(Duration::HOUR);
    let cookie = accounts.sign_in_api_cookie(&world.stranger(), form(PASSWORD)).await;
    assert!(matches!(cookie, Err(Error::WrongCredentials)));
    assert_eq!(accounts.hash_count() - hashes, 5, "one for each");
    assert_eq!(world.count("SELECT count(*) FROM audit_events WHERE kind = 'sign_in_failed'").await, 5);
    world.execute("UPDATE users SET disabled_reason = NULL").await;
    world.clock.advance(Duration::HOUR);
    let untold = accounts.sign_in(&world.stranger(), form(PASSWORD)).await;
    assert!(matches!(untold, Err(Error::WrongCredentials)), "nothing was said");
}

#[sqlx::test(migrator = "store::MIGRATOR")]
async fn open_invitations_are_listed_and_taken_back(pool: PgPool) {
    let world = World::new(pool);
    let root = world.holder(&admin(&world, "root").await).await;
    for (email, role) in [("one@example.com", "user"), ("Two@example.com", "admin")] {
        let form = InviteForm { email: email.into(), role: role.into() };
        assert!(world.accounts.invite_by(&root, form).await.unwrap().is_none(), "it is mailed");
    }
    let open = async || world.accounts.invitations(&root, PageRequest::default()).await.unwrap().items;
    let mut open_now = open().await;
    // Those of one instant have no order.
    open_now.sort_by(|one, other| one.email.cmp(&other.email));
    let shown: Vec<_> = open_now.iter().map(|open| (open.email.as_str(), open.role)).collect();
    assert_eq!(shown, [("Two@example.com", Some(Role::Admin)), ("one@example.com", Some(Role::User))]);
    let revoke = RevokeForm { invitation: open_now[0].id.to_string() };
    world.accounts.revoke_invitation_by(&root, revoke.clone()).await.unwrap();
    let again = world.accounts.revoke_invitation_by(&root, revoke).await;
    assert!(matches!(again, Err(Error::ChangedMeanwhile)), "whoever thinks so must know that it was used");
    assert_eq!(open().await.len(), 1);
    assert_eq!(kinds(&world).await, ["invitation_revoked", "invited", "invited"]);
    let mut mails = world.mail().await;
    mails.retain(|mail| mail.text.contains("/invite#"));
    assert_eq!(mails.iter().map(|mail| mail.to.as_str()).collect::<Vec<_>>(), ["one@example.com"]);
    let ana = world.holder(&world.member("ana").await).await;
    let refused = world.accounts.invitations(&ana, PageRequest::default()).await;
    assert!(matches!(refused, Err(Error::Forbidden)));
    let strange = RevokeForm { invitation: "x".into() };
    assert!(matches!(world.accounts.revoke_invitation_by(&root, strange).await, Err(Error::NotFound)));
    let taken = InviteForm { email: "ana@example.com".into(), role: "user".into() };
    assert!(matches!(world.accounts.invite_by(&root, taken).await, Err(Error::Taken(_))));
}

async fn invitations(world: &World, ctx: &RequestCtx, cursor: Option<String>) -> TwoWayPage<InvitationView> {
    let request = PageRequest { limit: "2".into(), cursor: cursor.unwrap_or_default() };
    world.accounts.invitations(ctx, request).await.unwrap()
}

/// However many there are, each is found and can be taken back.
#[sqlx::test(migrator = "store::MIGRATOR")]
async fn invitations_are_read_on_and_back(pool: PgPool) {
    let world = World::new(pool);
    let root = admin(&world, "root").await;
    let ctx = world.holder(&root).await;
    for n in 0..5 {
        world.clock.advance(Duration::SECOND);
        let form = InviteForm { email: format!("n{n}@example.com"), role: "user".into() };
        world.accounts.invite_by(&world.holder(&root).await, form).await.unwrap();
    }
    let emails = |page: &TwoWayPage<InvitationView>| -> Vec<String> {
        page.items.iter().map(|open| open.email.replace("@example.com", "")).collect()
    };
    let first = invitations(&world, &ctx, None).await;
    let second = invitations(&world, &ctx, first.next_cursor.clone()).await;
    let last = invitations(&world, &ctx, second.next_cursor.clone()).await;
    assert_eq!([&first, &second, &last].map(emails), [vec!["n4", "n3"], vec!["n2", "n1"], vec!["n0"]]);
    assert_eq!((first.prev_cursor, last.next_cursor), (None, None));
    assert_eq!(emails(&invitations(&world, &ctx, last.prev_cursor).await), ["n2", "n1"]);
    // Whoever takes the last page's only one back sees the end of the others.
    let revoke = RevokeForm { invitation: last.items[0].id.to_string() };
    world.accounts.revoke_invitation_by(&ctx, revoke).await.unwrap();
    let turned = invitations(&world, &ctx, second.next_cursor).await;
    assert_eq!((emails(&turned), turned.next_cursor), (vec!["n2".to_owned(), "n1".to_owned()], None));
    let broken = PageRequest { limit: String::new(), cursor: "x".into() };
    assert!(matches!(world.accounts.invitations(&ctx, broken).await, Err(Error::Invalid(_))));
}

/// A server of before enables an account without clearing the reason.
#[sqlx::test(migrator = "store::MIGRATOR")]
async fn the_reason_of_an_earlier_disabling_is_told_no_more(pool: PgPool) {
    let world = World::new(pool);
    let ana = world.member("ana").await;
    let root = admin(&world, "root").await;
    let left = async || {
        world.execute("UPDATE users SET disabled_reason = 'Old words' WHERE email LIKE 'ana%'").await;
    };
    let kept = "SELECT count(*) FROM users WHERE disabled_reason IS NOT NULL";
    left().await;
    world.accounts.delete_me(&world.holder(&ana).await, deletion(None)).await.unwrap();
    assert_eq!(world.count(kept).await, 0, "closing");
    left().await;
    let form = SignInForm { restore: "ana@example.com".into(), ..sign_in("ana@example.com", PASSWORD) };
    world.accounts.sign_in(&world.stranger(), form).await.unwrap();
    assert_eq!(world.count(kept).await, 0, "restored");
    left().await;
    let ctx = world.holder(&root).await;
    let patch = admin_patch(json!({ "is_active": false }));
    world.accounts.change_user(&ctx, ana.viewer.id, patch).await.unwrap();
    assert_eq!(world.count(kept).await, 0, "disabled without one");
}
