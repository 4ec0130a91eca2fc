# SPDX-License-Identifier: Apache-2.0
"""The demo page in a real browser against the real daemon: tests/browser/page.mjs does the clicking. Skipped
where node, playwright-core (make browser-deps) or chromium is missing. Leaves build/screenshots/page.png."""
import os
import pathlib
import shutil
import subprocess
import sys

ROOT = pathlib.Path(__file__).resolve().parents[2]
sys.path.insert(0, str(ROOT / "tests" / "e2e"))
import net  # noqa: E402

MODULES = pathlib.Path(os.environ.get("BUILD", "build")) / "browser" / "node_modules"


def main():
    node = shutil.which("node")
    if not node or not (ROOT / MODULES / "playwright-core").is_dir():
        print("skipped: no node or no playwright-core; run make browser-deps")
        return 0
    shots = ROOT / os.environ.get("BUILD", "build") / "screenshots"
    shots.mkdir(parents=True, exist_ok=True)
    with net.Daemon(sets={"limits.user_per_minute": 0, "limits.ip_per_minute": 0}) as d:
        code, out, err = d.run("index", "data/knowledge")
        assert code == 0, out + err
        argv = [node, "tests/browser/page.mjs", f"http://127.0.0.1:{d.port}", str(shots / "page.png")]
        env = {**os.environ, "NODE_PATH": str(ROOT / MODULES)}
        return subprocess.run(argv, cwd=ROOT, env=env, check=False).returncode


sys.exit(main())
