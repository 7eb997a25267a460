//! The environments in which sources are built: what backends require, as wheels.

use std::collections::HashMap;
use std::path::Path;
use std::sync::Arc;

use super::SupplyError;
use super::building::SourceBuilder;
use super::made_with::{MadeWith, is_local};
use super::solver_thread::{on_own_thread, resolve_undamaged};
use crate::blocking::blocking;
use crate::build::{BuildEnvironment, BuildError, Interpreter, UnpackedSource};
use crate::bundle::{BundleLayout, assemble};
use crate::fetch::{FetchedWheel, Fetches};
use crate::install::{InstallOptions, InstalledDist, LinkMode, install_wheel};
use crate::publish::{OutputForm, PublishOptions, publish};
use crate::requirements::{Manifest, ManifestInputs, Origin};
use crate::resolution::ResolvedDist;
use crate::resolve::resolve;
use crate::spec::{SafeUrl, lenient};
use crate::target::Target;

impl SourceBuilder {
    /// The environment with all that the backend requires, what it asks for when it is there as well.
    pub(super) async fn whole_environment(
        &self,
        room: &Path,
        interpreter: &Interpreter,
        project: &Arc<UnpackedSource>,
    ) -> Result<(BuildEnvironment, MadeWith), SupplyError> {
        let mut requires = project.system.requires.clone();
        let (environment, local) =
            self.environment(&room.join("first"), interpreter, &requires, &project.label).await?;
        let (own, workshop) = (Arc::clone(project), self.workshop.clone());
        let asked = blocking(move || {
            let further = environment.further_requirements(&own, &workshop)?;
            Ok::<_, BuildError>((environment, further))
        });
        let (environment, further) = asked.await?;
        if further.is_empty() {
            return Ok((environment, MadeWith::new(requires, local)));
        }
        requires.extend(further);
        let (environment, local) =
            self.environment(&room.join("second"), interpreter, &requires, &project.label).await?;
        Ok((environment, MadeWith::new(requires, local)))
    }

    /// An environment with these requirements installed, and those of its wheels that lie on this machine.
    pub(super) async fn environment(
        &self,
        root: &Path,
        interpreter: &Interpreter,
        requires: &[String],
        label: &str,
    ) -> Result<(BuildEnvironment, Vec<FetchedWheel>), SupplyError> {
        let environment = BuildEnvironment::create(root, interpreter.clone())?;
        let wrapped = |source| SupplyError::BuildRequirements { label: label.to_owned(), source: Box::new(source) };
        let dists = self.resolve_requirements(requires, &interpreter.target, label).await.map_err(wrapped)?;
        // Markers may leave nothing of what is required.
        if dists.is_empty() {
            return Ok((environment, Vec::new()));
        }
        let (installed, local) = self.install(&dists).await.map_err(wrapped)?;
        let (out, state) = (environment.site_packages(), [root.join("state")]);
        let publishing = blocking(move || -> Result<_, SupplyError> {
            let bundle = assemble(&installed, None, &BundleLayout::function())?;
            // Copies: what a build does to them must not reach the cache.
            Ok(publish(
                &bundle,
                &PublishOptions {
                    out: &out,
                    format: OutputForm::Folder,
                    link_mode: LinkMode::Copy,
                    force: false,
                    state_folders: &state,
                    own_folders: &[],
                    fingerprint: None,
                    cache: None,
                    ready: None,
                    cancel: None,
                },
            )?)
        });
        publishing.await?;
        Ok((environment, local))
    }

    pub(super) async fn resolve_requirements(
        &self,
        requires: &[String],
        target: &Target,
        label: &str,
    ) -> Result<Vec<ResolvedDist>, SupplyError> {
        let mut positional = Vec::with_capacity(requires.len());
        for text in requires {
            // They are a stranger's words: a requirement, and no path or option.
            let requirement = lenient::requirement(text).map_err(|reason| BuildError::Pyproject {
                label: label.to_owned(),
                reason: format!("`{text}` is not a requirement: {reason}"),
            })?;
            positional.push(requirement.to_string());
        }
        let mut manifest =
            Manifest::read(&ManifestInputs { positional, working_folder: "/".into(), ..Default::default() })?;
        manifest.requirements.iter_mut().for_each(|entry| entry.origin = Origin::Build);
        manifest.constraints.extend(self.build_constraints.iter().cloned());
        let (source, target, options) = (Arc::clone(&self.backends.source), target.clone(), self.options.clone());
        let solve =
            move || resolve_undamaged(|| resolve(&manifest, &target, &options, &*source), || source.forget_damage());
        let resolution = on_own_thread("barrow-build-solver", solve).await?;
        Ok(resolution?.dists)
    }

    /// Fetches wheels that backends require.
    pub(super) fn backend_wheels(&self, dists: &[ResolvedDist]) -> Result<Fetches, SupplyError> {
        let dists: Vec<_> = dists.iter().cloned().map(Arc::new).collect();
        Ok(self.backends.fetcher.fetch_all(&dists, HashMap::new())?)
    }

    /// Installs wheels; gives those that lie on this machine as well.
    async fn install(&self, dists: &[ResolvedDist]) -> Result<(Vec<InstalledDist>, Vec<FetchedWheel>), SupplyError> {
        let mut downloads = self.backend_wheels(dists)?;
        let mut installed = Vec::with_capacity(dists.len());
        let mut local = Vec::new();
        while let Some(fetched) = downloads.next().await {
            let (fetched, cache) = (fetched?, Arc::clone(&self.cache));
            if dists.iter().any(|dist| dist.name == fetched.name && is_local(dist)) {
                local.push(fetched.clone());
            }
            let options = InstallOptions {
                tree: true,
                limits: self.limits,
                record: self.record.clone(),
                checked_when_placed: false,
            };
            installed.push(blocking(move || install_wheel(&fetched, &cache, &options)).await?);
        }
        Ok((installed, local))
    }

    /// Whether the same wheels of this machine would be taken for a build now. Where that cannot be known, they would: a
    /// wheel that was built needs no backend any more.
    pub(super) async fn would_be_made_alike(&self, made_with: &MadeWith, platform: &Target, label: &str) -> bool {
        let is_url = |text: &String| lenient::requirement(text).is_ok_and(|it| it.version_or_url.is_some());
        let has_local = self.backends.asked.iter().any(SafeUrl::is_file) || made_with.requires.iter().any(is_url);
        if !has_local || made_with.requires.is_empty() {
            return true;
        }
        match self.local_tools(&made_with.requires, platform, label).await {
            Ok(local) => MadeWith::new(Vec::new(), local).local == made_with.local,
            Err(_) => true,
        }
    }

    async fn local_tools(
        &self,
        requires: &[String],
        platform: &Target,
        label: &str,
    ) -> Result<Vec<FetchedWheel>, SupplyError> {
        let mut dists = self.resolve_requirements(requires, platform, label).await?;
        dists.retain(is_local);
        let mut downloads = self.backend_wheels(&dists)?;
        let mut local = Vec::with_capacity(dists.len());
        while let Some(fetched) = downloads.next().await {
            local.push(fetched?);
        }
        Ok(local)
    }
}
