//! The browser's entry: hydrates the app, nothing else.
#![cfg(target_arch = "wasm32")]

use leptos::prelude::window;
use leptos::web_sys::Event;
use wasm_bindgen::prelude::wasm_bindgen;

/// Called by the document's script once the WebAssembly is there.
#[wasm_bindgen]
pub fn hydrate() {
    std::panic::set_hook(Box::new(|_| tell("program-broke")));
    tell("program-starts");
    leptos::mount::hydrate_body(app::App);
}

/// app/src/scripts/broken.js listens to this, and takes the document away from a broken program.
fn tell(event: &str) {
    if let Ok(event) = Event::new(event) {
        _ = window().dispatch_event(&event);
    }
}
