//! `SMTP_URL` and what belongs to it. No refusal repeats anything that could be a password.

use super::account_rules::AccountRules;
use super::env::AppEnv;
use super::error::{ConfigError, ConfigErrors};
use super::raw::RawConfig;
use super::secret::{readable_by_others, secret};
use super::value::{filled, host, percent_decoded};
use accounts::{Signup, identifier};
use edge::origin::is_loopback;
use http::Uri;
use lettre::Address;
use lettre::transport::smtp::authentication::Credentials;
use lettre::transport::smtp::client::{Certificate, Tls, TlsParameters};

const NAME: &str = "SMTP_URL";
const EXAMPLE: &str = "set it to something like smtps://user:password@mail.example.com, or \
                       smtp://mail.example.com?tls=required, and write %40 for an @ in a user name or a password";
/// The sender of mails that stay on a developer's machine.
const NOBODY: &str = "no-reply@localhost";

/// Where mail goes, and who sends it.
#[derive(Debug, Clone)]
pub struct MailConfig {
    /// Where it goes.
    pub transport: MailTransport,
    /// `MAIL_FROM`.
    pub from: Address,
    /// `MAIL_REPLY_TO`.
    pub reply_to: Option<Address>,
}

impl MailConfig {
    /// Whether there is mail.
    #[must_use]
    pub fn is_on(&self) -> bool {
        !matches!(self.transport, MailTransport::None)
    }
}

/// Where mail goes.
#[derive(Debug, Clone)]
pub enum MailTransport {
    /// To a mail server.
    Smtp(SmtpServer),
    /// Nowhere: a developer reads it under `/dev/mail`.
    Mailbox,
    /// There is none.
    None,
}

/// A mail server, as `SMTP_URL` names it.
#[derive(Debug, Clone)]
pub struct SmtpServer {
    /// Its name or address, without brackets.
    pub host: String,
    /// Its port.
    pub port: u16,
    /// Whether and how the way there is encrypted.
    pub tls: Tls,
    /// Who we are to it; not shown.
    pub credentials: Option<Credentials>,
}

/// The form of an address that mail servers understand: its domain in ASCII. `None` for what is no address.
#[must_use]
pub fn mail_address(text: &str) -> Option<Address> {
    let address = identifier::address(text).filter(|_| !text.contains(char::is_control))?;
    let (user, _) = address.shown.rsplit_once('@')?;
    let (_, domain) = address.canonical.rsplit_once('@')?;
    Address::new(user, domain).ok()
}

/// Whether there is a mail server, however it is written.
pub(super) fn is_set_up(raw: &RawConfig) -> bool {
    [&raw.smtp_url, &raw.smtp_url_file].into_iter().any(|text| filled(text.as_deref()).is_some())
}

pub(super) fn mail(
    raw: &RawConfig,
    env: AppEnv,
    accounts: &AccountRules,
    errors: &mut ConfigErrors,
) -> Option<MailConfig> {
    let from = errors.keep(address("MAIL_FROM", raw.mail_from.as_deref()));
    let reply_to = errors.or(None, address("MAIL_REPLY_TO", raw.mail_reply_to.as_deref()));
    let authority = errors.or(None, authority(raw.smtp_ca_file.as_deref()));
    let url = secret(NAME, raw.smtp_url.as_deref(), raw.smtp_url_file.as_deref());
    let transport = match errors.keep(url)? {
        Some(url) => {
            if matches!(from, Some(None)) {
                errors.keep::<()>(Err(unset_sender()));
            }
            MailTransport::Smtp(errors.keep(server(&url, env, authority.as_ref()))?)
        }
        None if env == AppEnv::Development => MailTransport::Mailbox,
        None => {
            if accounts.signup == Signup::Verify {
                errors.keep::<()>(Err(needed_to_sign_up()));
            }
            if accounts.require_verified {
                errors.keep::<()>(Err(needed_to_prove()));
            }
            MailTransport::None
        }
    };
    let from = from?.or_else(|| mail_address(NOBODY))?;
    Some(MailConfig { transport, from, reply_to })
}

/// What works but is probably a mistake.
pub(super) fn warnings(raw: &RawConfig, env: AppEnv, mail: &MailConfig) -> Vec<String> {
    let keys = filled(raw.encryption_key_file.as_deref());
    let needed = if keys.is_some() { "" } else { ", which needs ENCRYPTION_KEY_FILE" };
    let off = (!mail.is_on()).then(|| {
        format!(
            "{NAME}: it is not set, so mail is off: nobody gets back in by themselves; make and copy links with \
             `server link`{needed}"
        )
    });
    let file = (env == AppEnv::Production).then(|| readable_by_others(NAME, raw.smtp_url_file.as_deref()));
    off.into_iter().chain(file.flatten()).collect()
}

fn needed_to_sign_up() -> ConfigError {
    ConfigError::new("SIGNUP", "\"verify\" needs mail; set SMTP_URL, or set it to open or closed")
}

fn needed_to_prove() -> ConfigError {
    let message = "without mail nobody can prove an address and go on; set SMTP_URL, or set it to false";
    ConfigError::new("REQUIRE_VERIFIED", message)
}

fn unset_sender() -> ConfigError {
    ConfigError::new(
        "MAIL_FROM",
        "it is not set; set it to the address that mails come from, such as no-reply@example.com",
    )
}

fn address(variable: &'static str, text: Option<&str>) -> Result<Option<Address>, ConfigError> {
    let Some(text) = filled(text) else { return Ok(None) };
    mail_address(text).map(Some).ok_or_else(|| {
        let message = format!(
            "{text:?} isn't a valid address; set it to something like no-reply@example.com, without a name: that is \
             APP_NAME"
        );
        ConfigError::new(variable, message)
    })
}

/// The certificates of `SMTP_CA_FILE`.
fn authority(path: Option<&str>) -> Result<Option<Certificate>, ConfigError> {
    let Some(path) = filled(path) else { return Ok(None) };
    let refuse = |why: String| ConfigError::new("SMTP_CA_FILE", format!("{path} {why}"));
    let pem = std::fs::read_to_string(path).map_err(|error| refuse(format!("cannot be read: {error}")))?;
    let found =
        Certificate::from_pem(pem.as_bytes()).ok().filter(|_| pem.contains("-----BEGIN CERTIFICATE-----"));
    found.map(Some).ok_or_else(|| refuse("holds no certificate in PEM".to_owned()))
}

fn server(url: &str, env: AppEnv, authority: Option<&Certificate>) -> Result<SmtpServer, ConfigError> {
    let refuse = |why: &str| ConfigError::new(NAME, why);
    // A # would end the address in the middle of a password.
    let uri: Option<Uri> = url.parse().ok().filter(|_| !url.contains('#'));
    let uri = uri.filter(|uri| matches!(uri.path(), "" | "/"));
    let parts =
        uri.as_ref().and_then(|uri| Some((uri.scheme_str()?, uri.authority()?.as_str(), uri.query())));
    let (scheme, place, query) = parts.ok_or_else(|| refuse(&format!("it cannot be read; {EXAMPLE}")))?;
    let (user, place) = place.rsplit_once('@').map_or((None, place), |(user, place)| (Some(user), place));
    let (host, port) = host(place).ok_or_else(|| refuse(&format!("it cannot be read; {EXAMPLE}")))?;
    let credentials = user.map(|user| credentials(user).ok_or_else(|| refuse(&unreadable_credentials())));
    let credentials = credentials.transpose()?;
    let parameters = || tls_parameters(host, authority);
    let (tls, usual_port) = match (&*scheme.to_ascii_lowercase(), query.unwrap_or_default()) {
        ("smtps", "" | "tls=required") => (Tls::Wrapper(parameters()?), 465),
        ("smtp", "tls=required") => (Tls::Required(parameters()?), 587),
        ("smtp", "tls=opportunistic") => (Tls::Opportunistic(parameters()?), 587),
        ("smtp", "") => (Tls::None, 25),
        ("smtp" | "smtps", _) => {
            return Err(refuse(&format!("only tls=required may follow the ?; {EXAMPLE}")));
        }
        _ => return Err(refuse(&format!("it begins with neither smtps: nor smtp:; {EXAMPLE}"))),
    };
    let may_be_plain = matches!(tls, Tls::None | Tls::Opportunistic(_));
    if may_be_plain && env == AppEnv::Production && !is_loopback(host) {
        return Err(refuse(&format!(
            "the way to {host} need not be encrypted, and whoever reads a mail on the way gets into the account; \
             write smtps://…, or ?tls=required at its end"
        )));
    }
    Ok(SmtpServer { host: host.to_owned(), port: port.unwrap_or(usual_port), tls, credentials })
}

fn unreadable_credentials() -> String {
    format!(
        "before the @ there must be a user name, a colon and a password, without control characters; {EXAMPLE}"
    )
}

fn credentials(user: &str) -> Option<Credentials> {
    let (user, password) = user.split_once(':')?;
    let (user, password) = (percent_decoded(user)?, percent_decoded(password)?);
    let whole = |text: &str| !text.is_empty() && !text.contains(char::is_control);
    (whole(&user) && whole(&password)).then(|| Credentials::new(user, password))
}

fn tls_parameters(host: &str, authority: Option<&Certificate>) -> Result<TlsParameters, ConfigError> {
    let builder = TlsParameters::builder(host.to_owned());
    let builder = match authority {
        Some(authority) => builder.add_root_certificate(authority.clone()),
        None => builder,
    };
    builder.build().map_err(|error| ConfigError::new("SMTP_CA_FILE", error.to_string()))
}
