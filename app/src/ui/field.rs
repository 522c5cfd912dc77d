use super::dynamic::dynamic;
use super::form::state::FormState;
use super::icon::Warning;
use super::text::escaped;
use leptos::prelude::*;

/// What a text field holds, as keyboards and password managers want to know it.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub enum InputKind {
    #[default]
    Text,
    Email,
    /// A username, or an email address.
    Login,
    /// The code of a mail.
    Code,
}

impl InputKind {
    fn input_type(self) -> &'static str {
        if self == Self::Email { "email" } else { "text" }
    }

    fn input_mode(self) -> Option<&'static str> {
        matches!(self, Self::Email | Self::Login).then_some("email")
    }

    /// The direction of a text follows its letters.
    fn dir(self) -> Option<&'static str> {
        (self == Self::Text).then_some("auto")
    }

    /// Account names must not be capitalised or corrected.
    fn autocapitalize(self) -> Option<&'static str> {
        match self {
            Self::Text => None,
            Self::Email | Self::Login => Some("none"),
            Self::Code => Some("characters"),
        }
    }

    fn spellcheck(self) -> Option<&'static str> {
        (self != Self::Text).then_some("false")
    }
}

/// `maxlength` counts UTF-16 units, our limits count code points of at most two: no pasted text that the
/// server takes is cut, and `parse` says of the rest that it is too long.
pub(crate) fn units(max: usize) -> String {
    (2 * max).to_string()
}

/// The ids that tie a field to its error, and to those of two other parts that are there.
pub(crate) fn described_by(
    name: &'static str,
    error: Memo<Option<String>>,
    others: [Option<&'static str>; 2],
) -> impl Fn() -> Option<String> + Clone + Send + Sync + 'static {
    move || {
        let error = error.with(Option::is_some).then_some("error");
        let parts = [error].into_iter().chain(others).flatten();
        let ids: Vec<_> = parts.map(|part| format!("{name}-{part}")).collect();
        (!ids.is_empty()).then(|| ids.join(" "))
    }
}

/// `aria-invalid` of a field.
pub(crate) fn invalid(
    error: Memo<Option<String>>,
) -> impl Fn() -> Option<&'static str> + Clone + Send + Sync + 'static {
    move || error.with(Option::is_some).then_some("true")
}

/// Why a field was refused, beside it.
#[component]
pub fn ErrorMessage(
    name: &'static str,
    error: Memo<Option<String>>,
    /// What to do if somebody else has the value.
    #[prop(optional_no_strip, into)]
    if_taken: Option<ViewFn>,
) -> impl IntoView {
    let form = FormState::from_context();
    dynamic(move || {
        let remedy = if_taken.as_ref().filter(|_| form.is_taken(name)).map(ViewFn::run);
        error.get().map(|words| {
            view! {
                <p class="field-error" id=format!("{name}-error")>
                    <Warning/>
                    <span>{words} {remedy.map(|remedy| (" ", remedy))}</span>
                </p>
            }
            .into_any()
        })
    })
}

/// One line of text.
///
/// `value` is an attribute, never a property: what was typed before the WebAssembly came stays.
#[component]
pub fn TextField(
    /// The domain's name of the field; it is posted as `form[name]`.
    name: &'static str,
    label: &'static str,
    #[prop(optional)] kind: InputKind,
    /// The token for password managers and autofill.
    autocomplete: &'static str,
    #[prop(optional_no_strip)] value: Option<String>,
    /// A short remark, such as "Optional".
    #[prop(optional, into)]
    note: String,
    #[prop(optional)] required: bool,
    max: usize,
    /// What helps where somebody else has it.
    #[prop(optional, into)]
    if_taken: Option<ViewFn>,
) -> impl IntoView {
    let form = FormState::from_context();
    let error = form.error(name);
    let stored = form.stored(name, value.as_ref());
    let others = [stored.is_some().then_some("stored"), (!note.is_empty()).then_some("note")];
    view! {
        <div class="field">
            <div class="field-head">
                <label for=name>{label}</label>
                <FieldNote name note/>
            </div>
            <input
                class="input"
                id=name
                name=format!("form[{name}]")
                type=kind.input_type()
                inputmode=kind.input_mode()
                autocapitalize=kind.autocapitalize()
                spellcheck=kind.spellcheck()
                dir=kind.dir()
                autocomplete=autocomplete
                maxlength=units(max)
                required=required
                autofocus=form.takes_focus(name)
                value=form.kept(name).or(value)
                aria-invalid=invalid(error)
                aria-describedby=described_by(name, error, others)
            />
            <Stored name stored/>
            <ErrorMessage name error if_taken/>
        </div>
    }
}

#[component]
fn FieldNote(name: &'static str, note: String) -> impl IntoView {
    (!note.is_empty())
        .then(|| view! { <span class="field-note" id=format!("{name}-note")>{note}</span> }.into_any())
}

/// What is stored now, beside a text that would replace it.
#[component]
fn Stored(name: &'static str, #[prop(optional_no_strip)] stored: Option<String>) -> impl IntoView {
    stored.map(|stored| {
        let words = if stored.is_empty() {
            words::form::empty_now().into_any()
        } else {
            let [before, after] = words::form::saved_now();
            view! { {before} <bdi>{stored}</bdi> {after} }.into_any()
        };
        view! { <p class="help field-stored" id=format!("{name}-stored")>{words}</p> }
    })
}

/// Several lines of text.
#[component]
pub fn TextAreaField(
    name: &'static str,
    label: &'static str,
    #[prop(optional_no_strip)] value: Option<String>,
    #[prop(optional, into)] note: String,
    max: usize,
) -> impl IntoView {
    let form = FormState::from_context();
    let error = form.error(name);
    let stored = form.stored(name, value.as_ref());
    let others = [stored.is_some().then_some("stored"), (!note.is_empty()).then_some("note")];
    let text = form.kept(name).or(value).unwrap_or_default();
    view! {
        <div class="field">
            <div class="field-head">
                <label for=name>{label}</label>
                <FieldNote name note/>
            </div>
            <textarea
                class="input"
                id=name
                name=format!("form[{name}]")
                rows="4"
                dir="auto"
                maxlength=units(max)
                autofocus=form.takes_focus(name)
                aria-invalid=invalid(error)
                aria-describedby=described_by(name, error, others)
                inner_html=escaped(&text)
            ></textarea>
            <Stored name stored/>
            <ErrorMessage name error/>
        </div>
    }
}

/// A box to tick; posted as "on".
#[component]
pub fn CheckboxField(name: &'static str, label: &'static str) -> impl IntoView {
    let ticked = FormState::from_context().kept(name).is_some_and(|text| !text.is_empty());
    view! {
        <div class="check">
            <input type="checkbox" id=name name=format!("form[{name}]") value="on" checked=ticked/>
            <label for=name>{label}</label>
        </div>
    }
}

/// A field that is posted and not shown.
#[component]
pub fn HiddenField(name: &'static str, value: String) -> impl IntoView {
    view! { <input type="hidden" name=format!("form[{name}]") value=value/> }
}

/// Text that is shown among the fields, and not posted.
#[component]
pub fn ReadOnlyField(
    label: &'static str,
    value: String,
    /// What is known of it.
    #[prop(optional_no_strip)]
    state: Option<&'static str>,
) -> impl IntoView {
    view! {
        <dl class="field read-only">
            <dt>{label}</dt>
            <dd dir="auto">{value}</dd>
            {state.map(|state| view! { <dd class="help">{state}</dd> }.into_any())}
        </dl>
    }
}
