use super::document::{Head, document};
use super::parts::{self, address, pager, refused, role, shown_link, typed};
use crate::site::DocumentContext;
use crate::ui::{Flash, PlainForm, hidden, outcome};
use domain::{InvitationView, PageRequest, ProblemDocument, TwoWayPage};
use leptos::prelude::*;

/// Open invitations.
#[must_use]
pub fn admin_invitations_document(
    context: DocumentContext,
    asked: PageRequest,
    found: Result<TwoWayPage<InvitationView>, ProblemDocument>,
) -> String {
    let head = Head::new(words::admin_invitations::title(), words::admin_invitations::lead());
    document(context, head, move |context| page(context, &asked, found))
}

const PATH: &str = "/admin/invitations";
const REVOKE: &str = "/fn/admin/invitations/revoke";
const INVITE: &str = "/fn/admin/invite";

fn page(
    context: &DocumentContext,
    asked: &PageRequest,
    found: Result<TwoWayPage<InvitationView>, ProblemDocument>,
) -> AnyView {
    let list = match found {
        Ok(page) => list(context, asked, page),
        Err(problem) => refused(problem),
    };
    view! {
        {outcome(&context.flash, &[REVOKE, INVITE], done)}
        {shown_link(&context.flash, INVITE, words::admin_invite::link(), words::admin_invite::link_note)}
        <p class="actions">
            <a class="button" href="/admin/users/new">{words::admin_users::invite()}</a>
        </p>
        {list}
    }
    .into_any()
}

fn list(context: &DocumentContext, asked: &PageRequest, page: TwoWayPage<InvitationView>) -> AnyView {
    let to =
        |cursor: &str| address(PATH, &PageRequest { cursor: cursor.to_owned(), ..asked.clone() }.fields());
    let pager = pager(&page, asked.cursor.is_empty(), to);
    let rows: Vec<_> = page.items.into_iter().map(|invitation| row(context, invitation)).collect();
    let headings = [
        words::admin_invitations::email(),
        words::admin_invitations::role(),
        words::admin_invitations::made(),
        words::admin_invitations::until(),
        words::admin_invitations::act(),
    ];
    view! {
        {parts::list(words::admin_invitations::list(), words::admin_invitations::empty(), &headings, rows)}
        {pager}
    }
    .into_any()
}

fn done(flash: &Flash) -> &'static str {
    let linked = typed(flash, "token").is_some_and(|link| !link.is_empty());
    match flash.function.as_str() {
        REVOKE => words::admin_invitations::done(),
        _ if linked => words::act_done::make_reset(),
        _ => words::admin_invitations::sent(),
    }
}

fn row(context: &DocumentContext, invitation: InvitationView) -> AnyView {
    let InvitationView { id, email, role: offered, created_at, expires_at } = invitation;
    let form = PlainForm {
        class: "button button-quiet",
        about: Some(words::admin_invitations::revoke_of(&email)),
        ..PlainForm::new(&context.viewer.id, REVOKE, words::admin_invitations::revoke())
    };
    let (made, made_exact) = (words::ago(&created_at, &context.now), words::exact(&created_at));
    view! {
        <tr role="row">
            <th scope="row" role="rowheader"><bdi>{email}</bdi></th>
            <td role="cell" data-label=words::admin_invitations::role()>{offered.map_or(words::admin::none(), role)}</td>
            <td role="cell" data-label=words::admin_invitations::made()>
                <time datetime=created_at.0 title=made_exact>{made}</time>
            </td>
            <td role="cell" data-label=words::admin_invitations::until()>
                <time datetime=expires_at.0.clone()>{words::exact(&expires_at)}</time>
            </td>
            <td role="cell">{form.show(hidden("form[invitation]", &id))}</td>
        </tr>
    }
    .into_any()
}
