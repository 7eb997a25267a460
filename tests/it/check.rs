//! `barrow check`: bad bundles made by code, each found with the right code and nothing else, and what is said about
//! them.

use std::collections::BTreeMap;
use std::io::Write as _;
use std::os::unix::fs::{MetadataExt as _, PermissionsExt as _};
use std::path::PathBuf;

use crate::support::{ElfBuilder, IndexServer, TestContext, WheelBuilder, ZipEntry, sha256_base64, write_zip};

const OK: &str = "def handler(event, context):\n    return 1\n";

/// A bundle under construction: path, content, mode.
#[derive(Clone, Default)]
struct Bundle(Vec<(String, Vec<u8>, u32)>);

impl Bundle {
    /// One with a handler, `app.handler`, that does this first.
    fn app(code: &str) -> Self {
        Self::default().file("app.py", format!("{code}\n{OK}"))
    }

    fn file(mut self, path: &str, bytes: impl AsRef<[u8]>) -> Self {
        self.0.push((path.to_owned(), bytes.as_ref().to_vec(), 0o644));
        self
    }

    fn mode(mut self, mode: u32) -> Self {
        self.0.last_mut().expect("a mode belongs to a file").2 = mode;
        self
    }

    /// A project with its files and lines of METADATA; RECORD tells the truth about them.
    fn dist(mut self, name: &str, version: &str, files: &[(&str, &[u8])], metadata: &str) -> Self {
        let info = format!("{}-{version}.dist-info", name.replace('-', "_"));
        let mut record = String::new();
        for (path, bytes) in files {
            record += &format!("{path},sha256={},{}\n", sha256_base64(bytes), bytes.len());
            if !self.0.iter().any(|(known, ..)| known == path) {
                self = self.file(path, bytes);
            }
        }
        record += &format!("{info}/METADATA,,\n{info}/RECORD,,\n");
        let text = format!("Metadata-Version: 2.1\nName: {name}\nVersion: {version}\n{metadata}\n");
        self.file(&format!("{info}/METADATA"), text).file(&format!("{info}/RECORD"), record)
    }

    fn write(&self, context: &TestContext, folder: &str) {
        for (path, bytes, mode) in &self.0 {
            let path = context.write(&format!("{folder}/{path}"), bytes);
            fs_err::set_permissions(path, std::fs::Permissions::from_mode(*mode)).unwrap();
        }
        fs_err::create_dir_all(context.path(folder)).unwrap();
    }

    fn zip(&self) -> Vec<u8> {
        let entries: Vec<ZipEntry> = self
            .0
            .iter()
            .map(|(name, bytes, mode)| ZipEntry {
                name: name.clone(),
                bytes: bytes.clone(),
                mode: 0o100_000 | mode,
                deflate: true,
            })
            .collect();
        write_zip(&entries)
    }
}

/// What a check of `place` finds, as `BAR012 error cv2`, in order; every exit code fits.
fn found(context: &TestContext, place: &str, arguments: &[&str]) -> Vec<String> {
    let output = context.barrow().args(["check", place, "--json", "-q"]).args(arguments).output().unwrap();
    let shown = context.show(&output);
    let report: serde_json::Value = serde_json::from_slice(&output.stdout).unwrap_or_else(|_| panic!("{shown}"));
    let text = |value: &serde_json::Value| value.as_str().unwrap_or_default().to_owned();
    let findings = report["findings"].as_array().unwrap();
    let lines: Vec<String> = findings
        .iter()
        .map(|finding| format!("{} {} {}", text(&finding["code"]), text(&finding["grade"]), text(&finding["subject"])))
        .collect();
    let errors = lines.iter().filter(|line| line.contains(" error ")).count();
    assert_eq!(output.status.code(), Some(i32::from(errors > 0)), "{shown}");
    assert_eq!(report["errors"], errors, "{shown}");
    lines
}

/// Checks that a folder with this bundle is found to have this and nothing else, for python3.13 on `x86_64`.
fn check(bundle: &Bundle, arguments: &[&str], expected: &[&str]) {
    let context = TestContext::new();
    bundle.write(&context, "b");
    let mut all = vec!["--runtime", "python3.13", "--arch", "x86_64"];
    if arguments.contains(&"--runtime") {
        all = vec!["--arch", "x86_64"];
    }
    if arguments.contains(&"--arch") {
        all.retain(|word| *word != "--arch" && *word != "x86_64");
    }
    if !arguments.contains(&"--handler") {
        all.extend(["--handler", "app.handler"]);
    }
    all.extend(arguments);
    let names: Vec<&String> = bundle.0.iter().map(|(path, ..)| path).collect();
    assert_eq!(found(&context, "b", &all), expected, "{names:?} {arguments:?}");
}

#[test]
fn honest_bundles_have_no_findings() {
    check(&Bundle::app(""), &[], &[]);
    check(&Bundle::app("import json, os.path, xml.etree.ElementTree, zoneinfo"), &[], &[]);
    check(
        &Bundle::app("import shop.prices\nfrom shop import stock\nfrom shop.stock import count")
            .file("shop/__init__.py", "")
            .file("shop/prices.py", "from . import stock\nfrom .stock import count\n")
            .file("shop/stock.py", "count = 1\n"),
        &[],
        &[],
    );
    check(
        &Bundle::app("try:\n    import fast\nexcept ImportError:\n    import json as fast\n").dist("x", "1", &[], ""),
        &[],
        &["BAR013 note fast"],
    );
    check(&Bundle::app("from typing import TYPE_CHECKING\nif TYPE_CHECKING:\n    import absent"), &[], &[]);
    check(&Bundle::app("import sys\nif sys.version_info < (3, 11):\n    import tomli"), &[], &[]);
    let six: &[u8] = b"import sys\nsys.modules[__name__ + '.moves'] = sys\n";
    check(
        &Bundle::app("from six.moves import urllib\nimport six.moves.http_client").dist(
            "six",
            "1",
            &[("six.py", six)],
            "",
        ),
        &[],
        &[],
    );
    let lazy: &[u8] = b"def f():\n    import absent\ntry:\n    import other\nexcept ImportError:\n    other = None\n";
    check(&Bundle::app("import lib").dist("lib", "1", &[("lib/__init__.py", lazy)], ""), &[], &[]);
    // A namespace of two projects, and a portion in a layer-like place.
    check(
        &Bundle::app("import ns.a, ns.b").dist("ns-a", "1", &[("ns/a.py", b"")], "").dist(
            "ns-b",
            "1",
            &[("ns/b/__init__.py", b"")],
            "",
        ),
        &[],
        &[],
    );
    check(
        &Bundle::app("import sys\nsys.path.insert(0, 'vendor')\nimport inner").file("vendor/inner/__init__.py", ""),
        &[],
        &[],
    );
    // A package that brings others, one of them a namespace.
    let vendors: &[u8] = b"import sys\nsys.path.append(__path__[0] + '/_vendor')\nfrom . import core\n";
    let files: &[(&str, &[u8])] = &[
        ("lib/__init__.py", vendors),
        ("lib/core.py", b"import ns.text, plain\n"),
        ("lib/_vendor/ns/text/__init__.py", b""),
        ("lib/_vendor/plain.py", b""),
    ];
    check(&Bundle::app("import lib").dist("lib", "1", files, ""), &[], &[]);
    // One that brings what lies in another package of the same project.
    let vendors: &[u8] = b"import sys, os\nsys.path.append(os.path.abspath('../lib/_vendor'))\nimport ns.text, plain\n";
    let beside: Vec<(&str, &[u8])> = files[2..].iter().copied().chain([("old/__init__.py", vendors)]).collect();
    check(&Bundle::app("import old").dist("lib", "1", &beside, ""), &[], &[]);
    check(&Bundle::app("import __future__, __main__"), &[], &[]);
    // What every module has, whatever stands in it.
    let own = "from shop.a import __doc__, __name__ as n, __file__, __spec__, __dict__\nfrom shop import __path__";
    let shop = |code: &str| Bundle::app(code).file("shop/__init__.py", "").file("shop/a.py", "");
    check(&shop(own), &[], &[]);
    check(&shop("from shop import __version__"), &[], &["BAR014 error shop.__version__"]);
    check(
        &Bundle::app("import core").dist("core", "1", &[("core.abi3.so", &ElfBuilder::module("core").build())], ""),
        &[],
        &[],
    );
}

#[test]
fn modules_that_are_missing() {
    check(&Bundle::app("import cv2"), &[], &["BAR012 error cv2"]);
    check(&Bundle::app("from a.b import c"), &[], &["BAR012 error a"]);
    check(&Bundle::app("def f():\n    import pandas"), &[], &["BAR013 warning pandas"]);
    check(&Bundle::app("import os\nif os.environ.get('X'):\n    import pandas"), &[], &["BAR013 warning pandas"]);
    check(&Bundle::app("def f():\n    import pandas\nf()"), &[], &["BAR012 error pandas"]);
    check(
        &Bundle::app("try:\n    import a\nexcept ImportError as e:\n    raise RuntimeError() from e"),
        &[],
        &["BAR012 error a"],
    );
    check(
        &Bundle::app("try:\n    import a\nexcept ImportError:\n    import b"),
        &[],
        &["BAR012 error b", "BAR013 note a"],
    );
    check(
        &Bundle::app("import lib").dist(
            "lib",
            "1",
            &[("lib/__init__.py", b"from .inner import x\n"), ("lib/inner.py", b"import gone\n")],
            "",
        ),
        &[],
        &["BAR012 error gone"],
    );
    check(
        &Bundle::app("import lib").dist("lib", "1", &[("lib.py", b"import gone\n")], "Requires-Dist: gone\n"),
        &[],
        &["BAR012 error gone"],
    );
    check(
        &Bundle::app("import lib").dist(
            "lib",
            "1",
            &[("lib/__init__.py", b"from lib import inner\n"), ("lib/inner.py", b"import gone\n")],
            "",
        ),
        &[],
        &["BAR012 error gone"],
    );
    check(
        &Bundle::app("from shop import nothing").file("shop/__init__.py", "x = 1\n"),
        &[],
        &["BAR014 error shop.nothing"],
    );
    check(&Bundle::app("import shop.nothing").file("shop/__init__.py", ""), &[], &["BAR014 error shop.nothing"]);
    check(&Bundle::app("from shop import nothing").file("shop.py", "x = 1\n"), &[], &["BAR014 error shop.nothing"]);
    check(&Bundle::app("from .shop import x").file("shop.py", "x = 1"), &[], &["BAR014 error .shop"]);
    check(
        &Bundle::app("from shop import x").file("shop/__init__.py", "from .. import x").dist("other", "1", &[], ""),
        &[],
        &["BAR014 error .."],
    );
    check(&Bundle::app("try:\n    from .shop import x\nexcept ImportError:\n    x = 1"), &[], &[]);
    let thrice = "try:\n    import a\nexcept ImportError:\n    try:\n        import b\n    except ImportError:\n        import c";
    check(&Bundle::app(thrice), &[], &["BAR012 error c", "BAR013 note a", "BAR013 note b"]);
    check(&Bundle::app(thrice).file("a.py", ""), &[], &["BAR013 note b"]);
    check(
        &Bundle::app("from shop import x, y").file("shop.py", "if (x := 1): pass\nmatch x:\n    case [*y]: pass"),
        &[],
        &[],
    );
    check(&Bundle::app("import ns.nothing").file("ns/other.py", ""), &[], &["BAR014 error ns.nothing"]);
    let uses: &[u8] = b"from ns import gone\n";
    check(
        &Bundle::app("import lib").dist("lib", "1", &[("lib.py", uses), ("ns/other.py", b"")], ""),
        &[],
        &["BAR012 error ns.gone"],
    );
    // A name that is asked for before it is bound, so that an installer can say that the package is only being built.
    let built = |value: &str| {
        let asked = format!("try:\n    BUILT\nexcept NameError:\n    BUILT = {value}\n");
        let code = format!("{asked}if BUILT:\n    import only_then\nelse:\n    import gone\n");
        Bundle::app("import lib").dist("lib", "1", &[("lib.py", code.as_bytes())], "")
    };
    check(&built("False"), &[], &["BAR012 error gone"]);
    check(&built("f()"), &[], &[]);
    check(&Bundle::app("import cgi"), &[], &["BAR015 error cgi"]);
    check(&Bundle::app("import cgi"), &["--runtime", "python3.12"], &[]);
    check(&Bundle::app("import distutils.core"), &["--runtime", "python3.12"], &["BAR015 error distutils"]);
    check(&Bundle::app("import boto3, dateutil.parser"), &[], &["BAR019 note boto3", "BAR019 note python-dateutil"]);
    check(
        &Bundle::app("import snapshot_restore_py"),
        &["--runtime", "python3.11"],
        &["BAR012 error snapshot_restore_py"],
    );
    check(&Bundle::app("import inner").file("vendor/inner/__init__.py", ""), &[], &["BAR012 error inner"]);
}

/// Packages make submodules in ways that cannot be seen, but none that their RECORD lists, and no tests.
#[test]
fn modules_of_projects_that_are_gone() {
    let without = |gone: &str, code: &[u8], more: &[(&str, &[u8])]| {
        let files = [&[("lib/__init__.py", code), (gone, &b""[..])], more].concat();
        let mut bundle = Bundle::app("import lib").dist("lib", "1", &files, "");
        bundle.0.retain(|(path, ..)| path != gone);
        bundle
    };
    let gone = |name: &str| [format!("BAR014 error lib.{name}"), "BAR028 warning lib".to_owned()];
    let finds = |bundle: &Bundle, expected: &[String]| {
        check(bundle, &[], &expected.iter().map(String::as_str).collect::<Vec<_>>());
    };
    let native = "lib/fast.cpython-313-x86_64-linux-gnu.so";
    finds(&without(native, b"from .fast import x\n", &[]), &gone("fast"));
    finds(&without(native, b"from . import fast\n", &[]), &gone("fast"));
    finds(&without("lib/fast.abi3.so", b"import lib.fast\n", &[]), &gone("fast"));
    finds(&without("lib/more/__init__.py", b"import lib.more\n", &[]), &gone("more"));
    // Whatever the package makes of itself while it runs.
    finds(&without("lib/more.py", b"def __getattr__(name): ...\nimport lib.more\n", &[]), &gone("more"));
    // Where its absence is caught, where it comes from elsewhere, and where a folder takes its place.
    let guarded = b"try:\n    from . import fast\nexcept ImportError:\n    fast = None\n";
    finds(&without(native, guarded, &[]), &gone("")[1..]);
    finds(&without("lib/more.py", b"from lib.a import more\n", &[("lib/a.py", b"more = 1\n")]), &gone("")[1..]);
    finds(&without("lib/more/__init__.py", b"import lib.more\n", &[("lib/more/a.py", b"")]), &gone("")[1..]);
    // What slimming has taken out of RECORD too.
    let slim = |code: &[u8]| Bundle::app("import lib").dist("lib", "1", &[("lib/__init__.py", code)], "");
    finds(&slim(b"from lib.tests.data import x\n"), &gone("tests")[..1]);
    finds(&slim(b"def __getattr__(name): ...\nfrom .tests import x\n"), &gone("tests")[..1]);
    finds(&slim(b"def __getattr__(name): ...\nfrom . import tests\n"), &[]);
    finds(&slim(b"from .made import x\n"), &[]);
}

#[test]
fn source_that_does_not_parse() {
    check(&Bundle::app("print 'x'"), &[], &["BAR016 error app.py"]);
    check(&Bundle::app("<<<<<<< HEAD"), &[], &["BAR016 error app.py"]);
    check(&Bundle::app("match 1:\n    case 1: pass"), &["--runtime", "python3.9"], &["BAR017 error app.py"]);
    check(&Bundle::app("type X = int"), &["--runtime", "python3.11"], &["BAR017 error app.py"]);
    check(&Bundle::app("type X = int"), &["--runtime", "python3.12"], &[]);
    check(
        &Bundle::app("import lib").dist("lib", "1", &[("lib.py", b"x = f'{'a'}'\n")], ""),
        &["--runtime", "python3.11"],
        &["BAR017 error lib.py"],
    );
    check(&Bundle::app("def f():\n    import lib").file("lib.py", "print 'x'"), &[], &["BAR016 warning lib.py"]);
    // What the grammar has, and Python's compiler refuses.
    let refused = [
        "def f():\n    await x",
        "await x",
        "async def f():\n    return lambda: await x",
        "def f():\n    async with x: pass",
        "async def f():\n    class A:\n        async for y in x: pass",
        "async def f():\n    yield from x",
        "class A:\n    yield x",
        "break",
        "for x in y:\n    def f():\n        continue",
        "while x: pass\nelse: break",
        "return 1",
        "def f():\n    class A:\n        return",
        "def f(e, *, e): pass",
        "def f():\n    nonlocal x",
        "x = 1\nfrom __future__ import annotations",
        "def f():\n    print(x)\n    global x",
        "def f(x):\n    global x",
    ];
    for code in refused {
        check(&Bundle::app(code), &[], &["BAR016 error app.py"]);
    }
    let taken = [
        "'text'\nfrom __future__ import annotations\nfrom __future__ import division",
        "async def f():\n    await x\n    async for y in x:\n        break\n    else:\n        return [await z for z in y]",
        "async def f():\n    async with x: yield y\n    while True:\n        if x: continue",
        "def f():\n    return (await x for x in y)",
        "def f():\n    x = 1\n    def g():\n        nonlocal x\n        x = yield from (lambda: (yield))()",
        "def f(x=[y for y in z]):\n    global y\n    y = x\ndef g():\n    global y; print(y)",
        "x: int\nfor x in y:\n    try: pass\n    finally: continue",
    ];
    for code in taken {
        check(&Bundle::default().file("app.py", format!("{code}\n{OK}")), &[], &[]);
    }
    check(&Bundle::app("").file("other.py", "print 'x'"), &[], &[]);
    check(&Bundle::app("import data").file("data.py", vec![b'#'; 3 << 20]), &[], &["BAR035 note data.py"]);
    check(&Bundle::app("if x:\n\tif y:\n        z = 1"), &[], &["BAR016 error app.py"]);
    let encoded = |source: &[u8]| Bundle::app("import data").file("data.py", source);
    check(&encoded(b"# coding: shift_jis\nx = '\x95\x5c'\nimport gone"), &[], &["BAR012 error gone"]);
    check(&encoded(b"# coding: utf-8\nx = '\xe9'"), &[], &["BAR016 error data.py"]);
    check(&encoded(b"# coding: iso-2022-jp\nx = '\x1b$B'"), &[], &["BAR035 note data.py"]);
    check(&Bundle::app(&format!("x = a{}", ".a".repeat(300_000))), &[], &[]);
}

#[test]
fn handlers() {
    let bundle = Bundle::app("");
    check(&bundle, &["--handler", "app"], &["BAR020 error app"]);
    check(&bundle, &["--handler", "app/"], &["BAR020 error app/"]);
    check(&bundle, &["--handler", "time.handler"], &["BAR021 error time.handler"]);
    check(&bundle, &["--handler", "main.handler"], &["BAR022 error main.handler"]);
    check(&bundle, &["--handler", "app.run"], &["BAR023 error app.run"]);
    check(&Bundle::default().file("src/app.py", OK), &["--handler", "src/app.handler"], &[]);
    check(&Bundle::default().file("src/app.py", OK), &["--handler", "src.app.handler"], &[]);
    check(&Bundle::default().file("app.py", "from shop import *\n").file("shop.py", OK), &[], &[]);
    check(&Bundle::default().file("app.py", "handler = lambda e, c: 1\n"), &[], &[]);
    check(&bundle, &["--handler", "app.handler", "--handler", "app.other"], &["BAR023 error app.other"]);
    let script = Bundle::default().file("run.sh", "#!/bin/sh\nexec python app.py\n");
    check(&script.clone().mode(0o755), &["--handler", "run.sh"], &[]);
    check(&script, &["--handler", "run.sh"], &["BAR024 error run.sh"]);
    check(
        &Bundle::default().file("run.sh", "#!/bin/sh\r\n").mode(0o755),
        &["--handler", "run.sh"],
        &["BAR024 error run.sh"],
    );
    check(
        &Bundle::default().file("run.sh", "exec x\n").mode(0o755),
        &["--handler", "run.sh"],
        &["BAR024 error run.sh"],
    );
}

/// What helps where the module of the handler is not found.
#[test]
fn help_for_handlers_that_are_in_no_file() {
    let context = TestContext::new();
    Bundle::app("").write(&context, "b");
    let check = |handler: &str, expected: &str| {
        let output = context.barrow().args(["check", "b", "--runtime", "python3.13", "--handler", handler]).output();
        let shown = context.show(&output.unwrap());
        assert!(shown.contains(expected), "{shown}");
    };
    check("main.handler", "bundle `main.py`, or");
    check("sub/app.handler", "bundle `sub/app.py`, or");
    check("a.b.c.handler", "bundle `a/b/c.py`, or");
    check("app.py.handler", "write it as `app.handler`");
}

/// Text that only looks as if names came into being while a module runs.
#[test]
fn names_are_missed_whatever_is_written_in_comments() {
    let bundle = |code: &str| Bundle::default().file("app.py", code);
    for code in ["# never use exec(x)\n", "def f(s):\n    return s.exec('x')\n", "x = 'globals()'\n"] {
        check(&bundle(code), &[], &["BAR023 error app.handler"]);
        check(&Bundle::app("from shop import gone").file("shop.py", code), &[], &["BAR014 error shop.gone"]);
    }
    for code in ["exec(open('x').read())\n", "globals()['handler'] = print\n", "def __getattr__(name): ...\n"] {
        check(&bundle(code), &[], &[]);
        check(&Bundle::app("from shop import gone").file("shop.py", code), &[], &[]);
    }
}

#[test]
fn modules_of_other_systems() {
    check(&Bundle::app("import winreg"), &[], &["BAR012 error winreg"]);
    check(&Bundle::app("import _scproxy, msvcrt"), &[], &["BAR012 error _scproxy", "BAR012 error msvcrt"]);
    let events = ["BAR012 error asyncio.windows_events"];
    check(&Bundle::app("import asyncio.windows_events"), &[], &events);
    check(&Bundle::app("from asyncio import windows_events"), &[], &events);
    check(&Bundle::app("from asyncio.windows_events import ProactorEventLoop"), &[], &events);
    check(&Bundle::app("import msilib"), &["--runtime", "python3.12"], &["BAR012 error msilib"]);
    check(&Bundle::app("import msilib"), &[], &["BAR015 error msilib"]);
    check(&Bundle::app("def f():\n    import winreg\n"), &[], &["BAR013 note winreg"]);
    for code in [
        "import ctypes.wintypes, asyncio.events, ntpath",
        "try:\n    import msvcrt\nexcept ImportError:\n    import fcntl",
        "import sys\nif sys.platform == 'win32':\n    import winreg",
        "import platform\nif platform.system() == 'Windows':\n    import winreg",
    ] {
        check(&Bundle::app(code), &[], &[]);
    }
    // What is guarded is missing for certain, so what stands in for it runs.
    check(&Bundle::app("try:\n    import nt\nexcept ImportError:\n    import gone"), &[], &["BAR012 error gone"]);
    check(&Bundle::app("import winreg").file("winreg.py", ""), &[], &["BAR018 warning winreg"]);
}

/// Projects that are wholly for another processor or Python, however their native modules are imported.
#[test]
fn projects_for_other_targets() {
    let arm = || ElfBuilder::module("_core").machine(183).build();
    let with = |import: &str, init: &str, natives: &[(&str, Vec<u8>)]| {
        let mut files: Vec<(&str, &[u8])> = vec![("fast/__init__.py", init.as_bytes())];
        files.extend(natives.iter().map(|(path, bytes)| (*path, bytes.as_slice())));
        Bundle::app(import).dist("fast", "1", &files, "")
    };
    let other = "fast/_core.cpython-313-aarch64-linux-gnu.so";
    let (error, note) = (["BAR006 error fast"], ["BAR006 note fast"]);
    for init in [
        "from . import _core",
        "from ._core import a, b",
        "if unknown():\n    pass\nelse:\n    from . import _core",
        "__path__ = more(__path__)\nfrom ._core import a",
        "def __getattr__(name):\n    return load('_core', name)",
        "load('_core')",
    ] {
        check(&with("import fast", init, &[(other, arm())]), &[], &error);
        check(&with("import fast", init, &[(other, arm())]), &["--arch", "arm64"], &[]);
        let older = "fast/_core.cpython-312-x86_64-linux-gnu.so";
        let here = || ElfBuilder::module("_core").build();
        check(&with("import fast", init, &[(older, here())]), &[], &["BAR007 error fast"]);
        // Files for several targets side by side, one of them for this.
        let own = "fast/_core.cpython-313-x86_64-linux-gnu.so";
        check(&with("import fast", init, &[(older, here()), (own, here()), (other, arm())]), &[], &note);
    }
    check(&with("import fast._core", "__path__ = more()", &[(other, arm())]), &[], &error);
    // What type checkers read lies in a folder of its name.
    let stub = ("fast/_core/__init__.pyi", Vec::new());
    check(&with("import fast", "from fast._core import a, b", &[(other, arm()), stub]), &[], &error);
    // What does without its native code works, and is still not what was meant.
    let warning = ["BAR006 warning fast"];
    let guarded = "try:\n    from . import _core\nexcept ImportError:\n    _core = None";
    check(&with("import fast", guarded, &[(other, arm())]), &[], &warning);
    check(&with("import fast", "", &[(other, arm()), ("fast/_core.py", Vec::new())]), &[], &warning);
    check(&with("def f():\n    import fast", "load('_core')", &[(other, arm())]), &[], &warning);
    let tried = "try:\n    import fast\nexcept ImportError:\n    fast = None";
    check(&with(tried, "load('_core')", &[(other, arm())]), &[], &warning);
    // Data for several systems, of which the code takes one.
    let data = [("fast/lib/libx.so", arm()), ("fast/lib/libx.dylib", Vec::new()), ("fast/lib/libx.dll", Vec::new())];
    check(&with("import fast", "load()", &data), &[], &note);
}

/// Names that come from elsewhere, or are taken away.
#[test]
fn handlers_by_names_of_others() {
    let bundle = |code: &str| Bundle::default().file("app.py", code).file("impl.py", OK).file("empty.py", "x = 1\n");
    check(&bundle("from impl import *\n"), &[], &[]);
    check(&bundle("from empty import *\nfrom impl import *\n"), &[], &[]);
    check(&bundle("from empty import *\n"), &[], &["BAR023 error app.handler"]);
    check(&bundle("from json import *\n"), &[], &[]);
    check(&bundle("handler: object\n"), &[], &["BAR023 error app.handler"]);
    check(&bundle("from impl import handler\ndel handler\n"), &[], &["BAR023 error app.handler"]);
}

#[test]
fn libraries_and_symbols() {
    let with =
        |file: &str, object: &ElfBuilder| Bundle::app("import fast").dist("fast", "1", &[(file, &object.build())], "");
    let fast = || ElfBuilder::module("fast");
    let file = "fast.cpython-313-x86_64-linux-gnu.so";
    check(&with(file, &fast()), &[], &[]);
    check(&with(file, &fast().needed("libGL.so.1")), &[], &["BAR001 error libGL.so.1"]);
    let plugin = Bundle::app("").dist("fast", "1", &[(file, &fast().needed("libGL.so.1").build())], "");
    check(&plugin, &[], &["BAR001 note libGL.so.1"]);
    check(&with(file, &fast().needed("libexpat.so.1")), &[], &["BAR002 warning libexpat.so.1"]);
    check(
        &with("fast.so", &fast().needed("libexpat.so.1")),
        &["--runtime", "python3.11"],
        &["BAR001 error libexpat.so.1"],
    );
    check(&with(file, &fast().version("libc.so.6", "GLIBC_2.35")), &[], &["BAR004 error fast"]);
    check(
        &with("fast.so", &fast().version("libc.so.6", "GLIBC_2.27")),
        &["--runtime", "python3.11"],
        &["BAR004 error fast"],
    );
    check(&with(file, &fast().version("libc.so.6", "GLIBC_ABI_DT_RELR")), &[], &["BAR004 error fast"]);
    let cxx = |version: &str| fast().needed("libstdc++.so.6").version("libstdc++.so.6", version);
    check(&with(file, &cxx("GLIBCXX_3.4.30")), &[], &["BAR005 warning fast"]);
    check(&with(file, &cxx("CXXABI_1.3.17")), &[], &["BAR005 error fast"]);
    check(&with("fast.so", &cxx("GLIBCXX_3.4.25")), &["--runtime", "python3.10"], &["BAR005 error fast"]);
    check(&with("fast.so", &fast().machine(183)), &[], &["BAR006 error fast"]);
    check(&with("fast.so", &fast()), &["--arch", "arm64"], &["BAR006 error fast"]);
    check(&with("fast.cpython-313-aarch64-linux-gnu.so", &fast().machine(183)), &[], &["BAR006 error fast"]);
    check(&with("fast.cpython-312-x86_64-linux-gnu.so", &fast()), &[], &["BAR007 error fast"]);
    check(&with("fast.cp313-win_amd64.pyd", &fast()), &[], &["BAR008 error fast"]);
    check(&with("fast.cpython-313-darwin.so", &fast()), &[], &["BAR008 error fast"]);
    check(&with("fast.cpython-313t-x86_64-linux-gnu.so", &fast()), &[], &["BAR008 error fast"]);
    check(&with("fast.so", &fast().needed("libc.musl-x86_64.so.1")), &[], &["BAR008 error fast"]);
    check(
        &with("fast.abi3.so", &fast().symbol("PyDict_GetItemRef", false)),
        &["--runtime", "python3.12"],
        &["BAR009 error fast"],
    );
    check(&with("fast.abi3.so", &fast().symbol("PyDict_GetItemRef", false)), &[], &[]);
    check(&with(file, &fast().executable_stack()), &[], &["BAR011 warning fast"]);
    // What cffi generates imports its core.
    let generated = || fast().symbol("PyImport_ImportModule", false).symbol("_cffi_backend", true);
    check(&with(file, &generated()), &[], &["BAR012 error _cffi_backend"]);
    check(&with(file, &generated()).dist("cffi", "1", &[("_cffi_backend.py", b"")], ""), &[], &[]);
    let cut = fast().build()[..200].to_vec();
    check(&Bundle::app("import fast").dist("fast", "1", &[("fast.so", &cut)], ""), &[], &["BAR010 error fast.so"]);
}

#[test]
fn libraries_are_searched_as_the_loader_does() {
    let (module, library) =
        (ElfBuilder::module("fast").needed("libfoo.so.1"), ElfBuilder::new().soname("libfoo.so.1").build());
    let with = |object: &ElfBuilder, place: &str| {
        Bundle::app("import fast").dist("fast", "1", &[("fast.so", &object.build()), (place, &library)], "")
    };
    check(&with(&module, "lib/libfoo.so.1"), &[], &[]);
    check(&with(&module, "libfoo.so.1"), &[], &[]);
    check(&with(&module, "fast.libs/libfoo.so.1"), &[], &["BAR003 warning libfoo.so.1"]);
    check(&with(&module.clone().rpath("$ORIGIN/fast.libs"), "fast.libs/libfoo.so.1"), &[], &[]);
    check(&with(&module.clone().runpath("${ORIGIN}/fast.libs"), "fast.libs/libfoo.so.1"), &[], &[]);
    check(&with(&module.clone().runpath("/var/task/other/../fast.libs"), "fast.libs/libfoo.so.1"), &[], &[]);
    // The library's own needs are found through the DT_RPATH of who loads it, and not through its DT_RUNPATH.
    let chain = |module: ElfBuilder| {
        let outer = ElfBuilder::new().soname("libfoo.so.1").needed("libbar.so.1").build();
        let inner = ElfBuilder::new().soname("libbar.so.1").build();
        Bundle::app("import fast").dist(
            "fast",
            "1",
            &[("fast.so", &module.build()), ("fast.libs/libfoo.so.1", &outer), ("fast.libs/libbar.so.1", &inner)],
            "",
        )
    };
    check(&chain(module.clone().rpath("$ORIGIN/fast.libs")), &[], &[]);
    check(&chain(module.clone().runpath("$ORIGIN/fast.libs")), &[], &["BAR003 warning libbar.so.1"]);
    // One that is loaded serves everyone.
    let second = ElfBuilder::module("second").needed("libfoo.so.1").build();
    let both = with(&module.clone().rpath("$ORIGIN/fast.libs"), "fast.libs/libfoo.so.1");
    check(
        &Bundle::app("import fast, second")
            .dist("second", "1", &[("second.so", &second)], "")
            .0
            .into_iter()
            .chain(both.0.into_iter().skip(1))
            .fold(Bundle::default(), |mut all, file| {
                all.0.push(file);
                all
            }),
        &[],
        &[],
    );
    // What nobody loads is a note.
    let plugin = ElfBuilder::new().version("libc.so.6", "GLIBC_2.40").build();
    check(&Bundle::app("").dist("fast", "1", &[("plugins/x.so", &plugin)], ""), &[], &["BAR004 note fast"]);
    check(&Bundle::app("").dist("fast", "1", &[("fast/tests/x.so", &plugin)], ""), &[], &[]);
}

#[test]
fn projects_and_their_records() {
    let lib: (&str, &[u8]) = ("lib/__init__.py", b"x = 1\n");
    let app = || Bundle::app("import lib");
    check(
        &app().dist("lib", "1", &[lib], "Requires-Dist: dep>=2\n").dist("dep", "1", &[("dep.py", b"")], ""),
        &[],
        &["BAR025 warning dep"],
    );
    check(
        &app().dist(
            "lib",
            "1",
            &[lib],
            "Requires-Dist: dep; sys_platform == 'win32'\nRequires-Dist: e; extra == 'e'\n",
        ),
        &[],
        &[],
    );
    check(&app().dist("lib", "1", &[lib], "Requires-Dist: dep\n"), &[], &["BAR025 warning dep"]);
    check(&app().dist("lib", "1", &[lib], "Requires-Dist: boto3\n"), &[], &[]);
    check(&app().dist("lib", "1", &[lib], "").dist("lib", "2", &[lib], ""), &[], &["BAR026 error lib"]);
    check(
        &app().file("lib/__init__.py", "x = 2\n").dist("lib", "1", &[lib], ""),
        &[],
        &["BAR027 error lib/__init__.py"],
    );
    // Of one path that two projects bring, one of them has its file.
    let other: (&str, &[u8]) = ("lib/__init__.py", b"x = 2\n");
    check(&app().dist("lib", "1", &[lib], "").dist("zlib", "1", &[other], ""), &[], &[]);
    check(&app().dist("zlib", "1", &[other], "").dist("lib", "1", &[lib], ""), &[], &[]);
    check(
        &app().file("lib/__init__.py", "x = 3\n").dist("lib", "1", &[lib], "").dist("zlib", "1", &[other], ""),
        &[],
        &["BAR027 error lib/__init__.py"],
    );
    // Every compiler writes bytecode anew, and none that without its source stands for the module.
    let compiled = |path: &str| app().file(path, "old").dist("lib", "1", &[lib, (path, b"new")], "");
    let ignored = ["--ignore", "BAR032"];
    check(&compiled("lib/__pycache__/a.cpython-313.pyc"), &ignored, &[]);
    check(&compiled("lib/a.pyc"), &ignored, &["BAR027 error lib/a.pyc"]);
    let mut lost = app().dist("lib", "1", &[lib, ("lib/more.py", b"")], "");
    lost.0.retain(|(path, ..)| path != "lib/more.py");
    check(&lost, &[], &["BAR028 warning lib"]);
    let mut slim = app().dist("lib", "1", &[lib, ("lib/tests/t.py", b"")], "");
    slim.0.retain(|(path, ..)| path != "lib/tests/t.py");
    check(&slim, &[], &["BAR028 note lib"]);
    // Within a package, and not beside it; byte code comes into being; without RECORD nobody knows.
    let stray = || app().dist("lib", "1", &[lib], "").file("lib/more/extra.py", "");
    check(&stray().file("lib/data.txt", ""), &[], &["BAR029 note lib"]);
    check(
        &app().dist("lib", "1", &[lib, ("ns/part/__init__.py", b"")], "").file("ns/own.py", "").file("lib/x.pyc", ""),
        &["--ignore", "BAR032"],
        &[],
    );
    check(&stray().file("old-1.dist-info/METADATA", "Metadata-Version: 2.1\nName: old\nVersion: 1\n"), &[], &[]);
    check(&app().dist("lib", "1", &[lib], "Requires-Python: >=3.14\n"), &[], &["BAR030 warning lib"]);
    check(
        &Bundle::app("").file("__editable__.shop-1.pth", "/home/me/shop/src\n"),
        &[],
        &["BAR031 warning __editable__.shop-1.pth"],
    );
    check(&Bundle::app("").file("ns-nspkg.pth", "import sys\n"), &[], &["BAR031 note ns-nspkg.pth"]);
    let urllib3: &[(&str, &[u8])] = &[("urllib3/__init__.py", b"")];
    check(
        &Bundle::app("import urllib3").dist("urllib3", "2.2", urllib3, ""),
        &["--runtime", "python3.9"],
        &["BAR033 error urllib3"],
    );
    check(&Bundle::app("import urllib3").dist("urllib3", "2.2", urllib3, ""), &[], &[]);
}

/// RECORD in whatever spelling, as far as it can be read.
#[test]
fn records_of_other_tools() {
    let bundle = |line: &str| {
        let info = "tiny-1.0.dist-info";
        Bundle::app("import tiny")
            .file("tiny.py", "x = 1\n")
            .file(&format!("{info}/METADATA"), "Metadata-Version: 2.1\nName: tiny\nVersion: 1.0\n")
            .file(&format!("{info}/RECORD"), format!("{line}\n{info}/METADATA,,\n{info}/RECORD,,\n"))
    };
    let other = sha256_base64(b"x = 2\n");
    let changed = ["BAR027 error tiny.py"];
    check(&bundle(&format!("tiny.py,sha256={other},6")), &[], &changed);
    check(&bundle(&format!("./tiny.py,sha256={other},6")), &[], &changed);
    check(&bundle(&format!("tiny.py,sha256={},6", other.replace('-', "+").replace('_', "/") + "=")), &[], &changed);
    check(&bundle(&format!("tiny.py,sha512={},6", "A".repeat(86))), &[], &changed);
    check(&bundle("tiny.py,,7"), &[], &changed);
    check(&bundle("tiny.py,md5=AAAAAAAAAAAAAAAAAAAAAA,6"), &[], &[]);
    // One line that proves nothing says nothing against the others.
    let two = format!("app.py,md5=AA,1\ntiny.py,sha256={other},6");
    check(&bundle(&two), &[], &["BAR027 error app.py", "BAR027 error tiny.py"]);
    check(&bundle(&format!("tiny.py,sha256={other},6,,")), &[], &changed);
    check(&bundle("tiny.py,,6,,"), &[], &[]);
    check(&bundle("tiny.py"), &[], &["BAR035 note tiny-1.0.dist-info/RECORD"]);
}

#[test]
fn names_modes_and_sizes() {
    check(&Bundle::app("").file("random.py", ""), &[], &["BAR018 warning random"]);
    check(&Bundle::app("").file("email/__init__.py", ""), &[], &["BAR018 warning email"]);
    let with = |name: &str, file: &str| Bundle::app("").dist(name, "1.0.1", &[(file, b"")], "");
    check(&with("pathlib", "pathlib.py"), &[], &["BAR018 warning pathlib"]);
    // Nobody imports Python's own tests, and a file cannot stand in the place of what is built in.
    check(&with("tests-of-it", "test/__init__.py"), &[], &[]);
    check(&with("clock", "time.py"), &[], &[]);
    check(
        &Bundle::app("").file("__pycache__/app.cpython-312.pyc", "x"),
        &[],
        &["BAR032 note __pycache__/app.cpython-312.pyc"],
    );
    check(&Bundle::app("").file("old.pyc", [0xcb, 0x0d, 0x0d, 0x0a]), &[], &["BAR032 warning old.pyc"]);
    check(&Bundle::app("").file("config.json", "{}").mode(0o600), &[], &["BAR045 error config.json"]);
    check(&Bundle::app("").file("bin/tool", "#!/bin/sh\n"), &[], &["BAR046 warning bin/tool"]);
    check(&Bundle::app("").file("Data.txt", "").file("data.txt", ""), &[], &["BAR044 note data.txt"]);
    let context = TestContext::new();
    Bundle::app("").write(&context, "b");
    fs_err::os::unix::fs::symlink("/nowhere/at/all", context.path("b/link")).unwrap();
    assert_eq!(found(&context, "b", &["--handler", "app.handler"]), ["BAR047 warning link"]);
    fs_err::remove_file(context.path("b/link")).unwrap();
    let large = fs_err::File::create(context.path("b/large.bin")).unwrap();
    large.set_len(262_144_001).unwrap();
    assert_eq!(found(&context, "b", &["--handler", "app.handler"]), ["BAR036 error size"]);
}

/// A link takes no room, and the libraries of a wheel count with its project.
#[test]
fn sizes_are_those_of_what_is_unpacked() {
    let context = TestContext::new();
    Bundle::app("import num")
        .dist("num", "1", &[("num/__init__.py", b""), ("num.libs/x.txt", b"")], "")
        .write(&context, "b");
    let make = |path: &str, bytes: u64| fs_err::File::create(context.path(path)).unwrap().set_len(bytes).unwrap();
    make("b/num.libs/large.bin", 150_000_000);
    fs_err::os::unix::fs::symlink("large.bin", context.path("b/num.libs/again.bin")).unwrap();
    fs_err::os::unix::fs::symlink("num.libs", context.path("b/libs")).unwrap();
    let arguments = ["check", "b", "--handler", "app.handler", "--runtime", "python3.13"];
    let output = context.barrow().args(arguments).output().unwrap();
    let told = context.show(&output);
    assert!(output.status.success() && told.contains("(143 MB)"), "{told}");
    make("b/num.libs/more.bin", 150_000_000);
    make("b/num/data.bin", 10_000);
    let output = context.barrow().args(arguments).output().unwrap();
    let told = context.show(&output);
    assert!(told.contains("BAR036") && told.contains("the largest: num 286.1 MB, app.py"), "{told}");
}

/// What the cache holds of earlier checks: entries with their inodes, which change when they are written.
fn entries(context: &TestContext) -> BTreeMap<PathBuf, u64> {
    let mut found = BTreeMap::new();
    for folder in fs_err::read_dir(context.cache().join("checks-v3")).unwrap() {
        for entry in fs_err::read_dir(folder.unwrap().path()).unwrap().map(Result::unwrap) {
            found.insert(entry.path(), entry.metadata().unwrap().ino());
        }
    }
    found
}

/// Nothing of a project is parsed in a second bundle: what would be new would be written.
#[test]
fn projects_are_known_by_their_record_wherever_they_lie() {
    let object = ElfBuilder::module("fast").needed("libGL.so.1").build();
    let bundle = |own: &str| {
        Bundle::app(own).dist(
            "lib",
            "1",
            &[("lib/__init__.py", b"import gone\n"), ("lib/fast.so", &object), ("lib/tool", b"#!/bin/sh\n")],
            "",
        )
    };
    let context = TestContext::new();
    let check = |place: &str| {
        found(&context, place, &["--handler", "app.handler", "--runtime", "python3.13", "--arch", "x86_64"])
    };
    let expected = ["BAR001 error libGL.so.1", "BAR012 error gone"];
    let own = "import lib, lib.fast";
    bundle(own).write(&context, "first");
    assert_eq!(check("first"), expected);
    let after_first = entries(&context);
    assert_eq!(after_first.len(), 2, "one entry for the place, one for the project");
    assert_eq!(check("first"), expected);
    assert_eq!(entries(&context), after_first, "nothing was new");
    bundle(&format!("{own}, other")).write(&context, "second");
    assert_eq!(check("second"), [expected[0], expected[1], "BAR012 error other"]);
    context.write("third.zip", bundle(own).zip());
    assert_eq!(check("third.zip"), expected);
    let after_all = entries(&context);
    assert_eq!(after_all.len(), 4);
    for (path, inode) in &after_first {
        assert_eq!(after_all[path], *inode, "an entry was written anew");
    }
    // What is known is not believed of a file that changed, and what is damaged counts as nothing.
    context.write("second/lib/__init__.py", "import away\n");
    assert_eq!(check("second")[..3], ["BAR001 error libGL.so.1", "BAR012 error away", "BAR012 error other"]);
    for path in after_all.keys() {
        fs_err::write(path, b"barrow check summaries 3\n????").unwrap();
    }
    assert_eq!(check("first"), expected);
    assert_eq!(check("third.zip"), expected);
}

/// `sam build` leaves a template beside the folders of its functions.
#[test]
fn functions_that_sam_built_are_checked_by_themselves() {
    let context = TestContext::new();
    let template = "\
Globals: {Function: {Runtime: python3.13, Layers: [!Ref Shared]}}
Resources:
  Orders:
    Type: AWS::Serverless::Function
    Properties: {CodeUri: Orders, Handler: app.handler, Architectures: [arm64]}
  Mails:
    Type: AWS::Serverless::Function
    Properties: {CodeUri: Mails, Handler: app.handler, Runtime: python3.12, Layers: ['arn:aws:lambda:x']}
  Web:
    Type: AWS::Serverless::Function
    Properties: {CodeUri: Web, Runtime: nodejs22.x, Handler: index.handler}
  Shared:
    Type: AWS::Serverless::LayerVersion
    Metadata: {BuildMethod: python3.13}
    Properties: {ContentUri: Shared}
  Child:
    Type: AWS::Serverless::Application
    Properties: {Location: Child/template.yaml}
";
    context.write("build/template.yaml", template);
    context.write(
        "build/Child/template.yaml",
        "Resources:\n  Inner:\n    Type: AWS::Serverless::Function\n    Properties: {CodeUri: Inner, Handler: app.handler, Runtime: python3.13}\n",
    );
    Bundle::app("import shop, cgi").write(&context, "build/Orders");
    Bundle::app("import shop, cgi").write(&context, "build/Mails");
    Bundle::app("import absent").write(&context, "build/Child/Inner");
    Bundle::default().file("python/shop.py", "").write(&context, "build/Shared");
    barrow_snapshot!(context, context.barrow().args(["check", "build"]), @r"
    exit code: 1
    ----- stdout -----
    Orders (python3.13, arm64):

    error[BAR015]: Python no longer has `cgi` since 3.13
      by app.py:1 imports cgi
      on Lambda: Runtime.ImportModuleError
      help: the project `legacy-cgi` brings it

    Child/Inner (python3.13, x86_64):

    error[BAR012]: `absent` is imported, and is nowhere to be found
      by app.py:1 imports absent
      on Lambda: Runtime.ImportModuleError
      help: add the project `absent` to the requirements

    ----- stderr -----
    warning: Mails: one of its layers is not here, and what it brings is not seen
    Orders: Checked 2 files (59 bytes) for python3.13 on arm64: 1 error, 0 warnings, 0 notes
    Mails: Checked 2 files (59 bytes) for python3.12 on x86_64: 0 errors, 0 warnings, 0 notes
    Child/Inner: Checked 1 file (56 bytes) for python3.13 on x86_64: 1 error, 0 warnings, 0 notes
    error: the check found 2 errors
    hint: `barrow explain BAR015` says more about the first of them
    ");
    let output = context.barrow().args(["check", "build", "--json", "-q"]).output().unwrap();
    let answer: serde_json::Value = serde_json::from_slice(&output.stdout).unwrap();
    let units: Vec<String> = answer["units"]
        .as_array()
        .unwrap()
        .iter()
        .map(|unit| {
            format!("{} {} {} {} {}", unit["name"], unit["path"], unit["runtime"], unit["arch"], unit["errors"])
                .replace('"', "")
        })
        .collect();
    assert_eq!(
        units,
        [
            "Orders build/Orders python3.13 arm64 1",
            "Mails build/Mails python3.12 x86_64 0",
            "Child/Inner build/Child/Inner python3.13 x86_64 1",
        ]
    );
    assert_eq!(answer["errors"], 2);
    let output = context.barrow().args(["check", "build", "--github", "-q"]).output().unwrap();
    assert!(
        String::from_utf8_lossy(&output.stdout).contains("file=build/Child/Inner/app.py,line=1"),
        "{}",
        context.show(&output)
    );
    let output = context.barrow().args(["check", "build", "--runtime", "python3.12"]).output().unwrap();
    assert_eq!(output.status.code(), Some(2), "{}", context.show(&output));
    // One function alone, and a function that has a template among its files.
    assert_eq!(
        found(
            &context,
            "build/Orders",
            &["--layer", "build/Shared", "--runtime", "python3.12", "--handler", "app.handler"]
        ),
        Vec::<String>::new()
    );
    context.write("build/app.py", OK);
    assert_eq!(found(&context, "build", &["--runtime", "python3.12", "-q"]), Vec::<String>::new());
}

/// `sam build` leaves parameters in the template, so that the values which it was given have to be given again.
#[test]
fn parameters_of_a_template_that_sam_built_have_the_values_that_are_given() {
    let context = TestContext::new();
    let template = "\
Parameters:
  Rt: {Type: String, Default: python3.12}
Resources:
  Orders:
    Type: AWS::Serverless::Function
    Properties: {CodeUri: Orders, Handler: app.handler, Runtime: !Ref Rt}
";
    context.write("build/template.yaml", template);
    Bundle::app("import cgi").write(&context, "build/Orders");
    for (overrides, runtime, code) in
        [(&[][..], "python3.12", 0), (&["--parameter-overrides", "Rt=python3.13"], "python3.13", 1)]
    {
        let output = context.barrow().args(["check", "build", "--json"]).args(overrides).output().unwrap();
        let answer: serde_json::Value = serde_json::from_slice(&output.stdout).unwrap();
        assert_eq!(answer["units"][0]["runtime"], runtime, "{}", context.show(&output));
        assert_eq!(output.status.code(), Some(code), "{}", context.show(&output));
    }
    for (arguments, expected) in [
        (["check", "build/Orders", "--parameter-overrides", "Rt=python3.13"], "no template has parameters"),
        (["check", "build", "--parameter-overrides", "Rt"], "gives no parameter a value"),
    ] {
        let output = context.barrow().args(arguments).output().unwrap();
        assert_eq!(output.status.code(), Some(2), "{}", context.show(&output));
        assert!(crate::support::said(&output).contains(expected), "{}", context.show(&output));
    }
}

/// `build --check` knows the handlers and layers of each unit.
#[test]
fn what_build_makes_is_checked_with_its_layers() {
    let index = IndexServer::new().file(WheelBuilder::new("tiny", "1.0").file("tiny/__init__.py", "")).start();
    let context = TestContext::new();
    context.write(
        "barrow.toml",
        "runtime = \"python3.13\"\n\n[[function]]\nname = \"good\"\nsource = \"good\"\nhandler = \"app.handler\"\nlayers = [\"base\"]\noutput = \"dist/good\"\n\n\
         [[function]]\nname = \"bad\"\nsource = \"bad\"\nhandler = \"app.handler\"\noutput = \"dist/bad\"\n\n\
         [[layer]]\nname = \"base\"\npackages = [\"tiny\"]\noutput = \"dist/base\"\n",
    );
    context.write("good/app.py", format!("import tiny\n{OK}"));
    context.write("bad/app.py", format!("import absent\n{OK}"));
    let run = |arguments: &[&str]| {
        let output =
            context.barrow().arg("build").args(arguments).env("BARROW_INDEX_URL", index.url()).output().unwrap();
        (output.status.code(), context.show(&output))
    };
    let (code, told) = run(&["good", "--check"]);
    assert_eq!(code, Some(0), "{told}");
    assert!(told.contains("good (python3.13, x86_64): Checked"), "{told}");
    let (code, told) = run(&["--check"]);
    assert_eq!(code, Some(1), "{told}");
    assert!(told.contains("bad (python3.13, x86_64): error[BAR012]: `absent` is imported"), "{told}");
    assert!(context.path("dist/good/app.py").is_file() && told.contains("the check found 1 error"), "{told}");
    let (_, told) = run(&["--check", "--quiet"]);
    assert!(told.contains("bad (python3.13, x86_64): error[BAR012]: `absent` is imported"), "errors alone: {told}");
    let (_, told) = run(&["--check", "--json"]);
    assert!(told.contains("\"causes\":[\"bad (python3.13, x86_64): error[BAR012]"), "{told}");
    assert_eq!(run(&[]).0, Some(0));
}

#[test]
fn zips() {
    let check = |zip: Vec<u8>, expected: &[&str]| {
        let context = TestContext::new();
        context.write("f.zip", zip);
        let found = found(&context, "f.zip", &["--handler", "app.handler", "--runtime", "python3.13"]);
        assert_eq!(found, expected);
    };
    let app = || Bundle::app("");
    check(app().zip(), &[]);
    check(Bundle::app("import cv2").zip(), &["BAR012 error cv2"]);
    check(app().file("../evil.py", "").zip(), &["BAR041 error ../evil.py"]);
    check(app().file("/etc/evil", "").zip(), &["BAR041 error /etc/evil"]);
    check(app().file("pkg\\mod.py", "").zip(), &["BAR041 error pkg\\mod.py"]);
    check(app().file("app.py", OK).zip(), &["BAR042 warning app.py"]);
    check([b"#!/bin/sh\n", &*app().file("app.py", OK).zip()].concat(), &["BAR042 warning app.py"]);
    let mut windows = app().zip();
    // Made by MS-DOS, without attributes.
    let at = windows.windows(4).position(|four| four == b"PK\x01\x02").unwrap();
    windows[at + 5] = 0;
    windows[at + 38..at + 42].fill(0);
    check(windows, &["BAR043 warning app.py"]);
    let mut method = app().file("x.bin", "x").zip();
    for (signature, place) in [(b"PK\x03\x04", 8), (b"PK\x01\x02", 10)] {
        let at = method.windows(4).rposition(|four| four == signature).unwrap();
        method[at + place] = 14;
    }
    check(method, &["BAR040 error x.bin"]);
    let whole = app().zip();
    check(whole[..whole.len() - 30].to_vec(), &["BAR039 error f.zip"]);
    // Every entry is read, whether the handler imports it or not.
    let mut damaged = app().file("data.txt", "some text").zip();
    let at = damaged.windows(4).rposition(|four| four == b"PK\x03\x04").unwrap();
    damaged[at + 30 + "data.txt".len() + 1] ^= 1;
    check(damaged, &["BAR039 error data.txt"]);
    // `tar -a` writes `./` before each name.
    let dotted = Bundle::default().file("./", "").mode(0o755).file("./app.py", format!("import pkg.mod\n{OK}"));
    check(dotted.clone().file(".//pkg/./mod.py", "").zip(), &[]);
    check(dotted.file("pkg/mod.py", "").file("app.py", OK).zip(), &["BAR042 warning app.py"]);
    check(app().file("a", "").file("a/b.py", "").zip(), &["BAR039 error a"]);
    check(app().file("a/b.py", "").file("a-c", "").file("a", "").zip(), &["BAR039 error a"]);
    check(app().file("a.b/c.py", "").file("a", "").zip(), &[]);
    check(app().file(&"x".repeat(256), "").zip(), &[&format!("BAR039 error {}", "x".repeat(256))]);
}

/// Modules that the function unpacks itself, as serverless-python-requirements packs them.
#[test]
fn modules_in_archives_of_the_bundle() {
    let packed = Bundle::default().file("fast/__init__.py", "").file("slow.py", "").zip();
    let bundle = |code: &str| Bundle::app(code).file(".requirements.zip", &packed);
    check(&bundle("import fast, slow"), &[], &["BAR012 warning fast", "BAR012 warning slow"]);
    check(&bundle("import gone"), &[], &["BAR012 error gone"]);
    check(&Bundle::app("import fast").file("fast.zip", "no zip"), &[], &["BAR012 error fast"]);
}

/// Entries that are neither files nor folders, and folders that nobody may enter.
#[test]
fn kinds_of_entries_of_zips() {
    let check = |entries: &[(&str, &str, u32)], expected: &[&str]| {
        let context = TestContext::new();
        let app = [("app.py", "import pkg.mod\ndef handler(e, c): pass\n", 0o100_644)];
        let entries: Vec<ZipEntry> = app
            .iter()
            .chain(entries)
            .map(|(name, text, mode)| ZipEntry {
                name: (*name).to_owned(),
                bytes: text.as_bytes().to_vec(),
                mode: *mode,
                deflate: false,
            })
            .collect();
        context.write("f.zip", write_zip(&entries));
        let found = found(&context, "f.zip", &["--handler", "app.handler", "--runtime", "python3.13"]);
        assert_eq!(found, expected, "{entries:?}");
    };
    let (file, folder, link) = (0o100_644, 0o040_755, 0o120_777);
    let module = ("pkg/mod.py", "", file);
    check(&[("pkg/", "", folder), module], &[]);
    check(&[("pkg/", "", 0o040_700), module], &["BAR045 error pkg"]);
    check(&[module, ("null", "", 0o020_666)], &["BAR040 warning null"]);
    check(&[module, ("pipe", "", 0o010_644)], &["BAR040 warning pipe"]);
    // Links are followed, to folders and to other links too.
    check(&[("real/mod.py", "", file), ("pkg", "other", link), ("other", "real", link)], &[]);
    check(&[("real/mod.py", "import absent", file), ("pkg", "./real", link)], &["BAR012 error absent"]);
    check(&[("real/other.py", "", file), ("pkg/mod.py", "../real/other.py", link)], &[]);
    check(&[module, ("up", "../real", link)], &["BAR047 warning up"]);
    check(&[module, ("root", "/var/task/pkg", link)], &["BAR047 warning root"]);
    check(&[module, ("a", "b", link), ("b", "a", link)], &["BAR047 warning a", "BAR047 warning b"]);
    check(&[module, ("nowhere", "pk", link)], &["BAR047 warning nowhere"]);
    check(&[module, ("here", ".", link)], &[]);
}

/// Links that double the number of ways at every step end.
#[test]
fn links_that_multiply_end() {
    let context = TestContext::new();
    Bundle::app("").write(&context, "b");
    for step in 0..40 {
        fs_err::create_dir_all(context.path(&format!("b/s{step}"))).unwrap();
        for name in ["left", "right"] {
            let to = format!("../s{}", step + 1);
            std::os::unix::fs::symlink(to, context.path(&format!("b/s{step}/{name}"))).unwrap();
        }
    }
    fs_err::create_dir_all(context.path("b/s40")).unwrap();
    let found = found(&context, "b", &["--handler", "app.handler", "--runtime", "python3.13"]);
    assert_eq!(found, ["BAR035 note links"]);
}

/// What Python would be told is native code, and is none for Linux.
#[test]
fn native_modules_that_are_none() {
    let bundle = |name: &str, bytes: &[u8]| Bundle::app("import fast").file(name, bytes);
    let mach_o = b"\xcf\xfa\xed\xfe\x0c\x00\x00\x01";
    check(&bundle("fast.abi3.so", mach_o), &[], &["BAR008 error fast.abi3.so"]);
    check(&bundle("fast/__init__.so", mach_o), &[], &["BAR008 error fast"]);
    check(&bundle("fast.so", b"version https://git-lfs.github.com/spec/v1\n"), &[], &["BAR010 error fast.so"]);
    check(&bundle("fast.so", b""), &[], &["BAR010 error fast.so"]);
    check(
        &bundle("fast.pypy311-pp73-x86_64-linux-gnu.so", b""),
        &[],
        &["BAR008 error fast.pypy311-pp73-x86_64-linux-gnu.so"],
    );
    // Nobody loads it, or its failure is caught.
    check(&Bundle::app("").file("fast.so", mach_o), &[], &[]);
    check(&Bundle::app("try:\n    import fast\nexcept ImportError: pass").file("fast.so", mach_o), &[], &[]);
}

/// What Python takes for a module by its name, and does not make one.
#[test]
fn native_libraries_that_are_no_modules() {
    let library = ElfBuilder::new().soname("fast.so").build();
    let fast = ElfBuilder::module("fast").build();
    let bundle = |file: &str, bytes: &[u8]| Bundle::app("import fast").file(file, bytes);
    check(&bundle("fast.so", &library), &[], &["BAR049 error fast.so"]);
    check(&bundle("fast.so", &library).file("fast.py", "x = 1"), &[], &["BAR049 error fast.so"]);
    check(&bundle("fast/__init__.so", &library), &[], &["BAR049 error fast/__init__.so"]);
    check(&bundle("fast/__init__.abi3.so", &fast), &[], &[]);
    check(&Bundle::app("import quick").file("quick.so", &fast), &[], &["BAR049 error quick.so"]);
    check(&Bundle::app("from lib import quick").file("lib/quick.so", &fast), &[], &["BAR049 error lib/quick.so"]);
    check(&Bundle::app("from lib import fast").file("lib/fast.so", &fast), &[], &[]);
    check(&Bundle::app("def f():\n    import fast").file("fast.so", &library), &[], &["BAR049 warning fast.so"]);
    // The function may be in a library that the module needs, and a package may have something else of that name.
    let thin = ElfBuilder::new().soname("fast.so").needed("libcore.so").build();
    check(&bundle("fast.so", &thin).file("libcore.so", &fast), &[], &[]);
    let from =
        |init: &str| Bundle::app("from lib import fast").file("lib/__init__.py", init).file("lib/fast.so", &library);
    check(&from("def __getattr__(name):\n    return 1\n"), &[], &[]);
    check(&from(""), &[], &["BAR049 error lib/fast.so"]);
    let spelled = ElfBuilder::module("my_lib").build();
    check(&Bundle::app("import importlib\nimportlib.import_module('my-lib')").file("my-lib.so", &spelled), &[], &[]);
    // Nobody imports it, or its failure is caught.
    check(&Bundle::app("").file("fast.so", &library), &[], &[]);
    check(&Bundle::app("try:\n    import fast\nexcept ImportError: pass").file("fast.so", &library), &[], &[]);
}

/// What decides whether an import counts.
#[test]
fn imports_that_the_target_decides() {
    let clean = |code: &str| check(&Bundle::app(code), &[], &[]);
    clean("if __name__ == '__main__':\n    import absent");
    clean("import sys\nif sys.version_info[:2] > (3, 13):\n    import absent");
    clean("import sys\nif sys.version_info[:2] <= (3, 13):\n    pass\nelse:\n    import absent");
    clean("import sys\nPY2 = sys.version_info[0] == 2\nif PY2:\n    import urllib2");
    clean("def f():\n    if TYPE_CHECKING:\n        import absent");
    let note = |code: &str| check(&Bundle::app(code), &[], &["BAR013 note absent"]);
    note("def f():\n    try:\n        import absent\n    except ImportError:\n        import json");
    note(
        "try:\n    import absent\n    HAS = True\nexcept ImportError:\n    HAS = False\nif HAS:\n    from absent import x",
    );
    let broken = |code: &str| check(&Bundle::app(code), &[], &["BAR012 error absent"]);
    broken("import sys\nif sys.version_info[:2] == (3, 13):\n    import absent");
    broken("try:\n    import absent\nexcept FileNotFoundError:\n    pass");
    broken("import sys\ntry:\n    import absent\nexcept ImportError:\n    sys.exit('install it')");
    // A fallback within a function counts where what it stands for is missing.
    let lazily = |first: &str| {
        format!("def f():\n    try:\n        import {first}\n    except ImportError:\n        import absent")
    };
    check(&Bundle::app(&lazily("json")), &[], &[]);
    check(&Bundle::app(&lazily("gone")), &[], &["BAR013 warning absent", "BAR013 note gone"]);
}

#[test]
fn layers() {
    let context = TestContext::new();
    Bundle::app("import shop").write(&context, "b");
    Bundle::default().file("python/shop/__init__.py", "").write(&context, "good");
    Bundle::default().file("shop/__init__.py", "").write(&context, "flat");
    Bundle::default().file("python/lib/python3.12/site-packages/shop.py", "").write(&context, "old");
    context.write("good.zip", Bundle::default().file("python/lib/python3.13/site-packages/shop.py", "").zip());
    let target = ["--runtime", "python3.13", "--handler", "app.handler"];
    let check = |layers: &[&str], expected: &[&str]| {
        let flags: Vec<&str> = layers.iter().flat_map(|layer| ["--layer", layer]).chain(target).collect();
        assert_eq!(found(&context, "b", &flags), expected, "{layers:?}");
    };
    check(&["good"], &[]);
    check(&["good.zip"], &[]);
    check(&["flat"], &["BAR012 error shop", "BAR048 warning shop"]);
    check(&["old"], &["BAR012 error shop", "BAR048 warning python3.12"]);
    check(&["good"; 6], &["BAR038 error layers"]);
    // A layer alone, and the file system of an image.
    assert_eq!(found(&context, "good", &["--runtime", "python3.13"]), Vec::<String>::new());
    Bundle::default()
        .file("var/task/app.py", format!("import shop\n{OK}"))
        .file("opt/python/shop.py", "")
        .write(&context, "image");
    assert_eq!(found(&context, "image", &target), Vec::<String>::new());
}

#[test]
fn locks_are_compared() {
    let context = TestContext::new();
    Bundle::app("import lib")
        .dist("lib", "1", &[("lib.py", b"")], "")
        .dist("more", "1", &[("more.py", b"")], "")
        .write(&context, "b");
    let check = |lock: &str, expected: &[&str]| {
        context.write("lock.txt", lock);
        assert_eq!(found(&context, "b", &["--handler", "app.handler", "--lock", "lock.txt"]), expected, "{lock}");
    };
    check("lib==1\nmore==1 --hash=sha256:00\nwin==2; sys_platform == 'win32'\nboto3==1\n", &[]);
    check("lib==2\nmore==1\n", &["BAR034 error lib"]);
    check("lib==1\n", &["BAR034 error more"]);
    check("lib==1\nmore==1\nthird==3\n", &["BAR034 error third"]);
}

#[test]
fn without_a_handler_what_looks_like_one_is_taken() {
    let none: [&str; 2] = ["--runtime", "python3.13"];
    let check = |bundle: &Bundle, expected: &[&str]| {
        let context = TestContext::new();
        bundle.write(&context, "b");
        assert_eq!(found(&context, "b", &none), expected);
    };
    check(&Bundle::app("import cv2"), &["BAR012 error cv2"]);
    check(&Bundle::default().file("tool.py", "import cv2\n"), &["BAR012 warning cv2"]);
    check(&Bundle::default().file("setup.py", "import cv2\n").file("test_x.py", "import pytest\n"), &[]);
    let lib = |requires: &str| Bundle::default().dist("lib", "1", &[("lib/__init__.py", b"import gone\n")], requires);
    check(&lib(""), &["BAR012 error gone"]);
    // What is there for another project is perhaps never imported.
    let user = |requires: &str| lib("Provides-Extra: e").dist("user", "1", &[("user.py", b"")], requires);
    check(&user("Requires-Dist: lib\n"), &["BAR012 warning gone"]);
    check(&user("Requires-Dist: lib; extra == 'e'\n"), &["BAR012 error gone"]);
    check(&user("Requires-Dist: lib; sys_platform == 'win32'\n"), &["BAR012 error gone"]);
    let extra =
        user("Requires-Dist: lib; extra == 'e'\n").dist("top", "1", &[("top.py", b"")], "Requires-Dist: user[e]");
    check(&extra, &["BAR012 warning gone"]);
}

#[test]
fn findings_are_ignored_by_flag_and_by_settings() {
    let context = TestContext::new();
    Bundle::app("import cv2, other").write(&context, "b");
    let check = |arguments: &[&str], expected: &[&str]| {
        let all: Vec<&str> = ["--handler", "app.handler"].iter().chain(arguments).copied().collect();
        assert_eq!(found(&context, "b", &all), expected, "{arguments:?}");
    };
    check(&[], &["BAR012 error cv2", "BAR012 error other"]);
    check(&["--ignore", "BAR012:cv*"], &["BAR012 error other"]);
    check(&["--ignore", "bar012"], &[]);
    context.write("pyproject.toml", "[tool.barrow.check]\nignore = [\"BAR012:cv2\"]\n");
    check(&[], &["BAR012 error other"]);
    context.write("pyproject.toml", "[tool.barrow.check]\nignore = [\"E501\"]\n");
    let output = context.barrow().args(["check", "b"]).output().unwrap();
    assert_eq!(output.status.code(), Some(2));
    assert!(context.show(&output).contains("pyproject.toml:2"), "{}", context.show(&output));
}

#[test]
fn what_is_printed() {
    let context = TestContext::new();
    Bundle::app("import lib\ndef f():\n    import later")
        .dist("lib", "1", &[("lib/__init__.py", b"\n\nimport yaml\n")], "")
        .write(&context, "b");
    let check = || {
        let mut command = context.barrow();
        command.args(["check", "b", "--handler", "app.handler", "--runtime", "python3.13"]);
        command
    };
    barrow_snapshot!(context, &mut check(), @r"
    exit code: 1
    ----- stdout -----
    error[BAR012]: `yaml` is imported, and is nowhere to be found
      by app.py:1 → lib/__init__.py:3 imports yaml
      on Lambda: Runtime.ImportModuleError
      help: add the project `PyYAML` to the requirements

    warning[BAR013]: `later` is imported later, and is nowhere to be found
      by app.py:3 imports later
      help: add the project `later` to the requirements

    ----- stderr -----
    Checked 4 files (259 bytes) for python3.13 on x86_64: 1 error, 1 warning, 0 notes
    error: the check found 1 error
    hint: `barrow explain BAR012` says more about the first of them
    ");
    barrow_snapshot!(context, check().args(["--github", "-q"]), @r"
    exit code: 1
    ----- stdout -----
    ::error file=b/lib/__init__.py,line=3,title=BAR012::`yaml` is imported, and is nowhere to be found (app.py:1 → lib/__init__.py:3 imports yaml); add the project `PyYAML` to the requirements
    ::warning file=b/app.py,line=3,title=BAR013::`later` is imported later, and is nowhere to be found (app.py:3 imports later); add the project `later` to the requirements
    ----- stderr -----
    error: the check found 1 error
    hint: `barrow explain BAR012` says more about the first of them
    ");
    // A name from outside stays within its line.
    let hostile = Bundle::app("import gone").file("a\n::error::b", OK).mode(0o600).file("\u{1b}[31m", OK).mode(0o600);
    hostile.write(&context, "h");
    let output = context.barrow().args(["check", "h", "--handler", "app.handler"]).output().unwrap();
    let shown = String::from_utf8(output.stdout).unwrap();
    assert!(shown.contains("in a\\n::error::b\n") && !shown.contains("\n::") && !shown.contains('\u{1b}'), "{shown}");
    let output = check().args(["--sarif", "-q"]).output().unwrap();
    let log: serde_json::Value = serde_json::from_slice(&output.stdout).unwrap();
    let run = &log["runs"][0];
    assert_eq!((&log["version"], &run["results"][0]["ruleId"]), (&"2.1.0".into(), &"BAR012".into()));
    assert_eq!(run["results"][0]["locations"][0]["physicalLocation"]["artifactLocation"]["uri"], "b/lib/__init__.py");
    assert_eq!(run["tool"]["driver"]["rules"].as_array().unwrap().len(), 2);
    // Warnings fail where the user says so.
    Bundle::app("def f():\n    import later").write(&context, "w");
    let strict = context.barrow().args(["check", "w", "--handler", "app.handler", "--strict", "-q"]).output().unwrap();
    assert_eq!(strict.status.code(), Some(1));
    for arguments in
        [&["check"][..], &["check", "nowhere"], &["check", "b", "--sarif", "--json"], &["explain", "BAR999"]]
    {
        let output = context.barrow().args(arguments).output().unwrap();
        assert_eq!(output.status.code(), Some(2), "{arguments:?}: {}", context.show(&output));
    }
}

#[test]
#[expect(clippy::disallowed_methods, reason = "the variable that asks for fixtures to be written anew")]
fn codes_are_documented_one_by_one() {
    let context = TestContext::new();
    let output = context.barrow().arg("explain").output().unwrap();
    let listed = String::from_utf8(output.stdout).unwrap();
    let page =
        |code: &str| String::from_utf8(context.barrow().args(["explain", code]).output().unwrap().stdout).unwrap();
    let mut pages = String::new();
    for line in listed.lines() {
        let (code, title) = line.split_once("  ").unwrap();
        let (_, rest) = page(code).split_once("\n\n").map(|(head, rest)| (head.to_owned(), rest.to_owned())).unwrap();
        pages += &format!(
            "\n## {code}: {title}\n\n{}",
            rest.replace("\nGrade: ", "  \nGrade: ")
                .replace("\nOn Lambda: ", "  \nOn Lambda: ")
                .replace("\nWhat helps: ", "  \nWhat helps: ")
        );
    }
    let head = "# Findings of `barrow check`\n\nCodes keep their numbers and meanings. `barrow explain CODE` prints the same; \
                `ignore = [\"CODE:SUBJECT\"]` in\n`[tool.barrow.check]` leaves one out.\n";
    let file = std::path::Path::new(env!("CARGO_MANIFEST_DIR")).join("docs/findings.md");
    let expected = format!("{head}{pages}");
    if std::env::var_os("BARROW_WRITE_FIXTURES").is_some() {
        fs_err::File::create(&file).unwrap().write_all(expected.as_bytes()).unwrap();
    }
    assert_eq!(fs_err::read_to_string(file).unwrap(), expected, "BARROW_WRITE_FIXTURES=1 writes it anew");
}

#[test]
fn a_probe_lists_what_a_runtime_really_has() {
    let context = TestContext::new();
    let probe = context.barrow().args(["check", "--probe"]).output().unwrap();
    assert!(String::from_utf8(probe.stdout).unwrap().lines().filter(|line| !line.is_empty()).count() <= 10);
    let object = ElfBuilder::module("fast").needed("libexpat.so.1").build();
    Bundle::app("import fast").dist("fast", "1", &[("fast.so", &object)], "").write(&context, "b");
    let list = |names: &str| format!("{{\"folders\": {{\"/lib64\": [{names}], \"/var/task\": [\"libexpat.so.1\"]}}}}");
    context.write("has.json", list("\"libc.so.6\", \"libexpat.so.1\""));
    context.write("lacks.json", list("\"libc.so.6\""));
    let check = |file: &str| {
        found(&context, "b", &["--handler", "app.handler", "--runtime", "python3.13", "--libraries", file])
    };
    assert_eq!(check("has.json"), Vec::<String>::new());
    assert_eq!(check("lacks.json"), ["BAR001 error libexpat.so.1"]);
}
