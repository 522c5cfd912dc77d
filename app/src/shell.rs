use crate::app::App;
use crate::initial_state::{InitialState, SessionState};
use crate::site::{HeadTags, PASSKEY_SCRIPT, PasskeyWords, lean};
use leptos::hydration::{AutoReload, HydrationScripts};
use leptos::nonce::use_nonce;
use leptos::prelude::*;
use leptos_meta::MetaTags;
use std::sync::LazyLock;

/// The document around the app. The nonce of each script comes from the request's context, as does the one in the
/// Content-Security-Policy.
pub fn shell(options: LeptosOptions) -> impl IntoView {
    let settings = use_context::<InitialState>().unwrap_or_default().settings;
    let SessionState(session) = use_context().unwrap_or_default();
    let passkeys = settings.passkeys.then(|| view! { <PasskeyWords/> });
    view! {
        <!DOCTYPE html>
        <html lang=words::language().code() data-session=session>
            <head>
                <HeadTags options=options.clone() settings/>
                <AutoReload options=options.clone()/>
                {passkeys}
                <WasmLoader options/>
                <MetaTags/>
            </head>
            <body>
                <App/>
            </body>
        </html>
    }
}

/// The plain scripts, each for itself; the last one, `broken.js`, must come last, and `PASSKEY_SCRIPT` before them.
const SCRIPTS: &str = concat!(
    include_str!("scripts/load_wasm.js"),
    include_str!("scripts/password.js"),
    include_str!("scripts/menu.js"),
    include_str!("scripts/tabs.js"),
    include_str!("scripts/submit_once.js"),
    include_str!("scripts/mail_link.js"),
    include_str!("scripts/broken.js"),
);

/// The same without comments and indentation, which only we read.
fn lean_scripts() -> &'static str {
    static LEAN: LazyLock<String> = LazyLock::new(|| [PASSKEY_SCRIPT, SCRIPTS].map(lean).join("\n"));
    &LEAN
}

/// Loads the WebAssembly after the first paint and at low priority: every page works without it, and after it breaks.
///
/// Leptos' own tags wait in a template, where no browser looks for something to fetch; in the head they
/// would be fetched beside the stylesheet.
#[component]
fn WasmLoader(options: LeptosOptions) -> impl IntoView {
    view! {
        <template id="program">
            <HydrationScripts options defer=true/>
        </template>
        <script
            nonce=use_nonce()
            data-leave=words::script::leave()
            data-signed-in-as=words::script::signed_in_as().join("{}")
            data-signed-out=words::script::signed_out()
            data-not-saved=words::script::not_saved()
        >
            {lean_scripts()}
        </script>
    }
}
