//! Folders whose `setup.cfg` says what they require.

use crate::support::{IndexServer, TestContext, WheelBuilder};

const CFG: &str = "[metadata]\nname = lib\nversion = 1.5\n[options]\npy_modules = lib\npython_requires = >=3.8\ninstall_requires =\n    \
    dep>=1\n    old; python_version < \"3.9\"\n[options.extras_require]\nfast = speed\n";

#[test]
fn a_folder_with_a_plain_setup_cfg_is_resolved_without_building_it() {
    // There is no setuptools, so nothing can be built.
    let index = IndexServer::new()
        .file(WheelBuilder::new("dep", "1.0"))
        .file(WheelBuilder::new("dep", "2.0"))
        .file(WheelBuilder::new("speed", "3.0"))
        .start();
    let context = TestContext::new();
    context.write("lib/lib.py", "");
    let lock = |cfg: &str, py: &str, words: &[&str]| {
        context.write("lib/setup.cfg", cfg);
        context.write("lib/setup.py", py);
        let mut command = context.barrow();
        command.args(["lock", "--runtime", "python3.12", "--format", "requirements", "-o", "-"]).args(words);
        context.show(&command.args(["--index-url", &index.url()]).output().unwrap())
    };
    let py = "from setuptools import setup\nsetup()\n";
    let shown = lock(CFG, py, &["./lib[fast]"]);
    assert!(shown.contains("exit code: 0"), "{shown}");
    assert!(shown.contains("dep==2.0\n") && shown.contains("speed==3.0\n") && !shown.contains("old"), "{shown}");
    let shown = lock(CFG, py, &["./lib"]);
    assert!(shown.contains("dep==2.0\n") && !shown.contains("speed"), "{shown}");
    // What it requires counts as what any project requires.
    let shown = lock(&CFG.replace("dep>=1", "dep<2"), py, &["./lib", "dep==2.0"]);
    assert!(shown.contains("exit code: 1") && shown.contains("dep<2"), "{shown}");
    let shown = lock(&CFG.replace(">=3.8", "<3.12"), py, &["./lib"]);
    assert!(shown.contains("exit code: 1") && shown.contains("3.12"), "{shown}");
    // A build alone knows these.
    for (cfg, py) in [
        (CFG.replace("version = 1.5", "version = attr: lib.__version__"), py),
        (CFG.replace("version = 1.5", "version = file: VERSION"), py),
        (CFG.to_owned(), "from setuptools import setup\nsetup(install_requires=['more'])\n"),
    ] {
        let shown = lock(&cfg, py, &["./lib"]);
        assert!(shown.contains("exit code: 1") && shown.contains("setuptools"), "{cfg}{py}{shown}");
    }
}
