use accounts::{Error, NewAdmin};
use domain::Role;
use sqlx::PgPool;
use testkit::{World, sign_in};
use time::Duration;

#[sqlx::test(migrator = "store::MIGRATOR")]
async fn the_command_line_makes_an_admin_whose_session_is_short(pool: PgPool) {
    let world = World::new(pool);
    assert!(!world.accounts.admin_exists().await.unwrap());
    let long = World::replica(&world.pool, &world.clock, |settings| settings.password_min_length = 100);
    assert!(long.random_password().expose().len() >= 100);
    let password = world.accounts.random_password();
    let admin = NewAdmin { email: "admin@example.com".into(), password: password.clone() };
    world.accounts.create_admin(admin).await.unwrap();
    assert!(world.accounts.admin_exists().await.unwrap());
    let form = sign_in("admin@example.com", password.expose());
    let admin = world.accounts.sign_in(&world.stranger(), form).await.unwrap();
    assert_eq!(admin.viewer.role, Role::Admin);
    world.clock.advance(Duration::minutes(59));
    assert!(world.holder(&admin).await.admin().is_ok());
    world.clock.advance(Duration::hours(1));
    assert!(world.holder(&admin).await.admin().is_err());
}

#[sqlx::test(migrator = "store::MIGRATOR")]
async fn members_are_not_admins_and_nobody_registers_as_one(pool: PgPool) {
    let world = World::new(pool);
    let ana = world.member("ana").await;
    assert!(matches!(world.holder(&ana).await.admin(), Err(Error::Forbidden)));
    assert!(matches!(world.stranger().admin(), Err(Error::SignInNeeded)));
    assert_eq!(world.count("SELECT count(*) FROM users WHERE role = 'admin'").await, 0);
}

#[sqlx::test(migrator = "store::MIGRATOR")]
async fn a_weak_password_makes_no_admin(pool: PgPool) {
    let world = World::new(pool);
    let admin = NewAdmin { email: "admin@example.com".into(), password: "admin123".into() };
    assert!(matches!(world.accounts.create_admin(admin).await, Err(Error::Invalid(_))));
}
