use crate::settings::AppSettings;
use crate::site::Footer;
use crate::ui::{Heading, Mark};
use leptos::prelude::*;

/// Where there is no page.
#[component]
pub fn NotFoundPage() -> impl IntoView {
    let settings = AppSettings::from_context();
    view! {
        <div class="message">
            <Mark/>
            <Heading title=words::not_found::title()/>
            <p class="lead">{words::not_found::lead()}</p>
            <p>
                <a class="button button-quiet" href=settings.home().to_owned() rel=settings.home_rel()>
                    {words::failure::home()}
                </a>
            </p>
            <Footer/>
        </div>
    }
}
