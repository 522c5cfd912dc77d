use super::api::load_activity;
use crate::site::MemberLayout;
use crate::ui::{Fetch, written};
use leptos::prelude::*;

/// What happened to the account, page by page. Each page is a document of its own, which the server writes.
#[component]
pub fn ActivityPage() -> impl IntoView {
    view! {
        <MemberLayout heading=words::activity::heading() lead=words::activity::lead()>
            <Fetch from=load_activity let:events>{written(events)}</Fetch>
        </MemberLayout>
    }
}
