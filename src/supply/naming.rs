//! Requirements that lead to an archive or repository without saying whose it is: the name stands in there.

use std::collections::HashMap;
use std::sync::Arc;

use super::SupplyError;
use super::building::SourceBuilder;
use super::indexes::holds_anywhere;
use super::material::{BuildSource, Whereabouts};
use super::session::{Session, World};
use crate::archive::{Limits, SafePath, read_source};
use crate::blocking::blocking;
use crate::build::{BuildError, Checkout};
use crate::context::Context;
use crate::request::Request;
use crate::requirements::{NAMING_FILES, RequirementEntry, static_name};
use crate::spec::{CoreMetadata, PackageName};

/// Largest file that is read for a name, bytes.
const FILE_MOST: u64 = 16 << 20;

/// The request with the names of all its requirements: what they lead to is fetched and looked at, and nothing of it is
/// run.
pub(super) async fn name_all(
    mut request: Request,
    world: &Arc<World>,
    session: &Session,
) -> Result<Request, SupplyError> {
    if request.manifest.unnamed.is_empty() {
        return Ok(request);
    }
    let builder = SourceBuilder::new(&request, world, Arc::clone(world), session.tools());
    let mut manifest = (*request.manifest).clone();
    for entry in std::mem::take(&mut manifest.unnamed) {
        if !counts_nowhere(&entry) {
            manifest.requirements.push(name_one(entry, &builder, &session.context).await?);
        }
    }
    request.manifest = Arc::new(manifest);
    Ok(request)
}

/// Whether a requirement counts on no target, as one for Windows or for an old Python: whose it is does not matter then.
/// Which patch release a target has can be told by the user, so a marker that asks for it may count.
fn counts_nowhere(entry: &RequirementEntry) -> bool {
    let asks_for_patch = ["python_full_version", "implementation_version"].iter().any(|name| entry.text.contains(name));
    !asks_for_patch && !holds_anywhere(&entry.requirement.marker)
}

async fn name_one(
    mut entry: RequirementEntry,
    builder: &SourceBuilder,
    context: &Context,
) -> Result<RequirementEntry, SupplyError> {
    let Some(reference) = entry.direct.clone() else { return Ok(entry) };
    let material = builder.material(&entry.requirement.name, &reference, entry.hashes.clone()).await?;
    let Some(name) = material.name(builder.limits).await? else {
        return Err(SupplyError::Unnamed { origin: entry.origin, text: entry.text });
    };
    context.detail(&format!("{}: `{}` is {name}", entry.origin, entry.text));
    entry.requirement.name = name;
    Ok(entry)
}

impl BuildSource {
    /// The name that its own files give the project.
    async fn name(&self, limits: Limits) -> Result<Option<PackageName>, SupplyError> {
        let (origin, label) = (self.origin.clone(), self.label.clone());
        let below = self.subdirectory.as_ref().map(SafePath::as_str).unwrap_or_default().to_owned();
        let reading = blocking(move || match &origin {
            Whereabouts::Folder { path, .. } | Whereabouts::Git(Checkout { folder: path, .. }) => {
                let folder = path.join(&below);
                Ok::<_, BuildError>(static_name(|file| fs_err::read_to_string(folder.join(file)).ok()))
            }
            Whereabouts::Archive { file } => {
                let at = |name: &str| if below.is_empty() { name.to_owned() } else { format!("{below}/{name}") };
                let names = NAMING_FILES.map(at);
                let wanted: Vec<&str> = names.iter().map(String::as_str).collect();
                let kept: HashMap<String, Vec<u8>> = read_source(&file.path, &wanted, FILE_MOST, &limits)
                    .map_err(|source| BuildError::Unpack { label: label.clone(), source })?
                    .into_iter()
                    .collect();
                let stated = kept.get(&at("PKG-INFO")).and_then(|bytes| CoreMetadata::parse(bytes).ok());
                let text = |file: &str| Some(String::from_utf8_lossy(kept.get(&at(file))?).into_owned());
                Ok(stated.map(|metadata| metadata.name).or_else(|| static_name(text)))
            }
        });
        let named: Result<_, BuildError> = reading.await;
        Ok(named?)
    }
}
