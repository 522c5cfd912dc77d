use super::api::{EndOtherSessions, EndSession, ForgetDevice};
use crate::rows::{Devices, Row};
use crate::ui::{Card, Form, HiddenField, Notice, PageContext, RowItem, SubmitButton, Tone, dynamic};
use leptos::prelude::*;
use leptos::server_fn::ServerFn;

/// Where the account is signed in, and the devices that it knows.
#[component]
pub(crate) fn DeviceSections(devices: Devices) -> impl IntoView {
    let Devices { browsers, programs, known } = devices;
    let all_ended = RwSignal::new(false);
    let others = browsers.iter().chain(&programs).any(|row| !row.current);
    let session_rows = move |rows: Vec<Row>| rows_of(rows, move |row| session_row(row, all_ended));
    let programs = (!programs.is_empty()).then(|| {
        view! {
            <h3>{words::sessions::programs()}</h3>
            <p class="help">{words::sessions::programs_note()}</p>
            {session_rows(programs)}
        }
        .into_any()
    });
    let known = if known.is_empty() {
        view! { <p class="help">{words::known_devices::empty()}</p> }.into_any()
    } else {
        rows_of(known, known_row)
    };
    view! {
        <Card id="your-sessions" title=words::sessions::title() purpose=words::sessions::purpose()>
            {outcome(EndSession::PATH, words::sessions::ended())}
            {outcome(EndOtherSessions::PATH, words::sessions::others_ended())}
            {session_rows(browsers)}
            {programs}
            {others.then(|| view! { <EndOthers all_ended/> }.into_any())}
        </Card>
        <Card id="known-devices" title=words::known_devices::title() purpose=words::known_devices::purpose()>
            {outcome(ForgetDevice::PATH, words::known_devices::done())}
            {known}
        </Card>
    }
}

/// What came of a plain post of one of these forms. Each stands on the page many times, so none of them says it.
fn outcome(function: &str, done: &'static str) -> Option<AnyView> {
    let flash = PageContext::flash_of(function)?;
    let notice = match flash.problem {
        Some(problem) => view! { <Notice tone=Tone::Error words=problem.detail/> }.into_any(),
        None => view! { <Notice tone=Tone::Success words=done/> }.into_any(),
    };
    Some(view! { <div class="notices" role="status" tabindex="-1" autofocus=true>{notice}</div> }.into_any())
}

fn rows_of(rows: Vec<Row>, item: impl Fn(Row) -> AnyView) -> AnyView {
    let rows: Vec<_> = rows.into_iter().map(item).collect();
    view! { <ul class="rows">{rows}</ul> }.into_any()
}

/// The session of this page is ended by signing out.
fn session_row(row: Row, all_ended: RwSignal<bool>) -> AnyView {
    if row.current {
        return view! { <RowItem row/> }.into_any();
    }
    let ended = RwSignal::new(false);
    let (id, about) = (row.id.clone(), words::sessions::sign_out_of(&row.title));
    let over = Signal::derive(move || ended.get() || all_ended.get());
    view! {
        <RowItem row>
            <RowAction over done=words::sessions::signed_out()>
                <Form check=|_: &EndSession, _| Vec::new() on_done=move |()| ended.set(true) one_of_many=true>
                    <HiddenField name="session" value=id/>
                    <SubmitButton
                        label=words::sessions::sign_out()
                        busy=words::sessions::signing_out()
                        quiet=true
                        about
                    />
                </Form>
            </RowAction>
        </RowItem>
    }
    .into_any()
}

fn known_row(row: Row) -> AnyView {
    let forgotten = RwSignal::new(false);
    let (id, about) = (row.id.clone(), words::known_devices::forget_one(&row.title));
    view! {
        <RowItem row>
            <RowAction over=forgotten.into() done=words::known_devices::forgotten()>
                <Form check=|_: &ForgetDevice, _| Vec::new() on_done=move |()| forgotten.set(true) one_of_many=true>
                    <HiddenField name="device" value=id/>
                    <SubmitButton
                        label=words::known_devices::forget()
                        busy=words::known_devices::forgetting()
                        quiet=true
                        about
                    />
                </Form>
            </RowAction>
        </RowItem>
    }
    .into_any()
}

/// What can be done with a row, until it is done. The row stays where it is: the next one must not move under the
/// pointer.
#[component]
fn RowAction(over: Signal<bool>, done: &'static str, children: Children) -> impl IntoView {
    view! {
        <div class="row-action" hidden=move || over.get()>
            {children()}
        </div>
        <p class="row-done" role="status">
            {dynamic(move || over.get().then_some(done))}
        </p>
    }
}

#[component]
fn EndOthers(all_ended: RwSignal<bool>) -> impl IntoView {
    view! {
        <Form
            check=|_: &EndOtherSessions, _| Vec::new()
            on_done=move |()| all_ended.set(true)
            done=words::sessions::others_ended()
            one_of_many=true
        >
            <SubmitButton label=words::sessions::sign_out_others() busy=words::sessions::signing_out() quiet=true/>
        </Form>
    }
}
