#!/usr/bin/env python3
"""Holds the import rule of `barrow check` against the truth: small bundles of our own, which Python really imports.

    python3 tests/differential/imports.py [--no-build] [--barrow PROGRAM] [--misses] [--seed NUMBER] [--count NUMBER]

Each shape of code below is a bundle with a handler. The Python that runs this script imports it with nothing but the bundle and the
standard library on its path (`-S -E`), and barrow says for the same version whether it would import. Then come bundles made at random of the
same statements, over modules of which some are missing. An error where the import works is a failure, always. An import that fails
without an error is a failure too, unless the shape says that this cannot be seen; of the random ones, nine of ten must be seen.
`tests/network/check_applications` does the same with real projects.
"""

import argparse
import concurrent.futures
import importlib.util
import json
import pathlib
import random
import subprocess
import sys
import tempfile

ROOT = pathlib.Path(__file__).resolve().parents[2]
BARROW = ROOT / "target/debug/barrow"
RUNTIME = f"python3.{sys.version_info.minor}"
HANDLER = "\ndef handler(event, context):\n    return 1\n"
TRUTH = "import sys; sys.path[:] = [sys.argv[1]] + [p for p in sys.path if p]; import app; app.handler"

# What it is: the code of the handler's module, and further files. A name that ends in `!` cannot be seen from outside.
SHAPES = {
    "the standard library": ("import json, os.path, xml.etree.ElementTree as tree\nfrom concurrent import futures", {}),
    "a module that is there": ("import shop", {"shop.py": ""}),
    "a module that is missing": ("import absent", {}),
    "a dotted one of which the top is missing": ("import absent.inner", {}),
    "a submodule that is missing": ("import shop.absent", {"shop/__init__.py": ""}),
    "a submodule of a module": ("import shop.inner", {"shop.py": ""}),
    "a name that is bound": ("from shop import price", {"shop.py": "price = 1"}),
    "a name that is nowhere": ("from shop import absent", {"shop.py": "price = 1"}),
    "a name that is a submodule": ("from shop import price", {"shop/__init__.py": "", "shop/price.py": ""}),
    "a name of a package that is nowhere": ("from shop import absent", {"shop/__init__.py": "", "shop/price.py": ""}),
    "a name by a star": ("from shop import price", {"shop.py": "from inner import *", "inner.py": "price = 1"}),
    "all names": ("from shop import *", {"shop.py": "import inner", "inner.py": ""}),
    "all names of what is missing": ("from shop import *", {"shop.py": "import absent"}),
    "names of a tuple": ("from shop import a, b, c", {"shop.py": "(a, [b, *c]) = 1, [2, 3]"}),
    "a name by a loop": ("from shop import one", {"shop.py": "for one in (1, 2): pass"}),
    "a name by with": ("from shop import one", {"shop.py": "import contextlib\nwith contextlib.nullcontext(1) as one: pass"}),
    "a name by global": ("from shop import one", {"shop.py": "def make():\n    global one\n    one = 1\nmake()"}),
    "a name by globals!": ("from shop import absent", {"shop.py": "globals()['one'] = 1"}),
    "a name by globals": ("from shop import one", {"shop.py": "globals()['one'] = 1"}),
    "a name by __getattr__": ("from shop import one", {"shop.py": "def __getattr__(name):\n    return 1"}),
    "a name by an annotation": ("from shop import one", {"shop.py": "one: int = 1"}),
    "a name by the walrus": ("from shop import one", {"shop.py": "if (one := 1): pass"}),
    "a name by except": ("from shop import E", {"shop.py": "try:\n    1 / 0\nexcept ZeroDivisionError as e:\n    E = e"}),
    "a name by match": ("from shop import one", {"shop.py": "match (1, 2):\n    case (one, two): pass"} if sys.version_info >= (3, 10) else {"shop.py": "one = 1"}),
    "a chain": ("import a", {"a.py": "import b", "b.py": "import c", "c.py": "import absent"}),
    "a name that is not in the standard library!": ("from json import absent", {}),
    "guarded, and the failure is far away!": ("try:\n    import a\nexcept ImportError:\n    import absent", {"a.py": "import b", "b.py": "import c"}),
    "a circle": ("import a", {"a.py": "import b", "b.py": "import a"}),
    "a package and its parts": ("import p.q.r", {"p/__init__.py": "", "p/q/__init__.py": "", "p/q/r.py": "from .. import q\nfrom ..q import r"}),
    "relative": ("import p.a", {"p/__init__.py": "from . import b", "p/a.py": "from .b import one", "p/b.py": "one = 1"}),
    "relative and missing": ("import p", {"p/__init__.py": "from .absent import one"}),
    "relative and missing, by a name that this very line binds!": ("import p", {"p/__init__.py": "from . import absent"}),
    "relative beyond the top": ("from ..x import y", {"x.py": ""}),
    "a namespace": ("import ns.a, ns.b.c", {"ns/a.py": "", "ns/b/c.py": ""}),
    "a namespace without it": ("import ns.absent", {"ns/a.py": ""}),
    "a name of a namespace": ("from ns import a", {"ns/a.py": ""}),
    "a name of a namespace that is nowhere": ("from ns import absent", {"ns/a.py": ""}),
    "a package before a module": ("from shop import one", {"shop/__init__.py": "one = 1", "shop.py": ""}),
    "a module before a namespace": ("from shop import one", {"shop/inner.py": "", "shop.py": "one = 1"}),
    "guarded": ("try:\n    import absent\nexcept ImportError:\n    absent = None", {}),
    "guarded by another error": ("try:\n    import absent\nexcept KeyError:\n    absent = None", {}),
    "guarded by everything": ("try:\n    import absent\nexcept:\n    pass", {}),
    "guarded by one of several": ("try:\n    import absent\nexcept (KeyError, ModuleNotFoundError):\n    pass", {}),
    "guarded, and raised again": ("try:\n    import absent\nexcept ImportError:\n    raise", {}),
    "guarded, and raised as another": ("try:\n    import absent\nexcept ImportError as e:\n    raise RuntimeError('x') from e", {}),
    "guarded, and the fallback is there": ("try:\n    import absent\nexcept ImportError:\n    import shop", {"shop.py": ""}),
    "guarded, and the fallback is missing": ("try:\n    import absent\nexcept ImportError:\n    import another", {}),
    "a fallback that does not run": ("try:\n    import shop\nexcept ImportError:\n    import another", {"shop.py": ""}),
    "else runs": ("try:\n    import shop\nexcept ImportError:\n    pass\nelse:\n    import another", {"shop.py": ""}),
    "else does not run": ("try:\n    import absent\nexcept ImportError:\n    pass\nelse:\n    import another", {}),
    "finally runs": ("try:\n    pass\nfinally:\n    import absent", {}),
    "finally is not guarded": ("try:\n    import absent\nexcept ImportError:\n    pass\nfinally:\n    import another", {}),
    "guards in guards": ("try:\n    try:\n        import a\n    except ImportError:\n        import b\nexcept ImportError:\n    b = 1", {}),
    "guards in fallbacks": ("try:\n    import a\nexcept ImportError:\n    try:\n        import b\n    except ImportError:\n        import c", {"c.py": ""}),
    "a fallback of a fallback is missing": ("try:\n    import a\nexcept ImportError:\n    try:\n        import b\n    except ImportError:\n        import c", {}),
    "guarded, far away": ("try:\n    import a\nexcept ImportError:\n    a = None", {"a.py": "import b", "b.py": "import absent"}),
    "suppressed": ("import contextlib\nwith contextlib.suppress(ImportError):\n    import absent", {}),
    "suppressed by name": ("from contextlib import suppress\nwith suppress(ImportError):\n    import absent\nimport os", {}),
    "suppressed is another error": ("from contextlib import suppress\nwith suppress(KeyError):\n    import absent", {}),
    "for type checkers": ("from typing import TYPE_CHECKING\nif TYPE_CHECKING:\n    import absent", {}),
    "for type checkers, and else": ("import typing\nif typing.TYPE_CHECKING:\n    import absent\nelse:\n    import another", {}),
    "never": ("if 0:\n    import absent\nif False:\n    import another", {}),
    "of an old version": ("import sys\nif sys.version_info < (3, 6):\n    import absent", {}),
    "of this version": ("import sys\nif sys.version_info >= (3, 6):\n    import absent", {}),
    "of another version, by elif": ("import sys\nif sys.version_info[0] == 2:\n    import a\nelif sys.version_info >= (3,):\n    import os\nelse:\n    import b", {}),
    "of another system": ("import sys, os\nif sys.platform == 'win32' or os.name == 'nt':\n    import absent", {}),
    "of this system": ("import sys\nif sys.platform.startswith('linux'):\n    import absent", {}),
    "on a condition that does not hold": ("import os\nif os.environ.get('NOT_SET_ANYWHERE'):\n    import absent", {}),
    "on a condition that holds!": ("import os\nif not os.environ.get('NOT_SET_ANYWHERE'):\n    import absent", {}),
    "in a function": ("def f():\n    import absent", {}),
    "in a function that is called": ("def f():\n    import absent\nf()", {}),
    "in a function that is called by another": ("def f():\n    import absent\ndef g():\n    f()\ng()", {}),
    "in a function that returns before": ("def f():\n    if True:\n        return\n    import absent\nf()", {}),
    "in a decorator": ("def d(f):\n    import absent\n    return f\n@d\ndef g(): pass", {}),
    "in a generator": ("def f():\n    import absent\n    yield 1\nf()", {}),
    "in a coroutine": ("async def f():\n    import absent\nf().close()", {}),
    "in a class": ("class C:\n    import absent", {}),
    "in a method": ("class C:\n    def f(self):\n        import absent", {}),
    "in a lambda": ("f = lambda: __import__('absent')", {}),
    "in an empty loop": ("for x in ():\n    import absent", {}),
    "in a loop over what is written out": ("for x in (1,):\n    import absent", {}),
    "in a loop!": ("for x in range(1):\n    import absent", {}),
    "in a loop, by call": ("for name in ('json', 'absent'):\n    locals()[name] = __import__(name)", {}),
    "a part of a package, imported by itself": ("import p", {"p/__init__.py": "from p import q", "p/q.py": "import absent"}),
    "a part of a package, imported by itself with a dot": ("import p", {"p/__init__.py": "from . import q", "p/q.py": "import absent"}),
    "a name of a package that it imports of itself": ("import p", {"p/__init__.py": "q = 1\nfrom . import q"}),
    "guarded, of itself": ("import p", {"p/__init__.py": "try:\n    from . import q\nexcept ImportError:\n    import absent"}),
    "by call": ("import importlib\nimportlib.import_module('absent')", {}),
    "by call, guarded": ("import importlib\ntry:\n    importlib.import_module('absent')\nexcept ImportError:\n    pass", {}),
    "by __import__": ("__import__('absent')", {}),
    "by call, behind a condition": ("x = __import__('absent') if 0 else 1\ny = x == 2 and __import__('another')", {}),
    "by call, of a name that is made!": ("import importlib\nimportlib.import_module('abs' + 'ent')", {}),
    "a module that is put in place": ("import shop, shop.inner", {"shop.py": "import sys, types\nsys.modules['shop.inner'] = types.ModuleType('shop.inner')"}),
    "a path that is added": ("import sys, os\nsys.path.insert(0, os.path.join(os.path.dirname(__file__), 'lib'))\nimport inner", {"lib/inner.py": ""}),
    "source that does not parse": ("import shop", {"shop.py": "print 'x'"}),
    "source that does not parse, guarded": ("try:\n    import shop\nexcept Exception:\n    pass", {"shop.py": "print 'x'"}),
    "source that is Latin-1": ("import shop", {"shop.py": b"# -*- coding: latin-1 -*-\nx = '\xe9'\n"}),
    "source that is Latin-1 and does not say so": ("import shop", {"shop.py": b"x = '\xe9'\n"}),
    "source with a mark": ("import shop", {"shop.py": b"\xef\xbb\xbfx = 1\n"}),
    "source with a zero": ("import shop", {"shop.py": b"x = 1\x00\n"}),
    "a file that hides a module": ("import calendar\ncalendar.x", {"calendar.py": "x = 1"}),
    "a name that is deleted": ("from shop import one", {"shop.py": "one = 1\ndel one"}),
    "another error!": ("import shop", {"shop.py": "1 / 0"}),
}


def statements(rng, modules, own):
    """A statement at random, about these modules, in the module `own`."""
    name = rng.choice(modules + ["gone", "lost", "json", "collections"])
    top = name.split(".")[0]
    one = f"import {name}" if name in ("json", "collections") else rng.choice([
        f"import {name}", f"from {name} import *", f"import {name} as other", f"from {top} import value", f"__import__('{top}')",
        f"from {rng.choice(['.', '..', ''])}{top} import {rng.choice(['value', 'missing'])}" if "." in own else f"import {top}",
    ])
    if "*" in one:
        return one
    inner = one
    return rng.choice([
        one, one, one,
        f"try:\n    {inner}\nexcept ImportError:\n    pass",
        f"try:\n    {inner}\nexcept ImportError:\n    import {rng.choice(modules + ['gone'])}",
        f"try:\n    {inner}\nexcept (ValueError, KeyError):\n    pass",
        f"def f{rng.randrange(99)}():\n    {inner}",
        f"def g():\n    {inner}\ng()",
        f"class C:\n    {inner}",
        f"import typing\nif typing.TYPE_CHECKING:\n    {inner}",
        f"import sys\nif sys.version_info < (3, {rng.randrange(6, 16)}):\n    {inner}",
        f"try:\n    {inner}\nexcept ImportError as e:\n    raise ImportError('x') from e",
    ])


def at_random(seed):
    rng = random.Random(seed)
    files, modules = {}, []
    for number in range(rng.randrange(2, 6)):
        package = rng.choice(["", "", f"p{number}/"])
        modules.append((package + f"m{number}").replace("/", "."))
        if package and rng.random() < 0.8:
            files[f"{package}__init__.py"] = rng.choice(["", "value = 1\n", f"from .m{number} import value\n"])
        files[f"{package}m{number}.py"] = ""
    for path in files:
        if files[path] == "":
            own = path.removesuffix(".py").replace("/", ".")
            lines = [statements(rng, modules, own) for _ in range(rng.randrange(0, 3))]
            files[path] = "\n".join(rng.sample(lines + ["value = 1"], len(lines) + 1)) + "\n"
    code = "\n".join(statements(rng, modules, "app") for _ in range(rng.randrange(1, 4)))
    return code, files


# A project, so that barrow can tell what is the user's own.
PROJECT = {
    "other.py": "",
    "other-1.dist-info/METADATA": "Metadata-Version: 2.1\nName: other\nVersion: 1\n",
    "other-1.dist-info/RECORD": "other.py,,\nother-1.dist-info/METADATA,,\nother-1.dist-info/RECORD,,\n",
}


def write(folder, code, files):
    for path, text in {"app.py": code + HANDLER, **PROJECT, **files}.items():
        path = folder / path
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(text if isinstance(text, bytes) else text.encode())


def ask(barrow, folder):
    """Whether Python imports the handler, why not, and the errors that barrow finds."""
    truth = subprocess.run([sys.executable, "-B", "-S", "-E", "-c", TRUTH, str(folder)], capture_output=True, text=True, cwd="/", timeout=60)
    command = [barrow, "check", str(folder), "--handler", "app.handler", "--runtime", RUNTIME, "--no-cache", "--no-config", "-q", "--json"]
    answer = subprocess.run(command, capture_output=True, text=True, timeout=60)
    if answer.returncode not in (0, 1):
        sys.exit(f"{folder}: exit code {answer.returncode}\n{answer.stderr}")
    errors = [f"{e['code']} {e['message']}" for e in json.loads(answer.stdout)["findings"] if e["grade"] == "error"]
    return truth.returncode == 0, (truth.stderr.strip().splitlines() or [""])[-1], errors


def standard_library(barrow, folder):
    """The modules of this Python's own library that barrow takes for missing."""
    names = [name for name in sys.stdlib_module_names if importlib.util.find_spec(name)] if sys.version_info >= (3, 10) else []
    write(folder, "\n".join(f"import {name}" for name in names), {})
    command = [barrow, "check", str(folder), "--handler", "app.handler", "--runtime", RUNTIME, "--no-cache", "--no-config", "-q", "--json"]
    report = json.loads(subprocess.run(command, capture_output=True, text=True, timeout=60).stdout)
    return len(names), [finding["subject"] for finding in report["findings"] if finding["grade"] == "error"]


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--no-build", action="store_true")
    parser.add_argument("--barrow", default=str(BARROW), help="another program to ask; it is not built")
    parser.add_argument("--misses", action="store_true", help="print the random ones that are not seen")
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--count", type=int, default=150)
    arguments = parser.parse_args()
    if not arguments.no_build and arguments.barrow == str(BARROW):
        subprocess.run(["cargo", "build", "--locked", "--quiet"], cwd=ROOT, check=True)
    cases = dict(SHAPES)
    cases.update({f"random {seed}": at_random(seed) for seed in range(arguments.seed, arguments.seed + arguments.count)})
    wrong, counts = [], {"shapes": [0, 0, 0], "random": [0, 0, 0]}
    with tempfile.TemporaryDirectory(prefix="barrow-imports-") as work, concurrent.futures.ThreadPoolExecutor(2) as pool:
        folders = []
        for number, (code, files) in enumerate(cases.values()):
            folders.append(pathlib.Path(work) / str(number))
            write(folders[-1], code, files)
        for name, (works, why, errors) in zip(cases, pool.map(lambda folder: ask(arguments.barrow, folder), folders)):
            count = counts["random" if name.startswith("random") else "shapes"]
            count[0] += works
            count[1] += not works
            count[2] += not works and bool(errors)
            told = f"{name}: {why or 'it imports'}; barrow: {errors or 'no error'}\n{cases[name]}"
            if works and errors:
                wrong.append("a false error: " + told)
            elif not works and not errors and not name.startswith("random") and not name.endswith("!"):
                wrong.append("not seen: " + told)
            elif not works and not errors and arguments.misses:
                print("not seen: " + told)
            elif name.endswith("!") and not works and errors:
                wrong.append("it can be seen now, so its name needs no mark: " + told)
        count, lacking = standard_library(arguments.barrow, pathlib.Path(work) / "library")
        print(f"standard library: {count} modules")
        wrong += [f"a module of the standard library is taken for missing: {name}" for name in lacking]
    for kind, (fine, failing, seen) in counts.items():
        print(f"{kind}: {fine} import, {failing} do not, of these {seen} are seen ({seen / max(failing, 1):.0%})")
    _, failing, seen = counts["random"]
    if seen < 0.9 * failing:
        wrong.append(f"of the random bundles that do not import, {seen} of {failing} are seen")
    print("\n".join(wrong))
    sys.exit(1 if wrong else 0)


if __name__ == "__main__":
    main()
