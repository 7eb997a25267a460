//! Git repositories, fetched by the user's own `git` with the user's own settings: keys, helpers, proxies.

use std::collections::BTreeMap;
use std::ffi::OsString;
use std::path::{Path, PathBuf};

use super::BuildError;
use super::backend::Workshop;
use super::child::{ChildCommand, last_lines, run};
use super::xcode::{STUB, is_stub};
use crate::spec::SafeUrl;

/// Lines of a failed git that its error shows.
const LINES_SHOWN: usize = 10;

/// Variables that tell git of another repository, as it sets them for its hooks.
const OTHER_REPOSITORY: &[&str] = &[
    "GIT_DIR",
    "GIT_WORK_TREE",
    "GIT_COMMON_DIR",
    "GIT_INDEX_FILE",
    "GIT_OBJECT_DIRECTORY",
    "GIT_ALTERNATE_OBJECT_DIRECTORIES",
    "GIT_NAMESPACE",
    "GIT_PREFIX",
];

/// A commit that is checked out.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Checkout {
    /// The folder of the repository.
    pub folder: PathBuf,
    /// The commit, 40 (or 64) hexadecimal digits.
    pub commit: String,
    /// The nearest tag and how far it is, as `git describe` says it: backends make versions of it.
    pub described: String,
}

/// Whether a revision is the name of a commit, which never means another.
pub(crate) fn is_commit(revision: &str) -> bool {
    matches!(revision.len(), 40 | 64) && revision.bytes().all(|byte| byte.is_ascii_hexdigit())
}

/// Clones a repository into `folder`, which does not exist, and checks out `revision`, with submodules.
///
/// Credentials of the URL reach git by its environment: neither the list of processes nor the clone has them.
pub(crate) fn check_out(
    url: &SafeUrl,
    revision: Option<&str>,
    folder: &Path,
    workshop: &Workshop,
) -> Result<Checkout, BuildError> {
    let program = find_git(workshop)?;
    let plain = url.without_credentials();
    let mut variables: BTreeMap<String, String> = (*workshop.environment).clone();
    variables.retain(|name, _| !OTHER_REPOSITORY.contains(&name.as_str()));
    variables.extend(
        [("GIT_TERMINAL_PROMPT", "0"), ("GIT_LFS_SKIP_SMUDGE", "0"), ("LC_ALL", "C")]
            .map(|(name, value)| (name.to_owned(), value.to_owned())),
    );
    if plain.reveal() != url.reveal() {
        let key = format!("url.{}.insteadOf", url.reveal());
        let own: usize = variables.get("GIT_CONFIG_COUNT").and_then(|count| count.parse().ok()).unwrap_or(0);
        variables.extend([
            ("GIT_CONFIG_COUNT".to_owned(), (own + 1).to_string()),
            (format!("GIT_CONFIG_KEY_{own}"), key),
            (format!("GIT_CONFIG_VALUE_{own}"), plain.reveal().to_string()),
        ]);
    }
    let secrets: Vec<String> = url.reveal().password().into_iter().map(str::to_owned).collect();
    let git = |step: &'static str, at: &Path, arguments: &[&str]| {
        let all = ["-c", "core.hooksPath=/dev/null", "-c", "advice.detachedHead=false"].iter().chain(arguments);
        let arguments: Vec<OsString> = all.map(OsString::from).collect();
        let job = ChildCommand {
            program: &program,
            arguments,
            folder: at,
            variables: &variables,
            limit: None,
            network: true,
        };
        let ended = run(&job, &workshop.children, &workshop.interrupted)?;
        if ended.success {
            return Ok(ended.output);
        }
        let mut output = last_lines(&ended.output, LINES_SHOWN);
        for secret in &secrets {
            output = output.replace(secret.as_str(), "****");
        }
        Err(BuildError::Git { url: plain.clone(), step, status: ended.status, output })
    };
    let parent = folder.parent().unwrap_or(Path::new("/"));
    let place = folder.display().to_string();
    let address = plain.reveal().as_str();
    git("git clone", parent, &["clone", "--quiet", "--no-checkout", "--filter=blob:none", "--", address, &place])?;
    let wanted = revision.unwrap_or("HEAD");
    // A branch of the repository is a branch of another one here.
    let names = [format!("refs/remotes/origin/{wanted}"), format!("refs/tags/{wanted}"), wanted.to_owned()];
    let find = |name: &String| {
        let name = format!("{name}^{{commit}}");
        git("git rev-parse", folder, &["rev-parse", "--verify", "--quiet", &name]).ok()
    };
    let mut found = names.iter().find_map(find);
    if found.is_none() {
        // Commits that no branch has, such as those of pull requests.
        git("git fetch", folder, &["fetch", "--quiet", "origin", wanted])?;
        found = Some(git("git rev-parse", folder, &["rev-parse", "--verify", "FETCH_HEAD^{commit}"])?);
    }
    let commit = found.unwrap_or_default().trim().to_owned();
    git("git checkout", folder, &["checkout", "--quiet", "--detach", &commit])?;
    git("git submodule", folder, &["submodule", "--quiet", "update", "--init", "--recursive"])?;
    let described = git("git describe", folder, &["describe", "--tags", "--long", "--always", "--abbrev=40"])?;
    Ok(Checkout { folder: folder.to_owned(), commit, described: described.trim().to_owned() })
}

fn find_git(workshop: &Workshop) -> Result<PathBuf, BuildError> {
    let path = workshop.environment.get("PATH").map(String::as_str).unwrap_or_default();
    let programs = path.split(':').map(|folder| Path::new(folder).join("git"));
    let mut why = "it is not on the PATH";
    for program in programs.filter(|program| program.is_absolute() && program.is_file()) {
        if !is_stub(&program) {
            return Ok(program);
        }
        why = STUB;
    }
    let source = std::io::Error::new(std::io::ErrorKind::NotFound, why);
    Err(BuildError::Start { program: "git".into(), source })
}
