//! `/dev/mail`: the mails of a developer's server, and nobody else's.

use super::{logo, mailbox, message};
use crate::app::App;
use accounts::Mailer;
use server::mail::{Mailbox, Outgoing};
use sqlx::PgPool;
use testkit::World;

async fn app(pool: PgPool, change: impl Fn(&mut accounts::Message)) -> (App, Mailbox) {
    let mailbox = mailbox();
    let outgoing = Outgoing::Mailbox(mailbox.clone());
    for number in 1..=2 {
        let mut message = message(number);
        change(&mut message);
        outgoing.send(message).await.unwrap();
    }
    (App::with(World::new(pool), |state| state.outgoing = Some(outgoing.clone())), mailbox)
}

fn path(number: u32) -> String {
    format!("/dev/mail/00000000-0000-0000-0000-00000000000{number}")
}

#[sqlx::test(migrator = "store::MIGRATOR")]
async fn sent_mails_are_listed_and_shown_without_scripts(pool: PgPool) {
    let (app, _) = app(pool, |_| ()).await;
    let mut browser = app.browser();
    let list = browser.get("/dev/mail").await.expect(200);
    let (first, second) = (list.text.find(&path(1)).unwrap(), list.text.find(&path(2)).unwrap());
    assert!(second < first, "the newest stands first");
    assert!(list.text.contains("ana@example.com") && list.text.contains("Reset your password"));
    assert!(list.text.contains("2024-10-04 00:00:00 UTC") && !list.text.contains("<script"));
    let page = browser.get(&path(1)).await.expect(200);
    assert!(page.text.contains("<a href=\"http://localhost:8000/reset#token\">"), "{}", page.text);
    assert!(page.text.contains(&format!("src=\"{}/html\"", path(1))) && !page.text.contains("<script"));
    assert!(page.header("content-security-policy").unwrap().contains("; frame-src 'self'; "));
    let style = browser.get("/dev/mail.css").await.expect(200);
    assert_eq!(style.header("content-type"), Some("text/css"));
    for gone in ["/dev/mail/00000000-0000-0000-0000-000000000009", "/dev/mail/x", "/dev/mail/x/html"] {
        let status = browser.get(gone).await.status.as_u16();
        assert!(matches!(status, 400 | 404), "{gone}: {status}");
    }
}

#[sqlx::test(migrator = "store::MIGRATOR")]
async fn a_mail_in_its_frame_runs_nothing_and_its_links_lead_out(pool: PgPool) {
    let (app, _) = app(pool, |_| ()).await;
    let frame = app.browser().get(&format!("{}/html", path(1))).await.expect(200);
    assert!(frame.text.starts_with("<!doctype html><base target=\"_top\">"), "{}", frame.text);
    assert_eq!(
        frame.header("content-security-policy"),
        Some(
            "default-src 'none'; style-src 'unsafe-inline'; img-src data:; form-action 'none'; base-uri 'none'; \
             sandbox allow-top-navigation-by-user-activation; frame-ancestors 'self'"
        )
    );
}

#[sqlx::test(migrator = "store::MIGRATOR")]
async fn a_logo_is_shown_in_the_frame(pool: PgPool) {
    let (app, _) = app(pool, |message| {
        message.logo = Some(logo());
        message.html = "<img src=\"cid:logo\">".to_owned();
    })
    .await;
    let frame = app.browser().get(&format!("{}/html", path(1))).await.expect(200);
    assert!(frame.text.contains("<img src=\"data:image/png;base64,iVBORw0KGgo"), "{}", frame.text);
}

#[sqlx::test(migrator = "store::MIGRATOR")]
async fn programs_read_them_as_json(pool: PgPool) {
    let (app, _) = app(pool, |_| ()).await;
    let mut browser = app.browser();
    let list = app.program().get("/dev/mail").await.expect(200).json();
    assert_eq!(list, browser.get("/dev/mail?json").await.expect(200).json());
    let mail = browser.get(&format!("{}?json", path(2))).await.expect(200).json();
    assert_eq!(mail, list[0]);
    assert_eq!(mail["to"], "ana@example.com");
    assert_eq!(mail["text"], "Open http://localhost:8000/reset#token to go on.\n");
    assert!(mail["html"].as_str().unwrap().contains("Go on"));
}

#[sqlx::test(migrator = "store::MIGRATOR")]
async fn what_a_mail_says_is_no_markup_of_the_page(pool: PgPool) {
    let evil = "</title></textarea>\"'><img src=x onerror=alert(1)>";
    let (app, _) = app(pool, |message| {
        message.subject = evil.to_owned();
        message.text = format!("{evil}\nhttps://x/\"><img/src=x>\njavascript:alert(1)");
    })
    .await;
    for path in ["/dev/mail".to_owned(), path(1)] {
        let page = app.browser().get(&path).await.expect(200);
        assert!(!page.text.contains("<img"), "{}", page.text);
        assert!(!page.text.contains("href=\"javascript:"), "{}", page.text);
    }
}

#[sqlx::test(migrator = "store::MIGRATOR")]
async fn mails_are_a_developers_alone(pool: PgPool) {
    let outgoing = Outgoing::Mailbox(mailbox());
    outgoing.send(message(1)).await.unwrap();
    let production = App::with(World::new(pool.clone()), |state| {
        state.env = server::config::AppEnv::Production;
        state.outgoing = Some(outgoing);
    });
    let without = App::with(World::new(pool), |state| state.outgoing = None);
    for app in [production, without] {
        for path in ["/dev/mail".to_owned(), "/dev/mail.css".to_owned(), path(1), format!("{}/html", path(1))]
        {
            app.browser().get(&path).await.expect(404);
        }
    }
}

#[cfg(unix)]
#[tokio::test]
async fn a_mailbox_keeps_two_hundred_and_a_file_of_each_for_its_owner() {
    use std::os::unix::fs::PermissionsExt;
    let folder = super::folder();
    let letterhead = server::mail::Letterhead::new(&super::config(|_| ()));
    let mailbox = Mailbox::new(letterhead, &folder);
    let outgoing = Outgoing::Mailbox(mailbox.clone());
    for number in (0..203).chain([202]) {
        outgoing.send(message(number)).await.unwrap();
    }
    let kept: Vec<_> = mailbox.list().iter().map(|message| message.id.as_u128()).collect();
    assert_eq!(kept, (3..203).rev().collect::<Vec<_>>());
    let mut files: Vec<_> = std::fs::read_dir(&folder).unwrap().map(|entry| entry.unwrap().path()).collect();
    files.sort();
    assert_eq!(files.len(), 203, "a repeat has the same file");
    let name = files[7].file_name().unwrap().to_str().unwrap();
    assert_eq!(name, "2024-10-04T000000Z-00000000-0000-0000-0000-000000000007.eml");
    assert!(std::fs::read_to_string(&files[7]).unwrap().contains("Subject: Reset your password\r\n"));
    for file in &files {
        assert_eq!(std::fs::metadata(file).unwrap().permissions().mode() & 0o777, 0o600);
    }
}
