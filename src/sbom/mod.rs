//! Bills of materials: an [`Inventory`] as CycloneDX 1.6 or SPDX 2.3, both as JSON.
//!
//! They describe what lies in the output, file by file, after everything that was left out, and say where each wheel
//! came from. The same output gives the same bytes: the serial number is a digest of the rest, and there is no time but
//! that of `SOURCE_DATE_EPOCH`. Bills of materials that distributions bring along (PEP 770) and distributions inside of
//! others become parts of the component that carries them.
//!
//! A mirror is no output: of it a `Collection` tells the files, and for whose sake they are there.
//!
//! SPDX 3 is not written: at present its readers are few. CycloneDX 1.6 rather than 1.7 for the same reason.

mod format;
mod part;
mod cyclonedx;
mod spdx_json;
mod collection;
#[cfg(test)]
mod tests;

pub(crate) use collection::{Collected, CollectedKind, Collection, Collector};
pub use format::{SbomFormat, SbomOptions};

use crate::inventory::{Inventory, Reading};

impl SbomFormat {
    /// How closely an output has to be read for it.
    pub fn reading(self) -> Reading {
        match self {
            Self::CycloneDx => Reading::Digests,
            Self::Spdx => Reading::AllDigests,
        }
    }

    /// The text of the bill.
    pub fn write(self, inventory: &Inventory, options: &SbomOptions) -> String {
        let value = match self {
            Self::CycloneDx => cyclonedx::value(inventory, options),
            Self::Spdx => spdx_json::value(inventory, options),
        };
        format!("{value:#}\n")
    }
}
