//! The whole server: every route and its layers, from the outside in.

use crate::config::AppEnv;
use crate::echo;
use crate::http::layers::{Layers, around};
use crate::http::slash::{self, ApiPaths};
use crate::http::{csp_report, files, health, logo, manifest, well_known};
use crate::mail::Outgoing;
use crate::pages::{
    admin, confirm, dev_mail, export, factors, form_context, functions, guard, render, sign_up, whoami,
};
use crate::rest::calls::counted;
use crate::rest::{docs, openapi, routes};
use crate::state::AppState;
use app::forms::CONFIRM;
use axum::Router;
use axum::middleware::{from_fn, from_fn_with_state};
use axum::routing::get;
use domain::{Code, SessionKind};
use edge::problem::refusal;
use edge::{caller, rate_limit};
use std::sync::Arc;

/// The server, as the binary and every HTTP test use it.
pub fn router(state: AppState) -> Router {
    let mut more = Router::new();
    if state.env == AppEnv::Development {
        more = more.route("/dev/gallery", get(render::gallery));
        if let Some(Outgoing::Mailbox(mailbox)) = &state.outgoing {
            more = more.merge(dev_mail::router(mailbox.clone()));
        }
    }
    serving(state, more)
}

/// The server with further routes, inside the layers of every answer.
pub fn serving(state: AppState, more: Router<AppState>) -> Router {
    let layers = Arc::new(Layers::new(state.clone()));
    Router::new()
        .route("/livez", get(health::live))
        .route("/readyz", get(health::ready))
        .route("/csp-report", csp_report::route())
        .route("/site.webmanifest", get(manifest::show))
        .route("/.well-known/change-password", get(well_known::change_password))
        .route("/.well-known/passkey-endpoints", get(well_known::passkey_endpoints))
        .merge(logo::route(state.accounts.logo()))
        .merge(more)
        .merge(api(&state))
        .merge(pages(&state))
        .fallback_service(files::router(&state, not_found(&state)))
        .method_not_allowed_fallback(async || refusal(Code::MethodNotAllowed))
        .layer(around(move |request, route| layers.answer(request, route)))
        .with_state(state)
}

fn api(state: &AppState) -> Router<AppState> {
    let by_token = counted(state, SessionKind::Bearer, routes::by_token(state.compat));
    let by_cookie = counted(state, SessionKind::ApiCookie, routes::by_cookie(state.compat));
    by_token.merge(by_cookie).merge(routes::keys()).merge(docs::router(state.compat))
}

fn pages(state: &AppState) -> Router<AppState> {
    let caller = from_fn_with_state(state.callers(), caller::middleware);
    let counted = from_fn_with_state(state.callers(), rate_limit::browsers);
    let documents = admin::router().merge(factors::router()).route(CONFIRM, get(confirm::show));
    let pages = render::router(state).merge(documents).layer((
        from_fn_with_state(state.clone(), functions::middleware),
        from_fn_with_state(state.callers(), functions::rate_limit),
        caller.clone(),
        from_fn(form_context::middleware),
        from_fn_with_state(state.clone(), guard::middleware),
        from_fn_with_state(state.clone(), sign_up::middleware),
    ));
    pages
        .route("/account/export", get(export::download).layer((counted.clone(), caller.clone())))
        .route("/admin/audit/export", get(admin::download).layer((counted, caller.clone())))
        .route(
            echo::PATH,
            get(whoami::show).layer((from_fn_with_state(state.clone(), echo::middleware), caller)),
        )
}

fn not_found(state: &AppState) -> Router {
    let compat = state.compat;
    render::not_found(state).layer((
        from_fn_with_state(ApiPaths::new(move || openapi::paths(compat)), slash::middleware),
        from_fn_with_state(compat, render::only_for_readers),
        from_fn_with_state(state.callers(), caller::middleware),
    ))
}

#[cfg(test)]
mod tests {
    use crate::config::Compat;
    use crate::http::slash::ApiPaths;
    use crate::rest::openapi;
    use http::StatusCode;
    use http::header::LOCATION;

    fn location(compat: Compat, uri: &str) -> Option<String> {
        let answer = ApiPaths::new(move || openapi::paths(compat)).without_slash(&uri.parse().unwrap())?;
        assert_eq!(answer.status(), StatusCode::TEMPORARY_REDIRECT);
        Some(answer.headers()[LOCATION].to_str().unwrap().to_owned())
    }

    #[test]
    fn every_path_of_the_api_is_found_without_its_slashes() {
        for path in openapi::paths(Compat::ALL) {
            let path = path.replace("{id}", "019aa5a4-0000-7000-8000-000000000000");
            for end in ["/", "//", "/?a=1&b=%2F", "/?"] {
                let expected = format!("{path}{}", end.trim_start_matches('/'));
                assert_eq!(location(Compat::ALL, &format!("{path}{end}")), Some(expected));
            }
            assert_eq!(location(Compat::ALL, &path), None, "there is no slash");
        }
    }

    #[test]
    fn nothing_leads_elsewhere() {
        for uri in [
            "/",
            "//",
            "//evil.example/",
            "//evil.example/api/v1/users/",
            "/api/v1//users/",
            "/api/v1/users/a/b/",
            "/api/v1/nowhere/",
            "/api/v1/users/%2e%2e/x/",
            "/API/v1/users/",
            "/api/v1/users%2F",
            "/.//auth/login/",
        ] {
            assert_eq!(location(Compat::ALL, uri), None, "{uri}");
        }
        assert_eq!(location(Compat::NONE, "/auth/login/"), None, "the family is off");
        assert_eq!(location(Compat::NONE, "/api/v1/auth/login/").as_deref(), Some("/api/v1/auth/login"));
    }
}
