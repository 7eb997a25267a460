//! What one application needs: resolved alone, for each of its targets.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use super::finding::MirrorFailures;
use super::needed::Needed;
use super::options::{MirrorApplication, MirrorOptions};
use super::place::Judge;
use crate::context::{Context, Interrupted};
use crate::index::MirroredRepository;
use crate::mirror::Application;
use crate::ops::Error;
use crate::reporter::chain;
use crate::requirements::DirectReference;
use crate::resolution::{Requirer, Resolution, ResolvedDist};
use crate::resolve::ResolveOptions;
use crate::spec::{DistFile, PackageName, SafeUrl};
use crate::supply::{Inquiry, Session, SupplyError};
use crate::target::Target;

/// What one application needs.
pub(super) struct ApplicationPlan {
    pub(super) application: Application,
    pub(super) inquiry: Inquiry,
    /// Its files by name.
    pub(super) needed: BTreeMap<String, Needed>,
    /// Repositories by name, each with the projects that lead to it.
    pub(super) repositories: BTreeMap<String, (SafeUrl, Vec<String>)>,
    /// Projects about which the indexes of this application were asked.
    pub(super) asked: BTreeSet<PackageName>,
    /// Checks its wheels by the options with which they will be installed.
    pub(super) judge: Judge,
    /// Whether all that it needs is in the mirror.
    pub(super) is_whole: bool,
}

impl ApplicationPlan {
    /// Plans every application, each for itself.
    pub(super) async fn make_all(
        options: &MirrorOptions,
        context: &Context,
        findings: &mut MirrorFailures,
    ) -> Result<Vec<Self>, Error> {
        let Some(first) = options.applications.first() else { return Err(Error::Worker("mirror")) };
        let session = Session::open(&first.request, context)?;
        let mut plans = Vec::new();
        for application in &options.applications {
            match Box::pin(Self::make(&session, application, options.sdists, &options.build_platforms)).await {
                Ok(plan) => plans.push(plan),
                Err(Error::Interrupted(Interrupted)) => return Err(Interrupted.into()),
                Err(error) => findings.add(&application.name, error),
            }
            context.check_interrupted()?;
        }
        Ok(plans)
    }

    async fn make(
        session: &Arc<Session>,
        application: &MirrorApplication,
        sdists: bool,
        platforms: &[Target],
    ) -> Result<Self, Error> {
        let MirrorApplication { name, request, targets } = application;
        let inquiry = Box::pin(Inquiry::open(session, session.read(request.clone()).await?)).await?;
        let judge = Judge { cache: inquiry.parts().cache, options: request.install_options(false) };
        let mut plan = Self {
            judge,
            application: Application { name: name.clone(), ..Application::default() },
            inquiry,
            needed: BTreeMap::new(),
            repositories: BTreeMap::new(),
            asked: BTreeSet::new(),
            is_whole: false,
        };
        let resolve_options = ResolveOptions { siblings: sdists, ..request.resolve.clone() };
        for target in targets {
            let resolution = plan.inquiry.resolve(target, &resolve_options).await?.resolution;
            plan.application.targets.insert(format!("{}/{}", target.runtime(), target.architecture()));
            plan.take(resolution, sdists, platforms).await?;
        }
        Ok(plan)
    }

    async fn take(&mut self, resolution: Resolution, sdists: bool, platforms: &[Target]) -> Result<(), Error> {
        let chains = chains(&resolution);
        let target = resolution.target;
        for dist in resolution.dists {
            let why = chains.get(&dist.name).cloned().unwrap_or_else(|| vec![dist.name.to_string()]);
            if dist.file.filename.as_wheel().is_none() {
                let needs = self.inquiry.build_needs(&dist, &target, platforms).await?;
                self.need_for_build(needs, &why);
            }
            match &dist.built_from {
                // The user carries it himself; what it requires is needed.
                Some(DirectReference::Folder { .. }) => continue,
                Some(DirectReference::Git { url, .. }) => {
                    if url.to_file_path().is_none() {
                        self.repositories.entry(MirroredRepository::name_of(url)).or_insert_with(|| (url.clone(), why));
                    }
                    continue;
                }
                _ => {}
            }
            if !dist.is_direct && !self.inquiry.reads_lock() {
                self.asked.insert(dist.name.clone());
            }
            for sdist in if sdists { self.inquiry.sdists_of(&dist).await? } else { Vec::new() } {
                if dist.file.filename.as_wheel().is_some() {
                    self.need_to_build_one_day(&sdist, &target, platforms, &why).await?;
                }
                self.need(Needed::Sdist(Box::new(sdist)), &why);
            }
            self.need(
                match dist.file.filename.as_wheel() {
                    Some(_) => Needed::wheel(dist),
                    None => Needed::Sdist(Box::new(DistFile { hashes: dist.accepted_hashes, ..*dist.file })),
                },
                &why,
            );
        }
        Ok(())
    }

    /// Adds the wheels that a build needs; `why` is the chain of projects to what is built.
    fn need_for_build(&mut self, needs: Vec<ResolvedDist>, why: &[String]) {
        for dist in needs {
            let why: Vec<String> = why.iter().cloned().chain([format!("{} (to build it)", dist.name)]).collect();
            self.need(Needed::wheel(dist), &why);
        }
    }

    /// Adds the wheels that building a source archive would need which is mirrored beside a wheel. Perhaps nobody ever
    /// builds it, so what cannot be had for that is told and stops nothing.
    async fn need_to_build_one_day(
        &mut self,
        sdist: &DistFile,
        target: &Target,
        platforms: &[Target],
        why: &[String],
    ) -> Result<(), Error> {
        match self.inquiry.stated_build_needs(sdist, target, platforms).await {
            Ok(needs) => self.need_for_build(needs, why),
            Err(SupplyError::Interrupted(interrupted)) => return Err(interrupted.into()),
            Err(error) => {
                let text = chain(&Error::from(error));
                self.inquiry
                    .context()
                    .warn(&format!("what building `{}` takes is not mirrored: {text}", sdist.filename));
            }
        }
        Ok(())
    }

    fn need(&mut self, needed: Needed, why: &[String]) {
        let filename = needed.file().filename.as_str().to_owned();
        self.application.files.entry(filename.clone()).or_insert_with(|| why.to_vec());
        self.needed.entry(filename).or_insert(needed);
    }
}

/// For each project the shortest way to it from what the user asks for.
fn chains(resolution: &Resolution) -> BTreeMap<PackageName, Vec<String>> {
    let mut chains: BTreeMap<PackageName, Vec<String>> = BTreeMap::new();
    loop {
        let known = chains.len();
        let before = chains.clone();
        for dist in resolution.dists.iter().filter(|dist| !before.contains_key(&dist.name)) {
            let above = dist.required_by.iter().find_map(|by| match by {
                Requirer::User { .. } => Some(Vec::new()),
                Requirer::Dist { name, .. } => before.get(name).cloned(),
            });
            if let Some(mut chain) = above {
                chain.push(dist.name.to_string());
                chains.insert(dist.name.clone(), chain);
            }
        }
        if chains.len() == known {
            return chains;
        }
    }
}
