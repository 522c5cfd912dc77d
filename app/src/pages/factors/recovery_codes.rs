use super::api::NewRecoveryCodes;
use crate::site::DocumentContext;
use crate::ui::{Card, PlainForm};
use domain::{FactorsView, RecoveryCodes};
use leptos::prelude::*;
use leptos::server_fn::ServerFn;

/// How many codes are left, the codes themselves where they were made just now, and the form for new ones.
pub(super) fn card(
    context: &DocumentContext,
    factors: &FactorsView,
    made: Option<&RecoveryCodes>,
) -> AnyView {
    let made = made.map(|codes| shown(codes, context));
    let left = if factors.recovery_codes_seen {
        words::recovery_codes::left(factors.recovery_codes_left.into())
    } else {
        words::recovery_codes::unseen().to_owned()
    };
    let form = PlainForm {
        class: "button button-quiet",
        ..PlainForm::new(&context.viewer.id, NewRecoveryCodes::PATH, words::recovery_codes::make())
    };
    let note = view! { <p class="help">{words::recovery_codes::make_note()}</p> }.into_any();
    view! {
        <Card
            id="recovery-codes"
            title=words::recovery_codes::title()
            purpose=words::recovery_codes::purpose()
        >
            {made}
            <p>{left}</p>
            {form.show(note)}
        </Card>
    }
    .into_any()
}

fn shown(codes: &RecoveryCodes, context: &DocumentContext) -> AnyView {
    let rows: Vec<_> = codes.recovery_codes.iter().map(|code| view! { <li>{code.clone()}</li> }).collect();
    let heading = words::recovery_codes::file(&context.viewer.email, &context.settings.name);
    let act = |act: &'static str, label: &'static str| {
        view! { <button type="button" class="button button-quiet" data-act=act>{label}</button> }.into_any()
    };
    view! {
        <div
            class="codes"
            data-codes=heading
            data-copied=words::recovery_codes::copied()
            data-selected=words::recovery_codes::selected()
        >
            <h3 id="codes">{words::recovery_codes::shown()}</h3>
            <p>{words::recovery_codes::keep()}</p>
            // Without its marks VoiceOver takes it for no list.
            <ol aria-labelledby="codes" role="list" translate="no">{rows}</ol>
            // A script shows the buttons, which it alone can obey.
            <p class="actions" hidden>
                {act("copy", words::recovery_codes::copy())}
                {act("download", words::recovery_codes::download())}
                {act("print", words::recovery_codes::print())}
            </p>
            <p class="help" role="status"></p>
        </div>
    }
    .into_any()
}
