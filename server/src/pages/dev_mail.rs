//! `/dev/mail`: the mails of a developer's server. None of it exists where mails go to people.

use crate::http::headers;
use crate::http::negotiation::wants_html;
use crate::mail::Mailbox;
use crate::state::AppState;
use accounts::{Logo, Message};
use app::SentMail;
use axum::extract::{Path, RawQuery, State};
use axum::response::{Html, IntoResponse, Response};
use axum::routing::get;
use axum::{Extension, Json, Router};
use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use domain::Code;
use edge::problem::refusal;
use http::HeaderMap;
use http::header::CONTENT_TYPE;
use leptos::config::LeptosOptions;
use time::UtcOffset;
use uuid::Uuid;

const STYLE: &str = include_str!("dev_mail.css");
/// A link in a mail leads away from the mail, out of its frame. Whatever a mail's own document begins with, a browser
/// takes this for its head.
const LEADS_OUT: &str = "<!doctype html><base target=\"_top\">";

pub(crate) fn router(mailbox: Mailbox) -> Router<AppState> {
    Router::new()
        .route("/dev/mail", get(list))
        .route("/dev/mail.css", get(async || ([(CONTENT_TYPE, "text/css")], STYLE)))
        .route("/dev/mail/{id}", get(one))
        .route("/dev/mail/{id}/html", get(html))
        .layer(Extension(mailbox))
}

async fn list(
    State(state): State<AppState>,
    Extension(mailbox): Extension<Mailbox>,
    RawQuery(query): RawQuery,
    headers: HeaderMap,
) -> Response {
    let mails: Vec<_> = mailbox.list().into_iter().map(shown).collect();
    if wants_json(query.as_deref(), &headers) {
        return Json(mails).into_response();
    }
    page(&state, app::mails_document(LeptosOptions::clone(&state.site), &state.app, mails))
}

async fn one(
    State(state): State<AppState>,
    Extension(mailbox): Extension<Mailbox>,
    Path(id): Path<Uuid>,
    RawQuery(query): RawQuery,
    headers: HeaderMap,
) -> Response {
    let Some(mail) = mailbox.find(id).map(shown) else { return refusal(Code::NotFound) };
    if wants_json(query.as_deref(), &headers) {
        return Json(mail).into_response();
    }
    page(&state, app::mail_document(LeptosOptions::clone(&state.site), &state.app, mail))
}

/// The mail's own document, for the frame.
async fn html(Extension(mailbox): Extension<Mailbox>, Path(id): Path<Uuid>) -> Response {
    let Some(mail) = mailbox.find(id) else { return refusal(Code::NotFound) };
    let html = mail.html.replace(&format!("cid:{}", Logo::CONTENT_ID), &picture(mail.logo.as_deref()));
    (headers::mail_policy(), Html(format!("{LEADS_OUT}{html}"))).into_response()
}

/// The picture inside the document, where a mail client would show the mail's other part.
fn picture(logo: Option<&Logo>) -> String {
    let data = |logo: &Logo| format!("data:{};base64,{}", logo.media_type(), STANDARD.encode(logo.bytes()));
    logo.map(data).unwrap_or_default()
}

fn page(state: &AppState, html: String) -> Response {
    (headers::framing_policy(state), Html(html)).into_response()
}

fn wants_json(query: Option<&str>, headers: &HeaderMap) -> bool {
    query == Some("json") || !wants_html(headers)
}

fn shown(message: Message) -> SentMail {
    let at = message.at.to_offset(UtcOffset::UTC);
    let (date, (hour, minute, second)) = (at.date(), at.to_hms());
    SentMail {
        id: message.id.to_string(),
        to: message.to,
        subject: message.subject,
        at: format!("{date} {hour:02}:{minute:02}:{second:02} UTC"),
        text: message.text,
        html: message.html,
    }
}
