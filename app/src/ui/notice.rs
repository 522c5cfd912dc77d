use super::form::FormState;
use super::icon::{Tick, Warning};
use domain::{Problem, in_words};
use leptos::prelude::*;
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

/// Too many tries: counts down to the next one. A timer is not read out at every second.
#[component]
fn Wait(seconds: u32) -> impl IntoView {
    let left = RwSignal::new(seconds);
    Effect::new(move || {
        let second = move || left.update(|left| *left = left.saturating_sub(1));
        if let Ok(tick) = set_interval_with_handle(second, Duration::from_secs(1)) {
            on_cleanup(move || tick.clear());
        }
    });
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
