//! The Lambda target: what a runtime on an architecture can load. From a data table, never from the host.
//!
//! ```
//! use barrow::spec::WheelFilename;
//! use barrow::target::{Architecture, Runtime, Target};
//!
//! let target = Target::new("python3.13".parse::<Runtime>()?, Architecture::Arm64);
//! let fits = |wheel: &str| wheel.parse::<WheelFilename>().map(|wheel| target.tags().priority(&wheel).is_some());
//! assert!(fits("demo-1.0-cp313-cp313-manylinux_2_28_aarch64.whl")?);
//! // No runtime of Lambda has the C library musl.
//! assert!(!fits("demo-1.0-cp313-cp313-musllinux_1_2_aarch64.whl")?);
//! # Ok::<(), Box<dyn std::error::Error>>(())
//! ```

mod architecture;
mod error;
mod glibc;
mod host;
mod libraries;
mod made_for;
mod markers;
mod runtimes;
mod sdk;
mod stable_abi;
mod table;
mod tags;
#[cfg(test)]
mod tests;

pub use architecture::Architecture;
pub use error::TargetError;
pub use glibc::Glibc;
pub(crate) use host::HostSystem;
pub(crate) use libraries::{LIBRARY_PATH, Presence, SymbolVersion};
pub(crate) use made_for::{join_and, wheels_in_words};
pub use runtimes::{AGENTCORE, AmazonLinux, Profile, Runtime, span};
pub(crate) use sdk::SdkNeed;
pub(crate) use stable_abi::python_symbol_since;
pub use table::Dates;
pub use tags::{TagMismatch, TagPriority, Tags};

use crate::spec::{MarkerEnvironment, Version, WheelFilename};

/// A Lambda runtime on an architecture: everything that choosing wheels depends on.
#[derive(Clone, Debug)]
pub struct Target {
    runtime: Runtime,
    architecture: Architecture,
    glibc: Glibc,
    python_full_version: Version,
    tags: Tags,
    markers: MarkerEnvironment,
    host: Option<HostSystem>,
}

/// Every runtime and architecture that could load a wheel, oldest runtime first: for telling the user what would do.
pub(crate) fn targets_that_load(wheel: &WheelFilename) -> impl Iterator<Item = (Runtime, Architecture)> + '_ {
    let architectures = [Architecture::X86_64, Architecture::Arm64];
    Runtime::all()
        .flat_map(move |runtime| architectures.map(|architecture| (runtime, architecture)))
        .filter(|(runtime, architecture)| Tags::new(*runtime, *architecture, runtime.glibc()).priority(wheel).is_some())
}

impl Target {
    /// The target of a runtime as AWS runs it.
    pub fn new(runtime: Runtime, architecture: Architecture) -> Self {
        Self::with_overrides(runtime, architecture, None, None)
    }

    /// A target whose glibc ceiling or full Python version differ from the table's.
    pub fn with_overrides(
        runtime: Runtime,
        architecture: Architecture,
        glibc: Option<Glibc>,
        python_full_version: Option<Version>,
    ) -> Self {
        let glibc = glibc.unwrap_or_else(|| runtime.glibc());
        let python_full_version = python_full_version.unwrap_or_else(|| runtime.python_full_version());
        let tags = Tags::new(runtime, architecture, glibc);
        let system = HostSystem::Glibc(glibc);
        let markers = markers::environment(runtime, architecture, system, &python_full_version);
        Self { runtime, architecture, glibc, python_full_version, tags, markers, host: None }
    }

    /// A machine that builds, which is no Lambda: what its own Python of this version can load.
    pub fn of_host(
        runtime: Runtime,
        architecture: Architecture,
        system: HostSystem,
        python_full_version: Version,
    ) -> Self {
        let glibc = if let HostSystem::Glibc(glibc) = system { glibc } else { runtime.glibc() };
        let mut tags = Tags::new(runtime, architecture, glibc);
        if let Some(platforms) = system.platforms(architecture) {
            tags = tags.on_platforms(platforms);
        }
        let markers = markers::environment(runtime, architecture, system, &python_full_version);
        Self { runtime, architecture, glibc, python_full_version, tags, markers, host: Some(system) }
    }

    /// The system of a machine that builds; `None` for Lambda.
    pub fn host(&self) -> Option<HostSystem> {
        self.host
    }

    /// The Lambda runtime.
    pub fn runtime(&self) -> Runtime {
        self.runtime
    }

    /// The processor architecture.
    pub fn architecture(&self) -> Architecture {
        self.architecture
    }

    /// The newest glibc whose symbols can be loaded.
    pub fn glibc(&self) -> Glibc {
        self.glibc
    }

    /// The full Python version that markers and requires-python are compared with.
    pub fn python_full_version(&self) -> &Version {
        &self.python_full_version
    }

    /// The tags that can be loaded, best first.
    pub fn tags(&self) -> &Tags {
        &self.tags
    }

    /// The values of environment markers.
    pub fn markers(&self) -> &MarkerEnvironment {
        &self.markers
    }
}
