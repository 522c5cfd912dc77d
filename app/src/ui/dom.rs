//! The few calls to the browser that forms need; all of them are made in event handlers and effects.

use leptos::prelude::*;
use leptos::web_sys::js_sys::Array;
use leptos::web_sys::{
    Element, Event, EventTarget, FormData, HtmlElement, HtmlFormElement, HtmlInputElement, Node,
    UrlSearchParams,
};
use wasm_bindgen::JsCast;

/// The domain's name of the field that an event comes from: `form[email]` is `email`.
pub(crate) fn field_of(event: &leptos::web_sys::Event) -> Option<String> {
    let element: Element = event.target()?.dyn_into().ok()?;
    domain_name(&element.get_attribute("name")?).map(str::to_owned)
}

/// The domain's name of a field: `form[email]` is `email`.
pub(crate) fn domain_name(name: &str) -> Option<&str> {
    name.strip_prefix("form[")?.strip_suffix(']')
}

/// What the form holds now. Read from the document, since text may be older than the WebAssembly.
pub(crate) fn data_of(form: &HtmlFormElement) -> Option<FormData> {
    FormData::new_with_form(form).ok()
}

/// The value of the input with this id.
pub(crate) fn value_of(id: &str) -> Option<String> {
    Some(document().get_element_by_id(id)?.dyn_into::<HtmlInputElement>().ok()?.value())
}

/// The fields of a form; a file is left out.
pub(crate) fn pairs(data: &FormData) -> impl Iterator<Item = (String, String)> {
    data.entries().into_iter().filter_map(|entry| {
        let entry = Array::from(&entry.ok()?);
        Some((entry.get(0).as_string()?, entry.get(1).as_string()?))
    })
}

/// What a form holds, as it is sent.
pub(crate) fn encoded(data: &FormData) -> String {
    let pairs = UrlSearchParams::new_with_str_sequence_sequence(data);
    pairs.map(|pairs| String::from(pairs.to_string())).unwrap_or_default()
}

/// Sends a form without this program; the page is left.
pub(crate) fn send(form: &HtmlFormElement) {
    tell(form, "sent");
    _ = form.submit();
}

/// Runs `effect` in the browser, now and whenever a signal that it reads changes. `Effect::new` would be compiled once
/// for each of its callers.
pub(crate) fn effect(effect: impl FnMut() + 'static) {
    run(Box::new(effect));
}

fn run(effect: Box<dyn FnMut()>) {
    Effect::new(effect);
}

/// Tells the scripts of the document.
pub(crate) fn tell(of: &EventTarget, what: &str) {
    if let Ok(event) = Event::new(what) {
        _ = of.dispatch_event(&event);
    }
}

/// Moves the focus, once the page shows what the last change of state did.
pub(crate) fn focus_soon(within: &Element, selectors: &'static [&'static str]) {
    let within = within.clone();
    request_animation_frame(move || {
        let found = selectors.iter().find_map(|selector| within.query_selector(selector).ok().flatten());
        if let Some(element) = found.and_then(|element| element.dyn_into::<HtmlElement>().ok()) {
            _ = element.focus();
        }
    });
}

/// Whether the focus is moving to something that can be pressed.
pub(crate) fn goes_to_control(event: &leptos::web_sys::FocusEvent) -> bool {
    event
        .related_target()
        .and_then(|target| target.dyn_into::<Node>().ok())
        .is_some_and(|node| matches!(node.node_name().as_str(), "BUTTON" | "A"))
}
