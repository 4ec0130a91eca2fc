#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Proves tests/run.sh on small programs made up here: that it counts, and above all that it fails.

Each case writes scripts into a directory of its own, runs the runner on them and looks at its exit
status, its last line and the lines before.
"""
import os
import pathlib
import shutil
import signal
import subprocess
import sys
import time

from cases import Skip, run_cases

RUNNER = pathlib.Path(__file__).resolve().parents[1] / "run.sh"

CMOCKA = """#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <stdint.h>
#include <stdlib.h>
#include <cmocka.h>
static void good(void **s) { (void)s; }
static void bad(void **s) { (void)s; fail(); }
static void skips(void **s) { (void)s; skip(); }
static void leaves(void **s) { (void)s; exit(0); }
static void vanishes(void **s) { (void)s; _Exit(0); }
#define T(f) cmocka_unit_test(f)
int main(void)
{
    const struct CMUnitTest mixed[] = { T(good), T(bad), T(skips) }, again[] = { T(good), T(good) };
    const struct CMUnitTest early[] = { T(good), T(leaves), T(good) }, gone[] = { T(vanishes) };
    switch (MODE) {
    case 1: return cmocka_run_group_tests(mixed, 0, 0) + cmocka_run_group_tests_name("two", again, 0, 0);
    case 2: return cmocka_run_group_tests(early, 0, 0);
    case 3: return cmocka_run_group_tests(gone, 0, 0);
    case 4: return 0;
    default: return cmocka_run_group_tests(again, 0, 0);
    }
}
"""


class Bench:
    """A directory of made-up tests."""

    def __init__(self, where):
        self.dir = pathlib.Path(where)
        self.logs = self.dir / "logs"

    def script(self, name, text, mode=0o755, build="."):
        path = self.dir / build / "tests" / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text("#!/bin/sh\n" + text + "\n")
        path.chmod(mode)
        return path

    def cmocka(self, name, mode):
        source, out = self.dir / f"{name}.c", self.dir / name
        source.write_text(CMOCKA)
        cc = os.environ.get("CC", "gcc").split()
        if not shutil.which(cc[0]):
            raise Skip(f"no {cc[0]}")
        done = subprocess.run([*cc, f"-DMODE={mode}", "-o", out, source, "-lcmocka"], capture_output=True,
                              text=True, check=False)
        if done.returncode:
            raise Skip("no cmocka: " + done.stderr.partition("\n")[0])
        return out

    def run(self, *files, options=(), **env):
        began = time.monotonic()
        env = {**clean_env(), "BUILD": str(self.dir), **env}
        done = subprocess.run([RUNNER, "-l", self.logs, *options, *files], cwd=self.dir, capture_output=True,
                              text=True, env=env, timeout=120, check=False)
        return Result(done, time.monotonic() - began)


def clean_env():
    return {k: v for k, v in os.environ.items() if not k.startswith("TEST_")}


class Result:
    def __init__(self, done, took_s):
        self.status, self.out, self.took_s = done.returncode, done.stdout, took_s
        self.last = done.stdout.splitlines()[-1] if done.stdout else ""
        self.err = done.stderr

    def expect(self, passed, failed, *words):
        want = f"{passed} passed, {failed} failed"
        assert self.last == want, f"{self.last!r} is not {want!r}\n{self.out}{self.err}"
        assert self.status == (0 if passed and not failed else 1), f"exit status {self.status}"
        for word in words:
            assert word in self.out, f"{word!r} is not in\n{self.out}"


def no_test__fails(b):
    b.run().expect(0, 0)


def only_skipped__fails(b):
    b.run(b.script("a", "echo 'skipped: no browser'")).expect(0, 0, "skipped: no browser")


def exit_status__is_one_test(b):
    b.run(b.script("good", "echo hello"), b.script("bad", "exit 3")).expect(1, 1, "exit status 3")


def last_line__is_counted(b):
    b.run(b.script("a", "echo '9 passed, 9 failed'; echo '4 passed, 0 failed'; echo")).expect(4, 0)
    b.run(b.script("b", "echo '2 passed, 1 failed'")).expect(2, 1)  # though it exits 0
    b.run(b.script("c", "echo '2 passed, 0 failed'; exit 1")).expect(2, 1, "exit status 1")
    b.run(b.script("d", "echo '2 passed, 1 failed'; exit 1")).expect(2, 1)


def crash__is_one_failed_test_with_the_end_of_its_log(b):
    loop = "i=0; while [ $i -lt 50 ]; do echo line $i; i=$((i + 1)); done;"
    r = b.run(b.script("unit/x/crash_test", loop + "kill -SEGV $$"), b.script("good", "exit 0"))
    r.expect(1, 1, "signal 11", "unit/x/crash_test", "| line 49", "| line 20")
    assert "line 19\n" not in r.out, "more than 30 lines"
    assert "line 0\n" in (b.logs / "unit_x_crash_test.log").read_text()


def crash_after_results__still_fails(b):
    b.run(b.script("a", "echo '[       OK ] one'; kill -ABRT $$")).expect(1, 1, "signal 6")


def timeout__kills_the_test_and_its_children(b):
    pid = b.dir / "pid"
    test = b.script("slow", f"sleep 1000 & echo $! >{pid}; echo waiting; wait")
    r = b.run(test, b.script("good", ""), TEST_TIMEOUT="1")
    r.expect(1, 1, "timeout after 1 s", "| waiting")
    assert r.took_s < 30
    assert not alive(int(pid.read_text())), "its child still runs"


def timeout__that_ignores_sigterm_is_killed(b):
    deaf = b.script("deaf", "trap '' TERM; while :; do sleep 1; done")
    b.run(deaf, TEST_TIMEOUT="1").expect(0, 1, "timeout")


def killed_by_others__is_not_called_a_timeout(b):
    b.run(b.script("oom", "kill -KILL $$")).expect(0, 1, "signal 9")
    b.run(b.script("status", "exit 124")).expect(0, 1, "exit status 124")


def missing_or_not_executable__fails(b):
    plain = b.script("plain", "exit 0", mode=0o644)
    b.run(b.dir / "nowhere", plain).expect(0, 2, "cannot be started")


def scripts__are_run_by_their_interpreter(b):
    sh = b.script("a.sh", "exit 0", mode=0o644)
    py = b.script("b.py", "print('3 passed, 0 failed')", mode=0o644)
    b.run(sh, py).expect(4, 0)


def jobs__run_side_by_side(b):
    """Each opens a FIFO that the other must open: one after the other they would wait for ever."""
    os.mkfifo(b.dir / "f")
    r = b.script("reader", f"read word <{b.dir}/f; [ $word = hello ]")
    w = b.script("writer", f"echo hello >{b.dir}/f")
    b.run(r, w, options=["-j", "2"], TEST_TIMEOUT="20").expect(2, 0)


def stdin__is_empty(b):
    b.run(b.script("a", "! read word")).expect(1, 0)


def interrupt__takes_the_tests_along(b):
    pid = b.dir / "pid"
    test = b.script("slow", f"echo $$ >{pid}.new; mv {pid}.new {pid}; exec sleep 1000")
    runner = subprocess.Popen([RUNNER, "-l", b.logs, test], cwd=b.dir, env=clean_env(),
                              start_new_session=True, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    wait_for(pid.exists)
    os.killpg(runner.pid, signal.SIGINT)
    runner.wait(20)
    wait_for(lambda: not alive(int(pid.read_text())))


def same_test_of_two_builds__counts_twice(b):
    text = "echo '2 passed, 0 failed'"
    r = b.run(b.script("unit/a_test", text), b.script("unit/a_test", text, build="asan"))
    r.expect(4, 0, "asan/unit/a_test ")


def old_logs__do_not_count(b):
    b.run(b.script("a", "exit 0"), b.script("b", "exit 0")).expect(2, 0)
    b.run(b.script("a", "exit 0")).expect(1, 0)


def cmocka__groups_failures_and_skips_are_counted_once(b):
    b.run(b.cmocka("mixed", 1)).expect(3, 1, "3 passed, 1 FAILED")
    b.run(b.cmocka("good", 0)).expect(2, 0)


def cmocka__that_leaves_early_fails(b):
    b.run(b.cmocka("early", 2)).expect(1, 1, "ended before its last test")
    b.run(b.cmocka("gone", 3)).expect(0, 1, "ended before its last test")
    b.run(b.cmocka("none", 4)).expect(0, 1, "ended without a result")


def alive(pid):
    try:
        return pathlib.Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0] != "Z"
    except FileNotFoundError:
        return False


def wait_for(probe):
    deadline = time.monotonic() + 20
    while not probe():
        assert time.monotonic() < deadline, "waited 20 s"
        time.sleep(0.01)


CASES = [no_test__fails, only_skipped__fails, exit_status__is_one_test, last_line__is_counted,
         crash__is_one_failed_test_with_the_end_of_its_log, crash_after_results__still_fails,
         timeout__kills_the_test_and_its_children, timeout__that_ignores_sigterm_is_killed,
         killed_by_others__is_not_called_a_timeout, missing_or_not_executable__fails,
         scripts__are_run_by_their_interpreter, jobs__run_side_by_side, stdin__is_empty,
         interrupt__takes_the_tests_along, same_test_of_two_builds__counts_twice,
         old_logs__do_not_count,
         cmocka__groups_failures_and_skips_are_counted_once, cmocka__that_leaves_early_fails]


if __name__ == "__main__":
    sys.exit(run_cases(CASES, Bench))
