//! What has to be at hand so that a source can be built where there is no network: for a mirror.

use std::sync::Arc;

use super::SupplyError;
use super::building::SourceBuilder;
use super::inquiry::Inquiry;
use super::material::BuildSource;
use crate::blocking::blocking;
use crate::build::BuildError;
use crate::fetch::WantedFile;
use crate::resolution::ResolvedDist;
use crate::spec::{DistFile, PackageName, VersionSpecifiers};
use crate::target::Target;

impl Inquiry {
    /// The wheels that building a chosen source takes on machines of these platforms; without any, on this machine.
    ///
    /// The backend is asked what it needs beyond its `pyproject.toml`, which runs code of the package: it was chosen to
    /// be built.
    pub(crate) async fn build_needs(
        &self,
        dist: &ResolvedDist,
        target: &Target,
        platforms: &[Target],
    ) -> Result<Vec<ResolvedDist>, SupplyError> {
        let material = self.builder.material_of(dist).await?;
        let python = dist.file.requires_python.as_ref();
        self.builder.needs(&material, &dist.name, python, target, platforms, true).await
    }

    /// The wheels that building a source archive takes, as far as its `pyproject.toml` tells: none of its code is run.
    /// It was not chosen, and may be built one day.
    pub(crate) async fn stated_build_needs(
        &self,
        sdist: &DistFile,
        target: &Target,
        platforms: &[Target],
    ) -> Result<Vec<ResolvedDist>, SupplyError> {
        let fetched = self.builder.fetcher.fetch_file(&WantedFile::listed(sdist)).await?;
        let material = BuildSource::archive(sdist.filename.as_str(), fetched, &sdist.origin.url);
        let python = sdist.requires_python.as_ref();
        self.builder.needs(&material, sdist.filename.name(), python, target, platforms, false).await
    }
}

impl SourceBuilder {
    async fn needs(
        &self,
        material: &BuildSource,
        name: &PackageName,
        requires_python: Option<&VersionSpecifiers>,
        target: &Target,
        platforms: &[Target],
        may_run: bool,
    ) -> Result<Vec<ResolvedDist>, SupplyError> {
        let room = self.cache.temporary_folder()?;
        let project = self.unpack(material, room.path().join("source"), self.config_settings_of(name)).await?;
        let project = Arc::new(project);
        let mut requires = project.system.requires.clone();
        let interpreter = match self.interpreter(&material.label, requires_python, target).await {
            Ok(interpreter) => Some(interpreter),
            Err(SupplyError::Build(BuildError::NoInterpreter { wanted, .. })) => {
                if may_run {
                    let label = &material.label;
                    self.warn(&format!(
                        "there is no {wanted} here: what the backend of {label} needs beyond its pyproject.toml is not known"
                    ));
                }
                None
            }
            Err(other) => return Err(other),
        };
        if let Some(interpreter) = interpreter.as_ref().filter(|_| may_run) {
            let place = room.path().join("environment");
            let (environment, _) = self.environment(&place, interpreter, &requires, &project.label).await?;
            let (own, workshop) = (Arc::clone(&project), self.workshop.clone());
            requires.extend(blocking(move || environment.further_requirements(&own, &workshop)).await?);
        }
        let here = [interpreter.map_or_else(|| target.clone(), |interpreter| interpreter.target)];
        let mut needs = Vec::new();
        if requires.is_empty() {
            return Ok(needs);
        }
        for platform in if platforms.is_empty() { &here } else { platforms } {
            let wrapped =
                |source| SupplyError::BuildRequirements { label: project.label.clone(), source: Box::new(source) };
            needs.extend(self.resolve_requirements(&requires, platform, &project.label).await.map_err(wrapped)?);
        }
        Ok(needs)
    }
}
