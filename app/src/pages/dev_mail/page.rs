use crate::settings::AppSettings;
use crate::site::HeadTags;
use crate::ui::Mark;
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
    let lead = match mails.len() {
        0 => "Nothing was sent since this server was started. Its older mails are in var/mail.",
        _ => "What this server sent since it was started: to nobody but you.",
    };
    document(options, settings, "Mail", move || {
        view! {
            <h1>"Mail"</h1>
            <p class="lead">{lead}</p>
            <ul class="mails">{mails.into_iter().map(|mail| view! { <Line mail/> }).collect_view()}</ul>
        }
    })
}

/// One, as a document and as plain text. The document is a page of its own in a frame.
#[must_use]
pub fn mail_document(options: LeptosOptions, settings: &AppSettings, mail: SentMail) -> String {
    let SentMail { id, to, subject, at, text, .. } = mail;
    let title = subject.clone();
    document(options, settings, &title, move || {
        view! {
            <p>
                <a href="/dev/mail">"All mails"</a>
            </p>
            <h1>{subject}</h1>
            <p class="lead">"To " <bdi>{to}</bdi> ", " {at}</p>
            <div class="mail">
                <iframe
                    title="The mail as a document"
                    src=format!("/dev/mail/{id}/html")
                    sandbox="allow-top-navigation-by-user-activation"
                ></iframe>
                <div class="mail-text">{text.lines().map(|line| view! { <TextLine line=line.to_owned()/> }).collect_view()}</div>
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
            <span>"To " <bdi>{to}</bdi> ", " {at}</span>
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
                        <div class="mail-column">
                            <Mark/>
                            {content()}
                        </div>
                    </main>
                </body>
            </html>
        }
        .to_html()
    })
}
