//! Not tests: measurements of promise P2, for a quiet machine and a release build.

use accounts::{Error, Rng, Signup};
use domain::{AddressForm, CodeRequestForm, CodeSignInForm, RegistrationForm, ResetForm};
use sqlx::PgPool;
use std::collections::BTreeMap;
use std::time::{Duration, Instant};
use testkit::{PASSWORD, SeededRng, World, registration, sign_in};

/// How many sign-ins a class.
const SIGN_INS: usize = 2_000;
/// Wrong passwords for accounts with our hash and with bcrypt, in equal parts; then accounts that are disabled, that never
/// had a password, and that have a second factor.
const KNOWN: [&str; 4] = ["wrong", "disabled", "bare", "factor"];

/// Prints how well the time of a refusal tells each kind of account from a name that nobody has: the
/// Mann-Whitney AUC, 0.5 where it tells nothing.
#[sqlx::test(migrator = "store::MIGRATOR")]
#[ignore = "a measurement, for `cargo nextest run --release --run-ignored only`"]
async fn time_does_not_tell_whether_an_account_exists(pool: PgPool) {
    let world = World::new(pool);
    world.member("template").await;
    for (place, class) in KNOWN.into_iter().enumerate() {
        make_accounts(&world, place, class).await;
    }
    world.accounts.learn_hashes().await.unwrap();
    let mut times: [Vec<Duration>; 5] = Default::default();
    for n in 0..SIGN_INS {
        // In turns, each class first as often as the others.
        for turn in 0..times.len() {
            let place = (n + turn) % times.len();
            let class = if place == 0 { "nobody" } else { KNOWN[place - 1] };
            times[place].push(time_of_refusal(&world, &format!("{class}-{n}@example.com")).await);
        }
    }
    let [nobody, known @ ..] = times;
    for (class, known) in KNOWN.into_iter().zip(known) {
        println!("{class}: median {:?}, AUC {:.3}", median(&known), auc(&nobody, &known));
    }
    println!("nobody: median {:?}", median(&nobody));
}

async fn make_accounts(world: &World, place: usize, class: &str) {
    let insert = "INSERT INTO users (id, email, email_canonical, is_active, password_hash, created_at, updated_at)
        SELECT gen_random_uuid(), email, email, $2 <> 1, CASE WHEN $2 = 2 THEN NULL
                   WHEN n % 2 = 0 THEN (SELECT password_hash FROM users WHERE email_canonical LIKE 'template@%')
                   ELSE '$2b$10$N9qo8uLOickgx2ZMRZoMye2SIE5jjhvj6DGrBdU8MOGQ0DNzwzIsa' END, now(), now()
        FROM (SELECT n, $1 || '-' || n || '@example.com' AS email FROM generate_series(0, $3 - 1) n) AS people";
    let (place, people) = (i32::try_from(place).unwrap(), i32::try_from(SIGN_INS).unwrap());
    sqlx::query(insert).bind(class).bind(place).bind(people).execute(&world.pool).await.unwrap();
    if class == "factor" {
        let apps = "INSERT INTO totp (id, user_id, key_id, sealed, last_step, added_at, last_used_at)
            SELECT gen_random_uuid(), id, 'key', '', 0, now(), now() FROM users WHERE email LIKE 'factor-%'";
        sqlx::query(apps).execute(&world.pool).await.unwrap();
    }
}

async fn time_of_refusal(world: &World, identifier: &str) -> Duration {
    let ctx = world.stranger();
    let begun = Instant::now();
    let answer = world.accounts.sign_in(&ctx, sign_in(identifier, "not the password")).await;
    let took = begun.elapsed();
    assert!(matches!(answer, Err(accounts::Error::WrongCredentials)), "{identifier}");
    took
}

/// What a stranger can ask for, or try, by mail.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
enum Flow {
    Forgot,
    Resend,
    Code,
    SignUp,
    GuessACode,
    ResetByCode,
}

const FLOWS: [Flow; 6] =
    [Flow::Forgot, Flow::Resend, Flow::Code, Flow::SignUp, Flow::GuessACode, Flow::ResetByCode];

/// Prints how well the time of each answer tells an address with an account from one without: the Mann-Whitney AUC.
/// Both classes of all flows are measured in one run, in random order.
#[sqlx::test(migrator = "store::MIGRATOR")]
#[ignore = "a measurement, for `cargo nextest run --run-ignored only`"]
async fn time_does_not_tell_for_whom_a_mail_was_asked(pool: PgPool) {
    let world = World::with(pool, |settings| settings.signup = Signup::Verify);
    let people = "INSERT INTO users (id, email, email_canonical, email_verified, created_at, updated_at)
        SELECT gen_random_uuid(), email, email, true, now(), now()
        FROM (SELECT 'known-' || n || '@example.com' AS email FROM generate_series(0, 1999) n) AS people";
    world.execute(people).await;
    // A code that may be guessed is on its way to each who has an account.
    for class in ["known", "other"] {
        for n in 0..SIGN_INS {
            time_of(&world, Flow::Code, &format!("{class}-{n}@example.com")).await;
        }
    }
    world.mail().await;
    let mut order: Vec<_> = FLOWS
        .into_iter()
        .flat_map(|flow| (0..SIGN_INS).flat_map(move |n| [(flow, n, false), (flow, n, true)]))
        .collect();
    shuffle(&mut order);
    let mut times: BTreeMap<Flow, [Vec<Duration>; 2]> = BTreeMap::new();
    for (flow, n, known) in order {
        let email = format!("{}-{n}@example.com", if known { "known" } else { "other" });
        let took = time_of(&world, flow, &email).await;
        times.entry(flow).or_default()[usize::from(known)].push(took);
    }
    for (flow, [other, known]) in times {
        let (medians, auc) = ([median(&known), median(&other)], auc(&other, &known));
        println!("{flow:?}: medians {medians:?} (known, unknown), AUC {auc:.3}, {} a class", known.len());
    }
}

async fn time_of(world: &World, flow: Flow, email: &str) -> Duration {
    let (ctx, accounts, email) = (world.stranger(), &world.accounts, email.to_owned());
    let begun = Instant::now();
    let answer = match flow {
        Flow::Forgot => accounts.forgot_password(&ctx, AddressForm { email }).await,
        Flow::Resend => accounts.resend_verification(&ctx, AddressForm { email }).await,
        Flow::Code => {
            let form = CodeRequestForm { identifier: email, ..CodeRequestForm::default() };
            accounts.ask_sign_in_code(&ctx, form).await
        }
        Flow::SignUp => {
            let form = RegistrationForm { email, ..registration("anybody") };
            accounts.begin_sign_up(&ctx, form).await.map(drop)
        }
        Flow::GuessACode => {
            let (identifier, code) = (email, "AAAAA-AAAAA".into());
            let form = CodeSignInForm { identifier, code, ..CodeSignInForm::default() };
            accounts.sign_in_by_code(&ctx, form).await.map(drop)
        }
        Flow::ResetByCode => {
            let (code, new_password) = ("AAAAA-AAAAA".into(), PASSWORD.into());
            let form = ResetForm { email, code, new_password, ..ResetForm::default() };
            accounts.reset_password(&ctx, form).await
        }
    };
    let took = begun.elapsed();
    assert!(matches!(answer, Ok(()) | Err(Error::WrongCode | Error::LinkInvalid)), "{flow:?}: {answer:?}");
    took
}

/// Fisher and Yates.
fn shuffle<T>(order: &mut [T]) {
    let rng = SeededRng::default();
    for place in (1..order.len()).rev() {
        let mut bytes = [0; 8];
        rng.fill(&mut bytes);
        let other = u64::from_le_bytes(bytes) % (u64::try_from(place).unwrap() + 1);
        order.swap(place, usize::try_from(other).unwrap());
    }
}

fn median(times: &[Duration]) -> Duration {
    let mut times = times.to_vec();
    times.sort_unstable();
    times[times.len() / 2]
}

/// How often a time of `right` is longer than one of `left`.
fn auc(left: &[Duration], right: &[Duration]) -> f64 {
    let longer = |time: &Duration| left.iter().filter(|other| *other < time).count();
    let won: usize = right.iter().map(longer).sum();
    let number = |count: usize| f64::from(u32::try_from(count).unwrap());
    number(won) / number(left.len() * right.len())
}
