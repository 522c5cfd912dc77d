//! Mails about an account that its owner has deleted, and how it is restored.

use super::content::Block::{Facts, Link, Paragraph};
use super::content::{Block, Content};
use super::notices::{Said, at, date, take_back, told, with_help};
use super::{NotMe, Sender};
use time::OffsetDateTime;
use words::{mail_closes_soon, mail_closing, mail_deleted, mail_reason, mail_restored};

pub(super) fn closing<'a>(
    sender: &Sender,
    closes: OffsetDateTime,
    (when, client): (OffsetDateTime, &str),
    sign_in: &str,
    not_me: Option<NotMe<'a>>,
) -> Content<'a> {
    let app = sender.app_name;
    let mut facts = vec![(mail_closing::deleted_on(), date(closes))];
    facts.extend(at(when, client));
    let mut blocks = vec![Paragraph(mail_closing::lead(app)), Facts(facts)];
    blocks.extend(restore(sign_in));
    blocks.extend(undo(sender, not_me));
    Content {
        subject: mail_closing::subject(app),
        heading: mail_closing::heading().to_owned(),
        blocks,
        reason: mail_reason::account(app),
    }
}

pub(super) fn closes_soon<'a>(
    sender: &Sender,
    closes: OffsetDateTime,
    sign_in: &str,
    not_me: Option<NotMe<'a>>,
) -> Content<'a> {
    let app = sender.app_name;
    let facts = Facts(vec![(mail_closing::deleted_on(), date(closes))]);
    let mut blocks = vec![Paragraph(mail_closes_soon::lead(app)), facts];
    blocks.extend(restore(sign_in));
    blocks.extend(undo(sender, not_me));
    Content {
        subject: mail_closes_soon::subject(app),
        heading: mail_closes_soon::heading().to_owned(),
        blocks,
        reason: mail_reason::account(app),
    }
}

pub(super) fn deleted<'a>(sender: &Sender, when: OffsetDateTime, client: &str) -> Content<'a> {
    let app = sender.app_name;
    Content {
        subject: mail_deleted::subject(app),
        heading: mail_deleted::heading().to_owned(),
        blocks: with_help(sender, vec![Paragraph(mail_deleted::lead(app)), Facts(at(when, client))]),
        reason: mail_reason::account(app),
    }
}

pub(super) fn restored<'a>(
    sender: &Sender,
    when: OffsetDateTime,
    client: &str,
    not_me: Option<NotMe<'a>>,
) -> Content<'a> {
    let app = sender.app_name;
    let said = Said {
        subject: mail_restored::subject(app),
        heading: mail_restored::heading(),
        lead: mail_restored::lead(app),
    };
    told(sender, said, at(when, client), not_me)
}

fn restore<'a>(sign_in: &str) -> [Block<'a>; 2] {
    [
        Paragraph(mail_closing::restore().to_owned()),
        Link { label: mail_closing::sign_in(), link: sign_in.to_owned() },
    ]
}

/// No mail chooses a password for an account that closes: without a link, signing in is the only way.
fn undo<'a>(sender: &Sender, not_me: Option<NotMe<'a>>) -> Vec<Block<'a>> {
    match not_me {
        Some(not_me) => take_back(mail_closing::secure(), not_me),
        None => with_help(sender, vec![Paragraph(mail_closing::secure_yourself().to_owned())]),
    }
}
