//! Words of a command line that mean something else than the command takes them for: said so, rather than asked of an
//! index.

use std::path::Path;

use crate::args::OutputArgs;
use crate::failure::Failure;
use crate::run::Run;

/// Ends of names that people give to archives, which are neither a folder nor a zip.
const OTHER_ARCHIVES: &[&str] = &[".tar", ".tar.gz", ".tgz", ".tar.bz2", ".tar.xz", ".tar.zst", ".gz", ".7z", ".rar"];

/// Ends of names of files that state requirements.
const REQUIREMENT_FILES: &[&str] = &[".txt", ".in", ".toml", ".lock"];

/// Refuses requirements that are the name of a file with requirements, or of a folder that has such a file or Python
/// code. `command` is what takes them.
pub(super) fn refuse_paths(run: &Run, command: &str, words: &[String]) -> Result<(), Failure> {
    words.iter().try_for_each(|word| refuse_path(run, command, word))
}

/// Refuses a requirement that is the name of a file with requirements, or of a folder that has such a file or Python
/// code.
pub(super) fn refuse_path(run: &Run, command: &str, word: &str) -> Result<(), Failure> {
    let place = run.host.working_folder.join(word);
    if REQUIREMENT_FILES.iter().any(|end| word.ends_with(end)) && place.is_file() {
        let message = format!("`{word}` is a file, and `barrow {command}` takes names of packages here");
        return Err(Failure::usage(message).hint(format!("name it with `-r {word}`")));
    }
    let is_bare =
        !word.is_empty() && word.trim_end_matches('/').chars().all(|c| c.is_ascii_alphanumeric() || "._-".contains(c));
    let builds = matches!(command, "install" | "layer");
    let failure =
        || Failure::usage(format!("`{word}` is a folder here, and `barrow {command}` takes names of packages"));
    let for_needs = |file: &Path| format!("for what the folder requires, `-r {}`", file.display());
    if word.contains('/') && !is_bare && command != "layer" && place.is_dir() && !is_project(&place) {
        // A path is a requirement where it leads to a project, and else to what states requirements.
        let input = barrow::lock::find_input(&place);
        let file = input.and_then(|input| Some(Path::new(word).join(input.file.strip_prefix(&place).ok()?)));
        return file.map_or(Ok(()), |file| Err(failure().hint(for_needs(&file))));
    }
    if !is_bare || !place.is_dir() || (builds && is_project_of_path(word, &place)) {
        return Ok(());
    }
    let is_path = word.starts_with('.');
    let meant = format!("for the package of that name, write it with a version: `{}>=0`", word.trim_end_matches('/'));
    // No package is called `.`.
    let with_meant = |failure: Failure| if is_path { failure } else { failure.hint(meant) };
    match barrow::lock::find_input(&place) {
        Some(input) => {
            let name = input.file.file_name().unwrap_or_default().to_string_lossy().into_owned();
            let file = Path::new(word).join(name);
            Err(with_meant(failure().hint(for_needs(&file))))
        }
        None if is_project(&place) => Err(with_meant(failure().hint(format!(
            "for what the project requires, write `{word}` into a requirements.txt and name that with -r"
        )))),
        None if holds_code(&place) || is_path => Err(with_meant(failure())),
        None => Ok(()),
    }
}

/// Whether a word such as `.` is a path for pip too, and leads to a project that can be built: `pip install .` is what
/// hands know.
fn is_project_of_path(word: &str, place: &Path) -> bool {
    word.starts_with('.') && is_project(place)
}

/// Whether a folder is a project that can be built.
fn is_project(folder: &Path) -> bool {
    ["pyproject.toml", "setup.py"].iter().any(|name| folder.join(name).is_file())
}

fn holds_code(folder: &Path) -> bool {
    let entries = fs_err::read_dir(folder).into_iter().flatten().flatten();
    entries.into_iter().any(|entry| entry.path().extension().is_some_and(|extension| extension == "py"))
}

/// Refuses a folder that is not there, or is none.
pub(super) fn refuse_no_folder(run: &Run, folder: &Path) -> Result<(), Failure> {
    let (place, shown) = (run.host.working_folder.join(folder), folder.display());
    match place.exists() {
        _ if place.is_dir() => Ok(()),
        true => Err(Failure::usage(format!("`{shown}` is not a folder")).hint(
            "name its folder; in barrow.toml, `sources = [{ path = \"DIR\", include = [\"/FILE\"] }]` takes single files",
        )),
        false => Err(Failure::usage(format!("there is no folder `{shown}`"))),
    }
}

/// Refuses what is not there.
pub(super) fn refuse_missing(run: &Run, path: &Path) -> Result<(), Failure> {
    if run.host.working_folder.join(path).exists() {
        return Ok(());
    }
    Err(Failure::usage(format!("there is no file or folder `{}`", path.display())))
}

/// Refuses an OUT that names what barrow does not write.
pub(super) fn refuse_other_forms(run: &Run, output: &OutputArgs) -> Result<(), Failure> {
    let Some(out) = &output.output else { return Ok(()) };
    let (name, shown) = (out.to_string_lossy().to_ascii_lowercase(), out.display());
    if name == "-" {
        return Err(Failure::usage("a bundle cannot be written to standard output")
            .hint("name a folder, or a file that ends in .zip; `./-` is the folder of that name"));
    }
    let is_other = OTHER_ARCHIVES.iter().any(|end| name.ends_with(end));
    if is_other && !output.zip && !run.host.working_folder.join(out).is_dir() {
        return Err(Failure::usage(format!("`{shown}` is the name of an archive that Lambda does not take"))
            .hint("barrow writes folders, and zips when the name ends in .zip or `--zip` is given"));
    }
    Ok(())
}
