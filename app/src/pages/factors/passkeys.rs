use super::api::{AddPasskey, RemovePasskey, RenamePasskey};
use crate::site::{DocumentContext, PasskeyForm};
use crate::ui::{Card, InputKind, PlainForm, TextField, hidden, units};
use domain::{FactorsView, PASSKEY_NAME_MAX, PasskeyPurpose, PasskeyView, Timestamp};
use leptos::prelude::*;
use leptos::server_fn::ServerFn;

/// The passkeys that there are, and the form for another one.
pub(super) fn card(context: &DocumentContext, factors: &FactorsView) -> AnyView {
    let rows: Vec<_> = factors.passkeys.iter().map(|passkey| row(context, factors, passkey)).collect();
    let list = if rows.is_empty() {
        view! { <p>{words::passkeys::none()}</p> }.into_any()
    } else {
        view! { <ul class="rows">{rows}</ul> }.into_any()
    };
    let add = if factors.passkeys_available {
        add(context)
    } else {
        view! { <p class="help">{words::detail::passkeys_off()}</p> }.into_any()
    };
    view! {
        <Card id="passkeys" title=words::passkeys::title() purpose=words::passkeys::purpose()>
            {list}
            {add}
        </Card>
    }
    .into_any()
}

/// The script asks the browser to make one, and sends what comes of it.
fn add(context: &DocumentContext) -> AnyView {
    let form = PasskeyForm {
        form: PlainForm::new(&context.viewer.id, AddPasskey::PATH, words::passkeys::add()),
        purpose: PasskeyPurpose::Add,
        answer: "passkey",
        otherwise: words::passkeys::no_scripts(),
    };
    let name = words::passkeys::default_name(&words::day(&context.now));
    let field = move || {
        view! {
            <TextField
                name="name"
                label=words::passkeys::name()
                kind=InputKind::Text
                autocomplete="off"
                required=true
                value=Some(name)
                max=PASSKEY_NAME_MAX
            />
        }
        .into_any()
    };
    form.show(field, ().into_any())
}

fn row(context: &DocumentContext, factors: &FactorsView, passkey: &PasskeyView) -> AnyView {
    let PasskeyView { name, added_at, last_used_at, backed_up, .. } = passkey;
    let time = |at: &Timestamp, said: String| {
        view! { <time datetime=at.0.clone() title=words::exact(at)>{said}</time> }.into_any()
    };
    let ago = |at: &Timestamp| words::ago(at, &context.now);
    let added = time(added_at, words::passkeys::added(&ago(added_at)));
    let used = match last_used_at {
        Some(at) => time(at, words::passkeys::last_used(&ago(at))),
        None => words::passkeys::unused().into_any(),
    };
    let copies = if *backed_up { words::passkeys::backed_up() } else { words::passkeys::one_device() };
    view! {
        <li class="row">
            <div class="row-text">
                <p class="row-title" dir="auto">{name.clone()}</p>
                <p class="row-facts">{added} " · " {used} " · " {copies}</p>
            </div>
            <details class="row-acts">
                <summary aria-label=words::passkeys::change_about(name)>{words::passkeys::change()}</summary>
                {rename(context, passkey)}
                {remove(context, factors, passkey)}
            </details>
        </li>
    }
    .into_any()
}

fn rename(context: &DocumentContext, PasskeyView { id, name, .. }: &PasskeyView) -> AnyView {
    let form = PlainForm {
        class: "button button-quiet",
        about: Some(words::passkeys::rename_about(name)),
        ..PlainForm::new(&context.viewer.id, RenamePasskey::PATH, words::passkeys::rename())
    };
    let field = format!("name-{id}");
    form.show(
        view! {
            {hidden("form[id]", id)}
            <div class="field">
                <div class="field-head">
                    <label for=field.clone()>{words::passkeys::name()}</label>
                </div>
                <input
                    class="input"
                    id=field
                    name="form[name]"
                    type="text"
                    dir="auto"
                    autocomplete="off"
                    required
                    maxlength=units(PASSKEY_NAME_MAX)
                    value=name.clone()
                />
            </div>
        }
        .into_any(),
    )
}

fn remove(
    context: &DocumentContext,
    factors: &FactorsView,
    PasskeyView { id, name, .. }: &PasskeyView,
) -> AnyView {
    let is_last = factors.totp.is_none() && factors.passkeys.len() == 1;
    if is_last && factors.required {
        return view! { <p class="help">{words::passkeys::last_is_required()}</p> }.into_any();
    }
    let form = PlainForm {
        class: "button button-danger",
        about: Some(words::passkeys::remove_about(name)),
        ..PlainForm::new(&context.viewer.id, RemovePasskey::PATH, words::passkeys::remove())
    };
    let last = is_last.then(|| view! { <p class="help">{words::passkeys::remove_last_note()}</p> });
    let note = view! { <p class="help">{words::passkeys::remove_note()}</p> {last} };
    form.show(view! { {hidden("form[id]", id)} {note} }.into_any())
}
