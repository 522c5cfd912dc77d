//! What each mail says. One layout makes the plain text of it, another the document.
//!
//! No mail holds a person's name: whoever can choose one could write into a stranger's mailbox. For the same reason
//! the name of a program is cut to a few letters ([`words::client_of`]), and every link is one of ours.

mod closing;
mod colours;
mod content;
mod factors;
mod html;
mod notices;
mod requests;
#[cfg(test)]
mod tests;
mod text;

use crate::{Error, Logo, Settings};
use content::{Block, Content};
use domain::is_invisible;
pub(crate) use factors::FactorChange;
use notices::at;
use time::OffsetDateTime;

/// One variant a mail. A code is as it is shown, `ABCDE-FGHIJ`; a client is what [`words::client_of`] makes of an agent.
pub(crate) enum Letter<'a> {
    /// Somebody forgot the password.
    Reset { link: &'a str, code: &'a str, minutes: u64 },
    /// The address of a new account wants proof.
    Verify { link: &'a str, code: &'a str, hours: u64 },
    /// Somebody signs up where an account needs a proven address first.
    SignUp { link: &'a str, code: &'a str, hours: u64 },
    /// Somebody signed up with the address of an account.
    AlreadyRegistered { sign_in: &'a str, forgot: &'a str },
    /// To the new address: it wants proof.
    ConfirmNewEmail { link: &'a str, code: &'a str, hours: u64 },
    /// To the old address: the new one waits for its proof.
    EmailChangeRequested { new_email: &'a str, not_me: Option<NotMe<'a>> },
    /// To the old address.
    EmailChanged { new_email: &'a str, not_me: Option<NotMe<'a>> },
    /// To the new address, which nobody has proven.
    EmailIsYours,
    /// Its owner changed it.
    PasswordChanged { when: OffsetDateTime, client: &'a str, not_me: Option<NotMe<'a>> },
    /// It was forgotten, and chosen anew.
    PasswordReset { when: OffsetDateTime, client: &'a str, not_me: Option<NotMe<'a>> },
    /// A sign-in from a device that is not known.
    NewDevice { when: OffsetDateTime, client: &'a str, address: &'a str, not_me: Option<NotMe<'a>> },
    /// A refresh token came back after it had been used.
    TokenReused { when: OffsetDateTime, client: &'a str, not_me: Option<NotMe<'a>> },
    /// By an admin.
    Disabled,
    /// Its owner deleted it.
    Closing {
        closes: OffsetDateTime,
        when: OffsetDateTime,
        client: &'a str,
        sign_in: &'a str,
        not_me: Option<NotMe<'a>>,
    },
    /// The same, some days before its end.
    ClosesSoon { closes: OffsetDateTime, sign_in: &'a str, not_me: Option<NotMe<'a>> },
    /// For good.
    Deleted { when: OffsetDateTime, client: &'a str },
    /// It was to be deleted, and was restored.
    Restored { when: OffsetDateTime, client: &'a str, not_me: Option<NotMe<'a>> },
    /// "This wasn't me" was used.
    Recovered { when: OffsetDateTime, client: &'a str, factor_stays: bool, restored: bool },
    /// What became of a second factor, or was tried with it.
    Factor { change: FactorChange<'a>, when: OffsetDateTime, client: &'a str, not_me: Option<NotMe<'a>> },
    /// By an admin: a sign-in takes no second step any more.
    FactorsCleared { when: OffsetDateTime },
    /// The way round a throttled password.
    SignInCode { code: &'a str, minutes: u64, sign_in_page: &'a str },
    /// What shows in a session that the account is its owner's.
    ConfirmationCode { code: &'a str, minutes: u64, page: &'a str },
    /// Somebody may make an account.
    Invite { link: &'a str, code: &'a str, days: u64, role_is_admin: bool },
    /// Whoever runs the site tries the mail server.
    Trial,
}

/// What takes the account back: a link, or the code where a person types it.
#[derive(Clone, Copy)]
pub(crate) struct NotMe<'a> {
    pub(crate) link: &'a str,
    pub(crate) code: &'a str,
    pub(crate) days: u64,
}

/// Who sends it.
pub(crate) struct Sender<'a> {
    /// `APP_NAME`.
    pub(crate) app_name: &'a str,
    /// `BASE_URL`: where every link leads.
    pub(crate) base_url: &'a str,
    /// `SUPPORT_URL`.
    pub(crate) support_url: Option<&'a str>,
    /// `APP_LOGO_FILE`, which goes along with the mail.
    pub(crate) logo: Option<&'a Logo>,
}

impl<'a> From<&'a Settings> for Sender<'a> {
    fn from(Settings { mail, issuer, .. }: &'a Settings) -> Self {
        Self {
            app_name: &mail.app_name,
            base_url: issuer,
            support_url: mail.support_url.as_deref(),
            logo: mail.logo.as_deref(),
        }
    }
}

/// A mail without its address.
pub(crate) struct Composed {
    pub(crate) subject: String,
    pub(crate) text: String,
    pub(crate) html: String,
}

impl<'a> Letter<'a> {
    /// The mail in both forms.
    ///
    /// # Errors
    /// [`Error::Internal`] where a link leads away from `BASE_URL`: no such mail is sent.
    pub(crate) fn compose(&self, sender: &Sender) -> Result<Composed, Error> {
        let content = self.content(sender);
        for block in &content.blocks {
            match block {
                Block::Button { link, .. } => own(link, sender.base_url)?,
                Block::Link { link, .. } => own(link, sender.base_url)?,
                Block::Paragraph(_) | Block::Facts(_) | Block::Code(_) | Block::Help(_) => {}
            }
        }
        sender.support_url.map_or(Ok(()), page_or_address)?;
        Ok(Composed {
            subject: one_line(&content.subject),
            text: text::of(&content, sender),
            html: html::of(&content, sender),
        })
    }

    fn content(&self, sender: &Sender) -> Content<'a> {
        let app = sender.app_name;
        match *self {
            Letter::Reset { link, code, minutes } => requests::reset(app, link, code, minutes),
            Letter::Verify { link, code, hours } => requests::verify(app, link, code, hours),
            Letter::SignUp { link, code, hours } => requests::sign_up(app, link, code, hours),
            Letter::AlreadyRegistered { sign_in, forgot } => {
                requests::already_registered(app, sign_in, forgot)
            }
            Letter::ConfirmNewEmail { link, code, hours } => {
                requests::confirm_new_email(app, link, code, hours)
            }
            Letter::SignInCode { code, minutes, sign_in_page } => {
                requests::sign_in_code(app, code, minutes, sign_in_page)
            }
            Letter::ConfirmationCode { code, minutes, page } => {
                requests::confirmation_code(app, code, minutes, page)
            }
            Letter::Invite { link, code, days, role_is_admin } => {
                requests::invite(app, link, code, days, role_is_admin)
            }
            Letter::EmailChangeRequested { new_email, not_me } => {
                notices::email_change_requested(sender, new_email, not_me)
            }
            Letter::EmailChanged { new_email, not_me } => notices::email_changed(sender, new_email, not_me),
            Letter::EmailIsYours => notices::email_is_yours(app),
            Letter::PasswordChanged { when, client, not_me } => {
                notices::password_changed(sender, when, client, not_me)
            }
            Letter::PasswordReset { when, client, not_me } => {
                notices::password_reset(sender, when, client, not_me)
            }
            Letter::NewDevice { when, client, address, not_me } => {
                notices::new_device(sender, (when, client, address), not_me)
            }
            Letter::TokenReused { when, client, not_me } => {
                notices::token_reused(sender, when, client, not_me)
            }
            Letter::Closing { closes, when, client, sign_in, not_me } => {
                closing::closing(sender, closes, (when, client), sign_in, not_me)
            }
            Letter::ClosesSoon { closes, sign_in, not_me } => {
                closing::closes_soon(sender, closes, sign_in, not_me)
            }
            Letter::Deleted { when, client } => closing::deleted(sender, when, client),
            Letter::Restored { when, client, not_me } => closing::restored(sender, when, client, not_me),
            Letter::Factor { change, when, client, not_me } => {
                factors::changed(sender, change, at(when, client), not_me)
            }
            Letter::FactorsCleared { when } => factors::cleared(sender, when),
            Letter::Trial => requests::trial(sender),
            Letter::Disabled => notices::disabled(sender),
            Letter::Recovered { when, client, factor_stays, restored } => {
                notices::recovered(sender, at(when, client), factor_stays, restored)
            }
        }
    }
}

/// Printable, and below `BASE_URL`.
fn own(link: &str, base_url: &str) -> Result<(), Error> {
    let path = link.strip_prefix(base_url.trim_end_matches('/'));
    let own = path.is_some_and(|path| path.is_empty() || path.starts_with('/'));
    if own && is_printable(link) { Ok(()) } else { Err(Error::internal("a mail's link leads elsewhere")) }
}

fn page_or_address(url: &str) -> Result<(), Error> {
    let scheme = url.split(':').next().unwrap_or_default().to_ascii_lowercase();
    let good = matches!(scheme.as_str(), "https" | "http" | "mailto") && is_printable(url);
    if good { Ok(()) } else { Err(Error::internal("the support address is no link for a mail")) }
}

fn is_printable(url: &str) -> bool {
    url.bytes().all(|byte| matches!(byte, b'!'..=b'~') && !b"\"'<>\\^`{|}".contains(&byte))
}

/// Without what would begin a new line, in a header above all, and without what nobody sees.
fn one_line(text: &str) -> String {
    let blank = |c: char| c.is_control() || c.is_whitespace() || is_invisible(c);
    text.split(blank).filter(|word| !word.is_empty()).collect::<Vec<_>>().join(" ")
}
