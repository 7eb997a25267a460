//! Building from source: an sdist, a folder or a repository becomes a wheel (PEP 517, PEP 518).
//!
//! This runs code of packages, so it happens only for what the user names as source or allows by name. Each hook of a
//! backend is a process of its own, in a virtual environment that `supply` filled by barrow's own resolver and
//! installer, with no credentials and no home of the user's in its environment, a fixed `SOURCE_DATE_EPOCH` and a fixed
//! hash seed. It is not a prison: a build can read what the user can read, and open connections.
//!
//! The wheel is for the target, the build runs here: pure Python always fits; native code only where tags, processor
//! and the glibc symbols of every library in the wheel say so. Of the two ways to get metadata out of a backend, only
//! building the wheel is used: it is needed in any case, and is kept.

mod backend;
mod bytecode;
mod child;
mod error;
mod fence;
mod folder;
mod git;
mod git_state;
mod interpreter;
mod links;
mod named_variables;
mod own_places;
mod setup_cfg;
mod static_metadata;
mod surroundings;
mod system;
mod xcode;
mod wheel;

pub(crate) use backend::{BuildEnvironment, UnpackedSource, Workshop};
pub(crate) use bytecode::{Compiler, PythonSource};
pub(crate) use child::Children;
pub use error::{BuildError, OtherPython};
pub(crate) use folder::{
    copy_checkout, copy_folder, end_search_above, folder_digest, folder_digest_and_variables, folder_files,
};
pub(crate) use git::{Checkout, RepositoryStandIn, bundle, check_out, is_commit, is_of, kept_checkout, submodules};
pub(crate) use interpreter::{Interpreter, InterpreterSearch};
pub(crate) use named_variables::{GivenVariables, NotedVariables};
pub(crate) use setup_cfg::{SetupFiles, static_setup};
pub(crate) use static_metadata::{is_certain, static_metadata};
pub(crate) use surroundings::{SOURCE_DATE, backend_variables};
pub(crate) use system::BuildSystem;
pub(crate) use wheel::{AcceptedWheel, Expected, accept_wheel, check_loadable};
