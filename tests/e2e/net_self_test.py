# SPDX-License-Identifier: Apache-2.0
"""Proves the helpers on a daemon that is played: above all that they fail when they must.

The stand-in answers like `parley serve` as far as the helpers can see, and misbehaves when
STUB says so. It needs no build, so this file also runs before there is one.
"""
import os
import pathlib
import signal
import tempfile

STUB = r'''#!/usr/bin/env python3
import http.server, os, signal, sqlite3, sys, time
mode, state = os.environ.get("STUB", ""), sys.argv[sys.argv.index("--state") + 1]
os.makedirs(state, exist_ok=True)
if mode == "no-start":
    sys.exit("parley: address in use")
if sys.argv[1] != "serve":
    print(" ".join(sys.argv[1:2])); sys.exit(3)
db = sqlite3.connect(state + "/parley.db", isolation_level=None, check_same_thread=False)
db.execute("PRAGMA journal_mode=WAL")
db.execute("CREATE TABLE IF NOT EXISTS t (n INTEGER)")
def term(*_):
    print("==1==ERROR: AddressSanitizer: x" if mode == "asan" else "bye", file=sys.stderr)
    os._exit(7 if mode == "bad-exit" else 0)
signal.signal(signal.SIGTERM, term)
signal.signal(signal.SIGHUP, lambda *_: print("reloaded", file=sys.stderr, flush=True))
class H(http.server.BaseHTTPRequestHandler):
    protocol_version, ready_at = "HTTP/1.1", time.monotonic() + 0.05
    def log_message(self, *a): pass
    def reply(self, status, body, kind="application/json"):
        self.send_response(status); self.send_header("Content-Type", kind)
        self.send_header("Content-Length", str(len(body))); self.end_headers(); self.wfile.write(body)
    def do_GET(self):
        self.reply(200 if time.monotonic() > H.ready_at else 503, b"{}")
    def do_POST(self):
        body = self.rfile.read(int(self.headers["Content-Length"]))
        db.execute("INSERT INTO t VALUES (1)")
        if b"die" in body: os.kill(os.getpid(), signal.SIGKILL)
        if "event-stream" not in self.headers.get("Accept", ""):
            key, port = self.headers.get("Idempotency-Key", ""), self.client_address[1]
            return self.reply(200, b'{"key":"%s","port":%d}' % (key.encode(), port))
        self.send_response(200); self.send_header("Content-Type", "text/event-stream")
        self.send_header("Transfer-Encoding", "chunked"); self.end_headers()
        for part in (": ping\r\n", "event: start\r\nda", 'ta: {"a":1}\r\n\r\n', "id: 7\ndata: x\n",
                     "data: y\n\n", "data: cut"):
            self.wfile.write(b"%x\r\n%s\r\n" % (len(part), part.encode())); self.wfile.flush()
        self.wfile.write(b"0\r\n\r\n")
server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), H)
print("level=info listening on http://127.0.0.1:%d" % server.server_port, file=sys.stderr, flush=True)
server.serve_forever()
'''

_dir = tempfile.TemporaryDirectory()
_stub = pathlib.Path(_dir.name) / "parley"
_stub.write_text(STUB)
_stub.chmod(0o755)
os.environ.update(PARLEY_BIN=str(_stub), PARLEY_WRAP="", OPENAI_API_KEY="must-not-arrive")

import net  # noqa: E402  PARLEY_BIN is read at import


def fails(pattern, fn):
    try:
        fn()
    except AssertionError as e:
        assert pattern in str(e), f"{pattern!r} is not in {e}"
        return
    raise AssertionError(f"did not fail with {pattern!r}")


def enter(mode, body=lambda d: None):
    with net.Daemon(env={"STUB": mode}) as d:
        body(d)


@net.case
def daemon__serves_on_its_own_port_and_stops_clean():
    with net.Daemon() as a, net.Daemon() as b:
        assert a.port != b.port and a.start_s < 10
        with a.client() as c:
            first, second = c.ask("x", key="k1").json(), c.ask("y").json()
        net.equal((first["key"], second["key"]), ("k1", ""))
        net.equal(first["port"], second["port"], "one connection for both")


@net.case
def daemon__environment_of_the_machine_stays_out():
    with net.Daemon() as d:
        env = pathlib.Path(f"/proc/{d.process.pid}/environ").read_bytes()
        assert b"must-not-arrive" not in env and b"PATH=" in env


@net.case
def daemon__bad_exit_sanitizer_and_silent_death_fail_the_case():
    fails("exit status 7 after SIGTERM", lambda: enter("bad-exit"))
    fails("ERROR: AddressSanitizer", lambda: enter("asan"))
    fails("exit status -9", lambda: enter("", lambda d: os.kill(d.process.pid, signal.SIGKILL)))


@net.case
def daemon__that_does_not_start_fails_at_once_with_its_words():
    fails("address in use", lambda: enter("no-start"))


@net.case
def daemon__state_survives_kill_and_is_readable_meanwhile():
    with net.Daemon() as d:
        with d.client() as c:
            c.ask("x")
            net.equal(d.one("SELECT count(*) FROM t"), 1)
            try:
                c.ask("die")
                raise AssertionError("the connection survived")
            except OSError:
                pass
        net.equal(d.wait(), -signal.SIGKILL)
        net.equal(d.one("SELECT count(*) FROM t"), 2)
        with d.start().client() as c:
            c.ask("x")
        net.equal(d.one("SELECT count(*) FROM t"), 3)


@net.case
def daemon__other_commands_and_reload():
    with net.Daemon() as d:
        net.equal(d.run("index", "."), (3, "index\n", ""))
        mark = d.process.mark()
        d.reload()
        d.wait_log("reloaded", since=mark)
        fails("said nothing like it", lambda: d.wait_log("reloaded", timeout=0.05, since=d.process.mark()))
        assert d.process.rss_bytes() > 1 << 20 and d.process.fds() > 3 and d.process.cpu_s() > 0


@net.case
def sse__events_split_anywhere_and_a_cut_one_is_none():
    with net.Daemon() as d, d.client() as c:
        events = list(c.ask_sse("x"))
    net.equal(events, [net.Event("start", {"a": 1}, None), net.Event("message", "x\ny", "7")])


@net.case
def raw__tells_pipelined_responses_apart():
    with net.Daemon() as d, d.raw() as r:
        r.send("GET /a HTTP/1.1\r\nHost: x\r\n\r\n" * 2)
        net.equal([r.response().body, r.response().body], [b"{}", b"{}"])
        r.send("POST / HTTP/1.1\r\nHost: x\r\nAccept: text/event-stream\r\nContent-Length: 0\r\n\r\n")
        assert r.response().body.startswith(b": ping")
        r.send("GET / HTTP/1.0\r\n\r\n")
        net.equal(r.response().body, b"{}")
        assert r.closed()


net.main()
