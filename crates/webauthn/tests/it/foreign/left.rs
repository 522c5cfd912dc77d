//! What neither of the other verifiers refuses, each for its reason. Both refuse all that is most important.

/// Told to be refused by both: what a passkey is there for.
pub const REFUSED_BY_BOTH: &[&str] = &[
    "the type of a sign-in",
    "the type of a registration",
    "a challenge of another nonce",
    "a challenge of zeros",
    "an empty challenge",
    "the challenge of the other purpose",
    "an origin with a suffix",
    "an origin with a longer name",
    "an origin with a prefix",
    "an origin that is cut off",
    "a subdomain's origin",
    "the parent domain's origin",
    "an origin with another port",
    "an origin without TLS",
    "another site's origin",
    "an opaque origin",
    "another site's hash",
    "a hash with one bit changed",
    "nobody present",
    "nobody verified",
    "neither present nor verified",
    "another passkey's key",
    "the key of another algorithm",
    "another passkey's signature",
    "a signature of the registration",
    "a signature of the client data alone",
    "authenticator data changed since",
    "a flag added since",
    "client data written anew",
    "an empty signature",
    "a signature of zeros",
    "a signature with its first bit changed",
    "a signature with its last bit changed",
];

/// Challenges are made, dated and given to one browser by whoever calls a verifier of theirs.
const CHALLENGES: &[&str] = &[
    "another browser's challenge",
    "a browser without a cookie",
    "an old challenge",
    "a challenge of yesterday",
    "a challenge of tomorrow",
];

/// So is the passkey looked up, and its row compared.
const ROWS: &[&str] = &[
    "another user's handle",
    "another user's passkey",
    "another letter in the handle's place",
    "a handle with a suffix",
    "a handle that is cut off",
    "a handle that is too long",
    "a padded handle",
    "an empty handle",
    "no handle",
    "another id",
    "an authenticator's other id",
    "copies that may be made since",
    "copies that may not be made since",
];

/// A site that lets others show its page within theirs needs it otherwise.
const FRAMES: &[&str] = &["a page inside another's", "a page on top", "a word for false"];

/// What the browser says beside the signed bytes is not read there.
const BESIDE: &[&str] = &[
    "a key that its browser reads otherwise",
    "a browser's other key",
    "a browser's key that is too long",
    "a browser's key that is padded",
    "a browser's other algorithm",
    "a browser's algorithm in words",
    "a browser's other authenticator data",
];

/// The same bytes written in another way, or with something that nobody reads.
const SPELLING: &[&str] = &[
    "a padded challenge",
    "a challenge with stray bits",
    "padded client data",
    "padded authenticator data",
    "a padded signature",
    "a member that stands there twice",
    "an inner member that stands there twice",
    "the type twice",
    "two origins",
    "an answer that is too long",
    "client data that are too long",
    "extensions that are no map",
    "a new passkey in a sign-in",
    "a statement that is no map",
    "an attestation object with a part more",
];

/// A key is read when it is first used there, and fails then if it cannot be used.
const KEYS: &[&str] = &[
    "another algorithm's number",
    "another type of key",
    "another curve, or one where there is none",
    "a key whose members stand otherwise",
    "a key of zeros",
    "a key that signs anything",
    "a number that the field does not have",
    "a point that is not on the curve",
    "a point without its second number",
    "an exponent of three",
    "an even modulus",
    "a modulus of 2047 bits",
    "a modulus of 4104 bits",
    "a modulus that begins with nothing",
    "a key with a member more",
    "a key that is too short",
    "a key that cannot be",
];

/// All of these.
pub fn to_others() -> impl Iterator<Item = &'static str> {
    [CHALLENGES, ROWS, FRAMES, BESIDE, SPELLING, KEYS].concat().into_iter()
}
