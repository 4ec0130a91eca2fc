#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""make floors: an include may only point down.

    floors.py [--root DIR] [--self-test]

The tables below are the rule; ARCHITECTURE.md explains it. Checked are the #include lines of src,
adapters and include. Tests are held to their floor by the linker (FLOOR_* in the Makefile).
Prints "path:line: text" per finding and at last "floors: N findings"; exit status 1 when there is one.
"""
import argparse
import fnmatch
import pathlib
import re
import sys

from source import blank, line_of, list_files

# A directory of src/, or of the root. A part may include itself and lower floors; parts of one floor do
# not know each other.
FLOORS = {
    "base": 0,
    "io": 1, "conf": 1, "rich": 1,
    "chat": 2, "store": 2, "lexical": 2, "vindex": 2, "embed": 2, "docs": 2, "llm": 2,
    "knowledge": 3,
    "pipeline": 4,
    "gateway": 5, "adapters/*": 5,
    "cli": 6, "adapters": 6,  # adapters/adapters.c: the array that names them all
    "main": 7,
}

# Parts that may use less than what is below them.
ONLY = {
    "adapters/*": {"base", "io", "conf", "rich", "chat"},
}

# A library's headers, and the files that may see them.
LIBRARIES = {
    "cjson/*": ["src/base/json*"],
    "curl/*": ["src/io/http*"],
    "faiss/*": ["src/vindex/faiss*"],
    "immintrin.h": ["src/vindex/dot.c", "src/lexical/dense.c", "src/knowledge/rank.c"],
    "libwebsockets*": ["src/io/ws*"],
    "md4c*": ["src/docs/*", "src/rich/markdown.c"],
    "microhttpd.h": ["src/io/server*"],
    "openssl/*": ["src/io/wsc_tls.c"],
    "pcre2*": ["src/base/match.c"],
    "sodium*": ["src/base/hash.c", "src/base/rand.c", "src/pipeline/keys.c"],
    "sqlite3*": ["src/store/sqlite*", "src/knowledge/kdb*"],
    "uv*": ["src/io/*"],  # gateway takes it from io/loop.h
    "sanitizer/*": ["src/base/arena.c"],
    "zlib.h": ["adapters/discord/inflate.c"],
}

# Everything else in <> must be one of these: a new library is a new row above.
SYSTEM = re.compile(r"(arpa|linux|net|netinet|sys)/\w+\.h")
SYSTEM_FILES = set("""assert complex ctype dirent dlfcn endian errno fcntl float fnmatch ftw getopt glob grp
    inttypes langinfo limits locale malloc math memory netdb poll pthread pwd regex sched search semaphore
    setjmp signal spawn stdalign stdarg stdatomic stdbool stddef stdint stdio stdlib stdnoreturn string
    strings sysexits syslog termios threads time uchar ucontext unistd utime wchar wctype""".split())
PRIVATE = re.compile(r"(.*_impl|inside)\.h")  # stays in its directory

INCLUDE = re.compile(r'^[ \t]*#[ \t]*include[ \t]*(?:<([^>\n]+)>|"([^"\n]+)"|(\S+))', re.M)


def part_of(path):
    """The part a file belongs to: "io", "adapters/web", "adapters", "main", "include"; None = no floor."""
    words = path.split("/")
    if words[0] == "include":
        return "include"
    if words[0] == "src":
        return "main" if path == "src/main.c" else words[1] if len(words) > 2 else None
    return "/".join(words[:2]) if len(words) > 2 else "adapters"


def row_of(part):
    """Its row in the tables: all adapters share one."""
    return "adapters/*" if part and part.startswith("adapters/") else part


def part_of_target(header):
    """The part that a quoted include names; None when there is none of that name."""
    words = header.split("/")
    part = part_of(header) if words[0] == "adapters" else words[0] if len(words) > 1 else None
    return part if row_of(part) in FLOORS and part != "main" else None


def quoted(path, header):
    """What is wrong with #include "header" in a file, or None."""
    part, target = part_of(path), part_of_target(header)
    if part == "include":
        return f'a contract header sees <parley/...> and the standard only, not "{header}"'
    if ".." in header.split("/") or target is None:
        return f'"{header}" names no floor: write "directory/file.h" (contracts: <parley/...>)'
    if part == target:
        return None
    if PRIVATE.fullmatch(header.split("/")[-1]):
        return f'"{header}" is private to {target}'
    only = ONLY.get(row_of(part))
    if only is not None and target not in only:
        return f'{part} may use {", ".join(sorted(only))}, not "{header}"'
    own, its = FLOORS[row_of(part)], FLOORS[row_of(target)]
    if its < own:
        return None
    way = "to the same floor" if its == own else "up"
    return f'"{header}" points {way}: {part} is on floor {own}, {target} on {its}'


def angled(path, header):
    """What is wrong with #include <header> in a file, or None."""
    if header.startswith("parley/"):
        return None
    for library, files in LIBRARIES.items():
        if fnmatch.fnmatchcase(header, library):
            if part_of(path) == "include":
                return f"a contract header shows no library: <{header}>"
            if not any(fnmatch.fnmatchcase(path, f) for f in files):
                return f"<{header}> belongs to {', '.join(files)}"
            return None
    if SYSTEM.fullmatch(header) or header.removesuffix(".h") in SYSTEM_FILES and header.endswith(".h"):
        return None
    if path.endswith(".cpp") and re.fullmatch(r"[a-z_]+", header):  # the C++ library
        return None
    return f"<{header}> is neither the system's nor a library of LIBRARIES in tests/lint/floors.py"


def check_file(path, text):
    """(path, line, text) of each wrong include."""
    part = part_of(path)
    if part != "include" and row_of(part) not in FLOORS:
        yield path, 1, f"{path} is on no floor: give its directory a row in tests/lint/floors.py"
        return
    code = blank(text, strings=False)
    for found in INCLUDE.finditer(code):
        system, local, other = found.groups()
        if system:
            wrong = angled(path, system)
        else:
            wrong = quoted(path, local) if local else f"computed include {other}"
        if wrong:
            yield path, line_of(code, found.start(found.lastindex)), wrong


def check(root):
    found = []
    for path in list_files(root, ["src", "adapters", "include"]):
        if re.search(r"\.(c|h|cpp|hpp)$", path):
            found += check_file(path, (root / path).read_text(encoding="utf-8", errors="replace"))
    return sorted(found)


def main():
    parser = argparse.ArgumentParser(description="check that includes point down")
    parser.add_argument("--root", type=pathlib.Path, default=pathlib.Path(__file__).resolve().parents[2])
    parser.add_argument("--self-test", action="store_true", help="prove that each kind of violation is found")
    args = parser.parse_args()
    if args.self_test:
        import floors_test
        return floors_test.main()
    found = check(args.root)
    for path, line, text in found:
        print(f"{path}:{line}: {text}")
    print(f"floors: {len(found)} finding{'' if len(found) == 1 else 's'}")
    return 1 if found else 0


if __name__ == "__main__":
    sys.exit(main())
