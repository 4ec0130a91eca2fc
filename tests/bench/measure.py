# SPDX-License-Identifier: Apache-2.0
"""What the parts of `make bench` measure with: wrk, CPU time of processes and threads, a line for a figure.

wrk and the fake provider share the cores with what is measured, so their CPU time is taken too.
"""
import collections
import os
import pathlib
import re
import resource
import subprocess
import sys
import time

ROOT = pathlib.Path(__file__).resolve().parents[2]
sys.path.insert(0, str(ROOT / "tests" / "e2e"))
import net  # noqa: E402

SECONDS = int(os.environ.get("PARLEY_BENCH_SECONDS", "10"))
CORES = os.cpu_count()
TICKS = os.sysconf("SC_CLK_TCK")

GROUPS = ("loop", "worker", "writer", "other")  # of the daemon's threads

Load = collections.namedtuple("Load", "requests rate errors timeouts p50 p99 p999 worst wrk_s")


def median(values):
    return sorted(values)[len(values) // 2]


def show(name, value, mark="", ok=True):
    wanted = f"(mark: {mark})" if mark else ""
    print(f"{name:<58} {value:>16}   {wanted:<22}{'' if ok else '  MISSED'}".rstrip(), flush=True)


def note(text):
    print(f"  {text}", flush=True)


def children_s():
    """CPU time of the children that have ended."""
    used = resource.getrusage(resource.RUSAGE_CHILDREN)
    return used.ru_utime + used.ru_stime


def wrk(port, connections, mode="parley", seconds=SECONDS, **env):
    """One load of chat.lua: a Load, times in ms, wrk_s the CPU time of wrk itself."""
    before = children_s()
    out = subprocess.run(["wrk", "-t1", f"-c{connections}", f"-d{seconds}s", "-s", "tests/bench/chat.lua",
                          f"http://127.0.0.1:{port}"], env={**os.environ, "MODE": mode, **env}, cwd=ROOT,
                         capture_output=True, text=True, check=True).stdout
    requests, us, errors, timeouts, *latency = re.search(r"RESULT (.*)", out).group(1).split()
    return Load(int(requests), int(requests) / (int(us) / 1e6), int(errors), int(timeouts),
                *(float(x) for x in latency), children_s() - before)


def latencies(load):
    return f"{load.p50:.1f}/{load.p99:.1f}/{load.p999:.1f}/{load.worst:.0f}"


def thread_group(pid, tid, name):
    """One of GROUPS, by the names the daemon gives its threads."""
    if tid == pid:
        return "loop"
    return "worker" if name.startswith("worker-") else "writer" if name == "parley-store" else "other"


def _stat(path):
    """(name, parent, user and system seconds) of a /proc stat file."""
    head, _, tail = path.read_text().rpartition(")")
    field = tail.split()
    return head.partition("(")[2], int(field[1]), (int(field[11]) + int(field[12])) / TICKS


def thread_cpu(pid):
    """Seconds of CPU time so far by thread_group."""
    spent = collections.Counter()
    for task in pathlib.Path(f"/proc/{pid}/task").iterdir():
        name, _, seconds = _stat(task / "stat")
        spent[thread_group(pid, int(task.name), name)] += seconds
    return spent


def tree_cpu(pid):
    """Seconds of CPU time so far of a process and all below it."""
    children, spent = collections.defaultdict(list), {}
    for path in pathlib.Path("/proc").glob("[0-9]*/stat"):
        try:
            _, parent, seconds = _stat(path)
        except OSError:  # it ended meanwhile
            continue
        children[parent].append(int(path.parent.name))
        spent[int(path.parent.name)] = seconds
    total, todo = 0, [pid]
    while todo:
        total += spent.get(todo[-1], 0)
        todo.extend(children[todo.pop()])
    return total


def per_answer_us(seconds, load):
    return seconds / max(load.requests, 1) * 1e6


def idle_s():
    """What all cores together have idled, or waited for the disk, so far."""
    field = pathlib.Path("/proc/stat").read_text().split()
    return (int(field[4]) + int(field[5])) / TICKS


class Watch:
    """The CPU time of the daemon's threads and of the fake provider over one load."""

    def __init__(self, daemon, fake):
        self.daemon, self.fake = daemon, fake
        self.threads, self.fake_s = thread_cpu(daemon.process.pid), fake.process.cpu_s()
        self.idle_s, self.began = idle_s(), time.monotonic()

    def show(self, load, mark_us=None):
        spent = thread_cpu(self.daemon.process.pid)
        spent.subtract(self.threads)
        us = {group: per_answer_us(seconds, load) for group, seconds in spent.items()}
        total = sum(us.values())
        show("  daemon CPU per answer", f"{total:.0f} us", f"<= {mark_us} us" if mark_us else "",
             not mark_us or total <= mark_us)
        note("  of it " + ", ".join(f"{group} {us[group]:.0f} us" for group in GROUPS if us.get(group)))
        fake_s = self.fake.process.cpu_s() - self.fake_s
        note(f"  beside it wrk {per_answer_us(load.wrk_s, load):.0f} us, "
             f"fake provider {per_answer_us(fake_s, load):.0f} us")
        self._cores({"daemon": sum(spent.values()), "wrk": load.wrk_s, "fake provider": fake_s})

    def _cores(self, busy):
        """Who had the cores; where somebody else had much of them, the figures above are too bad."""
        whole = CORES * (time.monotonic() - self.began)
        busy["idle"] = idle_s() - self.idle_s
        busy["the rest of the machine"] = max(0, whole - sum(busy.values()))
        note(f"  of {CORES} cores: " + ", ".join(f"{who} {s / whole:.0%}" for who, s in busy.items()))
