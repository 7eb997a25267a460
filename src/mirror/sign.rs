//! Signing a mirror, and taking back the signatures of what it was.

use fs_err as fs;

use super::contents::{manifest_bytes, manifest_of};
use super::signature::{SIGNATURES, check_signature, signed};
use super::{Mirror, MirrorError};
use crate::signing::{PublicKey, SigningKey};

impl Mirror {
    /// Signs the manifest as it lies there; a signature of the same key is replaced, those of others stay.
    ///
    /// # Errors
    /// The manifest cannot be read, or the signature not be written.
    pub fn sign(&self, key: &SigningKey) -> Result<(), MirrorError> {
        let path = self.folder().join(SIGNATURES);
        let text = signed(self.folder(), &self.manifest_bytes()?, key)
            .map_err(|source| MirrorError::Manifest { path: path.clone(), source })?;
        self.write(&path, text.as_bytes())?;
        self.remove_temporary();
        Ok(())
    }

    /// Removes signatures that are not of the manifest as it is now; whether there were any.
    pub(super) fn remove_signatures(&self) -> bool {
        fs::remove_file(self.folder().join(SIGNATURES)).is_ok()
    }

    /// The manifest as it lies there.
    pub(super) fn manifest_bytes(&self) -> Result<Vec<u8>, MirrorError> {
        manifest_bytes(&manifest_of(self.folder()))?.ok_or_else(|| MirrorError::None(self.folder().to_owned()))
    }

    /// Refuses the mirror unless one of the `trusted` keys has signed its manifest, if there are any.
    ///
    /// # Errors
    /// No such key has signed it, or it cannot be read.
    pub fn check_trusted(&self, trusted: &[PublicKey]) -> Result<(), MirrorError> {
        if trusted.is_empty() {
            return Ok(());
        }
        check_signature(self.folder(), &self.manifest_bytes()?, trusted)
    }
}
