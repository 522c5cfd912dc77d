use crate::ui::{Card, Tick, Warning};
use domain::{FirstStep, Loss, Remedy, SecondStep, WayIn, WaysIn};
use leptos::prelude::*;

/// What still opens the account after each loss, and what would help most.
pub(super) fn card(ways: WaysIn) -> AnyView {
    let rows: Vec<_> = Loss::ALL.into_iter().map(|loss| row(loss, &ways)).collect();
    let remedy = ways.remedy().map_or_else(|| words::ways_in::covered().into_any(), remedy);
    view! {
        <Card id="ways-in" title=words::ways_in::title() purpose=words::ways_in::purpose()>
            <ul class="rows">{rows}</ul>
            <p class="remedy">{remedy}</p>
        </Card>
    }
    .into_any()
}

fn row(loss: Loss, ways: &WaysIn) -> AnyView {
    let way = ways.after(loss);
    let title = match loss {
        Loss::Phone if !ways.authenticator => words::ways_in::any_phone(),
        Loss::Computer if !ways.authenticator => words::ways_in::any_computer(),
        Loss::Phone => words::ways_in::phone(),
        Loss::Computer => words::ways_in::computer(),
        Loss::Mailbox => words::ways_in::mailbox(),
        Loss::Password => words::ways_in::password(),
    };
    let (class, icon) = match way {
        Some(WayIn { first: FirstStep::UnprovenMail, .. }) => ("row", Warning().into_any()),
        Some(_) => ("row", Tick().into_any()),
        None => ("row row-lost", Warning().into_any()),
    };
    view! {
        <li class=class>
            {icon}
            <div class="row-text">
                <p class="row-title">{title}</p>
                <p class="row-facts">{way.map_or_else(|| words::ways_in::none().to_owned(), said)}</p>
            </div>
        </li>
    }
    .into_any()
}

fn said(WayIn { first, second }: WayIn) -> String {
    let first = match first {
        FirstStep::Passkey => words::ways_in::by_passkey(),
        FirstStep::Password => words::ways_in::by_password(),
        FirstStep::Mail => words::ways_in::by_mail(),
        FirstStep::UnprovenMail => words::ways_in::by_unproven_mail(),
    };
    match second {
        None => words::ways_in::by(first),
        Some(SecondStep::Authenticator) => words::ways_in::by_two(first, words::ways_in::by_app()),
        Some(SecondStep::RecoveryCode) => words::ways_in::by_two(first, words::ways_in::by_recovery_code()),
    }
}

fn remedy(remedy: Remedy) -> AnyView {
    let link = |to: &'static str, label: &'static str| view! { <a href=to>{label}</a> }.into_any();
    let what = match remedy {
        Remedy::NewRecoveryCodes => link("#recovery-codes", words::ways_in::new_codes()),
        Remedy::ProveAddress => link("/account", words::ways_in::prove()),
        Remedy::ChoosePassword => link("/forgot", words::ways_in::choose_password()),
        Remedy::AnotherPasskey => link("#passkeys", words::ways_in::another_passkey()),
        Remedy::KeepPassword => words::ways_in::keep_password().into_any(),
        Remedy::AskForLink => words::confirm::ask_for_link().into_any(),
    };
    view! {
        <b>{words::ways_in::remedy()}</b>
        " "
        {what}
    }
    .into_any()
}

#[cfg(test)]
mod tests {
    use super::*;
    use domain::Mailbox;

    const ALONE: WaysIn = WaysIn {
        password: true,
        mailbox: Mailbox::NoMail,
        passkeys: 0,
        passkeys_backed_up: 0,
        second_step: true,
        authenticator: true,
        recovery_codes: 0,
    };

    fn shown(ways: WaysIn) -> String {
        card(ways).to_html().replace("<!>", "")
    }

    #[test]
    fn each_loss_is_told_in_words_and_by_more_than_colour() {
        let page = shown(ALONE);
        assert_eq!(page.matches("You can't get in by yourself.").count(), 2, "{page}");
        assert_eq!(page.matches("You get in with your password and your authenticator app.").count(), 2);
        assert_eq!(page.matches("<svg").count(), 4, "{page}");
        assert!(page.contains("Make new recovery codes, and keep them on paper."), "{page}");
        let page = shown(WaysIn { mailbox: Mailbox::Unproven, ..ALONE });
        let unsure = "You get in with an email from us (if it reaches you) and your authenticator app.";
        assert!(page.contains(unsure), "{page}");
        let page = shown(WaysIn { mailbox: Mailbox::Proven, recovery_codes: 10, ..ALONE });
        assert!(page.contains("You get in with your password and a recovery code."), "{page}");
        assert!(page.contains("You get in with an email from us and your authenticator app."), "{page}");
        assert!(page.contains("You're well prepared."), "{page}");
    }
}
