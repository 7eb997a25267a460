//! Bytecode for a runtime, by a Python of its minor version on this machine: `.pyc` files that are never compared with
//! their sources (PEP 552, "unchecked hash").
//!
//! No code of a package is run: sources are compiled, not imported. The interpreter starts without `site` and with a
//! fixed hash seed. Its `marshal` marks an object as shared by how often it happens to be referred to, so what it
//! writes is read and written once more: then that depends on the code alone. Sources and results pass through two
//! files of framed records.

use std::io::Write as _;
use std::path::Path;

use super::child::{ChildCommand, Children, last_lines, run};
use super::surroundings::variables;
use super::{BuildError, Interpreter, InterpreterSearch};
use crate::spec::VersionSpecifiers;
use crate::target::Runtime;

/// Reads records (length of name, length of source, name, source) and writes one for each (length, bytes); a length of
/// all ones stands for what cannot be compiled.
const PROGRAM: &str = "\
import sys
sys.path[:] = [place for place in sys.path if place]
import importlib.util, marshal
with open(sys.argv[1], 'rb') as sources, open(sys.argv[2], 'wb') as results:
    while True:
        head = sources.read(16)
        if not head:
            break
        name = sources.read(int.from_bytes(head[:8], 'little')).decode()
        source = sources.read(int.from_bytes(head[8:], 'little'))
        try:
            code = marshal.dumps(compile(source, name, 'exec', dont_inherit=True, optimize=0))
            code = marshal.dumps(marshal.loads(code))
            digest = importlib.util.source_hash(source)
            result = importlib.util.MAGIC_NUMBER + (1).to_bytes(4, 'little') + digest + code
        except Exception:
            results.write(b'\\xff' * 8)
        else:
            results.write(len(result).to_bytes(8, 'little') + result)
";

/// What stands for a source that cannot be compiled.
const NONE: u64 = u64::MAX;

/// A Python that compiles for a runtime.
#[derive(Clone, Debug)]
pub struct Compiler {
    /// The program, and its version, which decides about the bytes.
    pub interpreter: Interpreter,
}

/// A file to compile.
#[derive(Clone, Debug)]
pub struct PythonSource {
    /// What the code will say that its file is called: a path of the place where it runs, none of this machine.
    pub name: String,
    /// Its bytes.
    pub content: Vec<u8>,
}

impl Compiler {
    /// Finds the Python of the runtime's minor version: the one that was named, else one on the PATH.
    ///
    /// # Errors
    /// No Python of the target's version is found.
    ///
    /// # Panics
    /// Never: two numbers make a specifier.
    pub fn find(search: &InterpreterSearch, runtime: Runtime, children: &Children) -> Result<Self, BuildError> {
        let (major, minor) = runtime.python_version();
        let wanted: VersionSpecifiers = format!("=={major}.{minor}.*").parse().expect("two numbers make a specifier");
        let label = format!("bytecode for {runtime}");
        let interpreter = search.find((major, minor), Some(&wanted), &label, children)?;
        Ok(Self { interpreter })
    }

    /// Compiles sources in one process; `None` for each that is no Python of this version. Files in between lie in
    /// `workplace`.
    ///
    /// # Errors
    /// The program cannot be run, or ends before its work is done.
    pub fn compile(
        &self,
        sources: &[PythonSource],
        workplace: &Path,
        children: &Children,
    ) -> Result<Vec<Option<Vec<u8>>>, BuildError> {
        let program = &self.interpreter.executable;
        let failed = |source| BuildError::Start { program: program.clone(), source };
        let mut given = tempfile::NamedTempFile::new_in(workplace).map_err(failed)?;
        let taken = tempfile::NamedTempFile::new_in(workplace).map_err(failed)?;
        write_sources(given.as_file_mut(), sources).map_err(failed)?;
        let flags = ["-s", "-S", "-B", "-W", "ignore", "-c", PROGRAM].map(Into::into);
        let variables = variables(&std::collections::BTreeMap::new(), workplace, &[]);
        let job = ChildCommand {
            program,
            arguments: flags.into_iter().chain([given.path().into(), taken.path().into()]).collect(),
            folder: workplace,
            variables: &variables,
            limit: None,
            network: false,
        };
        let ended = run(&job, children)?;
        let results = fs_err::read(taken.path()).map_err(failed)?;
        match read_results(&results, sources.len()).filter(|_| ended.success) {
            Some(compiled) => Ok(compiled),
            None => Err(BuildError::Bytecode {
                program: program.clone(),
                status: ended.status,
                output: last_lines(&ended.output, 5),
            }),
        }
    }
}

fn write_sources(to: &mut std::fs::File, sources: &[PythonSource]) -> std::io::Result<()> {
    let mut to = std::io::BufWriter::new(to);
    for PythonSource { name, content } in sources {
        to.write_all(&(name.len() as u64).to_le_bytes())?;
        to.write_all(&(content.len() as u64).to_le_bytes())?;
        to.write_all(name.as_bytes())?;
        to.write_all(content)?;
    }
    to.flush()
}

/// The results for `count` sources; `None`: it is not that.
fn read_results(mut bytes: &[u8], count: usize) -> Option<Vec<Option<Vec<u8>>>> {
    let mut results = Vec::with_capacity(count);
    for _ in 0..count {
        let (length, rest) = bytes.split_first_chunk()?;
        let length = u64::from_le_bytes(*length);
        let (result, rest) = match length {
            NONE => (None, rest),
            length => {
                let (result, rest) = rest.split_at_checked(usize::try_from(length).ok()?)?;
                (Some(result.to_vec()), rest)
            }
        };
        results.push(result);
        bytes = rest;
    }
    bytes.is_empty().then_some(results)
}

#[cfg(test)]
mod tests {
    use super::{NONE, read_results};

    #[test]
    fn results_are_whole_or_none() {
        let mut bytes = 2_u64.to_le_bytes().to_vec();
        bytes.extend(b"ab");
        bytes.extend(NONE.to_le_bytes());
        assert_eq!(read_results(&bytes, 2), Some(vec![Some(b"ab".to_vec()), None]));
        assert_eq!(read_results(&bytes, 1), None);
        assert_eq!(read_results(&bytes, 3), None);
        assert_eq!(read_results(&bytes[..9], 2), None);
        assert_eq!(read_results(&[], 0), Some(Vec::new()));
    }
}
