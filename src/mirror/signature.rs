//! The signature of a manifest: who made the mirror, for the other side of a gap.
//!
//! It is over the bytes of the manifest, which has the digest of every file and decides every page. It lies beside the
//! manifest (`barrow-mirror.json.sig`), and goes when the manifest changes.

use std::path::Path;

use fs_err as fs;
use serde::{Deserialize, Serialize};

use super::contents::MANIFEST;
use super::folder::manifest_of;
use super::{Mirror, MirrorError};
use crate::regular;
use crate::signing::{Distrust, PublicKey, Purpose, Signature, SigningKey, verify};

/// Name of the file with the signatures of the manifest.
pub(super) const SIGNATURES: &str = "barrow-mirror.json.sig";

#[derive(Default, Serialize, Deserialize)]
struct Signatures {
    signatures: Vec<Signature>,
}

impl Mirror {
    /// Signs the manifest as it lies there; a signature of the same key is replaced, those of others stay.
    ///
    /// # Errors
    /// The manifest cannot be read, or the signature not be written.
    pub fn sign(&self, key: &SigningKey) -> Result<(), MirrorError> {
        let manifest = self.manifest_bytes()?;
        let mut signatures = self.signatures();
        let public = key.public().to_string();
        signatures.retain(|signature| signature.public_key != public);
        signatures.push(Signature::of(&manifest, Purpose::Mirror, key));
        signatures.sort_by(|one, other| one.public_key.cmp(&other.public_key));
        let path = self.folder().join(SIGNATURES);
        let mut text = serde_json::to_string_pretty(&Signatures { signatures })
            .map_err(|source| MirrorError::Manifest { path: path.clone(), source })?;
        text.push('\n');
        self.write(&path, text.as_bytes())?;
        self.remove_temporary();
        Ok(())
    }

    /// The key, of those that are trusted, with which the manifest is signed.
    ///
    /// # Errors
    /// It is signed with none of them.
    pub fn check_signature(&self, trusted: &[PublicKey]) -> Result<PublicKey, MirrorError> {
        let failed = |source: Distrust| MirrorError::NotTrusted { path: self.folder().to_owned(), source };
        verify(&self.manifest_bytes()?, Purpose::Mirror, &self.signatures(), trusted).map_err(failed)
    }

    /// Removes signatures that are not of the manifest as it is now; whether there were any.
    pub(super) fn remove_signatures(&self) -> bool {
        fs::remove_file(self.folder().join(SIGNATURES)).is_ok()
    }

    /// The signatures as they lie beside the manifest; what cannot be read is none.
    pub(super) fn signature_bytes(&self) -> Option<Vec<u8>> {
        let mut path = manifest_of(self.folder()).into_os_string();
        path.push(SIGNATURES.strip_prefix(MANIFEST)?);
        regular::read(Path::new(&path)).ok()
    }

    fn signatures(&self) -> Vec<Signature> {
        let read: Option<Signatures> = self.signature_bytes().and_then(|bytes| serde_json::from_slice(&bytes).ok());
        read.unwrap_or_default().signatures
    }

    pub(super) fn manifest_bytes(&self) -> Result<Vec<u8>, MirrorError> {
        let path = manifest_of(self.folder());
        regular::read(&path).map_err(|source| MirrorError::Read { path, source })
    }
}
