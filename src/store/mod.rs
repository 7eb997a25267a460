//! Stores that people have already: anything that keeps bytes under a key.
//!
//! | URL | spoken |
//! |---|---|
//! | `s3://BUCKET/PREFIX` | S3 and what is compatible with it (`AWS_ENDPOINT_URL_S3`) |
//! | `gs://BUCKET/PREFIX` | Google's store by its XML interface |
//! | `https://ACCOUNT.blob.core.windows.net/CONTAINER?sv=…&sig=…` | Azure's blobs by a shared access signature |
//! | `http(s)://…` | PUT, GET and HEAD: `WebDAV`, nginx, raw repositories |
//!
//! What holds for every store: a content is seen whole or not at all, as far as the kind of store can do it (object
//! stores can; servers that write into the place of a file may show half of one, so whoever reads compares digests);
//! nothing is deleted but by [`Store::remove`]. Object stores say what they have ([`Store::list`]), servers of files do
//! not. Requests are those of `http`, with its credentials, repetitions, proxies and certificates. Contents go up in
//! one request, so the largest is what the store takes in one: 5 GB with S3.

mod error;
mod keeper;
mod listing;

pub(crate) use error::StoreError;
pub(crate) use keeper::{Put, Store};
pub(crate) use listing::ListedObject;
