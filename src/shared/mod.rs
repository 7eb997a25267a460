//! A cache that many machines share, on a store that they have for other things already.
//!
//! ```text
//! PLACE/NAMESPACE/cas/sha256/HH/DIGEST              a content by its digest: wheels that were built, finished zips, files of
//!                                                   private indexes
//! PLACE/NAMESPACE/claims/v1/KIND/HH/KEY             a claim: what was made of the inputs with this key
//! ```
//!
//! A content is proved by its digest. A claim is not proved by anything: it says which content was made of which
//! inputs, and what a claim says runs in production. So claims are read only from namespaces that the user names,
//! written only to one that the user names, and, where keys are given, taken only when one of these has signed them. A
//! claim holds its own namespace, kind and key, and one that lies elsewhere is refused. Keys are digests of inputs:
//! they tell no name, path or credential. Files of private indexes need no claim: the index or a lock says their
//! digest.
//!
//! The shared cache never stops a run: a store that is slow, broken, full or lying costs a few seconds at most, and the
//! run does by itself what it would have done. Only with `required` is trouble an error. No run removes anything: that
//! is for the lifecycle rules of the store or for `barrow cache remote prune`. The `v1` in a path is the version of the
//! form: newer versions of barrow write elsewhere.

mod arriving;
mod care;
mod claim;
mod error;
mod keeper;
mod offer;
mod options;
mod tally;
#[cfg(test)]
mod tests;
mod uploads;

pub use care::Pruned;
pub(crate) use care::SharedStanding;
pub(crate) use claim::ClaimKind;
pub(crate) use error::SharedError;
pub(crate) use keeper::SharedCache;
pub(crate) use offer::Offer;
pub use options::{Namespace, NamespaceError, SharedOptions};
pub use tally::Tally;
