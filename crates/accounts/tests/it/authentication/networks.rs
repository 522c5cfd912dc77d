//! P13: many addresses of one network have no more than ten addresses have.

use accounts::{Error, RequestCtx};
use testkit::{Stores, World, over_each_store, registration, sign_in};
use time::Duration;

over_each_store![
    a_network_has_a_hundred_sign_ins_and_then_one_in_two_seconds,
    a_network_has_a_hundred_sign_ups_and_six_hundred_refreshes,
    what_an_address_is_refused_costs_its_network_nothing,
];

/// A stranger's request from an address.
fn from(world: &World, address: &str) -> RequestCtx {
    let mut ctx = world.stranger();
    ctx.client.address = address.parse().unwrap();
    ctx
}

fn wait<T>(answer: Result<T, Error>) -> Option<Duration> {
    answer.err().and_then(|error| match error {
        Error::TooManyTries { wait } => Some(wait),
        _ => None,
    })
}

/// The addresses of a network, each a customer of its own.
type Addresses = fn(u32) -> String;

/// Two networks, and an address elsewhere.
const NETWORKS: [(Addresses, &str); 2] =
    [(|n| format!("2001:db8:1:{n:x}::1"), "2001:db8:2::1"), (|n| format!("198.51.100.{n}"), "198.51.101.1")];

async fn a_network_has_a_hundred_sign_ins_and_then_one_in_two_seconds(stores: Stores) {
    let world = stores.world();
    for (address, elsewhere) in NETWORKS {
        // All at one name, so that few of them cost a hash.
        for n in 0..100 {
            let form = sign_in("nobody@example.com", "not the password");
            assert_ne!(
                wait(world.accounts.sign_in(&from(&world, &address(n)), form).await),
                Some(Duration::seconds(2))
            );
        }
        let attempt = async |mut ctx: RequestCtx, later: i64| {
            ctx.now += Duration::seconds(later);
            let name = format!("{}@example.com", ctx.client.address.to_string().replace(':', "-"));
            wait(world.accounts.sign_in(&ctx, sign_in(&name, "not the password")).await)
        };
        assert_eq!(attempt(from(&world, &address(200)), 0).await, Some(Duration::seconds(2)));
        assert_eq!(attempt(from(&world, elsewhere), 0).await, None);
        assert_eq!(attempt(from(&world, &address(200)), 2).await, None);
    }
}

async fn a_network_has_a_hundred_sign_ups_and_six_hundred_refreshes(stores: Stores) {
    let world = stores.world();
    let (address, elsewhere) = NETWORKS[0];
    let mut weak = registration("ana");
    weak.password = "password123".into();
    for n in 0..100 {
        assert_eq!(wait(world.accounts.sign_up(&from(&world, &address(n)), weak.clone()).await), None);
    }
    let refused = wait(world.accounts.sign_up(&from(&world, &address(200)), weak.clone()).await);
    assert_eq!(refused, Some(Duration::seconds(36)));
    assert_eq!(wait(world.accounts.sign_up(&from(&world, elsewhere), weak).await), None);
    let token = "A".repeat(43);
    for n in 0..600 {
        assert_eq!(wait(world.accounts.refresh(&from(&world, &address(n)), &token).await), None);
    }
    assert!(wait(world.accounts.refresh(&from(&world, &address(1_000)), &token).await).is_some());
    assert_eq!(wait(world.accounts.refresh(&from(&world, elsewhere), &token).await), None);
}

async fn what_an_address_is_refused_costs_its_network_nothing(stores: Stores) {
    let world = stores.world();
    let (address, _) = NETWORKS[1];
    let token = "A".repeat(43);
    let refresh = async |n| wait(world.accounts.refresh(&from(&world, &address(n)), &token).await);
    for n in 0..90 {
        assert_eq!(refresh(1).await.is_some(), n >= 60, "{n}");
    }
    for n in 0..540 {
        assert_eq!(refresh(2 + n % 200).await, None, "{n}");
    }
    assert!(refresh(2).await.is_some());
}
