//! Over SMTP: what arrives, what is tried again, and what is never said to whom.

use super::catcher::{Catcher, GREETING, KEPT, Manner, SILENCE};
use super::certificates::Authority;
use super::{config, logo, message};
use accounts::{Mailer, Undelivered};
use server::config::{MailTransport, RawConfig};
use server::mail::{Letterhead, Outgoing, Smtp};
use std::sync::Arc;
use std::time::Duration;
use tokio::net::TcpListener;
use tokio::task::JoinSet;

pub fn outgoing(url: &str, change: impl FnOnce(&mut RawConfig)) -> Outgoing {
    let config = config(|raw| {
        raw.smtp_url = Some(url.to_owned());
        raw.mail_from = Some("no-reply@harbour.example".to_owned());
        raw.mail_reply_to = Some("help@harbour.example".to_owned());
        change(raw);
    });
    Outgoing::new(&config).unwrap()
}

/// One that waits no longer than it takes.
fn hasty(url: &str) -> Outgoing {
    let config = config(|raw| {
        raw.smtp_url = Some(url.to_owned());
        raw.mail_from = Some("no-reply@harbour.example".to_owned());
    });
    let MailTransport::Smtp(server) = &config.mail.transport else { panic!("{url} is no server") };
    let mut smtp = Smtp::new(server.clone(), Letterhead::new(&config));
    smtp.timeout = Duration::from_secs(3);
    Outgoing::Smtp(Arc::new(smtp))
}

pub fn plain(catcher: &Catcher) -> Outgoing {
    outgoing(&format!("smtp://127.0.0.1:{}", catcher.port), |_| ())
}

#[track_caller]
fn later(sent: Result<(), Undelivered>) -> String {
    match sent {
        Err(Undelivered::Later(why)) => why,
        sent => panic!("{sent:?}"),
    }
}

#[tokio::test]
async fn a_mail_arrives_once_with_its_headers() {
    let catcher = Catcher::start(Manner::default()).await;
    plain(&catcher).send(message(7)).await.unwrap();
    let heard = catcher.heard();
    assert_eq!(heard.mails.len(), 1);
    for (name, value) in [
        ("From", "Harbour <no-reply@harbour.example>"),
        ("Reply-To", "help@harbour.example"),
        ("To", "ana@example.com"),
        ("Subject", "Reset your password"),
        ("Message-ID", "<00000000-0000-0000-0000-000000000007@localhost>"),
        ("Date", "Fri, 04 Oct 2024 00:00:00 +0000"),
        ("Auto-Submitted", "auto-generated"),
    ] {
        assert_eq!(heard.header(0, name), format!("{name}: {value}"));
    }
    assert!(heard.has("EHLO localhost"));
    assert!(heard.has("MAIL FROM:<no-reply@harbour.example>") && heard.has("RCPT TO:<ana@example.com>"));
    let mail = &heard.mails[0];
    let (text, html) =
        (mail.find("Open http://localhost:8000/reset#token").unwrap(), mail.find("<!doctype").unwrap());
    assert!(mail.contains("multipart/alternative") && text < html, "the last part is what readers prefer");
}

#[tokio::test]
async fn a_logo_travels_with_the_document_that_shows_it() {
    let catcher = Catcher::start(Manner::default()).await;
    let mut message = message(7);
    message.logo = Some(logo());
    plain(&catcher).send(message).await.unwrap();
    let mail = &catcher.heard().mails[0];
    let at = |text: &str| mail.find(text).unwrap_or_else(|| panic!("{text}: {mail}"));
    assert!(at("multipart/alternative") < at("text/plain") && at("text/plain") < at("multipart/related"));
    assert!(at("multipart/related") < at("text/html") && at("text/html") < at("Content-Type: image/png"));
    assert!(mail.contains("Content-ID: <logo>\r\n") && mail.contains("Content-Disposition: inline\r\n"));
}

#[tokio::test]
async fn another_try_has_the_same_message_id_and_the_same_link() {
    let catcher = Catcher::start(Manner::default()).await;
    for _ in 0..2 {
        plain(&catcher).send(message(7)).await.unwrap();
    }
    let heard = catcher.heard();
    assert_eq!(heard.header(0, "Message-ID"), heard.header(1, "Message-ID"));
    assert_eq!(heard.header(0, "Date"), heard.header(1, "Date"));
}

#[tokio::test]
async fn mails_share_a_connection() {
    let catcher = Catcher::start(Manner::default()).await;
    let outgoing = plain(&catcher);
    for number in 0..5 {
        outgoing.send(message(number)).await.unwrap();
    }
    let heard = catcher.heard();
    assert_eq!((heard.mails.len(), heard.connections), (5, 1));
}

#[tokio::test]
async fn what_a_refusal_says_of_the_mail_is_final_and_all_else_is_tried_again() {
    let user = "smtp://ana:secret@127.0.0.1";
    for (command, answer, never) in [
        (GREETING, "421 too busy", false),
        (GREETING, "554 not for you, ana@example.com", false),
        ("EHLO", "502 unknown", false),
        ("AUTH", "454 not now", false),
        ("AUTH", "535 wrong, ana@example.com", false),
        ("MAIL", "452 full", false),
        ("MAIL", "530 sign in first", false),
        ("MAIL", "550 not from there", true),
        ("RCPT", "450 ana@example.com is busy", false),
        ("RCPT", "451 greylisted", false),
        ("RCPT", "550 5.1.1 <ana@example.com> is unknown", true),
        ("RCPT", "553 no such name", true),
        ("DATA", "451 not now", false),
        ("DATA", "554 no", true),
        (KEPT, "452 full", false),
        (KEPT, "554 5.7.1 no, ana@example.com", true),
        (KEPT, "nonsense about ana@example.com", false),
        ("RCPT", "nonsense", false),
    ] {
        let catcher = Catcher::start(Manner::answering(command, answer)).await;
        let outgoing = outgoing(&format!("{user}:{}", catcher.port), |_| ());
        let told = match outgoing.send(message(7)).await {
            Err(Undelivered::Never(why)) if never => why,
            Err(Undelivered::Later(why)) if !never => why,
            sent => panic!("{command} {answer}: {sent:?}"),
        };
        assert!(!told.contains("ana"), "{told}");
        assert!(catcher.heard().mails.is_empty());
        // Once the server is well again, so are we.
        catcher.behave(Manner::default());
        outgoing.send(message(7)).await.unwrap();
        assert_eq!(catcher.heard().mails.len(), 1, "{command} {answer}");
    }
}

#[tokio::test]
async fn a_server_that_does_not_answer_costs_no_more_than_the_time_of_one_try() {
    let commands = [GREETING, "EHLO", "MAIL", "RCPT", "DATA", KEPT];
    commands.into_iter().map(cut_off).collect::<JoinSet<()>>().join_all().await;
}

async fn cut_off(command: &'static str) {
    let catcher = Catcher::start(Manner::answering(command, SILENCE)).await;
    let outgoing = hasty(&format!("smtp://127.0.0.1:{}", catcher.port));
    assert_eq!(later(outgoing.send(message(7)).await), "no answer in time", "{command}");
    // A mail that was cut off is no part of the next one.
    catcher.behave(Manner::default());
    outgoing.send(message(8)).await.unwrap();
    let heard = catcher.heard();
    assert_eq!(heard.connections, 2, "{command}");
    assert!(heard.header(heard.mails.len() - 1, "Message-ID").contains("000000000008@"), "{command}");
}

#[tokio::test]
async fn a_connection_that_has_ended_is_opened_anew() {
    let catcher = Catcher::start(Manner::default()).await;
    let outgoing = plain(&catcher);
    outgoing.send(message(1)).await.unwrap();
    catcher.behave(Manner::answering("NOOP", "421 you were idle"));
    outgoing.send(message(2)).await.unwrap();
    let heard = catcher.heard();
    assert_eq!((heard.mails.len(), heard.connections), (2, 2));
}

#[tokio::test]
async fn a_server_that_is_down_is_tried_again() {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let url = format!("smtp://127.0.0.1:{}", listener.local_addr().unwrap().port());
    drop(listener);
    let told = later(outgoing(&url, |_| ()).send(message(7)).await);
    assert!(told.contains("refused"), "{told}");
}

#[tokio::test]
async fn where_encryption_is_required_nothing_is_said_without_it() {
    let catcher = Catcher::start(Manner::default()).await;
    let url = format!("smtp://ana:secret@127.0.0.1:{}?tls=required", catcher.port);
    let told = later(outgoing(&url, |_| ()).send(message(7)).await);
    assert!(told.contains("STARTTLS"), "{told}");
    let heard = catcher.heard();
    assert!(!heard.has("AUTH") && !heard.has("MAIL") && heard.mails.is_empty(), "{:?}", heard.commands);
}

#[tokio::test]
async fn over_starttls_a_mail_and_a_password_reach_only_whom_the_authority_names() {
    let authority = Authority::new();
    let manner = Manner { starttls: Some(authority.server()), ..Manner::default() };
    let catcher = Catcher::start(manner).await;
    let url = format!("smtp://ana%40example.com:p%2Fw@127.0.0.1:{}?tls=required", catcher.port);
    let stranger = Authority::new().file();
    for file in [None, Some(stranger)] {
        let told = later(outgoing(&url, |raw| raw.smtp_ca_file = file).send(message(7)).await);
        assert!(told.contains("certificate"), "{told}");
    }
    let heard = catcher.heard();
    assert!(!heard.has("AUTH") && !heard.has("MAIL") && heard.mails.is_empty(), "{:?}", heard.commands);
    outgoing(&url, |raw| raw.smtp_ca_file = Some(authority.file())).send(message(7)).await.unwrap();
    let heard = catcher.heard();
    assert_eq!(heard.mails.len(), 1);
    // The user, a zero byte before and after, and the password.
    assert!(heard.has("AUTH PLAIN AGFuYUBleGFtcGxlLmNvbQBwL3c="), "{:?}", heard.commands);
    let in_the_open = heard.commands.iter().filter(|(encrypted, _)| !encrypted);
    let ours = |line: &str| line == "EHLO localhost" || line == "STARTTLS";
    assert!(in_the_open.clone().all(|(_, line)| ours(line)), "{:?}", heard.commands);
}

#[tokio::test]
async fn over_tls_from_the_first_byte_too() {
    let authority = Authority::new();
    let manner = Manner { wrapped: Some(authority.server()), ..Manner::default() };
    let catcher = Catcher::start(manner).await;
    let url = format!("smtps://127.0.0.1:{}", catcher.port);
    let told = later(outgoing(&url, |_| ()).send(message(7)).await);
    assert!(told.contains("certificate"), "{told}");
    assert!(catcher.heard().commands.is_empty());
    outgoing(&url, |raw| raw.smtp_ca_file = Some(authority.file())).send(message(7)).await.unwrap();
    assert_eq!(catcher.heard().mails.len(), 1);
    // Of another name.
    let told = later(
        outgoing(&format!("smtps://localhost:{}", catcher.port), |raw| {
            raw.smtp_ca_file = Some(authority.file());
        })
        .send(message(7))
        .await,
    );
    assert!(told.contains("certificate"), "{told}");
}

#[tokio::test]
async fn no_text_ends_its_mail_or_begins_another() {
    let catcher = Catcher::start(Manner::default()).await;
    let outgoing = plain(&catcher);
    for end in ["\r\n.\r\n", "\n.\n", "\n.\r\n", "\r.\r", "\r\n.\n", "\r\n.\r"] {
        let mut message = message(7);
        message.text = format!("before{end}MAIL FROM:<eve@example.com>{end}after");
        message.html = format!("<p>before{end}RCPT TO:<eve@example.com>{end}after");
        outgoing.send(message).await.unwrap();
    }
    let heard = catcher.heard();
    assert_eq!(heard.mails.len(), 6);
    assert!(heard.commands.iter().all(|(_, line)| !line.contains("eve@")), "{:?}", heard.commands);
    assert_eq!(heard.connections, 1);
}

#[tokio::test]
async fn an_address_that_the_server_cannot_be_told_is_given_up() {
    let catcher = Catcher::start(Manner::default()).await;
    let outgoing = plain(&catcher);
    for (to, told) in [
        ("jörg@example.com", "the mail server takes addresses in ASCII alone"),
        ("ana@example.com\r\nRCPT TO:<eve@example.com>", "mail cannot be written to its address"),
        ("ana@example.com>\r\nDATA", "mail cannot be written to its address"),
        ("a, b@example.com", "mail cannot be written to its address"),
    ] {
        let mut message = message(7);
        to.clone_into(&mut message.to);
        assert_eq!(outgoing.send(message).await, Err(Undelivered::Never(told.to_owned())), "{to}");
    }
    assert!(!catcher.heard().has("RCPT"));
    let mut message = message(7);
    "ana@bücher.example".clone_into(&mut message.to);
    outgoing.send(message).await.unwrap();
    assert!(catcher.heard().has("RCPT TO:<ana@xn--bcher-kva.example>"));
}
