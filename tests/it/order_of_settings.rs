//! Which place counts where several have a setting of the indexes: flags, `BARROW_…`, settings files, uv's variables
//! and the tables of the project, pip's variables and files.

use std::process::Command;

use crate::support::{IndexServer, RunningIndex, TestContext, WheelBuilder, sha256_hex};

const PROJECT: &str = "[project]\nname = 'app'\nversion = '1'\ndependencies = ['thing']\n";

/// A place that can have a setting, which says VALUE there.
#[derive(Clone, Copy, Debug)]
enum Place {
    Flag(&'static str),
    Variable(&'static str),
    /// A file below the working folder.
    File(&'static str, &'static str),
    /// What is added to `pyproject.toml`.
    Table(&'static str),
    PipConf(&'static str),
}

use Place::{File, Flag, PipConf, Table, Variable};

impl Place {
    fn say(self, value: &str, context: &TestContext, command: &mut Command) {
        let with = |text: &str| text.replace("VALUE", value);
        match self {
            Flag(flag) => _ = command.args([flag, value]),
            Variable(name) => _ = command.env(name, value),
            File(path, text) => _ = context.write(path, with(text)),
            Table(text) => {
                let before = fs_err::read_to_string(context.path("pyproject.toml")).unwrap();
                context.write("pyproject.toml", before + &with(text));
            }
            PipConf(text) => {
                let path = context.home().join(".config/pip/pip.conf");
                fs_err::create_dir_all(path.parent().unwrap()).unwrap();
                fs_err::write(path, with(text)).unwrap();
            }
        }
    }
}

/// What is locked where these places say these values, or why nothing is.
fn locked(said: &[(Place, &str)]) -> String {
    let context = TestContext::new();
    context.write("pyproject.toml", PROJECT);
    let mut command = context.barrow();
    command.args(["lock", "--runtime", "python3.12", "--format", "requirements", "-o", "-", "-r", "pyproject.toml"]);
    for (place, value) in said {
        place.say(value, &context, &mut command);
    }
    context.show(&command.output().unwrap())
}

fn offering(version: &str) -> RunningIndex {
    IndexServer::new().file(WheelBuilder::new("thing", version)).start()
}

const TABLES: [Place; 7] = [
    Table("[[tool.uv.index]]\nurl = 'VALUE'\ndefault = true\n"),
    Table("[tool.uv]\nindex-url = 'VALUE'\n"),
    Table("[tool.uv.pip]\nindex-url = 'VALUE'\n"),
    File("uv.toml", "index-url = 'VALUE'\n"),
    Table("[[tool.poetry.source]]\nname = 'corp'\nurl = 'VALUE'\npriority = 'primary'\n"),
    Table("[[tool.poetry.source]]\nname = 'corp'\nurl = 'VALUE'\npriority = 'default'\n"),
    Table("[[tool.pdm.source]]\nname = 'pypi'\nurl = 'VALUE'\n"),
];

#[test]
fn the_default_index_of_the_best_place_counts() {
    let (best, worse) = (offering("1.0"), offering("99.0"));
    let above = [
        Flag("--index-url"),
        Variable("BARROW_INDEX_URL"),
        File("barrow.toml", "index-url = 'VALUE'\n"),
        Variable("UV_DEFAULT_INDEX"),
        Variable("UV_INDEX_URL"),
    ];
    let below = [Variable("PIP_INDEX_URL"), PipConf("[global]\nindex-url = VALUE\n")];
    let check = |one: Place, other: Place| {
        let shown = locked(&[(one, &best.url()), (other, &worse.url())]);
        assert!(shown.contains("thing==1.0"), "{one:?} counts more than {other:?}\n{shown}");
    };
    let ordered: Vec<Place> = above.into_iter().chain(below).collect();
    for (at, one) in ordered.iter().enumerate() {
        ordered[at + 1..].iter().for_each(|other| check(*one, *other));
    }
    for table in TABLES {
        for one in above {
            check(one, table);
        }
        for other in below {
            check(table, other);
        }
    }
    assert!(TABLES.iter().all(|table| locked(&[(*table, &best.url())]).contains("thing==1.0")));
}

#[test]
fn what_pip_says_of_extra_indexes_and_links_counts_where_no_table_does() {
    let (table, pips, nothing) = (offering("1.0"), offering("99.0"), IndexServer::new().start());
    let rest = [(Flag("--index-url"), nothing.url())];
    let check = |said: &[(Place, &str)], expected: &str| {
        let rest = rest.iter().map(|(place, value)| (*place, value.as_str()));
        let said: Vec<_> = said.iter().copied().chain(rest).collect();
        let shown = locked(&said);
        assert!(shown.contains(expected), "{said:?}: {expected}\n{shown}");
    };
    let (table, pips, nothing) = (table.url(), pips.url(), nothing.url());
    let extra = [Variable("PIP_EXTRA_INDEX_URL"), PipConf("[install]\nextra-index-url = VALUE\n")];
    for pip in extra {
        check(&[(pip, &pips)], "thing==99.0");
        for one in [Table("[tool.uv]\nextra-index-url = ['VALUE']\n"), File("uv.toml", "extra-index-url = ['VALUE']\n")]
        {
            check(&[(one, &table), (pip, &pips)], "thing==1.0");
            // It is not asked at all.
            check(&[(one, &nothing), (pip, &pips)], "`thing` is not on");
        }
        // An index with a name is another setting: both count, that of the table first.
        let named = Table("[[tool.uv.index]]\nname = 'corp'\nurl = 'VALUE'\n");
        check(&[(named, &table), (pip, &pips)], "thing==1.0");
        check(&[(named, &nothing), (pip, &pips)], "thing==99.0");
        // uv's own variable and its tables count together, and pip's does not.
        let variable = Variable("UV_EXTRA_INDEX_URL");
        check(&[(variable, &table), (pip, &pips)], "thing==1.0");
        check(&[(variable, &nothing), (pip, &pips)], "`thing` is not on");
    }

    let world = TestContext::new();
    for (folder, version) in [("table", "1.0"), ("pips", "99.0")] {
        let wheel = WheelBuilder::new("thing", version).build();
        world.write(&format!("{folder}/{}", wheel.filename), wheel.bytes);
    }
    let (table, pips) = (world.path("table"), world.path("pips"));
    let (table, pips) = (table.to_str().unwrap(), pips.to_str().unwrap());
    for pip in [Variable("PIP_FIND_LINKS"), PipConf("[global]\nfind-links = VALUE\n")] {
        check(&[(pip, pips)], "thing==99.0");
        let links = [Table("[tool.uv]\nfind-links = ['VALUE']\n"), File("barrow.toml", "find-links = ['VALUE']\n")];
        let flat = Table("[[tool.uv.index]]\nname = 'flat'\nurl = 'VALUE'\nformat = 'flat'\n");
        for one in links.into_iter().chain([flat, Variable("UV_FIND_LINKS"), Flag("--find-links")]) {
            check(&[(one, table), (pip, pips)], "thing==1.0");
        }
    }
}

#[test]
fn the_best_place_says_whether_indexes_are_asked_at_all() {
    let index = offering("1.0");
    let url = index.url();
    let (flag, own, pip) = (Flag("--index-url"), Variable("BARROW_NO_INDEX"), Variable("PIP_NO_INDEX"));
    let table = Table("[tool.uv]\nno-index = VALUE\n");
    let user = File("barrow.toml", "no-index = VALUE\n");
    for (said, is_asked) in [
        (&[(pip, "1")][..], false),
        (&[(table, "true")], false),
        (&[(table, "false"), (pip, "1")], true),
        (&[(table, "true"), (pip, "0")], false),
        (&[(own, "0"), (table, "true"), (pip, "1")], true),
        (&[(user, "false"), (table, "true")], true),
        (&[(user, "true"), (table, "false"), (pip, "0")], false),
    ] {
        let said: Vec<_> = said.iter().copied().chain([(flag, url.as_str())]).collect();
        let shown = locked(&said);
        assert_eq!(shown.contains("thing==1.0"), is_asked, "{said:?}\n{shown}");
    }
}

#[test]
fn the_strategy_is_read_from_the_variable_of_uv_too() {
    let (first, second) = (offering("1.0"), offering("2.0"));
    let (first, second) = (first.url(), second.url());
    let indexes = [(Flag("--index"), first.as_str()), (Flag("--index-url"), second.as_str())];
    let (uv, own) = (Variable("UV_INDEX_STRATEGY"), Variable("BARROW_INDEX_STRATEGY"));
    for (said, expected) in [
        (&[][..], "thing==1.0"),
        (&[(uv, "unsafe-best-match")], "thing==2.0"),
        (&[(uv, "unsafe-best-match"), (own, "first-index")], "thing==1.0"),
        (&[(Flag("--index-strategy"), "first-index"), (uv, "unsafe-best-match")], "thing==1.0"),
        (&[(uv, "unsafe-first-match")], "`unsafe-first-match` from $UV_INDEX_STRATEGY is passed over"),
        (&[(uv, "luck")], "invalid value for `index-strategy` from $UV_INDEX_STRATEGY"),
    ] {
        let said: Vec<_> = said.iter().copied().chain(indexes).collect();
        let shown = locked(&said);
        assert!(shown.contains(expected), "{said:?}: {expected}\n{shown}");
    }
}

#[test]
fn config_shows_the_place_that_counts() {
    let context = TestContext::new();
    let table = "[tool.uv]\nkeyring-provider = 'disabled'\nindex-url = 'https://corp.example/simple'\n\
        extra-index-url = ['https://more.example/simple']\nfind-links = ['links']\nno-index = false\n";
    context.write("pyproject.toml", format!("{PROJECT}{table}"));
    context.write("links/readme.txt", "");
    context.write("pips/readme.txt", "");
    let mut command = context.barrow();
    let pips = [
        ("PIP_INDEX_URL", "https://pip.example/simple"),
        ("PIP_EXTRA_INDEX_URL", "https://pip.example/more"),
        ("PIP_FIND_LINKS", "pips"),
        ("PIP_NO_INDEX", "1"),
        ("PIP_KEYRING_PROVIDER", "subprocess"),
    ];
    let shown = context.run(command.arg("config").envs(pips));
    assert!(!shown.contains("PIP_"), "{shown}");
    for (line, number) in [
        ("keyring-provider = disabled", 6),
        ("index-url = https://corp.example/simple", 7),
        ("index = https://more.example/simple", 8),
        ("no-index = false", 10),
    ] {
        let found = shown.lines().find(|told| told.starts_with(line)).unwrap_or_else(|| panic!("{line}\n{shown}"));
        assert!(found.ends_with(&format!("pyproject.toml:{number}")), "{found}");
    }
}

/// Runs `barrow bundle -v` with the same output again and again; what a run gives as the reason for which it is no
/// repetition of the last, if it is none.
struct Runs {
    context: TestContext,
}

impl Runs {
    fn run(&self, change: impl FnOnce(&mut Command)) -> Option<String> {
        let mut command = self.context.barrow();
        command.args(["bundle", "app", "-o", "out", "-v", "--runtime", "python3.12"]);
        change(&mut command);
        let output = command.output().unwrap();
        assert!(output.status.success(), "{}", self.context.show(&output));
        let text = crate::support::said(&output);
        let reason = text.lines().find_map(|line| line.split_once("not unchanged since the last run: "));
        reason.map(|(_, reason)| self.context.filter(reason))
    }

    fn print(&self, variables: &[(&str, &str)]) -> Vec<u8> {
        let mut command = self.context.barrow();
        command.args(["fingerprint", "app", "--runtime", "python3.12"]).envs(variables.iter().copied());
        let output = command.output().unwrap();
        assert!(output.status.success(), "{}", self.context.show(&output));
        output.stdout
    }
}

#[test]
fn another_index_for_the_same_requirements_is_another_input() {
    let fresh = |version: &str| {
        IndexServer::new().max_age(3600).file(WheelBuilder::new("thing", version).file("thing.py", version)).start()
    };
    let (table, other) = (fresh("1.0"), fresh("2.0"));
    let runs = Runs { context: TestContext::new() };
    runs.context.write("app/handler.py", "");
    let declare = |more: &str| {
        let text =
            format!("{PROJECT}[[tool.uv.index]]\nname = 'corp'\nurl = '{}'\ndefault = true\n{more}", table.url());
        runs.context.write("app/pyproject.toml", text);
    };
    let has = |version: &str| {
        assert_eq!(fs_err::read_to_string(runs.context.path("out/thing.py")).unwrap(), version);
    };
    let url = other.url();
    declare("");
    let before = runs.print(&[]);
    assert!(runs.run(|_| {}).is_some());
    assert_eq!(runs.run(|_| {}), None);
    // pip's settings stand below the table, and change nothing.
    assert_eq!(runs.run(|run| _ = run.env("PIP_INDEX_URL", &url)), None);
    assert_eq!(runs.print(&[("PIP_INDEX_URL", &url)]), before);
    has("1.0");
    for (name, value) in [("UV_DEFAULT_INDEX", url.as_str()), ("BARROW_INDEX_URL", &url)] {
        let reason = runs.run(|run| _ = run.env(name, value));
        assert_eq!(reason.as_deref(), Some("`--index-url` is another one than last time"), "{name}");
        has("2.0");
        assert_eq!(runs.run(|run| _ = run.env(name, value)), None, "{name}");
        assert_ne!(runs.print(&[(name, value)]), before, "{name}");
        assert!(runs.run(|_| {}).is_some());
        has("1.0");
    }
    // The public index is nobody's choice in one run, and the user's in the next. What it would answer does not matter.
    let public = [("UV_DEFAULT_INDEX", "https://pypi.org/simple/")];
    assert_ne!(runs.print(&public), before);

    // A name that a table ties to an index which only the environment knows.
    declare("[tool.uv.sources]\nthing = { index = 'mine' }\n");
    let tied = |index: &RunningIndex| format!("mine={}", index.url());
    assert!(runs.run(|run| _ = run.env("UV_INDEX", tied(&other))).is_some());
    has("2.0");
    assert_eq!(runs.run(|run| _ = run.env("UV_INDEX", tied(&other))), None);
    let reason = runs.run(|run| _ = run.env("UV_INDEX", tied(&table)));
    assert_eq!(reason.as_deref(), Some("`--index` is another one than last time"));
    has("1.0");
    // As whom an index is asked is no input, nor is that no network is asked.
    let with_user = format!("mine={}", table.url_with("somebody", "hunter2"));
    assert_eq!(runs.run(|run| _ = run.env("UV_INDEX", with_user)), None);
    assert_eq!(runs.run(|run| _ = run.env("UV_INDEX", tied(&table)).arg("--offline")), None);
}

#[test]
fn where_a_lock_decides_another_index_is_no_input() {
    let index = IndexServer::new().file(WheelBuilder::new("thing", "1.0").file("thing.py", "")).start();
    let other = IndexServer::new().file(WheelBuilder::new("thing", "1.0").file("thing.py", "")).start();
    let digest = sha256_hex(&WheelBuilder::new("thing", "1.0").file("thing.py", "").build().bytes);
    let pipfile = format!(
        "{{\"_meta\": {{\"hash\": {{\"sha256\": \"\"}}, \"pipfile-spec\": 6, \"requires\": {{}}, \"sources\": []}}, \
         \"default\": {{\"thing\": {{\"hashes\": [\"sha256:{digest}\"], \"version\": \"==1.0\"}}}}, \"develop\": {{}}}}"
    );
    let runs = Runs { context: TestContext::new() };
    runs.context.write("app/handler.py", "");
    runs.context.write("app/Pipfile.lock", &pipfile);
    let (one, two) = ([("UV_DEFAULT_INDEX", &*index.url())], [("PIP_INDEX_URL", &*other.url())]);
    let print = runs.print(&one);
    assert_eq!(runs.print(&two), print);
    assert!(runs.run(|run| _ = run.envs(one)).is_some());
    assert_eq!(runs.run(|run| _ = run.envs(two)), None);
    assert_eq!(runs.run(|run| _ = run.args(["--no-index"])), None);
    // Where something may be built, its build requirements come from the indexes.
    let allowing = |variable: [(&'static str, String); 1]| {
        let mut command = runs.context.barrow();
        command.args(["fingerprint", "app", "--runtime", "python3.12", "--allow-build", "thing"]).envs(variable);
        command.output().unwrap().stdout
    };
    let (one, two) = ([("UV_DEFAULT_INDEX", index.url())], [("UV_DEFAULT_INDEX", other.url())]);
    assert_ne!(allowing(one.clone()), allowing(two.clone()));
    // A lock without digests leaves the choice to the index.
    runs.context.write("app/Pipfile.lock", pipfile.replace(&format!("\"sha256:{digest}\""), ""));
    let shown = |variable: [(&'static str, String); 1]| {
        let mut command = runs.context.barrow();
        command.args(["fingerprint", "app", "--runtime", "python3.12"]).envs(variable).output().unwrap()
    };
    assert_ne!(shown(one).stdout, shown(two).stdout);
}
