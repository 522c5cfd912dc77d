//! The form: validation while typing, one request at a time, errors beside their fields.
//!
//! Not Leptos' own `<ActionForm>`: that one shows whatever error the address bar carries (`?__err=`),
//! so a crafted link could put words into our mouth, and it sends again while the first answer is
//! still under way.

use super::dom;
use super::ledger::Ledger;
use super::notice::FormNotices;
use super::visit::Visit;
use crate::{AppError, AppSettings};
use domain::{Code, FieldError, Problem};
use leptos::context::Provider;
use leptos::ev::{FocusEvent, SubmitEvent};
use leptos::form::FromFormData;
use leptos::prelude::*;
use leptos::server_fn::ServerFn;
use leptos::task::spawn_local;
use leptos::web_sys::{Event, FormData, HtmlFormElement};
use std::pin::Pin;
use std::rc::Rc;
use std::time::Duration;
use wasm_bindgen::JsCast;

/// How a request is doing.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub enum Pace {
    /// None is under way.
    #[default]
    Idle,
    /// One is, for less than a blink.
    Working,
    /// One is, and it is time to say so.
    Slow,
}

/// What the fields and the button of a form share.
#[derive(Clone, Copy)]
pub struct FormState {
    ledger: RwSignal<Ledger>,
    values: StoredValue<Vec<(String, String)>>,
    pace: RwSignal<Pace>,
}

impl FormState {
    /// A form that has this to say and shows these values.
    pub fn new(ledger: Ledger, values: Vec<(String, String)>, pace: Pace) -> Self {
        Self { ledger: RwSignal::new(ledger), values: StoredValue::new(values), pace: RwSignal::new(pace) }
    }

    /// The form around this component.
    pub(crate) fn of_page() -> Self {
        use_context().unwrap_or_else(|| Self::new(Ledger::default(), Vec::new(), Pace::Idle))
    }

    fn of_function(path: &str, done: &'static str) -> Self {
        let flash = use_context::<Visit>().and_then(|visit| visit.flash_of(path)).unwrap_or_default();
        let ledger = match &flash.problem {
            Some(problem) => Ledger::after_refusal(problem),
            None if flash.function.is_empty() => Ledger::default(),
            None => Ledger::after_success(done),
        };
        Self::new(ledger, flash.values, Pace::Idle)
    }

    pub(crate) fn pace(self) -> Pace {
        self.pace.get()
    }

    /// Still under way after a while: the button says so.
    fn slow_down(self) {
        // By then the form may have left the page.
        if self.pace.try_get_untracked() == Some(Pace::Working) {
            self.pace.set(Pace::Slow);
        }
    }

    /// None is under way any more.
    fn rest(self) {
        _ = self.pace.try_set(Pace::Idle);
    }

    pub(crate) fn error(self, field: &'static str) -> Memo<Option<String>> {
        Memo::new(move |_| self.ledger.with(|ledger| ledger.error(field).map(str::to_owned)))
    }

    pub(crate) fn alarm(self) -> Option<String> {
        self.ledger.with(|ledger| ledger.alarm().map(str::to_owned))
    }

    pub(crate) fn wait(self) -> Option<u32> {
        self.ledger.with(Ledger::wait)
    }

    pub(crate) fn is_taken(self, field: &str) -> bool {
        self.ledger.with(|ledger| ledger.is_taken(field))
    }

    pub(crate) fn alarm_now(self) -> Option<String> {
        self.ledger.with_untracked(|ledger| ledger.alarm().map(str::to_owned))
    }

    pub(crate) fn done_now(self) -> bool {
        self.ledger.with_untracked(|ledger| ledger.done().is_some())
    }

    pub(crate) fn done(self) -> Option<&'static str> {
        self.ledger.with(Ledger::done)
    }

    pub(crate) fn opens_on(self, field: &str) -> bool {
        self.ledger.with_untracked(|ledger| ledger.is_first(field))
    }

    /// The text that a plain post kept for `field`.
    pub(crate) fn kept(self, field: &str) -> Option<String> {
        self.values
            .with_value(|values| values.iter().find(|(name, _)| name == field).map(|(_, text)| text.clone()))
    }
}

/// What stands in the field, once the program can read the page; until then what a plain post kept.
pub(crate) fn typed_in(field: &'static str) -> RwSignal<String> {
    let text = RwSignal::new(FormState::of_page().kept(field).unwrap_or_default());
    Effect::new(move || _ = dom::value_of(field).map(|typed| text.set(typed)));
    text
}

type Check = dyn Fn(&FormData, usize) -> Vec<FieldError>;
type Answer = Pin<Box<dyn Future<Output = Result<(), Problem>>>>;

/// What differs from form to form.
#[derive(Clone)]
struct Act {
    check: Rc<Check>,
    send: Rc<dyn Fn(&FormData) -> Answer>,
    done: &'static str,
    clears: bool,
    leaves: bool,
    by_document: bool,
}

/// A form over the server function `F`, the same with WebAssembly and without.
#[component]
pub fn Form<F, D>(
    /// What the fields are checked with while typing, given the shortest new password; the server calls the
    /// same.
    check: fn(&F, usize) -> Vec<FieldError>,
    /// What the answer changes on the page.
    on_done: D,
    /// Said when it worked.
    #[prop(optional)]
    done: &'static str,
    /// Empties the fields when it worked.
    #[prop(optional)]
    clears: bool,
    /// Success leads to another page, so the button stays busy until that one is there.
    #[prop(optional)]
    leaves: bool,
    /// Fields and button.
    children: Children,
) -> impl IntoView
where
    F: ServerFn<Error = AppError> + FromFormData + 'static,
    F::Output: 'static,
    D: Fn(F::Output) + Clone + 'static,
{
    let act = Act {
        check: Rc::new(move |data, min| {
            F::from_form_data(data).map_or_else(|_| Vec::new(), |call| check(&call, min))
        }),
        send: Rc::new(move |data| {
            let call = F::from_form_data(data);
            let on_done = on_done.clone();
            Box::pin(async move {
                let call = call.map_err(|_| Problem::new(Code::Unreadable))?;
                let output = call.run_on_client().await.map_err(|AppError(problem)| problem)?;
                on_done(output);
                Ok(())
            })
        }),
        done,
        clears,
        leaves,
        by_document: leaves && use_context::<Visit>().is_some_and(Visit::unsent),
    };
    frame(F::PATH, act, children)
}

/// The part of [`Form`] that is compiled once.
fn frame(path: &'static str, act: Act, children: Children) -> AnyView {
    let state = FormState::of_function(path, act.done);
    let min = use_context::<AppSettings>().unwrap_or_default().password_min;
    let check = act.check.clone();
    let on_input = move |event: Event| {
        if let (Some(field), Some(data)) =
            (dom::field_of(&event), form_of(&event).and_then(|f| dom::data_of(&f)))
        {
            let refused = check(&data, min);
            state.ledger.update(|ledger| ledger.typed(&field, refused));
        }
    };
    let on_leave = move |event: FocusEvent| {
        // An error that appears now moves the button away from under the pointer, and the click misses.
        if let Some(field) = dom::field_of(&event).filter(|_| !dom::goes_to_control(&event)) {
            state.ledger.update(|ledger| ledger.left(&field));
        }
    };
    let on_submit = move |event: SubmitEvent| {
        event.prevent_default();
        if let Some(form) = form_of(&event) {
            submit(state, &act, form, min);
        }
    };
    view! {
        <form
            class="form"
            action=path
            method="post"
            novalidate
            on:input=on_input
            on:focusout=on_leave
            on:submit=on_submit
        >
            <Provider value=state>
                {children()}
                <FormNotices/>
            </Provider>
        </form>
    }
    .into_any()
}

fn form_of(event: &Event) -> Option<HtmlFormElement> {
    event.current_target()?.dyn_into().ok()
}

fn submit(state: FormState, act: &Act, form: HtmlFormElement, min: usize) {
    if state.pace.get_untracked() != Pace::Idle {
        return;
    }
    let Some(data) = dom::data_of(&form) else { return };
    if !state.ledger.try_update(|ledger| ledger.may_send((act.check)(&data, min))).unwrap_or(false) {
        dom::focus_soon(&form, REFUSED);
        return;
    }
    state.pace.set(Pace::Working);
    set_timeout(move || state.slow_down(), Duration::from_millis(150));
    if act.by_document {
        _ = form.submit();
        // A post that is stopped, or a page that comes back from the browser's memory, can be sent again.
        set_timeout(move || state.rest(), Duration::from_secs(10));
        return;
    }
    let answer = (act.send)(&data);
    let act = act.clone();
    spawn_local(async move {
        let outcome = answer.await;
        if outcome.is_err() || !act.leaves {
            state.pace.set(Pace::Idle);
        }
        match outcome {
            Ok(()) => {
                if act.clears {
                    form.reset();
                }
                state.ledger.set(Ledger::after_success(act.done));
            }
            // The plain way over the sign-in page brings the text back; client routing would lose it.
            Err(problem) if problem.code == Code::SignInNeeded => _ = form.submit(),
            Err(problem) => {
                state.ledger.update(|ledger| ledger.refused(&problem));
                dom::focus_soon(&form, REFUSED);
            }
        }
    });
}

/// The first refused field, else the words beside the button.
const REFUSED: &[&str] = &["[aria-invalid=true]", "[role=alert]"];
