//! Options and results of mirroring.

use std::path::PathBuf;
use std::sync::Arc;

use crate::index::MirroredRepository;
use crate::mirror::{Application, Mirror, MirrorFile};
use crate::ops::Error;
use crate::request::RequestOptions;
use crate::signing::{PublicKey, SigningKey};
use crate::spec::HashDigest;
use crate::target::Target;

/// An application to mirror.
#[derive(Clone, Debug)]
pub struct MirrorApplication {
    /// The name by which the mirror remembers it.
    pub name: String,
    /// Requirements, and how to resolve them.
    pub request: RequestOptions,
    /// What to resolve for, one after the other.
    pub targets: Vec<Target>,
}

/// What to mirror.
#[derive(Clone, Debug)]
#[expect(clippy::struct_excessive_bools, reason = "each switch is a flag")]
pub struct MirrorOptions {
    /// Each is resolved alone; at least one.
    pub applications: Vec<MirrorApplication>,
    /// The folder of the mirror.
    pub out: PathBuf,
    /// Whether the source archives of the chosen versions are mirrored too.
    pub sdists: bool,
    /// Platforms of the machines that build what has no wheel; none: the platform of this machine.
    pub build_platforms: Vec<Target>,
    /// Whether files are removed that no remembered application needs.
    pub prune: bool,
    /// Whether they are removed even when they are most of the mirror, an application that requires nothing is taken at
    /// its word, and a new mirror may begin beside other things.
    pub force: bool,
    /// Whether the bytes of files that are there already are checked.
    pub verify: bool,
    /// The key that signs the manifest.
    pub sign_key: Option<Arc<SigningKey>>,
}

/// What to take out of a mirror.
#[derive(Clone, Debug)]
pub struct MirrorRemoval {
    /// The folder of the mirror.
    pub folder: PathBuf,
    /// Applications that are forgotten, with what only they need.
    pub names: Vec<String>,
    /// Whether files are removed that no remembered application needs.
    pub prune: bool,
    /// Whether they are removed even when they are most of the mirror.
    pub force: bool,
    /// The key that signs the manifest.
    pub sign_key: Option<Arc<SigningKey>>,
    /// Keys of which one must have signed the manifest as it was before; none: nobody need have.
    pub trusted: Vec<PublicKey>,
}

/// A mirror after a command, and what the command did.
#[derive(Clone, Debug)]
pub struct Mirrored {
    /// The folder.
    pub path: PathBuf,
    /// Names of the files and repositories that were added, sorted.
    pub added: Vec<String>,
    /// Files and repositories that were needed and there already.
    pub kept: usize,
    /// Names of the files and repositories that were removed.
    pub removed: Vec<String>,
    /// Every application that is remembered, sorted by name.
    pub applications: Vec<Application>,
    /// Every file of the mirror, sorted by name.
    pub files: Vec<MirrorFile>,
    /// Its Git repositories, sorted by name.
    pub repositories: Vec<MirroredRepository>,
    /// One digest over the whole mirror.
    pub digest: HashDigest,
}

impl Mirrored {
    pub(super) fn of(mirror: Mirror) -> Result<Self, Error> {
        let (path, digest) = (mirror.folder().to_owned(), mirror.digest()?);
        let (applications, files, repositories) = mirror.into_contents();
        let (added, kept, removed) = (Vec::new(), 0, Vec::new());
        Ok(Self { path, added, kept, removed, applications, files, repositories, digest })
    }
}
