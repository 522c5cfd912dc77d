//! The list of accounts in every order and both directions, and how much of the database it may take.

use crate::crew::admin;
use accounts::{Error, RequestCtx};
use domain::{AuditSearch, TwoWayPage, UserQuery, UserView};
use sqlx::{Connection, PgConnection, PgPool};
use std::time::Duration as Wait;
use testkit::{PASSWORD, World, registration, sign_in};
use time::Duration;

const ORDERS: [&str; 6] = ["-created", "created", "name", "-name", "email", "-email"];

async fn page(world: &World, ctx: &RequestCtx, query: UserQuery) -> TwoWayPage<UserView> {
    world.accounts.list_users(ctx, query).await.unwrap()
}

fn emails(page: &TwoWayPage<UserView>) -> Vec<String> {
    page.items.iter().map(|user| user.email.clone()).collect()
}

/// Every page from the first to the last, and the cursors that lead back from each.
async fn read_on(world: &World, ctx: &RequestCtx, query: &UserQuery) -> Vec<TwoWayPage<UserView>> {
    let mut pages = vec![page(world, ctx, query.clone()).await];
    while let Some(cursor) = pages.last().unwrap().next_cursor.clone() {
        pages.push(page(world, ctx, UserQuery { cursor, ..query.clone() }).await);
        assert!(pages.len() < 20, "a page leads to itself");
    }
    pages
}

/// People of whom many have the same name, and some have none.
async fn crowd(world: &World) -> RequestCtx {
    let ada = admin(world, "ada").await;
    for n in 0..9 {
        world.clock.advance(Duration::MINUTE);
        let mut form = registration(&format!("p{n}"));
        form.name = ["Zoe", "ana", "Ana"].get(n % 4).copied().unwrap_or_default().into();
        world.accounts.sign_up(&world.stranger(), form).await.unwrap();
    }
    world.holder(&ada).await
}

#[sqlx::test(migrator = "store::MIGRATOR")]
async fn a_list_read_on_and_back_is_the_same_in_every_order_while_people_come(pool: PgPool) {
    let world = World::new(pool);
    let ctx = crowd(&world).await;
    for (round, sort) in ORDERS.into_iter().enumerate() {
        let query = UserQuery { limit: "2".into(), sort: sort.into(), ..UserQuery::default() };
        let everybody = read_on(&world, &ctx, &UserQuery { limit: "100".into(), ..query.clone() }).await;
        let everybody: Vec<_> = everybody.iter().flat_map(emails).collect();
        let pages = read_on(&world, &ctx, &query).await;
        assert_eq!(pages[0].prev_cursor, None);
        assert_eq!(pages.iter().flat_map(emails).collect::<Vec<_>>(), everybody, "{sort}");
        let mut seen = pages.last().map(emails).unwrap();
        let mut back = pages.last().unwrap().prev_cursor.clone();
        // Whoever comes now has the name of others and stands among them, or at an end.
        world.clock.advance(Duration::MINUTE);
        let mut form = registration(&format!("late{round}"));
        form.name = "Ana".into();
        world.accounts.sign_up(&world.stranger(), form).await.unwrap();
        while let Some(cursor) = back {
            let page = page(&world, &ctx, UserQuery { cursor, ..query.clone() }).await;
            assert!(page.next_cursor.is_some() && page.items.len() <= 2, "{sort}");
            seen.splice(0..0, emails(&page));
            assert!(seen.len() < 40, "{sort}: a page leads back to itself");
            back = page.prev_cursor;
        }
        let late = format!("late{round}@example.com");
        assert!(seen.iter().filter(|email| **email == late).count() <= 1, "{sort}");
        seen.retain(|email| *email != late);
        assert_eq!(seen, everybody, "{sort}: each once, in the same order");
    }
}

#[sqlx::test(migrator = "store::MIGRATOR")]
async fn people_are_sorted_by_the_name_that_is_shown_of_them(pool: PgPool) {
    let world = World::new(pool);
    let ada = admin(&world, "zz-admin").await;
    let people =
        [("1", "berta", "", ""), ("2", "", "Anton", "Zorn"), ("3", "", "", ""), ("4", "", "", "carl")];
    for (local, name, first, last) in people {
        let mut form = registration(local);
        (form.name, form.first_name, form.last_name) = (name.into(), first.into(), last.into());
        world.accounts.sign_up(&world.stranger(), form).await.unwrap();
    }
    let ctx = world.holder(&ada).await;
    let sorted = |sort: &str| UserQuery { sort: sort.into(), ..UserQuery::default() };
    let order = ["3", "2", "1", "4", "zz-admin"].map(|local| format!("{local}@example.com"));
    assert_eq!(emails(&page(&world, &ctx, sorted("name")).await), order, "without a name, by the address");
    let mut reversed = emails(&page(&world, &ctx, sorted("-name")).await);
    reversed.reverse();
    assert_eq!(reversed, order);
}

#[sqlx::test(migrator = "store::MIGRATOR")]
async fn a_page_whose_people_have_gone_is_the_list_s_end_on_that_side(pool: PgPool) {
    let world = World::new(pool);
    let ctx = crowd(&world).await;
    let query = UserQuery { limit: "3".into(), sort: "email".into(), ..UserQuery::default() };
    let first = page(&world, &ctx, query.clone()).await;
    let cursor = first.next_cursor.unwrap();
    let second = page(&world, &ctx, UserQuery { cursor, ..query.clone() }).await;
    world.execute("DELETE FROM users WHERE email < 'p2'").await;
    let cursor = second.prev_cursor.clone().unwrap();
    let start = page(&world, &ctx, UserQuery { cursor, ..query.clone() }).await;
    assert_eq!((emails(&start), &start.prev_cursor), (emails(&second), &None));
    assert!(start.next_cursor.is_some());
    world.execute("DELETE FROM users WHERE email > 'p5'").await;
    let cursor = second.next_cursor.clone().unwrap();
    let end = page(&world, &ctx, UserQuery { cursor, ..query }).await;
    assert_eq!((emails(&end), &end.next_cursor, &end.prev_cursor), (emails(&second), &None, &None));
}

#[sqlx::test(migrator = "store::MIGRATOR")]
async fn proven_addresses_are_a_filter(pool: PgPool) {
    let world = World::new(pool);
    let ctx = crowd(&world).await;
    world
        .execute("UPDATE users SET email_verified = true WHERE email IN ('p3@example.com', 'p4@example.com')")
        .await;
    for (email_verified, sort, found) in [
        ("true", "email", vec!["p3@example.com", "p4@example.com"]),
        ("false", "-email", vec!["p8@example.com"]),
    ] {
        let query = UserQuery {
            email_verified: email_verified.into(),
            sort: sort.into(),
            limit: found.len().to_string(),
            ..UserQuery::default()
        };
        assert_eq!(emails(&page(&world, &ctx, query).await), found);
    }
}

/// Searches that wait for a lock on the table hold their connections as slow ones do.
#[sqlx::test(migrator = "store::MIGRATOR")]
async fn ten_searches_at_once_leave_connections_for_a_sign_in(pool: PgPool) {
    let options = pool.options().clone().max_connections(4).acquire_timeout(Wait::from_secs(30));
    let world = World::new(options.connect_with((*pool.connect_options()).clone()).await.unwrap());
    let ctx = crowd(&world).await;
    let mut other = PgConnection::connect_with(&pool.connect_options()).await.unwrap();
    let mut lock = other.begin().await.unwrap();
    sqlx::query("LOCK TABLE users IN ACCESS EXCLUSIVE MODE").execute(&mut *lock).await.unwrap();
    let searches: Vec<_> = (0..10)
        .map(|_| {
            let (accounts, ctx) = (world.accounts.clone(), ctx.clone());
            let query = UserQuery { q: "nobody".into(), ..UserQuery::default() };
            tokio::spawn(async move { accounts.list_users(&ctx, query).await })
        })
        .collect();
    world.until_locked_out(2).await;
    let (accounts, stranger) = (world.accounts.clone(), world.stranger());
    let signing_in =
        tokio::spawn(async move { accounts.sign_in(&stranger, sign_in("p1@example.com", PASSWORD)).await });
    world.until_locked_out(3).await;
    let searching = "SELECT count(*) FROM pg_stat_activity
        WHERE datname = current_database() AND wait_event_type = 'Lock' AND query LIKE '%strpos%'";
    assert_eq!(world.count(searching).await, 2);
    lock.rollback().await.unwrap();
    signing_in.await.unwrap().unwrap();
    for search in searches {
        assert_eq!(search.await.unwrap().unwrap().items.len(), 0);
    }
}

#[sqlx::test(migrator = "store::MIGRATOR")]
async fn who_finds_no_connection_for_a_list_in_time_is_told_that_it_is_busy(pool: PgPool) {
    let options = pool.options().clone().acquire_timeout(Wait::from_secs(1));
    let ctx = crowd(&World::new(pool.clone())).await;
    // One that is let in wrongly fails in the end.
    let connect = (*pool.connect_options()).clone().options([("statement_timeout", "20s")]);
    let world = World::new(options.connect_with(connect).await.unwrap());
    let accounts = &world.accounts;
    let list = || accounts.list_users(&ctx, UserQuery::default());
    let mut other = PgConnection::connect_with(&pool.connect_options()).await.unwrap();
    let mut lock = other.begin().await.unwrap();
    sqlx::query("LOCK TABLE users IN ACCESS EXCLUSIVE MODE").execute(&mut *lock).await.unwrap();
    tokio::select! {
        _ = async { tokio::join!(list(), list()) } => panic!("nobody may read"),
        () = world.until_locked_out(2) => {}
    }
    // Those two have left, and their statements have not ended.
    let audit = accounts.search_audit(&ctx, &AuditSearch::default()).await;
    for refused in [list().await.map(drop), accounts.admin_figures(&ctx).await.map(drop), audit.map(drop)] {
        assert!(matches!(refused, Err(Error::Overloaded)), "{refused:?}");
    }
    lock.rollback().await.unwrap();
    let mut found = list().await;
    while matches!(found, Err(Error::Overloaded)) {
        found = list().await;
    }
    assert_eq!(found.unwrap().items.len(), 10);
}

#[sqlx::test(migrator = "store::MIGRATOR")]
async fn a_search_finds_the_same_with_and_without_its_index(pool: PgPool) {
    let world = World::new(pool);
    let ctx = crowd(&world).await;
    let mut form = registration("odd");
    form.name = r"100% back\slash under_score".into();
    world.accounts.sign_up(&world.stranger(), form).await.unwrap();
    let terms = ["ANA", "p1@", "%", "_", r"k\s", "0% b", "r_s", "a%a", "nobody", "é"];
    let mut before = Vec::new();
    for q in terms {
        before.push(emails(&page(&world, &ctx, UserQuery { q: q.into(), ..UserQuery::default() }).await));
    }
    world.accounts.build_indexes().await.unwrap();
    // A builder that was stopped leaves an index behind that is not used.
    world
        .execute("UPDATE pg_index SET indisvalid = false WHERE indexrelid = 'users_name_idx'::regclass")
        .await;
    world.accounts.build_indexes().await.unwrap();
    let valid = "SELECT count(*) FROM pg_index WHERE indisvalid AND indexrelid IN
        ('users_name_idx'::regclass, 'audit_events_sign_ins_idx'::regclass, 'one_time_tokens_invitations_idx'::regclass)";
    assert_eq!(world.count(valid).await, 3);
    for (q, before) in terms.into_iter().zip(before) {
        let after = emails(&page(&world, &ctx, UserQuery { q: q.into(), ..UserQuery::default() }).await);
        assert_eq!(after, before, "{q}");
    }
}
