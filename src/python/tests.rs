//! What is read of a source file, case by case.

use super::{Module, Moment, on_large_stack, read};

/// Imports as `line module.names moment`.
fn imports(source: &str) -> String {
    let module = read(source.as_bytes(), 12);
    assert_eq!(module.fault, None, "{source}");
    let lines: Vec<String> = module
        .imports
        .iter()
        .map(|import| {
            let dots = ".".repeat(import.level as usize);
            let names = if import.names.is_empty() { String::new() } else { format!(":{}", import.names.join(",")) };
            let moment = format!("{:?}", import.moment).to_lowercase();
            format!("{} {dots}{}{names} {moment}", import.line, import.module)
        })
        .collect();
    lines.join("; ")
}

#[test]
fn imports_by_position() {
    let check = |source: &str, expected: &str| assert_eq!(imports(source), expected, "{source}");
    check("import a, b.c as d", "1 a hard; 1 b.c hard");
    check("from __future__ import annotations\nfrom . import x\nfrom ..p import *", "2 .:x hard; 3 ..p:* hard");
    check("class A:\n    import a\n    def f(self):\n        import b", "2 a hard; 4 b lazy");
    check("def f():\n    import a\nimport b", "3 b hard; 2 a lazy");
    check("def f():\n    import a\nf()", "2 a hard");
    check("def g():\n    import a\ndef f():\n    g()\nx = [f()]", "2 a hard");
    check("def f():\n    import a\nx = lambda: f()", "2 a lazy");
    check("def f(x):\n    import a\n@f\ndef g(): pass", "2 a hard");
    check("def f():\n    if x: return\n    import a\nf()", "3 a conditional");
    check(
        "import importlib\nx = importlib.import_module('a.b')\n__import__('c')",
        "1 importlib hard; 2 a.b hard; 3 c hard",
    );
    // What may not be evaluated imports nothing for certain.
    check(
        "import importlib\nx = 1 if y else importlib.import_module('a')\nz = y and __import__('b')\n__import__('c') or 1",
        "1 importlib hard; 4 c hard",
    );
    check(
        "for name in ('a', 'b'):\n    locals()[name] = __import__(name)\nfor x in y:\n    __import__(x)",
        "2 a hard; 2 b hard",
    );
    check("for x in (1,):\n    import a\n    for y in z:\n        if y: break", "2 a hard");
    check("for x in (1,):\n    import a\nfor x in ():\n    import b", "2 a hard; 4 b conditional");
    check("for x in (1,):\n    if y: break\n    import a", "3 a conditional");
    check("for x in (1,):\n    for y in z: pass\n    else: break\n    import a", "4 a conditional");
    check("@d\ndef f(x):\n    import a\n@f\ndef g(): pass", "3 a lazy");
    check("@lru_cache(1)\ndef f():\n    import a\nf()", "3 a hard");
    check("def f():\n    import a\n    yield 1\nf()", "2 a lazy");
    check("async def f():\n    import a\nf()", "2 a lazy");
    check("for x in y:\n    import a", "2 a conditional");
    check("with open(x) as y:\n    import a", "2 a hard");
    check("match x:\n    case 1:\n        import a", "3 a conditional");
}

#[test]
fn imports_that_are_guarded() {
    let check = |source: &str, expected: &str| assert_eq!(imports(source), expected, "{source}");
    check("try:\n    import a\nexcept ImportError:\n    a = None", "2 a guarded(1)");
    check("try:\n    import a\nexcept (ImportError, KeyError):\n    import b", "2 a guarded(1); 4 b fallback(1)");
    check(
        "try:\n    import a\nexcept ImportError:\n    try:\n        import b\n    except ImportError:\n        import c",
        "2 a guarded(1); 5 b guarded(2); 7 c fallback(2)",
    );
    check("try:\n    import a\nexcept:\n    pass\nelse:\n    import b", "2 a guarded(1); 6 b otherwise(1)");
    check("try:\n    import a\nexcept ImportError as e:\n    raise X from e", "2 a hard");
    check("try:\n    import a\nexcept ImportError as e:\n    if x:\n        raise\n    raise Y", "2 a hard");
    check("try:\n    import a\nexcept ImportError:\n    if x:\n        raise", "2 a guarded(1)");
    check("try:\n    import a\nexcept AttributeError:\n    import b", "2 a hard; 4 b conditional");
    check("try:\n    import a\nfinally:\n    import b", "2 a hard; 4 b hard");
    check("try:\n    import a\nexcept OddError:\n    pass", "2 a guarded(1)");
    check("with contextlib.suppress(ImportError):\n    import a", "2 a guarded(1)");
    check("with suppress(KeyError):\n    import a", "2 a hard");
    check("with try_import() as _imports:\n    import a", "2 a guarded(1)");
    check("with utils.LazyImport('pip install a') as a_import:\n    import a", "2 a guarded(1)");
    check("with warnings.catch_warnings():\n    import a", "2 a hard");
    check("def f():\n    import a\ntry:\n    f()\nexcept ImportError:\n    pass", "2 a guarded(1)");
    check("try:\n    import a\nexcept PermissionError:\n    pass", "2 a hard");
    check("try:\n    import a\nexcept builtins.KeyError:\n    pass", "2 a hard");
    check("try:\n    import a\nexcept builtins.ImportError:\n    pass", "2 a guarded(1)");
    check("try:\n    import a\nexcept ImportError:\n    print(x)\n    sys.exit(1)", "2 a hard");
    check("try:\n    import a\nexcept ImportError:\n    exit(1)", "2 a hard");
    check("try:\n    import a\nexcept ImportError:\n    x.exit(1)", "2 a guarded(1)");
    // Within a function, a `try` guards as it does elsewhere.
    check(
        "def f():\n    try:\n        import a\n    except ImportError:\n        import b",
        "3 a guarded(1); 5 b fallback(1)",
    );
    check("def f():\n    if TYPE_CHECKING:\n        import a", "3 a typing");
    check("try:\n    class A:\n        def f(self):\n            import a\nexcept ImportError:\n    pass", "4 a lazy");
    // Who provides for an absence in one place does so in others.
    check(
        "try:\n    import a\nexcept ImportError:\n    a = None\nif a:\n    import a.b",
        "2 a guarded(1); 6 a.b guarded(0)",
    );
    check("if find_spec('a') is not None:\n    from a import b\nimport a", "2 a:b guarded(0); 3 a hard");
}

#[test]
fn names_that_stand_for_a_condition() {
    let check = |source: &str, expected: &str| assert_eq!(imports(source), expected, "{source}");
    check("NEW = sys.version_info >= (3, 9)\nif not NEW:\n    import a", "");
    check("WIN = sys.platform == 'win32'\nif WIN:\n    import a\nelse:\n    import b", "5 b hard");
    check("from typing import TYPE_CHECKING as T\nif T:\n    import a", "1 typing:TYPE_CHECKING hard; 3 a typing");
    // What is bound again, or written as a plain word, may change.
    check("W = sys.platform == 'win32'\nW = x\nif W:\n    import a", "4 a conditional");
    check("W = sys.platform == 'win32'\nW |= x\nif W:\n    import a", "4 a conditional");
    check("W = False\nif W:\n    import a", "3 a conditional");
    check("if x:\n    W = sys.platform == 'win32'\nif W:\n    import a", "4 a conditional");
    // A name of a function's own is another one, and so is that of a class, which its methods do not see.
    let constant = "W = sys.platform == 'win32'\n";
    let within = |body: &str| format!("{constant}{body}");
    check(&within("def f(W):\n    if W:\n        import a"), "4 a lazy");
    check(&within("def f():\n    W = x\n    def g():\n        if W:\n            import a"), "6 a lazy");
    check(
        &within("def f():\n    if W:\n        import a\ndef g():\n    W = x\n    f()\n    if W:\n        import b"),
        "9 b lazy",
    );
    check(&within("def f():\n    W = x\nif W:\n    import a"), "");
    check(
        &within(
            "class A:\n    W = x\n    if W:\n        import a\n    def f(self):\n        if W:\n            import b",
        ),
        "5 a conditional",
    );
    check(&within("def f():\n    global W\n    W = x\ndef g():\n    if W:\n        import a"), "7 a lazy");
}

#[test]
fn a_fallback_of_a_fallback_runs_where_both_fail() {
    let source = "try:\n    import a\nexcept ImportError:\n    try:\n        import b\n    except ImportError:\n        import c\nelse:\n    \
                  try:\n        import d\n    except ImportError:\n        import e";
    let module = read(source.as_bytes(), 12);
    assert_eq!(module.nested, [(2, Moment::Fallback(1)), (3, Moment::Otherwise(1))]);
    let runs = |name: &str, failed: &[u32]| {
        let import = module.imports.iter().find(|import| import.module == name).unwrap();
        module.moment(import, &failed.iter().copied().collect()).is_some()
    };
    assert!(runs("c", &[1, 2]) && !runs("c", &[2]) && !runs("c", &[1]));
    assert!(runs("e", &[3]) && !runs("e", &[1, 3]));
}

#[test]
fn a_fallback_within_a_function_runs_later() {
    let source = "def f():\n    try:\n        import a\n    except ImportError:\n        import b\nif x:\n    try:\n        import c\n    \
                  except ImportError:\n        import d\n";
    let module = read(source.as_bytes(), 12);
    let when = |name: &str, failed: &[u32]| {
        let import = module.imports.iter().find(|import| import.module == name).unwrap();
        module.moment(import, &failed.iter().copied().collect())
    };
    assert_eq!((when("d", &[]), when("d", &[1])), (None, Some(Moment::Conditional)));
    assert_eq!((when("b", &[1]), when("b", &[2])), (None, Some(Moment::Lazy)));
}

#[test]
fn conditions_of_the_target() {
    let check = |condition: &str, expected: &str| {
        let found = imports(&format!("if {condition}:\n    import a\nelse:\n    import b"));
        assert_eq!(found, expected, "{condition}");
    };
    let (first, second) = ("2 a hard", "4 b hard");
    check("sys.version_info >= (3, 12)", first);
    check("sys.version_info < (3, 12)", second);
    check("sys.version_info > (3,)", first);
    check("sys.version_info >= (3, 13)", second);
    check("sys.version_info[0] == 2", second);
    check("sys.version_info[:2] < (3, 9)", second);
    check("sys.version_info.major >= 3", first);
    check("sys.platform == 'win32'", second);
    check("sys.platform.startswith('linux')", first);
    check("os.name == 'nt'", second);
    check("os.name != 'nt' and sys.platform != 'darwin'", first);
    check("not sys.platform in ('win32', 'cygwin')", first);
    check("platform.system() == 'Windows'", second);
    check("False", second);
    check("TYPE_CHECKING", "2 a typing; 4 b hard");
    check("not TYPE_CHECKING", "2 a hard");
    check("typing.TYPE_CHECKING or x", "2 a conditional; 4 b conditional");
    check("sys.version_info >= (3, 12, 4)", "2 a conditional; 4 b conditional");
    check("sys.version_info >= (3, 12, 0)", first);
    check("sys.version_info >= (3, 13, 1)", second);
    check("sys.version_info[:2] == (3, 12)", first);
    check("sys.version_info[0:2] != (3, 12)", second);
    check("sys.version_info[:2] <= (3, 12)", first);
    check("sys.version_info[:2] > (3, 12)", second);
    check("sys.version_info[:2] < (3, 12, 0)", first);
    check("sys.version_info[:1] == (3,)", first);
    check("sys.version_info[:3] > (3, 12)", first);
    check("sys.version_info[:3] == (3, 12, 0)", "2 a conditional; 4 b conditional");
    check("sys.version_info[1:] > (3,)", "2 a conditional; 4 b conditional");
    check("(3, 10) <= sys.version_info < (3, 12)", second);
    check("(3,) < sys.version_info", first);
    check("'linux' == sys.platform", first);
    check("__name__ == '__main__'", second);
    check("'__main__' != __name__", first);
    check("__name__ in ('__main__', 'app')", "2 a conditional; 4 b conditional");
    check("six.PY2", second);
    check("None", second);
    check("sys.platform in (x, 'linux')", first);
    check("sys.platform in (x, 'win32')", "2 a conditional; 4 b conditional");
    check("x", "2 a conditional; 4 b conditional");
}

#[test]
fn names_and_habits() {
    let module = read(
        b"import a.b\nfrom c import d as e\ndef f():\n    global g\n    h = 1\nclass I:\n    j = 1\nk, (l, *m) = 1, 2\nn: int = 3\nif x:\n    o = 1\n",
        12,
    );
    assert_eq!(module.names.iter().map(String::as_str).collect::<String>(), "Iaefgklmno");
    assert!(!module.is_dynamic && !module.changes_path);
    let module = read(b"from a import *\nimport sys\nsys.path.append('x')\ndef __getattr__(name): ...", 12);
    assert!(module.is_dynamic && module.changes_path);
    assert_eq!(module.imports[0].names, ["*"]);
}

/// What a module does to its names, and what only looks like it.
#[test]
fn modules_that_make_names_of_their_own() {
    let check = |source: &str, expected: bool| {
        assert_eq!(read(source.as_bytes(), 13).is_dynamic, expected, "{source}");
    };
    for source in [
        "exec(code)",
        "exec(code, globals())",
        "globals()['x'] = 1",
        "globals().update(x)",
        "def f():\n    globals()[x] = 1\n",
        "import sys\nsys.modules[__name__] = Lazy()",
        "import sys as _sys\nme = _sys.modules[__name__]\nme.x = 1",
        "import sys\nsetattr(sys.modules[__name__], 'x', 1)",
        "import sys\nsys.modules.get(__name__).x = 1",
        "from sys import modules",
        "import app\nsetattr(app, 'x', 1)",
        "setattr(__import__(__name__), 'x', 1)",
        "def __getattr__(name): ...",
        "__getattr__, __dir__ = attach(__name__)",
        "from lazy import __getattr__",
        "__path__ = extend_path(__path__, __name__)",
        "__path__.append('x')",
        "def f():\n    global __path__\n    __path__ = []\n",
        "vars()['x'] = 1",
        "locals().update(x)",
        "import sys\nsys.meta_path.append(x)",
        "import builtins\nbuiltins.exec(code)",
    ] {
        check(source, true);
    }
    for source in [
        "# never use exec(x), globals() or sys.modules",
        "'exec(x) setattr(x, y) __getattr__ sys.modules'",
        "session.exec(query)",
        "def f(s):\n    return s.exec(query)\n",
        "class A:\n    def __getattr__(self, name): ...\n",
        "class A:\n    def f(self):\n        setattr(self, 'x', 1)\n        self.__class__ = B\n",
        "x = A()\nsetattr(x, 'y', 1)",
        "def exec(x): ...\nexec(1)",
        "exec(code, {})",
        "def f(code):\n    exec(code)\n",
        "import sys\nif 'pytest' in sys.modules: pass",
        "import sys\nx = sys.modules.get('numpy')",
        "def f(x):\n    return globals()[x], 'y' in globals(), globals().get('z')\n",
        "def f():\n    return __path__[0]\n",
        "def f(x):\n    return vars(x), locals()\n",
        "x = vars(y)",
    ] {
        check(source, false);
    }
    // Of what nests deeper than anybody writes, anything is believed.
    check(&format!("exec_ = {}1{}", "(-".repeat(200), ")".repeat(200)), true);
}

#[test]
fn what_a_version_cannot_parse() {
    let check = |source: &[u8], minor: u8, expected: Option<(usize, &str, bool)>| {
        let module = read(source, minor);
        let found = module.fault.as_ref().map(|fault| (fault.line, fault.reason.as_str(), fault.is_of_another_version));
        assert_eq!(found, expected, "{}", String::from_utf8_lossy(source));
    };
    check(b"match x:\n    case 1: pass", 10, None);
    check(
        b"\nmatch x:\n    case 1: pass",
        9,
        Some((2, "cannot use `match` statement on Python 3.9 (syntax was added in Python 3.10)", true)),
    );
    check(
        b"type X = int",
        11,
        Some((1, "cannot use `type` alias statement on Python 3.11 (syntax was added in Python 3.12)", true)),
    );
    check(b"try:\n    x\nexcept E:raise;x()\nif x: raise ; y", 12, None);
    check(b"praise;", 12, None);
    check(b"raise ,", 12, Some((1, "expected an expression", false)));
    check(b"print 'x'", 12, Some((1, "simple statements must be separated by newlines or semicolons", false)));
    check(b"x = 1\n\x00", 12, Some((2, "source code cannot contain null bytes", false)));
    check(b"# -*- coding: latin-1 -*-\nx = '\xe9'", 12, None);
    check(b"x = '\xe9'", 12, Some((1, "non-UTF-8 code, and no encoding declared", false)));
    check(b"\xef\xbb\xbfx = 1", 12, None);
}

#[test]
fn source_in_an_encoding_of_its_own() {
    let check = |source: &[u8], expected: &str| {
        let module = read(source, 12);
        let found = match &module.fault {
            _ if module.is_unread => "unread".to_owned(),
            Some(fault) => fault.reason.clone(),
            None => module.imports.iter().map(|import| import.module.as_str()).collect::<Vec<_>>().join(" "),
        };
        assert_eq!(found, expected, "{}", String::from_utf8_lossy(source));
    };
    // In ASCII, the text would not end in its line.
    check(b"# coding: shift_jis\nx = '\x95\x5c'\nimport a", "a");
    check(b"# coding: cp1251\n\xd7\xf7 = 1\nimport a", "a");
    check(b"# coding: cp1251\nimport \xe0", "unread");
    check(b"# coding: cp1251\nx = '\xe0\nimport a", "unread");
    check(b"# coding: latin-1\nx = '\xe9\nimport a", "missing closing quote in string literal");
    check(b"# coding: utf-7\nimport a", "unread");
    check(b"# coding: utf-8\nx = '\xe9'", "non-UTF-8 code, and that is declared");
}

#[test]
fn tabs_and_blanks_as_python_compares_them() {
    const TABS: &str = "inconsistent use of tabs and spaces in indentation";
    let check = |source: &str, expected: Option<(usize, &str)>| {
        let fault = read(source.as_bytes(), 12).fault;
        let found = fault.as_ref().map(|fault| (fault.line, fault.reason.as_str()));
        assert_eq!(found, expected, "{source:?}");
    };
    check("if x:\n\ta\n\tif y:\n\t    b\n\t    c\nd", None);
    check("if x:\n  if y:\n  \ta\n  b", None);
    check("if x:\n\tif y:\n        z", Some((3, TABS)));
    check("if x:\n\tif y:\n\t\ta\n        b", Some((4, TABS)));
    check("if x:\n\tif y:\n  \tz", Some((3, TABS)));
    check("def f():\n\tif x:\n \t return 1", None);
    // Where nothing is compared, all is one.
    check("if x:\n\ty = (1,\n        2)\n        # a comment\n\n\tz", None);
    check("if x:\n\ty = 1 + \\\n        2\n\tz", None);
    check("if x:\n\x0c\ta\n\tb", None);
    // A comment that ends in a backslash goes on nowhere; blanks before a continued line count for it.
    check("def f():\n    # C:\\temp\\\n    if x:\n        a\n    return", None);
    check("def f():\n        return 1\n# ---- \\\ndef g():\n    return 2", None);
    check("def f():\n        return 1\n\\\n\ndef g():\n    return 2", None);
}

#[test]
fn hostile_source_ends() {
    let deep = 300_000;
    let inner: Vec<String> = (0..deep / 10).map(|at| format!(" def g{at}(a, b): pass")).collect();
    for source in [
        format!("x = a{}", ".a".repeat(deep)),
        // Names of a function around are not copied for each function in it.
        format!("def f():\n{}\n", inner.join("\n")),
        format!("x = 1{}", "+1".repeat(deep)),
        format!("x = {}1", "-".repeat(deep)),
        format!("x = {}{}", "(".repeat(deep / 10), ")".repeat(deep / 10)),
        format!("x = {}1", "lambda: ".repeat(deep / 10)),
        format!("x = f{}", "()".repeat(deep)),
        format!("x = a{}", "[0]".repeat(deep)),
        format!("x = {}1", "not ".repeat(deep / 3)),
        (0..1000).fold(String::new(), |deep, level| deep + &" ".repeat(level) + "if x:\n") + &" ".repeat(1000) + "pass",
    ] {
        let module: Module = on_large_stack(|| read(source.as_bytes(), 12));
        assert!(!module.is_unread);
    }
    let longest = format!("x = a{}", ".a".repeat((super::read::SOURCE_MOST - 10) / 2));
    assert!(!on_large_stack(|| read(longest.as_bytes(), 12)).is_unread);
    assert!(read(&vec![b' '; super::read::SOURCE_MOST + 1], 12).is_unread);
    assert_eq!(read(b"import a", 12).imports[0].moment, Moment::Hard);
}
