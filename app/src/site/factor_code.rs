use crate::ui::{ErrorMessage, FormState, HiddenField, units};
use domain::FactorMethod;
use leptos::prelude::*;

/// Which second factor a page asks for: the one that its form was sent with last, else the one that the address names,
/// else the first that there is.
pub(crate) fn asked_for(methods: &[FactorMethod], sent: Option<&str>, query: &str) -> FactorMethod {
    let known = |word: &str| methods.iter().copied().find(|method| method.as_str() == word);
    let named = query.split('&').find_map(|pair| pair.strip_prefix("method="));
    let found = sent.and_then(known).or_else(|| named.and_then(known));
    found.or(methods.first().copied()).unwrap_or(FactorMethod::Totp)
}

/// The ways to a page's other second factors, below the button. `page` is its address.
pub(crate) fn other_factors(page: &str, methods: &[FactorMethod], shown: FactorMethod) -> AnyView {
    let sign = if page.contains('?') { '&' } else { '?' };
    let others = methods.iter().filter(|method| **method != shown).map(|method| {
        let label = match method {
            FactorMethod::Passkey => words::factor_code::by_passkey(),
            FactorMethod::Totp => words::factor_code::by_app(),
            FactorMethod::RecoveryCode => words::factor_code::by_recovery_code(),
        };
        let to = format!("{page}{sign}method={}", method.as_str());
        view! { <p class="help"><a href=to>{label}</a></p> }
    });
    others.collect_view().into_any()
}

/// A code of a second factor. What was typed is not shown again: it is of no use any more.
#[component]
pub(crate) fn FactorCodeField(
    method: FactorMethod,
    /// Whether the form says which method it is.
    #[prop(optional)]
    named: bool,
    /// Whether the page opens with the focus here.
    #[prop(optional)]
    focus: bool,
) -> impl IntoView {
    const NAME: &str = "code";
    let error = FormState::from_context().error(NAME);
    let refused = error.with_untracked(Option::is_some);
    let is_app = method == FactorMethod::Totp;
    let (label, note) = match method {
        FactorMethod::Passkey => (words::factor_code::passkey(), words::factor_code::passkey_note()),
        FactorMethod::Totp => (words::factor_code::app(), words::factor_code::app_note()),
        FactorMethod::RecoveryCode => (words::factor_code::recovery(), words::factor_code::recovery_note()),
    };
    view! {
        {named.then(|| view! { <HiddenField name="method" value=method.as_str().to_owned()/> }.into_any())}
        <div class="field">
            <div class="field-head">
                <label for=NAME>{label}</label>
                <span class="field-note" id="code-note">{note}</span>
            </div>
            <input
                class="input"
                id=NAME
                name="form[code]"
                type="text"
                // Phones show their keys for digits, and offer what an app or a manager has for this site.
                inputmode=is_app.then_some("numeric")
                autocapitalize=if is_app { "none" } else { "characters" }
                autocomplete=if is_app { "one-time-code" } else { "off" }
                spellcheck="false"
                maxlength=units(if is_app { 8 } else { 20 })
                required
                autofocus=focus || refused
                aria-invalid=refused.then_some("true")
                aria-describedby=if refused { "code-error code-note" } else { "code-note" }
            />
            <ErrorMessage name=NAME error/>
        </div>
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_page_asks_for_what_was_sent_last_else_for_what_its_address_names() {
        use FactorMethod::{Passkey, RecoveryCode, Totp};
        let all = &FactorMethod::ALL[..];
        for (methods, sent, query, expected) in [
            (all, None, "", Passkey),
            (&[Totp, RecoveryCode], None, "", Totp),
            (all, None, "next=/account&method=recovery_code", RecoveryCode),
            (all, Some("totp"), "method=recovery_code", Totp),
            (all, Some("recovery_code"), "", RecoveryCode),
            (all, Some("<b>"), "method=x", Passkey),
            (&[RecoveryCode], Some("totp"), "method=totp", RecoveryCode),
        ] {
            assert_eq!(asked_for(methods, sent, query), expected, "{sent:?} {query}");
        }
    }
}
