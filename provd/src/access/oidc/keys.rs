//! The public keys of a provider (RFC 7517), and which of them a token says it is signed with.

use jsonwebtoken::jwk::{AlgorithmParameters, Jwk, KeyAlgorithm, PublicKeyUse};
use jsonwebtoken::{AlgorithmFamily, DecodingKey, Header};
use serde::Deserialize;
use serde_json::Value;

/// Most keys of a provider that are looked at.
const MOST: usize = 100;

/// Keys that sign tokens.
#[derive(Debug)]
pub(super) struct KeySet {
    keys: Vec<Key>,
}

#[derive(Debug)]
struct Key {
    id: Option<String>,
    /// Absent: any that fits the key.
    algorithm: Option<KeyAlgorithm>,
    key: DecodingKey,
}

impl<'de> Deserialize<'de> for KeySet {
    fn deserialize<D: serde::Deserializer<'de>>(deserializer: D) -> Result<KeySet, D::Error> {
        #[derive(Deserialize)]
        struct Document {
            keys: Vec<Value>,
        }
        let document = Document::deserialize(deserializer)?;
        // What is of no use here spoils nothing (RFC 7517, section 5).
        Ok(KeySet { keys: document.keys.into_iter().take(MOST).filter_map(Key::read).collect() })
    }
}

impl KeySet {
    /// The key a token is signed with: that of its `kid`, or the only one its algorithm fits (OpenID Connect Core 1.0,
    /// section 10.1).
    pub(super) fn find(&self, header: &Header) -> Option<&DecodingKey> {
        let mut fitting = self.keys.iter().filter(|key| {
            key.key.family() == header.alg.family()
                && key.algorithm.is_none_or(|algorithm| algorithm == header.alg.into())
                && (header.kid.is_none() || key.id == header.kid)
        });
        match (fitting.next(), fitting.next()) {
            (Some(only), None) => Some(&only.key),
            _ => None,
        }
    }

    /// Whether there is none.
    pub(super) fn is_empty(&self) -> bool {
        self.keys.is_empty()
    }
}

impl Key {
    fn read(document: Value) -> Option<Key> {
        let jwk: Jwk = serde_json::from_value(document).ok()?;
        let signs = jwk.common.public_key_use.as_ref().is_none_or(|usage| *usage == PublicKeyUse::Signature);
        let is_public = !matches!(jwk.algorithm, AlgorithmParameters::OctetKey(_));
        if !signs || !is_public {
            return None;
        }
        let key = DecodingKey::from_jwk(&jwk).ok().filter(|key| key.family() != AlgorithmFamily::Hmac)?;
        Some(Key { id: jwk.common.key_id, algorithm: jwk.common.key_algorithm, key })
    }
}

#[cfg(test)]
mod tests {
    use jsonwebtoken::Algorithm;
    use serde_json::json;

    use super::*;

    fn set(keys: &Value) -> KeySet {
        serde_json::from_value(json!({ "keys": keys })).unwrap()
    }

    fn header(algorithm: Algorithm, kid: Option<&str>) -> Header {
        Header { kid: kid.map(str::to_owned), ..Header::new(algorithm) }
    }

    fn rsa(kid: &str) -> Value {
        json!({"kty": "RSA", "kid": kid, "n": "AQAB", "e": "AQAB"})
    }

    #[test]
    fn a_token_without_kid_is_of_the_only_key_that_fits() {
        let point = json!({"kty": "EC", "crv": "P-256", "kid": "b", "x": "AQ", "y": "AQ"});
        let keys = set(&json!([rsa("a"), point]));
        assert!(keys.find(&header(Algorithm::RS256, None)).is_some());
        assert!(keys.find(&header(Algorithm::ES256, Some("b"))).is_some());
        assert!(keys.find(&header(Algorithm::ES256, Some("a"))).is_none(), "of another family");
        assert!(keys.find(&header(Algorithm::EdDSA, None)).is_none());
        assert!(set(&json!([rsa("a"), rsa("b")])).find(&header(Algorithm::PS256, None)).is_none());
    }

    #[test]
    fn a_key_signs_by_the_algorithm_it_states_only() {
        let mut key = rsa("a");
        key["alg"] = "RS256".into();
        let keys = set(&json!([key]));
        assert!(keys.find(&header(Algorithm::RS256, Some("a"))).is_some());
        assert!(keys.find(&header(Algorithm::PS256, Some("a"))).is_none());
    }

    #[test]
    fn keys_for_encryption_shared_secrets_and_nonsense_are_left_out() {
        let mut encrypts = rsa("a");
        encrypts["use"] = "enc".into();
        let keys = set(&json!([
            encrypts,
            {"kty": "oct", "kid": "a", "k": "c2VjcmV0"},
            {"kty": "OKP", "crv": "X25519", "x": "AQAB"},
            {"kty": "RSA", "n": "!"},
            17,
        ]));
        assert!(keys.is_empty());
        for algorithm in [Algorithm::HS256, Algorithm::RS256] {
            assert!(keys.find(&header(algorithm, Some("a"))).is_none());
        }
    }
}
