# SPDX-License-Identifier: Apache-2.0
"""make bench: the figures README and ARCHITECTURE quote, each measured here and now, beside a baseline of the
same run. Nothing here can fail a build; a figure that misses its mark is printed as such."""
import re
import subprocess
import time

from measure import CORES, SECONDS, Watch, latencies, median, note, show, wrk
import discord_ack
import net
import portkey

SETS = {"consent.region": "none", "limits.user_per_minute": 0, "limits.ip_per_minute": 0,
        "tiers.default": "ENTERPRISE", "log.level": "warn"}
STREAMS = 1000  # asked one after the other
LONG_RUN = 10000 * SECONDS  # answers after which memory is looked at again


def indexed(**kw):
    d = net.Daemon(sets=SETS, **kw)
    code, out, err = d.run("index", "data/knowledge")
    assert code == 0, out + err
    return d


def rss_mib(d):
    return d.process.rss_bytes() / 2**20


def start_and_rest():
    starts, versions = [], []
    for _ in range(9):
        with indexed() as d:
            starts.append(d.start_s * 1000)
            rss = rss_mib(d)
        began = time.monotonic()
        subprocess.run([net.PARLEY, "version"], stdout=subprocess.DEVNULL, check=True)
        versions.append((time.monotonic() - began) * 1000)
    show("start to ready, sample index, median of 9", f"{median(starts):.0f} ms", "<= 300 ms",
         median(starts) <= 300)
    show("  baseline: `parley version`, same process loading", f"{median(versions):.0f} ms")
    show("idle resident memory", f"{rss:.1f} MiB", "<= 60 MiB", rss <= 60)


def at_32(d, fake):
    base = wrk(fake.port, 32, "direct")
    watch = Watch(d, fake)
    load = wrk(d.port, 32)
    show("direct to the fake provider, 32 connections", f"{base.rate:.0f}/s")
    show("POST /api/v1/chat, whole pipeline, 32 connections", f"{load.rate:.0f}/s", ">= 4000/s",
         load.rate >= 4000)
    show("  ratio to direct", f"{load.rate / base.rate:.3f}")
    show("  p50 / p99 / p99.9 / max ms", latencies(load), "p99 <= 20 ms", load.p99 <= 20)
    show("  errors", f"{load.errors + load.timeouts}", "0", load.errors + load.timeouts == 0)
    watch.show(load, 150)


def at_256(d, fake):
    watch = Watch(d, fake)
    load = wrk(d.port, 256)
    show("POST /api/v1/chat, 256 connections", f"{load.rate:.0f}/s")
    show("  p50 / p99 / p99.9 / max ms", latencies(load))
    show("  errors, timeouts", f"{load.errors}, {load.timeouts}", "0, 0", load.errors + load.timeouts == 0)
    watch.show(load)


def alone(d, fake):
    base, load = wrk(fake.port, 1, "direct"), wrk(d.port, 1)
    over = load.p50 - base.p50
    show("1 connection: p50 with and without Parley", f"{load.p50:.2f} / {base.p50:.2f} ms")
    show("  non-LLM overhead p50", f"{over:.2f} ms", "<= 3 ms", over <= 3)
    show("  p99", f"{load.p99:.2f} ms")


def tool(name, *args):
    """What a bench program of one part prints."""
    return subprocess.run([net.BUILD / "tests/bench" / name, *map(str, args)], cwd=net.ROOT,
                          capture_output=True, text=True, check=True).stdout.rstrip()


def first_sentence(d, fake):
    words = re.search(r"RESULT (.*)", tool("first_sentence", fake.port, d.port, STREAMS)).group(1).split()
    base50, base99, p50, p99 = (int(us) / 1000 for us in words)
    show(f"first sentence of a stream, {STREAMS} of them: p50 / p99", f"{p50:.2f} / {p99:.2f} ms")
    show("  baseline: first token of the fake provider", f"{base50:.2f} / {base99:.2f} ms")
    show("  overhead p50", f"{p50 - base50:.2f} ms", "<= 1 ms", p50 - base50 <= 1)


def long_run(d, idle):
    after_load, loads = rss_mib(d), []
    while sum(load.requests for load in loads) < LONG_RUN:
        loads.append(wrk(d.port, 32))
    rates = [load.rate for load in loads]
    show(f"{len(loads)} loads more of 32 connections: median, best",
         f"{median(rates):.0f}, {max(rates):.0f}/s")
    show("resident memory: idle, after the loads before", f"{idle:.1f}, {after_load:.1f} MiB")
    show(f"  growth over {sum(load.requests for load in loads)} answers more",
         f"{rss_mib(d) - after_load:+.1f} MiB")


def count(d, what):
    return d.one(f"select count(*) from {what}")


def settled(d):
    """The figures above are those of whole turns: each made by the model and billed once."""
    net.wait_until("nothing is under way", lambda: count(d, "inbox where state < 4") == 0)
    turns, usage = count(d, "turn where provider='openai' and code='ok'"), count(d, "usage")
    show("turns answered by the model = usage rows", f"{turns} = {usage}", "equal", turns == usage)
    # wrk hangs up on what is under way at the end of a load: those turns are `cancelled`
    notices = count(d, "turn where code not in ('ok', 'cancelled')")
    with d.client() as c:
        metrics = c.get("/metrics").body.decode()
    cached = int(re.search(r"^parley_cache_hits_total (\d+)", metrics, re.M).group(1))
    show("  notices, answers from the cache", f"{notices}, {cached}", "0, 0", notices + cached == 0)


def chat():
    with net.FakeOpenAI() as fake, indexed(fake=fake) as d:
        idle = rss_mib(d)
        wrk(d.port, 4, seconds=2)  # warm-up
        at_32(d, fake)
        at_256(d, fake)
        alone(d, fake)
        first_sentence(d, fake)
        long_run(d, idle)
        portkey.beside(d, fake)
        settled(d)


def main():
    print(f"parley bench: {CORES} cores, {SECONDS} s a measurement\n")
    start_and_rest()
    chat()
    discord_ack.main()
    for name in ("store_bench", "retrieval", "semantic"):
        print(f"\n{name}:\n{tool(name)}", flush=True)


main()
