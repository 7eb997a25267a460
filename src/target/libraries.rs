//! The libraries of a Lambda runtime, and the versions of symbols in them: data, by Amazon Linux.
//!
//! Sources, read on 2026-11-29: lambci/docker-lambda `base/base-2/fs.txt` and `packages.txt`, a listing of the Amazon
//! Linux 2 runtime itself (what is certain there); brefphp/aws-lambda-layers `utils/lib-check/al2-x64.txt`,
//! `utils/lib-copy/libs-x86.txt` and `libs-arm.txt`, listings of the base images of both generations (what is likely);
//! aws/aws-lambda-base-images, the Dockerfiles (the library path) and issue 127 (`liblzma` of Python 3.11);
//! amazonlinux/amazon-linux-2023 issue 585 (packages of the image); docker-library/official-images pull request 18759
//! (libstdc++ of gcc 14 in 2025). No listing of the Amazon Linux 2023 runtime is published, so only what no program can
//! start without is certain there. The list that `manylinux` wheels are made by is another one: it lets them lean on
//! X11, GL, glib and expat.

use super::{AmazonLinux, Architecture, Glibc, Runtime};

/// How sure it is that a runtime has a library.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Presence {
    /// The runtime does not have it.
    Absent,
    /// The base image has it; of the runtime itself nobody has published it.
    Likely,
    /// The runtime has it.
    Certain,
}

/// How sure it is that a runtime has a version of symbols.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum SymbolVersion {
    /// Every update of the runtime has it.
    Present,
    /// Only the newest updates of the runtime have it.
    Recent {
        /// The newest version that every update has.
        safe: &'static str,
    },
    /// The runtime does not have it.
    TooNew {
        /// The newest version of this kind that it has.
        newest: &'static str,
    },
    /// The table says nothing about this kind.
    Unknown,
}

/// The library path of every base image, in order.
///
/// Source: aws/aws-lambda-base-images, `LD_LIBRARY_PATH` in the Dockerfiles.
pub(crate) const LIBRARY_PATH: [&str; 8] = [
    "/var/lang/lib",
    "/lib64",
    "/usr/lib64",
    "/var/runtime",
    "/var/runtime/lib",
    "/var/task",
    "/var/task/lib",
    "/opt/lib",
];

/// What glibc and gcc themselves are made of: in every Linux of this kind.
const CORE: &[&str] = &[
    "ld-linux-aarch64.so.1",
    "ld-linux-x86-64.so.2",
    "libanl.so.1",
    "libc.so.6",
    "libdl.so.2",
    "libgcc_s.so.1",
    "libm.so.6",
    "libnss_compat.so.2",
    "libnss_dns.so.2",
    "libnss_files.so.2",
    "libpthread.so.0",
    "libresolv.so.2",
    "librt.so.1",
    "libstdc++.so.6",
    "libthread_db.so.1",
    "libutil.so.1",
    "libz.so.1",
];

const AL2_CERTAIN: &[&str] = &[
    "libacl.so.1",
    "libattr.so.1",
    "libcap.so.2",
    "libcidn.so.1",
    "libcom_err.so.2",
    "libcrypto.so.10",
    "libffi.so.6",
    "libform.so.6",
    "libformw.so.6",
    "libgmp.so.10",
    "libgmpxx.so.4",
    "libgssapi_krb5.so.2",
    "libgssrpc.so.4",
    "libk5crypto.so.3",
    "libkdb5.so.8",
    "libkeyutils.so.1",
    "libkrad.so.0",
    "libkrb5.so.3",
    "libkrb5support.so.0",
    "libmenu.so.6",
    "libmenuw.so.6",
    "libncurses.so.6",
    "libncursesw.so.6",
    "libnsl.so.1",
    "libp11-kit.so.0",
    "libpanel.so.6",
    "libpanelw.so.6",
    "libpcre.so.1",
    "libpopt.so.0",
    "libselinux.so.1",
    "libsepol.so.1",
    "libssl.so.10",
    "libtasn1.so.6",
    "libtic.so.6",
    "libtinfo.so.6",
    "libverto.so.1",
];

const AL2_LIKELY: &[&str] = &[
    "libbz2.so.1",
    "libcrypt.so.1",
    "libcurl.so.4",
    "liblzma.so.5",
    "libreadline.so.6",
    "libsqlite3.so.0",
    "libxml2.so.2",
];

const AL2023_LIKELY: &[&str] = &[
    "libacl.so.1",
    "libattr.so.1",
    "libblkid.so.1",
    "libbz2.so.1",
    "libcap.so.2",
    "libcom_err.so.2",
    "libcrypto.so.3",
    "libcurl.so.4",
    "libexpat.so.1",
    "libffi.so.8",
    "libgio-2.0.so.0",
    "libglib-2.0.so.0",
    "libgmodule-2.0.so.0",
    "libgmp.so.10",
    "libgobject-2.0.so.0",
    "libgssapi_krb5.so.2",
    "libgthread-2.0.so.0",
    "libk5crypto.so.3",
    "libkeyutils.so.1",
    "libkrb5.so.3",
    "libkrb5support.so.0",
    "liblzma.so.5",
    "libncurses.so.6",
    "libncursesw.so.6",
    "libp11-kit.so.0",
    "libpcre2-8.so.0",
    "libpopt.so.0",
    "libreadline.so.8",
    "libselinux.so.1",
    "libsepol.so.2",
    "libsqlite3.so.0",
    "libssl.so.3",
    "libtasn1.so.6",
    "libtinfo.so.6",
    "libuuid.so.1",
    "libverto.so.1",
    "libxml2.so.2",
    "libzstd.so.1",
];

/// Versions of symbols that are numbered: their prefix, the newest that is safe, the newest that updates have.
struct Numbered {
    prefix: &'static str,
    safe: &'static str,
    newest: &'static str,
}

const AL2_VERSIONS: &[Numbered] = &[
    Numbered { prefix: "GLIBCXX_", safe: "3.4.24", newest: "3.4.24" },
    Numbered { prefix: "CXXABI_", safe: "1.3.11", newest: "1.3.11" },
    Numbered { prefix: "ZLIB_", safe: "1.2.7.1", newest: "1.2.7.1" },
];

const AL2023_VERSIONS: &[Numbered] = &[
    Numbered { prefix: "GLIBCXX_", safe: "3.4.29", newest: "3.4.33" },
    Numbered { prefix: "CXXABI_", safe: "1.3.13", newest: "1.3.15" },
    Numbered { prefix: "ZLIB_", safe: "1.2.11", newest: "1.2.11" },
];

impl Runtime {
    /// How sure it is that the runtime itself has a library of this name.
    pub fn library(self, soname: &str, architecture: Architecture) -> Presence {
        let has = |list: &[&str]| list.binary_search(&soname).is_ok();
        let (_, minor) = self.python_version();
        let is_own = soname == format!("libpython3.{minor}.so.1.0") || (minor == 11 && soname == "liblzma.so.5");
        let is_vector = soname == "libmvec.so.1" && (architecture == Architecture::X86_64 || self.glibc().minor >= 38);
        if let Some(own) = self.libraries() {
            // A profile says all that there is beside Python and glibc.
            return if has(own) || has(CORE) || is_own { Presence::Certain } else { Presence::Absent };
        }
        match self.amazon_linux() {
            _ if has(CORE) || is_own || is_vector => Presence::Certain,
            AmazonLinux::Al2 if has(AL2_CERTAIN) => Presence::Certain,
            AmazonLinux::Al2 if has(AL2_LIKELY) => Presence::Likely,
            AmazonLinux::Al2023 if has(AL2023_LIKELY) => Presence::Likely,
            _ => Presence::Absent,
        }
    }

    /// Whether the runtime's libraries have a version of symbols, such as `GLIBC_2.28` or `GLIBCXX_3.4.29`; `glibc` is
    /// the newest that can be used.
    pub fn symbol_version(self, version: &str, glibc: Glibc) -> SymbolVersion {
        if version == "GLIBC_ABI_DT_RELR" {
            // Compact relocations: glibc 2.36.
            return if glibc.minor >= 36 { SymbolVersion::Present } else { SymbolVersion::TooNew { newest: "2.34" } };
        }
        if let Some(number) = version.strip_prefix("GLIBC_") {
            let Some(number) = numbers(number) else { return SymbolVersion::Unknown };
            let is_there = number <= [u64::from(glibc.major), u64::from(glibc.minor), u64::MAX];
            let newest = self.amazon_linux().glibc_text();
            return if is_there { SymbolVersion::Present } else { SymbolVersion::TooNew { newest } };
        }
        let table = match self.amazon_linux() {
            AmazonLinux::Al2 => AL2_VERSIONS,
            AmazonLinux::Al2023 => AL2023_VERSIONS,
        };
        let row = table.iter().find_map(|row| Some((row, numbers(version.strip_prefix(row.prefix)?)?)));
        let Some((row, number)) = row else { return SymbolVersion::Unknown };
        let most = |text: &str| numbers(text).is_some_and(|most| number <= most);
        if most(row.safe) {
            SymbolVersion::Present
        } else if most(row.newest) {
            SymbolVersion::Recent { safe: row.safe }
        } else {
            SymbolVersion::TooNew { newest: row.newest }
        }
    }
}

impl AmazonLinux {
    fn glibc_text(self) -> &'static str {
        match self {
            Self::Al2 => "2.26",
            Self::Al2023 => "2.34",
        }
    }
}

/// `1.2.11` as numbers that compare; three are enough for every kind of version but zlib's patches, whose fourth is
/// left out.
fn numbers(text: &str) -> Option<[u64; 3]> {
    let mut found = [0; 3];
    for (at, part) in text.split('.').enumerate() {
        let number = part.parse().ok()?;
        if let Some(place) = found.get_mut(at) {
            *place = number;
        }
    }
    Some(found)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn runtime(name: &str) -> Runtime {
        name.parse().unwrap()
    }

    #[test]
    fn libraries_by_generation() {
        let check = |soname: &str, old: Presence, new: Presence| {
            assert_eq!(runtime("python3.10").library(soname, Architecture::X86_64), old, "{soname}");
            assert_eq!(runtime("python3.13").library(soname, Architecture::X86_64), new, "{soname}");
        };
        for list in [CORE, AL2_CERTAIN, AL2_LIKELY, AL2023_LIKELY] {
            assert!(list.is_sorted(), "{list:?}");
        }
        check("libc.so.6", Presence::Certain, Presence::Certain);
        check("libexpat.so.1", Presence::Absent, Presence::Likely);
        check("libnsl.so.1", Presence::Certain, Presence::Absent);
        check("libcrypto.so.10", Presence::Certain, Presence::Absent);
        check("libcrypt.so.1", Presence::Likely, Presence::Absent);
        check("libgthread-2.0.so.0", Presence::Absent, Presence::Likely);
        check("libGL.so.1", Presence::Absent, Presence::Absent);
        check("libgomp.so.1", Presence::Absent, Presence::Absent);
        check("libpython3.10.so.1.0", Presence::Certain, Presence::Absent);
        assert_eq!(runtime("python3.11").library("liblzma.so.5", Architecture::Arm64), Presence::Certain);
        assert_eq!(runtime("python3.13").library("libmvec.so.1", Architecture::Arm64), Presence::Absent);
    }

    #[test]
    fn versions_of_symbols() {
        let check = |name: &str, version: &str, expected: SymbolVersion| {
            assert_eq!(runtime(name).symbol_version(version, runtime(name).glibc()), expected, "{version} for {name}");
        };
        check("python3.11", "GLIBC_2.26", SymbolVersion::Present);
        check("python3.11", "GLIBC_2.2.5", SymbolVersion::Present);
        check("python3.11", "GLIBC_2.27", SymbolVersion::TooNew { newest: "2.26" });
        check("python3.13", "GLIBC_2.34", SymbolVersion::Present);
        check("python3.13", "GLIBC_2.35", SymbolVersion::TooNew { newest: "2.34" });
        check("python3.13", "GLIBC_ABI_DT_RELR", SymbolVersion::TooNew { newest: "2.34" });
        check("python3.13", "GLIBC_PRIVATE", SymbolVersion::Unknown);
        check("python3.11", "GLIBCXX_3.4.24", SymbolVersion::Present);
        check("python3.11", "GLIBCXX_3.4.25", SymbolVersion::TooNew { newest: "3.4.24" });
        check("python3.12", "GLIBCXX_3.4.30", SymbolVersion::Recent { safe: "3.4.29" });
        check("python3.12", "CXXABI_1.3.16", SymbolVersion::TooNew { newest: "1.3.15" });
        check("python3.12", "ZLIB_1.2.12", SymbolVersion::TooNew { newest: "1.2.11" });
        check("python3.12", "ZLIB_1.2.9", SymbolVersion::Present);
        check("python3.11", "OPENSSL_1.1.0", SymbolVersion::Unknown);
        let wider = runtime("python3.11").symbol_version("GLIBC_2.28", Glibc { major: 2, minor: 28 });
        assert_eq!(wider, SymbolVersion::Present, "the user's own ceiling counts");
    }
}
