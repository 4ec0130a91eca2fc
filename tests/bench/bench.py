# SPDX-License-Identifier: Apache-2.0
"""make bench: the figures README and ARCHITECTURE quote, each measured here and now, beside a baseline of the
same run. Nothing here can fail a build; a figure that misses its mark is printed as such."""
import os
import pathlib
import re
import subprocess
import sys
import time

ROOT = pathlib.Path(__file__).resolve().parents[2]
sys.path.insert(0, str(ROOT / "tests" / "e2e"))
import net  # noqa: E402

SECONDS = int(os.environ.get("PARLEY_BENCH_SECONDS", "10"))
SETS = {"consent.region": "none", "limits.user_per_minute": 0, "limits.ip_per_minute": 0,
        "tiers.default": "ENTERPRISE", "log.level": "warn"}


def median(values):
    return sorted(values)[len(values) // 2]


def show(name, value, mark, ok):
    wanted = f"(mark: {mark})" if mark else ""
    print(f"{name:<58} {value:>16}   {wanted:<22}{'' if ok else '  MISSED'}", flush=True)


def wrk(port, connections, mode="chat"):
    """(answers/s, errors, p50 ms, p99 ms, p99.9 ms, max ms)"""
    out = subprocess.run(["wrk", "-t1", f"-c{connections}", f"-d{SECONDS}s", "-s", "tests/bench/chat.lua",
                          f"http://127.0.0.1:{port}"], env={**os.environ, "MODE": mode}, cwd=ROOT,
                         capture_output=True, text=True, check=True).stdout
    requests, us, errors, *latency = re.search(r"RESULT (.*)", out).group(1).split()
    return (int(requests) / (int(us) / 1e6), int(errors), *(float(x) for x in latency))


def indexed(**kw):
    d = net.Daemon(sets=SETS, **kw)
    code, out, err = d.run("index", "data/knowledge")
    assert code == 0, out + err
    return d


def start_and_rest():
    starts, versions = [], []
    for _ in range(9):
        with indexed() as d:
            starts.append(d.start_s * 1000)
            rss = d.process.rss_bytes() / 2**20
        began = time.monotonic()
        subprocess.run([net.PARLEY, "version"], stdout=subprocess.DEVNULL, check=True)
        versions.append((time.monotonic() - began) * 1000)
    show("start to ready, sample index, median of 9", f"{median(starts):.0f} ms", "<= 300 ms",
         median(starts) <= 300)
    show("  baseline: `parley version`, same process loading", f"{median(versions):.0f} ms", "", True)
    show("idle resident memory", f"{rss:.1f} MiB", "<= 60 MiB", rss <= 60)


def cpu_per_answer(d, before, answers):
    return (d.process.cpu_s() - before) / max(answers, 1) * 1e6


def chat():
    with net.FakeOpenAI() as fake, indexed(fake=fake) as d:
        wrk(d.port, 4)  # warm-up
        base = wrk(fake.port, 32, "direct")
        cpu = d.process.cpu_s()
        rate, errors, p50, p99, p999, worst = wrk(d.port, 32)
        us = cpu_per_answer(d, cpu, rate * SECONDS)
        one_base = wrk(fake.port, 1, "direct")
        one = wrk(d.port, 1)
        net.wait_until("nothing is under way",
                       lambda: d.one("select count(*) from inbox where state < 4") == 0)
        usage = d.one("select count(*) from usage")
        answers = d.one("select count(*) from turn where provider='openai'")
    show("direct to the fake provider, 32 connections", f"{base[0]:.0f}/s", "", True)
    show("POST /api/v1/chat, whole pipeline, 32 connections", f"{rate:.0f}/s", ">= 2000/s", rate >= 2000)
    show("  ratio to direct", f"{rate / base[0]:.3f}", "", True)
    show("  p50 / p99 / p99.9 / max ms", f"{p50:.1f}/{p99:.1f}/{p999:.1f}/{worst:.0f}", "p99 <= 50 ms",
         p99 <= 50)
    show("  errors", str(errors), "0", errors == 0)
    show("  daemon CPU per answer", f"{us:.0f} us", "", True)
    show("  turns answered by the model = usage rows", f"{answers} = {usage}", "equal", answers == usage)
    over = one[2] - one_base[2]
    show("1 connection: p50 with and without Parley", f"{one[2]:.2f} / {one_base[2]:.2f} ms", "", True)
    show("  non-LLM overhead p50", f"{over:.2f} ms", "<= 3 ms", over <= 3)
    show("  p99", f"{one[3]:.2f} ms", "", True)


def tool(name, *args):
    """A bench program of one part; its own output."""
    out = subprocess.run([ROOT / os.environ.get("BUILD", "build") / "tests/bench" / name, *args], cwd=ROOT,
                         capture_output=True, text=True, check=True).stdout
    print(f"\n{name}:\n{out.rstrip()}", flush=True)


def main():
    print(f"parley bench: {os.cpu_count()} cores, {SECONDS} s a measurement\n")
    start_and_rest()
    chat()
    tool("store_bench")
    tool("retrieval")


main()
