use crate::crew::admin;
use accounts::{Error, RequestCtx};
use domain::{AuditQuery, PageRequest, UserQuery};
use sqlx::PgPool;
use testkit::{World, registration};
use time::Duration;

async fn found(world: &World, ctx: &RequestCtx, q: &str) -> Vec<String> {
    let query = UserQuery { q: q.into(), ..UserQuery::default() };
    let page = world.accounts.list_users(ctx, query).await.unwrap();
    let mut names: Vec<_> = page.items.into_iter().map(|user| user.email).collect();
    names.sort();
    names
}

#[sqlx::test(migrator = "store::MIGRATOR")]
async fn pages_show_everybody_once_while_people_come_and_go(pool: PgPool) {
    let world = World::new(pool);
    let ada = admin(&world, "ada").await;
    let mut expected = vec!["ada@example.com".to_owned()];
    for n in 0..5 {
        world.clock.advance(Duration::MINUTE);
        world.member(&format!("p{n}")).await;
        expected.insert(0, format!("p{n}@example.com"));
    }
    let ctx = world.holder(&ada).await;
    let (mut seen, mut cursor, mut pages) = (Vec::new(), String::new(), 0);
    loop {
        let query = UserQuery { limit: "2".into(), cursor, ..UserQuery::default() };
        let page = world.accounts.list_users(&ctx, query).await.unwrap();
        seen.extend(page.items.into_iter().map(|user| user.email));
        world.clock.advance(Duration::MINUTE);
        world.member(&format!("late{pages}")).await;
        // Even the row that the cursor names may go.
        world.execute("DELETE FROM users WHERE email = 'p3@example.com'").await;
        pages += 1;
        match page.next_cursor {
            Some(next) => cursor = next,
            None => break,
        }
    }
    assert_eq!((seen, pages), (expected, 3));
}

#[sqlx::test(migrator = "store::MIGRATOR")]
async fn every_character_of_a_search_stands_for_itself(pool: PgPool) {
    let world = World::new(pool);
    let ada = admin(&world, "ada").await;
    let people = [
        ("score", "under_score", ""),
        ("percent", "", "100% Ana"),
        ("slash", "", r"back\slash"),
        ("plain", "", "Jörg Übel"),
    ];
    for (local, username, name) in people {
        let mut form = registration(local);
        (form.username, form.name) = (username.into(), name.into());
        world.accounts.sign_up(&world.stranger(), form).await.unwrap();
    }
    let mut form = registration("parts");
    (form.first_name, form.last_name) = ("Grace".into(), "Hopper".into());
    world.accounts.sign_up(&world.stranger(), form).await.unwrap();
    let ctx = world.holder(&ada).await;
    let cases = [
        ("_", "score"),
        ("%", "percent"),
        ("0%", "percent"),
        ("\\", "slash"),
        ("k\\s", "slash"),
        ("UNDER_", "score"),
        ("jÖRG ü", "plain"),
        ("grace hop", "parts"),
        ("PLAIN@EXAMPLE", "plain"),
    ];
    for (q, who) in cases {
        assert_eq!(found(&world, &ctx, q).await, [format!("{who}@example.com")], "{q}");
    }
    for nobody in ["a%a", "s_ore", "\\_", "com score", "'; --", "zzz", "\u{10ffff}"] {
        assert_eq!(found(&world, &ctx, nobody).await, [""; 0], "{nobody}");
    }
    assert_eq!(found(&world, &ctx, "  ").await.len(), 6, "nothing to look for is everybody");
}

#[sqlx::test(migrator = "store::MIGRATOR")]
async fn filters_hold_together_with_pages(pool: PgPool) {
    let world = World::new(pool);
    let ada = admin(&world, "ada").await;
    for name in ["ana", "eve", "zoe"] {
        world.member(name).await;
    }
    world.execute("UPDATE users SET is_active = false WHERE email LIKE 'eve%'").await;
    let ctx = world.holder(&ada).await;
    let query = |role: &str, is_active: &str, q: &str| UserQuery {
        role: role.into(),
        is_active: is_active.into(),
        q: q.into(),
        ..UserQuery::default()
    };
    for (query, count) in [
        (query("admin", "", ""), 1),
        (query("user", "", ""), 3),
        (query("user", "true", ""), 2),
        (query("", "false", "e"), 1),
        (query("admin", "false", ""), 0),
    ] {
        assert_eq!(
            world.accounts.list_users(&ctx, query.clone()).await.unwrap().items.len(),
            count,
            "{query:?}"
        );
    }
}

#[sqlx::test(migrator = "store::MIGRATOR")]
async fn forged_cursors_are_refused_by_every_list(pool: PgPool) {
    let world = World::new(pool);
    let ada = admin(&world, "ada").await;
    world.member("ana").await;
    let ctx = world.holder(&ada).await;
    let query = UserQuery { limit: "1".into(), ..UserQuery::default() };
    let good = world.accounts.list_users(&ctx, query).await.unwrap().next_cursor.unwrap();
    let cut = &good[..good.len() - 1];
    let swapped: String = good.chars().rev().collect();
    for forged in [cut, &good[1..], swapped.as_str(), "AA", "\0", "%", "1", "null", "🚪"] {
        let cursor = || forged.to_owned();
        let refusals = [
            world
                .accounts
                .list_users(&ctx, UserQuery { cursor: cursor(), ..UserQuery::default() })
                .await
                .map(drop),
            world
                .accounts
                .activity(&ctx, PageRequest { cursor: cursor(), ..PageRequest::default() })
                .await
                .map(drop),
            world
                .accounts
                .audit_trail(&ctx, AuditQuery { cursor: cursor(), ..AuditQuery::default() })
                .await
                .map(drop),
        ];
        for refusal in refusals {
            let Err(Error::Invalid(errors)) = refusal else { panic!("{forged:?} was read") };
            assert_eq!((errors[0].field.as_str(), errors[0].reason.code()), ("cursor", "invalid"));
        }
    }
}
