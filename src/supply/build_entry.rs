//! Where the cache keeps what is built of a source.

use std::path::PathBuf;

use super::building::SourceBuilder;
use crate::build::{Interpreter, backend_variables};
use crate::cache::Bucket;
use crate::request::Encoder;
use crate::spec::PackageName;

/// Changes when what is kept of a build does, or how builds are made.
const FORMAT: &str = "build 6";

impl SourceBuilder {
    /// Where the cache keeps what is built of a source with these.
    pub(super) fn entry(
        &self,
        identity: &str,
        name: &PackageName,
        interpreter: &Interpreter,
        config_settings: &Vec<(String, String)>,
    ) -> PathBuf {
        let variables: Vec<(String, String)> = backend_variables(&self.workshop.environment).into_iter().collect();
        let constraints: Vec<&str> = self.build_constraints.iter().map(|entry| entry.text.as_str()).collect();
        let mut encoder = Encoder::new();
        encoder
            .field("format", FORMAT)
            .field("source", identity)
            .field("name", name)
            .field("python", &interpreter.version.to_string())
            .field("architecture", interpreter.target.architecture().as_str())
            .field("config-settings", config_settings)
            .field("variables", &variables)
            .field("constraints", &constraints)
            // A backend that may fetch what it likes may build something else.
            .field("network", &self.workshop.network);
        self.cache.entry(Bucket::Builds, &encoder.finish().hex())
    }
}
