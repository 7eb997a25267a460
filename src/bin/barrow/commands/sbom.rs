//! `--sbom`: bills of materials beside an output, or of one that is there.

use std::path::{Path, PathBuf};

use barrow::inventory::{Inventory, read_finished};
use barrow::ops::{self, Error, Mirrored, Published, write_whole};
use barrow::request::AssemblySettings;
use barrow::sbom::{SbomFormat, SbomOptions};
use barrow::spec::HashAlgorithm;
use barrow::target::Target;

use crate::args::SbomRequest;
use crate::exit_code::Exit;
use crate::failure::Failure;
use crate::output::Output;
use crate::run::Run;
use crate::settings::Settings;

/// The bills of materials that one run writes, each with its place.
#[derive(Clone, Debug, Default)]
pub(super) struct Sboms {
    files: Vec<(SbomFormat, PathBuf)>,
    created: Option<i64>,
}

impl Sboms {
    /// What is to be written for an output.
    ///
    /// # Errors
    /// A place inside the output, or one that two of them have; a `SOURCE_DATE_EPOCH` that is no time.
    pub(super) fn of(run: &Run, requests: &[SbomRequest], out: Option<&Path>) -> Result<Self, Failure> {
        // Without an output there is nothing to describe.
        let Some(out) = out else { return Ok(Self::default()) };
        let mut files: Vec<(SbomFormat, PathBuf)> = Vec::new();
        let absolute =
            |path: &Path| std::path::absolute(run.host.working_folder.join(path)).unwrap_or_else(|_| path.to_owned());
        let out_place = absolute(out);
        // `.` has no name to put an end to.
        let named = if out.file_name().is_some() {
            out.to_owned()
        } else {
            fs_err::canonicalize(&out_place).unwrap_or(out_place.clone())
        };
        let lies_in_out = |place: &Path| {
            let real = |path: &Path| fs_err::canonicalize(path).ok();
            let through_links = place.parent().and_then(real).zip(real(&out_place));
            place.starts_with(&out_place) || through_links.is_some_and(|(folder, out)| folder.starts_with(out))
        };
        for SbomRequest { format, file } in requests {
            let file = file.clone().unwrap_or_else(|| format.beside(&named));
            let (place, shown) = (absolute(&file), file.display());
            if lies_in_out(&place) {
                return Err(Failure::usage(format!(
                    "`{shown}` lies in the output, where nothing may lie that is not deployed"
                ))
                .hint(format!("name a file beside it, or give `--sbom {format}` alone")));
            }
            if files.iter().any(|(_, other)| absolute(other) == place) {
                return Err(Failure::usage(format!("two bills of materials go to `{shown}`")));
            }
            files.push((*format, file));
        }
        let created = if files.is_empty() { None } else { created(run)? };
        Ok(Self { files, created })
    }

    /// The bills of materials for one of several outputs: `{name}`, `{runtime}` and `{arch}` in the name of a file
    /// stand for what they say.
    pub(super) fn for_unit(
        run: &Run,
        requests: &[SbomRequest],
        out: &Path,
        name: &str,
        target: &Target,
    ) -> Result<Self, Failure> {
        let (runtime, arch) = (target.runtime().name(), target.architecture().as_str());
        let place = |file: &PathBuf| {
            let text = file.to_string_lossy();
            PathBuf::from(text.replace("{name}", name).replace("{runtime}", runtime).replace("{arch}", arch))
        };
        let placed = |it: &SbomRequest| SbomRequest { format: it.format, file: it.file.as_ref().map(place) };
        Self::of(run, &requests.iter().map(placed).collect::<Vec<_>>(), Some(out))
    }

    /// What was written before is no part of the source, wherever it lies.
    pub(super) fn keep_out_of(&self, assembly: &mut AssemblySettings) {
        if let Some(source) = &mut assembly.source {
            source.written_files = self.places().cloned().collect();
        }
    }

    /// The places of all of them.
    pub(super) fn places(&self) -> impl Iterator<Item = &PathBuf> {
        self.files.iter().map(|(_, file)| file)
    }

    /// Writes them, from what lies in the output now.
    pub(super) fn write(&self, run: &Run, published: &Published) -> Result<Vec<(SbomFormat, PathBuf)>, Failure> {
        let one = [(published.path.as_path(), published.zip.as_ref())];
        let layers = published.layers.iter().map(|layer| (layer.path.as_path(), layer.zip.as_ref()));
        let outputs: Vec<_> = if published.layers.is_empty() { one.to_vec() } else { layers.collect() };
        let mut written = Vec::new();
        // Every file is read once, as closely as the closest of the formats needs it.
        let Some(reading) = self.files.iter().map(|(format, _)| format.reading()).max() else { return Ok(written) };
        for (number, (path, zip)) in (1..).zip(&outputs) {
            let inventory = published.inventory(&run.host.working_folder.join(path), reading).map_err(Error::from)?;
            let options =
                SbomOptions { created: self.created, sha256: zip.map(|zip| zip.sha256.clone()), states_target: true };
            for (format, file) in &self.files {
                // Of several layers each has its own.
                let file = match file {
                    _ if published.layers.is_empty() => file.clone(),
                    file if *file == format.beside(&published.path) => format.beside(path),
                    file => numbered(file, number),
                };
                write_beside(run, &file, &format.write(&inventory, &options))?;
                written.push((*format, file));
            }
        }
        Ok(written)
    }

    /// Writes the bills of materials of a mirror, from what its manifest says now.
    pub(super) fn write_mirror(&self, run: &Run, mirrored: &Mirrored) -> Result<Vec<(SbomFormat, PathBuf)>, Failure> {
        let collection = ops::bill_of_mirror(mirrored);
        let options = SbomOptions { created: self.created, ..SbomOptions::default() };
        for (format, file) in &self.files {
            write_beside(run, file, &format.write_collection(&collection, &options))?;
        }
        Ok(self.files.clone())
    }
}

/// `bom.json` with the number of a layer: `bom-1.json`.
fn numbered(file: &Path, number: usize) -> PathBuf {
    let name = file.file_name().unwrap_or_default().to_string_lossy();
    let name = match name.split_once('.') {
        Some((stem, ends)) => format!("{stem}-{number}.{ends}"),
        None => format!("{name}-{number}"),
    };
    file.with_file_name(name)
}

/// Describes a finished folder or zip, whoever made it.
pub(super) fn of_finished(
    run: &Run,
    settings: &Settings,
    path: &Path,
    requests: &[SbomRequest],
) -> Result<(), Failure> {
    if requests.iter().filter(|request| request.file.is_none()).count() > 1 {
        return Err(Failure::usage("two bills of materials cannot both go to standard output")
            .hint("write `--sbom FORMAT=FILE`"));
    }
    let target = settings.target.single()?;
    // What nobody has said is not stated: the output was made elsewhere, for whatever target.
    let states_target = settings.states_target();
    let sha256 = path.is_file().then(|| barrow::fetch::digest_of_file(path, HashAlgorithm::Sha256).ok()).flatten();
    let options = SbomOptions { created: created(run)?, sha256, states_target };
    let Some(reading) = requests.iter().map(|request| request.format.reading()).max() else { return Ok(()) };
    let inventory: Inventory = read_finished(path, &target, reading).map_err(Error::from)?;
    for SbomRequest { format, file } in requests {
        let text = format.write(&inventory, &options);
        match file {
            None => Output::result(&text)?,
            Some(file) => write_beside(run, file, &text)?,
        }
    }
    Ok(())
}

/// `SOURCE_DATE_EPOCH`: the only time that two builds of one source share.
fn created(run: &Run) -> Result<Option<i64>, Failure> {
    let Some(text) = run.host.variable("SOURCE_DATE_EPOCH") else { return Ok(None) };
    let seconds: Option<i64> = text.trim().parse().ok().filter(|seconds| *seconds >= 0);
    let known = |seconds: i64| seconds < 253_402_300_800;
    match seconds.filter(|seconds| known(*seconds)) {
        Some(seconds) => Ok(Some(seconds)),
        None => {
            Err(Failure::usage(format!("$SOURCE_DATE_EPOCH is `{text}`, which is no number of seconds since 1970")))
        }
    }
}

/// Writes a file whole or not at all; one that says the same already is left alone.
fn write_beside(run: &Run, file: &Path, text: &str) -> Result<(), Failure> {
    let path = run.host.working_folder.join(file);
    if fs_err::read(&path).is_ok_and(|there| there == text.as_bytes()) {
        return Ok(());
    }
    let failed = |error: std::io::Error| {
        Failure::new(format!("failed to write the bill of materials `{}`", file.display()), Exit::Failed)
            .because(&error)
    };
    let folder = path.parent().unwrap_or(&run.host.working_folder);
    fs_err::create_dir_all(folder).map_err(failed)?;
    write_whole(&path, text.as_bytes()).map_err(failed)?;
    run.output.status(&format!("Wrote {}", file.display()));
    Ok(())
}
