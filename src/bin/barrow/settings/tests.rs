//! Tests of the settings: where a value comes from, and what is refused.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

use barrow::request::DEFAULT_INDEX_URL;
use barrow::requirements::ProjectSet;
use clap::Parser as _;

use super::{Flags, Host, Settings};
use crate::args::{Cli, Command};

/// A machine of our own making: a home, a working folder, an environment, files.
struct Machine {
    root: tempfile::TempDir,
    host: Host,
}

impl Machine {
    fn new(variables: &[(&str, &str)]) -> Self {
        let root = tempfile::tempdir().unwrap();
        let (home, work) = (root.path().join("home"), root.path().join("work"));
        fs_err::create_dir_all(&home).unwrap();
        fs_err::create_dir_all(&work).unwrap();
        // The machine that runs the tests may have files of pip's; this one has none but its own.
        let mut environment = BTreeMap::from([("PIP_CONFIG_FILE".to_owned(), "/dev/null".to_owned())]);
        environment.extend(variables.iter().map(|(name, value)| ((*name).to_owned(), (*value).to_owned())));
        let host = Host {
            environment,
            home: Some(home),
            working_folder: work,
            temporary_folder: root.path().join("tmp"),
            now: "2026-01-15T12:00:00Z".parse().unwrap(),
            standard_input: crate::standard_input::StandardInput::Questions,
        };
        Self { root, host }
    }

    fn file(self, path: &str, text: &str) -> Self {
        let path = self.root.path().join(path);
        fs_err::create_dir_all(path.parent().unwrap()).unwrap();
        fs_err::write(path, text).unwrap();
        self
    }

    fn read(&self, arguments: &[&str]) -> Result<Settings, String> {
        let command_line = ["barrow", "config"].into_iter().chain(arguments.iter().copied());
        let cli = Cli::try_parse_from(command_line).map_err(|error| error.to_string())?;
        let Command::Config(args) = cli.command else { panic!("config was asked for") };
        let flags = Flags { settings: args.settings, assembly: args.assembly, files: args.files };
        Settings::read(&self.host, &cli.general, flags, Path::new(".")).map_err(|error| {
            let root = self.root.path().display().to_string();
            error.to_string().replace(&root, "ROOT")
        })
    }

    /// The lines of `barrow config` about one setting: values, then the source.
    fn shown(&self, arguments: &[&str], key: &str) -> String {
        let root = self.root.path().display().to_string();
        let settings = self.read(arguments).unwrap_or_else(|error| panic!("{error}"));
        let records = settings.records.iter().filter(|record| record.key == key);
        let lines = records.map(|record| format!("{} ({})", record.values.join(" "), record.source));
        lines.collect::<Vec<_>>().join("; ").replace(&root, "ROOT")
    }
}

const ALL_PLACES: &[(&str, &str)] = &[
    ("BARROW_INDEX_URL", "https://variable/simple"),
    ("UV_DEFAULT_INDEX", "https://uv/simple"),
    ("UV_INDEX_URL", "https://uv-old/simple"),
    ("PIP_INDEX_URL", "https://pip/simple"),
    ("PIP_CONFIG_FILE", "../pip.conf"),
];

/// Takes the places away one by one: the next one counts.
#[test]
fn the_best_place_wins() {
    let mut variables = ALL_PLACES.to_vec();
    let machine = |variables: &[(&str, &str)], has_config: bool| {
        let machine = Machine::new(variables).file("pip.conf", "[global]\nindex-url = https://pip-file/simple\n");
        if has_config { machine.file("work/barrow.toml", "\nindex-url = \"https://file/simple\"\n") } else { machine }
    };
    let flag = ["--index-url", "https://flag/simple"];
    assert_eq!(machine(&variables, true).shown(&flag, "index-url"), "https://flag/simple (--index-url)");
    assert_eq!(machine(&variables, true).shown(&[], "index-url"), "https://variable/simple ($BARROW_INDEX_URL)");
    variables.remove(0);
    assert_eq!(machine(&variables, true).shown(&[], "index-url"), "https://file/simple (ROOT/work/barrow.toml:2)");
    assert_eq!(machine(&variables, false).shown(&[], "index-url"), "https://uv/simple ($UV_DEFAULT_INDEX)");
    variables.remove(0);
    assert_eq!(machine(&variables, false).shown(&[], "index-url"), "https://uv-old/simple ($UV_INDEX_URL)");
    variables.remove(0);
    assert_eq!(machine(&variables, false).shown(&[], "index-url"), "https://pip/simple ($PIP_INDEX_URL)");
    variables.remove(0);
    let from_file = "https://pip-file/simple (ROOT/work/../pip.conf:2)";
    assert_eq!(machine(&variables, false).shown(&[], "index-url"), from_file);
    assert_eq!(Machine::new(&[]).shown(&[], "index-url"), format!("{DEFAULT_INDEX_URL} (default)"));
    assert_eq!(
        machine(&variables, true).shown(&["--no-config"], "index-url"),
        format!("{DEFAULT_INDEX_URL} (default)")
    );
}

#[test]
fn aliases_mean_the_same() {
    let check = |arguments: &[&str], key: &str, expected: &str| {
        assert_eq!(Machine::new(&[]).shown(arguments, key), expected, "{arguments:?}");
    };
    check(&["--default-index", "https://a/simple"], "index-url", "https://a/simple (--index-url)");
    check(&["-i", "https://a/simple"], "index-url", "https://a/simple (--index-url)");
    check(&["--requirements", "a.txt", "-r", "b.txt"], "requirement", "a.txt b.txt (--requirement)");
    check(&["--trusted-host", "a:80"], "allow-insecure-host", "a:80 (--allow-insecure-host)");
    check(&["--no-cache-dir"], "no-cache", "true (--no-cache)");
    check(&["--overrides", "o.txt"], "override", "o.txt (--override)");
    check(&["--arch", "aarch64"], "arch", "arm64 (--arch)");
    check(&["--arch", "amd64"], "arch", "x86_64 (--arch)");
    check(&["--runtime", "python3.12"], "runtime", "python3.12 (--runtime)");
    check(&["--python-version", "3.11"], "runtime", "python3.11 (python-version)");
}

#[test]
fn variables_hold_lists_and_switches_as_pip_has_them() {
    let check = |variables: &[(&str, &str)], key: &str, expected: &str| {
        assert_eq!(Machine::new(variables).shown(&[], key), expected, "{variables:?}");
    };
    let two = "https://a/ https://b/";
    check(&[("PIP_EXTRA_INDEX_URL", two)], "extra-index-url", "https://a/ https://b/ ($PIP_EXTRA_INDEX_URL)");
    check(&[("UV_INDEX", "corp=https://a/ https://b/")], "index", "corp=https://a/ https://b/ ($UV_INDEX)");
    check(&[("PIP_NO_INDEX", "1")], "no-index", "true ($PIP_NO_INDEX)");
    let links = "https://a/, https://b/?c";
    check(&[("UV_FIND_LINKS", links)], "find-links", "https://a/ https://b/?**** ($UV_FIND_LINKS)");
    check(&[("UV_OFFLINE", "1")], "offline", "true ($UV_OFFLINE)");
    check(&[("UV_PRERELEASE", "allow")], "prerelease", "allow ($UV_PRERELEASE)");
    check(&[("UV_RESOLUTION", "lowest")], "resolution", "lowest ($UV_RESOLUTION)");
    check(&[("UV_REQUIRE_HASHES", "1")], "require-hashes", "true ($UV_REQUIRE_HASHES)");
    let dates = [("UV_EXCLUDE_NEWER", "2025-01-01"), ("PIP_UPLOADED_PRIOR_TO", "2024-01-01")];
    check(&dates, "exclude-newer", "2025-01-01 ($UV_EXCLUDE_NEWER)");
    check(&dates[1..], "exclude-newer", "2024-01-01 ($PIP_UPLOADED_PRIOR_TO)");
    check(&[("UV_CONSTRAINT", "a.txt b.txt")], "constraint", "a.txt b.txt ($UV_CONSTRAINT)");
    check(&[("UV_OVERRIDE", "o.txt")], "override", "o.txt ($UV_OVERRIDE)");
    let (names, all) = (("UV_NO_BINARY_PACKAGE", "a b"), ":all: ($UV_NO_BINARY)");
    check(&[names, ("PIP_NO_BINARY", "c")], "no-binary", "a b ($UV_NO_BINARY_PACKAGE)");
    check(&[names, ("UV_NO_BINARY", "1")], "no-binary", all);
    check(&[names, ("UV_NO_BINARY", "0")], "no-binary", "a b ($UV_NO_BINARY_PACKAGE)");
    check(&[("UV_NO_BUILD_PACKAGE", "a b")], "only-binary", "a b ($UV_NO_BUILD_PACKAGE)");
    // A URL has its credentials hidden, whatever the setting is for.
    let url = "https://ci:hunter2@host/c.txt";
    check(&[("PIP_CONSTRAINT", url)], "constraint", "https://ci:****@host/c.txt ($PIP_CONSTRAINT)");
    check(&[("BARROW_NO_DEPS", "off")], "no-deps", "false ($BARROW_NO_DEPS)");
    check(&[("BARROW_RUNTIME", "python3.10")], "runtime", "python3.10 ($BARROW_RUNTIME)");
}

#[test]
fn a_name_counts_more_than_all_projects_wherever_both_are_said() {
    let control = |words: &[&str], file: &str| {
        let machine = Machine::new(&[]).file("work/barrow.toml", file);
        machine.read(words).unwrap().options.format_control
    };
    for (words, file) in [
        (&["--only-binary", ":all:", "--no-binary", "tiny"][..], ""),
        (&["--no-binary", "tiny", "--only-binary", ":all:"], ""),
        (&["--no-binary", "tiny"], "only-binary = [\":all:\"]\n"),
    ] {
        let control = control(words, file);
        let tiny = "tiny".parse().unwrap();
        assert!(control.no_binary.names(&tiny) && control.only_binary == ProjectSet::All, "{words:?}");
    }
}

#[test]
fn the_runtime_comes_from_flag_file_or_the_newest() {
    let machine = Machine::new(&[]).file("work/.python-version", "# mine\n3.12.4\n");
    assert_eq!(machine.shown(&[], "runtime"), "python3.12 (ROOT/work/.python-version:2)");
    assert_eq!(machine.read(&[]).unwrap().target.python_full_version, None, "the patch is the developer's");
    for (word, runtime) in [
        ("cpython@3.11", "python3.11"),
        ("cpython3.11", "python3.11"),
        ("cpython-3.11.2-linux-x86_64-gnu", "python3.11"),
        ("3.11/envs/mine", "python3.11"),
        ("3.12-dev", "python3.12"),
        ("\u{feff}3.11\r", "python3.11"),
        ("311", "python3.11"),
        ("3", "python3.14"),
        (">=3.10,<3.12", "python3.11"),
    ] {
        let machine = Machine::new(&[]).file("work/.python-version", &format!("{word}\n"));
        assert_eq!(machine.shown(&[], "runtime"), format!("{runtime} (ROOT/work/.python-version:1)"), "{word}");
    }
    for word in ["pypy3.10", "3.13t", "system", "3.12.*", "<>3"] {
        let machine = Machine::new(&[]).file("work/.python-version", &format!("{word}\n"));
        assert_eq!(machine.shown(&[], "runtime"), "python3.14 (default)", "{word}");
    }
    let machine = machine.file("work/barrow.toml", "runtime = \"python3.13\"\n");
    assert_eq!(machine.shown(&[], "runtime"), "python3.13 (ROOT/work/barrow.toml:1)");
    assert_eq!(machine.shown(&["--python-version", "3.11.2"], "runtime"), "python3.11 (python-version)");
    let full = machine.read(&["--python-version", "3.11.2"]).unwrap().target.python_full_version;
    assert_eq!(full.map(|version| version.to_string()).as_deref(), Some("3.11.2"));
    let newest = barrow::target::Runtime::newest();
    assert_eq!(Machine::new(&[]).shown(&[], "runtime"), format!("{newest} (default)"));
}

#[test]
fn settings_are_searched_upwards_and_the_nearest_file_wins() {
    let machine = Machine::new(&[])
        .file("barrow.toml", "arch = \"arm64\"\nglibc = \"2.28\"\n")
        .file("work/pyproject.toml", "[project]\nname = \"x\"\n");
    assert_eq!(machine.shown(&[], "arch"), "arm64 (ROOT/barrow.toml:1)");
    let machine = machine.file("work/pyproject.toml", "[tool.barrow]\nlink-mode = \"copy\"\n");
    assert_eq!(machine.shown(&[], "link-mode"), "copy (ROOT/work/pyproject.toml:2)");
    assert_eq!(machine.shown(&[], "arch"), "x86_64 (default)");
    assert!(machine.read(&[]).unwrap().warnings.is_empty());
    // Of both in one folder one counts, and that is said.
    let machine = machine.file("work/barrow.toml", "arch = \"arm64\"\n");
    assert_ne!(machine.shown(&[], "link-mode"), "copy (ROOT/work/pyproject.toml:2)");
    let warnings = machine.read(&[]).unwrap().warnings;
    assert!(matches!(&*warnings, [text] if text.contains("pyproject.toml` is passed over")), "{warnings:?}");
}

#[test]
fn paths_in_a_file_start_at_the_file() {
    let machine = Machine::new(&[])
        .file("barrow.toml", "requirement = [\"deps/base.txt\"]\nindex-url = \"mirror/simple\"\n")
        .file("mirror/simple/index.html", "");
    let settings = machine.read(&[]).unwrap();
    assert_eq!(settings.options.inputs.requirement_files, [machine.root.path().join("deps/base.txt")]);
    assert_eq!(settings.options.indexes.default.url.to_file_path(), Some(machine.root.path().join("mirror/simple/")));
}

#[test]
fn indexes_of_the_file_stand_behind_those_of_the_command_line() {
    let machine = Machine::new(&[("BARROW_INDEX_CORP_EU_TOKEN", "t0ken")]).file(
        "work/barrow.toml",
        "[[index]]\nname = \"corp-eu\"\nurl = \"https://corp/simple\"\nexplicit = true\nignore-status = [403]\n\
         [[index]]\nurl = \"https://other/simple\"\n[sources]\n\"acme-*\" = \"corp-eu\"\n",
    );
    let settings = machine.read(&["--index", "first=https://first/simple"]).unwrap();
    let names: Vec<String> = settings.options.indexes.named.iter().map(|index| index.url.to_string()).collect();
    assert_eq!(names, ["https://first/simple", "https://corp/simple", "https://other/simple"]);
    assert!(settings.options.indexes.named[1].explicit);
    assert_eq!(settings.options.indexes.named[1].ignore_status, [403]);
    assert_eq!(settings.options.indexes.sources[0].1, "corp-eu");
    assert_eq!(settings.options.client.credentials.len(), 1);
    assert_eq!(settings.options.client.credentials[0].setting, "BARROW_INDEX_CORP_EU_TOKEN");

    let settings = machine.read(&["--index", "corp-eu=https://elsewhere/simple"]).unwrap();
    let names: Vec<String> = settings.options.indexes.named.iter().map(|index| index.url.to_string()).collect();
    assert_eq!(names, ["https://elsewhere/simple", "https://other/simple"], "the same name replaces");
}

#[test]
fn what_is_wrong_is_told_with_its_place() {
    let check = |config: &str, arguments: &[&str], expected: &str| {
        let machine = Machine::new(&[]).file("work/barrow.toml", config);
        assert_eq!(machine.read(arguments).unwrap_err(), expected, "{config} {arguments:?}");
    };
    let unknown = "ROOT/work/barrow.toml:2: unknown setting `runtimes`: did you mean `runtime`?";
    check("arch = \"arm64\"\nruntimes = []\n", &[], unknown);
    check("no-deps = \"yes\"\n", &[], "ROOT/work/barrow.toml:1: `no-deps` must be true or false");
    check("[[index]]\nname = \"a\"\n", &[], "ROOT/work/barrow.toml:1: an index needs a `url`");
    check(
        "[sources]\nx = \"corp\"\n",
        &[],
        "ROOT/work/barrow.toml:2: there is no index named `corp`: [[index]] with its `name` makes one",
    );
    let of_units = "ROOT/work/barrow.toml:1: `handler` is for each [[function]] and [[layer]] alone";
    check("handler = \"app.handler\"\n", &[], of_units);
    let of_the_file = "ROOT/work/barrow.toml:2: `check` is for the whole file, and stands at its top";
    check("[defaults]\ncheck = {}\n", &[], of_the_file);
    let contradiction = "python-version 3.11 and runtime python3.12 contradict each other";
    check("", &["--runtime", "python3.12", "--python-version", "3.11"], contradiction);
    let date = "invalid value for `exclude-newer` from --exclude-newer: `tomorrow` is not a date: give YYYY-MM-DD or a \
                time with its zone, such as 2026-01-31T12:00:00Z";
    check("", &["--exclude-newer", "tomorrow"], date);
    let missing = "invalid value for `index-url` from --index-url: `ROOT/work/no/such/` does not exist";
    check("", &["--index-url", "no/such"], missing);
    // What a file or variable names may be there later, or not be asked at all.
    let away = Machine::new(&[("BARROW_INDEX_URL", "no/such")]);
    let away = away.file("work/barrow.toml", "[[index]]\nname = \"a\"\nurl = \"away\"\n");
    assert!(away.read(&[]).is_ok());
    // A mirror stands for it.
    let machine = Machine::new(&[]).file("work/mirror/x", "");
    assert!(machine.read(&["--mirror", "mirror", "--index-url", "no/such"]).is_ok());
    let variable = Machine::new(&[("BARROW_LINK_MODE", "soft")]).read(&[]).unwrap_err();
    assert_eq!(
        variable,
        "invalid value for `link-mode` from $BARROW_LINK_MODE: `soft` is none of auto, clone, hardlink, copy"
    );
}

#[test]
fn of_two_words_on_the_python_the_nearer_counts() {
    let check = |variables: &[(&str, &str)], config: &str, arguments: &[&str], expected: (&str, Option<&str>)| {
        let machine = Machine::new(variables).file("work/barrow.toml", config);
        let target = machine.read(arguments).unwrap().target;
        let full = target.python_full_version.map(|version| version.to_string());
        assert_eq!((target.runtimes[0].name(), full.as_deref()), expected, "{variables:?} {config} {arguments:?}");
    };
    let (version, runtime) = (("BARROW_PYTHON_VERSION", "3.13.1"), ("BARROW_RUNTIME", "python3.13"));
    check(&[version], "runtime = \"python3.9\"\n", &[], ("python3.13", Some("3.13.1")));
    check(&[version], "", &["--runtime", "python3.12"], ("python3.12", None));
    check(&[version], "", &["--runtime", "python3.13"], ("python3.13", Some("3.13.1")));
    check(&[runtime], "python-version = \"3.9.1\"\n", &[], ("python3.13", None));
    check(&[runtime], "", &["--python-version", "3.12.4"], ("python3.12", Some("3.12.4")));
}

#[test]
fn dates_are_whole_days_in_utc() {
    let newest = |text: &str| Machine::new(&[]).read(&["--exclude-newer", text]).unwrap().options.resolve.exclude_newer;
    assert_eq!(newest("2026-01-01"), newest("2026-01-02T00:00:00Z"));
    assert_eq!(newest("2026-01-01T01:00:00+01:00"), newest("2026-01-01T00:00:00Z"));
}

#[test]
fn secrets_are_never_shown() {
    let machine = Machine::new(&[("PIP_EXTRA_INDEX_URL", "https://user:hunter2@a/simple https://tok3n@b/simple")]);
    let settings = machine.read(&["--index-url", "https://__token__:s3cret@c/simple"]).unwrap();
    let shown = format!("{:?}", settings.records);
    for secret in ["hunter2", "tok3n", "s3cret"] {
        assert!(!shown.contains(secret), "{shown}");
    }
    assert_eq!(settings.options.indexes.extra[0].reveal().password(), Some("hunter2"), "but it is used");
    // A URL whose scheme was forgotten is no name of a folder.
    for option in ["--index", "--index-url", "--extra-index-url", "--find-links", "--mirror"] {
        let error = machine.read(&[option, "user:hunter3@corp/simple"]).unwrap_err();
        assert!(error.contains("it has a user and no scheme") && !error.contains("hunter3"), "{error}");
    }
    let error = machine.read(&["--remote-cache", "user:hunter3@corp/cache"]).unwrap_err();
    assert!(error.contains("is no store") && !error.contains("hunter3"), "{error}");
}

#[test]
fn indexes_sources_and_credentials_are_shown_with_their_places() {
    let variables = [
        ("BARROW_INDEX_CORP_TOKEN", "hunter2"),
        ("HTTPS_PROXY", "http://user:hunter2@proxy:8080"),
        ("NO_PROXY", "localhost"),
        ("PIP_KEYRING_PROVIDER", "import"),
    ];
    let machine = Machine::new(&variables).file("home/_netrc", "machine x login y password hunter2\n").file(
        "work/barrow.toml",
        "[[index]]\nname = \"corp\"\nurl = \"https://corp/simple\"\nexplicit = true\nauth = \"bearer\"\n[sources]\n\"acme-*\" = \"corp\"\n",
    );
    for (key, expected) in [
        ("index", "corp=https://corp/simple explicit auth=bearer (ROOT/work/barrow.toml:1)"),
        ("sources", "acme-*=corp (ROOT/work/barrow.toml:7)"),
        ("credentials", "https://corp/simple ($BARROW_INDEX_CORP_TOKEN)"),
        ("netrc-file", "ROOT/home/_netrc (default)"),
        ("proxy", "http://user:****@proxy:8080/ ($HTTPS_PROXY); localhost ($NO_PROXY)"),
        ("keyring-provider", "subprocess ($PIP_KEYRING_PROVIDER)"),
    ] {
        assert_eq!(machine.shown(&[], key), expected, "{key}");
    }
    let settings = machine.read(&[]).unwrap();
    assert!(settings.options.client.credentials[0].bearer && !format!("{:?}", settings.records).contains("hunter2"));
}

#[test]
fn an_old_runtime_is_warned_about() {
    let warnings = |runtime: &str| Machine::new(&[]).read(&["--runtime", runtime]).unwrap().warnings;
    assert_eq!(
        warnings("python3.9"),
        [
            "AWS no longer supports python3.9 (since 2025-12-15): no new functions from 2027-02-01, no updates from 2027-03-03"
        ]
    );
    assert!(warnings("python3.15")[0].contains("is a preview"));
    assert!(warnings("python3.10").is_empty());
}

#[test]
fn runtimes_of_the_settings_file() {
    let file = "[runtime]\ndefault = \"lab\"\n[runtime.lab]\npython = 3.10\nglibc = \"2.36\"\nprovided = [\"NumPy\"]\n\
                libraries = [\"libz.so.1\"]\n[runtime.arm]\npython = \"3.12.1\"\narch = \"arm64\"\n";
    let machine = Machine::new(&[]).file("work/barrow.toml", file);
    assert_eq!(machine.shown(&[], "runtime"), "lab (ROOT/work/barrow.toml:2)");
    let target = machine.read(&[]).unwrap().target.single().unwrap();
    assert_eq!((target.runtime().name(), target.glibc().to_string()), ("lab", "2.36".to_owned()));
    assert_eq!(target.runtime().python_version(), (3, 10));
    assert_eq!(target.runtime().provided_projects(), ["numpy"]);
    let target = machine.read(&["--runtime", "arm"]).unwrap().target.single().unwrap();
    assert_eq!(
        (target.architecture().as_str(), target.python_full_version().to_string()),
        ("arm64", "3.12.1".to_owned())
    );
    assert_eq!(
        machine.read(&["--runtime", "python3.9"]).unwrap().target.single().unwrap().runtime().name(),
        "python3.9"
    );
    let target =
        machine.read(&["--runtime", "agentcore", "--python-version", "3.11"]).unwrap().target.single().unwrap();
    assert_eq!((target.runtime().name(), target.architecture().as_str()), ("agentcore-python3.11", "arm64"));
    let error = machine.read(&["--runtime", "arm", "--arch", "x86_64"]).unwrap_err();
    assert!(error.contains("arm runs on arm64 only"), "{error}");
    let error = machine.read(&["--runtime", "nowhere"]).unwrap_err();
    assert!(error.contains("unknown runtime `nowhere`") && error.contains("the settings describe arm, lab"), "{error}");
}

#[test]
fn runtimes_that_are_described_badly() {
    let check = |file: &str, expected: &str| {
        let error = Machine::new(&[]).file("work/barrow.toml", file).read(&["--runtime", "x"]).unwrap_err();
        assert!(error.contains(expected), "{error}");
    };
    check("[runtime.x]\nglibc = \"2.34\"\n", "barrow.toml:1: a runtime needs `python`");
    check("[runtime.x]\npython = \"3.7\"\n", "the runtime `x` has Python 3.7, and barrow knows 3.8 to 3.15");
    check(
        "[runtime.x]\npython = \"3.12\"\nglib = \"2.34\"\n",
        ":3: unknown setting `glib` of a runtime: did you mean `glibc`?",
    );
    check(
        "[runtime.x]\npython = \"3.12\"\nlibraries = \"libz\"\n",
        "`libraries` of a runtime must be a list of file names",
    );
    check("[runtime.\"python3.12\"]\npython = \"3.12\"\n", "is the name of a runtime that barrow has");
}

#[test]
fn find_links_of_pip_may_be_missing_and_ours_may_not() {
    let machine = Machine::new(&[("PIP_FIND_LINKS", "nowhere")]);
    let settings = machine.read(&[]).unwrap();
    assert!(settings.options.indexes.find_links.is_empty());
    assert_eq!(settings.warnings.len(), 1);
    assert!(machine.read(&["--find-links", "nowhere"]).unwrap_err().ends_with("does not exist"));
}

#[test]
fn certificates_of_all_programs_may_be_missing_and_ours_may_not() {
    let machine = Machine::new(&[("SSL_CERT_FILE", "/nowhere.pem")]);
    let settings = machine.read(&[]).unwrap();
    assert_eq!(settings.options.client.ca_bundle, None);
    assert_eq!(settings.warnings, ["`/nowhere.pem` from $SSL_CERT_FILE is passed over: it does not exist"]);
    let settings = machine.read(&["--cert", "/nowhere.pem"]).unwrap();
    assert_eq!(settings.options.client.ca_bundle, Some(PathBuf::from("/nowhere.pem")), "the client will say so");
}

#[test]
fn the_section_of_the_command_stands_above_the_global_one() {
    let conf = "[install]\nfind_links =\n    links\n    more\n[global]\nfind-links = other\n# no\n__CERT: ca.pem\n";
    let machine = Machine::new(&[("PIP_CONFIG_FILE", "pip.conf")]).file("work/pip.conf", conf);
    let machine = machine.file("work/links/x", "").file("work/more/x", "");
    let links = "file://ROOT/work/links/ file://ROOT/work/more/ (ROOT/work/pip.conf:2)";
    assert_eq!(machine.shown(&[], "find-links"), links);
    assert_eq!(machine.shown(&[], "cert"), "ROOT/work/ca.pem (ROOT/work/pip.conf:8)");
}

#[test]
fn folders_follow_the_platform() {
    let machine = Machine::new(&[("XDG_CACHE_HOME", "/x/cache"), ("XDG_STATE_HOME", "/x/state")]);
    let settings = machine.read(&[]).unwrap();
    assert_eq!(settings.options.cache_folder, Some(PathBuf::from("/x/cache/barrow")));
    assert_eq!(settings.state_folders, [PathBuf::from("/x/state/barrow"), PathBuf::from("/x/cache/barrow/state-v1")]);
    assert_eq!(machine.read(&["--no-cache"]).unwrap().options.cache_folder, None);
}
