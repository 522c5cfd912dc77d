//! Mails about an account that its owner has deleted, and how it is restored.

use super::content::Block::{Facts, Link, Paragraph};
use super::content::Content;
use super::notices::{Fact, Said, at, date, notice, way_back, with_help};
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
    let said = Said {
        subject: mail_closing::subject(app),
        heading: mail_closing::heading(),
        lead: mail_closing::lead(app),
    };
    ending(sender, said, closes, at(when, client), sign_in, not_me)
}

pub(super) fn closes_soon<'a>(
    sender: &Sender,
    closes: OffsetDateTime,
    sign_in: &str,
    not_me: Option<NotMe<'a>>,
) -> Content<'a> {
    let app = sender.app_name;
    let said = Said {
        subject: mail_closes_soon::subject(app),
        heading: mail_closes_soon::heading(),
        lead: mail_closes_soon::lead(app),
    };
    ending(sender, said, closes, Vec::new(), sign_in, not_me)
}

/// When an account ends, how it is restored, and what helps where somebody else deleted it. No mail chooses a password for it:
/// without a link, signing in is the only way.
fn ending<'a>(
    sender: &Sender,
    said: Said,
    closes: OffsetDateTime,
    how: Vec<Fact>,
    sign_in: &str,
    not_me: Option<NotMe<'a>>,
) -> Content<'a> {
    let mut facts = vec![(mail_closing::deleted_on(), date(closes))];
    facts.extend(how);
    let mut blocks = vec![
        Paragraph(said.lead),
        Facts(facts),
        Paragraph(mail_closing::restore().to_owned()),
        Link { label: mail_closing::sign_in(), link: sign_in.to_owned() },
    ];
    let yourself = vec![Paragraph(mail_closing::secure_yourself().to_owned())];
    blocks.extend(way_back(sender, not_me, mail_closing::secure(), yourself));
    Content {
        subject: said.subject,
        heading: said.heading.to_owned(),
        blocks,
        reason: mail_reason::account(sender.app_name),
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
    notice(sender, said, at(when, client), not_me)
}
