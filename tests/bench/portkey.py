# SPDX-License-Identifier: Apache-2.0
"""The same load on npm's @portkey-ai/gateway before the same fake provider: what another proxy costs here.

Portkey hands bytes on; it validates, retrieves and stores nothing. `make deps-bench` installs it.
"""
import contextlib
import http.client
import json
import os
import pathlib
import shutil
import socket

from measure import latencies, note, per_answer_us, show, tree_cpu, wrk
import net

GATEWAY = net.BUILD / "portkey/node_modules/@portkey-ai/gateway/build/start-server.js"
BODY = json.dumps({"model": "m", "stream": True, "messages": [{"role": "user", "content": "Is it you?"}]})


def free_port():
    with socket.socket() as s:
        s.bind(("127.0.0.1", 0))
        return s.getsockname()[1]


def answers(port, upstream):
    head = {"Content-Type": "application/json", "Authorization": "Bearer sk-bench",
            "x-portkey-provider": "openai", "x-portkey-custom-host": upstream}
    with contextlib.closing(http.client.HTTPConnection("127.0.0.1", port, timeout=5)) as c, \
            contextlib.suppress(OSError, http.client.HTTPException):
        c.request("POST", "/v1/chat/completions", BODY, head)
        return c.getresponse().status == 200
    return False


def started(port, upstream):
    try:
        return net.wait_until("portkey answers", lambda: answers(port, upstream), 30)
    except AssertionError:
        return False


def one_load(pid, port, mode, **env):
    """The load and the CPU time per answer of the process and its children, in us."""
    cpu = tree_cpu(pid)
    load = wrk(port, 32, mode, **env)
    return load, per_answer_us(tree_cpu(pid) - cpu, load)


def beside(d, fake):
    """Prints Portkey's figures, and Parley's taken right after: the machine is the same for both."""
    if not shutil.which("node") or not GATEWAY.exists():
        note("npm @portkey-ai/gateway: no node, or not installed (make deps-bench): not compared")
        return
    port, upstream = free_port(), f"http://127.0.0.1:{fake.port}/v1"
    gateway = net.Process(["node", GATEWAY, f"--port={port}", "--headless"],
                          {"PATH": os.environ["PATH"], "NODE_ENV": "production"}, pathlib.Path("/"))
    try:
        if not started(port, upstream):
            note("npm @portkey-ai/gateway: does not answer here: not compared")
            return
        wrk(port, 32, "portkey", 3, UPSTREAM=upstream)  # warm-up: it compiles as it runs
        load, us = one_load(gateway.pid, port, "portkey", UPSTREAM=upstream)
        parley, parley_us = one_load(d.process.pid, d.port, "parley")
    finally:
        gateway.kill()
    show("npm @portkey-ai/gateway, 32 connections", f"{load.rate:.0f}/s")
    note("  it only hands on: no validation, no retrieval, nothing stored")
    show("  p50 / p99 / p99.9 / max ms, errors", f"{latencies(load)}, {load.errors + load.timeouts}")
    show("  CPU per answer, all its processes", f"{us:.0f} us")
    show("  Parley right after: rate, how many times its",
         f"{parley.rate:.0f}/s, {parley.rate / load.rate:.1f}")
    show("  Parley: CPU per answer, part of its", f"{parley_us:.0f} us, {parley_us / us:.2f}")
