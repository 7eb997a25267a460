#!/usr/bin/env python3
"""Reads the same requirements files with pip and with barrow and compares what they understand.

Run from anywhere: `python3 tests/differential/pip_requirements.py`. It makes a virtual environment with the pinned pip
under `target/differential/` (PyPI must be reachable the first time), builds `examples/dump_requirements.rs`, and writes
every case into a temporary folder. `-k WORD` runs the cases whose names hold the word and shows both readings.

A case with `differs=` is one on which the two are known to differ; the text is the reason. When they stop to differ, that
is a failure too. Every entry that barrow reads is also printed by barrow and read by both again.
"""

import argparse
import json
import os
import pathlib
import re
import subprocess
import sys
import tempfile
import urllib.parse

PIP = "26.3"
ROOT = pathlib.Path(__file__).resolve().parents[2]
HASH = "sha256:" + "a" * 64
HASH2 = "sha256:" + "b" * 64
HASH384 = "sha384:" + "c" * 96
HASH512 = "sha512:" + "d" * 128


def environment(python, system="linux", machine="x86_64", implementation="cpython"):
    full = python if python.count(".") == 2 else python + ".0"
    names = {"linux": ("posix", "Linux"), "darwin": ("posix", "Darwin"), "win32": ("nt", "Windows")}
    os_name, platform_system = names[system]
    return {
        "implementation_name": implementation,
        "implementation_version": full,
        "os_name": os_name,
        "platform_machine": machine,
        "platform_python_implementation": {"cpython": "CPython", "pypy": "PyPy"}[implementation],
        "platform_release": "",
        "platform_system": platform_system,
        "platform_version": "",
        "python_full_version": full,
        "python_version": ".".join(full.split(".")[:2]),
        "sys_platform": system,
    }


ENVIRONMENTS = [environment(python) for python in ("2.7.18", "3.1.5", "3.7.17", "3.8.0", "3.8.20", "3.9.25", "3.10.0",
                                                    "3.10.12", "3.11.7", "3.12.1", "3.13.9", "3.14.0", "4.0.0")]
ENVIRONMENTS += [
    environment("3.12.1", machine="aarch64"),
    environment("3.13.0", system="darwin", machine="arm64"),
    environment("3.11.2", system="win32", machine="AMD64"),
    environment("3.10.14", implementation="pypy"),
]

CASES = []


def case(name, text, *, more=None, file="requirements.txt", constraint=False, environment=None, differs=None):
    """One file, or several; `more` are the other files of its folder."""
    assert all(other["name"] != name for other in CASES), name
    files = dict(more or {})
    files[file] = text
    CASES.append({"name": name, "files": files, "file": file, "constraint": constraint,
                  "environment": environment or {}, "differs": differs})


def each(prefix, lines, **options):
    """One case for each line."""
    for line in lines:
        case(f"{prefix}: {line}", line + "\n", **options)


# --- names, specifiers, extras ---------------------------------------------------------------------------------------
each("name", ["requests", "Requests", "zope.interface", "Foo_Bar.baz", "a", "A1", "0", "foo-", "-foo", "foo bar", "é", "fooé", "foo..bar",
              "foo!", "_foo"])
case("name ends in underscore", "foo_\n",
     differs="pip takes the name and could never find such a project: names end in a letter or digit (PEP 508)")
each("specifier", [
    "foo==1.0", "foo == 1.0", "foo>=1,<2", "foo >= 1 , < 2", "foo~=1.4.2", "foo!=1.5", "foo===1.0", "foo==1.0.*", "foo!=1.*",
    "foo>1", "foo<=2.0.post1", "foo>=2012a", "foo==1.0+local.1", "foo==v1.0", "foo>=1!2.0", "foo==1.0rc1", "foo==1.0-1",
    "foo==1.0.dev3", "foo==1.0a", "foo==1.0.post", "foo==1.0c1", "foo==1.0preview2", "foo==1.0-rev3", "foo>=1.0ALPHA1",
    "foo (>=1,<2)", "foo(>=1)", "foo ()", "foo( == 1.0 )", "foo>=1,", "foo>=1 ,", "foo (>=1,)", "foo==  1.0", "foo>=1.0.0.0.0.0",
])
each("specifier refused", [
    "foo=1.0", "foo==", "foo>=", "foo=>1", "foo=<1", "foo<>1", "foo^1.2", "foo~1.2", "foo~>1.2", "foo~=1", "foo>=1.*", "foo~=1.*",
    "foo<1.0.*", "foo>1.0+local", "foo<=1.0+local", "foo~=1.0+local", "foo==1.0rc1.*", "foo==1.0+x.*", "foo==1.*.2", "foo==*",
    "foo>=1 <2", "foo>=1,,<2", "foo,>=1", "foo,bar", "foo 1.0", "foo (>=1", "foo >=1)", "foo==1.0 2.0", 'foo=="1.0"',
    "foo==1.0-", "foo==abc", "foo>=1;", "foo==1.0 .0", "foo!1.0", "foo>1>2",
])
case("identical without a version", "foo===anything-goes\n",
     differs="pip compares texts, but no file on an index has such a version: refused where it stands")
case("version with huge number", "foo==20250101123456789012345\n",
     differs="numbers of versions have 64 bits here")
each("extras", ["foo[a]", "foo[a,b]", "foo [ a , b ]", "foo[A_b.C]", "foo[]", "foo[a]>=1", "foo[b,a,b]==1.0 ; python_version > '3'",
                "foo[a", "foo[a,]", "foo[,a]", "foo[a b]", "foo[a]b", "foo[a][b]", "foo]", "foo>=1[a]", "foo[-a]"])

# --- markers -------------------------------------------------------------------------------------------------------------
each("marker", [
    "foo ; python_version < '3.10'", "foo;python_version<'3.10'", 'foo ; python_version <= "3.8"', "foo ; python_version > '3.8'",
    "foo ; python_version == '3.8'", "foo ; python_version != '3.8'", "foo ; python_version == '3.*'", "foo ; python_version == '3.8.*'",
    "foo ; python_version ~= '3.8'", "foo ; python_version ~= '3.8.0'", "foo ; python_version ~= '3.8.1'", "foo ; python_version >= '3'",
    "foo ; python_version < '3'", "foo ; python_version > '3'", "foo ; python_version <= '3'", "foo ; python_version == '3'",
    "foo ; python_version >= '3.8.1'", "foo ; python_version < '3.8.1'", "foo ; python_version == '3.8.0'",
    "foo ; python_version != '3.8.1'", "foo ; python_version == '3.8.1'", "foo ; python_version != '3.8.*'",
    "foo ; python_version === '3.8'", "foo ; python_version === '3.8.0'", "foo ; '3.8' <= python_version", "foo ; '3.8' == python_version",
    "foo ; '3.9' > python_version", "foo ; python_full_version >= '3.8.1'", "foo ; python_full_version == '3.8.*'",
    "foo ; python_full_version < '3.13.0rc1'", "foo ; python_full_version ~= '3.8.1'", "foo ; python_full_version === '3.8.20'",
    "foo ; python_full_version != '3.10.12'", "foo ; implementation_version >= '3.9'", "foo ; python_version in '3.8 3.9'",
    "foo ; python_version in '3.8,3.9'", "foo ; python_version in '3.10, 3.11'", "foo ; python_version not in '3.8 3.9'",
    "foo ; python_version in 'x'", "foo ; python_full_version in '3.8.20 3.8.0'", "foo ; python_version not in '2.7|3.7'",
    "foo ; sys_platform == 'linux'", "foo ; sys_platform != 'win32'", "foo ; 'linux' == sys_platform", "foo ; 'win' in sys_platform",
    "foo ; 'win' not in sys_platform", "foo ; sys_platform in 'linux darwin'", "foo ; sys_platform not in 'linux,darwin'",
    "foo ; sys_platform > 'a'", "foo ; sys_platform < 'z'", "foo ; sys_platform >= 'linux'", "foo ; sys_platform <= 'linux'",
    "foo ; os_name == 'posix'", "foo ; os.name == 'posix'", "foo ; sys.platform == 'linux'", "foo ; platform.machine == 'x86_64'",
    "foo ; platform_machine in 'x86_64 aarch64'", "foo ; platform_system == 'Linux'", "foo ; python_implementation == 'CPython'",
    "foo ; platform.python_implementation == 'PyPy'", "foo ; implementation_name == 'pypy'", "foo ; platform_version != 'x'",
    "foo ; extra == 'x'", "foo ; extra != 'x'", "foo ; 'x' == extra", "foo ; 'x_Y' != extra",
    "foo ; python_version > '3.8' and sys_platform == 'linux'", "foo ; python_version < '3' or sys_platform == 'win32'",
    "foo ; (python_version < '3' or sys_platform == 'win32') and os_name == 'nt'",
    "foo ; python_version < '3' or sys_platform == 'win32' and os_name == 'posix'", "foo ; ((((os_name == 'nt'))))",
    "foo ; os_name=='nt'or os_name=='posix'", "foo ; os_name=='nt'and os_name=='posix'", "foo ;", "foo ; ",
    "foo ; ( os_name == 'nt' ) or( os_name == 'posix')", "foo ; os_name not  in 'nt'", "foo ; 'nt'in os_name",
    "foo>=1;os_name=='nt'", "foo ; python_version>='3.7' and python_version<'3.11'", "foo ; python_full_version <= '3.10'",
    "foo ; python_full_version > '3.10'", "foo ; python_version < '0'",
])
each("marker refused", [
    "foo ; python_version > 3.8", "foo ; python_version", "foo ; python_version >", "foo ; python_version = '3.8'", "foo ; 'a'",
    "foo ; nonsense == 'x'", "foo ; os_name == 'nt' and", "foo ; or os_name == 'nt'", "foo ; (os_name == 'nt'", "foo ; os_name == 'nt')",
    "foo ; os_name == \"nt", "foo ; os_name notin 'nt'", "foo ; os_name not 'nt'", "foo ; os_name == 'a' os_name == 'b'",
    "foo ; os_name == 'nt', bar", "foo ; os_name == 'nt' ; bar", "foo ; os_name ~= 'x'", "foo ; os_name === 'x'",
    "foo ; 'a' == 'a'", "foo ; 'x' in extras", "foo ; '3.8' in python_version", "foo ; '2.' not in python_version", "foo ; python_version ~= '3'", "foo ; python_version => '3'", "foo ; os_name == nt",
])
for line, reason in {
    "foo ; python_version >= '3.8.*'": "pip finds this false for every Python; nobody means that",
    "foo ; python_version == 'abc'": "pip finds this false for every Python; nobody means that",
    "foo ; os_name == sys_platform": "pip compares with the name of the second variable; nobody means that",
    "foo ; platform_release >= '5'": "the kernel differs between Lambda hosts, so there is no answer",
    "foo ; extra in 'a b'": "pip finds every extra list to hold the empty extra; nobody means that",
    "foo ; os_name == 'a\\\\b'": "escapes in markers are not part of the specification",
    "foo ; python_version > '3.8rc1'": "python_version has two numbers and no pre-release",
}.items():
    case(f"marker: {line}", line + "\n", differs=reason)

# --- lines, comments, continuations ------------------------------------------------------------------------------------------
case("empty file", "")
case("blank and comment lines", "\n# a\n  # b\n\t#c\n\n")
case("comment after blank", "foo # why\nbar\t# tab\nbaz  #x # y\n")
case("comment without blank", "foo#why\n")
case("hash sign in URL", "foo @ https://h/foo-1.0.tar.gz#egg=foo # why\n")
case("continuation", "foo>=1,\\\n<2\nbar\n")
case("continuation in marker", "foo ; \\\n  python_version > '3' \\\n  and os_name == 'posix'\n")
case("continuation, comment after it", "foo \\\n# comment\nbar\n")
case("continuation, comment inside", "foo \\\n  # comment \\\nbar\n")
case("continuation, comment with backslash", "foo # comment \\\nbar\nbaz\n")
case("comment with backslash", "# comment \\\nbar\n")
case("continuation at the end", "foo \\")
case("continuation of nothing", "\\\n\\\nfoo\n")
case("two backslashes", "foo\\\\\n>=1\n")
case("backslash and blank", "foo \\ \nbar\n")
case("leading backslash in continuation", "foo>=1\\\n\\,<2\\\n\nbar\n")
case("carriage returns", "foo\rbar\r\nbaz\n")
case("other line ends", "a\x0bb\x0cc\x1cd\x1de\x1ef\x85g\u2028h\u2029i\n")
case("no line end", "foo")
case("blanks around", "  foo  \n\tbar\t\n")
case("no-break space around", "\u00a0foo\u00a0\n")
case("no-break space inside", "foo\u00a0>=1\n")
case("unit separator before comment", "foo\x1f# why\n")
case("tab before option", f"foo\t--hash={HASH}\n")
case("line numbers", "# one\nfoo\n\nbar \\\n  >=1\n\nbaz\n")

# --- variables -----------------------------------------------------------------------------------------------------------------
VARIABLES = {"TOKEN": "s3cret", "EMPTY": "", "HOST_1": "example.org", "SPEC": ">=1 # x", "OUTER": "${INNER}", "INNER": "1.0", "lower": "x"}
case("variable in URL", "foo @ https://${TOKEN}@${HOST_1}/foo-1.0-py3-none-any.whl\n", environment=VARIABLES)
case("variable in option", "--index-url https://u:${TOKEN}@${HOST_1}/simple\nfoo\n", environment=VARIABLES)
case("variable with comment sign", "foo${SPEC}\n", environment=VARIABLES)
case("unset variable", "foo @ https://h/${UNSET}/foo-1.0.tar.gz\n", environment=VARIABLES)
case("empty variable", "foo @ https://h/${EMPTY}/foo-1.0.tar.gz\n", environment=VARIABLES)
case("lower-case variable", "foo @ https://h/${lower}/foo-1.0.tar.gz\n", environment=VARIABLES)
case("variable without braces", "foo @ https://h/$TOKEN/foo-1.0.tar.gz\n", environment=VARIABLES)
case("variable twice", "foo=={INNER},!=${INNER}\n".replace("{INNER}", "${INNER}", 1).replace("$${", "${"), environment=VARIABLES)
case("variable in variable, named later", "foo==${OUTER},==${INNER}\n", environment=VARIABLES)
case("variable in variable, not named", "foo==${OUTER}\n", environment=VARIABLES)
case("variable in comment", "foo # ${TOKEN}\n", environment=VARIABLES)
case("variable across lines", "foo==${IN\\\nNER}\n", environment=VARIABLES)
case("variable in nested path", "-r ${HOST_1}.txt\n", more={"example.org.txt": "foo\n"}, environment=VARIABLES)

# --- encodings -----------------------------------------------------------------------------------------------------------------
UMLAUT = "foo # käse\nbar\n"
case("UTF-8", UMLAUT.encode())
case("UTF-8 mark", b"\xef\xbb\xbf" + UMLAUT.encode())
case("UTF-16 little", b"\xff\xfe" + UMLAUT.encode("utf-16-le"))
case("UTF-16 big", b"\xfe\xff" + UMLAUT.encode("utf-16-be"))
case("UTF-32 little", b"\xff\xfe\0\0" + UMLAUT.encode("utf-32-le"))
case("UTF-32 big", b"\0\0\xfe\xff" + UMLAUT.encode("utf-32-be"))
case("UTF-16 cut short", b"\xff\xfef\0o")
case("latin-1 declared", "# -*- coding: latin-1 -*-\n".encode() + UMLAUT.encode("latin-1"))
case("latin-1 declared in the second line", "# x\n# coding=iso-8859-1\n".encode() + UMLAUT.encode("latin-1"))
case("declared in the third line", "# x\n#\n# coding=latin-1\nfoo\n".encode())
case("cp1252 declared", "# vim: set fileencoding=cp1252 :\n".encode() + "foo # €\n".encode("cp1252"))
case("latin-9 declared", "# coding: iso-8859-15\n".encode() + "foo # €\n".encode("iso-8859-15"))
case("ascii declared and not so", "# coding: ascii\n".encode() + UMLAUT.encode())
case("unknown coding", b"# coding: nonsense\nfoo\n")
case("not UTF-8", UMLAUT.encode("latin-1"))
case("mark wins over coding", b"\xef\xbb\xbf# coding: latin-1\n" + UMLAUT.encode())

# --- options -------------------------------------------------------------------------------------------------------------------
case("index url", "-i https://a/simple\n")
case("index url attached", "-ihttps://a/simple\n")
case("index url long", "--index-url https://a/simple\n")
case("index url equals", "--index-url=https://a/simple\n")
case("index url old name", "--pypi-url https://a/simple\n")
case("index url shortened", "--index https://a/simple\n")
case("index url twice", "-i https://a/simple\n-i https://b/simple\n")
case("extra index", "--extra-index-url https://a/simple\n--extra-index-url=https://b/simple\n")
case("index and extra", "-i https://a/simple\n--extra-index-url https://b/simple\nfoo\n")
case("extra before index", "--extra-index-url https://b/simple\n-i https://a/simple\nfoo\n",
     differs="pip forgets extra indexes that stand before --index-url, and a private name goes to the public index")
case("several options on a line", "-i https://a/simple --extra-index-url https://b/simple --pre --prefer-binary\n")
case("index quoted", "--index-url 'https://a/simple'\n--extra-index-url=\"https://b/simple\"\n")
case("no index", "--no-index\n-i https://a/simple\n--extra-index-url https://b/simple\n")
case("no index later", "-i https://a/simple\n--no-index\n")
case("find links", "-f https://a/links.html\n--find-links=wheels\n", more={"wheels/x.txt": ""})
case("find links missing folder", "-f nowhere\nfoo\n")
case("find links from a nested file", "-r sub/more.txt\n", more={"sub/more.txt": "-f wheels\n", "sub/wheels/x.txt": ""})
case("find links file URL", "-f file:///srv/wheels\n")
case("find links with blank", "-f 'my wheels'\n", more={"my wheels/x.txt": ""})
case("find links escaped blank", "-f my\\ wheels\n", more={"my wheels/x.txt": ""})
case("no binary", "--no-binary foo,Bar_baz\n--only-binary=qux\n")
case("no binary all", "--no-binary :all:\n--only-binary foo\n")
case("only binary all", "--only-binary=:all:\n--no-binary foo\n--no-binary bar\n")
case("format none", "--no-binary foo,bar\n--no-binary :none:\n")
case("format all and none", "--no-binary :all:,:none:,foo\n")
case("format moves", "--no-binary foo,bar\n--only-binary foo\n")
case("format all twice", "--no-binary :all:\n--only-binary :all:\n")
case("format beside a requirement", "foo --no-binary bar\n")
case("format dash", "--no-binary -foo\n")
case("all releases", "--all-releases foo,bar\n--only-final bar\n")
case("only final", "--only-final :all:\n--all-releases foo\n")
case("prefer binary", "--prefer-binary\n")
case("pre", "--pre\nfoo\n")
case("require hashes", f"--require-hashes\nfoo==1 --hash={HASH}\n")
case("require hashes with value", "--require-hashes=1\n")
case("trusted host", "--trusted-host a.example\n--trusted-host=b.example:8443\n")
case("use feature", "--use-feature fast-deps\n--use-feature=truststore\n")
case("use feature unknown", "--use-feature nonsense\n")
case("global option", "foo --global-option=--x\n")
case("install option", "foo --install-option=x\n")
case("unknown option", "--nonsense\n")
case("unknown short option", "-x\n")
case("command line option", "--upgrade\nfoo\n")
case("command line option U", "-U foo\n")
case("ambiguous option", "--re x\n")
case("ambiguous option 2", "--no x\n")
case("unique shortened option", "--requ base.txt\n", more={"base.txt": "foo\n"})
case("unique shortened option 2", "--requirem base.txt\n--trust h\n--prefer\n--only-b x\n", more={"base.txt": "foo\n"})
case("missing value", "--index-url\n")
case("missing short value", "-r\n")
case("option takes option as value", "--trusted-host --pre\n")
case("unclosed quote", "--index-url 'https://a/simple\n")
case("trailing escape", "--find-links x\\\\\\ \n")
case("comment after option", "--pre # why\n-i https://a/simple # why\n")
case("option in constraints", "--pre\n-i https://a/simple\nfoo<2\n", constraint=True)
case("option beside requirement is ignored", "foo --pre\nbar --index-url https://a/simple\n")
case("trusted host beside requirement", "foo --trusted-host h\n")
case("hash without requirement", f"--hash={HASH}\nfoo\n")
for line in ["--pre foo\n", "-i https://a/simple foo\n", "- foo\n", "-- foo\n", "-r base.txt extra\n"]:
    case(f"stray word: {line.strip()}", line, more={"base.txt": "bar\n"},
         differs="pip drops words behind options; a requirement would be lost without a word")
for line in ["-r base.txt -r base.txt\n", "-r base.txt -c base.txt\n", "foo -r base.txt\n", "-e ./pkg -e ./pkg\n"]:
    case(f"second file: {line.strip()}", line, more={"base.txt": "bar\n", "pkg/pyproject.toml": "[project]\nname='pkg'\n"},
         differs="pip reads the first alone; requirements would be lost without a word")
case("trusted host as URL", "--trusted-host https://h/\n", differs="pip takes a URL and trusts a host called `https`")

# --- hashes and settings -----------------------------------------------------------------------------------------------------
case("hash", f"foo==1.0 --hash={HASH}\n")
case("hash with blank", f"foo==1.0 --hash {HASH}\n")
case("hashes", f"foo==1.0 \\\n    --hash={HASH} \\\n    --hash={HASH2}\nbar==2 --hash={HASH384} --hash={HASH512}\n")
case("hash with comments", f"foo==1.0 \\\n    --hash={HASH} \\\n    --hash={HASH2}\n    # via bar\nbar\n")
case("hash with marker", f"foo==1.0 ; python_version >= '3.8' --hash={HASH}\n")
case("hash quoted", f"foo==1.0 '--hash={HASH}'\n")
case("hash value quoted", f"foo==1.0 --hash='{HASH}'\n")
case("hash shortened", f"foo==1.0 --has={HASH}\n")
case("hash on URL", f"foo @ https://h/foo-1.0-py3-none-any.whl --hash={HASH}\n")
case("hash in fragment", f"foo @ https://h/foo-1.0-py3-none-any.whl#{HASH.replace(':', '=')}\n")
case("hash in fragment with egg", f"https://h/foo-1.0-py3-none-any.whl#egg=foo&{HASH.replace(':', '=')}\n")
case("hash md5", "foo==1.0 --hash=md5:" + "a" * 32 + "\n")
case("hash sha1", "foo==1.0 --hash=sha1:" + "a" * 40 + "\n")
case("hash without algorithm", "foo==1.0 --hash=" + "a" * 64 + "\n")
case("hash without value", "foo==1.0 --hash\n")
case("hash upper-case algorithm", "foo==1.0 --hash=SHA256:" + "a" * 64 + "\n")
case("hash of wrong length", "foo==1.0 --hash=sha256:abc\n", differs="pip finds out when no file matches")
case("hash in constraints", f"foo==1.0 --hash={HASH}\n", constraint=True)
case("no require hashes", f"--no-require-hashes\nfoo==1.0 --hash={HASH}\n")
case("settings", "foo==1.0 --config-settings=--build-option=--cffi --config-settings key=value\n")
case("settings short", "foo -C a=b -Cc=d\n")
case("settings quoted", "foo --config-settings=\"--global-option=--with x\"\n")
case("settings repeated", "foo -C a=1 -C a=2 -C b=3\n")
case("settings without value", "foo -C a\n")
case("settings empty value", "foo -C a=\n")

# --- nested files ------------------------------------------------------------------------------------------------------------
case("nested", "-r base.txt\nfoo\n", more={"base.txt": "bar\n"})
case("nested spellings", "-rbase.txt\n--requirement=base.txt\n--requirement base.txt\n", more={"base.txt": "bar\n"})
case("nested relative to its file", "-r sub/a.txt\n", more={"sub/a.txt": "-r b.txt\n-r ../c.txt\n", "sub/b.txt": "b\n", "c.txt": "c\n"})
case("nested quoted", "-r 'my base.txt'\n-r \"my base.txt\"\n-r my\\ base.txt\n", more={"my base.txt": "bar\n"})
case("nested missing", "-r nowhere.txt\n")
case("nested cycle", "-r a.txt\n", more={"a.txt": "-r requirements.txt\n"})
case("nested cycle to itself", "-r requirements.txt\n")
case("nested cycle to itself, other spelling", "-r ./x/../requirements.txt\n", more={"x/y": ""})
case("nested cycle of constraints", "-c a.txt\n", more={"a.txt": "-c a.txt\n"})
case("nested diamond", "-r a.txt\n-r b.txt\n", more={"a.txt": "-r c.txt\n", "b.txt": "-r c.txt\n", "c.txt": "foo\n"})
case("constraint", "-c limits.txt\nfoo\n", more={"limits.txt": "foo<2\nbar==1\n"})
case("constraint long", "--constraint=limits.txt\nfoo\n", more={"limits.txt": "foo<2\n"})
case("constraint in constraint", "-c a.txt\n", more={"a.txt": "foo<2\n-c b.txt\n", "b.txt": "bar<2\n"})
case("requirement in constraint", "-c a.txt\n", more={"a.txt": "foo<2\n-r b.txt\n", "b.txt": "bar<2\n"})
case("constraint with extras", "foo[x]<2\n", constraint=True)
case("constraint editable", "-e ./pkg\n", constraint=True, more={"pkg/pyproject.toml": "[project]\nname='pkg'\n"})
case("constraint with URL", "foo @ https://h/foo-1.0-py3-none-any.whl\n", constraint=True)
case("constraint with marker", "foo<2 ; python_version < '3.9'\n", constraint=True)
case("constraint wheel", "https://h/foo-1.0-py3-none-any.whl\n", constraint=True)
case("constraint unnamed", "https://h/download\n", constraint=True)
case("nested with comment", "-r base.txt # the rest\n", more={"base.txt": "bar\n"})
case("nested beside option", "-r base.txt --pre\n", more={"base.txt": "bar\n"})
case("nested empty name", "-r ''\n")

# --- URLs and paths ------------------------------------------------------------------------------------------------------------
WHEEL = "foo-1.0-py3-none-any.whl"
PACKAGE = {"pkg/pyproject.toml": "[project]\nname = 'pkg'\n"}
each("url", [
    f"foo @ https://h/{WHEEL}", f"foo@https://h/{WHEEL}", f"foo[a,b] @ https://h/{WHEEL}", f"foo @ https://h/{WHEEL} ; python_version > '3'",
    f"foo @ https://h/{WHEEL}?x=1&y=2#sha256={'a' * 64}", f"https://h/{WHEEL}", f"https://h/{WHEEL} ; python_version > '3'",
    f"https://h/{WHEEL}; python_version > '3'", f"HTTPS://h/{WHEEL}", "https://h/a%2Bb/foo-1.0%2Blocal-py3-none-any.whl",
    "foo @ https://h/foo-1.0.tar.gz", "foo @ https://h/foo-1.0.zip#subdirectory=sub/dir", "https://h/foo-1.0.tar.gz#egg=foo",
    "foo @ https://u:p@h/foo-1.0.tar.gz", f"foo @ http://h:8080/{WHEEL}", "foo @ https://h/download?id=1",
    "foo @ git+https://h/foo.git", "foo @ git+https://h/foo.git@v1.0", "foo @ git+https://h/foo.git@v1.0#subdirectory=x",
    "git+https://h/foo.git#egg=foo", "git+https://h/foo.git@main#egg=foo&subdirectory=x", "git+ssh://git@h/foo.git#egg=foo",
    "foo @ git+file:///srv/foo.git", f"file:///srv/{WHEEL}", f"foo @ file:///srv/{WHEEL}", "foo @ file:///srv/foo-1.0.tar.gz",
    f"foo @ file:///srv/my%20dir/{WHEEL}", f"foo @ file://localhost/srv/{WHEEL}", "-e git+https://h/foo.git#egg=foo",
    "-e git+https://h/foo.git@dev#egg=foo", "-e 'foo @ git+https://h/foo.git'", "-e \"foo[a] @ git+https://h/foo.git ; os_name == 'nt'\"",
    "--editable=git+https://h/foo.git#egg=foo",
])
each("url refused", [
    "foo @", "foo @ ", f"foo @ https://h/{WHEEL}; python_version", f"foo @ https://h/{WHEEL} python_version > '3'", f"foo>=1 @ https://h/{WHEEL}",
    f"foo @ https://h/{WHEEL}>=1 <2", "https://h/foo-1.0.whl", "https://h/foo.whl", "https://h/foo-1.0.tar.gz#egg=foo[a]",
    "https://h/foo-1.0.tar.gz#egg=foo==1.0", "-e https://h/foo-1.0.tar.gz#egg=foo", "-e foo", "-e",
    "-e foo==1.0", "foo @ https://h/a;b.whl",
])
for line, reason in {
    "https://h/download": "pip downloads to learn the name; here it stands before the URL",
    "git+https://h/foo.git": "pip clones to learn the name; here it is learned when the request is read, which this does not do",
    "-e git+https://h/foo.git": "pip wants the name of an editable repository; here it is read from the repository",
    f"bar @ https://h/{WHEEL}": "pip finds out after the download that the wheel is of another project",
    f"https://h/{WHEEL}[a]": "pip takes the brackets for a part of the file's name",
    "foo @ hg+https://h/foo": "of the version control systems only Git is read",
    "foo @ ftp://h/foo-1.0.tar.gz": "ftp is not supported; pip fails when it downloads",
    "foo @ not-a-url": "pip fails when it downloads; here it is a path, and is no file",
    f"foo @ https://h h/{WHEEL}": "",
    "foo @ git+https://h/foo.git@": "pip fails when it clones",
    "-e ./pkg ; os_name == 'nt'": "pip drops the marker, as every word behind the path; here it counts",
    "-e '.[a] ; os_name == \"nt\"'": "pip cannot read a marker behind a path; here it counts",
}.items():
    case(f"url: {line}", line + "\n", more=PACKAGE | {"pyproject.toml": "[project]\nname='root'\n"}, differs=reason or None)
each("path", [
    f"./{WHEEL}", WHEEL, f"sub/{WHEEL}", f"./{WHEEL}[a,B_c]", f"./{WHEEL} ; python_version > '3'", f"./{WHEEL};python_version>'3'",
    f"foo @ file:{WHEEL}", f"file:{WHEEL}", f"file:./{WHEEL}", f"file:sub/../{WHEEL}", "./missing-1.0-py3-none-any.whl", "foo-1.0.tar.gz",
    "./foo-1.0.zip", "./pkg", "./pkg[a]", "pkg/", "-e ./pkg", "-e pkg", "-e pkg[a,b]", "-e ./pkg[a]", "-e file:pkg", "--editable ./pkg",
    "./pkg ; os_name == 'nt'", "../" + "{folder}/pkg", "./sub", "./missing", "sub/missing", "./requirements.txt", ".", "..", "-e ./missing",
    "./wrong.whl", "./b%C3%A4r-1.0-py3-none-any.whl",
], more=PACKAGE | {WHEEL: "", f"sub/{WHEEL}": "", "foo-1.0.tar.gz": "", "foo-1.0.zip": "", "wrong.whl": ""})
case("path with blank", "./my dir/foo-1.0-py3-none-any.whl\n", more={"my dir/" + WHEEL: ""})
case("path relative to working folder", f"-r sub/a.txt\n", more={"sub/a.txt": f"./{WHEEL}\n", WHEEL: ""})
case("path beside its file", "-r sub/a.txt\n", more={"sub/a.txt": "./pkg\n", "sub/pkg/pyproject.toml": "[project]\nname='pkg'\n"},
     differs="pip looks from the working folder alone; here the folder of the file is tried next")
case("path unnamed folder", "./pkg\n", more={"pkg/setup.py": ""}, differs="pip runs setup.py to learn the name; here it stands before the path")
case("path editable without project", "-e .\n", differs="pip finds out when it builds")
case("path with a version's look", "foo==1.0.zip\n",
     differs="both take it for the name of a file; pip would build that to learn the project's name")
case("second file: foo -e ./pkg", "foo -e ./pkg\n", more={"pkg/pyproject.toml": "[project]\nname='pkg'\n"})
case("path by name", f"foo @ ./{WHEEL}\n", more={WHEEL: ""}, differs="pip takes the path for a URL and fails when it downloads; here it is a path")

# --- slips -----------------------------------------------------------------------------------------------------------------------
each("slip", ["pip install foo", "pip install -r x.txt", "'foo>=1'", '"foo"', "foo = '^1.2'", 'foo = "*"', "[packages]", "foo; bar", "import foo",
              "<<<<<<< HEAD", "=======", "$FOO", "foo: 1.0", "{foo}", "foo/bar", "foo\\bar", "numpy=1.2=py38", "foo @ 1.0 ; x", "*"])
case("several errors", "a=1\nb\nc ^1\n")

# --- whole files ---------------------------------------------------------------------------------------------------------------
case("as pip-compile writes", f"""#
# This file is autogenerated by pip-compile with Python 3.12
# by the following command:
#
#    pip-compile --generate-hashes
#
--index-url https://user:secret@index.example/simple
--extra-index-url https://other.example/simple
--trusted-host index.example

certifi==2024.7.4 \\
    --hash={HASH} \\
    --hash={HASH2}
    # via requests
charset-normalizer==3.3.2 ; python_version >= "3.7" \\
    --hash={HASH}
    # via
    #   -r requirements.in
    #   requests
requests[socks]==2.32.3 \\
    --hash={HASH2}
    # via -r requirements.in
""")
case("as uv writes", f"""# This file was autogenerated by uv via the following command:
#    uv pip compile --generate-hashes
anyio==4.4.0 ; python_full_version < '3.13' and platform_system != 'Windows' \\
    --hash={HASH} \\
    --hash={HASH2}
    # via httpx
colorama==0.4.6 ; (python_full_version >= '3.8' and sys_platform == 'win32') or os_name == 'nt' \\
    --hash={HASH}
""")
case("as pipenv writes", f"-i https://pypi.example/simple\nboto3==1.34.0; python_version >= '3.8'\nfoo==1.0; python_version >= '2.7' and "
     "python_version not in '3.0, 3.1, 3.2'\n")
case("as pip freeze writes", "boto3==1.34.0\nfoo @ file:///home/u/foo-1.0-py3-none-any.whl#sha256=" + "a" * 64 +
     "\n-e git+https://h/bar.git@0123456789abcdef#egg=bar&subdirectory=x\nzope.interface==6.4.post2\n")
case("as poetry exports", f"boto3==1.34.0 ; python_version >= \"3.8\" and python_version < \"4.0\" \\\n    --hash={HASH}\n"
     "--extra-index-url https://h/simple\n")


# --- pip's side: runs inside the virtual environment ------------------------------------------------------------------------

PIP_SIDE = r'''
import json, optparse, os, sys, logging
logging.disable(logging.CRITICAL)
from pip._internal.cli import cmdoptions
from pip._internal.index.collector import LinkCollector
from pip._internal.index.package_finder import PackageFinder
from pip._internal.models.release_control import ReleaseControl
from pip._internal.models.search_scope import SearchScope
from pip._internal.models.selection_prefs import SelectionPreferences
from pip._internal.network.session import PipSession
from pip._internal.req.constructors import install_req_from_parsed_requirement
from pip._internal.req.req_file import parse_requirements
from pip._internal.req.req_install import check_invalid_constraint_type
from pip._vendor.packaging.utils import canonicalize_name

data = json.load(sys.stdin)

def read(case):
    # pip keeps this list between runs of its parser.
    cmdoptions.use_new_feature.keywords["default"].clear()
    os.environ.clear()
    os.environ.update(case["environment"])
    os.chdir(case["folder"])
    session = PipSession()
    scope = SearchScope.create(find_links=[], index_urls=[], no_index=False)
    preferences = SelectionPreferences(allow_yanked=True, release_control=ReleaseControl())
    finder = PackageFinder.create(link_collector=LinkCollector(session, scope), selection_prefs=preferences)
    options = optparse.Values({"require_hashes": False, "no_require_hashes": False, "features_enabled": []})
    entries, has_hashes = [], False
    for parsed in parse_requirements(case["file"], session, finder=finder, options=options, constraint=case["constraint"]):
        # With these settings of the request, as `pip install -r` does.
        settings = (parsed.options or {}).get("config_settings")
        requirement = install_req_from_parsed_requirement(parsed, user_supplied=True, config_settings=settings)
        if requirement.constraint and (problem := check_invalid_constraint_type(requirement)):
            raise ValueError(problem)
        has_hashes |= bool(requirement.hash_options)
        hashes = [f"{name}:{value}" for name, values in requirement.hash_options.items() for value in values]
        if requirement.link and requirement.link.hash:
            hashes.append(f"{requirement.link.hash_name}:{requirement.link.hash}")
        markers = requirement.markers
        entries.append({
            "constraint": requirement.constraint,
            "name": canonicalize_name(requirement.req.name) if requirement.req else None,
            "extras": sorted(canonicalize_name(extra) for extra in requirement.extras),
            "specifiers": str(requirement.req.specifier) if requirement.req and not requirement.link else "",
            "url": requirement.link.url if requirement.link else None,
            "marker": [markers is None or markers.evaluate({**environment, "extra": ""}) for environment in data["environments"]],
            "hashes": sorted(set(hashes)),
            "config_settings": settings or {},
            "editable": requirement.editable,
            "line": int(parsed.line_source.split()[1]),
        })
    return {"entries": entries, "options": {
        "index_urls": finder.index_urls,
        "find_links": finder.find_links,
        "no_index": finder.search_scope.no_index,
        "no_binary": sorted(finder.format_control.no_binary),
        "only_binary": sorted(finder.format_control.only_binary),
        "all_releases": sorted(finder.release_control.all_releases) if finder.release_control else [],
        "only_final": sorted(finder.release_control.only_final) if finder.release_control else [],
        "prefer_binary": finder.prefer_binary,
        "require_hashes": options.require_hashes or (has_hashes and not options.no_require_hashes),
        "trusted_hosts": sorted(f"{host}:{port}" if port else host for host, port in session.pip_trusted_origins),
        "features": sorted(options.features_enabled),
    }}

answers = []
for case in data["cases"]:
    try:
        answers.append(read(case))
    except BaseException as error:
        answers.append({"error": f"{type(error).__name__}: {error}"})
print(json.dumps(answers))
'''


def make_pip():
    """The Python of a virtual environment with the pinned pip."""
    folder = ROOT / "target" / "differential" / f"pip-{PIP}"
    python = folder / ("Scripts" if os.name == "nt" else "bin") / "python"
    done = folder / "done"
    if not done.exists():
        clean = {name: value for name, value in os.environ.items() if name not in ("PIP_FIND_LINKS", "PIP_NO_INDEX")}
        subprocess.run([sys.executable, "-m", "venv", "--clear", folder], check=True, env=clean)
        subprocess.run([python, "-m", "pip", "install", "--quiet", f"pip=={PIP}"], check=True, env=clean)
        done.touch()
    return python


def run(command, data):
    answer = subprocess.run(command, input=json.dumps(data), capture_output=True, text=True, cwd=ROOT)
    if answer.returncode:
        sys.exit(f"{command[0]} failed:\n{answer.stderr}")
    return json.loads(answer.stdout)


# --- comparing -----------------------------------------------------------------------------------------------------------------

def plain_url(url):
    """A URL without the differences that have no meaning: percent-encoding, a slash at the end of a folder, `//localhost`."""
    if url is None:
        return None
    url = urllib.parse.unquote(url)
    url = re.sub(r"^(file:)(//localhost)?/*", r"\1///", url) if url.startswith("file:") else url
    scheme, _, rest = url.partition(":")
    return f"{scheme.lower()}:{rest}".rstrip("/")


def plain_specifiers(text):
    """Specifiers in an order, versions in one spelling."""
    def one(specifier):
        operator, version = re.fullmatch(r"\s*(===|==|!=|~=|<=|>=|<|>)\s*(.*?)\s*", specifier).groups()
        version = re.sub(r"^v", "", version.lower())
        version = re.sub(r"[-_.]?(?:alpha|a)[-_.]?(\d*)", lambda m: "a" + (m[1] or "0"), version)
        version = re.sub(r"[-_.]?(?:preview|pre|rc|c)[-_.]?(\d*)", lambda m: "rc" + (m[1] or "0"), version)
        version = re.sub(r"[-_.]?(?:post|rev|r(?!c))[-_.]?(\d*)", lambda m: ".post" + (m[1] or "0"), version)
        return operator, re.sub(r"-(\d+)", r".post\1", version)
    return sorted({one(part) for part in text.split(",") if part.strip()})


def of_pip(entry, folder):
    url = entry["url"]
    if url and re.match(r"file:(?!/)", url):
        url = "file://" + os.path.normpath(os.path.join(folder, url.removeprefix("file:")))
    settings = [(key, value) for key, values in entry["config_settings"].items()
                for value in (values if isinstance(values, list) else [values])]
    return {**entry, "specifiers": plain_specifiers(entry["specifiers"]), "url": plain_url(url),
            "config_settings": sorted(settings)}


def of_barrow(entry, constraint):
    return {"constraint": constraint, "name": entry["name"], "extras": sorted(entry["extras"]),
            "specifiers": plain_specifiers(entry["specifiers"]), "url": plain_url(entry["url"]), "marker": entry["marker"],
            "hashes": sorted(entry["hashes"]), "config_settings": sorted(map(tuple, entry["config_settings"])),
            "editable": entry["editable"], "line": entry["line"]}


def differences(case, pip, barrow):
    """What differs between two readings, as texts."""
    if "error" in pip or "errors" in barrow:
        if "error" in pip and "errors" in barrow:
            return []
        return [f"pip: {pip.get('error', 'reads it')}", f"barrow: {'; '.join(barrow.get('errors', ['reads it']))}"]
    found = []
    pip_entries = [of_pip(entry, case["folder"]) for entry in pip["entries"]]
    barrow_entries = [of_barrow(entry, False) for entry in barrow["entries"]]
    barrow_entries += [of_barrow(entry, True) for entry in barrow["constraints"]]
    pip_entries.sort(key=lambda entry: entry["constraint"])
    # A name that pip learns by a build or a download is known earlier here.
    for one, other in zip(pip_entries, barrow_entries):
        if one["name"] is None and one["url"]:
            one["name"] = other["name"]
    if len(pip_entries) != len(barrow_entries):
        found.append(f"pip has {len(pip_entries)} entries, barrow {len(barrow_entries)}")
    for one, other in zip(pip_entries, barrow_entries):
        for key in one:
            if one[key] != other[key]:
                found.append(f"{key}: pip {one[key]!r}, barrow {other[key]!r}")
    options = barrow["options"]
    barrow_options = {
        "index_urls": [plain_url(url) for url in [options["index_url"], *options["extra_index_urls"]] if url],
        "find_links": [plain_url(url) for url in options["find_links"]],
        **{key: options[key] for key in ("no_index", "prefer_binary", "require_hashes")},
        **{key: sorted(options[key]) for key in ("no_binary", "only_binary", "only_final", "trusted_hosts", "features")},
        "all_releases": sorted(options["all_releases"] + ([":all:"] if options["pre"] else [])),
    }
    location = lambda url: plain_url(url if "://" in url else "file://" + os.path.join(case["folder"], url))
    pip_options = {**pip["options"], "index_urls": [location(url) for url in pip["options"]["index_urls"]],
                   "find_links": [location(url) for url in pip["options"]["find_links"]]}
    for key, value in pip_options.items():
        if value != barrow_options[key]:
            found.append(f"{key}: pip {value!r}, barrow {barrow_options[key]!r}")
    return found


def main():
    arguments = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    arguments.add_argument("-k", default="", help="run the cases whose names hold this word, and show both readings")
    arguments.add_argument("--dump", help="a built `dump_requirements`, instead of building it")
    arguments = arguments.parse_args()
    cases = [case for case in CASES if arguments.k in case["name"]]
    python = make_pip()
    dump = [arguments.dump] if arguments.dump else ["cargo", "run", "--quiet", "--example", "dump_requirements"]
    with tempfile.TemporaryDirectory() as base:
        base = os.path.realpath(base)

        def write(index, case):
            folder = os.path.join(base, str(index))
            for name, text in case["files"].items():
                path = os.path.join(folder, name)
                os.makedirs(os.path.dirname(path), exist_ok=True)
                with open(path, "wb") as file:
                    file.write(text if isinstance(text, bytes) else text.replace("{folder}", str(index)).encode())
            case["folder"] = folder

        def both(cases):
            for_pip = [{key: case[key] for key in ("folder", "file", "constraint", "environment")} for case in cases]
            for_barrow = [{"folder": case["folder"], "environment": case["environment"],
                           "constraints" if case["constraint"] else "requirements": [case["file"]]} for case in cases]
            return (run([python, "-c", PIP_SIDE], {"environments": ENVIRONMENTS, "cases": for_pip}),
                    run(dump, {"environments": ENVIRONMENTS, "cases": for_barrow}))

        for index, one in enumerate(cases):
            write(index, one)
        pip, barrow = both(cases)
        passed, failed, known = 0, 0, 0
        again = []
        for index, (one, pip_answer, barrow_answer) in enumerate(zip(cases, pip, barrow)):
            found = differences(one, pip_answer, barrow_answer)
            if arguments.k:
                print(one["name"], json.dumps(pip_answer, indent=1), json.dumps(barrow_answer, indent=1))
            if bool(found) == bool(one["differs"]):
                passed += 1
                known += bool(found)
            else:
                failed += 1
                print(f"FAILED {one['name']}: " + ("\n    ".join(found) if found else f"no difference any more ({one['differs']})"))
            if not one["differs"] and "entries" in barrow_answer:
                for entry in barrow_answer["entries"]:
                    # A printed URL hides what may be secret, so such an entry is no longer the same.
                    if "****" not in entry["printed"]:
                        again.append((one, index, entry))
        printed = [{"name": f"printed: {one['name']}", "files": {**one["files"], "requirements.txt": entry["printed"] + "\n"},
                    "file": "requirements.txt", "constraint": False, "environment": {}, "folder": os.path.join(base, str(index)),
                    "entry": entry} for one, index, entry in again]
        for index, one in enumerate(printed, start=len(cases)):
            write(index, one)
        pip, barrow = both(printed)
        for one, pip_answer, barrow_answer in zip(printed, pip, barrow):
            found = differences(one, pip_answer, barrow_answer)
            if "entries" in barrow_answer:
                found += [f"{key} changed: {one['entry'][key]!r}, {entry[key]!r}" for entry in barrow_answer["entries"]
                          for key in entry if key not in ("line", "printed") and entry[key] != one["entry"][key]]
            passed += not found
            failed += bool(found)
            if found:
                print(f"FAILED {one['name']}: {one['entry']['printed']}\n    " + "\n    ".join(found))
    print(f"{len(cases)} files compared with pip {PIP}, {known} of them known to differ; {len(printed)} entries printed and read back")
    print(f"{passed} passed, {failed} failed")
    return 1 if failed else 0


if __name__ == "__main__":
    sys.exit(main())
