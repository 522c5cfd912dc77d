use crate::pages::account::Unproven;
use crate::pages::security::{EmailSection, load_email};
use crate::site::MemberLayout;
use crate::ui::{Card, Fetch};
use domain::EmailView;
use leptos::prelude::*;

/// In place of a page whose viewer has to prove their address first.
#[component]
pub(crate) fn ProvePage() -> impl IntoView {
    view! {
        <MemberLayout heading=words::prove::heading() lead=words::prove::lead()>
            <Fetch from=load_email let:view>
                <Address view/>
            </Fetch>
            <p class="help">
                <a href="/account/leave">{words::leave::delete_title()}</a>
            </p>
        </MemberLayout>
    }
}

/// What was mailed, and the form for another address. Whoever proved theirs on another device loads the page anew.
#[component]
fn Address(view: EmailView) -> impl IntoView {
    let email = view.email.clone();
    let present = RwSignal::new(view);
    // The mail went to the address that waits, which the form below names.
    let another = move || present.with(|view| view.waiting.is_some());
    view! {
        <Card id="inbox" title=words::prove::title() purpose=words::prove::purpose()>
            <div hidden=another><Unproven email/></div>
            <p class="actions">
                <a class="button" href="/verify">{words::prove::code()}</a>
                <a class="button button-quiet" href="/account" rel="external">{words::prove::done()}</a>
            </p>
        </Card>
        <Card id="your-email" title=words::email::title() purpose=words::email::purpose()>
            <EmailSection present/>
        </Card>
    }
}
