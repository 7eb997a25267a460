//! Wheels that were built elsewhere, and those built here for others, by way of a shared cache.

use std::path::Path;
use std::sync::{Arc, PoisonError};
use std::time::Duration;

use tokio::task::JoinSet;

use super::building::SourceBuilder;
use super::error::SupplyError;
use super::indexes::is_public;
use super::inquiry::Inquiry;
use super::kept_build::{BuildDetails, BuiltWheel, KeptBuild, shared_key};
use super::material::identity_of_archive;
use crate::blocking::blocking;
use crate::build::{
    AcceptedWheel, Expected, Interpreter, NotedVariables, accept_wheel, backend_variables, check_loadable,
    folder_digest, is_commit,
};
use crate::fetch::{FetchedWheel, only_sha256};
use crate::requirements::DirectReference;
use crate::resolution::ResolvedDist;
use crate::shared::ClaimKind;
use crate::spec::{DistFile, HashDigest, PackageName, Version, WheelFilename};
use crate::target::Target;

impl SourceBuilder {
    /// The wheel that was built of the same before, here or by somebody else.
    pub(super) async fn ready_wheel(
        &self,
        (entry, interpreter): (&Path, &Interpreter),
        (label, is_private): (&str, bool),
        (name, version): (&PackageName, Option<&Version>),
        target: &Target,
    ) -> Result<Option<BuiltWheel>, SupplyError> {
        if let Some((kept, made_with)) = self.kept(entry, name, version) {
            if !self.would_be_made_alike(&made_with, &interpreter.target, label).await {
                self.context.detail(&format!("{} is built again: what builds it has changed", kept.wheel.filename));
                return Ok(None);
            }
            let (path, filename) = (kept.wheel.path.clone(), kept.wheel.filename.clone());
            let (label, target, limits) = (label.to_owned(), target.clone(), self.limits);
            blocking(move || check_loadable(&path, &filename, &label, &target, &limits)).await?;
            return Ok(Some(kept));
        }
        let wheel = self.shared_wheel((entry, interpreter), label, (name, version), target).await?;
        let Some((wheel, details)) = wheel else { return Ok(None) };
        self.bench.note(name, &details.variables);
        let built = BuiltWheel { wheel, placed: Vec::new() };
        self.keep(entry, &KeptBuild::of(&built, Duration::ZERO, is_private, details));
        Ok(Some(built))
    }

    /// The wheel of a source that an index lists, without the source, where there is a shared cache: what was built of
    /// bytes with this digest need not be built of them again.
    pub(super) async fn known_wheel(
        &self,
        file: &DistFile,
        accepted: &[HashDigest],
        target: &Target,
    ) -> Result<Option<BuiltWheel>, SupplyError> {
        let Some(digest) = only_sha256(&file.hashes, accepted).filter(|_| self.shared.is_some()) else {
            return Ok(None);
        };
        let (name, label) = (file.filename.name(), file.filename.as_str());
        // Where there is no Python, what the source says of itself may do.
        let Ok(interpreter) = self.interpreter(label, file.requires_python.as_ref(), target).await else {
            return Ok(None);
        };
        let identity = identity_of_archive(&digest, "");
        let entry = self.entry(&identity, name, &interpreter, &self.config_settings_of(name));
        let own_turn = self.bench.turns.of(&entry);
        let _own_turn = own_turn.lock().await;
        let source = (label, !is_public(&file.origin.url));
        self.ready_wheel((&entry, &interpreter), source, (name, Some(file.version())), target).await
    }

    /// Takes from the shared cache the wheels of all sources that the user names and that say too little of themselves:
    /// the solver would ask for one after the other. What is not there is found out when it asks.
    pub(super) async fn take_ahead(self: &Arc<Self>, target: &Target) {
        if self.shared.is_none() {
            return;
        }
        let wanted = self.named.iter().filter(|(_, marker, _)| marker.evaluate(target.markers(), &[]));
        let mut under_way = JoinSet::new();
        for (name, _, reference) in wanted {
            let (builder, target) = (Arc::clone(self), target.clone());
            let (name, reference) = (name.clone(), reference.clone());
            under_way.spawn(async move { builder.take_one_ahead(&name, &reference, &target).await });
        }
        while under_way.join_next().await.is_some() {}
    }

    async fn take_one_ahead(
        &self,
        name: &PackageName,
        reference: &DirectReference,
        target: &Target,
    ) -> Result<(), SupplyError> {
        // Repositories are fetched one after the other in any case.
        if matches!(reference, DirectReference::Wheel { .. } | DirectReference::Git { .. }) {
            return Ok(());
        }
        let material = self.material(name, reference, self.accepted_for(name)).await?;
        if material.static_metadata(self.limits).await?.is_none() {
            let interpreter = self.interpreter(&material.label, None, target).await?;
            let entry = self.entry(&material.identity(), name, &interpreter, &self.config_settings_of(name));
            let own_turn = self.bench.turns.of(&entry);
            let _own_turn = own_turn.lock().await;
            let source = (material.label.as_str(), material.is_private);
            self.ready_wheel((&entry, &interpreter), source, (name, None), target).await?;
        }
        Ok(())
    }

    /// Says which source a distribution is built of and how, as far as that is known before anything of it is fetched.
    async fn foreseen_source(&self, dist: &ResolvedDist) -> Result<Option<String>, SupplyError> {
        let identity = match &dist.built_from {
            Some(DirectReference::Folder { path, subdirectory, .. }) => {
                let (folder, shown) = (path.clone(), dist.name.to_string());
                let digest = blocking(move || folder_digest(&folder, &shown)).await?;
                format!("folder {digest} {subdirectory:?}")
            }
            Some(DirectReference::Git { revision: Some(commit), subdirectory, .. }) if is_commit(commit) => {
                format!("git {commit} {subdirectory:?}")
            }
            Some(DirectReference::Git { .. } | DirectReference::Wheel { .. }) => return Ok(None),
            reference @ (Some(DirectReference::Sdist { .. }) | None) => {
                let below = match reference {
                    Some(DirectReference::Sdist { subdirectory, .. }) => subdirectory.as_deref().unwrap_or_default(),
                    _ => "",
                };
                let Some(digest) = only_sha256(&dist.file.hashes, &dist.accepted_hashes) else { return Ok(None) };
                identity_of_archive(&digest, below)
            }
        };
        let variables = backend_variables(&self.workshop.environment);
        let (system, processor) = (std::env::consts::OS, std::env::consts::ARCH);
        Ok(Some(format!("{} {} {identity} {system} {processor} {variables:?}", dist.name, dist.version)))
    }

    /// The wheel that somebody else has built of the same inputs, checked like one that was built here.
    pub(super) async fn shared_wheel(
        &self,
        (entry, interpreter): (&Path, &Interpreter),
        label: &str,
        (name, version): (&PackageName, Option<&Version>),
        target: &Target,
    ) -> Result<Option<(FetchedWheel, BuildDetails)>, SupplyError> {
        let Some((shared, key)) = self.shared.as_ref().zip(shared_key(entry)) else { return Ok(None) };
        let Some(found) = shared.find(ClaimKind::Builds, &key).await? else { return Ok(None) };
        let Ok(details) = serde_json::from_value::<BuildDetails>(found.claim.details.clone()) else {
            shared.missed(&found);
            return Ok(None);
        };
        if !self.would_be_made_alike(&details.made_with, &interpreter.target, label).await {
            shared.missed(&found);
            return Ok(None);
        }
        if let Some(variable) = self.given.first_change(&details.variables) {
            shared.missed(&found);
            let name = &found.claim.name;
            self.context.detail(&format!(
                "{name} is not taken from the shared cache: `{variable}` is not as it was when that was built"
            ));
            return Ok(None);
        }
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
        match accepting.await {
            Some(Ok(AcceptedWheel { wheel, .. })) => {
                shared.took(&found);
                self.tell(&format!("Took {} from the shared cache", wheel.filename));
                Ok(Some((wheel, details)))
            }
            refused => {
                shared.missed(&found);
                let why = refused.and_then(Result::err).map_or("it is no wheel".to_owned(), |error| error.to_string());
                self.tell(&format!("What the shared cache has for {} is of no use here: {why}", found.claim.name));
                Ok(None)
            }
        }
    }

    /// Offers a wheel that was built here to others.
    pub(super) fn offer_wheel(&self, entry: &Path, kept: &KeptBuild, size: u64) {
        let Some((shared, key)) = self.shared.as_ref().zip(shared_key(entry)) else { return };
        if let Some(offer) = kept.offer(key, &self.cache, size) {
            shared.offer(offer);
        }
    }
}

impl Inquiry {
    /// Says which source a distribution that has to be built is built of, and how; `None`: that is not known
    /// beforehand.
    ///
    /// # Errors
    /// A folder of the user's cannot be read.
    pub(crate) async fn foreseen_source(&self, dist: &ResolvedDist) -> Result<Option<String>, SupplyError> {
        self.builder.foreseen_source(dist).await
    }

    /// The variables that the sources of these projects read, as far as wheels of them were built or taken.
    pub(crate) fn variables_of<'n>(&self, names: impl Iterator<Item = &'n PackageName>) -> NotedVariables {
        let known = self.builder.bench.variables.lock().unwrap_or_else(PoisonError::into_inner);
        names.filter_map(|name| known.get(name)).flat_map(Clone::clone).collect()
    }

    /// The first variable that is not as it was noted.
    pub(crate) fn first_changed_variable<'n>(&self, noted: &'n NotedVariables) -> Option<&'n str> {
        self.builder.given.first_change(noted)
    }

    /// The wheel of a source as the cache or the shared cache has it; nothing is built.
    ///
    /// # Errors
    /// The source cannot be had, or the shared cache is required and in trouble.
    pub(crate) async fn ready_wheel(
        &self,
        dist: &ResolvedDist,
        target: &Target,
    ) -> Result<Option<FetchedWheel>, SupplyError> {
        let builder = &self.builder;
        if dist.built_from.is_none()
            && let Some(built) = builder.known_wheel(&dist.file, &dist.accepted_hashes, target).await?
        {
            return Ok(Some(built.wheel));
        }
        let material = builder.material_of(dist).await?;
        let requires_python = dist.file.requires_python.as_ref();
        let interpreter = builder.interpreter(&material.label, requires_python, target).await?;
        let settings = builder.config_settings_of(&dist.name);
        let entry = builder.entry(&material.identity(), &dist.name, &interpreter, &settings);
        let source = (material.label.as_str(), material.is_private);
        let ready =
            builder.ready_wheel((&entry, &interpreter), source, (&dist.name, Some(&dist.version)), target).await?;
        Ok(ready.map(|built| built.wheel))
    }
}
