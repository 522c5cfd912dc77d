//! Which answer leads to which call: what a client, or a test of many calls in a row, may follow.

use super::object;
use serde_json::{Map, Value, json};

/// An operation, its answer, the operation that may follow, and what that one takes from the answer.
const LINKS: &[(&str, &str, &str, Takes)] = &[
    (
        "register",
        "201",
        "login",
        Takes::Body(&[("email", "$request.body#/email"), ("password", "$request.body#/password")]),
    ),
    ("register", "201", "read_user", Takes::Parameter("id", "$response.body#/id")),
    ("register", "201", "change_user", Takes::Parameter("id", "$response.body#/id")),
    ("register", "201", "end_user_sessions", Takes::Parameter("id", "$response.body#/id")),
    ("register", "201", "delete_user", Takes::Parameter("id", "$response.body#/id")),
    ("login", "200", "refresh", Takes::Body(&[("refresh_token", "$response.body#/refresh_token")])),
    ("refresh", "200", "refresh", Takes::Body(&[("refresh_token", "$response.body#/refresh_token")])),
    ("login", "200", "read_me", Takes::Nothing),
    ("read_me", "200", "list_sessions", Takes::Nothing),
    ("read_me", "200", "delete_me", Takes::Nothing),
    ("list_sessions", "200", "end_session", Takes::Parameter("id", "$response.body#/0/id")),
    ("list_users", "200", "list_users", Takes::Parameter("cursor", "$response.body#/next_cursor")),
    ("list_users", "200", "read_user", Takes::Parameter("id", "$response.body#/items/0/id")),
    ("list_activity", "200", "list_activity", Takes::Parameter("cursor", "$response.body#/next_cursor")),
    ("list_audit", "200", "list_audit", Takes::Parameter("cursor", "$response.body#/next_cursor")),
];

enum Takes {
    Nothing,
    Parameter(&'static str, &'static str),
    Body(&'static [(&'static str, &'static str)]),
}

/// Adds the links of one operation to its answers.
pub(super) fn add(id: &str, answers: &mut Map<String, Value>) {
    for (_, status, to, takes) in LINKS.iter().filter(|(from, ..)| *from == id) {
        let mut link = json!({ "operationId": to });
        match takes {
            Takes::Nothing => {}
            Takes::Parameter(name, from) => link["parameters"] = json!({ *name: from }),
            Takes::Body(fields) => {
                let fields = fields.iter().map(|(name, from)| ((*name).to_owned(), json!(from)));
                link["requestBody"] = fields.collect();
            }
        }
        if let Some(answer) = answers.get_mut(*status) {
            object(&mut answer["links"]).insert((*to).to_owned(), link);
        }
    }
}

/// From which operation to which.
#[cfg(test)]
pub(super) fn known() -> impl Iterator<Item = (&'static str, &'static str)> {
    LINKS.iter().map(|(from, _, to, _)| (*from, *to))
}
