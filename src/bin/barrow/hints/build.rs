//! What the user can do about a source that could not be built.

use barrow::build::BuildError;

/// What to do, in a sentence.
pub(crate) fn of(error: &BuildError) -> Option<String> {
    match error {
        BuildError::NoInterpreter { wanted, .. } => {
            let version = wanted.trim_start_matches("Python ");
            Some(format!(
                "install {wanted} (`uv python install {version}`, `dnf install python{version}`, \
                 `brew install python@{version}`), or name one with --build-python PATH"
            ))
        }
        BuildError::Interpreter { .. } => Some("name another Python with --build-python PATH".to_owned()),
        BuildError::Failed { misses_network: true, .. } => Some(
            "builds have no network; if this one has to fetch something, allow that with --build-network".to_owned(),
        ),
        BuildError::Failed { .. } => Some("run with -v for everything that the build wrote".to_owned()),
        BuildError::Foreign { .. } => Some(
            "build the wheel on the target's system and offer it with --find-links, or choose a version that has one"
                .to_owned(),
        ),
        BuildError::Unpack { source, .. } => super::limit(source).or_else(|| Some(super::DAMAGED.to_owned())),
        _ => None,
    }
}
