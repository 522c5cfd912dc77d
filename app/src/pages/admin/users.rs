use super::document::{Head, document};
use super::parts::{self, act_done, address, choice, filters, pager, proof, refused, role, select, state};
use crate::site::DocumentContext;
use crate::ui::{outcome, units};
use domain::{ProblemDocument, SEARCH_MAX, TwoWayPage, UserQuery, UserSort, UserView};
use leptos::prelude::*;

/// Everybody, or those who are asked for.
#[must_use]
pub fn admin_users_document(
    context: DocumentContext,
    query: UserQuery,
    found: Result<TwoWayPage<UserView>, ProblemDocument>,
) -> String {
    let head = Head::new(words::admin_users::title(), words::admin_users::lead());
    document(context, head, move |context| page(context, &query, found))
}

const PATH: &str = "/admin/users";

fn page(
    context: &DocumentContext,
    query: &UserQuery,
    found: Result<TwoWayPage<UserView>, ProblemDocument>,
) -> AnyView {
    let count = found.as_ref().map_or(0, |page| page.items.len() as u64);
    let said =
        if count == 0 { words::admin_users::empty().to_owned() } else { words::admin_users::found(count) };
    let list = match found {
        Ok(page) => list(context, query, page),
        Err(problem) => refused(problem),
    };
    view! {
        {outcome(&context.flash, &["/fn/admin/confirmed"], act_done)}
        {search(query)}
        <div data-results=said>{list}</div>
    }
    .into_any()
}

fn search(query: &UserQuery) -> AnyView {
    let is_asked = *query != UserQuery::default();
    let fields = view! {
            <div class="field">
                <label for="q">{words::admin_users::search()}</label>
                <input
                    class="input"
                    id="q"
                    name="q"
                    type="search"
                    value=query.q.clone()
                    maxlength=units(SEARCH_MAX)
                    placeholder=words::admin_users::search_note()
                    autocomplete="off"
                    autocapitalize="none"
                    spellcheck="false"
                />
            </div>
            {choice("role", words::admin_users::role(), &query.role, &[
                ("user", words::admin::role_user()),
                ("admin", words::admin::role_admin()),
            ])}
            {choice("is_active", words::admin_users::state(), &query.is_active, &[
                ("true", words::admin::active()),
                ("false", words::admin::inactive()),
            ])}
            {choice(
                "email_verified",
                words::admin_users::proof(),
                &query.email_verified,
                &[("true", words::admin::proven()), ("false", words::admin::not_proven())],
            )}
            {choice(
                "second_factor",
                words::admin_users::second_factor(),
                &query.second_factor,
                &[("true", words::admin_users::with_factor()), ("false", words::admin_users::without_factor())],
            )}
            {select("sort", words::admin_users::sort(), &query.sort, &UserSort::ALL.map(order))}
    };
    let invite = view! { <a class="button" href="/admin/users/new">{words::admin_users::invite()}</a> };
    filters(PATH, is_asked, fields.into_any(), invite.into_any())
}

/// An order as it stands in the address, and in words.
fn order(sort: UserSort) -> (&'static str, &'static str) {
    let words = match sort {
        UserSort::Newest => words::admin_users::newest(),
        UserSort::Oldest => words::admin_users::oldest(),
        UserSort::Name => words::admin_users::by_name(),
        UserSort::NameDescending => words::admin_users::by_name_back(),
        UserSort::Email => words::admin_users::by_email(),
        UserSort::EmailDescending => words::admin_users::by_email_back(),
    };
    let value = if sort == UserSort::default() { "" } else { sort.as_str() };
    (value, words)
}

fn list(context: &DocumentContext, query: &UserQuery, page: TwoWayPage<UserView>) -> AnyView {
    let pager = pager(&page, query.cursor.is_empty(), |cursor| asked(query, cursor));
    let rows: Vec<_> = page.items.into_iter().map(|user| row(context, user)).collect();
    let headings = [
        words::admin_users::email(),
        words::admin_users::name(),
        words::admin_users::role(),
        words::admin_users::state(),
        words::admin_users::since(),
    ];
    view! {
        {parts::list(words::admin_users::title(), words::admin_users::empty(), &headings, rows)}
        {pager}
    }
    .into_any()
}

fn row(context: &DocumentContext, user: UserView) -> AnyView {
    let to = format!("{PATH}/{}", user.id);
    let name = user.profile.display_name().unwrap_or_else(|| words::admin_users::no_name().to_owned());
    let status = format!("{} · {}", state(&user), proof(&user));
    view! {
        <tr role="row">
            <th scope="row" role="rowheader"><a href=to><bdi>{user.email}</bdi></a></th>
            <td role="cell" data-label=words::admin_users::name()><bdi>{name}</bdi></td>
            <td role="cell" data-label=words::admin_users::role()>{role(user.role)}</td>
            <td role="cell" data-label=words::admin_users::state()>{status}</td>
            <td role="cell" data-label=words::admin_users::since()>
                <time datetime=user.created_at.0.clone() title=words::exact(&user.created_at)>
                    {words::ago(&user.created_at, &context.now)}
                </time>
            </td>
        </tr>
    }
    .into_any()
}

/// The same question, from another place on.
fn asked(query: &UserQuery, cursor: &str) -> String {
    address(PATH, &UserQuery { cursor: cursor.to_owned(), ..query.clone() }.fields())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_asked_for_stands_in_every_address() {
        let query = UserQuery {
            q: "ana & ü%".into(),
            role: "admin".into(),
            sort: "-email".into(),
            ..UserQuery::default()
        };
        let address = "/admin/users?q=ana%20%26%20%C3%BC%25&role=admin&sort=%2Demail&cursor=AQ%2D%5F";
        assert_eq!(asked(&query, "AQ-_"), address);
        assert_eq!(asked(&UserQuery::default(), ""), "/admin/users");
    }
}
