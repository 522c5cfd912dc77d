use crate::config::{Config, mail_address};
use accounts::{Logo, Message, Undelivered};
use lettre::Address;
use lettre::message::header::{ContentType, HeaderName, HeaderValue};
use lettre::message::{Attachment, Mailbox, MultiPart, SinglePart};
use lettre::transport::smtp::extension::ClientId;
use std::net::IpAddr;

/// What stands at the head of every mail: who sends it, and whose host names it.
#[derive(Debug)]
pub struct Letterhead {
    from: Mailbox,
    reply_to: Option<Address>,
    host: String,
}

impl Letterhead {
    /// As configured.
    #[must_use]
    pub fn new(config: &Config) -> Self {
        Self {
            from: Mailbox::new(Some(one_line(&config.app.name)), config.mail.from.clone()),
            reply_to: config.mail.reply_to.clone(),
            host: config.origin.host().to_owned(),
        }
    }

    /// The mail with its headers. Only its boundary differs at another try.
    pub(super) fn write(&self, message: &Message) -> Result<lettre::Message, Undelivered> {
        let to = mail_address(&message.to)
            .ok_or_else(|| Undelivered::Never("mail cannot be written to its address".to_owned()))?;
        let mut mail = lettre::Message::builder()
            .from(self.from.clone())
            .to(to.into())
            .subject(one_line(&message.subject))
            .date(message.at.into())
            .message_id(Some(format!("<{}@{}>", message.id, self.host)))
            // Nobody's absence is told to a machine (RFC 3834).
            .raw_header(HeaderValue::new(
                HeaderName::new_from_ascii_str("Auto-Submitted"),
                "auto-generated".to_owned(),
            ));
        if let Some(reply_to) = &self.reply_to {
            mail = mail.reply_to(reply_to.clone().into());
        }
        mail.multipart(parts(message)).map_err(|error| Undelivered::Never(error.to_string()))
    }

    /// Who greets a mail server.
    pub(super) fn client(&self) -> ClientId {
        match self.host.trim_matches(['[', ']']).parse() {
            Ok(IpAddr::V4(address)) => ClientId::Ipv4(address),
            Ok(IpAddr::V6(address)) => ClientId::Ipv6(address),
            Err(_) => ClientId::Domain(self.host.clone()),
        }
    }
}

/// The plain text and, as what readers prefer, the document with its picture.
fn parts(message: &Message) -> MultiPart {
    let (text, html) = (message.text.clone(), message.html.clone());
    let picture = message.logo.as_deref().and_then(|logo| {
        let kind = ContentType::parse(logo.media_type()).ok()?;
        Some(Attachment::new_inline(Logo::CONTENT_ID.to_owned()).body(logo.bytes().to_vec(), kind))
    });
    let Some(picture) = picture else { return MultiPart::alternative_plain_html(text, html) };
    let document = MultiPart::related().singlepart(SinglePart::html(html)).singlepart(picture);
    MultiPart::alternative().singlepart(SinglePart::plain(text)).multipart(document)
}

/// A text that ends no header: each control character becomes a space.
fn one_line(text: &str) -> String {
    text.chars().map(|c| if c.is_control() { ' ' } else { c }).collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::config::RawConfig;
    use time::OffsetDateTime;
    use uuid::Uuid;

    fn letterhead(change: impl FnOnce(&mut Config)) -> Letterhead {
        let mut config = Config::new(&RawConfig {
            app_env: Some("development".to_owned()),
            database_url: Some("postgres://localhost/app".to_owned()),
            ..RawConfig::default()
        })
        .unwrap();
        change(&mut config);
        Letterhead::new(&config)
    }

    fn message(to: &str, subject: &str) -> Message {
        Message {
            id: Uuid::from_u128(7),
            to: to.to_owned(),
            subject: subject.to_owned(),
            text: "Open https://accounts.example.com/reset#token\n".to_owned(),
            html: "<p>Open</p>".to_owned(),
            logo: None,
            at: OffsetDateTime::UNIX_EPOCH,
        }
    }

    fn headers(mail: &lettre::Message) -> Vec<String> {
        let text = String::from_utf8(mail.formatted()).unwrap();
        let (head, _) = text.split_once("\r\n\r\n").unwrap();
        let lines = head.replace("\r\n ", " ").replace("\r\n\t", " ");
        assert!(!lines.replace("\r\n", "").contains(['\r', '\n']), "{lines:?}");
        lines.split("\r\n").map(str::to_owned).collect()
    }

    const NAMES: [&str; 8] =
        ["From", "To", "Subject", "Date", "Message-ID", "Auto-Submitted", "MIME-Version", "Content-Type"];

    #[test]
    fn a_mail_has_these_headers_and_no_other() {
        let head = headers(&letterhead(|_| ()).write(&message("ana@example.com", "Hello")).unwrap());
        let names: Vec<_> = head.iter().map(|line| line.split_once(": ").unwrap().0).collect();
        assert_eq!(names, NAMES);
        assert_eq!(
            head[..6],
            [
                "From: Doorstep <no-reply@localhost>",
                "To: ana@example.com",
                "Subject: Hello",
                "Date: Thu, 01 Jan 1970 00:00:00 +0000",
                "Message-ID: <00000000-0000-0000-0000-000000000007@localhost>",
                "Auto-Submitted: auto-generated",
            ]
        );
        let letterhead = letterhead(|config| config.mail.reply_to = mail_address("help@example.com"));
        let head = headers(&letterhead.write(&message("ana@example.com", "Hello")).unwrap());
        assert!(head.contains(&"Reply-To: help@example.com".to_owned()), "{head:?}");
    }

    #[test]
    fn another_try_is_the_same_mail() {
        let (letterhead, message) = (letterhead(|_| ()), message("ana@example.com", "Hello"));
        let head = |mail: &lettre::Message| headers(mail)[..7].to_vec();
        assert_eq!(head(&letterhead.write(&message).unwrap()), head(&letterhead.write(&message).unwrap()));
    }

    #[test]
    fn nothing_that_a_mail_says_becomes_a_header() {
        let signs = ["\r\n", "\n", "\r", "\0", "\u{b}", "\u{85}"];
        for sign in signs {
            let evil = format!("Hello{sign}Bcc: eve@example.com{sign}{sign}<p>body");
            let evil_one = letterhead(|config| config.app.name.clone_from(&evil));
            let mail = evil_one.write(&message("ana@example.com", &evil)).unwrap();
            let head = headers(&mail);
            let names: Vec<_> = head.iter().map(|line| line.split_once(": ").unwrap().0).collect();
            assert_eq!(names, NAMES, "{sign:?}");
            for name in ["From", "Subject"] {
                let said = mail.headers().get_raw(name).unwrap();
                assert!(said.contains("Hello") && !said.contains(char::is_control), "{said:?}");
            }
            for to in [
                format!("ana@example.com{sign}Bcc: eve@example.com"),
                format!("ana{sign}@example.com"),
                format!("ana@example.com{sign}"),
            ] {
                let refused = letterhead(|_| ()).write(&message(&to, "Hello"));
                assert!(matches!(refused, Err(Undelivered::Never(_))), "{to:?}");
            }
        }
        for to in ["ana@example.com, eve@example.com", "Ana <ana@example.com>", "", "@", "ana"] {
            assert!(letterhead(|_| ()).write(&message(to, "Hello")).is_err(), "{to:?}");
        }
    }

    #[test]
    fn letters_of_every_script_arrive() {
        let named = letterhead(|config| config.app.name = "Haustür, \"GmbH\"".to_owned());
        let mail = named.write(&message("jörg@bücher.example", "Grüße ✉")).unwrap();
        let head = headers(&mail);
        assert!(head[0].starts_with("From: ") && head[0].ends_with(" <no-reply@localhost>"), "{head:?}");
        assert_eq!(head[1], "To: jörg@xn--bcher-kva.example");
        assert!(head[2].starts_with("Subject: =?utf-8?b?"), "{head:?}");
    }
}
