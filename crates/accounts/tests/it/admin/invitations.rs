//! Invitations, and the links that an operator passes on.

use accounts::{Error, Field, LinkFor, PrintedLink, Signup};
use domain::{AddressForm, InvitationForm, ResetForm, Role, VerifyForm};
use sqlx::PgPool;
use testkit::{PASSWORD, World, link_token, mail_code, registration, sign_in};
use time::Duration;

fn of(name: &str) -> AddressForm {
    AddressForm { email: format!("{name}@example.com") }
}

fn by_link(token: &str) -> InvitationForm {
    InvitationForm {
        token: token.into(),
        name: "Ana".into(),
        password: PASSWORD.into(),
        ..Default::default()
    }
}

/// The token of a link that was printed.
fn token(link: &PrintedLink) -> String {
    link.url.split_once('#').unwrap().1.to_owned()
}

async fn invited(world: &World, name: &str, role: Role) -> String {
    assert!(world.accounts.invite(of(name), role).await.unwrap().is_none(), "it is mailed");
    let mut mails = world.mail().await;
    mails.retain(|mail| mail.text.contains("/invite#"));
    assert_eq!((mails.len(), mails[0].to.as_str()), (1, &*format!("{name}@example.com")));
    link_token(&mails[0], "invite")
}

#[sqlx::test(migrator = "store::MIGRATOR")]
async fn whoever_is_invited_makes_an_account_whoever_may_sign_up(pool: PgPool) {
    let open = World::new(pool);
    for signup in [Signup::Open, Signup::Verify, Signup::Closed] {
        let world = World::with(open.pool.clone(), |settings| settings.signup = signup);
        let token = invited(&world, "ana", Role::User).await;
        let ana = world.accounts.accept_invitation(&world.stranger(), by_link(&token)).await.unwrap();
        assert_eq!((ana.viewer.email.as_str(), ana.viewer.name.as_deref()), ("ana@example.com", Some("Ana")));
        assert!(world.holder(&ana).await.member().is_ok());
        let sql = "SELECT count(*) FROM users WHERE role = 'user' AND email_verified";
        assert_eq!(world.count(sql).await, 1, "{signup:?}");
        let ctx = world.stranger();
        assert!(world.accounts.sign_in(&ctx, sign_in("ana@example.com", PASSWORD)).await.is_ok());
        let again = world.accounts.accept_invitation(&world.stranger(), by_link(&token)).await;
        assert!(matches!(again, Err(Error::LinkInvalid)), "once");
        world.execute("DELETE FROM users").await;
    }
}

#[sqlx::test(migrator = "store::MIGRATOR")]
async fn an_admin_is_invited_as_such_and_the_code_does_it_too(pool: PgPool) {
    let world = World::with(pool, |settings| settings.signup = Signup::Closed);
    world.accounts.invite(of("ana"), Role::Admin).await.unwrap();
    let mail = world.mail().await.remove(0);
    let (email, code) = ("Ana@Example.com".to_owned(), mail_code(&mail));
    let form =
        InvitationForm { email, code: code.into(), password: PASSWORD.into(), ..InvitationForm::default() };
    let ana = world.accounts.accept_invitation(&world.stranger(), form).await.unwrap();
    assert_eq!(ana.viewer.role, Role::Admin);
    assert_eq!(world.count("SELECT count(*) FROM audit_events WHERE kind = 'invited'").await, 1);
}

#[sqlx::test(migrator = "store::MIGRATOR")]
async fn an_invitation_lasts_a_week_is_renewed_and_taken_back(pool: PgPool) {
    let world = World::new(pool);
    let first = invited(&world, "ana", Role::Admin).await;
    let second = invited(&world, "ana", Role::User).await;
    assert_ne!(first, second);
    let accept =
        async |token: &str| world.accounts.accept_invitation(&world.stranger(), by_link(token)).await;
    assert!(matches!(accept(&first).await, Err(Error::LinkInvalid)), "renewed");
    world.clock.advance(Duration::WEEK);
    assert!(matches!(accept(&second).await, Err(Error::LinkInvalid)), "too old");
    let third = invited(&world, "ana", Role::User).await;
    world.clock.advance(Duration::WEEK - Duration::MINUTE);
    assert!(world.accounts.revoke_invitation(of("ANA")).await.unwrap());
    assert!(!world.accounts.revoke_invitation(of("ana")).await.unwrap(), "it has ended");
    assert!(matches!(accept(&third).await, Err(Error::LinkInvalid)), "taken back");
    world.accounts.invite(of("ana"), Role::User).await.unwrap();
    world.accounts.revoke_invitation(of("ana")).await.unwrap();
    assert!(world.mail().await.is_empty(), "and so is its mail");
}

#[sqlx::test(migrator = "store::MIGRATOR")]
async fn a_refused_password_costs_nobody_the_invitation(pool: PgPool) {
    let world = World::new(pool);
    let token = invited(&world, "ana", Role::User).await;
    for weak in ["short", "ana@example.com"] {
        let form = InvitationForm { password: weak.into(), ..by_link(&token) };
        let refused = world.accounts.accept_invitation(&world.stranger(), form).await;
        assert!(matches!(refused, Err(Error::Invalid(_))), "{weak}");
    }
    assert!(world.accounts.accept_invitation(&world.stranger(), by_link(&token)).await.is_ok());
}

#[sqlx::test(migrator = "store::MIGRATOR")]
async fn an_address_with_an_account_is_not_invited(pool: PgPool) {
    let world = World::new(pool);
    let token = invited(&world, "ana", Role::Admin).await;
    world.member("ana").await;
    let late = world.accounts.accept_invitation(&world.stranger(), by_link(&token)).await;
    assert!(matches!(late, Err(Error::Taken(Field::Email))));
    let again = world.accounts.invite(of("Ana"), Role::Admin).await;
    assert!(matches!(again, Err(Error::Taken(Field::Email))));
    assert_eq!(world.count("SELECT count(*) FROM users WHERE role = 'admin'").await, 0);
}

#[sqlx::test(migrator = "store::MIGRATOR")]
async fn a_reset_link_is_no_invitation(pool: PgPool) {
    let world = World::new(pool);
    world.member("ana").await;
    let reset = world.accounts.operator_link(LinkFor::Reset, of("ana")).await.unwrap().unwrap();
    let accepted = world.accounts.accept_invitation(&world.stranger(), by_link(&token(&reset))).await;
    assert!(matches!(accepted, Err(Error::LinkInvalid)));
}

#[sqlx::test(migrator = "store::MIGRATOR")]
async fn without_mail_an_operator_passes_every_link_on(pool: PgPool) {
    let world = World::with(pool, |settings| settings.mail.enabled = false);
    let link = world.accounts.invite(of("ana"), Role::User).await.unwrap().unwrap();
    assert!(link.url.starts_with("http://localhost:8000/invite#"), "{}", link.url);
    let same = world.accounts.operator_link(LinkFor::Invite, of("ana")).await.unwrap().unwrap();
    assert_eq!((same.url, same.code), (link.url.clone(), link.code.clone()));
    world.accounts.accept_invitation(&world.stranger(), by_link(&token(&link))).await.unwrap();
    assert!(world.accounts.operator_link(LinkFor::Invite, of("ana")).await.unwrap().is_none(), "used");
    assert!(world.accounts.operator_link(LinkFor::Verify, of("ana")).await.unwrap().is_none(), "proven");

    let bob = world.member("bob").await;
    let link = world.accounts.operator_link(LinkFor::Verify, of("bob")).await.unwrap().unwrap();
    let form = VerifyForm { token: token(&link).into(), ..VerifyForm::default() };
    world.accounts.verify_email(&world.holder(&bob).await, form).await.unwrap();
    let link = world.accounts.operator_link(LinkFor::Reset, of("bob")).await.unwrap().unwrap();
    let form = ResetForm {
        token: token(&link).into(),
        new_password: "copper lanterns".into(),
        ..ResetForm::default()
    };
    world.accounts.reset_password(&world.stranger(), form).await.unwrap();
    assert_eq!(world.count("SELECT count(*) FROM users WHERE email_verified").await, 2);
    world.execute("UPDATE users SET is_active = false").await;
    for what in [LinkFor::Reset, LinkFor::Verify, LinkFor::Invite] {
        for name in ["bob", "nobody"] {
            assert!(world.accounts.operator_link(what, of(name)).await.unwrap().is_none(), "{what:?} {name}");
        }
    }
    assert_eq!(world.count("SELECT count(*) FROM audit_events WHERE kind = 'link_made'").await, 3);
}

#[sqlx::test(migrator = "store::MIGRATOR")]
async fn an_operators_link_is_the_mails_and_ends_when_that_does(pool: PgPool) {
    let world = World::with(pool, |settings| settings.signup = Signup::Verify);
    world.accounts.register(&world.stranger(), registration("ana")).await.unwrap();
    let mail = world.mail().await.remove(0);
    world.clock.advance(Duration::hours(23));
    let link = world.accounts.operator_link(LinkFor::Verify, of("ana")).await.unwrap().unwrap();
    assert_eq!(token(&link), link_token(&mail, "verify"));
    world.clock.advance(Duration::hours(1));
    let form = VerifyForm { token: token(&link).into(), password: PASSWORD.into(), ..VerifyForm::default() };
    let late = world.accounts.verify_email(&world.stranger(), form).await;
    assert!(matches!(late, Err(Error::LinkInvalid)));
    world.execute("DELETE FROM one_time_tokens").await;
    let keyless = World::replica(&world.pool, &world.clock, |settings| settings.encryption = None);
    assert!(matches!(keyless.invite(of("ana"), Role::User).await, Err(Error::MailOff)));
}
