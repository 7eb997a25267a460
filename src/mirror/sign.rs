//! Signing a mirror, and taking back the signatures of what it was.

use fs_err as fs;

use super::contents::manifest_of;
use super::signature::{SIGNATURES, signed};
use super::{Mirror, MirrorError};
use crate::regular;
use crate::signing::SigningKey;

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
        let path = manifest_of(self.folder());
        regular::read(&path).map_err(|source| MirrorError::Read { path, source })
    }
}
