#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Proves lint.py: a synthetic tree with one violation of each kind, and one where nothing may fire.

    lint.py --self-test, or this file
"""
import os
import pathlib
import shutil
import subprocess
import sys
import tempfile

import lint
from cases import run_cases

C_HEAD = "/* SPDX-License-Identifier: Apache-2.0\n *\n * What it is.\n */\n"
PY_HEAD = "# SPDX-License-Identifier: Apache-2.0\n"

# rule -> (path, line of the finding, text)
BAD = {
    "spdx": ("src/base/a.c", 1, "/* What it is. */\nint a;\n"),
    "encoding": ("src/base/a.c", 5, C_HEAD + "/* caf\udce9 */\n"),
    "file": ("src/base/a.h", 601, C_HEAD + "extern int a;\n" * 597),
    "columns": ("adapters/x/a.c", 5, C_HEAD + "extern int " + "a" * 99 + ";\n"),
    "tab": ("src/base/a.c", 6, C_HEAD + "int f(void);\n\tint a;\n"),
    "space": ("tests/unit/a.c", 5, C_HEAD + "int a; \n"),
    "later": ("src/base/a.c", 5, C_HEAD + "int a; /* TO" + "DO: b */\n"),
    "head": ("src/base/a.c", 1, "/* SPDX-License-Identifier: Apache-2.0 */\nint a;\n"),
    "banned": ("src/base/a.c", 7, C_HEAD + 'void f(void)\n{\n    (void)("", strcpy (a, "b"));\n}\n'),
    "typedef": ("include/parley/a.h", 5, C_HEAD + "typedef const struct\na b;\n"),
    "function": ("src/base/a.c", 5, C_HEAD + "void f(void)\n{\n" + "    g();\n" * 78 + "}\n"),
    "syntax": ("tests/e2e/a.py", 2, PY_HEAD + "def f(:\n"),
    "format": ("src/base/a.c", 5, C_HEAD + "int   a;\n"),
    "alone": ("include/parley/a.h", 1, C_HEAD + "extern size_t a;\n"),
}

# rule -> more texts that must fire it, at line 5
BAD_TOO = {
    "banned": ["char *a = strtok(b, c);\n", "int a = atoi(b);\n", "int a = 1 + sprintf(b, c);\n",
               "int a = system(b);\n", "int a = !popen(b, c);\n", "/* */ int a = gets(b);\n"],
    "typedef": ["typedef struct { int a; } b;\n", "typedef\nunion a b;\n"],
    "space": ["int a;"],
}

GOOD = C_HEAD + """#include <parley/base.h>

/* strcpy(a, b) and typedef struct in a comment; "sprintf(" in a string; \\" too. */
static const char *text = "say \\"strcpy(a, b)\\" // typedef struct x y;";
static const char quote = '"';
typedef void handler(struct a *a);

int f(struct a *a)
{
    a->system(a, text);
    a->ops.popen(a, quote);
    my_strcpy(a);
    strncat(a->b, text, 1); // gets(a)
    return 0;
}
"""


class Tree:
    """A directory that looks like the project to lint.py."""

    def __init__(self, where):
        self.root = pathlib.Path(where)
        shutil.copy(lint.__file__.replace("tests/lint/lint.py", ".clang-format"), self.root)
        self.put("include/parley/base.h", C_HEAD + "#include <stddef.h>\n")

    def put(self, path, text):
        target = self.root / path
        target.parent.mkdir(parents=True, exist_ok=True)
        target.write_bytes(text.encode("utf-8", "surrogateescape"))

    def check(self):
        return lint.check(self.root)[0]


def rule_fires(t, rule, path, line, text):
    t.put(path, text)
    found = t.check()
    assert any(f[:3] == (path, line, rule) for f in found), f"{rule} at {path}:{line} is not in {found}"


def rules__each_finds_its_violation(t):
    for rule, (path, line, text) in BAD.items():
        with tempfile.TemporaryDirectory() as where:
            rule_fires(Tree(where), rule, path, line, text)


def rules__find_it_in_other_shapes(t):
    for rule, texts in BAD_TOO.items():
        for text in texts:
            t.put("src/base/a.c", C_HEAD + text)
            found = t.check()
            assert any(f[2] == rule for f in found), f"{rule} did not fire on {text!r}: {found}"


def rules__stay_silent_on_clean_files(t):
    t.put("src/base/a.c", GOOD)
    t.put("tests/unit/base/a_test.c", "/* SPDX-License-Identifier: Apache-2.0 */\nint a;\n")
    t.put("tests/run.sh", "#!/bin/sh\n# SPDX-License-Identifier: Apache-2.0\ncat <<-END\n\tx\n\tEND\n")
    t.put("Makefile", "# SPDX-License-Identifier: Apache-2.0\nall:\n\t" + "x" * 200 + "\n")
    t.put("tests/fuzz/corpus/json/bad.c", "\t\xff strcpy(\n")
    t.put("src/base/README.md", "no licence line \n")
    assert not t.check(), t.check()


def limits__are_inclusive(t):
    t.put("src/base/a.c", C_HEAD + "void f(void)\n{\n" + "    g();\n" * 77 + "}\n")
    t.put("src/base/b.h", C_HEAD + "extern int a;\n" * 596)
    t.put("src/base/c.c", C_HEAD + "extern int " + "a" * 98 + ";\n")
    assert not t.check(), t.check()


def python_functions__have_the_same_limit(t):
    t.put("tests/a.py", PY_HEAD + "def f():\n" + "    g()\n" * 80)
    assert [f[1:3] for f in t.check()] == [(2, "function")], t.check()


def exceptions__silence_one_rule_of_one_file(t):
    t.put("src/base/a.c", C_HEAD + "int   a; \n")
    t.put("tests/lint/exceptions.txt", "# path rule reason\nsrc/base/a.c space it must be\n")
    assert [f[2] for f in t.check()] == ["format"], t.check()


def exceptions__that_no_longer_fire_are_findings(t):
    t.put("tests/lint/exceptions.txt", "\nsrc/base/a.c space it was so\nsrc/base/a.c space\n")
    want = [("tests/lint/exceptions.txt", n, "exception") for n in (2, 3)]
    assert [f[:3] for f in t.check()] == want, t.check()


def ignored_and_deleted_files__are_not_read(t):
    git = ["git", "-C", t.root, "-c", "user.name=x", "-c", "user.email=x@example.org"]
    subprocess.run([*git, "init", "-q"], check=True)
    t.put(".gitignore", "build/\n")
    t.put("src/build/a.c", "\t\n")
    t.put("src/base/gone.c", "\t\n")
    t.put("src/base/new.c", "int a;\n")
    subprocess.run([*git, "add", "src/base/gone.c"], check=True)
    (t.root / "src/base/gone.c").unlink()
    assert {f[0] for f in t.check()} == {"src/base/new.c"}, t.check()


def missing_tools__are_findings(t):
    path, os.environ["PATH"] = os.environ["PATH"], ""
    cc, os.environ["CC"] = os.environ.get("CC"), shutil.which("true", path=path)
    try:
        assert [f[2] for f in t.check()] == ["tool", "tool"], t.check()
    finally:
        os.environ["PATH"] = path
        os.environ.pop("CC") if cc is None else os.environ.update(CC=cc)


CASES = [rules__each_finds_its_violation, rules__find_it_in_other_shapes, rules__stay_silent_on_clean_files,
         limits__are_inclusive, python_functions__have_the_same_limit,
         exceptions__silence_one_rule_of_one_file, exceptions__that_no_longer_fire_are_findings,
         ignored_and_deleted_files__are_not_read,
         missing_tools__are_findings]


def main():
    return run_cases(CASES, Tree)


if __name__ == "__main__":
    sys.exit(main())
