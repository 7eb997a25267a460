//! What the user can do about requirements that cannot be met, in words.

use barrow::requirements::Origin;
use barrow::resolution::Barrier;
use barrow::resolve::{FoundBefore, Hint, Twin, WheelRoom};
use barrow::spec::{PackageName, Version};
use barrow::target::{Architecture, Glibc, Runtime, span};

/// What has to be left out before building can be allowed.
fn forbidden(barrier: Barrier) -> String {
    super::lock::lifted(barrier).map_or_else(|| ": ".to_owned(), |way| format!(", and {way} and "))
}

/// How wheels are put where the run looks for them.
fn offered(room: WheelRoom, wheels: &str) -> String {
    match room {
        WheelRoom::Folder => format!("offer {wheels} with `--find-links`"),
        WheelRoom::Mirror => format!("make the mirror with {wheels} in a folder of `--find-links`"),
    }
}

const OF_DEBIAN: &str =
    "`pip freeze` of Debian and Ubuntu writes `pkg-resources==0.0.0` for a part of setuptools: remove the line";

fn nowhere(name: &PackageName) -> String {
    format!(
        "if `{name}` lies on an index of your own, name that with `--index NAME=URL`; if it is a folder of yours, require it as \
         `./FOLDER`"
    )
}

fn found_before(name: &PackageName, FoundBefore { found, not_asked }: &FoundBefore) -> String {
    let not_asked: Vec<String> = not_asked.iter().map(ToString::to_string).collect();
    format!(
        "`{name}` is on {found}, so that {} was not asked: where you want it from there, name that index before, or tie \
         `{name}` to it in `[sources]` of barrow.toml",
        not_asked.join(", ")
    )
}

fn did_you_mean(names: &[PackageName]) -> String {
    let names: Vec<String> = names.iter().map(|name| format!("`{name}`")).collect();
    format!("did you mean {}?", names.join(" or "))
}

/// How what has only sources can be had: by building it, or from somebody who has built it.
fn allow_or_offer(what: &str, allowed: &str, barrier: Barrier, room: WheelRoom, wheels: &str) -> String {
    let (forbidden, offer) = (forbidden(barrier), offered(room, wheels));
    format!("{forbidden}allow building {what} with `--allow-build {allowed}`, or {offer}")
}

fn build_or_offer(name: &PackageName, target: &str, barrier: Barrier, room: WheelRoom) -> String {
    allow_or_offer("it", name.as_ref(), barrier, room, &format!("a wheel of it for {target}"))
}

fn in_its_place(Twin { because, instead, .. }: &Twin) -> String {
    format!(", and {because}: require `{instead}` in its place")
}

/// That there is nothing but a source distribution that a target could use.
fn source_alone(name: &PackageName, version: &Version, has_wheels: bool) -> String {
    if has_wheels {
        format!("{name} {version} has wheels for other Pythons or systems alone, and a source distribution")
    } else {
        format!("{name} {version} has only a source distribution")
    }
}

/// Digests that are accepted, and that there are `more`.
fn digests(accepted: &[String], more: usize) -> String {
    let accepted = if accepted.is_empty() { "no digest".to_owned() } else { accepted.join(", ") };
    if more > 0 { format!("{accepted} and {more} more") } else { accepted }
}

fn only_sources(names: &[PackageName], barrier: Barrier, room: WheelRoom) -> String {
    let names: Vec<&str> = names.iter().map(AsRef::as_ref).collect();
    let way = allow_or_offer("them", &super::lock::named(&names), barrier, room, "wheels of them");
    format!("{} have only source distributions{way}", names.join(", "))
}

/// That `--no-binary` is in the way of a wheel, and what is in the way of building `source`.
fn wheels_left_out(name: &PackageName, version: &Version, source: Option<Barrier>) -> String {
    match source {
        None => format!("{name} {version} has a wheel, but `--no-binary` leaves wheels out: leave that out for it"),
        Some(barrier) => {
            let forbidden = forbidden(barrier);
            format!(
                "{name} {version} has a wheel, but `--no-binary` leaves wheels out{forbidden}allow building it with \
                 `--allow-build {name}`"
            )
        }
    }
}

fn other_systems(name: &PackageName, version: &Version, has_windows: bool) -> String {
    let system = if has_windows { "win32" } else { "darwin" };
    format!(
        "{name} {version} is not for Linux: where other systems alone need it, write `{name}; sys_platform == '{system}'`, or \
         leave it out with `--exclude-package {name}`"
    )
}

fn those_have(runtimes: &[Runtime]) -> String {
    format!("{} {}", span(runtimes).unwrap_or_default(), if runtimes.len() == 1 { "has" } else { "have" })
}

fn other_target(
    name: &PackageName,
    version: &Version,
    runtimes: &[Runtime],
    architecture: Option<Architecture>,
    glibc: Option<Glibc>,
) -> String {
    let on = architecture.map_or_else(String::new, |architecture| format!(" on {architecture}"));
    let with = glibc.map_or_else(String::new, |glibc| format!(", with glibc {glibc}"));
    format!("{name} {version} can be loaded by {}{on}{with}", span(runtimes).unwrap_or_default())
}

fn own_glibc(name: &PackageName, version: &Version, given: Glibc, runtime: Runtime) -> String {
    format!("leave out `--glibc {given}`, without which {runtime} can load {name} {version}")
}

fn no_index(name: &PackageName) -> String {
    format!("`no-index` is set (`barrow config` says where): leave it out, or offer `{name}` with `--find-links`")
}

fn only_from_url(name: &PackageName, origin: Option<&Origin>) -> String {
    let origin = origin.map(|origin| format!(" ({origin})")).unwrap_or_default();
    format!("`{name}` can only come from the URL that you give for it{origin}")
}

/// A hint of the solver's as a sentence.
pub(crate) fn of(hint: &Hint) -> String {
    match hint {
        Hint::DidYouMean(names) => did_you_mean(names),
        Hint::Standard(name) => format!("the module `{name}` comes with Python: leave it out"),
        Hint::OfDebian => OF_DEBIAN.to_owned(),
        Hint::UnknownOffline(name) => {
            format!("run once without `--offline`, so that what is known of `{name}` is in the cache")
        }
        Hint::NeedsPython { name, specifiers, runtimes } => {
            format!("`{name}` needs Python {specifiers}, which {}", those_have(runtimes))
        }
        Hint::Prerelease { name, version, when_named } => {
            let named = if *when_named { " or name it in a requirement" } else { "" };
            format!("{name} {version} is a pre-release: allow it with `--prerelease if-necessary`{named}")
        }
        Hint::PrereleaseBefore { name, version } => {
            format!("{name} {version} is a pre-release and comes before that: require `{name}>={version}` to use it")
        }
        Hint::Yanked { name, version } => {
            format!("{name} {version} is yanked: require `{name}=={version}` exactly to use it all the same")
        }
        Hint::OnlySource { name, version, has_wheels, target, twin, barrier, room } => {
            let way = || build_or_offer(name, target, *barrier, *room);
            source_alone(name, version, *has_wheels) + &twin.as_ref().map_or_else(way, in_its_place)
        }
        Hint::OnlySources { names, barrier, room } => only_sources(names, *barrier, *room),
        Hint::WheelsLeftOut { name, version, source } => wheels_left_out(name, version, *source),
        Hint::TooNew { name, version, uploaded: Some(time) } => {
            format!("{name} {version} would do, but it was uploaded at {time}, after `--exclude-newer`")
        }
        Hint::TooNew { name, version, uploaded: None } => {
            format!("{name} {version} would do, but its index gives no upload time, which `--exclude-newer` needs")
        }
        Hint::Constrained { name, version, text, origin } => {
            format!("{name} {version} would do if the constraint `{text}` at {origin} were not there")
        }
        Hint::OtherDigest { file, actual, origin, accepted, more } => {
            let accepted = digests(accepted, *more);
            format!("`{file}` has digest {actual}, but `--hash` at {origin} expects {accepted}")
        }
        Hint::OtherTarget { name, version, runtimes, architecture, glibc } => {
            other_target(name, version, runtimes, *architecture, *glibc)
        }
        Hint::OwnGlibc { name, version, given, runtime } => own_glibc(name, version, *given, *runtime),
        Hint::NewestThatLoads { name, version, runtime, architecture } => {
            format!("the newest {name} that {runtime} on {architecture} can load is {version}")
        }
        Hint::NoIndex(name) => no_index(name),
        Hint::FoundBefore(name, found) => found_before(name, found),
        Hint::Nowhere(name) => nowhere(name),
        Hint::BuildLacks { name, room } => {
            format!("a wheel of `{name}` is needed to build it: {}", offered(*room, "one"))
        }
        Hint::OtherSystems { name, version, has_windows } => other_systems(name, version, *has_windows),
        Hint::OnlyFromUrl { name, origin } => only_from_url(name, origin.as_ref()),
    }
}
