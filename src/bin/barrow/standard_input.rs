//! Standard input in the place of a file.

use std::io::{IsTerminal as _, Read as _, stdin};
use std::path::Path;
use std::sync::{Arc, OnceLock};

use barrow::regular::FileBytes;

/// Most bytes that are read; a list of requirements of that size is refused by whoever reads it.
const MOST: u64 = (128 << 20) + 1;

/// What comes on standard input.
#[derive(Clone, Debug)]
pub(crate) enum StandardInput {
    /// Whatever the user sends. It is there once, so it is kept for whoever asks again.
    OfUser(Arc<OnceLock<FileBytes>>),
    /// What is asked for: lines, each of them a run (`serve`), or a query (`terraform`).
    Questions,
}

impl Default for StandardInput {
    fn default() -> Self {
        Self::OfUser(Arc::default())
    }
}

impl StandardInput {
    /// Whether a path of the command line means it; a file of that name is `./-`.
    pub(crate) fn is_meant(path: &Path) -> bool {
        path.as_os_str() == "-"
    }

    /// Reads all of it, or says why nobody can.
    pub(crate) fn read(&self) -> Result<FileBytes, String> {
        let Self::OfUser(kept) = self else {
            return Err("standard input has what is asked for: name a file in place of `-`".to_owned());
        };
        if let Some(bytes) = kept.get() {
            return Ok(bytes.clone());
        }
        if stdin().is_terminal() {
            return Err("`-` is standard input, and that is a terminal: send it a list of requirements, as by \
                        `… | barrow install -r - -t DIR`, or name a file"
                .to_owned());
        }
        let mut bytes = Vec::new();
        stdin()
            .take(MOST)
            .read_to_end(&mut bytes)
            .map_err(|error| format!("failed to read standard input: {error}"))?;
        Ok(kept.get_or_init(|| bytes.into()).clone())
    }
}
