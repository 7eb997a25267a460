//! What tests are made of: wheels and sdists built in code, an index server that misbehaves on request, a clean place
//! to run the binary in, and trees as text.

mod context;
mod elf;
mod object_store;
mod pages;
pub(crate) mod raw_server;
mod sdist;
mod server;
pub(crate) mod told;
mod token_service;
mod tree;
mod wheel;
mod zip;

#[cfg(test)]
mod tests;

pub(crate) use context::{TestContext, program};
pub(crate) use elf::ElfBuilder;
pub(crate) use object_store::{ObjectStore, StoreFault};
pub(crate) use pages::{html_page, json_page};
pub(crate) use sdist::SdistBuilder;
pub(crate) use server::{Fault, Format, IndexServer, Listed, Ranges, RunningIndex};
pub(crate) use token_service::TokenService;
pub(crate) use told::{has, said};
pub(crate) use tree::tree;
pub(crate) use wheel::{BuiltFile, WheelBuilder, sha256_base64, sha256_hex};
pub(crate) use zip::{ZipEntry, write_zip};

/// Runs a command and compares exit code, standard output and standard error with an inline snapshot.
///
/// ```ignore
/// barrow_snapshot!(context, context.barrow().args(["cache", "dir"]), @r"
/// exit code: 0
/// ----- stdout -----
/// [TEMP]/cache
/// ----- stderr -----
/// ");
/// ```
macro_rules! barrow_snapshot {
    ($context:expr, $command:expr, @$snapshot:literal) => {
        ::insta::assert_snapshot!($context.run($command), @$snapshot)
    };
}
