use super::arguments::{self, FormFields};
use super::errors::FormErrors;
use super::notices::FormNotices;
use super::request::{Post, post};
use super::state::{FormState, Progress, is_stale};
use crate::AppError;
use crate::error::Fault;
use crate::json::Json;
use crate::ui::dom;
use crate::ui::flash::Flash;
use crate::ui::page_context::PageContext;
use crate::ui::page_load::PageLoad;
use crate::value::Unreadable;
use domain::{Code, FieldError, FieldMessage};
use leptos::context::Provider;
use leptos::ev::{FocusEvent, SubmitEvent};
use leptos::prelude::*;
use leptos::server_fn::ServerFn;
use leptos::task::spawn_local;
use leptos::web_sys::{Event, FormData, HtmlFormElement};
use serde::de::DeserializeOwned;
use std::rc::Rc;
use std::time::Duration;
use wasm_bindgen::JsCast;

type Check = dyn Fn(FormFields, usize) -> Vec<FieldError>;
type Take = dyn Fn(&[u8]) -> Result<(), Unreadable>;

/// What differs from form to form.
#[derive(Clone)]
struct FormSpec {
    check: Rc<Check>,
    min: usize,
    post: Post,
    take: Rc<Take>,
    follow: Option<Callback<String>>,
    done: &'static str,
    clears: bool,
    leaves: bool,
    by_document: bool,
    load: Option<PageLoad>,
}

impl FormSpec {
    /// What the form's own check says of the fields as they are now.
    fn refused(&self, data: &FormData) -> Vec<FieldMessage> {
        let fields = FormFields::new(dom::pairs(data));
        (self.check)(fields, self.min).iter().map(words::form_message).collect()
    }
}

/// A form over the server function `F`, the same with WebAssembly and without.
#[component]
pub fn Form<F, D>(
    /// Checks the fields while somebody types, given the shortest new password; the server calls the same function.
    check: fn(&F, usize) -> Vec<FieldError>,
    /// What the answer changes on the page.
    on_done: D,
    /// Said when it worked.
    #[prop(optional)]
    done: &'static str,
    /// Empties the fields when it worked.
    #[prop(optional)]
    clears: bool,
    /// Success leads to another page, so the button stays busy until that page is shown.
    #[prop(optional)]
    leaves: bool,
    /// The version of the data that the form shows, as the server sent it last.
    #[prop(optional)]
    version: Option<RwSignal<String>>,
    /// What helps after a refusal that belongs to no field.
    #[prop(optional, into)]
    if_refused: Option<ViewFn>,
    children: Children,
) -> impl IntoView
where
    F: ServerFn<Error = AppError> + DeserializeOwned + 'static,
    F::Output: DeserializeOwned + 'static,
    D: Fn(F::Output) + 'static,
{
    let page = PageContext::from_context();
    let (follow, load) = (page.map(|page| page.follow), page.map(|page| page.load));
    let spec = FormSpec {
        check: Rc::new(move |fields, min| {
            arguments::read(fields).map_or_else(Vec::new, |call| check(&call, min))
        }),
        min: PageContext::password_min(),
        post: post::<F>(),
        take: Rc::new(move |answer| Json::read(answer).map(&on_done)),
        follow,
        done,
        clears,
        leaves,
        by_document: leaves && load.is_some_and(PageLoad::needs_document),
        load,
    };
    frame(F::PATH, spec, version, if_refused, children)
}

/// The part of [`Form`] that does not depend on the server function, so that it is compiled once.
fn frame(
    path: &'static str,
    spec: FormSpec,
    version: Option<RwSignal<String>>,
    if_refused: Option<ViewFn>,
    children: Children,
) -> AnyView {
    let flash = spec.load.and_then(|load| load.flash_of(path)).unwrap_or_default();
    if let Some(version) = version.filter(|_| !flash.version.is_empty()) {
        version.set(flash.version.clone());
    }
    let state = FormState::after(flash, spec.done);
    let checks = spec.clone();
    let on_input = move |event: Event| {
        if let (Some(field), Some(data)) =
            (dom::field_of(&event), form_of(&event).and_then(|f| dom::data_of(&f)))
        {
            let refused = checks.refused(&data);
            state.errors.update(|errors| errors.typed(&field, refused));
        }
    };
    let on_leave = move |event: FocusEvent| {
        // An error that appears now would move the button from under the pointer, and the click would miss.
        if let Some(field) = dom::field_of(&event).filter(|_| !dom::goes_to_control(&event)) {
            // A field also loses the focus when its page is left: its state may be gone by then.
            set_timeout(move || state.errors.update(|errors| errors.left(&field)), Duration::ZERO);
        }
    };
    let on_submit = move |event: SubmitEvent| {
        event.prevent_default();
        if let Some(form) = form_of(&event) {
            submit(path, state, &spec, form);
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
            <PreconditionFields version/>
            <Provider value=state>
                {children()}
                <FormNotices help=if_refused/>
            </Provider>
        </form>
    }
    .into_any()
}

/// What the server compares first. The account stays the one that the form was shown to, whoever signs in meanwhile.
/// Browsers must not restore older values of either field.
#[component]
fn PreconditionFields(#[prop(optional_no_strip)] version: Option<RwSignal<String>>) -> impl IntoView {
    let account = PageContext::from_context().and_then(|page| page.account.get_untracked());
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

fn submit(path: &'static str, state: FormState, spec: &FormSpec, form: HtmlFormElement) {
    if state.progress.get_untracked() != Progress::Idle {
        return;
    }
    let Some(data) = dom::data_of(&form) else { return };
    if !state.errors.try_update(|errors| errors.may_send(spec.refused(&data))).unwrap_or(false) {
        dom::focus_soon(&form, REFUSED);
        return;
    }
    state.progress.set(Progress::Working);
    set_timeout(move || state.slow_down(), Duration::from_millis(150));
    if spec.by_document {
        dom::send(&form);
        // A post that is stopped, or a page that comes back from the browser's memory, can be sent again.
        set_timeout(move || state.rest(), Duration::from_secs(10));
        return;
    }
    dom::tell(&form, "sending");
    let answer = (spec.post)(path, dom::encoded(&data), spec.follow);
    let spec = spec.clone();
    spawn_local(async move {
        let unreadable = |_| AppError::from(Fault::OutcomeUnknown);
        let outcome = answer.await.and_then(|answer| (spec.take)(&answer).map_err(unreadable));
        if outcome.is_err() || !spec.leaves {
            state.progress.set(Progress::Idle);
        }
        match outcome {
            Ok(()) => {
                if spec.clears {
                    form.reset();
                }
                dom::tell(&form, "saved");
                if let Some(load) = spec.load.filter(|_| spec.leaves) {
                    load.leave(done(path, &data));
                }
                state.errors.set(FormErrors::after_success(spec.done));
            }
            Err(AppError(problem)) if needs_page(problem.code) => dom::send(&form),
            Err(AppError(problem)) => {
                state.errors.update(|errors| errors.refused(&problem));
                dom::focus_soon(&form, REFUSED);
            }
        }
    });
}

/// Whether the page is outdated, or asks for too little. A plain post brings another one with the text in it, through
/// the sign-in page if needed.
fn needs_page(code: Code) -> bool {
    matches!(code, Code::SignInNeeded | Code::Reauthenticate) || is_stale(code)
}

/// What the next page may say of this form: the server's message after a plain post is the same.
fn done(path: &str, data: &FormData) -> Flash {
    let email = data.get("form[email]").as_string();
    let values = email.map(|email| ("email".to_owned(), email)).into_iter().collect();
    Flash { function: path.to_owned(), values, ..Flash::default() }
}

/// The first refused field, else the message beside the button.
const REFUSED: &[&str] = &["[aria-invalid=true]", "[role=alert]"];
