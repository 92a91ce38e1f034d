//! Keys that sign tokens (RFC 7515), and their public halves (RFC 7517).

use anyhow::{Result, anyhow, bail};
use base64::Engine as _;
use base64::prelude::BASE64_URL_SAFE_NO_PAD;
use ring::rand::SystemRandom;
use ring::rsa::PublicKeyComponents;
use ring::signature::{
    ECDSA_P256_SHA256_FIXED_SIGNING, ECDSA_P384_SHA384_FIXED_SIGNING, EcdsaKeyPair, EcdsaSigningAlgorithm,
    Ed25519KeyPair, KeyPair as _, RSA_PKCS1_SHA256, RSA_PKCS1_SHA384, RSA_PKCS1_SHA512, RSA_PSS_SHA256,
    RSA_PSS_SHA384, RSA_PSS_SHA512, RsaEncoding, RsaKeyPair,
};
use serde_json::{Value, json};

/// For tests alone: ring makes no keys of this kind.
const RSA: &[u8] = include_bytes!("rsa.pk8");

/// A key with its id.
#[derive(Debug)]
pub struct Key {
    id: String,
    pair: Pair,
}

#[derive(Debug)]
enum Pair {
    Rsa(Box<RsaKeyPair>),
    Ec(&'static str, EcdsaKeyPair),
    Ed(Ed25519KeyPair),
}

impl Key {
    /// The RSA key, always the same.
    pub fn rsa(id: &str) -> Result<Key> {
        let pair = RsaKeyPair::from_pkcs8(RSA).map_err(|error| anyhow!("{error}"))?;
        Ok(Key { id: id.to_owned(), pair: Pair::Rsa(Box::new(pair)) })
    }

    /// A new key on P-256.
    pub fn p256(id: &str) -> Result<Key> {
        Key::ec(id, "P-256", &ECDSA_P256_SHA256_FIXED_SIGNING)
    }

    /// A new key on P-384.
    pub fn p384(id: &str) -> Result<Key> {
        Key::ec(id, "P-384", &ECDSA_P384_SHA384_FIXED_SIGNING)
    }

    /// A new Ed25519 key.
    pub fn ed25519(id: &str) -> Result<Key> {
        let document =
            Ed25519KeyPair::generate_pkcs8(&SystemRandom::new()).map_err(|error| anyhow!("{error}"))?;
        let pair = Ed25519KeyPair::from_pkcs8(document.as_ref()).map_err(|error| anyhow!("{error}"))?;
        Ok(Key { id: id.to_owned(), pair: Pair::Ed(pair) })
    }

    fn ec(id: &str, curve: &'static str, algorithm: &'static EcdsaSigningAlgorithm) -> Result<Key> {
        let random = SystemRandom::new();
        let document =
            EcdsaKeyPair::generate_pkcs8(algorithm, &random).map_err(|error| anyhow!("{error}"))?;
        let pair = EcdsaKeyPair::from_pkcs8(algorithm, document.as_ref(), &random);
        let pair = pair.map_err(|error| anyhow!("{error}"))?;
        Ok(Key { id: id.to_owned(), pair: Pair::Ec(curve, pair) })
    }

    /// What everybody may know of it.
    pub fn public(&self) -> Value {
        let mut key = match &self.pair {
            Pair::Rsa(pair) => {
                let public = PublicKeyComponents::<Vec<u8>>::from(pair.public());
                json!({"kty": "RSA", "n": encoded(&public.n), "e": encoded(&public.e)})
            }
            Pair::Ec(curve, pair) => {
                // A byte that says that the point is not compressed, then its two coordinates (SEC 1, section 2.3.3).
                let point = &pair.public_key().as_ref()[1..];
                let (x, y) = point.split_at(point.len() / 2);
                json!({"kty": "EC", "crv": curve, "x": encoded(x), "y": encoded(y)})
            }
            Pair::Ed(pair) => {
                json!({"kty": "OKP", "crv": "Ed25519", "x": encoded(pair.public_key().as_ref())})
            }
        };
        key["kid"] = self.id.as_str().into();
        key["use"] = "sig".into();
        key
    }

    /// A token with these claims, signed by an algorithm of the key.
    pub fn token(&self, algorithm: &str, claims: &Value) -> Result<String> {
        self.token_with(&json!({"alg": algorithm, "typ": "JWT", "kid": self.id}), algorithm, claims)
    }

    /// The same with a header that may say anything.
    pub fn token_with(&self, header: &Value, algorithm: &str, claims: &Value) -> Result<String> {
        let signed = format!("{}.{}", encoded(header.to_string()), encoded(claims.to_string()));
        let signature = self.sign(algorithm, signed.as_bytes())?;
        Ok(format!("{signed}.{}", encoded(signature)))
    }

    fn sign(&self, algorithm: &str, message: &[u8]) -> Result<Vec<u8>> {
        let random = SystemRandom::new();
        match &self.pair {
            Pair::Rsa(pair) => {
                let encoding: &dyn RsaEncoding = match algorithm {
                    "RS256" => &RSA_PKCS1_SHA256,
                    "RS384" => &RSA_PKCS1_SHA384,
                    "RS512" => &RSA_PKCS1_SHA512,
                    "PS256" => &RSA_PSS_SHA256,
                    "PS384" => &RSA_PSS_SHA384,
                    "PS512" => &RSA_PSS_SHA512,
                    _ => bail!("{algorithm} is not of RSA"),
                };
                let mut signature = vec![0; pair.public().modulus_len()];
                pair.sign(encoding, &random, message, &mut signature).map_err(|error| anyhow!("{error}"))?;
                Ok(signature)
            }
            Pair::Ec(_, pair) => {
                let signature = pair.sign(&random, message).map_err(|error| anyhow!("{error}"))?;
                Ok(signature.as_ref().to_vec())
            }
            Pair::Ed(pair) => Ok(pair.sign(message).as_ref().to_vec()),
        }
    }
}

/// As parts of tokens are.
pub fn encoded(bytes: impl AsRef<[u8]>) -> String {
    BASE64_URL_SAFE_NO_PAD.encode(bytes)
}
