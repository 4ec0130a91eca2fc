# SPDX-License-Identifier: Apache-2.0
"""The providers against stand-ins written by others, where the shared rig is at hand (PARLEY_RIG,
default ../shared/rig) and node can install it; else skipped. provider_fault_test.py covers the
ground without it."""
import contextlib
import os
import pathlib
import shutil
import socket
import subprocess
import sys

import net

RIG = pathlib.Path(os.environ.get("PARLEY_RIG", net.ROOT.parent / "shared" / "rig"))
COPY = net.ROOT / "build" / "rig"  # the original may be read-only
SETS = {"consent.region": "none", "limits.user_per_minute": 0, "limits.ip_per_minute": 0,
        "tiers.default": "ENTERPRISE", "log.level": "warn", "answer.footer": "false",
        "llm.openai.first_byte_ms": 2000, "llm.openai.idle_ms": 2000}


def installed():
    if not RIG.is_dir() or not shutil.which("npm"):
        return False
    if not (COPY / "node_modules").is_dir():
        shutil.copytree(RIG, COPY, dirs_exist_ok=True)
        for path in [COPY, *COPY.rglob("*")]:
            path.chmod(path.stat().st_mode | 0o200)
        install = ["npm", "install", "--silent", "--no-package-lock"]
        if subprocess.run(install, cwd=COPY, check=False).returncode:
            shutil.rmtree(COPY, ignore_errors=True)
            return False
    return True


def free_port():
    with socket.socket() as s:
        s.bind(("127.0.0.1", 0))
        return s.getsockname()[1]


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
def aimock__faults_go_to_the_next_provider():
    for fault in ("429", "500", "503", "malformed", "drop", "truncate", "hang", "empty"):
        with stand_in("openai", "OPENAI_PORT", "sk-openai") as env, asking(env) as (d, ask):
            body = ask(f"fault:{fault} How do I stake ETH?")
            net.equal(body["metadata"]["provider"], "extractive", fault)
            net.equal(d.one("select count(*) from llm_attempt where outcome = 'ok'"), 0, fault)


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


@net.case
def aimock__native_faults_go_to_the_next_provider():
    for name in NATIVE:
        with native(name) as (d, ask):
            for fault in ("429", "500", "malformed", "truncate", "hang"):
                body = ask(f"fault:{fault} How do I stake ETH?")
                net.equal(body["metadata"]["provider"], "extractive", f"{name} {fault}")
            net.equal(d.one("select count(*) from llm_attempt where outcome = 'ok'"), 0, name)


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


if not installed():
    print("skipped: no rig or no npm")
    sys.exit(0)
net.main()
