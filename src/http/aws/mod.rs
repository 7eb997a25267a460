//! Tokens of AWS CodeArtifact, without the AWS command line.
//!
//! A repository is named by an index URL of the service or by `codeartifact://DOMAIN/REPOSITORY`. Its token comes from
//! one signed request with the credentials that the AWS programs would use: environment, profile (keys, role, login,
//! process), web identity, container, instance. The first source that is configured decides; one that is configured and
//! fails ends the search, because going on would mean to act as somebody else. What this cannot do (a code of a second
//! factor, renewing a login) is left to the `aws` program, where there is one.
//!
//! Objects in buckets are asked for with the same credentials (`buckets`).
//!
//! Signatures and the exchange of credentials are those of the `reqsign` crates; what they ask of the world goes
//! through `bridge`, so every request is one of this room's.

mod options;
mod profile;
mod bridge;
mod repository;
mod chain;
mod service;
mod buckets;

pub(super) use bridge::is_metadata_service;
pub(super) use buckets::{Buckets, is_in_bucket, known_user};
pub(super) use chain::is_configured;
pub use options::AwsOptions;
pub(super) use repository::CodeArtifact;
pub(crate) use repository::CodeArtifactIndex;
pub(crate) use service::find_repository;
pub(super) use service::mint;

/// The user that tokens of CodeArtifact go with.
pub(super) const USER: &str = "aws";
