//! `barrow mirror`.

use std::path::{Path, PathBuf};
use std::sync::Arc;

use barrow::bundle::Bytes;
use barrow::index::MirroredRepository;
use barrow::mirror::{Application, Difference, MirrorFile};
use barrow::ops::{self, MirrorApplication, MirrorOptions, MirrorRemoval, Mirrored, UploadOptions, Uploaded};
use barrow::reporter::counted;
use barrow::sbom::SbomFormat;
use barrow::signing::{PublicKey, SigningKey};
use barrow::spec::{HashAlgorithm, HashDigest, SafeUrl};
use barrow::target::{Architecture, Runtime, Target};
use serde_json::{Map, Value, json};

use super::build::settings_of_unit;
use super::meaning::refuse_paths;
use super::result::with_sboms;
use super::sbom::Sboms;
use crate::args::{AssemblyArgs, MirrorArgs, SettingArgs, SourceArgs};
use crate::failure::Failure;
use crate::output::Output;
use crate::run::Run;
use crate::settings::{Flags, Settings, Unit, find_config, keys, units_of};

pub(super) fn call(run: &Run, mut args: MirrorArgs) -> Result<(), Failure> {
    let trusted = args.verify_key.iter().map(|text| keys::public_key(text)).collect::<Result<Vec<_>, _>>()?;
    if let [old, new] = args.diff.as_slice() {
        let (old, new) = (old.clone(), new.clone());
        return print_difference(run, &run.block_on(|_| ops::compare_mirrors(old, new, trusted))?);
    }
    // The command line demands it.
    let out = args.output.take().unwrap_or_default();
    args.settings.index.made_mirror = Some(out.clone());
    if args.list {
        return print_applications(run, &run.block_on(|_| ops::list_mirror(out, trusted))?);
    }
    // What is wrong with it is told before the work, not after it.
    let sboms = Sboms::of(run, &args.sbom, Some(&out))?;
    args.upload.as_deref().map(keys::store).transpose()?;
    let sign_key = args.sign_key.as_deref().map(keys::signing_key).transpose()?.map(Arc::new);
    if !args.remove.is_empty() {
        let names = std::mem::take(&mut args.remove);
        let removal = MirrorRemoval { folder: out, names, prune: args.prune, force: args.force, sign_key, trusted };
        let mirrored = run.block_on(|context| ops::remove_from_mirror(removal, context))?;
        return finish(run, &args, &sboms, &mirrored);
    }
    let unchanged =
        UnchangedMirror { out, expected: args.expect.as_deref().map(digest).transpose()?, trusted, sign_key };
    let applications = applications(run, &args)?;
    if applications.is_empty() {
        return with_unchanged(run, &args, &sboms, unchanged);
    }
    let UnchangedMirror { out, expected, trusted, sign_key } = unchanged;
    let only_without = |flag: &str| {
        let failure = Failure::usage(format!("{flag} is for a mirror that is not changed"));
        Err(failure.hint("leave the requirements out"))
    };
    if !trusted.is_empty() {
        return only_without("--verify-key");
    }
    if expected.is_some() {
        return only_without("--expect");
    }
    let build_platforms = args.build_platform.iter().map(|text| platform(text)).collect::<Result<Vec<_>, _>>()?;
    let MirrorArgs { sdists, prune, force, verify, .. } = args;
    let options = MirrorOptions { applications, out, sdists, build_platforms, prune, force, verify, sign_key };
    let mirrored = run.block_on(|context| ops::mirror(options, context))?;
    finish(run, &args, &sboms, &mirrored)
}

/// A mirror that is there, and what is to be done with it as it is.
struct UnchangedMirror {
    out: PathBuf,
    /// The digest that it must have.
    expected: Option<HashDigest>,
    /// The keys of which one must have signed it.
    trusted: Vec<PublicKey>,
    sign_key: Option<Arc<SigningKey>>,
}

/// Verifies, signs, lists or uploads a mirror, as the flags say.
fn with_unchanged(run: &Run, args: &MirrorArgs, sboms: &Sboms, mirror: UnchangedMirror) -> Result<(), Failure> {
    let UnchangedMirror { out, expected, trusted, sign_key } = mirror;
    // --prune without requirements is about the store alone.
    let is_to_verify = is_to_verify(args) && (!args.prune || args.upload.is_some());
    if !is_to_verify && sign_key.is_none() && args.upload.is_none() && args.sbom.is_empty() {
        return Err(Failure::usage("nothing is required").hint("name a requirements file with -r, or packages"));
    }
    let mut mirrored = None;
    if is_to_verify {
        // Whatever else is done with it, it is done with what was verified.
        let verified = run.block_on(|_| ops::verify_mirror(out.clone(), expected, trusted))?;
        run.output.status(&format!("Verified {} in {}", counted(verified.kept, "file"), verified.path.display()));
        mirrored = Some(verified);
    }
    let mirrored = match (sign_key, mirrored) {
        (Some(key), _) => run.block_on(|context| ops::sign_mirror(out, key, context))?,
        (None, Some(verified)) => verified,
        (None, None) => run.block_on(|_| ops::list_mirror(out, Vec::new()))?,
    };
    let (written, uploaded) = (sboms.write_mirror(run, &mirrored)?, upload(run, args, &mirrored)?);
    if run.is_json() {
        return print(&mirrored, uploaded.as_ref(), &written);
    }
    if is_to_verify { Output::text(&format!("{}\n", mirrored.digest)) } else { Ok(()) }
}

/// Whether a mirror that is not changed is to be verified: a digest or a key that is demanded demands that too.
fn is_to_verify(args: &MirrorArgs) -> bool {
    args.verify || args.expect.is_some() || !args.verify_key.is_empty()
}

/// `python3.12/arm64`: the Python and the processor of a machine that builds; without the second, `x86_64`.
fn platform(text: &str) -> Result<Target, Failure> {
    let (runtime, architecture) = text.split_once('/').unwrap_or((text, "x86_64"));
    match (runtime.parse::<Runtime>(), architecture.parse::<Architecture>()) {
        (Ok(runtime), Ok(architecture)) => Ok(Target::new(runtime, architecture)),
        (Err(error), _) | (_, Err(error)) => Err(Failure::usage(format!("`--build-platform {text}`: {error}"))),
    }
}

/// `sha256:…`, as `--verify` prints it; the word may be left out.
fn digest(text: &str) -> Result<HashDigest, Failure> {
    let hex = text.trim().trim_start_matches("sha256:");
    HashDigest::from_hex(HashAlgorithm::Sha256, hex)
        .map_err(|_| Failure::usage(format!("`{text}` is no digest of a mirror: it has the form sha256:…")))
}

/// What is to be mirrored: folders of applications, else what is required on the command line and in settings, else the
/// applications that the settings file lists.
fn applications(run: &Run, args: &MirrorArgs) -> Result<Vec<MirrorApplication>, Failure> {
    let working_folder = &run.host.working_folder;
    let is_folder = |word: &String| {
        let is_path = word.contains('/') || matches!(word.as_str(), "." | "..");
        is_path && !word.contains("://") && working_folder.join(word).is_dir()
    };
    let (folders, names): (Vec<String>, Vec<String>) = args.requirements.iter().cloned().partition(is_folder);
    refuse_paths(run, "mirror", &names)?;
    if !folders.is_empty() {
        let others = !names.is_empty() || !args.settings.input.requirement.is_empty();
        if others || (folders.len() > 1 && args.name.is_some()) {
            let message =
                "each folder is an application of its own, with the requirements that it has and its own name";
            return Err(Failure::usage(message).hint("mirror what else is required in a run of its own"));
        }
        return folders.iter().map(|folder| application_of_folder(run, args, folder)).collect();
    }
    let settings = run.settings(flags(args.settings.clone(), None), Path::new("."))?;
    let listed = settings.applications.clone();
    let is_asked = !names.is_empty() || !args.settings.input.requirement.is_empty();
    if is_asked || (listed.is_empty() && settings.check_something_required(&names).is_ok()) {
        let name = args.name.clone().unwrap_or_else(|| name_of(&settings, working_folder));
        return Ok(vec![application(&settings, name, names)?]);
    }
    let config = find_config(&run.host, &run.general, Path::new("."))?;
    let units: Vec<Unit> = units_of(&run.host, &run.general, &config)?;
    let wanted = |name: &String| args.name.as_ref().is_none_or(|wanted| wanted == name);
    let is_known = |name: &String| listed.contains(name) || units.iter().any(|unit| unit.name == *name);
    if let Some(name) = args.name.as_ref().filter(|name| !is_known(name)) {
        let message = format!(
            "no application `{name}` stands in `[[mirror.application]]`, no unit is called so, and nothing is required"
        );
        return Err(Failure::usage(message).hint("name a requirements file with -r, or packages"));
    }
    if is_to_verify(args) && args.name.is_none() && !args.prune {
        return Ok(Vec::new());
    }
    let of_listed = |name: String| {
        let settings = run.settings(flags(args.settings.clone(), Some(name.clone())), Path::new("."))?;
        settings.check_something_required(&[])?;
        application(&settings, name, Vec::new())
    };
    let of_units = units.iter().filter(|unit| wanted(&unit.name) && !listed.contains(&unit.name));
    let of_units = of_units.filter_map(|unit| application_of_unit(run, args, unit).transpose());
    let of_units = of_units.collect::<Result<Vec<_>, _>>()?;
    let listed = listed.iter().filter(|name| wanted(name)).cloned().map(of_listed);
    Ok(listed.collect::<Result<Vec<_>, Failure>>()?.into_iter().chain(of_units).collect())
}

/// A function or layer of barrow.toml as an application; `None`: it requires nothing.
fn application_of_unit(run: &Run, args: &MirrorArgs, unit: &Unit) -> Result<Option<MirrorApplication>, Failure> {
    let settings = settings_of_unit(run, unit, flags(args.settings.clone(), None))?;
    let is_empty = settings.check_something_required(&unit.packages).is_err();
    (!is_empty).then(|| application(&settings, unit.name.clone(), unit.packages.clone())).transpose()
}

fn flags(mut settings: SettingArgs, application: Option<String>) -> Flags {
    settings.input.application = application;
    Flags { settings, assembly: AssemblyArgs::default(), files: SourceArgs::default() }
}

fn application(settings: &Settings, name: String, positional: Vec<String>) -> Result<MirrorApplication, Failure> {
    let targets = settings.target.all();
    Ok(MirrorApplication { name, request: settings.request_for_all(positional, &targets)?, targets })
}

/// The application in a folder, with the settings and the input that `bundle` would take there.
fn application_of_folder(run: &Run, args: &MirrorArgs, folder: &str) -> Result<MirrorApplication, Failure> {
    let path = PathBuf::from(folder);
    let mut settings = run.settings(flags(args.settings.clone(), None), &path)?;
    settings.detect_input((&run.host, &run.output), &path, &[])?;
    let plain = folder.trim_end_matches('/').trim_start_matches("./");
    let name = args.name.clone().unwrap_or_else(|| if plain.is_empty() { ".".to_owned() } else { plain.to_owned() });
    application(&settings, name, Vec::new())
}

/// The name of an application that was given none: the files that it is read from, as they are called in any checkout.
fn name_of(settings: &Settings, working_folder: &Path) -> String {
    let name = |file: &PathBuf| {
        let text = file.display().to_string();
        if text.contains("://") {
            return SafeUrl::parse(&text)
                .ok()
                .and_then(|url| url.file_name())
                .unwrap_or_else(|| "requirements".to_owned());
        }
        let below = file.strip_prefix(working_folder).unwrap_or(file);
        let is_elsewhere = below.is_absolute() || below.starts_with("..");
        let shown = if is_elsewhere { Path::new(below.file_name().unwrap_or_default()) } else { below };
        shown.display().to_string().trim_start_matches("./").to_owned()
    };
    let files: Vec<String> = settings.options.inputs.requirement_files.iter().map(name).collect();
    if files.is_empty() { "command line".to_owned() } else { files.join(" ") }
}

fn finish(run: &Run, args: &MirrorArgs, sboms: &Sboms, mirrored: &Mirrored) -> Result<(), Failure> {
    let written = sboms.write_mirror(run, mirrored)?;
    if run.is_json() {
        return print(mirrored, upload(run, args, mirrored)?.as_ref(), &written);
    }
    for name in &mirrored.removed {
        run.output.status(&format!("Removed {name}"));
    }
    let is_added = |name: &String| mirrored.added.binary_search(name).is_ok();
    let of_files = mirrored.files.iter().filter(|file| is_added(&file.filename)).map(|file| file.size);
    let is_repository_added = |held: &&MirroredRepository| held.name().is_some_and(|name| is_added(&name));
    let of_repositories = mirrored.repositories.iter().filter(is_repository_added).map(|held| held.size);
    let bytes = of_files.chain(of_repositories).sum();
    let removed =
        if mirrored.removed.is_empty() { String::new() } else { format!(", removed {}", mirrored.removed.len()) };
    run.output.status(&format!(
        "Added {} ({}) to {}, {} there already{removed}",
        counted(mirrored.added.len(), "file"),
        Bytes(bytes),
        mirrored.path.display(),
        mirrored.kept,
    ));
    upload(run, args, mirrored).map(drop)
}

/// Brings the mirror into the store that the user names.
fn upload(run: &Run, args: &MirrorArgs, mirrored: &Mirrored) -> Result<Option<Uploaded>, Failure> {
    let Some(place) = &args.upload else { return Ok(None) };
    let to = keys::store(place)?;
    let settings = run.settings(flags(args.settings.clone(), None), Path::new("."))?;
    let (folder, prune, all) = (mirrored.path.clone(), args.prune, args.force);
    let options = UploadOptions { folder, to, client: settings.options.client.clone(), prune, all };
    let uploaded = run.block_on(|context| ops::upload_mirror(options, context))?;
    let Uploaded { place, written, bytes, present, removed } = &uploaded;
    let removed = if *removed == 0 { String::new() } else { format!(", removed {removed}") };
    run.output.status(&format!(
        "Uploaded {} ({}) to {place}, {present} there already{removed}",
        counted(*written, "file"),
        Bytes(*bytes),
    ));
    Ok(Some(uploaded))
}

fn print_applications(run: &Run, mirrored: &Mirrored) -> Result<(), Failure> {
    if run.is_json() {
        return print(mirrored, None, &[]);
    }
    let size = |application: &Application| {
        let of_it = |file: &&MirrorFile| application.files.contains_key(&file.filename);
        let held = |it: &&MirroredRepository| it.name().is_some_and(|name| application.files.contains_key(&name));
        let repositories = mirrored.repositories.iter().filter(held).map(|repository| repository.size);
        Bytes(mirrored.files.iter().filter(of_it).map(|file| file.size).chain(repositories).sum())
    };
    let line = |application: &Application| {
        let targets: Vec<&str> = application.targets.iter().map(String::as_str).collect();
        let (count, size) = (counted(application.files.len(), "file"), size(application));
        format!("{}: {count} ({size}) for {}\n", application.name, targets.join(", "))
    };
    Output::text(&mirrored.applications.iter().map(line).collect::<String>())
}

fn print_difference(run: &Run, difference: &Difference) -> Result<(), Failure> {
    let Difference { added, removed, yanked, changed, repositories } = difference;
    if run.is_json() {
        let changed = changed.iter().map(|(old, new)| json!({ "old": object(old), "new": object(new) }));
        return Output::object(&json!({
            "schema": 1,
            "added": objects(added),
            "removed": objects(removed),
            "yanked": objects(yanked),
            "changed": changed.collect::<Vec<_>>(),
            "repositories": repositories.iter().map(|(old, new)| json!({ "old": old, "new": new })).collect::<Vec<_>>(),
        }));
    }
    let with_digest = |word: &str, file: &MirrorFile| format!("{word} {} sha256:{}\n", file.filename, file.sha256);
    let yank = |file: &MirrorFile| {
        let reason = file.yanked.as_ref().filter(|reason| !reason.is_empty());
        format!("yanked {}{}\n", file.filename, reason.map(|reason| format!(": {reason}")).unwrap_or_default())
    };
    let change = |(old, new): &(MirrorFile, MirrorFile)| {
        if old.sha256 == new.sha256 {
            return format!("changed {}: what is said of it\n", new.filename);
        }
        format!("changed {} sha256:{} to sha256:{}\n", new.filename, old.sha256, new.sha256)
    };
    let repository = |(old, new): &(Option<MirroredRepository>, Option<MirroredRepository>)| match (old, new) {
        (Some(old), Some(new)) if old.sha256 == new.sha256 => format!("changed {}: what is said of it\n", new.url),
        (Some(old), Some(new)) => format!("changed {} sha256:{} to sha256:{}\n", new.url, old.sha256, new.sha256),
        (None, Some(new)) => format!("added {} sha256:{}\n", new.url, new.sha256),
        (Some(old), None) => format!("removed {} sha256:{}\n", old.url, old.sha256),
        (None, None) => String::new(),
    };
    let lines = added.iter().map(|file| with_digest("added", file));
    let lines = lines.chain(removed.iter().map(|file| with_digest("removed", file)));
    let lines = lines.chain(yanked.iter().map(yank)).chain(changed.iter().map(change));
    let lines: String = lines.chain(repositories.iter().map(repository)).collect();
    if difference.is_empty() {
        run.output.status("Nothing changed");
    }
    Output::text(&lines)
}

fn print(mirrored: &Mirrored, uploaded: Option<&Uploaded>, sboms: &[(SbomFormat, PathBuf)]) -> Result<(), Failure> {
    let upload = uploaded.map(|Uploaded { place, written, bytes, present, removed }| {
        json!({
            "place": place.to_string(), "written": written, "size_bytes": bytes, "present": present, "removed": removed,
        })
    });
    let of_repositories = mirrored.repositories.iter().map(|repository| repository.size);
    let sizes = mirrored.files.iter().map(|file| file.size).chain(of_repositories);
    let object = json!({
        "schema": 1,
        "path": mirrored.path.display().to_string(),
        "digest": mirrored.digest.to_string(),
        "added": mirrored.added,
        "kept": mirrored.kept,
        "removed": mirrored.removed.len(),
        "removed_files": mirrored.removed,
        "size_bytes": sizes.sum::<u64>(),
        "applications": mirrored.applications,
        "files": objects(&mirrored.files),
        "repositories": mirrored.repositories,
        "upload": upload,
    });
    Output::object(&with_sboms(object, sboms))
}

/// Files as the other outputs have them: the manifest's keys have hyphens, those of outputs have `_`.
fn objects(files: &[MirrorFile]) -> Vec<Value> {
    files.iter().map(object).collect()
}

fn object(file: &MirrorFile) -> Value {
    match json!(file) {
        Value::Object(fields) => {
            fields.into_iter().map(|(name, value)| (name.replace('-', "_"), value)).collect::<Map<_, _>>().into()
        }
        other => other,
    }
}
