//! Where each file of a wheel goes: step "Spread" of the binary distribution format.

use super::error::WheelFault;
use crate::archive::SafePath;
use crate::spec::{PackageName, WheelFilename};

const DIST_INFO: &str = ".dist-info";
const DATA: &str = ".data";
/// Files of `.dist-info` that installers write: a wheel's own are not taken over.
const INSTALLERS_OWN: [&str; 4] = ["RECORD", "INSTALLER", "REQUESTED", "direct_url.json"];

/// The places of one wheel.
#[derive(Debug)]
pub(super) struct Layout {
    /// The `.dist-info` folder.
    pub(super) dist_info: SafePath,
    headers: SafePath,
    filename: WheelFilename,
}

/// Where a file goes.
#[derive(Debug, PartialEq, Eq)]
pub(super) enum Destination {
    /// There, as it is.
    At(SafePath),
    /// There, executable, with its first line changed where it is `#!python`.
    Script(SafePath),
    /// Nowhere: the installer writes its own.
    Dropped,
}

impl Layout {
    /// Finds the one `.dist-info` folder among the files of a wheel and checks that it is that of the file name.
    pub(super) fn find<'a>(
        paths: impl Iterator<Item = &'a SafePath>,
        filename: &WheelFilename,
    ) -> Result<Self, WheelFault> {
        let mut folders: Vec<String> = Vec::new();
        for path in paths {
            let Some((top, _)) = path.as_str().split_once('/') else { continue };
            if is_dist_info(top) && !folders.iter().any(|folder| folder == top) {
                folders.push(top.to_owned());
            }
        }
        let [folder] = folders.as_slice() else { return Err(WheelFault::DistInfo(folders)) };
        let Some(stem) = folder.strip_suffix(DIST_INFO) else { return Err(WheelFault::DistInfo(Vec::new())) };
        let expected = || format!("{}-{}", filename.name, filename.version);
        if !names(stem, filename) {
            return Err(WheelFault::Identity {
                place: ".dist-info folder",
                found: stem.to_owned(),
                expected: expected(),
            });
        }
        let fixed = |path: &str| SafePath::new(path).expect("made of safe components");
        Ok(Self {
            filename: filename.clone(),
            headers: fixed(filename.name.as_ref()).prefixed(&fixed("include")),
            dist_info: fixed(folder),
        })
    }

    /// The place of a file of the archive.
    pub(super) fn place(&self, path: &SafePath) -> Result<Destination, WheelFault> {
        let refuse = |reason| Err(WheelFault::Data { path: path.to_string(), reason });
        let Some((top, rest)) = path.as_str().split_once('/') else { return Ok(Destination::At(path.clone())) };
        if top == self.dist_info.as_str() && INSTALLERS_OWN.contains(&rest) {
            return Ok(Destination::Dropped);
        }
        if !ends_with_any_case(top, DATA) {
            return Ok(Destination::At(path.clone()));
        }
        // Programs disagree on which `.data` folders count: with one that is not this wheel's there would be two
        // readings.
        if !top.strip_suffix(DATA).is_some_and(|stem| names(stem, &self.filename)) {
            return refuse("is in a `.data` folder that is not this wheel's");
        }
        let Some((key, below)) = rest.split_once('/') else {
            return refuse("is not in one of the folders that `.data` can have");
        };
        let below = SafePath::new(below).expect("the end of a safe path is safe");
        // Step b: each subdirectory is a key into a dict of destinations.
        Ok(match key {
            // Metadata of its own, or of a distribution that is none, that nobody has checked.
            "purelib" | "platlib" | "data" if below.components().next().is_some_and(is_dist_info) => {
                return refuse("would be installed into a `.dist-info` folder");
            }
            "purelib" | "platlib" | "data" => Destination::At(below),
            "headers" => Destination::At(below.prefixed(&self.headers)),
            "scripts" => Destination::Script(below.prefixed(&SafePath::new("bin").expect("a safe name"))),
            _ => return refuse("is not in one of the folders that `.data` can have"),
        })
    }
}

/// Whether the beginning of a folder's name is a spelling of name and version of a wheel.
fn names(stem: &str, filename: &WheelFilename) -> bool {
    stem.rsplit_once('-').is_some_and(|(name, version)| {
        name.parse::<PackageName>().is_ok_and(|name| name == filename.name) && filename.is_version(version)
    })
}

/// Whether a folder is one in which Python looks for the metadata of a distribution: in any case, for
/// `importlib.metadata` compares without.
fn is_dist_info(folder: &str) -> bool {
    ends_with_any_case(folder, DIST_INFO)
}

fn ends_with_any_case(text: &str, end: &str) -> bool {
    text.len() >= end.len() && text.as_bytes()[text.len() - end.len()..].eq_ignore_ascii_case(end.as_bytes())
}
