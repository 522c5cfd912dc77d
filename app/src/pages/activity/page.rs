use super::api::load_activity;
use crate::rows::Events;
use crate::site::MemberLayout;
use crate::ui::{Fetch, RowItem};
use domain::PageRequest;
use leptos::prelude::*;
use leptos_router::hooks::use_location;

const PATH: &str = "/account/activity";

/// What happened to the account, page by page. The address says which page, and each is a document of its own.
#[component]
pub fn ActivityPage() -> impl IntoView {
    let here = use_location();
    // The link in the header leads here, too, and the address changes before the page is left.
    let cursor = Memo::new(move |before: Option<&String>| {
        let stays = here.pathname.with(|path| path == PATH);
        let cursor = here.query.with(|query| query.get("cursor"));
        if stays { cursor.unwrap_or_default() } else { before.cloned().unwrap_or_default() }
    });
    let load = move || load_activity(PageRequest { limit: String::new(), cursor: cursor.get_untracked() });
    view! {
        <MemberLayout heading=words::activity::heading() lead=words::activity::lead()>
            <Fetch from=load whenever=cursor.into() let:events>
                <EventList events/>
            </Fetch>
        </MemberLayout>
    }
}

#[component]
fn EventList(events: Events) -> impl IntoView {
    let Events { rows, newest, older } = events;
    let rows = if rows.is_empty() {
        view! { <p class="help">{words::activity::empty()}</p> }.into_any()
    } else {
        let rows: Vec<_> = rows.into_iter().map(|row| view! { <RowItem row/> }).collect();
        view! { <ul class="rows">{rows}</ul> }.into_any()
    };
    let to_newest = (!newest).then(|| link(PATH.to_owned(), words::activity::newest()));
    let to_older = older.map(|older| link(older, words::activity::older()));
    let [before, after] = words::activity::not_me();
    view! {
        <section class="card" aria-label=words::activity::heading()>
            <div class="card-body">{rows}</div>
        </section>
        <p class="actions pager">{to_newest} {to_older}</p>
        <p class="help">{before} <a href="/account/security">{words::activity::change_password()}</a> {after}</p>
    }
}

fn link(to: String, label: &'static str) -> AnyView {
    view! { <a class="button button-quiet" href=to rel="external">{label}</a> }.into_any()
}
