//! A signature beside what it is of.

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use serde::{Deserialize, Serialize};

use super::{PublicKey, SigningKey};

/// What is signed: a signature for one purpose is none for another.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Purpose {
    /// The manifest of a mirror.
    Mirror,
    /// A claim of a shared cache.
    Claim,
}

impl Purpose {
    fn message(self, content: &[u8]) -> Vec<u8> {
        let head: &[u8] = match self {
            Self::Mirror => b"barrow mirror 1\n",
            Self::Claim => b"barrow claim 1\n",
        };
        [head, content].concat()
    }
}

/// Who signed, and the signature.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub(crate) struct Signature {
    /// The key that it is to be verified with, if it is one of those that are trusted.
    pub public_key: String,
    /// The signature itself, in base64.
    pub signature: String,
}

impl Signature {
    /// Signs a content.
    pub(crate) fn of(content: &[u8], purpose: Purpose, key: &SigningKey) -> Self {
        let signature = STANDARD.encode(key.sign(&purpose.message(content)));
        Self { public_key: key.public().to_string(), signature }
    }
}

/// Why a content is not trusted.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum Distrust {
    /// Nobody has signed it.
    #[error("it is not signed")]
    Unsigned,
    /// Somebody else has.
    #[error("it is signed with {0}, which is not among the keys that are trusted")]
    Unknown(String),
    /// It names a key that is trusted, which has not signed this content.
    #[error("its signature with {0} is wrong")]
    Wrong(PublicKey),
}

/// The trusted key that has signed a content.
///
/// # Errors
/// No trusted key has signed it.
pub(crate) fn verify(
    content: &[u8],
    purpose: Purpose,
    signatures: &[Signature],
    trusted: &[PublicKey],
) -> Result<PublicKey, Distrust> {
    let message = purpose.message(content);
    let mut distrust = Distrust::Unsigned;
    for Signature { public_key, signature } in signatures {
        let key = public_key.parse::<PublicKey>().ok().filter(|key| trusted.contains(key));
        match (key, STANDARD.decode(signature)) {
            (Some(key), Ok(bytes)) if key.fits(&message, &bytes) => return Ok(key),
            (Some(key), _) => distrust = Distrust::Wrong(key),
            (None, _) if distrust == Distrust::Unsigned => {
                distrust = Distrust::Unknown(public_key.chars().filter(char::is_ascii_graphic).take(60).collect());
            }
            (None, _) => {}
        }
    }
    Err(distrust)
}
