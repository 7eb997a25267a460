//! What stands for every place that files come from, when nothing else may be asked.

use std::future::Future;
use std::pin::Pin;

use super::{FetchError, WantedFile};
use crate::spec::SafeUrl;

/// An answer that is on its way.
pub(crate) type LocatedFile<'a> = Pin<Box<dyn Future<Output = Result<Option<WantedFile>, FetchError>> + Send + 'a>>;

/// A place that stands for all others: whatever URL a lock, a requirement or a page gives, the file is looked for here.
pub trait StandIn: Send + Sync {
    /// Where this place has the wanted file; `None`: it does not have it.
    ///
    /// What is promised of the bytes stays promised: only their place is another one.
    fn locate<'a>(&'a self, wanted: &'a WantedFile) -> LocatedFile<'a>;

    /// The place, for messages; files that an index of this URL lists are not looked for a second time.
    fn place(&self) -> &SafeUrl;
}
