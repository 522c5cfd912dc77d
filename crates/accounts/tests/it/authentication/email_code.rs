//! Signing in with a code by mail (case D6, P1, P25): the owner's way round a name that has to wait.

use crate::crew::{kinds, patch};
use accounts::{Error, Message, RawToken, RequestCtx};
use domain::{AddressForm, CodeRequestForm, CodeSignInForm, Factor};
use serde_json::json;
use sqlx::PgPool;
use testkit::{PASSWORD, Stores, World, mail_code, over_each_store, sign_in};
use time::Duration;

over_each_store![
    an_owner_gets_in_by_a_code_while_strangers_guess_and_the_name_goes_on_waiting,
    the_sixth_guess_is_not_looked_at_and_a_new_code_makes_up_for_it,
    a_known_device_gets_mails_and_guesses_that_strangers_do_not_use_up,
    an_address_guesses_twenty_times_an_hour,
];

const ANA: &str = "ana@example.com";
const WRONG: &str = "AAAAA-AAAAA";

/// A world with ana, whose address is proven.
async fn with_ana(stores: &Stores) -> (World, Option<RawToken>) {
    let world = stores.world();
    let device = world.member("ana").await.device;
    world.execute("UPDATE users SET email_verified = true").await;
    world.mail().await;
    (world, device)
}

fn asking(name: &str) -> CodeRequestForm {
    CodeRequestForm { identifier: name.to_owned(), ..CodeRequestForm::default() }
}

fn form(name: &str, code: &str) -> CodeSignInForm {
    CodeSignInForm { identifier: name.to_owned(), code: code.into(), ..CodeSignInForm::default() }
}

async fn mails(world: &World, name: &str) -> Vec<Message> {
    world.accounts.ask_sign_in_code(&world.stranger(), asking(name)).await.unwrap();
    world.mail().await
}

async fn code(world: &World, name: &str) -> String {
    mail_code(&mails(world, name).await[0])
}

/// The answer to a code that a stranger types.
async fn answer(world: &World, name: &str, code: &str) -> Result<(), Error> {
    world.accounts.sign_in_by_code(&world.stranger(), form(name, code)).await.map(drop)
}

#[track_caller]
fn is_wrong(answer: &Result<(), Error>) {
    assert!(matches!(answer, Err(Error::WrongCode)), "{answer:?}");
}

async fn guess_the_password(world: &World, name: &str) {
    for _ in 0..5 {
        let _ = world.accounts.sign_in(&world.stranger(), sign_in(name, "not the password")).await;
    }
}

fn from(world: &World, device: Option<&RawToken>) -> RequestCtx {
    let mut ctx = world.stranger();
    ctx.client.device = device.cloned();
    ctx
}

async fn an_owner_gets_in_by_a_code_while_strangers_guess_and_the_name_goes_on_waiting(stores: Stores) {
    let (world, _) = with_ana(&stores).await;
    guess_the_password(&world, ANA).await;
    let waiting = async || {
        let answer = world.accounts.sign_in(&world.stranger(), sign_in(ANA, PASSWORD)).await;
        matches!(answer, Err(Error::TooManyTries { .. }))
    };
    assert!(waiting().await);
    let code = code(&world, ANA).await;
    let hashes = world.accounts.hash_count();
    let signed_in = world.accounts.sign_in_by_code(&world.stranger(), form(ANA, &code)).await.unwrap();
    assert_eq!(world.accounts.hash_count(), hashes);
    let ctx = world.holder(&signed_in).await;
    assert_eq!(ctx.member().unwrap().factors[0].factor, Factor::EmailCode);
    assert!(waiting().await, "the failures of the name stay");
    // It is a recent proof.
    world.accounts.change_me(&ctx, patch(json!({ "email": "new@example.com" }))).await.unwrap();
}

#[sqlx::test(migrator = "store::MIGRATOR")]
async fn a_code_works_once_for_its_own_account_and_ten_minutes(pool: PgPool) {
    let (world, _) = with_ana(&Stores::without_redis(pool)).await;
    world.member("bob").await;
    world.execute("UPDATE users SET email_verified = true").await;
    world.mail().await;
    let of_ana = code(&world, ANA).await;
    code(&world, "bob@example.com").await;
    for name in ["bob@example.com", "bob", "nobody@example.com"] {
        is_wrong(&answer(&world, name, &of_ana).await);
    }
    answer(&world, ANA, &of_ana.to_lowercase()).await.unwrap();
    is_wrong(&answer(&world, ANA, &of_ana).await);
    let late = code(&world, ANA).await;
    assert_ne!(late, of_ana);
    world.clock.advance(Duration::minutes(10));
    is_wrong(&answer(&world, ANA, &late).await);
    assert_eq!(world.count("SELECT count(*) FROM audit_events WHERE kind = 'sign_in_failed'").await, 5);
}

#[sqlx::test(migrator = "store::MIGRATOR")]
async fn of_many_at_once_one_signs_in(pool: PgPool) {
    let (world, _) = with_ana(&Stores::without_redis(pool)).await;
    let code = code(&world, ANA).await;
    let tries: Vec<_> = (0..5)
        .map(|_| {
            let (accounts, ctx, form) = (world.accounts.clone(), world.stranger(), form(ANA, &code));
            tokio::spawn(async move { accounts.sign_in_by_code(&ctx, form).await.is_ok() })
        })
        .collect();
    let mut signed_in = 0;
    for attempt in tries {
        signed_in += usize::from(attempt.await.unwrap());
    }
    assert_eq!(signed_in, 1);
}

async fn the_sixth_guess_is_not_looked_at_and_a_new_code_makes_up_for_it(stores: Stores) {
    let (world, _) = with_ana(&stores).await;
    let spent = code(&world, ANA).await;
    for _ in 0..5 {
        is_wrong(&answer(&world, ANA, WRONG).await);
    }
    is_wrong(&answer(&world, ANA, &spent).await);
    let new = code(&world, ANA).await;
    assert_ne!(new, spent);
    answer(&world, ANA, &new).await.unwrap();
}

/// Each guess is written down eight times, at codes that may not exist: those are gone within the hour.
#[sqlx::test(migrator = "store::MIGRATOR")]
async fn guesses_at_nothing_are_soon_forgotten(pool: PgPool) {
    let (world, _) = with_ana(&Stores::without_redis(pool)).await;
    code(&world, ANA).await;
    for name in [ANA, "nobody@example.com"] {
        for _ in 0..6 {
            is_wrong(&answer(&world, name, WRONG).await);
        }
    }
    world.clock.advance(Duration::hours(1) + Duration::MINUTE);
    world.accounts.sweep(world.accounts.now()).await.unwrap();
    assert_eq!(world.count("SELECT count(*) FROM throttle_rates").await, 1, "the code's own");
}

async fn a_known_device_gets_mails_and_guesses_that_strangers_do_not_use_up(stores: Stores) {
    let (world, device) = with_ana(&stores).await;
    for _ in 0..3 {
        code(&world, ANA).await;
    }
    let refused = world.accounts.ask_sign_in_code(&world.stranger(), asking(ANA)).await;
    assert!(matches!(refused, Err(Error::TooManyTries { .. })));
    let owner = || from(&world, device.as_ref());
    world.accounts.ask_sign_in_code(&owner(), asking(ANA)).await.unwrap();
    let code = mail_code(&world.mail().await[0]);
    for _ in 0..6 {
        is_wrong(&answer(&world, ANA, WRONG).await);
    }
    world.accounts.sign_in_by_code(&owner(), form(ANA, &code)).await.unwrap();
}

/// P2: what is looked up for a device depends on its token alone.
#[sqlx::test(migrator = "store::MIGRATOR")]
async fn a_device_s_token_has_nobody_looked_up_by_the_name_that_is_asked_for(pool: PgPool) {
    let (world, _) = with_ana(&Stores::without_redis(pool)).await;
    let token = RawToken::parse(&"A".repeat(43)).unwrap();
    world.execute("ALTER TABLE users RENAME TO nobody").await;
    for name in [ANA, "nobody@example.com"] {
        let (ctx, address) = (from(&world, Some(&token)), AddressForm { email: name.to_owned() });
        world.accounts.ask_sign_in_code(&ctx, asking(name)).await.unwrap();
        world.accounts.forgot_password(&ctx, address.clone()).await.unwrap();
        world.accounts.resend_verification(&ctx, address).await.unwrap();
    }
}

/// A known device of one's own account is none of somebody else's.
#[sqlx::test(migrator = "store::MIGRATOR")]
async fn a_device_has_a_budget_of_its_own_for_its_own_account_alone(pool: PgPool) {
    let (world, _) = with_ana(&Stores::without_redis(pool)).await;
    let eve = world.member("eve").await.device;
    world.mail().await;
    for _ in 0..3 {
        code(&world, ANA).await;
    }
    let refused = world.accounts.ask_sign_in_code(&from(&world, eve.as_ref()), asking(ANA)).await;
    assert!(matches!(refused, Err(Error::TooManyTries { .. })));
}

/// Whoever reads the mailbox for once gets in; the owner, who reads it too, is told.
#[sqlx::test(migrator = "store::MIGRATOR")]
async fn a_sign_in_by_code_is_told_of_unless_the_device_is_known(pool: PgPool) {
    let (world, device) = with_ana(&Stores::without_redis(pool)).await;
    let known = code(&world, ANA).await;
    world.accounts.sign_in_by_code(&from(&world, device.as_ref()), form(ANA, &known)).await.unwrap();
    assert!(world.mail().await.is_empty());
    let code = code(&world, ANA).await;
    world.accounts.sign_in_by_code_bearer(&world.stranger(), form(ANA, &code), false).await.unwrap();
    let told = world.mail().await;
    assert!(told.len() == 1 && told[0].text.contains("/not-me#"));
}

#[sqlx::test(migrator = "store::MIGRATOR")]
async fn a_username_leads_to_the_mailbox_and_counts_for_it(pool: PgPool) {
    let (world, _) = with_ana(&Stores::without_redis(pool)).await;
    world.execute("UPDATE users SET username = 'Ana', username_canonical = 'ana'").await;
    let by_username = code(&world, "ANA").await;
    assert_eq!(code(&world, "ana").await, by_username, "the same while it lives");
    code(&world, ANA).await;
    assert!(mails(&world, "ana").await.is_empty(), "three an hour, by whatever name");
    answer(&world, "ana", &by_username).await.unwrap();
}

#[sqlx::test(migrator = "store::MIGRATOR")]
async fn unknown_and_disabled_accounts_are_asked_for_alike_and_get_no_code(pool: PgPool) {
    let (world, _) = with_ana(&Stores::without_redis(pool)).await;
    let code = code(&world, ANA).await;
    world.execute("UPDATE users SET is_active = false").await;
    for name in [ANA, "nobody@example.com", "nobody"] {
        world.accounts.ask_sign_in_code(&world.stranger(), asking(name)).await.unwrap();
        assert_eq!(world.count("SELECT count(*) FROM outbox").await, 1, "{name}");
        assert!(world.mail().await.is_empty(), "{name}");
        is_wrong(&answer(&world, name, &code).await);
    }
}

/// Who registers somebody else's address knows that account's password: its owner must not move in beside them.
#[sqlx::test(migrator = "store::MIGRATOR")]
async fn an_address_that_nobody_has_proven_gets_a_new_password_and_no_code(pool: PgPool) {
    let world = World::new(pool);
    world.member("ana").await;
    world.mail().await;
    let mails = mails(&world, ANA).await;
    assert!(mails.len() == 1 && mails[0].text.contains("/reset#"));
    is_wrong(&answer(&world, ANA, &mail_code(&mails[0])).await);
}

#[sqlx::test(migrator = "store::MIGRATOR")]
async fn a_new_password_and_a_new_address_end_the_code(pool: PgPool) {
    let (world, device) = with_ana(&Stores::without_redis(pool)).await;
    let old = code(&world, ANA).await;
    world.execute("UPDATE users SET email = 'b@example.com', email_canonical = 'b@example.com'").await;
    is_wrong(&answer(&world, "b@example.com", &old).await);
    is_wrong(&answer(&world, ANA, &old).await);
    assert!(device.is_some());
    assert_eq!(kinds(&world).await, ["sign_in_failed", "sign_in_failed"]);
}

async fn an_address_guesses_twenty_times_an_hour(stores: Stores) {
    let (world, _) = with_ana(&stores).await;
    let client = world.stranger().client;
    let mut guesses = 0;
    for minute in 0..60 {
        for n in 0..12 {
            let ctx = RequestCtx { client: client.clone(), ..world.stranger() };
            let name = format!("somebody-{minute}-{n}@example.com");
            match world.accounts.sign_in_by_code(&ctx, form(&name, WRONG)).await {
                Err(Error::WrongCode) => guesses += 1,
                refused => {
                    assert!(matches!(refused, Err(Error::TooManyTries { .. })));
                    break;
                }
            }
        }
        world.clock.advance(Duration::MINUTE);
    }
    assert_eq!(guesses, 19, "ten at once, and one in six minutes");
}
