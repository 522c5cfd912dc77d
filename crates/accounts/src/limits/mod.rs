//! How often something may be tried (promises P12 and P13 in docs/promises.md).

pub(crate) mod counts;
pub(crate) mod key;
mod memory;
mod moment;
pub(crate) mod network;
mod principal;
mod rate_limit;
mod redis;

pub use principal::RateLimit;
pub(crate) use rate_limit::RateLimiter;

use domain::UserId;
use store::throttle::Bucket;
use time::Duration;

/// Sign-ins from one address. A success gives nothing back, or a botnet would sign in to accounts of its own to get
/// more.
pub const SIGN_INS_OF_AN_ADDRESS: Bucket = Bucket { burst: 10, interval: Duration::seconds(20) };

/// The same over a longer time: with the 25 of the start never more than 50 in any hour (P13,
/// docs/adr/0004-fifty-sign-ins-an-hour.md).
pub const SIGN_INS_OF_AN_ADDRESS_IN_AN_HOUR: Bucket = Bucket { burst: 25, interval: Duration::seconds(144) };

/// Sign-ins to one account from a browser or a program that its owner has used: untouched by what strangers try.
pub const SIGN_INS_OF_A_DEVICE: Bucket = Bucket { burst: 10, interval: Duration::minutes(6) };

/// Sign-ins to one account from the network it was last signed in to from, while its name has to wait.
pub const SIGN_INS_OF_A_NETWORK: Bucket = Bucket { burst: 10, interval: Duration::minutes(6) };

/// New accounts from one address.
pub const SIGN_UPS_OF_AN_ADDRESS: Bucket = Bucket { burst: 10, interval: Duration::minutes(6) };

/// Guesses at the current password within a session. Each session has its own budget: a thief of one must not lock its
/// owner out.
pub const PROOFS_OF_A_SESSION: Bucket = Bucket { burst: 10, interval: Duration::minutes(6) };

/// How many passwords of one account go before strangers': fewer than the places that are kept free for known callers,
/// or an account with many sessions and browsers would fill them.
pub const SERVED_FIRST_OF_AN_ACCOUNT: Bucket = Bucket { burst: 5, interval: Duration::minutes(1) };

/// New addresses of one account: each try tells whether somebody has that address.
pub const ADDRESSES_OF_AN_ACCOUNT: Bucket = Bucket { burst: 10, interval: Duration::minutes(6) };

/// New usernames of one account, for the same reason.
pub const USERNAMES_OF_AN_ACCOUNT: Bucket = Bucket { burst: 10, interval: Duration::minutes(6) };

/// New addresses from one client, and new usernames likewise: it may have ten accounts an hour.
pub const NAMES_FROM_AN_ADDRESS: Bucket = Bucket { burst: 20, interval: Duration::minutes(3) };

/// Tries at a sign-in that waits for its second factor.
pub const FACTOR_TRIES_OF_A_SIGN_IN: i32 = 5;

/// Tries at the authenticator app of an account, and as many at its recovery codes and at its passkeys: with the ten of the
/// start never more than 20 in any hour. Each known device has as many of its own, which nobody else uses up.
pub const FACTOR_TRIES_OF_AN_ACCOUNT: Bucket = Bucket { burst: 10, interval: Duration::minutes(6) };

/// Second factors that one account begins to set up: each leaves a row, and the mails of some, somebody else's mailbox
/// perhaps. With the twenty of the start never more than 40 in any hour.
pub const FACTOR_SETUPS_OF_AN_ACCOUNT: Bucket = Bucket { burst: 20, interval: Duration::minutes(3) };

/// Exchanges of refresh tokens from one address, which each leave a row.
pub const REFRESHES_OF_AN_ADDRESS: Bucket = Bucket { burst: 60, interval: Duration::seconds(1) };

/// Mails of one purpose to one mailbox that strangers ask for.
pub const MAILS_TO_A_MAILBOX: Bucket = Bucket { burst: 3, interval: Duration::hours(1) };

/// The same for somebody who asks from a known device: what strangers ask for does not use it up.
pub const MAILS_FOR_A_DEVICE: Bucket = Bucket { burst: 3, interval: Duration::hours(1) };

/// Mails that one address asks for: with the ten of the start never more than 20 in any hour.
pub const MAILS_FROM_AN_ADDRESS: Bucket = Bucket { burst: 10, interval: Duration::minutes(6) };

/// Guesses at a mail's code: five for each token, which has ended when the next one would be there.
pub const GUESSES_AT_A_CODE: Bucket = Bucket { burst: 5, interval: Duration::days(8) };

/// How long until the next guess where an address has no code: all are forgotten within the hour.
pub const GUESSES_AT_NO_CODE_EVERY: Duration = Duration::minutes(12);

/// Guesses at codes from one address: never more than 20 in any hour either.
pub const GUESSES_FROM_AN_ADDRESS: Bucket = Bucket { burst: 10, interval: Duration::minutes(6) };

/// Notices of one account about what a stranger can repeat.
pub const NOTICES_OF_AN_ACCOUNT: Bucket = Bucket { burst: 1, interval: Duration::hours(1) };

/// Events of one attack in the audit trail.
pub const AUDIT_EVENTS_OF_AN_ATTACK: Bucket = Bucket { burst: 1, interval: Duration::hours(1) };

/// How long a failure counts, and how long a name waits after a hundred of them.
pub const FAILURES_COUNT_FOR: Duration = Duration::DAY;

/// How long a browser that is not used stays a known one.
pub const DEVICES_ARE_KNOWN_FOR: Duration = Duration::days(365);

/// How many browsers and programs of an account stay known.
pub const KNOWN_DEVICES_OF_AN_ACCOUNT: i64 = 50;

/// How long the network of an account's last sign-in is kept.
pub const NETWORKS_ARE_KNOWN_FOR: Duration = Duration::days(90);

/// All addresses of an IPv4 /24 or an IPv6 /48 together have ten times the budget of one: renting a whole network gains
/// little.
#[must_use]
pub fn of_a_network(of_an_address: Bucket) -> Bucket {
    Bucket { burst: of_an_address.burst * 10, interval: of_an_address.interval / 10 }
}

/// Seconds until the next try after the n-th failure in a row. People mistype twice; programs do not wait.
pub const SIGN_IN_DELAYS: [i32; 100] = sign_in_delays();

const fn sign_in_delays() -> [i32; 100] {
    let first = [0, 0, 0, 1, 3, 5, 10, 20, 40, 80, 160];
    let mut delays = [300; 100];
    let mut n = 0;
    while n < first.len() {
        delays[n] = first[n];
        n += 1;
    }
    delays[99] = 86_400;
    delays
}

/// Seconds until the next code of an app after the n-th wrong one in a row: a day after a hundred.
pub const CODES_IN_A_ROW: [i32; 100] = codes_in_a_row();

const fn codes_in_a_row() -> [i32; 100] {
    let mut delays = [0; 100];
    delays[99] = 86_400;
    delays
}

/// A code that somebody guesses at.
pub(crate) struct Guessed {
    /// Its token, or what takes the place of one.
    pub(crate) of: Vec<u8>,
    /// Whose it is.
    pub(crate) user: Option<UserId>,
    /// How long until the next guess.
    pub(crate) interval: Duration,
}
