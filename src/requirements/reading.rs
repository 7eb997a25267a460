//! Reading everything that a run names into one manifest.

use std::path::Path;

use super::requirements_txt::{RequirementsReader, Role};
use super::{Manifest, ManifestInputs, RequirementsError};

impl Manifest {
    /// Reads everything that `inputs` names.
    ///
    /// # Errors
    /// Every line that cannot be used and every file that cannot be read, not only the first.
    pub fn read(inputs: &ManifestInputs) -> Result<Self, RequirementsError> {
        Self::read_after(RequirementsReader::new(inputs), inputs)
    }

    /// Reads `bytes` as the requirements file `file`, which need not exist, then everything that `inputs` names.
    ///
    /// # Errors
    /// As [`Manifest::read`].
    pub fn read_bytes(bytes: &[u8], file: &Path, inputs: &ManifestInputs) -> Result<Self, RequirementsError> {
        let mut reader = RequirementsReader::new(inputs);
        reader.read_bytes(bytes, file, Role::Requirement);
        Self::read_after(reader, inputs)
    }

    fn read_after(mut reader: RequirementsReader<'_>, inputs: &ManifestInputs) -> Result<Self, RequirementsError> {
        for text in &inputs.positional {
            reader.read_positional(text);
        }
        if let Some(input) = &inputs.pyproject {
            reader.read_pyproject(input, Role::Requirement);
        }
        for (files, role) in [
            (&inputs.requirement_files, Role::Requirement),
            (&inputs.constraint_files, Role::Constraint),
            (&inputs.override_files, Role::Override),
        ] {
            for file in files {
                let before = (reader.manifest.requirements.len(), reader.manifest.unnamed.len());
                reader.read_named(file, role);
                // Files that it includes belong to it.
                if role == Role::Requirement && inputs.no_deps_files.contains(file) {
                    let Manifest { requirements, unnamed, .. } = &mut reader.manifest;
                    let new = requirements.iter_mut().skip(before.0).chain(unnamed.iter_mut().skip(before.1));
                    new.for_each(|entry| entry.is_alone = true);
                }
            }
        }
        reader.read_reached();
        let (mut manifest, problems) = reader.finish();
        manifest.excluded.extend(inputs.excluded.iter().cloned());
        manifest.excluded_patterns.extend(inputs.excluded_patterns.iter().cloned());
        manifest.agree_with(&inputs.brought);
        if problems.is_empty() { Ok(manifest) } else { Err(RequirementsError::Invalid(problems)) }
    }
}
