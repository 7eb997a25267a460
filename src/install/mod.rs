//! Installing a wheel, by the binary distribution format's steps: from a verified file to files in their places.
//!
//! A wheel is read once into a plan: every file that the installed distribution has, where it goes, its mode, size and
//! digest, and where its bytes are (an entry of the wheel, or generated). The plan is kept in the cache, and is written
//! only after every byte was compared with RECORD and `judgement` let pass where the two disagree. A directory links
//! files from the unpacked tree beside the plan; a zip takes the wheel's compressed bytes and needs no tree.
//!
//! ```text
//! installs-v2/HH/DIGEST/
//! ├── plan          what install_wheel found, after all checks          (written whole, by rename)
//! ├── verified      what the wheel looked like when its bytes were last hashed for a zip
//! ├── needed-3.N    what `--slim` leaves of it for a Python, as its code says (written by `bundle`)
//! └── tree/         appears whole, by rename of a folder
//!     ├── files/    every file of the plan in its place
//!     └── stamps    size, time and inode of each, so that a changed one is seen and healed from the wheel
//! ```
//!
//! The layout is that of `pip install --target`: purelib, platlib and data at the root, scripts in `bin`, headers in
//! `include/NAME`. Different from pip: RECORD is compared in full, no `.pyc` is made (step "spread", f: the target
//! compiles for itself), and scripts start with `#!/usr/bin/env python3`, because the host's Python is not the
//! target's.

pub(crate) mod codec;
mod error;
mod installed;
mod judgement;
mod layout;
mod link;
mod look;
mod metadata;
mod options;
mod outline;
mod places;
mod plan;
mod record;
mod scripts;
mod shares;
mod stamps;
mod tree;
mod unpack;
mod verified;
mod wheel;
#[cfg(test)]
mod tests;

pub use error::{InstallError, WheelFault};
#[cfg(test)]
pub(crate) use installed::UnpackedTree;
pub(crate) use installed::{FileContent, InstalledDist, InstalledFile};
pub(crate) use judgement::Agreement;
pub use judgement::RecordPolicy;
pub use link::LinkMode;
pub(crate) use look::Sight;
pub(crate) use metadata::{applying_requirements, check_requirements};
pub use options::InstallOptions;
pub(crate) use shares::LinkError;
pub use shares::{Share, link_shares};
pub(crate) use tree::ensure_tree;
pub(crate) use verified::is_as_verified;
pub use wheel::install_wheel;
pub(crate) use wheel::{judge_wheel, planned};
