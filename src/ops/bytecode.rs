//! `--compile-bytecode`: what Python would compile at each cold start, because it cannot write into a function's
//! folder.
//!
//! Every `.py` file of the bundle as it will be is compiled, whoever it belongs to, so that no bytecode stands beside
//! another source than its own: it is never compared with it. The files are made for the bundle, and shared with no
//! other output.

use std::path::PathBuf;
use std::thread::available_parallelism;

use rayon::prelude::*;

use super::Error;
use crate::archive::SafePath;
use crate::build::{BuildError, Children, Compiler, InterpreterSearch, PythonSource};
use crate::bundle::{Bundle, BundleContent, BundleError, BundleFile, Bytes};
use crate::context::Context;
use crate::reporter::counted;
use crate::request::{BundleKind, BundleOptions, RequestOptions};
use crate::target::Target;

/// Bytes of source that one process compiles, at least: it takes some milliseconds to start.
const BATCH_BYTES: usize = 256 << 10;

/// Files that are to be in the bundle besides.
pub(super) type Compiled = Vec<(SafePath, Vec<u8>)>;

/// The Python that compiles for `target`: that of `--build-python`, else one of the target's minor version on the PATH.
///
/// # Errors
/// No Python of the target's version is found.
pub fn find_compiler(request: &RequestOptions, target: &Target) -> Result<Compiler, Error> {
    let folder = &request.inputs.working_folder;
    let place = |word: &String| if word.contains('/') { folder.join(word) } else { PathBuf::from(word) };
    let named = request.build.python.as_ref().map(place);
    let search = InterpreterSearch { named, environment: request.inputs.environment.clone() };
    Ok(Compiler::find(&search, target.runtime(), &Children::default())?)
}

/// Compiles the sources of a bundle; nothing where that is not wanted.
///
/// # Errors
/// A source cannot be read, or the interpreter fails.
pub(super) fn compile(bundle: &Bundle, options: &BundleOptions, context: &Context) -> Result<Compiled, Error> {
    let Some(python) = &options.assembly.bytecode else { return Ok(Vec::new()) };
    let task = if options.assembly.kind == BundleKind::Layer { "/opt" } else { "/var/task" };
    let files: Vec<&BundleFile> = bundle.files.iter().filter(|file| is_python(&file.path)).collect();
    let sources: Vec<PythonSource> = files
        .par_iter()
        .map(|file| Ok(PythonSource { name: format!("{task}/{}", file.path), content: read(file)? }))
        .collect::<Result<_, Error>>()?;
    let workplace = tempfile::tempdir_in(&options.request.temporary_folder)
        .map_err(|source| BuildError::Start { program: python.interpreter.executable.clone(), source })?;
    let compile = |batch: &&[PythonSource]| python.compile(batch, workplace.path(), &context.children);
    let results: Vec<Vec<Option<Vec<u8>>>> =
        batches(&sources).par_iter().map(compile).collect::<Result<_, BuildError>>()?;
    let (major, minor) = options.target.runtime().python_version();
    let mut compiled = Compiled::new();
    for (file, result) in files.iter().zip(results.into_iter().flatten()) {
        match (cached(&file.path, &format!("cpython-{major}{minor}")), result) {
            (Some(path), Some(bytes)) => compiled.push((path, bytes)),
            _ => context.detail(&format!("`{}` is no Python {major}.{minor}, and is not compiled", file.path)),
        }
    }
    let size = compiled.iter().map(|(_, bytes)| bytes.len() as u64).sum();
    let version = &python.interpreter.version;
    let files = counted(compiled.len(), "file");
    context.status(&format!("Compiled {files} ({}) with Python {version}", Bytes(size)));
    Ok(compiled)
}

/// Sources in order, cut into pieces of about the same size, one or more for each processor.
fn batches(sources: &[PythonSource]) -> Vec<&[PythonSource]> {
    let workers = available_parallelism().map_or(2, std::num::NonZero::get);
    let total: usize = sources.iter().map(|source| source.content.len()).sum();
    let most = (total / (2 * workers)).max(BATCH_BYTES);
    let (mut batches, mut begin, mut bytes) = (Vec::new(), 0, 0);
    for (at, source) in sources.iter().enumerate() {
        bytes += source.content.len();
        if bytes >= most || at + 1 == sources.len() {
            batches.push(&sources[begin..=at]);
            (begin, bytes) = (at + 1, 0);
        }
    }
    batches
}

fn is_python(path: &SafePath) -> bool {
    path.file_name().strip_suffix(".py").is_some_and(|stem| !stem.is_empty())
}

/// Where Python looks for the bytecode of a source (PEP 3147); `None` where the path would be too long.
fn cached(path: &SafePath, tag: &str) -> Option<SafePath> {
    let stem = path.file_name().strip_suffix(".py")?;
    let folder = path.parent().map(|parent| format!("{parent}/")).unwrap_or_default();
    SafePath::new(&format!("{folder}__pycache__/{stem}.{tag}.pyc")).ok()
}

/// The bytes of a file of the bundle.
fn read(file: &BundleFile) -> Result<Vec<u8>, Error> {
    let failed = |path: &std::path::Path, source| BundleError::ReadSource { path: path.to_owned(), source };
    match &file.content {
        BundleContent::Generated(bytes) => Ok(bytes.clone()),
        BundleContent::Source(own) => Ok(own.read().map_err(|source| failed(&own.from, source))?.into_owned()),
        BundleContent::Dist { dist, file } => {
            dist.read(file).map_err(|source| Error::from(failed(&dist.wheel, source)))
        }
    }
}
