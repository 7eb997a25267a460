//! What must not leave the machine: the table of names, each with its reason, and the few that the content decides
//! about.
//!
//! A bundle is uploaded, and everyone who may read the function may read it. So what is named here is left out unless
//! the user asks for it (`--include`). The table is written down in `docs/contents.md` too, and a test compares them.

use std::os::unix::ffi::OsStrExt as _;
use std::path::Path;

use super::credential_text::{has_aws_key, has_credential, has_key_header};
use super::left_out::Why;
use crate::bundle::table_patterns::{Case, fits};
use crate::regular::{self, FileBytes};
use crate::requirements::{LOCATION_OPTIONS, said_part};

/// A row of the table.
#[derive(Debug)]
pub(super) struct SecretRule {
    /// Patterns of paths; without a slash they hold at any depth. Upper and lower case are alike.
    pub(super) names: &'static [&'static str],
    /// What a row is about.
    why: fn(&'static str) -> Why,
    pub(super) when: When,
    /// What it is.
    pub(super) what: &'static str,
}

/// What of the content has to hold, beside the name.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum When {
    /// The name alone decides, whatever the content is.
    Always,
    /// A private key begins in the file.
    HoldsKey,
    /// The content is not plainly a public key or a certificate.
    NotPublic,
    /// The content is the key of a Google service account, or what Google gives a program for a user.
    GoogleKey,
    /// The content has a secret key of AWS as a setting.
    AwsKey,
    /// The content has a URL or a setting with a credential.
    HoldsCredential,
    /// The content is a requirements file by its option lines, one of which has a credential.
    HoldsCredentialOption,
}

const fn row(names: &'static [&'static str], what: &'static str) -> SecretRule {
    SecretRule { names, why: Why::Credentials, when: When::Always, what }
}

impl SecretRule {
    const fn when(self, when: When) -> Self {
        Self { when, ..self }
    }

    const fn why(self, why: fn(&'static str) -> Why) -> Self {
        Self { why, ..self }
    }
}

/// Largest file whose content is asked what it is, bytes: keys, requirements and locks are smaller.
const LOOKED_AT_MOST: u64 = 8 << 20;

/// The first row that fits decides.
pub(super) const TABLE: &[SecretRule] = &[
    row(&[".env*", "*.env", ".dev.vars", ".secrets*", "secrets.{json,toml,yaml,yml}"], "variables with secrets"),
    row(&[".netrc", "_netrc"], "passwords by host"),
    row(&[".pypirc", "pip.conf", "pip.ini", ".condarc"], "settings of a package index"),
    row(
        &[".npmrc", ".yarnrc", ".yarnrc.yml", ".gem/credentials", ".cargo/credentials*"],
        "tokens of package registries",
    ),
    row(&[".git-credentials", ".hgrc", ".gitconfig"], "settings and passwords of version control"),
    row(&[".ssh", "id_{rsa,dsa,ecdsa,ed25519,ecdsa_sk,ed25519_sk,xmss}", "ssh_host_*_key"], "keys of SSH"),
    row(
        &["*.ppk", "*.p8", "*.p12", "*.pfx", "*.pk8", "*.jks", "*.keystore", "*.kdbx", "*.agekey"],
        "a store of private keys",
    ),
    row(&[".gnupg", "secring.*"], "keys of GnuPG"),
    row(&["*.key"], "a private key").when(When::NotPublic),
    row(&["*.pem", "*.asc", "*.crt", "*.cer"], "a private key").when(When::HoldsKey),
    row(&[".aws", "*accessKeys.csv", "rootkey.csv", "credentials.csv"], "keys of AWS"),
    row(&["*credentials*", "config", "*.ini"], "keys of AWS").when(When::AwsKey),
    row(
        &[".azure", ".oci", ".config/gcloud", ".boto", ".s3cfg", "rclone.conf", "token.pickle"],
        "credentials of a cloud",
    ),
    row(
        &[
            "application_default_credentials.json",
            "client_secret*.json",
            "credentials.json",
            "service{-,_}account*.json",
        ],
        "credentials of a cloud",
    ),
    row(&["*.json"], "credentials of a cloud").when(When::GoogleKey),
    row(&[".docker/config.json", ".dockercfg", ".dockerconfigjson"], "credentials of image registries"),
    row(&[".kube", "kubeconfig", "*.kubeconfig"], "credentials of clusters"),
    row(&[".pgpass", "pgpass.conf", ".my.cnf", ".mylogin.cnf", ".pg_service.conf"], "passwords of databases"),
    row(
        &[
            ".htpasswd",
            ".vault-token",
            ".vault_pass*",
            ".password-store",
            ".databrickscfg",
            "kaggle.json",
            ".config/gh",
            ".huggingface",
            ".curlrc",
            ".wgetrc",
            ".m2/settings.xml",
            ".sentryclirc",
        ],
        "passwords and tokens",
    ),
    row(&[".*_history", ".dbshell"], "what was typed"),
    row(&["*.tfvars", "*.tfvars.json", ".terraformrc", "terraform.rc", ".terraform.d"], "variables of Terraform"),
    row(&["*.tfstate", "*.tfstate.*", "*.tfplan"], "the state of Terraform").why(Why::State),
    row(&["barrow.toml"], "settings of barrow").why(|_| Why::Settings),
    row(
        &[
            "requirements*.{txt,in}",
            "*requirements.{txt,in}",
            "constraints*.{txt,in}",
            "requirements/*.{txt,in}",
            "pyproject.toml",
            "pylock.toml",
            "pylock.*.toml",
            "uv.lock",
            "uv.toml",
            "poetry.lock",
            "poetry.toml",
            "pdm.lock",
            "pdm.toml",
            ".pdm.toml",
            "Pipfile",
            "Pipfile.lock",
            "setup.cfg",
            "environment*.{yml,yaml}",
        ],
        "requirements with a credential in them",
    )
    .when(When::HoldsCredential),
    row(&["*.txt", "*.in"], "requirements with a credential in them").when(When::HoldsCredentialOption),
];

/// Why the file or folder at `path`, relative to the source, is to be left out; `at` is where it lies, and what it
/// holds where it was read already.
///
/// `is_input`: the run reads requirements of it, whatever its name is.
pub(super) fn secret_by_name(
    path: &Path,
    at: (&Path, Option<&FileBytes>),
    is_folder: bool,
    is_input: bool,
) -> Option<Why> {
    let (real, known) = at;
    let content = Content { real, known: known.map(|bytes| &**bytes), bytes: std::cell::OnceCell::new() };
    let path = path.as_os_str().as_bytes();
    let mut rows = TABLE.iter().filter(|row| row.names.iter().any(|pattern| is_named(path, pattern.as_bytes())));
    if let Some(row) = rows.find(|row| content.fits(row.when, is_folder)) {
        return Some((row.why)(row.what));
    }
    let holds_credential = is_input && content.fits(When::HoldsCredential, is_folder);
    holds_credential.then_some(Why::Credentials("requirements with a credential in them"))
}

/// The content of a file, read once when a row asks for it. What cannot be read is reported when it is copied.
struct Content<'a> {
    real: &'a Path,
    known: Option<&'a [u8]>,
    bytes: std::cell::OnceCell<Vec<u8>>,
}

impl Content<'_> {
    fn bytes(&self) -> &[u8] {
        if let Some(bytes) = self.known {
            return bytes;
        }
        self.bytes.get_or_init(|| {
            let size = fs_err::metadata(self.real).map_or(0, |metadata| metadata.len());
            if size > LOOKED_AT_MOST { Vec::new() } else { regular::read(self.real).unwrap_or_default() }
        })
    }

    fn fits(&self, when: When, is_folder: bool) -> bool {
        match when {
            When::Always => true,
            _ if is_folder => false,
            When::HoldsKey => has_key_header(self.bytes()),
            When::NotPublic => has_key_header(self.bytes()) || !self.text().contains("-----BEGIN "),
            When::GoogleKey => {
                let text = self.text();
                text.contains("\"service_account\"") && has_key_header(text.as_bytes())
                    || text.contains("\"refresh_token\"") && text.contains("\"client_secret\"")
            }
            When::AwsKey => has_aws_key(&self.text()),
            When::HoldsCredential => has_credential(&said_part(self.real, &self.text())),
            When::HoldsCredentialOption => {
                let is_option =
                    |line: &str| LOCATION_OPTIONS.iter().any(|option| line.trim_start().starts_with(option));
                self.text().lines().any(|line| is_option(line) && has_credential(line))
            }
        }
    }

    fn text(&self) -> std::borrow::Cow<'_, str> {
        String::from_utf8_lossy(self.bytes())
    }
}

/// Every pattern of the table, for a comparison with the documentation.
#[cfg(test)]
pub(crate) fn names_that_stay_home() -> impl Iterator<Item = &'static str> {
    TABLE.iter().flat_map(|row| row.names).copied()
}

/// Whether the last components of `path`, as many as the pattern has, are as the pattern says: `*` stands for any
/// characters of a component, `{a,b}` for one of several texts.
fn is_named(path: &[u8], pattern: &[u8]) -> bool {
    let is_slash = |byte: &u8| *byte == b'/';
    let slashes = pattern.iter().copied().filter(|byte| is_slash(byte)).count();
    let mut ends = path.iter().enumerate().rev().filter(|(_, byte)| is_slash(byte)).map(|(at, _)| at);
    let has_enough = slashes == 0 || ends.nth(slashes - 1).is_some();
    let begin = ends.next().map_or(0, |at| at + 1);
    has_enough && fits(&path[begin..], pattern, Case::Alike)
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    proptest! {
        /// The patterns mean what they mean in a set of patterns of `globset`, at any depth and in any case.
        #[test]
        fn patterns_are_those_of_globs(
            folders in proptest::collection::vec("requirements|\\.gem|\\.config|[a-z.]{1,3}", 0..3),
            at in 0..TABLE.iter().map(|row| row.names.len()).sum::<usize>(),
            fill in "[a-zA-Z._*-]{0,4}",
            choice in 0..7_usize,
            rough in "[a-z.]{0,12}",
        ) {
            let pattern = names_that_stay_home().nth(at).expect("a pattern of the table");
            let glob = globset::GlobBuilder::new(&format!("**/{pattern}"))
                .literal_separator(true)
                .case_insensitive(true)
                .build()
                .expect("the patterns of the table are patterns")
                .compile_matcher();
            let chosen = match pattern.split_once('{').and_then(|(before, rest)| Some((before, rest.split_once('}')?))) {
                Some((before, (choices, after))) => {
                    let choices: Vec<&str> = choices.split(',').collect();
                    format!("{before}{}{after}", choices[choice % choices.len()])
                }
                None => pattern.to_owned(),
            };
            let like = chosen.replace('*', &fill);
            for name in [like.clone(), like.to_uppercase(), format!("{like}{rough}"), format!("{rough}{like}"), rough] {
                let path = [&folders[..], &[name]].concat().join("/");
                prop_assert_eq!(is_named(path.as_bytes(), pattern.as_bytes()), glob.is_match(&path), "{} {}", pattern, path);
            }
        }
    }
}
