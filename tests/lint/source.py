# SPDX-License-Identifier: Apache-2.0
"""What lint.py and floors.py share: which files there are, and C text without comments and strings."""
import os
import pathlib
import re
import subprocess

SKIPPED_DIRS = {"build", "node_modules", "__pycache__", "dist"}
TOKEN = re.compile(r"""//(?:\\\n|[^\n])*|/\*.*?\*/|"(?:\\.|[^"\\\n])*"|'(?:\\.|[^'\\\n])*'""", re.S)


def list_files(root, tops):
    """Paths below the given directories and files: tracked or new but not ignored; without git, all."""
    done = subprocess.run(["git", "-C", root, "ls-files", "-z", "-co", "--exclude-standard", "--", *tops],
                          capture_output=True, text=True, check=False) if (root / ".git").exists() else None
    if done and done.returncode == 0:
        names = done.stdout.split("\0")[:-1]
    else:
        names = [str(p.relative_to(root)) for top in tops for p in _walk(root / top)]
    return sorted(n for n in set(names) if (root / n).is_file() and not (root / n).is_symlink())


def _walk(top):
    if top.is_file():
        yield top
    for where, dirs, files in os.walk(top):
        dirs[:] = [d for d in dirs if d not in SKIPPED_DIRS and not d.startswith(".")]
        yield from (pathlib.Path(where) / f for f in files)


def blank(text, strings=True):
    """C text with comments, and the insides of strings, as spaces: every line and column stays."""
    def spaces(found):
        token = found.group(0)
        if token[0] in "\"'":
            return token[0] + re.sub(r"[^\n]", " ", token[1:-1]) + token[-1] if strings else token
        return re.sub(r"[^\n]", " ", token)
    return TOKEN.sub(spaces, text)


def line_of(text, offset):
    return text.count("\n", 0, offset) + 1
