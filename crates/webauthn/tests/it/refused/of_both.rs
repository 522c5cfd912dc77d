//! What can be wrong with either kind of answer.

use crate::mutation::Change::{Answer, Draft, Scene, Server, Text};
use crate::mutation::{Mutation, ask, flags, other_letter, say, write};
use crate::scene::ORIGIN;
use serde_json::{Value, json};
use testkit::passkey::flag;
use time::Duration;
use webauthn::Refusal;

/// What the browser says of the page.
pub const CLIENT_DATA: &[Mutation] = &[
    ("no type", Refusal::ClientData, Draft(|d| say(d, r#""type""#, r#""kind""#))),
    ("a type with a suffix", Refusal::Type, Draft(|d| say(d, r#"","challenge"#, r#".x","challenge"#))),
    ("a type of payments", Refusal::Type, Draft(|d| say(d, r#""type":"webauthn."#, r#""type":"payment."#))),
    ("the type twice", Refusal::ClientData, Draft(|d| say(d, "}", r#","type":"webauthn.get"}"#))),
    ("no challenge", Refusal::ClientData, Draft(|d| say(d, r#""challenge""#, r#""question""#))),
    ("an empty challenge", Refusal::Challenge, Draft(|d| ask(d, |_| String::new()))),
    ("a challenge of another nonce", Refusal::Challenge, Draft(|d| ask(d, other_letter))),
    ("a challenge that was cut off", Refusal::Challenge, Draft(|d| ask(d, |text| text[..60].to_owned()))),
    ("a challenge of zeros", Refusal::Challenge, Draft(|d| ask(d, |_| "A".repeat(75)))),
    (
        "a challenge that is too long",
        Refusal::TooLong,
        Draft(|d| ask(d, |text| format!("{text}AAAAAAAAAAAA"))),
    ),
    (
        "a longer challenge",
        Refusal::Challenge,
        Draft(|d| ask(d, |text| text[..72].to_owned() + &text[72..74] + "AAAA")),
    ),
    ("a padded challenge", Refusal::Base64url, Draft(|d| ask(d, |text| format!("{text}=")))),
    ("a challenge with stray bits", Refusal::Base64url, Draft(|d| ask(d, stray))),
    ("the challenge twice", Refusal::ClientData, Draft(|d| say(d, "}", r#","challenge":"AAAA"}"#))),
    (
        "the challenge as another's hash",
        Refusal::Challenge,
        Draft(|d| ask(d, |_| "n4bQgYhMfWWaL-qgxVrQFaO_TxsrC4Is0V1sFbDwCgg".to_owned())),
    ),
    (
        "the challenge of the other purpose",
        Refusal::Challenge,
        Scene(|scene, d| {
            let [one, other] = [&scene.creation_options, &scene.request_options]
                .map(|options| options["challenge"].as_str().unwrap().to_owned());
            ask(d, |text| if text == one { other.clone() } else { one.clone() });
        }),
    ),
    ("another browser's challenge", Refusal::Challenge, Server(|_, sent| sent.browser = b"eve's browser")),
    ("a browser without a cookie", Refusal::Challenge, Server(|_, sent| sent.browser = b"")),
    ("an old challenge", Refusal::ChallengeExpired, Server(|_, sent| sent.now += Duration::minutes(5))),
    ("a challenge of yesterday", Refusal::ChallengeExpired, Server(|_, sent| sent.now += Duration::DAY)),
    ("a challenge of tomorrow", Refusal::ChallengeExpired, Server(|_, sent| sent.now -= Duration::DAY)),
    ("no origin", Refusal::ClientData, Draft(|d| say(d, r#""origin""#, r#""place""#))),
    (
        "an origin with a suffix",
        Refusal::Origin,
        Draft(|d| say(d, ORIGIN, "https://accounts.example.com.evil.example")),
    ),
    (
        "an origin with a longer name",
        Refusal::Origin,
        Draft(|d| say(d, ORIGIN, "https://accounts.example.community")),
    ),
    (
        "an origin with a prefix",
        Refusal::Origin,
        Draft(|d| say(d, ORIGIN, "https://evil-accounts.example.com")),
    ),
    ("an origin that is cut off", Refusal::Origin, Draft(|d| say(d, ORIGIN, "https://accounts.example.co"))),
    ("a subdomain's origin", Refusal::Origin, Draft(|d| say(d, ORIGIN, "https://blog.accounts.example.com"))),
    ("the parent domain's origin", Refusal::Origin, Draft(|d| say(d, ORIGIN, "https://example.com"))),
    (
        "an origin with another port",
        Refusal::Origin,
        Draft(|d| say(d, ORIGIN, "https://accounts.example.com:8443")),
    ),
    (
        "an origin with its default port",
        Refusal::Origin,
        Draft(|d| say(d, ORIGIN, "https://accounts.example.com:443")),
    ),
    ("an origin without TLS", Refusal::Origin, Draft(|d| say(d, ORIGIN, "http://accounts.example.com"))),
    ("an app's origin", Refusal::Origin, Draft(|d| say(d, ORIGIN, "android:apk-key-hash:AAAA"))),
    ("an origin with a path", Refusal::Origin, Draft(|d| say(d, ORIGIN, "https://accounts.example.com/"))),
    (
        "an origin with a name",
        Refusal::Origin,
        Draft(|d| say(d, ORIGIN, "https://accounts.example.com@evil.example")),
    ),
    ("an origin in capitals", Refusal::Origin, Draft(|d| say(d, ORIGIN, "https://ACCOUNTS.example.com"))),
    ("an opaque origin", Refusal::Origin, Draft(|d| say(d, ORIGIN, "null"))),
    ("another site's origin", Refusal::Origin, Draft(|d| say(d, ORIGIN, "https://evil.example"))),
    (
        "two origins",
        Refusal::ClientData,
        Draft(|d| say(d, "}", r#","origin":"https://accounts.example.com"}"#)),
    ),
    (
        "a list of origins",
        Refusal::ClientData,
        Draft(|d| say(d, &format!(r#""{ORIGIN}""#), &format!(r#"["{ORIGIN}"]"#))),
    ),
    ("a page inside another's", Refusal::CrossOrigin, Draft(|d| say(d, "false", "true"))),
    ("a word for false", Refusal::CrossOrigin, Draft(|d| say(d, "false", r#""false""#))),
    (
        "a page on top",
        Refusal::CrossOrigin,
        Draft(|d| say(d, "}", r#","topOrigin":"https://evil.example"}"#)),
    ),
    ("client data that go on", Refusal::ClientData, Draft(|d| d.client_data.extend(b"{}"))),
    ("client data that end early", Refusal::ClientData, Draft(|d| d.client_data.truncate(40))),
    (
        "client data with a mark of UTF-8",
        Refusal::ClientData,
        Draft(|d| d.client_data = [b"\xef\xbb\xbf", &d.client_data[..]].concat()),
    ),
    ("client data that are no UTF-8", Refusal::ClientData, Draft(|d| d.client_data[2] = 0xff)),
    (
        "client data in a list",
        Refusal::ClientData,
        Draft(|d| d.client_data = [b"[", &d.client_data[..], b"]"].concat()),
    ),
    ("no client data", Refusal::ClientData, Draft(|d| d.client_data.clear())),
];

/// How it comes to us.
pub const JSON: &[Mutation] = &[
    ("an empty text", Refusal::Json, Text(|_| String::new())),
    ("text behind the answer", Refusal::Json, Text(|text| format!("{text} {text}"))),
    ("half an answer", Refusal::Json, Text(|text| text[..text.len() / 2].to_owned())),
    ("an answer in a list", Refusal::Json, Text(|text| format!("[{text}]"))),
    ("an answer that is too long", Refusal::TooLong, Text(|text| " ".repeat(16 * 1024) + text)),
    (
        "a member that stands there twice",
        Refusal::Json,
        Text(|text| text.replacen('{', r#"{"type":"public-key","#, 1)),
    ),
    (
        "an inner member that stands there twice",
        Refusal::Json,
        Text(|text| text.replacen(r#""response":{"#, r#""response":{"clientDataJSON":"e30","#, 1)),
    ),
    ("a password's type", Refusal::Json, Answer(|answer| answer["type"] = "password".into())),
    ("no answer inside", Refusal::Json, Answer(|answer| answer["response"] = Value::Null)),
    ("an answer of no members", Refusal::Json, Answer(|answer| answer["response"] = json!([]))),
    ("no id", Refusal::Json, Answer(|answer| answer["id"] = Value::Null)),
    ("two ids", Refusal::CredentialId, Answer(|answer| write(answer, "/rawId", other_letter))),
    ("a padded id", Refusal::Base64url, Answer(|answer| write(answer, "/id", |text| format!("{text}=")))),
    ("an id that is too long", Refusal::TooLong, Answer(|answer| answer["id"] = "A".repeat(1368).into())),
    (
        "another id",
        Refusal::CredentialId,
        Answer(|answer| {
            write(answer, "/id", other_letter);
            write(answer, "/rawId", other_letter);
        }),
    ),
    (
        "padded client data",
        Refusal::Base64url,
        Answer(|answer| {
            write(answer, "/response/clientDataJSON", |text| text.trim_end_matches('=').to_owned() + "=");
        }),
    ),
    (
        "client data that are too long",
        Refusal::TooLong,
        Draft(|d| say(d, "}", &format!(r#","more":"{}"}}"#, "x".repeat(2048)))),
    ),
];

/// What the authenticator says of whom, and of itself.
pub const FLAGS: &[Mutation] = &[
    ("another site's hash", Refusal::RpId, Draft(|d| d.authenticator_data[..32].fill(7))),
    ("a hash with one bit changed", Refusal::RpId, Draft(|d| d.authenticator_data[31] ^= 1)),
    ("nobody present", Refusal::UserPresence, Draft(|d| flags(d, flag::PRESENT, 0))),
    ("nobody verified", Refusal::UserVerification, Draft(|d| flags(d, flag::VERIFIED, 0))),
    (
        "neither present nor verified",
        Refusal::UserPresence,
        Draft(|d| flags(d, flag::PRESENT | flag::VERIFIED, 0)),
    ),
    ("a copy that may not be", Refusal::BackupFlags, Draft(|d| flags(d, 0, flag::BACKED_UP))),
    ("extensions that are not there", Refusal::AuthenticatorData, Draft(|d| flags(d, 0, flag::EXTENDED))),
    (
        "extensions that are no map",
        Refusal::AuthenticatorData,
        Draft(|d| {
            flags(d, 0, flag::EXTENDED);
            d.authenticator_data.push(0);
        }),
    ),
    (
        "extensions that go on",
        Refusal::AuthenticatorData,
        Draft(|d| {
            flags(d, 0, flag::EXTENDED);
            d.authenticator_data.extend([0xa0, 0]);
        }),
    ),
    (
        "extensions without an end",
        Refusal::AuthenticatorData,
        Draft(|d| {
            flags(d, 0, flag::EXTENDED);
            d.authenticator_data.extend(b"\xbf\x61x\xf5\xff");
        }),
    ),
    (
        "extensions of which one stands there twice",
        Refusal::AuthenticatorData,
        Draft(|d| {
            flags(d, 0, flag::EXTENDED);
            d.authenticator_data.extend(b"\xa2\x61x\xf5\x61x\xf4");
        }),
    ),
    (
        "extensions in a second spelling",
        Refusal::AuthenticatorData,
        Draft(|d| {
            flags(d, 0, flag::EXTENDED);
            d.authenticator_data.extend(b"\xa1\x78\x01x\xf5");
        }),
    ),
    (
        "extensions that nobody announced",
        Refusal::AuthenticatorData,
        Draft(|d| d.authenticator_data.push(0xa0)),
    ),
    (
        "authenticator data that end early",
        Refusal::AuthenticatorData,
        Draft(|d| d.authenticator_data.truncate(36)),
    ),
    ("no authenticator data", Refusal::AuthenticatorData, Draft(|d| d.authenticator_data.clear())),
];

/// 56 bytes leave two bits of the last letter unused.
fn stray(text: &str) -> String {
    const LETTERS: &str = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_";
    let (rest, last) = text.split_at(74);
    let place = LETTERS.find(last).unwrap();
    format!("{rest}{}", &LETTERS[place + 1..place + 2])
}
