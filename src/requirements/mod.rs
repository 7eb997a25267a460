//! What the user asks for: requirements, constraint and override files, and names on the command line.
//!
//! The format is that of pip 26 (pip documentation, "Requirements File Format"), whole; what one logical line says is
//! decided by PyPA's "Dependency specifiers". [`Manifest::read`] reads every file that a run names into one
//! [`Manifest`], or gives every [`Problem`] at once, each with its place.
//!
//! ```
//! use std::path::Path;
//! use barrow::requirements::{Manifest, ManifestInputs};
//!
//! let text = b"--pre\nrequests[socks] >= 2 ; python_version < \"3.13\"  # why\nflask=2\n";
//! let inputs = ManifestInputs { working_folder: "/project".into(), ..ManifestInputs::default() };
//!
//! let error = Manifest::read_bytes(text, Path::new("requirements.txt"), &inputs).unwrap_err();
//! assert!(error.to_string().starts_with("requirements.txt:3:6: `=` is not a version operator"));
//!
//! let manifest = Manifest::read_bytes(&text[..text.len() - 8], Path::new("requirements.txt"), &inputs).unwrap();
//! assert!(manifest.options.pre);
//! let entry = &manifest.requirements[0];
//! assert_eq!(entry.requirement.name.as_ref(), "requests");
//! assert_eq!(entry.origin.to_string(), "requirements.txt:2");
//! ```
//!
//! Where this differs from pip:
//! - what pip drops without a word is an error when it would have been a requirement (`--pre requests`, a second
//!   `-r` on a line), and a warning otherwise;
//! - markers, hashes and wheel names that cannot mean what they say are errors here and not later;
//! - a URL or folder needs a project name, before it, in `#egg=`, or in the project's own files;
//! - paths start from the file that names them; those that do not exist there, from the working folder;
//! - `--index-url` does not discard the `--extra-index-url`s before it;
//! - the machine's locale never counts.

mod origin;
mod problem;
mod manifest;
mod excluded;
mod entry;
mod options;
mod requirements_txt;
mod scope;
mod script;
mod line;
mod pyproject;
mod tables;
mod contradictions;
mod reach;
mod reading;
mod source_tree;
mod tool_settings;
mod toml_text;
mod alternatives;
mod archive_name;
mod direct;
mod option_line;
mod setup_files;
mod shell;
mod lines;
mod decode;

use alternatives::Alternatives;
pub(crate) use direct::{NAMING_FILES, static_name};
pub use entry::{DirectReference, RequirementEntry};
pub use excluded::{Brought, NamePattern};
pub use lines::requirement_lines;
pub(crate) use manifest::Pin;
use manifest::{FileRead, RefusedName};
pub use manifest::{Manifest, ManifestInputs, RemoteFiles, UvFiles};
pub use options::{FileOptions, FormatControl, ProjectSet, ReleaseControl};
pub use origin::Origin;
pub(crate) use problem::LOCATION_OPTIONS;
pub use problem::{Problem, RequirementsError};
pub use pyproject::PyprojectInput;
pub(crate) use reach::{declared_indexes, python_limit, said_of_builds};
pub use script::is_script;
pub(crate) use script::{names_requirements, said_part};
pub(crate) use source_tree::{SourceTree, TieContext, may_tie};
use tables::DeclaredIndex;
pub(crate) use tables::{IndexRole, StatedMetadata, TableSettings, is_virtual_project};
pub use tables::{PythonLimit, uv_settings_file};

pub use tool_settings::{ToolSetting, tool_settings};

#[cfg(test)]
mod tests;
