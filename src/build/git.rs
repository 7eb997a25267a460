//! Git repositories, fetched by the user's own `git` with the user's own settings: keys, helpers, proxies.

use std::collections::{BTreeMap, BTreeSet};
use std::ffi::OsString;
use std::path::{Path, PathBuf};

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use percent_encoding::percent_decode_str;

use super::BuildError;
use super::backend::Workshop;
use super::child::{ChildCommand, last_lines, run};
use super::xcode::{STUB, is_stub};
use crate::spec::SafeUrl;

/// Lines of a failed git that its error shows.
const LINES_SHOWN: usize = 10;

/// Most names that one git is asked about: the system limits how long a command may be.
const MOST_NAMES: usize = 500;

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

/// What a revision may be called in a repository whose branches are below `branches`, the first that is there counts. The
/// name of a commit is no branch and no tag, whatever somebody calls theirs.
fn names_of(wanted: &str, branches: &str) -> Vec<String> {
    let references = [format!("{branches}/{wanted}"), format!("refs/tags/{wanted}")];
    references.into_iter().filter(|_| !is_commit(wanted)).chain([wanted.to_owned()]).collect()
}

/// A file with everything that a repository has, in its place.
pub(crate) struct RepositoryStandIn {
    /// The repository, without credentials.
    pub url: SafeUrl,
    /// The file, as [`bundle`] writes it.
    pub file: PathBuf,
}

/// Clones a repository into `folder`, which does not exist, and checks out `revision`, with submodules. Repositories of
/// `stand_ins` are read from files.
///
/// Credentials of the URL reach git by its environment: neither the list of processes nor the clone has them. They are
/// for all repositories of that server, so that submodules with relative addresses are fetched with them too.
pub(crate) fn check_out(
    url: &SafeUrl,
    revision: Option<&str>,
    folder: &Path,
    stand_ins: &[RepositoryStandIn],
    workshop: &Workshop,
) -> Result<Checkout, BuildError> {
    let git = Git::of(url, stand_ins, workshop)?;
    let parent = folder.parent().unwrap_or(Path::new("/"));
    let place = folder.display().to_string();
    let address = git.plain.reveal().as_str();
    let mut clone = vec!["clone", "--quiet", "--no-checkout"];
    // Servers need not send files of other commits. What lies on this machine has them all, and where it is a shallow clone
    // itself, git would ask for what that lacks without an end.
    clone.extend((stand_ins.is_empty() && !url.is_file()).then_some("--filter=blob:none"));
    clone.extend(["--", address, &place]);
    git.run("git clone", parent, &clone)?;
    let wanted = revision.unwrap_or("HEAD");
    // A branch of the repository is a branch of another one here.
    let commit = if let Some(commit) = git.first_commit(folder, &names_of(wanted, "refs/remotes/origin")) {
        commit
    } else {
        // Commits that no branch has, such as those of pull requests.
        git.run("git fetch", folder, &["fetch", "--quiet", "origin", wanted])?;
        let fetched = if is_commit(wanted) { wanted } else { "FETCH_HEAD" };
        let commit = format!("{fetched}^{{commit}}");
        git.run("git rev-parse", folder, &["rev-parse", "--verify", &commit])?.trim().to_owned()
    };
    git.run("git checkout", folder, &["checkout", "--quiet", "--detach", &commit])?;
    git.run("git submodule", folder, &["submodule", "--quiet", "update", "--init", "--recursive"])?;
    let described = git.describe(folder, &commit)?;
    Ok(Checkout { folder: folder.to_owned(), commit, described })
}

/// What an earlier run has checked out of a commit into `folder`; `None` where nothing is there, or it is no longer as
/// git made it. Nothing is fetched.
pub(crate) fn kept_checkout(url: &SafeUrl, commit: &str, folder: &Path, workshop: &Workshop) -> Option<Checkout> {
    if !folder.join(".git").is_dir() {
        return None;
    }
    let git = Git::of(url, &[], workshop).ok()?;
    let head = git.run("git rev-parse", folder, &["rev-parse", "--verify", "HEAD"]).ok()?;
    let changed = git.run("git status", folder, &["status", "--porcelain", "--ignored", "--no-renames"]).ok()?;
    if head.trim() != commit || !changed.trim().is_empty() {
        return None;
    }
    let described = git.describe(folder, commit).ok()?;
    Some(Checkout { folder: folder.to_owned(), commit: commit.to_owned(), described })
}

/// The repositories of all submodules of a checkout of `url`, as git calls them, each with what is checked out.
pub(crate) fn submodules(
    url: &SafeUrl,
    checkout: &Path,
    workshop: &Workshop,
) -> Result<Vec<(String, Checkout)>, BuildError> {
    let git = Git::of(url, &[], workshop)?;
    let each = "git config remote.origin.url && pwd && git rev-parse HEAD";
    let told = git.run("git submodule", checkout, &["submodule", "--quiet", "foreach", "--recursive", each])?;
    let lines: Vec<&str> = told.lines().collect();
    let part = |lines: &[&str]| {
        let (folder, commit) = (PathBuf::from(lines[1]), lines[2].to_owned());
        let described = git.describe(&folder, &commit)?;
        Ok((lines[0].to_owned(), Checkout { folder, commit, described }))
    };
    lines.chunks_exact(3).map(part).collect()
}

/// Writes all branches and tags of a repository into one file, which git clones as it clones the repository. `asked`:
/// the revisions that were asked for, and what these are now. What an earlier such file has and the
/// repository has no more, such as commits of a branch that was rewritten, is kept.
///
/// What is named and is no branch or tag, as a pull request, has its name in the file too.
///
/// `None`: the earlier file gives the same commits, and will do. `room` is an empty folder.
pub(crate) fn bundle(
    url: &SafeUrl,
    asked: &[(Option<String>, Checkout)],
    earlier: Option<&Path>,
    room: &Path,
    workshop: &Workshop,
) -> Result<Option<PathBuf>, BuildError> {
    let git = Git::of(url, &[], workshop)?;
    let (all, old, file) = (room.join("all.git"), room.join("old.git"), room.join("repository.bundle"));
    if let Some(earlier) = earlier {
        let earlier = earlier.display().to_string();
        git.run("git clone", room, &["clone", "--quiet", "--mirror", "--", &earlier, "old.git"])?;
        if asked.iter().all(|(revision, asked)| git.gives(&old, revision.as_deref(), asked)) {
            return Ok(None);
        }
    }
    git.run("git clone", room, &["clone", "--quiet", "--bare", "--", git.plain.reveal().as_str(), "all.git"])?;
    let mut named = BTreeMap::new();
    for (revision, Checkout { commit, .. }) in asked {
        if git.first_commit(&all, std::slice::from_ref(commit)).is_none() {
            git.run("git fetch", &all, &["fetch", "--quiet", "origin", commit])?;
        }
        git.keep(&all, commit)?;
        if let Some(name) = revision.as_deref()
            && git.first_commit(&all, &names_of(name, "refs/heads")).as_ref() != Some(commit)
        {
            let rest = name.strip_prefix("refs/").unwrap_or(name);
            named.insert(format!("refs/{rest}"), commit.clone());
        }
    }
    if earlier.is_some() {
        let references = ["fetch", "--quiet", "../old.git", "+refs/*:refs/earlier/*"];
        git.run("git fetch", &all, &references)?;
        let lost = ["rev-list", "--glob=refs/earlier/*", "--not", "--branches", "--tags"];
        let lost = git.run("git rev-list", &all, &lost)?;
        let lost: BTreeSet<&str> = lost.lines().collect();
        let listed = ["for-each-ref", "--format=%(objectname)%0a%(*objectname)", "refs/earlier"];
        let listed = git.run("git for-each-ref", &all, &listed)?;
        for commit in listed.split_whitespace().filter(|object| lost.contains(object)) {
            git.keep(&all, commit)?;
        }
        let listed = git.run("git for-each-ref", &old, &["for-each-ref", "--format=%(refname)%0a%(objectname)"])?;
        let listed: Vec<&str> = listed.lines().collect();
        for name_and_commit in listed.chunks_exact(2) {
            let (name, commit) = (name_and_commit[0], name_and_commit[1]);
            if !name.starts_with("refs/heads/") && !name.starts_with("refs/tags/") {
                named.entry(name.to_owned()).or_insert_with(|| commit.to_owned());
            }
        }
    }
    for (name, commit) in &named {
        git.run("git update-ref", &all, &["update-ref", name, commit])?;
    }
    // One thread, so that the same commits give the same bytes.
    let mut words = vec!["-c", "pack.threads=1", "bundle", "create", "--quiet", "../repository.bundle"];
    words.extend(git.first_commit(&all, &["HEAD".to_owned()]).map(|_| "HEAD"));
    words.extend(["--branches", "--tags"]);
    words.extend(named.keys().map(String::as_str));
    git.run("git bundle", &all, &words)?;
    Ok(Some(file))
}

/// Whether a file that [`bundle`] wrote is of the repository of these checkouts: that has a commit which a branch or tag
/// of the file is.
pub(crate) fn is_of(
    url: &SafeUrl,
    asked: &[(Option<String>, Checkout)],
    file: &Path,
    workshop: &Workshop,
) -> Result<bool, BuildError> {
    let git = Git::of(url, &[], workshop)?;
    let Some((_, any)) = asked.first() else { return Ok(false) };
    let listed = git.run("git bundle", &any.folder, &["bundle", "list-heads", &file.display().to_string()])?;
    let commits = listed.lines().filter_map(|line| line.split_whitespace().next()).map(str::to_owned);
    let commits: Vec<String> = commits.collect();
    Ok(asked.iter().any(|(_, checkout)| git.first_commit(&checkout.folder, &commits).is_some()))
}

/// git, about one repository.
struct Git<'a> {
    program: PathBuf,
    variables: BTreeMap<String, String>,
    /// The repository, without credentials.
    plain: SafeUrl,
    /// What no message may show, and what each shows instead.
    secrets: Vec<(String, &'static str)>,
    workshop: &'a Workshop,
}

impl<'a> Git<'a> {
    fn of(url: &SafeUrl, stand_ins: &[RepositoryStandIn], workshop: &'a Workshop) -> Result<Self, BuildError> {
        let program = find_git(workshop)?;
        let plain = url.without_credentials();
        let mut variables: BTreeMap<String, String> = (*workshop.environment).clone();
        variables.retain(|name, _| !OTHER_REPOSITORY.contains(&name.as_str()));
        variables.extend(
            [("GIT_TERMINAL_PROMPT", "0"), ("GIT_LFS_SKIP_SMUDGE", "0"), ("LC_ALL", "C")]
                .map(|(name, value)| (name.to_owned(), value.to_owned())),
        );
        let instead = |address: &str, of: &SafeUrl| {
            (format!("url.{address}.insteadOf"), of.without_credentials().reveal().to_string())
        };
        let mut settings: Vec<(String, String)> = Vec::new();
        for RepositoryStandIn { url, file } in stand_ins {
            settings.push(instead(&file.display().to_string(), url));
        }
        if !settings.is_empty() {
            // Submodules lie in files as well, and those that do not are fetched from nowhere else.
            variables.insert("GIT_ALLOW_PROTOCOL".to_owned(), "file".to_owned());
        } else if let Some(header) = authorization(url) {
            // A URL with a password reaches git's own helper on its command line, which everyone on the machine can read.
            settings.push((format!("http.{}.extraHeader", plain.root().reveal()), format!("Authorization: {header}")));
        } else if plain.reveal() != url.reveal() {
            let server = url.root();
            settings.push(instead(server.reveal().as_str(), &server));
        }
        let own: usize = variables.get("GIT_CONFIG_COUNT").and_then(|count| count.parse().ok()).unwrap_or(0);
        if !settings.is_empty() {
            variables.insert("GIT_CONFIG_COUNT".to_owned(), (own + settings.len()).to_string());
        }
        for (number, (key, value)) in (own..).zip(settings) {
            variables.insert(format!("GIT_CONFIG_KEY_{number}"), key);
            variables.insert(format!("GIT_CONFIG_VALUE_{number}"), value);
        }
        let (user, password) = (url.reveal().username(), url.reveal().password());
        // A user without a password may be a token, and git says it where it has no password to go with it.
        let is_token = password.is_none() && !user.is_empty() && matches!(url.reveal().scheme(), "http" | "https");
        let token = is_token.then(|| (format!("//{user}@"), "//****@"));
        let header = authorization(url).map(|header| (header, "****"));
        let secrets = password.map(|password| (password.to_owned(), "****")).into_iter().chain(token).chain(header);
        let secrets = secrets.collect();
        Ok(Self { program, variables, plain, secrets, workshop })
    }

    fn run(&self, step: &'static str, at: &Path, arguments: &[&str]) -> Result<String, BuildError> {
        let all = ["-c", "core.hooksPath=/dev/null", "-c", "advice.detachedHead=false"].iter().chain(arguments);
        let arguments: Vec<OsString> = all.map(OsString::from).collect();
        let (program, variables) = (self.program.as_path(), &self.variables);
        let job = ChildCommand { program, arguments, folder: at, variables, limit: None, network: true };
        let ended = run(&job, &self.workshop.children)?;
        if ended.success {
            return Ok(ended.output);
        }
        let mut output = last_lines(&ended.output, LINES_SHOWN);
        for (secret, hidden) in &self.secrets {
            output = output.replace(secret.as_str(), hidden);
        }
        Err(BuildError::Git { url: self.plain.clone(), step, status: ended.status, output })
    }

    /// The commit of the first of these names that the repository at `at` has.
    fn first_commit(&self, at: &Path, names: &[String]) -> Option<String> {
        // What begins like an option is no name, and neither is what stands for many commits.
        let names = names.iter().filter(|name| !name.starts_with(['-', '^']) && !name.contains(".."));
        let names: Vec<String> = names.map(|name| format!("{name}^{{commit}}")).collect();
        names.chunks(MOST_NAMES).find_map(|names| {
            let mut words = vec!["rev-list", "--no-walk=unsorted", "--ignore-missing", "--max-count=1"];
            words.extend(names.iter().map(String::as_str));
            // Where none is there, git has nothing to list, and fails. What it has to say beside that is no name of a commit.
            let told = self.run("git rev-list", at, &words).ok()?;
            told.lines().find(|line| is_commit(line)).map(str::to_owned)
        })
    }

    /// The nearest tag of a commit and how far it is.
    fn describe(&self, at: &Path, commit: &str) -> Result<String, BuildError> {
        let words = ["describe", "--tags", "--long", "--always", "--abbrev=40", commit];
        Ok(self.run("git describe", at, &words)?.trim().to_owned())
    }

    /// Whether a clone of the bare repository at `at` would have this commit for a revision, and the same tag near it.
    fn gives(&self, at: &Path, revision: Option<&str>, asked: &Checkout) -> bool {
        let Checkout { commit, described, .. } = asked;
        let wanted = revision.unwrap_or("HEAD");
        let is_commit = self.first_commit(at, &names_of(wanted, "refs/heads")).is_some_and(|found| found == *commit);
        is_commit && self.describe(at, commit).is_ok_and(|told| told == *described)
    }

    /// Gives a commit a branch when it is on none, so that clones have it.
    fn keep(&self, at: &Path, commit: &str) -> Result<(), BuildError> {
        let listed = ["for-each-ref", "--count=1", "--contains", commit, "refs/heads", "refs/tags"];
        if self.run("git for-each-ref", at, &listed)?.trim().is_empty() {
            let branch = format!("refs/heads/barrow-kept/{commit}");
            self.run("git update-ref", at, &["update-ref", &branch, commit])?;
        }
        Ok(())
    }
}

/// What the header `Authorization` says to a server of HTTP: user and password of the URL (RFC 7617).
fn authorization(url: &SafeUrl) -> Option<String> {
    let decoded = |text: &str| percent_decode_str(text).collect::<Vec<u8>>();
    let url = url.reveal();
    let password = url.password().filter(|_| matches!(url.scheme(), "http" | "https"))?;
    let given = [decoded(url.username()), decoded(password)].join(&b':');
    Some(format!("Basic {}", STANDARD.encode(given)))
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
