//! Keys and stores as they are named on the command line, in variables and in settings files.

use std::path::Path;

use barrow::signing::{KeyError, PublicKey, SigningKey};
use barrow::spec::SafeUrl;

use crate::failure::{Failure, unreadable};

/// The private key in a file.
pub(crate) fn signing_key(path: &Path) -> Result<SigningKey, Failure> {
    read_signing_key(path).map_err(Failure::usage)
}

/// Reads the private key in a file; the error is the reason as a text.
pub(super) fn read_signing_key(path: &Path) -> Result<SigningKey, String> {
    let failed = |why: String| format!("the private key `{}` cannot be used: {why}", path.display());
    let why = |error: std::io::Error| match error.kind() {
        std::io::ErrorKind::NotFound => "there is no such file".to_owned(),
        _ => error.to_string(),
    };
    let text = std::io::read_to_string(barrow::regular::open(path).map_err(|error| failed(why(error)))?);
    let text = text.map_err(|error| failed(why(error)))?;
    SigningKey::from_pem(&text).map_err(|error| failed(error.to_string()))
}

/// A public key, or the file that it is in.
pub(crate) fn public_key(text: &str) -> Result<PublicKey, Failure> {
    read_public_key(Path::new(text), text).map_err(Failure::usage)
}

/// Reads a public key, or the file at `path` that it is in; the error is the reason as a text.
pub(super) fn read_public_key(path: &Path, text: &str) -> Result<PublicKey, String> {
    if let Ok(key) = text.parse() {
        return Ok(key);
    }
    if text.contains("PRIVATE KEY") {
        return Err(format!("it is a private key, which nobody but its owner should have: {}", KeyError::Public));
    }
    if !path.is_file() {
        return Err(format!("`{text}` is no key and no file: {}", KeyError::Public));
    }
    let content = fs_err::read_to_string(path).map_err(|error| unreadable(path, &error))?;
    content.parse().map_err(|error: KeyError| format!("`{text}`: {error}"))
}

/// The URL of a store.
pub(crate) fn store(text: &str) -> Result<SafeUrl, Failure> {
    read_store(text).map_err(Failure::usage)
}

/// Reads the URL of a store; the error is the reason as a text, which does not repeat what may hold a credential.
pub(super) fn read_store(text: &str) -> Result<SafeUrl, String> {
    let url = SafeUrl::parse(text).map_err(|error| format!("the store is {error}"))?;
    let is_store = matches!(url.reveal().scheme(), "s3" | "gs" | "http" | "https");
    let has_host = url.reveal().host_str().is_some_and(|host| !host.is_empty());
    if is_store && has_host {
        return Ok(url);
    }
    // Without a host, anything in it may be a credential.
    let shown = if has_host { url.to_string() } else { format!("{}:…", url.reveal().scheme()) };
    Err(format!("`{shown}` is no store: give an s3://BUCKET/PREFIX, gs://, https:// or http:// URL"))
}
