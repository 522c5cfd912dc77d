use accounts::{Error, Field};
use domain::ProfileForm;
use sqlx::PgPool;
use testkit::World;

#[sqlx::test(migrator = "store::MIGRATOR")]
async fn given_fields_change_missing_ones_stay_empty_ones_clear(pool: PgPool) {
    let world = World::new(pool);
    let ana = world.member("ana").await;
    let ctx = world.holder(&ana).await;
    let form = ProfileForm {
        name: Some("Ana".into()),
        first_name: Some("A".into()),
        username: Some("Ana".into()),
        bio: Some("one\r\ntwo".into()),
        ..ProfileForm::default()
    };
    let saved = world.accounts.save_profile(&ctx, form).await.unwrap();
    assert_eq!(saved.profile.bio.as_deref(), Some("one\ntwo"));
    let form = ProfileForm { name: Some(" ".into()), ..ProfileForm::default() };
    world.accounts.save_profile(&ctx, form).await.unwrap();
    let profile = world.accounts.profile(&ctx).await.unwrap().profile;
    assert_eq!((profile.name, profile.first_name.as_deref()), (None, Some("A")));
    assert_eq!(profile.username.as_deref(), Some("Ana"));
}

#[sqlx::test(migrator = "store::MIGRATOR")]
async fn a_username_belongs_to_one_person_whatever_its_case(pool: PgPool) {
    let world = World::new(pool);
    let (ana, eve) = (world.member("ana").await, world.member("eve").await);
    let form = |name: &str| ProfileForm { username: Some(name.into()), ..ProfileForm::default() };
    world.accounts.save_profile(&world.holder(&ana).await, form("Ana")).await.unwrap();
    let taken = world.accounts.save_profile(&world.holder(&eve).await, form("aNa")).await;
    assert!(matches!(taken, Err(Error::Taken(Field::Username))));
    world.accounts.save_profile(&world.holder(&ana).await, form("ANA")).await.unwrap();
    world.accounts.save_profile(&world.holder(&ana).await, form("")).await.unwrap();
    world.accounts.save_profile(&world.holder(&eve).await, form("ana")).await.unwrap();
}

#[sqlx::test(migrator = "store::MIGRATOR")]
async fn bad_input_changes_nothing(pool: PgPool) {
    let world = World::new(pool);
    let ana = world.member("ana").await;
    let ctx = world.holder(&ana).await;
    let before = world.accounts.profile(&ctx).await.unwrap();
    let bad = [
        ProfileForm {
            name: Some("x".repeat(101)),
            first_name: Some("kept out".into()),
            ..ProfileForm::default()
        },
        ProfileForm { bio: Some("a\0b".into()), ..ProfileForm::default() },
        ProfileForm { username: Some("a@b".into()), ..ProfileForm::default() },
    ];
    for form in bad {
        assert!(matches!(world.accounts.save_profile(&ctx, form).await, Err(Error::Invalid(_))));
    }
    assert_eq!(world.accounts.profile(&ctx).await.unwrap(), before);
    assert_eq!(world.count("SELECT count(*) FROM audit_events WHERE kind = 'profile_changed'").await, 0);
}

#[sqlx::test(migrator = "store::MIGRATOR")]
async fn strangers_and_deleted_people_have_no_profile(pool: PgPool) {
    let world = World::new(pool);
    let ana = world.member("ana").await;
    let ctx = world.holder(&ana).await;
    world.execute("DELETE FROM users").await;
    for ctx in [world.stranger(), ctx] {
        assert!(matches!(world.accounts.profile(&ctx).await, Err(Error::SignInNeeded)));
        let saved = world.accounts.save_profile(&ctx, ProfileForm::default()).await;
        assert!(matches!(saved, Err(Error::SignInNeeded)));
    }
}
