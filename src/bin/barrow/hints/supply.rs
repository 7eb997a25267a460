//! What the user can do where the world did not give what a run needs.

use std::io::ErrorKind::NotFound;
use std::path::Path;

use barrow::fetch::FetchError;
use barrow::http;
use barrow::index::IndexError;
use barrow::install::{InstallError, WheelFault};
use barrow::ops::{MirrorInputs, PythonRefused, SupplyError};
use barrow::request::{ForeignFile, RequestError};
use barrow::resolution::Barrier;
use barrow::resolve::{Hint, ResolveError, SourceError, Unfit};
use barrow::spec::MetadataError;

use super::{ALIKE, DAMAGED, REMOVED, build, is_of_absence, limit, lock, resolution};

/// What to do about a file that a mirror lacks.
const MIRROR_IT: &str =
    "`barrow mirror` with the same requirements and targets, on a machine with a network, adds it to a mirror";

/// What to do about something that would be asked of an index.
const NOT_OFFLINE: &str = "run once without `--offline`, or add a folder by `--find-links`";

/// What to do about a file of a lock that its index does not list.
const NOT_LISTED: &str =
    "if the project names another index for it now, lock again; else name the index that has the file";

/// What to do about a file that an index lists and has not.
const GONE: &str = "if it was removed a moment ago, ask anew with `--refresh`; else tell the keeper of the index, or require another \
                    version";

/// What to do about a file that something names, and that is not there.
const NO_FILE: &str = "put it there; of a mirror, `barrow mirror --verify` names all files that are missing";

/// What to do about a file of a folder that is gone.
const NOT_THERE: &str =
    "its page lists it, and it is not there: of a mirror, `barrow mirror --verify` names all such files";

/// What to do about a file that is not the one that was promised.
const OTHER_BYTES: &str = "nothing of it is used: somebody has replaced the file, or a proxy or mirror has a damaged copy; tell the keeper of \
                           the index, and lock again only if the new file is trusted";

/// What to do about metadata that were written by rules which came later.
const NEWER_METADATA: &str =
    "the file is sound: take a newer barrow, which may know that form, or another version of the package";

/// What to do about a requirement in metadata that no installer reads, such as one with the alternatives of Poetry.
const ODD_REQUIREMENT: &str = "no installer of today takes such a requirement: make the file anew with one list of specifiers in it, as in \
                               `dep>=2.7,!=3.0.*,<4`, or take another version";

/// How a list of packages is got out of an environment of conda in a form that can be read.
const FROM_CONDA: &str = "activate the environment, write `pip list --format=freeze > requirements.txt`, keep what your function \
                          imports, and name that file with -r";

/// What to do, a sentence each.
pub(crate) fn of(error: &SupplyError) -> Vec<String> {
    let hint = match error {
        SupplyError::Request(error) => return request(error),
        SupplyError::Resolve(error) => return resolve(error),
        SupplyError::Lacking { error, missing, mirrored } => {
            let names: Vec<String> = missing.iter().map(|name| format!("`{name}`")).collect();
            let command = mirror_command(mirrored);
            let all = if names.is_empty() {
                format!("`{command}` on a machine with a network adds to the mirror what fits, if there is any")
            } else {
                format!(
                    "missing: {}; `{command}` on a machine with a network fetches them with all that they need",
                    names.join(", ")
                )
            };
            // Where names are found without a network is the mirror, and no other index.
            let own = |hint: &&Hint| !matches!(hint, Hint::Nowhere(_));
            let hints: Vec<String> = match error {
                ResolveError::NoSolution { hints, .. } => hints.iter().filter(own).map(resolution::of).collect(),
                error => resolve(error),
            };
            return hints.into_iter().chain([all]).collect();
        }
        SupplyError::Lock(error) => return lock::of(error),
        SupplyError::BuildRequirements { source, .. } => return of(source),
        SupplyError::PythonLimit(refused) => Some(python(refused)),
        SupplyError::Contradiction(_) => {
            Some("give one of them a marker that is false for this target, or remove it".to_owned())
        }
        SupplyError::Unnamed { .. } => Some("put the name before it: `name @ URL`".to_owned()),
        SupplyError::Build(error) => build::of(error),
        SupplyError::BuildForbidden(_) => Some("leave out `--no-build`, which forbids it".to_owned()),
        SupplyError::OfflineRepository(_) => Some("run once without `--offline`, which fetches it".to_owned()),
        SupplyError::BuildNotAllowed { name, .. } => Some(format!("allow it with `--allow-build {name}`")),
        SupplyError::NothingBuiltForABuild { .. } => Some("offer a wheel of it with `--find-links`".to_owned()),
        SupplyError::MirrorLacks { mirrored, .. } => {
            let command = mirror_command(mirrored);
            Some(format!("`{command}` on a machine with a network adds them to a mirror"))
        }
        SupplyError::RepositoryBeyondMirror(_) | SupplyError::RevisionBeyondMirror { .. } => Some(MIRROR_IT.to_owned()),
        SupplyError::Fetch(FetchError::Offline(_)) => Some(
            "run once without `--offline`, or write a mirror of the same requirements with `barrow mirror`".to_owned(),
        ),
        SupplyError::Fetch(error) => fetch(error),
        SupplyError::Http(error) => super::http::of(error),
        SupplyError::Shared(error) => error.request().and_then(super::http::of),
        SupplyError::Index(error) => index(error),
        SupplyError::NotListed { .. } => Some(NOT_LISTED.to_owned()),
        SupplyError::Install(error) => install(error),
        SupplyError::Bundle(error) => super::bundle(error),
        _ => None,
    };
    hint.into_iter().collect()
}

fn request(error: &RequestError) -> Vec<String> {
    let hint = match error {
        RequestError::Lock(error) => return lock::of(error),
        RequestError::Source(error) => return super::bundle(error).into_iter().collect(),
        RequestError::Folder(error) => return build::of(error).into_iter().collect(),
        RequestError::Foreign { what: ForeignFile::Setuptools, .. } => {
            "write its folder, as `.`, into a requirements.txt and name that with -r: what the project requires comes with it"
        }
        RequestError::Foreign { what: ForeignFile::Pipfile, .. } => {
            "make a Pipfile.lock with `pipenv lock`, and name that file with -r"
        }
        RequestError::Foreign { what: ForeignFile::Npm, .. } => "name the file of the Python function with -r",
        RequestError::Foreign { what: ForeignFile::CondaEnvironment | ForeignFile::CondaList, .. } => FROM_CONDA,
        RequestError::ListCalledLock { .. } => "call it `requirements.txt`",
        RequestError::ExtrasBehindName { file, extras, .. } => return vec![extras_of(file, extras)],
        RequestError::BesideLock { .. } => {
            "leave out what is given beside it, or add it to what is locked and lock again"
        }
        RequestError::NothingToSelectFrom => "name one with -r",
        RequestError::ExtrasBesideGroups => {
            "`--group` in place of `--only-group` takes the project with its extras too"
        }
        _ => return Vec::new(),
    };
    vec![hint.to_owned()]
}

/// How extras of a file are chosen.
fn extras_of(file: &Path, extras: &[String]) -> String {
    let chosen: Vec<String> = extras.iter().map(|extra| format!("--extra {extra}")).collect();
    format!("choose them beside it: `-r {} {}`", quoted(&file.display().to_string()), chosen.join(" "))
}

fn resolve(error: &ResolveError) -> Vec<String> {
    match error {
        ResolveError::NoSolution { hints, .. } => hints.iter().map(resolution::of).collect(),
        ResolveError::RequireHashes { without_digest: true, .. } => vec![
            "folders and repositories have no digest: leave them out of the list (`uv export --no-emit-local`), or \
             install the lock that it was made of with `--lock FILE`"
                .to_owned(),
        ],
        ResolveError::RequireHashes { .. } => {
            vec!["`barrow lock -o requirements.txt --generate-hashes` writes every version with its hashes".to_owned()]
        }
        ResolveError::DisjointHashes { .. } => vec!["keep the lines of one of them".to_owned()],
        ResolveError::Source(error) => source(error),
        ResolveError::Digest { .. } => vec![OTHER_BYTES.to_owned()],
    }
}

/// What the solver asked was answered with an error of some other room.
fn source(error: &SourceError) -> Vec<String> {
    let cause = error.cause();
    if let Some(error) = cause.downcast_ref::<SupplyError>() {
        return of(error).into_iter().take(1).collect();
    }
    let hint = match (cause.downcast_ref(), cause.downcast_ref(), cause.downcast_ref()) {
        (Some(error), _, _) => index(error),
        (_, Some(error), _) => fetch(error),
        (_, _, Some(Unfit::OtherProject { found, .. })) => Some(format!("write the requirement as `{found} @ …`")),
        (_, _, Some(Unfit::Unbuilt { name, barrier: Barrier::NotAllowed })) => {
            Some(format!("allow it with `--allow-build {name}`"))
        }
        _ => None,
    };
    hint.into_iter().collect()
}

fn fetch(error: &FetchError) -> Option<String> {
    match error {
        FetchError::Download { source, .. } => super::http::of(source),
        FetchError::NotInMirror { .. } => Some(MIRROR_IT.to_owned()),
        FetchError::Offline(_) => Some(NOT_OFFLINE.to_owned()),
        FetchError::Gone { .. } => Some(GONE.to_owned()),
        FetchError::Local { source, .. } if source.kind() == NotFound => Some(NO_FILE.to_owned()),
        FetchError::DigestMismatch(_) | FetchError::WeakMismatch { .. } | FetchError::SizeMismatch { .. } => {
            Some(OTHER_BYTES.to_owned())
        }
        _ => None,
    }
}

fn index(error: &IndexError) -> Option<String> {
    match error {
        IndexError::Ask { source, .. }
        | IndexError::FindLinks { source, .. }
        | IndexError::Manifest { source, .. }
        | IndexError::MetadataRequest { source, .. } => asked(source),
        IndexError::ManifestContent { .. } => Some(super::DAMAGED_MANIFEST.to_owned()),
        IndexError::ManifestForm { .. } => Some(super::OTHER_FORM.to_owned()),
        IndexError::ClosedIndex { .. } => Some(
            "leave out `--no-index` (also in settings files and variables), or let a mirror stand in for all indexes: \
             `--mirror DIR`"
                .to_owned(),
        ),
        IndexError::UnknownIndex { index, .. } => Some(format!("define it by `--index {index}=URL`")),
        IndexError::Offline { .. } => Some(NOT_OFFLINE.to_owned()),
        IndexError::Folder { what, source, .. } if what.is_named() && source.kind() == NotFound => {
            Some("an index is a URL that begins with `https://`, or a folder that is there".to_owned())
        }
        IndexError::Folder { source, .. } if source.kind() == NotFound => Some(NOT_THERE.to_owned()),
        IndexError::Gone { .. } => Some(GONE.to_owned()),
        IndexError::MetadataDigest { .. } => Some(OTHER_BYTES.to_owned()),
        IndexError::Fetch(error) => fetch(error),
        IndexError::FindLinksGone { .. } => Some("correct the URL, or leave it out".to_owned()),
        IndexError::Metadata { source: MetadataError::Version(_), .. } => Some(NEWER_METADATA.to_owned()),
        IndexError::Metadata { source: MetadataError::Field { field: "Requires-Dist", .. }, .. } => {
            Some(ODD_REQUIREMENT.to_owned())
        }
        IndexError::Wheel { .. } | IndexError::Metadata { .. } | IndexError::MetadataMismatch { .. } => {
            Some(DAMAGED.to_owned())
        }
        _ => None,
    }
}

/// A refusal is the one fault of a request of which more can be said when it was an index that was asked.
fn asked(error: &http::Error) -> Option<String> {
    let hint = super::http::of(error);
    match error.status() {
        Some(status @ 403) => {
            let hint = hint.map_or_else(String::new, |hint| format!("{hint}; "));
            Some(format!("{hint}where the index says so for \"not here\", set `ignore-status = [{status}]` for it"))
        }
        _ => hint,
    }
}

fn install(error: &InstallError) -> Option<String> {
    match error {
        InstallError::Refused { .. } | InstallError::Reread { .. } | InstallError::Unpack { .. }
            if is_of_absence(error) =>
        {
            Some(REMOVED.to_owned())
        }
        InstallError::Refused { fault: WheelFault::Archive(error), .. } => {
            limit(error).or_else(|| Some(DAMAGED.to_owned()))
        }
        InstallError::Refused { fault: WheelFault::Metadata(MetadataError::Version(_)), .. } => {
            Some(NEWER_METADATA.to_owned())
        }
        InstallError::Record { name, .. } => Some(format!(
            "if you trust where it comes from, accept it with `--accept-record {name}` (`accept-record` in barrow.toml)"
        )),
        InstallError::Refused { .. } => Some(DAMAGED.to_owned()),
        InstallError::Alike { .. } => Some(ALIKE.to_owned()),
        InstallError::Requirements { .. } => {
            Some("the index serves metadata that does not belong to its files: tell its keeper".to_owned())
        }
        _ => None,
    }
}

fn python(refused: &PythonRefused) -> String {
    if let Some(release) = &refused.release {
        return format!(
            "it takes few releases of that Python, and AWS chooses which one a runtime has: allow all of them, or \
             compare with one by `--python-version {release}`"
        );
    }
    if refused.fitting.is_empty() {
        return "no runtime of Lambda has such a Python: allow another one in `requires-python`".to_owned();
    }
    let fitting: Vec<&str> = refused.fitting.iter().map(|runtime| runtime.name()).collect();
    format!("these runtimes fit: {}; choose one with `--runtime`", fitting.join(", "))
}

/// The command that would write a mirror of everything that a run needs.
fn mirror_command(inputs: &MirrorInputs) -> String {
    let MirrorInputs { requirement_files, constraint_files, positional, target } = inputs;
    let mut words = vec!["barrow mirror".to_owned()];
    words.extend(requirement_files.iter().map(|file| format!("-r {}", quoted(file))));
    words.extend(constraint_files.iter().map(|file| format!("-c {}", quoted(file))));
    words.extend(positional.iter().map(|text| quoted(text)));
    words.push(format!("--runtime {} --arch {} -o DIR", target.runtime().name(), target.architecture().as_str()));
    words.join(" ")
}

/// A word as a shell takes it.
pub(crate) fn quoted(word: &str) -> String {
    let is_plain = |c: char| c.is_ascii_alphanumeric() || "-_./=+:,@%".contains(c);
    if !word.is_empty() && word.chars().all(is_plain) {
        word.to_owned()
    } else {
        format!("'{}'", word.replace('\'', "'\\''"))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use barrow::archive::ArchiveError;

    #[test]
    fn no_wheel_is_called_damaged_that_is_gone() {
        let refused = |fault: ArchiveError| InstallError::Refused { wheel: "a".to_owned(), fault: fault.into() };
        let gone = install(&refused(ArchiveError::Read(NotFound.into()))).unwrap();
        assert!(gone.contains("run again") && !gone.contains("damaged"), "{gone}");
        let damaged = install(&refused(ArchiveError::Structure("it is short"))).unwrap();
        assert!(damaged.contains("damaged"), "{damaged}");
    }
}
