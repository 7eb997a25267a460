//! A mirror's way into a store: what is not there yet, in an order in which no reader meets a page without its files.

use std::path::PathBuf;
use std::sync::Arc;

use futures_util::{StreamExt as _, TryStreamExt as _, stream};

use super::folder::refuse_damage;
use crate::blocking::blocking;
use crate::context::Context;
use crate::http::{Client, ClientOptions, Payload};
use crate::index::MIRROR_MANIFEST_MOST;
use crate::mirror::{MANIFEST, Mirror, MirrorObject, ObjectContent, Transfer};
use crate::ops::Error;
use crate::spec::SafeUrl;
use crate::store::{Store, StoreError};

/// Objects that are on their way at the same time.
const AT_ONCE: usize = 16;

/// What to bring where.
#[derive(Clone, Debug)]
pub struct UploadOptions {
    /// The folder of the mirror.
    pub folder: PathBuf,
    /// The store.
    pub to: SafeUrl,
    /// How it is asked.
    pub client: ClientOptions,
    /// Whether objects are removed from the store that the mirror does not have any more.
    pub prune: bool,
    /// Whether every object is written, also one that the store has already.
    pub all: bool,
}

/// What an upload did.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Uploaded {
    /// Where it lies.
    pub place: SafeUrl,
    /// Objects that were written.
    pub written: usize,
    /// Bytes of the objects that were written.
    pub bytes: u64,
    /// Objects that were there already.
    pub present: usize,
    /// Objects that were removed.
    pub removed: usize,
}

/// Brings a mirror into a store; one that is not what its manifest says is refused.
///
/// # Errors
/// The mirror is damaged, or the store cannot be read or written.
pub async fn upload_mirror(options: UploadOptions, context: Context) -> Result<Uploaded, Error> {
    let UploadOptions { folder, to, mut client, prune, all } = options;
    client.index_urls.push(to.clone());
    let store = Store::new(&to, Client::new(client, Arc::clone(&context.reporter))?)?;
    let bare = store.has_no_folders();
    let there = if all { None } else { store.read(MANIFEST, MIRROR_MANIFEST_MOST).await? };
    if there.as_deref().is_some_and(is_web_page) {
        return Err(StoreError::WebPage { url: to.below(&[MANIFEST]).without_credentials() }.into());
    }
    let planning = move || {
        let mirror = Mirror::open_existing(&folder)?;
        refuse_damage(&mirror)?;
        Ok::<_, Error>(mirror.transfer(there.as_deref(), bare)?)
    };
    let Transfer { stages, gone, present } = blocking(planning).await?;
    let mut uploaded = Uploaded { place: to, written: 0, bytes: 0, present, removed: 0 };
    // A manifest alone would be written for nothing.
    if stages.len() == 1 && gone.is_empty() && is_there_alike(&store, &stages[0]).await? {
        uploaded.present += stages[0].len();
        return Ok(uploaded);
    }
    for stage in stages {
        let puts = stream::iter(stage).map(|object| put(&store, object, all)).buffer_unordered(AT_ONCE);
        let sizes: Vec<Option<u64>> = puts.try_collect().await?;
        uploaded.written += sizes.iter().flatten().count();
        uploaded.present += sizes.iter().filter(|size| size.is_none()).count();
        uploaded.bytes += sizes.iter().flatten().sum::<u64>();
        context.check_interrupted()?;
    }
    if prune {
        let removing = stream::iter(&gone).map(|key| store.remove(key)).buffer_unordered(AT_ONCE);
        let removed: Vec<bool> = removing.try_collect().await?;
        uploaded.removed = removed.into_iter().filter(|was_there| *was_there).count();
    }
    Ok(uploaded)
}

/// Whether an answer is a page for people: a manifest begins otherwise.
fn is_web_page(bytes: &[u8]) -> bool {
    bytes.trim_ascii_start().starts_with(b"<")
}

/// Writes an object and gives its size in bytes. `None`: the file is there already, from a run that did not come to its
/// end.
async fn put(store: &Store, object: MirrorObject, all: bool) -> Result<Option<u64>, Error> {
    let MirrorObject { key, content, content_type } = object;
    let payload = match content {
        ObjectContent::Bytes(bytes) => Payload::bytes(bytes, content_type),
        ObjectContent::File { path, size, sha256 } => {
            let size = size.map_or_else(|| fs_err::metadata(&path).map(|about| about.len()), Ok);
            let size = size.map_err(|source| Error::ReadInput { path: path.clone(), source })?;
            if !all && store.has(&key).await? == Some(Some(size)) {
                return Ok(None);
            }
            Payload::file(path, size, sha256, content_type)
        }
    };
    let size = payload.size;
    store.put(&key, payload).await?;
    Ok(Some(size))
}

/// Whether these objects are in the store as they are here.
async fn is_there_alike(store: &Store, objects: &[MirrorObject]) -> Result<bool, StoreError> {
    for object in objects {
        let ObjectContent::Bytes(bytes) = &object.content else { return Ok(false) };
        if store.read(&object.key, MIRROR_MANIFEST_MOST).await?.as_ref() != Some(bytes) {
            return Ok(false);
        }
    }
    Ok(true)
}
