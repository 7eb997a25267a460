//! The edit loop: a run that finds nothing changed but the contents of the user's own files.

use std::process::Command;

use crate::support::{IndexServer, RunningIndex, TestContext, WheelBuilder, sha256_hex};

const SHORT: &str = "the rest of the output stays as it is";

struct Function {
    context: TestContext,
    index: RunningIndex,
}

impl Function {
    fn new() -> Self {
        Self::new_with(Some(600))
    }

    /// With an index whose pages are fresh for so many seconds.
    fn new_with(max_age: Option<u32>) -> Self {
        let context = TestContext::new();
        context.write("app/handler.py", "import tiny\n");
        context.write("app/lib/own.py", "x = 1\n");
        context.write("app/requirements.txt", "tiny\n");
        let tiny = WheelBuilder::new("tiny", "1.0").requires("dep").file("tiny.py", "").file("taken.py", "theirs\n");
        let dep = WheelBuilder::new("dep", "1.0").file("dep/__init__.py", "").file("dep/data.txt", "data\n");
        let server = IndexServer::new().file(tiny).file(dep);
        let index = match max_age {
            Some(seconds) => server.max_age(seconds),
            None => server,
        };
        let index = index.start();
        Self { context, index }
    }

    fn command(&self, out: &str) -> Command {
        let mut command = self.context.barrow();
        command.args(["bundle", "app", "-v", "-o", out, "--index-url", &self.index.url()]);
        command
    }

    /// Bundles; whether nothing but own files was published, and what was said.
    fn run(&self, change: impl FnOnce(&mut Command)) -> (bool, String) {
        self.run_to("out", change)
    }

    fn run_to(&self, out: &str, change: impl FnOnce(&mut Command)) -> (bool, String) {
        let mut command = self.command(out);
        change(&mut command);
        let shown = self.context.run(&mut command);
        assert!(shown.starts_with("exit code: 0"), "{shown}");
        (shown.contains(SHORT), shown)
    }

    /// Fails when OUT is not what a first run on the same would make.
    fn assert_as_anew(&self) {
        let mut command = self.command("anew");
        self.context.succeed(command.args(["--force"]));
        assert_eq!(self.context.tree("out"), self.context.tree("anew"));
        fs_err::remove_dir_all(self.context.path("anew")).unwrap();
    }
}

#[test]
fn an_edited_handler_changes_its_place_and_nothing_else() {
    let function = Function::new();
    let bundled = |shown: &str| -> Vec<String> {
        let lines = shown.lines().filter(|line| line.contains("Bundled"));
        lines.map(|line| line.split(" (").next().unwrap().to_owned()).collect()
    };
    let (is_short, first) = function.run(|_| {});
    assert!(!is_short && bundled(&first).len() == 1, "{first}");
    let asked = function.index.requests().len();
    for content in ["import tiny  # edited\n", "", "import tiny\n"] {
        function.context.write("app/handler.py", content);
        let (is_short, shown) = function.run(|_| {});
        assert!(is_short && shown.contains("handler.py changed"), "{shown}");
        assert_eq!(bundled(&shown), bundled(&first));
        assert!(function.run(|_| {}).1.contains("Nothing has changed"));
    }
    assert_eq!(function.index.requests().len(), asked, "no index is asked");
    function.context.write("app/handler.py", "import dep\n");
    function.context.write("app/lib/own.py", "x = 2\n");
    assert!(function.run(|_| {}).0);
    function.assert_as_anew();
    // The result says the same as that of a run that puts all together.
    function.context.write("app/handler.py", "import dep, tiny\n");
    let mut json = function.command("out");
    let said = json.arg("--json").output().unwrap().stdout;
    let said: serde_json::Value = serde_json::from_slice(&said).unwrap();
    let mut json = function.command("anew");
    let anew: serde_json::Value = serde_json::from_slice(&json.arg("--json").output().unwrap().stdout).unwrap();
    for key in ["kind", "files", "size_bytes", "dists", "excluded", "runtime"] {
        assert!(said[key] == anew[key] && !said[key].is_null(), "{key}: {said}");
    }
}

#[test]
fn whatever_else_has_changed_takes_the_usual_way() {
    let function = Function::new();
    let context = &function.context;
    assert!(!function.run(|_| {}).0);
    let edit = |number: usize| context.write("app/handler.py", format!("x = {number}\n"));
    let usual = |what: &str, change: &dyn Fn(&mut Command)| {
        assert!(!function.run(change).0, "{what}");
        function.assert_as_anew();
    };
    edit(1);
    context.write("app/new.py", "");
    usual("a new file", &|_| {});
    edit(2);
    fs_err::remove_file(context.path("app/new.py")).unwrap();
    usual("a file that is gone", &|_| {});
    edit(3);
    context.write("out/foreign.pyc", "");
    fs_err::remove_file(context.path("out/foreign.pyc")).unwrap();
    context.write("out/dep/data.txt", "edited by hand\n");
    usual("an output that somebody has edited", &|_| {});
    edit(4);
    context.write("app/requirements.txt", "tiny==1.0\n");
    usual("a requirement", &|_| {});
    edit(5);
    assert!(!function.run(|command| _ = command.args(["--exclude", "lib/*"])).0, "an option");
    assert!(!function.run(|_| {}).0, "and back");
    edit(6);
    assert!(!function.run(|command| _ = command.arg("--refresh")).0);
    edit(7);
    assert!(function.run(|_| {}).0, "nothing else this time");
    function.assert_as_anew();
    // A file of the user's in the place of one of a distribution: the RECORD of that one names it.
    context.write("app/taken.py", "mine\n");
    usual("a file in the place of another", &|_| {});
    context.write("app/taken.py", "mine again\n");
    usual("the same, edited", &|_| {});
}

#[test]
fn an_index_without_freshness_is_asked_and_the_rest_stays() {
    let function = Function::new_with(None);
    assert!(!function.run(|_| {}).0);
    function.context.write("app/handler.py", "import tiny  # edited\n");
    let asked = function.index.requests().len();
    let (is_short, shown) = function.run(|_| {});
    assert!(is_short && function.index.requests().len() > asked, "{shown}");
    function.assert_as_anew();
    // Another version is there by now: it is taken.
    function.context.write("app/handler.py", "import tiny  # again\n");
    function.index.add(WheelBuilder::new("tiny", "1.1").file("tiny.py", "newer = 1\n"));
    assert!(!function.run(|_| {}).0);
    assert_eq!(fs_err::read_to_string(function.context.path("out/tiny.py")).unwrap(), "newer = 1\n");
}

#[test]
fn a_zip_with_an_edited_handler_is_the_zip_of_a_first_run() {
    let function = Function::new();
    let context = &function.context;
    let read = |name: &str| fs_err::read(context.path(name)).unwrap();
    let run = |out: &str| {
        let mut command = function.command(out);
        let output = command.arg("--json").output().unwrap();
        assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
        let said: serde_json::Value = serde_json::from_slice(&output.stdout).unwrap();
        (String::from_utf8(output.stderr).unwrap().contains(SHORT), said)
    };
    assert!(!run("out.zip").0);
    let asked = function.index.requests().len();
    for (number, content) in ["import tiny  # edited\n", "", "import dep\n"].iter().enumerate() {
        context.write("app/handler.py", content);
        let (is_short, said) = run("out.zip");
        assert!(is_short && function.index.requests().len() == asked);
        assert!(function.run_to("out.zip", |_| {}).1.contains("Nothing has changed"));
        let anew = format!("anew{number}.zip");
        let (is_short, as_anew) = run(&anew);
        assert!(!is_short && read("out.zip") == read(&anew), "{content}");
        assert_eq!(as_anew["sha256"], sha256_hex(&read(&anew)), "its beginning may be known");
        for key in ["kind", "files", "size_bytes", "zip_size_bytes", "sha256", "sha256_base64", "dists", "runtime"] {
            assert!(said[key] == as_anew[key] && !said[key].is_null(), "{key}: {said}");
        }
    }
    // The user's files come last, so that what is before them need not be read.
    let mut zip = zip::ZipArchive::new(std::io::Cursor::new(read("out.zip"))).unwrap();
    let names: Vec<String> = (0..zip.len()).map(|at| zip.by_index(at).unwrap().name().unwrap().into_owned()).collect();
    let own = names.iter().position(|name| name == "handler.py").unwrap();
    assert!(
        names[own..].contains(&"lib/own.py".to_owned()) && names[..own].contains(&"tiny.py".to_owned()),
        "{names:?}"
    );
    assert!(names[..own].is_sorted() && names[own..].is_sorted(), "{names:?}");
}

#[test]
fn a_zip_that_is_not_as_it_was_is_made_anew() {
    let function = Function::new();
    let context = &function.context;
    let read = |name: &str| fs_err::read(context.path(name)).unwrap();
    let number = std::cell::Cell::new(0);
    let run = || {
        number.set(number.get() + 1);
        context.write("app/handler.py", format!("x = {}\n", number.get()));
        // By their ends small zips that somebody has edited are his.
        function.run_to("out.zip", |command| _ = command.arg("--force")).0
    };
    let usual = |what: &str| {
        assert!(!run(), "{what}");
        assert!(!function.run_to("anew.zip", |_| {}).0);
        assert!(read("out.zip") == read("anew.zip"), "{what}");
        fs_err::remove_file(context.path("anew.zip")).unwrap();
        assert!(run(), "{what}: and the next time it can be gone on with");
    };
    assert!(!run());
    // Times are no finer than a tick of the clock.
    std::thread::sleep(std::time::Duration::from_millis(20));
    let file = fs_err::OpenOptions::new().write(true).open(context.path("out.zip")).unwrap().into_parts().0;
    let modified = file.metadata().unwrap().modified().unwrap();
    std::os::unix::fs::FileExt::write_all_at(&file, b"?", 50).unwrap();
    file.set_modified(modified).unwrap();
    usual("a byte that somebody has changed, with the time set back");
    fs_err::copy(context.path("out.zip"), context.path("copy.zip")).unwrap();
    fs_err::rename(context.path("copy.zip"), context.path("out.zip")).unwrap();
    usual("a copy in its place");
    fs_err::remove_file(context.path("out.zip")).unwrap();
    usual("nothing there");
    context.write("app/new.py", "");
    usual("a new file");
    context.write("app/taken.py", "mine\n");
    assert!(!run() && !run(), "a file in the place of a dependency's");
}

#[test]
fn what_is_said_of_own_files_is_said_of_edited_ones() {
    let function = Function::new();
    let context = &function.context;
    context.write("app/.env", "TOKEN=x\n");
    let (_, first) = function.run(|_| {});
    let warning =
        |shown: &str| shown.lines().filter(|line| line.contains(".env")).map(str::to_owned).collect::<Vec<_>>();
    context.write("app/handler.py", "y = 1\n");
    let (is_short, shown) = function.run(|_| {});
    assert!(is_short, "{shown}");
    assert_eq!((warning(&shown).len(), warning(&shown)), (1, warning(&first)));
    // Nobody's password goes into an output, by whichever way.
    let secret = "pass-word-of-the-index-1234";
    let url = function.index.url().replace("http://", &format!("http://me:{secret}@"));
    let bundle = |content: String| {
        context.write("app/handler.py", content);
        let mut command = context.barrow();
        context.run(command.args(["bundle", "app", "-v", "-o", "private", "--index-url", &url]))
    };
    assert!(bundle("z = 1\n".to_owned()).starts_with("exit code: 0"));
    assert!(bundle("z = 2\n".to_owned()).contains(SHORT));
    let refused = bundle(format!("TOKEN = '{secret}'\n"));
    assert!(!refused.starts_with("exit code: 0") && refused.contains("handler.py"), "{refused}");
    assert_eq!(fs_err::read_to_string(context.path("private/handler.py")).unwrap(), "z = 2\n");
}

#[test]
fn a_limit_of_size_holds_for_edited_files() {
    let function = Function::new();
    let limited = |content: &str| {
        function.context.write("app/handler.py", content);
        let mut command = function.command("out");
        function.context.run(command.args(["--max-size", "4kB"]))
    };
    assert!(limited("a = 1\n").starts_with("exit code: 0"));
    assert!(limited("b = 1\n").contains(SHORT));
    let refused = limited(&"c = 1\n".repeat(1000));
    assert!(refused.starts_with("exit code: 1") && refused.contains("more than the"), "{refused}");
    assert_eq!(fs_err::read_to_string(function.context.path("out/handler.py")).unwrap(), "b = 1\n");
}
