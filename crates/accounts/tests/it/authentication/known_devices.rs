//! P12: whoever guesses at an account has few tries, and its owner gets in.

use accounts::{Error, RawToken, RequestCtx};
use domain::PasswordForm;
use sqlx::PgPool;
use store::known_devices;
use testkit::{PASSWORD, Stores, World, over_each_store, registration, sign_in};
use time::Duration;
use tokio::sync::mpsc;

over_each_store![
    a_known_browser_forgives_strangers_nothing,
    a_program_that_is_known_gets_in_while_strangers_guess,
    whoever_guesses_behind_the_owner_s_address_keeps_no_known_browser_out,
    the_network_last_used_is_a_way_in_while_strangers_guess,
    from_a_network_that_accounts_were_used_from_all_names_wait_alike,
    a_change_of_password_forgets_the_network_of_whoever_knew_it,
    known_browsers_are_served_while_one_account_s_sessions_fill_the_queue,
    known_browsers_are_served_while_strangers_fill_the_queue,
];

const ANA: &str = "ana@example.com";
const WRONG: &str = "not the password";

/// A request from an address.
fn from(world: &World, address: &str) -> RequestCtx {
    let mut ctx = world.stranger();
    ctx.client.address = address.parse().unwrap();
    ctx
}

/// The same by whoever has a device token.
fn with(device: Option<&RawToken>, mut ctx: RequestCtx) -> RequestCtx {
    ctx.client.device = device.cloned();
    ctx
}

/// What came of an attempt, and how many hashes it cost.
#[derive(Debug, PartialEq)]
enum Came {
    In,
    Wrong(u64),
    Wait(Duration, u64),
}

async fn attempt(world: &World, ctx: &RequestCtx, name: &str, password: &str) -> Came {
    let before = world.accounts.hash_count();
    let answer = world.accounts.sign_in(ctx, sign_in(name, password)).await;
    let hashes = world.accounts.hash_count() - before;
    match answer {
        Ok(_) => Came::In,
        Err(Error::WrongCredentials) => Came::Wrong(hashes),
        Err(Error::TooManyTries { wait }) => Came::Wait(wait, hashes),
        Err(other) => panic!("{other:?}"),
    }
}

/// Strangers guess at a name until it has to wait.
async fn guess(world: &World, name: &str) {
    for _ in 0..4 {
        assert_eq!(attempt(world, &world.stranger(), name, WRONG).await, Came::Wrong(1));
    }
    assert_eq!(attempt(world, &world.stranger(), name, PASSWORD).await, Came::Wait(Duration::SECOND, 0));
}

async fn a_known_browser_forgives_strangers_nothing(stores: Stores) {
    let world = stores.world();
    let owner = world.accounts.sign_up(&world.stranger(), registration("ana")).await.unwrap();
    let mut looked_at = 0;
    for second in 0..60 {
        let now = world.accounts.now() + Duration::seconds(second);
        let stranger = RequestCtx { now, ..world.stranger() };
        looked_at += u32::from(attempt(&world, &stranger, ANA, WRONG).await == Came::Wrong(1));
        if second % 6 == 0 {
            let owner = with(owner.device.as_ref(), RequestCtx { now, ..world.stranger() });
            assert_eq!(attempt(&world, &owner, ANA, PASSWORD).await, Came::In);
        }
    }
    // 0, 1, 2, 3, 4, 7, 12, 22 and 42 seconds after the first.
    assert_eq!(looked_at, 9);
}

async fn a_program_that_is_known_gets_in_while_strangers_guess(stores: Stores) {
    let world = stores.world();
    world.member("ana").await;
    world.member("eve").await;
    let form = |name: &str| sign_in(&format!("{name}@example.com"), PASSWORD);
    let (_, device) = world.accounts.sign_in_known_bearer(&world.stranger(), form("ana")).await.unwrap();
    guess(&world, ANA).await;
    guess(&world, "eve@example.com").await;
    let known = with(Some(&device), world.stranger());
    world.accounts.sign_in_bearer(&known, form("ana")).await.unwrap();
    let (_, same) = world.accounts.sign_in_known_bearer(&known, form("ana")).await.unwrap();
    assert_eq!(same.reveal(), device.reveal());
    let unknown = world.accounts.sign_in_bearer(&world.stranger(), form("ana")).await;
    assert!(matches!(unknown, Err(Error::TooManyTries { .. })));
    let foreign = world.accounts.sign_in_bearer(&known, form("eve")).await;
    assert!(matches!(foreign, Err(Error::TooManyTries { .. })), "it is known for one account");
    // The two browsers, this device, and the programs that signed in, which are known to no such end.
    assert_eq!(world.count("SELECT count(*) FROM known_devices").await, 5);
}

async fn whoever_guesses_behind_the_owner_s_address_keeps_no_known_browser_out(stores: Stores) {
    let world = stores.world();
    let owner = world.accounts.sign_up(&world.stranger(), registration("ana")).await.unwrap();
    let office = from(&world, "198.51.100.7");
    while !matches!(attempt(&world, &office, ANA, WRONG).await, Came::Wait(wait, 0) if wait > Duration::seconds(10))
    {
    }
    assert!(
        matches!(attempt(&world, &office, "nobody", WRONG).await, Came::Wait(..)),
        "nor anybody else's name"
    );
    let known = with(owner.device.as_ref(), office);
    for _ in 0..10 {
        assert_eq!(attempt(&world, &known, ANA, PASSWORD).await, Came::In);
    }
    assert_eq!(attempt(&world, &known, ANA, PASSWORD).await, Came::Wait(Duration::minutes(6), 0));
}

async fn the_network_last_used_is_a_way_in_while_strangers_guess(stores: Stores) {
    let world = stores.world();
    world.member("ana").await;
    for (last, near, far) in [
        ("198.51.100.7", "198.51.100.200", "198.51.101.7"),
        ("2001:db8:ffff:1::7", "2001:db8:ffff:2::1", "2001:db8:fffe:1::7"),
    ] {
        stores.forget().await;
        assert_eq!(attempt(&world, &from(&world, last), ANA, PASSWORD).await, Came::In);
        guess(&world, ANA).await;
        assert!(matches!(attempt(&world, &from(&world, far), ANA, PASSWORD).await, Came::Wait(_, 0)));
        assert_eq!(attempt(&world, &from(&world, near), ANA, PASSWORD).await, Came::In);
        let program = world.accounts.sign_in_bearer(&from(&world, near), sign_in(ANA, PASSWORD)).await;
        assert!(program.is_ok(), "{program:?}");
        // That forgave strangers nothing.
        assert!(matches!(attempt(&world, &world.stranger(), ANA, PASSWORD).await, Came::Wait(_, 0)));
    }
}

async fn from_a_network_that_accounts_were_used_from_all_names_wait_alike(stores: Stores) {
    let world = stores.world();
    for name in ["ana", "eve", "disabled"] {
        world.member(name).await;
    }
    // Ana and the disabled one were here last, and Eve was elsewhere.
    assert_eq!(attempt(&world, &from(&world, "198.51.100.7"), ANA, PASSWORD).await, Came::In);
    let disabled = "disabled@example.com";
    assert_eq!(attempt(&world, &from(&world, "198.51.100.8"), disabled, PASSWORD).await, Came::In);
    world.execute("UPDATE users SET is_active = false WHERE email_canonical LIKE 'disabled@%'").await;
    let mut addresses = 10..;
    let second = Came::Wait(Duration::SECOND, 1);
    for (name, password) in [
        (ANA, WRONG),
        (disabled, PASSWORD),
        ("eve@example.com", PASSWORD),
        ("nobody@example.com", PASSWORD),
        ("nobody", PASSWORD),
    ] {
        let mut came = Vec::new();
        for n in 0..16 {
            let here = from(&world, &format!("198.51.100.{}", addresses.next().unwrap()));
            // Eve's own password would be right for the first four.
            let password = if n < 4 { WRONG } else { password };
            came.push(attempt(&world, &here, name, password).await);
        }
        assert!(came[..4].iter().all(|came| *came == Came::Wrong(1)), "{name}: {came:?}");
        assert!(came[4..14].iter().all(|came| *came == second), "{name}: {came:?}");
        assert!(came[14..].iter().all(|came| *came == Came::Wait(Duration::SECOND, 0)), "{name}: {came:?}");
    }
}

async fn a_change_of_password_forgets_the_network_of_whoever_knew_it(stores: Stores) {
    let world = stores.world();
    let owner = world.member("ana").await;
    let thief = from(&world, "198.51.100.7");
    assert_eq!(attempt(&world, &thief, ANA, PASSWORD).await, Came::In);
    let ctx = world.holder(&owner).await;
    let form =
        PasswordForm { current_password: PASSWORD.into(), new_password: "amber lantern on the step".into() };
    world.accounts.change_password(&ctx, form).await.unwrap();
    guess(&world, ANA).await;
    assert_eq!(attempt(&world, &thief, ANA, PASSWORD).await, Came::Wait(Duration::SECOND, 0));
    let home = RequestCtx { caller: accounts::Caller::Stranger, ..ctx };
    assert_eq!(attempt(&world, &home, ANA, "amber lantern on the step").await, Came::In);
}

#[sqlx::test(migrator = "store::MIGRATOR")]
async fn networks_are_forgotten_after_ninety_days(pool: PgPool) {
    let world = World::new(pool);
    world.member("ana").await;
    for left in [1, 0] {
        world.clock.advance(Duration::days(50));
        world.accounts.sweep(world.accounts.now()).await.unwrap();
        assert_eq!(world.count("SELECT count(*) FROM known_networks").await, left);
    }
}

/// Whoever has many sessions is one account.
async fn known_browsers_are_served_while_one_account_s_sessions_fill_the_queue(stores: Stores) {
    let world = stores.world_with(|settings| settings.hashing.permits = 1);
    let owner = world.accounts.sign_up(&world.stranger(), registration("ana")).await.unwrap();
    let mut proofs = Vec::new();
    for _ in 0..10 {
        let eve = if proofs.is_empty() {
            world.member("eve").await
        } else {
            world.accounts.sign_in(&world.stranger(), sign_in("eve@example.com", PASSWORD)).await.unwrap()
        };
        proofs.push(world.holder(&eve).await);
    }
    let proofs: Vec<_> = (0..100)
        .map(|n| {
            let (accounts, ctx) = (world.accounts.clone(), proofs[n % proofs.len()].clone());
            let form = PasswordForm { current_password: WRONG.into(), new_password: PASSWORD.into() };
            async move { accounts.change_password(&ctx, form).await }
        })
        .collect();
    a_known_browser_is_served_beside(&world, owner.device.as_ref(), proofs).await;
}

#[sqlx::test(migrator = "store::MIGRATOR")]
async fn an_account_keeps_the_fifty_browsers_used_last(pool: PgPool) {
    let world = World::new(pool);
    world.accounts.sign_up(&world.stranger(), registration("eve")).await.unwrap();
    let ana = world.member("ana").await.viewer.id;
    let store = store::Store::from_pool(world.pool.clone());
    for n in 0..70_u8 {
        let mut tx = store.begin().await.unwrap();
        let now = world.accounts.now() + Duration::seconds(n.into());
        known_devices::remember(&mut tx, &[n; 32], ana, "test", now, 50).await.unwrap();
        tx.commit().await.unwrap();
    }
    for (n, known) in [(19, false), (20, true), (69, true)] {
        assert_eq!(known_devices::is_known(&store, &[n; 32], ana).await.unwrap(), known, "{n}");
    }
    // Nor does a clock that was set back lose the newest.
    let mut tx = store.begin().await.unwrap();
    known_devices::remember(&mut tx, &[99; 32], ana, "test", world.accounts.now(), 50).await.unwrap();
    tx.commit().await.unwrap();
    assert!(known_devices::is_known(&store, &[99; 32], ana).await.unwrap());
    assert_eq!(world.count("SELECT count(*) FROM known_devices").await, 51, "fifty and another's");
    let device = world.accounts.sign_in(&world.stranger(), sign_in(ANA, PASSWORD)).await.unwrap().device;
    assert!(device.is_some());
    assert_eq!(world.count("SELECT count(*) FROM known_devices").await, 51);
}

#[sqlx::test(migrator = "store::MIGRATOR")]
async fn what_is_forgotten_after_its_last_use_is_found_by_it(pool: PgPool) {
    let world = World::new(pool);
    let found = "SELECT count(DISTINCT tablename) FROM pg_indexes
                 WHERE tablename IN ('known_devices', 'known_networks') AND indexdef LIKE '%(last_used_at)'";
    assert_eq!(world.count(found).await, 2);
}

async fn known_browsers_are_served_while_strangers_fill_the_queue(stores: Stores) {
    let world = stores.world_with(|settings| settings.hashing.permits = 1);
    let owner = world.accounts.sign_up(&world.stranger(), registration("ana")).await.unwrap();
    let strangers: Vec<_> = (0..100)
        .map(|n| {
            let (accounts, ctx) = (world.accounts.clone(), world.stranger());
            let form = sign_in(&format!("somebody-{n}@example.com"), WRONG);
            async move { accounts.sign_in(&ctx, form).await }
        })
        .collect();
    a_known_browser_is_served_beside(&world, owner.device.as_ref(), strangers).await;
}

/// Ana signs in from a known browser while these calls fill the queue: once one of them has found no place.
async fn a_known_browser_is_served_beside(
    world: &World,
    device: Option<&RawToken>,
    calls: Vec<impl Future<Output = Result<impl Send + 'static, Error>> + Send + 'static>,
) {
    let (full, mut filled) = mpsc::unbounded_channel();
    for call in calls {
        let full = full.clone();
        tokio::spawn(async move {
            if matches!(call.await, Err(Error::Overloaded)) {
                full.send(()).ok();
            }
        });
    }
    drop(full);
    assert!(filled.recv().await.is_some(), "nobody filled it");
    for _ in 0..5 {
        let known = with(device, world.stranger());
        let answer = world.accounts.sign_in(&known, sign_in(ANA, PASSWORD)).await;
        assert!(!matches!(answer, Err(Error::Overloaded)));
    }
}
