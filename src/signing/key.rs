//! Keys of Ed25519, in the forms that OpenSSL writes (RFC 8410).

use std::fmt;
use std::str::FromStr;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use ring::signature::{ED25519, Ed25519KeyPair, KeyPair as _, UnparsedPublicKey};

use super::KeyError;

/// Bytes of a public key.
const KEY_BYTES: usize = 32;

/// What stands before the bytes of a public key in its DER form (RFC 8410, section 4).
const DER_HEAD: [u8; 12] = [0x30, 0x2a, 0x30, 0x05, 0x06, 0x03, 0x2b, 0x65, 0x70, 0x03, 0x21, 0x00];

/// What a public key begins with as a text.
const PREFIX: &str = "ed25519:";

/// A key by which signatures are told to be right.
#[derive(Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct PublicKey([u8; KEY_BYTES]);

impl PublicKey {
    pub(super) fn fits(&self, message: &[u8], signature: &[u8]) -> bool {
        UnparsedPublicKey::new(&ED25519, self.0).verify(message, signature).is_ok()
    }
}

/// `ed25519:BASE64`, or the PEM or DER (in base64) that OpenSSL writes.
impl FromStr for PublicKey {
    type Err = KeyError;

    fn from_str(text: &str) -> Result<Self, KeyError> {
        let text = text.trim();
        let encoded = match body(text, "PUBLIC KEY") {
            Some(encoded) => encoded,
            None => text.strip_prefix(PREFIX).unwrap_or(text).to_owned(),
        };
        let bytes = STANDARD.decode(encoded).map_err(|_| KeyError::Public)?;
        let bytes = bytes.strip_prefix(&DER_HEAD).unwrap_or(&bytes);
        bytes.try_into().map(Self).map_err(|_| KeyError::Public)
    }
}

impl fmt::Display for PublicKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{PREFIX}{}", STANDARD.encode(self.0))
    }
}

impl fmt::Debug for PublicKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{self}")
    }
}

/// A key that signs.
pub struct SigningKey(Ed25519KeyPair);

impl SigningKey {
    /// Reads a private key in PEM.
    ///
    /// # Errors
    /// It is none of Ed25519.
    pub fn from_pem(text: &str) -> Result<Self, KeyError> {
        let encoded = body(text, "PRIVATE KEY").ok_or(KeyError::Private)?;
        let der = STANDARD.decode(encoded).map_err(|_| KeyError::Private)?;
        // OpenSSL leaves the public key out, which `ring` then computes.
        Ed25519KeyPair::from_pkcs8_maybe_unchecked(&der).map(Self).map_err(|_| KeyError::Private)
    }

    /// The key that others verify with.
    pub fn public(&self) -> PublicKey {
        let bytes = self.0.public_key().as_ref();
        let mut key = [0; KEY_BYTES];
        key.copy_from_slice(bytes);
        PublicKey(key)
    }

    pub(super) fn sign(&self, message: &[u8]) -> Vec<u8> {
        self.0.sign(message).as_ref().to_vec()
    }
}

/// The key itself is never shown.
impl fmt::Debug for SigningKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "SigningKey({})", self.public())
    }
}

/// The base64 between the lines that PEM (RFC 7468) has around a `label`.
fn body(text: &str, label: &str) -> Option<String> {
    let (_, rest) = text.split_once(&format!("-----BEGIN {label}-----"))?;
    let (body, _) = rest.split_once(&format!("-----END {label}-----"))?;
    Some(body.split_whitespace().collect())
}
