//! What the user asks for: requirements, constraint and override files, and names on the command line.

mod manifest;
mod origin;

pub use manifest::{
    DirectReference, FileOptions, FormatControl, Manifest, ManifestInputs, NoBinary, RequirementEntry,
    RequirementsError,
};
pub use origin::Origin;
