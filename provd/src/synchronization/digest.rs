//! Answers to the challenges of phones: basic (RFC 7617) and digest (RFC 7616, RFC 8760 for SIP).
//!
//! Of several challenges the strongest is answered. Protection of the body (`auth-int`) is refused, and so are algorithms
//! nobody uses; nothing of what is computed here is ever shown.

use std::fmt::Write as _;

use base64::Engine as _;
use md5::{Digest as _, Md5};
use sha2::Sha256;

mod challenge;

use challenge::Challenge;

/// Name and password.
pub(super) type Credentials = (String, String);

/// What the answer is for: a request is part of its digest.
#[derive(Debug, Clone, Copy)]
pub(super) struct Authorized<'a> {
    /// `NOTIFY`
    pub(super) method: &'a str,
    /// As the request line has it.
    pub(super) uri: &'a str,
}

/// Answers the strongest of the challenges (values of `WWW-Authenticate` or `Proxy-Authenticate`): the value of the
/// header that authorizes the request. Absent if none of them can be answered.
pub(super) fn authorize<'a>(
    challenges: impl IntoIterator<Item = &'a str>,
    request: Authorized<'_>,
    credentials: &Credentials,
    basic_allowed: bool,
) -> Option<String> {
    let (username, password) = credentials;
    if username.contains(char::is_control) || password.contains(char::is_control) {
        return None;
    }
    let challenges = challenges.into_iter().flat_map(challenge::parse);
    let strength = |challenge: &Challenge| match challenge.scheme.as_str() {
        "digest" => challenge.answerable().map(|algorithm| 1 + u8::from(algorithm.hash == Hash::Sha256)),
        "basic" if basic_allowed => Some(0),
        _ => None,
    };
    let (_, best) = challenges
        .filter_map(|challenge| Some((strength(&challenge)?, challenge)))
        // Of equal ones the first, which is the one its sender prefers.
        .reduce(|best, other| if other.0 > best.0 { other } else { best })?;
    if best.scheme == "basic" {
        let text = base64::engine::general_purpose::STANDARD.encode(format!("{username}:{password}"));
        return Some(format!("Basic {text}"));
    }
    let client_nonce = uuid::Uuid::new_v4().simple().to_string();
    respond(&best, request, credentials, &client_nonce)
}

/// How a digest is computed.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
struct Algorithm {
    hash: Hash,
    /// `-sess`: the password is hashed together with the nonces.
    session: bool,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Hash {
    Md5,
    Sha256,
}

impl Hash {
    fn of(self, text: &str) -> String {
        match self {
            Hash::Md5 => hex::encode(Md5::digest(text)),
            Hash::Sha256 => hex::encode(Sha256::digest(text)),
        }
    }
}

impl Challenge {
    /// How it can be answered, if at all.
    fn answerable(&self) -> Option<Algorithm> {
        let (hash, session) = match self.get("algorithm").unwrap_or("MD5").to_ascii_uppercase().as_str() {
            "MD5" => (Hash::Md5, false),
            "MD5-SESS" => (Hash::Md5, true),
            "SHA-256" => (Hash::Sha256, false),
            "SHA-256-SESS" => (Hash::Sha256, true),
            _ => return None,
        };
        let complete = self.get("realm").is_some() && self.get("nonce").is_some();
        (complete && self.protection().is_some()).then_some(Algorithm { hash, session })
    }

    /// Whether `auth` is asked for (true), or nothing, as before RFC 2617 (false); absent if it is something else.
    fn protection(&self) -> Option<bool> {
        match self.get("qop") {
            None => Some(false),
            Some(offered) => offered
                .split(',')
                .any(|protection| protection.trim().eq_ignore_ascii_case("auth"))
                .then_some(true),
        }
    }
}

fn respond(
    challenge: &Challenge,
    request: Authorized<'_>,
    (username, password): &Credentials,
    client_nonce: &str,
) -> Option<String> {
    let Algorithm { hash, session } = challenge.answerable()?;
    let protected = challenge.protection()?;
    let (realm, nonce) = (challenge.get("realm")?, challenge.get("nonce")?);
    let Authorized { method, uri } = request;
    let mut secret = hash.of(&format!("{username}:{realm}:{password}"));
    if session {
        secret = hash.of(&format!("{secret}:{nonce}:{client_nonce}"));
    }
    let what = hash.of(&format!("{method}:{uri}"));
    let middle = if protected { format!("{nonce}:00000001:{client_nonce}:auth") } else { nonce.to_owned() };
    let response = hash.of(&format!("{secret}:{middle}:{what}"));

    let mut value = format!(
        "Digest username={}, realm={}, nonce={}, uri={}, response=\"{response}\"",
        quoted(username),
        quoted(realm),
        quoted(nonce),
        quoted(uri)
    );
    if let Some(algorithm) = challenge.get("algorithm") {
        let _ = write!(value, ", algorithm={algorithm}");
    }
    if protected {
        let _ = write!(value, ", qop=auth, nc=00000001");
    }
    if protected || session {
        let _ = write!(value, ", cnonce=\"{client_nonce}\"");
    }
    if let Some(opaque) = challenge.get("opaque") {
        let _ = write!(value, ", opaque={}", quoted(opaque));
    }
    Some(value)
}

fn quoted(text: &str) -> String {
    format!("\"{}\"", text.replace('\\', "\\\\").replace('"', "\\\""))
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    const GET: Authorized<'_> = Authorized { method: "GET", uri: "/dir/index.html" };

    fn credentials(username: &str, password: &str) -> Credentials {
        (username.to_owned(), password.to_owned())
    }

    fn answer(challenge: &str, (username, password): (&str, &str), client_nonce: &str) -> String {
        let challenge = challenge::parse(challenge).remove(0);
        respond(&challenge, GET, &credentials(username, password), client_nonce).unwrap()
    }

    #[test]
    fn the_examples_of_the_rfcs_are_answered_as_they_say() {
        // RFC 7616, section 3.9.1.
        let nonce = "7ypf/xlj9XXwfDPEoM4URrv/xwf94BcCAzFZH4GiTo0v";
        let client_nonce = "f2/wE4q74E6zIJEtWaHKaf5wv/H5QzzpXusqGemxURZJ";
        let challenge = |algorithm| {
            format!(
                "Digest realm=\"http-auth@example.org\", qop=\"auth, auth-int\", algorithm={algorithm}, \
                 nonce=\"{nonce}\", opaque=\"FQhe/qaU925kfnzjCev0ciny7QMkPqMAFRtzCUYo5tdS\""
            )
        };
        let mufasa = ("Mufasa", "Circle of Life");
        let md5 = answer(&challenge("MD5"), mufasa, client_nonce);
        assert!(md5.contains("response=\"8ca523f5e9506fed4657c9700eebdbec\""), "{md5}");
        let sha = answer(&challenge("SHA-256"), mufasa, client_nonce);
        let expected = "753927fa0e85d155564e2e272a28d1802ca10daf4496794697cf8db5856cb6c1";
        assert!(
            sha.contains(expected) && sha.contains("opaque=\"FQhe/") && sha.contains("qop=auth"),
            "{sha}"
        );

        // RFC 2617, section 3.5, without its qop: as RFC 2069 has it.
        let old = "Digest realm=\"testrealm@host.com\", nonce=\"dcd98b7102dd2f0e8b11d0f600bfb0c093\", opaque=\"5c\"";
        let answered = answer(old, ("Mufasa", "Circle Of Life"), "unused");
        assert!(answered.contains("response=\"670fd8c2df070c60b045671b8b24ff02\""), "{answered}");
        assert!(!answered.contains("cnonce"), "{answered}");
    }

    #[test]
    fn the_strongest_challenge_is_answered() {
        let alice = credentials("alice", "secret");
        let basic = "Basic realm=\"phone\"";
        let md5 = "Digest realm=\"phone\", nonce=\"1\", algorithm=MD5";
        let sha = "Digest realm=\"phone\", nonce=\"2\", algorithm=SHA-256, qop=\"auth\"";
        let all = authorize([basic, md5, sha], GET, &alice, true).unwrap();
        assert!(all.contains("nonce=\"2\""), "{all}");
        let one_header = authorize(["Digest realm=\"a\", nonce=\"1\", Basic realm=\"b\""], GET, &alice, true);
        assert!(one_header.unwrap().starts_with("Digest "));
        assert_eq!(authorize([basic], GET, &alice, true).as_deref(), Some("Basic YWxpY2U6c2VjcmV0"));
        assert_eq!(authorize([basic], GET, &alice, false), None, "SIP has no basic authentication");
        for hopeless in [
            "Digest realm=\"a\", nonce=\"1\", qop=\"auth-int\"",
            "Digest realm=\"a\", nonce=\"1\", algorithm=SHA-512-256",
            "Digest realm=\"a\"",
            "Negotiate abc",
            "",
        ] {
            assert_eq!(authorize([hopeless], GET, &alice, true), None, "{hopeless}");
        }
    }

    #[test]
    fn quotes_in_names_do_not_end_them() {
        let value = authorize(
            ["Digest realm=\"a \\\"b\\\"\", nonce=\"1\""],
            GET,
            &credentials("al\"ice", "secret"),
            false,
        );
        let value = value.unwrap();
        assert!(
            value.contains("username=\"al\\\"ice\"") && value.contains("realm=\"a \\\"b\\\"\""),
            "{value}"
        );
    }

    proptest! {
        #[test]
        fn no_challenge_makes_us_fail(challenge in "\\PC*", digest in "(Digest|Basic)? ?[a-z=\", \\\\]*") {
            let _ = authorize([challenge.as_str(), digest.as_str()], GET, &credentials("a", "b"), true);
        }
    }
}
