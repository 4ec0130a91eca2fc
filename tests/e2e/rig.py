# SPDX-License-Identifier: Apache-2.0
"""The shared rig of stand-ins (PARLEY_RIG, default ../shared/rig): a copy of it with what node needs, made
once for all tests of a build."""
import fcntl
import os
import pathlib
import shutil
import socket
import subprocess

import net

RIG = pathlib.Path(os.environ.get("PARLEY_RIG", net.ROOT.parent / "shared" / "rig"))
COPY = net.ROOT / "build" / "rig"  # the original may be read-only


def installed():
    """Is the copy ready to be used? Tests that run side by side wait for the one that makes it."""
    if not RIG.is_dir() or not shutil.which("npm"):
        return False
    COPY.parent.mkdir(exist_ok=True)
    with open(COPY.with_suffix(".lock"), "w", encoding="ascii") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        return (COPY / "node_modules").is_dir() or _install()


def _install():
    shutil.copytree(RIG, COPY, dirs_exist_ok=True)
    for path in [COPY, *COPY.rglob("*")]:
        path.chmod(path.stat().st_mode | 0o200)
    if subprocess.run(["npm", "install", "--silent", "--no-package-lock"], cwd=COPY, check=False).returncode:
        shutil.rmtree(COPY, ignore_errors=True)
        return False
    return True


def free_port():
    with socket.socket() as s:
        s.bind(("127.0.0.1", 0))
        return s.getsockname()[1]
