//! The shared cache: where it is, and what this run may do with it.

use std::path::Path;
use std::sync::Arc;
use std::time::Duration;

use barrow::shared::{Namespace, NamespaceError, SharedOptions};

use super::layers::Layers;
use super::{Host, SettingsError, keys};
use crate::args::{SharedArgs, seconds};

pub(super) fn read(layers: &mut Layers<'_>, flags: SharedArgs) -> Result<Option<SharedOptions>, SettingsError> {
    let flag = flags.remote_cache.as_deref().map(keys::read_store).transpose();
    let flag = flag.map_err(|why| SettingsError::Other(format!("--remote-cache: {why}")))?;
    let place = layers.one("remote-cache", flag, keys::read_store)?;
    let namespace =
        |text: &str| text.parse::<Namespace>().map_err(|error: NamespaceError| format!("`{text}`: {error}"));
    let read = layers.many("remote-cache-read", flags.remote_cache_read, namespace)?;
    let write = layers.one("remote-cache-write", flags.remote_cache_write, namespace)?;
    let private = layers.many("remote-cache-private", flags.remote_cache_private, namespace)?;
    let public_key = |host: &Host, base: &Path, text: &str| keys::read_public_key(&host.absolute(base, text), text);
    let (trusted, _) = layers.located("remote-cache-key", &flags.remote_cache_key, public_key)?;
    let no_claims = layers.switch("remote-cache-no-claims", flags.remote_cache_no_claims)?;
    let sign_key = layers.path("remote-cache-sign-key", flags.remote_cache_sign_key);
    let wait = layers.one("remote-cache-wait", flags.remote_cache_wait, seconds)?;
    let required = layers.switch("remote-cache-require", flags.remote_cache_require)?;
    let Some(place) = place else { return Ok(None) };
    let usual = SharedOptions::new(place);
    // The namespace that is written is read too, after those that are trusted more.
    let mut read = if read.is_empty() { usual.read.clone() } else { read };
    read.extend(write.clone().filter(|write| !read.contains(write)));
    Ok(Some(SharedOptions {
        read,
        private,
        keys: trusted,
        no_claims,
        sign_key: match write.as_ref().and(sign_key) {
            Some(path) => Some(Arc::new(keys::read_signing_key(&path).map_err(SettingsError::Other)?)),
            None => None,
        },
        write,
        required,
        wait: wait.map_or(usual.wait, Duration::from_secs),
        ..usual
    }))
}
