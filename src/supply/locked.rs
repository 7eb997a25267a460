//! From a lock to a resolution: what was selected, with the files that only an index can find and the versions that
//! only a source can say.

use futures_util::future::join_all;
use globset::Glob;

use super::inquiry::Inquiry;
use super::{SupplyError, indexes};
use crate::context::Context;
use crate::index::IndexLocation;
use crate::lock::{
    Listed, Lock, LockError, LockKind, LockedProject, PackageOrigin, SelectedPackage, SourceOrigin, check_fresh,
    made_for_other_python, select,
};
use crate::request::{IndexSettings, Locked};
use crate::requirements::Origin;
use crate::resolution::{Barrier, Resolution, ResolvedDist};
use crate::resolve::ProjectAnswer;
use crate::spec::{DistFile, HashDigest, PackageName};
use crate::target::{TagPriority, Target};

/// How well a wheel fits, then its build tag: greater is better. A source archive is worse than every wheel.
type Rank = (Option<TagPriority>, Option<(u64, Box<str>)>);

impl Locked {
    /// Whether the project itself is built and bundled, so that its folder is not; says which.
    pub(crate) fn bundles_project(&self, context: &Context) -> bool {
        let Some(LockedProject { name, is_built }) = &self.project else { return false };
        if self.input.wanted.with_project {
            context.status(&format!("The project {name} is built: its packages are bundled, not its folder"));
        } else if *is_built {
            context.status(&format!("The folder of {name} is copied, and the project is not built"));
        } else {
            context.status(&format!("The folder of {name} is copied: it is no project that is built"));
        }
        self.input.wanted.with_project
    }

    /// Whether it has digests without URLs, so that indexes have to be asked for the files.
    pub(crate) fn asks_indexes(&self) -> bool {
        matches!(self.lock.kind, LockKind::Poetry | LockKind::Pipfile | LockKind::Pdm)
    }

    /// The indexes that its packages have to be asked from, and which package from which. One that the user has set
    /// under the same URL is taken with the credentials that it has there; a package of public PyPI, or of no index, is
    /// asked from whichever indexes the user has: its digest tells whether it is the one.
    pub(crate) fn add_indexes(&self, settings: &mut IndexSettings) {
        if !self.asks_indexes() {
            return;
        }
        for (name, at) in self.lock.asked() {
            let index = &self.lock.indexes[at];
            if indexes::is_public(&index.url) {
                continue;
            }
            let same = |known: &&IndexLocation| known.url.is_same_index(&index.url);
            let known = settings.named.iter().chain([&settings.default]).find(same).cloned();
            let named_otherwise = || {
                let extra = settings.extra.iter().find(|url| url.is_same_index(&index.url));
                // Tools leave the slash at the end out; the same index has one URL, whoever names it.
                extra.cloned().unwrap_or_else(|| index.url.below(&[""]))
            };
            let url = known.as_ref().map_or_else(named_otherwise, |known| known.url.clone());
            let label = known.and_then(|known| known.name);
            let is_new = label.is_none();
            let label = label.unwrap_or_else(|| format!("{} of the lock", index.name.as_deref().unwrap_or("index")));
            if is_new && settings.named.iter().all(|other| other.name.as_ref() != Some(&label)) {
                let (name, explicit) = (Some(label.clone()), true);
                settings.named.push(IndexLocation { name, url, explicit, ignore_status: Vec::new() });
            }
            if let Ok(glob) = Glob::new(name.as_ref()) {
                settings.sources.push((glob, label));
            }
        }
    }
}

impl Inquiry {
    /// What `target` gets of a lock.
    pub(crate) async fn read_lock(&self, locked: &Locked, target: &Target) -> Result<Resolution, SupplyError> {
        let Locked { lock, input, .. } = locked;
        let mut warnings = Vec::new();
        if !input.frozen {
            warnings = check_fresh(lock, &input.place, &input.wanted, target)?;
        }
        warnings.extend(made_for_other_python(lock, target));
        let mut packages = select(lock, &input.wanted, target)?;
        packages.retain(|package| !self.is_excluded(&package.name));
        let listed = packages.iter().filter(|package| matches!(package.place, PackageOrigin::Listed(_)));
        let names: Vec<PackageName> = listed.map(|package| package.name.clone()).collect();
        self.source().know_projects(&names).await;
        // Most packages are known whole; only what has to be asked for is worth a task.
        let (mut dists, mut open) = (Vec::with_capacity(packages.len()), Vec::new());
        for package in packages {
            match package.into_known() {
                Ok(dist) => dists.push(dist),
                Err(package) => open.push(self.complete(lock, *package, target)),
            }
        }
        dists.extend(all_or_what_lacks(join_all(open).await)?);
        dists.sort_by(|one, other| one.name.cmp(&other.name));
        Ok(Resolution { target: target.clone(), dists, warnings, passed_over: Vec::new() })
    }

    /// Finds what the lock does not say of a package.
    async fn complete(
        &self,
        lock: &Lock,
        package: SelectedPackage,
        target: &Target,
    ) -> Result<ResolvedDist, SupplyError> {
        let (file, accepted) = match &package.place {
            PackageOrigin::File { file, .. } => (DistFile::clone(file), file.hashes.clone()),
            PackageOrigin::Source(source) => {
                let SourceOrigin { reference, accepted, .. } = &**source;
                let found = self.builder.look_at(&package.name, reference, accepted.clone(), target).await?;
                (found.file.clone(), accepted.clone())
            }
            PackageOrigin::Listed(listed) => {
                (self.find_listed(lock, &package, listed, target).await?, listed.accepted.clone())
            }
        };
        Ok(package.into_dist(file, accepted))
    }

    /// Finds a file on an index, by name, version and digest.
    async fn find_listed(
        &self,
        lock: &Lock,
        package: &SelectedPackage,
        listed: &Listed,
        target: &Target,
    ) -> Result<DistFile, SupplyError> {
        let answer = self.source().index().project(&package.name).await?;
        let details = match answer {
            ProjectAnswer::Found(details) => details,
            ProjectAnswer::NotFound { .. } => {
                return Err(not_listed(lock, package, listed, "no index knows the project"));
            }
            ProjectAnswer::Offline => {
                return Err(not_listed(lock, package, listed, "nothing is known of it offline"));
            }
        };
        let files = details.iter().flat_map(|detail| detail.files());
        let asked =
            details.iter().flat_map(|detail| detail.files()).next().map(|file| file.origin.url.without_credentials());
        let mut file = match best_listed(files.collect(), package, listed, target) {
            ListedFile::Best(file) => *file,
            ListedFile::OnlySource => return Err(needs_building(package).into()),
            ListedFile::OtherDigest => {
                let why = "the index has files of that name, and none with the locked digest";
                return Err(not_listed(lock, package, listed, why));
            }
            ListedFile::None => {
                let mut error = not_listed(lock, package, listed, "the index does not list the locked file");
                if let SupplyError::NotListed { index, .. } = &mut error {
                    *index = index.take().or(asked);
                }
                return Err(error);
            }
        };
        // What the index says of its digests is no proof; what the lock says is.
        file.hashes.retain(|digest| listed.accepted.contains(digest));
        Ok(file)
    }
}

/// What an index lists of a locked file.
enum ListedFile {
    Best(Box<DistFile>),
    /// Nothing but a source distribution, which may not be built.
    OnlySource,
    /// Nothing but files with other digests.
    OtherDigest,
    None,
}

/// The file that the target loads best, of those that may be the locked one.
fn best_listed(files: Vec<DistFile>, package: &SelectedPackage, listed: &Listed, target: &Target) -> ListedFile {
    let is_wanted = |file: &DistFile| {
        package.version.as_ref().is_none_or(|version| version == file.version())
            && listed.filename.as_ref().is_none_or(|name| name.as_str() == file.filename.as_str())
    };
    let mut best: Option<(Rank, DistFile)> = None;
    let (mut is_other, mut has_source) = (false, false);
    for file in files.into_iter().filter(is_wanted) {
        if !has_digest(&file, &listed.accepted) {
            is_other = true;
            continue;
        }
        let rank = match file.filename.as_wheel() {
            Some(_) if !listed.may_be_wheel => continue,
            Some(wheel) => match target.tags().priority(wheel) {
                Some(priority) => (Some(priority), wheel.build.clone()),
                None => continue,
            },
            None if listed.may_build => (None, None),
            None => {
                has_source = true;
                continue;
            }
        };
        if best.as_ref().is_none_or(|(other, _)| rank > *other) {
            best = Some((rank, file));
        }
    }
    match best {
        Some((_, file)) => ListedFile::Best(Box::new(file)),
        None if has_source => ListedFile::OnlySource,
        None if is_other => ListedFile::OtherDigest,
        None => ListedFile::None,
    }
}

/// Whether a file may be the locked one: an index that gives no digests leaves that to the download.
fn has_digest(file: &DistFile, accepted: &[HashDigest]) -> bool {
    let comparable = |digest: &&HashDigest| accepted.iter().any(|other| other.algorithm() == digest.algorithm());
    let mut compared = file.hashes.iter().filter(comparable).peekable();
    compared.peek().is_none() || compared.any(|digest| accepted.contains(digest))
}

/// All distributions, or why not; packages that would have to be built are told together.
fn all_or_what_lacks(dists: Vec<Result<ResolvedDist, SupplyError>>) -> Result<Vec<ResolvedDist>, SupplyError> {
    let (mut found, mut lacking) = (Vec::with_capacity(dists.len()), Vec::new());
    for dist in dists {
        match dist {
            Ok(dist) => found.push(dist),
            Err(SupplyError::Lock(error @ LockError::NeedsBuilding { .. })) => lacking.push(error),
            Err(other) => return Err(other),
        }
    }
    match lacking.pop() {
        None => Ok(found),
        Some(only) if lacking.is_empty() => Err(only.into()),
        Some(last) => {
            lacking.push(last);
            Err(LockError::Several(lacking).into())
        }
    }
}

fn needs_building(package: &SelectedPackage) -> LockError {
    let (path, line) = match &package.origin {
        Origin::File { file, line } => (file.clone(), usize::try_from(*line).unwrap_or_default()),
        Origin::CommandLine | Origin::Brought { .. } | Origin::Build => Default::default(),
    };
    let (name, what) = (package.name.clone(), "only a source distribution for the target");
    LockError::NeedsBuilding { path, line, name, what, barrier: Barrier::NotAllowed }
}

fn not_listed(lock: &Lock, package: &SelectedPackage, listed: &Listed, why: &'static str) -> SupplyError {
    let index = listed.index.and_then(|at| lock.indexes.get(at)).map(|index| index.url.without_credentials());
    let version = package.version.as_ref().map(|version| format!(" {version}")).unwrap_or_default();
    SupplyError::NotListed {
        origin: package.origin.clone(),
        what: listed.filename.as_ref().map_or_else(|| format!("{}{version}", package.name), |name| format!("`{name}`")),
        index,
        why,
    }
}
