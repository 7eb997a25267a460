//! The user's own files, collected for a request.

use std::path::{Path, PathBuf};

use super::{FurtherSource, Request, RequestOptions, SourceSettings};
use crate::bundle::{BundleError, SourceFiles, SourceOptions, SourceRules};
use crate::publish::outputs_around;
use crate::sbom::SbomFormat;

impl Request {
    /// Walks the sources. Outputs of barrow, by the marks in `state_folders`, and OUT are no part of them, nor are
    /// files from which the run has credentials. What was read for the request is not opened again.
    ///
    /// # Errors
    /// What cannot be read or must not be in a bundle.
    pub(crate) fn collect(
        &self,
        source: &SourceSettings,
        state_folders: &[PathBuf],
        out: Option<&Path>,
    ) -> Result<SourceFiles, BundleError> {
        let known = self.files_read();
        let RequestOptions { inputs, client, .. } = &self.options;
        let files = inputs.requirement_files.iter().chain(&inputs.constraint_files).chain(&inputs.override_files);
        let input_files: Vec<PathBuf> = files.map(|file| inputs.working_folder.join(file)).collect();
        let credential_files: Vec<PathBuf> =
            source.credential_files.iter().chain(&client.netrc).chain(&client.client_certificate).cloned().collect();
        let written = source.written_files.iter().map(|file| inputs.working_folder.join(file));
        let written: Vec<PathBuf> = written.filter_map(|file| fs_err::canonicalize(file).ok()).collect();
        let around = |folder: &Path| -> Vec<PathBuf> {
            let outputs = outputs_around(state_folders, folder, out);
            outputs.iter().flat_map(|output| companions(output)).chain(written.iter().cloned()).collect()
        };
        let outputs: Vec<_> = source.folders().map(around).collect();
        let mut outputs = outputs.iter();
        let mut own_outputs = || outputs.next().map_or(&[][..], Vec::as_slice);
        let mut sources = Vec::new();
        if let Some(folder) = &source.folder {
            let outputs = own_outputs();
            sources.push(SourceOptions { folder, label: None, prefix: None, only: &[], exclude: &[], outputs });
        }
        for FurtherSource { folder, label, prefix, only, exclude } in &source.further {
            let (label, prefix, outputs) = (Some(label.as_str()), prefix.as_ref(), own_outputs());
            sources.push(SourceOptions { folder, label, prefix, only, exclude, outputs });
        }
        let rules = SourceRules {
            exclude: &source.exclude,
            include: &source.include,
            gitignore: source.gitignore,
            follow_links: source.follow_links,
            input_files: &input_files,
            credential_files: &credential_files,
            known: Some(&known),
        };
        SourceFiles::collect(&sources, &rules)
    }
}

/// An output, and the files that describe it by their names: of the same name with another end.
fn companions(output: &Path) -> impl Iterator<Item = PathBuf> {
    let beside = SbomFormat::ALL.map(|format| format.beside(output));
    [output.to_owned()].into_iter().chain(beside)
}
