use super::api::{AskConfirmationCode, Confirm, ConfirmByCode, ConfirmByFactor};
use crate::forms::CONFIRM;
use crate::site::{
    CodeStep, DocumentContext, DocumentLayout, FactorCodeField, MailCodeField, PASSKEY_SCRIPT, PasskeyForm,
    ReturnPath, asked_for, member_document, other_factors,
};
use crate::ui::{Card, Flash, HiddenField, Notice, PasswordField, PlainForm, Tone, outcome};
use domain::{ConfirmView, FactorMethod, PasskeyPurpose};
use leptos::prelude::*;
use leptos::server_fn::ServerFn;
use leptos_router::location::Url;

/// What this page takes beside the scripts that each document has.
const SCRIPTS: &str = include_str!("../../scripts/password.js");

/// Asks again who it is, in each way that the account has.
#[must_use]
pub fn confirm_document(context: DocumentContext, ways: ConfirmView) -> String {
    let passkeys = ways.methods.contains(&FactorMethod::Passkey);
    let layout = DocumentLayout {
        first_scripts: if passkeys { PASSKEY_SCRIPT } else { "" },
        scripts: SCRIPTS,
        ..DocumentLayout::new(words::confirm::title(), words::confirm::lead())
    };
    member_document(context, layout, move |context| page(context, &ways))
}

/// One card for each way; the code alone once it is on its way.
fn page(context: &DocumentContext, ways: &ConfirmView) -> AnyView {
    let path = ReturnPath::new(&context.query);
    let (password, code) = (Some(Confirm::PATH), Some(AskConfirmationCode::PATH));
    let (drawn, cards) = match step(context) {
        _ if !ways.methods.is_empty() => {
            ([Some(ConfirmByFactor::PATH), None], by_factor(context, &ways.methods, &path))
        }
        CodeStep::Enter { asked } if ways.code => {
            ([Some(ConfirmByCode::PATH), None], enter_code(context, ways, &path, asked))
        }
        _ if ways.password || ways.code => {
            let cards = view! {
                {ways.password.then(|| by_password(context, ways, &path))}
                {ways.code.then(|| by_code(context, ways, &path))}
            };
            ([password.filter(|_| ways.password), code.filter(|_| ways.code)], cards.into_any())
        }
        _ if ways.second_factor => ([None, None], no_factor()),
        _ => ([None, None], no_way(context)),
    };
    view! { {refused_elsewhere(&context.flash, drawn)} {cards} }.into_any()
}

/// Why a form was refused whose card is not there: the account's ways are others than when its page was opened.
fn refused_elsewhere(flash: &Flash, drawn: [Option<&str>; 2]) -> AnyView {
    let forms = [Confirm::PATH, AskConfirmationCode::PATH, ConfirmByCode::PATH, ConfirmByFactor::PATH];
    let undrawn: Vec<_> = forms.into_iter().filter(|form| !drawn.contains(&Some(*form))).collect();
    let said = flash.problem.is_some().then(|| outcome(flash, &undrawn, |_| ""));
    said.into_any()
}

fn step(context: &DocumentContext) -> CodeStep {
    let asked = context.flash.of(AskConfirmationCode::PATH);
    let entered = context.flash.of(ConfirmByCode::PATH).is_some();
    CodeStep::first(asked, entered, ReturnPath::is_second_step(&context.query))
}

/// The second factor shows more than a password does.
fn by_factor(context: &DocumentContext, methods: &[FactorMethod], path: &ReturnPath) -> AnyView {
    let sent = context.flash.of(ConfirmByFactor::PATH).and_then(|flash| flash.value("method"));
    let method = asked_for(methods, sent, &context.query);
    let is_passkey = method == FactorMethod::Passkey;
    let label = if is_passkey { words::confirm::use_passkey() } else { words::confirm::submit() };
    let form = PlainForm::new(&context.viewer.id, ConfirmByFactor::PATH, label);
    let others = other_factors(&path.link(CONFIRM, Url::escape), methods, method);
    let next = path.next.clone();
    let next = move || view! { <HiddenField name="next" value=next/> }.into_any();
    let form = if is_passkey {
        let named = || view! { <HiddenField name="method" value=FactorMethod::Passkey.as_str().to_owned()/> };
        let form = PasskeyForm {
            form,
            purpose: PasskeyPurpose::Confirm,
            answer: "code",
            otherwise: words::factor_code::no_passkey(),
        };
        form.show(move || view! { {named()} {next()} }.into_any(), others)
    } else {
        let code = move || view! { <FactorCodeField method named=true/> {next()} }.into_any();
        form.show_with_refusal(code, others)
    };
    let purpose =
        if is_passkey { words::confirm::passkey_purpose() } else { words::confirm::factor_purpose() };
    view! {
        <Card id="by-factor" title=words::confirm::factor() purpose>
            {form}
        </Card>
    }
    .into_any()
}

fn by_password(context: &DocumentContext, ways: &ConfirmView, path: &ReturnPath) -> AnyView {
    let (email, next) = (ways.email.clone(), path.next.clone());
    let form = PlainForm::new(&context.viewer.id, Confirm::PATH, words::confirm::submit());
    // Who has forgotten it may still be mailed a code.
    let forgot = (context.settings.mail && !ways.code).then(|| help("/forgot", words::login::forgot()));
    let fields = move || {
        view! {
            // For password managers: whose password this is. Without a name, so it is not posted.
            <input
                class="visually-hidden"
                type="text"
                autocomplete="username"
                value=email
                readonly
                tabindex="-1"
                aria-hidden="true"
            />
            <PasswordField name="current_password" label=words::confirm::password()/>
            <HiddenField name="next" value=next/>
        }
        .into_any()
    };
    view! {
        <Card id="confirm" title=words::confirm::password() purpose=words::confirm::purpose()>
            {form.show_with_refusal(fields, forgot.into_any())}
        </Card>
    }
    .into_any()
}

fn by_code(context: &DocumentContext, ways: &ConfirmView, path: &ReturnPath) -> AnyView {
    let next = path.next.clone();
    let form = PlainForm {
        class: if ways.password { "button button-quiet" } else { "button" },
        ..PlainForm::new(&context.viewer.id, AskConfirmationCode::PATH, words::login_code::ask())
    };
    let have_code = help(path.second_step("/confirm", Url::escape), words::login_code::have_code());
    let fields = move || view! { <HiddenField name="next" value=next/> }.into_any();
    code_card(ways, form.show_with_refusal(fields, have_code))
}

fn enter_code(context: &DocumentContext, ways: &ConfirmView, path: &ReturnPath, asked: bool) -> AnyView {
    let next = path.next.clone();
    let form = PlainForm::new(&context.viewer.id, ConfirmByCode::PATH, words::confirm::submit());
    let other = if ways.password { words::confirm::other_way() } else { words::login_code::ask_again() };
    let back = help(path.link("/confirm", Url::escape), other);
    let fields = move || view! { <MailCodeField/> <HiddenField name="next" value=next/> }.into_any();
    let form = form.show_with_refusal(fields, back);
    let asked = asked.then(|| view! { <Notice tone=Tone::Success words=words::confirm::asked()/> });
    code_card(ways, view! { {asked} {form} }.into_any())
}

fn code_card(ways: &ConfirmView, content: AnyView) -> AnyView {
    let [before, after] = words::confirm::code_goes_to();
    let email = ways.email.clone();
    view! {
        <Card id="by-code" title=words::confirm::code() purpose=words::confirm::code_purpose()>
            <p>{before} <bdi>{email}</bdi> {after}</p>
            {content}
        </Card>
    }
    .into_any()
}

/// An account with neither: it needs a password first.
fn no_way(context: &DocumentContext) -> AnyView {
    let how = if context.settings.mail {
        let [before, after] = words::confirm::choose_password();
        view! { <p>{before} <a href="/forgot">{words::confirm::choose_password_link()}</a> {after}</p> }
            .into_any()
    } else {
        view! { <p>{words::confirm::ask_for_link()}</p> }.into_any()
    };
    view! {
        <Card id="no-way" title=words::confirm::no_way() purpose=words::confirm::no_way_purpose()>
            {how}
        </Card>
    }
    .into_any()
}

/// The key of the only one has gone.
fn no_factor() -> AnyView {
    view! {
        <Card id="no-factor" title=words::confirm::factor() purpose=words::confirm::factor_purpose()>
            <p>{words::factors::unreadable()}</p>
        </Card>
    }
    .into_any()
}

/// Another way, below the button.
fn help(to: impl Into<String>, label: &'static str) -> AnyView {
    view! { <p class="help"><a href=to.into()>{label}</a></p> }.into_any()
}
