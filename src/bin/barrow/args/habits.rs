//! Command lines in the words of pip and uv.
//!
//! What means the same here is put into our words before the command line is parsed ([`understand`]). What does not
//! exist here, or means something else, is refused by the parser, and [`advice`] names what does the job.

mod advice;

use std::ffi::OsString;

pub(crate) use advice::{advice, stray};

/// Options of pip that ask for what barrow does anyway, or for silence about what it never says. They are taken where a
/// script calls pip (`barrow pip install`). With `=` behind the name they have a value.
const MET_ANYWAY: &[&str] = &[
    "--disable-pip-version-check",
    "--exists-action=",
    "--force-reinstall",
    "--ignore-installed",
    "--isolated",
    "--no-color",
    "--no-compile",
    "--no-input",
    "--no-python-version-warning",
    "--no-user",
    "--no-warn-conflicts",
    "--no-warn-script-location",
    "--progress-bar=",
    "--root-user-action=",
    "--src=",
    "--upgrade",
    "--upgrade-strategy=",
    "--use-pep517",
    "-I",
    "-U",
];

/// What to write for an option that is missing, as the parser shows it.
pub(crate) fn place(option: &str) -> Option<&'static str> {
    match option {
        "--output <OUT>" => Some("say where to: `-o build` is a folder, `-o function.zip` a zip"),
        "--output <DIR>" => Some("say where to: `-o mirror`"),
        "--target <DIR>" => Some("say where to: `-t build`"),
        "--check" => Some("--handler says what --check begins at: give both"),
        "<PATH>" => Some("name the folder or zip that is to be checked"),
        "<SHELL>" => Some("name the shell: bash, elvish, fish, powershell or zsh"),
        _ => None,
    }
}

/// `help pip` and `help pip install` as the help of `install`, which is what `pip install` calls.
fn without_pip(mut arguments: Vec<OsString>) -> Vec<OsString> {
    let is = |at: usize, word: &str| arguments.get(at).is_some_and(|found| found == word);
    if is(1, "help") && is(2, "pip") {
        arguments.remove(2);
        if arguments.len() == 2 {
            arguments.push("install".into());
        }
    }
    arguments
}

/// The command line in barrow's words.
pub(crate) fn understand(arguments: Vec<OsString>) -> Vec<OsString> {
    in_our_words(without_pip(arguments))
}

fn in_our_words(arguments: Vec<OsString>) -> Vec<OsString> {
    let calls_pip = arguments.get(1).is_some_and(|word| word == "pip");
    let installs = calls_pip && arguments.get(2).is_some_and(|word| word == "install");
    let abis = if installs { abis_of_target(&arguments) } else { Vec::new() };
    let mut newest_glibc = None;
    let mut words = arguments.into_iter();
    let mut understood: Vec<OsString> = words.next().into_iter().collect();
    if calls_pip {
        words.next();
    }
    let mut positional: Vec<OsString> = Vec::new();
    while let Some(word) = words.next() {
        let Some(text) = word.to_str() else {
            understood.push(word);
            continue;
        };
        if text == "--" {
            positional.push(word);
            positional.extend(words);
            break;
        }
        let (name, value) = text.split_once('=').map_or((text, None), |(name, value)| (name, Some(value.to_owned())));
        if installs && let Some(takes_value) = met_anyway(name) {
            if takes_value && value.is_none() {
                words.next();
            }
            continue;
        }
        match name {
            "--platform" | "--python-platform" => {
                let value = value.or_else(|| words.next().and_then(|word| word.into_string().ok()));
                newest_glibc = newest_glibc.max(value.as_deref().and_then(glibc));
                understood.extend(platform(name, value));
            }
            "--abi" | "--implementation" if installs => {
                let value = value.or_else(|| words.next().and_then(|word| word.into_string().ok()));
                let fits = |value: &String| match name {
                    "--abi" => abis.contains(value),
                    _ => ["cp", "py"].contains(&value.as_str()),
                };
                if !value.as_ref().is_some_and(fits) {
                    understood.push(value.map_or_else(|| name.into(), |value| format!("{name}={value}").into()));
                }
            }
            // A folder is built and bundled, whether pip would link to it or not.
            "-e" | "--editable" if installs => understood.extend(value.map(OsString::from)),
            "--python-version" => {
                let value = value.or_else(|| words.next().and_then(|word| word.into_string().ok()));
                understood.push(name.into());
                understood.extend(value.map(|version| python_version(&version).into()));
            }
            _ => understood.push(word),
        }
    }
    // What is said in barrow's own word counts.
    let is_told = |word: &OsString| word.to_str().is_some_and(|word| word == "--glibc" || word.starts_with("--glibc="));
    if let Some((major, minor)) = newest_glibc.filter(|_| !understood.iter().any(is_told)) {
        understood.extend(["--glibc".into(), format!("{major}.{minor}").into()]);
    }
    understood.extend(positional);
    understood
}

/// The ABIs that pip is told where one of them is that of the Python that it is told; none where it is another one.
fn abis_of_target(arguments: &[OsString]) -> Vec<String> {
    let told = |option: &str| -> Vec<String> {
        let words: Vec<&str> = arguments.iter().filter_map(|word| word.to_str()).collect();
        let behind = words.windows(2).filter(|pair| pair[0] == option).map(|pair| pair[1]);
        let joined = words.iter().filter_map(|word| word.strip_prefix(option)?.strip_prefix('='));
        behind.chain(joined).map(str::to_owned).collect()
    };
    let versions = told("--python-version").into_iter().map(|version| python_version(&version));
    let runtimes = told("--runtime").into_iter().map(|runtime| runtime.trim_start_matches("python").to_owned());
    let Some(version) = versions.chain(runtimes).next_back() else { return Vec::new() };
    let minor: Vec<&str> = version.split('.').take(2).collect();
    let own = format!("cp{}", minor.concat());
    let abis = told("--abi");
    if !abis.contains(&own) {
        return Vec::new();
    }
    abis.into_iter().filter(|abi| [own.as_str(), "abi3", "none"].contains(&abi.as_str())).collect()
}

/// Whether pip's option is met by what barrow does anyway; if so, whether it takes a value.
fn met_anyway(name: &str) -> Option<bool> {
    let found = MET_ANYWAY.iter().find(|known| known.trim_end_matches('=') == name)?;
    Some(found.ends_with('='))
}

/// `--platform` of pip and `--python-platform` of uv as processor, where they name a Linux; pip takes several, and the
/// newest glibc of them counts. Anything else stays as it is, for the parser to refuse.
fn platform(option: &str, value: Option<String>) -> Vec<OsString> {
    let Some(value) = value else { return vec![option.into()] };
    let machine = ["x86_64", "aarch64", "arm64", "amd64"].into_iter().find(|machine| value.contains(machine));
    let is_linux = ["linux", "manylinux"].iter().any(|word| value.contains(word)) && !value.contains("musl");
    if value == "linux" {
        return vec!["--arch".into(), "x86_64".into()];
    }
    let (Some(machine), true) = (machine, is_linux) else {
        return vec![format!("{option}={value}").into()];
    };
    vec!["--arch".into(), machine.into()]
}

/// The glibc that a manylinux name stands for (PEP 513, 571, 599, 600).
fn glibc(platform: &str) -> Option<(u32, u32)> {
    let (_, version) = platform.split_once("manylinux")?;
    let version = version.trim_start_matches('_');
    let named = [("2014", (2, 17)), ("2010", (2, 12)), ("1", (2, 5))];
    if let Some((_, glibc)) = named.iter().find(|(name, _)| version.split(['_', '-']).next() == Some(name)) {
        return Some(*glibc);
    }
    let mut numbers = version.split(['_', '-']).map_while(|part| part.parse::<u32>().ok());
    Some((numbers.next()?, numbers.next()?))
}

/// pip takes `312` for 3.12; others have names such as `py312`.
fn python_version(version: &str) -> String {
    let version = ["python", "py", "cp"].iter().find_map(|name| version.strip_prefix(name)).unwrap_or(version);
    match version.strip_prefix('3') {
        Some(minor) if !minor.is_empty() && minor.bytes().all(|byte| byte.is_ascii_digit()) => format!("3.{minor}"),
        _ => version.to_owned(),
    }
}

#[cfg(test)]
mod tests;
