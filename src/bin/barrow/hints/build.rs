//! What the user can do about a source that could not be built.

use barrow::build::{BuildError, OtherPython};

/// What to do, in a sentence.
pub(crate) fn of(error: &BuildError) -> Option<String> {
    match error {
        BuildError::NoInterpreter { wanted, .. } => Some(get_python(wanted.trim_start_matches("Python "))),
        BuildError::Interpreter { .. } => Some("name another Python with --build-python PATH".to_owned()),
        BuildError::Failed { misses_network: true, .. } => Some(
            "builds have no network; if this one has to fetch something, allow that with --build-network".to_owned(),
        ),
        BuildError::Failed { label, output, .. } if label.starts_with("the folder ") && misses_file(output) => Some(
            "a copy of the folder was built, so what lies outside of it (`../…`) was not there: have it within the \
             folder, or build the wheel in its place (`uv build --wheel`) and require that file; -v has everything \
             that the build wrote"
                .to_owned(),
        ),
        BuildError::Failed { other_python: Some(other), .. } => {
            Some(format!("{}; -v has everything that the build wrote", of_other_python(other)))
        }
        BuildError::Foreign { other_python: Some(other), reason, .. } if reason.contains("another Python") => {
            Some(of_other_python(other))
        }
        BuildError::Failed { .. } => Some("run with -v for everything that the build wrote".to_owned()),
        BuildError::Foreign { .. } => Some(
            "build the wheel on the target's system and offer it with --find-links, or choose a version that has one"
                .to_owned(),
        ),
        BuildError::Unpack { source, .. } => super::limit(source).or_else(|| Some(super::DAMAGED.to_owned())),
        _ => None,
    }
}

/// What to do where another Python than the target's built.
fn of_other_python(OtherPython { used, wanted, is_named }: &OtherPython) -> String {
    if *is_named {
        return format!(
            "--build-python names Python {used}, and the target has Python {wanted}: name one of that version"
        );
    }
    format!("it was built with Python {used}, because no python{wanted} that does was found: {}", get_python(wanted))
}

/// How to come by a Python of a minor version.
fn get_python(version: &str) -> String {
    format!(
        "install Python {version} (`uv python install {version}`, `dnf install python{version}`, \
         `brew install python@{version}`), or name one with --build-python PATH"
    )
}

/// Whether a build says that it found no file, or nothing to make a version of.
fn misses_file(output: &str) -> bool {
    let words = ["No such file", "not found", "does not exist", "unable to detect version", "FileNotFoundError"];
    words.iter().any(|word| output.contains(word))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn who_misses_a_file_beside_the_folder_is_told_of_the_copy() {
        let hint = |label: &str, output: &str| {
            let (step, status) = ("build_wheel", "1".to_owned());
            let (label, output) = (label.to_owned(), output.to_owned());
            of(&BuildError::Failed { label, step, status, output, misses_network: false, other_python: None }).unwrap()
        };
        for output in [
            "FileNotFoundError: [Errno 2] No such file or directory: '../reqs.txt'",
            "FileNotFoundError: Forced include not found: /tmp/shared.py",
            "LookupError: setuptools-scm was unable to detect version for /tmp",
        ] {
            assert!(hint("the folder `/work/lib`", output).contains("a copy of the folder was built"), "{output}");
            assert!(hint("lib-1.0.tar.gz", output).starts_with("run with -v"), "{output}");
        }
        assert!(hint("the folder `/work/lib`", "SyntaxError: invalid syntax").starts_with("run with -v"));
    }
}
