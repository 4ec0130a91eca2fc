# SPDX-License-Identifier: Apache-2.0
"""The providers against stand-ins written by others, where the shared rig is at hand (PARLEY_RIG,
default ../shared/rig) and node can install it; else skipped. provider_fault_test.py covers the
ground without it."""
import concurrent.futures
import contextlib
import os
import re
import shutil
import subprocess
import sys
import tempfile

import faults
import net
from rig import COPY, free_port, installed

SETS = {"consent.region": "none", "limits.user_per_minute": 0, "limits.ip_per_minute": 0,
        "tiers.default": "ENTERPRISE", "log.level": "warn", "answer.footer": "false",
        "llm.openai.first_byte_ms": 2000, "llm.openai.idle_ms": 2000}


@contextlib.contextmanager
def stand_in(name, variable, key):
    port = free_port()
    env = {**os.environ, variable: str(port)}
    subprocess.run(["./start.sh", name], cwd=COPY, env=env, check=True, stdout=subprocess.DEVNULL)
    try:
        yield {"PARLEY_LLM__OPENAI__API_KEY": key, "PARLEY_LLM__ORDER": "openai",
               "PARLEY_LLM__OPENAI__BASE_URL": f"http://127.0.0.1:{port}/v1"}
    finally:
        subprocess.run(["./stop.sh", name], cwd=COPY, env=env, check=False, stdout=subprocess.DEVNULL)


def port_of(env):
    return int(re.search(r":(\d+)/", env["PARLEY_LLM__OPENAI__BASE_URL"]).group(1))


@contextlib.contextmanager
def asking(env):
    d = net.Daemon(sets=SETS, env=env)
    net.equal(d.run("index", "data/knowledge")[0], 0)
    with d, d.client() as c:
        yield d, lambda text: c.ask(text).json()


@net.case
def aimock__answers_arrive_whole():
    with stand_in("openai", "OPENAI_PORT", "sk-openai") as env, asking(env) as (d, ask):
        for text, part in (("hello there", "[openai] ok"), ("slow please", "[openai] ok"),
                           ("finish:length a", "one two three"), ("long:utf16", "\U0001F30D\u00e9"),
                           ("bytewise it", "w\u00f6rld"), ("long:markdown", "**bold**")):
            body = ask(text)
            net.equal(body["metadata"]["provider"], "openai", text)
            assert part in body["answer"], (text, body["answer"][:200])
        net.equal(d.one("select count(*) from usage"), 6)


@net.case
def aimock__a_wrong_key_disables_the_provider_and_says_so():
    with stand_in("openai", "OPENAI_PORT", "sk-openai") as env, \
            asking({**env, "PARLEY_LLM__OPENAI__API_KEY": "sk-wrong"}) as (d, ask):
        net.equal(ask("hello")["metadata"]["provider"], "extractive")
        d.wait_log(r"llm\.disabled provider=openai reason=key")
        assert "sk-wrong" not in d.log()


@net.case
def llm_extra__answers():
    with stand_in("llm-extra", "LX_PORT", "sk-extra") as env, asking(env) as (_, ask):
        net.equal(ask("hello")["answer"], "You said: hello")


NATIVE = {"gemini": ("GEMINI_PORT", "sk-gemini", "/v1beta"),
          "anthropic": ("ANTHROPIC_PORT", "sk-anthropic", "/v1"), "ollama": ("OLLAMA_PORT", "none", "")}


@contextlib.contextmanager
def native(name, sets=None):
    """The daemon with one provider in its own wire format, at aimock."""
    variable, key, path = NATIVE[name]
    with stand_in(name, variable, key) as env:
        base = env["PARLEY_LLM__OPENAI__BASE_URL"].removesuffix("/v1")
        upper = f"PARLEY_LLM__{name.upper()}__"
        with asking({upper + "API_KEY": key, upper + "BASE_URL": base + path, upper + "FIRST_BYTE_MS": "2000",
                     upper + "IDLE_MS": "2000", "PARLEY_LLM__ORDER": name, **(sets or {})}) as it:
            yield it


@net.case
def aimock__native_formats_answer():
    for name in NATIVE:
        with native(name) as (d, ask):
            for text, part in (("hello there", f"[{name}] ok"), ("long:utf16", "\U0001F30D\u00e9"),
                               ("bytewise it", "w\u00f6rld")):
                body = ask(text)
                net.equal(body["metadata"]["provider"], name, text)
                assert part in body["answer"], (name, text, body["answer"][:200])
            net.equal(d.one("select count(*) from usage"), 3)


def native_faults(name):
    with native(name) as (d, ask):
        for fault in ("429", "500", "503", "529", "malformed", "drop", "truncate", "hang", "empty"):
            net.equal(ask(f"hello {fault}")["metadata"]["provider"], name, fault)  # closes the breaker
            before = d.one("select count(*) from llm_attempt")
            body = ask(f"fault:{fault} How do I stake ETH?")
            net.equal(body["metadata"]["provider"], "extractive", f"{name} {fault}")
            assert d.one("select count(*) from llm_attempt") > before, f"{name} {fault}: not asked"


@net.case
def aimock__native_faults_go_to_the_documents():
    with concurrent.futures.ThreadPoolExecutor(len(NATIVE)) as pool:
        list(pool.map(native_faults, NATIVE))


@net.case
def llm_extra__perplexity_sources_are_ours():
    with stand_in("llm-extra", "LX_PORT", "sk-extra") as env:
        base = env["PARLEY_LLM__OPENAI__BASE_URL"].removesuffix("/v1")
        with asking({"PARLEY_LLM__PERPLEXITY__API_KEY": "sk-extra",
                     "PARLEY_LLM__PERPLEXITY__BASE_URL": base,
                     "PARLEY_LLM__ORDER": "perplexity"}) as (_, ask):
            body = ask("what is new [2] and [9]")
            net.equal(body["metadata"]["provider"], "perplexity")
            assert body["answer"].startswith("You said: what is new [2] and"), body["answer"]
            assert "[9]" not in body["answer"], body["answer"]
            assert "https://example.org/b" in str(body["sources"]), body["sources"]


@net.case
def llm_extra__gemini_native():
    with stand_in("llm-extra", "LX_PORT", "sk-extra") as env:
        base = env["PARLEY_LLM__OPENAI__BASE_URL"].removesuffix("/v1")
        with asking({"PARLEY_LLM__GEMINI__API_KEY": "sk-extra",
                     "PARLEY_LLM__GEMINI__BASE_URL": base + "/v1beta",
                     "PARLEY_LLM__ORDER": "gemini"}) as (_, ask):
            net.equal(ask("hello")["answer"], "You said: hello")


# ---- every fault of the rig, with our own healthy model behind it ----

WHOLE = "The stand-in answers this [1]. Gr\u00f6\u00dfe and \U0001f30d arrive whole [1]."
DROPPED = ("transient", "cut")  # before or after the head, as the stand-in's timing has it


class Fault:
    """`text`: part of the first's good answer; else `ends`, what each of its calls may end as."""

    def __init__(self, name, *ends, text=None, asked=None, **how):
        self.name, self.ends, self.text, self.how = name, ends, text, how
        self.asked = asked or f"fault:{name}"


WORDS = [
    Fault("429", "rate"), Fault("400", "too_long"), Fault("500", "transient"), Fault("503", "transient"),
    Fault("529", "transient"), Fault("hang", "timeout_first"), Fault("malformed", "cut"),
    Fault("drop", *DROPPED), Fault("truncate", "cut"), Fault("empty", "cut"),
    Fault("filter", "refused", asked="finish:filter"), Fault("tool", "cut", asked="tool:weather"),
    Fault("slow-5s", "timeout_first", asked="slow:5s"), Fault("slow", text="[openai] slow but fine"),
    Fault("length", text="one two three", asked="finish:length"), Fault("401", "key"),
]
SCRIPTS = [
    Fault("crlf", text=WHOLE, crlf=True), Fault("comment", text=WHOLE, comment=True),
    Fault("split", text=WHOLE, split=1, piece=40), Fault("no-done", text=WHOLE, no_done=True),
    Fault("paced", text=WHOLE, delay_ms=50), Fault("cut", *DROPPED, cut_after_frames=4),
    Fault("stall", "timeout_idle", stall_after_frames=4, cut_after_frames=99),  # counted only with a cut
    Fault("error-midway", "transient", error_midway=True),
]
SIM = [
    Fault("retry-after", "rate", status=429, retry_after=1), Fault("quota", "money", status=429,
                                                                   code="insufficient_quota"),
    Fault("sim-500", "transient", status=500), Fault("sim-503", "transient", status=503, retry_after=9),
    Fault("sim-529", "transient", status=529, type="overloaded_error"),
    Fault("sim-hang", "timeout_first", hang=True), Fault("sim-drop", "transient", drop=True),
    Fault("sim-truncate", "cut", truncate_bytes=25), Fault("sim-garbage", "cut", garbage="<html>Log in"),
    Fault("sim-delay", text="You said: ", delay_ms=400),
]
PROXY = [
    Fault("latency", text="[openai] ok", latency_ms=100), Fault("proxy-hang", "timeout_first", hang=True),
    Fault("proxy-reset", "transient", reset=True), Fault("up-cut", "transient", up_cut_after=100),
    Fault("cut-head", "transient", cut_after=60), Fault("cut-body", *DROPPED, cut_after=500),
    Fault("end-head", "transient", end_after=60), Fault("end-body", *DROPPED, end_after=500),
    Fault("blackhole", "timeout_first", "timeout_idle", blackhole_after=500),
    Fault("dribble", text="[openai] ok", chunk=7, chunk_delay_ms=2),
]


def control(port, path, body):
    with net.Client("127.0.0.1", port) as c:
        net.equal(c.post(path, body).status, 200, path)


@contextlib.contextmanager
def followed(port, key, state):
    """A daemon whose first provider is at `port`; a fake that always answers is behind it."""
    with net.FakeOpenAI() as fake, tempfile.TemporaryDirectory() as at:
        fake.script("*", faults.stream(*faults.said(faults.Desk.SECOND)))
        config = faults.models(port, fake, api_key=key, timeout_ms=5000)
        d = net.Daemon(sets=faults.SETS, config=config, state=shutil.copytree(state, f"{at}/state"))
        with d, d.client() as c:
            yield d, c


def judge(d, c, fault):
    """Both kinds of client ask under `fault`: one whole answer each, from whom it should be, in time."""
    for mode, ask in faults.ASK.items():
        memory = faults.Memory(d.process)
        seen = ask(c, f"How do I stake ETH? {fault.asked} {mode}")
        grown, body, what = memory.grown(), seen.body, f"{fault.name}, {mode}"
        by = body["metadata"]["provider"]
        calls = faults.settled(d, body["message_id"])
        figures = f"{seen.took_s * 1000:5.0f} ms {grown / 2**20:6.2f} MiB"
        print(f"{fault.name:14} {mode:6} {by:10} {figures}", flush=True)
        net.equal(by, "first" if fault.text else "second", what)
        assert (fault.text or faults.Desk.SECOND) in body["answer"], f"{what}: {body['answer'][:200]}"
        first = [outcome for name, outcome in calls if name == "first"]
        ends = ("ok",) if fault.text else fault.ends
        assert first and all(any(faults.outcome_is(o, e) for e in ends) for o in first), f"{what}: {calls}"
        net.equal("provider_fallback" in body["validation"]["warnings"], not fault.text, what)
        assert seen.took_s <= faults.DEADLINE_MS / 1000 + net.SLOW, f"{what}: {seen.took_s:.2f} s"
        assert net.SLOW > 1 or grown <= faults.RSS_GROWTH_MAX, f"{what}: {grown >> 20} MiB more"
        if {"key", "money", "rate"} & set(first):  # off until then, or as long as it was told
            mark = d.process.mark()
            d.reload()
            d.wait_log(r"reload\.done", since=mark)


def heal(c, after):
    """A good answer between two faults (and from no cache): the breaker's count starts anew."""
    net.equal(faults.ask_plain(c, f"hello after {after.name}").body["metadata"]["provider"], "first")


def words(openai, state):
    with followed(openai, "sk-openai", state) as (d, c):
        for fault in WORDS:
            judge(d, c, fault)
            heal(c, fault)


def scripts(extra, state):
    with followed(extra, "sk-extra", state) as (d, c):
        for fault in SCRIPTS:
            control(extra, "/_sim/script", {"match": fault.asked, "reply": {"content": WHOLE, **fault.how}})
            judge(d, c, fault)
            heal(c, fault)
        for fault in SIM:
            control(extra, "/_sim/fault", {"path": "/chat/completions", "count": 2, **fault.how})
            judge(d, c, fault)
            heal(c, fault)


def proxied(proxy, openai, state):
    """A mode is that of a connection, so each has a daemon that makes new ones."""
    for fault in PROXY:
        listen = free_port()
        control(proxy, "/proxy", {"listen": listen, "target": openai})
        control(proxy, "/mode", {"listen": listen, **fault.how})
        with followed(listen, "sk-openai", state) as (d, c):
            judge(d, c, Fault(fault.name, *fault.ends, text=fault.text, asked="hello"))


@net.case
def rig__every_fault_ends_in_one_whole_answer():
    with stand_in("openai", "OPENAI_PORT", "sk-openai") as openai, \
            stand_in("llm-extra", "LX_PORT", "sk-extra") as extra, \
            stand_in("faultproxy", "FP_PORT", "") as proxy, \
            faults.indexed() as state, concurrent.futures.ThreadPoolExecutor(3) as pool:
        openai, extra, proxy = (port_of(env) for env in (openai, extra, proxy))
        for done in [pool.submit(words, openai, state), pool.submit(scripts, extra, state),
                     pool.submit(proxied, proxy, openai, state)]:
            done.result()


if not installed():
    print("skipped: no rig or no npm")
    sys.exit(0)
net.main()
