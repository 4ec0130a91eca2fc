# SPDX-License-Identifier: Apache-2.0
"""The processes of an end-to-end test: `parley serve` on a state directory of its own, and the fake provider.

A state directory outlives kill and start, so a test can crash the daemon and look. Ports are the
kernel's choice and the environment is emptied of keys, proxies and PARLEY_*, so tests run side by
side. PARLEY_BIN names another binary, PARLEY_WRAP a command to run it under (valgrind), BUILD
another build directory, TEST_TIMEOUT_SCALE stretches every wait for slow builds.
"""
import collections
import contextlib
import http.client
import os
import pathlib
import re
import shlex
import signal
import sqlite3
import subprocess
import tempfile
import threading
import time

from wire import SLOW, Client, Raw

ROOT = pathlib.Path(__file__).resolve().parents[2]
BUILD = ROOT / os.environ.get("BUILD", "build")
PARLEY = pathlib.Path(os.environ.get("PARLEY_BIN", BUILD / "parley"))
WRAP = shlex.split(os.environ.get("PARLEY_WRAP", ""))
FAKE_OPENAI = BUILD / "tests" / "support" / "fake_openai"

LOG_LINES_KEPT = 20000
ENV_KEPT = re.compile(r"PATH|LANG|LC_\w+|TMPDIR|TZ|LD_\w+|\w*SAN_OPTIONS|OMP_\w+|OPENBLAS_\w+|GCOV_\w+")
COMPLAINT = re.compile(r"ERROR: \w+Sanitizer|WARNING: ThreadSanitizer|runtime error:|ERROR SUMMARY: [1-9]")


class Process:
    """A child whose output is read all the time, line by line, so it never blocks on a full pipe."""

    def __init__(self, argv, env=None, cwd=None):
        self.argv = [str(a) for a in argv]
        self.reaped = False  # somebody has seen its exit status
        self._lines = collections.deque(maxlen=LOG_LINES_KEPT)
        self._count = 0  # lines ever read
        self._more = threading.Condition()
        self._eof = False
        self.popen = subprocess.Popen(self.argv, env=env, cwd=cwd, stdin=subprocess.DEVNULL,
                                      stdout=subprocess.PIPE, stderr=subprocess.STDOUT)
        alive.add(self)
        self._reader = threading.Thread(target=self._read, daemon=True)
        self._reader.start()

    def _read(self):
        for raw in self.popen.stdout:
            with self._more:
                self._lines.append(raw.decode("utf-8", "replace").rstrip("\n"))
                self._count += 1
                self._more.notify_all()
        with self._more:
            self._eof = True
            self._more.notify_all()

    @property
    def pid(self):
        return self.popen.pid

    def log(self):
        """Everything it has written so far (at most LOG_LINES_KEPT lines)."""
        with self._more:
            return "\n".join(self._lines)

    def mark(self):
        """A position in the log for wait_log."""
        with self._more:
            return self._count

    def wait_log(self, pattern, timeout=10, since=0):
        """The match object of the first line after `since` that matches; AssertionError when none comes."""
        seen, deadline = since, time.monotonic() + timeout * SLOW
        with self._more:
            while True:
                for line in self._after(seen):
                    found = re.search(pattern, line)
                    if found:
                        return found
                seen = self._count
                left = deadline - time.monotonic()
                if self._eof or left <= 0:
                    break
                self._more.wait(left)
        why = "exited" if self._eof else "said nothing like it"
        raise AssertionError(f"{self.argv[0]} {why}: waited for /{pattern}/\n{self.tail()}")

    def _after(self, seen):
        new = min(self._count - seen, len(self._lines))
        return list(self._lines)[len(self._lines) - new:]

    def tail(self, n=30):
        return "\n".join("    | " + line for line in self.log().splitlines()[-n:])

    def signal(self, number):
        self.popen.send_signal(number)

    def wait(self, timeout=30):
        """Its exit status (-N: killed by signal N), after its last line was read."""
        try:
            status = self.popen.wait(timeout * SLOW)
        except subprocess.TimeoutExpired:
            raise AssertionError(f"{self.argv[0]} does not end in {timeout:g} s\n{self.tail()}") from None
        self._reader.join(timeout * SLOW)
        self.popen.stdout.close()
        self.reaped = True
        alive.discard(self)
        return status

    def kill(self):
        """kill -9, and gone when it returns."""
        self.popen.kill()
        return self.wait()

    def term(self, timeout=30):
        self.popen.terminate()
        return self.wait(timeout)

    def running(self):
        return self.popen.poll() is None

    def rss_bytes(self):
        text = pathlib.Path(f"/proc/{self.pid}/status").read_text()
        return int(re.search(r"^VmRSS:\s+(\d+) kB", text, re.M).group(1)) * 1024

    def fds(self):
        return len(os.listdir(f"/proc/{self.pid}/fd"))

    def sockets(self):
        """How many of its descriptors are sockets."""
        n = 0
        for fd in os.scandir(f"/proc/{self.pid}/fd"):
            with contextlib.suppress(OSError):  # closed in the meantime
                n += os.readlink(fd.path).startswith("socket:")
        return n

    def cpu_s(self):
        """User and system time used so far."""
        stat = pathlib.Path(f"/proc/{self.pid}/stat").read_text().rpartition(")")[2].split()
        return (int(stat[11]) + int(stat[12])) / os.sysconf("SC_CLK_TCK")


alive = set()  # what main() ends when the cases are through


def _clean_env(extra):
    env = {k: v for k, v in os.environ.items() if ENV_KEPT.fullmatch(k)}
    env.update({k: str(v) for k, v in (extra or {}).items()})
    return env


class Daemon:
    """`parley serve` on a temporary state directory.

    sets: {"limits.user_per_minute": 0} or ["limits.user_per_minute=0"]; env: more environment; config: a
    pathlib.Path or the text of a parley.json; args: more arguments; state: a directory to use and not to
    delete; fake: a FakeOpenAI as the only provider before `extractive`.

    Leaving a `with Daemon() as d` stops it by SIGTERM; the case fails when it does not exit 0, when it had
    died without the case knowing (kill, term and wait count as knowing), or when a sanitizer complained.
    """

    def __init__(self, sets=(), env=None, config="{}", args=(), state=None, fake=None):
        self.sets = [f"{k}={v}" for k, v in sets.items()] if isinstance(sets, dict) else list(sets)
        if not any(s.startswith("server.listen=") for s in self.sets):
            self.sets.append("server.listen=127.0.0.1:0")
        self.env, self.args = dict(fake.env() if fake else {}, **(env or {})), list(args)
        self._owner = tempfile.TemporaryDirectory(prefix="parley-e2e-", ignore_cleanup_errors=True)
        self._tmp = pathlib.Path(self._owner.name)
        self.state = pathlib.Path(state) if state else self._tmp / "state"
        self.config = self._config(config)
        self.process = self.host = self.port = self.start_s = None

    def _config(self, config):
        if isinstance(config, pathlib.Path):
            return config
        path = self._tmp / "parley.json"
        path.write_text(config)
        return path

    def command(self, name, *args):
        """The argument vector of a command with this daemon's configuration and state."""
        argv = [PARLEY, name, "--state", self.state, "--config", self.config]
        for item in self.sets:
            argv += ["--set", item]
        return argv + list(args)

    def run(self, name, *args, timeout=60):
        """Another command (`index`, `ask`) on the same state: (exit status, stdout, stderr)."""
        done = subprocess.run([str(a) for a in self.command(name, *args)], env=self._env(), cwd=ROOT,
                              stdin=subprocess.DEVNULL, capture_output=True, text=True,
                              timeout=timeout * SLOW, check=False)
        return done.returncode, done.stdout, done.stderr

    def _env(self):
        return _clean_env({"HOME": self._tmp, **self.env})

    def start(self, timeout=10, ready="/readyz"):
        """Returns itself when `ready` answers 200 (None: when it listens). start_s = how long that took."""
        self.check_clean()  # the run before this one
        began = time.monotonic()
        self.process = Process(WRAP + self.command("serve", *self.args), self._env(), ROOT)
        found = self.process.wait_log(r"listening on http://(\[[^\]]+\]|[^:/\s]+):(\d+)", timeout)
        self.host, self.port = found.group(1).strip("[]"), int(found.group(2))
        if ready:
            self._wait_ready(ready, began + timeout * SLOW)
        self.start_s = time.monotonic() - began
        return self

    def _wait_ready(self, path, deadline):
        status = None
        while time.monotonic() < deadline and self.process.running():
            with self.client(timeout=2) as c, contextlib.suppress(OSError, http.client.HTTPException):
                status = c.get(path).status
            if status == 200:
                return
            time.sleep(0.005)
        raise AssertionError(f"never ready: {path} answered {status}\n{self.tail()}")

    def client(self, timeout=30):
        return Client(self.host, self.port, timeout)

    def raw(self, timeout=10):
        return Raw(self.host, self.port, timeout)

    def kill(self):
        return self.process.kill()

    def term(self, timeout=30):
        return self.process.term(timeout)

    def reload(self):
        self.process.signal(signal.SIGHUP)

    def log(self):
        return self.process.log() if self.process else ""

    def tail(self, n=30):
        return self.process.tail(n) if self.process else ""

    def wait_log(self, pattern, timeout=10, since=0):
        return self.process.wait_log(pattern, timeout, since)

    def rows(self, sql, *params):
        """Rows of the state database as dicts; also while the daemon runs or after kill -9."""
        return query(self.state / "parley.db", sql, *params)

    def one(self, sql, *params):
        """The one value of a one-row, one-column query."""
        (row,) = self.rows(sql, *params)
        (value,) = row.values()
        return value

    def check_clean(self):
        """AssertionError when a sanitizer or valgrind has complained."""
        found = COMPLAINT.search(self.log())
        assert not found, f"{found.group(0)}\n{self.log()[found.start():][:4000]}"

    def wait(self, timeout=30):
        return self.process.wait(timeout)

    def __enter__(self):
        try:
            return self if self.process else self.start()
        except BaseException:
            self.close()
            raise

    def __exit__(self, kind, *_):
        try:
            if kind is None:
                self._stop()
        finally:
            self.close()

    def _stop(self):
        if not self.process.reaped:
            how = "after SIGTERM" if self.process.running() else "on its own"
            status = self.process.term()
            self.check_clean()
            assert status == 0, f"exit status {status} {how}\n{self.tail()}"
        self.check_clean()

    def close(self):
        """Kills what still runs and deletes the temporary directory."""
        if self.process and not self.process.reaped:
            self.process.kill()
        self._owner.cleanup()


class FakeOpenAI:
    """tests/support/fake_openai; hand it to Daemon(fake=...), which then has it as its first provider."""

    def __init__(self, *args, port=0):
        self.process = Process([FAKE_OPENAI, "--port", port, *args], _clean_env(None))
        self.port = int(self.process.wait_log(r"listening on (\d+)").group(1))

    def env(self):
        return {"PARLEY_LLM__OPENAI__API_KEY": "sk-test-0123456789",
                "PARLEY_LLM__OPENAI__BASE_URL": f"http://127.0.0.1:{self.port}/v1",
                "PARLEY_LLM__ORDER": "openai"}

    def count(self):
        """Requests it has had."""
        return self._get("requests")

    def connections(self):
        """Connections it holds, but for the one that asks."""
        return self._get("open") - 1

    def _get(self, member):
        with Client("127.0.0.1", self.port) as c:
            return c.get("/__count").json()[member]

    def script(self, name, answer, **how):
        """The bytes a question with fault:NAME gets ("*": any); see tests/support/fake_openai_script.h."""
        query = "&".join(f"{k}={v}" for k, v in how.items())
        with Client("127.0.0.1", self.port) as c:
            status = c.request("PUT", f"/__reply/{name}?{query}", answer).status
        assert status == 200, f"script {name}: {status}"

    def __enter__(self):
        return self

    def __exit__(self, *_):
        if not self.process.reaped:
            self.process.kill()


def query(db, sql, *params):
    """Rows as dicts. Read-only: it never checkpoints, repairs or locks out the daemon."""
    conn = sqlite3.connect(f"file:{db}?mode=ro", uri=True, timeout=10)
    try:
        conn.row_factory = sqlite3.Row
        return [dict(row) for row in conn.execute(sql, params)]
    finally:
        conn.close()
