use super::document::{Head, document};
use super::parts::{act_does, act_label, act_title, field_error, typed};
use crate::site::DocumentContext;
use crate::ui::{Flash, PlainForm, escaped, hidden, outcome, units};
use domain::{AdminAct, AdminUserView, Asking, REASON_MAX};
use leptos::prelude::*;

/// Names in full what an act does, and asks once more.
#[must_use]
pub fn admin_act_document(context: DocumentContext, view: AdminUserView, act: AdminAct) -> String {
    let head = Head::new(act_title(act), act_does(act));
    document(context, head, move |context| page(context, &view, act))
}

fn page(context: &DocumentContext, view: &AdminUserView, act: AdminAct) -> AnyView {
    let link = act.asking() == Asking::ForALink;
    let function = if link { "/fn/admin/link" } else { "/fn/admin/confirmed" };
    let of_this = typed(&context.flash, "act").is_none_or(|typed| typed == act.as_str());
    let none = Flash::default();
    let flash = if of_this { &context.flash } else { &none };
    let back = format!("/admin/users/{}", view.user.id);
    let fields = view! {
        {hidden("form[user]", &view.user.id)}
        {hidden("form[act]", act.as_str())}
        {act.needs_reason().then(|| reason(flash, act))}
    };
    let form = PlainForm {
        version: view.version.clone(),
        class: if link { "button" } else { "button button-danger" },
        ..PlainForm::new(&context.viewer.id, function, act_label(act))
    };
    let name = view.user.profile.display_name();
    let [before, after] = words::admin_user::person();
    view! {
        {outcome(flash, &[function], |_| "")}
        // A script may show this, and the page's head, as a dialog.
        <section class="card" data-asks>
            <div class="card-head">
                // The page's heading names the act, and so does the button.
                <p>
                    {before} <b>{name.map(|name| view! { <bdi>{name}</bdi> " · " })} <bdi>{view.user.email.clone()}</bdi></b>
                    {after}
                </p>
            </div>
            <div class="card-body">
                {form.show(fields.into_any())}
                <p>
                    <a class="button button-quiet" href=back data-cancel>
                        {words::admin_user::cancel()}
                    </a>
                </p>
            </div>
        </section>
    }
    .into_any()
}

fn reason(flash: &Flash, act: AdminAct) -> AnyView {
    let error = field_error(flash, "reason");
    let described = if error.is_some() { "reason-help reason-error" } else { "reason-help" };
    let max = REASON_MAX as u64;
    let note = match act {
        AdminAct::ClearFactors => words::admin_user::why_cleared_note(max),
        _ => words::admin_user::why_note(max),
    };
    let text = escaped(&typed(flash, "reason").unwrap_or_default());
    view! {
        <div class="field">
            <div class="field-head">
                <label for="reason">{words::admin_user::why()}</label>
            </div>
            <textarea
                class="input"
                id="reason"
                name="form[reason]"
                required
                maxlength=units(REASON_MAX)
                aria-describedby=described
                aria-invalid=error.is_some().then_some("true")
                inner_html=text
            ></textarea>
            <p class="help" id="reason-help">{note}</p>
            {error.map(|error| view! { <p class="field-error" id="reason-error">{error}</p> })}
        </div>
    }
    .into_any()
}
