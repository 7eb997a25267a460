//! The standard library by version.

use ruff_python_stdlib::sys::{is_builtin_module, is_known_standard_library};

/// Modules that Python no longer has: name, the 3.N from which it is gone, what stands in its place.
///
/// Sources: "What's New in Python 3.9" to "3.15", sections "Removed" (PEP 594 for most of 3.13).
const REMOVED: &[(&str, u8, &str)] = &[
    ("_bootlocale", 10, "use locale"),
    ("aifc", 13, "the project `standard-aifc` brings it"),
    ("asynchat", 12, "use asyncio, or the project `pyasynchat`"),
    ("asyncore", 12, "use asyncio, or the project `pyasyncore`"),
    ("audioop", 13, "the project `audioop-lts` brings it"),
    ("binhex", 11, "nothing replaces it"),
    ("cgi", 13, "the project `legacy-cgi` brings it"),
    ("cgitb", 13, "the project `legacy-cgi` brings it"),
    ("chunk", 13, "the project `standard-chunk` brings it"),
    ("crypt", 13, "the project `crypt-r` or `legacycrypt` brings something alike"),
    ("distutils", 12, "the project `setuptools` brings it"),
    ("formatter", 10, "nothing replaces it"),
    ("imghdr", 13, "the project `standard-imghdr` brings it"),
    ("imp", 12, "use importlib"),
    ("lib2to3", 13, "use the project `parso` or `libcst`"),
    ("mailcap", 13, "the project `standard-mailcap` brings it"),
    ("msilib", 13, "nothing replaces it"),
    ("nis", 13, "nothing replaces it"),
    ("nntplib", 13, "the project `standard-nntplib` brings it"),
    ("ossaudiodev", 13, "nothing replaces it"),
    ("parser", 10, "use ast"),
    ("pipes", 13, "use subprocess or shlex"),
    ("smtpd", 12, "use the project `aiosmtpd`"),
    ("sndhdr", 13, "the project `standard-sndhdr` brings it"),
    ("spwd", 13, "nothing replaces it"),
    ("sunau", 13, "the project `standard-sunau` brings it"),
    ("symbol", 10, "use ast"),
    ("telnetlib", 13, "the project `standard-telnetlib` or `telnetlib3` brings it"),
    ("uu", 13, "the project `standard-uu` brings it"),
    ("xdrlib", 13, "the project `standard-xdrlib` brings it"),
];

/// Modules of the standard library that can be imported on one other system only.
///
/// Sources: "The Python Standard Library", lines "Availability"; CPython's `Lib/asyncio/windows_*.py` and
/// `Lib/multiprocessing/popen_spawn_win32.py`, which refuse to be imported elsewhere.
const OF_OTHER_SYSTEMS: &[(&str, &str)] = &[
    ("_msi", "Windows"),
    ("_overlapped", "Windows"),
    ("_scproxy", "macOS"),
    ("_winapi", "Windows"),
    ("_wmi", "Windows"),
    ("asyncio.windows_events", "Windows"),
    ("asyncio.windows_utils", "Windows"),
    ("msilib", "Windows"),
    ("msvcrt", "Windows"),
    ("multiprocessing.popen_spawn_win32", "Windows"),
    ("nt", "Windows"),
    ("winreg", "Windows"),
    ("winsound", "Windows"),
];

/// The only system on which Python can import a module of its library, where that is not Linux.
pub(crate) fn only_system(name: &str) -> Option<&'static str> {
    OF_OTHER_SYSTEMS.binary_search_by(|(known, _)| (*known).cmp(name)).ok().map(|at| OF_OTHER_SYSTEMS[at].1)
}

/// Whether Python 3.`minor` has a module of this name at the top of its library.
pub(crate) fn is_standard(name: &str, minor: u8) -> bool {
    is_known_standard_library(minor, name) || is_internal(name)
}

/// Modules that begin with an underscore are not in the lists of names, and may be asked for all the same.
fn is_internal(name: &str) -> bool {
    const INTERNAL: [&str; 13] = [
        "__future__",
        "__main__",
        "_frozen_importlib",
        "_frozen_importlib_external",
        "_imp",
        "_interpreters",
        "_manylinux",
        "_sysconfigdata",
        "_typeshed",
        "_xxsubinterpreters",
        "bootstrap",
        "sitecustomize",
        "usercustomize",
    ];
    INTERNAL.contains(&name) || name.starts_with("_sysconfigdata_")
}

/// Whether it is built into the interpreter of Python 3.`minor` on Linux, so that no file can stand in its place.
pub(crate) fn is_built_in(name: &str, minor: u8) -> bool {
    is_builtin_module(minor, name) && only_system(name).is_none()
}

/// Since which 3.N Python no longer has a module that it had, and what stands in its place.
pub(crate) fn removal(name: &str, minor: u8) -> Option<(u8, &'static str)> {
    let row = REMOVED.binary_search_by(|(removed, ..)| (*removed).cmp(name)).ok().map(|at| REMOVED[at])?;
    (minor >= row.1).then_some((row.1, row.2))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn removed_modules_are_those_that_were_there_before() {
        assert!(REMOVED.is_sorted_by_key(|(name, ..)| name));
        for (name, since, _) in REMOVED {
            assert!(!is_standard(name, *since), "{name} is gone in 3.{since}");
            assert!(is_standard(name, since - 1), "{name} was there before 3.{since}");
            assert_eq!(removal(name, since - 1), None);
        }
        assert_eq!(removal("cgi", 13), Some((13, "the project `legacy-cgi` brings it")));
        assert!(is_standard("zoneinfo", 9) && !is_standard("zoneinfo", 8));
        assert!(is_built_in("time", 13) && !is_built_in("json", 13));
    }

    #[test]
    fn modules_of_other_systems_are_standard_there() {
        assert!(OF_OTHER_SYSTEMS.is_sorted());
        for (name, _) in OF_OTHER_SYSTEMS {
            let top = name.split('.').next().unwrap();
            assert!(top.starts_with('_') || is_standard(top, 12), "{name}");
            assert!(!is_built_in(name, 13), "{name}");
        }
        assert_eq!(only_system("winreg"), Some("Windows"));
        assert_eq!(only_system("_scproxy"), Some("macOS"));
        assert_eq!([only_system("ctypes.wintypes"), only_system("asyncio"), only_system("ntpath")], [None; 3]);
    }
}
