//! Signing up where an address must be proven first, and what becomes of somebody else's sign-up for one's own address
//! (P1, P2).

use accounts::{Error, Field, Message, Proven, RawToken, RequestCtx, SignUp, SignedIn, Signup};
use domain::{Factor, RegistrationForm, ResetForm, VerifyForm};
use sqlx::PgPool;
use testkit::{PASSWORD, World, link_token, mail_code, registration, sign_in};
use time::Duration;

const OTHER: &str = "copper lanterns over water";
const ANA: &str = "ana@example.com";

fn verify_world(pool: PgPool) -> World {
    World::with(pool, |settings| settings.signup = Signup::Verify)
}

/// Signs `name@example.com` up in a browser, and returns its cookie.
async fn asked(world: &World, form: RegistrationForm) -> RawToken {
    match world.accounts.begin_sign_up(&world.stranger(), form).await.unwrap() {
        SignUp::MailSent { browser } => browser,
        SignUp::Done(_) => panic!("signed in at once"),
    }
}

fn with(name: &str, password: &str) -> RegistrationForm {
    RegistrationForm { password: password.into(), ..registration(name) }
}

fn in_browser(world: &World, browser: &RawToken) -> RequestCtx {
    let mut ctx = world.stranger();
    ctx.client.sign_up = Some(browser.clone());
    ctx
}

/// The mail that leads on; there may be notices beside it.
async fn the_mail(world: &World) -> Message {
    let mut mails = world.mail().await;
    mails.retain(|mail| ["/verify#", "/reset#", "/forgot"].iter().any(|link| mail.text.contains(link)));
    assert_eq!(mails.len(), 1);
    mails.remove(0)
}

fn by_link(mail: &Message, password: &str) -> VerifyForm {
    VerifyForm {
        token: link_token(mail, "verify").into(),
        password: password.into(),
        ..VerifyForm::default()
    }
}

async fn finish(world: &World, ctx: &RequestCtx, form: VerifyForm) -> Result<SignedIn, Error> {
    match world.accounts.prove_address(ctx, form).await? {
        Proven::SignedUp { signed_in, .. } => Ok(signed_in),
        Proven::Address(_) => panic!("not a sign-up"),
    }
}

fn asks_for_a_password<T>(answer: &Result<T, Error>) -> bool {
    matches!(answer, Err(Error::Invalid(errors)) if errors[0].field == "password" && errors[0].reason.code() == "required")
}

async fn opens(world: &World, password: &str) -> bool {
    world.accounts.sign_in(&world.stranger(), sign_in(ANA, password)).await.is_ok()
}

#[sqlx::test(migrator = "store::MIGRATOR")]
async fn a_sign_up_by_mail_ends_in_its_own_browser_without_typing_again(pool: PgPool) {
    let world = verify_world(pool);
    let browser = asked(&world, registration("ana")).await;
    assert_eq!(world.count("SELECT count(*) FROM users").await, 0, "nothing is usable yet");
    let mail = the_mail(&world).await;
    world.clock.advance(Duration::minutes(30));
    let ana = finish(&world, &in_browser(&world, &browser), by_link(&mail, "")).await.unwrap();
    assert_eq!(ana.viewer.email, ANA);
    let ctx = world.holder(&ana).await;
    let proof = &ctx.member().unwrap().factors[0];
    assert_eq!((proof.factor, world.accounts.now() - proof.at), (Factor::Password, Duration::minutes(30)));
    assert_eq!(world.count("SELECT count(*) FROM users WHERE email_verified").await, 1);
    assert!(opens(&world, PASSWORD).await);
    let again = finish(&world, &in_browser(&world, &browser), by_link(&mail, "")).await;
    assert!(matches!(again, Err(Error::LinkInvalid)), "once");
}

#[sqlx::test(migrator = "store::MIGRATOR")]
async fn signing_up_costs_and_answers_the_same_for_every_address(pool: PgPool) {
    let world = World::new(pool.clone());
    for name in ["known", "disabled"] {
        let form = RegistrationForm { username: format!("{name}.name"), ..registration(name) };
        world.accounts.sign_up(&world.stranger(), form).await.unwrap();
    }
    world.mail().await;
    world.execute("UPDATE users SET is_active = false WHERE email LIKE 'disabled%'").await;
    let accounts = World::replica(&pool, &world.clock, |settings| settings.signup = Signup::Verify);
    for (name, username) in [("known", ""), ("disabled", ""), ("new", ""), ("newer", "known.name")] {
        let hashes = accounts.hash_count();
        let form = RegistrationForm { username: username.to_owned(), ..registration(name) };
        let answer = accounts.begin_sign_up(&world.stranger(), form).await;
        assert!(matches!(answer, Ok(SignUp::MailSent { .. })), "{name}");
        assert_eq!(accounts.hash_count() - hashes, 1, "{name}");
        assert_eq!(world.count("SELECT count(*) FROM outbox").await, 1, "{name}");
        let audit = "SELECT count(*) FROM audit_events WHERE kind = 'address_taken'";
        assert_eq!(world.count(audit).await, 0, "{name}");
        let mail = the_mail(&world).await;
        let known = name == "known" || name == "disabled";
        assert_eq!(mail.text.contains("/forgot"), known, "{name}");
        assert_eq!(mail.text.contains("/verify#"), !known, "{name}");
    }
    for name in ["known", "new"] {
        for _ in 0..2 {
            accounts.begin_sign_up(&world.stranger(), registration(name)).await.unwrap();
        }
        let fourth = accounts.begin_sign_up(&world.stranger(), registration(name)).await;
        assert!(matches!(fourth, Err(Error::TooManyTries { .. })), "{name}");
    }
    assert_eq!(world.count("SELECT count(*) FROM users").await, 2);
}

/// Pre-hijacking: an attacker signs up with the victim's address, in every order. Only the victim reads the mails.
#[sqlx::test(migrator = "store::MIGRATOR")]
async fn somebody_elses_password_never_opens_the_account(pool: PgPool) {
    let world = verify_world(pool);
    for attacker_first in [true, false] {
        for victim_signs_up in [true, false] {
            for newest_first in [true, false] {
                let (mut mails, mut own) = (Vec::new(), None);
                for attacks in [attacker_first, !attacker_first] {
                    if attacks {
                        asked(&world, with("ana", OTHER)).await;
                        mails.push(the_mail(&world).await);
                    } else if victim_signs_up {
                        own = Some(asked(&world, registration("ana")).await);
                        mails.push(the_mail(&world).await);
                    }
                }
                let case = format!("{attacker_first} {victim_signs_up} {newest_first}");
                if newest_first {
                    mails.reverse();
                }
                let ctx = own.map_or_else(|| world.stranger(), |own| in_browser(&world, &own));
                let mut made = 0;
                for mail in &mails {
                    let silent = finish(&world, &ctx, by_link(mail, "")).await;
                    let own_link_lives = victim_signs_up && attacker_first;
                    match silent {
                        Ok(_) => assert!(own_link_lives, "{case}"),
                        Err(Error::LinkInvalid) => continue,
                        refused => {
                            assert!(asks_for_a_password(&refused), "{case}");
                            finish(&world, &ctx, by_link(mail, PASSWORD)).await.unwrap();
                        }
                    }
                    made += 1;
                }
                assert_eq!(made, 1, "{case}");
                assert!(opens(&world, PASSWORD).await && !opens(&world, OTHER).await, "{case}");
                world.execute("DELETE FROM users").await;
                world.execute("DELETE FROM one_time_tokens").await;
                world.execute("DELETE FROM throttle_rates").await;
                world.execute("DELETE FROM throttle_failures").await;
            }
        }
    }
}

/// The same where an account works at once: the mail proves nothing for it without its password, and a reset takes it
/// back.
#[sqlx::test(migrator = "store::MIGRATOR")]
async fn an_account_that_somebody_made_with_ones_address_is_taken_back_whole(pool: PgPool) {
    let world = World::new(pool);
    let attacker = world.accounts.sign_up(&world.stranger(), with("ana", OTHER)).await.unwrap();
    let program = world.accounts.sign_in_bearer(&world.stranger(), sign_in(ANA, OTHER)).await.unwrap();
    world.mail().await;
    let of_ana = || domain::AddressForm { email: ANA.to_owned() };
    world.accounts.resend_verification(&world.holder(&attacker).await, of_ana()).await.unwrap();
    let mail = the_mail(&world).await;
    let followed = world.accounts.prove_address(&world.stranger(), by_link(&mail, "")).await;
    assert!(matches!(followed, Err(Error::Reauthenticate)));
    let guessed = world.accounts.prove_address(&world.stranger(), by_link(&mail, PASSWORD)).await;
    assert!(matches!(guessed, Err(Error::WrongCredentials)));
    assert_eq!(world.count("SELECT count(*) FROM users WHERE email_verified").await, 0);
    world.accounts.forgot_password(&world.stranger(), of_ana()).await.unwrap();
    let token = link_token(&the_mail(&world).await, "reset");
    let reset = ResetForm { token: token.into(), new_password: PASSWORD.into(), ..ResetForm::default() };
    world.accounts.reset_password(&world.stranger(), reset).await.unwrap();
    assert!(world.holder(&attacker).await.member().is_err(), "the attacker's session");
    let refreshed = world.accounts.refresh(&world.stranger(), &program.refresh_token).await;
    assert!(matches!(refreshed, Err(Error::InvalidToken)), "and program");
    assert!(opens(&world, PASSWORD).await && !opens(&world, OTHER).await, "and password");
}

#[sqlx::test(migrator = "store::MIGRATOR")]
async fn a_later_sign_up_starts_afresh(pool: PgPool) {
    let world = verify_world(pool);
    let first = asked(&world, with("ana", OTHER)).await;
    let old = the_mail(&world).await;
    let second =
        asked(&world, RegistrationForm { email: "ANA@example.com".into(), ..registration("ana") }).await;
    let new = the_mail(&world).await;
    for ctx in [in_browser(&world, &first), in_browser(&world, &second)] {
        for password in ["", OTHER] {
            let followed = finish(&world, &ctx, by_link(&old, password)).await;
            assert!(matches!(followed, Err(Error::LinkInvalid)));
        }
    }
    finish(&world, &in_browser(&world, &second), by_link(&new, "")).await.unwrap();
    assert!(opens(&world, PASSWORD).await);
}

/// The mail of the earlier one may be made later: the mail server was away when it was its turn.
#[sqlx::test(migrator = "store::MIGRATOR")]
async fn the_later_sign_up_counts_in_whatever_order_the_mails_are_made(pool: PgPool) {
    let world = verify_world(pool);
    asked(&world, with("ana", OTHER)).await;
    world.execute("UPDATE outbox SET next_at = next_at + interval '1 hour'").await;
    world.clock.advance(Duration::SECOND);
    let browser = asked(&world, registration("ana")).await;
    let mail = the_mail(&world).await;
    world.clock.advance(Duration::hours(2));
    assert!(world.mail().await.is_empty(), "the earlier one leads nowhere");
    finish(&world, &in_browser(&world, &browser), by_link(&mail, "")).await.unwrap();
    assert!(opens(&world, PASSWORD).await && !opens(&world, OTHER).await);
}

/// Another server is just making the later one.
#[sqlx::test(migrator = "store::MIGRATOR")]
async fn a_sign_up_is_not_mailed_with_the_link_of_a_later_one(pool: PgPool) {
    let world = verify_world(pool);
    asked(&world, with("ana", OTHER)).await;
    world.execute("UPDATE outbox SET next_at = next_at + interval '1 hour'").await;
    world.clock.advance(Duration::SECOND);
    asked(&world, registration("ana")).await;
    the_mail(&world).await;
    world.execute("CREATE TABLE made AS SELECT * FROM one_time_tokens").await;
    world.execute("DELETE FROM one_time_tokens").await;
    world.clock.advance(Duration::hours(2));
    let mut other = world.pool.begin().await.unwrap();
    sqlx::query("INSERT INTO one_time_tokens SELECT * FROM made").execute(&mut *other).await.unwrap();
    let made = async {
        world.until_locked_out(1).await;
        other.commit().await.unwrap();
    };
    let (mails, ()) = tokio::join!(world.mail(), made);
    assert!(mails.is_empty(), "the earlier one leads nowhere");
    assert_eq!(world.count("SELECT count(*) FROM one_time_tokens").await, 1);
}

#[sqlx::test(migrator = "store::MIGRATOR")]
async fn whoever_never_got_the_mail_asks_for_it_again(pool: PgPool) {
    let world = verify_world(pool);
    let browser = asked(&world, registration("ana")).await;
    let mail = the_mail(&world).await;
    world.clock.advance(Duration::minutes(5));
    for name in ["ana", "nobody"] {
        let form = domain::AddressForm { email: format!("{name}@example.com") };
        world.accounts.resend_verification(&world.stranger(), form).await.unwrap();
    }
    let again = the_mail(&world).await;
    assert_eq!((again.to.as_str(), &again.subject), (ANA, &mail.subject));
    assert_eq!(link_token(&again, "verify"), link_token(&mail, "verify"));
    finish(&world, &in_browser(&world, &browser), by_link(&again, "")).await.unwrap();
}

/// Somebody who wants the address for an account of their own makes nobody else's code useless; and a wrong guess counts
/// at each of them.
#[sqlx::test(migrator = "store::MIGRATOR")]
async fn each_code_that_went_to_an_address_works_and_has_five_tries(pool: PgPool) {
    let world = verify_world(pool);
    let open = World::replica(&world.pool, &world.clock, |_| ());
    let eve = open.sign_up(&world.stranger(), registration("eve")).await.unwrap();
    world.mail().await;
    let typed = |code: &str| VerifyForm {
        email: ANA.to_owned(),
        code: code.into(),
        password: OTHER.into(),
        ..VerifyForm::default()
    };
    for wrong in [5, 4] {
        asked(&world, registration("ana")).await;
        let own = mail_code(&the_mail(&world).await);
        world.clock.advance(Duration::SECOND);
        let wish = domain::EmailForm { email: ANA.to_owned(), password: PASSWORD.into() };
        world.accounts.change_email(&world.holder(&eve).await, wish).await.unwrap();
        assert!(world.mail().await.iter().any(|mail| mail.to == ANA && mail.text.contains("/verify#")));
        for _ in 0..wrong {
            let guessed = finish(&world, &world.stranger(), typed("AAAAA-AAAAA")).await;
            assert!(matches!(guessed, Err(Error::LinkInvalid)));
        }
        let answer = finish(&world, &world.stranger(), typed(&own)).await;
        assert_eq!(answer.is_ok(), wrong < 5, "{:?}", answer.err());
    }
}

/// Whoever runs the server has said since that nobody signs up.
#[sqlx::test(migrator = "store::MIGRATOR")]
async fn a_sign_up_that_waits_ends_when_sign_up_is_closed(pool: PgPool) {
    let world = verify_world(pool);
    let browser = asked(&world, registration("ana")).await;
    let mail = the_mail(&world).await;
    let closed = World::replica(&world.pool, &world.clock, |settings| settings.signup = Signup::Closed);
    let (ctx, link) = (in_browser(&world, &browser), by_link(&mail, ""));
    let refused = closed.prove_address(&ctx, link.clone()).await;
    assert!(matches!(refused, Err(Error::SignupClosed)));
    assert!(matches!(closed.verify_email(&ctx, link.clone()).await, Err(Error::SignupClosed)));
    let form = domain::AddressForm { email: ANA.to_owned() };
    assert!(closed.operator_link(accounts::LinkFor::Verify, form.clone()).await.unwrap().is_none());
    closed.resend_verification(&ctx, form).await.unwrap();
    asked(&world, registration("bob")).await;
    let mailbox = testkit::Mailbox::default();
    while closed.send_due(&mailbox).await.unwrap() {}
    assert!(mailbox.is_empty(), "nor is anybody led there");
    finish(&world, &ctx, link).await.unwrap();
}

#[sqlx::test(migrator = "store::MIGRATOR")]
async fn elsewhere_the_password_is_typed_and_chosen_by_the_same_policy(pool: PgPool) {
    let world = verify_world(pool);
    asked(&world, registration("ana")).await;
    let mail = the_mail(&world).await;
    let elsewhere = world.stranger();
    assert!(asks_for_a_password(&finish(&world, &elsewhere, by_link(&mail, "")).await));
    let foreign = in_browser(&world, &asked(&world, registration("bob")).await);
    assert!(
        asks_for_a_password(&finish(&world, &foreign, by_link(&mail, "")).await),
        "another browser's cookie"
    );
    for weak in ["short", ANA, &"x".repeat(129)] {
        let refused = finish(&world, &elsewhere, by_link(&mail, weak)).await;
        assert!(matches!(refused, Err(Error::Invalid(errors)) if errors[0].field == "password"), "{weak}");
    }
    let (email, code) = (ANA.to_owned(), mail_code(&mail));
    let by_code = VerifyForm { email, code: code.into(), password: OTHER.into(), ..VerifyForm::default() };
    finish(&world, &elsewhere, by_code).await.unwrap();
    assert!(opens(&world, OTHER).await && !opens(&world, PASSWORD).await);
}

#[sqlx::test(migrator = "store::MIGRATOR")]
async fn a_program_signs_up_by_mail_and_is_not_signed_in(pool: PgPool) {
    let world = verify_world(pool);
    assert!(world.accounts.register(&world.stranger(), registration("ana")).await.unwrap().is_none());
    let mail = the_mail(&world).await;
    let silent = world.accounts.verify_email(&world.stranger(), by_link(&mail, "")).await;
    assert!(asks_for_a_password(&silent));
    world.accounts.verify_email(&world.stranger(), by_link(&mail, PASSWORD)).await.unwrap();
    assert_eq!(world.count("SELECT count(*) FROM sessions").await, 0);
    assert!(opens(&world, PASSWORD).await);
}

#[sqlx::test(migrator = "store::MIGRATOR")]
async fn a_username_is_taken_when_the_address_is_proven(pool: PgPool) {
    let world = verify_world(pool);
    let mut links = Vec::new();
    for name in ["ana", "bob"] {
        let form = RegistrationForm { username: "harbour".into(), ..registration(name) };
        let browser = asked(&world, form).await;
        links.push((in_browser(&world, &browser), by_link(&the_mail(&world).await, "")));
    }
    let mut lost = Vec::new();
    for (ctx, link) in links {
        match world.accounts.prove_address(&ctx, link).await.unwrap() {
            Proven::SignedUp { username_taken, .. } => lost.push(username_taken),
            Proven::Address(_) => panic!("not a sign-up"),
        }
    }
    assert_eq!(lost, [false, true]);
    assert_eq!(world.count("SELECT count(*) FROM users").await, 2);
    assert_eq!(world.count("SELECT count(*) FROM users WHERE username = 'harbour'").await, 1);
}

#[sqlx::test(migrator = "store::MIGRATOR")]
async fn an_address_that_got_an_account_meanwhile_is_told_to_its_owner(pool: PgPool) {
    let world = verify_world(pool);
    let browser = asked(&world, registration("ana")).await;
    let mail = the_mail(&world).await;
    let open = World::replica(&world.pool, &world.clock, |_| ());
    open.sign_up(&world.stranger(), with("ana", OTHER)).await.unwrap();
    let late = finish(&world, &in_browser(&world, &browser), by_link(&mail, "")).await;
    assert!(matches!(late, Err(Error::Taken(Field::Email))));
    assert!(opens(&world, OTHER).await && !opens(&world, PASSWORD).await);
}

#[sqlx::test(migrator = "store::MIGRATOR")]
async fn of_several_who_follow_a_link_at_once_one_gets_the_account(pool: PgPool) {
    let world = verify_world(pool);
    let browser = asked(&world, registration("ana")).await;
    let mail = the_mail(&world).await;
    let tries: Vec<_> = (0..8)
        .map(|_| {
            let (accounts, ctx, form) =
                (world.accounts.clone(), in_browser(&world, &browser), by_link(&mail, ""));
            tokio::spawn(async move { accounts.prove_address(&ctx, form).await })
        })
        .collect();
    let mut made = 0;
    for attempt in tries {
        match attempt.await.unwrap() {
            Ok(_) => made += 1,
            Err(Error::LinkInvalid) => {}
            Err(other) => panic!("{other}"),
        }
    }
    assert_eq!((made, world.count("SELECT count(*) FROM users").await), (1, 1));
}
