//! Bare axum: one route without a body, and one with such a body as `GET /api/v1/users/me` has.

use axum::{Json, Router, routing::get};
use serde::Serialize;
use std::error::Error;
use tokio::net::TcpListener;

#[derive(Serialize)]
struct User {
    id: &'static str,
    email: &'static str,
    email_verified: bool,
    username: Option<&'static str>,
    name: Option<&'static str>,
    first_name: Option<&'static str>,
    last_name: Option<&'static str>,
    bio: Option<&'static str>,
    role: &'static str,
    is_active: bool,
    created_at: &'static str,
    updated_at: &'static str,
}

const ANA: User = User {
    id: "019aa0c1-2d3e-7abc-8def-0123456789ab",
    email: "bench@example.com",
    email_verified: false,
    username: None,
    name: Some("Bench"),
    first_name: None,
    last_name: None,
    bio: None,
    role: "user",
    is_active: true,
    created_at: "2026-11-21T10:00:00.000000Z",
    updated_at: "2026-11-21T10:00:00.000000Z",
};

pub(super) async fn serve(address: &str) -> Result<(), Box<dyn Error>> {
    let router = Router::new().route("/", get(async || ())).route("/me", get(async || Json(ANA)));
    Ok(axum::serve(TcpListener::bind(address).await?, router).await?)
}
