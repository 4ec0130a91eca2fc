# SPDX-License-Identifier: Apache-2.0
"""A bot as small as can be, to prove the stand-ins for Discord with: REST calls on one connection, a
websocket whose frames it makes itself, and an interactions endpoint that checks signatures."""
import base64
import contextlib
import http.client
import http.server
import json
import os
import struct
import threading
import time
import urllib.parse
import zlib

import fake_discord
import net
from fake_discord_sign import verify

AGENT = "DiscordBot (https://test.invalid, 1.0)"
INTENTS = 1 << 0 | 1 << 9 | 1 << 12
NAMES = {"os": "linux", "browser": "test", "device": "test"}
NOBODY = {"parse": []}


class Rest:
    """Calls as a bot makes them; `env` is that of a stand-in."""

    def __init__(self, env):
        self.token, self.app = env["PARLEY_DISCORD__TOKEN"], env["PARLEY_DISCORD__APP_ID"]
        base = urllib.parse.urlsplit(env["PARLEY_DISCORD__API_BASE"])
        self.wire, self.path = net.Client(base.hostname, base.port), base.path

    def __call__(self, method, path, body=None, **headers):
        """A header that is None is not sent."""
        head = {"authorization": f"Bot {self.token}", "user-agent": AGENT, **headers}
        return self.wire.request(method, self.path + path, body,
                                 **{k: v for k, v in head.items() if v is not None})

    def create(self, channel, content="x", **more):
        return self("POST", f"/channels/{channel}/messages",
                    {"content": content, "allowed_mentions": NOBODY, **more})

    def edit(self, channel, message, content, **more):
        return self("PATCH", f"/channels/{channel}/messages/{message}",
                    {"content": content, "allowed_mentions": NOBODY, **more})

    def callback(self, d, kind, data=None, query=""):
        body = {"type": kind, **({"data": data} if data is not None else {})}
        return self("POST", f"/interactions/{d['id']}/{d['token']}/callback{query}", body, authorization=None)

    def original(self, d, method="PATCH", content="done", **more):
        body = {"content": content, "allowed_mentions": NOBODY, **more} if method == "PATCH" else None
        path = f"/webhooks/{self.app}/{d['token']}/messages/@original"
        return self(method, path, body, authorization=None)

    def followup(self, d, content="more", **more):
        return self("POST", f"/webhooks/{self.app}/{d['token']}",
                    {"content": content, "allowed_mentions": NOBODY, **more}, authorization=None)

    def commands(self, *list_):
        return self("PUT", f"/applications/{self.app}/commands", list(list_))

    def close(self):
        self.wire.close()

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.close()


class Closed(Exception):
    """The gateway's close code; 1006: there was none."""

    @property
    def code(self):
        return self.args[0]


class Link:
    """A connection to a gateway. `seq` and `session` are what a resume wants."""

    def __init__(self, url, token, query="?v=10&encoding=json", timeout=10):
        at = urllib.parse.urlsplit(url)
        self.token, self.seq, self.ready, self.session = token, None, None, None
        self.raw = net.Raw(at.hostname, at.port, timeout)
        self.z = zlib.decompressobj() if "zlib-stream" in query else None
        key = base64.b64encode(os.urandom(16)).decode()
        self.raw.send(f"GET {at.path}{query} HTTP/1.1\r\nHost: {at.netloc}\r\nUpgrade: websocket\r\n"
                      f"Connection: Upgrade\r\nSec-WebSocket-Version: 13\r\nSec-WebSocket-Key: {key}\r\n\r\n")
        self.status = int(self.raw.read_until(b"\r\n\r\n").split(b" ")[1])

    # ---- frames

    def frame(self, opcode, payload, fin=True, mask=True, length=None):
        n, code, bit = len(payload) if length is None else length, b"", 128 if mask else 0
        if n > 125:
            code, n = (struct.pack(">H", n), 126) if n < 65536 else (struct.pack(">Q", n), 127)
        key = os.urandom(4) if mask else b""
        body = bytes(c ^ key[i % 4] for i, c in enumerate(payload)) if mask else payload
        self.raw.send(bytes([fin << 7 | opcode, bit | n]) + code + key + body)

    def next_frame(self):
        """(fin, opcode, payload)"""
        try:
            first, second = self.raw.read_exactly(2)
            n = second & 127
            if n > 125:
                n = int.from_bytes(self.raw.read_exactly(2 if n == 126 else 8), "big")
            return bool(first & 128), first & 15, self.raw.read_exactly(n)
        except (EOFError, OSError) as e:
            if isinstance(e, TimeoutError):
                raise
            raise Closed(1006) from None

    def next_message(self):
        """The text of the next message; Closed when it is over."""
        whole = b""
        while True:
            fin, opcode, payload = self.next_frame()
            if opcode == 8:
                code = struct.unpack(">H", payload[:2])[0] if payload else 1005
                self.frame(8, payload[:2])
                raise Closed(code)
            if opcode == 9:
                self.frame(10, payload)
            if opcode > 8:
                continue
            whole += payload
            if fin:
                return (self.z.decompress(whole) if self.z else whole).decode()

    # ---- payloads

    def send(self, op, d):
        self.frame(1, json.dumps({"op": op, "d": d}).encode())

    def take(self, op=None, t=None):
        """The next payload of that op or event; others are passed over."""
        while True:
            p = json.loads(self.next_message())
            self.seq = p.get("s") or self.seq
            if (op is None or p["op"] == op) and (t is None or p.get("t") == t):
                return p

    def hello(self):
        return self.take(op=10)["d"]["heartbeat_interval"]

    def identify(self, intents=INTENTS, wait=True, **more):
        self.hello()
        self.send(2, {"token": self.token, "intents": intents, "properties": NAMES, **more})
        if wait:
            self.ready = self.take(t="READY")["d"]
            self.session = self.ready["session_id"]
            if intents & 1:
                self.take(t="GUILD_CREATE")
        return self

    def resume(self, other, seq=None):
        """The session of a connection that is over; what was missed comes before RESUMED."""
        self.hello()
        self.send(6, {"token": self.token, "session_id": other.session,
                      "seq": other.seq if seq is None else seq})
        self.session, self.ready = other.session, other.ready
        return self

    def end(self):
        """The code that the other side closes with."""
        while True:
            try:
                self.next_message()
            except Closed as e:
                return e.code

    def close(self, code=None):
        """With a close frame, and without."""
        if code:
            self.frame(8, struct.pack(">H", code))
            self.end()
        self.raw.close()

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.close()


class Endpoint:
    """An interactions endpoint: 401 for what is not signed well or old, a pong, and `answers` by type."""

    def __init__(self, public_hex, answers=None, window_s=300):
        endpoint, self.seen, self.taken = self, set(), []

        class Mine(http.server.BaseHTTPRequestHandler):
            def do_POST(self):
                body = self.rfile.read(int(self.headers["Content-Length"]))
                status, said = endpoint.answer(self.headers, body)
                self.send_response(status)
                self.send_header("Content-Type", "application/json")
                self.send_header("Content-Length", str(len(said)))
                self.end_headers()
                self.wfile.write(said)

            def log_message(self, *_):
                pass

        self.key, self.answers, self.window_s = bytes.fromhex(public_hex), answers or {}, window_s
        self._server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Mine)
        self._server.daemon_threads = True
        threading.Thread(target=self._server.serve_forever, args=(0.02,), daemon=True).start()
        self.url = f"http://127.0.0.1:{self._server.server_port}/discord/interactions"

    def _is_good(self, signature, stamp, body):
        if not stamp.isdigit() or abs(int(stamp) - time.time()) > self.window_s or signature in self.seen:
            return False
        try:
            good = verify(self.key, stamp.encode() + body, bytes.fromhex(signature))
        except ValueError:
            return False
        if good:
            self.seen.add(signature)
        return good

    def answer(self, headers, body):
        signature, stamp = headers.get("X-Signature-Ed25519", ""), headers.get("X-Signature-Timestamp", "")
        if not self._is_good(signature, stamp, body):
            return 401, b""
        d = json.loads(body)
        self.taken.append(d)
        return 200, json.dumps({"type": 1} if d["type"] == 1 else self.answers[d["type"]]).encode()

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self._server.shutdown()
        self._server.server_close()


@contextlib.contextmanager
def bot_and_link(**config):
    """A stand-in, calls to it and an identified connection."""
    with fake_discord.FakeDiscord() as dc:
        vars(dc.config).update(config)
        dc.config.buckets.update(default=(1000, 1000))
        with Rest(dc.env) as rest, Link(dc.gateway_url, dc.token) as link:
            yield dc, rest, link.identify()


def broken(fn):
    try:
        fn()
    except (OSError, EOFError, http.client.HTTPException):
        return True
    return False


def code(response):
    return response.status, response.json()["code"]


def resumed(dc, old, **how):
    return Link(old.ready["resume_gateway_url"], dc.token, **how).resume(old)
