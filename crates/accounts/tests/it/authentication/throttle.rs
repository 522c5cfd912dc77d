use accounts::{Error, RawToken, RequestCtx, SignedIn};
use domain::{PasswordForm, ProfileForm, SignInForm, UserPatch};
use sqlx::PgPool;
use testkit::{PASSWORD, Stores, World, over_each_store, registration, sign_in};
use time::Duration;

over_each_store![
    an_address_has_ten_sign_ins_and_then_three_a_minute,
    no_hour_has_more_than_fifty_sign_ins_of_an_address,
    names_wait_alike_whether_they_exist_or_not,
    the_delays_are_those_of_the_promise,
    ten_thousand_guesses_cost_a_hundred_hashes_and_the_owner_gets_in,
    a_success_resets_the_name,
    a_hundred_failures_in_a_row_leave_the_day_to_known_devices,
    a_device_has_a_budget_of_its_own_and_only_for_its_owner,
    who_guessed_the_old_password_is_no_known_device_after_a_change,
    what_nobody_looked_at_is_no_failure,
    an_attempt_that_ends_without_a_verdict_is_no_failure,
    what_nobody_looked_at_is_no_try_of_a_known_device,
    five_hundred_at_once_over_two_replicas_admit_ten,
    an_attack_is_told_once_an_hour,
    an_address_makes_ten_accounts_and_then_ten_an_hour,
    who_holds_a_session_has_ten_guesses_at_its_password,
    a_member_asks_for_ten_usernames_and_then_ten_an_hour,
    an_address_asks_for_twenty_names_however_many_accounts_it_has,
    an_address_exchanges_a_refresh_token_a_second,
];

fn wrong() -> SignInForm {
    sign_in("ana@example.com", "not the password")
}

/// How long the caller is told to wait; none where the attempt was admitted.
fn wait(answer: &Result<SignedIn, Error>) -> Option<Duration> {
    match answer {
        Err(Error::TooManyTries { wait }) => Some(*wait),
        _ => None,
    }
}

async fn an_address_has_ten_sign_ins_and_then_three_a_minute(stores: Stores) {
    let world = stores.world();
    world.member("ana").await;
    let mut ctx = world.stranger();
    for _ in 0..10 {
        assert!(world.accounts.sign_in(&ctx, sign_in("ana@example.com", PASSWORD)).await.is_ok());
    }
    let before = world.accounts.hash_count();
    let refused = world.accounts.sign_in(&ctx, sign_in("ana@example.com", PASSWORD)).await;
    assert_eq!(wait(&refused), Some(Duration::seconds(20)), "a success gives nothing back");
    assert_eq!(world.accounts.hash_count(), before, "refused before hashing");
    ctx.now += Duration::seconds(20);
    assert!(world.accounts.sign_in(&ctx, sign_in("ana@example.com", PASSWORD)).await.is_ok());
    assert!(wait(&world.accounts.sign_in(&ctx, wrong()).await).is_some());
}

async fn no_hour_has_more_than_fifty_sign_ins_of_an_address(stores: Stores) {
    let world = stores.world();
    let ctx = world.stranger();
    let mut admitted = Vec::new();
    // As often as the short limit lets them, for two hours.
    for seconds in (0..7_200).step_by(20) {
        let ctx = RequestCtx { now: ctx.now + Duration::seconds(seconds), ..ctx.clone() };
        loop {
            let name = format!("somebody-{}@example.com", admitted.len());
            let answer = world.accounts.sign_in(&ctx, sign_in(&name, "not the password")).await;
            if wait(&answer).is_some() {
                break;
            }
            admitted.push(seconds);
        }
    }
    let of_hour = |from: &i64| admitted.iter().filter(|at| (*from..from + 3_600).contains(*at)).count();
    let busiest = admitted.iter().map(of_hour).max().unwrap();
    assert!((45..=50).contains(&busiest), "{busiest}");
    assert_eq!(world.accounts.hash_count(), admitted.len() as u64);
}

async fn names_wait_alike_whether_they_exist_or_not(stores: Stores) {
    let world = stores.world();
    world.member("ana").await;
    let now = world.accounts.now();
    for name in ["ana@example.com", "nobody@example.com", "nobody", "\u{ff41}na@example.com"] {
        for _ in 0..4 {
            let answer = try_at(&world, now, sign_in(name, "not the password")).await;
            assert!(matches!(answer, Err(Error::WrongCredentials)), "{name}");
        }
        // Not even the right password is looked at.
        let before = world.accounts.hash_count();
        let refused = try_at(&world, now, sign_in(name, PASSWORD)).await;
        assert_eq!((wait(&refused), world.accounts.hash_count()), (Some(Duration::SECOND), before), "{name}");
    }
}

async fn the_delays_are_those_of_the_promise(stores: Stores) {
    let world = stores.world();
    let mut now = world.accounts.now();
    let mut waits = Vec::new();
    while waits.len() < 13 {
        match try_at(&world, now, wrong()).await {
            Err(Error::TooManyTries { wait }) => {
                waits.push(wait.whole_seconds());
                now += wait;
            }
            answer => assert!(matches!(answer, Err(Error::WrongCredentials))),
        }
    }
    assert_eq!(waits, [1, 3, 5, 10, 20, 40, 80, 160, 300, 300, 300, 300, 300]);
}

/// The attempt of a stranger elsewhere, at a time.
async fn try_at(world: &World, now: time::OffsetDateTime, form: SignInForm) -> Result<SignedIn, Error> {
    let ctx = RequestCtx { now, ..world.stranger() };
    world.accounts.sign_in(&ctx, form).await
}

async fn ten_thousand_guesses_cost_a_hundred_hashes_and_the_owner_gets_in(stores: Stores) {
    let world = stores.world();
    let owner = world.accounts.sign_up(&world.stranger(), registration("ana")).await.unwrap();
    let before = world.accounts.hash_count();
    let start = world.accounts.now();
    // Ten minutes of guesses from a thousand addresses; one of a hundred is made, the others would change nothing.
    for second in 0..600 {
        let now = start + Duration::seconds(second);
        let _ = try_at(&world, now, wrong()).await;
    }
    assert!(world.accounts.hash_count() - before <= 100);
    let now = start + Duration::seconds(600);
    assert!(wait(&try_at(&world, now, sign_in("ana@example.com", PASSWORD)).await).is_some());
    let mut ctx = RequestCtx { now, ..world.stranger() };
    ctx.client.device = owner.device;
    assert!(world.accounts.sign_in(&ctx, sign_in("ana@example.com", PASSWORD)).await.is_ok());
}

async fn a_success_resets_the_name(stores: Stores) {
    let world = stores.world();
    world.member("ana").await;
    let now = world.accounts.now();
    for _ in 0..3 {
        for _ in 0..3 {
            assert!(matches!(try_at(&world, now, wrong()).await, Err(Error::WrongCredentials)));
        }
        assert!(try_at(&world, now, sign_in("ana@example.com", PASSWORD)).await.is_ok());
    }
}

async fn a_hundred_failures_in_a_row_leave_the_day_to_known_devices(stores: Stores) {
    let world = stores.world();
    let owner = world.accounts.sign_up(&world.stranger(), registration("ana")).await.unwrap();
    stores.forget().await;
    let mut now = world.accounts.now();
    for _ in 0..100 {
        assert!(matches!(try_at(&world, now, wrong()).await, Err(Error::WrongCredentials)));
        now += Duration::seconds(300);
    }
    assert!(wait(&try_at(&world, now, wrong()).await).unwrap() > Duration::hours(23));
    let mut ctx = RequestCtx { now, ..world.stranger() };
    ctx.client.device = owner.device;
    assert!(world.accounts.sign_in(&ctx, sign_in("ana@example.com", PASSWORD)).await.is_ok());
}

async fn a_device_has_a_budget_of_its_own_and_only_for_its_owner(stores: Stores) {
    let world = stores.world();
    let owner = world.accounts.sign_up(&world.stranger(), registration("ana")).await.unwrap();
    world.member("eve").await;
    let now = world.accounts.now();
    for _ in 0..4 {
        let _ = try_at(&world, now, wrong()).await;
        let _ = try_at(&world, now, sign_in("eve@example.com", "not the password")).await;
    }
    let with = |device: &Option<RawToken>| {
        let mut ctx = RequestCtx { now, ..world.stranger() };
        ctx.client.device.clone_from(device);
        ctx
    };
    for _ in 0..10 {
        let answer = world.accounts.sign_in(&with(&owner.device), wrong()).await;
        assert!(matches!(answer, Err(Error::WrongCredentials)));
    }
    assert!(wait(&world.accounts.sign_in(&with(&owner.device), wrong()).await).is_some());
    let foreign = sign_in("eve@example.com", PASSWORD);
    assert!(wait(&world.accounts.sign_in(&with(&owner.device), foreign).await).is_some());
}

async fn who_guessed_the_old_password_is_no_known_device_after_a_change(stores: Stores) {
    let world = stores.world();
    let owner = world.accounts.sign_up(&world.stranger(), registration("ana")).await.unwrap();
    let thief =
        world.accounts.sign_in(&world.stranger(), sign_in("ana@example.com", PASSWORD)).await.unwrap();
    let mut ctx = world.holder(&owner).await;
    ctx.client.device.clone_from(&owner.device);
    let form =
        PasswordForm { current_password: PASSWORD.into(), new_password: "amber lantern on the step".into() };
    world.accounts.change_password(&ctx, form).await.unwrap();
    let now = world.accounts.now();
    for _ in 0..4 {
        let _ = try_at(&world, now, wrong()).await;
    }
    for (device, known) in [(thief.device, false), (owner.device, true)] {
        let mut ctx = RequestCtx { now, ..world.stranger() };
        ctx.client.device = device;
        let form = sign_in("ana@example.com", "amber lantern on the step");
        assert_eq!(world.accounts.sign_in(&ctx, form).await.is_ok(), known);
    }
}

async fn what_nobody_looked_at_is_no_failure(stores: Stores) {
    let world = stores.world_with(|settings| settings.hashing.permits = 1);
    let now = world.accounts.now();
    let tries: Vec<_> = (0..60)
        .map(|n| {
            let (accounts, ctx) = (world.accounts.clone(), RequestCtx { now, ..world.stranger() });
            let form = sign_in(&format!("somebody-{n}@example.com"), "not the password");
            tokio::spawn(async move { accounts.sign_in(&ctx, form).await })
        })
        .collect();
    let (mut refused, mut overloaded) = (0, 0);
    for attempt in tries {
        match attempt.await.unwrap() {
            Err(Error::WrongCredentials) => refused += 1,
            Err(Error::Overloaded) => overloaded += 1,
            Err(Error::Unavailable(_)) => {}
            other => panic!("{other:?}"),
        }
    }
    // Each is counted for the name and beside it.
    let failures = stores.failures().await / 2;
    assert!(overloaded > 0 && failures <= 60 - overloaded, "{refused} {overloaded}: {failures}");
}

/// P18: a database that fails between the count and the verdict burns nobody's streak.
async fn an_attempt_that_ends_without_a_verdict_is_no_failure(stores: Stores) {
    let world = stores.world();
    world.member("ana").await;
    let attempt = async |password| {
        world.accounts.sign_in(&world.stranger(), sign_in("ana@example.com", password)).await
    };
    for (breaks, mends) in [
        ("ALTER TABLE known_networks RENAME TO away", "ALTER TABLE away RENAME TO known_networks"),
        ("ALTER TABLE audit_events RENAME TO away", "ALTER TABLE away RENAME TO audit_events"),
    ] {
        world.execute(breaks).await;
        for _ in 0..5 {
            let answer = attempt("not the password").await;
            assert!(matches!(answer, Err(Error::Internal(_) | Error::Unavailable(_))), "{answer:?}");
        }
        world.execute(mends).await;
        assert_eq!(stores.failures().await, 0, "{breaks}");
    }
    assert!(matches!(attempt("not the password").await, Err(Error::WrongCredentials)));
    assert_eq!(stores.failures().await, 2, "of the name and of the account");
    assert!(attempt(PASSWORD).await.is_ok());
}

async fn what_nobody_looked_at_is_no_try_of_a_known_device(stores: Stores) {
    let world = stores.world_with(|settings| settings.hashing.permits = 1);
    world.member("ana").await;
    let mut owners = Vec::new();
    for _ in 0..6 {
        let ctx = world.stranger();
        let device = world.accounts.sign_in(&ctx, sign_in("ana@example.com", PASSWORD)).await.unwrap().device;
        owners.push(device);
    }
    let attempt = |device: &Option<RawToken>| {
        let (accounts, mut ctx) = (world.accounts.clone(), world.stranger());
        ctx.client.device.clone_from(device);
        tokio::spawn(async move { accounts.sign_in(&ctx, wrong()).await })
    };
    // All their tries at once.
    let tries: Vec<_> = (0..60).map(|n| attempt(&owners[n % owners.len()])).collect();
    let (mut looked_at, mut overloaded, mut unknown) = (0, 0, 0);
    for attempt in tries {
        match attempt.await.unwrap() {
            Err(Error::WrongCredentials) => looked_at += 1,
            Err(Error::Overloaded) => overloaded += 1,
            Err(Error::Unavailable(_)) => unknown += 1,
            other => panic!("{other:?}"),
        }
    }
    for device in &owners {
        while wait(&attempt(device).await.unwrap()).is_none() {
            looked_at += 1;
        }
    }
    assert!(overloaded > 0 && looked_at + unknown >= 60, "{looked_at} {overloaded} {unknown}");
}

#[sqlx::test(migrator = "store::MIGRATOR")]
async fn a_browser_becomes_known_with_its_session_or_not_at_all(pool: PgPool) {
    let world = World::new(pool);
    world.member("ana").await;
    world.accounts.sign_in(&world.stranger(), sign_in("ana@example.com", PASSWORD)).await.unwrap();
    // Each row says which transaction made it.
    let together = "SELECT count(*) FROM known_devices device JOIN sessions session
                    ON session.user_id = device.user_id AND session.xmin = device.xmin";
    assert_eq!(world.count(together).await, 2);
}

async fn five_hundred_at_once_over_two_replicas_admit_ten(stores: Stores) {
    let world = stores.world();
    let other = stores.replica(&world.clock, |_| ());
    let ctx = world.stranger();
    let tries: Vec<_> = (0..500)
        .map(|n| {
            let accounts = if n % 2 == 0 { world.accounts.clone() } else { other.clone() };
            let ctx = ctx.clone();
            let form = sign_in(&format!("somebody-{n}"), "not the password");
            tokio::spawn(async move { accounts.sign_in(&ctx, form).await })
        })
        .collect();
    let mut admitted = 0;
    for attempt in tries {
        let answer = attempt.await.unwrap();
        admitted += u32::from(matches!(answer, Err(Error::WrongCredentials | Error::Overloaded)));
    }
    assert!((1..=10).contains(&admitted), "{admitted}");
    assert!(world.accounts.hash_count() + other.hash_count() <= 10);
}

async fn an_attack_is_told_once_an_hour(stores: Stores) {
    let world = stores.world();
    let now = world.accounts.now();
    for _ in 0..20 {
        let _ = try_at(&world, now, wrong()).await;
    }
    assert_eq!(world.count("SELECT count(*) FROM audit_events WHERE kind = 'throttled'").await, 1);
}

async fn an_address_makes_ten_accounts_and_then_ten_an_hour(stores: Stores) {
    let world = stores.world();
    let mut ctx = world.stranger();
    for n in 0..10 {
        assert!(world.accounts.sign_up(&ctx, registration(&format!("ana-{n}"))).await.is_ok());
    }
    let refused = world.accounts.sign_up(&ctx, registration("one-more")).await;
    assert_eq!(wait(&refused), Some(Duration::minutes(6)));
    ctx.now += Duration::minutes(6);
    assert!(world.accounts.sign_up(&ctx, registration("one-more")).await.is_ok());
}

#[sqlx::test(migrator = "store::MIGRATOR")]
async fn the_sweep_forgets_what_no_longer_counts(pool: PgPool) {
    let world = World::new(pool);
    world.member("ana").await;
    let _ = try_at(&world, world.accounts.now(), wrong()).await;
    world.clock.advance(Duration::hours(23));
    world.accounts.sweep(world.accounts.now()).await.unwrap();
    assert_eq!(world.count("SELECT count(*) FROM throttle_rates").await, 0);
    assert_eq!(world.count("SELECT count(*) FROM throttle_failures").await, 2);
    world.clock.advance(Duration::hours(2));
    world.accounts.sweep(world.accounts.now()).await.unwrap();
    assert_eq!(world.count("SELECT count(*) FROM throttle_failures").await, 0);
    assert_eq!(world.count("SELECT count(*) FROM known_devices").await, 1);
}

async fn who_holds_a_session_has_ten_guesses_at_its_password(stores: Stores) {
    let world = stores.world();
    let signed_in = world.member("ana").await;
    let ctx = world.holder(&signed_in).await;
    let guess =
        || PasswordForm { current_password: "not the password".into(), new_password: PASSWORD.into() };
    for _ in 0..10 {
        assert!(matches!(world.accounts.change_password(&ctx, guess()).await, Err(Error::Invalid(_))));
    }
    let before = world.accounts.hash_count();
    assert!(matches!(world.accounts.change_password(&ctx, guess()).await, Err(Error::TooManyTries { .. })));
    assert_eq!(world.accounts.hash_count(), before, "refused before hashing");
}

async fn a_member_asks_for_ten_usernames_and_then_ten_an_hour(stores: Stores) {
    let world = stores.world();
    let (ana, eve) = (world.member("ana").await, world.member("eve").await);
    let form = |name: &str| ProfileForm { username: Some(name.into()), ..ProfileForm::default() };
    world.accounts.save_profile(&world.holder(&ana).await, form("ana")).await.unwrap();
    let mut ctx = world.holder(&eve).await;
    world.accounts.save_profile(&ctx, form("eve")).await.unwrap();
    for n in 0..9 {
        let taken = if n % 2 == 0 {
            world.accounts.save_profile(&ctx, form("ana")).await.map(drop)
        } else {
            let patch = UserPatch { username: Some("ANA".into()), ..UserPatch::default() };
            world.accounts.change_me(&ctx, patch).await.map(drop)
        };
        assert!(matches!(taken, Err(Error::Taken(_))));
    }
    let refused = world.accounts.save_profile(&ctx, form("ana")).await;
    assert!(matches!(refused, Err(Error::TooManyTries { wait }) if wait == Duration::minutes(6)));
    world.accounts.save_profile(&ctx, form("EVE")).await.unwrap();
    ctx.now += Duration::minutes(6);
    assert!(matches!(world.accounts.save_profile(&ctx, form("ana")).await, Err(Error::Taken(_))));
}

async fn an_address_asks_for_twenty_names_however_many_accounts_it_has(stores: Stores) {
    let world = stores.world();
    let taken =
        "UPDATE users SET username = 'ana', username_canonical = 'ana' WHERE email = 'ana@example.com'";
    world.member("ana").await;
    world.execute(taken).await;
    let address = world.stranger().client;
    let username = || UserPatch { username: Some("ana".into()), ..UserPatch::default() };
    let email = || UserPatch { email: Some("ana@example.com".into()), ..UserPatch::default() };
    for n in 0..3 {
        let eve = world.member(&format!("eve-{n}")).await;
        let ctx = RequestCtx { client: address.clone(), ..world.holder(&eve).await };
        for patch in [username, email] {
            for m in 0..10 {
                let answer = world.accounts.change_me(&ctx, patch()).await.map(drop);
                let refused =
                    matches!(answer, Err(Error::TooManyTries { wait }) if wait <= Duration::minutes(3));
                assert!(matches!(answer, Err(Error::Taken(_))) || refused, "{answer:?}");
                assert_eq!(refused, n == 2, "{n} {m}");
            }
        }
    }
    let eve = world.member("eve").await;
    let elsewhere = world.holder(&eve).await;
    assert!(matches!(world.accounts.change_me(&elsewhere, username()).await, Err(Error::Taken(_))));
    let later = world.accounts.now() + Duration::minutes(3);
    let ctx = RequestCtx { client: address, now: later, ..elsewhere };
    assert!(matches!(world.accounts.change_me(&ctx, username()).await, Err(Error::Taken(_))));
}

async fn an_address_exchanges_a_refresh_token_a_second(stores: Stores) {
    let world = stores.world();
    let ctx = world.stranger();
    let token = "A".repeat(43);
    for _ in 0..60 {
        assert!(matches!(world.accounts.refresh(&ctx, &token).await, Err(Error::InvalidToken)));
    }
    assert!(matches!(world.accounts.refresh(&ctx, &token).await, Err(Error::TooManyTries { .. })));
}
