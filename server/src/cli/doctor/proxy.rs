//! The way that people come: one request to `BASE_URL`, and what the server saw of it.

use super::{Finding, Health};
use crate::cli::args::Doctor;
use crate::config::Config;
use crate::echo::{self, HEADER, Seen};
use crate::outbound::{Answer, Question, Unanswered, ask};
use accounts::{Accounts, Rng, SystemRng};
use edge::CookieStyle;
use http::header::{LOCATION, SET_COOKIE, STRICT_TRANSPORT_SECURITY};
use http::{HeaderMap, Uri};
use std::net::{IpAddr, Ipv4Addr};

/// What a proxy says where no server answers it.
const NO_SERVER: [u16; 3] = [502, 503, 504];

pub(super) async fn way(config: &Config, accounts: &Accounts, words: &Doctor) -> Vec<Finding> {
    let question = echo::question(accounts, &SystemRng);
    let forged = nobody(&SystemRng);
    let at = words.at.as_deref().map(place).transpose();
    let (Ok(at), Ok(uri)) = (at, format!("{}{}", config.origin, echo::PATH).parse::<Uri>()) else {
        return vec![Finding::new("proxy", Health::Bad, "--at: write https://HOST or http://HOST:PORT")];
    };
    let (ca_file, header) = (words.ca_file.clone(), question.clone());
    let asked = tokio::task::spawn_blocking(move || {
        let (forged, doctor) = (forged.to_string(), header);
        let headers =
            [(HEADER.as_str(), doctor.as_str()), ("X-Forwarded-For", forged.as_str()), ("Accept", "*/*")];
        let (at, ca_file) = (at.as_ref(), ca_file.as_deref());
        ask(&Question { uri: &uri, at, ca_file, method: "GET", headers: &headers, body: b"" })
    });
    match asked.await {
        Ok(Ok(answer)) => match echo::read(accounts, &question, &answer.headers) {
            Some(seen) => {
                let way = Way {
                    forged,
                    own: answer.own,
                    https: config.origin.is_https(),
                    direct: words.is_plain(),
                };
                let mut findings = vec![way.judge(&seen)];
                findings
                    .extend(config.origin.is_https().then(|| kept(&answer.headers)).into_iter().flatten());
                findings
            }
            None => vec![unproven(&answer)],
        },
        Ok(Err(error)) => vec![unanswered(config, &error)],
        Err(error) => vec![Finding::new("proxy", Health::Bad, error.to_string())],
    }
}

impl Doctor {
    /// Whether the way that was named has no TLS, and so is not the one that people come.
    fn is_plain(&self) -> bool {
        self.at.as_deref().is_some_and(|at| at.starts_with("http:"))
    }
}

/// Where else to connect: a scheme, a host and perhaps a port.
fn place(text: &str) -> Result<Uri, ()> {
    let uri: Uri = text.parse().map_err(|_| ())?;
    let good =
        matches!(uri.scheme_str(), Some("http" | "https")) && uri.host().is_some_and(|host| !host.is_empty());
    if good { Ok(uri) } else { Err(()) }
}

/// An address that is nobody's (RFC 5737), another each time.
fn nobody(rng: &dyn Rng) -> IpAddr {
    let mut last = [0];
    rng.fill(&mut last);
    IpAddr::V4(Ipv4Addr::new(192, 0, 2, last[0]))
}

fn unanswered(config: &Config, error: &Unanswered) -> Finding {
    let base = &config.origin;
    match error {
        Unanswered::Untrusted(_) => {
            let says =
                format!("{base}: {error}; `--ca-file` names the certificate of an authority of your own");
            Finding::new("proxy", Health::Bad, says)
        }
        Unanswered::Refused(_) | Unanswered::Nonsense => {
            Finding::new("proxy", Health::Bad, format!("{base}: {error}"))
        }
        Unanswered::Unreachable(_) => {
            let says = format!(
                "not tried: {base} cannot be reached from here ({error}); `--at URL` names another way"
            );
            Finding::new("proxy", Health::Doubtful, says)
        }
    }
}

fn unproven(answer: &Answer) -> Finding {
    let status = answer.status;
    if NO_SERVER.contains(&status) {
        return Finding::new(
            "proxy",
            Health::Doubtful,
            format!("not tried: it answers {status}, so no server runs behind it"),
        );
    }
    if let Some(place) = leads_to(answer) {
        let says = format!(
            "BASE_URL leads on to {place} ({status}): set it to the address that people end at, or ask that by `--at`"
        );
        return Finding::new("proxy", Health::Bad, says);
    }
    let says = format!(
        "who answers ({status}) is no server of this version with this signing key, its clock is more than a minute off, \
         or the proxy takes the header {HEADER} away"
    );
    Finding::new("proxy", Health::Bad, says)
}

/// Where else an answer sends whoever asks. Its path may be anything, and a password has no business here.
fn leads_to(answer: &Answer) -> Option<String> {
    let location = answer.headers.get(LOCATION).filter(|_| (300..400).contains(&answer.status))?;
    let place: Uri = location.to_str().ok()?.parse().ok()?;
    let host = place.authority()?.as_str();
    let host = host.rsplit_once('@').map_or(host, |(_, host)| host);
    Some(format!("{}://{host}", place.scheme_str()?))
}

/// How the question went.
struct Way {
    /// What it said of itself in `X-Forwarded-For`.
    forged: IpAddr,
    /// Which of this machine's addresses it came from.
    own: IpAddr,
    /// Whether people come by TLS, which the server does not speak.
    https: bool,
    /// Whether it went past the proxy.
    direct: bool,
}

impl Way {
    fn judge(&self, seen: &Seen) -> Finding {
        let (health, says) = self.judged(seen);
        Finding::new("proxy", health, says)
    }

    fn judged(&self, seen: &Seen) -> (Health, String) {
        let Seen { client, peer, .. } = *seen;
        let own = self.own;
        if client == self.forged {
            return self.believed(seen);
        }
        if !seen.trusted {
            return match (self.https, peer == own) {
                (false, true) => {
                    (Health::Good, format!("there is none; the server saw this machine's own address {own}"))
                }
                (true, _) if self.direct => {
                    (Health::Doubtful, "not tried: the server was asked directly".to_owned())
                }
                (false, false) => (Health::Doubtful, shared(peer)),
                (true, _) => (
                    Health::Bad,
                    format!(
                        "{peer} is not in TRUSTED_PROXIES, so its address is taken for everybody's, and all share its limits"
                    ),
                ),
            };
        }
        if seen.forwarded.is_empty() || client == peer && client != own {
            let says = format!(
                "{peer} sends no X-Forwarded-For, so its address is taken for everybody's; let it send the header"
            );
            return (Health::Bad, says);
        }
        if client != own && is_private(client) {
            return (Health::Doubtful, shared(client));
        }
        let note = if client == own {
            ""
        } else {
            "; see that it is the one by which this machine reaches the internet"
        };
        (
            Health::Good,
            format!("a request by {peer} was seen as {client}'s, and a forged address had no effect{note}"),
        )
    }

    /// The server took the question for what it said of itself.
    fn believed(&self, seen: &Seen) -> (Health, String) {
        let list: Vec<&str> = seen.forwarded.split(',').map(str::trim).collect();
        let forged = self.forged.to_string();
        let hop = list.iter().rposition(|entry| *entry == forged).and_then(|at| list.get(at + 1));
        let own = self.own.to_string();
        if hop.is_some_and(|hop| *hop == own) || hop.is_none() && seen.peer == self.own {
            let says = format!(
                "this machine's address {own} is in TRUSTED_PROXIES, so the server believes what it says of others: ask from \
                 another machine, or by `--at URL`"
            );
            return (Health::Doubtful, says);
        }
        let says = match hop {
            Some(hop) => format!(
                "strangers choose the address that they are seen as: the proxy saw {hop}, which is in TRUSTED_PROXIES"
            ),
            None => format!(
                "strangers choose the address that they are seen as: {} passes on the X-Forwarded-For of clients; let it \
                 replace that, or append to it",
                seen.peer
            ),
        };
        (Health::Bad, says)
    }
}

fn shared(address: IpAddr) -> String {
    format!(
        "the request was seen as {address}'s: where that is a router or a node, all who come through it share its limits"
    )
}

fn is_private(address: IpAddr) -> bool {
    match address {
        IpAddr::V4(address) => {
            let carrier = matches!(address.octets(), [100, 64..128, ..]);
            carrier || address.is_private() || address.is_loopback() || address.is_link_local()
        }
        IpAddr::V6(address) => {
            address.is_loopback() || address.is_unique_local() || address.is_unicast_link_local()
        }
    }
}

/// What of an answer has to reach browsers as it was sent.
fn kept(headers: &HeaderMap) -> Vec<Finding> {
    let name = CookieStyle::new(true).trial_name();
    let cookies = headers.get_all(SET_COOKIE).iter().filter_map(|value| value.to_str().ok());
    let whole = cookies.filter(|cookie| cookie.split('=').next() == Some(name)).any(|cookie| {
        let attributes: Vec<_> =
            cookie.split(';').skip(1).map(|part| part.trim().to_ascii_lowercase()).collect();
        let wanted = ["secure", "httponly", "path=/", "samesite=lax"];
        wanted.iter().all(|one| attributes.iter().any(|attribute| attribute == one))
            && !attributes.iter().any(|attribute| attribute.starts_with("domain"))
    });
    let cookies = if whole {
        Finding::new("cookies", Health::Good, "they reach a browser as __Host- cookies, Secure and HttpOnly")
    } else {
        let says =
            "a __Host- cookie did not arrive as it was sent: let the proxy pass Set-Cookie on as it is";
        Finding::new("cookies", Health::Bad, says)
    };
    let hsts = headers.get(STRICT_TRANSPORT_SECURITY).and_then(|value| value.to_str().ok());
    let age = hsts.and_then(|value| {
        let part =
            value.split(';').map(str::trim).find(|part| part.to_ascii_lowercase().starts_with("max-age="))?;
        part["max-age=".len()..].trim_matches('"').parse::<u64>().ok()
    });
    let https = if age.is_some_and(|age| age > 0) {
        Finding::new(
            "https",
            Health::Good,
            "browsers are told to use nothing else (Strict-Transport-Security)",
        )
    } else {
        let says = "Strict-Transport-Security did not arrive: let the proxy pass it on";
        Finding::new("https", Health::Bad, says)
    };
    vec![cookies, https]
}

#[cfg(test)]
mod tests;
