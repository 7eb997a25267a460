//! The edit loop: where the contents of the user's own files are all that has changed since the last run with an
//! output, nothing is chosen, unpacked or put together. The files that differ change places with those in OUT.
//!
//! A run with edited files gives the output that it would give without this. Where anything is not as it was but these
//! contents (an option, a requirement, a file that came or went, a page that is no longer fresh, OUT itself), the run
//! takes the usual way.

use std::sync::Arc;

use super::Error;
use super::output::{layout_of, passed_over, source_folders};
use super::own_files::{collect, judge};
use super::own_part::can_be_edited;
use super::shared_zip::can_be_shared;
use crate::blocking::blocking;
use crate::bundle::{Bundle, Bytes, UNZIPPED_LIMIT_BYTES, assemble, check_zip_size, too_large_for_lambda};
use crate::cache::Cache;
use crate::context::Context;
use crate::http::Secret;
use crate::memory::{Edited, Memory, News, OwnPart, Published};
use crate::publish::Amendment;
use crate::request::{BundleOptions, Request};
use crate::resolution::Resolution;
use crate::supply::Inquiry;

/// Publishes the user's own files into the last result, when nothing else has changed since; `None`: more has changed.
/// A run asks this before anything is chosen, and again, with `news`, when all is chosen.
pub(super) async fn publish(
    inquiry: &Inquiry,
    memory: &Memory,
    chosen: Option<(&Resolution, &News)>,
    options: &BundleOptions,
) -> Result<Option<Published>, Error> {
    let news = chosen.map(|(_, news)| news);
    // A zip that can be shared may be there already, and is brought there when it is made.
    let is_shared = inquiry.shared().is_some() && can_be_shared(options);
    if is_shared || !can_be_edited(options) {
        return Ok(None);
    }
    let Some(mut last) = memory.edited(options, news) else { return Ok(None) };
    let mut said = inquiry.said().to_vec();
    if let Some((resolution, news)) = chosen {
        last.passed_over = passed_over(resolution);
        last.warnings[0].clone_from(&news.warnings[0]);
        said.clone_from(&news.warnings[0]);
    }
    let edit = Edit {
        options: options.clone(),
        memory: memory.clone(),
        request: inquiry.request().clone(),
        secrets: inquiry.secrets(),
        said,
        cache: Arc::clone(&inquiry.session.cache),
        context: inquiry.session.context.clone(),
    };
    blocking(move || edit.publish(last)).await
}

/// All that publishing needs, for a thread of its own.
struct Edit {
    options: BundleOptions,
    memory: Memory,
    request: Request,
    secrets: Vec<Secret>,
    /// Warnings that this run has given already.
    said: Vec<String>,
    cache: Arc<Cache>,
    context: Context,
}

impl Edit {
    fn publish(self, last: Edited) -> Result<Option<Published>, Error> {
        let Self { options, memory, request, secrets, said, cache, context } = self;
        let (options, context) = (&options, &context);
        let sources = source_folders(options);
        let (own_folders, made_of) = ([cache.root().to_owned()], memory.made_of(&last.dists));
        let publish_options = options.publish.to_options(&own_folders, made_of.as_deref(), context);
        let Some(amendment) = Amendment::begin(&last.made_of, &sources, &publish_options)? else { return Ok(None) };
        let Some(source) = collect(options, &request)? else { return Ok(None) };
        let own = assemble(&[], Some(&source), &layout_of(options))?;
        let too_large = match SizeVerdict::of(&last, &own, options) {
            SizeVerdict::Fits => None,
            SizeVerdict::TooLarge(text) => Some(text),
            SizeVerdict::Unknown => return Ok(None),
        };

        let [of_choice, of_dists, _] = &last.warnings;
        let before = of_choice.iter().filter(|text| !said.contains(text)).chain(of_dists);
        before.for_each(|warning| context.warn(warning));
        let mut warnings = Vec::new();
        judge(&source, options, &secrets, &mut warnings, context)?;
        context.give(&mut warnings, last.own.warnings.iter().chain(&too_large));
        if too_large.is_some() {
            last.own.ways.iter().for_each(|way| context.status(way));
        }
        context.check_interrupted()?;
        let memory = memory.forget(options);
        let Some(output) = amendment.publish(&own)? else { return Ok(None) };
        context.detail("nothing but the contents of own files has changed, so the rest of the output stays as it is");
        let of_zip = output.zip.as_ref().and_then(|zip| check_zip_size(zip.size_bytes));
        context.give(&mut warnings, output.warnings.iter().chain(&of_zip));
        let published = Published {
            path: options.publish.out.clone(),
            target: options.target.clone(),
            files: output.files,
            size_bytes: output.size_bytes,
            zip: output.zip,
            dists: last.dists.clone(),
            excluded: last.excluded.clone(),
            layers: Vec::new(),
            passed_over: last.passed_over,
            left_out: last.left_out,
            changes: Some(Vec::new()),
            is_unchanged: false,
        };
        let [of_choice, of_dists, _] = last.warnings;
        let news = News {
            dists: last.dists,
            excluded: last.excluded,
            freshness: last.freshness,
            warnings: vec![of_choice, of_dists, warnings],
        };
        let own = OwnPart { bytes: own.size_bytes, ..last.own };
        memory.remember(&published, &news, Some(own), options);
        Ok(Some(published))
    }
}

/// What is to be said of the size of an output with these own files.
enum SizeVerdict {
    Fits,
    /// The output is larger than Lambda accepts: the warning that says so.
    TooLarge(String),
    /// Only putting the output together tells.
    Unknown,
}

impl SizeVerdict {
    fn of(last: &Edited, own: &Bundle, options: &BundleOptions) -> Self {
        let size = (last.size_bytes - last.own.bytes) + own.size_bytes;
        let limit = options.publish.max_size.map_or(UNZIPPED_LIMIT_BYTES, |Bytes(limit)| limit);
        match (&last.own.largest, options.publish.max_size) {
            _ if size <= limit => Self::Fits,
            (Some(largest), None) => Self::TooLarge(too_large_for_lambda(size, largest)),
            _ => Self::Unknown,
        }
    }
}
