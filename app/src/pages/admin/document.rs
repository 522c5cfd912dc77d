use crate::site::{DocumentContext, DocumentLayout, member_document};
use leptos::prelude::*;

/// What is said at the top of a page.
pub(super) struct Head {
    title: String,
    lead: String,
}

impl Head {
    pub(super) fn new(title: impl Into<String>, lead: impl Into<String>) -> Self {
        Self { title: title.into(), lead: lead.into() }
    }
}

/// The plain scripts of these pages.
const SCRIPTS: &str =
    concat!(include_str!("../../scripts/search.js"), include_str!("../../scripts/dialog.js"));

/// The whole document, wider than members' pages, with the places of admins.
pub(super) fn document(
    context: DocumentContext,
    head: Head,
    draw: impl FnOnce(&DocumentContext) -> AnyView + Send + 'static,
) -> String {
    let layout = DocumentLayout {
        class: "column column-wide",
        stylesheet: Some("/admin/style.css"),
        scripts: SCRIPTS,
        places: Some(places(&context.path)),
        ..DocumentLayout::new(head.title, head.lead)
    };
    member_document(context, layout, draw)
}

fn places(path: &str) -> AnyView {
    view! {
        <nav class="places" aria-label=words::admin::places()>
            {place(path, "/admin", words::admin::overview())}
            {place(path, "/admin/users", words::admin::users())}
            {place(path, "/admin/invitations", words::admin::invitations())}
            {place(path, "/admin/audit", words::admin::audit())}
        </nav>
    }
    .into_any()
}

fn place(path: &str, to: &'static str, label: &'static str) -> AnyView {
    // The overview stands above all others.
    let below = to != "/admin" && path.strip_prefix(to).is_some_and(|rest| rest.starts_with('/'));
    let here = if path == to { Some("page") } else { below.then_some("true") };
    view! { <a href=to aria-current=here>{label}</a> }.into_any()
}
