//! `bundle`, `layer` and `install`: requirements in, a folder or zip out.
//!
//! ```text
//! recall ── nothing has changed ──────────────────────────────▶ Published
//!    └─ bundle ─▶ edited? ─▶ resolve ─▶ again? ─▶ edited? ─▶ obtain ─▶ again? ─▶ publish ─▶ remember ─▶ Published
//! ```
//!
//! `edited?` asks whether the contents of the user's own files are all that has changed (`edited.rs`): before anybody
//! is asked for versions, and with the versions that were chosen. `again?` asks whether the last result with this
//! output was made of the same: once when the distributions are chosen, and once more when the digest of each is known.
//! What is obtained (`obtained.rs`) are unpacked distributions (`chosen.rs`), or a finished zip of the shared cache
//! (`shared_zip.rs`); `output.rs` publishes either.

use std::sync::Arc;
use std::time::Instant;

use super::chosen::{foresee, install_options, take_built_project};
use super::obtained::{OutputMaterial, describe, obtain};
use super::output::{PlacedOutput, Publication, refuse_out};
use super::shared_zip::{self, SharedZip};
use super::{Error, edited, left_out};
use crate::blocking::blocking;
use crate::context::Context;
use crate::memory::{self, Memory, News, Published};
use crate::request::{BundleOptions, InputKey, Request};
use crate::supply::{Inquiry, Session};

/// Whether there is something to do.
#[derive(Debug)]
pub enum Recall {
    /// Nothing has changed: this is the result of an earlier run on the same inputs; it lies in OUT, and asking anew
    /// could not change it.
    Unchanged(Box<Published>),
    /// The result has to be made, by [`bundle`].
    Changed(Box<Preparation>),
}

/// What was found out before there were threads or sockets, for [`bundle`] to go on with.
#[derive(Debug)]
pub struct Preparation {
    /// `None`: it cannot be read without the network.
    request: Option<Request>,
    key: Option<InputKey>,
}

/// Looks whether an earlier run has made the same. It needs neither threads nor sockets, so it is to be asked before
/// there are any.
///
/// # Errors
/// What the user asks for is malformed or cannot be read.
pub fn recall(options: &BundleOptions, context: &Context) -> Result<Recall, Error> {
    let request = Request::read_locally(options.request.clone())?;
    let key = request.as_ref().and_then(|request| InputKey::for_output(request, options).ok());
    match memory::recall(options, key.as_ref(), context) {
        Ok(published) => Ok(Recall::Unchanged(Box::new(published))),
        Err(reason) => {
            context.detail(&format!("not unchanged since the last run: {reason}"));
            Ok(Recall::Changed(Box::new(Preparation { request, key })))
        }
    }
}

/// Resolves, downloads, installs, and publishes the result whole or not at all.
///
/// # Errors
/// Whatever stands in the way; OUT is as it was.
pub async fn bundle(options: BundleOptions, preparation: Preparation, context: Context) -> Result<Published, Error> {
    let session = Session::open(&options.request, &context)?;
    Box::pin(bundle_in(&session, options, preparation)).await
}

/// As [`bundle`], for one output of a run that makes several: they share the session.
pub(super) async fn bundle_in(
    session: &Arc<Session>,
    mut options: BundleOptions,
    preparation: Preparation,
) -> Result<Published, Error> {
    let Preparation { request, key } = preparation;
    let request = match request {
        Some(request) => request,
        None => session.read(options.request.clone()).await?,
    };
    let memory = Memory::open(request.clone(), key, &options, &session.cache);
    let mut inquiry = Box::pin(Inquiry::open(session, request)).await?;
    take_built_project(&inquiry, &mut options);
    if let Some(published) = edited::publish(&inquiry, &memory, None, &options).await? {
        return Ok(published);
    }
    // Where the last run has published the same, it most likely can be left alone, and is looked at only once.
    if !memory.has_last() {
        refuse_out(&options, &session.cache, &session.context)?;
    }
    // What may be had as a whole need not be fetched in parts meanwhile.
    if inquiry.shared().is_none() || !shared_zip::can_be_shared(&options) {
        inquiry.fetch_ahead(install_options(&options), left_out::known_before(&options));
    }
    let made = Box::pin(make(&inquiry, memory, options)).await;
    inquiry.give_up_ahead().await;
    made
}

/// Chooses, obtains and publishes, as far as the last result does not hold.
async fn make(inquiry: &Inquiry, memory: Memory, options: BundleOptions) -> Result<Published, Error> {
    let (context, begun) = (inquiry.session.context.clone(), Instant::now());
    let resolved = inquiry.resolve(&options.target, &options.request.resolve).await?;
    let resolution = resolved.resolution;
    let excluded = left_out::choose(&resolution, inquiry.manifest(), &options, &context)?;
    let foreseen = foresee(inquiry, &resolution, &excluded, &memory);
    let is_foreseen = foreseen.is_some();
    let mut news = News {
        dists: foreseen.unwrap_or_default(),
        excluded,
        freshness: resolved.freshness,
        warnings: vec![resolved.warnings],
    };
    if is_foreseen {
        if let Some(published) = memory.again(&news, &options, &context) {
            return Ok(published);
        }
        if let Some(published) = edited::publish(inquiry, &memory, Some((&resolution, &news)), &options).await? {
            return Ok(published);
        }
    }
    if memory.has_last() {
        refuse_out(&options, &inquiry.session.cache, &context)?;
    }
    let mut shared = SharedZip::of(inquiry, &resolution, &news.excluded, &options).await?;
    let (material, warnings) = obtain(inquiry, &resolution, &news.excluded, shared.as_ref(), &options).await?;
    if let Some(shared) = &mut shared {
        shared.note_variables(inquiry);
    }
    news.dists = describe(&resolution, &material);
    news.warnings.push(warnings);
    let output = Publication::new(inquiry, resolution, options);
    blocking(move || finish(&output, memory, news, &material, shared, begun)).await
}

/// Publishes, unless the last result was made of the same, and leaves to later runs what they may want to know.
fn finish(
    output: &Publication,
    memory: Memory,
    mut news: News,
    material: &OutputMaterial,
    shared: Option<SharedZip>,
    begun: Instant,
) -> Result<Published, Error> {
    if let Some(published) = memory.again(&news, &output.options, &output.context) {
        return Ok(published);
    }
    let memory = memory.forget(&output.options);
    let made_of = memory.made_of(&news.dists);
    let PlacedOutput { published, warnings, own } = output.publish(material, &news, made_of.as_deref())?;
    memory::remember(&news.dists, &output.options, &output.cache);
    // What is said of the user's own files is said to nobody else.
    let is_plain = matches!(material, OutputMaterial::Installed(_)) && warnings.bundle.is_empty();
    if let Some(shared) = shared.filter(|_| is_plain) {
        shared.offer(&published, &news.warnings[1], begun.elapsed());
    }
    news.warnings.push(warnings.all());
    memory.remember(&published, &news, own, &output.options);
    Ok(published)
}
