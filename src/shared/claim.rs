//! A claim: what was made of the inputs with a key.
//!
//! ```json
//! { "claim": "{\"format\":1,\"namespace\":\"main\",\"kind\":\"builds\",\"key\":\"…\",\"digest\":\"…\",…}",
//!   "signatures": [{ "public-key": "ed25519:…", "signature": "…" }] }
//! ```
//!
//! The claim is a text within JSON, so that a signature is over its bytes, and not over one of the ways to write the
//! same JSON.

use serde::{Deserialize, Serialize};

use super::Namespace;
use crate::signing::{Distrust, PublicKey, Purpose, Signature, SigningKey, verify};
use crate::spec::{HashAlgorithm, HashDigest};

/// The form of claims; it is also a part of their place.
const FORMAT: u32 = 1;

/// Largest content that a claim may name, bytes: several times the largest wheel that there is. The time that a
/// download may take follows from the size, so a size that is only claimed must have a bound.
pub(super) const SIZE_MOST: u64 = 16 << 30;

/// Largest claim, bytes: a claim about a finished bundle names each wheel in it.
pub(super) const CLAIM_LIMIT: u64 = 1 << 20;

/// What a claim is about.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub(crate) enum ClaimKind {
    /// The wheel that was built of a source.
    Builds,
    /// The zip that was made of a request.
    Bundles,
}

impl ClaimKind {
    /// The folder of its claims.
    pub(crate) fn folder(self) -> &'static str {
        match self {
            Self::Builds => "builds",
            Self::Bundles => "bundles",
        }
    }
}

/// What was made of the inputs with a key.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub(crate) struct Claim {
    format: u32,
    namespace: String,
    kind: ClaimKind,
    key: String,
    /// sha256 of the content, hexadecimal.
    digest: String,
    /// Size of the content, bytes.
    pub size: u64,
    /// What the content is called.
    pub name: String,
    /// How long making it took, milliseconds.
    pub took: u64,
    /// Facts about the content that whoever takes it needs, by its kind.
    #[serde(default, skip_serializing_if = "serde_json::Value::is_null")]
    pub details: serde_json::Value,
}

#[derive(Serialize, Deserialize)]
struct Envelope {
    claim: String,
    #[serde(default)]
    signatures: Vec<Signature>,
}

/// A claim that is not taken.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub(crate) enum ClaimRefusal {
    /// The claim cannot be read.
    #[error("it is malformed")]
    Malformed,
    /// The claim was made for other inputs or another namespace, and copied to this place.
    #[error("it is a claim about something else, in the place of this one")]
    Elsewhere,
    /// None of the trusted keys has signed the claim.
    #[error(transparent)]
    Distrust(#[from] Distrust),
}

impl Claim {
    /// A claim about a content.
    pub(crate) fn new(
        (namespace, kind, key): (&Namespace, ClaimKind, &HashDigest),
        (name, digest, size): (&str, &HashDigest, u64),
        took: u64,
        details: serde_json::Value,
    ) -> Self {
        Self {
            format: FORMAT,
            namespace: namespace.to_string(),
            kind,
            key: key.hex(),
            digest: digest.hex(),
            size,
            name: name.to_owned(),
            took,
            details,
        }
    }

    /// Reads the claim that lies in a place.
    ///
    /// # Errors
    /// It is none, is about something else, or is not trusted.
    pub(crate) fn open(
        bytes: &[u8],
        (namespace, kind, key): (&Namespace, ClaimKind, &HashDigest),
        trusted: &[PublicKey],
    ) -> Result<Self, ClaimRefusal> {
        let Envelope { claim: text, signatures } =
            serde_json::from_slice(bytes).map_err(|_| ClaimRefusal::Malformed)?;
        if !trusted.is_empty() {
            verify(text.as_bytes(), Purpose::Claim, &signatures, trusted)?;
        }
        let claim: Self = serde_json::from_str(&text).map_err(|_| ClaimRefusal::Malformed)?;
        let is_meant = claim.format == FORMAT
            && claim.namespace == namespace.to_string()
            && claim.kind == kind
            && claim.key == key.hex();
        if !is_meant {
            return Err(ClaimRefusal::Elsewhere);
        }
        let is_plausible = claim.size <= SIZE_MOST;
        claim.digest().filter(|_| is_plausible).map(|_| claim).ok_or(ClaimRefusal::Malformed)
    }

    /// The claim as it is written.
    pub(crate) fn seal(&self, key: Option<&SigningKey>) -> Vec<u8> {
        // Texts and numbers can always be written.
        let claim = serde_json::to_string(self).unwrap_or_default();
        let signatures = key.map(|key| Signature::of(claim.as_bytes(), Purpose::Claim, key)).into_iter().collect();
        serde_json::to_vec(&Envelope { claim, signatures }).unwrap_or_default()
    }

    /// The digest of the content that a claim names, whoever has signed it: for those who look after a store.
    pub(super) fn named_content(bytes: &[u8]) -> Option<HashDigest> {
        let Envelope { claim, signatures: _ } = serde_json::from_slice(bytes).ok()?;
        serde_json::from_str::<Self>(&claim).ok()?.digest()
    }

    /// The digest of the content; never `None` for a claim that was opened.
    pub(crate) fn digest(&self) -> Option<HashDigest> {
        let is_lower = !self.digest.bytes().any(|byte| byte.is_ascii_uppercase());
        HashDigest::from_hex(HashAlgorithm::Sha256, &self.digest).ok().filter(|_| is_lower)
    }
}

/// Where a claim lies.
pub(super) fn claim_place(namespace: &Namespace, kind: ClaimKind, key: &HashDigest) -> String {
    let hex = key.hex();
    format!("{namespace}/claims/v{FORMAT}/{}/{}/{hex}", kind.folder(), &hex[..2])
}

/// Where a content lies.
pub(super) fn content_place(namespace: &Namespace, digest: &HashDigest) -> String {
    let hex = digest.hex();
    format!("{namespace}/cas/sha256/{}/{hex}", &hex[..2])
}
