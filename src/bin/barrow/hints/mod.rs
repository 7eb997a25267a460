//! What the user can do about an error: the one place that knows flags. The library's errors carry kinds and values.

mod build;
mod http;
mod lock;
pub(crate) mod sam;
pub(crate) mod resolution;
pub(crate) mod supply;

use barrow::archive::{ArchiveError, Bound};
use barrow::bundle::BundleError;
use barrow::check::CheckError;
use barrow::mirror::MirrorError;
use barrow::ops::{Error, LeftOutError};
use barrow::publish::PublishError;

/// What to do about an error, a sentence each.
pub(crate) fn of(error: &Error) -> Vec<String> {
    let hints = of_kind(error);
    if hints.is_empty() { of_disk(error).into_iter().collect() } else { hints }
}

/// What to do where a disk refuses, whatever was to be read or written.
fn of_disk(error: &(dyn std::error::Error + 'static)) -> Option<String> {
    use std::io::ErrorKind::{PermissionDenied, QuotaExceeded, ReadOnlyFilesystem, StorageFull};
    if has_too_many_open(error) {
        return Some(
            "the system lets a program open too few files: raise that limit in the shell that runs it (`ulimit -n 1024`)"
                .to_owned(),
        );
    }
    let mut causes = std::iter::successors(Some(error), |error| error.source());
    let hint = match causes.find_map(|cause| cause.downcast_ref::<std::io::Error>())?.kind() {
        StorageFull | QuotaExceeded => "make room there, or name a place on another disk, and run again",
        PermissionDenied => "let this user read and write there, or name another place",
        ReadOnlyFilesystem => "name a place where files may be written, such as a copy of what lies there",
        _ => return None,
    };
    Some(hint.to_owned())
}

/// Whether an error comes of the limit on open files, that of the process or that of the machine.
fn has_too_many_open(error: &(dyn std::error::Error + 'static)) -> bool {
    // `EMFILE` and `ENFILE`, which are the same on Linux and macOS.
    let mut causes = std::iter::successors(Some(error), |error| error.source());
    causes.any(|cause| {
        cause.downcast_ref::<std::io::Error>().is_some_and(|cause| matches!(cause.raw_os_error(), Some(23 | 24)))
    })
}

fn of_kind(error: &Error) -> Vec<String> {
    match error {
        Error::Supply(error) => supply::of(error),
        Error::Bundle(error) => bundle(error).into_iter().collect(),
        Error::Publish(error) => publish(error).into_iter().collect(),
        Error::Store(error) if error.is_web_page() => vec![
            "it may want a login first: give credentials of the store; else name the address of the store itself, and not of \
             the page that shows it"
                .to_owned(),
        ],
        Error::Store(error) => error.request().and_then(http::of).into_iter().collect(),
        Error::Mirror(error) => mirror(error).into_iter().collect(),
        Error::TooLarge { ways, .. } => ways.clone(),
        Error::LeftOut(error) => vec![left_out(error)],
        Error::ExistingLock(_) => vec!["its versions are kept where they fit: mend it, or begin anew with --upgrade".to_owned()],
        Error::OverInput { .. } => vec!["name another file with -o, or say so with --upgrade or --force".to_owned()],
        Error::SeveralTargets => vec!["give one --runtime and one --arch, or write pylock.toml".to_owned()],
        Error::NobodyToAsk => vec!["give advisories that lie here: `--osv FILE`".to_owned()],
        Error::NoAdvisories(_) => {
            vec!["give advisories that lie here: `--osv FILE`; or ask another index by `--index-url`".to_owned()]
        }
        Error::DeniedLicenses(_) => vec![
            "`barrow why NAME` tells who asked for one; `--deny-license` and `deny-licenses` say what is ruled out"
                .to_owned(),
        ],
        Error::NotInResolution(_) => vec!["`barrow tree`, with the same words, shows what is in it".to_owned()],
        Error::MirrorDamaged { .. } => {
            vec![
                "carry it again; where it is made, `barrow mirror --verify` with the requirements fetches damaged files \
                 again; what is not in the manifest is nobody's: remove it"
                    .to_owned(),
            ]
        }
        Error::ReadInput { .. }
        | Error::LayerFailed(_)
        | Error::Audit(_)
        | Error::Inventory(_)
        | Error::WriteLock { .. }
        | Error::MirrorFindings(_)
        | Error::Worker(_)
        | Error::Interrupted(_) => Vec::new(),
    }
}

fn bundle(error: &BundleError) -> Option<String> {
    match error {
        BundleError::HoldsSecret { files } => {
            let name = files.first().map_or("NAME", |(path, _)| path.as_str());
            Some(format!("leave it out with `--exclude {name}`, or take it as it is with `--include {name}`"))
        }
        BundleError::LayersFull { enough: Some(enough), .. } => {
            Some(format!("`--split {enough}` has room for all of them"))
        }
        BundleError::LayersFull { enough: None, .. } => Some(
            "a function has five layers at most: leave something out, with --slim, --exclude-runtime or --exclude-package"
                .to_owned(),
        ),
        BundleError::LinkOutside { .. } => Some(
            "`--follow-links` takes what it leads to; `--exclude PATTERN` leaves it out; `--source DIR:PREFIX` takes a \
             whole folder"
                .to_owned(),
        ),
        BundleError::SourceName { .. } => Some(
            "rename it, or leave it out: `?` stands for a character of it in `--exclude PATTERN` and in a line of \
             `.barrowignore`"
                .to_owned(),
        ),
        BundleError::SourceLink { path, .. } | BundleError::SourceKind { path, .. } => Some(left_out_by_name(path)),
        BundleError::ReadSource { path, source } if source.kind() == std::io::ErrorKind::PermissionDenied => {
            Some(format!("let this user read it, or {}", left_out_by_name(path)))
        }
        BundleError::SourceCollision { .. } => {
            Some("give one of the sources a prefix (`--source DIR:PREFIX`), or leave the file out with `exclude`".to_owned())
        }
        BundleError::TooLarge { .. } => Some("leave something out, or allow more with `--max-size`".to_owned()),
        _ => None,
    }
}

/// How something in the source is left out of a bundle.
fn left_out_by_name(path: &std::path::Path) -> String {
    let name = path.file_name().unwrap_or(path.as_os_str()).to_string_lossy();
    format!("leave it out with `--exclude {}`, or by a line `{name}` in `.barrowignore`", supply::quoted(&name))
}

fn left_out(error: &LeftOutError) -> String {
    let hint = match error {
        LeftOutError::Pinned { names, .. } => {
            let names: Vec<&str> = names.iter().map(AsRef::as_ref).collect();
            return format!(
                "bundle them, without --exclude-runtime; or ask for no certain version; or leave them to the runtime whatever it \
                 has, with `--exclude-package {}`",
                names.join(",")
            );
        }
        LeftOutError::OtherVersion { .. } => "make both of the same lock, or leave out --without",
        LeftOutError::TwoVersions { .. } => "a function can have only one of them: make the layers agree",
        LeftOutError::OtherTarget { .. } => {
            "make the layer for the same --runtime and --arch, or name the one that is: a function loads no other"
        }
        LeftOutError::NotExact { .. } => "--without takes a lock: `barrow lock` writes one",
        LeftOutError::BringsNothing { .. } | LeftOutError::Unreadable { .. } => {
            "--without takes a lock, or the folder or zip of a layer; groups are left out unless --group names them"
        }
    };
    hint.to_owned()
}

fn publish(error: &PublishError) -> Option<String> {
    match error {
        PublishError::Occupied { .. } => {
            Some("name an empty or new folder, or replace what is there with --force".to_owned())
        }
        PublishError::Busy { process, .. } => Some(stuck(*process)),
        PublishError::Alike { .. } => Some(ALIKE.to_owned()),
        PublishError::Link { source, .. } if is_of_absence(source) => Some(REMOVED.to_owned()),
        PublishError::Respelled { there, .. } => {
            Some(format!("move what is yours out of `{}`, or install into a new folder", there.display()))
        }
        _ => None,
    }
}

/// Whether an error comes of a file that is not there.
fn is_of_absence(error: &(dyn std::error::Error + 'static)) -> bool {
    let mut causes = std::iter::successors(Some(error), |error| error.source());
    let cause = causes.find_map(|cause| cause.downcast_ref::<std::io::Error>());
    cause.is_some_and(|cause| cause.kind() == std::io::ErrorKind::NotFound)
}

/// What to do where nothing can be checked.
pub(crate) fn check(error: &CheckError) -> Option<String> {
    let hint = match error {
        CheckError::Libraries { .. } => {
            "deploy the handler that `barrow check --probe` prints, and save what it answers"
        }
        CheckError::Empty { .. } => "bundle first: `barrow bundle -o OUT`",
        CheckError::Lock { .. } => "--lock takes what `barrow lock` writes, or pinned requirements",
        _ => return None,
    };
    Some(hint.to_owned())
}

/// What to do about a file that was there a moment ago.
const REMOVED: &str =
    "the cache was removed while it was used: run again (`barrow cache clean` waits for the runs that use it)";

/// What to do about a file that is not what its name says.
const DAMAGED: &str =
    "the file itself is damaged or wrongly made: get it anew, or take another version, and tell whoever made it";

/// What to do about a manifest of a mirror that says nothing.
const DAMAGED_MANIFEST: &str = "carry the manifest again; where the mirror is made, remove one that is damaged: `barrow mirror` makes it anew of \
                                the files";

/// What to do about a manifest of a mirror that this version cannot read.
const OTHER_FORM: &str = "another version of barrow wrote it: take that one, or a later one";

fn mirror(error: &MirrorError) -> Option<String> {
    let hint = match error {
        MirrorError::Busy { process, .. } => return Some(stuck(*process)),
        MirrorError::Write { source, .. } if source.kind() == std::io::ErrorKind::StorageFull => {
            "the disk with the mirror is full: what is in the mirror is whole and stays; make room, and the same command goes on"
        }
        MirrorError::Wheel { source, .. } => return limit(source),
        MirrorError::Occupied { .. } => {
            "name an empty or new folder, or begin the mirror beside what is there with --force"
        }
        MirrorError::MostWouldGo { .. } | MirrorError::NothingRequired { .. } => {
            "nothing was removed: with `--force` it is; `--list` shows the applications that are remembered"
        }
        MirrorError::UnknownWouldGo { .. } => {
            "nothing was removed: mirror the other applications again first; with `--force` these files go"
        }
        MirrorError::None(_) => {
            "name the folder that `barrow mirror -o` made; a manifest that was lost there is made anew when something is \
             mirrored into it"
        }
        MirrorError::Manifest { .. } | MirrorError::ManifestContent { .. } => DAMAGED_MANIFEST,
        MirrorError::ManifestForm { .. } => OTHER_FORM,
        MirrorError::NotExpected { .. } => {
            "nothing of it is to be trusted: it is not the mirror that was sent, or not all of it; carry it again"
        }
        MirrorError::NotTrusted { .. } => {
            "`barrow mirror --sign-key` signs it where it is made, and `--verify-key` is the public half of that key"
        }
        MirrorError::OtherBytes { .. } => {
            "nothing was replaced: find out who changed the file; a new folder takes the new one, and so does this one when \
             `--remove` has taken away every application that holds the old one"
        }
        _ => return None,
    };
    Some(hint.to_owned())
}

/// Names that differ for Lambda, and not for the file system of this machine.
const ALIKE: &str = "write a zip, or work on a file system that tells such names apart";

/// Another run holds what this one needs.
fn stuck(process: Option<u32>) -> String {
    match process {
        Some(process) => format!("if process {process} is stuck, end it (`kill -9 {process}`) and run again"),
        None => "end the run that is stuck, and run again".to_owned(),
    }
}

/// What helps against a bound that the user may move.
fn limit(error: &ArchiveError) -> Option<String> {
    let flag = match error {
        ArchiveError::Limit { what: Bound::UnpackedBytes, .. } => "--max-unpacked-size",
        ArchiveError::Limit { what: Bound::Ratio, .. } => "--max-ratio",
        _ => return None,
    };
    Some(format!("if you know the package, raise the limit with {flag}"))
}
