//! Credentials as they stand in texts: userinfo and signatures of URLs, passwords of settings files, private keys.
//!
//! What only names a place for a credential is none: `${TOKEN}`, `{token}`, `<password>`, `****`.

use crate::spec::SECRET_PARAMETERS;

/// Users that tools write into URLs where the password comes from elsewhere.
const PUBLIC_USERS: &[&str] = &[
    "__token__",
    "anonymous",
    "aws",
    "git",
    "gitlab-ci-token",
    "hg",
    "oauth2",
    "oauth2accesstoken",
    "token",
    "user",
    "vsssessiontoken",
    "x-access-token",
];

/// How tokens begin that are written in the place of a user.
const TOKEN_PREFIXES: &[&str] = &["ghp_", "gho_", "ghs_", "github_pat_", "glpat-", "pypi-", "ey"];

/// Length from which a user alone is taken for a token, characters: names of people and machines are shorter.
const TOKEN_LEAST: usize = 20;

/// Keys of settings files whose value is a credential.
const SECRET_KEYS: &[&str] = &["password", "passwd", "token"];

/// How a private key begins, in the forms of PEM (RFC 7468), OpenSSH, PGP, `PuTTY` and age.
pub(super) const KEY_HEADERS: &[&str] = &[
    "-----BEGIN PRIVATE KEY-----",
    "-----BEGIN ENCRYPTED PRIVATE KEY-----",
    "-----BEGIN RSA PRIVATE KEY-----",
    "-----BEGIN EC PRIVATE KEY-----",
    "-----BEGIN DSA PRIVATE KEY-----",
    "-----BEGIN OPENSSH PRIVATE KEY-----",
    "-----BEGIN PGP PRIVATE KEY BLOCK-----",
    "PuTTY-User-Key-File-",
    "AGE-SECRET-KEY-1",
];

/// Whether a text of a requirements, lock or settings file has a credential in it.
pub(super) fn has_credential(text: &str) -> bool {
    text.match_indices("://").any(|(at, _)| url_has_credential(&text[at + 3..])) || has_secret_setting(text)
}

/// Whether a private key begins somewhere in a file of keys or certificates.
pub(super) fn has_key_header(text: &[u8]) -> bool {
    KEY_HEADERS.iter().any(|header| text.windows(header.len()).any(|window| window == header.as_bytes()))
}

/// Whether a line sets a secret key of AWS, as those of `~/.aws/credentials` do.
pub(super) fn has_aws_key(text: &str) -> bool {
    let is_set = |(key, value): (&str, &str)| {
        key.trim().eq_ignore_ascii_case("aws_secret_access_key") && is_given(value.trim().trim_matches(['"', '\'']))
    };
    text.lines().filter_map(|line| line.split_once('=')).any(is_set)
}

/// What follows on `://`.
fn url_has_credential(rest: &str) -> bool {
    let end = rest.find(|c: char| c.is_whitespace() || "\"'<>`|\\".contains(c)).unwrap_or(rest.len());
    let url = &rest[..end];
    let authority = &url[..url.find(['/', '?', '#']).unwrap_or(url.len())];
    let userinfo = authority.rsplit_once('@').map(|(userinfo, _)| userinfo);
    userinfo.is_some_and(userinfo_is_credential) || query_has_credential(url)
}

fn userinfo_is_credential(userinfo: &str) -> bool {
    match userinfo.split_once(':') {
        Some((user, "")) => is_token(user),
        Some((_, password)) => is_given(password),
        None => is_token(userinfo),
    }
}

/// Whether a user without a password is a token.
fn is_token(user: &str) -> bool {
    let lower = user.to_ascii_lowercase();
    let looks_like_one =
        user.len() >= TOKEN_LEAST || TOKEN_PREFIXES.iter().any(|prefix| user.starts_with(prefix) && user.len() > 12);
    is_given(user) && looks_like_one && !PUBLIC_USERS.contains(&lower.as_str())
}

fn query_has_credential(url: &str) -> bool {
    let Some((_, query)) = url.split_once('?') else { return false };
    let query = query.split('#').next().unwrap_or_default();
    query
        .split('&')
        .filter_map(|pair| pair.split_once('='))
        .any(|(key, value)| SECRET_PARAMETERS.contains(&key.to_ascii_lowercase().as_str()) && is_given(value))
}

/// Whether a value is there and does not only say where the value comes from.
fn is_given(value: &str) -> bool {
    let is_placeholder = value.contains(['$', '{', '<', '%']) && !is_percent_encoded(value);
    !value.is_empty() && !is_placeholder && !value.chars().all(|c| c == '*' || c == 'x' || c == 'X' || c == '.')
}

/// Whether every `%` begins a percent-encoded byte, and nothing else speaks for a placeholder.
fn is_percent_encoded(value: &str) -> bool {
    let bytes = value.as_bytes();
    let is_encoded = |at: usize| bytes.get(at + 1..at + 3).is_some_and(|hex| hex.iter().all(u8::is_ascii_hexdigit));
    !value.contains(['$', '{', '<']) && bytes.iter().enumerate().all(|(at, byte)| *byte != b'%' || is_encoded(at))
}

/// Whether a line like `password = "…"` stands in a text.
fn has_secret_setting(text: &str) -> bool {
    SECRET_KEYS.iter().any(|key| {
        text.match_indices(key).any(|(at, _)| {
            let is_word = |c: char| c.is_alphanumeric() || c == '_' || c == '-';
            let (before, after) = (&text[..at], &text[at + key.len()..]);
            let value = after.trim_start_matches(['"', '\'']).trim_start_matches([' ', '\t']).strip_prefix('=');
            let quoted = value.map(|value| value.trim_start_matches([' ', '\t'])).and_then(|value| {
                let quote = value.chars().next().filter(|c| *c == '"' || *c == '\'')?;
                value[1..].split(quote).next()
            });
            !before.ends_with(is_word) && quoted.is_some_and(is_given)
        })
    })
}

#[cfg(test)]
mod tests {
    use super::{has_credential, has_key_header};

    #[test]
    fn texts_with_and_without_credentials() {
        let with = [
            "--index-url https://user:s3cret@pypi.example.com/simple/\nrequests\n",
            "-f https://:tok@files.example.com/",
            "app @ git+https://ghp_0123456789abcdef@github.example/app.git",
            "app @ git+ssh://git:pw@host/app.git",
            "https://0123456789abcdef01234@host/simple",
            "https://u:p%40ss@host/simple",
            "https://host/a.whl?X-Amz-Signature=abc&x=1",
            "https://host/a.whl?token=abc#sha256=1",
            "[[source]]\nurl = \"https://u:p@h/\"",
            "[http-basic.corp]\nusername = \"me\"\npassword = \"s3cret\"\n",
            "{ name = \"x\", 'token'='abc' }",
        ];
        for text in with {
            assert!(has_credential(text), "{text}");
        }
        let without = [
            "requests>=2\n--index-url https://pypi.example.com/simple/\n",
            "--index-url https://user:${TOKEN}@pypi.example.com/simple/",
            "--index-url https://__token__@pypi.example.com/simple/",
            "--index-url https://VssSessionToken@pkgs.example.com/simple/",
            "--index-url https://me@pypi.example.com/simple/",
            "--index-url https://user:%TOKEN%@host/",
            "app @ git+ssh://git@github.example/app.git@main",
            "https://host/@scope/a.whl?x=1",
            "# https://user:<password>@host/ or https://user:****@host/",
            "password_file = \"x\"\nmy-token = \"abc\"\npassword = \"\"\ntoken = \"${TOKEN}\"",
            "tokenizers==0.1\n",
        ];
        for text in without {
            assert!(!has_credential(text), "{text}");
        }
        assert!(has_key_header(b"x\n-----BEGIN EC PRIVATE KEY-----\n"));
        assert!(!has_key_header(b"-----BEGIN CERTIFICATE-----\n-----BEGIN PUBLIC KEY-----\n"));
    }
}
