//! The values of environment markers on Lambda, and on the machine that builds (PEP 508, "Environment Markers").

use super::{Architecture, HostSystem, Runtime};
use crate::spec::{MarkerEnvironment, MarkerEnvironmentBuilder, Version};

/// Every marker of the specification. `platform_release` and `platform_version` describe the kernel, which changes
/// under a running function: they are empty, so that no resolution depends on them.
pub(super) fn environment(
    runtime: Runtime,
    architecture: Architecture,
    system: HostSystem,
    python_full_version: &Version,
) -> MarkerEnvironment {
    let (major, minor) = runtime.python_version();
    let (sys_platform, platform_system) = system.markers();
    let full_version = python_full_version.to_string();
    MarkerEnvironment::try_from(MarkerEnvironmentBuilder {
        implementation_name: "cpython",
        implementation_version: &full_version,
        os_name: "posix",
        platform_machine: system.machine(architecture),
        platform_python_implementation: "CPython",
        platform_release: "",
        platform_system,
        platform_version: "",
        python_full_version: &full_version,
        python_version: &format!("{major}.{minor}"),
        sys_platform,
    })
    .expect("the versions come from parsed ones")
}
