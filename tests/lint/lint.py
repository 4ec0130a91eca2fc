#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""make lint: what a machine can check of the style in CONTRIBUTING.md.

    lint.py [--root DIR] [--stats] [--self-test]

Prints "path:line: rule: text" per finding and at last "lint: N findings"; exit status 1 when there is one.
exceptions.txt beside this file lists `path rule reason`; one that no longer fires is itself a
finding, so the list can only shrink. Who frees what is not checked here: malloc is fine where the
owner is clear, and the sanitizers see the rest. Formatting is checked only by the clang-format
version whose output is the style: another one says it was skipped.
"""
import argparse
import ast
import os
import pathlib
import re
import shutil
import statistics
import subprocess
import sys

from source import blank, line_of, list_files

TOPS = ["src", "adapters", "include", "tests", "systemd", ".ci", "Makefile"]
DATA = re.compile(r"tests/(fuzz/(corpus|regression)|golden)/|\.(md|txt|json|jsonl|csv|ico|png|svg)$")
C_FILE = re.compile(r"\.[ch]$")
CXX_FILE = re.compile(r"\.(c|h|cpp)$")
SPACED_FILE = re.compile(r"\.(c|h|cpp|py|sh|sql|js|mjs|ts|css|html)$")  # indented by spaces, 110 columns
FORMATTED = re.compile(r"(src|adapters|tests)/.*\.[ch]$")
UNIT_TEST = re.compile(r"tests/unit/.*_test\.c")
CONTRACT = re.compile(r"include/parley/[^/]+\.h$")

FILE_LINES_MAX = 600
FUNCTION_LINES_MAX = 80
HEAD_LINES_MAX = 15
COLUMNS_MAX = 110
CLANG_FORMAT = "14"

BANNED = re.compile(r"(?<![\w.])(?<!->)(strcpy|strcat|sprintf|vsprintf|strtok|atoi|atol|gets|localtime|gmtime"
                    r"|system|popen)\s*\(")
LATER = re.compile(r"\b(" + "|".join(("TO" "DO", "FIX" "ME", "XX" "X", "HA" "CK")) + r")\b")
TYPEDEF = re.compile(r"\btypedef\s+(?:const\s+|volatile\s+)*(struct|union)\b")
SPDX = "SPDX-License-Identifier: Apache-2.0"


class File:
    def __init__(self, root, path):
        self.root, self.path = root, path
        self.text = (root / path).read_bytes().decode("utf-8", "surrogateescape")
        self.lines = self.text.split("\n")
        self.c = bool(CXX_FILE.search(path))
        self.code = blank(self.text) if self.c else self.text

    def source(self):
        return bool(SPACED_FILE.search(self.path))


# ---- rules on one file: each yields (line, rule, text) -------------------------------------------------


def spdx(f):
    if not any(SPDX in line for line in f.lines[:4]):
        yield 1, "spdx", f"no {SPDX} in the first lines"


def encoding(f):
    for n, line in enumerate(f.lines, 1):
        if re.search(r"[\udc80-\udcff\r]", line):
            yield n, "encoding", "not UTF-8, or a carriage return"
            return


def length(f):
    if f.source() and f.text.count("\n") > FILE_LINES_MAX:
        yield FILE_LINES_MAX + 1, "file", f"{f.text.count(chr(10))} lines, at most {FILE_LINES_MAX}"


def lines(f):
    for n, line in enumerate(f.lines, 1):
        if line != line.rstrip():
            yield n, "space", "trailing white space"
        if not f.source():
            continue
        if len(line) > COLUMNS_MAX:
            yield n, "columns", f"{len(line)}, at most {COLUMNS_MAX}"
        if "\t" in line and not f.path.endswith(".sh"):  # sh: <<- wants one
            yield n, "tab", "tab"
    if f.text and not f.text.endswith("\n"):
        yield len(f.lines), "space", "no newline at the end"


def later(f):
    for n, line in enumerate(f.lines, 1):
        found = LATER.search(line)
        if found:
            yield n, "later", f"{found.group(1)}: do it now or open an issue"


def head(f):
    """Before the first code of a C file stands more than the licence, and not more than 15 lines.
    A unit test is what its name says: the mirror of its source."""
    if not f.c or UNIT_TEST.fullmatch(f.path):
        return
    bare = blank(f.text, strings=False)
    opening = f.text[:len(bare) - len(bare.lstrip())]
    words = [line.strip(" */") for line in opening.split("\n")]
    words = [w for w in words if w and SPDX not in w]
    if not words:
        yield 1, "head", "say after the licence what this file is"
    elif len(words) > HEAD_LINES_MAX:
        yield 1, "head", f"{len(words)} lines of opening comment, at most {HEAD_LINES_MAX}"


def banned(f):
    for found in BANNED.finditer(f.code) if f.c else ():
        yield line_of(f.code, found.start()), "banned", f"{found.group(1)}()"


def typedef(f):
    for found in TYPEDEF.finditer(f.code) if f.c else ():
        yield line_of(f.code, found.start()), "typedef", f"typedef of a {found.group(1)}: write the tag"


def python_functions(f):
    if not f.path.endswith(".py"):
        return
    try:
        tree = ast.parse(f.text)
    except SyntaxError as e:
        yield e.lineno or 1, "syntax", e.msg
        return
    for node in ast.walk(tree):
        if isinstance(node, (ast.FunctionDef, ast.AsyncFunctionDef)):
            yield from _function(node.lineno, node.name, node.end_lineno - node.lineno + 1)


RULES = (spdx, encoding, length, lines, later, head, banned, typedef, python_functions)

# ---- rules by a tool, on all files at once: each yields (path, line, rule, text) -----------------------


def _function(line, name, n):
    if n > FUNCTION_LINES_MAX:
        yield line, "function", f"{name} has {n} lines, at most {FUNCTION_LINES_MAX}"


def tool(argv, root, stdin=None):
    return subprocess.run(argv, cwd=root, input=stdin, capture_output=True, text=True, check=False)


def c_functions(files, root):
    """(path, line, name, lines) of every C and C++ function, by ctags; None when it is missing."""
    found = []
    for language, kinds, pattern in (("C", "--c-kinds=f", r"\.[ch]$"), ("C++", "--c++-kinds=f", r"\.cpp$")):
        names = [f.path for f in files if re.search(pattern, f.path)]
        options = [f"--language-force={language}", kinds, "--fields=+ne", "--sort=no", "-f", "-", "-L", "-"]
        done = tool(["ctags", *options], root, "\n".join(names)) if shutil.which("ctags") else None
        if done is None or done.returncode != 0:
            return None
        for tag in done.stdout.splitlines():
            name, path, rest = tag.split("\t", 2)
            span = re.search(r"\tline:(\d+).*\tend:(\d+)", rest)
            if span:
                start, end = int(span.group(1)), int(span.group(2))
                found.append((path, start, name, end - start + 1))
    return found


def functions(files, root):
    found = c_functions(files, root)
    if found is None:
        yield "tests/lint/lint.py", 1, "tool", "ctags is missing or too old: install universal-ctags"
    for path, line, name, n in found or ():
        yield from ((path, *rest) for rest in _function(line, name, n))


def formatting(files, root):
    names = [f.path for f in files if FORMATTED.match(f.path)]
    version = re.search(r"version (\d+)", tool(["clang-format", "--version"], root).stdout) \
        if shutil.which("clang-format") else None
    if not version:
        yield "tests/lint/lint.py", 1, "tool", "clang-format is missing"
    elif version.group(1) != CLANG_FORMAT:
        print(f"lint: formatting not checked: clang-format is {version.group(1)}, not {CLANG_FORMAT}")
    elif names:
        yield from _unformatted(tool(["clang-format", "--dry-run", "-Werror", *names], root).stderr)


def _unformatted(text):
    places = {}
    for path, line in re.findall(r"^(\S+?):(\d+):\d+: error: code should be clang-formatted", text, re.M):
        places.setdefault(path, []).append(int(line))
    for path, at in places.items():
        yield path, at[0], "format", f"{len(at)} places, the first here: clang-format -i {path}"


def contracts(files, root):
    """Each contract header compiles alone."""
    cc = os.environ.get("CC", "gcc").split()
    for f in files:
        if not CONTRACT.fullmatch(f.path):
            continue
        options = ["-std=gnu11", "-Wall", "-Werror", "-fsyntax-only", "-Iinclude", "-x", "c", "-"]
        done = tool([*cc, *options], root,
                    f"#include <{f.path.removeprefix('include/')}>\nextern int unused;\n")
        if done.returncode:
            first = next((t for t in done.stderr.splitlines() if "error" in t), done.stderr.strip())
            yield f.path, 1, "alone", f"does not compile alone: {first}"


TOOLS = (functions, formatting, contracts)

# ---- exceptions and the whole ----------------------------------------------------------------------------


def read_exceptions(root):
    """[(line, path, rule)], and findings about the list itself."""
    where = "tests/lint/exceptions.txt"
    wanted, wrong = [], []
    text = (root / where).read_text() if (root / where).exists() else ""
    for n, line in enumerate(text.splitlines(), 1):
        words = line.split(None, 2)
        if not words or words[0].startswith("#"):
            continue
        if len(words) < 3:
            wrong.append((where, n, "exception", "want: path rule reason"))
        else:
            wanted.append((n, words[0], words[1]))
    return wanted, wrong


def check(root):
    """Every finding, sorted, exceptions applied; and the files looked at."""
    files = [File(root, p) for p in list_files(root, TOPS) if not DATA.search(p)]
    found = [(f.path, *what) for f in files for rule in RULES for what in rule(f)]
    for rule in TOOLS:
        found += rule(files, root)
    wanted, wrong = read_exceptions(root)
    allowed = {(path, rule) for _, path, rule in wanted}
    fired = {(path, rule) for path, _, rule, _ in found}
    idle = [("tests/lint/exceptions.txt", n, "exception", f"{path} {rule} no longer fires: delete the line")
            for n, path, rule in wanted if (path, rule) not in fired]
    return sorted(wrong + idle + [w for w in found if (w[0], w[2]) not in allowed]), files


def stats(files, root):
    ours = [f for f in files if C_FILE.search(f.path) and not f.path.startswith("tests/")]
    sizes = sorted(n for *_, n in c_functions(ours, root) or ())
    if sizes:
        p90 = sizes[min(len(sizes) - 1, len(sizes) * 9 // 10)]
        print(f"functions: {len(sizes)}; lines: median {statistics.median(sizes):g}, p90 {p90}, "
              f"max {sizes[-1]}")
    filled = [(raw, code) for f in ours
              for raw, code in zip(f.lines, blank(f.text, strings=False).split("\n")) if raw.strip()]
    comments = sum(not code.strip() for _, code in filled)
    print(f"C: {len(ours)} files, {len(filled)} lines without blank ones, "
          f"{100 * comments / max(1, len(filled)):.1f} % comment")


def main():
    parser = argparse.ArgumentParser(description="check the style of the sources")
    parser.add_argument("--root", type=pathlib.Path, default=pathlib.Path(__file__).resolve().parents[2])
    parser.add_argument("--stats", action="store_true", help="print function lengths and comment share")
    parser.add_argument("--self-test", action="store_true", help="prove that each rule finds its violation")
    args = parser.parse_args()
    if args.self_test:
        import lint_test
        return lint_test.main()
    found, files = check(args.root)
    for path, line, rule, text in found:
        print(f"{path}:{line}: {rule}: {text}")
    if args.stats:
        stats(files, args.root)
    print(f"lint: {len(found)} finding{'' if len(found) == 1 else 's'}")
    return 1 if found else 0


if __name__ == "__main__":
    sys.exit(main())
