//! A minimal Leptos page: the form of a sign-in as `cargo leptos new` would have it, and nothing around it.

use axum::Router;
use leptos::hydration::HydrationScripts;
use leptos::prelude::*;
use leptos_axum::{LeptosRoutes, generate_route_list};
use leptos_meta::{MetaTags, Stylesheet, Title, provide_meta_context};
use leptos_router::StaticSegment;
use leptos_router::components::{Route, Router as Pages, Routes};
use std::error::Error;
use tokio::net::TcpListener;

pub(super) async fn serve(address: &str) -> Result<(), Box<dyn Error>> {
    let options = LeptosOptions::builder().output_name("peer").build();
    let shown = options.clone();
    let router = Router::new()
        .leptos_routes(&options, generate_route_list(App), move || shell(shown.clone()))
        .with_state(options);
    Ok(axum::serve(TcpListener::bind(address).await?, router).await?)
}

fn shell(options: LeptosOptions) -> impl IntoView {
    view! {
        <!DOCTYPE html>
        <html lang="en">
            <head>
                <meta charset="utf-8"/>
                <meta name="viewport" content="width=device-width, initial-scale=1"/>
                <HydrationScripts options/>
                <MetaTags/>
            </head>
            <body>
                <App/>
            </body>
        </html>
    }
}

#[component]
fn App() -> impl IntoView {
    provide_meta_context();
    view! {
        <Stylesheet id="leptos" href="/pkg/peer.css"/>
        <Title text="Sign in"/>
        <Pages>
            <main>
                <Routes fallback=|| "Not found">
                    <Route path=StaticSegment("") view=SignIn/>
                </Routes>
            </main>
        </Pages>
    }
}

#[component]
fn SignIn() -> impl IntoView {
    view! {
        <h1>"Sign in"</h1>
        <form method="post" action="/fn/login">
            <label for="identifier">"Email or username"</label>
            <input id="identifier" name="identifier" autocomplete="username" required/>
            <label for="password">"Password"</label>
            <input id="password" name="password" type="password" autocomplete="current-password" required/>
            <label>
                <input type="checkbox" name="remember" value="true"/>
                "Keep me signed in"
            </label>
            <button type="submit">"Sign in"</button>
        </form>
        <a href="/forgot">"Forgot your password?"</a>
    }
}
