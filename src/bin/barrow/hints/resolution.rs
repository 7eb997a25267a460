//! What the user can do about requirements that cannot be met, in words.

use barrow::resolution::Barrier;
use barrow::resolve::{Hint, WheelRoom};
use barrow::target::span;

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

/// A hint of the solver's as a sentence.
pub(crate) fn of(hint: &Hint) -> String {
    match hint {
        Hint::DidYouMean(names) => {
            let names: Vec<String> = names.iter().map(|name| format!("`{name}`")).collect();
            format!("did you mean {}?", names.join(" or "))
        }
        Hint::OfDebian => {
            "`pip freeze` of Debian and Ubuntu writes `pkg-resources==0.0.0` for a part of setuptools: remove the line"
                .to_owned()
        }
        Hint::UnknownOffline(name) => {
            format!("run once without `--offline`, so that what is known of `{name}` is in the cache")
        }
        Hint::NeedsPython { name, specifiers, runtimes } => {
            let has = if runtimes.len() == 1 { "has" } else { "have" };
            format!("`{name}` needs Python {specifiers}, which {} {has}", span(runtimes).unwrap_or_default())
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
        Hint::OnlySource { name, version, twin: Some(twin), .. } => format!(
            "{name} {version} has only a source distribution, and {}: require `{}` in its place",
            twin.because, twin.instead
        ),
        Hint::OnlySource { name, version, target, twin: None, barrier, room } => {
            let (forbidden, allow) = (forbidden(*barrier), format!("allow building it with `--allow-build {name}`"));
            let wheel = format!("a wheel of it for {target}");
            format!("{name} {version} has only a source distribution{forbidden}{allow}, or {}", offered(*room, &wheel))
        }
        Hint::OnlySources { names, barrier, room } => {
            let names: Vec<&str> = names.iter().map(AsRef::as_ref).collect();
            let (forbidden, words) = (forbidden(*barrier), super::lock::named(&names));
            let (names, offer) = (names.join(", "), offered(*room, "wheels of them"));
            format!(
                "{names} have only source distributions{forbidden}allow building them with `--allow-build {words}`, or {offer}"
            )
        }
        Hint::WheelsLeftOut { name, version, source: None } => {
            format!("{name} {version} has a wheel, but `--no-binary` leaves wheels out: leave that out for it")
        }
        Hint::WheelsLeftOut { name, version, source: Some(barrier) } => {
            let forbidden = forbidden(*barrier);
            format!(
                "{name} {version} has a wheel, but `--no-binary` leaves wheels out{forbidden}allow building it with \
                 `--allow-build {name}`"
            )
        }
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
            let accepted = if accepted.is_empty() { "no digest".to_owned() } else { accepted.join(", ") };
            let more = if *more > 0 { format!(" and {more} more") } else { String::new() };
            format!("`{file}` has digest {actual}, but `--hash` at {origin} expects {accepted}{more}")
        }
        Hint::OtherTarget { name, version, runtimes, architecture, glibc } => {
            let on = architecture.map(|architecture| format!(" on {architecture}")).unwrap_or_default();
            let with = glibc.map(|glibc| format!(", with glibc {glibc}")).unwrap_or_default();
            format!("{name} {version} can be loaded by {}{on}{with}", span(runtimes).unwrap_or_default())
        }
        Hint::NewestThatLoads { name, version, runtime, architecture } => {
            format!("the newest {name} that {runtime} on {architecture} can load is {version}")
        }
        Hint::Nowhere(name) => format!(
            "if `{name}` lies on an index of your own, name that with `--index NAME=URL`; if it is a folder of yours, require \
             it as `./FOLDER`"
        ),
        Hint::BuildLacks { name, room } => {
            format!("a wheel of `{name}` is needed to build it: {}", offered(*room, "one"))
        }
        Hint::OtherSystems { name, version, has_windows } => {
            let system = if *has_windows { "win32" } else { "darwin" };
            format!(
                "{name} {version} is not for Linux: where other systems alone need it, write \
                 `{name}; sys_platform == '{system}'`, or leave it out with `--exclude-package {name}`"
            )
        }
        Hint::OnlyFromUrl { name, origin } => {
            let origin = origin.as_ref().map(|origin| format!(" ({origin})")).unwrap_or_default();
            format!("`{name}` can only come from the URL that you give for it{origin}")
        }
    }
}
