//! What an admin looks for in the trail, and the same as a file.

use crate::crew::{admin, again};
use accounts::{AuditFormat, Error, RequestCtx};
use domain::AuditSearch;
use sqlx::PgPool;
use testkit::{World, sign_in};
use time::Duration;

async fn kinds(world: &World, ctx: &RequestCtx, search: AuditSearch) -> Vec<String> {
    let page = world.accounts.search_audit(ctx, &search).await.unwrap();
    // Those of one instant have no order.
    let mut kinds: Vec<_> = page.items.into_iter().map(|event| event.kind).collect();
    kinds.sort_unstable();
    kinds
}

#[sqlx::test(migrator = "store::MIGRATOR")]
async fn events_are_found_by_person_day_address_and_kind(pool: PgPool) {
    let world = World::new(pool);
    let ana = world.member("ana").await;
    world.clock.advance(Duration::days(2));
    let root = admin(&world, "root").await;
    let guessed = world.accounts.sign_in(&world.stranger(), sign_in("ana@example.com", "wrong")).await;
    assert!(guessed.is_err());
    let ctx = world.holder(&root).await;
    let of = |whom: &str| AuditSearch { whom: whom.into(), ..AuditSearch::default() };
    let anas = ["registered", "sign_in_failed", "signed_in"];
    assert_eq!(kinds(&world, &ctx, of(" ANA@example.com ")).await, anas);
    assert_eq!(kinds(&world, &ctx, of(&ana.viewer.id.to_string())).await, anas);
    let failed = AuditSearch { kind: "sign_in_failed".into(), ..of("ana@example.com") };
    assert_eq!(kinds(&world, &ctx, failed).await, ["sign_in_failed"]);
    // It began at noon of the 20th of November.
    let days = |from: &str, until: &str| AuditSearch {
        from: from.into(),
        until: until.into(),
        ..of("ana@example.com")
    };
    assert_eq!(kinds(&world, &ctx, days("2026-11-20", "2026-11-21")).await, ["registered", "signed_in"]);
    assert_eq!(kinds(&world, &ctx, days("2026-11-21", "")).await, ["sign_in_failed"]);
    assert_eq!(kinds(&world, &ctx, days("", "2026-11-19")).await, [""; 0]);
    let all = world.accounts.search_audit(&ctx, &AuditSearch::default()).await.unwrap().items;
    let address = all[0].address.clone().unwrap();
    let there = AuditSearch { address: address.clone(), ..AuditSearch::default() };
    let found = world.accounts.search_audit(&ctx, &there).await.unwrap().items;
    assert!(!found.is_empty() && found.iter().all(|event| event.address.as_ref() == Some(&address)));

    for wrong in [
        of("nobody@example.com"),
        AuditSearch { who: "x".into(), ..AuditSearch::default() },
        AuditSearch { address: "localhost".into(), ..AuditSearch::default() },
        days("yesterday", ""),
        days("", "2026-13-01"),
        AuditSearch { cursor: "x".into(), ..AuditSearch::default() },
    ] {
        let refused = world.accounts.search_audit(&ctx, &wrong).await;
        assert!(matches!(refused, Err(Error::Invalid(_))), "{wrong:?}");
    }
    let ana = world.holder(&ana).await;
    assert!(matches!(world.accounts.search_audit(&ana, &of("")).await, Err(Error::Forbidden)));
}

#[sqlx::test(migrator = "store::MIGRATOR")]
async fn a_file_holds_every_event_once_and_needs_a_recent_sign_in(pool: PgPool) {
    let world = World::new(pool);
    let root = admin(&world, "root").await;
    world
        .execute(
            "INSERT INTO audit_events (id, at, kind, request_id, detail)
        SELECT gen_random_uuid(), now(), 'throttled', 'test', '{}' FROM generate_series(1, 2500)",
        )
        .await;
    let ctx = world.holder(&root).await;
    for (format, heads) in [(AuditFormat::Csv, 1), (AuditFormat::JsonLines, 0)] {
        let mut file = world.accounts.audit_file(&ctx, &AuditSearch::default(), format).await.unwrap();
        let (mut lines, mut longest) = (Vec::new(), 0);
        while let Some(piece) = file.next_piece().await.unwrap() {
            longest = longest.max(piece.lines().count());
            lines.extend(piece.lines().map(str::to_owned));
        }
        assert!(longest <= 1_001, "in pieces: {longest}");
        let events = usize::try_from(world.count("SELECT count(*) FROM audit_events").await).unwrap();
        assert_eq!(lines.len(), events + heads);
        lines.sort_unstable();
        lines.dedup();
        assert_eq!(lines.len(), events + heads, "each once");
        if format == AuditFormat::JsonLines {
            assert!(lines.iter().all(|line| serde_json::from_str::<domain::AuditView>(line).is_ok()));
        }
    }
    world.clock.advance(Duration::minutes(11));
    let ctx = world.holder(&root).await;
    let old = world.accounts.audit_file(&ctx, &AuditSearch::default(), AuditFormat::Csv).await;
    assert!(matches!(old, Err(Error::Reauthenticate)));
    let ctx = world.holder(&again(&world, "root").await).await;
    world.accounts.audit_file(&ctx, &AuditSearch::default(), AuditFormat::Csv).await.unwrap();
}
