use crate::settings::AppSettings;
use crate::site::HeadTags;
use crate::ui::{Card, Mark};
use leptos::prelude::*;
use serde::Serialize;

/// A mail that was sent.
#[derive(Debug, Clone, Serialize)]
pub struct SentMail {
    /// The id of the outbox, and of the page.
    pub id: String,
    /// To whom.
    pub to: String,
    /// About what.
    pub subject: String,
    /// When it was asked for, in UTC.
    pub at: String,
    /// The plain text.
    pub text: String,
    /// The same as a document.
    pub html: String,
}

/// All of them.
#[must_use]
pub fn mails_document(options: LeptosOptions, settings: &AppSettings, mails: Vec<SentMail>) -> String {
    let shown = if mails.is_empty() {
        view! { <p class="card no-mails">"No mail yet. Sign up, or forget a password, and reload this page."</p> }
            .into_any()
    } else {
        view! { <ul class="card mails">{mails.into_iter().map(|mail| view! { <Line mail/> }).collect_view()}</ul> }
            .into_any()
    };
    document(options, settings, "Mail", "column", move || {
        view! {
            <header class="column-head">
                <Mark/>
                <h1>"Mail"</h1>
                <p class="lead">
                    "What this server has sent since it was started. It goes to nobody but you; older mails are in var/mail."
                </p>
            </header>
            {shown}
        }
    })
}

/// One, as a document and as plain text. The document is a page of its own in a frame.
#[must_use]
pub fn mail_document(options: LeptosOptions, settings: &AppSettings, mail: SentMail) -> String {
    let SentMail { id, to, subject, at, text, .. } = mail;
    let title = subject.clone();
    document(options, settings, &title, "column mail-column", move || {
        view! {
            <header class="column-head">
                <p>
                    <a href="/dev/mail">"All mails"</a>
                </p>
                <h1>{subject}</h1>
                <p class="lead">"To " <bdi>{to}</bdi></p>
                <p class="sent-at">{at}</p>
            </header>
            <div class="mail">
                <Card id="document" title="As a document" purpose="What most mail programs show.">
                    <iframe
                        title="The mail as a document"
                        src=format!("/dev/mail/{id}/html")
                        sandbox="allow-top-navigation-by-user-activation"
                    ></iframe>
                </Card>
                <Card id="text" title="As plain text" purpose="The other half of the same mail, for all others.">
                    <div class="mail-text">
                        {text.lines().map(|line| view! { <TextLine line=line.to_owned()/> }).collect_view()}
                    </div>
                </Card>
            </div>
        }
    })
}

#[component]
fn Line(mail: SentMail) -> impl IntoView {
    let SentMail { id, to, subject, at, .. } = mail;
    view! {
        <li>
            <a href=format!("/dev/mail/{id}")>{subject}</a>
            <span>"To " <bdi>{to}</bdi></span>
            <span class="sent-at">{at}</span>
        </li>
    }
}

/// A line with its links.
#[component]
fn TextLine(line: String) -> impl IntoView {
    let words = line.split_inclusive(' ').map(|word| {
        let url = word.trim_end();
        let link = ["http://", "https://"].iter().any(|scheme| url.starts_with(scheme));
        if link {
            view! { <a href=url.to_owned()>{word.to_owned()}</a> }.into_any()
        } else {
            word.to_owned().into_any()
        }
    });
    view! {
        {words.collect_view()}
        <br/>
    }
}

fn document<V: IntoView + 'static>(
    options: LeptosOptions,
    settings: &AppSettings,
    title: &str,
    class: &'static str,
    content: impl FnOnce() -> V,
) -> String {
    let title = words::site::title(title, &settings.name);
    Owner::new_root(None).with(|| {
        view! {
            <!DOCTYPE html>
            <html lang=words::language().code()>
                <head>
                    <HeadTags options settings=settings.clone()/>
                    <link rel="stylesheet" href="/dev/mail.css"/>
                    <title>{title}</title>
                </head>
                <body>
                    <main id="main">
                        <div class=class>{content()}</div>
                    </main>
                </body>
            </html>
        }
        .to_html()
    })
}
