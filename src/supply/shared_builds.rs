//! Wheels that were built elsewhere, and those built here for others, by way of a shared cache.

use std::path::Path;
use std::sync::Arc;

use super::bench::blocking;
use super::building::SourceBuilder;
use super::error::SupplyError;
use super::kept_build::{KeptBuild, shared_key};
use crate::build::{Expected, accept_wheel};
use crate::fetch::FetchedWheel;
use crate::shared::ClaimKind;
use crate::spec::{PackageName, Version, WheelFilename};
use crate::target::Target;

impl SourceBuilder {
    /// The wheel that somebody else has built of the same inputs, checked like one that was built here.
    pub(super) async fn shared_wheel(
        &self,
        entry: &Path,
        label: &str,
        (name, version): (&PackageName, Option<&Version>),
        target: &Target,
    ) -> Result<Option<FetchedWheel>, SupplyError> {
        let Some((shared, key)) = self.shared.as_ref().zip(shared_key(entry)) else { return Ok(None) };
        let Some(found) = shared.find(ClaimKind::Builds, &key).await? else { return Ok(None) };
        let Some(file) = shared.fetch(&found, &self.cache).await? else { return Ok(None) };
        let (claimed, label) = (found.claim.name.clone(), label.to_owned());
        let (name, version, target) = (name.clone(), version.cloned(), target.clone());
        let (cache, limits) = (Arc::clone(&self.cache), self.limits);
        let accepting = blocking(move || {
            let room = cache.temporary_folder().ok()?;
            let is_plain = !claimed.contains(['/', '\\']) && claimed.parse::<WheelFilename>().is_ok();
            let path = room.path().join(claimed.as_str());
            (is_plain && file.persist(&path).is_ok()).then_some(())?;
            let expected = Expected { label: &label, name: Some(&name), version: version.as_ref() };
            Some(accept_wheel(&path, expected, &target, &cache, &limits))
        });
        match accepting.await? {
            Some(Ok(wheel)) => {
                shared.took(&found);
                self.tell(&format!("Took {} from the shared cache", wheel.filename));
                Ok(Some(wheel))
            }
            refused => {
                shared.missed(&found);
                let why = match refused {
                    Some(Err(error)) => error.to_string(),
                    _ => "it is no wheel".to_owned(),
                };
                self.tell(&format!("What the shared cache has for {} is of no use here: {why}", found.claim.name));
                Ok(None)
            }
        }
    }

    /// Offers a wheel that was built here to others.
    pub(super) fn offer_wheel(&self, entry: &Path, kept: &KeptBuild, size: u64) {
        if let Some((shared, key)) = self.shared.as_ref().zip(shared_key(entry)) {
            shared.offer(kept.offer(key, &self.cache, size));
        }
    }
}
