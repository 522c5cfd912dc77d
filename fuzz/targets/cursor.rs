//! Cursors: what is read was written by us, letter by letter (P29).
#![no_main]

use domain::PageRequest;
use libfuzzer_sys::fuzz_target;
use uuid::Uuid;

fuzz_target!(|typed: &str| {
    let (limit, cursor) = typed.split_once('\n').unwrap_or((typed, ""));
    let request = PageRequest { limit: limit.to_owned(), cursor: cursor.to_owned() };
    let Ok(span) = request.parse() else { return };
    assert!((1..=100).contains(&span.limit));
    assert_eq!(span.rows_to_read(), i64::from(span.limit) + 1);
    assert_eq!(span.after.is_none(), cursor.is_empty());
    // The page before: it ended at that id, and one row more was there.
    let Some(id) = span.after else { return };
    let before = PageRequest { limit: "1".to_owned(), ..PageRequest::default() }.parse().expect("it is one");
    let page = before.page(vec![id, Uuid::nil()], |id| *id, |id| id);
    assert_eq!(page.next_cursor.as_deref(), Some(cursor), "one cursor a place");
});
