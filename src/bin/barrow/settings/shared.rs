//! The shared cache: where it is, and what this run may do with it.

use std::sync::Arc;
use std::time::Duration;

use barrow::shared::{Namespace, NamespaceError, SharedOptions};
use barrow::signing::SigningKey;

use super::layers::Layers;
use super::{SettingsError, keys};
use crate::args::SharedArgs;

pub(super) fn read(layers: &mut Layers<'_>, flags: SharedArgs) -> Result<Option<SharedOptions>, SettingsError> {
    let flag = flags.remote_cache.as_deref().map(keys::read_store).transpose();
    let flag = flag.map_err(|why| SettingsError::Other(format!("--remote-cache: {why}")))?;
    let place = layers.one("remote-cache", flag, keys::read_store)?;
    let namespace =
        |text: &str| text.parse::<Namespace>().map_err(|error: NamespaceError| format!("`{text}`: {error}"));
    let read = layers.many("remote-cache-read", flags.remote_cache_read, namespace)?;
    let write = layers.one("remote-cache-write", flags.remote_cache_write, namespace)?;
    let private = layers.many("remote-cache-private", flags.remote_cache_private, namespace)?;
    let trusted = flags.remote_cache_key.iter().map(|text| keys::read_public_key(text)).collect::<Result<Vec<_>, _>>();
    let trusted = trusted.map_err(|why| SettingsError::Other(format!("--remote-cache-key: {why}")))?;
    let trusted = layers.many("remote-cache-key", trusted, keys::read_public_key)?;
    let sign_key = layers.path("remote-cache-sign-key", flags.remote_cache_sign_key);
    let seconds = |text: &str| text.parse::<u64>().map_err(|_| format!("`{text}` is not a whole number"));
    let wait = layers.one("remote-cache-wait", flags.remote_cache_wait, seconds)?;
    let required = layers.switch("remote-cache-require", flags.remote_cache_require)?;
    let Some(place) = place else { return Ok(None) };
    let usual = SharedOptions::new(place);
    // Whoever writes somewhere reads what was written there, after what is trusted more.
    let mut read = if read.is_empty() { usual.read.clone() } else { read };
    read.extend(write.clone().filter(|write| !read.contains(write)));
    Ok(Some(SharedOptions {
        read,
        private,
        keys: trusted,
        sign_key: match write.as_ref().and(sign_key) {
            Some(path) => Some(Arc::new(signing_key(&path)?)),
            None => None,
        },
        write,
        required,
        wait: wait.map_or(usual.wait, Duration::from_secs),
        ..usual
    }))
}

fn signing_key(path: &std::path::Path) -> Result<SigningKey, SettingsError> {
    let failed =
        |why: String| SettingsError::Other(format!("the private key `{}` cannot be used: {why}", path.display()));
    let text = fs_err::read_to_string(path).map_err(|error| failed(error.kind().to_string()))?;
    SigningKey::from_pem(&text).map_err(|error| failed(error.to_string()))
}
