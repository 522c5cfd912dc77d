//! Not tests: measurements of promise P2, for a quiet machine and a release build.

use sqlx::PgPool;
use std::time::{Duration, Instant};
use testkit::{World, sign_in};

/// How many sign-ins a class.
const SIGN_INS: usize = 2_000;
/// Wrong passwords for accounts with our hash and with bcrypt, in equal parts; then accounts that are disabled,
/// and that never had a password.
const KNOWN: [&str; 3] = ["wrong", "disabled", "bare"];

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
    let mut times: [Vec<Duration>; 4] = Default::default();
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
}

async fn time_of_refusal(world: &World, identifier: &str) -> Duration {
    let ctx = world.stranger();
    let begun = Instant::now();
    let answer = world.accounts.sign_in(&ctx, sign_in(identifier, "not the password")).await;
    let took = begun.elapsed();
    assert!(matches!(answer, Err(accounts::Error::WrongCredentials)), "{identifier}");
    took
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
