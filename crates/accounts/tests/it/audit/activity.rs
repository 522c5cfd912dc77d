use crate::crew::{admin, admin_patch, patch};
use accounts::Error;
use domain::{AuditQuery, PageRequest};
use serde_json::json;
use sqlx::PgPool;
use testkit::{World, sign_in};
use time::Duration;

#[sqlx::test(migrator = "store::MIGRATOR")]
async fn one_sees_what_happened_to_oneself_the_newest_first(pool: PgPool) {
    let world = World::new(pool);
    let (ada, ana) = (admin(&world, "ada").await, world.member("ana").await);
    world.clock.advance(Duration::MINUTE);
    world.accounts.sign_in(&world.stranger(), sign_in("ana@example.com", "wrong")).await.unwrap_err();
    world.clock.advance(Duration::MINUTE);
    let ctx = world.holder(&ada).await;
    let rename = admin_patch(json!({"name": "Ana"}));
    world.accounts.change_user(&ctx, ana.viewer.id, rename).await.unwrap();
    world.clock.advance(Duration::MINUTE);
    let ctx = world.holder(&ana).await;
    world.accounts.change_me(&ctx, patch(json!({"email": "ana@new.example"}))).await.unwrap();
    let (mut seen, mut cursor) = (Vec::new(), String::new());
    loop {
        let request = PageRequest { limit: "2".into(), cursor };
        let page = world.accounts.activity(&ctx, request).await.unwrap();
        seen.extend(page.items);
        match page.next_cursor {
            Some(next) => cursor = next,
            None => break,
        }
    }
    let kinds: Vec<_> = seen.iter().take(3).map(|event| (event.kind.as_str(), event.by_admin)).collect();
    assert_eq!(kinds, [("email_changed", false), ("profile_changed", true), ("sign_in_failed", false)]);
    assert_eq!(seen.len(), 5, "with the sign-up and its session");
    assert_eq!(seen[0].session, Some(ctx.member().unwrap().session));
    assert_eq!((&seen[1].address, &seen[1].agent, seen[1].session), (&None, &None, None));
    assert!(seen[2].address.as_deref().is_some_and(|address| address.starts_with("2001:db8:")));
    let refused = world.accounts.activity(&world.stranger(), PageRequest::default()).await;
    assert!(matches!(refused, Err(Error::SignInNeeded)));
}

/// What one request did has one time, and is shown in the order in which it was done.
#[sqlx::test(migrator = "store::MIGRATOR")]
async fn events_of_one_moment_are_in_their_order(pool: PgPool) {
    let world = World::new(pool);
    for turn in 0..20 {
        let ctx = world.holder(&world.member(&format!("ana{turn}")).await).await;
        let seen = world.accounts.activity(&ctx, PageRequest::default()).await.unwrap().items;
        let kinds: Vec<_> = seen.iter().map(|event| event.kind.as_str()).collect();
        assert_eq!(kinds, ["signed_in", "registered"]);
    }
}

/// A member who types an address that is taken is a stranger to its account, and no admin.
#[sqlx::test(migrator = "store::MIGRATOR")]
async fn an_act_is_an_admin_s_only_where_an_admin_did_it(pool: PgPool) {
    let world = World::new(pool);
    let (ana, eve) = (world.member("ana").await, world.member("eve").await);
    world.clock.advance(Duration::MINUTE);
    let ctx = world.holder(&eve).await;
    let taken = world.accounts.change_me(&ctx, patch(json!({"email": "ana@example.com"}))).await;
    assert!(matches!(taken, Err(Error::Taken(_))));
    let by_strangers = "SELECT count(*) FROM audit_events WHERE kind = 'address_taken' AND actor_id IS NULL";
    assert_eq!(world.count(by_strangers).await, 1);
    // As an earlier version wrote it.
    world
        .execute(
            "UPDATE audit_events SET actor_id = (SELECT id FROM users WHERE email LIKE 'eve@%')
             WHERE kind = 'address_taken'",
        )
        .await;
    let ctx = world.holder(&ana).await;
    let seen = world.accounts.activity(&ctx, PageRequest::default()).await.unwrap().items.remove(0);
    assert_eq!((seen.kind.as_str(), seen.by_admin, seen.address), ("address_taken", false, None));
}

#[sqlx::test(migrator = "store::MIGRATOR")]
async fn an_admin_reads_the_trail_by_kind_actor_and_subject(pool: PgPool) {
    let world = World::new(pool);
    let (ada, ana) = (admin(&world, "ada").await, world.member("ana").await);
    let ctx = world.holder(&ada).await;
    let (ada, id) = (ada.viewer.id, ana.viewer.id);
    let promote = admin_patch(json!({"role": "admin"}));
    world.accounts.change_user(&ctx, id, promote).await.unwrap();
    world.accounts.delete_user(&ctx, id).await.unwrap();
    let ids = [ada, id].map(|id| id.to_string());
    let [by_ada, of_ana] = [ids[0].as_str(), ids[1].as_str()];
    for (kind, actor, subject, count) in [
        ("", "", "", 6),
        ("role_changed", "", "", 1),
        ("", by_ada, "", 2),
        ("", "", of_ana, 4),
        ("account_deleted", by_ada, of_ana, 1),
        ("registered", by_ada, "", 0),
        ("no_such_kind", "", "", 0),
    ] {
        let query = AuditQuery {
            kind: kind.into(),
            actor: actor.into(),
            subject: subject.into(),
            ..AuditQuery::default()
        };
        let page = world.accounts.audit_trail(&ctx, query).await.unwrap();
        assert_eq!(page.items.len(), count, "{kind} {actor} {subject}");
    }
    let query = AuditQuery { kind: "role_changed".into(), ..AuditQuery::default() };
    let event = world.accounts.audit_trail(&ctx, query).await.unwrap().items.remove(0);
    assert_eq!((event.actor, event.subject), (Some(ada), Some(id)));
    assert_eq!(event.detail, json!({"role": "admin", "ended_sessions": 1}));
}
