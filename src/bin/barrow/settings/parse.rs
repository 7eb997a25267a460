//! Texts of settings as values.

use std::path::{Path, PathBuf};

use barrow::bundle::Bytes;
use barrow::spec::SafeUrl;
use clap::ValueEnum;

use super::Host;

/// On or off, as pip reads it.
pub(super) fn switch(text: &str) -> Result<bool, String> {
    match text.to_ascii_lowercase().as_str() {
        "1" | "true" | "t" | "yes" | "y" | "on" => Ok(true),
        "0" | "false" | "f" | "no" | "n" | "off" => Ok(false),
        _ => Err(format!("`{text}` is neither true nor false")),
    }
}

/// A size such as `250MB`.
pub(super) fn size(text: &str) -> Result<Bytes, String> {
    text.parse::<Bytes>().map_err(|error| error.to_string())
}

/// A word of a closed list; the message names them all.
pub(super) fn choice<T: ValueEnum>(text: &str) -> Result<T, String> {
    T::from_str(text, true).map_err(|_| {
        let words: Vec<String> = T::value_variants()
            .iter()
            .filter_map(|value| Some(value.to_possible_value()?.get_name().to_owned()))
            .collect();
        format!("`{text}` is none of {}", words.join(", "))
    })
}

/// An index, a find-links page, or a folder: what has no scheme is a path from `base`.
///
/// The text is not repeated in the message where it may hold a credential.
pub(super) fn location(host: &Host, base: &Path, text: &str) -> Result<SafeUrl, String> {
    // As a path it would be the working folder.
    if text.trim().is_empty() {
        return Err("it is empty".to_owned());
    }
    match text.split_once(':').map(|(scheme, _)| scheme.to_ascii_lowercase()).as_deref() {
        Some("http" | "https" | "file" | "codeartifact" | "s3" | "gs") => {
            let url = SafeUrl::parse(text).map_err(|error| error.to_string())?;
            if !url.is_file() && url.reveal().host_str().is_none_or(str::is_empty) {
                return Err("the URL has no host".to_owned());
            }
            Ok(url)
        }
        Some(scheme) if text.contains("://") => Err(format!(
            "`{scheme}:` is not a scheme that barrow can use: give an http(s), s3, gs or file URL, or a folder"
        )),
        _ => {
            let path = host.absolute(base, text);
            let is_folder = !path.is_file();
            SafeUrl::from_named_path(text, &normalized(&path), is_folder).map_err(|error| error.to_string())
        }
    }
}

/// `path` without `.` and `..` components, as far as that can be told without asking the disk.
pub(super) fn normalized(path: &Path) -> PathBuf {
    use std::path::Component;
    let mut clean = PathBuf::new();
    for component in path.components() {
        match component {
            Component::CurDir => {}
            // Behind a symbolic link `..` means something else, so it stays when anything before it is one.
            Component::ParentDir if !clean.as_os_str().is_empty() && !clean.is_symlink() => {
                clean.pop();
            }
            other => clean.push(other),
        }
    }
    clean
}

/// Splits `NAME=URL`; the name is optional.
pub(super) fn named_index(text: &str) -> Result<(Option<String>, &str), String> {
    match text.split_once('=') {
        Some((name, url)) if !name.is_empty() && !name.contains(['/', ':']) => {
            index_name(name)?;
            Ok((Some(name.to_owned()), url))
        }
        _ => Ok((None, text)),
    }
}

/// A name of an index: it becomes part of the names of environment variables.
pub(super) fn index_name(name: &str) -> Result<(), String> {
    let allowed = |c: char| c.is_ascii_alphanumeric() || matches!(c, '-' | '_' | '.');
    if name.is_empty() || !name.chars().all(allowed) {
        return Err(format!("`{name}` is not a name of an index: use letters, digits, `-`, `_` and `.`"));
    }
    Ok(())
}

/// `path` as seen from `folder`, both absolute.
pub(super) fn relative(path: &Path, folder: &Path) -> PathBuf {
    let shared = path.components().zip(folder.components()).take_while(|(left, right)| left == right).count();
    if shared <= 1 {
        return path.to_owned();
    }
    let up = folder.components().skip(shared).map(|_| PathBuf::from(".."));
    up.chain([path.components().skip(shared).collect()]).collect()
}
