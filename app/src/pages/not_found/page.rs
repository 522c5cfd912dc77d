use crate::settings::AppSettings;
use crate::site::Footer;
use crate::ui::{Heading, Mark};
use leptos::prelude::*;

/// Where there is no page.
#[component]
pub fn NotFoundPage() -> impl IntoView {
    let settings = use_context::<AppSettings>().unwrap_or_default();
    view! {
        <div class="message">
            <Mark/>
            <Heading title="Page not found"/>
            <p class="lead">"Check the address, or go to the home page."</p>
            <p>
                <a class="button button-quiet" href=settings.home().to_owned() rel=settings.home_rel()>
                    "Go to the home page"
                </a>
            </p>
            <Footer/>
        </div>
    }
}
