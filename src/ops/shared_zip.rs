//! Finished zips in a shared cache: what was made of the same inputs and the same distributions is taken as it is.
//!
//! The key is the fingerprint of the inputs with name and digest of every distribution, so it is known once these are
//! chosen, and before anything of them is fetched. Where all of them are wheels, what else lies in a folder that is
//! asked like an index counts no more, so a folder full of wheels is not read for it. Zips alone are shared: a folder
//! is made of links to the cache.

use std::collections::BTreeMap;
use std::sync::Arc;
use std::time::Duration;

use serde::{Deserialize, Serialize};

use super::Error;
use crate::blocking::blocking;
use crate::build::NotedVariables;
use crate::bundle::UNZIPPED_LIMIT_BYTES;
use crate::memory::{BundledDist, LeftOutFiles, Published};
use crate::publish::ReadyFile;
use crate::request::{BundleKind, BundleOptions, FingerprintOptions, InputKey};
use crate::resolution::{Resolution, ResolvedDist};
use crate::shared::{ClaimKind, Offer, SharedCache};
use crate::spec::{HashAlgorithm, HashDigest, PackageName, sha256};
use crate::supply::Inquiry;

/// Changes when what is shared of a zip does.
const FORMAT: &str = "shared zip 4";

/// What a claim about a zip says beside its digest.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub(super) struct Details {
    pub(super) files: usize,
    pub(super) size_bytes: u64,
    left_out: (usize, u64),
    /// Unpacked size of each distribution, by the digest of its wheel.
    sizes: BTreeMap<String, u64>,
    /// Digests of the wheels that were built for it, by the name of the distribution.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    built: BTreeMap<PackageName, String>,
    /// The variables that the sources of those read, as they were.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    variables: NotedVariables,
    /// What was said while its distributions were unpacked.
    pub(super) warnings: Vec<String>,
}

/// A zip that may be in the shared cache, or be brought there.
pub(super) struct SharedZip {
    shared: Arc<SharedCache>,
    key: HashDigest,
    /// The wheel of each distribution; `None`: it has to be built.
    digests: Vec<(PackageName, Option<HashDigest>)>,
    /// The variables that the sources read of which wheels were built for it.
    variables: NotedVariables,
    is_private: bool,
}

/// A zip that came from there.
pub(super) struct ReadyZip {
    file: tempfile::NamedTempFile,
    sha256: HashDigest,
    size_bytes: u64,
    pub(super) details: Details,
    /// What it is made of.
    pub(super) dists: Vec<BundledDist>,
}

impl ReadyZip {
    /// The zip itself: its bytes had this digest when they came.
    pub(super) fn file(&self) -> ReadyFile<'_> {
        ReadyFile { path: self.file.path(), sha256: &self.sha256, size_bytes: self.size_bytes }
    }

    /// What was left out of its distributions.
    pub(super) fn left_out(&self) -> LeftOutFiles {
        LeftOutFiles { files: self.details.left_out.0, bytes: self.details.left_out.1 }
    }
}

/// The digest that a wheel has to have, where the user allows one alone and its index gives none.
fn only_digest(dist: &ResolvedDist) -> Option<HashDigest> {
    dist.file.filename.as_wheel()?;
    match dist.accepted_hashes.as_slice() {
        [only] if only.algorithm() == HashAlgorithm::Sha256 => Some(only.clone()),
        _ => None,
    }
}

/// Whether an output is of a form that can be shared.
pub(super) fn can_be_shared(BundleOptions { assembly, publish, .. }: &BundleOptions) -> bool {
    let is_whole_zip = publish.zip && assembly.kind != BundleKind::Packages && assembly.split.is_none();
    // What a Python of this machine has compiled is for this machine's user to judge.
    is_whole_zip && assembly.bytecode.is_none()
}

impl SharedZip {
    /// The zip that would be made; `None`: none is shared, or what goes into it is not known before it is made.
    pub(super) async fn of(
        inquiry: &Inquiry,
        resolution: &Resolution,
        excluded: &[PackageName],
        options: &BundleOptions,
    ) -> Result<Option<Self>, Error> {
        let Some(shared) = inquiry.shared() else { return Ok(None) };
        let assembly = &options.assembly;
        if !can_be_shared(options) {
            return Ok(None);
        }
        let wanted = resolution.dists.iter().filter(|dist| !excluded.contains(&dist.name));
        let (mut digests, mut lines, mut is_private) = (Vec::new(), Vec::new(), false);
        for dist in wanted {
            is_private |= crate::supply::is_private(dist);
            if dist.file.filename.as_wheel().is_none() {
                let Some(source) = inquiry.foreseen_source(dist).await? else { return Ok(None) };
                lines.push(format!("built {source}"));
                digests.push((dist.name.clone(), None));
                continue;
            }
            let Some(digest) = inquiry.known_digest(dist).or_else(|| only_digest(dist)) else { return Ok(None) };
            lines.push(format!("{} {digest}", dist.file.filename));
            digests.push((dist.name.clone(), Some(digest)));
        }
        lines.sort_unstable();
        let fingerprint_options = FingerprintOptions::of(options);
        let request = inquiry.request().clone();
        // A build may take what it works with from a folder that is asked like an index.
        let are_wheels = digests.iter().all(|(_, digest)| digest.is_some());
        let key_of = if are_wheels { InputKey::for_chosen_wheels } else { InputKey::for_fingerprint };
        let key = blocking(move || key_of(&request, &fingerprint_options)).await;
        let Ok(fingerprint) = key.map(|key| key.fingerprint()) else { return Ok(None) };
        let key = sha256(format!("{FORMAT}\n{fingerprint}\n{:?}\n{}", assembly.kind, lines.join("\n")).as_bytes());
        Ok(Some(Self { shared, key, digests, variables: NotedVariables::new(), is_private }))
    }

    /// Notes which variables were read by the builds of what it is made of.
    pub(super) fn note_variables(&mut self, inquiry: &Inquiry) {
        let built = self.digests.iter().filter(|(_, digest)| digest.is_none());
        self.variables = inquiry.variables_of(built.map(|(name, _)| name));
    }

    /// The zip that somebody else has made of the same.
    pub(super) async fn take(
        &self,
        inquiry: &Inquiry,
        resolution: &Resolution,
        options: &BundleOptions,
    ) -> Result<Option<ReadyZip>, Error> {
        let Some(found) = self.shared.find(ClaimKind::Bundles, &self.key).await? else { return Ok(None) };
        let details = serde_json::from_value::<Details>(found.claim.details.clone()).ok();
        let limit = options.publish.max_size.map_or(UNZIPPED_LIMIT_BYTES, |most| most.0.min(UNZIPPED_LIMIT_BYTES));
        let is_changed = |details: &Details| inquiry.first_changed_variable(&details.variables).is_some();
        let details = details.filter(|details| !is_changed(details));
        // What is too large is refused with all that there is to say about it.
        let details = details.filter(|details| details.size_bytes <= limit);
        let dists = details.as_ref().and_then(|details| self.dists(resolution, details));
        let (Some(details), Some(dists)) = (details, dists) else {
            self.shared.missed(&found);
            return Ok(None);
        };
        let Some(file) = self.shared.fetch(&found, &inquiry.session.cache).await? else { return Ok(None) };
        self.shared.took(&found);
        let Some(sha256) = found.claim.digest() else { return Ok(None) };
        Ok(Some(ReadyZip { file, sha256, size_bytes: found.claim.size, details, dists }))
    }

    /// Offers the zip that was made.
    pub(super) fn offer(&self, published: &Published, warnings: &[String], took: Duration) {
        let Some(zip) = &published.zip else { return };
        let sizes = published.dists.iter().map(|dist| (dist.sha256.hex(), dist.size_bytes)).collect();
        let is_built =
            |name: &PackageName| self.digests.iter().any(|(other, digest)| other == name && digest.is_none());
        let built = published.dists.iter().filter(|dist| is_built(&dist.name));
        let built = built.map(|dist| (dist.name.clone(), dist.sha256.hex())).collect();
        let details = Details {
            files: published.files,
            size_bytes: published.size_bytes,
            left_out: (published.left_out.files, published.left_out.bytes),
            sizes,
            built,
            variables: self.variables.clone(),
            warnings: warnings.to_vec(),
        };
        self.shared.offer(Offer {
            about: Some((ClaimKind::Bundles, self.key.clone())),
            name: "the finished zip".to_owned(),
            path: published.path.clone(),
            digest: zip.sha256.clone(),
            size: zip.size_bytes,
            took,
            details: serde_json::to_value(details).unwrap_or_default(),
            is_private: self.is_private,
        });
    }

    fn dists(&self, resolution: &Resolution, details: &Details) -> Option<Vec<BundledDist>> {
        let described = self.digests.iter().map(|(name, digest)| {
            let resolved = resolution.dists.iter().find(|resolved| resolved.name == *name)?;
            let built = || HashDigest::from_hex(HashAlgorithm::Sha256, details.built.get(name)?).ok();
            let digest = digest.clone().or_else(built)?;
            let size = details.sizes.get(&digest.hex())?;
            Some(BundledDist::of(resolved, digest, *size))
        });
        described.collect()
    }
}
