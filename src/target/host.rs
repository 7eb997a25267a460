//! The machine that builds: which wheels its own Python loads. Only what a build backend needs is chosen for it, and a
//! bundle never.
//!
//! Order and names are those of `packaging.tags` (PEP 425, PEP 656 for musl, PEP 600 for glibc).

use super::{Architecture, Glibc};

/// The system of a machine that builds.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum HostSystem {
    /// Linux with the GNU C library.
    Glibc(Glibc),
    /// Linux with musl 1.N.
    Musl {
        /// The N of musl 1.N.
        minor: u32,
    },
    /// macOS.
    MacOs {
        /// Major version: 10, or 11 and more.
        major: u32,
        /// Minor version, which tells systems apart as long as the major version is 10.
        minor: u32,
    },
    /// One whose native wheels barrow cannot tell: it loads those without native code.
    Other,
}

impl HostSystem {
    /// `sys_platform` and `platform_system` of its environment markers.
    pub(super) fn markers(self) -> (&'static str, &'static str) {
        match self {
            Self::MacOs { .. } => ("darwin", "Darwin"),
            Self::Glibc(_) | Self::Musl { .. } | Self::Other => ("linux", "Linux"),
        }
    }

    /// `platform_machine` of its environment markers.
    pub(super) fn machine(self, architecture: Architecture) -> &'static str {
        match (self, architecture) {
            (Self::MacOs { .. }, Architecture::Arm64) => "arm64",
            _ => architecture.machine(),
        }
    }

    /// The platform tags that go with native code, best first; none where they follow from the glibc.
    pub(super) fn platforms(self, architecture: Architecture) -> Option<Vec<String>> {
        match self {
            Self::Glibc(_) => None,
            Self::Other => Some(Vec::new()),
            Self::Musl { minor } => {
                let machine = architecture.machine();
                let musl = (0..=minor).rev().map(|minor| format!("musllinux_1_{minor}_{machine}"));
                Some(musl.chain([format!("linux_{machine}")]).collect())
            }
            Self::MacOs { major, minor } => Some(mac_platforms(major, minor, architecture)),
        }
    }
}

/// Programs for a system run on later ones; since macOS 11 the major version alone counts.
fn mac_platforms(major: u32, minor: u32, architecture: Architecture) -> Vec<String> {
    let (own, all): (&[&str], &[&str]) = match architecture {
        Architecture::Arm64 => (&["arm64", "universal2"], &["universal2"]),
        Architecture::X86_64 => {
            let formats = &["x86_64", "intel", "fat64", "fat32", "universal2", "universal"];
            (formats, formats)
        }
    };
    let named = |major: u32, minor: u32, formats: &[&str]| -> Vec<String> {
        formats.iter().map(|format| format!("macosx_{major}_{minor}_{format}")).collect()
    };
    let new = (11..=major).rev().flat_map(|major| named(major, 0, own));
    // What runs on a system before macOS 11 was made for an Intel processor, or for both.
    let newest_old = if major == 10 { minor } else { 16 };
    let old = (4..=newest_old).rev().flat_map(|minor| named(10, minor, all));
    new.chain(old).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_mac_loads_what_was_made_for_it_and_for_older_ones() {
        let arm = HostSystem::MacOs { major: 14, minor: 5 }.platforms(Architecture::Arm64).unwrap();
        assert_eq!(arm[..3], ["macosx_14_0_arm64", "macosx_14_0_universal2", "macosx_13_0_arm64"]);
        assert!(arm.contains(&"macosx_10_9_universal2".to_owned()));
        assert!(!arm.contains(&"macosx_10_9_arm64".to_owned()) && !arm.contains(&"macosx_15_0_arm64".to_owned()));
        let intel = HostSystem::MacOs { major: 10, minor: 15 }.platforms(Architecture::X86_64).unwrap();
        assert_eq!(intel[0], "macosx_10_15_x86_64");
        assert!(!intel.iter().any(|tag| tag.starts_with("macosx_11") || tag.starts_with("macosx_10_16")));
    }

    #[test]
    fn a_machine_with_musl_loads_no_manylinux() {
        let musl = HostSystem::Musl { minor: 2 }.platforms(Architecture::X86_64).unwrap();
        assert_eq!(musl, ["musllinux_1_2_x86_64", "musllinux_1_1_x86_64", "musllinux_1_0_x86_64", "linux_x86_64"]);
    }
}
