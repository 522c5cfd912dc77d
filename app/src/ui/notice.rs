use super::form::FormState;
use super::icon::{Tick, Warning};
use domain::{Problem, in_words};
use leptos::leptos_dom::helpers::IntervalHandle;
use leptos::prelude::*;
use leptos::web_sys::js_sys::Date;
use std::time::Duration;

/// Whether a notice reports a loss or a success.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Tone {
    /// It did not work.
    Bad,
    /// It worked.
    Good,
}

/// A sentence in a frame.
#[component]
pub fn Notice(
    /// How it is meant.
    tone: Tone,
    /// The words.
    #[prop(into)]
    words: String,
) -> impl IntoView {
    let (class, icon) = match tone {
        Tone::Bad => ("notice", Warning().into_any()),
        Tone::Good => ("notice notice-good", Tick().into_any()),
    };
    view! {
        <p class=class>
            {icon}
            <span>{words}</span>
        </p>
    }
}

/// What the form says as a whole, beside its button (`style/form.css`). Both regions are there from the start,
/// since a live region that appears together with its words is not read out everywhere. A page that comes with
/// the words is read out where the focus is.
#[component]
pub(crate) fn FormNotices() -> impl IntoView {
    let form = FormState::of_page();
    let starts_with_alarm = form.alarm_now().is_some();
    let starts_done = form.done_now();
    let alarm = move || {
        form.alarm().map(|words| match form.wait() {
            Some(seconds) => Wait(WaitProps { seconds }).into_any(),
            None => view! { <Notice tone=Tone::Bad words/> }.into_any(),
        })
    };
    view! {
        <div class="notices" role="alert" tabindex="-1" autofocus=starts_with_alarm>
            {alarm}
        </div>
        <div class="notices" role="status" tabindex="-1" autofocus=starts_done>
            {move || form.done().map(|words| view! { <Notice tone=Tone::Good words/> })}
        </div>
    }
}

/// Too many tries: counts down to the next one, by the clock, since a tab in the background misses ticks. A timer
/// is not read out at every second.
#[component]
fn Wait(seconds: u32) -> impl IntoView {
    let left = RwSignal::new(seconds);
    let ticking = StoredValue::new(None::<IntervalHandle>);
    let stop = move || _ = ticking.try_get_value().flatten().map(|tick| tick.clear());
    Effect::new(move || {
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
    move || {
        if over.get() {
            return view! { <Notice tone=Tone::Good words="You can try again now."/> }.into_any();
        }
        view! {
            <p class="notice">
                <Warning/>
                <span>
                    {Problem::TOO_MANY} " Try again in "
                    <span role="timer">{move || in_words(left.get())}</span> "."
                </span>
            </p>
        }
        .into_any()
    }
}
