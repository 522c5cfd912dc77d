//! Promise P5: a table of tokens that nobody of ours made for this use, and not one is taken.

use super::*;
use serde_json::json;

/// What the forger has: a good token of each kind, the public key, a key of their own.
struct Forger<'a> {
    kind: SessionKind,
    good: String,
    other: String,
    ours: &'a SigningKey,
    own: EncodingKey,
    forged: Vec<(String, String)>,
}

fn segment(value: &Value) -> String {
    URL_SAFE_NO_PAD.encode(value.to_string())
}

fn sign(header: &Value, claims: &Value, key: &EncodingKey, algorithm: Algorithm) -> String {
    let message = format!("{}.{}", segment(header), segment(claims));
    let signature = jsonwebtoken::crypto::sign(message.as_bytes(), key, algorithm).unwrap();
    format!("{message}.{signature}")
}

impl Forger<'_> {
    fn add(&mut self, what: &str, token: impl Into<String>) {
        self.forged.push((what.to_owned(), token.into()));
    }

    fn parts(&self) -> (Value, Value) {
        (part(&self.good, 0), part(&self.good, 1))
    }

    fn segments(&self) -> [String; 3] {
        let mut segments = self.good.split('.').map(str::to_owned);
        std::array::from_fn(|_| segments.next().unwrap())
    }

    /// Signed with our own key: nobody can, so that the checks behind the signature are seen too.
    fn add_signed(&mut self, what: &str, header: &Value, claims: &Value) {
        let token = sign(header, claims, &self.ours.encoding(), self.ours.algorithm());
        self.add(what, token);
    }

    /// RFC 8725 sections 2.1, 3.1 and 3.2.
    fn algorithms(&mut self) {
        let (header, claims) = self.parts();
        let [_, payload, signature] = self.segments();
        for alg in [
            "none", "None", "NONE", "nOnE", "", "HS256", "HS384", "HS512", "RS256", "RS512", "PS256",
            "ES256", "ES384", "EdDSA", "Ed25519", "eddsa", "hs256", "A128KW", "dir",
        ] {
            if alg == header["alg"] {
                continue;
            }
            let mut changed = header.clone();
            changed["alg"] = alg.into();
            for signature in ["", &signature] {
                self.add(&format!("alg {alg}"), format!("{}.{payload}.{signature}", segment(&changed)));
            }
        }
        let mut secrets: Vec<Vec<u8>> = vec![vec![], b"secret".to_vec(), vec![0; 32]];
        if let Some(public) = self.ours.public() {
            let spki = [&[0x30, 0x2a, 0x30, 5, 6, 3, 0x2b, 0x65, 0x70, 3, 0x21, 0][..], public].concat();
            let pem = pem::encode(&pem::Pem::new("PUBLIC KEY", spki.clone()));
            secrets.extend([public.to_vec(), spki, pem.clone().into(), pem.replace('\r', "").into()]);
            secrets.push(URL_SAFE_NO_PAD.encode(public).into());
        }
        for secret in secrets {
            let key = EncodingKey::from_secret(&secret);
            for algorithm in [Algorithm::HS256, Algorithm::HS384, Algorithm::HS512] {
                let mut header = header.clone();
                header["alg"] = format!("{algorithm:?}").into();
                self.add("MAC with what is public", sign(&header, &claims, &key, algorithm));
            }
        }
    }

    fn headers(&mut self) {
        let (header, claims) = self.parts();
        for name in ["alg", "typ", "kid"] {
            let mut header = header.clone();
            header.as_object_mut().unwrap().remove(name);
            self.add_signed(&format!("without {name}"), &header, &claims);
        }
        let other = if self.kind == Bearer { "session+jwt" } else { "at+jwt" };
        for typ in ["", "JWT", "at+JWT", "AT+JWT", "application/at+jwt", "refresh+jwt", "id+jwt", other] {
            let mut header = header.clone();
            header["typ"] = typ.into();
            self.add_signed(&format!("typ {typ}"), &header, &claims);
        }
        for kid in ["", "0", "../../dev/null", "' OR 1=1 --", "http://evil.example/jwks"] {
            let mut header = header.clone();
            header["kid"] = kid.into();
            self.add_signed(&format!("kid {kid}"), &header, &claims);
        }
        for (name, value) in [
            ("kid", json!(null)),
            ("kid", json!(1)),
            ("kid", json!(["a"])),
            ("typ", json!(null)),
            ("typ", json!({})),
            ("alg", json!(null)),
            ("alg", json!(["EdDSA", "none"])),
        ] {
            let mut header = header.clone();
            header[name] = value;
            self.add_signed(&format!("{name} of another type"), &header, &claims);
        }
        // The forger's own key, under our name for ours, and shown where a careless reader takes it from.
        let x = URL_SAFE_NO_PAD.encode([9; 32]);
        for (name, value) in [
            ("typ", header["typ"].clone()),
            ("jwk", json!({"kty": "OKP", "crv": "Ed25519", "x": x})),
            ("jku", json!("http://evil.example/jwks")),
            ("x5u", json!("http://evil.example/cert")),
            ("crit", json!(["b64"])),
        ] {
            let mut header = header.clone();
            header["alg"] = "EdDSA".into();
            header[name] = value;
            self.add(&format!("own key and {name}"), sign(&header, &claims, &self.own, Algorithm::EdDSA));
        }
    }

    fn claims(&mut self) {
        let (header, claims) = self.parts();
        let strangers = [json!(null), json!(true), json!({}), json!(["a"]), json!(-1.5), json!("x")];
        for name in ["iss", "aud", "sub", "sid", "jti", "iat", "nbf", "exp", "auth_time", "amr"] {
            let mut without = claims.clone();
            without.as_object_mut().unwrap().remove(name);
            self.add_signed(&format!("without {name}"), &header, &without);
            for value in &strangers {
                if name == "amr" && value.is_array() {
                    continue;
                }
                let mut changed = claims.clone();
                changed[name] = value.clone();
                self.add_signed(&format!("{name} is {value}"), &header, &changed);
            }
        }
        let now = NOW.unix_timestamp();
        let mut changes = vec![
            ("iss", json!("http://localhost:8001")),
            ("iss", json!("http://localhost:8000/")),
            ("iss", json!([ISSUER])),
            ("aud", part(&self.other, 1)["aud"].clone()),
            ("aud", json!(ISSUER)),
            ("aud", json!([claims["aud"], "other"])),
            ("amr", json!([1])),
            ("sub", json!("")),
            ("sub", json!("ana@example.com")),
            ("exp", json!(0)),
            ("exp", json!(-1)),
            ("exp", json!(now - 1)),
            ("exp", json!(i64::MIN)),
            ("exp", json!(u64::MAX)),
            ("exp", json!(1e300)),
            ("auth_time", json!(i64::MAX)),
            ("auth_time", json!(i64::MIN)),
        ];
        for begun in ["iat", "nbf", "auth_time"] {
            let later = [now + 31, now + 86_400, now + 1_000_000_000, i64::MAX];
            changes.extend(later.map(|at| (begun, json!(at))));
        }
        for (name, value) in changes {
            let mut forged = claims.clone();
            forged[name] = value;
            self.add_signed(&format!("{name} is {}", forged[name]), &header, &forged);
        }
    }

    /// Every bit of the signature; of the rest, one of each byte.
    fn bits(&mut self) {
        let segments = self.segments();
        for index in 0..3 {
            let bytes = URL_SAFE_NO_PAD.decode(&segments[index]).unwrap();
            for at in 0..bytes.len() {
                for bit in (0..8).filter(|bit| index == 2 || *bit == at % 8) {
                    let (mut bytes, mut segments) = (bytes.clone(), segments.clone());
                    bytes[at] ^= 1 << bit;
                    segments[index] = URL_SAFE_NO_PAD.encode(bytes);
                    self.add(&format!("bit {bit} of byte {at} of part {index}"), segments.join("."));
                }
            }
        }
    }

    fn shapes(&mut self) {
        let good = self.good.clone();
        let [header, payload, signature] = self.segments();
        for end in 0..good.len() {
            self.add(&format!("cut at {end}"), &good[..end]);
        }
        for token in [
            format!("{good}."),
            format!(".{good}"),
            format!("{good}.{good}"),
            format!("{good}.{signature}"),
            format!("{header}.{payload}..{signature}"),
            format!("{header}.{payload}.{signature}.."),
            format!("{header}.{signature}"),
            format!("{payload}.{header}.{signature}"),
            format!("{header}..{signature}"),
            format!(".{payload}.{signature}"),
            format!("{header}=.{payload}.{signature}"),
            format!("{header}.{payload}=.{signature}"),
            format!("{good}="),
            format!("{good}=="),
            format!("{good}A"),
            format!("{good} "),
            format!(" {good}"),
            format!("{good}\n"),
            format!("{good}\0"),
            format!("Bearer {good}"),
            good.to_uppercase(),
            good.to_lowercase(),
            good.replace('.', ","),
            "..".to_owned(),
            "ü.ü.ü".to_owned(),
            self.other.clone(),
        ] {
            self.add("shape", token);
        }
        // The last character of the signature has spare bits, which are zero: one spelling a token.
        let last = signature.chars().last().unwrap();
        for other in ('A'..='Z').chain('a'..='z').chain('0'..='9').filter(|other| *other != last) {
            self.add("last character", format!("{}{other}", &good[..good.len() - 1]));
        }
        let (header, mut claims) = self.parts();
        claims["padding"] = "x".repeat(LONGEST).into();
        self.add_signed("too long", &header, &claims);
        self.add("huge", "A".repeat(1 << 20));
        self.add("huge parts", ["A".repeat(1 << 20), "A".repeat(1 << 20), "A".repeat(1 << 20)].join("."));
        let deep = URL_SAFE_NO_PAD.encode(format!("{}{}", "[".repeat(400), "]".repeat(400)));
        self.add("deep", format!("{deep}.{deep}.{signature}"));
    }
}

#[test]
fn forged_tokens_name_nobody() {
    for ours in keys() {
        let tokens = tokens(ours.clone(), ISSUER);
        for (kind, other) in [(Browser, Bearer), (Bearer, Browser)] {
            let [good, other] =
                [kind, other].map(|kind| tokens.issue(kind, subject(), &proofs(), &SystemRng, NOW).unwrap());
            let own = keys()[0].encoding();
            let mut forger = Forger { kind, good: good.clone(), other, ours: &ours, own, forged: Vec::new() };
            forger.algorithms();
            forger.headers();
            forger.claims();
            forger.bits();
            forger.shapes();
            assert!(forger.forged.len() >= 400, "{}", forger.forged.len());
            for (what, token) in &forger.forged {
                assert_eq!(tokens.read(kind, token, NOW), None, "{kind:?}, {what}: {token:.900}");
            }
            assert_eq!(tokens.read(kind, &good, NOW), Some(subject()), "and the good one is");
        }
    }
}
