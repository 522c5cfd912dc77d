use super::state::FormState;
use crate::ui::dom::effect;
use crate::ui::dynamic::dynamic;
use crate::ui::icon::Warning;
use crate::ui::notice::{Notice, Tone};
use leptos::leptos_dom::helpers::IntervalHandle;
use leptos::prelude::*;
use leptos::web_sys::js_sys::Date;
use std::time::Duration;

/// What the form says as a whole, beside its button (`style/form.css`). Both regions are there from the start,
/// since a live region that appears together with its words is not read out everywhere. A page that comes with
/// the words is read out where the focus is.
#[component]
pub(crate) fn FormNotices(
    /// What helps after a refusal.
    #[prop(optional_no_strip)]
    help: Option<ViewFn>,
) -> impl IntoView {
    let form = FormState::from_context();
    let starts_with_error = form.has_form_error_untracked();
    let starts_with_success = form.is_success_untracked();
    let error = dynamic(move || {
        let help = help.clone();
        form.form_error().map(|words| match form.wait() {
            Some(seconds) => view! { <Countdown seconds help/> }.into_any(),
            None => {
                view! { <Notice tone=Tone::Error words>{help.map(|help| help.run())}</Notice> }.into_any()
            }
        })
    });
    let success = move || form.success().map(|words| view! { <Notice tone=Tone::Success words/> }.into_any());
    view! {
        <div class="notices" role="alert" tabindex="-1" autofocus=starts_with_error>
            {error}
        </div>
        <div class="notices" role="status" tabindex="-1" autofocus=starts_with_success>
            {dynamic(success)}
        </div>
    }
}

/// Too many tries: counts down to the next one, by the clock, since a tab in the background misses ticks. A timer
/// is not read out at every second.
#[component]
fn Countdown(seconds: u32, #[prop(optional_no_strip)] help: Option<ViewFn>) -> impl IntoView {
    let left = RwSignal::new(seconds);
    let ticking = StoredValue::new(None::<IntervalHandle>);
    let stop = move || _ = ticking.try_get_value().flatten().map(|tick| tick.clear());
    effect(move || {
        let end = Date::now() + 1000.0 * f64::from(seconds);
        let tick = move || {
            let now = Date::now();
            let rest = (0..seconds).find(|rest| now + 1000.0 * f64::from(*rest) >= end).unwrap_or(seconds);
            left.set(rest);
            if rest == 0 {
                stop();
            }
        };
        ticking.set_value(set_interval_with_handle(tick, Duration::from_secs(1)).ok());
    });
    on_cleanup(stop);
    let over = Memo::new(move |_| left.get() == 0);
    dynamic(move || {
        if over.get() {
            return view! { <Notice tone=Tone::Success words=words::form::try_now()/> }.into_any();
        }
        let [before, after] = words::detail::wait();
        view! {
            <p class="notice">
                <Warning/>
                <span>
                    {before} <span role="timer">{dynamic(move || words::in_words(left.get()))}</span> {after}
                    {help.as_ref().map(|help| (" ", help.run()))}
                </span>
            </p>
        }
        .into_any()
    })
}
