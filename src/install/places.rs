//! The places of a wheel's files, one file each.
//!
//! Some tools pack a program twice, as a file of the package and as a script. Where both have the same bytes it makes
//! no difference which one is installed; where they differ, the package's own file stays.

use std::collections::{BTreeMap, HashMap};

use super::error::WheelFault;
use super::installed::InstalledFile;
use super::layout::Destination;
use super::unpack::Unpacked;
use crate::archive::{NameClash, NameSet, SafePath, ZipEntry};

/// A file of a wheel and where it goes.
#[derive(Debug)]
pub(super) struct Placed<'a> {
    pub(super) entry: &'a ZipEntry,
    pub(super) place: Destination,
    executable: bool,
}

/// Every file of a wheel, and where it goes: no two of them to one place.
#[derive(Debug)]
pub(super) struct Places<'a> {
    pub(super) files: Vec<Placed<'a>>,
    /// What the installer makes, apart from RECORD.
    pub(super) generated: Vec<InstalledFile>,
    /// Files that were taken for the same by size and CRC, one of which is left out.
    twins: Vec<(usize, usize)>,
}

impl<'a> Placed<'a> {
    pub(super) fn new(entry: &'a ZipEntry, place: Destination) -> Self {
        let executable = entry.is_executable || matches!(place, Destination::Script(_));
        Self { entry, place, executable }
    }

    /// Where it is installed as it is, and whether as a program; `None` where it is not, or not as it is.
    pub(super) fn kept(&self, rewritten: &[InstalledFile]) -> Option<(SafePath, bool)> {
        match &self.place {
            Destination::At(path) => Some((path.clone(), self.executable)),
            Destination::Script(path) => {
                let is_rewritten = rewritten.iter().any(|file| file.path == *path);
                (!is_rewritten).then(|| (path.clone(), true))
            }
            Destination::Dropped => None,
        }
    }

    fn path(&self) -> Option<&SafePath> {
        match &self.place {
            Destination::At(path) | Destination::Script(path) => Some(path),
            Destination::Dropped => None,
        }
    }

    fn is_script(&self) -> bool {
        matches!(self.place, Destination::Script(_))
    }

    /// Whether both have the same content, as far as size and CRC of the archive's directory tell.
    fn seems(&self, other: &Self) -> bool {
        let of = |file: &Self| (file.entry.span.size, file.entry.span.crc32);
        of(self) == of(other)
    }
}

impl<'a> Places<'a> {
    /// Gives each place to one file. `scripts` are those that the entry points ask for.
    pub(super) fn settle(
        files: Vec<Placed<'a>>,
        scripts: BTreeMap<SafePath, Vec<u8>>,
        warnings: &mut Vec<String>,
    ) -> Result<Self, WheelFault> {
        let mut places = Self { files, generated: Vec::new(), twins: Vec::new() };
        places.settle_files(warnings)?;
        for (path, content) in scripts {
            let claims = places.files.iter_mut().filter(|file| file.path() == Some(&path));
            let mut is_taken = false;
            for file in claims {
                if file.is_script() {
                    // Old wheels bring the script of an entry point as a file too; like pip, we take the entry point.
                    file.place = Destination::Dropped;
                } else {
                    is_taken = true;
                }
            }
            if is_taken {
                warnings.push(stays(&path));
            } else {
                places.generated.push(InstalledFile::generated(path, true, content));
            }
        }
        Ok(places)
    }

    fn settle_files(&mut self, warnings: &mut Vec<String>) -> Result<(), WheelFault> {
        let mut holders: HashMap<SafePath, usize> = HashMap::new();
        for index in 0..self.files.len() {
            let Some(path) = self.files[index].path().cloned() else { continue };
            let Some(&holder) = holders.get(&path) else {
                holders.insert(path, index);
                continue;
            };
            let (one, other) = (&self.files[holder], &self.files[index]);
            let is_same = one.seems(other);
            let (stays_here, goes) =
                if one.is_script() && !other.is_script() { (index, holder) } else { (holder, index) };
            if is_same {
                self.twins.push((stays_here, goes));
            } else if one.is_script() == other.is_script() {
                return Err(WheelFault::Clash {
                    first: one.entry.path.to_string(),
                    second: other.entry.path.to_string(),
                    reason: "they have different bytes",
                });
            } else {
                warnings.push(stays(&path));
            }
            // Whoever calls it as a script finds a program.
            self.files[stays_here].executable |= self.files[goes].executable;
            self.files[goes].place = Destination::Dropped;
            holders.insert(path, stays_here);
        }
        Ok(())
    }

    /// Checks that no place is a folder of another one. `record` is where RECORD will be.
    pub(super) fn check_clashes(&self, record: &SafePath) -> Result<(), WheelFault> {
        let mut names = NameSet::new();
        let unpacked = self.files.iter().filter_map(Placed::path);
        for path in unpacked.chain(self.generated.iter().map(|file| &file.path)).chain([record]) {
            let clash = |NameClash { first, reason, .. }| WheelFault::Clash { first, second: path.to_string(), reason };
            names.add_file(path).map_err(clash)?;
        }
        Ok(())
    }

    /// Checks that what was taken for the same is the same.
    pub(super) fn check_twins(&self, unpacked: &[Unpacked]) -> Result<(), WheelFault> {
        let differing = self.twins.iter().find(|(one, other)| unpacked[*one].sha256 != unpacked[*other].sha256);
        let Some((one, other)) = differing else { return Ok(()) };
        let name = |place: &usize| self.files[*place].entry.path.to_string();
        Err(WheelFault::Clash { first: name(one), second: name(other), reason: "they have different bytes" })
    }

    /// The scripts that are installed, and where.
    pub(super) fn scripts(&self) -> impl Iterator<Item = (&'a ZipEntry, &SafePath)> {
        self.files.iter().filter_map(|file| match &file.place {
            Destination::Script(path) => Some((file.entry, path)),
            _ => None,
        })
    }
}

fn stays(path: &SafePath) -> String {
    format!("its script `{path}` is left out: the package has another file there")
}
