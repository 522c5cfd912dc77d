//! Calls that go by a second name, as all of the families do: each is described as the call that it is an alias of.

use super::json::{object, operations};
use crate::config::Compat;
use serde_json::{Map, Value, json};

/// Whose name it is.
#[derive(Clone, Copy, PartialEq)]
enum Family {
    Canonical,
    Cookie,
    Oauth2,
    Root,
}

impl Family {
    fn is_on(self, compat: Compat) -> bool {
        match self {
            Self::Canonical => true,
            Self::Cookie => compat.cookie,
            Self::Oauth2 => compat.oauth2,
            Self::Root => compat.root,
        }
    }

    fn tag(self) -> &'static (&'static str, &'static str) {
        match self {
            Self::Canonical => &("Signing in", ""),
            Self::Cookie => {
                &("Cookie family", "`/auth`: the token is in a cookie. On if `COMPAT` includes `cookie`.")
            }
            Self::Oauth2 => {
                &("OAuth2 family", "`/api/auth`: bearer tokens. On if `COMPAT` includes `oauth2`.")
            }
            Self::Root => &(
                "Root family",
                "`/register`, `/login` and `/me`: bearer tokens. On if `COMPAT` includes `root`.",
            ),
        }
    }
}

/// Method and path, the operation that it is, and what it is called itself.
type Alias = (Family, &'static str, &'static str, &'static str, &'static str);

const ALIASES: &[Alias] = &[
    (Family::Canonical, "post", "/api/v1/auth/register", "register", "auth_register"),
    (Family::Cookie, "post", "/auth/register", "register", "cookie_register"),
    (Family::Cookie, "post", "/auth/login", "login", "cookie_login"),
    (Family::Cookie, "get", "/auth/me", "read_me", "cookie_me"),
    (Family::Cookie, "post", "/auth/logout", "logout", "cookie_logout"),
    (Family::Cookie, "get", "/auth/logout", "logout", "cookie_logout_by_get"),
    (Family::Oauth2, "post", "/api/auth/register", "register", "oauth2_register"),
    (Family::Oauth2, "post", "/api/auth/login", "login", "oauth2_login"),
    (Family::Oauth2, "get", "/api/auth/me", "read_me", "oauth2_me"),
    (Family::Oauth2, "post", "/api/auth/refresh", "refresh", "oauth2_refresh"),
    (Family::Oauth2, "post", "/api/auth/logout", "logout", "oauth2_logout"),
    (Family::Oauth2, "post", "/api/auth/forgot-password", "forgot_password", "oauth2_forgot_password"),
    (Family::Oauth2, "post", "/api/auth/reset-password", "reset_password", "oauth2_reset_password"),
    (Family::Root, "post", "/register", "register", "root_register"),
    (Family::Root, "post", "/login", "login", "root_login"),
    (Family::Root, "get", "/me", "read_me", "root_me"),
    (Family::Root, "put", "/me", "put_me", "root_put_me"),
];

/// The pages that share their addresses with the root family.
const PAGES: &[(&str, &str, &str)] = &[
    ("/register", "register_page", "Show the sign-up page"),
    ("/login", "login_page", "Show the sign-in page"),
];

/// What the families are.
pub(super) fn tags(compat: Compat) -> impl Iterator<Item = &'static (&'static str, &'static str)> {
    let families = [Family::Cookie, Family::Oauth2, Family::Root].into_iter();
    families.filter(move |family| family.is_on(compat)).map(Family::tag)
}

/// Adds the second names.
pub(super) fn add(paths: &mut Map<String, Value>, compat: Compat) {
    for (family, method, path, of, id) in ALIASES.iter().filter(|(family, ..)| family.is_on(compat)) {
        let known = operations(paths).find(|(_, operation)| operation["operationId"] == *of);
        let Some(mut operation) = known.map(|(_, operation)| operation.clone()) else { continue };
        operation.insert("operationId".to_owned(), (*id).into());
        operation.insert("tags".to_owned(), json!([family.tag().0]));
        for answer in object(&mut operation["responses"]).values_mut() {
            object(answer).remove("links");
        }
        if *family == Family::Cookie {
            with_a_cookie(id, &mut operation);
        }
        object(paths.entry(*path).or_insert(Value::Null)).insert((*method).to_owned(), operation.into());
    }
    for (path, id, words) in PAGES.iter().filter(|_| compat.root) {
        object(paths.entry(*path).or_insert(Value::Null)).insert("get".to_owned(), page(id, words));
    }
}

/// What differs where the token is in a cookie.
fn with_a_cookie(id: &str, operation: &mut Map<String, Value>) {
    let set = json!({ "Set-Cookie": { "description": "The token.", "schema": { "type": "string" } } });
    if operation.contains_key("security") {
        operation.insert("security".to_owned(), json!([{ "cookie": [] }]));
    }
    let answers = object(&mut operation["responses"]);
    match id {
        "cookie_login" => {
            let user = json!({ "schema": { "$ref": "#/components/schemas/UserView" } });
            answers.insert(
                "200".to_owned(),
                json!({
                    "description": "Your account. The token is in the cookie", "headers": set,
                    "content": { "application/json": user },
                }),
            );
        }
        "cookie_me" => object(&mut answers["200"]["headers"]).extend(object(&mut set.clone()).clone()),
        "cookie_logout" | "cookie_logout_by_get" => {
            answers["204"]["headers"] = set;
        }
        _ => {}
    }
    if id == "cookie_logout" {
        answers.insert("303".to_owned(), json!({ "description": "Redirects a browser to the home page" }));
    }
    if id == "cookie_logout_by_get" {
        answers.insert("200".to_owned(), html("Asks a browser to confirm"));
        let refused = json!({ "schema": { "$ref": "#/components/schemas/Problem" } });
        answers.insert(
            "405".to_owned(),
            json!({
                "description": "Browsers sign out with POST",
                "content": { "application/problem+json": refused },
            }),
        );
    }
}

fn html(words: &str) -> Value {
    json!({ "description": words, "content": { "text/html": { "schema": { "type": "string" } } } })
}

fn page(id: &str, words: &str) -> Value {
    let shared = |code: &str| json!({ "$ref": format!("#/components/responses/{code}") });
    json!({
        "operationId": id, "summary": words, "tags": [Family::Root.tag().0],
        "responses": {
            "200": html("The page"),
            "303": { "description": "Redirects people who are signed in" },
            "429": shared("TooManyRequests"), "500": shared("Internal"), "503": shared("Unavailable"),
        },
    })
}

#[cfg(test)]
pub(super) fn is_page(method: &str, path: &str) -> bool {
    method == "get" && PAGES.iter().any(|(page, ..)| *page == path)
}
