//! What wheels are made for, in words rather than in tags: a project has up to a hundred of them for one version.

use std::collections::{BTreeMap, BTreeSet};

use super::tags::{TagMismatch, Tags};
use super::{Architecture, Glibc};
use crate::spec::WheelFilename;

/// Words for a set of numbers: `3.8 to 3.11`, `3.13`.
fn versions(minors: &BTreeSet<u32>) -> Vec<String> {
    let mut spans: Vec<(u32, u32)> = Vec::new();
    for minor in minors {
        match spans.last_mut() {
            Some((_, last)) if *last + 1 == *minor => *last = *minor,
            _ => spans.push((*minor, *minor)),
        }
    }
    let texts = spans.into_iter().flat_map(|(first, last)| match last - first {
        0 => vec![format!("3.{first}")],
        1 => vec![format!("3.{first}"), format!("3.{last}")],
        _ => vec![format!("3.{first} to 3.{last}")],
    });
    texts.collect()
}

/// What wheels are made for, those for Linux alone where there are such: `CPython 3.8 to 3.11 on Linux x86_64`.
pub(crate) fn wheels_in_words(wheels: &[&WheelFilename], known: Glibc) -> String {
    let is_for_linux = |wheel: &&&WheelFilename| {
        wheel.platforms().iter().any(|it| it == "any" || it.starts_with("manylinux") || it.starts_with("linux_"))
    };
    let linux: Vec<&WheelFilename> = wheels.iter().filter(is_for_linux).copied().collect();
    let wheels = if linux.is_empty() { wheels } else { &linux };
    format!("{} on {}", pythons_in_words(wheels), platforms_in_words(wheels, known))
}

/// The Pythons that wheels are made for: `CPython 3.8 to 3.11`.
pub(crate) fn pythons_in_words(wheels: &[&WheelFilename]) -> String {
    let (mut exact, mut since, mut others) = (BTreeSet::new(), BTreeSet::new(), BTreeSet::new());
    for wheel in wheels {
        let is_stable = wheel.abis().iter().any(|abi| abi.starts_with("abi3"));
        let is_free = wheel.abis().iter().all(|abi| abi.ends_with('t') && abi.contains('3'));
        for tag in wheel.pythons().iter() {
            let minor = |start: &str| tag.strip_prefix(start).and_then(|rest| rest.parse::<u32>().ok());
            match (minor("cp3"), minor("py3")) {
                (Some(minor), _) if is_free => others.insert(format!("free-threaded CPython 3.{minor}")),
                (Some(minor), _) if is_stable => since.insert(minor),
                (Some(minor), _) => exact.insert(minor),
                (_, Some(minor)) => others.insert(format!("Python 3.{minor} and later")),
                _ => others.insert(other_python(tag)),
            };
        }
    }
    let mut words = Vec::new();
    words.extend(versions(&exact));
    if let Some(first) = words.first_mut() {
        *first = format!("CPython {first}");
    }
    // The oldest of them says it for all.
    words.extend(since.first().map(|minor| format!("CPython 3.{minor} and later")));
    // Lambda has CPython alone: what else there is would matter only if there were nothing else.
    let is_other = |word: &String| matches!(word.as_str(), "PyPy" | "GraalPy");
    let has_cpython = !words.is_empty();
    words.extend(others.into_iter().filter(|word| !(has_cpython && is_other(word))));
    join_and(&words)
}

fn other_python(tag: &str) -> String {
    let word = match tag {
        "py3" => "Python 3",
        _ if tag.starts_with("py2") || tag.starts_with("cp2") => "Python 2",
        _ if tag.starts_with("pp") => "PyPy",
        _ if tag.starts_with("graalpy") => "GraalPy",
        _ => tag,
    };
    word.to_owned()
}

/// The systems that wheels are made for. Where one is for Linux, the others are of no interest to Lambda: `Linux x86_64
/// and arm64`; else `macOS and Windows`. A glibc newer than `known` is told: `Linux x86_64 (glibc 2.28)`.
pub(crate) fn platforms_in_words(wheels: &[&WheelFilename], known: Glibc) -> String {
    let mut machines: BTreeMap<String, Option<Glibc>> = BTreeMap::new();
    let mut others = BTreeSet::new();
    for wheel in wheels {
        let mut needed: BTreeMap<String, Option<Glibc>> = BTreeMap::new();
        for platform in wheel.platforms().iter() {
            match linux(platform) {
                Some((machine, glibc)) => {
                    // Of several names of one wheel, the least demanding counts.
                    let least = needed.entry(machine).or_insert(glibc);
                    *least = (*least).min(glibc);
                }
                None => {
                    others.insert(other_platform(platform));
                }
            }
        }
        for (machine, glibc) in needed {
            let least = machines.entry(machine).or_insert(glibc);
            *least = (*least).min(glibc);
        }
    }
    if machines.is_empty() {
        return join_and(&others.into_iter().collect::<Vec<_>>());
    }
    let words = machines.into_iter().map(|(machine, glibc)| match glibc {
        Some(glibc) if glibc > known => format!("{machine} (glibc {glibc})"),
        _ => machine,
    });
    format!("Linux {}", join_and(&words.collect::<Vec<_>>()))
}

/// The processor of a platform of Linux, as AWS calls it, and the glibc that it needs.
fn linux(platform: &str) -> Option<(String, Option<Glibc>)> {
    let as_aws = |machine: &str| {
        let all = [Architecture::X86_64, Architecture::Arm64];
        let known = all.into_iter().find(|architecture| architecture.machine() == machine);
        known.map_or_else(|| machine.to_owned(), |architecture| architecture.as_str().to_owned())
    };
    if let Some(machine) = platform.strip_prefix("linux_") {
        return Some((as_aws(machine), None));
    }
    if let Some(rest) = platform.strip_prefix("manylinux_") {
        let mut parts = rest.splitn(3, '_');
        let (major, minor) = (parts.next()?.parse().ok()?, parts.next()?.parse().ok()?);
        return Some((as_aws(parts.next()?), Some(Glibc { major, minor })));
    }
    let (_, machine) = platform.strip_prefix("manylinux")?.split_once('_')?;
    Some((as_aws(machine), None))
}

fn other_platform(platform: &str) -> String {
    let words = [
        ("any", "any platform"),
        ("musllinux", "Linux with musl"),
        ("macosx", "macOS"),
        ("win", "Windows"),
        ("ios", "iOS"),
        ("android", "Android"),
        ("pyodide", "WebAssembly"),
        ("emscripten", "WebAssembly"),
        ("wasi", "WebAssembly"),
    ];
    let word = words.into_iter().find(|(start, _)| platform.starts_with(start));
    word.map_or_else(|| platform.to_owned(), |(_, word)| word.to_owned())
}

impl Tags {
    /// Why none of several wheels fits: the nearest miss of all, with what they are made for in words. `None` where one
    /// fits, or there is none.
    pub(crate) fn nearest_of_all(&self, wheels: &[&WheelFilename]) -> Option<TagMismatch> {
        let missed: Option<Vec<TagMismatch>> = wheels.iter().map(|wheel| self.compatibility(wheel).err()).collect();
        let missed = missed?;
        let nearest = missed.iter().max()?;
        let alike = |mismatch: &TagMismatch| std::mem::discriminant(mismatch) == std::mem::discriminant(nearest);
        let of_kind = || wheels.iter().zip(&missed).filter(|(_, miss)| alike(miss)).map(|(wheel, _)| *wheel);
        Some(match nearest {
            TagMismatch::Python(_) => {
                // Which Pythons a wheel for another system is for helps nobody, unless there are only such wheels.
                let here: Vec<&WheelFilename> = of_kind().filter(|wheel| self.has_platform_of(wheel)).collect();
                let all: Vec<&WheelFilename> = of_kind().collect();
                TagMismatch::Python(pythons_in_words(if here.is_empty() { &all } else { &here }))
            }
            TagMismatch::Platform(_) => {
                TagMismatch::Platform(platforms_in_words(&of_kind().collect::<Vec<_>>(), self.glibc()))
            }
            TagMismatch::Architecture(_) => {
                let machines = of_kind().flat_map(|wheel| wheel.platforms().iter()).filter_map(linux);
                let machines: BTreeSet<String> = machines.map(|(machine, _)| machine).collect();
                TagMismatch::Architecture(join_and(&machines.into_iter().collect::<Vec<_>>()))
            }
            other => other.clone(),
        })
    }
}

/// Several things as one enumeration: `one, two and three`.
pub(crate) fn join_and(parts: &[String]) -> String {
    match parts {
        [] => String::new(),
        [one] => one.clone(),
        [first @ .., last] => format!("{} and {last}", first.join(", ")),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::target::{Runtime, Target};

    fn wheels(tags: &[&str]) -> Vec<WheelFilename> {
        tags.iter().map(|tags| format!("a-1.0-{tags}.whl").parse().unwrap()).collect()
    }

    #[test]
    fn pythons() {
        let check = |tags: &[&str], expected: &str| {
            let wheels = wheels(tags);
            assert_eq!(pythons_in_words(&wheels.iter().collect::<Vec<_>>()), expected, "{tags:?}");
        };
        check(&["cp38-cp38-win32", "cp39-cp39-win32", "cp310-cp310-win32"], "CPython 3.8 to 3.10");
        check(&["cp310-cp310-win32", "cp311-cp311-win32", "pp39-pypy39_pp73-win32"], "CPython 3.10 and 3.11");
        check(&["pp39-pypy39_pp73-win32", "pp310-pypy310_pp73-win32"], "PyPy");
        check(&["cp38-cp38-win32", "cp310-cp310-win32"], "CPython 3.8 and 3.10");
        check(&["cp313-abi3-win32", "cp314-abi3-win32"], "CPython 3.13 and later");
        check(
            &["cp313-cp313t-win32", "cp314-abi3t-win32"],
            "free-threaded CPython 3.13 and free-threaded CPython 3.14",
        );
        check(&["py2-none-any", "cp27-cp27m-win32"], "Python 2");
    }

    #[test]
    fn platforms() {
        let check = |tags: &[&str], expected: &str| {
            let wheels = wheels(tags);
            let known = Glibc { major: 2, minor: 26 };
            assert_eq!(platforms_in_words(&wheels.iter().collect::<Vec<_>>(), known), expected, "{tags:?}");
        };
        check(&["cp38-cp38-win32", "cp38-cp38-macosx_11_0_arm64", "cp38-cp38-win_amd64"], "Windows and macOS");
        check(&["cp38-cp38-win32", "cp38-cp38-manylinux1_x86_64"], "Linux x86_64");
        check(
            &["cp38-cp38-manylinux_2_28_aarch64", "cp38-cp38-manylinux_2_17_x86_64.manylinux2014_x86_64"],
            "Linux arm64 (glibc 2.28) and x86_64",
        );
        check(&["cp38-cp38-musllinux_1_1_x86_64"], "Linux with musl");
    }

    #[test]
    fn the_nearest_miss_is_that_of_all_wheels() {
        let target = Target::new("python3.13".parse::<Runtime>().unwrap(), Architecture::X86_64);
        let check = |tags: &[&str], expected: Option<&str>| {
            let wheels = wheels(tags);
            let nearest = target.tags().nearest_of_all(&wheels.iter().collect::<Vec<_>>());
            assert_eq!(nearest.map(|it| it.to_string()).as_deref(), expected, "{tags:?}");
        };
        check(&[], None);
        check(&["cp313-cp313-manylinux_2_17_x86_64", "cp38-cp38-win32"], None);
        check(
            &["pp39-pypy39_pp73-manylinux_2_17_x86_64", "cp39-cp39-manylinux_2_17_x86_64", "cp38-cp38-win32"],
            Some("is made for another Python: CPython 3.9"),
        );
        check(&["cp38-cp38-win32"], Some("is made for another Python: CPython 3.8"));
        check(
            &["cp313-cp313-manylinux_2_17_aarch64", "cp313-cp313-manylinux_2_17_i686", "cp313-cp313-win32"],
            Some("is made for another processor: arm64 and i686"),
        );
    }
}
