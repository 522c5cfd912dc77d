use leptos::prelude::*;

/// A part of a page that is painted again whenever a signal that it reads changes. A closure would do the same, but
/// what Leptos does around it would be compiled once for each type of closure and of view: 1 kB of a visitor's download.
pub(crate) fn dynamic<V: IntoAny>(view: impl Fn() -> V + Send + 'static) -> AnyView {
    let view: Box<dyn FnMut() -> AnyView + Send> = Box::new(move || view().into_any());
    view.into_any()
}
