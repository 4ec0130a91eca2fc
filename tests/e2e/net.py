# SPDX-License-Identifier: Apache-2.0
"""What an end-to-end test imports: the daemon, the fake provider, HTTP, the state database, and cases.

A test is a script tests/e2e/<what>_test.py:

    import net

    @net.case
    def chat__answers_with_sources():
        with net.FakeOpenAI() as fake, net.Daemon(fake=fake) as d, d.client() as c:
            net.equal(c.ask("How do I stake ETH?").status, 200)

    net.main()

It prints a line per case and at last "N passed, N failed", which tests/run.sh adds up. A case fails by
raising; the others still run. Arguments choose cases by a part of their name.
"""
import contextlib
import pathlib
import signal
import sys
import time
import traceback

from proc import BUILD, PARLEY, ROOT, Daemon, FakeOpenAI, Process, alive, query
from wire import SLOW, Client, Event, NotSSE, Raw, Response

__all__ = ["BUILD", "PARLEY", "ROOT", "SLOW", "Client", "Daemon", "Event", "FakeOpenAI", "NotSSE", "Process",
           "Raw", "Response", "Skip", "case", "equal", "main", "query", "wait_until"]

_cases = []


class Skip(Exception):
    """Raised by a case that cannot run here; it counts as neither passed nor failed."""


def case(fn):
    _cases.append(fn)
    return fn


def equal(have, want, what=""):
    assert have == want, f"{what + ': ' if what else ''}{have!r} is not {want!r}"


def wait_until(what, probe, timeout=10):
    """Polls `probe` until it is true and returns its value; for what has no event to wait on."""
    deadline = time.monotonic() + timeout * SLOW
    while not (value := probe()):
        if time.monotonic() > deadline:
            raise AssertionError(f"still not after {timeout:g} s: {what}")
        time.sleep(0.01)
    return value


def _why(error):
    """One line about a failure: what, and the last place outside this directory's helpers."""
    frames = traceback.extract_tb(error.__traceback__)
    mine = [f for f in frames if pathlib.Path(f.filename).name.endswith("_test.py")] or frames
    text = str(error).partition("\n")[0]
    return f"{type(error).__name__}: {text} ({pathlib.Path(mine[-1].filename).name}:{mine[-1].lineno})"


def _run(fn):
    """True, False, or None for a skipped one; prints its line."""
    began = time.monotonic()
    try:
        fn()
    except Skip as e:
        print(f"skip {fn.__name__}: {e}", flush=True)
        return None
    except Exception as e:
        traceback.print_exc(file=sys.stdout)
        print(f"FAIL {fn.__name__}: {_why(e)}", flush=True)
        return False
    print(f"ok {fn.__name__} ({time.monotonic() - began:.2f} s)", flush=True)
    return True


def _end_all():
    for process in list(alive):
        with contextlib.suppress(OSError, AssertionError):
            process.kill()


def main(figures=None):
    """Runs the cases and exits: 1 when one failed or none was there, else 0. `figures` is called before
    the last line, which is the total."""
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(143))  # the runner's timeout: take the daemons along
    words = sys.argv[1:]
    try:
        chosen = [fn for fn in _cases if not words or any(w in fn.__name__ for w in words)]
        results = [_run(fn) for fn in chosen]
    finally:
        _end_all()
        if figures:
            figures()
    print(f"{results.count(True)} passed, {results.count(False)} failed", flush=True)
    sys.exit(1 if False in results or not results else 0)
