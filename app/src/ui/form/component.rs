//! The form: validation while typing, one request at a time, errors beside their fields.
//!
//! Not Leptos' own `<ActionForm>`: that one shows whatever error the address bar carries (`?__err=`),
//! so a crafted link could put words into our mouth, and it sends again while the first answer is
//! still under way.

use super::dom;
use super::fields;
use super::ledger::Ledger;
use super::notice::FormNotices;
use super::visit::Visit;
use crate::routes::is_page;
use crate::{AppError, AppSettings, Flash, Unsent};
use domain::{Code, FieldError, Problem};
use leptos::context::Provider;
use leptos::ev::{FocusEvent, SubmitEvent};
use leptos::prelude::*;
use leptos::server_fn::ServerFn;
use leptos::server_fn::client::Client;
use leptos::server_fn::codec::{JsonEncoding, PostUrl};
use leptos::server_fn::redirect::call_redirect_hook;
use leptos::server_fn::request::ClientReq;
use leptos::server_fn::response::ClientRes;
use leptos::server_fn::{Bytes, ContentType, Decodes};
use leptos::task::spawn_local;
use leptos::web_sys::{Event, FormData, HtmlFormElement};
use serde::de::DeserializeOwned;
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

/// Whose page this is, as a form says it to the server; nobody's forms act for nobody.
#[derive(Clone, Copy)]
pub struct ShownTo(pub Signal<Option<String>>);

/// What the fields and the button of a form share.
#[derive(Clone, Copy)]
pub struct FormState {
    ledger: RwSignal<Ledger>,
    values: StoredValue<Vec<(String, String)>>,
    pace: RwSignal<Pace>,
    compares: bool,
}

impl FormState {
    /// A form that has this to say and shows these values.
    pub fn new(ledger: Ledger, values: Vec<(String, String)>, pace: Pace) -> Self {
        Self {
            ledger: RwSignal::new(ledger),
            values: StoredValue::new(values),
            pace: RwSignal::new(pace),
            compares: false,
        }
    }

    /// The form around this component.
    pub(crate) fn of_page() -> Self {
        use_context().unwrap_or_else(|| Self::new(Ledger::default(), Vec::new(), Pace::Idle))
    }

    fn after(flash: Flash, done: &'static str) -> Self {
        let ledger = match &flash.problem {
            Some(problem) => Ledger::after_refusal(problem),
            None if flash.function.is_empty() => Ledger::default(),
            None => Ledger::after_success(done),
        };
        let compares = flash.problem.is_some_and(|problem| is_of_another_time(problem.code));
        Self { compares, ..Self::new(ledger, flash.values, Pace::Idle) }
    }

    /// Whether a text was typed here that is not saved.
    fn is_unsaved(self) -> bool {
        self.values.with_value(|values| !values.is_empty())
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

    /// What is stored now, where the text that was kept for `field` differs from it and would replace it unseen.
    pub(crate) fn stored(self, field: &str, stored: Option<&String>) -> Option<String> {
        let stored = stored.cloned().unwrap_or_default();
        self.kept(field).filter(|kept| self.compares && !is_same_text(kept, &stored)).map(|_| stored)
    }
}

/// Browsers post a new line as CRLF; it is stored as LF, and without the blanks around the text.
fn is_same_text(typed: &str, stored: &str) -> bool {
    typed.replace("\r\n", "\n").trim() == stored.trim()
}

/// Whether a form was refused because it was not shown to this account, or not lately.
fn is_of_another_time(code: Code) -> bool {
    matches!(code, Code::OtherAccount | Code::ChangedMeanwhile)
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
    /// The version of what it shows and changes, as the server told it last.
    #[prop(optional)]
    version: Option<RwSignal<String>>,
    /// Fields and button.
    children: Children,
) -> impl IntoView
where
    F: ServerFn<Error = AppError> + DeserializeOwned + 'static,
    F::Output: DeserializeOwned + 'static,
    D: Fn(F::Output) + Clone + 'static,
{
    let act = Act {
        check: Rc::new(move |data, min| {
            fields::read(dom::pairs(data)).map_or_else(Vec::new, |call| check(&call, min))
        }),
        send: Rc::new(move |data| {
            let body = dom::encoded(data);
            let on_done = on_done.clone();
            Box::pin(async move {
                on_done(post::<F>(body).await.map_err(|AppError(problem)| problem)?);
                Ok(())
            })
        }),
        done,
        clears,
        leaves,
        by_document: leaves && use_context::<Visit>().is_some_and(|visit| visit.unsent() != Unsent::Nothing),
    };
    frame(F::PATH, act, version, children)
}

/// Sends a form as it stands: with what its function does not know, for whom and for which version it was made.
async fn post<F>(body: String) -> Result<F::Output, AppError>
where
    F: ServerFn<Error = AppError>,
    F::Output: DeserializeOwned,
{
    let answer = fetch::<F::Client, F::InputStreamError, F::OutputStreamError>(F::PATH, body).await?;
    JsonEncoding::decode(answer).map_err(|_| Code::OutcomeUnknown.into())
}

/// The part of [`post`] that is compiled once. Every form changes something: once it was sent, only an answer of
/// ours says whether it did.
async fn fetch<C, I, O>(path: &str, body: String) -> Result<Bytes, AppError>
where
    C: Client<AppError, I, O>,
{
    let request = ClientReq::try_new_post(path, PostUrl::CONTENT_TYPE, JsonEncoding::CONTENT_TYPE, body)?;
    let unknown = |_| AppError::from(Code::OutcomeUnknown);
    let answer = C::send(request).await.map_err(unknown)?;
    let (status, onward) = (answer.status(), answer.has_redirect().then(|| answer.location()));
    let content = answer.try_into_bytes().await.map_err(unknown)?;
    if status >= 400 {
        return Err(AppError::after_sending(content));
    }
    if let Some(onward) = onward {
        // Another program may stand behind the same address: the router knows our pages only.
        if is_page(&onward) {
            call_redirect_hook(&onward);
        } else {
            _ = window().location().assign(&onward);
        }
    }
    Ok(content)
}

/// The part of [`Form`] that is compiled once.
fn frame(path: &'static str, act: Act, version: Option<RwSignal<String>>, children: Children) -> AnyView {
    let flash = use_context::<Visit>().and_then(|visit| visit.flash_of(path)).unwrap_or_default();
    if let Some(version) = version.filter(|_| !flash.version.is_empty()) {
        version.set(flash.version.clone());
    }
    let state = FormState::after(flash, act.done);
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
            // A field loses the focus as well when its page goes: by then nothing may be told to what it held.
            set_timeout(move || state.ledger.update(|ledger| ledger.left(&field)), Duration::ZERO);
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
            data-unsaved=state.is_unsaved().then_some("")
            on:input=on_input
            on:focusout=on_leave
            on:submit=on_submit
        >
            <MadeFor version/>
            <Provider value=state>
                {children()}
                <FormNotices/>
            </Provider>
        </form>
    }
    .into_any()
}

/// What the server compares before it does anything. The account stays the one that the form was shown to,
/// whoever signs in meanwhile; nothing but us changes either, so browsers must not bring back older ones.
#[component]
fn MadeFor(#[prop(optional_no_strip)] version: Option<RwSignal<String>>) -> impl IntoView {
    let account = use_context::<ShownTo>().and_then(|ShownTo(account)| account.get_untracked());
    account.map(|account| {
        view! {
            <input type="hidden" name="account" value=account autocomplete="off"/>
            {version.map(|version| {
                view! { <input type="hidden" name="version" value=move || version.get() autocomplete="off"/> }
            })}
        }
    })
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
        dom::send(&form);
        // A post that is stopped, or a page that comes back from the browser's memory, can be sent again.
        set_timeout(move || state.rest(), Duration::from_secs(10));
        return;
    }
    dom::tell(&form, "sending");
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
                dom::tell(&form, "saved");
                state.ledger.set(Ledger::after_success(act.done));
            }
            // What the page shows is not true any more. The plain way brings a true one with the text in it, over
            // the sign-in page if need be.
            Err(problem) if problem.code == Code::SignInNeeded || is_of_another_time(problem.code) => {
                dom::send(&form);
            }
            Err(problem) => {
                state.ledger.update(|ledger| ledger.refused(&problem));
                dom::focus_soon(&form, REFUSED);
            }
        }
    });
}

/// The first refused field, else the words beside the button.
const REFUSED: &[&str] = &["[aria-invalid=true]", "[role=alert]"];

#[cfg(test)]
mod tests {
    use super::is_same_text;

    #[test]
    fn a_text_is_the_same_however_its_lines_end() {
        assert!(is_same_text("One.\r\nTwo.\r\n", "One.\nTwo."));
        assert!(is_same_text(" \r\n", ""));
        assert!(!is_same_text("One.\r\nTwo.", "One. Two."));
    }
}
