//! The signature of a manifest: who made the mirror, for the other side of a gap.
//!
//! It is over the bytes of the manifest, which has the digest of every file and decides every page. It lies beside the
//! manifest (`barrow-mirror.json.sig`), and goes when the manifest changes.

use std::path::Path;

use serde::{Deserialize, Serialize};

use super::MirrorError;
use super::contents::{MANIFEST, manifest_of};
use crate::regular;
use crate::signing::{Distrust, PublicKey, Purpose, Signature, SigningKey, verify};

/// Name of the file with the signatures of the manifest.
pub(super) const SIGNATURES: &str = "barrow-mirror.json.sig";

#[derive(Default, Serialize, Deserialize)]
struct Signatures {
    signatures: Vec<Signature>,
}

/// The signatures of a place, once `key` has signed its manifest, with these bytes: a former one of the same key is
/// replaced, those of others stay.
pub(super) fn signed(place: &Path, manifest: &[u8], key: &SigningKey) -> serde_json::Result<String> {
    let public = key.public().to_string();
    let mut signatures = signatures(place);
    signatures.retain(|signature| signature.public_key != public);
    signatures.push(Signature::of(manifest, Purpose::Mirror, key));
    signatures.sort_by(|one, other| one.public_key.cmp(&other.public_key));
    serde_json::to_string_pretty(&Signatures { signatures }).map(|text| text + "\n")
}

/// Refuses the manifest of a place, with these bytes, unless one of the keys that are trusted has signed it.
pub(super) fn check_signature(place: &Path, manifest: &[u8], trusted: &[PublicKey]) -> Result<(), MirrorError> {
    let failed = |source: Distrust| MirrorError::NotTrusted { path: place.to_owned(), source };
    verify(manifest, Purpose::Mirror, &signatures(place), trusted).map(drop).map_err(failed)
}

/// The signatures as they lie beside the manifest of a place; what cannot be read is none.
pub(super) fn signature_bytes(place: &Path) -> Option<Vec<u8>> {
    let mut path = manifest_of(place).into_os_string();
    path.push(SIGNATURES.strip_prefix(MANIFEST)?);
    regular::read(Path::new(&path)).ok()
}

fn signatures(place: &Path) -> Vec<Signature> {
    let read: Option<Signatures> = signature_bytes(place).and_then(|bytes| serde_json::from_slice(&bytes).ok());
    read.unwrap_or_default().signatures
}
