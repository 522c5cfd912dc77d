use leptos::prelude::*;

/// One thing to do: its title, one line of purpose, the form.
#[component]
pub fn Card(
    /// The id that names the section.
    id: &'static str,
    title: &'static str,
    purpose: &'static str,
    children: Children,
) -> impl IntoView {
    view! {
        <section class="card" aria-labelledby=id>
            <div class="card-head">
                <h2 id=id>{title}</h2>
                <p>{purpose}</p>
            </div>
            <div class="card-body">{children()}</div>
        </section>
    }
}
