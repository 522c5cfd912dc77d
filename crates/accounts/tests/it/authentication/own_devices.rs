use crate::crew::kinds;
use accounts::{Client, Error, RequestCtx};
use domain::DeviceId;
use sqlx::PgPool;
use testkit::{PASSWORD, World, sign_in};
use time::Duration;
use uuid::Uuid;

const FIREFOX: &str = "Mozilla/5.0 (X11; Linux x86_64; rv:153.0) Gecko/20100101 Firefox/153.0";

/// Signs ana in with this agent; her requests from there bring the device's token along.
async fn ana_from(world: &World, agent: &str) -> RequestCtx {
    let mut ctx = world.stranger();
    ctx.client.agent = agent.to_owned();
    let signed_in = world.accounts.sign_in(&ctx, sign_in("ana@example.com", PASSWORD)).await.unwrap();
    let holder = world.holder(&signed_in).await;
    RequestCtx { client: Client { device: signed_in.device, ..ctx.client }, ..holder }
}

#[sqlx::test(migrator = "store::MIGRATOR")]
async fn one_sees_ones_own_known_devices_the_last_used_first(pool: PgPool) {
    let world = World::new(pool);
    world.member("ana").await;
    world.member("eve").await;
    world.clock.advance(Duration::HOUR);
    let here = ana_from(&world, FIREFOX).await;
    let devices = world.accounts.known_devices(&here).await.unwrap();
    let seen: Vec<_> = devices.iter().map(|device| (device.agent.as_deref(), device.current)).collect();
    assert_eq!(seen, [(Some(FIREFOX), true), (Some("test"), false)]);
    assert_eq!(devices[0].last_used_at.0, "2026-11-20T13:00:00.000000Z");

    world.execute("UPDATE known_devices SET agent = NULL").await;
    let devices = world.accounts.known_devices(&here).await.unwrap();
    assert_eq!((devices.len(), &devices[0].agent), (2, &None), "those of an older server are listed, too");
    assert!(matches!(world.accounts.known_devices(&world.stranger()).await, Err(Error::SignInNeeded)));
}

#[sqlx::test(migrator = "store::MIGRATOR")]
async fn a_forgotten_device_is_unknown_and_nobody_forgets_another_s(pool: PgPool) {
    let world = World::new(pool);
    world.member("ana").await;
    let eve = world.member("eve").await;
    let (here, eve) = (ana_from(&world, FIREFOX).await, world.holder(&eve).await);
    let devices = world.accounts.known_devices(&here).await.unwrap();
    let id = devices.iter().find(|device| device.current).unwrap().id;

    world.accounts.forget_known_device(&eve, id).await.unwrap();
    world.accounts.forget_known_device(&here, DeviceId(Uuid::nil())).await.unwrap();
    assert_eq!(world.accounts.known_devices(&here).await.unwrap().len(), 2, "none of them is gone");
    assert_eq!(kinds(&world).await, [""; 0]);

    world.accounts.forget_known_device(&here, id).await.unwrap();
    world.accounts.forget_known_device(&here, id).await.unwrap();
    let left = world.accounts.known_devices(&here).await.unwrap();
    assert!(left.iter().all(|device| device.id != id && !device.current));
    assert_eq!(kinds(&world).await, ["device_forgotten"], "once");
    assert!(
        here.member().is_ok() && world.accounts.sessions(&here).await.unwrap().len() == 2,
        "no session ends"
    );
}
