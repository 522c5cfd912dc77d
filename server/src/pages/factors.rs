//! Two-step sign-in: the page that shows and changes it, and the second step of a sign-in.

use super::functions::SEALED_CODES;
use super::guard::lost_cookie;
use super::member_document::DocumentRequest;
use super::render;
use crate::http::headers::page_policy;
use crate::http::redirect::see_other;
use crate::state::AppState;
use accounts::{Error, PendingTotp};
use app::forms::{FACTORS, SECOND_STEP};
use app::{AppSettings, Enrolment, FactorsPage, StrangerContext};
use axum::Router;
use axum::response::{Html, IntoResponse, Response};
use axum::routing::get;
use edge::problem::{problem, refusal};
use fast_qr::ECL;
use fast_qr::convert::svg::SvgBuilder;
use fast_qr::qr::QRBuilder;
use http::HeaderMap;
use http::header::CONTENT_TYPE;
use leptos::config::LeptosOptions;
use leptos::nonce::Nonce;

const STYLE: &str = include_str!("factors.css");

pub(crate) fn router() -> Router<AppState> {
    Router::new()
        .route(FACTORS, get(show))
        .route("/account/factors/style.css", get(async || ([(CONTENT_TYPE, "text/css")], STYLE)))
        .route(SECOND_STEP, get(second_step))
}

async fn show(asked: DocumentRequest) -> Response {
    match page(&asked).await {
        Ok(page) => asked.draw(|context| app::factors_document(context, page)),
        Err(error) => asked.refused(error),
    }
}

async fn page(DocumentRequest { state, ctx, flash, .. }: &DocumentRequest) -> Result<FactorsPage, Error> {
    let accounts = &state.accounts;
    let codes = match flash.value(SEALED_CODES) {
        Some(sealed) => accounts.see_recovery_codes(ctx, sealed).await?,
        None => None,
    };
    let factors = accounts.factors(ctx).await?;
    // What was begun is shown to whoever has just shown who they are, and to no thief of a session.
    let enrolment = match accounts.pending_totp(ctx).await {
        Ok(begun) => begun.map(with_picture),
        // Nor where its key has gone: it is begun anew.
        Err(Error::Reauthenticate | Error::FactorsOff) => None,
        Err(error) => return Err(error),
    };
    let ways = accounts.ways_in(ctx).await?;
    Ok(FactorsPage { factors, enrolment, ways, codes })
}

/// A long name in the address may need more than a QR code holds: then there is the key alone.
fn with_picture(PendingTotp { enrolment: key, version }: PendingTotp) -> Enrolment {
    let qr = QRBuilder::new(key.otpauth_url.as_str()).ecl(ECL::M).build().ok();
    let qr = qr.map(|qr| SvgBuilder::default().to_str(&qr));
    Enrolment { key, qr, version }
}

/// The one page that reads the cookie of a sign-in which waits for its second factor.
async fn second_step(sent: HeaderMap, asked: DocumentRequest) -> Response {
    let DocumentRequest { state, ctx, flash, query, .. } = asked;
    let challenge = state.cookies.challenge(&sent);
    if challenge.is_none() && lost_cookie(&sent) {
        return see_other("/login?cookie=lost");
    }
    let pending = match challenge {
        Some(challenge) => state.accounts.pending_sign_in(&ctx, challenge).await,
        None => Ok(None),
    };
    let pending = match pending {
        Ok(pending) => pending,
        Err(error) => return refusal(problem(error)),
    };
    let ended = challenge.filter(|_| pending.is_none());
    let (nonce, (status, wait)) = (Nonce::new(), render::status_of(&flash));
    let context = StrangerContext {
        options: LeptosOptions::clone(&state.site),
        settings: AppSettings::clone(&state.app),
        flash,
        nonce: nonce.clone(),
    };
    let page = app::login_factor_document(context, pending, &query);
    let mut answer = (status, page_policy(&state, Some(&nonce)), Html(page)).into_response();
    answer.headers_mut().extend(wait);
    answer.headers_mut().extend(ended.map(|_| state.cookies.clear_challenge()));
    answer
}

#[cfg(test)]
mod tests {
    use super::*;
    use domain::TotpEnrolment;

    fn picture(otpauth_url: String) -> Option<String> {
        let enrolment = TotpEnrolment { secret: String::new(), otpauth_url };
        with_picture(PendingTotp { enrolment, version: String::new() }).qr
    }

    #[test]
    fn a_picture_needs_no_style_that_the_pages_policy_would_block() {
        let url = "otpauth://totp/Harbour:ana%40example.com?secret=JBSWY3DPEHPK3PXP&issuer=Harbour";
        let svg = picture(url.to_owned()).unwrap();
        assert!(svg.starts_with("<svg viewBox=") && !svg.contains("style"), "{svg}");
        // White by day and by night, with a margin of its own.
        assert!(svg.contains("fill=\"#ffffff"), "{svg}");
    }

    #[test]
    fn an_address_that_no_picture_holds_has_none() {
        assert_eq!(picture("x".repeat(3_000)), None);
    }
}
