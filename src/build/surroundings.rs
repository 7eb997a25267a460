//! What the programs of a build know of their surroundings: no credentials, no home, fixed times.

use std::collections::BTreeMap;
use std::path::Path;

/// Environment variables of a program.
pub(crate) type Variables = BTreeMap<String, String>;

/// The time of every file of a source archive, and what `SOURCE_DATE_EPOCH` says: 1980-01-01, the first that a zip can
/// hold.
///
/// Source: APPNOTE.TXT, 4.4.6; <https://reproducible-builds.org/specs/source-date-epoch/>.
pub(crate) const SOURCE_DATE: u64 = 315_532_800;

/// Beginnings of the names of variables that are for other programs.
const OTHERS: &[&str] = &["BARROW_", "PIP_", "AWS_", "TWINE_", "PYTHON", "VIRTUAL_ENV", "CONDA_"];

/// Beginnings of the names of variables that backends read.
const OF_BACKENDS: &[&str] = &["UV_", "PDM_", "POETRY_", "SETUPTOOLS_SCM_"];

/// Names, and beginnings of names, of variables that compilers and what calls them read.
const OF_COMPILERS: &[&str] = &[
    "CC",
    "CXX",
    "CPP",
    "FC",
    "LD",
    "AR",
    "CFLAGS",
    "CXXFLAGS",
    "CPPFLAGS",
    "FFLAGS",
    "LDFLAGS",
    "LDSHARED",
    "ARCHFLAGS",
    "CPATH",
    "C_INCLUDE_PATH",
    "CPLUS_INCLUDE_PATH",
    "LIBRARY_PATH",
    "PKG_CONFIG_PATH",
    "RUSTFLAGS",
    "MACOSX_DEPLOYMENT_TARGET",
    "CARGO_BUILD_*",
    "CARGO_PROFILE_*",
    "CMAKE_*",
    "SKBUILD_*",
    "MATURIN_*",
    "MESON_*",
    "SETUPTOOLS_*",
    "CIBW_*",
];

/// Among those, of what concerns indexes and uploads: a user's name or a URL there may be a secret.
const OF_INDEXES: &[&str] = &["INDEX", "HTTP_BASIC", "PYPI", "PUBLISH", "REPOSITOR", "USERNAME", "KEYRING", "CACHE"];

/// Parts of the names of variables that hold secrets.
const SECRETS: &[&str] = &[
    "CONNECTION_STRING",
    "WEBHOOK",
    "TOKEN",
    "PASSWORD",
    "PASSWD",
    "PASSPHRASE",
    "SECRET",
    "CREDENTIAL",
    "AUTH",
    "ASKPASS",
    "NETRC",
    "SSH_",
];

/// Words in the names of variables that hold secrets: `GH_PAT`, `DB_PASS`.
const SECRET_WORDS: &[&str] = &["PASS", "PWD", "PAT", "JWT", "DSN"];

/// Variables that every build has from barrow, whatever the user has set; of `PATH` it has a part.
const SET_HERE: &[&str] = &["PATH", "HOME", "TMPDIR", "SOURCE_DATE_EPOCH", "LC_ALL", "TZ"];

/// The user's variables that a build gets, but for those that it has from barrow.
pub(super) fn given_variables(own: &Variables) -> Variables {
    let mut variables = wanted(own);
    variables.retain(|name, _| !SET_HERE.contains(&name.as_str()));
    variables
}

/// The user's variables without what is nobody's business.
fn wanted(own: &Variables) -> Variables {
    let is_wanted = |name: &str, value: &str| {
        let upper = name.to_ascii_uppercase();
        let is_of_others = OTHERS.iter().any(|other| upper.starts_with(other)) || name.starts_with("XDG_");
        let is_secret = is_secret(&upper) || has_userinfo(value);
        let is_of_indexes = is_of_backends(&upper) && OF_INDEXES.iter().any(|part| upper.contains(part));
        !(is_of_others || is_secret || is_of_indexes)
    };
    let wanted = own.iter().filter(|(name, value)| is_wanted(name, value));
    wanted.map(|(name, value)| (name.clone(), value.clone())).collect()
}

/// Whether a variable holds a secret, by its name in capitals: the shell's own `PWD` is a folder.
fn is_secret(name: &str) -> bool {
    let is_secret_word = |(at, word): (usize, &str)| SECRET_WORDS.contains(&word) && (at > 0 || word != name);
    SECRETS.iter().any(|secret| name.contains(secret))
        || name.ends_with("KEY")
        || name.split('_').enumerate().any(is_secret_word)
}

/// Tells compilers to write another name where debugging information of native code would have the place of the build,
/// which is a new one each time. Preprocessors' options alone come on top of those that a project has by itself. One with a
/// space stays: what splits options knows no way to write it that all others know.
pub(super) fn hide_place(variables: &mut Variables, place: &Path) {
    let option = format!("-fdebug-prefix-map={}=/build", place.display());
    if option.contains(char::is_whitespace) {
        return;
    }
    let flags = variables.entry("CPPFLAGS".to_owned()).or_default();
    let between = if flags.is_empty() { "" } else { " " };
    flags.extend([between, &option]);
}

/// The variables of a build: what the user set for compilers and tools, and nothing that is nobody's business.
pub(super) fn variables(own: &Variables, home: &Path, path: &[&Path]) -> Variables {
    let mut variables = wanted(own);
    // The programs of rustup look for their toolchains below the home, which is another one here.
    if let (None, Some(own_home)) = (own.get("RUSTUP_HOME"), own.get("HOME")) {
        let place = Path::new(own_home).join(".rustup");
        if place.is_dir() {
            variables.insert("RUSTUP_HOME".to_owned(), place.display().to_string());
        }
    }
    let folders: Vec<String> = path.iter().map(|folder| folder.display().to_string()).collect();
    let rest = variables.remove("PATH").into_iter();
    let path: Vec<String> = folders.into_iter().chain(rest).collect();
    let home = home.display().to_string();
    for (name, value) in [
        ("PATH", path.join(":")),
        ("HOME", home.clone()),
        ("TMPDIR", home),
        ("SOURCE_DATE_EPOCH", SOURCE_DATE.to_string()),
        ("PYTHONHASHSEED", "0".to_owned()),
        ("PYTHONNOUSERSITE", "1".to_owned()),
        ("PYTHONDONTWRITEBYTECODE", "1".to_owned()),
        ("PYTHONIOENCODING", "utf-8".to_owned()),
        ("PYTHONUNBUFFERED", "1".to_owned()),
        ("LC_ALL", "C.UTF-8".to_owned()),
        ("TZ", "UTC".to_owned()),
    ] {
        variables.insert(name.to_owned(), value);
    }
    variables
}

/// Variables that backends and compilers read, as far as builds get them: what is built depends on them.
pub(crate) fn backend_variables(own: &BTreeMap<String, String>) -> BTreeMap<String, String> {
    let mut wanted = variables(own, Path::new("/"), &[]);
    let is_of_compilers = |name: &str| {
        OF_COMPILERS.iter().any(|own| own.strip_suffix('*').map_or(name == *own, |begin| name.starts_with(begin)))
    };
    wanted.retain(|name, _| is_of_backends(name) || is_of_compilers(name));
    wanted
}

fn is_of_backends(name: &str) -> bool {
    OF_BACKENDS.iter().any(|start| name.starts_with(start))
}

/// Whether a value has a URL with a user in it, as of a proxy.
fn has_userinfo(value: &str) -> bool {
    value.split_once("://").is_some_and(|(_, rest)| rest.split('/').next().is_some_and(|host| host.contains('@')))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn builds_learn_no_secrets() {
        let own: Variables = [
            ("PATH", "/usr/bin"),
            ("CC", "clang"),
            ("CFLAGS", "-O2"),
            ("PWD", "/work"),
            ("SETUPTOOLS_SCM_PRETEND_VERSION", "1.0"),
            ("HTTP_PROXY", "http://proxy:3128"),
            ("HTTPS_PROXY", "http://user:hunter2@proxy:3128"),
            ("PIP_INDEX_URL", "https://hunter2"),
            ("UV_INDEX_X_PASSWORD", "hunter2"),
            ("UV_INDEX_X_USERNAME", "hunter2"),
            ("UV_DEFAULT_INDEX", "https://hunter2.example"),
            ("POETRY_HTTP_BASIC_X_USERNAME", "hunter2"),
            ("POETRY_PYPI_TOKEN_X", "hunter2"),
            ("PDM_PUBLISH_REPO", "hunter2"),
            ("PDM_BUILD_SCM_VERSION", "2.0"),
            ("POETRY_DYNAMIC_VERSIONING_BYPASS", "3.0"),
            ("BARROW_INDEX_X_TOKEN", "hunter2"),
            ("AWS_SECRET_ACCESS_KEY", "hunter2"),
            ("GITHUB_TOKEN", "hunter2"),
            ("npm_config__auth", "hunter2"),
            ("DB_PASSWORD", "hunter2"),
            ("DB_PASS", "hunter2"),
            ("GH_PAT", "hunter2"),
            ("CI_JOB_JWT", "hunter2"),
            ("SENTRY_DSN", "hunter2"),
            ("AZURE_STORAGE_KEY", "hunter2"),
            ("AZURE_STORAGE_CONNECTION_STRING", "hunter2"),
            ("SLACK_WEBHOOK_URL", "hunter2"),
            ("SSH_AUTH_SOCK", "/run/hunter2"),
            ("NETRC", "/home/me/hunter2"),
            ("PYTHONPATH", "/home/me/hunter2"),
            ("HOME", "/home/me/hunter2"),
            ("XDG_CONFIG_HOME", "/home/me/hunter2"),
        ]
        .into_iter()
        .map(|(name, value)| (name.to_owned(), value.to_owned()))
        .collect();
        let variables = variables(&own, Path::new("/tmp/home"), &[Path::new("/env/bin")]);
        assert!(variables.values().all(|value| !value.contains("hunter2")), "{variables:?}");
        let expect = |name: &str, value: &str| assert_eq!(variables.get(name).map(String::as_str), Some(value));
        expect("PATH", "/env/bin:/usr/bin");
        expect("CC", "clang");
        expect("PWD", "/work");
        expect("SETUPTOOLS_SCM_PRETEND_VERSION", "1.0");
        expect("PDM_BUILD_SCM_VERSION", "2.0");
        expect("POETRY_DYNAMIC_VERSIONING_BYPASS", "3.0");
        let counted: Vec<String> = backend_variables(&own).into_keys().collect();
        assert_eq!(
            counted,
            [
                "CC",
                "CFLAGS",
                "PDM_BUILD_SCM_VERSION",
                "POETRY_DYNAMIC_VERSIONING_BYPASS",
                "SETUPTOOLS_SCM_PRETEND_VERSION"
            ]
        );
        expect("HTTP_PROXY", "http://proxy:3128");
        expect("HOME", "/tmp/home");
        expect("SOURCE_DATE_EPOCH", "315532800");
    }

    #[test]
    fn the_place_of_a_build_is_hidden_beside_the_options_of_the_user() {
        let mut variables = Variables::from([("CPPFLAGS".to_owned(), "-DX=1".to_owned())]);
        hide_place(&mut variables, Path::new("/tmp/a place"));
        assert_eq!(variables["CPPFLAGS"], "-DX=1");
        hide_place(&mut variables, Path::new("/tmp/place"));
        assert_eq!(variables["CPPFLAGS"], "-DX=1 -fdebug-prefix-map=/tmp/place=/build");
    }
}
