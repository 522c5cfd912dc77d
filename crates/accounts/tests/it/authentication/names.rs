//! P1, P2, P12: an account that is called by two names is one, and no answer tells so.

use accounts::{Error, RequestCtx};
use domain::RegistrationForm;
use testkit::{PASSWORD, Stores, World, over_each_store, registration, sign_in};
use time::Duration;

over_each_store![
    two_names_of_an_account_wait_like_two_of_nobody,
    guesses_do_not_tell_when_an_account_is_made,
    an_account_has_one_streak_by_whatever_it_is_called,
    a_success_forgives_all_names_of_the_account,
    the_network_last_used_has_ten_tries_by_whatever_name,
];

const ANA: &str = "ana@example.com";
const WRONG: &str = "not the password";

/// What came of an attempt, and how many hashes it cost.
#[derive(Debug, PartialEq)]
enum Came {
    In,
    Wrong(u64),
    Wait(i64, u64),
}

/// An account with both names; its owner was last seen elsewhere.
async fn ana(world: &World) {
    let form = RegistrationForm { username: "ana.p".into(), ..registration("ana") };
    world.accounts.sign_up(&world.stranger(), form).await.unwrap();
}

/// Somebody tries from an address of their own, so many seconds later.
async fn attempt(world: &World, seconds: i64, name: &str, password: &str) -> Came {
    let ctx = world.stranger();
    attempt_from(world, RequestCtx { now: ctx.now + Duration::seconds(seconds), ..ctx }, name, password).await
}

async fn attempt_from(world: &World, ctx: RequestCtx, name: &str, password: &str) -> Came {
    let before = world.accounts.hash_count();
    let answer = world.accounts.sign_in(&ctx, sign_in(name, password)).await;
    let hashes = world.accounts.hash_count() - before;
    match answer {
        Ok(_) => Came::In,
        Err(Error::WrongCredentials) => Came::Wrong(hashes),
        Err(Error::TooManyTries { wait }) => Came::Wait(wait.whole_seconds(), hashes),
        Err(other) => panic!("{other:?}"),
    }
}

async fn two_names_of_an_account_wait_like_two_of_nobody(stores: Stores) {
    let world = stores.world();
    ana(&world).await;
    world.member("eve").await;
    let mut all = Vec::new();
    for (one, other) in [
        ("nobody@example.com", "nobody"),
        (ANA, "Ana.P"),
        ("nobody-2@example.com", "ana_p"),
        ("eve@example.com", "nobody-3"),
    ] {
        let mut came = Vec::new();
        for n in 0..8 {
            came.push(attempt(&world, 0, one, WRONG).await);
            // While the account waits, its own password is wrong by the other name.
            came.push(attempt(&world, 0, other, if n > 1 { PASSWORD } else { WRONG }).await);
        }
        for n in 0..40 {
            came.push(attempt(&world, 2 + 3 * n, if n % 3 == 0 { one } else { other }, WRONG).await);
        }
        all.push(came);
    }
    assert!(all[0].contains(&Came::Wrong(1)) && all[0].iter().any(|came| matches!(came, Came::Wait(_, 0))));
    for came in &all[1..] {
        assert_eq!(*came, all[0]);
    }
}

async fn guesses_do_not_tell_when_an_account_is_made(stores: Stores) {
    let world = stores.world();
    for name in [ANA, "ana.p", "nobody"] {
        for _ in 0..4 {
            assert_eq!(attempt(&world, 0, name, WRONG).await, Came::Wrong(1));
        }
    }
    ana(&world).await;
    for name in [ANA, "ana.p", "nobody"] {
        assert_eq!(attempt(&world, 0, name, PASSWORD).await, Came::Wait(1, 0), "{name}");
        assert_eq!(attempt(&world, 1, name, WRONG).await, Came::Wrong(1), "{name}");
        assert_eq!(attempt(&world, 1, name, WRONG).await, Came::Wait(3, 0), "{name}");
    }
}

async fn an_account_has_one_streak_by_whatever_it_is_called(stores: Stores) {
    let world = stores.world();
    ana(&world).await;
    for n in 0..100 {
        let name = if n % 2 == 0 { ANA } else { "ana.p" };
        assert_eq!(attempt(&world, n * 300, name, WRONG).await, Came::Wrong(1), "{n}");
    }
    // No name has to wait, and nobody looks at the account.
    let (soon, tomorrow) = (100 * 300, 100 * 300 + 86_400);
    for name in [ANA, "ana.p"] {
        assert_eq!(attempt(&world, soon, name, PASSWORD).await, Came::Wrong(1), "{name}");
    }
    assert_eq!(attempt(&world, tomorrow, ANA, PASSWORD).await, Came::In);
}

async fn a_success_forgives_all_names_of_the_account(stores: Stores) {
    let world = stores.world();
    ana(&world).await;
    for (one, other) in [(ANA, "Ana.P"), ("ana.p", "ANA@Example.com")] {
        for _ in 0..4 {
            assert_eq!(attempt(&world, 0, one, WRONG).await, Came::Wrong(1));
        }
        assert_eq!(attempt(&world, 0, other, PASSWORD).await, Came::Wrong(1), "the account has to wait");
        assert_eq!(attempt(&world, 1, other, PASSWORD).await, Came::In);
        assert_eq!(attempt(&world, 0, one, PASSWORD).await, Came::In);
    }
}

async fn the_network_last_used_has_ten_tries_by_whatever_name(stores: Stores) {
    let world = stores.world();
    ana(&world).await;
    let mut addresses = 1..;
    let mut near = || {
        let mut ctx = world.stranger();
        ctx.client.address = format!("198.51.100.{}", addresses.next().unwrap()).parse().unwrap();
        ctx
    };
    assert_eq!(attempt_from(&world, near(), ANA, PASSWORD).await, Came::In);
    for _ in 0..4 {
        assert_eq!(attempt(&world, 0, ANA, WRONG).await, Came::Wrong(1));
    }
    assert_eq!(attempt(&world, 0, "ana.p", PASSWORD).await, Came::Wrong(1), "elsewhere");
    // Neither name's count is in the way of the owner, by whichever they come.
    for n in 0..10 {
        let name = if n == 5 { ANA } else { "ana.p" };
        assert_eq!(attempt_from(&world, near(), name, PASSWORD).await, Came::In, "{n}");
    }
    assert_eq!(attempt_from(&world, near(), "ana.p", PASSWORD).await, Came::Wrong(1));
    assert_eq!(attempt_from(&world, near(), ANA, PASSWORD).await, Came::Wait(1, 1));
}
