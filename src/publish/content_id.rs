//! What identifies the content of a file in a mark.

use serde::{Deserialize, Serialize};

use crate::spec::{HashDigest, sha256};

/// Bytes that identify the content of a file.
pub(super) const CONTENT_BYTES: usize = 16;

/// Bit of the last of these bytes: the file can be executed.
pub(super) const EXECUTABLE: u8 = 1;

/// Bit of the last of these bytes: it is a symbolic link.
pub(super) const LINK: u8 = 2;

/// Identifies what a file holds and what it is: the beginning of the sha256, whose last bits tell whether it can be
/// executed and whether it is a link.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
pub(super) struct ContentId(pub(super) [u8; CONTENT_BYTES]);

impl ContentId {
    pub(super) fn new(sha256: &HashDigest, executable: bool) -> Self {
        let mut bytes = [0; CONTENT_BYTES];
        bytes.copy_from_slice(&sha256.bytes()[..CONTENT_BYTES]);
        bytes[CONTENT_BYTES - 1] = bytes[CONTENT_BYTES - 1] & !(EXECUTABLE | LINK) | u8::from(executable);
        Self(bytes)
    }

    /// A symbolic link with this text.
    pub(super) fn link(text: &str) -> Self {
        let mut link = Self::new(&sha256(text.as_bytes()), false);
        link.0[CONTENT_BYTES - 1] |= LINK;
        link
    }

    pub(super) fn is_executable(self) -> bool {
        self.0[CONTENT_BYTES - 1] & EXECUTABLE != 0
    }

    pub(super) fn is_link(self) -> bool {
        self.0[CONTENT_BYTES - 1] & LINK != 0
    }
}
