//! The user's own files: what belongs to the function and what does not.

use std::ffi::OsStr;
use std::os::unix::ffi::OsStrExt as _;
use std::os::unix::fs::symlink;
use std::os::unix::net::UnixListener;

use fs_err as fs;

use super::{Scene, source_at};
use crate::archive::SafePath;
use crate::bundle::{SourceFiles, SourceOptions, SourceRules, Why, credentials_line};

fn paths(files: &SourceFiles) -> Vec<String> {
    files.files.iter().map(|file| format!("{}{}", file.path, if file.executable { "*" } else { "" })).collect()
}

#[test]
fn own_files_and_nothing_else() {
    let scene = Scene::new();
    scene.write(
        "source",
        &[
            ("app.py", ""),
            ("run.sh*", ""),
            (".env", ""),
            (".gitignore", ""),
            ("barrow.toml", ""),
            ("pyproject.toml", ""),
            ("lib/a b.py", ""),
            ("lib/ünï.py", ""),
            ("venv/notes.txt", ""),
            (".git/HEAD", ""),
            ("sub/.hg/x", ""),
            (".svn/x", ""),
            (".venv/lib/x.py", ""),
            ("env/pyvenv.cfg", ""),
            ("env/lib/x.py", ""),
            ("lib/__pycache__/a.cpython-312.pyc", ""),
            ("lib/old.pyc", ""),
            ("node_modules/x/index.js", ""),
            (".DS_Store", ""),
            ("Thumbs.db", ""),
            ("lib/desktop.ini", ""),
            ("$RECYCLE.BIN/S-1-5/x.py", ""),
            (".TemporaryItems/x.py", ""),
            (".DocumentRevisions-V100/x", ""),
            (".apdisk", ""),
            (".VolumeIcon.icns", ""),
            ("cdk.out/asset.1/app.py", ""),
            (".aws-sam/build/app.py", ""),
            (".pytest_cache/x", ""),
            ("out/app.py", ""),
            (".barrow-xyz.tmp/new/app.py", ""),
        ],
    );
    let expected = [".gitignore", "app.py", "lib/a b.py", "lib/ünï.py", "pyproject.toml", "run.sh*", "venv/notes.txt"];
    assert_eq!(paths(&scene.collect("source", &[]).unwrap()), expected);
}

#[test]
fn patterns() {
    let scene = Scene::new();
    let files = [
        ("a.md", ""),
        ("app.py", ""),
        ("data/a.md", ""),
        ("data/deep/b.bin", ""),
        ("docs/c.txt", ""),
        ("lib/docs/d.txt", ""),
        ("lib/tests/e.py", ""),
        ("tests", ""),
        ("[x].txt", ""),
    ];
    scene.write("source", &files);
    let check = |exclude: &[&str], left_out: &[&str]| {
        let found = paths(&scene.collect("source", exclude).unwrap());
        let mut expected: Vec<&str> = files.iter().map(|(path, _)| *path).collect();
        expected.retain(|path| !left_out.contains(path));
        expected.sort_unstable();
        assert_eq!(found, expected, "{exclude:?}");
    };
    check(&[], &[]);
    check(&["*.md"], &["a.md", "data/a.md"]);
    check(&["/*.md"], &["a.md"]);
    check(&["./*.md"], &["a.md"]);
    check(&["docs"], &["docs/c.txt", "lib/docs/d.txt"]);
    check(&["docs/"], &["docs/c.txt", "lib/docs/d.txt"]);
    check(&["/docs"], &["docs/c.txt"]);
    check(&["/docs/"], &["docs/c.txt"]);
    check(&["docs/**"], &["docs/c.txt"]);
    check(&["**/docs/**"], &["docs/c.txt", "lib/docs/d.txt"]);
    check(&["tests"], &["lib/tests/e.py", "tests"]);
    check(&["tests/"], &["lib/tests/e.py"]);
    check(&["data/*"], &["data/a.md", "data/deep/b.bin"]);
    check(&["data/*.bin"], &[]);
    check(&["data/**/*.bin"], &["data/deep/b.bin"]);
    check(&["*.md", "!data/a.md"], &["a.md"]);
    check(&["!data/a.md", "*.md"], &["a.md", "data/a.md"]);
    check(&["data", "!data/a.md"], &["data/a.md", "data/deep/b.bin"]);
    check(&["*.{py,txt}"], &["app.py", "docs/c.txt", "lib/docs/d.txt", "lib/tests/e.py", "[x].txt"]);
    check(&["\\[x\\].txt"], &["[x].txt"]);
    check(&["APP.py"], &[]);
    for wrong in ["[", "", "/", "!"] {
        let error = scene.collect("source", &[wrong]).unwrap_err().to_string();
        assert!(error.contains("`--exclude`"), "{error}");
    }
}

#[test]
fn links_inside_are_followed() {
    let scene = Scene::new();
    scene.write("source", &[("shared/a.py", "a"), ("shared/run*", "")]);
    symlink("shared/a.py", scene.path("source/b.py")).unwrap();
    symlink("shared", scene.path("source/copy")).unwrap();
    symlink(scene.path("source/shared/run"), scene.path("source/absolute")).unwrap();
    let files = scene.collect("source", &[]).unwrap();
    assert_eq!(paths(&files), ["absolute*", "b.py", "copy/a.py", "copy/run*", "shared/a.py", "shared/run*"]);
    assert!(files.files.iter().all(|file| fs::symlink_metadata(&file.from).unwrap().is_file()));
    // A link to a file that is taken stays one; so does what a linked folder holds.
    let links: Vec<_> =
        files.files.iter().filter_map(|file| Some((file.path.as_str(), file.link.as_deref()?))).collect();
    assert_eq!(
        links,
        [
            ("absolute", "shared/run"),
            ("b.py", "shared/a.py"),
            ("copy/a.py", "../shared/a.py"),
            ("copy/run", "../shared/run")
        ]
    );
    let files = scene.collect("source", &["/shared/a.py"]).unwrap();
    let copied = files.files.iter().find(|file| file.path.as_str() == "b.py").unwrap();
    assert_eq!(copied.link, None, "what it leads to is not in the bundle");
}

#[test]
fn links_out_of_the_source_are_followed_on_demand() {
    let scene = Scene::new();
    let source = scene.write("source", &[("app.py", "")]);
    scene.write("outside", &[("a.py", "a"), ("deep/b.py", "b"), ("deep/.env", "x"), ("id_rsa", "x")]);
    symlink("../outside/a.py", scene.path("source/a.py")).unwrap();
    symlink(scene.path("outside/deep"), scene.path("source/deep")).unwrap();
    symlink(scene.path("outside/id_rsa"), scene.path("source/harmless.txt")).unwrap();
    let error = scene.collect("source", &[]).unwrap_err().to_string();
    assert!(error.contains("source/a.py` in the source leads out of the source folder"), "{error}");
    let rules = SourceRules { follow_links: true, ..SourceRules::default() };
    let files = SourceFiles::collect(&[source_at(&source)], &rules).unwrap();
    assert_eq!(paths(&files), ["a.py", "app.py", "deep/b.py"]);
    assert!(files.files.iter().all(|file| file.link.is_none()), "what lies elsewhere is copied");
    let followed: Vec<_> = files.followed.iter().map(|(link, _)| link.file_name().unwrap().to_owned()).collect();
    assert_eq!(followed, ["a.py", "deep"]);
    let stays: Vec<_> = files
        .left_out
        .iter()
        .map(|left| (left.path.to_str().unwrap(), matches!(left.why, Why::Credentials(_))))
        .collect();
    assert_eq!(stays, [("deep/.env", true), ("harmless.txt", true)]);
    // In a circle through the outside.
    symlink(&source, scene.path("outside/deep/back")).unwrap();
    let error = SourceFiles::collect(&[source_at(&source)], &rules).unwrap_err().to_string();
    assert!(error.contains("leads to a folder that it lies in"), "{error}");
}

#[test]
fn ignore_files() {
    let scene = Scene::new();
    let source = scene.write(
        "repository/source",
        &[
            (".barrowignore", "# notes\n*.md\n!keep.md\nbuild/\n/top.txt\n\\#odd\ntrailing.txt  \n"),
            (".gitignore", "app.py\n"),
            ("app.py", ""),
            ("a.md", ""),
            ("keep.md", ""),
            ("#odd", ""),
            ("top.txt", ""),
            ("trailing.txt", ""),
            ("build/x.py", ""),
            ("lib/.barrowignore", "!a.md\nsecret.py\n"),
            ("lib/a.md", ""),
            ("lib/top.txt", ""),
            ("lib/secret.py", ""),
            ("lib/deep/secret.py", ""),
            ("other/.gitignore", "*.bin\n"),
            ("other/x.bin", ""),
            ("other/y.log", ""),
        ],
    );
    scene.write("repository", &[(".git/HEAD", ""), (".gitignore", "*.log\n/source/other/z.py\n")]);
    scene.write("repository/source", &[("other/z.py", "")]);
    let collect = |rules: SourceRules| SourceFiles::collect(&[source_at(&source)], &rules).unwrap();
    let files = collect(SourceRules::default());
    let expected = [
        ".gitignore",
        "app.py",
        "keep.md",
        "lib/a.md",
        "lib/top.txt",
        "other/.gitignore",
        "other/x.bin",
        "other/y.log",
        "other/z.py",
    ];
    assert_eq!(paths(&files), expected);
    let why = |files: &SourceFiles, path: &str| {
        let left = files.left_out.iter().find(|left| left.path == std::path::Path::new(path));
        left.unwrap_or_else(|| panic!("{path} is not left out")).why.to_string()
    };
    assert_eq!(why(&files, "a.md"), "`*.md` in .barrowignore");
    assert_eq!(why(&files, "lib/secret.py"), "`secret.py` in lib/.barrowignore");
    assert_eq!(why(&files, "build"), "`build/` in .barrowignore");
    // Those of git count where there is none of ours, and above the source up to the top of the repository.
    let files = collect(SourceRules { gitignore: true, ..SourceRules::default() });
    let expected = [".gitignore", "app.py", "keep.md", "lib/a.md", "lib/top.txt", "other/.gitignore"];
    assert_eq!(paths(&files), expected);
    assert!(why(&files, "other/y.log").starts_with("`*.log` in /"), "{}", why(&files, "other/y.log"));
    // `--include` brings back, and `--exclude` has the last word.
    let (include, exclude) = (["a.md".to_owned(), "build/x.py".to_owned()], ["/a.md".to_owned()]);
    let files = collect(SourceRules { include: &include, exclude: &exclude, ..SourceRules::default() });
    assert!(paths(&files).contains(&"build/x.py".to_owned()) && !paths(&files).contains(&"a.md".to_owned()));
    // A line takes back lines, and no default.
    scene.write("repository/source", &[(".barrowignore", "!.env\n"), (".env", "x")]);
    assert!(!paths(&collect(SourceRules::default())).contains(&".env".to_owned()));
    scene.write("repository/source", &[(".barrowignore", "ok\n{a\n")]);
    let error = SourceFiles::collect(&[source_at(&source)], &SourceRules::default()).unwrap_err().to_string();
    assert!(error.ends_with(".barrowignore:2: not a pattern"), "{error}");
}

#[test]
fn several_sources() {
    let scene = Scene::new();
    let app = scene.write("app", &[("app.py", ""), ("LICENSE", "same")]);
    let shared = scene
        .write("shared", &[("a.py", "a"), ("data/b.json", ""), (".env", "x"), ("notes.md", ""), ("LICENSE", "same")]);
    let prefix = SafePath::new("common/lib").unwrap();
    let of = |only: &[String], exclude: &[String], prefix| {
        let further = SourceOptions { label: Some("../shared"), prefix, only, exclude, ..source_at(&shared) };
        SourceFiles::collect(&[source_at(&app), further], &SourceRules::default())
    };
    let files = of(&[], &[], Some(&prefix)).unwrap();
    assert_eq!(
        paths(&files),
        ["LICENSE", "app.py", "common/lib/LICENSE", "common/lib/a.py", "common/lib/data/b.json", "common/lib/notes.md"]
    );
    assert_eq!(credentials_line(&files.left_out).unwrap(), "../shared/.env (credentials)");
    // The same file twice is one, and the patterns of a source are its own.
    let files = of(&[], &["data/".to_owned(), "none.txt".to_owned()], None).unwrap();
    assert_eq!(paths(&files), ["LICENSE", "a.py", "app.py", "notes.md"]);
    assert_eq!(files.warnings, ["`none.txt`, an `exclude` of the source `../shared`, matches nothing in it"]);
    let files = of(&["**/*.py".to_owned(), "/data/".to_owned(), ".env".to_owned()], &[], None).unwrap();
    assert_eq!(paths(&files), ["LICENSE", "a.py", "app.py", "data/b.json"], "credentials stay where they are");
    assert!(files.left_out.iter().any(|left| left.why == Why::NotSelected));
    // Different content at one path.
    scene.write("shared", &[("app.py", "other")]);
    let error = of(&[], &[], None).unwrap_err().to_string();
    assert_eq!(error, "`app.py` comes from the source folder and, with other content, from the source `../shared`");
    let exclude = ["*.md".to_owned(), "*.nothing".to_owned()];
    let further = SourceOptions { label: Some("../shared"), prefix: Some(&prefix), ..source_at(&shared) };
    let rules = SourceRules { exclude: &exclude, ..SourceRules::default() };
    let files = SourceFiles::collect(&[source_at(&app), further], &rules).unwrap();
    assert_eq!(
        files.warnings,
        ["`--exclude *.nothing` matches nothing in any source"],
        "one match in one of them is enough"
    );
}

#[test]
fn links_that_lead_elsewhere_are_refused() {
    let check = |target: &str, expected: &str| {
        let scene = Scene::new();
        scene.write("source", &[("app.py", ""), ("sub/x.py", "")]);
        scene.write("outside", &[("secret", "")]);
        scene.write("source-twin", &[("x", "")]);
        symlink(target, scene.path("source/sub/link")).unwrap();
        let error = scene.collect("source", &[]).unwrap_err().to_string();
        assert!(error.contains("source/sub/link`") && error.contains(expected), "{error}");
        assert_eq!(paths(&scene.collect("source", &["link"]).unwrap()), ["app.py", "sub/x.py"]);
    };
    check("../../outside/secret", "leads out of the source folder");
    check("../../outside", "leads out of the source folder");
    check("../../source-twin", "leads out of the source folder");
    check("/etc/passwd", "leads out of the source folder");
    check("nothing", "leads nowhere");
    check("link", "leads nowhere");
    check(".", "leads to a folder that it lies in");
    check("..", "leads to a folder that it lies in");
}

#[test]
fn odd_entries_are_refused() {
    let scene = Scene::new();
    scene.write("source", &[("app.py", "")]);
    let _socket = UnixListener::bind(scene.path("source/socket")).unwrap();
    let error = scene.collect("source", &[]).unwrap_err().to_string();
    assert!(error.ends_with("source/socket` in the source is a socket, which cannot be bundled"), "{error}");
    assert_eq!(paths(&scene.collect("source", &["socket"]).unwrap()), ["app.py"]);

    let check = |name: &[u8], expected: &str| {
        let scene = Scene::new();
        scene.write("source", &[("app.py", "")]);
        if fs::write(scene.path("source").join(OsStr::from_bytes(name)), "").is_err() {
            return; // This file system does not take the name.
        }
        let error = scene.collect("source", &[]).unwrap_err().to_string();
        assert!(error.contains(expected), "{error}");
        assert!(!error.contains('\n') && !error.contains('\u{1b}'), "{error:?}");
        assert_eq!(paths(&scene.collect("source", &["odd*"]).unwrap()), ["app.py"]);
    };
    check(b"odd\xff.py", "its name is not UTF-8");
    check(b"odd\n.py", "it has a control character");
    check(b"odd\x1b[31m.py", "it has a control character");
    check(b"odd\\.py", "it has a backslash");
}

#[test]
fn source_must_be_a_folder() {
    let scene = Scene::new();
    scene.write("source", &[("app.py", "")]);
    for wrong in ["missing", "source/app.py"] {
        let error = scene.collect(wrong, &[]).unwrap_err().to_string();
        assert!(error.contains(wrong), "{error}");
    }
}

#[test]
fn outputs_in_the_source_are_left_out() {
    let scene = Scene::new();
    scene.write("source", &[("app.py", ""), ("out/a.py", ""), ("sub/out/b.py", "")]);
    assert_eq!(paths(&scene.collect("source", &[]).unwrap()), ["app.py", "sub/out/b.py"]);
}

#[test]
fn names_are_composed() {
    let scene = Scene::new();
    scene.write("source", &[("caf\u{65}\u{301}/men\u{75}\u{308}.py", "")]);
    let files = scene.collect("source", &[]).unwrap();
    assert_eq!(paths(&files), ["caf\u{e9}/men\u{fc}.py"]);
    assert!(files.files[0].from.exists(), "the bytes are where they were");
    // On Linux both can be there: one of the two would be lost.
    scene.write("source", &[("caf\u{e9}/men\u{fc}.py", "")]);
    let error = scene.collect("source", &[]).unwrap_err().to_string();
    assert!(error.ends_with("another file has the same name in another Unicode normalization"), "{error}");
}

const KEY: &str = "-----BEGIN PRIVATE KEY-----\nMIIE\n-----END PRIVATE KEY-----\n";

/// Files that must not leave the machine, by their names or by what is in them.
const SECRETS: &[(&str, &str)] = &[
    (".env", ""),
    (".env.production", ""),
    ("conf/prod.env", ""),
    (".netrc", ""),
    ("_netrc", ""),
    (".pypirc", ""),
    ("pip.conf", ""),
    ("sub/pip.ini", ""),
    (".npmrc", ""),
    (".git-credentials", ""),
    ("id_rsa", ""),
    ("keys/ID_ED25519", ""),
    ("server.key", "\0binary"),
    ("cert.pem", KEY),
    ("store.p12", ""),
    ("credentials.json", ""),
    ("gcp.json", "{\"type\": \"service_account\", \"private_key\": \"-----BEGIN PRIVATE KEY-----\\nMIIE\"}"),
    ("token.json", "{\"refresh_token\": \"1//0\", \"client_secret\": \"s\"}"),
    ("aws/credentials", "[default]\naws_secret_access_key = wJalrXUtnFEMI\n"),
    ("aws/config", "AWS_SECRET_ACCESS_KEY=\"wJalrXUtnFEMI\"\n"),
    (".sqlite_history", ""),
    ("home/.m2/settings.xml", ""),
    ("terraform.tfstate", ""),
    ("terraform.tfstate.backup", ""),
    ("prod.tfvars", ""),
    ("barrow.toml", ""),
    ("requirements.txt", "--index-url https://u:s3cret@h/simple\napp\n"),
    ("requirements/dev.txt", "https://u:s3cret@h/a.whl\n"),
    ("pyproject.toml", "[tool.x]\npassword = \"s3cret\"\n"),
    ("uv.lock", "source = { url = \"https://u:s3cret@h/\" }\n"),
    ("wanted.list", "-i https://u:s3cret@h/\n"),
    ("logins", "machine h login u password s3cret\n"),
];

/// The same in folders that are left out whole.
const SECRET_FOLDERS: &[(&str, &str)] = &[
    (".aws/credentials", ""),
    (".ssh/known_hosts", ""),
    (".docker/config.json", ""),
    (".kube/config", ""),
    ("home/.gnupg/x", ""),
    (".config/gcloud/x.db", ""),
    (".config/gh/hosts.yml", ""),
];

#[test]
fn credentials_and_state_stay_home() {
    let scene = Scene::new();
    let harmless = [
        ("app.py", ""),
        (".docker/Dockerfile", ""),
        ("cacert.pem", "-----BEGIN CERTIFICATE-----\nMIIE\n"),
        ("config", "[profile a]\nregion = eu-west-1\n"),
        ("data.json", "{\"type\": \"service_account\"}"),
        ("env.py", ""),
        ("environment.py", ""),
        ("keys.py", ""),
        ("public.key", "-----BEGIN PUBLIC KEY-----\nMIIE\n"),
        ("requirements-dev.txt", "--index-url https://u:${TOKEN}@h/simple\n"),
        ("secrets.py", ""),
        ("settings.ini", "aws_secret_access_key = ${SECRET}\n[db]\nurl = postgres://me:pw@localhost/db\n"),
        ("setup.cfg", "[metadata]\nname = app\n"),
    ];
    scene.write("source", &[&harmless[..], SECRETS, SECRET_FOLDERS].concat());
    let files = scene.collect("source", &[]).unwrap();
    assert_eq!(paths(&files), {
        let mut expected = harmless.map(|(path, _)| path);
        expected.sort_unstable();
        expected
    });
    let left_out = |path: &str| files.left_out.iter().any(|left| left.path == std::path::Path::new(path));
    for (path, _) in SECRETS {
        assert!(left_out(path), "{path}");
    }
    for folder in [".aws", ".ssh", ".docker/config.json", ".kube", "home/.gnupg", ".config/gcloud"] {
        assert!(left_out(folder), "{folder}");
    }

    let everything: Vec<&str> = [SECRETS, SECRET_FOLDERS].concat().iter().map(|(path, _)| *path).collect();
    let back = scene.collect_with("source", &[], &everything).unwrap();
    assert_eq!(back.files.len(), harmless.len() + everything.len(), "{:?}", back.left_out);
}

#[test]
fn one_line_names_what_stays_home() {
    let scene = Scene::new();
    let files = [("id_rsa", ""), (".env", ""), (".aws/config", ""), ("x.tfstate", ""), ("barrow.toml", "")];
    scene.write("source", &files);
    assert_eq!(
        credentials_line(&scene.collect("source", &[]).unwrap().left_out).unwrap(),
        ".aws/, .env, id_rsa (credentials), x.tfstate (state), barrow.toml (settings of barrow)"
    );
    let many: Vec<String> = ('a'..='n').map(|letter| format!("{letter}.env")).collect();
    scene.write("many", &many.iter().map(|name| (name.as_str(), "")).collect::<Vec<_>>());
    let named = credentials_line(&scene.collect("many", &[]).unwrap().left_out).unwrap();
    assert!(named.ends_with("k.env, l.env, 2 more (credentials)"), "{named}");
    scene.write("plain", &[("app.py", ""), (".git/config", ""), ("node_modules/x", "")]);
    assert_eq!(credentials_line(&scene.collect("plain", &[]).unwrap().left_out), None);
}

#[test]
fn what_is_left_out_by_default_comes_back_by_name() {
    let scene = Scene::new();
    let files = [
        (".aws/config", ""),
        (".aws/credentials", ""),
        (".env", ""),
        ("__pycache__/a.pyc", ""),
        ("app.py", ""),
        ("data/.env", ""),
        ("node_modules/a/b.js", ""),
        ("node_modules/c.js", ""),
    ];
    scene.write("source", &files);
    let check = |include: &[&str], exclude: &[&str], back: &[&str]| {
        let found = paths(&scene.collect_with("source", exclude, include).unwrap());
        let mut expected = [&["app.py"], back].concat();
        expected.sort_unstable();
        assert_eq!(found, expected, "{include:?}");
    };
    check(&[], &[], &[]);
    check(&[".env"], &[], &[".env", "data/.env"]);
    check(&["/.env"], &[], &[".env"]);
    check(&[".env"], &["data/.env"], &[".env"]);
    check(&["data"], &[], &[]);
    check(&["data/**"], &[], &["data/.env"]);
    check(&[".aws"], &[], &[".aws/config", ".aws/credentials"]);
    check(&[".aws/config"], &[], &[".aws/config"]);
    check(&["*.js"], &[], &[]);
    check(&["node_modules/a/**"], &[], &["node_modules/a/b.js"]);
    check(&["node_modules/"], &[], &["node_modules/a/b.js", "node_modules/c.js"]);
    check(&["__pycache__/*.pyc"], &[], &["__pycache__/a.pyc"]);
    let error = scene.collect_with("source", &[], &["["]).unwrap_err().to_string();
    assert!(error.contains("`--include`"), "{error}");
}

#[test]
fn a_link_to_a_secret_is_one() {
    let scene = Scene::new();
    scene.write("source", &[("app.py", ""), (".env", "x"), (".aws/config", "x")]);
    symlink(".env", scene.path("source/settings.txt")).unwrap();
    symlink(".aws/config", scene.path("source/cloud.txt")).unwrap();
    symlink(".aws", scene.path("source/cloud")).unwrap();
    let files = scene.collect("source", &[]).unwrap();
    assert_eq!(paths(&files), ["app.py"]);
    let is_secret = |name: &str| {
        let left = files.left_out.iter().find(|left| left.path == std::path::Path::new(name));
        left.is_some_and(|left| matches!(left.why, Why::Credentials(_)))
    };
    assert!(["settings.txt", "cloud.txt", "cloud"].iter().all(|name| is_secret(name)), "{:?}", files.left_out);
}

#[test]
fn every_name_that_stays_home_stands_in_the_documentation() {
    let page = include_str!("../../../docs/contents.md");
    for name in crate::bundle::source::names_that_stay_home() {
        assert!(page.contains(&format!("`{name}`")), "docs/contents.md lacks `{name}`");
    }
}

#[test]
fn a_pattern_that_matches_nothing_is_told() {
    let scene = Scene::new();
    scene.write("source", &[("app.py", ""), ("docs/a.md", "")]);
    let files =
        scene.collect_with("source", &["docs", "test/", "*.pyc", "__pycache__/", ".git", "!x"], &[".env"]).unwrap();
    assert_eq!(
        files.warnings,
        ["`--exclude test/` matches nothing in the source", "`--include .env` matches nothing in the source"]
    );
}
