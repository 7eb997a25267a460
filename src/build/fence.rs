//! Builds without a network. What a backend requires was resolved, verified and installed for it, so whatever it would
//! fetch beyond that is a stranger's word that nobody has checked.
//!
//! On Linux that is a network namespace of its own, made by `unshare` of util-linux; on macOS a sandbox, made by
//! `sandbox-exec`. Both are programs of the system: what they do cannot be done here without unsafe code. Where neither
//! may be had, as in many containers, builds run as they are.

use std::process::{Command, Stdio};
use std::sync::OnceLock;

/// Ways to start a program without a network, best first: the program that does it, and what stands before the name of
/// the other.
///
/// The first needs the rights of an administrator, and changes nothing else. The second makes a user namespace too, in
/// which everybody stays who they are.
#[cfg(target_os = "linux")]
const WAYS: &[(&str, &[&str])] = &[
    ("/usr/bin/unshare", &["--net", "--"]),
    ("/usr/bin/unshare", &["--map-current-user", "--net", "--"]),
    ("/bin/unshare", &["--map-current-user", "--net", "--"]),
];

/// The program of macOS that runs another one without network, with its arguments.
#[cfg(not(target_os = "linux"))]
const WAYS: &[(&str, &[&str])] =
    &[("/usr/bin/sandbox-exec", &["-p", "(version 1)(allow default)(deny network-outbound (remote ip))"])];

/// What stands before the name of a program so that it has no network; nothing where that cannot be had. Tried once.
pub(super) fn words() -> &'static [&'static str] {
    static FOUND: OnceLock<Vec<&'static str>> = OnceLock::new();
    FOUND.get_or_init(|| {
        let works = |(program, arguments): &&(&str, &[&str])| {
            let mut command = Command::new(program);
            command.args(*arguments).args(["/bin/sh", "-c", ":"]).env_clear();
            command.stdin(Stdio::null()).stdout(Stdio::null()).stderr(Stdio::null());
            command.status().is_ok_and(|status| status.success())
        };
        let found = WAYS.iter().find(works);
        found.map(|(program, arguments)| [&[*program], *arguments].concat()).unwrap_or_default()
    })
}

/// Texts of programs that found no network, in lower case: of Python, curl, git and cargo.
const SIGNS: &[&str] = &[
    "name resolution",
    "name or service not known",
    "could not resolve",
    "failed to lookup address",
    "network is unreachable",
    "network error",
    "nodename nor servname",
    "urlopen error",
    "failed to establish a new connection",
    "failed to download",
];

/// Whether what a program wrote says that it wanted a network.
pub(super) fn misses_network(output: &str) -> bool {
    let output = output.to_lowercase();
    SIGNS.iter().any(|sign| output.contains(sign))
}
