use domain::{Addresses, AuditView, EventKind, Purpose, Timestamp, UserId};
use leptos::prelude::*;
use serde_json::Value;

/// What an event is called.
pub(super) fn title(event: &AuditView) -> String {
    match EventKind::of(&event.kind) {
        Some(kind) => words::what_was_recorded(kind).to_owned(),
        None => words::admin_audit::unknown(&event.kind),
    }
}

/// From where, in words and as it was.
pub(super) fn origin(event: &AuditView) -> Option<String> {
    let client = event.agent.as_deref().map(words::client_of);
    let parts: Vec<_> = [client, event.address.clone()].into_iter().flatten().collect();
    (!parts.is_empty()).then(|| parts.join(" · "))
}

/// An event that concerns an account, as a row of its page.
pub(super) fn row(event: &AuditView, subject: UserId, addresses: &Addresses) -> AnyView {
    let actor = match event.actor {
        None => words::admin_audit::stranger().into_any(),
        Some(actor) if actor == subject => words::admin_audit::owner().into_any(),
        Some(actor) => account(actor, addresses, words::admin_audit::by_admin().to_owned()),
    };
    view! {
        <li class="row">
            <div class="row-text">
                <p class="row-title">{title(event)}</p>
                {details(event)}
                <p class="row-facts">
                    {actor} " · " {origin(event).map(|from| view! { <bdi>{from}</bdi> " · " })}
                    <time datetime=event.at.0.clone()>{words::to_the_second(&event.at)}</time>
                </p>
            </div>
        </li>
    }
    .into_any()
}

/// Leads to an account by its address; one that is gone has another `label`.
pub(super) fn account(id: UserId, addresses: &Addresses, label: String) -> AnyView {
    let label = addresses.get(&id).cloned().unwrap_or(label);
    view! { <a href=format!("/admin/users/{id}") title=id.to_string()><bdi>{label}</bdi></a> }.into_any()
}

pub(super) fn details(event: &AuditView) -> AnyView {
    let said = if event.detail.is_null() {
        vec![words::admin_audit::details_gone().to_owned()]
    } else {
        in_words(&event.detail)
    };
    (!said.is_empty()).then(|| view! { <p class="row-facts"><bdi>{said.join(" · ")}</bdi></p> }).into_any()
}

/// The details of an event, in words; what a newer server wrote, by its name.
fn in_words(detail: &Value) -> Vec<String> {
    let Value::Object(fields) = detail else { return Vec::new() };
    let text = |value: &Value| value.as_str().map_or_else(|| value.to_string(), str::to_owned);
    let said = fields.iter().filter_map(|(name, value)| {
        let number = value.as_u64().unwrap_or_default();
        Some(match name.as_str() {
            "opened" => words::admin_audit::opened(&text(value)),
            "ended" => words::admin_audit::ended(&text(value)),
            "ended_sessions" => words::admin_audit::sessions_ended(number),
            "role" => words::admin_audit::new_role(role(&text(value))),
            "closes_at" => words::admin_audit::closes_at(&words::exact(&Timestamp(text(value)))),
            "made" => words::admin_audit::made(number),
            "first_line" => words::admin_audit::lines(
                &text(value),
                &fields.get("last_line").map(text).unwrap_or_default(),
            ),
            "last_line" => return None,
            "mail" => words::admin_audit::mail(&text(value)),
            "reason" => words::admin_audit::reason(&text(value)),
            "purpose" => words::admin_audit::purpose(purpose(&text(value))),
            "address" => words::admin_audit::email_after(address(&text(value))),
            other => words::admin_audit::more(other, &text(value)),
        })
    });
    said.collect()
}

fn role(word: &str) -> &str {
    match word {
        "admin" => words::admin::role_admin(),
        "user" => words::admin::role_user(),
        other => other,
    }
}

/// What a link is good for.
fn purpose(word: &str) -> &str {
    match Purpose::of(word) {
        Some(Purpose::Reset) => words::audit_purpose::reset(),
        Some(Purpose::Verify) => words::audit_purpose::verify(),
        Some(Purpose::ChangeEmail) => words::audit_purpose::change_email(),
        Some(Purpose::Invite) => words::audit_purpose::invite(),
        Some(Purpose::NotMe) => words::audit_purpose::not_me(),
        Some(Purpose::SignUp) => words::audit_purpose::sign_up(),
        Some(Purpose::SignIn) => words::audit_purpose::sign_in(),
        None => word,
    }
}

/// What became of the address of an account that was taken back.
fn address(word: &str) -> &str {
    match word {
        "kept" => words::audit_email::kept(),
        "taken" => words::audit_email::taken(),
        "restored" => words::audit_email::restored(),
        other => other,
    }
}

#[cfg(test)]
mod tests {
    use super::in_words;
    use serde_json::json;

    #[test]
    fn details_are_said_in_words() {
        for (detail, expected) in [
            (json!({}), vec![]),
            (json!({ "role": "admin", "ended_sessions": 1 }), vec!["1 session ended", "New role: Admin"]),
            (json!({ "ended_sessions": 2 }), vec!["2 sessions ended"]),
            (json!({ "made": 3, "first_line": 1, "last_line": 9 }), vec!["Lines 1 to 9", "3 accounts made"]),
            (json!({ "purpose": "reset" }), vec!["To choose a new password"]),
            (
                json!({ "address": "taken" }),
                vec!["Email: not restored, because another account has the earlier one"],
            ),
            (json!({ "ended_sessions": 1, "reason": "Spam" }), vec!["1 session ended", "Reason given: Spam"]),
            (json!({ "of_a_newer_server": true }), vec!["of_a_newer_server: true"]),
            (json!([1]), vec![]),
        ] {
            assert_eq!(in_words(&detail), expected, "{detail}");
        }
    }
}
