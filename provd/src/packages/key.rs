//! Who made a package: keys and signatures in the format of minisign (<https://jedisct1.github.io/minisign/>).
//!
//! A key pair made by the program minisign is as good as one made here. Which keys are trusted is the administrator's business.

use std::io::Cursor;

use base64::Engine as _;
use base64::prelude::BASE64_STANDARD;
use minisign::{KeyPair, PublicKey, PublicKeyBox, SecretKey, SecretKeyBox, SignatureBox};
use thiserror::Error;

/// A text that is no key.
#[derive(Debug, Error, PartialEq, Eq)]
pub enum InvalidKey {
    /// It cannot be trusted by.
    #[error(
        "expected a public key of minisign: 56 letters and digits that begin with RW, or the file that holds them"
    )]
    Public,
    /// It cannot be signed by.
    #[error("this is no secret key of minisign, or its password is another: {0}")]
    Secret(String),
    /// It has a password.
    #[error("this key has a password: it is expected in PROVD_KEY_PASSWORD")]
    Password,
}

/// Where in a secret key it stands how its password becomes a key: two bytes, zero if it has none.
const KEY_DERIVATION: std::ops::Range<usize> = 2..4;

/// Why something does not count as signed.
#[derive(Debug, Error, PartialEq, Eq)]
pub enum Unsigned {
    /// The signature is none.
    #[error("its signature is not understood: {0}")]
    Unreadable(String),
    /// Nobody trusted made it.
    #[error("it is signed by the key {0}, which is not trusted here")]
    Stranger(String),
    /// The key is trusted, but did not sign this.
    #[error("its signature is wrong: it was changed after the key {0} signed it")]
    Wrong(String),
}

/// A public key that an administrator trusts.
#[derive(Debug, Clone)]
pub struct TrustedKey(PublicKey);

impl TrustedKey {
    /// Reads `RW…`, or a file that minisign wrote.
    ///
    /// # Errors
    ///
    /// The text is no public key.
    pub fn parse(text: &str) -> Result<TrustedKey, InvalidKey> {
        let text = text.trim();
        let key = if text.contains('\n') {
            PublicKeyBox::from_string(text).and_then(PublicKeyBox::into_public_key)
        } else {
            PublicKey::from_base64(text)
        };
        key.map(TrustedKey).map_err(|_| InvalidKey::Public)
    }

    /// The key as it is written into settings.
    #[must_use]
    pub fn text(&self) -> String {
        self.0.to_base64()
    }

    /// Its number, by which signatures name it.
    #[must_use]
    pub fn number(&self) -> String {
        number(self.0.keynum())
    }
}

impl PartialEq for TrustedKey {
    fn eq(&self, other: &TrustedKey) -> bool {
        self.0.to_bytes() == other.0.to_bytes()
    }
}

impl Eq for TrustedKey {}

/// Says which of the keys signed something.
///
/// # Errors
///
/// None of them did, or the signature is none.
pub fn check_signature<'k>(
    signed: &[u8],
    signature: &str,
    keys: impl IntoIterator<Item = &'k TrustedKey>,
) -> Result<&'k TrustedKey, Unsigned> {
    let signature =
        SignatureBox::from_string(signature).map_err(|error| Unsigned::Unreadable(error.to_string()))?;
    let key = keys.into_iter().find(|key| key.0.keynum() == signature.keynum());
    let key = key.ok_or_else(|| Unsigned::Stranger(number(signature.keynum())))?;
    let (quiet, print, allow_legacy) = (true, false, false);
    minisign::verify(&key.0, &signature, Cursor::new(signed), quiet, print, allow_legacy)
        .map(|()| key)
        .map_err(|_| Unsigned::Wrong(key.number()))
}

/// A secret key.
pub struct SigningKey {
    secret: SecretKey,
    public: PublicKey,
}

impl SigningKey {
    /// Makes a new pair.
    ///
    /// # Errors
    ///
    /// The system gives no random numbers.
    pub fn generate() -> Result<SigningKey, InvalidKey> {
        let pair = KeyPair::generate_unencrypted_keypair().map_err(secret)?;
        Ok(SigningKey { secret: pair.sk, public: pair.pk })
    }

    /// Reads a file that minisign or [`SigningKey::text`] wrote; one with a password needs it.
    ///
    /// # Errors
    ///
    /// The text is no secret key, or the password is another.
    pub fn parse(text: &str, password: Option<String>) -> Result<SigningKey, InvalidKey> {
        let line = text.lines().nth(1).unwrap_or_default().trim();
        let bytes =
            BASE64_STANDARD.decode(line).map_err(|_| InvalidKey::Secret("it is not base64".to_owned()))?;
        let read = match (bytes.get(KEY_DERIVATION), password) {
            // The program minisign leaves the sum of such a key out, which the library expects to be there.
            (Some([0, 0]), _) => SecretKey::from_bytes(&bytes),
            (_, Some(password)) => {
                SecretKeyBox::from_string(text).and_then(|file| file.into_secret_key(Some(password)))
            }
            (_, None) => return Err(InvalidKey::Password),
        };
        let secret = read.map_err(secret)?;
        let public = PublicKey::from_secret_key(&secret).map_err(self::secret)?;
        Ok(SigningKey { secret, public })
    }

    /// The file that holds it, under a password if there is one.
    ///
    /// # Errors
    ///
    /// It cannot be written as text.
    pub fn text(&self) -> Result<String, InvalidKey> {
        self.secret.to_box(Some("provd secret key")).map(SecretKeyBox::into_string).map_err(secret)
    }

    /// What others need to trust it.
    #[must_use]
    pub fn public(&self) -> TrustedKey {
        TrustedKey(self.public.clone())
    }

    /// Signs; `name` is the file's, and part of what is signed.
    ///
    /// # Errors
    ///
    /// The key cannot be used.
    pub fn sign(&self, content: &[u8], name: &str) -> Result<String, InvalidKey> {
        let trusted = format!("file:{name}");
        let comment = Some("signature of a provd package");
        let signature =
            minisign::sign(Some(&self.public), &self.secret, Cursor::new(content), Some(&trusted), comment);
        signature.map(SignatureBox::into_string).map_err(secret)
    }
}

#[expect(clippy::needless_pass_by_value, reason = "it is what map_err calls")]
fn secret(error: minisign::PError) -> InvalidKey {
    InvalidKey::Secret(error.to_string())
}

fn number(bytes: &[u8]) -> String {
    hex::encode_upper(bytes.iter().rev().copied().collect::<Vec<u8>>())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_trusted_key_vouches_for_what_it_signed_and_nothing_else() {
        let (ours, other) = (SigningKey::generate().unwrap(), SigningKey::generate().unwrap());
        let signature = ours.sign(b"plugin", "a.tar.gz").unwrap();
        let keys = [other.public(), ours.public()];
        assert_eq!(check_signature(b"plugin", &signature, &keys), Ok(&keys[1]));
        let number = ours.public().number();
        assert_eq!(check_signature(b"plugim", &signature, &keys), Err(Unsigned::Wrong(number.clone())));
        assert_eq!(check_signature(b"plugin", &signature, &keys[..1]), Err(Unsigned::Stranger(number)));
        assert!(matches!(check_signature(b"plugin", "no signature", &keys), Err(Unsigned::Unreadable(_))));
        let renamed = signature.replace("file:a.tar.gz", "file:b.tar.gz");
        assert!(matches!(check_signature(b"plugin", &renamed, &keys), Err(Unsigned::Wrong(_))));
    }

    #[test]
    fn keys_are_written_and_read() {
        let key = SigningKey::generate().unwrap();
        let read = SigningKey::parse(&key.text().unwrap(), None).unwrap();
        assert_eq!(read.public(), key.public());
        assert_eq!(TrustedKey::parse(&key.public().text()), Ok(key.public()));
        for text in ["", "RWabc", "no key\nat all"] {
            assert_eq!(TrustedKey::parse(text), Err(InvalidKey::Public));
        }
        for text in ["x", "c\n", "c\nRWQ=", "c\nRWQAAEIyAAA="] {
            assert!(SigningKey::parse(text, Some("p".to_owned())).is_err(), "{text}");
        }
    }

    #[test]
    fn a_key_of_the_program_minisign_is_read_with_its_password_and_without_one() {
        let text = "untrusted comment: minisign secret key\nRWQAAEIyAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAzxZ6uSVOoBYb6wRXmgY5TLnuVkEC+Gbvyi69IHEEuU5P3/ynIfZYR/3aX23OIZtLOatuHwJfzKdFgr9vpKmwfFzGcccZ3BXjAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA=";
        assert!(SigningKey::parse(text, None).is_ok());
        let pair = KeyPair::generate_encrypted_keypair(Some("word".to_owned())).unwrap();
        let text = pair.sk.to_box(None).unwrap().into_string();
        let read = SigningKey::parse(&text, Some("word".to_owned())).unwrap();
        assert_eq!(read.public(), TrustedKey(pair.pk));
        assert_eq!(SigningKey::parse(&text, None).err(), Some(InvalidKey::Password));
        assert!(matches!(SigningKey::parse(&text, Some("other".to_owned())), Err(InvalidKey::Secret(_))));
    }
}
